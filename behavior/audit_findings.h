#ifndef SYC_BEHAVIOR_AUDIT_FINDINGS_H
#define SYC_BEHAVIOR_AUDIT_FINDINGS_H

/*
 * Purpose           how findings are written: one at a time, with its numbers and what would help
 * Input and output  a pair, its row and its lives in; struct syc_finding out
 * Ownership         findings are the caller's array; names and deeds are static texts
 * Limits            SYC_FINDING_VALUES numbers and SYC_FINDING_FIXES fixes each; more are left out
 * Not here          the row itself (audit_ports.c, audit_pool.c, ...), order among pairs (audit.c)
 *
 * A text names a number, its consequence and the knob (5.2). It is complete without the pair's name, which stands beside.
 */

#include "behavior/audit_part.h"

/* Nothing but facts is said of a pair of fewer connections (5.2). */
enum { FINDING_CONNECTIONS = 20 };

struct finder {
    const struct life_pair *p;
    const struct syc_audit_pair *row;
    int64_t now;   /* offset: how far was looked */
    int64_t ready; /* offset: when the pair had connections enough to speak of */
    struct syc_finding *out;
    size_t count, max;
    struct syc_finding spare; /* where one goes that finds no room */
};

/* Begin a finding; at: offset from the start. The next calls fill it. */
struct syc_finding *audit_finding(struct finder *f, const char *id, enum syc_severity severity,
                                  int64_t at);
/* Add to its text. */
void audit_finding_say(struct syc_finding *to, const char *format, ...) SYC_PRINTF(2, 3);
/* A number that it follows from; SYC_NONE and NAN are left out. */
void audit_finding_count(struct syc_finding *to, const char *name, int64_t value);
void audit_finding_real(struct syc_finding *to, const char *name, double value);
/* What to do, and what that would change. */
void audit_finding_fix(struct syc_finding *to, const char *what, const char *format, ...)
    SYC_PRINTF(3, 4);
/* The fix that most of them share: fewer connections. Nothing when the replay has nothing to say. */
void audit_finding_reuse(struct finder *f, struct syc_finding *to);

/* The earliest of many times, as many as a finding needs before it is made. */
enum { FIRSTS_MAX = 20 };
struct firsts {
    int64_t t[FIRSTS_MAX];
    size_t need, count; /* count: all that came */
};
static inline struct firsts
firsts_of(size_t need)
{
    return (struct firsts){.need = need};
}
void audit_firsts_add(struct firsts *f, int64_t t);
/* Whether there were enough; then *at is when, as an offset, but not before the pair was ready. */
bool audit_firsts_met(const struct firsts *f, const struct finder *finder, int64_t *at);

/* ports.exhaust, ports.starved, ports.half; tw.pileup or tw.server, by who closes */
void audit_find_ports(struct finder *f);
/* pool.idle_cap, else pool.timeout_short, else pool.no_reuse; pool.race_rst */
void audit_find_pool(struct finder *f);
/* slowstart.idle_restart, slowstart.multi_rtt; syn.blackhole, syn.overflow, syn.ghost, syn.cookies; loss.collapse */
void audit_find_path(struct finder *f);
/* close.leak, of either side; close.rst */
void audit_find_closes(struct finder *f);

#endif
