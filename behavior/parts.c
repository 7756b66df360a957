/*
 * Parts of connections. Bursts go to the store at once, under a mark of the part; the rest of a
 * part (numbers, its first and last exchanges) waits until all earlier parts are there and is then
 * joined, always in ascending order, so that the order of arrival does not matter.
 *
 *    group (one flow id):   whole = parts 1 .. next-1 joined      waiting: next+1, next+4, ... in a tree
 *
 *    part next comes     -> joined, and those waiting right behind it
 *    the last one joined -> mark filled, whole freed, done: later copies are passed over
 *    end of input        -> what is there is joined aside, a hole flags the mark (truncated_input)
 *
 * A connection of a week is thousands of parts, so each keeps KEEP_EXCHANGES at most: joining stays
 * linear and a group stays small. A hostile file of parts that never begin at 1 waits within the
 * budget, then is dropped and counted; whatever their order, each finds its place in as many steps as the
 * logarithm of those that wait.
 */

#include "behavior/parts.h"

#include <string.h>

/*
 * Exchanges of a part that its mark may need: the first (a TLS server's flight), the last (idle
 * time before the close). Eight leaves room for farewells (close_notify) that idle_before() passes
 * over.
 */
enum { KEEP_EXCHANGES = 8, SLOTS_FIRST = 16 };

enum {
    /*
     * What one kept part is counted for; a joined list has room for twice as many exchanges, which
     * is not counted.
     */
    PART_OCTETS = sizeof(struct syc_record) + (KEEP_EXCHANGES + 1) * sizeof(struct syc_exchange)
};

/*
 * A connection that comes in parts. Its mark exists from the first part on, empty until it can be
 * filled: bursts need no waiting, but a connection that is not whole must not be counted with half
 * its numbers.
 */
struct group {
    int64_t flow_id;
    struct mark *mark;
    struct syc_record *whole; /* parts 1 .. next - 1, joined */
    int64_t next;
    struct waiting *waiting;                 /* the tree of those that came early */
    struct work work;                        /* of these */
    int64_t stack_part, agent_part, ua_part; /* of which part mark->stack, agent and ua_os are */
    bool done;
    bool unsettled; /* a part came since the mark was filled */
};

/*
 * A part that came before an earlier one. A treap (Seidel, Aragon 1996): by part from left to right, by rank from top to
 * bottom. Ranks are keyed hashes of the parts, so no order of arrival makes it deep.
 */
struct waiting {
    struct waiting *left, *right;
    uint64_t rank;
    struct syc_record *record;
    struct work work; /* of its whole list of exchanges, of which the record keeps some */
};

void
syc_parts_init(struct parts *p, struct store *store)
{
    *p = (struct parts){.store = store};
}

/* ------------------------------------------------------------ table */

static size_t
home_of(size_t count, const struct syc_hash_key *key, int64_t flow_id)
{
    uint64_t word = (uint64_t)flow_id;

    return (size_t)syc_hash_words(key, &word, 1) & (count - 1);
}

static struct group **
slot_of(struct group **slots, size_t count, const struct syc_hash_key *key, int64_t flow_id)
{
    size_t at = home_of(count, key, flow_id);

    while (slots[at] != NULL && slots[at]->flow_id != flow_id) {
        at = (at + 1) & (count - 1);
    }
    return &slots[at];
}

static bool
slots_resize(struct parts *p, size_t count)
{
    struct group **slots = syc_store_take(p->store, count * sizeof(*slots));

    if (slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < p->slot_count; i++) {
        if (p->slots[i] != NULL) {
            *slot_of(slots, count, &p->store->key, p->slots[i]->flow_id) = p->slots[i];
        }
    }
    syc_store_give(p->store, p->slots, p->slot_count * sizeof(*slots));
    p->slots = slots;
    p->slot_count = count;
    return true;
}

static bool
slots_grow(struct parts *p)
{
    return slots_resize(p, p->slot_count > 0 ? p->slot_count * 2 : SLOTS_FIRST);
}

static struct group *
find(const struct parts *p, int64_t flow_id)
{
    return p->slot_count > 0 ? *slot_of(p->slots, p->slot_count, &p->store->key, flow_id) : NULL;
}

/* By which its group is found; marks of parts have it for a name, whatever another sensor calls its connections. */
static int64_t
key_of(const struct syc_record *r)
{
    return syc_record_id(r) & INT64_MAX;
}

/* A mark that is no connection yet: it counts from syc_mark_fill() on. */
static void
fill_empty(struct mark *m, const struct syc_record *r)
{
    syc_mark_fill(m, r, &(struct work){0});
    m->name = (uint64_t)key_of(r);
    m->flags = MARK_CONTINUES;
    m->stack = STORE_NONE;
    m->agent = STORE_NONE;
}

/* All or nothing; what could not be kept is noted with its address. */
static struct group *
group_new(struct parts *p, const struct syc_record *r)
{
    struct group *g;

    if (p->group_count * 2 >= p->slot_count && !slots_grow(p)) {
        syc_store_lose(p->store, r->key.client, r->key.ip_v);
        return NULL;
    }
    g = syc_store_take(p->store, sizeof(*g));
    if (g == NULL) {
        syc_store_lose(p->store, r->key.client, r->key.ip_v);
        return NULL;
    }
    *g = (struct group){.flow_id = key_of(r),
                        .next = 1,
                        .stack_part = INT64_MAX,
                        .agent_part = INT64_MAX,
                        .ua_part = INT64_MAX};
    g->mark = syc_store_add(p->store, r->key.client, r->key.ip_v, 0);
    if (g->mark == NULL) {
        syc_store_give(p->store, g, sizeof(*g));
        return NULL;
    }
    fill_empty(g->mark, r);
    g->mark->flags |= MARK_PARTS;
    *slot_of(p->slots, p->slot_count, &p->store->key, g->flow_id) = g;
    p->group_count++;
    return g;
}

static struct group *
group_of(struct parts *p, const struct syc_record *r)
{
    struct group *g = find(p, key_of(r));

    return g != NULL ? g : group_new(p, r);
}

/* ------------------------------------------------------------ the tree of those that wait */

/* Where the part stands, or would: the first on the way down that is it, is missing, or ranks below it. */
static struct waiting **
place_of(struct waiting **at, int64_t part, uint64_t rank)
{
    while (*at != NULL && (*at)->record->part != part && (*at)->rank >= rank) {
        at = part < (*at)->record->part ? &(*at)->left : &(*at)->right;
    }
    return at;
}

/* Those before the part to the left of w, those behind it to the right. */
static void
split(struct waiting *from, int64_t part, struct waiting *w)
{
    struct waiting **left = &w->left;
    struct waiting **right = &w->right;

    while (from != NULL) {
        if (from->record->part < part) {
            *left = from;
            left = &from->right;
            from = from->right;
        } else {
            *right = from;
            right = &from->left;
            from = from->left;
        }
    }
    *left = *right = NULL;
}

static struct waiting **
first_waiting(struct group *g)
{
    struct waiting **at = &g->waiting;

    while (*at != NULL && (*at)->left != NULL) {
        at = &(*at)->left;
    }
    return at;
}

/* ------------------------------------------------------------ one part */

/*
 * Overlapping files and restarted sensors give a part twice; counting it twice would double its
 * sums.
 */
static bool
seen_before(const struct group *g, int64_t part)
{
    struct waiting *all = g->waiting;

    return g->done || part < g->next || *place_of(&all, part, 0) != NULL;
}

/*
 * What marks need of a part, as a copy; NULL when there is no room. Flights, texts and signatures
 * are left out: no mark holds them.
 */
static struct syc_record *
keep(struct parts *p, const struct syc_record *r)
{
    struct syc_exchange exchanges[KEEP_EXCHANGES];
    struct syc_record cut = *r;
    struct syc_record *copy;
    size_t skip = r->exchange_count > KEEP_EXCHANGES ? r->exchange_count - KEEP_EXCHANGES : 0;

    for (size_t i = 0; i + skip < r->exchange_count; i++) {
        exchanges[i] = r->exchanges[i == 0 ? 0 : i + skip];
    }
    cut.exchanges = exchanges;
    cut.exchange_count = r->exchange_count - skip;
    cut.flights = NULL;
    cut.flight_count = 0;
    cut.syn[0] = cut.syn[1] = NULL;
    for (size_t i = 0; i < syc_record_text_count; i++) {
        *(const char **)((char *)&cut + syc_record_texts[i].offset) = NULL;
    }
    if (!syc_budget_take(&p->store->budget, PART_OCTETS)) {
        return NULL;
    }
    copy = syc_record_copy(&cut);
    if (copy == NULL) {
        syc_budget_give(&p->store->budget, PART_OCTETS);
        return NULL;
    }
    p->kept++;
    return copy;
}

static void
release(struct parts *p, struct syc_record *copy)
{
    if (copy != NULL) {
        syc_record_free(copy);
        syc_budget_give(&p->store->budget, PART_OCTETS);
        p->kept--;
    }
}

/* Parts nearly always come in order, and the tree is then empty. */
static bool
wait(struct parts *p, struct group *g, struct syc_record *copy, const struct work *work)
{
    uint64_t word = (uint64_t)copy->part;
    uint64_t rank = syc_hash_words(&p->store->key, &word, 1);
    struct waiting *w = syc_store_take(p->store, sizeof(*w));
    struct waiting **at;

    if (w == NULL) {
        return false;
    }
    *w = (struct waiting){.rank = rank, .record = copy, .work = *work};
    at = place_of(&g->waiting, copy->part, rank);
    split(*at, copy->part, w);
    *at = w;
    return true;
}

/*
 * Under a mark of its own (MARK_CONTINUES): bursts of a mark are one run of indexes, and parts come
 * at different times.
 */
static bool
add_bursts(struct parts *p, const struct syc_record *r)
{
    struct setup setup = syc_mark_setup(r);
    struct mark *m = syc_store_add(p->store, r->key.client, r->key.ip_v, syc_mark_burst_count(r));
    uint32_t to;

    if (m == NULL) {
        return false;
    }
    fill_empty(m, r);
    to = m->first;
    for (size_t i = 0; i < r->exchange_count; i++) {
        struct item burst;
        if (syc_mark_burst(r, &r->exchanges[i], &setup, &burst)) {
            *burst_at(p->store, to++) = burst;
        }
    }
    return true;
}

/* ------------------------------------------------------------ joining */

/* The record is the caller's. */
static void
drop(struct parts *p, struct waiting **first)
{
    struct waiting *w = *first;

    *first = w->right;
    syc_store_give(p->store, w, sizeof(*w));
}

static void
fill(struct group *g, const struct syc_record *whole, const struct work *work, uint32_t degraded)
{
    syc_mark_fill(g->mark, whole, work);
    g->mark->name = (uint64_t)g->flow_id;
    g->mark->flags |= MARK_PARTS;
    g->mark->degraded |= (uint16_t)degraded;
}

/*
 * Of a joined part, too, only the first and the last exchanges are needed: the list stays short
 * however many parts come.
 */
static void
shorten(struct syc_record *whole)
{
    struct syc_exchange *list = (struct syc_exchange *)(uintptr_t)whole->exchanges;
    size_t skip;

    if (whole->exchange_count > KEEP_EXCHANGES) {
        skip = whole->exchange_count - KEEP_EXCHANGES;
        memmove(list + 1, list + 1 + skip, (KEEP_EXCHANGES - 1) * sizeof(*list));
        whole->exchange_count = KEEP_EXCHANGES;
    }
}

/*
 * Join what has no hole before it. A join that lacks memory is tried again with the next part, and
 * at the end.
 */
static void
advance(struct parts *p, struct group *g)
{
    struct waiting **first;

    while (*(first = first_waiting(g)) != NULL && (*first)->record->part == g->next) {
        struct syc_record *part = (*first)->record;
        bool last = part->final == 1;
        if (g->whole == NULL) {
            g->whole = part;
            g->work = (*first)->work;
        } else if (syc_record_join(g->whole, part) == SYC_OK) {
            shorten(g->whole);
            syc_mark_join(&g->work, &(*first)->work);
            release(p, part);
        } else {
            return;
        }
        drop(p, first);
        g->next++;
        if (last) {
            fill(g, g->whole, &g->work, 0);
            release(p, g->whole);
            g->whole = NULL;
            g->done = true;
        }
    }
}

/* Stack, program and system named are those of the lowest part that names one, not of the first to come. */
void
syc_parts_feed(struct parts *p, const struct syc_record *r, uint32_t stack, uint32_t agent)
{
    struct group *g = group_of(p, r);
    struct work work = syc_mark_work(r);
    struct syc_record *copy;

    if (g == NULL || seen_before(g, r->part)) {
        return;
    }
    source_at(p->store, g->mark->source)->news = 1; /* parts may name different clients */
    g->unsettled = true;
    copy = keep(p, r);
    if (copy == NULL || !wait(p, g, copy, &work)) {
        release(p, copy);
        syc_store_lose(p->store, r->key.client, r->key.ip_v);
        return;
    }
    if (!add_bursts(p, r)) {
        return;
    }
    if (stack != STORE_NONE && r->part < g->stack_part) {
        g->mark->stack = stack;
        g->stack_part = r->part;
    }
    if (agent != STORE_NONE && r->part < g->agent_part) {
        g->mark->agent = agent;
        g->agent_part = r->part;
    }
    if (syc_mark_ua_os(r) != SYC_UA_OS_UNKNOWN && r->part < g->ua_part) {
        g->mark->ua_os = syc_mark_ua_os(r) & 15U;
        g->ua_part = r->part;
    }
    advance(p, g);
}

/* ------------------------------------------------------------ what is not complete */

/*
 * In ascending order, but for the one that the whole began with. Holes are skipped: sums of what is there are lower bounds,
 * and the mark says so.
 */
static bool
join_waiting(struct syc_record *whole, struct work *work, const struct waiting *w,
             const struct waiting *but)
{
    if (w == NULL) {
        return true;
    }
    if (!join_waiting(whole, work, w->left, but)) {
        return false;
    }
    if (w != but) {
        if (syc_record_join(whole, w->record) != SYC_OK) {
            return false;
        }
        shorten(whole);
        syc_mark_join(work, &w->work);
    }
    return join_waiting(whole, work, w->right, but);
}

/*
 * The parts that are there, joined aside; parts that are missing before the last one are input that
 * was cut. The group itself is left as it is, so more parts may follow and a later finish tells
 * more. Once settled the mark stands until another part comes.
 */
static enum syc_status
settle(struct group *g)
{
    const struct waiting *first = g->whole == NULL ? *first_waiting(g) : NULL;
    struct work work = first != NULL ? first->work : g->work;
    struct syc_record *whole;
    bool joined;

    if (g->done || !g->unsettled || (g->whole == NULL && first == NULL)) {
        return SYC_OK;
    }
    whole = syc_record_copy(first != NULL ? first->record : g->whole);
    joined = whole != NULL && join_waiting(whole, &work, g->waiting, first);
    if (joined) {
        fill(g, whole, &work, g->waiting != NULL ? 1U << SYC_DEGRADED_TRUNCATED_INPUT : 0);
        g->unsettled = false;
    }
    syc_record_free(whole);
    return joined ? SYC_OK : SYC_NO_MEMORY;
}

enum syc_status
syc_parts_settle(struct parts *p)
{
    for (size_t i = 0; i < p->slot_count; i++) {
        if (p->slots[i] != NULL && settle(p->slots[i]) != SYC_OK) {
            return SYC_NO_MEMORY;
        }
    }
    return SYC_OK;
}

/* ------------------------------------------------------------ forgetting */

static bool
ended_before(const struct mark *m, int64_t us)
{
    return m->start_us + m->life_us < us;
}

static bool
is_past(const struct group *g, int64_t before_us, bool all)
{
    return (g->done || all) && ended_before(g->mark, before_us);
}

bool
syc_parts_are_past(const struct parts *p, const struct mark *m, int64_t before_us, bool all)
{
    const struct group *g = find(p, (int64_t)m->name);

    if (g == NULL) {
        return ended_before(m, before_us);
    }
    return is_past(g, before_us, all) || (!g->done && m != g->mark && ended_before(m, before_us));
}

static void
group_free(struct parts *p, struct group *g)
{
    while (g->waiting != NULL) {
        struct waiting **first = first_waiting(g);
        release(p, (*first)->record);
        drop(p, first);
    }
    release(p, g->whole);
    syc_store_give(p->store, g, sizeof(*g));
}

/* Those behind move up, so that no probe ends early (Knuth 6.4, algorithm R). */
static void
slot_clear(struct parts *p, size_t hole)
{
    size_t mask = p->slot_count - 1;

    for (size_t i = (hole + 1) & mask; p->slots[i] != NULL; i = (i + 1) & mask) {
        size_t home = home_of(p->slot_count, &p->store->key, p->slots[i]->flow_id);
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            p->slots[hole] = p->slots[i];
            hole = i;
        }
    }
    p->slots[hole] = NULL;
}

void
syc_parts_forget(struct parts *p, int64_t before_us, bool all)
{
    size_t count = p->slot_count;

    for (size_t i = 0; i < p->slot_count; i++) {
        while (p->slots[i] != NULL && is_past(p->slots[i], before_us, all)) {
            group_free(p, p->slots[i]);
            slot_clear(p, i);
            p->group_count--;
        }
    }
    while (count > SLOTS_FIRST && p->group_count * 2 < count / 2) {
        count /= 2;
    }
    if (count < p->slot_count) {
        (void)slots_resize(p, count); /* else it stays as large as it is */
    }
}

void
syc_parts_moved(struct parts *p, struct mark *m)
{
    struct group *g = find(p, (int64_t)m->name);

    if (g != NULL) {
        g->mark = m;
    }
}

size_t
syc_parts_octets(const struct parts *p)
{
    return p->group_count * sizeof(struct group) + p->kept * PART_OCTETS;
}

void
syc_parts_fini(struct parts *p)
{
    for (size_t i = 0; i < p->slot_count; i++) {
        if (p->slots[i] != NULL) {
            group_free(p, p->slots[i]);
        }
    }
    syc_store_give(p->store, p->slots, p->slot_count * sizeof(*p->slots));
}
