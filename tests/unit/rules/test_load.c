#include "tests/unit/rules/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Places are counted by hand. THING_HEAD is lines 1 to 4; what follows starts at line 5. */

#define GOOD "    s: {count: 1}\n    condition: s\n"

static void
a_rule_keeps_its_metadata(void **state)
{
    struct syc_ruleset *set = new_set();
    const struct syc_sigma_rule *rule;
    const struct syc_rule_problem *p;

    parse(set, "rules/some_rule.yml",
          "title: A title\n"
          "id: 6f6a2c1e-58a3-4f0e-9b1f-0d2f6f7a1c01\n"
          "related:\n"
          "    - {id: 6f6a2c1e-58a3-4f0e-9b1f-0d2f6f7a1c02, type: derived}\n"
          "taxonomy: syncopate\n"
          "status: test\n"
          "description: What it is\n"
          "license: BSD-3-Clause\n"
          "author: Somebody\n"
          "references: [one, two]\n"
          "date: 2026-11-25\n"
          "modified: 2026-12-01\n"
          "logsource: {product: syncopate, category: thing}\n"
          "detection:\n" GOOD "fields: [count, name]\n"
          "falsepositives: [None known]\n"
          "level: low\n"
          "tags: [attack.t1071]\n"
          "scope: [server]\n");
    assert_int_equal(syc_ruleset_problems(set, &p), 0);
    assert_int_equal(syc_ruleset_loaded(set), 1);
    rule = syc_ruleset_rule(set, 0);
    assert_string_equal(rule->title, "A title");
    assert_string_equal(rule->id, "6f6a2c1e-58a3-4f0e-9b1f-0d2f6f7a1c01");
    assert_string_equal(rule->name, "some_rule"); /* after the file */
    assert_string_equal(rule->taxonomy, "syncopate");
    assert_string_equal(rule->status, "test");
    assert_string_equal(rule->description, "What it is");
    assert_string_equal(rule->license, "BSD-3-Clause");
    assert_string_equal(rule->author, "Somebody");
    assert_string_equal(rule->date, "2026-11-25");
    assert_string_equal(rule->modified, "2026-12-01");
    assert_string_equal(rule->level, "low");
    assert_int_equal(rule->references.count, 2);
    assert_string_equal(rule->references.items[1], "two");
    assert_int_equal(rule->fields.count, 2);
    assert_string_equal(rule->falsepositives.items[0], "None known");
    assert_string_equal(rule->tags.items[0], "attack.t1071");
    assert_string_equal(rule->scope.items[0], "server");
    assert_int_equal(rule->related_count, 1);
    assert_string_equal(rule->related[0].type, "derived");
    assert_string_equal(rule->schema->category, "thing");
    assert_null(rule->extra);
    syc_ruleset_free(set);
}

/* One faulty document a row; findings as "LINE:COLUMN CODE". */
static void
each_fault_of_a_document_has_its_code_and_place(void **state)
{
    static const struct {
        const char *text, *expected;
        size_t loaded;
    } rows[] = {
        {"- a\n", "1:1 R011", 0},
        {"title: T\n", "1:1 R101\n1:1 R101", 0},
        {"title: T\nlogsource: {product: syncopate}\ndetection:\n" GOOD, "2:12 R101", 0},
        {THING_HEAD "    s: {count: 1}\n", "5:5 R101", 0},
        {THING_HEAD "    s: {cuont: 1}\n    condition: s\n", "5:9 R102", 0},
        {THING_HEAD GOOD "statsu: test\n", "7:1 R103", 1},
        {THING_HEAD GOOD "author: [a]\n", "7:9 R104", 0},
        {THING_HEAD GOOD "tags: a\n", "7:7 R104", 0},
        {THING_HEAD GOOD "related: [{id: x}]\n", "7:11 R104", 0},
        {THING_HEAD GOOD "related: x\n", "7:10 R104", 0},
        {THING_HEAD GOOD "related: {}\n", "7:10 R104", 0},
        {THING_HEAD GOOD "falsepositives: none\n", "7:17 R104", 0},
        {"title: T\nlogsource: thing\ndetection:\n" GOOD, "2:12 R104", 0},
        {"title: T\nlogsource: {product: syncopate, category: thing}\ndetection: x\n", "3:12 R104",
         0},
        {THING_HEAD GOOD "level: hihg\n", "7:8 R105", 0},
        {THING_HEAD GOOD "status: done\n", "7:9 R105", 0},
        {THING_HEAD GOOD "id: 42\n", "7:5 R106", 1},
        {THING_HEAD GOOD "date: 25.11.2026\n", "7:7 R107", 1},
        {THING_HEAD GOOD "modified: 2026-13-01\n", "7:11 R107", 1},
        {THING_HEAD GOOD "taxonomy: ecs\n", "7:11 R108", 0},
        {"title: T\nlogsource: {category: thing}\ndetection:\n" GOOD, "2:12 R109", 1},
        {"title: T\nlogsource: {product: syncopate, category: nothing}\ndetection:\n" GOOD,
         "2:43 R110", 0},
        {"title: T\nlogsource: {product: syncopate, category: thing, service: "
         "x}\ndetection:\n" GOOD,
         "2:50 R111", 1},
        {"title: T\ncorrelation: {type: event_count}\n", "2:14 R101\n2:14 R101\n2:14 R101", 0},
        {"title: T\nfilter: {rules: [a]}\n", "2:1 R113", 0},
        {"action: global\ntitle: T\n", "1:1 R114", 0},
        {THING_HEAD GOOD "level: high\n", "1:1 R117", 1},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        expect_findings(rows[i].text, rows[i].expected, rows[i].loaded);
    }
}

static void
each_fault_of_a_detection_has_its_code_and_place(void **state)
{
    static const struct {
        const char *text, *expected;
        size_t loaded;
    } rows[] = {
        {THING_HEAD "    condition: s\n", "5:5 R201", 0},
        {THING_HEAD "    s: [one, two]\n    condition: s\n", "5:9 R202", 0},
        {THING_HEAD "    s: word\n    condition: s\n", "5:8 R202", 0},
        {THING_HEAD "    s: {'|contains': x}\n    condition: s\n", "5:9 R202", 0},
        {THING_HEAD "    s:\n    condition: s\n", "5:7 R203", 0},
        {THING_HEAD "    s: {}\n    condition: s\n", "5:8 R203", 0},
        {THING_HEAD "    s: [{}]\n    condition: s\n", "5:9 R203", 0},
        {THING_HEAD "    not: {count: 1}\n    condition: 1 of them\n", "5:5 R204", 0},
        {THING_HEAD "    a b: {count: 1}\n    condition: 1 of them\n", "5:5 R204", 0},
        {THING_HEAD "    s: {name|re: x}\n    condition: s\n", "5:14 R206", 0},
        {THING_HEAD "    s: {name|contain: x}\n    condition: s\n", "5:14 R207", 0},
        {THING_HEAD "    s: {count|gt|lt: 1}\n    condition: s\n", "5:18 R208", 0},
        {THING_HEAD "    s: {name|cased|cased: x}\n    condition: s\n", "5:20 R208", 0},
        {THING_HEAD "    s: {count|neq|gt: 1}\n    condition: s\n", "5:9 R208", 0},
        {THING_HEAD "    s: {count|all|gt: 1}\n    condition: s\n", "5:9 R208", 0},
        {THING_HEAD "    s: {name|gt: 1}\n    condition: s\n", "5:9 R209", 0},
        {THING_HEAD "    s: {count|contains: 1}\n    condition: s\n", "5:9 R209", 0},
        {THING_HEAD "    s: {name|cidr: 10.0.0.0/8}\n    condition: s\n", "5:9 R209", 0},
        {THING_HEAD "    sel: {count: 1}\n    condition: 1 of select_*\n", "6:16 R210", 0},
        {THING_HEAD "    sel: {count: 1}\n    condition: sel and sle\n", "6:24 R211", 0},
        {THING_HEAD "    s: {count: 1}\n    condition: s and\n", "6:21 R212", 0},
        {THING_HEAD "    s: {count: 1}\n    condition: 2 of them\n", "6:16 R212", 0},
        {THING_HEAD "    s: {count: 1}\n    condition: (s\n", "6:16 R212", 0},
        {THING_HEAD "    s: {count: 1}\n    condition: s)\n", "6:17 R212", 0},
        {THING_HEAD "    s: {count: 1}\n    condition: s s\n", "6:18 R212", 0},
        {THING_HEAD "    s: {count: 1}\n    condition: s and , s\n", "6:22 R212", 0},
        {THING_HEAD "    s: {count: 1}\n    condition: s*\n", "6:16 R212", 0},
        {THING_HEAD "    s: {count: 1}\n    t: {count: 2}\n    condition: s\n", "6:5 R213", 1},
        {THING_HEAD "    s: {count: 1}\n    condition: s | count() > 5\n", "6:18 R215", 0},
        {THING_HEAD "    s: {count: 1}\n    condition: |\n        s\n", "6:16 R216", 0},
        {THING_HEAD "    timeframe: 5m\n    s: {count: 1}\n    condition: s\n", "5:5 R217", 0},
        {THING_HEAD "    s: {count: 1}\n    condition: {a: b}\n", "6:16 R104", 0},
        {THING_HEAD "    s: {count: 1}\n    condition: []\n", "6:16 R104", 0},
        {THING_HEAD "    s: {count: 1}\n    condition: [s, [s]]\n", "6:20 R104", 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        expect_findings(rows[i].text, rows[i].expected, rows[i].loaded);
    }
}

static void
each_fault_of_a_value_has_its_code_and_place(void **state)
{
    static const struct {
        const char *text, *expected;
        size_t loaded;
    } rows[] = {
        {THING_HEAD "    s: {count: many}\n    condition: s\n", "5:16 R301", 0},
        {THING_HEAD "    s: {count: 010}\n    condition: s\n", "5:16 R301", 0},
        {THING_HEAD "    s: {count|gt: .nan}\n    condition: s\n", "5:19 R301", 0},
        {THING_HEAD "    s: {flag: yes}\n    condition: s\n", "5:15 R301", 0},
        {THING_HEAD "    s: {src_ip: 10.0.0.0/8}\n    condition: s\n", "5:17 R301", 0},
        {THING_HEAD "    s: {count: {a: 1}}\n    condition: s\n", "5:16 R104", 0},
        {THING_HEAD "    s: {name: [a, null]}\n    condition: s\n", "5:19 R302", 0},
        {THING_HEAD "    s: {count|gt: null}\n    condition: s\n", "5:19 R303", 0},
        {THING_HEAD "    s: {count: []}\n    condition: s\n", "5:16 R304", 0},
        {THING_HEAD "    s: {count: 9223372036854775808}\n    condition: s\n", "5:16 R305", 0},
        {THING_HEAD "    s: {size_ratio: 1e999}\n    condition: s\n", "5:21 R305", 0},
        {THING_HEAD "    s: {src_ip|cidr: 10.0.0.0/33}\n    condition: s\n", "5:22 R306", 0},
        {THING_HEAD "    s: {src_ip|cidr: 10.0.0.1/8}\n    condition: s\n", "5:22 R307", 1},
        {THING_HEAD "    s: {count: '1'}\n    condition: s\n", "5:16 R308", 1},
        {THING_HEAD "    s: {count: 1*}\n    condition: s\n", "5:16 R309", 0},
        {THING_HEAD "    s: {count|exists: 1}\n    condition: s\n", "5:23 R310", 0},
        {THING_HEAD "    s: {count|fieldref: name}\n    condition: s\n", "5:25 R311", 0},
        {THING_HEAD "    s: {count|fieldref: [other]}\n    condition: s\n", "5:25 R311", 0},
        {THING_HEAD "    s: {count|fieldref: othr}\n    condition: s\n", "5:25 R102", 0},
        {THING_HEAD "    s: {count|neq: 1}\n    condition: s\n", "5:9 R312", 1},
        {THING_HEAD "    s: {alias|neq: x}\n    condition: s\n", "", 1}, /* never absent */
        {THING_HEAD "    s: {count|gte: 10, count|lt: 5}\n    condition: s\n", "5:24 R313", 1},
        {THING_HEAD "    s: {count|gte: 5, count|lte: 5}\n    condition: s\n", "", 1},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        expect_findings(rows[i].text, rows[i].expected, rows[i].loaded);
    }
}

#define SCORED(key) THING_HEAD GOOD "syncopate: " key "\n"

static void
each_fault_of_the_syncopate_key_has_its_code_and_place(void **state)
{
    static const struct {
        const char *text, *expected;
        size_t loaded;
    } rows[] = {
        {SCORED("{group: g, point: 60}"), "7:23 R401", 0},
        {SCORED("{group: g, points: 60, ramp: {field: count, from: 1, to: 2, points: [50, 60]}}"),
         "7:1 R402", 0},
        {SCORED("{group: g, points: 100}"), "7:31 R403", 0},
        {SCORED("{group: g, points: 0.5}"), "7:31 R403", 0},
        {SCORED("{group: g, points: high}"), "7:31 R403", 0},
        {SCORED("{group: g, ramp: {field: count, from: 1, to: 2}}"), "7:29 R404", 0},
        {SCORED("{group: g, ramp: {field: count, from: 1, to: 1, points: [50, 60]}}"), "7:57 R404",
         0},
        {SCORED("{group: g, ramp: {field: count, from: 1, to: 2, points: [50]}}"), "7:68 R404", 0},
        {SCORED("{group: g, ramp: {field: nane, from: 1, to: 2, points: [50, 60]}}"), "7:37 R102",
         0},
        {SCORED("{group: g, ramp: {field: name, from: 1, to: 2, points: [50, 60]}}"), "7:37 R406",
         0},
        {SCORED("{group: g, points: 60, needs: {count: many}}"), "7:50 R405", 0},
        {SCORED("{group: g, points: 60, needs: {}}"), "7:42 R405", 0},
        {SCORED("{group: g, points: 60, needs: {src_ip: 1}}"), "7:43 R406", 0},
        {SCORED("{points: 60}"), "7:1 R407", 1},
        {SCORED("{group: g, points: 40, hard: true}"), "7:1 R408", 0},
        {SCORED("{group: g, hard: true, ramp: {field: count, from: 1, to: 2, points: [40, 90]}}"),
         "7:1 R408", 0},
        {SCORED("{group: g, points: 60, hard: 1}"), "7:41 R104", 0},
        {SCORED("{group: g}"), "7:1 R410", 1},
        {SCORED("{group: 'a b', points: 60}"), "7:20 R104", 0},
        {SCORED("points"), "7:12 R104", 0},
        {SCORED("{group: g, points: 60, filter: \"a\\nb\"}"), "7:43 R104", 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        expect_findings(rows[i].text, rows[i].expected, rows[i].loaded);
    }
}

static void
hints_name_the_nearest_word(void **state)
{
    static const struct {
        const char *text, *hint;
    } rows[] = {
        {THING_HEAD "    s: {cuont: 1}\n    condition: s\n", "did you mean \"count\"?"},
        {THING_HEAD "    s: {name|contain: x}\n    condition: s\n", "did you mean \"contains\"?"},
        {THING_HEAD "    s: {name|re: x}\n    condition: s\n", "the nearest is \"contains\""},
        {THING_HEAD "    s: {flag: 'true'}\n    condition: s\n", "remove the quotes"},
        {THING_HEAD "    s: {flag|exists: \"False\"}\n    condition: s\n", "remove the quotes"},
        {THING_HEAD "    sel: {count: 1}\n    condition: sle\n", "did you mean \"sel\"?"},
        {THING_HEAD GOOD "statsu: x\n", "did you mean \"status\"?"},
        {THING_HEAD GOOD "level: hihg\n", "did you mean \"high\"?"},
        {THING_HEAD GOOD "syncopat: {points: 60}\n", "did you mean \"syncopate\"?"},
        {SCORED("{group: g, ponits: 60}"), "did you mean \"points\"?"},
        {"title: T\nlogsource: {product: syncopate, category: x}\ndetection:\n" GOOD,
         "known: thing source connection"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct syc_ruleset *set = new_set();
        const struct syc_rule_problem *p;

        parse(set, "t.yml", rows[i].text);
        assert_int_equal(syc_ruleset_problems(set, &p), 1);
        assert_non_null(p[0].hint);
        assert_string_equal(p[0].hint, rows[i].hint);
        syc_ruleset_free(set);
    }
}

static void
a_refused_document_leaves_the_others(void **state)
{
    struct syc_ruleset *set = new_set();
    const struct syc_rule_problem *p;

    parse(set, "dir/three.yml",
          "title: one\nlogsource: {product: syncopate, category: thing}\ndetection:\n" GOOD "---\n"
          "title: two\nlogsource: {product: syncopate, category: thing}\ndetection:\n"
          "    s: {a: 1, b: 2}\n    condition: t\n"
          "---\n"
          "title: three\nlogsource: {product: syncopate, category: thing}\ndetection:\n" GOOD);
    assert_int_equal(syc_ruleset_loaded(set), 2);
    assert_int_equal(syc_ruleset_refused(set), 1);
    assert_int_equal(syc_ruleset_problems(set, &p), 3); /* both fields and the identifier */
    assert_string_equal(syc_ruleset_rule(set, 0)->name, "three");
    assert_string_equal(syc_ruleset_rule(set, 1)->name, "three#3");
    assert_int_equal(syc_ruleset_rule(set, 1)->line, 13);
    syc_ruleset_free(set);
}

static void
rules_of_other_products_are_skipped_not_judged(void **state)
{
    struct syc_ruleset *set = new_set();
    const struct syc_rule_problem *p;

    parse(set, "win.yml",
          "title: W\nlogsource: {product: windows, category: process_creation}\n"
          "detection:\n    s:\n        Image|re: x\n    condition: s | count() > 3\n");
    assert_int_equal(syc_ruleset_skipped(set), 1);
    assert_int_equal(syc_ruleset_refused(set), 0);
    assert_int_equal(syc_ruleset_loaded(set), 0);
    assert_int_equal(syc_ruleset_problems(set, &p), 0);
    syc_ruleset_free(set);
}

static void
the_sigma_taxonomy_knows_aliases(void **state)
{
    expect_findings(THING_HEAD "    s: {SourceIp|cidr: 10.0.0.0/8}\n    condition: s\n"
                               "taxonomy: sigma\n",
                    "", 1);
    expect_findings(THING_HEAD "    s: {SourceIp|cidr: 10.0.0.0/8}\n    condition: s\n"
                               "taxonomy: syncopate\n",
                    "5:9 R102", 0);
}

/* 64 tests fit, the 65th is too many; its place is that of its key. */
static void
a_rule_has_at_most_64_tests(void **state)
{
    for (int n = 64; n <= 65; n++) {
        char text[4096];
        size_t used = (size_t)snprintf(text, sizeof(text), THING_HEAD "    s:\n");

        for (int i = 0; i < n; i++) {
            used += (size_t)snprintf(text + used, sizeof(text) - used, "        - count: %d\n", i);
        }
        snprintf(text + used, sizeof(text) - used, "    condition: s\n");
        expect_findings(text, n == 64 ? "" : "70:11 R205", n == 64);
    }
}

/* 300 documents, each refused for an unknown field: 256 findings, and one that says there are more. */
static void
findings_of_a_file_are_capped(void **state)
{
    struct syc_ruleset *set = new_set();
    const struct syc_rule_problem *p;
    char *text = calloc(1, 65536);
    size_t used = 0;

    assert_non_null(text);
    for (int i = 0; i < 300; i++) {
        used += (size_t)snprintf(text + used, 65536 - used,
                                 "---\ntitle: T\nlogsource: {product: syncopate, category: thing}\n"
                                 "detection:\n    s: {f%d: 1}\n    condition: s\n",
                                 i);
    }
    parse(set, "t.yml", text);
    assert_int_equal(syc_ruleset_problems(set, &p), 257);
    assert_string_equal(p[255].code, "R102");
    assert_string_equal(p[256].code, "R009");
    assert_true(p[256].error);
    assert_int_equal(syc_ruleset_refused(set), 300);
    syc_ruleset_free(set);
    /* remarks that are left out are no error: the rule loads, and its check has nothing against it */
    set = new_set();
    used = (size_t)sprintf(text, THING_HEAD GOOD);
    for (int i = 0; i < 300; i++) {
        used += (size_t)snprintf(text + used, 65536 - used, "x%d: 1\n", i);
    }
    parse(set, "t.yml", text);
    assert_int_equal(syc_ruleset_problems(set, &p), 257);
    assert_string_equal(p[256].code, "R009");
    assert_false(p[256].error);
    assert_int_equal(syc_ruleset_loaded(set), 1);
    syc_ruleset_free(set);
    free(text);
}

/* Ten thousand rules load; the next is refused with the rest of its file. */
static void
a_set_holds_ten_thousand_rules(void **state)
{
    static const char one[] = "---\ntitle: T\nlogsource: {product: syncopate, category: thing}\n"
                              "detection: {s: {count: 1}, condition: s}\n";
    const size_t length = sizeof(one) - 1, each = 5001;
    char *text = malloc(each * length);
    struct syc_ruleset *set = new_set();
    const struct syc_rule_problem *p;

    assert_non_null(text);
    for (size_t i = 0; i < each; i++) {
        memcpy(text + i * length, one, length);
    }
    assert_int_equal(syc_ruleset_parse(set, "a.yml", text, each * length), SYC_OK);
    assert_int_equal(syc_ruleset_problems(set, &p), 0);
    assert_int_equal(syc_ruleset_parse(set, "b.yml", text, each * length), SYC_OK);
    assert_int_equal(syc_ruleset_loaded(set), 10000);
    assert_int_equal(syc_ruleset_problems(set, &p), 1);
    assert_string_equal(p[0].code, "R010");
    syc_ruleset_free(set);
    free(text);
}

static void
words_of_the_file_reach_findings_escaped(void **state)
{
    struct syc_ruleset *set = new_set();
    const struct syc_rule_problem *p;

    parse(set, "t.yml", THING_HEAD "    s: {\"\\e[31mred\": 1}\n    condition: s\n");
    assert_int_equal(syc_ruleset_problems(set, &p), 1);
    assert_string_equal(p[0].text, "unknown field \"\\x1b[31mred\" for category \"thing\"");
    syc_ruleset_free(set);
}

static void
names_and_ids_in_use_twice_are_remarked(void **state)
{
    static const char head[] = "id: 6f6a2c1e-58a3-4f0e-9b1f-0d2f6f7a1c01\n" THING_HEAD GOOD;
    struct syc_ruleset *set = new_set();
    const struct syc_rule_problem *p;

    parse(set, "a.yml", head);
    parse(set, "b.yml", head);
    assert_int_equal(syc_ruleset_seal(set), SYC_OK);
    assert_int_equal(syc_ruleset_problems(set, &p), 2);
    assert_string_equal(p[0].code, "R116");
    assert_string_equal(p[1].code, "R116");
    assert_int_equal(syc_ruleset_loaded(set), 2);
    assert_int_equal(syc_ruleset_parse(set, "c.yml", head, strlen(head)), SYC_USAGE);
    assert_int_equal(syc_ruleset_seal(set), SYC_USAGE);
    syc_ruleset_free(set);
}

static void
doubles_are_found_however_the_others_are_called(void **state)
{
    static const char *const heads[] = {"id: 1\nname: t\n", "id: 2\nname: u\n", "id: 3\nname: t\n"};
    struct syc_ruleset *set = new_set();
    const struct syc_rule_problem *p;
    size_t n, twice = 0;

    for (size_t i = 0; i < 3; i++) {
        char text[512];

        snprintf(text, sizeof(text),
                 "%stitle: T\nlogsource: {product: syncopate, category: thing}\ndetection:\n" GOOD,
                 heads[i]);
        parse(set, "t.yml", text);
    }
    assert_int_equal(syc_ruleset_seal(set), SYC_OK);
    n = syc_ruleset_problems(set, &p);
    for (size_t i = 0; i < n; i++) {
        twice += strcmp(p[i].code, "R116") == 0;
    }
    assert_int_equal(twice, 1);
    syc_ruleset_free(set);
}

/* The second list of a key must not go on where the first one ended: there is room for its own items only. */
static void
a_list_that_comes_twice_stays_in_its_room(void **state)
{
    struct syc_ruleset *set = new_set();
    const struct syc_rule_problem *p;
    size_t n;

    parse(set, "t.yml",
          THING_HEAD "    a: {count: 1}\n    condition: a\n"
                     "references: [a, b, c, d, e, f, g, h]\nreferences: [i]\n"
                     "related: [{id: 1, type: derived}, {id: 2, type: derived}]\n"
                     "related: [{id: 3, type: derived}]\n");
    n = syc_ruleset_problems(set, &p);
    assert_true(n >= 2);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(strncmp(p[i].text, "duplicate key", 13) == 0 ||
                             strncmp(p[i].code, "R0", 2) != 0,
                         1);
    }
    assert_int_equal(syc_ruleset_loaded(set), 0);
    syc_ruleset_free(set);
}

static void
digest_of(const char *one, const char *two, char out[72])
{
    struct syc_ruleset *set = new_set();

    parse(set, "one.yml", one);
    parse(set, "two.yml", two);
    assert_int_equal(syc_ruleset_seal(set), SYC_OK);
    strcpy(out, syc_ruleset_digest(set));
    syc_ruleset_free(set);
}

static void
the_digest_is_of_the_rules_whatever_their_order(void **state)
{
    static const char a[] = THING_HEAD GOOD;
    static const char b[] =
        "title: U\nname: u\nlogsource: {product: syncopate, category: thing}\ndetection:\n" GOOD;
    static const char c[] =
        "title: V\nname: u\nlogsource: {product: syncopate, category: thing}\ndetection:\n" GOOD;
    char ab[72], ba[72], ac[72];

    digest_of(a, b, ab);
    digest_of(b, a, ba);
    digest_of(a, c, ac);
    assert_string_equal(ab, ba);
    assert_string_not_equal(ab, ac);
    assert_int_equal(strlen(ab), strlen("sha256:") + 64);
    assert_memory_equal(ab, "sha256:", 7);
}

/* Sigma's schema has at most 256 characters of a title, whatever octets they take; of a license it sets no length. */
static void
lengths_are_counted_in_characters(void **state)
{
    char text[2048];

    for (int letters = 256; letters <= 257; letters++) {
        strcpy(text, "title: ");
        for (int i = 0; i < letters; i++) {
            strcat(text, "\u00e9");
        }
        strcat(text, "\nlogsource: {product: syncopate, category: thing}\ndetection:\n" GOOD);
        expect_findings(text, letters == 256 ? "" : "1:8 R115", letters == 256);
    }
    snprintf(text, sizeof(text), THING_HEAD GOOD "author: a\nlicense: %0300d\n", 1);
    expect_findings(text, "", 1);
    snprintf(text, sizeof(text), THING_HEAD GOOD "taxonomy: %0257d\n", 1);
    expect_findings(text, "7:11 R115", 0);
}

static bool
keep_dump(void *user, const char *text, size_t n)
{
    char *all = user;

    strncat(all, text, n);
    return true;
}

/* What was escaped in the file is escaped in its dump, and a long text is all there, its end included. */
static void
a_dump_asks_the_same_of_a_long_text(void **state)
{
    enum { STARS = 1500 };
    struct syc_ruleset *set = new_set();
    struct syc_value row[THING_FIELDS] = {0};
    char text[2 * STARS + 256] = THING_HEAD "    s: {name: '", dump[4 * STARS + 1024] = "";
    char name[STARS + 2] = "";

    for (int i = 0; i < STARS; i++) {
        strcat(text, "\\*");
        strcat(name, "*");
    }
    strcat(text, "z'}\n    condition: s\n");
    name[STARS] = 'z';
    parse(set, "t.yml", text);
    assert_int_equal(syc_ruleset_seal(set), SYC_OK);
    assert_int_equal(syc_ruleset_dump(set, keep_dump, dump), SYC_OK);
    put(&thing_schema, row, "name", text_value(name));
    assert_true(matches(dump, row));
    name[STARS] = 'y';
    assert_false(matches(dump, row));
    name[STARS] = 'z';
    name[0] = 'x';
    assert_false(matches(dump, row));
    syc_ruleset_free(set);
}

static void
a_dump_keeps_what_is_only_told(void **state)
{
    struct syc_ruleset *set = new_set();
    char dump[4096] = "";

    parse(set, "t.yml",
          THING_HEAD GOOD "related: [{id: x, type: similar}]\n---\n"
                          "title: C\nname: c\ncorrelation: {type: event_count, rules: [a], "
                          "group-by: [src_ip], timespan: 1s, condition: {gte: 2}}\n"
                          "generate: true\n---\n"
                          "title: A\nname: a\nlogsource: {product: syncopate, category: "
                          "connection}\ndetection: {s: {dest_port: 1}, condition: s}\n");
    assert_int_equal(syc_ruleset_seal(set), SYC_OK);
    assert_int_equal(syc_ruleset_loaded(set), 3);
    assert_int_equal(syc_ruleset_dump(set, keep_dump, dump), SYC_OK);
    assert_non_null(strstr(dump, "\nrelated:\n- id: 'x'\n  type: 'similar'\n"));
    assert_non_null(strstr(dump, "\ngenerate: true\n"));
    syc_ruleset_free(set);
}

int
test_load_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_keeps_its_metadata),
        cmocka_unit_test(each_fault_of_a_document_has_its_code_and_place),
        cmocka_unit_test(each_fault_of_a_detection_has_its_code_and_place),
        cmocka_unit_test(each_fault_of_a_value_has_its_code_and_place),
        cmocka_unit_test(each_fault_of_the_syncopate_key_has_its_code_and_place),
        cmocka_unit_test(hints_name_the_nearest_word),
        cmocka_unit_test(a_refused_document_leaves_the_others),
        cmocka_unit_test(rules_of_other_products_are_skipped_not_judged),
        cmocka_unit_test(the_sigma_taxonomy_knows_aliases),
        cmocka_unit_test(a_rule_has_at_most_64_tests),
        cmocka_unit_test(findings_of_a_file_are_capped),
        cmocka_unit_test(a_set_holds_ten_thousand_rules),
        cmocka_unit_test(words_of_the_file_reach_findings_escaped),
        cmocka_unit_test(names_and_ids_in_use_twice_are_remarked),
        cmocka_unit_test(doubles_are_found_however_the_others_are_called),
        cmocka_unit_test(a_list_that_comes_twice_stays_in_its_room),
        cmocka_unit_test(the_digest_is_of_the_rules_whatever_their_order),
        cmocka_unit_test(a_dump_asks_the_same_of_a_long_text),
        cmocka_unit_test(a_dump_keeps_what_is_only_told),
        cmocka_unit_test(lengths_are_counted_in_characters),
    };

    return cmocka_run_group_tests_name("rules: loading", tests, NULL, NULL);
}
