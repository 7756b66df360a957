#include "tests/unit/capture/groups.h"

#include <string.h>

/* Decode the data segment behind an IPv6 header, whose next header is `next`, and a chain; *o keeps the frame. */
static enum syc_drop
decode_chain(struct octets *o, uint8_t next, const void *chain, size_t n, struct syc_segment *out)
{
    o->n = 0;
    add_ip6(o, next, (unsigned)n + TCP_DATA_OCTETS);
    octets_add(o, chain, n);
    add_tcp_data(o);
    return decode(o, LINK_RAW, out);
}

static void
ipv4_options_of_every_length_are_stepped_over(void **state)
{
    for (uint8_t words = 0; words <= 10; words++) {
        struct octets o = {.n = 0};
        struct syc_segment s;

        add_ip4(&o, 6, words * 4u + TCP_DATA_OCTETS);
        o.p[0] = (uint8_t)(0x45 + words);
        for (int i = 0; i < words; i++) {
            ADD(&o, 1, 1, 1, 1); /* no operation */
        }
        add_tcp_data(&o);
        assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
        assert_is_data(&s);
        assert_int_equal(s.ip_header_octets, 20 + 4 * words);
        assert_int_equal(s.ip_octets, 44 + 4 * words);
    }
}

static void
ipv4_headers_that_cannot_be_are_bad(void **state)
{
    struct octets good = {.n = 0}, o;
    struct syc_segment s;

    add_ip4(&good, 6, TCP_DATA_OCTETS);
    add_tcp_data(&good);
    o = good;
    o.p[0] = 0x44; /* 16 octets */
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_IP_BAD);
    o = good;
    o.p[0] = 0x55;
    assert_int_equal(decode(&o, 228, &s), SYC_DROP_IP_BAD);
    o = good;
    o.p[3] = 19; /* total length below the header's */
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_IP_BAD);
    o = good;
    o.p[3] = 20; /* no room for TCP */
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_TCP_SHORT);
    o = good;
    o.p[0] = 0x4f; /* 60 octets in a packet of 44 */
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_IP_BAD);
    o.p[3] = 200; /* 60 octets, of which 44 were captured */
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_IP_SHORT);
}

static void
a_total_length_of_zero_means_the_frames(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;
    struct syc_frame frame = {.data = o.p, .link = LINK_ETHERNET, .length = 14 + 20 + 20 + 60000};

    add_ethernet(&o, 0x0800);
    add_ip4(&o, 6, TCP_DATA_OCTETS);
    o.p[16] = o.p[17] = 0;
    add_tcp_data(&o);
    frame.captured = (uint32_t)o.n;
    assert_int_equal(syc_decode(&frame, &s), SYC_DROP_NONE);
    assert_int_equal(s.ip_octets, 60040);
    assert_int_equal(s.payload_octets, 60000);
    assert_int_equal(s.payload.n, 4);
    assert_true(s.payload_cut);
}

static void
lengths_are_the_ip_headers_not_the_captures(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    /* 1400 octets of payload on the wire, 4 of them captured. */
    add_ip4(&o, 6, 1420);
    add_tcp_data(&o);
    assert_int_equal(decode_sent(&o, LINK_RAW, 1440, &s), SYC_DROP_NONE);
    assert_int_equal(s.ip_octets, 1440);
    assert_int_equal(s.payload_octets, 1400);
    assert_int_equal(s.payload.n, 4);
    assert_true(s.payload_cut);
}

static void
a_packet_has_no_more_than_its_frame_had(void **state)
{
    static const uint16_t links[] = {LINK_ETHERNET, LINK_RAW};

    for (size_t i = 0; i < 2; i++) {
        struct octets o = {.n = 0};
        struct syc_segment s;

        if (links[i] == LINK_ETHERNET) {
            add_ethernet(&o, 0x0800);
        }
        add_ip4(&o, 6, 1420); /* in a frame of 44 octets of IP */
        add_tcp_data(&o);
        assert_int_equal(decode(&o, links[i], &s), SYC_DROP_NONE);
        assert_is_data(&s);
        /* A file whose wire length is below what it holds is believed as to what it holds. */
        assert_int_equal(decode_sent(&o, links[i], 0, &s), SYC_DROP_NONE);
        assert_is_data(&s);
    }
}

static void
ipv4_flags_are_told_apart(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_ip4(&o, 6, TCP_DATA_OCTETS);
    add_tcp_data(&o);
    o.p[6] = 0x80;
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
    assert_true(s.ip_reserved && !s.ip_df && !s.ip_mf);
    o.p[6] = 0x20; /* the first fragment: used, it has the header */
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    assert_true(s.ip_mf && !s.ip_df && !s.ip_reserved);
}

static void
later_fragments_are_no_segments(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_ethernet(&o, 0x0800);
    add_ip4(&o, 6, TCP_DATA_OCTETS);
    add_tcp_data(&o);
    o.p[14 + 7] = 1; /* offset 8 */
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_IP_FRAGMENT);
    o.p[14 + 7] = 0;
    o.p[14 + 6] = 0x10; /* offset 32768: the highest bit of 13 */
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_IP_FRAGMENT);
}

static void
each_extension_header_is_stepped_over(void **state)
{
    static const uint8_t eight[] = {6, 0, 1, 4, 0, 0, 0, 0};
    static const uint8_t sixteen[] = {6, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t routing[] = {6,    2, 4,   0,    0, 0, 0, 0, /* RFC 8754 type 4 */
                                      0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
    static const uint8_t atomic[] = {6, 0, 0, 0, 0, 0, 0, 1};
    /* RFC 4302: 12 + 12 octets of check value = 6 words, minus 2. */
    static const uint8_t ah[] = {6, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1,
                                 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9};
    static const struct {
        uint8_t next;
        const uint8_t *p;
        size_t n;
    } rows[] = {
        {0, eight, 8},     {0, sixteen, 16}, {60, eight, 8}, {60, sixteen, 16},
        {43, routing, 24}, {44, atomic, 8},  {51, ah, 24},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct octets o;
        struct syc_segment s;

        assert_int_equal(decode_chain(&o, rows[i].next, rows[i].p, rows[i].n, &s), SYC_DROP_NONE);
        assert_is_data(&s);
        assert_int_equal(s.ip_header_octets, 40);
        assert_int_equal(s.ip_octets, 40 + rows[i].n + TCP_DATA_OCTETS);
        assert_false(s.ip_mf);
    }
}

static void
extension_headers_chain(void **state)
{
    /* Hop-by-hop, destination, routing, fragment, AH, destination: RFC 8200 4.1's order. */
    static const uint8_t chain[] = {
        60, 0, 1, 4, 0, 0, 0,  0, 43, 0, 1, 4, 0, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0, 51, 0,
        0,  1, 0, 0, 0, 7, 60, 1, 0,  0, 0, 0, 1, 0, 0, 0, 0,  1, 6, 0, 1, 4, 0, 0, 0,  0,
    };
    struct octets o;
    struct syc_segment s;

    assert_int_equal(decode_chain(&o, 0, chain, sizeof chain, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    assert_true(s.ip_mf); /* the fragment header said "more" */
    assert_int_equal(s.ip_octets, 40 + 52 + 24);
}

static void
a_later_ipv6_fragment_is_no_segment(void **state)
{
    static const uint8_t later[] = {6, 0, 0, 8, 0, 0, 0, 1};
    struct octets o;
    struct syc_segment s;

    assert_int_equal(decode_chain(&o, 44, later, sizeof later, &s), SYC_DROP_IP_FRAGMENT);
}

static void
chains_of_more_than_16_headers_are_bad(void **state)
{
    uint8_t chain[17 * 8] = {0};
    struct octets o;
    struct syc_segment s;

    for (size_t i = 0; i < 17; i++) {
        chain[8 * i] = 60;
    }
    chain[15 * 8] = 6;
    assert_int_equal(decode_chain(&o, 60, chain, 16 * 8, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    chain[15 * 8] = 60;
    chain[16 * 8] = 6;
    assert_int_equal(decode_chain(&o, 60, chain, 17 * 8, &s), SYC_DROP_IP_BAD);
}

static void
chains_past_the_packet_are_short(void **state)
{
    static const uint8_t long_one[] = {6, 200, 0, 0, 0, 0, 0, 0};
    struct octets o = {.n = 0};
    struct syc_segment s;

    assert_int_equal(decode_chain(&o, 0, long_one, sizeof long_one, &s), SYC_DROP_IP_SHORT);
    add_ip6(&o, 0, 4);
    ADD(&o, 6, 0, 0, 0, 0, 0, 0, 0); /* there, but past the packet's own length: padding */
    add_tcp_data(&o);
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_IP_SHORT);
}

static void
no_next_header_and_esp_end_the_walk(void **state)
{
    static const uint8_t eight[] = {59, 0, 1, 4, 0, 0, 0, 0};
    struct octets o = {.n = 0};
    struct syc_segment s;

    assert_int_equal(decode_chain(&o, 59, eight, 0, &s), SYC_DROP_IP_NO_NEXT);
    assert_int_equal(decode_chain(&o, 50, eight, 0, &s), SYC_DROP_IP_NO_NEXT);
    assert_int_equal(decode_chain(&o, 0, eight, 8, &s), SYC_DROP_IP_NO_NEXT);
    add_ip4(&o, 50, TCP_DATA_OCTETS);
    add_tcp_data(&o);
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_IP_NO_NEXT);
}

static void
authenticated_ipv4_is_read(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_ip4(&o, 51, 24 + TCP_DATA_OCTETS);
    ADD(&o, 6, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9);
    add_tcp_data(&o);
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    assert_int_equal(s.ip_octets, 68);
}

static void
other_protocols_are_not_tcp(void **state)
{
    /* UDP, SCTP, GRE, ICMPv6 in IPv4. */
    static const uint8_t protocols[] = {17, 132, 47, 58};

    for (size_t i = 0; i < sizeof protocols; i++) {
        struct octets o = {.n = 0};
        struct syc_segment s;

        add_ip4(&o, protocols[i], TCP_DATA_OCTETS);
        add_tcp_data(&o);
        assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NOT_TCP);
        assert_int_equal(s.src[15], 1); /* filled as far as it was read */
    }
}

/* An outer header of ip_v whose payload is an inner packet of inner_v that carries the data segment. */
static enum syc_drop
decode_tunnel(struct octets *o, int outer_v, int inner_v, struct syc_segment *out)
{
    unsigned inner = (inner_v == 4 ? 20 : 40) + TCP_DATA_OCTETS;
    unsigned protocol = inner_v == 4 ? 4 : 41;

    o->n = 0;
    if (outer_v == 4) {
        add_ip4(o, protocol, inner);
    } else {
        add_ip6(o, protocol, inner);
    }
    if (inner_v == 4) {
        add_ip4(o, 6, TCP_DATA_OCTETS);
        o->p[o->n - 20 + 15] = 99; /* 192.0.2.99 */
    } else {
        add_ip6(o, 6, TCP_DATA_OCTETS);
        o->p[o->n - 40 + 23] = 99;
    }
    add_tcp_data(o);
    return decode(o, LINK_RAW, out);
}

static void
a_packet_in_a_packet_speaks_for_itself(void **state)
{
    static const struct {
        int outer, inner;
        enum syc_tunnel word;
    } rows[] = {
        {4, 4, SYC_TUNNEL_IPIP},
        {4, 6, SYC_TUNNEL_6IN4},
        {6, 4, SYC_TUNNEL_4IN6},
        {6, 6, SYC_TUNNEL_6IN6},
    };

    for (size_t i = 0; i < 4; i++) {
        struct octets o;
        struct syc_segment s;
        bool four = rows[i].inner == 4;

        assert_int_equal(decode_tunnel(&o, rows[i].outer, rows[i].inner, &s), SYC_DROP_NONE);
        assert_is_data(&s);
        assert_int_equal(s.path.tunnel_count, 1);
        assert_int_equal(s.path.tunnel[0], rows[i].word);
        assert_int_equal(s.ip_v, rows[i].inner);
        assert_int_equal(s.src[15], 99);
        assert_int_equal(s.ip_octets, four ? 44 : 64);
        assert_int_equal(s.ttl, four ? 57 : 63);
        /* Nothing of the outer header is left. */
        assert_int_equal(s.ip_id, four ? 0xabcd : 0);
        assert_int_equal(s.ip_df, four);
        assert_int_equal(s.flow_label, four ? 0 : 0x12345);
        if (four) {
            assert_memory_equal(s.src, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
        }
    }
}

static void
eight_tunnels_are_kept_and_nine_are_too_deep(void **state)
{
    for (unsigned depth = 8; depth <= 9; depth++) {
        struct octets o = {.n = 0};
        struct syc_segment s;

        for (unsigned i = 0; i < depth; i++) {
            add_ip4(&o, 4, (depth - i) * 20 + TCP_DATA_OCTETS);
        }
        add_ip4(&o, 6, TCP_DATA_OCTETS);
        add_tcp_data(&o);
        assert_int_equal(decode(&o, LINK_RAW, &s),
                         depth == 8 ? SYC_DROP_NONE : SYC_DROP_PATH_DEPTH);
        assert_int_equal(s.path.tunnel_count, 8);
    }
}

static void
jumbograms_have_their_length_in_an_option(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    /* RFC 2675: type c2, length 4; 8 of hop-by-hop + 20 of TCP + 99972 = 100000 = 0x186a0. */
    add_ip6(&o, 0, 0);
    ADD(&o, 6, 0, 0xc2, 4, 0x00, 0x01, 0x86, 0xa0);
    add_tcp_data(&o);
    assert_int_equal(decode_sent(&o, LINK_RAW, 100050, &s), SYC_DROP_NONE); /* 10 of them padding */
    assert_int_equal(s.ip_octets, 100040);
    assert_int_equal(s.payload_octets, 99972);
    assert_true(s.payload_cut);
    /* The same behind Pad1 and PadN, in 16 octets. */
    o.n = 0;
    add_ip6(&o, 0, 0);
    ADD(&o, 6, 1, 0, 0, 1, 4, 0, 0, 0, 0, 0xc2, 4, 0x00, 0x01, 0x86, 0xa0);
    add_tcp_data(&o);
    assert_int_equal(decode_sent(&o, LINK_RAW, 100050, &s), SYC_DROP_NONE);
    assert_int_equal(s.payload_octets, 99964);
    /* A length that no 32 bits hold with its header. */
    o.n = 0;
    add_ip6(&o, 0, 0);
    ADD(&o, 6, 0, 0xc2, 4, 0xff, 0xff, 0xff, 0xff);
    add_tcp_data(&o);
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_IP_BAD);
}

static void
an_ipv6_payload_length_of_zero_means_the_frames(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_ip6(&o, 6, 0);
    add_tcp_data(&o);
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    assert_int_equal(s.ip_octets, 64);
    o.n = 0;
    add_ip6(&o, 0, 0);
    ADD(&o, 6, 0, 1, 4, 0, 0, 0, 0); /* hop-by-hop without a jumbo option */
    add_tcp_data(&o);
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    assert_int_equal(s.ip_octets, 72);
}

int
test_ip_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_options_of_every_length_are_stepped_over),
        cmocka_unit_test(ipv4_headers_that_cannot_be_are_bad),
        cmocka_unit_test(a_total_length_of_zero_means_the_frames),
        cmocka_unit_test(lengths_are_the_ip_headers_not_the_captures),
        cmocka_unit_test(a_packet_has_no_more_than_its_frame_had),
        cmocka_unit_test(ipv4_flags_are_told_apart),
        cmocka_unit_test(later_fragments_are_no_segments),
        cmocka_unit_test(each_extension_header_is_stepped_over),
        cmocka_unit_test(extension_headers_chain),
        cmocka_unit_test(a_later_ipv6_fragment_is_no_segment),
        cmocka_unit_test(chains_of_more_than_16_headers_are_bad),
        cmocka_unit_test(chains_past_the_packet_are_short),
        cmocka_unit_test(no_next_header_and_esp_end_the_walk),
        cmocka_unit_test(authenticated_ipv4_is_read),
        cmocka_unit_test(other_protocols_are_not_tcp),
        cmocka_unit_test(a_packet_in_a_packet_speaks_for_itself),
        cmocka_unit_test(eight_tunnels_are_kept_and_nine_are_too_deep),
        cmocka_unit_test(jumbograms_have_their_length_in_an_option),
        cmocka_unit_test(an_ipv6_payload_length_of_zero_means_the_frames),
    };

    return cmocka_run_group_tests_name("capture/ip", tests, NULL, NULL);
}
