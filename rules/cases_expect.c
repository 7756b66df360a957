/*
 * What a case expects, held against what the rule made of it.
 */

#include "rules/cases_int.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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
say_kinds(const struct answer *a, char text[SYC_CASE_WRONG])
{
    int n = snprintf(text, SYC_CASE_WRONG, "kinds are [");

    for (size_t i = 0; i < a->kind_count && n < SYC_CASE_WRONG; i++) {
        n += snprintf(text + n, SYC_CASE_WRONG - (size_t)n, "%s%s", i > 0 ? ", " : "", a->kinds[i]);
    }
    if (n < SYC_CASE_WRONG) {
        snprintf(text + n, SYC_CASE_WRONG - (size_t)n, "]");
    }
}

/* A member of `expect` that is about the verdict of a source; false when it is none. */
static bool
compare_verdict(struct cases *c, const struct syc_yaml_node *want, const struct answer *got,
                char text[SYC_CASE_WRONG])
{
    bool label = strcmp(want->key->text, "label") == 0;

    if (!label && strcmp(want->key->text, "kinds") != 0) {
        return false;
    }
    if (!got->label) {
        syc_cases_fault(c, want->key,
                        "label and kinds are of a capture's source: the case needs \"source\"",
                        NULL);
    } else if (label && !is_label(want->text)) {
        syc_cases_fault(c, want, "there is no label", want->text);
    } else if (!label && want->kind != SYC_YAML_LIST) {
        syc_cases_fault(c, want, "kinds are a list, such as [beacon]", NULL);
    } else if (label && strcmp(want->text, got->label) != 0) {
        snprintf(text, SYC_CASE_WRONG, "label is %s", got->label);
    } else if (!label && !has_kinds(got, want)) {
        say_kinds(got, text);
    }
    return true;
}

void
syc_cases_compare(struct cases *c, const struct syc_yaml_node *want, const struct answer *got,
                  char wrong[SYC_CASE_WRONG])
{
    const char *key = want->key->text;
    char text[SYC_CASE_WRONG] = "";
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
        syc_cases_fault(c, want->key,
                        "expect takes match, points, missing, identifier, label and kinds, not",
                        key);
    }
    if (wrong[0] == '\0') {
        memcpy(wrong, text, sizeof(text));
    }
}
