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
        cmocka_unit_test(judging_allocates_nothing),
    };

    return cmocka_run_group_tests_name("rules: memory", tests, NULL, NULL);
}
