#include "tests/unit/rules/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Identifiers a b c hold when "count" has bit 1, 2, 4 (listed as values); the row then walks 0..7. */
#define ABC                                                                                        \
    "    a: {count: [1, 3, 5, 7]}\n"                                                               \
    "    b: {count: [2, 3, 6, 7]}\n"                                                               \
    "    c: {count: [4, 5, 6, 7]}\n"

/* The truth table of a condition as eight digits, for count = 0..7. */
static void
expect_table(const char *condition, const char *expected)
{
    char text[1024], got[9] = "";

    snprintf(text, sizeof(text), THING_HEAD ABC "    condition: %s\n", condition);
    for (int i = 0; i < 8; i++) {
        struct syc_value row[THING_FIELDS] = {0};

        put(&thing_schema, row, "count", int_value(i));
        got[i] = matches(text, row) ? '1' : '0';
    }
    assert_string_equal(got, expected);
}

/* Columns are count = 0 1 2 3 4 5 6 7: a holds in the odd ones, b in 2 3 6 7, c in 4..7. */
static void
operators_have_their_truth_tables(void **state)
{
    expect_table("a", "01010101");
    expect_table("not a", "10101010");
    expect_table("a and b", "00010001");
    expect_table("a or b", "01110111");
    expect_table("not not a", "01010101");
    expect_table("not a and not b", "10001000");
}

/* not binds before and, and before or; parentheses before all. Worked out by hand per column. */
static void
precedence_is_not_and_or(void **state)
{
    expect_table("a or b and c", "01010111");     /* a or (b and c) */
    expect_table("(a or b) and c", "00000111");   /* the other reading */
    expect_table("a and b or c", "00011111");     /* (a and b) or c */
    expect_table("a and (b or c)", "00010101");   /* the other reading */
    expect_table("not a or b", "10111011");       /* (not a) or b */
    expect_table("not (a or b)", "10001000");     /* the other reading */
    expect_table("not a and b", "00100010");      /* (not a) and b */
    expect_table("not (a and b)", "11101110");    /* the other reading */
    expect_table("a or not b and c", "01011101"); /* a or ((not b) and c) */
    expect_table("not not (a) and ((b))", "00010001");
    expect_table("a and (b and c)", "00000001");
    expect_table("(a or b) and (b or c)", "00110111");
    expect_table("not (a and b) or c and not (b or a)", "11101110");
    expect_table("(a and b) or (b and c) or not (a or c)", "10110011");
    expect_table("a AND NOT b OR c",
                 "01001111"); /* (a and not b) or c; upper case as in older rules */
}

static void
must_not_be_kept(const struct syc_promise *promise)
{
    fail_msg("the condition was decided without it");
}

/* A fact may be dear to make. */
static void
what_decides_nothing_is_not_asked(void **state)
{
    static const char *const conditions[] = {"a and b", "not (c or b)", "a and not b", "d",
                                             "all of them"};
    static const struct syc_promise promise = {must_not_be_kept};

    for (size_t i = 0; i < 5; i++) {
        struct syc_value row[THING_FIELDS] = {0};
        struct syc_value promised = {.type = SYC_PROMISED, .u.promise = &promise};
        char text[1024];

        snprintf(text, sizeof(text),
                 THING_HEAD "    a: {count: 1}\n    b: {name: x}\n    c: {count: 2}\n"
                            "    d: {name: x, count: 1}\n    condition: %s\n",
                 conditions[i]);
        put(&thing_schema, row, "count", int_value(2));
        put(&thing_schema, row, "name", promised);
        assert_false(matches(text, row));
    }
}

static void
quantifiers_take_patterns_and_them(void **state)
{
    expect_table("1 of them", "01111111");
    expect_table("any of them", "01111111");
    expect_table("all of them", "00000001");
    expect_table("not 1 of them", "10000000");
    expect_table("not all of them", "11111110");
    expect_table("1 of a*", "01010101");
    expect_table("all of *", "00000001");
    expect_table("1 of *b and all of c", "00000011");
    expect_table("1 of a* or 1 of c*", "01011111");
}

static void
a_list_of_conditions_is_their_or(void **state)
{
    expect_table("[a and b, c]", "00011111");
    expect_table("[a, 'b', \"c and not a\"]", "01111111");
}

static void
helpers_with_an_underscore_stay_out_of_them(void **state)
{
    struct syc_value row[THING_FIELDS] = {0};
    const char *all = THING_HEAD "    s: {count: 1}\n"
                                 "    _h: {count: 2}\n"
                                 "    condition: all of them and not _h\n";
    const char *named = THING_HEAD "    s: {count: 1}\n"
                                   "    _h: {count: 1}\n"
                                   "    condition: s and all of _*\n";

    put(&thing_schema, row, "count", int_value(1));
    assert_true(matches(all, row));
    assert_true(matches(named, row));
}

/* Folded over two lines: the unknown name stands in line 7, column 12. */
static void
columns_reach_into_folded_conditions(void **state)
{
    expect_findings(THING_HEAD "    sel: {count: 1}\n"
                               "    condition: sel\n"
                               "        or slow or sel\n",
                    "7:12 R211", 0);
    expect_findings(THING_HEAD "    sel: {count: 1}\n"
                               "    condition: 'sel or slow'\n",
                    "6:24 R211", 0);
    expect_findings(THING_HEAD "    sel: {count: 1}\n"
                               "    condition: [sel, not slow]\n",
                    "6:26 R211", 0);
}

/* A condition of n opening parentheses, a name, and n closing ones, after "a or b and " at each level. */
static char *
nested(unsigned levels)
{
    static const char head[] = THING_HEAD ABC "    condition: ";
    static const char level[] = "a or b and (";
    char *text = calloc(1, sizeof(head) + levels * sizeof(level) + 16);
    char *p = text;

    assert_non_null(text);
    p += sprintf(p, "%s", head);
    for (unsigned i = 0; i < levels; i++) {
        p += sprintf(p, "%s", level);
    }
    *p++ = 'c';
    memset(p, ')', levels);
    p[levels] = '\n';
    return text;
}

/* Two values wait at each level (for "or" and for "and"), one more is the innermost: 31 levels need 63 of 64. */
static void
depth_is_bounded_not_crashed_into(void **state)
{
    struct syc_value row[THING_FIELDS] = {0};
    char *text = nested(31);

    put(&thing_schema, row, "count",
        int_value(6)); /* b and c: true at the bottom, and carried up */
    assert_true(matches(text, row));
    put(&thing_schema, row, "count", int_value(2)); /* b alone: false at the bottom */
    assert_false(matches(text, row));
    free(text);
    for (unsigned levels = 32; levels < 20000; levels *= 3) {
        struct syc_ruleset *set = new_set();
        const struct syc_rule_problem *p;

        text = nested(levels);
        parse(set, "t.yml", text);
        assert_int_equal(syc_ruleset_loaded(set), 0);
        assert_int_equal(syc_ruleset_problems(set, &p), 1);
        assert_string_equal(p[0].code, "R214");
        syc_ruleset_free(set);
        free(text);
    }
}

/*
 * 256 names and 255 operators are 511 steps of 512; one name more makes 513. Equal operators are emitted as they
 * come, so a long chain needs no depth.
 */
static void
length_is_bounded(void **state)
{
    static const char *const operators[] = {" or a", " and a"};

    for (int i = 0; i < 4; i++) {
        int names = 256 + i / 2;
        struct syc_ruleset *set = new_set();
        const struct syc_rule_problem *p;
        char text[4096];
        size_t used =
            (size_t)snprintf(text, sizeof(text), THING_HEAD "    a: {count: 1}\n    condition: a");

        for (int k = 1; k < names; k++) {
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s", operators[i % 2]);
        }
        parse(set, "t.yml", text);
        assert_int_equal(syc_ruleset_loaded(set), names == 256);
        assert_int_equal(syc_ruleset_problems(set, &p), names != 256);
        if (names != 256) {
            assert_string_equal(p[0].code, "R214");
        }
        syc_ruleset_free(set);
    }
}

/* Each fails behind a name that no operator has taken: the refused rule's steps hold more values than any stack. */
static void
conditions_that_fail_are_not_run(void **state)
{
    struct syc_ruleset *set = new_set();
    const struct syc_rule_problem *p;
    char text[4096] = THING_HEAD "    a: {count: 1}\n    condition: [";

    for (int i = 0; i < 400; i++) {
        strcat(text, "a a, ");
    }
    strcat(text, "]\n");
    parse(set, "t.yml", text);
    assert_int_equal(syc_ruleset_loaded(set), 0);
    assert_int_equal(syc_ruleset_problems(set, &p), SYC_SIGMA_PROBLEMS_MAX + 1);
    assert_string_equal(p[0].code, "R212");
    syc_ruleset_free(set);
}

static void
the_matched_identifiers_are_explained(void **state)
{
    struct syc_ruleset *set = new_set();
    struct syc_value row[THING_FIELDS] = {0};
    struct syc_sigma_hit hit;
    const char *names[8];
    const uint16_t *fields;

    parse(set, "t.yml",
          THING_HEAD "    one: {name: x}\n"
                     "    two: {count|gt: 5}\n"
                     "    unused: {count|gt: 1}\n"
                     "    three: {src_ip|exists: true, count|fieldref: other}\n"
                     "    condition: one or two or three\n");
    put(&thing_schema, row, "count", int_value(6));
    put(&thing_schema, row, "name", text_value("x"));
    assert_true(syc_sigma_match(syc_ruleset_rule(set, 0), row, &hit));
    assert_int_equal(syc_sigma_explain(syc_ruleset_rule(set, 0), &hit, names, 8), 2);
    assert_string_equal(names[0], "one");
    assert_string_equal(names[1], "two");
    assert_int_equal(syc_sigma_explain(syc_ruleset_rule(set, 0), &hit, names, 1), 1);
    /* count, other, src_ip, name are fields 0, 1, 4 and 6 of the schema. */
    assert_int_equal(syc_sigma_fields(syc_ruleset_rule(set, 0), &fields), 4);
    assert_int_equal(fields[0], 0);
    assert_int_equal(fields[1], 1);
    assert_int_equal(fields[2], 4);
    assert_int_equal(fields[3], 6);
    syc_ruleset_free(set);
}

int
test_condition_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_have_their_truth_tables),
        cmocka_unit_test(precedence_is_not_and_or),
        cmocka_unit_test(what_decides_nothing_is_not_asked),
        cmocka_unit_test(quantifiers_take_patterns_and_them),
        cmocka_unit_test(a_list_of_conditions_is_their_or),
        cmocka_unit_test(helpers_with_an_underscore_stay_out_of_them),
        cmocka_unit_test(columns_reach_into_folded_conditions),
        cmocka_unit_test(depth_is_bounded_not_crashed_into),
        cmocka_unit_test(length_is_bounded),
        cmocka_unit_test(conditions_that_fail_are_not_run),
        cmocka_unit_test(the_matched_identifiers_are_explained),
    };

    return cmocka_run_group_tests_name("rules: conditions", tests, NULL, NULL);
}
