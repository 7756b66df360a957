/* Sources, their pairs and their programs: who speaks, in which order, and when a source is mixed. The rules are the test's own. */

#include "tests/unit/engine/craft.h"
#include "tests/unit/engine/groups.h"

#include <stdio.h>
#include <string.h>

#define S INT64_C(1000000)

/* Points 95 and 5 alone in their group: ln(95/5) = 2.94 and score 95; ln(5/95) = -2.94 and score 5. */
static const char rules[] = "title: Steady\n"
                            "id: 11111111-1111-4111-8111-111111111111\n"
                            "name: steady\n"
                            "logsource: {product: syncopate, category: source}\n"
                            "detection: {a: {iat.concentration_ratio|gte: 0.8}, condition: a}\n"
                            "syncopate: {group: gap, points: 95, needs: {iat.n: 10}}\n"
                            "---\n"
                            "title: Loose\n"
                            "id: 22222222-2222-4222-8222-222222222222\n"
                            "name: loose\n"
                            "logsource: {product: syncopate, category: source}\n"
                            "detection: {a: {iat.concentration_ratio|lt: 0.3}, condition: a}\n"
                            "syncopate: {group: gap, points: 5, needs: {iat.n: 10}}\n";

static struct craft capture;

/* 30 connections, 10 s apart: all 29 gaps within 30 % of their median. */
static void
steady(uint8_t client, uint8_t server, uint16_t port)
{
    for (uint16_t i = 0; i < 30; i++) {
        craft_talk(&capture, i * 10 * S, client, server, (uint16_t)(port + i));
    }
}

/* 31 connections with gaps 1, 3, 9, 27, 81 s in turn: median 9, so one gap in five is within 30 % of it. */
static void
loose(uint8_t client, uint8_t server, uint16_t port)
{
    static const int gaps[5] = {1, 3, 9, 27, 81};
    int64_t at = 4321;

    for (uint16_t i = 0; i < 31; i++) {
        craft_talk(&capture, at, client, server, (uint16_t)(port + i));
        at += gaps[i % 5] * S;
    }
}

enum { VERDICTS = 64 };

struct verdict_seen {
    enum syc_label label;
    int score;
    enum syc_subject_kind kind;
    unsigned source, dest; /* last octets */
};

struct seen {
    struct verdict_seen verdicts[VERDICTS];
    size_t count;
    struct syc_table_row rows[VERDICTS];
    size_t row_count;
};

static void
on_verdict(void *user, const struct syc_verdict *v)
{
    struct seen *seen = user;

    assert_true(seen->count < VERDICTS);
    seen->verdicts[seen->count++] =
        (struct verdict_seen){v->label, v->score, v->subject->kind, v->subject->source[15],
                              v->subject->kind == SYC_SUBJECT_PAIR ? v->subject->dest[15] : 0};
}

static void
on_row(void *user, const struct syc_table_row *row)
{
    struct seen *seen = user;

    assert_true(seen->row_count < VERDICTS);
    seen->rows[seen->row_count++] = *row;
}

static void
judge_capture(struct seen *seen, size_t memory)
{
    char path[CRAFT_PATH], rule_path[CRAFT_PATH];
    const char *const rule_paths[] = {rule_path};
    struct syc_engine_config config = {.rules = rule_paths,
                                       .rule_count = 1,
                                       .memory_octets = memory,
                                       .verdict = on_verdict,
                                       .row = on_row,
                                       .user = seen};
    struct craft_run r;

    *seen = (struct seen){.count = 0};
    craft_save(&capture, path);
    craft_file(rules, sizeof(rules) - 1, ".yml", rule_path);
    craft_run_begin(&r, &config, 0);
    assert_int_equal(syc_ruleset_loaded(syc_engine_rules(r.engine)), 2);
    assert_int_equal(craft_run_file(&r, path), SYC_OK);
    craft_free(craft_run_end(&r));
    craft_remove(path);
    craft_remove(rule_path);
}

static void
check(const struct seen *seen, size_t at, enum syc_label label, unsigned source, unsigned dest)
{
    assert_true(at < seen->count);
    assert_int_equal(seen->verdicts[at].label, label);
    assert_int_equal(seen->verdicts[at].source, source);
    assert_int_equal(seen->verdicts[at].dest, dest);
}

/*
 * One address, one server: requests of 100 octets on a beat, those of 400 at random. 400 is more than a third above 100,
 * so no one program sends both.
 */
static void
a_source_whose_programs_disagree_is_mixed(void **unused)
{
    struct seen seen;

    (void)unused;
    craft_begin(&capture);
    steady(1, 7, 40000);
    capture.request = 400;
    loose(1, 7, 41000);
    judge_capture(&seen, 0);
    assert_int_equal(seen.count, 3);
    check(&seen, 0, SYC_LABEL_MIXED, 1, 0);
    check(&seen, 1, SYC_LABEL_AUTOMATION, 1, 0);
    assert_int_equal(seen.verdicts[1].kind, SYC_SUBJECT_SUBSTREAM);
    assert_int_equal(seen.verdicts[1].score, 95);
    check(&seen, 2, SYC_LABEL_HUMAN_LIKE, 1, 0);
    assert_int_equal(seen.verdicts[2].kind, SYC_SUBJECT_SUBSTREAM);
    assert_int_equal(seen.verdicts[2].score, 5);
}

/* The same requests to two servers: one program, whose pairs are parts of what it does. */
static void
a_source_whose_pairs_disagree_is_not_mixed(void **unused)
{
    struct seen seen;

    (void)unused;
    craft_begin(&capture);
    steady(1, 7, 40000);
    loose(1, 8, 41000);
    steady(2, 7, 42000);
    craft_talk(&capture, 5 * S, 2, 9, 45000);
    judge_capture(&seen, 0);
    assert_int_equal(seen.count, 4);
    assert_int_not_equal(seen.verdicts[0].label, SYC_LABEL_MIXED);
    check(&seen, 1, SYC_LABEL_AUTOMATION, 1, 7);
    assert_int_equal(seen.verdicts[1].score, 95);
    check(&seen, 2, SYC_LABEL_HUMAN_LIKE, 1, 8);
    assert_int_equal(seen.verdicts[2].score, 5);
    /* one of its pairs says the same, the other knows too little: both are silent */
    check(&seen, 3, SYC_LABEL_AUTOMATION, 2, 0);
    assert_int_equal(seen.verdicts[3].score, 95);
}

/* Two steady servers, half a period apart, make a source that is steady itself. */
static void
pairs_that_agree_with_their_source_are_silent(void **unused)
{
    struct seen seen;

    (void)unused;
    craft_begin(&capture);
    for (uint16_t i = 0; i < 60; i++) {
        craft_talk(&capture, i * 5 * S, 1, (uint8_t)(7 + i % 2), (uint16_t)(40000 + i));
    }
    judge_capture(&seen, 0);
    assert_int_equal(seen.count, 1);
    check(&seen, 0, SYC_LABEL_AUTOMATION, 1, 0);
}

/*
 * Thirty steady connections to one server, and nine to another 4 s after every third: of the source's 38 gaps 20 are 10 s
 * and 18 are 4 or 6 s, so 0.53 of them are near the median and no rule fires. The first pair is steady; the second has 8
 * gaps, too few to be asked.
 */
static void
a_pair_that_differs_speaks_after_its_source(void **unused)
{
    struct seen seen;

    (void)unused;
    craft_begin(&capture);
    steady(1, 7, 40000);
    for (uint16_t i = 0; i < 9; i++) {
        craft_talk(&capture, (i * 30 + 4) * S, 1, 8, (uint16_t)(45000 + i));
    }
    judge_capture(&seen, 0);
    assert_int_equal(seen.count, 2);
    check(&seen, 0, SYC_LABEL_INSUFFICIENT, 1, 0);
    assert_int_equal(seen.verdicts[0].kind, SYC_SUBJECT_SOURCE);
    check(&seen, 1, SYC_LABEL_AUTOMATION, 1, 7);
    assert_int_equal(seen.verdicts[1].kind, SYC_SUBJECT_PAIR);
}

static void
a_row_says_in_words_what_is_strongest(void **unused)
{
    struct seen seen;

    (void)unused;
    craft_begin(&capture);
    steady(1, 7, 40000);
    craft_talk(&capture, 1 * S, 2, 7, 45000);
    judge_capture(&seen, 0);
    assert_int_equal(seen.row_count, 2);
    assert_string_equal(seen.rows[0].source, "192.0.2.1");
    assert_int_equal(seen.rows[0].score, 95);
    assert_int_equal(seen.rows[0].conn_count, 30);
    assert_non_null(strstr(seen.rows[0].reason, "Steady"));
    assert_string_equal(seen.rows[1].source, "192.0.2.2");
    assert_int_equal(seen.rows[1].label, SYC_LABEL_INSUFFICIENT);
    assert_non_null(strstr(seen.rows[1].reason, "of 10 gaps"));
}

int
test_mixed_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_whose_programs_disagree_is_mixed),
        cmocka_unit_test(a_source_whose_pairs_disagree_is_not_mixed),
        cmocka_unit_test(pairs_that_agree_with_their_source_are_silent),
        cmocka_unit_test(a_pair_that_differs_speaks_after_its_source),
        cmocka_unit_test(a_row_says_in_words_what_is_strongest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
