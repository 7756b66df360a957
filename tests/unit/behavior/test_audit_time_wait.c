/* TIME_WAIT: who waits, from when, until when (lifecycle reference 2.1). */

#include "tests/unit/behavior/audited.h"
#include "tests/unit/behavior/groups.h"

#include <string.h>

enum { CLIENTS = 0, SERVERS = 1 };

static struct made made[600];

static const struct syc_audit_host *
client_of(const struct syc_audit_report *r)
{
    const struct syc_audit_host *h = host_row(r, CLIENTS, HOST_CLIENT);

    assert_non_null(h);
    return h;
}

static const struct syc_audit_host *
server_of(const struct syc_audit_report *r)
{
    const struct syc_audit_host *h = host_row(r, SERVERS, HOST_SERVER);

    assert_non_null(h);
    return h;
}

/* Three connections close at 1, 2 and 3 s: 3 x 60 connection-seconds, three at once from 3 s on, none after 63 s. */
static void
the_first_closer_waits_for_two_msl(void **state)
{
    const struct syc_audit_host *h;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        audited_open(&made[i], (uint16_t)(40000 + 2 * i), (double)i);
        audited_closed(&made[i], SYC_TOSERVER, 1);
    }
    h = client_of(audited(made, 3));
    assert_int_equal(h->two_msl_us, SECONDS(60));
    assert_int_equal(h->two_msl_from, SYC_ASSUMED_DEFAULT);
    assert_int_equal(h->tw_entered, 3);
    assert_int_equal(h->tw_peak, 3);
    assert_int_equal(h->tw_peak_at_us, SECONDS(3));
    assert_int_equal(h->tw_now, 3);
    assert_int_equal(h->tw_drains_at_us, SECONDS(63));
    assert_near(h->tw_area_s, 180, 1e-6);
}

/* At most 1 within second 1, 2 within second 2, 3 from second 3; the one of 1 s is gone at 61 s sharp. */
static void
the_series_has_the_most_of_each_second(void **state)
{
    const struct syc_curve *c;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        audited_open(&made[i], (uint16_t)(40000 + 2 * i), (double)i);
        audited_closed(&made[i], SYC_TOSERVER, 1);
    }
    c = &client_of(audited(made, 3))->tw;
    assert_int_equal(c->step_us, SECONDS(1));
    assert_int_equal(c->t0_us, SECONDS(1));
    assert_int_equal(c->v[0], 1);
    assert_int_equal(c->v[1], 2);
    assert_int_equal(c->v[2], 3);
    assert_int_equal(c->v[59], 3); /* [60, 61) */
    assert_int_equal(c->v[60], 2); /* [61, 62) */
    assert_int_equal(c->v[61], 1);
    assert_int_equal(c->v[c->count - 1], 0);
    assert_int_equal(c->t0_us + (int64_t)(c->count - 1) * c->step_us, SECONDS(63));
}

static void
every_host_that_held_a_socket_has_a_row(void **state)
{
    const struct syc_audit_report *r;

    (void)state;
    audited_open(&made[0], 40000, 0);
    audited_closed(&made[0], SYC_TOSERVER, 1);
    made_unanswered(&made[1], 1, 77, 80, 40002, AUDITED_START);
    r = audited(made, 2);
    assert_int_equal(r->host_count, 2); /* 10.1.0.77 said nothing */
    assert_int_equal(server_of(r)->tw_entered, 0);
    assert_int_equal(server_of(r)->tw_peak, 0);
    assert_int_equal(server_of(r)->tw_drains_at_us, SYC_NONE);
    assert_null(host_row(r, SERVERS, 77));
}

/* Both FINs cross: both sides wait (2.1.1). */
static void
both_sides_wait_after_a_simultaneous_close(void **state)
{
    const struct syc_audit_report *r;
    struct syc_record *rec = &made[0].r;

    (void)state;
    audited_open(&made[0], 40000, 0);
    audited_closed(&made[0], SYC_TOSERVER, 1);
    rec->close_kind = SYC_CLOSE_SIMULTANEOUS;
    rec->time_wait_count = 2;
    rec->time_wait[1] = rec->time_wait[0];
    rec->time_wait[1].side = SYC_TOCLIENT;
    r = audited(made, 1);
    assert_int_equal(client_of(r)->tw_peak, 1);
    assert_int_equal(server_of(r)->tw_peak, 1);
    assert_int_equal(r->pairs[0].time_wait_peak, 1); /* not both sides' together */
}

/* Entered at 1 s; FINs repeated at 5 s and 30 s: until 90 s. A segment at 95 s finds nobody. */
static void
late_segments_start_the_wait_anew(void **state)
{
    struct syc_time_wait *w = &made[0].r.time_wait[0];

    (void)state;
    audited_open(&made[0], 40000, 0);
    audited_closed(&made[0], SYC_TOSERVER, 1);
    w->restart_count = 2;
    w->restarts_us[0][0] = SECONDS(5);
    w->restarts_us[0][1] = SECONDS(30);
    w->restarts_us[1][0] = w->restarts_us[1][1] = SECONDS(95);
    assert_int_equal(client_of(audited(made, 1))->tw_drains_at_us, SECONDS(90));
}

/* RFC 1337. */
static void
a_reset_ends_the_wait(void **state)
{
    (void)state;
    audited_open(&made[0], 40000, 0);
    audited_closed(&made[0], SYC_TOSERVER, 1);
    made[0].r.time_wait[0].killed_us = SECONDS(1.72);
    assert_int_equal(client_of(audited(made, 1))->tw_drains_at_us, SECONDS(1.72));
}

static void
the_option_says_how_long(void **state)
{
    const struct syc_audit_options options = {.at_us = SYC_NONE, .two_msl_us = SECONDS(240)};
    const struct syc_audit_report *r;

    (void)state;
    audited_open(&made[0], 40000, 0);
    audited_closed(&made[0], SYC_TOSERVER, 1);
    r = audited_with(&options, made, 1);
    assert_int_equal(client_of(r)->tw_drains_at_us, SECONDS(241));
    assert_int_equal(client_of(r)->two_msl_from, SYC_ASSUMED_OPTION);
    assert_int_equal(r->two_msl_from, SYC_ASSUMED_OPTION);
}

static void
bare_syn(struct syc_syn *syn, uint8_t ttl)
{
    static const uint8_t mss[] = {2, 4, 5, 0xb4};
    const struct syc_segment s = {.ip_v = 4,
                                  .ttl = ttl,
                                  .ip_df = true,
                                  .ip_id = 7,
                                  .ip_header_octets = 20,
                                  .tcp_header_octets = 24,
                                  .flags = SYC_SYN,
                                  .window = 8192,
                                  .seq = 1000000,
                                  .options = {mss, sizeof(mss)}};

    syc_syn_describe(&s, 0, syn);
}

/* 2.1.6: Windows 120 s, macOS 30 s; two hosts of one run, so there is no value for all. */
static void
the_stack_says_how_long(void **state)
{
    static const char text[] =
        "classes = win,unix\n[tcp:request]\n"
        "label = s:win:Windows:10\nsig = *:128:0:*:8192,0:mss:df,id+:0\n"
        "label = s:unix:Mac OS X:10.14\nsig = *:64:0:*:8192,0:mss:df,id+:0\n";
    struct syc_signatures *set = syc_signatures_new();
    struct syc_audit_options options = {.at_us = SYC_NONE, .signatures = set};
    const struct syc_audit_report *r;
    struct syc_error err;
    struct syc_syn syns[2];

    (void)state;
    assert_int_equal(syc_signatures_parse(set, "test", text, sizeof(text) - 1, true, &err), SYC_OK);
    bare_syn(&syns[0], 128);
    bare_syn(&syns[1], 64);
    for (int i = 0; i < 2; i++) {
        audited_open(&made[i], 40000, 0);
        audited_closed(&made[i], SYC_TOSERVER, 1);
        made[i].r.key.client[15] = (uint8_t)(1 + i);
        made[i].r.syn[SYC_TOSERVER] = &syns[i];
    }
    r = audited_with(&options, made, 2);
    assert_int_equal(host_row(r, CLIENTS, 1)->tw_drains_at_us, SECONDS(121));
    assert_int_equal(host_row(r, CLIENTS, 2)->tw_drains_at_us, SECONDS(31));
    assert_int_equal(host_row(r, CLIENTS, 1)->two_msl_from, SYC_ASSUMED_STACK);
    assert_int_equal(r->two_msl_from, SYC_ASSUMED_DEFAULT);
    audited_end();
    syc_signatures_free(set);
}

/* ------------------------------------------------------------ the tuple is used again */

/*
 * The run timewait-new-syn: one client port, six connections 1 s apart, the server closes each first. Each SYN is taken at
 * once: six entries, one at a time. From 0.5 s on: 5 entries of 1 s and one of 60 s.
 */
static void
an_acceptable_syn_replaces_the_servers_entry(void **state)
{
    const struct syc_audit_report *r;

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        audited_open(&made[i], 45000, (double)i);
        made[i].r.isn += (int64_t)(1000 * i);
        audited_closed(&made[i], SYC_TOCLIENT, 0.5);
    }
    r = audited(made, 6);
    assert_int_equal(server_of(r)->tw_entered, 6);
    assert_int_equal(server_of(r)->tw_peak, 1);
    assert_near(server_of(r)->tw_area_s, 5 * 0.5 + 60, 1e-6);
    assert_int_equal(client_of(r)->tw_entered, 0);
    assert_int_equal(r->pairs[0].ports.reuse_within_2msl, 5);
    assert_int_equal(client_of(r)->tw_reuse,
                     SYC_NONE); /* the server's entries: no reuse of the client's own */
}

/*
 * Each of 16,000 tuples is closed by the client at 0.5 s, and used again at 10 s with the roles changed, which the client's
 * entry gives way to. The SYNs of the other side are 16,000 pairs' to one pair, and one pair's to 16,000: to look through
 * them for each pair took seconds, and four times as long for twice as many.
 */
static void
roles_may_change_on_many_tuples(void **state)
{
    enum { TUPLES = 16000 };
    const struct syc_audit_options options = {.at_us = SYC_NONE};
    struct syc_audit *a = syc_audit_new(&options);
    const struct syc_audit_report *r;

    (void)state;
    assert_non_null(a);
    for (uint16_t i = 0; i < TUPLES; i++) {
        uint8_t client[16];
        struct made *m = &made[0];
        audited_open(m, 1000, 0);
        m->r.key.server_port = (uint16_t)(2000 + i);
        audited_closed(m, SYC_TOSERVER, 0.5);
        syc_audit_feed(a, &m->r);
        audited_open(m, (uint16_t)(2000 + i), 10);
        memcpy(client, m->r.key.client, 16);
        memcpy(m->r.key.client, m->r.key.server, 16);
        memcpy(m->r.key.server, client, 16);
        m->r.key.server_port = 1000;
        syc_audit_feed(a, &m->r);
    }
    assert_int_equal(syc_audit_finish(a, &r), SYC_OK);
    assert_int_equal(r->degraded, 0);
    assert_int_equal(r->pair_count, TUPLES + 1);
    assert_int_equal(client_of(r)->tw_entered, TUPLES);
    assert_near(client_of(r)->tw_area_s, 9.5 * TUPLES, 1e-6);
    syc_audit_free(a);
}

/* A SYN that got no answer (lost): by its number it was acceptable or not (RFC 1122 4.2.2.13). */
static void
a_syn_without_answer_is_judged_by_its_numbers(void **state)
{
    static const struct {
        int64_t isn, ts; /* the last connection ended at number 1000100, timestamp 5000 */
        double drains;
    } cases[] = {{1000101, SYC_NONE, 10},
                 {1000100, SYC_NONE, 61},
                 {999, SYC_NONE, 61},
                 {999, 5001, 10},
                 {2000000, 4999, 61},
                 {2000000, 5000, 10},
                 {1000100 - 0x70000000LL, SYC_NONE, 61}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        audited_open(&made[0], 45000, 0);
        audited_closed(&made[0], SYC_TOCLIENT, 1);
        made[0].r.ts_last_val[SYC_TOSERVER] = cases[i].ts != SYC_NONE ? 5000 : SYC_NONE;
        made_unanswered(&made[1], 1, HOST_SERVER, 80, 45000, AUDITED_START + SECONDS(10));
        made[1].r.isn = cases[i].isn & UINT32_MAX;
        made[1].r.syn_own[0].ts_val = cases[i].ts;
        assert_int_equal(server_of(audited(made, 2))->tw_drains_at_us, SECONDS(cases[i].drains));
    }
}

/* The run timewait-old-syn: the server answers an old SYN with an ACK of the old connection; the client's RST at 2.1 s. */
static void
the_reset_after_a_challenge_ends_the_entry(void **state)
{
    struct syc_record *old = &made[1].r;

    (void)state;
    audited_open(&made[0], 45000, 0);
    audited_closed(&made[0], SYC_TOCLIENT, 0.1);
    made_unanswered(&made[1], 1, HOST_SERVER, 80, 45000, AUDITED_START + SECONDS(2));
    old->challenge_us = SECONDS(0.05);
    old->rst_at_us = SECONDS(0.1);
    old->rst_by = SYC_TOSERVER;
    old->dur_us = SECONDS(0.1);
    old->close_kind = SYC_CLOSE_ABORTED_CONNECT;
    assert_int_equal(server_of(audited(made, 2))->tw_drains_at_us, SECONDS(2.1));
}

/* Without the RST the entry stays, until a SYN is taken at 20 s. */
static void
a_challenged_syn_leaves_the_entry_to_the_next(void **state)
{
    (void)state;
    audited_open(&made[0], 45000, 0);
    audited_closed(&made[0], SYC_TOCLIENT, 0.1);
    made_unanswered(&made[1], 1, HOST_SERVER, 80, 45000, AUDITED_START + SECONDS(2));
    made[1].r.challenge_us = SECONDS(0.05);
    assert_int_equal(server_of(audited(made, 2))->tw_drains_at_us, SECONDS(60.1));
    assert_int_equal(server_of(audited(made, 2))->tw_entered, 1);
    audited_open(&made[2], 45000, 20);
    assert_int_equal(server_of(audited(made, 3))->tw_drains_at_us, SECONDS(20));
    assert_int_equal(server_of(audited(made, 3))->tw_entered, 1);
}

/* tcp_tw_reuse=1: the client's own SYN, at least 1 s after it began to wait (2.1.3). */
static void
the_holders_own_syn_ends_its_wait(void **state)
{
    const struct syc_audit_report *r;

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        audited_open(&made[i], 45000, 2.0 * (double)i);
        audited_closed(&made[i], SYC_TOSERVER, 0.5);
    }
    r = audited(made, 5);
    assert_int_equal(client_of(r)->tw_entered, 5);
    assert_int_equal(client_of(r)->tw_peak, 1);
    assert_near(client_of(r)->tw_area_s, 4 * 1.5 + 60, 1e-6);
    assert_int_equal(client_of(r)->tw_reuse, 1);
    assert_int_equal(r->pairs[0].ports.reuse_within_2msl, 4);
    assert_int_equal(r->pairs[0].ports.occupied_peak, 1);
}

/* The same 4-tuple, client and server with their roles changed: another pair, but the same entry. */
static void
a_syn_of_the_other_side_ends_it_too(void **state)
{
    const struct syc_audit_report *r;
    struct syc_key *key = &made[1].r.key;
    uint8_t held[16];

    (void)state;
    audited_open(&made[0], 45000, 0);
    audited_closed(&made[0], SYC_TOSERVER, 1);
    audited_open(&made[1], 45000, 10);
    memcpy(held, key->client, 16);
    memcpy(key->client, key->server, 16);
    memcpy(key->server, held, 16);
    key->client_port = 80;
    key->server_port = 45000;
    made_name(&made[1]);
    r = audited(made, 2);
    assert_int_equal(r->pair_count, 2);
    assert_int_equal(client_of(r)->tw_drains_at_us, SECONDS(10));
    key->server_port = 45002; /* another tuple */
    assert_int_equal(client_of(audited(made, 2))->tw_drains_at_us, SECONDS(61));
}

/* ------------------------------------------------------------ FIN_WAIT_2 */

static void
a_missing_fin_leaves_fin_wait_2(void **state)
{
    const struct syc_audit_report *r;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct syc_record *rec = &made[i].r;
        audited_open(&made[i], (uint16_t)(40000 + 2 * i), (double)i);
        rec->fin_us[SYC_TOSERVER] = SECONDS(0.5);
        rec->fin_acked_us[SYC_TOSERVER] = rec->dur_us = SECONDS(0.52);
        rec->close_kind = SYC_CLOSE_HALF_CLOSED_BY_CLIENT;
    }
    r = audited(made, 3);
    assert_int_equal(client_of(r)->fin_wait_2_entered, 3);
    assert_int_equal(client_of(r)->fin_wait_2_peak, 3);
    assert_int_equal(client_of(r)->tw_entered, 0);
    assert_int_equal(server_of(r)->fin_wait_2_entered, 0);
}

/* Every close passes through FIN_WAIT_2 for a round trip: that is none. */
static void
an_ordinary_close_is_no_fin_wait_2(void **state)
{
    (void)state;
    audited_open(&made[0], 40000, 0);
    audited_closed(&made[0], SYC_TOSERVER, 1);
    assert_int_equal(client_of(audited(made, 1))->fin_wait_2_entered, 0);
}

/* ------------------------------------------------------------ many */

/* Entries of many pairs counted one by one: at each entry, how many others have begun and not ended. */
static void
hosts_count_over_all_their_pairs(void **state)
{
    enum { MANY = 600 };
    const struct syc_audit_host *h;
    uint64_t seed = 5;
    int64_t most = 0;
    int64_t enters[MANY];

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        double at = 200 * random_unit(&seed);
        audited_open(&made[i], (uint16_t)(40000 + i), at);
        audited_closed(&made[i], SYC_TOSERVER, 1 + 3 * random_unit(&seed));
        made[i].r.key.server[15] = (uint8_t)(1 + random_bits(&seed) % 37);
        made_name(&made[i]);
        enters[i] = made[i].r.start_us + made[i].r.dur_us;
    }
    for (size_t i = 0; i < MANY; i++) {
        int64_t there = 0;
        for (size_t k = 0; k < MANY; k++) {
            there += enters[k] <= enters[i] && enters[i] < enters[k] + SECONDS(60);
        }
        most = there > most ? there : most;
    }
    h = client_of(audited(made, MANY));
    assert_int_equal(h->tw_peak, most);
    assert_int_equal(h->tw_entered, MANY);
    assert_near(h->tw_area_s, 60.0 * MANY, 1e-3);
}

int
test_audit_time_wait_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_closer_waits_for_two_msl),
        cmocka_unit_test(the_series_has_the_most_of_each_second),
        cmocka_unit_test(every_host_that_held_a_socket_has_a_row),
        cmocka_unit_test(both_sides_wait_after_a_simultaneous_close),
        cmocka_unit_test(late_segments_start_the_wait_anew),
        cmocka_unit_test(a_reset_ends_the_wait),
        cmocka_unit_test(the_option_says_how_long),
        cmocka_unit_test(the_stack_says_how_long),
        cmocka_unit_test(an_acceptable_syn_replaces_the_servers_entry),
        cmocka_unit_test(roles_may_change_on_many_tuples),
        cmocka_unit_test(a_syn_without_answer_is_judged_by_its_numbers),
        cmocka_unit_test(the_reset_after_a_challenge_ends_the_entry),
        cmocka_unit_test(a_challenged_syn_leaves_the_entry_to_the_next),
        cmocka_unit_test(the_holders_own_syn_ends_its_wait),
        cmocka_unit_test(a_syn_of_the_other_side_ends_it_too),
        cmocka_unit_test(a_missing_fin_leaves_fin_wait_2),
        cmocka_unit_test(an_ordinary_close_is_no_fin_wait_2),
        cmocka_unit_test(hosts_count_over_all_their_pairs),
    };
    int failed = cmocka_run_group_tests_name("audit: TIME_WAIT", tests, NULL, NULL);

    audited_end();
    return failed;
}
