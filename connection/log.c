/*
 * What a connection keeps of its past, as varints in a chain of chunks, and the pools that chunks and trouble come
 * from. When the budget is gone an entry is summed instead of listed; nothing fails.
 */

#include "connection/connection_int.h"

#include <string.h>

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

static struct log_chunk *
chunk_new(struct store *store)
{
    struct log_chunk *chunk = store->free_chunks;

    if (chunk == NULL) {
        return take(store, sizeof(*chunk));
    }
    if (!syc_budget_take(&store->budget, sizeof(*chunk))) {
        return NULL;
    }
    store->free_chunks = chunk->next;
    chunk->next = NULL;
    return chunk;
}

void
log_free(struct store *store, struct log *log)
{
    struct log_chunk *chunk = log->first;

    while (chunk != NULL) {
        struct log_chunk *next = chunk->next;
        chunk->next = store->free_chunks;
        store->free_chunks = chunk;
        syc_budget_give(&store->budget, sizeof(*chunk));
        chunk = next;
    }
    *log = (struct log){0};
}

/* Zigzag: small negative numbers stay small. */
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

/* All chunks that an entry of n octets needs, linked behind the last one; false leaves the log as it was. */
static bool
log_room(struct store *store, struct log *log, size_t n)
{
    size_t used = log->octets % sizeof(log->last->octets);
    size_t left =
        log->last == NULL || (used == 0 && log->octets > 0) ? 0 : sizeof(log->last->octets) - used;
    struct log_chunk *last = log->last;

    while (left < n) {
        struct log_chunk *chunk = chunk_new(store);
        if (chunk == NULL) {
            return false;
        }
        if (last == NULL) {
            log->first = log->last = chunk;
        } else {
            last->next = chunk;
        }
        last = chunk;
        left += sizeof(chunk->octets);
    }
    return true;
}

static void
log_put(struct log *log, const uint8_t *octets, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t used = log->octets % sizeof(log->last->octets);
        if (used == 0 && log->octets > 0) {
            log->last = log->last->next;
        }
        log->last->octets[used] = octets[i];
        log->octets++;
    }
}

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

void
log_read_start(struct log_reader *r, const struct log *log)
{
    *r = (struct log_reader){log->first, 0, log->octets};
}

int64_t
log_read(struct log_reader *r)
{
    uint64_t v = 0;
    unsigned shift = 0;
    uint8_t octet = 0x80;

    while ((octet & 0x80) != 0 && r->left > 0 && shift < 64) {
        if (r->at == sizeof(r->chunk->octets)) {
            r->chunk = r->chunk->next;
            r->at = 0;
        }
        octet = r->chunk->octets[r->at++];
        r->left--;
        v |= (uint64_t)(octet & 0x7f) << shift;
        shift += 7;
    }
    return unfold(v);
}

/* ------------------------------------------------------------ trouble */

struct trouble *
trouble_of(struct store *store, struct conn *c, int side)
{
    struct trouble *t = c->side[side].trouble;

    if (t != NULL) {
        return t;
    }
    t = store->free_trouble;
    if (t != NULL && syc_budget_take(&store->budget, sizeof(*t))) {
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
            syc_budget_give(&store->budget, sizeof(*t));
        }
    }
    syc_free(c->cut);
    c->cut = NULL;
}

struct cut *
cut_of(struct store *store, struct conn *c)
{
    (void)store;
    if (c->cut == NULL) {
        c->cut = syc_alloc(1, sizeof(*c->cut));
    }
    return c->cut;
}
