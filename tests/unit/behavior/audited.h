#ifndef SYC_TESTS_UNIT_BEHAVIOR_AUDITED_H
#define SYC_TESTS_UNIT_BEHAVIOR_AUDITED_H

/*
 * Purpose           records made by hand for the audit, and the report that it makes of them
 * Input and output  times of one connection in; struct made out. Records in; a report out
 * Ownership         a report lives until the next one is asked for, or audited_end()
 * Limits            -
 * Not here          the tests
 */

#include "tests/unit/behavior/support.h"

/* Every test begins at this moment since 1970. */
#define AUDITED_START INT64_C(1700000000000000)

enum { HOST_CLIENT = 1, HOST_SERVER = 2 };

/* An established connection from 10.0.0.1:port to 10.1.0.2:80, `at` seconds from the start, with a round trip of 20 ms. */
void audited_open(struct made *m, uint16_t port, double at);

/* Closed: FINs and their ACKs a round trip apart, the last `after` seconds from its start; the first closer waits from then. */
void audited_closed(struct made *m, int closer, double after);

/* The report of these records with these options; fails the test unless it comes. */
const struct syc_audit_report *audited_with(const struct syc_audit_options *options,
                                            const struct made *records, size_t count);
const struct syc_audit_report *audited(const struct made *records, size_t count);
/* The same, as of a moment in seconds. */
const struct syc_audit_report *audited_at(double at, const struct made *records, size_t count);
void audited_end(void);

/* Row of 10.0.0.<n> (clients) or 10.1.0.<n> (servers); NULL without. */
const struct syc_audit_host *host_row(const struct syc_audit_report *r, int net, int host);

#endif
