/*
 * Distinct SYN signatures.
 *
 * Millions of connections share a handful of stacks: each signature is stored once, matched against
 * the signature set once (facts_syns.c), and named by rank. Ranks are by content, so that "the
 * commonest, of equals the first" does not depend on who came first. An eighth of the budget at
 * most: inventing signatures must not cost others their marks; what finds no room is STORE_NONE and
 * flags its record.
 */

#include "behavior/stacks.h"

#include <string.h>

enum { ROOM_FIRST = 32, BUDGET_SHARE = 8 };

void
syc_stacks_init(struct stacks *s, struct store *store)
{
    *s = (struct stacks){.store = store, .limit = store->budget.limit / BUDGET_SHARE};
}

/* Counted twice, in the store's budget and in the eighth. */
static void *
take(struct stacks *s, size_t octets)
{
    void *p = octets <= s->limit - s->octets ? syc_store_take(s->store, octets) : NULL;

    s->octets += p != NULL ? octets : 0;
    return p;
}

static void
give(struct stacks *s, void *p, size_t octets)
{
    if (p != NULL) {
        syc_store_give(s->store, p, octets);
        s->octets -= octets;
    }
}

void
syc_stacks_fini(struct stacks *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        give(s, s->list[i], sizeof(*s->list[i]));
    }
    give(s, s->list, s->room * 3 * sizeof(*s->list));
    give(s, s->slots, s->room * 2 * sizeof(*s->slots));
}

/* ------------------------------------------------------------ what its options show */

/*
 * The options of the SYN without what single connections add (Fast Open, Multipath TCP) are those of one family. Not
 * here: layouts that several families share, "mss,nop,ws,sok,ts" of FreeBSD and of Windows with timestamps among them.
 * Sources: reference/stack-facts.csv; the kernel's tcp_options_write().
 */
static const char *
layout_family(const struct syc_syn *syn)
{
    static const struct {
        const char *options, *family;
    } layouts[] = {
        {"mss,sok,ts,nop,ws", "linux"},        {"mss,sok,ts,nop,ws,?34,nop,nop", "linux"},
        {"mss,sok,ts,nop,ws,?30", "linux"},    {"mss,nop,nop,sok,nop,ws", "linux"},
        {"mss,nop,ws,nop,nop,sok", "windows"}, {"mss,nop,ws,nop,nop,ts,sok,eol+1", "apple"},
    };

    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        if (strcmp(syn->options, layouts[i].options) == 0) {
            return layouts[i].family;
        }
    }
    return NULL;
}

/* Ten no-operations or more in a row: a middlebox wrote over the timestamps (fingerprints 3). */
static bool
is_stripped(const struct syc_syn *syn)
{
    enum { NOP = 1, TIMESTAMPS_OCTETS = 10 };
    size_t run = 0;

    for (size_t i = 0; i < syn->option_count && i < sizeof(syn->option_kinds); i++) {
        run = syn->option_kinds[i] == NOP ? run + 1 : 0;
        if (run >= TIMESTAMPS_OCTETS) {
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------ look-up */

/*
 * By both fingerprints and the TTL: signatures equal in these differ in little, and the memcmp
 * settles it.
 */
static size_t
slot_of(const struct stacks *s, const struct syc_syn *syn)
{
    uint64_t hash = syc_hash(&s->store->key, syn->p0f, strnlen(syn->p0f, sizeof(syn->p0f)));
    size_t mask = (size_t)s->room * 2 - 1;
    size_t at;

    hash ^= syc_hash(&s->store->key, syn->tcpfp, strnlen(syn->tcpfp, sizeof(syn->tcpfp)));
    at = (size_t)(hash + syn->ttl * UINT64_C(0x9e3779b97f4a7c15)) & mask;
    while (s->slots[at] != STORE_NONE &&
           memcmp(&s->list[s->slots[at]]->syn, syn, sizeof(*syn)) != 0) {
        at = (at + 1) & mask;
    }
    return at;
}

/* Order and spare of ranking are part of the list, so ranking at the end cannot fail. */
static bool
grow(struct stacks *s)
{
    struct stacks bigger = *s;

    bigger.room = s->room > 0 ? s->room * 2 : ROOM_FIRST;
    bigger.list = take(s, bigger.room * 3 * sizeof(*s->list));
    bigger.slots = take(s, bigger.room * 2 * sizeof(*s->slots));
    if (bigger.list == NULL || bigger.slots == NULL) {
        give(s, bigger.list, bigger.room * 3 * sizeof(*s->list));
        give(s, bigger.slots, bigger.room * 2 * sizeof(*s->slots));
        return false;
    }
    bigger.order = bigger.list + bigger.room;
    bigger.spare = bigger.order + bigger.room;
    memset(bigger.slots, 0xff, bigger.room * 2 * sizeof(*s->slots));
    for (uint32_t i = 0; i < s->count; i++) {
        bigger.list[i] = s->list[i];
        bigger.slots[slot_of(&bigger, &s->list[i]->syn)] = i;
    }
    give(s, s->list, s->room * 3 * sizeof(*s->list));
    give(s, s->slots, s->room * 2 * sizeof(*s->slots));
    bigger.octets = s->octets;
    *s = bigger;
    return true;
}

/* Signatures do not move once made: facts point at their match texts. */
static uint32_t
look_up(struct stacks *s, const struct syc_syn *syn)
{
    size_t at;
    struct stack *stack;

    if (s->room > 0) {
        at = slot_of(s, syn);
        if (s->slots[at] != STORE_NONE) {
            return s->slots[at];
        }
    }
    if (s->count == s->room && !grow(s)) {
        return STORE_NONE;
    }
    stack = take(s, sizeof(*stack));
    if (stack == NULL) {
        return STORE_NONE;
    }
    stack->syn = *syn;
    stack->layout = layout_family(syn);
    stack->stripped = is_stripped(syn);
    s->list[s->count] = stack;
    s->slots[slot_of(s, syn)] = s->count;
    return s->count++;
}

/*
 * Records of one maker lend the same interned value again and again, so its address is tried first.
 * A reader of events may use one buffer for all; then the content is compared.
 */
uint32_t
syc_stacks_intern(struct stacks *s, const struct syc_record *r, int side)
{
    const struct syc_syn *syn = r->syn[side];
    size_t place = (size_t)((uintptr_t)syn * UINT64_C(0x9e3779b97f4a7c15) >> 32) % STACKS_RECENT;
    uint32_t index = s->recent[place].index;
    bool stays = s->recent[place].stays && r->syn_stays;

    if (syn == NULL) {
        return STORE_NONE;
    }
    if (s->recent[place].at == syn &&
        (stays || memcmp(&s->list[index]->syn, syn, sizeof(*syn)) == 0)) {
        return index;
    }
    index = look_up(s, syn);
    s->recent[place].at = index != STORE_NONE ? syn : NULL;
    s->recent[place].index = index;
    s->recent[place].stays = r->syn_stays;
    return index;
}

/* ------------------------------------------------------------ matches */

const struct syc_match *
syc_stack_match(struct stack *stack, const struct syc_signatures *signatures)
{
    if (!stack->matched && signatures != NULL) {
        syc_signatures_match(signatures, &stack->syn, &stack->match);
        stack->matched = true;
    }
    return &stack->match;
}

const char *
syc_stack_family(struct stack *stack, const struct syc_signatures *signatures)
{
    const struct syc_match *match = syc_stack_match(stack, signatures);

    return match->quality >= SYC_MATCH_GENERIC && !match->app ? match->os_family : NULL;
}

const char *
syc_stack_shown_family(struct stack *stack, const struct syc_signatures *signatures)
{
    if (syc_stack_match(stack, signatures)->app) {
        return NULL;
    }
    return stack->layout != NULL ? stack->layout : syc_stack_family(stack, signatures);
}

/* ------------------------------------------------------------ ranks */

#define BY_OCTETS(x, y) (memcmp(&(x)->syn, &(y)->syn, sizeof((x)->syn)) < 0)
#define BY_PRINT(x, y)  (memcmp((x)->syn.tcpfp, (y)->syn.tcpfp, sizeof((x)->syn.tcpfp)) < 0)

SYC_SORT_DEFINE(sort_octets, struct stack *, BY_OCTETS)
SYC_SORT_DEFINE(sort_prints, struct stack *, BY_PRINT)

/*
 * memcmp over the whole struct: fields are filled from zeroed memory, so padding is equal where
 * content is.
 */
void
syc_stacks_rank(struct stacks *s)
{
    if (s->count == 0) {
        return;
    }
    memcpy(s->order, s->list, s->count * sizeof(*s->list));
    sort_prints(s->order, s->count, s->spare);
    for (uint32_t i = 0; i < s->count; i++) {
        bool same = i > 0 && !BY_PRINT(s->order[i - 1], s->order[i]);
        s->order[i]->print = same ? s->order[i - 1]->print : i;
    }
    sort_octets(s->order, s->count, s->spare);
    for (uint32_t i = 0; i < s->count; i++) {
        s->order[i]->rank = i;
    }
}
