/*
 * The way of nearly every segment: which connection of the table it belongs to, and what it changes
 * there when it is plain.
 *
 *    batch:  1 tags, ask for slots   2 slots, ask for connections   3 one by one, in order
 *                                                                      |
 *            plain, of a steady connection --------------------------- short way (take_plain)
 *            another one of a connection of the pool ----------------- table_known()
 *            half-open, packed, or not found ------------------------- table_segment()
 *
 * A batch is walked three times: hashes first, then the slots they lead to, then the connections,
 * each walk asking the cache for what the next one needs. With a table larger than the cache that
 * is 1.6 times as quick (performance 3).
 *
 * The short way. Of a connection's segments most come in its middle, in order, without SYN, FIN or
 * RST: for those nearly every question of track.c, state.c and close.c has the same answer, so they
 * are asked once (plain_is_steady) and not for each segment. Whatever is not plain takes the long
 * way, so only cost depends on this file; the tests hold both ways against each other.
 *
 *    long way  --plain_is_steady()-->  STEADY  --is_in_order()--> short way
 *        ^                                |
 *        '------ anything else -----------'       (the flag is told anew after each long way)
 *
 * Invariants: for a plain segment of a steady connection, the short way leaves struct conn as the
 * long way would have; each line of it has its twin in track.c or state.c: change them together.
 * What the second walk found may be gone or moved when a segment's turn comes, so it is believed
 * only if the tuple is the segment's: a place that was given back has none (pool_give).
 */

#include "connection/burst_int.h"
#include "connection/table_int.h"

#include <string.h>

/* ------------------------------------------------------------ tuples */

/* The IPv4 address of a mapped one. In the machine's octet order: it is only compared with its like. */
static inline uint32_t
ip4_of(const uint8_t mapped[16])
{
    uint32_t address;

    memcpy(&address, mapped + 12, sizeof(address));
    return address;
}

/*
 * The hash is the same for both ways: the ends are put in order first, whatever order that is.
 * Keyed, since the tuple is the sender's choice: with a known hash a few thousand chosen ports would
 * make one chain of the index. IPv4 takes a shorter way because it is most of the traffic.
 */
static inline __attribute__((always_inline)) uint32_t
tag_ip4(const struct syc_hash_line *line, const uint8_t *src, uint16_t src_port, const uint8_t *dst,
        uint16_t dst_port, uint16_t path_id)
{
    const uint64_t *m = line->m;
    uint64_t a = (uint64_t)ip4_of(src) << 16 | src_port;
    uint64_t b = (uint64_t)ip4_of(dst) << 16 | dst_port;
    uint64_t low = a < b ? a : b;
    uint64_t high = a < b ? b : a;

    return syc_hash_line_end(m[SYC_HASH_LINE_WORDS] + m[0] * (uint32_t)(low >> 16) +
                             m[1] * (uint32_t)(high >> 16) +
                             m[2] * ((uint32_t)low << 16 | (uint16_t)high) + m[3] * path_id);
}

static inline bool
is_before(const uint64_t a[2], uint16_t a_port, const uint64_t b[2], uint16_t b_port)
{
    return a[0] != b[0] ? a[0] < b[0] : a[1] != b[1] ? a[1] < b[1] : a_port < b_port;
}

/* Not in line: its ten words would take the registers that the loop over a batch has for the usual four. */
static __attribute__((noinline)) uint32_t
tag_ip6(const struct syc_hash_line *line, const uint8_t *src, uint16_t src_port, const uint8_t *dst,
        uint16_t dst_port, uint16_t path_id)
{
    uint64_t ends[2][2];
    uint32_t words[10];

    memcpy(ends[0], src, sizeof(ends[0]));
    memcpy(ends[1], dst, sizeof(ends[1]));
    bool forward = is_before(ends[0], src_port, ends[1], dst_port);
    memcpy(words, ends[!forward], 16);
    memcpy(words + 4, ends[forward], 16);
    words[8] = (uint32_t)(forward ? src_port : dst_port) << 16 | (forward ? dst_port : src_port);
    words[9] = path_id;
    return syc_hash_line(line, words, 10);
}

static inline uint32_t
tag_of(const struct syc_hash_line *line, const struct syc_segment *s, uint16_t path_id)
{
    return s->ip_v == 4 ? tag_ip4(line, s->src, s->src_port, s->dst, s->dst_port, path_id)
                        : tag_ip6(line, s->src, s->src_port, s->dst, s->dst_port, path_id);
}

uint32_t
table_tag(const struct syc_table *t, const struct syc_segment *s, uint16_t path_id)
{
    return tag_of(&t->line, s, path_id);
}

uint32_t
half_tag(const struct syc_table *t, const struct half_open *h)
{
    return h->ip_v == 4
               ? tag_ip4(&t->line, h->client, h->client_port, h->server, h->server_port, h->path_id)
               : tag_ip6(&t->line, h->client, h->client_port, h->server, h->server_port,
                         h->path_id);
}

/* By halves: calls of memcmp() were a twentieth of a run. The upper half is the same in all mapped addresses. */
static inline bool
same_address(const uint8_t *a, const uint8_t *b, uint8_t ip_v)
{
    uint64_t x[2], y[2];

    memcpy(x, a, sizeof(x));
    memcpy(y, b, sizeof(y));
    return x[1] == y[1] && (ip_v == 4 || x[0] == y[0]);
}

/* Ports first: they differ most often, and the addresses are in the same cache line anyway. */
static inline bool
same_ends(const uint8_t *a, uint16_t a_port, const uint8_t *b, uint16_t b_port,
          const struct syc_segment *s)
{
    return s->src_port == a_port && s->dst_port == b_port && same_address(s->src, a, s->ip_v) &&
           same_address(s->dst, b, s->ip_v);
}

/* A tuple in any of its three forms. Their fields lie apart: a common head would cost the half-open slot its 64 octets. */
struct tuple {
    const uint8_t *client, *server;
    uint16_t client_port, server_port, path_id;
    uint8_t ip_v;
};

static inline struct tuple
tuple_of_conn(const struct conn *c)
{
    return (struct tuple){c->client,      c->server,  c->client_port,
                          c->server_port, c->path_id, c->ip_v};
}

static inline struct tuple
tuple_of(const struct syc_table *t, uint32_t ref)
{
    if ((ref & REF_HALF) != 0) {
        const struct half_open *h = half_get(t, ref);
        return (struct tuple){h->client,      h->server,  h->client_port,
                              h->server_port, h->path_id, h->ip_v};
    }
    if ((ref & REF_COLD) != 0) {
        const struct cold *h = cold_get(t, ref);
        return (struct tuple){h->client,      h->server,  h->client_port,
                              h->server_port, h->path_id, h->ip_v};
    }
    return tuple_of_conn(pool_get(&t->pool, ref));
}

/*
 * SYC_TOSERVER or SYC_TOCLIENT when the segment is of this tuple, -1 when not. One connected to itself (same address,
 * same port: RFC 9293 3.5 allows it) reads as to the server.
 */
static inline int
direction_of(struct tuple k, const struct syc_segment *s, uint16_t path_id)
{
    if (k.path_id != path_id || k.ip_v != s->ip_v) {
        return -1;
    }
    if (same_ends(k.client, k.client_port, k.server, k.server_port, s)) {
        return SYC_TOSERVER;
    }
    return same_ends(k.server, k.server_port, k.client, k.client_port, s) ? SYC_TOCLIENT : -1;
}

/* Tags are compared first: a wrong reference is followed once in 2^32, so a probe costs no cache line beyond the index. */
uint32_t
table_find(const struct syc_table *t, const struct syc_segment *s, uint16_t path_id, uint32_t tag,
           int *dir)
{
    uint32_t mask = t->index.count - 1;

    for (uint32_t at = tag & mask; t->index.slots[at].ref != 0; at = (at + 1) & mask) {
        uint32_t ref = t->index.slots[at].ref;
        if (t->index.slots[at].tag != tag) {
            continue;
        }
        *dir = direction_of(tuple_of(t, ref), s, path_id);
        if (*dir >= 0) {
            return ref;
        }
    }
    return 0;
}

/* ------------------------------------------------------------ what is plain */

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
 * once enough. A lone SYN+ACK (CONN_ONLY_H) waits for the long way; exchanges are counted by
 * begin_burst().
 */
bool
plain_is_steady(const struct conn *c)
{
    return c->closed_at == SYC_NONE && c->established_at != SYC_NONE && c->ack_at != SYC_NONE &&
           c->syn_ack_count > 0 && (c->flags & CONN_ONLY_H) == 0 &&
           c->log.exchanges + 1 < SYC_EXCHANGES_MAX && side_is_steady(&c->side[0]) &&
           side_is_steady(&c->side[1]);
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

/*
 * In order, acknowledging only what was seen. A window of 0 has its letter and its counter on the
 * long way.
 */
static inline bool
is_in_order(const struct side *me, const struct side *peer, const struct syc_segment *s)
{
    return (s->flags & (SYC_SYN | SYC_FIN | SYC_RST | SYC_ACK)) == SYC_ACK && s->seq == me->next &&
           s->window != 0 && !seq_after(s->ack, peer->next);
}

/*
 * It repeats ACK number, window and no payload: a duplicate ACK, or a copy of the frame before.
 * Only one of the IP ID before it can be a copy (track_is_copy). Where the counter of duplicates is
 * not there yet, the long way makes it.
 */
static inline bool
says_nothing_new(const struct side *me, const struct syc_segment *s)
{
    return s->ack == me->ack && s->payload_octets == 0 && s->window == me->window_raw;
}

static inline bool
is_duplicate_ack(const struct side *me, const struct syc_segment *s)
{
    return me->trouble != NULL && !(s->ip_v == 4 && s->ip_id != 0 && s->ip_id == me->id_last);
}

/* ------------------------------------------------------------ what it changes */

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
tell_letter(struct conn *c, const struct syc_segment *s, int dir, unsigned *flags)
{
    unsigned letter = s->payload_octets > 0 ? SIDE_HIST_D : SIDE_HIST_A;

    if ((*flags & letter) == 0) {
        *flags |= letter;
        state_add_letter(c, dir, letter == SIDE_HIST_D ? 'D' : 'A');
    }
}

/* Twin of take_clock() in track.c, before the segment's time is noted. */
static inline void
take_clock(struct conn *c, const struct syc_segment *s, int dir, int64_t at, unsigned *flags)
{
    struct side *me = &c->side[dir];

    if (!s->has_ts) {
        if ((*flags & (SIDE_HAS_TS | SIDE_TS_OLD)) == SIDE_HAS_TS) {
            *flags |= SIDE_TS_OLD;
            c->ends[dir].ts_last_at = me->last_at;
        }
        return;
    }
    if ((*flags & SIDE_HAS_TS) == 0) {
        *flags |= SIDE_HAS_TS;
        c->ends[dir].ts_first = s->ts_val;
        c->ends[dir].ts_first_at = at;
    }
    *flags &= ~(unsigned)SIDE_TS_OLD;
    me->ts_last = s->ts_val;
}

/* Twin of count_segment(): the payload's sum is in take_payload() here. */
static inline void
count(struct side *me, const struct syc_segment *s, int64_t at)
{
    me->pkts++;
    me->bytes += s->ip_octets;
    if (s->ttl < me->ttl_min) {
        me->ttl_min = s->ttl;
    }
    if (s->ttl > me->ttl_max) {
        me->ttl_max = s->ttl;
    }
    if (me->id_count < ID_SEGMENTS && s->ip_v == 4) {
        track_ip_id(me, s->ip_id);
    }
    me->id_last = s->ip_id;
    me->last_at = at;
}

/* Twin of track_payload() for payload that begins at next: never a repeat, never a hole. */
static inline void
take_payload(struct conn *c, const struct syc_segment *s, int dir, int64_t at, unsigned *flags)
{
    struct side *me = &c->side[dir];
    uint32_t n = s->payload_octets;

    me->unique_payload += n;
    me->data_segments++;
    if (n > me->segment_max) {
        me->segment_max = n;
    }
    if ((*flags & SIDE_PAYLOAD) == 0) {
        *flags |= SIDE_PAYLOAD;
        c->ends[dir].first_payload_at = at;
    }
    if (me->trouble != NULL) {
        me->trouble->rto_chain = 0;
    }
    me->next += n;
    if ((*flags & SIDE_TIMING) == 0) {
        *flags |= SIDE_TIMING;
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
        if ((c->flags & CONN_DATA_ACKED) == 0 && (peer->flags & SIDE_PAYLOAD) != 0 &&
            seq_after(s->ack, c->ends[SYC_TOSERVER].base + 1)) {
            c->flags |= CONN_DATA_ACKED;
            c->first_data_acked_at = at;
        }
        if (peer->trouble != NULL && peer->next == s->ack) {
            peer->trouble->unacked_repeats = 0;
        }
    }
}

/* Twin of track_window() for what is no SYN. */
static inline void
take_window(struct side *me, uint16_t raw)
{
    uint32_t window = (uint32_t)raw << me->wscale;

    me->window_raw = raw;
    if (window > me->window_peak) {
        me->window_peak = window;
    }
}

/* Payload that may mean more than that a burst goes on. Not in line: two of three segments with payload do not come here. */
static __attribute__((noinline)) void
begin_burst(struct syc_table *t, struct conn *c, const struct syc_segment *s, int dir, int64_t at)
{
    struct step st = {
        .store = &t->store, .s = s, .c = c, .at = at, .dir = dir, .new_octets = s->payload_octets};

    burst_segment(&st);
    if (c->log.exchanges + 1 >= SYC_EXCHANGES_MAX) { /* the next may have to begin a new part */
        c->flags &= (uint16_t)~CONN_STEADY;
    }
}

/*
 * What track, state, close and burst would do with this segment of a steady connection, at `at`.
 * False, and nothing done, when it is not as plain as that. In line and once a direction, so that
 * both sides lie at fixed distances from c; their flags are kept in a register until the end.
 */
static inline __attribute__((always_inline)) bool
take_plain(struct syc_table *t, struct conn *c, const struct syc_segment *s, int dir, int64_t at)
{
    struct side *me = &c->side[dir];
    const struct side *peer = &c->side[1 - dir];
    const uint32_t n = s->payload_octets;
    unsigned flags = me->flags & ~(unsigned)(SIDE_PROBED | SIDE_UNSCALED);
    bool same = says_nothing_new(me, s);

    if (!is_in_order(me, peer, s) || (same ? !is_duplicate_ack(me, s) : has_hole(peer))) {
        return false;
    }
    if (dir == SYC_TOCLIENT && (c->flags & CONN_COOKIE_DONE) == 0) {
        track_cookie(c, s, at);
    }
    tell_letter(c, s, dir, &flags);
    take_clock(c, s, dir, at, &flags);
    count(me, s, at);
    if (n > 0) {
        take_payload(c, s, dir, at, &flags);
    }
    me->flags = (uint16_t)flags;
    if (seq_after(s->ack, me->ack)) {
        take_ack(c, s, dir, at);
    } else if (same) {
        take_duplicate(me, peer);
    }
    take_window(me, s->window);
    if (n > 0 && !burst_goes_on(c, dir, at, n)) {
        begin_burst(t, c, s, dir, at);
    }
    c->last_at = at;
    return true;
}

/* ------------------------------------------------------------ the batch */

/* What the first two walks tell of a segment: its tag and path, and the connection in the pool that the tag led to. */
struct found {
    struct conn *c; /* NULL: none, or not in the pool */
    uint32_t tag;
    uint16_t path_id;
};

/*
 * Of a connection: its head, both sides and the exchange (struct conn); the index alone would leave
 * five misses. What a FIN or RST touches besides: table_follow() takes a fifth less time by it (perf
 * record, mixed, 3 million packets). Of a half-open or packed one what tells its tuple.
 */
enum { HOT_LINES = 5, CLOSE_LINES = 6, HEAD_LINES = 2 };

static inline void
prefetch(const void *p, size_t lines)
{
    for (size_t line = 0; line < lines; line++) {
        __builtin_prefetch((const char *)p + 64 * line, 1);
    }
}

/*
 * Ask the cache for what the segment's tag leads to. The slots are there already, so the one with
 * the tag is looked for, as table_find() will: one of four stands behind its home.
 */
static inline struct conn *
look_ahead(const struct syc_table *t, uint32_t tag, uint16_t flags)
{
    const uint32_t mask = t->index.count - 1;
    const struct slot *slot = &t->index.slots[tag & mask];

    for (uint32_t at = tag & mask; slot->tag != tag && slot->ref != 0;) {
        at = (at + 1) & mask;
        slot = &t->index.slots[at];
    }
    if (slot->ref == 0) {
        return NULL;
    }
    if ((slot->ref & (REF_HALF | REF_COLD)) == 0) {
        struct conn *c = pool_get(&t->pool, slot->ref);
        prefetch(c, HOT_LINES);
        if ((flags & (SYC_SYN | SYC_FIN | SYC_RST)) != 0) {
            prefetch(&c->closed_at, 1);
            prefetch(c->history, CLOSE_LINES);
        }
        return c;
    }
    if ((slot->ref & REF_HALF) != 0) {
        prefetch(half_get(t, slot->ref), 1);
    } else {
        prefetch(cold_get(t, slot->ref), HEAD_LINES);
    }
    return NULL;
}

/* A steady connection, whose segment at `at` does not run back; live, not when a part of its record is due. */
static inline bool
may_be_plain(const struct syc_table *t, const struct conn *c, int64_t at)
{
    return (c->flags & CONN_STEADY) != 0 && at >= c->last_at &&
           (!t->config.live || !table_part_is_old(t, c, at));
}

/* One segment of a batch, at its turn: the short way if it can, else the long one. */
static inline __attribute__((always_inline)) void
pass_on(struct syc_table *t, const struct syc_segment *s, const struct found *f, int64_t now)
{
    struct conn *c = f->c;
    int dir = c != NULL ? direction_of(tuple_of_conn(c), s, f->path_id) : -1;

    if (dir < 0) {
        table_segment(t, s, f->path_id, f->tag, now);
        return;
    }
    if (may_be_plain(t, c, now - c->start_us) &&
        (dir == SYC_TOSERVER ? take_plain(t, c, s, SYC_TOSERVER, now - c->start_us)
                             : take_plain(t, c, s, SYC_TOCLIENT, now - c->start_us))) {
        return;
    }
    table_known(t, c, s, dir, f->tag, now);
}

/* As syc_us_from_ns(), by one multiplication where it can be: nearly all captures are of after 1970. */
static inline int64_t
us_of(int64_t ns)
{
    return ns >= 0 ? (int64_t)((uint64_t)ns / SYC_NS_PER_US) : syc_us_from_ns(ns);
}

/* Tags of all, and the cache is asked for their slots. */
static inline void
find_tags(struct syc_table *t, const struct syc_segment *segments, size_t n, struct found *found)
{
    const struct slot *slots = t->index.slots;
    const uint32_t mask = t->index.count - 1;

    for (size_t i = 0; i < n; i++) {
        const struct syc_segment *s = &segments[i];
        uint16_t path_id = 0;
        if (s->path.vlan_count != 0 || s->path.tunnel_count != 0) {
            path_id = intern_path(&t->intern, &s->path);
        }
        found[i].path_id = path_id;
        found[i].tag = tag_of(&t->line, s, path_id);
        __builtin_prefetch(&slots[found[i].tag & mask]);
    }
}

void
syc_table_feed(struct syc_table *t, const struct syc_segment *segments, size_t n)
{
    struct found found[SYC_BATCH];

    find_tags(t, segments, n, found);
    for (size_t i = 0; i < n; i++) {
        found[i].c = look_ahead(t, found[i].tag, segments[i].flags);
    }
    for (size_t i = 0; i < n; i++) {
        int64_t now = us_of(segments[i].time_ns);
        t->now_us = now > t->now_us ? now : t->now_us;
        pass_on(t, &segments[i], &found[i], now);
        if (t->now_us >=
            t->rest_due_us) { /* asked for each: who gives way must not depend on batches */
            table_rest(t);
        }
    }
}
