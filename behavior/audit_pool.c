/*
 * Pools (2.3): how many requests a connection carried, what would have been enough, and what that would have saved.
 *
 * "Avoidable" are the connections opened in the capture beyond those of an ideal pool that does the same jobs at the same
 * times. Connections that were there before are not counted as opened, and lives of which parts are missing count as
 * busy throughout: both can only lower the claim.
 */

#include "behavior/audit_pool.h"
#include "behavior/audit_flights.h"

enum { IDLE_LONG_US = 60000000, IDLE_SHORT_US = 5000000 };

static struct syc_audit_pool
unknown_pool(void)
{
    return (struct syc_audit_pool){.requests = SYC_NONE,
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
}

/* ------------------------------------------------------------ requests */

/* Requests of one life; *clear: they were read, not inferred from turns. */
static int64_t
requests_of(const struct life_pair *p, const struct life *l, bool *clear)
{
    *clear = l->requests != SYC_NONE && l->requests > 0;
    return *clear && part_over(p, l) ? part_held(l->requests) : audit_turns(p, l);
}

static void
fill_requests(const struct life_pair *p, const struct scratch *s, const struct opens *opens,
              struct syc_audit_pool *out)
{
    int64_t *each = s->v[0];
    bool turns = false;
    size_t n = 0;

    out->requests = 0;
    for (size_t i = 0; i < p->count; i++) {
        bool clear;
        if (opens->of[i].from == INT64_MAX) {
            continue;
        }
        each[n] = requests_of(p, &p->lives[i], &clear);
        part_add(&out->requests, each[n]);
        turns |= each[n++] > 0 && !clear;
    }
    if (out->requests > 0) {
        out->requests_from = turns ? "turns" : "http1";
    }
    syc_sort_numbers(each, n, s->v[1]);
    out->per_connection_mean = part_ratio(out->requests, (int64_t)n);
    out->per_connection_median = ((double)each[(n - 1) / 2] + (double)each[n / 2]) / 2;
    out->per_connection_max = each[n - 1];
}

static void
fill_peaks(const struct scratch *s, const struct jobs *jobs, const struct opens *opens,
           struct syc_audit_pool *out)
{
    int64_t *starts = s->v[0];
    int64_t *ends = s->v[1];
    size_t n = 0;

    for (size_t i = 0; i < jobs->count; i++) {
        if (jobs->list[i].turn) {
            starts[n] = jobs->list[i].from;
            ends[n++] = jobs->list[i].to;
        }
    }
    syc_sort_numbers(starts, n, s->v[2]);
    syc_sort_numbers(ends, n, s->v[2]);
    out->open_peak = audit_most_at_once(opens->starts, opens->ends, opens->count);
    out->busy_peak = audit_most_at_once(starts, ends, n);
}

/* ------------------------------------------------------------ what if */

/* Caps of 1, 2, 4, ... below what the jobs need at most, and that itself: with it nothing waits. */
static void
fill_caps(struct replay *r, const struct jobs *jobs, size_t most, int64_t *spare,
          struct syc_audit_pool *out)
{
    size_t cap = 1;

    for (size_t i = 0; i < SYC_CAP_ROWS; i++) {
        bool final = cap >= most || i + 1 == SYC_CAP_ROWS;
        struct syc_cap_row *row = &out->caps[out->cap_count++];
        cap = final ? most : cap;
        row->cap = (int64_t)cap;
        row->connections = audit_replay(r, jobs, IDLE_LONG_US, cap);
        syc_sort_numbers(r->queue, jobs->count, spare);
        row->queue_p50_ms = (double)part_quantile(r->queue, jobs->count, 50) / 1e3;
        row->queue_p95_ms = (double)part_quantile(r->queue, jobs->count, 95) / 1e3;
        if (final) {
            return;
        }
        cap *= 2;
    }
}

/* Connections whose opening was seen, their closing and opening packets, and half of their setup times. */
struct opened {
    int64_t count;
    int64_t counted; /* of them, with known counters */
    int64_t packets, octets;
    int64_t setup_median; /* SYC_NONE = unknown */
};

static void
sum_opened(const struct life_pair *p, const struct scratch *s, const struct opens *opens,
           struct opened *out)
{
    int64_t *setup = s->v[0];
    size_t n = 0;

    *out = (struct opened){.setup_median = SYC_NONE};
    for (size_t i = 0; i < p->count; i++) {
        const struct life *l = &p->lives[i];
        if (opens->of[i].from == INT64_MAX || l->isn == SYC_NONE) {
            continue;
        }
        out->count++;
        if (part_over(p, l) && l->control_pkts[0] >= 0 && l->control_pkts[1] >= 0) {
            out->counted++;
            for (int side = 0; side < 2; side++) {
                part_add(&out->packets, l->control_pkts[side]);
                part_add(&out->octets, l->control_bytes[side]);
            }
        }
        if (l->setup_dur >= 0 && part_seen(p, l->ack)) {
            setup[n++] = part_held(l->setup_dur);
        }
    }
    syc_sort_numbers(setup, n, s->v[1]);
    out->setup_median = n > 0 ? part_quantile(setup, n, 50) : SYC_NONE;
}

/* So many of the connections' share of a sum. */
static int64_t
share_of(int64_t sum, int64_t some, int64_t all)
{
    double share = (double)sum / (double)all * (double)some + 0.5;

    return share < 9e18 ? (int64_t)share : INT64_MAX;
}

/* Handshakes, their packets, and what the window of a fresh connection cost the first response on each (2.4). */
static void
fill_saves(const struct opened *opened, int64_t first_lost, struct syc_audit_pool *out)
{
    int64_t n = out->avoidable;

    out->saves_round_trips = n + share_of(first_lost, n, opened->count > 0 ? opened->count : 1);
    if (opened->counted > 0) {
        out->saves_packets = share_of(opened->packets, n, opened->counted);
        out->saves_bytes = share_of(opened->octets, n, opened->counted);
    }
    if (opened->setup_median != SYC_NONE) {
        out->saves_setup_s = (double)n * (double)opened->setup_median / (double)SYC_US_PER_S;
    }
}

static bool
fill_what_if(const struct life_pair *p, struct audit_work *w, const struct scratch *s,
             const struct jobs *jobs, const struct opens *opens, struct syc_audit_pool *out)
{
    struct replay r = audit_replay_over(s);
    struct flights_survey flights;
    struct opened opened;

    if (!audit_flights(p, w, &flights)) {
        return false;
    }
    sum_opened(p, s, opens, &opened);
    out->ideal_60s = audit_replay(&r, jobs, IDLE_LONG_US, 0);
    out->ideal_5s = audit_replay(&r, jobs, IDLE_SHORT_US, 0);
    out->avoidable = opened.count > out->ideal_60s ? opened.count - out->ideal_60s : 0;
    fill_saves(&opened, flights.trip != SYC_NONE ? flights.first_lost : 0, out);
    fill_caps(&r, jobs, r.most_busy, s->v[3], out);
    return true;
}

bool
audit_pool_pair(const struct life_pair *p, struct audit_work *w, struct syc_audit_pair *out)
{
    struct syc_audit_pool *row = &out->pool;
    struct scratch s;
    struct jobs jobs;
    struct opens opens;

    *row = unknown_pool();
    if (!audit_jobs(p, w, &jobs) ||
        !audit_scratch(&s, w, jobs.count > p->count ? jobs.count : p->count) ||
        !audit_opens(p, w, &s, jobs.shift, &opens)) {
        return false;
    }
    if (opens.count == 0) {
        return true;
    }
    fill_requests(p, &s, &opens, row);
    fill_peaks(&s, &jobs, &opens, row);
    if (!audit_pool_policy(p, w, &s, &jobs, &opens, row)) {
        return false;
    }
    /* connections that carry no request may be there for another reason: nothing is said of them */
    return row->requests == 0 || jobs.count == 0 || fill_what_if(p, w, &s, &jobs, &opens, row);
}
