#include "tests/unit/output/sample_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define S SYC_US_PER_S

/* 10.77.10.1, 10.77.10.101; 2001:db8::1, 2001:db8::2 */
static const uint8_t addrs[4][16] = {
    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 77, 10, 1},
    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 77, 10, 101},
    {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
    {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2},
};

static void
set_ends(struct sample_report *s)
{
    memset(s, 0, sizeof *s);
    for (size_t i = 0; i < 2; i++) {
        memcpy(s->hosts[i].addr, addrs[i], 16);
        memcpy(s->pairs[i].client, addrs[2 * i], 16);
        memcpy(s->pairs[i].server, addrs[2 * i + 1], 16);
        s->hosts[i].ip_v = 4;
        s->pairs[i].ip_v = i == 0 ? 4 : 6;
        s->pairs[i].server_port = i == 0 ? 8080 : 443;
    }
    s->r = (struct syc_audit_report){.start_us = INT64_C(1795329605900001),
                                     .two_msl_us = 60 * S,
                                     .hosts = s->hosts,
                                     .host_count = 2,
                                     .pairs = s->pairs,
                                     .pair_count = 2,
                                     .findings = s->findings};
}

static void
set_curves(struct sample_report *s)
{
    for (int i = 0; i < SAMPLE_STEPS; i++) {
        int in = i < 40 ? 25 * (i + 1) : 1000;
        int out = i < 61 ? 0 : 25 * (i - 60);

        s->waits[i] = out < in ? (uint32_t)(in - out) : 0;
        s->ports[i] = s->waits[i];
    }
    s->hosts[0].tw = (struct syc_curve){0, S, s->waits, SAMPLE_STEPS};
    s->pairs[0].tw = (struct syc_curve){0, S, s->ports, SAMPLE_STEPS};
}

static void
set_hosts(struct sample_report *s)
{
    struct syc_audit_host *h = &s->hosts[0];
    struct syc_audit_host *other = &s->hosts[1];

    h->two_msl_us = 60 * S;
    h->two_msl_from = SYC_ASSUMED_DEFAULT;
    h->tw_entered = 1000;
    h->tw_peak = 1000;
    h->tw_peak_at_us = 39960000;
    h->tw_area_s = 60000;
    h->tw_now = 1000;
    h->tw_drains_at_us = 100 * S;
    h->fin_wait_2_entered = 3;
    h->fin_wait_2_peak = 2;
    h->port_min = 42000;
    h->port_max = 42999;
    h->port_distinct = 1000;
    h->candidates[0] = "linux";
    h->candidates[1] = "freebsd";
    h->candidate_count = 2;
    h->parity = "mixed";
    h->tw_reuse = 0;
    other->two_msl_us = 120 * S;
    other->two_msl_from = SYC_ASSUMED_STACK;
    other->tw_peak_at_us = other->tw_drains_at_us = SYC_NONE;
    other->port_min = other->port_max = other->port_distinct = SYC_NONE;
    other->tw_reuse = SYC_NONE;
}

static void
set_pool(struct syc_audit_pool *p)
{
    *p = (struct syc_audit_pool){.requests = 1000,
                                 .requests_from = "http1",
                                 .per_connection_mean = 1,
                                 .per_connection_median = 1,
                                 .per_connection_max = 1,
                                 .open_peak = 3,
                                 .busy_peak = 2,
                                 .active_cap = 4,
                                 .idle_cap = 2,
                                 .idle_timeout_s = 5.5,
                                 .closer = "client",
                                 .races = 1,
                                 .ideal_60s = 2,
                                 .ideal_5s = 3,
                                 .avoidable = 998,
                                 .saves_packets = 5988,
                                 .saves_bytes = 411176,
                                 .saves_round_trips = 998,
                                 .saves_setup_s = 20.1,
                                 .caps = {{1, 1, 0.5, 20.25}, {2, 2, 0, 0}},
                                 .cap_count = 2};
}

static void
set_pair(struct syc_audit_pair *p)
{
    p->attempts = p->connections = 1000;
    p->established = 999;
    p->handshake = (struct syc_audit_handshake){.rtt_min_ms = 20.07,
                                                .setup_p50_ms = 20.18,
                                                .setup_p95_ms = 20.48,
                                                .syn_retransmits = 4,
                                                .syn_ack_retransmits = 1,
                                                .schedule = SYC_SYN_SCHEDULE_LINEAR,
                                                .schedule_n = 4,
                                                .refused = 1,
                                                .unreachable = 2,
                                                .no_answer = 3,
                                                .half_open = 4,
                                                .ghost = 5,
                                                .cookies_suspected = true};
    p->closes[SYC_CLOSE_CLIENT_FIRST] = 1000;
    p->time_wait_peak = 1000;
    p->ports = (struct syc_audit_ports){.occupied_peak = 1000,
                                        .capacity = 1000,
                                        .capacity_from = SYC_RANGE_FLIP,
                                        .flip_after = 500,
                                        .flip_at_us = 20 * S,
                                        .occupied_ratio = 1,
                                        .rate_per_s = 25,
                                        .need = 1501,
                                        .sustainable_per_s = 16.6556,
                                        .exhaust_at_us = 40040000,
                                        .starved_from_us = 40 * S,
                                        .starved_to_us = 100 * S,
                                        .reuse_within_2msl = 0};
    set_pool(&p->pool);
    p->overhead = (struct syc_audit_overhead){6000, 10000, 0.6, 0.495};
    p->slow_start = (struct syc_audit_slow_start){10, 7, true, 13, 2, 45, 0.9, 1};
    p->loss = (struct syc_audit_loss){5, 2000, 2, 3, 0.0025, 8000.5, 0.99, true};
}

static void
set_unknown_pair(struct syc_audit_pair *p)
{
    p->handshake.rtt_min_ms = p->handshake.setup_p50_ms = p->handshake.setup_p95_ms = NAN;
    p->ports = (struct syc_audit_ports){.occupied_peak = SYC_NONE,
                                        .capacity = SYC_NONE,
                                        .capacity_from = SYC_RANGE_NONE,
                                        .flip_after = SYC_NONE,
                                        .flip_at_us = SYC_NONE,
                                        .occupied_ratio = NAN,
                                        .rate_per_s = NAN,
                                        .need = NAN,
                                        .sustainable_per_s = NAN,
                                        .exhaust_at_us = SYC_NONE,
                                        .starved_from_us = SYC_NONE,
                                        .starved_to_us = SYC_NONE,
                                        .reuse_within_2msl = SYC_NONE};
    p->pool = (struct syc_audit_pool){.requests = SYC_NONE,
                                      .per_connection_mean = NAN,
                                      .per_connection_median = NAN,
                                      .per_connection_max = SYC_NONE,
                                      .open_peak = SYC_NONE,
                                      .busy_peak = SYC_NONE,
                                      .active_cap = SYC_NONE,
                                      .idle_cap = SYC_NONE,
                                      .idle_timeout_s = NAN,
                                      .races = SYC_NONE,
                                      .ideal_60s = SYC_NONE,
                                      .ideal_5s = SYC_NONE,
                                      .avoidable = SYC_NONE,
                                      .saves_packets = SYC_NONE,
                                      .saves_bytes = SYC_NONE,
                                      .saves_round_trips = SYC_NONE,
                                      .saves_setup_s = NAN};
    p->overhead = (struct syc_audit_overhead){SYC_NONE, SYC_NONE, NAN, NAN};
    p->slow_start = (struct syc_audit_slow_start){SYC_NONE, SYC_NONE, false,    SYC_NONE,
                                                  SYC_NONE, SYC_NONE, INFINITY, SYC_NONE};
    p->loss = (struct syc_audit_loss){SYC_NONE, SYC_NONE, SYC_NONE, SYC_NONE, NAN, NAN, NAN, false};
}

static void
set_findings(struct sample_report *s)
{
    struct syc_finding *f = &s->findings[0];

    f->id = "ports.exhaust";
    f->severity = SYC_SEVERITY_CRITICAL;
    f->pair = 0;
    f->at_us = 10 * S;
    f->resolved_at_us = SYC_NONE;
    snprintf(f->text, sizeof f->text,
             "25.0 new connections/s x 60.0 s TIME_WAIT needs 1501 ports, the range has 1000. Out "
             "of ports at 40.0 s.");
    f->evidence[0].name = "rate_per_s";
    f->evidence[0].value = 25;
    f->evidence_count = 1;
    f->fixes[0].what = "keep-alive";
    snprintf(f->fixes[0].effect, sizeof f->fixes[0].effect, "2 connections");
    f->fix_count = 1;
    f = &s->findings[1];
    f->id = "tw.pileup";
    f->severity = SYC_SEVERITY_INFO;
    f->pair = SIZE_MAX;
    f->host = 0;
    f->at_us = SYC_NONE;
    f->resolved_at_us = 55 * S;
    snprintf(f->text, sizeof f->text, "1000 sockets.");
    s->r.finding_count = 2;
}

void
sample_report_full(struct sample_report *s)
{
    set_ends(s);
    set_curves(s);
    set_hosts(s);
    set_pair(&s->pairs[0]);
    set_unknown_pair(&s->pairs[1]);
    set_findings(s);
    s->r.span_us = 43100000;
    s->r.packets = 10000;
    s->r.connections = 1000;
    s->r.vantage = SYC_VANTAGE_CLIENT;
    s->r.two_msl_from = SYC_ASSUMED_DEFAULT;
    s->r.range_from = SYC_RANGE_FLIP;
}

void
sample_report_unknown(struct sample_report *s)
{
    set_ends(s);
    for (size_t i = 0; i < 2; i++) {
        s->hosts[i].two_msl_us = 60 * S;
        s->hosts[i].tw_peak_at_us = s->hosts[i].tw_drains_at_us = SYC_NONE;
        s->hosts[i].port_min = s->hosts[i].port_max = s->hosts[i].port_distinct = SYC_NONE;
        s->hosts[i].tw_reuse = SYC_NONE;
        set_unknown_pair(&s->pairs[i]);
        s->pairs[i].degraded = 1U << SYC_DEGRADED_MIDSTREAM;
    }
    s->r.packets = 4;
    s->r.connections = 2;
    s->r.degraded = 1U << SYC_DEGRADED_MIDSTREAM;
    s->r.dropped = 1;
    s->r.pairs_left_out = 2;
    s->r.vantage = SYC_VANTAGE_UNKNOWN;
    s->r.range_from = SYC_RANGE_NONE;
}
