#include "rules/cases.h"

#include "rules/rules.h"
#include "rules/score_int.h"
#include "rules/sigma_int.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/*
 * A rule is asked as a run asks it: by syc_judge() if it scores, so that needs, points and whom it is about are tested
 * with the detection; else by its detection alone.
 */

enum { NAME_MAX_OCTETS = 64, WRONG_MAX = 200 };

/* One file at work. */
struct cases {
    const struct syc_ruleset *set;
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

struct answer {
    bool match;
    double points;
    char missing[SYC_NEEDS_TEXT];
    const char *identifiers[SYC_EVIDENCE_VALUES];
    size_t identifier_count;
};

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
ask_judge(const struct cases *c, struct answer *out)
{
    const struct syc_subject subject = {.kind = kind_of(c), .ip_v = 4, .values = c->row};
    struct syc_verdict *v = c->verdict;

    syc_judge(c->set, NULL, &subject, 0, v);
    for (size_t i = 0; i < v->evidence_count; i++) {
        const struct syc_evidence *e = &v->evidence[i];

        if (e->rule == c->rule->name) {
            out->match = true;
            out->points = e->points;
            memcpy(out->identifiers, e->identifiers, sizeof(out->identifiers));
            out->identifier_count = e->identifier_count;
        }
    }
    for (size_t i = 0; i < v->missing_count; i++) {
        if (v->missing[i].rule == c->rule->name && v->missing[i].why != SYC_NO_MATCH) {
            syc_missing_needs(v, i, out->missing);
        }
    }
}

static void
ask(const struct cases *c, struct answer *out)
{
    const struct syc_score_key *key = c->rule->extra;
    struct syc_sigma_hit hit;

    *out = (struct answer){0};
    if (key && key->scores && strcmp(c->rule->schema->category, "source") == 0) {
        ask_judge(c, out);
        return;
    }
    out->match = syc_sigma_match_fully(c->rule, c->row, &hit);
    out->identifier_count = syc_sigma_explain(c->rule, &hit, out->identifiers, SYC_EVIDENCE_VALUES);
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
                     got->missing[0] ? ", for it has " : "", got->missing);
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
    } else {
        fault(c, want->key, "expect takes match, points, missing and identifier, not", key);
    }
    if (wrong[0] == '\0') {
        memcpy(wrong, text, sizeof(text));
    }
}

static void
run_case(struct cases *c, const struct syc_yaml_node *node,
         void (*told)(void *user, const struct syc_case_result *result), void *user)
{
    const struct syc_yaml_node *name = syc_yaml_find(node, "name");
    const struct syc_yaml_node *event = syc_yaml_find(node, "event");
    const struct syc_yaml_node *expect = syc_yaml_find(node, "expect");
    char wrong[WRONG_MAX] = "";
    struct answer answer;

    if (!name || name->kind != SYC_YAML_SCALAR || !event || !expect ||
        expect->kind != SYC_YAML_MAP || expect->count == 0 || node->count != 3) {
        fault(c, node, "a case has exactly: name, event, expect", NULL);
        return;
    }
    memset(c->row, 0, c->rule->schema->count * sizeof(*c->row));
    read_facts(c, event, "", 0);
    if (c->status != SYC_OK) {
        return;
    }
    ask(c, &answer);
    for (const struct syc_yaml_node *want = expect->first; want; want = want->next) {
        compare(c, want, &answer, wrong);
    }
    told(user, &(struct syc_case_result){c->rule->name, name->text, node->at.line,
                                         wrong[0] ? wrong : NULL});
}

/* One document: the rule and its cases. */
static void
run_document(struct cases *c, const struct syc_yaml_node *root,
             void (*told)(void *user, const struct syc_case_result *result), void *user)
{
    const struct syc_yaml_node *rule = syc_yaml_find(root, "rule");
    const struct syc_yaml_node *list = syc_yaml_find(root, "cases");

    if (!rule || rule->kind != SYC_YAML_SCALAR || !list || list->kind != SYC_YAML_LIST ||
        list->count == 0) {
        fault(c, root, "a file of cases has \"rule\" and \"cases\"", NULL);
        return;
    }
    c->rule = find_rule(c->set, rule->text);
    if (!c->rule || c->rule->correlation) {
        fault(c, rule, c->rule ? "a correlation is not about one row:" : "there is no rule",
              rule->text);
        return;
    }
    c->row = syc_arena_alloc(c->arena, c->rule->schema->count * sizeof(*c->row));
    if (!c->row) {
        c->status = SYC_NO_MEMORY;
    }
    for (const struct syc_yaml_node *node = list->first; node && c->status == SYC_OK;
         node = node->next) {
        run_case(c, node, told, user);
    }
}

/* The reader of rules reads the text, so its findings are those of a rule file: they go to a set that is thrown away. */
static enum syc_status
run_file(struct cases *c, struct syc_sigma_reader *r,
         void (*told)(void *user, const struct syc_case_result *result), void *user)
{
    struct syc_yaml yaml;
    enum syc_status status = syc_yaml_init(&yaml, r, r->text, r->n);

    while (status == SYC_OK) {
        struct syc_arena arena = {0};
        struct syc_yaml_node *root = NULL;

        status = syc_yaml_next(&yaml, &arena, &root);
        c->arena = &arena;
        if (status == SYC_OK && r->set->problem_count == 0 && root) {
            run_document(c, root, told, user);
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
                 void (*told)(void *user, const struct syc_case_result *result), void *user,
                 struct syc_error *err)
{
    struct cases c = {.set = set, .err = err, .file = file, .status = SYC_OK};
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
        status = run_file(&c, r, told, user);
    }
    syc_free(c.verdict);
    syc_free(r);
    syc_sigma_free(scratch);
    return status;
}
