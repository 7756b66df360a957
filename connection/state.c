/*
 * conn_state and history as Zeek writes them: a machine of two endpoints, and one letter for each thing that is new.
 *
 * Zeek's originator is not always our client (CONN_REVERSED): a capture that begins in the middle is read by ports, and
 * a SYN+ACK alone makes its sender the originator until something answers it. Source: Zeek's own behavior on its test
 * traces, as rules in ARCHITECTURE's references.
 */

#include "connection/connection_int.h"

#include <string.h>

/* Ports that Zeek registers analyzers for over TCP: the sender of a first segment from one of them is the responder. */
static const uint16_t server_ports[] = {
    21,   22,   25,   53,   79,   80,   81,   88,   102,  110,  111,  135,  139,  143,   220,
    389,  443,  445,  502,  513,  514,  563,  585,  587,  614,  631,  636,  989,  990,   992,
    993,  994,  995,  1080, 1433, 1812, 1883, 2811, 3128, 3268, 3306, 3389, 4011, 5060,  5061,
    5222, 5223, 5269, 5432, 6379, 6666, 6667, 6668, 6669, 8000, 8080, 8443, 8888, 20000,
};

static bool
is_server_port(uint16_t port)
{
    for (size_t i = 0; i < sizeof(server_ports) / sizeof(server_ports[0]); i++) {
        if (server_ports[i] == port) {
            return true;
        }
    }
    return false;
}

bool
state_flips(const struct syc_segment *s)
{
    if ((s->flags & (SYC_SYN | SYC_ACK)) == SYC_SYN || !is_server_port(s->src_port)) {
        return false;
    }
    return !is_server_port(s->dst_port) || ((s->flags & SYC_SYN) == 0 && s->src_port < s->dst_port);
}

/* ------------------------------------------------------------ history */

static bool
is_originator(const struct conn *c, int dir)
{
    return (dir == SYC_TOSERVER) != ((c->flags & CONN_REVERSED) != 0);
}

/* A letter in the case of its side. What does not fit is left out: the first 39 letters tell the story. */
void
state_add_letter(struct conn *c, int side, char letter)
{
    if (c->history_length < SYC_HISTORY_MAX - 1) {
        c->history[c->history_length++] =
            is_originator(c, side) ? letter : (char)(letter - 'A' + 'a');
    }
}

/* T, W, G are written at events 1, 10, 100, ... */
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

/* A letter that is written once for each sequence number. */
static void
add_once(struct conn *c, int dir, char letter, uint16_t mark, uint32_t *seen, uint32_t seq)
{
    struct side *me = &c->side[dir];

    if ((me->flags & mark) == 0 || *seen != seq) {
        me->flags |= mark;
        *seen = seq;
        state_add_letter(c, dir, letter);
    }
}

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
        add_once(c, st->dir, (s->flags & SYC_ACK) ? 'H' : 'S', SIDE_HIST_SYN,
                 &c->ends[st->dir].hist_syn, s->seq);
        break;
    case SYC_FIN:
        add_once(c, st->dir, 'F', SIDE_HIST_FIN, &c->ends[st->dir].hist_fin,
                 s->seq + s->payload_octets);
        break;
    case SYC_RST:
        add_once(c, st->dir, 'R', SIDE_HIST_RST, &c->ends[st->dir].hist_rst, s->seq);
        break;
    default:
        state_add_letter(c, st->dir, which == (SYC_FIN | SYC_RST) ? 'I' : 'Q');
        break;
    }
}

static bool
is_settled(const struct side *side)
{
    return side->state == EP_ESTABLISHED || side->state == EP_CLOSED;
}

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

static void
sends_fin(struct side *me, struct side *peer)
{
    if ((me->state == EP_ESTABLISHED || me->state == EP_PARTIAL) && peer->state == EP_RESET &&
        (peer->flags & SIDE_FIN) != 0) {
        peer->state = EP_CLOSED;
    }
    me->state = EP_CLOSED;
}

static void
sends_rst(struct side *me, const struct side *peer)
{
    if ((me->flags & SIDE_FIN) == 0 || (peer->flags & SIDE_FIN) == 0) {
        me->state = EP_RESET;
    }
}

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

/* A SYN+ACK came first and now data or a pure ACK follows: the sender of the SYN+ACK was the responder after all. */
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

static bool
is_away(const struct side *s)
{
    return s->state == EP_INACTIVE || s->state == EP_PARTIAL;
}

/* Only a SYN, repeats and data before the RST: the connect was given up. */
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

enum syc_state
state_of(const struct conn *c)
{
    const struct side *o = &c->side[(c->flags & CONN_REVERSED) ? 1 : 0];
    const struct side *r = &c->side[(c->flags & CONN_REVERSED) ? 0 : 1];

    if (r->state == EP_RESET) {
        bool silent = o->state == EP_RESET && o->first_payload_at == SYC_NONE &&
                      r->first_payload_at == SYC_NONE;
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
