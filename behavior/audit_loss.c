/* Repeats, and how much of what was sent was new (2.7). */

#include "behavior/audit_part.h"

/* A tap this close to one end, as a share of the round trip, sees all that end sends before the path can lose it. */
enum { NEAR_PERCENT = 5 };

/* ------------------------------------------------------------ time under way */

struct busy {
    int64_t from, to;
};

static inline bool
busy_less(const struct busy *a, const struct busy *b)
{
    return a->from != b->from ? a->from < b->from : a->to < b->to;
}
#define BUSY_LESS(a, b) busy_less(&(a), &(b))
SYC_SORT_DEFINE(sort_busy, struct busy, BUSY_LESS)

/* The end of the last burst, as an offset; -1 when there is none. */
static int64_t
last_burst(const struct life *l)
{
    int64_t last = -1;

    for (size_t i = 0; i < l->exchange_count; i++) {
        const struct syc_exchange *x = &l->exchanges[i];
        int64_t client = part_held(x->offset_us) + part_held(x->client_dur_us);
        int64_t server = part_held(x->answer_offset_us) + part_held(x->server_dur_us);
        last = client > last ? client : last;
        last = x->answered != 0 && server > last ? server : last;
    }
    return last;
}

/*
 * From the first payload to the last acknowledgment. Without a repeat, data is acknowledged a round trip after it was
 * sent; with some, the last may have been repeated for long: then when the FINs behind it were acknowledged, else the
 * end of what was seen.
 */
static bool
busy_of(const struct life_pair *p, const struct life *l, int64_t trip, struct busy *out)
{
    int64_t first = part_least(l->first_payload[0], l->first_payload[1]);
    int64_t burst = last_burst(l);
    int64_t acked = l->fin_acked[0] > l->fin_acked[1] ? l->fin_acked[0] : l->fin_acked[1];
    int64_t last = acked != SYC_NONE ? acked : l->end;

    if (first == SYC_NONE || !part_over(p, l)) {
        return false;
    }
    if (l->retrans_data[0] <= 0 && l->retrans_data[1] <= 0 && !l->cut && burst >= 0 &&
        trip != SYC_NONE && l->start + burst + trip < last) {
        last = l->start + burst + trip;
    }
    *out = (struct busy){first, last > first ? last : first + 1};
    return true;
}

/* Time in which at least one connection was under way. Sorts the spans. */
static int64_t
time_together(struct busy *v, size_t n, struct busy *spare)
{
    int64_t sum = 0;
    int64_t to = INT64_MIN;

    sort_busy(v, n, spare);
    for (size_t i = 0; i < n; i++) {
        int64_t from = v[i].from > to ? v[i].from : to;
        if (v[i].to > from) {
            part_add(&sum, v[i].to - from);
            to = v[i].to;
        }
    }
    return sum;
}

static bool
fill_goodput(const struct life_pair *p, struct audit_work *w, struct syc_audit_loss *row)
{
    struct busy *v = syc_arena_alloc(&w->scratch, (p->count + 1) * sizeof(*v));
    struct busy *spare = syc_arena_alloc(&w->scratch, (p->count + 1) * sizeof(*spare));
    struct legs legs = audit_legs(p);
    int64_t fresh = 0;
    int64_t all = 0;
    int64_t us;
    size_t n = 0;

    if (v == NULL || spare == NULL) {
        return false;
    }
    for (size_t i = 0; i < p->count; i++) {
        const struct life *l = &p->lives[i];
        bool known = l->payload[0] >= 0 && l->payload[1] >= 0 && l->unique_payload[0] >= 0 &&
                     l->unique_payload[1] >= 0;
        if (known && busy_of(p, l, legs.trip, &v[n])) {
            n++;
            for (int side = 0; side < 2; side++) {
                part_add(&fresh, l->unique_payload[side]);
                part_add(&all, l->payload[side]);
            }
        }
    }
    us = time_together(v, n, spare);
    row->goodput_bps = us > 0 && all > 0 ? (double)fresh * 8e6 / (double)us : (double)NAN;
    row->efficiency_ratio = part_ratio(fresh, all);
    return true;
}

/* ------------------------------------------------------------ counts */

/*
 * A segment lost before the tap is seen once, not twice. Only a tap at the end that sends most of the data, with
 * nothing lost in the capture itself, sees every repeat as one.
 */
static bool
is_lower_bound(const struct life_pair *p)
{
    struct legs legs = audit_legs(p);
    int64_t segments[2] = {0, 0};
    int64_t leg;

    for (size_t i = 0; i < p->count; i++) {
        part_add(&segments[0], p->lives[i].data_segments[0]);
        part_add(&segments[1], p->lives[i].data_segments[1]);
        if ((p->lives[i].degraded & PART_LOSSY) != 0) {
            return true;
        }
    }
    leg = segments[SYC_TOCLIENT] >= segments[SYC_TOSERVER] ? legs.server : legs.client;
    return legs.trip == SYC_NONE || leg * 100 >= legs.trip * NEAR_PERCENT;
}

bool
audit_loss_pair(const struct life_pair *p, struct audit_work *w, struct syc_audit_pair *out)
{
    struct syc_audit_loss *row = &out->loss;
    int64_t data = SYC_NONE;

    *row = (struct syc_audit_loss){.retransmitted = SYC_NONE,
                                   .data_segments = SYC_NONE,
                                   .rto = SYC_NONE,
                                   .fast = SYC_NONE};
    for (size_t i = 0; i < p->count; i++) {
        const struct life *l = &p->lives[i];
        for (int side = 0; part_over(p, l) && side < 2; side++) {
            part_add(&row->data_segments, l->data_segments[side]);
            part_add(&data, l->retrans_data[side]);
            part_add(&row->retransmitted, l->retrans_data[side]);
            part_add(&row->retransmitted, l->retrans_fin[side]);
            part_add(&row->rto, l->retrans_rto[side]);
            part_add(&row->fast, l->retrans_fast[side]);
        }
    }
    /* of data alone: a FIN is no data segment (2.7) */
    row->ratio = part_ratio(data, row->data_segments);
    row->lower_bound = is_lower_bound(p);
    return fill_goodput(p, w, row);
}
