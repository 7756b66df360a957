/* Handshakes, with schedules and signs that were measured (lifecycle 2.5). */

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/lives.h"

#include <math.h>
#include <string.h>

static struct lives all;
static struct syc_audit_pair row;

/* The capture goes on until `seconds`, whatever the pair did. */
static const struct syc_audit_handshake *
handshake_until(double seconds)
{
    struct life_pair p = lives_pair(&all);

    if (LIVES_ORIGIN + SECONDS(seconds) > p.last) {
        p.last = LIVES_ORIGIN + SECONDS(seconds);
    }
    lives_audit(&p, audit_handshake_pair, &row);
    return &row.handshake;
}

#define SILENT(at, ...)                                                                            \
    lives_silent(&all, (at), (const double[]){__VA_ARGS__},                                        \
                 sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

/* ------------------------------------------------------------ schedules */

static void
schedules_are_told_apart(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), 0);
    SILENT(0, 0, 1.01, 2.03, 3.05, 4.07, 5.09, 7.11, 11.17, 19.36, 35.46, 69.26);
    assert_int_equal(handshake_until(140)->schedule, SYC_SYN_SCHEDULE_LINEAR);
    assert_int_equal(row.handshake.schedule_n, 4);
    assert_int_equal(row.handshake.syn_retransmits, 10);
    assert_int_equal(row.handshake.no_answer, 1);

    lives_begin(&all, MS(40), 0);
    SILENT(0, 0, 1.02, 3.05, 7.2, 15.4, 31.5);
    assert_int_equal(handshake_until(70)->schedule, SYC_SYN_SCHEDULE_EXPONENTIAL_1);

    lives_begin(&all, MS(40), 0);
    SILENT(0, 0, 3, 9);
    assert_int_equal(handshake_until(30)->schedule, SYC_SYN_SCHEDULE_EXPONENTIAL_3);

    lives_begin(&all, MS(40), 0);
    SILENT(0, 0, 1.01, 2.02, 3.05, 5.1, 9.2, 17.3);
    assert_int_equal(handshake_until(40)->schedule, SYC_SYN_SCHEDULE_LINEAR);
    assert_int_equal(row.handshake.schedule_n, 2);

    lives_begin(&all, MS(40), 0);
    SILENT(0, 0, 1.01);
    assert_int_equal(handshake_until(40)->schedule, SYC_SYN_SCHEDULE_NONE);
}

static void
a_deadline_stops_the_retries_early(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), 0);
    SILENT(0, 0, 1.01, 2.03, 3.05, 4.07, 5.09,
           7.11); /* then silence: the program gave up at 10 s */
    assert_int_equal(handshake_until(20)->schedule, SYC_SYN_SCHEDULE_APP_TIMEOUT);
    assert_int_equal(handshake_until(11)->schedule,
                     SYC_SYN_SCHEDULE_LINEAR); /* one may still come */
}

static void
the_commonest_schedule_speaks_for_the_pair(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), 0);
    SILENT(0, 0, 1.01, 3.05, 7.2, 15.4, 31.5);
    SILENT(SECONDS(1), 0, 1.01, 3.05, 7.2, 15.4, 31.5);
    SILENT(SECONDS(2), 0, 3, 9);
    assert_int_equal(handshake_until(70)->schedule, SYC_SYN_SCHEDULE_EXPONENTIAL_1);
}

/* ------------------------------------------------------------ setup and outcomes */

static void
setup_times_count_from_the_first_syn(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), MS(20));
    for (int i = 0; i < 20; i++) {
        lives_open(&all, i * SECONDS(1))->setup_dur += i == 19 ? SECONDS(1) : MS(i);
    }
    assert_near(handshake_until(30)->rtt_min_ms, 40, 0);
    /* ranks ceil(20 * .5) = 10 and ceil(20 * .95) = 19 of 40, 41, ... 58, 1040 */
    assert_near(row.handshake.setup_p50_ms, 49, 0);
    assert_near(row.handshake.setup_p95_ms, 58, 0);
}

static void
attempts_have_one_outcome_each(void **state)
{
    struct life *l;

    (void)state;
    lives_begin(&all, MS(40), 0);
    SILENT(0, 0, 1.01);
    l = SILENT(SECONDS(1), 0);
    l->rst_at = l->end = l->start + MS(40);
    l->rst_by = SYC_TOCLIENT;
    l->rst_class = SYC_RST_CLASS_REFUSED;
    l->close_kind = SYC_CLOSE_REFUSED;
    l = SILENT(SECONDS(2), 0);
    l->unreachable_at = l->start + MS(40);
    l = SILENT(SECONDS(3), 0);
    l->syn_ack = l->end = l->start + MS(40);
    l->close_kind = SYC_CLOSE_OPEN;
    lives_open(&all, SECONDS(4));
    handshake_until(30);
    assert_int_equal(row.handshake.no_answer, 1);
    assert_int_equal(row.handshake.refused, 1);
    assert_int_equal(row.handshake.unreachable, 1);
    assert_int_equal(row.handshake.half_open, 1);
    assert_int_equal(row.handshake.ghost, 0);
}

static void
dropped_packets_are_no_silence(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), 0);
    SILENT(0, 0, 1.01)->degraded = 1U << SYC_DEGRADED_KERNEL_DROPS;
    assert_int_equal(handshake_until(30)->no_answer, 0);
    assert_int_equal(row.handshake.syn_retransmits, 1); /* those were seen */
}

static void
what_comes_later_is_not_told(void **state)
{
    struct life_pair p;

    (void)state;
    lives_begin(&all, MS(40), 0);
    SILENT(0, 0, 1.01, 2.03, 3.05);
    p = lives_pair(&all);
    p.at = LIVES_ORIGIN + SECONDS(1.5);
    lives_audit(&p, audit_handshake_pair, &row);
    assert_int_equal(row.handshake.syn_retransmits, 1);
    assert_int_equal(row.handshake.schedule, SYC_SYN_SCHEDULE_NONE);
}

/* ------------------------------------------------------------ full queues */

/* 120 octets, sent six times in six seconds, never acknowledged: what five of ten connections of backlog-overflow do. */
static struct life *
ghost(int64_t at)
{
    struct life *l = lives_open(&all, at);

    lives_burst(&all, at + MS(41), at + MS(41));
    l->never_acked_octets = 120;
    l->never_acked_repeats = l->retrans_data[0] = 6;
    l->end += SECONDS(6);
    return l;
}

static void
a_ghost_is_established_for_the_client_alone(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), 0);
    ghost(0);
    assert_int_equal(handshake_until(30)->ghost, 1);
    /* acknowledged after 4 s: the same */
    ghost(SECONDS(1));
    all.list[1].first_data_acked = all.list[1].first_payload[0] + SECONDS(4);
    all.list[1].never_acked_octets = 0;
    assert_int_equal(handshake_until(30)->ghost, 2);
    /* repeated once and then read: no ghost */
    ghost(SECONDS(2));
    all.list[2].first_data_acked = all.list[2].first_payload[0] + MS(240);
    all.list[2].never_acked_octets = 0;
    all.list[2].retrans_data[0] = 1;
    /* the server's side was not captured: nothing is known */
    ghost(SECONDS(3))->degraded = 1U << SYC_DEGRADED_ONE_DIRECTION;
    assert_int_equal(handshake_until(30)->ghost, 2);
}

static void
a_full_queue_answers_others_in_the_same_second(void **state)
{
    struct life *l;

    (void)state;
    lives_begin(&all, MS(40), 0);
    for (int i = 0; i < 3; i++) {
        lives_open(&all, i * MS(2));
    }
    for (int i = 3; i < 10; i++) {
        SILENT(i * MS(2), 0, 1.01, 2.03);
    }
    assert_int_equal(handshake_until(30)->overflow, 7);
    /* the same retries with nobody answered: a hole, not a queue */
    lives_begin(&all, MS(40), 0);
    for (int i = 0; i < 7; i++) {
        SILENT(i * MS(2), 0, 1.01, 2.03);
    }
    assert_int_equal(handshake_until(30)->overflow, 0);
    /* one lost now and then among many is the path's */
    lives_begin(&all, MS(40), 0);
    for (int i = 0; i < 300; i++) {
        if (i % 50 == 0) {
            SILENT(i * MS(10), 0, 1.01);
        } else {
            lives_open(&all, i * MS(10));
        }
    }
    assert_int_equal(handshake_until(30)->overflow, 0);
    /* an answer that was seen and lost on its way is the path's */
    lives_begin(&all, MS(40), 0);
    lives_open(&all, 0);
    l = SILENT(MS(10), 0, 1.01);
    l->syn_ack = l->start + MS(20);
    assert_int_equal(handshake_until(30)->overflow, 0);
    /* the handshake's ACK was dropped, so the SYN+ACK comes again */
    l->retrans_syn_after_ack = 1;
    assert_int_equal(handshake_until(30)->overflow, 1);
}

/* ------------------------------------------------------------ cookies */

static void
a_clock_that_jumps_is_a_cookie(void **state)
{
    const int64_t jumps[] = {7, 62, 31, 18, 44, 12}; /* syncookies-always: +7 to +62 ms */

    (void)state;
    lives_begin(&all, MS(40), 0);
    for (int i = 0; i < 6; i++) {
        lives_open(&all, i * SECONDS(1))->syn_cookie_jump_ms = jumps[i];
        assert_int_equal(handshake_until(30)->cookies_suspected, i >= 2); /* three at least */
    }
    all.list[0].syn_cookie_jump_ms = all.list[1].syn_cookie_jump_ms = 0;
    all.list[2].syn_cookie_jump_ms = all.list[3].syn_cookie_jump_ms = 1;
    assert_false(handshake_until(30)->cookies_suspected); /* clocks are 0 +- 1 off */
}

static void
a_repeated_syn_ack_is_no_cookie(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), 0);
    for (int i = 0; i < 6; i++) {
        struct life *l = lives_open(&all, i * SECONDS(1));
        l->syn_cookie_jump_ms = 30;
        l->retrans_syn[SYC_TOCLIENT] = 1; /* a server that keeps no state cannot */
    }
    assert_false(handshake_until(30)->cookies_suspected);
}

static void
options_refused_here_and_accepted_elsewhere_are_a_cookie(void **state)
{
    static struct syc_syn offer = {.wscale = 7, .option_count = 3, .option_kinds = {2, 4, 3}};
    static struct syc_syn bare = {.wscale = -1, .option_count = 1, .option_kinds = {2}};
    static struct syc_syn full = {.wscale = 7, .option_count = 3, .option_kinds = {2, 4, 3}};

    (void)state;
    lives_begin(&all, MS(40), 0);
    for (int i = 0; i < 5; i++) {
        struct life *l = lives_open(&all, i * SECONDS(1));
        l->syn[0] = &offer;
        l->syn[1] = &bare;
    }
    assert_false(handshake_until(30)->cookies_suspected); /* it may simply not know them */
    all.list[4].syn[1] = &full;
    assert_true(handshake_until(30)->cookies_suspected);
}

static void
short_memory_is_told(void **state)
{
    struct life_pair p;

    (void)state;
    lives_begin(&all, MS(40), 0);
    lives_ab(&all);
    p = lives_pair(&all);
    lives_short_of_memory(&p, audit_handshake_pair);
}

int
test_audit_handshake_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_are_told_apart),
        cmocka_unit_test(a_deadline_stops_the_retries_early),
        cmocka_unit_test(the_commonest_schedule_speaks_for_the_pair),
        cmocka_unit_test(setup_times_count_from_the_first_syn),
        cmocka_unit_test(attempts_have_one_outcome_each),
        cmocka_unit_test(dropped_packets_are_no_silence),
        cmocka_unit_test(what_comes_later_is_not_told),
        cmocka_unit_test(a_ghost_is_established_for_the_client_alone),
        cmocka_unit_test(a_full_queue_answers_others_in_the_same_second),
        cmocka_unit_test(a_clock_that_jumps_is_a_cookie),
        cmocka_unit_test(a_repeated_syn_ack_is_no_cookie),
        cmocka_unit_test(options_refused_here_and_accepted_elsewhere_are_a_cookie),
        cmocka_unit_test(short_memory_is_told),
    };

    return cmocka_run_group_tests_name("audit_handshake", tests, NULL, NULL);
}
