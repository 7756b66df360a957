/*
 * Forgetting what ended longest ago, so that a run may go on for weeks within one budget.
 *
 *    ends of all marks --histogram--> before_us    marks |old|kept|old|old|kept|kept|  -->  |kept|kept|kept|
 *                                                  bursts, sources: likewise, in place, in their order
 *
 * Whole connections go, by when they ended, and sources that have none left: facts are then those that a new cadence would
 * tell of the records that are kept. Objects only move to lower indexes, so nothing is copied aside; the one table that is
 * made anew is that of the slots, when half of it is enough.
 *
 * Stacks, agents and kinds of singles stay: each is bounded by itself.
 */

#include "behavior/cadence.h"

#include <string.h>

enum { BUCKETS = 1024 };

/* What goes: all that ended before. all: also connections whose last part has not come. */
struct past {
    struct syc_cadence *c;
    int64_t before_us;
    bool all;
};

static int64_t
end_of(const struct mark *m)
{
    return m->start_us + m->life_us;
}

static bool
is_past(const struct past *p, const struct mark *m)
{
    if ((m->flags & (MARK_PARTS | MARK_CONTINUES)) == 0) {
        return end_of(m) < p->before_us;
    }
    return syc_parts_are_past(&p->c->parts, m, p->before_us, p->all);
}

static uint64_t
octets_of(const struct mark *m)
{
    return sizeof(*m) + STORE_ORDER_MARK + m->burst_count * sizeof(struct item);
}

/* ------------------------------------------------------------ how far */

/* Everything that may go at all, with the first and the last end of it. */
static uint64_t
sum_octets(struct past *p, int64_t *first_us, int64_t *last_us)
{
    const struct store *s = &p->c->store;
    uint64_t octets = 0;

    p->before_us = INT64_MAX;
    for (uint32_t i = 0; i < s->marks.used; i++) {
        const struct mark *m = mark_at(s, i);
        if (is_past(p, m)) {
            int64_t end = end_of(m);
            *first_us = octets == 0 || end < *first_us ? end : *first_us;
            *last_us = octets == 0 || end > *last_us ? end : *last_us;
            octets += octets_of(m);
        }
    }
    return octets;
}

static void
fill_buckets(const struct past *p, int64_t from_us, int shift, uint64_t *buckets)
{
    const struct store *s = &p->c->store;

    memset(buckets, 0, BUCKETS * sizeof(*buckets));
    for (uint32_t i = 0; i < s->marks.used; i++) {
        const struct mark *m = mark_at(s, i);
        if (end_of(m) >= from_us && (uint64_t)(end_of(m) - from_us) >> shift < BUCKETS &&
            is_past(p, m)) {
            buckets[(uint64_t)(end_of(m) - from_us) >> shift] += octets_of(m);
        }
    }
}

/*
 * Before when so many octets ended, within a thirty-second of all. Buckets of equal width, the one in which the sum is
 * reached divided anew while too much is in it: two passes as times are in practice.
 */
static void
choose(struct past *p, double share)
{
    uint64_t buckets[BUCKETS];
    int64_t from_us = 0, last_us = 0;
    uint64_t all = sum_octets(p, &from_us, &last_us), below = 0;
    uint64_t wanted = (uint64_t)((double)all * share);
    int shift = 0;

    while ((uint64_t)(last_us - from_us) >> shift >= BUCKETS) {
        shift++;
    }
    for (;; shift = shift > 10 ? shift - 10 : 0) {
        size_t k = 0;
        fill_buckets(p, from_us, shift, buckets);
        while (k + 1 < BUCKETS && below + buckets[k] < wanted) {
            below += buckets[k++];
        }
        from_us += (int64_t)((uint64_t)k << shift);
        if (shift == 0 || buckets[k] <= all / 32) {
            p->before_us = from_us + (int64_t)(UINT64_C(1) << shift);
            return;
        }
    }
}

/* ------------------------------------------------------------ what is left */

/* Marks that go have no source from here on; sources count those that stay. Returns how many connections go. */
static uint64_t
count_marks(const struct past *p, int64_t *newest_us)
{
    struct store *s = &p->c->store;
    uint64_t gone = 0;

    for (uint32_t i = 0; i < s->sources.used; i++) {
        source_at(s, i)->mark_count = source_at(s, i)->burst_count = 0;
    }
    for (uint32_t i = 0; i < s->marks.used; i++) {
        struct mark *m = mark_at(s, i);
        *newest_us = end_of(m) > *newest_us ? end_of(m) : *newest_us;
        if (is_past(p, m)) {
            gone += (m->flags & MARK_CONTINUES) == 0;
            m->source = STORE_NONE;
        } else {
            source_at(s, m->source)->mark_count++;
            source_at(s, m->source)->burst_count += m->burst_count;
        }
    }
    return gone;
}

/* The numbers of those that stay. Returns how many; the largest decides on the work room. */
static uint32_t
number_sources(struct store *s)
{
    uint32_t n = 0, marks = 0, bursts = 0;

    for (uint32_t i = 0; i < s->sources.used; i++) {
        struct source *source = source_at(s, i);
        source->begin = n;
        n += source->mark_count > 0;
        marks = source->mark_count > marks ? source->mark_count : marks;
        bursts = source->burst_count > bursts ? source->burst_count : bursts;
    }
    syc_budget_give(&s->budget, (size_t)(s->most_marks - marks) * STORE_WORK_MARK +
                                    (size_t)(s->most_bursts - bursts) * STORE_WORK_BURST);
    s->most_marks = marks;
    s->most_bursts = bursts;
    return n;
}

/* In their order, so that nothing is overwritten that is still to be moved. */
static void
move_marks(struct syc_cadence *c)
{
    struct store *s = &c->store;
    uint32_t marks = 0, bursts = 0;

    for (uint32_t i = 0; i < s->marks.used; i++) {
        const struct mark *from = mark_at(s, i);
        struct mark *to = mark_at(s, marks);
        uint32_t first = from->first;
        if (from->source == STORE_NONE) {
            continue;
        }
        *to = *from;
        to->source = source_at(s, to->source)->begin;
        to->first = bursts;
        for (uint32_t k = 0; k < to->burst_count; k++) {
            *burst_at(s, bursts++) = *burst_at(s, first + k);
        }
        if ((to->flags & MARK_PARTS) != 0) {
            syc_parts_moved(&c->parts, to);
        }
        marks++;
    }
    syc_store_keep(s, &s->marks, marks);
    syc_store_keep(s, &s->bursts, bursts);
}

static void
move_sources(struct store *s, uint32_t left)
{
    for (uint32_t i = 0; i < s->sources.used; i++) {
        const struct source *from = source_at(s, i);
        if (from->mark_count > 0) {
            *source_at(s, from->begin) = *from;
        }
    }
    syc_store_keep(s, &s->sources, left);
}

static uint64_t
forget(const struct past *p)
{
    struct store *s = &p->c->store;
    int64_t newest_us = INT64_MIN;
    uint64_t gone = count_marks(p, &newest_us);
    uint32_t left;

    gone += syc_singles_forget(s, p->before_us);
    syc_parts_forget(&p->c->parts, p->before_us, p->all);
    left = number_sources(s);
    syc_store_renumber(s);
    move_marks(p->c);
    move_sources(s, left);
    syc_store_forgive(s, p->before_us, newest_us);
    return gone;
}

/* ------------------------------------------------------------ when */

/* What forgetting gives back if all goes. */
static size_t
movable(const struct past *p)
{
    const struct store *s = &p->c->store;
    size_t octets =
        s->most_marks * (size_t)STORE_WORK_MARK + s->most_bursts * (size_t)STORE_WORK_BURST;

    octets += s->marks.used * (s->marks.size + s->marks.order);
    octets += s->bursts.used * s->bursts.size;
    octets += s->sources.used * (s->sources.size + s->sources.order);
    return octets + (p->all ? syc_parts_octets(&p->c->parts) : 0);
}

/* Down to half of the budget; where what stays takes that half, to half of the rest. A few rounds, as work room goes unevenly. */
static uint64_t
make_room(struct past *p)
{
    const struct syc_budget *b = &p->c->store.budget;
    size_t may = movable(p), fixed = b->used > may ? b->used - may : 0;
    size_t target = fixed + may / 2 > b->limit / 2 ? fixed + may / 2 : b->limit / 2;
    uint64_t gone = 0, more = 1;

    for (int round = 0; round < 4 && more > 0 && b->used > target + b->limit / 16; round++) {
        choose(p, (double)(b->used - target) / (double)(movable(p) + 1));
        more = forget(p);
        gone += more;
    }
    return gone;
}

uint64_t
syc_cadence_make_room(struct syc_cadence *c)
{
    const struct syc_budget *b = &c->store.budget;
    struct past past = {.c = c};
    size_t due = b->limit / 4 * 3;
    uint64_t gone;

    if (b->used <= due) {
        return 0;
    }
    syc_fleets_fini(&c->fleets); /* they point at sources */
    syc_fleets_init(&c->fleets, &c->store);
    gone = make_room(&past);
    if (b->used > due) {
        past.all = true;
        gone += make_room(&past);
    }
    return gone;
}
