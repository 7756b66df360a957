/* The audit in a run: alone or beside verdicts, from captures and from records in any order. */

#include "engine/engine_int.h"
#include "tests/unit/engine/craft.h"
#include "tests/unit/engine/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define S INT64_C(1000000)

enum { TALKS = 25, LINES = 64 };

static char path[CRAFT_PATH];

/* 25 connections of one pair, a second apart, each closed by the client. */
static int
make_capture(void **unused)
{
    static struct craft c;

    craft_begin(&c);
    for (uint16_t i = 0; i < TALKS; i++) {
        craft_talk(&c, i * S, 1, 1, (uint16_t)(40000 + 2 * i));
    }
    craft_save(&c, path);
    return 0;
}

static int
remove_capture(void **unused)
{
    craft_remove(path);
    return 0;
}

struct seen {
    int reports, verdicts;
    int64_t connections, attempts, waiting;
    size_t pairs;
};

static void
on_audited(void *user, const struct syc_audit_report *r)
{
    struct seen *seen = user;

    seen->reports++;
    seen->connections = r->connections;
    seen->pairs = r->pair_count;
    seen->attempts = r->pair_count > 0 ? r->pairs[0].attempts : 0;
    seen->waiting = r->host_count > 0 ? r->hosts[0].tw_entered : 0;
}

static void
on_verdict(void *user, const struct syc_verdict *v)
{
    struct seen *seen = user;

    seen->verdicts++;
}

static char *
run(struct seen *seen, bool audit_only, unsigned events)
{
    const struct syc_engine_config config = {.audit_only = audit_only,
                                             .audited = seen != NULL ? on_audited : NULL,
                                             .verdict = seen != NULL ? on_verdict : NULL,
                                             .user = seen};
    struct craft_run r;

    craft_run_begin(&r, &config, events);
    assert_int_equal(craft_run_file(&r, path), SYC_OK);
    return craft_run_end(&r);
}

static void
check(const struct seen *seen, int verdicts)
{
    assert_int_equal(seen->reports, 1);
    assert_int_equal(seen->verdicts, verdicts);
    assert_int_equal(seen->connections, TALKS);
    assert_int_equal(seen->pairs, 1);
    assert_int_equal(seen->attempts, TALKS);
    assert_int_equal(seen->waiting, TALKS);
}

static void
the_audit_stands_alone_or_beside_verdicts(void **unused)
{
    struct seen alone = {0}, beside = {0};
    char *text;

    text = run(&alone, true, 0);
    assert_string_equal(text, "");
    craft_free(text);
    check(&alone, 0);
    craft_free(run(&beside, false, 0));
    check(&beside, 1);
}

static void
the_event_comes_only_when_asked_for(void **unused)
{
    char *lines[LINES];
    char *text = run(NULL, false, SYC_EVENT_VERDICT | SYC_EVENT_AUDIT);

    assert_int_equal(craft_lines(text, lines, LINES), 2);
    assert_non_null(strstr(lines[0], "\"event_type\":\"verdict\""));
    assert_non_null(strstr(lines[1], "\"event_type\":\"audit\""));
    craft_free(text);
    text = run(NULL, false, SYC_EVENT_VERDICT);
    assert_int_equal(craft_lines(text, lines, LINES), 1);
    craft_free(text);
}

/* The audit is a function of the set of records: the events backwards say what the capture said. */
static void
records_in_any_order_give_the_same_audit(void **unused)
{
    const struct syc_engine_config config = {.audit_only = true};
    char *want = run(NULL, true, SYC_EVENT_AUDIT);
    char *events = run(NULL, true, SYC_EVENT_CONNECTION);
    struct syc_judge_counts counts = {0};
    char *lines[LINES], *got;
    char name[CRAFT_PATH];
    struct craft_run r;
    FILE *file;

    assert_int_equal(craft_lines(events, lines, LINES), TALKS);
    craft_file("", 0, ".jsonl", name);
    file = fopen(name, "w+");
    assert_non_null(file);
    for (size_t i = TALKS; i > 0; i--) {
        fprintf(file, "%s\n", lines[i - 1]);
    }
    rewind(file);
    craft_run_begin(&r, &config, SYC_EVENT_AUDIT);
    assert_int_equal(syc_engine_judge(r.engine, fileno(file), "events", &counts, NULL), SYC_OK);
    got = craft_run_end(&r);
    assert_int_equal(counts.records, TALKS);
    assert_string_equal(got, want);
    fclose(file);
    craft_remove(name);
    craft_free(got);
    craft_free(events);
    craft_free(want);
}

/* --at: after 9.9 s ten connections have begun. */
static void
the_options_reach_the_audit(void **unused)
{
    const struct syc_audit_options options = {.at_us = 9900000, .two_msl_us = 7 * S};
    struct seen seen = {0};
    const struct syc_engine_config config = {.audit_only = true,
                                             .audit = &options,
                                             .audited = on_audited,
                                             .user = &seen};
    struct craft_run r;
    char *text;

    craft_run_begin(&r, &config, SYC_EVENT_AUDIT);
    assert_int_equal(craft_run_file(&r, path), SYC_OK);
    text = craft_run_end(&r);
    assert_int_equal(seen.attempts, 10);
    assert_non_null(strstr(text, "\"two_msl_s\":7,\"two_msl_from\":\"option\""));
    craft_free(text);
}

/* Records of a run come, a report, the rest of them, a report, the end. */
static void
report_twice(size_t memory_octets, struct seen seen[3])
{
    struct seen now = {0};
    const struct syc_engine_config config = {.audit_only = true,
                                             .memory_octets = memory_octets,
                                             .audited = on_audited,
                                             .user = &now};
    char *events = run(NULL, true, SYC_EVENT_CONNECTION);
    const size_t half = (size_t)(strchr(events + strlen(events) / 2, '\n') + 1 - events);
    const char *texts[] = {events, events + half, ""};
    const size_t sizes[] = {half, strlen(events) - half, 0};
    struct craft_run r;

    craft_run_begin(&r, &config, SYC_EVENT_AUDIT);
    for (size_t i = 0; i < 3; i++) {
        struct syc_judge_counts counts = {0};
        FILE *file = tmpfile();

        assert_non_null(file);
        assert_int_equal(fwrite(texts[i], 1, sizes[i], file), sizes[i]);
        rewind(file);
        assert_int_equal(syc_engine_judge(r.engine, fileno(file), "events", &counts, NULL), SYC_OK);
        fclose(file);
        if (i < 2) {
            assert_int_equal(engine_tell_audit(r.engine), SYC_OK);
            seen[i] = now;
        }
    }
    craft_free(craft_run_end(&r));
    seen[2] = now;
    craft_free(events);
}

static void
reports_in_between_are_of_all_until_then(void **unused)
{
    struct seen seen[3];

    report_twice(0, seen);
    assert_int_equal(seen[0].reports, 1);
    assert_in_range(seen[0].connections, TALKS / 2 - 1, TALKS / 2 + 2);
    assert_int_equal(seen[1].reports, 2);
    assert_int_equal(seen[1].connections, TALKS);
    assert_int_equal(seen[2].reports, 3);
    assert_int_equal(seen[2].connections, TALKS);
}

/* With 200 KiB for everything, as many connections as are here fill an audit: the next report is of the others alone. */
static void
a_full_audit_gives_way_to_a_new_one(void **unused)
{
    struct seen seen[3];

    report_twice(200 << 10, seen);
    assert_in_range(seen[0].connections, TALKS / 2 - 1, TALKS / 2 + 2);
    assert_int_equal(seen[1].connections, TALKS - seen[0].connections);
    assert_int_equal(seen[2].reports, 3);
}

int
test_audit_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_audit_stands_alone_or_beside_verdicts),
        cmocka_unit_test(the_event_comes_only_when_asked_for),
        cmocka_unit_test(records_in_any_order_give_the_same_audit),
        cmocka_unit_test(the_options_reach_the_audit),
        cmocka_unit_test(reports_in_between_are_of_all_until_then),
        cmocka_unit_test(a_full_audit_gives_way_to_a_new_one),
    };

    return cmocka_run_group_tests_name("audit", tests, make_capture, remove_capture);
}
