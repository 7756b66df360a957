#include "rules/sigma_group.h"

#include <string.h>

/*
 * Windows and runs, group by group.
 *
 * An event enters like this:
 *
 *     key of its group-by values -> group, moved to the young end of its watcher's list
 *     entries that have left the window: is the run over without them? then it is decided, and they go
 *     the event's entry, at the young end; the oldest goes when there are more than the condition can tell apart
 *     is the window full enough? then a run begins, or goes on
 *
 * Nothing here looks at a clock or at the order of a table: what fires depends on the events alone, and while the
 * budget was not reached also what is kept does.
 */

/* ---- hash index ---- */

enum { SLOTS_FIRST = 64 };

/* No chain has come so far. */
#define NEVER INT64_MIN

bool
syc_watch_index_init(struct index *x)
{
    x->slots = syc_alloc(SLOTS_FIRST, sizeof(struct cell *));
    x->room = x->slots ? SLOTS_FIRST : 0;
    return x->slots != NULL;
}

/* Twice the slots. Without memory chains grow longer instead: slower, and right all the same. */
static void
index_grow(struct index *x)
{
    struct cell **slots = syc_alloc(2 * x->room, sizeof(struct cell *));

    if (!slots) {
        return;
    }
    for (size_t i = 0; i < x->room; i++) {
        for (struct cell *c = x->slots[i], *next; c; c = next) {
            struct cell **slot = &slots[c->hash & (2 * x->room - 1)];

            next = c->next;
            c->next = *slot;
            *slot = c;
        }
    }
    syc_free(x->slots);
    x->slots = slots;
    x->room *= 2;
}

static void
index_add(struct index *x, struct cell *c)
{
    if (x->count == x->room) {
        index_grow(x);
    }
    c->next = x->slots[c->hash & (x->room - 1)];
    x->slots[c->hash & (x->room - 1)] = c;
    x->count++;
}

static void
index_remove(struct index *x, struct cell *c)
{
    struct cell **at = &x->slots[c->hash & (x->room - 1)];

    while (*at != c) {
        at = &(*at)->next;
    }
    *at = c->next;
    x->count--;
}

/* ---- keys ---- */

/* Room for n octets more in the scratch text. */
static bool
make_room(struct syc_sigma_watch *w, size_t n)
{
    if (n > w->text_room) {
        uint8_t *text = syc_resize(w->text, 2 * n, 1);

        if (!text) {
            return false;
        }
        w->text = text;
        w->text_room = 2 * n;
    }
    return true;
}

/*
 * A value behind the key: its type, then its octets; a text with its zero, so that it can be given back as it stands.
 * -0 is 0, and a mapped address IPv4, as for all comparisons. False: no value, or a list.
 */
static bool
append_value(struct syc_sigma_watch *w, size_t *n, const struct syc_value *v)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    double f = v->u.f + 0.0;
    const void *from = v->type == SYC_REAL ? (const void *)&f : (const void *)&v->u;
    uint8_t addr[17];
    size_t octets = sizeof(int64_t);

    if (v->type == SYC_ABSENT || v->type == SYC_LIST) {
        return false;
    }
    if (v->type == SYC_TEXT) {
        from = v->u.text;
        octets = strlen(v->u.text) + 1;
    } else if (v->type == SYC_ADDR) {
        memcpy(addr, v->u.addr.octets, 16);
        addr[16] = memcmp(addr, mapped, sizeof(mapped)) == 0 ? 4 : 6;
        from = addr;
        octets = sizeof(addr);
    }
    if (!make_room(w, *n + 1 + octets)) {
        return false;
    }
    w->text[(*n)++] = (uint8_t)v->type;
    memcpy(w->text + *n, from, octets);
    *n += octets;
    return true;
}

/* The values of columns from..to for an event of ref i, in w->text; their length, or 0 when one of them is lacking. */
static size_t
make_key(struct watcher *x, size_t i, size_t from, size_t to, const struct syc_value *row)
{
    size_t n = 0;

    for (size_t column = from; column < to; column++) {
        if (!append_value(x->watch, &n, &row[syc_correlation_field(x->c, i, column)])) {
            return 0;
        }
    }
    return n;
}

/* Back from octets; texts point into the key. Answers how many. */
static size_t
read_key(const uint8_t *key, size_t n, struct syc_value *out)
{
    size_t count = 0;

    for (size_t at = 0; at < n; count++) {
        struct syc_value *v = &out[count];

        *v = (struct syc_value){.type = (enum syc_type)key[at++]};
        if (v->type == SYC_TEXT) {
            v->u.text = (const char *)key + at;
            at += strlen(v->u.text) + 1;
        } else if (v->type == SYC_ADDR) {
            memcpy(v->u.addr.octets, key + at, 16);
            v->u.addr.ip_v = key[at + 16];
            at += 17;
        } else {
            memcpy(&v->u, key + at, sizeof(int64_t));
            at += sizeof(int64_t);
        }
    }
    return count;
}

/* ---- entries ---- */

static bool
has_values(const struct watcher *x)
{
    return x->c->kind == SYC_VALUE_COUNT || x->c->kind == SYC_TEMPORAL;
}

static void
entry_unlink(struct entry *e)
{
    struct group *g = e->group;

    *(e->older ? &e->older->newer : &g->first) = e->newer;
    *(e->newer ? &e->newer->older : &g->last) = e->older;
}

/* Behind all that are not newer: at the end, unless its event has come late. */
static void
entry_insert(struct group *g, struct entry *e)
{
    struct entry *newer = NULL, *older = g->last;

    while (older && older->time_us > e->time_us) {
        newer = older;
        older = older->older;
    }
    e->older = older;
    e->newer = newer;
    *(older ? &older->newer : &g->first) = e;
    *(newer ? &newer->older : &g->last) = e;
}

static void
entry_free(struct entry *e)
{
    struct group *g = e->group;
    struct syc_sigma_watch *w = g->watcher->watch;

    entry_unlink(e);
    g->count--;
    if (has_values(g->watcher)) {
        index_remove(&w->values, &e->cell);
    }
    syc_budget_give(&w->budget, sizeof(*e) + w->tag_octets + e->n);
    syc_free(e);
}

/* ---- groups ---- */

static size_t
steps_octets(const struct watcher *x)
{
    size_t n = x->c->ref_count;

    return x->c->kind == SYC_TEMPORAL_ORDERED ? n * (sizeof(int64_t) + n * x->watch->tag_octets)
                                              : 0;
}

static void
group_unlink(struct group *g)
{
    struct watcher *x = g->watcher;

    *(g->older ? &g->older->newer : &x->oldest) = g->newer;
    *(g->newer ? &g->newer->older : &x->newest) = g->older;
}

static void
group_append(struct group *g)
{
    struct watcher *x = g->watcher;

    g->older = x->newest;
    g->newer = NULL;
    *(x->newest ? &x->newest->newer : &x->oldest) = g;
    x->newest = g;
}

void
syc_group_free(struct group *g)
{
    struct syc_sigma_watch *w = g->watcher->watch;

    while (g->first) {
        entry_free(g->first);
    }
    if (g->last_us > g->watcher->gone_us) {
        g->watcher->gone_us = g->last_us;
    }
    group_unlink(g);
    index_remove(&w->groups, &g->cell);
    syc_budget_give(&w->budget, sizeof(*g) + g->n + steps_octets(g->watcher));
    syc_free(g);
}

/* Has the group been silent for so long that nothing of it is in a window? */
static bool
is_past(const struct group *g)
{
    return g->watcher->watch->now_us - g->last_us > g->watcher->c->timespan_us;
}

/* The group to give way: one that is past, else the one that was silent for longest; never `but`. NULL: none. */
static struct group *
find_victim(const struct syc_sigma_watch *w, const struct group *but)
{
    struct group *victim = NULL;

    for (size_t i = 0; i < w->watcher_count; i++) {
        struct group *g = w->watchers[i].oldest;

        g = g && g == but ? g->newer : g;
        if (g && is_past(g)) {
            return g;
        }
        if (g && (!victim || g->last_us < victim->last_us)) {
            victim = g;
        }
    }
    return victim;
}

/* Memory within the budget, zeroed; others give way for it. NULL: counted as lost. */
static void *
take(struct syc_sigma_watch *w, const struct group *but, size_t octets)
{
    void *p = NULL;

    while (!syc_budget_take(&w->budget, octets)) {
        struct group *victim = find_victim(w, but);

        if (!victim) {
            w->lost++;
            return NULL;
        }
        w->evicted += !is_past(victim);
        syc_group_end(victim);
        syc_group_free(victim);
    }
    p = syc_alloc(1, octets);
    if (!p) {
        syc_budget_give(&w->budget, octets);
        w->lost++;
    }
    return p;
}

/* The group-by values of an event of rule i, in w->text. */
struct key {
    uint64_t hash;
    size_t n;
    bool whole; /* none is lacking */
};

static struct key
make_group_key(struct watcher *x, const struct syc_value *row, size_t i)
{
    size_t n = make_key(x, i, 0, x->c->group_count, row);
    uint64_t hash = syc_hash(&x->watch->key, x->watch->text, n);

    return (struct key){hash ^ (uint64_t)(x - x->watch->watchers), n,
                        n > 0 || x->c->group_count == 0};
}

/* The group of the key in w->text, or NULL. */
static struct group *
look_up(const struct watcher *x, uint64_t hash, size_t n)
{
    const struct syc_sigma_watch *w = x->watch;
    struct cell *c = w->groups.slots[hash & (w->groups.room - 1)];

    for (; c; c = c->next) {
        struct group *g = (struct group *)(void *)c;

        if (c->hash == hash && g->watcher == x && g->n == n && memcmp(g->key, w->text, n) == 0) {
            return g;
        }
    }
    return NULL;
}

static struct group *
find_group(struct watcher *x, const struct syc_value *row, size_t i)
{
    struct key key = make_group_key(x, row, i);

    return key.whole ? look_up(x, key.hash, key.n) : NULL;
}

static void
drop_past(struct watcher *x, const struct group *but)
{
    int64_t before_us = x->watch->now_us - x->c->timespan_us - x->watch->patience_us;

    while (x->oldest && x->oldest != but && x->oldest->last_us < before_us) {
        struct group *g = x->oldest;

        syc_group_end(g);
        syc_group_free(g);
    }
}

void
syc_group_drop_past(struct watcher *x)
{
    drop_past(x, NULL);
}

/* The event at hand came after a newer one: once for each, however many groups it belongs to. */
static void
note_late(struct syc_sigma_watch *w)
{
    w->late += w->late_event != w->event;
    w->late_event = w->event;
}

/* One piece of memory: the group, its steps, its key. */
static struct group *
make_group(struct watcher *x, uint64_t hash, size_t n, int64_t time_us)
{
    struct syc_sigma_watch *w = x->watch;
    size_t steps = steps_octets(x);
    struct group *g = take(w, NULL, sizeof(*g) + steps + n);

    if (!g) {
        return NULL;
    }
    g->watcher = x;
    g->steps = (int64_t *)(void *)(g + 1);
    g->chains = (uint8_t *)(g->steps + x->c->ref_count);
    g->key = (uint8_t *)(g + 1) + steps;
    g->n = n;
    g->cell.hash = hash;
    g->serial = ++w->serial;
    g->last_us = time_us;
    memcpy(g->key, w->text, n);
    for (size_t i = 0; steps > 0 && i < x->c->ref_count; i++) {
        g->steps[i] = NEVER;
    }
    group_append(g);
    index_add(&w->groups, &g->cell);
    w->groups_peak = w->groups.count > w->groups_peak ? w->groups.count : w->groups_peak;
    return g;
}

/*
 * The group of an event's values, now the youngest of its watcher. NULL: a value is lacking, or memory. A late event whose
 * window reaches back to groups that are gone may have been of one of them.
 */
static struct group *
touch_group(struct watcher *x, size_t i, const struct syc_sigma_event *event)
{
    struct key key = make_group_key(x, event->row, i);
    struct group *g = key.whole ? look_up(x, key.hash, key.n) : NULL;

    if (!key.whole) {
        return NULL;
    }
    if (!g) {
        drop_past(x, NULL);
        if (event->time_us < x->watch->now_us && event->time_us - x->c->timespan_us <= x->gone_us) {
            note_late(x->watch);
        }
        return make_group(x, key.hash, key.n, event->time_us);
    }
    group_unlink(g);
    group_append(g);
    drop_past(x, g);
    return g;
}

/* ---- runs ---- */

/* Tell of the window as it stands, or of the one event that a run goes on with. */
static void
tell(struct group *g, const void *tags, size_t tag_count, int64_t first_us, bool goes_on)
{
    struct watcher *x = g->watcher;
    struct syc_sigma_watch *w = x->watch;
    struct syc_value values[SYC_CORRELATION_FIELDS_MAX];
    const struct syc_sigma_fired fired = {
        .rule = x->rule,
        .goes_on = goes_on,
        .count = x->c->kind == SYC_TEMPORAL_ORDERED ? (int64_t)x->c->ref_count
                 : x->c->bounded                    ? g->peak
                                                    : (int64_t)g->count,
        .first_us = first_us,
        .last_us = g->last_us,
        .tags = tags,
        .tag_count = tag_count,
        .group = values,
        .names = x->names,
        .group_count = read_key(g->key, g->n, values),
    };

    w->fired_count += !goes_on;
    if (w->fired) {
        w->fired(w->user, &fired);
    }
}

/* The whole window: tags of its entries into the scratch list, which has room for the largest. */
static void
tell_window(struct group *g)
{
    struct syc_sigma_watch *w = g->watcher->watch;
    size_t n = 0;

    for (const struct entry *e = g->first; e; e = e->newer) {
        memcpy(w->tags + n++ * w->tag_octets, e->tag, w->tag_octets);
    }
    tell(g, w->tags, n, g->first->time_us, false);
}

/* Did the largest window of the run keep to what the condition says beyond its lower bound? */
static bool
keeps_to(const struct syc_sigma_correlation *c, int64_t peak)
{
    bool good = peak <= c->most;

    for (size_t i = 0; i < c->bound_count; i++) {
        good = good && (c->bounds[i].n != peak || strcmp(c->bounds[i].op, "neq") != 0);
    }
    return good;
}

void
syc_group_end(struct group *g)
{
    const struct syc_sigma_correlation *c = g->watcher->c;

    if (g->open && c->bounded && g->first && keeps_to(c, g->peak)) {
        tell_window(g);
    }
    g->open = false;
}

/*
 * What is older than the window goes. When that leaves too little for one more to fill it the run has ended before this
 * event: it is decided first, while its last window still stands. (To ask for a full window without the event would begin
 * a run at each of a steady beat whose window the event itself fills.)
 */
static void
slide(struct group *g, int64_t to_us)
{
    const struct syc_sigma_correlation *c = g->watcher->c;
    int64_t from_us = to_us - c->timespan_us;
    size_t past = 0, others;

    for (const struct entry *e = g->first; e && e->time_us < from_us; e = e->newer) {
        past++;
    }
    others = g->count - past;
    if (others == 0 || (int64_t)others + 1 < c->least) {
        syc_group_end(g);
    }
    while (past-- > 0) {
        entry_free(g->first);
    }
}

/* The window after an event: does it begin a run, or go on with one? */
void
syc_group_judge(struct watcher *x, size_t i, const struct syc_sigma_event *event)
{
    struct group *g = find_group(x, event->row, i);
    int64_t count = g ? (int64_t)g->count : 0;

    if (count < x->c->least || g->event != x->watch->event || g->told == g->event) {
        return;
    }
    bool begins = !g->open;

    g->told = g->event;
    g->peak = begins || count > g->peak ? count : g->peak;
    g->open = true;
    if (x->c->bounded) {
        return;
    }
    if (begins) {
        x->fired_at = x->watch->event;
        tell_window(g);
    } else {
        tell(g, event->tag, 1, event->time_us, true);
    }
}

/* ---- counting ---- */

/* The entry of the value in w->text, or NULL. */
static struct entry *
find_entry(const struct group *g, uint64_t hash, size_t n)
{
    const struct syc_sigma_watch *w = g->watcher->watch;
    struct cell *c = w->values.slots[hash & (w->values.room - 1)];

    for (; c; c = c->next) {
        struct entry *e = (struct entry *)(void *)c;

        if (c->hash == hash && e->group == g && e->n == n && memcmp(e->value, w->text, n) == 0) {
            return e;
        }
    }
    return NULL;
}

/* A new entry of the value in w->text (n octets), at its time. */
static struct entry *
make_entry(struct group *g, uint64_t hash, size_t n, int64_t time_us)
{
    struct syc_sigma_watch *w = g->watcher->watch;
    struct entry *e = take(w, g, sizeof(*e) + w->tag_octets + n);

    if (!e) {
        return NULL;
    }
    e->group = g;
    e->value = e->tag + w->tag_octets;
    e->n = n;
    e->cell.hash = hash;
    if (n > 0) {
        memcpy(e->value, w->text, n);
    }
    if (has_values(g->watcher)) {
        index_add(&w->values, &e->cell);
    }
    e->time_us = time_us;
    entry_insert(g, e);
    g->count++;
    return e;
}

/* The value that counts for ref i, into w->text; 0 octets when it is lacking. A rule's value is its number. */
static size_t
make_value(struct watcher *x, size_t i, const struct syc_value *row)
{
    const struct syc_sigma_correlation *c = x->c;
    size_t n = 0;

    if (c->kind == SYC_TEMPORAL) {
        return append_value(x->watch, &n, &(struct syc_value){.type = SYC_INT, .u.i = (int64_t)i})
                   ? n
                   : 0;
    }
    return make_key(x, i, c->group_count, c->group_count + c->value_count, row);
}

/* The event as what it counts for: one more, or a value or rule seen again, which makes it young. */
static void
count_event(struct group *g, size_t i, const struct syc_sigma_event *event)
{
    struct watcher *x = g->watcher;
    size_t n = has_values(x) ? make_value(x, i, event->row) : 0;
    uint64_t hash = syc_hash(&x->watch->key, x->watch->text, n) + g->serial;
    struct entry *e = n > 0 ? find_entry(g, hash, n) : NULL;

    if (has_values(x) ? n == 0 : g->event == x->watch->event) {
        return; /* no value; or an event that two of the rules match: one event all the same */
    }
    if (e && e->time_us > event->time_us) {
        g->event = x->watch->event; /* late: what is known of the value is newer */
        return;
    }
    if (e) {
        entry_unlink(e);
        e->time_us = event->time_us;
        entry_insert(g, e);
    } else {
        e = make_entry(g, hash, n, event->time_us);
    }
    if (!e) {
        return;
    }
    g->event = x->watch->event;
    memcpy(e->tag, event->tag, x->watch->tag_octets);
    if (g->count > (size_t)x->c->track) {
        entry_free(g->first);
    }
}

/* ---- order ---- */

/*
 * Rule i of a chain: of all ways to have come so far in order, the one that began last is the one that stays in the
 * window longest, so it alone is kept.
 *
 *     steps[i], chains[i]    begin of that chain; tags of its events, i + 1 of them
 */
static void
step(struct group *g, size_t i, const struct syc_sigma_event *event)
{
    struct watcher *x = g->watcher;
    size_t octets = x->watch->tag_octets, n = x->c->ref_count;
    uint8_t *chain = g->chains + i * n * octets;
    bool goes_on = g->open;

    if (i > 0 &&
        (g->steps[i - 1] == NEVER || g->steps[i - 1] < event->time_us - x->c->timespan_us)) {
        return;
    }
    g->steps[i] = i > 0 ? g->steps[i - 1] : event->time_us;
    if (i > 0) {
        memcpy(chain, chain - n * octets, i * octets);
    }
    memcpy(chain + i * octets, event->tag, octets);
    if (i + 1 < n) {
        return;
    }
    g->open = true;
    if (goes_on) {
        tell(g, event->tag, 1, event->time_us, true);
    } else {
        x->fired_at = x->watch->event;
        tell(g, chain, n, g->steps[i], false);
    }
}

/* The run of a chain lasts as long as a whole one is in the window. */
static void
slide_steps(struct group *g, int64_t to_us)
{
    const struct syc_sigma_correlation *c = g->watcher->c;
    int64_t whole = g->steps[c->ref_count - 1];

    if (whole == NEVER || whole < to_us - c->timespan_us) {
        g->open = false;
    }
}

/*
 * An event before the newest of its group: at its place in the window if that still reaches it. Of a chain only the begin
 * is kept, so what belongs before its end cannot be put there.
 */
static void
take_late(struct group *g, size_t i, const struct syc_sigma_event *event)
{
    const struct syc_sigma_correlation *c = g->watcher->c;

    note_late(g->watcher->watch);
    if (c->kind != SYC_TEMPORAL_ORDERED && event->time_us >= g->last_us - c->timespan_us) {
        count_event(g, i, event);
    }
}

void
syc_group_take(struct watcher *x, size_t i, const struct syc_sigma_event *event)
{
    struct group *g = touch_group(x, i, event);

    if (!g) {
        return;
    }
    if (event->time_us < g->last_us) {
        take_late(g, i, event);
    } else if (x->c->kind == SYC_TEMPORAL_ORDERED) {
        slide_steps(g, event->time_us);
        g->last_us = event->time_us;
        step(g, i, event);
    } else {
        slide(g, event->time_us);
        g->last_us = event->time_us;
        count_event(g, i, event);
    }
}
