/* The audit as a whole: any order, any cut, any moment, little memory, absurd numbers. */

#include "behavior/audit_pack.h"
#include "tests/unit/behavior/audited.h"
#include "tests/unit/behavior/groups.h"

#include <stdlib.h>
#include <string.h>

enum { POPULATION = 400, PARTS_MOST = 5 };

static struct made people[POPULATION];

/* ------------------------------------------------------------ a population */

static void
make_person(struct made *m, uint64_t *seed)
{
    /* Coarse times and few ports, so that much is equal and tuples come back. */
    double at = (double)(random_bits(seed) % 400) / 4;
    size_t exchanges = random_bits(seed) % 10;

    audited_open(m, (uint16_t)(40000 + 2 * (random_bits(seed) % 40)), at);
    m->r.isn = (int64_t)(uint32_t)random_bits(seed);
    m->r.key.client[15] = (uint8_t)(1 + random_bits(seed) % 3);
    m->r.key.server[15] = (uint8_t)(1 + random_bits(seed) % 3);
    m->r.bytes[0] = m->r.bytes[1] = (int64_t)(random_bits(seed) % 5000);
    m->r.retrans_data[1] = (int64_t)(random_bits(seed) % 3);
    m->r.data_segments[0] = m->r.data_segments[1] = 40;
    for (size_t i = 0; i < exchanges; i++) {
        made_exchange(m, m->r.dur_us + (int64_t)(random_bits(seed) % 20) * 20000, 0,
                      100 + (int64_t)(random_bits(seed) % 900), 1);
    }
    if (random_bits(seed) % 3 != 0) {
        audited_closed(m, random_bits(seed) % 4 == 0 ? SYC_TOCLIENT : SYC_TOSERVER,
                       (double)m->r.dur_us / 1e6 + 0.1);
    }
    made_name(m);
}

static void
make_people(void)
{
    uint64_t seed = 4711;

    for (size_t i = 0; i < POPULATION; i++) {
        make_person(&people[i], &seed);
    }
}

/*
 * Part `number` of `of`, by spec/record.md: lists are slices, single times stand in every part, last-times and state are
 * the final part's, counters are split, the greatest and the least may stand in any.
 */
static struct syc_record
part_of(const struct made *m, int64_t number, int64_t of)
{
    struct syc_record r = m->r;
    size_t from = m->r.exchange_count * (size_t)(number - 1) / (size_t)of;
    size_t to = m->r.exchange_count * (size_t)number / (size_t)of;

    for (size_t i = 0; i < syc_record_number_count; i++) {
        const struct syc_record_number *row = &syc_record_numbers[i];
        int64_t v = syc_record_get(&r, row);
        if (v == SYC_NONE) {
            continue;
        }
        if (row->join == SYC_JOIN_ADD) {
            syc_record_set(&r, row, number == 1 ? v - (of - 1) * (v / of) : v / of);
        } else if (row->join == SYC_JOIN_LAST && number != of) {
            syc_record_set(&r, row, row->offset == offsetof(struct syc_record, dur_us) ? v / 2 : 0);
        }
    }
    r.part = number;
    r.final = number == of;
    r.exchanges = m->exchanges + from;
    r.exchange_count = to - from;
    r.time_wait_count = number == of ? r.time_wait_count : 0;
    return r;
}

struct piece {
    uint16_t person;
    uint8_t number, of; /* of 1: not cut */
};

static size_t
cut_all(struct piece *pieces, uint64_t *seed, bool cut)
{
    size_t n = 0;

    for (uint16_t i = 0; i < POPULATION; i++) {
        uint8_t of = (uint8_t)(cut ? 1 + random_bits(seed) % PARTS_MOST : 1);
        for (uint8_t k = 1; k <= of; k++) {
            pieces[n++] = (struct piece){i, k, of};
        }
    }
    for (size_t i = n; i > 1; i--) {
        size_t j = random_bits(seed) % i;
        struct piece held = pieces[i - 1];
        pieces[i - 1] = pieces[j];
        pieces[j] = held;
    }
    return n;
}

/* ------------------------------------------------------------ comparing */

static void
assert_same_curve(const struct syc_curve *a, const struct syc_curve *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->t0_us, b->t0_us);
    assert_int_equal(a->step_us, b->step_us);
    if (a->count > 0) {
        assert_memory_equal(a->v, b->v, a->count * sizeof(*a->v));
    }
}

/* Bit for bit, but for where series are: rows are zeroed before they are filled. */
static void
assert_same_report(const struct syc_audit_report *a, const struct syc_audit_report *b)
{
    assert_int_equal(a->start_us, b->start_us);
    assert_int_equal(a->span_us, b->span_us);
    assert_int_equal(a->packets, b->packets);
    assert_int_equal(a->connections, b->connections);
    assert_int_equal(a->dropped, b->dropped);
    assert_int_equal(a->pairs_left_out, b->pairs_left_out);
    assert_int_equal(a->findings_left_out, b->findings_left_out);
    assert_int_equal(a->degraded, b->degraded);
    assert_int_equal(a->vantage, b->vantage);
    assert_int_equal(a->host_count, b->host_count);
    assert_int_equal(a->pair_count, b->pair_count);
    assert_int_equal(a->finding_count, b->finding_count);
    for (size_t i = 0; i < a->host_count; i++) {
        struct syc_audit_host x = a->hosts[i];
        struct syc_audit_host y = b->hosts[i];
        assert_same_curve(&x.tw, &y.tw);
        x.tw.v = y.tw.v = NULL;
        assert_memory_equal(&x, &y, sizeof(x));
    }
    for (size_t i = 0; i < a->pair_count; i++) {
        struct syc_audit_pair x = a->pairs[i];
        struct syc_audit_pair y = b->pairs[i];
        assert_same_curve(&x.tw, &y.tw);
        x.tw.v = y.tw.v = NULL;
        assert_memory_equal(&x, &y, sizeof(x));
    }
    for (size_t i = 0; i < a->finding_count; i++) {
        assert_string_equal(a->findings[i].id, b->findings[i].id);
        assert_string_equal(a->findings[i].text, b->findings[i].text);
        assert_int_equal(a->findings[i].pair, b->findings[i].pair);
        assert_int_equal(a->findings[i].at_us, b->findings[i].at_us);
    }
}

static void
check_orders(bool cut, int64_t at_us)
{
    static struct piece pieces[POPULATION * PARTS_MOST];
    const struct syc_audit_options options = {.at_us = at_us};
    const struct syc_audit_report *expected;

    make_people();
    expected = audited_with(&options, people, POPULATION);
    assert_true(expected->pair_count == 9 && expected->connections > 100);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct syc_audit *a = syc_audit_new(&options);
        const struct syc_audit_report *got;
        uint64_t state = seed;
        size_t n = cut_all(pieces, &state, cut);
        assert_non_null(a);
        for (size_t i = 0; i < n; i++) {
            const struct piece *p = &pieces[i];
            struct syc_record r = people[p->person].r;
            if (p->of > 1) {
                r = part_of(&people[p->person], p->number, p->of);
            }
            syc_audit_feed(a, &r);
        }
        assert_int_equal(syc_audit_finish(a, &got), SYC_OK);
        assert_same_report(expected, got);
        syc_audit_free(a);
    }
}

static void
any_order_gives_the_same_report(void **state)
{
    (void)state;
    check_orders(false, SYC_NONE);
}

static void
any_cut_into_parts_gives_the_same_report(void **state)
{
    (void)state;
    check_orders(true, SYC_NONE);
}

static void
any_order_gives_the_same_report_of_a_moment(void **state)
{
    (void)state;
    check_orders(false, SECONDS(50));
}

static void
records_that_come_twice_count_once(void **state)
{
    const struct syc_audit_options options = {.at_us = SYC_NONE};
    const struct syc_audit_report *got;
    struct syc_audit *a = syc_audit_new(&options);

    (void)state;
    make_people();
    assert_non_null(a);
    for (size_t i = 0; i < 2 * POPULATION; i++) {
        syc_audit_feed(a, &people[i % POPULATION].r);
    }
    assert_int_equal(syc_audit_finish(a, &got), SYC_OK);
    assert_same_report(audited(people, POPULATION), got);
    syc_audit_free(a);
}

/* The piece, with roles changed for one person in eight: their tuples come back from the other side. */
static struct syc_record
record_of(const struct piece *p)
{
    struct syc_record r =
        p->of > 1 ? part_of(&people[p->person], p->number, p->of) : people[p->person].r;
    const struct syc_key key = r.key;

    if (p->person % 8 == 0) {
        memcpy(r.key.client, key.server, 16);
        memcpy(r.key.server, key.client, 16);
        r.key.client_port = key.server_port;
        r.key.server_port = key.client_port;
    }
    return r;
}

static const struct syc_audit_report *
report_of(struct syc_audit *a, const struct piece *pieces, size_t n)
{
    const struct syc_audit_report *r;

    assert_non_null(a);
    for (size_t i = 0; i < n; i++) {
        struct syc_record one = record_of(&pieces[i]);
        syc_audit_feed(a, &one);
    }
    assert_int_equal(syc_audit_finish(a, &r), SYC_OK);
    return r;
}

/*
 * An audit that reports now and then while records come, against a new one each time. Little memory: what a report took is
 * given back, so that the same records find room.
 */
static void
check_reports_between(size_t memory_octets, int64_t at_us, bool all_fit)
{
    static struct piece pieces[POPULATION * PARTS_MOST];
    const struct syc_audit_options options = {.at_us = at_us, .memory_octets = memory_octets};
    uint64_t dropped = 0, reports = 0;

    make_people();
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct syc_audit *a = syc_audit_new(&options);
        uint64_t state = seed;
        size_t n = cut_all(pieces, &state, seed % 2 == 0);
        for (size_t from = 0, to; from < n; from = to, reports++) {
            struct syc_audit *fresh = syc_audit_new(&options);
            const struct syc_audit_report *got, *want;
            to = from + random_bits(&state) % 100;
            to = to < n ? to : n;
            got = report_of(a, &pieces[from], to - from);
            want = report_of(fresh, pieces, to);
            assert_same_report(want, got);
            dropped += (uint64_t)got->dropped;
            syc_audit_free(fresh);
        }
        syc_audit_free(a);
    }
    assert_true(reports > 50);
    assert_true(all_fit ? dropped == 0 : dropped > 0);
}

static void
reports_between_records_are_those_of_new_audits(void **state)
{
    (void)state;
    check_reports_between(0, SYC_NONE, true);
    check_reports_between(0, SECONDS(40), true);
    check_reports_between(160 << 10, SYC_NONE, false);
}

/* ------------------------------------------------------------ parts that are missing */

static void
a_missing_part_is_told(void **state)
{
    struct syc_record parts[2];
    struct made cut[2];

    (void)state;
    audited_open(&people[0], 40000, 0);
    for (int i = 0; i < 6; i++) {
        made_exchange(&people[0], SECONDS(1 + i), 0, 100, 1);
    }
    parts[0] = part_of(&people[0], 1, 3);
    parts[1] = part_of(&people[0], 3, 3);
    for (size_t i = 0; i < 2; i++) {
        cut[i].r = parts[i];
        memcpy(cut[i].exchanges, parts[i].exchanges,
               parts[i].exchange_count * sizeof(*parts[i].exchanges));
    }
    assert_int_equal(audited(cut, 2)->pairs[0].degraded, 1U << SYC_DEGRADED_TRUNCATED_INPUT);
    assert_int_equal(audited(cut, 2)->connections, 1);
    assert_int_equal(audited(cut, 1)->pairs[0].degraded, 0); /* the rest may still come */
}

/* ------------------------------------------------------------ as of a moment */

/* Closed at 1 s and 9 s, and one that begins at 20 s: as of 5 s there are two, one of them unfinished. */
static void
what_is_stamped_later_is_not_told(void **state)
{
    const struct syc_audit_report *r;
    const double begins[] = {0, 2, 20};
    const double lasts[] = {1, 7, 1};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        audited_open(&people[i], (uint16_t)(40000 + 2 * i), begins[i]);
        audited_closed(&people[i], SYC_TOSERVER, lasts[i]);
        people[i].r.pkts[0] = people[i].r.pkts[1] = 5;
    }
    r = audited_at(5, people, 3);
    assert_int_equal(r->connections, 2);
    assert_int_equal(r->span_us, SECONDS(5));
    assert_int_equal(r->packets, 10);
    assert_int_equal(r->pairs[0].attempts, 2);
    assert_int_equal(r->pairs[0].established, 2);
    assert_int_equal(r->pairs[0].closes[SYC_CLOSE_CLIENT_FIRST], 1);
    assert_int_equal(r->pairs[0].closes[SYC_CLOSE_OPEN], 1);
    assert_int_equal(host_row(r, 0, HOST_CLIENT)->tw_entered, 1);
    assert_int_equal(host_row(r, 0, HOST_CLIENT)->tw_drains_at_us, SECONDS(61));
    /* 8.965 s: the client's FIN was seen, the server's was not */
    assert_int_equal(audited_at(8.965, people, 3)->pairs[0].closes[SYC_CLOSE_HALF_CLOSED_BY_CLIENT],
                     1);
    /* 2.01 s: the second SYN was seen, its answer was not */
    r = audited_at(2.01, people, 3);
    assert_int_equal(r->pairs[0].closes[SYC_CLOSE_NO_ANSWER], 1);
    assert_int_equal(r->pairs[0].established, 1);
    assert_int_equal(audited_at(1000, people, 3)->connections, 3);
}

static void
nothing_gives_an_empty_report(void **state)
{
    const struct syc_audit_report *r;

    (void)state;
    r = audited(people, 0);
    assert_int_equal(r->connections, 0);
    assert_int_equal(r->host_count, 0);
    assert_int_equal(r->pair_count, 0);
    assert_int_equal(r->finding_count, 0);
    assert_int_equal(r->vantage, SYC_VANTAGE_UNKNOWN);
}

/* 2.7: a leg of under a twentieth of the round trip is the tap's side. */
static void
the_legs_tell_where_the_tap_is(void **state)
{
    static const struct {
        int64_t to_server, to_client;
        enum syc_vantage vantage;
    } cases[] = {{20000, 1000, SYC_VANTAGE_CLIENT},
                 {20000, 1060, SYC_VANTAGE_BETWEEN},
                 {1000, 20000, SYC_VANTAGE_SERVER},
                 {10000, 10000, SYC_VANTAGE_BETWEEN},
                 {SYC_NONE, 20, SYC_VANTAGE_UNKNOWN}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        audited_open(&people[0], 40000, 0);
        people[0].r.syn_ack_dur_us = cases[i].to_server;
        people[0].r.ack_dur_us = cases[i].to_client;
        assert_int_equal(audited(people, 1)->vantage, cases[i].vantage);
    }
}

/* ------------------------------------------------------------ little memory */

/* What finds no room is counted; what found some is told. */
static void
records_without_room_are_counted(void **state)
{
    enum { OFFERED = 20000 };
    const struct syc_audit_options options = {.at_us = SYC_NONE, .memory_octets = 1 << 20};
    struct syc_audit *a = syc_audit_new(&options);
    const struct syc_audit_report *r;

    (void)state;
    assert_non_null(a);
    for (int i = 0; i < OFFERED; i++) {
        struct made m;
        audited_open(&m, (uint16_t)(1024 + i), (double)i / 1000);
        m.r.key.server[15] = (uint8_t)(i % 20);
        audited_closed(&m, SYC_TOSERVER, 0.1);
        syc_audit_feed(a, &m.r);
    }
    assert_int_equal(syc_audit_finish(a, &r), SYC_OK);
    assert_int_equal(r->dropped + r->connections, OFFERED);
    assert_true(r->dropped > 0);
    /* packed, 160 octets at most; besides, work for pairs, hosts and the largest pair: a third of the budget */
    assert_true(r->connections > (1 << 20) * 2 / 3 / 160);
    assert_int_equal(r->pair_count, 20);
    syc_audit_free(a);
}

/* Many pairs and one large one: as long as it is not full, no record was lost. */
static void
it_is_full_before_records_are_lost(void **state)
{
    const struct syc_audit_options options = {.at_us = SYC_NONE, .memory_octets = 4 << 20};
    struct syc_audit *a = syc_audit_new(&options);
    const struct syc_audit_report *r;
    int fed = 0;

    (void)state;
    assert_non_null(a);
    for (; !syc_audit_is_full(a); fed++) {
        struct made m;
        audited_open(&m, (uint16_t)(1024 + fed), (double)fed / 1000);
        m.r.key.server_port = (uint16_t)(fed % 2 == 0 ? 80 : fed / 16);
        syc_audit_feed(a, &m.r);
        assert_true(fed < 100000);
    }
    assert_int_equal(syc_audit_finish(a, &r), SYC_OK);
    assert_int_equal(r->dropped, 0);
    assert_int_equal(r->connections, fed);
    assert_true(fed >
                (4 << 20) / 2 / 1000); /* a pair's row and a record take less, so much is used */
    syc_audit_free(a);
}

/* A record larger than all the budget: it is lost, and so are its like, however little is used. */
static void
one_that_lost_records_is_full(void **state)
{
    const struct syc_audit_options options = {.at_us = SYC_NONE, .memory_octets = 4096};
    struct syc_audit *a = syc_audit_new(&options);
    struct made m;

    (void)state;
    assert_non_null(a);
    assert_false(syc_audit_is_full(a));
    audited_open(&m, 40000, 0);
    syc_audit_feed(a, &m.r);
    assert_true(syc_audit_is_full(a));
    syc_audit_free(a);
}

/* A pair of more connections than lives find room: TIME_WAIT and ports are of all of them, what is replayed is told. */
static void
a_large_pair_is_replayed_in_part(void **state)
{
    enum { MANY = 900 };
    const struct syc_audit_options options = {.at_us = SYC_NONE, .memory_octets = 1 << 20};
    struct syc_audit *a = syc_audit_new(&options);
    const struct syc_audit_report *r;

    (void)state;
    assert_non_null(a);
    for (int i = MANY; i > 0; i--) {
        struct made m;
        audited_open(&m, (uint16_t)(1024 + i), (double)i / 100);
        audited_closed(&m, SYC_TOSERVER, 0.1);
        syc_audit_feed(a, &m.r);
    }
    assert_int_equal(syc_audit_finish(a, &r), SYC_OK);
    assert_int_equal(r->dropped, 0);
    assert_int_equal(r->pairs[0].connections, MANY);
    assert_int_equal(r->pairs[0].closes[SYC_CLOSE_CLIENT_FIRST], MANY);
    assert_true(r->pairs[0].replayed > 100 && r->pairs[0].replayed < MANY);
    assert_int_equal(r->pairs[0].time_wait_peak, MANY);
    assert_int_equal(r->pairs[0].ports.occupied_peak, MANY);
    assert_int_equal(host_row(r, 0, HOST_CLIENT)->port_distinct, MANY);
    syc_audit_free(a);
}

/* Pairs of fewest connections have no row where rows are many; hosts count them all the same. */
static void
pairs_without_row_are_counted(void **state)
{
    enum { PAIRS = 2000 };
    const struct syc_audit_options options = {.at_us = SYC_NONE, .memory_octets = 2 << 20};
    struct syc_audit *a = syc_audit_new(&options);
    const struct syc_audit_report *r;

    (void)state;
    assert_non_null(a);
    for (int i = 0; i < PAIRS + 1; i++) {
        struct made m;
        audited_open(&m, (uint16_t)(1024 + i), (double)i / 1000);
        m.r.key.server_port = (uint16_t)(i < PAIRS ? i : PAIRS - 1);
        audited_closed(&m, SYC_TOSERVER, 0.1);
        syc_audit_feed(a, &m.r);
    }
    assert_int_equal(syc_audit_finish(a, &r), SYC_OK);
    assert_int_equal(r->dropped, 0);
    assert_true(r->pairs_left_out > 0);
    assert_int_equal(r->pairs_left_out + (int64_t)r->pair_count, PAIRS);
    assert_int_equal(r->pairs[r->pair_count - 1].connections, 2); /* the largest has one */
    assert_int_equal(host_row(r, 0, HOST_CLIENT)->tw_entered, PAIRS + 1);
    syc_audit_free(a);
}

/*
 * 6000 pairs of twenty SYNs that nobody answers: a warning each, of which 4096 are told. Of equal ones those of
 * the first pairs are, as the order says.
 */
static void
the_worst_findings_are_told(void **state)
{
    enum { PAIRS = 6000, TOLD = 4096, TRIES = 20 };
    const struct syc_audit_options options = {.at_us = SYC_NONE};
    struct syc_audit *a = syc_audit_new(&options);
    const struct syc_audit_report *r;

    (void)state;
    assert_non_null(a);
    for (int i = 0; i < PAIRS * TRIES; i++) {
        struct made m;
        made_unanswered(&m, 1, HOST_SERVER, (uint16_t)(i / TRIES), (uint16_t)(1024 + i % TRIES),
                        AUDITED_START + i % TRIES);
        syc_audit_feed(a, &m.r);
        if (i == 0) {
            m.r.start_us += SECONDS(5); /* long enough for an answer to come */
            syc_audit_feed(a, &m.r);
        }
    }
    assert_int_equal(syc_audit_finish(a, &r), SYC_OK);
    assert_int_equal(r->finding_count, TOLD);
    assert_int_equal(r->findings_left_out, PAIRS - TOLD);
    for (size_t i = 0; i < r->finding_count; i++) {
        assert_string_equal(r->findings[i].id, "syn.blackhole");
        assert_int_equal(r->findings[i].pair, i);
    }
    syc_audit_free(a);
}

/* Refuse allocation k, for each k: a status or counted loss, and with the memory back, everything. */
static void
a_refused_allocation_is_survived(void **state)
{
    const struct syc_audit_options options = {.at_us = SYC_NONE};
    bool whole = false;

    (void)state;
    make_people();
    for (uint64_t k = 1; !whole; k++) {
        const struct syc_audit_report *r = NULL;
        struct syc_audit *a;
        enum syc_status status = SYC_NO_MEMORY;
        fail_allocations(k, k);
        a = syc_audit_new(&options);
        for (size_t i = 0; a != NULL && i < 60; i++) {
            struct syc_record part = part_of(&people[i], 1, 2);
            syc_audit_feed(a, &part);
            part = part_of(&people[i], 2, 2);
            syc_audit_feed(a, &part);
        }
        status = a != NULL ? syc_audit_finish(a, &r) : SYC_NO_MEMORY;
        whole = allocations_seen() < k;
        fail_allocations(0, 0);
        assert_true(status == SYC_OK ? r != NULL : status == SYC_NO_MEMORY && r == NULL);
        if (whole) {
            assert_int_equal(status, SYC_OK);
            assert_int_equal(r->connections, 60);
            assert_int_equal(r->dropped, 0);
        } else if (a != NULL) {
            assert_int_equal(syc_audit_finish(a, &r), SYC_OK);
        }
        syc_audit_free(a);
        assert_true(k < 20000);
    }
}

/* ------------------------------------------------------------ packing */

/* Every number that is packed comes back, as do lists and times. */
static void
packing_loses_nothing(void **state)
{
    uint64_t seed = 9;
    struct syc_exchange exchanges[MADE_EXCHANGES];
    struct packed_note note = {{UINT32_MAX, 3}};

    (void)state;
    for (int i = 0; i < 2000; i++) {
        struct packed_note read;
        struct packed_lists lists;
        struct syc_record back;
        struct made m;
        const uint8_t *at;
        uint8_t *out;
        make_person(&m, &seed);
        for (size_t k = 0; k < syc_record_number_count; k++) {
            if (random_bits(&seed) % 4 == 0) {
                syc_record_set(&m.r, &syc_record_numbers[k],
                               (int64_t)(random_bits(&seed) >> (4 + random_bits(&seed) % 59)));
            }
        }
        m.r.exchanges = m.exchanges;
        out = malloc(audit_pack_room(&m.r));
        assert_non_null(out);
        assert_true(audit_pack(&m.r, &note, out) <= audit_pack_room(&m.r));
        back = m.r; /* what is not packed */
        back.dur_us = back.isn = 0;
        back.key = m.r.key;
        back.isn = m.r.isn;
        memset(back.time_wait, 0, sizeof(back.time_wait));
        at = audit_unpack(out, &back, &read, &lists);
        audit_unpack_lists(at, &lists, exchanges, NULL);
        assert_memory_equal(&back.client_known, &m.r.client_known,
                            syc_record_number_count * sizeof(int64_t));
        assert_int_equal(back.time_wait_count, m.r.time_wait_count);
        assert_int_equal(back.time_wait[0].enter_us,
                         m.r.time_wait_count > 0 ? m.r.time_wait[0].enter_us : 0);
        assert_int_equal(lists.exchanges, m.r.exchange_count);
        assert_memory_equal(exchanges, m.exchanges, lists.exchanges * sizeof(exchanges[0]));
        assert_memory_equal(&read, &note, sizeof(note));
        free(out);
    }
}

/* Any 64-bit numbers in a record: no fault (sanitizers watch), and an answer. */
static void
absurd_numbers_do_no_harm(void **state)
{
    const struct syc_audit_options options = {.at_us = SYC_NONE};
    struct syc_audit *a = syc_audit_new(&options);
    const struct syc_audit_report *r;
    uint64_t seed = 1;

    (void)state;
    assert_non_null(a);
    for (int i = 0; i < 3000; i++) {
        struct made m;
        make_person(&m, &seed);
        for (size_t k = 0; k < syc_record_number_count; k++) {
            if (random_bits(&seed) % 4 == 0) {
                syc_record_set(&m.r, &syc_record_numbers[k], (int64_t)random_bits(&seed));
            }
        }
        for (size_t k = 0; k < m.r.exchange_count; k++) {
            (&m.exchanges[k].offset_us)[random_bits(&seed) % 9] = (int64_t)random_bits(&seed);
        }
        for (size_t k = 0; k < SYC_SYN_TIMES_MAX; k++) {
            m.r.syn_times_us[k] = (int64_t)random_bits(&seed);
        }
        m.r.syn_time_count = (uint8_t)random_bits(&seed);
        m.r.time_wait[0].side = (int64_t)random_bits(&seed);
        m.r.time_wait[0].enter_us = (int64_t)random_bits(&seed);
        m.r.time_wait[0].restart_count = (int64_t)(random_bits(&seed) % 8) - 2;
        m.r.start_us = random_bits(&seed) % 2 ? (int64_t)random_bits(&seed) : m.r.start_us;
        m.r.part = SYC_NONE;
        m.r.exchanges = m.exchanges;
        syc_audit_feed(a, &m.r);
    }
    assert_int_equal(syc_audit_finish(a, &r), SYC_OK);
    assert_int_equal(r->connections + r->dropped, 3000);
    for (size_t i = 0; i < r->host_count; i++) {
        assert_true(r->hosts[i].tw_area_s - r->hosts[i].tw_area_s == 0);
    }
    syc_audit_free(a);
}

int
test_audit_report_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_gives_the_same_report),
        cmocka_unit_test(any_cut_into_parts_gives_the_same_report),
        cmocka_unit_test(any_order_gives_the_same_report_of_a_moment),
        cmocka_unit_test(records_that_come_twice_count_once),
        cmocka_unit_test(reports_between_records_are_those_of_new_audits),
        cmocka_unit_test(it_is_full_before_records_are_lost),
        cmocka_unit_test(one_that_lost_records_is_full),
        cmocka_unit_test(a_missing_part_is_told),
        cmocka_unit_test(what_is_stamped_later_is_not_told),
        cmocka_unit_test(nothing_gives_an_empty_report),
        cmocka_unit_test(the_legs_tell_where_the_tap_is),
        cmocka_unit_test(records_without_room_are_counted),
        cmocka_unit_test(a_large_pair_is_replayed_in_part),
        cmocka_unit_test(pairs_without_row_are_counted),
        cmocka_unit_test(the_worst_findings_are_told),
        cmocka_unit_test(a_refused_allocation_is_survived),
        cmocka_unit_test(packing_loses_nothing),
        cmocka_unit_test(absurd_numbers_do_no_harm),
    };
    int failed = cmocka_run_group_tests_name("audit: report", tests, NULL, NULL);

    audited_end();
    return failed;
}
