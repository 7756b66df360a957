/*
 * A file of rules.
 *
 * Claims: loading is a function of the text (twice: the same counts, findings and digest); each finding is one printable
 * line with a place inside the text; a text with an error refuses a document; a loaded rule has what it must have, and
 * matches a row twice alike; correlations see the same in records of any order, within their memory; a verdict of it is a number from 0 to 100 and finite log-odds.
 */

#include "tests/fuzz/fuzz.h"

#include "rules/rules.h"

#include <math.h>
#include <string.h>

enum { VALUES_MAX = 256 };

static struct syc_ruleset *
load(const char *text, size_t n)
{
    static const struct syc_schema *const schemas[] = {&syc_source_schema};
    struct syc_ruleset *set = syc_ruleset_new(schemas, 1);

    FUZZ_HOLDS(set != NULL, "no memory");
    FUZZ_HOLDS(syc_ruleset_parse(set, "drawn.yml", text, n) == SYC_OK, "not taken");
    FUZZ_HOLDS(syc_ruleset_seal(set) == SYC_OK, "not sealed");
    return set;
}

/* ------------------------------------------------------------ findings */

static size_t
lines_of(struct syc_span text)
{
    size_t lines = 1;

    for (size_t i = 0; i < text.n; i++) {
        /* all that YAML 1.1 calls a break; a CR LF pair counts twice, which is no harm for an upper bound */
        lines += text.p[i] == '\n' || text.p[i] == '\r' || text.p[i] == 0x85 || text.p[i] == 0xa8 ||
                 text.p[i] == 0xa9;
    }
    return lines;
}

static void
check_problem(const struct syc_rule_problem *p, struct syc_span text)
{
    FUZZ_HOLDS(p->file != NULL && strcmp(p->file, "drawn.yml") == 0, "another file");
    FUZZ_HOLDS(p->line <= lines_of(text) + 1, "line %u of %zu", p->line, lines_of(text));
    FUZZ_HOLDS(p->column <= text.n + 1, "column %u of %zu", p->column, text.n);
    FUZZ_HOLDS(p->code != NULL && p->code[0] == 'R' && strlen(p->code) == 4, "%s", p->code);
    FUZZ_HOLDS(p->text != NULL && p->text[0] != 0 && fuzz_is_printable(p->text, strlen(p->text)),
               "%s", p->text);
    FUZZ_HOLDS(p->hint == NULL || fuzz_is_printable(p->hint, strlen(p->hint)), "%s", p->hint);
}

static bool
same_text(const char *a, const char *b)
{
    return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

static void
check_same(const struct syc_ruleset *a, const struct syc_ruleset *b)
{
    const struct syc_rule_problem *p, *q;
    size_t count = syc_ruleset_problems(a, &p);

    FUZZ_HOLDS(syc_ruleset_loaded(a) == syc_ruleset_loaded(b) &&
                   syc_ruleset_refused(a) == syc_ruleset_refused(b) &&
                   syc_ruleset_skipped(a) == syc_ruleset_skipped(b),
               "%zu loaded, then %zu", syc_ruleset_loaded(a), syc_ruleset_loaded(b));
    FUZZ_HOLDS(count == syc_ruleset_problems(b, &q), "%zu findings", count);
    for (size_t i = 0; i < count; i++) {
        FUZZ_HOLDS(p[i].line == q[i].line && p[i].column == q[i].column &&
                       same_text(p[i].code, q[i].code) && same_text(p[i].text, q[i].text) &&
                       same_text(p[i].hint, q[i].hint),
                   "finding %zu: %s, then %s", i, p[i].text, q[i].text);
    }
    FUZZ_HOLDS(strcmp(syc_ruleset_digest(a), syc_ruleset_digest(b)) == 0, "another digest");
}

/* ------------------------------------------------------------ rules */

/* A value for each field; `which` chooses among none, zero, small, large. */
static void
make_row(const struct syc_schema *schema, unsigned which, struct syc_value row[VALUES_MAX])
{
    static const char *const items[] = {"one", "windows"};
    static const double reals[4] = {0, 0.5, 1e9, -1};
    static const int64_t integers[4] = {0, 12, INT64_MAX, -3};

    for (size_t i = 0; i < schema->count; i++) {
        row[i] = (struct syc_value){.type = which == 0 ? SYC_ABSENT : schema->fields[i].type};
        switch (row[i].type) {
        case SYC_INT:
            row[i].u.i = integers[(which + i) % 4];
            break;
        case SYC_REAL:
            row[i].u.f = reals[(which + i) % 4];
            break;
        case SYC_BOOL:
            row[i].u.i = (int64_t)(which + i) % 2;
            break;
        case SYC_ADDR:
            row[i].u.addr.ip_v = 4;
            memcpy(row[i].u.addr.octets, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\1", 16);
            break;
        case SYC_TEXT:
            row[i].u.text = which % 2 == 0 ? "a *?\\ \xc3\xa9 text" : "";
            break;
        case SYC_LIST:
            row[i].u.list.items = items;
            row[i].u.list.count = which % 3;
            break;
        case SYC_ABSENT:
        case SYC_PROMISED:
            break;
        }
    }
}

static void
check_match(const struct syc_sigma_rule *rule, const struct syc_value *row)
{
    struct syc_sigma_hit first = {0, 0}, second = {0, 0}; /* left alone where it does not hold */
    const char *names[8];
    bool holds = syc_sigma_match(rule, row, &first);
    size_t count = syc_sigma_explain(rule, &first, names, 8);

    FUZZ_HOLDS(syc_sigma_match(rule, row, &second) == holds && first.tests == second.tests &&
                   first.identifiers == second.identifiers,
               "%s answers twice differently", rule->name);
    FUZZ_HOLDS(count <= 8, "%zu names", count);
    for (size_t i = 0; i < count; i++) {
        FUZZ_HOLDS(names[i] != NULL && names[i][0] != 0, "an identifier without a name");
    }
}

static void
check_rule(const struct syc_ruleset *set, const struct syc_sigma_rule *rule)
{
    const struct syc_schema *schema = rule->schema;
    const uint16_t *fields;
    size_t count = syc_sigma_fields(rule, &fields);

    FUZZ_HOLDS(rule->name != NULL && schema != NULL, "%s", rule->name);
    FUZZ_HOLDS(rule->correlation == NULL
                   ? schema == &syc_source_schema || schema == syc_ruleset_connections(set)
                   : schema == syc_ruleset_connections(set),
               "%s", rule->name);
    FUZZ_HOLDS(strlen(rule->digest) == 64 && rule->line >= 1, "%s", rule->digest);
    for (size_t i = 0; i < count; i++) {
        FUZZ_HOLDS(fields[i] < schema->count, "field %u", fields[i]);
        FUZZ_HOLDS(i == 0 || fields[i] > fields[i - 1], "field %u", fields[i]);
    }
}

static void
check_verdict(const struct syc_ruleset *set, const struct syc_value *row)
{
    struct syc_subject subject = {.ip_v = 4, .values = row, .conn_count = 12};
    static struct syc_verdict v;

    syc_judge(set, NULL, &subject, 0.5, &v);
    FUZZ_HOLDS(v.score >= 0 && v.score <= 100 && isfinite(v.log_odds), "score %d", v.score);
    FUZZ_HOLDS(v.evidence_count <= SYC_EVIDENCE_MAX && v.missing_count <= SYC_MISSING_MAX,
               "%zu pieces of evidence", v.evidence_count);
    for (size_t i = 0; i < v.evidence_count; i++) {
        const struct syc_evidence *e = &v.evidence[i];

        FUZZ_HOLDS(e->points >= 1 && e->points <= 99 && isfinite(e->log_odds), "%s: %f points",
                   e->rule, e->points);
        FUZZ_HOLDS(e->group != NULL && e->identifier_count <= SYC_EVIDENCE_VALUES &&
                       e->value_count <= SYC_EVIDENCE_VALUES,
                   "%s", e->rule);
    }
}

static void
use(const struct syc_ruleset *set)
{
    const struct syc_schema *const schemas[] = {syc_ruleset_connections(set), &syc_source_schema};
    struct syc_value row[VALUES_MAX];

    for (unsigned which = 0; which < 4; which++) {
        for (int s = 0; s < 2; s++) {
            make_row(schemas[s], which, row);
            for (size_t i = 0; i < syc_ruleset_loaded(set); i++) {
                if (syc_ruleset_rule(set, i)->schema == schemas[s]) {
                    check_match(syc_ruleset_rule(set, i), row);
                }
            }
        }
        check_verdict(set, row); /* the row of sources */
    }
}

/* ------------------------------------------------------------ correlations */

/* So little that connections of some columns make room for each other before the end. */
enum { RECORDS = 40, CORRELATE_OCTETS = 12 << 10 };

static void
make_record(unsigned i, struct syc_record *r)
{
    syc_record_init(r);
    r->start_us = (int64_t)i * 700000;
    r->key.ip_v = 4;
    r->key.client[15] = (uint8_t)(i % 3);
    r->key.client_port = (uint16_t)i;
    r->key.server_port = (uint16_t)(i % 7 * 40);
    r->state = (int64_t)i % SYC_STATE_COUNT;
    r->dur_us = i;
    r->flow_id = i;
}

/* What the correlations saw of the first source, with its records in order or from behind. */
static void
correlate(const struct syc_ruleset *set, bool backwards, struct syc_verdict *out)
{
    struct syc_value row[VALUES_MAX] = {0};
    struct syc_subject subject = {.ip_v = 4, .values = row};
    struct syc_correlate_stats stats;
    struct syc_correlate *c;

    FUZZ_HOLDS(syc_correlate_new(&c, set, NULL, CORRELATE_OCTETS) == SYC_OK, "no memory");
    for (unsigned i = 0; c != NULL && i < RECORDS; i++) {
        struct syc_record r;

        make_record(backwards ? RECORDS - 1 - i : i, &r);
        syc_correlate_feed(c, &r);
    }
    if (c != NULL) {
        syc_correlate_finish(c);
    }
    syc_judge(set, c, &subject, 0, out);
    syc_correlate_stats(c, &stats);
    FUZZ_HOLDS(stats.watch.octets_peak <= stats.watch.octets_limit, "%zu octets of %zu",
               stats.watch.octets_peak, stats.watch.octets_limit);
    if (stats.dropped + stats.watch.evicted + stats.watch.lost + stats.watch.late > 0) {
        out->evidence_count = 0; /* the order of records may show */
        out->score = -1;
    }
    syc_correlate_free(c);
}

static void
check_correlations(const struct syc_ruleset *set)
{
    static struct syc_verdict first, second;

    correlate(set, false, &first);
    correlate(set, true, &second);
    FUZZ_HOLDS(first.score == second.score || first.score < 0 || second.score < 0,
               "score %d, and %d from behind", first.score, second.score);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct syc_span in = {data, size};
    uint8_t *text = fuzz_copy(data, size);
    uint64_t before = fuzz_work();
    struct syc_ruleset *set = load((const char *)text, size), *again;
    const struct syc_rule_problem *problems;
    size_t count = syc_ruleset_problems(set, &problems), errors = 0;

    _Static_assert(VALUES_MAX >= 128, "rows hold the schema");
    FUZZ_HOLDS(syc_source_schema.count <= VALUES_MAX, "%zu fields", syc_source_schema.count);
    fuzz_bound_work("load", before, size, 16000, 400000); /* a hint compares with every field */
    fuzz_free(text);                                      /* the set must not look at it again */
    FUZZ_HOLDS(count <= SYC_SIGMA_PROBLEMS_MAX + 16, "%zu findings", count);
    for (size_t i = 0; i < count; i++) {
        check_problem(&problems[i], in);
        errors += problems[i].error;
    }
    FUZZ_HOLDS((errors > 0) == (syc_ruleset_refused(set) > 0), "%zu errors, %zu refused", errors,
               syc_ruleset_refused(set));
    for (size_t i = 0; i < syc_ruleset_loaded(set); i++) {
        check_rule(set, syc_ruleset_rule(set, i));
    }
    before = fuzz_work();
    use(set);
    fuzz_bound_work("match", before, size, 40000, 400000);
    check_correlations(set);
    again = load((const char *)data, size);
    check_same(set, again);
    syc_ruleset_free(again);
    syc_ruleset_free(set);
    return 0;
}
