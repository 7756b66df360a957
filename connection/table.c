/*
 * The table: when a connection begins, goes on and gives way to a new one of its tuple (record.md,
 * identity and order).
 *
 *    segment -> feed.c --> half-open SYN --answered, repeated, quoted by ICMP--> connection
 *                     |--> packed one ----late segment-------------------------> connection
 *                     |--> connection: track -> state -> close -> burst
 *                     '--> nothing: a RST is counted, a plain SYN waits in 64 octets, the rest begins
 *
 * Invariants: a tuple has at most one entry in the index; what the index points at is live; time
 * inside a connection never runs back. No output depends on the hash key while no cap is hit: ties
 * between references are never broken by where they stand. Whatever is refused for want of memory
 * is counted (denied).
 */

#include "connection/table_int.h"

#include <string.h>

/* ------------------------------------------------------------ first SYNs */

/*
 * What differs between SYNs of one stack: kept by connection, where the interned facts are kept
 * once.
 */
static void
take_own(struct own *own, const struct syc_segment *s)
{
    own->id_or_label = s->ip_v == 4 ? s->ip_id : s->flow_label;
    own->has_ts = s->has_ts;
    own->ts_val = s->ts_val;
    own->ts_ecr = s->ts_ecr;
    own->payload = s->payload_octets;
}

/*
 * For the `fingerprint` event, at the moment of the SYN: a live run must not wait for the
 * connection's end. Without an interned value there is nothing to tell, and the connection's record
 * says why (signatures_cut).
 */
static void
tell_syn(struct syc_table *t, const struct syc_key *key, int64_t flow_id,
         const struct syc_segment *s, const struct syc_syn *syn)
{
    struct syc_syn_own own = {SYC_NONE, SYC_NONE, SYC_NONE, SYC_NONE, s->payload_octets};
    struct syc_syn_seen seen = {.key = key,
                                .flow_id = flow_id,
                                .time_us = syc_us_from_ns(s->time_ns),
                                .number = s->number,
                                .file = s->file,
                                .syn = syn,
                                .own = &own};

    t->undescribed += syn == NULL;
    if (t->sink.syn == NULL || syn == NULL) {
        return;
    }
    *(s->ip_v == 4 ? &own.ip_id : &own.flow_label) = s->ip_v == 4 ? s->ip_id : s->flow_label;
    if (s->has_ts) {
        own.ts_val = s->ts_val;
        own.ts_ecr = s->ts_ecr;
    }
    t->sink.syn(t->sink.user, &seen);
}

/*
 * What a SYN tells the connection beyond its numbers: facts, window scale. entry 0: there was no
 * room for the facts. Shifts above 14 are cut as RFC 7323 2.3 asks; a hostile 255 would be an
 * undefined shift.
 */
static void
take_syn(struct syc_table *t, struct conn *c, int dir, const struct syc_segment *s, uint32_t entry)
{
    struct ends *mine = &c->ends[dir];

    take_own(&c->own[dir], s);
    if (entry == 0) {
        c->degraded |= 1U << SYC_DEGRADED_SIGNATURES_CUT;
        return;
    }
    c->syn[dir] = t->intern.syns[entry - 1].syn;
    if (dir == SYC_TOSERVER) {
        c->p0f_mss = t->intern.syns[entry - 1].p0f_mss;
    }
    if (t->intern.syns[entry - 1].scaled) {
        uint8_t shift = t->intern.syns[entry - 1].wscale;
        mine->scaled = 1;
        mine->shift = shift > 14 ? 14 : shift; /* RFC 7323 2.3 */
    }
    if (c->ends[0].scaled && c->ends[1].scaled) {
        c->side[0].wscale = c->ends[0].shift;
        c->side[1].wscale = c->ends[1].shift;
        c->side[0].flags |= SIDE_UNSCALED; /* what they offered until now */
        c->side[1].flags |= SIDE_UNSCALED;
    }
}

/*
 * True the first time a side sends a SYN, or a SYN+ACK, with this sequence number: anything else is
 * a repeat. TOLD_MAX ends what a flood of changing numbers on one tuple can print.
 */
static bool
is_untold(struct own *own, const struct syc_segment *s)
{
    uint8_t answer = (s->flags & SYC_ACK) != 0;

    for (size_t i = 0; i < own->told_count; i++) {
        if (own->told_seq[i] == s->seq && own->told_answer[i] == answer) {
            return false;
        }
    }
    if (own->told_count == TOLD_MAX) {
        return false;
    }
    own->told_seq[own->told_count] = s->seq;
    own->told_answer[own->told_count++] = answer;
    return true;
}

/*
 * The record keeps the client's SYN and the server's SYN+ACK; a split handshake has others, told
 * but not kept. SYN with FIN or RST is nobody's stack. An answer is described with the client's
 * MSS, of which some servers' windows are multiples.
 */
static void
notice_syn(struct syc_table *t, struct conn *c, const struct syc_segment *s, int dir)
{
    bool answer = (s->flags & SYC_ACK) != 0;
    struct syc_key key;
    uint32_t entry;

    if ((s->flags & (SYC_FIN | SYC_RST)) != 0 || !is_untold(&c->own[dir], s)) {
        return;
    }
    entry = intern_syn(&t->intern, s, answer ? c->p0f_mss : 0);
    if (answer == (dir == SYC_TOCLIENT) && c->syn[dir] == NULL) {
        take_syn(t, c, dir, s, entry);
    }
    conn_key(c, &key);
    tell_syn(t, &key, t->sink.syn != NULL ? conn_flow_id(c) : 0, s,
             entry > 0 ? t->intern.syns[entry - 1].syn : NULL);
}

/* ------------------------------------------------------------ a connection begins */

/*
 * Without SYN or SYN+ACK the client is a guess: by known server ports, else the side with the
 * higher port; flagged in the record (client_known), so rules can abstain.
 */
static bool
sender_is_client(const struct syc_segment *s)
{
    if ((s->flags & SYC_SYN) != 0) {
        return (s->flags & SYC_ACK) == 0;
    }
    return state_flips(s) ? false : s->src_port >= s->dst_port;
}

/* The first segment's sender is the client or the server for good, but for correct_client(). */
static void
set_ends(struct conn *c, const struct syc_segment *s, bool forward)
{
    memcpy(c->client, forward ? s->src : s->dst, 16);
    memcpy(c->server, forward ? s->dst : s->src, 16);
    c->client_port = forward ? s->src_port : s->dst_port;
    c->server_port = forward ? s->dst_port : s->src_port;
    c->ip_v = s->ip_v;
    c->path = s->path;
}

/*
 * The flow id is of what the first segment tells: later knowledge may not change the name by which events of a connection
 * are joined. After a SYN none does, so it is made when somebody asks for it.
 */
void
table_begin(struct syc_table *t, struct conn *c, const struct syc_segment *s, uint16_t path_id)
{
    uint32_t number = c->number;
    bool forward = sender_is_client(s);
    bool flips = state_flips(s);

    *c = t->blank;
    c->number = number;
    c->path_id = path_id;
    c->start_us = syc_us_from_ns(s->time_ns);
    set_ends(c, s, forward);
    if ((s->flags & SYC_SYN) != 0) {
        c->flags |= CONN_CLIENT_KNOWN;
    }
    if (flips) {
        c->history[c->history_length++] = '^';
    }
    if (forward == flips) { /* Zeek's originator: the sender, unless it flips */
        c->flags |= CONN_REVERSED;
    }
    if ((s->flags & (SYC_SYN | SYC_ACK)) == SYC_SYN) {
        c->isn = s->seq;
    } else {
        struct syc_key key;
        conn_key(c, &key);
        c->flow_id = syc_record_flow_id(&key, SYC_NONE, c->start_us);
    }
    t->begun++;
}

struct conn *
table_take(struct syc_table *t)
{
    struct conn *c;

    table_keep_slack(t);
    if (t->pool.free == 0) {
        table_pack_one(t);
    }
    c = pool_take(t);
    while (c == NULL && table_evict(t)) {
        c = pool_take(t);
    }
    return c;
}

/*
 * Nothing is half done: index and pool have room before either is touched. Otherwise the segment is
 * lost, counted.
 */
static void
start_conn(struct syc_table *t, const struct syc_segment *s, uint16_t path_id, uint32_t tag)
{
    struct conn *c;

    if (!index_reserve(&t->index) || (c = table_take(t)) == NULL) {
        t->denied++;
        return;
    }
    table_begin(t, c, s, path_id);
    c->tag = tag;
    index_add(&t->index, tag, c->number);
    queue_append(t, &t->open, c);
    table_follow(t, c, s, sender_is_client(s) ? SYC_TOSERVER : SYC_TOCLIENT,
                 syc_us_from_ns(s->time_ns));
}

/*
 * A plain SYN that fits a half-open slot: nothing in it that the slot could not give back. SYNs
 * with data (RFC 7413), an ACK number, a TSecr or the length of a jumbogram are rare, tell more, and
 * become connections at once.
 */
static bool
fits_half_open(const struct syc_segment *s)
{
    return (s->flags & (SYC_SYN | SYC_ACK | SYC_FIN | SYC_RST)) == SYC_SYN &&
           s->payload_octets == 0 && (!s->has_ts || s->ts_ecr == 0) && s->ack == 0 &&
           s->ip_octets <= UINT16_MAX;
}

static void
tell_half(struct syc_table *t, const struct half_open *h, const struct syc_segment *s)
{
    struct syc_key key;

    half_key(t, h, &key);
    tell_syn(t, &key, syc_record_flow_id(&key, s->seq, h->time_us), s,
             t->intern.syns[h->syn_id - 1].syn);
}

/*
 * The signature must be interned: without it half_segment() could not rebuild the SYN. Then the SYN
 * is told at once, as for a connection, so that flooding changes no order of events.
 */
static bool
start_half_open(struct syc_table *t, const struct syc_segment *s, uint16_t path_id, uint32_t tag,
                int64_t now)
{
    uint32_t entry = intern_syn(&t->intern, s, 0);
    struct half_open *h;

    if (entry == 0 || !index_reserve(&t->index) || (h = half_take(t)) == NULL) {
        return false;
    }
    *h = (struct half_open){.client_port = s->src_port,
                            .server_port = s->dst_port,
                            .path_id = path_id,
                            .ip_v = s->ip_v,
                            .live = 1,
                            .time_us = now,
                            .isn = s->seq,
                            .syn_id = entry,
                            .ts_val = s->ts_val,
                            .id_or_label = s->ip_v == 4 ? s->ip_id : s->flow_label};
    memcpy(h->client, s->src, 16);
    memcpy(h->server, s->dst, 16);
    index_add(&t->index, tag, half_ref(t, h));
    t->begun++;
    if (t->sink.syn != NULL) {
        tell_half(t, h, s);
    }
    return true;
}

/*
 * A RST of an unseen tuple begins nothing: backscatter and scans of resets would fill the table
 * with answers to connections that are not in the capture. They are counted.
 */
static void
start(struct syc_table *t, const struct syc_segment *s, uint16_t path_id, uint32_t tag, int64_t now)
{
    if ((s->flags & (SYC_RST | SYC_SYN | SYC_FIN)) == SYC_RST) {
        t->stray_rst++; /* a RST of an unseen tuple begins nothing */
        return;
    }
    if (!fits_half_open(s) || !start_half_open(t, s, path_id, tag, now)) {
        start_conn(t, s, path_id, tag);
    }
}

/* ------------------------------------------------------------ a connection goes on */

/*
 * A guessed client turns out to be the server: everything by side changes places, while nothing was
 * said yet. Once an exchange is in the log the guess stays, since the log's directions cannot be
 * turned; once it has closed as well, since what comes behind the close is of another connection.
 */
static void
correct_client(struct conn *c, const struct syc_segment *s, int *dir)
{
    bool sender_client = (s->flags & SYC_ACK) == 0;
    struct side side = c->side[0];
    struct ends ends = c->ends[0];
    uint8_t addr[16];
    uint16_t port = c->client_port;

    if ((c->flags & CONN_CLIENT_KNOWN) != 0 || (s->flags & SYC_SYN) == 0 || c->exchange.open ||
        c->log.octets > 0 || c->closed_at != SYC_NONE) {
        return;
    }
    c->flags |= CONN_CLIENT_KNOWN;
    if (sender_client == (*dir == SYC_TOSERVER)) {
        return;
    }
    memcpy(addr, c->client, 16);
    memcpy(c->client, c->server, 16);
    memcpy(c->server, addr, 16);
    c->client_port = c->server_port;
    c->server_port = port;
    c->side[0] = c->side[1];
    c->side[1] = side;
    c->ends[0] = c->ends[1];
    c->ends[1] = ends;
    c->flags ^= CONN_REVERSED;
    *dir = 1 - *dir;
}

/*
 * From the open to the closed queue, once: the second is in order of closing, which packing and
 * expiry rely on.
 */
static void
settle(struct syc_table *t, struct conn *c)
{
    if (c->closed_at != SYC_NONE && (c->flags & CONN_IN_CLOSED) == 0) {
        queue_remove(t, &t->open, c);
        c->flags |= CONN_IN_CLOSED;
        queue_append(t, &t->closed, c);
        table_due(t, c);
    }
}

/*
 * Captures of several interfaces run back by microseconds. Held at the last time and counted:
 * negative durations would be a lie of another kind, and no stage has to ask for them.
 */
static int64_t
step_time(struct conn *c, int64_t us)
{
    int64_t at = us - c->start_us;

    if (at < c->last_at) {
        c->clock_back_count++;
        return c->last_at;
    }
    return at;
}

/*
 * By exchanges everywhere, by time only live and never inside an exchange: a record of a file must
 * not depend on how its packets were spread over time.
 */
bool
table_part_is_old(const struct syc_table *t, const struct conn *c, int64_t at)
{
    return t->config.live && t->config.interval_ns > 0 && !c->exchange.open &&
           at - c->part_at >= t->config.interval_ns / SYC_NS_PER_US;
}

/*
 * The long way: everything that a segment can mean. Copies of frames move the history alone (Zeek
 * has no copies). State runs before close, since rule 4 of zeek-states asks who had sent a FIN
 * before; burst last, it needs new_octets.
 */
static void
follow(struct syc_table *t, struct step *st)
{
    struct conn *c = st->c;
    const struct syc_segment *s = st->s;

    if (track_is_copy(st)) {
        t->copies++;
        track_copy(st);
        state_segment(st);
        return;
    }
    st->late = c->closed_at != SYC_NONE && st->at - c->closed_at > LATE_US;
    if ((s->flags & SYC_SYN) != 0) {
        correct_client(c, s, &st->dir);
        notice_syn(t, c, s, st->dir);
    }
    track_segment(st);
    if (!st->late) {
        state_segment(st);
    } else {
        c->late_count++;
    }
    close_segment(st);
    if (!st->late) {
        burst_segment(st);
    }
    if (!t->long_way && plain_is_steady(c)) {
        c->flags |= CONN_STEADY;
    } else {
        c->flags &= (uint16_t)~CONN_STEADY;
    }
}

/* Parts are asked for before the segment changes anything. */
void
table_follow(struct syc_table *t, struct conn *c, const struct syc_segment *s, int dir, int64_t us)
{
    struct step st = {.store = &t->store, .intern = &t->intern, .s = s, .c = c, .dir = dir};

    st.at = step_time(c, us);
    if ((c->log.exchanges + 1 >= SYC_EXCHANGES_MAX && burst_overflows(c, s, dir, st.at)) ||
        table_part_is_old(t, c, st.at)) {
        table_write_part(t, c);
        c->part_at = st.at;
    }
    follow(t, &st);
    c->last_at = st.at;
}

/*
 * What the stages leave of a plain SYN that is a connection's first segment, without passing them:
 * most connections of a scan or a flood are nothing else. Twin of follow() for that one segment;
 * the tests hold both against each other (long_way). A window of 0 is counted and told by the
 * stages.
 */
static void
begin_by_syn(struct conn *c, const struct syc_segment *s)
{
    struct side *me = &c->side[SYC_TOSERVER];
    struct ends *mine = &c->ends[SYC_TOSERVER];

    c->last_at = 0;
    c->syn_count = 1;
    c->first_syn_at = c->last_syn_at = 0;
    c->history[c->history_length++] = 'S';
    mine->base = s->seq;
    me->next = me->timed_seq = s->seq + 1;
    me->timed_at = me->last_at = 0;
    me->flags |= SIDE_HAS_SEQ | SIDE_TIMING | SIDE_SYN | SIDE_UNSCALED;
    me->state = EP_SYN_SENT;
    me->pkts = mine->control_pkts = 1;
    me->bytes = mine->control_bytes = s->ip_octets;
    me->ttl_min = me->ttl_max = s->ttl;
    me->window_raw = s->window;
    me->window_peak = s->window;
    me->id_last = s->ip_id;
    if (s->ip_v == 4) {
        track_ip_id(me, s->ip_id);
    }
    if (s->has_ts) {
        me->flags |= SIDE_HAS_TS;
        me->ts_last = mine->ts_first = s->ts_val;
        mine->ts_first_at = 0;
    }
    mine->hist_syn = s->seq;
    mine->hist_marks = HIST_SYN;
}

/*
 * c takes the place of a half-open SYN: the SYN passes all stages late, at its own time, so a
 * record cannot tell whether its SYN waited. It was told and counted when it came, hence
 * is_untold() and begun.
 */
void
table_replay(struct syc_table *t, struct conn *c, const struct half_open *h)
{
    struct syc_segment s;

    half_segment(t, h, &s);
    table_begin(t, c, &s, h->path_id);
    t->begun--; /* it was counted when its SYN came */
    (void)is_untold(&c->own[0], &s);
    take_syn(t, c, SYC_TOSERVER, &s, h->syn_id);
    if (s.window != 0 && !t->long_way) {
        begin_by_syn(c, &s);
    } else {
        table_follow(t, c, &s, SYC_TOSERVER, h->time_us);
    }
}

/*
 * The SYN was answered, or repeated: its slot becomes a connection. NULL when there is no memory
 * for one. The slot is looked up after table_take(), whose evictions write records and could in
 * principle move it.
 */
static struct conn *
promote(struct syc_table *t, uint32_t ref, uint32_t tag)
{
    struct half_open *h;
    struct conn *c = table_take(t);

    if (c == NULL) {
        t->denied++;
        return NULL;
    }
    h = half_get(t, ref);
    table_replay(t, c, h);
    c->tag = tag;
    index_move(&t->index, tag, ref, c->number);
    half_give(t, h);
    queue_append(t, &t->open, c);
    return c;
}

/*
 * A SYN with another sequence number than its side's base, or after both FINs (record.md). The
 * first cannot be a retry (RFC 9293 3.4); the second reuses the port within TIME-WAIT, with
 * whatever number.
 */
static bool
begins_anew(const struct conn *c, const struct syc_segment *s, int dir)
{
    const struct side *me = &c->side[dir];

    if ((s->flags & (SYC_SYN | SYC_ACK)) != SYC_SYN) {
        return false;
    }
    return ((me->flags & SIDE_HAS_SEQ) != 0 && c->ends[dir].base != s->seq) ||
           (c->side[0].flags & c->side[1].flags & SIDE_FIN) != 0;
}

/*
 * Live: it closed 2MSL ago, so nothing is of it any more. syc_table_expire() ends it at its next call, or later where it
 * was packed and a straggler has brought it back, behind younger ones: no record may depend on which.
 */
static bool
is_over(const struct syc_table *t, const struct conn *c)
{
    return t->config.live && c->closed_at != SYC_NONE &&
           t->now_us - (c->start_us + c->closed_at) >= t->config.two_msl_ns / SYC_NS_PER_US;
}

/*
 * The connection that a reference stands for, to go on with: out of the half-open SYNs or the
 * packed ones if need be.
 */
static struct conn *
bring(struct syc_table *t, uint32_t ref, uint32_t tag)
{
    struct conn *c;

    if ((ref & REF_HALF) != 0) {
        return promote(t, ref, tag);
    }
    if ((ref & REF_COLD) == 0) {
        return pool_get(&t->pool, ref);
    }
    c = cold_thaw(t, ref);
    t->denied += c == NULL;
    return c;
}

/*
 * A SYN with another number on a half-open tuple: the earlier try is over, and leaves as a record
 * of its own.
 */
static bool
supersedes_half(const struct half_open *h, const struct syc_segment *s, int dir)
{
    return dir == SYC_TOSERVER && (s->flags & (SYC_SYN | SYC_ACK)) == SYC_SYN && s->seq != h->isn;
}

/*
 * The server's plain RST is the whole answer: such a connection is closed and has told its story,
 * so it goes to the packed ones at once, as the two segments that it is (cold_put_refused). What
 * is not plain takes the usual way.
 */
static bool
refuses_half(const struct syc_table *t, const struct syc_segment *s, int dir)
{
    return dir == SYC_TOCLIENT && (s->flags & (SYC_SYN | SYC_FIN | SYC_RST)) == SYC_RST &&
           s->payload_octets == 0 && !s->has_ts && !t->long_way;
}

/*
 * Never two connections of one tuple: the old one is written and gone before start() adds the new
 * one. A head ends when its connection rests, also where no segment of another has made table_rest()
 * look: a record does not depend on others.
 */
void
table_known(struct syc_table *t, struct conn *c, const struct syc_segment *s, int dir, uint32_t tag,
            int64_t now)
{
    if (begins_anew(c, s, dir) || is_over(t, c)) {
        uint16_t path_id = c->path_id;
        table_end(t, c, SYC_REASON_CLOSED);
        start(t, s, path_id, tag, now);
        return;
    }
    if ((c->flags & CONN_PEEKED) == 0 && c->closed_at != SYC_NONE &&
        t->now_us >= table_rests_us(t, c)) {
        peek_end(&t->store, c);
    }
    table_follow(t, c, s, dir, now);
    settle(t, c);
}

void
table_segment(struct syc_table *t, const struct syc_segment *s, uint16_t path_id, uint32_t tag,
              int64_t now)
{
    int dir = 0;
    uint32_t ref = table_find(t, s, path_id, tag, &dir);
    struct conn *c;

    if ((ref & REF_HALF) != 0) {
        if (refuses_half(t, s, dir) && cold_put_refused(t, ref, tag, s, now)) {
            return;
        }
        if (supersedes_half(half_get(t, ref), s, dir)) {
            table_end_half(t, half_get(t, ref), SYC_REASON_CLOSED);
            ref = 0;
        }
    }
    if (ref == 0) {
        start(t, s, path_id, tag, now);
    } else if ((c = bring(t, ref, tag)) != NULL) {
        table_known(t, c, s, dir, tag, now);
    }
}

/*
 * ICMP is forgeable: it marks, and ends nothing (RFC 5927 asks hosts for the same restraint). A
 * quoted half-open SYN becomes a connection, as it now has more to tell than a slot can hold.
 */
void
syc_table_unreachable(struct syc_table *t, const struct syc_segment *s)
{
    uint16_t path_id = intern_path(&t->intern, &s->path);
    uint32_t tag = table_tag(t, s, path_id);
    int dir = 0;
    uint32_t ref = table_find(t, s, path_id, tag, &dir);
    struct conn *c;

    if (ref == 0 || !s->unreachable) {
        return;
    }
    c = bring(t, ref, tag);
    if (c != NULL && c->unreachable_at == SYC_NONE && !is_over(t, c)) {
        int64_t at = syc_us_from_ns(s->time_ns) - c->start_us;
        c->unreachable_at = at > c->last_at ? at : c->last_at;
        c->unreachable_code = s->icmp_code;
    }
}
