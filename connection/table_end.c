/* How connections leave the table: superseded, evicted, expired, or with the end of the input; and the table itself. */

#include "connection/table_int.h"

#include <stdlib.h>
#include <string.h>

/* Live: a SYN is given up this long after it came; the longest gap of a retry schedule is 69 s (lifecycle 2.5). */
enum { HALF_OPEN_US = 140 * 1000000 };

enum { SECOND_CHANCES = 16, EXPIRE_STEPS = 64 };

static void
write_record(struct syc_table *t, struct conn *c, enum syc_reason reason, uint32_t degraded)
{
    struct syc_record r;

    build_record(c, &t->store, &t->lists, reason, true, &r);
    r.degraded |= degraded;
    t->sink.record(t->sink.user, &r);
}

void
table_write_part(struct syc_table *t, struct conn *c)
{
    struct syc_record r;

    build_record(c, &t->store, &t->lists, SYC_REASON_CLOSED, false, &r);
    t->sink.record(t->sink.user, &r);
    build_restart(c, &t->store);
}

static void
leave(struct syc_table *t, struct conn *c)
{
    index_remove(&t->index, c->tag, c->number);
    queue_remove(t, (c->flags & CONN_IN_CLOSED) ? &t->closed : &t->open, c);
    pool_give(t, c);
}

void
table_end(struct syc_table *t, struct conn *c, enum syc_reason reason)
{
    write_record(t, c, reason, reason == SYC_REASON_EVICTED ? 1U << SYC_DEGRADED_EVICTED : 0);
    leave(t, c);
}

/* The half-open SYN as a connection that has seen nothing else, in scratch. */
static void
write_half(struct syc_table *t, const struct half_open *h, enum syc_reason reason,
           uint32_t degraded)
{
    struct conn *c = &t->scratch;

    table_replay(t, c, h);
    write_record(t, c, reason, degraded);
    log_free(&t->store, &c->log);
    trouble_free(&t->store, c);
}

void
table_end_half(struct syc_table *t, struct half_open *h, enum syc_reason reason)
{
    struct syc_segment s;

    half_segment(t, h, &s);
    index_remove(&t->index, table_tag(t, &s, h->path_id), half_ref(t, h));
    write_half(t, h, reason, reason == SYC_REASON_EVICTED ? 1U << SYC_DEGRADED_EVICTED : 0);
    half_give(t, h);
}

/* ------------------------------------------------------------ making room */

/* Of the oldest few, the one silent longest: close enough to the oldest idle one without a list that moves per packet. */
static struct conn *
idlest(struct syc_table *t)
{
    struct conn *best = NULL;
    uint32_t number = t->open.oldest;

    for (int i = 0; i < SECOND_CHANCES && number != 0; i++) {
        struct conn *c = pool_get(&t->pool, number);
        if (best == NULL || c->start_us + c->last_at < best->start_us + best->last_at) {
            best = c;
        }
        number = c->newer;
    }
    return best;
}

bool
table_evict(struct syc_table *t)
{
    struct conn *c;

    if (t->closed.oldest != 0) {
        c = pool_get(&t->pool, t->closed.oldest);
        /* what closed longer ago than 2MSL has told all it will tell: its record is whole */
        if (t->now_us - (c->start_us + c->closed_at) >= t->config.two_msl_ns / SYC_NS_PER_US) {
            table_end(t, c, SYC_REASON_CLOSED);
            return true;
        }
    } else {
        c = idlest(t);
    }
    if (c == NULL) {
        return false;
    }
    t->evicted++;
    table_end(t, c, SYC_REASON_EVICTED);
    return true;
}

static void
expire_half(struct syc_table *t, int64_t now_us)
{
    struct half_ring *r = &t->half;

    for (int i = 0; i < EXPIRE_STEPS && r->count > 0; i++) {
        struct half_open *h = &r->slots[r->begin];
        if (h->live) {
            if (now_us - h->time_us < HALF_OPEN_US) {
                return;
            }
            table_end_half(t, h, SYC_REASON_IDLE);
        }
        r->begin = r->begin + 1 == r->room ? 0 : r->begin + 1;
        r->count--;
    }
}

void
syc_table_expire(struct syc_table *t, int64_t now_ns)
{
    int64_t now_us = syc_us_from_ns(now_ns);
    int64_t idle_us = t->config.idle_ns / SYC_NS_PER_US;
    int64_t two_msl_us = t->config.two_msl_ns / SYC_NS_PER_US;

    t->now_us = now_us > t->now_us ? now_us : t->now_us;
    expire_half(t, now_us);
    while (t->closed.oldest != 0) {
        struct conn *c = pool_get(&t->pool, t->closed.oldest);
        if (now_us - (c->start_us + c->closed_at) < two_msl_us) {
            break;
        }
        table_end(t, c, SYC_REASON_CLOSED);
    }
    for (int i = 0; i < EXPIRE_STEPS && t->open.oldest != 0; i++) {
        struct conn *c = pool_get(&t->pool, t->open.oldest);
        if (now_us - c->queued_us < idle_us) {
            break;
        }
        if (now_us - (c->start_us + c->last_at) >= idle_us) {
            table_end(t, c, SYC_REASON_IDLE);
        } else {
            queue_remove(t, &t->open, c);
            queue_append(t, &t->open, c);
        }
    }
}

/* ------------------------------------------------------------ the end */

struct last {
    int64_t start_us;
    uint32_t ref;
};

static void
last_key(const struct syc_table *t, uint32_t ref, struct syc_key *key, int64_t *isn)
{
    if ((ref & REF_HALF) != 0) {
        half_key(t, half_get(t, ref), key);
        *isn = half_get(t, ref)->isn;
    } else {
        const struct conn *c = pool_get(&t->pool, ref);
        *key = c->key;
        *isn = c->syn_count > 0 ? (int64_t)c->isn : SYC_NONE;
    }
}

static int
compare_last(const void *a, const void *b, void *table)
{
    const struct last *x = a;
    const struct last *y = b;
    struct syc_key kx;
    struct syc_key ky;
    int64_t ix;
    int64_t iy;
    int c;

    if (x->start_us != y->start_us) {
        return x->start_us < y->start_us ? -1 : 1;
    }
    last_key(table, x->ref, &kx, &ix);
    last_key(table, y->ref, &ky, &iy);
    c = syc_key_compare(&kx, &ky);
    return c != 0 ? c : (ix > iy) - (ix < iy);
}

static size_t
collect(const struct syc_table *t, struct last *out)
{
    size_t n = 0;
    const uint32_t queues[2] = {t->open.oldest, t->closed.oldest};

    for (int q = 0; q < 2; q++) {
        for (uint32_t number = queues[q]; number != 0;) {
            const struct conn *c = pool_get(&t->pool, number);
            out[n++] = (struct last){c->start_us, number};
            number = c->newer;
        }
    }
    for (uint32_t i = 0; i < t->half.room; i++) {
        if (t->half.slots[i].live) {
            out[n++] = (struct last){t->half.slots[i].time_us, REF_HALF | i};
        }
    }
    return n;
}

static void
end_one(struct syc_table *t, uint32_t ref, uint32_t degraded)
{
    if ((ref & REF_HALF) != 0) {
        struct half_open *h = half_get(t, ref);
        write_half(t, h, SYC_REASON_EOF, degraded);
        half_give(t, h);
        return;
    }
    struct conn *c = pool_get(&t->pool, ref);
    bool closed = c->closed_at != SYC_NONE;
    write_record(t, c, closed ? SYC_REASON_CLOSED : SYC_REASON_EOF, closed ? 0 : degraded);
    pool_give(t, c);
}

void
syc_table_finish(struct syc_table *t, uint32_t degraded)
{
    size_t room = (size_t)t->pool.live + t->half.live;
    struct last *list = syc_alloc(room, sizeof(*list));

    if (list == NULL) { /* one by one, out of order, but nothing is lost */
        while (t->open.oldest != 0) {
            table_end(t, pool_get(&t->pool, t->open.oldest), SYC_REASON_EOF);
        }
        while (t->closed.oldest != 0) {
            table_end(t, pool_get(&t->pool, t->closed.oldest), SYC_REASON_CLOSED);
        }
        for (uint32_t i = 0; i < t->half.room; i++) {
            if (t->half.slots[i].live) {
                table_end_half(t, &t->half.slots[i], SYC_REASON_EOF);
            }
        }
        return;
    }
    room = collect(t, list);
    qsort_r(list, room, sizeof(*list), compare_last, t);
    for (size_t i = 0; i < room; i++) {
        end_one(t, list[i].ref, degraded);
    }
    syc_free(list);
    memset(t->index.slots, 0, t->index.count * sizeof(*t->index.slots));
    t->index.used = 0;
    t->open = t->closed = (struct queue){0, 0};
    t->half.begin = t->half.count = 0;
}

/* ------------------------------------------------------------ the table */

static void
make_blank(struct conn *c)
{
    *c = (struct conn){.first_syn_at = SYC_NONE,
                       .last_syn_at = SYC_NONE,
                       .first_syn_ack_at = SYC_NONE,
                       .last_syn_ack_at = SYC_NONE,
                       .ack_at = SYC_NONE,
                       .established_at = SYC_NONE,
                       .challenge_at = SYC_NONE,
                       .first_data_acked_at = SYC_NONE,
                       .syn_ack_dur = SYC_NONE,
                       .ack_dur = SYC_NONE,
                       .cookie_jump = SYC_NONE,
                       .unreachable_at = SYC_NONE,
                       .closed_at = SYC_NONE,
                       .rst_at = SYC_NONE,
                       .rst_after_data = SYC_NONE};
    for (int i = 0; i < 2; i++) {
        struct side *s = &c->side[i];
        *s = (struct side){.ttl_min = 255,
                           .id_still = 0xff,
                           .rtt_min = UINT32_MAX,
                           .last_at = SYC_NONE,
                           .last_data_at = SYC_NONE,
                           .first_payload_at = SYC_NONE,
                           .fin_at = SYC_NONE,
                           .fin_acked_at = SYC_NONE,
                           .fin_last_at = SYC_NONE};
        c->time_wait[i] = (struct time_wait){.enter_at = SYC_NONE,
                                             .killed_at = SYC_NONE,
                                             .restart_first = SYC_NONE,
                                             .restart_last = SYC_NONE};
    }
}

struct syc_table *
syc_table_new(const struct syc_table_config *config, const struct syc_table_sink *sink)
{
    struct syc_table *t = syc_alloc(1, sizeof(*t));

    if (t == NULL) {
        return NULL;
    }
    t->config = *config;
    t->sink = *sink;
    t->store.budget.limit = config->connection_octets;
    t->half.room_max = (uint32_t)(config->half_open_octets / sizeof(struct half_open));
    t->now_us = INT64_MIN;
    make_blank(&t->blank);
    if (!index_init(&t->index) || !intern_init(&t->intern, &config->key)) {
        syc_table_free(t);
        return NULL;
    }
    return t;
}

void
syc_table_free(struct syc_table *t)
{
    if (t == NULL) {
        return;
    }
    while (t->open.oldest != 0) {
        leave(t, pool_get(&t->pool, t->open.oldest));
    }
    while (t->closed.oldest != 0) {
        leave(t, pool_get(&t->pool, t->closed.oldest));
    }
    pool_fini(&t->pool);
    intern_fini(&t->intern);
    syc_arena_fini(&t->store.arena);
    syc_free(t->index.slots);
    syc_free(t->half.slots);
    syc_free(t->lists.flights);
    syc_free(t);
}

void
syc_table_stats(const struct syc_table *t, struct syc_table_stats *out)
{
    *out = (struct syc_table_stats){
        .connections = t->begun,
        .open = t->pool.live,
        .open_peak = t->pool.peak,
        .evicted = t->evicted,
        .half_open = t->half.live,
        .half_open_peak = t->half.peak,
        .half_open_evicted = t->half.evicted,
        .half_open_octets = (size_t)t->half.room * sizeof(struct half_open),
        .half_open_limit = (size_t)t->half.room_max * sizeof(struct half_open),
        .connection_octets = t->store.budget.used,
        .connection_limit = t->store.budget.limit,
        .stray_rst = t->stray_rst,
    };
}
