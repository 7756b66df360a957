/*
 * Facts of a service's clients: how many they are, and whether one of them makes the trouble.
 *
 * A flood from one address is that source's verdict; from thousands of forged ones it is nobody's, and only the
 * service shows it. So what is counted is how far the unfinished connections are spread.
 */

#include "behavior/facts.h"

#include <string.h>

/* The connections of one client. */
struct client {
    const struct source *source;
    uint64_t connections, unfinished;
};

static bool
names_rather(const struct client *a, const struct client *b)
{
    if (b->source == NULL || a->unfinished != b->unfinished) {
        return b->source == NULL || a->unfinished > b->unfinished;
    }
    return memcmp(a->source->addr, b->source->addr, sizeof(a->source->addr)) < 0;
}

/* Sources by index are in the order of arrival, but counts of them are not: only what is equal meets. */
const struct source *
syc_facts_clients(const struct view *v, const struct store *s, struct syc_value *row)
{
    const unsigned unfinished = MARK_HALF_OPEN | MARK_REFUSED | MARK_UNANSWERED;
    int64_t *sources = v->work; /* source << 1 | unfinished */
    struct client top = {0};
    uint64_t clients = 0, once = 0, all = 0;

    for (size_t i = 0; i < v->count; i++) {
        const struct mark *m = v->marks[i];
        sources[i] = (int64_t)m->source << 1 | ((m->flags & unfinished) != 0);
    }
    syc_sort_numbers(sources, v->count, v->work + v->work_each);
    for (size_t from = 0, to; from < v->count; from = to) {
        struct client c = {.source = source_at(s, (uint32_t)(sources[from] >> 1))};
        for (to = from; to < v->count && sources[to] >> 1 == sources[from] >> 1; to++) {
            c.unfinished += sources[to] & 1;
        }
        c.connections = to - from;
        clients++;
        once += c.connections == 1;
        all += c.unfinished;
        top = names_rather(&c, &top) ? c : top;
    }
    fact_int(row, FACT_SRC_ADDR, (int64_t)clients);
    fact_ratio(row, FACT_SRC_ONCE, once, clients, 1);
    fact_ratio(row, FACT_SRC_TOP, top.unfinished, all, 1);
    return top.source;
}
