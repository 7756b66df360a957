#include "tests/unit/capture/groups.h"

#include <string.h>

/* A SYN-like segment over IPv4 with option octets (padded by the caller to 4) and no payload. */
static void
add_with_options(struct octets *o, const void *options, size_t n)
{
    add_ip4(o, 6, 20 + (unsigned)n);
    ADD(o, 0xc0, 0x01, 0x00, 0x50, 1, 2, 3, 4, 0, 0, 0, 0);
    ADD(o, (uint8_t)((5 + n / 4) << 4), 0x02, 0xff, 0xff, 0, 0, 0x12, 0x34);
    octets_add(o, options, n);
}

static void
options_are_all_the_octets_of_the_header_beyond_20(void **state)
{
    uint8_t options[40];

    memset(options, 1, sizeof options);
    for (size_t n = 0; n <= 40; n += 4) {
        struct octets o = {.n = 0};
        struct syc_segment s;

        add_with_options(&o, options, n);
        assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
        assert_int_equal(s.tcp_header_octets, 20 + n);
        assert_int_equal(s.options.n, n);
        assert_ptr_equal(s.options.p, o.p + 40);
        assert_int_equal(s.payload_octets, 0);
        assert_int_equal(s.urgent, 0x1234);
        assert_int_equal(s.flags, SYC_SYN);
        assert_false(s.has_ts || s.options_cut || s.payload_cut);
    }
}

static void
all_twelve_flag_bits_are_kept(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_ip4(&o, 6, TCP_DATA_OCTETS);
    add_tcp_data(&o);
    o.p[32] = 0x5f;
    o.p[33] = 0xff;
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
    assert_int_equal(s.flags, 0xfff);
    o.p[32] = 0x51;
    o.p[33] = 0xc2;
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
    assert_int_equal(s.flags, SYC_AE | SYC_CWR | SYC_ECE | SYC_SYN); /* an AccECN SYN, RFC 9768 */
}

static void
data_offsets_below_5_are_bad(void **state)
{
    for (uint8_t offset = 0; offset < 5; offset++) {
        struct octets o = {.n = 0};
        struct syc_segment s;

        add_ip4(&o, 6, TCP_DATA_OCTETS);
        add_tcp_data(&o);
        o.p[32] = (uint8_t)(offset << 4);
        assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_TCP_BAD_OFFSET);
        assert_int_equal(s.src_port, 49153); /* filled as far as it could be read */
        assert_int_equal(s.payload_octets, 0);
    }
}

static void
a_data_offset_past_the_packet_cuts_the_options(void **state)
{
    struct octets o = {.n = 0};
    struct syc_segment s;

    add_ip4(&o, 6, TCP_DATA_OCTETS);
    add_tcp_data(&o);
    ADD(&o, 0, 0, 0, 0); /* link padding: captured, but not the packet's */
    o.p[32] = 0x60;      /* 24 of 24 */
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
    assert_int_equal(s.options.n, 4);
    assert_int_equal(s.payload_octets, 0);
    o.p[32] = 0x70; /* 28 of 24 */
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
    assert_true(s.options_cut);
    assert_int_equal(s.options.n, 4);
    assert_int_equal(s.tcp_header_octets, 28);
    assert_int_equal(s.payload_octets, 0);
    assert_int_equal(s.payload.n, 0);
}

static void
cut_options_are_told_and_what_is_there_is_given(void **state)
{
    static const uint8_t options[] = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 2, 4, 5, 0xb4};
    struct octets o = {.n = 0};

    add_with_options(&o, options, sizeof options);
    for (size_t cut = 40; cut <= o.n; cut++) {
        struct syc_frame frame = {.data = o.p,
                                  .captured = (uint32_t)cut,
                                  .length = (uint32_t)o.n,
                                  .link = LINK_RAW};
        struct syc_segment s;

        assert_int_equal(syc_decode(&frame, &s), SYC_DROP_NONE);
        assert_int_equal(s.options.n, cut - 40);
        assert_int_equal(s.options_cut, cut < o.n);
        assert_int_equal(s.has_ts, cut >= 52); /* the option ends with octet 12 of them */
        assert_int_equal(s.tcp_header_octets, 36);
    }
}

struct ts_case {
    uint8_t options[20];
    size_t n;
    bool has_ts;
};

static void
timestamps_are_found_wherever_they_stand(void **state)
{
    static const struct ts_case cases[] = {
        {{1, 1, 8, 10, 0xaa, 0xbb, 0xcc, 0xdd, 0x11, 0x22, 0x33, 0x44}, 12, true},
        {{8, 10, 0xaa, 0xbb, 0xcc, 0xdd, 0x11, 0x22, 0x33, 0x44, 1, 1}, 12, true},
        {{2, 4, 5, 0xb4, 4, 2, 8, 10, 0xaa, 0xbb, 0xcc, 0xdd, 0x11, 0x22, 0x33, 0x44, 1, 3, 3, 7},
         20,
         true},
        {{8, 9, 0xaa, 0xbb, 0xcc, 0xdd, 0x11, 0x22, 0x33, 1, 1, 1}, 12, false}, /* length 9 */
        {{1, 1, 1, 8, 10, 0xaa, 0xbb, 0xcc, 0xdd, 0x11, 0x22, 0x33},
         12,
         false}, /* one octet short */
        {{0, 0, 8, 10, 0xaa, 0xbb, 0xcc, 0xdd, 0x11, 0x22, 0x33, 0x44},
         12,
         false}, /* after the end */
        {{5, 1, 8, 10, 0xaa, 0xbb, 0xcc, 0xdd, 0x11, 0x22, 0x33, 0x44},
         12,
         false}, /* after a fault */
        {{5, 0, 8, 10, 0xaa, 0xbb, 0xcc, 0xdd, 0x11, 0x22, 0x33, 0x44}, 12, false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct octets o = {.n = 0};
        struct syc_segment s;

        add_with_options(&o, cases[i].options, cases[i].n);
        assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
        assert_int_equal(s.has_ts, cases[i].has_ts);
        assert_int_equal(s.ts_val, cases[i].has_ts ? 0xaabbccdd : 0);
        assert_int_equal(s.ts_ecr, cases[i].has_ts ? 0x11223344 : 0);
    }
}

static void
the_walk_gives_each_option_once(void **state)
{
    static const uint8_t octets[] = {2, 4, 5, 0xb4, 1, 3, 3, 7, 4, 2, 0, 0};
    static const uint8_t kinds[] = {2, 1, 3, 4, 0, 0};
    static const size_t sizes[] = {2, 0, 1, 0, 0, 0};
    struct syc_span rest = {octets, sizeof octets};
    struct syc_option option;
    size_t n = 0;

    while (syc_option_next(&rest, &option)) {
        assert_int_equal(option.kind, kinds[n]);
        assert_int_equal(option.data.n, sizes[n]);
        assert_false(option.malformed);
        n++;
    }
    assert_int_equal(n, 6);
    assert_false(syc_option_next(&rest, &option));
}

static void
malformed_options_end_the_walk(void **state)
{
    static const struct {
        uint8_t octets[6];
        size_t n;
        size_t data;
    } rows[] = {
        {{2}, 1, 0},          /* no length octet */
        {{2, 0, 9, 9}, 4, 2}, /* length 0: a naive walk never ends */
        {{2, 1, 9, 9}, 4, 2}, /* length 1 */
        {{2, 5, 9, 9}, 4, 2}, /* one past the end */
        {{2, 255, 9, 9, 9, 9}, 6, 4},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct syc_span rest = {rows[i].octets, rows[i].n};
        struct syc_option option;

        assert_true(syc_option_next(&rest, &option));
        assert_int_equal(option.kind, 2);
        assert_true(option.malformed);
        assert_int_equal(option.data.n, rows[i].data);
        assert_false(syc_option_next(&rest, &option));
    }
}

static void
forty_end_octets_are_forty_options(void **state)
{
    static const uint8_t zeros[40];
    struct syc_span rest = {zeros, sizeof zeros};
    struct syc_option option;
    int n = 0;

    while (syc_option_next(&rest, &option)) {
        assert_int_equal(option.kind, 0);
        n++;
    }
    assert_int_equal(n, 40);
}

int
test_tcp_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_all_the_octets_of_the_header_beyond_20),
        cmocka_unit_test(all_twelve_flag_bits_are_kept),
        cmocka_unit_test(data_offsets_below_5_are_bad),
        cmocka_unit_test(a_data_offset_past_the_packet_cuts_the_options),
        cmocka_unit_test(cut_options_are_told_and_what_is_there_is_given),
        cmocka_unit_test(timestamps_are_found_wherever_they_stand),
        cmocka_unit_test(the_walk_gives_each_option_once),
        cmocka_unit_test(malformed_options_end_the_walk),
        cmocka_unit_test(forty_end_octets_are_forty_options),
    };

    return cmocka_run_group_tests_name("capture/tcp", tests, NULL, NULL);
}
