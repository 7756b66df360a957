#include "capture/decode_int.h"

/* Ethernet types, IEEE 802 numbers at IANA; 0x9100 is the older stacked tag that switches still send. */
enum {
    TYPE_IP4 = 0x0800,
    TYPE_VLAN = 0x8100,
    TYPE_IP6 = 0x86dd,
    TYPE_VLAN_SERVICE = 0x88a8,
    TYPE_VLAN_OLD = 0x9100,
};

static syc_layer read_tag;

static const struct {
    uint16_t type;
    syc_layer *layer;
} types[] = {
    /* Most frequent first: the search is linear. */
    {TYPE_IP4, syc_decode_ip4},    {TYPE_IP6, syc_decode_ip6}, {TYPE_VLAN, read_tag},
    {TYPE_VLAN_SERVICE, read_tag}, {TYPE_VLAN_OLD, read_tag},
};

/* Past the n octets of a header that ends in an Ethernet type at `type_at`, on to what the type says. */
static enum syc_drop
follow_type(struct syc_cursor *c, uint32_t n, uint32_t type_at)
{
    uint16_t type = syc_be16(c->at + type_at);

    syc_cursor_skip(c, n);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].type == type) {
            c->next = types[i].layer;
            return SYC_DROP_NONE;
        }
    }
    return SYC_DROP_NOT_IP;
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
    return follow_type(c, 4, 2);
}

/* Two addresses and the type. */
static enum syc_drop
read_ethernet(struct syc_cursor *c)
{
    return c->left < 14 ? SYC_DROP_LINK_SHORT : follow_type(c, 14, 12);
}

/* LINKTYPE_LINUX_SLL: packet type, ARPHRD, address length, address (8), protocol. */
static enum syc_drop
read_sll(struct syc_cursor *c)
{
    return c->left < 16 ? SYC_DROP_LINK_SHORT : follow_type(c, 16, 14);
}

/* LINKTYPE_LINUX_SLL2: protocol first, then reserved, interface, ARPHRD, packet type, address. */
static enum syc_drop
read_sll2(struct syc_cursor *c)
{
    return c->left < 20 ? SYC_DROP_LINK_SHORT : follow_type(c, 20, 0);
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

/* LINKTYPE_LOOP: the family in network order. */
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
        {1, read_ethernet},  {113, read_sll},     {276, read_sll2},      {101, syc_decode_ip},
        {12, syc_decode_ip}, {14, syc_decode_ip}, {228, syc_decode_ip4}, {229, syc_decode_ip6},
        {0, read_null},      {108, read_loop},
    };

    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        if (links[i].link == link) {
            return links[i].layer;
        }
    }
    return NULL;
}
