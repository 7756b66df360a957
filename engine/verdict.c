/*
 * Facts to verdicts, in canonical order: a source, then those of its sub-streams and pairs that differ from it. A source
 * is `mixed` when its sub-streams disagree, so they are judged before it speaks, and once more when they have something
 * to say of their own: few have, and judging those twice costs less than keeping all.
 */

#include "engine/engine_int.h"

#include <stdio.h>
#include <string.h>

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
 * "Title: field value, field value": what a person reads first. The title says what was seen; of the values those that
 * made the rule fire, not all that it read: two are what fits into a line of a terminal, the rest is in the evidence.
 */
static void
reason_in_words(const struct syc_verdict *v, char *out, size_t room)
{
    const struct syc_evidence *ev = strongest(v);
    int said = 0;

    if (ev == NULL) {
        char needs[SYC_NEEDS_TEXT] = "";
        bool lacks;

        if (v->missing_count > 0) {
            syc_missing_needs(v, 0, needs);
        }
        lacks = needs[0] != 0 && strncmp(needs, "no match", 8) != 0; /* that one had enough */
        snprintf(out, room, "%s%s", lacks ? "too little to go on: has " : "no rule fired",
                 lacks ? needs : "");
        return;
    }
    snprintf(out, room, "%s", ev->title != NULL ? ev->title : ev->rule);
    for (size_t i = 0; i < ev->value_count && said < 2; i++) {
        if (ev->values[i].held) {
            append_value(out, room, said++ == 0 ? ": " : ", ", ev->values[i].name,
                         ev->values[i].value);
        }
    }
    if (said < 2 && ev->n != SYC_NONE) {
        size_t n = strlen(out);
        snprintf(out + n, room - n, "%sn %lld", said == 0 ? ": " : ", ", (long long)ev->n);
    }
}

/* Whom a row is of: the address of a source, and what stands for a service or a fleet. */
static void
name_subject(const struct syc_subject *s, char *out, size_t room)
{
    char addr[SYC_ADDR_TEXT];
    bool service = s->kind == SYC_SUBJECT_DESTINATION;

    syc_addr_format(service ? s->dest : s->source, s->ip_v, addr);
    if (service) {
        snprintf(out, room, s->ip_v == 6 ? "to [%s]:%u" : "to %s:%u", addr, s->dest_port);
    } else if (s->kind == SYC_SUBJECT_FLEET) {
        snprintf(out, room, "%lld like %s", (long long)s->source_count, addr);
    } else {
        snprintf(out, room, "%s", addr);
    }
}

/* Only what a row needs is copied: the subject's values go when the visit ends. */
static void
tell_row(struct syc_engine *e, const struct syc_verdict *v)
{
    enum syc_subject_kind kind = v->subject->kind;
    struct syc_table_row row = {.group =
                                    kind == SYC_SUBJECT_DESTINATION || kind == SYC_SUBJECT_FLEET,
                                .score = v->score,
                                .label = v->label,
                                .conn_count = v->subject->conn_count};

    if (e->config.row == NULL) {
        return;
    }
    name_subject(v->subject, row.source, sizeof(row.source));
    reason_in_words(v, row.reason, sizeof(row.reason));
    e->config.row(e->config.user, &row);
}

/* It goes out; the table has no rows of pairs and sub-streams, since their source says it already. */
static void
say(struct syc_engine *e, const struct syc_verdict *v)
{
    if (e->config.events & SYC_EVENT_VERDICT) {
        syc_emit_verdict(e->config.output, v, syc_ruleset_digest(e->rules),
                         e->telling == TELL_LAST);
    }
    if (e->config.verdict != NULL) {
        e->config.verdict(e->config.user, v);
    }
    if (v->subject->kind != SYC_SUBJECT_PAIR && v->subject->kind != SYC_SUBJECT_SUBSTREAM) {
        tell_row(e, v);
    }
}

/* A verdict takes over 30 KiB: one for a source and one for a part of it are enough, used again and again. */
static enum syc_label
judge(struct syc_engine *e, const struct syc_subject *s, struct syc_verdict *out)
{
    syc_judge(e->rules, e->correlate, s, e->config.prior, out);
    return out->label;
}

/* ------------------------------------------------------------ a source and its parts */

enum { LABELS = SYC_LABEL_MIXED + 1 };

/*
 * What the source's sub-streams were found to be: how many have which label, and the labels of the first.
 *
 * They are judged before their source speaks and said behind it. Verdicts of 30 KiB are not kept for that: those that have
 * something to say are judged again. More than 64 programs behind an address are rare; what goes beyond is judged again
 * whatever it has to say.
 */
struct heard {
    size_t counts[LABELS];
    uint8_t labels[64];
};

static void
hear_streams(struct syc_engine *e, struct syc_visit *v, struct heard *heard)
{
    size_t n = 0;

    for (const struct syc_subject *s; (s = syc_visit_substream(v)) != NULL; n++) {
        enum syc_label label = judge(e, s, &e->part);

        heard->counts[label]++;
        if (n < sizeof(heard->labels)) {
            heard->labels[n] = (uint8_t)label;
        }
    }
}

/* Those of which a label in `silent` (bits) was heard are not judged again. */
static void
say_streams(struct syc_engine *e, struct syc_visit *v, const struct heard *heard, unsigned silent)
{
    size_t n = 0;

    for (const struct syc_subject *s; (s = syc_visit_substream(v)) != NULL; n++) {
        bool known = n < sizeof(heard->labels);

        if ((!known || (silent >> heard->labels[n] & 1) == 0) &&
            (silent >> judge(e, s, &e->part) & 1) == 0) {
            say(e, &e->part);
        }
    }
}

/* The place of a shape's label, which is free (shape 0) until it is known; NULL when there is none. */
static struct shaped *
shape_of(struct syc_engine *e, uint64_t shape)
{
    size_t at = (size_t)((shape * UINT64_C(0x9e3779b97f4a7c15)) >> 56) % SHAPES;

    if (shape == 0 || !e->shapes.hold) {
        return NULL;
    }
    for (size_t i = 0; i < SHAPES; i++, at = (at + 1) % SHAPES) {
        struct shaped *s = &e->shapes.list[at];

        if (s->shape == shape || s->shape == 0) {
            return s;
        }
    }
    return NULL;
}

/*
 * The next pair that was judged to be neither silent label (bits); NULL after the last. A run over
 * scans has thousands of pairs for each shape: one whose shape was judged silent before is passed
 * over.
 */
static const struct syc_subject *
next_speaking(struct syc_engine *e, struct syc_visit *v, unsigned silent)
{
    for (;;) {
        uint64_t shape = syc_visit_shape(v);
        struct shaped *known = shape_of(e, shape);
        const struct syc_subject *pair;
        enum syc_label label;

        if (known != NULL && known->shape != 0 && (silent >> known->label & 1) != 0) {
            syc_visit_pass(v);
            continue;
        }
        pair = syc_visit_pair(v);
        if (pair == NULL) {
            return NULL;
        }
        label = judge(e, pair, &e->part);
        if (known != NULL) {
            *known = (struct shaped){shape, label};
        }
        if ((silent >> label & 1) == 0) {
            return pair;
        }
    }
}

static void
say_pairs(struct syc_engine *e, struct syc_visit *v, unsigned silent)
{
    while (next_speaking(e, v, silent) != NULL) {
        say(e, &e->part);
    }
}

/*
 * What was told of a source, as it is noted with it: its label plus 1, 0 = nothing yet; and that there was news since. What
 * is too little to go on is no change from nothing.
 */
enum { TOLD_LABEL = 7, TOLD_OLD = 8 };
_Static_assert((int)LABELS < (int)TOLD_LABEL, "three bits hold a label plus 1");

/* There is nothing new to tell of it; people's rows are all told each time. */
static bool
is_old_news(const struct syc_engine *e, const struct syc_visit *v)
{
    return e->telling == TELL_NEWS && e->config.row == NULL && !syc_visit_is_news(v) &&
           (syc_visit_noted(v) & TOLD_OLD) == 0;
}

/* True when the label is to be told now; either way it is noted what a reader knows by then. */
static bool
note_label(const struct syc_engine *e, struct syc_visit *v, enum syc_label label)
{
    unsigned told = syc_visit_noted(v) & TOLD_LABEL;
    unsigned known = told != 0 ? told : (unsigned)SYC_LABEL_INSUFFICIENT + 1;

    if (e->telling == TELL_CHANGES && known == (unsigned)label + 1) {
        syc_visit_note(v, told | TOLD_OLD);
        return false;
    }
    syc_visit_note(v, (unsigned)label + 1);
    return true;
}

/*
 * Sub-streams are judged before the source speaks, to learn whether they disagree: a script behind a person's address makes it mixed, and
 * so does one beside what is too little or too unclear to be called a person. Pairs
 * do not, since one program calls many services and each sees only a part of what it does.
 */
static enum syc_label
judge_source(struct syc_engine *e, struct syc_visit *v, struct heard *heard)
{
    enum syc_label label = judge(e, syc_visit_source(v), &e->verdict);

    hear_streams(e, v, heard);
    if (heard->counts[SYC_LABEL_AUTOMATION] > 0 &&
        (heard->counts[SYC_LABEL_HUMAN_LIKE] > 0 || label != SYC_LABEL_AUTOMATION)) {
        label = e->verdict.label = SYC_LABEL_MIXED;
    }
    return label;
}

static void
visit(void *user, struct syc_visit *v)
{
    struct syc_engine *e = user;
    struct heard heard = {.counts = {0}};
    size_t speaking = 0;
    enum syc_label label;
    unsigned silent;

    if (is_old_news(e, v)) {
        return;
    }
    label = judge_source(e, v, &heard);
    if (!note_label(e, v, label)) {
        return;
    }
    if (e->config.events & SYC_EVENT_SOURCE) {
        syc_emit_source(e->config.output, syc_visit_source(v));
    }
    say(e, &e->verdict);
    /* Parts that say something else than their source. What knows too little does not speak. */
    silent = 1U << label | 1U << SYC_LABEL_INSUFFICIENT;
    for (size_t i = 0; i < LABELS; i++) {
        speaking += (silent >> i & 1) == 0 ? heard.counts[i] : 0;
    }
    if (speaking > 0) {
        say_streams(e, v, &heard, silent);
    }
    say_pairs(e, v, silent);
}

/* Of services and fleets only what is wrong with them is worth an event: that many are well is no finding. */
static void
visit_group(void *user, const struct syc_subject *s)
{
    struct syc_engine *e = user;

    if (judge(e, s, &e->verdict) != SYC_LABEL_AUTOMATION) {
        return;
    }
    if (e->config.events & SYC_EVENT_SOURCE) {
        syc_emit_source(e->config.output, s);
    }
    say(e, &e->verdict);
}

/*
 * Whether shapes hold: no rule that judges reads what a shape leaves open, nor does a correlation. Asked each time, with no
 * labels known, since the rules may have been reloaded.
 */
static void
begin_shapes(struct syc_engine *e)
{
    e->shapes = (struct shapes){.hold = e->correlate == NULL};
    for (size_t field = 0; field < syc_source_schema.count; field++) {
        e->shapes.hold =
            e->shapes.hold && (syc_shape_fixes(field) || !syc_ruleset_judges_by(e->rules, field));
    }
}

enum syc_status
engine_judge_subjects(struct syc_engine *e, enum telling telling)
{
    enum syc_status status;

    e->telling = telling;
    if (e->correlate != NULL && telling == TELL_LAST) {
        syc_correlate_finish(e->correlate);
    }
    begin_shapes(e);
    if (telling == TELL_CHANGES) {
        return syc_cadence_news(e->cadence, visit, e);
    }
    status = syc_cadence_finish(e->cadence, visit, e);
    return status == SYC_OK ? syc_cadence_groups(e->cadence, visit_group, e) : status;
}
