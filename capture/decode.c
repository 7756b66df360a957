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
 * All zero, padding too: paths and keys are compared by memcmp. In pieces of 64 because gcc 12
 * turns one memset of the whole into `rep stos`, whose start alone costs more than these few vector
 * stores.
 */
static inline void
clear(struct syc_segment *out)
{
    enum { PIECE = 64, WHOLE = sizeof *out / PIECE * PIECE };
    uint8_t *p = (uint8_t *)out;

    for (size_t i = 0; i < WHOLE; i += PIECE) {
        memset(p + i, 0, PIECE);
    }
    memset(p + WHOLE, 0, sizeof *out - WHOLE);
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

/*
 * A file that says less of the wire than it holds is believed as to what it holds: the walk rests
 * on left <= wire, and this is where that begins.
 */
static inline uint32_t
wire_octets(const struct syc_frame *frame)
{
    return frame->length > frame->captured ? frame->length : frame->captured;
}

enum {
    ETHERNET_HEADER = 14,
    PLAIN_OCTETS = ETHERNET_HEADER + SYC_IP4_HEADER + SYC_TCP_HEADER,
};

/*
 * Ethernet without tags, IPv4 without options, no fragment, TCP, and lengths that hold together: a
 * total length of 40 at least, so that the subtractions of decode_plain() cannot go below zero.
 * Octet 14 + 6 and on are flags and fragment offset: 0x3fff is all but reserved and DF (RFC 791
 * 3.1).
 */
static inline bool
is_plain(const struct syc_frame *frame)
{
    const uint8_t *p = frame->data;

    return frame->link == 1 && frame->captured >= PLAIN_OCTETS && syc_be16(p + 12) == 0x0800 &&
           p[14] == 0x45 && p[23] == SYC_PROTO_TCP && (syc_be16(p + 20) & 0x3fff) == 0 &&
           syc_be16(p + 16) >= SYC_IP4_HEADER + SYC_TCP_HEADER;
}

/*
 * What the walk below would answer for a plain frame, without its steps: nine of ten frames take this way, at about
 * half the instructions (callgrind). Only the order of checks is repeated here, never what a field means.
 */
static inline enum syc_drop
decode_plain(const struct syc_frame *frame, struct syc_segment *out)
{
    const uint8_t *p = frame->data + ETHERNET_HEADER;
    uint32_t total = syc_be16(p + 2), left = frame->captured - ETHERNET_HEADER;
    uint32_t wire = wire_octets(frame) - ETHERNET_HEADER;

    syc_fill_ip4(out, p);
    out->ip_header_octets = SYC_IP4_HEADER;
    out->ip_octets = total;
    total = total < wire ? total : wire; /* it has no more than its frame had */
    left = left < total ? left : total;
    return syc_fill_tcp(out, p + SYC_IP4_HEADER, left - SYC_IP4_HEADER, total - SYC_IP4_HEADER);
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

static inline void
begin(const struct syc_frame *frame, struct syc_segment *out)
{
    clear(out);
    out->time_ns = frame->time_ns;
    out->number = frame->number;
    out->file = frame->file;
}

enum syc_drop
syc_decode(const struct syc_frame *frame, struct syc_segment *out)
{
    begin(frame, out);
    return is_plain(frame) ? decode_plain(frame, out) : decode_layers(frame, out, 0);
}

/* The plain path knows no checksums; a tunnel it cannot meet. */
enum syc_drop
syc_decode_with(const struct syc_frame *frame, unsigned flags, struct syc_segment *out)
{
    if ((flags & SYC_DECODE_CHECKSUMS) == 0 && is_plain(frame)) {
        return syc_decode(frame, out);
    }
    begin(frame, out);
    return decode_layers(frame, out, flags);
}
