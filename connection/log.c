/*
 * What a connection keeps of its past, in a chain of chunks, and the pools that chunks and trouble
 * come from. When the budget is gone an entry is summed instead of listed; nothing fails.
 *
 *    struct log:   flat -> | octets of a packed connection |  (borrowed, read first)
 *                  first -> [56 octets] -> [56 octets] -> [ used | free ] <- last
 *
 *    entry:   | tag, count | 4 bits a value: its octets | octets of the values, low ones first |
 *
 * Exchanges as structs would cost 80 octets each, and a long connection has 256 of them; as
 * differences they take 15 to 25, across chunk ends. As varints they took two fewer, and 350
 * instructions to write and 350 to read where it is 170 and 170 now. An entry is written whole or
 * not at all.
 */

#include "connection/connection_int.h"

#include <endian.h>
#include <string.h>

/* From an arena, since neither chunks nor trouble ever go back to the system before the end. */
static void *
take(struct store *store, size_t size)
{
    void *p;

    if (!syc_budget_take(&store->budget, size)) {
        return NULL;
    }
    p = syc_arena_alloc(&store->arena, size);
    if (p == NULL) {
        syc_budget_give(&store->budget, size);
    }
    return p;
}

/* What was taken once stays counted, used or free: it never goes back to the system before the end. */
static struct log_chunk *
chunk_new(struct store *store)
{
    struct log_chunk *chunk = store->free_chunks;

    if (chunk == NULL) {
        return take(store, sizeof(*chunk));
    }
    store->free_chunks = chunk->next;
    chunk->next = NULL;
    return chunk;
}

void
log_free(struct store *store, struct log *log)
{
    if (log->first != NULL) {
        /* behind `last` there may be a chunk that an entry reserved and did not reach */
        struct log_chunk *end = log->last;
        while (end->next != NULL) {
            end = end->next;
        }
        end->next = store->free_chunks;
        store->free_chunks = log->first;
    }
    *log = (struct log){0};
}

/*
 * The head, and the lengths; the longest entry; room for it and for what is read and written behind
 * its end, since numbers are moved as whole words.
 */
enum {
    WORD = sizeof(uint64_t),
    HEAD_MAX = 1 + (LOG_VALUES + 1) / 2,
    ENTRY_MAX = HEAD_MAX + LOG_VALUES * WORD,
    ENTRY_ROOM = ENTRY_MAX + WORD,
};
_Static_assert(LOG_VALUES <= 15 && LOG_RESTART <= 15, "tag and count share an octet");

/* Octets from the lowest to the highest that is not 0: 0 to 8. */
static inline unsigned
length_of(uint64_t v)
{
    return v == 0 ? 0 : 8 - (unsigned)__builtin_clzll(v) / 8;
}

/* The octets of one entry; returns how many. */
static size_t
entry_put(uint8_t out[ENTRY_ROOM], const int64_t *entry, size_t count)
{
    size_t values = count - 1;
    size_t head = 1 + (values + 1) / 2;
    uint8_t *at = out + head;
    uint64_t lengths = 0;

    for (size_t i = 0; i < values; i++) {
        uint64_t v = (uint64_t)entry[1 + i];
        unsigned length = length_of(v);
        v = htole64(v);
        memcpy(at, &v, WORD);
        at += length;
        lengths = lengths << 4 | length;
    }
    for (size_t i = head; i-- > 1; lengths >>= 8) {
        out[i] = (uint8_t)lengths;
    }
    out[0] = (uint8_t)((uint64_t)entry[0] | values << 4);
    return (size_t)(at - out);
}

/*
 * All chunks that n octets more need, linked behind the last one; false leaves the log as it was.
 * Chunks reserved by a call that failed half way stay linked and serve the next one.
 */
static bool
log_room(struct store *store, struct log *log, size_t n)
{
    struct log_chunk *end = log->last;
    size_t left = end == NULL ? 0 : sizeof(end->octets) - log->used;

    while (left < n) {
        struct log_chunk *chunk = end != NULL && end->next != NULL ? end->next : chunk_new(store);
        if (chunk == NULL) {
            return false;
        }
        if (end == NULL) {
            log->first = log->last = chunk;
        } else {
            end->next = chunk;
        }
        end = chunk;
        left += sizeof(chunk->octets);
    }
    return true;
}

/* There is room for all n. */
static void
log_put(struct log *log, const uint8_t *octets, size_t n)
{
    log->octets += (uint32_t)n;
    while (n > 0) {
        size_t piece = sizeof(log->last->octets) - log->used;
        if (piece == 0) {
            log->last = log->last->next;
            log->used = 0;
            continue;
        }
        piece = piece < n ? piece : n;
        memcpy(log->last->octets + log->used, octets, piece);
        log->used += (uint8_t)piece;
        octets += piece;
        n -= piece;
    }
}

/*
 * Once lost, lost for good: a list that is whole up to a moment can be read as such, one with holes
 * anywhere cannot.
 */
void
log_append(struct store *store, struct conn *c, const int64_t *entry, size_t count)
{
    uint8_t octets[ENTRY_ROOM];
    size_t n = entry_put(octets, entry, count);

    if (c->log.lost || !log_room(store, &c->log, n)) {
        c->log.lost = 1;
        c->degraded |= 1U << SYC_DEGRADED_EXCHANGES_CUT;
        return;
    }
    log_put(&c->log, octets, n);
}

bool
log_restore(struct store *store, struct log *log, const uint8_t *octets, size_t n)
{
    if (!log_room(store, log, n)) {
        return false;
    }
    log_put(log, octets, n);
    return true;
}

void
log_read_start(struct log_reader *r, const struct log *log)
{
    *r = (struct log_reader){log->flat, log->flat, log->first, log->flat_octets + log->octets};
    if (log->flat_octets > 0) {
        r->end += log->flat_octets;
    }
}

/* The next n octets of what is left, in one piece; pieces do not stop at entries. */
static void
take_octets(struct log_reader *r, uint8_t *out, size_t n)
{
    r->left -= (uint32_t)n;
    while (n > 0) {
        size_t piece = (size_t)(r->end - r->at);
        if (piece == 0) {
            r->at = r->next->octets;
            r->end = r->at + sizeof(r->next->octets);
            r->next = r->next->next;
            __builtin_prefetch(r->next);
            continue;
        }
        piece = piece < n ? piece : n;
        memcpy(out, r->at, piece);
        r->at += piece;
        out += piece;
        n -= piece;
    }
}

/* Tag, count and lengths of an entry; the first value's stands in the highest bits. */
struct entry_head {
    enum log_tag tag;
    size_t count, octets; /* of the head itself */
    uint64_t lengths;
};

/* Of an entry at p, of which WORD + 1 octets may be read. */
static inline struct entry_head
read_head(const uint8_t *p)
{
    size_t count = p[0] >> 4 < LOG_VALUES ? p[0] >> 4 : LOG_VALUES;
    struct entry_head h = {(enum log_tag)(p[0] & 15), count, 1 + (count + 1) / 2, 0};

    memcpy(&h.lengths, p + 1, WORD);
    h.lengths = be64toh(h.lengths) & ~(UINT64_MAX >> 8 * (h.octets - 1));
    h.lengths <<= 4 * (count & 1); /* right-aligned in the octets that it has */
    return h;
}

/* The sum of up to 15 numbers of four bits. */
static size_t
sum_of(uint64_t lengths)
{
    const uint64_t low = UINT64_C(0x0f0f0f0f0f0f0f0f);

    return (size_t)(((lengths & low) + (lengths >> 4 & low)) * UINT64_C(0x0101010101010101) >> 56);
}

/* The numbers behind a head at p; a word behind the last may be read, too. */
static inline void
read_values(const uint8_t *p, const struct entry_head *h, int64_t values[LOG_VALUES])
{
    static const uint64_t masks[16] = {
        0,          0xff,         0xffff,         0xffffff,
        0xffffffff, 0xffffffffff, 0xffffffffffff, 0xffffffffffffff,
        UINT64_MAX,
    };
    uint64_t lengths = h->lengths;

    p += h->octets;
    for (size_t i = 0; i < h->count; i++, lengths <<= 4) {
        uint64_t word;
        memcpy(&word, p, WORD);
        values[i] = (int64_t)(le64toh(word) & masks[lengths >> 60]);
        p += lengths >> 60;
    }
}

/*
 * Where the entry lies in one piece with a word behind it; one that does not is put together here.
 * The octets are our own, but a reader that trusts its input in one file teaches the next one to:
 * no count or length leaves the room.
 */
bool
log_read(struct log_reader *r, enum log_tag *tag, int64_t values[LOG_VALUES])
{
    uint8_t copy[ENTRY_ROOM];
    const uint8_t *p = r->at;
    struct log_reader ahead = *r;
    struct entry_head h;
    size_t size;

    if (r->end - r->at < WORD + 1) {
        memset(copy, 0, WORD + 1);
        take_octets(&ahead, copy, r->left < WORD + 1 ? r->left : WORD + 1);
        p = copy;
    }
    h = read_head(p);
    size = h.octets + sum_of(h.lengths);
    if (r->left < size || size > ENTRY_MAX) {
        r->left = 0;
        return false;
    }
    if ((size_t)(r->end - r->at) >= size + WORD) {
        p = r->at;
        r->at += size;
        r->left -= (uint32_t)size;
    } else {
        take_octets(r, copy, size);
        p = copy;
    }
    *tag = h.tag;
    read_values(p, &h, values);
    return true;
}

/* For packing: the chunks go back to the pool, and the copy is read as `flat`. */
void
log_copy(const struct log *log, uint8_t *out)
{
    struct log_reader r;

    log_read_start(&r, log);
    take_octets(&r, out, r.left);
}

/* ------------------------------------------------------------ trouble */

/*
 * Never NULL, so that counting needs no error path: without memory the counts go to a sink that
 * nobody reads, and the record says that it is incomplete.
 */
struct trouble *
trouble_of(struct store *store, struct conn *c, int side)
{
    struct trouble *t = c->side[side].trouble;

    if (t != NULL) {
        return t;
    }
    t = store->free_trouble;
    if (t != NULL) {
        store->free_trouble = t->next_free;
    } else {
        t = take(store, sizeof(*t));
    }
    if (t == NULL) {
        c->degraded |= 1U << SYC_DEGRADED_EVICTED;
        return &store->sink;
    }
    memset(t, 0, sizeof(*t));
    c->side[side].trouble = t;
    return t;
}

void
trouble_free(struct store *store, struct conn *c)
{
    for (int i = 0; i < 2; i++) {
        struct trouble *t = c->side[i].trouble;
        if (t != NULL) {
            t->next_free = store->free_trouble;
            store->free_trouble = t;
            c->side[i].trouble = NULL;
        }
    }
    syc_free(c->cut);
    c->cut = NULL;
    peek_free(store, c);
}

/*
 * From the system and not from the budget: it is wanted exactly when the budget is gone. At most
 * one a connection.
 */
struct cut *
cut_of(struct conn *c)
{
    if (c->cut == NULL) {
        c->cut = syc_alloc(1, sizeof(*c->cut));
    }
    return c->cut;
}
