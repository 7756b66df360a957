/* Rates and forecasts (2.2.4). */

#include "behavior/audit_ports.h"

#include <math.h>

/*
 * 2.2.4: the trailing window. Younger pairs are told by all that there is, but a burst within one second is not taken for
 * a rate. A rise is looked for in thirds of three windows, so that each third counts as much as a window does.
 */
enum { WINDOW_US = 10000000, WINDOW_LEAST_US = 1000000, TREND_US = 3 * WINDOW_US };

static const double US_PER_S = 1e6;

/* ------------------------------------------------------------ the past */

bool
audit_past_make(struct ports_past *past, const struct tenures *t, int64_t two_msl,
                struct syc_arena *arena)
{
    size_t n = t->count;
    int64_t *v = syc_arena_alloc(arena, (4 * n + 1) * sizeof(*v));
    struct item *ends = syc_arena_alloc(arena, (2 * n + 1) * sizeof(*ends));

    if (v == NULL || ends == NULL) {
        return false;
    }
    *past = (struct ports_past){.syns = v,
                                .free = v + n,
                                .leaves = v + 2 * n,
                                .ends = ends,
                                .count = n,
                                .two_msl = two_msl};
    for (size_t i = 0; i < n; i++) {
        const struct tenure *one = &t->list[i];
        bool waited = (one->flags & TENURE_WAITED) != 0;
        past->free[i] = one->hold_to;
        if (one->flags & TENURE_SYN) {
            past->syns[past->syn_count++] = one->start;
        }
        if (waited) {
            past->leaves[past->leave_count++] = one->hold_to;
        }
        if (one->flags & TENURE_ENDED) {
            past->ends[past->end_count++] =
                (struct item){one->open_to, (uint64_t)(one->open_to - one->start), waited};
        }
    }
    syc_sort_numbers(past->free, n, v + 3 * n);
    syc_sort_numbers(past->leaves, past->leave_count, v + 3 * n);
    syc_sort_items(past->ends, past->end_count, past->ends + n);
    return true;
}

/* How many of the ascending numbers are <= t. */
static size_t
up_to(const int64_t *v, size_t n, int64_t t)
{
    size_t low = 0;

    while (low < n) {
        size_t middle = low + (n - low) / 2;
        if (v[middle] <= t) {
            low = middle + 1;
        } else {
            n = middle;
        }
    }
    return low;
}

/* How many of the connections were over by t. */
static size_t
ended_by(const struct ports_past *past, int64_t t)
{
    size_t low = 0;
    size_t high = past->end_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (past->ends[middle].t <= t) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* ------------------------------------------------------------ rates */

/* New connections in (from, to]. */
static double
count_within(const struct ports_past *past, int64_t from, int64_t to)
{
    return (double)up_to(past->syns, past->syn_count, to) -
           (double)up_to(past->syns, past->syn_count, from);
}

/*
 * A rise counts when it is far above what chance gives (3 standard deviations of a Poisson count) and goes on through
 * both halves of it: a step is no ramp.
 */
static void
view_rise(const struct ports_past *past, int64_t span, struct ports_view *v)
{
    int64_t third = span / 3;
    double s = (double)third / US_PER_S;
    double n[3];

    for (int i = 0; i < 3; i++) {
        n[i] = count_within(past, v->at - (3 - i) * third, v->at - (2 - i) * third);
    }
    v->rise_per_s2 = 0;
    v->rate_now = v->rate_per_s;
    if (n[2] - n[0] > 3 * sqrt(n[0] + n[2]) && n[1] - n[0] >= (n[2] - n[0]) / 4 &&
        n[2] - n[1] >= (n[2] - n[0]) / 4) {
        v->rise_per_s2 = (n[2] - n[0]) / (2 * s * s);
        v->rate_now = n[2] / s + v->rise_per_s2 * s / 2;
    }
}

/* The first SYN begins the first interval: it is no arrival in it. */
static void
view_rate(const struct ports_past *past, struct ports_view *v)
{
    int64_t known = past->syn_count > 0 ? v->at - past->syns[0] : 0;
    int64_t window = known < WINDOW_US ? known : WINDOW_US;

    window = window > WINDOW_LEAST_US ? window : WINDOW_LEAST_US;
    v->rate_per_s = count_within(past, v->at - (window < known ? window : known), v->at) /
                    ((double)window / US_PER_S);
    v->closing_per_s = (double)(ended_by(past, v->at) - ended_by(past, v->at - window)) /
                       ((double)window / US_PER_S);
    view_rise(past, known < TREND_US ? known : TREND_US, v);
}

void
audit_past_view(const struct ports_past *past, struct ports_ended *ended, int64_t at,
                int64_t wait_us, struct ports_view *out)
{
    *out = (struct ports_view){.at = at, .hold_s = (double)NAN};
    while (ended->count < past->end_count && past->ends[ended->count].t <= at) {
        ended->open_us += (double)past->ends[ended->count].a;
        ended->waited += past->ends[ended->count].b;
        ended->count++;
    }
    view_rate(past, out);
    if (ended->count > 0) {
        out->waiting_ratio = (double)ended->waited / (double)ended->count;
        out->hold_s =
            (ended->open_us / (double)ended->count + out->waiting_ratio * (double)wait_us) /
            US_PER_S;
    }
}

double
audit_ports_need(const struct ports_view *v)
{
    return v->rate_per_s * v->hold_s;
}

/* ------------------------------------------------------------ the future */

/*
 * How many more ports are taken x seconds on: those of new connections, less those that close without a wait, as they did
 * of late, less the entries that leave TIME_WAIT by then. left: entries that had left by now.
 */
static double
taken(const struct ports_past *past, const struct ports_view *v, size_t left, double x)
{
    int64_t at = v->at + (int64_t)(x * US_PER_S);
    double released = (double)(up_to(past->leaves, past->leave_count, at) - left);

    double came = v->rate_now * x + v->rise_per_s2 * x * x / 2;
    double closed = (1 - v->waiting_ratio) * v->closing_per_s * x;

    return fmax(came - closed, v->waiting_ratio * came) - released;
}

int64_t
audit_past_forecast(const struct ports_past *past, const struct ports_view *v, int64_t occupied,
                    int64_t capacity)
{
    enum { STEPS = 64, HALVINGS = 30 };
    size_t left = up_to(past->leaves, past->leave_count, v->at);
    double room = (double)(capacity - occupied);
    double low = 0;
    double high = 0;

    if (room <= 0) {
        return v->at;
    }
    /*
     * The first crossing is looked for in steps, because releases bring it down in between, then closed in on. Beyond
     * the mean hold nothing is left of what is there now: then the need decides, which the caller has compared.
     */
    for (int i = 1; taken(past, v, left, high) < room; i++) {
        if (i > STEPS) {
            return INT64_MAX;
        }
        low = high;
        high = v->hold_s * i / STEPS;
    }
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (low + high) / 2;
        if (taken(past, v, left, middle) < room) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return v->at + (int64_t)(high * US_PER_S);
}
