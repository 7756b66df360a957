/* What gives way when memory ends, and that it is counted. */

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/support.h"

#include <string.h>

static struct kept_all kept;

static void
count_subject(void *user, const struct syc_subject *s)
{
    uint64_t *counts = user;

    counts[0]++;
    counts[1] += (s->degraded >> SYC_DEGRADED_EVICTED) & 1;
}

static struct syc_cadence_stats
stats_of(const struct syc_cadence *c)
{
    struct syc_cadence_stats s;

    syc_cadence_stats(c, &s);
    return s;
}

static struct syc_once
once_of(struct syc_cadence *c)
{
    struct syc_once o;

    syc_cadence_once(c, &o);
    return o;
}

/* 20,000 sources of one SYN through 256 KiB: all but the last few gave way, none was dropped, a client that talked stays. */
static void
a_flood_evicts_its_own_sources(void **state)
{
    enum { FLOOD = 20000 };
    struct syc_cadence *c = syc_cadence_new(NULL, 256 << 10);
    struct syc_cadence_stats s;
    uint64_t counts[2] = {0, 0};
    struct made m;

    (void)state;
    assert_non_null(c);
    made_open(&m, 65535, 1, 80, 40000, 0);
    made_exchange(&m, 10000, 0, 100, 1);
    syc_cadence_feed(c, &m.r);
    for (int i = 0; i < FLOOD; i++) {
        made_unanswered(&m, i, 1, 80, 50000, SECONDS(1) + i);
        syc_cadence_feed(c, &m.r);
    }
    s = stats_of(c);
    assert_int_equal(s.sources, FLOOD + 1);
    assert_int_equal(s.records_dropped, 0);
    assert_true(s.octets_peak <= s.octets_limit);
    assert_true(s.sources_evicted > FLOOD / 2);
    assert_int_equal(finish_subjects(c, count_subject, counts), SYC_OK);
    assert_int_equal(counts[0], 1);
    assert_int_equal(once_of(c).count, FLOOD);
    /* 64 octets each, in an eighth of the budget */
    assert_in_range(once_of(c).count - s.sources_evicted, (256 << 10) / 8 / 64 - 64,
                    (256 << 10) / 8 / 64);
    syc_cadence_free(c);
}

/* The i-th client of a flood in version 6, of one of 700 prefixes. */
static void
made_wide(struct made *m, uint32_t i)
{
    uint64_t seed = i + 1;
    uint32_t prefix = (uint32_t)(random_bits(&seed) >> 32) % 700;

    made_unanswered(m, 1, 1, 80, 50000, SECONDS(1) + i);
    m->r.key.ip_v = 6;
    memset(m->r.key.client, 0, 16);
    m->r.key.client[0] = 0x20;
    m->r.key.client[2] = (uint8_t)(prefix >> 8);
    m->r.key.client[3] = (uint8_t)prefix;
    m->r.key.client[14] = (uint8_t)(i >> 8);
    m->r.key.client[15] = (uint8_t)i;
}

/*
 * Prefixes of version 6 were counted in a thousand places that compete: of 700 some lost theirs to others, by the order in
 * which they came, though nothing gave way. Half of the clients come again, and are no singles any more.
 */
static void
prefixes_do_not_depend_on_the_order(void **state)
{
    enum { CLIENTS = 3000 };
    struct syc_once told[2];
    struct made m;

    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        struct syc_cadence *c = syc_cadence_new(NULL, 64 << 20);

        assert_non_null(c);
        for (uint32_t k = 0; k < 2 * CLIENTS; k++) {
            uint32_t i = turn == 0 ? k % CLIENTS : (2 * CLIENTS - 1 - k) / 2;
            made_wide(&m, i);
            if ((turn == 0 ? k < CLIENTS : k % 2 == 0) || i % 2 == 0) {
                syc_cadence_feed(c, &m.r);
            }
        }
        told[turn] = once_of(c);
        assert_int_equal(told[turn].count, CLIENTS / 2);
        syc_cadence_free(c);
    }
    assert_int_equal(told[0].prefix_count, SYC_ONCE_MOST);
    for (size_t at = 0; at < SYC_ONCE_MOST; at++) {
        uint64_t count = 0;
        for (uint32_t i = 1; i < CLIENTS; i += 2) {
            made_wide(&m, i);
            count += memcmp(m.r.key.client, told[0].prefixes[at].addr, 4) == 0;
        }
        assert_int_equal(told[0].prefixes[at].count, count);
        assert_int_equal(told[1].prefixes[at].count, count);
        assert_memory_equal(told[0].prefixes[at].addr, told[1].prefixes[at].addr, 16);
    }
}

/*
 * Client 1 sends one SYN, client 2 two, client 3 one twice, client 4 one and a RST after it, client 5 one that is answered.
 * Of client 1 nothing can be said; a second SYN of it, and it is a source like client 2.
 */
static void
one_unanswered_syn_is_counted_and_not_judged(void **state)
{
    struct syc_cadence *c = syc_cadence_new(NULL, 1 << 20);
    uint64_t counts[2] = {0, 0};
    struct made m;

    (void)state;
    assert_non_null(c);
    made_unanswered(&m, 1, 9, 80, 40000, SECONDS(1));
    syc_cadence_feed(c, &m.r);
    for (uint16_t i = 0; i < 2; i++) {
        made_unanswered(&m, 2, 9, 80, 40000 + i, SECONDS(i));
        syc_cadence_feed(c, &m.r);
    }
    made_unanswered(&m, 3, 9, 80, 40000, SECONDS(1));
    m.r.syn_count = 2;
    m.r.retrans_syn[SYC_TOSERVER] = 1;
    syc_cadence_feed(c, &m.r);
    made_unanswered(&m, 4, 9, 80, 40000, SECONDS(1));
    m.r.dur_us = m.r.rst_at_us = 5;
    m.r.rst_by = SYC_TOSERVER;
    syc_cadence_feed(c, &m.r);
    made_open(&m, 5, 9, 80, 40000, SECONDS(1));
    syc_cadence_feed(c, &m.r);
    assert_int_equal(finish_subjects(c, count_subject, counts), SYC_OK);
    assert_int_equal(counts[0], 4);
    assert_int_equal(stats_of(c).sources, 5);
    assert_int_equal(once_of(c).count, 1);
    made_unanswered(&m, 1, 8, 81, 40001, 0);
    syc_cadence_feed(c, &m.r);
    kept.count = 0;
    assert_int_equal(finish_subjects(c, keep_subject, &kept), SYC_OK);
    assert_int_equal(once_of(c).count, 0);
    assert_int_equal(kept.list[0].subject.conn_count, 2);
    syc_cadence_free(c);
}

/*
 * A subject's facts with those of another run. The first of a number is asked for as a record (client 2); clients 3 and 1
 * are singles; client 1 is a source once its other SYN came, and its next lone one is a mark at once.
 */
static void
feed_twice(struct syc_cadence *c, bool lone, const struct syc_syn *syn)
{
    static const uint8_t clients[] = {2, 3, 1, 1, 1};
    struct made m;

    for (int i = 0; i < 5; i++) {
        struct syc_lone l;
        made_unanswered(&m, clients[i], 9, 80, 40000 + (uint16_t)i, SECONDS(1) + i);
        m.r.syn[SYC_TOSERVER] = syn;
        m.r.syn_stays = true;
        m.r.syn_own[SYC_TOSERVER].ip_id = 77 + i;
        m.r.syn_own[SYC_TOSERVER].ts_val = 1000 + i;
        made_name(&m);
        l = (struct syc_lone){.client = m.r.key.client,
                              .server = m.r.key.server,
                              .start_us = m.r.start_us,
                              .number = 5,
                              .isn = (uint32_t)m.r.isn,
                              .ts_val = 1000 + (uint32_t)i,
                              .client_port = m.r.key.client_port,
                              .server_port = m.r.key.server_port,
                              .ip_id = (uint16_t)(77 + i),
                              .ip_v = 4};
        if (!lone || !syc_cadence_feed_lone(c, &l)) {
            assert_true(!lone || i == 0);
            syc_cadence_feed(c, &m.r);
        }
    }
    made_unanswered(&m, 1, 9, 81, 40001, SECONDS(3));
    m.r.syn[SYC_TOSERVER] = syn;
    syc_cadence_feed(c, &m.r);
}

/* Every value of the fact row, and who and when. */
static void
a_lone_syn_is_what_its_record_would_be(void **state)
{
    static struct kept_all all[2];
    struct syc_syn syn;

    (void)state;
    memset(&syn, 0, sizeof(syn));
    memset(all, 0, sizeof(all));
    for (int lone = 0; lone < 2; lone++) {
        struct syc_cadence *c = syc_cadence_new(NULL, 16 << 20);
        assert_non_null(c);
        feed_twice(c, lone == 1, &syn);
        assert_int_equal(once_of(c).count, 2);
        assert_int_equal(finish_subjects(c, keep_subject, &all[lone]), SYC_OK);
        syc_cadence_free(c);
    }
    assert_true(all[0].count > 0);
    assert_int_equal(all[0].list[0].subject.conn_count, 4);
    assert_int_equal(all[0].count, all[1].count);
    for (size_t i = 0; i < all[0].count; i++) {
        const struct kept *a = &all[0].list[i];
        const struct kept *b = &all[1].list[i];
        assert_int_equal(a->subject.conn_count, b->subject.conn_count);
        assert_int_equal(a->subject.window_start_us, b->subject.window_start_us);
        assert_memory_equal(a->subject.flow_ids, b->subject.flow_ids, sizeof(a->subject.flow_ids));
        for (size_t k = 0; k < syc_source_schema.count; k++) {
            assert_int_equal(a->values[k].type, b->values[k].type);
            if (a->values[k].type == SYC_INT) {
                assert_int_equal(a->values[k].u.i, b->values[k].u.i);
            } else if (a->values[k].type == SYC_REAL) {
                assert_true(a->values[k].u.f == b->values[k].u.f);
            }
        }
    }
}

/* The first source of the flood comes back and talks: what it did before is lost, and it says so; the talker before is whole. */
static void
who_was_evicted_is_flagged_when_it_returns(void **state)
{
    struct syc_cadence *c = syc_cadence_new(NULL, 128 << 10);
    uint64_t counts[2] = {0, 0};
    struct made m;

    (void)state;
    assert_non_null(c);
    made_open(&m, 60001, 1, 80, 40000, 0);
    syc_cadence_feed(c, &m.r);
    for (int i = 0; i < 700; i++) {
        made_unanswered(&m, i, 1, 80, 50000, SECONDS(1) + i);
        syc_cadence_feed(c, &m.r);
    }
    assert_true(stats_of(c).sources_evicted > 300);
    made_open(&m, 0, 1, 80, 40000, SECONDS(9));
    syc_cadence_feed(c, &m.r);
    assert_int_equal(finish_subjects(c, count_subject, counts), SYC_OK);
    assert_int_equal(counts[1], 1);
    syc_cadence_free(c);

    /* The talker alone, by name: a budget in which all that is left can be kept. */
    c = syc_cadence_new(NULL, 24 << 10);
    assert_non_null(c);
    made_open(&m, 60001, 1, 80, 40000, 0);
    syc_cadence_feed(c, &m.r);
    syc_cadence_free(c);
}

/* Forty-four records of clients that talked, no room for all: nothing gives way, the rest is dropped and its sources say so. */
static void
talkers_do_not_give_way(void **state)
{
    struct syc_cadence *c = syc_cadence_new(NULL, 160 << 10);
    struct syc_cadence_stats s;
    struct made m;
    const struct kept *first;

    (void)state;
    assert_non_null(c);
    for (uint16_t i = 0; i < 4000; i++) {
        made_open(&m, 1 + i % 3, 1, 80, (uint16_t)(30000 + i), SECONDS(i));
        made_exchange(&m, 10000, 0, 100, 1);
        syc_cadence_feed(c, &m.r);
    }
    s = stats_of(c);
    assert_int_equal(s.sources_evicted, 0);
    assert_int_equal(s.sources, 3);
    assert_true(s.records_dropped > 0);
    assert_true(s.octets_peak <= s.octets_limit);
    kept.count = 0;
    assert_int_equal(finish_subjects(c, keep_subject, &kept), SYC_OK);
    assert_int_equal(kept.count, 3);
    first = &kept.list[0];
    assert_int_equal(first->subject.degraded, 1U << SYC_DEGRADED_EVICTED);
    assert_int_equal(kept.list[0].subject.conn_count + kept.list[1].subject.conn_count +
                         kept.list[2].subject.conn_count + (int64_t)s.records_dropped,
                     4000);
    syc_cadence_free(c);
}

/* More signatures than their share of the budget: connections stay, their source says what is missing. */
static void
too_many_signatures_are_cut(void **state)
{
    struct syc_cadence *c = syc_cadence_new(NULL, 1 << 20);
    struct syc_syn syn;
    struct made m;

    (void)state;
    assert_non_null(c);
    memset(&syn, 0, sizeof(syn));
    for (uint16_t i = 0; i < 1000; i++) {
        syn.window = i;
        made_unanswered(&m, 1, 1, 80, (uint16_t)(30000 + i), SECONDS(i));
        m.r.syn[SYC_TOSERVER] = &syn;
        syc_cadence_feed(c, &m.r);
    }
    kept.count = 0;
    assert_int_equal(finish_subjects(c, keep_subject, &kept), SYC_OK);
    assert_int_equal(kept.list[0].subject.conn_count, 1000);
    assert_int_equal(kept.list[0].subject.degraded, 1U << SYC_DEGRADED_SIGNATURES_CUT);
    syc_cadence_free(c);
}

static void
an_empty_cadence_has_no_subjects(void **state)
{
    struct syc_cadence *c = syc_cadence_new(NULL, 1 << 20);
    uint64_t counts[2] = {0, 0};

    (void)state;
    assert_non_null(c);
    assert_int_equal(finish_subjects(c, count_subject, counts), SYC_OK);
    assert_int_equal(counts[0], 0);
    syc_cadence_free(c);
    syc_cadence_free(NULL);
}

/* ------------------------------------------------------------ allocations that fail */

/* Records of every kind, two of them in parts that come in the wrong order; two programs, a flooded service, a fleet. */
static void
feed_variety(struct syc_cadence *c)
{
    static const char *const agents[2] = {"curl/8.5.0", "Wget/1.21.3"};
    struct syc_syn syn;
    struct made m;

    memset(&syn, 0, sizeof(syn));
    for (uint16_t i = 0; i < 40; i++) {
        syn.window = i % 4;
        made_open(&m, i % 7, i % 2, 80, (uint16_t)(30000 + i), SECONDS(i));
        m.r.syn[SYC_TOSERVER] = &syn;
        m.r.user_agent = agents[i % 2];
        for (int k = 0; k < 10; k++) {
            made_exchange(&m, SECONDS(0.01 + k), 0, 100, 1);
        }
        syc_cadence_feed(c, &m.r);
    }
    for (uint16_t i = 0; i < 120; i++) {
        made_unanswered(&m, 40 + i % 30, 5, 443, (uint16_t)(50000 + i), SECONDS(0.001 * i));
        syc_cadence_feed(c, &m.r);
    }
    for (int64_t part = 3; part >= 1; part--) {
        made_open(&m, 3, 1, 80, 20000, 0);
        made_exchange(&m, SECONDS(2 * part), 0, 100, 1);
        m.r.part = part;
        m.r.final = part == 3;
        syc_cadence_feed(c, &m.r);
        made_open(&m, 4, 1, 80, 20000, 0);
        m.r.part = part + 1;
        m.r.final = 0;
        syc_cadence_feed(c, &m.r);
    }
}

/* What came of it: everything is either in a subject or counted as dropped, or finishing says that memory was short. */
static void
run_variety(uint64_t first, uint64_t last, uint64_t *asked)
{
    struct syc_cadence *c;
    uint64_t counts[2] = {0, 0};
    enum syc_status status;

    fail_allocations(first, last);
    c = syc_cadence_new(NULL, 1 << 20);
    if (c != NULL) {
        feed_variety(c);
        status = finish_subjects(c, count_subject, counts);
        assert_true(status == SYC_OK || status == SYC_NO_MEMORY);
        if (status == SYC_OK) {
            status = syc_cadence_groups(c, count_subject, counts);
        }
        assert_true(status == SYC_OK || status == SYC_NO_MEMORY);
        assert_true(status != SYC_OK || counts[0] > 0 || stats_of(c).records_dropped > 0);
    }
    syc_cadence_free(c);
    *asked = allocations_seen();
    fail_allocations(0, 0);
}

static void
every_failed_allocation_is_survived(void **state)
{
    uint64_t all;
    uint64_t asked;

    (void)state;
    run_variety(0, 0, &all);
    assert_true(all > 20);
    for (uint64_t k = 1; k <= all; k++) {
        run_variety(k, k, &asked);
        run_variety(k, UINT64_MAX, &asked);
    }
}

int
test_budget_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_evicts_its_own_sources),
        cmocka_unit_test(one_unanswered_syn_is_counted_and_not_judged),
        cmocka_unit_test(prefixes_do_not_depend_on_the_order),
        cmocka_unit_test(a_lone_syn_is_what_its_record_would_be),
        cmocka_unit_test(who_was_evicted_is_flagged_when_it_returns),
        cmocka_unit_test(talkers_do_not_give_way),
        cmocka_unit_test(too_many_signatures_are_cut),
        cmocka_unit_test(an_empty_cadence_has_no_subjects),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };

    return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
