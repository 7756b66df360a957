#include "rules/sigma_int.h"
#include "tests/unit/rules/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Expected places below are counted by hand in the text beside them: lines and characters from 1. */

/* The first document of a text, with the reader and arena that hold it. */
struct tree {
    struct syc_sigma_options options;
    struct syc_sigma *set;
    struct syc_sigma_reader *reader;
    struct syc_arena arena;
    struct syc_yaml yaml;
    struct syc_yaml_node *root;
    enum syc_status status;
};

static void
grow(struct tree *t, const char *text)
{
    memset(t, 0, sizeof(*t));
    t->options.product = "syncopate";
    t->set = syc_sigma_new(&t->options);
    t->reader = calloc(1, sizeof(*t->reader));
    assert_non_null(t->set);
    assert_non_null(t->reader);
    t->reader->set = t->set;
    t->reader->arena = &t->set->arena;
    t->reader->file = "t.yml";
    t->reader->text = text;
    t->reader->n = strlen(text);
    assert_int_equal(syc_yaml_init(&t->yaml, t->reader, text, strlen(text)), SYC_OK);
    t->status = syc_yaml_next(&t->yaml, &t->arena, &t->root);
}

static void
fell(struct tree *t)
{
    syc_yaml_fini(&t->yaml);
    syc_arena_fini(&t->arena);
    syc_sigma_free(t->set);
    free(t->reader);
}

static void
expect_place(struct syc_place at, unsigned line, unsigned column)
{
    assert_int_equal(at.line, line);
    assert_int_equal(at.column, column);
}

static void
every_node_knows_its_place(void **state)
{
    struct tree t;
    const struct syc_yaml_node *list, *map;

    grow(&t, "a: 1\n"
             "list:\n"
             "  - x\n"
             "  -   'y z'\n"
             "map: {k: v, \xC3\xA4\xC3\xB6: w}\n");
    assert_int_equal(t.status, SYC_OK);
    expect_place(t.root->at, 1, 1);
    assert_int_equal(t.root->count, 3);
    expect_place(t.root->first->key->at, 1, 1);
    expect_place(t.root->first->at, 1, 4);
    list = syc_yaml_find(t.root, "list");
    expect_place(list->key->at, 2, 1);
    expect_place(list->at, 3, 3);
    expect_place(list->first->at, 3, 5);
    expect_place(list->last->at, 4, 7);
    assert_string_equal(list->last->text, "y z");
    map = syc_yaml_find(t.root, "map");
    expect_place(map->at, 5, 6);
    /* The umlauts are two characters in four octets: w stands at column 17. */
    expect_place(map->last->key->at, 5, 13);
    expect_place(map->last->at, 5, 17);
    assert_int_equal(t.reader->text[map->last->from], 'w');
    fell(&t);
}

static void
documents_come_one_by_one(void **state)
{
    struct tree t;

    grow(&t, "a: 1\n---\n- b\n...\n---\nc\n");
    assert_int_equal(t.root->kind, SYC_YAML_MAP);
    assert_int_equal(syc_yaml_next(&t.yaml, &t.arena, &t.root), SYC_OK);
    assert_int_equal(t.root->kind, SYC_YAML_LIST);
    expect_place(t.root->at, 3, 1);
    assert_int_equal(syc_yaml_next(&t.yaml, &t.arena, &t.root), SYC_OK);
    assert_string_equal(t.root->text, "c");
    assert_int_equal(syc_yaml_next(&t.yaml, &t.arena, &t.root), SYC_END);
    fell(&t);
}

static void
nulls_are_plain_only(void **state)
{
    struct tree t;
    bool expected[] = {true, true, true, false, false, false};
    size_t i = 0;

    grow(&t, "[~, null, NULL, 'null', '', nul]\n");
    for (const struct syc_yaml_node *n = t.root->first; n; n = n->next) {
        assert_int_equal(syc_yaml_is_null(n), expected[i++]);
    }
    assert_int_equal(i, 6);
    fell(&t);
}

static void
columns_inside_a_scalar_follow_folding_and_quotes(void **state)
{
    struct tree t;
    const char *text = "a: one two\n"
                       "b: 'it''s x'\n"
                       "c: one\n"
                       "   two\n"
                       "\n"
                       "\n"
                       "   three\n"
                       "d: \"one\\ttwo\"\n";
    const struct syc_yaml_node *n;

    grow(&t, text);
    assert_int_equal(t.status, SYC_OK);
    expect_place(syc_yaml_place(text, syc_yaml_find(t.root, "a"), 4), 1, 8);
    /* it's x: the x is octet 5 of the value, and behind two quotes more in the file. */
    expect_place(syc_yaml_place(text, syc_yaml_find(t.root, "b"), 5), 2, 11);
    n = syc_yaml_find(t.root, "c");
    assert_string_equal(n->text, "one two\n\nthree");
    expect_place(syc_yaml_place(text, n, 4), 4, 4);
    expect_place(syc_yaml_place(text, n, 9), 7, 4);
    /* Behind an escape the count is lost: the start of the scalar is answered. */
    expect_place(syc_yaml_place(text, syc_yaml_find(t.root, "d"), 5), 8, 4);
    fell(&t);
}

static void
duplicate_keys_are_refused_with_the_first_place(void **state)
{
    struct syc_ruleset *set = new_set();
    const struct syc_rule_problem *p;

    parse(set, "dir/b.yml",
          THING_HEAD "    s:\n"
                     "        count: 1\n"
                     "        name: x\n"
                     "        count: 2\n"
                     "    condition: s\n");
    assert_int_equal(syc_ruleset_problems(set, &p), 1);
    assert_string_equal(p[0].file, "dir/b.yml");
    assert_string_equal(p[0].code, "R004");
    assert_int_equal(p[0].line, 8);
    assert_int_equal(p[0].column, 9);
    assert_string_equal(p[0].text, "duplicate key \"count\" (first at 6:9)");
    assert_true(p[0].error);
    assert_int_equal(syc_ruleset_refused(set), 1);
    syc_ruleset_free(set);
}

static void
what_yaml_adds_beyond_data_is_refused(void **state)
{
    expect_findings("a: &x 1\n", "1:1 R101\n1:1 R101\n1:1 R101\n1:1 R103\n1:4 R005", 0);
    expect_findings("- *x\n", "1:1 R011\n1:3 R005", 0);
    expect_findings("- !!str x\n", "1:1 R011\n1:3 R006", 0);
    expect_findings("%TAG ! tag:x,2026:\n--- [1]\n", "1:1 R006\n2:5 R011", 0);
    expect_findings("- {<<: {a: 1}}\n", "1:1 R011\n1:4 R007", 0);
    expect_findings("- {[a]: 1}\n", "1:1 R011\n1:4 R008", 0);
    expect_findings("- \"a\\0b\"\n", "1:1 R011\n1:3 R012", 0);
    expect_findings("- 'plain <<'\n", "1:1 R011", 0);
}

/* "[" n times: the root and n - 1 lists in it; the 65th list is one level too deep. */
/* Rules that are not there find nothing, which looks like a clean bill. */
static void
a_file_without_a_rule_is_told(void **state)
{
    expect_findings("", "0:0 R013", 0);
    expect_findings("# all of it\n---\n# is comments\n...\n", "0:0 R013", 0);
    expect_findings("\xEF\xBB\xBF", "0:0 R013", 0);
    expect_findings("- x\n", "1:1 R011", 0);
    expect_findings("\"\n", "2:1 R002", 0);
    expect_findings("title: T\nlogsource: {product: zeek}\n", "", 0);
}

static void
nesting_ends_at_64(void **state)
{
    char text[70];

    memset(text, 0, sizeof(text));
    memset(text, '[', 65);
    expect_findings(text, "1:65 R003", 0);
    memset(text, 0, sizeof(text));
    memset(text, '[', 64);
    /* 64 are read; then the file ends inside them (for libyaml the end stands on a line of its own). */
    expect_findings(text, "2:1 R002", 0);
}

static void
a_million_brackets_cost_nothing(void **state)
{
    size_t n = SYC_SIGMA_FILE_MAX;
    char *text = malloc(n);
    struct syc_ruleset *set = new_set();
    const struct syc_rule_problem *p;

    assert_non_null(text);
    memset(text, '[', n);
    assert_int_equal(syc_ruleset_parse(set, "t.yml", text, n), SYC_OK);
    assert_int_equal(syc_ruleset_problems(set, &p), 1);
    assert_string_equal(p[0].code, "R003");
    assert_int_equal(p[0].column, 65);
    syc_ruleset_free(set);
    free(text);
}

static void
syntax_errors_have_a_place_and_keep_what_came_before(void **state)
{
    /* libyaml names the line and column at which it gave up; measured once with it: 12:8. */
    expect_findings(THING_HEAD "    s: {count: 1}\n"
                               "    condition: s\n"
                               "---\n"
                               "title: T\n"
                               "detection:\n"
                               "    s:\n"
                               "        count: 1\n"
                               "       condition: s\n",
                    "12:8 R002", 1);
    expect_findings("title: \xFF\n", "1:8 R002", 0);
    expect_findings("a: 1\nb: \"unterminated\n", "3:1 R002", 0);
}

static void
files_are_at_most_a_mebibyte(void **state)
{
    size_t n = SYC_SIGMA_FILE_MAX + 1;
    char *text = malloc(n);
    struct syc_ruleset *set = new_set();
    const struct syc_rule_problem *p;

    assert_non_null(text);
    memset(text, '\n', n);
    assert_int_equal(syc_ruleset_parse(set, "t.yml", text, n - 1), SYC_OK);
    assert_int_equal(syc_ruleset_problems(set, &p), 1);
    assert_string_equal(p[0].code, "R013");
    assert_int_equal(syc_ruleset_parse(set, "t.yml", text, n), SYC_OK);
    assert_int_equal(syc_ruleset_problems(set, &p), 2);
    assert_string_equal(p[1].code, "R001");
    assert_int_equal(p[1].line, 0);
    assert_int_equal(syc_ruleset_refused(set), 1);
    syc_ruleset_free(set);
    free(text);
}

/* Looked at from each of them to the end of the run, this run costs minutes. */
static void
a_run_of_blanks_is_walked_once(void **state)
{
    enum { BLANKS = 400000 };
    char text[BLANKS + 256], expected[32];
    int n = sprintf(text, THING_HEAD "    s: {count: 1}\n    condition: \"");

    memset(text + n, ' ', BLANKS);
    strcpy(text + n + BLANKS, "t\"\n");
    snprintf(expected, sizeof(expected), "6:%d R211", 17 + BLANKS);
    expect_findings(text, expected, 0);
}

/* Each place looked for from the start of the key costs a minute. Columns: 7 stands before the key's quote. */
static void
a_key_of_half_a_million_modifiers_is_read(void **state)
{
    enum { MODIFIERS = 500000 };
    static const char head[] = THING_HEAD "    s:\n      ? \"count", tail[] = "\"\n      : 1\n";
    size_t n = sizeof(head) - 1;
    char *text = malloc(n + 2 * MODIFIERS + sizeof(tail));
    struct syc_ruleset *set = new_set();
    const struct syc_rule_problem *p;

    assert_non_null(text);
    memcpy(text, head, n);
    for (size_t i = 0; i < MODIFIERS; i++) {
        memcpy(text + n + 2 * i, "|x", 2);
    }
    memcpy(text + n + 2 * MODIFIERS, tail, sizeof(tail));
    parse(set, "t.yml", text);
    assert_int_equal(syc_ruleset_problems(set, &p), SYC_SIGMA_PROBLEMS_MAX + 1);
    for (unsigned i = 0; i < SYC_SIGMA_PROBLEMS_MAX; i++) {
        assert_string_equal(p[i].code, "R207");
        assert_int_equal(p[i].column, 9 + strlen("count|") + 2 * i + 1);
    }
    syc_ruleset_free(set);
    free(text);
}

static void
a_byte_order_mark_moves_no_column(void **state)
{
    expect_findings("\xEF\xBB\xBF"
                    "- x\n",
                    "1:1 R011", 0);
}

int
test_yaml_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_node_knows_its_place),
        cmocka_unit_test(documents_come_one_by_one),
        cmocka_unit_test(nulls_are_plain_only),
        cmocka_unit_test(columns_inside_a_scalar_follow_folding_and_quotes),
        cmocka_unit_test(duplicate_keys_are_refused_with_the_first_place),
        cmocka_unit_test(what_yaml_adds_beyond_data_is_refused),
        cmocka_unit_test(a_file_without_a_rule_is_told),
        cmocka_unit_test(nesting_ends_at_64),
        cmocka_unit_test(a_million_brackets_cost_nothing),
        cmocka_unit_test(syntax_errors_have_a_place_and_keep_what_came_before),
        cmocka_unit_test(files_are_at_most_a_mebibyte),
        cmocka_unit_test(a_run_of_blanks_is_walked_once),
        cmocka_unit_test(a_key_of_half_a_million_modifiers_is_read),
        cmocka_unit_test(a_byte_order_mark_moves_no_column),
    };

    return cmocka_run_group_tests_name("rules: YAML", tests, NULL, NULL);
}
