/* Episodes, heavy episodes, monotony and windows, from records made by hand. */

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/support.h"

static struct made made[64];
static struct kept_all kept;

static const struct kept *
judge(size_t count)
{
    keep_records(made, count, &kept);
    return &kept.list[0];
}

/* One connection, twelve requests 5 s apart: the SYN and the first request are one episode. */
static void
a_keep_alive_poller_has_an_episode_each_request(void **state)
{
    const struct kept *k;

    (void)state;
    made_open(&made[0], 1, 1, 80, 40000, 0);
    for (int i = 0; i < 12; i++) {
        made_exchange(&made[0], SECONDS(0.002 + 5 * i), 0, 120, 1);
    }
    k = judge(1);
    assert_int_equal(int_of(k, "iat.n"), 0);
    assert_int_equal(int_of(k, "episode.n"), 11);
    /* gaps: 5.002, then ten of 5 */
    assert_near(real_of(k, "episode.mean_s"), 55.002 / 11, 1e-9);
    assert_near(real_of(k, "episode.median_s"), 5, 1e-12);
    assert_near(real_of(k, "episode.concentration_ratio"), 1, 0);
    assert_near(real_of(k, "episode.octets_cv"), 0, 1e-12);
    assert_near(real_of(k, "episode.octets_modal_ratio"), 1, 0);
    assert_int_equal(int_of(k, "heavy.n"), 11);
}

/* Silence is measured from the end of a burst: 0, then 0.999 after the end (no), then 1.0 after it (yes). */
static void
an_episode_begins_after_a_second_of_silence(void **state)
{
    const struct kept *k;

    (void)state;
    made_open(&made[0], 1, 1, 80, 40000, 0);
    made_exchange(&made[0], SECONDS(0.5), SECONDS(2), 5000, 4); /* ends at 2.5 */
    made_exchange(&made[0], SECONDS(3.499), 0, 100, 1);
    made_exchange(&made[0], SECONDS(4.499), 0, 100, 1);
    k = judge(1);
    assert_int_equal(int_of(k, "episode.n"), 1);
    /* Two sources at once do not share their silence. */
    made_open(&made[1], 2, 1, 80, 40000, SECONDS(3));
    keep_records(made, 2, &kept);
    assert_int_equal(int_of(find_kept(&kept, SYC_SUBJECT_SOURCE, 1, 0, 0), "episode.n"), 1);
}

/* The server took 1.4 s to accept: the request at 1.41 s still belongs to the SYN's episode; the one at 5 s does not. */
static void
a_slow_handshake_does_not_make_two_episodes(void **state)
{
    (void)state;
    made_open(&made[0], 1, 1, 80, 40000, 0);
    made[0].r.ack_us = made[0].r.established_us = SECONDS(1.4);
    made_exchange(&made[0], SECONDS(1.41), 0, 100, 1);
    made_exchange(&made[0], SECONDS(5), 0, 100, 1);
    assert_int_equal(int_of(judge(1), "episode.n"), 1);
}

/* The kernel's repeated SYNs are its own clock, not the program's. */
static void
repeated_syns_make_no_episodes(void **state)
{
    const struct kept *k;

    (void)state;
    made_unanswered(&made[0], 1, 1, 80, 40000, 0);
    made[0].r.syn_count = 5;
    made[0].r.syn_time_count = 5;
    for (int i = 0; i < 5; i++) {
        made[0].r.syn_times_us[i] = SECONDS(1.02 * i);
    }
    k = judge(1);
    assert_int_equal(int_of(k, "episode.n"), 0);
    assert_int_equal(int_of(k, "syn.retry_count"), 4);
    assert_string_equal(text_of(k, "syn.schedule"), "linear-4");
}

/*
 * Ten pages of 20 packets 10 s apart, each followed 3 s later by a lazy image of 2. Episodes: 20; packets at the 80th
 * percentile of 20 values (ten 2s, ten 20s): 20, so heavy from 10 on: the ten pages.
 */
static void
heavy_episodes_leave_the_small_ones_out(void **state)
{
    const struct kept *k;

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        made_open(&made[i], 1, 1, 80, (uint16_t)(40000 + i), SECONDS(10 * i));
        made_exchange(&made[i], SECONDS(0.01), SECONDS(0.3), 8000, 20);
        made_exchange(&made[i], SECONDS(3), 0, 600, 2);
    }
    k = judge(10);
    assert_int_equal(int_of(k, "episode.n"), 19);
    assert_int_equal(int_of(k, "heavy.n"), 9);
    assert_near(real_of(k, "heavy.mean_s"), 10, 1e-9);
    assert_near(real_of(k, "heavy.concentration_ratio"), 1, 0);
    assert_true(is_absent(k, "heavy.memory"));
    /* octets 8000 and 600, ten each: mean 4300, deviation 3700 */
    assert_near(real_of(k, "episode.octets_cv"), 3700.0 / 4300, 1e-12);
    assert_near(real_of(k, "episode.packets_cv"), 9.0 / 11, 1e-12);
    assert_near(real_of(k, "episode.octets_modal_ratio"), 0.5, 0);
}

/* TLS hellos of 300..1700 octets before equal requests: the requests alone count for monotony, all packets elsewhere. */
static void
handshake_octets_are_left_out_of_sizes(void **state)
{
    const struct kept *k;

    (void)state;
    for (size_t i = 0; i < 8; i++) {
        made_open(&made[i], 1, 1, 443, (uint16_t)(40000 + i), SECONDS(10 * i));
        made_exchange(&made[i], SECONDS(0.002), 0, 300 + 200 * (int64_t)i, 1 + (int64_t)i / 4);
        made_exchange(&made[i], SECONDS(0.05), 0, 500, 1);
        made[i].r.protocol = SYC_PROTOCOL_TLS;
        if (i % 2 == 0) {
            made[i].r.setup_turns = 1;
            made[i].r.setup_bytes = made[i].exchanges[0].client_octets;
            made[i].r.setup_pkts = made[i].exchanges[0].client_packets;
        } else { /* not known how much: the first burst is the handshake */
            made[i].r.setup_turns = made[i].r.setup_bytes = made[i].r.setup_pkts = SYC_NONE;
        }
    }
    k = judge(8);
    assert_near(real_of(k, "episode.octets_cv"), 0, 1e-12);
    assert_near(real_of(k, "episode.packets_cv"), 0, 1e-12);
    assert_near(real_of(k, "episode.octets_modal_ratio"), 1, 0);
    assert_int_equal(int_of(k, "pkt.peak_1s"), 3);
}

/* Sizes 1000, 1005, 1012, 1020, 1024, 1500, 2000, 3000: around 1012 (20 octets either way) five of eight. */
static void
the_modal_size_has_a_width_of_two_percent(void **state)
{
    const int64_t octets[] = {1000, 1005, 1012, 1020, 1024, 1500, 2000, 3000};

    (void)state;
    for (size_t i = 0; i < 8; i++) {
        made_open(&made[i], 1, 1, 80, (uint16_t)(40000 + i), SECONDS(10 * i));
        made_exchange(&made[i], 10000, 0, octets[i], 1);
    }
    assert_near(real_of(judge(8), "episode.octets_modal_ratio"), 5.0 / 8, 0);
}

/* 30 packets at 0, 0.9 and 1.0 s: at 1.0 the first are a second old and gone. */
static void
packet_peak_slides_over_one_second(void **state)
{
    (void)state;
    made_open(&made[0], 1, 1, 80, 40000, -SECONDS(0.001));
    made_exchange(&made[0], SECONDS(0.001), 0, 3000, 30);
    made_exchange(&made[0], SECONDS(0.901), 0, 3000, 30);
    made_exchange(&made[0], SECONDS(1.001), 0, 3000, 30);
    assert_int_equal(int_of(judge(1), "pkt.peak_1s"), 60);
    /* 1000 packets over 10 s are 100 a second while they last; 30 more in the middle. */
    made_open(&made[0], 1, 1, 80, 40000, 0);
    made_exchange(&made[0], SECONDS(1), SECONDS(10), 1000000, 1000);
    made_open(&made[1], 1, 1, 80, 40001, SECONDS(5));
    made_exchange(&made[1], SECONDS(0.5), 0, 3000, 30);
    assert_int_equal(int_of(judge(2), "pkt.peak_1s"), 130);
}

/*
 * Requests at 0.25, 1.25, 2.25, ... 23.25 s on a connection whose SYN is at 0: the windows of 1 s from 0 hold the SYN and
 * one request, then one each: counts 2, 1, 1, ... over 23 windows: mean 24/23, mean square 26/23; variance / mean =
 * (26/23 - (24/23)^2) / (24/23) = 22/552. There are only two windows of 10 s.
 */
static void
fano_is_variance_over_mean_of_window_counts(void **state)
{
    const struct kept *k;

    (void)state;
    made_open(&made[0], 1, 1, 80, 40000, 0);
    for (size_t i = 0; i < 12; i++) {
        made_exchange(&made[0], SECONDS(0.25 + (double)i), 0, 100, 1);
    }
    made_open(&made[1], 1, 1, 80, 40001, 0);
    made[1].r.syn_count = 0; /* the SYN of a second connection would count */
    made[1].r.state = SYC_STATE_OTH;
    for (size_t i = 12; i < 24; i++) {
        made_exchange(&made[1], SECONDS(0.25 + (double)i), 0, 100, 1);
    }
    k = judge(2);
    assert_near(real_of(k, "fano.w1"), 22.0 / 552, 1e-12);
    assert_true(is_absent(k, "fano.w10"));
}

int
test_activity_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_keep_alive_poller_has_an_episode_each_request),
        cmocka_unit_test(an_episode_begins_after_a_second_of_silence),
        cmocka_unit_test(a_slow_handshake_does_not_make_two_episodes),
        cmocka_unit_test(repeated_syns_make_no_episodes),
        cmocka_unit_test(heavy_episodes_leave_the_small_ones_out),
        cmocka_unit_test(handshake_octets_are_left_out_of_sizes),
        cmocka_unit_test(the_modal_size_has_a_width_of_two_percent),
        cmocka_unit_test(packet_peak_slides_over_one_second),
        cmocka_unit_test(fano_is_variance_over_mean_of_window_counts),
    };

    return cmocka_run_group_tests_name("activity", tests, NULL, NULL);
}
