#include "tests/unit/rules/groups.h"

#include <stdio.h>
#include <string.h>

/* Does `count: v`-like test text hold for the row? */
static bool
holds(const char *test, const struct syc_value *row)
{
    char text[1024];

    snprintf(text, sizeof(text), THING_HEAD "    s: {%s}\n    condition: s\n", test);
    return matches(text, row);
}

/* A row with one value. */
struct one_row {
    struct syc_value v[THING_FIELDS];
};

static struct one_row
with(const char *field, struct syc_value value)
{
    struct one_row row = {0};

    if (field) {
        put(&thing_schema, row.v, field, value);
    }
    return row;
}

static const struct one_row nothing;

static void
numbers_are_compared_as_numbers(void **state)
{
    struct one_row five = with("count", int_value(5)), half = with("size_ratio", real_value(0.5));

    assert_true(holds("count: 5", five.v));
    assert_true(holds("count: 5.0", five.v));
    assert_true(holds("count: 0x5", five.v));
    assert_true(holds("count: +5", five.v));
    assert_false(holds("count: -5", five.v));
    assert_true(holds("count: [4, 5]", five.v));
    assert_true(holds("size_ratio: 0.5", half.v));
    assert_true(holds("size_ratio: .5", half.v));
    assert_true(holds("size_ratio: 5e-1", half.v));
    assert_false(holds("size_ratio: 0", half.v));
}

static void
orders_are_strict_or_not_as_named(void **state)
{
    struct one_row five = with("count", int_value(5));

    assert_true(holds("count|gt: 4", five.v));
    assert_false(holds("count|gt: 5", five.v));
    assert_true(holds("count|gte: 5", five.v));
    assert_false(holds("count|gte: 6", five.v));
    assert_true(holds("count|lt: 6", five.v));
    assert_false(holds("count|lt: 5", five.v));
    assert_true(holds("count|lte: 5", five.v));
    assert_false(holds("count|lte: 4", five.v));
    assert_true(holds("count|gt: 4.5", five.v));
    assert_true(holds("count|lt: [1, 9]", five.v)); /* any of a list */
}

/* 2^53 and 2^53 + 1 are one double; as integers they are two. */
static void
integers_are_compared_exactly(void **state)
{
    struct one_row big = with("count", int_value(INT64_C(9007199254740993)));
    struct one_row most = with("count", int_value(INT64_MAX));

    assert_true(holds("count|gt: 9007199254740992", big.v));
    assert_false(holds("count: 9007199254740992", big.v));
    assert_true(holds("count: 9223372036854775807", most.v));
    assert_true(holds("count|gt: -9223372036854775808", most.v));
}

/* ecosystem.md 1.5: orders false, neq true, fieldref false either way, exists the truth, null the absence. */
static void
an_absent_value_is_less_than_nothing(void **state)
{
    static const char *const never[] = {
        "count: 0",
        "count|gt: -1",
        "count|gte: 0",
        "count|lt: 1",
        "count|lte: 0",
        "name: ''",
        "name: '*'",
        "name|contains: ''",
        "src_ip|cidr: '::/0'",
        "src_ip: 10.0.0.1",
        "flag: false",
        "count|fieldref: other",
        "count|exists: true",
        "count|fieldref|neq: other",
        "tags: '*'",
    };

    for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++) {
        assert_false(holds(never[i], nothing.v));
    }
    assert_true(holds("count|neq: 0", nothing.v));
    assert_true(holds("name|neq: x", nothing.v));
    assert_true(holds("count|exists: false", nothing.v));
    assert_true(holds("count: null", nothing.v));
    assert_true(holds("count: ~", nothing.v));
    assert_false(holds("count|neq: null", nothing.v));
    assert_false(holds("count: null", with("count", int_value(0)).v));
    assert_true(holds("count|neq: null", with("count", int_value(0)).v));
}

static void
an_absent_value_in_the_field_referred_to_is_false_too(void **state)
{
    struct one_row one = with("count", int_value(5));

    assert_false(holds("count|fieldref: other", one.v));
    assert_false(holds("other|fieldref: count", one.v));
    assert_false(holds("count|neq|fieldref: other", one.v));
    put(&thing_schema, one.v, "other", int_value(5));
    assert_true(holds("count|fieldref: other", one.v));
    assert_false(holds("count|fieldref|neq: other", one.v));
    put(&thing_schema, one.v, "other", int_value(6));
    assert_false(holds("count|fieldref: other", one.v));
    assert_true(holds("count|fieldref|neq: other", one.v));
}

static void
neq_is_the_negated_equality(void **state)
{
    struct one_row five = with("count", int_value(5)), name = with("name", text_value("Linux 5"));

    assert_false(holds("count|neq: 5", five.v));
    assert_true(holds("count|neq: 6", five.v));
    assert_false(holds("count|neq: [4, 5]", five.v)); /* none of them */
    assert_true(holds("count|neq: [4, 6]", five.v));
    assert_false(holds("name|neq: linux*", name.v));
    assert_true(holds("name|neq|cased: linux*", name.v));
}

static void
texts_ignore_ascii_case_unless_cased(void **state)
{
    struct one_row name = with("name", text_value("Linux"));

    assert_true(holds("name: linux", name.v));
    assert_true(holds("name: LINUX", name.v));
    assert_false(holds("name|cased: linux", name.v));
    assert_true(holds("name|cased: Linux", name.v));
    assert_false(holds("name: linu", name.v));
    assert_false(holds("name: linuxx", name.v));
    /* Letters beyond ASCII keep their case: A and a with diaeresis. */
    assert_false(holds("name: \xC3\xA4", with("name", text_value("\xC3\x84")).v));
    assert_true(holds("name|cased|contains: inu", name.v));
    assert_false(holds("name|contains|cased: INU", name.v));
}

static void
contains_and_its_kin_widen_the_pattern(void **state)
{
    struct one_row name = with("name", text_value("abcdef"));

    assert_true(holds("name|contains: cd", name.v));
    assert_true(holds("name|contains: abcdef", name.v));
    assert_false(holds("name|contains: ce", name.v));
    assert_true(holds("name|startswith: abc", name.v));
    assert_false(holds("name|startswith: bc", name.v));
    assert_true(holds("name|endswith: def", name.v));
    assert_false(holds("name|endswith: de", name.v));
    assert_true(holds("name|contains: b*e", name.v));
    assert_true(holds("name|contains: [x, cd]", name.v));
    assert_false(holds("name|contains|all: [x, cd]", name.v));
    assert_true(holds("name|contains|all: [ab, cd]", name.v));
    assert_true(holds("name|all: ['a*', '*f']", name.v));
    assert_false(holds("name|all: ['a*', '*e']", name.v));
}

static void
wildcards_stand_for_runs_and_characters(void **state)
{
    struct one_row name = with("name", text_value("abcabd"));

    assert_true(holds("name: 'a*d'", name.v));
    assert_true(holds("name: '*abd'", name.v)); /* the first "ab" leads astray */
    assert_true(holds("name: 'a?c?b?'", name.v));
    assert_false(holds("name: 'a?c?b'", name.v));
    assert_true(holds("name: '*'", name.v));
    assert_true(holds("name: '*?d'", name.v));
    assert_false(holds("name: '*d?'", name.v));
    assert_true(holds("name: 'x?z'", with("name", text_value("x\xC3\xA4z")).v)); /* one character */
    assert_false(holds("name: 'x??z'", with("name", text_value("x\xC3\xA4z")).v));
    assert_true(holds("name: ''", with("name", text_value("")).v));
    assert_false(holds("name: ''", name.v));
    assert_true(holds("name: '*'", with("name", text_value("")).v));
    assert_false(holds("name: '?'", with("name", text_value("")).v));
}

/* The table of the Sigma specification, section "Escaping"; single quotes keep backslashes as they are. */
static void
backslashes_follow_sigmas_rules(void **state)
{
    assert_true(holds("name: 'a\\*b'", with("name", text_value("a*b")).v));
    assert_false(holds("name: 'a\\*b'", with("name", text_value("axb")).v));
    assert_true(holds("name: 'a\\?b'", with("name", text_value("a?b")).v));
    assert_false(holds("name: 'a\\?b'", with("name", text_value("axb")).v));
    assert_true(holds("name: 'a\\\\*b'", with("name", text_value("a\\xyb")).v));
    assert_false(holds("name: 'a\\\\*b'", with("name", text_value("a*b")).v));
    assert_true(holds("name: 'C:\\x'", with("name", text_value("C:\\x")).v));
    assert_true(holds("name: 'C:\\\\x'", with("name", text_value("C:\\x")).v));
    assert_true(holds("name: 'a\\\\\\*b'", with("name", text_value("a\\*b")).v));
    assert_true(holds("name: 'end\\'", with("name", text_value("end\\")).v));
    assert_true(holds("name|endswith: '\\x'", with("name", text_value("C:\\x")).v));
}

static void
a_hostile_pattern_costs_little(void **state)
{
    char name[2001], test[512] = "name: '";
    struct one_row row;

    memset(name, 'a', 2000);
    name[2000] = '\0';
    row = with("name", text_value(name));
    for (int i = 0; i < 60; i++) {
        strcat(test, "*a");
    }
    strcat(test, "*b'");
    assert_false(holds(test, row.v)); /* ends: at most pattern times text steps, not 2^60 */
}

static void
scalars_for_texts_are_taken_as_written(void **state)
{
    assert_true(holds("name: 5", with("name", text_value("5")).v));
    assert_true(holds("name: 1.10", with("name", text_value("1.10")).v));
    assert_true(holds("name: true", with("name", text_value("true")).v));
}

static void
truth_values_are_true_or_false(void **state)
{
    assert_true(holds("flag: true", with("flag", bool_value(true)).v));
    assert_false(holds("flag: false", with("flag", bool_value(true)).v));
    assert_true(holds("flag: False", with("flag", bool_value(false)).v));
}

static void
lists_match_by_any_item(void **state)
{
    static const char *const items[] = {"mss", "sack", "ts"};
    struct syc_value list = {.type = SYC_LIST, .u.list = {items, 3}};
    struct one_row row = with("tags", list);

    assert_true(holds("tags: sack", row.v));
    assert_false(holds("tags: sac", row.v));
    assert_true(holds("tags|startswith: sa", row.v));
    assert_true(holds("tags|all: [ts, mss]", row.v));
    assert_false(holds("tags|all: [ts, ws]", row.v));
}

static void
addresses_are_compared_as_addresses(void **state)
{
    struct one_row v4 = with("src_ip", addr_value("10.9.3.1"));
    struct one_row v6 = with("src_ip", addr_value("2001:db8::1"));
    struct one_row mapped = with("src_ip", addr_value("::ffff:10.9.3.1"));

    assert_true(holds("src_ip: 10.9.3.1", v4.v));
    assert_true(holds("src_ip: '::ffff:10.9.3.1'", v4.v));
    assert_true(holds("src_ip: 10.9.3.1", mapped.v));
    assert_true(holds("src_ip: '2001:DB8:0::1'", v6.v)); /* another spelling */
    assert_false(holds("src_ip: 10.9.3.2", v4.v));
}

static void
networks_hold_what_their_prefix_says(void **state)
{
    struct one_row v4 = with("src_ip", addr_value("10.9.3.1"));
    struct one_row v6 = with("src_ip", addr_value("2001:db8:8000::1"));

    assert_true(holds("src_ip|cidr: 10.9.0.0/16", v4.v));
    assert_true(holds("src_ip|cidr: 10.0.0.0/8", v4.v));
    assert_true(holds("src_ip|cidr: 0.0.0.0/0", v4.v));
    assert_true(holds("src_ip|cidr: 10.9.3.1/32", v4.v));
    assert_true(holds("src_ip|cidr: 10.9.3.1", v4.v));
    assert_false(holds("src_ip|cidr: 10.9.4.0/23", v4.v)); /* 10.9.4.0-10.9.5.255 */
    assert_true(holds("src_ip|cidr: 10.9.2.0/23", v4.v));  /* 10.9.2.0-10.9.3.255 */
    assert_true(holds("src_ip|cidr: '2001:db8::/32'", v6.v));
    assert_true(holds("src_ip|cidr: '2001:db8:8000::/33'", v6.v));
    assert_false(holds("src_ip|cidr: '2001:db8::/33'", v6.v)); /* the 33rd bit is set in it */
    assert_true(holds("src_ip|cidr: '::/0'", v6.v));
    assert_false(holds("src_ip|cidr: '::/0'", v4.v)); /* IPv4 is not in IPv6 */
    assert_true(holds("src_ip|cidr: '::ffff:0:0/96'", v4.v));
    assert_false(holds("src_ip|cidr: 0.0.0.0/0", v6.v));
    assert_true(holds("src_ip|cidr: [192.0.2.0/24, 10.9.3.0/24]", v4.v));
}

static void
texts_and_addresses_can_be_compared_with_each_other(void **state)
{
    struct one_row row = with("name", text_value("Linux"));

    put(&thing_schema, row.v, "alias", text_value("linux"));
    assert_true(holds("name|fieldref: alias", row.v));
    assert_false(holds("name|fieldref|cased: alias", row.v));
    put(&thing_schema, row.v, "alias", text_value("linuxx"));
    assert_false(holds("name|fieldref: alias", row.v));
    put(&thing_schema, row.v, "src_ip", addr_value("10.0.0.1"));
    put(&thing_schema, row.v, "dest_ip", addr_value("::ffff:10.0.0.1"));
    assert_true(holds("src_ip|fieldref: dest_ip", row.v));
}

static void
maps_are_and_lists_of_maps_or(void **state)
{
    struct one_row row = with("count", int_value(5));

    put(&thing_schema, row.v, "name", text_value("x"));
    assert_true(holds("count: 5, name: x", row.v));
    assert_false(holds("count: 5, name: y", row.v));
    assert_true(matches(THING_HEAD "    s:\n"
                                   "        - {count: 6}\n"
                                   "        - {count: 5, name: x}\n"
                                   "    condition: s\n",
                        row.v));
    assert_false(matches(THING_HEAD "    s:\n"
                                    "        - {count: 6}\n"
                                    "        - {count: 5, name: y}\n"
                                    "    condition: s\n",
                         row.v));
}

int
test_modifiers_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_compared_as_numbers),
        cmocka_unit_test(orders_are_strict_or_not_as_named),
        cmocka_unit_test(integers_are_compared_exactly),
        cmocka_unit_test(an_absent_value_is_less_than_nothing),
        cmocka_unit_test(an_absent_value_in_the_field_referred_to_is_false_too),
        cmocka_unit_test(neq_is_the_negated_equality),
        cmocka_unit_test(texts_ignore_ascii_case_unless_cased),
        cmocka_unit_test(contains_and_its_kin_widen_the_pattern),
        cmocka_unit_test(wildcards_stand_for_runs_and_characters),
        cmocka_unit_test(backslashes_follow_sigmas_rules),
        cmocka_unit_test(a_hostile_pattern_costs_little),
        cmocka_unit_test(scalars_for_texts_are_taken_as_written),
        cmocka_unit_test(truth_values_are_true_or_false),
        cmocka_unit_test(lists_match_by_any_item),
        cmocka_unit_test(addresses_are_compared_as_addresses),
        cmocka_unit_test(networks_hold_what_their_prefix_says),
        cmocka_unit_test(texts_and_addresses_can_be_compared_with_each_other),
        cmocka_unit_test(maps_are_and_lists_of_maps_or),
    };

    return cmocka_run_group_tests_name("rules: values and modifiers", tests, NULL, NULL);
}
