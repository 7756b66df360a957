/* Handshakes (2.5): round trips, retry schedules, outcomes, ghosts, SYN cookies, full accept queues. */

#include "behavior/audit_part.h"
#include "behavior/mark.h"

#include <string.h>

/* A ghost's data is repeated so often, or acknowledged only after so long. */
enum { GHOST_REPEATS = 3, GHOST_US = 3000000 };

/* How far a cookie's TSval is behind the clock: its low 6 bits carry options (Linux); measured +7..+62 ms. */
enum { COOKIE_LEAST_MS = 3, COOKIE_MOST_MS = 127, COOKIES_LEAST = 3 };

/* SYNs dropped within a second of each other, and of all that came then in percent: a queue that is full. */
enum { DROPS_LEAST = 3, DROPS_PERCENT = 10 };

/* SYNs of an attempt that nobody stops: Linux, 1 + 4 linear + 6 (default retries), and 1 + 5 of the classic schedule. */
enum { SYNS_LINEAR_4 = 11, SYNS_EXPONENTIAL_1 = 6 };

/* ------------------------------------------------------------ setup times */

static bool
fill_setup(const struct life_pair *p, struct audit_work *w, struct syc_audit_handshake *row)
{
    int64_t *setup = syc_arena_alloc(&w->scratch, (p->count + 1) * sizeof(*setup));
    int64_t *spare = syc_arena_alloc(&w->scratch, (p->count + 1) * sizeof(*spare));
    int64_t trip = p->rtt_min_dur != SYC_NONE ? p->rtt_min_dur : audit_legs(p).trip;
    size_t n = 0;

    if (setup == NULL || spare == NULL) {
        return false;
    }
    for (size_t i = 0; i < p->count; i++) {
        const struct life *l = &p->lives[i];
        if (l->setup_dur >= 0 && part_seen(p, l->ack)) {
            setup[n++] = part_held(l->setup_dur);
        }
    }
    if (trip != SYC_NONE) {
        row->rtt_min_ms = (double)trip / 1e3;
    }
    if (n > 0) {
        syc_sort_numbers(setup, n, spare);
        row->setup_p50_ms = (double)part_quantile(setup, n, 50) / 1e3;
        row->setup_p95_ms = (double)part_quantile(setup, n, 95) / 1e3;
    }
    return true;
}

/* ------------------------------------------------------------ schedule */

static size_t
syns_seen(const struct life_pair *p, const struct life *l)
{
    size_t n = l->syn_time_count < SYC_SYN_TIMES_MAX ? l->syn_time_count : SYC_SYN_TIMES_MAX;

    while (n > 0 && l->syn_times[n - 1] > p->at) {
        n--;
    }
    return n;
}

static bool
is_answered(const struct life_pair *p, const struct life *l)
{
    return part_seen(p, l->syn_ack) || part_seen(p, l->established) || part_seen(p, l->rst_at) ||
           part_seen(p, l->unreachable_at);
}

/*
 * The program gave up before the stack did: the next SYN was due, with the timer wheel's delay, and did not come, though
 * fewer were sent than the stack's default.
 */
static bool
is_abandoned(const struct life *l, size_t n, enum schedule s, int64_t last)
{
    size_t whole = s == SCHEDULE_LINEAR_4        ? SYNS_LINEAR_4
                   : s == SCHEDULE_EXPONENTIAL_1 ? SYNS_EXPONENTIAL_1
                                                 : 0;
    int64_t gap = l->syn_times[n - 1] - l->syn_times[n - 2];

    return n < whole && last - l->syn_times[n - 1] > 2 * gap + gap / 5 + SYC_US_PER_S;
}

static enum schedule
schedule_of(const struct life_pair *p, const struct life *l, size_t n)
{
    int64_t times[SYC_SYN_TIMES_MAX];

    for (size_t i = 0; i < n; i++) {
        times[i] = part_held(l->syn_times[i] - l->start);
    }
    return syc_schedule_classify(times, n);
}

/* The commonest schedule of the lives that repeated their SYN at least twice; attempts given up count as such. */
static void
fill_schedule(const struct life_pair *p, struct syc_audit_handshake *row)
{
    uint64_t seen[SCHEDULE_COUNT + 1] = {0};
    int64_t last = audit_last(p);
    size_t best = SCHEDULE_NONE;

    for (size_t i = 0; i < p->count; i++) {
        const struct life *l = &p->lives[i];
        size_t n = syns_seen(p, l);
        enum schedule s = schedule_of(p, l, n);
        bool abandoned = s != SCHEDULE_NONE && !is_answered(p, l) && is_abandoned(l, n, s, last);
        seen[abandoned ? SCHEDULE_COUNT : s]++;
    }
    seen[SCHEDULE_NONE] = 0;
    for (size_t i = SCHEDULE_NONE + 1; i <= SCHEDULE_COUNT; i++) {
        best = seen[i] > seen[best] ? i : best;
    }
    if (best >= SCHEDULE_LINEAR_1 && best <= SCHEDULE_LINEAR_6) {
        row->schedule = SYC_SYN_SCHEDULE_LINEAR;
        row->schedule_n = (int64_t)(best - SCHEDULE_LINEAR_1) + 1;
        return;
    }
    row->schedule = best == SCHEDULE_NONE            ? SYC_SYN_SCHEDULE_NONE
                    : best == SCHEDULE_EXPONENTIAL_1 ? SYC_SYN_SCHEDULE_EXPONENTIAL_1
                    : best == SCHEDULE_EXPONENTIAL_3 ? SYC_SYN_SCHEDULE_EXPONENTIAL_3
                    : best == SCHEDULE_COUNT         ? SYC_SYN_SCHEDULE_APP_TIMEOUT
                                                     : SYC_SYN_SCHEDULE_UNKNOWN;
}

/* ------------------------------------------------------------ outcomes */

static void
count_retransmits(const struct life_pair *p, const struct life *l, struct syc_audit_handshake *row)
{
    size_t seen = syns_seen(p, l);

    if (part_over(p, l)) {
        part_add(&row->syn_retransmits, l->retrans_syn[SYC_TOSERVER]);
        part_add(&row->syn_ack_retransmits, l->retrans_syn[SYC_TOCLIENT]);
    } else {
        part_add(&row->syn_retransmits, seen > 0 ? (int64_t)seen - 1 : 0);
    }
}

/*
 * Complete handshake, but the client's data finds no reader: the server dropped the connection when its accept queue was
 * full, and only the client believes in it (2.5 c).
 */
static bool
is_ghost(const struct life_pair *p, const struct life *l)
{
    if (!part_over(p, l) || l->ack == SYC_NONE || (l->degraded & PART_LOSSY) != 0) {
        return false;
    }
    if (l->first_data_acked == SYC_NONE) {
        return l->never_acked_octets > 0 && l->never_acked_repeats >= GHOST_REPEATS;
    }
    return l->first_payload[0] != SYC_NONE && l->retrans_data[0] >= GHOST_REPEATS &&
           l->first_data_acked - l->first_payload[0] >= GHOST_US;
}

static void
count_outcome(const struct life_pair *p, const struct life *l, struct syc_audit_handshake *row)
{
    bool syn = l->isn != SYC_NONE;
    bool lossy = (l->degraded & PART_LOSSY) != 0;

    if (audit_established(p, l)) {
        row->ghost += is_ghost(p, l);
    } else if (!syn) {
        return;
    } else if (l->close_kind == SYC_CLOSE_REFUSED && part_seen(p, l->rst_at)) {
        row->refused++;
    } else if (part_seen(p, l->unreachable_at)) {
        row->unreachable++;
    } else if (part_seen(p, l->syn_ack)) {
        row->half_open += !lossy;
    } else if (!part_seen(p, l->rst_at)) {
        row->no_answer += !lossy;
    }
}

/* ------------------------------------------------------------ full accept queue */

/* How many of the ascending numbers are below t. */
static size_t
below(const int64_t *sorted, size_t n, int64_t t)
{
    size_t low = 0;

    while (low < n) {
        size_t middle = low + (n - low) / 2;
        if (sorted[middle] < t) {
            low = middle + 1;
        } else {
            n = middle;
        }
    }
    return low;
}

/* How many lie within a second of t. */
static size_t
count_near(const int64_t *sorted, size_t n, int64_t t)
{
    return below(sorted, n, t + SYC_US_PER_S + 1) - below(sorted, n, t - SYC_US_PER_S);
}

/* The first SYN had to be repeated, and no answer to it was seen: when it was dropped, else SYC_NONE. */
static int64_t
dropped_at(const struct life_pair *p, const struct life *l)
{
    bool repeated = (l->degraded & PART_LOSSY) == 0 && syns_seen(p, l) > 1;
    bool answered = part_seen(p, l->unreachable_at) ||
                    (l->syn_ack != SYC_NONE && repeated && l->syn_ack <= l->syn_times[1]);

    return repeated && !answered ? l->syn_times[0] : SYC_NONE;
}

/* First SYNs of a pair that were answered at once, and that were dropped: times, ascending. */
struct syn_fates {
    int64_t *answered, *dropped;
    size_t answered_count, dropped_count;
};

/*
 * A listener whose queue is full drops several SYNs, and answers others, within the same second (a); a path that loses
 * one now and then does not. Or it drops the handshake's last ACK and repeats its SYN+ACK (b).
 */
static bool
is_overflow(const struct life_pair *p, const struct life *l, const struct syn_fates *fates)
{
    int64_t at = dropped_at(p, l);
    size_t dropped;
    size_t answered;

    if (part_over(p, l) && l->retrans_syn_after_ack > 0) {
        return true;
    }
    if (at == SYC_NONE) {
        return false;
    }
    dropped = count_near(fates->dropped, fates->dropped_count, at);
    answered = count_near(fates->answered, fates->answered_count, at);
    return dropped >= DROPS_LEAST && answered > 0 &&
           dropped * 100 >= (dropped + answered) * DROPS_PERCENT;
}

static bool
fill_overflow(const struct life_pair *p, struct audit_work *w, struct syc_audit_handshake *row)
{
    struct syn_fates fates = {.answered = syc_arena_alloc(&w->scratch,
                                                          (p->count + 1) * sizeof(*fates.answered)),
                              .dropped = syc_arena_alloc(&w->scratch,
                                                         (p->count + 1) * sizeof(*fates.dropped))};
    int64_t *spare = syc_arena_alloc(&w->scratch, (p->count + 1) * sizeof(*spare));

    if (fates.answered == NULL || fates.dropped == NULL || spare == NULL) {
        return false;
    }
    for (size_t i = 0; i < p->count; i++) {
        const struct life *l = &p->lives[i];
        int64_t dropped = dropped_at(p, l);
        if (dropped != SYC_NONE) {
            fates.dropped[fates.dropped_count++] = dropped;
        } else if (part_seen(p, l->syn_ack) && syns_seen(p, l) <= 1) {
            fates.answered[fates.answered_count++] = l->start;
        }
    }
    syc_sort_numbers(fates.answered, fates.answered_count, spare);
    syc_sort_numbers(fates.dropped, fates.dropped_count, spare);
    for (size_t i = 0; i < p->count; i++) {
        row->overflow += is_overflow(p, &p->lives[i], &fates);
    }
    return true;
}

/* ------------------------------------------------------------ cookies */

enum { KIND_SACK_PERMITTED = 4, KIND_TIMESTAMPS = 8 };

static bool
has_option(const struct syc_syn *syn, uint8_t kind)
{
    return memchr(syn->option_kinds, kind, syn->option_count) != NULL;
}

/* The SYN offered window scale and SACK, and no timestamps that could carry them in a cookie. */
static bool
offers_without_clock(const struct life *l)
{
    return l->syn[0] != NULL && l->syn[1] != NULL && l->syn[0]->wscale >= 0 &&
           has_option(l->syn[0], KIND_SACK_PERMITTED) && !has_option(l->syn[0], KIND_TIMESTAMPS);
}

static bool
accepts_options(const struct life *l)
{
    return l->syn[1]->wscale >= 0 || has_option(l->syn[1], KIND_SACK_PERMITTED);
}

static bool
is_jump(const struct life *l)
{
    return l->syn_cookie_jump_ms >= COOKIE_LEAST_MS && l->syn_cookie_jump_ms <= COOKIE_MOST_MS;
}

/*
 * A server that keeps no state for a SYN cannot repeat its SYN+ACK, and accepts only what fits into a cookie: options that
 * it accepts elsewhere are missing, or they sit in the low bits of its TSval, which is then off its clock.
 */
static bool
suspects_cookies(const struct life_pair *p)
{
    int64_t refused = 0, accepted = 0, jumps = 0, clocks = 0;

    for (size_t i = 0; i < p->count; i++) {
        const struct life *l = &p->lives[i];
        if (!part_over(p, l) || l->syn_ack == SYC_NONE) {
            continue;
        }
        if (l->syn[1] != NULL) {
            accepted += accepts_options(l);
            refused += offers_without_clock(l) && !accepts_options(l) && l->retrans_syn[1] <= 0;
        }
        clocks += l->syn_cookie_jump_ms != SYC_NONE;
        jumps += is_jump(l) && l->retrans_syn[1] <= 0;
    }
    return (refused >= COOKIES_LEAST && accepted > 0) ||
           (jumps >= COOKIES_LEAST && jumps * 2 > clocks);
}

bool
audit_handshake_pair(const struct life_pair *p, struct audit_work *w, struct syc_audit_pair *out)
{
    struct syc_audit_handshake *row = &out->handshake;

    *row = (struct syc_audit_handshake){.rtt_min_ms = NAN,
                                        .setup_p50_ms = NAN,
                                        .setup_p95_ms = NAN,
                                        .syn_retransmits = SYC_NONE,
                                        .syn_ack_retransmits = SYC_NONE,
                                        .schedule_n = SYC_NONE};
    for (size_t i = 0; i < p->count; i++) {
        if (p->lives[i].start <= p->at) {
            count_retransmits(p, &p->lives[i], row);
            count_outcome(p, &p->lives[i], row);
        }
    }
    fill_schedule(p, row);
    row->cookies_suspected = suspects_cookies(p);
    return fill_setup(p, w, row) && fill_overflow(p, w, row);
}
