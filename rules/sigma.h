#ifndef SYC_SIGMA_H
#define SYC_SIGMA_H

/*
 * Purpose           a Sigma engine: rule documents against schemas, evaluated over rows of typed values, explained
 * Input and output  YAML texts in; rules, their metadata and every finding with file, line and column out
 * Ownership         a set owns its rules and findings (one arena); schemas and options are borrowed
 * Limits            1 MiB a file, depth 64, 10,000 rules a set, 64 tests a rule, 256 findings a file
 * Not here          what fields mean, scoring (rules.h); events in time (sigma_watch.h); filter documents, regular
 *                   expressions
 *
 * Nothing here knows of packets: give it schemas of any product and it is an engine for that product.
 */

#include "base/base.h"

struct syc_sigma;        /* a set of rules */
struct syc_sigma_reader; /* the loader at work on one document: rules/sigma_int.h */
struct syc_yaml_node;    /* a value of the document with its place: rules/sigma_yaml.h */

enum {
    SYC_SIGMA_FILE_MAX =
        1024 * 1024,              /* octets; the largest file of SigmaHQ's tree is below 64 KiB */
    SYC_SIGMA_RULES_MAX = 10000,  /* three times SigmaHQ's whole tree */
    SYC_SIGMA_PROBLEMS_MAX = 256, /* a file; nobody reads further, and hints cost time */
    SYC_SIGMA_TESTS_MAX = 64,     /* one bit each in a word */
    SYC_SIGMA_DEPTH_MAX = 64,
};

/* One finding of the loader or linter; texts live as long as the set and are safe for a terminal. */
struct syc_rule_problem {
    const char *file;
    unsigned line, column; /* 1-based, in characters; 0 = the whole file */
    const char *code;      /* "R102"; stable */
    bool error;            /* false = warning */
    const char *text;      /* one line, printable ASCII */
    const char *hint;      /* "did you mean \"iat.cv\"?" or NULL */
};

/* A list of texts as written; items is NULL when count is 0 and the key was not there. */
struct syc_sigma_texts {
    const char *const *items;
    size_t count;
};

/*
 * Sigma's `related`: another rule's id and in what relation it stands (derived, obsolete, merged,
 * renamed, similar).
 */
struct syc_sigma_related {
    const char *id;
    const char *type;
};

/* A loaded rule: Sigma's metadata as written (NULL or empty if absent) and the program behind it. */
struct syc_sigma_rule {
    const char *title, *id, *taxonomy, *status, *description, *license, *author, *date, *modified;
    const char *level;
    const char
        *name; /* never NULL: the file's base name without one ("base#2" for its 2nd document) */
    struct syc_sigma_texts references, fields, falsepositives, tags, scope;
    const struct syc_sigma_related *related;
    size_t related_count;
    const struct syc_schema
        *schema; /* of its category; a correlation's: of its rules, once sealed */
    const char *file;
    unsigned line;                             /* where its document starts */
    char digest[65];                           /* SHA-256 of the document's octets */
    const struct syc_sigma_program *program;   /* a correlation's never holds */
    struct syc_sigma_correlation *correlation; /* NULL: a rule over one row */
    const void *extra; /* what the extension made of its key; NULL without the key */
};

/*
 * One more top-level key, given its meaning by somebody else.
 *
 * read  called once a document that has the key, after everything else was read; findings go through
 *       syc_sigma_report(), an error there refuses the document; *extra becomes rule->extra and must live in
 *       the set's arena (reader->arena). Returns SYC_OK or SYC_NO_MEMORY.
 */
struct syc_sigma_extension {
    const char *key;
    enum syc_status (*read)(struct syc_sigma_reader *reader, const struct syc_yaml_node *node,
                            const struct syc_sigma_rule *rule, const void **extra);
};

/* Another taxonomy's name for one of our fields; used when a rule says `taxonomy: sigma` or no taxonomy. */
struct syc_sigma_alias {
    const char *name;
    const char *field;
};

/* What makes this engine the engine of a product. All of it is borrowed as long as the set lives. */
struct syc_sigma_options {
    const char *product; /* logsource.product of rules that are ours; also the taxonomy's name */
    const char *events;  /* the category whose rows are events in time; NULL = all are */
    const struct syc_schema *const *schemas;
    size_t schema_count;
    const struct syc_sigma_alias *aliases;
    size_t alias_count;
    const struct syc_sigma_extension *extension; /* NULL = none */
};

/* An empty set; *options is copied, what it points to is borrowed. NULL when memory is short. */
struct syc_sigma *syc_sigma_new(const struct syc_sigma_options *options);

/* Free the set with its rules, findings and texts; NULL is fine. */
void syc_sigma_free(struct syc_sigma *set);

/*
 * Add the documents of one file's text (borrowed for the call).
 *
 * A document with an error is refused whole; the others load. Findings of a file are kept in order of place.
 * returns  SYC_OK also when documents were refused (see syc_sigma_problems); SYC_NO_MEMORY (what loaded
 *          before stays); SYC_USAGE after the seal
 * cost     O(n log n); no recursion on depth
 */
enum syc_status syc_sigma_parse(struct syc_sigma *set, const char *file, const char *text,
                                size_t n) SYC_MUST_CHECK;

/*
 * After the last parse: find what correlations name (one that names nothing is refused now), name doubles of names and
 * ids, compute the digest. Once; SYC_OK or SYC_NO_MEMORY.
 */
enum syc_status syc_sigma_seal(struct syc_sigma *set) SYC_MUST_CHECK;

/* How many documents were taken; refused for an error; left alone because they are of another product. */
size_t syc_sigma_loaded(const struct syc_sigma *set);
size_t syc_sigma_refused(const struct syc_sigma *set);
size_t syc_sigma_skipped(const struct syc_sigma *set);

/* All findings: of each file in order of place, then those of the seal. *out is the set's; returns how many. */
size_t syc_sigma_problems(const struct syc_sigma *set, const struct syc_rule_problem **out);

/* Rule i of syc_sigma_loaded(), in order of loading. */
const struct syc_sigma_rule *syc_sigma_rule(const struct syc_sigma *set, size_t i);

/* "sha256:..." over name and text of the loaded rules, whatever order they came in; "" before the seal. */
const char *syc_sigma_digest(const struct syc_sigma *set);

/* Which tests and search identifiers held, one bit each, in document order. */
struct syc_sigma_hit {
    uint64_t tests;
    uint64_t identifiers;
};

/*
 * Does the rule's condition hold for a row (one value for each field of rule->schema)?
 *
 * hit   what held, when the answer is yes; may be NULL
 * cost  each test once at most, then one pass over the condition; no allocation
 *
 * Comparison, where Sigma leaves it open:
 * - equality is numeric for numbers, of addresses for addresses (v4-mapped folded into IPv4), without regard
 *   to ASCII case for texts unless `cased`; of a list field any item may match;
 * - gt gte lt lte: false on an absent value; integers against integers exactly, else as doubles;
 * - neq: the negated equality, hence true on an absent value; null is the absent value;
 * - fieldref: false when either side is absent, under neq too;
 * - `?` stands for one UTF-8 character, `*` for any run.
 */
bool syc_sigma_match(const struct syc_sigma_rule *rule, const struct syc_value *row,
                     struct syc_sigma_hit *hit);

/* One test of a rule over a row; texts are valid during the call that tells of it. */
struct syc_sigma_asked {
    const char *identifier;
    bool identifier_held;
    size_t group;       /* of a list of maps: which */
    const char *key;    /* "iat.n|gte" */
    const char *wanted; /* "10" */
    const struct syc_value *value;
    bool held;
};

/* Tell of every test, in document order. Returns whether the condition holds. */
bool syc_sigma_ask(const struct syc_sigma_rule *rule, const struct syc_value *row,
                   void (*told)(void *user, const struct syc_sigma_asked *asked), void *user);

/* The condition as written, several joined by "or"; "" for a correlation. */
const char *syc_sigma_condition(const struct syc_sigma_rule *rule);

/*
 * The names of the identifiers that held and that the condition uses, in document order.
 *
 * returns  how many were written to names (at most max)
 */
size_t syc_sigma_explain(const struct syc_sigma_rule *rule, const struct syc_sigma_hit *hit,
                         const char **names, size_t max);

/* Did a test of this field (schema index) hold? Of what a rule reads, that is what made it match. */
bool syc_sigma_held(const struct syc_sigma_rule *rule, const struct syc_sigma_hit *hit,
                    uint16_t field);

/* For qsort(3), of pointers to rules: names, then digests; total unless two rules are the same octets. */
int syc_sigma_compare_names(const void *a, const void *b);

/* Returns how many fields the rule reads; *out, as long as the set: their schema indices, ascending. */
size_t syc_sigma_fields(const struct syc_sigma_rule *rule, const uint16_t **out);

#endif
