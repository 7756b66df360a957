#ifndef SYC_CAPTURE_DECODE_FILL_H
#define SYC_CAPTURE_DECODE_FILL_H

/*
 * Purpose           from the octets of one IPv4 or TCP header to the fields of a segment
 * Input and output  octets that the caller has checked to be there, and lengths; nothing else is read
 * Ownership         borrowed octets
 * Limits            the segment was cleared before
 * Not here          which header comes next (decode_ip.c); the options themselves (decode_tcp.c)
 *
 * Inline because the plain path of decode.c and the layers of the walk share them: one meaning, two speeds.
 */

#include <string.h>

#include "capture/segment.h"

enum {
    SYC_IP4_HEADER = 20,
    SYC_TCP_HEADER = 20,
    SYC_PROTO_TCP = 6,
};

/* Timestamps of an option walk (decode_tcp.c), for layouts other than the usual one; sets has_ts and both values. */
void syc_decode_search_timestamps(struct syc_segment *out);

/*
 * ::ffff:a.b.c.d, RFC 4291 2.5.5.2: the form in which all floors above keep IPv4, so that they know
 * one kind of address.
 */
static inline void
syc_fill_mapped(uint8_t out[16], const uint8_t octets[4])
{
    static const uint8_t prefix[16] = {[10] = 0xff, [11] = 0xff};

    memcpy(out, prefix, sizeof prefix); /* all 16: one store, where 12 are two */
    memcpy(out + 12, octets, 4);
}

/* The 20 fixed octets of an IPv4 header but its lengths, which need the frame. RFC 791 3.1. */
static inline void
syc_fill_ip4(struct syc_segment *out, const uint8_t *p)
{
    uint8_t flags = p[6];

    out->ip_v = 4;
    out->traffic_class = p[1];
    out->ip_id = syc_be16(p + 4);
    out->ip_reserved = (flags & 0x80) != 0;
    out->ip_df = (flags & 0x40) != 0;
    out->ip_mf = (flags & 0x20) != 0;
    out->ttl = p[8];
    syc_fill_mapped(out->src, p + 12);
    syc_fill_mapped(out->dst, p + 16);
}

/* value: the 8 octets behind kind and length, all there. RFC 7323 3.2. */
static inline void
syc_fill_timestamps(struct syc_segment *out, const uint8_t *value)
{
    out->has_ts = true;
    out->ts_val = syc_be32(value);
    out->ts_ecr = syc_be32(value + 4);
}

/* Those of the segment's options: nearly every segment but SYNs has just NOP NOP TS (RFC 7323 appendix A). */
static inline void
syc_fill_usual_timestamps(struct syc_segment *out)
{
    const uint8_t *p = out->options.p;

    if (out->options.n >= 12 && syc_be32(p) == 0x0101080a) {
        syc_fill_timestamps(out, p + 4);
    } else if (out->options.n >= 10) {
        syc_decode_search_timestamps(out);
    }
}

/*
 * A TCP header and the spans behind it.
 *
 * left     captured octets at p, <= wire; fewer than 20 give SYC_DROP_TCP_SHORT
 * wire     octets of TCP by the IP length
 * out      ports, numbers and flags also where the offset is bad: the drop is counted, and its sender is known.
 *          Spans lie inside [p, p + left): `here` is the lesser of header and left, and the offset's four bits
 *          reach 60 at most
 * source   RFC 9293 3.1
 */
static inline enum syc_drop
syc_fill_tcp(struct syc_segment *out, const uint8_t *p, uint32_t left, uint32_t wire)
{
    uint32_t header, here;

    if (left < SYC_TCP_HEADER) {
        return SYC_DROP_TCP_SHORT;
    }
    header = (p[12] >> 4) * 4u;
    out->src_port = syc_be16(p);
    out->dst_port = syc_be16(p + 2);
    out->seq = syc_be32(p + 4);
    out->ack = syc_be32(p + 8);
    out->flags = syc_be16(p + 12) & 0xfff;
    out->window = syc_be16(p + 14);
    out->urgent = syc_be16(p + 18);
    out->tcp_header_octets = (uint8_t)header;
    if (header < SYC_TCP_HEADER) {
        return SYC_DROP_TCP_BAD_OFFSET;
    }
    /* An offset past the packet's end leaves a segment whose options are cut and whose payload is none: stacks drop
       it, but its sender exists (Wireshark: malformed, and still of its stream). */
    here = left < header ? left : header;
    out->payload_octets = wire > header ? wire - header : 0;
    out->options_cut = left < header;
    out->payload_cut = left < wire;
    out->options = (struct syc_span){p + SYC_TCP_HEADER, here - SYC_TCP_HEADER};
    out->payload = (struct syc_span){p + here, left - here};
    syc_fill_usual_timestamps(out);
    return SYC_DROP_NONE;
}

#endif
