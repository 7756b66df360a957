#ifndef SYC_BEHAVIOR_H
#define SYC_BEHAVIOR_H

/*
 * Purpose           what it does: the rhythm of sources and pairs, from records alone
 * Input and output  records in any order; typed facts per subject, subjects in canonical order
 * Ownership         subjects and their facts are borrowed for as long as each visiting function says
 * Limits            one budget; what does not fit is dropped and counted, and facts it touches are flagged
 * Not here          what facts mean (rules/); what connections cost (audit.h)
 *
 * Everything is a pure function of the multiset of records: no arrival order, no hash order, no clock reaches a fact.
 */

#include "behavior/audit.h"
#include "behavior/counts.h"
#include "behavior/visit.h"

/* clang-format off */
/*
 * Whom facts are of; they have the same names for all. A pair is a client with one service (address and port), a
 * sub-stream one of the programs behind an address; a destination is a service with all its clients, a fleet are sources
 * that share stack and rhythm.
 */
#define SYC_SUBJECT_LIST(X) \
    X(SOURCE, "source") \
    X(PAIR, "pair") \
    X(SUBSTREAM, "substream") \
    X(DESTINATION, "destination") \
    X(FLEET, "fleet")
/* clang-format on */
enum syc_subject_kind {
#define X(id, name) SYC_SUBJECT_##id,
    SYC_SUBJECT_LIST(X)
#undef X
        SYC_SUBJECT_COUNT
};

/* The kind as events and rules write it; static. */
const char *syc_subject_name(enum syc_subject_kind kind);

/* Connections named in a verdict, for a person to look up. */
enum { SYC_EXAMPLES_MAX = 8 };

/* Addresses of a fleet named in a verdict. */
enum { SYC_MEMBERS_MAX = 8 };

/*
 * One subject and its facts. values has one entry for each field of syc_source_schema; they may be promises, so they are
 * read by syc_value_made().
 */
struct syc_subject {
    enum syc_subject_kind kind;
    uint8_t ip_v;
    /* Destination: the client with most of its unfinished connections. Fleet: its first member. */
    uint8_t source[16];
    uint8_t dest[16];        /* pair, destination: server address and port */
    uint16_t dest_port;      /* also of a sub-stream */
    int64_t part;            /* sub-stream: its number among those of the source, from 1 */
    const char *fingerprint; /* sub-stream: what its connections have in common; fleet: the tcpfp */
    int64_t source_count;    /* destination, fleet: addresses; of a fleet's the first are here */
    uint8_t members[SYC_MEMBERS_MAX][16];
    int64_t window_start_us, window_end_us; /* first start, last end, since 1970 */
    int64_t conn_count;
    uint32_t degraded; /* union of its records' bits, plus the cadence's own losses */
    int64_t flow_ids[SYC_EXAMPLES_MAX]; /* the first connections in canonical order */
    size_t flow_id_count;
    const struct syc_value *values;
};

/* Its values, all made: for who wants to read every one. */
const struct syc_value *syc_subject_values(const struct syc_subject *s);

/* The facts of a source or pair (Sigma category "source"); names as in the spec of the `source` event. */
extern const struct syc_schema syc_source_schema;

/*
 * The facts of one connection (Sigma category "connection"), by the names of its event: made, not static, because the
 * record's own tables say what there is. The caller's to syc_free(); NULL when memory is short.
 */
struct syc_schema *syc_connection_schema_new(void);

/* One connection's values; what they point to is in the row, the record or the signatures. */
enum { SYC_CONNECTION_FIELDS_MAX = 256 };
struct syc_connection_row {
    struct syc_value values[SYC_CONNECTION_FIELDS_MAX];
    const char *words[SYC_DEGRADED_COUNT];
    struct syc_match match;
    bool matched;
};

/* Fill the fields that are asked for; the others are left as they are. signatures may be NULL. */
void syc_connection_row_fill(struct syc_connection_row *row, const struct syc_record *r,
                             const struct syc_signatures *signatures, const uint16_t *fields,
                             size_t count);

struct syc_cadence;

/*
 * An empty cadence. signatures (borrowed; may be NULL) name the stacks of SYNs; budget_octets bounds memory.
 * NULL when memory is short.
 */
struct syc_cadence *syc_cadence_new(const struct syc_signatures *signatures, size_t budget_octets);
void syc_cadence_free(struct syc_cadence *c);

/* Other signatures (borrowed) from here on. Matches made before stay, and point into those they were made with. */
void syc_cadence_use(struct syc_cadence *c, const struct syc_signatures *signatures);

/* Take in one record (whole, or a part: parts of one connection may come in any order). Copies what it needs. */
void syc_cadence_feed(struct syc_cadence *c, const struct syc_record *r);

/*
 * The same of a lone SYN, in a tenth of the time.
 *
 * returns  false: not taken, and the next call must be syc_cadence_feed() with its record
 */
bool syc_cadence_feed_lone(struct syc_cadence *c, const struct syc_lone *l) SYC_MUST_CHECK;

/* A lone SYN of this client will come a few calls later: asks the cache for what is known of it. Changes nothing. */
void syc_cadence_expect(const struct syc_cadence *c, const uint8_t client[16], uint8_t ip_v);

/*
 * Visit every source, by address (version 4 first), but those of whom one unanswered SYN is all that is known: nothing
 * can be said of them (syc_cadence_stats counts them). More records may follow, and another visit: each tells what a new
 * cadence with the same records would.
 *
 * returns  SYC_OK or SYC_NO_MEMORY, of which nobody is visited
 * cost     sorts each source's events once: O(n log n)
 */
enum syc_status syc_cadence_finish(struct syc_cadence *c,
                                   void (*visit)(void *user, struct syc_visit *v),
                                   void *user) SYC_MUST_CHECK;

/*
 * The same of those sources alone of which a record came since they were last visited, by either.
 *
 * cost  a pass over all sources, one over all marks, and the facts of those visited
 */
enum syc_status syc_cadence_news(struct syc_cadence *c,
                                 void (*visit)(void *user, struct syc_visit *v),
                                 void *user) SYC_MUST_CHECK;

/*
 * Visit the services that many clients left unfinished, then the fleets. Right after syc_cadence_finish(), which has them
 * all.
 *
 * visit    s is valid for the call
 * returns  SYC_OK or SYC_NO_MEMORY
 */
enum syc_status syc_cadence_groups(struct syc_cadence *c,
                                   void (*visit)(void *user, const struct syc_subject *s),
                                   void *user) SYC_MUST_CHECK;

/*
 * If less than a quarter of the budget is left: forget connections that ended longest ago, whole and with nothing flagged by
 * it, until about half is; where what cannot be forgotten (counts, stacks, agents) takes that half, half of the rest. Facts
 * are then what a new cadence would tell of the records that are kept, but that of a connection that goes on the bursts of
 * its old parts go first, and it is forgotten itself only when nothing else is left. Sources of one SYN stay counted.
 *
 * Not between syc_cadence_finish() and syc_cadence_groups().
 *
 * returns  how many connections were forgotten
 * cost     some passes over all that is kept, when it is due. Memory: 8 KiB of stack, and at most half of the table of
 *          sources, within the budget
 */
uint64_t syc_cadence_make_room(struct syc_cadence *c);

/* Counts so far: cheap. */
void syc_cadence_stats(const struct syc_cadence *c, struct syc_cadence_stats *out);

/* Sources of one SYN, so far. cost: a pass over 64 Ki counters and over those kept; those of version 6 are sorted */
void syc_cadence_once(struct syc_cadence *c, struct syc_once *out);

#endif
