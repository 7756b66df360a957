#include "tests/unit/fingerprint/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum syc_status
parse(struct syc_signatures *set, const char *text, bool native, struct syc_error *err)
{
    memset(err, 0, sizeof *err);
    return syc_signatures_parse(set, "folder/test.fp", text, strlen(text), native, err);
}

/* Lines 1 to 3 of most texts below; what follows begins on line 4. */
#define HEAD      "classes = win,unix\n[tcp:request]\nlabel = s:unix:Linux:x\n"
#define GOOD      "sig = *:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0\n"
#define SIG(text) HEAD "sig = " text "\n"

/* Columns count from 1; "sig = " is six characters, so the signature begins in column 7. */
static void
faults_are_told_with_line_and_column(void **state)
{
    static const struct {
        const char *text;
        unsigned line, column;
    } rows[] = {
        {SIG("5:64:0:*:*,*::::"), 4, 7},           /* version */
        {SIG("4;64:0:*:*,*:::0"), 4, 8},           /* no colon */
        {SIG("4:0:0:*:*,*:::0"), 4, 9},            /* TTL 0 */
        {SIG("4:256:0:*:*,*:::0"), 4, 9},          /* TTL 256 */
        {SIG("4:200+56:0:*:*,*:::0"), 4, 13},      /* sum 256 */
        {SIG("4:64+?:0:*:*,*:::0"), 4, 12},        /* only in raw signatures */
        {SIG("4:64:256:*:*,*:::0"), 4, 12},        /* olen */
        {SIG("4:64:0:65536:*,*:::0"), 4, 14},      /* MSS */
        {SIG("4:64:0:*:%1,*:::0"), 4, 17},         /* %N from 2 */
        {SIG("4:64:0:*:mss*0,*:::0"), 4, 20},      /* mss*N from 1 */
        {SIG("4:64:0:*:mtu*1001,*:::0"), 4, 20},   /* to 1000 */
        {SIG("4:64:0:*:65536,*:::0"), 4, 16},      /* window */
        {SIG("4:64:0:*:floor65535,*:::0"), 4, 16}, /* only native */
        {SIG("4:64:0:*:*,256:::0"), 4, 18},        /* scale */
        {SIG("4:64:0:*:*,*:mss,foo::0"), 4, 24},   /* option word */
        {SIG("4:64:0:*:*,*:eol+1,nop::0"), 4, 25}, /* EOL not last */
        {SIG("4:64:0:*:*,*:?256::0"), 4, 21},      /* kind */
        {SIG("4:64:0:*:*,*::df,what:0"), 4, 24},   /* quirk */
        {SIG("4:64:0:*:*,*:::1"), 4, 22},          /* payload class */
        {SIG("4:64:0:*:*,*:::0 x"), 4, 23},        /* something after it */
        {SIG("4:64:0:*:*"), 4, 17},                /* ends early */
        {"bad = 1\n", 1, 1},
        {"\n  classes win\n", 2, 11},
        {"[tcp:request]\nclasses = win\n", 2, 1},
        {"label = s:unix:Linux:\n", 1, 1},
        {"[tcp:reply]\n", 1, 1},
        {"[tcp:request] x\n", 1, 15},
        {"classes = unix\n[tcp:request]\nlabel = x:unix:Linux:\n", 3, 9},
        {"classes = unix\n[tcp:request]\nlabel = s:win:Windows:\n", 3, 11},
        {"classes = unix\n[tcp:request]\nlabel = s:unix:Li$nux:\n", 3, 18},
        {"[tcp:request]\n" GOOD, 2, 7},
        {"[tcp:request]\nlabel = s:!:tool:\n" GOOD, 3, 7},
        {"[tcp:request]\nlabel = s:!:tool:\nsys = @mac\n", 3, 8},
        {HEAD "sys = Linux\n", 4, 7},
        {HEAD "[tcp:response]\n" GOOD, 5, 7}, /* a label ends with its section */
        {HEAD ";@ date=2026\n", 4, 3},        /* no sig before it */
        {HEAD GOOD ";@ colour=red\n", 5, 4},
        {HEAD GOOD ";@ date=2026 colour=red\n", 5, 14},
        {HEAD GOOD ";@ date=yesterday\n", 5, 9},
        {HEAD GOOD ";@ date=2026-1\n", 5, 9},
        {HEAD GOOD ";@ source=\"open\n", 5, 16},
        {HEAD GOOD ";@ source\n", 5, 10},
        {HEAD GOOD ";@ source=\n", 5, 11},
        {HEAD GOOD ";@ source=\"a\"b\n", 5, 14},
        {HEAD GOOD "label = s:unix:Linux:y\n;@ date=2026\n", 6, 3},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct syc_signatures *set = syc_signatures_new();
        struct syc_error err;
        enum syc_status status = parse(set, rows[i].text, false, &err);

        if (status != SYC_SYNTAX || err.line != rows[i].line || err.column != rows[i].column) {
            print_error("%s-> %u:%u %s\n", rows[i].text, err.line, err.column, err.text);
        }
        assert_int_equal(status, SYC_SYNTAX);
        assert_int_equal(err.line, rows[i].line);
        assert_int_equal(err.column, rows[i].column);
        assert_string_equal(err.file, "folder/test.fp");
        assert_int_equal(syc_signatures_count(set), 0);
        syc_signatures_free(set);
    }
}

/* Everything p0f.fp may hold (reference/fingerprints 2.1.10), and line ends of both kinds. */
static void
the_whole_grammar_loads(void **state)
{
    static const char text[] =
        "; comment\n"
        "\t; another, after a blank\n"
        "classes = win,unix,other\r\n"
        "\n"
        "[mtu]\n"
        "label = Ethernet or modem\n"
        "sig   = 1500\n"
        "[tcp:request]\r\n"
        "label = s:unix:Linux:2.2: with: colons \n"
        "sig = *:64:0:*:mss*20,10:mss,sok,ts,nop,ws:df,id+:0\r\n"
        "sig = 4:64+10:0:*:%8192,*:mss,sack,?34,eol+2:df,id-,ecn,0+,seq-,ack+,ack-:*\n"
        "sig=6:255-:0:1440:mtu*2,0:::+\n"
        "sig = *:128:4:0:65535,255:nop:flow,uptr+,urgf+,pushf+,ts1-,ts2+,opt+,exws,bad:0 \t\n"
        "label = g:!:Tool (a/b-c_d!?.):\n"
        "sys = @unix,Windows 10,@win\n"
        "sig = *:64:0:*:*,*:mss::*\n"
        ";@ date=2026-11-25 family=linux source=\"a b = c\" conf=high note=\"x\"\n"
        "[tcp:response]\n"
        "label = s:win:Windows:XP\n"
        "sig = *:128:0:*:16384,0:mss::0\n"
        "[http:request]\n"
        "ua_os = Linux,Windows,iOS=[iPad]\n"
        "label = s:!:curl:\n"
        "sys = @unix\n"
        "sig = *:Host,?Accept=[*/*]:Connection:curl\n"
        ";@ anything\n"
        "[http:response]\n"
        "sig = nonsense here is not ours to judge\n"
        "[tcp:request]\n"
        "label = s:unix:Linux:last line without an end\n"
        "sig = *:64:0:*:*,*:mss,mss::0";
    struct syc_signatures *set = syc_signatures_new();
    struct syc_error err;

    assert_int_equal(parse(set, text, false, &err), SYC_OK);
    assert_int_equal(syc_signatures_count(set), 7);
    syc_signatures_free(set);
}

/*
 * p0f 3.09b passes over blanks and further commas between the values of classes and sys, and loads this text but for
 * its first three octets, an editor's byte order mark. A blank before a comma is part of the name.
 */
static void
lists_of_names_may_have_blanks(void **state)
{
    static const char text[] = "\xEF\xBB\xBF"
                               "classes = win,\t unix, ,other\n"
                               "[tcp:request]\n"
                               "label = s:unix:Linux:x\n" GOOD "label = s:!:tool:\n"
                               "sys = Windows, @unix,, @win\n" GOOD;
    struct syc_signatures *set = syc_signatures_new();
    struct syc_error err;

    assert_int_equal(parse(set, text, false, &err), SYC_OK);
    assert_int_equal(syc_signatures_count(set), 2);
    assert_int_equal(parse(set,
                           "\xEF\xBB\xBF"
                           "bad = 1\n",
                           false, &err),
                     SYC_SYNTAX);
    assert_int_equal(err.line, 1);
    assert_int_equal(err.column, 1);
    syc_signatures_free(set);
}

static void
empty_texts_are_empty_sets(void **state)
{
    struct syc_signatures *set = syc_signatures_new();
    const struct build from = {.ip_v = 4};
    struct syc_error err;
    struct syc_match match;
    struct syc_syn syn;

    assert_int_equal(parse(set, "", false, &err), SYC_OK);
    assert_int_equal(parse(set, "\n\n;\n", true, &err), SYC_OK);
    assert_int_equal(syc_signatures_count(set), 0);
    describe(&from, &syn);
    syc_signatures_match(set, &syn, &match);
    assert_int_equal(match.quality, SYC_MATCH_NONE);
    assert_null(match.label);
    syc_signatures_free(set);
}

/* A text that fails leaves what stood before, and it still matches. */
static void
a_fault_leaves_the_set_as_it_was(void **state)
{
    struct syc_signatures *set = syc_signatures_new();
    const struct build from = {.window = 29200};
    struct syc_error err;
    struct syc_match match;
    struct syc_syn syn;

    assert_int_equal(parse(set, HEAD GOOD, false, &err), SYC_OK);
    assert_int_equal(parse(set, HEAD GOOD GOOD "sig = x\n", false, &err), SYC_SYNTAX);
    assert_int_equal(syc_signatures_count(set), 1);
    describe(&from, &syn);
    syc_signatures_match(set, &syn, &match);
    assert_int_equal(match.quality, SYC_MATCH_EXACT);
    assert_int_equal(match.db_line, 4);
    syc_signatures_free(set);
}

static void
a_set_holds_ten_thousand(void **state)
{
    const size_t head = strlen(HEAD);
    const size_t good = strlen(GOOD);
    char *text = malloc(head + 10001 * good);
    struct syc_signatures *set = syc_signatures_new();
    struct syc_error err;

    memcpy(text, HEAD, head);
    for (size_t i = 0; i < 10001; i++) {
        memcpy(text + head + i * good, GOOD, good);
    }
    assert_int_equal(syc_signatures_parse(set, "big", text, head + 10001 * good, false, &err),
                     SYC_LIMIT);
    assert_int_equal(syc_signatures_count(set), 0);
    assert_int_equal(syc_signatures_parse(set, "big", text, head + 10000 * good, false, &err),
                     SYC_OK);
    assert_int_equal(syc_signatures_count(set), 10000);
    free(text);
    syc_signatures_free(set);
}

/* Each label looks its class and its name up among those before it: so many that a file of labels ends soon. */
static void
a_file_writes_fifty_thousand_names(void **state)
{
    static const char head[] = "classes = u\n[tcp:request]\n", label[] = "label = s:u:Linux:\n";
    char *text = malloc(sizeof(head) + 25000 * sizeof(label));
    struct syc_signatures *set = syc_signatures_new();
    struct syc_error err;
    size_t n = (size_t)sprintf(text, "%s", head);

    for (unsigned i = 0; i < 25000; i++) {
        if (i == 24999) { /* one for the class above, two a label: 24,999 of them make 49,999 */
            assert_int_equal(syc_signatures_parse(set, "names", text, n, false, &err), SYC_OK);
        }
        n += (size_t)sprintf(text + n, "%s", label);
    }
    assert_int_equal(syc_signatures_parse(set, "names", text, n, false, &err), SYC_SYNTAX);
    assert_int_equal(err.line, 25002);
    assert_int_equal(err.column, 13); /* the class is the 50,000th, the name one more */
    assert_string_equal(err.text, "more than 50000 names");
    free(text);
    syc_signatures_free(set);
}

static void
native_signatures_know_floor65535_and_no_fast_open(void **state)
{
    struct syc_signatures *set = syc_signatures_new();
    struct syc_error err;

    assert_int_equal(parse(set, SIG("*:64:0:*:floor65535,7:mss::0"), true, &err), SYC_OK);
    assert_int_equal(parse(set, SIG("*:64:0:*:*,7:mss,?34::0"), true, &err), SYC_SYNTAX);
    assert_int_equal(parse(set, SIG("*:64:0:*:*,7:mss,?30::0"), true, &err), SYC_SYNTAX);
    syc_signatures_free(set);
}

static void
sets_of_the_same_texts_are_the_same(void **state)
{
    static const char *const texts[] = {"[mtu]\nlabel = A\nsig = 1500\n",
                                        "[mtu]\nlabel = B\nsig = 1500\n"};
    struct syc_signatures *sets[5];
    static const struct {
        int texts[2]; /* -1 = none */
        bool native;
    } made[5] = {
        {{0, 1}, false}, {{0, 1}, false}, {{1, 0}, false}, {{0, -1}, false}, {{0, 1}, true}};

    for (size_t i = 0; i < 5; i++) {
        sets[i] = syc_signatures_new();
        assert_non_null(sets[i]);
        for (size_t k = 0; k < 2 && made[i].texts[k] >= 0; k++) {
            const char *text = texts[made[i].texts[k]];

            assert_int_equal(syc_signatures_parse(sets[i], "x", text, strlen(text), made[i].native,
                                                  NULL),
                             SYC_OK);
        }
        assert_int_equal(syc_signatures_same(sets[0], sets[i]), i < 2);
    }
    for (size_t i = 0; i < 5; i++) {
        syc_signatures_free(sets[i]);
    }
}

int
test_signature_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_told_with_line_and_column),
        cmocka_unit_test(the_whole_grammar_loads),
        cmocka_unit_test(lists_of_names_may_have_blanks),
        cmocka_unit_test(empty_texts_are_empty_sets),
        cmocka_unit_test(sets_of_the_same_texts_are_the_same),
        cmocka_unit_test(a_fault_leaves_the_set_as_it_was),
        cmocka_unit_test(a_set_holds_ten_thousand),
        cmocka_unit_test(a_file_writes_fifty_thousand_names),
        cmocka_unit_test(native_signatures_know_floor65535_and_no_fast_open),
    };

    return cmocka_run_group_tests_name("signature files", tests, NULL, NULL);
}
