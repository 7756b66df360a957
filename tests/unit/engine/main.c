#include "tests/unit/engine/groups.h"

/* Every group runs, so that one run shows all that is broken. */
int
main(void)
{
    int failed = 0;

    failed += test_audit_group();
    failed += test_engine_group();
    failed += test_judge_group();
    failed += test_live_group();
    failed += test_load_group();
    failed += test_memory_group();
    failed += test_mixed_group();
    failed += test_other_group();
    failed += test_pull_group();
    return failed > 0;
}
