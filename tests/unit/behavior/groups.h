#ifndef SYC_TESTS_UNIT_BEHAVIOR_GROUPS_H
#define SYC_TESTS_UNIT_BEHAVIOR_GROUPS_H

/* One function a file of tests: runs its group, returns how many failed. */
int test_gaps_group(void);
int test_chance_group(void);
int test_schedule_group(void);
int test_connections_group(void);
int test_activity_group(void);
int test_streams_group(void);
int test_groups_group(void);
int test_promises_group(void);
int test_services_group(void);
int test_shapes_group(void);
int test_syns_group(void);
int test_hosts_group(void);
int test_sequences_group(void);
int test_order_group(void);
int test_budget_group(void);
int test_news_group(void);
int test_forget_group(void);
int test_repeat_group(void);
int test_audit_any_group(void);
int test_audit_time_wait_group(void);
int test_audit_ports_group(void);
int test_audit_report_group(void);
int test_audit_findings_group(void);
int test_audit_handshake_group(void);
int test_audit_loss_group(void);
int test_audit_pool_group(void);
int test_audit_slow_start_group(void);

#endif
