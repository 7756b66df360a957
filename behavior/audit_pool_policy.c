/*
 * What the pool's configuration must have been, read off its behavior (2.3.3).
 *
 * Active cap: a request begins as soon as one ends, and only while as many are under way as there ever are. Idle cap:
 * each time the work runs dry, the client closes all but the same few. Idle timeout: connections that had been idle for
 * one and the same time are closed. None of them is a maximum that happened to be reached once.
 */

#include "behavior/audit_pool.h"

/* A request follows a completion "at once": within a round trip, and what a program takes to turn around. */
enum { TURN_AROUND_US = 5000 };
/* Least requests that had to wait for a place, and of all requests in percent. */
enum { LEAST_QUEUED = 10, LEAST_QUEUED_PERCENT = 70 };

/* Work has run dry when nothing is under way for this long; connections closed within it were not wanted. */
enum { DRY_US = 100000, LEAST_DRAINS = 2 };

/* An idle timeout: at least so long, so often, within so much of the median, and of the idle closes in percent. */
enum { LEAST_IDLE_US = 1000000, LEAST_TIMEOUTS = 3, TIMEOUT_PERCENT = 5, LEAST_SHARE_PERCENT = 60 };
enum { TIMEOUT_SLACK_US = 100000 };

bool
audit_opens(const struct life_pair *p, struct audit_work *w, const struct scratch *s, int64_t shift,
            struct opens *out)
{
    *out = (struct opens){
        .of = syc_arena_alloc(&w->scratch, (p->count + 1) * sizeof(*out->of)),
        .starts = syc_arena_alloc(&w->scratch, (p->count + 1) * sizeof(*out->starts)),
        .ends = syc_arena_alloc(&w->scratch, (p->count + 1) * sizeof(*out->ends)),
    };
    if (out->of == NULL || out->starts == NULL || out->ends == NULL) {
        return false;
    }
    for (size_t i = 0; i < p->count; i++) {
        const struct life *l = &p->lives[i];
        struct open_span *o = &out->of[i];
        int64_t to = audit_closing(p, l);
        *o = (struct open_span){INT64_MAX, INT64_MAX};
        if (l->start > p->at || !audit_established(p, l)) {
            continue;
        }
        o->from = (part_seen(p, l->established) ? l->established : l->start) - shift;
        /* the server's FIN or RST reaches the client later, the client's left it earlier */
        if (to != INT64_MAX) {
            bool client = to == l->fin[0] || (to != l->fin[1] && l->rst_by == SYC_TOSERVER);
            o->to = client ? to - shift : to + shift;
            o->to = o->to > o->from ? o->to : o->from + 1;
        }
        out->starts[out->count] = o->from;
        out->ends[out->count++] = o->to;
    }
    syc_sort_numbers(out->starts, out->count, s->v[0]);
    syc_sort_numbers(out->ends, out->count, s->v[0]);
    return true;
}

int64_t
audit_most_at_once(const int64_t *starts, const int64_t *ends, size_t n)
{
    int64_t most = 0;
    size_t ended = 0;

    for (size_t i = 0; i < n; i++) {
        while (ended < n && ends[ended] <= starts[i]) {
            ended++;
        }
        most = (int64_t)(i + 1 - ended) > most ? (int64_t)(i + 1 - ended) : most;
    }
    return most;
}

/* ------------------------------------------------------------ active cap */

/* How many jobs begin within `soon` of a moment when `most` were under way. */
static int64_t
count_queued(const int64_t *wants, const int64_t *ends, size_t n, int64_t most, int64_t soon)
{
    int64_t queued = 0;
    int64_t left_at = INT64_MIN; /* when one of `most` ended last */
    size_t ended = 0;

    for (size_t i = 0; i < n; i++) {
        for (; ended < n && ends[ended] <= wants[i]; ended++) {
            left_at = (int64_t)(i - ended) == most ? ends[ended] : left_at;
        }
        queued += left_at != INT64_MIN && wants[i] - left_at <= soon;
    }
    return queued;
}

static void
find_active_cap(const struct scratch *s, const struct jobs *jobs, int64_t trip,
                struct syc_audit_pool *out)
{
    int64_t *wants = s->v[0];
    int64_t *ends = s->v[1];
    size_t n = jobs->count;
    int64_t most;
    int64_t queued;

    for (size_t i = 0; i < n; i++) {
        wants[i] = jobs->list[i].want;
        ends[i] = jobs->list[i].to;
    }
    syc_sort_numbers(wants, n, s->v[2]);
    syc_sort_numbers(ends, n, s->v[2]);
    most = audit_most_at_once(wants, ends, n);
    queued = count_queued(wants, ends, n, most, trip > TURN_AROUND_US ? trip : TURN_AROUND_US);
    /* one at a time is how a simple program works, not what a pool was told */
    if (most >= 2 && queued >= LEAST_QUEUED && queued >= 2 * most &&
        queued * 100 >= (int64_t)n * LEAST_QUEUED_PERCENT) {
        out->active_cap = most;
    }
}

/* ------------------------------------------------------------ idle cap */

/* What happened from one time that nothing was under way to the next. */
struct period {
    int64_t to;
    uint32_t closed;  /* by the client, right after their last answer */
    uint32_t foreign; /* by the server then */
    uint32_t reused;  /* connections at work in it that had been at work before it */
};

/* A life's last job so far while jobs are walked in order of time. */
struct last_job {
    int64_t to;
    uint32_t period; /* + 1; 0 = none yet */
};

static void
end_life(const struct life *l, const struct last_job *last, int64_t shift, struct period *periods)
{
    struct period *at = &periods[last->period - 1];
    int64_t client = l->fin[SYC_TOSERVER] != SYC_NONE ? l->fin[SYC_TOSERVER] - shift : INT64_MAX;
    int64_t server = l->fin[SYC_TOCLIENT] != SYC_NONE ? l->fin[SYC_TOCLIENT] + shift : INT64_MAX;

    if (l->close_first == SYC_FIRST_CLIENT || l->close_first == SYC_FIRST_BOTH) {
        at->closed += client <= last->to + DRY_US;
    } else {
        at->foreign += server <= last->to + DRY_US;
    }
}

/* Split the jobs into periods. lasts: by life, zeroed. Returns how many. */
static size_t
find_periods(const struct jobs *jobs, struct period *periods, struct last_job *lasts)
{
    size_t n = 0;

    for (size_t i = 0; i < jobs->count; i++) {
        const struct job *job = &jobs->list[i];
        struct last_job *last = &lasts[job->life];
        if (n == 0 || job->from - periods[n - 1].to > DRY_US) {
            periods[n++] = (struct period){.to = job->to};
        }
        if (job->to > periods[n - 1].to) {
            periods[n - 1].to = job->to;
        }
        if (last->period != n) {
            periods[n - 1].reused += last->period > 0;
        }
        last->period = (uint32_t)n;
        last->to = job->to > last->to || last->period == 0 ? job->to : last->to;
    }
    return n;
}

/* Of the numbers kept, the one that drains agree on; SYC_NONE when they do not. */
static int64_t
agreed(int64_t *kept, size_t n, int64_t *spare, int64_t *times)
{
    size_t best = 0;
    int64_t value = SYC_NONE;

    syc_sort_numbers(kept, n, spare);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from; to < n && kept[to] == kept[from]; to++) {
        }
        if (to - from > best) {
            best = to - from;
            value = kept[from];
        }
    }
    *times = (int64_t)best;
    return best >= LEAST_DRAINS && best * 100 >= n * LEAST_SHARE_PERCENT ? value : SYC_NONE;
}

/* How many connections outlive each drain, of those after which the client closed some and used the rest again. */
static size_t
count_kept(const struct period *periods, size_t n, const struct opens *opens, int64_t *kept)
{
    size_t started = 0;
    size_t ended = 0;
    size_t found = 0;

    for (size_t i = 0; i + 1 < n; i++) {
        int64_t dry = periods[i].to + DRY_US;
        for (; started < opens->count && opens->starts[started] <= periods[i].to; started++) {
        }
        for (; ended < opens->count && opens->ends[ended] <= dry; ended++) {
        }
        if (periods[i].closed > 0 && periods[i].foreign == 0 && periods[i + 1].reused > 0 &&
            started > ended) {
            kept[found++] = (int64_t)(started - ended);
        }
    }
    return found;
}

static bool
find_idle_cap(const struct life_pair *p, struct audit_work *w, const struct scratch *s,
              const struct jobs *jobs, const struct opens *opens, struct syc_audit_pool *out)
{
    struct period *periods = syc_arena_alloc(&w->scratch, (jobs->count + 1) * sizeof(*periods));
    struct last_job *lasts = syc_arena_alloc(&w->scratch, (p->count + 1) * sizeof(*lasts));
    size_t n;

    if (periods == NULL || lasts == NULL) {
        return false;
    }
    n = find_periods(jobs, periods, lasts);
    for (size_t i = 0; i < p->count; i++) {
        if (lasts[i].period > 0 && audit_closing(p, &p->lives[i]) != INT64_MAX) {
            end_life(&p->lives[i], &lasts[i], jobs->shift, periods);
        }
    }
    n = count_kept(periods, n, opens, s->v[0]);
    out->idle_cap = agreed(s->v[0], n, s->v[1], &out->idle_cap_seen);
    return true;
}

/* ------------------------------------------------------------ idle timeout */

struct idle_close {
    int64_t idle, last; /* how long; since when */
};

static inline bool
idle_less(const struct idle_close *a, const struct idle_close *b)
{
    return a->idle != b->idle ? a->idle < b->idle : a->last < b->last;
}
#define IDLE_LESS(a, b) idle_less(&(a), &(b))
SYC_SORT_DEFINE(sort_idle, struct idle_close, IDLE_LESS)

/*
 * How long the closer had waited, by its own clock: the client since it had the answer; the server since it sent it, which
 * needs no correction, for its FIN takes as long to the tap.
 */
static size_t
idle_closes(const struct life_pair *p, const struct opens *opens, const int64_t *lasts,
            int64_t shift, enum syc_first closer, struct idle_close *out)
{
    size_t n = 0;

    for (size_t i = 0; i < p->count; i++) {
        const struct life *l = &p->lives[i];
        int64_t fin = l->fin[closer == SYC_FIRST_CLIENT ? SYC_TOSERVER : SYC_TOCLIENT];
        int64_t idle;
        if (opens->of[i].from == INT64_MAX || lasts[i] == SYC_NONE || !part_seen(p, fin) ||
            l->close_first != closer) {
            continue;
        }
        idle = closer == SYC_FIRST_CLIENT ? fin - lasts[i] - shift : fin - lasts[i] + shift;
        if (idle >= LEAST_IDLE_US) {
            out[n++] = (struct idle_close){idle, lasts[i]};
        }
    }
    return n;
}

/*
 * The timeout that most of them share. A program that ends closes all at once, after idle times that differ as much as
 * the connections' last jobs did; so the last jobs must differ by more than the idle times do.
 */
static size_t
shared_timeout(struct idle_close *v, size_t n, struct idle_close *spare, int64_t *timeout)
{
    int64_t median;
    int64_t slack;
    int64_t first = INT64_MAX;
    int64_t last = INT64_MIN;
    size_t hits = 0;

    if (n < LEAST_TIMEOUTS) {
        return 0;
    }
    sort_idle(v, n, spare);
    median = v[(n - 1) / 2].idle;
    slack = median * TIMEOUT_PERCENT / 100;
    slack = slack > TIMEOUT_SLACK_US ? slack : TIMEOUT_SLACK_US;
    for (size_t i = 0; i < n; i++) {
        if (v[i].idle >= median - slack && v[i].idle <= median + slack) {
            first = v[i].last < first ? v[i].last : first;
            last = v[i].last > last ? v[i].last : last;
            hits++;
        }
    }
    *timeout = median;
    return hits >= LEAST_TIMEOUTS && hits * 100 >= n * LEAST_SHARE_PERCENT &&
                   last - first > 2 * slack
               ? hits
               : 0;
}

static bool
find_idle_timeout(const struct life_pair *p, struct audit_work *w, const struct scratch *s,
                  const struct jobs *jobs, const struct opens *opens, struct syc_audit_pool *out)
{
    static const enum syc_first closers[] = {SYC_FIRST_CLIENT, SYC_FIRST_SERVER};
    static const char *const names[] = {"client", "server"};
    struct idle_close *closes = syc_arena_alloc(&w->scratch, (p->count + 1) * sizeof(*closes));
    struct idle_close *spare = syc_arena_alloc(&w->scratch, (p->count + 1) * sizeof(*spare));
    int64_t *lasts = s->v[0];

    if (closes == NULL || spare == NULL) {
        return false;
    }
    for (size_t i = 0; i < p->count; i++) {
        lasts[i] = SYC_NONE;
    }
    for (size_t i = 0; i < jobs->count; i++) {
        const struct job *job = &jobs->list[i];
        lasts[job->life] = job->to > lasts[job->life] ? job->to : lasts[job->life];
    }
    for (size_t k = 0; k < 2; k++) {
        int64_t timeout = 0;
        size_t n = idle_closes(p, opens, lasts, jobs->shift, closers[k], closes);
        size_t hits = shared_timeout(closes, n, spare, &timeout);
        if ((int64_t)hits > out->idle_timeout_seen) {
            out->idle_timeout_seen = (int64_t)hits;
            out->idle_timeout_s = (double)timeout / (double)SYC_US_PER_S;
            out->closer = names[k];
        }
    }
    return true;
}

/* ------------------------------------------------------------ who closes */

/* One side when it closed nine of ten, else both. */
static const char *
usual_closer(const struct life_pair *p, const struct opens *opens)
{
    int64_t client = 0;
    int64_t server = 0;

    for (size_t i = 0; i < p->count; i++) {
        const struct life *l = &p->lives[i];
        if (opens->of[i].from != INT64_MAX && opens->of[i].to != INT64_MAX) {
            client += l->close_first == SYC_FIRST_CLIENT || l->close_first == SYC_FIRST_BOTH;
            server += l->close_first == SYC_FIRST_SERVER || l->close_first == SYC_FIRST_BOTH;
        }
    }
    if (client == 0 && server == 0) {
        return NULL;
    }
    return client * 10 >= (client + server) * 9   ? "client"
           : server * 10 >= (client + server) * 9 ? "server"
                                                  : "both";
}

bool
audit_pool_policy(const struct life_pair *p, struct audit_work *w, const struct scratch *s,
                  const struct jobs *jobs, const struct opens *opens, struct syc_audit_pool *out)
{
    struct legs legs = audit_legs(p);

    out->races = 0;
    for (size_t i = 0; i < p->count; i++) {
        out->races += p->lives[i].race == 1 && part_seen(p, p->lives[i].rst_at);
    }
    out->closer = usual_closer(p, opens);
    /* habits are read off exact times: not where lives stand in for what is missing of them */
    if (jobs->blurred) {
        return true;
    }
    find_active_cap(s, jobs, legs.trip != SYC_NONE ? legs.trip : 0, out);
    return find_idle_cap(p, w, s, jobs, opens, out) && find_idle_timeout(p, w, s, jobs, opens, out);
}
