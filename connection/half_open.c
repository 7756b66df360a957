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
 * Invariants: slots in [begin, begin + count) are live or holes, those outside mean nothing; the index
 * points at exactly the live ones. Pointers to slots die with the next half_take(), which may move
 * all of them.
 */

#include "connection/table_int.h"

#include <string.h>

/* 64 KiB: what an idle machine pays for the flood it never sees. */
enum { ROOM_START = 1024 };

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

/* A slot that lives goes to a free place of the same ring. */
static void
move_slot(struct syc_table *t, uint32_t from, uint32_t to)
{
    struct half_open *slots = t->half.slots;

    /* The tag is computed again rather than kept: 4 octets more would cost a slot its 64-octet line. */
    index_move(&t->index, half_tag(t, &slots[from]), REF_HALF | from, REF_HALF | to);
    slots[to] = slots[from];
    slots[from].live = 0;
}

/*
 * Move what lives to the front, in order. It moves only towards begin, so a slot is read before it
 * is overwritten.
 */
static void
squeeze(struct syc_table *t)
{
    struct half_ring *r = &t->half;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < r->count; i++) {
        uint32_t from = half_position(r, i);
        if (!r->slots[from].live) {
            continue;
        }
        if (kept != i) {
            move_slot(t, from, half_position(r, kept));
        }
        kept++;
    }
    r->count = kept;
}

/*
 * Twice the room, up to the budget; false when it cannot grow. The ring is full: what has come round to
 * its front goes on behind, and all else stays where it is, as the system moves a large block by its pages.
 */
static bool
grow(struct syc_table *t)
{
    struct half_ring *r = &t->half;
    uint32_t before = r->room;
    uint32_t room = before == 0 ? ROOM_START : before > r->room_max / 2 ? r->room_max : before * 2;
    struct half_open *slots;

    room = room < r->room_max ? room : r->room_max;
    if (room <= before) {
        return false;
    }
    slots = syc_resize(r->slots, room, sizeof(*slots));
    if (slots == NULL) {
        return false;
    }
    r->slots = slots;
    r->room = room;
    for (uint32_t i = 0; i < r->begin; i++) {
        uint32_t to = before + i < room ? before + i : before + i - room;
        slots[to].live = 0;
        if (slots[i].live) {
            move_slot(t, i, to);
        }
    }
    return true;
}

/* Makes begin the oldest live one, or the ring empty: eviction takes slots[begin] without looking. */
static void
skip_holes(struct half_ring *r)
{
    while (r->count > 0 && !r->slots[r->begin].live) {
        r->begin = half_position(r, 1);
        r->count--;
    }
}

/* There is room behind the newest. */
static struct half_open *
take_slot(struct half_ring *r)
{
    struct half_open *h = &r->slots[half_position(r, r->count++)];

    h->live = 1;
    r->live++;
    r->peak = r->live > r->peak ? r->live : r->peak;
    return h;
}

/*
 * Asks the cache for what the ends of the next ones need: the ring's slot first, then what that leads to. All of it
 * was last touched a ring ago, and a flood waited for it two fifths of its time.
 */
static void
expect_end(const struct syc_table *t)
{
    enum { AHEAD = 8 };
    const struct half_ring *r = &t->half;
    const struct half_open *h = &r->slots[half_position(r, AHEAD)];

    if (r->count <= 2 * AHEAD) {
        return;
    }
    __builtin_prefetch(&r->slots[half_position(r, 2 * AHEAD)], 1);
    if (h->live) {
        __builtin_prefetch(&t->index.slots[half_tag(t, h) & (t->index.count - 1)], 1);
        half_expect(t, h);
    }
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
            squeeze(t);
        } else if (!grow(t)) {
            if (r->room == 0) {
                return NULL;
            }
            if (r->live < r->room / 4 * 3) {
                squeeze(t);
                return take_slot(r);
            }
            r->evicted++;
            expect_end(t);
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
