#ifndef SYC_BEHAVIOR_PARTS_H
#define SYC_BEHAVIOR_PARTS_H

/*
 * Purpose           connections that come in parts (spec/record.md), in any order, between parts of others
 * Input and output  part records in; one mark a connection and one a part (for its bursts) in the store
 * Ownership         parts that wait for an earlier one are copied, without what marks do not need
 * Limits            the store's budget; a part that finds no room is dropped and counted. A part that was seen
 *                   already (same flow_id, same number) is passed over, until its connection is forgotten
 * Not here          how two parts combine (connection/record.c)
 */

#include "behavior/mark.h"

struct group;

/* Groups by flow id: open addressing, keyed by the store's hash; all of it counted by the store. */
struct parts {
    struct store *store;
    struct group **slots;
    size_t slot_count, group_count;
    size_t kept; /* copies of parts */
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

/*
 * Is this mark, which is of a connection in parts (MARK_PARTS or MARK_CONTINUES), to be forgotten with all that ended
 * before before_us? A connection whose last part came goes with all of its marks, by its own end. Of one that goes on the
 * bursts of old parts go, and its mark stays whatever its age: the next part joins it.
 *
 * all      those that go on go by their own end as well
 */
bool syc_parts_are_past(const struct parts *p, const struct mark *m, int64_t before_us, bool all);

/* Forget the connections whose marks go by this; the marks themselves are the caller's, and still there. */
void syc_parts_forget(struct parts *p, int64_t before_us, bool all);

/* The mark of a connection in parts (MARK_PARTS) stands here now. */
void syc_parts_moved(struct parts *p, struct mark *m);

/* What those that go on hold beside their marks. */
size_t syc_parts_octets(const struct parts *p);

#endif
