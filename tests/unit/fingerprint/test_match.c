#include "tests/unit/fingerprint/groups.h"

#include <stdio.h>
#include <string.h>

/*
 * p0f's order of preference, one rule a test (reference/fingerprints 2.1.6). The whole order was
 * also compared with p0f 3.09b and its own signature file on 16,165 SYNs and SYN+ACKs: label,
 * quality and distance agree in all.
 */

#define HEAD "classes = win,unix\n[tcp:request]\n"
#define L_S  "label = s:unix:Linux:specific\n"
#define L_G  "label = g:unix:Linux:generic\n"
#define L_T  "label = s:!:tool:\nsys = @unix\n"

#define LAYOUT "mss,sok,ts,nop,ws"

/*
 * Matches a description against a text; the flavor (or the name, without one) stays readable in
 * out->...
 */
static void
match(const char *text, bool native, const struct build *from, struct syc_match *out,
      char label[64])
{
    struct syc_signatures *set = syc_signatures_new();
    struct syc_error err = {SYC_OK, 0, 0, "", ""};
    struct syc_syn syn;

    assert_non_null(set);
    if (syc_signatures_parse(set, "test.fp", text, strlen(text), native, &err) != SYC_OK) {
        fail_msg("%u:%u %s", err.line, err.column, err.text);
    }
    describe(from, &syn);
    syc_signatures_match(set, &syn, out);
    snprintf(label, 64, "%s", out->label != NULL ? out->label : "");
    syc_signatures_free(set);
    out->label = out->os = out->flavor = out->os_family = out->db = NULL;
    out->date = out->source = NULL;
}

static const struct build linux_syn = {.ip_v = 4};

static void
expect(const char *text, bool native, const struct build *from, enum syc_quality quality,
       const char *label)
{
    struct syc_match out;
    char got[64];

    match(text, native, from, &out, got);
    assert_string_equal(got, label);
    assert_int_equal(out.quality, quality);
}

#define SPECIFIC "s:unix:Linux:specific"
#define GENERIC  "g:unix:Linux:generic"

static void
specific_beats_generic_wherever_it_stands(void **state)
{
    expect(HEAD L_G "sig = *:64:0:*:*,*:" LAYOUT ":df,id+:0\n" L_S "sig = *:64:0:*:mss*44,7:" LAYOUT
                    ":df,id+:0\n",
           false, &linux_syn, SYC_MATCH_EXACT, SPECIFIC);
    expect(HEAD L_S "sig = *:64:0:*:mss*44,7:" LAYOUT ":df,id+:0\n" L_G "sig = *:64:0:*:*,*:" LAYOUT
                    ":df,id+:0\n",
           false, &linux_syn, SYC_MATCH_EXACT, SPECIFIC);
}

static void
generic_beats_fuzzy_wherever_it_stands(void **state)
{
    /* fuzzy: df and id+ are asked for and missing */
    const struct build from = {.no_df = true};
    const char *before = HEAD L_S "sig = *:64:0:*:mss*44,7:" LAYOUT ":df,id+:0\n" L_G
                                  "sig = *:64:0:*:*,*:" LAYOUT "::0\n";
    const char *after = HEAD L_G "sig = *:64:0:*:*,*:" LAYOUT "::0\n" L_S
                                 "sig = *:64:0:*:mss*44,7:" LAYOUT ":df,id+:0\n";

    expect(before, false, &from, SYC_MATCH_GENERIC, GENERIC);
    expect(after, false, &from, SYC_MATCH_GENERIC, GENERIC);
}

static void
the_first_of_several_that_fit_wins(void **state)
{
    expect(HEAD "label = s:unix:Linux:1\nsig = *:64:0:*:*,*:" LAYOUT ":df,id+:0\n"
                "label = s:unix:Linux:2\nsig = *:64:0:*:mss*44,7:" LAYOUT ":df,id+:0\n",
           false, &linux_syn, SYC_MATCH_EXACT, "s:unix:Linux:1");
    expect(HEAD "label = g:unix:Linux:1\nsig = *:64:0:*:*,*:" LAYOUT ":df,id+:0\n"
                "label = g:unix:Linux:2\nsig = *:64:0:*:mss*44,7:" LAYOUT ":df,id+:0\n",
           false, &linux_syn, SYC_MATCH_GENERIC, "g:unix:Linux:1");
}

static void
only_four_quirks_may_differ(void **state)
{
    static const struct {
        const char *quirks;
        struct build from;
        enum syc_quality quality;
    } rows[] = {
        {"df,id+", {.ip_v = 4}, SYC_MATCH_EXACT},
        {"df,id+", {.id_0 = true}, SYC_MATCH_FUZZY},                /* id+ went */
        {"df,id+", {.no_df = true}, SYC_MATCH_FUZZY},               /* both went */
        {"df,id+", {.no_df = true, .id_0 = true}, SYC_MATCH_FUZZY}, /* and id- came */
        {"df,id+", {.tos = 2}, SYC_MATCH_FUZZY},                    /* ecn came */
        {"df,id+", {.seq_0 = true}, SYC_MATCH_NONE},                /* seq- came */
        {"df,id+,seq-", {.ip_v = 4}, SYC_MATCH_NONE},               /* seq- went */
        {"df", {.ip_v = 4}, SYC_MATCH_NONE},                        /* id+ came */
        {"df,id+,ecn", {.ip_v = 4}, SYC_MATCH_NONE},                /* ecn went */
        {"id-", {.id_0 = true}, SYC_MATCH_NONE},                    /* df came, id- went */
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[256];

        snprintf(text, sizeof text, HEAD L_S "sig = *:64:0:*:*,*:" LAYOUT ":%s:0\n",
                 rows[i].quirks);
        expect(text, false, &rows[i].from, rows[i].quality,
               rows[i].quality != SYC_MATCH_NONE ? SPECIFIC : "");
    }
}

static void
ttls_out_of_range_are_fuzzy_and_random_ones_are_not(void **state)
{
    static const struct {
        const char *ttl;
        uint8_t seen;
        enum syc_quality quality;
        uint8_t distance;
    } rows[] = {
        {"64", 64, SYC_MATCH_EXACT, 0},   {"64", 29, SYC_MATCH_EXACT, 35},
        {"64", 28, SYC_MATCH_FUZZY, 4},  /* 36 hops: the guess, 32 - 28 */
        {"64", 65, SYC_MATCH_FUZZY, 63}, /* above: the guess, 128 - 65 */
        {"60+4", 60, SYC_MATCH_EXACT, 4}, {"64-", 10, SYC_MATCH_EXACT, 54},
        {"64-", 65, SYC_MATCH_NONE, 63},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct build from = {.ttl = rows[i].seen};
        struct syc_match out;
        char text[256];
        char label[64];

        snprintf(text, sizeof text, HEAD L_S "sig = *:%s:0:*:*,*:" LAYOUT ":df,id+:0\n",
                 rows[i].ttl);
        match(text, false, &from, &out, label);
        assert_int_equal(out.quality, rows[i].quality);
        assert_int_equal(out.distance, rows[i].distance);
    }
}

/*
 * Windows as observed: 64240 with MSS 1460 is mss*44, 4500 with MSS 1360 is mtu*3 (p0f's divisor
 * 1500).
 */
static void
windows_match_by_value_multiple_and_unit(void **state)
{
    static const struct {
        const char *window;
        struct build from;
        bool fits;
    } rows[] = {
        {"*", {.ip_v = 4}, true},
        {"64240", {.ip_v = 4}, true},
        {"64241", {.ip_v = 4}, false},
        {"mss*44", {.ip_v = 4}, true},
        {"mss*45", {.ip_v = 4}, false},
        {"mtu*44", {.ip_v = 4}, false},
        {"%1460", {.ip_v = 4}, true},
        {"%10", {.ip_v = 4}, true},
        {"%7", {.ip_v = 4}, false}, /* 64240 = 7 * 9177 + 1 */
        {"mtu*3",
         {.window = 4500,
          .options = "020405500402080a0000000100000000"
                     "01030307"},
         true},
        {"mss*3",
         {.window = 4500,
          .options = "020405500402080a0000000100000000"
                     "01030307"},
         false},
        {"%8192", {.window_0 = true}, true}, /* 0 is a multiple of anything */
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[256];

        snprintf(text, sizeof text, HEAD L_S "sig = *:64:0:*:%s,*:" LAYOUT ":df,id+:0\n",
                 rows[i].window);
        expect(text, false, &rows[i].from, rows[i].fits ? SYC_MATCH_EXACT : SYC_MATCH_NONE,
               rows[i].fits ? SPECIFIC : "");
    }
}

static void
mss_scale_payload_olen_and_padding_must_be_equal(void **state)
{
    static const struct {
        const char *sig;
        struct build from;
        bool fits;
    } rows[] = {
        {"*:64:0:1460:*,7:" LAYOUT ":df,id+:0", {.ip_v = 4}, true},
        {"*:64:0:1461:*,7:" LAYOUT ":df,id+:0", {.ip_v = 4}, false},
        {"*:64:0:1460:*,8:" LAYOUT ":df,id+:0", {.ip_v = 4}, false},
        {"*:64:4:*:*,*:" LAYOUT ":df,id+:0", {.ip_v = 4}, false},
        {"*:64:4:*:*,*:" LAYOUT ":df,id+:0", {.ip_options = 4}, true},
        {"*:64:0:*:*,*:" LAYOUT ":df,id+:+", {.ip_v = 4}, false},
        {"*:64:0:*:*,*:" LAYOUT ":df,id+:+", {.payload = 1}, true},
        {"*:64:0:*:*,*:" LAYOUT ":df,id+:*", {.payload = 1}, true},
        {"*:64:0:*:*,*:mss,eol+3:df,id+:0", {.options = "020405b400000000"}, true},
        {"*:64:0:*:*,*:mss,eol+2:df,id+:0", {.options = "020405b400000000"}, false},
        {"*:64:0:*:*,*:mss,?1,?4:df,id+:0", {.options = "020405b401040201"}, false},
        {"*:64:0:*:*,*:mss,?1,?4,nop:df,id+:0", {.options = "020405b401040201"}, true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[256];

        snprintf(text, sizeof text, HEAD L_S "sig = %s\n", rows[i].sig);
        expect(text, false, &rows[i].from, rows[i].fits ? SYC_MATCH_EXACT : SYC_MATCH_NONE,
               rows[i].fits ? SPECIFIC : "");
    }
}

/*
 * Measured: with "64-:4:" p0f matched a packet without IP options and not one with four
 * octets.
 */
static void
p0f_reads_olen_0_after_a_random_ttl_and_native_files_do_not(void **state)
{
    const char *text = HEAD L_S "sig = *:64-:4:*:*,*:" LAYOUT ":df,id+:0\n";
    const struct build with = {.ip_options = 4};

    expect(text, false, &linux_syn, SYC_MATCH_EXACT, SPECIFIC);
    expect(text, false, &with, SYC_MATCH_NONE, "");
    expect(text, true, &linux_syn, SYC_MATCH_NONE, "");
    expect(text, true, &with, SYC_MATCH_EXACT, SPECIFIC);
}

static void
tools_are_never_fuzzy_and_hide_what_comes_after(void **state)
{
    const char *tool = HEAD L_T "sig = *:64:0:*:*,*:" LAYOUT ":df,id+:0\n";
    const char *both = HEAD L_T "sig = *:64:0:*:*,*:" LAYOUT ":df,id+:0\n" L_S
                                "sig = *:64:0:*:*,*:" LAYOUT ":df,id+:0\n";
    const struct build from = {.tos = 2, .ttl = 60};
    struct syc_match out;
    char label[64];

    match(tool, false, &linux_syn, &out, label);
    assert_true(out.app);
    assert_int_equal(out.quality, SYC_MATCH_EXACT);
    match(both, false, &from, &out, label);
    assert_int_equal(out.quality, SYC_MATCH_NONE);
    assert_int_equal(out.distance, 0); /* p0f forgets the distance as well */
    assert_string_equal(label, "");
}

static void
requests_and_responses_do_not_mix(void **state)
{
    const char *text = HEAD L_S "sig = *:64:0:*:*,*:" LAYOUT ":df,id+:0\n"
                                "[tcp:response]\nlabel = s:unix:Linux:answer\n"
                                "sig = *:64:0:*:*,*:" LAYOUT ":df,id+:0\n";
    const struct build answer = {.flags = SYC_SYN | SYC_ACK, .ack = 1};

    expect(text, false, &linux_syn, SYC_MATCH_EXACT, SPECIFIC);
    expect(text, false, &answer, SYC_MATCH_EXACT, "s:unix:Linux:answer");
}

#define V6_OPTIONS "020405a00402080a000003e80000000001030307"

/*
 * p0f does not compare versions and lets a flow label spoil a match; the shipped set does the
 * reverse.
 */
static void
ip_versions_and_flow_labels_differ_by_dialect(void **state)
{
    static const struct {
        const char *version;
        const char *quirks;
        struct build from;
        enum syc_quality p0f, native;
    } rows[] = {
        {"*", "df,id+", {.ip_v = 6, .options = V6_OPTIONS}, SYC_MATCH_EXACT, SYC_MATCH_EXACT},
        {"*",
         "df,id+",
         {.ip_v = 6, .flow = 1, .options = V6_OPTIONS},
         SYC_MATCH_NONE,
         SYC_MATCH_EXACT},
        {"*",
         "flow",
         {.ip_v = 6, .flow = 1, .options = V6_OPTIONS},
         SYC_MATCH_EXACT,
         SYC_MATCH_EXACT},
        {"*", "df,id+,flow", {.ip_v = 4}, SYC_MATCH_EXACT, SYC_MATCH_EXACT},
        {"4", "", {.ip_v = 6, .options = V6_OPTIONS}, SYC_MATCH_EXACT, SYC_MATCH_NONE},
        {"6", "df,id+", {.ip_v = 4}, SYC_MATCH_EXACT, SYC_MATCH_NONE},
        {"4", "df,id+", {.ip_v = 6, .options = V6_OPTIONS}, SYC_MATCH_FUZZY, SYC_MATCH_NONE},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[256];

        snprintf(text, sizeof text, HEAD L_S "sig = %s:64:0:*:*,*:" LAYOUT ":%s:0\n",
                 rows[i].version, rows[i].quirks);
        expect(text, false, &rows[i].from, rows[i].p0f,
               rows[i].p0f != SYC_MATCH_NONE ? SPECIFIC : "");
        expect(text, true, &rows[i].from, rows[i].native,
               rows[i].native != SYC_MATCH_NONE ? SPECIFIC : "");
    }
}

#define PLAIN LINUX_OPTIONS

static void
native_matching_leaves_out_what_a_connection_adds(void **state)
{
    const char *text = HEAD L_S "sig = *:64:0:*:floor65535,7:" LAYOUT ":df,id+:0\n";
    static const struct build added[] = {
        {.tos = 2},
        {.flags = 0x0c2},
        {.options = PLAIN "22020101"},
        {.options = PLAIN "220a0102030405060708"
                          "0101"},
        {.options = PLAIN "0101220a0102030405060708"},
        {.options = PLAIN "1e040081"},
        {.options = PLAIN "1e0c10010102030401020304"},
    };

    for (size_t i = 0; i < sizeof added / sizeof *added; i++) {
        expect(text, true, &added[i], SYC_MATCH_EXACT, SPECIFIC);
    }
    expect(HEAD L_S "sig = *:64:0:*:mss*44,7:" LAYOUT ":df,id+:0\n", false, &added[2],
           SYC_MATCH_NONE, "");
}

/* With Fast Open inside, an EOL pads to another length: the padding then says nothing. */
static void
native_padding_is_free_when_an_option_was_left_out(void **state)
{
    const char *text = HEAD L_S "sig = *:64:0:*:*,*:mss,sok,eol+1:df,id+:0\n";
    const struct build plain = {.options = "020405b404020000"};
    const struct build other = {.options = "020405b40402000000000000"};
    const struct build open = {.options = "020405b404022202"
                                          "00000000"};

    expect(text, true, &plain, SYC_MATCH_EXACT, SPECIFIC);
    expect(text, true, &other, SYC_MATCH_NONE, "");
    expect(text, true, &open, SYC_MATCH_EXACT, SPECIFIC);
}

/*
 * 65280 = 48 * 1360; 65160 = 45 * 1448 in a SYN+ACK with timestamps; 65495 is one loopback
 * segment.
 */
static void
floor65535_is_a_window_of_native_files(void **state)
{
    const char *text =
        HEAD L_S "sig = *:64:0:*:floor65535,*:" LAYOUT ":df,id+:0\n"
                 "[tcp:response]\n" L_S "sig = *:64:0:*:floor65535,*:" LAYOUT ":df,id+:0\n";
    static const struct {
        struct build from;
        bool fits;
    } rows[] = {
        {{.window = 64240}, true},
        {{.window = 62780}, false}, /* 43 * 1460 */
        {{.window = 65535}, false},
        {{.window = 65280, .options = "020405500402080a000003e80000000001030307"}, true},
        {{.window = 65495, .options = "0204ffd70402080a000003e80000000001030307"}, true},
        {{.window = 65160}, false},
        {{.window = 65160, .flags = SYC_SYN | SYC_ACK, .ack = 1}, true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect(text, true, &rows[i].from, rows[i].fits ? SYC_MATCH_EXACT : SYC_MATCH_NONE,
               rows[i].fits ? SPECIFIC : "");
    }
}

/* ack+ of p0f fires on bit 24 alone; the shipped set goes by the number. */
static void
p0fs_blind_spots_count_in_its_own_matching_only(void **state)
{
    const char *text = HEAD L_S "sig = *:64:0:*:*,*:" LAYOUT ":df,id+,ack+:0\n";
    const struct build ack_1 = {.ack = 1};
    const struct build ack_bit_24 = {.ack = 0x01000000};

    expect(text, false, &ack_1, SYC_MATCH_NONE, "");
    expect(text, false, &ack_bit_24, SYC_MATCH_EXACT, SPECIFIC);
    expect(text, true, &ack_1, SYC_MATCH_EXACT, SPECIFIC);
    expect(text, true, &ack_bit_24, SYC_MATCH_EXACT, SPECIFIC);
}

static void
texts_of_a_match_are_as_in_the_file(void **state)
{
    static const char text[] = HEAD "label = s:unix:LINUX:3.11: and newer \n"
                                    "sig = *:64:0:*:mss*20,7:" LAYOUT ":df,id+:0\n"
                                    "label = g:unix:Linux:\n"
                                    "sig = *:64:0:*:*,7:" LAYOUT ":df,id+:0\n"
                                    ";@ date=2026-11 family=penguin source=\"a test\"\n";
    const struct build old = {.window = 29200};
    struct syc_signatures *set = syc_signatures_new();
    struct syc_match out;
    struct syc_syn syn;

    assert_int_equal(syc_signatures_parse(set, "a/b/own.fp", text, strlen(text), false, NULL),
                     SYC_OK);
    describe(&old, &syn);
    syc_signatures_match(set, &syn, &out);
    assert_string_equal(out.label, "s:unix:LINUX:3.11: and newer ");
    assert_string_equal(out.os, "LINUX");
    assert_string_equal(out.flavor, "3.11: and newer ");
    assert_string_equal(out.os_family, "linux");
    assert_string_equal(out.db, "own.fp");
    assert_int_equal(out.db_line, 4);
    assert_null(out.date);

    describe(&linux_syn, &syn);
    syc_signatures_match(set, &syn, &out);
    assert_string_equal(out.os, "LINUX"); /* the first spelling in the file is shown */
    assert_null(out.flavor);
    assert_string_equal(out.os_family, "penguin");
    assert_string_equal(out.date, "2026-11");
    assert_string_equal(out.source, "a test");
    assert_int_equal(out.db_line, 6);
    assert_true(out.generic);
    syc_signatures_free(set);
}

static void
families_follow_from_names(void **state)
{
    static const char *const rows[][2] = {
        {"Linux", "linux"},   {"Android", "linux"},   {"Windows", "windows"}, {"Mac OS X", "apple"},
        {"MacOS X", "apple"}, {"iOS", "apple"},       {"FreeBSD", "bsd"},     {"OpenBSD", "bsd"},
        {"NetBSD", "bsd"},    {"Solaris", "solaris"}, {"SunOS", "solaris"},   {"HP-UX", NULL},
        {"Cisco IOS", NULL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct syc_signatures *set = syc_signatures_new();
        char text[256];
        struct syc_match out;
        struct syc_syn syn;

        snprintf(text, sizeof text,
                 HEAD "label = s:unix:%s:\nsig = *:64:0:*:*,*:" LAYOUT ":df,id+:0\n", rows[i][0]);
        assert_int_equal(syc_signatures_parse(set, "x", text, strlen(text), false, NULL), SYC_OK);
        describe(&linux_syn, &syn);
        syc_signatures_match(set, &syn, &out);
        if (rows[i][1] == NULL) {
            assert_null(out.os_family);
        } else {
            assert_string_equal(out.os_family, rows[i][1]);
        }
        syc_signatures_free(set);
    }
}

/*
 * Options that were cut, and records of other sensors, have no raw signature: nothing is claimed
 * of them.
 */
static void
a_syn_without_raw_signature_matches_nothing(void **state)
{
    const char *text = HEAD L_S "sig = *:64:0:*:*,*:" LAYOUT ":df,id+:0\n";
    struct syc_signatures *set = syc_signatures_new();
    struct syc_match out;
    struct syc_syn syn;

    assert_int_equal(syc_signatures_parse(set, "x", text, strlen(text), false, NULL), SYC_OK);
    describe(&linux_syn, &syn);
    memset(syn.p0f, 0, sizeof syn.p0f);
    syc_signatures_match(set, &syn, &out);
    assert_int_equal(out.quality, SYC_MATCH_NONE);
    memset(syn.p0f, 'x', sizeof syn.p0f); /* not even terminated */
    syc_signatures_match(set, &syn, &out);
    assert_int_equal(out.quality, SYC_MATCH_NONE);
    syc_signatures_free(set);
}

int
test_match_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(specific_beats_generic_wherever_it_stands),
        cmocka_unit_test(generic_beats_fuzzy_wherever_it_stands),
        cmocka_unit_test(the_first_of_several_that_fit_wins),
        cmocka_unit_test(only_four_quirks_may_differ),
        cmocka_unit_test(ttls_out_of_range_are_fuzzy_and_random_ones_are_not),
        cmocka_unit_test(windows_match_by_value_multiple_and_unit),
        cmocka_unit_test(mss_scale_payload_olen_and_padding_must_be_equal),
        cmocka_unit_test(p0f_reads_olen_0_after_a_random_ttl_and_native_files_do_not),
        cmocka_unit_test(tools_are_never_fuzzy_and_hide_what_comes_after),
        cmocka_unit_test(requests_and_responses_do_not_mix),
        cmocka_unit_test(ip_versions_and_flow_labels_differ_by_dialect),
        cmocka_unit_test(native_matching_leaves_out_what_a_connection_adds),
        cmocka_unit_test(native_padding_is_free_when_an_option_was_left_out),
        cmocka_unit_test(floor65535_is_a_window_of_native_files),
        cmocka_unit_test(p0fs_blind_spots_count_in_its_own_matching_only),
        cmocka_unit_test(texts_of_a_match_are_as_in_the_file),
        cmocka_unit_test(families_follow_from_names),
        cmocka_unit_test(a_syn_without_raw_signature_matches_nothing),
    };

    return cmocka_run_group_tests_name("matching", tests, NULL, NULL);
}
