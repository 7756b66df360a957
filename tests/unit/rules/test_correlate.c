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
        cmocka_unit_test(the_key_of_a_correlation_has_points_alone),
        cmocka_unit_test(other_signatures_are_asked_from_then_on),
    };

    return cmocka_run_group_tests_name("rules: correlate", tests, NULL, NULL);
}
