#ifndef SYC_CORRELATE_H
#define SYC_CORRELATE_H

/*
 * Purpose           correlations over connections: records in any order become events in time, what fires becomes evidence
 * Input and output  records in; for a subject, the correlations that fired on its connections
 * Ownership         borrows the rule set and the signatures; copies what it needs of a record
 * Limits            one budget; what finds no room, or gives way, is counted, and then the order of records may show
 * Not here          windows (sigma_watch.h), points (score.c)
 *
 * The event of a connection is the connection: its time is its start, whenever its record came, and events are taken in
 * canonical order of records. So the same records in any order, from any number of files, give the same matches. A
 * connection in parts is one event, made of all its parts.
 *
 * A run that goes on and on asks in between (syc_correlate_advance). Then an event is taken when its connection is over,
 * which may be after others that began later. It is late only if these are of the same group: then it counts where the
 * group's window still reaches it (sigma_watch.h). Groups wait for such events for SYC_CORRELATE_HORIZON_S longer than
 * their timespan. So what fires live fires on the whole, too; on the whole more may.
 *
 * A match is evidence about every source that has a connection in its window, and about the pair of a source and a
 * service if all of the source's connections in the window are of that pair.
 */

#include "behavior/behavior.h"
#include "rules/sigma_watch.h"

struct syc_ruleset;
struct syc_correlate;

enum { SYC_CORRELATED_VALUES = 16, SYC_CORRELATE_HORIZON_S = 3600 };

/* What a correlation saw of one subject, over all runs in which it fired. */
struct syc_correlated {
    const struct syc_sigma_rule *rule;
    int64_t start_us, end_us; /* from the first window to the last event */
    struct syc_value count;   /* the largest count at which it fired */
    struct syc_value runs;    /* how often it fired with the subject in it */
    int64_t events;           /* the subject's connections in them */
    int64_t flow_ids[SYC_EXAMPLES_MAX];
    size_t flow_id_count;
    const char *names[SYC_CORRELATED_VALUES]; /* group-by of the first run */
    struct syc_value values[SYC_CORRELATED_VALUES];
    size_t value_count;
};

struct syc_correlate_stats {
    uint64_t events;    /* connections that some rule of a correlation matched */
    uint64_t dropped;   /* of them, of their parts, and of what fired, what found no room */
    uint64_t forgotten; /* rules about a subject that gave way, silent for the horizon */
    struct syc_sigma_watch_stats watch;
};

/*
 * Over all correlations of a sealed set; signatures may be NULL.
 *
 * out      NULL when the set has none
 * returns  SYC_OK or SYC_NO_MEMORY
 */
enum syc_status syc_correlate_new(struct syc_correlate **out, const struct syc_ruleset *set,
                                  const struct syc_signatures *signatures,
                                  size_t budget_octets) SYC_MUST_CHECK;
void syc_correlate_free(struct syc_correlate *c);

/* Other signatures from here on (borrowed; NULL for none): events that wait keep what those before said. c may be NULL. */
void syc_correlate_use(struct syc_correlate *c, const struct syc_signatures *signatures);

/* Take in one record, whole or a part. cost: the rules that correlations name; kept only if one of them holds */
void syc_correlate_feed(struct syc_correlate *c, const struct syc_record *r);

/*
 * Correlate what has come of connections that began before until_us, so that look-ups tell of them; later ones wait, and
 * one in parts until its last is there. Again as often as wanted, records between. After the first time nothing stays for
 * good: when the budget is full what was seen of a subject that has been silent for SYC_CORRELATE_HORIZON_S gives way, the
 * longest silent first, and so do connections whose parts wait for a rest.
 *
 * until_us  further back: fewer connections are late; nearer to now: less to wait for what fires
 * c         may be NULL
 * cost      a sort of what waits
 */
void syc_correlate_advance(struct syc_correlate *c, int64_t until_us);

/* No further record: everything is correlated now. After it, look up. */
void syc_correlate_finish(struct syc_correlate *c);

/*
 * What a correlation saw of the subject, as far as records were correlated; NULL: it did not fire there. Valid until the
 * next feed, advance or finish. c may be NULL.
 */
const struct syc_correlated *syc_correlate_find(const struct syc_correlate *c,
                                                const struct syc_sigma_rule *rule,
                                                const struct syc_subject *subject);

/* c may be NULL: all 0. */
void syc_correlate_stats(const struct syc_correlate *c, struct syc_correlate_stats *out);

#endif
