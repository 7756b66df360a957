/*
 * Exchanges and flights: what the two sides said in turn.
 *
 * A burst is a run of one side's new payload, with neither the other side's payload nor a gap of 1 s or more inside
 * it (record.md). A client burst opens an exchange; the server burst after it answers it. A flight is a part of a server
 * burst that left without waiting for an ACK: it ends at a silence above R/8 or after lasting that long, R being the
 * connection's round trip, so that slow start shows as flights of growing size.
 */

#include "connection/connection_int.h"

enum { BURST_GAP_US = 1000000, FLIGHT_SHARE = 8 };

/* R/8, or 0 when no round trip is known: then a burst is one flight. */
static int64_t
flight_limit(const struct conn *c)
{
    int64_t r = SYC_NONE;

    if (c->syn_ack_dur != SYC_NONE && c->ack_dur != SYC_NONE) {
        r = c->syn_ack_dur + c->ack_dur;
    } else if (c->side[0].rtt_min != UINT32_MAX || c->side[1].rtt_min != UINT32_MAX) {
        r = c->side[0].rtt_min != UINT32_MAX ? c->side[0].rtt_min : 0;
        r += c->side[1].rtt_min != UINT32_MAX ? c->side[1].rtt_min : 0;
    }
    return r == SYC_NONE ? 0 : r / FLIGHT_SHARE;
}

/* ------------------------------------------------------------ into the log */

static void
cut_flight(struct store *store, struct conn *c, const struct flight *f)
{
    struct cut *cut = cut_of(store, c);

    if (cut != NULL) {
        cut->flights++;
        cut->flight_segments += f->segments;
        cut->flight_octets += f->octets;
    }
}

static void
log_flight(struct store *store, struct conn *c)
{
    const struct flight *f = &c->exchange.flight;
    int64_t entry[] = {LOG_FLIGHT,        f->from - c->log.previous,
                       f->last - f->from, f->gap_max,
                       f->segments,       (int64_t)f->octets,
                       f->retransmitted,  f->window_limited};

    log_append(store, c, entry, sizeof(entry) / sizeof(entry[0]));
    if (c->log.lost) {
        cut_flight(store, c, f);
        return;
    }
    c->log.flights++;
    c->log.previous = f->from;
}

static void
cut_exchange(struct store *store, struct conn *c)
{
    const struct exchange_state *x = &c->exchange;
    struct cut *cut = cut_of(store, c);
    int64_t from = x->client.packets > 0 ? x->client.from : x->server.from;

    if (cut != NULL) {
        cut->exchanges++;
        cut->answered += x->answered;
        cut->client_octets += x->client.octets;
        cut->client_packets += x->client.packets;
        cut->server_octets += x->server.octets;
        cut->server_packets += x->server.packets;
        cut->busy += (x->answered ? x->server.last : x->client.last) - from;
    }
}

static void
log_exchange(struct store *store, struct conn *c)
{
    const struct exchange_state *x = &c->exchange;
    bool client = x->client.packets > 0;
    int64_t from = client ? x->client.from : x->server.from;
    int64_t entry[] = {x->answered ? LOG_ANSWERED : LOG_EXCHANGE,
                       from - c->log.previous,
                       client ? x->client.last - x->client.from : 0,
                       (int64_t)x->client.octets,
                       x->client.packets,
                       x->server.from - from,
                       (int64_t)x->first_flight_octets,
                       x->server.last - x->server.from,
                       (int64_t)x->server.octets,
                       x->server.packets};

    log_append(store, c, entry, x->answered ? 10 : 5);
    if (c->log.lost) {
        cut_exchange(store, c);
        return;
    }
    c->log.exchanges++;
    c->log.previous = from;
}

static void
server_burst_ends(struct store *store, struct conn *c)
{
    struct exchange_state *x = &c->exchange;

    if (x->flights > 1 || (x->flights == 1 && x->repeats)) {
        log_flight(store, c);
    }
    if (x->flights == 1) {
        x->first_flight_octets = x->flight.octets;
    }
    x->flights = 0;
}

void
burst_end(struct store *store, struct conn *c)
{
    struct exchange_state *x = &c->exchange;

    if (!x->open) {
        return;
    }
    server_burst_ends(store, c);
    if (x->client.setup) {
        c->setup_turns += x->answered;
        c->setup_pkts += x->client.packets;
        c->setup_bytes += x->client.octets;
    }
    c->turns += x->answered && x->client.packets > 0;
    log_exchange(store, c);
    *x = (struct exchange_state){.last_side = x->last_side};
}

/* ------------------------------------------------------------ set-up */

/* First octets of a client burst that belongs to the set-up: a TLS handshake record, a database log-in. */
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

static void
look_at_payload(struct step *st)
{
    struct conn *c = st->c;
    bool client = st->dir == SYC_TOSERVER;

    if (c->protocol == SYC_PROTOCOL_UNKNOWN && st->at == c->side[st->dir].first_payload_at) {
        c->protocol = (uint8_t)syc_protocol_guess(st->s->payload, client);
    }
    if (client && c->protocol == SYC_PROTOCOL_HTTP1 && syc_http_request_starts(st->s->payload)) {
        c->requests++;
    }
}

/* ------------------------------------------------------------ one segment */

static bool
continues(const struct conn *c, int dir, int64_t at)
{
    const struct exchange_state *x = &c->exchange;
    const struct burst *b = dir == SYC_TOSERVER ? &x->client : &x->server;

    return x->open && x->last_side == dir && b->packets > 0 && at - b->last < BURST_GAP_US;
}

/* Whether a burst of this side, now, needs an exchange of its own. */
static bool
opens_exchange(const struct conn *c, int dir, int64_t at)
{
    const struct exchange_state *x = &c->exchange;

    if (continues(c, dir, at)) {
        return false;
    }
    return dir == SYC_TOSERVER || !x->open || x->answered;
}

bool
burst_overflows(const struct conn *c, const struct syc_segment *s, int dir, int64_t at)
{
    const struct side *me = &c->side[dir];
    uint32_t end = s->seq + ((s->flags & SYC_SYN) != 0) + s->payload_octets;

    return c->log.exchanges + c->exchange.open >= SYC_EXCHANGES_MAX && s->payload_octets > 0 &&
           (s->flags & SYC_RST) == 0 && seq_after(end, me->next) && opens_exchange(c, dir, at);
}

static void
client_payload(struct step *st)
{
    struct conn *c = st->c;
    struct exchange_state *x = &c->exchange;

    if (opens_exchange(c, st->dir, st->at)) {
        int64_t busy = x->answered ? x->server.last : x->client.last;
        c->idle_before = x->open ? st->at - busy : 0;
        burst_end(st->store, c);
        x->open = 1;
        x->client = (struct burst){.from = st->at, .setup = is_setup(c, st->s)};
    }
    x->client.last = st->at;
    x->client.octets += st->new_octets;
    x->client.packets++;
}

static void
new_flight(struct step *st)
{
    struct exchange_state *x = &st->c->exchange;

    if (x->flights == 1) {
        x->first_flight_octets = x->flight.octets;
    }
    if (x->flights > 0) {
        log_flight(st->store, st->c);
    }
    x->flights++;
    x->flight = (struct flight){.from = st->at, .last = st->at};
}

/* The server has no room left in the client's window for another full segment. */
static bool
is_window_limited(const struct conn *c)
{
    const struct side *server = &c->side[SYC_TOCLIENT];
    const struct side *client = &c->side[SYC_TOSERVER];

    return (client->flags & SIDE_HAS_ACK) != 0 &&
           server->next - client->ack + server->segment_max > client->window;
}

static void
server_payload(struct step *st)
{
    struct conn *c = st->c;
    struct exchange_state *x = &c->exchange;
    int64_t limit = flight_limit(c);

    if (!continues(c, st->dir, st->at)) {
        if (opens_exchange(c, st->dir, st->at)) {
            burst_end(st->store, c);
            x->open = 1;
        }
        x->answered = 1;
        x->server = (struct burst){.from = st->at, .last = st->at};
        new_flight(st);
    } else if (limit > 0 && (st->at - x->flight.last > limit || st->at - x->flight.from > limit)) {
        new_flight(st);
    }
    if (st->at - x->flight.last > x->flight.gap_max) {
        x->flight.gap_max = st->at - x->flight.last;
    }
    x->flight.last = st->at;
    x->flight.segments++;
    x->flight.octets += st->new_octets;
    x->flight.window_limited |= is_window_limited(c);
    x->server.last = st->at;
    x->server.octets += st->new_octets;
    x->server.packets++;
}

void
burst_segment(struct step *st)
{
    struct exchange_state *x = &st->c->exchange;

    if (st->new_octets == 0) {
        if (st->repeat && st->dir == SYC_TOCLIENT && x->flights > 0 &&
            x->last_side == SYC_TOCLIENT) {
            x->repeats = 1;
            x->flight.retransmitted++;
        }
        return;
    }
    look_at_payload(st);
    if (st->dir == SYC_TOSERVER) {
        client_payload(st);
    } else {
        server_payload(st);
    }
    x->last_side = (uint8_t)st->dir;
}
