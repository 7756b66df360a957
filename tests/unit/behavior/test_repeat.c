/* A cadence is asked while records still come: each time it tells what a new one with the same records would. */

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/people.h"

#include <string.h>

enum { PEOPLE = 260, PIECES = PEOPLE * PARTS_MOST, BUDGET = 64 << 20 };

static struct made people[PEOPLE];
static struct piece pieces[PIECES];
static struct kept_all subjects[2], groups[2];

/*
 * Beside what make_people() gives: clients of both versions, few ports of each, so that one tuple is used again while it
 * is in TIME_WAIT; connections whose SYN was not seen; clients of one SYN, and a service that they flood.
 */
static void
make_crowd(uint64_t seed)
{
    make_people(people, PEOPLE, seed);
    for (uint16_t i = 0; i < PEOPLE; i++) {
        struct made *m = &people[i];
        m->r.key.client_port = (uint16_t)(30000 + random_bits(&seed) % 5);
        if (random_bits(&seed) % 4 == 0) {
            m->r.syn_count = m->r.handshake_seen = 0;
        }
        if (random_bits(&seed) % 3 == 0) {
            m->r.key.ip_v = 6;
        }
        if (i >= PEOPLE / 2) {
            int64_t start = (int64_t)(random_bits(&seed) % 400) * 10000;
            made_unanswered(m, 500 + (int)(random_bits(&seed) % (PEOPLE / 3)), 1, 443,
                            (uint16_t)(30000 + i), start);
        }
        m->r.isn = i;
        made_name(m);
    }
}

static void
ask_news(struct syc_cadence *c)
{
    static struct kept_all seen;

    seen.count = 0;
    assert_int_equal(ask_subjects(syc_cadence_news, c, keep_subject, &seen), SYC_OK);
}

static void
ask_all(struct syc_cadence *c, struct kept_all *of_sources, struct kept_all *of_groups)
{
    of_sources->count = of_groups->count = 0;
    assert_int_equal(finish_subjects(c, keep_subject, of_sources), SYC_OK);
    assert_int_equal(syc_cadence_groups(c, keep_subject, of_groups), SYC_OK);
}

static void
assert_same_once(struct syc_cadence *a, struct syc_cadence *b)
{
    struct syc_once x, y;

    syc_cadence_once(a, &x);
    syc_cadence_once(b, &y);
    assert_int_equal(x.count, y.count);
    assert_int_equal(x.distinct, y.distinct);
    assert_int_equal(x.prefix_count, y.prefix_count);
    for (size_t i = 0; i < x.prefix_count; i++) {
        assert_int_equal(x.prefixes[i].count, y.prefixes[i].count);
    }
}

/* Asked at random times in both ways; in the end, beside a cadence that is asked but once. */
static void
check_repeat(uint64_t seed, bool mixed)
{
    struct syc_cadence *often = syc_cadence_new(NULL, BUDGET);
    struct syc_cadence *once = syc_cadence_new(NULL, BUDGET);
    size_t n;

    assert_true(often != NULL && once != NULL);
    make_crowd(seed);
    n = cut_all(pieces, PEOPLE, &seed, true);
    if (mixed) {
        shuffle(pieces, n, &seed);
    }
    for (size_t i = 0; i < n; i++) {
        feed_piece(often, people, &pieces[i]);
        feed_piece(once, people, &pieces[i]);
        if (random_bits(&seed) % 64 == 0) {
            ask_all(often, &subjects[0], &groups[0]);
        } else if (random_bits(&seed) % 16 == 0) {
            ask_news(often);
        }
    }
    ask_all(often, &subjects[0], &groups[0]);
    ask_all(once, &subjects[1], &groups[1]);
    assert_same_subjects(&subjects[0], &subjects[1]);
    assert_same_subjects(&groups[0], &groups[1]);
    assert_same_once(often, once);
    assert_true(subjects[0].count > 40 && groups[0].count > 0);
    syc_cadence_free(often);
    syc_cadence_free(once);
}

static void
asking_in_between_changes_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        check_repeat(seed, false);
        check_repeat(seed + 1000, true);
    }
}

/* A connection that its client closes a second after it began: in TIME_WAIT for 60 s from 1.001 s on (RFC 9293, 2MSL). */
static void
feed_closed(struct syc_cadence *c, int client, int64_t start_us)
{
    struct made m;

    made_open(&m, client, 1, 443, 30000, start_us);
    made_close(&m, SECONDS(1));
    syc_cadence_feed(c, &m.r);
}

static void
assert_time_waits(struct syc_cadence *c, double of_client, double of_service)
{
    ask_all(c, &subjects[0], &groups[0]);
    assert_near(real_of(find_kept(&subjects[0], SYC_SUBJECT_SOURCE, 1, 0, 0), "time_wait.area_s"),
                of_client, 1e-9);
    assert_int_equal(groups[0].list[0].subject.kind, SYC_SUBJECT_DESTINATION);
    assert_near(real_of(&groups[0].list[0], "time_wait.area_s"), of_service, 1e-9);
}

/*
 * The next SYN of a tuple ends its TIME_WAIT, another client's does not; whichever is the next in the end. Client 1 comes at
 * 0 and 31.001 s, waits 30 s and 60 s. Then it turns out that it was there from 11.001 s on as well, its SYN not seen, and
 * last that it came at 6.001 s.
 */
static void
a_time_wait_is_ended_by_the_syn_that_is_the_next_in_the_end(void **state)
{
    struct syc_cadence *c = syc_cadence_new(NULL, BUDGET);
    struct made m;

    (void)state;
    assert_non_null(c);
    for (int i = 0; i < 100; i++) {
        made_unanswered(&m, 500 + i, 1, 443, 30000, SECONDS(2));
        syc_cadence_feed(c, &m.r);
    }
    feed_closed(c, 2, SECONDS(5));
    feed_closed(c, 1, SECONDS(31.001));
    feed_closed(c, 1, 0);
    assert_time_waits(c, 30 + 60, 30 + 60 + 60);
    assert_time_waits(c, 30 + 60, 30 + 60 + 60);
    made_open(&m, 1, 1, 443, 30000, SECONDS(11.001));
    made_close(&m, SECONDS(1));
    m.r.syn_count = m.r.handshake_seen = 0; /* no SYN: the other one is not the next any more */
    syc_cadence_feed(c, &m.r);
    assert_time_waits(c, 60 + 18.999 + 60, 60 + 60 + 18.999 + 60);
    feed_closed(c, 1, SECONDS(6.001));
    assert_time_waits(c, 5 + 60 + 18.999 + 60, 5 + 60 + 60 + 18.999 + 60);
    syc_cadence_free(c);
}

int
test_repeat_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_wait_is_ended_by_the_syn_that_is_the_next_in_the_end),
        cmocka_unit_test(asking_in_between_changes_nothing),
    };

    return cmocka_run_group_tests_name("repeat", tests, NULL, NULL);
}
