/* Events arrive whole and in order, or are counted lost. */

#include "tests/unit/output/groups.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Octets of one such event: 7 + 12 + 29 + 1 + 13 + 7 + 1 + 8 + 8 + 10 + 2, and its newline. */
enum { LINE = 99 };

static void
emit_error(struct syc_output *o, unsigned number)
{
    char text[32];

    snprintf(text, sizeof text, "number %u", number);
    syc_emit_error(o, 0, NULL, text);
}

/* One line of emit_error(), by hand. */
static size_t
format_line(char *out, size_t size, unsigned number)
{
    return (size_t)snprintf(out, size,
                            "{\"v\":1,\"timestamp\":\"1970-01-01T00:00:00.000000Z\","
                            "\"event_type\":\"error\",\"error\":{\"text\":\"number %u\"}}\n",
                            number);
}

static void
events_arrive_in_order_one_a_line(void **state)
{
    struct piped p;
    char want[1024];
    size_t n = 0;

    piped_open(&p);
    for (unsigned i = 0; i < 5; i++) {
        emit_error(&p.out, i);
        n += format_line(want + n, sizeof want - n, i);
    }
    assert_int_equal(p.out.octets, 0); /* nothing is written before it has to be */
    piped_read(&p);
    assert_int_equal(p.n, n);
    assert_memory_equal(p.text, want, n);
    assert_int_equal(p.out.events, 5);
    assert_int_equal(p.out.octets, n);
    assert_int_equal(p.out.lost, 0);
    piped_close(&p);
}

static void
a_line_buffered_output_writes_each_event(void **state)
{
    struct piped p;
    char want[128];
    size_t n = format_line(want, sizeof want, 7);

    piped_open(&p);
    p.out.line_buffered = true;
    emit_error(&p.out, 7);
    assert_int_equal(p.out.octets, n);
    piped_close(&p);
}

static void
a_full_disk_is_told_and_every_event_counted(void **state)
{
    struct syc_output o;
    int fd = open("/dev/full", O_WRONLY);

    assert_true(fd >= 0);
    assert_int_equal(syc_output_init(&o, fd), SYC_OK);
    for (unsigned i = 0; i < 10; i++) {
        emit_error(&o, i);
    }
    assert_int_equal(syc_output_flush(&o), SYC_IO);
    assert_int_equal(o.error_number, ENOSPC);
    emit_error(&o, 10);
    assert_int_equal(o.events, 0);
    assert_int_equal(o.lost, 11);
    assert_int_equal(syc_output_fini(&o), SYC_IO);
    close(fd);
}

static void
a_reader_that_went_away_is_no_fault_of_the_disk(void **state)
{
    struct piped p;

    piped_open(&p);
    close(p.fds[0]);
    emit_error(&p.out, 1);
    assert_int_equal(syc_output_flush(&p.out), SYC_CLOSED);
    assert_int_equal(p.out.error_number, EPIPE);
    assert_int_equal(p.out.lost, 1);
    assert_int_equal(syc_output_fini(&p.out), SYC_CLOSED);
    close(p.fds[1]);
}

/* The limit falls into the 6th of lines of 99 octets: five are whole on disk, the others lost. */
static void
an_event_cut_by_the_end_of_the_disk_is_lost(void **state)
{
    const struct rlimit small = {550, RLIM_INFINITY};
    const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
    struct syc_output o;
    FILE *file = tmpfile();
    char line[128];

    assert_non_null(file);
    assert_int_equal(format_line(line, sizeof line, 1), LINE);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(syc_output_init(&o, fileno(file)), SYC_OK);
    for (unsigned i = 0; i < 9; i++) {
        emit_error(&o, i);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    syc_output_flush(&o);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    assert_int_equal(o.status, SYC_IO);
    assert_int_equal(o.error_number, EFBIG);
    assert_int_equal(o.octets, 550);
    assert_int_equal(o.events, 5);
    assert_int_equal(o.lost, 4);
    assert_int_equal(syc_output_fini(&o), SYC_IO);
    fclose(file);
}

static void
an_event_larger_than_the_buffer_is_written_whole(void **state)
{
    enum { LONG = 300000 };
    struct syc_output o;
    FILE *file = tmpfile();
    char *text = syc_alloc(LONG + 1, 1), *read = syc_alloc(2 * LONG, 1);
    json_t *root;
    char *end;
    size_t n;

    assert_true(file != NULL && text != NULL && read != NULL);
    memset(text, 'x', LONG);
    assert_int_equal(syc_output_init(&o, fileno(file)), SYC_OK);
    emit_error(&o, 1);
    syc_emit_error(&o, 0, "a.pcap", text);
    emit_error(&o, 2);
    assert_int_equal(syc_output_fini(&o), SYC_OK);
    rewind(file);
    n = fread(read, 1, 2 * LONG, file);
    assert_int_equal(n, o.octets);
    end = memchr(read, '\n', n);
    assert_int_equal(end + 1 - read, LINE);
    root = parse(end + 1, (size_t)((char *)memchr(end + 1, '\n', LONG * 2 - LINE - 1) - end - 1));
    assert_string_equal(json_string_value(look(root, "error.text")), text);
    json_decref(root);
    syc_free(text);
    syc_free(read);
    fclose(file);
}

/* 20,000 lines through a pipe that refuses to block, to a reader that takes a few octets at a time. */
static void
a_descriptor_that_does_not_block_is_waited_for(void **state)
{
    enum { LINES = 20000 };
    int fds[2], status;
    size_t total = 0;
    unsigned lines = 0;
    char buffer[4099];
    ssize_t n;
    pid_t child;

    assert_int_equal(pipe(fds), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct syc_output o;

        close(fds[0]);
        if (fcntl(fds[1], F_SETFL, O_NONBLOCK) != 0 || syc_output_init(&o, fds[1]) != SYC_OK) {
            _exit(1);
        }
        for (unsigned i = 0; i < LINES; i++) {
            emit_error(&o, 1);
        }
        _exit(syc_output_fini(&o) == SYC_OK && o.events == LINES && o.lost == 0 ? 0 : 2);
    }
    close(fds[1]);
    while ((n = read(fds[0], buffer, sizeof buffer)) > 0) {
        total += (size_t)n;
        for (ssize_t i = 0; i < n; i++) {
            lines += buffer[i] == '\n';
        }
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(lines, LINES);
    assert_int_equal(total, LINES * LINE);
    close(fds[0]);
}

/* The text's buffer cannot be had: this event is lost and counted, the next one is written. */
static void
short_memory_loses_one_event_and_says_so(void **state)
{
    struct piped p;

    piped_open(&p);
    fail_allocation(1);
    emit_error(&p.out, 1);
    fail_allocation(0);
    assert_int_equal(p.out.lost, 1);
    emit_error(&p.out, 2);
    piped_read(&p);
    assert_non_null(strstr(p.text, "number 2"));
    assert_int_equal(p.out.events, 1);
    assert_int_equal(syc_output_fini(&p.out), SYC_NO_MEMORY);
    close(p.fds[0]);
    close(p.fds[1]);
}

static void
an_output_without_memory_is_refused(void **state)
{
    struct syc_output o;

    fail_allocation(1);
    assert_int_equal(syc_output_init(&o, 1), SYC_NO_MEMORY);
    fail_allocation(0);
}

static void
lists_of_events_are_understood_or_the_word_is_shown(void **state)
{
    const char *bad = NULL;
    const char *list = "verdict,stat,error";

    assert_int_equal(syc_events_parse("verdict,stats", &bad), SYC_EVENT_VERDICT | SYC_EVENT_STATS);
    assert_int_equal(syc_events_parse("fingerprint,connection,source,verdict,stats,ruleset,error",
                                      &bad),
                     0x7f);
    assert_int_equal(syc_events_parse("error,error", &bad), SYC_EVENT_ERROR);
    assert_null(bad);
    assert_int_equal(syc_events_parse(list, &bad), 0);
    assert_ptr_equal(bad, list + 8);
    assert_int_equal(syc_events_parse("verdict,", &bad), 0);
    assert_string_equal(bad, "");
    assert_int_equal(syc_events_parse("", &bad), 0);
    assert_int_equal(syc_events_parse("Verdict", &bad), 0);
}

int
test_sink_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_arrive_in_order_one_a_line),
        cmocka_unit_test(a_line_buffered_output_writes_each_event),
        cmocka_unit_test(a_full_disk_is_told_and_every_event_counted),
        cmocka_unit_test(a_reader_that_went_away_is_no_fault_of_the_disk),
        cmocka_unit_test(an_event_cut_by_the_end_of_the_disk_is_lost),
        cmocka_unit_test(an_event_larger_than_the_buffer_is_written_whole),
        cmocka_unit_test(a_descriptor_that_does_not_block_is_waited_for),
        cmocka_unit_test(short_memory_loses_one_event_and_says_so),
        cmocka_unit_test(an_output_without_memory_is_refused),
        cmocka_unit_test(lists_of_events_are_understood_or_the_word_is_shown),
    };

    return cmocka_run_group_tests_name("sink", tests, NULL, NULL);
}
