#include "tests/unit/fingerprint/groups.h"

#include <string.h>

static bool
has(const struct syc_syn *syn, enum syc_quirk q)
{
    return (syn->quirks >> q & 1) != 0;
}

/* p0f's two blind spots are in `p0f` alone: what it does not notice is a quirk all the same. */
static void
quirks_carry_the_true_meaning(void **state)
{
    const struct build ack_1 = {.ack = 1};
    const struct build ack_set = {.ack = 1, .flags = SYC_SYN | SYC_ACK};
    const struct build last_octet = {.options = "020405b404020001"};
    const struct build zero_padding = {.options = "020405b404020000"};
    struct syc_syn syn;

    describe(&ack_1, &syn);
    assert_true(has(&syn, SYC_QUIRK_ACK_PLUS));
    assert_null(strstr(syn.p0f, "ack+"));
    describe(&ack_set, &syn);
    assert_false(has(&syn, SYC_QUIRK_ACK_PLUS));
    describe(&last_octet, &syn);
    assert_true(has(&syn, SYC_QUIRK_OPT_PLUS));
    assert_null(strstr(syn.p0f, "opt+"));
    describe(&zero_padding, &syn);
    assert_false(has(&syn, SYC_QUIRK_OPT_PLUS));
}

/* The words and their order are p0f's, then ours. */
static void
quirks_have_p0fs_words_in_its_order(void **state)
{
    static const char *const words[] = {"df",    "id+",    "id-",         "ecn",        "0+",
                                        "flow",  "seq-",   "ack+",        "ack-",       "uptr+",
                                        "urgf+", "pushf+", "ts1-",        "ts2+",       "opt+",
                                        "exws",  "bad",    "options_cut", "ts_stripped"};

    assert_int_equal(SYC_QUIRK_COUNT, sizeof words / sizeof *words);
    for (unsigned i = 0; i < SYC_QUIRK_COUNT; i++) {
        assert_string_equal(syc_quirk_name((enum syc_quirk)i), words[i]);
    }
    assert_string_equal(syc_window_unit_name(SYC_WINDOW_VALUE), "value");
    assert_string_equal(syc_window_unit_name(SYC_WINDOW_MSS), "mss");
    assert_string_equal(syc_window_unit_name(SYC_WINDOW_MTU), "mtu");
    assert_string_equal(syc_window_unit_name(SYC_WINDOW_FLOOR65535), "floor65535");
}

static void
numbers_of_a_linux_syn(void **state)
{
    const struct build from = {.ttl = 57, .tos = 0x02, .flags = 0x0c2};
    struct syc_syn syn;

    describe(&from, &syn);
    assert_int_equal(syn.kind, SYC_KIND_SYN);
    assert_int_equal(syn.ip_v, 4);
    assert_int_equal(syn.ttl, 57);
    assert_int_equal(syn.ttl_initial, 64);
    assert_int_equal(syn.distance, 7);
    assert_int_equal(syn.df, 1);
    assert_int_equal(syn.ip_ecn, 2);
    assert_int_equal(syn.ip_options_bytes, 0);
    assert_int_equal(syn.window, 64240);
    assert_int_equal(syn.tcp_flags, 0x0c2);
    assert_int_equal(syn.mss, 1460);
    assert_int_equal(syn.wscale, 7);
    assert_string_equal(syn.options, "mss,sok,ts,nop,ws");
}

static void
absent_options_are_minus_one(void **state)
{
    const struct build from = {.options = ""};
    struct syc_syn syn;

    describe(&from, &syn);
    assert_int_equal(syn.mss, -1);
    assert_int_equal(syn.wscale, -1);
    assert_int_equal(syn.option_count, 0);
    assert_string_equal(syn.options, "");
}

/* Expected lists: tcp.option_kind of tshark 4.0.17 on SYNs with these options. */
static void
kinds_are_listed_as_tshark_does(void **state)
{
    static const struct {
        const char *options;
        uint8_t count;
        uint8_t kinds[12];
    } rows[] = {
        {"020405b4010303040101080a1e52355b0000000004020000", 9, {2, 1, 3, 1, 1, 8, 4, 0, 0}},
        /* a length past the end: not listed, and the end */
        {"01010489020405b4", 2, {1, 1}},
        /* after an EOL only zeros are listed, up to the first other octet */
        {"02040218010303020101080a000000000000000004020001", 8, {2, 1, 3, 1, 1, 8, 4, 0}},
        {"020405330402080aaa3dc0e4000000000100010000000000", 5, {2, 4, 8, 1, 0}},
        {"00000a0302000000", 2, {0, 0}},
        /* a SACK of impossible length is listed and ends the list */
        {"03030a03020505b404020101", 3, {3, 3, 5}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct build from = {.options = rows[i].options};
        struct syc_syn syn;

        describe(&from, &syn);
        assert_int_equal(syn.option_count, rows[i].count);
        assert_memory_equal(syn.option_kinds, rows[i].kinds, rows[i].count);
    }
}

/*
 * Windows of Linux 6.18 on links of many MTUs, measured (reference/fingerprints 3); n = 65535 /
 * MSS.
 */
/*
 * SACK-permitted that claims 137 octets, then MSS 1460: tshark 4.0.17 stops and shows no MSS, p0f goes on at the option's
 * lawful length.
 */
static void
past_a_malformed_option_only_p0f_goes_on(void **state)
{
    const struct build from = {.options = "0489020405b40101"};
    struct syc_syn syn;

    describe(&from, &syn);
    assert_int_equal(syn.mss, -1);
    assert_non_null(strstr(syn.p0f, ":1460:"));
    assert_true(has(&syn, SYC_QUIRK_BAD));
}

static void
linux_windows_are_the_largest_multiple(void **state)
{
    static const struct {
        const char *options;
        uint16_t window;
        uint32_t n;
    } rows[] = {{"020405b4", 64240, 44}, {"020405a0", 64800, 45}, {"0204059c", 64620, 45},
                {"020405ac", 65340, 45}, {"02040582", 64860, 46}, {"02040578", 64400, 46},
                {"02040564", 64860, 47}, {"02040550", 65280, 48}, {"0204053c", 64320, 48},
                {"02040528", 64680, 49}, {"020404d8", 64480, 52}, {"02042300", 62720, 7}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct build from = {.options = rows[i].options, .window = rows[i].window};
        struct syc_syn syn;

        describe(&from, &syn);
        assert_int_equal(syn.window_unit, SYC_WINDOW_FLOOR65535);
        assert_int_equal(syn.window_n, rows[i].n);
    }
}

/*
 * 65160 = 45 * (1460 - 12): measured Linux SYN+ACKs with timestamps; 64260 = 45 * (1440 - 12) over
 * IPv6.
 */
static void
answers_with_timestamps_use_mss_less_12(void **state)
{
    const struct build v4 = {.flags = SYC_SYN | SYC_ACK, .ack = 1, .window = 65160};
    const struct build v6 = {.ip_v = 6,
                             .flags = SYC_SYN | SYC_ACK,
                             .ack = 1,
                             .window = 64260,
                             .options = "020405a00402080a000003e80000000001030307"};
    const struct build syn_v4 = {.window = 65160};
    struct syc_syn syn;

    describe(&v4, &syn);
    assert_int_equal(syn.window_unit, SYC_WINDOW_FLOOR65535);
    assert_int_equal(syn.window_n, 45);
    describe(&v6, &syn);
    assert_int_equal(syn.window_unit, SYC_WINDOW_FLOOR65535);
    assert_int_equal(syn.window_n, 45);
    describe(&syn_v4, &syn); /* in a SYN it is p0f's MSS - 12 and no law */
    assert_int_equal(syn.window_unit, SYC_WINDOW_MSS);
    assert_int_equal(syn.window_n, 45);
}

static void
other_windows_keep_p0fs_unit_or_their_value(void **state)
{
    static const struct {
        struct build from;
        uint8_t unit;
        uint32_t n;
    } rows[] = {
        {{.window = 7300}, SYC_WINDOW_MSS, 5},        /* 5 * 1460 */
        {{.window = 4500}, SYC_WINDOW_MTU, 3},        /* 3 * 1500 */
        {{.window = 65535}, SYC_WINDOW_VALUE, 65535}, /* 44.9 * 1460 */
        {{.window_0 = true}, SYC_WINDOW_VALUE, 0},
        /* one segment of a loopback: floor(65535 / 65495) = 1 says no more than "mss" */
        {{.window = 65495, .options = "0204ffd7"}, SYC_WINDOW_MSS, 1},
        /*
         * 64240 fits MSS 1460 only: floor(65535 / 1400) * 1400 = 64400; p0f's third divisor is
         * 1460
         */
        {{.window = 64240, .options = "02040578"}, SYC_WINDOW_MSS, 44},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct syc_syn syn;

        describe(&rows[i].from, &syn);
        assert_int_equal(syn.window_unit, rows[i].unit);
        assert_int_equal(syn.window_n, rows[i].n);
    }
}

/* A short snap length leaves facts, and none of the names: they would be those of another stack. */
static void
cut_options_leave_facts_and_no_names(void **state)
{
    const struct build from = {.window = 65535};
    struct built built;
    struct syc_syn syn;

    built_init(&built, &from);
    built.segment.options.n = 14; /* of 20: the timestamp option is cut */
    built.segment.options_cut = true;
    syc_syn_describe(&built.segment, 0, &syn);
    assert_true(has(&syn, SYC_QUIRK_OPTIONS_CUT));
    assert_false(has(&syn, SYC_QUIRK_BAD));
    assert_int_equal(syn.mss, 1460);
    assert_int_equal(syn.wscale, -1);
    assert_int_equal(syn.window, 65535);
    assert_string_equal(syn.options, "mss,sok,ts");
    assert_string_equal(syn.p0f, "");
    assert_string_equal(syn.tcpfp, "");
    assert_string_equal(syn.muonfp, "");
}

/* What is wrong in the captured part stays wrong. */
static void
cut_options_can_still_be_bad(void **state)
{
    const struct build from = {.options = "020405b4fd010402"};
    struct built built;
    struct syc_syn syn;

    built_init(&built, &from);
    built.segment.options_cut = true;
    syc_syn_describe(&built.segment, 0, &syn);
    assert_true(has(&syn, SYC_QUIRK_BAD));
}

static void
own_numbers_are_absent_where_the_packet_has_none(void **state)
{
    const struct build v4 = {.payload = 9};
    const struct build v6 = {.ip_v = 6, .flow = 0xabcde};
    struct built built;
    struct syc_syn_own own;

    built_init(&built, &v4);
    built.segment.ip_id = 54321;
    built.segment.has_ts = true;
    built.segment.ts_val = 4294967295u;
    syc_syn_own(&built.segment, &own);
    assert_int_equal(own.ip_id, 54321);
    assert_true(own.flow_label == SYC_NONE);
    assert_true(own.ts_val == INT64_C(4294967295));
    assert_int_equal(own.ts_ecr, 0);
    assert_int_equal(own.payload_bytes, 9);

    built_init(&built, &v6);
    syc_syn_own(&built.segment, &own);
    assert_true(own.ip_id == SYC_NONE);
    assert_int_equal(own.flow_label, 0xabcde);
    assert_true(own.ts_val == SYC_NONE);
    assert_true(own.ts_ecr == SYC_NONE);
}

int
test_syn_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quirks_carry_the_true_meaning),
        cmocka_unit_test(quirks_have_p0fs_words_in_its_order),
        cmocka_unit_test(numbers_of_a_linux_syn),
        cmocka_unit_test(absent_options_are_minus_one),
        cmocka_unit_test(kinds_are_listed_as_tshark_does),
        cmocka_unit_test(past_a_malformed_option_only_p0f_goes_on),
        cmocka_unit_test(linux_windows_are_the_largest_multiple),
        cmocka_unit_test(answers_with_timestamps_use_mss_less_12),
        cmocka_unit_test(other_windows_keep_p0fs_unit_or_their_value),
        cmocka_unit_test(cut_options_leave_facts_and_no_names),
        cmocka_unit_test(cut_options_can_still_be_bad),
        cmocka_unit_test(own_numbers_are_absent_where_the_packet_has_none),
    };

    return cmocka_run_group_tests_name("syn facts", tests, NULL, NULL);
}
