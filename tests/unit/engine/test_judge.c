/* The waist: verdicts are a function of the set of records, so of their events in any order. */

#include "tests/unit/engine/craft.h"
#include "tests/unit/engine/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define S INT64_C(1000000)

enum { LINES = 256 };

/* Three sources: a clock with two servers, one with doubling gaps, one that nobody answers. */
static void
make_capture(char path[CRAFT_PATH])
{
    static struct craft c;
    int64_t at = 0;

    craft_begin(&c);
    for (uint16_t i = 0; i < 40; i++) {
        craft_talk(&c, i * 5 * S, 1, (uint8_t)(1 + i % 2), (uint16_t)(40000 + i));
    }
    for (uint16_t i = 0; i < 12; i++) {
        at += (INT64_C(1) << i) * S / 8;
        craft_talk(&c, 200 * S + at, 2, 1, (uint16_t)(41000 + i));
    }
    for (uint16_t i = 0; i < 9; i++) {
        craft_talk_part(&c, 800 * S + i * S, 3, 1, (uint16_t)(42000 + i), 1);
    }
    craft_save(&c, path);
}

struct told {
    char text[4096];
    size_t count;
};

static void
on_message(void *user, const char *text)
{
    struct told *told = user;
    size_t n = strlen(told->text);

    told->count++;
    snprintf(told->text + n, sizeof(told->text) - n, "%s\n", text);
}

/* The verdicts of events, and what was counted and told on the way. */
static char *
judge_text(const char *events, size_t n, struct syc_judge_counts *counts, struct told *told)
{
    char path[CRAFT_PATH];
    struct syc_engine_config config = {.user = told, .message = told != NULL ? on_message : NULL};
    struct craft_run r;
    FILE *file;

    craft_file(events, n, ".jsonl", path);
    file = fopen(path, "r");
    assert_non_null(file);
    craft_run_begin(&r, &config, SYC_EVENT_VERDICT);
    assert_int_equal(syc_engine_judge(r.engine, fileno(file), "events", counts, NULL), SYC_OK);
    fclose(file);
    craft_remove(path);
    return craft_run_end(&r);
}

static char *
join(char **lines, size_t n, const char *last)
{
    size_t octets = 1;
    char *text;

    for (size_t i = 0; i < n; i++) {
        octets += strlen(lines[i]) + 1;
    }
    text = calloc(1, octets);
    assert_non_null(text);
    for (size_t i = 0; i < n; i++) {
        strcat(strcat(text, lines[i]), i + 1 < n ? "\n" : last);
    }
    return text;
}

static void
judge_of_the_events_equals_the_direct_run(void **unused)
{
    struct syc_judge_counts counts = {0};
    char path[CRAFT_PATH];
    char *direct, *events, *judged;

    (void)unused;
    make_capture(path);
    direct = craft_analyze(path, SYC_EVENT_VERDICT);
    events = craft_analyze(path, SYC_EVENT_CONNECTION | SYC_EVENT_STATS);
    judged = judge_text(events, strlen(events), &counts, NULL);
    assert_string_equal(judged, direct);
    assert_non_null(strstr(direct, "\"label\":\"automation\""));
    assert_int_equal(counts.records, 40 + 12 + 9);
    assert_int_equal(counts.other_events, 1);
    assert_int_equal(counts.bad_lines, 0);
    craft_free(judged);
    craft_free(events);
    craft_free(direct);
    craft_remove(path);
}

/* The records of a judge are the ones it read: what it emits is what it got. */
static void
judged_records_go_out_as_they_came(void **unused)
{
    struct syc_judge_counts counts = {0};
    char path[CRAFT_PATH], saved[CRAFT_PATH];
    struct craft_run r;
    char *events, *again;
    FILE *file;

    (void)unused;
    make_capture(path);
    events = craft_analyze(path, SYC_EVENT_CONNECTION);
    craft_file(events, strlen(events), ".jsonl", saved);
    file = fopen(saved, "r");
    assert_non_null(file);
    craft_run_begin(&r, &(struct syc_engine_config){0}, SYC_EVENT_CONNECTION);
    assert_int_equal(syc_engine_judge(r.engine, fileno(file), "events", &counts, NULL), SYC_OK);
    fclose(file);
    again = craft_run_end(&r);
    assert_string_equal(again, events);
    craft_free(again);
    craft_free(events);
    craft_remove(saved);
    craft_remove(path);
}

/* A shuffle that is the same in every run (Numerical Recipes' generator). */
static void
shuffle(char **lines, size_t n, uint32_t seed)
{
    for (size_t i = n; i > 1; i--) {
        size_t j;
        char *kept = lines[i - 1];
        seed = seed * 1664525 + 1013904223;
        j = (seed >> 8) % i;
        lines[i - 1] = lines[j];
        lines[j] = kept;
    }
}

static void
the_order_of_records_does_not_matter(void **unused)
{
    char path[CRAFT_PATH];
    char *lines[LINES];
    char *direct, *events;
    size_t n;

    (void)unused;
    make_capture(path);
    direct = craft_analyze(path, SYC_EVENT_VERDICT);
    events = craft_analyze(path, SYC_EVENT_CONNECTION);
    n = craft_lines(events, lines, LINES);
    for (uint32_t seed = 1; seed <= 20; seed++) {
        struct syc_judge_counts counts = {0};
        char *text, *judged;
        shuffle(lines, n, seed);
        text = join(lines, n, "\n");
        judged = judge_text(text, strlen(text), &counts, NULL);
        assert_string_equal(judged, direct);
        craft_free(judged);
        free(text);
    }
    craft_free(events);
    craft_free(direct);
    craft_remove(path);
}

/* ------------------------------------------------------------ lines that are none */

static void
damaged_lines_are_counted_and_told_by_number(void **unused)
{
    struct syc_judge_counts counts = {0};
    struct told told = {0};
    char path[CRAFT_PATH];
    char *lines[LINES];
    char *mixed[8];
    char *direct, *events, *text, *judged;
    char stats[] = "{\"v\":1,\"event_type\":\"stats\"}";
    char bad[] = "{\"event_type\":\"connection\",";
    char empty[] = "";

    (void)unused;
    make_capture(path);
    direct = craft_analyze(path, SYC_EVENT_VERDICT);
    events = craft_analyze(path, SYC_EVENT_CONNECTION);
    assert_true(craft_lines(events, lines, LINES) > 3);
    mixed[0] = lines[0];
    mixed[1] = bad; /* line 2 */
    mixed[2] = stats;
    mixed[3] = lines[1];
    mixed[4] = empty;
    mixed[5] = bad; /* line 6 */
    mixed[6] = lines[2];
    text = join(mixed, 7, "\n");
    judged = judge_text(text, strlen(text), &counts, &told);
    assert_int_equal(counts.records, 3);
    assert_int_equal(counts.other_events, 1);
    assert_int_equal(counts.bad_lines, 2);
    assert_int_equal(told.count, 2);
    assert_non_null(strstr(told.text, "events: line 2"));
    assert_non_null(strstr(told.text, "events: line 6"));
    craft_free(judged);
    free(text);
    craft_free(events);
    craft_free(direct);
    craft_remove(path);
}

static void
the_eleventh_damaged_line_is_only_counted(void **unused)
{
    static const char bad[] = "x\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\n"; /* 14 */
    struct syc_judge_counts counts = {0};
    struct told told = {0};

    (void)unused;
    craft_free(judge_text(bad, strlen(bad), &counts, &told));
    assert_int_equal(counts.bad_lines, 14);
    assert_int_equal(told.count, 11); /* ten, and one that says that there are more */
    assert_non_null(strstr(told.text, "line 10"));
    assert_null(strstr(told.text, "line 11"));
}

static void
a_last_line_without_newline_is_a_line(void **unused)
{
    struct syc_judge_counts counts = {0};
    char path[CRAFT_PATH];
    char *lines[LINES];
    char *events, *text;

    (void)unused;
    make_capture(path);
    events = craft_analyze(path, SYC_EVENT_CONNECTION);
    craft_lines(events, lines, LINES);
    text = join(lines, 2, "");
    craft_free(judge_text(text, strlen(text), &counts, NULL));
    assert_int_equal(counts.records, 2);
    counts = (struct syc_judge_counts){0};
    craft_free(judge_text(text, strlen(text) - 1, &counts, NULL)); /* its last brace is gone */
    assert_int_equal(counts.records, 1);
    assert_int_equal(counts.bad_lines, 1);
    free(text);
    craft_free(events);
    craft_remove(path);
}

/* A hole of 65 MiB is a line of as many zeros: passed over without being kept, and the next line is read. */
static void
a_line_over_64_mib_is_passed_over(void **unused)
{
    struct syc_judge_counts counts = {0};
    struct told told = {0};
    struct syc_engine_config config = {.user = &told, .message = on_message};
    char path[CRAFT_PATH];
    struct craft_run r;
    FILE *file;

    (void)unused;
    craft_file("", 0, ".jsonl", path);
    file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 65L << 20, SEEK_SET), 0);
    assert_true(fputs("\n{\"event_type\":\"stats\"}\n", file) >= 0);
    assert_int_equal(fflush(file), 0);
    assert_int_equal(lseek(fileno(file), 0, SEEK_SET), 0);
    craft_run_begin(&r, &config, SYC_EVENT_VERDICT);
    assert_int_equal(syc_engine_judge(r.engine, fileno(file), "events", &counts, NULL), SYC_OK);
    fclose(file);
    craft_free(craft_run_end(&r));
    assert_int_equal(counts.bad_lines, 1);
    assert_int_equal(counts.other_events, 1);
    assert_non_null(strstr(told.text, "line 1: longer than 64 MiB"));
    craft_remove(path);
}

int
test_judge_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judge_of_the_events_equals_the_direct_run),
        cmocka_unit_test(judged_records_go_out_as_they_came),
        cmocka_unit_test(the_order_of_records_does_not_matter),
        cmocka_unit_test(damaged_lines_are_counted_and_told_by_number),
        cmocka_unit_test(the_eleventh_damaged_line_is_only_counted),
        cmocka_unit_test(a_last_line_without_newline_is_a_line),
        cmocka_unit_test(a_line_over_64_mib_is_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
