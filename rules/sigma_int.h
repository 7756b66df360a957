#ifndef SYC_SIGMA_INT_H
#define SYC_SIGMA_INT_H

/*
 * Purpose           what the parts of the Sigma engine share: codes of findings, the program of a rule, the reader
 * Input and output  see sigma_load.c (documents), sigma_detection.c (tests), sigma_condition.c, sigma_match.c
 * Ownership         programs live in the set's arena; the draft lives in the reader, one document at a time
 * Limits            64 tests and 64 identifiers a rule, 512 steps a condition, 64 values on its stack
 * Not here          anything another folder may use: sigma.h is the face
 *
 *     text -> tree (sigma_yaml.c) -> draft (sigma_load, _detection, _condition, _value) -> program -> bits (_match)
 *
 * What the loader guarantees and the matcher does not check again: field and other are indexes of the rule's schema;
 * operands are of a kind that fits the field's type and operator; masks name tests and identifiers there are; the
 * condition's steps never take more from the stack than they put there, and never hold more than 64 values on it.
 * A draft with any fault is never made a rule, so these need to hold for drafts without findings only.
 */

#include "rules/sigma.h"
#include "rules/sigma_yaml.h"

/* clang-format off */

/* X(NAME, code, error). Codes are a promise to users: never renumber, never reuse. */
#define SYC_SIGMA_CODE_LIST(X) \
    X(FILE_SIZE,        "R001", true) \
    X(SYNTAX,           "R002", true) \
    X(DEPTH,            "R003", true) \
    X(DUPLICATE_KEY,    "R004", true) \
    X(ALIAS,            "R005", true) \
    X(TAG,              "R006", true) \
    X(MERGE,            "R007", true) \
    X(COMPOUND_KEY,     "R008", true) \
    X(TOO_MANY,         "R009", true) \
    X(RULES,            "R010", true) \
    X(NOT_A_MAP,        "R011", true) \
    X(NUL,              "R012", true) \
    X(NO_RULE,          "R013", false) \
    X(MISSING_KEY,      "R101", true) \
    X(FIELD,            "R102", true) \
    X(TOP_KEY,          "R103", false) \
    X(TYPE,             "R104", true) \
    X(WORD,             "R105", true) \
    X(ID,               "R106", false) \
    X(DATE,             "R107", false) \
    X(TAXONOMY,         "R108", true) \
    X(NO_PRODUCT,       "R109", false) \
    X(CATEGORY,         "R110", true) \
    X(SERVICE,          "R111", false) \
    X(FILTER,           "R113", true) \
    X(ACTION,           "R114", true) \
    X(LENGTH,           "R115", true) \
    X(TWICE,            "R116", false) \
    X(UNDOCUMENTED,     "R117", false) \
    X(NO_SEARCH,        "R201", true) \
    X(KEYWORDS,         "R202", true) \
    X(EMPTY_SEARCH,     "R203", true) \
    X(SEARCH_NAME,      "R204", true) \
    X(TESTS,            "R205", true) \
    X(MODIFIER,         "R206", true) \
    X(MODIFIER_UNKNOWN, "R207", true) \
    X(MODIFIER_MIX,     "R208", true) \
    X(MODIFIER_TYPE,    "R209", true) \
    X(NO_MATCH,         "R210", true) \
    X(SEARCH_UNKNOWN,   "R211", true) \
    X(CONDITION,        "R212", true) \
    X(UNUSED,           "R213", false) \
    X(CONDITION_SIZE,   "R214", true) \
    X(AGGREGATION,      "R215", true) \
    X(CONDITION_BLOCK,  "R216", true) \
    X(TIMEFRAME,        "R217", true) \
    X(VALUE,            "R301", true) \
    X(NULL_IN_LIST,     "R302", true) \
    X(NULL_MODIFIER,    "R303", true) \
    X(NO_VALUES,        "R304", true) \
    X(NUMBER_SIZE,      "R305", true) \
    X(CIDR,             "R306", true) \
    X(HOST_BITS,        "R307", false) \
    X(QUOTED_NUMBER,    "R308", false) \
    X(WILDCARD,         "R309", true) \
    X(EXISTS,           "R310", true) \
    X(FIELDREF,         "R311", true) \
    X(NEQ_OPTIONAL,     "R312", false) \
    X(NEVER,            "R313", false) \
    X(EXTRA_KEY,        "R401", true) \
    X(EXTRA_BOTH,       "R402", true) \
    X(EXTRA_POINTS,     "R403", true) \
    X(EXTRA_RAMP,       "R404", true) \
    X(EXTRA_NEEDS,      "R405", true) \
    X(EXTRA_FIELD_TYPE, "R406", true) \
    X(EXTRA_GROUP,      "R407", false) \
    X(EXTRA_HARD,       "R408", true) \
    X(EXTRA_WIDE,       "R409", false) \
    X(EXTRA_SILENT,     "R410", false) \
    X(EXTRA_CORRELATION, "R411", true) \
    X(CORRELATION_TYPE,      "R501", true) \
    X(CORRELATION_LIST,      "R502", true) \
    X(CORRELATION_REFERENCE, "R503", true) \
    X(CORRELATION_CHAIN,     "R504", true) \
    X(CORRELATION_TIMESPAN,  "R505", true) \
    X(CORRELATION_CONDITION, "R506", true) \
    X(CORRELATION_BOUND,     "R507", true) \
    X(CORRELATION_NEVER,     "R508", true) \
    X(CORRELATION_ALIASES,   "R509", true) \
    X(CORRELATION_KEY,       "R510", true) \
    X(CORRELATION_CATEGORY,  "R511", true) \
    X(CORRELATION_COLUMN,    "R512", true)

/* clang-format on */

/*
 * In code one speaks of SYC_SIGMA_FIELD, users of R102. R0xx: the file; R1xx: keys; R2xx: detection; R3xx: values;
 * R4xx: ours; R5xx: correlations. R112 said that there were none.
 */
enum syc_sigma_code {
#define X(name, code, error) SYC_SIGMA_##name,
    SYC_SIGMA_CODE_LIST(X)
#undef X
};

enum {
    SYC_SIGMA_OPS_MAX = 512,  /* steps of a condition; 64 identifiers, each used a few times */
    SYC_SIGMA_STACK_MAX = 64, /* truth values at a time: bits of one word */
    SYC_SIGMA_QUOTE = 72,     /* buffer for a word of the document inside a finding */
};

enum syc_operand_kind {
    SYC_OPERAND_NULL,
    SYC_OPERAND_INT,
    SYC_OPERAND_REAL,
    SYC_OPERAND_BOOL,
    SYC_OPERAND_TEXT,
    SYC_OPERAND_NET
};

/* Tokens of a text pattern: an octet, or one of these. */
enum { SYC_GLOB_RUN = 256, SYC_GLOB_ONE = 257 };

/* One value of a test. Patterns are tokens, not text: what was escaped in the file cannot become a wildcard again. */
struct syc_operand {
    enum syc_operand_kind kind;
    union {
        int64_t i; /* also bool */
        double f;
        struct {
            const uint16_t *tokens;
            size_t count;
            uint32_t first;   /* what a text may begin with, a bit as in letters */
            uint32_t letters; /* what it must have somewhere (syc_glob_letters()) */
        } text;
        struct {
            uint8_t octets[16];
            uint8_t bits; /* of the 128; an IPv4 net of /8 holds 104 */
            uint8_t ip_v;
        } net;
    } u;
};

/* What is compared. Orders have bits in sigma_match.c's table of that name, all others none. */
enum syc_test_op {
    SYC_TEST_EQUAL, /* contains, startswith and endswith are equality with a wider pattern */
    SYC_TEST_GT,
    SYC_TEST_GTE,
    SYC_TEST_LT,
    SYC_TEST_LTE,
    SYC_TEST_CIDR,
    SYC_TEST_EXISTS,
    SYC_TEST_FIELDREF,
};

/* field|modifiers: values. Any value will do, or all must. */
struct syc_sigma_test {
    uint16_t field;
    uint16_t other; /* fieldref */
    enum syc_test_op op;
    bool cased, all, negate;
    const struct syc_operand *operands;
    size_t count;
};

/* A search identifier holds when all tests of one of its groups hold. */
struct syc_sigma_identifier {
    const char *name;
    const uint64_t *groups; /* masks of tests */
    size_t group_count;
};

enum syc_sigma_step_kind {
    SYC_STEP_ANY, /* push: some identifier of mask holds */
    SYC_STEP_ALL, /* push: every identifier of mask holds */
    SYC_STEP_NOT,
    SYC_STEP_AND,
    SYC_STEP_OR,
};

/* Where a value on the left of an operator decides it, the condition goes on behind the operator. */
struct syc_sigma_step {
    enum syc_sigma_step_kind kind;
    uint64_t mask;
    bool decides;   /* what decides: true for "or", false for "and" */
    uint16_t go_on; /* the step behind the operator; 0: this is the left of none */
};

/* What runs: tests into one word, identifiers into another, the condition in postfix over a word as stack. */
struct syc_sigma_program {
    const struct syc_sigma_test *tests;
    size_t test_count;
    const struct syc_sigma_identifier *identifiers;
    size_t identifier_count;
    const struct syc_sigma_step *steps;
    size_t step_count;
    uint64_t used;    /* identifiers the condition names */
    uint64_t numbers; /* tests of one number, which cost next to nothing */
    uint64_t first;   /* thresholds without which it cannot hold: asked first */
    const char *condition;
    const uint16_t *fields;
    size_t field_count;
};

/* A program being made: fixed room, so that loading has no growth to fail at. */
struct syc_sigma_draft {
    struct syc_sigma_test tests[SYC_SIGMA_TESTS_MAX];
    struct syc_place test_places[SYC_SIGMA_TESTS_MAX];
    size_t test_count;
    struct syc_sigma_identifier identifiers[SYC_SIGMA_TESTS_MAX];
    struct syc_place identifier_places[SYC_SIGMA_TESTS_MAX];
    size_t identifier_count;
    struct syc_sigma_step steps[SYC_SIGMA_OPS_MAX];
    size_t step_count;
    uint64_t used;
    const char *condition; /* as written; NULL before it was read */
};

/* A document that was read and not kept: a correlation that names it is told why. */
struct syc_sigma_absent {
    const struct syc_sigma_absent *next;
    const char *name, *id; /* NULL if it has none */
    bool foreign;          /* of another product, else refused */
};

/*
 * The set. Rules and findings grow by doubling and may move while it is loaded: pointers to them
 * count after the seal.
 */
struct syc_sigma {
    struct syc_sigma_options options;
    struct syc_arena arena;
    struct syc_sigma_rule **rules;
    size_t rule_count, rule_room;
    struct syc_rule_problem *problems;
    size_t problem_count, problem_room;
    size_t refused, skipped;
    const struct syc_sigma_absent *absent;
    bool sealed;
    char digest[sizeof "sha256:" + 64];
};

/* The loader at work on one file; one document at a time. */
struct syc_sigma_reader {
    struct syc_sigma *set;
    struct syc_arena *arena; /* the set's */
    const char *file;        /* in the arena */
    const char *text;
    size_t n;
    size_t first_problem;    /* of this file */
    size_t document_problem; /* of this document */
    unsigned document;       /* 1-based */
    bool refused;            /* the document at hand has an error */
    enum syc_status status;  /* SYC_NO_MEMORY sticks */
    const struct syc_schema *schema;
    bool aliases; /* the document's taxonomy admits other names of fields */
    struct syc_sigma_draft draft;
};

/* Tell each step of a whole condition what it decides. (sigma_match.c) */
void syc_sigma_cut_short(struct syc_sigma_step *steps, size_t count);
/* Fill numbers and first of a program that has the rest. (sigma_match.c) */
void syc_sigma_find_numbers(struct syc_sigma_program *p);

/* ---- findings (sigma_report.c) ---- */

/* Add a finding; hint may be NULL. Never fails: a shortage of memory is kept in reader->status. */
void syc_sigma_report(struct syc_sigma_reader *r, enum syc_sigma_code code, struct syc_place at,
                      const char *hint, const char *format, ...) SYC_PRINTF(5, 6);

/* Is the next finding listed? Beyond the most that a file has, a dear hint need not be looked for. */
bool syc_sigma_lists(const struct syc_sigma_reader *r);

/* Where an octet of a scalar's text stands; once no finding is listed any more the scalar itself, without a walk. */
struct syc_place syc_sigma_place(const struct syc_sigma_reader *r, const struct syc_yaml_node *node,
                                 size_t index);

/* A node's text as printable ASCII in quotes, cut to fit out; answers out. */
const char *syc_sigma_quote(const struct syc_yaml_node *node, char out[SYC_SIGMA_QUOTE]);

/* The same of n octets of text, which need not be zero-terminated. */
const char *syc_sigma_quote_text(const char *text, size_t n, char out[SYC_SIGMA_QUOTE]);

/* Write `did you mean "word"?` into out and answer out; NULL when word is NULL. */
const char *syc_sigma_suggest(const char *word, char out[SYC_SIGMA_QUOTE + 32]);

/* The word of words (NULL-ended) nearest to text by edit distance <= 2, or NULL. */
const char *syc_sigma_nearest(const char *const *words, const char *text);

/* Order the findings of this file by place. */
void syc_sigma_report_sort(struct syc_sigma_reader *r);

/* ---- values (sigma_value.c) ---- */

enum syc_number { SYC_NUMBER_NOT, SYC_NUMBER_INT, SYC_NUMBER_REAL, SYC_NUMBER_TOO_LARGE };

/*
 * Read a scalar as YAML's core schema would, if quotes are overlooked: decimal, 0x, fractions, exponents.
 *
 * i        set for an integer only; f for integers and reals, finite
 * returns  what it is; SYC_NUMBER_TOO_LARGE for an integer beyond 64 bits or a real beyond all doubles
 */
enum syc_number syc_sigma_number(const struct syc_yaml_node *node, int64_t *i, double *f);

/* true, false in YAML's three spellings each, unquoted; false, and *out untouched, for anything else. */
bool syc_sigma_bool(const struct syc_yaml_node *node, bool *out);

/* The hint for a truth value that was refused for its quotes alone; else NULL. */
const char *syc_sigma_unquote(const struct syc_yaml_node *node);

enum syc_glob_wrap { SYC_WRAP_NONE = 0, SYC_WRAP_BEFORE = 1, SYC_WRAP_AFTER = 2 };

/*
 * One value of a test as the field's type demands; faults are reported.
 *
 * wrap     wildcards that contains, startswith and endswith add
 * returns  whether *out was filled; if not, the fault was reported or memory was short
 */
bool syc_sigma_operand(struct syc_sigma_reader *r, const struct syc_yaml_node *node,
                       const struct syc_field *field, const struct syc_sigma_test *test,
                       unsigned wrap, struct syc_operand *out);

/* ---- documents ---- */

/*
 * Field index of a name in the reader's schema, or -1 after reporting it unknown. (sigma_detection.c)
 *
 * Without a schema (the category was unknown, and reported) -1 in silence: the rest would be an echo.
 */
int syc_sigma_field(struct syc_sigma_reader *r, const char *name, struct syc_place at);

/* Read `detection` into the reader's draft. (sigma_detection.c) */
void syc_sigma_read_detection(struct syc_sigma_reader *r, const struct syc_yaml_node *node);

/* Read a condition, or a list of them, into the draft's steps. (sigma_condition.c) */
void syc_sigma_read_condition(struct syc_sigma_reader *r, const struct syc_yaml_node *node);

/* Read one document and keep, refuse or skip it. (sigma_load.c) */
void syc_sigma_read_document(struct syc_sigma_reader *r, const struct syc_yaml_node *root);

/* As syc_sigma_match(), with every test asked whatever comes of it: for explanations. (sigma_match.c) */
bool syc_sigma_match_fully(const struct syc_sigma_rule *rule, const struct syc_value *row,
                           struct syc_sigma_hit *hit);

/*
 * Does a text match a pattern? ASCII case is ignored unless cased. (sigma_match.c)
 *
 * text  zero-terminated; any octets, for an outsider may have written it
 * cost  at most pattern times text steps, without recursion and without backtracking over more than the last run
 */
bool syc_glob_match(const uint16_t *pattern, size_t count, const char *text, bool cased);

/* A bit for the last five bits of each octet of the pattern, in which letters differ whatever their case. */
uint32_t syc_glob_letters(const uint16_t *pattern, size_t count);

#endif
