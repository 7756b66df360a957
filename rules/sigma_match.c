#include "rules/sigma_int.h"

#include <string.h>

/*
 * Evaluation: every test once into bits of one word, every identifier into bits of another, then the condition
 * in postfix over a third word used as a stack of truth values. No allocation, no recursion, nothing kept.
 *
 *     detection:                         tests        identifiers       condition
 *         a: {count: 1, name: x}         bits 0, 1    bit 0 = 0 & 1     ANY 1
 *         b: [{flag: true}, {count: 2}]  bits 2, 3    bit 1 = 2 | 3     ANY 2, NOT
 *         condition: a and not b                                        AND
 *
 * Most rules fail on most rows. So tests are asked as far as the condition needs them, the thresholds that it cannot do
 * without first (`first`): a fifth of the cost of asking all (callgrind). Only of a hit all are asked, since its
 * explanation tells which identifiers held.
 *
 * What each comparison means where Sigma leaves it open is promised in sigma.h at syc_sigma_match(); the types of
 * field and operand fit each other because the loader refused everything else. A row may still hold a value of
 * another type than its schema says (a foreign sensor's record): then the comparison is false, never undefined.
 */

/* ASCII only: a rule must mean the same on every machine, whatever its locale. */
static unsigned char
lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

/* One UTF-8 character further; an octet that starts none counts as one. */
static const char *
pass_character(const char *p)
{
    p++;
    while (((unsigned char)*p & 0xC0) == 0x80) {
        p++;
    }
    return p;
}

/* Wildcard tokens are 256 and above, so they equal no octet. */
static bool
same_octet(uint16_t token, char c, bool cased)
{
    unsigned char octet = (unsigned char)c;

    return token == octet || (!cased && token < 256 && lower((unsigned char)token) == lower(octet));
}

/*
 * Does the pattern cover the whole text?
 *
 * Only the last run ("*") is ever retried: an earlier run that matched less leaves the later ones nothing to gain.
 * Hence at most pattern times text steps without recursion, where the textbook recursion is exponential on
 * patterns such as *a*a*a*b. `retry` is the token after that run, `retry_text` where it last began to match.
 */
bool
syc_glob_match(const uint16_t *pattern, size_t count, const char *text, bool cased)
{
    size_t i = 0, retry = SIZE_MAX;
    const char *retry_text = text;

    for (;;) {
        if (i < count && pattern[i] == SYC_GLOB_RUN) {
            retry = ++i;
            retry_text = text;
        } else if (i == count && *text == '\0') {
            return true;
        } else if (i < count && *text && pattern[i] == SYC_GLOB_ONE) {
            text = pass_character(text);
            i++;
        } else if (i < count && *text && same_octet(pattern[i], *text, cased)) {
            text++;
            i++;
        } else if (retry == SIZE_MAX || *retry_text == '\0') {
            return false;
        } else {
            i = retry;
            text = retry_text = pass_character(retry_text);
        }
    }
}

/* Truth values are no numbers here: YAML tells true from 1, and so do facts. */
static bool
is_number(const struct syc_value *v)
{
    return v->type == SYC_INT || v->type == SYC_REAL;
}

/*
 * The order of a value and an operand: -1, 0, 1, or 2 when there is none.
 *
 * Two integers are compared as such: octet counts pass 2^53, where doubles begin to skip integers. Everything
 * else goes through doubles. 2 stands for an absent value, another type, or a NaN, and fails every comparison.
 */
static int
compare_numbers(const struct syc_value *v, const struct syc_operand *o)
{
    if (!is_number(v) || (o->kind != SYC_OPERAND_INT && o->kind != SYC_OPERAND_REAL)) {
        return 2;
    }
    if (v->type == SYC_INT && o->kind == SYC_OPERAND_INT) {
        return (v->u.i > o->u.i) - (v->u.i < o->u.i);
    }
    double a = v->type == SYC_INT ? (double)v->u.i : v->u.f;
    double b = o->kind == SYC_OPERAND_INT ? (double)o->u.i : o->u.f;

    return a < b ? -1 : a > b ? 1 : a == b ? 0 : 2;
}

/* ::ffff:0:0/96, the form in which all IPv4 addresses are kept (RFC 4291 2.5.5.2). */
static bool
is_mapped(const uint8_t octets[16])
{
    static const uint8_t prefix[12] = {[10] = 0xFF, [11] = 0xFF};

    return memcmp(octets, prefix, sizeof(prefix)) == 0;
}

/*
 * Is the address in the net? Plain equality is the net of all 128 bits.
 *
 * A mapped address is IPv4 here, so ::/0 and other IPv6 nets shorter than the mapping's /96 do not hold it:
 * "all of IPv6" in a filter would otherwise hide every IPv4 source.
 */
static bool
in_net(const struct syc_value *v, const struct syc_operand *o)
{
    unsigned whole = o->u.net.bits / 8, rest = o->u.net.bits % 8;

    if (v->type != SYC_ADDR || (o->u.net.bits < 96 && is_mapped(v->u.addr.octets))) {
        return false;
    }
    if (memcmp(v->u.addr.octets, o->u.net.octets, whole) != 0) {
        return false;
    }
    return rest == 0 || ((v->u.addr.octets[whole] ^ o->u.net.octets[whole]) >> (8 - rest)) == 0;
}

/* ASCII letters of either case share these five bits; other octets share them with some letter, which does no harm. */
static inline uint32_t
letter_bit(unsigned char c)
{
    return UINT32_C(1) << (c & 31);
}

uint32_t
syc_glob_letters(const uint16_t *pattern, size_t count)
{
    uint32_t letters = 0;

    for (size_t i = 0; i < count; i++) {
        letters |= pattern[i] < 256 ? letter_bit((unsigned char)pattern[i]) : 0;
    }
    return letters;
}

/* One pass, where each pattern that may begin anywhere would take its own. */
static uint32_t
letters_of(const char *text)
{
    uint32_t letters = 0;

    while (*text != '\0') {
        letters |= letter_bit((unsigned char)*text++);
    }
    return letters;
}

/*
 * Most words of a test differ in their first octet, and most patterns that may begin anywhere want a letter that the
 * text has not: nine of them cost 2,000 instructions a text without this.
 *
 * letters  of the text; 0 before they were needed
 */
static inline bool
matches_pattern(const char *text, const struct syc_operand *o, bool cased, uint32_t *letters)
{
    if ((o->u.text.first & letter_bit((unsigned char)*text)) == 0) {
        return false;
    }
    if (o->u.text.first == UINT32_MAX) {
        *letters = *letters != 0 ? *letters : letters_of(text);
        if ((o->u.text.letters & ~*letters) != 0) {
            return false;
        }
    }
    return syc_glob_match(o->u.text.tokens, o->u.text.count, text, cased);
}

/* Any of the words, or all of them; an operand of another kind is no text's equal. */
static inline bool
is_among(const char *text, const struct syc_sigma_test *t)
{
    uint32_t letters = 0;

    for (size_t i = 0; i < t->count; i++) {
        const struct syc_operand *o = &t->operands[i];

        if ((o->kind == SYC_OPERAND_TEXT && matches_pattern(text, o, t->cased, &letters)) !=
            t->all) {
            return !t->all;
        }
    }
    return t->all;
}

/* A list holds a pattern if any of its items does: Sigma's rule for multi-valued fields. */
static bool
has_item(const struct syc_value *v, const struct syc_operand *o, bool cased)
{
    for (size_t i = 0; v->type == SYC_LIST && i < v->u.list.count; i++) {
        uint32_t letters = 0;

        if (matches_pattern(v->u.list.items[i], o, cased, &letters)) {
            return true;
        }
    }
    return false;
}

/* Equality by the kind of operand; the loader made the kind from the type of the field. Texts: is_among(). */
static bool
equals(const struct syc_value *v, const struct syc_operand *o, bool cased)
{
    switch (o->kind) {
    case SYC_OPERAND_NULL:
        return v->type == SYC_ABSENT;
    case SYC_OPERAND_INT:
    case SYC_OPERAND_REAL:
        return compare_numbers(v, o) == 0;
    case SYC_OPERAND_BOOL:
        return v->type == SYC_BOOL && (v->u.i != 0) == (o->u.i != 0);
    case SYC_OPERAND_TEXT:
        return has_item(v, o, cased);
    case SYC_OPERAND_NET:
        return in_net(v, o);
    default:
        return false;
    }
}

/*
 * Bit 0: less, 1: equal, 2: greater, 3: not comparable. A negated order would hold on absent
 * values: none has bit 3.
 */
static const uint8_t orders[] = {
    [SYC_TEST_EQUAL] = 2, [SYC_TEST_LT] = 1, [SYC_TEST_LTE] = 3,
    [SYC_TEST_GTE] = 6,   [SYC_TEST_GT] = 4, [SYC_TEST_FIELDREF] = 0,
};

static inline bool
in_order(enum syc_test_op op, const struct syc_value *v, const struct syc_operand *o)
{
    return orders[op] >> (compare_numbers(v, o) + 1) & 1;
}

/* One value of a test. */
static bool
holds_for(const struct syc_sigma_test *t, const struct syc_value *v, const struct syc_operand *o)
{
    switch (t->op) {
    case SYC_TEST_EQUAL:
    case SYC_TEST_CIDR:
        return equals(v, o, t->cased);
    case SYC_TEST_GT:
    case SYC_TEST_GTE:
    case SYC_TEST_LT:
    case SYC_TEST_LTE:
        return in_order(t->op, v, o);
    case SYC_TEST_EXISTS:
        return (v->type != SYC_ABSENT) == (o->u.i != 0);
    case SYC_TEST_FIELDREF:
    default:
        return false;
    }
}

/* Texts may come from outside; they are compared octet by octet up to their zero. */
static bool
same_text(const char *a, const char *b, bool cased)
{
    if (cased) {
        return strcmp(a, b) == 0;
    }
    while (*a && lower((unsigned char)*a) == lower((unsigned char)*b)) {
        a++;
        b++;
    }
    return lower((unsigned char)*a) == lower((unsigned char)*b);
}

/*
 * Equality of two facts, for fieldref. The loader has seen to it that their fields have one type; lists are
 * refused there, because two lists can be equal in more than one sense.
 */
static bool
same_values(const struct syc_value *a, const struct syc_value *b, bool cased)
{
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case SYC_INT:
        return a->u.i == b->u.i;
    case SYC_REAL:
        return a->u.f == b->u.f;
    case SYC_BOOL:
        return (a->u.i != 0) == (b->u.i != 0);
    case SYC_ADDR:
        return memcmp(a->u.addr.octets, b->u.addr.octets, 16) == 0;
    case SYC_TEXT:
        return same_text(a->u.text, b->u.text, cased);
    case SYC_LIST:
    case SYC_ABSENT:
    case SYC_PROMISED:
    default:
        return false;
    }
}

/*
 * One test over the row.
 *
 * fieldref stands apart: with either side absent it is false under neq too, since nothing was compared. For all
 * others the values decide: any of them, or with `all` every one; neq then turns the answer round, and so holds
 * on an absent value.
 */
static bool
test_holds(const struct syc_sigma_test *t, const struct syc_value *row)
{
    const struct syc_value *v = syc_value_made(&row[t->field]);

    if (t->op == SYC_TEST_EQUAL && v->type == SYC_TEXT) {
        return is_among(v->u.text, t) != t->negate;
    }
    if (t->op == SYC_TEST_FIELDREF) {
        const struct syc_value *w = syc_value_made(&row[t->other]);

        if (v->type == SYC_ABSENT || w->type == SYC_ABSENT) {
            return false;
        }
        return same_values(v, w, t->cased) != t->negate;
    }
    for (size_t i = 0; i < t->count; i++) {
        if (holds_for(t, v, &t->operands[i]) != t->all) {
            /* The first that decides: one that holds where any will do, one that fails where all must. */
            return !t->all != t->negate;
        }
    }
    return t->all != t->negate;
}

/* An identifier holds when the tests of one of its groups all hold: a map is one group, a list of maps several. */
static uint64_t
identifiers_of(const struct syc_sigma_program *p, uint64_t tests)
{
    uint64_t held = 0;

    for (size_t i = 0; i < p->identifier_count; i++) {
        const struct syc_sigma_identifier *id = &p->identifiers[i];

        for (size_t g = 0; g < id->group_count; g++) {
            if ((id->groups[g] & ~tests) == 0) {
                held |= UINT64_C(1) << i;
                break;
            }
        }
    }
    return held;
}

/* Tests of one number: the bulk of all, without a call. */
static inline bool
all_numbers_hold(const struct syc_sigma_program *p, uint64_t tests, const struct syc_value *row)
{
    for (; tests != 0; tests &= tests - 1) {
        const struct syc_sigma_test *t = &p->tests[__builtin_ctzll(tests)];

        if (in_order(t->op, syc_value_made(&row[t->field]), t->operands) == t->negate) {
            return false;
        }
    }
    return true;
}

/* Numbers first: a comparison or two, where texts are walked. */
static bool
all_hold(const struct syc_sigma_program *p, uint64_t tests, const struct syc_value *row)
{
    if (!all_numbers_hold(p, tests & p->numbers, row)) {
        return false;
    }
    for (tests &= ~p->numbers; tests != 0; tests &= tests - 1) {
        if (!test_holds(&p->tests[__builtin_ctzll(tests)], row)) {
            return false;
        }
    }
    return true;
}

/* The same of one, whose tests are asked until one decides. */
static bool
identifier_holds(const struct syc_sigma_identifier *id, const struct syc_sigma_program *p,
                 const struct syc_value *row)
{
    for (size_t g = 0; g < id->group_count; g++) {
        if (all_hold(p, id->groups[g], row)) {
            return true;
        }
    }
    return false;
}

/* Of the identifiers in mask: any, or all. row: asked now; NULL: `held` says which hold. */
static bool
step_holds(const struct syc_sigma_program *p, const struct syc_sigma_step *step,
           const struct syc_value *row, uint64_t held)
{
    bool all = step->kind == SYC_STEP_ALL;

    if (row == NULL) {
        return all ? (held & step->mask) == step->mask : (held & step->mask) != 0;
    }
    for (uint64_t mask = step->mask; mask != 0; mask &= mask - 1) {
        if (identifier_holds(&p->identifiers[__builtin_ctzll(mask)], p, row) != all) {
            return !all;
        }
    }
    return all;
}

/*
 * The condition in postfix. Bit 0 of `stack` is the top, so pushing shifts left and a binary operator shifts right
 * and writes the new bit 0. The loader counted the depth: the stack never runs dry and never over 64.
 *
 * row  identifiers are asked as the condition needs them; NULL: `held` says which hold
 */
static bool
condition_holds(const struct syc_sigma_program *p, const struct syc_value *row, uint64_t held)
{
    uint64_t stack = 0;

    for (size_t i = 0; i < p->step_count;) {
        const struct syc_sigma_step *step = &p->steps[i];

        switch (step->kind) {
        case SYC_STEP_ANY:
        case SYC_STEP_ALL:
            stack = stack << 1 | step_holds(p, step, row, held);
            break;
        case SYC_STEP_NOT:
            stack ^= 1;
            break;
        case SYC_STEP_AND:
            stack = (stack >> 1 & ~UINT64_C(1)) | (stack >> 1 & stack & 1);
            break;
        case SYC_STEP_OR:
            stack = stack >> 1 | (stack & 1);
            break;
        default:
            break;
        }
        i = step->go_on != 0 && (stack & 1) == step->decides ? step->go_on : i + 1;
    }
    return stack & 1;
}

/* As condition_holds(), with the last step of each value on the stack. */
void
syc_sigma_cut_short(struct syc_sigma_step *steps, size_t count)
{
    uint16_t last[SYC_SIGMA_STACK_MAX + 1] = {0};
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        if (steps[i].kind == SYC_STEP_ANY || steps[i].kind == SYC_STEP_ALL) {
            n++;
        } else if (steps[i].kind != SYC_STEP_NOT) {
            n--;
            steps[last[n - 1]].decides = steps[i].kind == SYC_STEP_OR;
            steps[last[n - 1]].go_on = (uint16_t)(i + 1);
        }
        last[n - 1] = (uint16_t)i;
    }
}

/* All of an identifier's tests that stand in each of its groups. */
static uint64_t
required_of(const struct syc_sigma_identifier *id)
{
    uint64_t mask = id->group_count > 0 ? UINT64_MAX : 0;

    for (size_t g = 0; g < id->group_count; g++) {
        mask &= id->groups[g];
    }
    return mask;
}

/* Of the identifiers that a step names: what all of them have in common (any will do), or all that they have. */
static uint64_t
required_by(const struct syc_sigma_program *p, const struct syc_sigma_step *step)
{
    bool all = step->kind == SYC_STEP_ALL;
    uint64_t mask = all || step->mask == 0 ? 0 : UINT64_MAX;

    for (size_t i = 0; i < p->identifier_count; i++) {
        if ((step->mask >> i & 1) != 0) {
            mask = all ? mask | required_of(&p->identifiers[i])
                       : mask & required_of(&p->identifiers[i]);
        }
    }
    return mask;
}

/* The tests without which it cannot hold: as condition_holds(), with masks on the stack. Of what is negated nothing is known. */
static uint64_t
required_tests(const struct syc_sigma_program *p)
{
    uint64_t stack[65] = {0};
    size_t n = 0;

    for (size_t i = 0; i < p->step_count; i++) {
        switch (p->steps[i].kind) {
        case SYC_STEP_ANY:
        case SYC_STEP_ALL:
            stack[n++] = required_by(p, &p->steps[i]);
            break;
        case SYC_STEP_NOT:
            stack[n - 1] = 0;
            break;
        case SYC_STEP_AND:
            n--;
            stack[n - 1] |= stack[n];
            break;
        case SYC_STEP_OR:
            n--;
            stack[n - 1] &= stack[n];
            break;
        default:
            break;
        }
    }
    return n == 1 ? stack[0] : 0;
}

/* An equality is no threshold: `hosts_estimated: 1`, asked first, would have hosts counted of every source. */
void
syc_sigma_find_numbers(struct syc_sigma_program *p)
{
    uint64_t equalities = 0;

    for (size_t i = 0; i < p->test_count; i++) {
        const struct syc_sigma_test *t = &p->tests[i];
        bool number = t->count == 1 && (t->operands->kind == SYC_OPERAND_INT ||
                                        t->operands->kind == SYC_OPERAND_REAL);

        p->numbers |= (uint64_t)(number && orders[t->op] != 0) << i;
        equalities |= (uint64_t)(t->op == SYC_TEST_EQUAL) << i;
    }
    p->first = p->numbers & ~equalities & required_tests(p);
}

bool
syc_sigma_match_fully(const struct syc_sigma_rule *rule, const struct syc_value *row,
                      struct syc_sigma_hit *hit)
{
    const struct syc_sigma_program *p = rule->program;

    *hit = (struct syc_sigma_hit){0, 0};
    for (size_t i = 0; i < p->test_count; i++) {
        hit->tests |= (uint64_t)test_holds(&p->tests[i], row) << i;
    }
    hit->identifiers = identifiers_of(p, hit->tests);
    return condition_holds(p, NULL, hit->identifiers);
}

bool
syc_sigma_match(const struct syc_sigma_rule *rule, const struct syc_value *row,
                struct syc_sigma_hit *hit)
{
    const struct syc_sigma_program *p = rule->program;
    struct syc_sigma_hit local = {0, 0};

    if (!all_numbers_hold(p, p->first, row) || !condition_holds(p, row, 0)) {
        return false;
    }
    return syc_sigma_match_fully(rule, row, hit ? hit : &local);
}

size_t
syc_sigma_explain(const struct syc_sigma_rule *rule, const struct syc_sigma_hit *hit,
                  const char **names, size_t max)
{
    const struct syc_sigma_program *p = rule->program;
    size_t n = 0;

    for (size_t i = 0; i < p->identifier_count && n < max; i++) {
        if ((hit->identifiers & p->used) >> i & 1) {
            names[n++] = p->identifiers[i].name;
        }
    }
    return n;
}

bool
syc_sigma_held(const struct syc_sigma_rule *rule, const struct syc_sigma_hit *hit, uint16_t field)
{
    const struct syc_sigma_program *p = rule->program;

    for (size_t i = 0; i < p->test_count; i++) {
        if (p->tests[i].field == field && (hit->tests >> i & 1) != 0) {
            return true;
        }
    }
    return false;
}

size_t
syc_sigma_fields(const struct syc_sigma_rule *rule, const uint16_t **out)
{
    *out = rule->program->fields;
    return rule->program->field_count;
}
