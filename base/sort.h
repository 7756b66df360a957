#ifndef SYC_BASE_SORT_H
#define SYC_BASE_SORT_H

/*
 * Purpose           one stable merge sort for arrays of anything
 * Input and output  an array and as much spare room; the array comes back in order
 * Ownership         both belong to the caller
 * Limits            none; arrays that are in order already, which is the usual case, cost one pass
 * Not here          what the order means
 *
 * Why not qsort() where much is sorted: glibc's takes memory that no budget counts, and is stable only when it
 * gets it. It serves the short lists of a load (rules, paths), where it does not matter which of two equals is first.
 *
 *     v    [ run of 8 ][ run of 8 ][ run of 8 ][ rest ]     each put in order by insertion
 *          [   merged, 16        ][   merged          ]     of the left half what has to move waits in spare,
 *          [                all                       ]     the right one stays where it is until it is taken
 *
 * Invariant: an element never passes an equal one, since LESS is asked of the right one first and ties go to the
 * left.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Shortest run that is merged; shorter ones are put in order by insertion. */
enum { SYC_SORT_RUN = 8 };

/*
 * Define static void name(type *v, size_t n, type *spare), which puts v[0..n) in order, stably.
 *
 * LESS     LESS(a, b) takes two values and is a strict weak order; anything else gives some order, never an access
 *          outside the arrays, since each loop is bounded by the ends and not by what LESS answers
 * v        n elements, changed in place; n may be 0
 * spare    room for n elements, contents lost
 * cost     n - 1 comparisons when v is in order already; else about n log2(n / 8) and as many copies, after the runs'
 *          own. No allocation
 *
 * What of the left run precedes all of the right one stays where it is, found by bisection: runs of times overlap at their
 * ends only (callgrind, bursts of connections in order of their starts: 85 instructions an element without, 60 with it).
 * Merging chooses without a branch: which side is next is chance, and a wrong guess costs more than the copy. A
 * macro and not a function with a comparison pointer, so that the comparison is inlined.
 */
#define SYC_SORT_DEFINE(name, type, LESS)                                                          \
    static void name##_run(type *v, size_t n)                                                      \
    {                                                                                              \
        for (size_t i = 1; i < n; i++) {                                                           \
            type held = v[i];                                                                      \
            size_t at = i;                                                                         \
            for (; at > 0 && LESS(held, v[at - 1]); at--) {                                        \
                v[at] = v[at - 1];                                                                 \
            }                                                                                      \
            v[at] = held;                                                                          \
        }                                                                                          \
    }                                                                                              \
    static void name##_merge(type *v, size_t middle, size_t n, type *spare)                        \
    {                                                                                              \
        size_t stays = 0;                                                                          \
        for (size_t end = middle - 1; stays < end;) {                                              \
            size_t at = (stays + end) / 2;                                                         \
            if (LESS(v[middle], v[at])) {                                                          \
                end = at;                                                                          \
            } else {                                                                               \
                stays = at + 1;                                                                    \
            }                                                                                      \
        }                                                                                          \
        type *left = spare;                                                                        \
        type *left_end = spare + (middle - stays);                                                 \
        type *right = v + middle;                                                                  \
        type *right_end = v + n;                                                                   \
        type *to = v + stays;                                                                      \
        memcpy(spare, to, (middle - stays) * sizeof(type));                                        \
        while (left < left_end && right < right_end) {                                             \
            size_t take = LESS(*right, *left) ? 1U : 0U;                                           \
            type *from = take ? right : left;                                                      \
            *to++ = *from;                                                                         \
            right += take;                                                                         \
            left += 1 - take;                                                                      \
        }                                                                                          \
        memcpy(to, left, (size_t)(left_end - left) * sizeof(type));                                \
    }                                                                                              \
    static void name(type *v, size_t n, type *spare)                                               \
    {                                                                                              \
        size_t ordered = 1;                                                                        \
        while (ordered < n && !LESS(v[ordered], v[ordered - 1])) {                                 \
            ordered++;                                                                             \
        }                                                                                          \
        if (ordered >= n) {                                                                        \
            return;                                                                                \
        }                                                                                          \
        for (size_t i = 0; i < n; i += SYC_SORT_RUN) {                                             \
            name##_run(v + i, n - i < SYC_SORT_RUN ? n - i : SYC_SORT_RUN);                        \
        }                                                                                          \
        for (size_t width = SYC_SORT_RUN; width < n; width *= 2) {                                 \
            for (size_t i = 0; i + width < n; i += 2 * width) {                                    \
                size_t length = n - i < 2 * width ? n - i : 2 * width;                             \
                if (LESS(v[i + width], v[i + width - 1])) {                                        \
                    name##_merge(v + i, width, length, spare);                                     \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }

#endif
