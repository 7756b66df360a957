#include "tests/unit/capture/groups.h"

#include <stdlib.h>
#include <string.h>

/*
 * Hostile frames. Each is decoded at the very end of a block of its own size, so that a sanitizer sees every octet read
 * past it; without one the spans are still checked.
 */
static enum syc_drop
decode_exact(const uint8_t *p, size_t n, size_t length, uint16_t link, struct syc_segment *out)
{
    uint8_t *block = malloc(n > 0 ? n : 1);
    struct syc_frame frame = {.data = block,
                              .captured = (uint32_t)n,
                              .length = (uint32_t)length,
                              .link = link};
    enum syc_drop drop;

    assert_non_null(block);
    memcpy(block, p, n);
    drop = syc_decode(&frame, out);
    assert_in_range(drop, 0, SYC_DROP_COUNT - 1);
    if (out->options.n > 0) {
        assert_true(out->options.p >= block && out->options.p + out->options.n <= block + n);
    }
    if (out->payload.n > 0) {
        assert_true(out->payload.p >= block && out->payload.p + out->payload.n <= block + n);
    }
    assert_true(out->options.n <= 40 && out->payload.n <= out->payload_octets);
    out->options.p = out->payload.p = NULL;
    free(block);
    return drop;
}

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

        assert_int_equal(decode_exact(o.p, n, o.n, LINK_ETHERNET, &s), expected);
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

static void
damaged_frames_never_lead_outside(void **state)
{
    static const uint16_t links[] = {0, 1, 12, 14, 101, 108, 113, 228, 229, 276};
    uint32_t seed = 1;

    for (int round = 0; round < 60000; round++) {
        struct octets o = {.n = 0};
        struct syc_segment s;
        size_t n;

        add_deep_frame(&o);
        for (uint32_t i = next_random(&seed) % 6; i > 0; i--) {
            o.p[next_random(&seed) % o.n] = (uint8_t)next_random(&seed);
        }
        n = next_random(&seed) % (o.n + 1);
        decode_exact(o.p, n, next_random(&seed) % 3 == 0 ? 0 : o.n, links[round % 10], &s);
    }
}

/*
 * Ethernet frames of the plain kind take a short way through the decoder; in the cooked header of Linux the same packet
 * takes the long one. Both must say the same of everything.
 */
static void
the_short_way_and_the_long_way_agree(void **state)
{
    static const uint8_t options[] = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2};
    static const uint8_t cooked[16] = {0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0x00};
    uint32_t seed = 7;
    int good = 0;

    for (int round = 0; round < 40000; round++) {
        struct octets ip = {.n = 0}, ether = {.n = 0}, sll = {.n = 0};
        struct syc_segment a, b;
        enum syc_drop drop;
        size_t cut, sent;

        add_ip4(&ip, 6, 20 + 12 + 4);
        add_tcp_data(&ip);
        ip.n -= 4;
        ip.p[32] = 0x80;
        octets_add(&ip, options, sizeof options);
        octets_add(&ip, "data  ", 6);
        for (uint32_t i = next_random(&seed) % 4; i > 0; i--) {
            ip.p[next_random(&seed) % 36] = (uint8_t)next_random(&seed);
        }
        cut = next_random(&seed) % 2 == 0 ? 0 : next_random(&seed) % ip.n;
        sent = ip.n;
        add_ethernet(&ether, 0x0800);
        octets_add(&ether, ip.p, ip.n - cut);
        octets_add(&sll, cooked, sizeof cooked);
        octets_add(&sll, ip.p, ip.n - cut);
        if (next_random(&seed) % 4 ==
            0) { /* a file that says less of the wire than it holds, or far more */
            sent = next_random(&seed) % 2 == 0 ? 0 : 70000;
        }
        drop = decode_exact(ether.p, ether.n, sent == 0 ? 0 : sent + 14, LINK_ETHERNET, &a);
        assert_int_equal(decode_exact(sll.p, sll.n, sent == 0 ? 0 : sent + 16, LINK_SLL, &b), drop);
        assert_memory_equal(&a, &b, sizeof a);
        good += drop == SYC_DROP_NONE;
    }
    assert_true(good > 10000);
}

int
test_bounds_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_cut_at_every_octet_have_the_right_reason),
        cmocka_unit_test(damaged_frames_never_lead_outside),
        cmocka_unit_test(the_short_way_and_the_long_way_agree),
    };

    return cmocka_run_group_tests_name("capture/bounds", tests, NULL, NULL);
}
