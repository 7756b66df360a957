/* Who is visited again, and what is kept of a visit: for verdicts that are told while records still come. */

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/support.h"

#include <string.h>

enum { VISITS = 64 };

/* The last octet of each source in turn, whether it was news, and what was noted of it. */
struct visits {
    int client[VISITS];
    bool news[VISITS];
    unsigned noted[VISITS];
    unsigned note; /* made in each visit, and one more in the next */
    int count;
};

static void
keep_visit(void *user, struct syc_visit *v)
{
    struct visits *all = user;

    assert_true(all->count < VISITS);
    all->client[all->count] = syc_visit_source(v)->source[15];
    all->news[all->count] = syc_visit_is_news(v);
    all->noted[all->count] = syc_visit_noted(v);
    all->count++;
    if (all->note > 0) {
        syc_visit_note(v, all->note++);
    }
}

static struct visits
news_of(struct syc_cadence *c)
{
    struct visits all = {.count = 0};

    assert_int_equal(syc_cadence_news(c, keep_visit, &all), SYC_OK);
    return all;
}

static struct visits
finish_of(struct syc_cadence *c)
{
    struct visits all = {.count = 0};

    assert_int_equal(syc_cadence_finish(c, keep_visit, &all), SYC_OK);
    return all;
}

static void
feed_open(struct syc_cadence *c, int client, int64_t start_us)
{
    struct made m;

    made_open(&m, client, 1, 80, (uint16_t)(30000 + start_us % 10000), start_us);
    made_exchange(&m, 10000, 0, 100, 1);
    syc_cadence_feed(c, &m.r);
}

static void
only_sources_with_new_records_are_visited_again(void **state)
{
    struct syc_cadence *c = syc_cadence_new(NULL, 1 << 20);
    struct visits all;

    (void)state;
    assert_non_null(c);
    assert_int_equal(news_of(c).count, 0);
    for (int client = 9; client >= 1; client--) {
        feed_open(c, client, client);
    }
    all = news_of(c);
    assert_int_equal(all.count, 9);
    for (int i = 0; i < 9; i++) {
        assert_int_equal(all.client[i], i + 1);
        assert_true(all.news[i]);
    }
    assert_int_equal(news_of(c).count, 0);
    feed_open(c, 7, 100);
    feed_open(c, 3, 100);
    feed_open(c, 7, 101);
    all = news_of(c);
    assert_int_equal(all.count, 2);
    assert_int_equal(all.client[0], 3);
    assert_int_equal(all.client[1], 7);
    assert_int_equal(news_of(c).count, 0);
    syc_cadence_free(c);
}

/* A visit of all says who had news, and takes it from them. */
static void
a_visit_of_all_tells_who_has_news(void **state)
{
    struct syc_cadence *c = syc_cadence_new(NULL, 1 << 20);
    struct visits all;

    (void)state;
    assert_non_null(c);
    for (int client = 1; client <= 3; client++) {
        feed_open(c, client, client);
    }
    all = finish_of(c);
    assert_int_equal(all.count, 3);
    assert_true(all.news[0] && all.news[1] && all.news[2]);
    assert_int_equal(news_of(c).count, 0);
    feed_open(c, 2, 50);
    all = finish_of(c);
    assert_int_equal(all.count, 3);
    assert_true(!all.news[0] && all.news[1] && !all.news[2]);
    all = finish_of(c);
    assert_true(!all.news[0] && !all.news[1] && !all.news[2]);
    syc_cadence_free(c);
}

/* Notes 13, 14 and 15 of clients 1, 2 and 3; others come, so that all that grows has grown. */
static void
a_note_is_kept_with_its_source(void **state)
{
    struct syc_cadence *c = syc_cadence_new(NULL, 4 << 20);
    struct visits all = {.note = 13};
    struct made m;

    (void)state;
    assert_non_null(c);
    for (int client = 1; client <= 3; client++) {
        feed_open(c, client, client);
    }
    assert_int_equal(syc_cadence_news(c, keep_visit, &all), SYC_OK);
    assert_true(all.noted[0] == 0 && all.noted[1] == 0 && all.noted[2] == 0);
    for (int i = 0; i < 4000; i++) {
        made_unanswered(&m, 256 + i, 1, 80, 40000, SECONDS(1) + i);
        syc_cadence_feed(c, &m.r);
        feed_open(c, 60, SECONDS(2) + i);
    }
    feed_open(c, 2, SECONDS(9));
    all = finish_of(c);
    assert_int_equal(all.count, 4);
    assert_true(all.noted[0] == 13 && all.noted[1] == 14 && all.noted[2] == 15);
    assert_int_equal(all.noted[3], 0);
    assert_true(!all.news[0] && all.news[1] && !all.news[2] && all.news[3]);
    syc_cadence_free(c);
}

/* The whole row of each source visited, beside the one a visit of all gives. */
static void
keep_source(void *user, struct syc_visit *v)
{
    keep_subject(user, syc_visit_source(v));
}

static void
news_are_told_as_in_a_visit_of_all(void **state)
{
    static struct kept_all news, all;
    struct syc_cadence *c = syc_cadence_new(NULL, 1 << 20);

    (void)state;
    assert_non_null(c);
    for (int i = 0; i < 120; i++) {
        feed_open(c, 1 + i % 4, SECONDS(i * 3));
    }
    assert_int_equal(news_of(c).count, 4);
    for (int i = 120; i < 160; i++) {
        feed_open(c, 3, SECONDS(i * 3));
    }
    news.count = all.count = 0;
    assert_int_equal(syc_cadence_news(c, keep_source, &news), SYC_OK);
    assert_int_equal(syc_cadence_finish(c, keep_source, &all), SYC_OK);
    assert_int_equal(news.count, 1);
    assert_int_equal(all.count, 4);
    assert_int_equal(news.list[0].subject.conn_count, 70);
    for (size_t f = 0; f < syc_source_schema.count; f++) {
        assert_memory_equal(&news.list[0].values[f], &all.list[2].values[f],
                            sizeof(all.list[2].values[f]));
    }
    syc_cadence_free(c);
}

/* One SYN is nobody's news; the second makes a source of it. */
static void
a_single_is_news_once_it_is_a_source(void **state)
{
    struct syc_cadence *c = syc_cadence_new(NULL, 1 << 20);
    struct made m;

    (void)state;
    assert_non_null(c);
    made_unanswered(&m, 5, 1, 80, 40000, SECONDS(1));
    syc_cadence_feed(c, &m.r);
    assert_int_equal(news_of(c).count, 0);
    made_unanswered(&m, 5, 1, 80, 40001, SECONDS(2));
    syc_cadence_feed(c, &m.r);
    assert_int_equal(news_of(c).count, 1);
    assert_int_equal(news_of(c).count, 0);
    syc_cadence_free(c);
}

static void
feed_part(struct syc_cadence *c, int client, int64_t part, int64_t of)
{
    struct made m;

    made_open(&m, client, 1, 80, 20000, 0);
    made_exchange(&m, SECONDS(part * 2), 0, 100, 1);
    m.r.flow_id = 4711;
    m.r.part = part;
    m.r.final = part == of;
    syc_cadence_feed(c, &m.r);
}

/*
 * A part is news, the one that completes too, one that was there is not. Another sensor may give one connection's parts
 * different clients: the mark is the first one's, the bursts the other's.
 */
static void
a_part_is_news_of_its_connection(void **state)
{
    struct syc_cadence *c = syc_cadence_new(NULL, 1 << 20);
    struct visits all;

    (void)state;
    assert_non_null(c);
    feed_part(c, 1, 1, 4);
    assert_int_equal(news_of(c).count, 1);
    feed_part(c, 1, 1, 4);
    assert_int_equal(news_of(c).count, 0);
    feed_part(c, 1, 3, 4);
    assert_int_equal(news_of(c).count, 1);
    feed_part(c, 2, 2, 4);
    all = news_of(c);
    assert_int_equal(all.count, 2);
    assert_true(all.client[0] == 1 && all.client[1] == 2);
    feed_part(c, 1, 4, 4);
    assert_int_equal(news_of(c).count, 1);
    feed_part(c, 1, 4, 4);
    assert_int_equal(news_of(c).count, 0);
    syc_cadence_free(c);
}

/* What found no room is news as well: the facts say so from now on. */
static void
a_record_that_is_dropped_is_news(void **state)
{
    struct syc_cadence *c = syc_cadence_new(NULL, 128 << 10);
    struct syc_cadence_stats stats = {.records_dropped = 0};

    (void)state;
    assert_non_null(c);
    for (int i = 0; i < 4000; i++) {
        feed_open(c, 1, SECONDS(i));
    }
    assert_int_equal(news_of(c).count, 1);
    assert_int_equal(news_of(c).count, 0);
    feed_open(c, 1, SECONDS(5000));
    feed_open(c, 2, SECONDS(5000)); /* never known */
    syc_cadence_stats(c, &stats);
    assert_true(stats.records_dropped > 2);
    assert_int_equal(news_of(c).count, 1);
    syc_cadence_free(c);
}

/* Nobody is visited, or everybody: news that could not be told is there the next time. */
static void
news_survive_a_failed_allocation(void **state)
{
    struct syc_cadence *c = syc_cadence_new(NULL, 1 << 20);
    struct visits all;
    uint64_t asked;

    (void)state;
    assert_non_null(c);
    feed_part(c, 1, 1, 3);
    feed_part(c, 1, 3, 3);
    feed_open(c, 2, SECONDS(1));
    for (uint64_t k = 1;; k++) {
        all = (struct visits){.count = 0};
        fail_allocations(k, k);
        enum syc_status status = syc_cadence_news(c, keep_visit, &all);
        asked = allocations_seen();
        fail_allocations(0, 0);
        assert_int_equal(all.count, status == SYC_OK ? 2 : 0);
        if (status == SYC_OK) {
            break;
        }
        assert_int_equal(status, SYC_NO_MEMORY);
    }
    assert_true(asked > 8);
    assert_int_equal(news_of(c).count, 0);
    syc_cadence_free(c);
}

int
test_news_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_sources_with_new_records_are_visited_again),
        cmocka_unit_test(a_visit_of_all_tells_who_has_news),
        cmocka_unit_test(a_note_is_kept_with_its_source),
        cmocka_unit_test(news_are_told_as_in_a_visit_of_all),
        cmocka_unit_test(a_single_is_news_once_it_is_a_source),
        cmocka_unit_test(a_part_is_news_of_its_connection),
        cmocka_unit_test(a_record_that_is_dropped_is_news),
        cmocka_unit_test(news_survive_a_failed_allocation),
    };

    return cmocka_run_group_tests_name("news", tests, NULL, NULL);
}
