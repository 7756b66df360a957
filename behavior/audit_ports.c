/* Ports of one pair (2.2): occupancy, capacity, when they run out. */

#include "behavior/audit_ports.h"
#include "behavior/audit_part.h"

#include <math.h>

enum {
    REUSES_LEAST = 3,   /* own reuses that show tcp_tw_reuse=1 (2.2.4) */
    FLIP_CONFIRMED = 3, /* SYNs of the other parity in a row */
    EVALUATIONS = 2000, /* forecasts a pair at most */
    REUSE_DELAY_US = 1000000,
    SILENCE_US = 1000000, /* step of asking again after the last SYN */
    SILENCE_STEPS = 12,   /* then the window is empty */
};

struct ports_scan {
    const struct life_pair *p;
    const struct tenure *list; /* by start */
    size_t count, last_syn;    /* last_syn: SIZE_MAX = no SYN at all */
    struct ports_past past;
    struct ports_ended ended;
    struct port_walk walk;
    size_t released; /* of past.free */
    int64_t occupied;
    size_t reuses;
    bool flip_over; /* found, or it can be none any more */
    int64_t flip_known_at;
    int64_t next_look, look_step;
    bool standing; /* a forecast */
    bool lossy;    /* SYNs may be missing */
    struct syc_audit_ports *out;
};

/* ------------------------------------------------------------ capacity */

static bool
parity(const struct ports_scan *s, size_t i)
{
    return (s->list[i].port & 1) != 0;
}

/* The SYN at i has the other parity for the first time. Do the ones after it, and were those before held? (2.2.2) */
static void
look_at_flip(struct ports_scan *s, size_t i, int64_t held)
{
    int64_t half = (s->walk.high - s->walk.low) / 2 + 1;
    size_t same = 1;
    size_t k = i;

    s->flip_over = true;
    if (s->walk.count < RANGE_LEAST || held * 2 < half) {
        return;
    }
    while (same < FLIP_CONFIRMED && ++k < s->count) {
        if ((s->list[k].flags & TENURE_SYN) == 0) {
            continue;
        }
        if (parity(s, k) != parity(s, i)) {
            return;
        }
        same++;
    }
    if (same == FLIP_CONFIRMED) {
        s->out->flip_after = held;
        s->out->flip_at_us = s->list[i].start - s->p->origin;
        s->flip_known_at = s->list[k].start;
    }
}

static int64_t
capacity(const struct ports_scan *s, int64_t at, enum syc_range_from *from)
{
    int64_t seen = audit_walk_capacity(&s->walk);

    if (s->out->flip_after != SYC_NONE && at >= s->flip_known_at) {
        *from = SYC_RANGE_FLIP;
        return s->out->flip_after * 2;
    }
    *from = seen != SYC_NONE ? SYC_RANGE_OBSERVED : SYC_RANGE_NONE;
    return seen;
}

/* Within a port or two of the capacity, or of its last fiftieth (2.2.5): the flip is known to one port of its half. */
static bool
full(int64_t occupied, int64_t capacity_)
{
    return capacity_ != SYC_NONE &&
           (occupied >= capacity_ - 2 || (double)occupied >= 0.98 * (double)capacity_);
}

/* ------------------------------------------------------------ forecasts */

/* Of the tenures begun before, those free by `at` hold no port. Each ends before the next of its tuple: ports count once. */
static void
release(struct ports_scan *s, int64_t at, size_t begun)
{
    while (s->released < s->past.count && s->past.free[s->released] <= at) {
        s->released++;
    }
    s->occupied = (int64_t)begun - (int64_t)s->released;
}

static void
tell(struct ports_scan *s, const struct ports_view *v, int64_t ports)
{
    s->out->rate_per_s = v->rate_per_s;
    s->out->need = audit_ports_need(v);
    if (ports != SYC_NONE && v->hold_s > 0) {
        s->out->sustainable_per_s = (double)ports / v->hold_s;
    }
}

/* 2.2.4, 5.2: a prediction stands until the rate is one that can be sustained. */
static void
withdraw(struct ports_scan *s, int64_t at)
{
    if (s->standing) {
        s->standing = false;
        s->out->resolved_at_us = at - s->p->origin;
        s->out->exhaust_at_us = SYC_NONE;
    }
}

static void
stand(struct ports_scan *s, const struct ports_view *v, int64_t when)
{
    struct syc_audit_ports *out = s->out;

    s->standing = true;
    out->resolved_at_us = SYC_NONE;
    out->exhaust_at_us = out->forecast_us = when - s->p->origin;
    out->forecast_rate_per_s = v->rate_per_s;
    if (out->warned_at_us == SYC_NONE) {
        out->warned_at_us = v->at - s->p->origin;
    }
}

/* Once the client is seen to reuse its own entries, they block a port for a second only (2.2.4). */
static struct ports_view
view_at(struct ports_scan *s, int64_t at)
{
    struct ports_view v;

    audit_past_view(&s->past, &s->ended, at,
                    s->reuses >= REUSES_LEAST ? REUSE_DELAY_US : s->past.two_msl, &v);
    return v;
}

/* What could be forecast at that moment. */
static void
look(struct ports_scan *s, int64_t at)
{
    enum syc_range_from from;
    int64_t ports = capacity(s, at, &from);
    struct ports_view v = view_at(s, at);
    int64_t when = INT64_MAX;

    if (ports != SYC_NONE && s->walk.count >= RANGE_LEAST &&
        v.rate_now * v.hold_s > (double)ports) {
        when = audit_past_forecast(&s->past, &v, s->occupied, ports);
    }
    if (when == INT64_MAX) {
        withdraw(s, at);
    } else {
        stand(s, &v, when);
    }
    tell(s, &v, ports);
}

/* ------------------------------------------------------------ symptoms */

/* All ports are taken and the SYNs stop: nothing else of it can be seen (2.2.5). */
static void
look_at_silence(struct ports_scan *s, size_t i, size_t next)
{
    struct syc_audit_ports *out = s->out;
    enum syc_range_from from;
    int64_t start = s->list[i].start;
    int64_t ports = capacity(s, start, &from);
    int64_t until = next < s->count ? s->list[next].start : s->p->last;
    struct ports_view v;

    if (s->lossy || out->starved_from_us != SYC_NONE || !full(s->occupied, ports)) {
        return;
    }
    v = view_at(s, start);
    /* With every port taken, silence to the end of the capture needs no measure. */
    if (!((double)(until - start) / 1e6 > 5 / v.rate_per_s) &&
        !(next >= s->count && s->occupied >= ports)) {
        return;
    }
    out->starved_from_us = start - s->p->origin;
    out->starved_to_us = next < s->count ? until - s->p->origin : SYC_NONE;
    stand(s, &v, start);
    tell(s, &v, ports);
}

static size_t
syn_after(const struct ports_scan *s, size_t i)
{
    do {
        i++;
    } while (i < s->count && (s->list[i].flags & TENURE_SYN) == 0);
    return i;
}

/* ------------------------------------------------------------ the scan */

/* One more connection. Forecasts are made at SYNs, so that they do not depend on when other pairs were busy. */
static void
take(struct ports_scan *s, size_t i)
{
    const struct tenure *t = &s->list[i];

    release(s, t->start, i);
    if (t->flags & TENURE_SYN) {
        if (!s->flip_over && s->walk.count > 0 && ((t->port ^ s->walk.first) & 1) != 0) {
            look_at_flip(s, i, s->occupied);
        }
        audit_walk_port(&s->walk, t->port);
    }
    s->occupied++;
    s->reuses += (t->flags & TENURE_OWN_REUSE) != 0;
    s->out->reuse_within_2msl += (t->flags & TENURE_WITHIN) != 0;
    if (s->occupied > s->out->occupied_peak) {
        s->out->occupied_peak = s->occupied;
    }
    if ((t->flags & TENURE_SYN) != 0 && s->out->starved_from_us == SYC_NONE) {
        if (t->start >= s->next_look || i == s->last_syn) {
            look(s, t->start);
            s->next_look = t->start + s->look_step;
        }
        look_at_silence(s, i, syn_after(s, i));
    }
}

/* After the last SYN: does the forecast still stand at the end? */
static void
look_back(struct ports_scan *s)
{
    int64_t at = s->last_syn != SIZE_MAX ? s->list[s->last_syn].start : s->p->last;

    for (int i = 0; i < SILENCE_STEPS && at < s->p->last && s->standing; i++) {
        struct syc_audit_ports told = *s->out;
        at = at + SILENCE_US < s->p->last ? at + SILENCE_US : s->p->last;
        release(s, at, s->count);
        look(s, at);
        if (!s->standing) {
            s->out->rate_per_s = told.rate_per_s;
            s->out->need = told.need;
            s->out->sustainable_per_s = told.sustainable_per_s;
        }
    }
}

static void
conclude(struct ports_scan *s)
{
    struct syc_audit_ports *out = s->out;

    out->capacity = capacity(s, s->p->last, &out->capacity_from);
    if (out->capacity != SYC_NONE && out->capacity > 0) {
        out->occupied_ratio = (double)out->occupied_peak / (double)out->capacity;
    }
    if (s->reuses >= REUSES_LEAST) {
        out->tw_reuse = 1;
    } else if (out->flip_after != SYC_NONE) {
        out->tw_reuse = 0; /* with it the second half is never needed */
    }
}

static void
blank(struct syc_audit_ports *out)
{
    *out = (struct syc_audit_ports){.capacity = SYC_NONE,
                                    .capacity_from = SYC_RANGE_NONE,
                                    .flip_after = SYC_NONE,
                                    .flip_at_us = SYC_NONE,
                                    .occupied_ratio = (double)NAN,
                                    .rate_per_s = (double)NAN,
                                    .need = (double)NAN,
                                    .sustainable_per_s = (double)NAN,
                                    .exhaust_at_us = SYC_NONE,
                                    .starved_from_us = SYC_NONE,
                                    .starved_to_us = SYC_NONE,
                                    .tw_reuse = SYC_NONE,
                                    .warned_at_us = SYC_NONE,
                                    .resolved_at_us = SYC_NONE,
                                    .forecast_us = SYC_NONE,
                                    .forecast_rate_per_s = (double)NAN};
}

bool
audit_ports_pair(const struct life_pair *p, struct audit_work *w, struct syc_audit_pair *out)
{
    const struct tenures *t = p->tenures;
    struct ports_scan s = {.p = p,
                           .walk.first = -1,
                           .last_syn = SIZE_MAX,
                           .lossy = p->dropped || (out->degraded & PART_LOSSY) != 0,
                           .out = &out->ports};

    blank(&out->ports);
    if (t == NULL || t->count == 0) {
        return true;
    }
    s.list = t->list;
    s.count = t->count;
    if (!audit_past_make(&s.past, t, p->two_msl[0], &w->scratch)) {
        return false;
    }
    for (size_t i = t->count; i > 0 && s.last_syn == SIZE_MAX; i--) {
        s.last_syn = (t->list[i - 1].flags & TENURE_SYN) != 0 ? i - 1 : SIZE_MAX;
    }
    s.look_step = (t->list[t->count - 1].start - t->list[0].start) / EVALUATIONS;
    s.next_look = INT64_MIN;
    for (size_t i = 0; i < t->count; i++) {
        take(&s, i);
    }
    if (out->ports.starved_from_us == SYC_NONE) {
        look_back(&s);
    }
    conclude(&s);
    return true;
}
