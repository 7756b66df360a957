#ifndef SYC_TESTS_FUZZ_CHECK_READ_H
#define SYC_TESTS_FUZZ_CHECK_READ_H

/*
 * Purpose           what every record must satisfy that was read from a line, whoever wrote that
 * Input and output  records in; fuzz_fail() when one does not hold
 * Ownership         borrowed
 * Limits            records of the table satisfy more: check_record.h
 * Not here          what a line says (target_record.c, target_sensors.c)
 */

#include "engine/engine.h"

/*
 * Values lie in their ranges; written and read again (by a reader that did not make r) it is the same record, and written
 * again the same text; copies, facts and matches can be made of it.
 */
void check_read_record(struct syc_record_reader *other, const struct syc_record *r);

#endif
