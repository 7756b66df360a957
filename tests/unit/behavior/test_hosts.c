/* How many hosts are behind an address, and what one host can do without being taken for two. */

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/support.h"

#include <stdio.h>
#include <string.h>

enum { MOST = 400 };

/* The layouts of the systems (reference/stack-facts.csv), as wide as a signature may be; and one tool. */
static const char signatures_text[] = "classes = win,unix,other\n"
                                      "[tcp:request]\n"
                                      "label = s:unix:Linux:\n"
                                      "sig = *:64:0:*:*,*:mss,sok,ts,nop,ws:df,id+:0\n"
                                      "sig = *:64:0:*:*,*:mss,nop,nop,sok,nop,ws:df,id+:0\n"
                                      "label = s:win:Windows:\n"
                                      "sig = *:128:0:*:*,*:mss,nop,ws,nop,nop,sok:df,id+:0\n"
                                      "label = s:!:tool:\n"
                                      "sys = Linux\n"
                                      "sig = *:64:0:*:*,*:mss:df,id+:0\n";

enum stack { LINUX, LINUX_BARE, WINDOWS, TOOL, STACKS };

static struct syc_syn syns[STACKS][2]; /* beside the tap, and a hop away */
static struct made made[MOST];
static size_t count;
static struct kept kept;
static char reason[256];

static void
describe(const uint8_t *options, size_t n, uint8_t ttl, struct syc_syn *out)
{
    struct syc_segment s = {
        .ip_v = 4, .ip_header_octets = 20, .ttl = ttl, .ip_df = true, .ip_id = 1};

    s.tcp_header_octets = (uint8_t)(20 + n);
    s.flags = SYC_SYN;
    s.window = 64240;
    s.seq = 1;
    s.options = (struct syc_span){options, n};
    syc_syn_describe(&s, 0, out);
}

static int
make_syns(void **state)
{
    static const uint8_t linux_options[] = {2, 4, 5, 180, 4, 2, 8, 10, 0, 0,
                                            0, 1, 0, 0,   0, 0, 1, 3,  3, 7};
    static const uint8_t bare[] = {2, 4, 5, 180, 1, 1, 4, 2, 1, 3, 3, 7};
    static const uint8_t windows[] = {2, 4, 5, 180, 1, 3, 3, 8, 1, 1, 4, 2};
    static const uint8_t tool[] = {2, 4, 5, 180};

    (void)state;
    for (uint8_t hop = 0; hop < 2; hop++) {
        describe(linux_options, sizeof(linux_options), 64 - hop, &syns[LINUX][hop]);
        describe(bare, sizeof(bare), 64 - hop, &syns[LINUX_BARE][hop]);
        describe(windows, sizeof(windows), 128 - hop, &syns[WINDOWS][hop]);
        describe(tool, sizeof(tool), 64 - hop, &syns[TOOL][hop]);
    }
    return 0;
}

/* The next connection of 10.0.0.1, half a second after the last; each TSval from an offset of its own. */
static struct syc_record *
connect_as(enum stack stack, int hop, int server, uint16_t source_port)
{
    static uint64_t chance = 3;
    struct made *m = &made[count];
    struct syc_record *r = &m->r;

    assert_true(count < MOST);
    made_open(m, 1, server, 443, source_port, (int64_t)count * 500000);
    r->syn[SYC_TOSERVER] = &syns[stack][hop];
    r->syn_own[SYC_TOSERVER].ip_id = (int64_t)(random_bits(&chance) & 0xffff);
    if (stack == LINUX) {
        r->syn_own[SYC_TOSERVER].ts_val = (int64_t)(random_bits(&chance) & 0xffffffff);
        r->ts_hz[SYC_TOSERVER] = 1000;
    }
    count++;
    return r;
}

/* Ports of one Linux: even, up by little, for each server its own; a random walk is not needed here. */
static uint16_t
next_port(int host, int server, size_t i)
{
    return (uint16_t)(33000 + host * 7000 + server * 500 + (int)i * 6 % 4000 / 2 * 2);
}

/* Texts are copied while they live. */
static void
keep_source(void *user, const struct syc_subject *s)
{
    static struct kept_all all;
    const struct syc_value *v;

    (void)user;
    if (s->kind != SYC_SUBJECT_SOURCE) {
        return;
    }
    all.count = 0;
    keep_subject(&all, s);
    kept = all.list[0];
    v = fact_of(&kept, "hosts.reason");
    snprintf(reason, sizeof(reason), "%s", v->type == SYC_TEXT ? v->u.text : "");
}

/* Through a cadence, first in order, then in reverse: the facts are the same. */
static int64_t
hosts(void)
{
    struct syc_signatures *set = syc_signatures_new();
    struct syc_error error;
    int64_t answers[2];

    assert_non_null(set);
    assert_int_equal(syc_signatures_parse(set, "t.fp", signatures_text, strlen(signatures_text),
                                          true, &error),
                     SYC_OK);
    for (int turn = 0; turn < 2; turn++) {
        struct syc_cadence *c = syc_cadence_new(set, 64 << 20);
        assert_non_null(c);
        for (size_t i = 0; i < count; i++) {
            syc_cadence_feed(c, &made[turn == 0 ? i : count - 1 - i].r);
        }
        assert_int_equal(finish_subjects(c, keep_source, NULL), SYC_OK);
        syc_cadence_free(c);
        answers[turn] = int_of(&kept, "hosts_estimated");
    }
    assert_int_equal(answers[0], answers[1]);
    syc_signatures_free(set);
    count = 0;
    return answers[0];
}

/* What p0f takes for several hosts (fingerprints 2.1.9): nmap -sT from one Linux, offsets of each connection. */
static void
a_connect_scan_is_one_host(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 300; i++) {
        struct syc_record *r =
            connect_as(LINUX, 0, 1 + i % 7, (uint16_t)(33000 + i * 37 % 28000 * 2));
        r->key.server_port = (uint16_t)(1 + i);
        made_name(&made[count - 1]);
    }
    assert_int_equal(hosts(), 1);
    assert_string_equal(text_of(&kept, "ts.policy"), "per-connection");
    assert_true(is_absent(&kept, "ts.uptime_s"));
    assert_string_equal(reason, "");
}

/* A scanner's own packets and a program's own buffer beside the kernel's connections. */
static void
tools_on_one_host_are_no_second_host(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 100; i++) {
        struct syc_record *r = connect_as(i % 4 == 3 ? TOOL : LINUX, 0, 1, next_port(0, 1, i));
        if (i % 4 == 3) {
            r->key.client_port = 40001;
        }
    }
    assert_int_equal(hosts(), 1);
}

static void
families_are_separate_hosts(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 10; i++) {
        connect_as(i % 2 ? LINUX : WINDOWS, 0, 1, next_port(i % 2, 1, i));
    }
    assert_int_equal(hosts(), 2);
    assert_string_equal(reason, "systems: linux, windows");
}

/* One packet that imitates another system, or a scan of such packets that nothing completes, is no host. */
static void
packets_without_a_connection_are_no_host(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 40; i++) {
        struct syc_record *r = connect_as(i % 2 ? LINUX : WINDOWS, 0, 1, next_port(0, 1, i));
        if (i % 2 == 0) {
            r->ack_us = r->established_us = SYC_NONE;
            r->state = SYC_STATE_RSTOS0;
        }
    }
    assert_int_equal(hosts(), 1);
}

static void
interleaved_ports_tell_hosts_of_one_system(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 120; i++) {
        connect_as(LINUX, 0, 1, next_port(i % 3, 1, i / 3U));
    }
    assert_int_equal(hosts(), 3);
    assert_string_equal(reason, "linux: 3 sequences of source ports");
}

/* bind() before connect() takes odd ports: a mix of both on Linux is no evidence, whatever the sequences. */
static void
ports_of_both_parities_prove_nothing_on_linux(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 120; i++) {
        connect_as(LINUX, 0, 1, (uint16_t)(next_port(i % 2, 1, i / 2U) + i % 2));
    }
    assert_int_equal(hosts(), 1);
}

/* Two clocks to one server, each going its own way all the time; the ports are rewritten by the translator. */
static void
timestamp_clocks_tell_hosts(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 60; i++) {
        struct syc_record *r =
            connect_as(LINUX, 0, 1 + i / 2 % 2, (uint16_t)(20000 + i * 7919 % 40000));
        r->syn_own[SYC_TOSERVER].ts_val = (i % 2 ? 5000000 : 900000000) + i * 500;
    }
    assert_int_equal(hosts(), 2);
    assert_string_equal(reason, "linux: 2 timestamp clocks");
    assert_true(is_absent(&kept, "ts.uptime_s"));
}

static void
uptime_is_told_of_a_global_clock_only(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 60; i++) {
        struct syc_record *r = connect_as(LINUX, 0, 1 + i % 3, next_port(0, 1 + i % 3, i));
        r->syn_own[SYC_TOSERVER].ts_val = 3600000 + i * 500;
    }
    assert_int_equal(hosts(), 1);
    assert_string_equal(text_of(&kept, "ts.policy"), "global");
    assert_int_equal(int_of(&kept, "ts.hz"), 1000);
    assert_near(real_of(&kept, "ts.uptime_s"), 3600 + 29.5, 1e-9);
}

static void
silent_and_zero_clocks_have_their_words(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 3; i++) {
        connect_as(WINDOWS, 0, 1, next_port(0, 1, i));
    }
    hosts();
    assert_string_equal(text_of(&kept, "ts.policy"), "absent");
    for (uint16_t i = 0; i < 3; i++) {
        connect_as(LINUX, 0, 1, next_port(0, 1, i))->syn_own[SYC_TOSERVER].ts_val = 0;
    }
    hosts();
    assert_string_equal(text_of(&kept, "ts.policy"), "zero");
    assert_int_equal(int_of(&kept, "ts.n"), 0);
}

/* A generator that imitates Linux beside the Linux it runs on: its SYNs lead to nothing. */
static void
forged_sequences_are_no_host(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 120; i++) {
        struct syc_record *r = connect_as(LINUX, 0, 1, next_port(i % 2, 1, i / 2U));
        if (i % 2) {
            r->ack_us = r->established_us = SYC_NONE;
            r->state = SYC_STATE_RSTOS0;
        }
    }
    assert_int_equal(hosts(), 1);
}

/* Windows counts IP IDs up; a router rewrote the ports. */
static void
sequences_of_ip_ids_tell_hosts(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 80; i++) {
        struct syc_record *r = connect_as(WINDOWS, 0, 1, (uint16_t)(1024 + i * 7919 % 60000));
        r->syn_own[SYC_TOSERVER].ip_id = (i % 2 ? 3000 : 42000) + i * 7;
    }
    assert_int_equal(hosts(), 2);
    assert_string_equal(reason, "windows: 2 sequences of IP IDs");
}

/* A router and a host behind it; and one host that moved once, which is no second. */
static void
distances_that_take_turns_tell_hosts(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 40; i++) {
        connect_as(LINUX, i / 2 % 2, 1, next_port(0, 1, i));
    }
    assert_int_equal(hosts(), 2);
    assert_string_equal(reason, "linux: 2 distances");
    for (uint16_t i = 0; i < 40; i++) {
        connect_as(LINUX, i >= 20, 1, next_port(0, 1, i));
    }
    assert_int_equal(hosts(), 1);
}

static void
a_setting_of_the_host_tells_hosts(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 40; i++) {
        connect_as(i % 2 ? LINUX : LINUX_BARE, 0, 1, next_port(0, 1, i));
    }
    assert_int_equal(hosts(), 2);
    assert_string_equal(reason, "linux: 2 settings of timestamps");
}

static void
reasons_of_families_add_up(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 120; i++) {
        if (i % 3 == 2) {
            connect_as(WINDOWS, 0, 1, (uint16_t)(50000 + i));
        } else {
            connect_as(LINUX, 0, 1, next_port(i % 3, 1, i / 3U));
        }
    }
    assert_int_equal(hosts(), 3);
    assert_string_equal(reason, "systems: linux, windows; linux: 2 sequences of source ports");
}

/* ------------------------------------------------------------ what a stack contradicts */

static const char on_windows[] = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)";
static const char on_linux[] = "Mozilla/5.0 (X11; Linux x86_64)";

/* Two hosts behind one address, each true to itself: the commonest of one beside the commonest of the other is none. */
static void
agents_are_compared_within_their_connection(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 20; i++) {
        struct syc_record *r = connect_as(i % 2 ? WINDOWS : LINUX, 0, 1, next_port(i % 2, 1, i));
        r->user_agent = i % 2 ? on_windows : on_linux;
    }
    hosts();
    assert_int_equal(int_of(&kept, "ua.n"), 20);
    assert_int_equal(int_of(&kept, "ua.os_distinct"), 2);
    assert_int_equal(int_of(&kept, "ua.compared"), 20);
    assert_near(real_of(&kept, "ua.conflict_ratio"), 0, 0);
    assert_true(is_absent(&kept, "ua.stack_family"));
    for (uint16_t i = 0; i < 20; i++) {
        connect_as(LINUX, 0, 1, next_port(0, 1, i))->user_agent = i % 4 ? on_linux : on_windows;
    }
    hosts();
    assert_near(real_of(&kept, "ua.conflict_ratio"), 5 / 20.0, 1e-12);
    assert_string_equal(text_of(&kept, "ua.stack_family"), "linux");
    assert_string_equal(text_of(&kept, "ua.os"), "linux");
}

/* A tool's packet says nothing of the system that it runs on; a library's agent says nothing at all. */
static void
what_names_no_system_is_not_compared(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 4; i++) {
        connect_as(TOOL, 0, 1, 40001)->user_agent = on_windows;
        connect_as(LINUX, 0, 1, next_port(0, 1, i))->user_agent = "curl/8.5.0";
    }
    hosts();
    assert_int_equal(int_of(&kept, "ua.n"), 4);
    assert_int_equal(int_of(&kept, "ua.compared"), 0);
    assert_true(is_absent(&kept, "ua.conflict_ratio"));
}

/* The system named comes with an early part; the last one fills the rest of the mark. */
static void
an_agent_survives_a_connection_in_parts(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        for (int i = 0; i < 2; i++) {
            int64_t part = order == 0 ? i + 1 : 2 - i;
            struct syc_record *r = connect_as(LINUX, 0, 1, 40000);
            r->start_us = 0;
            r->part = part;
            r->final = part == 2;
            r->user_agent = part == 1 ? on_windows : NULL;
            made_name(&made[count - 1]);
        }
        hosts();
        assert_int_equal(kept.subject.conn_count, 1);
        assert_int_equal(int_of(&kept, "ua.n"), 1);
        assert_near(real_of(&kept, "ua.conflict_ratio"), 1, 0);
    }
}

/* Safari's list of ciphers from Linux; Chrome's runs anywhere and is not compared. */
static void
libraries_are_compared_within_their_connection(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 8; i++) {
        struct syc_record *r = connect_as(i < 6 ? LINUX : WINDOWS, 0, 1, next_port(0, 1, i));
        r->ja4 = i < 3   ? "t13d2014h2_a09f3c656075_14788d8d241b"
                 : i < 6 ? "t13d1516h2_8daaf6152771_e5627efa2ab1"
                         : "t12d190800_d83cc789557e_7af1ed941c26";
    }
    hosts();
    assert_string_equal(text_of(&kept, "tls.os_family"), "apple");
    assert_int_equal(int_of(&kept, "tls.compared"), 5);
    assert_near(real_of(&kept, "tls.conflict_ratio"), 3 / 5.0, 1e-12);
    assert_string_equal(text_of(&kept, "tls.stack_family"), "linux");
    connect_as(LINUX, 0, 1, 40000)->ja4 = "t13d1516h2_8daaf6152771_e5627efa2ab1";
    hosts();
    assert_true(is_absent(&kept, "tls.os_family"));
    assert_true(is_absent(&kept, "tls.compared"));
}

/* The window tells which MSS it was made for: 64240 = 44 * 1460, 64860 = 47 * 1380. */
static void
a_lowered_mss_is_told_from_a_small_one(void **state)
{
    static const uint8_t options[] = {2, 4, 5, 100, 4, 2, 8, 10, 0, 0,
                                      0, 1, 0, 0,   0, 0, 1, 3,  3, 7};
    static const uint16_t windows[] = {64240, 64860, 65535, 8192};
    static const int64_t from[] = {1460, 0, 0, 0};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct syc_segment s = {
            .ip_v = 4, .ip_header_octets = 20, .ttl = 64, .ip_df = true, .ip_id = 1};
        struct syc_syn syn;
        s.tcp_header_octets = 40;
        s.flags = SYC_SYN;
        s.window = windows[i];
        s.seq = 1;
        s.options = (struct syc_span){options, sizeof(options)};
        syc_syn_describe(&s, 0, &syn);
        connect_as(LINUX, 0, 1, 40000)->syn[SYC_TOSERVER] = &syn;
        hosts();
        assert_int_equal(int_of(&kept, "link.mtu"), 1420);
        if (from[i] > 0) {
            assert_int_equal(int_of(&kept, "link.mss_lowered_from"), from[i]);
        } else {
            assert_true(is_absent(&kept, "link.mss_lowered_from"));
        }
    }
}

/* Of the commonest SYN's family: eight of ten Linux connections count up by one, Windows's four are not asked. */
static void
habits_of_ip_ids_are_of_one_family(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 10; i++) {
        connect_as(LINUX, 0, 1, next_port(0, 1, i))->ip_id_step[SYC_TOSERVER] =
            i < 8 ? SYC_ID_STEP_ONE : SYC_ID_STEP_SMALL;
    }
    for (uint16_t i = 0; i < 4; i++) {
        connect_as(WINDOWS, 0, 1, next_port(1, 1, i))->ip_id_step[SYC_TOSERVER] = SYC_ID_STEP_ZERO;
    }
    hosts();
    assert_int_equal(int_of(&kept, "syn.n"), 14);
    assert_string_equal(text_of(&kept, "syn.layout_family"), "linux");
    assert_int_equal(int_of(&kept, "ip_id.n"), 10);
    assert_string_equal(text_of(&kept, "ip_id.step"), "one");
    assert_near(real_of(&kept, "ip_id.step_ratio"), 0.8, 1e-12);
}

int
test_hosts_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connect_scan_is_one_host),
        cmocka_unit_test(tools_on_one_host_are_no_second_host),
        cmocka_unit_test(families_are_separate_hosts),
        cmocka_unit_test(packets_without_a_connection_are_no_host),
        cmocka_unit_test(interleaved_ports_tell_hosts_of_one_system),
        cmocka_unit_test(ports_of_both_parities_prove_nothing_on_linux),
        cmocka_unit_test(forged_sequences_are_no_host),
        cmocka_unit_test(timestamp_clocks_tell_hosts),
        cmocka_unit_test(uptime_is_told_of_a_global_clock_only),
        cmocka_unit_test(silent_and_zero_clocks_have_their_words),
        cmocka_unit_test(sequences_of_ip_ids_tell_hosts),
        cmocka_unit_test(distances_that_take_turns_tell_hosts),
        cmocka_unit_test(a_setting_of_the_host_tells_hosts),
        cmocka_unit_test(reasons_of_families_add_up),
        cmocka_unit_test(agents_are_compared_within_their_connection),
        cmocka_unit_test(what_names_no_system_is_not_compared),
        cmocka_unit_test(an_agent_survives_a_connection_in_parts),
        cmocka_unit_test(libraries_are_compared_within_their_connection),
        cmocka_unit_test(a_lowered_mss_is_told_from_a_small_one),
        cmocka_unit_test(habits_of_ip_ids_are_of_one_family),
    };

    return cmocka_run_group_tests_name("hosts", tests, make_syns, NULL);
}
