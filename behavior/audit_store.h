#ifndef SYC_BEHAVIOR_AUDIT_STORE_H
#define SYC_BEHAVIOR_AUDIT_STORE_H

/*
 * Purpose           the records of an audit, packed; which hosts and pairs they are of
 * Input and output  records in, in any order; hosts and pairs in canonical order, and the lives of one pair, out
 * Ownership         the store owns all of it; a loaded pair is valid until the next is loaded
 * Limits            one budget, in which the work of finishing is taken account of as records come: once it is used up,
 *                   records are dropped and counted
 * Not here          what the lives cost (audit_time_wait.c, audit_ports.c, ...)
 */

#include "behavior/audit_int.h"
#include "behavior/audit_pack.h"
#include "behavior/stacks.h"

/* Operating systems as far as 2MSL and port ranges differ (2.1.6, 2.2.1). */
enum audit_stack {
    STACK_UNKNOWN,
    STACK_LINUX,
    STACK_WINDOWS,
    STACK_WINDOWS_OLD, /* before Vista */
    STACK_APPLE,
    STACK_FREEBSD,
    STACK_SOLARIS,
    STACK_COUNT
};

struct audit_host {
    uint8_t addr[16];
    uint32_t votes[STACK_COUNT]; /* connections whose SYN or SYN+ACK looked like it */
    /* After audit_store_sort(): its place in canonical order, and among those that held a socket (else STORE_NONE). */
    uint32_t rank, seat;
    uint8_t ip_v;
    bool held; /* it may have held a socket: it sent something */
};

/* Octets that finishing takes for each of those besides its row (audit_hosts.c). */
enum { AUDIT_HOST_WORK = 112 };

struct audit_pair {
    uint64_t newest;         /* where its last record is, plus 1 */
    uint64_t list_octets;    /* of its exchanges and flights, once they are unpacked */
    uint32_t client, server; /* hosts */
    uint32_t records;
    uint32_t leg_min[2]; /* smallest of the handshakes, microseconds; UINT32_MAX = none */
    uint16_t server_port;
};

/* A pair in canonical order: by client, server and port. */
struct pair_place {
    uint64_t hosts; /* ranks of client and server */
    uint32_t index;
    uint16_t port;
};

struct chunk {
    uint8_t *octets;
    uint32_t size, used;
};

/* A table of indexes by hash; growing arrays of hosts and pairs stand behind two of them. */
struct slots {
    uint32_t *v; /* STORE_NONE = empty */
    size_t count;
};

struct audit_store {
    struct store room; /* its budget and hash key: nothing else of it is used */
    struct stacks stacks;
    const struct syc_signatures *signatures;
    struct chunk *chunks;
    size_t chunk_count, chunk_room;
    struct audit_host *hosts;
    struct audit_pair *pairs;
    uint32_t host_count, host_room, pair_count, pair_room;
    struct audit_host *
        *seats; /* hosts that held a socket, in canonical order; after audit_store_sort() */
    uint32_t seat_count;
    struct slots host_slots, pair_slots;
    struct pair_place *order; /* canonical; after audit_store_sort() */
    uint32_t most;            /* records of the largest pair: the work room holds them */
    size_t lists_most;        /* and the largest lists of a pair, as far as they are kept */
    uint8_t *scratch;
    size_t scratch_octets;
    int64_t base;               /* some record's start: packed ones are told from it */
    int64_t start_min, end_max; /* of all records; SYC_NONE without any */
    uint64_t dropped;
};

/* Empty, bounded by the budget; signatures (borrowed, NULL = none) name stacks. Takes no memory yet. */
void audit_store_init(struct audit_store *s, size_t budget_octets,
                      const struct syc_signatures *signatures);
/* Free everything. */
void audit_store_fini(struct audit_store *s);

/* Take in one record. cost: two look-ups and one pass over its numbers */
void audit_store_feed(struct audit_store *s, const struct syc_record *r);

/* Put pairs in canonical order, and give hosts their ranks in it. False = no memory. */
bool audit_store_sort(struct audit_store *s) SYC_MUST_CHECK;

/* ---- audit_store_index.c ---- */

/* An array of room objects becomes one of audit_store_doubled(room), within the budget; NULL leaves it as it was. */
void *audit_store_grow(struct audit_store *s, void *old, size_t room, size_t size);
static inline size_t
audit_store_doubled(size_t room)
{
    enum { FIRST_ROOM = 16 };
    return room > 0 ? room * 2 : FIRST_ROOM;
}

/* The pair of a record, made if need be; STORE_NONE when there is no room. */
uint32_t audit_store_pair(struct audit_store *s, const struct syc_key *key);

/* ---- audit_store_read.c ---- */

/* The pair of these hosts and port, or STORE_NONE. */
uint32_t audit_store_find(const struct audit_store *s, uint32_t client, uint32_t server,
                          uint16_t port);

/* One record of a pair, found but not read. */
struct entry {
    int64_t start;
    uint64_t at;
    uint64_t isn : 33;  /* plus 1; 0 = its SYN was not seen */
    uint64_t part : 15; /* 0 = whole */
    uint64_t port : 16;
};
_Static_assert(sizeof(struct entry) == 24, "24 octets a record of the pair at hand");
enum { AUDIT_PARTS_MOST = (1 << 15) - 1, AUDIT_CHUNK_OCTETS = 65536 };

/* Where a position is: the number of a chunk, and sixteen bits within it. */
static inline const uint8_t *
audit_octets_at(const struct audit_store *s, uint64_t at)
{
    return s->chunks[at / AUDIT_CHUNK_OCTETS].octets + at % AUDIT_CHUNK_OCTETS;
}

/* The records of one connection: entries [first, first + count). */
struct group {
    uint32_t first, count;
};

/* A pair's records in order; memory is the caller's arena. */
struct groups {
    struct entry *entries;
    struct group *list; /* by (start, port, isn) */
    size_t count;
};

/*
 * Find the records of a pair and put them in order; records that came twice count once.
 *
 * returns  false when memory is short
 */
bool audit_store_load(const struct audit_store *s, uint32_t pair, struct syc_arena *arena,
                      struct groups *out) SYC_MUST_CHECK;

/*
 * Read one record of a pair.
 *
 * r      numbers, TIME_WAIT times and SYN times; signatures of the store
 * lists  where its exchanges and flights are, for audit_unpack_lists()
 */
const uint8_t *audit_store_read(const struct audit_store *s, uint32_t pair, const struct entry *e,
                                struct syc_record *r, struct packed_lists *lists);

/* Most connections of a pair whose lives are kept at once, octets of their lists, and most pairs that get a row. */
size_t audit_store_lives_most(const struct audit_store *s);
size_t audit_store_lists_most(const struct audit_store *s);
size_t audit_store_rows_most(const struct audit_store *s);

#endif
