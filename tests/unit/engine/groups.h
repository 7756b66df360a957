#ifndef SYC_TESTS_UNIT_ENGINE_GROUPS_H
#define SYC_TESTS_UNIT_ENGINE_GROUPS_H

/*
 * Purpose           one cmocka group a file of this folder; main.c runs them
 * Input and output  each answers the number of tests that failed
 * Ownership         nothing
 * Limits            none
 * Not here          the tests
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int test_audit_group(void);
int test_engine_group(void);
int test_judge_group(void);
int test_live_group(void);
int test_load_group(void);
int test_memory_group(void);
int test_mixed_group(void);
int test_other_group(void);
int test_pull_group(void);

#endif
