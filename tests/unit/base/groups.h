#ifndef SYC_TESTS_UNIT_BASE_GROUPS_H
#define SYC_TESTS_UNIT_BASE_GROUPS_H

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

int test_hash_group(void);
int test_memory_group(void);
int test_span_group(void);
int test_status_group(void);
int test_text_group(void);
int test_value_group(void);

#endif
