#include "tests/unit/fingerprint/groups.h"

#include <stdio.h>
#include <string.h>

/* What else a SYN could be, what is near, raw signatures read back, and signatures made of SYNs. */

#define HEAD   "classes = win,unix,other\n[tcp:request]\n"
#define LAYOUT "mss,sok,ts,nop,ws"

static struct syc_signatures *
load(const char *text, bool native)
{
    struct syc_signatures *set = syc_signatures_new();
    struct syc_error err = {SYC_OK, 0, 0, "", ""};

    if (syc_signatures_parse(set, "test.fp", text, strlen(text), native, &err) != SYC_OK) {
        fail_msg("%u:%u: %s", err.line, err.column, err.text);
    }
    return set;
}

static void
candidates_come_by_quality_then_in_file_order(void **state)
{
    static const char *const labels[] = {"s:unix:A:", "s:unix:B:", "g:unix:C:", "s:unix:D:",
                                         "s:unix:E:"};
    static const enum syc_quality qualities[] = {SYC_MATCH_EXACT, SYC_MATCH_EXACT,
                                                 SYC_MATCH_GENERIC, SYC_MATCH_FUZZY,
                                                 SYC_MATCH_NONE};
    struct syc_signatures *set =
        load(HEAD "label = s:unix:E:\nsig = *:64:0:*:*,9:" LAYOUT ":df,id+:0\n"
                  "label = g:unix:C:\nsig = *:64:0:*:*,7:" LAYOUT ":df,id+:0\n"
                  "label = s:unix:D:\nsig = *:32:0:*:*,7:" LAYOUT ":df,id+:0\n"
                  "label = s:unix:A:\nsig = *:64:0:*:mss*44,7:" LAYOUT ":df,id+:0\n"
                  "label = s:unix:B:\nsig = *:64:0:1460:*,7:" LAYOUT ":df,id+:0\n",
             false);
    const struct build from = {.ip_v = 4};
    struct syc_match out[8], match;
    struct syc_identity id;
    struct syc_syn syn;

    describe(&from, &syn);
    assert_int_equal(syc_signatures_candidates(set, &syn, out, 8), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(out[i].label, labels[i]);
        assert_int_equal(out[i].quality, qualities[i]);
    }
    assert_int_equal(out[3].differs, 1U << SYC_SIG_FIELD_TTL);
    assert_int_equal(out[4].differs, 1U << SYC_SIG_FIELD_WSCALE);
    assert_int_equal(syc_signatures_candidates(set, &syn, out, 2), 2);
    assert_string_equal(out[1].label, "s:unix:B:");

    syc_signatures_match(set, &syn, &match);
    assert_string_equal(match.label, "s:unix:A:");
    syc_signatures_identify(set, &syn, &id);
    assert_string_equal(id.match.label, "s:unix:A:");
    assert_int_equal(id.candidate_count, 1); /* as good: of the same quality */
    assert_string_equal(id.candidates[0].label, "s:unix:B:");
    assert_null(id.nearest.label);
    syc_signatures_free(set);
}

static void
without_a_match_the_nearest_is_named(void **state)
{
    struct syc_signatures *set =
        load(HEAD "label = s:unix:far:\nsig = *:64:0:*:mss*20,9:mss,nop,ws:df,id+:0\n"
                  "label = s:unix:near:\nsig = *:64:0:*:mss*20,7:" LAYOUT ":df,id+:0\n"
                  "label = s:!:tool:\nsys = @unix\nsig = *:255:0:*:512,*:mss:df,id+:0\n",
             false);
    const struct build window = {.window = 64240};
    const struct build tool = {.window = 512, .ttl = 250, .no_df = true, .options = "020405b4"};
    const struct build strange = {.window = 77, .options = "01010101"};
    struct syc_identity id;
    struct syc_syn syn;

    describe(&window, &syn);
    syc_signatures_identify(set, &syn, &id);
    assert_int_equal(id.match.quality, SYC_MATCH_NONE);
    assert_null(id.match.label);
    assert_string_equal(id.nearest.label, "s:unix:near:");
    assert_int_equal(id.match.differs, 1U << SYC_SIG_FIELD_WINDOW);
    describe(&tool, &syn);
    syc_signatures_identify(set, &syn, &id); /* a tool is never matched fuzzily, but it is near */
    assert_int_equal(id.match.quality, SYC_MATCH_NONE);
    assert_string_equal(id.nearest.label, "s:!:tool:");
    assert_int_equal(id.match.differs, 1U << SYC_SIG_FIELD_QUIRKS);
    describe(&strange, &syn);
    syc_signatures_identify(set, &syn, &id);
    assert_null(id.nearest.label);
    assert_int_equal(id.match.differs, 0);
    syc_signatures_free(set);
}

static void
fuzzy_matches_say_what_was_forgiven(void **state)
{
    struct syc_signatures *set =
        load(HEAD "label = s:unix:A:\nsig = *:64:0:*:*,7:" LAYOUT ":df,id+:0\n", false);
    const struct build ttl = {.ttl = 128};
    const struct build ecn = {.tos = 2};
    const struct build both = {.ttl = 20, .no_df = true};
    struct syc_match match;
    struct syc_syn syn;

    describe(&ttl, &syn);
    syc_signatures_match(set, &syn, &match);
    assert_int_equal(match.differs, 1U << SYC_SIG_FIELD_TTL);
    describe(&ecn, &syn);
    syc_signatures_match(set, &syn, &match);
    assert_int_equal(match.differs, 1U << SYC_SIG_FIELD_QUIRKS);
    describe(&both, &syn); /* DF and IP ID are missing, 44 hops */
    syc_signatures_match(set, &syn, &match);
    assert_int_equal(match.quality, SYC_MATCH_FUZZY);
    assert_int_equal(match.differs, 1U << SYC_SIG_FIELD_QUIRKS | 1U << SYC_SIG_FIELD_TTL);
    syc_signatures_free(set);
}

#define NOPS10 "01010101010101010101"

/* The option is 10 octets; the NOPs beside it are those of each stack (RFC 7323 appendix A and its kin). */
static void
stripped_timestamps_are_put_back(void **state)
{
    static const struct {
        const char *layout;
        const char *options;
    } rows[] = {
        {"mss,sok,ts,nop,ws", "020405b40402" NOPS10 "01030307"},
        {"mss,nop,ws,sok,ts", "020405b4010303070402" NOPS10},
        {"mss,nop,ws,nop,nop,ts,sok,eol+1", "020405b4010303070101" NOPS10 "04020000"},
        {"mss,nop,nop,ts,nop,ws", "020405b40101" NOPS10 "01030307"},
        {"mss,nop,nop,sok,nop,ws,nop,nop,ts", "020405b401010402010303070101" NOPS10},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct build from = {.options = rows[i].options};
        struct syc_signatures *set;
        struct syc_match match;
        struct syc_syn syn;
        char text[256];

        snprintf(text, sizeof text, HEAD "label = s:unix:A:\nsig = *:64:0:*:*,7:%s:df,id+:0\n",
                 rows[i].layout);
        set = load(text, true);
        describe(&from, &syn);
        assert_true((syn.quirks & 1U << SYC_QUIRK_TS_STRIPPED) != 0);
        assert_null(strstr(syn.p0f, "stripped"));
        syc_signatures_match(set, &syn, &match);
        assert_int_equal(match.quality, SYC_MATCH_EXACT);
        assert_int_equal(match.aside, 1U << SYC_ASIDE_TS_STRIPPED);
        syc_signatures_free(set);
        set = load(text, false); /* p0f knows nothing of it */
        syc_signatures_match(set, &syn, &match);
        assert_int_equal(match.quality, SYC_MATCH_NONE);
        syc_signatures_free(set);
    }
}

static void
what_is_set_aside_is_told(void **state)
{
    struct syc_signatures *set =
        load(HEAD "label = s:unix:A:\nsig = *:64:0:*:*,7:" LAYOUT ":df,id+:0\n", true);
    const struct build from = {.ip_v = 6,
                               .flow = 5,
                               .flags = 0x0c2,
                               .payload = 18, /* Fast Open's own */
                               .options = LINUX_OPTIONS "22020101"
                                                        "1e040081"};
    struct syc_match match;
    struct syc_syn syn;

    describe(&from, &syn);
    syc_signatures_match(set, &syn, &match);
    assert_int_equal(match.quality, SYC_MATCH_EXACT);
    assert_int_equal(match.aside, 1U << SYC_ASIDE_FLOW | 1U << SYC_ASIDE_ECN |
                                      1U << SYC_ASIDE_FAST_OPEN | 1U << SYC_ASIDE_MPTCP);
    assert_string_equal(syc_aside_name(SYC_ASIDE_FAST_OPEN), "fast_open");
    assert_string_equal(syc_sig_field_name(SYC_SIG_FIELD_WINDOW), "window");
    syc_signatures_free(set);
}

/* SYNs of several makes: what their raw signature tells is enough for the same match. */
static const struct build makes[] = {
    {.ip_v = 4},
    {.ttl = 50, .window = 29200},
    {.ip_v = 6, .flow = 7, .window = 64800, .options = "020405a00402080a000003e80000000001030307"},
    {.ttl = 128, .options = "020405b40103030801010402"},
    {.window = 65535, .id_0 = true, .options = "020405b4010303060101080a000003e80000000004020000"},
    {.ttl = 255, .window = 1024, .no_df = true, .options = ""},
    {.ttl = 43, .window = 1024, .no_df = true, .options = "020405b4"},
    {.window = 45000, .ip_options = 8},              /* mtu*30 by p0f's tenth divisor */
    {.window = 65160},                               /* 45 * 1448: the timestamp's 12 */
    {.window = 7, .ttl = 20, .options = "02040064"}, /* TTL of a strange distance */
    {.flags = 0x012, .ack = 1, .id_0 = true, .window = 65160},
    {.payload = 9, .tos = 2, .options = LINUX_OPTIONS "22020101"},
    {.ttl = 90, .options = "020405b4"},
};

static void
a_raw_signature_read_back_matches_as_its_syn(void **state)
{
    for (size_t i = 0; i < sizeof makes / sizeof *makes; i++) {
        struct syc_syn syn, back;

        describe(&makes[i], &syn);
        assert_int_equal(syc_syn_from_raw(syn.p0f, syn.kind == SYC_KIND_SYN_ACK, &back, NULL),
                         SYC_OK);
        assert_string_equal(back.p0f, syn.p0f);
        assert_int_equal(back.kind, syn.kind);
        assert_int_equal(back.ip_v, syn.ip_v);
        assert_int_equal(back.ttl, syn.ttl);
        assert_int_equal(back.ttl_initial, syn.ttl_initial);
        assert_int_equal(back.distance, syn.distance);
        assert_int_equal(back.mss, syn.mss);
        assert_int_equal(back.wscale, syn.wscale);
        assert_int_equal(back.ip_options_bytes, syn.ip_options_bytes);
        if (back.window != syn.window) {
            fail_msg("%s: %u, not %u", syn.p0f, back.window, syn.window);
        }
    }
}

static void
raw_signatures_have_no_wildcards(void **state)
{
    static const struct {
        const char *raw;
        unsigned column;
    } rows[] = {
        {"*:64+0:0:1460:65535,7:mss::0", 1},      {"4:64-:0:1460:65535,7:mss::0", 1},
        {"4:64+0:0:1460:%8192,7:mss::0", 1},      {"4:64+0:0:1460:65535,*:mss::0", 1},
        {"4:64+0:0:1460:65535,7:mss::*", 1},      {"4:64+0:0:1460:65535,7:mss:what:0", 27},
        {"4:64+0:0:1460:65535,7:mss,tss::0", 27}, {"", 1},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct syc_error err = {SYC_OK, 0, 0, "", ""};
        struct syc_syn syn;

        assert_int_equal(syc_syn_from_raw(rows[i].raw, false, &syn, &err), SYC_SYNTAX);
        assert_int_equal(err.column, rows[i].column);
    }
}

/* The round trip of `signatures learn`: under p0f's rules and under ours, the line fits the SYN it was made of. */
static void
a_signature_made_of_a_syn_fits_it_exactly(void **state)
{
    for (size_t i = 0; i < 2 * (sizeof makes / sizeof *makes); i++) {
        const bool native = i % 2 != 0;
        char line[SYC_SIGNATURE_TEXT];
        char text[2 * SYC_SIGNATURE_TEXT];
        struct syc_signatures *set;
        struct syc_match match;
        struct syc_syn syn;

        describe(&makes[i / 2], &syn);
        assert_true(syc_signature_for(&syn, line));
        if (native && strstr(line, "?34") != NULL) {
            continue; /* what is set aside cannot be asked for */
        }
        snprintf(text, sizeof text, "classes = other\n[%s]\nlabel = s:other:new:\nsig = %s\n",
                 syn.kind == SYC_KIND_SYN ? "tcp:request" : "tcp:response", line);
        set = load(text, native);
        syc_signatures_match(set, &syn, &match);
        if (match.quality != SYC_MATCH_EXACT) {
            fail_msg("%s: %s of %s", syc_quality_name(match.quality), line, syn.p0f);
        }
        assert_int_equal(syc_signatures_lint(set), SYC_OK);
        syc_signatures_free(set);
    }
}

static void
a_signature_leaves_out_what_differs_on_the_way(void **state)
{
    const struct build from = {.ttl = 50};
    const struct build drawn = {.ttl = 90, .options = "020405b4"};
    const struct build cut = {.ip_v = 4};
    char line[SYC_SIGNATURE_TEXT];
    struct syc_syn syn;

    describe(&from, &syn);
    assert_true(syc_signature_for(&syn, line));
    assert_string_equal(line, "4:64:0:*:mss*44,7:mss,sok,ts,nop,ws:df,id+:0");
    describe(&drawn, &syn); /* 38 hops below 128: p0f takes that for no initial TTL */
    assert_true(syc_signature_for(&syn, line));
    assert_string_equal(line, "4:128-:0:*:mss*44,0:mss:df,id+:0");
    describe(&cut, &syn);
    memset(syn.p0f, 0, sizeof syn.p0f);
    assert_false(syc_signature_for(&syn, line));
}

int
test_candidates_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(candidates_come_by_quality_then_in_file_order),
        cmocka_unit_test(without_a_match_the_nearest_is_named),
        cmocka_unit_test(fuzzy_matches_say_what_was_forgiven),
        cmocka_unit_test(stripped_timestamps_are_put_back),
        cmocka_unit_test(what_is_set_aside_is_told),
        cmocka_unit_test(a_raw_signature_read_back_matches_as_its_syn),
        cmocka_unit_test(raw_signatures_have_no_wildcards),
        cmocka_unit_test(a_signature_made_of_a_syn_fits_it_exactly),
        cmocka_unit_test(a_signature_leaves_out_what_differs_on_the_way),
    };

    return cmocka_run_group_tests_name("candidates", tests, NULL, NULL);
}
