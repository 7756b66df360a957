/* Services that many clients leave unfinished, and fleets: subjects of more than one source. */

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/support.h"

#include <stdio.h>
#include <string.h>

static struct kept_all kept;
static struct syc_cadence *cadence;

static void
ignore(void *user, struct syc_visit *v)
{
    (void)user;
    (void)v;
}

static void
begin(size_t budget)
{
    cadence = syc_cadence_new(NULL, budget);
    assert_non_null(cadence);
}

static void
feed(const struct made *m)
{
    struct syc_record r = m->r;

    r.exchanges = m->exchanges;
    syc_cadence_feed(cadence, &r);
}

static void
end(void)
{
    kept.count = 0;
    assert_int_equal(syc_cadence_finish(cadence, ignore, NULL), SYC_OK);
    assert_int_equal(syc_cadence_groups(cadence, keep_subject, &kept), SYC_OK);
}

/* `count` SYNs to server 1, port `port`, 1 ms apart, from so many clients in turn; nobody answers. */
static void
flood(size_t count, int clients, uint16_t port)
{
    struct made m;

    for (size_t i = 0; i < count; i++) {
        made_unanswered(&m, 1 + (int)i % clients, 1, port, (uint16_t)(1024 + i),
                        SECONDS(0.001 * (double)i));
        feed(&m);
    }
}

/* 150 SYNs of 50 clients, three each; beside them 20 connections of one client that are well. */
static void
a_flooded_service_is_a_subject(void **state)
{
    const struct kept *k = &kept.list[0];
    struct made m;

    (void)state;
    begin(64 << 20);
    flood(150, 50, 80);
    for (int i = 0; i < 20; i++) {
        made_open(&m, 200, 1, 80, (uint16_t)(40000 + i), SECONDS(i));
        feed(&m);
    }
    end();
    assert_int_equal(kept.count, 1);
    assert_int_equal(k->subject.kind, SYC_SUBJECT_DESTINATION);
    assert_int_equal(k->subject.dest[15], 1);
    assert_int_equal(k->subject.dest_port, 80);
    assert_int_equal(k->subject.source_count, 51);
    assert_int_equal(k->subject.source[15], 1); /* of clients with three each the first */
    assert_int_equal(int_of(k, "conn.count"), 170);
    assert_int_equal(int_of(k, "conn.rate_1s_peak"), 151);
    assert_near(real_of(k, "conn.unanswered_ratio"), 150.0 / 170, 1e-12);
    assert_int_equal(int_of(k, "src.addr_distinct"), 51);
    assert_near(real_of(k, "src.once_ratio"), 0, 0);
    assert_near(real_of(k, "src.top_ratio"), 3.0 / 150, 1e-12);
    assert_int_equal(k->subject.degraded, 0);
    syc_cadence_free(cadence);
}

/* 99 unfinished connections are one too few; a busy service has none. */
static void
other_services_are_passed_over(void **state)
{
    struct made m;

    (void)state;
    begin(64 << 20);
    flood(99, 99, 81);
    for (int i = 0; i < 200; i++) {
        made_open(&m, 1 + i % 100, 2, 80, (uint16_t)(40000 + i), SECONDS(0.001 * i));
        feed(&m);
    }
    end();
    assert_int_equal(kept.count, 0);
    syc_cadence_free(cadence);
}

/* Where memory does not hold all of a flood, what is told is flagged: it can only have been more. */
static void
a_flood_beyond_the_budget_is_flagged(void **state)
{
    struct syc_cadence_stats stats;

    (void)state;
    begin(200 << 10);
    flood(3000, 3000, 80);
    end();
    syc_cadence_stats(cadence, &stats);
    assert_true(stats.sources_evicted > 0);
    assert_true(kept.count == 1 || stats.groups_dropped > 0);
    if (kept.count == 1) {
        assert_true((kept.list[0].subject.degraded & 1U << SYC_DEGRADED_EVICTED) != 0);
    }
    syc_cadence_free(cadence);
}

/* Of those beyond the sample, too, it is known when they came: 5000 SYNs, the last 4.999 s after the first. */
static void
a_long_flood_is_told_as_long(void **state)
{
    const struct kept *k = &kept.list[0];

    (void)state;
    begin(64 << 20);
    flood(5000, 5000, 80);
    end();
    assert_int_equal(kept.count, 1);
    assert_int_equal(int_of(k, "conn.count"), 5000);
    assert_int_equal(k->subject.window_end_us - k->subject.window_start_us, SECONDS(4.999));
    assert_near(real_of(k, "conn.span_s"), 4.999, 1e-9);
    syc_cadence_free(cadence);
}

/*
 * Beside 5000 SYNs, one each millisecond, a client of many connections: another one each millisecond, half open. In a
 * second there are 2000, in ten all 10,000, though most of the SYNs are beyond the sample.
 */
static void
rates_are_of_all_that_came(void **state)
{
    const struct kept *k = &kept.list[0];
    struct made m;

    (void)state;
    begin(64 << 20);
    flood(5000, 5000, 80);
    for (int i = 0; i < 5000; i++) {
        made_unanswered(&m, 6000, 1, 80, (uint16_t)(1024 + i), SECONDS(0.001 * (double)i));
        m.r.syn_ack_count = m.r.pkts[SYC_TOCLIENT] = 1;
        feed(&m);
    }
    end();
    assert_int_equal(kept.count, 1);
    assert_int_equal(int_of(k, "conn.count"), 10000);
    assert_int_equal(int_of(k, "conn.rate_1s_peak"), 2000);
    assert_int_equal(int_of(k, "conn.rate_10s_peak"), 10000);
    assert_near(real_of(k, "conn.half_open_ratio"), 0.5, 1e-12);
    assert_near(real_of(k, "conn.unanswered_ratio"), 0.5, 1e-12);
    syc_cadence_free(cadence);
}

/* ------------------------------------------------------------ fleets */

/* Ten connections of one packet each, `period` seconds apart, with the given SYN; a record of client 17 has gaps. */
static void
beat(int client, double period, double from, const struct syc_syn *syn)
{
    const uint32_t gaps = 1U << SYC_DEGRADED_GAPS;
    struct made m;

    for (int i = 0; i < 10; i++) {
        made_open(&m, client, 1, 80, (uint16_t)(40000 + i), SECONDS(from + period * i));
        made_exchange(&m, 2000, 0, 100, 1);
        m.r.syn[SYC_TOSERVER] = syn;
        m.r.degraded = client == 17 && i == 5 ? gaps : 0;
        feed(&m);
    }
}

static void
make_syn(struct syc_syn *syn, const char *tcpfp)
{
    memset(syn, 0, sizeof(*syn));
    snprintf(syn->tcpfp, sizeof(syn->tcpfp), "%s", tcpfp);
}

/*
 * Six sources at 30.0 to 31.0 s, within 5 %; one at 20 s and one at 30 s with another SYN are not of them. Each has 9
 * gaps, all equal: 54 of 54 near their medians.
 */
static void
sources_of_one_stack_and_rhythm_are_a_fleet(void **state)
{
    const struct kept *k = &kept.list[0];
    struct syc_syn one;
    struct syc_syn other;

    (void)state;
    make_syn(&one, "2_64_64240_aaaaaaaaaaaa");
    make_syn(&other, "2_128_65535_bbbbbbbbbbbb");
    begin(64 << 20);
    for (int i = 0; i < 6; i++) {
        beat(20 - i, 30 + 0.2 * i, 3 * i, &one);
    }
    beat(30, 20, 0, &one);
    beat(31, 30, 0, &other);
    end();
    assert_int_equal(kept.count, 1);
    assert_int_equal(k->subject.kind, SYC_SUBJECT_FLEET);
    assert_int_equal(k->subject.source_count, 6);
    assert_int_equal(k->subject.source[15], 15);
    assert_int_equal(k->subject.members[5][15], 20);
    assert_int_equal(k->subject.conn_count, 60);
    assert_int_equal(k->subject.degraded, 1U << SYC_DEGRADED_GAPS); /* one record of client 17 */
    assert_int_equal(int_of(k, "src.addr_distinct"), 6);
    assert_int_equal(int_of(k, "heavy.n"), 54);
    assert_near(real_of(k, "heavy.median_s"), 30, 1e-9);
    assert_near(real_of(k, "heavy.concentration_ratio"), 1, 0);
    /* 54 * log10(1 / (0.34 + 0.6 * 6 / 54)) */
    assert_near(real_of(k, "heavy.beat"), 21.1011, 1e-3);
    syc_cadence_free(cadence);
}

/* Four are no fleet, nor are five that spread over more than 5 %. */
static void
few_or_spread_sources_are_no_fleet(void **state)
{
    struct syc_syn one;

    (void)state;
    make_syn(&one, "2_64_64240_aaaaaaaaaaaa");
    begin(64 << 20);
    for (int i = 0; i < 4; i++) {
        beat(1 + i, 30, i, &one);
    }
    for (int i = 0; i < 5; i++) {
        beat(11 + i, 50 + 0.8 * i, i, &one);
    }
    end();
    assert_int_equal(kept.count, 0);
    syc_cadence_free(cadence);
}

int
test_groups_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flooded_service_is_a_subject),
        cmocka_unit_test(other_services_are_passed_over),
        cmocka_unit_test(a_flood_beyond_the_budget_is_flagged),
        cmocka_unit_test(a_long_flood_is_told_as_long),
        cmocka_unit_test(rates_are_of_all_that_came),
        cmocka_unit_test(sources_of_one_stack_and_rhythm_are_a_fleet),
        cmocka_unit_test(few_or_spread_sources_are_no_fleet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
