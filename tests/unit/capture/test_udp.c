#include "tests/unit/capture/groups.h"

#include <string.h>

enum {
    VXLAN = 4789,
    VXLAN_LINUX = 8472,
    VXLAN_GPE = 4790,
    GENEVE = 6081,
    GTPU = 2152,
    TEREDO = 3544
};

/* IPv4 with UDP to a port: a tunnel's header of n octets and `inner` octets to come. */
static void
add_udp(struct octets *o, unsigned port, const void *header, size_t n, unsigned inner)
{
    unsigned length = 8 + (unsigned)n + inner;

    add_ip4(o, 17, length);
    o->p[o->n - 5] = 77; /* from 192.0.2.77, of which nothing must stay */
    add16(o, 50000);
    add16(o, port);
    add16(o, length);
    add16(o, 0);
    octets_add(o, header, n);
}

static void
assert_way(const struct octets *o, enum syc_tunnel word)
{
    struct syc_segment s;

    assert_int_equal(decode(o, LINK_RAW, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    assert_int_equal(s.path.tunnel_count, 1);
    assert_int_equal(s.path.tunnel[0], word);
    assert_int_equal(s.src[15], 1); /* the inner header's */
    assert_int_equal(s.ip_octets, s.ip_v == 4 ? 44 : 64);
    assert_int_equal(decode_flagged(o, LINK_RAW, SYC_DECODE_NO_TUNNELS, &s),
                     SYC_DROP_TUNNEL_CLOSED);
}

static void
assert_plain_udp(const struct octets *o)
{
    for (unsigned flags = 0; flags < 4; flags++) {
        struct syc_segment s;

        assert_int_equal(decode_flagged(o, LINK_RAW, flags, &s), SYC_DROP_NOT_TCP);
        assert_int_equal(s.path.tunnel_count, 0);
    }
}

static void
vxlan_is_opened_on_both_its_ports(void **state)
{
    static const unsigned ports[] = {VXLAN, VXLAN_LINUX};
    /* RFC 7348 5: flag I, network 0x123456. With a group policy: flag G, group 7. */
    static const uint8_t heads[][8] = {{0x08, 0, 0, 0, 0x12, 0x34, 0x56, 0},
                                       {0x88, 0, 0, 7, 0x12, 0x34, 0x56, 0}};

    for (size_t i = 0; i < 4; i++) {
        struct octets o = {.n = 0};

        add_udp(&o, ports[i / 2], heads[i % 2], 8, FRAME_DATA_OCTETS);
        add_frame_data(&o);
        assert_way(&o, SYC_TUNNEL_VXLAN);
    }
}

static void
tags_inside_and_outside_a_tunnel_are_one_list(void **state)
{
    static const uint8_t head[] = {0x08, 0, 0, 0, 0, 0, 7, 0};
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_ethernet(&o, 0x8100);
    ADD(&o, 0, 5, 0x08, 0x00);
    add_udp(&o, VXLAN, head, sizeof head, FRAME_DATA_OCTETS + 4);
    add_ethernet(&o, 0x8100);
    ADD(&o, 0, 9, 0x08, 0x00);
    add_ip4_data(&o);
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    assert_int_equal(s.path.vlan_count, 2);
    assert_int_equal(s.path.vlan[0], 5);
    assert_int_equal(s.path.vlan[1], 9);
}

static void
what_is_not_vxlan_on_its_port_is_udp(void **state)
{
    static const uint8_t heads[][8] = {
        {0x00, 0, 0, 0, 0, 0, 7, 0}, /* without I */
        {0x18, 0, 0, 0, 0, 0, 7, 0}, /* a reserved flag */
        {0x08, 0, 0, 1, 0, 0, 7, 0}, /* reserved octets */
        {0x08, 0, 0, 0, 0, 0, 7, 1},
    };

    for (size_t i = 0; i < 4; i++) {
        struct octets o = {.n = 0};

        add_udp(&o, VXLAN, heads[i], 8, FRAME_DATA_OCTETS);
        add_frame_data(&o);
        assert_plain_udp(&o);
    }
}

static void
vxlan_gpe_says_what_it_carries(void **state)
{
    /* draft-ietf-nvo3-vxlan-gpe 3.1: flags I and P; next protocol 1 IPv4, 2 IPv6, 3 Ethernet, 5 MPLS. */
    for (uint8_t next = 0; next <= 6; next++) {
        uint8_t head[8] = {0x0c, 0, 0, next, 0, 0, 7, 0};
        struct octets o = {.n = 0};

        if (next == 2) {
            add_udp(&o, VXLAN_GPE, head, 8, 64);
            add_ip6(&o, 6, TCP_DATA_OCTETS);
            add_tcp_data(&o);
        } else if (next == 3) {
            add_udp(&o, VXLAN_GPE, head, 8, FRAME_DATA_OCTETS);
            add_frame_data(&o);
        } else if (next == 5) {
            add_udp(&o, VXLAN_GPE, head, 8, 4 + IP_DATA_OCTETS);
            ADD(&o, 0x00, 0x06, 0x41, 0x40);
            add_ip4_data(&o);
        } else {
            add_udp(&o, VXLAN_GPE, head, 8, IP_DATA_OCTETS);
            add_ip4_data(&o);
        }
        if (next == 0 || next == 4 || next == 6) {
            assert_plain_udp(&o);
        } else {
            assert_way(&o, SYC_TUNNEL_VXLAN);
        }
    }
}

static void
geneve_options_of_every_length_are_stepped_over(void **state)
{
    static const uint8_t options[252];

    for (uint8_t words = 0; words <= 63; words += 7) {
        /* RFC 8926 3.4: version 0, options in words, flags, protocol, network, reserved. */
        uint8_t head[8] = {words, 0, 0x65, 0x58, 0, 0, 7, 0};
        struct octets o = {.n = 0};

        add_udp(&o, GENEVE, head, 8, words * 4u + FRAME_DATA_OCTETS);
        octets_add(&o, options, words * 4u);
        add_frame_data(&o);
        assert_way(&o, SYC_TUNNEL_GENEVE);
        o.n = 0;
        head[2] = 0x08, head[3] = 0;
        head[1] = 0x40; /* critical options: flags change nothing here */
        add_udp(&o, GENEVE, head, 8, words * 4u + IP_DATA_OCTETS);
        octets_add(&o, options, words * 4u);
        add_ip4_data(&o);
        assert_way(&o, SYC_TUNNEL_GENEVE);
    }
}

static void
what_is_not_geneve_on_its_port_is_udp(void **state)
{
    static const uint8_t heads[][8] = {
        {0x40, 0, 0x65, 0x58, 0, 0, 7, 0},    /* version 1 */
        {0x00, 0x01, 0x65, 0x58, 0, 0, 7, 0}, /* a reserved flag */
        {0x00, 0, 0x65, 0x58, 0, 0, 7, 1},    /* reserved octet */
        {0x00, 0, 0x88, 0xcc, 0, 0, 7, 0},    /* LLDP */
        {0x3f, 0, 0x65, 0x58, 0, 0, 7, 0},    /* options past the datagram */
    };

    for (size_t i = 0; i < 5; i++) {
        struct octets o = {.n = 0};

        add_udp(&o, GENEVE, heads[i], 8, FRAME_DATA_OCTETS);
        add_frame_data(&o);
        assert_plain_udp(&o);
    }
}

/* 3GPP TS 29.281 5.1 and 5.2: flags, type, length behind the first 8 octets, endpoint; sequence, N-PDU, next extension. */
static void
gtp_headers_of_every_shape_are_stepped_over(void **state)
{
    static const struct {
        uint8_t octets[24];
        uint8_t n;
    } heads[] = {
        {{0x30, 255, 0, 44, 0, 0, 0, 1}, 8},
        {{0x32, 255, 0, 48, 0, 0, 0, 1, 0, 9, 0, 0}, 12}, /* a sequence number */
        {{0x31, 255, 0, 48, 0, 0, 0, 1, 0, 0, 9, 0x85},
         12}, /* N-PDU; the type without its flag means nothing */
        /* A PDU session container of one word, then one of two words. */
        {{0x34, 255, 0, 52, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0, 9, 0}, 16},
        {{0x36, 255, 0, 60, 0, 0, 0, 1, 0, 9, 0, 0x85, 1, 0, 9, 0xc0, 2, 0, 0, 0, 0, 0, 0, 0}, 24},
    };

    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct octets o = {.n = 0};

        add_udp(&o, GTPU, heads[i].octets, heads[i].n, IP_DATA_OCTETS);
        add_ip4_data(&o);
        assert_way(&o, SYC_TUNNEL_GTPU);
    }
}

static void
what_is_not_a_users_packet_on_gtps_port_is_udp(void **state)
{
    static const struct {
        uint8_t octets[16];
        uint8_t n;
    } heads[] = {
        {{0x30, 1, 0, 44, 0, 0, 0, 1}, 8},         /* echo request */
        {{0x50, 255, 0, 44, 0, 0, 0, 1}, 8},       /* version 2 */
        {{0x20, 255, 0, 44, 0, 0, 0, 1}, 8},       /* GTP' */
        {{0x38, 255, 0, 44, 0, 0, 0, 1}, 8},       /* a reserved flag */
        {{0x30, 255, 0, 45, 0, 0, 0, 1}, 8},       /* longer than the datagram */
        {{0x30, 255, 0, 45, 0, 0, 0, 1, 0x50}, 9}, /* no IP inside */
        {{0x34, 255, 0, 52, 0, 0, 0, 1, 0, 0, 0, 0x85, 0, 0, 9, 0},
         16}, /* an extension of no length */
    };

    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct octets o = {.n = 0};

        add_udp(&o, GTPU, heads[i].octets, heads[i].n, IP_DATA_OCTETS);
        add_ip4_data(&o);
        assert_plain_udp(&o);
    }
}

static void
the_first_fragment_of_a_datagram_is_opened(void **state)
{
    /* 1440 octets of inner packet in a datagram of 1456, of which this fragment has the first 60. */
    static const uint8_t head[] = {0x30, 255, 0x05, 0xa0, 0, 0, 0, 1};
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_udp(&o, GTPU, head, sizeof head, IP_DATA_OCTETS);
    o.p[6] = 0x20;                  /* more fragments */
    o.p[24] = 0x05, o.p[25] = 0xb0; /* UDP: 1456 */
    add_ip4(&o, 6, 1420);
    add_tcp_data(&o);
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
    assert_int_equal(s.payload_octets, 1400);
    assert_int_equal(s.payload.n, 4);
    assert_true(s.payload_cut);
    assert_int_equal(s.path.tunnel[0], SYC_TUNNEL_GTPU);
}

static void
teredo_is_opened_behind_its_indications(void **state)
{
    /* RFC 4380 5.1.1: origin (obfuscated port and address); authentication with identifier and value. */
    static const uint8_t origin[] = {0, 0, 0x12, 0x34, 1, 2, 3, 4};
    static const uint8_t empty[] = {0, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0};
    static const uint8_t filled[] = {0, 1, 2, 1, 'i', 'd', 'v', 1, 2, 3, 4, 5, 6, 7, 8, 0};

    for (int which = 0; which < 6; which++) {
        uint8_t head[32];
        struct octets o = {.n = 0};
        size_t n = 0;

        if (which % 3 > 0) {
            n = which % 3 == 1 ? sizeof empty : sizeof filled;
            memcpy(head, which % 3 == 1 ? empty : filled, n);
        }
        if (which >= 3) {
            memcpy(head + n, origin, sizeof origin);
            n += sizeof origin;
        }
        add_udp(&o, TEREDO, head, n, 64);
        add_ip6(&o, 6, TCP_DATA_OCTETS);
        add_tcp_data(&o);
        assert_way(&o, SYC_TUNNEL_TEREDO);
    }
}

static void
a_teredo_server_is_known_by_its_own_port(void **state)
{
    struct octets o = {.n = 0};

    add_udp(&o, 50001, "", 0, 64);
    o.p[20] = TEREDO >> 8, o.p[21] = TEREDO & 0xff;
    add_ip6(&o, 6, TCP_DATA_OCTETS);
    add_tcp_data(&o);
    assert_way(&o, SYC_TUNNEL_TEREDO);
}

static void
what_is_not_teredo_on_its_port_is_udp(void **state)
{
    struct octets o = {.n = 0};

    add_udp(&o, TEREDO, "", 0, IP_DATA_OCTETS);
    add_ip4_data(&o);
    assert_plain_udp(&o);
    o.n = 0;
    add_udp(&o, TEREDO, "", 0, 63); /* an IPv6 packet that does not fit into the datagram */
    add_ip6(&o, 6, TCP_DATA_OCTETS);
    add_tcp_data(&o);
    assert_plain_udp(&o);
}

static void
gre_in_udp_is_gre(void **state)
{
    static const uint8_t gre[] = {0, 0, 0x08, 0x00};
    struct octets o = {.n = 0};

    add_udp(&o, 4754, gre, sizeof gre, IP_DATA_OCTETS); /* RFC 8086 */
    add_ip4_data(&o);
    assert_way(&o, SYC_TUNNEL_GRE);
}

static void
datagrams_of_no_tunnel_are_udp(void **state)
{
    static const uint8_t head[] = {0x08, 0, 0, 0, 0, 0, 7, 0};
    struct octets o = {.n = 0};

    add_udp(&o, 53, head, sizeof head, FRAME_DATA_OCTETS); /* another port */
    add_frame_data(&o);
    assert_plain_udp(&o);
    o.n = 0;
    add_udp(&o, VXLAN, head, sizeof head, FRAME_DATA_OCTETS);
    o.p[24] = 0, o.p[25] = 7; /* a UDP length below its header's */
    add_frame_data(&o);
    assert_plain_udp(&o);
    o.p[25] = 15; /* one that ends inside VXLAN's header */
    assert_plain_udp(&o);
    o.n = 27; /* captured into the UDP header */
    assert_plain_udp(&o);
}

static void
a_tunnel_header_that_the_capture_cut_is_short(void **state)
{
    static const uint8_t head[] = {0x08, 0, 0, 0, 0, 0, 7, 0};
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_udp(&o, VXLAN, head, sizeof head, FRAME_DATA_OCTETS);
    o.n = 35;
    assert_int_equal(decode_sent(&o, LINK_RAW, 94, &s), SYC_DROP_IP_SHORT);
    o.n = 36;
    assert_int_equal(decode_sent(&o, LINK_RAW, 94, &s), SYC_DROP_LINK_SHORT); /* no inner frame */
}

int
test_udp_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vxlan_is_opened_on_both_its_ports),
        cmocka_unit_test(tags_inside_and_outside_a_tunnel_are_one_list),
        cmocka_unit_test(what_is_not_vxlan_on_its_port_is_udp),
        cmocka_unit_test(vxlan_gpe_says_what_it_carries),
        cmocka_unit_test(geneve_options_of_every_length_are_stepped_over),
        cmocka_unit_test(what_is_not_geneve_on_its_port_is_udp),
        cmocka_unit_test(gtp_headers_of_every_shape_are_stepped_over),
        cmocka_unit_test(what_is_not_a_users_packet_on_gtps_port_is_udp),
        cmocka_unit_test(the_first_fragment_of_a_datagram_is_opened),
        cmocka_unit_test(teredo_is_opened_behind_its_indications),
        cmocka_unit_test(a_teredo_server_is_known_by_its_own_port),
        cmocka_unit_test(what_is_not_teredo_on_its_port_is_udp),
        cmocka_unit_test(gre_in_udp_is_gre),
        cmocka_unit_test(datagrams_of_no_tunnel_are_udp),
        cmocka_unit_test(a_tunnel_header_that_the_capture_cut_is_short),
    };

    return cmocka_run_group_tests_name("capture/udp", tests, NULL, NULL);
}
