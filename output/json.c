/*
 * The JSON writer: text that grows, a comma flag, numbers without printf. An own one, because a
 * record took 6.1 us through jansson, 1.6 us through snprintf and 0.19 us through one like it
 * (measured), and because jansson drops a member whose text is no UTF-8. Tests read it back with jansson.
 *
 * Invariants: every store comes behind a room that covers its longest case (a number 20 octets, a
 * text 6 for each of its own and 2 quotes, a comma 1); j->n never passes j->room; once `failed`, no
 * store is made. So a text is whole JSON or not used.
 */

#include "output/output_int.h"

#include <math.h>

enum { FIRST_ROOM = 4096 }; /* one connection event of 30 exchanges */

const uint64_t syc_powers_of_ten[20] = {
    UINT64_C(1),
    UINT64_C(10),
    UINT64_C(100),
    UINT64_C(1000),
    UINT64_C(10000),
    UINT64_C(100000),
    UINT64_C(1000000),
    UINT64_C(10000000),
    UINT64_C(100000000),
    UINT64_C(1000000000),
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
    UINT64_C(1000000000000000000),
    UINT64_C(10000000000000000000),
};

/*
 * Doubling, so a text of n octets costs O(n). room - n cannot wrap: n <= room. The limit of a
 * quarter of all memory keeps the doubling from wrapping; no honest text comes near.
 */
bool
syc_json_room(struct syc_json *j, size_t n)
{
    size_t room = j->room > 0 ? j->room : FIRST_ROOM;
    char *text;

    if (j->room - j->n >= n) {
        return true;
    }
    if (j->failed || n > SIZE_MAX / 4 - j->n) {
        j->failed = true;
        return false;
    }
    while (room - j->n < n) {
        room *= 2;
    }
    text = syc_resize(j->text, room, 1);
    if (text == NULL) {
        j->failed = true;
        return false;
    }
    j->text = text;
    j->room = room;
    return true;
}

void
syc_json_fini(struct syc_json *j)
{
    syc_free(j->text);
    syc_free(j->layout);
    syc_free(j->syns);
    syc_free(j->missing);
    *j = (struct syc_json){0};
}

void
syc_json_reset(struct syc_json *j)
{
    j->n = 0;
    j->failed = false;
    j->comma = false;
}

/*
 * The comma that is due, with room for n octets after it; NULL when memory is short. Whatever is
 * written next is behind it, so the flag is set for what follows.
 */
static char *
begin_value(struct syc_json *j, size_t n)
{
    char *p;

    if (!syc_json_room(j, n + 1)) {
        return NULL;
    }
    p = j->text + j->n;
    if (j->comma) {
        *p++ = ',';
    }
    j->comma = true;
    return p;
}

/* The store is done: its end is the text's. */
static void
end_value(struct syc_json *j, const char *end)
{
    j->n = (size_t)(end - j->text);
}

void
syc_json_open(struct syc_json *j, char bracket)
{
    char *p = begin_value(j, 1);

    if (p != NULL) {
        *p++ = bracket;
        end_value(j, p);
    }
    j->comma = false;
}

/* No comma before a bracket; one after it, whatever stood inside. */
void
syc_json_close(struct syc_json *j, char bracket)
{
    if (syc_json_room(j, 1)) {
        j->text[j->n++] = bracket;
    }
    j->comma = true;
}

/* The comma belongs to the member, not to its value: hence none between key and value. */
void
syc_json_key_n(struct syc_json *j, const char *name, size_t n)
{
    char *p = begin_value(j, n + 3);

    if (p != NULL) {
        *p++ = '"';
        memcpy(p, name, n);
        p = SYC_PUT(p + n, "\":");
        end_value(j, p);
    }
    j->comma = false;
}

void
syc_json_key(struct syc_json *j, const char *name)
{
    syc_json_key_n(j, name, strlen(name));
}

void
syc_json_int(struct syc_json *j, int64_t value)
{
    char *p = begin_value(j, SYC_INT_TEXT);

    if (p != NULL) {
        end_value(j, syc_put_int(p, value));
    }
}

void
syc_json_again(struct syc_json *j, const char *value, size_t n)
{
    char *p = begin_value(j, n);

    if (p != NULL) {
        memcpy(p, value, n);
        end_value(j, p + n);
    }
}

void
syc_json_bool(struct syc_json *j, bool value)
{
    char *p = begin_value(j, 5);

    if (p != NULL) {
        end_value(j, value ? SYC_PUT(p, "true") : SYC_PUT(p, "false"));
    }
}

/* ------------------------------------------------------------- reals */

__extension__ typedef unsigned __int128 wide;

/*
 * fraction * 10^digits, 0 <= fraction < 1, rounded to the nearest integer, ties up: in integers, because a product of
 * doubles may or may not be fused with what follows, and then two machines would write different octets.
 */
static uint64_t
scale_fraction(double fraction, unsigned digits)
{
    int exponent;
    uint64_t mantissa = (uint64_t)ldexp(frexp(fraction, &exponent), 53); /* exact: 53 bits */
    wide scaled = (wide)mantissa * syc_powers_of_ten[digits];            /* < 2^83 */
    int shift = 53 - exponent;                                           /* >= 53 */

    if (shift > 100) {
        return 0; /* below 2^-17 of the last digit */
    }
    return (uint64_t)((scaled + ((wide)1 << (shift - 1))) >> shift);
}

/* ".25" of 250000 of 6 digits; nothing for 0, which also keeps the loop below from running for ever. */
static char *
put_fraction(char *p, uint64_t fraction, unsigned digits)
{
    if (fraction == 0) {
        return p;
    }
    while (fraction % 10 == 0) {
        fraction /= 10;
        digits--;
    }
    *p++ = '.';
    for (unsigned i = digits; i > 0; i--) {
        p[i - 1] = (char)('0' + fraction % 10);
        fraction /= 10;
    }
    return p + digits;
}

/*
 * By integers to the end: the whole part is exact below 2^53 > 1e15, and so is what is left of it,
 * since the difference of a double and its own whole part has no rounding.
 */
void
syc_json_real(struct syc_json *j, double value, int digits)
{
    unsigned places = digits < 0 ? 0 : digits > 9 ? 9 : (unsigned)digits;
    double size = fabs(value);
    uint64_t whole, fraction;
    char *p;

    if (!(size < 1e15)) { /* also not a number */
        syc_json_int(j, 0);
        return;
    }
    whole = (uint64_t)size;
    fraction = scale_fraction(size - (double)whole, places);
    if (fraction >= syc_powers_of_ten[places]) {
        whole++;
        fraction = 0;
    }
    p = begin_value(j, SYC_INT_TEXT + 10);
    if (p != NULL) {
        if (value < 0 && (whole | fraction) != 0) {
            *p++ = '-';
        }
        end_value(j, put_fraction(syc_put_uint(p, whole), fraction, places));
    }
}

/* ------------------------------------------------------------- texts */

#define EACH(octet) (UINT64_C(0x0101010101010101) * (octet))

/* High bit of some octet set when one of x is zero; exact as a yes or no (Mycroft's test). */
static inline uint64_t
some_zero(uint64_t x)
{
    return (x - EACH(1)) & ~x & EACH(0x80);
}

/*
 * Whether one of eight octets cannot stand in a JSON text as it is: below 0x20 or from 0x80 on (the
 * first line), a quotation mark, a backslash or DEL. Exact: the borrow that could disturb an
 * octet's neighbor comes only from one that is special itself.
 */
static inline bool
some_special(const char *p)
{
    uint64_t x;

    memcpy(&x, p, 8);
    return (((x - EACH(0x20)) | x) & EACH(0x80)) != 0 ||
           (some_zero(x ^ EACH('"')) | some_zero(x ^ EACH('\\')) | some_zero(x ^ EACH(0x7f))) != 0;
}

/*
 * `\u00XX` for an octet, not for a letter: octets of UTF-8 stay apart, so any input comes back to
 * the same octets when code points are read as octets.
 */
static char *
put_octet(char *p, uint8_t octet)
{
    static const char hex[] = "0123456789abcdef";

    if (octet == '"' || octet == '\\') {
        *p++ = '\\';
        *p++ = (char)octet;
    } else if (octet >= 0x20 && octet <= 0x7e) {
        *p++ = (char)octet;
    } else {
        p = SYC_PUT(p, "\\u00");
        *p++ = hex[octet >> 4];
        *p++ = hex[octet & 15];
    }
    return p;
}

/*
 * n octets, escaped: at most 6 * n. Eight at a time, as nearly all texts have nothing to escape; then the last eight are
 * written once more rather than what is left of them octet by octet.
 */
static char *
put_text(char *p, const char *value, size_t n)
{
    const char *from = p;
    size_t i = 0;

    for (; n - i >= 8; i += 8) {
        if (!some_special(value + i)) {
            memcpy(p, value + i, 8);
            p += 8;
            continue;
        }
        for (size_t k = 0; k < 8; k++) {
            p = put_octet(p, (uint8_t)value[i + k]);
        }
    }
    if (i < n && i > 0 && (size_t)(p - from) == i && !some_special(value + n - 8)) {
        memcpy(p + (n - i) - 8, value + n - 8, 8);
        return p + (n - i);
    }
    for (; i < n; i++) {
        p = put_octet(p, (uint8_t)value[i]);
    }
    return p;
}

/* 6 octets for one is the worst (\u00XX). The sum is checked before it is multiplied. */
void
syc_json_text_parts(struct syc_json *j, const struct syc_json_part *parts, size_t count)
{
    size_t n = 0;
    char *p;

    for (size_t i = 0; i < count; i++) {
        if (parts[i].n > SIZE_MAX / 16 - n) {
            j->failed = true;
            return;
        }
        n += parts[i].n;
    }
    p = begin_value(j, 6 * n + 2);
    if (p == NULL) {
        return;
    }
    *p++ = '"';
    for (size_t i = 0; i < count; i++) {
        p = put_text(p, parts[i].text, parts[i].n);
    }
    *p++ = '"';
    end_value(j, p);
}

void
syc_json_text_n(struct syc_json *j, const char *value, size_t n)
{
    const struct syc_json_part part = {value, n};

    syc_json_text_parts(j, &part, 1);
}

void
syc_json_text(struct syc_json *j, const char *value)
{
    syc_json_text_n(j, value, strlen(value));
}
