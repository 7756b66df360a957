/*
 * What is told of singles instead of verdicts: how many, from where, of which stacks.
 *
 * Counts of prefixes and stacks are of all of them, those that gave way as well: each was counted when it came, and taken
 * off again when it became a source; prefixes of version 6, of which there may be any number, are counted here and when one
 * gives way. So they are a function of the multiset of records while nothing gave way; how many addresses differ is exact
 * until then, and an estimate afterwards.
 */

#include "behavior/once.h"

#include <string.h>

/* ------------------------------------------------------------ prefixes */

static bool
goes_before(const struct syc_once_prefix *a, const struct syc_once_prefix *b)
{
    if (a->count != b->count) {
        return a->count > b->count;
    }
    return a->ip_v != b->ip_v ? a->ip_v < b->ip_v : memcmp(a->addr, b->addr, sizeof(a->addr)) < 0;
}

/* Into its place among the few that are told. */
static void
offer_prefix(struct syc_once *out, const struct syc_once_prefix *p)
{
    size_t at = out->prefix_count;

    while (at > 0 && goes_before(p, &out->prefixes[at - 1])) {
        at--;
    }
    if (p->count == 0 || at == SYC_ONCE_MOST) {
        return;
    }
    out->prefix_count += out->prefix_count < SYC_ONCE_MOST;
    memmove(&out->prefixes[at + 1], &out->prefixes[at],
            (out->prefix_count - 1 - at) * sizeof(out->prefixes[0]));
    out->prefixes[at] = *p;
}

/* Nothing to offer: asked first, as nearly all of the 64 Ki counters are 0. */
static inline bool
is_small(const struct syc_once *out, uint32_t count)
{
    return count == 0 ||
           (out->prefix_count == SYC_ONCE_MOST && count < out->prefixes[SYC_ONCE_MOST - 1].count);
}

#define LESS(x, y) ((x) < (y))
SYC_SORT_DEFINE(sort_wide, uint32_t, LESS)

/* Of those of version 6 that are kept, ascending. Returns how many. */
static size_t
gather_wide(const struct singles *q, uint32_t *list)
{
    size_t n = 0;

    for (uint32_t i = 0; i < q->count; i++) {
        const struct single *one = single_at(q, single_position(q, i));
        if (one->live && one->ip_v == 6) {
            list[n++] = syc_be32(one->addr);
        }
    }
    sort_wide(list, n, list + q->live);
    return n;
}

static bool
is_among(const uint32_t *list, size_t n, uint32_t prefix)
{
    size_t low = 0;

    while (low < n) {
        size_t middle = low + (n - low) / 2;
        if (list[middle] == prefix) {
            return true;
        }
        if (list[middle] < prefix) {
            low = middle + 1;
        } else {
            n = middle;
        }
    }
    return false;
}

/* One prefix: those that are kept and those that gave way. */
static void
offer_wide(const struct singles *q, uint32_t prefix, uint64_t kept, struct syc_once *out)
{
    struct syc_once_prefix p = {.ip_v = 6, .bits = 8 * SINGLES_WIDE, .count = kept};
    const struct crowd_place *gone = NULL;

    for (int i = 0; i < SINGLES_WIDE; i++) {
        p.addr[i] = (uint8_t)(prefix >> (24 - 8 * i));
    }
    gone = q->wide != NULL ? syc_crowd_find(q->wide, p.addr, 0, 6) : NULL;
    p.count += gone != NULL ? gone->count : 0;
    offer_prefix(out, &p);
}

/* Without memory none is told. */
static void
fill_wide(const struct singles *q, struct syc_once *out)
{
    uint32_t *list = syc_alloc(q->live, 2 * sizeof(*list));
    size_t n = list != NULL ? gather_wide(q, list) : 0;

    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && list[to] == list[from]; to++) {
        }
        offer_wide(q, list[from], to - from, out);
    }
    for (size_t i = 0; list != NULL && q->wide != NULL && i < CROWD_PLACES; i++) {
        uint32_t prefix = syc_be32(q->wide->places[i].addr);
        if (q->wide->places[i].count > 0 && !is_among(list, n, prefix)) {
            offer_wide(q, prefix, 0, out);
        }
    }
    syc_free(list);
}

static void
fill_prefixes(const struct singles *q, struct syc_once *out)
{
    for (uint32_t i = 0; q->prefixes != NULL && i < SINGLES_PREFIXES; i++) {
        if (is_small(out, q->prefixes[i])) {
            continue;
        }
        struct syc_once_prefix p = {.ip_v = 4, .bits = 16, .count = q->prefixes[i]};
        memset(p.addr + 10, 0xff, 2); /* version 4 in version 6, RFC 4291 2.5.5.2 */
        p.addr[12] = (uint8_t)(i >> 8);
        p.addr[13] = (uint8_t)i;
        offer_prefix(out, &p);
    }
    fill_wide(q, out);
}

/* ------------------------------------------------------------ stacks */

/* The system or tool that its signature names; NULL when none fits. */
static const char *
os_of(struct stacks *stacks, const struct syc_signatures *signatures, uint32_t stack)
{
    const struct syc_match *match;

    if (stack == STORE_NONE) {
        return NULL;
    }
    match = syc_stack_match(stacks->list[stack], signatures);
    return match->quality >= SYC_MATCH_GENERIC ? match->os : NULL;
}

/* Signatures of one system have texts of their own. */
static bool
same_os(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Most first; of equals by name, the nameless last. */
static bool
is_rather(const struct syc_once_stack *a, const struct syc_once_stack *b)
{
    if (a->count != b->count) {
        return a->count > b->count;
    }
    return a->os != NULL && (b->os == NULL || strcmp(a->os, b->os) < 0);
}

/* Names are as many as signatures have, so a list is searched from its begin. */
static size_t
sum_stacks(const struct singles *q, struct stacks *stacks, const struct syc_signatures *signatures,
           struct syc_once_stack *list)
{
    size_t n = 0;

    for (uint32_t i = 0; i < q->kind_count; i++) {
        const char *os = os_of(stacks, signatures, syc_singles_stack(q, i));
        size_t at = 0;
        while (at < n && !same_os(list[at].os, os)) {
            at++;
        }
        list[at].os = os;
        list[at].count += syc_singles_of_kind(q, i);
        n += at == n;
    }
    return n;
}

/* The most of those left, time and again: eight of some tens. Without memory none is told. */
static void
fill_stacks(const struct singles *q, struct stacks *stacks, const struct syc_signatures *signatures,
            struct syc_once *out)
{
    struct syc_once_stack *list = syc_alloc(q->kind_count, sizeof(*list));
    size_t n = list != NULL ? sum_stacks(q, stacks, signatures, list) : 0;

    while (out->stack_count < SYC_ONCE_MOST) {
        struct syc_once_stack *most = NULL;
        for (size_t i = 0; i < n; i++) {
            if (list[i].count > 0 && (most == NULL || is_rather(&list[i], most))) {
                most = &list[i];
            }
        }
        if (most == NULL) {
            break;
        }
        out->stacks[out->stack_count++] = *most;
        most->count = 0;
    }
    syc_free(list);
}

/* ------------------------------------------------------------ all */

/* Over those that gave way and those that are kept: an address may have come again, and be both. */
static void
fill_distinct(const struct singles *q, struct syc_once *out)
{
    uint8_t *names;

    bool all_there = q->evicted == 0 && q->forgotten == 0;

    out->distinct = all_there ? out->count : 0;
    if (all_there || q->names_untold) {
        return;
    }
    names = syc_alloc(1, CROWD_ALL_REGISTERS);
    if (names == NULL) {
        return;
    }
    memcpy(names, q->gone_names, CROWD_ALL_REGISTERS);
    for (uint32_t i = 0; i < q->count; i++) {
        const struct single *one = single_at(q, single_position(q, i));
        if (one->live) {
            syc_crowd_note(names, CROWD_ALL_REGISTERS, syc_crowd_name(one->addr, one->ip_v));
        }
    }
    out->distinct = syc_crowd_estimate(names, CROWD_ALL_REGISTERS);
    out->distinct = out->distinct < out->count ? out->distinct : out->count;
    out->distinct_error_ratio = CROWD_ERROR(CROWD_ALL_REGISTERS);
    syc_free(names);
}

void
syc_once_fill(const struct store *s, struct stacks *stacks, const struct syc_signatures *signatures,
              struct syc_once *out)
{
    const struct singles *q = &s->singles;

    *out = (struct syc_once){.count = q->live + q->evicted + q->forgotten, .evicted = q->evicted};
    if (out->count > 0) {
        fill_distinct(q, out);
        fill_prefixes(q, out);
        fill_stacks(q, stacks, signatures, out);
    }
}
