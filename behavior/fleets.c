/*
 * Fleets: sources of one stack whose heavy episodes keep nearly the same median gap.
 *
 *    median gap of sources of one stack, ascending     2.1  3.4 | 10.0 10.0 10.1 10.1 10.2 10.3 | 14 ...
 *                                                                '------ within 5 % ------'
 *
 * People are as many on one stack, but their medians spread over decades, so few fall into one window; and whoever
 * falls into it is taken, steady or not, so that chance is not helped by choosing. What each member shows alone may be
 * little: 200 sources of nine gaps each are 1800 gaps together.
 */

#include "behavior/fleets.h"

#include <string.h>

enum { ROOM_FIRST = 64 };

void
syc_fleets_init(struct fleets *f, struct store *store)
{
    *f = (struct fleets){.store = store};
}

void
syc_fleets_fini(struct fleets *f)
{
    syc_store_give(f->store, f->list, f->room * 2 * sizeof(*f->list));
}

void
syc_fleets_clear(struct fleets *f)
{
    f->count = 0;
    f->dropped = 0;
}

static bool
grow(struct fleets *f)
{
    size_t room = f->room > 0 ? f->room * 2 : ROOM_FIRST;
    struct fleet_member *list = syc_store_take(f->store, room * 2 * sizeof(*list));

    if (list == NULL) {
        return false;
    }
    if (f->count > 0) {
        memcpy(list, f->list, f->count * sizeof(*list));
    }
    syc_store_give(f->store, f->list, f->room * 2 * sizeof(*list));
    f->list = list;
    f->room = room;
    return true;
}

static uint32_t
first_stack(const struct view *v)
{
    for (size_t i = 0; i < v->count; i++) {
        if (v->marks[i]->stack != STORE_NONE) {
            return v->marks[i]->stack;
        }
    }
    return STORE_NONE;
}

void
syc_fleets_add(struct fleets *f, const struct stacks *stacks, const struct view *v,
               const struct syc_subject *s)
{
    const struct syc_value *share = syc_value_made(&s->values[FACT_HEAVY_CONCENTRATION]);
    const struct syc_value *median = syc_value_made(&s->values[FACT_HEAVY_MEDIAN]);
    int64_t n;
    uint32_t stack;

    if (share->type != SYC_REAL || median->type != SYC_REAL || v->count == 0) {
        return;
    }
    stack = first_stack(v);
    if (stack == STORE_NONE) {
        return;
    }
    if (f->count == f->room && !grow(f)) {
        f->dropped++;
        return;
    }
    n = s->values[FACT_HEAVY_N].u.i;
    f->list[f->count++] = (struct fleet_member){.source = v->source,
                                                .print = stacks->list[stack]->print,
                                                .rank = stacks->list[stack]->rank,
                                                .conn_count = (uint32_t)v->count,
                                                .degraded = s->degraded,
                                                .n = n,
                                                .inside = llround(share->u.f * (double)n),
                                                .median_us = llround(median->u.f * 1e6),
                                                .start_us = s->window_start_us,
                                                .end_us = s->window_end_us,
                                                .flow_id = s->flow_ids[0]};
}

/* ------------------------------------------------------------ order */

static int
compare_address(const struct source *a, const struct source *b)
{
    return a->ip_v != b->ip_v ? a->ip_v - b->ip_v : memcmp(a->addr, b->addr, sizeof(a->addr));
}

static inline bool
address_less(struct fleet_member a, struct fleet_member b)
{
    return compare_address(a.source, b.source) < 0;
}

static inline bool
rhythm_less(struct fleet_member a, struct fleet_member b)
{
    if (a.source->ip_v != b.source->ip_v) {
        return a.source->ip_v < b.source->ip_v;
    }
    if (a.print != b.print) {
        return a.print < b.print;
    }
    return a.median_us != b.median_us ? a.median_us < b.median_us : address_less(a, b);
}

SYC_SORT_DEFINE(sort_rhythm, struct fleet_member, rhythm_less)
SYC_SORT_DEFINE(sort_addresses, struct fleet_member, address_less)

void
syc_fleets_order(struct fleets *f)
{
    if (f->count > 0) {
        sort_rhythm(f->list, f->count, f->list + f->room);
    }
}

/* ------------------------------------------------------------ windows */

static bool
same_rhythm(const struct fleet_member *first, const struct fleet_member *m)
{
    return first->source->ip_v == m->source->ip_v && first->print == m->print &&
           m->median_us * 100 <= first->median_us * (100 + FLEET_PERCENT);
}

static size_t
window_end(const struct fleets *f, size_t first, size_t end)
{
    while (end < f->count && same_rhythm(&f->list[first], &f->list[end])) {
        end++;
    }
    return end;
}

/*
 * The first window that none beginning inside it outnumbers: a fleet stands in the middle of its window, not where
 * somebody happened to come before it.
 */
size_t
syc_fleets_next(struct fleets *f, size_t from, size_t *first)
{
    while (from < f->count) {
        size_t end = window_end(f, from, from);
        size_t best = from;
        size_t most = end - from;
        for (size_t i = from + 1; i < best + most; i++) {
            end = window_end(f, i, end);
            if (end - i > most) {
                most = end - i;
                best = i;
            }
        }
        if (most >= FLEET_LEAST) {
            sort_addresses(f->list + best, most, f->list + f->room);
            *first = best;
            return most;
        }
        from = best + most;
    }
    return 0;
}

/* ------------------------------------------------------------ facts */

/* The others lie within 5 % above it. */
static int64_t
lowest_median(const struct fleet_member *members, size_t count)
{
    int64_t lowest = members[0].median_us;

    for (size_t i = 1; i < count; i++) {
        lowest = members[i].median_us < lowest ? members[i].median_us : lowest;
    }
    return lowest;
}

void
syc_fleets_facts(const struct fleet_member *members, size_t count, const struct stacks *stacks,
                 const struct syc_signatures *signatures, struct syc_value *row)
{
    int64_t n = 0;
    int64_t inside = 0;
    int64_t connections = 0;
    int64_t start = members[0].start_us;
    int64_t end = members[0].end_us;
    uint32_t rank = members[0].rank;

    for (size_t i = 0; i < count; i++) {
        const struct fleet_member *m = &members[i];
        n += m->n;
        inside += m->inside;
        connections += m->conn_count;
        start = m->start_us < start ? m->start_us : start;
        end = m->end_us > end ? m->end_us : end;
        rank = m->rank < rank ? m->rank : rank;
    }
    fact_int(row, FACT_CONN_COUNT, connections);
    fact_real(row, FACT_CONN_SPAN, (double)(end - start) / 1e6);
    fact_int(row, FACT_HEAVY_N, n);
    fact_real(row, FACT_HEAVY_MEDIAN, (double)lowest_median(members, count) / 1e6);
    fact_real(row, FACT_HEAVY_CONCENTRATION, (double)inside / (double)n);
    fact_real(row, FACT_HEAVY_BEAT, syc_gaps_beat((size_t)inside, (size_t)n, count));
    fact_int(row, FACT_SRC_ADDR, (int64_t)count);
    syc_facts_signature(stacks->order[rank], signatures, row);
}
