/*
 * Facts of a service's clients: how many they are, and whether one of them makes the trouble.
 *
 * A flood from one address is that source's verdict; from thousands of forged ones it is nobody's, and only the
 * service shows it. So what is counted is how far the unfinished connections are spread.
 */

#include "behavior/facts.h"
#include "behavior/services.h"

#include <string.h>

/* The connections of one client. */
struct client {
    const uint8_t *addr;
    uint64_t connections, unfinished;
};

static bool
names_rather(const struct client *a, const struct client *b)
{
    if (b->addr == NULL || a->unfinished != b->unfinished) {
        return b->addr == NULL || a->unfinished > b->unfinished;
    }
    return memcmp(a->addr, b->addr, 16) < 0;
}

/* Sources by index are in the order of arrival, but counts of them are not: only what is equal meets. */
void
syc_facts_clients(const struct view *v, const struct store *s, const struct service_more *more,
                  struct syc_value *row, uint8_t top_address[16])
{
    const unsigned unfinished = MARK_HALF_OPEN | MARK_REFUSED | MARK_UNANSWERED;
    int64_t *sources = v->work; /* source << 1 | unfinished */
    struct client top = {more->lowest, 1, more->lowest != NULL};
    uint64_t clients = more->singles, once = more->singles, all = v->unseen;
    size_t n = 0;

    for (size_t i = 0; i < v->count; i++) {
        const struct mark *m = v->marks[i];
        if (m->source == STORE_NONE) {
            all++;
        } else {
            sources[n++] = (int64_t)m->source << 1 | ((m->flags & unfinished) != 0);
        }
    }
    syc_sort_numbers(sources, n, v->work + v->work_each);
    for (size_t from = 0, to; from < n; from = to) {
        struct client c = {.addr = source_at(s, (uint32_t)(sources[from] >> 1))->addr};
        for (to = from; to < n && sources[to] >> 1 == sources[from] >> 1; to++) {
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
    if (top.addr != NULL) {
        memcpy(top_address, top.addr, 16);
    }
}
