#ifndef SYC_BEHAVIOR_SINGLES_H
#define SYC_BEHAVIOR_SINGLES_H

/*
 * Purpose           sources of which one unanswered SYN is all that is known: a flood's, a darknet's
 * Input and output  their marks in; the mark again when a source does more, counts and examples at the end
 * Ownership         part of the store, in its budget
 * Limits            SINGLES_SHARE of the budget; the oldest give way, to each other and to all else, counted
 * Not here          the table that finds a source by its address (store.c), what is said of a flooded service (services.c)
 */

#include "behavior/crowd.h"
#include "connection/connection.h"

struct store;
struct mark;

enum {
    SINGLES_SHARE =
        8, /* of the budget, one part in so many; their slots in the table of sources come on top */
    SINGLES_CHUNK = 64, /* singles an allocation */
    SINGLES_KINDS =
        4096, /* more kinds of SYN than a network has; what comes then gives way at once */
    SINGLES_PREFIXES = 1 << 16, /* of version 4 a counter for each /16 */
    SINGLES_WIDE = 4,           /* octets of a prefix of version 6 */
    /* Kinds 0 and 1, of version 4 and 6: of SYNs for whose own kind there was no room. */
    SINGLES_REST = 2,
    SINGLES_NO_KIND = (1 << 28) - 1,
};

/*
 * One of them, in a cache line: what differs between SYNs of one kind. name: the flow id, or, with SINGLE_ISN set, the
 * initial sequence number of a connection without a path, of which the flow id is made when it is asked for: a hash of 75
 * octets for each SYN of a flood would be a fifth of its cost.
 */
struct single {
    uint8_t addr[16], dest[16];
    int64_t start_us;
    uint64_t name;
    uint32_t ts_val;
    uint32_t kind : 28; /* SINGLES_NO_KIND: there was no room for it */
    uint32_t ip_v : 4;
    uint16_t source_port, dest_port, ip_id;
    uint16_t live; /* 0: it gave way, or became a source */
};
_Static_assert(sizeof(struct single) == 64, "a cache line");

#define SINGLE_ISN (UINT64_C(1) << 63)

struct single_kind;

/*
 * A ring in order of arrival: positions [begin, begin + count) are in use, holes included; chunks stand only where these
 * are.
 */
struct singles {
    struct single **chunks;
    uint32_t room;         /* positions */
    uint32_t begin, count; /* of these in use */
    uint32_t live;
    struct single_kind *kinds;
    uint16_t *kind_slots;
    uint32_t kind_count, kind_room;
    uint64_t evicted;
    uint64_t forgotten; /* by age (syc_singles_forget) */
    bool names_untold;  /* gone_names lacks some that gave way or were forgotten */
    uint32_t *prefixes; /* NULL: the budget is too small for them */
    struct crowd *wide; /* prefixes of version 6 of those that gave way; made when there are any */
    struct crowd *gone; /* services of those that gave way, likewise */
    struct single *gone_last; /* the last of each of its places */
    uint8_t *gone_names;      /* registers over all that gave way */
    bool gone_untold;         /* there was no memory for them */
};

/* Within the store's budget; false when memory is short. */
bool syc_singles_init(struct store *s) SYC_MUST_CHECK;
void syc_singles_fini(struct store *s);

/* A kind of its own, of which the mark can be made again; false for the rest, which give way at once. */
bool syc_singles_know(uint32_t kind);

/* Is a record with this mark all that may be known of a single? */
bool syc_singles_fit(const struct mark *m);

/* The single of a mark, but for its kind: SINGLES_NO_KIND when there is no room for another one. */
struct single syc_single_of(struct store *s, const uint8_t addr[16], const struct mark *m);

/*
 * Count, and keep, a single whose address the store does not have.
 *
 * keep     the store has a slot for it
 * returns  its position, or STORE_NONE: it gave way at once, counted
 * cost     a cache line; when the share is used up, forgetting the oldest
 */
uint32_t syc_singles_add(struct store *s, const struct single *one, bool keep);

/* One of this address will be added soon: asks the cache for what counts it. */
void syc_singles_expect(const struct singles *q, const uint8_t addr[16], uint8_t ip_v);

/* It becomes a source: its mark but for first and source, and its position is free. The slot is the caller's to empty. */
void syc_singles_take(struct store *s, uint32_t position, struct mark *out);

/* The oldest give way to others; false when there are none. Memory goes back to the budget. */
bool syc_singles_yield(struct store *s);

/*
 * Those that began before before_us are forgotten, and of the services of those that gave way the ones to which nobody came
 * since. No loss: they stay counted among those of their prefix, kind and name, as do those that gave way, so that what is
 * told of all together (once.h) is of the whole run. Returns how many.
 */
uint64_t syc_singles_forget(struct store *s, int64_t before_us);

/* The mark that it stands for, but for first and source. */
void syc_single_mark(const struct store *s, const struct single *one, struct mark *out);

/* Its flow id; a hash when it has to be made. */
int64_t syc_single_flow_id(const struct single *one);

/* Of a kind, 0 to kind_count - 1: its stack, and how many singles there were that did not become sources. */
uint32_t syc_singles_stack(const struct singles *q, uint32_t kind);
uint64_t syc_singles_of_kind(const struct singles *q, uint32_t kind);

/* Visit those that are kept, from the oldest. */
static inline struct single *
single_at(const struct singles *q, uint32_t position)
{
    return &q->chunks[position / SINGLES_CHUNK][position % SINGLES_CHUNK];
}

static inline uint32_t
single_position(const struct singles *q, uint32_t nth)
{
    uint32_t at = q->begin + nth;

    return at >= q->room ? at - q->room : at;
}

#endif
