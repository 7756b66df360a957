/* Slow start, with the flights that were measured (lifecycle 2.4). */

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/lives.h"

#include <math.h>

static struct lives all;
static struct syc_audit_pair row;

static const struct syc_audit_slow_start *
slow_start_of(void)
{
    struct life_pair p = lives_pair(&all);

    lives_audit(&p, audit_slow_start_pair, &row);
    return &row.slow_start;
}

/* A connection that begins at `at` and fetches one answer in these flights, a round trip apart. */
#define FETCH(at, ...)                                                                             \
    do {                                                                                           \
        int64_t begun = (at);                                                                      \
        lives_open(&all, begun);                                                                   \
        lives_response(&all, &(struct lives_answer){.request = begun + all.trip,                   \
                                                    .answer = begun + 2 * all.trip - all.to_tap,   \
                                                    .apart = all.trip,                             \
                                                    .inside = 10,                                  \
                                                    .flights = {__VA_ARGS__}});                    \
    } while (0)

/* One more answer on the newest connection. */
#define FETCH_MORE(at, ...)                                                                        \
    lives_response(&all, &(struct lives_answer){.request = (at),                                   \
                                                .answer = (at) + all.trip - all.to_tap,            \
                                                .apart = all.trip,                                 \
                                                .inside = 10,                                      \
                                                .flights = {__VA_ARGS__}})

static void
initial_windows_are_read_exactly(void **state)
{
    const int64_t taps[] = {0, MS(20)};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        lives_begin(&all, MS(40), taps[i]);
        FETCH(0, 10, 20, 40); /* 100 KB */
        FETCH(SECONDS(1), 10, 20, 40, 80, 160, 320, 61);
        assert_int_equal(slow_start_of()->iw, 10);
        assert_true(row.slow_start.iw_exact);
        assert_int_equal(row.slow_start.iw_connections, 2);
        lives_begin(&all, MS(40), taps[i]);
        FETCH(0, 4, 8, 16, 32, 10);
        assert_int_equal(slow_start_of()->iw, 4);
        lives_begin(&all, MS(40), taps[i]);
        FETCH(0, 2, 4, 8, 16, 32, 8);
        assert_int_equal(slow_start_of()->iw, 2);
        lives_begin(&all, MS(40), taps[i]);
        FETCH(0, 1, 2, 4, 8);
        assert_int_equal(slow_start_of()->iw, 1);
        assert_true(row.slow_start.iw_exact);
    }
}

static void
round_trips_are_counted_against_a_warm_window(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), 0);
    FETCH(0, 10, 20, 40);       /* 3 flights */
    FETCH_MORE(SECONDS(1), 70); /* the same on the warm connection: one */
    assert_int_equal(slow_start_of()->responses, 2);
    assert_int_equal(row.slow_start.one_flight, 1);
    assert_int_equal(row.slow_start.round_trips_lost, 3 - 1);
    assert_near(row.slow_start.time_lost_s, 2 * 0.040, 1e-9);

    lives_begin(&all, MS(40), 0);
    FETCH(0, 10, 20, 40, 80, 160, 320, 61);
    FETCH_MORE(SECONDS(5), 691);
    assert_int_equal(slow_start_of()->round_trips_lost, 7 - 1);
}

static void
what_fits_the_window_has_lost_nothing(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), 0);
    FETCH(0, 7); /* 10 KB at IW 10: the old essay's file */
    FETCH(SECONDS(1), 7);
    assert_int_equal(slow_start_of()->responses, 2);
    assert_int_equal(row.slow_start.one_flight, 2);
    assert_int_equal(row.slow_start.round_trips_lost, 0);
    assert_int_equal(row.slow_start.iw, 7); /* all that can be said: at least */
    assert_false(row.slow_start.iw_exact);
}

static void
a_slow_handshake_does_not_widen_the_window(void **state)
{
    (void)state;
    /* measured: 77 ms of handshake on a path of 60 read 16 for 10 by its own round trip */
    lives_begin(&all, MS(60), 0);
    FETCH(0, 10, 20, 40);
    FETCH(SECONDS(1), 10, 20, 40);
    all.list[1].syn_ack_dur += MS(17);
    all.list[1].setup_dur += MS(17);
    assert_int_equal(slow_start_of()->iw, 10);
    assert_int_equal(row.slow_start.iw_connections, 2);
}

static void
a_bottleneck_hides_the_window(void **state)
{
    (void)state;
    /* 2 Mbit/s: 6 ms a segment; each is a flight of its own in the record (R/8 = 5 ms) */
    lives_begin(&all, MS(40), 0);
    for (int i = 0; i < 3; i++) {
        int64_t at = i * SECONDS(1);
        lives_open(&all, at);
        lives_response(&all, &(struct lives_answer){.request = at + MS(40),
                                                    .answer = at + MS(80),
                                                    .apart = MS(6),
                                                    .flights = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}});
    }
    assert_int_equal(slow_start_of()->iw, SYC_NONE);
    /* one segment, and one more after a pause: no growth, so nothing is known either */
    lives_begin(&all, MS(40), 0);
    FETCH(0, 1, 1, 2, 2);
    assert_int_equal(slow_start_of()->iw, SYC_NONE);
}

static void
pauses_of_the_program_are_not_slow_start(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), 0);
    lives_open(&all, 0);
    /* a stream: three segments each 300 ms */
    lives_response(&all, &(struct lives_answer){.request = MS(40),
                                                .answer = MS(80),
                                                .apart = MS(300),
                                                .inside = 10,
                                                .flights = {3, 3, 3, 3, 3}});
    assert_int_equal(slow_start_of()->round_trips_lost, 0);
    assert_int_equal(row.slow_start.iw, SYC_NONE);
}

static void
the_window_falls_back_when_idle(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), 0);
    FETCH(0, 10, 20, 40, 80, 160, 320, 61);
    FETCH_MORE(MS(320) + MS(100), 537, 154); /* after 0.1 s: warm */
    FETCH_MORE(MS(500) + SECONDS(3), 10, 20, 40, 80, 160, 320,
               61); /* after 3 s: from the beginning */
    assert_int_equal(slow_start_of()->idle_restarts, 1);
    /* 7 flights for 691 segments where two of 537 would do, twice; and 2 - 2 */
    assert_int_equal(row.slow_start.round_trips_lost, 5 + 0 + 5);

    lives_begin(&all, MS(40), 0); /* tcp_slow_start_after_idle = 0 */
    FETCH(0, 2, 4, 8, 16, 32, 64, 128, 256, 181);
    FETCH_MORE(SECONDS(4), 691);
    assert_int_equal(slow_start_of()->idle_restarts, 0);
}

static void
without_a_round_trip_only_responses_are_counted(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), 0);
    FETCH(0, 10, 20, 40);
    all.list[0].ack = all.list[0].established = SYC_NONE;
    all.list[0].syn_ack_dur = all.list[0].ack_dur = SYC_NONE;
    assert_int_equal(slow_start_of()->responses, 1);
    assert_int_equal(row.slow_start.iw, SYC_NONE);
    assert_int_equal(row.slow_start.one_flight, SYC_NONE);
    assert_int_equal(row.slow_start.round_trips_lost, SYC_NONE);
    assert_true(isnan(row.slow_start.time_lost_s));
}

static void
lost_packets_are_no_small_window(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), 0);
    FETCH(0, 6, 12, 20); /* the capture dropped some */
    all.list[0].degraded = 1U << SYC_DEGRADED_GAPS;
    assert_int_equal(slow_start_of()->iw, SYC_NONE);
    assert_int_equal(row.slow_start.responses, 0);
}

static void
first_answers_cost_more_round_trips_than_the_handshake(void **state)
{
    struct life_pair p;

    (void)state;
    lives_begin(&all, MS(40), 0);
    FETCH(0, 10, 20, 40);
    FETCH_MORE(SECONDS(1), 70);
    lives_close(&all, SYC_FIRST_CLIENT, SECONDS(2));
    FETCH(SECONDS(3), 10, 20, 40);
    p = lives_pair(&all);
    lives_audit(&p, audit_pool_pair, &row);
    assert_int_equal(row.pool.avoidable, 1);
    assert_int_equal(row.pool.saves_round_trips, 1 + 2);
}

static void
short_memory_is_told(void **state)
{
    struct life_pair p;

    (void)state;
    lives_begin(&all, MS(40), 0);
    FETCH(0, 10, 20, 40);
    p = lives_pair(&all);
    lives_short_of_memory(&p, audit_slow_start_pair);
}

int
test_audit_slow_start_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(initial_windows_are_read_exactly),
        cmocka_unit_test(round_trips_are_counted_against_a_warm_window),
        cmocka_unit_test(what_fits_the_window_has_lost_nothing),
        cmocka_unit_test(a_slow_handshake_does_not_widen_the_window),
        cmocka_unit_test(a_bottleneck_hides_the_window),
        cmocka_unit_test(pauses_of_the_program_are_not_slow_start),
        cmocka_unit_test(the_window_falls_back_when_idle),
        cmocka_unit_test(without_a_round_trip_only_responses_are_counted),
        cmocka_unit_test(lost_packets_are_no_small_window),
        cmocka_unit_test(first_answers_cost_more_round_trips_than_the_handshake),
        cmocka_unit_test(short_memory_is_told),
    };

    return cmocka_run_group_tests_name("audit_slow_start", tests, NULL, NULL);
}
