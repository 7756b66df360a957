/*
 * Facts of how connections begin, overlap and are used.
 *
 * Shares of outcomes find scanners and floods, rates and overlap find load tools and pools, turns
 * and reuse tell a client that opens one connection a request. All are counts of connections, so a
 * retried SYN is one start.
 */

#include "behavior/facts.h"

#include <string.h>

/* Least numbers of connections: reference/cadence 3. */
enum { LEAST_OUTCOME = 5, LEAST_SAME_START = 8, LEAST_BACKOFF = 4, LEAST_DAYS = 3 };

/* cadence 3 (conn.same_start): a pool opens its connections within 50 ms of each other (2 item 10). */
static const int64_t same_start_us = 50000;

struct counts {
    uint64_t starts, established, half_open, refused, unanswered, unused;
    uint64_t used, turns, one_turn; /* connections with a turn */
    uint64_t no_log;
    int64_t run;
    int64_t last_us;
};

static void
count_mark(struct counts *c, const struct mark *m)
{
    int64_t end = m->start_us + m->life_us;

    c->starts += (m->flags & MARK_START) != 0;
    c->established += (m->flags & MARK_ESTABLISHED) != 0;
    c->half_open += (m->flags & MARK_HALF_OPEN) != 0;
    c->refused += (m->flags & MARK_REFUSED) != 0;
    c->unanswered += (m->flags & MARK_UNANSWERED) != 0;
    c->unused += (m->flags & MARK_UNUSED) != 0;
    c->used += m->turns > 0;
    c->turns += m->turns;
    c->one_turn += m->turns == 1;
    c->no_log += (m->flags & MARK_NO_LOG) != 0;
    c->run = m->run > c->run ? m->run : c->run;
    c->last_us = end > c->last_us ? end : c->last_us;
}

/*
 * Turns are a mean over connections that had one: unused and refused ones would only say again what
 * unused_ratio says.
 */
static void
use_facts(const struct counts *c, struct syc_value *row)
{
    fact_int(row, FACT_CONN_ESTABLISHED, (int64_t)c->established);
    if (c->no_log == 0) {
        fact_int(row, FACT_CONN_TURN_COUNT, (int64_t)c->turns);
    }
    if (c->run > 0) {
        fact_int(row, FACT_CONN_RUN, c->run);
    }
    fact_ratio(row, FACT_CONN_HALF_OPEN, c->half_open, c->starts, LEAST_OUTCOME);
    fact_ratio(row, FACT_CONN_REFUSED, c->refused, c->starts, LEAST_OUTCOME);
    fact_ratio(row, FACT_CONN_UNANSWERED, c->unanswered, c->starts, LEAST_OUTCOME);
    fact_ratio(row, FACT_CONN_UNUSED, c->unused, c->established, LEAST_OUTCOME);
    fact_ratio(row, FACT_CONN_TURNS, c->turns, c->used, LEAST_OUTCOME);
    fact_ratio(row, FACT_CONN_ONE_TURN, c->one_turn, c->used, LEAST_OUTCOME);
    if (c->used >= LEAST_OUTCOME) {
        fact_real(row, FACT_CONN_REUSE, 1 - (double)c->used / (double)c->turns);
    }
}

/* Most of n ascending times in any half-open window, wherever it begins. */
static int64_t
window_peak(const int64_t *times, size_t n, int64_t window_us)
{
    size_t from = 0;
    size_t peak = 0;

    for (size_t i = 0; i < n; i++) {
        while (times[i] - times[from] >= window_us) {
            from++;
        }
        peak = i - from + 1 > peak ? i - from + 1 : peak;
    }
    return (int64_t)peak;
}

/* Of starts; where the view does not hold all of them, of all. */
static int64_t
rate(const int64_t *starts, size_t n, int64_t window_us, uint64_t unseen)
{
    int64_t peak = window_peak(starts, n, window_us);

    return peak > (int64_t)unseen ? peak : (int64_t)unseen;
}

/*
 * Retries that wait longer each time: 2, 4, 8, 16 s. The first two gaps of a run set its factor, so a run of n has
 * n - 2 gaps that chance would have had to hit. Gaps below half a second are bursts, not patience.
 */
static int64_t
backoff(const int64_t *starts, size_t n)
{
    const int64_t least_us = SYC_US_PER_S / 2;
    double factor = 0;
    int64_t longest = 0;
    int64_t run = 1;

    for (size_t i = 2; i < n; i++) {
        int64_t before = starts[i - 1] - starts[i - 2];
        double now = (double)(starts[i] - starts[i - 1]) / (double)(before > 0 ? before : 1);
        bool grows = before >= least_us && now >= 1.2 && now <= 5;
        bool same = grows && run > 1 && fabs(now - factor) <= 0.1 * factor;
        run = same ? run + 1 : grows ? 2 : 1;
        factor = same ? factor : now;
        longest = run > longest ? run : longest;
    }
    return longest >= 3 ? longest : 0;
}

/* Starts are SYNs: a connection whose beginning was not captured has no start to take a gap from. */
static size_t
gather_starts(const struct view *v)
{
    int64_t *starts = v->work;
    size_t n = 0;

    for (size_t i = 0; i < v->count; i++) {
        if ((v->marks[i]->flags & MARK_START) != 0) {
            starts[n++] = v->marks[i]->start_us;
        }
    }
    return n;
}

/* Of every subject: floods and bursts of starts are asked for without a sample. What follows is asked for by few. */
void
syc_facts_rate(const struct basis *b, struct syc_value *row)
{
    size_t n = gather_starts(&b->view);

    if (n > 0) {
        fact_int(row, FACT_CONN_RATE_1S,
                 rate(b->view.work, n, SYC_US_PER_S, b->view.unseen_rate[0]));
    }
}

void
syc_facts_starts(const struct basis *b, struct syc_value *row)
{
    const int64_t *starts = b->view.work;
    size_t n = gather_starts(&b->view);
    uint64_t same = 0;

    for (size_t i = 1; i < n; i++) {
        same += starts[i] - starts[i - 1] < same_start_us;
    }
    if (n > 0) {
        fact_int(row, FACT_CONN_RATE_10S,
                 rate(starts, n, 10 * SYC_US_PER_S, b->view.unseen_rate[1]));
    }
    if (n >= LEAST_SAME_START) {
        fact_ratio(row, FACT_CONN_SAME_START, same, n - 1, 1);
    }
}

/* Starts are gathered anew: one load a connection, where keeping them would tie the groups to an order. */
void
syc_facts_backoff(const struct basis *b, struct syc_value *row)
{
    size_t n = gather_starts(&b->view);

    if (n >= LEAST_BACKOFF) {
        fact_int(row, FACT_IAT_BACKOFF, backoff(b->view.work, n));
    }
}

/*
 * In parts, since no shipped rule reads more than the ordered gaps of starts, and sums of 128 bits and
 * logarithms are half of the rest's cost.
 */
static void
iat_facts(const struct basis *b, unsigned parts, struct syc_value *row)
{
    syc_facts_gaps(&b->view, gather_starts(&b->view), parts, GAP_LEAST_CONCENTRATION, FACT_IAT_MEAN,
                   row);
}

void
syc_facts_iat_sums(const struct basis *b, struct syc_value *row)
{
    iat_facts(b, GAP_PART_SUMS, row);
}

void
syc_facts_iat_order(const struct basis *b, struct syc_value *row)
{
    iat_facts(b, GAP_PART_ORDER, row);
}

void
syc_facts_iat_entropy(const struct basis *b, struct syc_value *row)
{
    iat_facts(b, GAP_PART_ENTROPY, row);
}

/* One that begins as another ends counts beside it: a SYN without an answer is open for its own instant. */
static int64_t
parallel_peak(const struct view *v, struct mark *const *marks, size_t n)
{
    int64_t *ends = v->work;
    size_t ended = 0;
    size_t peak = 0;

    for (size_t i = 0; i < n; i++) {
        ends[i] = marks[i]->start_us + marks[i]->life_us;
    }
    syc_sort_numbers(ends, n, v->work + v->work_each);
    for (size_t i = 0; i < n; i++) {
        while (ends[ended] < marks[i]->start_us) {
            ended++;
        }
        peak = i + 1 - ended > peak ? i + 1 - ended : peak;
    }
    return (int64_t)peak;
}

static bool
same_service(const struct mark *a, const struct mark *b)
{
    return a->dest_port == b->dest_port && memcmp(a->dest, b->dest, sizeof(a->dest)) == 0;
}

void
syc_facts_parallel(const struct basis *b, struct syc_value *row)
{
    if (b->view.count > 0) {
        fact_int(row, FACT_CONN_PARALLEL, parallel_peak(&b->view, b->view.marks, b->view.count));
    }
}

/* Connections of a service stand together and by start, marks of parts behind them. */
void
syc_facts_parallel_service(const struct basis *b, struct syc_value *row)
{
    const struct view *v = &b->view;
    int64_t peak = 0;

    for (size_t from = 0, to; from < v->count_all; from = to) {
        struct mark *const *service = v->by_dest + from;
        size_t n = 0;
        int64_t now;
        for (to = from; to < v->count_all && same_service(service[0], v->by_dest[to]); to++) {
            n += (v->by_dest[to]->flags & MARK_CONTINUES) == 0;
        }
        now = n > 1 ? parallel_peak(v, service, n) : (int64_t)n;
        peak = now > peak ? now : peak;
    }
    if (v->count > 0) {
        fact_int(row, FACT_CONN_PARALLEL_SERVICE, peak);
    }
}

/*
 * Over the 24 hours of the day: ln 24 / ln 2 = 4.58 bits for who never sleeps. In UTC; where the day begins does not
 * change it. Below three days it would tell when the capture was taken.
 */
void
syc_facts_hours(const struct basis *b, struct syc_value *row)
{
    const struct view *v = &b->view;
    const int64_t hour_us = 3600 * SYC_US_PER_S;
    uint64_t hours[24] = {0};
    uint64_t n = 0;
    double bits = 0;

    if (v->count == 0 ||
        v->marks[v->count - 1]->start_us - v->marks[0]->start_us < LEAST_DAYS * 24 * hour_us) {
        return;
    }
    for (size_t i = 0; i < v->count; i++) {
        int64_t hour = v->marks[i]->start_us / hour_us % 24;
        if ((v->marks[i]->flags & MARK_START) != 0) {
            hours[hour < 0 ? hour + 24 : hour]++;
            n++;
        }
    }
    for (size_t i = 0; i < 24; i++) {
        double p = (double)hours[i] / (double)n;
        bits -= hours[i] > 0 ? p * log2(p) : 0;
    }
    if (n > 0) {
        fact_real(row, FACT_HOURS_ENTROPY, bits);
    }
}

void
syc_facts_life(const struct basis *b, struct syc_value *row)
{
    const struct view *v = &b->view;
    int64_t *lives = v->work;
    size_t n = 0;

    for (size_t i = 0; i < v->count; i++) {
        if ((v->marks[i]->flags & MARK_ESTABLISHED) != 0) {
            lives[n++] = v->marks[i]->life_us;
        }
    }
    if (n >= LEAST_OUTCOME) {
        syc_sort_numbers(lives, n, v->work + v->work_each);
        fact_real(row, FACT_CONN_LIFE, (double)syc_gaps_median_twice(lives, n) / 2000);
    }
}

void
syc_facts_use(const struct basis *b, struct syc_value *row)
{
    const struct view *v = &b->view;
    struct counts c = {.last_us = INT64_MIN};

    for (size_t i = 0; i < v->count; i++) {
        count_mark(&c, v->marks[i]);
    }
    fact_int(row, FACT_IAT_N, c.starts > 0 ? (int64_t)c.starts - 1 : 0);
    if (v->unseen > 0) {
        c.starts += v->unseen;
        c.unanswered += v->unseen;
        c.last_us = v->unseen_last_us > c.last_us ? v->unseen_last_us : c.last_us;
    }
    if (v->count > 0) {
        int64_t first_us = v->marks[0]->start_us;
        first_us = v->unseen > 0 && v->unseen_first_us < first_us ? v->unseen_first_us : first_us;
        fact_real(row, FACT_CONN_SPAN, (double)(c.last_us - first_us) / 1e6);
        use_facts(&c, row);
    }
}
