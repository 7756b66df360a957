/* SYNs by which client and server of a tuple change roles. */

#include "behavior/audit_turned.h"

static inline uint64_t
tuple_of(const struct turned_syn *t)
{
    return (uint64_t)t->pair << 16 | t->port;
}

#define BY_TUPLE(x, y) (tuple_of(&(x)) < tuple_of(&(y)))
SYC_SORT_DEFINE(sort_turned, struct turned_syn, BY_TUPLE)

/* Is there a pair in which these two have changed roles? */
static bool
has_turned(const struct audit_store *s, const struct audit_pair *p)
{
    uint64_t hosts = (uint64_t)s->hosts[p->server].rank << 32 | s->hosts[p->client].rank;
    size_t low = 0;
    size_t high = s->pair_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->order[middle].hosts < hosts) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < s->pair_count && s->order[low].hosts == hosts;
}

static void
keep(struct turned *t, const struct turned_syn *one)
{
    if (t->count == t->room) {
        struct turned_syn *list =
            audit_store_grow(t->store, t->list, t->room, 2 * sizeof(*t->list));
        if (list == NULL) {
            t->cut = true;
            return;
        }
        t->list = list;
        t->room = audit_store_doubled(t->room);
    }
    t->list[t->count++] = *one;
}

/* Those of one pair, by time: what stays in order when they are sorted by tuple. */
static bool
gather(struct turned *t, uint32_t index, struct syc_arena *scratch, struct life_room *room,
       int64_t at)
{
    const struct audit_pair *p = &t->store->pairs[index];
    struct groups groups;
    struct life life;

    syc_arena_reset(scratch);
    if (!audit_store_load(t->store, index, scratch, &groups)) {
        return false;
    }
    for (size_t i = 0; i < groups.count; i++) {
        const struct entry *e = &groups.entries[groups.list[i].first];
        struct turned_syn one = {.port = p->server_port};
        one.pair = audit_store_find(t->store, p->server, p->client, (uint16_t)e->port);
        if (e->isn == 0 || e->start > at || one.pair == STORE_NONE || one.pair == index) {
            continue;
        }
        if (!audit_life_read(t->store, index, &groups, i, room, at, &life)) {
            return false;
        }
        one.syn = audit_tuple_syn(&life);
        one.syn.sender = SYC_TOCLIENT;
        keep(t, &one);
    }
    return true;
}

bool
audit_turned_make(struct turned *t, struct audit_store *s, struct syc_arena *scratch,
                  struct life_room *room, int64_t at)
{
    *t = (struct turned){.store = s};
    room->lists = NULL;
    for (uint32_t i = 0; i < s->pair_count; i++) {
        uint32_t index = s->order[i].index;
        if (has_turned(s, &s->pairs[index]) && !gather(t, index, scratch, room, at)) {
            return false;
        }
    }
    if (t->count > 0) {
        sort_turned(t->list, t->count, t->list + t->room);
    }
    return true;
}

void
audit_turned_fini(struct turned *t)
{
    if (t->store != NULL) {
        syc_store_give(&t->store->room, t->list, t->room * 2 * sizeof(*t->list));
    }
    *t = (struct turned){.store = NULL};
}

size_t
audit_turned_find(const struct turned *t, uint32_t pair, uint16_t port,
                  const struct turned_syn **first)
{
    const struct turned_syn like = {.pair = pair, .port = port};
    size_t low = 0;
    size_t high = t->count;
    size_t n = 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tuple_of(&t->list[middle]) < tuple_of(&like)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    while (low + n < t->count && tuple_of(&t->list[low + n]) == tuple_of(&like)) {
        n++;
    }
    *first = n > 0 ? &t->list[low] : NULL;
    return n;
}
