/*
 * PPP, what it is framed in, Cisco's HDLC, and MPLS: short headers before an IP packet or an
 * Ethernet frame. None of them keeps state: what two ends negotiated (compressed fields) is read
 * off the octets.
 */

#include "capture/decode_int.h"

/* PPP protocol numbers at IANA. */
enum {
    PPP_IP4 = 0x21,
    PPP_IP6 = 0x57,
    PPP_MPLS = 0x281,
    PPP_MPLS_MULTICAST = 0x283,
};

enum {
    HDLC_ALL_STATIONS = 0xff, /* RFC 1662 3.1 */
    HDLC_UNNUMBERED = 0x03,
    CHDLC_UNICAST = 0x0f, /* RFC 1547 4.3.1 knows both */
    CHDLC_MULTICAST = 0x8f,
    CHDLC_OCTETS = 4,
    PPPOE_OCTETS = 6,
};

/* Numbers outside the table are control protocols, or what was compressed or encrypted: not IP here. */
static enum syc_drop
follow_ppp(struct syc_cursor *c, uint16_t protocol)
{
    switch (protocol) {
    case PPP_IP4:
        c->next = syc_decode_ip4;
        return SYC_DROP_NONE;
    case PPP_IP6:
        c->next = syc_decode_ip6;
        return SYC_DROP_NONE;
    case PPP_MPLS:
    case PPP_MPLS_MULTICAST:
        c->next = syc_decode_mpls;
        return SYC_DROP_NONE;
    default: /* control protocols; what is compressed or encrypted */
        return SYC_DROP_NOT_IP;
    }
}

/*
 * The protocol number in two octets, or in one if its lowest bit is set; before it, unless that was negotiated away,
 * address and control.
 *
 * source  RFC 1661 2 and 6.5 (compressed protocol field); RFC 1662 3.1 and 3.2
 */
enum syc_drop
syc_decode_ppp(struct syc_cursor *c)
{
    const uint8_t *p;

    if (c->left >= 2 && c->at[0] == HDLC_ALL_STATIONS && c->at[1] == HDLC_UNNUMBERED) {
        syc_cursor_skip(c, 2);
    }
    p = c->at;
    if (c->left < 1 || ((p[0] & 1) == 0 && c->left < 2)) {
        return SYC_DROP_LINK_SHORT;
    }
    if ((p[0] & 1) != 0) {
        syc_cursor_skip(c, 1);
        return follow_ppp(c, p[0]);
    }
    syc_cursor_skip(c, 2);
    return follow_ppp(c, syc_be16(p));
}

/* LINKTYPE_PPP and _PPP_HDLC: PPP, or Cisco's HDLC, told by the first octet (tcpdump.org). */
enum syc_drop
syc_decode_ppp_hdlc(struct syc_cursor *c)
{
    bool cisco = c->left > 0 && (c->at[0] == CHDLC_UNICAST || c->at[0] == CHDLC_MULTICAST);

    c->next = cisco ? syc_decode_chdlc : syc_decode_ppp;
    return SYC_DROP_NONE;
}

/* LINKTYPE_PPP_WITH_DIR and _PPP_PPPD: one octet for the direction, in the second in place of the address. */
enum syc_drop
syc_decode_ppp_directed(struct syc_cursor *c)
{
    if (c->left < 2) {
        return SYC_DROP_LINK_SHORT;
    }
    syc_cursor_skip(c, c->at[1] == HDLC_UNNUMBERED ? 2 : 1);
    c->next = syc_decode_ppp;
    return SYC_DROP_NONE;
}

/* A PPPoE session: version and type 1, code 0, session, length of what follows, PPP. source: RFC 2516 4 */
enum syc_drop
syc_decode_pppoe(struct syc_cursor *c)
{
    const uint8_t *p = c->at;

    if (c->left < PPPOE_OCTETS) {
        return SYC_DROP_LINK_SHORT;
    }
    if (p[0] != 0x11 || p[1] != 0) {
        return SYC_DROP_NOT_IP;
    }
    syc_cursor_skip(c, PPPOE_OCTETS);
    syc_cursor_limit(c, syc_be16(p + 4));
    c->next = syc_decode_ppp;
    return SYC_DROP_NONE;
}

/* LINKTYPE_C_HDLC: address, control 0, Ethernet type. source: RFC 1547 4.3.1 */
enum syc_drop
syc_decode_chdlc(struct syc_cursor *c)
{
    uint16_t type;

    if (c->left < CHDLC_OCTETS) {
        return SYC_DROP_LINK_SHORT;
    }
    type = syc_be16(c->at + 2);
    syc_cursor_skip(c, CHDLC_OCTETS);
    return syc_decode_follow_type(c, type);
}

/* ------------------------------------------------------------ MPLS */

/* Would an Ethernet frame at p lead to IP? The labels do not say what they carry. */
static bool
is_frame_of_ip(const uint8_t *p, uint32_t n)
{
    uint16_t type = n < 14 ? 0 : syc_be16(p + 12);

    return type == 0x0800 || type == 0x86dd || type == 0x8100 || type == 0x88a8;
}

/*
 * Labels of 4 octets up to the one with the bottom bit; what follows is told by its first nibble: IP has 4 or 6
 * there, and pseudowires of Ethernet either a control word of 0 or, in older ones, the frame itself.
 *
 * source  RFC 3032 2.1; RFC 4928 3 (the nibble); RFC 4385 3, RFC 4448 4.6 (control word)
 */
enum syc_drop
syc_decode_mpls(struct syc_cursor *c)
{
    uint8_t bottom, nibble;

    do {
        if (c->left < 4) {
            return SYC_DROP_LINK_SHORT;
        }
        bottom = c->at[2] & 1;
        syc_cursor_skip(c, 4);
    } while (!bottom);
    if (c->left == 0) {
        return SYC_DROP_IP_SHORT;
    }
    nibble = c->at[0] >> 4;
    if (nibble == 4 || nibble == 6) {
        c->next = nibble == 4 ? syc_decode_ip4 : syc_decode_ip6;
        return SYC_DROP_NONE;
    }
    if (nibble == 0 && c->left >= 4 && is_frame_of_ip(c->at + 4, c->left - 4)) {
        syc_cursor_skip(c, 4);
    } else if (!is_frame_of_ip(c->at, c->left)) {
        return SYC_DROP_NOT_IP;
    }
    c->next = syc_decode_ethernet;
    return SYC_DROP_NONE;
}
