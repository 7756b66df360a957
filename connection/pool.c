/*
 * Connections in chunks that never move, so that numbers and pointers stay valid; and the two
 * queues by age.
 *
 * Numbers, not pointers, stand in index and queues: half the octets, and 0 can mean none. A freed
 * place keeps its number and goes to the front of the free list, where it is still in the cache
 * when the next one begins. Chunks are never given back before the end: what a run needed once it
 * needs again.
 */

#include "connection/table_int.h"

enum { CHUNK_OCTETS = POOL_CHUNK * sizeof(struct conn) + LINE };

/*
 * A chunk is counted when it comes and stays: what one connection leaves the next one takes.
 * Sixteen to a chunk, so that a small budget is used to within a few connections. Linked backwards:
 * numbers are given out ascending.
 */
static bool
add_chunk(struct pool *p, struct syc_budget *budget)
{
    struct pool_chunk chunk;

    if (p->chunk_count == p->chunk_room) {
        uint32_t room = p->chunk_room == 0 ? 16 : p->chunk_room * 2;
        struct pool_chunk *chunks = syc_resize(p->chunks, room, sizeof(*chunks));
        if (chunks == NULL) {
            return false;
        }
        p->chunks = chunks;
        p->chunk_room = room;
    }
    if (!syc_budget_take(budget, CHUNK_OCTETS)) {
        return false;
    }
    /* not cleared: each is set as a whole when it begins */
    chunk.octets = syc_resize(NULL, 1, CHUNK_OCTETS);
    if (chunk.octets == NULL) {
        syc_budget_give(budget, CHUNK_OCTETS);
        return false;
    }
    chunk.conns = (void *)(((uintptr_t)chunk.octets + LINE - 1) / LINE * LINE);
    p->chunks[p->chunk_count++] = chunk;
    for (uint32_t i = POOL_CHUNK; i-- > 0;) {
        chunk.conns[i].number = (p->chunk_count - 1) * POOL_CHUNK + i + 1;
        chunk.conns[i].newer = p->free;
        p->free = chunk.conns[i].number;
    }
    return true;
}

struct conn *
pool_take(struct syc_table *t)
{
    struct pool *p = &t->pool;
    struct conn *c;

    if (p->free == 0 && !add_chunk(p, &t->store.budget)) {
        return NULL;
    }
    c = pool_get(p, p->free);
    p->free = c->newer;
    p->live++;
    table_note_peak(t);
    return c;
}

void
pool_give(struct syc_table *t, struct conn *c)
{
    log_free(&t->store, &c->log);
    trouble_free(&t->store, c);
    c->ip_v = 0; /* of no tuple: a batch may still know its number (feed.c) */
    c->newer = t->pool.free;
    t->pool.free = c->number;
    t->pool.live--;
}

void
pool_fini(struct pool *p)
{
    for (uint32_t i = 0; i < p->chunk_count; i++) {
        syc_free(p->chunks[i].octets);
    }
    syc_free(p->chunks);
}

/*
 * queued_us is when it came here, not when it last spoke: expiry walks the queue by it without
 * touching it per segment (syc_table_expire).
 */
void
queue_append(struct syc_table *t, struct queue *q, struct conn *c)
{
    c->older = q->newest;
    c->newer = 0;
    if (q->newest != 0) {
        pool_get(&t->pool, q->newest)->newer = c->number;
    } else {
        q->oldest = c->number;
    }
    q->newest = c->number;
    c->queued_us = t->now_us;
}

void
queue_remove(struct syc_table *t, struct queue *q, struct conn *c)
{
    if (t->rested == c->number) {
        t->rested = c->older;
    }
    if (c->older != 0) {
        pool_get(&t->pool, c->older)->newer = c->newer;
    } else {
        q->oldest = c->newer;
    }
    if (c->newer != 0) {
        pool_get(&t->pool, c->newer)->older = c->older;
    } else {
        q->newest = c->older;
    }
}
