#include "tests/unit/rules/groups.h"

#include <string.h>

/* The rules that the program carries. */

static struct syc_ruleset *
load_shipped(void)
{
    struct syc_ruleset *set = new_set();

    for (size_t i = 0; i < syc_shipped_rule_count; i++) {
        assert_int_equal(syc_ruleset_parse(set, syc_shipped_rules[i].name,
                                           syc_shipped_rules[i].text, syc_shipped_rules[i].n),
                         SYC_OK);
    }
    assert_int_equal(syc_ruleset_seal(set), SYC_OK);
    return set;
}

static void
every_shipped_rule_loads_without_a_finding(void **state)
{
    struct syc_ruleset *set = load_shipped();
    const struct syc_rule_problem *p;

    if (syc_ruleset_problems(set, &p) > 0) {
        show_findings(set);
    }
    assert_int_equal(syc_ruleset_problems(set, &p), 0);
    assert_int_equal(syc_ruleset_loaded(set), syc_shipped_rule_count);
    assert_true(syc_shipped_rule_count >= 20);
    syc_ruleset_free(set);
}

int
test_shipped_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shipped_rule_loads_without_a_finding),
    };

    return cmocka_run_group_tests_name("rules: shipped", tests, NULL, NULL);
}
