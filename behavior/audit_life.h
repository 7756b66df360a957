#ifndef SYC_BEHAVIOR_AUDIT_LIFE_H
#define SYC_BEHAVIOR_AUDIT_LIFE_H

/*
 * Purpose           the packed records of one connection become its life, as it could be told at a moment
 * Input and output  a group of records in, a struct life out
 * Ownership         lists live in the arena that is given; signatures belong to the store
 * Limits            times before the connection's start count as unknown, counters are held to 2^44
 * Not here          what follows from lives
 */

#include "behavior/audit_store.h"

/* Lists are read too; without them (NULL) only what TIME_WAIT and ports need is sure. */
struct life_room {
    struct syc_arena *lists;
    size_t list_octets; /* how many more they may take; beyond, lists are cut short (life.cut) */
    struct syc_record record; /* syc_record_init() once, then reused */
};

/* Read and join the records of one connection; at: as of then (audit_life_clip). False = no memory. */
bool audit_life_read(const struct audit_store *s, uint32_t pair, const struct groups *groups,
                     size_t index, struct life_room *room, int64_t at,
                     struct life *out) SYC_MUST_CHECK;

/*
 * Leave of a life what could be told at `at`: what is stamped later is unknown; of a connection that was not over then
 * (l->end stays later than `at`) the counters are unknown too. Lives that begin later are for the caller to leave out.
 */
void audit_life_clip(struct life *l, int64_t at);

#endif
