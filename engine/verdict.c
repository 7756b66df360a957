/*
 * Facts to verdicts, in canonical order. A source is `mixed` when its pairs disagree, which is known only after the
 * last of them, and its verdict stands before theirs: so a source and its scored pairs are held, as copies, until the
 * next source comes. What finds no room is said at once, before its source.
 */

#include "engine/engine_int.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------ copies */

static bool
copy_list(struct syc_arena *a, struct syc_value *v)
{
    size_t count = v->u.list.count;
    const char **items = syc_arena_alloc(a, count * sizeof(*items));

    if (items == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        items[i] = syc_arena_text(a, v->u.list.items[i], strlen(v->u.list.items[i]));
        if (items[i] == NULL) {
            return false;
        }
    }
    v->u.list.items = items;
    return true;
}

/* Numbers and addresses are in the value itself; texts and lists of them are borrowed, so those are copied. */
static bool
copy_value(struct syc_arena *a, struct syc_value *v)
{
    if (v->type == SYC_TEXT) {
        v->u.text = syc_arena_text(a, v->u.text, strlen(v->u.text));
        return v->u.text != NULL;
    }
    return v->type != SYC_LIST || copy_list(a, v);
}

/* A subject whose values do not go away with the visit; NULL when there is no room. */
static struct held *
copy_subject(struct hold *hold, const struct syc_subject *s)
{
    size_t octets = syc_source_schema.count * sizeof(struct syc_value);
    struct held *h = NULL;
    struct syc_value *values;

    if (hold->arena.used + octets > hold->limit) {
        return NULL;
    }
    h = syc_arena_alloc(&hold->arena, sizeof(*h));
    values = syc_arena_alloc(&hold->arena, octets);
    if (h == NULL || values == NULL) {
        return NULL;
    }
    memcpy(values, s->values, octets);
    for (size_t i = 0; i < syc_source_schema.count; i++) {
        if (!copy_value(&hold->arena, &values[i])) {
            return NULL;
        }
    }
    h->subject = *s;
    h->subject.values = values;
    return h;
}

/* ------------------------------------------------------------ what is said */

/* The strongest evidence that speaks the label's way, else the strongest at all; NULL without any. */
static const struct syc_evidence *
strongest(const struct syc_verdict *v)
{
    bool automation = v->score >= 50;

    for (size_t i = 0; i < v->evidence_count; i++) {
        const struct syc_evidence *ev = &v->evidence[i];
        if (ev->counted && (ev->log_odds > 0) == automation) {
            return ev;
        }
    }
    return v->evidence_count > 0 ? &v->evidence[0] : NULL;
}

/* "iat.cv 0.04": the number that made the rule fire, as far as one line has room for it. */
static void
append_value(char *out, size_t room, const char *between, const char *name,
             const struct syc_value *v)
{
    size_t n = strlen(out);

    if (v->type == SYC_INT || v->type == SYC_BOOL) {
        snprintf(out + n, room - n, "%s%s %lld", between, name, (long long)v->u.i);
    } else if (v->type == SYC_REAL) {
        snprintf(out + n, room - n, "%s%s %.3g", between, name, v->u.f);
    } else if (v->type == SYC_TEXT) {
        snprintf(out + n, room - n, "%s%s %.40s", between, name, v->u.text);
    }
}

/*
 * "Title: field value, field value": what a person reads first. The title says what was seen; two values are what fits
 * into a line of a terminal, the rest is in the evidence.
 */
static void
reason_in_words(const struct syc_verdict *v, char *out, size_t room)
{
    const struct syc_evidence *ev = strongest(v);

    if (ev == NULL) {
        char needs[SYC_NEEDS_TEXT] = "";

        if (v->missing_count > 0) {
            syc_missing_needs(v, 0, needs);
        }
        snprintf(out, room, "%s%s",
                 v->missing_count > 0 ? "too little to go on: has " : "no rule fired", needs);
        return;
    }
    snprintf(out, room, "%s", ev->title != NULL ? ev->title : ev->rule);
    for (size_t i = 0; i < ev->value_count && i < 2; i++) {
        append_value(out, room, i == 0 ? ": " : ", ", ev->values[i].name, ev->values[i].value);
    }
}

static void
tell_row(struct syc_engine *e, const struct syc_verdict *v)
{
    struct syc_table_row row = {.score = v->score,
                                .label = v->label,
                                .conn_count = v->subject->conn_count};

    if (e->config.row == NULL) {
        return;
    }
    syc_addr_format(v->subject->source, v->subject->ip_v, row.source);
    reason_in_words(v, row.reason, sizeof(row.reason));
    e->config.row(e->config.user, &row);
}

/* e->verdict goes out. */
static void
say(struct syc_engine *e)
{
    const struct syc_verdict *v = &e->verdict;

    if (e->config.events & SYC_EVENT_VERDICT) {
        syc_emit_verdict(e->config.output, v, syc_ruleset_digest(e->rules));
    }
    if (e->config.verdict != NULL) {
        e->config.verdict(e->config.user, v);
    }
    if (v->subject->kind == SYC_SUBJECT_SOURCE) {
        tell_row(e, v);
    }
}

/* Into e->verdict: a verdict takes over 30 KiB, and one at a time is enough. */
static void
judge(struct syc_engine *e, const struct syc_subject *s)
{
    syc_judge(e->rules, s, e->config.prior, &e->verdict);
}

/* ------------------------------------------------------------ a source and its pairs */

static void
drop_held(struct hold *h)
{
    syc_arena_reset(&h->arena);
    *h = (struct hold){.arena = h->arena, .limit = h->limit, .status = h->status};
}

/* The source first, then every pair that differs from it. */
static void
release(struct syc_engine *e)
{
    struct hold *h = &e->hold;
    enum syc_label label;

    if (h->source == NULL) {
        return;
    }
    judge(e, &h->source->subject);
    if (h->automation && h->human) {
        e->verdict.label = SYC_LABEL_MIXED;
    }
    label = e->verdict.label;
    say(e);
    for (const struct held *p = h->first; p != NULL; p = p->next) {
        if (p->label != label) {
            judge(e, &p->subject);
            say(e);
        }
    }
    drop_held(h);
}

/* The next source ends the one before: its last pair has been seen. */
static void
take_source(struct syc_engine *e, const struct syc_subject *s)
{
    struct hold *h = &e->hold;

    release(e);
    if (e->config.events & SYC_EVENT_SOURCE) {
        syc_emit_source(e->config.output, s);
    }
    h->source = copy_subject(h, s);
    if (h->source == NULL) { /* cannot be held: said without knowing whether its pairs agree */
        h->status = SYC_NO_MEMORY;
        judge(e, s);
        h->own_label = e->verdict.label;
        h->own_known = true;
        say(e);
    }
}

/*
 * No room for one more pair: said before its source, if it differs from what the source is by itself. (That the source
 * will turn out mixed, from which this pair would differ too, is not known yet.)
 */
static void
say_early(struct syc_engine *e, const struct syc_subject *s, enum syc_label label)
{
    struct hold *h = &e->hold;

    if (!h->own_known) {
        judge(e, &h->source->subject);
        h->own_label = e->verdict.label;
        h->own_known = true;
    }
    if (label != h->own_label) {
        judge(e, s);
        say(e);
    }
}

/* A pair that knows too little neither speaks nor makes its source mixed. */
static void
take_pair(struct syc_engine *e, const struct syc_subject *s)
{
    struct hold *h = &e->hold;
    struct held *p;
    enum syc_label label;

    judge(e, s);
    label = e->verdict.label;
    if (label == SYC_LABEL_INSUFFICIENT) {
        return;
    }
    h->automation |= label == SYC_LABEL_AUTOMATION;
    h->human |= label == SYC_LABEL_HUMAN_LIKE;
    p = h->source != NULL ? copy_subject(h, s) : NULL;
    if (p == NULL) {
        say_early(e, s, label);
        return;
    }
    p->label = label;
    *(h->last != NULL ? &h->last->next : &h->first) = p;
    h->last = p;
}

static void
visit(void *user, const struct syc_subject *s)
{
    struct syc_engine *e = user;

    if (s->kind == SYC_SUBJECT_SOURCE) {
        take_source(e, s);
    } else {
        take_pair(e, s);
    }
}

enum syc_status
engine_judge_subjects(struct syc_engine *e)
{
    enum syc_status status = syc_cadence_finish(e->cadence, visit, e);

    release(e);
    return status != SYC_OK ? status : e->hold.status;
}
