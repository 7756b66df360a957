#ifndef SYC_TESTS_UNIT_OUTPUT_GROUPS_H
#define SYC_TESTS_UNIT_OUTPUT_GROUPS_H

/*
 * Purpose           one cmocka group a file of this folder, and what the files share
 * Input and output  a group answers the number of tests that failed
 * Ownership         what parse() gives is released with json_decref()
 * Limits            none
 * Not here          the tests
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "output/output.h"

int test_audit_group(void);
int test_json_group(void);
int test_sink_group(void);
int test_connection_group(void);
int test_events_group(void);
int test_table_group(void);
int test_zeek_group(void);

/* Allocation number k from now on fails (0 = none does). */
void fail_allocation(unsigned k);

/* The text as jansson reads it, duplicates refused; the test fails when it is no JSON. */
json_t *parse(const char *text, size_t n);

/* The value at a dotted path; numbers index lists. NULL when there is none. */
json_t *look(json_t *root, const char *path);

/* An output into a pipe, and all that it wrote, flushed, zero-terminated. At most 60,000 octets. */
struct piped {
    struct syc_output out;
    int fds[2];
    char text[65536];
    size_t n;
};
void piped_open(struct piped *p);
void piped_read(struct piped *p);
void piped_close(struct piped *p);

#endif
