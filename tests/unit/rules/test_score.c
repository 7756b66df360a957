#include "tests/unit/rules/groups.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/*
 * Log-odds from a calculator: ln(95/5) = 2.9444, ln(90/10) = 2.1972, ln(85/15) = 1.7346, ln(75/25) = 1.0986,
 * ln(60/40) = 0.4055, ln(30/70) = -0.8473, ln(20/80) = -1.3863, ln(10/90) = -2.1972. Scores follow from the
 * product of the odds: 85 and 75 are 17/3 * 3 = 17 to 1, 17/18 = 94.4 %.
 */

#define SOURCE_RULE(name, detection, key)                                                          \
    "---\ntitle: " name "\nname: " name "\n"                                                       \
    "logsource: {product: syncopate, category: source}\n"                                          \
    "detection: {s: {" detection "}, condition: s}\n"                                              \
    "syncopate: {" key "}\n"

/* A rule that fires whenever conn.count is known. */
#define FIRES(name, key) SOURCE_RULE(name, "conn.count|exists: true", key)

struct judged {
    struct syc_ruleset *set;
    struct syc_value row[TEST_FIELDS];
    struct syc_subject subject;
    struct syc_verdict verdict;
};

static void
prepare(struct judged *j, const char *text)
{
    memset(j, 0, sizeof(*j));
    j->set = new_set();
    parse(j->set, "t.yml", text);
    if (syc_ruleset_refused(j->set) > 0) {
        show_findings(j->set);
    }
    assert_int_equal(syc_ruleset_refused(j->set), 0);
    assert_int_equal(syc_ruleset_seal(j->set), SYC_OK);
    j->subject.values = j->row;
    put(&source_schema, j->row, "conn.count", int_value(3));
}

static void
judge(struct judged *j, double prior)
{
    memset(&j->verdict, 0xAA, sizeof(j->verdict)); /* nothing may rest on what was there */
    syc_judge(j->set, NULL, &j->subject, prior, &j->verdict);
}

static void
expect_near(double got, double expected)
{
    if (fabs(got - expected) > 0.00006) {
        fprintf(stderr, "%.6f is not %.4f\n", got, expected);
    }
    assert_true(fabs(got - expected) <= 0.00006);
}

static void
groups_add_and_the_score_follows(void **state)
{
    struct judged j;

    prepare(&j, FIRES("one", "group: a, points: 85") FIRES("two", "group: b, points: 75"));
    judge(&j, 0);
    assert_int_equal(j.verdict.evidence_count, 2);
    assert_string_equal(j.verdict.evidence[0].rule, "one");
    expect_near(j.verdict.evidence[0].log_odds, 1.7346);
    expect_near(j.verdict.evidence[1].log_odds, 1.0986);
    assert_true(j.verdict.evidence[0].counted && j.verdict.evidence[1].counted);
    expect_near(j.verdict.log_odds, 2.8332);
    assert_int_equal(j.verdict.score, 94);
    assert_int_equal(j.verdict.label, SYC_LABEL_AUTOMATION);
    assert_ptr_equal(j.verdict.subject, &j.subject);
    syc_ruleset_free(j.set);
}

/* ln(1/3) = -1.0986 of prior: the odds of 17 to 1 become 17 to 3, 85 %. */
static void
the_prior_is_part_of_the_sum(void **state)
{
    struct judged j;

    prepare(&j, FIRES("one", "group: a, points: 85") FIRES("two", "group: b, points: 75"));
    judge(&j, -1.098612);
    expect_near(j.verdict.log_odds, 1.7346);
    expect_near(j.verdict.prior, -1.0986);
    assert_int_equal(j.verdict.score, 85);
    syc_ruleset_free(j.set);
}

/* In group a the strongest is 20 (-1.3863 against 1.0986 and -0.8473); b adds 60: odds 1/4 * 3/2 = 3/8, 27.3 %. */
static void
of_each_group_the_largest_magnitude_counts(void **state)
{
    struct judged j;

    prepare(&j, FIRES("p75", "group: a, points: 75") FIRES("p20", "group: a, points: 20")
                    FIRES("p30", "group: a, points: 30") FIRES("p60", "group: b, points: 60"));
    judge(&j, 0);
    assert_int_equal(j.verdict.evidence_count, 4);
    assert_string_equal(j.verdict.evidence[0].rule, "p20");
    assert_true(j.verdict.evidence[0].counted);
    assert_string_equal(j.verdict.evidence[1].rule, "p75");
    assert_false(j.verdict.evidence[1].counted);
    assert_string_equal(j.verdict.evidence[2].rule, "p30");
    assert_false(j.verdict.evidence[2].counted);
    assert_string_equal(j.verdict.evidence[3].rule, "p60");
    assert_true(j.verdict.evidence[3].counted);
    expect_near(j.verdict.log_odds, -0.9808);
    assert_int_equal(j.verdict.score, 27);
    syc_ruleset_free(j.set);
}

static void
a_rule_without_group_is_its_own(void **state)
{
    struct judged j;

    prepare(&j, FIRES("one", "points: 75") FIRES("two", "points: 75"));
    judge(&j, 0);
    assert_string_equal(j.verdict.evidence[0].group, "one");
    assert_string_equal(j.verdict.evidence[1].group, "two");
    expect_near(j.verdict.log_odds, 2.1972); /* 2 * 1.0986 */
    syc_ruleset_free(j.set);
}

/* Without the hard rule 95 * 10 * 10 would be odds of 19/81, 19 %; with it nothing speaks against: 95 %. */
static void
hard_evidence_is_not_outweighed(void **state)
{
    struct judged j;

    prepare(&j, FIRES("scan", "group: target, points: 95, hard: true, kind: scan")
                    FIRES("calm", "group: gap, points: 10") FIRES("mild", "group: size, points: 10")
                        FIRES("weak", "group: gap, points: 60"));
    judge(&j, 0);
    assert_int_equal(j.verdict.evidence_count, 4);
    assert_true(j.verdict.evidence[0].hard && j.verdict.evidence[0].counted);
    assert_false(j.verdict.evidence[1].counted);
    assert_false(j.verdict.evidence[2].counted);
    /* calm does not stand in its group's place either: weak counts, odds 19 * 1.5 = 28.5, 96.6 %. */
    assert_true(j.verdict.evidence[3].counted);
    expect_near(j.verdict.log_odds, 2.9444 + 0.4055);
    assert_int_equal(j.verdict.score, 97);
    assert_int_equal(j.verdict.kind_count, 1);
    assert_string_equal(j.verdict.kinds[0], "scan");
    syc_ruleset_free(j.set);
}

#define RAMP                                                                                       \
    SOURCE_RULE("ramp", "conn.count|exists: true",                                                 \
                "group: g, ramp: {field: iat.cv, from: 0.6, to: 0.9, points: [55, 95]}")
#define FALLING                                                                                    \
    SOURCE_RULE("ramp", "conn.count|exists: true",                                                 \
                "group: g, ramp: {field: iat.cv, from: 0.2, to: 0, points: [50, 90]}")

static double
ramp_points(const char *text, double x)
{
    struct judged j;
    double points;

    prepare(&j, text);
    put(&source_schema, j.row, "iat.cv", real_value(x));
    judge(&j, 0);
    points = j.verdict.evidence_count > 0 ? j.verdict.evidence[0].points : 50;
    syc_ruleset_free(j.set);
    return points;
}

/* Linear between, the end's points outside; from may be the larger figure. 50 is no evidence. */
static void
a_ramp_is_linear_and_clamped(void **state)
{
    expect_near(ramp_points(RAMP, 0.6), 55);
    expect_near(ramp_points(RAMP, 0.75), 75);
    expect_near(ramp_points(RAMP, 0.9), 95);
    expect_near(ramp_points(RAMP, 0.1), 55);
    expect_near(ramp_points(RAMP, 1.0), 95);
    expect_near(ramp_points(RAMP, 0.7), 68.3); /* 55 + 40/3 = 68.33, shown with one decimal */
    expect_near(ramp_points(FALLING, 0.2), 50);
    expect_near(ramp_points(FALLING, 0.15), 60);
    expect_near(ramp_points(FALLING, 0.05), 80);
    expect_near(ramp_points(FALLING, -1), 90);
}

static void
a_ramp_without_its_fact_is_missing(void **state)
{
    struct judged j;

    prepare(&j, RAMP);
    judge(&j, 0);
    assert_int_equal(j.verdict.evidence_count, 0);
    assert_int_equal(j.verdict.missing_count, 1);
    assert_string_equal(needs_of(&j.verdict, 0), "iat.cv");
    syc_ruleset_free(j.set);
}

static void
evidence_says_all_a_reader_needs(void **state)
{
    struct judged j;
    const struct syc_evidence *e;

    prepare(&j, "title: A title\nname: named\nid: 6f6a2c1e-58a3-4f0e-9b1f-0d2f6f7a1c01\n"
                "level: low\n"
                "logsource: {product: syncopate, category: source}\n"
                "detection:\n"
                "    one: {iat.cv|lt: 0.5}\n"
                "    two: {conn.count|gt: 99, dest.port_distinct|exists: true}\n"
                "    condition: one or two\n"
                "syncopate:\n"
                "    group: gap\n"
                "    kind: beacon\n"
                "    filter: tcp.len > 0\n"
                "    ramp: {field: iat.concentration_ratio, from: 0, to: 1, points: [55, 95]}\n"
                "    needs: {iat.n: 10}\n");
    put(&source_schema, j.row, "iat.cv", real_value(0.25));
    put(&source_schema, j.row, "iat.n", int_value(12));
    put(&source_schema, j.row, "iat.concentration_ratio", real_value(0.5));
    judge(&j, 0);
    assert_int_equal(j.verdict.evidence_count, 1);
    e = &j.verdict.evidence[0];
    assert_string_equal(e->rule, "named");
    assert_string_equal(e->rule_id, "6f6a2c1e-58a3-4f0e-9b1f-0d2f6f7a1c01");
    assert_string_equal(e->title, "A title");
    assert_string_equal(e->group, "gap");
    assert_string_equal(e->level, "low");
    assert_string_equal(e->kind, "beacon");
    assert_string_equal(e->filter, "tcp.len > 0");
    assert_int_equal(e->n, 12);
    expect_near(e->points, 75);
    assert_int_equal(e->identifier_count, 1);
    assert_string_equal(e->identifiers[0], "one");
    /* Every field read that is known, in schema order; dest.port_distinct is not known. */
    assert_int_equal(e->value_count, 4);
    assert_string_equal(e->values[0].name, "conn.count");
    assert_int_equal(e->values[0].value->u.i, 3);
    assert_string_equal(e->values[1].name, "iat.n");
    assert_string_equal(e->values[2].name, "iat.cv");
    assert_string_equal(e->values[3].name, "iat.concentration_ratio");
    /* Of them only the spread made it fire: the count was tested and too small, the others were not tested. */
    assert_false(e->values[0].held || e->values[1].held || e->values[3].held);
    assert_true(e->values[2].held);
    syc_ruleset_free(j.set);
}

static void
ties_are_broken_by_name_not_by_order_of_loading(void **state)
{
    struct judged j;

    prepare(&j, FIRES("zeta", "group: g, points: 75") FIRES("alpha", "group: g, points: 25")
                    FIRES("mid", "group: g, points: 75"));
    judge(&j, 0);
    assert_string_equal(j.verdict.evidence[0].rule, "alpha");
    assert_string_equal(j.verdict.evidence[1].rule, "mid");
    assert_string_equal(j.verdict.evidence[2].rule, "zeta");
    assert_true(j.verdict.evidence[0].counted);
    assert_false(j.verdict.evidence[1].counted);
    expect_near(j.verdict.log_odds, -1.0986);
    syc_ruleset_free(j.set);
}

static void
kinds_are_distinct_counted_and_for_automation(void **state)
{
    struct judged j;

    prepare(&j, FIRES("a", "group: a, points: 75, kind: beacon")
                    FIRES("b", "group: b, points: 90, kind: load")
                        FIRES("c", "group: c, points: 85, kind: beacon")
                            FIRES("d", "group: d, points: 10, kind: person")
                                FIRES("e", "group: b, points: 60, kind: pool"));
    judge(&j, 0);
    assert_int_equal(j.verdict.kind_count, 2);
    assert_string_equal(j.verdict.kinds[0], "load");
    assert_string_equal(j.verdict.kinds[1], "beacon");
    syc_ruleset_free(j.set);
}

/* 70 rules, weak ones first by name; 64 are kept: all hard ones, and the strongest of the others. */
static void
the_strongest_are_kept_when_too_many_fire(void **state)
{
    char text[32768];
    size_t used = 0;
    struct judged j;

    used += (size_t)snprintf(text + used, sizeof(text) - used,
                             FIRES("zz", "group: z, points: 51, hard: true"));
    for (int i = 0; i < 69; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used,
                                 FIRES("r%02d", "group: g%d, points: %g"), i, i, i, 55 + i * 0.5);
    }
    prepare(&j, text);
    judge(&j, 0);
    assert_int_equal(j.verdict.evidence_count, SYC_EVIDENCE_MAX);
    assert_string_equal(j.verdict.evidence[0].rule, "r68");
    assert_string_equal(j.verdict.evidence[62].rule, "r06");
    assert_string_equal(j.verdict.evidence[63].rule, "zz");
    syc_ruleset_free(j.set);
}

static void
rules_without_points_or_of_other_categories_score_nothing(void **state)
{
    struct judged j;

    prepare(&j, "---\ntitle: silent\nlevel: low\n"
                "logsource: {product: syncopate, category: source}\n"
                "detection: {s: {conn.count|gt: 0}, condition: s}\n"
                "---\ntitle: thing\n"
                "logsource: {product: syncopate, category: thing}\n"
                "detection: {s: {count|exists: false}, condition: s}\n"
                "syncopate: {group: g, points: 95}\n");
    assert_int_equal(syc_ruleset_loaded(j.set), 2);
    judge(&j, 0);
    assert_int_equal(j.verdict.evidence_count, 0);
    assert_int_equal(j.verdict.label, SYC_LABEL_INSUFFICIENT);
    assert_int_equal(j.verdict.score, 50);
    syc_ruleset_free(j.set);
}

/* 17 fields read: a remark at load, and the first 16 of the schema in the evidence. */
static void
evidence_shows_at_most_sixteen_values(void **state)
{
    struct syc_ruleset *set = new_set();
    struct syc_value row[TEST_FIELDS] = {0};
    struct syc_subject subject = {.values = row};
    static struct syc_verdict verdict;
    const struct syc_rule_problem *p;
    char text[2048];
    size_t used = (size_t)snprintf(text, sizeof(text),
                                   "title: t\nlogsource: {product: syncopate, category: source}\n"
                                   "detection:\n    s:\n");

    for (unsigned i = 2; i < 19; i++) { /* fields 2 to 18: numbers, all of them */
        used += (size_t)snprintf(text + used, sizeof(text) - used, "        %s|gte: 0\n",
                                 source_schema.fields[i].name);
        row[i] = source_schema.fields[i].type == SYC_INT ? int_value(1) : real_value(1);
    }
    snprintf(text + used, sizeof(text) - used,
             "    condition: s\nsyncopate: {group: g, points: 60}\n");
    parse(set, "t.yml", text);
    assert_int_equal(syc_ruleset_problems(set, &p), 1);
    assert_string_equal(p[0].code, "R409");
    assert_int_equal(syc_ruleset_seal(set), SYC_OK);
    syc_judge(set, NULL, &subject, 0, &verdict);
    assert_int_equal(verdict.evidence[0].value_count, SYC_EVIDENCE_VALUES);
    assert_string_equal(verdict.evidence[0].values[0].name, "conn.count");
    syc_ruleset_free(set);
}

/* A rule is asked about clients and their parts; about services and fleets only when it says so. */
static void
a_rule_is_asked_about_its_subjects_only(void **state)
{
    static const enum syc_subject_kind clients[] = {SYC_SUBJECT_SOURCE, SYC_SUBJECT_PAIR,
                                                    SYC_SUBJECT_SUBSTREAM};
    struct judged j;

    prepare(&j, FIRES("client", "group: a, points: 85")
                    FIRES("service", "group: b, points: 75, subject: destination")
                        FIRES("both", "group: c, points: 75, subject: [pair, fleet]"));
    for (size_t i = 0; i < 3; i++) {
        j.subject.kind = clients[i];
        judge(&j, 0);
        assert_int_equal(j.verdict.evidence_count, clients[i] == SYC_SUBJECT_PAIR ? 2 : 1);
        assert_string_equal(j.verdict.evidence[0].rule, "client");
    }
    j.subject.kind = SYC_SUBJECT_DESTINATION;
    judge(&j, 0);
    assert_int_equal(j.verdict.evidence_count, 1);
    assert_string_equal(j.verdict.evidence[0].rule, "service");
    j.subject.kind = SYC_SUBJECT_FLEET;
    judge(&j, 0);
    assert_int_equal(j.verdict.evidence_count, 1);
    assert_string_equal(j.verdict.evidence[0].rule, "both");
    syc_ruleset_free(j.set);
}

static void
a_subject_that_is_none_refuses_the_rule(void **state)
{
    static const char *const bad[] = {FIRES("x", "group: a, points: 85, subject: destinaton"),
                                      FIRES("x", "group: a, points: 85, subject: []"),
                                      FIRES("x", "group: a, points: 85, subject: {pair: 1}")};

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct syc_ruleset *set = new_set();

        parse(set, "t.yml", bad[i]);
        assert_int_equal(syc_ruleset_refused(set), 1);
        syc_ruleset_free(set);
    }
}

int
test_score_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_add_and_the_score_follows),
        cmocka_unit_test(the_prior_is_part_of_the_sum),
        cmocka_unit_test(of_each_group_the_largest_magnitude_counts),
        cmocka_unit_test(a_rule_without_group_is_its_own),
        cmocka_unit_test(hard_evidence_is_not_outweighed),
        cmocka_unit_test(a_ramp_is_linear_and_clamped),
        cmocka_unit_test(a_ramp_without_its_fact_is_missing),
        cmocka_unit_test(evidence_says_all_a_reader_needs),
        cmocka_unit_test(ties_are_broken_by_name_not_by_order_of_loading),
        cmocka_unit_test(kinds_are_distinct_counted_and_for_automation),
        cmocka_unit_test(the_strongest_are_kept_when_too_many_fire),
        cmocka_unit_test(evidence_shows_at_most_sixteen_values),
        cmocka_unit_test(a_rule_is_asked_about_its_subjects_only),
        cmocka_unit_test(a_subject_that_is_none_refuses_the_rule),
        cmocka_unit_test(rules_without_points_or_of_other_categories_score_nothing),
    };

    return cmocka_run_group_tests_name("rules: scoring", tests, NULL, NULL);
}
