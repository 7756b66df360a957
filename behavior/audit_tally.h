#ifndef SYC_BEHAVIOR_AUDIT_TALLY_H
#define SYC_BEHAVIOR_AUDIT_TALLY_H

/*
 * Purpose           the entries of one holder, from all of its pairs, in as little memory as their times allow
 * Input and output  spans in, by pair; their ends in order of time out
 * Ownership         a tally owns its runs
 * Limits            4 to 6 octets an entry: ends are kept apart, sorted, as differences
 * Not here          what is counted (audit_curve.c)
 *
 * A host with 28,232 ports in TIME_WAIT to each of 300 destinations holds 8.5 million entries at once: as pairs of times
 * they would take 136 MB. Runs are merged as they come, two of a size into one, so few are open at the end.
 */

#include "behavior/audit_curve.h"

struct run;

struct tally {
    struct run *froms, *tos; /* runs, the smallest first */
    uint64_t entered;
    double area_us; /* sum of what they lasted */
};

/* Add n spans; spare: room for 2 * n numbers. False = no memory. */
bool audit_tally_add(struct tally *t, const struct span *v, size_t n,
                     int64_t *spare) SYC_MUST_CHECK;

/* First entry and last exit; SYC_NONE without any. */
int64_t audit_tally_first(const struct tally *t);
int64_t audit_tally_last(const struct tally *t);

/* Hand all of it to the sweep; the tally is empty after. False = no memory. */
bool audit_tally_sweep(struct tally *t, struct sweep *s) SYC_MUST_CHECK;

/* Free its runs; the sums stay. */
void audit_tally_fini(struct tally *t);

#endif
