/*
 * The store of marks: blocks, the table of sources, and what gives way when the budget is used up.
 *
 *    slots: address -> source <--source-- mark --first, count--> bursts (items)
 *              '-----> single                      a source of one unanswered SYN (singles.c)
 *
 * A SYN flood from forged addresses gives each record a source of its own. These singles are what
 * may go: nothing but counts were ever to be said of them. A source that did more is never evicted;
 * when no single is left, new records are dropped and counted, so an attacker cannot push a real
 * client's history out.
 *
 * The last addresses of which something was lost are remembered, so that facts of one that comes
 * again are flagged; how many depends on the budget, and what was lost in all is counted. Fifty bits
 * of a hash tell them apart: a set of bits, smaller, flagged real clients by chance as soon as a
 * flood had filled it, and their verdicts must not depend on who else is there.
 *
 * Invariants: every octet, the work room of finishing included, is taken from the budget before it
 * is used (blocks.order, reserve_work), so finishing cannot fail for want of it; objects never
 * move, so indexes and pointers hold.
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

/* Not cleared: every object is written whole when it is given out. */
static void *
take_raw(struct store *s, size_t octets)
{
    void *p;

    if (!syc_budget_take(&s->budget, octets)) {
        return NULL;
    }
    p = syc_resize(NULL, 1, octets);
    if (p == NULL) {
        syc_budget_give(&s->budget, octets);
    }
    return p;
}

/* Blocks until n more objects fit, each with its work room; what was added before a refusal stays and is counted. */
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
        b->list[b->count] = take_raw(s, BLOCK_OBJECTS * b->size);
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
 * of the table. What a mapped address begins with is the same in all.
 */
static inline uint32_t
hash_of(const struct store *s, const uint8_t addr[16], uint8_t ip_v)
{
    uint32_t words[5] = {0, 0, 0, 0, ip_v};

    memcpy(words, addr, 16);
    return ip_v == 4 ? syc_hash_line(&s->line, words + 3, 2) : syc_hash_line(&s->line, words, 5);
}

/* The address behind a slot, of a source or a single; both stand apart from it, so hashes are compared first. */
static bool
is_of(const struct store *s, const struct slot *slot, const uint8_t addr[16], uint8_t ip_v)
{
    if ((slot->source & SINGLE_REF) != 0) {
        const struct single *one = single_at(&s->singles, slot->source & ~SINGLE_REF);
        return one->ip_v == ip_v && address_equal(one->addr, addr);
    }
    const struct source *source = source_at(s, slot->source);
    return source->ip_v == ip_v && address_equal(source->addr, addr);
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
        if (slot->source == STORE_NONE || (slot->hash == hash && is_of(s, slot, addr, ip_v))) {
            return slot;
        }
    }
}

/* By the hashes in the slots: no source is touched, of which there may be millions. */
static bool
slots_resize(struct store *s, size_t count)
{
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

static bool
slots_grow(struct store *s)
{
    return slots_resize(s, s->slot_count > 0 ? s->slot_count * 2 : SLOTS_FIRST);
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

enum { LOST_AGE = 3 };

/* The bucket of a name; *half is what it holds of it, noted now. */
static struct lost *
lost_bucket(const struct store *s, uint64_t name, uint32_t *half)
{
    *half = ((uint32_t)(name >> 32) & ~(uint32_t)LOST_AGE) | s->losses.age;
    return &s->lost[(uint32_t)name & (s->lost_count - 1)];
}

/* The newest takes the place of the oldest of its bucket. */
static void
note_lost(struct store *s, uint64_t name)
{
    uint32_t half;
    struct lost *b = lost_bucket(s, name, &half);

    *b = (struct lost){{half, b->names[0], b->names[1], b->names[2]}};
}

static bool
was_lost(const struct store *s, const uint8_t addr[16], uint8_t ip_v)
{
    uint32_t half;
    const struct lost *b = lost_bucket(s, syc_crowd_name(addr, ip_v), &half);

    for (int i = 0; i < 4; i++) {
        if (b->names[i] != 0 && (b->names[i] ^ half) <= LOST_AGE) {
            return true;
        }
    }
    return false;
}

/* The flag of its facts, until its loss is forgiven. */
static void
flag_loss(struct source *source)
{
    source->degraded |= 1U << SYC_DEGRADED_EVICTED;
    source->lost = 1;
    source->news = 1;
}

/* Either the source is there and flagged, or its address is noted for when it comes. */
void
syc_store_lose(struct store *s, const uint8_t addr[16], uint8_t ip_v)
{
    struct slot *slot = slot_of(s, addr, ip_v, hash_of(s, addr, ip_v));

    s->dropped++;
    if ((slot->source & SINGLE_REF) == 0) { /* nor is it STORE_NONE */
        flag_loss(source_at(s, slot->source));
    } else {
        note_lost(s, syc_crowd_name(addr, ip_v));
    }
}

void
syc_store_drop_single(struct store *s, uint32_t position)
{
    const struct single *one = single_at(&s->singles, position);
    size_t at = hash_of(s, one->addr, one->ip_v) & (s->slot_count - 1);

    while (s->slots[at].source != (SINGLE_REF | position)) {
        at = (at + 1) & (s->slot_count - 1);
    }
    slot_clear(s, &s->slots[at]);
}

void
syc_store_forget_single(struct store *s, uint32_t position, uint64_t name)
{
    syc_store_drop_single(s, position);
    note_lost(s, name);
}

/* Its slot and the place among the lost: both are waited for otherwise, once for each SYN of a flood. */
void
syc_store_expect_forget(const struct store *s, uint32_t position)
{
    const struct single *one = single_at(&s->singles, position);
    uint32_t half;

    __builtin_prefetch(&s->slots[hash_of(s, one->addr, one->ip_v) & (s->slot_count - 1)], 1);
    __builtin_prefetch(lost_bucket(s, syc_crowd_name(one->addr, one->ip_v), &half), 1);
}

/* ------------------------------------------------------------ adding */

/* Singles give way to others. */
static bool
reserve(struct store *s, struct blocks *b, size_t n)
{
    while (!blocks_reserve(s, b, n)) {
        if (!syc_singles_yield(s)) {
            return false;
        }
    }
    return true;
}

/* Load 3/4. When the table cannot grow, singles that give way keep it where it is. */
static bool
slot_room(struct store *s)
{
    for (;;) {
        uint64_t taken = (uint64_t)s->sources.used + s->singles.live + 1;
        if (taken * 4 <= s->slot_count * UINT64_C(3) || slots_grow(s)) {
            return true;
        }
        if (!syc_singles_yield(s)) {
            return false;
        }
    }
}

/* An address of which something was lost begins with the flag: its counts are lower bounds. */
static uint32_t
source_new(struct store *s, const uint8_t addr[16], uint8_t ip_v, uint32_t hash)
{
    struct source *source;

    if (!slot_room(s) || !reserve(s, &s->sources, 1)) {
        return STORE_NONE;
    }
    source = source_at(s, s->sources.used);
    *source = (struct source){.ip_v = ip_v};
    memcpy(source->addr, addr, 16);
    if (was_lost(s, addr, ip_v)) {
        flag_loss(source);
    }
    *slot_of(s, addr, ip_v, hash) = (struct slot){hash, s->sources.used};
    s->seen++;
    return s->sources.used++;
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
    while (octets > 0 && !syc_budget_take(&s->budget, octets)) {
        if (!syc_singles_yield(s)) {
            return false;
        }
    }
    s->most_marks = marks > s->most_marks ? marks : s->most_marks;
    s->most_bursts = bursts > s->most_bursts ? (uint32_t)bursts : s->most_bursts;
    return true;
}

/*
 * All that a mark needs, or nothing. of: its source, STORE_NONE = not there yet. The work room first: it is of no harm when
 * the rest fails.
 */
static struct mark *
add_mark(struct store *s, uint32_t of, const uint8_t addr[16], uint8_t ip_v, size_t n,
         uint32_t hash)
{
    const struct source *before = of != STORE_NONE ? source_at(s, of) : NULL;
    uint32_t marks = before != NULL ? before->mark_count + 1 : 1;
    uint64_t bursts = (before != NULL ? before->burst_count : 0) + (uint64_t)n;
    struct source *source;
    struct mark *m;

    if (!reserve_work(s, marks, bursts) || !reserve(s, &s->bursts, n) ||
        !reserve(s, &s->marks, 1)) {
        return NULL;
    }
    of = of != STORE_NONE ? of : source_new(s, addr, ip_v, hash);
    if (of == STORE_NONE) {
        return NULL;
    }
    m = mark_at(s, s->marks.used++);
    *m = (struct mark){.first = s->bursts.used, .burst_count = (uint32_t)n, .source = of};
    s->bursts.used += (uint32_t)n;
    source = source_at(s, of);
    source->mark_count++;
    source->burst_count += (uint32_t)n;
    source->news = 1;
    return m;
}

/* What was filled in elsewhere, into its place. */
static void
copy_mark(struct mark *to, const struct mark *from)
{
    uint32_t first = to->first;
    uint32_t source = to->source;

    *to = *from;
    to->first = first;
    to->source = source;
}

/* A single becomes a source: first of all its own mark, which it is counted with no more. */
static void
promote(struct store *s, struct slot *slot, const uint8_t addr[16], uint8_t ip_v, uint32_t hash)
{
    struct mark first;
    struct mark *m;

    syc_singles_take(s, slot->source & ~SINGLE_REF, &first);
    slot_clear(s, slot);
    s->seen--;
    m = add_mark(s, STORE_NONE, addr, ip_v, 0, hash);
    if (m == NULL) {
        syc_store_lose(s, addr, ip_v);
        return;
    }
    copy_mark(m, &first);
}

struct mark *
syc_store_add(struct store *s, const uint8_t addr[16], uint8_t ip_v, size_t n)
{
    uint32_t hash = hash_of(s, addr, ip_v);
    struct slot *slot = slot_of(s, addr, ip_v, hash);
    uint32_t of = slot->source;
    struct mark *m;

    if (of != STORE_NONE && (of & SINGLE_REF) != 0) {
        promote(s, slot, addr, ip_v, hash);
        of = slot_of(s, addr, ip_v, hash)->source;
    }
    m = add_mark(s, of, addr, ip_v, n, hash);
    if (m == NULL) {
        syc_store_lose(s, addr, ip_v);
    }
    return m;
}

void
syc_store_add_mark(struct store *s, const uint8_t addr[16], uint8_t ip_v, const struct mark *mark)
{
    struct mark *m = syc_store_add(s, addr, ip_v, 0);

    if (m != NULL) {
        copy_mark(m, mark);
    }
}

void
syc_store_expect(const struct store *s, const uint8_t addr[16], uint8_t ip_v)
{
    __builtin_prefetch(&s->slots[hash_of(s, addr, ip_v) & (s->slot_count - 1)], 1);
    syc_singles_expect(&s->singles, addr, ip_v);
}

/* The slot is looked for anew behind syc_singles_add(): whoever gave way for it has moved others. */
bool
syc_store_add_single(struct store *s, const struct single *one)
{
    uint32_t hash = hash_of(s, one->addr, one->ip_v);
    uint32_t position;
    size_t at;

    if (slot_of(s, one->addr, one->ip_v, hash)->source != STORE_NONE) {
        return false;
    }
    s->seen++;
    position = syc_singles_add(s, one, slot_room(s));
    if (position == STORE_NONE) {
        note_lost(s, syc_crowd_name(one->addr, one->ip_v));
        return true;
    }
    for (at = hash & (s->slot_count - 1); s->slots[at].source != STORE_NONE;) {
        at = (at + 1) & (s->slot_count - 1);
    }
    s->slots[at] = (struct slot){hash, SINGLE_REF | position};
    return true;
}

/* ------------------------------------------------------------ names */

int64_t
syc_store_flow_id(const struct store *s, struct mark *m)
{
    if ((m->name & SINGLE_ISN) != 0) {
        struct syc_key key = {.client_port = m->source_port,
                              .server_port = m->dest_port,
                              .ip_v = m->dest_ip_v};
        memcpy(key.client, source_at(s, m->source)->addr, sizeof(key.client));
        memcpy(key.server, m->dest, sizeof(key.server));
        m->name = (uint64_t)syc_record_flow_id(&key, (uint32_t)m->name, m->start_us);
    }
    return (int64_t)m->name;
}

/* ------------------------------------------------------------ forgetting */

void
syc_store_keep(struct store *s, struct blocks *b, uint32_t used)
{
    b->used = used;
    while (b->count > 0 && (b->count - 1) * BLOCK_OBJECTS >= used) {
        b->count--;
        syc_store_give(s, b->list[b->count], BLOCK_OBJECTS * b->size);
        syc_budget_give(&s->budget, BLOCK_OBJECTS * b->order);
    }
}

/* Of a source, not of a single, nor of none. */
static bool
is_source(const struct slot *slot)
{
    return (slot->source & SINGLE_REF) == 0;
}

/* What moves up into a slot that is cleared is looked at as well; then no old number is left but of those that stay. */
void
syc_store_renumber(struct store *s)
{
    size_t count = s->slot_count, taken = s->singles.live + 1;

    for (size_t i = 0; i < s->slot_count; i++) {
        while (is_source(&s->slots[i]) && source_at(s, s->slots[i].source)->mark_count == 0) {
            slot_clear(s, &s->slots[i]);
        }
    }
    for (size_t i = 0; i < s->slot_count; i++) {
        if (is_source(&s->slots[i])) {
            s->slots[i].source = source_at(s, s->slots[i].source)->begin;
            taken++;
        }
    }
    while (count > SLOTS_FIRST && taken * 4 <= count / 2 * 3) {
        count /= 2;
    }
    if (count < s->slot_count) {
        (void)slots_resize(s, count); /* else it stays as large as it is */
    }
}

/* Names that were noted before the last time are older than all that was kept then. */
static void
forgive_names(struct store *s)
{
    for (size_t i = 0; i < s->lost_count; i++) {
        uint32_t *names = s->lost[i].names;
        size_t n = 0;
        for (size_t k = 0; k < 4; k++) {
            if ((names[k] & LOST_AGE) == s->losses.age) {
                names[n++] = names[k];
            }
        }
        memset(names + n, 0, (4 - n) * sizeof(*names));
    }
}

static void
forgive_sources(struct store *s)
{
    for (uint32_t i = 0; i < s->sources.used; i++) {
        struct source *source = source_at(s, i);
        source->degraded = source->lost ? source->degraded : 0; /* there is no other flag */
        source->lost = 0;
    }
}

void
syc_store_forgive(struct store *s, int64_t before_us, int64_t newest_us)
{
    struct losses *l = &s->losses;

    if (before_us <= l->until_us) {
        return;
    }
    forgive_names(s);
    forgive_sources(s);
    l->past_dropped = l->dropped;
    l->past_evicted = l->evicted;
    l->until_us = newest_us;
    l->age ^= LOST_AGE;
    l->dropped = s->dropped;
    l->evicted = s->singles.evicted;
}

/* ------------------------------------------------------------ life */

/* A thirty-second of the budget for the names of the lost: of 256 MiB in all, the last million. */
bool
syc_store_init(struct store *s, size_t budget_octets)
{
    enum { LOST_SHARE = 32 };
    size_t lost = 1;

    while (lost * 2 * sizeof(struct lost) <= budget_octets / LOST_SHARE) {
        lost *= 2;
    }
    *s = (struct store){.budget = {.limit = budget_octets},
                        .key = syc_hash_key_random(),
                        .sources = {.size = sizeof(struct source), .order = STORE_ORDER_SOURCE},
                        .marks = {.size = sizeof(struct mark), .order = STORE_ORDER_MARK},
                        .bursts.size = sizeof(struct item),
                        .lost_count = lost,
                        .losses = {.until_us = INT64_MIN, .age = 1}};
    s->line = syc_hash_line_make(&s->key);
    s->lost = syc_store_take(s, lost * sizeof(*s->lost));
    if (s->lost == NULL || !slots_grow(s) || !syc_singles_init(s)) {
        syc_store_fini(s);
        return false;
    }
    return true;
}

void
syc_store_fini(struct store *s)
{
    syc_singles_fini(s);
    blocks_fini(s, &s->sources);
    blocks_fini(s, &s->marks);
    blocks_fini(s, &s->bursts);
    syc_store_give(s, s->slots, s->slot_count * sizeof(*s->slots));
    syc_store_give(s, s->lost, s->lost_count * sizeof(*s->lost));
}
