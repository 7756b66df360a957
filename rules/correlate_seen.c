/* Whose evidence a match is, and what is remembered of it. */

#include "rules/correlate_seen.h"

#include <string.h>

/* One rule about one subject, in a chain of the table, and in a list by when it was noted last. Texts stand behind it. */
struct seen {
    struct seen *next, *older, *newer;
    uint64_t hash;
    size_t octets;
    bool pair;
    struct tag
        who; /* a pair's source and service; a source's, with the service of its window at hand */
    bool mixed;   /* of a source: the window has another service, too */
    uint64_t run; /* the last that was counted */
    struct syc_correlated correlated;
};

void
syc_seen_init(struct seen_table *t, size_t budget_octets)
{
    *t = (struct seen_table){.key = syc_hash_key_random(),
                             .budget.limit = budget_octets,
                             .before_us = INT64_MIN};
}

void
syc_seen_fini(struct seen_table *t)
{
    for (struct seen *s = t->oldest, *newer; s; s = newer) {
        newer = s->newer;
        syc_free(s);
    }
    syc_free(t->slots);
    *t = (struct seen_table){0};
}

/* ---- finding ---- */

static bool
same_source(const struct tag *a, const struct tag *b)
{
    return a->ip_v == b->ip_v && memcmp(a->source, b->source, 16) == 0;
}

static bool
same_service(const struct tag *a, const struct tag *b)
{
    return a->dest_port == b->dest_port && memcmp(a->dest, b->dest, 16) == 0;
}

static uint64_t
hash_of(const struct seen_table *t, const struct syc_sigma_rule *rule, const struct tag *tag,
        bool pair)
{
    struct {
        uint8_t source[16], dest[16];
        uint64_t rest;
    } key = {.rest = (uint64_t)pair | (uint64_t)tag->ip_v << 8};

    memcpy(key.source, tag->source, 16);
    if (pair) {
        memcpy(key.dest, tag->dest, 16);
        key.rest |= (uint64_t)tag->dest_port << 16;
    }
    return syc_hash(&t->key, &key, sizeof(key)) ^ syc_hash(&t->key, rule->digest, 64);
}

static struct seen *
find(const struct seen_table *t, const struct syc_sigma_rule *rule, const struct tag *tag,
     bool pair)
{
    uint64_t hash = hash_of(t, rule, tag, pair);
    struct seen *s = t->room > 0 ? t->slots[hash & (t->room - 1)] : NULL;

    while (s && (s->hash != hash || s->correlated.rule != rule || s->pair != pair ||
                 !same_source(&s->who, tag) || (pair && !same_service(&s->who, tag)))) {
        s = s->next;
    }
    return s;
}

const struct syc_correlated *
syc_seen_find(const struct seen_table *t, const struct syc_sigma_rule *rule, const struct tag *tag,
              bool pair)
{
    const struct seen *s = find(t, rule, tag, pair);

    return s ? &s->correlated : NULL;
}

/* ---- making ---- */

/* Twice the slots; false when memory is short and there are none. */
static bool
grow(struct seen_table *t)
{
    size_t room = t->room > 0 ? 2 * t->room : 64;
    struct seen **slots = syc_alloc(room, sizeof(struct seen *));

    if (!slots) {
        return t->room > 0;
    }
    for (size_t i = 0; i < t->room; i++) {
        for (struct seen *s = t->slots[i], *next; s; s = next) {
            next = s->next;
            s->next = slots[s->hash & (room - 1)];
            slots[s->hash & (room - 1)] = s;
        }
    }
    syc_free(t->slots);
    t->slots = slots;
    t->room = room;
    return true;
}

static void
list_remove(struct seen_table *t, struct seen *s)
{
    *(s->older ? &s->older->newer : &t->oldest) = s->newer;
    *(s->newer ? &s->newer->older : &t->newest) = s->older;
}

static void
list_append(struct seen_table *t, struct seen *s)
{
    s->older = t->newest;
    s->newer = NULL;
    *(t->newest ? &t->newest->newer : &t->oldest) = s;
    t->newest = s;
}

/* The one that was silent for longest gives way, if that is long enough. */
static bool
forget_one(struct seen_table *t)
{
    struct seen *s = t->oldest, **at;

    if (!s || s->correlated.end_us >= t->before_us) {
        return false;
    }
    for (at = &t->slots[s->hash & (t->room - 1)]; *at != s; at = &(*at)->next) {
    }
    *at = s->next;
    list_remove(t, s);
    syc_budget_give(&t->budget, s->octets);
    syc_free(s);
    t->count--;
    t->forgotten++;
    return true;
}

/* Zeroed memory for an entry; NULL when there is no room. */
static struct seen *
take(struct seen_table *t, size_t octets)
{
    struct seen *s = NULL;

    if (t->count >= t->room && !grow(t)) {
        return NULL;
    }
    while (!syc_budget_take(&t->budget, octets)) {
        if (!forget_one(t)) {
            return NULL;
        }
    }
    s = syc_alloc(1, octets);
    if (!s) {
        syc_budget_give(&t->budget, octets);
    }
    return s;
}

static size_t
text_octets(const struct syc_value *v)
{
    return v->type == SYC_TEXT ? strlen(v->u.text) + 1 : 0;
}

/* Group values of the run; their texts into the room at `texts`. */
static void
keep_values(struct syc_correlated *out, const struct syc_sigma_fired *f, char *texts)
{
    for (size_t i = 0; i < f->group_count && i < SYC_CORRELATED_VALUES; i++) {
        struct syc_value v = f->group[i];
        size_t n = text_octets(&v);

        if (n > 0) {
            v.u.text = memcpy(texts, v.u.text, n);
            texts += n;
        }
        out->names[i] = f->names[i];
        out->values[i] = v;
        out->value_count = i + 1;
    }
}

/* The entry of a rule and a subject, made if there is none; NULL when it finds no room. */
static struct seen *
ensure(struct seen_table *t, const struct syc_sigma_fired *f, const struct tag *tag, bool pair)
{
    struct seen *s = find(t, f->rule, tag, pair);
    size_t octets = sizeof(*s);

    if (s) {
        return s;
    }
    for (size_t i = 0; i < f->group_count; i++) {
        octets += text_octets(&f->group[i]);
    }
    s = take(t, octets);
    if (!s) {
        return NULL;
    }
    *s = (struct seen){.hash = hash_of(t, f->rule, tag, pair),
                       .octets = octets,
                       .pair = pair,
                       .who = *tag};
    s->correlated = (struct syc_correlated){.rule = f->rule,
                                            .start_us = f->first_us,
                                            .end_us = f->last_us,
                                            .count.type = SYC_INT,
                                            .runs.type = SYC_INT};
    keep_values(&s->correlated, f, (char *)(s + 1));
    s->next = t->slots[s->hash & (t->room - 1)];
    t->slots[s->hash & (t->room - 1)] = s;
    list_append(t, s);
    t->count++;
    return s;
}

/* ---- what fired ---- */

/*
 * One connection of the subject in a window that fired. A run is counted at the first of them; one that goes on, only for
 * who was in none before: whether it is a run that was counted is not told.
 */
static void
add_event(struct seen_table *t, struct seen *s, const struct syc_sigma_fired *f,
          const struct tag *tag)
{
    struct syc_correlated *out = &s->correlated;
    bool first = f->goes_on ? out->runs.u.i == 0 : s->run != t->runs;

    out->start_us = f->first_us < out->start_us ? f->first_us : out->start_us;
    out->end_us = f->last_us > out->end_us ? f->last_us : out->end_us;
    out->count.u.i = first && f->count > out->count.u.i ? f->count : out->count.u.i;
    out->runs.u.i += first;
    out->events++;
    s->run = f->goes_on ? s->run : t->runs;
    list_remove(t, s);
    list_append(t, s);
    if (out->flow_id_count < SYC_EXAMPLES_MAX) {
        out->flow_ids[out->flow_id_count++] = tag->flow_id;
    }
}

static void
note_source(struct seen_table *t, const struct syc_sigma_fired *f, const struct tag *tag)
{
    struct seen *s = ensure(t, f, tag, false);

    if (!s) {
        t->dropped++;
        return;
    }
    if (!f->goes_on && s->run != t->runs) {
        s->who = *tag;
        s->mixed = false;
    }
    s->mixed = s->mixed || (!f->goes_on && !same_service(&s->who, tag));
    add_event(t, s, f, tag);
}

/* A run that goes on adds to the pair of which it was known; it cannot make a pair of what was none. */
static void
note_pair(struct seen_table *t, const struct syc_sigma_fired *f, const struct tag *tag)
{
    const struct seen *source = find(t, f->rule, tag, false);
    struct seen *s;

    if (!source || (source->mixed && !f->goes_on)) {
        return;
    }
    s = f->goes_on ? find(t, f->rule, tag, true) : ensure(t, f, tag, true);
    if (s) {
        add_event(t, s, f, tag);
    } else {
        t->dropped += !f->goes_on;
    }
}

/* Which sources have one service alone in the window is known when all of it was seen. */
void
syc_seen_note(void *user, const struct syc_sigma_fired *f)
{
    struct seen_table *t = user;
    const struct tag *tags = f->tags;

    t->runs += !f->goes_on;
    for (size_t i = 0; i < f->tag_count; i++) {
        note_source(t, f, &tags[i]);
    }
    for (size_t i = 0; i < f->tag_count; i++) {
        note_pair(t, f, &tags[i]);
    }
}
