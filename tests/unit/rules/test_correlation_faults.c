/* Correlations that do not load, and why. */

#include "tests/unit/rules/groups.h"

#include <stdio.h>
#include <string.h>

#define BASE                                                                                       \
    "title: A\nname: a\nlogsource: {product: p, category: thing}\ndetection: {s: {count: 1}, "     \
    "condition: s}\n---\n"
#define C(rest)     BASE "title: T\nname: c\ncorrelation: {" rest "}\n"
/* Of a rule falsepositives must be a list; of a correlation Sigma's schema lets them be one text. */
#define ALONE(rest) C(rest) "falsepositives: rare ones\n"

static void
each_fault_of_a_correlation_has_its_code_and_place(void **state)
{
    static const struct {
        const char *text, *expected;
        size_t loaded;
    } rows[] = {
        {ALONE(
             "type: event_count, rules: [a], group-by: [name], timespan: 1m, condition: {gte: 2}"),
         "", 2},
        {C("type: event_cuont, rules: [a], group-by: [name], timespan: 1m, condition: {gte: 2}"),
         "8:21 R501", 1},
        {C("type: value_sum, rules: [a], group-by: [name], timespan: 1m, condition: {field: count, "
           "gte: 2}"),
         "8:21 R501", 1},
        {C("type: event_count, rules: [], group-by: [name], timespan: 1m, condition: {gte: 2}"),
         "8:41 R502", 1},
        {C("type: event_count, rules: [a, a], group-by: [name], timespan: 1m, condition: {gte: 2}"),
         "8:45 R502", 1},
        {C("type: event_count, rules: [b], group-by: [name], timespan: 1m, condition: {gte: 2}"),
         "8:42 R503", 1},
        {C("type: event_count, rules: [c], group-by: [name], timespan: 1m, condition: {gte: 2}"),
         "8:42 R504", 1},
        {C("type: event_count, rules: [a], group-by: [name], timespan: 90, condition: {gte: 2}"),
         "8:74 R505", 1},
        {C("type: event_count, rules: [a], group-by: [name], timespan: 1m"), "8:14 R506", 1},
        {C("type: event_count, rules: [a], group-by: [name], timespan: 1m, condition: {gte: "
           "200000}"),
         "8:95 R507", 1},
        {C("type: event_count, rules: [a], group-by: [name], timespan: 1m, condition: {gt: 5, lt: "
           "6}"),
         "8:89 R508", 1},
        {C("type: temporal, rules: [a], group-by: [name], timespan: 1m, condition: {gte: 2}"),
         "8:86 R508", 1},
        {C("type: value_count, rules: [a], group-by: [name], timespan: 1m, condition: {gte: 2}"),
         "8:89 R506", 1},
        {C("type: event_count, rules: [a], group-by: [h], timespan: 1m, condition: {gte: 2}, "
           "aliases: "
           "{h: {b: name}}"),
         "8:110 R509\n8:57 R509", 1},
        {C("type: event_count, rules: [a], group-by: [nmae], timespan: 1m, condition: {gte: 2}"),
         "8:57 R102", 1},
        {C("type: event_count, rules: [a], group-by: [tags], timespan: 1m, condition: {gte: 2}"),
         "8:57 R512", 1},
        {C("type: event_count, rules: [a], group-by: [name], timespan: 1m, condition: {gte: 2}, "
           "window: "
           "1"),
         "8:99 R510", 1},
        {C("type: event_count, rules: [a], group-by: [name], timespan: 1m, condition: {gte: 2}"),
         "", 2},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct syc_sigma *set = load_things(rows[i].text);
        const struct syc_rule_problem *p;
        size_t n = syc_sigma_problems(set, &p), used = 0;
        char got[512] = "";

        for (size_t k = 0; k < n; k++) {
            used += (size_t)snprintf(got + used, sizeof(got) - used, "%s%u:%u %s", k ? "\n" : "",
                                     p[k].line, p[k].column, p[k].code);
        }
        if (strcmp(got, rows[i].expected) != 0) {
            fprintf(stderr, "row %zu: %s\n", i, n > 0 ? p[0].text : "nothing");
        }
        assert_string_equal(got, rows[i].expected);
        assert_int_equal(syc_sigma_loaded(set), rows[i].loaded);
        assert_int_equal(syc_sigma_refused(set), 2 - rows[i].loaded);
        syc_sigma_free(set);
    }
}

/* No logsource of its own: what it is about decides. */
static void
a_correlation_of_foreign_rules_is_skipped_with_them(void **state)
{
    static const char *const text =
        "title: A\nname: a\nlogsource: {product: windows}\n"
        "detection: {s: {x|re: 1}, condition: s | count() > 1}\n"
        "---\ntitle: T\ncorrelation: {type: value_sum, rules: [a], group-by: [y], timespan: 1m, "
        "condition: {field: z, gte: 1}}\n"
        "---\ntitle: U\nname: u\nlogsource: {category: webserver}\n"
        "detection: {s: {x: 1}, condition: s}\n";
    struct syc_sigma *set = load_things(text);
    const struct syc_rule_problem *p;

    assert_int_equal(syc_sigma_problems(set, &p), 0);
    assert_int_equal(syc_sigma_skipped(set), 3);
    assert_int_equal(syc_sigma_refused(set), 0);
    assert_int_equal(syc_sigma_loaded(set), 0);
    syc_sigma_free(set);
}

int
test_correlation_faults_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_of_a_correlation_has_its_code_and_place),
        cmocka_unit_test(a_correlation_of_foreign_rules_is_skipped_with_them),
    };

    return cmocka_run_group_tests_name("rules: faults of correlations", tests, NULL, NULL);
}
