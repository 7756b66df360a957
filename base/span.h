#ifndef SYC_BASE_SPAN_H
#define SYC_BASE_SPAN_H

/*
 * Purpose           borrowed octets with their length, loads from them, sequence arithmetic
 * Input and output  a span is cut, never stretched: part and from give what is there, so a length that an
 *                   outsider wrote can make a span short or empty, but not reach past its end. Loads check
 *                   nothing: who calls them has compared n before
 * Ownership         a span never owns; it dies with what it points into
 * Limits            none
 * Not here          decoding (capture/)
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* n octets at p. An empty one may have any p, also NULL: whoever reads asks n first. */
struct syc_span {
    const uint8_t *p;
    size_t n;
};

/*
 * [from, from + length) of s, cut to what is there; an empty span past the end.
 *
 * from, length   any values, as an outsider may have written them: no sum of the two is formed, so none can wrap
 */
static inline struct syc_span
syc_span_part(struct syc_span s, size_t from, size_t length)
{
    if (from > s.n) {
        from = s.n;
    }
    if (length > s.n - from) {
        length = s.n - from;
    }
    return (struct syc_span){from > 0 ? s.p + from : s.p, length}; /* no step from NULL */
}

/* s without its first `from` octets; an empty span past the end. */
static inline struct syc_span
syc_span_from(struct syc_span s, size_t from)
{
    return syc_span_part(s, from, s.n);
}

/*
 * Loads of 2 and 4 octets, by single octets: right on hosts of either byte order and at any address, and compilers
 * make one load and at most one swap of it. The caller has checked that the octets are there.
 *
 * be is network order; le is for what capturing hosts wrote (pcap, radiotap, the family of LINKTYPE_NULL).
 */
static inline uint16_t
syc_be16(const uint8_t *p)
{
    return (uint16_t)((p[0] << 8) | p[1]);
}

static inline uint32_t
syc_be32(const uint8_t *p)
{
    return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) | ((uint32_t)p[2] << 8) | p[3];
}

static inline uint16_t
syc_le16(const uint8_t *p)
{
    return (uint16_t)((p[1] << 8) | p[0]);
}

static inline uint32_t
syc_le32(const uint8_t *p)
{
    return ((uint32_t)p[3] << 24) | ((uint32_t)p[2] << 16) | ((uint32_t)p[1] << 8) | p[0];
}

/*
 * a - b on the circle of 2^32: positive when a is after b. The only place where sequence numbers are compared: a
 * plain a > b is wrong for every connection that passes 2^32, as about every second one does that moves 2 GiB.
 *
 * returns  -2^31..2^31 - 1; for two points half a circle apart, which have no order, -2^31
 * source   RFC 9293 3.4 (all sequence arithmetic modulo 2^32)
 */
static inline int32_t
syc_seq_diff(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

#endif
