#ifndef SYC_BEHAVIOR_GAPS_H
#define SYC_BEHAVIOR_GAPS_H

/*
 * Purpose           what a series of instants says of its rhythm: the statistics of its gaps
 * Input and output  instants in ascending order, microseconds; numbers in seconds and ratios
 * Ownership         nothing is kept; work room belongs to the caller
 * Limits            gaps above 2^48 us (8.9 years) count as that; the period looks at the last 128 instants
 * Not here          which instants make a series (view.c)
 *
 * Sums are exact 128-bit integers, so a value depends on the gaps alone and not on how they were added up.
 * Least sample
 * sizes are those of reference/cadence 3; below them a value is absent (NaN), never a guess.
 */

#include "behavior/sort.h"

#include <math.h>
#include <stdint.h>

/* clang-format off */
/* Real-valued statistics, in the order of the facts. X(NAME) */
#define SYC_GAP_LIST(X) \
    X(MEAN) X(SD) X(MIN) X(MAX) X(CV) X(MEDIAN) X(MAD) X(P10) X(P90) X(CONCENTRATION) X(BEAT) X(BURSTINESS) X(MEMORY) X(ENTROPY) \
    X(PERIOD) X(STRENGTH)
/* clang-format on */

enum gap_real {
#define X(name) GAP_##name,
    SYC_GAP_LIST(X)
#undef X
        GAP_REAL_COUNT
};

/*
 * Whether instants keep to fixed times or follow a pause after each: cron, or a loop with sleep()
 * (cadence 3, gap.drift).
 */
enum drift { DRIFT_UNKNOWN, DRIFT_SCHEDULE, DRIFT_SLEEP };

/* Least number of gaps for each statistic (reference/cadence 3, column "min n"). */
enum {
    GAP_LEAST_MEAN = 2,
    GAP_LEAST_SHAPE = 6, /* cv, median, mad, p10, p90, burstiness */
    GAP_LEAST_CONCENTRATION = 10,
    GAP_LEAST_HEAVY = 8, /* concentration of heavy episodes */
    GAP_LEAST_MEMORY = 10,
    GAP_LEAST_PERIOD = 10,
    GAP_LEAST_DRIFT = 12,
    GAP_LEAST_ENTROPY = 20,
    GAP_PERIOD_INSTANTS = 128,
};

/* The statistics of one series; those below their least n are NaN. */
struct gaps {
    int64_t n;                   /* gaps: instants - 1, or 0 */
    double real[GAP_REAL_COUNT]; /* NaN = absent */
    enum drift drift;
};

/* What is measured together; the rest stays NaN. */
enum gap_part {
    GAP_PART_SUMS = 1 << 0, /* mean, sd, min, max, cv, burstiness, memory */
    GAP_PART_ORDER =
        1 << 1, /* the gaps sorted: median, mad, percentiles, concentration, beat; period, drift */
    GAP_PART_ENTROPY = 1 << 2, /* sorted as well, and a logarithm for each step of the histogram */
    GAP_PART_ALL = GAP_PART_SUMS | GAP_PART_ORDER | GAP_PART_ENTROPY
};

enum { WAVE_STEPS = 256 };

/* One turn of the cosine and a quarter more: the sine, read from a quarter on. */
struct wave { /* one turn of the cosine and a quarter more: the sine, read from a quarter on */
    double cosine[WAVE_STEPS + WAVE_STEPS / 4];
};

/* Fill the wave: made once, read for every series. */
void syc_wave_init(struct wave *w);

/*
 * Statistics of one series.
 *
 * instants             count of them, ascending
 * parts                enum gap_part: which of them
 * concentration_least  gaps below which concentration is absent
 * wave                 made by syc_wave_init()
 * work                 2 * count numbers
 * cost                 one sort of the gaps and a few passes; the period adds at most 6 * 128 foldings
 * source               Goh, Barabasi (2008): memory; Kim, Jo (2016): burstiness of n gaps; the rest in gaps.c
 */
void syc_gaps_measure(const int64_t *instants, size_t count, unsigned parts,
                      int64_t concentration_least, const struct wave *wave, int64_t *work,
                      struct gaps *out);

/* Population mean and standard deviation of n >= 1 numbers, |v| < 2^48, by exact sums. */
void syc_gaps_moments(const int64_t *v, size_t n, double *mean, double *sd);

/*
 * -log10 of the probability that `inside` or more of n gaps lie within 30 % of the median of their series by chance; 0
 * where they are no more than chance has, 99 at most. medians: how many series the gaps are of.
 */
double syc_gaps_beat(size_t inside, size_t n, size_t medians);

/* Twice the median of n >= 1 ascending numbers: exact, whether n is odd or even. */
int64_t syc_gaps_median_twice(const int64_t *sorted, size_t n);

/* The k-th tenth (0..10) of n >= 1 ascending numbers, linear between neighbors (Hyndman, Fan: type 7). */
double syc_gaps_tenth(const int64_t *sorted, size_t n, unsigned k);

/*
 * The period that fits the last instants best, and whether they keep to a schedule.
 *
 * instants, count  as above, count >= 2
 * sorted, n        the gaps of all instants, ascending
 * out              with real[GAP_CONCENTRATION] already there
 * fills            real[GAP_PERIOD], real[GAP_STRENGTH] and drift
 */
void syc_period_measure(const int64_t *instants, size_t count, const int64_t *sorted, size_t n,
                        const struct wave *wave, struct gaps *out);

#endif
