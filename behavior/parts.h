#ifndef SYC_BEHAVIOR_PARTS_H
#define SYC_BEHAVIOR_PARTS_H

/*
 * Purpose           connections that come in parts (spec/record.md), in any order, between parts of others
 * Input and output  part records in; one mark a connection and one a part (for its bursts) in the store
 * Ownership         parts that wait for an earlier one are copied, without what marks do not need
 * Limits            the store's budget; a part that finds no room is dropped and counted. A part that was seen
 *                   already
 *                   (same flow_id, same number) is passed over
 * Not here          how two parts combine (connection/record.c)
 */

#include "behavior/mark.h"

struct group;

/* Groups by flow id: open addressing, keyed by the store's hash; all of it counted by the store. */
struct parts {
    struct store *store;
    struct group **slots;
    size_t slot_count, group_count;
};

/* Empty; memory comes from the store. fini gives all of it back. */
void syc_parts_init(struct parts *p, struct store *store);
void syc_parts_fini(struct parts *p);

/* Take in one part; stack, agent: indexes of its SYN signature and of its program, or STORE_NONE. */
void syc_parts_feed(struct parts *p, const struct syc_record *r, uint32_t stack, uint32_t agent);

/*
 * Fill the marks of connections whose last part has not come, from the parts that are there; more may follow after.
 *
 * returns  SYC_OK or SYC_NO_MEMORY
 * cost     joins those of which a part came since the last time; looks at all
 */
enum syc_status syc_parts_settle(struct parts *p) SYC_MUST_CHECK;

#endif
