/* The audit event member by member, the report letter for letter, the curves line by line. */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/output/groups.h"
#include "tests/unit/output/sample_report.h"

static json_t *
emitted(const struct syc_audit_report *r, struct piped *p)
{
    piped_open(p);
    syc_emit_audit(&p->out, r);
    piped_read(p);
    return parse(p->text, p->n);
}

static void
assert_number(json_t *root, const char *path, double want)
{
    json_t *value = look(root, path);

    if (!json_is_number(value)) {
        fail_msg("%s is no number", path);
    }
    if (json_number_value(value) < want || json_number_value(value) > want) {
        fail_msg("%s is %.9g, expected %.9g", path, json_number_value(value), want);
    }
}

static void
assert_text(json_t *root, const char *path, const char *want)
{
    const char *got = json_string_value(look(root, path));

    if (got == NULL || strcmp(got, want) != 0) {
        fail_msg("%s is %s, expected %s", path, got != NULL ? got : "no text", want);
    }
}

static void
the_event_names_capture_and_assumptions(void **state)
{
    static struct sample_report s;
    struct piped p;
    json_t *root;

    sample_report_full(&s);
    root = emitted(&s.r, &p);
    assert_text(root, "event_type", "audit");
    /* 2026-11-22T06:40:05.900001Z + 43.1 s */
    assert_text(root, "timestamp", "2026-11-22T06:40:49.000001Z");
    assert_text(root, "audit.capture.start", "2026-11-22T06:40:05.900001Z");
    assert_number(root, "audit.capture.span_s", 43.1);
    assert_number(root, "audit.capture.packets", 10000);
    assert_number(root, "audit.capture.connections", 1000);
    assert_text(root, "audit.capture.vantage", "client");
    assert_number(root, "audit.assumptions.two_msl_s", 60);
    assert_text(root, "audit.assumptions.two_msl_from", "default");
    assert_text(root, "audit.assumptions.range_from", "flip");
    assert_null(look(root, "complete"));
    assert_null(look(root, "audit.dropped"));
    assert_null(look(root, "audit.pairs_left_out"));
    assert_null(look(root, "audit.findings_left_out"));
    json_decref(root);
    piped_close(&p);
}

static void
a_host_has_its_curve_and_its_ports(void **state)
{
    static struct sample_report s;
    struct piped p;
    json_t *root;

    sample_report_full(&s);
    root = emitted(&s.r, &p);
    assert_text(root, "audit.hosts.0.addr", "10.77.10.1");
    assert_number(root, "audit.hosts.0.time_wait.entered", 1000);
    assert_number(root, "audit.hosts.0.time_wait.peak", 1000);
    assert_number(root, "audit.hosts.0.time_wait.peak_at_s", 39.96);
    assert_number(root, "audit.hosts.0.time_wait.area_s", 60000);
    assert_number(root, "audit.hosts.0.time_wait.now", 1000);
    assert_number(root, "audit.hosts.0.time_wait.drains_at_s", 100);
    assert_number(root, "audit.hosts.0.time_wait.series.step_s", 1);
    assert_number(root, "audit.hosts.0.time_wait.series.t0_s", 0);
    assert_int_equal(json_array_size(look(root, "audit.hosts.0.time_wait.series.v")), SAMPLE_STEPS);
    assert_number(root, "audit.hosts.0.time_wait.series.v.1", 50);
    assert_number(root, "audit.hosts.0.fin_wait_2.peak", 2);
    assert_number(root, "audit.hosts.0.ports.min", 42000);
    assert_number(root, "audit.hosts.0.ports.max", 42999);
    assert_text(root, "audit.hosts.0.ports.candidates.1", "freebsd");
    assert_text(root, "audit.hosts.0.ports.parity", "mixed");
    assert_true(json_is_false(look(root, "audit.hosts.0.ports.tw_reuse")));
    /* the report's 2MSL is not repeated; the other host's differs, and it sent no SYN */
    assert_null(look(root, "audit.hosts.0.two_msl_s"));
    assert_number(root, "audit.hosts.1.two_msl_s", 120);
    assert_text(root, "audit.hosts.1.two_msl_from", "stack");
    assert_number(root, "audit.hosts.1.time_wait.peak", 0);
    assert_null(look(root, "audit.hosts.1.time_wait.peak_at_s"));
    assert_null(look(root, "audit.hosts.1.ports"));
    json_decref(root);
    piped_close(&p);
}

/* Paths below "audit.pairs.0." and their values in sample_report.c. */
static const struct {
    const char *path;
    double want;
} pair_numbers[] = {
    {"server_port", 8080},
    {"attempts", 1000},
    {"established", 999},
    {"handshake.rtt_min_ms", 20.07},
    {"handshake.setup_p50_ms", 20.18},
    {"handshake.setup_p95_ms", 20.48},
    {"handshake.syn_retransmits", 4},
    {"handshake.syn_ack_retransmits", 1},
    {"handshake.refused", 1},
    {"handshake.unreachable", 2},
    {"handshake.no_answer", 3},
    {"handshake.half_open", 4},
    {"handshake.ghost", 5},
    {"closes.client-first", 1000},
    {"time_wait_peak", 1000},
    {"ports.occupied_peak", 1000},
    {"ports.capacity", 1000},
    {"ports.flip.after", 500},
    {"ports.flip.at_s", 20},
    {"ports.occupied_ratio", 1},
    {"ports.rate_per_s", 25},
    {"ports.need", 1501},
    {"ports.sustainable_per_s", 16.6556},
    {"ports.exhaust_at_s", 40.04},
    {"ports.starved.from_s", 40},
    {"ports.starved.to_s", 100},
    {"ports.reuse_within_2msl", 0},
    {"pool.requests", 1000},
    {"pool.per_connection.mean", 1},
    {"pool.per_connection.median", 1},
    {"pool.per_connection.max", 1},
    {"pool.open_peak", 3},
    {"pool.busy_peak", 2},
    {"pool.active_cap", 4},
    {"pool.idle_cap", 2},
    {"pool.idle_timeout_s", 5.5},
    {"pool.races", 1},
    {"pool.ideal.idle_60s", 2},
    {"pool.ideal.idle_5s", 3},
    {"pool.avoidable", 998},
    {"pool.saves.packets", 5988},
    {"pool.saves.bytes", 411176},
    {"pool.saves.setup_s", 20.1},
    {"pool.saves.round_trips", 998},
    {"pool.cap_table.0.cap", 1},
    {"pool.cap_table.0.queue_p95_ms", 20.25},
    {"pool.cap_table.1.connections", 2},
    {"overhead.control_packets", 6000},
    {"overhead.packets", 10000},
    {"overhead.ratio", 0.6},
    {"overhead.setup_latency_ratio", 0.495},
    {"slow_start.iw.value", 10},
    {"slow_start.iw.connections", 7},
    {"slow_start.responses", 13},
    {"slow_start.one_flight", 2},
    {"slow_start.round_trips_lost", 45},
    {"slow_start.time_lost_s", 0.9},
    {"slow_start.idle_restarts", 1},
    {"loss.retransmitted", 5},
    {"loss.data_segments", 2000},
    {"loss.ratio", 0.0025},
    {"loss.rto", 2},
    {"loss.fast", 3},
    {"loss.goodput_bps", 8000.5},
    {"loss.efficiency_ratio", 0.99},
};

static void
a_pair_says_all_that_is_known(void **state)
{
    static struct sample_report s;
    struct piped p;
    json_t *root, *pair;

    sample_report_full(&s);
    root = emitted(&s.r, &p);
    pair = look(root, "audit.pairs.0");
    for (size_t i = 0; i < sizeof pair_numbers / sizeof pair_numbers[0]; i++) {
        assert_number(pair, pair_numbers[i].path, pair_numbers[i].want);
    }
    assert_text(pair, "client", "10.77.10.1");
    assert_text(pair, "server_ip", "10.77.10.101");
    assert_text(pair, "handshake.schedule", "linear-4");
    assert_text(pair, "handshake.cookies", "suspected");
    assert_text(pair, "ports.capacity_from", "flip");
    assert_text(pair, "pool.requests_from", "http1");
    assert_text(pair, "pool.closer", "client");
    assert_text(pair, "slow_start.iw.confidence", "exact");
    assert_true(json_is_true(look(pair, "loss.lower_bound")));
    assert_int_equal(json_object_size(look(pair, "closes")),
                     1); /* kinds that did not occur are not there */
    json_decref(root);
    piped_close(&p);
}

/* Every number and text, at any depth. */
static size_t
count_scalars(json_t *value)
{
    size_t count = 0, i;
    const char *key;
    json_t *member;

    if (json_is_object(value)) {
        json_object_foreach(value, key, member)
        {
            count += count_scalars(member);
        }
        return count;
    }
    if (json_is_array(value)) {
        json_array_foreach(value, i, member)
        {
            count += count_scalars(member);
        }
        return count;
    }
    return 1;
}

static void
what_is_not_known_is_absent(void **state)
{
    static struct sample_report s;
    struct piped p;
    json_t *root, *pair, *handshake;

    sample_report_unknown(&s);
    s.r.findings_left_out = 3;
    root = emitted(&s.r, &p);
    assert_null(strstr(p.text, "null"));
    assert_null(strstr(p.text, "-9223372036854775808"));
    pair = look(root, "audit.pairs.1");
    handshake = look(pair, "handshake");
    /* counters are counts of what was seen, 0 as well; "cookies" is a word; nothing else */
    assert_int_equal(count_scalars(handshake), 8);
    assert_int_equal(count_scalars(look(pair, "closes")), 0);
    assert_int_equal(count_scalars(look(pair, "ports")), 0);
    assert_int_equal(count_scalars(look(pair, "pool")), 0);
    assert_int_equal(count_scalars(look(pair, "overhead")), 0);
    assert_int_equal(count_scalars(look(pair, "slow_start")), 0);
    assert_int_equal(count_scalars(look(pair, "loss")), 1); /* lower_bound */
    assert_null(look(root, "audit.assumptions.range_from"));
    assert_text(pair, "degraded.0", "midstream");
    assert_true(json_is_false(look(root, "complete")));
    assert_int_equal(json_array_size(look(root, "degraded")),
                     2); /* and evicted: a record was dropped */
    assert_number(root, "audit.dropped", 1);
    assert_number(root, "audit.pairs_left_out", 2);
    assert_number(root, "audit.findings_left_out", 3);
    json_decref(root);
    piped_close(&p);
}

static void
a_finding_carries_its_numbers_and_its_fix(void **state)
{
    static struct sample_report s;
    struct piped p;
    json_t *root, *f;

    sample_report_full(&s);
    root = emitted(&s.r, &p);
    f = look(root, "audit.findings.0");
    assert_text(f, "id", "ports.exhaust");
    assert_text(f, "severity", "critical");
    assert_text(f, "client", "10.77.10.1");
    assert_text(f, "server_ip", "10.77.10.101");
    assert_number(f, "server_port", 8080);
    assert_number(f, "at_s", 10);
    assert_number(f, "evidence.rate_per_s", 25);
    assert_text(f, "fixes.0.do", "keep-alive");
    assert_text(f, "fixes.0.effect", "2 connections");
    assert_null(look(f, "resolved_at_s"));
    assert_null(look(f, "host"));
    f = look(root, "audit.findings.1");
    assert_text(f, "host", "10.77.10.1");
    assert_null(look(f, "client"));
    assert_null(look(f, "at_s"));
    assert_number(f, "resolved_at_s", 55);
    json_decref(root);
    piped_close(&p);
}

/* A long curve is longer than a pipe holds: the event goes through a file. */
static void
an_audit_without_memory_is_counted_lost(void **state)
{
    static struct sample_report s;
    struct piped p;
    unsigned k = 0;

    sample_report_full(&s);
    do {
        piped_open(&p);
        fail_allocation(++k);
        syc_emit_audit(&p.out, &s.r);
        fail_allocation(0);
        assert_int_equal(p.out.events + p.out.lost, 1);
        piped_close(&p);
    } while (p.out.lost > 0);
    assert_true(k > 1);
}

/* ------------------------------------------------------------- the report */

struct shown {
    char text[65536];
};

static enum syc_status
show(const struct syc_audit_report *r, const struct syc_audit_view *view, struct shown *out)
{
    enum syc_status status;
    ssize_t n;
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    status = view != NULL ? syc_print_audit(fds[1], r, view) : syc_print_audit_csv(fds[1], r);
    close(fds[1]);
    n = read(fds[0], out->text, sizeof out->text - 1);
    assert_true(n >= 0);
    out->text[n] = '\0';
    close(fds[0]);
    return status;
}

/*
 * 104 seconds on 72 columns (80 less 2 spaces, 4 digits, a space and the axis) and 1000 ports on 6 rows: a letter is 1.44 s
 * and 167 ports, so half of the ports at 20 s stand in column floor(20 / 1.44) = 13, and 40 s in column 27.
 */
static void
the_report_of_ports_that_run_out(void **state)
{
    static struct sample_report s;
    static struct shown out;
    const struct syc_audit_view view = {.input = "ports.pcap", .at_us = SYC_NONE, .width = 80};

    sample_report_full(&s);
    s.r.finding_count = 1;
    assert_int_equal(show(&s.r, &view, &out), SYC_OK);
    assert_string_equal(
        out.text,
        "syncopate audit  ports.pcap\n"
        "43.1 s, 10,000 packets, 1,000 connections of 2 pairs\n"
        "tap at the client; 2MSL 60 s (default)\n"
        "\n"
        "CRITICAL ports.exhaust  10.77.10.1 -> 10.77.10.101:8080\n"
        "  25.0 new connections/s x 60.0 s TIME_WAIT needs 1501 ports, the range has\n"
        "  1000. Out of ports at 40.0 s.\n"
        "    - keep-alive: 2 connections\n"
        "\n"
        "  client ports in use, open or in TIME_WAIT, of 1,000\n"
        "  1000 |                      ..::#################::..\n"
        "       |                  ..:###########################::..\n"
        "       |             ..::###################################::..\n"
        "   500 |         .::#############################################::..\n"
        "       |    ..:#######################################################:...\n"
        "       |.::###############################################################::..\n"
        "     0 ++------------+-------------+-+---------------------------------------+--\n"
        "        0 s          20 s half     40 s full                       100 s drained\n"
        "                                     43.1 s end of input\n"
        "\n"
        "CLIENT       SERVER             CONNS  REQ/CONN  TW PEAK  PORTS  AVOIDABLE\n"
        "10.77.10.1   10.77.10.101:8080   1000       1.0     1000   100%        998\n"
        "2001:db8::1  [2001:db8::2]:443      0         -        0      -          -\n");
}

static void
a_clean_report_says_what_was_looked_at(void **state)
{
    static struct sample_report s;
    static struct shown out;
    const struct syc_audit_view view = {.at_us = 2500000, .width = 100};

    sample_report_unknown(&s);
    s.r.packets = 1;
    assert_int_equal(show(&s.r, &view, &out), SYC_OK);
    assert_string_equal(
        out.text, "syncopate audit\n"
                  "as it could be said at 2.5 s\n"
                  "0.0 s, 1 packet, 2 connections of 2 pairs\n"
                  "tap unknown; 2MSL 60 s (default)\n"
                  "Not everything was seen (midstream): what would need it is not claimed.\n"
                  "1 record found no room (--memory): every count is at least what it says.\n"
                  "2 pairs of few connections found no room (--memory): hosts count them.\n"
                  "\n"
                  "No finding. Looked for TIME_WAIT pile-ups, port exhaustion, pools that reuse "
                  "too little, slow start\n"
                  "paid again, failed handshakes, leaks, resets and loss; 0 of 2 pairs had the 20 "
                  "connections that\n"
                  "judging takes.\n"
                  "\n"
                  /* with EST these were 103 columns */
                  "CLIENT       SERVER             CONNS  REQ/CONN  OPEN  TW PEAK  PORTS  CLOSER  "
                  "AVOIDABLE  OVERHEAD\n"
                  "10.77.10.1   10.77.10.101:8080      0         -     -        0      -  -        "
                  "       -         -\n"
                  "2001:db8::1  [2001:db8::2]:443      0         -     -        0      -  -        "
                  "       -         -\n");
}

/* Longest line in columns: octets that begin a letter, color sequences left out. */
static size_t
widest(const char *text)
{
    size_t most = 0, now = 0;

    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            now = 0;
        } else if (*text == '\033') {
            text = strchr(text, 'm');
        } else {
            now += ((unsigned char)*text & 0xc0) != 0x80;
        }
        most = now > most ? now : most;
    }
    return most;
}

static void
no_line_is_wider_than_the_terminal(void **state)
{
    static struct sample_report s;
    static struct shown out;

    sample_report_full(&s);
    for (int width = 60; width <= 200; width += 7) {
        const struct syc_audit_view view = {
            .input = "x", .at_us = SYC_NONE, .width = width, .utf8 = width % 2 == 0, .color = true};

        assert_int_equal(show(&s.r, &view, &out), SYC_OK);
        assert_true(widest(out.text) <= (size_t)width);
    }
    for (int width = 1; width < 30; width += 4) { /* absurd, but no harm */
        const struct syc_audit_view view = {.at_us = SYC_NONE, .width = width};

        assert_int_equal(show(&s.r, &view, &out), SYC_OK);
    }
}

static void
letters_beyond_ascii_and_colors_only_when_asked(void **state)
{
    static struct sample_report s;
    static struct shown out;
    struct syc_audit_view view = {.input = "x\xc2\x9b"
                                           "1m\xe2\x80\xae",
                                  .at_us = SYC_NONE,
                                  .width = 80};

    sample_report_full(&s);
    snprintf(s.findings[0].text, sizeof s.findings[0].text, "a \033[31m text \xc3\xa4");
    assert_int_equal(show(&s.r, &view, &out), SYC_OK);
    for (const char *p = out.text; *p != '\0'; p++) {
        assert_true(*p == '\n' || (*p >= 0x20 && *p < 0x7f));
    }
    assert_non_null(strstr(out.text, "  a ?[31m text ?\n"));
    view.utf8 = true;
    view.color = true;
    assert_int_equal(show(&s.r, &view, &out), SYC_OK);
    assert_non_null(strstr(out.text, "\033[31mCRITICAL ports.exhaust\033[0m"));
    assert_non_null(strstr(out.text, "\xe2\x96\x88\xe2\x96\x88")); /* U+2588, a full block */
    assert_non_null(strstr(out.text, "  a ?[31m text \xc3\xa4\n"));
    assert_non_null(strstr(out.text, "syncopate audit  x?1m?\033[0m\n")); /* C1, right-to-left */
}

/* A curve of one value fills its chart; a peak of one second in ten thousand does not vanish. */
static void
curves_keep_their_peaks(void **state)
{
    static struct sample_report s;
    static struct shown out;
    static uint32_t flat[1] = {12}, spike[10000];
    const struct syc_audit_view view = {.input = "x", .at_us = SYC_NONE, .width = 70};

    sample_report_full(&s);
    s.r.finding_count = 0;
    s.hosts[0].tw.v = flat;
    s.hosts[0].tw.count = 1;
    assert_int_equal(show(&s.r, &view, &out), SYC_OK);
    assert_non_null(
        strstr(out.text,
               "  sockets of 10.77.10.1 in TIME_WAIT\n"
               "  12 |################################################################\n"));
    spike[5000] = 40;
    s.hosts[0].tw.v = spike;
    s.hosts[0].tw.count = 10000;
    assert_int_equal(show(&s.r, &view, &out), SYC_OK);
    assert_non_null(strstr(out.text, "  40 |                                #\n"));
}

static void
the_report_is_whole_or_not_at_all(void **state)
{
    static struct sample_report s;
    static struct shown out;
    const struct syc_audit_view view = {.input = "x", .at_us = SYC_NONE, .width = 80};
    enum syc_status status;
    unsigned k = 0;
    int fd = open("/dev/full", O_WRONLY);

    sample_report_full(&s);
    do {
        fail_allocation(++k);
        status = show(&s.r, &view, &out);
        fail_allocation(0);
        assert_true(status == SYC_OK || (status == SYC_NO_MEMORY && out.text[0] == '\0'));
    } while (status != SYC_OK);
    assert_true(k > 1);
    assert_int_equal(syc_print_audit(fd, &s.r, &view), SYC_IO);
    assert_int_equal(syc_print_audit_csv(fd, &s.r), SYC_IO);
    close(fd);
}

static void
curves_are_lines_of_five_cells(void **state)
{
    static struct sample_report s;
    static struct shown out;
    static const uint32_t v[] = {0, 7};

    sample_report_full(&s);
    s.hosts[0].tw = (struct syc_curve){0, 500000, v, 2};
    s.pairs[0].tw = (struct syc_curve){1250000, SYC_US_PER_S, v, 2};
    s.pairs[1].tw = (struct syc_curve){0, SYC_US_PER_S, v, 1};
    assert_int_equal(show(&s.r, NULL, &out), SYC_OK);
    assert_string_equal(out.text, "host,pair,seconds,time_wait,occupied\n"
                                  "10.77.10.1,,0,0,\n"
                                  "10.77.10.1,,0.5,7,\n"
                                  "10.77.10.1,10.77.10.101:8080,1.25,,0\n"
                                  "10.77.10.1,10.77.10.101:8080,2.25,,7\n"
                                  "2001:db8::1,[2001:db8::2]:443,0,,0\n");
}

/* Twelve findings are shown, twelve pairs have a row; the rest is counted. */
static void
long_reports_say_what_they_leave_out(void **state)
{
    enum { MANY = 30 };
    static struct sample_report s;
    static struct shown out;
    static struct syc_finding findings[MANY];
    static struct syc_audit_pair pairs[MANY];
    const struct syc_audit_view view = {.input = "x", .at_us = SYC_NONE, .width = 80};

    sample_report_full(&s);
    for (size_t i = 0; i < MANY; i++) {
        findings[i] = s.findings[0];
        findings[i].id = "pool.no_reuse";
        findings[i].pair = MANY - 1;
        pairs[i] = s.pairs[0];
        pairs[i].server_port = (uint16_t)(9000 + i);
        pairs[i].attempts = pairs[i].connections = (int64_t)i;
    }
    pairs[MANY - 1].connections = 0; /* first for its findings, not for its size */
    s.r.findings = findings;
    s.r.pairs = pairs;
    s.r.finding_count = s.r.pair_count = MANY;
    assert_int_equal(show(&s.r, &view, &out), SYC_OK);
    assert_non_null(strstr(out.text, "... and 18 more findings: add --json\n"));
    assert_non_null(strstr(out.text, "... and 18 more pairs: add --json\n"));
    assert_non_null(strstr(out.text, "AVOIDABLE\n10.77.10.1  10.77.10.101:9029"));
    assert_true(strstr(out.text, ":9028") > strstr(out.text, ":9029"));
    assert_null(strstr(out.text, ":9017 "));
    assert_non_null(strstr(out.text, ":9018 "));
}

int
test_audit_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_event_names_capture_and_assumptions),
        cmocka_unit_test(a_host_has_its_curve_and_its_ports),
        cmocka_unit_test(a_pair_says_all_that_is_known),
        cmocka_unit_test(what_is_not_known_is_absent),
        cmocka_unit_test(a_finding_carries_its_numbers_and_its_fix),
        cmocka_unit_test(an_audit_without_memory_is_counted_lost),
        cmocka_unit_test(the_report_of_ports_that_run_out),
        cmocka_unit_test(a_clean_report_says_what_was_looked_at),
        cmocka_unit_test(no_line_is_wider_than_the_terminal),
        cmocka_unit_test(letters_beyond_ascii_and_colors_only_when_asked),
        cmocka_unit_test(curves_keep_their_peaks),
        cmocka_unit_test(the_report_is_whole_or_not_at_all),
        cmocka_unit_test(curves_are_lines_of_five_cells),
        cmocka_unit_test(long_reports_say_what_they_leave_out),
    };

    return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
