/*
 * The store of marks: blocks, the table of sources, and what gives way when the budget is used up.
 *
 *    slots: address -> source --newest--> mark --first, count--> bursts (items)
 *                        |
 *                        '-- among singles: oldest <-> ... <-> newest       sources of one unanswered SYN
 *
 *    source:   new --one unanswered SYN, settled--> single --any other record--> kept
 *                                                     |
 *                                                     '--budget used up--> evicted: slot, mark and place are free,
 *                                                                          its address noted in `lost`
 *
 * A SYN flood from forged addresses gives each record a source of its own. These singles are what
 * may go: nothing but a count was ever to be said of them. A source that did more is never evicted;
 * when no single is left, new records are dropped and counted, so an attacker cannot push a real
 * client's history out. An address of which something was lost is remembered in a bit set by hash,
 * so its later facts are flagged; two addresses that share a bit are flagged both, which errs to
 * the honest side.
 *
 * Invariants: every octet, the work room of finishing included, is taken from the budget before it
 * is used (blocks.order, reserve_work), so finishing cannot fail for want of it; objects never
 * move, so indexes and pointers hold. Which sources are evicted depends on arrival: that is a cap,
 * and told as one.
 */

#include "behavior/store.h"

#include <string.h>

/* 256 objects a block: the shift in blocks_at(). */
enum { BLOCK_OBJECTS = 256, SLOTS_FIRST = 64, LIST_FIRST = 16 };

/* Every octet is taken from the budget before it is asked of the system. */
void *
syc_store_take(struct store *s, size_t octets)
{
    void *p;

    if (!syc_budget_take(&s->budget, octets)) {
        return NULL;
    }
    p = syc_alloc(1, octets);
    if (p == NULL) {
        syc_budget_give(&s->budget, octets);
    }
    return p;
}

void
syc_store_give(struct store *s, void *p, size_t octets)
{
    if (p != NULL) {
        syc_free(p);
        syc_budget_give(&s->budget, octets);
    }
}

/* ------------------------------------------------------------ blocks */

/* Lists double; the blocks themselves stay where they are. */
static bool
blocks_list_grow(struct store *s, struct blocks *b)
{
    size_t room = b->room > 0 ? b->room * 2 : LIST_FIRST;
    void **list = syc_store_take(s, room * sizeof(*list));

    if (list == NULL) {
        return false;
    }
    if (b->count > 0) {
        memcpy(list, b->list, b->count * sizeof(*list));
    }
    syc_store_give(s, b->list, b->room * sizeof(*list));
    b->list = list;
    b->room = room;
    return true;
}

static bool
blocks_grow(struct store *s, struct blocks *b, size_t n)
{
    while (b->count * BLOCK_OBJECTS < b->used + n) {
        if (b->count == STORE_NONE / BLOCK_OBJECTS) { /* no index is STORE_NONE */
            return false;
        }
        if (b->count == b->room && !blocks_list_grow(s, b)) {
            return false;
        }
        if (!syc_budget_take(&s->budget, BLOCK_OBJECTS * b->order)) {
            return false;
        }
        b->list[b->count] = syc_store_take(s, BLOCK_OBJECTS * b->size);
        if (b->list[b->count] == NULL) {
            syc_budget_give(&s->budget, BLOCK_OBJECTS * b->order);
            return false;
        }
        b->count++;
    }
    return true;
}

/*
 * Room for n more objects at indexes used, used + 1, ...: bursts of a mark are one run of indexes,
 * across blocks. What is reserved and not used stays for the next record.
 */
static inline bool
blocks_reserve(struct store *s, struct blocks *b, size_t n)
{
    return n <= b->count * BLOCK_OBJECTS - b->used || blocks_grow(s, b, n);
}

static void
blocks_fini(struct store *s, struct blocks *b)
{
    for (size_t i = 0; i < b->count; i++) {
        syc_store_give(s, b->list[i], BLOCK_OBJECTS * b->size);
        syc_budget_give(&s->budget, BLOCK_OBJECTS * b->order);
    }
    syc_store_give(s, b->list, b->room * sizeof(*b->list));
}

/* ------------------------------------------------------------ table of sources */

/*
 * Keyed anew in each run: addresses come from the traffic, and chosen ones must not make one chain
 * of the table.
 */
static uint32_t
hash_of(const struct store *s, const uint8_t addr[16], uint8_t ip_v)
{
    uint32_t words[5] = {0, 0, 0, 0, ip_v};

    memcpy(words, addr, 16);
    return syc_hash_line(&s->line, words, 5);
}

/*
 * The slot of the address, or the empty one where it would stand. Linear probing; never full: at
 * most 3/4 (source_room).
 */
static struct slot *
slot_of(const struct store *s, const uint8_t addr[16], uint8_t ip_v, uint32_t hash)
{
    size_t mask = s->slot_count - 1;

    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct slot *slot = &s->slots[i];
        const struct source *source;
        if (slot->source == STORE_NONE) {
            return slot;
        }
        if (slot->hash != hash) {
            continue;
        }
        source = source_at(s, slot->source);
        if (source->ip_v == ip_v && memcmp(source->addr, addr, 16) == 0) {
            return slot;
        }
    }
}

/* By the hashes in the slots: no source is touched, of which there may be millions. */
static bool
slots_grow(struct store *s)
{
    size_t count = s->slot_count > 0 ? s->slot_count * 2 : SLOTS_FIRST;
    struct slot *slots = syc_store_take(s, count * sizeof(*slots));

    if (slots == NULL) {
        return false;
    }
    memset(slots, 0xff, count * sizeof(*slots));
    for (size_t i = 0; i < s->slot_count; i++) {
        size_t at = s->slots[i].hash & (count - 1);
        if (s->slots[i].source == STORE_NONE) {
            continue;
        }
        while (slots[at].source != STORE_NONE) {
            at = (at + 1) & (count - 1);
        }
        slots[at] = s->slots[i];
    }
    syc_store_give(s, s->slots, s->slot_count * sizeof(*slots));
    s->slots = slots;
    s->slot_count = count;
    return true;
}

/*
 * Take a slot out; those behind it move up, so that no probe ends early (Knuth 6.4, algorithm R). A
 * flood evicts as fast as it adds, so tombstones would fill the table.
 */
static void
slot_clear(struct store *s, struct slot *slot)
{
    size_t mask = s->slot_count - 1;
    size_t hole = (size_t)(slot - s->slots);

    for (size_t i = (hole + 1) & mask; s->slots[i].source != STORE_NONE; i = (i + 1) & mask) {
        size_t home = s->slots[i].hash & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            s->slots[hole] = s->slots[i];
            hole = i;
        }
    }
    s->slots[hole].source = STORE_NONE;
}

/* ------------------------------------------------------------ what was lost */

/* A bit of a fixed set: memory for the lost must not grow with what is lost. */
static uint64_t *
lost_word(const struct store *s, uint32_t hash, uint64_t *bit)
{
    size_t at = hash % s->lost_bits;

    *bit = UINT64_C(1) << (at % 64);
    return &s->lost[at / 64];
}

static void
note_lost(struct store *s, uint32_t hash)
{
    uint64_t bit;

    *lost_word(s, hash, &bit) |= bit;
}

/* Either the source is there and flagged, or its address is noted for when it comes. */
void
syc_store_lose(struct store *s, const uint8_t addr[16], uint8_t ip_v)
{
    uint32_t hash = hash_of(s, addr, ip_v);
    struct slot *slot = slot_of(s, addr, ip_v, hash);

    s->dropped++;
    if (slot->source != STORE_NONE) {
        source_at(s, slot->source)->degraded |= 1U << SYC_DEGRADED_EVICTED;
    } else {
        note_lost(s, hash);
    }
}

/* ------------------------------------------------------------ giving way */

/* In order of arrival, so the oldest gives way first. */
static void
single_link(struct store *s, uint32_t index)
{
    struct source *source = source_at(s, index);

    s->single_count++;
    source->single = 1;
    source->newer = STORE_NONE;
    source->older = s->newest;
    if (s->newest != STORE_NONE) {
        source_at(s, s->newest)->newer = index;
    } else {
        s->oldest = index;
    }
    s->newest = index;
}

/* Out of the singles the moment a second record comes: from then on it is kept. */
static void
single_unlink(struct store *s, struct source *source)
{
    if (!source->single) {
        return;
    }
    s->single_count--;
    if (source->older != STORE_NONE) {
        source_at(s, source->older)->newer = source->newer;
    } else {
        s->oldest = source->newer;
    }
    if (source->newer != STORE_NONE) {
        source_at(s, source->newer)->older = source->older;
    } else {
        s->newest = source->older;
    }
    source->single = 0;
}

/*
 * Freed marks are chained through `first`; STORE_NONE as source says that a mark is free (view.c
 * passes it over).
 */
static void
mark_release(struct store *s, uint32_t index)
{
    mark_at(s, index)->source = STORE_NONE;
    mark_at(s, index)->first = s->free_mark;
    s->free_mark = index;
}

/*
 * The oldest source of one unanswered SYN leaves; false when there is none. Blocks are not given
 * back: the next single takes the very places.
 */
static bool
evict(struct store *s)
{
    uint32_t index = s->oldest;
    struct source *source;

    if (index == STORE_NONE) {
        return false;
    }
    source = source_at(s, index);
    single_unlink(s, source);
    note_lost(s, source->hash);
    slot_clear(s, slot_of(s, source->addr, source->ip_v, source->hash));
    mark_release(s, source->newest);
    source->mark_count = 0;
    source->older = s->free_source;
    s->free_source = index;
    s->source_count--;
    s->evicted++;
    return true;
}

/* ------------------------------------------------------------ adding */

/* An index out of the chain of freed ones, or a new one; what an eviction frees counts as well. */
static uint32_t
mark_take(struct store *s)
{
    uint32_t index = s->free_mark;

    if (index == STORE_NONE && blocks_reserve(s, &s->marks, 1)) {
        return s->marks.used++;
    }
    if (index == STORE_NONE && evict(s)) {
        index = s->free_mark;
    }
    if (index != STORE_NONE) {
        s->free_mark = mark_at(s, index)->first;
    }
    return index;
}

/* Load 3/4. When the table cannot grow, an eviction keeps it where it is (source_index). */
static bool
source_room(struct store *s)
{
    return (s->source_count + 1) * UINT64_C(4) <= s->slot_count * UINT64_C(3) || slots_grow(s);
}

static uint32_t
source_index(struct store *s)
{
    uint32_t index;

    if (!source_room(s) && !evict(s)) {
        return STORE_NONE;
    }
    if (s->free_source == STORE_NONE && blocks_reserve(s, &s->sources, 1)) {
        return s->sources.used++;
    }
    if (s->free_source == STORE_NONE && !evict(s)) {
        return STORE_NONE;
    }
    index = s->free_source;
    s->free_source = source_at(s, index)->older;
    return index;
}

/* An address of which something was lost begins with the flag: its counts are lower bounds. */
static uint32_t
source_new(struct store *s, const uint8_t addr[16], uint8_t ip_v, uint32_t hash)
{
    uint32_t index = source_index(s);
    struct source *source;
    uint64_t bit;

    if (index == STORE_NONE) {
        return STORE_NONE;
    }
    source = source_at(s, index);
    *source = (struct source){.newest = STORE_NONE, .hash = hash, .ip_v = ip_v};
    memcpy(source->addr, addr, 16);
    if (*lost_word(s, hash, &bit) & bit) {
        source->degraded = 1U << SYC_DEGRADED_EVICTED;
    }
    *slot_of(s, addr, ip_v, hash) = (struct slot){hash, index};
    s->source_count++;
    s->seen++;
    return index;
}

/*
 * The work room for a source of so many marks and bursts. Only the largest source matters: sources
 * are finished one by one.
 */
static bool
reserve_work(struct store *s, uint32_t marks, uint64_t bursts)
{
    size_t octets = 0;

    if (bursts >= STORE_NONE) {
        return false;
    }
    octets += marks > s->most_marks ? (size_t)(marks - s->most_marks) * STORE_WORK_MARK : 0;
    octets += bursts > s->most_bursts ? (size_t)(bursts - s->most_bursts) * STORE_WORK_BURST : 0;
    if (octets > 0 && !syc_budget_take(&s->budget, octets)) {
        return false;
    }
    s->most_marks = marks > s->most_marks ? marks : s->most_marks;
    s->most_bursts = bursts > s->most_bursts ? (uint32_t)bursts : s->most_bursts;
    return true;
}

/* The mark of a source that is there. */
static struct mark *
mark_new(struct store *s, uint32_t index, uint32_t of, size_t n)
{
    struct source *source = source_at(s, of);
    struct mark *m = mark_at(s, index);

    *m = (struct mark){.first = s->bursts.used, .burst_count = (uint32_t)n, .source = of};
    s->bursts.used += (uint32_t)n;
    source->newest = index;
    source->mark_count++;
    source->burst_count += (uint32_t)n;
    return m;
}

/*
 * All that a mark needs, or nothing. of: its source, STORE_NONE = not there yet. The order matters:
 * an eviction in mark_take() may free a source, but never this one, which was unlinked from the
 * singles before.
 */
static struct mark *
add_mark(struct store *s, uint32_t of, const uint8_t addr[16], uint8_t ip_v, size_t n,
         uint32_t hash)
{
    const struct source *source = of != STORE_NONE ? source_at(s, of) : NULL;
    uint32_t marks = source != NULL ? source->mark_count + 1 : 1;
    uint64_t bursts = (source != NULL ? source->burst_count : 0) + (uint64_t)n;
    uint32_t index;

    if (!reserve_work(s, marks, bursts) || !blocks_reserve(s, &s->bursts, n)) {
        return NULL;
    }
    index = mark_take(s);
    if (index == STORE_NONE) {
        return NULL;
    }
    if (of == STORE_NONE) {
        of = source_new(s, addr, ip_v, hash);
    }
    if (of == STORE_NONE) {
        mark_release(s, index);
        return NULL;
    }
    return mark_new(s, index, of, n);
}

/*
 * Unlinked first: the source is no longer one of a single record, and must not be evicted for its
 * own mark.
 */
struct mark *
syc_store_add(struct store *s, const uint8_t addr[16], uint8_t ip_v, size_t n)
{
    uint32_t hash = hash_of(s, addr, ip_v);
    uint32_t of = slot_of(s, addr, ip_v, hash)->source;
    struct mark *m;

    if (of != STORE_NONE) {
        single_unlink(s, source_at(s, of));
    }
    m = add_mark(s, of, addr, ip_v, n, hash);
    if (m == NULL) {
        syc_store_lose(s, addr, ip_v);
    }
    return m;
}

/* Only now is it known what the record was: a SYN, sent once, that nothing followed. */
void
syc_store_settle(struct store *s, const struct mark *m)
{
    const struct source *source = source_at(s, m->source);

    if (source->mark_count == 1 && (m->flags & MARK_UNANSWERED) != 0 && m->burst_count == 0 &&
        m->syn_count <= 1 && m->life_us == 0) {
        single_link(s, m->source);
    }
}

/* ------------------------------------------------------------ life */

/* A thirty-second of the budget for the bits of the lost, but 512 bits at least. */
bool
syc_store_init(struct store *s, size_t budget_octets)
{
    enum { LOST_SHARE = 32, LOST_LEAST = 64 };
    size_t octets = LOST_LEAST;

    while (octets * 2 <= budget_octets / LOST_SHARE) {
        octets *= 2;
    }
    *s = (struct store){.budget = {.limit = budget_octets},
                        .key = syc_hash_key_random(),
                        .sources = {.size = sizeof(struct source), .order = STORE_ORDER_SOURCE},
                        .marks = {.size = sizeof(struct mark), .order = STORE_ORDER_MARK},
                        .bursts.size = sizeof(struct item),
                        .free_source = STORE_NONE,
                        .free_mark = STORE_NONE,
                        .oldest = STORE_NONE,
                        .newest = STORE_NONE,
                        .lost_bits = octets * 8};
    s->line = syc_hash_line_make(&s->key);
    s->lost = syc_store_take(s, octets);
    if (s->lost == NULL || !slots_grow(s)) {
        syc_store_fini(s);
        return false;
    }
    return true;
}

void
syc_store_fini(struct store *s)
{
    blocks_fini(s, &s->sources);
    blocks_fini(s, &s->marks);
    blocks_fini(s, &s->bursts);
    syc_store_give(s, s->slots, s->slot_count * sizeof(*s->slots));
    syc_store_give(s, s->lost, s->lost_bits / 8);
}
