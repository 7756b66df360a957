/* Findings about pools: connections that reuse would have saved, and which setting stands in its way. */

#include "behavior/audit_findings.h"

/* Least avoidable connections, and their share of all that were opened, in percent. */
enum { AVOIDABLE_LEAST = 10, AVOIDABLE_PERCENT = 10, NO_REUSE_PERCENT = 50 };
/* At most this mean of requests a connection is no reuse. */
static const double no_reuse_mean = 1.5;

static int64_t
opened_of(const struct finder *f)
{
    return f->row->pool.avoidable + f->row->pool.ideal_60s;
}

/* What the avoidable connections cost: the same words in each finding. */
static void
say_saving(struct finder *f, struct syc_finding *to)
{
    const struct syc_audit_pool *pool = &f->row->pool;

    audit_finding_say(to, "%lld of %lld connections", (long long)pool->avoidable,
                      (long long)opened_of(f));
    if (pool->saves_packets != SYC_NONE && isfinite(pool->saves_setup_s)) {
        audit_finding_say(to, " (%lld packets, %.1f s of handshakes)",
                          (long long)pool->saves_packets, pool->saves_setup_s);
    }
}

static void
add_numbers(struct finder *f, struct syc_finding *to)
{
    const struct syc_audit_pool *pool = &f->row->pool;

    audit_finding_count(to, "requests", pool->requests);
    audit_finding_count(to, "opened", opened_of(f));
    audit_finding_count(to, "ideal_60s", pool->ideal_60s);
    audit_finding_count(to, "avoidable", pool->avoidable);
}

static bool
is_worth(const struct finder *f, int64_t percent)
{
    const struct syc_audit_pool *pool = &f->row->pool;

    return pool->avoidable != SYC_NONE && pool->avoidable >= AVOIDABLE_LEAST &&
           pool->avoidable * 100 >= opened_of(f) * percent;
}

/* ------------------------------------------------------------ which setting */

static bool
find_idle_cap(struct finder *f)
{
    const struct syc_audit_pool *pool = &f->row->pool;
    struct syc_finding *to;

    if (pool->idle_cap == SYC_NONE || !is_worth(f, AVOIDABLE_PERCENT)) {
        return false;
    }
    to = audit_finding(f, "pool.idle_cap", SYC_SEVERITY_WARNING, f->now);
    audit_finding_say(
        to,
        "Up to %lld connections were open at once, but %lld times when the work ran dry "
        "the client kept %lld and closed the rest within 0.1 s: the idle cap is %lld. "
        "Raising it to %lld avoids ",
        (long long)pool->open_peak, (long long)pool->idle_cap_seen, (long long)pool->idle_cap,
        (long long)pool->idle_cap, (long long)pool->ideal_60s);
    say_saving(f, to);
    audit_finding_say(to, ".");
    audit_finding_count(to, "idle_cap", pool->idle_cap);
    audit_finding_count(to, "seen", pool->idle_cap_seen);
    audit_finding_count(to, "open_peak", pool->open_peak);
    add_numbers(f, to);
    audit_finding_fix(to,
                      "raise the pool's idle limit (maxFreeSockets, MaxIdleConnsPerHost, "
                      "pool_maxsize)",
                      "%lld idle connections: %lld opened instead of %lld",
                      (long long)pool->ideal_60s, (long long)pool->ideal_60s,
                      (long long)opened_of(f));
    return true;
}

/* Closed after a fixed time of idleness, while a pool that waits 60 s would still have had them. */
static bool
find_short_timeout(struct finder *f)
{
    const struct syc_audit_pool *pool = &f->row->pool;
    bool server = pool->closer != NULL && pool->closer[0] == 's';
    struct syc_finding *to;

    if (!isfinite(pool->idle_timeout_s) || !is_worth(f, AVOIDABLE_PERCENT) ||
        pool->idle_timeout_seen * 100 < opened_of(f) * AVOIDABLE_PERCENT) {
        return false;
    }
    to = audit_finding(f, "pool.timeout_short", SYC_SEVERITY_WARNING, f->now);
    audit_finding_say(
        to,
        "The %s closes connections after %.1f s without work (%lld times), before the "
        "next request comes. An idle timeout of 60 s avoids ",
        server ? "server" : "client", pool->idle_timeout_s, (long long)pool->idle_timeout_seen);
    say_saving(f, to);
    audit_finding_say(to, ".");
    audit_finding_real(to, "idle_timeout_s", pool->idle_timeout_s);
    audit_finding_count(to, "seen", pool->idle_timeout_seen);
    audit_finding_count(to, "ideal_5s", pool->ideal_5s);
    add_numbers(f, to);
    audit_finding_fix(to,
                      server ? "raise the server's keep-alive timeout (keepalive_timeout, "
                               "KeepAliveTimeout)"
                             : "raise the client's idle timeout, and the server's above it",
                      "60 s: %lld connection%s instead of %lld", (long long)pool->ideal_60s,
                      SYC_PLURAL(pool->ideal_60s), (long long)opened_of(f));
    return true;
}

/* What reuse is called where the pair comes from: advice in another protocol's words would send its reader astray. */
struct advice {
    const char *end, *fix;
};

static struct advice
advice_of(const struct life_pair *p)
{
    static const struct advice database = {
        ": put a connection pool before the database.",
        "use a connection pool (in the program, or pgbouncer, ProxySQL)",
    };
    static const struct advice web = {
        ": turn on keep-alive at both ends.",
        "keep connections alive (HTTP/1.1 without \"Connection: close\")",
    };
    static const struct advice other = {
        ": send several requests on each connection, if the protocol allows it.",
        "keep a connection open for the next request",
    };

    for (size_t i = 0; i < p->count; i++) {
        switch ((enum syc_protocol)p->lives[i].protocol) {
        case SYC_PROTOCOL_POSTGRESQL:
        case SYC_PROTOCOL_MYSQL:
            return database;
        case SYC_PROTOCOL_HTTP1:
        case SYC_PROTOCOL_TLS:
            return web;
        case SYC_PROTOCOL_UNKNOWN:
        case SYC_PROTOCOL_REDIS:
        case SYC_PROTOCOL_SSH:
        case SYC_PROTOCOL_COUNT:
            break;
        }
    }
    return other;
}

static void
find_no_reuse(struct finder *f)
{
    const struct syc_audit_pool *pool = &f->row->pool;
    struct advice advice = advice_of(f->p);
    struct syc_finding *to;

    if (!is_worth(f, NO_REUSE_PERCENT) || !(pool->per_connection_mean <= no_reuse_mean)) {
        return;
    }
    to = audit_finding(f, "pool.no_reuse", SYC_SEVERITY_WARNING, f->now);
    audit_finding_say(
        to,
        "%lld requests took %lld connections, %.1f requests each, with at most %lld under way "
        "at once. Reusing them avoids ",
        (long long)pool->requests, (long long)opened_of(f), pool->per_connection_mean,
        (long long)pool->busy_peak);
    say_saving(f, to);
    audit_finding_say(to, "%s", advice.end);
    audit_finding_real(to, "per_connection_mean", pool->per_connection_mean);
    audit_finding_count(to, "busy_peak", pool->busy_peak);
    add_numbers(f, to);
    audit_finding_fix(to, advice.fix, "%lld connection%s instead of %lld",
                      (long long)pool->ideal_60s, SYC_PLURAL(pool->ideal_60s),
                      (long long)opened_of(f));
}

/* The error that users report as ECONNRESET (2.6). */
static void
find_races(struct finder *f)
{
    struct firsts races = firsts_of(1);
    int64_t at;
    struct syc_finding *to;

    for (size_t i = 0; i < f->p->count; i++) {
        const struct life *l = &f->p->lives[i];
        if (l->race == 1 && part_seen(f->p, l->rst_at)) {
            audit_firsts_add(&races, l->rst_at);
        }
    }
    if (!audit_firsts_met(&races, f, &at)) {
        return;
    }
    to = audit_finding(f, "pool.race_rst", SYC_SEVERITY_WARNING, at);
    audit_finding_say(
        to,
        "%zu request%s on a reused connection met a RST: the server had just timed the "
        "connection out, and the program sees ECONNRESET. Keep the client's idle "
        "timeout below the server's, or send such requests again.",
        races.count, SYC_PLURAL(races.count));
    audit_finding_count(to, "races", (int64_t)races.count);
    audit_finding_count(to, "requests", f->row->pool.requests);
    audit_finding_fix(to, "set the client's idle timeout 1 s below the server's",
                      "%zu failed request%s fewer", races.count, SYC_PLURAL(races.count));
}

/* The cause that can be named comes first: each saves the same connections, so only one of them is told. */
void
audit_find_pool(struct finder *f)
{
    if (!find_idle_cap(f) && !find_short_timeout(f)) {
        find_no_reuse(f);
    }
    find_races(f);
}
