/*
 * Numbers, times, addresses and wire octets as text, without printf and without the locale: these
 * run for each record that is written.
 *
 * Invariant: every writer knows the longest text it can produce, and the callers' buffers have at
 * least that (SYC_TIME_TEXT, SYC_ADDR_TEXT), so none of them takes a size. The widest cases: six
 * digits of a fraction, whose time is clamped to four-digit years before; an IPv6 address of eight
 * groups of four digits (39), a mapped one with ::ffff: and 15 digits and dots (22).
 */

#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

const char syc_digit_pairs[200] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546"
    "4748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293"
    "949596979899";

static const char hex_digits[] = "0123456789abcdef";
static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* First and last second of the years a four-digit date can say: date -u -d 0000-01-01 +%s, 9999-12-31T23:59:59. */
#define FIRST_SECOND INT64_C(-62167219200)
#define LAST_SECOND  INT64_C(253402300799)

enum { SECONDS_PER_DAY = 86400 };

/*
 * a / b rounded down, b > 0: C rounds towards zero, which would make one second of 1969's last and
 * 1970's first.
 */
static int64_t
divide_down(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t
syc_us_from_ns(int64_t ns)
{
    return divide_down(ns, SYC_NS_PER_US);
}

/*
 * A day of the proleptic Gregorian calendar. year is 64 bits wide only to keep the arithmetic free
 * of casts.
 */
struct date {
    int64_t year;
    unsigned month; /* 1..12 */
    unsigned day;   /* 1..31 */
};

/*
 * Days to a date of the proleptic Gregorian calendar (since 1 March of the year -400, so that no day that is asked
 * for is negative) and back (since 1970-01-01). Years begin in March here, so that the leap day is the last of its
 * year and month lengths follow (153 m + 2) / 5; 719468 days lie between 0000-03-01 and 1970-01-01, 146097 in 400
 * years.
 */
static struct date
date_from_days(unsigned days)
{
    unsigned era = days / 146097;
    unsigned of_era = days - era * 146097;
    unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
    unsigned month = (5 * of_year + 2) / 153; /* 0 = March */
    struct date d;

    d.day = of_year - (153 * month + 2) / 5 + 1;
    d.month = month < 10 ? month + 3 : month - 9;
    d.year = (int64_t)(era * 400 + year + (d.month <= 2)) - 400;
    return d;
}

static int64_t
days_from_date(const struct date *d)
{
    int64_t year = d->year - (d->month <= 2);
    int64_t era = divide_down(year, 400);
    unsigned of_era = (unsigned)(year - era * 400);
    unsigned month = d->month > 2 ? d->month - 3 : d->month + 9;
    unsigned of_year = (153 * month + 2) / 5 + d->day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* value < 100 in two digits. */
static inline void
put_pair(char *out, unsigned value)
{
    memcpy(out, syc_digit_pairs + (size_t)2 * value, 2);
}

/*
 * The clamp comes before the calendar: then all is unsigned, from 0000-01-01 on (60 days before the
 * March that date_from_days() counts from, 400 years later).
 */
void
syc_time_format(int64_t us, char out[SYC_TIME_TEXT])
{
    const int64_t first = FIRST_SECOND * SYC_US_PER_S;
    const int64_t last = LAST_SECOND * SYC_US_PER_S + SYC_US_PER_S - 1;
    uint64_t since = (uint64_t)((us < first ? first : us > last ? last : us) - first);
    uint64_t seconds = since / SYC_US_PER_S;
    unsigned fraction = (unsigned)(since - seconds * SYC_US_PER_S);
    unsigned days = (unsigned)(seconds / SECONDS_PER_DAY);
    unsigned of_day = (unsigned)(seconds - (uint64_t)days * SECONDS_PER_DAY);
    struct date d = date_from_days(days + 146097 - 60);

    memcpy(out, "0000-00-00T00:00:00.000000Z", SYC_TIME_TEXT);
    put_pair(out, (unsigned)d.year / 100);
    put_pair(out + 2, (unsigned)d.year % 100);
    put_pair(out + 5, d.month);
    put_pair(out + 8, d.day);
    put_pair(out + 11, of_day / 3600);
    put_pair(out + 14, of_day / 60 % 60);
    put_pair(out + 17, of_day % 60);
    put_pair(out + 20, fraction / 10000);
    put_pair(out + 22, fraction / 100 % 100);
    put_pair(out + 24, fraction % 100);
}

/* Exactly `digits` decimal digits and the character after at **text, which is advanced; false if not. */
static bool
take_digits(const char **text, unsigned digits, char after, unsigned *value)
{
    const char *p = *text;

    *value = 0;
    for (unsigned i = 0; i < digits; i++, p++) {
        if (*p < '0' || *p > '9') {
            return false;
        }
        *value = *value * 10 + (unsigned)(*p - '0');
    }
    *text = p + 1;
    return *p == after;
}

/* month is 1..12: syc_time_parse has looked at it before, since it indexes the table. */
static unsigned
days_in_month(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return month == 2 && leap ? 29 : days[month - 1];
}

bool
syc_time_parse(const char *text, size_t n, int64_t *us)
{
    unsigned year, month, day, hour, minute, second, fraction;
    struct date d;

    if (n != SYC_TIME_TEXT - 1 || !take_digits(&text, 4, '-', &year) ||
        !take_digits(&text, 2, '-', &month) || !take_digits(&text, 2, 'T', &day) ||
        !take_digits(&text, 2, ':', &hour) || !take_digits(&text, 2, ':', &minute) ||
        !take_digits(&text, 2, '.', &second) || !take_digits(&text, 6, 'Z', &fraction)) {
        return false;
    }
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 ||
        minute > 59 || second > 59) {
        return false; /* no leap seconds: syc_time_format writes none */
    }
    d = (struct date){year, month, day};
    *us = ((days_from_date(&d) * 24 + hour) * 60 + minute) * 60 * SYC_US_PER_S +
          second * SYC_US_PER_S + fraction;
    return true;
}

/* 0..255 without leading zeros: with them a reader may take the number for octal (RFC 6943 3.1.1). */
static char *
put_octet(char *out, uint8_t value)
{
    if (value < 10) {
        *out = (char)('0' + value);
        return out + 1;
    }
    if (value >= 100) {
        *out++ = (char)('0' + value / 100);
    }
    put_pair(out, value % 100U);
    return out + 2;
}

static char *
put_dotted(char *out, const uint8_t octets[4])
{
    for (int i = 0; i < 4; i++) {
        out = put_octet(out, octets[i]);
        *out++ = '.';
    }
    out[-1] = '\0';
    return out - 1;
}

/* 0..ffff without leading zeros (RFC 5952 4.1, 4.3). */
static char *
put_group(char *out, unsigned group)
{
    bool started = false;

    for (int shift = 12; shift >= 0; shift -= 4) {
        unsigned digit = (group >> shift) & 15;

        if (digit != 0 || started || shift == 0) {
            *out++ = hex_digits[digit];
            started = true;
        }
    }
    return out;
}

/* The longest run of zero groups, the first of equals, at least two (RFC 5952 4.2); length 0 = none. */
static unsigned
longest_zeros(const unsigned groups[8], unsigned *first)
{
    unsigned best = 1, run = 0;

    *first = 8;
    for (unsigned i = 0; i < 8; i++) {
        run = groups[i] == 0 ? run + 1 : 0;
        if (run > best) {
            best = run;
            *first = i + 1 - run;
        }
    }
    return *first == 8 ? 0 : best;
}

/*
 * The groups of RFC 5952. `i == first` is met at most once, since first is 8 where no run is left
 * out; i then stands on the run's last group, so the loop goes on behind it. A run up to the end
 * needs a second colon, which no later group will write.
 */
static char *
put_groups(char *out, const uint8_t addr[16])
{
    unsigned groups[8], first, zeros;

    for (size_t i = 0; i < 8; i++) {
        groups[i] = (unsigned)addr[2 * i] << 8 | addr[2 * i + 1];
    }
    zeros = longest_zeros(groups, &first);
    for (unsigned i = 0; i < 8; i++) {
        if (i == first) {
            *out++ = ':';
            if (i + zeros == 8) {
                *out++ = ':';
            }
            i += zeros - 1;
            continue;
        }
        if (i > 0) {
            *out++ = ':';
        }
        out = put_group(out, groups[i]);
    }
    *out = '\0';
    return out;
}

char *
syc_addr_format(const uint8_t addr[16], int ip_v, char out[SYC_ADDR_TEXT])
{
    if (ip_v == 4) {
        return put_dotted(out, addr + 12);
    }
    if (memcmp(addr, mapped_prefix, sizeof mapped_prefix) == 0) {
        memcpy(out, "::ffff:", 7);
        return put_dotted(out + 7, addr + 12);
    }
    return put_groups(out, addr);
}

/* IPv4 first: no text is both, since one has colons and the other needs four numbers and dots alone. */
bool
syc_addr_parse(const char *text, uint8_t addr[16], int *ip_v)
{
    uint8_t octets[16];

    if (inet_pton(AF_INET, text, octets) == 1) {
        memcpy(addr, mapped_prefix, sizeof mapped_prefix);
        memcpy(addr + 12, octets, 4);
        *ip_v = 4;
        return true;
    }
    if (inet_pton(AF_INET6, text, octets) == 1) {
        memcpy(addr, octets, 16);
        *ip_v = 6;
        return true;
    }
    return false;
}

/*
 * Text of one octet into out[4]; returns its length. The backslash itself is doubled: that is what
 * makes it reversible.
 */
static size_t
escape_octet(uint8_t octet, char out[4])
{
    out[0] = '\\';
    if (octet == '\\') {
        out[1] = '\\';
        return 2;
    }
    if (octet >= 0x20 && octet <= 0x7e) {
        out[0] = (char)octet;
        return 1;
    }
    out[1] = 'x';
    out[2] = hex_digits[octet >> 4];
    out[3] = hex_digits[octet & 15];
    return 4;
}

/* Ends at the first escape that does not fit, so that half of one is never left for a reader to guess at. */
size_t
syc_escape(const void *in, size_t n, char *out, size_t size)
{
    const uint8_t *p = in;
    size_t used = 0, i;

    if (size == 0) {
        return 0; /* no room even for the zero */
    }
    for (i = 0; i < n; i++) {
        char one[4];
        size_t length = escape_octet(p[i], one);

        if (length > size - 1 - used) {
            break;
        }
        memcpy(out + used, one, length);
        used += length;
    }
    out[used] = '\0';
    return i;
}

/* Each octet has its own bounds where an overlong letter, a surrogate or one past U+10FFFF would begin. */
size_t
syc_utf8_length(const char *text, size_t n)
{
    const uint8_t *p = (const uint8_t *)text;
    uint8_t low = 0x80, high = 0xbf;
    size_t length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;

    if (p[0] < 0x80) {
        return 1;
    }
    if (p[0] < 0xc2 || p[0] > 0xf4 || length > n) {
        return 0;
    }
    if (p[0] == 0xe0) {
        low = 0xa0;
    } else if (p[0] == 0xed) {
        high = 0x9f;
    } else if (p[0] == 0xf0) {
        low = 0x90;
    } else if (p[0] == 0xf4) {
        high = 0x8f;
    }
    if (p[1] < low || p[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return length;
}

size_t
syc_bom_length(const char *text, size_t n)
{
    return n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

/* Told by octets: letters of one length are a range of their last one. */
static bool
is_obeyed(const uint8_t *p, size_t n)
{

    switch (n) {
    case 1:
        return p[0] < 0x20 || p[0] == 0x7f;
    case 2:
        return p[0] == 0xc2 && p[1] < 0xa0;
    case 3:
        return p[0] == 0xe2 && ((p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae) ||
                                (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
    default:
        return false;
    }
}

size_t
syc_letter(const char *text, size_t n, bool *shown)
{
    size_t length = syc_utf8_length(text, n);

    *shown = length > 0 && !is_obeyed((const uint8_t *)text, length);
    return length > 0 ? length : 1;
}
