#include "rules/sigma_int.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Values of a rule: what the type of the field makes of a scalar.
 *
 * The field decides, not YAML: `count: "5"` is the number 5 (with a warning), `name: 5` the text "5". So a rule reads
 * the same with any YAML library's idea of plain scalars, and version numbers such as 1.10 stay what was written.
 *
 *     integer, real    decimal, 0x, fraction, exponent; no inf, no nan, no leading zero
 *     true or false    YAML's three spellings of each, unquoted; no yes, no on
 *     address          IPv4, IPv6; compared as 128 bits
 *     text, list       a pattern: * and ? are wildcards, a backslash takes their meaning away
 *
 * Every fault is reported at the value's own place.
 */

/* To the first octet that is no decimal digit. */
static const char *
skip_digits(const char *p)
{
    while (*p >= '0' && *p <= '9') {
        p++;
    }
    return p;
}

/*
 * [-+]? digits, or [-+]? 0xHEX. A leading zero is refused: YAML 1.1 reads 010 as eight, YAML 1.2 as ten, and the
 * author may have meant either.
 */
static bool
is_integer(const char *p)
{
    p += *p == '-' || *p == '+';
    if (p[0] == '0' && p[1] == 'x') {
        return p[2] && p[2 + strspn(p + 2, "0123456789abcdefABCDEF")] == '\0';
    }
    return *p && *skip_digits(p) == '\0' && (p[0] != '0' || p[1] == '\0');
}

/*
 * [-+]? (digits [. digits?] | . digits) ([eE] [-+]? digits)?
 *
 * No inf and no nan: a limit must be a number, and every comparison with NaN would be false in silence.
 */
static bool
is_real(const char *p)
{
    p += *p == '-' || *p == '+';
    const char *whole = skip_digits(p);
    const char *fraction = *whole == '.' ? skip_digits(whole + 1) : whole;

    if (fraction - p - (*whole == '.') < 1 || (p[0] == '0' && whole - p > 1)) {
        return false;
    }
    p = fraction;
    if (*p == 'e' || *p == 'E') {
        p += 1 + (p[1] == '-' || p[1] == '+');
        if (*skip_digits(p) != '\0' || *p == '\0') {
            return false;
        }
        return true;
    }
    return *p == '\0';
}

/*
 * strtod of the C locale, whatever the program around us has set: "0.5" must not become 0 in Berlin.
 *
 * glibc hands out its built-in C locale here, nothing is allocated. False when the number is beyond all doubles.
 */
static bool
to_double(const char *text, double *out)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);

    if (c == (locale_t)0) {
        return false;
    }
    *out = strtod_l(text, NULL, c);
    freelocale(c);
    return *out <= __DBL_MAX__ && *out >= -__DBL_MAX__;
}

enum syc_number
syc_sigma_number(const struct syc_yaml_node *node, int64_t *i, double *f)
{
    const char *text = node->text;

    if (node->kind != SYC_YAML_SCALAR) {
        return SYC_NUMBER_NOT;
    }
    if (is_integer(text)) {
        const char *digits = text + (*text == '-' || *text == '+');

        errno = 0;
        *i = strtoll(text, NULL, digits[0] == '0' && digits[1] == 'x' ? 16 : 10);
        *f = (double)*i;
        return errno == ERANGE ? SYC_NUMBER_TOO_LARGE : SYC_NUMBER_INT;
    }
    if (!is_real(text)) {
        return SYC_NUMBER_NOT;
    }
    return to_double(text, f) ? SYC_NUMBER_REAL : SYC_NUMBER_TOO_LARGE;
}

bool
syc_sigma_bool(const struct syc_yaml_node *node, bool *out)
{
    static const char *const words[] = {"false", "False", "FALSE", "true", "True", "TRUE"};

    if (node->kind != SYC_YAML_SCALAR || node->style != SYC_YAML_PLAIN) {
        return false;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (strcmp(node->text, words[i]) == 0) {
            *out = i >= 3;
            return true;
        }
    }
    return false;
}

const char *
syc_sigma_unquote(const struct syc_yaml_node *node)
{
    struct syc_yaml_node plain = *node;
    bool value;

    plain.style = SYC_YAML_PLAIN;
    return node->style != SYC_YAML_PLAIN && syc_sigma_bool(&plain, &value) ? "remove the quotes"
                                                                           : NULL;
}

/* ---- texts ---- */

/*
 * A Sigma string as tokens: octets, or the two wildcards.
 *
 * A backslash makes a following *, ? or backslash plain and is itself plain elsewhere: \* is a star, \\* a backslash
 * and any run, C:\x stays as it is.
 *
 * source  Sigma specification, rules, "Escaping"
 */
static bool
make_pattern(struct syc_sigma_reader *r, const char *text, unsigned wrap, struct syc_operand *out)
{
    uint16_t *tokens = syc_arena_alloc(r->arena, (strlen(text) + 2) * sizeof(*tokens));
    size_t n = 0;

    if (!tokens) {
        r->status = SYC_NO_MEMORY;
        return false;
    }
    if (wrap & SYC_WRAP_BEFORE) {
        tokens[n++] = SYC_GLOB_RUN;
    }
    for (const char *p = text; *p; p++) {
        if (*p == '\\' && (p[1] == '*' || p[1] == '?' || p[1] == '\\')) {
            tokens[n++] = (unsigned char)*++p;
        } else if (*p == '*') {
            tokens[n++] = SYC_GLOB_RUN;
        } else if (*p == '?') {
            tokens[n++] = SYC_GLOB_ONE;
        } else {
            tokens[n++] = (unsigned char)*p;
        }
    }
    if (wrap & SYC_WRAP_AFTER) {
        tokens[n++] = SYC_GLOB_RUN;
    }
    out->kind = SYC_OPERAND_TEXT;
    out->u.text.tokens = tokens;
    out->u.text.count = n;
    out->u.text.first =
        n > 0 && tokens[0] < SYC_GLOB_RUN ? syc_glob_letters(tokens, 1) : UINT32_MAX;
    out->u.text.letters = syc_glob_letters(tokens, n);
    return true;
}

/* ---- numbers, truth values ---- */

/* A star in the value of a number or address is a thought of its own: it gets its own code. */
static bool
refuse_value(struct syc_sigma_reader *r, const struct syc_yaml_node *node,
             const struct syc_field *field, const char *wanted)
{
    char word[SYC_SIGMA_QUOTE];
    bool wild = node->length > 0 && strpbrk(node->text, "*?");

    syc_sigma_report(r, wild ? SYC_SIGMA_WILDCARD : SYC_SIGMA_VALUE, node->at,
                     field->type == SYC_BOOL ? syc_sigma_unquote(node) : NULL,
                     wild ? "%s: field \"%s\" is %s; wildcards are for texts"
                          : "%s: field \"%s\" is %s",
                     syc_sigma_quote(node, word), field->name, wanted);
    return false;
}

/* Integers stay integers, so that comparing them with integer facts is exact. */
static bool
make_number(struct syc_sigma_reader *r, const struct syc_yaml_node *node,
            const struct syc_field *field, struct syc_operand *out)
{
    char word[SYC_SIGMA_QUOTE];
    int64_t i = 0;
    double f = 0;

    switch (syc_sigma_number(node, &i, &f)) {
    case SYC_NUMBER_INT:
        out->kind = SYC_OPERAND_INT;
        out->u.i = i;
        break;
    case SYC_NUMBER_REAL:
        out->kind = SYC_OPERAND_REAL;
        out->u.f = f;
        break;
    case SYC_NUMBER_TOO_LARGE:
        syc_sigma_report(r, SYC_SIGMA_NUMBER_SIZE, node->at, NULL, "%s does not fit into 64 bits",
                         syc_sigma_quote(node, word));
        return false;
    case SYC_NUMBER_NOT:
    default:
        return refuse_value(r, node, field, "a number");
    }
    if (node->style != SYC_YAML_PLAIN) {
        syc_sigma_report(r, SYC_SIGMA_QUOTED_NUMBER, node->at, "remove the quotes",
                         "%s is a quoted number; it is read as a number",
                         syc_sigma_quote(node, word));
    }
    return true;
}

/* No number and no quoted word: a rule that says count: true has mistaken the field. */
static bool
make_bool(struct syc_sigma_reader *r, const struct syc_yaml_node *node,
          const struct syc_field *field, struct syc_operand *out)
{
    bool value;

    if (!syc_sigma_bool(node, &value)) {
        return refuse_value(r, node, field, "true or false");
    }
    out->kind = SYC_OPERAND_BOOL;
    out->u.i = value;
    return true;
}

/* ---- addresses ---- */

/*
 * Clear the bits behind the prefix; true if some were set. 10.0.0.1/8 is more often a slip than a
 * habit, hence the warning, but its meaning is not in doubt. bits is 0..128, so keep never goes
 * below 0.
 */
static bool
clear_host_bits(uint8_t octets[16], unsigned bits)
{
    bool any = false;

    for (unsigned i = 0; i < 16; i++) {
        unsigned keep = bits <= 8 * i ? 0 : bits - 8 * i;
        uint8_t mask = (uint8_t)(keep >= 8 ? 0xFFu : 0xFF00u >> keep);

        any = any || (octets[i] & (uint8_t)~mask) != 0;
        octets[i] &= mask;
    }
    return any;
}

/*
 * "net/bits" with a decimal prefix; without "/bits" the whole address. An IPv4 prefix is moved behind the 96 bits of
 * the mapping, so that one comparison serves both versions.
 */
static bool
parse_net(const char *text, struct syc_operand *out)
{
    char address[SYC_ADDR_TEXT];
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : strlen(text);
    int ip_v = 0;

    if (n >= sizeof(address)) {
        return false;
    }
    memcpy(address, text, n);
    address[n] = '\0';
    if (!syc_addr_parse(address, out->u.net.octets, &ip_v)) {
        return false;
    }
    unsigned width = ip_v == 4 ? 32 : 128, bits = width;

    if (slash) {
        const char *end = skip_digits(slash + 1);

        if (*end != '\0' || end == slash + 1 || end - slash > 4) {
            return false;
        }
        bits = (unsigned)strtoul(slash + 1, NULL, 10);
    }
    if (bits > width) {
        return false;
    }
    out->kind = SYC_OPERAND_NET;
    out->u.net.ip_v = (uint8_t)ip_v;
    out->u.net.bits = (uint8_t)(bits + 128 - width);
    return true;
}

/* The value of a cidr test. */
static bool
make_net(struct syc_sigma_reader *r, const struct syc_yaml_node *node, struct syc_operand *out)
{
    char word[SYC_SIGMA_QUOTE];

    if (!parse_net(node->text, out)) {
        syc_sigma_report(r, SYC_SIGMA_CIDR, node->at, NULL,
                         "%s is not a network in CIDR form (192.0.2.0/24, 2001:db8::/32)",
                         syc_sigma_quote(node, word));
        return false;
    }
    if (clear_host_bits(out->u.net.octets, out->u.net.bits)) {
        syc_sigma_report(r, SYC_SIGMA_HOST_BITS, node->at, NULL,
                         "%s has bits set behind the prefix; they are ignored",
                         syc_sigma_quote(node, word));
    }
    return true;
}

/* A whole address; a network here would match nothing, so it is refused with the word that was meant. */
static bool
make_addr(struct syc_sigma_reader *r, const struct syc_yaml_node *node,
          const struct syc_field *field, struct syc_operand *out)
{
    if (strchr(node->text, '/') || !parse_net(node->text, out)) {
        return refuse_value(r, node, field, "an address (for networks use |cidr)");
    }
    return true;
}

bool
syc_sigma_operand(struct syc_sigma_reader *r, const struct syc_yaml_node *node,
                  const struct syc_field *field, const struct syc_sigma_test *test, unsigned wrap,
                  struct syc_operand *out)
{
    if (node->kind != SYC_YAML_SCALAR) {
        syc_sigma_report(r, SYC_SIGMA_TYPE, node->at, NULL,
                         "a value must be a text, a number, true, false or null");
        return false;
    }
    if (test->op == SYC_TEST_CIDR) {
        return make_net(r, node, out);
    }
    switch (field->type) {
    case SYC_INT:
    case SYC_REAL:
        return make_number(r, node, field, out);
    case SYC_BOOL:
        return make_bool(r, node, field, out);
    case SYC_ADDR:
        return make_addr(r, node, field, out);
    case SYC_TEXT:
    case SYC_LIST:
    case SYC_ABSENT:
    case SYC_PROMISED:
    default:
        return make_pattern(r, node->text, wrap, out);
    }
}
