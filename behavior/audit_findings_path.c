/* Findings about what lies between: slow start, SYNs without answer, full accept queues, collapse. */

#include "behavior/audit_findings.h"

enum {
    RESTARTS_LEAST = 3,
    SLOW_RESPONSES = 20,
    SLOW_PERCENT = 20,
    HOLE_PERCENT = 80,
    SIGNS_LEAST = 3,
    OVERFLOW_TIMES = 2,
    COLLAPSE_LEAST = 3, /* connections at once */
    COLLAPSE_PERCENT = 5,
};
static const double slow_least_s = 1.0;
static const double collapse_efficiency = 0.8;

/* ------------------------------------------------------------ slow start */

static void
find_restarts(struct finder *f)
{
    const struct syc_audit_slow_start *s = &f->row->slow_start;
    struct syc_finding *to;

    if (s->idle_restarts == SYC_NONE || s->idle_restarts < RESTARTS_LEAST) {
        return;
    }
    to = audit_finding(f, "slowstart.idle_restart", SYC_SEVERITY_WARNING, f->now);
    audit_finding_say(
        to,
        "%lld responses on warm connections began again with %lld segments after a pause: "
        "the server's window fell back to its initial size, and each such response pays "
        "slow start anew. Turn off net.ipv4.tcp_slow_start_after_idle on the server.",
        (long long)s->idle_restarts, (long long)s->iw);
    audit_finding_count(to, "idle_restarts", s->idle_restarts);
    audit_finding_count(to, "iw", s->iw);
    audit_finding_count(to, "responses", s->responses);
    audit_finding_fix(to, "set net.ipv4.tcp_slow_start_after_idle = 0 on the server",
                      "up to %.1f s of waiting fewer in this capture", s->time_lost_s);
}

static void
find_slow_start(struct finder *f)
{
    const struct syc_audit_slow_start *s = &f->row->slow_start;
    const struct syc_audit_pool *pool = &f->row->pool;
    struct syc_finding *to;

    if (s->round_trips_lost == SYC_NONE || s->responses < SLOW_RESPONSES ||
        s->round_trips_lost * 100 < s->responses * SLOW_PERCENT ||
        !(s->time_lost_s >= slow_least_s)) {
        return;
    }
    to = audit_finding(f, "slowstart.multi_rtt", SYC_SEVERITY_INFO, f->now);
    audit_finding_say(
        to,
        "%lld of %lld responses were larger than the window they met and waited %lld "
        "round trips, %.1f s, for it to open; the other %lld fit and lost nothing. Reuse "
        "warm connections for large responses.",
        (long long)(s->responses - s->one_flight), (long long)s->responses,
        (long long)s->round_trips_lost, s->time_lost_s, (long long)s->one_flight);
    audit_finding_count(to, "responses", s->responses);
    audit_finding_count(to, "one_flight", s->one_flight);
    audit_finding_count(to, "round_trips_lost", s->round_trips_lost);
    audit_finding_real(to, "time_lost_s", s->time_lost_s);
    audit_finding_count(to, "iw", s->iw);
    audit_finding_fix(to, "reuse connections whose window has opened", "%.1f s of waiting fewer",
                      s->time_lost_s);
    if (pool->saves_round_trips != SYC_NONE && pool->avoidable > 0) {
        audit_finding_fix(to, "keep fewer connections, so that each stays warm",
                          "%lld round trips fewer with %lld connections",
                          (long long)pool->saves_round_trips, (long long)pool->ideal_60s);
    }
}

/* ------------------------------------------------------------ handshakes */

static bool
was_silent(const struct life_pair *p, const struct life *l)
{
    return l->isn != SYC_NONE && !part_seen(p, l->syn_ack) && !part_seen(p, l->rst_at) &&
           !part_seen(p, l->unreachable_at) && (l->degraded & PART_LOSSY) == 0 &&
           !audit_established(p, l);
}

/* Attempts that nothing answered in at least the time of a retry: one that just left may still be answered. */
static void
find_hole(struct finder *f)
{
    const struct life_pair *p = f->p;
    struct firsts silent = firsts_of(FINDING_CONNECTIONS);
    int64_t last = audit_last(p);
    int64_t longest = 0;
    int64_t at;
    struct syc_finding *to;

    for (size_t i = 0; i < p->count; i++) {
        const struct life *l = &p->lives[i];
        if (l->start <= p->at && was_silent(p, l) && last - l->start >= SYC_US_PER_S) {
            audit_firsts_add(&silent, l->start + SYC_US_PER_S);
            if (part_over(p, l) && l->end - l->start > longest) {
                longest = l->end - l->start;
            }
        }
    }
    if (!audit_firsts_met(&silent, f, &at) || silent.count * 100 < p->count * HOLE_PERCENT) {
        return;
    }
    to = audit_finding(f, "syn.blackhole", SYC_SEVERITY_WARNING, at);
    audit_finding_say(
        to,
        "%zu of %zu connection attempts got no answer at all (%lld SYNs repeated, for up to "
        "%.0f s): something drops them silently, and each caller waits for its timeout. "
        "Open the firewall or let it reject, and give connects a deadline.",
        silent.count, p->count, (long long)f->row->handshake.syn_retransmits,
        (double)longest / (double)SYC_US_PER_S);
    audit_finding_count(to, "no_answer", (int64_t)silent.count);
    audit_finding_count(to, "attempts", (int64_t)p->count);
    audit_finding_count(to, "syn_retransmits", f->row->handshake.syn_retransmits);
    audit_finding_real(to, "longest_s", (double)longest / (double)SYC_US_PER_S);
    audit_finding_fix(to, "reject instead of dropping (ICMP or RST)", "%zu attempts fail at once",
                      silent.count);
}

static void
find_overflow(struct finder *f)
{
    const struct syc_audit_handshake *h = &f->row->handshake;
    const struct syc_audit_loss *loss = &f->row->loss;
    double by_path = isfinite(loss->ratio) ? loss->ratio * (double)f->p->count : 0;
    struct syc_finding *to;

    /* a path that loses data loses SYNs as well; only what is well beyond that is the listener's */
    if (h->overflow < SIGNS_LEAST || (double)h->overflow < OVERFLOW_TIMES * by_path) {
        return;
    }
    to = audit_finding(f, "syn.overflow", SYC_SEVERITY_WARNING, f->now);
    audit_finding_say(
        to,
        "%lld connections had their SYN or the handshake's last ACK dropped by a listener "
        "that answered others in the same second: its accept queue is full, and each waits "
        "1 s or more. Raise the backlog (and net.core.somaxconn), or accept faster.",
        (long long)h->overflow);
    audit_finding_count(to, "overflow", h->overflow);
    audit_finding_count(to, "syn_retransmits", h->syn_retransmits);
    audit_finding_count(to, "syn_ack_retransmits", h->syn_ack_retransmits);
    audit_finding_real(to, "setup_p95_ms", h->setup_p95_ms);
    audit_finding_fix(to, "raise the listener's backlog and net.core.somaxconn on the server",
                      "%lld connections open without a retry", (long long)h->overflow);
    audit_finding_reuse(f, to);
}

static void
find_ghosts(struct finder *f)
{
    const struct syc_audit_handshake *h = &f->row->handshake;
    struct syc_finding *to;

    if (h->ghost < SIGNS_LEAST) {
        return;
    }
    to = audit_finding(f, "syn.ghost", SYC_SEVERITY_WARNING, f->now);
    audit_finding_say(
        to,
        "%lld connections are established for the client alone: the handshake was "
        "complete, but the server never took the data, which was repeated unanswered. Its "
        "accept queue was full; raise the backlog, or accept faster.",
        (long long)h->ghost);
    audit_finding_count(to, "ghost", h->ghost);
    audit_finding_count(to, "connections", (int64_t)f->p->count);
    audit_finding_fix(to, "raise the listener's backlog and net.core.somaxconn on the server",
                      "%lld requests are read instead of timing out", (long long)h->ghost);
}

static void
find_cookies(struct finder *f)
{
    struct syc_finding *to;

    if (!f->row->handshake.cookies_suspected) {
        return;
    }
    to = audit_finding(f, "syn.cookies", SYC_SEVERITY_INFO, f->now);
    audit_finding_say(
        to, "The server seems to answer with SYN cookies (suspected in at least 3 handshakes): "
            "its SYN queue is full, and options that do not fit into a cookie are lost. Look at "
            "net.ipv4.tcp_max_syn_backlog, and at who sends the SYNs.");
    audit_finding_count(to, "connections", (int64_t)f->p->count);
    audit_finding_fix(to, "raise net.ipv4.tcp_max_syn_backlog and the listener's backlog",
                      "window scaling and SACK stay in force under load");
}

/* ------------------------------------------------------------ collapse */

static bool
is_lossy(const struct life *l)
{
    int64_t repeats = 0;
    int64_t segments = 0;

    for (int side = 0; side < 2; side++) {
        part_add(&repeats, l->retrans_data[side]);
        part_add(&segments, l->data_segments[side]);
    }
    return repeats > 0 && repeats > segments / 100 * COLLAPSE_PERCENT &&
           part_ratio(repeats, segments) * 100 > COLLAPSE_PERCENT;
}

/* So many connections with repeats, one after another in order of start, that were under way at the same time. */
static bool
overlap(const struct life_pair *p, size_t *lossy, int64_t *at)
{
    int64_t ends[COLLAPSE_LEAST - 1];
    size_t n = 0;
    bool found = false;

    *lossy = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct life *l = &p->lives[i];
        size_t open = 0;
        if (!part_over(p, l) || !is_lossy(l)) {
            continue;
        }
        ++*lossy;
        for (size_t k = 0; k < n; k++) {
            open += ends[k] > l->start;
        }
        if (open == COLLAPSE_LEAST - 1 && !found) {
            found = true;
            *at = l->end;
        }
        /* keep the two that last longest: of any three at once, they are there when the third begins */
        if (n < COLLAPSE_LEAST - 1) {
            ends[n++] = l->end;
        } else {
            size_t shorter = ends[0] < ends[1] ? 0 : 1;
            ends[shorter] = l->end > ends[shorter] ? l->end : ends[shorter];
        }
    }
    return found;
}

static void
find_collapse(struct finder *f)
{
    const struct syc_audit_loss *loss = &f->row->loss;
    size_t lossy;
    int64_t at = f->p->origin;
    struct syc_finding *to;

    if (!(loss->efficiency_ratio < collapse_efficiency) ||
        !(loss->ratio * 100 > COLLAPSE_PERCENT) || !overlap(f->p, &lossy, &at)) {
        return;
    }
    at -= f->p->origin;
    to = audit_finding(f, "loss.collapse", SYC_SEVERITY_CRITICAL, at > f->ready ? at : f->ready);
    audit_finding_say(
        to,
        "%s%.0f %% of the data segments were repeats, on %zu connections that share the "
        "path: of what was sent only %.0f %% was new (%.2f Mbit/s). More connections make it "
        "worse: use fewer at a time, and look for the bottleneck's queue.",
        loss->lower_bound ? "At least " : "", loss->ratio * 100, lossy,
        loss->efficiency_ratio * 100, loss->goodput_bps / 1e6);
    audit_finding_count(to, "retransmitted", loss->retransmitted);
    audit_finding_count(to, "data_segments", loss->data_segments);
    audit_finding_real(to, "ratio", loss->ratio);
    audit_finding_real(to, "efficiency_ratio", loss->efficiency_ratio);
    audit_finding_count(to, "rto", loss->rto);
    audit_finding_count(to, "connections", (int64_t)lossy);
    audit_finding_fix(to, "open fewer connections at a time to this server",
                      "up to %.0f %% of the bottleneck's capacity back",
                      (1 - loss->efficiency_ratio) * 100);
}

void
audit_find_path(struct finder *f)
{
    find_restarts(f);
    find_slow_start(f);
    find_hole(f);
    find_overflow(f);
    find_ghosts(f);
    find_cookies(f);
    find_collapse(f);
}
