#include "capture/decode_fill.h"
#include "capture/decode_int.h"

#include <string.h>

/* Protocol numbers at IANA. */
enum {
    PROTO_HOP_BY_HOP = 0,
    PROTO_ICMP = 1,
    PROTO_IP4 = 4,
    PROTO_IP6 = 41,
    PROTO_ROUTING = 43,
    PROTO_FRAGMENT = 44,
    PROTO_ESP = 50,
    PROTO_AH = 51,
    PROTO_ICMP6 = 58,
    PROTO_NONE = 59,
    PROTO_DESTINATION = 60,
};

enum {
    IP6_HEADER = 40,
    /* RFC 8200 4.1 allows each header once and destination options twice: 7. More than twice that is an attack. */
    CHAIN_MAX = 16,
};

/* The fields that only one version or only a fragment header fills: none of the outer header's may shine through. */
static void
forget_outer(struct syc_segment *out)
{
    out->ip_id = 0;
    out->ip_df = out->ip_mf = out->ip_reserved = false;
    out->flow_label = 0;
}

/* The packet inside a packet: RFC 2003, 4213, 2473. Its own header says the rest. */
static enum syc_drop
enter_tunnel(struct syc_cursor *c)
{
    struct syc_path *path = &c->out->path;
    bool outer4 = c->out->ip_v == 4;
    bool inner4 = c->protocol == PROTO_IP4;

    if (path->tunnel_count == SYC_PATH_MAX) {
        return SYC_DROP_PATH_DEPTH;
    }
    path->tunnel[path->tunnel_count++] = inner4 ? (outer4 ? SYC_TUNNEL_IPIP : SYC_TUNNEL_4IN6)
                                                : (outer4 ? SYC_TUNNEL_6IN4 : SYC_TUNNEL_6IN6);
    forget_outer(c->out);
    c->next = inner4 ? syc_decode_ip4 : syc_decode_ip6;
    return SYC_DROP_NONE;
}

/* What protocols lead to, in a packet of version ip_v (0 = both). */
static const struct {
    uint8_t protocol;
    uint8_t ip_v;
    syc_layer *layer;
} protocols[] = {
    {PROTO_ICMP, 4, syc_decode_icmp4},
    {PROTO_ICMP6, 6, syc_decode_icmp6},
    {PROTO_IP4, 0, enter_tunnel},
    {PROTO_IP6, 0, enter_tunnel},
};

static enum syc_drop
follow_protocol(struct syc_cursor *c)
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

/* IPv6 fragment header: next, reserved, offset in 8 octets with 3 flag bits, identification. RFC 8200 4.5. */
static enum syc_drop
read_fragment(const uint8_t *p, struct syc_segment *out)
{
    uint16_t offset = syc_be16(p + 2);

    out->ip_mf = (offset & 1) != 0;
    return offset >> 3 != 0 ? SYC_DROP_IP_FRAGMENT : SYC_DROP_NONE;
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
            drop = read_fragment(c->at, c->out);
        } else {
            size += c->at[1] * (c->protocol == PROTO_AH ? 4u : 8u);
        }
        if (drop != SYC_DROP_NONE || c->left < size) {
            return drop != SYC_DROP_NONE ? drop : SYC_DROP_IP_SHORT;
        }
        c->protocol = c->at[0];
        syc_cursor_skip(c, size);
    }
    return SYC_DROP_IP_BAD;
}

/*
 * Cut the cursor to the packet's own length: what follows is the link's padding, what is missing was not captured. A packet
 * that claims more than its frame had on the wire has what the frame had.
 */
static inline void
limit(struct syc_cursor *c, uint32_t total)
{
    c->wire = total < c->wire ? total : c->wire;
    if (c->left > total) {
        c->left = total;
    }
}

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
    limit(c, total);
    syc_cursor_skip(c, header);
    if ((fragment & 0x1fff) != 0) {
        return SYC_DROP_IP_FRAGMENT;
    }
    if (c->protocol == PROTO_ESP || c->protocol == PROTO_AH) {
        drop = walk_chain(c);
        return drop != SYC_DROP_NONE ? drop : follow_protocol(c);
    }
    return follow_protocol(c);
}

/*
 * The length of a packet whose 16-bit payload length is zero: the jumbo option's (RFC 2675 2; Linux writes it for
 * segments above 65535 octets, "BIG TCP"), else the frame's, as offload leaves the field empty.
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
    limit(c, total);
    syc_cursor_skip(c, IP6_HEADER);
    if (c->protocol != SYC_PROTO_TCP) {
        drop = walk_chain(c);
        if (drop != SYC_DROP_NONE) {
            return drop;
        }
    }
    return follow_protocol(c);
}

enum syc_drop
syc_decode_ip(struct syc_cursor *c)
{
    if (c->left == 0) {
        return SYC_DROP_IP_SHORT;
    }
    c->next = c->at[0] >> 4 == 6 ? syc_decode_ip6 : syc_decode_ip4; /* which refuses all but 4 */
    return SYC_DROP_NONE;
}
