#include "rules/correlate_seen.h"
#include "rules/score_int.h"

#include <string.h>

/*
 * Records to events to matches.
 *
 *     record -> row -> which rules hold? none: forgotten
 *                          |
 *                       pending: start, key, the values that groups are made of       (any order)
 *                          | sorted canonically: those before a moment, or when the budget is full the older half
 *                       watch -> fired -> seen (correlate_seen.c)
 *
 * A pending event holds the columns alone, not the record: a few dozen octets of a record of a thousand.
 */

/* Shares of the budget: a half is the watch's, a quarter that of what was seen; what waits has the rest. */
enum { WATCH_PART = 2, SEEN_PART = 4 };

#define HORIZON_US (SYC_CORRELATE_HORIZON_S * SYC_US_PER_S)

/* An event that waits for its turn; values and the texts they point to stand behind it. */
struct pending {
    struct syc_key key;
    int64_t start_us, isn, flow_id;
    size_t octets;
    uint64_t mask[]; /* then values, one a column; then texts */
};

/* Parts of one connection that wait for each other, by flow id. */
struct waiting {
    struct waiting *next;
    struct syc_record *part;
    int64_t last; /* number of the last that was joined to it, or its own */
    size_t octets;
};

struct syc_correlate {
    const struct syc_ruleset *set;
    const struct syc_signatures *signatures;
    struct syc_sigma_watch *watch;
    struct syc_budget budget; /* of what waits, which gives way when it is full */
    struct seen_table seen;   /* of a budget of its own: what fires while others wait finds room */
    const uint16_t *fields, *columns;
    size_t field_count, column_count, words;
    struct syc_connection_row row;                    /* of the record at hand */
    struct syc_value turn[SYC_CONNECTION_FIELDS_MAX]; /* of the event whose turn has come */
    uint64_t *mask;
    struct pending **pending;
    size_t pending_count, pending_room;
    struct waiting *waiting;
    size_t waiting_count;
    bool live; /* asked in between, and so of an input that may never end */
    uint64_t events, dropped;
};

/* ---- events that wait ---- */

static int
compare_pending(const struct pending *a, const struct pending *b)
{
    int order = (a->start_us > b->start_us) - (a->start_us < b->start_us);

    order = order ? order : syc_key_compare(&a->key, &b->key);
    return order ? order : (a->isn > b->isn) - (a->isn < b->isn);
}

#define PENDING_LESS(a, b) (compare_pending(a, b) < 0)
SYC_SORT_DEFINE(sort_pending, struct pending *, PENDING_LESS)

static struct syc_value *
values_of(const struct syc_correlate *c, struct pending *p)
{
    return (struct syc_value *)(void *)(p->mask + c->words);
}

/* Its turn has come: into the watch, and away. The row of the record at hand, for which it makes room, is left alone. */
static void
release(struct syc_correlate *c, struct pending *p)
{
    const struct syc_value *values = values_of(c, p);
    struct tag tag = {.flow_id = p->flow_id, .dest_port = p->key.server_port, .ip_v = p->key.ip_v};
    const struct syc_sigma_event event = {.schema = syc_ruleset_connections(c->set),
                                          .row = c->turn,
                                          .time_us = p->start_us,
                                          .tag = &tag};

    memcpy(tag.source, p->key.client, 16);
    memcpy(tag.dest, p->key.server, 16);
    for (size_t i = 0; i < c->column_count; i++) {
        c->turn[c->columns[i]] = values[i];
    }
    syc_sigma_watch_feed(c->watch, &event, p->mask);
    syc_budget_give(&c->budget, p->octets);
    syc_free(p);
}

static void
release_first(struct syc_correlate *c, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        release(c, c->pending[i]);
    }
    c->pending_count -= n;
    if (c->pending_count > 0) {
        memmove(c->pending, c->pending + n, c->pending_count * sizeof(struct pending *));
    }
}

/* Without memory to sort in, none is lost: they come as they are. */
static void
sort_first(struct syc_correlate *c, size_t n)
{
    struct pending **spare = syc_alloc(n, sizeof(struct pending *));

    if (spare) {
        sort_pending(c->pending, n, spare);
    }
    syc_free(spare);
}

static void
release_oldest(struct syc_correlate *c, size_t n)
{
    sort_first(c, c->pending_count);
    release_first(c, n);
}

static void
release_before(struct syc_correlate *c, int64_t until_us)
{
    size_t n = 0;

    for (size_t i = 0; i < c->pending_count; i++) {
        struct pending *p = c->pending[i];

        if (p->start_us < until_us) {
            c->pending[i] = c->pending[n];
            c->pending[n++] = p;
        }
    }
    if (n > 0) {
        sort_first(c, n);
        release_first(c, n);
    }
}

static bool
room_for_pending(struct syc_correlate *c)
{
    size_t room = c->pending_room > 0 ? 2 * c->pending_room : 64;
    struct pending **grown;

    if (c->pending_count < c->pending_room) {
        return true;
    }
    grown = syc_resize(c->pending, room, sizeof(struct pending *));
    if (grown) {
        c->pending = grown;
        c->pending_room = room;
    }
    return grown != NULL;
}

static bool shed_parts(struct syc_correlate *c);

/*
 * `octets` of the budget, of which `own` are asked for here. When it is full the older half of what waits is let go; live,
 * where parts may wait for a rest that never comes, then half of these.
 */
static void *
take(struct syc_correlate *c, size_t octets, size_t own)
{
    void *p;

    while (!syc_budget_take(&c->budget, octets)) {
        if (c->pending_count > 0) {
            release_oldest(c, (c->pending_count + 1) / 2);
        } else if (!shed_parts(c)) {
            return NULL;
        }
    }
    p = syc_alloc(1, own);
    if (!p) {
        syc_budget_give(&c->budget, octets);
    }
    return p;
}

/* The columns of the row at hand, with texts of their own behind them. */
static size_t
copy_octets(const struct syc_correlate *c)
{
    size_t n = sizeof(struct pending) + c->words * sizeof(uint64_t) +
               c->column_count * sizeof(struct syc_value);

    for (size_t i = 0; i < c->column_count; i++) {
        const struct syc_value *v = &c->row.values[c->columns[i]];

        n += v->type == SYC_TEXT ? strlen(v->u.text) + 1 : 0;
    }
    return n;
}

static void
copy_values(const struct syc_correlate *c, struct pending *p)
{
    struct syc_value *values = values_of(c, p);
    char *texts = (char *)(values + c->column_count);

    for (size_t i = 0; i < c->column_count; i++) {
        values[i] = c->row.values[c->columns[i]];
        if (values[i].type == SYC_TEXT) {
            size_t n = strlen(values[i].u.text) + 1;

            values[i].u.text = memcpy(texts, values[i].u.text, n);
            texts += n;
        }
    }
}

/* A whole connection. */
static void
take_whole(struct syc_correlate *c, const struct syc_record *r)
{
    size_t octets;
    struct pending *p;

    syc_connection_row_fill(&c->row, r, c->signatures, c->fields, c->field_count);
    if (!syc_sigma_watch_test(c->watch, syc_ruleset_connections(c->set), c->row.values, c->mask)) {
        return;
    }
    c->events++;
    octets = copy_octets(c);
    p = room_for_pending(c) ? take(c, octets, octets) : NULL;
    if (!p) {
        c->dropped++;
        return;
    }
    *p = (struct pending){r->key, r->start_us, r->isn, syc_record_id(r), octets};
    memcpy(p->mask, c->mask, c->words * sizeof(uint64_t));
    copy_values(c, p);
    c->pending[c->pending_count++] = p;
}

/* ---- parts ---- */

/* What a part without its lists takes. Its texts are mostly longer than itself. */
static size_t
waiting_octets(const struct syc_record *r)
{
    size_t n = sizeof(struct waiting) + sizeof(*r);

    for (size_t i = 0; i < syc_record_text_count; i++) {
        const char *text = *(const char *const *)((const char *)r + syc_record_texts[i].offset);

        n += text ? strlen(text) + 1 : 0;
    }
    for (int side = 0; side < 2; side++) {
        n += r->syn[side] ? sizeof(*r->syn[side]) : 0;
    }
    return n;
}

static void
push_waiting(struct syc_correlate *c, struct waiting *w)
{
    w->next = c->waiting;
    c->waiting = w;
    c->waiting_count++;
}

static void
free_waiting(struct syc_correlate *c, struct waiting *w)
{
    syc_budget_give(&c->budget, w->octets);
    syc_record_free(w->part);
    syc_free(w);
}

/*
 * A part waits for the others, without its lists: of the exchanges the fields want to know how many were answered. The
 * parts of one connection are few, those who have any, too: each is of 256 exchanges.
 */
static void
keep_part(struct syc_correlate *c, const struct syc_record *r)
{
    size_t octets = waiting_octets(r);
    struct waiting *w = take(c, octets, sizeof(*w));
    struct syc_record bare = *r;

    for (size_t i = 0; i < r->exchange_count; i++) {
        bare.cut_answered = (bare.cut_answered == SYC_NONE ? 0 : bare.cut_answered) +
                            (r->exchanges[i].answered != 0);
    }
    bare.exchange_count = bare.flight_count = 0;
    if (w && !(w->part = syc_record_copy(&bare))) {
        syc_budget_give(&c->budget, octets);
        syc_free(w);
        w = NULL;
    }
    if (!w) {
        c->dropped++;
        return;
    }
    w->octets = octets;
    w->last = r->part;
    push_waiting(c, w);
}

static int
compare_parts(const struct waiting *a, const struct waiting *b)
{
    int order = (a->part->flow_id > b->part->flow_id) - (a->part->flow_id < b->part->flow_id);

    return order ? order : syc_record_compare(a->part, b->part);
}

#define PARTS_LESS(a, b) (compare_parts(a, b) < 0)
SYC_SORT_DEFINE(sort_parts, struct waiting *, PARTS_LESS)

static int64_t
end_of(const struct waiting *w)
{
    return w->part->start_us + (w->part->dur_us > 0 ? w->part->dur_us : 0);
}

#define ENDS_LESS(a, b) (end_of(a) < end_of(b))
SYC_SORT_DEFINE(sort_ends, struct waiting *, ENDS_LESS)

/* All that wait, off the list, with as much spare room behind; NULL when memory is short, and they stay on it. */
static struct waiting **
pull_waiting(struct syc_correlate *c, size_t *count)
{
    struct waiting **parts = syc_alloc(c->waiting_count, 2 * sizeof(struct waiting *));

    *count = 0;
    for (; c->waiting && parts; c->waiting = c->waiting->next) {
        parts[(*count)++] = c->waiting;
    }
    c->waiting_count = c->waiting ? c->waiting_count : 0;
    return parts;
}

/* Of the connections whose parts wait, half are given up: those of which nothing was heard for longest. */
static bool
shed_parts(struct syc_correlate *c)
{
    size_t count, gone;
    struct waiting **parts = c->live && c->waiting ? pull_waiting(c, &count) : NULL;

    if (!parts) {
        return false;
    }
    gone = (count + 1) / 2;
    sort_ends(parts, count, parts + count);
    for (size_t i = 0; i < count; i++) {
        if (i < gone) {
            free_waiting(c, parts[i]);
        } else {
            push_waiting(c, parts[i]);
        }
    }
    c->dropped += gone;
    syc_free(parts);
    return true;
}

/* One part behind another; what both took and one does not goes with the part, for who frees that to give back. */
static bool
join_part(struct waiting *w, struct waiting *part)
{
    size_t both = w->octets + part->octets, octets;

    if (syc_record_join(w->part, part->part) != SYC_OK) {
        return false;
    }
    octets = waiting_octets(w->part) + sizeof(struct syc_exchange) + sizeof(struct syc_flight);
    w->octets = octets < both ? octets : both;
    part->octets = both - w->octets;
    w->last = part->last;
    return true;
}

/*
 * What is behind the first of parts[0..count) and of its connection becomes part of it; what came twice counts once. In
 * between no further than numbers follow on each other: the one that is missing may still come.
 *
 * returns  how many are done with, the first among them
 */
static size_t
join_parts(struct syc_correlate *c, struct waiting **parts, size_t count, bool finish)
{
    struct waiting *w = parts[0];
    size_t k = 1;

    for (; k < count && parts[k]->part->flow_id == w->part->flow_id; k++) {
        bool fresh = parts[k]->part->part > w->last;
        bool follows = parts[k]->part->part == w->last + 1;

        if (fresh && !((finish || follows) && join_part(w, parts[k]))) {
            if (!finish) {
                break;
            }
            c->dropped++;
        }
        free_waiting(c, parts[k]);
    }
    return k;
}

/* Parts of one connection are one event, once all of them are there; at the end, of those that are. */
static void
settle_parts(struct syc_correlate *c, bool finish)
{
    size_t count;
    struct waiting **parts = pull_waiting(c, &count);

    if (parts) {
        sort_parts(parts, count, parts + count);
    }
    for (size_t i = 0; i < count;) {
        struct waiting *w = parts[i];

        i += join_parts(c, parts + i, count - i, finish);
        if (finish || (w->part->part == 1 && w->part->final == 1)) {
            syc_budget_give(&c->budget, w->octets); /* the event finds room where the parts were */
            w->octets = 0;
            take_whole(c, w->part);
            free_waiting(c, w);
        } else {
            push_waiting(c, w);
        }
    }
    syc_free(parts);
}

static void
free_parts(struct syc_correlate *c)
{
    while (c->waiting) {
        struct waiting *w = c->waiting;

        c->waiting = w->next;
        free_waiting(c, w);
    }
    c->waiting_count = 0;
}

/* ---- the whole ---- */

static bool
make_watch(struct syc_correlate *c, size_t budget)
{
    const struct syc_schema *schema = syc_ruleset_connections(c->set);

    c->watch = syc_sigma_watch_new(c->set->sigma, budget / WATCH_PART, sizeof(struct tag),
                                   syc_seen_note, &c->seen);
    if (!c->watch) {
        return false;
    }
    c->words = syc_sigma_watch_words(c->watch);
    c->mask = syc_alloc(c->words, sizeof(uint64_t));
    c->field_count = syc_sigma_watch_fields(c->watch, schema, &c->fields);
    c->column_count = syc_sigma_watch_columns(c->watch, schema, &c->columns);
    return c->mask != NULL && c->fields != NULL && c->columns != NULL;
}

enum syc_status
syc_correlate_new(struct syc_correlate **out, const struct syc_ruleset *set,
                  const struct syc_signatures *signatures, size_t budget_octets)
{
    struct syc_correlate *c;
    bool any = false;

    *out = NULL;
    for (size_t i = 0; i < syc_ruleset_loaded(set); i++) {
        any = any || syc_ruleset_rule(set, i)->correlation;
    }
    if (!any) {
        return SYC_OK;
    }
    c = syc_alloc(1, sizeof(*c));
    if (!c) {
        return SYC_NO_MEMORY;
    }
    c->set = set;
    c->signatures = signatures;
    syc_seen_init(&c->seen, budget_octets / SEEN_PART);
    c->budget.limit = budget_octets - budget_octets / WATCH_PART - budget_octets / SEEN_PART;
    if (!make_watch(c, budget_octets)) {
        syc_correlate_free(c);
        return SYC_NO_MEMORY;
    }
    *out = c;
    return SYC_OK;
}

void
syc_correlate_free(struct syc_correlate *c)
{
    if (!c) {
        return;
    }
    free_parts(c);
    for (size_t i = 0; i < c->pending_count; i++) {
        syc_free(c->pending[i]);
    }
    syc_sigma_watch_free(c->watch);
    syc_seen_fini(&c->seen);
    syc_free(c->pending);
    syc_free(c->mask);
    syc_free(c);
}

void
syc_correlate_use(struct syc_correlate *c, const struct syc_signatures *signatures)
{
    if (c) {
        c->signatures = signatures;
    }
}

void
syc_correlate_feed(struct syc_correlate *c, const struct syc_record *r)
{
    if (r->part != SYC_NONE) {
        keep_part(c, r);
    } else {
        take_whole(c, r);
    }
}

void
syc_correlate_advance(struct syc_correlate *c, int64_t until_us)
{
    const int64_t most = INT64_C(1) << 60;

    if (!c) {
        return;
    }
    until_us = until_us < -most ? -most : until_us < most ? until_us : most;
    c->live = true;
    settle_parts(c, false);
    release_before(c, until_us);
    syc_sigma_watch_advance(c->watch, until_us, HORIZON_US);
    c->seen.before_us = until_us - HORIZON_US;
}

void
syc_correlate_finish(struct syc_correlate *c)
{
    settle_parts(c, true);
    c->dropped += c->waiting_count; /* no memory to look at them */
    free_parts(c);
    if (c->pending_count > 0) {
        release_oldest(c, c->pending_count);
    }
    syc_sigma_watch_finish(c->watch);
}

const struct syc_correlated *
syc_correlate_find(const struct syc_correlate *c, const struct syc_sigma_rule *rule,
                   const struct syc_subject *subject)
{
    struct tag tag = {.ip_v = subject->ip_v, .dest_port = subject->dest_port};
    bool pair = subject->kind == SYC_SUBJECT_PAIR;

    if (!c || (!pair && subject->kind != SYC_SUBJECT_SOURCE)) {
        return NULL;
    }
    memcpy(tag.source, subject->source, 16);
    memcpy(tag.dest, subject->dest, 16);
    return syc_seen_find(&c->seen, rule, &tag, pair);
}

void
syc_correlate_stats(const struct syc_correlate *c, struct syc_correlate_stats *out)
{
    *out = (struct syc_correlate_stats){0};
    if (c) {
        out->events = c->events;
        out->dropped = c->dropped + c->seen.dropped;
        out->forgotten = c->seen.forgotten;
        syc_sigma_watch_stats(c->watch, &out->watch);
    }
}
