#ifndef SYC_TESTS_UNIT_BEHAVIOR_GROUPS_H
#define SYC_TESTS_UNIT_BEHAVIOR_GROUPS_H

/* One function a file of tests: runs its group, returns how many failed. */
int test_gaps_group(void);
int test_chance_group(void);
int test_schedule_group(void);
int test_connections_group(void);
int test_activity_group(void);
int test_syns_group(void);
int test_order_group(void);
int test_budget_group(void);

#endif
