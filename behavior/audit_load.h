#ifndef SYC_BEHAVIOR_AUDIT_LOAD_H
#define SYC_BEHAVIOR_AUDIT_LOAD_H

/*
 * Purpose           a pair out of the store, as the parts of the audit want it
 * Input and output  the number of a pair in; its lives, its tenures, and what is simply counted, out
 * Ownership         lives and tenures are the loader's, until the next pair is loaded
 * Limits            lives of a pair with very many: the first; tenures and counts: of all of them
 * Not here          what follows from them
 *
 * Two passes, because two orders are needed: parts replay lives in order of time, while what ends an entry in TIME_WAIT
 * is the next connection of the same tuple. Lives that were not kept are read again in the second.
 */

#include "behavior/audit_turned.h"

struct audit_loader {
    const struct audit_store *store; /* sorted */
    struct audit_work *work;         /* its arena and scratch are reset by each pair */
    struct tenures tenures;
    struct turned turned;  /* audit_turned_make() before the first pair */
    struct life_room room; /* record: syc_record_init() before the first pair */
    int64_t packets;       /* of all pairs loaded so far */
};

/*
 * Load a pair. Of p, the addresses, at, last, origin and 2MSL are set; the rest is filled here.
 *
 * row      its counts are added to: connections, attempts, established, closes, degraded. None: as of then there was none
 * returns  false when memory is short
 */
bool audit_load_pair(struct audit_loader *a, uint32_t index, struct life_pair *p,
                     struct syc_audit_pair *row) SYC_MUST_CHECK;

#endif
