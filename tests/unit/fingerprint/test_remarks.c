#include "tests/unit/fingerprint/groups.h"

#include <stdio.h>
#include <string.h>

/* What is said of signature files beyond the first fault, and the [mtu] sections. */

static enum syc_status
parse(struct syc_signatures *set, const char *text)
{
    return syc_signatures_parse(set, "folder/test.fp", text, strlen(text), false, NULL);
}

#define HEAD "classes = win,unix\n[tcp:request]\nlabel = s:unix:Linux:x\n"
#define GOOD "sig = *:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0\n"

struct expected {
    unsigned line;
    const char *code;
    const char *part; /* of the text */
};

static void
expect_remarks(const char *text, bool lint, const struct expected *rows, size_t count)
{
    struct syc_signatures *set = syc_signatures_new();
    const struct syc_remark *r;
    size_t n;

    (void)parse(set, text);
    if (lint) {
        assert_int_equal(syc_signatures_lint(set), SYC_OK);
    }
    n = syc_signatures_remarks(set, &r);
    for (size_t i = 0; i < n; i++) {
        if (i >= count || r[i].line != rows[i].line || strcmp(r[i].code, rows[i].code) != 0 ||
            strstr(r[i].text, rows[i].part) == NULL) {
            fail_msg("%s\n-> %u %s %s", text, r[i].line, r[i].code, r[i].text);
        }
        assert_string_equal(r[i].file, "folder/test.fp");
    }
    assert_int_equal(n, count);
    syc_signatures_free(set);
}

static void
all_faults_of_a_file_are_told(void **state)
{
    static const struct expected rows[] = {
        {4, "syntax", "IP version"},
        {6, "syntax", "did you mean \"ts\"?"},
        {7, "syntax", "did you mean \"source\"?"},
        {8, "syntax", "did you mean \"label\"?"},
        {9, "syntax", "did you mean \"[tcp:response]\"?"},
    };

    expect_remarks(HEAD "sig = 5:64:0:*:*,*:::0\n" GOOD "sig = *:64:0:*:*,7:mss,sok,tss::0\n"
                        ";@ sorce=x\nlable = s:unix:a:\n[tcp:respons]\n",
                   false, rows, 5);
}

/* One fault must not make the lines that stand on it look wrong. */
static void
lines_below_a_fault_are_read_as_if_it_were_mended(void **state)
{
    static const struct expected label[] = {{3, "syntax", "a label begins with"}};
    static const struct expected classes[] = {{1, "syntax", "\",\" is expected"}};
    static const struct expected section[] = {{1, "syntax", "sections are"}};
    static const struct expected sys[] = {{4, "syntax", "no classes line names this class"}};
    static const struct expected pragma[] = {{4, "syntax", "IP version"}};

    expect_remarks("classes = unix\n[tcp:request]\nlabel = unix:Linux:\n" GOOD, false, label, 1);
    expect_remarks("classes = un$ix\n[tcp:request]\nlabel = s:unix:Linux:\n" GOOD, false, classes,
                   1);
    expect_remarks("[udp:request]\nlabel = s:unix:Linux:\n" GOOD "nonsense\n", false, section, 1);
    expect_remarks("classes = unix\n[tcp:request]\nlabel = s:!:tool:\nsys = @mac\n" GOOD, false,
                   sys, 1);
    expect_remarks(HEAD "sig = 5:64:0:*:*,*:::0\n;@ date=2026\n", false, pragma, 1);
}

/* Each of a thousand lines may be wrong; the list says that it ends. */
static void
the_list_of_faults_is_bounded(void **state)
{
    struct syc_signatures *set = syc_signatures_new();
    const struct syc_remark *r;
    char text[3001];

    for (size_t i = 0; i < 1500; i++) {
        memcpy(text + 2 * i, "x\n", 2);
    }
    assert_int_equal(syc_signatures_parse(set, "t", text, 3000, false, NULL), SYC_SYNTAX);
    assert_int_equal(syc_signatures_remarks(set, &r), 1000);
    assert_int_equal(r[998].line, 999);
    assert_non_null(strstr(r[999].text, "more"));
    syc_signatures_free(set);
}

static void
http_sections_are_passed_over_with_one_line(void **state)
{
    static const struct expected rows[] = {{6, "http", "4 lines for HTTP"}};

    expect_remarks(
        "classes = unix\n[mtu]\nlabel = E\nsig = 1500\n; nothing\n[http:request]\nua_os = Linux\n"
        "label = s:!:curl:\n; no\n[http:response]\nx\n\ny\n",
        false, rows, 1);
}

/* As p0f says "No signatures found": no SYN would have a label, and nobody would know why. */
static void
a_text_with_nothing_to_load_is_told(void **state)
{
    static const struct expected rows[] = {{1, "empty", "no signature"}};

    expect_remarks("", false, rows, 1);
    expect_remarks("; nothing\nclasses = unix\n[tcp:request]\n", false, rows, 1);
    expect_remarks("[mtu]\nlabel = E\nsig = 1500\n", false, NULL, 0);
}

static void
labels_without_sigs_are_told(void **state)
{
    static const struct expected rows[] = {{3, "unused", "no sig"},
                                           {7, "unused", "no sig"},
                                           {9, "unused", "no sig"}};

    expect_remarks(HEAD "label = s:unix:Linux:y\n" GOOD "[tcp:response]\nlabel = s:win:W:\n"
                        "[mtu]\nlabel = Ethernet\n",
                   false, rows, 3);
}

/* Each line below is judged by reading it: what it asks for cannot be together in one segment. */
static void
signatures_that_no_syn_can_fit_are_told(void **state)
{
    static const struct {
        const char *sig;
        const char *part; /* NULL: nothing is wrong */
    } rows[] = {
        {"*:64:0:*:*,*:mss,nop:df,id+:0", "whole words"},
        {"*:64:0:*:*,*:ts,ts,ts,ts,ts,nop,nop::0", "whole words"}, /* 52 octets */
        {"*:64:0:*:*,*:mss,nop:df,id+,bad:0", NULL},
        {"*:64:0:*:*,*:mss,?99:df,id+:0", NULL}, /* of any length */
        {"*:64:0:1460:*,*:nop,nop,sok::0", "MSS"},
        {"*:64:0:*:*,7:mss::0", "scale"},
        {"*:64:0:*:*,*:mss:ts1-:0", "ts option"},
        {"*:64:0:*:*,*:mss:opt+:0", "eol+N"},
        {"*:64:0:*:*,15:mss,nop,ws::0", "exws"},
        {"*:64:0:*:*,7:mss,nop,ws:exws:0", "exws"},
        {"*:64:0:0:mss*4,0::seq-:0", "mss option"},
        {"*:64:0:99:mss*4,0:mss::0", "below an MSS"},
        {"*:64:0:*:*,*:mss:id+:0", "id+"},
        {"*:64:0:*:*,*:mss:df,id-:0", "id-"},
        {"6:64:0:*:*,*:mss:df:0", "IPv6"},
        {"4:64:0:*:*,*:mss:flow:0", "IPv4"},
        {"4:64:5:*:*,*:mss::0", "IP options"},
        {"6:64:4:*:*,*:mss::0", "IP options"},
        {"4:64:4:*:*,*:mss::0", NULL},
        {"*:64:0:*:*,*:mss:ack-:0", "ack-"},
        {"*:64:0:*:mss*44,7:mss,sok,ts,nop,ws:df,id+:0", NULL},
        {"*:64:0:*:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0", NULL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct expected expected = {4, "dead", rows[i].part};
        char text[256];

        snprintf(text, sizeof text, HEAD "sig = %s\n", rows[i].sig);
        expect_remarks(text, true, &expected, rows[i].part != NULL);
    }
}

#define S(text)  "label = s:unix:S" text ":\n"
#define G(text)  "label = g:unix:G" text ":\n"
#define ON(text) "sig = " text ":mss,sok,ts,nop,ws:df,id+:0\n"

/* Lines 1 and 2 are classes and section; a label and a sig each. */
static void
signatures_that_never_win_are_told(void **state)
{
    static const struct {
        const char *text;
        unsigned line; /* 0: nothing to say */
        const char *code;
    } rows[] = {
        {S("1") ON("*:64:0:*:*,*") ON("*:64:0:*:*,*"), 5, "duplicate"},
        {S("1") ON("*:64:0:*:*,*") ON("4:64:0:1460:mss*20,7"), 5, "duplicate"},
        {S("1") ON("*:64:0:*:*,*") S("2") ON("4:64:0:1460:mss*20,7"), 6, "shadowed"},
        {S("1") ON("*:64:0:*:mss*20,7") S("2") ON("*:64:0:*:*,*"), 0, NULL}, /* a special case */
        {G("1") ON("*:64:0:*:*,*") S("2") ON("*:64:0:*:*,7"), 0, NULL},
        {G("1") ON("*:64:0:*:*,7") S("2") ON("*:64:0:*:*,*"), 4, "shadowed"}, /* from below */
        {S("1") ON("*:64:0:*:*,7") G("2") ON("*:64:0:*:*,7"), 6, "shadowed"},
        {S("1") ON("*:64:0:*:%8192,*") S("2") ON("*:64:0:*:16384,*"), 6, "shadowed"},
        {S("1") ON("*:64:0:*:%8192,*") S("2") ON("*:64:0:*:16385,*"), 0, NULL},
        {S("1") ON("*:64-:0:*:*,*") S("2") ON("*:32:0:*:*,*"), 6, "shadowed"},
        {S("1") ON("*:64:0:*:*,*") S("2") ON("*:128:0:*:*,*"), 0, NULL},
        {S("1") ON("*:64:0:*:*,*") S("2") ON("*:60:0:*:*,*"), 6, "overlap"},
        {S("1") ON("*:64:0:1460:*,*") S("2") ON("*:64:0:*:mss*20,7"), 6, "overlap"},
        {S("1") ON("*:64:0:1460:*,*") S("1") ON("*:64:0:*:mss*20,7"), 0, NULL},
        {S("1") ON("*:64:0:1460:*,*") G("2") ON("*:64:0:*:mss*20,7"), 0, NULL},
        {S("1") ON("*:64:0:1460:*,*") S("2") ON("*:64:4:1460:*,*"), 0, NULL},
        {S("1") ON("4:64:0:*:*,*") S("2") ON("*:64:0:*:*,*"), 0, NULL},
        {S("1") ON("*:64:0:*:*,*") S("2") ON("4:64:0:*:*,*"), 6, "shadowed"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct expected expected = {rows[i].line, rows[i].code, ""};
        char text[512];

        snprintf(text, sizeof text, "classes = unix\n[tcp:request]\n%s", rows[i].text);
        expect_remarks(text, true, &expected, rows[i].line != 0);
    }
}

/* p0f's own check misses the second when both have df or id quirks and version *: seen by running it. */
static void
what_p0f_loads_silently_is_told(void **state)
{
    static const struct expected rows[] = {{6, "shadowed", "line 4, s:unix:S1:"}};

    expect_remarks("classes = unix\n[tcp:request]\n" S("1") ON("*:64:0:*:mss*20,7") S("2")
                       ON("*:64:0:*:mss*20,7"),
                   true, rows, 1);
}

/* MTU = MSS + 40 over IPv4 and + 60 over IPv6 (reference/fingerprints 2.1.8). */
static void
links_follow_from_the_mss(void **state)
{
    static const char text[] = "[mtu]\nlabel = Ethernet: or modem \nsig = 1500\nlabel = loopback\n"
                               "sig = 65535\nsig = 65536 \nlabel = again\nsig = 1500\n";
    static const struct {
        struct build from;
        bool known;
        unsigned mtu;
        const char *label;
    } rows[] = {
        {{.ip_v = 4}, true, 1500, "Ethernet: or modem "},
        {{.ip_v = 6, .options = "020405a0"}, true, 1500, "Ethernet: or modem "},
        {{.options = "0204ffd7"}, true, 65535, "loopback"},
        {{.ip_v = 6, .options = "0204ffc4"}, true, 65536, "loopback"},
        {{.options = "020405b3"}, true, 1499, NULL},
        {{.options = "02040000"}, false, 0, NULL},
        {{.options = ""}, false, 0, NULL},
    };
    struct syc_signatures *set = syc_signatures_new();

    assert_int_equal(parse(set, text), SYC_OK);
    assert_int_equal(syc_signatures_link_count(set), 4);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct syc_link link;
        struct syc_syn syn;

        describe(&rows[i].from, &syn);
        assert_int_equal(syc_signatures_link(set, &syn, &link), rows[i].known);
        assert_int_equal(link.mtu, rows[i].mtu);
        if (rows[i].label == NULL) {
            assert_null(link.label);
        } else {
            assert_string_equal(link.label, rows[i].label);
        }
    }
    syc_signatures_free(set);
}

static void
links_of_a_broken_file_are_not_used(void **state)
{
    struct syc_signatures *set = syc_signatures_new();

    assert_int_equal(parse(set, "[mtu]\nlabel = E\nsig = 1500\nsig = 0\n"), SYC_SYNTAX);
    assert_int_equal(syc_signatures_link_count(set), 0);
    assert_int_equal(parse(set, "[mtu]\nsig = 1500\n"), SYC_SYNTAX);
    assert_int_equal(parse(set, "[mtu]\nlabel = E\nsig = 1500 x\n"), SYC_SYNTAX);
    assert_int_equal(parse(set, "[mtu]\nlabel =\nsig = 1500\n"), SYC_SYNTAX);
    assert_int_equal(syc_signatures_link_count(set), 0);
    syc_signatures_free(set);
}

static void
two_links_of_one_mtu_are_told(void **state)
{
    static const struct expected rows[] = {{5, "duplicate", "MTU"}};

    expect_remarks("[mtu]\nlabel = E\nsig = 1500\nlabel = F\nsig = 1500\n", true, rows, 1);
}

/* What the load says of a text and what the lint says of it stand together, whatever stands in the next one. */
static void
remarks_of_several_texts_come_text_by_text(void **state)
{
    static const char text[] = "classes = u\n[tcp:request]\nlabel = s:u:A:\n"
                               "sig = 4:64:0:*:1,*:mss:id+:0\n[http:request]\n";
    static const unsigned lines[] = {4, 5, 4, 5};
    static const char *const files[] = {"a.fp", "a.fp", "b.fp", "b.fp"};
    struct syc_signatures *set = syc_signatures_new();
    const struct syc_remark *remarks;
    struct syc_error err;

    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(syc_signatures_parse(set, files[2 * i], text, strlen(text), false, &err),
                         SYC_OK);
    }
    assert_int_equal(syc_signatures_lint(set), SYC_OK);
    assert_int_equal(syc_signatures_remarks(set, &remarks), 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(remarks[i].line, lines[i]);
        assert_string_equal(remarks[i].file, files[i]);
    }
    syc_signatures_free(set);
}

int
test_remarks_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_faults_of_a_file_are_told),
        cmocka_unit_test(lines_below_a_fault_are_read_as_if_it_were_mended),
        cmocka_unit_test(the_list_of_faults_is_bounded),
        cmocka_unit_test(http_sections_are_passed_over_with_one_line),
        cmocka_unit_test(a_text_with_nothing_to_load_is_told),
        cmocka_unit_test(labels_without_sigs_are_told),
        cmocka_unit_test(signatures_that_no_syn_can_fit_are_told),
        cmocka_unit_test(signatures_that_never_win_are_told),
        cmocka_unit_test(what_p0f_loads_silently_is_told),
        cmocka_unit_test(links_follow_from_the_mss),
        cmocka_unit_test(links_of_a_broken_file_are_not_used),
        cmocka_unit_test(remarks_of_several_texts_come_text_by_text),
        cmocka_unit_test(two_links_of_one_mtu_are_told),
    };

    return cmocka_run_group_tests_name("remarks and links", tests, NULL, NULL);
}
