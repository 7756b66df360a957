#include "tests/unit/capture/groups.h"

#include <string.h>

/* IPv4 of protocol 47 with a GRE header of n octets and `inner` octets to come. */
static void
add_gre(struct octets *o, const void *header, size_t n, unsigned inner)
{
    add_ip4(o, 47, (unsigned)n + inner);
    o->p[o->n - 5] = 77; /* from 192.0.2.77, of which nothing must stay */
    octets_add(o, header, n);
}

static void
assert_way(const struct syc_segment *s, size_t count, enum syc_tunnel first)
{
    assert_is_data(s);
    assert_int_equal(s->path.tunnel_count, count);
    assert_int_equal(s->path.tunnel[0], first);
    assert_int_equal(s->src[15], 1); /* 192.0.2.1, the inner header's */
    assert_int_equal(s->ip_octets, s->ip_v == 4 ? 44 : 64);
}

static void
gre_headers_of_every_length_are_stepped_over(void **state)
{
    /* RFC 2784 2.1, RFC 2890 2: checksum, key, sequence, in this order, each of 4 octets. */
    for (unsigned fields = 0; fields < 8; fields++) {
        uint8_t header[16] = {0, 0, 0x08, 0x00};
        size_t n = 4 + 4 * ((fields & 1) + (fields >> 1 & 1) + (fields >> 2));
        struct octets o = {.n = 0};
        struct syc_segment s;

        header[0] = (uint8_t)((fields & 1) << 7 | (fields >> 1 & 1) << 5 | (fields >> 2) << 4);
        add_gre(&o, header, n, IP_DATA_OCTETS);
        add_ip4_data(&o);
        assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
        assert_way(&s, 1, SYC_TUNNEL_GRE);
    }
}

static void
gre_carries_ethernet_ipv6_and_mpls(void **state)
{
    static const uint8_t frame[] = {0x20, 0, 0x65, 0x58, 0, 0x12, 0x34, 0}; /* NVGRE: RFC 7637 */
    static const uint8_t six[] = {0, 0, 0x86, 0xdd};
    static const uint8_t labeled[] = {0, 0, 0x88, 0x47, 0x00, 0x06, 0x41, 0x40};
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_gre(&o, frame, sizeof frame, FRAME_DATA_OCTETS);
    add_frame_data(&o);
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
    assert_way(&s, 1, SYC_TUNNEL_GRE);
    o.n = 0;
    add_gre(&o, six, sizeof six, 64);
    add_ip6(&o, 6, TCP_DATA_OCTETS);
    add_tcp_data(&o);
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
    assert_way(&s, 1, SYC_TUNNEL_GRE);
    assert_int_equal(s.ip_id, 0);
    assert_false(s.ip_df);
    o.n = 0;
    add_gre(&o, labeled, sizeof labeled, IP_DATA_OCTETS);
    add_ip4_data(&o);
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
    assert_way(&s, 1, SYC_TUNNEL_GRE);
}

static void
gre_without_a_packet_is_not_tcp(void **state)
{
    static const uint8_t rows[][8] = {
        {0x00, 0, 0x00, 0x00},             /* Cisco's keepalive answer: protocol 0 */
        {0x40, 0, 0x08, 0x00},             /* RFC 1701's source routes */
        {0x00, 2, 0x08, 0x00},             /* version 2 */
        {0x30, 1, 0x88, 0x0b, 0, 0, 0, 7}, /* version 1 with an empty payload */
        {0x20, 1, 0x88, 0x0b, 0, 9, 0, 7}, /* version 1 without a sequence number */
        {0x10, 1, 0x88, 0x0b, 0, 9, 0, 7}, /* version 1 without a key */
        {0x30, 1, 0x08, 0x00, 0, 9, 0, 7}, /* version 1 that is not PPP */
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct octets o = {.n = 0};
        struct syc_segment s;

        add_gre(&o, rows[i], 8, IP_DATA_OCTETS);
        add_ip4_data(&o);
        assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NOT_TCP);
        assert_int_equal(s.path.tunnel_count, 0);
    }
}

static void
pptp_carries_ppp(void **state)
{
    /* RFC 2637 4.1: key = payload length (48), call; sequence; acknowledgment with flag 0x80. */
    static const uint8_t without[] = {0x30, 0x01, 0x88, 0x0b, 0, 48, 0, 7, 0, 0, 0, 1};
    static const uint8_t with[] = {0x30, 0x81, 0x88, 0x0b, 0, 48, 0, 7, 0, 0, 0, 1, 0, 0, 0, 2};
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_gre(&o, without, sizeof without, 48);
    ADD(&o, 0xff, 0x03, 0x00, 0x21);
    add_ip4_data(&o);
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
    assert_way(&s, 1, SYC_TUNNEL_GRE);
    o.n = 0;
    add_gre(&o, with, sizeof with, 48);
    ADD(&o, 0xff, 0x03, 0x00, 0x21);
    add_ip4_data(&o);
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
    assert_way(&s, 1, SYC_TUNNEL_GRE);
}

/* draft-foschiano-erspan-03 4.1 to 4.3 */
static void
all_three_erspans_carry_the_mirrored_frame(void **state)
{
    static const uint8_t one[] = {0x00, 0, 0x88, 0xbe};
    static const uint8_t two[] = {0x10, 0,   0x88, 0xbe,
                                  0,    0,   0,    9, /* GRE with a sequence */
                                  0x10, 100, 0x18, 7,
                                  0,    0,   0,    5}; /* version 1, VLAN 100, session 7 */
    static const uint8_t three[] = {0x10, 0,    0x22, 0xeb, 0, 0, 0,    9,   0x20, 100,
                                    0x00, 0x07, 1,    2,    3, 4, 0x00, 0x0, 0x00, 0x00};
    static const uint8_t sub[] = {0x10, 0,    0x22, 0xeb, 0, 0, 0,    9,   0x20, 100,
                                  0x00, 0x07, 1,    2,    3, 4, 0x00, 0x0, 0x00, 0x01,
                                  0x30, 0,    0,    0,    0, 0, 0,    0};
    static const struct {
        const uint8_t *p;
        size_t n;
    } rows[] = {{one, sizeof one}, {two, sizeof two}, {three, sizeof three}, {sub, sizeof sub}};

    for (size_t i = 0; i < 4; i++) {
        struct octets o = {.n = 0};
        struct syc_segment s;

        add_gre(&o, rows[i].p, rows[i].n, FRAME_DATA_OCTETS);
        add_frame_data(&o);
        assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
        assert_way(&s, 1, SYC_TUNNEL_ERSPAN);
        assert_int_equal(s.path.vlan_count, 0);
    }
}

static void
erspan_of_a_bare_packet_and_of_another_kind(void **state)
{
    /* Type III, frame type in bits 14 to 10 of the last two octets: 2 is IP, 1 is reserved. */
    uint8_t header[] = {0x10, 0,    0x22, 0xeb, 0, 0, 0,    9,   0x20, 100,
                        0x00, 0x07, 1,    2,    3, 4, 0x00, 0x0, 0x08, 0x00};
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_gre(&o, header, sizeof header, IP_DATA_OCTETS);
    add_ip4_data(&o);
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
    assert_way(&s, 1, SYC_TUNNEL_ERSPAN);
    o.p[20 + 18] = 0x04;
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NOT_TCP);
    o.p[20 + 18] = 0x08, o.p[20 + 8] = 0x30; /* version 3 */
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NOT_TCP);
}

static void
a_frame_that_the_mirror_cut_has_its_own_length(void **state)
{
    uint8_t two[] = {0x10, 0, 0x88, 0xbe, 0, 0, 0, 9, 0x10, 100, 0x04, 7, 0, 0, 0, 5};

    for (int marked = 0; marked < 2; marked++) {
        struct octets o = {.n = 0};
        struct syc_segment s;

        two[10] = marked ? 0x04 : 0; /* T */
        add_gre(&o, two, sizeof two, FRAME_DATA_OCTETS);
        add_ethernet(&o, 0x0800);
        add_ip4(&o, 6, 1420);
        add_tcp_data(&o);
        assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
        /* Not marked, it had no more than the mirror sent. */
        assert_int_equal(s.payload_octets, marked ? 1400 : 4);
        assert_int_equal(s.payload_cut, marked);
    }
}

static void
the_first_fragment_of_a_tunnel_tells_the_whole_packet(void **state)
{
    static const uint8_t gre[] = {0, 0, 0x08, 0x00};
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_gre(&o, gre, sizeof gre, IP_DATA_OCTETS);
    o.p[6] = 0x20; /* more fragments */
    add_ip4(&o, 6, 1420);
    add_tcp_data(&o);
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
    assert_int_equal(s.ip_octets, 1440);
    assert_int_equal(s.payload_octets, 1400);
    assert_true(s.payload_cut && !s.ip_mf && s.ip_df); /* all of it the inner header's */
    o.p[6] = 0, o.p[7] = 9;
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_IP_FRAGMENT);
}

static void
tunnels_nest_up_to_eight(void **state)
{
    static const uint8_t gre[] = {0, 0, 0x08, 0x00};

    for (unsigned depth = 8; depth <= 9; depth++) {
        struct octets o = {.n = 0};
        struct syc_segment s;

        for (unsigned i = depth; i > 0; i--) {
            add_ip4(&o, i % 2 == 0 ? 47 : 4, i * 20 + i / 2 * 4 + 24);
            if (i % 2 == 0) {
                octets_add(&o, gre, sizeof gre);
            }
        }
        add_ip4_data(&o);
        assert_int_equal(decode(&o, LINK_RAW, &s),
                         depth == 8 ? SYC_DROP_NONE : SYC_DROP_PATH_DEPTH);
        assert_int_equal(s.path.tunnel_count, 8);
        assert_int_equal(s.path.tunnel[depth == 8 ? 0 : 1], SYC_TUNNEL_GRE);
        assert_int_equal(s.path.tunnel[depth == 8 ? 1 : 0], SYC_TUNNEL_IPIP);
    }
}

static void
closed_tunnels_are_counted_and_nothing_else_is(void **state)
{
    static const uint8_t gre[] = {0, 0, 0x08, 0x00};
    static const uint8_t erspan[] = {0x10, 0, 0x88, 0xbe, 0, 0, 0, 9, 0x10, 100, 0, 7, 0, 0, 0, 5};
    static const uint8_t cdp[] = {0, 0, 0x20, 0x00};
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_gre(&o, gre, sizeof gre, IP_DATA_OCTETS);
    add_ip4_data(&o);
    assert_int_equal(decode_flagged(&o, LINK_RAW, SYC_DECODE_NO_TUNNELS, &s),
                     SYC_DROP_TUNNEL_CLOSED);
    assert_int_equal(s.path.tunnel_count, 0);
    assert_int_equal(s.src_port, 0);
    o.n = 0;
    add_gre(&o, erspan, sizeof erspan, FRAME_DATA_OCTETS);
    add_frame_data(&o);
    assert_int_equal(decode_flagged(&o, LINK_RAW, SYC_DECODE_NO_TUNNELS, &s),
                     SYC_DROP_TUNNEL_CLOSED);
    o.n = 0;
    add_ip4(&o, 4, IP_DATA_OCTETS);
    add_ip4_data(&o);
    assert_int_equal(decode_flagged(&o, LINK_RAW, SYC_DECODE_NO_TUNNELS, &s),
                     SYC_DROP_TUNNEL_CLOSED);
    o.n = 0;
    add_gre(&o, cdp, sizeof cdp, 40);
    add_tcp_data(&o);
    assert_int_equal(decode_flagged(&o, LINK_RAW, SYC_DECODE_NO_TUNNELS, &s), SYC_DROP_NOT_TCP);
    o.n = 0;
    add_ip4(&o, 51, 12 + TCP_DATA_OCTETS); /* an authentication header is no tunnel */
    ADD(&o, 6, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1);
    add_tcp_data(&o);
    assert_int_equal(decode_flagged(&o, LINK_RAW, SYC_DECODE_NO_TUNNELS, &s), SYC_DROP_NONE);
    o.n = 0;
    add_frame_data(&o);
    assert_int_equal(decode_flagged(&o, LINK_ETHERNET, SYC_DECODE_NO_TUNNELS, &s), SYC_DROP_NONE);
    assert_int_equal(s.payload_octets, 4);
}

int
test_tunnel_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gre_headers_of_every_length_are_stepped_over),
        cmocka_unit_test(gre_carries_ethernet_ipv6_and_mpls),
        cmocka_unit_test(gre_without_a_packet_is_not_tcp),
        cmocka_unit_test(pptp_carries_ppp),
        cmocka_unit_test(all_three_erspans_carry_the_mirrored_frame),
        cmocka_unit_test(erspan_of_a_bare_packet_and_of_another_kind),
        cmocka_unit_test(a_frame_that_the_mirror_cut_has_its_own_length),
        cmocka_unit_test(the_first_fragment_of_a_tunnel_tells_the_whole_packet),
        cmocka_unit_test(tunnels_nest_up_to_eight),
        cmocka_unit_test(closed_tunnels_are_counted_and_nothing_else_is),
    };

    return cmocka_run_group_tests_name("capture/tunnel", tests, NULL, NULL);
}
