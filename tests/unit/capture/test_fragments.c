#include "tests/unit/capture/groups.h"

#include <string.h>

/*
 * A datagram of 20 octets of TCP and 980 of payload, in pieces of any multiple of 8: only the first is decoded from
 * octets, the others from an IPv4 header alone (they have no other).
 */
enum { HEADER = 20, TOTAL = 1000, PAYLOAD = TOTAL - HEADER };

/* A fragment of `n` octets at `at`, sent at a second, with TCP in it if it is the first. */
static enum syc_drop
piece(unsigned at, unsigned n, bool more, unsigned id, int second, struct syc_segment *out)
{
    static const uint8_t zeros[TOTAL];
    struct octets o = {.n = 0};
    struct syc_frame frame = {.data = o.p, .link = LINK_RAW, .number = (uint64_t)second};
    enum syc_drop drop;

    add_ip4(&o, 6, n);
    o.p[4] = (uint8_t)(id >> 8), o.p[5] = (uint8_t)id;
    o.p[6] = (uint8_t)((more ? 0x20u : 0) | at >> 11), o.p[7] = (uint8_t)(at >> 3);
    if (at == 0) {
        add_tcp_data(&o);
    }
    octets_add(&o, zeros, n - (at == 0 ? TCP_DATA_OCTETS : 0));
    frame.captured = frame.length = (uint32_t)o.n;
    frame.time_ns = second * INT64_C(1000000000);
    drop = syc_decode(&frame, out);
    out->options.p = out->payload.p = NULL; /* o is gone */
    out->payload.n = 0;
    return drop;
}

static void
begin(struct syc_fragments *f, unsigned n, unsigned id, int second)
{
    struct syc_segment s, out;

    assert_int_equal(piece(0, n, true, id, second, &s), SYC_DROP_NONE);
    assert_true(s.ip_mf);
    s.options.p = (const uint8_t *)"";
    assert_false(syc_fragments_begin(f, &s, &out));
}

static bool
add(struct syc_fragments *f, unsigned at, unsigned n, bool more, unsigned id, int second,
    struct syc_segment *out)
{
    struct syc_segment s;

    assert_int_equal(piece(at, n, more, id, second, &s), SYC_DROP_IP_FRAGMENT);
    return syc_fragments_add(f, &s, out);
}

static void
a_fragment_says_where_it_belongs(void **state)
{
    /* RFC 8200 4.5: next, reserved, offset 29 and "more", identification; behind it 24 octets. */
    static const uint8_t header[] = {6, 0, 0x00, 0xe9, 1, 2, 3, 4};
    struct octets o = {.n = 0};
    struct syc_segment s;

    assert_int_equal(piece(232, 400, true, 0x1234, 1, &s), SYC_DROP_IP_FRAGMENT);
    assert_int_equal(s.fragment_id, 0x1234);
    assert_int_equal(s.fragment_at, 232);
    assert_int_equal(s.fragment_octets, 400);
    assert_true(s.ip_mf);
    add_ip6(&o, 44, 8 + TCP_DATA_OCTETS);
    octets_add(&o, header, sizeof header);
    add_tcp_data(&o);
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_IP_FRAGMENT);
    assert_int_equal(s.fragment_id, 0x01020304);
    assert_int_equal(s.fragment_at, 232);
    assert_int_equal(s.fragment_octets, 24);
    assert_true(s.ip_mf);
    o.p[42] = 0, o.p[43] = 1; /* the first one, which is used */
    assert_int_equal(decode(&o, LINK_RAW, &s), SYC_DROP_NONE);
    assert_is_data(&s);
    assert_true(s.ip_mf);
    assert_int_equal(s.fragment_at, 0);
    assert_int_equal(s.fragment_octets, 24);
}

static void
the_last_fragment_tells_the_length(void **state)
{
    struct syc_fragments f = {.count = 0};
    struct syc_segment out;

    begin(&f, 400, 7, 1);
    assert_false(add(&f, 400, 400, true, 7, 2, &out));
    assert_true(add(&f, 800, 200, false, 7, 3, &out));
    assert_int_equal(out.payload_octets, PAYLOAD);
    assert_int_equal(out.ip_octets, 20 + TOTAL);
    assert_int_equal(out.src_port, 49153);
    assert_int_equal(out.seq, 0x01020304);
    assert_int_equal(out.number, 3);
    assert_int_equal(out.time_ns, INT64_C(3000000000));
    assert_int_equal(out.payload.n, 0);
    assert_true(out.payload_cut);
    assert_int_equal(f.count, 0);
}

/* All orders of five pieces after the first give the same segment, and only with the last of them. */
static void
order_does_not_matter(void **state)
{
    for (unsigned order = 0; order < 120; order++) {
        struct syc_fragments f = {.count = 0};
        struct syc_segment out;
        unsigned left[] = {1, 2, 3, 4, 5}, rest = order;

        begin(&f, 200, 7, 1);
        for (unsigned i = 5; i > 0; i--) {
            unsigned pick = rest % i, at = left[pick] * 160 + 40;

            rest /= i;
            left[pick] = left[i - 1];
            assert_int_equal(add(&f, at, 160, at != 840, 7, 2, &out), i == 1);
        }
        assert_int_equal(out.payload_octets, PAYLOAD);
    }
}

static void
fragments_that_overlap_are_counted_once(void **state)
{
    struct syc_fragments f = {.count = 0};
    struct syc_segment out;

    begin(&f, 400, 7, 1);
    assert_false(add(&f, 200, 400, true, 7, 2, &out));
    assert_false(add(&f, 800, 200, false, 7, 3, &out));
    assert_false(add(&f, 800, 200, false, 7, 3, &out)); /* twice */
    assert_true(add(&f, 400, 480, true, 7, 4, &out));
    assert_int_equal(out.payload_octets, PAYLOAD);
}

static void
datagrams_are_told_apart(void **state)
{
    struct syc_fragments f = {.count = 0};
    struct syc_segment s, out;

    begin(&f, 400, 7, 1);
    begin(&f, 400, 8, 1);
    assert_false(add(&f, 400, 600, false, 9, 2, &out));
    assert_int_equal(piece(400, 600, false, 8, 2, &s), SYC_DROP_IP_FRAGMENT);
    s.src[15] ^= 1;
    assert_false(syc_fragments_add(&f, &s, &out));
    s.src[15] ^= 1;
    s.path.vlan_count = 1;
    assert_false(syc_fragments_add(&f, &s, &out));
    s.path.vlan_count = 0;
    assert_true(syc_fragments_add(&f, &s, &out));
    assert_int_equal(out.payload_octets, PAYLOAD);
    assert_int_equal(f.count, 1);
    assert_true(add(&f, 400, 600, false, 7, 3, &out));
}

static void
what_is_given_up_has_its_header_and_no_payload(void **state)
{
    struct syc_fragments f = {.count = 0};
    struct syc_segment s, out;

    assert_int_equal(piece(0, 400, true, 7, 1, &s), SYC_DROP_NONE);
    s.flags |= SYC_FIN;
    s.options = (struct syc_span){(const uint8_t *)"\1\1\1\0", 4};
    assert_false(syc_fragments_begin(&f, &s, &out));
    assert_true(syc_fragments_release(&f, NULL, &out));
    assert_int_equal(out.payload_octets, 0);
    assert_int_equal(out.flags, SYC_PSH | SYC_ACK); /* where a FIN stands is not known */
    assert_int_equal(out.options.n, 4);
    assert_memory_equal(out.options.p, "\1\1\1", 4);
    assert_int_equal(out.time_ns, INT64_C(1000000000)); /* its own */
    assert_false(syc_fragments_release(&f, NULL, &out));
}

static void
what_comes_next_of_the_same_ends_releases(void **state)
{
    struct syc_fragments f = {.count = 0};
    struct syc_segment next, out;

    begin(&f, 400, 7, 1);
    assert_int_equal(piece(0, 400, true, 8, 2, &next), SYC_DROP_NONE);
    next.src_port++;
    assert_false(syc_fragments_release(&f, &next, &out)); /* another connection */
    next.src_port--;
    assert_true(syc_fragments_release(&f, &next, &out));
    assert_int_equal(out.fragment_id, 7);
    begin(&f, 400, 7, 1);
    assert_int_equal(piece(0, 400, true, 7, 2, &next), SYC_DROP_NONE);
    assert_false(syc_fragments_release(&f, &next, &out)); /* a copy of the same fragment */
    assert_false(syc_fragments_begin(&f, &next, &out));
    assert_int_equal(f.count, 1);
    next.src_port = 1;
    next.time_ns = INT64_C(31000000000);
    assert_false(syc_fragments_release(&f, &next, &out)); /* 30 s */
    next.time_ns++;
    assert_true(syc_fragments_release(&f, &next, &out));
}

static void
the_oldest_gives_way(void **state)
{
    struct syc_fragments f = {.count = 0};
    struct syc_segment s, out;

    for (unsigned i = 0; i < SYC_FRAGMENTS_MAX; i++) {
        begin(&f, 400, 100 + i, 1);
    }
    assert_int_equal(piece(0, 400, true, 99, 1, &s), SYC_DROP_NONE);
    s.options.p = (const uint8_t *)"";
    assert_true(syc_fragments_begin(&f, &s, &out));
    assert_int_equal(out.fragment_id, 100);
    assert_int_equal(f.count, SYC_FRAGMENTS_MAX);
    assert_true(add(&f, 400, 600, false, 99, 2, &out));
    assert_true(add(&f, 400, 600, false, 101, 2, &out));
}

static void
too_many_pieces_are_never_whole(void **state)
{
    struct syc_fragments f = {.count = 0};
    struct syc_segment out;

    /* Every second piece of 8 octets: 1 + 7 ranges are kept, the next is not. */
    begin(&f, 40, 7, 1);
    for (unsigned i = 0; i < 8; i++) {
        assert_false(add(&f, 56 + 16 * i, 8, true, 7, 2, &out));
    }
    assert_int_equal(f.held[0].range_count, SYC_FRAGMENTS_RANGES);
    assert_false(add(&f, 176, 24, false, 7, 3, &out));
    assert_int_equal(f.count, 1);
}

static void
a_last_fragment_inside_the_first_is_none(void **state)
{
    struct syc_fragments f = {.count = 0};
    struct syc_segment out;

    begin(&f, 400, 7, 1);
    assert_false(add(&f, 80, 80, false, 7, 2, &out)); /* it would end at 160 */
    assert_true(syc_fragments_release(&f, NULL, &out));
}

int
test_fragments_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fragment_says_where_it_belongs),
        cmocka_unit_test(the_last_fragment_tells_the_length),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(fragments_that_overlap_are_counted_once),
        cmocka_unit_test(datagrams_are_told_apart),
        cmocka_unit_test(what_is_given_up_has_its_header_and_no_payload),
        cmocka_unit_test(what_comes_next_of_the_same_ends_releases),
        cmocka_unit_test(the_oldest_gives_way),
        cmocka_unit_test(too_many_pieces_are_never_whole),
        cmocka_unit_test(a_last_fragment_inside_the_first_is_none),
    };

    return cmocka_run_group_tests_name("capture/fragments", tests, NULL, NULL);
}
