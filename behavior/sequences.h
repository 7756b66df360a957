#ifndef SYC_BEHAVIOR_SEQUENCES_H
#define SYC_BEHAVIOR_SEQUENCES_H

/*
 * Purpose           how many counters wrote a series of 16-bit numbers, and what goes on side by side in time
 * Input and output  numbers in the order of their times in, a count out
 * Ownership         nothing is kept
 * Limits            64 at once; where more would be needed, no claim is made
 * Not here          whose numbers (facts_hosts.c)
 */

#include "base/base.h"

enum { SEQUENCES_MOST = 64 };

/* From the second time on that something was seen, to the last but one: a stray at an end proves nothing. */
struct span_of {
    int64_t from, to;
};

/* The most spans that hold one instant in common. Spans with to < from are empty. cost: n * n */
size_t syc_overlap_most(const struct span_of *spans, size_t n);

/* Something that recurs in a series of places 0, 1, 2 ... Begin with all zeros. */
struct recurring {
    size_t members, runs; /* runs: how often it began anew after another had its turn */
    size_t second_at, before_last_at, last_at;
};

/* It is seen at this place; places ascend. */
void syc_recurring_add(struct recurring *r, size_t at);
/* Where it stands; empty for fewer than four members. */
struct span_of syc_recurring_span(const struct recurring *r);

/*
 * How many counters at least ran at the same time, so that each number is a small step above an earlier one of its
 * counter.
 *
 * values     0..65535, by time; the counters wrap at 65536
 * step_most  what one counter goes up by, mostly; small against the range
 * returns    2 or more; 0 = no claim: one counter, too few numbers, or chance explains them as well
 * cost       some 300 comparisons a number
 * source     Bellovin, "A Technique for Counting NATted Hosts" (2002), for IP IDs; here for source ports, too
 */
size_t syc_sequences_count(const int64_t *values, size_t n, int64_t step_most);

#endif
