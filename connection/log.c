/*
 * What a connection keeps of its past, as varints in a chain of chunks, and the pools that chunks
 * and trouble come from. When the budget is gone an entry is summed instead of listed; nothing
 * fails.
 *
 *    struct log:   flat -> | octets of a packed connection |  (borrowed, read first)
 *                  first -> [56 octets] -> [56 octets] -> [ used | free ] <- last
 *
 *    entry:  tag, then values; each a zigzag varint of 1 to 10 octets, across chunk ends
 *
 * Exchanges as structs would cost 80 octets each, and a long connection has 256 of them; as
 * differences they take 15 to 25. Entries carry no length: who reads a tag knows how many values
 * follow (build.c), so writer and reader change together. An entry is written whole or not at all.
 */

#include "connection/connection_int.h"

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
 * Zigzag: small negative numbers stay small. They come up because an exchange is written after its
 * flights and began before them.
 */
static uint64_t
fold(int64_t v)
{
    return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

static int64_t
unfold(uint64_t v)
{
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

/* At most 10 octets for 64 bits: ENTRY_OCTETS_MAX. */
static size_t
varint_put(uint8_t *out, int64_t value)
{
    uint64_t v = fold(value);
    size_t n = 0;

    while (v >= 0x80) {
        out[n++] = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    out[n++] = (uint8_t)v;
    return n;
}

enum { ENTRY_VALUES_MAX = 12, ENTRY_OCTETS_MAX = ENTRY_VALUES_MAX * 10 };

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
log_append(struct store *store, struct conn *c, const int64_t *values, size_t count)
{
    uint8_t octets[ENTRY_OCTETS_MAX];
    size_t n = 0;

    for (size_t i = 0; i < count && i < ENTRY_VALUES_MAX; i++) {
        n += varint_put(octets + n, values[i]);
    }
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

/* The next octet of what is left; entries do not stop at a chunk's end. */
static uint8_t
read_octet(struct log_reader *r)
{
    if (r->at == r->end) {
        r->at = r->next->octets;
        r->end = r->at + sizeof(r->next->octets);
        r->next = r->next->next;
    }
    r->left--;
    return *r->at++;
}

/*
 * Ends at ten octets whatever stands there. The octets are our own, but a reader that trusts its
 * input in one file teaches the next one to.
 */
int64_t
log_read(struct log_reader *r)
{
    uint64_t v = 0;
    unsigned shift = 0;
    uint8_t octet = 0x80;

    while ((octet & 0x80) != 0 && r->left > 0 && shift < 64) {
        octet = read_octet(r);
        v |= (uint64_t)(octet & 0x7f) << shift;
        shift += 7;
    }
    return unfold(v);
}

/* For packing: the chunks go back to the pool, and the copy is read as `flat`. */
void
log_copy(const struct log *log, uint8_t *out)
{
    struct log_reader r;

    log_read_start(&r, log);
    while (r.left > 0) {
        *out++ = read_octet(&r);
    }
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
