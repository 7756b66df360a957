#include "tests/unit/rules/groups.h"

/* Every group runs, so that one run shows all that is broken. */
int
main(void)
{
    int failed = 0;

    failed += test_yaml_group();
    failed += test_load_group();
    failed += test_condition_group();
    failed += test_modifiers_group();
    failed += test_score_group();
    failed += test_judge_group();
    failed += test_shipped_group();
    failed += test_memory_group();
    failed += test_property_group();
    failed += test_watch_group();
    failed += test_correlation_faults_group();
    failed += test_correlate_group();
    return failed > 0;
}
