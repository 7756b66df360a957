/*
 * How connections leave the table: superseded, evicted, expired; and the table itself.
 *
 *    from      superseded   2MSL over (live)   eviction (memory)        idle (live)   end of input (table_finish.c)
 *    open      closed       -                  idlest of the oldest     idle          eof
 *    closed    closed       closed             oldest close             -             closed
 *    packed    closed       closed             oldest close, first      -             closed
 *    half      closed       -                  oldest SYN (own ring)    140 s         eof
 *
 * Every connection that began leaves as exactly one last record, whichever way; that is what lets
 * counts of records be checked against counts of connections. Eviction prefers what has told its
 * story: packed, closed, then what is silent. An attacker who opens many real connections thus
 * pushes out closed ones first.
 *
 * A record is lent to the sink for the call; the sink must not feed the table.
 */

#include "connection/table_int.h"

#include <stdlib.h>
#include <string.h>

/*
 * Live: a SYN is given up this long after it came; the longest gap of a retry schedule is 69 s, and
 * Linux gives up after 134 s (lifecycle 2.5). A repeat within it would have made a connection of
 * the SYN.
 */
enum { HALF_OPEN_US = 140 * 1000000 };

/*
 * How many a single eviction or expiry looks at: constants, so that neither costs more with a
 * larger table.
 */
enum { SECOND_CHANCES = 16, EXPIRE_STEPS = 64 };

/*
 * Ends nothing by itself: what the connection stood for is given back by the caller, who knows
 * where it stood.
 */
void
table_write(struct syc_table *t, struct conn *c, enum syc_reason reason, uint32_t degraded)
{
    struct syc_record *r = build_record(c, &t->store, &t->lists, reason, true);

    r->degraded |= degraded;
    t->sink.record(t->sink.user, r);
}

/* The reason of a part is not the connection's: only the last part's counts (final). */
void
table_write_part(struct syc_table *t, struct conn *c)
{
    t->sink.record(t->sink.user, build_record(c, &t->store, &t->lists, SYC_REASON_CLOSED, false));
    build_restart(c, &t->store);
}

/* The index first: it needs tag and number, which pool_give() makes another's. */
static void
leave(struct syc_table *t, struct conn *c)
{
    index_remove(&t->index, c->tag, c->number);
    queue_remove(t, (c->flags & CONN_IN_CLOSED) ? &t->closed : &t->open, c);
    pool_give(t, c);
}

static void
end(struct syc_table *t, struct conn *c, enum syc_reason reason, uint32_t degraded)
{
    table_write(t, c, reason, degraded);
    leave(t, c);
}

void
table_end(struct syc_table *t, struct conn *c, enum syc_reason reason)
{
    end(t, c, reason, 0);
}

/*
 * By way of scratch: at the end of a long capture nearly all records are written from packed
 * connections, and none of them needs a place in the pool. The log is borrowed from the packed one,
 * so that is dropped last.
 */
void
table_write_cold(struct syc_table *t, uint32_t ref, enum syc_reason reason, uint32_t degraded)
{
    struct conn *c = &t->scratch;

    cold_unpack(t, cold_get(t, ref), c);
    table_write(t, c, reason, degraded);
    log_free(&t->store, &c->log);
    trouble_free(&t->store, c);
    cold_drop(t, ref);
}

static void
end_cold(struct syc_table *t, uint32_t ref, enum syc_reason reason, uint32_t degraded)
{
    index_remove(&t->index, cold_get(t, ref)->tag, ref);
    table_write_cold(t, ref, reason, degraded);
}

void
table_end_cold(struct syc_table *t, uint32_t ref, enum syc_reason reason)
{
    end_cold(t, ref, reason, 0);
}

/*
 * REST_US: longer than a last ACK takes to arrive; what comes later brings the connection back.
 * Packing costs a third of what a short connection costs altogether, and most captures never need
 * the room. So while less than a quarter of the budget is taken, connections rest whole; then one
 * is packed for each that begins; beyond half of it each is packed as soon as it rests.
 */
enum { REST_US = 1000000, WHOLE_SHARE = 4 };

/*
 * The next to be packed was last looked at a second ago. Its lines were asked for when the one before
 * it was packed: now they say where its slot and its log are; and the one behind it is asked for.
 * In line by force: gcc 12 takes a function that only prefetches for one without effect, and drops
 * its calls.
 */
static inline __attribute__((always_inline)) void
expect(const struct syc_table *t, uint32_t number)
{
    const struct conn *c;
    const char *next;

    if (number == 0) {
        return;
    }
    c = pool_get(&t->pool, number);
    __builtin_prefetch(&t->index.slots[c->tag & (t->index.count - 1)], 1);
    __builtin_prefetch(c->log.first);
    if (c->newer == 0) {
        return;
    }
    next = (const char *)pool_get(&t->pool, c->newer);
    for (size_t at = 0; at < sizeof(*c); at += LINE) {
        __builtin_prefetch(next + at);
    }
}

/* False when there is no room. */
static bool
pack(struct syc_table *t, struct conn *c)
{
    expect(t, c->newer);
    return cold_put(t, c);
}

void
table_pack_one(struct syc_table *t)
{
    if (t->rested != 0 && t->store.budget.used >= t->whole_octets) {
        (void)pack(t, pool_get(&t->pool, t->closed.oldest));
    }
}

/* It rests now; false when it is to be packed and there is no room. Only what is packed leaves the queue. */
static bool
rest(struct syc_table *t, struct conn *c, bool packs)
{
    if (packs) {
        return pack(t, c);
    }
    if (c->peek != NULL) { /* whether one may still begin, table_known() asks */
        peek_end(&t->store, c);
    }
    t->rested = c->number;
    return true;
}

/*
 * Asked after each segment by a comparison with rest_due_us only. The queue is in order of
 * queued_us, so the first that is not due ends the walk; what rests unpacked is at its old end, up
 * to t->rested. Records do not tell who was packed, nor does who is evicted first.
 */
void
table_rest(struct syc_table *t)
{
    bool packs = t->store.budget.used >= 2 * t->whole_octets;
    uint32_t number = t->closed.oldest;

    if (!packs && t->rested != 0) {
        number = pool_get(&t->pool, t->rested)->newer;
    }
    t->rest_due_us = INT64_MAX; /* until a connection closes */
    while (number != 0) {
        struct conn *c = pool_get(&t->pool, number);
        int64_t due = c->queued_us + t->rest_us;
        number = c->newer;
        if (t->now_us < due) {
            t->rest_due_us = due;
            if (number != 0) {
                __builtin_prefetch(&pool_get(&t->pool, number)->queued_us);
            }
            return;
        }
        if (!rest(t, c, packs)) {
            t->rest_due_us = t->now_us + t->rest_us; /* no room: asked again later */
            return;
        }
    }
}

/* Offered as what it is; false when it has to leave as a record. */
static bool
offer_lone(struct syc_table *t, const struct half_open *h, uint32_t degraded)
{
    struct syc_lone lone = {.client = h->client,
                            .server = h->server,
                            .start_us = h->time_us,
                            .number = h->syn_id,
                            .isn = h->isn,
                            .degraded = degraded,
                            .client_port = h->client_port,
                            .server_port = h->server_port,
                            .ip_v = h->ip_v};

    if (t->sink.lone == NULL || h->syn_id == 0 || h->path_id != 0 || t->long_way) {
        return false;
    }
    lone.ts_val = t->intern.syns[h->syn_id - 1].has_ts ? h->ts_val : 0;
    lone.ip_id = h->ip_v == 4 ? (uint16_t)h->id_or_label : 0;
    return t->sink.lone(t->sink.user, &lone);
}

/*
 * The half-open SYN as a connection that has seen nothing else, in scratch: one builder for all
 * records.
 */
void
table_write_half(struct syc_table *t, const struct half_open *h, enum syc_reason reason,
                 uint32_t degraded)
{
    struct conn *c = &t->scratch;

    if (offer_lone(t, h, degraded)) {
        return;
    }
    table_replay(t, c, h);
    table_write(t, c, reason, degraded);
    log_free(&t->store, &c->log);
    trouble_free(&t->store, c);
}

void
table_end_half(struct syc_table *t, struct half_open *h, enum syc_reason reason)
{
    index_remove(&t->index, half_tag(t, h), half_ref(t, h));
    table_write_half(t, h, reason, reason == SYC_REASON_EVICTED ? 1U << SYC_DEGRADED_EVICTED : 0);
    half_give(t, h);
}

/* ------------------------------------------------------------ making room */

/*
 * Of the oldest few, the one silent longest: close enough to the oldest idle one without a list
 * that moves per packet. Ties go to the older, so the choice is the same for any hash key.
 */
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

/* The queues' oldest that has closed: packed or whole. False when none has. */
struct oldest {
    struct conn *conn; /* NULL = packed */
    uint32_t ref;      /* of the packed one */
    int64_t closed_us;
};

/*
 * The packed first, though they are small: many of them share a chunk, and theirs is the oldest
 * news. One that is just being unpacked is passed over (cold_oldest).
 */
static bool
find_oldest(struct syc_table *t, struct oldest *o)
{
    struct cold *h = cold_oldest(t, &o->ref);

    o->conn = NULL;
    if (h != NULL) {
        o->closed_us = h->closed_us;
        return true;
    }
    if (t->closed.oldest == 0) {
        return false;
    }
    o->conn = pool_get(&t->pool, t->closed.oldest);
    o->closed_us = o->conn->start_us + o->conn->closed_at;
    return true;
}

/*
 * What closed longer ago than 2MSL has told all it will tell: losing its place is no loss. Between LATE_US and that a
 * straggler might still have restarted TIME-WAIT: told as evicted and counted apart, but the record is whole in all that
 * verdicts rest on, so it is not degraded. Only what might have gone on is.
 */
static void
give_way(struct syc_table *t, const struct oldest *o)
{
    int64_t rested_us = t->now_us - o->closed_us;
    bool told = rested_us >= t->config.two_msl_ns / SYC_NS_PER_US;
    enum syc_reason reason = told ? SYC_REASON_CLOSED : SYC_REASON_EVICTED;
    uint32_t degraded = told || rested_us > LATE_US ? 0 : 1U << SYC_DEGRADED_EVICTED;

    t->evicted += degraded != 0;
    t->gave_way += !told && degraded == 0;
    if (o->conn != NULL) {
        end(t, o->conn, reason, degraded);
    } else {
        end_cold(t, o->ref, reason, degraded);
    }
}

bool
table_evict(struct syc_table *t)
{
    struct oldest o;
    struct conn *c;

    if (find_oldest(t, &o)) {
        give_way(t, &o);
        return true;
    }
    c = idlest(t);
    if (c == NULL) {
        return false;
    }
    t->evicted++;
    end(t, c, SYC_REASON_EVICTED, 1U << SYC_DEGRADED_EVICTED);
    return true;
}

/* Packed ones give their octets back by chunks: some 30 to a chunk, so one call nearly always frees one. */
enum { SLACK_SHARE = 16, SLACK_STEPS = 32 };

void
table_keep_slack(struct syc_table *t)
{
    const struct syc_budget *b = &t->store.budget;
    struct oldest o;

    for (int i = 0; b->used > b->limit - b->limit / SLACK_SHARE && i < SLACK_STEPS; i++) {
        if (!find_oldest(t, &o) || t->now_us - o.closed_us <= LATE_US) {
            return;
        }
        give_way(t, &o);
    }
}

/*
 * The ring is in order of arrival, so the first that is young ends the walk; begin moves over what
 * left.
 */
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

/*
 * Closed ones leave in order, as many as are due; of the open ones a few are looked at each time
 * and those still speaking go to the young end, so a full round comes with the clock and not with
 * the table's size.
 */
void
syc_table_expire(struct syc_table *t, int64_t now_ns)
{
    int64_t now_us = syc_us_from_ns(now_ns);
    int64_t idle_us = t->config.idle_ns / SYC_NS_PER_US;
    int64_t two_msl_us = t->config.two_msl_ns / SYC_NS_PER_US;
    struct cold *h;

    t->now_us = now_us > t->now_us ? now_us : t->now_us;
    expire_half(t, now_us);
    for (uint32_t ref; (h = cold_oldest(t, &ref)) != NULL && now_us - h->closed_us >= two_msl_us;) {
        table_end_cold(t, ref, SYC_REASON_CLOSED);
    }
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

/* ------------------------------------------------------------ the table */

/*
 * What a connection is before it has seen anything; SYC_NONE is not 0, so clearing memory would
 * lie. Packing compares with it, too: a field unset here costs octets in every packed connection.
 */
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
                           .new_at = SYC_NONE};
        c->ends[i] = (struct ends){.first_payload_at = SYC_NONE,
                                   .fin_at = SYC_NONE,
                                   .fin_acked_at = SYC_NONE,
                                   .fin_last_at = SYC_NONE,
                                   .repeat_at = SYC_NONE};
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
    t->line = syc_hash_line_make(&config->key);
    t->sink = *sink;
    t->store.budget.limit = config->connection_octets;
    t->store.said.key = config->key;
    t->store.sni = config->sni;
    t->half.room_max = (uint32_t)(config->half_open_octets / sizeof(struct half_open));
    t->now_us = INT64_MIN;
    t->rest_us = REST_US;
    t->rest_due_us = INT64_MAX;
    t->whole_octets = config->connection_octets / WHOLE_SHARE;
    make_blank(&t->blank);
    build_init(&t->lists);
    if (!index_init(&t->index) || !intern_init(&t->intern, &config->key)) {
        syc_table_free(t);
        return NULL;
    }
    return t;
}

/* What packed words own (trouble, cut) is only known once they are unpacked. */
static void
free_cold(void *table, uint32_t ref, struct cold *h)
{
    struct syc_table *t = table;

    cold_unpack(t, h, &t->scratch);
    log_free(&t->store, &t->scratch.log);
    trouble_free(&t->store, &t->scratch);
    cold_drop(t, ref);
}

/*
 * No record is written: a table that is freed without syc_table_finish() belongs to a run that
 * failed.
 */
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
    cold_each(t, free_cold, t);
    cold_clear(t);
    pool_fini(&t->pool);
    intern_fini(&t->intern);
    said_fini(&t->store.said);
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
        .open = (uint64_t)t->pool.live + t->cold.live,
        .open_peak = t->peak,
        .evicted = t->evicted,
        .gave_way = t->gave_way,
        .half_open = t->half.live,
        .half_open_peak = t->half.peak,
        .half_open_evicted = t->half.evicted,
        .half_open_octets = (size_t)t->half.room * sizeof(struct half_open),
        .half_open_limit = (size_t)t->half.room_max * sizeof(struct half_open),
        .connection_octets = t->store.budget.used,
        .connection_limit = t->store.budget.limit,
        .stray_rst = t->stray_rst,
        .duplicates = t->copies,
        .denied = t->denied,
        .undescribed = t->undescribed,
    };
}
