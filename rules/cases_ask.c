/*
 * A rule is asked as a run asks it: by syc_judge() if it scores, so that needs, points and whom it is about are tested
 * with the detection; else by its detection alone. A capture is run by the caller, who has an engine; what is asked of its
 * verdicts is the same.
 */

#include "rules/cases_int.h"
#include "rules/score_int.h"

#include <math.h>
#include <string.h>

/* ---- what the rule makes of facts ---- */

/* Texts of a verdict end with its rule set, which for a capture is another than ours. */
static size_t
keep_texts(struct cases *c, const char *const *texts, size_t count, const char **out)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = syc_arena_text(c->arena, texts[i], strlen(texts[i]));
        if (!out[i]) {
            c->status = SYC_NO_MEMORY;
            return 0;
        }
    }
    return count;
}

/* What a verdict says of the rule, into the answer. */
static void
take(struct cases *c, const struct syc_verdict *v, struct answer *out)
{
    for (size_t i = 0; i < v->evidence_count; i++) {
        const struct syc_evidence *e = &v->evidence[i];

        if (strcmp(e->rule, c->rule->name) == 0 &&
            (!out->match || fabs(e->points - 50) > fabs(out->points - 50))) {
            out->match = true;
            out->points = e->points;
            out->identifier_count =
                keep_texts(c, e->identifiers, e->identifier_count, out->identifiers);
        }
    }
    for (size_t i = 0; i < v->missing_count && !out->missing[0]; i++) {
        if (strcmp(v->missing[i].rule, c->rule->name) == 0 && v->missing[i].why != SYC_NO_MATCH) {
            syc_missing_needs(v, i, out->missing);
        }
    }
}

/* The kind that the facts name; a source without one. */
static enum syc_subject_kind
kind_of(const struct cases *c)
{
    int field = syc_schema_find(c->rule->schema, "subject", 7);

    for (int kind = 0; field >= 0 && kind < SYC_SUBJECT_COUNT; kind++) {
        if (c->row[field].type == SYC_TEXT &&
            strcmp(c->row[field].u.text, syc_subject_name((enum syc_subject_kind)kind)) == 0) {
            return (enum syc_subject_kind)kind;
        }
    }
    return SYC_SUBJECT_SOURCE;
}

static void
ask_judge(struct cases *c, struct answer *out)
{
    const struct syc_subject subject = {.kind = kind_of(c), .ip_v = 4, .values = c->row};

    syc_judge(c->set, NULL, &subject, 0, c->verdict);
    take(c, c->verdict, out);
}

static bool
scores(const struct syc_sigma_rule *rule)
{
    const struct syc_score_key *key = rule->extra;

    return key && key->scores &&
           (rule->correlation || strcmp(rule->schema->category, "source") == 0);
}

static void
ask(struct cases *c, struct answer *out)
{
    struct syc_sigma_hit hit;

    if (scores(c->rule)) {
        ask_judge(c, out);
        return;
    }
    out->match = syc_sigma_match_fully(c->rule, c->row, &hit);
    out->identifier_count = syc_sigma_explain(c->rule, &hit, out->identifiers, SYC_EVIDENCE_VALUES);
}

void
syc_cases_ask_facts(struct cases *c, const struct syc_yaml_node *event, struct answer *out)
{
    if (c->rule->correlation) {
        syc_cases_fault(c, event,
                        "only a capture tells of a correlation, which is not about one row:",
                        c->rule->name);
        return;
    }
    c->row = syc_arena_alloc(c->arena, c->rule->schema->count * sizeof(*c->row));
    if (!c->row) {
        c->status = SYC_NO_MEMORY;
        return;
    }
    memset(c->row, 0, c->rule->schema->count * sizeof(*c->row));
    syc_cases_read_facts(c, event);
    if (c->status == SYC_OK) {
        ask(c, out);
    }
}

/* ---- what a run makes of a capture ---- */

struct listening {
    struct cases *cases;
    struct answer *answer;
    bool given; /* only this source */
    uint8_t source[16];
    size_t heard;
};

/* The label is that of the source itself: its pairs and programs have their own, and without a name it is nobody's. */
static void
hear(void *to, const struct syc_verdict *v)
{
    struct listening *l = to;
    struct answer *out = l->answer;

    if (l->cases->status != SYC_OK ||
        (l->given && memcmp(l->source, v->subject->source, sizeof(l->source)) != 0)) {
        return;
    }
    take(l->cases, v, out);
    if (v->subject->kind == SYC_SUBJECT_SOURCE) {
        l->heard++;
    }
    if (v->subject->kind == SYC_SUBJECT_SOURCE && l->given) {
        out->label = syc_label_name(v->label);
        out->kind_count = keep_texts(l->cases, v->kinds, v->kind_count, out->kinds);
    }
}

void
syc_cases_ask_capture(struct cases *c, const struct syc_yaml_node *capture,
                      const struct syc_yaml_node *source, struct answer *out)
{
    struct listening l = {.cases = c, .answer = out, .given = source != NULL};
    struct syc_error err = {0};
    enum syc_status status;
    int ip_v = 0;

    if (capture->kind != SYC_YAML_SCALAR || capture->length == 0) {
        syc_cases_fault(c, capture, "a capture is the name of a file", NULL);
    } else if (source && !syc_addr_parse(source->text, l.source, &ip_v)) {
        syc_cases_fault(c, source, "not an address:", source->text);
    } else if (!scores(c->rule)) {
        syc_cases_fault(c, capture, "a rule that scores nothing is in no verdict:", c->rule->name);
    }
    if (c->status != SYC_OK) {
        return;
    }
    status = c->runner->play(c->runner->user, capture->text, hear, &l, &err);
    if (status == SYC_NO_MEMORY) {
        c->status = status;
    } else if (status != SYC_OK) {
        syc_error_at(c->err, c->file, capture->at.line, capture->at.column);
        c->status = syc_error_set(c->err, SYC_IO, "%.80s: %s", capture->text, err.text);
    } else if (l.heard == 0) {
        syc_cases_fault(c, source ? source : capture,
                        source ? "the capture has no source" : "no source is in the capture",
                        source ? source->text : capture->text);
    }
}
