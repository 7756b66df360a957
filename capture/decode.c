/*
 * From a frame to a segment: the plain path, the walk over layers for all else, and the words of
 * both lists of segment.h.
 *
 *           frame
 *             |  is_plain()?  one look at fixed places
 *       yes   |   no
 *       +-----+-----------------------------+
 *       v                                   v
 *   decode_plain()                    decode_layers():  link -> tag -> ip4 -> udp -> vxlan -> ethernet -> ...
 *       |                                   |           each layer sets c->next, NULL ends the walk
 *       +--------> one meaning <------------+
 *                  (decode_fill.h)
 *
 * Invariants, for any octets whatsoever: no octet outside [data, data + captured) is read; at every
 * layer left <= wire, so lengths that a header claims can shorten what is read and never lengthen
 * it; the walk ends, because each layer moves on by at least one octet or takes one of the eight
 * places of the path (decode_int.h) or is followed by one that does. A segment is wholly written
 * whatever the answer is: callers copy and compare it by memcmp.
 */

#include "capture/decode_fill.h"
#include "capture/decode_int.h"

#include <stddef.h>
#include <string.h>

const char *
syc_drop_name(enum syc_drop drop)
{
    static const char *const names[] = {
#define X(name, word) word,
        SYC_DROP_LIST(X)
#undef X
    };

    return (size_t)drop < SYC_DROP_COUNT ? names[drop] : "unknown";
}

const char *
syc_tunnel_name(enum syc_tunnel tunnel)
{
    static const char *const names[] = {
#define X(name, word) word,
        SYC_TUNNEL_LIST(X)
#undef X
    };

    return (size_t)tunnel < SYC_TUNNEL_COUNT ? names[tunnel] : "unknown";
}

/*
 * An ICMP message whose quotation cannot be read is plain ICMP. Otherwise a host could be called
 * unreachable by octets that do not even name a connection.
 */
static enum syc_drop
give_up_quotation(struct syc_segment *out)
{
    out->unreachable = false;
    out->icmp_code = 0;
    return SYC_DROP_NOT_TCP;
}

/* ------------------------------------------------------------ the plain path */

enum {
    ETHERNET_HEADER = 14,
    IP6_HEADER = 40,
    TYPE_IP4 = 0x0800,
    TYPE_IP6 = 0x86dd,
};

/* Where a segment's members begin that are written all at once, zero. */
enum { RARE = offsetof(struct syc_segment, ts_val) };

_Static_assert(RARE == 116 && sizeof(struct syc_segment) == 176, "no padding but behind RARE");

/*
 * The end of the plain path: TCP at `header` octets behind ip, where at least SYC_TCP_HEADER were captured. Its header
 * lies whole in what was captured and in the packet, and the packet in its frame, so nothing is cut but payload.
 */
static inline __attribute__((always_inline)) bool
plain_tcp(const struct syc_frame *restrict frame, const uint8_t *restrict ip, size_t header,
          size_t total, struct syc_segment *restrict out)
{
    const uint8_t *p = ip + header;
    size_t left = frame->captured - ETHERNET_HEADER;
    uint32_t word = syc_be16(p + 12), ports = syc_be32(p);
    size_t tcp = (word >> 12) * 4;

    left = left < total ? left : total;
    if (tcp < SYC_TCP_HEADER || header + tcp > left || total + ETHERNET_HEADER > frame->length) {
        return false;
    }
    out->time_ns = frame->time_ns;
    out->number = frame->number;
    out->file = frame->file;
    out->src_port = (uint16_t)(ports >> 16);
    out->dst_port = (uint16_t)ports;
    out->seq = syc_be32(p + 4);
    out->ack = syc_be32(p + 8);
    out->flags = word & 0xfff;
    out->window = syc_be16(p + 14);
    out->urgent = syc_be16(p + 18);
    out->tcp_header_octets = (uint8_t)tcp;
    out->ip_v = header == IP6_HEADER ? 6 : 4;
    out->ip_header_octets = (uint8_t)header;
    out->ip_octets = (uint32_t)total;
    out->payload_octets = (uint32_t)(total - header - tcp);
    out->options = (struct syc_span){p + SYC_TCP_HEADER, tcp - SYC_TCP_HEADER};
    out->payload = (struct syc_span){p + tcp, left - header - tcp};
    memset((uint8_t *)out + RARE, 0, sizeof *out - RARE);
    out->payload_cut = left < total;
    syc_fill_usual_timestamps(out);
    return true;
}

/*
 * An IPv4 header without options, of no fragment, with no flag but DF. Octet 6 and on are flags and
 * fragment offset (RFC 791 3.1).
 */
static inline __attribute__((always_inline)) bool
plain_ip4(const struct syc_frame *restrict frame, const uint8_t *restrict p,
          struct syc_segment *restrict out)
{
    if (p[0] != 0x45 || p[9] != SYC_PROTO_TCP || (syc_be16(p + 6) & 0xbfff) != 0) {
        return false;
    }
    out->traffic_class = p[1];
    out->ip_id = syc_be16(p + 4);
    out->ip_df = p[6] >> 6;
    out->ttl = p[8];
    syc_fill_mapped(out->src, p + 12);
    syc_fill_mapped(out->dst, p + 16);
    return plain_tcp(frame, p, SYC_IP4_HEADER, syc_be16(p + 2), out);
}

/* An IPv6 header with TCP right behind it and a length (RFC 8200 3). */
static inline __attribute__((always_inline)) bool
plain_ip6(const struct syc_frame *restrict frame, const uint8_t *restrict p,
          struct syc_segment *restrict out)
{
    uint32_t word = syc_be32(p), octets = syc_be16(p + 4);

    if (word >> 28 != 6 || p[6] != SYC_PROTO_TCP || octets == 0 ||
        frame->captured < ETHERNET_HEADER + IP6_HEADER + SYC_TCP_HEADER) {
        return false;
    }
    out->traffic_class = (uint8_t)(word >> 20);
    out->ip_id = 0;
    out->ip_df = false;
    out->ttl = p[7];
    memcpy(out->src, p + 8, 16);
    memcpy(out->dst, p + 24, 16);
    if (!plain_tcp(frame, p, IP6_HEADER, octets + IP6_HEADER, out)) {
        return false;
    }
    out->flow_label = word & 0xfffff;
    return true;
}

/*
 * What the walk below would answer for a plain frame, without its steps: Ethernet without tags, IP without options or
 * extension headers, TCP, and lengths that hold together. False where it is not one; then out may hold anything.
 */
static inline __attribute__((always_inline)) bool
decode_plain(const struct syc_frame *restrict frame, struct syc_segment *restrict out)
{
    const uint8_t *p = frame->data, *ip = p + ETHERNET_HEADER;

    if (frame->link != 1 || frame->captured < ETHERNET_HEADER + SYC_IP4_HEADER + SYC_TCP_HEADER) {
        return false;
    }
    return syc_be16(p + 12) == TYPE_IP4 ? plain_ip4(frame, ip, out)
                                        : syc_be16(p + 12) == TYPE_IP6 && plain_ip6(frame, ip, out);
}

/* Out of line, or the caller's variables would take the registers that this loop needs: 6 instructions a frame. */
__attribute__((noinline)) size_t
syc_decode_plain(const struct syc_frame *frames, size_t count, struct syc_segment *out)
{
    size_t n = 0;

    while (n < count && decode_plain(&frames[n], &out[n])) {
        n++;
    }
    return n;
}

/* ------------------------------------------------------------ all else */

/*
 * A file that says less of the wire than it holds is believed as to what it holds: the walk rests
 * on left <= wire, and this is where that begins.
 */
static inline uint32_t
wire_octets(const struct syc_frame *frame)
{
    return frame->length > frame->captured ? frame->length : frame->captured;
}

/*
 * Layer after layer, each naming the next, until one ends it. A loop and not calls in calls: a
 * frame of a thousand nested headers takes no stack. Kept out of line so that the plain path needs
 * none.
 */
static enum syc_drop __attribute__((noinline))
decode_layers(const struct syc_frame *frame, struct syc_segment *out, unsigned flags)
{
    struct syc_cursor c = {
        .at = frame->data,
        .left = frame->captured,
        .wire = wire_octets(frame),
        .next = syc_decode_link(frame->link),
        .out = out,
        .flags = flags,
    };
    enum syc_drop drop = SYC_DROP_LINK_TYPE;

    while (c.next != NULL) {
        syc_layer *layer = c.next;

        c.next = NULL;
        drop = layer(&c);
    }
    return c.quoted && drop != SYC_DROP_ICMP_ERROR ? give_up_quotation(out) : drop;
}

enum syc_drop
syc_decode_with(const struct syc_frame *frame, unsigned flags, struct syc_segment *out)
{
    if ((flags & SYC_DECODE_CHECKSUMS) == 0 && decode_plain(frame, out)) {
        return SYC_DROP_NONE;
    }
    memset(out, 0, sizeof *out);
    out->time_ns = frame->time_ns;
    out->number = frame->number;
    out->file = frame->file;
    return decode_layers(frame, out, flags);
}

enum syc_drop
syc_decode(const struct syc_frame *frame, struct syc_segment *out)
{
    return syc_decode_with(frame, 0, out);
}
