#include "rules/sigma_correlation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A set of rules: files in, documents one by one, sealed once.
 *
 * Everything kept lives in one arena, so a set is freed in one stroke and a reload is "build another, swap, free the
 * old one". While it is read, a file costs the tree of its largest document and one draft of a rule; both are gone
 * before the call returns.
 *
 * A shortage of memory stops the file and is the call's answer. What loaded before it stays whole and usable: a
 * caller that reloads should drop such a set, one that can only go on may.
 */

struct syc_sigma *
syc_sigma_new(const struct syc_sigma_options *options)
{
    struct syc_sigma *set = syc_alloc(1, sizeof(*set));

    if (set) {
        set->options = *options;
    }
    return set;
}

void
syc_sigma_free(struct syc_sigma *set)
{
    if (set) {
        syc_arena_fini(&set->arena);
        syc_free(set->rules);
        syc_free(set->problems);
        syc_free(set);
    }
}

/* ---- loading ---- */

static const struct syc_place whole_file = {0, 0};

/*
 * Read the documents one by one; each has an arena of its own, so a file costs its largest document.
 *
 * An empty document (nothing between two "---", or comments) is no rule and no fault, but a file of nothing else is
 * told: without rules a run finds nothing, and that looks like a clean bill. A syntax error counts as one
 * refused document: how many would have followed nobody knows.
 */
static enum syc_status
read_documents(struct syc_sigma_reader *r, struct syc_yaml *yaml)
{
    bool any = false;

    for (r->document = 1;; r->document++) {
        struct syc_arena arena = {0};
        struct syc_yaml_node *root = NULL;

        r->refused = false;
        r->document_problem = r->set->problem_count;
        if (r->set->rule_count >= SYC_SIGMA_RULES_MAX) {
            syc_sigma_report(r, SYC_SIGMA_RULES, whole_file, NULL,
                             "more than %d rules; the rest of the file is not read",
                             SYC_SIGMA_RULES_MAX);
            return r->status;
        }
        enum syc_status status = syc_yaml_next(yaml, &arena, &root);

        if (status == SYC_OK && root && !(syc_yaml_is_null(root) && !r->refused)) {
            syc_sigma_read_document(r, root);
            any = true;
        }
        syc_arena_fini(&arena);
        if (status == SYC_SYNTAX) {
            r->set->refused++;
        }
        if (status == SYC_END && !any) {
            syc_sigma_report(r, SYC_SIGMA_NO_RULE, whole_file, NULL, "the file holds no rule");
        }
        if (status == SYC_NO_MEMORY || r->status == SYC_NO_MEMORY) {
            return SYC_NO_MEMORY;
        }
        if (status != SYC_OK) {
            return SYC_OK;
        }
    }
}

/* The size is checked before libyaml sees a single octet. */
static enum syc_status
read_file(struct syc_sigma_reader *r)
{
    struct syc_yaml yaml;
    enum syc_status status;

    if (r->n > SYC_SIGMA_FILE_MAX) {
        syc_sigma_report(r, SYC_SIGMA_FILE_SIZE, whole_file, NULL,
                         "the file is larger than %d octets; split it", SYC_SIGMA_FILE_MAX);
        r->set->refused++;
        return r->status;
    }
    status = syc_yaml_init(&yaml, r, r->text, r->n);
    if (status != SYC_OK) {
        return status;
    }
    status = read_documents(r, &yaml);
    syc_yaml_fini(&yaml);
    return status;
}

enum syc_status
syc_sigma_parse(struct syc_sigma *set, const char *file, const char *text, size_t n)
{
    struct syc_sigma_reader *r;
    enum syc_status status;

    if (set->sealed) {
        return SYC_USAGE;
    }
    /* A draft has room for the largest rule: too much for the stack of a thread. */
    r = syc_alloc(1, sizeof(*r));
    if (!r) {
        return SYC_NO_MEMORY;
    }
    r->set = set;
    r->arena = &set->arena;
    r->text = text + syc_bom_length(text, n);
    r->n = n - syc_bom_length(text, n);
    r->first_problem = set->problem_count;
    r->file = syc_arena_text(&set->arena, file, strlen(file));
    status = r->file ? read_file(r) : SYC_NO_MEMORY;
    syc_sigma_report_sort(r);
    syc_free(r);
    return status;
}

/* ---- sealing ---- */

int
syc_sigma_compare_names(const void *a, const void *b)
{
    const struct syc_sigma_rule *x = *(const struct syc_sigma_rule *const *)a;
    const struct syc_sigma_rule *y = *(const struct syc_sigma_rule *const *)b;
    int order = strcmp(x->name, y->name);

    return order ? order : strcmp(x->digest, y->digest);
}

/* Rules without an id come first, together; they are never called doubles. */
static int
compare_ids(const void *a, const void *b)
{
    const struct syc_sigma_rule *x = *(const struct syc_sigma_rule *const *)a;
    const struct syc_sigma_rule *y = *(const struct syc_sigma_rule *const *)b;
    int order = strcmp(x->id ? x->id : "", y->id ? y->id : "");

    return order ? order : syc_sigma_compare_names(a, b);
}

/* A warning at the second of two, naming the first: both are in use and both will be shown in evidence. */
static void
remark_twice(struct syc_sigma_reader *r, const struct syc_sigma_rule *one,
             const struct syc_sigma_rule *two, const char *what, const char *word)
{
    char quoted[SYC_SIGMA_QUOTE];

    r->file = two->file;
    syc_sigma_report(r, SYC_SIGMA_TWICE, (struct syc_place){two->line, 1}, NULL,
                     "%s %s is also that of the rule at %s:%u", what,
                     syc_sigma_quote_text(word, strlen(word), quoted), one->file, one->line);
}

/*
 * "sha256:" over one line "digest name" a rule, in order of names, so that files may come in any order.
 *
 * Names are part of it because evidence and ties show them, and a rule without one takes its file's.
 */
static enum syc_status
make_digest(struct syc_sigma *set, struct syc_sigma_rule *const *sorted)
{
    size_t octets = 0, at = 0;
    char *lines, hex[65];

    for (size_t i = 0; i < set->rule_count; i++) {
        octets += strlen(sorted[i]->name) + 66;
    }
    lines = syc_alloc(octets + 1, 1);
    if (!lines) {
        return SYC_NO_MEMORY;
    }
    for (size_t i = 0; i < set->rule_count; i++) {
        at += (size_t)snprintf(lines + at, octets + 1 - at, "%s %s\n", sorted[i]->digest,
                               sorted[i]->name);
    }
    syc_sha256_hex(lines, at, hex);
    snprintf(set->digest, sizeof(set->digest), "sha256:%s", hex);
    syc_free(lines);
    return SYC_OK;
}

/* The set's rules in two orders, for as long as it is sealed. */
struct orders {
    struct syc_sigma_rule **by_name, **by_id;
};

static void
sort_rules(const struct syc_sigma *set, const struct orders *o)
{
    size_t n = set->rule_count;

    if (n > 0) {
        memcpy(o->by_name, set->rules, n * sizeof(*o->by_name));
        memcpy(o->by_id, set->rules, n * sizeof(*o->by_id));
    }
    qsort(o->by_name, n, sizeof(*o->by_name), syc_sigma_compare_names);
    qsort(o->by_id, n, sizeof(*o->by_id), compare_ids);
}

/* Doubles of ids, then of names. */
static void
remark_doubles(struct syc_sigma_reader *r, const struct orders *o)
{
    for (size_t i = 1; i < r->set->rule_count; i++) {
        const struct syc_sigma_rule *one = o->by_id[i - 1], *two = o->by_id[i];

        if (one->id && two->id && strcmp(one->id, two->id) == 0) {
            remark_twice(r, one, two, "id", two->id);
        }
    }
    for (size_t i = 1; i < r->set->rule_count; i++) {
        if (strcmp(o->by_name[i - 1]->name, o->by_name[i]->name) == 0) {
            remark_twice(r, o->by_name[i - 1], o->by_name[i], "name", o->by_name[i]->name);
        }
    }
}

/* Sorted twice: the linker takes rules out, and what it took is neither a double nor part of the digest. */
static enum syc_status
seal_sorted(struct syc_sigma_reader *r, const struct orders *o)
{
    sort_rules(r->set, o);
    syc_sigma_link(r, o->by_name, o->by_id);
    if (r->status != SYC_OK) {
        return r->status;
    }
    sort_rules(r->set, o);
    remark_doubles(r, o);
    return r->status == SYC_OK ? make_digest(r->set, o->by_name) : r->status;
}

enum syc_status
syc_sigma_seal(struct syc_sigma *set)
{
    struct syc_sigma_reader *r = syc_alloc(1, sizeof(*r));
    const struct orders o = {syc_alloc(set->rule_count, sizeof(*o.by_name)),
                             syc_alloc(set->rule_count, sizeof(*o.by_id))};
    enum syc_status status = SYC_NO_MEMORY;

    if (r && o.by_name && o.by_id) {
        *r = (struct syc_sigma_reader){.set = set,
                                       .arena = &set->arena,
                                       .first_problem = set->problem_count};
        status = seal_sorted(r, &o);
        set->sealed = status == SYC_OK;
    }
    syc_free(o.by_name);
    syc_free(o.by_id);
    syc_free(r);
    return status;
}

/* ---- what came of it ---- */

size_t
syc_sigma_loaded(const struct syc_sigma *set)
{
    return set->rule_count;
}

size_t
syc_sigma_refused(const struct syc_sigma *set)
{
    return set->refused;
}

size_t
syc_sigma_skipped(const struct syc_sigma *set)
{
    return set->skipped;
}

size_t
syc_sigma_problems(const struct syc_sigma *set, const struct syc_rule_problem **out)
{
    *out = set->problems;
    return set->problem_count;
}

const struct syc_sigma_rule *
syc_sigma_rule(const struct syc_sigma *set, size_t i)
{
    return set->rules[i];
}

const char *
syc_sigma_digest(const struct syc_sigma *set)
{
    return set->digest;
}
