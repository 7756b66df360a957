#include "tests/unit/behavior/groups.h"

/* Every group runs, so that one run shows all that is broken. */
int
main(void)
{
    int failed = 0;

    failed += test_gaps_group();
    failed += test_chance_group();
    failed += test_schedule_group();
    failed += test_connections_group();
    failed += test_activity_group();
    failed += test_syns_group();
    failed += test_order_group();
    failed += test_budget_group();
    return failed > 0;
}
