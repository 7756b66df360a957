#include "tests/unit/engine/craft.h"
#include "tests/unit/engine/groups.h"

#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#define S INT64_C(1000000)

/* Host 1 like a clock, every 10 s; host 2 three times, not at all like one. */
static void
clock_and_other(struct craft *c, uint16_t first_port)
{
    craft_begin(c);
    for (uint16_t i = 0; i < 30; i++) {
        craft_talk(c, i * 10 * S, 1, 1, (uint16_t)(first_port + i));
    }
    craft_talk(c, 301 * S, 2, 1, 50001);
    craft_talk(c, 302 * S, 2, 1, 50002);
    craft_talk(c, 309 * S, 2, 1, 50003);
}

/* A line's string or number at "a.b.c" (or "a.b[0]" not at all): only what these tests ask for. */
static json_t *
parse(const char *line)
{
    json_error_t err;
    json_t *j = json_loads(line, JSON_REJECT_DUPLICATES, &err);

    if (j == NULL) {
        fail_msg("%s: %.200s", err.text, line);
    }
    return j;
}

static json_int_t
number_at(const json_t *j, const char *a, const char *b, const char *c)
{
    const json_t *v = json_object_get(json_object_get(json_object_get(j, a), b), c);

    assert_true(json_is_integer(v));
    return json_integer_value(v);
}

/* ------------------------------------------------------------ what a run counts */

static void
frames_are_tcp_or_have_a_reason(void **unused)
{
    static struct craft c;
    struct craft_run r;
    struct syc_run_stats s;
    char path[CRAFT_PATH];
    uint64_t sum = 0;

    (void)unused;
    clock_and_other(&c, 40000);
    craft_udp(&c, 310 * S);
    craft_udp(&c, 311 * S);
    craft_save(&c, path);
    craft_run_begin(&r, &(struct syc_engine_config){0}, SYC_EVENT_STATS);
    assert_int_equal(craft_run_file(&r, path), SYC_OK);
    syc_engine_stats(r.engine, &s);
    for (int i = 0; i < SYC_DROP_COUNT; i++) {
        sum += s.decode[i];
    }
    /* 33 connections of 10 segments, and 2 UDP packets */
    assert_int_equal(s.capture.packets, 332);
    assert_int_equal(sum, 332);
    assert_int_equal(s.decode[SYC_DROP_NONE], 330);
    assert_int_equal(s.decode[SYC_DROP_NOT_TCP], 2);
    assert_int_equal(s.table.connections, 33);
    craft_free(craft_run_end(&r));
    craft_remove(path);
}

static void
every_source_gets_one_verdict_in_order_of_address(void **unused)
{
    static struct craft c;
    char path[CRAFT_PATH];
    char *lines[8];
    char *text;

    (void)unused;
    clock_and_other(&c, 40000);
    craft_save(&c, path);
    text = craft_analyze(path, SYC_EVENT_VERDICT | SYC_EVENT_STATS);
    assert_int_equal(craft_lines(text, lines, 8), 3);
    assert_non_null(strstr(lines[0], "\"src_ip\":\"192.0.2.1\""));
    /* 29 gaps of exactly 10 s: a clock, by whatever rule */
    assert_non_null(strstr(lines[0], "\"label\":\"automation\""));
    assert_non_null(strstr(lines[1], "\"src_ip\":\"192.0.2.2\""));
    /* 2 gaps are no sample */
    assert_non_null(strstr(lines[1], "\"label\":\"insufficient-evidence\""));
    json_t *stats = parse(lines[2]);
    assert_int_equal(number_at(stats, "stats", "capture", "packets"), 330);
    assert_int_equal(number_at(stats, "stats", "decode", "tcp"), 330);
    json_decref(stats);
    craft_free(text);
    craft_remove(path);
}

/* ------------------------------------------------------------ two of them */

static void
two_engines_do_not_meet(void **unused)
{
    static struct craft c;
    const unsigned events =
        SYC_EVENT_CONNECTION | SYC_EVENT_SOURCE | SYC_EVENT_VERDICT | SYC_EVENT_FINGERPRINT;
    char paths[2][CRAFT_PATH];
    struct craft_run r[2];
    char *alone[2];
    char *together[2];

    (void)unused;
    for (int i = 0; i < 2; i++) {
        clock_and_other(&c, (uint16_t)(40000 + 1000 * i));
        craft_save(&c, paths[i]);
        alone[i] = craft_analyze(paths[i], events);
    }
    /* the second begins while the first is at work, and ends before it */
    craft_run_begin(&r[0], &(struct syc_engine_config){0}, events);
    assert_int_equal(craft_run_file(&r[0], paths[0]), SYC_OK);
    craft_run_begin(&r[1], &(struct syc_engine_config){0}, events);
    assert_int_equal(craft_run_file(&r[1], paths[1]), SYC_OK);
    together[1] = craft_run_end(&r[1]);
    together[0] = craft_run_end(&r[0]);
    for (int i = 0; i < 2; i++) {
        assert_true(strlen(alone[i]) > 10000); /* 33 records at least */
        assert_string_equal(together[i], alone[i]);
        craft_free(together[i]);
        craft_free(alone[i]);
        craft_remove(paths[i]);
    }
}

static void
captures_in_turn_are_one_stream(void **unused)
{
    static struct craft c;
    char whole_path[CRAFT_PATH], first_path[CRAFT_PATH], second_path[CRAFT_PATH];
    struct craft_run r;
    char *whole;
    char *parts;
    size_t frame = 16 + 40; /* record header, IP and TCP header */

    (void)unused;
    craft_begin(&c);
    craft_talk(&c, 0, 1, 1, 40000);
    craft_save(&c, whole_path);
    /* cut behind the handshake: 24 octets of file header, three empty segments */
    craft_file(c.octets, 24 + 3 * frame, ".pcap", first_path);
    memmove(c.octets + 24, c.octets + 24 + 3 * frame, c.n - 24 - 3 * frame);
    craft_file(c.octets, c.n - 3 * frame, ".pcap", second_path);
    whole = craft_analyze(whole_path, SYC_EVENT_CONNECTION);
    craft_run_begin(&r, &(struct syc_engine_config){0}, SYC_EVENT_CONNECTION);
    assert_int_equal(craft_run_file(&r, first_path), SYC_OK);
    assert_int_equal(craft_run_file(&r, second_path), SYC_OK);
    parts = craft_run_end(&r);
    assert_string_equal(parts, whole);
    craft_free(parts);
    craft_free(whole);
    craft_remove(whole_path);
    craft_remove(first_path);
    craft_remove(second_path);
}

/* ------------------------------------------------------------ order inside a batch */

/* The frames of one batch: SYN, then the ICMP error about it, then a SYN of another tuple. */
static void
an_icmp_error_comes_after_the_segments_before_it(void **unused)
{
    static struct craft c;
    const struct craft_segment syn = {
        .at_us = 0, .client = 1, .server = 1, .client_port = 40000, .flags = SYC_SYN, .seq = 1};
    struct craft_segment late = syn;
    char path[CRAFT_PATH];
    char *lines[4];
    char *text;

    (void)unused;
    craft_begin(&c);
    craft_segment(&c, &syn);
    late.at_us = 7000;
    craft_unreachable(&c, &late);
    late = (struct craft_segment){
        .at_us = 9000, .client = 1, .server = 1, .client_port = 40001, .flags = SYC_SYN, .seq = 2};
    craft_segment(&c, &late);
    craft_save(&c, path);
    text = craft_analyze(path, SYC_EVENT_CONNECTION);
    assert_int_equal(craft_lines(text, lines, 4), 2);
    json_t *first = parse(lines[0]);
    assert_int_equal(json_integer_value(json_object_get(first, "src_port")), 40000);
    assert_int_equal(number_at(first, "tcp", "unreachable", "at_us"), 7000);
    assert_int_equal(number_at(first, "tcp", "unreachable", "code"), 3);
    assert_null(strstr(lines[1], "unreachable"));
    json_decref(first);
    craft_free(text);
    craft_remove(path);
}

/* ------------------------------------------------------------ ends */

static void
a_cut_capture_marks_what_was_still_open(void **unused)
{
    static struct craft c;
    char path[CRAFT_PATH];
    struct craft_run r;
    char *lines[4];
    char *text;

    (void)unused;
    craft_begin(&c);
    craft_talk(&c, 0, 1, 1, 40000);
    craft_talk_part(&c, 1 * S, 1, 1, 40001, 5);
    craft_file(c.octets, c.n - 1, ".pcap", path); /* the last frame lacks an octet */
    craft_run_begin(&r, &(struct syc_engine_config){0}, SYC_EVENT_CONNECTION | SYC_EVENT_ERROR);
    assert_int_equal(craft_run_file(&r, path), SYC_TRUNCATED);
    text = craft_run_end(&r);
    assert_int_equal(craft_lines(text, lines, 4), 3);
    assert_non_null(strstr(lines[0], "\"event_type\":\"error\""));
    assert_non_null(strstr(lines[0], path));
    assert_non_null(strstr(lines[1], "\"src_port\":40000"));
    assert_non_null(strstr(lines[1], "\"complete\":true"));
    assert_non_null(strstr(lines[2], "\"src_port\":40001"));
    assert_non_null(strstr(lines[2], "\"degraded\":[\"truncated_input\"]"));
    craft_free(text);
    craft_remove(path);
}

/* What begins in the input after the cut one has lost nothing. */
static void
a_later_input_is_not_marked_by_an_earlier_cut(void **unused)
{
    static struct craft c;
    char cut[CRAFT_PATH], later[CRAFT_PATH];
    struct craft_run r;
    char *lines[4];
    char *text;

    (void)unused;
    craft_begin(&c);
    craft_talk_part(&c, 0, 1, 1, 40000, 5);
    craft_file(c.octets, c.n - 1, ".pcap", cut);
    craft_begin(&c);
    craft_talk_part(&c, 9 * S, 1, 1, 40001, 5);
    craft_save(&c, later);
    craft_run_begin(&r, &(struct syc_engine_config){0}, SYC_EVENT_CONNECTION);
    assert_int_equal(craft_run_file(&r, cut), SYC_TRUNCATED);
    assert_int_equal(craft_run_file(&r, later), SYC_OK);
    text = craft_run_end(&r);
    assert_int_equal(craft_lines(text, lines, 4), 2);
    assert_non_null(strstr(lines[0], "truncated_input"));
    assert_null(strstr(lines[1], "truncated_input"));
    craft_free(text);
    craft_remove(cut);
    craft_remove(later);
}

static void
a_stopped_engine_says_so_and_judges_what_it_has(void **unused)
{
    static struct craft c;
    char path[CRAFT_PATH];
    struct craft_run r;
    char *text;

    (void)unused;
    clock_and_other(&c, 40000);
    craft_save(&c, path);
    craft_run_begin(&r, &(struct syc_engine_config){0}, SYC_EVENT_VERDICT | SYC_EVENT_STATS);
    assert_int_equal(craft_run_file(&r, path), SYC_OK);
    syc_engine_stop(r.engine);
    assert_int_equal(craft_run_file(&r, path), SYC_INTERRUPTED);
    text = craft_run_end(&r);
    assert_non_null(strstr(text, "\"label\":\"automation\""));
    craft_free(text);
    craft_remove(path);
}

/* /dev/full takes nothing (ENOSPC): reading on would only lose more. */
static void
a_failed_output_ends_the_run_and_counts_the_loss(void **unused)
{
    static struct craft c;
    struct syc_output output;
    struct syc_engine *e = NULL;
    struct syc_engine_config config = {.output = &output, .events = SYC_EVENT_CONNECTION};
    char path[CRAFT_PATH];
    int fd = open("/dev/full", O_WRONLY);

    (void)unused;
    clock_and_other(&c, 40000);
    craft_save(&c, path);
    assert_true(fd >= 0);
    assert_int_equal(syc_output_init(&output, fd), SYC_OK);
    assert_int_equal(syc_engine_new(&e, &config, NULL), SYC_OK);
    assert_int_equal(syc_engine_capture(e, &(struct syc_capture_options){.path = path}, NULL),
                     SYC_OK);
    assert_int_equal(syc_engine_finish(e), SYC_IO);
    assert_int_equal(syc_engine_capture(e, &(struct syc_capture_options){.path = path}, NULL),
                     SYC_IO);
    assert_int_equal(output.events, 0);
    assert_int_equal(output.lost, 33);
    syc_engine_free(e);
    assert_int_equal(syc_output_fini(&output), SYC_IO);
    close(fd);
    craft_remove(path);
}

static void
no_capture_is_told_from_a_missing_one(void **unused)
{
    char path[CRAFT_PATH];
    struct craft_run r;

    (void)unused;
    craft_file("neither pcap nor pcapng", 23, ".pcap", path);
    craft_run_begin(&r, &(struct syc_engine_config){0}, 0);
    assert_int_equal(craft_run_file(&r, path), SYC_FORMAT);
    assert_int_equal(craft_run_file(&r, "/nonexistent/x.pcap"), SYC_IO);
    craft_free(craft_run_end(&r));
    craft_remove(path);
}

int
test_engine_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_tcp_or_have_a_reason),
        cmocka_unit_test(every_source_gets_one_verdict_in_order_of_address),
        cmocka_unit_test(two_engines_do_not_meet),
        cmocka_unit_test(captures_in_turn_are_one_stream),
        cmocka_unit_test(an_icmp_error_comes_after_the_segments_before_it),
        cmocka_unit_test(a_cut_capture_marks_what_was_still_open),
        cmocka_unit_test(a_later_input_is_not_marked_by_an_earlier_cut),
        cmocka_unit_test(a_stopped_engine_says_so_and_judges_what_it_has),
        cmocka_unit_test(a_failed_output_ends_the_run_and_counts_the_loss),
        cmocka_unit_test(no_capture_is_told_from_a_missing_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
