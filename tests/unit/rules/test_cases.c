/*
 * Files of cases: what is told of each case, which faults end a file and where, and short memory. Expected points are
 * the rule's own: 90 of a rule without a ramp.
 */

#include "tests/unit/failing.h"
#include "tests/unit/rules/groups.h"

#include <stdio.h>
#include <string.h>

static const char rules[] =
    "---\ntitle: Beats\nname: beats\n"
    "logsource: {product: syncopate, category: source}\n"
    "detection:\n    steady: {iat.cv|lt: 0.2}\n    even: {iat.burstiness|lt: 0}\n    condition: "
    "steady or even\n"
    "syncopate: {group: gap, points: 90, needs: {iat.n: 10}, kind: beacon}\n"
    "---\ntitle: Thing\nname: thing\n"
    "logsource: {product: syncopate, category: thing}\n"
    "detection:\n    a: {count: 5, tags|contains: x, flag: true, src_ip|cidr: 10.0.0.0/8}\n    "
    "condition: a\n";

/* A set of both rules, sealed. */
static struct syc_ruleset *
load(void)
{
    struct syc_ruleset *set = new_set();

    parse(set, "r.yml", rules);
    assert_int_equal(syc_ruleset_loaded(set), 2);
    assert_int_equal(syc_ruleset_seal(set), SYC_OK);
    return set;
}

/* What was told, a line a case; and what play() is to do. */
struct heard {
    char text[20000];
    size_t n;
    const struct syc_ruleset *set;
    enum syc_status play;
};

static void
told(void *user, const struct syc_case_result *r)
{
    struct heard *h = user;

    h->n += (size_t)snprintf(h->text + h->n, sizeof(h->text) - h->n, "%s %s %u: %s\n", r->rule,
                             r->name, r->line, r->wrong != NULL ? r->wrong : "ok");
    assert_true(h->n < sizeof(h->text));
}

/* A capture of one source, 192.0.2.7, that beats 20 times. */
static enum syc_status
play(void *user, const char *path, void (*hear)(void *to, const struct syc_verdict *v), void *to,
     struct syc_error *err)
{
    struct heard *h = user;
    struct syc_value row[TEST_FIELDS] = {0};
    struct syc_subject subject = {.kind = SYC_SUBJECT_SOURCE, .ip_v = 4, .values = row};
    static struct syc_verdict v;
    int ip_v;

    assert_string_equal(path, "loop.pcap");
    if (h->play != SYC_OK) {
        return syc_error_set(err, h->play, "cut at octet 7");
    }
    assert_true(syc_addr_parse("192.0.2.7", subject.source, &ip_v));
    put(&source_schema, row, "iat.n", int_value(20));
    put(&source_schema, row, "iat.cv", real_value(0.01));
    syc_judge(h->set, NULL, &subject, 0, &v);
    hear(to, &v);
    return SYC_OK;
}

/* Run a file; its status, and what was told or, of a fault, "LINE:COLUMN TEXT". */
static enum syc_status
run(const struct syc_ruleset *set, const char *file, struct heard *h)
{
    const struct syc_case_runner runner = {told, play, h};
    struct syc_error err = {0};
    enum syc_status status;

    h->n = 0;
    h->text[0] = '\0';
    h->set = set;
    status = syc_ruleset_test(set, "c.test.yml", file, strlen(file), &runner, &err);
    if (status != SYC_OK && status != SYC_NO_MEMORY) {
        assert_string_equal(err.file, "c.test.yml");
        snprintf(h->text, sizeof(h->text), "%u:%u %s", err.line, err.column, err.text);
    }
    return status;
}

static void
expect(enum syc_status status, const char *file, const char *text)
{
    struct syc_ruleset *set = load();
    struct heard h = {.play = SYC_OK};

    assert_int_equal(run(set, file, &h), status);
    assert_string_equal(h.text, text);
    syc_ruleset_free(set);
}

/* ------------------------------------------------------------ what is told */

static void
every_case_is_told_with_what_is_wrong(void **state)
{
    expect(SYC_OK,
           "rule: beats\ncases:\n"
           "  - name: nested\n    event: {iat: {n: 20, cv: 0.1}}\n"
           "    expect: {match: true, points: 90, identifier: steady}\n"
           "  - name: dotted\n    event: {iat.n: 20, iat.cv: 0.3}\n    expect: {match: false}\n"
           "  - name: unlike\n    event: {iat.n: 20, iat.cv: 0.1}\n    expect: {match: false}\n"
           "  - name: dear\n    event: {iat.n: 20, iat.cv: 0.1}\n    expect: {points: 95}\n"
           "  - name: other\n    event: {iat.n: 20, iat.cv: 0.1}\n    expect: {identifier: even}\n",
           "beats nested 3: ok\nbeats dotted 6: ok\nbeats unlike 9: it matches\n"
           "beats dear 12: it has 90.0 points, not 95.0\n"
           "beats other 15: identifier even does not hold\n");
}

static void
what_was_lacking_is_told(void **state)
{
    expect(SYC_OK,
           "rule: beats\ncases:\n"
           "  - name: few\n    event: {iat.n: 7, iat.cv: 0.1}\n    expect: {match: true}\n"
           "  - name: right\n    event: {iat.n: 7, iat.cv: 0.1}\n    expect: {match: false, "
           "missing: 7 of 10 gaps}\n"
           "  - name: wrong\n    event: {iat.n: 7, iat.cv: 0.1}\n    expect: {missing: 8 of 10 "
           "gaps}\n",
           "beats few 3: it does not match, for it has 7 of 10 gaps\nbeats right 6: ok\n"
           "beats wrong 9: missing is \"7 of 10 gaps\"\n");
}

static void
facts_of_every_type_are_read(void **state)
{
    expect(SYC_OK,
           "rule: thing\ncases:\n"
           "  - name: all\n    event: {count: 5, tags: [y, x], flag: true, src_ip: 10.1.2.3}\n    "
           "expect: {match: true}\n"
           "  - name: list\n    event: {count: 5, tags: [y], flag: true, src_ip: 10.1.2.3}\n    "
           "expect: {match: false}\n"
           "  - name: truth\n    event: {count: 5, tags: [x], flag: false, src_ip: 10.1.2.3}\n    "
           "expect: {match: false}\n"
           "  - name: net\n    event: {count: 5, tags: [x], flag: true, src_ip: 11.1.2.3}\n    "
           "expect: {match: false}\n",
           "thing all 3: ok\nthing list 6: ok\nthing truth 9: ok\nthing net 12: ok\n");
}

static void
a_capture_is_asked_for_its_source(void **state)
{
    expect(
        SYC_OK,
        "rule: beats\ncases:\n"
        "  - name: whole\n    capture: loop.pcap\n    expect: {match: true, points: 90}\n"
        "  - name: one\n    capture: loop.pcap\n    source: 192.0.2.7\n"
        "    expect: {label: automation, kinds: [beacon]}\n"
        "  - name: label\n    capture: loop.pcap\n    source: 192.0.2.7\n    expect: {label: "
        "mixed}\n"
        "  - name: kinds\n    capture: loop.pcap\n    source: 192.0.2.7\n    expect: {kinds: "
        "[scan]}\n"
        "  - name: none\n    capture: loop.pcap\n    source: 192.0.2.7\n    expect: {kinds: []}\n",
        "beats whole 3: ok\nbeats one 6: ok\nbeats label 10: label is automation\n"
        "beats kinds 14: kinds are [beacon]\nbeats none 18: kinds are [beacon]\n");
}

static void
documents_follow_each_other(void **state)
{
    expect(SYC_OK,
           "rule: beats\ncases:\n  - {name: a, event: {iat.n: 20, iat.cv: 0.1}, expect: {match: "
           "true}}\n"
           "---\nrule: thing\ncases:\n  - {name: b, event: {count: 1}, expect: {match: false}}\n",
           "beats a 3: ok\nthing b 7: ok\n");
}

/* ------------------------------------------------------------ faults */

#define CASE(rule, members) "rule: " rule "\ncases:\n  - {name: n, " members "}\n"

static void
a_fault_is_told_with_its_place(void **state)
{
    static const struct {
        const char *file, *text;
    } faults[] = {
        {"rule: beats\n", "1:1 a file of cases has \"rule\" and \"cases\""},
        {"rule: beats\ncases: []\n", "1:1 a file of cases has \"rule\" and \"cases\""},
        {CASE("beat", "event: {}, expect: {match: true}"), "1:7 there is no rule \"beat\""},
        {CASE("beats", "expect: {match: true}"),
         "3:5 a case has: name, expect, and event or capture (with a source or without)"},
        {CASE("beats", "event: {}, capture: c, expect: {match: true}"),
         "3:5 a case has: name, expect, and event or capture (with a source or without)"},
        {CASE("beats", "event: {}, expect: {}"),
         "3:5 a case has: name, expect, and event or capture (with a source or without)"},
        {CASE("beats", "evnet: {}, expect: {match: true}"),
         "3:15 a case has name, event or capture, source, expect, not \"evnet\""},
        {CASE("beats", "event: [], expect: {match: true}"),
         "3:22 facts are a map of names to values"},
        {CASE("beats", "event: {iat: {m: 7}}, expect: {match: true}"),
         "3:29 there is no fact \"iat.m\""},
        {CASE("beats", "event: {iat.n: 7.5}, expect: {match: true}"),
         "3:30 not a value of \"iat.n\""},
        {CASE("thing", "event: {tags: [[x]]}, expect: {match: true}"),
         "3:29 not a value of \"tags\""},
        {CASE("thing", "event: {src_ip: 10.0.0}, expect: {match: true}"),
         "3:31 not a value of \"src_ip\""},
        {CASE("beats", "event: {}, expect: {mtach: true}"),
         "3:35 expect takes match, points, missing, identifier, label and kinds, not \"mtach\""},
        {CASE("beats", "event: {}, expect: {label: mixed}"),
         "3:35 label and kinds are of a capture's source: the case needs \"source\""},
        {CASE("beats", "capture: loop.pcap, source: 192.0.2.7, expect: {label: good}"),
         "3:70 there is no label \"good\""},
        {CASE("beats", "capture: loop.pcap, source: 192.0.2.7, expect: {kinds: beacon}"),
         "3:70 kinds are a list, such as [beacon]"},
        {CASE("beats", "capture: loop.pcap, source: 192.0.2.8, expect: {match: true}"),
         "3:43 the capture has no source \"192.0.2.8\""},
        {CASE("beats", "capture: loop.pcap, source: host, expect: {match: true}"),
         "3:43 not an address: \"host\""},
        {CASE("beats", "capture: [], expect: {match: true}"),
         "3:24 a capture is the name of a file"},
        {CASE("thing", "capture: loop.pcap, expect: {match: true}"),
         "3:24 a rule that scores nothing is in no verdict: \"thing\""},
    };

    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
        expect(SYC_SYNTAX, faults[i].file, faults[i].text);
    }
}

static void
a_capture_that_is_not_read_whole_is_told(void **state)
{
    struct syc_ruleset *set = load();
    struct heard h = {.play = SYC_TRUNCATED};

    assert_int_equal(run(set, CASE("beats", "capture: loop.pcap, expect: {match: true}"), &h),
                     SYC_IO);
    assert_string_equal(h.text, "3:24 loop.pcap: cut at octet 7");
    h.play = SYC_NO_MEMORY;
    assert_int_equal(run(set, CASE("beats", "capture: loop.pcap, expect: {match: true}"), &h),
                     SYC_NO_MEMORY);
    syc_ruleset_free(set);
}

/* Rows of facts, and texts of verdicts, past the first chunk of the document's memory. */
static void
fill(char *file, size_t size)
{
    size_t n = (size_t)snprintf(file, size, "rule: beats\ncases:\n");

    for (int i = 0; i < 400; i++) {
        n += (size_t)
            snprintf(file + n, size - n,
                     "  - {name: a, event: {iat.n: 20, iat.cv: 0.1}, expect: {match: true}}\n"
                     "  - name: b\n    capture: loop.pcap\n    source: 192.0.2.7\n"
                     "    expect: {kinds: [beacon], identifier: steady}\n");
        assert_true(n < size);
    }
}

/* Allocation k fails, for each k: all cases are told, or SYC_NO_MEMORY is. */
static void
short_memory_is_told(void **state)
{
    static char file[80000];
    struct syc_ruleset *set = load();
    static struct heard whole, h;
    unsigned k = 0;

    fill(file, sizeof(file));
    assert_int_equal(run(set, file, &whole), SYC_OK);
    assert_null(strchr(whole.text, '"'));
    do {
        enum syc_status status;

        failed = false;
        fail_at = ++k;
        status = run(set, file, &h);
        fail_at = 0;
        assert_int_equal(status, failed ? SYC_NO_MEMORY : SYC_OK);
        assert_memory_equal(h.text, whole.text, h.n);
    } while (failed);
    assert_int_equal(h.n, whole.n);
    assert_true(k > 8); /* the set, the reader, the verdict, nodes and rows */
    syc_ruleset_free(set);
}

/* A program of its own: the memory that fails is one file's (failing.h). */
int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_is_told_with_what_is_wrong),
        cmocka_unit_test(what_was_lacking_is_told),
        cmocka_unit_test(facts_of_every_type_are_read),
        cmocka_unit_test(a_capture_is_asked_for_its_source),
        cmocka_unit_test(documents_follow_each_other),
        cmocka_unit_test(a_fault_is_told_with_its_place),
        cmocka_unit_test(a_capture_that_is_not_read_whole_is_told),
        cmocka_unit_test(short_memory_is_told),
    };

    return cmocka_run_group_tests_name("cases", tests, NULL, NULL);
}
