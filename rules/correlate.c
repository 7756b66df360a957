#include "rules/correlate_seen.h"
#include "rules/score_int.h"

#include <string.h>

/*
 * Records to events to matches.
 *
 *     record -> row -> which rules hold? none: forgotten
 *                          |
 *                       pending: start, key, the values that groups are made of       (any order)
 *                          | sorted canonically: at the end, or when the budget is full (then the older half)
 *                       watch -> fired -> seen (correlate_seen.c)
 *
 * A pending event holds the columns alone, not the record: a few dozen octets of a record of a thousand.
 */

/* Shares of the budget: a half is the watch's, a quarter that of what was seen; what waits has the rest. */
enum { WATCH_PART = 2, SEEN_PART = 4 };

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

/* The oldest n of them, in order; the others stay. Without memory to sort in, none is lost: they come as they are. */
static void
release_oldest(struct syc_correlate *c, size_t n)
{
    struct pending **spare = syc_alloc(c->pending_count, sizeof(struct pending *));

    if (spare) {
        sort_pending(c->pending, c->pending_count, spare);
    }
    syc_free(spare);
    for (size_t i = 0; i < n; i++) {
        release(c, c->pending[i]);
    }
    c->pending_count -= n;
    if (c->pending_count > 0) {
        memmove(c->pending, c->pending + n, c->pending_count * sizeof(struct pending *));
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

/* `octets` of the budget, of which `own` are asked for here; when it is full the older half of what waits is let go. */
static void *
take(struct syc_correlate *c, size_t octets, size_t own)
{
    void *p;

    while (!syc_budget_take(&c->budget, octets)) {
        if (c->pending_count == 0) {
            return NULL;
        }
        release_oldest(c, (c->pending_count + 1) / 2);
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

static int
compare_parts(const struct waiting *a, const struct waiting *b)
{
    int order = (a->part->flow_id > b->part->flow_id) - (a->part->flow_id < b->part->flow_id);

    return order ? order : syc_record_compare(a->part, b->part);
}

#define PARTS_LESS(a, b) (compare_parts(a, b) < 0)
SYC_SORT_DEFINE(sort_parts, struct waiting *, PARTS_LESS)

/* Parts of one connection are one event; one that came twice counts once. */
static void
join_parts(struct syc_correlate *c, struct waiting **parts, size_t count)
{
    for (size_t i = 0; i < count;) {
        struct syc_record *whole = parts[i]->part;
        int64_t last = whole->part;
        size_t k = i + 1;

        for (; k < count && parts[k]->part->flow_id == whole->flow_id; k++) {
            if (parts[k]->part->part != last) {
                last = parts[k]->part->part;
                c->dropped += syc_record_join(whole, parts[k]->part) != SYC_OK;
            }
        }
        take_whole(c, whole);
        i = k;
    }
}

static void
finish_parts(struct syc_correlate *c)
{
    size_t count = 0;
    struct waiting **parts = syc_alloc(c->waiting_count, 2 * sizeof(struct waiting *));

    for (struct waiting *w = c->waiting; w && parts; w = w->next) {
        parts[count++] = w;
    }
    if (parts) {
        sort_parts(parts, count, parts + count);
        join_parts(c, parts, count);
    } else {
        c->dropped += c->waiting_count;
    }
    while (c->waiting) {
        struct waiting *w = c->waiting;

        c->waiting = w->next;
        free_waiting(c, w);
    }
    c->waiting_count = 0;
    syc_free(parts);
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
    while (c->waiting) {
        struct waiting *w = c->waiting;

        c->waiting = w->next;
        free_waiting(c, w);
    }
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
syc_correlate_finish(struct syc_correlate *c)
{
    finish_parts(c);
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
        syc_sigma_watch_stats(c->watch, &out->watch);
    }
}
