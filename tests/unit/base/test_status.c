#include "base/base.h"
#include "tests/unit/base/groups.h"

#include <string.h>

static void
every_status_has_a_text_of_its_own(void **state)
{
    for (int a = SYC_OK; a <= SYC_CLOSED; a++) {
        assert_true(strlen(syc_status_text((enum syc_status)a)) > 0);
        for (int b = SYC_OK; b < a; b++) {
            assert_string_not_equal(syc_status_text((enum syc_status)a),
                                    syc_status_text((enum syc_status)b));
        }
    }
    assert_string_equal(syc_status_text(SYC_END), "end of input");
}

static void
a_status_out_of_range_has_a_text_too(void **state)
{
    int beyond = SYC_CLOSED + 1;

    assert_string_equal(syc_status_text((enum syc_status)beyond), "unknown status");
}

static void
setting_an_error_keeps_the_place(void **state)
{
    struct syc_error err = {0};

    syc_error_at(&err, "rules.yml", 12, 3);
    assert_int_equal(syc_error_set(&err, SYC_SYNTAX, "expected %s, found %d", "a list", 7),
                     SYC_SYNTAX);
    assert_int_equal(err.status, SYC_SYNTAX);
    assert_string_equal(err.file, "rules.yml");
    assert_int_equal(err.line, 12);
    assert_int_equal(err.column, 3);
    assert_string_equal(err.text, "expected a list, found 7");
}

static void
long_texts_and_names_are_cut_not_overrun(void **state)
{
    struct {
        struct syc_error err;
        uint8_t after[64];
    } guarded;
    char long_text[600];

    memset(&guarded, 0x5a, sizeof guarded);
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    assert_int_equal(syc_error_set(&guarded.err, SYC_IO, "%s", long_text), SYC_IO);
    syc_error_at(&guarded.err, long_text, 1, 1);
    assert_int_equal(strlen(guarded.err.text), 199);
    assert_int_equal(strlen(guarded.err.file), 255);
    for (size_t i = 0; i < sizeof guarded.after; i++) {
        assert_int_equal(guarded.after[i], 0x5a);
    }
}

static void
no_error_struct_is_fine(void **state)
{
    assert_int_equal(syc_error_set(NULL, SYC_LIMIT, "%d", 1), SYC_LIMIT);
    syc_error_at(NULL, "x", 1, 1);
}

int
test_status_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_a_text_of_its_own),
        cmocka_unit_test(a_status_out_of_range_has_a_text_too),
        cmocka_unit_test(setting_an_error_keeps_the_place),
        cmocka_unit_test(long_texts_and_names_are_cut_not_overrun),
        cmocka_unit_test(no_error_struct_is_fine),
    };

    return cmocka_run_group_tests_name("base/status", tests, NULL, NULL);
}
