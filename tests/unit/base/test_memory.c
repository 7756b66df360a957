#include "base/base.h"
#include "tests/unit/base/groups.h"
#include "tests/unit/failing.h"

#include <stdlib.h>
#include <string.h>

static void
memory_comes_zeroed(void **state)
{
    uint8_t *p = syc_alloc(100, 3);

    assert_non_null(p);
    for (size_t i = 0; i < 300; i++) {
        assert_int_equal(p[i], 0);
    }
    syc_free(p);
    syc_free(NULL);
}

static void
nothing_is_still_a_pointer(void **state)
{
    void *a = syc_alloc(0, 8), *b = syc_alloc(8, 0);

    assert_non_null(a);
    assert_non_null(b);
    a = syc_resize(a, 0, 8);
    assert_non_null(a);
    syc_free(a);
    syc_free(b);
}

static void
products_that_overflow_are_refused(void **state)
{
    uint8_t *p = syc_alloc(1, 4);

    assert_null(syc_alloc(SIZE_MAX / 2, 3));
    p[0] = 42;
    assert_null(syc_resize(p, SIZE_MAX / 2, 3));
    assert_int_equal(p[0], 42);
    syc_free(p);
}

static void
a_failed_resize_leaves_the_old_block(void **state)
{
    char *p = syc_copy_text("kept", 4);

    fail_at = 1;
    assert_null(syc_resize(p, 10, 1));
    assert_string_equal(p, "kept");
    syc_free(p);
}

static void
copied_text_ends_at_the_zero_or_at_n(void **state)
{
    char *a = syc_copy_text("hello", 3), *b = syc_copy_text("hi", 100);

    assert_string_equal(a, "hel");
    assert_string_equal(b, "hi");
    syc_free(a);
    syc_free(b);
    fail_at = 1;
    assert_null(syc_copy_text("x", 1));
}

static void
a_budget_counts_use_peak_and_refusals(void **state)
{
    struct syc_budget b = {.limit = 100};

    assert_true(syc_budget_take(&b, 60));
    assert_true(syc_budget_take(&b, 40));
    assert_false(syc_budget_take(&b, 1));
    syc_budget_give(&b, 70);
    assert_false(syc_budget_take(&b, SIZE_MAX));
    assert_true(syc_budget_take(&b, 70));
    syc_budget_give(&b, 100);
    assert_int_equal(b.used, 0);
    assert_int_equal(b.peak, 100);
    assert_int_equal(b.denied, 2);
    b.used = 50;
    b.limit = 40; /* lowered while in use */
    assert_false(syc_budget_take(&b, 1));
}

static void
arena_objects_are_aligned_zeroed_and_apart(void **state)
{
    struct syc_arena a = {0};
    uint8_t *objects[300];

    for (size_t i = 0; i < 300; i++) {
        size_t size = i * 7; /* 0 .. 2093: several blocks of 64 KiB */

        objects[i] = syc_arena_alloc(&a, size);
        assert_non_null(objects[i]);
        assert_int_equal((uintptr_t)objects[i] % _Alignof(max_align_t), 0);
        for (size_t j = 0; j < size; j++) {
            assert_int_equal(objects[i][j], 0);
        }
        memset(objects[i], (int)(i & 255), size);
    }
    for (size_t i = 1; i < 300; i++) {
        assert_int_equal(objects[i][0], i & 255);
        assert_int_equal(objects[i][i * 7 - 1], i & 255);
    }
    assert_true(a.used >= 300 * 299 / 2 * 7);
    syc_arena_fini(&a);
    assert_int_equal(a.used, 0);
    assert_null(a.head);
}

static void
large_objects_do_not_waste_the_current_block(void **state)
{
    struct syc_arena a = {0};
    uint8_t *small = syc_arena_alloc(&a, 16), *large = syc_arena_alloc(&a, 1000000);
    uint8_t *next = syc_arena_alloc(&a, 16);

    assert_non_null(large);
    assert_in_range(next - small, 16, 32); /* with a sanitizer there is a gap between them */
    memset(large, 1, 1000000);
    syc_arena_fini(&a);
}

static void
a_reset_arena_gives_zeroed_objects_again(void **state)
{
    struct syc_arena a = {0};
    uint8_t *p;

    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 40; i++) { /* more than one block of 64 KiB */
            p = syc_arena_alloc(&a, 4000);
            assert_non_null(p);
            for (int k = 0; k < 4000; k++) {
                assert_int_equal(p[k], 0);
            }
            memset(p, 0xff, 4000);
        }
        assert_int_equal(a.used, 160000);
        syc_arena_reset(&a);
        assert_int_equal(a.used, 0);
    }
    syc_arena_fini(&a);
    syc_arena_reset(&a); /* an empty one stays empty */
    assert_null(a.head);
}

static void
an_arena_refuses_what_cannot_be(void **state)
{
    struct syc_arena a = {0};

    assert_null(syc_arena_alloc(&a, SIZE_MAX));
    assert_null(syc_arena_alloc(&a, SIZE_MAX - 64));
    assert_null(syc_arena_text(&a, "", SIZE_MAX));
    fail_at = 1;
    assert_null(syc_arena_alloc(&a, 1));
    assert_int_equal(a.used, 0);
    assert_string_equal(syc_arena_text(&a, "still usable", 5), "still");
    syc_arena_fini(&a);
}

int
test_memory_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_comes_zeroed),
        cmocka_unit_test(nothing_is_still_a_pointer),
        cmocka_unit_test(products_that_overflow_are_refused),
        cmocka_unit_test(a_failed_resize_leaves_the_old_block),
        cmocka_unit_test(copied_text_ends_at_the_zero_or_at_n),
        cmocka_unit_test(a_budget_counts_use_peak_and_refusals),
        cmocka_unit_test(arena_objects_are_aligned_zeroed_and_apart),
        cmocka_unit_test(large_objects_do_not_waste_the_current_block),
        cmocka_unit_test(a_reset_arena_gives_zeroed_objects_again),
        cmocka_unit_test(an_arena_refuses_what_cannot_be),
    };

    return cmocka_run_group_tests_name("base/memory", tests, NULL, NULL);
}
