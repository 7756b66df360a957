/* Whose evidence a match is, and what is remembered of it. */

#include "rules/correlate_seen.h"

#include <string.h>

/* One rule about one subject, in a chain of the table. */
struct seen {
    struct seen *next;
    uint64_t hash;
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
    *t = (struct seen_table){.key = syc_hash_key_random(), .budget.limit = budget_octets};
}

void
syc_seen_fini(struct seen_table *t)
{
    for (size_t i = 0; i < t->room; i++) {
        for (struct seen *s = t->slots[i], *next; s; s = next) {
            next = s->next;
            syc_free(s);
        }
    }
    syc_free(t->slots);
    syc_arena_fini(&t->arena);
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

/* Group values of the run, with texts of their own. Those that find no memory are left out. */
static void
keep_values(struct seen_table *t, struct syc_correlated *out, const struct syc_sigma_fired *f)
{
    for (size_t i = 0; i < f->group_count && out->value_count < SYC_CORRELATED_VALUES; i++) {
        struct syc_value v = f->group[i];

        if (v.type == SYC_TEXT) {
            v.u.text = syc_arena_text(&t->arena, v.u.text, strlen(v.u.text));
        }
        if (v.type != SYC_TEXT || v.u.text) {
            out->names[out->value_count] = f->names[i];
            out->values[out->value_count++] = v;
        }
    }
}

/* The entry of a rule and a subject, made if there is none; NULL when it finds no room. */
static struct seen *
ensure(struct seen_table *t, const struct syc_sigma_fired *f, const struct tag *tag, bool pair)
{
    struct seen *s = find(t, f->rule, tag, pair);

    if (s) {
        return s;
    }
    if ((t->count >= t->room && !grow(t)) || !syc_budget_take(&t->budget, sizeof(*s))) {
        return NULL;
    }
    s = syc_alloc(1, sizeof(*s));
    if (!s) {
        syc_budget_give(&t->budget, sizeof(*s));
        return NULL;
    }
    *s = (struct seen){.hash = hash_of(t, f->rule, tag, pair), .pair = pair, .who = *tag};
    s->correlated = (struct syc_correlated){.rule = f->rule,
                                            .start_us = f->first_us,
                                            .count.type = SYC_INT,
                                            .runs.type = SYC_INT};
    keep_values(t, &s->correlated, f);
    s->next = t->slots[s->hash & (t->room - 1)];
    t->slots[s->hash & (t->room - 1)] = s;
    t->count++;
    return s;
}

/* ---- what fired ---- */

/*
 * One connection of the subject in a window that fired. A run is counted at the first of them; one that goes on, only for
 * who was in none before: whether it is a run that was counted is not told.
 */
static void
add_event(const struct seen_table *t, struct seen *s, const struct syc_sigma_fired *f,
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
