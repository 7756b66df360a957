/* One pair out of the store: its lives in order of time, its tenures tuple by tuple. */

#include "behavior/audit_load.h"

#include "behavior/audit_part.h"

/* What needs no replay is counted of every connection, also of those whose lives are not kept. */
static void
count_life(struct audit_loader *a, const struct life_pair *p, const struct life *l,
           struct syc_audit_pair *row)
{
    row->connections++;
    row->attempts += l->isn != SYC_NONE;
    row->established += audit_established(p, l);
    row->closes[l->close_kind]++;
    row->degraded |= l->degraded;
    part_add(&a->packets, l->pkts[0]);
    part_add(&a->packets, l->pkts[1]);
}

/* SYNs of the tuple at hand by which client and server changed roles: another pair's. */
struct turned_left {
    const struct turned_syn *next;
    size_t count;
};

static void
take_turned(struct tenure_walk *walk, struct turned_left *left, int64_t before)
{
    for (; left->count > 0 && left->next->syn.start < before; left->count--) {
        audit_tenure_turned(walk, &left->next++->syn);
    }
}

/* Indexes of n groups by (port, time). */
static int64_t *
tuple_order(const struct groups *groups, size_t n, struct syc_arena *scratch)
{
    int64_t *v = syc_arena_alloc(scratch, (2 * n + 1) * sizeof(*v));

    for (size_t i = 0; v != NULL && i < n; i++) {
        v[i] = (int64_t)groups->entries[groups->list[i].first].port << 32 | (int64_t)i;
    }
    if (v != NULL) {
        syc_sort_numbers(v, n, v + n);
    }
    return v;
}

/* All n connections, tuple by tuple: those whose lives are kept, and the others once more out of the store. */
static bool
walk_tuples(struct audit_loader *a, uint32_t index, const struct groups *groups, size_t n,
            const struct life_pair *p, struct syc_audit_pair *row)
{
    struct tenure_walk walk = {.out = &a->tenures,
                               .two_msl = {p->two_msl[0], p->two_msl[1]},
                               .last = p->last};
    const int64_t *order = tuple_order(groups, n, &a->work->scratch);
    struct turned_left turned = {NULL, 0};
    struct life read;

    if (order == NULL) {
        return false;
    }
    a->room.lists = NULL;
    for (size_t k = 0; k < n; k++) {
        size_t i = (size_t)(order[k] & UINT32_MAX);
        const struct life *l = i < p->count ? &p->lives[i] : &read;
        if (k == 0 || order[k] >> 32 != order[k - 1] >> 32) {
            take_turned(&walk, &turned, INT64_MAX);
            audit_tenure_end(&walk);
            turned.count =
                audit_turned_find(&a->turned, index, (uint16_t)(order[k] >> 32), &turned.next);
        }
        if (l == &read && !audit_life_read(a->store, index, groups, i, &a->room, p->at, &read)) {
            return false;
        }
        take_turned(&walk, &turned, l->start);
        audit_tenure_life(&walk, l, i);
        count_life(a, p, l, row);
    }
    take_turned(&walk, &turned, INT64_MAX);
    audit_tenure_end(&walk);
    return !walk.failed;
}

/* The first lives, with their lists, for the parts. */
static bool
read_lives(struct audit_loader *a, uint32_t index, const struct groups *groups, size_t n,
           struct life_pair *p)
{
    size_t most = audit_store_lives_most(a->store);
    size_t kept = n < most ? n : most;
    struct life *lives = syc_arena_alloc(&a->work->arena, kept * sizeof(*lives));

    if (lives == NULL) {
        return false;
    }
    a->room.lists = &a->work->arena;
    a->room.list_octets = audit_store_lists_most(a->store);
    for (size_t i = 0; i < kept; i++) {
        if (!audit_life_read(a->store, index, groups, i, &a->room, p->at, &lives[i])) {
            return false;
        }
        if (lives[i].syn_ack_dur != SYC_NONE && lives[i].ack_dur != SYC_NONE) {
            p->rtt_min_dur = part_least(p->rtt_min_dur, lives[i].syn_ack_dur + lives[i].ack_dur);
        }
    }
    p->lives = lives;
    p->count = kept;
    return true;
}

bool
audit_load_pair(struct audit_loader *a, uint32_t index, struct life_pair *p,
                struct syc_audit_pair *row)
{
    struct groups groups;
    size_t n = 0;

    syc_arena_reset(&a->work->arena);
    syc_arena_reset(&a->work->scratch);
    p->count = 0;
    p->tenures = &a->tenures;
    p->rtt_min_dur = SYC_NONE;
    if (!audit_store_load(a->store, index, &a->work->arena, &groups)) {
        return false;
    }
    while (n < groups.count && groups.entries[groups.list[n].first].start <= p->at) {
        n++;
    }
    return n == 0 || (audit_tenures_begin(&a->tenures, n) && read_lives(a, index, &groups, n, p) &&
                      walk_tuples(a, index, &groups, n, p, row));
}
