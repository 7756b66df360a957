#ifndef SYC_BEHAVIOR_AUDIT_RANGE_H
#define SYC_BEHAVIOR_AUDIT_RANGE_H

/*
 * Purpose           which ports a client draws from: known ranges that fit, a completed lap, the parity flip
 * Input and output  source ports of SYNs to one destination, in order of time, in; a capacity out
 * Ownership         names are static
 * Limits            nothing is claimed from fewer than 20 SYNs
 * Not here          how many of the ports are held (audit_ports.c)
 */

#include "behavior/audit_store.h"

enum { RANGE_LEAST = 20 }; /* of one parity by chance: 2^-19 */

/*
 * The walk of a Linux client through its ports (2.2.1, 2.2.2): small steps of one parity, wrapping at the top. Zero it,
 * set first = -1.
 */
struct port_walk {
    int32_t first, before, low, high; /* ports; first: -1 = none yet */
    size_t count;                     /* SYNs */
    int32_t top, bottom;              /* where it wrapped; top: -1 = it has not */
    bool lap;                         /* and came past its first port again */
    bool mixed;                       /* ports of both parities */
};

/* The port of the next SYN. */
void audit_walk_port(struct port_walk *w, uint16_t port);

/* Ports of the range as far as the lap tells; SYC_NONE while it does not. */
int64_t audit_walk_capacity(const struct port_walk *w);

/*
 * Names of the known ranges that hold [low, high], best first; "custom" alone when none does, or when a capacity is known
 * and all of them are larger by far.
 */
size_t audit_range_candidates(int64_t low, int64_t high, int64_t capacity, enum audit_stack stack,
                              const char *out[8]);

#endif
