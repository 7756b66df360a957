#include "tests/unit/capture/groups.h"

#include <string.h>

/* LLC with SNAP of organization 0 and a type: RFC 1042. */
static void
add_snap(struct octets *o, unsigned type)
{
    ADD(o, 0xaa, 0xaa, 0x03, 0, 0, 0);
    add16(o, type);
}

static void
frames_with_a_length_carry_llc(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    /* IEEE 802.3: 8 of LLC and 44 of IP are 52, in Ethernet's least of 60 octets. */
    add_ethernet(&o, 52);
    add_snap(&o, 0x0800);
    add_ip4_data(&o);
    ADD(&o, 0, 0, 0, 0);
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    o.p[13] = 12; /* a length that ends inside IP: the rest is the link's padding */
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_IP_SHORT);
    o.p[13] = 7; /* and inside SNAP */
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_LINK_SHORT);
    o.p[12] = 0x05, o.p[13] = 0xdd; /* 1501: neither a length nor a type */
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_NOT_IP);
    o.p[12] = 0x88, o.p[13] = 0x70; /* a jumbo frame's LLC */
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_NONE);
    assert_is_data(&s);
}

static void
a_tag_may_stand_before_a_length_and_after_snap(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_ethernet(&o, 0x8100);
    ADD(&o, 0, 5, 0, 56);
    add_snap(&o, 0x8100);
    ADD(&o, 0, 7, 0x08, 0x00);
    add_ip4_data(&o);
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    assert_int_equal(s.path.vlan_count, 2);
    assert_int_equal(s.path.vlan[0], 5);
    assert_int_equal(s.path.vlan[1], 7);
}

static void
llc_that_is_not_ip_is_told(void **state)
{
    static const struct {
        uint8_t octets[8];
        enum syc_drop expected;
    } rows[] = {
        {{0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00}, SYC_DROP_NONE},
        {{0xaa, 0xaa, 0x03, 0, 0, 0xf8, 0x08, 0x00}, SYC_DROP_NONE},   /* IEEE 802.1H */
        {{0xaa, 0xaa, 0x03, 0, 0, 0x0c, 0x20, 0x00}, SYC_DROP_NOT_IP}, /* Cisco's CDP */
        {{0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x06}, SYC_DROP_NOT_IP},    /* ARP */
        {{0x42, 0x42, 0x03, 0, 0, 0, 0x08, 0x00}, SYC_DROP_NOT_IP},    /* spanning tree */
        {{0xaa, 0xaa, 0xbf, 0, 0, 0, 0x08, 0x00}, SYC_DROP_NOT_IP},    /* XID */
        {{0xff, 0xff, 0x00, 0x2a, 0, 0, 0x08, 0x00}, SYC_DROP_NOT_IP}, /* IPX, raw 802.3 */
        {{0xfe, 0xfe, 0x03, 0xcc, 0x45, 0, 0, 0},
         SYC_DROP_NOT_IP}, /* OSI's IP: RFC 1390 does not use it */
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct octets o = {.n = 0};
        struct syc_segment s;

        add_ethernet(&o, 52);
        octets_add(&o, rows[i].octets, 8);
        add_ip4_data(&o);
        assert_int_equal(decode(&o, LINK_ETHERNET, &s), rows[i].expected);
    }
}

static void
the_service_access_point_of_ip_needs_no_snap(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_ethernet(&o, 47);
    ADD(&o, 0x06, 0x06, 0x03);
    add_ip4_data(&o);
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_NONE);
    assert_is_data(&s);
}

static void
fddi_carries_llc_in_its_llc_frames(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    /* Asynchronous LLC frame of priority 4. */
    ADD(&o, 0x54, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1);
    add_snap(&o, 0x0800);
    add_ip4_data(&o);
    assert_int_equal(decode(&o, LINK_FDDI, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    o.p[0] = 0x41; /* station management */
    assert_int_equal(decode(&o, LINK_FDDI, &s), SYC_DROP_NOT_IP);
    o.n = 12;
    assert_int_equal(decode(&o, LINK_FDDI, &s), SYC_DROP_LINK_SHORT);
}

/* ------------------------------------------------------------ 802.11 */

/* A frame's header, IEEE 802.11-2020 9.3.2.1: control, duration, three addresses, sequence control. */
static void
add_wlan(struct octets *o, unsigned control0, unsigned control1)
{
    ADD(o, (uint8_t)control0, (uint8_t)control1, 0x2c, 0x00);
    ADD(o, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 3, 0x10, 0x00);
}

static void
data_frames_of_every_direction_are_read(void **state)
{
    /* Data and QoS data; to the distribution system, from it, neither, both (a fourth address). */
    for (unsigned control0 = 0x08; control0 <= 0x88; control0 += 0x80) {
        for (unsigned control1 = 0; control1 < 4; control1++) {
            struct octets o = {.n = 0};
            struct syc_segment s;

            add_wlan(&o, control0, control1);
            if (control1 == 3) {
                ADD(&o, 2, 0, 0, 0, 0, 4);
            }
            if (control0 == 0x88) {
                ADD(&o, 0x06, 0x00);
            }
            add_snap(&o, 0x0800);
            add_ip4_data(&o);
            assert_int_equal(decode(&o, LINK_80211, &s), SYC_DROP_NONE);
            assert_is_data(&s);
        }
    }
}

static void
high_throughput_control_is_stepped_over(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_wlan(&o, 0x88, 0x81);
    ADD(&o, 0x00, 0x00, 1, 2, 3, 4);
    add_snap(&o, 0x86dd);
    add_ip6(&o, 6, TCP_DATA_OCTETS);
    add_tcp_data(&o);
    assert_int_equal(decode(&o, LINK_80211, &s), SYC_DROP_NONE);
    assert_is_data(&s);
}

static void
other_80211_frames_are_not_ip(void **state)
{
    static const struct {
        uint8_t control[2];
        uint8_t qos;
    } rows[] = {
        {{0x80, 0x00}, 0},    /* beacon */
        {{0xd4, 0x00}, 0},    /* acknowledgment */
        {{0x48, 0x01}, 0},    /* null */
        {{0xc8, 0x01}, 0},    /* QoS null */
        {{0x08, 0x41}, 0},    /* encrypted */
        {{0x88, 0x02}, 0x80}, /* A-MSDU: several packets */
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct octets o = {.n = 0};
        struct syc_segment s;

        add_wlan(&o, rows[i].control[0], rows[i].control[1]);
        ADD(&o, rows[i].qos, 0);
        add_snap(&o, 0x0800);
        add_ip4_data(&o);
        assert_int_equal(decode(&o, LINK_80211, &s), SYC_DROP_NOT_IP);
    }
}

static void
the_first_80211_fragment_is_used(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_wlan(&o, 0x08, 0x05); /* more fragments follow */
    add_snap(&o, 0x0800);
    add_ip4(&o, 6, 1420);
    add_tcp_data(&o);
    assert_int_equal(decode(&o, LINK_80211, &s), SYC_DROP_NONE);
    assert_int_equal(s.payload_octets, 1400); /* by the packet's own length */
    assert_int_equal(s.payload.n, 4);
    assert_true(s.payload_cut);
    o.p[22] = 0x11; /* fragment 1: in the middle of the packet */
    assert_int_equal(decode(&o, LINK_80211, &s), SYC_DROP_IP_FRAGMENT);
}

/* radiotap.org: version, pad, length, which fields are there, fields. */
static void
radiotap_of_every_shape_leads_to_80211(void **state)
{
    static const struct {
        uint8_t header[32];
        uint8_t padded;
    } rows[] = {
        {{0, 0, 8, 0, 0, 0, 0, 0}, 0},
        {{0, 0, 9, 0, 2, 0, 0, 0, 0x00}, 0},     /* flags: none set */
        {{0, 0, 12, 0, 6, 0, 0, 0, 0x20, 2}, 1}, /* flags: header padded; rate */
        /* Time and flags: aligned to 8 behind one word, and behind two words. */
        {{0, 0, 17, 0, 3, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x20}, 1},
        {{0, 0, 25, 0, 3, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x20}, 1},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct octets o = {.n = 0};
        struct syc_segment s;

        octets_add(&o, rows[i].header, rows[i].header[2]);
        add_wlan(&o, 0x88, 0x02);
        ADD(&o, 0, 0); /* 26 octets: two more of padding where there is some */
        if (rows[i].padded) {
            ADD(&o, 0, 0);
        }
        add_snap(&o, 0x0800);
        add_ip4_data(&o);
        assert_int_equal(decode(&o, LINK_RADIOTAP, &s), SYC_DROP_NONE);
        assert_is_data(&s);
    }
}

static void
the_check_sequence_behind_a_radiotap_frame_is_not_payload(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    /* Flags 0x10: it is there. The IP length is left at 0 (offload), so that only the frame's end tells. */
    ADD(&o, 0, 0, 9, 0, 2, 0, 0, 0, 0x10);
    add_wlan(&o, 0x08, 0x02);
    add_snap(&o, 0x0800);
    add_ip4_data(&o);
    o.p[9 + 24 + 8 + 3] = 0;
    ADD(&o, 0xde, 0xad, 0xbe, 0xef);
    assert_int_equal(decode(&o, LINK_RADIOTAP, &s), SYC_DROP_NONE);
    assert_is_data(&s);
}

static void
damaged_headers_before_80211_are_short(void **state)
{
    static const struct {
        uint8_t octets[12];
        uint16_t link;
    } rows[] = {
        {{1, 0, 8, 0}, LINK_RADIOTAP},                /* version 1 */
        {{0, 0, 7, 0}, LINK_RADIOTAP},                /* ends inside itself */
        {{0, 0, 0xff, 0xff}, LINK_RADIOTAP},          /* past the frame */
        {{1, 0, 8, 0, 105}, LINK_PPI},                /* version 1 */
        {{0, 0, 4, 0, 105}, LINK_PPI},                /* ends inside itself */
        {{0x44, 0, 0, 0, 0, 0, 0x40, 0}, LINK_PRISM}, /* 4 MiB in either order */
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct octets o = {.n = 0};
        struct syc_segment s;

        octets_add(&o, rows[i].octets, 12);
        add_ip4_data(&o);
        assert_int_equal(decode(&o, rows[i].link, &s), SYC_DROP_LINK_SHORT);
    }
}

static void
prism_and_avs_headers_are_stepped_over(void **state)
{
    static const uint8_t heads[][8] = {
        {0x44, 0, 0, 0, 12, 0, 0, 0},          /* message 0x44, 12 octets, little-endian */
        {0, 0, 0, 0x44, 0, 0, 0, 12},          /* big-endian */
        {0x80, 0x21, 0x10, 0x01, 0, 0, 0, 12}, /* AVS version 1 */
    };

    for (size_t i = 0; i < 3; i++) {
        struct octets o = {.n = 0};
        struct syc_segment s;

        octets_add(&o, heads[i], 8);
        ADD(&o, 9, 9, 9, 9);
        add_wlan(&o, 0x08, 0x02);
        add_snap(&o, 0x0800);
        add_ip4_data(&o);
        assert_int_equal(decode(&o, LINK_PRISM, &s), SYC_DROP_NONE);
        assert_is_data(&s);
    }
}

static void
ppi_says_what_link_it_carries(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    ADD(&o, 0, 0, 12, 0, 105, 0, 0, 0, 9, 9, 9, 9);
    add_wlan(&o, 0x08, 0x02);
    add_snap(&o, 0x0800);
    add_ip4_data(&o);
    assert_int_equal(decode(&o, LINK_PPI, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    o.p[4] = 147;
    assert_int_equal(decode(&o, LINK_PPI, &s), SYC_DROP_LINK_TYPE);
    o.p[4] = 105, o.p[6] = 1; /* 0x10069: no link type */
    assert_int_equal(decode(&o, LINK_PPI, &s), SYC_DROP_LINK_TYPE);
}

int
test_llc_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_with_a_length_carry_llc),
        cmocka_unit_test(a_tag_may_stand_before_a_length_and_after_snap),
        cmocka_unit_test(llc_that_is_not_ip_is_told),
        cmocka_unit_test(the_service_access_point_of_ip_needs_no_snap),
        cmocka_unit_test(fddi_carries_llc_in_its_llc_frames),
        cmocka_unit_test(data_frames_of_every_direction_are_read),
        cmocka_unit_test(high_throughput_control_is_stepped_over),
        cmocka_unit_test(other_80211_frames_are_not_ip),
        cmocka_unit_test(the_first_80211_fragment_is_used),
        cmocka_unit_test(radiotap_of_every_shape_leads_to_80211),
        cmocka_unit_test(the_check_sequence_behind_a_radiotap_frame_is_not_payload),
        cmocka_unit_test(damaged_headers_before_80211_are_short),
        cmocka_unit_test(prism_and_avs_headers_are_stepped_over),
        cmocka_unit_test(ppi_says_what_link_it_carries),
    };

    return cmocka_run_group_tests_name("capture/llc", tests, NULL, NULL);
}
