/*
 * The end of the input: everything that is in the table leaves it, in canonical order (record.md).
 *
 * Order is what makes two runs comparable octet by octet: neither hash key nor order of packing may
 * show. The keys (start, reference: 16 octets) are sorted instead of the connections, and only
 * those that share a microsecond are looked at for their tuple. The list stands beside a full
 * table, outside its budget; when there is no memory for it the records leave unordered, since a
 * record too many is better than one lost.
 */

#include "connection/table_int.h"

#include <stdlib.h>
#include <string.h>

/*
 * A connection that leaves, in any of its three forms: what orders nearly all of them, and where it
 * is.
 */
struct last {
    int64_t start_us;
    uint32_t ref;
};

struct lasts {
    struct last *list; /* and as much room behind them, to sort with */
    size_t count;
};

/*
 * Tuple and ISN, whatever form it is in: without unpacking, as a port scan may start thousands in a
 * microsecond.
 */
static void
last_key(const struct syc_table *t, uint32_t ref, struct syc_key *key, int64_t *isn)
{
    if ((ref & REF_HALF) != 0) {
        half_key(t, half_get(t, ref), key);
        *isn = half_get(t, ref)->isn;
    } else if ((ref & REF_COLD) != 0) {
        const struct cold *h = cold_get(t, ref);
        cold_key(t, h, key);
        *isn = h->has_isn ? (int64_t)h->isn : SYC_NONE;
    } else {
        const struct conn *c = pool_get(&t->pool, ref);
        conn_key(c, key);
        *isn = c->syn_count > 0 ? (int64_t)c->isn : SYC_NONE;
    }
}

static inline bool
starts_before(struct last x, struct last y)
{
    return x.start_us < y.start_us;
}

SYC_SORT_DEFINE(sort_by_start, struct last, starts_before)

/*
 * Of those that began in the same microsecond. A tuple stands in the table once, so nothing is left
 * that this cannot tell apart.
 */
static int
compare_keys(const void *a, const void *b, void *table)
{
    const struct syc_table *t = table;
    struct syc_key kx;
    struct syc_key ky;
    int64_t ix;
    int64_t iy;
    int c;

    last_key(t, ((const struct last *)a)->ref, &kx, &ix);
    last_key(t, ((const struct last *)b)->ref, &ky, &iy);
    c = syc_key_compare(&kx, &ky);
    return c != 0 ? c : (ix > iy) - (ix < iy);
}

/* Canonical order. Nearly all are told apart by their start, so that is compared without a call. */
static void
order_all(struct syc_table *t, struct lasts *all)
{
    struct last *list = all->list;

    sort_by_start(list, all->count, list + all->count);
    for (size_t from = 0, to; from < all->count; from = to) {
        for (to = from + 1; to < all->count && list[to].start_us == list[from].start_us;) {
            to++;
        }
        if (to - from > 1) {
            qsort_r(list + from, to - from, sizeof(*list), compare_keys, t);
        }
    }
}

static void
collect_cold(void *user, uint32_t ref, struct cold *h)
{
    struct lasts *l = user;

    l->list[l->count++] = (struct last){h->start_us, ref};
}

/* Queues and ring rather than the index: each holds every one of its kind exactly once. */
static void
collect(const struct syc_table *t, struct lasts *out)
{
    const uint32_t queues[2] = {t->open.oldest, t->closed.oldest};

    cold_each(t, collect_cold, out);
    for (int q = 0; q < 2; q++) {
        for (uint32_t number = queues[q]; number != 0;) {
            const struct conn *c = pool_get(&t->pool, number);
            out->list[out->count++] = (struct last){c->start_us, number};
            number = c->newer;
        }
    }
    for (uint32_t i = 0; i < t->half.count; i++) {
        uint32_t at = half_position(&t->half, i);
        if (t->half.slots[at].live) {
            out->list[out->count++] = (struct last){t->half.slots[at].time_us, REF_HALF | at};
        }
    }
}

/*
 * A closed one is whole even if the input was cut: what degrades the end of the input touches only
 * what was still open.
 */
static void
end_one(struct syc_table *t, uint32_t ref, uint32_t degraded)
{
    if ((ref & REF_HALF) != 0) {
        struct half_open *h = half_get(t, ref);
        table_write_half(t, h, SYC_REASON_EOF, degraded);
        half_give(t, h);
        return;
    }
    if ((ref & REF_COLD) != 0) {
        table_write_cold(t, ref, SYC_REASON_CLOSED, 0);
        return;
    }
    struct conn *c = pool_get(&t->pool, ref);
    bool closed = c->closed_at != SYC_NONE;
    table_write(t, c, closed ? SYC_REASON_CLOSED : SYC_REASON_EOF, closed ? 0 : degraded);
    pool_give(t, c);
}

/* Memory is short: one by one, out of order, but nothing is lost. */
static void
end_unordered(struct syc_table *t)
{
    uint32_t ref;

    while (cold_oldest(t, &ref) != NULL) {
        table_end_cold(t, ref, SYC_REASON_CLOSED);
    }
    while (t->open.oldest != 0) {
        table_end(t, pool_get(&t->pool, t->open.oldest), SYC_REASON_EOF);
    }
    while (t->closed.oldest != 0) {
        table_end(t, pool_get(&t->pool, t->closed.oldest), SYC_REASON_CLOSED);
    }
    for (uint32_t i = 0; i < t->half.count; i++) {
        struct half_open *h = &t->half.slots[half_position(&t->half, i)];
        if (h->live) {
            table_end_half(t, h, SYC_REASON_EOF);
        }
    }
}

/*
 * Packed ones lie in order of their close and leave in order of their start: asked for some
 * records ahead, when the place of each is known. Half-open ones lie nearly in order; what waits is who
 * takes them.
 */
enum { AHEAD = 8, PACKED_LINES = 6 };

static void
expect(const struct syc_table *t, const struct lasts *all, size_t i)
{
    uint32_t ref = i + AHEAD < all->count ? all->list[i + AHEAD].ref : 0;
    const char *p;

    if ((ref & REF_HALF) != 0) {
        half_expect(t, half_get(t, ref));
    } else if ((ref & REF_COLD) != 0) {
        p = (const char *)cold_get(t, ref);
        for (size_t line = 0; line < PACKED_LINES; line++) {
            __builtin_prefetch(p + 64 * line);
        }
    }
}

/*
 * All are written before any structure is emptied; afterwards the table is as new and may be fed
 * again. Chunks of packed ones go as soon as all in them are written: they began nearly in the order in
 * which they closed, and who takes the records needs room.
 */
void
syc_table_finish(struct syc_table *t, uint32_t degraded)
{
    size_t room = (size_t)t->pool.live + t->cold.live + t->half.live;
    struct lasts all = {.list = syc_resize(NULL, 2 * room, sizeof(*all.list))};

    if (all.list == NULL) {
        end_unordered(t);
        return;
    }
    collect(t, &all);
    order_all(t, &all);
    for (size_t i = 0; i < all.count; i++) {
        expect(t, &all, i);
        end_one(t, all.list[i].ref, degraded);
        cold_give_back(t);
    }
    syc_free(all.list);
    cold_clear(t);
    memset(t->index.slots, 0, t->index.count * sizeof(*t->index.slots));
    t->index.used = 0;
    t->open = t->closed = (struct queue){0, 0};
    t->rested = 0;
    t->half.begin = t->half.count = 0;
}
