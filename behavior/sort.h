#ifndef SYC_BEHAVIOR_SORT_H
#define SYC_BEHAVIOR_SORT_H

/*
 * Purpose           the two plain orders of the facts: numbers, and times with what belongs to them
 * Input and output  an array and as much spare room; the array comes back in order
 * Ownership         both belong to the caller
 * Limits            none
 * Not here          the sort itself (base)
 */

#include "base/base.h"

/* A time and what belongs to it; ordered by all three, so equal sets give equal arrays. */
struct item {
    int64_t t;
    uint64_t a, b;
};

/*
 * Ascending order. spare holds n as well. cost: one pass over what is in order already, else n log
 * n; no allocation.
 */
void syc_sort_numbers(int64_t *v, size_t n, int64_t *spare);
void syc_sort_items(struct item *v, size_t n, struct item *spare);

/*
 * The longest run of n ascending numbers, -1 for none; of equally long ones the lowest. distinct: how many runs there
 * are.
 */
int64_t syc_sort_commonest(const int64_t *sorted, size_t n, size_t *distinct);

#endif
