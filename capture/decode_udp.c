/*
 * Tunnels over UDP. What a datagram is, only its port says, as for every reader of them; so each must also look
 * like one, or it is ordinary UDP that happens to use the port.
 */

#include "capture/decode_int.h"

enum { UDP_HEADER = 8 };

/* A header that ends too soon is a cut one where the capture cut it, and none where the datagram ends. */
static enum syc_drop
too_short(const struct syc_cursor *c)
{
    return c->left < c->wire ? SYC_DROP_IP_SHORT : SYC_DROP_NOT_TCP;
}

/* ------------------------------------------------------------ VXLAN, GENEVE */

enum {
    VXLAN_ID = 0x08,     /* the network identifier is valid: set in all */
    VXLAN_POLICY = 0x80, /* draft-smith-vxlan-group-policy: three more octets mean something */
    VXLAN_NEXT = 0x04,   /* GPE: the next protocol is told */
};

/*
 * Flags, reserved, network identifier (3), reserved; an Ethernet frame. Reserved bits must be 0
 * though a receiver is to ignore them: on a port that anybody may use they tell VXLAN from chance.
 * source: RFC 7348 5
 */
static enum syc_drop
read_vxlan(struct syc_cursor *c)
{
    const uint8_t *p = c->at;

    if (c->left < 8) {
        return too_short(c);
    }
    if ((p[0] & ~VXLAN_POLICY) != VXLAN_ID || p[7] != 0 ||
        ((p[0] & VXLAN_POLICY) == 0 && (syc_be32(p) & 0xffffff) != 0)) {
        return SYC_DROP_NOT_TCP;
    }
    syc_cursor_skip(c, 8);
    return syc_decode_enter(c, SYC_TUNNEL_VXLAN, syc_decode_ethernet);
}

/* The same with a next protocol in the fourth octet. source: draft-ietf-nvo3-vxlan-gpe-13 3.1 */
static enum syc_drop
read_vxlan_gpe(struct syc_cursor *c)
{
    static syc_layer *const layers[] = {NULL,           syc_decode_ip4,
                                        syc_decode_ip6, syc_decode_ethernet,
                                        NULL, /* network service header */
                                        syc_decode_mpls};
    const uint8_t *p = c->at;

    if (c->left < 8) {
        return too_short(c);
    }
    /* Version 0; the lowest bits are for management and broadcast. */
    if ((p[0] & 0xfc) != (VXLAN_ID | VXLAN_NEXT) || p[1] != 0 || p[2] != 0 || p[7] != 0 ||
        p[3] >= sizeof layers / sizeof layers[0] || layers[p[3]] == NULL) {
        return SYC_DROP_NOT_TCP;
    }
    syc_cursor_skip(c, 8);
    return syc_decode_enter(c, SYC_TUNNEL_VXLAN, layers[p[3]]);
}

/* Version 0, length of options in words, flags, Ethernet type, identifier (3), reserved. source: RFC 8926 3.4 */
static enum syc_drop
read_geneve(struct syc_cursor *c)
{
    const uint8_t *p = c->at;
    uint32_t header;

    if (c->left < 8) {
        return too_short(c);
    }
    header = 8 + (p[0] & 0x3f) * 4u;
    if (p[0] >> 6 != 0 || (p[1] & 0x3f) != 0 || p[7] != 0 || c->wire < header) {
        return SYC_DROP_NOT_TCP;
    }
    if (c->left < header) {
        return SYC_DROP_IP_SHORT;
    }
    syc_cursor_skip(c, header);
    if (syc_decode_follow_type(c, syc_be16(p + 2)) != SYC_DROP_NONE) {
        return SYC_DROP_NOT_TCP;
    }
    return syc_decode_enter(c, SYC_TUNNEL_GENEVE, c->next);
}

/* ------------------------------------------------------------ GTP-U */

enum {
    GTP_VERSION_1 = 0x30, /* version 1, protocol type GTP */
    GTP_EXTENSIONS = 4,
    GTP_OPTIONAL = 7, /* any of the three flags brings all four octets */
    GTP_HEADER = 8,
    GTP_PDU = 255,
};

/*
 * Past the optional fields and the extension headers behind p's 8 octets: each has its length in words of 4 in
 * its first octet and the type of the next in its last; 0 ends them.
 *
 * left     captured octets at p, at least 8. n <= left at each turn, so p[n - 1] is there and left - n does not
 *          wrap; a length of 0 would not move on and ends it
 * returns  the octets of all, 0 when the datagram's or the captured octets do not hold them
 * source   3GPP TS 29.281 5.1, 5.2.1
 */
static uint32_t
gtp_header(const uint8_t *p, uint32_t left)
{
    uint32_t n = GTP_HEADER + 4;

    if ((p[0] & GTP_OPTIONAL) == 0) {
        return GTP_HEADER;
    }
    if (left < n) {
        return 0;
    }
    for (uint8_t next = (p[0] & GTP_EXTENSIONS) != 0 ? p[n - 1] : 0; next != 0; next = p[n - 1]) {
        uint32_t size = n < left ? p[n] * 4u : 0;

        if (size == 0 || left - n < size) {
            return 0;
        }
        n += size;
    }
    return n;
}

/*
 * A user's packet: flags, type 255, length behind the 8 octets, endpoint; IP of either version.
 * source: 3GPP TS 29.281 5
 */
static enum syc_drop
read_gtp(struct syc_cursor *c)
{
    const uint8_t *p = c->at;
    uint32_t header;

    if (c->left < GTP_HEADER) {
        return too_short(c);
    }
    if ((p[0] & 0xf8) != GTP_VERSION_1 || p[1] != GTP_PDU || syc_be16(p + 2) + 8u > c->wire) {
        return SYC_DROP_NOT_TCP;
    }
    header = gtp_header(p, c->left);
    if (header == 0 || header == c->left) {
        return too_short(c);
    }
    syc_cursor_limit(c, syc_be16(p + 2) + 8u);
    if (c->left <= header || (p[header] >> 4 != 4 && p[header] >> 4 != 6)) {
        return SYC_DROP_NOT_TCP;
    }
    syc_cursor_skip(c, header);
    return syc_decode_enter(c, SYC_TUNNEL_GTPU, syc_decode_ip);
}

/* ------------------------------------------------------------ Teredo */

enum {
    TEREDO_ORIGIN = 0,
    TEREDO_AUTHENTICATION = 1,
    IP6_HEADER = 40,
};

/*
 * The octets of the indications before the IPv6 packet: authentication, then origin, each perhaps. The sum of two
 * length octets and 21 does not wrap; the caller compares it with what is left. source: RFC 4380 5.1.1
 */
static uint32_t
teredo_indications(const uint8_t *p, uint32_t left)
{
    uint32_t n = 0;

    if (left >= 4 && syc_be16(p) == TEREDO_AUTHENTICATION) {
        n = 13u + p[2] + p[3]; /* identifier and value, nonce (8), confirmation */
    }
    if (n + 2 <= left && syc_be16(p + n) == TEREDO_ORIGIN) {
        n += 8;
    }
    return n;
}

/*
 * The IPv6 header behind the indications is told by its version and by a length that fits, for
 * there is no magic: ordinary UDP on port 3544 seldom has both.
 */
static enum syc_drop
read_teredo(struct syc_cursor *c)
{
    uint32_t n = teredo_indications(c->at, c->left);
    const uint8_t *p;

    if (c->left < n + 6) {
        return too_short(c);
    }
    p = c->at + n;
    /* Without another length an IPv6 header is told by its own: it fits. */
    if (p[0] >> 4 != 6 || syc_be16(p + 4) + (uint32_t)IP6_HEADER > c->wire - n) {
        return SYC_DROP_NOT_TCP;
    }
    syc_cursor_skip(c, n);
    return syc_decode_enter(c, SYC_TUNNEL_TEREDO, syc_decode_ip6);
}

/* ------------------------------------------------------------ UDP */

/*
 * Ports at IANA (4754: GRE in UDP, RFC 8086), but 8472: what Linux used for VXLAN before there was
 * one, and still does unless told.
 */
static const struct {
    uint16_t port;
    syc_layer *layer;
} ports[] = {
    {4789, read_vxlan}, {8472, read_vxlan},  {4790, read_vxlan_gpe}, {6081, read_geneve},
    {2152, read_gtp},   {3544, read_teredo}, {4754, syc_decode_gre},
};

/* NULL for a port that no tunnel uses. Seven comparisons: only UDP comes here. */
static syc_layer *
port_layer(uint16_t port)
{
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++) {
        if (ports[i].port == port) {
            return ports[i].layer;
        }
    }
    return NULL;
}

/* The destination's port tells first; a Teredo server, and some GTP nodes, are known by the source's. RFC 768. */
enum syc_drop
syc_decode_udp(struct syc_cursor *c)
{
    const uint8_t *p = c->at;
    syc_layer *layer;
    uint16_t length;

    if (c->left < UDP_HEADER) {
        return SYC_DROP_NOT_TCP;
    }
    layer = port_layer(syc_be16(p + 2));
    layer = layer != NULL ? layer : port_layer(syc_be16(p));
    length = syc_be16(p + 4);
    if (layer == NULL || (length != 0 && length < UDP_HEADER)) {
        return SYC_DROP_NOT_TCP;
    }
    if (c->out->ip_mf) { /* the first fragment: the datagram is longer than it */
        syc_cursor_unbind(c, length);
    }
    syc_cursor_limit(c, length != 0 ? length : c->wire); /* 0: a jumbogram, RFC 2675 4 */
    syc_cursor_skip(c, UDP_HEADER);
    c->next = layer;
    return SYC_DROP_NONE;
}
