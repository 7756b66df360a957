#include "tests/unit/rules/groups.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The engine (postfix over bits) against a naive evaluator that walks the tree it wrote the condition from and
 * compares values by the plainest code that can be read from the definition. Random, but the same every run.
 */

static uint64_t seed = 20261125;

static unsigned
roll(unsigned sides)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)((seed >> 20) % sides);
}

/* ---- tests ---- */

enum kind { NUMBER, ORDER, WORD, PRESENT, NOTHING, REFERENCE, KINDS };

/* One test over count or size_ratio or name, as drawn; lists have two values. */
struct drawn_test {
    enum kind kind;
    bool ratio, neq, all, cased, two, wanted;
    unsigned op; /* gt gte lt lte; or equal contains startswith endswith */
    int a, b;
};

static const char *const order_names[] = {"gt", "gte", "lt", "lte"};
static const char *const word_names[] = {"", "|contains", "|startswith", "|endswith"};
static const char *const words[] = {"", "a", "ab", "B", "abA", "Bab"};

static struct drawn_test
draw_test(void)
{
    struct drawn_test t = {.kind = roll(KINDS), .ratio = roll(2), .op = roll(4)};

    t.neq = roll(3) == 0;
    t.all = roll(3) == 0;
    t.cased = roll(3) == 0;
    t.two = roll(2);
    t.wanted = roll(2);
    t.a = (int)roll(6);
    t.b = (int)roll(6);
    return t;
}

/* The key and value as YAML, with a numbered key so that one map can hold several of a kind. */
static void
write_test(const struct drawn_test *t, char *out, size_t size)
{
    const char *field = t->ratio ? "size_ratio" : "count", *neq = t->neq ? "|neq" : "";

    switch (t->kind) {
    case NUMBER:
        snprintf(out, size, t->two ? "%s%s: [%d, %d]" : "%s%s: %d", field, neq, t->a, t->b);
        break;
    case ORDER:
        snprintf(out, size, t->two ? "%s|%s: [%d, %d]" : "%s|%s: %d", field, order_names[t->op],
                 t->a, t->b);
        break;
    case WORD:
        snprintf(out, size, t->two ? "name%s%s%s%s: ['%s', '%s']" : "name%s%s%s%s: '%s'",
                 word_names[t->op], t->op == 0 ? neq : "", t->cased ? "|cased" : "",
                 t->all ? "|all" : "", words[t->a], words[t->b]);
        break;
    case PRESENT:
        snprintf(out, size, "%s|exists: %s", field, t->wanted ? "true" : "false");
        break;
    case NOTHING:
        snprintf(out, size, "%s%s: null", field, neq);
        break;
    case REFERENCE:
    case KINDS:
    default:
        snprintf(out, size, "count|fieldref%s: other", neq);
        break;
    }
}

/* A row as plain variables: what the naive evaluator reads. */
struct facts {
    bool has_count, has_other, has_ratio, has_name;
    int count, other, ratio, name;
};

static bool
ordered(unsigned op, int have, int limit)
{
    return op == 0   ? have > limit
           : op == 1 ? have >= limit
           : op == 2 ? have < limit
                     : have <= limit;
}

static void
fold(const char *from, char *to)
{
    for (; *from; from++) {
        *to++ = (char)tolower((unsigned char)*from);
    }
    *to = '\0';
}

static bool
naive_word(const struct drawn_test *t, const char *have, const char *want)
{
    char a[16], b[16];

    snprintf(a, sizeof(a), "%s", have);
    snprintf(b, sizeof(b), "%s", want);
    if (!t->cased) {
        fold(have, a);
        fold(want, b);
    }
    size_t n = strlen(a), m = strlen(b);

    switch (t->op) {
    case 0:
        return strcmp(a, b) == 0;
    case 1:
        return strstr(a, b) != NULL;
    case 2:
        return n >= m && memcmp(a, b, m) == 0;
    default:
        return n >= m && memcmp(a + n - m, b, m) == 0;
    }
}

static bool
naive_test(const struct drawn_test *t, const struct facts *f)
{
    bool has = t->ratio ? f->has_ratio : f->has_count, first, second;
    int have = t->ratio ? f->ratio : f->count;

    switch (t->kind) {
    case NUMBER:
        return (has && (have == t->a || (t->two && have == t->b))) != t->neq;
    case ORDER:
        return has && (ordered(t->op, have, t->a) || (t->two && ordered(t->op, have, t->b)));
    case WORD:
        first = f->has_name && naive_word(t, words[f->name], words[t->a]);
        second = f->has_name && naive_word(t, words[f->name], words[t->b]);
        if (t->two) {
            first = t->all ? first && second : first || second;
        }
        return first != (t->op == 0 && t->neq);
    case PRESENT:
        return has == t->wanted;
    case NOTHING:
        return !has != t->neq;
    case REFERENCE:
    case KINDS:
    default:
        return f->has_count && f->has_other && (f->count == f->other) != t->neq;
    }
}

/* ---- conditions ---- */

enum { IDENTIFIERS = 5, GROUPS = 2, TESTS = 2 };

struct drawn_rule {
    struct drawn_test tests[IDENTIFIERS][GROUPS][TESTS];
    bool list[IDENTIFIERS];   /* a list of two maps, else one map */
    bool second[IDENTIFIERS]; /* a map of two tests, of two fields, else of one */
};

static const char *const names[IDENTIFIERS] = {"sel_a", "sel_b", "filter_a", "filter_b", "_helper"};

struct tree {
    enum { LEAF, ONE_OF, ALL_OF, NOT, AND, OR } kind;
    unsigned leaf; /* identifier, or pattern */
    struct tree *left, *right;
};

static const char *const patterns[] = {"sel_*", "*_a", "them", "filter_b", "_*"};
static const unsigned pattern_members[] = {0x03, 0x05, 0x0F, 0x08, 0x10};

static struct tree *
draw_tree(unsigned depth)
{
    struct tree *t = calloc(1, sizeof(*t));

    assert_non_null(t);
    t->kind = depth == 0 ? roll(3) : roll(6);
    t->leaf = roll(5);
    if (t->kind >= NOT) {
        t->left = draw_tree(depth - 1);
    }
    if (t->kind >= AND) {
        t->right = draw_tree(depth - 1);
    }
    return t;
}

static void
cut_tree(struct tree *t)
{
    if (t) {
        cut_tree(t->left);
        cut_tree(t->right);
        free(t);
    }
}

/* Parentheses only where precedence asks for them, and now and then where it does not. */
static void
write_tree(const struct tree *t, int outer, char *out, size_t size)
{
    static const int binds[] = {
        [LEAF] = 3, [ONE_OF] = 3, [ALL_OF] = 3, [NOT] = 2, [AND] = 1, [OR] = 0};
    bool wrap = binds[t->kind] < outer || roll(8) == 0;
    size_t n = strlen(out);

    snprintf(out + n, size - n, "%s%s%s", wrap ? "(" : "",
             t->kind == NOT      ? "not "
             : t->kind == ONE_OF ? "1 of "
             : t->kind == ALL_OF ? "all of "
                                 : "",
             t->kind == LEAF ? names[t->leaf]
             : t->kind < NOT ? patterns[t->leaf]
                             : "");
    if (t->left) {
        write_tree(t->left, binds[t->kind], out, size);
    }
    if (t->right) {
        n = strlen(out);
        snprintf(out + n, size - n, t->kind == AND ? " and " : " or ");
        write_tree(t->right, binds[t->kind], out, size);
    }
    n = strlen(out);
    snprintf(out + n, size - n, "%s", wrap ? ")" : "");
}

static bool
naive_tree(const struct tree *t, unsigned held)
{
    switch (t->kind) {
    case LEAF:
        return held >> t->leaf & 1;
    case ONE_OF:
        return (held & pattern_members[t->leaf]) != 0;
    case ALL_OF:
        return (held & pattern_members[t->leaf]) == pattern_members[t->leaf];
    case NOT:
        return !naive_tree(t->left, held);
    case AND:
        return naive_tree(t->left, held) && naive_tree(t->right, held);
    case OR:
    default:
        return naive_tree(t->left, held) || naive_tree(t->right, held);
    }
}

/* ---- rules ---- */

static void
draw_rule(struct drawn_rule *r)
{
    for (unsigned i = 0; i < IDENTIFIERS; i++) {
        r->list[i] = roll(2);
        r->second[i] = roll(2);
        for (unsigned g = 0; g < GROUPS; g++) {
            r->tests[i][g][0] = draw_test();
            /* The second test of a map is over name, the first is not: keys must differ. */
            r->tests[i][g][1] = draw_test();
            r->tests[i][g][1].kind = WORD;
            if (r->tests[i][g][0].kind == WORD) {
                r->tests[i][g][0].kind = NUMBER;
            }
        }
    }
}

static void
write_rule(const struct drawn_rule *r, const char *condition, char *out, size_t size)
{
    size_t n = (size_t)snprintf(out, size, THING_HEAD);

    for (unsigned i = 0; i < IDENTIFIERS; i++) {
        n += (size_t)snprintf(out + n, size - n, "    %s:\n", names[i]);
        for (unsigned g = 0; g < (r->list[i] ? GROUPS : 1u); g++) {
            for (unsigned k = 0; k < (r->second[i] ? TESTS : 1u); k++) {
                char test[128];

                write_test(&r->tests[i][g][k], test, sizeof(test));
                n += (size_t)snprintf(out + n, size - n, "        %s%s\n",
                                      !r->list[i] ? ""
                                      : k == 0    ? "- "
                                                  : "  ",
                                      test);
            }
        }
    }
    snprintf(out + n, size - n, "    condition: %s\n", condition);
}

static unsigned
naive_identifiers(const struct drawn_rule *r, const struct facts *f)
{
    unsigned held = 0;

    for (unsigned i = 0; i < IDENTIFIERS; i++) {
        bool any = false;

        for (unsigned g = 0; g < (r->list[i] ? GROUPS : 1u); g++) {
            any = any || (naive_test(&r->tests[i][g][0], f) &&
                          (!r->second[i] || naive_test(&r->tests[i][g][1], f)));
        }
        held |= (unsigned)any << i;
    }
    return held;
}

static struct facts
draw_facts(struct syc_value *row)
{
    struct facts f = {roll(4) > 0,  roll(4) > 0,  roll(4) > 0,  roll(4) > 0,
                      (int)roll(6), (int)roll(6), (int)roll(6), (int)roll(6)};

    memset(row, 0, THING_FIELDS * sizeof(*row));
    if (f.has_count) {
        put(&thing_schema, row, "count", int_value(f.count));
    }
    if (f.has_other) {
        put(&thing_schema, row, "other", int_value(f.other));
    }
    if (f.has_ratio) {
        put(&thing_schema, row, "size_ratio", real_value(f.ratio));
    }
    if (f.has_name) {
        put(&thing_schema, row, "name", text_value(words[f.name]));
    }
    return f;
}

static void
the_engine_agrees_with_a_naive_evaluator(void **state)
{
    unsigned held_count = 0, total = 0;

    for (unsigned round = 0; round < 2000; round++) {
        struct drawn_rule drawn;
        struct tree *tree = draw_tree(1 + roll(5));
        char condition[8192] = "", text[16384];
        struct syc_ruleset *set = new_set();

        draw_rule(&drawn);
        write_tree(tree, 0, condition, sizeof(condition));
        write_rule(&drawn, condition, text, sizeof(text));
        parse(set, "t.yml", text);
        if (syc_ruleset_loaded(set) != 1) {
            show_findings(set);
            fprintf(stderr, "%s", text);
        }
        assert_int_equal(syc_ruleset_loaded(set), 1);
        for (unsigned i = 0; i < 20; i++) {
            struct syc_value row[THING_FIELDS];
            struct facts f = draw_facts(row);
            bool expected = naive_tree(tree, naive_identifiers(&drawn, &f));
            bool got = syc_sigma_match(syc_ruleset_rule(set, 0), row, NULL);

            if (got != expected) {
                fprintf(stderr, "expected %d:\n%s", expected, text);
            }
            assert_int_equal(got, expected);
            held_count += expected;
            total++;
        }
        cut_tree(tree);
        syc_ruleset_free(set);
    }
    /* Both answers are common, so that agreement says something. */
    assert_in_range(held_count, total / 5, total - total / 5);
}

/* Any octets: no crash, and every finding names its place. Starts from a whole rule, then breaks it. */
static void
damaged_rules_never_crash(void **state)
{
    static const char whole[] =
        "title: T\nlogsource: {product: syncopate, category: thing}\ndetection:\n"
        "    s:\n        name|contains|all: ['a*', \"b\"]\n        src_ip|cidr: 10.0.0.0/8\n"
        "    f: [{count|gte: 1.5}, {flag: true}]\n    condition: s and not (1 of f* or all of "
        "them)\n"
        "syncopate: {group: g, ramp: {field: count, from: 1, to: 2, points: [50, 60]},\n"
        "    needs: {count: 10 gaps}, kind: k, hard: false}\n";
    static const char alphabet[] = "\n\n  :-[]{}'\"|>&*!#%@,?\\~01ab\x80\xFF\x00\t";
    size_t refused = 0;

    for (unsigned round = 0; round < 20000; round++) {
        char text[sizeof(whole)];
        size_t n = sizeof(whole) - 1 - roll(20) * roll(20);
        struct syc_ruleset *set = new_set();
        const struct syc_rule_problem *p;

        memcpy(text, whole, sizeof(whole));
        for (unsigned k = roll(4); k > 0; k--) {
            text[roll((unsigned)n)] = alphabet[roll(sizeof(alphabet) - 1)];
        }
        assert_int_equal(syc_ruleset_parse(set, "t.yml", text, n), SYC_OK);
        size_t count = syc_ruleset_problems(set, &p);

        for (size_t i = 0; i < count; i++) {
            assert_true(p[i].line >= 1 && p[i].column >= 1);
        }
        refused += syc_ruleset_refused(set) > 0;
        assert_int_equal(syc_ruleset_seal(set), SYC_OK);
        syc_ruleset_free(set);
    }
    assert_true(refused > 5000);
}

int
test_property_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_engine_agrees_with_a_naive_evaluator),
        cmocka_unit_test(damaged_rules_never_crash),
    };

    return cmocka_run_group_tests_name("rules: properties", tests, NULL, NULL);
}
