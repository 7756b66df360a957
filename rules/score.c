#include "rules/rules.h"
#include "rules/score_int.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/*
 * The sum, so plain that a person redoes it from the evidence.
 *
 *     points p, 1..99        ->  log-odds ln(p / (100 - p)); 50 is no evidence and is left out
 *     of each group          ->  the one with the largest magnitude counts: related rules see the same fact
 *     sum + prior = L        ->  score = 100 / (1 + e^-L), rounded
 *     hard evidence          ->  while some is there, nothing below 50 counts
 *     score and samples      ->  the label
 *
 *     example: 85 (gap), 75 (connection), 60 (gap): 1.73 + 1.10 = 2.83, score 94; the 60 stands in its group's shadow
 *
 * Everything here is a function of the rule set and the row: rules are asked in order of name, sums run over sorted
 * evidence, and nothing depends on time, address or the order of files. So verdicts are the same octets wherever
 * they are made.
 *
 * Who abstains says so. A rule whose needs are not met is listed as missing with what it has and what it wants, also
 * when others decide; "insufficient-evidence" never stands without a reason.
 */

/*
 * Thresholds of the published contract. A change of them changes verdicts of stored records: a matter for a
 * release note.
 */
enum {
    AUTOMATION_FROM = 70,
    HUMAN_TO = 30,
    HUMAN_GAPS = 20,      /* of 4000 draws of 20 human gaps 2.7 % looked regular, of 10 gaps 16 % */
    HUMAN_EXCHANGES = 20, /* the same measure for sources of few long connections */
};

const char *
syc_label_name(enum syc_label label)
{
    static const char *const names[] = {
        [SYC_LABEL_INSUFFICIENT] = "insufficient-evidence",
        [SYC_LABEL_HUMAN_LIKE] = "human-like",
        [SYC_LABEL_UNCLEAR] = "unclear",
        [SYC_LABEL_AUTOMATION] = "automation",
        [SYC_LABEL_MIXED] = "mixed",
    };

    return names[label];
}

/* A value as a number; false when it is not known or none. */
static bool
figure(const struct syc_value *v, double *out)
{
    syc_value_made(v);
    if (v->type == SYC_INT) {
        *out = (double)v->u.i;
        return true;
    }
    *out = v->type == SYC_REAL ? v->u.f : 0;
    return v->type == SYC_REAL;
}

/* ---- what is missing ---- */

/* Without a locale's decimal comma. Written from its end. Most figures are counts, which have no places. */
void
syc_score_figure(double f, char out[SYC_FIGURE_TEXT])
{
    char digits[SYC_FIGURE_TEXT];
    char *at = digits + sizeof(digits);
    bool whole;
    uint64_t rest;

    if (!(fabs(f) < 1e15)) {
        snprintf(out, SYC_FIGURE_TEXT, "%s", f < 0 ? "-many" : "many");
        return;
    }
    whole = fabs(f) == (double)(uint64_t)fabs(f);
    rest = whole ? (uint64_t)fabs(f) : (uint64_t)llround(fabs(f) * 1000);
    *--at = '\0';
    for (int place = 0; place < 3 && !whole; place++, rest /= 10) {
        if (*at != '\0' || rest % 10 != 0) {
            *--at = (char)('0' + rest % 10);
        }
    }
    if (*at != '\0') {
        *--at = '.';
    }
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (f < 0 && strpbrk(at, "123456789") != NULL) {
        *--at = '-';
    }
    memcpy(out, at, (size_t)(digits + sizeof(digits) - at));
}

/* Rules come by name, so when the list is full the same ones are left out always. */
static void
add_missing(struct syc_verdict *out, const struct syc_sigma_rule *rule, enum syc_lack why)
{
    if (out->missing_count < SYC_MISSING_MAX) {
        out->missing[out->missing_count++] =
            (struct syc_missing){.rule = rule->name, .about = rule, .why = why};
    }
}

/* Is a fact known, and no less than this? */
static inline bool
reaches(const struct syc_value *v, double least)
{
    double have;

    return figure(v, &have) && have >= least;
}

static bool
need_met(const struct syc_need *need, const struct syc_value *row, double *have)
{
    *have = 0;
    return figure(&row[need->field], have) && *have >= need->least;
}

/* Has the subject what the rule needs beside the first, which syc_judge() has looked at? */
static bool
other_needs_met(const struct syc_sigma_rule *rule, const struct syc_value *row)
{
    const struct syc_score_key *key = rule->extra;
    bool met = true;

    for (size_t i = 1; i < key->need_count && met; i++) {
        met = reaches(&row[key->needs[i].field], key->needs[i].least);
    }
    return met;
}

/* As much of the word as fits; the text stays ended. Returns its length. */
static size_t
append(char out[SYC_NEEDS_TEXT], size_t n, const char *word)
{
    size_t length = strnlen(word, SYC_NEEDS_TEXT - 1 - n);

    memcpy(out + n, word, length);
    out[n + length] = '\0';
    return n + length;
}

/* "7 of 10 gaps", or "unknown of 10 gaps" where nobody told; several joined by commas as far as they fit. */
static void
say_needs(const struct syc_sigma_rule *rule, const struct syc_value *row, char *out)
{
    const struct syc_score_key *key = rule->extra;
    char has[SYC_FIGURE_TEXT];
    size_t n = 0;

    for (size_t i = 0; i < key->need_count; i++) {
        const struct syc_need *need = &key->needs[i];
        double have;

        if (!need_met(need, row, &have)) {
            syc_score_figure(have, has);
            n = append(out, n, n > 0 ? ", " : "");
            n = append(out, n,
                       need->sample && row[need->field].type == SYC_ABSENT ? "unknown" : has);
            n = append(out, n, need->of);
        }
    }
}

static void
say_no_match(const struct syc_score_key *key, const struct syc_value *row, char *out)
{
    char text[SYC_FIGURE_TEXT];
    double have = 0;

    if (key->need_count > 0 && figure(&row[key->needs[0].field], &have)) {
        syc_score_figure(have, text);
        snprintf(out, SYC_NEEDS_TEXT, "no match in %s %s", text, key->needs[0].unit);
    } else {
        snprintf(out, SYC_NEEDS_TEXT, "no match");
    }
}

void
syc_missing_needs(const struct syc_verdict *v, size_t i, char out[SYC_NEEDS_TEXT])
{
    const struct syc_missing *m = &v->missing[i];
    const struct syc_score_key *key = m->about != NULL ? m->about->extra : NULL;

    out[0] = '\0';
    if (key == NULL) {
        snprintf(out, SYC_NEEDS_TEXT, "0 of 1 rules that score");
    } else if (m->why == SYC_LACKS_NEEDS) {
        say_needs(m->about, v->subject->values, out);
    } else if (m->why == SYC_LACKS_RAMP) {
        snprintf(out, SYC_NEEDS_TEXT, "%s", m->about->schema->fields[key->ramp_field].name);
    } else {
        say_no_match(key, v->subject->values, out);
    }
}

/* Rules speak of clients; what is said of a service or of a fleet they must say themselves. */
static bool
concerns(const struct syc_asked *asked, const struct syc_verdict *out)
{
    return (asked->subjects >> out->subject->kind & 1) != 0;
}

/* One word for why, with a bit for each need whose fact is known, and one for each of those facts. */
size_t
syc_missing_key(const struct syc_verdict *v, size_t i, uint64_t *out, size_t room)
{
    const struct syc_missing *m = &v->missing[i];
    const struct syc_score_key *key = m->about != NULL ? m->about->extra : NULL;
    size_t needs = key != NULL ? key->need_count : 0;

    if (room < 1 + needs) {
        return 0;
    }
    out[0] = m->why;
    for (size_t k = 0; k < needs; k++) {
        double have = 0;

        out[0] |= (uint64_t)figure(&v->subject->values[key->needs[k].field], &have) << (8 + k);
        memcpy(&out[1 + k], &have, sizeof(have));
    }
    return 1 + needs;
}

/*
 * Nothing fired and nothing abstained: the samples were large enough, but no rule found its pattern in them.
 * The reader is owed that, too.
 */
static void
note_no_match(const struct syc_ruleset *set, struct syc_verdict *out)
{
    for (size_t i = 0; i < set->judge_count; i++) {
        if (concerns(&set->judges[i], out)) {
            add_missing(out, set->judges[i].rule, SYC_NO_MATCH);
        }
    }
    if (out->missing_count == 0) {
        out->missing[out->missing_count++] = (struct syc_missing){.rule = "none"};
    }
}

/* ---- evidence ---- */

/* The rule's points for this row; false when the ramp's fact is not known. One decimal, as events show them. */
static bool
points_of(const struct syc_score_key *key, const struct syc_value *row, double *out)
{
    double x = 0, t = 0;

    if (key->has_ramp) {
        if (!figure(&row[key->ramp_field], &x)) {
            return false;
        }
        t = (x - key->from) / (key->to - key->from);
        t = t < 0 ? 0 : t > 1 ? 1 : t;
    }
    *out = round(10 * (key->points[0] + t * (key->points[1] - key->points[0]))) / 10;
    return true;
}

/* Every field that rule, ramp or needs read and that is known; pointers into the row, nothing is copied. */
static void
fill_values(struct syc_evidence *e, const struct syc_sigma_rule *rule,
            const struct syc_sigma_hit *hit, const struct syc_value *row)
{
    const struct syc_score_key *key = rule->extra;

    for (size_t i = 0; i < key->field_count && e->value_count < SYC_EVIDENCE_VALUES; i++) {
        const struct syc_value *v = syc_value_made(&row[key->fields[i]]);

        if (v->type != SYC_ABSENT) {
            e->values[e->value_count].name = rule->schema->fields[key->fields[i]].name;
            e->values[e->value_count].held = syc_sigma_held(rule, hit, key->fields[i]);
            e->values[e->value_count++].value = v;
        }
    }
}

/* The values of a correlation: its group, then the largest count and how often it fired. */
static void
fill_correlated(struct syc_evidence *e, const struct syc_correlated *seen)
{
    static const char *const names[] = {"count", "runs"};
    const struct syc_value *const own[] = {&seen->count, &seen->runs};

    for (size_t i = 0; i < seen->value_count && e->value_count + 2 < SYC_EVIDENCE_VALUES; i++) {
        e->values[e->value_count].name = seen->names[i];
        e->values[e->value_count].held = false;
        e->values[e->value_count++].value = &seen->values[i];
    }
    for (size_t i = 0; i < 2; i++) {
        e->values[e->value_count].name = names[i];
        e->values[e->value_count].held = true;
        e->values[e->value_count++].value = own[i];
    }
    e->correlated = seen;
    e->n = seen->events;
}

/* How a rule fired: over a row, or as a correlation. */
struct found {
    const struct syc_value *row;
    struct syc_sigma_hit hit;
    const struct syc_correlated *correlated; /* NULL: over the row */
};

/* One line of the verdict. n is the first of the rule's needs: the sample on which it rests. */
static void
fill_evidence(struct syc_evidence *e, const struct syc_sigma_rule *rule, const struct found *found,
              double points)
{
    const struct syc_score_key *key = rule->extra;
    double n;

    *e = (struct syc_evidence){
        .rule = rule->name,
        .rule_id = rule->id,
        .title = rule->title,
        .group = key->group,
        .level = rule->level,
        .kind = key->kind,
        .filter = key->filter,
        .points = points,
        .log_odds = log(points / (100 - points)),
        .hard = key->hard,
        .n = SYC_NONE,
    };
    if (found->correlated) {
        fill_correlated(e, found->correlated);
        return;
    }
    e->identifier_count = syc_sigma_explain(rule, &found->hit, e->identifiers, SYC_EVIDENCE_VALUES);
    fill_values(e, rule, &found->hit, found->row);
    if (key->need_count > 0 && figure(&found->row[key->needs[0].field], &n) && fabs(n) < 1e15) {
        e->n = llround(n);
    }
}

/* Rules come in order of name, so a newcomer goes behind its equals: ties are broken by name. */
static size_t
place_of(const struct syc_verdict *out, double log_odds)
{
    size_t at = out->evidence_count;

    while (at > 0 && fabs(out->evidence[at - 1].log_odds) < fabs(log_odds)) {
        at--;
    }
    return at;
}

/* The last that is not hard; evidence_count when all are. */
static size_t
weakest_soft(const struct syc_verdict *out)
{
    for (size_t at = out->evidence_count; at > 0; at--) {
        if (!out->evidence[at - 1].hard) {
            return at - 1;
        }
    }
    return out->evidence_count;
}

/* The list is full: drop the weakest that is not hard, which may be the newcomer (then false). */
static bool
make_room(struct syc_verdict *out, bool hard, double log_odds)
{
    size_t at = weakest_soft(out);

    if (!hard && (at == out->evidence_count || place_of(out, log_odds) > at)) {
        return false;
    }
    at = at < out->evidence_count ? at : out->evidence_count - 1;
    out->evidence_count--;
    memmove(&out->evidence[at], &out->evidence[at + 1],
            (out->evidence_count - at) * sizeof(*out->evidence));
    return true;
}

/* Into its place: sorted by magnitude at every moment, so that the list can be cut at its end. */
static void
add_evidence(struct syc_verdict *out, const struct syc_sigma_rule *rule, const struct found *found,
             double points)
{
    const struct syc_score_key *key = rule->extra;
    double log_odds = log(points / (100 - points));

    if (out->evidence_count == SYC_EVIDENCE_MAX && !make_room(out, key->hard, log_odds)) {
        return;
    }
    size_t at = place_of(out, log_odds);

    memmove(&out->evidence[at + 1], &out->evidence[at],
            (out->evidence_count - at) * sizeof(*out->evidence));
    fill_evidence(&out->evidence[at], rule, found, points);
    out->evidence_count++;
}

/*
 * Ask one rule: does it have what it needs, does its condition hold, what are its points?
 *
 * A ramp over a fact that is not known cannot speak, though the condition held: then the fact is what is missing.
 */
static void
ask(const struct syc_sigma_rule *rule, const struct syc_value *row, struct syc_verdict *out)
{
    struct found found = {.row = row};
    double points;

    if (!other_needs_met(rule, row)) {
        add_missing(out, rule, SYC_LACKS_NEEDS);
        return;
    }
    if (!syc_sigma_match(rule, row, &found.hit)) {
        return;
    }
    if (!points_of(rule->extra, row, &points)) {
        add_missing(out, rule, SYC_LACKS_RAMP);
        return;
    }
    if (points != 50) { /* 50 is no evidence, either way */
        add_evidence(out, rule, &found, points);
    }
}

/* A correlation has spoken or not: it reads no fact of the subject, so nothing can be missing. */
static void
ask_correlation(const struct syc_sigma_rule *rule, const struct syc_correlate *correlate,
                struct syc_verdict *out)
{
    const struct syc_score_key *key = rule->extra;
    const struct found found = {.correlated = syc_correlate_find(correlate, rule, out->subject)};

    if (found.correlated && key->points[0] != 50) {
        add_evidence(out, rule, &found, key->points[0]);
    }
}

/* ---- the sum ---- */

/*
 * Mark what counts and add it up.
 *
 * Stronger evidence comes first, so a piece counts unless one of its group was counted before. Against hard evidence
 * nothing speaks: what is below 50 is passed over before groups are looked at, so it does not stand in the way of
 * its group's evidence for automation either.
 */
static double
count_evidence(struct syc_verdict *out)
{
    bool hard = false;
    double sum = 0;

    for (size_t i = 0; i < out->evidence_count; i++) {
        hard = hard || out->evidence[i].hard;
    }
    for (size_t i = 0; i < out->evidence_count; i++) {
        struct syc_evidence *e = &out->evidence[i];

        e->counted = !hard || e->log_odds > 0;
        for (size_t k = 0; k < i && e->counted; k++) {
            e->counted = !out->evidence[k].counted || strcmp(out->evidence[k].group, e->group) != 0;
        }
        sum += e->counted ? e->log_odds : 0;
    }
    return sum;
}

/* Kinds of what counted for automation, strongest first, each once. */
static void
collect_kinds(struct syc_verdict *out)
{
    for (size_t i = 0; i < out->evidence_count; i++) {
        const struct syc_evidence *e = &out->evidence[i];
        bool fresh = e->counted && e->log_odds > 0 && e->kind;

        for (size_t k = 0; k < out->kind_count && fresh; k++) {
            fresh = strcmp(out->kinds[k], e->kind) != 0;
        }
        if (fresh) {
            out->kinds[out->kind_count++] = e->kind;
        }
    }
}

/* A fact by name, 0 when unknown. Only the samples of the label are read so; rules read by index. */
static double
fact(const struct syc_ruleset *set, const struct syc_value *row, const char *name)
{
    double value = 0;
    int field = set->sources ? syc_schema_find(set->sources, name, strlen(name)) : -1;

    return field >= 0 && figure(&row[field], &value) ? value : 0;
}

/* Is there enough of a source to call it human-like? Absence of rhythm is only a finding in a long record. */
static bool
enough_for_human(const struct syc_ruleset *set, const struct syc_value *row)
{
    return fact(set, row, "iat.n") >= HUMAN_GAPS || fact(set, row, "episode.n") >= HUMAN_GAPS ||
           fact(set, row, "conn.turns") >= HUMAN_EXCHANGES;
}

/*
 * Score and samples as a word. Thresholds are those of the published contract; "mixed" is for who compares the parts
 * of a source, one subject alone never is.
 */
static enum syc_label
label_of(const struct syc_ruleset *set, const struct syc_value *row, const struct syc_verdict *out)
{
    if (out->evidence_count == 0) {
        return SYC_LABEL_INSUFFICIENT;
    }
    if (out->score >= AUTOMATION_FROM) {
        return SYC_LABEL_AUTOMATION;
    }
    if (out->score <= HUMAN_TO && enough_for_human(set, row)) {
        return SYC_LABEL_HUMAN_LIKE;
    }
    return SYC_LABEL_UNCLEAR;
}

void
syc_judge(const struct syc_ruleset *set, const struct syc_correlate *correlate,
          const struct syc_subject *subject, double prior, struct syc_verdict *out)
{
    out->subject = subject;
    out->prior = prior;
    out->evidence_count = out->missing_count = out->kind_count = 0;
    for (size_t i = 0; i < set->judge_count; i++) {
        const struct syc_asked *asked = &set->judges[i];

        if (!concerns(asked, out)) {
            continue;
        }
        if (asked->needs && !reaches(&subject->values[asked->field], asked->least)) {
            add_missing(out, asked->rule, SYC_LACKS_NEEDS);
        } else if (asked->rule->correlation) {
            ask_correlation(asked->rule, correlate, out);
        } else {
            ask(asked->rule, subject->values, out);
        }
    }
    out->log_odds = prior + count_evidence(out);
    out->score = (int)lround(100 / (1 + exp(-out->log_odds)));
    out->label = label_of(set, subject->values, out);
    collect_kinds(out);
    if (out->label == SYC_LABEL_INSUFFICIENT && out->missing_count == 0) {
        note_no_match(set, out);
    }
}
