#ifndef SYC_BASE_TEXT_H
#define SYC_BASE_TEXT_H

/*
 * Purpose           numbers, times, addresses and wire octets as text, and back
 * Input and output  callers give the buffers; sizes are in the prototypes
 * Ownership         nothing is kept
 * Limits            years 0000..9999 in times; others are clamped to that range
 * Not here          JSON (output/)
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SYC_TIME_TEXT = 28, /* "2026-11-22T06:40:06.123456Z" and its zero */
    SYC_ADDR_TEXT = 46, /* INET6_ADDRSTRLEN */
};

/* A number that is not known. Every integer of a record that was not seen holds it; nothing else does. */
#define SYC_NONE INT64_MIN

#define SYC_NS_PER_US INT64_C(1000)
#define SYC_NS_PER_S  INT64_C(1000000000)
#define SYC_US_PER_S  INT64_C(1000000)

/* Nanoseconds to microseconds, rounded down (also before 1970). */
int64_t syc_us_from_ns(int64_t ns);

/* RFC 3339, UTC, six fractional digits, "Z". us counts from 1970. */
void syc_time_format(int64_t us, char out[SYC_TIME_TEXT]);

/* The reverse; accepts exactly what syc_time_format writes. False (and *us untouched) otherwise. */
bool syc_time_parse(const char *text, size_t n, int64_t *us);

/* addr is 16 octets (v4 mapped); ip_v 4 prints dotted decimal, 6 the RFC 5952 form (a mapped address as ::ffff:a.b.c.d). */
void syc_addr_format(const uint8_t addr[16], int ip_v, char out[SYC_ADDR_TEXT]);

/* The reverse; sets *ip_v to 4 or 6. False on anything else. */
bool syc_addr_parse(const char *text, uint8_t addr[16], int *ip_v);

/*
 * Octets from the wire as printable ASCII: 0x20..0x7e stay, a backslash becomes "\\", all else "\xNN".
 *
 * in       n octets; borrowed
 * out      size octets, always zero-terminated; whole escapes only
 * returns  how many octets of the input are in out (n when all fitted)
 * source   reliability: one reversible escape for every string an outsider wrote
 */
size_t syc_escape(const void *in, size_t n, char *out, size_t size);

/*
 * Edit distance of two words (insert, delete, replace, swap of neighbors: 1 each), for "did you mean".
 * Words over 63 octets give a distance of 64.
 */
unsigned syc_edit_distance(const char *a, const char *b);

#endif
