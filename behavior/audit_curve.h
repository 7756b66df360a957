#ifndef SYC_BEHAVIOR_AUDIT_CURVE_H
#define SYC_BEHAVIOR_AUDIT_CURVE_H

/*
 * Purpose           how many there are over time: the peak, the area, a series of equal steps
 * Input and output  entries and exits in order of time in; figures and a struct syc_curve out
 * Ownership         the series lives in the arena that is given
 * Limits            a series of at most so many points; its step grows instead
 * Not here          where the entries come from
 */

#include "behavior/audit_int.h"

struct sweep {
    int64_t now, last, peak, peak_at; /* how many; the last change; the most, and since when */
    int64_t moment, at_moment;        /* how many there are at the moment asked for */
    uint32_t *v;                      /* the series, NULL = none wanted */
    size_t count, at;
    int64_t origin, step; /* absolute start of v[0] */
};

/*
 * Begin; moment: absolute time whose count is asked for. [from, to]: what the series has to show.
 *
 * returns  false when there is no memory for the series
 */
bool audit_sweep_begin(struct sweep *s, int64_t moment, int64_t from, int64_t to, int64_t origin,
                       size_t points_most, struct syc_arena *arena) SYC_MUST_CHECK;

/* Begin without a series or a moment. */
void audit_sweep_only_count(struct sweep *s);

/* One more, one less, at t. In order of time; of equal times exits first, as [from, to) is without `to`. */
void audit_sweep_change(struct sweep *s, int64_t t, int by);

/* Nothing follows. The series, with t0 counted from report_start. */
struct syc_curve audit_sweep_end(struct sweep *s, int64_t report_start);

/* All of them at once: froms and tos ascending, n of each; tos of INT64_MAX never leave. */
void audit_sweep_all(struct sweep *s, const int64_t *froms, const int64_t *tos, size_t n);

#endif
