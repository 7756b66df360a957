/*
 * IPv4, IPv6 and the headers between IP and what it carries: lengths, fragments, chains.
 *
 * Invariants: a header's own length is compared with `left` before the cursor moves past it, and
 * with the packet's total length, so `left >= header` still holds after the cursor was cut to the
 * total; a chain has at most CHAIN_MAX + 1 headers and each takes 8 octets, so it ends twice over.
 * What an IP length claims beyond the frame is cut to the frame (syc_cursor_limit), and ip_octets
 * keeps the claim.
 */

#include "capture/decode_fill.h"
#include "capture/decode_int.h"

#include <string.h>

/* Protocol numbers at IANA. */
enum {
    PROTO_HOP_BY_HOP = 0,
    PROTO_ICMP = 1,
    PROTO_IP4 = 4,
    PROTO_UDP = 17,
    PROTO_IP6 = 41,
    PROTO_ROUTING = 43,
    PROTO_FRAGMENT = 44,
    PROTO_GRE = 47,
    PROTO_ESP = 50,
    PROTO_AH = 51,
    PROTO_ICMP6 = 58,
    PROTO_NONE = 59,
    PROTO_DESTINATION = 60,
};

enum {
    IP6_HEADER = 40,
    /*
     * RFC 8200 4.1 allows each header once and destination options twice: 7. More than twice that
     * is no packet of a stack.
     */
    CHAIN_MAX = 16,
};

/*
 * The packet inside a packet: RFC 2003 (4 in 4), 4213 (6 in 4), 2473 (both in 6). The outer version
 * is asked before syc_decode_enter() lets it go.
 */
static enum syc_drop
enter_packet(struct syc_cursor *c)
{
    bool outer4 = c->out->ip_v == 4;

    if (c->protocol == PROTO_IP4) {
        return syc_decode_enter(c, outer4 ? SYC_TUNNEL_IPIP : SYC_TUNNEL_4IN6, syc_decode_ip4);
    }
    return syc_decode_enter(c, outer4 ? SYC_TUNNEL_6IN4 : SYC_TUNNEL_6IN6, syc_decode_ip6);
}

/*
 * What protocols lead to, in a packet of version ip_v (0 = both). ICMP of one version in a packet
 * of the other is nobody's error message.
 */
static const struct {
    uint8_t protocol;
    uint8_t ip_v;
    syc_layer *layer;
} protocols[] = {
    {PROTO_UDP, 0, syc_decode_udp},     {PROTO_ICMP, 4, syc_decode_icmp4},
    {PROTO_ICMP6, 6, syc_decode_icmp6}, {PROTO_IP4, 0, enter_packet},
    {PROTO_IP6, 0, enter_packet},       {PROTO_GRE, 0, syc_decode_gre},
};

/*
 * The table is not asked inside a quotation: an ICMP error in an ICMP error, or a tunnel in one,
 * would let a sender of errors choose at what depth the walk reads its octets.
 */
enum syc_drop
syc_decode_follow_protocol(struct syc_cursor *c)
{
    if (c->protocol == SYC_PROTO_TCP) {
        c->next = c->quoted ? syc_decode_quoted_tcp : syc_decode_tcp;
        return SYC_DROP_NONE;
    }
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0] && !c->quoted; i++) {
        if (protocols[i].protocol == c->protocol &&
            (protocols[i].ip_v == 0 || protocols[i].ip_v == c->out->ip_v)) {
            c->next = protocols[i].layer;
            return SYC_DROP_NONE;
        }
    }
    return SYC_DROP_NOT_TCP;
}

/*
 * offset: in units of 8 octets, 13 bits, so times 8 it fits 16. n: octets that the fragment has on
 * the wire; more than a datagram can have (offload) is told as 0, which fragments.c counts for
 * nothing.
 */
static enum syc_drop
note_fragment(struct syc_segment *out, uint32_t id, uint32_t offset, uint32_t n)
{
    out->fragment_id = id;
    out->fragment_at = (uint16_t)(offset * 8);
    out->fragment_octets = n <= UINT16_MAX ? (uint16_t)n : 0;
    return offset != 0 ? SYC_DROP_IP_FRAGMENT : SYC_DROP_NONE;
}

/* IPv6 fragment header: next, reserved, offset in 8 octets with 3 flag bits, identification. RFC 8200 4.5. */
static enum syc_drop
read_fragment(const struct syc_cursor *c)
{
    uint16_t offset = syc_be16(c->at + 2);

    c->out->ip_mf = (offset & 1) != 0;
    return note_fragment(c->out, syc_be32(c->at + 4), offset >> 3, c->wire - 8);
}

/*
 * Past the headers between IP and what it carries; c->protocol is the first on entry and what they end in on success.
 * IPv4 comes here for AH only.
 *
 * source  RFC 8200 4 (lengths in 8 octets beyond the first 8), RFC 4302 2.2 (in 4 octets, minus 2)
 */
static enum syc_drop
walk_chain(struct syc_cursor *c)
{
    for (int headers = 0; headers <= CHAIN_MAX; headers++) {
        uint32_t size = 8;
        enum syc_drop drop = SYC_DROP_NONE;

        switch (c->protocol) {
        case PROTO_ESP:
        case PROTO_NONE:
            return SYC_DROP_IP_NO_NEXT;
        case PROTO_HOP_BY_HOP:
        case PROTO_ROUTING:
        case PROTO_FRAGMENT:
        case PROTO_DESTINATION:
        case PROTO_AH:
            break;
        default:
            return SYC_DROP_NONE;
        }
        if (c->left < size) {
            return SYC_DROP_IP_SHORT;
        }
        if (c->protocol == PROTO_FRAGMENT) {
            drop = read_fragment(c);
        } else {
            size += c->at[1] * (c->protocol == PROTO_AH ? 4u : 8u);
        }
        if (drop != SYC_DROP_NONE || c->left < size) {
            return drop != SYC_DROP_NONE ? drop : SYC_DROP_IP_SHORT;
        }
        if ((c->flags & SYC_DECODE_CHECKSUMS) != 0) {
            c->unsummed |= syc_sum_ip6_reroutes(c->protocol, c->at, size);
        }
        c->protocol = c->at[0];
        syc_cursor_skip(c, size);
    }
    return SYC_DROP_IP_BAD;
}

/*
 * What checksums need to know of an IPv4 header of `header` octets, all there, before the cursor
 * moves past it: a packet longer than its frame, or with a source route, has a TCP sum that cannot
 * be told.
 */
static enum syc_drop
check_ip4(struct syc_cursor *c, uint32_t header, uint32_t total)
{
    c->unsummed =
        total > c->wire || syc_sum_ip4_reroutes(c->at + SYC_IP4_HEADER, header - SYC_IP4_HEADER);
    return syc_sum_ip4(c->at, header) ? SYC_DROP_NONE : SYC_DROP_BAD_CHECKSUM;
}

/*
 * What the header says of itself is settled before the cursor moves: version, header length and
 * total length first, then (if asked) the checksum. A fragment other than the first has no TCP
 * header, so it ends here with its place noted.
 */
enum syc_drop
syc_decode_ip4(struct syc_cursor *c)
{
    const uint8_t *p = c->at;
    struct syc_segment *out = c->out;
    uint32_t header, total, fragment;
    enum syc_drop drop;

    if (c->left < SYC_IP4_HEADER) {
        return SYC_DROP_IP_SHORT;
    }
    header = (p[0] & 15) * 4u;
    total = syc_be16(p + 2);
    if (total == 0 || c->quoted) {
        /* Offload leaves it to the hardware; a quoter may have altered it (BSD subtracted, some swapped octets). */
        total = c->wire;
    }
    if (p[0] >> 4 != 4 || header < SYC_IP4_HEADER || total < header) {
        return SYC_DROP_IP_BAD;
    }
    fragment = syc_be16(p + 6);
    syc_fill_ip4(out, p);
    out->ip_header_octets = (uint8_t)header;
    out->ip_octets = total;
    if (c->left < header) {
        return SYC_DROP_IP_SHORT;
    }
    c->protocol = p[9];
    if ((c->flags & SYC_DECODE_CHECKSUMS) != 0 && !c->quoted) {
        drop = check_ip4(c, header, total);
        if (drop != SYC_DROP_NONE) {
            return drop;
        }
    }
    syc_cursor_limit(c, total);
    syc_cursor_skip(c, header);
    if ((fragment & 0x3fff) != 0) {
        drop = note_fragment(out, out->ip_id, fragment & 0x1fff, c->wire);
        if (drop != SYC_DROP_NONE) {
            return drop;
        }
    }
    if (c->protocol == PROTO_ESP || c->protocol == PROTO_AH) {
        drop = walk_chain(c);
        return drop != SYC_DROP_NONE ? drop : syc_decode_follow_protocol(c);
    }
    return syc_decode_follow_protocol(c);
}

/*
 * The length of a packet whose 16-bit payload length is zero: the jumbo option's (RFC 2675 2; Linux
 * writes it for segments above 65535 octets, "BIG TCP"), else the frame's, as offload leaves the
 * field empty. Each turn takes at least one octet off `rest`, and a length near 2^32 answers 0,
 * which the caller refuses, instead of wrapping.
 */
static uint32_t
jumbo_total(const struct syc_cursor *c)
{
    struct syc_span rest = {c->at + IP6_HEADER, c->left - IP6_HEADER};

    if (c->at[6] != PROTO_HOP_BY_HOP || rest.n < 8) {
        return c->wire;
    }
    rest = syc_span_part(rest, 2, 6 + rest.p[1] * 8u);
    while (rest.n >= 2) {
        if (rest.p[0] == 0) { /* Pad1 has no length octet */
            rest = syc_span_from(rest, 1);
            continue;
        }
        if (rest.p[0] == 0xc2 && rest.p[1] == 4 && rest.n >= 6) {
            uint32_t length = syc_be32(rest.p + 2);

            return length > UINT32_MAX - IP6_HEADER ? 0 : length + IP6_HEADER;
        }
        rest = syc_span_from(rest, 2u + rest.p[1]);
    }
    return c->wire;
}

/*
 * An IPv6 header has no length of its own to lie with; the payload length may be 0 for two honest
 * reasons, see jumbo_total(). TCP right behind it is the usual case and skips the chain.
 */
enum syc_drop
syc_decode_ip6(struct syc_cursor *c)
{
    const uint8_t *p = c->at;
    struct syc_segment *out = c->out;
    uint32_t word, total;
    enum syc_drop drop;

    if (c->left < IP6_HEADER) {
        return SYC_DROP_IP_SHORT;
    }
    word = syc_be32(p);
    total = syc_be16(p + 4);
    if (c->quoted) {
        total = c->wire;
    } else {
        total = total == 0 ? jumbo_total(c) : total + IP6_HEADER;
    }
    if (word >> 28 != 6 || total < IP6_HEADER) {
        return SYC_DROP_IP_BAD;
    }
    out->ip_v = 6;
    out->ip_header_octets = IP6_HEADER;
    out->ip_octets = total;
    out->traffic_class = (uint8_t)(word >> 20);
    out->flow_label = word & 0xfffff;
    out->ttl = p[7];
    memcpy(out->src, p + 8, 16);
    memcpy(out->dst, p + 24, 16);
    c->protocol = p[6];
    c->unsummed = total > c->wire;
    syc_cursor_limit(c, total);
    syc_cursor_skip(c, IP6_HEADER);
    if (c->protocol != SYC_PROTO_TCP) {
        drop = walk_chain(c);
        if (drop != SYC_DROP_NONE) {
            return drop;
        }
    }
    return syc_decode_follow_protocol(c);
}

/* Links and tunnels that do not say the version: the nibble decides. */
enum syc_drop
syc_decode_ip(struct syc_cursor *c)
{
    if (c->left == 0) {
        return SYC_DROP_IP_SHORT;
    }
    c->next = c->at[0] >> 4 == 6 ? syc_decode_ip6 : syc_decode_ip4; /* which refuses all but 4 */
    return SYC_DROP_NONE;
}
