/* Interleaved counters and timestamp clocks, from numbers that are drawn by hand-written hosts. */

#include "behavior/clocks.h"
#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/support.h"

#include <string.h>

enum { MOST = 4096, HOSTS_MOST = 8 };

static int64_t values[MOST];

/*
 * n ports of `hosts` hosts in random turns: each counts up from its own place by 2, 4 .. 16, as Linux does to one
 * destination (reference/fingerprints 3), and begins anew at the low end of its range.
 */
static void
draw_ports(size_t n, size_t hosts, int64_t range, uint64_t seed)
{
    int64_t at[HOSTS_MOST];

    for (size_t i = 0; i < hosts; i++) {
        at[i] = (int64_t)(random_bits(&seed) % (uint64_t)(range / 2)) * 2;
    }
    for (size_t i = 0; i < n; i++) {
        size_t host = random_bits(&seed) % hosts;
        at[host] = (at[host] + 2 + (int64_t)(random_bits(&seed) % 8) * 2) % range;
        values[i] = 32768 + at[host];
    }
}

/* Two that happen to begin within 64 of each other are told as one: by chance 1 in 200 draws. */
static void
interleaved_hosts_are_counted(void **state)
{
    (void)state;
    for (size_t hosts = 2; hosts <= 3; hosts++) {
        size_t found = 0;
        for (uint64_t seed = 1; seed <= 50; seed++) {
            size_t count;
            draw_ports(200, 1, 28232, seed);
            assert_in_range(syc_sequences_count(values, 200, 16), 0, 1);
            draw_ports(200 * hosts, hosts, 28232, seed);
            count = syc_sequences_count(values, 200 * hosts, 16);
            assert_in_range(count, 0, hosts);
            found += count == hosts;
        }
        assert_in_range(found, 46, 50);
    }
}

/* Whatever the range and the number of ports: chance is no host. */
static void
random_ports_are_no_hosts(void **state)
{
    static const size_t counts[] = {16, 40, 100, 256, 1000, 4000};
    static const uint64_t ranges[] = {50, 1000, 4000, 16384, 28232, 64512};
    uint64_t chance = 7;

    (void)state;
    for (size_t trial = 0; trial < 20 * 36; trial++) {
        size_t n = counts[trial % 6];
        for (size_t i = 0; i < n; i++) {
            values[i] = 1024 + (int64_t)(random_bits(&chance) % ranges[trial / 6 % 6]);
        }
        assert_in_range(syc_sequences_count(values, n, 16), 0, 1);
    }
}

/* A host that goes through a range of 1000 ports ten times, and one whose counter jumps, are one. */
static void
laps_and_jumps_are_one_host(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        draw_ports(1000, 1, 1000, seed);
        assert_in_range(syc_sequences_count(values, 1000, 16), 0, 1);
    }
    for (size_t i = 0; i < 256; i++) {
        values[i] = (int64_t)(i * 2 + i / 64 * 9000) % 60000;
    }
    assert_in_range(syc_sequences_count(values, 256, 16), 0, 1);
}

/*
 * Linux draws a new place every 10 s: with three seconds between connections each place lasts for three of them. One
 * host then shows hundreds of places and never comes back to one; two hosts do, within each place.
 */
static void
places_of_ten_seconds_are_one_host(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        for (size_t hosts = 1; hosts <= 2; hosts++) {
            uint64_t chance = seed;
            int64_t at[2] = {0, 0};
            for (size_t i = 0; i < 400; i++) {
                size_t host = i % hosts;
                bool moves = i / hosts % 3 == 0;
                at[host] = moves ? (int64_t)(random_bits(&chance) % 14000) * 2
                                 : at[host] + 2 + (int64_t)(random_bits(&chance) % 8) * 2;
                values[i] = 32768 + at[host];
            }
            assert_int_equal(syc_sequences_count(values, 400, 16), hosts == 1 ? 0 : 2);
        }
    }
}

/* SYNs of parallel connects leave in another order than they took their ports: every third pair is swapped. */
static void
swapped_neighbors_are_one_host(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        draw_ports(600, 1, 28232, seed);
        for (size_t i = 0; i + 1 < 600; i += 3) {
            int64_t v = values[i];
            values[i] = values[i + 1];
            values[i + 1] = v;
        }
        assert_in_range(syc_sequences_count(values, 600, 16), 0, 1);
    }
}

/* IP IDs wrap at 65536; two hosts of which one crosses it. */
static void
counters_wrap(void **state)
{
    (void)state;
    for (size_t i = 0; i < 64; i++) {
        values[i] = i % 2 == 0 ? (int64_t)(65500 + i * 3) % 65536 : (int64_t)(20000 + i * 2);
    }
    assert_int_equal(syc_sequences_count(values, 64, 16), 2);
}

static void
few_numbers_make_no_claim(void **state)
{
    (void)state;
    draw_ports(6, 2, 28232, 1);
    assert_int_equal(syc_sequences_count(values, 6, 16), 0);
    assert_int_equal(syc_sequences_count(values, 0, 16), 0);
}

/* Any 64-bit numbers are taken without fault. */
static void
numbers_out_of_range_do_no_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < 64; i++) {
        values[i] = i % 2 ? INT64_MIN + (int64_t)i : INT64_MAX - (int64_t)i;
    }
    assert_in_range(syc_sequences_count(values, 64, 16), 0, 64);
}

/* ------------------------------------------------------------ clocks */

static struct item stamps[MOST], spare[MOST];
static size_t stamp_count;

enum offsets { EACH, OF_PAIR, OF_HOST };

/*
 * n connections of one host, a second apart, to `dests` destinations in turn: TSval by a clock of that rate, late by up
 * to 20 ms, its offset drawn as the policy says.
 */
static void
draw_stamps(size_t n, uint32_t dests, uint64_t hz, enum offsets policy, uint64_t seed)
{
    uint32_t host = (uint32_t)random_bits(&seed);
    uint32_t pairs[16];

    assert_true(dests <= 16 && stamp_count + n <= MOST);
    for (size_t i = 0; i < 16; i++) {
        pairs[i] = (uint32_t)random_bits(&seed);
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t dest = (uint32_t)(i % dests);
        uint64_t us = i * 1000000 + random_bits(&seed) % 20000;
        uint32_t each = (uint32_t)random_bits(&seed);
        uint32_t offset = policy == EACH ? each : policy == OF_PAIR ? pairs[dest] : host;
        stamps[stamp_count++] =
            syc_clocks_stamp(us, dest, (uint32_t)(i * 1000000 * hz / 1000000) + offset);
    }
}

static struct clocks
measure(int64_t hz)
{
    struct clocks out;

    syc_clocks_measure(stamps, stamp_count, hz, spare, &out);
    stamp_count = 0;
    return out;
}

/* Linux 4.10 and 6.18: as many offsets as connections, and so nothing to count hosts by. */
static void
offsets_of_each_connection_are_no_hosts(void **state)
{
    struct clocks c;

    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        draw_stamps(1000, 1 + (uint32_t)seed % 5, 1000, EACH, seed);
        c = measure(1000);
        assert_int_equal(c.policy, OFFSET_PER_CONNECTION);
        assert_in_range(c.at_once, 0, 1);
    }
    draw_stamps(8, 1, 1000, EACH, 1);
    assert_int_equal(measure(1000).policy, OFFSET_UNKNOWN); /* seven beyond the first */
}

static void
one_clock_for_all_is_global(void **state)
{
    struct clocks c;

    (void)state;
    draw_stamps(60, 3, 250, OF_HOST, 1);
    c = measure(0); /* nobody measured the rate: the usual ones are tried */
    assert_int_equal(c.policy, OFFSET_GLOBAL);
    assert_int_equal(c.hz, 250);
    assert_int_equal(c.at_once, 1);
    draw_stamps(60, 3, 128, OF_HOST, 1);
    assert_int_equal(measure(128).hz, 128); /* an unusual one, measured */
}

/* One destination alone cannot tell a clock of the host from one of the pair. */
static void
clocks_of_pairs_need_two_destinations(void **state)
{
    struct clocks c;

    (void)state;
    draw_stamps(60, 3, 1000, OF_PAIR, 1);
    c = measure(1000);
    assert_int_equal(c.policy, OFFSET_PER_PAIR);
    assert_int_equal(c.at_once, 1);
    draw_stamps(60, 1, 1000, OF_PAIR, 1);
    c = measure(1000);
    assert_int_equal(c.policy, OFFSET_UNKNOWN);
    assert_int_equal(c.at_once, 1);
}

/* Whatever the policy, one host has one line to each destination. */
static void
hosts_side_by_side_are_counted_by_their_clocks(void **state)
{
    (void)state;
    for (enum offsets policy = OF_PAIR; policy <= OF_HOST; policy++) {
        for (uint64_t hosts = 2; hosts <= 4; hosts++) {
            for (uint64_t i = 0; i < hosts; i++) {
                draw_stamps(40, 2, 1000, policy, 100 + i);
            }
            assert_int_equal(measure(1000).at_once, hosts);
        }
    }
}

/* A reboot begins a new line where the old one ends: still one host. */
static void
a_reboot_is_no_second_host(void **state)
{
    size_t half;

    (void)state;
    draw_stamps(40, 2, 1000, OF_HOST, 1);
    half = stamp_count;
    draw_stamps(40, 2, 1000, OF_HOST, 2);
    for (size_t i = half; i < stamp_count; i++) {
        stamps[i].a += 100 * 1000000;
    }
    assert_int_equal(measure(1000).at_once, 1);
}

/* 1000 Hz as its quartz has it, 100 ppm off for a day; and TSval going around its end. */
static void
a_drifting_clock_is_one_line(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 200; i++) {
        uint64_t us = i * 432 * 1000000;
        stamps[stamp_count++] =
            syc_clocks_stamp(us, (uint32_t)(i % 3),
                             (uint32_t)(UINT32_MAX - 1000000 + us / 1000 + us / 10000000));
    }
    assert_int_equal(measure(1000).at_once, 1);
}

static void
spans_overlap_at_their_deepest_point(void **state)
{
    const struct span_of spans[] = {{0, 10}, {5, 20}, {10, 12}, {21, 30}, {8, 7}};

    (void)state;
    assert_int_equal(syc_overlap_most(spans, 5), 3);
    assert_int_equal(syc_overlap_most(spans + 3, 2), 1);
    assert_int_equal(syc_overlap_most(spans, 0), 0);
}

int
test_sequences_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interleaved_hosts_are_counted),
        cmocka_unit_test(random_ports_are_no_hosts),
        cmocka_unit_test(laps_and_jumps_are_one_host),
        cmocka_unit_test(places_of_ten_seconds_are_one_host),
        cmocka_unit_test(swapped_neighbors_are_one_host),
        cmocka_unit_test(counters_wrap),
        cmocka_unit_test(few_numbers_make_no_claim),
        cmocka_unit_test(numbers_out_of_range_do_no_harm),
        cmocka_unit_test(offsets_of_each_connection_are_no_hosts),
        cmocka_unit_test(one_clock_for_all_is_global),
        cmocka_unit_test(clocks_of_pairs_need_two_destinations),
        cmocka_unit_test(hosts_side_by_side_are_counted_by_their_clocks),
        cmocka_unit_test(a_reboot_is_no_second_host),
        cmocka_unit_test(a_drifting_clock_is_one_line),
        cmocka_unit_test(spans_overlap_at_their_deepest_point),
    };

    return cmocka_run_group_tests_name("sequences and clocks", tests, NULL, NULL);
}
