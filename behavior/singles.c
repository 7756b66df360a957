/*
 * Sources of which one SYN is all that is known, which nobody answered. A flood from forged addresses makes millions of
 * them, a darknet sees little else, and nothing but counts is ever said of them: so each is 64 octets, and the oldest
 * gives way.
 *
 *                 begin                         begin + count
 *                   v                                v
 *    positions: | - | A | B | (hole) | C | (hole) | D | - | - |          a ring of chunks, in order of arrival
 *    kinds:         1   1              4            1                    the rest of the mark, once for each kind of SYN
 *
 *    new --record of a bare SYN--> single --any other record--> a source like any other, its first mark made again
 *                                    |
 *                                    '--ring full, or others need the memory--> given way: its address noted, counted by
 *                                                                               service and in an estimate of all
 *
 * While none gave way, sources are what they would be if each had a mark from the start: facts stay a function of the
 * multiset of records. Which give way depends on arrival: that is a cap, and told as one.
 *
 * Invariants: slots of the store point at exactly the live ones; chunks stand where positions in use are, and nowhere else;
 * a kind's count and the prefixes' are of all singles that did not become sources, those that gave way as well.
 */

#include "behavior/store.h"

#include <string.h>

/*
 * A mark without what differs between SYNs of one kind, and how many there were. No padding, so it is compared as octets.
 */
struct single_kind {
    struct mark mark;
    uint64_t count;
};
_Static_assert(sizeof(struct mark) == 104, "no padding in a mark");

enum { KINDS_FIRST = 64, KIND_SLOTS = 2 * SINGLES_KINDS, KIND_NONE = UINT16_MAX };

/* Fixed tables are made only where they are a small part of the budget. */
enum { FIXED_SHARE = 10 };

static void *
take_fixed(struct store *s, size_t octets)
{
    return octets <= s->budget.limit / FIXED_SHARE ? syc_store_take(s, octets) : NULL;
}

bool
syc_singles_init(struct store *s)
{
    struct singles *q = &s->singles;
    size_t chunks = s->budget.limit / SINGLES_SHARE / (SINGLES_CHUNK * sizeof(struct single));

    chunks = chunks < 2                                ? 2
             : chunks > STORE_NONE / 4 / SINGLES_CHUNK ? STORE_NONE / 4 / SINGLES_CHUNK
                                                       : chunks;
    *q = (struct singles){.room = (uint32_t)chunks * SINGLES_CHUNK};
    q->chunks = syc_store_take(s, chunks * sizeof(*q->chunks));
    q->prefixes = take_fixed(s, SINGLES_PREFIXES * sizeof(*q->prefixes));
    return q->chunks != NULL;
}

void
syc_singles_fini(struct store *s)
{
    struct singles *q = &s->singles;

    for (size_t i = 0; q->chunks != NULL && i < q->room / SINGLES_CHUNK; i++) {
        syc_store_give(s, q->chunks[i], SINGLES_CHUNK * sizeof(struct single));
    }
    syc_store_give(s, q->chunks, q->room / SINGLES_CHUNK * sizeof(*q->chunks));
    syc_store_give(s, q->kinds, q->kind_room * sizeof(*q->kinds));
    syc_store_give(s, q->kind_slots, KIND_SLOTS * sizeof(*q->kind_slots));
    syc_store_give(s, q->prefixes, SINGLES_PREFIXES * sizeof(*q->prefixes));
    syc_store_give(s, q->wide, sizeof(*q->wide));
    syc_store_give(s, q->gone, sizeof(*q->gone));
    syc_store_give(s, q->gone_last, CROWD_PLACES * sizeof(*q->gone_last));
    syc_store_give(s, q->gone_names, CROWD_ALL_REGISTERS);
    *q = (struct singles){.chunks = NULL};
}

/* ------------------------------------------------------------ kinds */

/* What every SYN has of its own. */
static struct mark
kind_of(const struct mark *m)
{
    struct mark k = *m;

    k.start_us = 0;
    k.name = 0;
    memset(k.dest, 0, sizeof(k.dest));
    k.first = k.source = k.ts_val = 0;
    k.source_port = k.dest_port = k.ip_id = 0;
    return k;
}

/* By what differs between kinds in practice. */
static size_t
kind_home(const struct mark *k)
{
    uint64_t word = (uint64_t)k->stack << 32 ^ (uint64_t)k->degraded << 20 ^
                    (uint64_t)k->flags << 4 ^ (uint64_t)k->dest_ip_v << 1 ^ k->syn_count;

    return (size_t)(word * UINT64_C(0x9e3779b97f4a7c15) >> 40) % KIND_SLOTS;
}

/* The slot of an equal kind, or a free one; there always is one, as no more than half are taken. */
static uint16_t *
kind_slot(const struct singles *q, const struct mark *k)
{
    size_t at = kind_home(k);

    while (q->kind_slots[at] != KIND_NONE &&
           memcmp(&q->kinds[q->kind_slots[at]].mark, k, sizeof(*k)) != 0) {
        at = (at + 1) % KIND_SLOTS;
    }
    return &q->kind_slots[at];
}

/* Room for one more kind; the table of slots is made whole at once, since it is small. */
static bool
kind_room(struct store *s)
{
    struct singles *q = &s->singles;
    uint32_t room = q->kind_room == 0 ? KINDS_FIRST : q->kind_room * 2;
    struct single_kind *kinds;

    if (q->kind_slots == NULL) {
        q->kind_slots = syc_store_take(s, KIND_SLOTS * sizeof(*q->kind_slots));
        if (q->kind_slots == NULL) {
            return false;
        }
        memset(q->kind_slots, 0xff, KIND_SLOTS * sizeof(*q->kind_slots));
    }
    if (q->kind_count < q->kind_room) {
        return true;
    }
    kinds = room <= SINGLES_KINDS ? syc_store_take(s, room * sizeof(*kinds)) : NULL;
    if (kinds == NULL) {
        return false;
    }
    if (q->kinds != NULL) {
        memcpy(kinds, q->kinds, q->kind_count * sizeof(*kinds));
    }
    syc_store_give(s, q->kinds, q->kind_room * sizeof(*kinds));
    q->kinds = kinds;
    q->kind_room = room;
    for (; q->kind_count < SINGLES_REST; q->kind_count++) {
        kinds[q->kind_count].mark = (struct mark){.stack = STORE_NONE,
                                                  .agent = STORE_NONE,
                                                  .syn_count = 1,
                                                  .flags = MARK_START | MARK_UNANSWERED,
                                                  .degraded = 1U << SYC_DEGRADED_SIGNATURES_CUT,
                                                  .dest_ip_v = q->kind_count == 0 ? 4 : 6};
    }
    return true;
}

bool
syc_singles_know(uint32_t kind)
{
    return kind >= SINGLES_REST && kind != SINGLES_NO_KIND;
}

/* One of the rest where there is no room for another kind; SINGLES_NO_KIND: not even for these. */
static uint32_t
kind_ensure(struct store *s, const struct mark *m)
{
    struct singles *q = &s->singles;
    struct mark k = kind_of(m);
    uint16_t *slot;

    if (!kind_room(s)) {
        if (q->kind_slots == NULL || q->kinds == NULL) {
            return SINGLES_NO_KIND;
        }
        slot = kind_slot(q, &k);
        return *slot != KIND_NONE ? *slot : m->dest_ip_v == 6;
    }
    slot = kind_slot(q, &k);
    if (*slot == KIND_NONE) {
        *slot = (uint16_t)q->kind_count;
        q->kinds[q->kind_count++] = (struct single_kind){.mark = k};
    }
    return *slot;
}

/* ------------------------------------------------------------ counts */

/* Of version 4 the counter of its /16. */
static inline uint32_t *
prefix_of(const struct singles *q, const uint8_t addr[16])
{
    return &q->prefixes[addr[12] << 8 | addr[13]];
}

void
syc_singles_expect(const struct singles *q, const uint8_t addr[16], uint8_t ip_v)
{
    if (ip_v == 4 && q->prefixes != NULL) {
        __builtin_prefetch(prefix_of(q, addr), 1);
    }
}

/* Of version 4 each /16 has a counter. Of version 6 those that are kept are counted when it is asked for (once.c). */
static void
count_prefix(struct singles *q, const struct single *one, int by)
{
    if (one->ip_v == 4 && q->prefixes != NULL) {
        *prefix_of(q, one->addr) += (uint32_t)by;
    }
}

/* Of version 6, too, those that gave way are in the counts. Not in line: its prefix would be the caller's array. */
static __attribute__((noinline)) void
count_wide(struct store *s, const struct single *one)
{
    struct singles *q = &s->singles;
    uint8_t prefix[16] = {0};

    memcpy(prefix, one->addr, SINGLES_WIDE);
    q->wide = q->wide != NULL ? q->wide : take_fixed(s, sizeof(*q->wide));
    if (q->wide != NULL) {
        syc_crowd_add(q->wide, prefix, 0, 6, one->start_us, syc_crowd_name(one->addr, 6));
    }
}

/* Over all that are not there any more; without memory it is not known how many differ. */
static void
note_name(struct store *s, uint64_t name)
{
    struct singles *q = &s->singles;

    q->gone_names = q->gone_names != NULL ? q->gone_names : take_fixed(s, CROWD_ALL_REGISTERS);
    q->names_untold = q->names_untold || q->gone_names == NULL;
    if (!q->names_untold) {
        syc_crowd_note(q->gone_names, CROWD_ALL_REGISTERS, name);
    }
}

/* False when there is no memory for it; from then on all of them are only counted. */
static bool
gone_ensure(struct store *s)
{
    struct singles *q = &s->singles;

    if (q->gone == NULL) {
        q->gone = take_fixed(s, sizeof(*q->gone));
        q->gone_last = take_fixed(s, CROWD_PLACES * sizeof(*q->gone_last));
    }
    return q->gone != NULL && q->gone_last != NULL;
}

/* name: its crowd name. */
static void
count_gone(struct store *s, const struct single *one, uint64_t name)
{
    struct singles *q = &s->singles;
    const struct crowd_place *p;

    q->evicted++;
    if (one->ip_v == 6) {
        count_wide(s, one);
    }
    q->gone_untold = q->gone_untold || one->kind == SINGLES_NO_KIND || !gone_ensure(s);
    note_name(s, name);
    if (q->gone_untold) {
        return;
    }
    p = syc_crowd_add(q->gone, one->dest, one->dest_port, one->ip_v, one->start_us, name);
    q->gone_last[p - q->gone->places] = *one;
}

/* ------------------------------------------------------------ the ring */

uint32_t
syc_singles_stack(const struct singles *q, uint32_t kind)
{
    return q->kinds[kind].mark.stack;
}

uint64_t
syc_singles_of_kind(const struct singles *q, uint32_t kind)
{
    return q->kinds[kind].count;
}

/* The front of the ring moves on; the chunk that it leaves goes back, unless the ring's end has come round to it. */
static void
leave_front(struct store *s)
{
    struct singles *q = &s->singles;
    uint32_t chunk = q->begin / SINGLES_CHUNK;

    q->begin = single_position(q, 1);
    q->count--;
    if (q->count == 0 || (q->begin / SINGLES_CHUNK != chunk &&
                          single_position(q, q->count - 1) / SINGLES_CHUNK != chunk)) {
        syc_store_give(s, q->chunks[chunk], SINGLES_CHUNK * sizeof(struct single));
        q->chunks[chunk] = NULL;
        q->begin = q->count > 0 ? q->begin : 0; /* an empty ring has no chunk */
    }
}

/*
 * The oldest position, a single or a hole. Those that will be it some SYNs later are asked for, then what they lead to:
 * under a flood neither is in any cache.
 */
static void
forget_oldest(struct store *s)
{
    enum { AHEAD = 8 };
    struct singles *q = &s->singles;
    struct single *one = single_at(q, q->begin);

    if (q->count > 2 * AHEAD) {
        __builtin_prefetch(single_at(q, single_position(q, 2 * AHEAD)), 1);
        if (single_at(q, single_position(q, AHEAD))->live) {
            syc_store_expect_forget(s, single_position(q, AHEAD));
        }
    }
    if (one->live) {
        uint64_t name = syc_crowd_name(one->addr, one->ip_v);
        syc_store_forget_single(s, q->begin, name);
        count_gone(s, one, name);
        one->live = 0;
        q->live--;
    }
    leave_front(s);
}

/* A chunk's worth at a time, as memory goes back by chunks. */
bool
syc_singles_yield(struct store *s)
{
    struct singles *q = &s->singles;

    if (q->count == 0) {
        return false;
    }
    do {
        forget_oldest(s);
    } while (q->count > 0 && q->begin % SINGLES_CHUNK != 0);
    return true;
}

uint64_t
syc_singles_forget(struct store *s, int64_t before_us)
{
    struct singles *q = &s->singles;
    uint64_t before = q->forgotten;

    for (uint32_t i = 0; i < q->count; i++) {
        uint32_t at = single_position(q, i);
        struct single *one = single_at(q, at);
        if (one->live && one->start_us < before_us) {
            syc_store_drop_single(s, at);
            if (one->ip_v == 6) {
                count_wide(s, one);
            }
            note_name(s, syc_crowd_name(one->addr, one->ip_v));
            one->live = 0;
            q->live--;
            q->forgotten++;
        }
    }
    while (q->count > 0 && !single_at(q, q->begin)->live) {
        leave_front(s);
    }
    if (q->gone != NULL) {
        syc_crowd_forget(q->gone, before_us);
    }
    return q->forgotten - before;
}

/* Not cleared: positions in use are all written first. */
static struct single *
take_chunk(struct store *s)
{
    struct single *chunk;

    if (!syc_budget_take(&s->budget, SINGLES_CHUNK * sizeof(*chunk))) {
        return NULL;
    }
    chunk = syc_resize(NULL, SINGLES_CHUNK, sizeof(*chunk));
    if (chunk == NULL) {
        syc_budget_give(&s->budget, SINGLES_CHUNK * sizeof(*chunk));
    }
    return chunk;
}

/* The position behind the newest, its chunk made; STORE_NONE: the budget has none, and no single either. */
static uint32_t
take_position(struct store *s)
{
    struct singles *q = &s->singles;
    uint32_t at;

    while (q->count > 0 && !single_at(q, q->begin)->live) {
        leave_front(s);
    }
    if (q->count == q->room) {
        forget_oldest(s);
    }
    for (;;) {
        at = single_position(q, q->count);
        if (q->chunks[at / SINGLES_CHUNK] == NULL) {
            q->chunks[at / SINGLES_CHUNK] = take_chunk(s);
        }
        if (q->chunks[at / SINGLES_CHUNK] != NULL) {
            q->count++;
            return at;
        }
        if (!syc_singles_yield(s)) {
            return STORE_NONE;
        }
    }
}

/* ------------------------------------------------------------ in and out */

/* One SYN, sent once (or by a sensor that did not count), and nothing after it from either side. */
bool
syc_singles_fit(const struct mark *m)
{
    return (m->flags & MARK_UNANSWERED) != 0 && m->burst_count == 0 && m->syn_count <= 1 &&
           m->life_us == 0;
}

struct single
syc_single_of(struct store *s, const uint8_t addr[16], const struct mark *m)
{
    struct single one = {.start_us = m->start_us,
                         .name = m->name,
                         .ts_val = m->ts_val,
                         .kind = kind_ensure(s, m) & SINGLES_NO_KIND,
                         .ip_v = m->dest_ip_v,
                         .source_port = m->source_port,
                         .dest_port = m->dest_port,
                         .ip_id = m->ip_id,
                         .live = 1};

    memcpy(one.addr, addr, 16);
    memcpy(one.dest, m->dest, 16);
    return one;
}

uint32_t
syc_singles_add(struct store *s, const struct single *one, bool keep)
{
    struct singles *q = &s->singles;
    uint32_t at = keep && syc_singles_know(one->kind) ? take_position(s) : STORE_NONE;

    count_prefix(q, one, 1);
    if (one->kind != SINGLES_NO_KIND) {
        q->kinds[one->kind].count++;
    }
    if (at == STORE_NONE) {
        count_gone(s, one, syc_crowd_name(one->addr, one->ip_v));
        return STORE_NONE;
    }
    *single_at(q, at) = *one;
    q->live++;
    return at;
}

int64_t
syc_single_flow_id(const struct single *one)
{
    struct syc_key key = {.client_port = one->source_port,
                          .server_port = one->dest_port,
                          .ip_v = one->ip_v};

    if ((one->name & SINGLE_ISN) == 0) {
        return (int64_t)one->name;
    }
    memcpy(key.client, one->addr, sizeof(key.client));
    memcpy(key.server, one->dest, sizeof(key.server));
    return syc_record_flow_id(&key, (uint32_t)one->name, one->start_us);
}

void
syc_single_mark(const struct store *s, const struct single *one, struct mark *out)
{
    *out = s->singles.kinds[one->kind].mark;
    out->start_us = one->start_us;
    out->name = one->name;
    memcpy(out->dest, one->dest, 16);
    out->ts_val = one->ts_val;
    out->source_port = one->source_port;
    out->dest_port = one->dest_port;
    out->ip_id = one->ip_id;
}

void
syc_singles_take(struct store *s, uint32_t position, struct mark *out)
{
    struct singles *q = &s->singles;
    struct single *one = single_at(q, position);

    syc_single_mark(s, one, out);
    count_prefix(q, one, -1);
    q->kinds[one->kind].count--;
    one->live = 0;
    q->live--;
}
