#include "rules/sigma_correlation.h"

#include <stdio.h>
#include <string.h>

/*
 * The `correlation` section of a document.
 *
 *     correlation:
 *         type: value_count                 # event_count, value_count, temporal, temporal_ordered
 *         rules: [refused]                  # names or ids, of rules or of correlations
 *         group-by: [src_ip]                # fields, or aliases
 *         timespan: 5m                      # s, m, h, d
 *         condition: {field: dest_port, gte: 20}
 *         aliases: {host: {refused: src_ip, answered: dest_ip}}
 *
 * Only what the section says is read here. Names are kept with their places: rules may come in any order and from
 * any file, so what a name means is found when all are there (sigma_link.c).
 *
 * The condition becomes one interval. gt and gte can be decided when the window fills; an upper bound, eq and neq
 * cannot (every count passes through all smaller ones), so they are about the largest window of a run: from the
 * event that reaches the lower bound until the window has fallen below it.
 *
 * source  Sigma correlation rules specification 2.0.0, "Correlation section"; published schema V2.1.0
 */

static const char *const kind_words[] = {"event_count", "value_count", "temporal",
                                         "temporal_ordered", NULL};

/* Sigma's own, but not here; and keys of the section. */
static const char *const other_kinds[] = {"value_sum", "value_avg", "value_percentile",
                                          "value_median", NULL};
static const char *const keys[] = {"type",      "rules",   "group-by", "timespan",
                                   "condition", "aliases", "generate", NULL};
static const char *const operators[] = {"gt", "gte", "lt", "lte", "eq", "neq", NULL};

/* The place of text among words, or -1. */
static int
place_among(const char *const *words, const char *text)
{
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            return i;
        }
    }
    return -1;
}

static struct syc_sigma_word
keep_word(struct syc_sigma_reader *r, const struct syc_yaml_node *node)
{
    struct syc_sigma_word word = {syc_arena_text(r->arena, node->text, node->length), node->at};

    if (!word.text) {
        r->status = SYC_NO_MEMORY;
    }
    return word;
}

static void *
room_for(struct syc_sigma_reader *r, size_t count, size_t size)
{
    void *room = syc_arena_alloc(r->arena, count * size);

    if (!room) {
        r->status = SYC_NO_MEMORY;
    }
    return room;
}

static void
read_type(struct syc_sigma_reader *r, const struct syc_yaml_node *node,
          struct syc_sigma_correlation *c)
{
    char quoted[SYC_SIGMA_QUOTE], hint[SYC_SIGMA_QUOTE + 32];
    int kind = place_among(kind_words, node->text);

    if (kind >= 0) {
        c->kind = (enum syc_correlation_kind)kind;
        return;
    }
    if (place_among(other_kinds, node->text) >= 0) {
        /* said when it is known that its rules are ours (sigma_link.c) */
        c->unsupported = keep_word(r, node);
        return;
    }
    syc_sigma_report(r, SYC_SIGMA_CORRELATION_TYPE, node->at,
                     syc_sigma_suggest(syc_sigma_nearest(kind_words, node->text), hint),
                     "%s is no type of correlation", syc_sigma_quote(node, quoted));
}

/* A list of at most `most` texts, or one text, as words into out; each once. Answers how many. */
static size_t
read_words(struct syc_sigma_reader *r, const struct syc_yaml_node *node, const char *key,
           size_t most, struct syc_sigma_word *out)
{
    bool list = node->kind == SYC_YAML_LIST;
    const struct syc_yaml_node *item = list ? node->first : node;
    size_t n = 0;

    for (; item; item = list ? item->next : NULL) {
        bool twice = false;

        for (size_t i = 0; i < n && item->kind == SYC_YAML_SCALAR && out[i].text; i++) {
            twice = twice || strcmp(out[i].text, item->text) == 0;
        }
        if (item->kind != SYC_YAML_SCALAR || item->length == 0 || n == most || twice) {
            syc_sigma_report(r, SYC_SIGMA_CORRELATION_LIST, item->at, NULL,
                             "\"%s\" must be a list of at most %zu texts, each once", key, most);
            break;
        }
        out[n++] = keep_word(r, item);
    }
    return n;
}

static void
read_rules(struct syc_sigma_reader *r, const struct syc_yaml_node *node,
           struct syc_sigma_correlation *c)
{
    struct syc_sigma_word words[SYC_CORRELATION_RULES_MAX];
    size_t n = read_words(r, node, "rules", SYC_CORRELATION_RULES_MAX, words);

    if (n == 0 && !r->refused) {
        syc_sigma_report(r, SYC_SIGMA_CORRELATION_LIST, node->at, NULL,
                         "\"rules\" must name at least one rule");
    }
    c->refs = room_for(r, n, sizeof(*c->refs));
    for (size_t i = 0; i < n && c->refs; i++) {
        c->refs[c->ref_count++] = (struct syc_sigma_ref){.word = words[i]};
    }
}

/* Group fields first, then counted ones: the columns of a key. `field` of the condition may be one or several. */
static void
read_columns(struct syc_sigma_reader *r, const struct syc_yaml_node *group,
             const struct syc_yaml_node *field, struct syc_sigma_correlation *c)
{
    struct syc_sigma_word words[2 * SYC_CORRELATION_FIELDS_MAX];
    size_t n = group ? read_words(r, group, "group-by", SYC_CORRELATION_FIELDS_MAX, words) : 0;
    size_t m = field ? read_words(r, field, "field", SYC_CORRELATION_FIELDS_MAX, words + n) : 0;

    c->columns = room_for(r, n + m, sizeof(*c->columns));
    if (c->columns) {
        memcpy(c->columns, words, (n + m) * sizeof(*words));
        c->group_count = n;
        c->value_count = m;
    }
}

/* Number and letter, as 90m: from 1 s to 365 d, so that sums of times never leave 64 bits. */
static void
read_timespan(struct syc_sigma_reader *r, const struct syc_yaml_node *node,
              struct syc_sigma_correlation *c)
{
    static const char letters[] = "smhd";
    static const int64_t seconds[] = {1, 60, 3600, 86400};
    size_t digits = node->kind == SYC_YAML_SCALAR ? strspn(node->text, "0123456789") : 0;
    const char *unit = digits > 0 && node->text[digits] != '\0' && node->text[digits + 1] == '\0'
                           ? strchr(letters, node->text[digits])
                           : NULL;
    int64_t n = 0;

    for (size_t i = 0; i < digits && n < INT64_C(100000000); i++) {
        n = 10 * n + (node->text[i] - '0');
    }
    n *= unit ? seconds[unit - letters] : 0;
    if (n < 1 || n > INT64_C(365) * 86400) {
        syc_sigma_report(r, SYC_SIGMA_CORRELATION_TIMESPAN, node->at, NULL,
                         "\"timespan\" is a number and s, m, h or d, from 1s to 365d");
        return;
    }
    c->timespan = syc_arena_text(r->arena, node->text, node->length);
    c->timespan_us = n * SYC_US_PER_S;
    if (!c->timespan) {
        r->status = SYC_NO_MEMORY;
    }
}

/* ---- condition ---- */

/* One bound narrows the interval; neq and the upper ones make it one that the end of a run decides. */
static void
apply_bound(struct syc_sigma_correlation *c, int op, int64_t n)
{
    static const int lower[] = {1, 0, -1, -1, 0, -1}; /* added to n; -1 = no lower bound */
    static const int upper[] = {0, 0, -1, 1, 1, 0};   /* -1: n - 1, 1: n, 0: none */
    int64_t least = lower[op] >= 0 ? n + lower[op] : 1;

    c->least = least > c->least ? least : c->least;
    if (upper[op] != 0) {
        int64_t most = upper[op] < 0 ? n - 1 : n;
        c->most = most < c->most ? most : c->most;
    }
    c->bounded = c->bounded || upper[op] != 0 || strcmp(operators[op], "neq") == 0;
}

static void
read_bound(struct syc_sigma_reader *r, const struct syc_yaml_node *node, int op,
           struct syc_sigma_correlation *c)
{
    int64_t n = 0;
    double f = 0;

    if (syc_sigma_number(node, &n, &f) != SYC_NUMBER_INT || n < 0 ||
        n > SYC_CORRELATION_COUNT_MAX) {
        syc_sigma_report(r, SYC_SIGMA_CORRELATION_BOUND, node->at, NULL,
                         "\"%s\" takes a count from 0 to %d", operators[op],
                         SYC_CORRELATION_COUNT_MAX);
        return;
    }
    c->bounds[c->bound_count++] = (struct syc_sigma_bound){operators[op], n};
    apply_bound(c, op, n);
}

/* A bound or `field`; keys of a map are unique, so each comes once. */
static void
read_bounds(struct syc_sigma_reader *r, const struct syc_yaml_node *node,
            struct syc_sigma_correlation *c)
{
    char quoted[SYC_SIGMA_QUOTE], hint[SYC_SIGMA_QUOTE + 32];

    if (node->kind != SYC_YAML_MAP) {
        syc_sigma_report(r, SYC_SIGMA_CORRELATION_CONDITION, node->at, NULL,
                         "\"condition\" of a correlation is a map: {gte: 10}");
        return;
    }
    for (const struct syc_yaml_node *item = node->first; item; item = item->next) {
        int op = place_among(operators, item->key->text);

        if (op >= 0) {
            read_bound(r, item, op, c);
        } else if (strcmp(item->key->text, "field") != 0) {
            syc_sigma_report(r, SYC_SIGMA_CORRELATION_CONDITION, item->key->at,
                             syc_sigma_suggest(syc_sigma_nearest(operators, item->key->text), hint),
                             "%s is no bound of a count", syc_sigma_quote(item->key, quoted));
        }
    }
}

/* Counts beyond the largest number of the condition make no difference. */
static int64_t
track_of(const struct syc_sigma_correlation *c)
{
    int64_t track = c->least;

    for (size_t i = 0; i < c->bound_count && c->bounded; i++) {
        track = c->bounds[i].n + 1 > track ? c->bounds[i].n + 1 : track;
    }
    return track;
}

/* "101 to 100", lt: 1 and the like hold for no count; so does a temporal that asks for more rules than it names. */
static void
check_interval(struct syc_sigma_reader *r, const struct syc_sigma_correlation *c)
{
    bool by_rules = c->kind == SYC_TEMPORAL || c->kind == SYC_TEMPORAL_ORDERED;
    bool none = c->least > c->most || (by_rules && c->least > (int64_t)c->ref_count);

    for (size_t i = 0; i < c->bound_count; i++) {
        none = none || (c->least == c->most && c->bounds[i].n == c->least &&
                        strcmp(c->bounds[i].op, "neq") == 0);
    }
    if (none) {
        syc_sigma_report(r, SYC_SIGMA_CORRELATION_NEVER, c->condition_at, NULL,
                         "no count can pass this condition");
    }
}

/* What the type demands of the condition, and what it means without one. */
static void
check_condition(struct syc_sigma_reader *r, struct syc_sigma_correlation *c)
{
    bool counts = c->kind == SYC_EVENT_COUNT || c->kind == SYC_VALUE_COUNT;
    const struct syc_place at = c->condition_at;

    if (c->bound_count == 0 && counts) {
        syc_sigma_report(r, SYC_SIGMA_CORRELATION_CONDITION, at, NULL,
                         "%s needs a condition with a bound: {gte: 10}", kind_words[c->kind]);
        return;
    }
    if ((c->kind == SYC_VALUE_COUNT) != (c->value_count > 0)) {
        syc_sigma_report(r, SYC_SIGMA_CORRELATION_CONDITION, at, NULL,
                         c->value_count > 0 ? "\"field\" is for value_count"
                                            : "value_count needs \"field\" in its condition");
        return;
    }
    if (c->bound_count == 0) {
        c->least = (int64_t)c->ref_count; /* Sigma: all of the rules */
    }
    if (c->kind == SYC_TEMPORAL_ORDERED && (c->bounded || c->least != (int64_t)c->ref_count)) {
        syc_sigma_report(r, SYC_SIGMA_CORRELATION_CONDITION, at, NULL,
                         "temporal_ordered asks for all its rules in order; another count is not "
                         "supported");
    } else {
        check_interval(r, c);
    }
}

/* ---- aliases ---- */

/* {alias: {rule: field, ...}, ...} as a flat list. */
static void
read_aliases(struct syc_sigma_reader *r, const struct syc_yaml_node *node,
             struct syc_sigma_correlation *c)
{
    size_t room = 0;

    for (const struct syc_yaml_node *alias = node->first; alias; alias = alias->next) {
        room += alias->count;
    }
    c->renames = room_for(r, room, sizeof(*c->renames));
    for (const struct syc_yaml_node *alias = node->first; alias && c->renames;
         alias = alias->next) {
        for (const struct syc_yaml_node *field = alias->first; field; field = field->next) {
            if (node->kind != SYC_YAML_MAP || alias->kind != SYC_YAML_MAP ||
                field->kind != SYC_YAML_SCALAR) {
                syc_sigma_report(r, SYC_SIGMA_CORRELATION_ALIASES, field->at, NULL,
                                 "\"aliases\" is a map: {alias: {rule: field}}");
                return;
            }
            c->renames[c->rename_count++] =
                (struct syc_sigma_rename){keep_word(r, alias->key), keep_word(r, field->key),
                                          keep_word(r, field)};
        }
    }
    if (room == 0) {
        syc_sigma_report(r, SYC_SIGMA_CORRELATION_ALIASES, node->at, NULL,
                         "\"aliases\" is a map: {alias: {rule: field}}");
    }
}

/* ---- the section ---- */

/* A key this section does not have would be a condition that was meant and lost: an error, not a warning. */
static void
check_keys(struct syc_sigma_reader *r, const struct syc_yaml_node *node)
{
    char quoted[SYC_SIGMA_QUOTE], hint[SYC_SIGMA_QUOTE + 32];

    for (const struct syc_yaml_node *item = node->first; item; item = item->next) {
        if (place_among(keys, item->key->text) < 0) {
            syc_sigma_report(r, SYC_SIGMA_CORRELATION_KEY, item->key->at,
                             syc_sigma_suggest(syc_sigma_nearest(keys, item->key->text), hint),
                             "unknown key %s under \"correlation\"",
                             syc_sigma_quote(item->key, quoted));
        }
    }
}

/* Sigma demands these of every type; a missing group-by would count all sources as one. */
static bool
has_required(struct syc_sigma_reader *r, const struct syc_yaml_node *node)
{
    static const char *const required[] = {"type", "rules", "group-by", "timespan"};
    bool all = true;

    for (size_t i = 0; i < sizeof(required) / sizeof(*required); i++) {
        if (!syc_yaml_find(node, required[i])) {
            syc_sigma_report(r, SYC_SIGMA_MISSING_KEY, node->at, NULL,
                             "\"correlation\" has no \"%s\"", required[i]);
            all = false;
        }
    }
    return all;
}

struct syc_sigma_correlation *
syc_sigma_read_correlation(struct syc_sigma_reader *r, const struct syc_yaml_node *node)
{
    struct syc_sigma_correlation *c = room_for(r, 1, sizeof(*c));
    const struct syc_yaml_node *condition = syc_yaml_find(node, "condition");
    const struct syc_yaml_node *aliases = syc_yaml_find(node, "aliases");
    const struct syc_yaml_node *generate = syc_yaml_find(node, "generate");

    if (!c) {
        return NULL;
    }
    *c = (struct syc_sigma_correlation){.least = 1, .most = INT64_MAX, .condition_at = node->at};
    if (node->kind != SYC_YAML_MAP) {
        syc_sigma_report(r, SYC_SIGMA_TYPE, node->at, NULL, "\"correlation\" must be a map");
        return c;
    }
    check_keys(r, node);
    if (!has_required(r, node)) {
        return c;
    }
    read_type(r, syc_yaml_find(node, "type"), c);
    read_rules(r, syc_yaml_find(node, "rules"), c);
    read_columns(r, syc_yaml_find(node, "group-by"),
                 condition ? syc_yaml_find(condition, "field") : NULL, c);
    read_timespan(r, syc_yaml_find(node, "timespan"), c);
    if (condition) {
        c->condition_at = condition->at;
        read_bounds(r, condition, c);
    }
    if (!r->refused && !c->unsupported.text) {
        check_condition(r, c);
    }
    c->track = track_of(c);
    if (aliases) {
        read_aliases(r, aliases, c);
    }
    if (generate && !syc_sigma_bool(generate, &c->generate)) {
        syc_sigma_report(r, SYC_SIGMA_TYPE, generate->at, NULL, "\"generate\" takes true or false");
    }
    return c;
}
