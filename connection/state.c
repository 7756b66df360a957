/*
 * conn_state and history as Zeek writes them: a machine of two endpoints, and one letter for each
 * thing that is new.
 *
 * People search for SF, S0 or ShADadFf; an almost-Zeek word would be worse than none. So this file
 * has no opinion of its own: its rules are Zeek's behavior on its own test traces (zeek-states; 130
 * of 131 states and 127 of 131 histories agree once Zeek's timers are allowed for). What a close
 * means to us is close.c's question, and may differ.
 *
 *            sends ->   SYN                 FIN       RST      first data or ACK
 *   INACTIVE            SYN_SENT (orig.)    CLOSED    RESET    ESTABLISHED if it ACKs an established peer,
 *                       SYN_ACK_SENT (S+A)                     still INACTIVE if a responder only ACKs a SYN,
 *                       ESTABLISHED (resp.)                    else PARTIAL
 *   SYN_SENT            -                   CLOSED    RESET    -  (peer's SYN makes it ESTABLISHED)
 *   SYN_ACK_SENT        -                   CLOSED    RESET    -
 *   PARTIAL             SYN_SENT (1)        CLOSED    RESET    -
 *   ESTABLISHED         -                   CLOSED    RESET    -
 *   CLOSED              -                   CLOSED    RESET (2)
 *   RESET               -                   -         -        nothing leaves this state but rule (3)
 *
 *   (1) while the peer is INACTIVE   (2) not when both FINs were sent: SF stays SF
 *   (3) an open side's FIN returns a peer that was reset after its own FIN to CLOSED
 *
 * Zeek's originator is not always our client (CONN_REVERSED): a capture that begins in the middle
 * is read by ports, and a SYN+ACK alone makes its sender the originator until something answers it.
 *
 * Hostile input: every combination of flags has a row, a RESET side is deaf, and the history ends at
 * 39 letters, so no sender can make this cost more than a segment does.
 */

#include "connection/connection_int.h"

#include <string.h>

/*
 * Ports that Zeek registers analyzers for over TCP: the sender of a first segment from one of them
 * is the responder. Not /etc/services and not a list to improve: one port more and states differ
 * from Zeek's on captures that begin in the middle.
 */
static const uint16_t server_ports[] = {
    21,   22,   25,   53,   79,   80,   81,   88,   102,  110,  111,  135,  139,  143,   220,
    389,  443,  445,  502,  513,  514,  563,  585,  587,  614,  631,  636,  989,  990,   992,
    993,  994,  995,  1080, 1433, 1812, 1883, 2811, 3128, 3268, 3306, 3389, 4011, 5060,  5061,
    5222, 5223, 5269, 5432, 6379, 6666, 6667, 6668, 6669, 8000, 8080, 8443, 8888, 20000,
};

static bool
is_server_port(uint16_t port)
{
    /* Searched in order: asked only at the first segment of a tuple. */
    for (size_t i = 0; i < sizeof(server_ports) / sizeof(server_ports[0]); i++) {
        if (server_ports[i] == port) {
            return true;
        }
    }
    return false;
}

/*
 * Zeek's rule for a first segment (zeek-states, "Sides"). A plain SYN is never doubted, whatever
 * its ports: someone who scans from source port 80 is still the originator. Between two known
 * ports, or without one, the sender stays the originator, but data from the lower of two known
 * ports is an answer.
 */
bool
state_flips(const struct syc_segment *s)
{
    if ((s->flags & (SYC_SYN | SYC_ACK)) == SYC_SYN || !is_server_port(s->src_port)) {
        return false;
    }
    return !is_server_port(s->dst_port) || ((s->flags & SYC_SYN) == 0 && s->src_port < s->dst_port);
}

/* ------------------------------------------------------------ history */

/*
 * Zeek writes the originator in capitals; our directions are client and server. This is the one
 * place where the two ways of naming the sides meet.
 */
static bool
is_originator(const struct conn *c, int dir)
{
    return (dir == SYC_TOSERVER) != ((c->flags & CONN_REVERSED) != 0);
}

/*
 * What does not fit is left out: the first 39 letters tell the story, and 39 octets fit struct
 * conn. What can repeat is written rarely (add_scaled) or once a sequence number (add_once); only
 * hostile flags fill it.
 */
void
state_add_letter(struct conn *c, int side, char letter)
{
    if (c->history_length < SYC_HISTORY_MAX - 1) {
        c->history[c->history_length++] =
            is_originator(c, side) ? letter : (char)(letter - 'A' + 'a');
    }
}

/*
 * Zeek's logarithmic letters: T, W, G at events 1, 10, 100, ... Power ends at 10^9, the last that
 * fits 32 bits.
 */
static void
add_scaled(struct conn *c, int side, char letter, uint32_t *count)
{
    uint32_t power = 1;

    (*count)++;
    while (power < *count && power < 1000000000) {
        power *= 10;
    }
    if (power == *count) {
        state_add_letter(c, side, letter);
    }
}

/*
 * A letter that is written once for each sequence number: a retried SYN or FIN says nothing new,
 * one with another number is a story of its own. The mark is needed beside the number since 0 is a
 * sequence number like any other. S and H share a mark, as Zeek's do: a split handshake's second H
 * with the same number is not told.
 */
static void
add_once(struct conn *c, int dir, char letter, uint8_t mark, uint32_t *seen, uint32_t seq)
{
    struct ends *mine = &c->ends[dir];

    if ((mine->hist_marks & mark) == 0 || *seen != seq) {
        mine->hist_marks |= mark;
        *seen = seq;
        state_add_letter(c, dir, letter);
    }
}

/*
 * One letter for the flags. Data on a FIN or a SYN writes no D, and several of SYN, FIN, RST in one
 * segment write only I or Q: such a segment comes from no stack that means well, and scanners must
 * not paint honest letters.
 */
static void
add_flag_letter(struct step *st)
{
    const struct syc_segment *s = st->s;
    struct conn *c = st->c;
    struct side *me = &c->side[st->dir];
    unsigned which = s->flags & (SYC_SYN | SYC_FIN | SYC_RST);

    switch (which) {
    case 0:
        if (s->payload_octets > 0 && (me->flags & SIDE_HIST_D) == 0) {
            me->flags |= SIDE_HIST_D;
            state_add_letter(c, st->dir, 'D');
        } else if (s->payload_octets == 0 && (s->flags & SYC_ACK) != 0 &&
                   (me->flags & SIDE_HIST_A) == 0) {
            me->flags |= SIDE_HIST_A;
            state_add_letter(c, st->dir, 'A');
        }
        break;
    case SYC_SYN:
        add_once(c, st->dir, (s->flags & SYC_ACK) ? 'H' : 'S', HIST_SYN, &c->ends[st->dir].hist_syn,
                 s->seq);
        break;
    case SYC_FIN:
        add_once(c, st->dir, 'F', HIST_FIN, &c->ends[st->dir].hist_fin, s->seq + s->payload_octets);
        break;
    case SYC_RST:
        add_once(c, st->dir, 'R', HIST_RST, &c->ends[st->dir].hist_rst, s->seq);
        break;
    default:
        state_add_letter(c, st->dir, which == (SYC_FIN | SYC_RST) ? 'I' : 'Q');
        break;
    }
}

/*
 * Zeek reports gaps only between two sides whose beginning it knows: elsewhere an unseen octet says
 * that the capture began late, not that it lost something.
 */
static bool
is_settled(const struct side *side)
{
    return side->state == EP_ESTABLISHED || side->state == EP_CLOSED;
}

/*
 * Zeek's order within a segment is flag letter, W, T, G. A zero window is no news on a RST, after
 * the sender's own RST or after the peer's FIN, when nothing more will be sent into it. G is
 * written in the case of the side whose octets are missing, which is the other one. The flag letter
 * went before.
 */
static void
add_scaled_letters(struct step *st)
{
    struct conn *c = st->c;
    const struct side *me = &c->side[st->dir];
    const struct side *peer = &c->side[1 - st->dir];

    if (st->zero_window && (st->s->flags & SYC_RST) == 0 && (me->flags & SIDE_RST) == 0 &&
        (peer->flags & SIDE_FIN) == 0) {
        add_scaled(c, st->dir, 'W', &trouble_of(st->store, c, st->dir)->w_count);
    }
    if (st->repeat || (st->probe && st->s->payload_octets > 0)) {
        add_scaled(c, st->dir, 'T', &trouble_of(st->store, c, st->dir)->t_count);
    }
    if (st->gap && is_settled(me) && is_settled(peer) && c->syn_count > 0) {
        add_scaled(c, 1 - st->dir, 'G', &trouble_of(st->store, c, 1 - st->dir)->g_count);
    }
}

/* ------------------------------------------------------------ endpoints */

/*
 * Rule 1 of zeek-states. A SYN from the responder establishes both at once: with a SYN+ACK because
 * it answers, with a plain SYN because that is a simultaneous open (RFC 9293 3.5). Later SYNs
 * change nothing, so a forged SYN into a running connection cannot move it.
 */
static void
sends_syn(struct step *st, struct side *me, struct side *peer)
{
    bool originator = is_originator(st->c, st->dir);

    if (me->state == EP_INACTIVE && originator) {
        me->state = (st->s->flags & SYC_ACK) ? EP_SYN_ACK_SENT : EP_SYN_SENT;
    } else if (me->state == EP_INACTIVE) {
        me->state = EP_ESTABLISHED;
        if (peer->state == EP_SYN_SENT) {
            peer->state = EP_ESTABLISHED;
        }
    } else if (me->state == EP_PARTIAL && peer->state == EP_INACTIVE) {
        me->state = EP_SYN_SENT;
    }
}

/*
 * Rule 3: FIN, RST, then the FIN of the peer is an orderly close with an impatient end, and SF in
 * Zeek's log; without this step it would read RSTO.
 */
static void
sends_fin(struct side *me, struct side *peer)
{
    if ((me->state == EP_ESTABLISHED || me->state == EP_PARTIAL) && peer->state == EP_RESET &&
        (peer->flags & SIDE_FIN) != 0) {
        peer->state = EP_CLOSED;
    }
    me->state = EP_CLOSED;
}

/*
 * Rule 4: once both FINs were sent, acknowledged or not, a RST only sweeps up (a last ACK that met
 * no socket) and must not turn SF into a failure.
 */
static void
sends_rst(struct side *me, const struct side *peer)
{
    if ((me->flags & SIDE_FIN) == 0 || (peer->flags & SIDE_FIN) == 0) {
        me->state = EP_RESET;
    }
}

/*
 * Rule 2, the first thing an unknown side sends without SYN, FIN or RST. The case that stays
 * INACTIVE is a responder that only ACKs a SYN: a challenge ACK (RFC 5961 4) of an older
 * connection, not an answer to this one.
 */
static void
sends_first(struct step *st, struct side *me, const struct side *peer)
{
    bool ack = (st->s->flags & SYC_ACK) != 0;

    if (ack && peer->state == EP_ESTABLISHED) {
        me->state = EP_ESTABLISHED;
    } else if (is_originator(st->c, st->dir) || st->s->payload_octets > 0 || !ack ||
               peer->state != EP_SYN_SENT) {
        me->state = EP_PARTIAL;
    }
}

/* RST before FIN before SYN: Zeek's order when a segment carries several. */
static void
move_endpoints(struct step *st)
{
    struct side *me = &st->c->side[st->dir];
    struct side *peer = &st->c->side[1 - st->dir];
    uint16_t flags = st->s->flags;

    if (me->state == EP_RESET) {
        return;
    }
    if ((flags & SYC_RST) != 0) {
        sends_rst(me, peer);
    } else if ((flags & SYC_FIN) != 0) {
        sends_fin(me, peer);
    } else if ((flags & SYC_SYN) != 0) {
        sends_syn(st, me, peer);
    } else if (me->state == EP_INACTIVE) {
        sends_first(st, me, peer);
    }
}

/*
 * A SYN+ACK came first and now data or a pure ACK follows: the sender of the SYN+ACK was the
 * responder after all, and the history is rewritten as Zeek does. A scan's backscatter (SYN+ACK,
 * then RST or nothing) must not flip: there the sender of the SYN+ACK stays the originator.
 */
static void
flip_lone_syn_ack(struct step *st)
{
    struct conn *c = st->c;
    int h = (c->flags & CONN_REVERSED) ? SYC_TOCLIENT : SYC_TOSERVER; /* whose H it is */

    c->flags = (uint16_t)(c->flags & ~CONN_ONLY_H);
    if ((st->s->flags & (SYC_SYN | SYC_FIN | SYC_RST)) != 0) {
        return;
    }
    c->flags ^= CONN_REVERSED;
    memcpy(c->history, "^h", 2);
    c->history_length = 2;
    if (c->side[h].state == EP_SYN_ACK_SENT) {
        c->side[h].state = EP_ESTABLISHED;
    }
}

/*
 * Order matters: letters are decided by the states before this segment, then the states move.
 * closed_at is what the rest of the table means by closed, and never returns to SYC_NONE: late
 * segments and packing hang on it.
 */
void
state_segment(struct step *st)
{
    struct conn *c = st->c;

    if ((c->flags & CONN_ONLY_H) != 0) {
        flip_lone_syn_ack(st);
    }
    add_flag_letter(st);
    add_scaled_letters(st);
    move_endpoints(st);
    if (c->history_length == 1 && c->history[0] == 'H') {
        c->flags |= CONN_ONLY_H;
    }
    if (c->closed_at == SYC_NONE) {
        bool both = c->side[0].state == EP_CLOSED && c->side[1].state == EP_CLOSED;
        if (both || c->side[0].state == EP_RESET || c->side[1].state == EP_RESET) {
            c->closed_at = st->at;
        }
    }
}

/* ------------------------------------------------------------ conn_state */

/*
 * A side that this capture never saw take part properly: absent, or only in the middle of
 * something.
 */
static bool
is_away(const struct side *s)
{
    return s->state == EP_INACTIVE || s->state == EP_PARTIAL;
}

/*
 * Only a SYN, repeats and data before the RST: the connect was given up (RSTOS0). Asked of the
 * history, as Zeek does, because the states alone cannot tell this from a RST in the middle.
 */
static bool
gave_up_connecting(const struct conn *c)
{
    size_t n = c->history_length;

    if (n < 2 || c->history[0] != 'S' || c->history[n - 1] != 'R') {
        return false;
    }
    for (size_t i = 1; i + 1 < n; i++) {
        if (strchr("HAFGIQhafgiq", c->history[i]) != NULL) {
            return false;
        }
    }
    return true;
}

/*
 * The table of zeek-states, "State", in its order: the responder's RST is asked first, so a
 * connection that both sides reset is the responder's refusal unless data flowed.
 */
enum syc_state
state_of(const struct conn *c)
{
    const struct side *o = &c->side[(c->flags & CONN_REVERSED) ? 1 : 0];
    const struct side *r = &c->side[(c->flags & CONN_REVERSED) ? 0 : 1];

    if (r->state == EP_RESET) {
        bool silent = o->state == EP_RESET && ((o->flags | r->flags) & SIDE_PAYLOAD) == 0;
        if (o->state == EP_SYN_SENT || o->state == EP_SYN_ACK_SENT || silent) {
            return SYC_STATE_REJ;
        }
        return is_away(o) ? SYC_STATE_RSTRH : SYC_STATE_RSTR;
    }
    if (o->state == EP_RESET) {
        if (!is_away(r)) {
            return SYC_STATE_RSTO;
        }
        return gave_up_connecting(c) ? SYC_STATE_RSTOS0 : SYC_STATE_OTH;
    }
    if (o->state == EP_CLOSED && r->state == EP_CLOSED) {
        return SYC_STATE_SF;
    }
    if (o->state == EP_CLOSED) {
        return is_away(r) ? SYC_STATE_SH : SYC_STATE_S2;
    }
    if (r->state == EP_CLOSED) {
        return is_away(o) ? SYC_STATE_SHR : SYC_STATE_S3;
    }
    if (o->state == EP_SYN_SENT && r->state == EP_INACTIVE) {
        return SYC_STATE_S0;
    }
    return o->state == EP_ESTABLISHED && r->state == EP_ESTABLISHED ? SYC_STATE_S1 : SYC_STATE_OTH;
}
