/* SYN retry schedules, with gaps that were measured (reference/lifecycle 2.5, cadence 2 item 13). */

#include "behavior/mark.h"

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/support.h"

static enum schedule
classify(const double *offsets, size_t n)
{
    int64_t times[SYC_SYN_TIMES_MAX];

    for (size_t i = 0; i < n; i++) {
        times[i] = SECONDS(offsets[i]);
    }
    return syc_schedule_classify(times, n);
}

#define CLASSIFY(...)                                                                              \
    classify((const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

static void
linux_since_6_5_is_linear_4(void **state)
{
    (void)state;
    /* gaps 1.01, 1.02 x 4, 2.02, 4.06, 8.19, 16.1, 33.8 */
    assert_int_equal(CLASSIFY(0, 1.01, 2.03, 3.05, 4.07, 5.09, 7.11, 11.17, 19.36, 35.46, 69.26),
                     SCHEDULE_LINEAR_4);
    assert_int_equal(CLASSIFY(0, 1.01, 2.03), SCHEDULE_LINEAR_4);
    assert_int_equal(CLASSIFY(0, 1.01, 2.03, 3.05, 4.07, 5.09), SCHEDULE_LINEAR_4);
}

static void
other_linear_schedules_are_counted(void **state)
{
    (void)state;
    assert_int_equal(CLASSIFY(0, 1, 2, 3, 5, 9, 17), SCHEDULE_LINEAR_2);
    assert_int_equal(CLASSIFY(0, 1, 2, 4, 8), SCHEDULE_LINEAR_1);
    assert_int_equal(CLASSIFY(0, 1, 2, 3, 4, 5, 6, 7, 9), SCHEDULE_LINEAR_6);
}

static void
classic_and_old_schedules_double(void **state)
{
    (void)state;
    assert_int_equal(CLASSIFY(0, 1.02, 3.05, 7.2, 15.4, 31.5), SCHEDULE_EXPONENTIAL_1);
    assert_int_equal(CLASSIFY(0, 3, 9, 21), SCHEDULE_EXPONENTIAL_3);
}

static void
what_fits_none_is_unknown(void **state)
{
    (void)state;
    assert_int_equal(CLASSIFY(0, 0.5, 1.7), SCHEDULE_UNKNOWN);
    assert_int_equal(CLASSIFY(0, 1, 5), SCHEDULE_UNKNOWN);
    assert_int_equal(CLASSIFY(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), SCHEDULE_UNKNOWN);
    assert_int_equal(CLASSIFY(0, 1), SCHEDULE_NONE);
}

int
test_schedule_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linux_since_6_5_is_linear_4),
        cmocka_unit_test(other_linear_schedules_are_counted),
        cmocka_unit_test(classic_and_old_schedules_double),
        cmocka_unit_test(what_fits_none_is_unknown),
    };

    return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
