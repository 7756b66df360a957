#ifndef SYC_BURST_INT_H
#define SYC_BURST_INT_H

/*
 * Purpose           the part of burst.c that most payload needs: it goes on with the burst that runs
 * Input and output  new payload of a connection, and struct exchange_state
 * Ownership         none: nothing here allocates
 * Limits            a burst that begins, a flight that ends, what is still to be read of a client: burst.c
 * Not here          what bursts and flights are (burst.c)
 *
 * In line, since two of three segments with payload are of this kind and a call would cost as much as the work.
 */

#include "connection/connection_int.h"

/*
 * 1 s: cadence 3 (idle gap of an episode). An eighth of R: well above the spacing of segments that
 * left together, well below the R after which the next flight comes; the audit regroups with the
 * pair's own R.
 */
enum { BURST_GAP_US = 1000000, FLIGHT_SHARE = 8 };

/*
 * R/8, or 0 when no round trip is known: then a burst is one flight. With one direction captured a
 * single leg stands for both, which makes flights too short rather than too long.
 */
static inline int64_t
burst_flight_limit(const struct conn *c)
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

/* The same side, less than the gap after its last octets, with nothing of the other side between. */
static inline bool
burst_continues(const struct conn *c, int dir, int64_t at)
{
    const struct exchange_state *x = &c->exchange;
    uint32_t packets = dir == SYC_TOSERVER ? x->client.packets : x->flight.segments;

    return x->open && x->last_side == dir && packets > 0 && at - c->side[dir].new_at < BURST_GAP_US;
}

/* A silence, or a flight that lasts: a paced sender never falls silent, and would otherwise be one endless flight. */
static inline bool
burst_flight_ends(const struct conn *c, int64_t at)
{
    const struct flight *f = &c->exchange.flight;
    int64_t limit = c->flight_limit != 0 ? c->flight_limit : burst_flight_limit(c);

    return limit > 0 && at - f->from > limit;
}

/*
 * The server has no room left in the client's window for another full segment: such a flight says
 * nothing of cwnd.
 */
static inline bool
burst_is_window_limited(const struct conn *c)
{
    const struct side *server = &c->side[SYC_TOCLIENT];
    const struct side *client = &c->side[SYC_TOSERVER];

    return (client->flags & SIDE_HAS_ACK) != 0 &&
           server->next - client->ack + server->segment_max > window_of(client);
}

static inline void
burst_add_client(struct conn *c, int64_t at, uint32_t octets)
{
    struct burst *b = &c->exchange.client;

    c->side[SYC_TOSERVER].new_at = at;
    b->octets += octets;
    b->packets++;
}

static inline void
burst_add_server(struct conn *c, int64_t at, uint32_t octets)
{
    struct flight *f = &c->exchange.flight;
    struct side *server = &c->side[SYC_TOCLIENT];

    if (f->segments > 0 && at - server->new_at > f->gap_max) {
        f->gap_max = at - server->new_at;
    }
    f->segments++;
    f->octets += octets;
    f->window_limited |= burst_is_window_limited(c);
    server->new_at = at;
}

/*
 * What burst_segment() would do with this many new octets of side dir, if they only prolong what runs: false, and nothing
 * done, when they may mean more. The first payload may tell the protocol, and within HTTP/1 any may
 * begin a request: these want to be read.
 */
static inline bool
burst_goes_on(struct conn *c, int dir, int64_t at, uint32_t octets)
{
    const struct exchange_state *x = &c->exchange;

    if (!burst_continues(c, dir, at) ||
        (c->protocol == SYC_PROTOCOL_UNKNOWN &&
         at == (dir == SYC_TOSERVER ? x->client.from : x->flight.from))) {
        return false;
    }
    if (dir == SYC_TOSERVER) {
        if ((c->flags & CONN_PEEKED) == 0 || c->protocol == SYC_PROTOCOL_HTTP1) {
            return false;
        }
        burst_add_client(c, at, octets);
        return true;
    }
    if (burst_flight_ends(c, at)) {
        return false;
    }
    burst_add_server(c, at, octets);
    return true;
}

#endif
