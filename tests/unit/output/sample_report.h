#ifndef SYC_TESTS_SAMPLE_REPORT_H
#define SYC_TESTS_SAMPLE_REPORT_H

/*
 * Purpose           audit reports made by hand, for what writes and prints them
 * Input and output  a struct in, its report filled
 * Ownership         the report points into the struct: it lives as long and does not move
 * Limits            two hosts, two pairs, two findings
 * Not here          reports computed from records (behavior/)
 */

#include "output/output.h"

enum { SAMPLE_STEPS = 104 };

struct sample_report {
    struct syc_audit_report r;
    struct syc_audit_host hosts[2];
    struct syc_audit_pair pairs[2];
    struct syc_finding findings[2];
    uint32_t ports[SAMPLE_STEPS], waits[SAMPLE_STEPS];
};

/*
 * A client that opens 25 connections a second for 40 s towards one service, closes each first and has 1000 ports: they
 * are all taken at 40 s. One second a step; from 61 s on what entered 60 s before leaves. All members are set.
 */
void sample_report_full(struct sample_report *s);

/* The same hosts and pairs with nothing known of them, and no finding. */
void sample_report_unknown(struct sample_report *s);

#endif
