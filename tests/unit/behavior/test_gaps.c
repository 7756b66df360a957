/* Gap statistics against numbers computed elsewhere. */

#include "behavior/gaps.h"

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/support.h"

#include <math.h>
#include <string.h>

static struct gaps
measure(const int64_t *gaps_us, size_t n)
{
    int64_t instants[256] = {1700000000000000};
    int64_t work[512];
    struct wave wave;
    struct gaps out;

    for (size_t i = 0; i < n; i++) {
        instants[i + 1] = instants[i] + gaps_us[i];
    }
    syc_wave_init(&wave);
    syc_gaps_measure(instants, n + 1, GAP_PART_ALL, GAP_LEAST_CONCENTRATION, &wave, work, &out);
    return out;
}

/*
 * g = [1.0,1.2,0.9,5.0,1.1,0.8,1.3,1.0,0.95,2.0,1.05,1.15]; Python 3.11: statistics.fmean, pstdev, median,
 * quantiles(n=10, method='inclusive'), correlation(g[:-1], g[1:]), and the formulas of the header for the rest.
 */
static void
twelve_gaps_agree_with_python(void **state)
{
    const int64_t g[] = {1000000, 1200000, 900000, 5000000, 1100000, 800000,
                         1300000, 1000000, 950000, 2000000, 1050000, 1150000};
    struct gaps out = measure(g, 12);

    (void)state;
    assert_int_equal(out.n, 12);
    assert_near(out.real[GAP_MEAN], 1.4541666666666666, 1e-12);
    assert_near(out.real[GAP_SD], 1.1083881565388343, 1e-12);
    assert_near(out.real[GAP_CV], 0.7622153512014906, 1e-12);
    assert_near(out.real[GAP_MEDIAN], 1.075, 1e-12);
    assert_near(out.real[GAP_MAD], 0.125, 1e-12);
    assert_near(out.real[GAP_P10], 0.905, 1e-12);
    assert_near(out.real[GAP_P90], 1.93, 1e-12);
    /* within 0.7525..1.3975: all but 5.0 and 2.0 */
    assert_near(out.real[GAP_CONCENTRATION], 10.0 / 12, 1e-12);
    assert_near(out.real[GAP_BURSTINESS], -0.12519121246525614, 1e-12);
    assert_near(out.real[GAP_MEMORY], -0.18645821938105772, 1e-12);
    assert_true(isnan(out.real[GAP_ENTROPY]));
}

/* 8 + 6 + 4 + 2 gaps in four buckets far apart: -sum p log2 p = 1.8464 bits, over log2(20) = 4.3219. */
static void
entropy_of_four_lengths(void **state)
{
    const int64_t length[] = {10000, 100000, 1000000, 10000000};
    const size_t count[] = {8, 6, 4, 2};
    int64_t g[20];
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < count[i]; k++) {
            g[n++] = length[i];
        }
    }
    assert_near(measure(g, 20).real[GAP_ENTROPY], 0.4272258362778562, 1e-9);
    for (size_t i = 0; i < 20; i++) {
        g[i] = 5000000;
    }
    assert_near(measure(g, 20).real[GAP_ENTROPY], 0, 0);
}

/* Burstiness is -1 when all gaps are equal, and 1 when one gap is all there is (r = sqrt(n - 1)): Kim, Jo 2016. */
static void
burstiness_reaches_both_ends(void **state)
{
    int64_t g[8] = {2000000, 2000000, 2000000, 2000000, 2000000, 2000000, 2000000, 2000000};

    (void)state;
    assert_near(measure(g, 8).real[GAP_BURSTINESS], -1, 1e-12);
    memset(g, 0, sizeof(g));
    g[3] = 60000000;
    assert_near(measure(g, 8).real[GAP_BURSTINESS], 1, 1e-12);
}

/*
 * Ten equal gaps: 0.4^10 is 10^-3.979. Seven of ten near the median: the sum of C(10, k) 0.4^k 0.6^(10 - k) for k = 7 to
 * 10 is 0.0547619, 10^-1.2615. Four of ten are what chance has.
 */
static void
beat_is_the_binomial_tail(void **state)
{
    int64_t g[10];

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        g[i] = 5000000;
    }
    assert_near(measure(g, 10).real[GAP_BEAT], 3.9794, 1e-4);
    for (size_t i = 0; i < 3; i++) {
        g[i] = 50000000;
    }
    assert_near(measure(g, 10).real[GAP_BEAT], 1.26152, 1e-4);
    for (size_t i = 0; i < 10; i++) {
        g[i] = INT64_C(1000000) << i;
    }
    assert_near(measure(g, 10).real[GAP_BEAT], 0, 0);
    assert_true(isnan(measure(g, 9).real[GAP_BEAT]));
}

/* 1, 2, 4, ... doubles: a straight line through (g, next g), so the correlation is 1. Equal gaps have none. */
static void
memory_of_backoff_is_one_and_of_a_clock_is_absent(void **state)
{
    int64_t g[12];

    (void)state;
    for (size_t i = 0; i < 12; i++) {
        g[i] = INT64_C(1000000) << i;
    }
    assert_near(measure(g, 12).real[GAP_MEMORY], 1, 1e-12);
    for (size_t i = 0; i < 12; i++) {
        g[i] = 3000000;
    }
    assert_true(isnan(measure(g, 12).real[GAP_MEMORY]));
}

/* A clock of 1 ms error on 5 s, around an epoch of 1.7e15 us: sd exact to the microsecond's millionth. */
static void
small_deviations_do_not_cancel(void **state)
{
    int64_t g[40];

    (void)state;
    for (size_t i = 0; i < 40; i++) {
        g[i] = 86400000000 + (i % 2 == 0 ? 3 : -3);
    }
    assert_near(measure(g, 40).real[GAP_SD], 3e-6, 1e-15);
}

static void
too_few_gaps_leave_facts_absent(void **state)
{
    const int64_t g[] = {1000000, 1100000, 900000,  1000000, 1050000,
                         950000,  1000000, 1020000, 980000};
    struct gaps one = measure(g, 1);
    struct gaps five = measure(g, 5);
    struct gaps nine = measure(g, 9);

    (void)state;
    assert_int_equal(one.n, 1);
    assert_true(isnan(one.real[GAP_MEAN]));
    assert_true(five.real[GAP_MEAN] > 0);
    assert_true(isnan(five.real[GAP_CV]));
    assert_true(isnan(five.real[GAP_MEDIAN]));
    assert_true(nine.real[GAP_CV] > 0);
    assert_true(isnan(nine.real[GAP_CONCENTRATION]));
    assert_true(isnan(nine.real[GAP_MEMORY]));
    assert_true(isnan(nine.real[GAP_STRENGTH]));
    assert_int_equal(nine.drift, DRIFT_UNKNOWN);
    assert_int_equal(measure(g, 0).n, 0);
}

/* Every way of having gaps at, below and above the median, against a MAD found by sorting the distances. */
static void
mad_agrees_with_the_sorted_distances(void **state)
{
    uint64_t seed = 42;

    (void)state;
    for (size_t round = 0; round < 500; round++) {
        size_t n = 6 + random_bits(&seed) % 20;
        int64_t g[32];
        int64_t sorted[32];
        int64_t off[32];
        int64_t spare[32];
        for (size_t i = 0; i < n; i++) {
            g[i] = sorted[i] = (int64_t)(random_bits(&seed) % 9) * 1000000;
        }
        syc_sort_numbers(sorted, n, spare);
        for (size_t i = 0; i < n; i++) {
            int64_t d = 2 * sorted[i] - sorted[(n - 1) / 2] - sorted[n / 2];
            off[i] = d < 0 ? -d : d;
        }
        syc_sort_numbers(off, n, spare);
        assert_near(measure(g, n).real[GAP_MAD], (double)(off[(n - 1) / 2] + off[n / 2]) / 4e6,
                    1e-12);
    }
}

static void
sorting_orders_any_array(void **state)
{
    uint64_t seed = 7;

    (void)state;
    for (size_t n = 0; n < 300; n++) {
        int64_t v[300];
        int64_t spare[300];
        int64_t sum = 0;
        for (size_t i = 0; i < n; i++) {
            v[i] = (int64_t)(random_bits(&seed) % 50);
            sum += v[i];
        }
        syc_sort_numbers(v, n, spare);
        for (size_t i = 0; i < n; i++) {
            assert_true(i == 0 || v[i - 1] <= v[i]);
            sum -= v[i];
        }
        assert_int_equal(sum, 0);
    }
}

int
test_gaps_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twelve_gaps_agree_with_python),
        cmocka_unit_test(entropy_of_four_lengths),
        cmocka_unit_test(burstiness_reaches_both_ends),
        cmocka_unit_test(beat_is_the_binomial_tail),
        cmocka_unit_test(memory_of_backoff_is_one_and_of_a_clock_is_absent),
        cmocka_unit_test(small_deviations_do_not_cancel),
        cmocka_unit_test(too_few_gaps_leave_facts_absent),
        cmocka_unit_test(mad_agrees_with_the_sorted_distances),
        cmocka_unit_test(sorting_orders_any_array),
    };

    return cmocka_run_group_tests_name("gaps", tests, NULL, NULL);
}
