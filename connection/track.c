/*
 * Sequence space and counters of one segment: what is new, repeated, missing, acknowledged (RFC
 * 9293 3.4, 3.10).
 *
 *             base+1                    next
 *    octets   |xxxxxxxxxx|  hole  |xxxxxx|                    side.next: behind the highest octet seen
 *    segment A                           |xxxx|     new      ends beyond next
 *    segment B           |xxxx|                     fills    overtaken when the hole is young, else a repeat
 *    segment C   |xxxx|                             repeat   fast after 3 duplicate ACKs, RTO after silence
 *
 * Invariant: side.next is the sequence number after the highest octet seen of that side. Payload
 * that ends at or below it is a repeat, unless it fills a hole soon after the hole opened: then it
 * was only overtaken. At the sender's side these counts equal the kernel's (330 of 330, 879 of 879;
 * lifecycle 0, item 10).
 *
 * Lengths come from the IP header, never from captured octets, so a short snaplen changes nothing
 * here. Nothing is reassembled: a sender of overlapping nonsense gets other counts, not more memory
 * (HOLES a side).
 */

#include "connection/burst_int.h"

/* Without a round trip to compare with, later than this is no reordering (Wireshark's default, 3 ms). */
enum { REORDER_US = 3000 };

/* Least silence before a repeat that counts as a timeout: Linux TCP_RTO_MIN, and two round trips. */
enum { RTO_MIN_US = 200000 };

/*
 * An ACK that carries nothing else: the only kind that can be a duplicate ACK (RFC 5681 2) or end a
 * handshake.
 */
static bool
is_pure_ack(const struct syc_segment *s)
{
    return s->payload_octets == 0 &&
           (s->flags & (SYC_SYN | SYC_FIN | SYC_RST | SYC_ACK)) == SYC_ACK;
}

/*
 * The connection's own round trip: of the handshake, else the sum of the smallest legs; SYC_NONE =
 * unknown. Where the tap stands does not matter: both legs are always in it (lifecycle 2.4.1).
 */
static int64_t
round_trip(const struct conn *c)
{
    if (c->syn_ack_dur != SYC_NONE && c->ack_dur != SYC_NONE) {
        return c->syn_ack_dur + c->ack_dur;
    }
    if (c->side[0].rtt_min != UINT32_MAX && c->side[1].rtt_min != UINT32_MAX) {
        return (int64_t)c->side[0].rtt_min + c->side[1].rtt_min;
    }
    return SYC_NONE;
}

/*
 * The base stands before the first octet. Without a SYN the first segment seen has to do; after a
 * guess from the peer's ACK (SIDE_GUESSED) the side's own numbers win.
 */
void
track_base(struct conn *c, int dir, const struct syc_segment *s)
{
    struct side *me = &c->side[dir];

    c->ends[dir].base = (s->flags & SYC_SYN) ? s->seq : s->seq - 1;
    me->next = (s->flags & SYC_SYN) ? s->seq + 1 : s->seq;
    me->flags = (uint16_t)((me->flags | SIDE_HAS_SEQ) & ~SIDE_GUESSED);
}

/* ------------------------------------------------------------ per packet */

/*
 * Strikes out habits that this ID disproves: a habit is told only if every one of the first eight
 * IDs obeyed it. Steps wrap with 16 bits. "Small" ends at 256, which is one step of a counter
 * stored in the wrong octet order.
 */
void
track_ip_id(struct side *me, uint16_t id)
{
    uint16_t step = (uint16_t)(id - me->id_last);
    unsigned still = me->id_still;

    if (id != 0) {
        still &= ~(1U << SYC_ID_STEP_ZERO);
    }
    if (me->id_count > 0) {
        still &= step == 0 ? ~0U : ~(1U << SYC_ID_STEP_CONST);
        still &= step == 1 ? ~0U : ~(1U << SYC_ID_STEP_ONE);
        still &= step >= 1 && step <= 256 ? ~0U : ~(1U << SYC_ID_STEP_SMALL);
    }
    me->id_still = (uint8_t)still;
    me->id_last = id;
    me->id_count++;
}

/*
 * The time of the last timestamp is that of the last segment, as long as each carries one. A RST
 * may not, and a copy does not count as a segment.
 */
static void
take_clock(struct step *st)
{
    struct side *me = &st->c->side[st->dir];
    struct ends *mine = &st->c->ends[st->dir];

    if (!st->s->has_ts) {
        if ((me->flags & (SIDE_HAS_TS | SIDE_TS_OLD)) == SIDE_HAS_TS) {
            mine->ts_last_at = me->last_at;
            me->flags |= SIDE_TS_OLD;
        }
        return;
    }
    if ((me->flags & SIDE_HAS_TS) == 0) {
        me->flags |= SIDE_HAS_TS;
        mine->ts_first = st->s->ts_val;
        mine->ts_first_at = st->at;
    }
    me->ts_last = st->s->ts_val;
    me->flags &= (uint16_t)~SIDE_TS_OLD;
    if (st->copy) {
        mine->ts_last_at = st->at;
        me->flags |= SIDE_TS_OLD;
    }
}

/*
 * What every segment adds, copies of frames and strays included, so that sums over records equal
 * the capture's. The IP ID of a copy would look like a step of 0.
 */
static void
count_segment(struct step *st)
{
    const struct syc_segment *s = st->s;
    struct side *me = &st->c->side[st->dir];

    me->pkts++;
    me->bytes += s->ip_octets;
    st->c->ends[st->dir].repeated_octets += s->payload_octets; /* until it is known to be new */
    me->ttl_min = s->ttl < me->ttl_min ? s->ttl : me->ttl_min;
    me->ttl_max = s->ttl > me->ttl_max ? s->ttl : me->ttl_max;
    if (me->id_count < ID_SEGMENTS && s->ip_v == 4 && !st->copy) {
        track_ip_id(me, s->ip_id);
    }
    me->id_last = s->ip_id;
    take_clock(st);
}

/*
 * Segments that exist only to open or close: SYN, SYN+ACK, the handshake's ACK, FIN without
 * payload, the ACK that first covers a FIN, RST; repeats too (lifecycle 2.3.5, measured 6.0 a
 * connection). Must run before established_at and the FIN's ACK are noted: it asks whether this
 * segment is the first to do either.
 */
static bool
is_control(const struct step *st)
{
    const struct syc_segment *s = st->s;
    const struct conn *c = st->c;
    const struct side *peer = &c->side[1 - st->dir];

    if ((s->flags & (SYC_SYN | SYC_RST)) != 0 ||
        ((s->flags & SYC_FIN) != 0 && s->payload_octets == 0)) {
        return true;
    }
    if (!is_pure_ack(s)) {
        return false;
    }
    if (st->dir == SYC_TOSERVER && c->syn_ack_count > 0 && c->established_at == SYC_NONE) {
        return true;
    }
    return (peer->flags & SIDE_FIN) != 0 && c->ends[1 - st->dir].fin_acked_at == SYC_NONE &&
           !seq_after(c->ends[1 - st->dir].fin_end, s->ack);
}

static void
count_control(struct step *st)
{
    struct ends *mine = &st->c->ends[st->dir];

    if (is_control(st)) {
        mine->control_pkts++;
        mine->control_bytes += st->s->ip_octets;
    }
}

/* ------------------------------------------------------------ handshake */

/*
 * Each SYN's time is kept up to SYC_SYN_TIMES_MAX: the retry schedule names the stack (lifecycle
 * 2.5). The first stands in the connection, further ones in the log, as nearly all connections have
 * one.
 */
static void
seen_syn(struct step *st)
{
    struct conn *c = st->c;
    int64_t entry[2] = {LOG_SYN, st->at};

    if (st->dir != SYC_TOSERVER) {
        return;
    }
    if (c->syn_count > 0) {
        trouble_of(st->store, c, SYC_TOSERVER)->retrans_syn++;
    }
    if (c->syn_count > 0 && c->syn_count < SYC_SYN_TIMES_MAX) {
        log_append(st->store, c, entry, 2);
    }
    if (c->syn_count++ == 0) {
        if (c->isn != st->s->seq) { /* it began with a SYN that is not counted */
            conn_flow_id(c);
        }
        c->first_syn_at = st->at;
        c->isn = st->s->seq;
    }
    c->last_syn_at = st->at;
}

/*
 * syn_ack_dur counts from the last SYN before it, so a lost SYN does not look like a slow path. A
 * repeat after the client's ACK is counted apart: it is the mark of a full accept queue (lifecycle
 * 2.5 b).
 */
static void
seen_syn_ack(struct step *st)
{
    struct conn *c = st->c;
    int64_t entry[2] = {LOG_SYN_ACK, st->at};

    if (st->dir != SYC_TOCLIENT) {
        return;
    }
    if (c->syn_ack_count > 0) {
        trouble_of(st->store, c, SYC_TOCLIENT)->retrans_syn++;
        c->syn_after_ack += c->ack_at != SYC_NONE;
        if (c->syn_ack_count < SYC_SYN_TIMES_MAX) {
            log_append(st->store, c, entry, 2);
        }
    } else {
        c->first_syn_ack_at = st->at;
        if (c->last_syn_at != SYC_NONE) {
            c->syn_ack_dur = st->at - c->last_syn_at;
        }
    }
    c->syn_ack_count++;
    c->last_syn_ack_at = st->at;
}

/*
 * SYN cookies: a server that kept no state made up the SYN+ACK's TSval; its next segment shows the
 * real clock (ms). Off by 7 to 62 with cookies and by 0 or 1 without (lifecycle 2.5), for clocks of
 * 1000 Hz; one look per connection.
 */
void
track_cookie(struct conn *c, const struct syc_segment *s, int64_t at)
{
    c->flags |= CONN_COOKIE_DONE;
    if (c->own[1].has_ts && s->has_ts) {
        int32_t ticks = syc_seq_diff(s->ts_val, c->own[1].ts_val);
        c->cookie_jump = ticks - (at - c->first_syn_ack_at) / 1000;
    }
}

/* Known for good from here on: burst_flight_limit() of the handshake, where it fits; else it is asked for each time. */
static void
note_flight_limit(struct conn *c)
{
    int64_t limit = burst_flight_limit(c);

    c->flight_limit = c->syn_ack_dur != SYC_NONE && limit <= UINT32_MAX ? (uint32_t)limit : 0;
}

/*
 * A RST is no part of a handshake. challenge_at: a server's ACK before any SYN+ACK that does not
 * cover our SYN speaks for an older connection (RFC 5961 4), whose TIME-WAIT the client's RST is
 * about to end. established and ack are two times: a client may acknowledge with its first request
 * instead of a pure ACK.
 */
static void
track_handshake(struct step *st)
{
    const struct syc_segment *s = st->s;
    struct conn *c = st->c;
    const struct ends *theirs = &c->ends[1 - st->dir];

    if ((s->flags & SYC_RST) != 0) {
        return;
    }
    if ((s->flags & SYC_SYN) != 0) {
        if ((s->flags & SYC_ACK) != 0) {
            seen_syn_ack(st);
        } else {
            seen_syn(st);
        }
    } else if (st->dir == SYC_TOCLIENT) {
        if (c->syn_ack_count > 0) {
            if ((c->flags & CONN_COOKIE_DONE) == 0) {
                track_cookie(c, s, st->at);
            }
        } else if (c->syn_count > 0 && c->challenge_at == SYC_NONE && (s->flags & SYC_ACK) != 0 &&
                   s->ack != c->isn + 1) {
            c->challenge_at = st->at;
        }
    } else if (c->ack_at == SYC_NONE && c->syn_ack_count > 0 && (s->flags & SYC_ACK) != 0 &&
               !seq_after(theirs->base + 1, s->ack)) {
        if (c->established_at == SYC_NONE) {
            c->established_at = st->at;
        }
        if (is_pure_ack(s)) {
            c->ack_at = st->at;
            c->ack_dur = st->at - c->last_syn_ack_at;
            note_flight_limit(c);
        }
    }
}

/* ------------------------------------------------------------ payload */

/* Payload of a segment that is counted already (count_segment). */
static void
count_unique(struct conn *c, int dir, uint32_t octets)
{
    c->side[dir].unique_payload += octets;
    c->ends[dir].repeated_octets -= octets;
}

/*
 * HOLES holes a side; the oldest is forgotten. What a forgotten one hid is then a repeat instead of
 * out of order and its gap is not told: an error of counts on paths that lose much, against
 * unbounded memory on hostile ones.
 */
static void
open_hole(struct step *st, uint32_t from, uint32_t to)
{
    struct trouble *t = trouble_of(st->store, st->c, st->dir);
    struct hole *oldest = &t->holes[0];

    for (size_t i = 0; i < HOLES; i++) {
        if (t->holes[i].from == t->holes[i].to) {
            oldest = &t->holes[i];
            break;
        }
        if (t->holes[i].at < oldest->at) {
            oldest = &t->holes[i];
        }
    }
    *oldest = (struct hole){from, to, st->at};
}

/*
 * Octets of [from, to) that lie in a hole; the hole shrinks (a piece in the middle closes what is
 * before it). Only the first hole touched: a segment that spans two is counted for one. Ends are
 * counted from `from`: of a hole of up to 2^31 octets, some may lie before and some behind it.
 */
static uint32_t
fill_hole(struct step *st, uint32_t from, uint32_t to, int64_t *age)
{
    struct trouble *t = st->c->side[st->dir].trouble;
    int64_t octets = (uint32_t)(to - from);

    for (size_t i = 0; t != NULL && i < HOLES; i++) {
        struct hole *h = &t->holes[i];
        int64_t begin = syc_seq_diff(h->from, from);
        int64_t end = begin + (uint32_t)(h->to - h->from);
        int64_t a = begin > 0 ? begin : 0;
        int64_t b = end < octets ? end : octets;
        if (b > a) {
            *age = st->at - h->at;
            if (end > octets) {
                h->from = to;
            } else {
                h->to = from + (uint32_t)a;
            }
            return (uint32_t)(b - a);
        }
    }
    return 0;
}

/*
 * Fast or timeout, as a sender would have decided: three duplicate ACKs first (RFC 5681 3.2), else
 * silence of an RTO at least. Backoff is a chain of timeouts of one sequence number, which new
 * payload ends. The rest stays unnamed.
 */
static void
count_repeat(struct step *st)
{
    struct conn *c = st->c;
    struct side *me = &c->side[st->dir];
    const struct side *peer = &c->side[1 - st->dir];
    struct trouble *t = trouble_of(st->store, c, st->dir);
    int64_t r = round_trip(c);
    int64_t least = r != SYC_NONE && 2 * r > RTO_MIN_US ? 2 * r : RTO_MIN_US;

    t->retrans_data++;
    if (peer->trouble != NULL && peer->trouble->dup_run >= 3) {
        t->retrans_fast++;
    } else if (me->last_at != SYC_NONE && st->at - me->last_at >= least) {
        t->retrans_rto++;
        t->rto_chain = t->rto_seq == st->s->seq ? t->rto_chain + 1 : 1;
        t->rto_seq = st->s->seq;
        t->backoff_max = t->rto_chain > t->backoff_max ? t->rto_chain : t->backoff_max;
    }
    t->unacked_repeats += st->dir == SYC_TOSERVER;
}

/*
 * A repeat, or overtaken: within a round trip of the hole's opening, and not asked for by duplicate
 * ACKs, the path has reordered it. Its octets count as unique either way, since they had not been
 * seen. Timing is given up because an ACK could now mean either sending (Karn; RFC 6298 3).
 */
static void
old_payload(struct step *st, uint32_t from, uint32_t to)
{
    struct conn *c = st->c;
    int64_t age = 0;
    uint32_t filled = fill_hole(st, from, to, &age);
    int64_t r = round_trip(c);
    const struct side *peer = &c->side[1 - st->dir];
    bool asked = peer->trouble != NULL && peer->trouble->dup_run >= 3;

    st->repeat = true;
    c->ends[st->dir].repeat_at = st->at;
    count_unique(c, st->dir, filled);
    c->side[st->dir].flags &= (uint16_t)~SIDE_TIMING;
    if (filled > 0 && !asked && age < (r > REORDER_US ? r : REORDER_US)) {
        c->side[st->dir].trouble->out_of_order++;
        return;
    }
    count_repeat(st);
}

/*
 * A segment that begins beyond next opens a hole and is new as a whole; one that straddles next is
 * new only beyond it. Both move next in the caller, where FIN and SYN are counted, too.
 */
static void
track_payload(struct step *st)
{
    const struct syc_segment *s = st->s;
    struct side *me = &st->c->side[st->dir];
    uint32_t from = s->seq + ((s->flags & SYC_SYN) != 0);
    uint32_t to = from + s->payload_octets;

    me->data_segments++;
    if (s->payload_octets > me->segment_max) {
        me->segment_max = s->payload_octets;
    }
    if ((me->flags & SIDE_PAYLOAD) == 0) {
        me->flags |= SIDE_PAYLOAD;
        st->c->ends[st->dir].first_payload_at = st->at;
    }
    if (!seq_after(to, me->next)) {
        old_payload(st, from, to);
        return;
    }
    if (seq_after(from, me->next)) {
        open_hole(st, me->next, from);
        st->new_octets = s->payload_octets;
    } else {
        st->new_octets = to - me->next;
    }
    count_unique(st->c, st->dir, st->new_octets);
    if (me->trouble != NULL) {
        me->trouble->rto_chain = 0;
    }
}

/*
 * A probe sends the octet before the next one again, or none, when all before it was acknowledged
 * (RFC 9293 3.8.4). It looks like a repeat of one octet, and must be no retransmission, no burst
 * and no activity of the host.
 */
static bool
is_probe(const struct step *st)
{
    const struct side *me = &st->c->side[st->dir];
    const struct side *peer = &st->c->side[1 - st->dir];
    const struct syc_segment *s = st->s;

    return s->payload_octets <= 1 && (s->flags & (SYC_SYN | SYC_FIN | SYC_RST)) == 0 &&
           (me->flags & (SIDE_HAS_SEQ | SIDE_FIN)) == SIDE_HAS_SEQ && s->seq == me->next - 1 &&
           (peer->flags & SIDE_HAS_ACK) != 0 && peer->ack == me->next;
}

/*
 * Order: base, probe, payload, end. One segment a side is timed at a time; anything sent twice ends
 * the timing.
 */
static void
track_sequence(struct step *st)
{
    const struct syc_segment *s = st->s;
    struct side *me = &st->c->side[st->dir];
    bool probe;
    uint32_t end;

    if ((me->flags & SIDE_HAS_SEQ) == 0 || (me->flags & SIDE_GUESSED) != 0) {
        track_base(st->c, st->dir, s);
    }
    probe = is_probe(st);
    me->flags = (uint16_t)(probe ? me->flags | SIDE_PROBED : me->flags & ~SIDE_PROBED);
    if (probe) {
        st->probe = true;
        trouble_of(st->store, st->c, st->dir)->keep_alive++;
        return;
    }
    end = s->seq + s->payload_octets + ((s->flags & SYC_SYN) != 0) + ((s->flags & SYC_FIN) != 0);
    if (s->payload_octets > 0) {
        track_payload(st);
    }
    if (seq_after(end, me->next)) {
        me->next = end;
        if ((me->flags & SIDE_TIMING) == 0) {
            me->flags |= SIDE_TIMING;
            me->timed_seq = end;
            me->timed_at = st->at;
        }
    } else if ((s->flags & (SYC_SYN | SYC_FIN)) != 0) {
        /* a first SYN ends at next by definition; a repeated one makes its round trip ambiguous (Karn) */
        bool first = (s->flags & SYC_SYN) != 0 && (me->flags & SIDE_SYN) == 0;
        me->flags = (uint16_t)(first ? me->flags | SIDE_TIMING : me->flags & ~SIDE_TIMING);
        me->timed_seq = end;
        me->timed_at = st->at;
    }
    if ((s->flags & SYC_SYN) != 0) {
        me->flags |= SIDE_SYN;
    }
}

/* ------------------------------------------------------------ acknowledgment */

/*
 * The ACK covers octets of the peer that no segment brought: the capture has a gap. The holes it
 * covers are closed, so each is told once. Without a segment of the peer (SIDE_GUESSED) nothing is
 * missing: that direction was not captured at all.
 */
static bool
finds_gap(struct step *st)
{
    struct side *peer = &st->c->side[1 - st->dir];
    bool gap = false;

    if ((peer->flags & SIDE_GUESSED) != 0) {
        if (seq_after(st->s->ack, peer->next)) {
            peer->next = st->s->ack;
        }
        return false;
    }
    if (seq_after(st->s->ack, peer->next)) {
        gap = true;
    }
    for (size_t i = 0; peer->trouble != NULL && i < HOLES; i++) {
        struct hole *h = &peer->trouble->holes[i];
        if (h->from != h->to && !seq_after(h->to, st->s->ack)) {
            h->to = h->from;
            gap = true;
        }
    }
    return gap;
}

/*
 * Times the leg behind the tap, ends a run of duplicates, finds gaps. never_acked depends on the
 * last ACK seen here, so a forged ACK far ahead can only hide trouble of its own connection.
 */
static void
new_ack(struct step *st)
{
    struct conn *c = st->c;
    struct side *me = &c->side[st->dir];
    struct side *peer = &c->side[1 - st->dir];
    uint32_t ack = st->s->ack;

    st->gap = finds_gap(st);
    if (st->gap) {
        c->degraded |= 1U << SYC_DEGRADED_GAPS;
    }
    if ((peer->flags & SIDE_TIMING) != 0 && !seq_after(peer->timed_seq, ack)) {
        int64_t rtt = st->at - peer->timed_at;
        peer->flags &= (uint16_t)~SIDE_TIMING;
        if (rtt < peer->rtt_min) {
            peer->rtt_min = (uint32_t)rtt;
        }
    }
    me->ack = ack;
    me->flags |= SIDE_HAS_ACK;
    if (me->trouble != NULL) {
        me->trouble->dup_run = 0;
    }
    if (st->dir == SYC_TOCLIENT) {
        if ((c->flags & CONN_DATA_ACKED) == 0 && (peer->flags & SIDE_PAYLOAD) != 0 &&
            seq_after(ack, c->ends[SYC_TOSERVER].base + 1)) {
            c->flags |= CONN_DATA_ACKED;
            c->first_data_acked_at = st->at;
        }
        if (peer->trouble != NULL && !seq_after(peer->next, ack)) {
            peer->trouble->unacked_repeats = 0;
        }
    }
}

/*
 * RFC 5681 2: no payload, same ACK number and window, and something of the peer is outstanding. The
 * answer to a keep-alive probe fulfils all of it and is none; behind a FIN every late ACK would
 * count.
 */
static void
same_ack(struct step *st)
{
    struct side *me = &st->c->side[st->dir];
    const struct side *peer = &st->c->side[1 - st->dir];

    if (is_pure_ack(st->s) && st->s->window == me->window_raw && !st->probe &&
        (peer->flags & SIDE_PROBED) == 0 && seq_after(peer->next, me->ack) &&
        (peer->flags & SIDE_FIN) == 0) {
        struct trouble *t = trouble_of(st->store, st->c, st->dir);
        t->dup_ack++;
        t->dup_run++;
    }
}

/*
 * RFC 7323 2.2-2.3: the shift holds only when both SYNs carried one, and never for the window of a
 * SYN itself.
 */
static void
track_window(struct step *st)
{
    const struct syc_segment *s = st->s;
    struct side *me = &st->c->side[st->dir];
    uint32_t window;

    me->window_raw = s->window;
    me->flags = (uint16_t)((s->flags & SYC_SYN) != 0 ? me->flags | SIDE_UNSCALED
                                                     : me->flags & ~SIDE_UNSCALED);
    window = window_of(me);
    if (window > me->window_peak) {
        me->window_peak = window;
    }
    if (s->window == 0) {
        st->zero_window = true;
        trouble_of(st->store, st->c, st->dir)->zero_window++;
    }
}

/*
 * The first ACK places a peer that was not captured yet: its base is guessed, so that a one-sided
 * capture still has acknowledged octets. ACK numbers that go back are old segments and say nothing.
 */
static void
track_ack(struct step *st)
{
    struct side *me = &st->c->side[st->dir];
    struct side *peer = &st->c->side[1 - st->dir];

    if ((peer->flags & SIDE_HAS_SEQ) == 0) {
        st->c->ends[1 - st->dir].base = st->s->ack - 1;
        peer->next = st->s->ack;
        peer->flags |= SIDE_HAS_SEQ | SIDE_GUESSED;
    }
    if ((me->flags & SIDE_HAS_ACK) == 0 || seq_after(st->s->ack, me->ack)) {
        new_ack(st);
    } else if (st->s->ack == me->ack) {
        same_ack(st);
    }
}

/* ------------------------------------------------------------ copies of frames */

/*
 * Copies follow at once: longer than this a stack may have sent the segment again. Without an IP ID
 * to compare, a fifth of it: still far below any RTO or the ACKs of a fast retransmission on a real
 * path.
 */
enum { COPY_US = 1000, COPY_NO_ID_US = 200 };

/* The numbers of the segment before it, once more. A RST never: hosts send several of one number. */
static bool
repeats_last(const struct side *me, const struct syc_segment *s)
{
    uint32_t octets = s->payload_octets + ((s->flags & SYC_SYN) != 0) + ((s->flags & SYC_FIN) != 0);

    return s->seq + octets == me->next && s->window == me->window_raw &&
           ((s->flags & SYC_ACK) == 0 || ((me->flags & SIDE_HAS_ACK) != 0 && s->ack == me->ack)) &&
           (!s->has_ts || s->ts_val == me->ts_last) && (s->flags & SYC_RST) == 0;
}

/* A SYN, SYN+ACK or FIN is a copy only of one of its kind, and that was this side's last segment. */
static bool
last_was_alike(const struct conn *c, int dir, const struct syc_segment *s)
{
    int64_t last = c->side[dir].last_at;

    if ((s->flags & SYC_SYN) != 0) {
        bool answer = (s->flags & SYC_ACK) != 0;
        return answer == (dir == SYC_TOCLIENT) &&
               last == (answer ? c->last_syn_ack_at : c->last_syn_at);
    }
    return (s->flags & SYC_FIN) == 0 || c->ends[dir].fin_last_at == last;
}

/*
 * IPv4 with an ID: the same ID says copy, another says sent again, unless this stack's IDs never
 * change. Otherwise only segments that carry something: two equal pure ACKs at once are what a
 * receiver sends on loss.
 */
bool
track_is_copy(const struct step *st)
{
    const struct syc_segment *s = st->s;
    const struct side *me = &st->c->side[st->dir];
    bool constant = me->id_count > 1 && (me->id_still & 1U << SYC_ID_STEP_CONST) != 0;

    if ((me->flags & (SIDE_HAS_SEQ | SIDE_GUESSED)) != SIDE_HAS_SEQ || me->last_at == SYC_NONE ||
        st->at - me->last_at > COPY_US || !repeats_last(me, s) ||
        !last_was_alike(st->c, st->dir, s)) {
        return false;
    }
    if (s->ip_v == 4 && s->ip_id != 0) { /* stacks give what they send again a new one */
        return s->ip_id == me->id_last && !constant;
    }
    return (s->payload_octets > 0 || (s->flags & (SYC_SYN | SYC_FIN)) != 0) &&
           st->at - me->last_at <= COPY_NO_ID_US;
}

/*
 * Counted as other tools count it, without effects on sequence space; the SYN counts follow Zeek
 * and Wireshark, which know no copies.
 */
void
track_copy(struct step *st)
{
    bool answer = (st->s->flags & SYC_ACK) != 0;

    st->copy = true;
    count_segment(st);
    if ((st->s->flags & SYC_SYN) != 0 && answer == (st->dir == SYC_TOCLIENT)) {
        *(answer ? &st->c->syn_ack_count : &st->c->syn_count) += 1;
    }
    st->repeat = st->s->payload_octets > 0;
}

/*
 * Order matters: control and handshake ask about the state before this segment, sequence and ACK
 * change it. A RST's numbers are its victim's, not its sender's, so it moves nothing.
 */
void
track_segment(struct step *st)
{
    struct side *me = &st->c->side[st->dir];

    count_segment(st);
    count_control(st);
    track_handshake(st);
    if ((st->s->flags & SYC_RST) == 0) {
        track_sequence(st);
        if ((st->s->flags & SYC_ACK) != 0) {
            track_ack(st);
        }
        track_window(st);
    } else {
        me->flags |= SIDE_RST;
    }
    me->last_at = st->at;
}
