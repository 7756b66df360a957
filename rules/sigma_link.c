#include "rules/sigma_correlation.h"

#include <stdlib.h>
#include <string.h>

/*
 * What a correlation names, found once all rules are there.
 *
 *     rules       by name, else by id        in the set; refused or of another product: said so
 *     columns     alias or field             an index for the events of each rule
 *
 * A correlation of correlations is linked after those it names; one that leads back to itself never ends and is
 * refused, as is a chain deeper than SYC_CORRELATION_DEPTH_MAX, which bounds the recursion here.
 *
 * A correlation whose rules are all of other products is of that product, too: it has no logsource of its own to say
 * so. It is skipped, so that a whole Sigma tree can be pointed at.
 */

/* A name or id of a document that was not kept. */
struct gone {
    const char *text;
    bool foreign;
};

/* What linking works on: the reader for findings, the set's rules in two orders, and in order of text what is not there. */
struct linker {
    struct syc_sigma_reader *r;
    struct syc_sigma_rule *const *by_name, *const *by_id;
    struct gone *gone;
    size_t gone_count;
};

static const char *
quote(const char *text, char out[SYC_SIGMA_QUOTE])
{
    return syc_sigma_quote_text(text, strlen(text), out);
}

static int
compare_name(const void *key, const void *item)
{
    return strcmp(key, (*(struct syc_sigma_rule *const *)item)->name);
}

static int
compare_id(const void *key, const void *item)
{
    const char *id = (*(struct syc_sigma_rule *const *)item)->id;

    return strcmp(key, id ? id : "");
}

/* Of several with one name the first by digest: whatever order the files came in. NULL: there is none. */
static struct syc_sigma_rule *
find(struct syc_sigma_rule *const *sorted, size_t count, const char *text,
     int (*compare)(const void *, const void *))
{
    struct syc_sigma_rule *const *at =
        count > 0 ? bsearch(text, sorted, count, sizeof(*sorted), compare) : NULL;

    while (at && at > sorted && compare(text, at - 1) == 0) {
        at--;
    }
    return at ? *at : NULL;
}

static struct syc_sigma_rule *
find_rule(const struct linker *l, const char *text)
{
    size_t count = l->r->set->rule_count;
    struct syc_sigma_rule *rule = find(l->by_name, count, text, compare_name);

    return rule ? rule : find(l->by_id, count, text, compare_id);
}

/* Of one text the refused first: a document of ours is more likely meant than that of another product. */
static int
compare_gone(const void *a, const void *b)
{
    const struct gone *x = a, *y = b;
    int order = strcmp(x->text, y->text);

    return order ? order : x->foreign - y->foreign;
}

static int
compare_text(const void *key, const void *item)
{
    return strcmp(key, ((const struct gone *)item)->text);
}

/* A document that was not kept, by its name or id; NULL when there was none. */
static const struct gone *
find_gone(const struct linker *l, const char *text)
{
    const struct gone *at =
        l->gone_count > 0 ? bsearch(text, l->gone, l->gone_count, sizeof(*l->gone), compare_text)
                          : NULL;

    while (at && at > l->gone && compare_text(text, at - 1) == 0) {
        at--;
    }
    return at;
}

/* In order, so that a tree of skipped rules costs each name that is looked for in it a few comparisons. */
static bool
list_gone(struct linker *l)
{
    size_t count = 0;

    for (const struct syc_sigma_absent *a = l->r->set->absent; a; a = a->next) {
        count += (size_t)(a->name != NULL) + (size_t)(a->id != NULL);
    }
    l->gone = syc_alloc(count, sizeof(*l->gone));
    if (!l->gone) {
        return false;
    }
    for (const struct syc_sigma_absent *a = l->r->set->absent; a; a = a->next) {
        if (a->name) {
            l->gone[l->gone_count++] = (struct gone){a->name, a->foreign};
        }
        if (a->id) {
            l->gone[l->gone_count++] = (struct gone){a->id, a->foreign};
        }
    }
    qsort(l->gone, l->gone_count, sizeof(*l->gone), compare_gone);
    return true;
}

/* ---- rules ---- */

/* Why a name leads nowhere. Answers whether that is because it is of another product. */
static bool
report_missing(const struct linker *l, const struct syc_sigma_word *word)
{
    const struct gone *gone = find_gone(l, word->text);
    char quoted[SYC_SIGMA_QUOTE];

    if (gone && gone->foreign) {
        return true;
    }
    syc_sigma_report(l->r, SYC_SIGMA_CORRELATION_REFERENCE, word->at, NULL,
                     gone ? "rule %s was refused" : "there is no rule %s",
                     quote(word->text, quoted));
    return false;
}

static void link_rule(const struct linker *l, struct syc_sigma_rule *rule, unsigned depth);

/* The correlation that a ref names must stand itself, and be decided when its window fills. */
static void
link_chained(const struct linker *l, struct syc_sigma_correlation *outer,
             const struct syc_sigma_ref *ref, struct syc_sigma_rule *inner, unsigned depth)
{
    const struct syc_sigma_correlation *c = inner->correlation;
    const char *fault = NULL;

    if (c->link == SYC_LINK_BUSY) {
        fault = "this leads back to the correlation itself";
    } else if (depth == SYC_CORRELATION_DEPTH_MAX) {
        fault = "correlations of correlations are too deep here";
    } else {
        link_rule(l, inner, depth + 1);
        fault = c->link == SYC_LINK_REFUSED ? "the correlation it names was refused" : NULL;
        if (!fault && c->bounded) {
            fault = "a correlation with an upper bound is decided too late to be correlated";
        }
    }
    outer->depth = c->depth + 1 > outer->depth ? c->depth + 1 : outer->depth;
    if (fault) {
        syc_sigma_report(l->r, SYC_SIGMA_CORRELATION_CHAIN, ref->word.at, NULL, "%s", fault);
    }
}

/* All rules of one category, and of the one whose rows are events in time. */
static void
check_category(const struct linker *l, struct syc_sigma_rule *rule, const struct syc_sigma_ref *ref)
{
    const char *events = l->r->set->options.events;
    const struct syc_schema *schema = ref->rule->schema;
    char quoted[SYC_SIGMA_QUOTE];

    if (!schema) {
        return; /* a correlation that was refused, and reported */
    }
    if (events && strcmp(events, schema->category) != 0) {
        syc_sigma_report(l->r, SYC_SIGMA_CORRELATION_CATEGORY, ref->word.at, NULL,
                         "rule %s is about \"%s\", which are no events; correlations are over "
                         "\"%s\"",
                         quote(ref->rule->name, quoted), schema->category, events);
    } else if (rule->schema && rule->schema != schema) {
        syc_sigma_report(l->r, SYC_SIGMA_CORRELATION_CATEGORY, ref->word.at, NULL,
                         "rules of two categories, \"%s\" and \"%s\"", rule->schema->category,
                         schema->category);
    }
    rule->schema = rule->schema ? rule->schema : schema;
}

/* Find the rules. Answers how many of them are of other products. */
static size_t
link_refs(const struct linker *l, struct syc_sigma_rule *rule, struct syc_sigma_correlation *c,
          unsigned depth)
{
    size_t foreign = 0;

    for (size_t i = 0; i < c->ref_count; i++) {
        struct syc_sigma_ref *ref = &c->refs[i];
        struct syc_sigma_rule *found = find_rule(l, ref->word.text);

        if (found && found->correlation) {
            link_chained(l, c, ref, found, depth);
        }
        if (!found || (found->correlation && found->correlation->link == SYC_LINK_FOREIGN)) {
            foreign += found || report_missing(l, &ref->word);
            continue;
        }
        ref->rule = found;
        check_category(l, rule, ref);
    }
    return foreign;
}

/* ---- fields ---- */

/* Is the ref meant by an alias's word? It may be the word of `rules`, or the rule's name. */
static bool
meant(const struct syc_sigma_ref *ref, const struct syc_sigma_word *word)
{
    return strcmp(ref->word.text, word->text) == 0 || strcmp(ref->rule->name, word->text) == 0;
}

/* The field a column names for one ref: through its alias, if it is one. NULL after a finding. */
static const struct syc_sigma_word *
resolve(const struct linker *l, const struct syc_sigma_correlation *c,
        const struct syc_sigma_ref *ref, const struct syc_sigma_word *column)
{
    bool alias = false;

    for (size_t i = 0; i < c->rename_count; i++) {
        if (strcmp(c->renames[i].alias.text, column->text) == 0) {
            alias = true;
            if (meant(ref, &c->renames[i].rule)) {
                return &c->renames[i].field;
            }
        }
    }
    if (alias) {
        char rule[SYC_SIGMA_QUOTE], quoted[SYC_SIGMA_QUOTE];

        syc_sigma_report(l->r, SYC_SIGMA_CORRELATION_ALIASES, column->at, NULL,
                         "alias %s says no field for rule %s", quote(column->text, quoted),
                         quote(ref->rule->name, rule));
        return NULL;
    }
    return column;
}

/* One cell. The type must be that of the column's first: an address and a text never are one group. */
static void
link_field(const struct linker *l, struct syc_sigma_correlation *c, size_t i, size_t column)
{
    const struct syc_sigma_ref *ref = &c->refs[i];
    const struct syc_sigma_word *word = resolve(l, c, ref, &c->columns[column]);
    char quoted[SYC_SIGMA_QUOTE];
    int field;

    l->r->schema = ref->rule->schema;
    field = word ? syc_sigma_field(l->r, word->text, word->at) : -1;
    if (field < 0) {
        return;
    }
    const struct syc_field *f = &l->r->schema->fields[field];

    c->fields[i * (c->group_count + c->value_count) + column] = (uint16_t)field;
    if (f->type == SYC_LIST) {
        syc_sigma_report(l->r, SYC_SIGMA_CORRELATION_COLUMN, word->at, NULL,
                         "\"%s\" is a list of texts: it names no group and no value", f->name);
    } else if (i > 0 && f->type != l->r->schema->fields[syc_correlation_field(c, 0, column)].type) {
        syc_sigma_report(l->r, SYC_SIGMA_CORRELATION_COLUMN, word->at, NULL,
                         "%s is of another type for the first rule",
                         quote(c->columns[column].text, quoted));
    }
}

/* Every alias must speak of a rule that is correlated: a slip would leave it without effect. */
static void
check_renames(const struct linker *l, const struct syc_sigma_correlation *c)
{
    char quoted[SYC_SIGMA_QUOTE];

    for (size_t k = 0; k < c->rename_count; k++) {
        const struct syc_sigma_word *word = &c->renames[k].rule;
        bool found = false;

        for (size_t i = 0; i < c->ref_count; i++) {
            found = found || meant(&c->refs[i], word);
        }
        if (!found) {
            syc_sigma_report(l->r, SYC_SIGMA_CORRELATION_ALIASES, word->at, NULL,
                             "%s is none of the rules of this correlation",
                             quote(word->text, quoted));
        }
    }
}

static void
link_fields(const struct linker *l, struct syc_sigma_correlation *c)
{
    size_t columns = c->group_count + c->value_count;

    c->fields = syc_arena_alloc(l->r->arena, c->ref_count * columns * sizeof(*c->fields));
    if (!c->fields) {
        l->r->status = SYC_NO_MEMORY;
        return;
    }
    check_renames(l, c);
    for (size_t i = 0; i < c->ref_count; i++) {
        for (size_t column = 0; column < columns; column++) {
            link_field(l, c, i, column);
        }
    }
}

/* ---- the whole ---- */

/* Findings made here belong to the rule's file; `refused` is the reader's, kept apart for each rule of a chain. */
static void
link_rule(const struct linker *l, struct syc_sigma_rule *rule, unsigned depth)
{
    struct syc_sigma_correlation *c = rule->correlation;
    struct syc_sigma_reader *r = l->r;
    const char *file = r->file;
    bool refused = r->refused;

    if (c->link != SYC_LINK_NEW) {
        return;
    }
    c->link = SYC_LINK_BUSY;
    r->refused = false;
    r->file = rule->file;
    size_t foreign = link_refs(l, rule, c, depth);

    r->file = rule->file;
    if (foreign == c->ref_count) {
        c->link = SYC_LINK_FOREIGN;
    } else {
        if (foreign > 0) {
            syc_sigma_report(r, SYC_SIGMA_CORRELATION_REFERENCE, c->refs[0].word.at, NULL,
                             "some of the rules are of another product");
        }
        if (c->unsupported.text) {
            char quoted[SYC_SIGMA_QUOTE];

            syc_sigma_report(r, SYC_SIGMA_CORRELATION_TYPE, c->unsupported.at, NULL,
                             "correlations of type %s are not supported",
                             quote(c->unsupported.text, quoted));
        }
        r->aliases = !rule->taxonomy || strcmp(rule->taxonomy, "sigma") == 0;
        if (!r->refused && r->status == SYC_OK) {
            link_fields(l, c);
        }
        c->link = r->refused ? SYC_LINK_REFUSED : SYC_LINK_DONE;
    }
    r->refused = refused;
    r->file = file;
}

/* Those that stand, in the order they came. */
static void
drop_unlinked(struct syc_sigma *set)
{
    size_t kept = 0;

    for (size_t i = 0; i < set->rule_count; i++) {
        const struct syc_sigma_correlation *c = set->rules[i]->correlation;

        set->refused += c && c->link == SYC_LINK_REFUSED;
        set->skipped += c && c->link == SYC_LINK_FOREIGN;
        if (!c || c->link == SYC_LINK_DONE) {
            set->rules[kept++] = set->rules[i];
        }
    }
    set->rule_count = kept;
}

void
syc_sigma_link(struct syc_sigma_reader *r, struct syc_sigma_rule *const *by_name,
               struct syc_sigma_rule *const *by_id)
{
    struct linker l = {r, by_name, by_id, NULL, 0};

    if (!list_gone(&l)) {
        r->status = SYC_NO_MEMORY;
    }
    for (size_t i = 0; i < r->set->rule_count && r->status == SYC_OK; i++) {
        if (r->set->rules[i]->correlation) {
            link_rule(&l, r->set->rules[i], 0);
        }
    }
    syc_free(l.gone);
    if (r->status == SYC_OK) {
        drop_unlinked(r->set);
    }
}
