/* TIME_WAIT of one pair (2.1.7): the peak, and the picture of its ports. */

#include "behavior/audit_curve.h"
#include "behavior/sort.h"

/* Ascending ends of n things: froms, then tos. */
struct ends {
    int64_t *froms, *tos;
};

static bool
ends_alloc(struct ends *e, size_t n, struct syc_arena *arena)
{
    e->froms = syc_arena_alloc(arena, (3 * n + 1) * sizeof(int64_t));
    e->tos = e->froms != NULL ? e->froms + n : NULL;
    return e->froms != NULL;
}

static void
ends_sort(struct ends *e, size_t n)
{
    syc_sort_numbers(e->froms, n, e->tos + n);
    syc_sort_numbers(e->tos, n, e->tos + n);
}

static bool
peak_of(const struct spans *s, struct syc_arena *arena, int64_t *peak)
{
    struct sweep sweep;
    struct ends e;

    if (!ends_alloc(&e, s->count, arena)) {
        return false;
    }
    for (size_t i = 0; i < s->count; i++) {
        e.froms[i] = s->v[i].from;
        e.tos[i] = s->v[i].to;
    }
    ends_sort(&e, s->count);
    audit_sweep_only_count(&sweep);
    audit_sweep_all(&sweep, e.froms, e.tos, s->count);
    *peak = sweep.peak;
    return true;
}

/* Client ports that are open or in TIME_WAIT, until the last known one is free. */
static bool
picture(const struct life_pair *p, struct audit_work *w, struct syc_audit_pair *out)
{
    const struct tenures *t = p->tenures;
    int64_t until = p->last;
    struct sweep sweep;
    struct ends e;

    if (!ends_alloc(&e, t->count, &w->scratch)) {
        return false;
    }
    for (size_t i = 0; i < t->count; i++) {
        e.froms[i] = t->list[i].start;
        e.tos[i] = t->list[i].hold_to;
        if (e.tos[i] != INT64_MAX && e.tos[i] > until) {
            until = e.tos[i];
        }
    }
    ends_sort(&e, t->count);
    if (!audit_sweep_begin(&sweep, p->last, e.froms[0], until, p->origin, w->curve_points,
                           &w->lasting)) {
        return false;
    }
    audit_sweep_all(&sweep, e.froms, e.tos, t->count);
    out->tw = audit_sweep_end(&sweep, p->origin);
    return true;
}

bool
audit_time_wait_pair(const struct life_pair *p, struct audit_work *w, struct syc_audit_pair *out)
{
    int64_t peaks[2] = {0, 0};

    out->time_wait_peak = 0;
    if (p->tenures == NULL || p->tenures->count == 0) {
        return true;
    }
    for (int side = 0; side < 2; side++) {
        if (!peak_of(&p->tenures->waits[side], &w->scratch, &peaks[side])) {
            return false;
        }
    }
    out->time_wait_peak = peaks[0] > peaks[1] ? peaks[0] : peaks[1];
    return picture(p, w, out);
}
