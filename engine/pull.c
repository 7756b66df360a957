/* JSON by RFC 8259, read forward only. The grammar is checked here and nowhere else. */

#include "engine/pull.h"

#include <string.h>

enum { DEPTH_MAX = 2048, DIGITS_MAX = 18 };

bool
syc_pull_fail(struct syc_pull *s, const char *words)
{
    if (s->fault == NULL) {
        s->fault = words;
    }
    return false;
}

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool
syc_pull_space(struct syc_pull *s)
{
    while (s->p < s->end && is_space(*s->p)) {
        s->p++;
    }
    return s->p < s->end || syc_pull_fail(s, "it ends too early");
}

bool
syc_pull_end(struct syc_pull *s)
{
    while (s->p < s->end && is_space(*s->p)) {
        s->p++;
    }
    return s->p == s->end || syc_pull_fail(s, "something follows the value");
}

/* ------------------------------------------------------------ texts */

/*
 * Is any of eight octets other than plain ASCII of a text: a control, a quote, a backslash, 0x80 and up? A wrong yes
 * (an octet above one that is) costs a look at each; a wrong no does not occur: the lowest octet's borrow is its own.
 */
static bool
is_special_in(uint64_t v)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
    uint64_t quote = v ^ ones * '"', backslash = v ^ ones * '\\';

    return ((v | (v - ones * 0x20) | ((quote - ones) & ~quote) |
             ((backslash - ones) & ~backslash)) &
            high) != 0;
}

/* The value of a hexadecimal digit, -1 of anything else. */
static int
hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* p stands at a backslash; past its escape. */
static bool
skip_escape(struct syc_pull *s)
{
    size_t left = (size_t)(s->end - s->p);

    if (left >= 2 && s->p[1] != 'u' && s->p[1] != '\0' && strchr("\"\\/bfnrt", s->p[1]) != NULL) {
        s->p += 2;
        return true;
    }
    if (left < 6 || s->p[1] != 'u' || hex(s->p[2]) < 0 || hex(s->p[3]) < 0 || hex(s->p[4]) < 0 ||
        hex(s->p[5]) < 0) {
        return syc_pull_fail(s, "a text with an escape that is none");
    }
    s->p += 6;
    return true;
}

/* p stands at an octet that is not plain and no quote. */
static bool
skip_special(struct syc_pull *s, bool *escaped)
{
    size_t length;

    if (*s->p == '\\') {
        *escaped = true;
        return skip_escape(s);
    }
    if ((uint8_t)*s->p < 0x20) {
        return syc_pull_fail(s, "a text with a control character");
    }
    length = syc_utf8_length(s->p, (size_t)(s->end - s->p));
    s->p += length;
    return length > 0 || syc_pull_fail(s, "a text that is not UTF-8");
}

static bool
is_plain(char c)
{
    return (uint8_t)c >= 0x20 && (uint8_t)c < 0x80 && c != '"' && c != '\\';
}

bool
syc_pull_text(struct syc_pull *s, struct syc_pull_text *out)
{
    const char *begin = s->p + 1;
    bool escaped = false;
    uint64_t v;

    if (!syc_pull_is(s, '"')) {
        return false;
    }
    for (s->p++;;) {
        while (s->end - s->p >= 8 && (memcpy(&v, s->p, 8), !is_special_in(v))) {
            s->p += 8;
        }
        while (s->p < s->end && is_plain(*s->p)) {
            s->p++;
        }
        if (s->p == s->end) {
            return syc_pull_fail(s, "a text without an end");
        }
        if (*s->p == '"') {
            *out = (struct syc_pull_text){begin, (size_t)(s->p++ - begin), escaped};
            return true;
        }
        if (!skip_special(s, &escaped)) {
            return false;
        }
    }
}

/* The octet that the letter behind a backslash stands for. */
static char
unescaped(char letter)
{
    switch (letter) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return letter;
    }
}

/* The text was walked over, so its escapes are whole. */
size_t
syc_pull_unescape(const struct syc_pull_text *text, char *out, size_t room)
{
    size_t n = 0;

    for (size_t i = 0; i < text->n; n++) {
        const char *p = text->at + i;
        int octet = (uint8_t)p[0];

        if (p[0] == '\\' && p[1] == 'u') {
            octet = hex(p[2]) << 12 | hex(p[3]) << 8 | hex(p[4]) << 4 | hex(p[5]);
            i += 6;
        } else if (p[0] == '\\') {
            octet = unescaped(p[1]);
            i += 2;
        } else {
            i++;
        }
        if (octet >= 0x80 || n == room) {
            return SIZE_MAX;
        }
        out[n] = (char)octet;
    }
    return n;
}

/* ------------------------------------------------------------ numbers and words */

static bool
is_digit(const struct syc_pull *s)
{
    return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

/* Up to 18 digits cannot overflow; a leading zero is no JSON and is left for syc_pull_skip() to name. */
bool
syc_pull_int(struct syc_pull *s, int64_t *out)
{
    const char *begin = s->p, *digits;
    bool negative = syc_pull_is(s, '-');
    int64_t value = 0;

    s->p += negative;
    for (digits = s->p; is_digit(s); s->p++) {
        if (s->p - digits == DIGITS_MAX) {
            s->p = begin;
            return false;
        }
        value = value * 10 + (*s->p - '0');
    }
    if (s->p == digits || (*digits == '0' && s->p - digits > 1) || syc_pull_is(s, '.') ||
        syc_pull_is(s, 'e') || syc_pull_is(s, 'E')) {
        s->p = begin;
        return false;
    }
    *out = negative ? -value : value;
    return true;
}

static bool
skip_digits(struct syc_pull *s)
{
    if (!is_digit(s)) {
        return syc_pull_fail(s, "a number without a digit where one must be");
    }
    while (is_digit(s)) {
        s->p++;
    }
    return true;
}

static bool
skip_number(struct syc_pull *s)
{
    const char *digits;

    s->p += *s->p == '-';
    digits = s->p;
    if (!skip_digits(s)) {
        return false;
    }
    if (*digits == '0' && s->p - digits > 1) {
        return syc_pull_fail(s, "a number with a zero in front");
    }
    if (syc_pull_is(s, '.')) {
        s->p++;
        if (!skip_digits(s)) {
            return false;
        }
    }
    if (syc_pull_is(s, 'e') || syc_pull_is(s, 'E')) {
        s->p++;
        s->p += syc_pull_is(s, '+') || syc_pull_is(s, '-');
        return skip_digits(s);
    }
    return true;
}

bool
syc_pull_number(struct syc_pull *s, struct syc_pull_text *out)
{
    const char *begin = s->p;

    if (!(syc_pull_is(s, '-') || is_digit(s)) || !skip_number(s)) {
        return false;
    }
    *out = (struct syc_pull_text){begin, (size_t)(s->p - begin), false};
    return true;
}

bool
syc_pull_word(struct syc_pull *s, const char *word, size_t n)
{
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0) {
        return false;
    }
    s->p += n;
    return true;
}

/* ------------------------------------------------------------ structure */

/* p stands behind a brace or a comma: a name, its colon, and on to its value. */
static bool
pull_key(struct syc_pull *s, struct syc_pull_text *key)
{
    if (!syc_pull_space(s)) {
        return false;
    }
    if (!syc_pull_text(s, key)) {
        return syc_pull_fail(s, "a member without a name");
    }
    if (!syc_pull_is(s, ':')) {
        if (!syc_pull_space(s)) {
            return false;
        }
        if (*s->p != ':') {
            return syc_pull_fail(s, "a name without a colon");
        }
    }
    s->p++;
    return syc_pull_space(s);
}

/* Behind an element: past a comma (true), or past the closing sign. */
static bool
goes_on(struct syc_pull *s, char closing)
{
    if (!syc_pull_space(s)) {
        return false;
    }
    if (*s->p == ',') {
        s->p++;
        return true;
    }
    if (*s->p != closing) {
        return syc_pull_fail(s, closing == '}' ? "a comma or a closing brace is missing"
                                               : "a comma or a closing bracket is missing");
    }
    s->p++;
    return false;
}

/* p stands at the opening sign: past it, and past the closing one (false) of an empty list. */
static bool
opens(struct syc_pull *s, char closing)
{
    s->p++;
    if (!syc_pull_space(s)) {
        return false;
    }
    if (*s->p == closing) {
        s->p++;
        return false;
    }
    return true;
}

bool
syc_pull_member(struct syc_pull *s, bool *first, struct syc_pull_text *key)
{
    bool more = *first ? opens(s, '}') : goes_on(s, '}');

    *first = false;
    return more && pull_key(s, key);
}

bool
syc_pull_element(struct syc_pull *s, bool *first)
{
    bool more = *first ? opens(s, ']') : goes_on(s, ']');

    *first = false;
    return more && syc_pull_space(s);
}

/* A value that is no list and no object. */
static bool
skip_scalar(struct syc_pull *s)
{
    struct syc_pull_text text;

    if (*s->p == '"') {
        return syc_pull_text(s, &text);
    }
    if (*s->p == '-' || is_digit(s)) {
        return skip_number(s);
    }
    return syc_pull_word(s, "true", 4) || syc_pull_word(s, "false", 5) ||
           syc_pull_word(s, "null", 4) || syc_pull_fail(s, "no value where one must be");
}

/* Which of the open lists are objects: a bit a level, so that nesting costs no recursion. */
struct levels {
    uint64_t objects[DEPTH_MAX / 64];
    size_t depth;
};

static bool
in_object(const struct levels *l)
{
    return (l->objects[(l->depth - 1) / 64] >> (l->depth - 1) % 64 & 1) != 0;
}

/* p stands at an opening sign. *inside: a value follows; else the list was empty and is over. */
static bool
descend(struct syc_pull *s, struct levels *l, bool *inside)
{
    struct syc_pull_text key;
    bool object = *s->p == '{';

    if (l->depth == DEPTH_MAX) {
        return syc_pull_fail(s, "nested more than 2048 deep");
    }
    *inside = opens(s, object ? '}' : ']');
    if (!*inside) {
        return s->fault == NULL;
    }
    l->objects[l->depth / 64] &= ~(UINT64_C(1) << l->depth % 64);
    l->objects[l->depth / 64] |= (uint64_t)object << l->depth % 64;
    l->depth++;
    return !object || pull_key(s, &key);
}

/* Behind a value: up as many levels as end here. True when a further value follows. */
static bool
ascend(struct syc_pull *s, struct levels *l)
{
    struct syc_pull_text key;

    while (l->depth > 0) {
        bool object = in_object(l);

        if (goes_on(s, object ? '}' : ']')) {
            return object ? pull_key(s, &key) : syc_pull_space(s);
        }
        if (s->fault != NULL) {
            return false;
        }
        l->depth--;
    }
    return false;
}

bool
syc_pull_skip(struct syc_pull *s)
{
    struct levels l;

    l.depth = 0;
    if (!syc_pull_space(s)) {
        return false;
    }
    for (;;) {
        bool inside = false;

        if (!(*s->p == '{' || *s->p == '[' ? descend(s, &l, &inside) : skip_scalar(s))) {
            return false;
        }
        if (!inside && !ascend(s, &l)) {
            return s->fault == NULL;
        }
    }
}
