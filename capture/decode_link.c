/*
 * Link layers without a family of their own (Ethernet, cooked, loopback), VLAN tags, and the tables
 * of Ethernet types and link types: the two places where a new layer is entered.
 *
 * Tags may be stacked by an outsider as deep as a frame is long: each takes one of the path's eight
 * places, and the ninth ends the walk as path_depth.
 */

#include "capture/decode_int.h"

/*
 * Ethernet types, IEEE 802 numbers at IANA; 0x9100 is the older stacked tag that switches still send, 0x6558 a
 * whole frame as GRE and GENEVE carry it, 0x8870 what IEEE 802.1AC puts in place of a length above 1500.
 */
enum {
    LENGTH_MAX = 1500, /* below the types: the length of an IEEE 802.3 frame, 3.2.6 */
    TYPE_SLL_8022 = 4,
    TYPE_IP4 = 0x0800,
    TYPE_FRAME = 0x6558,
    TYPE_VLAN = 0x8100,
    TYPE_IP6 = 0x86dd,
    TYPE_PPP = 0x880b,
    TYPE_MPLS = 0x8847,
    TYPE_MPLS_MULTICAST = 0x8848,
    TYPE_PPPOE_SESSION = 0x8864,
    TYPE_LLC = 0x8870,
    TYPE_VLAN_SERVICE = 0x88a8,
    TYPE_CISCO_METADATA = 0x8909,
    TYPE_VLAN_OLD = 0x9100,
};

/* Named before the table that leads to them; they lead to the table again. */
static syc_layer read_tag;
static syc_layer read_metadata;

/* Ethernet types that are read, and by what. */
static const struct {
    uint16_t type;
    syc_layer *layer;
} types[] = {
    /* Most frequent first: the search is linear. */
    {TYPE_IP4, syc_decode_ip4},
    {TYPE_IP6, syc_decode_ip6},
    {TYPE_VLAN, read_tag},
    {TYPE_VLAN_SERVICE, read_tag},
    {TYPE_VLAN_OLD, read_tag},
    {TYPE_MPLS, syc_decode_mpls},
    {TYPE_MPLS_MULTICAST, syc_decode_mpls},
    {TYPE_PPPOE_SESSION, syc_decode_pppoe},
    {TYPE_CISCO_METADATA, read_metadata},
    {TYPE_FRAME, syc_decode_ethernet},
    {TYPE_PPP, syc_decode_ppp},
    {TYPE_LLC, syc_decode_llc},
};

enum syc_drop
syc_decode_follow_type(struct syc_cursor *c, uint16_t type)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].type == type) {
            c->next = types[i].layer;
            return SYC_DROP_NONE;
        }
    }
    return SYC_DROP_NOT_IP;
}

/* Past the n octets of a header that ends in an Ethernet type or a length at `type_at`, on to what it says. */
static inline enum syc_drop
follow(struct syc_cursor *c, uint32_t n, uint32_t type_at)
{
    uint16_t type = syc_be16(c->at + type_at);

    syc_cursor_skip(c, n);
    if (type <= LENGTH_MAX) {
        syc_cursor_limit(c, type);
        c->next = syc_decode_llc;
        return SYC_DROP_NONE;
    }
    return syc_decode_follow_type(c, type);
}

/* A tag after the type that announced it: priority and 12-bit id, then the next type. IEEE 802.1Q 9.6. */
static enum syc_drop
read_tag(struct syc_cursor *c)
{
    struct syc_path *path = &c->out->path;

    if (c->left < 4) {
        return SYC_DROP_LINK_SHORT;
    }
    if (path->vlan_count == SYC_PATH_MAX) {
        return SYC_DROP_PATH_DEPTH;
    }
    path->vlan[path->vlan_count++] = syc_be16(c->at) & 0xfff;
    return follow(c, 4, 2);
}

/*
 * Cisco metadata (TrustSec's security group tag): version 1, length in words of 4 octets, that many options, the next
 * type. Not published as a standard; so Wireshark reads it, and 57 SYNs of a public capture have one option each.
 */
static enum syc_drop
read_metadata(struct syc_cursor *c)
{
    uint32_t header;

    if (c->left < 2) {
        return SYC_DROP_LINK_SHORT;
    }
    header = 2 + c->at[1] * 4u + 2;
    if (c->at[0] != 1) {
        return SYC_DROP_NOT_IP;
    }
    return c->left < header ? SYC_DROP_LINK_SHORT : follow(c, header, header - 2);
}

/* Two addresses and the type. */
enum syc_drop
syc_decode_ethernet(struct syc_cursor *c)
{
    return c->left < 14 ? SYC_DROP_LINK_SHORT : follow(c, 14, 12);
}

/*
 * Linux' cooked headers have no length; a protocol of 4 is a frame that begins with LLC
 * (linux/if_ether.h, ETH_P_802_2).
 */
static enum syc_drop
follow_cooked(struct syc_cursor *c, uint32_t n, uint32_t type_at)
{
    uint16_t type = syc_be16(c->at + type_at);

    syc_cursor_skip(c, n);
    if (type == TYPE_SLL_8022) {
        c->next = syc_decode_llc;
        return SYC_DROP_NONE;
    }
    return syc_decode_follow_type(c, type);
}

/* LINKTYPE_LINUX_SLL: packet type, ARPHRD, address length, address (8), protocol. */
static enum syc_drop
read_sll(struct syc_cursor *c)
{
    return c->left < 16 ? SYC_DROP_LINK_SHORT : follow_cooked(c, 16, 14);
}

/* LINKTYPE_LINUX_SLL2: protocol first, then reserved, interface, ARPHRD, packet type, address. */
static enum syc_drop
read_sll2(struct syc_cursor *c)
{
    return c->left < 20 ? SYC_DROP_LINK_SHORT : follow_cooked(c, 20, 0);
}

/* Address families of the BSDs, which do not agree on IPv6: 24 NetBSD and OpenBSD, 28 FreeBSD, 30 Darwin. */
static syc_layer *
family_layer(uint32_t family)
{
    switch (family) {
    case 2:
        return syc_decode_ip4;
    case 24:
    case 28:
    case 30:
        return syc_decode_ip6;
    default:
        return NULL;
    }
}

/* LINKTYPE_LOOP: the family in network order (OpenBSD's loopback). */
static enum syc_drop
read_loop(struct syc_cursor *c)
{
    if (c->left < 4) {
        return SYC_DROP_LINK_SHORT;
    }
    c->next = family_layer(syc_be32(c->at));
    syc_cursor_skip(c, 4);
    return c->next == NULL ? SYC_DROP_NOT_IP : SYC_DROP_NONE;
}

/* LINKTYPE_NULL: the family as the capturing host wrote it. It is below 65536, so one order at most makes sense. */
static enum syc_drop
read_null(struct syc_cursor *c)
{
    if (c->left < 4) {
        return SYC_DROP_LINK_SHORT;
    }
    c->next = family_layer(syc_le32(c->at));
    if (c->next == NULL) {
        return read_loop(c);
    }
    syc_cursor_skip(c, 4);
    return SYC_DROP_NONE;
}

syc_layer *
syc_decode_link(uint16_t link)
{
    /* tcpdump.org/linktypes.html; 12 and 14 are what DLT_RAW is on Linux and on OpenBSD. */
    static const struct {
        uint16_t link;
        syc_layer *layer;
    } links[] = {
        {1, syc_decode_ethernet},
        {113, read_sll},
        {276, read_sll2},
        {101, syc_decode_ip},
        {12, syc_decode_ip},
        {14, syc_decode_ip},
        {228, syc_decode_ip4},
        {229, syc_decode_ip6},
        {0, read_null},
        {108, read_loop},
        {127, syc_decode_radiotap},
        {105, syc_decode_80211},
        {119, syc_decode_prism},
        {192, syc_decode_ppi},
        {10, syc_decode_fddi},
        {9, syc_decode_ppp_hdlc},
        {50, syc_decode_ppp_hdlc},
        {51, syc_decode_pppoe},
        {166, syc_decode_ppp_directed},
        {204, syc_decode_ppp_directed},
        {104, syc_decode_chdlc},
    };

    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        if (links[i].link == link) {
            return links[i].layer;
        }
    }
    return NULL;
}

bool
syc_link_is_read(uint16_t link)
{
    return syc_decode_link(link) != NULL;
}
