/* What a person reads, letter for letter. */

#include "tests/unit/output/groups.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct shown {
    char text[8192];
};

static void
begin(int fds[2])
{
    assert_int_equal(pipe(fds), 0);
}

static void
end(int fds[2], struct shown *out)
{
    ssize_t n;

    close(fds[1]);
    n = read(fds[0], out->text, sizeof out->text - 1);
    assert_true(n >= 0);
    out->text[n] = '\0';
    close(fds[0]);
}

static const struct syc_table_row rows[] = {
    {"10.0.0.7", false, 97, SYC_LABEL_AUTOMATION, 1204, "heavy episodes every 60 s"},
    {"2001:db8::1", false, 12, SYC_LABEL_HUMAN_LIKE, 31, "pauses as people make them"},
    {"192.0.2.200", false, 50, SYC_LABEL_INSUFFICIENT, 2, ""},
};

static const uint64_t none[SYC_LABEL_COUNT];

static void
show(const struct syc_table_row *some, size_t count, int width, bool color, struct shown *out)
{
    int fds[2];

    begin(fds);
    assert_int_equal(syc_print_rows(fds[1], some, count, none, 0, width, color), SYC_OK);
    end(fds, out);
}

static void
rows_stand_in_columns(void **state)
{
    struct shown s;

    show(rows, 3, 100, false, &s);
    assert_string_equal(
        s.text,
        "SCORE  LABEL                  SOURCE       CONNECTIONS  STRONGEST REASON\n"
        "   97  automation             10.0.0.7            1204  heavy episodes every 60 s\n"
        "   12  human-like             2001:db8::1           31  pauses as people make them\n"
        "    -  insufficient-evidence  192.0.2.200            2\n");
}

/* 5 + 2 + 10 + 2 + 8 + 2 + 11 + 2 = 42 columns stand before the reason. */
static void
reasons_are_wrapped_in_their_column(void **state)
{
    struct syc_table_row row = {"10.0.0.7", false,
                                97,         SYC_LABEL_AUTOMATION,
                                1204,       "many ports are tried, and many refuse: ratio 0.99"};
    struct shown s;

    show(&row, 1, 72, false, &s);
    assert_string_equal(s.text,
                        "SCORE  LABEL       SOURCE    CONNECTIONS  STRONGEST REASON\n"
                        "   97  automation  10.0.0.7         1204  many ports are tried, and many\n"
                        "                                          refuse: ratio 0.99\n");
}

/* With 71 columns 29 are left: as good as none. */
static void
reasons_go_below_where_no_room_is_beside(void **state)
{
    struct syc_table_row row = {"10.0.0.7", false,
                                97,         SYC_LABEL_AUTOMATION,
                                1204,       "many ports are tried, and many refuse: ratio 0.99"};
    struct shown s;

    show(&row, 1, 71, false, &s);
    assert_string_equal(s.text, "SCORE  LABEL       SOURCE    CONNECTIONS\n"
                                "       STRONGEST REASON\n"
                                "   97  automation  10.0.0.7         1204\n"
                                "       many ports are tried, and many refuse: ratio 0.99\n");
    show(&row, 1, 32, false, &s);
    assert_non_null(strstr(s.text, "\n       many ports are tried, and\n       many refuse"));
    show(&row, 1, 2, false, &s); /* absurd, but no harm */
    assert_non_null(strstr(s.text, "many ports are tried, and many refuse: ratio 0.99\n"));
    show(&row, 1, 0, false, &s);
    assert_non_null(strstr(s.text, "1204  many ports are tried, and many refuse: ratio 0.99\n"));
}

/* Four letters of two octets each end in the last column: 42 + 25 + 1 + 4. */
static void
letters_beyond_ascii_take_one_column(void **state)
{
    struct syc_table_row row = {"10.0.0.7",
                                false,
                                97,
                                SYC_LABEL_AUTOMATION,
                                4,
                                "aaaaaaaaaaaaaaaaaaaaaaaaa \xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f b"};
    struct shown s;

    show(&row, 1, 72, false, &s);
    assert_non_null(strstr(s.text, "a \xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\n"));
}

static void
sources_without_a_row_are_counted_by_label(void **state)
{
    const uint64_t others[SYC_LABEL_COUNT] = {
        [SYC_LABEL_AUTOMATION] = 27, [SYC_LABEL_HUMAN_LIKE] = 1, [SYC_LABEL_INSUFFICIENT] = 11};
    struct shown s;
    int fds[2];

    begin(fds);
    assert_int_equal(syc_print_rows(fds[1], rows, 1, others, 0, 60, false), SYC_OK);
    end(fds, &s);
    assert_non_null(strstr(s.text, "\n... and 39 more sources: 27 automation, 1 human-like, 11\n"
                                   "    insufficient-evidence\n"));
    begin(fds);
    assert_int_equal(syc_print_rows(fds[1], rows, 1, others, 2, 60, false), SYC_OK);
    end(fds, &s);
    assert_non_null(strstr(s.text, "\n... and 2 more such services or fleets\n... and 39 more"));
    show(rows, 1, 60, false, &s);
    assert_null(strstr(s.text, "more"));
}

static void
a_table_without_memory_is_not_begun(void **state)
{
    struct shown s;
    int fds[2];

    begin(fds);
    fail_allocation(1);
    assert_int_equal(syc_print_rows(fds[1], rows, 3, none, 0, 80, false), SYC_NO_MEMORY);
    fail_allocation(0);
    end(fds, &s);
    assert_string_equal(s.text, "");
}

static void
color_only_when_asked_and_never_from_a_reason(void **state)
{
    struct syc_table_row row = {"10.0.0.7",           false, 97,
                                SYC_LABEL_AUTOMATION, 4,     "red \x1b[31m\x7f\n"};
    struct shown s;

    show(&row, 1, 100, false, &s);
    assert_null(strchr(s.text, 0x1b));
    assert_non_null(strstr(s.text, "red ?[31m??\n"));
    show(&row, 1, 100, true, &s);
    assert_string_equal(
        s.text, "\x1b[1mSCORE  LABEL       SOURCE    CONNECTIONS  STRONGEST REASON\n"
                "\x1b[0m\x1b[31m   97  automation\x1b[0m  10.0.0.7            4  red ?[31m??\n");
}

static void
the_longest_row_fits_its_line(void **state)
{
    struct syc_table_row row = {.score = 100,
                                .label = SYC_LABEL_INSUFFICIENT,
                                .conn_count = INT64_MAX};
    struct shown s;

    memset(row.source, 'f', sizeof row.source - 1);
    memset(row.reason, 'r', sizeof row.reason - 1);
    show(&row, 1, 0, true, &s);
    assert_non_null(strstr(s.text, "9223372036854775807  rrr"));
    assert_true(strlen(strchr(s.text, '\n') + 1) > 200);
}

static void
a_terminal_that_went_away_is_told(void **state)
{
    int fds[2];

    begin(fds);
    close(fds[0]);
    assert_int_equal(syc_print_rows(fds[1], rows, 3, none, 0, 80, false), SYC_CLOSED);
    close(fds[1]);
    fds[1] = open("/dev/full", O_WRONLY);
    assert_int_equal(syc_print_rows(fds[1], rows, 3, none, 0, 80, false), SYC_IO);
    close(fds[1]);
}

static void
counts_say_what_was_not_tcp_and_what_was_lost(void **state)
{
    struct syc_run_stats s = {.capture = {1000, 90000, 12, 0}};
    struct shown out;
    int fds[2];

    s.decode[SYC_DROP_NONE] = 990;
    s.decode[SYC_DROP_NOT_TCP] = 9;
    s.decode[SYC_DROP_IP_BAD] = 1;
    s.table.connections = 11;
    s.table.denied = 3;
    s.table.half_open_evicted = 1;
    s.cadence.sources = 1;
    begin(fds);
    assert_int_equal(syc_print_stats(fds[1], &s, 0), SYC_OK);
    end(fds, &out);
    assert_string_equal(out.text,
                        "11 connections of 1 source in 990 TCP segments\n"
                        "10 other packets:\n"
                        "        1 with a broken IP header\n"
                        "        9 not TCP (UDP, ICMP and the like)\n"
                        "lost: 12 packets dropped by the kernel\n"
                        "lost: 3 segments of no connection: out of memory (--memory)\n"
                        "lost: 1 unanswered SYN given up early: out of memory (--memory)\n");
}

static void
records_are_counted_where_no_packet_was_read(void **state)
{
    struct syc_run_stats s = {.cadence = {.sources = 10, .records_dropped = 2}};
    struct shown out;
    int fds[2];

    begin(fds);
    assert_int_equal(syc_print_stats(fds[1], &s, 588), SYC_OK);
    end(fds, &out);
    assert_string_equal(out.text, "588 records of 10 sources\n"
                                  "lost: 2 records not judged: out of memory (--memory)\n");
}

/* A reason that is added to capture/ and not here would be shown by its short name only. */
static void
every_reason_has_words(void **state)
{
    struct syc_run_stats s = {.capture = {.packets = SYC_DROP_COUNT - 1}};
    struct shown out;
    int fds[2];

    for (int i = 1; i < SYC_DROP_COUNT; i++) {
        s.decode[i] = 1;
    }
    begin(fds);
    assert_int_equal(syc_print_stats(fds[1], &s, 0), SYC_OK);
    end(fds, &out);
    for (int i = 1; i < SYC_DROP_COUNT; i++) {
        char line[64];

        snprintf(line, sizeof line, "        1 %s\n", syc_drop_name((enum syc_drop)i));
        assert_null(strstr(out.text, line));
    }
    assert_non_null(strstr(out.text, "of a link layer that is not read\n"));
}

int
test_table_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_stand_in_columns),
        cmocka_unit_test(reasons_are_wrapped_in_their_column),
        cmocka_unit_test(reasons_go_below_where_no_room_is_beside),
        cmocka_unit_test(letters_beyond_ascii_take_one_column),
        cmocka_unit_test(sources_without_a_row_are_counted_by_label),
        cmocka_unit_test(a_table_without_memory_is_not_begun),
        cmocka_unit_test(color_only_when_asked_and_never_from_a_reason),
        cmocka_unit_test(the_longest_row_fits_its_line),
        cmocka_unit_test(a_terminal_that_went_away_is_told),
        cmocka_unit_test(counts_say_what_was_not_tcp_and_what_was_lost),
        cmocka_unit_test(records_are_counted_where_no_packet_was_read),
        cmocka_unit_test(every_reason_has_words),
    };

    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
