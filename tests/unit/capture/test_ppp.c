#include "tests/unit/capture/groups.h"

#include <string.h>

/* A PPP header of n octets before the data segment in IPv4. The segment's spans are good until the next call. */
static enum syc_drop
decode_behind(const void *header, size_t n, uint16_t link, struct syc_segment *out)
{
    static struct octets o;

    o.n = 0;
    octets_add(&o, header, n);
    add_ip4_data(&o);
    return decode(&o, link, out);
}

static void
ppp_is_read_with_and_without_its_fields(void **state)
{
    /* RFC 1661 6.5, 6.6: protocol and address fields may be compressed, each by itself. */
    static const struct {
        uint8_t octets[4];
        size_t n;
    } heads[] = {
        {{0xff, 0x03, 0x00, 0x21}, 4},
        {{0x00, 0x21}, 2},
        {{0xff, 0x03, 0x21}, 3},
        {{0x21}, 1},
    };
    static const uint16_t links[] = {LINK_PPP, LINK_PPP_HDLC};

    for (size_t i = 0; i < 8; i++) {
        struct syc_segment s;

        assert_int_equal(decode_behind(heads[i / 2].octets, heads[i / 2].n, links[i % 2], &s),
                         SYC_DROP_NONE);
        assert_is_data(&s);
    }
}

static void
ppp_with_a_direction_is_read(void **state)
{
    static const struct {
        uint8_t octets[5];
        size_t n;
        uint16_t link;
    } rows[] = {
        {{0x01, 0xff, 0x03, 0x00, 0x21}, 5, LINK_PPP_WITH_DIR},
        {{0x00, 0x00, 0x21}, 3, LINK_PPP_WITH_DIR},
        {{0x00, 0x03, 0x00, 0x21}, 4, LINK_PPP_PPPD}, /* in place of the address */
        {{0x01, 0x03, 0x21}, 3, LINK_PPP_PPPD},
    };

    for (size_t i = 0; i < 4; i++) {
        struct syc_segment s;

        assert_int_equal(decode_behind(rows[i].octets, rows[i].n, rows[i].link, &s), SYC_DROP_NONE);
        assert_is_data(&s);
    }
}

static void
ppp_carries_ipv6_and_mpls(void **state)
{
    struct octets six = {.n = 0}, labeled = {.n = 0};
    struct syc_segment s;

    ADD(&six, 0xff, 0x03, 0x00, 0x57);
    add_ip6(&six, 6, TCP_DATA_OCTETS);
    add_tcp_data(&six);
    assert_int_equal(decode(&six, LINK_PPP, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    ADD(&labeled, 0xff, 0x03, 0x02, 0x81, 0x00, 0x01, 0x01, 0x40);
    add_ip4_data(&labeled);
    assert_int_equal(decode(&labeled, LINK_PPP, &s), SYC_DROP_NONE);
    assert_is_data(&s);
}

static void
ppp_control_and_compressed_frames_are_not_ip(void **state)
{
    /* LCP, IPCP, MPPE's datagrams, Van Jacobson's compressed TCP. */
    static const uint8_t protocols[][2] = {{0xc0, 0x21}, {0x80, 0x21}, {0x00, 0xfd}, {0x00, 0x2d}};

    for (size_t i = 0; i < 4; i++) {
        struct syc_segment s;

        assert_int_equal(decode_behind(protocols[i], 2, LINK_PPP, &s), SYC_DROP_NOT_IP);
    }
}

/* RFC 2516 4: version and type, code, session, length. */
static void
pppoe_sessions_are_read_on_ethernet_and_as_a_link(void **state)
{
    static const uint8_t head[] = {0x11, 0x00, 0x12, 0x34, 0x00, 46, 0x00, 0x21};
    struct octets o = {.n = 0};
    struct syc_segment s;

    assert_int_equal(decode_behind(head, sizeof head, LINK_PPP_ETHER, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    add_ethernet(&o, 0x8100);
    ADD(&o, 0, 9, 0x88, 0x64);
    octets_add(&o, head, sizeof head);
    add_ip4_data(&o);
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    assert_int_equal(s.path.vlan_count, 1);
    assert_int_equal(s.path.tunnel_count, 0);
    o.p[18 + 5] = 20; /* a session whose length ends inside IP: padding follows */
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_IP_SHORT);
    o.p[18 + 5] = 46, o.p[18] = 0x21; /* version 2 */
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_NOT_IP);
    o.p[18] = 0x11, o.p[18 + 1] = 0xa7; /* terminate */
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_NOT_IP);
    o.p[18 + 1] = 0, o.p[17] = 0x63; /* the discovery type */
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_NOT_IP);
}

static void
ciscos_hdlc_is_read_under_both_link_types(void **state)
{
    static const uint8_t heads[][4] = {{0x0f, 0, 0x08, 0x00}, {0x8f, 0, 0x08, 0x00}};
    static const uint8_t keepalive[] = {0x8f, 0, 0x80, 0x35};
    struct syc_segment s;

    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(decode_behind(heads[i], 4, LINK_C_HDLC, &s), SYC_DROP_NONE);
        assert_is_data(&s);
        assert_int_equal(decode_behind(heads[i], 4, LINK_PPP_HDLC, &s), SYC_DROP_NONE);
        assert_is_data(&s);
    }
    assert_int_equal(decode_behind(keepalive, 4, LINK_C_HDLC, &s), SYC_DROP_NOT_IP);
}

/* ------------------------------------------------------------ MPLS */

/* RFC 3032 2.1: label (20 bits), traffic class (3), bottom of stack, time to live. */
static void
add_label(struct octets *o, uint32_t label, bool bottom)
{
    add32(o, label << 12 | (bottom ? 0x100u : 0) | 64);
}

static void
label_stacks_of_any_depth_are_stepped_over(void **state)
{
    for (unsigned depth = 1; depth <= 64; depth *= 4) {
        for (unsigned type = 0x8847; type <= 0x8848; type++) {
            struct octets o = {.n = 0};
            struct syc_segment s;

            add_ethernet(&o, type);
            for (unsigned i = 1; i <= depth; i++) {
                add_label(&o, 16 + i, i == depth);
            }
            add_ip4_data(&o);
            assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_NONE);
            assert_is_data(&s);
            /* Labels differ by direction and hop, so they are no part of a connection's way. */
            assert_int_equal(s.path.vlan_count + s.path.tunnel_count, 0);
        }
    }
}

static void
labels_carry_ipv6_and_ethernet(void **state)
{
    struct octets six = {.n = 0};
    struct syc_segment s;

    add_ethernet(&six, 0x8847);
    add_label(&six, 100, true);
    add_ip6(&six, 6, TCP_DATA_OCTETS);
    add_tcp_data(&six);
    assert_int_equal(decode(&six, LINK_ETHERNET, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    /* RFC 4448 4.6: with a control word of a nibble 0, and without one, as the word is optional. */
    for (int word = 0; word < 2; word++) {
        struct octets o = {.n = 0};

        add_ethernet(&o, 0x8847);
        add_label(&o, 100, true);
        if (word) {
            ADD(&o, 0x00, 0x00, 0x12, 0x34);
        }
        add_frame_data(&o);
        assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_NONE);
        assert_is_data(&s);
    }
}

static void
labels_without_ip_behind_them_are_told(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_ethernet(&o, 0x8847);
    add_label(&o, 100, true);
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_IP_SHORT);
    ADD(&o, 0x10, 0x00, 0x00, 0x07, 1, 2, 3, 4); /* RFC 4385 5: an associated channel */
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_NOT_IP);
    o.n = 14;
    add_label(&o, 100, false);
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_LINK_SHORT);
}

int
test_ppp_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ppp_is_read_with_and_without_its_fields),
        cmocka_unit_test(ppp_with_a_direction_is_read),
        cmocka_unit_test(ppp_carries_ipv6_and_mpls),
        cmocka_unit_test(ppp_control_and_compressed_frames_are_not_ip),
        cmocka_unit_test(pppoe_sessions_are_read_on_ethernet_and_as_a_link),
        cmocka_unit_test(ciscos_hdlc_is_read_under_both_link_types),
        cmocka_unit_test(label_stacks_of_any_depth_are_stepped_over),
        cmocka_unit_test(labels_carry_ipv6_and_ethernet),
        cmocka_unit_test(labels_without_ip_behind_them_are_told),
    };

    return cmocka_run_group_tests_name("capture/ppp", tests, NULL, NULL);
}
