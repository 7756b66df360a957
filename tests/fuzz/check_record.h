#ifndef SYC_TESTS_FUZZ_CHECK_RECORD_H
#define SYC_TESTS_FUZZ_CHECK_RECORD_H

/*
 * Purpose           what every record that a connection can leave must satisfy, and what it means that two are the same
 * Input and output  records in; fuzz_fail() when one does not hold
 * Ownership         borrowed
 * Limits            records of the table (connection/); those that were read need no more than be written again
 * Not here          how conversations are made (target_segments.c)
 */

#include "connection/connection.h"

/* Ranges, order of times, sums that must agree. */
void check_record(const struct syc_record *r);

/* Equal in every field, list and text; what names the records in the message. */
void check_same_record(const char *what, const struct syc_record *a, const struct syc_record *b);

#endif
