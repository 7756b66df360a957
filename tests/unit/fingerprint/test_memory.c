#include "tests/unit/failing.h"
#include "tests/unit/fingerprint/groups.h"

#include <stdlib.h>
#include <string.h>

void
fail_allocation(unsigned n)
{
    fail_at = n;
}

static const char text[] = "classes = win,unix,a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p\n"
                           "[tcp:request]\n"
                           "label = s:unix:Linux:old\n"
                           "sig = *:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0\n"
                           ";@ date=2026 family=linux source=\"a test\" conf=low note=\"n\"\n"
                           "label = s:unix:Linux:new\n"
                           "sig = *:64:0:*:mss*44,7:mss,sok,ts,nop,ws:df,id+:0\n"
                           "label = s:!:tool:\n"
                           "sys = @unix,a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r\n"
                           "sig = *:64:0:*:*,*:mss::0\n"
                           "[tcp:response]\n"
                           "label = g:win:Windows:\n"
                           "sig = *:128:0:*:*,*:mss::0\n";

static void
a_set_is_null_without_memory(void **state)
{
    struct syc_signatures *set;

    fail_allocation(1);
    set = syc_signatures_new();
    fail_allocation(0);
    assert_null(set);
    syc_signatures_free(NULL);
}

/*
 * Fail allocation 1, 2, 3 ... of a load until it succeeds: each time the set stays what it was and
 * usable.
 */
static void
loading_survives_the_loss_of_any_allocation(void **state)
{
    const struct build from = {.ip_v = 4};
    unsigned failures = 0;
    struct syc_syn syn;

    describe(&from, &syn);
    for (unsigned n = 1;; n++) {
        struct syc_signatures *set = syc_signatures_new();
        struct syc_error err = {SYC_OK, 0, 0, "", ""};
        struct syc_match match;
        enum syc_status status;

        assert_non_null(set);
        fail_allocation(n);
        status = syc_signatures_parse(set, "x.fp", text, sizeof text - 1, false, &err);
        fail_allocation(0);
        if (status == SYC_OK) {
            assert_int_equal(syc_signatures_count(set), 4);
            syc_signatures_free(set);
            break;
        }
        failures++;
        assert_int_equal(status, SYC_NO_MEMORY);
        assert_int_equal(err.status, SYC_NO_MEMORY);
        assert_int_equal(syc_signatures_count(set), 0);
        syc_signatures_match(set, &syn, &match);
        assert_int_equal(match.quality, SYC_MATCH_NONE);
        assert_int_equal(syc_signatures_parse(set, "x.fp", text, sizeof text - 1, false, &err),
                         SYC_OK);
        syc_signatures_match(set, &syn, &match);
        assert_string_equal(match.label, "s:unix:Linux:new");
        syc_signatures_free(set);
    }
    assert_true(failures >= 5); /* arena, items, heads, and two lists that grow */
}

int
test_memory_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_is_null_without_memory),
        cmocka_unit_test(loading_survives_the_loss_of_any_allocation),
    };

    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
