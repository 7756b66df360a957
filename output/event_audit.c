/* The audit event: what the connections cost. Unknown and not claimed are the same here: the member is absent. */

#include "output/output_int.h"

#include <math.h>
#include <stdio.h>

enum { SECOND_DIGITS = 6, MS_DIGITS = 3, RATIO_DIGITS = 4, NUMBER_DIGITS = 6 };

#define X(name, word) word,
static const char *const vantage_words[] = {SYC_VANTAGE_LIST(X)};
static const char *const assumed_words[] = {SYC_ASSUMED_LIST(X)};
static const char *const range_words[] = {SYC_RANGE_LIST(X)};
static const char *const severity_words[] = {SYC_SEVERITY_LIST(X)};
static const char *const schedule_words[] = {SYC_SYN_SCHEDULE_LIST(X)};
static const char *const close_words[] = {SYC_CLOSE_LIST(X)};
#undef X

/* ------------------------------------------------------------- members that may be absent */

static void
member_int(struct syc_json *j, const char *name, int64_t value)
{
    if (value != SYC_NONE) {
        syc_json_member_int(j, name, value);
    }
}

static void
member_real(struct syc_json *j, const char *name, double value, int digits)
{
    if (isfinite(value)) {
        syc_json_member_real(j, name, value, digits);
    }
}

/* Microseconds, written as seconds. Exact: below 2^53 us a double holds the quotient to the sixth digit. */
static void
member_seconds(struct syc_json *j, const char *name, int64_t us)
{
    if (us != SYC_NONE) {
        syc_json_member_real(j, name, (double)us / (double)SYC_US_PER_S, SECOND_DIGITS);
    }
}

/* ------------------------------------------------------------- hosts */

static void
write_series(struct syc_json *j, const struct syc_curve *curve)
{
    if (curve->count == 0) {
        return;
    }
    syc_json_member_open(j, "series", '{');
    member_seconds(j, "step_s", curve->step_us);
    member_seconds(j, "t0_s", curve->t0_us);
    syc_json_member_open(j, "v", '[');
    for (size_t i = 0; i < curve->count; i++) {
        syc_json_int(j, curve->v[i]);
    }
    syc_json_close(j, ']');
    syc_json_close(j, '}');
}

static void
write_time_wait(struct syc_json *j, const struct syc_audit_host *h)
{
    syc_json_member_open(j, "time_wait", '{');
    member_int(j, "entered", h->tw_entered);
    member_int(j, "peak", h->tw_peak);
    member_seconds(j, "peak_at_s", h->tw_peak_at_us);
    member_real(j, "area_s", h->tw_area_s, SECOND_DIGITS);
    member_int(j, "now", h->tw_now);
    member_seconds(j, "drains_at_s", h->tw_drains_at_us);
    write_series(j, &h->tw);
    syc_json_close(j, '}');
}

/* A host that sent no SYN used no ephemeral port. */
static void
write_host_ports(struct syc_json *j, const struct syc_audit_host *h)
{
    if (h->port_min == SYC_NONE) {
        return;
    }
    syc_json_member_open(j, "ports", '{');
    member_int(j, "min", h->port_min);
    member_int(j, "max", h->port_max);
    member_int(j, "distinct", h->port_distinct);
    syc_json_member_open(j, "candidates", '[');
    for (size_t i = 0; i < h->candidate_count; i++) {
        syc_json_text(j, h->candidates[i]);
    }
    syc_json_close(j, ']');
    syc_json_member_text(j, "parity", h->parity);
    if (h->tw_reuse != SYC_NONE) {
        syc_json_member_bool(j, "tw_reuse", h->tw_reuse != 0);
    }
    syc_json_close(j, '}');
}

/* 2MSL stands in a host's row only where it is not the report's. */
static void
write_host(struct syc_json *j, const struct syc_audit_report *r, const struct syc_audit_host *h)
{
    syc_json_open(j, '{');
    syc_json_member_addr(j, "addr", h->addr, h->ip_v);
    if (h->two_msl_us != r->two_msl_us || h->two_msl_from != r->two_msl_from) {
        member_seconds(j, "two_msl_s", h->two_msl_us);
        syc_json_member_text(j, "two_msl_from", assumed_words[h->two_msl_from]);
    }
    write_time_wait(j, h);
    syc_json_member_open(j, "fin_wait_2", '{');
    member_int(j, "entered", h->fin_wait_2_entered);
    member_int(j, "peak", h->fin_wait_2_peak);
    syc_json_close(j, '}');
    write_host_ports(j, h);
    syc_json_close(j, '}');
}

/* ------------------------------------------------------------- pairs */

/* "linear-4": the count belongs to the name. */
static void
write_schedule(struct syc_json *j, const struct syc_audit_handshake *h)
{
    char text[40];

    if (h->schedule == SYC_SYN_SCHEDULE_NONE) {
        return;
    }
    snprintf(text, sizeof text, "%s", schedule_words[h->schedule]);
    if (h->schedule == SYC_SYN_SCHEDULE_LINEAR && h->schedule_n != SYC_NONE) {
        snprintf(text, sizeof text, "linear-%lld", (long long)h->schedule_n);
    }
    syc_json_member_text(j, "schedule", text);
}

static void
write_handshake(struct syc_json *j, const struct syc_audit_handshake *h)
{
    syc_json_member_open(j, "handshake", '{');
    member_real(j, "rtt_min_ms", h->rtt_min_ms, MS_DIGITS);
    member_real(j, "setup_p50_ms", h->setup_p50_ms, MS_DIGITS);
    member_real(j, "setup_p95_ms", h->setup_p95_ms, MS_DIGITS);
    member_int(j, "syn_retransmits", h->syn_retransmits);
    member_int(j, "syn_ack_retransmits", h->syn_ack_retransmits);
    write_schedule(j, h);
    member_int(j, "refused", h->refused);
    member_int(j, "unreachable", h->unreachable);
    member_int(j, "no_answer", h->no_answer);
    member_int(j, "half_open", h->half_open);
    member_int(j, "ghost", h->ghost);
    syc_json_member_text(j, "cookies", h->cookies_suspected ? "suspected" : "none");
    syc_json_close(j, '}');
}

static void
write_closes(struct syc_json *j, const struct syc_audit_pair *p)
{
    syc_json_member_open(j, "closes", '{');
    for (size_t i = 0; i < SYC_CLOSE_COUNT; i++) {
        if (p->closes[i] > 0) {
            syc_json_member_int(j, close_words[i], p->closes[i]);
        }
    }
    syc_json_close(j, '}');
}

static void
write_ports(struct syc_json *j, const struct syc_audit_ports *p)
{
    syc_json_member_open(j, "ports", '{');
    member_int(j, "occupied_peak", p->occupied_peak);
    member_int(j, "capacity", p->capacity);
    if (p->capacity != SYC_NONE && p->capacity_from != SYC_RANGE_NONE) {
        syc_json_member_text(j, "capacity_from", range_words[p->capacity_from]);
    }
    if (p->flip_after != SYC_NONE) {
        syc_json_member_open(j, "flip", '{');
        member_int(j, "after", p->flip_after);
        member_seconds(j, "at_s", p->flip_at_us);
        syc_json_close(j, '}');
    }
    member_real(j, "occupied_ratio", p->occupied_ratio, RATIO_DIGITS);
    member_real(j, "rate_per_s", p->rate_per_s, NUMBER_DIGITS);
    member_real(j, "need", p->need, NUMBER_DIGITS);
    member_real(j, "sustainable_per_s", p->sustainable_per_s, NUMBER_DIGITS);
    member_seconds(j, "exhaust_at_s", p->exhaust_at_us);
    if (p->starved_from_us != SYC_NONE) {
        syc_json_member_open(j, "starved", '{');
        member_seconds(j, "from_s", p->starved_from_us);
        member_seconds(j, "to_s", p->starved_to_us);
        syc_json_close(j, '}');
    }
    member_int(j, "reuse_within_2msl", p->reuse_within_2msl);
    syc_json_close(j, '}');
}

static void
write_caps(struct syc_json *j, const struct syc_audit_pool *p)
{
    if (p->cap_count == 0) {
        return;
    }
    syc_json_member_open(j, "cap_table", '[');
    for (size_t i = 0; i < p->cap_count; i++) {
        syc_json_open(j, '{');
        member_int(j, "cap", p->caps[i].cap);
        member_int(j, "connections", p->caps[i].connections);
        member_real(j, "queue_p50_ms", p->caps[i].queue_p50_ms, MS_DIGITS);
        member_real(j, "queue_p95_ms", p->caps[i].queue_p95_ms, MS_DIGITS);
        syc_json_close(j, '}');
    }
    syc_json_close(j, ']');
}

static bool
saves_anything(const struct syc_audit_pool *p)
{
    return p->saves_packets != SYC_NONE || p->saves_bytes != SYC_NONE ||
           p->saves_round_trips != SYC_NONE || isfinite(p->saves_setup_s);
}

/* What another pool would have cost, and the replay that says so. */
static void
write_what_if(struct syc_json *j, const struct syc_audit_pool *p)
{
    if (p->ideal_60s != SYC_NONE || p->ideal_5s != SYC_NONE) {
        syc_json_member_open(j, "ideal", '{');
        member_int(j, "idle_60s", p->ideal_60s);
        member_int(j, "idle_5s", p->ideal_5s);
        syc_json_close(j, '}');
    }
    member_int(j, "avoidable", p->avoidable);
    if (saves_anything(p)) {
        syc_json_member_open(j, "saves", '{');
        member_int(j, "packets", p->saves_packets);
        member_int(j, "bytes", p->saves_bytes);
        member_real(j, "setup_s", p->saves_setup_s, SECOND_DIGITS);
        member_int(j, "round_trips", p->saves_round_trips);
        syc_json_close(j, '}');
    }
    write_caps(j, p);
}

static void
write_pool(struct syc_json *j, const struct syc_audit_pool *p)
{
    syc_json_member_open(j, "pool", '{');
    member_int(j, "requests", p->requests);
    syc_json_member_text(j, "requests_from", p->requests_from);
    if (p->per_connection_max != SYC_NONE) {
        syc_json_member_open(j, "per_connection", '{');
        member_real(j, "mean", p->per_connection_mean, RATIO_DIGITS);
        member_real(j, "median", p->per_connection_median, RATIO_DIGITS);
        member_int(j, "max", p->per_connection_max);
        syc_json_close(j, '}');
    }
    member_int(j, "open_peak", p->open_peak);
    member_int(j, "busy_peak", p->busy_peak);
    member_int(j, "active_cap", p->active_cap);
    member_int(j, "idle_cap", p->idle_cap);
    member_real(j, "idle_timeout_s", p->idle_timeout_s, SECOND_DIGITS);
    syc_json_member_text(j, "closer", p->closer);
    member_int(j, "races", p->races);
    write_what_if(j, p);
    syc_json_close(j, '}');
}

static void
write_overhead(struct syc_json *j, const struct syc_audit_overhead *o)
{
    syc_json_member_open(j, "overhead", '{');
    member_int(j, "control_packets", o->control_packets);
    member_int(j, "packets", o->packets);
    member_real(j, "ratio", o->ratio, RATIO_DIGITS);
    member_real(j, "setup_latency_ratio", o->setup_latency_ratio, RATIO_DIGITS);
    syc_json_close(j, '}');
}

static void
write_slow_start(struct syc_json *j, const struct syc_audit_slow_start *s)
{
    syc_json_member_open(j, "slow_start", '{');
    if (s->iw != SYC_NONE) {
        syc_json_member_open(j, "iw", '{');
        member_int(j, "value", s->iw);
        member_int(j, "connections", s->iw_connections);
        syc_json_member_text(j, "confidence", s->iw_exact ? "exact" : "at-least");
        syc_json_close(j, '}');
    }
    member_int(j, "responses", s->responses);
    member_int(j, "one_flight", s->one_flight);
    member_int(j, "round_trips_lost", s->round_trips_lost);
    member_real(j, "time_lost_s", s->time_lost_s, SECOND_DIGITS);
    member_int(j, "idle_restarts", s->idle_restarts);
    syc_json_close(j, '}');
}

static void
write_loss(struct syc_json *j, const struct syc_audit_loss *l)
{
    syc_json_member_open(j, "loss", '{');
    member_int(j, "retransmitted", l->retransmitted);
    member_int(j, "data_segments", l->data_segments);
    member_real(j, "ratio", l->ratio, RATIO_DIGITS);
    member_int(j, "rto", l->rto);
    member_int(j, "fast", l->fast);
    member_real(j, "goodput_bps", l->goodput_bps, 1);
    member_real(j, "efficiency_ratio", l->efficiency_ratio, RATIO_DIGITS);
    syc_json_member_bool(j, "lower_bound", l->lower_bound);
    syc_json_close(j, '}');
}

static void
write_ends(struct syc_json *j, const struct syc_audit_pair *p)
{
    syc_json_member_addr(j, "client", p->client, p->ip_v);
    syc_json_member_addr(j, "server_ip", p->server, p->ip_v);
    syc_json_member_int(j, "server_port", p->server_port);
}

static void
write_pair(struct syc_json *j, const struct syc_audit_pair *p)
{
    syc_json_open(j, '{');
    write_ends(j, p);
    member_int(j, "attempts", p->attempts);
    member_int(j, "established", p->established);
    write_handshake(j, &p->handshake);
    write_closes(j, p);
    member_int(j, "time_wait_peak", p->time_wait_peak);
    write_ports(j, &p->ports);
    write_pool(j, &p->pool);
    write_overhead(j, &p->overhead);
    write_slow_start(j, &p->slow_start);
    write_loss(j, &p->loss);
    if (p->degraded != 0) {
        syc_event_degraded(j, p->degraded);
    }
    syc_json_close(j, '}');
}

/* ------------------------------------------------------------- findings */

static void
write_fixes(struct syc_json *j, const struct syc_finding *f)
{
    syc_json_member_open(j, "fixes", '[');
    for (size_t i = 0; i < f->fix_count; i++) {
        syc_json_open(j, '{');
        syc_json_member_text(j, "do", f->fixes[i].what);
        syc_json_member_text(j, "effect", f->fixes[i].effect);
        syc_json_close(j, '}');
    }
    syc_json_close(j, ']');
}

/* A finding of a host, all its pairs together, names the host instead of a pair's ends. */
static void
write_finding(struct syc_json *j, const struct syc_audit_report *r, const struct syc_finding *f)
{
    syc_json_open(j, '{');
    syc_json_member_text(j, "id", f->id);
    syc_json_member_text(j, "severity", severity_words[f->severity]);
    if (f->pair < r->pair_count) {
        write_ends(j, &r->pairs[f->pair]);
    } else if (f->host < r->host_count) {
        syc_json_member_addr(j, "host", r->hosts[f->host].addr, r->hosts[f->host].ip_v);
    }
    member_seconds(j, "at_s", f->at_us);
    syc_json_member_text(j, "text", f->text);
    syc_json_member_open(j, "evidence", '{');
    for (size_t i = 0; i < f->evidence_count; i++) {
        member_real(j, f->evidence[i].name, f->evidence[i].value, NUMBER_DIGITS);
    }
    syc_json_close(j, '}');
    write_fixes(j, f);
    member_seconds(j, "resolved_at_s", f->resolved_at_us);
    syc_json_close(j, '}');
}

/* ------------------------------------------------------------- the event */

static void
write_capture(struct syc_json *j, const struct syc_audit_report *r)
{
    syc_json_member_open(j, "capture", '{');
    if (r->connections > 0) {
        syc_json_member_time(j, "start", r->start_us);
    }
    member_seconds(j, "span_s", r->span_us);
    member_int(j, "packets", r->packets);
    member_int(j, "connections", r->connections);
    syc_json_member_text(j, "vantage", vantage_words[r->vantage]);
    syc_json_close(j, '}');
    syc_json_member_open(j, "assumptions", '{');
    member_seconds(j, "two_msl_s", r->two_msl_us);
    syc_json_member_text(j, "two_msl_from", assumed_words[r->two_msl_from]);
    if (r->range_from != SYC_RANGE_NONE) {
        syc_json_member_text(j, "range_from", range_words[r->range_from]);
    }
    syc_json_close(j, '}');
}

static void
write_report(struct syc_json *j, const struct syc_audit_report *r)
{
    write_capture(j, r);
    syc_json_member_open(j, "hosts", '[');
    for (size_t i = 0; i < r->host_count; i++) {
        write_host(j, r, &r->hosts[i]);
    }
    syc_json_close(j, ']');
    syc_json_member_open(j, "pairs", '[');
    for (size_t i = 0; i < r->pair_count; i++) {
        write_pair(j, &r->pairs[i]);
    }
    syc_json_close(j, ']');
    syc_json_member_open(j, "findings", '[');
    for (size_t i = 0; i < r->finding_count; i++) {
        write_finding(j, r, &r->findings[i]);
    }
    syc_json_close(j, ']');
}

/* Records that found no room are missing from every sum, which is what `evicted` says of a table. */
void
syc_emit_audit(struct syc_output *o, const struct syc_audit_report *r)
{
    struct syc_json *j = syc_output_begin(o);
    bool short_of_room = r->dropped > 0 || r->pairs_left_out > 0;
    uint32_t degraded = r->degraded | (short_of_room ? 1U << SYC_DEGRADED_EVICTED : 0);
    int64_t span_us = r->span_us != SYC_NONE ? r->span_us : 0;

    if (j == NULL) {
        return;
    }
    syc_event_begin(j, "audit", r->start_us + span_us, o->sensor);
    syc_json_member_open(j, "audit", '{');
    write_report(j, r);
    if (r->dropped > 0) {
        syc_json_member_int(j, "dropped", r->dropped);
    }
    if (r->pairs_left_out > 0) {
        syc_json_member_int(j, "pairs_left_out", r->pairs_left_out);
    }
    if (r->findings_left_out > 0) {
        syc_json_member_int(j, "findings_left_out", r->findings_left_out);
    }
    syc_json_close(j, '}');
    if (degraded != 0) {
        syc_json_member_bool(j, "complete", false);
        syc_event_degraded(j, degraded);
    }
    syc_json_close(j, '}');
    syc_output_end(o);
}
