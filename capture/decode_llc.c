/*
 * IEEE 802.2 LLC and SNAP, and the link layers that carry it: FDDI and the many faces of 802.11.
 *
 * The headers of 802.11 captures (radiotap, PPI, Prism) are written by capturing drivers and carry
 * their own lengths: each is compared with what was captured before anything behind it is looked
 * at, and none may be shorter than its own fixed part, so a header that leads to another one still
 * shrinks the frame.
 */

#include "capture/decode_int.h"

enum {
    LLC_UI = 3, /* unnumbered information: the only frames that carry IP (RFC 1042) */
    SAP_SNAP = 0xaa,
    SAP_IP = 0x06,
    SNAP_OCTETS = 8,
};

/*
 * DSAP, SSAP, control; with SNAP an organization and a type. Organization 0 means Ethernet types, and 0000f8
 * means the same of a bridged frame (IEEE 802.1H).
 *
 * source  RFC 1042; IEEE 802 9.4
 */
enum syc_drop
syc_decode_llc(struct syc_cursor *c)
{
    const uint8_t *p = c->at;
    uint32_t organization;

    if (c->left < 3) {
        return SYC_DROP_LINK_SHORT;
    }
    if (p[2] != LLC_UI || p[0] != p[1] || (p[0] != SAP_SNAP && p[0] != SAP_IP)) {
        return SYC_DROP_NOT_IP;
    }
    if (p[0] == SAP_IP) {
        syc_cursor_skip(c, 3);
        c->next = syc_decode_ip4;
        return SYC_DROP_NONE;
    }
    if (c->left < SNAP_OCTETS) {
        return SYC_DROP_LINK_SHORT;
    }
    organization = syc_be32(p + 2) & 0xffffff;
    syc_cursor_skip(c, SNAP_OCTETS);
    return organization == 0 || organization == 0xf8 ? syc_decode_follow_type(c, syc_be16(p + 6))
                                                     : SYC_DROP_NOT_IP;
}

/*
 * LINKTYPE_FDDI: frame control, two addresses, then LLC where the control says so (0x50 with a
 * priority). ISO 9314-2.
 */
enum syc_drop
syc_decode_fddi(struct syc_cursor *c)
{
    if (c->left < 13) {
        return SYC_DROP_LINK_SHORT;
    }
    if ((c->at[0] & 0xf0) != 0x50) {
        return SYC_DROP_NOT_IP;
    }
    syc_cursor_skip(c, 13);
    c->next = syc_decode_llc;
    return SYC_DROP_NONE;
}

/* ------------------------------------------------------------ 802.11 */

/* Frame control, both octets, IEEE 802.11-2020 9.2.4.1. */
enum {
    WLAN_TYPE = 0x0c,
    WLAN_TYPE_DATA = 0x08,
    WLAN_NO_DATA = 0x40, /* of a data frame's subtype */
    WLAN_QOS = 0x80,
    WLAN_TO_DS = 0x01,
    WLAN_FROM_DS = 0x02,
    WLAN_MORE_FRAGMENTS = 0x04,
    WLAN_PROTECTED = 0x40,
    WLAN_ORDER = 0x80,    /* in QoS data: four octets of HT control follow */
    WLAN_HEADER = 24,     /* three addresses; the sequence control is in its last two octets */
    WLAN_AGGREGATE = 0x80 /* in the QoS control */
};

/*
 * A data frame's body, `pad` octets aligned. Frames of management and control, and those without data, are not
 * IP; nor is what is encrypted, and an aggregate (A-MSDU) is several packets in one frame, which this answers
 * with one.
 */
static enum syc_drop
read_80211(struct syc_cursor *c, bool padded)
{
    const uint8_t *p = c->at;
    uint32_t header = WLAN_HEADER;

    if (c->left < 2) {
        return SYC_DROP_LINK_SHORT;
    }
    if ((p[0] & (WLAN_TYPE | WLAN_NO_DATA)) != WLAN_TYPE_DATA || (p[1] & WLAN_PROTECTED) != 0) {
        return SYC_DROP_NOT_IP;
    }
    header += (p[1] & (WLAN_TO_DS | WLAN_FROM_DS)) == (WLAN_TO_DS | WLAN_FROM_DS) ? 6 : 0;
    if (c->left < header + 2) {
        return SYC_DROP_LINK_SHORT;
    }
    if ((p[0] & WLAN_QOS) != 0) {
        if ((p[header] & WLAN_AGGREGATE) != 0) {
            return SYC_DROP_NOT_IP;
        }
        header += (p[1] & WLAN_ORDER) != 0 ? 6 : 2;
    }
    header = padded ? (header + 3) & ~3u : header;
    if (c->left < header) {
        return SYC_DROP_LINK_SHORT;
    }
    if ((p[22] & 15) != 0) {
        return SYC_DROP_IP_FRAGMENT;
    }
    syc_cursor_skip(c, header);
    if ((p[1] & WLAN_MORE_FRAGMENTS) != 0) {
        syc_cursor_unbind(c, UINT16_MAX);
    }
    c->next = syc_decode_llc;
    return SYC_DROP_NONE;
}

/* Without a header of the driver: frames as they were on the air, not padded. */
enum syc_drop
syc_decode_80211(struct syc_cursor *c)
{
    return read_80211(c, false);
}

/* Some hardware (Atheros) aligns the body to 4 octets, and its drivers say so in radiotap's flags. */
static enum syc_drop
read_80211_padded(struct syc_cursor *c)
{
    return read_80211(c, true);
}

enum {
    RADIOTAP_TSFT = 1,
    RADIOTAP_FLAGS = 2,
    RADIOTAP_FCS = 0x10,    /* the frame check sequence is there */
    RADIOTAP_PADDED = 0x20, /* the 802.11 header is padded to a multiple of 4 */
};

/*
 * The flags field: behind all words that say which fields are there (bit 31: another word follows)
 * and, aligned to its 8 octets, the time that the hardware gave. 0 where there is none. n octets
 * are at p, at least 8; a chain of presence words without end stops at n.
 */
static uint8_t
radiotap_flags(const uint8_t *p, uint32_t n)
{
    uint32_t present = syc_le32(p + 4), at = 8;

    if ((present & RADIOTAP_FLAGS) == 0) {
        return 0;
    }
    for (uint32_t word = present; (word & 0x80000000) != 0 && at + 4 <= n; at += 4) {
        word = syc_le32(p + at);
    }
    if ((present & RADIOTAP_TSFT) != 0) {
        at = ((at + 7) & ~7u) + 8;
    }
    return at < n ? p[at] : 0;
}

/* LINKTYPE_IEEE802_11_RADIOTAP: version 0, pad, length, fields. source: radiotap.org */
enum syc_drop
syc_decode_radiotap(struct syc_cursor *c)
{
    const uint8_t *p = c->at;
    uint32_t header;
    uint8_t flags;

    if (c->left < 8) {
        return SYC_DROP_LINK_SHORT;
    }
    header = syc_le16(p + 2);
    if (p[0] != 0 || header < 8 || c->left < header) {
        return SYC_DROP_LINK_SHORT;
    }
    flags = radiotap_flags(p, header);
    syc_cursor_skip(c, header);
    if ((flags & RADIOTAP_FCS) != 0 && c->wire >= 4) {
        syc_cursor_limit(c, c->wire - 4);
    }
    c->next = (flags & RADIOTAP_PADDED) != 0 ? read_80211_padded : syc_decode_80211;
    return SYC_DROP_NONE;
}

/*
 * LINKTYPE_IEEE802_11_PRISM: message code and length in the capturing host's order, then values; or the header of
 * AVS, told by its magic, whose length is in network order. The length of either is below 65536, so one order
 * makes sense.
 */
enum syc_drop
syc_decode_prism(struct syc_cursor *c)
{
    uint32_t header;

    if (c->left < 8) {
        return SYC_DROP_LINK_SHORT;
    }
    header = syc_be32(c->at + 4);
    header = header > UINT16_MAX ? syc_le32(c->at + 4) : header;
    if (header < 8 || c->left < header) {
        return SYC_DROP_LINK_SHORT;
    }
    syc_cursor_skip(c, header);
    c->next = syc_decode_80211;
    return SYC_DROP_NONE;
}

/*
 * LINKTYPE_PPI: version 0, flags, length, the link type of what follows. A header in a header takes
 * 8 octets each time.
 */
enum syc_drop
syc_decode_ppi(struct syc_cursor *c)
{
    const uint8_t *p = c->at;
    uint32_t header, link;

    if (c->left < 8) {
        return SYC_DROP_LINK_SHORT;
    }
    header = syc_le16(p + 2);
    if (p[0] != 0 || header < 8 || c->left < header) {
        return SYC_DROP_LINK_SHORT;
    }
    link = syc_le32(p + 4);
    syc_cursor_skip(c, header);
    c->next = link <= UINT16_MAX ? syc_decode_link((uint16_t)link) : NULL;
    return c->next == NULL ? SYC_DROP_LINK_TYPE : SYC_DROP_NONE;
}
