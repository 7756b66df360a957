#ifndef SYC_BEHAVIOR_FLEETS_H
#define SYC_BEHAVIOR_FLEETS_H

/*
 * Purpose           sources that share stack and rhythm: many machines, one program
 * Input and output  the facts of each source in, while they are there; fleets out
 * Ownership         a list within the store's budget
 * Limits            sources that find no room are counted (`dropped`) and in no fleet
 * Not here          what makes a fleet automation (rules/)
 */

#include "behavior/behavior.h"
#include "behavior/facts.h"

/* Members of a fleet, and how far their median gaps may lie apart: the largest within 5 % of the smallest. */
enum { FLEET_LEAST = 5, FLEET_PERCENT = 5 };

/* One source with a rhythm. */
struct fleet_member {
    const struct source *source;
    uint32_t print, rank; /* of its first SYN (stacks.h) */
    uint32_t conn_count;
    uint32_t degraded; /* of all its records */
    int64_t n;         /* gaps between heavy episodes */
    int64_t inside;    /* of these within 30 % of their median */
    int64_t median_us;
    int64_t start_us, end_us, flow_id;
};

struct fleets {
    struct store *store;
    struct fleet_member *list; /* as much spare room behind */
    size_t count, room;
    uint64_t dropped;
};

/* Empty; memory comes from the store. fini gives it back. */
void syc_fleets_init(struct fleets *f, struct store *store);
void syc_fleets_fini(struct fleets *f);

/* Forget all: before sources are visited. */
void syc_fleets_clear(struct fleets *f);

/* A source: its view and facts, and when it began and ended. Passed over when it has no SYN or too few heavy episodes. */
void syc_fleets_add(struct fleets *f, const struct stacks *stacks, const struct view *v,
                    const struct syc_subject *s);

/* Order the sources added: cost n log n. */
void syc_fleets_order(struct fleets *f);

/*
 * The next fleet of ordered sources from `from` on, 0 the first: list[*first] and those behind it, ordered by address
 * now. Returns how many; 0 when there is none left.
 */
size_t syc_fleets_next(struct fleets *f, size_t from, size_t *first);

/* Facts of the gaps of all members together, and of their stack: of those it has, the first by rank. */
void syc_fleets_facts(const struct fleet_member *members, size_t count, const struct stacks *stacks,
                      const struct syc_signatures *signatures, struct syc_value *row);

#endif
