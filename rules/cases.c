#include "rules/cases.h"

#include "rules/rules.h"
#include "rules/score_int.h"
#include "rules/sigma_int.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/*
 * A rule is asked as a run asks it: by syc_judge() if it scores, so that needs, points and whom it is about are tested
 * with the detection; else by its detection alone. A capture is run by the caller, who has an engine; what is asked of its
 * verdicts is the same.
 */

enum { NAME_MAX_OCTETS = 64, WRONG_MAX = 200 };

/* One file at work. */
struct cases {
    const struct syc_ruleset *set;
    const struct syc_case_runner *runner;
    const struct syc_sigma_rule *rule;
    struct syc_arena *arena; /* of the document */
    struct syc_error *err;
    const char *file;
    enum syc_status status;
    struct syc_value *row;
    struct syc_verdict *verdict;
};

/* The file cannot be used; the first fault is the one that is told. */
static void
fault(struct cases *c, const struct syc_yaml_node *node, const char *what, const char *word)
{
    char quoted[SYC_SIGMA_QUOTE];

    if (c->status == SYC_OK) {
        syc_error_at(c->err, c->file, node->at.line, node->at.column);
        c->status = syc_error_set(c->err, SYC_SYNTAX, "%s%s%s", what, word ? " " : "",
                                  word ? syc_sigma_quote_text(word, strlen(word), quoted) : "");
    }
}

static const struct syc_sigma_rule *
find_rule(const struct syc_ruleset *set, const char *name)
{
    for (size_t i = 0; i < syc_ruleset_loaded(set); i++) {
        if (strcmp(syc_ruleset_rule(set, i)->name, name) == 0) {
            return syc_ruleset_rule(set, i);
        }
    }
    return NULL;
}

/* ---- facts ---- */

static bool
read_list(struct cases *c, const struct syc_yaml_node *node, struct syc_value *out)
{
    const char **items = syc_arena_alloc(c->arena, node->count * sizeof(*items));
    size_t n = 0;

    if (!items || node->kind != SYC_YAML_LIST) {
        return false;
    }
    for (const struct syc_yaml_node *item = node->first; item; item = item->next) {
        if (item->kind != SYC_YAML_SCALAR) {
            return false;
        }
        items[n++] = item->text;
    }
    out->u.list.items = items;
    out->u.list.count = n;
    return true;
}

/* A scalar as the field's type has it; false when it is none. */
static bool
read_value(struct cases *c, const struct syc_yaml_node *node, enum syc_type type,
           struct syc_value *out)
{
    int64_t i = 0;
    double f = 0;
    bool truth = false;
    int ip_v = 0;
    enum syc_number number = syc_sigma_number(node, &i, &f);

    *out = (struct syc_value){.type = type};
    switch (type) {
    case SYC_INT:
        out->u.i = i;
        return number == SYC_NUMBER_INT;
    case SYC_REAL:
        out->u.f = f;
        return number == SYC_NUMBER_INT || number == SYC_NUMBER_REAL;
    case SYC_BOOL:
        out->u.i = syc_sigma_bool(node, &truth) && truth;
        return syc_sigma_bool(node, &truth);
    case SYC_ADDR:
        if (!syc_addr_parse(node->text, out->u.addr.octets, &ip_v)) {
            return false;
        }
        out->u.addr.ip_v = (uint8_t)ip_v;
        return true;
    case SYC_TEXT:
        out->u.text = node->text;
        return node->kind == SYC_YAML_SCALAR;
    case SYC_LIST:
        return read_list(c, node, out);
    case SYC_ABSENT:
    case SYC_PROMISED:
    default:
        return false;
    }
}

/* Maps are the first words of names: {iat: {n: 7}} is iat.n. Names are at most two words deep, so this is, too. */
static void
read_facts(struct cases *c, const struct syc_yaml_node *map, const char *prefix, unsigned depth)
{
    const struct syc_schema *schema = c->rule->schema;
    char name[NAME_MAX_OCTETS];

    if (map->kind != SYC_YAML_MAP || depth > 4) {
        fault(c, map, "facts are a map of names to values", NULL);
        return;
    }
    for (const struct syc_yaml_node *node = map->first; node; node = node->next) {
        snprintf(name, sizeof(name), "%s%s%s", prefix, prefix[0] ? "." : "", node->key->text);
        int field = syc_schema_find(schema, name, strlen(name));

        if (field < 0 && node->kind == SYC_YAML_MAP) {
            read_facts(c, node, name, depth + 1);
        } else if (field < 0) {
            fault(c, node->key, "there is no fact", name);
        } else if (!read_value(c, node, schema->fields[field].type, &c->row[field])) {
            fault(c, node, "not a value of", name);
        }
    }
}

/* ---- what the rule makes of them ---- */

/* Of several verdicts: the strongest evidence of the rule, the first need that was lacking. */
struct answer {
    bool match;
    double points;
    char missing[SYC_NEEDS_TEXT];
    const char *identifiers[SYC_EVIDENCE_VALUES];
    size_t identifier_count;
    const char *label; /* of the source that the case names; NULL without */
    const char *kinds[SYC_EVIDENCE_MAX];
    size_t kind_count;
};

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

static void
ask_facts(struct cases *c, const struct syc_yaml_node *event, struct answer *out)
{
    if (c->rule->correlation) {
        fault(c, event,
              "only a capture tells of a correlation, which is not about one row:", c->rule->name);
        return;
    }
    c->row = syc_arena_alloc(c->arena, c->rule->schema->count * sizeof(*c->row));
    if (!c->row) {
        c->status = SYC_NO_MEMORY;
        return;
    }
    memset(c->row, 0, c->rule->schema->count * sizeof(*c->row));
    read_facts(c, event, "", 0);
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

static void
ask_capture(struct cases *c, const struct syc_yaml_node *capture,
            const struct syc_yaml_node *source, struct answer *out)
{
    struct listening l = {.cases = c, .answer = out, .given = source != NULL};
    struct syc_error err = {0};
    enum syc_status status;
    int ip_v = 0;

    if (capture->kind != SYC_YAML_SCALAR || capture->length == 0) {
        fault(c, capture, "a capture is the name of a file", NULL);
    } else if (source && !syc_addr_parse(source->text, l.source, &ip_v)) {
        fault(c, source, "not an address:", source->text);
    } else if (!scores(c->rule)) {
        fault(c, capture, "a rule that scores nothing is in no verdict:", c->rule->name);
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
        fault(c, source ? source : capture,
              source ? "the capture has no source" : "no source is in the capture",
              source ? source->text : capture->text);
    }
}

/* ---- what was expected ---- */

static bool
names(const struct answer *a, const char *identifier)
{
    for (size_t i = 0; i < a->identifier_count; i++) {
        if (strcmp(a->identifiers[i], identifier) == 0) {
            return true;
        }
    }
    return false;
}

static bool
is_label(const char *text)
{
    bool found = false;

    for (int label = 0; label < SYC_LABEL_COUNT; label++) {
        found = found || strcmp(text, syc_label_name((enum syc_label)label)) == 0;
    }
    return found;
}

/* Those named are among the kinds: a case of one rule need not follow all the others. An empty list: there is none. */
static bool
has_kinds(const struct answer *a, const struct syc_yaml_node *list)
{
    bool all = list->first || a->kind_count == 0;

    for (const struct syc_yaml_node *item = list->first; item && all; item = item->next) {
        all = false;
        for (size_t i = 0; i < a->kind_count && !all; i++) {
            all = strcmp(item->text, a->kinds[i]) == 0;
        }
    }
    return all;
}

static void
say_kinds(const struct answer *a, char text[WRONG_MAX])
{
    int n = snprintf(text, WRONG_MAX, "kinds are [");

    for (size_t i = 0; i < a->kind_count && n < WRONG_MAX; i++) {
        n += snprintf(text + n, WRONG_MAX - (size_t)n, "%s%s", i > 0 ? ", " : "", a->kinds[i]);
    }
    if (n < WRONG_MAX) {
        snprintf(text + n, WRONG_MAX - (size_t)n, "]");
    }
}

/* A member of `expect` that is about the verdict of a source; false when it is none. */
static bool
compare_verdict(struct cases *c, const struct syc_yaml_node *want, const struct answer *got,
                char text[WRONG_MAX])
{
    bool label = strcmp(want->key->text, "label") == 0;

    if (!label && strcmp(want->key->text, "kinds") != 0) {
        return false;
    }
    if (!got->label) {
        fault(c, want->key, "label and kinds are of a capture's source: the case needs \"source\"",
              NULL);
    } else if (label && !is_label(want->text)) {
        fault(c, want, "there is no label", want->text);
    } else if (!label && want->kind != SYC_YAML_LIST) {
        fault(c, want, "kinds are a list, such as [beacon]", NULL);
    } else if (label && strcmp(want->text, got->label) != 0) {
        snprintf(text, WRONG_MAX, "label is %s", got->label);
    } else if (!label && !has_kinds(got, want)) {
        say_kinds(got, text);
    }
    return true;
}

/* One member of `expect`; what is wrong goes into the text, the first of several stays. */
static void
compare(struct cases *c, const struct syc_yaml_node *want, const struct answer *got,
        char wrong[WRONG_MAX])
{
    const char *key = want->key->text;
    char text[WRONG_MAX] = "";
    bool truth;
    int64_t i;
    double f;

    if (strcmp(key, "match") == 0 && syc_sigma_bool(want, &truth)) {
        if (truth != got->match) {
            snprintf(text, sizeof(text), "it %s%s%s", got->match ? "matches" : "does not match",
                     got->match || !got->missing[0] ? "" : ", for it has ",
                     got->match ? "" : got->missing);
        }
    } else if (strcmp(key, "points") == 0 && syc_sigma_number(want, &i, &f) != SYC_NUMBER_NOT) {
        if (!got->match || fabs(got->points - f) > 0.05) {
            snprintf(text, sizeof(text), "it has %.1f points, not %.1f", got->points, f);
        }
    } else if (strcmp(key, "missing") == 0 && want->kind == SYC_YAML_SCALAR) {
        if (strcmp(got->missing, want->text) != 0) {
            snprintf(text, sizeof(text), "missing is \"%s\"", got->missing);
        }
    } else if (strcmp(key, "identifier") == 0 && want->kind == SYC_YAML_SCALAR) {
        if (!names(got, want->text)) {
            snprintf(text, sizeof(text), "identifier %.60s does not hold", want->text);
        }
    } else if (!compare_verdict(c, want, got, text)) {
        fault(c, want->key, "expect takes match, points, missing, identifier, label and kinds, not",
              key);
    }
    if (wrong[0] == '\0') {
        memcpy(wrong, text, sizeof(text));
    }
}

/* A key that a case does not have; one misspelled would else be an expectation that is not met nor told. */
static void
check_keys(struct cases *c, const struct syc_yaml_node *node)
{
    static const char *const known[] = {"name", "event", "capture", "source", "expect"};

    for (const struct syc_yaml_node *member = node->first; member; member = member->next) {
        bool found = false;

        for (size_t i = 0; member->key && i < sizeof(known) / sizeof(*known); i++) {
            found = found || strcmp(member->key->text, known[i]) == 0;
        }
        if (member->key && !found) {
            fault(c, member->key, "a case has name, event or capture, source, expect, not",
                  member->key->text);
        }
    }
}

static void
run_case(struct cases *c, const struct syc_yaml_node *node)
{
    const struct syc_yaml_node *name = syc_yaml_find(node, "name");
    const struct syc_yaml_node *event = syc_yaml_find(node, "event");
    const struct syc_yaml_node *capture = syc_yaml_find(node, "capture");
    const struct syc_yaml_node *source = syc_yaml_find(node, "source");
    const struct syc_yaml_node *expect = syc_yaml_find(node, "expect");
    char wrong[WRONG_MAX] = "";
    struct answer answer = {0};

    check_keys(c, node);
    if (!name || name->kind != SYC_YAML_SCALAR || !event == !capture || (source && event) ||
        !expect || expect->kind != SYC_YAML_MAP || expect->count == 0) {
        fault(c, node, "a case has: name, expect, and event or capture (with a source or without)",
              NULL);
    } else if (c->status == SYC_OK && event) {
        ask_facts(c, event, &answer);
    } else if (c->status == SYC_OK) {
        ask_capture(c, capture, source, &answer);
    }
    for (const struct syc_yaml_node *want = expect ? expect->first : NULL;
         want && c->status == SYC_OK; want = want->next) {
        compare(c, want, &answer, wrong);
    }
    if (c->status == SYC_OK) {
        c->runner->told(c->runner->user,
                        &(struct syc_case_result){c->rule->name, name->text, node->at.line,
                                                  wrong[0] ? wrong : NULL});
    }
}

/* One document: the rule and its cases. */
static void
run_document(struct cases *c, const struct syc_yaml_node *root)
{
    const struct syc_yaml_node *rule = syc_yaml_find(root, "rule");
    const struct syc_yaml_node *list = syc_yaml_find(root, "cases");

    if (!rule || rule->kind != SYC_YAML_SCALAR || !list || list->kind != SYC_YAML_LIST ||
        list->count == 0) {
        fault(c, root, "a file of cases has \"rule\" and \"cases\"", NULL);
        return;
    }
    c->rule = find_rule(c->set, rule->text);
    if (!c->rule) {
        fault(c, rule, "there is no rule", rule->text);
        return;
    }
    for (const struct syc_yaml_node *node = list->first; node && c->status == SYC_OK;
         node = node->next) {
        run_case(c, node);
    }
}

/* The reader of rules reads the text, so its findings are those of a rule file: they go to a set that is thrown away. */
static enum syc_status
run_file(struct cases *c, struct syc_sigma_reader *r)
{
    struct syc_yaml yaml;
    enum syc_status status = syc_yaml_init(&yaml, r, r->text, r->n);

    while (status == SYC_OK) {
        struct syc_arena arena = {0};
        struct syc_yaml_node *root = NULL;

        status = syc_yaml_next(&yaml, &arena, &root);
        c->arena = &arena;
        if (status == SYC_OK && r->set->problem_count == 0 && root) {
            run_document(c, root);
            status = c->status;
        }
        syc_arena_fini(&arena);
        if (status == SYC_OK && r->set->problem_count > 0) {
            status = SYC_SYNTAX;
        }
    }
    syc_yaml_fini(&yaml);
    if (c->status == SYC_OK && r->set->problem_count > 0) {
        const struct syc_rule_problem *p = &r->set->problems[0];

        syc_error_at(c->err, c->file, p->line, p->column);
        return syc_error_set(c->err, SYC_SYNTAX, "%s", p->text);
    }
    return status == SYC_END ? SYC_OK : status;
}

enum syc_status
syc_ruleset_test(const struct syc_ruleset *set, const char *file, const char *text, size_t n,
                 const struct syc_case_runner *runner, struct syc_error *err)
{
    struct cases c = {.set = set, .runner = runner, .err = err, .file = file, .status = SYC_OK};
    const struct syc_sigma_options none = {.product = ""};
    struct syc_sigma *scratch = syc_sigma_new(&none);
    struct syc_sigma_reader *r = syc_alloc(1, sizeof(*r));
    enum syc_status status = SYC_NO_MEMORY;

    c.verdict = syc_alloc(1, sizeof(*c.verdict));
    if (scratch && r && c.verdict) {
        r->set = scratch;
        r->arena = &scratch->arena;
        r->file = file;
        r->text = text;
        r->n = n;
        status = run_file(&c, r);
    }
    syc_free(c.verdict);
    syc_free(r);
    syc_sigma_free(scratch);
    return status;
}
