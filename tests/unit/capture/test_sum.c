#include "tests/unit/capture/groups.h"

#include <string.h>

/*
 * Sums by hand (RFC 1071), of add_ip4() and add_tcp_data():
 *   IPv4  452a+002c+abcd+4000+3906+c000+0201+c633+6402 = 3565f -> 5662; complement a99d
 *   TCP   addresses c000+0201+c633+6402 = 1ec36, protocol 6, length 18: 1ec54;
 *         c001+0050+0102+0304+0506+0708+5018+1000+6461+7461 = 2093f; both 3f593 -> f596; complement 0a69
 *   IPv6  addresses 2001+0db8+1 and 2001+0db8+2 = 5b75, 6, 18: 5b93; with 2093f 264d2 -> 64d4; complement 9b2b
 */
enum { SUM_IP4 = 0xa99d, SUM_TCP4 = 0x0a69, SUM_TCP6 = 0x9b2b, IP4_FIELD = 10, TCP_FIELD = 16 };

static void
put16(struct octets *o, size_t at, unsigned value)
{
    o->p[at] = (uint8_t)(value >> 8);
    o->p[at + 1] = (uint8_t)value;
}

static void
make_ip4(struct octets *o)
{
    o->n = 0;
    add_ip4_data(o);
    put16(o, IP4_FIELD, SUM_IP4);
    put16(o, 20 + TCP_FIELD, SUM_TCP4);
}

static enum syc_drop
checked(const struct octets *o, struct syc_segment *s)
{
    return decode_flagged(o, LINK_RAW, SYC_DECODE_CHECKSUMS, s);
}

static void
right_checksums_pass(void **state)
{
    struct octets o, six = {.n = 0}, ether = {.n = 0};
    struct syc_segment s;

    make_ip4(&o);
    assert_int_equal(checked(&o, &s), SYC_DROP_NONE);
    assert_int_equal(s.payload_octets, 4);
    add_ip6(&six, 6, TCP_DATA_OCTETS);
    add_tcp_data(&six);
    put16(&six, 40 + TCP_FIELD, SUM_TCP6);
    assert_int_equal(checked(&six, &s), SYC_DROP_NONE);
    add_ethernet(&ether, 0x0800);
    octets_add(&ether, o.p, o.n);
    ADD(&ether, 0xff, 0xff); /* link padding is not summed up */
    assert_int_equal(decode_flagged(&ether, LINK_ETHERNET, SYC_DECODE_CHECKSUMS, &s),
                     SYC_DROP_NONE);
}

static void
every_changed_bit_of_a_segment_is_found(void **state)
{
    struct octets o;
    struct syc_segment s;

    make_ip4(&o);
    for (size_t bit = 20 * 8; bit < o.n * 8; bit++) {
        enum syc_drop drop;

        o.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        drop = checked(&o, &s);
        /* A data offset below 5 is told first. */
        assert_true(drop == SYC_DROP_BAD_CHECKSUM || drop == SYC_DROP_TCP_BAD_OFFSET);
        assert_true(drop == SYC_DROP_BAD_CHECKSUM || bit / 8 == 20 + 12);
        assert_int_not_equal(decode(&o, LINK_RAW, &s), SYC_DROP_BAD_CHECKSUM);
        o.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void
every_changed_bit_of_an_ipv4_header_is_found(void **state)
{
    struct octets o;
    struct syc_segment s;

    make_ip4(&o);
    for (size_t bit = 8; bit < 20 * 8; bit++) { /* the first octet makes it another header */
        enum syc_drop drop;

        o.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        /* A total length of 12 is told first. */
        drop = checked(&o, &s);
        assert_true(drop == SYC_DROP_BAD_CHECKSUM || drop == SYC_DROP_IP_BAD);
        assert_true(drop == SYC_DROP_BAD_CHECKSUM || bit == 3 * 8 + 5);
        o.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void
an_odd_octet_counts_as_the_upper_half_of_a_word(void **state)
{
    struct octets o;
    struct syc_segment s;

    /* Without the last "a": length 17 instead of 18, 7400 instead of 7461: 62 less. f596 - 62 = f534; complement 0acb. */
    make_ip4(&o);
    o.n--;
    o.p[3]--;
    put16(&o, IP4_FIELD, SUM_IP4 + 1);
    put16(&o, 20 + TCP_FIELD, 0x0acb);
    assert_int_equal(checked(&o, &s), SYC_DROP_NONE);
    o.p[42] ^= 1;
    assert_int_equal(checked(&o, &s), SYC_DROP_BAD_CHECKSUM);
}

static void
what_was_left_to_the_adapter_passes(void **state)
{
    /* Nothing; the pseudo-header's sum 1ec54 -> ec55; that without the length, 1ec3c -> ec3d, for segments to be cut. */
    static const unsigned fields[] = {0, 0xec55, 0xec3d};
    struct octets o;
    struct syc_segment s;

    for (size_t i = 0; i < 3; i++) {
        make_ip4(&o);
        put16(&o, 20 + TCP_FIELD, fields[i]);
        assert_int_equal(checked(&o, &s), SYC_DROP_NONE);
        put16(&o, IP4_FIELD, 0);
        assert_int_equal(checked(&o, &s), SYC_DROP_NONE);
    }
    put16(&o, 20 + TCP_FIELD, 0xec56);
    assert_int_equal(checked(&o, &s), SYC_DROP_BAD_CHECKSUM);
}

static void
what_was_cut_is_not_summed(void **state)
{
    struct octets o;
    struct syc_segment s;

    make_ip4(&o);
    put16(&o, 20 + TCP_FIELD, 0x1234);
    assert_int_equal(decode_exact(o.p, 43, 44, LINK_RAW, SYC_DECODE_CHECKSUMS, &s), SYC_DROP_NONE);
    assert_int_equal(decode_exact(o.p, 44, 44, LINK_RAW, SYC_DECODE_CHECKSUMS, &s),
                     SYC_DROP_BAD_CHECKSUM);
    /* A packet that claims more than its frame had on the wire: 45 (its header's sum is one more). */
    o.p[3]++;
    put16(&o, IP4_FIELD, SUM_IP4 - 1);
    assert_int_equal(checked(&o, &s), SYC_DROP_NONE);
    o.p[3]--;
    o.p[6] = 0x60; /* a first fragment: 4000 becomes 6000 */
    put16(&o, IP4_FIELD, SUM_IP4 - 0x2000);
    assert_int_equal(checked(&o, &s), SYC_DROP_NONE);
    assert_true(s.ip_mf);
}

static void
addresses_that_change_on_the_way_are_not_summed(void **state)
{
    /* A routing header with one segment left, a home address; then both without what matters. */
    static const struct {
        uint8_t next;
        uint8_t header[24];
        enum syc_drop expected;
    } rows[] = {
        {43, {6, 2, 0, 1}, SYC_DROP_NONE},
        {60, {6, 2, 1, 2, 0, 0, 0xc9, 16}, SYC_DROP_NONE},
        {43, {6, 2, 0, 0}, SYC_DROP_BAD_CHECKSUM},
        {60, {6, 2, 1, 20, 0, 0, 0xc9, 16}, SYC_DROP_BAD_CHECKSUM},
        {60, {6, 2, 0, 0xc9, 16}, SYC_DROP_NONE}, /* behind Pad1 */
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct octets o = {.n = 0};
        struct syc_segment s;

        add_ip6(&o, rows[i].next, 24 + TCP_DATA_OCTETS);
        octets_add(&o, rows[i].header, 24);
        add_tcp_data(&o);
        put16(&o, 64 + TCP_FIELD, 0x1234);
        assert_int_equal(checked(&o, &s), rows[i].expected);
    }
}

static void
source_routes_that_are_not_used_up_are_not_summed(void **state)
{
    /* RFC 791 3.1: type, length 7, pointer 4 (the next address) or 8 (past the last). */
    for (uint8_t type = 131; type <= 137; type += 6) {
        for (uint8_t pointer = 4; pointer <= 8; pointer += 4) {
            struct octets o = {.n = 0};
            struct syc_segment s;

            add_ip4(&o, 6, 8 + TCP_DATA_OCTETS);
            o.p[0] = 0x47;
            ADD(&o, 1, type, 7, pointer, 10, 0, 0, 1);
            add_tcp_data(&o);
            put16(&o, 28 + TCP_FIELD, 0x1234);
            assert_int_equal(checked(&o, &s), pointer == 4 ? SYC_DROP_NONE : SYC_DROP_BAD_CHECKSUM);
        }
    }
}

static void
sums_are_checked_inside_tunnels_and_not_in_quotations(void **state)
{
    struct octets inner, o = {.n = 0}, icmp = {.n = 0};
    struct syc_segment s;

    make_ip4(&inner);
    add_ip4(&o, 4, IP_DATA_OCTETS);
    octets_add(&o, inner.p, inner.n);
    assert_int_equal(checked(&o, &s), SYC_DROP_NONE);
    o.p[o.n - 1] ^= 1;
    assert_int_equal(checked(&o, &s), SYC_DROP_BAD_CHECKSUM);
    add_ip4(&icmp, 1, 8 + 28);
    ADD(&icmp, 3, 1, 0, 0, 0, 0, 0, 0);
    octets_add(&icmp, inner.p, 28);
    icmp.p[28 + IP4_FIELD] ^= 0xff; /* routers change the header that they quote */
    assert_int_equal(checked(&icmp, &s), SYC_DROP_ICMP_ERROR);
}

int
test_sum_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_checksums_pass),
        cmocka_unit_test(every_changed_bit_of_a_segment_is_found),
        cmocka_unit_test(every_changed_bit_of_an_ipv4_header_is_found),
        cmocka_unit_test(an_odd_octet_counts_as_the_upper_half_of_a_word),
        cmocka_unit_test(what_was_left_to_the_adapter_passes),
        cmocka_unit_test(what_was_cut_is_not_summed),
        cmocka_unit_test(addresses_that_change_on_the_way_are_not_summed),
        cmocka_unit_test(source_routes_that_are_not_used_up_are_not_summed),
        cmocka_unit_test(sums_are_checked_inside_tunnels_and_not_in_quotations),
    };

    return cmocka_run_group_tests_name("capture/sum", tests, NULL, NULL);
}
