#include "tests/unit/engine/craft.h"
#include "tests/unit/engine/groups.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/*
 * A live run, told by a capture: it has the same clock whether frames come from an interface or from a file. Expectations
 * are what the spec of events says of a live run, and the verdicts of the same frames read as a file.
 */

#define S INT64_C(1000000)

enum { LINES_MAX = 4000 };

/* Host 1 like a clock, every 10 s for half an hour; host 2 three times at its begin. */
static void
clock_and_early_one(struct craft *c)
{
    craft_begin(c);
    craft_talk(c, 1 * S, 2, 1, 50001);
    craft_talk(c, 2 * S, 2, 1, 50002);
    craft_talk(c, 9 * S, 2, 1, 50003);
    for (uint16_t i = 1; i <= 180; i++) {
        craft_talk(c, i * 10 * S, 1, 1, (uint16_t)(40000 + i));
    }
}

/* One line of the output as far as these tests ask. */
struct told {
    json_t *event;
    const char *type, *label, *source;
    bool final;
};

static struct told
read_line(const char *line)
{
    json_error_t err;
    struct told t = {.event = json_loads(line, JSON_REJECT_DUPLICATES, &err)};
    const json_t *v;

    if (t.event == NULL) {
        fail_msg("%s: %.200s", err.text, line);
    }
    v = json_object_get(t.event, "verdict");
    t.type = json_string_value(json_object_get(t.event, "event_type"));
    t.label = json_string_value(json_object_get(v, "label"));
    t.source = json_string_value(json_object_get(t.event, "src_ip"));
    t.final = json_is_true(json_object_get(v, "final"));
    return t;
}

/* A run over the capture as if it were live; its output in lines. */
struct live_run {
    char *text, *lines[LINES_MAX];
    size_t count;
    struct syc_run_stats stats;
};

static void
run_live(struct live_run *r, const struct craft *c, struct syc_engine_config config,
         unsigned events)
{
    struct craft_run run;
    char path[CRAFT_PATH];

    craft_save(c, path);
    config.live = true;
    craft_run_begin(&run, &config, events);
    assert_int_equal(craft_run_file(&run, path), SYC_OK);
    syc_engine_stats(run.engine, &r->stats);
    r->text = craft_run_end(&run);
    r->count = craft_lines(r->text, r->lines, LINES_MAX);
    craft_remove(path);
}

/* Verdicts of a source, final or not, with this label or (NULL) any. */
static size_t
count_told(const struct live_run *r, const char *source, const char *label, bool final)
{
    size_t n = 0;

    for (size_t i = 0; i < r->count; i++) {
        struct told t = read_line(r->lines[i]);
        n += strcmp(t.type, "verdict") == 0 && strcmp(t.source, source) == 0 && t.final == final &&
             (label == NULL || strcmp(t.label, label) == 0);
        json_decref(t.event);
    }
    return n;
}

/* ------------------------------------------------------------ when it is told */

static void
a_label_that_changes_is_told_before_the_interval_is_over(void **unused)
{
    static struct craft c;
    static struct live_run r;

    (void)unused;
    clock_and_early_one(&c);
    run_live(&r, &c, (struct syc_engine_config){.interval_ns = 100000 * SYC_NS_PER_S},
             SYC_EVENT_VERDICT);
    /* Once on its way, and for good at the end; who is too little to go on is no change from nothing. */
    assert_int_equal(count_told(&r, "192.0.2.1", "automation", false), 1);
    assert_int_equal(count_told(&r, "192.0.2.1", NULL, false), 1);
    assert_int_equal(count_told(&r, "192.0.2.1", "automation", true), 1);
    assert_int_equal(count_told(&r, "192.0.2.2", NULL, false), 0);
    assert_int_equal(count_told(&r, "192.0.2.2", "insufficient-evidence", true), 1);
    craft_free(r.text);
}

static void
each_interval_tells_those_of_whom_there_is_news(void **unused)
{
    static struct craft c;
    static struct live_run r;
    size_t told;

    (void)unused;
    clock_and_early_one(&c);
    run_live(&r, &c, (struct syc_engine_config){.interval_ns = 300 * SYC_NS_PER_S},
             SYC_EVENT_VERDICT);
    /* 1,800 s: five intervals end within them, and the change of label may come between two. */
    told = count_told(&r, "192.0.2.1", NULL, false);
    assert_in_range(told, 5, 6);
    assert_int_equal(count_told(&r, "192.0.2.2", NULL, false), 1);
    assert_int_equal(count_told(&r, "192.0.2.1", NULL, true), 1);
    assert_int_equal(count_told(&r, "192.0.2.2", NULL, true), 1);
    craft_free(r.text);
}

static void
without_an_interval_nothing_is_told_before_the_end(void **unused)
{
    static struct craft c;
    static struct live_run r;

    (void)unused;
    clock_and_early_one(&c);
    run_live(&r, &c, (struct syc_engine_config){0}, SYC_EVENT_VERDICT | SYC_EVENT_STATS);
    assert_int_equal(r.count, 3);
    craft_free(r.text);
}

static void
a_clock_that_runs_back_keeps_nothing_waiting(void **unused)
{
    static struct craft c;
    static struct live_run r;

    (void)unused;
    craft_begin(&c);
    for (uint16_t i = 1; i <= 60; i++) {
        craft_talk(&c, 100000 * S + i * 10 * S, 1, 1, (uint16_t)(40000 + i));
    }
    for (uint16_t i = 1; i <= 60; i++) {
        craft_talk(&c, i * 10 * S, 3, 1, (uint16_t)(40000 + i));
    }
    run_live(&r, &c, (struct syc_engine_config){.interval_ns = 300 * SYC_NS_PER_S},
             SYC_EVENT_STATS | SYC_EVENT_VERDICT);
    assert_true(count_told(&r, "192.0.2.1", NULL, false) >= 1);
    assert_int_equal(count_told(&r, "192.0.2.3", NULL, true), 1);
    craft_free(r.text);
}

/* ------------------------------------------------------------ what is told */

static char *
as_of_a_file(const struct craft *c)
{
    char path[CRAFT_PATH];
    char *text;

    craft_save(c, path);
    text = craft_analyze(path, SYC_EVENT_VERDICT | SYC_EVENT_SOURCE);
    craft_remove(path);
    return text;
}

/* However often it was judged before: the same octets. */
static void
the_last_verdicts_are_those_of_a_file(void **unused)
{
    static struct craft c;
    static struct live_run r;
    char *want, *lines[LINES_MAX];
    size_t count;

    (void)unused;
    clock_and_early_one(&c);
    want = as_of_a_file(&c);
    count = craft_lines(want, lines, LINES_MAX);
    run_live(&r, &c, (struct syc_engine_config){.interval_ns = 60 * SYC_NS_PER_S},
             SYC_EVENT_VERDICT | SYC_EVENT_SOURCE);
    assert_true(r.count > 2 * count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(r.lines[r.count - count + i], lines[i]);
    }
    craft_free(want);
    craft_free(r.text);
}

static void
stats_come_at_their_own_interval_and_add_up(void **unused)
{
    static struct craft c;
    static struct live_run r;
    json_int_t before = 0;

    (void)unused;
    clock_and_early_one(&c);
    craft_udp(&c, 1801 * S);
    run_live(&r, &c, (struct syc_engine_config){.stats_interval_ns = 600 * SYC_NS_PER_S},
             SYC_EVENT_STATS);
    assert_in_range(r.count, 3, 4);
    for (size_t i = 0; i < r.count; i++) {
        struct told t = read_line(r.lines[i]);
        const json_t *stats = json_object_get(t.event, "stats");
        json_int_t packets =
            json_integer_value(json_object_get(json_object_get(stats, "capture"), "packets"));
        json_int_t sum = 0;
        const char *key;
        json_t *value;

        json_object_foreach(json_object_get(stats, "decode"), key, value)
        {
            sum += json_integer_value(value);
        }
        assert_true(packets > before);
        assert_int_equal(packets, sum);
        before = packets;
        json_decref(t.event);
    }
    assert_int_equal(before, 183 * CRAFT_TALK_SEGMENTS + 1);
    craft_free(r.text);
}

/* ------------------------------------------------------------ a table for people */

struct seen {
    size_t rows, tables;
};

static void
count_row(void *user, const struct syc_table_row *row)
{
    struct seen *s = user;

    (void)row;
    s->rows++;
}

static void
end_table(void *user)
{
    struct seen *s = user;

    assert_int_equal(s->rows, 2); /* both sources, also the one of whom there is no news */
    s->rows = 0;
    s->tables++;
}

static void
a_table_is_whole_at_each_interval(void **unused)
{
    static struct craft c;
    static struct live_run r;
    struct seen seen = {0};

    (void)unused;
    clock_and_early_one(&c);
    run_live(&r, &c,
             (struct syc_engine_config){.interval_ns = 300 * SYC_NS_PER_S,
                                        .row = count_row,
                                        .told = end_table,
                                        .user = &seen},
             0);
    assert_int_equal(seen.tables, 5);
    assert_int_equal(seen.rows, 2); /* the last one is the caller's to end */
    craft_free(r.text);
}

/* ------------------------------------------------------------ memory */

/* Three quarters of behavior's half of 640 KiB hold some 1,500 connections: of 2,400 the first ones make room for the last. */
static void
what_ended_long_ago_makes_room(void **unused)
{
    static struct craft c;
    static struct live_run r;

    (void)unused;
    craft_begin(&c);
    c.request = 1;
    for (uint16_t i = 0; i < 2400; i++) {
        craft_talk(&c, i * 10 * S, (uint8_t)(10 + i / 100), 1, (uint16_t)(20000 + i));
    }
    run_live(&r, &c,
             (struct syc_engine_config){.interval_ns = 60 * SYC_NS_PER_S,
                                        .memory_octets = 640 << 10},
             SYC_EVENT_VERDICT);
    assert_int_equal(r.stats.cadence.records_dropped, 0);
    assert_true(r.stats.forgotten > 500);
    assert_int_equal(count_told(&r, "192.0.2.10", "automation", false) > 0, 1);
    assert_int_equal(count_told(&r, "192.0.2.10", NULL, true), 0); /* forgotten */
    assert_int_equal(count_told(&r, "192.0.2.33", "automation", true), 1);
    craft_free(r.text);
}

int
test_live_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_label_that_changes_is_told_before_the_interval_is_over),
        cmocka_unit_test(each_interval_tells_those_of_whom_there_is_news),
        cmocka_unit_test(without_an_interval_nothing_is_told_before_the_end),
        cmocka_unit_test(a_clock_that_runs_back_keeps_nothing_waiting),
        cmocka_unit_test(the_last_verdicts_are_those_of_a_file),
        cmocka_unit_test(stats_come_at_their_own_interval_and_add_up),
        cmocka_unit_test(a_table_is_whole_at_each_interval),
        cmocka_unit_test(what_ended_long_ago_makes_room),
    };

    return cmocka_run_group_tests_name("live", tests, NULL, NULL);
}
