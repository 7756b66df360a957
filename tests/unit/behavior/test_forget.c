/* A run without end within one budget: what ended longest ago goes, and the rest is told as if it were all there ever was. */

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/people.h"

#include <string.h>

enum { MOST = 4000, BUDGET = 512 << 10 };

static struct made people[MOST];
static bool kept[MOST];
static struct kept_all subjects[2], groups[2];

/* They end one second after the other, in their order; clients of both versions, some of one SYN only. */
static void
make_crowd(uint64_t seed)
{
    make_people(people, MOST, seed);
    for (uint16_t i = 0; i < MOST; i++) {
        struct made *m = &people[i];
        if (random_bits(&seed) % 3 == 0) {
            made_unanswered(m, 500 + i % 1500, 1, 443, (uint16_t)(30000 + i), 0);
        }
        m->r.key.ip_v = random_bits(&seed) % 3 == 0 ? 6 : 4;
        m->r.start_us = (int64_t)i * 1000000 - m->r.dur_us;
        m->r.isn = i;
        made_name(m);
    }
}

static void
feed(struct syc_cadence *c, uint16_t person, uint8_t parts)
{
    for (uint8_t k = 1; k <= parts; k++) {
        feed_piece(c, people, &(struct piece){person, k, parts});
    }
}

static void
ask(struct syc_cadence *c, int which)
{
    subjects[which].count = groups[which].count = 0;
    assert_int_equal(finish_subjects(c, keep_subject, &subjects[which]), SYC_OK);
    assert_int_equal(syc_cadence_groups(c, keep_subject, &groups[which]), SYC_OK);
}

static size_t
octets_of(const struct syc_cadence *c)
{
    struct syc_cadence_stats stats;

    syc_cadence_stats(c, &stats);
    assert_int_equal(stats.records_dropped, 0);
    assert_int_equal(stats.sources_evicted, 0);
    assert_true(stats.octets <= stats.octets_limit);
    return stats.octets;
}

/* The `gone` that ended first go, of all that are fed. */
static void
forget_first(uint16_t fed, uint64_t gone)
{
    for (uint16_t i = 0; i < fed && gone > 0; i++) {
        gone -= kept[i];
        kept[i] = false;
    }
    assert_int_equal(gone, 0);
}

static void
check_equal(struct syc_cadence *c, uint16_t fed, const uint8_t *parts)
{
    struct syc_cadence *fresh = syc_cadence_new(NULL, BUDGET);
    size_t mine, its;

    assert_non_null(fresh);
    for (uint16_t i = 0; i < fed; i++) {
        if (kept[i]) {
            feed(fresh, i, parts[i]);
        }
    }
    mine = octets_of(c);
    its = octets_of(fresh);
    assert_in_range(mine, its - 40000, its + 100000);
    ask(c, 0);
    ask(fresh, 1);
    assert_same_subjects(&subjects[0], &subjects[1]);
    assert_same_subjects(&groups[0], &groups[1]);
    syc_cadence_free(fresh);
}

static void
check_forgetting(uint64_t seed)
{
    static uint8_t parts[MOST];
    struct syc_cadence *c = syc_cadence_new(NULL, BUDGET);
    int times = 0;

    assert_non_null(c);
    make_crowd(seed);
    for (uint16_t i = 0; i < MOST; i++) {
        uint64_t gone;
        parts[i] = people[i].r.exchange_count > 0 ? (uint8_t)(1 + random_bits(&seed) % 3) : 1;
        feed(c, i, parts[i]);
        kept[i] = true;
        gone = syc_cadence_make_room(c);
        forget_first((uint16_t)(i + 1), gone);
        assert_true(octets_of(c) <= BUDGET / 4 * 3);
        if (gone > 0) {
            times++;
            assert_in_range(octets_of(c), BUDGET / 3, BUDGET / 16 * 9);
            check_equal(c, (uint16_t)(i + 1), parts);
        }
    }
    assert_true(times > 5);
    check_equal(c, MOST, parts);
    syc_cadence_free(c);
}

static void
what_is_kept_is_told_as_if_it_were_all(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        check_forgetting(seed);
    }
}

/* Connections in parts whose last part never comes fill no budget for good: later records are taken in. */
static void
what_never_ends_is_forgotten_last_of_all(void **state)
{
    struct syc_cadence *c = syc_cadence_new(NULL, BUDGET);
    struct made m;

    (void)state;
    assert_non_null(c);
    for (int i = 0; i < 20000; i++) {
        made_open(&m, i % 50, 1, 80, (uint16_t)i, SECONDS(i));
        made_exchange(&m, SECONDS(0.1), 0, 100, 1);
        m.r.part = 1 + i % 2;
        m.r.final = 0;
        syc_cadence_feed(c, &m.r);
        (void)syc_cadence_make_room(c);
        (void)octets_of(c);
    }
    ask(c, 0);
    assert_true(subjects[0].count > 0);
    syc_cadence_free(c);
}

/* Without memory for a smaller table the larger one stays; nothing else asks for any. */
static void
forgetting_needs_no_memory(void **state)
{
    struct syc_cadence *c = syc_cadence_new(NULL, BUDGET);
    static uint8_t parts[MOST];
    uint64_t gone = 0;

    (void)state;
    assert_non_null(c);
    make_crowd(9);
    for (uint16_t i = 0; i < MOST; i++) {
        parts[i] = 1;
        kept[i] = true;
        feed(c, i, 1);
        fail_allocations(1, UINT64_MAX);
        gone = syc_cadence_make_room(c);
        fail_allocations(0, 0);
        forget_first((uint16_t)(i + 1), gone);
    }
    check_equal(c, MOST, parts);
    syc_cadence_free(c);
}

int
test_forget_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_is_told_as_if_it_were_all),
        cmocka_unit_test(what_never_ends_is_forgotten_last_of_all),
        cmocka_unit_test(forgetting_needs_no_memory),
    };

    return cmocka_run_group_tests_name("forget", tests, NULL, NULL);
}
