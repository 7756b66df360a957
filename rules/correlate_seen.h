#ifndef SYC_CORRELATE_SEEN_H
#define SYC_CORRELATE_SEEN_H

/*
 * Purpose           what fired, as evidence about subjects: one entry for each rule and source, or pair
 * Input and output  what a watch tells, with the tags of connections, in; for a rule and a subject, what was seen of it
 * Ownership         the table owns its entries, an entry the texts of its values
 * Limits            a budget of its own; when it is full, what is older than before_us gives way, the one that was silent for
 *                   longest first; what finds no room even so is counted
 * Not here          events and their order (correlate.c)
 */

#include "rules/correlate.h"

/* What the watch gives back with an event: whose connection it was. */
struct tag {
    int64_t flow_id;
    uint8_t source[16], dest[16];
    uint16_t dest_port;
    uint8_t ip_v;
    uint8_t unused[5];
};

struct seen;

struct seen_table {
    struct syc_hash_key key; /* subjects come from the traffic */
    struct syc_budget budget;
    struct seen **slots;
    size_t count, room; /* room: a power of two */
    struct seen *oldest, *newest;
    int64_t before_us; /* entries that end before it may give way; INT64_MIN: none */
    uint64_t runs, dropped, forgotten;
};

/* Empty; takes no memory yet. What it holds stays, until before_us is set. */
void syc_seen_init(struct seen_table *t, size_t budget_octets);
void syc_seen_fini(struct seen_table *t);

/* A watch's `fired` callback; user is the table, tags are struct tag. */
void syc_seen_note(void *user, const struct syc_sigma_fired *f);

/* What the rule saw of the tag's source, or of its pair, until the next note; NULL: it did not fire there. */
const struct syc_correlated *syc_seen_find(const struct seen_table *t,
                                           const struct syc_sigma_rule *rule, const struct tag *tag,
                                           bool pair);

#endif
