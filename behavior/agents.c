/*
 * Distinct programs.
 *
 *     t13d1516h2_8daaf6152771_02713d6af862    a JA4 (its published form): what changes with each connection goes:
 *     t13d15*h2_8daaf6152771                  protocol, version, SNI, ciphers counted and hashed, ALPN stay
 *
 * A thousand connections of a browser are of one program, so each text is stored once and marks hold its index.
 */

#include "behavior/agents.h"

#include <string.h>

enum { ROOM_FIRST = 16, BUDGET_SHARE = 16, TEXT_MAX = 256 };

/* JA4: ten letters, '_', twelve of the ciphers' hash, '_', twelve of the extensions'. */
enum { JA4_LENGTH = 36, JA4_EXTENSIONS = 6, JA4_ALPN = 8, JA4_CIPHERS_END = 23 };

struct agent {
    uint32_t rank;
    uint32_t n; /* octets of the text, without its end */
    const char *family;
    char text[];
};

void
syc_agents_init(struct agents *a, struct store *store)
{
    *a = (struct agents){.store = store, .limit = store->budget.limit / BUDGET_SHARE};
}

static void *
take(struct agents *a, size_t octets)
{
    void *p = octets <= a->limit - a->octets ? syc_store_take(a->store, octets) : NULL;

    a->octets += p != NULL ? octets : 0;
    return p;
}

static void
give(struct agents *a, void *p, size_t octets)
{
    if (p != NULL) {
        syc_store_give(a->store, p, octets);
        a->octets -= octets;
    }
}

void
syc_agents_fini(struct agents *a)
{
    for (uint32_t i = 0; i < a->count; i++) {
        give(a, a->list[i], sizeof(*a->list[i]) + a->list[i]->n + 1);
    }
    give(a, a->list, a->room * 3 * sizeof(*a->list));
    give(a, a->slots, a->room * 2 * sizeof(*a->slots));
}

/* ------------------------------------------------------------ look-up */

static size_t
slot_of(const struct agents *a, const char *text, size_t n)
{
    size_t mask = (size_t)a->room * 2 - 1;
    size_t at = (size_t)syc_hash(&a->store->key, text, n) & mask;

    while (a->slots[at] != STORE_NONE &&
           (a->list[a->slots[at]]->n != n || memcmp(a->list[a->slots[at]]->text, text, n) != 0)) {
        at = (at + 1) & mask;
    }
    return at;
}

/* Order and spare are part of the list, so ranking at the end cannot fail. */
static bool
grow(struct agents *a)
{
    struct agents bigger = *a;

    bigger.room = a->room > 0 ? a->room * 2 : ROOM_FIRST;
    bigger.list = take(a, bigger.room * 3 * sizeof(*a->list));
    bigger.slots = take(a, bigger.room * 2 * sizeof(*a->slots));
    if (bigger.list == NULL || bigger.slots == NULL) {
        give(a, bigger.list, bigger.room * 3 * sizeof(*a->list));
        give(a, bigger.slots, bigger.room * 2 * sizeof(*a->slots));
        return false;
    }
    bigger.order = bigger.list + bigger.room;
    bigger.spare = bigger.order + bigger.room;
    memset(bigger.slots, 0xff, bigger.room * 2 * sizeof(*a->slots));
    for (uint32_t i = 0; i < a->count; i++) {
        bigger.list[i] = a->list[i];
        bigger.slots[slot_of(&bigger, a->list[i]->text, a->list[i]->n)] = i;
    }
    give(a, a->list, a->room * 3 * sizeof(*a->list));
    give(a, a->slots, a->room * 2 * sizeof(*a->slots));
    bigger.octets = a->octets;
    *a = bigger;
    return true;
}

static uint32_t
intern(struct agents *a, const char *text, size_t n)
{
    struct agent *agent;

    if (a->room > 0) {
        size_t at = slot_of(a, text, n);
        if (a->slots[at] != STORE_NONE) {
            return a->slots[at];
        }
    }
    if (a->count == a->room && !grow(a)) {
        return STORE_NONE;
    }
    agent = take(a, sizeof(*agent) + n + 1);
    if (agent == NULL) {
        return STORE_NONE;
    }
    agent->n = (uint32_t)n;
    memcpy(agent->text, text, n); /* the end is there: what the store gives is zeroed */
    agent->family = syc_ja4_family(agent->text);
    a->list[a->count] = agent;
    a->slots[slot_of(a, text, n)] = a->count;
    return a->count++;
}

/* A text of another form is taken whole: a sensor's own fingerprint tells programs apart as well. */
uint32_t
syc_agents_intern(struct agents *a, const struct syc_record *r)
{
    char text[TEXT_MAX];
    const char *from = r->ja4 != NULL ? r->ja4 : r->user_agent;
    size_t n = 0;

    if (from == NULL) {
        return STORE_NONE;
    }
    if (r->ja4 != NULL && strlen(from) == JA4_LENGTH && from[JA4_CIPHERS_END] == '_') {
        memcpy(text, from, JA4_EXTENSIONS);
        text[JA4_EXTENSIONS] = '*';
        n = JA4_EXTENSIONS + 1;
        memcpy(text + n, from + JA4_ALPN, JA4_CIPHERS_END - JA4_ALPN);
        return intern(a, text, n + JA4_CIPHERS_END - JA4_ALPN);
    }
    return intern(a, from, strnlen(from, TEXT_MAX));
}

/* ------------------------------------------------------------ ranks */

#define BY_TEXT(x, y) (strcmp((x)->text, (y)->text) < 0)

SYC_SORT_DEFINE(sort_texts, struct agent *, BY_TEXT)

void
syc_agents_rank(struct agents *a)
{
    if (a->count == 0) {
        return;
    }
    memcpy(a->order, a->list, a->count * sizeof(*a->list));
    sort_texts(a->order, a->count, a->spare);
    for (uint32_t i = 0; i < a->count; i++) {
        a->order[i]->rank = i + 1;
    }
}

uint32_t
syc_agents_rank_of(const struct agents *a, uint32_t index)
{
    return index == STORE_NONE ? 0 : a->list[index]->rank;
}

const char *
syc_agents_text(const struct agents *a, uint32_t index)
{
    return a->list[index]->text;
}

const char *
syc_agents_family(const struct agents *a, uint32_t index)
{
    return a->list[index]->family;
}
