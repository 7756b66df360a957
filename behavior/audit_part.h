#ifndef SYC_BEHAVIOR_AUDIT_PART_H
#define SYC_BEHAVIOR_AUDIT_PART_H

/*
 * Purpose           what the parts of the audit that look at one pair ask of its lives again and again
 * Input and output  a pair in; moments, sums, round trips and quantiles out
 * Ownership         nothing is kept
 * Limits            lives may carry any numbers (they may come from events): held, never overflowed
 * Not here          the parts (audit_handshake.c, audit_pool.c, ...)
 */

#include "behavior/audit_int.h"
#include "behavior/sort.h"

#include <math.h>

/*
 * What lost packets leave behind: exchanges, ACKs and closes of such a connection may be missing, so nothing is claimed
 * that their absence could have brought about.
 */
enum {
    PART_LOSSY =
        1U << SYC_DEGRADED_KERNEL_DROPS | 1U << SYC_DEGRADED_GAPS | 1U << SYC_DEGRADED_ONE_DIRECTION
};

/* A burst this close before its side's FIN or RST says good-bye (TLS close_notify); it is no work (spec/record.md). */
enum { PART_FAREWELL_US = 50000 };

/* Unknown and negative numbers are 0, 2^48 and above its limit: sums and differences of such cannot overflow. */
static inline int64_t
part_held(int64_t n)
{
    const int64_t most = (INT64_C(1) << 48) - 1;

    return n < 0 ? 0 : n < most ? n : most;
}

/* Add a count that may be unknown; the sum is SYC_NONE until one is known, and stays at its limit. */
static inline void
part_add(int64_t *sum, int64_t n)
{
    if (n == SYC_NONE) {
        return;
    }
    n = part_held(n);
    *sum = *sum == SYC_NONE ? n : *sum > INT64_MAX - n ? INT64_MAX : *sum + n;
}

/* The smaller of two of which either may be unknown. */
static inline int64_t
part_least(int64_t a, int64_t b)
{
    return a == SYC_NONE ? b : b == SYC_NONE || a < b ? a : b;
}

/* It happened, and it may be spoken of. */
static inline bool
part_seen(const struct life_pair *p, int64_t t)
{
    return t != SYC_NONE && t <= p->at;
}

/* Its counters may be spoken of: nothing of it came later. */
static inline bool
part_over(const struct life_pair *p, const struct life *l)
{
    return l->end <= p->at;
}

static inline double
part_ratio(int64_t part, int64_t whole)
{
    return whole > 0 && part >= 0 ? (double)part / (double)whole : (double)NAN;
}

/* Value at rank ceil(n * percent / 100) of n > 0 ascending numbers. */
static inline int64_t
part_quantile(const int64_t *sorted, size_t n, size_t percent)
{
    size_t rank = (n * percent + 99) / 100;

    return sorted[rank > 0 ? rank - 1 : 0];
}

/* Round trips of the pair, microseconds: from the tap to the client and back, to the server and back, the whole. */
struct legs {
    int64_t client, server, trip; /* SYC_NONE = unknown */
};

/*
 * The smallest of each over the pair's lives: of handshakes, else of data and its ACKs (2.4.1: one connection's own
 * may be far above the path's).
 */
struct legs audit_legs(const struct life_pair *p);

/*
 * The client's handshake was completed, or both sides sent payload, or it was closed as only established connections
 * are. A client RST that happens to acknowledge the SYN+ACK establishes nothing.
 */
bool audit_established(const struct life_pair *p, const struct life *l);

/* It began to close (first FIN or RST); INT64_MAX: not that could be said. */
int64_t audit_closing(const struct life_pair *p, const struct life *l);

/* The end of what was seen: no later than `at`. */
int64_t audit_last(const struct life_pair *p);

#endif
