#include "tests/unit/rules/groups.h"

#include <stdio.h>
#include <string.h>

/* No two connections share a history, so the first counts one at a time; the second counts all of a source. */
static const char each_alone[] =
    "title: A\nname: a\nlogsource: {product: syncopate, category: connection}\n"
    "detection: {s: {dest_port|gt: 0}, condition: s}\n---\n"
    "title: B\nname: b\ncorrelation: {type: event_count, rules: [a], group-by: [flow.history], "
    "timespan: 1s, condition: {gte: 2}}\nsyncopate: {points: 80}\n---\n"
    "title: C\nname: c\ncorrelation: {type: event_count, rules: [a], group-by: [src_ip], "
    "timespan: 1h, condition: {gte: 2}}\nsyncopate: {points: 80}\n";

enum { CONNECTIONS = 2000 };

static void
feed(struct syc_correlate *c, int i)
{
    struct syc_record r;
    char history[64];

    syc_record_init(&r);
    snprintf(history, sizeof(history), "%0*d", i % 50 + 8, i);
    r.start_us = i * INT64_C(2000000);
    r.key.ip_v = 4;
    r.key.server_port = 80;
    r.flow_id = i;
    r.history = history;
    syc_correlate_feed(c, &r);
}

/* The budget holds some dozens of them: those that come later push out those before, and are themselves. */
static void
a_connection_that_waits_is_itself_when_others_make_room(void **state)
{
    struct syc_ruleset *set = new_set();
    struct syc_subject subject = {.ip_v = 4};
    struct syc_correlate_stats stats;
    struct syc_correlate *c;
    const struct syc_correlated *all;

    parse(set, "c.yml", each_alone);
    assert_int_equal(syc_ruleset_seal(set), SYC_OK);
    assert_int_equal(syc_correlate_new(&c, set, NULL, 16 << 10), SYC_OK);
    for (int i = 0; i < CONNECTIONS; i++) {
        feed(c, i);
    }
    syc_correlate_finish(c);
    syc_correlate_stats(c, &stats);
    assert_int_equal(stats.events, CONNECTIONS);
    assert_int_equal(stats.dropped + stats.watch.evicted + stats.watch.lost + stats.watch.late, 0);
    assert_null(syc_correlate_find(c, syc_ruleset_rule(set, 1), &subject));
    all = syc_correlate_find(c, syc_ruleset_rule(set, 2), &subject);
    assert_non_null(all);
    assert_int_equal(all->events, CONNECTIONS);
    syc_correlate_free(c);
    syc_ruleset_free(set);
}

/* ---- whose evidence a match is ---- */

/* One connection from 192.0.2.<source> to 198.51.100.1. */
static void
feed_visit(struct syc_correlate *c, int64_t second, uint8_t source, uint16_t port)
{
    struct syc_record r;

    syc_record_init(&r);
    r.start_us = second * SYC_US_PER_S;
    r.key = (struct syc_key){.client = {[10] = 0xff, 0xff, 192, 0, 2, source},
                             .server = {[10] = 0xff, 0xff, 198, 51, 100, 1},
                             .server_port = port,
                             .ip_v = 4};
    r.flow_id = second;
    syc_correlate_feed(c, &r);
}

/* What rule `name` saw of 192.0.2.<source>, or with a port other than 0 of that pair. */
static const struct syc_correlated *
seen_of(const struct syc_correlate *c, const struct syc_ruleset *set, const char *name,
        uint8_t source, uint16_t port)
{
    struct syc_subject subject = {.kind = port > 0 ? SYC_SUBJECT_PAIR : SYC_SUBJECT_SOURCE,
                                  .ip_v = 4,
                                  .source = {[10] = 0xff, 0xff, 192, 0, 2, source},
                                  .dest = {[10] = 0xff, 0xff, 198, 51, 100, 1},
                                  .dest_port = port};
    size_t i = 0;

    while (strcmp(syc_ruleset_rule(set, i)->name, name) != 0) {
        i++;
    }
    return syc_correlate_find(c, syc_ruleset_rule(set, i), &subject);
}

/* Four connections to one host within a minute, whoever makes them. */
static const char visited[] =
    "title: A\nname: a\nlogsource: {product: syncopate, category: connection}\n"
    "detection: {s: {dest_port|gt: 0}, condition: s}\n---\n"
    "title: V\nname: visited\ncorrelation: {type: event_count, rules: [a], group-by: [dest_ip], "
    "timespan: 1m, condition: {gte: 4}}\nsyncopate: {points: 80}\n";

static struct syc_correlate *
correlate_by(struct syc_ruleset *set, const char *text, size_t budget_octets)
{
    struct syc_correlate *c;

    parse(set, "c.yml", text);
    assert_int_equal(syc_ruleset_seal(set), SYC_OK);
    assert_int_equal(syc_correlate_new(&c, set, NULL, budget_octets), SYC_OK);
    assert_non_null(c);
    return c;
}

/* Others are in the window, too; what counts is what the source itself did in it. */
static void
a_pair_is_all_that_its_source_did_in_the_window(void **state)
{
    struct syc_ruleset *set = new_set();
    struct syc_correlate *c = correlate_by(set, visited, 1 << 20);

    (void)state;
    feed_visit(c, 0, 1, 80);
    feed_visit(c, 1, 2, 80);
    feed_visit(c, 2, 2, 443);
    feed_visit(c, 3, 1, 80);
    syc_correlate_finish(c);
    assert_int_equal(seen_of(c, set, "visited", 1, 0)->events, 2);
    assert_int_equal(seen_of(c, set, "visited", 2, 0)->events, 2);
    assert_non_null(seen_of(c, set, "visited", 1, 80));
    assert_int_equal(seen_of(c, set, "visited", 1, 80)->events, 2);
    assert_null(seen_of(c, set, "visited", 2, 80));
    assert_null(seen_of(c, set, "visited", 2, 443));
    syc_correlate_free(c);
    syc_ruleset_free(set);
}

/* The run was there before it: it is in one run all the same, and what was counted is what made that fire. */
static void
a_source_that_joins_a_run_is_in_one_run(void **state)
{
    struct syc_ruleset *set = new_set();
    struct syc_correlate *c = correlate_by(set, visited, 1 << 20);
    const struct syc_correlated *seen;

    (void)state;
    for (int i = 0; i < 4; i++) {
        feed_visit(c, i, 1, 80);
    }
    feed_visit(c, 5, 2, 80);
    feed_visit(c, 6, 2, 80);
    syc_correlate_finish(c);
    seen = seen_of(c, set, "visited", 2, 0);
    assert_non_null(seen);
    assert_int_equal(seen->events, 2);
    assert_int_equal(seen->runs.u.i, 1);
    assert_int_equal(seen->count.u.i, 4);
    assert_int_equal(seen->start_us, 5 * SYC_US_PER_S);
    assert_int_equal(seen->end_us, 6 * SYC_US_PER_S);
    syc_correlate_free(c);
    syc_ruleset_free(set);
}

/* "At most 2" is decided when the run is over: of two groups of a source, that of the older window may be told last. */
static void
the_window_of_what_was_seen_holds_all_runs(void **state)
{
    static const char few[] =
        "title: A\nname: a\nlogsource: {product: syncopate, category: connection}\n"
        "detection: {s: {dest_port|gt: 0}, condition: s}\n---\n"
        "title: F\nname: few\ncorrelation: {type: event_count, rules: [a], group-by: [src_ip, "
        "dest_port], timespan: 1m, condition: {lte: 2}}\nsyncopate: {points: 80}\n";
    struct syc_ruleset *set = new_set();
    struct syc_correlate *c = correlate_by(set, few, 1 << 20);

    (void)state;
    feed_visit(c, 10, 1, 443);
    feed_visit(c, 20, 1, 80);
    feed_visit(c, 30, 1, 443);
    feed_visit(c, 85, 1, 80); /* its run of 20 is over, the other is not */
    syc_correlate_finish(c);
    assert_int_equal(seen_of(c, set, "few", 1, 0)->start_us, 10 * SYC_US_PER_S);
    assert_int_equal(seen_of(c, set, "few", 1, 0)->end_us, 85 * SYC_US_PER_S);
    syc_correlate_free(c);
    syc_ruleset_free(set);
}

/* ---- in between ---- */

static void
what_began_before_is_told_in_between(void **state)
{
    struct syc_ruleset *set = new_set();
    struct syc_correlate *c = correlate_by(set, visited, 1 << 20);

    (void)state;
    syc_correlate_advance(NULL, 0);
    for (int i = 0; i < 4; i++) {
        feed_visit(c, 3 - i, 1, 80); /* in any order */
    }
    syc_correlate_advance(c, 3 * SYC_US_PER_S); /* the fourth waits */
    assert_null(seen_of(c, set, "visited", 1, 0));
    syc_correlate_advance(c, 4 * SYC_US_PER_S);
    assert_int_equal(seen_of(c, set, "visited", 1, 0)->events, 4);
    feed_visit(c, 2, 1, 80); /* late, and in the window */
    syc_correlate_advance(c, INT64_MAX);
    assert_int_equal(seen_of(c, set, "visited", 1, 0)->events, 5);
    syc_correlate_finish(c);
    assert_int_equal(seen_of(c, set, "visited", 1, 0)->runs.u.i, 1);
    syc_correlate_free(c);
    syc_ruleset_free(set);
}

/* Three parts a connection, with an advance after each: it is one event, when its last part has come. */
static void
parts_wait_for_their_last_in_between(void **state)
{
    struct syc_ruleset *set = new_set();
    struct syc_correlate *c = correlate_by(set, visited, 1 << 20);
    struct syc_correlate_stats stats;

    (void)state;
    for (int part = 1; part <= 3; part++) {
        for (int i = 0; i < 4; i++) {
            struct syc_record r;

            syc_record_init(&r);
            r.start_us = i * SYC_US_PER_S;
            r.key = (struct syc_key){.client = {[10] = 0xff, 0xff, 192, 0, 2, 1},
                                     .server = {[10] = 0xff, 0xff, 198, 51, 100, 1},
                                     .server_port = 80,
                                     .ip_v = 4};
            r.flow_id = 10 - i;
            r.part = part;
            r.final = part == 3;
            syc_correlate_feed(c, &r);
            syc_correlate_feed(c, &r); /* twice counts once */
        }
        syc_correlate_stats(c, &stats);
        assert_int_equal(stats.events, 0);
        syc_correlate_advance(c, 100 * SYC_US_PER_S);
    }
    syc_correlate_stats(c, &stats);
    assert_int_equal(stats.events, 4);
    assert_int_equal(stats.dropped, 0);
    assert_int_equal(seen_of(c, set, "visited", 1, 80)->events, 4);
    syc_correlate_finish(c);
    syc_correlate_stats(c, &stats);
    assert_int_equal(stats.events, 4);
    syc_correlate_free(c);
    syc_ruleset_free(set);
}

/* A source an hour and more, each of which fires: the silent ones give way, the last are there, nothing is lost. */
static void
silent_subjects_give_way_in_a_long_run(void **state)
{
    enum { SOURCES = 200 };
    struct syc_ruleset *set = new_set();
    struct syc_correlate *c = correlate_by(set, visited, 64 << 10);
    struct syc_correlate_stats stats;

    (void)state;
    for (int i = 0; i < SOURCES; i++) {
        for (int k = 0; k < 4; k++) {
            feed_visit(c, i * INT64_C(7200) + k, (uint8_t)(i + 1), 80);
        }
        syc_correlate_advance(c, (i * INT64_C(7200) + 60) * SYC_US_PER_S);
        assert_int_equal(seen_of(c, set, "visited", (uint8_t)(i + 1), 0)->events, 4);
        assert_int_equal(seen_of(c, set, "visited", (uint8_t)(i + 1), 80)->events, 4);
    }
    syc_correlate_finish(c);
    syc_correlate_stats(c, &stats);
    assert_int_equal(stats.dropped, 0);
    assert_true(stats.forgotten > SOURCES);
    assert_null(seen_of(c, set, "visited", 1, 0));
    syc_correlate_free(c);
    syc_ruleset_free(set);
}

/* Connections that never end, in parts: half of those that wait give way, and whole ones find room again. */
static void
parts_without_an_end_give_way_in_a_long_run(void **state)
{
    struct syc_ruleset *set = new_set();
    struct syc_correlate *c = correlate_by(set, visited, 64 << 10);
    struct syc_correlate_stats stats;

    (void)state;
    for (int i = 0; i < 500; i++) {
        struct syc_record r;

        syc_record_init(&r);
        r.start_us = i * SYC_US_PER_S;
        r.key.ip_v = 4;
        r.flow_id = i;
        r.part = 1;
        r.final = 0;
        syc_correlate_advance(c, i * SYC_US_PER_S);
        syc_correlate_feed(c, &r);
    }
    for (int i = 0; i < 4; i++) {
        feed_visit(c, 500 + i, 1, 80);
    }
    syc_correlate_advance(c, 600 * SYC_US_PER_S);
    assert_int_equal(seen_of(c, set, "visited", 1, 0)->events, 4);
    syc_correlate_stats(c, &stats);
    assert_true(stats.dropped > 400 && stats.dropped < 500);
    syc_correlate_free(c);
    syc_ruleset_free(set);
}

static struct syc_signatures *
signatures_calling_it(const char *label)
{
    struct syc_signatures *set = syc_signatures_new();
    struct syc_error err;
    char text[128];
    int n =
        snprintf(text, sizeof(text),
                 "classes = u\n[tcp:request]\nlabel = %s\nsig = 4:64:0:*:1000,0:mss::0\n", label);

    assert_int_equal(syc_signatures_parse(set, "s.fp", text, (size_t)n, false, &err), SYC_OK);
    return set;
}

/* After a reload of signatures alone a SYN has the label that they give it, in correlations as in facts. */
static void
other_signatures_are_asked_from_then_on(void **state)
{
    static const char text[] =
        "title: A\nname: a\nlogsource: {product: syncopate, category: connection}\n"
        "detection: {s: {syn.label: 's:u:After:'}, condition: s}\n---\n"
        "title: B\nname: b\ncorrelation: {type: event_count, rules: [a], group-by: [src_ip], "
        "timespan: 1h, condition: {gte: 2}}\nsyncopate: {points: 80}\n";
    struct syc_signatures *before = signatures_calling_it("s:u:Before:");
    struct syc_signatures *after = signatures_calling_it("s:u:After:");
    struct syc_ruleset *set = new_set();
    struct syc_subject subject = {.ip_v = 4};
    struct syc_correlate *c;
    struct syc_syn syn;
    const struct syc_correlated *seen;

    parse(set, "c.yml", text);
    assert_int_equal(syc_ruleset_seal(set), SYC_OK);
    assert_int_equal(syc_syn_from_raw("4:64+0:0:1460:1000,0:mss::0", false, &syn, NULL), SYC_OK);
    assert_int_equal(syc_correlate_new(&c, set, before, 1 << 20), SYC_OK);
    for (int i = 0; i < 5; i++) {
        struct syc_record r;

        if (i == 2) {
            syc_correlate_use(c, after);
        }
        syc_record_init(&r);
        r.start_us = i;
        r.key.ip_v = 4;
        r.flow_id = i;
        r.syn[0] = &syn;
        syc_correlate_feed(c, &r);
    }
    syc_correlate_finish(c);
    seen = syc_correlate_find(c, syc_ruleset_rule(set, 1), &subject);
    assert_non_null(seen);
    assert_int_equal(seen->events, 3);
    syc_correlate_free(c);
    syc_ruleset_free(set);
    syc_signatures_free(before);
    syc_signatures_free(after);
    syc_correlate_use(NULL, NULL);
}

/* What has no meaning there would be an intention that is lost in silence. */
static void
the_key_of_a_correlation_has_points_alone(void **state)
{
    static const struct {
        const char *key, *expected;
    } rows[] = {
        {"points: 70, group: g, kind: scan, hard: true", ""},
        {"group: g, ramp: {field: flow.turns, from: 1, to: 9, points: [60, 70]}", "4:1 R411"},
        {"points: 70, group: g, needs: {flow.turns: 3}", "4:1 R411"},
        {"points: 70, group: g, subject: fleet", "4:1 R411"},
        {"points: 70, group: g, subject: [source, pair]", "4:1 R411"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char text[512];

        snprintf(text, sizeof(text),
                 "title: B\nname: b\ncorrelation: {type: event_count, rules: [a], group-by: "
                 "[src_ip], timespan: 1h, condition: {gte: 2}}\nsyncopate: {%s}\n",
                 rows[i].key);
        expect_findings(text, rows[i].expected, rows[i].expected[0] == 0);
    }
}

int
test_correlate_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_that_waits_is_itself_when_others_make_room),
        cmocka_unit_test(a_pair_is_all_that_its_source_did_in_the_window),
        cmocka_unit_test(a_source_that_joins_a_run_is_in_one_run),
        cmocka_unit_test(the_window_of_what_was_seen_holds_all_runs),
        cmocka_unit_test(what_began_before_is_told_in_between),
        cmocka_unit_test(parts_wait_for_their_last_in_between),
        cmocka_unit_test(silent_subjects_give_way_in_a_long_run),
        cmocka_unit_test(parts_without_an_end_give_way_in_a_long_run),
        cmocka_unit_test(the_key_of_a_correlation_has_points_alone),
        cmocka_unit_test(other_signatures_are_asked_from_then_on),
    };

    return cmocka_run_group_tests_name("rules: correlate", tests, NULL, NULL);
}
