#include "tests/unit/capture/groups.h"

#include <string.h>

/* Tags, IPv6 with a chain, TCP with options and payload. */
static void
add_deep_frame(struct octets *o)
{
    add_ethernet(o, 0x88a8);
    ADD(o, 0x00, 0x64, 0x81, 0x00, 0x00, 0xc8, 0x86, 0xdd);
    add_ip6(o, 0, 8 + 16 + 8 + 24 + 32 + 4);
    ADD(o, 60, 0, 1, 4, 0, 0, 0, 0);
    ADD(o, 44, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    ADD(o, 51, 0, 0, 1, 0, 0, 0, 7);
    ADD(o, 6, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9);
    ADD(o, 0xc0, 0x01, 0x00, 0x50, 1, 2, 3, 4, 5, 6, 7, 8, 0x80, 0x18, 0x10, 0x00, 0, 0, 0, 0);
    ADD(o, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2);
    octets_add(o, "data", 4);
}

static void
frames_cut_at_every_octet_have_the_right_reason(void **state)
{
    struct octets o = {.n = 0};

    add_deep_frame(&o);
    /* 14 + 8 link, 40 IPv6, 56 chain, 20 TCP, 12 options, 4 data */
    assert_int_equal(o.n, 154);
    for (size_t n = 0; n <= o.n; n++) {
        enum syc_drop expected = n < 22    ? SYC_DROP_LINK_SHORT
                                 : n < 118 ? SYC_DROP_IP_SHORT
                                 : n < 138 ? SYC_DROP_TCP_SHORT
                                           : SYC_DROP_NONE;
        struct syc_segment s;

        assert_int_equal(decode_exact(o.p, n, o.n, LINK_ETHERNET, 0, &s), expected);
        if (expected == SYC_DROP_NONE) {
            assert_int_equal(s.payload_octets, 4);
            assert_int_equal(s.has_ts, n >= 150);
            assert_int_equal(s.options_cut, n < 150);
            assert_int_equal(s.payload_cut, n < 154);
        }
    }
}

static uint32_t
next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* Ethernet, IPv4, UDP, VXLAN, a tag, IPv4, GRE, MPLS, IPv4, UDP, GTP-U with an extension, TCP. */
static void
add_tunnels(struct octets *o)
{
    add_ethernet(o, 0x0800);
    add_ip4(o, 17, 16 + 18 + 20 + 8 + 20 + 8 + 16 + IP_DATA_OCTETS);
    ADD(o, 0xc3, 0x50, 0x12, 0xb5, 0, 150, 0, 0, 8, 0, 0, 0, 0, 0, 7, 0);
    add_ethernet(o, 0x8100);
    ADD(o, 0, 5, 0x08, 0x00);
    add_ip4(o, 47, 8 + 20 + 8 + 16 + IP_DATA_OCTETS);
    ADD(o, 0, 0, 0x88, 0x47, 0x00, 0x06, 0x41, 0x40);
    add_ip4(o, 17, 8 + 16 + IP_DATA_OCTETS);
    ADD(o, 0xc3, 0x50, 0x08, 0x68, 0, 68, 0, 0);
    ADD(o, 0x34, 255, 0, 52, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0, 9, 0);
    add_ip4_data(o);
}

/* radiotap with time and flags, QoS data, SNAP, IPv6, AH, GRE, ERSPAN III with its subheader, PPPoE, TCP. */
static void
add_radio(struct octets *o)
{
    ADD(o, 0, 0, 17, 0, 3, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x30);
    ADD(o, 0x88, 0x02, 0x2c, 0x00, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 3, 0x10, 0);
    ADD(o, 0, 0, 0, 0, 0xaa, 0xaa, 0x03, 0, 0, 0, 0x86, 0xdd);
    add_ip6(o, 51, 12 + 28 + 14 + 8 + IP_DATA_OCTETS);
    ADD(o, 47, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1);
    ADD(o, 0x10, 0, 0x22, 0xeb, 0, 0, 0, 9, 0x20, 100, 0x00, 0x07, 1, 2, 3, 4, 0, 0, 0, 1);
    ADD(o, 0x30, 0, 0, 0, 0, 0, 0, 0);
    add_ethernet(o, 0x8864);
    ADD(o, 0x11, 0, 0x12, 0x34, 0, 46, 0, 0x21);
    add_ip4_data(o);
    ADD(o, 0xde, 0xad, 0xbe, 0xef);
}

static void
deep_frames_of_every_kind_are_read(void **state)
{
    struct octets tunnels = {.n = 0}, radio = {.n = 0};
    struct syc_segment s;

    add_tunnels(&tunnels);
    assert_int_equal(decode(&tunnels, LINK_ETHERNET, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    assert_int_equal(s.path.tunnel_count, 3);
    assert_int_equal(s.path.tunnel[0], SYC_TUNNEL_VXLAN);
    assert_int_equal(s.path.tunnel[1], SYC_TUNNEL_GRE);
    assert_int_equal(s.path.tunnel[2], SYC_TUNNEL_GTPU);
    assert_int_equal(s.path.vlan_count, 1);
    add_radio(&radio);
    assert_int_equal(decode(&radio, LINK_RADIOTAP, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    assert_int_equal(s.path.tunnel_count, 1);
    assert_int_equal(s.path.tunnel[0], SYC_TUNNEL_ERSPAN);
}

static void
damaged_frames_never_lead_outside(void **state)
{
    static void (*const kinds[])(struct octets *) = {add_deep_frame, add_tunnels, add_radio};
    static const uint16_t links[] = {0,   1,   9,   10,  12,  14,  50,  51,  101, 104, 105,
                                     108, 113, 119, 127, 166, 192, 204, 228, 229, 276};
    static const uint16_t own[] = {LINK_ETHERNET, LINK_ETHERNET, LINK_RADIOTAP};
    uint32_t seed = 1;

    for (int round = 0; round < 120000; round++) {
        struct octets o = {.n = 0};
        struct syc_segment s;
        size_t kind = next_random(&seed) % 3, n;
        uint16_t link = next_random(&seed) % 2 == 0
                            ? own[kind]
                            : links[next_random(&seed) % (sizeof links / sizeof links[0])];

        kinds[kind](&o);
        for (uint32_t i = next_random(&seed) % 6; i > 0; i--) {
            o.p[next_random(&seed) % o.n] = (uint8_t)next_random(&seed);
        }
        n = next_random(&seed) % (o.n + 1);
        decode_exact(o.p, n, next_random(&seed) % 3 == 0 ? 0 : o.n, link, next_random(&seed) % 4,
                     &s);
    }
}

/* A packet of one version with timestamps and six octets of data; its own lengths are right. */
static void
add_packet(struct octets *o, bool six)
{
    static const uint8_t options[] = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2};
    const size_t tcp = o->n + (six ? 40 : 20);

    (six ? add_ip6 : add_ip4)(o, 6, 20 + sizeof options + 4);
    add_tcp_data(o);
    o->n -= 4;
    o->p[tcp + 12] = 0x80;
    octets_add(o, options, sizeof options);
    octets_add(o, "data  ", 6);
}

/*
 * Ethernet frames of the plain kind take a short way through the decoder; in the cooked header of Linux the same packet
 * takes the long one. Both must say the same of everything.
 */
static void
the_short_way_and_the_long_way_agree(void **state)
{
    uint32_t seed = 7;
    int good = 0;

    for (int round = 0; round < 80000; round++) {
        const bool six = round % 2 != 0;
        const uint8_t cooked[16] = {
            0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, six ? 0x86 : 0x08, six ? 0xdd : 0x00};
        struct octets ip = {.n = 0}, ether = {.n = 0}, sll = {.n = 0};
        struct syc_segment a, b;
        enum syc_drop drop;
        size_t cut, sent;

        add_packet(&ip, six);
        for (uint32_t i = next_random(&seed) % 4; i > 0; i--) {
            ip.p[next_random(&seed) % (six ? 56 : 36)] = (uint8_t)next_random(&seed);
        }
        cut = next_random(&seed) % 2 == 0 ? 0 : next_random(&seed) % ip.n;
        sent = ip.n;
        add_ethernet(&ether, six ? 0x86dd : 0x0800);
        octets_add(&ether, ip.p, ip.n - cut);
        octets_add(&sll, cooked, sizeof cooked);
        octets_add(&sll, ip.p, ip.n - cut);
        if (next_random(&seed) % 4 ==
            0) { /* a file that says less of the wire than it holds, or far more */
            sent = next_random(&seed) % 2 == 0 ? 0 : 70000;
        }
        drop = decode_exact(ether.p, ether.n, sent == 0 ? 0 : sent + 14, LINK_ETHERNET, 0, &a);
        assert_int_equal(decode_exact(sll.p, sll.n, sent == 0 ? 0 : sent + 16, LINK_SLL, 0, &b),
                         drop);
        assert_memory_equal(&a, &b, sizeof a);
        good += drop == SYC_DROP_NONE;
    }
    assert_true(good > 20000);
}

static void
a_run_of_plain_frames_ends_at_the_first_other(void **state)
{
    struct octets four = {.n = 0}, six = {.n = 0}, tagged = {.n = 0};
    struct syc_frame frames[4];
    struct syc_segment run[4], one;

    add_ethernet(&four, 0x0800);
    add_packet(&four, false);
    add_ethernet(&six, 0x86dd);
    add_packet(&six, true);
    add_ethernet(&tagged, 0x8100);
    ADD(&tagged, 0, 7, 0x08, 0x00);
    add_packet(&tagged, false);
    for (size_t i = 0; i < 4; i++) {
        const struct octets *o = (const struct octets *[]){&six, &four, &tagged, &four}[i];

        frames[i] = (struct syc_frame){.data = o->p,
                                       .captured = (uint32_t)o->n,
                                       .length = (uint32_t)o->n,
                                       .link = LINK_ETHERNET,
                                       .file = 2,
                                       .time_ns = 1,
                                       .number = i};
    }
    memset(run, 0x5a, sizeof run);
    assert_int_equal(syc_decode_plain(frames, 4, run), 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(syc_decode(&frames[i], &one), SYC_DROP_NONE);
        assert_memory_equal(&run[i], &one, sizeof one);
        assert_int_equal(one.number, i);
        assert_true(one.has_ts && one.payload_octets == 4 && one.payload.n == 4);
    }
    assert_int_equal(syc_decode_plain(frames + 2, 2, run), 0);
    assert_int_equal(syc_decode_plain(frames + 3, 1, run), 1);
}

int
test_bounds_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_cut_at_every_octet_have_the_right_reason),
        cmocka_unit_test(deep_frames_of_every_kind_are_read),
        cmocka_unit_test(damaged_frames_never_lead_outside),
        cmocka_unit_test(the_short_way_and_the_long_way_agree),
        cmocka_unit_test(a_run_of_plain_frames_ends_at_the_first_other),
    };

    return cmocka_run_group_tests_name("capture/bounds", tests, NULL, NULL);
}
