/* The promise of the waist: the multiset of records decides, not their order nor how they were cut. */

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/people.h"

enum { POPULATION = 300 };

static struct made people[POPULATION];
static struct kept_all expected, got;

static void
make_expected(void)
{
    make_people(people, POPULATION, 77);
    keep_records(people, POPULATION, &expected);
}

static void
check_order(uint64_t seed, bool cut)
{
    static struct piece pieces[POPULATION * PARTS_MOST];
    struct syc_cadence *c = syc_cadence_new(NULL, 64 << 20);
    size_t n = cut_all(pieces, POPULATION, &seed, cut);

    assert_non_null(c);
    shuffle(pieces, n, &seed);
    for (size_t i = 0; i < n; i++) {
        feed_piece(c, people, &pieces[i]);
    }
    got.count = 0;
    assert_int_equal(finish_subjects(c, keep_subject, &got), SYC_OK);
    syc_cadence_free(c);
    assert_same_subjects(&expected, &got);
}

static void
any_order_gives_the_same_bits(void **state)
{
    (void)state;
    make_expected();
    assert_true(expected.count > 20);
    for (uint64_t seed = 1; seed <= 30; seed++) {
        check_order(seed, false);
    }
}

static void
any_cut_into_parts_gives_the_same_bits(void **state)
{
    (void)state;
    make_expected();
    for (uint64_t seed = 1; seed <= 30; seed++) {
        check_order(1000 + seed, true);
    }
}

/* On one tuple, begun in one microsecond. Few flow ids are made, and whether one is known already must not matter. */
static void
what_only_flow_ids_tell_apart_stands_in_their_order(void **state)
{
    enum { N = 6 };

    for (unsigned known = 0; known < 1U << N; known++) {
        struct syc_cadence *c = syc_cadence_new(NULL, 1 << 20);

        assert_non_null(c);
        for (unsigned i = 0; i < N; i++) {
            struct made *m = &people[(i + known) % N];
            made_unanswered(m, 1, 1, 80, 40000, SECONDS(5));
            m->r.isn = 7919 * ((i + known) % N);
            made_name(m);
            m->r.flow_id = (known >> i & 1) != 0 ? m->r.flow_id : SYC_NONE;
            assert_int_equal(syc_record_id(&m->r),
                             syc_record_flow_id(&m->r.key, m->r.isn, m->r.start_us));
            syc_cadence_feed(c, &m->r);
        }
        got.count = 0;
        assert_int_equal(finish_subjects(c, keep_subject, &got), SYC_OK);
        syc_cadence_free(c);
        assert_int_equal(got.list[0].subject.flow_id_count, N);
        for (size_t i = 0; i < N; i++) {
            bool there = false;
            for (size_t k = 0; k < N; k++) {
                there = there || syc_record_id(&people[k].r) == got.list[0].subject.flow_ids[i];
            }
            assert_true(there);
            assert_true(i == 0 ||
                        got.list[0].subject.flow_ids[i - 1] < got.list[0].subject.flow_ids[i]);
        }
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
        cmocka_unit_test(what_only_flow_ids_tell_apart_stands_in_their_order),
        cmocka_unit_test(an_unfinished_connection_is_told_as_far_as_it_is_known),
        cmocka_unit_test(a_missing_part_is_flagged),
        cmocka_unit_test(absurd_numbers_do_no_harm),
        cmocka_unit_test(parts_wait_for_the_first_in_any_order),
    };

    return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
