/* What readers of others' records share: numbers, times and addresses as text, and whose line it is. */

#include "engine/other.h"

#include <string.h>

#define TIME_MOST (INT64_C(1) << 55)

enum { DIGITS_MAX = 18, EXPONENT_MAX = 99 };

void
syc_other_init(struct syc_other *o)
{
    memset(o, 0, sizeof *o);
    o->zeek.separator = '\t';
    memcpy(o->zeek.unset, "-", sizeof "-");
    memcpy(o->zeek.empty, "(empty)", sizeof "(empty)");
}

/* ------------------------------------------------------------ numbers */

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool
other_count(const char *text, size_t n, int64_t *out)
{
    int64_t value = 0;

    for (size_t i = 0; i < n; i++) {
        if (!is_digit(text[i])) {
            return false;
        }
        value = i < DIGITS_MAX ? value * 10 + (text[i] - '0') : value;
    }
    *out = value;
    return n > 0 && n <= DIGITS_MAX;
}

/* A decimal number taken apart: digits * 10^exponent. */
struct decimal {
    bool negative;
    int64_t digits;
    int64_t exponent;
};

/* Digits beyond the 18th move the exponent and are otherwise lost: they are below a millionth of a microsecond. */
static const char *
take_digits(const char *p, const char *end, struct decimal *d, bool fraction)
{
    for (; p < end && is_digit(*p); p++) {
        bool fits = d->digits < INT64_C(100000000000000000);

        d->digits = fits ? d->digits * 10 + (*p - '0') : d->digits;
        d->exponent += (fits ? 0 : 1) - (fraction ? 1 : 0);
    }
    return p;
}

static bool
take_exponent(const char *p, const char *end, int64_t *exponent)
{
    bool negative = p < end && *p == '-';
    int64_t value;

    p += p < end && (*p == '-' || *p == '+');
    if (!other_count(p, (size_t)(end - p), &value) || value > EXPONENT_MAX) {
        return false;
    }
    *exponent += negative ? -value : value;
    return true;
}

static bool
take_decimal(const char *text, size_t n, struct decimal *d)
{
    const char *p = text, *end = text + n, *from;

    *d = (struct decimal){.negative = n > 0 && *p == '-'};
    p += d->negative;
    from = p;
    p = take_digits(p, end, d, false);
    if (p == from) {
        return false;
    }
    if (p < end && *p == '.') {
        from = ++p;
        p = take_digits(p, end, d, true);
        if (p == from) {
            return false;
        }
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        return take_exponent(p + 1, end, &d->exponent);
    }
    return p == end;
}

bool
other_is_time(int64_t us)
{
    return us >= -TIME_MOST && us <= TIME_MOST;
}

bool
other_seconds(const char *text, size_t n, int64_t *us)
{
    struct decimal d;
    bool half = false;

    if (!take_decimal(text, n, &d)) {
        return false;
    }
    for (d.exponent += 6; d.exponent > 0 && d.digits != 0; d.exponent--) {
        if (d.digits > TIME_MOST / 10) {
            return false;
        }
        d.digits *= 10;
    }
    for (; d.exponent < 0 && (d.digits != 0 || half); d.exponent++) {
        half = d.digits % 10 >= 5;
        d.digits /= 10;
    }
    d.digits += half;
    *us = d.negative ? -d.digits : d.digits;
    return other_is_time(*us);
}

enum { DATE_OCTETS = sizeof "2026-11-22T06:40:06" - 1, FRACTION_DIGITS = 6, NANO_DIGITS = 9 };

/* "Z", "+0100" or "+01:00": how far its time is ahead of UTC. */
static bool
take_offset(const char *zone, size_t n, int64_t *us)
{
    int64_t hours, minutes;

    *us = 0;
    if (n == 1 && *zone == 'Z') {
        return true;
    }
    if ((n != 5 && !(n == 6 && zone[3] == ':')) || (*zone != '+' && *zone != '-') ||
        !other_count(zone + 1, 2, &hours) || !other_count(zone + n - 2, 2, &minutes) ||
        hours > 23 || minutes > 59) {
        return false;
    }
    *us = (hours * 60 + minutes) * 60 * SYC_US_PER_S;
    *us = *zone == '-' ? -*us : *us;
    return true;
}

/* Of seven digits one cannot know: Zeek writes 0.9999996 s as ".1000000". */
bool
other_time(const char *text, size_t n, int64_t *us)
{
    char utc[] = "2026-11-22T06:40:06.000000Z";
    size_t at = DATE_OCTETS, digits = 0;
    int64_t ahead;

    if (n <= DATE_OCTETS) {
        return false;
    }
    memcpy(utc, text, DATE_OCTETS);
    if (text[at] == '.') {
        for (at++; at < n && is_digit(text[at]); at++, digits++) {
            if (digits < FRACTION_DIGITS) {
                utc[DATE_OCTETS + 1 + digits] = text[at];
            }
        }
        if (digits == 0 || (digits > FRACTION_DIGITS && digits != NANO_DIGITS)) {
            return false;
        }
    }
    if (!take_offset(text + at, n - at, &ahead) || !syc_time_parse(utc, sizeof utc - 1, us)) {
        return false;
    }
    *us -= ahead;
    return other_is_time(*us);
}

bool
other_port(const char *text, size_t n, uint16_t *out)
{
    int64_t value = 0;
    bool good = other_count(text, n, &value) && value <= UINT16_MAX;

    *out = (uint16_t)value;
    return good;
}

bool
other_addr(const char *text, size_t n, uint8_t out[16], int *ip_v)
{
    char copy[SYC_ADDR_TEXT];

    if (n == 0 || n >= sizeof copy || memchr(text, '\0', n) != NULL) {
        return false;
    }
    memcpy(copy, text, n);
    copy[n] = '\0';
    return syc_addr_parse(copy, out, ip_v);
}

bool
other_is(const struct syc_pull_text *text, const char *word)
{
    return strlen(word) == text->n && memcmp(word, text->at, text->n) == 0;
}

int64_t
other_word(const char *text, size_t n, const char *const *words)
{
    for (int64_t i = 0; words[i] != NULL; i++) {
        if (strlen(words[i]) == n && memcmp(words[i], text, n) == 0) {
            return i;
        }
    }
    return -1;
}

void
other_finish(struct syc_record *out)
{
    out->final = 1;
    out->flow_id = syc_record_flow_id(&out->key, out->isn, out->start_us);
}

/* ------------------------------------------------------------ whose line it is */

/*
 * Both ours and Suricata's have event_type; ours a version, too, which EVE has not. With Zeek, and with nobody else, the ends
 * of a connection are a record of their own, as its names show however they are spelled (other_zeek.c). All of the line is
 * looked at: other programs may have sorted its members.
 */
static enum syc_from
guess_json(struct syc_pull *s)
{
    struct syc_pull_text key, text;
    bool first = true, version = false, typed = false, zeek = false;

    while (syc_pull_member(s, &first, &key)) {
        version |= other_is(&key, "v");
        zeek |= other_is(&key, "id.orig_h") || other_is(&key, "id_orig_h") ||
                (other_is(&key, "id") && syc_pull_is(s, '{'));
        if (other_is(&key, "event_type")) {
            typed = true;
            if (syc_pull_text(s, &text)) {
                version |= other_is(&text, "connection"); /* a word of ours alone */
                continue;
            }
        }
        if (!syc_pull_skip(s)) {
            break;
        }
    }
    if (s->fault != NULL) {
        return SYC_FROM_GUESS;
    }
    return zeek    ? SYC_FROM_ZEEK
           : typed ? (version ? SYC_FROM_SYNCOPATE : SYC_FROM_EVE)
                   : SYC_FROM_GUESS;
}

/* A line of a TSV, perhaps without the header: then Zeek's reader can say what is missing. Columns begin with the time. */
static bool
is_tsv(const char *line, size_t n)
{
    static const char *const headers[] = {"#separator",   "#set_separator",
                                          "#empty_field", "#unset_field",
                                          "#path",        "#open",
                                          "#fields",      "#types",
                                          "#close",       NULL};
    size_t word = 0;
    int64_t us;

    while (word < n && line[word] != '\t' && line[word] != ' ') {
        word++;
    }
    return other_word(line, word, headers) >= 0 ||
           (word < n && line[word] == '\t' && other_seconds(line, word, &us));
}

enum syc_from
syc_other_guess(const char *line, size_t n)
{
    struct syc_pull s = {.begin = line, .p = line, .end = line + n};

    if (is_tsv(line, n)) {
        return SYC_FROM_ZEEK;
    }
    return syc_pull_space(&s) && *s.p == '{' ? guess_json(&s) : SYC_FROM_GUESS;
}
