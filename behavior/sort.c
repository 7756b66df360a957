/*
 * The two plain orders of sort.h. Stable merge sorts made by base's macro: comparison is inlined,
 * there is no quadratic case for hostile input, and the caller's spare room makes them free of
 * allocation.
 */

#include "behavior/sort.h"

#include <stdbool.h>

#define NUMBER_LESS(x, y) ((x) < (y))
SYC_SORT_DEFINE(sort_numbers, int64_t, NUMBER_LESS)

static inline bool
item_less(struct item x, struct item y)
{
    if (x.t != y.t) {
        return x.t < y.t;
    }
    return x.a != y.a ? x.a < y.a : x.b < y.b;
}

SYC_SORT_DEFINE(sort_items, struct item, item_less)

void
syc_sort_numbers(int64_t *v, size_t n, int64_t *spare)
{
    sort_numbers(v, n, spare);
}

void
syc_sort_items(struct item *v, size_t n, struct item *spare)
{
    sort_items(v, n, spare);
}

int64_t
syc_sort_commonest(const int64_t *sorted, size_t n, size_t *distinct)
{
    size_t longest = 0;
    int64_t best = -1;

    *distinct = 0;
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && sorted[to] == sorted[from]; to++) {
        }
        if (to - from > longest) {
            longest = to - from;
            best = sorted[from];
        }
        ++*distinct;
    }
    return best;
}
