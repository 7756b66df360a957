#ifndef SYC_BEHAVIOR_STORE_H
#define SYC_BEHAVIOR_STORE_H

/*
 * Purpose           what is kept of the records: a mark for each connection, an item for each client burst, by source
 * Input and output  marks in; sources, and marks that name their source, out
 * Ownership         the store owns all of it until syc_store_fini(); indexes stay valid, pointers to sources
 *                   and marks too
 * Limits            one budget for everything, the work room of finishing included; when it is used up,
 *                   sources of one
 *                   unanswered SYN give way first, then records are dropped; both are counted
 * Not here          reading records (mark.c), facts (facts_*.c)
 */

#include "behavior/singles.h"
#include "behavior/sort.h"
#include "connection/connection.h"

/* An index that points nowhere. */
enum { STORE_NONE = UINT32_MAX };

/*
 * Work room that computing facts takes, in octets: for each mark and each burst of the largest source
 * (view.h), for each
 * source (cadence.c: their order) and for each mark (view.c: by source). It is taken from the budget as the
 * store grows,
 * so that finishing never lacks it.
 */
enum {
    STORE_WORK_MARK = 108,
    STORE_WORK_BURST = 72,
    STORE_ORDER_SOURCE = 32,
    STORE_ORDER_MARK = 4
};

/*
 * What is known of a connection beside its numbers. A flag that is not set says "no" or "not
 * known"; where that matters a second flag says that it was looked at (MARK_PROTOCOL, MARK_CLOSE).
 */
enum mark_flag {
    MARK_CONTINUES = 1 << 0,   /* carries bursts of a part; not a connection of its own */
    MARK_START = 1 << 1,       /* its SYN was seen */
    MARK_ESTABLISHED = 1 << 2, /* the client completed the handshake, or sent payload */
    MARK_HALF_OPEN = 1 << 3,
    MARK_REFUSED = 1 << 4,
    MARK_UNANSWERED = 1 << 5,
    MARK_UNUSED = 1 << 6, /* established, no client payload */
    /* Payload was sent but its bursts are not known (another sensor's record). */
    MARK_NO_LOG = 1 << 7,
    MARK_PROTOCOL = 1 << 8,     /* the protocol was looked at */
    MARK_TLS = 1 << 9,          /* TLS with a first server flight */
    MARK_TLS_NEW = 1 << 10,     /* the client offered no resumption */
    MARK_TLS_RESUMED = 1 << 11, /* decided by syc_view_classify() */
    MARK_TIME_WAIT = 1 << 12,   /* the client entered TIME_WAIT */
    MARK_IDLE_CLOSE = 1 << 13,  /* idle_close_us is known */
    MARK_CLOSE = 1 << 14,       /* how it ended is known */
    MARK_PARTS = 1 << 15,       /* of a connection in parts: its group knows where it stands */
};

/* Who ended the connection, and how; NONE also when nothing ever answered. In the order of the facts. */
enum mark_end {
    MARK_END_NONE,
    MARK_END_CLIENT,
    MARK_END_SERVER,
    MARK_END_BOTH,
    MARK_END_RST_CLIENT,
    MARK_END_RST_SERVER,
    MARK_END_OPEN,
    MARK_END_COUNT
};

/* How a client repeated its SYN (reference/lifecycle 2.5). X(NAME, "word") */
#define SYC_SCHEDULE_LIST(X)                                                                       \
    X(NONE, "")                                                                                    \
    X(LINEAR_1, "linear-1")                                                                        \
    X(LINEAR_2, "linear-2")                                                                        \
    X(LINEAR_3, "linear-3")                                                                        \
    X(LINEAR_4, "linear-4")                                                                        \
    X(LINEAR_5, "linear-5")                                                                        \
    X(LINEAR_6, "linear-6")                                                                        \
    X(EXPONENTIAL_1, "exponential-1")                                                              \
    X(EXPONENTIAL_3, "exponential-3")                                                              \
    X(UNKNOWN, "unknown")

enum schedule {
#define X(name, word) SCHEDULE_##name,
    SYC_SCHEDULE_LIST(X)
#undef X
        SCHEDULE_COUNT
};

/*
 * One connection: 104 octets. What does not fit its field is held at the field's largest value. Small,
 * because there is one for each record until the end of the run: ten million take 1.04 GB.
 */
struct mark {
    int64_t start_us;
    int64_t life_us; /* start to the close, or to the last segment while it is open */
    uint64_t name;   /* its flow id, or SINGLE_ISN | isn (singles.h); syc_store_flow_id() */
    uint8_t dest[16];
    uint32_t first; /* its bursts: items [first, first + burst_count) */
    uint32_t burst_count;
    uint32_t source; /* index */
    uint32_t turns;
    uint32_t first_flight; /* octets of the server's first flight */
    uint32_t idle_close_us;
    uint32_t time_wait_lag_us; /* from start + life to entering TIME_WAIT */
    uint32_t time_wait_us;     /* how long it lasts */
    uint32_t stack;            /* index of its SYN signature, or STORE_NONE */
    uint32_t ts_val;           /* of its SYN, where has_ts */
    uint32_t agent;            /* index of the program that speaks (agents.h), or STORE_NONE */
    uint16_t opening;          /* octets of its first client burst, 0 = none */
    uint16_t run;              /* most turns without a second's pause between them */
    uint16_t dest_port, source_port;
    uint16_t syn_count;
    uint16_t flags;
    uint16_t degraded;
    uint16_t ip_id;         /* of its SYN, where has_ip_id */
    uint16_t ts_hz : 11;    /* rate of its timestamp clock; 0 = not known */
    uint16_t id_step : 3;   /* enum syc_id_step + 1; 0 = not known */
    uint16_t has_ts : 1;    /* its SYN carried a timestamp, 0 included */
    uint16_t has_ip_id : 1; /* its SYN came in IPv4 */
    uint8_t schedule : 4;
    uint8_t end : 4; /* enum mark_end */
    uint8_t dest_ip_v : 4;
    uint8_t ua_os : 4; /* enum syc_ua_os */
};

/*
 * One client address. Its marks are not chained: view.c brings them together at the end in one
 * pass.
 */
struct source {
    uint8_t addr[16];
    uint32_t begin; /* of its marks in room->by_source (view.h) */
    uint32_t mark_count, burst_count;
    uint16_t degraded;
    uint8_t ip_v;
    uint8_t news : 1; /* a record of it came since it was last visited */
    uint8_t note : 4; /* the visitor's own */
    uint8_t lost : 1; /* something of it was lost since s->losses.until_us */
};

/*
 * Objects of one size, in blocks that never move: pointers stay valid while the store grows, and
 * growing copies nothing.
 */
struct blocks {
    void **list;
    size_t count, room; /* blocks, and places in list */
    size_t size;        /* of an object */
    size_t order;       /* octets of work room that each costs when facts are computed */
    uint32_t used;      /* objects given out so far */
};

/* The whole hash stands in the slot, so growing and probing touch no source. */
struct slot {
    uint32_t hash, source; /* an index, or SINGLE_REF | a position among the singles */
};

#define SINGLE_REF 0x80000000U

/* Addresses of which something was lost, the last of them: a bucket takes four names, the newest first. */
struct lost {
    /* Half of a name each, but for its lowest bits: losses.age when it was noted. 0 = none. The other half chose the bucket. */
    uint32_t names[4];
};

/*
 * What was lost, by when: up to until_us there were so many losses, and those of before are out of the window of what is
 * kept (syc_store_forgive).
 */
struct losses {
    int64_t until_us;
    uint32_t age; /* 1 or 2 in turn */
    uint64_t dropped, evicted;
    uint64_t past_dropped, past_evicted;
};

/*
 * All that is kept, and the budget that all of it counts against (the stacks and the parts as
 * well).
 */
struct store {
    struct syc_budget budget;
    struct syc_hash_key key;
    struct syc_hash_line line; /* of key: for the look-up that every record makes */
    struct slot *slots;
    size_t slot_count;
    struct blocks sources, marks, bursts;
    struct singles singles;
    uint32_t most_marks, most_bursts; /* of any one source: what the work room must hold */
    struct lost *lost;
    size_t lost_count; /* power of two */
    struct losses losses;
    uint64_t seen, dropped; /* seen: singles as well */
};

/* Empty, bounded by the budget; false when memory is short. fini frees what is left. */
bool syc_store_init(struct store *s, size_t budget_octets) SYC_MUST_CHECK;
void syc_store_fini(struct store *s);

/*
 * Zeroed octets within the budget, or NULL; and back. The store's other users count here as well.
 *
 * octets   the same number for both; p may be NULL when it is given back
 */
void *syc_store_take(struct store *s, size_t octets);
void syc_store_give(struct store *s, void *p, size_t octets);

/*
 * Room for a mark of this client with n bursts; all zero but first, burst_count and source.
 *
 * returns  NULL when there is no room: counted, and the source flagged
 * cost     one look-up; at times a block
 */
struct mark *syc_store_add(struct store *s, const uint8_t addr[16], uint8_t ip_v, size_t n);

/* The same of a mark without bursts, which is copied but for first and source. */
void syc_store_add_mark(struct store *s, const uint8_t addr[16], uint8_t ip_v,
                        const struct mark *mark);

/*
 * A client of which nothing is known yet, with a record that syc_singles_fit(): kept as a single.
 *
 * returns  false, and nothing done, when the client is known: its mark goes to syc_store_add_mark()
 * cost     one look-up, one cache line
 */
bool syc_store_add_single(struct store *s, const struct single *one);

/* A single of this client will be added soon: asks the cache for its slot. */
void syc_store_expect(const struct store *s, const uint8_t addr[16], uint8_t ip_v);

/*
 * For singles.c alone. A single goes: its slot is free. It gave way: its address is noted among the lost, by its name, as well.
 * And one soon will.
 */
void syc_store_drop_single(struct store *s, uint32_t position);
void syc_store_forget_single(struct store *s, uint32_t position, uint64_t name);
void syc_store_expect_forget(const struct store *s, uint32_t position);

/*
 * Something of this client could not be kept: its facts will be flagged, whether it is known or
 * comes later.
 */
void syc_store_lose(struct store *s, const uint8_t addr[16], uint8_t ip_v);

/*
 * Sources that have no marks have no slots any more, and `begin` of the others is their number from now on. The table is as
 * large as they need, if there is memory for a smaller one. For forget.c, which moves the sources afterwards.
 */
void syc_store_renumber(struct store *s);

/* Only so many objects are left: give back the blocks, and the work room, of the others. */
void syc_store_keep(struct store *s, struct blocks *b, uint32_t used);

/*
 * Everything that ended before before_us is forgotten, and nothing that is kept ends behind newest_us. Losses of an earlier
 * time are forgiven: sources are flagged for what they lost in the window that is left. A loss has no time of its own, so it
 * is forgiven when the window begins behind all that was there at one of these calls after it.
 */
void syc_store_forgive(struct store *s, int64_t before_us, int64_t newest_us);

/* Eight octets of an address as a number that orders like them. */
static inline uint64_t
address_half(const uint8_t *p)
{
    return (uint64_t)syc_be32(p) << 32 | syc_be32(p + 4);
}

/* By halves: calls of memcmp() show where millions of addresses are compared. */
static inline bool
address_equal(const uint8_t *a, const uint8_t *b)
{
    return address_half(a) == address_half(b) && address_half(a + 8) == address_half(b + 8);
}

static inline void *
blocks_at(const struct blocks *b, uint32_t index)
{
    enum { SHIFT = 8, MASK = (1 << SHIFT) - 1 };
    return (char *)b->list[index >> SHIFT] + (index & MASK) * b->size;
}

static inline struct source *
source_at(const struct store *s, uint32_t index)
{
    return blocks_at(&s->sources, index);
}

static inline struct mark *
mark_at(const struct store *s, uint32_t index)
{
    return blocks_at(&s->marks, index);
}

/* The mark's flow id, made now if it was not before. */
int64_t syc_store_flow_id(const struct store *s, struct mark *m);

static inline struct item *
burst_at(const struct store *s, uint32_t index)
{
    return blocks_at(&s->bursts, index);
}

/* ---- a client burst as an item: t = its start, the rest packed so that items order and compare as wholes ---- */

struct burst {
    int64_t start_us;
    uint64_t dur_us, octets, packets, setup_packets; /* octets: without those of the set-up */
    bool joins; /* answers the handshake: it never begins an episode of its own */
};

/*
 * One client burst in the 24 octets of an item; what does not fit its field is held at the field's
 * largest value.
 */
struct item syc_burst_pack(const struct burst *b);

static inline bool
burst_joins(const struct item *i)
{
    return (i->a >> 62) != 0;
}

static inline int64_t
burst_end(const struct item *i)
{
    return i->t + (int64_t)(i->a >> 24 & ((UINT64_C(1) << 38) - 1));
}

/* Longer than the second in which packets are counted. */
static inline bool
burst_is_long(const struct item *i)
{
    return burst_end(i) - i->t > SYC_US_PER_S;
}

static inline uint64_t
burst_setup_packets(const struct item *i)
{
    return i->a & 0xffffff;
}

static inline uint64_t
burst_octets(const struct item *i)
{
    return i->b >> 24;
}

static inline uint64_t
burst_packets(const struct item *i)
{
    return i->b & 0xffffff;
}

#endif
