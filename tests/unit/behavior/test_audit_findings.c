/* Findings: when each is made, when none is, and what it says (lifecycle 5). */

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/lives.h"

#include <math.h>
#include <string.h>

enum { FINDINGS = 32 };

static struct lives all;
static struct syc_audit_pair row;
static struct syc_finding found[FINDINGS];
static size_t found_count;

/* The row of a pair whose ports nobody looked at. */
static void
blank_ports(void)
{
    row.ports = (struct syc_audit_ports){.occupied_peak = SYC_NONE,
                                         .capacity = SYC_NONE,
                                         .flip_after = SYC_NONE,
                                         .flip_at_us = SYC_NONE,
                                         .occupied_ratio = NAN,
                                         .rate_per_s = NAN,
                                         .need = NAN,
                                         .sustainable_per_s = NAN,
                                         .exhaust_at_us = SYC_NONE,
                                         .starved_from_us = SYC_NONE,
                                         .starved_to_us = SYC_NONE,
                                         .tw_reuse = SYC_NONE,
                                         .warned_at_us = SYC_NONE,
                                         .resolved_at_us = SYC_NONE};
}

/* The parts of the row that these tests do not set by hand. */
static void
fill_row(const struct life_pair *p)
{
    struct syc_audit_ports ports = row.ports;
    int64_t waits[2] = {0, 0};
    struct audit_work w = {0};

    assert_true(audit_handshake_pair(p, &w, &row) && audit_pool_pair(p, &w, &row) &&
                audit_overhead_pair(p, &w, &row) && audit_slow_start_pair(p, &w, &row) &&
                audit_loss_pair(p, &w, &row));
    syc_arena_fini(&w.scratch);
    for (size_t i = 0; i < p->count; i++) {
        waits[0] += p->lives[i].wait[0].enter != SYC_NONE;
        waits[1] += p->lives[i].wait[1].enter != SYC_NONE;
    }
    row.time_wait_peak = waits[0] > waits[1] ? waits[0] : waits[1]; /* all within 2MSL here */
    row.connections = row.replayed = (int64_t)p->count;
    row.ports = ports;
}

static void
look_until(double seconds)
{
    struct life_pair p = lives_pair(&all);

    if (LIVES_ORIGIN + SECONDS(seconds) > p.last) {
        p.last = LIVES_ORIGIN + SECONDS(seconds);
    }
    fill_row(&p);
    found_count = audit_findings_pair(&p, &row, found, FINDINGS);
    for (size_t i = 0; i < found_count; i++) {
        assert_true(strlen(found[i].text) > 40 && strlen(found[i].text) + 1 < SYC_FINDING_TEXT);
        assert_true(strchr(found[i].text, '.') != NULL);
        assert_null(strstr(found[i].text, " nan"));
        assert_true(found[i].evidence_count > 0 && found[i].fix_count > 0);
        assert_true(found[i].at_us >= 0);
    }
}

static const struct syc_finding *
finding(const char *id)
{
    for (size_t i = 0; i < found_count; i++) {
        if (strcmp(found[i].id, id) == 0) {
            return &found[i];
        }
    }
    return NULL;
}

static void
assert_says(const char *id, const char *words)
{
    const struct syc_finding *f = finding(id);

    if (f == NULL) {
        fail_msg("no finding %s", id);
        return;
    }
    if (strstr(f->text, words) == NULL) {
        fail_msg("%s does not say \"%s\": %s", id, words, f->text);
    }
}

static double
value_of(const char *id, const char *name)
{
    const struct syc_finding *f = finding(id);

    for (size_t i = 0; f != NULL && i < f->evidence_count; i++) {
        if (strcmp(f->evidence[i].name, name) == 0) {
            return f->evidence[i].value;
        }
    }
    fail_msg("%s has no %s", id, name);
    return 0;
}

static void
begin(int64_t to_tap)
{
    lives_begin(&all, MS(40), to_tap);
    memset(&row, 0, sizeof(row));
    blank_ports();
}

/* n plain connections a second apart, closed by the client: nothing to complain of but reuse. */
static void
plain_connections(int n)
{
    for (int i = 0; i < n; i++) {
        int64_t at = i * SECONDS(1);
        lives_open(&all, at);
        lives_turn(&all, at + MS(40), at + MS(80));
        lives_close(&all, SYC_FIRST_CLIENT, at + MS(90));
    }
}

/* ------------------------------------------------------------ pools */

static void
the_98_connections_have_a_cause_and_a_cure(void **state)
{
    (void)state;
    begin(0);
    lives_free2(&all);
    look_until(10);
    assert_says("pool.idle_cap",
                "the idle cap is 2. Raising it to 100 avoids 196 of 296 connections");
    assert_says("pool.idle_cap", "(1176 packets, 7.8 s of handshakes)"); /* 196 x 6; 196 x 40 ms */
    assert_near(value_of("pool.idle_cap", "avoidable"), 196, 0);
    assert_int_equal(finding("pool.idle_cap")->severity, SYC_SEVERITY_WARNING);
    assert_string_equal(finding("pool.idle_cap")->fixes[0].effect,
                        "100 idle connections: 100 opened instead of 296");
    assert_null(finding("pool.no_reuse")); /* one cause, told once */
    assert_says("tw.pileup", "296 of the client's ports");
    assert_int_equal(finding("tw.pileup")->severity, SYC_SEVERITY_INFO);
}

static void
http10_is_told_whose_time_wait_it_is(void **state)
{
    (void)state;
    begin(MS(20));
    lives_ab(&all);
    look_until(10);
    assert_says("pool.no_reuse", "600 requests took 601 connections");
    assert_says("pool.no_reuse", "591 of 601 connections (3546 packets");
    assert_says("tw.server", "The server closed 600 of 601 connections first");
    assert_null(finding("tw.pileup"));
}

static void
a_database_is_told_of_a_pool(void **state)
{
    (void)state;
    begin(0);
    plain_connections(30);
    for (size_t i = 0; i < all.count; i++) {
        all.list[i].protocol = SYC_PROTOCOL_POSTGRESQL;
        all.list[i].requests = SYC_NONE;
    }
    look_until(100);
    assert_says("pool.no_reuse", "put a connection pool before the database");
}

static void
an_early_timeout_is_named_with_its_owner(void **state)
{
    (void)state;
    begin(0);
    for (int i = 0; i < 60; i++) {
        int64_t at = i / 20 * SECONDS(6.5) + i % 20 * MS(0.1);
        lives_open(&all, at);
        lives_turn(&all, at + MS(40), at + MS(80));
        lives_close(&all, SYC_FIRST_SERVER, at + MS(80) + SECONDS(5));
    }
    look_until(30);
    assert_says("pool.timeout_short",
                "The server closes connections after 5.0 s without work (60 times)");
    assert_says("pool.timeout_short", "avoids 40 of 60 connections");
    assert_null(finding("pool.no_reuse"));
}

static void
a_race_is_reported_where_it_happened(void **state)
{
    struct life *l;

    (void)state;
    begin(0);
    plain_connections(25);
    l = &all.list[24];
    l->race = 1;
    l->rst_at = l->start + SECONDS(3);
    look_until(100);
    assert_says("pool.race_rst", "1 request on a reused connection met a RST");
    assert_int_equal(finding("pool.race_rst")->at_us, SECONDS(24 + 3));
}

/* ------------------------------------------------------------ restraint */

static void
of_nineteen_connections_nothing_is_said(void **state)
{
    (void)state;
    begin(0);
    plain_connections(19);
    all.list[3].race = 1;
    all.list[3].rst_at = all.list[3].end;
    look_until(100);
    assert_int_equal(found_count, 0);
    plain_connections(1);
    all.list[19].start += SECONDS(19);
    look_until(100);
    assert_true(found_count > 0);
}

static void
a_pool_that_works_is_left_in_peace(void **state)
{
    (void)state;
    begin(MS(20));
    for (int i = 0; i < 30; i++) {
        lives_open(&all, i * MS(1));
        for (int k = 1; k <= 30; k++) {
            lives_turn(&all, i * MS(1) + k * MS(50), i * MS(1) + k * MS(50) + MS(40));
        }
        lives_close(&all, SYC_FIRST_CLIENT, SECONDS(4));
    }
    look_until(100);
    assert_int_equal(found_count, 0);
}

static void
lost_packets_accuse_nobody(void **state)
{
    (void)state;
    begin(0);
    for (int i = 0; i < 30; i++) {
        /* all at once, silent, half-closed: signs that a capture with holes makes of anything */
        struct life *l = lives_open(&all, i * MS(1));
        lives_turn(&all, i * MS(1) + MS(40), SECONDS(20));
        lives_burst(&all, SECONDS(30), SECONDS(30));
        l->never_acked_octets = 100;
        l->never_acked_repeats = 5;
        l->first_data_acked = SYC_NONE;
        l->fin[0] = l->fin_acked[0] = l->end = LIVES_ORIGIN + SECONDS(31);
        l->close_kind = SYC_CLOSE_HALF_CLOSED_BY_CLIENT;
        l->degraded = 1U << SYC_DEGRADED_KERNEL_DROPS | 1U << SYC_DEGRADED_GAPS;
        lives_silent(&all, i * MS(1), (const double[]){0, 1.01, 2.03}, 3)->degraded = l->degraded;
    }
    look_until(100);
    assert_int_equal(found_count, 0);
}

/* ------------------------------------------------------------ ports */

/* ports-1000-43s: 23.2/s, 1000 ports, flip after 500 at 21.5 s. */
static void
ports_1000(void)
{
    row.ports.rate_per_s = 23.2;
    row.ports.need = 23.2 * (60 + 0.04);
    row.ports.capacity = 1000;
    row.ports.capacity_from = SYC_RANGE_FLIP;
    row.ports.flip_after = 500;
    row.ports.flip_at_us = SECONDS(21.5);
    row.ports.sustainable_per_s = 1000 / 60.04;
    row.ports.warned_at_us = SECONDS(10);
    row.ports.forecast_us = SECONDS(43.1);
    row.ports.forecast_rate_per_s = 23.2;
}

static void
exhaustion_is_foretold_with_its_numbers(void **state)
{
    (void)state;
    begin(0);
    plain_connections(22);
    ports_1000();
    row.ports.exhaust_at_us = SECONDS(43.1);
    look_until(22);
    assert_says("ports.exhaust",
                "23.2 new connections/s x 60 s of TIME_WAIT need 1393 ports; the range "
                "has 1000 (the ports' parity flipped at 21.5 s, after 500 of them)");
    assert_says("ports.exhaust", "Out of ports at 43.1 s if this goes on, unless tcp_tw_reuse=1");
    assert_says("ports.exhaust", "At most 16.7/s can be sustained");
    assert_int_equal(finding("ports.exhaust")->severity, SYC_SEVERITY_CRITICAL);
    assert_int_equal(finding("ports.exhaust")->at_us, SECONDS(10));
    assert_int_equal(finding("ports.exhaust")->resolved_at_us, SYC_NONE);
    /* 1,393 / 1,000: two destinations; ports held for 1.04 s instead: 23.2 x 1.04 = 24.1 */
    assert_string_equal(finding("ports.exhaust")->fixes[1].effect,
                        "2 destinations carry 23.2 connections/s");
    assert_string_equal(finding("ports.exhaust")->fixes[3].effect,
                        "a port comes back after 1 s: about 25 are needed");
    assert_int_equal(finding("ports.half")->severity,
                     SYC_SEVERITY_INFO); /* told by the worse one */
}

static void
a_forecast_is_withdrawn_when_the_rate_falls(void **state)
{
    (void)state;
    begin(0);
    plain_connections(40);
    ports_1000();
    row.ports.resolved_at_us = SECONDS(30);
    row.ports.rate_per_s = 1;
    row.ports.need = 60;
    look_until(60);
    assert_int_equal(finding("ports.exhaust")->severity, SYC_SEVERITY_INFO);
    assert_int_equal(finding("ports.exhaust")->resolved_at_us, SECONDS(30));
    assert_says(
        "ports.exhaust",
        "At 10.0 s the client was heading for port exhaustion at 43.1 s (23.2 new connections/s, "
        "1000 ports)");
    assert_says("ports.exhaust", "withdrawn at 30.0 s: the rate fell below the 16.7/s");
    row.ports.tw_reuse = 1;
    row.ports.sustainable_per_s = 961; /* 1,000 ports, held for 1.04 s */
    look_until(60);
    assert_says("ports.exhaust", "after a second (tcp_tw_reuse=1), so they last for 961.0/s");
    assert_int_equal(finding("ports.half")->severity, SYC_SEVERITY_WARNING);
}

static void
starvation_says_what_no_packet_does(void **state)
{
    (void)state;
    begin(0);
    plain_connections(40);
    ports_1000();
    row.ports.occupied_peak = 1000;
    row.ports.exhaust_at_us = row.ports.starved_from_us = SECONDS(43);
    row.ports.starved_to_us = SECONDS(103);
    look_until(110);
    assert_says("ports.starved", "from 43.0 s to 103.0 s: 1000 of 1000 ports were taken");
    assert_says("ports.starved", "EADDRNOTAVAIL");
    assert_says("ports.exhaust", "Out of ports at 43.0 s. At most");
}

/* ------------------------------------------------------------ slow start, SYNs, closes, loss */

static void
idle_restarts_name_the_setting(void **state)
{
    (void)state;
    begin(0);
    for (int i = 0; i < 20; i++) {
        int64_t at = i * SECONDS(10);
        struct lives_answer cold = {.request = at + MS(40),
                                    .answer = at + MS(80),
                                    .apart = MS(40),
                                    .inside = 10,
                                    .flights = {10, 20, 40, 80}};
        struct lives_answer warm = {.request = at + SECONDS(1),
                                    .answer = at + MS(1040),
                                    .flights = {150}};
        struct lives_answer again = cold;
        again.request = at + SECONDS(5);
        again.answer = at + MS(5040);
        lives_open(&all, at);
        lives_response(&all, &cold);
        lives_response(&all, &warm);
        lives_response(&all, &again);
        lives_close(&all, SYC_FIRST_CLIENT, at + SECONDS(6));
    }
    look_until(300);
    assert_says("slowstart.idle_restart",
                "20 responses on warm connections began again with 10 segments");
    assert_says("slowstart.idle_restart", "tcp_slow_start_after_idle");
    /* each of 40 took 4 flights for one of 150: 3 x 40 round trips of 40 ms = 4.8 s; 20 lost nothing */
    assert_says("slowstart.multi_rtt", "40 of 60 responses were larger");
    assert_says("slowstart.multi_rtt", "120 round trips, 4.8 s");
    assert_says("slowstart.multi_rtt", "the other 20 fit and lost nothing");
}

static void
a_silent_drop_is_a_black_hole(void **state)
{
    (void)state;
    begin(0);
    for (int i = 0; i < 24; i++) {
        lives_silent(&all, i * SECONDS(1), (const double[]){0, 1.01, 3.05, 7.2, 15.4, 31.5}, 6);
    }
    look_until(100);
    assert_says("syn.blackhole",
                "24 of 24 connection attempts got no answer at all (120 SYNs repeated");
    assert_int_equal(finding("syn.blackhole")->at_us,
                     SECONDS(19 + 1)); /* the twentieth's second is over */
    assert_null(finding("syn.overflow"));
}

static void
a_short_backlog_drops_and_haunts(void **state)
{
    (void)state;
    begin(0);
    for (int i = 0; i < 20; i++) {
        lives_open(&all, i * MS(10));
        lives_turn(&all, i * MS(10) + MS(40), i * MS(10) + MS(80));
    }
    for (int i = 0; i < 5; i++) {
        struct life *l = lives_open(&all, i * MS(10));
        lives_burst(&all, i * MS(10) + MS(41), i * MS(10) + MS(41));
        l->never_acked_octets = 120;
        l->never_acked_repeats = 6;
        l->end += SECONDS(6);
        lives_silent(&all, i * MS(10), (const double[]){0, 1.01, 2.03}, 3);
    }
    look_until(100);
    assert_says("syn.overflow", "5 connections had their SYN");
    assert_says("syn.ghost", "5 connections are established for the client alone");
    assert_null(finding("syn.blackhole"));
}

static void
cookies_are_suspected_not_stated(void **state)
{
    (void)state;
    begin(0);
    plain_connections(20);
    for (size_t i = 0; i < all.count; i++) {
        all.list[i].syn_cookie_jump_ms = 10 + (int64_t)i;
    }
    look_until(100);
    assert_says("syn.cookies", "suspected");
}

static void
sockets_that_nobody_closes_leak(void **state)
{
    (void)state;
    begin(0);
    plain_connections(25);
    for (size_t i = 20; i < 25; i++) {
        struct life *l = &all.list[i];
        l->fin[1] = l->fin_acked[1] = l->wait[0].enter = SYC_NONE;
        l->end = l->fin_acked[0];
        l->close_kind = SYC_CLOSE_HALF_CLOSED_BY_CLIENT;
    }
    look_until(32); /* the first two have been waiting for 10 s */
    assert_null(finding("close.leak"));
    look_until(100);
    assert_says("close.leak", "5 connections were closed by the client, but not by the server");
    assert_says("close.leak", "CLOSE_WAIT");
}

static void
resets_are_counted_by_side(void **state)
{
    (void)state;
    begin(0);
    plain_connections(30);
    for (size_t i = 0; i < 8; i++) {
        struct life *l = &all.list[i];
        l->fin[0] = l->fin[1] = l->fin_acked[0] = l->fin_acked[1] = l->wait[0].enter = SYC_NONE;
        l->rst_at = l->end;
        l->rst_by = i < 6 ? SYC_TOSERVER : SYC_TOCLIENT;
        l->close_kind = i < 6 ? SYC_CLOSE_RST_BY_CLIENT : SYC_CLOSE_RST_BY_SERVER;
    }
    look_until(100);
    assert_says("close.rst", "8 of 30 connections ended by RST (6 by the client, 2 by the server)");
}

static void
collapse_needs_three_at_once(void **state)
{
    (void)state;
    for (int apart = 0; apart < 2; apart++) {
        begin(MS(20));
        for (int i = 0; i < 20; i++) {
            int64_t at = i * (apart ? SECONDS(10) : MS(100));
            struct life *l = lives_open(&all, at);
            lives_turn(&all, at + MS(40), at + SECONDS(5));
            l->data_segments[1] = 98;
            l->retrans_data[1] = l->retrans_rto[1] = 28;
            l->unique_payload[1] = 70 * 1448;
            l->payload[1] = 98 * 1448;
            lives_close(&all, SYC_FIRST_SERVER, at + SECONDS(5));
        }
        look_until(300);
        if (apart) {
            assert_null(finding("loss.collapse"));
            continue;
        }
        /* 28 of 98 and a request; 70 of 98 */
        assert_says("loss.collapse", "28 % of the data segments were repeats, on 20 connections");
        assert_says("loss.collapse", "only 71 % was new");
        assert_int_equal(finding("loss.collapse")->severity, SYC_SEVERITY_CRITICAL);
    }
}

static void
findings_without_room_are_left_out(void **state)
{
    struct life_pair p;

    (void)state;
    begin(0);
    lives_free2(&all);
    p = lives_pair(&all);
    fill_row(&p);
    assert_int_equal(audit_findings_pair(&p, &row, found, 1), 1);
    assert_int_equal(audit_findings_pair(&p, &row, found, 0), 0);
}

static void
a_sample_says_that_it_is_one(void **state)
{
    struct life_pair p;

    (void)state;
    begin(0);
    lives_free2(&all);
    p = lives_pair(&all);
    fill_row(&p);
    row.connections = 100000;
    found_count = audit_findings_pair(&p, &row, found, FINDINGS);
    assert_says("pool.idle_cap", "(Seen on the first 296 of 100000 connections.)");
}

int
test_audit_findings_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_98_connections_have_a_cause_and_a_cure),
        cmocka_unit_test(http10_is_told_whose_time_wait_it_is),
        cmocka_unit_test(a_database_is_told_of_a_pool),
        cmocka_unit_test(an_early_timeout_is_named_with_its_owner),
        cmocka_unit_test(a_race_is_reported_where_it_happened),
        cmocka_unit_test(of_nineteen_connections_nothing_is_said),
        cmocka_unit_test(a_pool_that_works_is_left_in_peace),
        cmocka_unit_test(lost_packets_accuse_nobody),
        cmocka_unit_test(exhaustion_is_foretold_with_its_numbers),
        cmocka_unit_test(a_forecast_is_withdrawn_when_the_rate_falls),
        cmocka_unit_test(starvation_says_what_no_packet_does),
        cmocka_unit_test(idle_restarts_name_the_setting),
        cmocka_unit_test(a_silent_drop_is_a_black_hole),
        cmocka_unit_test(a_short_backlog_drops_and_haunts),
        cmocka_unit_test(cookies_are_suspected_not_stated),
        cmocka_unit_test(sockets_that_nobody_closes_leak),
        cmocka_unit_test(resets_are_counted_by_side),
        cmocka_unit_test(collapse_needs_three_at_once),
        cmocka_unit_test(findings_without_room_are_left_out),
        cmocka_unit_test(a_sample_says_that_it_is_one),
    };

    return cmocka_run_group_tests_name("audit_findings", tests, NULL, NULL);
}
