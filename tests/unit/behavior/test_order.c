/* The promise of the waist: the multiset of records decides, not their order nor how they were cut. */

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/support.h"

#include <stdio.h>
#include <string.h>

enum { POPULATION = 300, PARTS_MOST = 5 };

static struct made people[POPULATION];
static struct syc_syn syns[5];
static struct kept_all expected, got;

/* ------------------------------------------------------------ a population */

static void
make_syns(void)
{
    for (size_t i = 0; i < 5; i++) {
        memset(&syns[i], 0, sizeof(syns[i]));
        syns[i].ttl = (uint8_t)(50 + 20 * i);
        syns[i].ttl_initial = syns[i].ttl > 64 ? 128 : 64;
        snprintf(syns[i].tcpfp, sizeof(syns[i].tcpfp), "print-%zu", i / 2);
        snprintf(syns[i].p0f, sizeof(syns[i].p0f), "raw-%zu", i);
    }
}

/* Coarse times, so that many are equal. */
static void
make_person(struct made *m, uint64_t *seed, uint16_t number)
{
    int64_t start = (int64_t)(random_bits(seed) % 600) * 250000;
    int client = 1 + (int)(random_bits(seed) % 4);
    int server = 1 + (int)(random_bits(seed) % 3);
    uint16_t port = random_bits(seed) % 2 ? 443 : 80;
    size_t exchanges = random_bits(seed) % (MADE_EXCHANGES - 2);
    int64_t at = 2000;

    if (random_bits(seed) % 8 == 0) {
        made_unanswered(m, client, server, port, (uint16_t)(30000 + number / 2), start);
    } else {
        made_open(m, client, server, port, (uint16_t)(30000 + number / 2), start);
        for (size_t i = 0; i < exchanges; i++) {
            made_exchange(m, at, (int64_t)(random_bits(seed) % 3) * 600000,
                          100 + (int64_t)(random_bits(seed) % 900),
                          1 + (int64_t)(random_bits(seed) % 12));
            m->exchanges[i].first_flight_octets = random_bits(seed) % 2 ? 1400 : 240;
            at = m->r.dur_us + (int64_t)(random_bits(seed) % 20) * 200000;
        }
        if (random_bits(seed) % 2) {
            made_close(m, at);
        }
        m->r.protocol = port == 443 ? SYC_PROTOCOL_TLS : SYC_PROTOCOL_HTTP1;
        m->r.setup_turns = port == 443 && exchanges > 0;
        m->r.setup_bytes = m->r.setup_turns ? m->exchanges[0].client_octets : 0;
        m->r.setup_pkts = m->r.setup_turns ? m->exchanges[0].client_packets : 0;
        m->r.requests = port == 443 ? SYC_NONE : (int64_t)exchanges;
    }
    m->r.syn[SYC_TOSERVER] = &syns[random_bits(seed) % 5];
    made_name(m);
}

static void
make_people(void)
{
    uint64_t seed = 77;

    make_syns();
    for (uint16_t i = 0; i < POPULATION; i++) {
        make_person(&people[i], &seed, i);
    }
    keep_records(people, POPULATION, &expected);
}

/* ------------------------------------------------------------ cutting into parts */

/*
 * Part `number` of `of`, by spec/record.md: lists are slices; single times stand in every part, last-times and state are the
 * final part's, counters add up. The set-up is counted where its burst, the first, is.
 */
static struct syc_record
part_of(const struct made *m, int64_t number, int64_t of)
{
    struct syc_record r = m->r;
    size_t from = m->r.exchange_count * (size_t)(number - 1) / (size_t)of;
    size_t to = m->r.exchange_count * (size_t)number / (size_t)of;

    for (size_t i = 0; i < syc_record_number_count; i++) {
        const struct syc_record_number *row = &syc_record_numbers[i];
        bool mine = row->join == SYC_JOIN_LAST    ? number == of
                    : row->join == SYC_JOIN_FIRST ? true
                                                  : number == 1;
        int64_t other = row->join == SYC_JOIN_ADD ? 0 : SYC_NONE;
        if (!mine && syc_record_get(&r, row) != SYC_NONE) {
            syc_record_set(&r, row, other);
        }
    }
    r.setup_turns = from == 0 && to > 0 ? m->r.setup_turns : 0;
    r.setup_bytes = from == 0 && to > 0 ? m->r.setup_bytes : 0;
    r.setup_pkts = from == 0 && to > 0 ? m->r.setup_pkts : 0;
    r.part = number;
    r.final = number == of;
    r.exchanges = m->exchanges + from;
    r.exchange_count = to - from;
    r.time_wait_count = number == of ? r.time_wait_count : 0;
    r.syn[SYC_TOSERVER] = number == 1 ? r.syn[SYC_TOSERVER] : NULL;
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
    return n;
}

static void
shuffle(struct piece *pieces, size_t n, uint64_t *seed)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = random_bits(seed) % i;
        struct piece held = pieces[i - 1];
        pieces[i - 1] = pieces[j];
        pieces[j] = held;
    }
}

static void
feed_piece(struct syc_cadence *c, const struct piece *p)
{
    struct syc_record r = people[p->person].r;

    if (p->of > 1) {
        r = part_of(&people[p->person], p->number, p->of);
    }
    syc_cadence_feed(c, &r);
}

/* ------------------------------------------------------------ comparing */

static void
assert_same_value(const char *name, const struct syc_value *a, const struct syc_value *b)
{
    bool same = a->type == b->type;

    if (same && a->type == SYC_TEXT) {
        same = strcmp(a->u.text, b->u.text) == 0;
    } else if (same) {
        same = memcmp(&a->u, &b->u, sizeof(a->u)) == 0; /* bit for bit, reals too */
    }
    if (!same) {
        fail_msg("%s differs", name);
    }
}

static void
assert_same(const struct kept_all *a, const struct kept_all *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        struct syc_subject x = a->list[i].subject;
        struct syc_subject y = b->list[i].subject;
        x.values = y.values = NULL;
        assert_memory_equal(&x, &y, sizeof(x));
        for (size_t f = 0; f < syc_source_schema.count; f++) {
            assert_same_value(syc_source_schema.fields[f].name, &a->list[i].values[f],
                              &b->list[i].values[f]);
        }
    }
}

static void
check_order(uint64_t seed, bool cut)
{
    static struct piece pieces[POPULATION * PARTS_MOST];
    struct syc_cadence *c = syc_cadence_new(NULL, 64 << 20);
    size_t n = cut_all(pieces, &seed, cut);

    assert_non_null(c);
    shuffle(pieces, n, &seed);
    for (size_t i = 0; i < n; i++) {
        feed_piece(c, &pieces[i]);
    }
    got.count = 0;
    assert_int_equal(finish_subjects(c, keep_subject, &got), SYC_OK);
    syc_cadence_free(c);
    assert_same(&expected, &got);
}

static void
any_order_gives_the_same_bits(void **state)
{
    (void)state;
    make_people();
    assert_true(expected.count > 20);
    for (uint64_t seed = 1; seed <= 30; seed++) {
        check_order(seed, false);
    }
}

static void
any_cut_into_parts_gives_the_same_bits(void **state)
{
    (void)state;
    make_people();
    for (uint64_t seed = 1; seed <= 30; seed++) {
        check_order(1000 + seed, true);
    }
}

/* Parts that come twice are passed over; asking twice gives the same; the last part completes what was told without it. */
static void
an_unfinished_connection_is_told_as_far_as_it_is_known(void **state)
{
    struct syc_cadence *c = syc_cadence_new(NULL, 1 << 20);
    struct made *m = &people[0];
    struct syc_record part;

    (void)state;
    assert_non_null(c);
    made_open(m, 1, 1, 80, 40000, 0);
    for (int i = 0; i < 9; i++) {
        made_exchange(m, SECONDS(0.01 + 10 * i), 0, 100, 1);
    }
    for (int64_t number = 1; number <= 2; number++) {
        part = part_of(m, number, 3);
        syc_cadence_feed(c, &part);
        syc_cadence_feed(c, &part);
    }
    for (int turn = 0; turn < 2; turn++) {
        got.count = 0;
        assert_int_equal(finish_subjects(c, keep_subject, &got), SYC_OK);
        assert_int_equal(got.count, 1);
        assert_int_equal(got.list[0].subject.conn_count, 1);
        assert_int_equal(int_of(&got.list[0], "episode.n"), 5);
        assert_int_equal(got.list[0].subject.degraded, 0);
    }
    part = part_of(m, 3, 3);
    syc_cadence_feed(c, &part);
    got.count = 0;
    assert_int_equal(finish_subjects(c, keep_subject, &got), SYC_OK);
    assert_int_equal(int_of(&got.list[0], "episode.n"), 8);
    syc_cadence_free(c);
}

static void
a_missing_part_is_flagged(void **state)
{
    struct syc_cadence *c = syc_cadence_new(NULL, 1 << 20);
    struct made *m = &people[0];
    struct syc_record part;

    (void)state;
    assert_non_null(c);
    made_open(m, 1, 1, 80, 40000, 0);
    for (int i = 0; i < 9; i++) {
        made_exchange(m, SECONDS(0.01 + 10 * i), 0, 100, 1);
    }
    part = part_of(m, 3, 3);
    syc_cadence_feed(c, &part);
    part = part_of(m, 1, 3);
    syc_cadence_feed(c, &part);
    got.count = 0;
    assert_int_equal(finish_subjects(c, keep_subject, &got), SYC_OK);
    assert_int_equal(got.list[0].subject.degraded, 1U << SYC_DEGRADED_TRUNCATED_INPUT);
    assert_int_equal(got.list[0].subject.conn_count, 1);
    syc_cadence_free(c);
}

/* Any 64-bit numbers in a record: no fault (sanitizers watch), finite facts. */
static void
absurd_numbers_do_no_harm(void **state)
{
    struct syc_cadence *c = syc_cadence_new(NULL, 8 << 20);
    uint64_t seed = 1;

    (void)state;
    assert_non_null(c);
    for (int i = 0; i < 3000; i++) {
        struct made *m = &people[0];
        make_person(m, &seed, (uint16_t)i);
        for (size_t k = 0; k < syc_record_number_count; k++) {
            if (random_bits(&seed) % 4 == 0) {
                syc_record_set(&m->r, &syc_record_numbers[k], (int64_t)random_bits(&seed));
            }
        }
        for (size_t k = 0; k < m->r.exchange_count; k++) {
            int64_t *cells = &m->exchanges[k].offset_us;
            cells[random_bits(&seed) % 10] = (int64_t)random_bits(&seed);
        }
        for (size_t k = 0; k < SYC_SYN_TIMES_MAX; k++) {
            m->r.syn_times_us[k] = (int64_t)random_bits(&seed);
        }
        m->r.syn_time_count = (uint8_t)random_bits(&seed);
        m->r.time_wait[0].enter_us = (int64_t)random_bits(&seed);
        m->r.time_wait[0].restart_count = (int64_t)random_bits(&seed);
        m->r.start_us = random_bits(&seed) % 2 ? (int64_t)random_bits(&seed) : m->r.start_us;
        m->r.part = SYC_NONE;
        syc_cadence_feed(c, &m->r);
    }
    got.count = 0;
    assert_int_equal(finish_subjects(c, keep_subject, &got), SYC_OK);
    assert_true(got.count > 4);
    for (size_t i = 0; i < got.count; i++) {
        for (size_t f = 0; f < syc_source_schema.count; f++) {
            const struct syc_value *v = &got.list[i].values[f];
            assert_true(v->type != SYC_REAL || v->u.f - v->u.f == 0);
        }
    }
    syc_cadence_free(c);
}

/* ------------------------------------------------------------ many parts */

enum { MANY = 40000 };

/* The number of the part that comes as the i-th: the first is the last to come, so that all others wait for it. */
static int64_t
arrival(int order, int64_t i)
{
    int64_t turn = order == 0 ? i : order == 1 ? MANY - 2 - i : i * 7919 % (MANY - 1);

    return i == MANY - 1 ? 1 : turn + 2;
}

/*
 * A long list of those that wait, walked for each part, took 12 s of 20,000 parts in any order; this would be minutes. The
 * numbers of each add up to more than 64 bits hold.
 */
static void
parts_wait_for_the_first_in_any_order(void **state)
{
    struct made *m = &people[0];

    (void)state;
    for (int order = 0; order < 3; order++) {
        struct syc_cadence *c = syc_cadence_new(NULL, 256 << 20);

        assert_non_null(c);
        for (int64_t i = 0; i < MANY; i++) {
            int64_t part = arrival(order, i);
            made_open(m, 1, 1, 80, 40000, 0);
            made_exchange(m, SECONDS(part * 2), 0, 100, 1);
            m->r.part = part;
            m->r.final = part == MANY;
            m->r.payload[0] = m->r.cut_answered = m->r.retrans_syn[0] = INT64_MAX;
            syc_cadence_feed(c, &m->r);
            syc_cadence_feed(c, &m->r);
        }
        got.count = 0;
        assert_int_equal(finish_subjects(c, keep_subject, &got), SYC_OK);
        assert_int_equal(got.list[0].subject.conn_count, 1);
        assert_int_equal(got.list[0].subject.degraded, 0);
        assert_int_equal(int_of(&got.list[0], "conn.turns"), UINT32_MAX - 1); /* held */
        assert_int_equal(int_of(&got.list[0], "episode.n"), MANY); /* the SYN, too, begins one */
        syc_cadence_free(c);
    }
}

int
test_order_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_gives_the_same_bits),
        cmocka_unit_test(any_cut_into_parts_gives_the_same_bits),
        cmocka_unit_test(an_unfinished_connection_is_told_as_far_as_it_is_known),
        cmocka_unit_test(a_missing_part_is_flagged),
        cmocka_unit_test(absurd_numbers_do_no_harm),
        cmocka_unit_test(parts_wait_for_the_first_in_any_order),
    };

    return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
