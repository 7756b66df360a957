/*
 * Exchanges and flights: what the two sides said in turn.
 *
 * A burst is a run of one side's new payload, with neither the other side's payload nor a gap of 1
 * s or more inside it (record.md). A client burst opens an exchange; the server burst after it
 * answers it. A flight is a part of a server burst that left without waiting for an ACK: it ends at
 * a silence above R/8 or after lasting that long, R being the connection's round trip, so that slow
 * start shows as flights of growing size.
 *
 *    client  ##            #                  ###
 *    server     ### #  ####      #######           ##
 *               |-f1-| |f2|
 *            '-- exchange 1 --'
 *                          '-- exchange 2 --'  '- 3 -'            f = flights of the burst
 *
 * Cadence, pools and slow start are all read from these lists (cadence 2, item 1: one poller may
 * use one connection for hours, so connection starts are not enough). Only new octets count:
 * repeats and probes are the network's doing.
 *
 * Invariants: at most one exchange is open and it is in exchange_state, not in the log; gaps are
 * tested on times already quantized to microseconds, so that records read back split at the same
 * places; a part ends before a burst.
 */

#include "connection/burst_int.h"

/* ------------------------------------------------------------ into the log */

/* When memory is short, lists become sums, and the record says so: nothing of the totals is lost. */
static void
cut_flight(struct conn *c, const struct flight *f)
{
    struct cut *cut = cut_of(c);

    if (cut != NULL) {
        cut->flights++;
        cut->flight_segments += f->segments;
        cut->flight_octets += f->octets;
    }
}

/*
 * Offsets are differences to the entry before it, whatever its kind: small numbers make short
 * varints.
 */
static void
log_flight(struct store *store, struct conn *c)
{
    const struct flight *f = &c->exchange.flight;
    int64_t entry[] = {LOG_FLIGHT,
                       log_fold(f->from - c->log.previous),
                       c->side[SYC_TOCLIENT].new_at - f->from,
                       f->gap_max,
                       f->segments,
                       (int64_t)f->octets,
                       c->exchange.retransmitted,
                       f->window_limited};

    log_append(store, c, entry, sizeof(entry) / sizeof(entry[0]));
    if (c->log.lost) {
        cut_flight(c, f);
        return;
    }
    c->log.flights++;
    c->log.previous = f->from;
}

static void
cut_exchange(struct conn *c)
{
    const struct exchange_state *x = &c->exchange;
    struct cut *cut = cut_of(c);
    int64_t from = x->client.packets > 0 ? x->client.from : x->server.from;

    if (cut != NULL) {
        cut->exchanges++;
        cut->answered += x->answered;
        cut->client_octets += x->client.octets;
        cut->client_packets += x->client.packets;
        cut->server_octets += x->server.octets;
        cut->server_packets += x->server.packets;
        cut->busy += c->side[x->answered ? SYC_TOCLIENT : SYC_TOSERVER].new_at - from;
    }
}

/*
 * The answer's five numbers are written only if there is one: an unanswered burst takes half the
 * room. A client that said nothing (the server spoke first) has zeros.
 */
static void
log_exchange(struct store *store, struct conn *c)
{
    const struct exchange_state *x = &c->exchange;
    bool client = x->client.packets > 0;
    int64_t from = client ? x->client.from : x->server.from;
    int64_t entry[] = {x->answered ? LOG_ANSWERED : LOG_EXCHANGE,
                       log_fold(from - c->log.previous),
                       client ? c->side[SYC_TOSERVER].new_at - x->client.from : 0,
                       (int64_t)x->client.octets,
                       x->client.packets,
                       x->server.from - from,
                       (int64_t)x->first_flight_octets,
                       c->side[SYC_TOCLIENT].new_at - x->server.from,
                       (int64_t)x->server.octets,
                       x->server.packets};

    log_append(store, c, entry, x->answered ? 10 : 5);
    if (c->log.lost) {
        cut_exchange(c);
        return;
    }
    c->log.exchanges++;
    c->log.previous = from;
}

/*
 * Flights of a burst that was one flight without repeats are not listed: the exchange says all of
 * it.
 */
static bool
lists_flight(const struct exchange_state *x)
{
    return x->flights > 1 || (x->flights == 1 && x->repeats);
}

/* The flight is over: the burst's sums are of what is before the present one. */
static void
add_flight(struct exchange_state *x)
{
    x->server.octets += x->flight.octets;
    x->server.packets += x->flight.segments;
}

/* What the end of an exchange changes of the connection, and of the exchange itself. */
static void
settle(struct conn *c)
{
    struct exchange_state *x = &c->exchange;

    add_flight(x);
    if (x->flights == 1) {
        x->first_flight_octets = x->flight.octets;
    }
    if (x->client.setup) {
        c->setup_turns += x->answered;
        c->setup_pkts += x->client.packets;
        c->setup_bytes += x->client.octets;
    }
    c->turns += x->answered && x->client.packets > 0;
}

/*
 * The only place where an exchange enters the log. last_side stays, so that what follows cannot
 * continue the burst that was just written.
 */
void
burst_end(struct store *store, struct conn *c)
{
    struct exchange_state *x = &c->exchange;

    if (!x->open) {
        return;
    }
    if (lists_flight(x)) {
        log_flight(store, c);
    }
    settle(c);
    log_exchange(store, c);
    *x = (struct exchange_state){.last_side = x->last_side};
}

bool
burst_take(struct conn *c, struct syc_exchange *exchange, struct syc_flight *flight)
{
    struct exchange_state *x = &c->exchange;
    const struct flight *f = &x->flight;
    bool client = x->client.packets > 0;

    *flight = (struct syc_flight){0};
    if (!x->open) {
        return false;
    }
    if (lists_flight(x)) {
        *flight = (struct syc_flight){f->from,
                                      c->side[SYC_TOCLIENT].new_at - f->from,
                                      f->gap_max,
                                      f->segments,
                                      (int64_t)f->octets,
                                      x->retransmitted,
                                      f->window_limited};
    }
    settle(c);
    *exchange =
        (struct syc_exchange){.offset_us = client ? x->client.from : x->server.from,
                              .client_dur_us =
                                  client ? c->side[SYC_TOSERVER].new_at - x->client.from : 0,
                              .client_octets = (int64_t)x->client.octets,
                              .client_packets = x->client.packets};
    if (x->answered) {
        exchange->answered = 1;
        exchange->answer_offset_us = x->server.from;
        exchange->first_flight_octets = (int64_t)x->first_flight_octets;
        exchange->server_dur_us = c->side[SYC_TOCLIENT].new_at - x->server.from;
        exchange->server_octets = (int64_t)x->server.octets;
        exchange->server_packets = x->server.packets;
    }
    *x = (struct exchange_state){.last_side = x->last_side};
    return true;
}

/* ------------------------------------------------------------ set-up */

/*
 * First octets of a client burst that belongs to the set-up: a TLS handshake record, a database
 * log-in. They are turns but no requests (lifecycle 2.3.1: 124 turns on 4 TLS connections were 120
 * requests). One octet is looked at, if captured.
 */
static bool
is_setup(const struct conn *c, const struct syc_segment *s)
{
    bool first = c->log.exchanges == 0 && c->turns == 0;
    uint8_t octet = s->payload.n > 0 ? s->payload.p[0] : 0;

    switch ((enum syc_protocol)c->protocol) {
    case SYC_PROTOCOL_TLS:
        return octet == 22; /* RFC 8446 5.1: handshake */
    case SYC_PROTOCOL_POSTGRESQL:
        /* SSLRequest and start-up begin with a length, passwords with p; between them TLS may shake hands */
        return first || octet == 0 || octet == 'p' || octet == 22;
    case SYC_PROTOCOL_MYSQL:
        return c->turns == 0;
    case SYC_PROTOCOL_UNKNOWN:
    case SYC_PROTOCOL_HTTP1:
    case SYC_PROTOCOL_REDIS:
    case SYC_PROTOCOL_SSH:
    case SYC_PROTOCOL_COUNT:
        break;
    }
    return false;
}

/*
 * Protocol by the first payload of either side, requests by each client segment that starts one: no
 * stream is put together, so pipelined requests within one segment count once (lifecycle 2.3.1: a
 * lower bound).
 */
static void
look_at_payload(struct step *st)
{
    struct conn *c = st->c;
    bool client = st->dir == SYC_TOSERVER;

    if (c->protocol == SYC_PROTOCOL_UNKNOWN && st->at == c->ends[st->dir].first_payload_at) {
        c->protocol = (uint8_t)syc_protocol_guess(st->s->payload, client);
    }
    if (client && c->protocol == SYC_PROTOCOL_HTTP1 && syc_http_request_starts(st->s->payload)) {
        c->requests++;
    }
}

/* ------------------------------------------------------------ one segment */

/*
 * Whether a burst of this side, now, needs an exchange of its own. A server burst joins an open
 * exchange that has no answer; a second one after a gap is an exchange without client.
 */
static bool
opens_exchange(const struct conn *c, int dir, int64_t at)
{
    const struct exchange_state *x = &c->exchange;

    if (burst_continues(c, dir, at)) {
        return false;
    }
    return dir == SYC_TOSERVER || !x->open || x->answered;
}

/*
 * Asked before the segment changes anything: a part of the record must end before the burst, never
 * inside it (record.md).
 */
bool
burst_overflows(const struct conn *c, const struct syc_segment *s, int dir, int64_t at)
{
    const struct side *me = &c->side[dir];
    uint32_t end = s->seq + ((s->flags & SYC_SYN) != 0) + s->payload_octets;

    return c->log.exchanges + c->exchange.open >= SYC_EXCHANGES_MAX && s->payload_octets > 0 &&
           (s->flags & SYC_RST) == 0 && seq_after(end, me->next) && opens_exchange(c, dir, at);
}

/*
 * idle_before is the silence that a keep-alive race needs (close.c): from the last octets of either
 * side.
 */
static void
client_payload(struct step *st)
{
    struct conn *c = st->c;
    struct exchange_state *x = &c->exchange;

    if (opens_exchange(c, st->dir, st->at)) {
        int64_t busy = c->side[x->answered ? SYC_TOCLIENT : SYC_TOSERVER].new_at;
        c->idle_before = x->open ? st->at - busy : 0;
        burst_end(st->store, c);
        x->open = 1;
        x->client = (struct burst){.from = st->at, .setup = is_setup(c, st->s)};
    }
    burst_add_client(c, st->at, st->new_octets);
}

/*
 * The first flight's octets stand in the exchange: it is the initial window when a second one
 * follows (lifecycle 2.4.3).
 */
static void
new_flight(struct step *st)
{
    struct exchange_state *x = &st->c->exchange;

    if (x->flights == 1) {
        x->first_flight_octets = x->flight.octets;
    }
    if (x->flights > 0) {
        log_flight(st->store, st->c);
        add_flight(x);
    }
    x->flights++;
    x->flight = (struct flight){.from = st->at};
    x->retransmitted = 0;
}

static void
server_payload(struct step *st)
{
    struct conn *c = st->c;
    struct exchange_state *x = &c->exchange;

    if (!burst_continues(c, st->dir, st->at)) {
        if (opens_exchange(c, st->dir, st->at)) {
            burst_end(st->store, c);
            x->open = 1;
        }
        x->answered = 1;
        x->server = (struct burst){.from = st->at};
        new_flight(st);
    } else if (burst_flight_ends(c, st->at)) {
        new_flight(st);
    }
    burst_add_server(c, st->at, st->new_octets);
}

/* What a client says of itself is read once. */
static inline void
peek_unless_done(struct step *st)
{
    if ((st->c->flags & CONN_PEEKED) == 0) {
        peek_segment(st);
    }
}

/*
 * A repeat marks the burst it belongs to, so that its flights are not read as an initial window; it
 * opens nothing.
 */
void
burst_segment(struct step *st)
{
    struct exchange_state *x = &st->c->exchange;

    if (st->new_octets == 0) {
        if (st->repeat && st->dir == SYC_TOCLIENT && x->flights > 0 &&
            x->last_side == SYC_TOCLIENT) {
            x->repeats = 1;
            x->retransmitted++;
        }
        if (st->repeat && st->dir == SYC_TOSERVER) { /* it may have filled a hole */
            peek_unless_done(st);
        }
        return;
    }
    look_at_payload(st);
    if (st->dir == SYC_TOSERVER) {
        client_payload(st);
        peek_unless_done(st);
    } else {
        server_payload(st);
    }
    x->last_side = (uint8_t)st->dir;
}
