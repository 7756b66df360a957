#ifndef SYC_BEHAVIOR_AUDIT_TURNED_H
#define SYC_BEHAVIOR_AUDIT_TURNED_H

/*
 * Purpose           SYNs on tuples of which client and server have changed roles
 * Input and output  a sorted store in; for a pair and a client port, the SYNs of the other side, by time
 * Ownership         the list is its own, until audit_turned_fini()
 * Limits            128 octets of the store's budget for each such SYN, of which there is nearly always none; those
 *                   that find no room are left out (`cut`)
 * Not here          what such a SYN ends (audit_tenure.c)
 *
 * They are another pair's, and there may be as many such pairs as the pair at hand has ports. So they are found for all
 * pairs at once: to look through those of the other pair for each pair again took 5.6 s of two hosts that had called each
 * other on 16,000 ports.
 */

#include "behavior/audit_life.h"
#include "behavior/audit_tenure.h"

struct turned_syn {
    uint32_t pair; /* on whose tuple */
    uint16_t port; /* of that pair's client */
    struct tuple_syn syn;
};

struct turned {
    struct audit_store *store;
    struct turned_syn *list; /* by pair, port, time; as much spare room behind */
    size_t count, room;
    bool cut;
};

/*
 * Find them all, as of `at`. scratch is reset, room is read into.
 *
 * returns  false when memory is short
 * cost     a search for each pair; one pass over the records of those hosts that called each other
 */
bool audit_turned_make(struct turned *t, struct audit_store *s, struct syc_arena *scratch,
                       struct life_room *room, int64_t at) SYC_MUST_CHECK;
void audit_turned_fini(struct turned *t);

/* Those on the pair's tuple of this client port, by time. Returns how many. */
size_t audit_turned_find(const struct turned *t, uint32_t pair, uint16_t port,
                         const struct turned_syn **first);

#endif
