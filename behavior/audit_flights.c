/* Responses, flights, and the initial window (2.4). */

#include "behavior/audit_flights.h"

/* Segments within this share of a round trip of a flight's first belong to it. */
enum { SHARE_NUMERATOR = 9, SHARE_DENOMINATOR = 10 };
/* A gap inside a first flight above 1/20 of a round trip: a bottleneck spreads it, its size means nothing. */
enum { SPREAD_SHARE = 20 };
/* A flight follows another because of its ACKs when it begins within so many round trips. */
enum { CLOCKED_TRIPS = 2 };
/* Least silence after which Linux restarts from the initial window: TCP_RTO_MIN, and a round trip on top. */
enum { IDLE_US = 200000 };

struct flight {
    int64_t at; /* of its first segment, absolute */
    int64_t segments, octets, retransmitted, gap_max;
    bool window_limited;
};

struct response {
    const struct flight *flights;
    size_t count;
    int64_t segments;
    int64_t idle; /* silence of the server before it; SYC_NONE = it is the connection's first */
};

/* Walks the responses of one life. */
struct walk {
    const struct life_pair *p;
    const struct life *l;
    int64_t trip;
    size_t exchange, flight; /* next ones */
    int64_t quiet_since;     /* end of the server burst before; SYC_NONE = none yet */
    struct flight *room;
};

/* ------------------------------------------------------------ responses */

static void
add_flight(struct walk *k, size_t *n, int64_t *end, const struct syc_flight *f)
{
    int64_t at = k->l->start + part_held(f->offset_us);
    struct flight *g = *n > 0 ? &k->room[*n - 1] : NULL;
    int64_t gap = part_held(f->gap_max_us);

    if (g == NULL || at - g->at > k->trip / SHARE_DENOMINATOR * SHARE_NUMERATOR) {
        g = &k->room[(*n)++];
        *g = (struct flight){.at = at};
    } else if (at - *end > gap) {
        gap = at - *end;
    }
    part_add(&g->segments, f->segments);
    part_add(&g->octets, f->octets);
    part_add(&g->retransmitted, f->retransmitted);
    g->gap_max = gap > g->gap_max ? gap : g->gap_max;
    g->window_limited |= f->window_limited != 0;
    *end = at + part_held(f->dur_us);
}

/* The flights of one server burst; a burst of a single clean flight has no entry in the list. */
static void
add_burst(struct walk *k, const struct syc_exchange *x, size_t *n, int64_t *end)
{
    int64_t to = part_held(x->answer_offset_us) + part_held(x->server_dur_us);
    size_t before = k->flight;

    while (k->flight < k->l->flight_count && part_held(k->l->flights[k->flight].offset_us) <= to) {
        add_flight(k, n, end, &k->l->flights[k->flight++]);
    }
    if (k->flight == before) {
        struct syc_flight whole = {.offset_us = x->answer_offset_us,
                                   .dur_us = x->server_dur_us,
                                   .segments = x->server_packets,
                                   .octets = x->server_octets};
        add_flight(k, n, end, &whole);
    }
}

static bool
is_answer(const struct walk *k, const struct syc_exchange *x)
{
    return x->answered != 0 &&
           k->l->start + part_held(x->answer_offset_us) + part_held(x->server_dur_us) <= k->p->at;
}

/* What the server sent between two client payloads: bursts without one before them go on with the same response. */
static bool
next_response(struct walk *k, struct response *out)
{
    const struct life *l = k->l;
    size_t n = 0;
    int64_t end = 0;

    while (k->exchange < l->exchange_count && !is_answer(k, &l->exchanges[k->exchange])) {
        k->exchange++;
    }
    if (k->exchange >= l->exchange_count) {
        return false;
    }
    do {
        add_burst(k, &l->exchanges[k->exchange++], &n, &end);
    } while (k->exchange < l->exchange_count && l->exchanges[k->exchange].client_packets <= 0 &&
             is_answer(k, &l->exchanges[k->exchange]));
    *out = (struct response){.flights = k->room, .count = n, .idle = SYC_NONE};
    for (size_t i = 0; i < n; i++) {
        part_add(&out->segments, k->room[i].segments);
    }
    if (k->quiet_since != SYC_NONE) {
        out->idle = k->room[0].at - k->quiet_since;
    }
    k->quiet_since = end;
    return true;
}

/* Exchanges and flights are all there and in sequence. */
static bool
is_whole(const struct life_pair *p, const struct life *l)
{
    return l->start <= p->at && !l->cut && (l->degraded & PART_LOSSY) == 0;
}

/* ------------------------------------------------------------ one flight after another */

/* Its segments are full ones: the window, not the program, decided where it ends. A short head or tail is allowed. */
static bool
is_full(const struct life *l, const struct flight *f)
{
    int64_t mss = part_held(l->segment_max[SYC_TOCLIENT]);

    return mss > 0 && f->octets / mss * 2 + (f->octets % mss * 2 >= mss) >= f->segments;
}

/* The next flight waited for the ACKs of this one. */
static bool
waited(const struct walk *k, const struct flight *f)
{
    return is_full(k->l, f) && f[1].at - f->at <= CLOCKED_TRIPS * k->trip;
}

/* ------------------------------------------------------------ the initial window */

/* How often each initial window was met; windows are small. */
enum { WINDOWS = 128 };
struct windows {
    uint32_t seen[WINDOWS];
    uint32_t spread;                  /* connections of which a bottleneck hides it */
    int64_t least, least_connections; /* at least so large */
};

/* A bottleneck on the way pulled its segments apart. */
static bool
is_spread(const struct walk *k, const struct flight *f)
{
    return f->segments > 1 && f->gap_max >= k->trip / SPREAD_SHARE;
}

/*
 * The first flight says what the window was when the rest had to wait for its ACKs, and at least that when there was no
 * rest. One segment alone cannot show whether it was pulled off others: then the second flight must have grown.
 */
static void
note_window(const struct walk *k, const struct response *r, struct windows *out)
{
    const struct flight *f = r->flights;

    if (f->retransmitted > 0 || (r->count > 1 && !waited(k, f))) {
        return;
    }
    if (r->count == 1 || f->window_limited) {
        if (f->segments > out->least) {
            out->least = f->segments;
            out->least_connections = 0;
        }
        out->least_connections += f->segments == out->least;
    } else if (is_spread(k, f) ||
               (f->segments == 1 && (f[1].segments < 2 || is_spread(k, f + 1)))) {
        out->spread++;
    } else if (f->segments < WINDOWS) {
        out->seen[f->segments]++;
    }
}

/* The first response of every connection whose beginning was seen. */
static void
note_windows(const struct life_pair *p, struct walk *k, struct windows *out)
{
    for (size_t i = 0; i < p->count; i++) {
        struct response r;
        *k = (struct walk){
            .p = p, .l = &p->lives[i], .trip = k->trip, .quiet_since = SYC_NONE, .room = k->room};
        if (is_whole(p, k->l) && k->l->handshake_seen && next_response(k, &r)) {
            note_window(k, &r, out);
        }
    }
}

/* The commonest, where a bottleneck does not hide most; of equally common ones the smallest, which claims least. */
static void
decide_window(const struct windows *windows, struct flights_survey *out)
{
    size_t best = 0;

    for (size_t i = 1; i < WINDOWS; i++) {
        best = windows->seen[i] > windows->seen[best] ? i : best;
    }
    best = windows->seen[best] >= windows->spread ? best : 0;
    out->iw_exact = best > 0;
    if (best > 0) {
        out->iw = (int64_t)best;
        out->iw_connections = windows->seen[best];
    } else if (windows->least > 0) {
        out->iw = windows->least;
        out->iw_connections = windows->least_connections;
    }
}

/* ------------------------------------------------------------ what it cost */

/* The largest flight that a life's responses came in, or the client's window if that is smaller; in segments. */
static int64_t
warm_window(const struct life *l, const struct flight *f, int64_t largest)
{
    int64_t mss = part_held(l->segment_max[SYC_TOCLIENT]);
    int64_t window = part_held(l->window_peak[SYC_TOSERVER]);
    int64_t room = mss > 0 && window > mss ? window / mss : INT64_MAX;
    int64_t size = f->segments < room ? f->segments : room;

    return f->retransmitted == 0 && size > largest ? size : largest;
}

/*
 * Round trips that this response needed and a warmed connection would not have: its flights, as far as each waited for
 * the one before and nothing was lost, against as many of the largest (2.4.4).
 */
static int64_t
lost_trips(const struct walk *k, const struct response *r, int64_t warm)
{
    int64_t segments = 0;
    int64_t flights = 0;

    for (size_t i = 0; i < r->count; i++) {
        part_add(&segments, r->flights[i].segments);
        flights++;
        if (i + 1 < r->count && (!waited(k, &r->flights[i]) || r->flights[i].retransmitted > 0)) {
            break;
        }
    }
    flights -= warm > 0 ? (segments + warm - 1) / warm : flights;
    return flights > 0 ? flights : 0;
}

static bool
is_restart(const struct walk *k, const struct response *r, int64_t iw, int64_t largest)
{
    return r->idle != SYC_NONE && r->idle >= IDLE_US + k->trip && r->count > 1 &&
           waited(k, r->flights) && r->flights[0].retransmitted == 0 &&
           r->flights[0].segments <= iw && largest > iw;
}

static void
survey_life(struct walk *k, int64_t warm, struct flights_survey *out)
{
    struct response r;
    int64_t largest = 0;

    while (next_response(k, &r)) {
        bool small = out->iw_exact && r.segments <= out->iw;
        int64_t lost = r.count == 1 || small ? 0 : lost_trips(k, &r, warm);
        out->responses++;
        out->one_flight += r.count == 1 || small;
        out->round_trips_lost += lost;
        out->first_lost += r.idle == SYC_NONE && k->l->handshake_seen ? lost : 0;
        out->idle_restarts += out->iw_exact && is_restart(k, &r, out->iw, largest);
        for (size_t i = 0; i < r.count; i++) {
            largest = r.flights[i].segments > largest ? r.flights[i].segments : largest;
        }
    }
}

static int64_t
find_warm(const struct life_pair *p, struct walk *k)
{
    int64_t warm = 0;

    for (size_t i = 0; i < p->count; i++) {
        struct response r;
        *k = (struct walk){
            .p = p, .l = &p->lives[i], .trip = k->trip, .quiet_since = SYC_NONE, .room = k->room};
        while (is_whole(p, k->l) && next_response(k, &r)) {
            for (size_t j = 0; j < r.count; j++) {
                warm = warm_window(k->l, &r.flights[j], warm);
            }
        }
    }
    return warm;
}

bool
audit_flights(const struct life_pair *p, struct audit_work *w, struct flights_survey *out)
{
    struct walk k = {.trip = audit_legs(p).trip};
    struct windows windows = {.least = 0};
    size_t most = 0;
    int64_t warm;

    *out = (struct flights_survey){.iw = SYC_NONE, .iw_connections = SYC_NONE, .trip = k.trip};
    for (size_t i = 0; i < p->count; i++) {
        size_t n = p->lives[i].flight_count + p->lives[i].exchange_count;
        most = n > most ? n : most;
    }
    k.room = syc_arena_alloc(&w->scratch, (most + 1) * sizeof(*k.room));
    if (k.room == NULL) {
        return false;
    }
    if (k.trip == SYC_NONE) {
        k.trip = INT64_MAX / 2;
    }
    note_windows(p, &k, &windows);
    if (out->trip != SYC_NONE) {
        decide_window(&windows, out);
    }
    warm = find_warm(p, &k);
    for (size_t i = 0; i < p->count; i++) {
        k = (struct walk){
            .p = p, .l = &p->lives[i], .trip = k.trip, .quiet_since = SYC_NONE, .room = k.room};
        if (is_whole(p, k.l)) {
            survey_life(&k, warm, out);
        }
    }
    return true;
}
