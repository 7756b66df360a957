/*
 * Period by folding, and whether instants keep to a schedule or to a pause.
 *
 * A candidate period numbers the instants (a gap of about k periods moves on by k, so missed beats do no harm); the
 * slope of time against number refines it; the strength is the length of the mean of e^(2 pi i t / p). Every
 * divisor of
 * a period folds as well as the period itself, so of candidates that are about as strong the longest is taken.
 */

#include "behavior/gaps.h"

#include <stdbool.h>

enum { CANDIDATES = 6, LEAST_PERIOD_US = 1000 };

/* Candidates at least this share as strong as the strongest are as good as it. */
static const double about_as_strong = 0.95;

/*
 * Chance that instants without a period reach this strength: exp(-n R^2) (Rayleigh) for each trial. Fifty
 * stand for six
 * candidates, their refinement and their being taken from the gaps themselves: counted over 20,000 series each
 * of 10 to
 * 120 exponential, lognormal(1) and Weibull(0.8) gaps, so that at most about 1 % of any of them show a period.
 */
static const double trials = 50;
static const double chance_most = 0.01;

/* Gaps less concentrated than this have no beat that could drift (cadence 2, item 3). */
static const double least_beat = 0.6;

/* ------------------------------------------------------------ folding */

/* A table, made once: cosines of 128 instants for six candidates are 1536 calls a series otherwise. */
void
syc_wave_init(struct wave *w)
{
    for (size_t i = 0; i < sizeof(w->cosine) / sizeof(w->cosine[0]); i++) {
        w->cosine[i] = cos(6.283185307179586 * (double)i / WAVE_STEPS);
    }
}

/*
 * Phases are 64-bit fractions of a turn, so that whole turns fall away by themselves; their upper 8 bits
 * choose the step.
 * A step of 1/256 turn shortens the mean by 3e-5.
 */
static double
fold(const int64_t *t, size_t n, double period, const struct wave *wave)
{
    const uint64_t half_step = UINT64_C(1) << 55;
    uint64_t turn = (uint64_t)(18446744073709551616.0 / period);
    double re = 0;
    double im = 0;

    for (size_t i = 0; i < n; i++) {
        uint64_t phase = (uint64_t)(t[i] - t[0]) * turn + half_step;
        const double *at = &wave->cosine[phase >> 56];
        re += at[0];
        im += at[WAVE_STEPS / 4];
    }
    return sqrt(re * re + im * im) / (double)n;
}

/* ------------------------------------------------------------ numbering */

/* A straight line through (number, time): time = at + slope * number, time counted from the first instant. */
struct line {
    double slope, at;
};

/* How many periods the gap before instant i is long: rounding is what makes missed beats harmless. */
static double
beats(const int64_t *t, size_t i, double rate)
{
    return (double)(int64_t)((double)(t[i] - t[i - 1]) * rate + 0.5);
}

/* Least squares; false when all instants get one number (every gap below half the period). */
static bool
fit(const int64_t *t, size_t n, double period, struct line *out)
{
    double sk = 0, st = 0, skk = 0, skt = 0;
    double rate = 1 / period;
    double k = 0;
    double spread;

    for (size_t i = 1; i < n; i++) {
        double time = (double)(t[i] - t[0]);
        k += beats(t, i, rate);
        sk += k;
        st += time;
        skk += k * k;
        skt += k * time;
    }
    spread = (double)n * skk - sk * sk;
    if (!(spread > 0)) {
        return false;
    }
    out->slope = ((double)n * skt - sk * st) / spread;
    out->at = (st - out->slope * sk) / (double)n;
    return true;
}

/* ------------------------------------------------------------ candidates */

/*
 * Mean of the fullest window [g, 1.1 g] of the ascending gaps; the first of equals. The median
 * misses a beat that is only the most frequent of several (a page's own polls between).
 */
static double
mode(const int64_t *sorted, size_t n)
{
    size_t best_from = 0;
    size_t best = 0;
    size_t to = 0;
    double sum = 0;

    for (size_t from = 0; from < n; from++) {
        while (to < n && 10 * sorted[to] <= 11 * sorted[from]) {
            to++;
        }
        if (to - from > best) {
            best = to - from;
            best_from = from;
        }
    }
    for (size_t i = best_from; i < best_from + best; i++) {
        sum += (double)sorted[i];
    }
    return sum / (double)best;
}

/*
 * Instants that say something of their own: one less than a quarter of the period after another belongs to it (six
 * connections of one page are one visit), and would else lend chance five more witnesses.
 */
static size_t
count_independent(const int64_t *t, size_t n, double period)
{
    size_t count = 1;
    int64_t last = t[0];

    for (size_t i = 1; i < n; i++) {
        if ((double)(t[i] - last) >= period / 4) {
            last = t[i];
            count++;
        }
    }
    return count;
}

struct candidate {
    double period, strength;
};

/*
 * Refined and folded; false when it is no period: a slope off by a factor of two numbers another
 * rhythm than it was asked.
 */
static bool
try_candidate(const int64_t *t, size_t n, double period, const struct wave *wave,
              struct candidate *out)
{
    struct line line;

    if (!(period >= LEAST_PERIOD_US) || !fit(t, n, period, &line) ||
        !(line.slope >= period / 2 && line.slope <= period * 2)) {
        return false;
    }
    out->period = line.slope;
    out->strength = fold(t, n, line.slope, wave);
    return true;
}

/*
 * Median and mode, their halves and doubles: the gaps of a beat with misses are its multiples,
 * those of two interleaved beats its parts.
 */
static void
find_period(const int64_t *t, size_t n, double median, double most_common, const struct wave *wave,
            struct gaps *out)
{
    const double from[CANDIDATES] = {median,          most_common,     median / 2,
                                     most_common / 2, 2 * most_common, 2 * median};
    struct candidate found[CANDIDATES];
    struct candidate best = {0, 0};
    double strongest = 0;
    double witnesses;
    size_t count = 0;

    for (size_t i = 0; i < CANDIDATES; i++) {
        bool again = i % 2 == 1 && fabs(median - most_common) < median / 1000;
        if (!again && try_candidate(t, n, from[i], wave, &found[count])) {
            strongest = fmax(strongest, found[count++].strength);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (found[i].strength >= about_as_strong * strongest && found[i].period > best.period) {
            best = found[i];
        }
    }
    if (count == 0) {
        return;
    }
    out->real[GAP_STRENGTH] = fmin(1, best.strength);
    witnesses = (double)count_independent(t, n, best.period);
    if (trials * exp(-witnesses * best.strength * best.strength) <= chance_most) {
        out->real[GAP_PERIOD] = best.period / 1e6;
    }
}

/* ------------------------------------------------------------ drift */

/*
 * Off the line, instants of a schedule stay within their jitter: the mean square of the residuals is half that
 * of the gaps
 * around the period. After a pause (sleep, then work) errors add up: it is about n / 15 of it. Both limits were drawn
 * from 2000 simulated series each of 13, 21, 41 and 128 instants with Gaussian, uniform and exponential
 * jitter, so that
 * either word is wrong in about 5 % of them; between the limits neither is said.
 */
static enum drift
find_drift(const int64_t *t, size_t n, double period)
{
    double most_schedule = 0.5 + 1.2 / sqrt((double)n);
    double least_sleep = most_schedule;
    double off = 0;
    double around = 0;
    double ratio;
    double k = 0;
    struct line line;

    if (!(period >= LEAST_PERIOD_US) || !fit(t, n, period, &line)) {
        return DRIFT_UNKNOWN;
    }
    for (size_t i = 0; i < n; i++) {
        double step = i > 0 ? beats(t, i, 1 / period) : 0;
        double gap = i > 0 ? (double)(t[i] - t[i - 1]) - line.slope * step : 0;
        double e;
        k += step;
        e = (double)(t[i] - t[0]) - line.at - line.slope * k;
        off += e * e;
        around += gap * gap;
    }
    most_schedule = fmin(most_schedule, (double)n / 30);
    if (!(around > 0)) {
        return DRIFT_SCHEDULE;
    }
    ratio = off / (double)(n - 2) / (around / (double)(n - 1));
    if (ratio <= most_schedule) {
        return DRIFT_SCHEDULE;
    }
    return ratio >= least_sleep ? DRIFT_SLEEP : DRIFT_UNKNOWN;
}

/*
 * The last 128 instants: a period that changed last week is not the one to report, and the cost is
 * bounded.
 */
void
syc_period_measure(const int64_t *instants, size_t count, const int64_t *sorted, size_t n,
                   const struct wave *wave, struct gaps *out)
{
    size_t last = count < GAP_PERIOD_INSTANTS ? count : GAP_PERIOD_INSTANTS;
    const int64_t *t = instants + (count - last);
    double median = (double)syc_gaps_median_twice(sorted, n) / 2;

    find_period(t, last, median, mode(sorted, n), wave, out);
    if (n >= GAP_LEAST_DRIFT && out->real[GAP_CONCENTRATION] >= least_beat) {
        out->drift = find_drift(t, last, median);
    }
}
