/*
 * SYNs that nobody has answered. A flood of them must not cost a connection each: a slot has 64 octets, and the oldest
 * gives way when all are taken. Slots stand in order of arrival in a ring, so "oldest" is exact and does not depend on the
 * hash; answered ones leave holes, which are squeezed out when a quarter or more of the ring is holes.
 */

#include "connection/table_int.h"

#include <string.h>

enum { ROOM_START = 1024 };

static uint32_t
position(const struct half_ring *r, uint32_t nth)
{
    uint32_t at = r->begin + nth;

    return at >= r->room ? at - r->room : at;
}

uint32_t
half_ref(const struct syc_table *t, const struct half_open *h)
{
    return REF_HALF | (uint32_t)(h - t->half.slots);
}

struct half_open *
half_get(const struct syc_table *t, uint32_t ref)
{
    return &t->half.slots[ref & ~REF_HALF];
}

void
half_key(const struct syc_table *t, const struct half_open *h, struct syc_key *out)
{
    memset(out, 0, sizeof(*out));
    memcpy(out->client, h->client, 16);
    memcpy(out->server, h->server, 16);
    out->client_port = h->client_port;
    out->server_port = h->server_port;
    out->ip_v = h->ip_v;
    out->path = t->intern.paths[h->path_id];
}

void
half_segment(const struct syc_table *t, const struct half_open *h, struct syc_segment *out)
{
    const struct syn_entry *e = h->syn_id > 0 ? &t->intern.syns[h->syn_id - 1] : NULL;

    memset(out, 0, sizeof(*out));
    memcpy(out->src, h->client, 16);
    memcpy(out->dst, h->server, 16);
    out->src_port = h->client_port;
    out->dst_port = h->server_port;
    out->ip_v = h->ip_v;
    out->path = t->intern.paths[h->path_id];
    out->time_ns = h->time_us * SYC_NS_PER_US;
    out->seq = h->isn;
    out->flags = SYC_SYN;
    out->ts_val = h->ts_val;
    out->flow_label = h->ip_v == 6 ? h->id_or_label : 0;
    out->ip_id = h->ip_v == 4 ? (uint16_t)h->id_or_label : 0;
    if (e != NULL) {
        out->flags = e->syn->tcp_flags;
        out->window = e->syn->window;
        out->ttl = e->syn->ttl;
        out->ip_octets = e->ip_octets;
        out->has_ts = e->has_ts;
    }
}

/* Move what lives to the front, in order, into a ring of `room` slots (perhaps a new one). */
static void
squeeze(struct syc_table *t, struct half_open *to, uint32_t room)
{
    struct half_ring *r = &t->half;
    uint32_t kept = 0;
    bool same = to == r->slots;

    for (uint32_t i = 0; i < r->count; i++) {
        uint32_t from = position(r, i);
        struct half_open *h = &r->slots[from];
        uint32_t at = same ? position(r, kept) : kept;
        if (!h->live) {
            continue;
        }
        if (!same || at != from) {
            struct syc_segment s;
            half_segment(t, h, &s);
            to[at] = *h;
            h->live = 0;
            to[at].live = 1;
            index_move(&t->index, table_tag(t, &s, to[at].path_id), REF_HALF | from, REF_HALF | at);
        }
        kept++;
    }
    if (!same) {
        syc_free(r->slots);
        r->slots = to;
        r->room = room;
        r->begin = 0;
    }
    r->count = kept;
}

/* Twice the room, up to the budget; false when it cannot grow. */
static bool
grow(struct syc_table *t)
{
    struct half_ring *r = &t->half;
    uint32_t room = r->room == 0 ? ROOM_START : r->room * 2;
    struct half_open *slots;

    if (room > r->room_max) {
        room = r->room_max;
    }
    if (room <= r->room) {
        return false;
    }
    slots = syc_alloc(room, sizeof(*slots));
    if (slots == NULL) {
        return false;
    }
    squeeze(t, slots, room);
    return true;
}

static void
skip_holes(struct half_ring *r)
{
    while (r->count > 0 && !r->slots[r->begin].live) {
        r->begin = position(r, 1);
        r->count--;
    }
}

struct half_open *
half_take(struct syc_table *t)
{
    struct half_ring *r = &t->half;
    struct half_open *h;

    skip_holes(r);
    if (r->count == r->room) {
        if (r->room > 0 && r->live < r->room / 4 * 3) {
            squeeze(t, r->slots, r->room);
        } else if (!grow(t)) {
            if (r->room == 0) {
                return NULL;
            }
            r->evicted++;
            table_end_half(t, &r->slots[r->begin], SYC_REASON_EVICTED);
            skip_holes(r);
        }
    }
    h = &r->slots[position(r, r->count++)];
    h->live = 1;
    r->live++;
    if (r->live > r->peak) {
        r->peak = r->live;
    }
    return h;
}

void
half_give(struct syc_table *t, struct half_open *h)
{
    h->live = 0;
    t->half.live--;
}
