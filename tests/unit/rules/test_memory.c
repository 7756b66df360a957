#include "tests/unit/failing.h"
#include "tests/unit/rules/groups.h"

#include <stdlib.h>
#include <string.h>

/* Every kind of thing that is kept: lists, related, patterns, networks, names, the key, findings with hints. */
static const char good[] = "title: T\nid: 6f6a2c1e-58a3-4f0e-9b1f-0d2f6f7a1c01\ndescription: what\n"
                           "related: [{id: x, type: derived}]\nreferences: [a, b]\n"
                           "logsource: {product: syncopate, category: source}\n"
                           "detection:\n"
                           "    s: {syn.label|contains: [linux, bsd], src_ip|cidr: 10.0.0.0/8}\n"
                           "    t: [{iat.n: 1}, {iat.cv|lt: 0.5, iat.n|fieldref: heavy.n}]\n"
                           "    condition: s and not t\n"
                           "syncopate:\n"
                           "    ramp: {field: iat.cv, from: 0, to: 1, points: [60, 90]}\n"
                           "    needs: {iat.n: 10 beats}\n    kind: beacon\n    filter: tcp\n";
static const char faulty[] =
    "title: U\nlogsource: {product: syncopate, category: source}\nstatsu: x\n"
    "detection: {s: {iat.cvv: 1}, condition: s}\n";

/* One whole load; false when memory was short somewhere, and said so. */
static bool
load_all(const struct syc_schema *const *schemas)
{
    struct syc_ruleset *set = syc_ruleset_new(schemas, 1);
    const struct syc_rule_problem *p;
    bool whole = false;

    if (!set) {
        return false;
    }
    enum syc_status a = syc_ruleset_parse(set, "dir/good.yml", good, strlen(good));
    enum syc_status b = syc_ruleset_parse(set, "dir/faulty.yml", faulty, strlen(faulty));
    enum syc_status c = syc_ruleset_seal(set);

    assert_true(a == SYC_OK || a == SYC_NO_MEMORY);
    assert_true(b == SYC_OK || b == SYC_NO_MEMORY);
    assert_true(c == SYC_OK || c == SYC_NO_MEMORY);
    whole = a == SYC_OK && b == SYC_OK && c == SYC_OK;
    /* What loaded is whole, and nothing faulty ever loads. */
    assert_true(syc_ruleset_loaded(set) <= 1);
    for (size_t i = 0; i < syc_ruleset_loaded(set); i++) {
        assert_string_equal(syc_ruleset_rule(set, i)->name, "good");
        assert_non_null(syc_ruleset_rule(set, i)->extra);
    }
    if (whole) {
        assert_int_equal(syc_ruleset_loaded(set), 1);
        assert_int_equal(syc_ruleset_refused(set), 1);
        assert_int_equal(syc_ruleset_problems(set, &p), 3);
    }
    syc_ruleset_free(set);
    return whole;
}

static void
every_failed_allocation_is_survived_and_told(void **state)
{
    static const struct syc_schema *const schemas[] = {&source_schema};
    bool whole = false;
    unsigned k = 0;

    while (!whole) {
        k++;
        assert_true(k < 10000);
        fail_at = k;
        whole = load_all(schemas);
        if (fail_at == 0) {
            assert_false(whole); /* a failure took place: it must not pass for success */
        }
        fail_at = 0;
    }
    assert_true(k > 5); /* the loop has met failures at all */
}

/* A rule over connections, and a correlation of each way to count. */
static const char correlated[] =
    "title: A\nname: a\nlogsource: {product: syncopate, category: connection}\n"
    "detection: {s: {dest_port|gt: 0}, condition: s}\n---\n"
    "title: B\nname: b\ncorrelation: {type: value_count, rules: [a], group-by: [src_ip], "
    "timespan: 1m, condition: {field: dest_port, gte: 3}}\nsyncopate: {points: 80}\n---\n"
    "title: C\nname: c\ncorrelation: {type: temporal_ordered, rules: [a, b], group-by: [src_ip], "
    "timespan: 1m}\nsyncopate: {points: 70}\n---\n"
    "title: D\nname: d\ncorrelation: {type: event_count, rules: [a], group-by: [flow.history], "
    "timespan: 1m, condition: {gte: 3, lte: 4}}\n";

/* Twenty connections, the second half in parts; answers how many pieces of evidence they come to. */
static size_t
correlate(const struct syc_ruleset *set, struct syc_correlate_stats *stats)
{
    static struct syc_verdict verdict;
    struct syc_value row[TEST_FIELDS] = {0};
    struct syc_subject subject = {.ip_v = 4, .values = row};
    struct syc_correlate *c;

    if (syc_correlate_new(&c, set, NULL, 1 << 20) != SYC_OK) {
        return 0;
    }
    for (int i = 0; i < 20; i++) {
        struct syc_record r;

        syc_record_init(&r);
        r.start_us = i;
        r.key.ip_v = 4;
        r.key.server_port = (uint16_t)(i + 1);
        r.part = i < 10 ? SYC_NONE : i % 2 + 1;
        r.flow_id = i < 10 ? i : 100 + i / 2;
        r.history = "S";
        syc_correlate_feed(c, &r);
        if (i % 4 == 3) {
            syc_correlate_advance(c, i);
        }
    }
    syc_correlate_finish(c);
    syc_judge(set, c, &subject, 0, &verdict);
    syc_correlate_stats(c, stats);
    syc_correlate_free(c);
    return verdict.evidence_count;
}

static void
a_correlation_without_memory_loses_what_it_counts(void **state)
{
    static const struct syc_schema *const schemas[] = {&source_schema};
    struct syc_ruleset *set = syc_ruleset_new(schemas, 1);
    struct syc_correlate_stats stats = {0};

    parse(set, "c.yml", correlated);
    assert_int_equal(syc_ruleset_seal(set), SYC_OK);
    assert_int_equal(syc_ruleset_loaded(set), 4);
    assert_int_equal(correlate(set, &stats), 2);
    assert_int_equal(stats.events, 15); /* ten whole ones and five of two parts */
    assert_int_equal(stats.dropped + stats.watch.lost, 0);
    for (unsigned k = 1; k < 10000; k++) {
        size_t evidence;

        memset(&stats, 0, sizeof(stats));
        fail_at = k;
        evidence = correlate(set, &stats);
        if (fail_at > 0) {
            assert_int_equal(evidence, 2);
            assert_true(k > 30); /* it has met failures at all */
            break;
        }
        /* Either nothing was lost after all (a table that could not grow), or it is told. */
        assert_true(evidence == 2 || stats.events == 0 || stats.dropped + stats.watch.lost > 0);
    }
    fail_at = 0;
    syc_ruleset_free(set);
}

static void
judging_allocates_nothing(void **state)
{
    struct syc_ruleset *set = new_set();
    struct syc_value row[TEST_FIELDS] = {0};
    struct syc_subject subject = {.values = row};
    static struct syc_verdict verdict;

    parse(set, "good.yml", good);
    assert_int_equal(syc_ruleset_seal(set), SYC_OK);
    put(&source_schema, row, "iat.n", int_value(20));
    put(&source_schema, row, "iat.cv", real_value(0.1));
    put(&source_schema, row, "syn.label", text_value("Linux 5.x"));
    put(&source_schema, row, "src_ip", addr_value("10.1.2.3"));
    fail_at = 1;
    syc_judge(set, NULL, &subject, 0, &verdict);
    assert_int_equal(fail_at, 1);
    fail_at = 0;
    assert_int_equal(verdict.evidence_count, 1);
    syc_ruleset_free(set);
}

int
test_memory_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_failed_allocation_is_survived_and_told),
        cmocka_unit_test(a_correlation_without_memory_loses_what_it_counts),
        cmocka_unit_test(judging_allocates_nothing),
    };

    return cmocka_run_group_tests_name("rules: memory", tests, NULL, NULL);
}
