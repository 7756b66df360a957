/*
 * Sorting a source's marks and bursts, whole and by pair.
 *
 *    store: marks in order of arrival --by_source--> those of one source
 *                   --sort_canonical--> order: start, destination, port, flow id    facts of the source
 *                   --order_by_dest---> pairs: the same, grouped by destination     facts of each pair
 *
 * This is where arrival order ends: facts see arrays in canonical order only, so records in any
 * order, from any number of threads, give the same octets. Some properties of a connection need its
 * neighbors (TLS resumption, a TIME-WAIT cut short by the next SYN); they are decided here, once
 * the pair stands together. What is decided by size is decided anew each time; what is cut is put
 * aside and put back, so that marks are as their records were when the next records come.
 *
 * Room is taken once for the largest source and used for all; the store has reserved it
 * (STORE_WORK_*).
 */

#include "behavior/view.h"

_Static_assert(sizeof(struct item) == 24, "STORE_WORK_BURST is acts, spare and work: 3 * 24");
_Static_assert(STORE_WORK_BURST == 72 &&
                   STORE_WORK_MARK == 72 + 4 * sizeof(void *) + sizeof(uint32_t),
               "room");

/* ------------------------------------------------------------ orders */

static inline int
order(uint64_t x, uint64_t y)
{
    return (x > y) - (x < y);
}

/* By address as octets, then port; by halves, because calls of memcmp() were a tenth of finishing. */
static inline int
compare_dest(const struct mark *a, const struct mark *b)
{
    int c = order(a->dest_ip_v, b->dest_ip_v);

    if (c == 0) {
        c = order(address_half(a->dest), address_half(b->dest));
    }
    if (c == 0) {
        c = order(address_half(a->dest + 8), address_half(b->dest + 8));
    }
    return c != 0 ? c : order(a->dest_port, b->dest_port);
}

static inline bool
continues(const struct mark *m)
{
    return (m->flags & MARK_CONTINUES) != 0;
}

/*
 * Canonical order within a source, but for the flow id (order_equals()). Marks of parts go behind the
 * connections, so that the first `count` are connections.
 */
static inline bool
canonical_less(const struct mark *a, const struct mark *b)
{
    int c;

    if (continues(a) != continues(b)) {
        return continues(b);
    }
    if (a->start_us != b->start_us) {
        return a->start_us < b->start_us;
    }
    c = compare_dest(a, b);
    if (c != 0) {
        return c < 0;
    }
    return a->source_port < b->source_port;
}

/* For a stable sort: what is equal here keeps its canonical order. */
static inline bool
pair_less(const struct mark *a, const struct mark *b)
{
    return compare_dest(a, b) < 0;
}

SYC_SORT_DEFINE(sort_canonical, struct mark *, canonical_less)
SYC_SORT_DEFINE(sort_pairs, struct mark *, pair_less)

/* ------------------------------------------------------------ room */

/*
 * A counting sort by source: `begin` serves as the cursor in the second pass and is set back in the
 * third. Chains through millions of marks would wait for memory at each step.
 */
static void
group_marks(struct room *room, const struct store *s)
{
    uint32_t begin = 0;

    for (uint32_t i = 0; i < s->sources.used; i++) {
        struct source *source = source_at(s, i);
        source->begin = begin;
        begin += source->mark_count;
    }
    for (uint32_t i = 0; i < s->marks.used; i++) {
        uint32_t of = mark_at(s, i)->source;
        if (of != STORE_NONE) {
            room->by_source[source_at(s, of)->begin++] = i;
        }
    }
    for (uint32_t i = 0; i < s->sources.used; i++) {
        struct source *source = source_at(s, i);
        source->begin -= source->mark_count;
    }
}

/* The caller has taken them from the budget. */
bool
syc_room_init(struct room *room, size_t marks, size_t items)
{
    *room = (struct room){.marks = marks, .items = items};
    room->order = syc_alloc(marks, sizeof(*room->order));
    room->pairs = syc_alloc(marks, sizeof(*room->pairs));
    room->streams = syc_alloc(marks, sizeof(*room->streams));
    room->stream_of = syc_alloc(marks, sizeof(*room->stream_of));
    room->by_dest = syc_alloc(marks, sizeof(*room->by_dest));
    room->acts = syc_alloc(items, sizeof(*room->acts));
    room->spare = syc_alloc(items, sizeof(*room->spare));
    room->work = syc_alloc(items, 3 * sizeof(*room->work));
    syc_wave_init(&room->wave);
    return room->order != NULL && room->pairs != NULL && room->streams != NULL &&
           room->stream_of != NULL && room->by_dest != NULL && room->acts != NULL &&
           room->spare != NULL && room->work != NULL;
}

bool
syc_room_group(struct room *room, const struct store *s)
{
    room->by_source = syc_alloc(s->marks.used, sizeof(*room->by_source));
    if (room->by_source == NULL) {
        return false;
    }
    group_marks(room, s);
    return true;
}

/* What end_time_wait() cut is whole again. */
static void
uncut_time_waits(struct room *room)
{
    for (size_t i = 0; i < room->cut_count; i++) {
        if ((room->cut[i]->flags & MARK_TIME_WAIT) != 0) {
            room->cut[i]->time_wait_us = room->uncut[i];
        }
    }
    room->cut_count = 0;
}

void
syc_room_fini(struct room *room)
{
    uncut_time_waits(room);
    syc_free(room->by_source);
    syc_free(room->order);
    syc_free(room->pairs);
    syc_free(room->streams);
    syc_free(room->stream_of);
    syc_free(room->by_dest);
    syc_free(room->acts);
    syc_free(room->spare);
    syc_free(room->work);
}

/* ------------------------------------------------------------ gathering */

/*
 * First SYNs as bursts of nothing: a client that only connects is active, too (cadence 3, stream
 * E). A part's SYN is its connection's, so marks of parts bring bursts only.
 */
static void
gather_acts(struct room *room, const struct view *v)
{
    size_t n = 0;

    room->acts_whole = true;
    room->acts_long = false;
    for (size_t i = 0; i < v->count_all; i++) {
        const struct mark *m = v->marks[i];
        room->acts_whole = room->acts_whole && ((m->flags & MARK_NO_LOG) == 0 || i >= v->count);
        if ((m->flags & MARK_START) != 0 && !continues(m)) {
            room->acts[n++] = (struct item){m->start_us, 0, 0};
        }
        for (uint32_t k = 0; k < m->burst_count; k++) {
            room->acts[n] = *burst_at(v->store, m->first + k);
            room->acts_long = room->acts_long || burst_is_long(&room->acts[n]);
            n++;
        }
    }
    syc_sort_items(room->acts, n, room->spare);
    room->acts_of = v->marks;
    room->acts_of_count = v->count_all;
    room->act_count = n;
}

struct acts
syc_view_acts(const struct view *v)
{
    struct room *room = v->room;

    if (room->acts_of != v->marks || room->acts_of_count != v->count_all) {
        gather_acts(room, v);
    }
    return (struct acts){room->acts, room->act_count, room->acts_whole, room->acts_long};
}

/* Marks equal in this, too, are copies of one record: facts are the same either way. */
static void
order_by_flow(struct room *room, const struct store *s, struct mark **marks, size_t n)
{
    struct item *by_flow = room->acts;
    struct mark **before = (struct mark **)(void *)room->spare;

    room->acts_of = NULL;
    for (size_t i = 0; i < n; i++) {
        by_flow[i] = (struct item){syc_store_flow_id(s, marks[i]), i, 0};
    }
    syc_sort_items(by_flow, n, room->spare);
    memcpy(before, marks, n * sizeof(*marks));
    for (size_t i = 0; i < n; i++) {
        marks[i] = before[by_flow[i].a];
    }
}

/* Of sorted marks, those that only their flow ids tell apart: few have such a neighbor, and few flow ids are made. */
static void
order_equals(struct room *room, const struct store *s, struct mark **marks, size_t n)
{
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && !canonical_less(marks[from], marks[to]); to++) {
        }
        if (to - from > 1) {
            order_by_flow(room, s, marks + from, to - from);
        }
    }
}

/* Marks of parts stand last (canonical_less), also within a pair since sort_pairs is stable. */
static size_t
count_connections(struct mark *const *marks, size_t n)
{
    while (n > 0 && continues(marks[n - 1])) {
        n--;
    }
    return n;
}

/* Marks lie all over memory: they are asked for before they are looked at. */
static size_t
gather_marks(struct room *room, const struct store *s, const struct source *source)
{
    enum { LINE = 64 };
    const uint32_t *indexes = room->by_source + source->begin;
    size_t n = source->mark_count;

    for (size_t i = 0; i < n; i++) {
        room->order[i] = mark_at(s, indexes[i]);
        __builtin_prefetch(room->order[i]);
        __builtin_prefetch((const char *)room->order[i] + LINE);
    }
    sort_canonical(room->order, n, (struct mark **)(void *)room->spare);
    order_equals(room, s, room->order, n);
    return n;
}

/* ------------------------------------------------------------ what only all together tell */

static int64_t
time_wait_enter(const struct mark *m)
{
    return m->start_us + m->life_us + m->time_wait_lag_us;
}

/*
 * Whoever sends a SYN from the tuple has no TIME_WAIT there any more (lifecycle 2.1.3). Cut to
 * nothing if the SYN came before the entry, as clocks of two interfaces may have it.
 */
static void
end_time_wait(struct mark *m, const struct mark *after)
{
    int64_t enter = time_wait_enter(m);

    if ((m->flags & MARK_TIME_WAIT) != 0 && (after->flags & MARK_START) != 0 &&
        after->start_us < enter + m->time_wait_us) {
        m->time_wait_us = after->start_us > enter ? (uint32_t)(after->start_us - enter) : 0;
    }
}

/* False when there is none. aside: room for as many numbers, until the next view. */
static bool
put_time_waits_aside(struct room *room, struct mark *const *marks, size_t n, uint32_t *aside)
{
    bool waits = false;

    for (size_t i = 0; i < n; i++) {
        aside[i] = marks[i]->time_wait_us;
        waits = waits || (marks[i]->flags & MARK_TIME_WAIT) != 0;
    }
    room->cut = marks;
    room->uncut = aside;
    room->cut_count = waits ? n : 0;
    return waits;
}

/*
 * Connections of a pair by (source port, place in the pair): neighbors of one port follow each
 * other on one tuple. Packed into one number to be sorted as numbers; most pairs have no TIME_WAIT
 * at all and skip it.
 */
static void
end_time_waits(struct mark *const *pair, size_t n, int64_t *work, int64_t *spare)
{
    bool waits = false;

    for (size_t i = 0; i < n && !waits; i++) {
        waits = (pair[i]->flags & MARK_TIME_WAIT) != 0;
    }
    if (!waits || n < 2) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        work[i] = (int64_t)pair[i]->source_port << 32 | (int64_t)i;
    }
    syc_sort_numbers(work, n, spare);
    for (size_t i = 0; i + 1 < n; i++) {
        if (work[i] >> 32 == work[i + 1] >> 32) {
            end_time_wait(pair[work[i] & UINT32_MAX], pair[work[i + 1] & UINT32_MAX]);
        }
    }
}

/*
 * A first server flight below half the pair's largest has no certificate in it: resumed (cadence 2
 * item 8: full 1389 to 1420 octets, resumed 238 to 260, no overlap in about 1070 handshakes). If
 * all of a pair are resumed none can be told; a client that offered nothing was not resumed,
 * whatever its size.
 */
static void
classify_tls(struct mark *const *pair, size_t n)
{
    uint32_t largest = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t flight = (pair[i]->flags & MARK_TLS) != 0 ? pair[i]->first_flight : 0;
        largest = flight > largest ? flight : largest;
    }
    for (size_t i = 0; i < n && largest > 0; i++) {
        struct mark *m = pair[i];
        bool resumed = (m->flags & MARK_TLS) != 0 && (m->flags & MARK_TLS_NEW) == 0 &&
                       m->first_flight < largest - largest / 2;
        m->flags = (uint16_t)((m->flags & ~MARK_TLS_RESUMED) | (resumed ? MARK_TLS_RESUMED : 0));
    }
}

static size_t
pair_end(struct mark *const *pairs, size_t n, size_t from)
{
    size_t to = from + 1;

    while (to < n && compare_dest(pairs[from], pairs[to]) == 0) {
        to++;
    }
    return to;
}

/*
 * By destination: an IPv4 address, a port and a place in canonical order are one number, and sorting numbers
 * costs a third of sorting what the marks hold (callgrind). False when they are not, or too many.
 */
static bool
sort_numbered(struct room *room, struct mark *const *marks, size_t n, struct mark **out)
{
    const uint64_t sign = UINT64_C(1) << 63; /* numbers order as unsigned ones do */
    int64_t *numbers = room->work;

    if (n > UINT64_C(1) << 16) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const struct mark *m = marks[i];
        if (m->dest_ip_v != 4) {
            return false;
        }
        numbers[i] =
            (int64_t)(((uint64_t)syc_be32(m->dest + 12) << 32 | (uint64_t)m->dest_port << 16 | i) ^
                      sign);
    }
    syc_sort_numbers(numbers, n, room->work + room->items);
    for (size_t i = 0; i < n; i++) {
        out[i] = marks[numbers[i] & UINT16_MAX];
    }
    return true;
}

/* out: the marks, which stand in canonical order, by destination. */
static void
order_by_dest(struct room *room, struct mark *const *marks, size_t n, struct mark **out)
{
    if (!sort_numbered(room, marks, n, out)) {
        memcpy(out, marks, n * sizeof(*out));
        sort_pairs(out, n, (struct mark **)(void *)room->spare);
    }
}

/*
 * Before any fact of the source: what is set here (MARK_TLS_RESUMED, time_wait_us) belongs to both
 * views.
 */
static void
order_pairs(struct room *room, size_t n, uint32_t *aside)
{
    bool waits;

    order_by_dest(room, room->order, n, room->pairs);
    waits = put_time_waits_aside(room, room->pairs, n, aside);
    for (size_t from = 0, to; from < n; from = to) {
        struct mark **pair = room->pairs + from;
        to = pair_end(room->pairs, n, from);
        classify_tls(pair, to - from);
        if (waits) {
            end_time_waits(pair, count_connections(pair, to - from), room->work,
                           room->work + room->items);
        }
    }
}

/* ------------------------------------------------------------ views */

static struct view
view_of(struct room *room, const struct store *s, const struct source *source,
        struct mark *const *marks, struct mark *const *by_dest, size_t n)
{
    return (struct view){.source = source,
                         .marks = marks,
                         .by_dest = by_dest,
                         .count = count_connections(marks, n),
                         .count_all = n,
                         .room = room,
                         .store = s,
                         .spare = room->spare,
                         .work = room->work,
                         .work_each = room->items,
                         .wave = &room->wave};
}

void
syc_view_source(struct room *room, const struct store *s, const struct source *source,
                struct view *out)
{
    size_t n;

    uncut_time_waits(room);
    n = gather_marks(room, s, source);
    order_pairs(room, n, room->by_source + source->begin);
    room->acts_of = NULL; /* the same array holds other marks now */
    *out = view_of(room, s, source, room->order, room->pairs, n);
}

/* They stand in order of destination, so the first and the last tell. */
bool
syc_view_has_pairs(const struct room *room, const struct view *source)
{
    size_t n = source->count_all;

    return n > 0 && compare_dest(room->pairs[0], room->pairs[n - 1]) != 0;
}

const struct mark *
syc_view_lone(const struct room *room, const struct view *source, size_t from)
{
    const struct mark *m = room->pairs[from];
    bool alone = from + 1 == source->count_all || compare_dest(m, room->pairs[from + 1]) != 0;

    return alone ? m : NULL;
}

/* The pair's marks are a slice of room->pairs. */
size_t
syc_view_pair(struct room *room, const struct store *s, const struct view *source, size_t from,
              struct view *out)
{
    size_t to = pair_end(room->pairs, source->count_all, from);

    *out = view_of(room, s, source->source, room->pairs + from, room->pairs + from, to - from);
    return to;
}

void
syc_view_part(struct room *room, const struct store *s, const struct view *source,
              struct mark **marks, size_t n, struct view *out)
{
    sort_canonical(marks, n, (struct mark **)(void *)room->spare);
    order_equals(room, s, marks, n);
    order_by_dest(room, marks, n, room->by_dest);
    *out = view_of(room, s, source->source, marks, room->by_dest, n);
}

/*
 * The same tuple, of any client: neighbors by (client, its port, place). Whose client is not known was seen once. By items
 * where end_time_waits() has numbers, as clients and ports and places do not fit one.
 */
static void
end_service_time_waits(struct room *room, struct mark *const *marks, size_t n)
{
    struct item *tuples = room->acts;

    room->acts_of = NULL;
    for (size_t i = 0; i < n; i++) {
        tuples[i] =
            (struct item){(int64_t)((uint64_t)marks[i]->source << 16 | marks[i]->source_port), i,
                          0};
    }
    syc_sort_items(tuples, n, room->spare);
    for (size_t i = 0; i + 1 < n; i++) {
        if (tuples[i].t == tuples[i + 1].t) {
            end_time_wait(marks[tuples[i].a], marks[tuples[i + 1].a]);
        }
    }
}

void
syc_view_service(struct room *room, const struct store *s, const struct view *source,
                 struct mark **marks, size_t n, struct view *out)
{
    uncut_time_waits(room);
    syc_view_part(room, s, source, marks, n, out);
    if (put_time_waits_aside(room, marks, n, room->stream_of)) {
        end_service_time_waits(room, marks, out->count);
    }
}
