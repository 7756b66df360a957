/*
 * Gap statistics: plain functions over arrays. Definitions: reference/cadence 1 and 3.
 *
 * Exactness is the point: sums are integers of 128 bits, and floating point begins only when a
 * value is formed, by the same operations in the same order for the same gaps. So any order of
 * records prints the same digits. Each statistic has a least n below which it stays NaN (absent).
 */

#include "behavior/gaps.h"

#include <stdbool.h>

/* Sums are __int128: 2^31 squares of 2^48 fit. */
static const double us_per_s = 1e6;

/* ------------------------------------------------------------ moments */

/*
 * Around a whole number near the mean, so that nothing cancels: the rest of the sum is below n.
 * Welford's method, as usual for streams, would make the last digits depend on the order of adding.
 */
void
syc_gaps_moments(const int64_t *v, size_t n, double *mean, double *sd)
{
    __int128 sum = 0;
    __int128 squares = 0;
    __int128 rest = 0;
    int64_t center;
    double off;
    double variance;

    for (size_t i = 0; i < n; i++) {
        sum += v[i];
    }
    center = (int64_t)(sum / (__int128)n);
    for (size_t i = 0; i < n; i++) {
        __int128 d = v[i] - center;
        rest += d;
        squares += d * d;
    }
    off = (double)rest / (double)n;
    variance = (double)squares / (double)n - off * off;
    *mean = (double)center + off;
    *sd = variance > 0 ? sqrt(variance) : 0;
}

/*
 * Kim, Jo: Measuring burstiness for finite event sequences (2016), n gaps, r = sd / mean: -1 for a
 * clock, 0 on average for a Poisson process, 1 when one gap is all there is. Goh and Barabasi's own
 * form is biased below some hundred gaps, and most sources have fewer.
 */
static double
burstiness(double r, double n)
{
    return (sqrt(n + 1) * r - sqrt(n - 1)) / ((sqrt(n + 1) - 2) * r + sqrt(n - 1));
}

/*
 * Goh, Barabasi (2008): Pearson's correlation of each gap with the next. NaN when one side does not
 * vary. Backoff shows 0.92 to 0.96, humans -0.30 to 0.31 (cadence 2 item 5).
 */
static double
memory(const int64_t *gaps, size_t n, double mean)
{
    int64_t center = (int64_t)mean;
    __int128 sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
    double k = (double)(n - 1);
    double vx, vy;

    for (size_t i = 0; i + 1 < n; i++) {
        __int128 x = gaps[i] - center;
        __int128 y = gaps[i + 1] - center;
        sx += x;
        sy += y;
        sxx += x * x;
        syy += y * y;
        sxy += x * y;
    }
    vx = (double)sxx - (double)sx * ((double)sx / k);
    vy = (double)syy - (double)sy * ((double)sy / k);
    if (!(vx > 0) || !(vy > 0)) {
        return NAN;
    }
    return fmax(-1, fmin(1, ((double)sxy - (double)sx * ((double)sy / k)) / (sqrt(vx) * sqrt(vy))));
}

/* ------------------------------------------------------------ order statistics */

int64_t
syc_gaps_median_twice(const int64_t *sorted, size_t n)
{
    return sorted[(n - 1) / 2] + sorted[n / 2];
}

double
syc_gaps_tenth(const int64_t *sorted, size_t n, unsigned k)
{
    size_t at = (n - 1) * k / 10;
    size_t part = (n - 1) * k % 10;
    int64_t step = at + 1 < n ? sorted[at + 1] - sorted[at] : 0;

    return (double)sorted[at] + (double)step * (double)part / 10;
}

/*
 * Median of |gap - median|, in halves of a microsecond: distances below the median (walking down)
 * and above it (walking up) are two ascending lists, merged up to the middle. No second sort.
 */
static double
mad_twice(const int64_t *sorted, size_t n, int64_t median_twice)
{
    size_t up = 0;
    size_t down;
    int64_t lower = 0;
    int64_t last = 0;

    while (up < n && 2 * sorted[up] < median_twice) {
        up++;
    }
    down = up;
    for (size_t i = 0; i <= n / 2; i++) {
        bool take_up = down == 0 || (up < n && 2 * sorted[up] - median_twice <=
                                                   median_twice - 2 * sorted[down - 1]);
        last = take_up ? 2 * sorted[up++] - median_twice : median_twice - 2 * sorted[--down];
        if (i == (n - 1) / 2) {
            lower = last;
        }
    }
    return (double)(lower + last) / 2;
}

/*
 * How many lie within 30 % of the median, ends included: |gap - m| * 10 <= 3 m, with m half of
 * median_twice. It survives missed beats, duty cycles and loss where cv does not (cadence 2 item 3:
 * 0.95 at a cv of 2.63).
 */
static size_t
count_inside(const int64_t *sorted, size_t n, int64_t median_twice)
{
    size_t inside = 0;

    for (size_t i = 0; i < n; i++) {
        int64_t off = 2 * sorted[i] - median_twice;
        inside += (off < 0 ? -off : off) * 10 <= 3 * median_twice;
    }
    return inside;
}

/* lgamma() itself leaves the sign in a global. */
static double
log_factorial(double n)
{
    int sign;

    return lgamma_r(n + 1, &sign);
}

/*
 * The probability that at least k of n gaps lie near the median by chance, as -log10: the binomial tail, its terms
 * falling from k on. A share of 0.7 means little of ten gaps and is proof of forty, which no threshold on the share
 * can tell. Chance is a lognormal law of sigma 0.7, the narrowest that browsing shows (reference/cadence 2, false
 * alarms): it keeps Phi(ln 1.3 / 0.7) - Phi(ln 0.7 / 0.7) = 0.34 of its gaps near its median, and 0.6 / n more near
 * the median of the same n gaps (4000 draws each of 6 to 40: within a third of the tail they showed).
 */
double
syc_gaps_beat(size_t inside, size_t n, size_t medians)
{
    const double most = 99;
    double all = (double)n;
    double chance = 0.34 + 0.6 * (double)medians / all;
    double k = (double)inside;
    double first = log_factorial(all) - log_factorial(k) - log_factorial(all - k) +
                   k * log(chance) + (all - k) * log1p(-chance);
    double term = 1;
    double sum = 1;

    if (k <= all * chance) {
        return 0;
    }
    for (; k < all && term > 1e-9; k++) {
        term *= (all - k) / (k + 1) * chance / (1 - chance);
        sum += term;
    }
    return fmax(0, fmin(most, -(first + log(sum)) / log(10)));
}

/*
 * Shannon's entropy of the logarithmic histogram over its largest value, log2(min(n, buckets)).
 * Buckets: 5 % relative error (ratio 1.05/0.95) from 1 ms to 1 day, what lies outside in the first
 * and the last. Walks the sorted gaps: no histogram is stored.
 */
static double
entropy(const int64_t *sorted, size_t n)
{
    enum { BUCKETS = 183 };
    const double ratio = 1.05 / 0.95;
    double upper = 1000;
    double bits = 0;
    size_t bucket = 0;
    size_t from = 0;

    for (size_t i = 0; i <= n; i++) {
        bool ends = i == n || ((double)sorted[i] > upper && bucket < BUCKETS - 1);
        if (ends && i > from) {
            double p = (double)(i - from) / (double)n;
            bits -= p * log2(p);
            from = i;
        }
        while (i < n && (double)sorted[i] > upper && bucket < BUCKETS - 1) {
            upper *= ratio;
            bucket++;
        }
    }
    return bits / log2((double)(n < BUCKETS ? n : BUCKETS));
}

/* ------------------------------------------------------------ all of it */

/*
 * Times of a capture; a gap is no longer than 2^48 us and never negative: squares of 2^31 such gaps
 * fit 128 bits.
 */
static size_t
take_gaps(const int64_t *instants, size_t count, int64_t *gaps)
{
    const int64_t most = INT64_C(1) << 48;

    for (size_t i = 1; i < count; i++) {
        int64_t gap = instants[i] - instants[i - 1];
        gaps[i - 1] = gap < most ? gap : most - 1;
    }
    return count > 0 ? count - 1 : 0;
}

static void
measure_ends(const int64_t *gaps, size_t n, struct gaps *out)
{
    int64_t least = gaps[0];
    int64_t most = gaps[0];

    for (size_t i = 1; i < n; i++) {
        least = gaps[i] < least ? gaps[i] : least;
        most = gaps[i] > most ? gaps[i] : most;
    }
    out->real[GAP_MIN] = (double)least / us_per_s;
    out->real[GAP_MAX] = (double)most / us_per_s;
}

/* n >= GAP_LEAST_SHAPE */
static void
measure_sorted(const int64_t *sorted, size_t n, int64_t concentration_least, struct gaps *out)
{
    int64_t median_twice = syc_gaps_median_twice(sorted, n);

    out->real[GAP_MEDIAN] = (double)median_twice / 2 / us_per_s;
    out->real[GAP_MAD] = mad_twice(sorted, n, median_twice) / 2 / us_per_s;
    out->real[GAP_P10] = syc_gaps_tenth(sorted, n, 1) / us_per_s;
    out->real[GAP_P90] = syc_gaps_tenth(sorted, n, 9) / us_per_s;
    if ((int64_t)n >= concentration_least) {
        size_t inside = count_inside(sorted, n, median_twice);
        out->real[GAP_CONCENTRATION] = (double)inside / (double)n;
        out->real[GAP_BEAT] = syc_gaps_beat(inside, n, 1);
    }
}

/* Of the gaps in the order of time. n >= GAP_LEAST_MEAN */
static void
measure_sums(const int64_t *gaps, size_t n, struct gaps *out)
{
    double mean;
    double sd;

    syc_gaps_moments(gaps, n, &mean, &sd);
    out->real[GAP_MEAN] = mean / us_per_s;
    out->real[GAP_SD] = sd / us_per_s;
    measure_ends(gaps, n, out);
    if (n >= GAP_LEAST_SHAPE && mean > 0) {
        out->real[GAP_CV] = sd / mean;
        out->real[GAP_BURSTINESS] = burstiness(sd / mean, (double)n);
    }
    if (n >= GAP_LEAST_MEMORY) {
        out->real[GAP_MEMORY] = memory(gaps, n, mean);
    }
}

/* From the cheapest to the dearest: a series of five gaps is not sorted, one of nine is not folded. */
void
syc_gaps_measure(const int64_t *instants, size_t count, unsigned parts, int64_t concentration_least,
                 const struct wave *wave, int64_t *work, struct gaps *out)
{
    size_t n = take_gaps(instants, count, work);

    out->n = (int64_t)n;
    out->drift = DRIFT_UNKNOWN;
    for (size_t i = 0; i < GAP_REAL_COUNT; i++) {
        out->real[i] = NAN;
    }
    if (n >= GAP_LEAST_MEAN && (parts & GAP_PART_SUMS) != 0) {
        measure_sums(work, n, out);
    }
    if (n < GAP_LEAST_SHAPE || parts == GAP_PART_SUMS) {
        return;
    }
    syc_sort_numbers(work, n, work + n);
    if (n >= GAP_LEAST_ENTROPY && (parts & GAP_PART_ENTROPY) != 0) {
        out->real[GAP_ENTROPY] = entropy(work, n);
    }
    if ((parts & GAP_PART_ORDER) != 0) {
        measure_sorted(work, n, concentration_least, out);
        if (n >= GAP_LEAST_PERIOD) {
            syc_period_measure(instants, count, work, n, wave, out);
        }
    }
}
