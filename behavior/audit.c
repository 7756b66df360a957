/* The audit: records in, pair after pair through its parts, one report out. */

#include "behavior/audit_hosts.h"
#include "behavior/audit_load.h"

#include <string.h>

enum {
    MEMORY_DEFAULT = 128 << 20,
    FINDINGS_PAIR = 32,   /* most of one pair */
    FINDINGS_MOST = 4096, /* the worst are told */
    FINDINGS_ROOM = FINDINGS_MOST + FINDINGS_MOST / 4,
    CURVES_SHARE = 16, /* of the budget: series */
    POINTS_LEAST = 64,
    POINTS_MOST = 4096
};

struct syc_audit {
    struct syc_audit_options options;
    size_t limit;
    struct audit_store store;
    struct audit_work work;
    struct hosts hosts;
    struct audit_loader loader;
    struct life_pair common; /* what all pairs share: at, origin, last */
    struct syc_audit_report report;
    struct syc_audit_pair *rows; /* one more than can be told, for those that are not */
    size_t row_room;
    struct syc_finding **findings;
    size_t finding_count;
    uint32_t records_least; /* pairs of fewer get no row; of as many, the first ties_left do */
    size_t ties_left;
    bool lost; /* some of the traffic is in no record */
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
    a->loader = (struct audit_loader){.store = &a->store, .work = &a->work};
    syc_record_init(&a->loader.room.record);
    return a;
}

/* What making a report took and the report does not point to: records that come after it find the budget as it was. */
static void
forget_work(struct syc_audit *a)
{
    audit_hosts_fini(&a->hosts);
    audit_tenures_fini(&a->loader.tenures);
    audit_turned_fini(&a->loader.turned);
    syc_arena_fini(&a->work.arena);
    syc_arena_fini(&a->work.scratch);
    syc_free(a->findings);
    a->findings = NULL;
    a->finding_count = 0;
}

static void
forget_report(struct syc_audit *a)
{
    forget_work(a);
    syc_arena_fini(&a->work.lasting);
    syc_free(a->rows);
    a->rows = NULL;
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

/* Times before any pair is looked at: what can be told depends on where the capture begins and ends. */
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
    a->loader.packets = 0;
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
    a->ties_left = 0;
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
    for (size_t i = s->pair_count - most; i < s->pair_count && v[i] == a->records_least; i++) {
        a->ties_left++;
    }
    syc_free(v);
    return true;
}

/* Asked once for each pair, in canonical order: of equal ones the first are told. */
static bool
gets_row(struct syc_audit *a, const struct audit_pair *pair)
{
    if (pair->records == a->records_least && a->ties_left > 0) {
        a->ties_left--;
        return true;
    }
    return pair->records > a->records_least;
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

/* Of more than are told the worst stay; the room of the others, behind them, is used again. */
static void
keep_worst(struct syc_audit *a)
{
    sort_findings(a->findings, a->finding_count, a->findings + FINDINGS_ROOM);
    if (a->finding_count > FINDINGS_MOST) {
        a->report.findings_left_out += (int64_t)(a->finding_count - FINDINGS_MOST);
        a->finding_count = FINDINGS_MOST;
    }
}

static bool
add_findings(struct syc_audit *a, const struct life_pair *p, size_t row)
{
    struct syc_finding *found = syc_arena_alloc(&a->work.scratch, FINDINGS_PAIR * sizeof(*found));
    size_t n;

    if (found == NULL) {
        return false;
    }
    n = audit_findings_pair(p, &a->rows[row], found, FINDINGS_PAIR);
    for (size_t i = 0; i < n; i++) {
        struct syc_finding **to;
        if (a->finding_count == FINDINGS_ROOM) {
            keep_worst(a);
        }
        to = &a->findings[a->finding_count];
        *to = *to != NULL ? *to : syc_arena_alloc(&a->work.lasting, sizeof(**to));
        if (*to == NULL) {
            return false;
        }
        **to = found[i];
        (*to)->pair = row;
        a->finding_count++;
    }
    return true;
}

static bool
end_findings(struct syc_audit *a)
{
    struct syc_finding *list;

    keep_worst(a);
    list = syc_arena_alloc(&a->work.lasting, a->finding_count * sizeof(*list));
    if (list == NULL) {
        return false;
    }
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
    struct life_pair p;

    *row = (struct syc_audit_pair){0};
    name_pair(a, pair, &p);
    if (!audit_load_pair(&a->loader, index, &p, row)) {
        return false;
    }
    if (row->connections == 0) {
        return true;
    }
    if (!fill_row(a, pair, &p, row, told)) {
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
    a->findings = syc_alloc(2 * FINDINGS_ROOM, sizeof(struct syc_finding *));
    if (a->findings == NULL) {
        return false;
    }
    begin_report(a);
    if (!audit_turned_make(&a->loader.turned, s, &a->work.scratch, &a->loader.room, a->common.at)) {
        return false;
    }
    points = a->limit / CURVES_SHARE / sizeof(uint32_t) / (s->seat_count + a->row_room + 1);
    points = points < POINTS_MOST ? points : POINTS_MOST;
    a->work.curve_points = points > POINTS_LEAST ? points : POINTS_LEAST;
    for (uint32_t i = 0; i < s->pair_count; i++) {
        if (!do_pair(a, s->order[i].index)) {
            return false;
        }
    }
    a->report.pairs = a->rows;
    a->report.packets = a->loader.packets;
    return audit_hosts_rows(&a->hosts, &a->work, &a->common, &a->report) && end_findings(a);
}

bool
syc_audit_is_full(const struct syc_audit *a)
{
    const struct syc_budget *b = &a->store.room.budget;

    return a->store.dropped > 0 || b->used >= b->limit - b->limit / 4;
}

void
syc_audit_lose(struct syc_audit *a)
{
    a->lost = true;
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
    a->report.degraded |= a->lost || a->loader.turned.cut ? 1U << SYC_DEGRADED_EVICTED : 0;
    forget_work(a);
    *out = &a->report;
    return SYC_OK;
}
