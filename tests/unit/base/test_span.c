#include "tests/unit/base/groups.h"

#include "base/base.h"

/* {NULL, 0} is what a segment without options or payload holds; a step from NULL, by 0 too, is none in C (6.5.6). */
static void
a_part_of_nothing_is_nothing(void **state)
{
    const struct syc_span nothing = {NULL, 0};
    struct syc_span part = syc_span_part(nothing, 0, 5);

    assert_null(part.p);
    assert_int_equal(part.n, 0);
    part = syc_span_from(nothing, 7);
    assert_null(part.p);
    assert_int_equal(part.n, 0);
}

static void
a_part_is_cut_to_what_is_there(void **state)
{
    static const uint8_t octets[4] = {1, 2, 3, 4};
    const struct syc_span whole = {octets, 4};
    /* from, length; begins at, has */
    static const size_t rows[][4] = {{0, 4, 0, 4}, {1, 2, 1, 2},       {3, 9, 3, 1},
                                     {4, 1, 4, 0}, {5, 1, 4, 0},       {SIZE_MAX, SIZE_MAX, 4, 0},
                                     {0, 0, 0, 0}, {2, SIZE_MAX, 2, 2}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct syc_span part = syc_span_part(whole, rows[i][0], rows[i][1]);

        assert_ptr_equal(part.p, octets + rows[i][2]);
        assert_int_equal(part.n, rows[i][3]);
    }
}

/* RFC 9293 3.4: numbers on a circle of 2^32. */
static void
sequence_numbers_wrap(void **state)
{
    assert_int_equal(syc_seq_diff(5, 3), 2);
    assert_int_equal(syc_seq_diff(3, 5), -2);
    assert_int_equal(syc_seq_diff(1, UINT32_MAX), 2);
    assert_int_equal(syc_seq_diff(UINT32_MAX, 1), -2);
}

int
test_span_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_of_nothing_is_nothing),
        cmocka_unit_test(a_part_is_cut_to_what_is_there),
        cmocka_unit_test(sequence_numbers_wrap),
    };

    return cmocka_run_group_tests_name("base/span", tests, NULL, NULL);
}
