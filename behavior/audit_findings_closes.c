/* Findings about closes: sockets that are never closed, connections that end by RST. */

#include "behavior/audit_findings.h"

/* A FIN without the other side's for so long is a socket that somebody forgot. */
enum { LEAK_US = 10 * 1000000, LEAKS_LEAST = 3 };
enum { RSTS_LEAST = 5, RSTS_PERCENT = 20 };

/* ------------------------------------------------------------ CLOSE_WAIT */

/*
 * This side's FIN was acknowledged and the other has sent nothing since: neither its own FIN nor data, as after a
 * half-close that is meant. What a capture that lost packets does not show is no leak.
 */
static bool
is_leak(const struct life_pair *p, const struct life *l, int side, int64_t last)
{
    const uint32_t unsure = PART_LOSSY | 1U << SYC_DEGRADED_EVICTED;

    return part_over(p, l) && (l->degraded & unsure) == 0 && l->fin_acked[side] != SYC_NONE &&
           l->fin[1 - side] == SYC_NONE && l->rst_at == SYC_NONE &&
           l->end <= l->fin_acked[side] + LEAK_US && last - l->fin_acked[side] >= LEAK_US;
}

static void
find_leak(struct finder *f, int side)
{
    const char *leaker = side == SYC_TOSERVER ? "server" : "client";
    struct firsts leaks = firsts_of(LEAKS_LEAST);
    int64_t last = audit_last(f->p);
    int64_t at;
    struct syc_finding *to;

    for (size_t i = 0; i < f->p->count; i++) {
        const struct life *l = &f->p->lives[i];
        if (is_leak(f->p, l, side, last)) {
            audit_firsts_add(&leaks, l->fin_acked[side] + LEAK_US);
        }
    }
    if (!audit_firsts_met(&leaks, f, &at)) {
        return;
    }
    to = audit_finding(f, "close.leak", SYC_SEVERITY_WARNING, at);
    audit_finding_say(
        to,
        "%zu connections were closed by the %s, but not by the %s, which acknowledged the "
        "FIN and never sent its own: they stay in CLOSE_WAIT there, a file descriptor each. "
        "Close sockets when read() returns 0.",
        leaks.count, side == SYC_TOSERVER ? "client" : "server", leaker);
    audit_finding_count(to, "half_closed", (int64_t)leaks.count);
    audit_finding_count(to, "connections", (int64_t)f->p->count);
    audit_finding_fix(to,
                      side == SYC_TOSERVER
                          ? "close the socket in the server program at end of file"
                          : "close the socket in the client program at end of file",
                      "%zu descriptors of the %s come back", leaks.count, leaker);
}

/* ------------------------------------------------------------ RST */

/* A keep-alive race is told as such; a RST to a SYN is a refusal. */
static bool
ends_by_rst(const struct life_pair *p, const struct life *l)
{
    return part_seen(p, l->rst_at) && l->race != 1 &&
           (l->close_kind == SYC_CLOSE_RST_BY_CLIENT || l->close_kind == SYC_CLOSE_RST_BY_SERVER ||
            l->close_kind == SYC_CLOSE_RST_BY_CLIENT_AFTER_FIN ||
            l->close_kind == SYC_CLOSE_RST_BY_SERVER_AFTER_FIN) &&
           audit_established(p, l);
}

static void
find_rsts(struct finder *f)
{
    struct firsts rsts = firsts_of(RSTS_LEAST);
    size_t by_client = 0;
    size_t established = 0;
    int64_t at;
    struct syc_finding *to;

    for (size_t i = 0; i < f->p->count; i++) {
        const struct life *l = &f->p->lives[i];
        established += l->start <= f->p->at && audit_established(f->p, l);
        if (ends_by_rst(f->p, l)) {
            audit_firsts_add(&rsts, l->rst_at);
            by_client += l->rst_by == SYC_TOSERVER;
        }
    }
    if (!audit_firsts_met(&rsts, f, &at) || rsts.count * 100 < established * RSTS_PERCENT) {
        return;
    }
    to = audit_finding(f, "close.rst", SYC_SEVERITY_INFO, at);
    audit_finding_say(
        to,
        "%zu of %zu connections ended by RST (%zu by the client, %zu by the server): unread "
        "data at close(), SO_LINGER of 0, or an abort. No TIME_WAIT is left, but data under "
        "way is lost. Read to the end before closing.",
        rsts.count, established, by_client, rsts.count - by_client);
    audit_finding_count(to, "rst", (int64_t)rsts.count);
    audit_finding_count(to, "by_client", (int64_t)by_client);
    audit_finding_count(to, "by_server", (int64_t)(rsts.count - by_client));
    audit_finding_count(to, "established", (int64_t)established);
    audit_finding_fix(to, "read until end of file before close(), and leave SO_LINGER alone",
                      "%zu connections end with FIN and lose no data", rsts.count);
}

void
audit_find_closes(struct finder *f)
{
    find_leak(f, SYC_TOSERVER);
    find_leak(f, SYC_TOCLIENT);
    find_rsts(f);
}
