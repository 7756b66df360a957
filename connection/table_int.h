#ifndef SYC_TABLE_INT_H
#define SYC_TABLE_INT_H

/*
 * Purpose           the table's own parts: index, pool and queues of connections, half-open SYNs
 * Input and output  a tuple's hash leads to a reference; a reference to a connection or a half-open slot
 * Ownership         everything belongs to struct syc_table
 * Limits            2^31 - 1 connections and as many half-open slots; budgets end it before
 * Not here          what a segment does to a connection (connection_int.h)
 *
 *     slots:  | tag | ref |      8 octets each, open addressing; tag is the keyed hash, ref says where:
 *                     |---> pool:  struct conn in chunks that never move
 *                     |---> cold:  struct cold, closed a while ago and packed; in order of packing
 *                     '---> half:  struct half_open, a ring in order of arrival; the oldest gives way
 */

#include "connection/connection_int.h"

#include <stddef.h>

/* 8 octets: eight to a cache line, so a probe seldom leaves the line that the batch has asked for. */
struct slot {
    uint32_t tag;
    uint32_t ref; /* 0 = free; REF_HALF: half-open slot, REF_COLD: packed, else connection number */
};

/*
 * The two upper bits say which store a reference is of: one index serves all three, so a tuple has
 * one place to be found.
 */
#define REF_HALF 0x80000000U
#define REF_COLD 0x40000000U

/*
 * Load at most 1/2 (index_reserve). The connections that speak are the young ones, which linear
 * probing puts at the ends of its runs: a look-up took 0.97 steps behind its home at a load of 5/8
 * and takes 0.64 (callgrind, mixed capture, 400,000 packets).
 */
struct index {
    struct slot *slots;
    uint32_t count; /* power of two */
    uint32_t used;
};

/* An empty index; false when memory is short. */
bool index_init(struct index *x);
/* Twice the slots; false when memory is short and all but one are taken. */
bool index_grow(struct index *x);
/* Room for one more at a load of at most 1/2; false when memory is short. */
static inline bool
index_reserve(struct index *x)
{
    return (uint64_t)(x->used + 1) * 2 <= x->count || index_grow(x);
}
/* After index_reserve() only: there must be a free slot. cost: one probe sequence, no allocation. */
void index_add(struct index *x, uint32_t tag, uint32_t ref);
/* Take out an entry that is there; others may move back, so positions of slots do not survive it. */
void index_remove(struct index *x, uint32_t tag, uint32_t ref);
/* Point the entry of one reference to another: same tuple, same place. */
void index_move(struct index *x, uint32_t tag, uint32_t from, uint32_t to);

/* Connections by age: of creation (open) or of their close (closed). 0 = none. */
struct queue {
    uint32_t oldest, newest;
};

/* Connections an allocation: some 17 KiB. */
enum { POOL_CHUNK = 16, LINE = 64 };

struct pool_chunk {
    struct conn *conns; /* POOL_CHUNK of them, from the first cache line within octets */
    void *octets;
};

/* Places of connections; live counts those given out, chunks are kept until the end. */
struct pool {
    struct pool_chunk *chunks;
    uint32_t chunk_count, chunk_room;
    uint32_t free; /* list through conn.newer */
    uint32_t live;
};

enum {
    /* References count in units, so 30 bits reach 16 GiB; also what struct cold is aligned to. */
    COLD_UNIT = 16,
    /*
     * All words of a connection. Those before COLD_FIRST stand in struct cold; those before
     * COLD_ALWAYS differ from a blank one in nearly every connection, and are always kept.
     */
    COLD_WORDS = sizeof(struct conn) / sizeof(uint64_t),
    COLD_FIRST = offsetof(struct conn, client_port) / sizeof(uint64_t),
    COLD_ALWAYS = offsetof(struct conn, ends) / sizeof(uint64_t),
};
_Static_assert((COLD_ALWAYS - COLD_FIRST) % 2 == 0, "read and written two by two");
_Static_assert(COLD_WORDS - COLD_ALWAYS <= 64, "one bit of struct cold.present a word");

/*
 * A connection that closed a while ago, packed: this head, its log, then the words of struct conn that differ from a
 * connection that has seen nothing (see cold.c). Nothing is lost: unpacked, it is what it was.
 *
 * Sizes, of the 75,313 that the mixed capture of 3 million packets packs (summed in pack()): 501 octets on average
 * where struct conn has 1,088; 128 for a refused one.
 */
struct cold {
    uint32_t size; /* of the whole, in COLD_UNITs */
    uint32_t tag;
    uint8_t client[16], server[16];
    uint16_t client_port, server_port, path_id;
    uint8_t ip_v;
    uint8_t state; /* enum cold_state */
    int64_t start_us, closed_us;
    uint32_t isn;
    uint16_t log_octets;
    bool has_isn;
    bool refused;     /* behind this head stands a struct refused, and no log and no words */
    uint64_t present; /* bit n: word COLD_ALWAYS + n of the connection is kept */
};

/*
 * A SYN and the RST that answered it: all that the stages need to see them again. Half of a scan's
 * connections are this, in a fifth of the octets that their words would take.
 */
struct refused {
    int64_t rst_us;
    uint32_t syn_id, ts_val, id_or_label; /* as in struct half_open */
    uint32_t seq, ack, ip_octets;         /* of the RST, and the rest of it */
    uint32_t flow_label;
    uint16_t flags, window, ip_id;
    uint8_t ttl;
};

enum cold_state { COLD_DEAD, COLD_LIVE, COLD_HELD /* may not be evicted just now */ };

/*
 * Chunks of packed connections, from the oldest to the newest; numbers count from 1, 0 = none. The
 * list goes by number and not by pointer, as a reference has to lead to its chunk.
 */
struct cold_place {
    struct cold_chunk *chunk; /* NULL = the number is free */
    uint32_t next;            /* newer one; of a free number the next free one */
};
struct cold_store {
    struct cold_place *places;
    uint32_t count, room;
    uint32_t free, oldest, newest;
    uint32_t live;
};

/*
 * Half-open SYNs in order of arrival: positions [begin, begin + count) of a ring; freed ones leave
 * holes (half_open.c).
 */
struct half_ring {
    struct half_open *slots;
    uint32_t room, room_max;
    uint32_t begin, count; /* positions in use, holes included */
    uint32_t live, peak;
    uint64_t evicted;
};

/*
 * Where the nth of the positions in use is. begin and nth are both at most room, so one subtraction
 * wraps; no division in a path that a flood takes for each SYN.
 */
static inline uint32_t
half_position(const struct half_ring *r, uint32_t nth)
{
    uint32_t at = r->begin + nth;

    return at >= r->room ? at - r->room : at;
}

/*
 * Everything that hangs on one table. Nothing of it is shared, so two tables may run in two
 * threads.
 */
struct syc_table {
    struct syc_table_config config;
    struct syc_table_sink sink;
    struct syc_hash_line line; /* multipliers of config.key */
    struct index index;
    struct pool pool;
    struct half_ring half;
    struct cold_store cold;
    struct queue open, closed;
    struct intern intern;
    struct store store;
    struct lists lists;
    struct conn blank;   /* a connection that has seen nothing: copied, not computed */
    struct conn scratch; /* half-open SYNs pass through it on their way to a record */
    uint64_t begun, evicted, gave_way, stray_rst, copies, denied, undescribed;
    uint64_t peak;   /* most connections at a time, packed ones included */
    int64_t rest_us; /* a connection rests this long after its close; tests set it to 0 */
    size_t
        whole_octets; /* nothing is packed while less of the budget is taken (table_rest); likewise */
    uint32_t rested;     /* youngest of the closed that rests unpacked; those before it do, too */
    int64_t rest_due_us; /* when table_rest() next has something to do */
    bool long_way;       /* for tests: no segment takes the short way of feed.c */
    uint64_t packed;     /* how often a connection was */
    int64_t now_us;      /* newest segment */
};

static inline struct conn *
pool_get(const struct pool *p, uint32_t number)
{
    return &p->chunks[(number - 1) / POOL_CHUNK].conns[(number - 1) % POOL_CHUNK];
}

/* To be called when there is one more connection, in the pool or packed. */
static inline void
table_note_peak(struct syc_table *t)
{
    uint64_t live = (uint64_t)t->pool.live + t->cold.live;

    t->peak = live > t->peak ? live : t->peak;
}

/* A connection of the pool, unset but for its number; NULL when the budget or memory is gone. */
struct conn *pool_take(struct syc_table *t);
/* Back to the free list, with its log and trouble; the caller has taken it out of index and queue. */
void pool_give(struct syc_table *t, struct conn *c);
/* All chunks, whatever is still in them. */
void pool_fini(struct pool *p);

/* To the young end of a queue, and out of it. A connection is in exactly one queue. cost: a few stores. */
void queue_append(struct syc_table *t, struct queue *q, struct conn *c);
void queue_remove(struct syc_table *t, struct queue *q, struct conn *c);

/* cold.c */
/* Pack a closed connection and give its place in the pool back; false (and nothing done) when there is no room. */
bool cold_put(struct syc_table *t, struct conn *c);
/*
 * A half-open SYN and the plain RST s that answered it, at rst_us, packed without a place in the
 * pool; the slot is given back, the index entry moved. False (and nothing done) when there is no
 * room.
 */
bool cold_put_refused(struct syc_table *t, uint32_t half, uint32_t tag, const struct syc_segment *s,
                      int64_t rst_us);
/* The packed connection of a reference; it stays where it is until dropped. */
struct cold *cold_get(const struct syc_table *t, uint32_t ref);
/* Its tuple, without unpacking. */
void cold_key(const struct syc_table *t, const struct cold *h, struct syc_key *out);
/* The connection as it was. Its log stays borrowed from the packed one: valid until cold_drop(). */
void cold_unpack(struct syc_table *t, const struct cold *h, struct conn *out);
/* Back into the pool, in the same index slot, among the closed; NULL when there is no room for it. */
struct conn *cold_thaw(struct syc_table *t, uint32_t ref);
/* Forget it; its index slot is the caller's to empty. Its octets stay valid until the next of the two calls below. */
void cold_drop(struct syc_table *t, uint32_t ref);
/* Of the oldest chunks those in which all are dropped go back to the system. cost: a comparison, if there is none. */
void cold_give_back(struct syc_table *t);
/* The one packed longest ago and its reference, or NULL. */
struct cold *cold_oldest(struct syc_table *t, uint32_t *ref);
/* Visit all that are not dropped, in order of packing; visit may drop what it is shown. */
void cold_each(const struct syc_table *t, void (*visit)(void *user, uint32_t ref, struct cold *h),
               void *user);
/* All chunks go; none may hold a live one. */
void cold_clear(struct syc_table *t);

/* half_open.c */
/* A free slot at the young end, or NULL when there is no memory at all; may evict the oldest. */
struct half_open *half_take(struct syc_table *t);
/* Frees the slot; its index entry is the caller's to remove or to point elsewhere. */
void half_give(struct syc_table *t, struct half_open *h);
/* Reference of a slot and back; both end with the next half_take(), which may move slots. */
uint32_t half_ref(const struct syc_table *t, const struct half_open *h);
struct half_open *half_get(const struct syc_table *t, uint32_t ref);
/* The SYN as the segment it was, for the stages; options and payload are not there. */
void half_segment(const struct syc_table *t, const struct half_open *h, struct syc_segment *out);
/* It leaves soon: who takes lone SYNs may ask for what he needs. */
static inline void
half_expect(const struct syc_table *t, const struct half_open *h)
{
    if (t->sink.soon != NULL) {
        t->sink.soon(t->sink.user, h->client, h->ip_v);
    }
}
/* The tuple with its path, as a record has it. */
void half_key(const struct syc_table *t, const struct half_open *h, struct syc_key *out);

/* feed.c */
/*
 * The keyed hash of the tuple, the same for both directions. cost: one line hash of 16 or 40
 * octets.
 */
uint32_t table_tag(const struct syc_table *t, const struct syc_segment *s, uint16_t path_id);
/* The same of a SYN that waits. */
uint32_t half_tag(const struct syc_table *t, const struct half_open *h);
/* Reference of the segment's tuple, or 0; *dir is set when there is one. cost: one probe sequence. */
uint32_t table_find(const struct syc_table *t, const struct syc_segment *s, uint16_t path_id,
                    uint32_t tag, int *dir);

/* table.c */
/* A segment of the tuple of c, which is in the pool, at `now`: it goes on, or is over and another one begins. */
void table_known(struct syc_table *t, struct conn *c, const struct syc_segment *s, int dir,
                 uint32_t tag, int64_t now);
/* A segment of any tuple: half-open, packed, in the pool or new. */
void table_segment(struct syc_table *t, const struct syc_segment *s, uint16_t path_id, uint32_t tag,
                   int64_t now);
/* Live only: the present part of the record has lasted its interval, and no exchange is open. */
bool table_part_is_old(const struct syc_table *t, const struct conn *c, int64_t at);
/* Set c up from its first segment (client, path, base, Zeek's originator). */
void table_begin(struct syc_table *t, struct conn *c, const struct syc_segment *s,
                 uint16_t path_id);
/* Pass one segment through the stages; us is its time. */
void table_follow(struct syc_table *t, struct conn *c, const struct syc_segment *s, int dir,
                  int64_t us);
/* A place in the pool, at the cost of another connection if need be; NULL when there is no memory at all. */
struct conn *table_take(struct syc_table *t);
/* c takes the place of a half-open SYN: it has seen the SYN. */
void table_replay(struct syc_table *t, struct conn *c, const struct half_open *h);

/*
 * Segments later than this after the close change neither state nor history (Zeek's
 * tcp_close_delay, 5 s). They still restart TIME-WAIT and are counted; without the limit a
 * keep-alive an hour later would rewrite SF.
 */
enum { LATE_US = 5 * 1000000 };

/* table_end.c */
/* Make the record and hand it on; the second and third also give back what they stood for, but not the index slot. */
void table_write(struct syc_table *t, struct conn *c, enum syc_reason reason, uint32_t degraded);
void table_write_cold(struct syc_table *t, uint32_t ref, enum syc_reason reason, uint32_t degraded);
void table_write_half(struct syc_table *t, const struct half_open *h, enum syc_reason reason,
                      uint32_t degraded);
/* Let rest what closed a while ago: no head is waited for, and it may be packed. To be called once now_us has reached rest_due_us. */
void table_rest(struct syc_table *t);
/* No place is free: pack the one that rests longest, if there is one and a quarter of the budget is taken. */
void table_pack_one(struct syc_table *t);
/* When c, which has closed, rests: from then on it is nothing but a tuple that waits for stragglers. */
static inline int64_t
table_rests_us(const struct syc_table *t, const struct conn *c)
{
    return c->start_us + c->closed_at + t->rest_us;
}
/* c was put among the closed: rest_due_us must not come later than its turn. */
static inline void
table_due(struct syc_table *t, const struct conn *c)
{
    int64_t due = c->queued_us + t->rest_us; /* table_rests_us() or later */

    t->rest_due_us = due < t->rest_due_us ? due : t->rest_due_us;
}
/*
 * What closed a while ago gives way before the budget is all taken: logs of open connections grow, and one that found no
 * room would lose exchanges for the sake of tuples that wait for stragglers. cost: a comparison; under pressure some 32
 * records.
 */
void table_keep_slack(struct syc_table *t);
/* Write the record and take the connection out of the table. */
void table_end(struct syc_table *t, struct conn *c, enum syc_reason reason);
/* The same for a packed one, without bringing it back. */
void table_end_cold(struct syc_table *t, uint32_t ref, enum syc_reason reason);
/* A half-open SYN leaves: out of the index, written, its slot given back. */
void table_end_half(struct syc_table *t, struct half_open *h, enum syc_reason reason);
/* Make room: the connection idle longest after its close, else the one idle longest. False when there is none. */
bool table_evict(struct syc_table *t);
/* Write what happened since the last part and begin the next one; never inside an exchange. */
void table_write_part(struct syc_table *t, struct conn *c);

#endif
