/* Facts of starts, outcomes, closes, ports and destinations, from records made by hand. */

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/support.h"

#include <string.h>

static struct made made[64];
static struct kept_all kept;

static const struct kept *
judge(size_t count)
{
    keep_records(made, count, &kept);
    return &kept.list[0];
}

/* ------------------------------------------------------------ starts */

/* 0, 0.5, 0.999999, 1.0, 1.4 and 9.6 s: within 1 s at most 0.5..1.4 (four), within 10 s all but none: six. */
static void
peaks_count_starts_in_half_open_windows(void **state)
{
    const double at[] = {0, 0.5, 0.999999, 1.0, 1.4, 9.6};
    const struct kept *k;

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        made_open(&made[i], 1, 1, 80, (uint16_t)(40000 + i), SECONDS(at[i]));
    }
    k = judge(6);
    assert_int_equal(int_of(k, "conn.rate_1s_peak"), 4);
    assert_int_equal(int_of(k, "conn.rate_10s_peak"), 6);
    assert_int_equal(int_of(k, "conn.count"), 6);
    assert_int_equal(int_of(k, "iat.n"), 5);
    assert_near(real_of(k, "iat.mean_s"), 9.6 / 5, 1e-12);
    assert_near(real_of(k, "conn.span_s"), 9.601, 1e-9);
    assert_true(is_absent(k, "conn.same_start_ratio"));
    assert_true(is_absent(k, "iat.cv"));
}

/* Eight starts: gaps of 10, 49.999, 50, 10, 10, 100, 100 ms: four of seven below 50 ms. */
static void
starts_within_50_ms_are_the_same_start(void **state)
{
    const int64_t gaps[] = {0, 10000, 49999, 50000, 10000, 10000, 100000, 100000};
    int64_t at = 0;

    (void)state;
    for (size_t i = 0; i < 8; i++) {
        at += gaps[i];
        made_open(&made[i], 1, 1, 80, (uint16_t)(40000 + i), at);
    }
    assert_near(real_of(judge(8), "conn.same_start_ratio"), 4.0 / 7, 1e-12);
}

/*
 * Answers come 10 ms after their request. Requests at 0.1, 0.2, 1.2 s: the third 0.99 s after the second's answer; the
 * fourth 1 s after the third's and so a run of its own.
 */
static void
a_run_ends_at_a_pause_of_a_second(void **state)
{
    const struct kept *k;

    (void)state;
    made_open(&made[0], 1, 1, 80, 40000, 0);
    made_exchange(&made[0], 100000, 0, 100, 1);
    made_exchange(&made[0], 200000, 0, 100, 1);
    made_exchange(&made[0], 1200000, 0, 100, 1);
    made_exchange(&made[0], 2210000, 0, 100, 1);
    made_open(&made[1], 1, 1, 80, 40001, SECONDS(9));
    made_exchange(&made[1], 100000, 0, 100, 1);
    k = judge(2);
    assert_int_equal(int_of(k, "conn.run_max"), 3);
    assert_int_equal(int_of(k, "conn.turns"), 5);
    assert_int_equal(int_of(k, "conn.established"), 2);
}

/* Starts at 0, 2, 6, 14, 30 s: gaps 2, 4, 8, 16, four in a row that double; then 16 again, which does not. */
static void
backoff_is_a_row_of_gaps_with_one_factor(void **state)
{
    static const double at[] = {0, 2, 6, 14, 30, 46};
    static const double even[] = {0, 5, 10, 15, 20, 25};

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        made_unanswered(&made[i], 1, 1, 80, (uint16_t)(40000 + i), SECONDS(at[i]));
    }
    assert_int_equal(int_of(judge(6), "iat.backoff_n"), 4);
    assert_int_equal(int_of(judge(6), "syn.unanswered"), 6);
    assert_true(is_absent(judge(3), "iat.backoff_n"));
    for (size_t i = 0; i < 6; i++) {
        made_unanswered(&made[i], 1, 1, 80, (uint16_t)(40000 + i), SECONDS(even[i]));
    }
    assert_int_equal(int_of(judge(6), "iat.backoff_n"), 0);
}

/* Three to server 1 at once, then two to server 2 while two of them are open: five at once, three to one service. */
static void
parallel_is_counted_by_service_too(void **state)
{
    static const double at[] = {0, 0.1, 0.2, 1, 1.1, 9};
    const struct kept *k;

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        made_open(&made[i], 1, i >= 3 && i < 5 ? 2 : 1, 80, (uint16_t)(40000 + i), SECONDS(at[i]));
        made_close(&made[i], SECONDS(5));
    }
    k = judge(6);
    assert_int_equal(int_of(k, "conn.parallel_peak"), 5);
    assert_int_equal(int_of(k, "conn.parallel_service_peak"), 3);
    assert_int_equal(int_of(k, "close.client"), 6);
    assert_int_equal(int_of(k, "close.open"), 0);
    assert_near(real_of(k, "iat.min_s"), 0.1, 1e-9);
    assert_near(real_of(k, "iat.max_s"), 7.9, 1e-9);
    assert_true(is_absent(k, "hours.entropy_bits"));
}

/* Starts at 0 h and 12 h of three days and one more: two hours of the day, 4 and 3 times. */
static void
hours_of_the_day_are_told_from_three_days_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < 7; i++) {
        made_open(&made[i], 1, 1, 80, (uint16_t)(40000 + i), (int64_t)i * SECONDS(12 * 3600));
    }
    /* -(4/7 log2(4/7) + 3/7 log2(3/7)) */
    assert_near(real_of(judge(7), "hours.entropy_bits"), 0.985228136, 1e-9);
    assert_true(is_absent(judge(6), "hours.entropy_bits"));
}

/* A record whose SYN was not seen is a connection, but no start. */
static void
midstream_records_start_nothing(void **state)
{
    const struct kept *k;

    (void)state;
    made_open(&made[0], 1, 1, 80, 40000, 0);
    made_open(&made[1], 1, 1, 80, 40002, SECONDS(5));
    made[1].r.syn_count = 0;
    made[1].r.state = SYC_STATE_OTH;
    made[1].r.degraded = 1U << SYC_DEGRADED_MIDSTREAM;
    k = judge(2);
    assert_int_equal(int_of(k, "conn.count"), 2);
    assert_int_equal(int_of(k, "conn.rate_10s_peak"), 1);
    assert_int_equal(int_of(k, "iat.n"), 0);
    assert_int_equal(k->subject.degraded, 1U << SYC_DEGRADED_MIDSTREAM);
}

/* Open 0..3, 1..2, 2..4 and 5..6 s: three at 2 s, where one ends as another begins. */
static void
parallel_counts_connections_open_at_once(void **state)
{
    const double from[] = {0, 1, 2, 5};
    const double life[] = {3, 1, 2, 1};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        made_open(&made[i], 1, 1, 80, (uint16_t)(40000 + i), SECONDS(from[i]));
        made[i].r.dur_us = SECONDS(life[i]);
    }
    assert_int_equal(int_of(judge(4), "conn.parallel_peak"), 3);
}

/* ------------------------------------------------------------ outcomes */

static void
made_half_open(struct made *m, uint16_t source_port, int64_t start_us)
{
    made_open(m, 1, 1, 80, source_port, start_us);
    m->r.ack_us = m->r.established_us = SYC_NONE;
    m->r.state = SYC_STATE_RSTO;
    m->r.close_kind = SYC_CLOSE_RST_BY_CLIENT;
    m->r.rst_by = SYC_TOSERVER;
    m->r.rst_at_us = 600;
}

static void
outcomes_are_shares_of_starts(void **state)
{
    const struct kept *k;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        made_half_open(&made[i], (uint16_t)(40000 + i), SECONDS(i));
    }
    /* A scanner's RST that acknowledges the SYN+ACK is no handshake. */
    made[3].r.established_us = 600;
    for (size_t i = 4; i < 7; i++) {
        made_unanswered(&made[i], 1, 1, 80, (uint16_t)(40000 + i), SECONDS(i));
    }
    for (size_t i = 7; i < 9; i++) {
        made_unanswered(&made[i], 1, 1, 81, (uint16_t)(40000 + i), SECONDS(i));
        made[i].r.state = SYC_STATE_REJ;
        made[i].r.close_kind = SYC_CLOSE_REFUSED;
        made[i].r.pkts[1] = 1;
    }
    made_open(&made[9], 1, 1, 80, 40009, SECONDS(9));
    k = judge(10);
    assert_near(real_of(k, "conn.half_open_ratio"), 0.4, 1e-12);
    assert_near(real_of(k, "conn.unanswered_ratio"), 0.3, 1e-12);
    assert_near(real_of(k, "conn.refused_ratio"), 0.2, 1e-12);
    assert_true(is_absent(k, "conn.unused_ratio"));
}

/* In a capture of one direction a missing answer proves nothing. */
static void
one_direction_is_not_unanswered(void **state)
{
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        made_unanswered(&made[i], 1, 1, 80, (uint16_t)(40000 + i), SECONDS(i));
        made[i].r.degraded = 1U << SYC_DEGRADED_ONE_DIRECTION;
    }
    assert_near(real_of(judge(6), "conn.unanswered_ratio"), 0, 0);
}

/* Turns 1, 1, 1, 2, 5 and two unused: mean 2 over five, 3 of 5 with one, reuse 1 - 5/10; 2 of 7 unused. */
static void
turns_and_reuse_are_over_connections_that_had_one(void **state)
{
    const int turns[] = {1, 1, 1, 2, 5, 0, 0};
    const struct kept *k;

    (void)state;
    for (size_t i = 0; i < 7; i++) {
        made_open(&made[i], 1, 1, 80, (uint16_t)(40000 + i), SECONDS(i));
        for (int t = 0; t < turns[i]; t++) {
            made_exchange(&made[i], SECONDS(0.01 + t), 0, 100, 1);
        }
    }
    k = judge(7);
    assert_near(real_of(k, "conn.turns_mean"), 2, 1e-12);
    assert_near(real_of(k, "conn.one_turn_ratio"), 0.6, 1e-12);
    assert_near(real_of(k, "conn.reuse_ratio"), 0.5, 1e-12);
    assert_near(real_of(k, "conn.unused_ratio"), 2.0 / 7, 1e-12);
}

/* TLS: three exchanges of which one is the handshake; HTTP/1: requests, where pipelining made one exchange of two. */
static void
set_up_is_no_turn_and_requests_count_for_http(void **state)
{
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        made_open(&made[i], 1, 1, 80, (uint16_t)(40000 + i), SECONDS(i));
        made_exchange(&made[i], 10000, 0, 517, 1);
        if (i < 3) {
            made_exchange(&made[i], 100000, 0, 200, 1);
            made_exchange(&made[i], 200000, 0, 200, 1);
            made[i].r.protocol = SYC_PROTOCOL_TLS;
            made[i].r.setup_turns = 1;
            made[i].r.setup_bytes = 517;
            made[i].r.setup_pkts = 1;
        } else {
            made[i].r.protocol = SYC_PROTOCOL_HTTP1;
            made[i].r.requests = 2;
        }
    }
    assert_near(real_of(judge(6), "conn.turns_mean"), 2, 1e-12);
}

/* ------------------------------------------------------------ closes */

/* Lives of five: 1.001, 2.001, 3.001, 4.001 and 5.001 s from SYN to both FINs; late segments do not prolong them. */
static void
life_ends_with_both_fins(void **state)
{
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        made_open(&made[i], 1, 1, 80, (uint16_t)(40000 + i), SECONDS(10 * i));
        made_exchange(&made[i], 10000, 0, 100, 1);
        made_close(&made[i], SECONDS(1 + i));
        made[i].r.dur_us = SECONDS(40);
    }
    assert_near(real_of(judge(5), "conn.life_p50_ms"), 3001, 1e-9);
}

/* The answer ends 10 ms after the request at 2 s; FIN at 7.01 s: 5 s. A close_notify 0.2 ms before the FIN is no work. */
static void
idle_time_before_the_client_closes(void **state)
{
    const struct kept *k;

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        made_open(&made[i], 1, 1, 443, (uint16_t)(40000 + i), SECONDS(20 * i));
        made_exchange(&made[i], SECONDS(2), 0, 100, 1);
        if (i < 3) {
            made_exchange(&made[i], SECONDS(7.0098), 0, 31, 1);
            made[i].exchanges[1].answered = i == 0;
            made[i].exchanges[1].answer_offset_us = SECONDS(7.02);
        }
        made_close(&made[i], SECONDS(7.01));
    }
    made[5].r.close_first = SYC_FIRST_SERVER;
    k = judge(6);
    assert_int_equal(int_of(k, "idle_close.n"), 5);
    assert_near(real_of(k, "idle_close.median_s"), 5, 1e-9);
    assert_near(real_of(k, "idle_close.cv"), 0, 1e-12);
}

/*
 * Entries at 2.001, 32.001 and 100.001 s of 60 s each; the first was restarted at 61.5 s and so lasts to 121.5 s:
 * 119.499 + 60 + 60. At 100.001 s the first and the third stand, at 32.001 s the first two: peak 2. The fourth is killed
 * after 1 s, when it stands with the first (5.001 s): area + 1.
 */
static void
time_wait_is_the_population_of_entries(void **state)
{
    const double start[] = {0, 30, 98, 3};
    const struct kept *k;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        made_open(&made[i], 1, 1, 80, (uint16_t)(40000 + i), SECONDS(start[i]));
        made_close(&made[i], SECONDS(2));
    }
    made[0].r.time_wait[0].restart_count = 1;
    made[0].r.time_wait[0].restarts_us[0][0] = SECONDS(61.5);
    made[0].r.time_wait[0].restarts_us[0][1] = SECONDS(61.5);
    made[3].r.time_wait[0].killed_us = SECONDS(3.001);
    k = judge(4);
    assert_int_equal(int_of(k, "time_wait.peak"), 2);
    assert_near(real_of(k, "time_wait.area_s"), 119.499 + 60 + 60 + 1, 1e-6);
}

/* The same tuple again 10 s after the entry: the entry is gone then (tcp_tw_reuse). The server's own entry is not ours. */
static void
a_new_syn_of_the_tuple_ends_its_time_wait(void **state)
{
    const struct kept *k;

    (void)state;
    made_open(&made[0], 1, 1, 80, 40000, 0);
    made_close(&made[0], SECONDS(1.999));
    made_open(&made[1], 1, 1, 80, 40000, SECONDS(12));
    made[1].r.isn = 77;
    made_name(&made[1]);
    made_close(&made[1], SECONDS(1.999));
    made_open(&made[2], 1, 1, 80, 40002, SECONDS(13));
    made_close(&made[2], SECONDS(1));
    made[2].r.time_wait[0].side = SYC_TOCLIENT;
    k = judge(3);
    assert_int_equal(int_of(k, "time_wait.peak"), 1);
    assert_near(real_of(k, "time_wait.area_s"), 10 + 60, 1e-6);
}

/* Figures of the lab: full 1389..1420 octets, resumed 238..260, once 488. One small flight answered a hello without offer. */
static void
resumption_shows_in_the_first_flight(void **state)
{
    const int64_t flight[] = {1400, 250, 238, 488, 1389, 250};
    const struct kept *k;

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        made_open(&made[i], 1, 1, 443, (uint16_t)(40000 + i), SECONDS(i));
        made_exchange(&made[i], 10000, 0, 517, 1);
        made[i].exchanges[0].first_flight_octets = flight[i];
        made[i].r.protocol = SYC_PROTOCOL_TLS;
    }
    made[5].r.resume_offered = SYC_RESUME_NONE;
    k = judge(6);
    assert_int_equal(int_of(k, "tls.full"), 3);
    assert_int_equal(int_of(k, "tls.resumed"), 3);
    assert_near(real_of(k, "tls.resumed_ratio"), 0.5, 1e-12);
}

/* A service with small certificates beside one with large ones: each pair has its own measure. */
static void
resumption_is_measured_by_the_pair(void **state)
{
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        made_open(&made[i], 1, i < 3 ? 1 : 2, 443, (uint16_t)(40000 + i), SECONDS(i));
        made_exchange(&made[i], 10000, 0, 517, 1);
        made[i].exchanges[0].first_flight_octets = i < 3 ? 600 : 5000;
        made[i].r.protocol = SYC_PROTOCOL_TLS;
    }
    assert_int_equal(int_of(judge(6), "tls.resumed"), 0);
}

/* ------------------------------------------------------------ ports and destinations */

static const char *
strategy_of(const uint16_t *ports, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        made_unanswered(&made[i], 1, 1, 80, ports[i], SECONDS(i));
    }
    return text_of(judge(n), "port.strategy");
}

static void
source_ports_show_how_they_are_chosen(void **state)
{
    uint16_t ports[20];
    uint64_t seed = 3;

    (void)state;
    for (uint16_t i = 0; i < 20; i++) {
        ports[i] = i % 2 ? 61000 : 61001;
    }
    assert_string_equal(strategy_of(ports, 20), "fixed");
    for (uint16_t i = 0; i < 20; i++) {
        ports[i] = (uint16_t)(2000 + i);
    }
    assert_string_equal(strategy_of(ports, 20), "sequential");
    for (uint16_t i = 0; i < 20; i++) {
        ports[i] = (uint16_t)(32768 + 2 * (random_bits(&seed) % 14000));
    }
    assert_string_equal(strategy_of(ports, 20), "even");
    for (uint16_t i = 0; i < 20; i++) {
        ports[i] |= 1;
    }
    assert_string_equal(strategy_of(ports, 20), "odd");
    for (uint16_t i = 0; i < 20; i++) {
        ports[i] = (uint16_t)(49152 + 3 * i);
    }
    assert_string_equal(strategy_of(ports, 20), "small-steps");
    for (uint16_t i = 0; i < 20; i++) {
        ports[i] = (uint16_t)(1024 + random_bits(&seed) % 60000);
    }
    assert_string_equal(strategy_of(ports, 20), "random");
}

static void
ports_and_destinations_are_counted(void **state)
{
    const struct kept *k;

    (void)state;
    for (size_t i = 0; i < 15; i++) {
        made_unanswered(&made[i], 1, 1 + (int)i % 3, (uint16_t)(80 + i % 5),
                        (uint16_t)(50000 + i / 2), SECONDS(i));
    }
    k = judge(15);
    assert_int_equal(int_of(k, "dest.addr_distinct"), 3);
    assert_int_equal(int_of(k, "dest.port_distinct"), 5);
    assert_int_equal(int_of(k, "port.distinct"), 8);
    assert_int_equal(int_of(k, "port.min"), 50000);
    assert_int_equal(int_of(k, "port.max"), 50007);
    assert_true(is_absent(k, "port.strategy"));
    assert_true(is_absent(k, "port.odd_ratio"));
    /* the source, then its 15 pairs by address and port */
    assert_int_equal(kept.count, 16);
    assert_string_equal(text_of(k, "subject"), "source");
    assert_string_equal(text_of(&kept.list[1], "subject"), "pair");
    for (size_t i = 2; i < kept.count; i++) {
        const struct syc_subject *a = &kept.list[i - 1].subject;
        const struct syc_subject *b = &kept.list[i].subject;
        int c = memcmp(a->dest, b->dest, 16);
        assert_true(c < 0 || (c == 0 && a->dest_port < b->dest_port));
    }
}

/* Another sensor's records: no SYN count, no bursts, no closes. What rests on those is absent, not 0. */
static void
what_another_sensor_does_not_tell_is_absent(void **state)
{
    const struct kept *k;

    (void)state;
    for (size_t i = 0; i < 12; i++) {
        struct syc_record *r = &made[i].r;
        struct syc_key key;
        made_open(&made[i], 1, 1, 80, (uint16_t)(40000 + 2 * i), SECONDS(5 * i));
        key = r->key;
        syc_record_init(r);
        r->key = key;
        r->start_us = SECONDS(5 * i);
        r->dur_us = SECONDS(0.1);
        r->state = SYC_STATE_SF;
        r->payload[0] = 100;
        r->payload[1] = 1000;
        made_name(&made[i]);
    }
    k = judge(12);
    assert_near(real_of(k, "iat.concentration_ratio"), 1, 0);
    assert_near(real_of(k, "conn.unused_ratio"), 0, 0);
    assert_true(is_absent(k, "episode.n"));
    assert_true(is_absent(k, "heavy.n"));
    assert_true(is_absent(k, "pkt.peak_1s"));
    assert_true(is_absent(k, "idle_close.n"));
    assert_true(is_absent(k, "time_wait.peak"));
    assert_true(is_absent(k, "tls.full"));
    assert_true(is_absent(k, "syn.retry_count"));
    assert_true(is_absent(k, "syn.distinct"));
    assert_true(is_absent(k, "conn.turns_mean"));
}

int
test_connections_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peaks_count_starts_in_half_open_windows),
        cmocka_unit_test(starts_within_50_ms_are_the_same_start),
        cmocka_unit_test(a_run_ends_at_a_pause_of_a_second),
        cmocka_unit_test(backoff_is_a_row_of_gaps_with_one_factor),
        cmocka_unit_test(parallel_is_counted_by_service_too),
        cmocka_unit_test(hours_of_the_day_are_told_from_three_days_on),
        cmocka_unit_test(midstream_records_start_nothing),
        cmocka_unit_test(parallel_counts_connections_open_at_once),
        cmocka_unit_test(outcomes_are_shares_of_starts),
        cmocka_unit_test(one_direction_is_not_unanswered),
        cmocka_unit_test(turns_and_reuse_are_over_connections_that_had_one),
        cmocka_unit_test(set_up_is_no_turn_and_requests_count_for_http),
        cmocka_unit_test(life_ends_with_both_fins),
        cmocka_unit_test(idle_time_before_the_client_closes),
        cmocka_unit_test(time_wait_is_the_population_of_entries),
        cmocka_unit_test(a_new_syn_of_the_tuple_ends_its_time_wait),
        cmocka_unit_test(resumption_shows_in_the_first_flight),
        cmocka_unit_test(resumption_is_measured_by_the_pair),
        cmocka_unit_test(source_ports_show_how_they_are_chosen),
        cmocka_unit_test(ports_and_destinations_are_counted),
        cmocka_unit_test(what_another_sensor_does_not_tell_is_absent),
    };

    return cmocka_run_group_tests_name("connections", tests, NULL, NULL);
}
