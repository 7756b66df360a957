#ifndef SYC_BEHAVIOR_AUDIT_POOL_H
#define SYC_BEHAVIOR_AUDIT_POOL_H

/*
 * Purpose           the pool as it was: its caps and its patience, read off what it did
 * Input and output  a pair, its jobs, when each life was open; members of the pool's row out
 * Ownership         arrays live in the work room until the next pair
 * Limits            a habit must be seen several times before it is named
 * Not here          the pool as it could have been (audit_pool.c, audit_replay.c)
 */

#include "behavior/audit_jobs.h"

/* When a life could carry requests, as the client saw it. to == INT64_MAX: it still could at the end. */
struct open_span {
    int64_t from, to;
};

struct opens {
    struct open_span *of;   /* by life; from == INT64_MAX: it was never open */
    int64_t *starts, *ends; /* the same in ascending order */
    size_t count;
};

/* False = no memory. */
bool audit_opens(const struct life_pair *p, struct audit_work *w, const struct scratch *s,
                 int64_t shift, struct opens *out);

/* The most spans at once; both arrays ascending, an end frees its place before a start at the same time takes one. */
int64_t audit_most_at_once(const int64_t *starts, const int64_t *ends, size_t n);

/* active_cap, idle_cap, idle_timeout_s, closer, races of the row (2.3.3). False = no memory. */
bool audit_pool_policy(const struct life_pair *p, struct audit_work *w, const struct scratch *s,
                       const struct jobs *jobs, const struct opens *opens,
                       struct syc_audit_pool *out);

#endif
