/* What known laws of gaps yield: the arithmetic of false alarms (reference/cadence 2), and period and drift. */

#include "behavior/gaps.h"

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/support.h"

#include <math.h>

enum { DRAWS = 4000 };

static uint64_t seed;

static double
normal(void)
{
    return sqrt(-2 * log(random_unit(&seed))) * cos(6.283185307179586 * random_unit(&seed));
}

enum law {
    LOGNORMAL_07,
    LOGNORMAL_10,
    EXPONENTIAL,
    WEIBULL_08,
    PARETO_15,
    UNIFORM_30,
    UNIFORM_50,
    GAUSS_25,
    GAUSS_40
};

/* A gap in seconds. The reference's laws; their scale does not matter. */
static double
draw(enum law law)
{
    double u = random_unit(&seed);

    switch (law) {
    case LOGNORMAL_07:
        return exp(0.7 * normal());
    case LOGNORMAL_10:
        return exp(normal());
    case EXPONENTIAL:
        return -log(u);
    case WEIBULL_08:
        return pow(-log(u), 1 / 0.8);
    case PARETO_15:
        return pow(u, -1 / 1.5);
    case UNIFORM_30:
        return 0.7 + 0.6 * u;
    case UNIFORM_50:
        return 0.5 + u;
    case GAUSS_25:
        return fmax(0, 1 + 0.25 * normal());
    case GAUSS_40:
        return fmax(0, 1 + 0.4 * normal());
    }
    return 1;
}

/* n gaps of 60 s times the law. */
static struct gaps
measure_law(enum law law, size_t n)
{
    int64_t instants[128] = {1700000000000000};
    int64_t work[256];
    struct wave wave;
    struct gaps out;

    for (size_t i = 0; i < n; i++) {
        instants[i + 1] = instants[i] + (int64_t)(60e6 * draw(law));
    }
    syc_wave_init(&wave);
    syc_gaps_measure(instants, n + 1, GAP_PART_ALL, GAP_LEAST_CONCENTRATION, &wave, work, &out);
    return out;
}

static double
share_concentrated(enum law law, size_t n)
{
    size_t hits = 0;

    seed = 20251125;
    for (size_t i = 0; i < DRAWS; i++) {
        hits += measure_law(law, n).real[GAP_CONCENTRATION] >= 0.6;
    }
    return (double)hits / DRAWS;
}

/* The row n = 20 of the table, and three cells of n = 10. Both sides are 4000 draws: 0.03 is some three deviations. */
static void
concentration_raises_as_many_false_alarms_as_the_table_says(void **state)
{
    (void)state;
    assert_near(share_concentrated(LOGNORMAL_07, 20), 0.027, 0.012);
    assert_near(share_concentrated(LOGNORMAL_10, 20), 0.002, 0.004);
    assert_near(share_concentrated(EXPONENTIAL, 20), 0, 0.002);
    assert_near(share_concentrated(WEIBULL_08, 20), 0, 0.002);
    assert_near(share_concentrated(PARETO_15, 20), 0.46, 0.03);
    assert_near(share_concentrated(UNIFORM_30, 20), 1, 0.001);
    assert_near(share_concentrated(UNIFORM_50, 20), 0.72, 0.03);
    assert_near(share_concentrated(GAUSS_25, 20), 0.98, 0.01);
    assert_near(share_concentrated(GAUSS_40, 20), 0.47, 0.03);
    assert_near(share_concentrated(EXPONENTIAL, 10), 0.026, 0.012);
    assert_near(share_concentrated(LOGNORMAL_07, 10), 0.16, 0.025);
    assert_near(share_concentrated(GAUSS_40, 10), 0.60, 0.03);
}

/* A period is told only where chance is below 1 %: so of gaps without one, at most about 1 % may show one. */
static void
gaps_without_a_period_rarely_show_one(void **state)
{
    const enum law laws[] = {EXPONENTIAL, LOGNORMAL_10, WEIBULL_08};
    const size_t sizes[] = {10, 20, 60, 120};

    (void)state;
    seed = 99;
    for (size_t k = 0; k < 3; k++) {
        for (size_t s = 0; s < 4; s++) {
            size_t told = 0;
            for (size_t i = 0; i < 2000; i++) {
                told += isnan(measure_law(laws[k], sizes[s]).real[GAP_PERIOD]) ? 0U : 1U;
            }
            assert_in_range(told, 0, 35);
        }
    }
}

/* A beat of 1.5 is to be seen once in thirty series of the narrowest human law, and hardly ever in wider ones. */
static void
irregular_gaps_rarely_beat(void **state)
{
    const size_t sizes[] = {10, 14, 20, 40, 80};

    (void)state;
    seed = 77;
    for (size_t s = 0; s < 5; s++) {
        size_t narrow = 0;
        size_t wide = 0;
        for (size_t i = 0; i < DRAWS; i++) {
            narrow += measure_law(LOGNORMAL_07, sizes[s]).real[GAP_BEAT] >= 1.5;
            wide += measure_law(LOGNORMAL_10, sizes[s]).real[GAP_BEAT] >= 1.5;
        }
        assert_in_range(narrow, 0, DRAWS / 25);
        assert_in_range(wide, 0, DRAWS / 100);
    }
}

struct series {
    int64_t instants[128];
    size_t count;
};

/* count instants: after each, `period` seconds (schedule: from the start; else: from the last) and up to `jitter` more. */
static struct series
loop(size_t count, double period, double jitter, bool schedule)
{
    struct series s = {.count = count};
    double at = 1700000000;

    for (size_t i = 0; i < count; i++) {
        double late = jitter * random_unit(&seed);
        s.instants[i] = (int64_t)((schedule ? 1700000000 + period * (double)i + late : at) * 1e6);
        at += period + late;
    }
    return s;
}

static struct gaps
measure_series(const struct series *s)
{
    int64_t work[256];
    struct wave wave;
    struct gaps out;

    syc_wave_init(&wave);
    syc_gaps_measure(s->instants, s->count, GAP_PART_ALL, GAP_LEAST_CONCENTRATION, &wave, work,
                     &out);
    return out;
}

/*
 * Visits at random, six connections each within 0.2 s, as a browser opens them: 120 instants, but 20 witnesses. Counted
 * as 120, one series in five would have shown a period.
 */
static void
connections_of_one_visit_are_one_witness(void **state)
{
    size_t told = 0;

    (void)state;
    seed = 41;
    for (size_t i = 0; i < 1000; i++) {
        struct series s = {.count = 120};
        double at = 1700000000;
        for (size_t k = 0; k < s.count; k++) {
            at += k % 6 == 0 ? 10 * draw(EXPONENTIAL) : 0.04 * random_unit(&seed);
            s.instants[k] = (int64_t)(at * 1e6);
        }
        told += isnan(measure_series(&s).real[GAP_PERIOD]) ? 0U : 1U;
    }
    assert_in_range(told, 0, 20);
}

static void
a_schedule_shows_its_period(void **state)
{
    (void)state;
    seed = 5;
    for (size_t i = 0; i < 200; i++) {
        struct series s = loop(40, 5, 0.5, true);
        struct gaps g = measure_series(&s);
        assert_near(g.real[GAP_PERIOD], 5, 0.02);
        assert_true(g.real[GAP_STRENGTH] > 0.95);
    }
}

/* Every fourth beat is left out: gaps of 5 and 10 s, one period. */
static void
missed_beats_do_not_hide_the_period(void **state)
{
    struct series s = loop(60, 5, 0.2, true);
    size_t kept = 0;
    struct gaps g;

    (void)state;
    for (size_t i = 0; i < s.count; i++) {
        if (i % 4 != 3) {
            s.instants[kept++] = s.instants[i];
        }
    }
    s.count = kept;
    g = measure_series(&s);
    assert_near(g.real[GAP_PERIOD], 5, 0.02);
    assert_true(g.real[GAP_STRENGTH] > 0.95);
}

/* Of 500 loops of each kind and size hardly any may get the other word (5 % is the aim), and long ones must get theirs. */
static void
schedules_and_pauses_are_told_apart(void **state)
{
    const size_t sizes[] = {13, 21, 41, 128};

    (void)state;
    seed = 11;
    for (size_t k = 0; k < 4; k++) {
        size_t words[2][3] = {{0}};
        for (size_t i = 0; i < 1000; i++) {
            struct series s = loop(sizes[k], 5, 0.5, i % 2 == 0);
            words[i % 2][measure_series(&s).drift]++;
        }
        assert_in_range(words[0][DRIFT_SLEEP], 0, 35);
        assert_in_range(words[1][DRIFT_SCHEDULE], 0, 35);
        if (sizes[k] >= 41) {
            assert_in_range(words[0][DRIFT_SCHEDULE], 450, 500);
            assert_in_range(words[1][DRIFT_SLEEP], 450, 500);
        }
    }
}

int
test_chance_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(concentration_raises_as_many_false_alarms_as_the_table_says),
        cmocka_unit_test(gaps_without_a_period_rarely_show_one),
        cmocka_unit_test(irregular_gaps_rarely_beat),
        cmocka_unit_test(connections_of_one_visit_are_one_witness),
        cmocka_unit_test(a_schedule_shows_its_period),
        cmocka_unit_test(missed_beats_do_not_hide_the_period),
        cmocka_unit_test(schedules_and_pauses_are_told_apart),
    };

    return cmocka_run_group_tests_name("chance", tests, NULL, NULL);
}
