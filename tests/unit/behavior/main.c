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
    failed += test_streams_group();
    failed += test_groups_group();
    failed += test_promises_group();
    failed += test_services_group();
    failed += test_shapes_group();
    failed += test_syns_group();
    failed += test_hosts_group();
    failed += test_sequences_group();
    failed += test_order_group();
    failed += test_budget_group();
    failed += test_news_group();
    failed += test_forget_group();
    failed += test_repeat_group();
    failed += test_audit_any_group();
    failed += test_audit_time_wait_group();
    failed += test_audit_ports_group();
    failed += test_audit_report_group();
    failed += test_audit_findings_group();
    failed += test_audit_handshake_group();
    failed += test_audit_loss_group();
    failed += test_audit_pool_group();
    failed += test_audit_slow_start_group();
    return failed > 0;
}
