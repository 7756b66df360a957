/* Overhead and loss (lifecycle 2.3.5, 2.7). */

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/lives.h"

#include <math.h>

static struct lives all;
static struct syc_audit_pair row;

/* ------------------------------------------------------------ overhead */

static const struct syc_audit_overhead *
overhead_of(void)
{
    struct life_pair p = lives_pair(&all);

    lives_audit(&p, audit_overhead_pair, &row);
    return &row.overhead;
}

static void
half_of_http10_is_opening_and_closing(void **state)
{
    const int64_t taps[] = {0, MS(20)};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        lives_begin(&all, MS(40), taps[i]);
        lives_ab(&all);
        overhead_of();
        /* 601 x 6 of 600 x 10 + 6; handshake 40 ms, turn 40 ms, wherever the tap is */
        assert_int_equal(row.overhead.control_packets, 3606);
        assert_int_equal(row.overhead.packets, 6006);
        assert_near(row.overhead.ratio, 3606.0 / 6006, 1e-9);
        assert_near(row.overhead.setup_latency_ratio, 601 * 40.0 / (601 * 40 + 600 * 40), 0.001);
    }
}

static void
setup_turns_are_waiting_too(void **state)
{
    (void)state;
    lives_begin(&all, MS(10), 0);
    lives_open(&all, 0)->setup_turns = 1; /* pgbench -C: start-up 12 ms, query 13 ms */
    lives_turn(&all, MS(10), MS(22));
    lives_turn(&all, MS(22), MS(35));
    assert_near(overhead_of()->setup_latency_ratio, 10.0 / (10 + 12 + 13), 1e-6);
}

static void
no_handshake_no_setup_time(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), 0);
    lives_open(&all, 0);
    lives_turn(&all, MS(40), MS(80));
    all.list[0].setup_dur = all.list[0].ack = all.list[0].established = SYC_NONE;
    assert_true(isnan(overhead_of()->setup_latency_ratio));
    /* another sensor's record without counters */
    all.list[0].control_pkts[0] = SYC_NONE;
    assert_int_equal(overhead_of()->packets, SYC_NONE);
    assert_true(isnan(row.overhead.ratio));
}

/* ------------------------------------------------------------ loss */

static const struct syc_audit_loss *
loss_of(void)
{
    struct life_pair p = lives_pair(&all);

    lives_audit(&p, audit_loss_pair, &row);
    return &row.loss;
}

/* A download of `segments`, of which so many were sent again; from `at` on for 4 s. */
static struct life *
download(int64_t at, int64_t segments, int64_t again)
{
    struct life *l = lives_open(&all, at);

    lives_turn(&all, at + MS(40), at + SECONDS(4));
    l->data_segments[1] = segments + again;
    l->unique_payload[1] = segments * 1448;
    l->payload[1] = (segments + again) * 1448;
    l->retrans_data[1] = again;
    l->retrans_fast[1] = again / 2;
    l->retrans_rto[1] = again - again / 2;
    lives_close(&all, SYC_FIRST_SERVER, at + SECONDS(4));
    return l;
}

static void
repeats_of_data_and_fin_are_counted(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), MS(20));
    download(0, 70, 28)->retrans_fin[1] = 1;
    download(MS(10), 70, 26)->retrans_fin[0] = 2;
    loss_of();
    assert_int_equal(row.loss.retransmitted, 28 + 1 + 26 + 2);
    assert_int_equal(row.loss.data_segments, 98 + 96 + 2); /* and two requests */
    assert_near(row.loss.ratio, 54.0 / 196, 1e-9);         /* a FIN is no data */
    assert_int_equal(row.loss.fast, 14 + 13);
    assert_int_equal(row.loss.rto, 14 + 13);
    /* new octets of all: 140 segments and two requests of 100; with the repeats 54 segments more */
    assert_near(row.loss.efficiency_ratio, (140 * 1448.0 + 200) / (194 * 1448 + 200), 1e-9);
}

static void
goodput_is_over_the_time_under_way(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), MS(20));
    download(0, 100, 1);
    /*
     * First payload at the tap at 40 + 20 ms, last ACK at 4,040 ms: 3.98 s. A second one, long after, takes as long; the
     * pause between them does not count.
     */
    assert_near(loss_of()->goodput_bps, (144800 + 100) * 8 / 3.98, 1);
    download(SECONDS(60), 100, 1);
    assert_near(loss_of()->goodput_bps, (144800 + 100) * 8 / 3.98, 1);
    /* two at once share the time */
    lives_begin(&all, MS(40), MS(20));
    download(0, 100, 1);
    download(0, 100, 1);
    assert_near(loss_of()->goodput_bps, 2 * (144800 + 100) * 8 / 3.98, 1);
}

static void
idle_keep_alive_does_not_slow_goodput(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), 0);
    lives_open(&all, 0);
    lives_turn(&all, MS(40), MS(80));
    lives_close(&all, SYC_FIRST_CLIENT, SECONDS(60));
    /* 2,100 octets from the request at 40 ms to the ACK, a round trip after the answer at 80 ms */
    assert_near(loss_of()->goodput_bps, 2100 * 8 / 0.080, 1);
}

static void
a_tap_away_from_the_sender_sees_a_part(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), MS(20)); /* at the server, which sends the most */
    download(0, 70, 28);
    assert_false(loss_of()->lower_bound);
    lives_begin(&all, MS(40), 0); /* at the client */
    download(0, 70, 20);
    assert_true(loss_of()->lower_bound);
    lives_begin(&all, MS(40), MS(10)); /* between */
    download(0, 70, 20);
    assert_true(loss_of()->lower_bound);
    lives_begin(&all, MS(40), MS(20));
    download(0, 70, 20)->degraded = 1U << SYC_DEGRADED_KERNEL_DROPS;
    assert_true(loss_of()->lower_bound);
}

static void
a_pair_without_data_has_no_ratio(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), 0);
    lives_open(&all, 0);
    assert_int_equal(loss_of()->retransmitted, 0);
    assert_true(isnan(row.loss.ratio));
    assert_true(isnan(row.loss.goodput_bps));
    assert_true(isnan(row.loss.efficiency_ratio));
}

static void
short_memory_is_told(void **state)
{
    struct life_pair p;

    (void)state;
    lives_begin(&all, MS(40), 0);
    lives_ab(&all);
    p = lives_pair(&all);
    lives_short_of_memory(&p, audit_loss_pair);
}

int
test_audit_loss_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_of_http10_is_opening_and_closing),
        cmocka_unit_test(setup_turns_are_waiting_too),
        cmocka_unit_test(no_handshake_no_setup_time),
        cmocka_unit_test(repeats_of_data_and_fin_are_counted),
        cmocka_unit_test(goodput_is_over_the_time_under_way),
        cmocka_unit_test(idle_keep_alive_does_not_slow_goodput),
        cmocka_unit_test(a_tap_away_from_the_sender_sees_a_part),
        cmocka_unit_test(a_pair_without_data_has_no_ratio),
        cmocka_unit_test(short_memory_is_told),
    };

    return cmocka_run_group_tests_name("audit_loss", tests, NULL, NULL);
}
