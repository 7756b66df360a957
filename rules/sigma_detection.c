#include "rules/sigma_int.h"

#include <stdio.h>
#include <string.h>

/*
 * The `detection` section: search identifiers into tests, modifiers into operators, and what a linter says of them.
 *
 *     identifier            a name                                      up to 64
 *       group               a map, or one map of a list                 its tests must all hold
 *         test              field|modifier|modifier: value or list      up to 64 in the rule
 *
 * A key is taken apart by its modifiers first, then checked in this order: is the field known, do the modifiers go
 * together, do they fit the type of the field. So each fault is reported once and in the terms of its cause. A test
 * that could not be read still takes its place in the draft: the next ones keep their numbers, and the condition is
 * checked in the same run.
 *
 * What goes together:
 *
 *     contains, startswith, endswith    texts and lists of texts; with all, cased
 *     gt, gte, lt, lte                  numbers
 *     cidr                              addresses
 *     exists                            any type; value true or false
 *     neq                               alone, or with fieldref, or cased
 *     fieldref                          two fields of one type, no lists
 *     all                               with equality and the three that widen patterns
 *
 * Sigma's other modifiers are known by name, so that a rule written for another engine is refused with a message
 * that says what is missing here, not with "unknown".
 */

/* Longer names of identifiers are refused: patterns are matched against them while loading. */
enum { NAME_MAX_OCTETS = 128 };

/* ---- modifiers ---- */

enum modifier {
    MOD_CONTAINS,
    MOD_STARTSWITH,
    MOD_ENDSWITH,
    MOD_CASED,
    MOD_ALL,
    MOD_EXISTS,
    MOD_NEQ,
    MOD_GT,
    MOD_GTE,
    MOD_LT,
    MOD_LTE,
    MOD_CIDR,
    MOD_FIELDREF,
    MOD_COUNT,
};

enum {
    WRAPS = 1u << MOD_CONTAINS | 1u << MOD_STARTSWITH | 1u << MOD_ENDSWITH,
    ORDERS = 1u << MOD_GT | 1u << MOD_GTE | 1u << MOD_LT | 1u << MOD_LTE,
    /* At most one of these says what is compared. */
    OPERATORS = WRAPS | ORDERS | 1u << MOD_EXISTS | 1u << MOD_CIDR,
};

/* In the order of enum modifier. */
static const char *const modifier_names[] = {"contains", "startswith", "endswith", "cased", "all",
                                             "exists",   "neq",        "gt",       "gte",   "lt",
                                             "lte",      "cidr",       "fieldref", NULL};
_Static_assert(sizeof(modifier_names) / sizeof(*modifier_names) == MOD_COUNT + 1, "one name each");

/* Sigma's other modifiers, and the supported one that comes nearest (NULL: none does). */
static const struct {
    const char *name, *instead;
} unsupported[] = {
    {"re", "contains"},
    {"i", NULL},
    {"m", NULL},
    {"s", NULL},
    {"windash", NULL},
    {"base64", "contains"},
    {"base64offset", "contains"},
    {"utf16", NULL},
    {"utf16le", NULL},
    {"utf16be", NULL},
    {"wide", NULL},
    {"expand", "cidr"},
    {"minute", "gte"},
    {"hour", "gte"},
    {"day", "gte"},
    {"week", "gte"},
    {"month", "gte"},
    {"year", "gte"},
};

/* One "field|modifier|..." key, taken apart. */
struct key {
    const struct syc_yaml_node *node;
    unsigned set; /* bits of enum modifier */
    int field;
};

/* Where a part of a key stands in the file; a key in quotes is one column further right. */
static struct syc_place
part_place(const struct syc_sigma_reader *r, const struct key *k, const char *part)
{
    return syc_sigma_place(r, k->node, (size_t)(part - k->node->text));
}

/*
 * A modifier of Sigma that is not supported, or no modifier at all: two codes, because the first is our limit and
 * the second the author's slip.
 */
static void
report_modifier(struct syc_sigma_reader *r, const struct key *k, const char *part, const char *name)
{
    char quoted[SYC_SIGMA_QUOTE], hint[SYC_SIGMA_QUOTE + 32], use[48];

    for (size_t i = 0; i < sizeof(unsupported) / sizeof(*unsupported); i++) {
        if (strcmp(unsupported[i].name, name) != 0) {
            continue;
        }
        snprintf(use, sizeof(use), "the nearest is \"%s\"",
                 unsupported[i].instead ? unsupported[i].instead : "");
        syc_sigma_report(r, SYC_SIGMA_MODIFIER, part_place(r, k, part),
                         unsupported[i].instead ? use : NULL,
                         "modifier \"%s\" of Sigma is not supported", name);
        return;
    }
    syc_sigma_report(r, SYC_SIGMA_MODIFIER_UNKNOWN, part_place(r, k, part),
                     syc_sigma_suggest(syc_sigma_nearest(modifier_names, name), hint),
                     "unknown modifier %s", syc_sigma_quote_text(name, strlen(name), quoted));
}

/*
 * Enter one modifier into the set. Twice the same, or a second operator, is refused at its own place; what only
 * the whole set shows is left to mixed_up().
 */
static bool
read_modifier(struct syc_sigma_reader *r, struct key *k, const char *part, size_t n)
{
    char name[32];

    snprintf(name, sizeof(name), "%.*s", n < sizeof(name) ? (int)n : 31, part);
    for (unsigned i = 0; i < MOD_COUNT; i++) {
        if (strcmp(modifier_names[i], name) == 0) {
            unsigned bit = 1u << i;

            if ((k->set & bit) || ((k->set & OPERATORS) && (bit & OPERATORS))) {
                syc_sigma_report(r, SYC_SIGMA_MODIFIER_MIX, part_place(r, k, part), NULL,
                                 "modifier \"%s\" does not go with those before it", name);
                return false;
            }
            k->set |= bit;
            return true;
        }
    }
    report_modifier(r, k, part, name);
    return false;
}

/* Was this modifier written? */
static bool
has(const struct key *k, enum modifier m)
{
    return k->set >> m & 1;
}

/*
 * What does not go together whatever the order it is written in: neq negates plain equality only; exists and
 * orders take no list logic; letter case is a matter of texts.
 */
static const char *
mixed_up(const struct key *k)
{
    unsigned operators = k->set & OPERATORS;

    if (has(k, MOD_NEQ) && operators) {
        return "\"neq\" goes with plain equality and \"fieldref\" only";
    }
    if (has(k, MOD_FIELDREF) && operators) {
        return "\"fieldref\" compares for equality only";
    }
    if (has(k, MOD_ALL) && ((operators & ~(unsigned)WRAPS) || has(k, MOD_FIELDREF))) {
        return "\"all\" goes with equality, \"contains\", \"startswith\" and \"endswith\" only";
    }
    if (has(k, MOD_CASED) && (operators & ~(unsigned)WRAPS)) {
        return "\"cased\" is for texts";
    }
    return NULL;
}

/* A type in the words of a finding: "field \"x\" is an address". */
static const char *
type_word(enum syc_type type)
{
    switch (type) {
    case SYC_INT:
        return "an integer";
    case SYC_REAL:
        return "a number";
    case SYC_BOOL:
        return "true or false";
    case SYC_ADDR:
        return "an address";
    case SYC_TEXT:
        return "a text";
    case SYC_LIST:
        return "a list of texts";
    case SYC_ABSENT:
    case SYC_PROMISED:
    default:
        return "nothing";
    }
}

/*
 * Do the modifiers make sense for the type? Orders of texts and wildcards of numbers would need a conversion
 * that Sigma does not define; refusing them is the only reading that cannot surprise.
 */
static bool
fits_type(unsigned set, enum syc_type type)
{
    bool text = type == SYC_TEXT || type == SYC_LIST;

    if ((set & ORDERS) && type != SYC_INT && type != SYC_REAL) {
        return false;
    }
    if ((set & (WRAPS | 1u << MOD_CASED)) && !text) {
        return false;
    }
    return !(set >> MOD_CIDR & 1) || type == SYC_ADDR;
}

/* Other taxonomies' names, where the document allows them; ours always come first. */
static const struct syc_sigma_alias *
find_alias(const struct syc_sigma_reader *r, const char *name)
{
    const struct syc_sigma_options *o = &r->set->options;

    for (size_t i = 0; r->aliases && i < o->alias_count; i++) {
        if (strcmp(o->aliases[i].name, name) == 0) {
            return &o->aliases[i];
        }
    }
    return NULL;
}

int
syc_sigma_field(struct syc_sigma_reader *r, const char *name, struct syc_place at)
{
    char quoted[SYC_SIGMA_QUOTE], hint[SYC_SIGMA_QUOTE + 32];
    const struct syc_sigma_alias *alias = find_alias(r, name);
    int field = -1;

    if (!r->schema) {
        return -1; /* the category was unknown, and reported */
    }
    field = syc_schema_find(r->schema, name, strlen(name));
    if (field < 0 && alias) {
        field = syc_schema_find(r->schema, alias->field, strlen(alias->field));
    }
    if (field < 0) {
        const struct syc_field *near =
            syc_sigma_lists(r) ? syc_schema_nearest(r->schema, name) : NULL;

        syc_sigma_report(r, SYC_SIGMA_FIELD, at, syc_sigma_suggest(near ? near->name : NULL, hint),
                         "unknown field %s for category \"%s\"",
                         syc_sigma_quote_text(name, strlen(name), quoted), r->schema->category);
    }
    return field;
}

/*
 * Take a key apart. Every fault in it is reported, then the key counts as unreadable (false).
 *
 * cost  one pass over the key; looking up the field is linear in the schema, the hint costs an edit distance each
 */
static bool
read_key(struct syc_sigma_reader *r, struct key *k)
{
    const char *text = k->node->text;
    size_t n = strcspn(text, "|");
    bool good = true;
    char name[64];

    if (n == 0) {
        syc_sigma_report(r, SYC_SIGMA_KEYWORDS, k->node->at, NULL,
                         "a test without a field searches free text, which there is none of here");
        return false;
    }
    for (const char *p = text + n; *p;) {
        size_t length = strcspn(++p, "|");

        good = read_modifier(r, k, p, length) && good;
        p += length;
    }
    snprintf(name, sizeof(name), "%.*s", n < sizeof(name) ? (int)n : 63, text);
    k->field = syc_sigma_field(r, name, k->node->at);
    if (k->field < 0 || !good) {
        return false;
    }
    const struct syc_field *field = &r->schema->fields[k->field];
    const char *mixed = mixed_up(k);

    if (mixed) {
        syc_sigma_report(r, SYC_SIGMA_MODIFIER_MIX, k->node->at, NULL, "%s", mixed);
        return false;
    }
    if (!fits_type(k->set, field->type)) {
        syc_sigma_report(r, SYC_SIGMA_MODIFIER_TYPE, k->node->at, NULL,
                         "the modifier does not fit: field \"%s\" is %s", field->name,
                         type_word(field->type));
        return false;
    }
    return true;
}

/* ---- tests ---- */

/* The operator among the modifiers; without one the test is for equality. */
static enum syc_test_op
op_of(const struct key *k)
{
    static const enum syc_test_op ops[MOD_COUNT] = {
        [MOD_EXISTS] = SYC_TEST_EXISTS,     [MOD_GT] = SYC_TEST_GT,
        [MOD_GTE] = SYC_TEST_GTE,           [MOD_LT] = SYC_TEST_LT,
        [MOD_LTE] = SYC_TEST_LTE,           [MOD_CIDR] = SYC_TEST_CIDR,
        [MOD_FIELDREF] = SYC_TEST_FIELDREF,
    };

    for (unsigned m = 0; m < MOD_COUNT; m++) {
        if (has(k, m) && ops[m] != SYC_TEST_EQUAL) {
            return ops[m];
        }
    }
    return SYC_TEST_EQUAL;
}

/* contains and its kin are equality with a pattern that has a run before, behind, or on both sides. */
static unsigned
wrap_of(const struct key *k)
{
    if (has(k, MOD_CONTAINS)) {
        return SYC_WRAP_BEFORE | SYC_WRAP_AFTER;
    }
    return has(k, MOD_STARTSWITH) ? SYC_WRAP_AFTER : has(k, MOD_ENDSWITH) ? SYC_WRAP_BEFORE : 0;
}

/* exists takes YAML's truth values only: "exists: no" reads as false in YAML 1.1 and as a text in 1.2. */
static bool
read_exists(struct syc_sigma_reader *r, const struct syc_yaml_node *value, struct syc_operand *out)
{
    bool wanted = false;

    if (!syc_sigma_bool(value, &wanted)) {
        syc_sigma_report(r, SYC_SIGMA_EXISTS, value->at, syc_sigma_unquote(value),
                         "\"exists\" takes true or false");
        return false;
    }
    *out = (struct syc_operand){.kind = SYC_OPERAND_BOOL, .u.i = wanted};
    return true;
}

/*
 * null is the absent value, so only equality and neq can speak of it. Sigma lets it stand in a list, too; here a list is
 * of values to compare with, and "one of these or nothing" takes two identifiers.
 */
static bool
read_null(struct syc_sigma_reader *r, const struct key *k, const struct syc_yaml_node *value,
          bool in_list, struct syc_operand *out)
{
    if (in_list) {
        syc_sigma_report(
            r, SYC_SIGMA_NULL_IN_LIST, value->at,
            "give null an identifier of its own, joined by \"or\"; '' is the empty text",
            "null in a list of values is not supported here");
        return false;
    }
    if (k->set & ~(1u << MOD_NEQ)) {
        syc_sigma_report(r, SYC_SIGMA_NULL_MODIFIER, value->at, NULL,
                         "null goes with plain equality and \"neq\" only");
        return false;
    }
    *out = (struct syc_operand){.kind = SYC_OPERAND_NULL};
    return true;
}

/* One value of the list, by what the operator and the field's type ask for. */
static bool
read_operand(struct syc_sigma_reader *r, const struct key *k, const struct syc_sigma_test *t,
             const struct syc_yaml_node *value, bool in_list, struct syc_operand *out)
{
    if (t->op == SYC_TEST_EXISTS) {
        return read_exists(r, value, out);
    }
    if (syc_yaml_is_null(value)) {
        return read_null(r, k, value, in_list, out);
    }
    return syc_sigma_operand(r, value, &r->schema->fields[k->field], t, wrap_of(k), out);
}

/*
 * The other field of a fieldref. Its type must be the same: comparing a count with a text could only ever be false,
 * and the author meant something else.
 */
static void
read_fieldref(struct syc_sigma_reader *r, const struct key *k, const struct syc_yaml_node *value,
              struct syc_sigma_test *t)
{
    if (value->kind != SYC_YAML_SCALAR || value->length == 0) {
        syc_sigma_report(r, SYC_SIGMA_FIELDREF, value->at, NULL,
                         "\"fieldref\" takes the name of one field");
        return;
    }
    int other = syc_sigma_field(r, value->text, value->at);

    if (other < 0) {
        return;
    }
    enum syc_type a = r->schema->fields[k->field].type, b = r->schema->fields[other].type;

    if (a != b || a == SYC_LIST) {
        syc_sigma_report(r, SYC_SIGMA_FIELDREF, value->at, NULL,
                         "fields of two types cannot be compared: %s and %s", type_word(a),
                         type_word(b));
    }
    t->other = (uint16_t)other;
}

/* A linter's remark: neq holds on an absent value, which few expect. */
static void
remark_neq(struct syc_sigma_reader *r, const struct key *k)
{
    const struct syc_field *field = &r->schema->fields[k->field];

    if (has(k, MOD_NEQ) && !has(k, MOD_FIELDREF) && field->optional) {
        syc_sigma_report(r, SYC_SIGMA_NEQ_OPTIONAL, k->node->at, "add a test with |exists: true",
                         "\"neq\" also holds when \"%s\" is not known", field->name);
    }
}

/*
 * The value or values of a test into operands. Faulty ones are reported and left out; the rule is refused, so the
 * test is never evaluated without them.
 */
static void
read_values(struct syc_sigma_reader *r, const struct key *k, const struct syc_yaml_node *value,
            struct syc_sigma_test *t)
{
    bool list = value->kind == SYC_YAML_LIST;
    const struct syc_yaml_node *item = list ? value->first : value;
    size_t room = list ? value->count : 1;

    if (room == 0) {
        syc_sigma_report(r, SYC_SIGMA_NO_VALUES, value->at, NULL, "the list of values is empty");
        return;
    }
    if (list && t->op == SYC_TEST_EXISTS) {
        syc_sigma_report(r, SYC_SIGMA_EXISTS, value->at, NULL, "\"exists\" takes true or false");
        return;
    }
    struct syc_operand *operands = syc_arena_alloc(r->arena, room * sizeof(*operands));

    if (!operands) {
        r->status = SYC_NO_MEMORY;
        return;
    }
    t->operands = operands;
    for (; item; item = list ? item->next : NULL) {
        if (read_operand(r, k, t, item, list, &operands[t->count])) {
            t->count++;
        }
    }
}

/* One "key: value" of a group into the draft. Answers its bit, or 0 when there was no room. */
static uint64_t
read_test(struct syc_sigma_reader *r, const struct syc_yaml_node *value)
{
    struct syc_sigma_draft *d = &r->draft;
    struct key k = {.node = value->key};

    if (d->test_count == SYC_SIGMA_TESTS_MAX) {
        syc_sigma_report(r, SYC_SIGMA_TESTS, value->key->at, NULL,
                         "more than %d tests in one rule; split it", SYC_SIGMA_TESTS_MAX);
        return 0;
    }
    struct syc_sigma_test *t = &d->tests[d->test_count];

    *t = (struct syc_sigma_test){0};
    d->test_places[d->test_count++] = k.node->at;
    if (read_key(r, &k)) {
        t->field = (uint16_t)k.field;
        t->op = op_of(&k);
        t->cased = has(&k, MOD_CASED);
        t->all = has(&k, MOD_ALL);
        t->negate = has(&k, MOD_NEQ);
        if (t->op == SYC_TEST_FIELDREF) {
            read_fieldref(r, &k, value, t);
        } else {
            read_values(r, &k, value, t);
        }
        remark_neq(r, &k);
    }
    return UINT64_C(1) << (d->test_count - 1);
}

/* ---- identifiers ---- */

/* The tests of one map as a mask. Ends at the first that finds no room: one finding for all that follow. */
static uint64_t
read_group(struct syc_sigma_reader *r, const struct syc_yaml_node *map)
{
    uint64_t mask = 0;

    if (map->count == 0) {
        syc_sigma_report(r, SYC_SIGMA_EMPTY_SEARCH, map->at, NULL, "there is no test in it");
    }
    for (const struct syc_yaml_node *value = map->first; value; value = value->next) {
        uint64_t bit = read_test(r, value);

        mask |= bit;
        if (bit == 0) {
            break;
        }
    }
    return mask;
}

/*
 * Names that a condition can speak of: its letters, and none of its key words. A wildcard in a name would make
 * "1 of them" and "1 of the*m" differ in ways nobody expects.
 */
static bool
good_name(const char *name)
{
    static const char *const reserved[] = {"and", "or", "not", "of", "them", "all", "any", "1"};

    for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++) {
        if (strcmp(name, reserved[i]) == 0) {
            return false;
        }
    }
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");

    return n > 0 && n <= NAME_MAX_OCTETS && name[n] == '\0';
}

/*
 * A map is one group, a list of maps one each. A list of anything else is a list of keywords, which search free
 * text: our facts have none.
 */
static void
read_groups(struct syc_sigma_reader *r, const struct syc_yaml_node *node, uint64_t *groups,
            size_t *count)
{
    if (node->kind == SYC_YAML_MAP) {
        groups[(*count)++] = read_group(r, node);
        return;
    }
    for (const struct syc_yaml_node *item = node->first; item; item = item->next) {
        if (item->kind != SYC_YAML_MAP) {
            syc_sigma_report(r, SYC_SIGMA_KEYWORDS, item->at, NULL,
                             "a keyword searches free text, which there is none of here");
            return;
        }
        if (*count == SYC_SIGMA_TESTS_MAX) {
            (void)read_group(r, item); /* no room for its tests either: it reports that */
            return;
        }
        groups[(*count)++] = read_group(r, item);
    }
}

/*
 * Enter one search identifier. A faulty one is entered all the same (without tests, if there are none): the
 * condition should not report its name as unknown.
 */
static void
read_identifier(struct syc_sigma_reader *r, const struct syc_yaml_node *node)
{
    struct syc_sigma_draft *d = &r->draft;
    uint64_t masks[SYC_SIGMA_TESTS_MAX], *groups;
    size_t count = 0;
    char quoted[SYC_SIGMA_QUOTE];

    if (!good_name(node->key->text)) {
        syc_sigma_report(r, SYC_SIGMA_SEARCH_NAME, node->key->at, NULL,
                         "%s cannot be the name of a search identifier",
                         syc_sigma_quote(node->key, quoted));
        return;
    }
    if (d->identifier_count == SYC_SIGMA_TESTS_MAX) {
        syc_sigma_report(r, SYC_SIGMA_TESTS, node->key->at, NULL,
                         "more than %d search identifiers in one rule; split it",
                         SYC_SIGMA_TESTS_MAX);
        return;
    }
    /* A faulty one is entered all the same: the condition should not report its name as unknown. */
    if (node->kind == SYC_YAML_SCALAR && !syc_yaml_is_null(node)) {
        syc_sigma_report(r, SYC_SIGMA_KEYWORDS, node->at, NULL,
                         "a keyword searches free text, which there is none of here");
    } else if (node->count == 0) {
        syc_sigma_report(r, SYC_SIGMA_EMPTY_SEARCH, node->at, NULL, "there is no test in it");
    } else {
        read_groups(r, node, masks, &count);
    }
    groups = syc_arena_alloc(r->arena, count * sizeof(*groups));
    const char *name = syc_arena_text(r->arena, node->key->text, node->key->length);

    if (!groups || !name) {
        r->status = SYC_NO_MEMORY;
        return;
    }
    memcpy(groups, masks, count * sizeof(*groups));
    d->identifier_places[d->identifier_count] = node->key->at;
    d->identifiers[d->identifier_count++] = (struct syc_sigma_identifier){name, groups, count};
}

/* ---- lint ---- */

/* The limit a test sets, if it is one plain number. */
static bool
limit_of(const struct syc_sigma_test *t, double *out)
{
    if (t->count != 1 ||
        (t->operands[0].kind != SYC_OPERAND_INT && t->operands[0].kind != SYC_OPERAND_REAL)) {
        return false;
    }
    *out = t->operands[0].kind == SYC_OPERAND_INT ? (double)t->operands[0].u.i : t->operands[0].u.f;
    return true;
}

/* "gte 10" and "lt 5" of one field, asked for together, hold for no value. */
static bool
contradict(const struct syc_sigma_test *low, const struct syc_sigma_test *high)
{
    double least, most;

    if (low->field != high->field || (low->op != SYC_TEST_GT && low->op != SYC_TEST_GTE) ||
        (high->op != SYC_TEST_LT && high->op != SYC_TEST_LTE) || !limit_of(low, &least) ||
        !limit_of(high, &most)) {
        return false;
    }
    return low->op == SYC_TEST_GTE && high->op == SYC_TEST_LTE ? least > most : least >= most;
}

/*
 * Say which pairs of tests in one group shut each other out. Only tests of one group are asked for together;
 * across groups and identifiers the condition may well mean "or".
 */
static void
remark_group(struct syc_sigma_reader *r, uint64_t mask)
{
    const struct syc_sigma_draft *d = &r->draft;

    for (size_t a = 0; a < d->test_count; a++) {
        for (size_t b = 0; (mask >> a & 1) && b < d->test_count; b++) {
            if ((mask >> b & 1) && contradict(&d->tests[a], &d->tests[b])) {
                syc_sigma_report(r, SYC_SIGMA_NEVER, d->test_places[a > b ? a : b], NULL,
                                 "no value can pass this test and the one at %u:%u",
                                 d->test_places[a < b ? a : b].line,
                                 d->test_places[a < b ? a : b].column);
            }
        }
    }
}

/* The linter's remarks on a detection without errors: names never used, and tests that never hold. */
static void
remark_searches(struct syc_sigma_reader *r)
{
    const struct syc_sigma_draft *d = &r->draft;

    for (size_t i = 0; i < d->identifier_count; i++) {
        const struct syc_sigma_identifier *id = &d->identifiers[i];

        if (!(d->used >> i & 1)) {
            syc_sigma_report(r, SYC_SIGMA_UNUSED, d->identifier_places[i], NULL,
                             "the condition never uses \"%s\"", id->name);
        }
        for (size_t g = 0; g < id->group_count; g++) {
            remark_group(r, id->groups[g]);
        }
    }
}

/* ---- the section ---- */

void
syc_sigma_read_detection(struct syc_sigma_reader *r, const struct syc_yaml_node *node)
{
    if (node->kind != SYC_YAML_MAP) {
        syc_sigma_report(r, SYC_SIGMA_TYPE, node->at, NULL, "\"detection\" must be a map");
        return;
    }
    for (const struct syc_yaml_node *child = node->first; child; child = child->next) {
        if (strcmp(child->key->text, "timeframe") == 0) {
            syc_sigma_report(r, SYC_SIGMA_TIMEFRAME, child->key->at, NULL,
                             "\"timeframe\" is obsolete in Sigma and not read");
        } else if (strcmp(child->key->text, "condition") != 0) {
            read_identifier(r, child);
        }
    }
    const struct syc_yaml_node *condition = syc_yaml_find(node, "condition");

    if (!condition) {
        syc_sigma_report(r, SYC_SIGMA_MISSING_KEY, node->at, NULL,
                         "\"detection\" has no \"condition\"");
        return;
    }
    if (r->draft.identifier_count == 0) {
        if (!r->refused) {
            syc_sigma_report(r, SYC_SIGMA_NO_SEARCH, node->at, NULL,
                             "\"detection\" has no search identifier");
        }
        return;
    }
    syc_sigma_read_condition(r, condition);
    if (!r->refused) {
        remark_searches(r);
    }
}
