#ifndef SYC_SIGMA_CORRELATION_H
#define SYC_SIGMA_CORRELATION_H

/*
 * Purpose           a correlation as its document says it, and as the watch runs it
 * Input and output  sigma_correlation.c reads the section, sigma_link.c finds the rules and fields it names
 * Ownership         all in the set's arena
 * Limits            64 rules, 16 fields of a group, 16 counted ones, counts up to 100,000, chains of 8
 * Not here          events and windows (sigma_watch.h)
 *
 * What the linker guarantees and the watch does not check again: every ref has a rule that stays in the set; fields
 * are indexes of that rule's schema, of one type down each column, none a list; no chain leads back to itself;
 * 1 <= least <= track <= SYC_CORRELATION_COUNT_MAX + 1.
 */

#include "rules/sigma_int.h"

enum {
    SYC_CORRELATION_RULES_MAX = 64,
    SYC_CORRELATION_FIELDS_MAX = 16,
    SYC_CORRELATION_COUNT_MAX = 100000, /* memory of a group is in proportion: about 8 MB at most */
    SYC_CORRELATION_DEPTH_MAX = 8,      /* correlations of correlations of ... */
    SYC_CORRELATION_BOUNDS_MAX = 6,
};

enum syc_correlation_kind {
    SYC_EVENT_COUNT,
    SYC_VALUE_COUNT,
    SYC_TEMPORAL,
    SYC_TEMPORAL_ORDERED,
};

/* A word of the document with its place: what it names is looked up when all rules are there. */
struct syc_sigma_word {
    const char *text;
    struct syc_place at;
};

/* One of `rules`; rule is NULL until it is linked. */
struct syc_sigma_ref {
    struct syc_sigma_word word;
    const struct syc_sigma_rule *rule;
};

/* aliases: {alias: {rule: field}} */
struct syc_sigma_rename {
    struct syc_sigma_word alias, rule, field;
};

/* One line of the condition as written. */
struct syc_sigma_bound {
    const char *op; /* "gte"; static */
    int64_t n;
};

struct syc_sigma_correlation {
    enum syc_correlation_kind kind;
    struct syc_sigma_word unsupported; /* a type of Sigma's that is not supported; else NULL */
    const char *timespan;              /* as written */
    int64_t timespan_us;
    bool generate;
    struct syc_sigma_ref *refs;
    size_t ref_count;
    struct syc_sigma_word *columns; /* group-by, then the fields whose values are counted */
    size_t group_count, value_count;
    struct syc_sigma_rename *renames;
    size_t rename_count;
    struct syc_sigma_bound bounds[SYC_CORRELATION_BOUNDS_MAX];
    size_t bound_count;
    struct syc_place condition_at;
    /*
     * The bounds as the watch tests them: a window counts from least on. Without another bound that is all; else
     * the largest window of a run must be at most `most` and none of `bounds` of "neq". track: counts beyond it
     * make no difference, so no group keeps more.
     */
    int64_t least, most, track;
    bool bounded;
    unsigned depth;   /* 0: names no correlation; else one more than the deepest it names */
    uint16_t *fields; /* refs x columns */
    enum { SYC_LINK_NEW, SYC_LINK_BUSY, SYC_LINK_DONE, SYC_LINK_REFUSED, SYC_LINK_FOREIGN } link;
};

/* The field of a column for the events of one ref. */
static inline uint16_t
syc_correlation_field(const struct syc_sigma_correlation *c, size_t ref, size_t column)
{
    return c->fields[ref * (c->group_count + c->value_count) + column];
}

/*
 * Read `correlation` of the document at hand; faults are reported. (sigma_correlation.c)
 *
 * returns  in the set's arena; NULL when memory was short (reader->status)
 */
struct syc_sigma_correlation *syc_sigma_read_correlation(struct syc_sigma_reader *r,
                                                         const struct syc_yaml_node *node);

/*
 * Find what correlations name, and take those out of the set that cannot run: counted as refused, or as skipped when
 * all they are about is of other products. (sigma_link.c)
 *
 * by_name, by_id  the set's rules, sorted so
 */
void syc_sigma_link(struct syc_sigma_reader *r, struct syc_sigma_rule *const *by_name,
                    struct syc_sigma_rule *const *by_id);

#endif
