/* Findings about ports and TIME_WAIT: who runs out, when, and who holds what. */

#include "behavior/audit_findings.h"

/* What a port is held for when tcp_tw_reuse=1 takes it again: tcp_tw_reuse_delay, 1 s. */
enum { REUSE_S = 1 };

/* Entries in TIME_WAIT that are worth a word, and a warning where the range is not known; and as a share of the range. */
enum { PILEUP_LEAST = 50, PILEUP_WARNING = 1000, PILEUP_PERCENT = 10 };

static double
in_seconds(int64_t us)
{
    return (double)us / (double)SYC_US_PER_S;
}

static double
two_msl_s(const struct finder *f)
{
    return in_seconds(f->p->two_msl[SYC_TOSERVER]);
}

static void
say_range(const struct syc_audit_ports *ports, struct syc_finding *to)
{
    audit_finding_say(to, "the range has %lld", (long long)ports->capacity);
    if (ports->capacity_from == SYC_RANGE_FLIP && ports->flip_after != SYC_NONE) {
        audit_finding_say(to, " (the ports' parity flipped at %.1f s, after %lld of them)",
                          in_seconds(ports->flip_at_us), (long long)ports->flip_after);
    }
}

/* ------------------------------------------------------------ exhaustion */

/* What every port finding can be cured by, with what it would come to here. */
static void
fix_ports(struct finder *f, struct syc_finding *to)
{
    const struct syc_audit_ports *ports = &f->row->ports;
    double held = ports->rate_per_s > 0 ? ports->need / ports->rate_per_s : (double)NAN;
    double open = held - two_msl_s(f);

    audit_finding_reuse(f, to);
    if (ports->capacity > 0 && isfinite(held) && ports->need > (double)ports->capacity) {
        audit_finding_fix(to, "spread the connections over more server addresses or ports",
                          "%.0f destinations carry %.1f connections/s",
                          ceil(ports->need / (double)ports->capacity), ports->rate_per_s);
        if (ports->need < 64512) {
            audit_finding_fix(to, "widen net.ipv4.ip_local_port_range on the client",
                              "%.0f ports are enough for %.1f connections/s", ceil(ports->need),
                              ports->rate_per_s);
        }
    }
    if (isfinite(open) && open >= 0 && ports->tw_reuse != 1) {
        audit_finding_fix(to, "set net.ipv4.tcp_tw_reuse = 1 on the client (needs timestamps)",
                          "a port comes back after %d s: about %.0f are needed", REUSE_S,
                          ceil(ports->rate_per_s * (open + REUSE_S)));
    }
}

/*
 * A forecast that stood for a while and no longer does: the rate fell, or ports were seen to come back after a second,
 * which cannot be known before half of the range was used (2.2.4).
 */
static void
say_withdrawn(const struct syc_audit_ports *ports, struct syc_finding *to)
{
    audit_finding_say(to,
                      "At %.1f s the client was heading for port exhaustion at %.1f s (%.1f new "
                      "connections/s, %lld ports); withdrawn at %.1f s: ",
                      in_seconds(ports->warned_at_us), in_seconds(ports->forecast_us),
                      ports->forecast_rate_per_s, (long long)ports->capacity,
                      in_seconds(ports->resolved_at_us));
    if (ports->tw_reuse == 1) {
        audit_finding_say(to,
                          "it takes ports in TIME_WAIT again after a second (tcp_tw_reuse=1), so "
                          "they last for %.1f/s. Keep that setting, or reuse connections.",
                          ports->sustainable_per_s);
        return;
    }
    audit_finding_say(to,
                      "the rate fell below the %.1f/s that can be sustained. Reuse connections "
                      "before it rises again.",
                      ports->sustainable_per_s);
}

static void
say_exhaustion(struct finder *f, struct syc_finding *to)
{
    const struct syc_audit_ports *ports = &f->row->ports;
    bool past = ports->exhaust_at_us <= f->now;

    audit_finding_say(to, "%.1f new connections/s x %.0f s of TIME_WAIT need %.0f ports; ",
                      ports->rate_per_s, two_msl_s(f), ports->need);
    say_range(ports, to);
    audit_finding_say(to, ". Out of ports at %.1f s%s", in_seconds(ports->exhaust_at_us),
                      past ? "" : " if this goes on");
    if (!past && ports->tw_reuse == SYC_NONE) {
        audit_finding_say(to, ", unless tcp_tw_reuse=1");
    }
    audit_finding_say(to,
                      ". At most %.1f/s can be sustained: reuse connections or widen the range.",
                      ports->sustainable_per_s);
}

static void
find_exhaustion(struct finder *f)
{
    const struct syc_audit_ports *ports = &f->row->ports;
    bool stands = ports->exhaust_at_us != SYC_NONE;
    bool withdrawn =
        !stands && ports->warned_at_us != SYC_NONE && ports->resolved_at_us != SYC_NONE;
    struct syc_finding *to;

    if ((!stands && !withdrawn) || ports->capacity == SYC_NONE || !isfinite(ports->need) ||
        !isfinite(ports->rate_per_s) || !isfinite(ports->sustainable_per_s)) {
        return;
    }
    to =
        audit_finding(f, "ports.exhaust", stands ? SYC_SEVERITY_CRITICAL : SYC_SEVERITY_INFO,
                      ports->warned_at_us != SYC_NONE ? ports->warned_at_us : ports->exhaust_at_us);
    to->resolved_at_us = stands ? SYC_NONE : ports->resolved_at_us;
    if (stands) {
        say_exhaustion(f, to);
    } else {
        say_withdrawn(ports, to);
    }
    audit_finding_real(to, "rate_per_s", ports->rate_per_s);
    audit_finding_real(to, "two_msl_s", two_msl_s(f));
    audit_finding_real(to, "need", ports->need);
    audit_finding_count(to, "capacity", ports->capacity);
    audit_finding_count(to, "occupied_peak", ports->occupied_peak);
    audit_finding_real(to, "sustainable_per_s", ports->sustainable_per_s);
    if (stands) {
        audit_finding_real(to, "exhaust_at_s", in_seconds(ports->exhaust_at_us));
    }
    fix_ports(f, to);
}

static void
find_starvation(struct finder *f)
{
    const struct syc_audit_ports *ports = &f->row->ports;
    struct syc_finding *to;

    if (ports->starved_from_us == SYC_NONE || ports->capacity == SYC_NONE) {
        return;
    }
    to = audit_finding(f, "ports.starved", SYC_SEVERITY_CRITICAL, ports->starved_from_us);
    audit_finding_say(to, "No SYN left the client for this server from %.1f s ",
                      in_seconds(ports->starved_from_us));
    if (ports->starved_to_us != SYC_NONE) {
        audit_finding_say(to, "to %.1f s", in_seconds(ports->starved_to_us));
        audit_finding_real(to, "to_s", in_seconds(ports->starved_to_us));
    } else {
        audit_finding_say(to, "on");
    }
    audit_finding_say(to,
                      ": %lld of %lld ports were taken, and connect() fails with EADDRNOTAVAIL, "
                      "of which no packet tells. Reuse connections, or widen the range.",
                      (long long)ports->occupied_peak, (long long)ports->capacity);
    audit_finding_real(to, "from_s", in_seconds(ports->starved_from_us));
    audit_finding_count(to, "occupied_peak", ports->occupied_peak);
    audit_finding_count(to, "capacity", ports->capacity);
    fix_ports(f, to);
}

/* The flip is the best early warning there is (2.2.2); once ports ran out it is history. */
static void
find_half(struct finder *f)
{
    const struct syc_audit_ports *ports = &f->row->ports;
    bool worse = ports->exhaust_at_us != SYC_NONE || ports->starved_from_us != SYC_NONE;
    bool rises = isfinite(ports->rate_per_s) && ports->rate_per_s > ports->sustainable_per_s;
    struct syc_finding *to;

    if (ports->flip_after == SYC_NONE || ports->capacity == SYC_NONE) {
        return;
    }
    to = audit_finding(f, "ports.half", worse ? SYC_SEVERITY_INFO : SYC_SEVERITY_WARNING,
                       ports->flip_at_us);
    audit_finding_say(
        to,
        "Half of the client's port range was taken at %.1f s: its ports changed parity "
        "after %lld, so it has about %lld for this server.",
        in_seconds(ports->flip_at_us), (long long)ports->flip_after, (long long)ports->capacity);
    if (rises) {
        audit_finding_say(to,
                          " At %.1f connections/s the other half lasts %.0f s: slow down or reuse.",
                          ports->rate_per_s, (double)ports->flip_after / ports->rate_per_s);
    }
    audit_finding_count(to, "flip_after", ports->flip_after);
    audit_finding_count(to, "capacity", ports->capacity);
    audit_finding_real(to, "rate_per_s", ports->rate_per_s);
    audit_finding_real(to, "sustainable_per_s", ports->sustainable_per_s);
    fix_ports(f, to);
}

/* ------------------------------------------------------------ TIME_WAIT */

/* Connections that left this side in TIME_WAIT. */
static struct firsts
waits_of(const struct life_pair *p, int side)
{
    struct firsts waits = firsts_of(FINDING_CONNECTIONS);

    for (size_t i = 0; i < p->count; i++) {
        if (part_seen(p, p->lives[i].wait[side].enter)) {
            audit_firsts_add(&waits, p->lives[i].wait[side].enter);
        }
    }
    return waits;
}

static void
find_pileup(struct finder *f, size_t entered, int64_t at)
{
    const struct syc_audit_ports *ports = &f->row->ports;
    int64_t peak = f->row->time_wait_peak;
    int64_t open = f->row->pool.open_peak != SYC_NONE ? f->row->pool.open_peak : 0;
    bool much = ports->capacity > 0 ? peak * 100 >= ports->capacity * PILEUP_PERCENT
                                    : peak >= PILEUP_WARNING;
    struct syc_finding *to;

    if (peak < PILEUP_LEAST || peak < 2 * open) {
        return;
    }
    to = audit_finding(f, "tw.pileup", much ? SYC_SEVERITY_WARNING : SYC_SEVERITY_INFO, at);
    audit_finding_say(
        to,
        "%lld of the client's ports stood in TIME_WAIT at once, for at most %lld "
        "connection%s in use at a time; each is lost to this server for %.0f s. Reuse "
        "connections, or let the server close first.",
        (long long)peak, (long long)open, SYC_PLURAL(open), two_msl_s(f));
    audit_finding_count(to, "time_wait_peak", peak);
    audit_finding_count(to, "entered", (int64_t)entered);
    audit_finding_count(to, "open_peak", open);
    audit_finding_count(to, "capacity", ports->capacity);
    audit_finding_real(to, "two_msl_s", two_msl_s(f));
    audit_finding_reuse(f, to);
}

/* It costs the server memory, not ports, and the client nothing: a fact that is often taken for the client's trouble. */
static void
find_server_waits(struct finder *f, size_t entered, int64_t at)
{
    struct syc_finding *to;

    if (f->row->time_wait_peak < PILEUP_LEAST) {
        return;
    }
    to = audit_finding(f, "tw.server", SYC_SEVERITY_INFO, at);
    audit_finding_say(
        to,
        "The server closed %zu of %zu connections first and held %lld of them in "
        "TIME_WAIT at once (%.0f s each, its memory); the client's ports are free again "
        "at once. Fewer connections need keep-alive on the server.",
        entered, f->p->count, (long long)f->row->time_wait_peak,
        in_seconds(f->p->two_msl[SYC_TOCLIENT]));
    audit_finding_count(to, "entered", (int64_t)entered);
    audit_finding_count(to, "connections", (int64_t)f->p->count);
    audit_finding_count(to, "time_wait_peak", f->row->time_wait_peak);
    audit_finding_reuse(f, to);
}

void
audit_find_ports(struct finder *f)
{
    struct firsts client = waits_of(f->p, SYC_TOSERVER);
    struct firsts server = waits_of(f->p, SYC_TOCLIENT);
    int64_t at;

    find_exhaustion(f);
    find_starvation(f);
    find_half(f);
    if (client.count >= server.count && audit_firsts_met(&client, f, &at)) {
        find_pileup(f, client.count, at);
    } else if (server.count > client.count && audit_firsts_met(&server, f, &at)) {
        find_server_waits(f, server.count, at);
    }
}
