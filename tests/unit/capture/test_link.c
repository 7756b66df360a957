#include "tests/unit/capture/groups.h"

#include <string.h>

static void
ethernet_carries_ipv4(void **state)
{
    static const uint8_t src[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
    static const uint8_t dst[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 51, 100, 2};
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_ethernet(&o, 0x0800);
    add_ip4(&o, 6, TCP_DATA_OCTETS);
    add_tcp_data(&o);
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    assert_memory_equal(s.src, src, 16);
    assert_memory_equal(s.dst, dst, 16);
    assert_int_equal(s.ip_v, 4);
    assert_int_equal(s.ttl, 57);
    assert_int_equal(s.ip_id, 0xabcd);
    assert_int_equal(s.traffic_class, 0x2a);
    assert_int_equal(s.ip_header_octets, 20);
    assert_int_equal(s.ip_octets, 44);
    assert_true(s.ip_df && !s.ip_mf && !s.ip_reserved);
    assert_int_equal(s.path.vlan_count, 0);
}

static void
ethernet_carries_ipv6(void **state)
{
    static const uint8_t src[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_ethernet(&o, 0x86dd);
    add_ip6(&o, 6, TCP_DATA_OCTETS);
    add_tcp_data(&o);
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    assert_memory_equal(s.src, src, 16);
    assert_int_equal(s.dst[15], 2);
    assert_int_equal(s.ip_v, 6);
    assert_int_equal(s.ttl, 63);
    assert_int_equal(s.traffic_class, 0x2a);
    assert_int_equal(s.flow_label, 0x12345);
    assert_int_equal(s.ip_header_octets, 40);
    assert_int_equal(s.ip_octets, 64);
    assert_int_equal(s.ip_id, 0);
}

static void
every_tag_kind_goes_to_the_path(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_ethernet(&o, 0x88a8);
    ADD(&o, 0xe0, 0x64, 0x91, 0x00); /* priority 7, id 100; next 0x9100 */
    ADD(&o, 0x1f, 0xff, 0x81, 0x00); /* drop eligible, id 4095 */
    ADD(&o, 0x00, 0x00, 0x08, 0x00); /* priority tag: id 0 */
    add_ip4(&o, 6, TCP_DATA_OCTETS);
    add_tcp_data(&o);
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    assert_int_equal(s.path.vlan_count, 3);
    assert_int_equal(s.path.vlan[0], 100);
    assert_int_equal(s.path.vlan[1], 4095);
    assert_int_equal(s.path.vlan[2], 0);
}

static void
add_tags(struct octets *o, unsigned count)
{
    add_ethernet(o, 0x8100);
    for (unsigned i = 1; i <= count; i++) {
        add16(o, i);
        add16(o, i == count ? 0x0800 : 0x8100);
    }
    add_ip4(o, 6, TCP_DATA_OCTETS);
    add_tcp_data(o);
}

static void
eight_tags_are_kept_and_nine_are_too_deep(void **state)
{
    struct octets eight = {.n = 0}, nine = {.n = 0};
    struct syc_segment s;

    add_tags(&eight, 8);
    add_tags(&nine, 9);
    assert_int_equal(decode(&eight, LINK_ETHERNET, &s), SYC_DROP_NONE);
    assert_int_equal(s.path.vlan_count, 8);
    assert_int_equal(s.path.vlan[7], 8);
    assert_int_equal(decode(&nine, LINK_ETHERNET, &s), SYC_DROP_PATH_DEPTH);
}

static void
unused_path_cells_are_zero(void **state)
{
    static const struct syc_path expected = {.vlan_count = 1, .vlan = {1}};
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_tags(&o, 1);
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_NONE);
    assert_memory_equal(&s.path, &expected, sizeof expected);
}

static void
link_padding_is_not_payload(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    /* 40 octets of IP in Ethernet's least 60. */
    add_ethernet(&o, 0x0800);
    add_ip4(&o, 6, 20);
    add_tcp_data(&o); /* its "data" are the first of 6 octets of padding */
    ADD(&o, 0, 0);
    assert_int_equal(o.n, 60);
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_NONE);
    assert_int_equal(s.payload_octets, 0);
    assert_int_equal(s.payload.n, 0);
    assert_false(s.payload_cut);
}

static void
cooked_headers_of_both_versions_are_read(void **state)
{
    struct octets sll = {.n = 0}, sll2 = {.n = 0};
    struct syc_segment s;

    /* To us, ARPHRD_ETHER, 6 octets of address. */
    ADD(&sll, 0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0x00);
    add_ip4(&sll, 6, TCP_DATA_OCTETS);
    add_tcp_data(&sll);
    assert_int_equal(decode(&sll, LINK_SLL, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    /* A tag first, interface 2, ARPHRD_ETHER, outgoing, 6 octets of address. */
    ADD(&sll2, 0x81, 0x00, 0, 0, 0, 0, 0, 2, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0);
    ADD(&sll2, 0x00, 0x07, 0x86, 0xdd);
    add_ip6(&sll2, 6, TCP_DATA_OCTETS);
    add_tcp_data(&sll2);
    assert_int_equal(decode(&sll2, LINK_SLL2, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    assert_int_equal(s.path.vlan_count, 1);
    assert_int_equal(s.path.vlan[0], 7);
    assert_int_equal(s.ip_v, 6);
}

static void
raw_links_tell_the_version_or_have_one(void **state)
{
    static const uint16_t any[] = {12, 14, LINK_RAW};
    struct octets four = {.n = 0}, six = {.n = 0};
    struct syc_segment s;

    add_ip4(&four, 6, TCP_DATA_OCTETS);
    add_tcp_data(&four);
    add_ip6(&six, 6, TCP_DATA_OCTETS);
    add_tcp_data(&six);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(decode(&four, any[i], &s), SYC_DROP_NONE);
        assert_is_data(&s);
        assert_int_equal(decode(&six, any[i], &s), SYC_DROP_NONE);
        assert_is_data(&s);
    }
    assert_int_equal(decode(&four, 228, &s), SYC_DROP_NONE);
    assert_int_equal(decode(&six, 229, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    assert_int_equal(decode(&six, 228, &s), SYC_DROP_IP_BAD);
    assert_int_equal(decode(&four, 229, &s), SYC_DROP_IP_BAD);
    four.p[0] = 0x75;
    assert_int_equal(decode(&four, LINK_RAW, &s), SYC_DROP_IP_BAD);
}

static void
null_families_are_read_in_both_orders(void **state)
{
    static const uint8_t families[] = {2, 24, 28, 30};

    for (size_t i = 0; i < 8; i++) {
        struct octets o = {.n = 0};
        struct syc_segment s;
        uint8_t family = families[i / 2];
        bool big = i % 2 == 1;

        ADD(&o, big ? 0 : family, 0, 0, big ? family : 0);
        if (family == 2) {
            add_ip4(&o, 6, TCP_DATA_OCTETS);
        } else {
            add_ip6(&o, 6, TCP_DATA_OCTETS);
        }
        add_tcp_data(&o);
        assert_int_equal(decode(&o, LINK_NULL, &s), SYC_DROP_NONE);
        assert_is_data(&s);
        /* LOOP is always in network order. */
        assert_int_equal(decode(&o, LINK_LOOP, &s), big ? SYC_DROP_NONE : SYC_DROP_NOT_IP);
        o.p[1] = 1; /* a family of neither kind */
        assert_int_equal(decode(&o, LINK_NULL, &s), SYC_DROP_NOT_IP);
    }
}

static void
what_is_not_ip_is_counted_so(void **state)
{
    static const unsigned types[] = {0x0806 /* ARP */, 0x88cc /* LLDP */,
                                     0x0026 /* 802.3 length */};

    for (size_t i = 0; i < 3; i++) {
        struct octets o = {.n = 0};
        struct syc_segment s;

        add_ethernet(&o, types[i]);
        add_ip4(&o, 6, TCP_DATA_OCTETS);
        add_tcp_data(&o);
        assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_NOT_IP);
        assert_int_equal(s.number, 42);
    }
}

/* One option of 4 octets (a security group tag), and two. */
static void
cisco_metadata_is_stepped_over(void **state)
{
    for (uint8_t words = 1; words <= 2; words++) {
        struct octets o = {.n = 0};
        struct syc_segment s;

        add_ethernet(&o, 0x8909);
        ADD(&o, 1, words, 0, 1, 0, 2);
        if (words == 2) {
            ADD(&o, 0, 2, 0, 9);
        }
        ADD(&o, 0x81, 0x00, 0, 7, 0x08, 0x00);
        add_ip4_data(&o);
        assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_NONE);
        assert_is_data(&s);
        assert_int_equal(s.path.vlan_count, 1);
        o.p[14] = 2; /* another version may be anything */
        assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_NOT_IP);
    }
}

/* linux/if_ether.h: a protocol of 4 is LLC, 1 is IPX without it. */
static void
cooked_headers_may_carry_llc(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    ADD(&o, 0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0, 4);
    ADD(&o, 0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00);
    add_ip4_data(&o);
    assert_int_equal(decode(&o, LINK_SLL, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    o.p[15] = 1;
    assert_int_equal(decode(&o, LINK_SLL, &s), SYC_DROP_NOT_IP);
}

/* Names and numbers: tcpdump.org/linktypes.html. */
static void
links_have_names_whether_they_are_read_or_not(void **state)
{
    static const struct {
        uint16_t link;
        const char *name;
        bool read;
    } rows[] = {
        {0, "NULL", true},
        {1, "ETHERNET", true},
        {9, "PPP", true},
        {127, "IEEE802_11_RADIOTAP", true},
        {276, "LINUX_SLL2", true},
        {147, "USER0", false},
        {195, "IEEE802_15_4_WITHFCS", false},
        {249, "USBPCAP", false},
        {292, "USB_2_0_HIGH_SPEED", false},
        {2, "unknown", false},
        {65535, "unknown", false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(syc_link_name(rows[i].link), rows[i].name);
        assert_int_equal(syc_link_is_read(rows[i].link), rows[i].read);
    }
    for (uint16_t link = 0; link < 400; link++) {
        assert_true(!syc_link_is_read(link) || strcmp(syc_link_name(link), "unknown") != 0 ||
                    link == 12 || link == 14); /* DLT_RAW of two systems has no LINKTYPE */
    }
}

static void
unknown_links_and_short_link_headers_have_their_reasons(void **state)
{
    static const struct {
        uint16_t link;
        size_t header;
    } links[] = {{LINK_ETHERNET, 14}, {LINK_SLL, 16},        {LINK_SLL2, 20}, {LINK_NULL, 4},
                 {LINK_LOOP, 4},      {LINK_PPP, 2},         {LINK_FDDI, 13}, {LINK_C_HDLC, 4},
                 {LINK_PPP_ETHER, 6}, {LINK_PPP_WITH_DIR, 3}};
    struct octets o = {.n = 0};
    struct syc_segment s;

    o.p[12] = 0x08; /* of Ethernet a type; zeros were an empty frame with a length */
    assert_int_equal(decode(&o, 147, &s), SYC_DROP_LINK_TYPE);
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_IP_SHORT);
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        for (o.n = 0; o.n < links[i].header; o.n++) {
            assert_int_equal(decode(&o, links[i].link, &s), SYC_DROP_LINK_SHORT);
        }
        assert_int_not_equal(decode(&o, links[i].link, &s), SYC_DROP_LINK_SHORT);
    }
}

static void
every_reason_and_tunnel_has_a_word_of_its_own(void **state)
{
    for (int a = 0; a < SYC_DROP_COUNT; a++) {
        for (int b = 0; b < a; b++) {
            assert_string_not_equal(syc_drop_name((enum syc_drop)a),
                                    syc_drop_name((enum syc_drop)b));
        }
    }
    assert_string_equal(syc_drop_name(SYC_DROP_TCP_BAD_OFFSET), "tcp_bad_offset");
    assert_string_equal(syc_tunnel_name(SYC_TUNNEL_GTPU), "gtp-u");
    assert_string_equal(syc_drop_name(SYC_DROP_COUNT), "unknown");
    assert_string_equal(syc_tunnel_name(SYC_TUNNEL_COUNT), "unknown");
}

int
test_link_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ethernet_carries_ipv4),
        cmocka_unit_test(ethernet_carries_ipv6),
        cmocka_unit_test(every_tag_kind_goes_to_the_path),
        cmocka_unit_test(eight_tags_are_kept_and_nine_are_too_deep),
        cmocka_unit_test(unused_path_cells_are_zero),
        cmocka_unit_test(link_padding_is_not_payload),
        cmocka_unit_test(cooked_headers_of_both_versions_are_read),
        cmocka_unit_test(raw_links_tell_the_version_or_have_one),
        cmocka_unit_test(null_families_are_read_in_both_orders),
        cmocka_unit_test(what_is_not_ip_is_counted_so),
        cmocka_unit_test(cisco_metadata_is_stepped_over),
        cmocka_unit_test(cooked_headers_may_carry_llc),
        cmocka_unit_test(links_have_names_whether_they_are_read_or_not),
        cmocka_unit_test(unknown_links_and_short_link_headers_have_their_reasons),
        cmocka_unit_test(every_reason_and_tunnel_has_a_word_of_its_own),
    };

    return cmocka_run_group_tests_name("capture/link", tests, NULL, NULL);
}
