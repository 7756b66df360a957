/* The programs behind one address, told apart by what their connections have in common. */

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/support.h"

#include <string.h>

enum { MADE = 40 };

static struct made made[MADE];
static size_t made_count;
static struct kept_all kept;

/* A connection of client 1 to server 1, port 80, that begins with so many octets; NULL: names no program. */
static struct made *
add(double at, int64_t octets, const char *ja4, const char *agent)
{
    struct made *m = &made[made_count];

    assert_true(made_count < MADE);
    made_open(m, 1, 1, 80, (uint16_t)(40000 + made_count), SECONDS(at));
    made_exchange(m, 2000, 0, octets, 1);
    m->r.ja4 = ja4;
    m->r.user_agent = agent;
    made_count++;
    return m;
}

/* Its sub-streams, in order, into streams[]; how many. */
static size_t
streams_of(const struct kept *streams[8])
{
    size_t n = 0;

    keep_records(made, made_count, &kept);
    made_count = 0;
    for (size_t i = 0; i < kept.count; i++) {
        if (kept.list[i].subject.kind == SYC_SUBJECT_SUBSTREAM) {
            assert_true(n < 8);
            streams[n++] = &kept.list[i];
        }
    }
    return n;
}

/* 84 octets each 10 s, and 300 to 435 in between, each at most a third above the next smaller. */
static void
openings_far_apart_are_two_programs(void **state)
{
    static const int64_t browser[] = {301, 376, 384, 435, 376, 301};
    const struct kept *s[8];

    (void)state;
    for (size_t i = 0; i < 12; i++) {
        add(10 * (double)i, 84, NULL, NULL);
    }
    for (size_t i = 0; i < 6; i++) {
        add(3 + 17 * (double)i, browser[i], NULL, NULL);
    }
    assert_int_equal(streams_of(s), 2);
    assert_int_equal(int_of(s[0], "conn.count"), 12);
    assert_near(real_of(s[0], "iat.median_s"), 10, 1e-9);
    assert_near(real_of(s[0], "iat.concentration_ratio"), 1, 0);
    assert_int_equal(s[0]->subject.part, 1);
    assert_string_equal(s[0]->fingerprint, "- opening 84");
    assert_string_equal(s[1]->fingerprint, "- opening 301-435");
    assert_int_equal(s[0]->subject.dest_port, 80);
    assert_int_equal(int_of(s[1], "conn.count"), 6);
    assert_near(real_of(s[1], "iat.mean_s"), 17, 1e-9);
    assert_int_equal(s[1]->subject.part, 2);
    assert_string_equal(text_of(s[1], "subject"), "substream");
}

/* 100, 133, 177: each at most a third above the one before, the last three quarters above the first. */
static void
openings_that_chain_are_one_program(void **state)
{
    static const int64_t octets[] = {100, 133, 177};
    const struct kept *s[8];

    (void)state;
    for (size_t i = 0; i < 18; i++) {
        add((double)i, octets[i % 3], NULL, NULL);
    }
    assert_int_equal(streams_of(s), 0);
}

/* One source, one program, one size: nothing is said twice. */
static void
one_program_is_no_substream(void **state)
{
    const struct kept *s[8];

    (void)state;
    for (size_t i = 0; i < 20; i++) {
        add((double)i, 100, NULL, NULL);
    }
    assert_int_equal(streams_of(s), 0);
}

/*
 * The published JA4 of Chromium with and without a session ticket (16 and 17 extensions, another hash of them) are one
 * program; a client with other ciphers is another, whatever the sizes.
 */
static void
ja4_tells_programs_apart_by_their_ciphers(void **state)
{
    const struct kept *s[8];

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        add((double)i, 500, "t13d1516h2_8daaf6152771_02713d6af862", NULL);
        add((double)i + 0.2, 1800, "t13d1517h2_8daaf6152771_b0da82dd1658", NULL);
        add((double)i + 0.4, 500, "t13i1812h1_85036bcba153_d41ae481755e", NULL);
    }
    assert_int_equal(streams_of(s), 2);
    assert_int_equal(int_of(s[0], "conn.count"), 12);
    assert_string_equal(s[0]->fingerprint, "- t13d15*h2_8daaf6152771");
    assert_int_equal(int_of(s[1], "conn.count"), 6);
}

static void
user_agents_are_programs(void **state)
{
    const struct kept *s[8];

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        add((double)i, 100, NULL, "curl/8.5.0");
        add((double)i + 0.5, 100, NULL, "Wget/1.21.3");
    }
    assert_int_equal(streams_of(s), 2);
    assert_int_equal(int_of(s[0], "conn.count"), 6);
    assert_int_equal(int_of(s[1], "conn.count"), 6);
}

/*
 * Captures cut headers off, so some connections of one program name it and some do not: these are unknown, and join the
 * one program that their openings chain with. Those that open with a quarter of it do not.
 */
static void
what_is_not_named_joins_the_program_it_opens_like(void **state)
{
    const struct kept *s[8];

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        add((double)i, 300 + 10 * (int64_t)i, NULL, i % 3 == 0 ? "Mozilla/5.0" : NULL);
        add((double)i + 0.5, 80, NULL, NULL);
    }
    assert_int_equal(streams_of(s), 2);
    assert_int_equal(int_of(s[0], "conn.count"), 6);
    assert_string_equal(s[0]->fingerprint, "- Mozilla/5.0");
    assert_int_equal(int_of(s[1], "conn.count"), 6);
    assert_string_equal(s[1]->fingerprint, "- opening 80");
    for (size_t i = 0; i < 6; i++) {
        add((double)i, 300 + 10 * (int64_t)i, NULL, i % 3 == 0 ? "Mozilla/5.0" : NULL);
    }
    assert_int_equal(streams_of(s), 0);
}

/* Connections opened ahead of need and never used say nothing of who made them. */
static void
unused_connections_are_of_no_program(void **state)
{
    const struct kept *s[8];

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        add((double)i, 300, NULL, "Mozilla/5.0");
        made_open(&made[made_count], 1, 1, 80, (uint16_t)(50000 + i), SECONDS(i) + 100000);
        made_count++;
    }
    assert_int_equal(streams_of(s), 0);
}

/* Four connections of one burst are below both limits; the other program's twelve are not. */
static void
what_is_too_small_for_any_rule_is_passed_over(void **state)
{
    const struct kept *s[8];

    (void)state;
    for (size_t i = 0; i < 12; i++) {
        add((double)i, 100, NULL, NULL);
    }
    for (size_t i = 0; i < 4; i++) {
        add(20 + (double)i, 1000, NULL, NULL);
    }
    assert_int_equal(streams_of(s), 1);
    assert_int_equal(int_of(s[0], "conn.count"), 12);
}

/* A long connection of another program, in three parts of three bursts: none of them opens it but the first. */
static void
bursts_of_parts_belong_to_their_connection(void **state)
{
    const struct kept *s[8];
    struct made *first;

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        add((double)i, 100, NULL, NULL);
    }
    first = add(0.5, 1000, NULL, NULL);
    made_exchange(first, SECONDS(2), 0, 90, 1);
    made_exchange(first, SECONDS(4), 0, 90, 1);
    first->r.part = 1;
    first->r.final = 0;
    for (int64_t part = 2; part <= 3; part++) {
        struct made *m = add(0.5, 90, NULL, NULL);
        m->r.part = part;
        m->r.final = part == 3;
        m->r.key = first->r.key;
        m->r.flow_id = first->r.flow_id;
        m->exchanges[0].offset_us = SECONDS(6 * (part - 1));
        made_exchange(m, SECONDS(6 * (part - 1) + 2), 0, 90, 1);
        made_exchange(m, SECONDS(6 * (part - 1) + 4), 0, 90, 1);
    }
    assert_int_equal(streams_of(s), 2);
    assert_int_equal(int_of(s[0], "conn.count"), 6);
    assert_int_equal(int_of(s[1], "conn.count"), 1);
    /* bursts at 0, 2, 4, 6, 8, 10, 12, 14 and 16 s, the first of them with its SYN */
    assert_int_equal(int_of(s[1], "episode.n"), 8);
}

int
test_streams_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openings_far_apart_are_two_programs),
        cmocka_unit_test(openings_that_chain_are_one_program),
        cmocka_unit_test(one_program_is_no_substream),
        cmocka_unit_test(ja4_tells_programs_apart_by_their_ciphers),
        cmocka_unit_test(user_agents_are_programs),
        cmocka_unit_test(what_is_not_named_joins_the_program_it_opens_like),
        cmocka_unit_test(unused_connections_are_of_no_program),
        cmocka_unit_test(what_is_too_small_for_any_rule_is_passed_over),
        cmocka_unit_test(bursts_of_parts_belong_to_their_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
