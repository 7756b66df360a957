/*
 * How a connection ends: FINs, the first RST, and who is left in TIME-WAIT.
 *
 * Who enters is told by acknowledgment, not by order in the capture: FINs that cross look ordered
 * from one end (RFC 9293 3.6; lifecycle 2.1.1). The side whose FIN the other FIN acknowledges
 * closed first and waits; if neither acknowledges the other, both do. "Who sent the first FIN in
 * the file" read 75 of 94 entries on a browser's crossing FINs; this rule reads 90 (cadence 2, item
 * 12).
 *
 *   no FIN --FIN--> one FIN --FIN--> both FINs --ACKs of both--> TIME-WAIT of one side, or of both
 *      |               |                 |                          |  |
 *      RST             RST               RST                        |  '-- ACK of the peer: starts anew (restart)
 *      v               v                 v                          '----- RST in the window: killed (RFC 1337)
 *   REFUSED/ABORTED  AFTER_FIN       TO_TIME_WAIT
 *   no TIME-WAIT     no TIME-WAIT    only if it stood already
 *
 * Invariants: enter_at is set once and never moves; a RST before both FINs were acknowledged means
 * that no side waits; only the first FIN of a side and the first RST of a connection are told, the
 * rest are counted. When an entry leaves is not decided here: that needs 2MSL of a host and later
 * records of the tuple, which the audit has.
 */

#include "connection/connection_int.h"

/*
 * Restarts closer than this are one span of them (record.md): half of Linux' 60 s, so that joined
 * restarts never hide a moment at which the entry could have expired.
 */
enum { SPAN_US = 30 * 1000000 };

/* In the order of the tables in close_kind(). */
enum closer { CLOSER_CLIENT, CLOSER_SERVER, CLOSER_BOTH };

/*
 * Needs both FINs. The FIN that acknowledges the other FIN was sent by one who knew of it: the
 * passive closer. Compared modulo 2^32 (RFC 9293 3.4). A sender of nonsense ACK numbers only
 * misnames the closer of its own connection.
 */
static enum closer
closer_of(const struct conn *c)
{
    const struct ends *client = &c->ends[0];
    const struct ends *server = &c->ends[1];

    if (!seq_after(client->fin_end, server->fin_ack)) {
        return CLOSER_CLIENT;
    }
    return !seq_after(server->fin_end, client->fin_ack) ? CLOSER_SERVER : CLOSER_BOTH;
}

static bool
both_fins(const struct conn *c)
{
    return (c->side[0].flags & c->side[1].flags & SIDE_FIN) != 0;
}

/*
 * The first FIN alone counts for the close: repeats come from both ends of a slow path and may
 * carry later ACKs, which would turn a simultaneous close into an ordered one. fin_end counts the
 * FIN's own sequence number, and a SYN's if a scanner sends both.
 */
static void
seen_fin(struct step *st)
{
    const struct syc_segment *s = st->s;
    struct side *me = &st->c->side[st->dir];
    struct ends *mine = &st->c->ends[st->dir];

    mine->fin_last_at = st->at;
    if ((me->flags & SIDE_FIN) != 0) {
        trouble_of(st->store, st->c, st->dir)->retrans_fin++;
        return;
    }
    me->flags |= SIDE_FIN;
    mine->fin_at = st->at;
    mine->fin_end = s->seq + s->payload_octets + ((s->flags & SYC_SYN) != 0) + 1;
    mine->fin_ack = s->ack;
}

/*
 * What the RST was sent to. REFUSED needs a SYN and no SYN+ACK: without the SYN nobody can say what
 * was refused.
 */
static enum syc_rst_class
rst_class(const struct conn *c, int dir)
{
    if (both_fins(c)) {
        return SYC_RST_CLASS_TO_TIME_WAIT;
    }
    if (((c->side[0].flags | c->side[1].flags) & SIDE_FIN) != 0) {
        return SYC_RST_CLASS_AFTER_FIN;
    }
    return dir == SYC_TOCLIENT && c->syn_count > 0 && c->syn_ack_count == 0 ? SYC_RST_CLASS_REFUSED
                                                                            : SYC_RST_CLASS_ABORTED;
}

/*
 * lifecycle 2.6: the server's RST answers a request on a connection that had been idle: it had just
 * timed out. 50 ms beside the round trip is the definition there; half a second of silence is far
 * below the shortest keep-alive limit seen in the lab (3 s, lifecycle 2.3.2), so bursts of requests
 * are never called a race.
 */
enum { RACE_US = 50000, RACE_IDLE_US = 500000 };

/*
 * The error that users meet as ECONNRESET on reuse: worth its own word. Only the request that opens
 * the present exchange can race; turns > 0 excludes refusals of a first request.
 */
static bool
is_race(const struct step *st)
{
    const struct conn *c = st->c;
    const struct exchange_state *x = &c->exchange;
    int64_t trip = c->syn_ack_dur != SYC_NONE ? c->syn_ack_dur : 0;

    return st->dir == SYC_TOCLIENT && c->turns > 0 && x->open && !x->answered &&
           x->client.packets > 0 && c->idle_before >= RACE_IDLE_US &&
           st->at - x->client.from <= RACE_US + trip;
}

/*
 * The first RST decides; a storm of them is counted as segments only. Time since the peer's data is
 * kept because a RST right behind data means a closed socket or unread octets, not a decision
 * (lifecycle 2.6).
 */
static void
seen_rst(struct step *st)
{
    struct conn *c = st->c;
    const struct side *peer = &c->side[1 - st->dir];
    const struct ends *theirs = &c->ends[1 - st->dir];

    if ((c->flags & CONN_RST) != 0) {
        return;
    }
    c->flags |= CONN_RST;
    c->rst_at = st->at;
    c->rst_class = (uint8_t)rst_class(c, st->dir);
    if ((st->s->flags & SYC_ACK) != 0) {
        c->flags |= CONN_RST_ACK;
    }
    if (st->dir == SYC_TOCLIENT) {
        c->flags |= CONN_RST_BY_SERVER;
    }
    if ((peer->flags & SIDE_PAYLOAD) != 0) {
        c->rst_after_data =
            st->at - (peer->new_at > theirs->repeat_at ? peer->new_at : theirs->repeat_at);
    }
    if (is_race(st)) {
        c->flags |= CONN_RACE;
    }
}

/* ------------------------------------------------------------ TIME-WAIT */

/*
 * One place is left for the present span, which build.c appends: so a record has at most
 * SYC_RESTARTS_MAX. Spans beyond are dropped whole, the last one stays true.
 */
static void
flush_span(struct step *st, int holder)
{
    struct time_wait *w = &st->c->time_wait[holder];
    int64_t entry[4] = {LOG_RESTART, holder, w->restart_first, w->restart_last};

    if (st->c->restart_spans[holder] < SYC_RESTARTS_MAX - 1) {
        log_append(st->store, st->c, entry, 4);
        st->c->restart_spans[holder]++;
    }
}

/*
 * Any segment of the peer that carries an ACK starts the wait anew (RFC 9293 3.10.7.8; Linux: not a
 * RST). Kept as spans [first, last], as a peer that goes on sending for an hour would otherwise
 * fill the log.
 */
static void
restart(struct step *st, int holder)
{
    struct time_wait *w = &st->c->time_wait[holder];

    if (w->restart_first != SYC_NONE && st->at - w->restart_last >= SPAN_US) {
        flush_span(st, holder);
        w->restart_first = st->at;
    } else if (w->restart_first == SYC_NONE) {
        w->restart_first = st->at;
    }
    w->restart_last = st->at;
}

/*
 * RFC 1337: a RST in the window of the holder ends the wait. Seen in the lab as a port that came
 * back after 0.72 s (lifecycle 2.1.3). The holder's last window is not known here; 65535 is the
 * largest that a host without scaling could have, and keeps blind RSTs at random numbers out (1 in
 * 65536 hits).
 */
static void
assassinate(struct step *st, int holder)
{
    struct conn *c = st->c;
    int32_t ahead = syc_seq_diff(st->s->seq, c->side[1 - holder].next);

    if (ahead >= 0 && ahead <= UINT16_MAX) {
        c->time_wait[holder].killed_at = st->at;
    }
}

/* Asked for late segments, too: what arrives after the close is exactly what prolongs a wait. */
static void
wait_goes_on(struct step *st)
{
    int holder = 1 - st->dir;
    struct time_wait *w = &st->c->time_wait[holder];

    if (w->enter_at == SYC_NONE || w->killed_at != SYC_NONE) {
        return;
    }
    if ((st->s->flags & SYC_RST) != 0) {
        assassinate(st, holder);
    } else if ((st->s->flags & SYC_ACK) != 0) {
        restart(st, holder);
    }
}

/*
 * Enters when both FINs are acknowledged (lifecycle 2.1.2). Any earlier RST forbids it: Linux
 * answers unread data with a RST and keeps no entry (lifecycle 2.1.4). Asked again for each segment
 * after the FINs; enter_at guards against moving.
 */
static void
wait_begins(struct step *st)
{
    struct conn *c = st->c;
    enum closer closer;

    if (!both_fins(c) || (c->flags & CONN_RST) != 0 || c->ends[0].fin_acked_at == SYC_NONE ||
        c->ends[1].fin_acked_at == SYC_NONE) {
        return;
    }
    closer = closer_of(c);
    for (int side = 0; side < 2; side++) {
        bool waits = closer == CLOSER_BOTH || (closer == CLOSER_CLIENT) == (side == 0);
        if (waits && c->time_wait[side].enter_at == SYC_NONE) {
            c->time_wait[side].enter_at = st->at;
        }
    }
}

void
close_segment(struct step *st)
{
    const struct syc_segment *s = st->s;
    const struct side *peer = &st->c->side[1 - st->dir];
    struct ends *theirs = &st->c->ends[1 - st->dir];

    wait_goes_on(st);
    if (st->late) {
        return;
    }
    if ((s->flags & SYC_RST) != 0) {
        seen_rst(st);
        return;
    }
    if ((s->flags & SYC_FIN) != 0) {
        seen_fin(st);
    }
    if ((s->flags & SYC_ACK) != 0 && (peer->flags & SIDE_FIN) != 0 &&
        theirs->fin_acked_at == SYC_NONE && !seq_after(theirs->fin_end, s->ack)) {
        theirs->fin_acked_at = st->at;
    }
    if (((st->c->side[0].flags & st->c->side[1].flags) & SIDE_FIN) != 0) {
        wait_begins(st);
    }
}

/* ------------------------------------------------------------ the kind */

/*
 * Taxonomy of lifecycle 2.6 for connections that a RST ended. "Silent" asks that nothing of the
 * other side was captured: with one direction missing, refused and aborted cannot be told apart
 * from a RST in the middle.
 */
static enum syc_close
kind_of_rst(const struct conn *c, enum syc_first *first)
{
    bool server = (c->flags & CONN_RST_BY_SERVER) != 0;

    *first = server ? SYC_FIRST_SERVER : SYC_FIRST_CLIENT;
    if (c->rst_class == SYC_RST_CLASS_REFUSED) {
        return SYC_CLOSE_REFUSED;
    }
    if (!server && c->syn_count > 0 && c->syn_ack_count == 0 && side_silent(&c->side[1])) {
        return SYC_CLOSE_ABORTED_CONNECT;
    }
    if (server && c->syn_count == 0 && c->syn_ack_count > 0 && side_silent(&c->side[0])) {
        return SYC_CLOSE_SYNACK_RST;
    }
    if (c->rst_class == SYC_RST_CLASS_AFTER_FIN) {
        *first = (c->side[0].flags & SIDE_FIN) ? SYC_FIRST_CLIENT : SYC_FIRST_SERVER;
        return server ? SYC_CLOSE_RST_BY_SERVER_AFTER_FIN : SYC_CLOSE_RST_BY_CLIENT_AFTER_FIN;
    }
    return server ? SYC_CLOSE_RST_BY_SERVER : SYC_CLOSE_RST_BY_CLIENT;
}

/*
 * One FIN and nothing after it is FIN-WAIT-2 at one end and CLOSE-WAIT at the other: no TIME-WAIT,
 * but perhaps a leak of descriptors (lifecycle 2.1.5). SYN then FIN with no answer is no close at
 * all: a scanner's pair.
 */
static enum syc_close
kind_of_one_fin(const struct conn *c, enum syc_first *first)
{
    if ((c->side[0].flags & SIDE_FIN) != 0) {
        *first = SYC_FIRST_CLIENT;
        return c->syn_count > 0 && c->syn_ack_count == 0 && side_silent(&c->side[1])
                   ? SYC_CLOSE_SYN_FIN
                   : SYC_CLOSE_HALF_CLOSED_BY_CLIENT;
    }
    *first = SYC_FIRST_SERVER;
    return c->syn_count == 0 && c->syn_ack_count > 0 && side_silent(&c->side[0])
               ? SYC_CLOSE_SYNACK_FIN
               : SYC_CLOSE_HALF_CLOSED_BY_SERVER;
}

/*
 * Both FINs outrank a RST: what came after them only ended a TIME-WAIT. NO_ANSWER needs a client
 * that sent nothing but SYNs; one that goes on with data talks to a server whose half of the
 * traffic was not captured.
 */
enum syc_close
close_kind(const struct conn *c, enum syc_first *first)
{
    static const enum syc_close kinds[] = {SYC_CLOSE_CLIENT_FIRST, SYC_CLOSE_SERVER_FIRST,
                                           SYC_CLOSE_SIMULTANEOUS};
    static const enum syc_first firsts[] = {SYC_FIRST_CLIENT, SYC_FIRST_SERVER, SYC_FIRST_BOTH};

    if (both_fins(c)) {
        enum closer closer = closer_of(c);
        *first = firsts[closer];
        return kinds[closer];
    }
    if ((c->flags & CONN_RST) != 0) {
        return kind_of_rst(c, first);
    }
    if (((c->side[0].flags | c->side[1].flags) & SIDE_FIN) != 0) {
        return kind_of_one_fin(c, first);
    }
    *first = SYC_FIRST_NONE;
    if (c->syn_count > 0 && side_silent(&c->side[1])) {
        return (c->side[0].flags & (SIDE_PAYLOAD | SIDE_HIST_A)) == 0 ? SYC_CLOSE_NO_ANSWER
                                                                      : SYC_CLOSE_OPEN;
    }
    return c->syn_count > 0 || c->syn_ack_count > 0 ? SYC_CLOSE_OPEN : SYC_CLOSE_MIDSTREAM;
}
