/*
 * Flooded services, found without a table of all services.
 *
 *    marks --count unfinished by hash of service--> 64 Ki counters
 *    marks --those whose counter is high----------> list --sort--> services --count exactly--> view
 *
 * A scan touches a million services once each, and a table of them would cost more than the scan's own marks. Counters
 * by hash find the few that could have enough; other services that share a counter with one of these are counted exactly
 * afterwards and passed over. The hash has no secret key, so that the memory which stats show is the same in each run:
 * whoever makes services collide lengthens the list, which a flood of one service does as well.
 */

#include "behavior/services.h"

#include <string.h>

enum { COUNTERS = 1 << 16 };

static const struct syc_hash_key no_secret = {0, 0};

static bool
is_unfinished(const struct mark *m)
{
    return (m->flags & (MARK_HALF_OPEN | MARK_REFUSED | MARK_UNANSWERED)) != 0;
}

/* Marks of parts are no connections; free ones have no source. */
static bool
is_connection(const struct mark *m)
{
    return m->source != STORE_NONE && (m->flags & MARK_CONTINUES) == 0;
}

static uint32_t *
counter_of(uint32_t *counters, const struct mark *m)
{
    uint64_t words[3] = {address_half(m->dest), address_half(m->dest + 8),
                         (uint64_t)m->dest_port << 8 | m->dest_ip_v};

    return &counters[syc_hash_words(&no_secret, words, 3) % COUNTERS];
}

static int
compare_service(const struct mark *a, const struct mark *b)
{
    int c = a->dest_ip_v - b->dest_ip_v;

    c = c != 0 ? c : memcmp(a->dest, b->dest, sizeof(a->dest));
    return c != 0 ? c : a->dest_port - b->dest_port;
}

/* flow_id settles what is equal in all of this: it is a hash of the whole tuple and of the start. */
static inline bool
service_less(const struct mark *a, const struct mark *b)
{
    int c = compare_service(a, b);

    if (c != 0) {
        return c < 0;
    }
    return a->start_us != b->start_us ? a->start_us < b->start_us : a->flow_id < b->flow_id;
}

SYC_SORT_DEFINE(sort_services, struct mark *, service_less)

static size_t
service_end(struct mark *const *marks, size_t n, size_t from)
{
    size_t to = from + 1;

    while (to < n && compare_service(marks[from], marks[to]) == 0) {
        to++;
    }
    return to;
}

/* Marks whose counter is high; into list when there is one. */
static size_t
gather(const struct store *s, uint32_t *counters, struct mark **list)
{
    size_t n = 0;

    for (uint32_t i = 0; i < s->marks.used; i++) {
        struct mark *m = mark_at(s, i);
        if (is_connection(m) && *counter_of(counters, m) >= SERVICES_LEAST) {
            if (list != NULL) {
                list[n] = m;
            }
            n++;
        }
    }
    return n;
}

static void
count_unfinished(const struct store *s, uint32_t *counters)
{
    for (uint32_t i = 0; i < s->marks.used; i++) {
        const struct mark *m = mark_at(s, i);
        if (is_connection(m) && is_unfinished(m)) {
            ++*counter_of(counters, m);
        }
    }
}

/* Only services that are really looked at: their exact counts decide. */
static void
keep_flooded(struct services *v)
{
    size_t kept = 0;

    for (size_t from = 0, to; from < v->count; from = to) {
        size_t unfinished = 0;
        to = service_end(v->marks, v->count, from);
        for (size_t i = from; i < to; i++) {
            unfinished += is_unfinished(v->marks[i]);
        }
        if (unfinished >= SERVICES_LEAST) {
            memmove(v->marks + kept, v->marks + from, (to - from) * sizeof(*v->marks));
            kept += to - from;
        }
    }
    v->count = kept;
}

/* A room for the largest of them, if the budget has it. */
static enum syc_status
make_room(struct services *v)
{
    size_t most_marks = 0;
    size_t most_bursts = 0;
    size_t octets;

    for (size_t from = 0, to; from < v->count; from = to) {
        size_t bursts = 0;
        to = service_end(v->marks, v->count, from);
        for (size_t i = from; i < to; i++) {
            bursts += v->marks[i]->burst_count;
        }
        most_marks = to - from > most_marks ? to - from : most_marks;
        most_bursts = bursts > most_bursts ? bursts : most_bursts;
    }
    octets = most_marks * STORE_WORK_MARK + most_bursts * STORE_WORK_BURST;
    if (!syc_budget_take(&v->store->budget, octets)) {
        v->cut = true;
        v->count = 0;
        return SYC_OK;
    }
    v->octets += octets;
    return syc_room_init(&v->room, most_marks, most_marks + most_bursts) ? SYC_OK : SYC_NO_MEMORY;
}

static enum syc_status
find(struct services *v, uint32_t *counters)
{
    size_t n;

    count_unfinished(v->store, counters);
    n = gather(v->store, counters, NULL);
    if (n == 0) {
        return SYC_OK;
    }
    if (!syc_budget_take(&v->store->budget, n * 2 * sizeof(*v->marks))) {
        v->cut = true;
        return SYC_OK;
    }
    v->octets += n * 2 * sizeof(*v->marks);
    v->marks = syc_alloc(n, 2 * sizeof(*v->marks));
    if (v->marks == NULL) {
        return SYC_NO_MEMORY;
    }
    v->count = gather(v->store, counters, v->marks);
    sort_services(v->marks, n, v->marks + n);
    keep_flooded(v);
    return v->count > 0 ? make_room(v) : SYC_OK;
}

enum syc_status
syc_services_init(struct services *v, struct store *s)
{
    uint32_t *counters = syc_alloc(COUNTERS, sizeof(*counters));
    enum syc_status status = SYC_NO_MEMORY;

    *v = (struct services){.store = s};
    if (counters != NULL) {
        status = find(v, counters);
    }
    syc_free(counters);
    return status;
}

void
syc_services_fini(struct services *v)
{
    syc_room_fini(&v->room);
    syc_free(v->marks);
    syc_budget_give(&v->store->budget, v->octets);
}

/* What gave way to others may have been of any service: all are flagged then. */
size_t
syc_services_next(struct services *v, size_t from, struct view *out)
{
    const struct store *s = v->store;
    const struct view of = {.source = &v->nobody};
    size_t to;

    if (from >= v->count) {
        return 0;
    }
    to = service_end(v->marks, v->count, from);
    v->nobody.ip_v = (uint8_t)v->marks[from]->dest_ip_v;
    v->nobody.degraded = s->evicted + s->dropped > 0 ? 1U << SYC_DEGRADED_EVICTED : 0;
    syc_view_part(&v->room, s, &of, v->marks + from, to - from, out);
    return to;
}
