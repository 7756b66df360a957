#include "tests/unit/capture/groups.h"

#include <string.h>

/* The 8 octets that every router quotes: 49153 -> 80, seq 0x01020304. */
static const uint8_t quoted_tcp[] = {0xc0, 0x01, 0x00, 0x50, 1, 2, 3, 4};

/* An ICMP error of a router 203.0.113.9 to 192.0.2.1, quoting what 192.0.2.1 sent to 198.51.100.2. */
static void
add_icmp4(struct octets *o, uint8_t type, uint8_t code, unsigned protocol, size_t quoted)
{
    ADD(o, 0x45, 0);
    add16(o, 20 + 8 + 20 + (unsigned)quoted);
    ADD(o, 0, 1, 0, 0, 250, 1, 0, 0, 203, 0, 113, 9, 192, 0, 2, 1);
    ADD(o, type, code, 0, 0, 0, 0, 0, 0);
    add_ip4(o, protocol, 40);
    octets_add(o, quoted_tcp, quoted);
}

static void
an_unreachable_names_the_quoted_connection(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_ethernet(&o, 0x8100);
    ADD(&o, 0x00, 0x05, 0x08, 0x00);
    add_icmp4(&o, 3, 1, 6, 8);
    assert_int_equal(decode(&o, LINK_ETHERNET, &s), SYC_DROP_ICMP_ERROR);
    assert_true(s.unreachable);
    assert_int_equal(s.icmp_code, 1);
    assert_int_equal(s.ip_v, 4);
    assert_memory_equal(s.src + 10, "\xff\xff\xc0\x00\x02\x01", 6);
    assert_memory_equal(s.dst + 10, "\xff\xff\xc6\x33\x64\x02", 6);
    assert_int_equal(s.src_port, 49153);
    assert_int_equal(s.dst_port, 80);
    assert_int_equal(s.seq, 0x01020304);
    assert_int_equal(s.path.vlan_count, 1);
    assert_int_equal(s.path.vlan[0], 5);
    assert_int_equal(s.time_ns, 1234567890123456789);
    assert_int_equal(s.options.n + s.payload.n, 0);
}

static void
only_type_3_says_unreachable(void **state)
{
    for (unsigned type = 0; type < 256; type++) {
        /* RFC 1122 3.2.2: errors are 3, 4, 5, 11, 12; all else are queries. */
        bool is_error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
        struct octets o = {.n = 0};
        struct syc_segment s;

        add_icmp4(&o, (uint8_t)type, 0, 6, 8);
        assert_int_equal(decode(&o, LINK_RAW, &s),
                         is_error ? SYC_DROP_ICMP_ERROR : SYC_DROP_NOT_TCP);
        assert_int_equal(s.unreachable, type == 3);
    }
}

static void
quotations_without_ports_are_plain_icmp(void **state)
{
    for (size_t quoted = 0; quoted < 8; quoted++) {
        struct octets o = {.n = 0};
        struct syc_segment s;

        add_icmp4(&o, 3, 3, 6, quoted);
        assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NOT_TCP);
        assert_false(s.unreachable);
        assert_int_equal(s.icmp_code, 0);
    }
}

static void
quoted_udp_icmp_and_later_fragments_are_plain_icmp(void **state)
{
    static const uint8_t protocols[] = {17, 1, 4, 41};
    struct octets o = {.n = 0};
    struct syc_segment s;

    for (size_t i = 0; i < sizeof protocols; i++) {
        o.n = 0;
        add_icmp4(&o, 3, 3, protocols[i], 8);
        assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NOT_TCP);
        assert_false(s.unreachable);
    }
    o.n = 0;
    add_icmp4(&o, 3, 3, 6, 8);
    o.p[28 + 7] = 1; /* the quoted packet's fragment offset */
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NOT_TCP);
    assert_false(s.unreachable);
}

static void
a_quoters_total_length_does_not_matter(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_icmp4(&o, 3, 0, 6, 8);
    o.p[28 + 2] = 0;
    o.p[28 + 3] = 3; /* below the header's own length */
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_ICMP_ERROR);
    o.p[28 + 2] = 0x3c; /* 60 with its octets swapped */
    o.p[28 + 3] = 0;
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_ICMP_ERROR);
    assert_int_equal(s.seq, 0x01020304);
}

/* ICMPv6 of 2001:db8::1 to itself (addresses do not matter), quoting `chain` octets before TCP. */
static void
add_icmp6(struct octets *o, uint8_t type, uint8_t code, unsigned next, const void *chain, size_t n)
{
    add_ip6(o, 58, 8 + 40 + (unsigned)n + 8);
    ADD(o, type, code, 0, 0, 0, 0, 0, 0);
    add_ip6(o, next, (unsigned)n + 40);
    octets_add(o, chain, n);
    octets_add(o, quoted_tcp, 8);
}

static void
icmpv6_quotes_ipv6_with_its_headers(void **state)
{
    static const uint8_t atomic[] = {6, 0, 0, 0, 0, 0, 0, 1};
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_icmp6(&o, 1, 4, 44, atomic, 8);
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_ICMP_ERROR);
    assert_true(s.unreachable);
    assert_int_equal(s.icmp_code, 4);
    assert_int_equal(s.ip_v, 6);
    assert_int_equal(s.dst[15], 2);
    assert_int_equal(s.src_port, 49153);
    assert_int_equal(s.seq, 0x01020304);
}

static void
only_icmpv6_type_1_says_unreachable(void **state)
{
    for (unsigned type = 0; type < 256; type++) {
        bool is_error = type >= 1 && type <= 4; /* RFC 4443 2.1; 5..127 are unassigned errors */
        struct octets o = {.n = 0};
        struct syc_segment s;

        add_icmp6(&o, (uint8_t)type, 0, 6, "", 0);
        assert_int_equal(decode(&o, LINK_RAW, &s),
                         is_error ? SYC_DROP_ICMP_ERROR : SYC_DROP_NOT_TCP);
        assert_int_equal(s.unreachable, type == 1);
    }
}

static void
icmp_of_the_other_version_is_not_read(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_ip6(&o, 1, 8 + 28);
    ADD(&o, 3, 1, 0, 0, 0, 0, 0, 0);
    add_ip4(&o, 6, 40);
    octets_add(&o, quoted_tcp, 8);
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NOT_TCP);
}

int
test_icmp_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unreachable_names_the_quoted_connection),
        cmocka_unit_test(only_type_3_says_unreachable),
        cmocka_unit_test(quotations_without_ports_are_plain_icmp),
        cmocka_unit_test(quoted_udp_icmp_and_later_fragments_are_plain_icmp),
        cmocka_unit_test(a_quoters_total_length_does_not_matter),
        cmocka_unit_test(icmpv6_quotes_ipv6_with_its_headers),
        cmocka_unit_test(only_icmpv6_type_1_says_unreachable),
        cmocka_unit_test(icmp_of_the_other_version_is_not_read),
    };

    return cmocka_run_group_tests_name("capture/icmp", tests, NULL, NULL);
}
