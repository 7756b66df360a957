/*
 * Flooded services, found without a table of all services.
 *
 *    marks, singles, counts of those gone --by hash of service--> 64 Ki counters of what is unfinished
 *    those whose counter is high ----------> services, counted exactly -> those with enough, in order
 *    their marks and singles --------------> lists by service -> view
 *
 * A scan touches a million services once each, and a table of them would cost more than the scan's own marks. Counters
 * by hash find the few that could have enough; other services that share a counter with one of these are counted exactly
 * afterwards and passed over. That hash has no secret key, so that the memory which stats show is the same in each run:
 * whoever makes services collide lengthens the lists, which a flood of one service does as well. The list of services is
 * looked up by the store's key, as its slots are walked.
 *
 * Under a flood nearly all connections of a service are singles. The first of them become marks for as long as the service
 * is looked at: for what is asked of their rhythm and stacks a thousand are enough, and marks of a million would take more
 * memory than the flood itself. All are counted, and their rates are taken from all. "First" goes by their start and not by
 * arrival, so it is the same for records in any order.
 */

#include "behavior/services.h"

#include <stdlib.h>
#include <string.h>

enum { COUNTERS = 1 << 16, LIST_FIRST = 64 };

static bool
is_unfinished(const struct mark *m)
{
    return (m->flags & (MARK_HALF_OPEN | MARK_REFUSED | MARK_UNANSWERED)) != 0;
}

/* Marks of parts are no connections. */
static bool
is_connection(const struct mark *m)
{
    return (m->flags & MARK_CONTINUES) == 0;
}

/* Where a connection goes: enough to find its service. */
struct where {
    const uint8_t *addr;
    uint16_t port;
    uint8_t ip_v;
};

static inline struct where
where_mark(const struct mark *m)
{
    return (struct where){m->dest, m->dest_port, (uint8_t)m->dest_ip_v};
}

static inline struct where
where_single(const struct single *one)
{
    return (struct where){one->dest, one->dest_port, one->ip_v};
}

/*
 * For the counters alone, which are looked up without a walk: who makes services collide only has more of them counted
 * exactly. Ten instructions, where SipHash takes a hundred: it is asked for each connection of a flood, twice.
 */
static inline uint32_t
hash_where(struct where w)
{
    uint64_t half[2];
    uint64_t x;

    memcpy(half, w.addr, sizeof(half));
    x = half[0] * UINT64_C(0x9e3779b97f4a7c15) ^
        (half[1] ^ (uint64_t)w.port << 8 ^ w.ip_v) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ x >> 32) * UINT64_C(0xc4ceb9fe1a85ec53);
    return (uint32_t)(x >> 32);
}

/* ------------------------------------------------------------ what may be flooded */

static inline bool
is_high(const uint32_t *counters, struct where w)
{
    return counters[hash_where(w) % COUNTERS] >= SERVICES_LEAST;
}

/* Saturating: a service that gave way may have been counted past 32 bits. */
static inline void
count(uint32_t *counters, struct where w, uint64_t more)
{
    uint32_t *counter = &counters[hash_where(w) % COUNTERS];

    *counter = more < UINT32_MAX - *counter ? *counter + (uint32_t)more : UINT32_MAX;
}

/* The services of singles that gave way. */
static const struct crowd *
gone_of(const struct store *s)
{
    return s->singles.gone_untold ? NULL : s->singles.gone;
}

static void
count_unfinished(const struct store *s, uint32_t *counters)
{
    const struct crowd *gone = gone_of(s);

    for (uint32_t i = 0; i < s->marks.used; i++) {
        const struct mark *m = mark_at(s, i);
        if (is_connection(m) && is_unfinished(m)) {
            count(counters, where_mark(m), 1);
        }
    }
    for (uint32_t i = 0; i < s->singles.count; i++) {
        const struct single *one = single_at(&s->singles, single_position(&s->singles, i));
        if (one->live) {
            count(counters, where_single(one), 1);
        }
    }
    for (size_t i = 0; gone != NULL && i < CROWD_PLACES; i++) {
        const struct crowd_place *p = &gone->places[i];
        count(counters, (struct where){p->addr, p->port, p->ip_v}, p->count);
    }
}

/* ------------------------------------------------------------ services by hash */

static uint32_t *
slot_of(const struct services *v, struct where w)
{
    uint32_t mask = 2 * v->room - 1;
    uint32_t words[5] = {[4] = (uint32_t)w.port << 8 | w.ip_v};
    uint32_t at;

    memcpy(words, w.addr, 16);
    for (at = syc_hash_line(&v->store->line, words, 5);; at++) {
        const struct service *k = &v->list[v->slots[at & mask] - 1];
        if (v->slots[at & mask] == 0 ||
            (k->port == w.port && k->ip_v == w.ip_v && address_equal(k->addr, w.addr))) {
            return &v->slots[at & mask];
        }
    }
}

/* All at once or nothing: list and slots are whole at any time. */
static bool
grow(struct services *v)
{
    struct services bigger = *v;

    bigger.room = v->room == 0 ? LIST_FIRST : v->room * 2;
    bigger.list = syc_store_take(v->store, bigger.room * sizeof(*v->list));
    bigger.slots = syc_store_take(v->store, bigger.room * 2 * sizeof(*v->slots));
    if (bigger.list == NULL || bigger.slots == NULL) {
        syc_store_give(v->store, bigger.list, bigger.room * sizeof(*v->list));
        syc_store_give(v->store, bigger.slots, bigger.room * 2 * sizeof(*v->slots));
        return false;
    }
    if (v->list != NULL) {
        memcpy(bigger.list, v->list, v->found * sizeof(*v->list));
    }
    for (uint32_t i = 0; i < v->found; i++) {
        const struct service *k = &v->list[i];
        *slot_of(&bigger, (struct where){k->addr, k->port, k->ip_v}) = i + 1;
    }
    syc_store_give(v->store, v->list, v->room * sizeof(*v->list));
    syc_store_give(v->store, v->slots, v->room * 2 * sizeof(*v->slots));
    *v = bigger;
    return true;
}

/* NULL when there is no room for another one: then all is cut. */
static struct service *
ensure(struct services *v, struct where w)
{
    uint32_t *slot = v->room > 0 ? slot_of(v, w) : NULL;

    if (slot == NULL || *slot == 0) {
        if (v->found == v->room && !grow(v)) {
            return NULL;
        }
        slot = slot_of(v, w);
        v->list[v->found] = (struct service){.port = w.port, .ip_v = w.ip_v};
        memcpy(v->list[v->found].addr, w.addr, 16);
        *slot = ++v->found;
    }
    return &v->list[*slot - 1];
}

/*
 * A single remembers its service until the lists are made, as far as a number of 16 bits goes: they are looked at three
 * times, and a look-up is most of what that costs.
 */
enum { SERVED = 2, SERVED_MOST = UINT16_MAX - SERVED };

static bool
count_single(struct services *v, struct single *one)
{
    struct service *k = ensure(v, where_single(one));

    if (k == NULL) {
        return false;
    }
    k->singles++;
    one->live = (uint16_t)(k - v->list < SERVED_MOST ? SERVED + (k - v->list) : 1);
    return true;
}

/* What its view will need room for, as well. */
static bool
count_mark(struct services *v, const struct mark *m)
{
    struct service *k = ensure(v, where_mark(m));

    if (k == NULL) {
        return false;
    }
    k->marks++;
    k->bursts += m->burst_count;
    k->unfinished += is_unfinished(m);
    return true;
}

/* False when the budget has no room for so many services. */
static bool
count_exactly(struct services *v, const uint32_t *counters)
{
    const struct store *s = v->store;
    const struct crowd *gone = gone_of(s);
    bool ok = true;

    for (uint32_t i = 0; i < s->marks.used && ok; i++) {
        const struct mark *m = mark_at(s, i);
        if (is_connection(m) && is_high(counters, where_mark(m))) {
            ok = count_mark(v, m);
        }
    }
    for (uint32_t i = 0; i < s->singles.count && ok; i++) {
        struct single *one = single_at(&s->singles, single_position(&s->singles, i));
        if (one->live && is_high(counters, where_single(one))) {
            ok = count_single(v, one);
        } else {
            one->live = one->live > 0;
        }
    }
    for (size_t i = 0; gone != NULL && i < CROWD_PLACES && ok; i++) {
        const struct crowd_place *p = &gone->places[i];
        struct where w = {p->addr, p->port, p->ip_v};
        if (p->count > 0 && is_high(counters, w)) {
            struct service *k = ensure(v, w);
            ok = k != NULL;
            if (ok) {
                k->gone = p;
            }
        }
    }
    return ok;
}

/* ------------------------------------------------------------ lists by service */

static inline bool
service_less(const struct service *a, const struct service *b)
{
    int c = a->ip_v - b->ip_v;

    c = c != 0 ? c : memcmp(a->addr, b->addr, sizeof(a->addr));
    return c < 0 || (c == 0 && a->port < b->port);
}

SYC_SORT_DEFINE(sort_services, struct service *, service_less)

/* Marks that are made of its singles: where none is kept, of the last one that gave way. */
static uint32_t
sample_of(const struct service *k)
{
    if (k->singles == 0) {
        return k->gone != NULL;
    }
    return k->singles < SERVICES_SAMPLE ? k->singles : SERVICES_SAMPLE;
}

/* Only those with enough, by address and port; where the lists of each begin. False: no memory. */
static bool
order_services(struct services *v)
{
    v->order = syc_store_take(v->store, v->found * 2 * sizeof(struct service *));
    if (v->order == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < v->found; i++) {
        struct service *k = &v->list[i];
        uint64_t gone = k->gone != NULL ? k->gone->count : 0;
        k->enough = (uint64_t)k->unfinished + k->singles + gone >= SERVICES_LEAST;
        if (k->enough) {
            v->order[v->count++] = k;
        }
    }
    sort_services(v->order, v->count, v->order + v->found);
    for (uint32_t i = 0; i < v->count; i++) {
        struct service *k = v->order[i];
        k->marks_at = (uint32_t)v->mark_room;
        k->singles_at = (uint32_t)v->single_room;
        v->mark_room += k->marks + sample_of(k);
        v->single_room += k->singles;
        v->sample_room = sample_of(k) > v->sample_room ? sample_of(k) : v->sample_room;
    }
    return true;
}

/* The counts of a service serve as cursors, and are what they were at the end. */
static void
gather(struct services *v, const uint32_t *counters)
{
    const struct store *s = v->store;

    for (uint32_t i = 0; i < s->marks.used; i++) {
        struct mark *m = mark_at(s, i);
        if (is_connection(m) && is_high(counters, where_mark(m))) {
            struct service *k = &v->list[*slot_of(v, where_mark(m)) - 1];
            if (k->enough) {
                v->marks[k->marks_at + k->marks++] = m;
            }
        }
    }
    for (uint32_t i = 0; i < s->singles.count; i++) {
        uint32_t at = single_position(&s->singles, i);
        const struct single *one = single_at(&s->singles, at);
        struct service *k;
        if (!one->live || !(one->live >= SERVED || is_high(counters, where_single(one)))) {
            continue;
        }
        k = one->live >= SERVED ? &v->list[one->live - SERVED]
                                : &v->list[*slot_of(v, where_single(one)) - 1];
        if (k->enough) {
            v->singles[k->singles_at + k->singles++] = at;
        }
    }
}

/* Lists and a room for the largest of them, if the budget has them. */
static enum syc_status
make_lists(struct services *v)
{
    size_t marks = 0, bursts = 0, octets;

    for (uint32_t i = 0; i < v->count; i++) {
        struct service *k = v->order[i];
        marks = k->marks + sample_of(k) > marks ? k->marks + sample_of(k) : marks;
        bursts = k->bursts > bursts ? k->bursts : bursts;
        k->marks = k->singles = 0;
    }
    v->marks = syc_store_take(v->store, v->mark_room * sizeof(struct mark *));
    v->singles = syc_store_take(v->store, v->single_room * sizeof(*v->singles));
    v->sample = syc_store_take(v->store, v->sample_room * sizeof(*v->sample));
    octets = marks * STORE_WORK_MARK + bursts * STORE_WORK_BURST;
    if (v->marks == NULL || v->singles == NULL || v->sample == NULL ||
        !syc_budget_take(&v->store->budget, octets)) {
        v->cut = true;
        return SYC_OK;
    }
    v->work_octets = octets;
    return syc_room_init(&v->work, marks, marks + bursts) ? SYC_OK : SYC_NO_MEMORY;
}

static enum syc_status
find(struct services *v, uint32_t *counters)
{
    enum syc_status status = SYC_OK;

    count_unfinished(v->store, counters);
    v->cut = !count_exactly(v, counters);
    if (v->cut || v->found == 0) {
        return SYC_OK;
    }
    v->cut = !order_services(v);
    if (!v->cut && v->count > 0) {
        status = make_lists(v);
    }
    if (status == SYC_OK && !v->cut && v->count > 0) {
        gather(v, counters);
    }
    return status;
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
    v->count = v->cut || status != SYC_OK ? 0 : v->count;
    syc_free(counters);
    return status;
}

void
syc_services_fini(struct services *v)
{
    struct store *s = v->store;

    syc_room_fini(&v->work);
    syc_budget_give(&s->budget, v->work_octets);
    syc_store_give(s, v->list, v->room * sizeof(*v->list));
    syc_store_give(s, v->slots, v->room * 2 * sizeof(*v->slots));
    syc_store_give(s, v->order, v->found * 2 * sizeof(struct service *));
    syc_store_give(s, v->marks, v->mark_room * sizeof(struct mark *));
    syc_store_give(s, v->singles, v->single_room * sizeof(*v->singles));
    syc_store_give(s, v->sample, v->sample_room * sizeof(*v->sample));
}

/* ------------------------------------------------------------ a service */

/* Of one service, so its address and port are equal; the rest of the tuple and the start tell records apart. */
static int
compare_singles(const void *a, const void *b, void *store)
{
    const struct singles *q = &((const struct store *)store)->singles;
    const struct single *x = single_at(q, *(const uint32_t *)a);
    const struct single *y = single_at(q, *(const uint32_t *)b);
    int c = (x->start_us > y->start_us) - (x->start_us < y->start_us);

    c = c != 0 ? c : memcmp(x->addr, y->addr, sizeof(x->addr));
    return c != 0 ? c : x->source_port - y->source_port;
}

/* They came in order but for clocks that ran back and records that were shuffled: one pass, then. */
static void
order_singles(struct services *v, const struct service *k)
{
    const struct singles *q = &v->store->singles;
    uint32_t *list = v->singles + k->singles_at;

    for (uint32_t i = 1; i < k->singles; i++) {
        int64_t before = single_at(q, list[i - 1])->start_us, now = single_at(q, list[i])->start_us;
        if (before > now ||
            (before == now && compare_singles(&list[i - 1], &list[i], v->store) > 0)) {
            qsort_r(list, k->singles, sizeof(*list), compare_singles, v->store);
            return;
        }
    }
}

/* When the connections of the view began that are none of the singles', ascending: into its work room. Returns how many. */
static size_t
gather_others(const struct view *view)
{
    size_t n = 0;

    for (size_t i = 0; i < view->count; i++) {
        const struct mark *m = view->marks[i];
        if (m->source != STORE_NONE && (m->flags & MARK_START) != 0) {
            view->work[n++] = m->start_us;
        }
    }
    return n;
}

/* Most connections of a service within any so long a time: its singles, and the n others of gather_others(). */
static uint64_t
rate_peak(const struct services *v, const struct service *k, const int64_t *others, size_t n,
          int64_t window_us)
{
    const struct singles *q = &v->store->singles;
    const uint32_t *list = v->singles + k->singles_at;
    size_t i = 0, from = 0, other = 0, other_from = 0, peak = 0;

    while (i < k->singles || other < n) {
        int64_t next_us = i < k->singles ? single_at(q, list[i])->start_us : INT64_MAX;
        int64_t now = other < n && others[other] < next_us ? others[other++] : next_us;
        i += now == next_us;
        for (; from < i && now - single_at(q, list[from])->start_us >= window_us; from++) {
        }
        for (; other_from < other && now - others[other_from] >= window_us; other_from++) {
        }
        peak = i - from + other - other_from > peak ? i - from + other - other_from : peak;
    }
    return peak;
}

/* Connections that the view does not hold, and the rates of all. */
static void
fill_unseen(const struct services *v, const struct service *k, const struct service_more *more,
            struct view *out)
{
    uint64_t gone = k->gone != NULL ? k->gone->peak : 0;

    out->unseen = k->singles > 0 ? k->singles - sample_of(k) : 0;
    if (k->gone != NULL) {
        out->unseen += k->gone->count - (k->singles == 0);
    }
    if (out->unseen > 0) {
        out->unseen_first_us = more->first_us;
        out->unseen_last_us = more->last_us;
        size_t others = gather_others(out);
        out->unseen_rate[0] = rate_peak(v, k, out->work, others, SYC_US_PER_S);
        out->unseen_rate[1] = rate_peak(v, k, out->work, others, 10 * SYC_US_PER_S);
        for (int i = 0; i < 2; i++) {
            out->unseen_rate[i] = gone > out->unseen_rate[i] ? gone : out->unseen_rate[i];
        }
    }
}

/* A source that gave way may have sent again and given way again: how many differ is estimated then. */
static void
tell_more(const struct services *v, const struct service *k, struct service_more *more)
{
    const struct singles *q = &v->store->singles;
    const uint32_t *list = v->singles + k->singles_at;
    uint8_t names[CROWD_REGISTERS] = {0};

    *more = (struct service_more){.singles = k->singles};
    if (k->singles > 0) {
        more->first_us = single_at(q, list[0])->start_us;
        more->last_us = single_at(q, list[k->singles - 1])->start_us;
    }
    if (k->gone != NULL) {
        more->lowest = q->gone_last[k->gone - q->gone->places].addr;
        memcpy(names, k->gone->registers, sizeof(names));
        more->first_us = k->singles == 0 || k->gone->first_us < more->first_us ? k->gone->first_us
                                                                               : more->first_us;
        more->last_us =
            k->singles == 0 || k->gone->last_us > more->last_us ? k->gone->last_us : more->last_us;
    }
    for (uint32_t i = 0; i < k->singles; i++) {
        const struct single *one = single_at(q, list[i]);
        if (more->lowest == NULL || memcmp(one->addr, more->lowest, 16) < 0) {
            more->lowest = one->addr;
        }
        if (k->gone != NULL) {
            syc_crowd_note(names, CROWD_REGISTERS, syc_crowd_name(one->addr, k->ip_v));
        }
    }
    if (k->gone != NULL) {
        uint64_t most = k->singles + k->gone->count;
        uint64_t differ = syc_crowd_estimate(names, CROWD_REGISTERS);
        more->singles = differ > most ? most : differ < k->singles ? k->singles : differ;
    }
}

/* What gave way counts as lost to this service if it went there, or nobody knows where it went. */
static bool
is_short(const struct store *s, const struct service *k)
{
    const struct singles *q = &s->singles;

    return s->dropped > s->losses.past_dropped || k->gone != NULL ||
           (q->evicted > s->losses.past_evicted && (gone_of(s) == NULL || q->gone->crowded));
}

void
syc_services_view(struct services *v, uint32_t at, struct view *out, struct service_more *more)
{
    const struct store *s = v->store;
    const struct service *k = v->order[at];
    const struct view of = {.source = &v->nobody};
    const uint32_t *list = v->singles + k->singles_at;
    struct mark **marks = v->marks + k->marks_at;
    size_t count = k->marks;

    order_singles(v, k);
    tell_more(v, k, more);
    for (uint32_t i = 0; i < sample_of(k); i++) {
        const struct single *one = k->singles == 0
                                       ? &s->singles.gone_last[k->gone - s->singles.gone->places]
                                       : single_at(&s->singles, list[i]);
        syc_single_mark(s, one, &v->sample[i]);
        v->sample[i].source = STORE_NONE;
        v->sample[i].name =
            (uint64_t)syc_single_flow_id(one); /* the mark has no client to make it of */
        marks[count++] = &v->sample[i];
    }
    v->nobody.ip_v = k->ip_v;
    v->nobody.degraded = is_short(s, k) ? 1U << SYC_DEGRADED_EVICTED : 0;
    syc_view_service(&v->work, s, &of, marks, count, out);
    fill_unseen(v, k, more, out);
}
