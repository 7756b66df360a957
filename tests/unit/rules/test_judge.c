#include "tests/unit/rules/groups.h"

#include <stdio.h>
#include <string.h>

/* Labels and what is missing. Two rules: one for automation from 10 gaps on, one against it. */
#define HEAD "logsource: {product: syncopate, category: source}\ndetection: {s: "
static const char rules[] =
    "---\ntitle: for\nname: for\n" HEAD "{iat.cv|lt: 0.2}, condition: s}\n"
    "syncopate: {group: gap, points: 90, needs: {iat.n: 10}}\n"
    "---\ntitle: against\nname: against\n" HEAD "{episode.burstiness|gt: 0}, condition: s}\n"
    "syncopate: {group: human, points: 20}\n"
    "---\ntitle: weak\nname: weak\n" HEAD "{conn.count|gt: 40}, condition: s}\n"
    "syncopate: {group: count, points: 60, needs: {conn.count: 5, heavy.n: 10 heavy pages}}\n";

struct source {
    struct syc_ruleset *set;
    struct syc_value row[TEST_FIELDS];
    struct syc_subject subject; /* the verdict reads it */
    struct syc_verdict verdict;
};

static void
load(struct source *s, const char *text)
{
    memset(s, 0, sizeof(*s));
    s->set = new_set();
    parse(s->set, "t.yml", text);
    assert_int_equal(syc_ruleset_refused(s->set), 0);
    assert_int_equal(syc_ruleset_seal(s->set), SYC_OK);
}

static enum syc_label
label(struct source *s)
{
    s->subject.values = s->row;
    syc_judge(s->set, NULL, &s->subject, 0, &s->verdict);
    return s->verdict.label;
}

static void
set_int(struct source *s, const char *name, int64_t i)
{
    put(&source_schema, s->row, name, int_value(i));
}

static void
set_real(struct source *s, const char *name, double f)
{
    put(&source_schema, s->row, name, real_value(f));
}

static void
labels_have_the_words_of_the_contract(void **state)
{
    assert_string_equal(syc_label_name(SYC_LABEL_AUTOMATION), "automation");
    assert_string_equal(syc_label_name(SYC_LABEL_HUMAN_LIKE), "human-like");
    assert_string_equal(syc_label_name(SYC_LABEL_UNCLEAR), "unclear");
    assert_string_equal(syc_label_name(SYC_LABEL_INSUFFICIENT), "insufficient-evidence");
    assert_string_equal(syc_label_name(SYC_LABEL_MIXED), "mixed");
}

static void
below_its_least_figure_a_rule_abstains_and_says_so(void **state)
{
    struct source s;

    load(&s, rules);
    set_real(&s, "iat.cv", 0.01);
    set_int(&s, "iat.n", 7);
    set_int(&s, "conn.count", 3);
    assert_int_equal(label(&s), SYC_LABEL_INSUFFICIENT);
    assert_int_equal(s.verdict.score, 50);
    assert_int_equal(s.verdict.evidence_count, 0);
    assert_int_equal(s.verdict.missing_count, 2);
    assert_string_equal(s.verdict.missing[0].rule, "for");
    assert_string_equal(needs_of(&s.verdict, 0), "7 of 10 gaps");
    assert_string_equal(s.verdict.missing[1].rule, "weak");
    assert_string_equal(needs_of(&s.verdict, 1), "3 of 5 connections, unknown of 10 heavy pages");
    set_int(&s, "heavy.n", 0); /* counted, and there were none */
    assert_int_equal(label(&s), SYC_LABEL_INSUFFICIENT);
    assert_string_equal(needs_of(&s.verdict, 1), "3 of 5 connections, 0 of 10 heavy pages");
    set_int(&s, "iat.n", 10);
    assert_int_equal(label(&s), SYC_LABEL_AUTOMATION);
    assert_int_equal(s.verdict.score, 90);
    assert_int_equal(s.verdict.missing_count, 1);
    syc_ruleset_free(s.set);
}

/* Odds 1/4: score 20, at most 30. Human-like only from 20 gaps or 20 exchanges on. */
static void
human_like_needs_twenty_gaps_or_exchanges(void **state)
{
    struct source s;

    load(&s, rules);
    set_real(&s, "episode.burstiness", 0.3);
    assert_int_equal(label(&s), SYC_LABEL_UNCLEAR);
    assert_int_equal(s.verdict.score, 20);
    set_int(&s, "iat.n", 19);
    assert_int_equal(label(&s), SYC_LABEL_UNCLEAR);
    set_int(&s, "iat.n", 20);
    assert_int_equal(label(&s), SYC_LABEL_HUMAN_LIKE);
    set_int(&s, "iat.n", 1);
    set_int(&s, "episode.n", 20);
    assert_int_equal(label(&s), SYC_LABEL_HUMAN_LIKE);
    set_int(&s, "episode.n", 1);
    set_int(&s, "conn.count", 24); /* of which five had a turn */
    set_real(&s, "conn.turns_mean", 3.8);
    set_int(&s, "conn.turns", 19);
    assert_int_equal(label(&s), SYC_LABEL_UNCLEAR);
    set_int(&s, "conn.turns", 20);
    assert_int_equal(label(&s), SYC_LABEL_HUMAN_LIKE);
    assert_int_equal(s.verdict.kind_count, 0);
    syc_ruleset_free(s.set);
}

/* Points p alone give the score p: 69, 70, 31 and 30 stand beside the borders. */
static void
labels_change_at_70_and_30(void **state)
{
    static const struct {
        int points;
        enum syc_label label;
    } rows[] = {
        {69, SYC_LABEL_UNCLEAR},
        {70, SYC_LABEL_AUTOMATION},
        {31, SYC_LABEL_UNCLEAR},
        {30, SYC_LABEL_HUMAN_LIKE},
    };

    for (size_t i = 0; i < 4; i++) {
        struct source s;
        char text[512];

        snprintf(text, sizeof(text),
                 "title: t\n" HEAD "{iat.n|gt: 0}, condition: s}\n"
                 "syncopate: {group: g, points: %d}\n",
                 rows[i].points);
        load(&s, text);
        set_int(&s, "iat.n", 20);
        assert_int_equal(label(&s), rows[i].label);
        assert_int_equal(s.verdict.score, rows[i].points);
        syc_ruleset_free(s.set);
    }
}

static void
insufficient_evidence_always_says_what_is_missing(void **state)
{
    struct source s;

    /* Enough of everything, and no rule found its pattern. */
    load(&s, rules);
    set_int(&s, "iat.n", 25);
    set_real(&s, "iat.cv", 0.9);
    set_int(&s, "conn.count", 26);
    set_int(&s, "heavy.n", 12);
    assert_int_equal(label(&s), SYC_LABEL_INSUFFICIENT);
    assert_int_equal(s.verdict.missing_count, 3);
    assert_string_equal(s.verdict.missing[0].rule, "against");
    assert_string_equal(needs_of(&s.verdict, 0), "no match");
    assert_string_equal(needs_of(&s.verdict, 1), "no match in 25 gaps");
    assert_string_equal(needs_of(&s.verdict, 2), "no match in 26 connections");
    syc_ruleset_free(s.set);

    /* No rule at all. */
    load(&s, "# nothing\n");
    assert_int_equal(label(&s), SYC_LABEL_INSUFFICIENT);
    assert_int_equal(s.verdict.missing_count, 1);
    assert_int_equal(s.verdict.score, 50);
    syc_ruleset_free(s.set);
}

static void
figures_are_printed_as_short_as_they_are(void **state)
{
    static const struct {
        double have, least;
        const char *expected;
    } rows[] = {
        {7, 10, "7 of 10 seconds"},
        {0.25, 0.5, "0.25 of 0.5 seconds"},
        {-0.5, 1, "-0.5 of 1 seconds"},
        {1.0 / 3, 1000, "0.333 of 1000 seconds"},
        {-2.5, 2.125, "-2.5 of 2.125 seconds"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct source s;
        char text[512];

        snprintf(text, sizeof(text),
                 "title: t\n" HEAD "{iat.n|gt: 0}, condition: s}\n"
                 "syncopate: {group: g, points: 60, needs: {conn.span_s: %.3f}}\n",
                 rows[i].least);
        load(&s, text);
        set_real(&s, "conn.span_s", rows[i].have);
        assert_int_equal(label(&s), SYC_LABEL_INSUFFICIENT);
        assert_string_equal(needs_of(&s.verdict, 0), rows[i].expected);
        syc_ruleset_free(s.set);
    }
}

static void
many_needs_stay_within_their_text(void **state)
{
    struct source s;

    load(&s, "title: t\n" HEAD "{iat.n|gt: 0}, condition: s}\n"
             "syncopate:\n    group: g\n    points: 60\n    needs:\n"
             "        iat.n: 100000000 of the very longest of gaps\n"
             "        conn.count: 100000000 of the very many connections\n"
             "        heavy.n: 10\n");
    assert_int_equal(label(&s), SYC_LABEL_INSUFFICIENT);
    assert_int_equal(strlen(needs_of(&s.verdict, 0)), SYC_NEEDS_TEXT - 1);
    syc_ruleset_free(s.set);
}

int
test_judge_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_have_the_words_of_the_contract),
        cmocka_unit_test(below_its_least_figure_a_rule_abstains_and_says_so),
        cmocka_unit_test(human_like_needs_twenty_gaps_or_exchanges),
        cmocka_unit_test(labels_change_at_70_and_30),
        cmocka_unit_test(insufficient_evidence_always_says_what_is_missing),
        cmocka_unit_test(figures_are_printed_as_short_as_they_are),
        cmocka_unit_test(many_needs_stay_within_their_text),
    };

    return cmocka_run_group_tests_name("rules: labels", tests, NULL, NULL);
}
