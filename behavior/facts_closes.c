/*
 * Facts of how connections end: idle time before the client closes, TIME_WAIT, and TLS resumption.
 *
 * Idle times before a close are constants that name the tool, TIME_WAIT shows a client that closes
 * first and often, and a client that never resumes keeps no state between its runs (cadence 2 items
 * 8, 9, 12).
 */

#include "behavior/facts.h"

enum { LEAST_IDLE = 5, LEAST_TLS = 5 };

/* Whether any connection of the view tells of this (flag); a sensor that never does leaves the facts absent. */
static bool
is_told(const struct view *v, unsigned flag)
{
    for (size_t i = 0; i < v->count; i++) {
        if ((v->marks[i]->flags & flag) != 0) {
            return true;
        }
    }
    return false;
}

void
syc_facts_ends(const struct basis *b, struct syc_value *row)
{
    const struct view *v = &b->view;
    int64_t ends[MARK_END_COUNT] = {0};

    if (!is_told(v, MARK_CLOSE)) {
        return;
    }
    for (size_t i = 0; i < v->count; i++) {
        ends[v->marks[i]->end]++;
    }
    for (size_t i = MARK_END_CLIENT; i < MARK_END_COUNT; i++) {
        fact_int(row, (enum fact)(FACT_CLOSE_CLIENT + i - MARK_END_CLIENT), ends[i]);
    }
}

/* The coefficient of variation is the finding: a constant limit of the tool, or a human's whim. */
void
syc_facts_idle(const struct basis *b, struct syc_value *row)
{
    const struct view *v = &b->view;
    int64_t *idle = v->work;
    size_t n = 0;
    double mean;
    double sd;

    if (!is_told(v, MARK_CLOSE)) {
        return;
    }
    for (size_t i = 0; i < v->count; i++) {
        if ((v->marks[i]->flags & MARK_IDLE_CLOSE) != 0) {
            idle[n++] = v->marks[i]->idle_close_us;
        }
    }
    fact_int(row, FACT_IDLE_N, (int64_t)n);
    if (n < LEAST_IDLE) {
        return;
    }
    syc_gaps_moments(idle, n, &mean, &sd);
    syc_sort_numbers(idle, n, v->work + v->work_each);
    fact_real(row, FACT_IDLE_MEDIAN, (double)syc_gaps_median_twice(idle, n) / 2e6);
    if (mean > 0) {
        fact_real(row, FACT_IDLE_CV, sd / mean);
    }
}

/* The population of entries; one that ends when another begins is gone by then. */
void
syc_facts_time_wait(const struct basis *b, struct syc_value *row)
{
    const struct view *v = &b->view;
    int64_t *enter = v->work;
    int64_t *leave = v->work + v->work_each;
    int64_t *spare = v->work + 2 * v->work_each;
    int64_t area = 0;
    size_t n = 0;
    size_t left = 0;
    size_t peak = 0;

    if (!is_told(v, MARK_CLOSE)) {
        return;
    }
    for (size_t i = 0; i < v->count; i++) {
        const struct mark *m = v->marks[i];
        if ((m->flags & MARK_TIME_WAIT) != 0 && m->time_wait_us > 0) {
            enter[n] = m->start_us + m->life_us + m->time_wait_lag_us;
            leave[n] = enter[n] + m->time_wait_us;
            area += m->time_wait_us;
            n++;
        }
    }
    syc_sort_numbers(enter, n, spare);
    syc_sort_numbers(leave, n, spare);
    for (size_t i = 0; i < n; i++) {
        while (leave[left] <= enter[i]) {
            left++;
        }
        peak = i + 1 - left > peak ? i + 1 - left : peak;
    }
    fact_int(row, FACT_TIME_WAIT_PEAK, (int64_t)peak);
    fact_real(row, FACT_TIME_WAIT_AREA, (double)area / 1e6);
}

/*
 * Over handshakes whose first flight was seen; which were resumed is decided with the pair
 * (view.c).
 */
void
syc_facts_tls(const struct basis *b, struct syc_value *row)
{
    const struct view *v = &b->view;
    uint64_t all = 0;
    uint64_t resumed = 0;

    if (!is_told(v, MARK_PROTOCOL)) {
        return;
    }
    for (size_t i = 0; i < v->count; i++) {
        all += (v->marks[i]->flags & MARK_TLS) != 0;
        resumed += (v->marks[i]->flags & MARK_TLS_RESUMED) != 0;
    }
    fact_int(row, FACT_TLS_FULL, (int64_t)(all - resumed));
    fact_int(row, FACT_TLS_RESUMED, (int64_t)resumed);
    fact_ratio(row, FACT_TLS_RATIO, resumed, all, LEAST_TLS);
}
