/* The audit: records in, pair after pair through its parts, one report out. */

#include "behavior/audit_hosts.h"
#include "behavior/audit_life.h"
#include "behavior/audit_part.h"
#include "behavior/audit_tenure.h"

#include <string.h>

enum {
    MEMORY_DEFAULT = 128 << 20,
    FINDINGS_PAIR = 32,   /* most of one pair */
    FINDINGS_MOST = 4096, /* then the worst are kept */
    CURVES_SHARE = 16,    /* of the budget: series */
    POINTS_LEAST = 64,
    POINTS_MOST = 4096
};

struct syc_audit {
    struct syc_audit_options options;
    size_t limit;
    struct audit_store store;
    struct audit_work work;
    struct hosts hosts;
    struct tenures tenures;
    struct life_room room;
    struct life_pair common; /* what all pairs share: at, origin, last */
    struct syc_audit_report report;
    struct syc_audit_pair *rows; /* one more than can be told, for those that are not */
    size_t row_room;
    struct syc_finding **findings;
    size_t finding_count;
    uint32_t records_least; /* pairs of fewer get no row; of as many, the first ties_left do */
    size_t ties_left;
};

/* ------------------------------------------------------------ life */

struct syc_audit *
syc_audit_new(const struct syc_audit_options *options)
{
    struct syc_audit *a = syc_alloc(1, sizeof(*a));

    if (a == NULL) {
        return NULL;
    }
    a->options = *options;
    a->limit = options->memory_octets > 0 ? options->memory_octets : (size_t)MEMORY_DEFAULT;
    audit_store_init(&a->store, a->limit - a->limit / CURVES_SHARE, options->signatures);
    syc_record_init(&a->room.record);
    return a;
}

static void
forget_report(struct syc_audit *a)
{
    audit_hosts_fini(&a->hosts);
    audit_tenures_fini(&a->tenures);
    syc_arena_fini(&a->work.arena);
    syc_arena_fini(&a->work.scratch);
    syc_arena_fini(&a->work.lasting);
    syc_free(a->rows);
    syc_free(a->findings);
    a->rows = NULL;
    a->findings = NULL;
    a->finding_count = 0;
    a->report = (struct syc_audit_report){0};
}

void
syc_audit_free(struct syc_audit *a)
{
    if (a != NULL) {
        forget_report(a);
        audit_store_fini(&a->store);
        syc_free(a);
    }
}

void
syc_audit_feed(struct syc_audit *a, const struct syc_record *r)
{
    audit_store_feed(&a->store, r);
}

/* ------------------------------------------------------------ what all pairs share */

/* A leg of under a twentieth of the round trip is the tap's own machine (2.7). */
static enum syc_vantage
vantage_of(const struct audit_pair *p)
{
    uint64_t trip = (uint64_t)p->leg_min[SYC_TOSERVER] + p->leg_min[SYC_TOCLIENT];

    if (p->leg_min[SYC_TOSERVER] == UINT32_MAX || p->leg_min[SYC_TOCLIENT] == UINT32_MAX) {
        return SYC_VANTAGE_UNKNOWN;
    }
    if ((uint64_t)p->leg_min[SYC_TOCLIENT] * 20 < trip) {
        return SYC_VANTAGE_CLIENT;
    }
    return (uint64_t)p->leg_min[SYC_TOSERVER] * 20 < trip ? SYC_VANTAGE_SERVER
                                                          : SYC_VANTAGE_BETWEEN;
}

/* Where three quarters of the connections say that the tap is. */
static enum syc_vantage
vantage(const struct audit_store *s)
{
    uint64_t votes[SYC_VANTAGE_COUNT] = {0};
    uint64_t all = 0;

    for (uint32_t i = 0; i < s->pair_count; i++) {
        enum syc_vantage v = vantage_of(&s->pairs[i]);
        votes[v] += s->pairs[i].records;
        all += v != SYC_VANTAGE_UNKNOWN ? s->pairs[i].records : 0;
    }
    for (int v = SYC_VANTAGE_CLIENT; v < SYC_VANTAGE_COUNT; v++) {
        if (votes[v] > 0 && votes[v] * 4 >= all * 3) {
            return (enum syc_vantage)v;
        }
    }
    return SYC_VANTAGE_UNKNOWN;
}

/* The value that holds for every host; where they differ, the usual one. */
static void
common_two_msl(struct syc_audit *a)
{
    const struct audit_store *s = &a->store;
    struct syc_audit_report *r = &a->report;

    r->two_msl_us = a->options.two_msl_us > 0 ? a->options.two_msl_us : 60 * INT64_C(1000000);
    r->two_msl_from = a->options.two_msl_us > 0 ? SYC_ASSUMED_OPTION : SYC_ASSUMED_DEFAULT;
    for (uint32_t i = 0; i < s->seat_count; i++) {
        enum syc_assumed from;
        int64_t us = audit_hosts_two_msl(&a->hosts, (uint32_t)(s->seats[i] - s->hosts), &from);
        if (i == 0) {
            r->two_msl_us = us;
            r->two_msl_from = from;
        } else if (us != r->two_msl_us || from != r->two_msl_from) {
            r->two_msl_us = 60 * INT64_C(1000000);
            r->two_msl_from = SYC_ASSUMED_DEFAULT;
            return;
        }
    }
}

static void
begin_report(struct syc_audit *a)
{
    const struct audit_store *s = &a->store;
    struct life_pair *common = &a->common;
    bool any = s->start_min != SYC_NONE;

    *common = (struct life_pair){.origin = any ? s->start_min : 0,
                                 .last = any ? s->end_max : 0,
                                 .at = INT64_MAX,
                                 .dropped = s->dropped > 0};
    if (a->options.at_us >= 0) {
        common->at =
            a->options.at_us < INT64_C(1) << 60 ? common->origin + a->options.at_us : INT64_MAX;
        common->last = common->at < common->last ? common->at : common->last;
    }
    a->report =
        (struct syc_audit_report){.start_us = common->origin,
                                  .span_us = common->last - common->origin,
                                  .dropped = (int64_t)s->dropped,
                                  .degraded = s->dropped > 0 ? 1U << SYC_DEGRADED_EVICTED : 0,
                                  .vantage = vantage(s),
                                  .range_from = SYC_RANGE_NONE};
    common_two_msl(a);
}

/* ------------------------------------------------------------ rows */

/* Which pairs get a row: all, or those of most records. */
static bool
choose_rows(struct syc_audit *a)
{
    const struct audit_store *s = &a->store;
    size_t most = audit_store_rows_most(s);
    int64_t *v;

    a->row_room = s->pair_count < most ? s->pair_count : most;
    a->records_least = 0;
    a->rows = syc_alloc(a->row_room + 1, sizeof(*a->rows));
    if (a->rows == NULL || s->pair_count <= most) {
        return a->rows != NULL;
    }
    v = syc_alloc(s->pair_count, 2 * sizeof(*v));
    if (v == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < s->pair_count; i++) {
        v[i] = s->pairs[i].records;
    }
    syc_sort_numbers(v, s->pair_count, v + s->pair_count);
    a->records_least = (uint32_t)v[s->pair_count - most];
    a->ties_left = 0;
    for (size_t i = s->pair_count - most; i < s->pair_count && v[i] == a->records_least; i++) {
        a->ties_left++;
    }
    syc_free(v);
    return true;
}

static bool
gets_row(struct syc_audit *a, const struct audit_pair *pair)
{
    if (pair->records == a->records_least && a->ties_left > 0) {
        a->ties_left--;
        return true;
    }
    return pair->records > a->records_least;
}

/* ------------------------------------------------------------ lives of a pair */

static void
count_life(struct syc_audit *a, const struct life_pair *p, const struct life *l,
           struct syc_audit_pair *row)
{
    row->connections++;
    row->attempts += l->isn != SYC_NONE;
    row->established += audit_established(p, l);
    row->closes[l->close_kind]++;
    row->degraded |= l->degraded;
    part_add(&a->report.packets, l->pkts[0]);
    part_add(&a->report.packets, l->pkts[1]);
}

/* SYNs of the same 4-tuples in which client and server have changed roles: another pair's. */
struct turned {
    struct tuple_syn *list;
    size_t count, next;
};

static bool
find_turned(struct syc_audit *a, uint32_t index, uint16_t port, struct turned *out)
{
    const struct audit_pair *pair = &a->store.pairs[index];
    uint32_t other = audit_store_find(&a->store, pair->server, pair->client, port);
    struct groups groups;
    struct life life;

    *out = (struct turned){0};
    if (other == STORE_NONE || other == index) {
        return true;
    }
    if (!audit_store_load(&a->store, other, &a->work.scratch, &groups)) {
        return false;
    }
    out->list = syc_arena_alloc(&a->work.scratch, groups.count * sizeof(*out->list));
    a->room.lists = NULL;
    for (size_t i = 0; out->list != NULL && i < groups.count; i++) {
        const struct entry *e = &groups.entries[groups.list[i].first];
        if (e->port != pair->server_port || e->isn == 0 || e->start > a->common.at) {
            continue;
        }
        if (!audit_life_read(&a->store, other, &groups, i, &a->room, a->common.at, &life)) {
            return false;
        }
        out->list[out->count] = audit_tuple_syn(&life);
        out->list[out->count++].sender = SYC_TOCLIENT;
    }
    return out->list != NULL;
}

static void
take_turned(struct tenure_walk *walk, struct turned *turned, int64_t before)
{
    while (turned->next < turned->count && turned->list[turned->next].start < before) {
        audit_tenure_turned(walk, &turned->list[turned->next++]);
    }
}

/* Indexes of n groups by (port, time). */
static int64_t *
tuple_order(const struct groups *groups, size_t n, struct syc_arena *scratch)
{
    int64_t *v = syc_arena_alloc(scratch, (2 * n + 1) * sizeof(*v));

    for (size_t i = 0; v != NULL && i < n; i++) {
        v[i] = (int64_t)groups->entries[groups->list[i].first].port << 32 | (int64_t)i;
    }
    if (v != NULL) {
        syc_sort_numbers(v, n, v + n);
    }
    return v;
}

/* All n connections, tuple by tuple: those whose lives are kept, and the others once more out of the store. */
static bool
walk_tuples(struct syc_audit *a, uint32_t index, const struct groups *groups, size_t n,
            const struct life_pair *p, struct syc_audit_pair *row)
{
    struct tenure_walk walk = {.out = &a->tenures,
                               .two_msl = {p->two_msl[0], p->two_msl[1]},
                               .last = p->last};
    const int64_t *order = tuple_order(groups, n, &a->work.scratch);
    struct turned turned = {0};
    struct life read;

    if (order == NULL) {
        return false;
    }
    a->room.lists = NULL;
    for (size_t k = 0; k < n; k++) {
        size_t i = (size_t)(order[k] & UINT32_MAX);
        const struct life *l = i < p->count ? &p->lives[i] : &read;
        if (k == 0 || order[k] >> 32 != order[k - 1] >> 32) {
            take_turned(&walk, &turned, INT64_MAX);
            audit_tenure_end(&walk);
            if (!find_turned(a, index, (uint16_t)(order[k] >> 32), &turned)) {
                return false;
            }
        }
        if (l == &read && !audit_life_read(&a->store, index, groups, i, &a->room, p->at, &read)) {
            return false;
        }
        take_turned(&walk, &turned, l->start);
        audit_tenure_life(&walk, l, i);
        count_life(a, p, l, row);
    }
    take_turned(&walk, &turned, INT64_MAX);
    audit_tenure_end(&walk);
    return !walk.failed;
}

static bool
read_lives(struct syc_audit *a, uint32_t index, const struct groups *groups, size_t n,
           struct life_pair *p)
{
    size_t most = audit_store_lives_most(&a->store);
    size_t kept = n < most ? n : most;
    struct life *lives = syc_arena_alloc(&a->work.arena, kept * sizeof(*lives));

    if (lives == NULL) {
        return false;
    }
    a->room.lists = &a->work.arena;
    a->room.list_octets = audit_store_lists_most(&a->store);
    for (size_t i = 0; i < kept; i++) {
        if (!audit_life_read(&a->store, index, groups, i, &a->room, p->at, &lives[i])) {
            return false;
        }
        if (lives[i].syn_ack_dur != SYC_NONE && lives[i].ack_dur != SYC_NONE) {
            p->rtt_min_dur = part_least(p->rtt_min_dur, lives[i].syn_ack_dur + lives[i].ack_dur);
        }
    }
    p->lives = lives;
    p->count = kept;
    return true;
}

static void
name_pair(const struct syc_audit *a, const struct audit_pair *pair, struct life_pair *p)
{
    const struct audit_host *client = &a->store.hosts[pair->client];
    enum syc_assumed from;

    *p = a->common;
    memcpy(p->client, client->addr, 16);
    memcpy(p->server, a->store.hosts[pair->server].addr, 16);
    p->ip_v = client->ip_v;
    p->server_port = pair->server_port;
    p->two_msl[0] = audit_hosts_two_msl(&a->hosts, pair->client, &from);
    p->two_msl[1] = audit_hosts_two_msl(&a->hosts, pair->server, &from);
    p->rtt_min_dur = SYC_NONE;
    p->tenures = &a->tenures;
}

/* ------------------------------------------------------------ findings */

static bool
is_own(const struct syc_audit *a, const struct life_pair *p)
{
    for (size_t i = 0; i < a->options.own_count; i++) {
        if (memcmp(a->options.own[i], p->client, 16) == 0 ||
            memcmp(a->options.own[i], p->server, 16) == 0) {
            return true;
        }
    }
    return a->options.own_count == 0;
}

static bool
finding_less(const struct syc_finding *x, const struct syc_finding *y)
{
    if (x->severity != y->severity) {
        return x->severity > y->severity;
    }
    return x->pair != y->pair ? x->pair < y->pair : x->at_us < y->at_us;
}

#define WORST(x, y) finding_less(x, y)
SYC_SORT_DEFINE(sort_findings, struct syc_finding *, WORST)

static bool
add_findings(struct syc_audit *a, const struct life_pair *p, size_t row)
{
    struct syc_finding *found = syc_arena_alloc(&a->work.scratch, FINDINGS_PAIR * sizeof(*found));
    size_t n;

    if (found == NULL) {
        return false;
    }
    n = audit_findings_pair(&a->report, p, &a->rows[row], found, FINDINGS_PAIR);
    for (size_t i = 0; i < n; i++) {
        struct syc_finding *to;
        if (a->finding_count == FINDINGS_MOST) {
            sort_findings(a->findings, a->finding_count, a->findings + FINDINGS_MOST);
            a->finding_count /= 2;
        }
        to = syc_arena_alloc(&a->work.lasting, sizeof(*to));
        if (to == NULL) {
            return false;
        }
        *to = found[i];
        to->pair = row;
        a->findings[a->finding_count++] = to;
    }
    return true;
}

static bool
end_findings(struct syc_audit *a)
{
    struct syc_finding *list = syc_arena_alloc(&a->work.lasting, a->finding_count * sizeof(*list));

    if (list == NULL) {
        return false;
    }
    sort_findings(a->findings, a->finding_count, a->findings + FINDINGS_MOST);
    for (size_t i = 0; i < a->finding_count; i++) {
        list[i] = *a->findings[i];
    }
    a->report.findings = list;
    a->report.finding_count = a->finding_count;
    return true;
}

/* ------------------------------------------------------------ pairs */

static bool
run_parts(struct syc_audit *a, const struct life_pair *p, struct syc_audit_pair *row)
{
    static bool (*const parts[])(const struct life_pair *, struct audit_work *,
                                 struct syc_audit_pair *) = {
        audit_time_wait_pair, audit_handshake_pair,  audit_pool_pair,
        audit_overhead_pair,  audit_slow_start_pair, audit_loss_pair,
    };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        syc_arena_reset(&a->work.scratch);
        if (!parts[i](p, &a->work, row)) {
            return false;
        }
    }
    return true;
}

/* The ports come first: hosts need them also of pairs that get no row. */
static bool
fill_row(struct syc_audit *a, const struct audit_pair *pair, const struct life_pair *p,
         struct syc_audit_pair *row, bool told)
{
    memcpy(row->client, p->client, 16);
    memcpy(row->server, p->server, 16);
    row->ip_v = p->ip_v;
    row->server_port = p->server_port;
    row->replayed = (int64_t)p->count;
    syc_arena_reset(&a->work.scratch);
    if (!audit_ports_pair(p, &a->work, row)) {
        return false;
    }
    syc_arena_reset(&a->work.scratch);
    if (!audit_hosts_pair(&a->hosts, pair, p, &row->ports, &a->work)) {
        return false;
    }
    return !told || run_parts(a, p, row);
}

static bool
do_pair(struct syc_audit *a, uint32_t index)
{
    const struct audit_pair *pair = &a->store.pairs[index];
    bool told = gets_row(a, pair);
    struct syc_audit_pair *row = &a->rows[told ? a->report.pair_count : a->row_room];
    struct groups groups;
    struct life_pair p;
    size_t n = 0;

    syc_arena_reset(&a->work.arena);
    syc_arena_reset(&a->work.scratch);
    *row = (struct syc_audit_pair){0};
    name_pair(a, pair, &p);
    if (!audit_store_load(&a->store, index, &a->work.arena, &groups)) {
        return false;
    }
    while (n < groups.count && groups.entries[groups.list[n].first].start <= p.at) {
        n++;
    }
    if (n == 0) {
        return true;
    }
    if (!audit_tenures_begin(&a->tenures, n) || !read_lives(a, index, &groups, n, &p) ||
        !walk_tuples(a, index, &groups, n, &p, row) || !fill_row(a, pair, &p, row, told)) {
        return false;
    }
    a->report.connections += row->connections;
    a->report.degraded |= row->degraded;
    if (!told) {
        a->report.pairs_left_out++;
        return true;
    }
    if (row->ports.capacity_from > a->report.range_from) {
        a->report.range_from = row->ports.capacity_from;
    }
    a->report.pair_count++;
    return !is_own(a, &p) || add_findings(a, &p, a->report.pair_count - 1);
}

static bool
make_report(struct syc_audit *a)
{
    struct audit_store *s = &a->store;
    size_t points;

    if (!audit_store_sort(s) || !audit_hosts_begin(&a->hosts, s, a->options.two_msl_us) ||
        !choose_rows(a)) {
        return false;
    }
    a->findings = syc_alloc(2 * FINDINGS_MOST, sizeof(struct syc_finding *));
    if (a->findings == NULL) {
        return false;
    }
    begin_report(a);
    points = a->limit / CURVES_SHARE / sizeof(uint32_t) / (s->seat_count + a->row_room + 1);
    points = points < POINTS_MOST ? points : POINTS_MOST;
    a->work.curve_points = points > POINTS_LEAST ? points : POINTS_LEAST;
    for (uint32_t i = 0; i < s->pair_count; i++) {
        if (!do_pair(a, s->order[i].index)) {
            return false;
        }
    }
    a->report.pairs = a->rows;
    return audit_hosts_rows(&a->hosts, &a->work, &a->common, &a->report) && end_findings(a);
}

enum syc_status
syc_audit_finish(struct syc_audit *a, const struct syc_audit_report **out)
{
    *out = NULL;
    forget_report(a);
    if (!make_report(a)) {
        forget_report(a);
        return SYC_NO_MEMORY;
    }
    *out = &a->report;
    return SYC_OK;
}
