/*
 * SYNs that nobody has answered. A flood of them must not cost a connection each: a slot has 64
 * octets where struct conn has more than a thousand, and the oldest gives way when all are taken.
 * Measured peers grow by 540 to 8200 octets a source under a flood of forged SYNs (performance 2);
 * here the bound is the budget.
 *
 *                 begin                          begin + count
 *                   v                                 v
 *    slots: | free | A | B | (hole) | C | (hole) | D | free | free |        a ring: positions wrap at `room`
 *                    oldest                    newest
 *
 *    take:  behind the newest; a full ring is squeezed if over half of it are holes, else doubled; at its
 *           limit it is squeezed from a quarter on, else the oldest leaves as a record with reason "evicted"
 *    give:  live = 0, a hole: answered SYNs leave in any order
 *
 * Slots stand in order of arrival, so "oldest" is exact and does not depend on the hash: who is
 * evicted is the same for every key. Each SYN leaves as a record or becomes a connection; none is
 * dropped without a word.
 *
 * Invariants: slots in [begin, begin + count) are live or holes, none outside is live; the index
 * points at exactly the live ones. Pointers to slots die with the next half_take(), which may move
 * all of them.
 */

#include "connection/table_int.h"

#include <string.h>

/* 64 KiB: what an idle machine pays for the flood it never sees. */
enum { ROOM_START = 1024 };

/*
 * begin and nth are both at most room, so one subtraction wraps; no division in a path that a flood
 * takes for each SYN.
 */
static uint32_t
position(const struct half_ring *r, uint32_t nth)
{
    uint32_t at = r->begin + nth;

    return at >= r->room ? at - r->room : at;
}

/* Valid until the ring is squeezed or grows: the index is told then, callers must not keep it. */
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

/*
 * What promote and records see must not depend on where the SYN waited, so the segment is rebuilt
 * from the slot and its interned signature. fits_half_open() admits only SYNs of which nothing else
 * is needed; options and payload are not there, and nobody asks for them again because the
 * signature is already known.
 */
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

uint32_t
half_tag(const struct syc_table *t, const struct half_open *h)
{
    struct syc_segment s = {.src_port = h->client_port,
                            .dst_port = h->server_port,
                            .ip_v = h->ip_v};

    memcpy(s.src, h->client, sizeof(s.src));
    memcpy(s.dst, h->server, sizeof(s.dst));
    return table_tag(t, &s, h->path_id);
}

/*
 * Move what lives to the front, in order, into a ring of `room` slots (perhaps a new one). In place
 * it moves only towards begin, so a slot is read before it is overwritten. The tag is computed
 * again rather than kept: 4 octets more would cost a slot its 64-octet line.
 */
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
            uint32_t tag = half_tag(t, h);
            to[at] = *h;
            h->live = 0;
            to[at].live = 1;
            index_move(&t->index, tag, REF_HALF | from, REF_HALF | at);
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

/*
 * Twice the room, up to the budget; false when it cannot grow. Cleared memory: live is 0 in slots
 * that were never used. For a moment old and new ring stand side by side, so the peak is below
 * twice the budget.
 */
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

/* Makes begin the oldest live one, or the ring empty: eviction takes slots[begin] without looking. */
static void
skip_holes(struct half_ring *r)
{
    while (r->count > 0 && !r->slots[r->begin].live) {
        r->begin = position(r, 1);
        r->count--;
    }
}

/* There is room behind the newest. */
static struct half_open *
take_slot(struct half_ring *r)
{
    struct half_open *h = &r->slots[position(r, r->count++)];

    h->live = 1;
    r->live++;
    r->peak = r->live > r->peak ? r->live : r->peak;
    return h;
}

/*
 * Squeezing at half holes costs a move a SYN; at a quarter, three. So a ring that may grow does
 * that first, and only one at its limit is squeezed at a quarter before anything is evicted: n/4
 * SYNs have come and gone for each pass over n. The eviction writes a record, so the sink is called from here; it must not feed the table.
 */
struct half_open *
half_take(struct syc_table *t)
{
    struct half_ring *r = &t->half;

    skip_holes(r);
    if (r->count == r->room) {
        if (r->room > 0 && r->live < r->room / 2) {
            squeeze(t, r->slots, r->room);
        } else if (!grow(t)) {
            if (r->room == 0) {
                return NULL;
            }
            if (r->live < r->room / 4 * 3) {
                squeeze(t, r->slots, r->room);
                return take_slot(r);
            }
            r->evicted++;
            table_end_half(t, &r->slots[r->begin], SYC_REASON_EVICTED);
            skip_holes(r);
        }
    }
    return take_slot(r);
}

void
half_give(struct syc_table *t, struct half_open *h)
{
    h->live = 0;
    t->half.live--;
}
