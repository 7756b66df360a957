#ifndef SYC_BEHAVIOR_CLOCKS_H
#define SYC_BEHAVIOR_CLOCKS_H

/*
 * Purpose           what the timestamps of SYNs say of the clocks behind them: where the clocks begin, and how many
 * Input and output  (time, TSval, destination) of SYNs of one system family in; a policy and counts out
 * Ownership         nothing is kept
 * Limits            the caller gives at most CLOCKS_STAMPS_MOST: among more, random offsets begin to meet
 * Not here          whose SYNs (facts_hosts.c, facts_clock.c)
 */

#include "behavior/sequences.h"
#include "behavior/sort.h"

enum { CLOCKS_STAMPS_MOST = 8192 };

/*
 * How a host offsets its timestamps (fingerprints 3 and 4.12). X(NAME, "word")
 *
 * per-connection: Linux 4.10 to 4.12 and 6.18, Apple; per-pair: Linux 4.13 to 6.17; global: older ones, and
 * tcp_timestamps=2.
 */
#define SYC_OFFSET_LIST(X)                                                                         \
    X(UNKNOWN, "")                                                                                 \
    X(ABSENT, "absent")                                                                            \
    X(ZERO, "zero")                                                                                \
    X(GLOBAL, "global")                                                                            \
    X(PER_PAIR, "per-pair")                                                                        \
    X(PER_CONNECTION, "per-connection")                                                            \
    X(MIXED, "mixed")

enum offset_policy {
#define X(name, word) OFFSET_##name,
    SYC_OFFSET_LIST(X)
#undef X
        OFFSET_COUNT
};

/*
 * One SYN that carries a timestamp other than 0.
 *
 * after_us  its time after any instant common to all, at least 0
 * dest      a number for its destination address, below 2^31
 */
static inline struct item
syc_clocks_stamp(uint64_t after_us, uint32_t dest, uint32_t ts_val)
{
    return (struct item){0, after_us, (uint64_t)dest << 32 | ts_val};
}

struct clocks {
    enum offset_policy policy; /* UNKNOWN, GLOBAL, PER_PAIR, PER_CONNECTION or MIXED */
    size_t at_once;            /* clocks that ran at the same time at least; 0 = no claim */
    int64_t hz;                /* the rate under which they fit best */
};

/*
 * Measure n stamps, in any order; they are lost.
 *
 * measured_hz  rate seen inside connections, 0 = none; the usual rates are tried beside it
 * spare        room for n as well
 * cost         five sorts
 */
void syc_clocks_measure(struct item *stamps, size_t n, int64_t measured_hz, struct item *spare,
                        struct clocks *out);

/* The word of the fact; NULL for OFFSET_UNKNOWN. */
const char *syc_offset_name(enum offset_policy policy);

#endif
