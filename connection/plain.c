/*
 * The short way. Of a connection's segments most come in its middle, in order, without SYN, FIN or
 * RST: for those nearly every question of track.c, state.c and close.c has the same answer, so they
 * are asked once (plain_is_steady) and not for each segment. Whatever is not plain takes the long
 * way, so only cost depends on this file; the tests hold both ways against each other.
 *
 *    long way  --plain_is_steady()-->  STEADY  --is_in_order()--> short way
 *        ^                                |
 *        '------ anything else -----------'       (the flag is told anew after each long way)
 *
 * Invariant: for a plain segment of a steady connection, the short way leaves struct conn as the
 * long way would have. Each line here has its twin in track.c or state.c; change them together.
 */

#include "connection/connection_int.h"

/* Both sides have spoken and been acknowledged, none has begun to close. */
static bool
side_is_steady(const struct side *s)
{
    return (s->flags & (SIDE_HAS_SEQ | SIDE_HAS_ACK | SIDE_GUESSED | SIDE_FIN | SIDE_RST)) ==
               (SIDE_HAS_SEQ | SIDE_HAS_ACK) &&
           s->state != EP_INACTIVE;
}

/*
 * Everything asked here cannot become false again by a plain segment: that is what makes asking
 * once enough. A cookie still to be measured (CONN_COOKIE_DONE) or a lone SYN+ACK (CONN_ONLY_H)
 * waits for the long way.
 */
bool
plain_is_steady(const struct conn *c)
{
    return c->closed_at == SYC_NONE && c->established_at != SYC_NONE && c->ack_at != SYC_NONE &&
           c->syn_ack_count > 0 && (c->flags & CONN_ONLY_H) == 0 &&
           ((c->flags & CONN_COOKIE_DONE) != 0 || !c->own[1].has_ts) &&
           side_is_steady(&c->side[0]) && side_is_steady(&c->side[1]);
}

/*
 * Octets of this side were passed over and may still come: an ACK of them tells of a gap in the
 * capture.
 */
static inline bool
has_hole(const struct side *s)
{
    for (size_t i = 0; s->trouble != NULL && i < HOLES; i++) {
        if (s->trouble->holes[i].from != s->trouble->holes[i].to) {
            return true;
        }
    }
    return false;
}

/* In order, acknowledging only what was seen. A window of 0 has its letter and its counter on the long way. */
static inline bool
is_in_order(const struct side *me, const struct side *peer, const struct syc_segment *s)
{
    return (s->flags & (SYC_SYN | SYC_FIN | SYC_RST | SYC_ACK)) == SYC_ACK && s->seq == me->next &&
           s->window != 0 && !seq_after(s->ack, peer->next);
}

/* It repeats ACK number, window and no payload: a duplicate ACK, or a copy of the frame before. */
static inline bool
says_nothing_new(const struct side *me, const struct syc_segment *s)
{
    return s->ack == me->ack && s->payload_octets == 0 && s->window == me->window_raw;
}

/*
 * Only one of the IP ID before it can be a copy (track_is_copy). Where the counter of duplicates
 * is not there yet, the long way makes it.
 */
static inline bool
is_duplicate_ack(const struct side *me, const struct syc_segment *s)
{
    return me->trouble != NULL && !(s->ip_v == 4 && s->ip_id != 0 && s->ip_id == me->id_last);
}

/* Twin of same_ack() for a segment that says nothing new. */
static inline void
take_duplicate(struct side *me, const struct side *peer)
{
    if ((peer->flags & SIDE_PROBED) == 0 && seq_after(peer->next, me->ack)) {
        me->trouble->dup_ack++;
        me->trouble->dup_run++;
    }
}

/* D and A, each once. */
static inline void
tell_letter(struct conn *c, struct side *me, const struct syc_segment *s, int dir)
{
    uint16_t letter = s->payload_octets > 0 ? SIDE_HIST_D : SIDE_HIST_A;

    if ((me->flags & letter) == 0) {
        me->flags |= letter;
        state_add_letter(c, dir, letter == SIDE_HIST_D ? 'D' : 'A');
    }
}

/* Twin of count_segment(): the payload's sum is in take_payload() here. */
static inline void
count(struct conn *c, struct side *me, const struct syc_segment *s, int dir, int64_t at)
{
    me->pkts++;
    me->bytes += s->ip_octets;
    me->ttl_min = s->ttl < me->ttl_min ? s->ttl : me->ttl_min;
    me->ttl_max = s->ttl > me->ttl_max ? s->ttl : me->ttl_max;
    if (me->id_count < ID_SEGMENTS && s->ip_v == 4) {
        track_ip_id(me, s->ip_id);
    }
    me->id_last = s->ip_id;
    if (s->has_ts) {
        if ((me->flags & SIDE_HAS_TS) == 0) {
            me->flags |= SIDE_HAS_TS;
            c->ends[dir].ts_first = s->ts_val;
            c->ends[dir].ts_first_at = at;
        }
        me->ts_last = s->ts_val;
        me->ts_last_at = at;
    }
    me->flags &= (uint16_t)~SIDE_PROBED;
    me->last_at = at;
}

/* Twin of track_payload() for payload that begins at next: never a repeat, never a hole. */
static inline void
take_payload(struct side *me, const struct syc_segment *s, int64_t at)
{
    uint32_t n = s->payload_octets;

    me->payload += n;
    me->unique_payload += n;
    me->data_segments++;
    me->segment_max = n > me->segment_max ? n : me->segment_max;
    if (me->first_payload_at == SYC_NONE) {
        me->first_payload_at = at;
    }
    me->last_data_at = at;
    if (me->trouble != NULL) {
        me->trouble->rto_chain = 0;
    }
    me->next += n;
    if ((me->flags & SIDE_TIMING) == 0) {
        me->flags |= SIDE_TIMING;
        me->timed_seq = me->next;
        me->timed_at = at;
    }
}

/* Twin of new_ack() without gaps: holes and octets never seen are excluded before. */
static inline void
take_ack(struct conn *c, const struct syc_segment *s, int dir, int64_t at)
{
    struct side *me = &c->side[dir];
    struct side *peer = &c->side[1 - dir];

    if ((peer->flags & SIDE_TIMING) != 0 && !seq_after(peer->timed_seq, s->ack)) {
        int64_t rtt = at - peer->timed_at;
        peer->flags &= (uint16_t)~SIDE_TIMING;
        if (rtt < peer->rtt_min) {
            peer->rtt_min = (uint32_t)rtt;
        }
    }
    me->ack = s->ack;
    if (me->trouble != NULL) {
        me->trouble->dup_run = 0;
    }
    if (dir == SYC_TOCLIENT) {
        if (c->first_data_acked_at == SYC_NONE && peer->first_payload_at != SYC_NONE &&
            seq_after(s->ack, peer->base + 1)) {
            c->first_data_acked_at = at;
        }
        if (peer->next == s->ack) {
            c->unacked_repeats = 0;
        }
    }
}

bool
plain_segment(struct conn *c, const struct syc_segment *s, int dir, int64_t at,
              uint32_t *new_octets)
{
    struct side *me = &c->side[dir];
    const struct side *peer = &c->side[1 - dir];
    bool same = says_nothing_new(me, s);

    if (!is_in_order(me, peer, s) || (same ? !is_duplicate_ack(me, s) : has_hole(peer))) {
        return false;
    }
    tell_letter(c, me, s, dir);
    count(c, me, s, dir, at);
    if (s->payload_octets > 0) {
        take_payload(me, s, at);
    }
    if (seq_after(s->ack, me->ack)) {
        take_ack(c, s, dir, at);
    } else if (same) {
        take_duplicate(me, peer);
    }
    me->window_raw = s->window;
    me->window = (uint32_t)s->window
                 << ((me->flags & peer->flags & SIDE_SCALED) != 0 ? me->wscale : 0);
    me->window_peak = me->window > me->window_peak ? me->window : me->window_peak;
    *new_octets = s->payload_octets;
    return true;
}
