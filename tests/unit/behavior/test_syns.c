/* Which stack a source's SYNs show, and its retries. */

#include "behavior/stacks.h"
#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/support.h"

#include <stdio.h>
#include <string.h>

static struct made made[64];
static struct kept_all kept;

static struct syc_syn
syn_like(const char *tcpfp, uint8_t ttl)
{
    struct syc_syn s;

    memset(&s, 0, sizeof(s));
    s.ip_v = 4;
    s.ttl = ttl;
    s.ttl_initial = ttl > 64 ? 128 : 64;
    snprintf(s.tcpfp, sizeof(s.tcpfp), "%s", tcpfp);
    snprintf(s.p0f, sizeof(s.p0f), "4:%u:%s", ttl, tcpfp);
    return s;
}

/* Two TTLs of one print are one fingerprint; the commonest whole signature gives the TTL. */
static void
the_commonest_signature_speaks_for_the_source(void **state)
{
    const struct syc_syn linux_near = syn_like("linux", 64);
    const struct syc_syn linux_far = syn_like("linux", 60);
    const struct syc_syn windows = syn_like("windows", 128);
    const struct syc_syn *syns[] = {&linux_near, &windows, &linux_far, &windows, &windows, NULL};
    const struct kept *k;

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        made_unanswered(&made[i], 1, 1, 80, (uint16_t)(40000 + i), SECONDS(i));
        made[i].r.syn[SYC_TOSERVER] = syns[i];
    }
    keep_records(made, 6, &kept);
    k = &kept.list[0];
    assert_int_equal(int_of(k, "syn.distinct"), 2);
    assert_int_equal(int_of(k, "syn.ttl_initial"), 128);
    assert_true(is_absent(k, "syn.label"));
    assert_true(is_absent(k, "syn.match_quality"));
}

/* One signature each: the one whose octets come first, whatever the order of the records. */
static void
ties_are_broken_by_octets(void **state)
{
    const struct syc_syn a = syn_like("x", 60);
    const struct syc_syn b = syn_like("x", 120);

    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        made_unanswered(&made[0], 1, 1, 80, 40000, 0);
        made_unanswered(&made[1], 1, 1, 80, 40001, 1);
        made[turn].r.syn[SYC_TOSERVER] = &a;
        made[1 - turn].r.syn[SYC_TOSERVER] = &b;
        keep_records(made, 2, &kept);
        /* kind, ip_v equal; then ttl 60 < 120 */
        assert_int_equal(int_of(&kept.list[0], "syn.ttl_initial"), 64);
    }
}

/* A caller's buffer that holds another signature at the same place is not mistaken for the first. */
static void
a_reused_buffer_is_read_again(void **state)
{
    struct syc_cadence *c = syc_cadence_new(NULL, 1 << 20);
    struct syc_syn buffer;

    (void)state;
    assert_non_null(c);
    for (uint16_t i = 0; i < 6; i++) {
        char text[8];
        snprintf(text, sizeof(text), "fp%d", i % 3);
        buffer = syn_like(text, 64);
        made_unanswered(&made[0], 1, 1, 80, (uint16_t)(40000 + i), SECONDS(i));
        made[0].r.syn[SYC_TOSERVER] = &buffer;
        syc_cadence_feed(c, &made[0].r);
    }
    kept.count = 0;
    assert_int_equal(finish_subjects(c, keep_subject, &kept), SYC_OK);
    syc_cadence_free(c);
    assert_int_equal(int_of(&kept.list[0], "syn.distinct"), 3);
}

/* Six starts, of which two repeated their SYN: three times and once; of the schedules only the first has three SYNs. */
static void
retries_are_counted_beyond_the_first_syn(void **state)
{
    const struct kept *k;

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        made_unanswered(&made[i], 1, 1, 80, (uint16_t)(40000 + i), SECONDS(100 * i));
    }
    made[1].r.syn_count = made[1].r.syn_time_count = 4;
    made[1].r.syn_times_us[1] = SECONDS(1);
    made[1].r.syn_times_us[2] = SECONDS(3);
    made[1].r.syn_times_us[3] = SECONDS(7);
    made[4].r.syn_count = made[4].r.syn_time_count = 2;
    made[4].r.syn_times_us[1] = SECONDS(1);
    keep_records(made, 6, &kept);
    k = &kept.list[0];
    assert_int_equal(int_of(k, "syn.retry_count"), 4);
    assert_near(real_of(k, "syn.retry_ratio"), 2.0 / 6, 1e-12);
    assert_string_equal(text_of(k, "syn.schedule"), "exponential-1");
}

/* The address stands for the value only with a maker that says so, and not across two makers. */
static void
a_signature_that_may_change_is_known_by_its_octets(void **state)
{
    static struct stacks stacks;
    static struct store store;
    struct syc_syn syn = syn_like("linux", 64);
    struct syc_record r;
    uint32_t first;

    (void)state;
    syc_record_init(&r);
    assert_true(syc_store_init(&store, 1 << 20));
    syc_stacks_init(&stacks, &store);
    r.syn[SYC_TOSERVER] = &syn;
    first = syc_stacks_intern(&stacks, &r, SYC_TOSERVER);
    assert_int_equal(syc_stacks_intern(&stacks, &r, SYC_TOSERVER), first);
    syn = syn_like("windows", 128);
    r.syn_stays = true; /* from now on */
    assert_int_not_equal(syc_stacks_intern(&stacks, &r, SYC_TOSERVER), first);
    r.syn_stays = false;
    syn = syn_like("linux", 64);
    assert_int_equal(syc_stacks_intern(&stacks, &r, SYC_TOSERVER), first);
    syc_stacks_fini(&stacks);
    syc_store_fini(&store);
}

int
test_syns_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_commonest_signature_speaks_for_the_source),
        cmocka_unit_test(ties_are_broken_by_octets),
        cmocka_unit_test(a_reused_buffer_is_read_again),
        cmocka_unit_test(retries_are_counted_beyond_the_first_syn),
        cmocka_unit_test(a_signature_that_may_change_is_known_by_its_octets),
    };

    return cmocka_run_group_tests_name("syns", tests, NULL, NULL);
}
