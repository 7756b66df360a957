#ifndef SYC_BASE_TEXT_H
#define SYC_BASE_TEXT_H

/*
 * Purpose           numbers, times, addresses and wire octets as text, and back
 * Input and output  callers give the buffers; sizes are in the prototypes
 * Ownership         nothing is kept
 * Limits            years 0000..9999 in times; others are clamped to that range
 * Not here          JSON (output/)
 *
 * Each pair (time, address) reverses the other exactly: records are written as text, read back and judged again,
 * and the verdict must be the same.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SYC_TIME_TEXT = 28, /* "2026-11-22T06:40:06.123456Z" and its zero */
    SYC_ADDR_TEXT = 46, /* INET6_ADDRSTRLEN */
};

/*
 * A number that is not known. Every integer of a record that was not seen holds it; nothing else does: neither a
 * capture time nor a difference of two reaches it (SYC_TIME_MIN_NS). Not 0 and not -1, which are durations and
 * offsets that occur.
 */
#define SYC_NONE INT64_MIN

#define SYC_NS_PER_US INT64_C(1000)
#define SYC_NS_PER_S  INT64_C(1000000000)
#define SYC_US_PER_S  INT64_C(1000000)

extern const char syc_digit_pairs[200]; /* "000102...99" */

/*
 * Nanoseconds to microseconds, rounded down (also before 1970), so that a later time never becomes an earlier one
 * and the steps around 1970 are as long as all others. SYC_NONE is the caller's to keep out.
 */
int64_t syc_us_from_ns(int64_t ns);

/*
 * A time as RFC 3339 has it: UTC, six fractional digits, "Z".
 *
 * us      microseconds since 1970, any value; outside of years 0000..9999 the nearest time that has four digits
 * out     always all of SYC_TIME_TEXT octets, so that lines sort by time as text
 * source  RFC 3339 5.6
 */
void syc_time_format(int64_t us, char out[SYC_TIME_TEXT]);

/*
 * The reverse; accepts exactly what syc_time_format writes, and no more: a leap second, another offset or "t" are
 * not read.
 *
 * text, n  need not be zero-terminated; exactly n octets are looked at
 * returns  false, and *us untouched, on anything else
 */
bool syc_time_parse(const char *text, size_t n, int64_t *us);

/*
 * An address as text.
 *
 * addr    16 octets, IPv4 mapped into IPv6 as everywhere here
 * ip_v    4 prints dotted decimal, 6 the RFC 5952 form. A mapped address of an IPv6 packet is ::ffff:a.b.c.d, so
 *         that it differs from the IPv4 host of the same octets
 * out     always zero-terminated, at most 45 octets before that
 * returns  the place of that zero
 * source  RFC 5952 4 and 5; RFC 4291 2.5.5.2
 */
char *syc_addr_format(const uint8_t addr[16], int ip_v, char out[SYC_ADDR_TEXT]);

/* The reverse, of zero-terminated text; sets *ip_v to 4 or 6. False, and both untouched, on anything else. */
bool syc_addr_parse(const char *text, uint8_t addr[16], int *ip_v);

/*
 * Octets from the wire as printable ASCII: 0x20..0x7e stay, a backslash becomes "\\", all else "\xNN".
 *
 * in       n octets; borrowed
 * out      size octets, always zero-terminated unless size is 0; whole escapes only, at most 4 octets for one
 * returns  how many octets of the input are in out (n when all fitted)
 * source   one reversible escape for every string an outsider wrote: p0f's log lets a User-Agent forge fields,
 *          and tshark turns invalid octets into U+FFFD, from which nothing comes back (both measured)
 */
size_t syc_escape(const void *in, size_t n, char *out, size_t size);

/*
 * Octets of the UTF-8 letter at text, of which n > 0 octets may be looked at; 0 when there is none.
 *
 * source  RFC 3629 4: no overlong ones, no surrogates, nothing past U+10FFFF
 */
size_t syc_utf8_length(const char *text, size_t n);

/*
 * How many octets at the head of a text are UTF-8's byte order mark: 3 or 0. It is none of the text's characters
 * (Unicode 2.13), and editors of Windows write it.
 */
size_t syc_bom_length(const char *text, size_t n);

/*
 * The letter at text, and whether a terminal may have it: one must not obey what an outsider wrote.
 *
 * n        octets that may be looked at, > 0
 * shown    false for what is no UTF-8, for control characters (U+0000 to U+001F, U+007F to U+009F), and for those that turn
 *          the direction of writing, by which a text shows what it does not say (U+202A to U+202E, U+2066 to U+2069)
 * returns  its octets, at least 1
 */
size_t syc_letter(const char *text, size_t n, bool *shown);

/* "s" behind a count of n, "" behind 1; n of any integer type. */
#define SYC_PLURAL(n) ((n) == 1 ? "" : "s")

/*
 * Edit distance of two words (insert, delete, replace, swap of neighbors: 1 each), for "did you mean".
 *
 * returns  0 for equal words; 64 when either has more than 63 octets, which is farther than any two shorter ones
 * cost     the product of both lengths, so at most 4,000 steps whatever a rule's author wrote; no allocation
 */
unsigned syc_edit_distance(const char *a, const char *b);

#endif
