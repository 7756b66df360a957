/* What who chooses the services of a flood can do to the table of them. */

#include "tests/unit/behavior/groups.h"

#include "behavior/services.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

enum { CHOSEN = 20000, PORT = 80 };

/* The inverse of an odd number modulo 2^64, by Newton's iteration: each step doubles the bits that are right. */
static uint64_t
inverse(uint64_t odd)
{
    uint64_t x = odd;

    for (int i = 0; i < 6; i++) {
        x *= 2 - odd * x;
    }
    return x;
}

/* The n-th IPv6 address that, with the port, has the very hash of all others by which services are counted. */
static void
chosen(uint64_t n, uint8_t addr[16])
{
    const uint64_t first = UINT64_C(0x9e3779b97f4a7c15);
    const uint64_t second = inverse(UINT64_C(0xff51afd7ed558ccd));
    uint64_t half[2] = {n, ((n * first) * second) ^ (uint64_t)PORT << 8 ^ 6};

    memcpy(addr, half, sizeof(half));
}

/*
 * Each service is reached once, too little to be looked at, but all share a counter, so all are counted exactly. Were the
 * table of them keyed by that hash, too, they would stand in one run, and finding them all would cost their square.
 */
static void
services_chosen_to_collide_do_not_lengthen_walks(void **state)
{
    struct services v;
    struct store s;
    uint32_t run = 0, longest = 0;

    (void)state;
    assert_true(syc_store_init(&s, 64 << 20));
    for (uint64_t i = 0; i < CHOSEN; i++) {
        const uint8_t client[16] = {0x20, 1, [15] = (uint8_t)(1 + i % 100)};
        struct mark *m = syc_store_add(&s, client, 6, 0);
        assert_non_null(m);
        chosen(i, m->dest);
        m->dest_port = PORT;
        m->dest_ip_v = 6;
        m->flags = MARK_UNANSWERED;
        m->syn_count = 1;
    }
    assert_int_equal(syc_services_init(&v, &s), SYC_OK);
    assert_false(v.cut);
    assert_int_equal(v.found,
                     CHOSEN); /* or the addresses are not chosen well, and nothing is tested */
    for (uint32_t i = 0; i < 2 * v.room; i++) {
        run = v.slots[i] != 0 ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    assert_in_range(longest, 1, 200);
    syc_services_fini(&v);
    syc_store_fini(&s);
}

/* One SYN of client n to a service, of a stack of its own number. */
static void
add_single(struct store *s, uint32_t n, uint8_t service, uint32_t stack)
{
    const uint8_t client[16] = {[10] = 0xff,       0xff,      10, (uint8_t)(n >> 16),
                                (uint8_t)(n >> 8), (uint8_t)n};
    struct mark m = {.dest = {[10] = 0xff, 0xff, 192, 0, 2, service},
                     .dest_port = PORT,
                     .dest_ip_v = 4,
                     .flags = MARK_START | MARK_UNANSWERED,
                     .syn_count = 1,
                     .start_us = n,
                     .stack = stack,
                     .agent = STORE_NONE};
    struct single one = syc_single_of(s, client, &m);

    assert_true(syc_store_add_single(s, &one));
}

/* Stacks without end, as one makes who draws each window: those of the second service have no room for their kinds. */
static void
a_flood_of_too_many_kinds_is_still_seen(void **state)
{
    struct services v;
    struct store s;
    struct view view;
    struct service_more more;

    (void)state;
    assert_true(syc_store_init(&s, 64 << 20));
    for (uint32_t i = 0; i < SINGLES_KINDS; i++) {
        add_single(&s, i, 1, i);
    }
    for (uint32_t i = SINGLES_KINDS; i < SINGLES_KINDS + 500; i++) {
        add_single(&s, i, 2, i);
    }
    assert_int_equal(syc_services_init(&v, &s), SYC_OK);
    assert_int_equal(v.count, 2);
    syc_services_view(&v, 1, &view, &more);
    assert_int_equal(view.count + view.unseen, 500);
    assert_int_equal(view.marks[0]->stack, STORE_NONE);
    assert_int_equal(view.marks[0]->dest[15], 2);
    syc_services_fini(&v);
    syc_store_fini(&s);
}

int
test_services_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_of_too_many_kinds_is_still_seen),
        cmocka_unit_test(services_chosen_to_collide_do_not_lengthen_walks),
    };

    return cmocka_run_group_tests_name("services", tests, NULL, NULL);
}
