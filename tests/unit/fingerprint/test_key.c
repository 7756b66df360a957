#include "tests/unit/fingerprint/groups.h"

#include <string.h>

static void
key_of(const struct build *from, uint8_t key[SYC_SYN_KEY])
{
    struct built built;

    built_init(&built, from);
    syc_syn_key(&built.segment, from->peer_mss, key);
}

static bool
same_key(const struct build *a, const struct build *b)
{
    uint8_t key_a[SYC_SYN_KEY];
    uint8_t key_b[SYC_SYN_KEY];

    key_of(a, key_a);
    key_of(b, key_b);
    return memcmp(key_a, key_b, SYC_SYN_KEY) == 0;
}

/* Two options texts that differ only in what is each connection's own. */
static void
values_of_one_connection_do_not_count(void **state)
{
    static const char *const pairs[][2] = {
        /* timestamp values */
        {LINUX_OPTIONS, "020405b40402080affffffff0000000001030307"},
        /* Fast Open cookie */
        {"020405b4220a01020304050607080101", "020405b4220aff020304050607ff0101"},
        /* token and nonce of an MPTCP join (subtype 1): its first octet stays */
        {"020405b41e0c10010102030401020304", "020405b41e0c100199020304010299ff"},
        /* MD5 digest */
        {"13120102030405060708090a0b0c0d0e0f100101", "1312ff02030405060708090a0b0c0d0e0fff0101"},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const struct build a = {.options = pairs[i][0]};
        const struct build b = {.options = pairs[i][1]};

        assert_true(same_key(&a, &b));
    }
}

static void
every_fact_counts(void **state)
{
    static const struct build plain = {.ip_v = 4};
    static const struct build others[] = {
        {.ip_v = 6},
        {.ttl = 63},
        {.flags = 0x0c2},
        {.window = 64241},
        {.seq_0 = true},
        {.no_df = true},
        {.id_0 = true},
        {.reserved = true},
        {.tos = 1},
        {.ack = 1},
        {.urgent = 1},
        {.payload = 1},
        {.ip_options = 4},
        {.peer_mss = 1},
        {.options = ""},
        {.options = "020405b50402080a000003e80000000001030307"},
        {.flow = 1},
        {.options = "020405b40402080a000003e80000000001030308"},
        {.options = "020405b40402080a000000000000000001030307"}, /* own timestamp 0 */
        {.options = "020405b40402080a000003e80000000101030307"}, /* an echo in a SYN */
    };

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(same_key(&plain, &others[i]));
    }
}

/*
 * Past the first option that readers step over differently a value octet of one is a kind of
 * another.
 */
static void
nothing_is_blanked_after_a_malformed_option(void **state)
{
    const struct build a = {.options = "020305b4080a000003e8000000000101"};
    const struct build b = {.options = "020305b4080a000003e9000000000101"};

    assert_false(same_key(&a, &b));

    /*
     * An MSS of 3 octets and a timestamp for TCPFP; for p0f 02030508 is the MSS, 0a02 an option,
     * then a kind.
     */
    const struct build c = {.options = "020305080a02010000000000"
                                       "00010101"};
    const struct build d = {.options = "020305080a02fd0200000000"
                                       "00010101"};

    assert_false(same_key(&c, &d));
}

static uint32_t
next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Options out of pieces that are likely to mean something, now and then with an octet changed. */
static void
random_segment(struct built *out, uint32_t *r)
{
    static const struct {
        uint8_t n;
        uint8_t octets[12];
    } pieces[] = {
        {1, {0}},
        {1, {1}},
        {4, {2, 4, 5, 180}},
        {3, {3, 3, 7}},
        {2, {4, 2}},
        {10, {8, 10, 1}},
        {10, {8, 10, 0}},
        {2, {34, 2}},
        {4, {30, 4, 0, 1}},
        {12, {30, 12, 16}},
        {10, {5, 10}},
        {4, {254, 4, 249, 137}},
        {6, {34, 6, 1, 2}},
        {6, {253, 6, 1, 2}},
        {3, {30, 3, 0}},
        {2, {8, 2}},
    };
    const struct build from = {.ip_v = (next_random(r) & 1) != 0 ? 4 : 6,
                               .options = "",
                               .flags = (next_random(r) & 1) != 0 ? 0x002 : 0x012};
    struct syc_segment *s = &out->segment;

    built_init(out, &from);
    while (next_random(r) % 8 != 0) {
        size_t pick = next_random(r) % (sizeof pieces / sizeof *pieces);

        if (s->options.n + pieces[pick].n > 40) {
            break;
        }
        memcpy(out->octets + s->options.n, pieces[pick].octets, pieces[pick].n);
        s->options.n += pieces[pick].n;
    }
    s->tcp_header_octets = (uint8_t)(20 + s->options.n);
    if (s->options.n != 0 && next_random(r) % 4 == 0) {
        out->octets[next_random(r) % s->options.n] = (uint8_t)next_random(r);
    }
}

/*
 * A key is taken for that of b exactly where it is, unless it is odd. Returns whether it was.
 */
static unsigned
assert_known_again(const struct syc_segment *b, uint32_t peer_mss, size_t clock,
                   const uint8_t key_a[SYC_SYN_KEY], const uint8_t key_b[SYC_SYN_KEY])
{
    uint64_t head[2];
    bool known;

    if (clock == SYC_SYN_KEY_ODD) {
        return 0;
    }
    syc_syn_key_head(b, peer_mss, head);
    known = syc_syn_key_is(b, head, key_a, clock);
    assert_int_equal(known, memcmp(key_b, key_a, SYC_SYN_KEY) == 0);
    return known;
}

/*
 * The promise of the key, on 200,000 pairs that differ in one option octet or one number: where
 * the keys are equal, so are the descriptions. The pairs with equal keys are counted, so that the
 * test cannot be empty.
 */
static void
equal_keys_give_equal_descriptions(void **state)
{
    uint32_t r = 1;
    unsigned equal = 0, known = 0;

    for (unsigned i = 0; i < 200000; i++) {
        struct built a;
        struct built b;
        uint8_t key_a[SYC_SYN_KEY];
        uint8_t key_b[SYC_SYN_KEY];
        struct syc_syn syn_a;
        struct syc_syn syn_b;
        const uint32_t peer_mss = next_random(&r) % 3 * 700;
        size_t clock;

        random_segment(&a, &r);
        b = a;
        b.segment.options.p = b.octets;
        b.segment.seq = next_random(&r);
        b.segment.ack = (b.segment.flags & SYC_ACK) != 0 ? next_random(&r) | 1 : 0;
        b.segment.ip_id = (uint16_t)next_random(&r);
        b.segment.src_port = (uint16_t)next_random(&r);
        if (b.segment.options.n != 0) {
            b.octets[next_random(&r) % b.segment.options.n] ^= (uint8_t)(1u << next_random(&r) % 8);
        }
        clock = syc_syn_key(&a.segment, peer_mss, key_a);
        syc_syn_key(&b.segment, peer_mss, key_b);
        if (memcmp(key_a, key_b, SYC_SYN_KEY) == 0) {
            syc_syn_describe(&a.segment, peer_mss, &syn_a);
            syc_syn_describe(&b.segment, peer_mss, &syn_b);
            assert_memory_equal(&syn_a, &syn_b, sizeof syn_a);
            equal++;
        }
        known += assert_known_again(&b.segment, peer_mss, clock, key_a, key_b);
    }
    assert_true(equal > 1000);
    assert_true(known > 1000);
}

int
test_key_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_one_connection_do_not_count),
        cmocka_unit_test(every_fact_counts),
        cmocka_unit_test(nothing_is_blanked_after_a_malformed_option),
        cmocka_unit_test(equal_keys_give_equal_descriptions),
    };

    return cmocka_run_group_tests_name("syn key", tests, NULL, NULL);
}
