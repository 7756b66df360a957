#include "rules/sigma_group.h"

#include <string.h>

/*
 * From events to what fires: which rules hold, which groups that touches, what a window means.
 *
 *     event --test--> mask of base rules --feed--> each correlation, those that others name first
 *                                                     |  rule i holds: the group of its columns' values
 *                                                     '--> window (sigma_group.c) --> run --> fired
 *
 * Correlations stand in an order in which each comes after those it names, so one pass over an event serves chains of
 * any length.
 */

/* ---- what a set asks for ---- */

/* Where a ref's truth comes from: bit `index` of the mask, or the correlation of that index. */
static bool
is_base(const struct syc_sigma_rule *rule)
{
    return rule->correlation == NULL;
}

/* Into a list of base rules without doubles; its index. */
static size_t
base_index(struct syc_sigma_watch *w, const struct syc_sigma_rule *rule)
{
    for (size_t i = 0; i < w->base_count; i++) {
        if (w->bases[i] == rule) {
            return i;
        }
    }
    w->bases[w->base_count] = rule;
    return w->base_count++;
}

static size_t
watcher_index(const struct syc_sigma_watch *w, const struct syc_sigma_rule *rule)
{
    size_t i = 0;

    while (w->watchers[i].rule != rule) {
        i++;
    }
    return i;
}

static bool
add_watcher(struct syc_sigma_watch *w, const struct syc_sigma_rule *rule)
{
    const struct syc_sigma_correlation *c = rule->correlation;
    struct watcher *x = &w->watchers[w->watcher_count];

    *x = (struct watcher){.watch = w, .rule = rule, .c = c, .gone_us = INT64_MIN};
    x->sources = syc_arena_alloc(&w->arena, c->ref_count * sizeof(*x->sources));
    x->names = syc_arena_alloc(&w->arena, c->group_count * sizeof(*x->names));
    if (!x->sources || !x->names) {
        return false;
    }
    for (size_t i = 0; i < c->ref_count; i++) {
        const struct syc_sigma_rule *named = c->refs[i].rule;

        x->sources[i] = is_base(named) ? base_index(w, named) : watcher_index(w, named);
    }
    for (size_t i = 0; i < c->group_count; i++) {
        x->names[i] = c->columns[i].text;
    }
    w->watcher_count++;
    return true;
}

/* Those that name no correlation first, then those that name these, and so on. */
static bool
add_watchers(struct syc_sigma_watch *w, const struct syc_sigma *set)
{
    bool good = true;

    for (unsigned depth = 0; depth <= SYC_CORRELATION_DEPTH_MAX; depth++) {
        for (size_t i = 0; i < set->rule_count && good; i++) {
            const struct syc_sigma_correlation *c = set->rules[i]->correlation;

            good = !c || c->depth != depth || add_watcher(w, set->rules[i]);
        }
    }
    return good;
}

/* Room for the lists: as many as there are correlations, and as many as they name. */
static bool
make_lists(struct syc_sigma_watch *w, const struct syc_sigma *set)
{
    size_t correlations = 0, refs = 0, most = 1;

    for (size_t i = 0; i < set->rule_count; i++) {
        const struct syc_sigma_correlation *c = set->rules[i]->correlation;

        if (c) {
            size_t track = c->track > (int64_t)c->ref_count ? (size_t)c->track : c->ref_count;

            correlations++;
            refs += c->ref_count;
            most = track > most ? track : most;
        }
    }
    w->watchers = syc_arena_alloc(&w->arena, correlations * sizeof(*w->watchers));
    w->bases = syc_arena_alloc(&w->arena, refs * sizeof(*w->bases));
    w->tags = syc_arena_alloc(&w->arena, most * w->tag_octets);
    return w->watchers && w->bases && w->tags && add_watchers(w, set);
}

struct syc_sigma_watch *
syc_sigma_watch_new(const struct syc_sigma *set, size_t budget_octets, size_t tag_octets,
                    void (*fired)(void *user, const struct syc_sigma_fired *fired), void *user)
{
    struct syc_sigma_watch *w = syc_alloc(1, sizeof(*w));

    if (!w) {
        return NULL;
    }
    w->key = syc_hash_key_random();
    w->budget.limit = budget_octets;
    w->tag_octets = tag_octets;
    w->fired = fired;
    w->user = user;
    w->now_us = INT64_MIN;
    w->text_room = 256;
    w->text = syc_resize(NULL, w->text_room, 1); /* never NULL, also for keys of nothing */
    if (!w->text || !make_lists(w, set) || !syc_watch_index_init(&w->groups) ||
        !syc_watch_index_init(&w->values)) {
        syc_sigma_watch_free(w);
        return NULL;
    }
    return w;
}

void
syc_sigma_watch_free(struct syc_sigma_watch *w)
{
    if (!w) {
        return;
    }
    for (size_t i = 0; i < w->watcher_count; i++) {
        while (w->watchers[i].oldest) {
            syc_group_free(w->watchers[i].oldest);
        }
    }
    syc_free(w->groups.slots);
    syc_free(w->values.slots);
    syc_free(w->text);
    syc_arena_fini(&w->arena);
    syc_free(w);
}

size_t
syc_sigma_watch_count(const struct syc_sigma_watch *w)
{
    return w->watcher_count;
}

/* ---- fields ---- */

/* Those marked, ascending; in the watch's arena. 0 when memory is short: a row of nothing matches nothing. */
static size_t
list_marked(struct syc_arena *arena, const bool *marked, size_t count, const uint16_t **out)
{
    uint16_t *list = syc_arena_alloc(arena, count * sizeof(*list));
    size_t n = 0;

    for (size_t i = 0; i < count && list; i++) {
        if (marked[i]) {
            list[n++] = (uint16_t)i;
        }
    }
    *out = list;
    return n;
}

static void
mark_columns(const struct syc_sigma_watch *w, const struct syc_schema *schema, bool *marked)
{
    for (size_t k = 0; k < w->watcher_count; k++) {
        const struct syc_sigma_correlation *c = w->watchers[k].c;
        size_t cells = c->ref_count * (c->group_count + c->value_count);

        for (size_t i = 0; i < cells && w->watchers[k].rule->schema == schema; i++) {
            marked[c->fields[i]] = true;
        }
    }
}

static void
mark_tests(const struct syc_sigma_watch *w, const struct syc_schema *schema, bool *marked)
{
    for (size_t k = 0; k < w->base_count; k++) {
        const uint16_t *fields;
        size_t n = w->bases[k]->schema == schema ? syc_sigma_fields(w->bases[k], &fields) : 0;

        for (size_t i = 0; i < n; i++) {
            marked[fields[i]] = true;
        }
    }
}

/* Asked once a watch, so the lists of each asking may stay in the arena. */
static size_t
marked_fields(struct syc_sigma_watch *w, const struct syc_schema *schema, bool tests,
              const uint16_t **out)
{
    bool *marked = syc_arena_alloc(&w->arena, schema->count * sizeof(*marked));

    *out = NULL;
    if (!marked) {
        return 0;
    }
    mark_columns(w, schema, marked);
    if (tests) {
        mark_tests(w, schema, marked);
    }
    return list_marked(&w->arena, marked, schema->count, out);
}

size_t
syc_sigma_watch_fields(struct syc_sigma_watch *w, const struct syc_schema *schema,
                       const uint16_t **out)
{
    return marked_fields(w, schema, true, out);
}

size_t
syc_sigma_watch_columns(struct syc_sigma_watch *w, const struct syc_schema *schema,
                        const uint16_t **out)
{
    return marked_fields(w, schema, false, out);
}

/* ---- events ---- */

size_t
syc_sigma_watch_words(const struct syc_sigma_watch *w)
{
    return (w->base_count + 63) / 64;
}

bool
syc_sigma_watch_test(const struct syc_sigma_watch *w, const struct syc_schema *schema,
                     const struct syc_value *row, uint64_t *mask)
{
    bool any = false;

    memset(mask, 0, syc_sigma_watch_words(w) * sizeof(*mask));
    for (size_t i = 0; i < w->base_count; i++) {
        if (w->bases[i]->schema == schema && syc_sigma_match(w->bases[i], row, NULL)) {
            mask[i / 64] |= UINT64_C(1) << i % 64;
            any = true;
        }
    }
    return any;
}

/* Does ref i of a watcher hold for the event at hand? */
static bool
ref_holds(const struct watcher *x, size_t i, const uint64_t *mask)
{
    size_t source = x->sources[i];

    return is_base(x->c->refs[i].rule) ? mask[source / 64] >> source % 64 & 1
                                       : x->watch->watchers[source].fired_at == x->watch->event;
}

/*
 * From the last rule to the first where order matters, so that one event is never two steps of a chain. Where it does not,
 * an event is judged when all that it counts for is in the window.
 */
static void
feed_watcher(struct watcher *x, const struct syc_sigma_event *event, const uint64_t *mask)
{
    size_t n = x->c->ref_count;
    bool ordered = x->c->kind == SYC_TEMPORAL_ORDERED;

    for (size_t k = 0; k < n; k++) {
        size_t i = ordered ? n - 1 - k : k;

        if (ref_holds(x, i, mask)) {
            syc_group_take(x, i, event);
        }
    }
    for (size_t i = 0; i < n && !ordered; i++) {
        if (ref_holds(x, i, mask)) {
            syc_group_judge(x, i, event);
        }
    }
}

void
syc_sigma_watch_feed(struct syc_sigma_watch *w, const struct syc_sigma_event *event,
                     const uint64_t *mask)
{
    struct syc_sigma_event e = *event;

    w->event++;
    e.tag = w->tag_octets > 0 ? e.tag : w->tags; /* never NULL */
    w->now_us = e.time_us > w->now_us ? e.time_us : w->now_us;
    for (size_t i = 0; i < w->watcher_count; i++) {
        if (w->watchers[i].rule->schema == e.schema) {
            feed_watcher(&w->watchers[i], &e, mask);
        }
    }
}

void
syc_sigma_watch_advance(struct syc_sigma_watch *w, int64_t now_us, int64_t patience_us)
{
    w->patience_us = patience_us;
    w->now_us = now_us > w->now_us ? now_us : w->now_us;
    for (size_t i = 0; i < w->watcher_count; i++) {
        syc_group_drop_past(&w->watchers[i]);
    }
}

void
syc_sigma_watch_finish(struct syc_sigma_watch *w)
{
    for (size_t i = 0; i < w->watcher_count; i++) {
        struct watcher *x = &w->watchers[i];

        while (x->oldest) {
            syc_group_end(x->oldest);
            syc_group_free(x->oldest);
        }
    }
}

void
syc_sigma_watch_stats(const struct syc_sigma_watch *w, struct syc_sigma_watch_stats *out)
{
    *out = (struct syc_sigma_watch_stats){
        .fired = w->fired_count,
        .evicted = w->evicted,
        .lost = w->lost,
        .late = w->late,
        .groups = w->groups.count,
        .groups_peak = w->groups_peak,
        .octets = w->budget.used,
        .octets_peak = w->budget.peak,
        .octets_limit = w->budget.limit,
    };
}
