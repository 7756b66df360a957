/* Counting what is there over time. */

#include "behavior/audit_curve.h"

static int64_t
floor_to(int64_t t, int64_t step)
{
    int64_t over = t % step;

    return t - (over < 0 ? over + step : over);
}

/* Steps a person reads easily, from 1 s on. */
static int64_t
step_for(int64_t span, size_t points_most)
{
    static const int64_t seconds[] = {1,   2,   5,    10,   15,   20,   30,    60,    120,   300,
                                      600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400};
    int64_t step = INT64_C(1000000);

    for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
        step = seconds[i] * 1000000;
        if (span / step + 2 <= (int64_t)points_most) {
            return step;
        }
    }
    while (span / step + 2 > (int64_t)points_most) {
        step *= 2;
    }
    return step;
}

void
audit_sweep_only_count(struct sweep *s)
{
    *s = (struct sweep){.last = INT64_MIN, .peak_at = SYC_NONE, .moment = INT64_MIN};
}

bool
audit_sweep_begin(struct sweep *s, int64_t moment, int64_t from, int64_t to, int64_t origin,
                  size_t points_most, struct syc_arena *arena)
{
    audit_sweep_only_count(s);
    s->moment = moment;
    s->step = step_for(to - from, points_most);
    s->origin = origin + floor_to(from - origin, s->step);
    s->count = (size_t)((to - s->origin) / s->step) + 1;
    s->v = syc_arena_alloc(arena, s->count * sizeof(*s->v));
    return s->v != NULL;
}

static void
show(struct sweep *s, size_t at)
{
    if (at < s->count && (uint64_t)s->now > s->v[at]) {
        s->v[at] = s->now < UINT32_MAX ? (uint32_t)s->now : UINT32_MAX;
    }
}

/* From the last change until t there were s->now. */
static void
pass(struct sweep *s, int64_t t)
{
    if (s->last <= s->moment && s->moment < t) {
        s->at_moment = s->now;
    }
    if (s->v == NULL || s->now == 0) {
        return;
    }
    if (s->last >= s->origin) {
        s->at = (size_t)((s->last - s->origin) / s->step);
    }
    while (s->at < s->count && s->origin + (int64_t)s->at * s->step < t) {
        show(s, s->at++);
    }
}

void
audit_sweep_change(struct sweep *s, int64_t t, int by)
{
    if (t > s->last) {
        pass(s, t);
        s->last = t;
    }
    s->now += by;
    if (s->now > s->peak) {
        s->peak = s->now;
        s->peak_at = t;
    }
}

struct syc_curve
audit_sweep_end(struct sweep *s, int64_t report_start)
{
    pass(s, INT64_MAX);
    return (struct syc_curve){.t0_us = s->v != NULL ? s->origin - report_start : 0,
                              .step_us = s->step,
                              .v = s->v,
                              .count = s->count};
}

void
audit_sweep_all(struct sweep *s, const int64_t *froms, const int64_t *tos, size_t n)
{
    size_t out = 0;

    for (size_t i = 0; i < n; i++) {
        while (out < n && tos[out] <= froms[i]) {
            audit_sweep_change(s, tos[out++], -1);
        }
        audit_sweep_change(s, froms[i], 1);
    }
    while (out < n && tos[out] != INT64_MAX) {
        audit_sweep_change(s, tos[out++], -1);
    }
}
