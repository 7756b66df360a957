/*
 * JSON's grammar, by RFC 8259 and against another parser: what jansson takes is taken, what it refuses is refused. Ours
 * differs on purpose where jansson refuses what the RFC allows: numbers beyond 64 bits, lone surrogates.
 */

#include "engine/pull.h"
#include "tests/unit/engine/groups.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 200000 };

/* One value and nothing else; the copy ends where its memory ends, so that sanitizers see a step past it. */
static bool
is_json(const char *text, size_t n)
{
    char *copy = malloc(n > 0 ? n : 1);
    struct syc_pull s = {.begin = copy, .p = copy, .end = copy + n};
    bool good;

    assert_non_null(copy);
    memcpy(copy, text, n);
    good = syc_pull_skip(&s) && syc_pull_end(&s);
    assert_int_equal(good, s.fault == NULL);
    assert_true(s.p <= s.end);
    free(copy);
    return good;
}

static void
the_grammar_is_rfc_8259s(void **state)
{
    static const char *const good[] = {
        "0",
        "-0",
        "12",
        "-1.5e+9",
        "1E5",
        "0.0",
        "true",
        "false",
        "null",
        "\"\"",
        " [ ] ",
        "{}",
        "[1,2]",
        "[[],{}]",
        "{\"a\":[{}]}",
        "{\"\":\"\\u00e4\"}",
        "\"\xc3\xa4\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\t\r\n1 ",
        "\"\xf4\x8f\xbf\xbf\"",
        "\"\x7f\"",
        "99999999999999999999",
        "1e999",
        "\"\\ud800\"",
        "{ \"a\" : 1 , \"b\" : [ 1 , 2 ] }",
        "\"\\u0000\"",
    };
    static const char *const bad[] = {
        "",
        " ",
        "01",
        "-",
        "-a",
        "1.",
        ".5",
        "1e",
        "1e+",
        "+1",
        "tru",
        "True",
        "nul",
        "\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\\",
        "\"a\nb\"",
        "\"\x80\"",
        "\"\xc0\xaf\"",
        "\"\xe0\x80\x80\"",
        "\"\xed\xa0\x80\"",
        "\"\xf4\x90\x80\x80\"",
        "\"\xc3\"",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,]",
        "[1 2]",
        "]",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\" 1}",
        "{\"a\":1]",
        "[1}",
        "1 2",
        "{}{}",
        "[1]]",
        "{1:2}",
        "nan",
        "\"\\u00",
        "00",
        "-01",
        "0x1",
        "1.e5",
    };

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!is_json(good[i], strlen(good[i]))) {
            fail_msg("refused: %s", good[i]);
        }
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (is_json(bad[i], strlen(bad[i]))) {
            fail_msg("taken: %s", bad[i]);
        }
    }
}

static uint64_t
draw(uint64_t *seed, uint64_t below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*seed >> 33) % below;
}

/* Texts drawn from the octets that the grammar is made of, so that many are JSON and most of the others nearly. */
static void
another_parser_agrees(void **state)
{
    static const char *const pieces[] = {"{",       "}",     "[",         "]",       ",",
                                         ":",       "\"a\"", "\"\"",      "1",       "0",
                                         "-",       ".",     "e",         "true",    "null",
                                         " ",       "\"",    "\\",        "\\u0041", "\xc3\xa4",
                                         "\xe2",    "[1,2]", "{\"a\":1}", "\"b\":",  "\x01",
                                         "12345678"};
    uint64_t seed = 11;
    size_t taken = 0;

    for (int i = 0; i < ROUNDS; i++) {
        char text[512] = "";
        json_error_t fault;
        json_t *tree;
        bool ours;

        for (uint64_t k = 1 + draw(&seed, 9); k > 0; k--) {
            strcat(text, pieces[draw(&seed, sizeof pieces / sizeof *pieces)]);
        }
        tree = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, &fault);
        ours = is_json(text, strlen(text));
        if (ours != (tree != NULL) && json_error_code(&fault) != json_error_numeric_overflow) {
            fail_msg("%s: %s", text, ours ? fault.text : "refused by ours alone");
        }
        taken += ours;
        json_decref(tree);
    }
    assert_in_range(taken, ROUNDS / 50, ROUNDS);
}

/* 2048 levels and no recursion; one more is refused, however long the line. */
static void
nesting_is_bounded(void **state)
{
    enum { LEVELS = 100000 };
    static char text[2 * LEVELS];

    memset(text, '[', 2048);
    memset(text + 2048, ']', 2048);
    assert_true(is_json(text, 4096));
    memset(text, '[', LEVELS);
    memset(text + LEVELS, ']', LEVELS);
    assert_false(is_json(text, 2 * LEVELS));
    for (size_t i = 0; i < 2049; i++) {
        memcpy(text + 5 * i, "{\"\":1", 4);
    }
    assert_false(is_json(text, 5 * 2049));
}

static bool
reads_int(const char *text, int64_t *out)
{
    struct syc_pull s = {.begin = text, .p = text, .end = text + strlen(text)};
    bool whole = syc_pull_int(&s, out);

    assert_true(whole ? s.p == s.end : s.p == text);
    return whole;
}

static void
whole_numbers_are_exact_or_none(void **state)
{
    static const char *const none[] = {"1.0", "1e2",  "1E2", "",
                                       "-",   "01",   "-00", "1000000000000000000",
                                       "x",   "\"1\""};
    int64_t v;

    assert_true(reads_int("0", &v) && v == 0);
    assert_true(reads_int("-0", &v) && v == 0);
    assert_true(reads_int("999999999999999999", &v) && v == INT64_C(999999999999999999));
    assert_true(reads_int("-999999999999999999", &v) && v == -INT64_C(999999999999999999));
    assert_true(reads_int("36028797018963969", &v) && v == (INT64_C(1) << 55) + 1);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_false(reads_int(none[i], &v));
    }
}

static void
escapes_are_undone_for_ascii_only(void **state)
{
    static const struct {
        const char *text,
            *octets; /* NULL: not ASCII, or too long for the eight there is room for */
    } rows[] = {
        {"\"plain\"", "plain"},
        {"\"\\u0041\\u005a\"", "AZ"},
        {"\"\\\"\\\\\\/\\n\"", "\"\\/\n"},
        {"\"a\\u00e4\"", NULL},
        {"\"\xc3\xa4\\n\"", NULL},
        {"\"\\u004112345678\"", NULL},
        {"\"\\u00411234567\"", "A1234567"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct syc_pull s = {.begin = rows[i].text,
                             .p = rows[i].text,
                             .end = rows[i].text + strlen(rows[i].text)};
        struct syc_pull_text text;
        char out[8];
        size_t n;

        assert_true(syc_pull_text(&s, &text));
        n = syc_pull_unescape(&text, out, sizeof out);
        if (rows[i].octets == NULL) {
            assert_int_equal(n, SIZE_MAX);
        } else {
            assert_int_equal(n, strlen(rows[i].octets));
            assert_memory_equal(out, rows[i].octets, n);
        }
    }
}

int
test_pull_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_grammar_is_rfc_8259s),
        cmocka_unit_test(another_parser_agrees),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(whole_numbers_are_exact_or_none),
        cmocka_unit_test(escapes_are_undone_for_ascii_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
