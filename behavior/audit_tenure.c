/* From lives to what they hold. */

#include "behavior/audit_tenure.h"

#include <string.h>

enum {
    SECOND = 1000000,
    OWN_REUSE_US = SECOND, /* Linux tcp_tw_reuse_delay */
    FIN_TIMEOUT_US =
        60 * SECOND, /* Linux tcp_fin_timeout, of sockets that no program holds any more */
    FIN_WAIT_LEAST_US = SECOND, /* shorter ones are every close on its way */
    SYN_TIMEOUT_US = SECOND     /* RFC 6298: initial RTO */
};

/* ------------------------------------------------------------ room */

static bool
spans_add(struct spans *s, struct span one)
{
    struct span *v;

    if (s->count == s->room) {
        size_t room = s->room > 0 ? s->room * 2 : 64;
        v = syc_resize(s->v, room, sizeof(*v));
        if (v == NULL) {
            return false;
        }
        s->v = v;
        s->room = room;
    }
    s->v[s->count++] = one;
    return true;
}

bool
audit_tenures_begin(struct tenures *t, size_t n)
{
    struct tenure *list;

    t->count = n;
    t->server_held = false;
    for (int side = 0; side < 2; side++) {
        t->waits[side].count = t->fin_waits[side].count = 0;
    }
    if (n > t->room) {
        list = syc_resize(t->list, n, sizeof(*list));
        if (list == NULL) {
            return false;
        }
        t->list = list;
        t->room = n;
    }
    return true;
}

void
audit_tenures_fini(struct tenures *t)
{
    syc_free(t->list);
    for (int side = 0; side < 2; side++) {
        syc_free(t->waits[side].v);
        syc_free(t->fin_waits[side].v);
    }
    *t = (struct tenures){0};
}

/* ------------------------------------------------------------ one life */

/* 2.1.3 without the SYNs that follow. */
static int64_t
wait_leaves(const struct life_wait *w, int64_t two_msl)
{
    int64_t leave = w->enter + two_msl;

    for (uint8_t i = 0; i < w->restart_count && w->restarts[i][0] < leave; i++) {
        if (w->restarts[i][1] + two_msl > leave) {
            leave = w->restarts[i][1] + two_msl;
        }
    }
    return w->killed != SYC_NONE && w->killed < leave && w->killed >= w->enter ? w->killed : leave;
}

/* A SYN that nobody answered: the socket waits once more, twice as long as between the last two. */
static int64_t
gives_up(const struct life *l)
{
    int64_t wait = SYN_TIMEOUT_US;

    if (l->syn_time_count > 1) {
        wait = 2 * (l->syn_times[l->syn_time_count - 1] - l->syn_times[l->syn_time_count - 2]);
    }
    return l->end + (wait > 0 ? wait : SYN_TIMEOUT_US);
}

static int64_t
later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* When the client's socket was neither open nor closing any more; INT64_MAX: it still is, as far as is known. */
static int64_t
client_leaves(const struct life *l)
{
    if (l->wait[0].enter != SYC_NONE) {
        return l->wait[0].enter;
    }
    if (l->rst_at != SYC_NONE) {
        return l->rst_at;
    }
    if (l->fin[0] != SYC_NONE && l->fin[1] != SYC_NONE) {
        return l->fin_acked[0] != SYC_NONE ? later(l->fin_acked[0], l->fin[1]) : l->end;
    }
    if (l->established == SYC_NONE && l->unreachable_at != SYC_NONE) {
        return l->unreachable_at;
    }
    switch ((int)l->close_kind) {
    case SYC_CLOSE_NO_ANSWER:
        return gives_up(l);
    case SYC_CLOSE_HALF_CLOSED_BY_CLIENT:
        return l->end + FIN_TIMEOUT_US;
    case SYC_CLOSE_ABORTED_CONNECT:
    case SYC_CLOSE_SYNACK_RST:
    case SYC_CLOSE_SYNACK_FIN:
    case SYC_CLOSE_SYN_FIN:
        return l->end;
    default:
        return INT64_MAX;
    }
}

/*
 * 2.1.5: its FIN was acknowledged, and the other's is missing; one that came, or a RST, has to be late to count. Sockets
 * that no program holds any more are given up after a while, of which no packet tells.
 */
static struct span
fin_wait_of(const struct life *l, int side)
{
    struct span s = {l->fin_acked[side], INT64_MAX};
    int64_t peer = l->fin[1 - side];

    if (l->fin[side] == SYC_NONE || s.from == SYC_NONE || (peer != SYC_NONE && peer <= s.from)) {
        return (struct span){SYC_NONE, SYC_NONE};
    }
    s.to = peer != SYC_NONE ? peer : s.to;
    s.to = l->rst_at != SYC_NONE && l->rst_at < s.to ? l->rst_at : s.to;
    if (s.to != INT64_MAX && s.to - s.from < FIN_WAIT_LEAST_US) {
        s.from = SYC_NONE;
    } else if (s.to > later(l->end, s.from) + FIN_TIMEOUT_US) {
        s.to = later(l->end, s.from) + FIN_TIMEOUT_US;
    }
    return s;
}

/* A RST that refuses a SYN comes from no socket. */
static bool
server_had_socket(const struct life *l)
{
    return l->syn_ack != SYC_NONE || l->established != SYC_NONE || l->challenge != SYC_NONE ||
           l->first_payload[1] != SYC_NONE || l->fin[1] != SYC_NONE ||
           (l->pkts[1] > 0 && l->close_kind != SYC_CLOSE_REFUSED);
}

struct tuple_syn
audit_tuple_syn(const struct life *l)
{
    return (struct tuple_syn){.start = l->start,
                              .isn = l->isn,
                              .ts_val = l->syn_ts_val,
                              .syn_ack = l->syn_ack,
                              .challenge = l->challenge,
                              .rst_at = l->rst_by == SYC_TOSERVER ? l->rst_at : SYC_NONE,
                              .sender = SYC_TOSERVER};
}

/* ------------------------------------------------------------ what ends an entry */

/*
 * Is the SYN taken as a new connection by a peer in TIME-WAIT? What the peer answered tells; else RFC 6191 and RFC 1122
 * 4.2.2.13: a later timestamp, else a sequence number above the last.
 */
static bool
acceptable(const struct tuple_hold *h, const struct tuple_syn *syn)
{
    int64_t seq = h->seq_end[syn->sender];
    int64_t ts = h->ts_last_val[syn->sender];

    if (syn->challenge != SYC_NONE) {
        return false;
    }
    if (syn->syn_ack != SYC_NONE) {
        return true;
    }
    if (syn->ts_val != SYC_NONE && ts != SYC_NONE && syn->ts_val != ts) {
        return syc_seq_diff((uint32_t)syn->ts_val, (uint32_t)ts) > 0;
    }
    return syn->isn != SYC_NONE && seq != SYC_NONE &&
           syc_seq_diff((uint32_t)syn->isn, (uint32_t)seq) > 0;
}

static void
leave_by(struct tuple_hold *h, int side, int64_t at)
{
    if (h->enter[side] != SYC_NONE && at >= h->enter[side] && at < h->leave[side]) {
        h->leave[side] = at;
    }
}

/* The sender of a SYN holds the tuple no more; its peer gives its entry up if it may, or when it is told by a RST. */
static void
syn_ends(struct tuple_hold *h, const struct tuple_syn *syn)
{
    int peer = 1 - syn->sender;

    leave_by(h, syn->sender, syn->start);
    if (acceptable(h, syn)) {
        leave_by(h, peer, syn->start);
    } else if (syn->challenge != SYC_NONE && syn->rst_at != SYC_NONE &&
               syn->rst_at >= syn->challenge) {
        leave_by(h, peer, syn->rst_at);
    }
    for (int side = 0; side < 2; side++) {
        if (h->fin_wait[side].from != SYC_NONE && h->fin_wait[side].to > syn->start &&
            h->fin_wait[side].from <= syn->start) {
            h->fin_wait[side].to = syn->start;
        }
    }
}

/* ------------------------------------------------------------ the walk */

static void
keep(struct tenure_walk *w, struct spans *to, int64_t from, int64_t until)
{
    if (from != SYC_NONE && !spans_add(to, (struct span){from, until < from ? from : until})) {
        w->failed = true;
    }
}

/* The hold is over; `next` is the client's next SYN on the tuple, INT64_MAX without one. */
static void
settle(struct tenure_walk *w, int64_t next)
{
    struct tuple_hold *h = &w->hold;
    struct tenure *t;

    if (!h->is) {
        return;
    }
    t = &w->out->list[h->index];
    for (int side = 0; side < 2; side++) {
        keep(w, &w->out->waits[side], h->enter[side], h->leave[side]);
        keep(w, &w->out->fin_waits[side], h->fin_wait[side].from, h->fin_wait[side].to);
    }
    t->hold_to = h->enter[0] != SYC_NONE ? h->leave[0] : t->open_to;
    if (t->open_to > next) {
        t->open_to = later(next, t->start);
        t->flags |= TENURE_ENDED;
    }
    if (t->hold_to > next) {
        t->hold_to = later(next, t->start);
    }
    h->is = false;
}

static uint8_t
flags_of(const struct tenure_walk *w, const struct life *l, int64_t open_to)
{
    const struct tuple_hold *h = &w->hold;
    uint8_t flags = 0;

    flags |= l->isn != SYC_NONE ? TENURE_SYN : 0;
    flags |= l->wait[0].enter != SYC_NONE ? TENURE_WAITED : 0;
    flags |= open_to != INT64_MAX && open_to <= w->last ? TENURE_ENDED : 0;
    for (int side = 0; side < 2 && h->is && l->isn != SYC_NONE; side++) {
        if (h->enter[side] == SYC_NONE || l->start < h->enter[side] ||
            l->start - h->enter[side] >= w->two_msl[side]) {
            continue;
        }
        flags |= TENURE_WITHIN;
        if (side == 0 && l->start - h->enter[0] >= OWN_REUSE_US && h->leave[0] > l->start) {
            flags |= TENURE_OWN_REUSE;
        }
    }
    return flags;
}

static void
begin(struct tenure_walk *w, const struct life *l, size_t index)
{
    struct tuple_hold *h = &w->hold;

    *h = (struct tuple_hold){.is = true, .index = index};
    for (int side = 0; side < 2; side++) {
        h->enter[side] = l->wait[side].enter;
        h->leave[side] = l->wait[side].enter != SYC_NONE
                             ? wait_leaves(&l->wait[side], w->two_msl[side])
                             : SYC_NONE;
        h->seq_end[side] = l->seq_end[side];
        h->ts_last_val[side] = l->ts_last_val[side];
        h->fin_wait[side] = l->wait[side].enter == SYC_NONE ? fin_wait_of(l, side)
                                                            : (struct span){SYC_NONE, SYC_NONE};
    }
}

void
audit_tenure_life(struct tenure_walk *w, const struct life *l, size_t index)
{
    struct tuple_hold before = w->hold;
    int64_t open_to = client_leaves(l);
    struct tenure *t = &w->out->list[index];
    bool stays = false;

    *t = (struct tenure){.start = l->start,
                         .open_to = open_to,
                         .port = l->client_port,
                         .flags = flags_of(w, l, open_to)};
    if (w->hold.is && l->isn != SYC_NONE) {
        struct tuple_syn syn = audit_tuple_syn(l);
        syn_ends(&w->hold, &syn);
        /* A SYN that the server turned down: its entry waits for the next. */
        stays = w->hold.enter[1] != SYC_NONE && w->hold.leave[1] > l->start &&
                l->wait[1].enter == SYC_NONE && l->established == SYC_NONE;
        before = w->hold;
        w->hold.enter[1] = stays ? SYC_NONE : w->hold.enter[1];
    }
    settle(w, l->isn != SYC_NONE ? l->start : INT64_MAX);
    begin(w, l, index);
    if (stays) {
        w->hold.enter[1] = before.enter[1];
        w->hold.leave[1] = before.leave[1];
        w->hold.seq_end[0] = before.seq_end[0];
        w->hold.ts_last_val[0] = before.ts_last_val[0];
    }
    w->out->server_held |= server_had_socket(l);
}

void
audit_tenure_turned(struct tenure_walk *w, const struct tuple_syn *syn)
{
    if (w->hold.is && syn->isn != SYC_NONE) {
        syn_ends(&w->hold, syn);
    }
}

void
audit_tenure_end(struct tenure_walk *w)
{
    settle(w, INT64_MAX);
}
