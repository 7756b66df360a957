#ifndef SYC_BEHAVIOR_AUDIT_JOBS_H
#define SYC_BEHAVIOR_AUDIT_JOBS_H

/*
 * Purpose           when the client needed a connection: the jobs of a pair, and their replay against other pools
 * Input and output  a pair in; jobs in order of time out; how many connections a pool would have opened
 * Ownership         jobs live in the work room until the next pair
 * Limits            one job for each turn or one-sided burst
 * Not here          what the real pool did (audit_pool_policy.c)
 *
 * Times are the client's: half its leg earlier for what it sent, half later for what it received. So the same
 * connections give the same jobs wherever the tap is; at the server, a request and its answer are nearly one moment.
 */

#include "behavior/audit_part.h"

struct job {
    int64_t from, to; /* absolute; to > from */
    int64_t want;     /* its connection's SYN, when it is the first of a connection, else `from` */
    uint32_t life;    /* index */
    bool
        turn; /* a request with its answer; else one side's burst, or a life that is not known in detail */
};

struct jobs {
    struct job *list; /* by from, to, life */
    size_t count;
    int64_t shift; /* half the client's leg */
    bool blurred;  /* lives of which exchanges are missing stand in whole */
};

/* False = no memory. cost: sorts the jobs */
bool audit_jobs(const struct life_pair *p, struct audit_work *w, struct jobs *out);

/* Turns of a life that are no part of its set-up, answered in full by `at`. */
int64_t audit_turns(const struct life_pair *p, const struct life *l);

/* Arrays that the parts of the pool fill in turn, each as long as the larger of jobs and lives. */
struct scratch {
    int64_t *v[4];
};
bool audit_scratch(struct scratch *s, struct audit_work *w, size_t n);

/* A pool that jobs are run against. */
struct replay {
    int64_t *busy;  /* a heap of the times when connections become free */
    int64_t *idle;  /* since when they are, ascending */
    int64_t *queue; /* how long each job waited */
    size_t busy_count, idle_count;
    size_t most_busy; /* at once, in the last replay */
};
/*
 * Run the jobs against a pool that takes the connection that was idle last, if there is one, else opens one.
 *
 * r        audit_replay_over() some scratch
 * idle_us  how long a connection is kept idle
 * cap      most connections at a time (jobs wait in line); 0 = none
 * returns  connections opened; r->queue has each job's wait
 * cost     O(n log n)
 */
struct replay audit_replay_over(const struct scratch *s);
int64_t audit_replay(struct replay *r, const struct jobs *jobs, int64_t idle_us, size_t cap);

#endif
