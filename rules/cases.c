/*
 * A file of cases: its documents, each with a rule and what is expected of it.
 *
 *     text -> sigma_yaml.c -> document -> rule, cases -> an answer each (cases_ask.c) -> expect (cases_expect.c)
 */

#include "rules/cases_int.h"

#include <string.h>

void
syc_cases_fault(struct cases *c, const struct syc_yaml_node *node, const char *what,
                const char *word)
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
            syc_cases_fault(c, member->key,
                            "a case has name, event or capture, source, expect, not",
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
    char wrong[SYC_CASE_WRONG] = "";
    struct answer answer = {0};

    check_keys(c, node);
    if (!name || name->kind != SYC_YAML_SCALAR || !event == !capture || (source && event) ||
        !expect || expect->kind != SYC_YAML_MAP || expect->count == 0) {
        syc_cases_fault(c, node,
                        "a case has: name, expect, and event or capture (with a source or without)",
                        NULL);
    } else if (c->status == SYC_OK && event) {
        syc_cases_ask_facts(c, event, &answer);
    } else if (c->status == SYC_OK) {
        syc_cases_ask_capture(c, capture, source, &answer);
    }
    for (const struct syc_yaml_node *want = expect ? expect->first : NULL;
         want && c->status == SYC_OK; want = want->next) {
        syc_cases_compare(c, want, &answer, wrong);
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
        syc_cases_fault(c, root, "a file of cases has \"rule\" and \"cases\"", NULL);
        return;
    }
    c->rule = find_rule(c->set, rule->text);
    if (!c->rule) {
        syc_cases_fault(c, rule, "there is no rule", rule->text);
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
        r->text = text + syc_bom_length(text, n);
        r->n = n - syc_bom_length(text, n);
        status = run_file(&c, r);
    }
    syc_free(c.verdict);
    syc_free(r);
    syc_sigma_free(scratch);
    return status;
}
