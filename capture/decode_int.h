#ifndef SYC_CAPTURE_DECODE_INT_H
#define SYC_CAPTURE_DECODE_INT_H

/*
 * Purpose           how the layers of a frame are walked: each reads its own header and names the next
 * Input and output  a cursor over what is left of the frame; the segment is filled on the way
 * Ownership         everything is borrowed for the length of one syc_decode()
 * Limits            a layer takes at least one octet or ends the walk, so a frame bounds its own cost
 * Not here          links, Ethernet types, protocols: rows of the tables in decode_link.c and decode_ip.c
 *
 * A new link layer, tag or tunnel is one function of type syc_layer and one row in the table of what leads to it.
 * Nothing nests: a tunnel adds its word to the path and sets `next` to the inner layer, whatever is outside.
 *
 *     at                                    what a layer may do with the cursor
 *     |<-------- left -------->|            skip(n)      n <= left, compared by the layer just before
 *     |<------------- wire ------------>|   limit(n)     cut both to a length that a header gives: never longer
 *     captured                 sent         unbind(n)    raise wire, where inner lengths say more than the carrier's
 *
 * left <= wire holds between all of them: skip takes the same from both, limit cuts wire to min(wire, n) and left to
 * min(left, n), unbind only raises wire. So whoever has compared left with a size need not ask wire.
 */

#include "capture/segment.h"

struct syc_cursor;

/*
 * Reads one header at c->at, moves past it and sets c->next, or leaves it NULL where the walk ends.
 *
 * promise  reads no octet at or past c->at + c->left; c->next is NULL whenever the answer ends the walk with a reason
 * returns  SYC_DROP_NONE, or why the walk ends here; what the segment holds by then stays
 */
typedef enum syc_drop syc_layer(struct syc_cursor *c);

/*
 * Where the walk is. One for each frame, on the stack of syc_decode(); no layer keeps anything from
 * frame to frame.
 */
struct syc_cursor {
    const uint8_t *at;
    uint32_t left; /* captured octets from at; never more than wire */
    uint32_t
        wire; /* octets from at as they were sent; inside IP by its length, so link padding is gone */
    syc_layer *next;
    struct syc_segment *out;
    unsigned flags;   /* enum syc_decode_flag */
    uint8_t protocol; /* the one after the IP header or chain read last */
    bool quoted; /* inside an ICMP error: lengths are the quoter's, and only the ports are wanted */
    bool
        unsummed; /* the TCP checksum cannot be told: octets or addresses that it covers are not there */
};

/* The caller has checked that n octets are left; with left <= wire none of the three goes below zero. */
static inline void
syc_cursor_skip(struct syc_cursor *c, uint32_t n)
{
    c->at += n;
    c->left -= n;
    c->wire -= n;
}

/*
 * Cut the cursor to the length that a layer gives itself: what follows is the padding of the one below, what is
 * missing was not captured. One that claims more than its frame had on the wire has what the frame had.
 */
static inline void
syc_cursor_limit(struct syc_cursor *c, uint32_t total)
{
    c->wire = total < c->wire ? total : c->wire;
    if (c->left > total) {
        c->left = total;
    }
}

/* The carrier was sent in pieces or cut by a mirror: from here on inner lengths say more than its own. */
static inline void
syc_cursor_unbind(struct syc_cursor *c, uint32_t wire)
{
    c->wire = wire > c->wire ? wire : c->wire;
}

/* ---- what leads to which layer ---- */

/*
 * The layer of a LINKTYPE_ number, or NULL for one that is not read. cost: one comparison for
 * Ethernet, 21 at most.
 */
syc_layer *syc_decode_link(uint16_t link);

/*
 * Go on with what an Ethernet type says; the cursor is past it. SYC_DROP_NOT_IP, and next NULL, for
 * types not in the list.
 */
enum syc_drop syc_decode_follow_type(struct syc_cursor *c, uint16_t type);

/* Go on with what an IP protocol number, c->protocol, says (decode_ip.c). */
enum syc_drop syc_decode_follow_protocol(struct syc_cursor *c);

/*
 * Into a tunnel: its word goes to the path, and the packet inside speaks for itself. The cursor is past the tunnel's
 * header; nothing of the outer IP header is left in the segment but its addresses until the inner one is read.
 */
enum syc_drop syc_decode_enter(struct syc_cursor *c, enum syc_tunnel tunnel, syc_layer *inner);

/* ---- layers ---- */

/* IP: by version nibble (where the link does not say), 4, 6. They set next by protocol. */
syc_layer syc_decode_ip;
syc_layer syc_decode_ip4;
syc_layer syc_decode_ip6;

/* Ethernet, from the addresses on: also what tunnels carry. */
syc_layer syc_decode_ethernet;

/* IEEE 802.2 LLC, alone or with SNAP (decode_llc.c), and the links that carry it. */
syc_layer syc_decode_llc;
syc_layer syc_decode_fddi;
syc_layer syc_decode_80211;
syc_layer syc_decode_radiotap;
syc_layer syc_decode_prism;
syc_layer syc_decode_ppi;

/* PPP and what it is framed in, C-HDLC, MPLS (decode_ppp.c). */
syc_layer syc_decode_ppp;
syc_layer syc_decode_ppp_hdlc;
syc_layer syc_decode_ppp_directed;
syc_layer syc_decode_pppoe;
syc_layer syc_decode_chdlc;
syc_layer syc_decode_mpls;

/* Protocols above IP: those that may be tunnels (decode_tunnel.c, decode_udp.c), and what ends the walk. */
syc_layer syc_decode_gre;
syc_layer syc_decode_udp;
syc_layer syc_decode_tcp;
syc_layer syc_decode_icmp4;
syc_layer syc_decode_icmp6;
syc_layer syc_decode_quoted_tcp;

/* ---- checksums (decode_sum.c); called with SYC_DECODE_CHECKSUMS only ---- */

/* Is the checksum of an IPv4 header of n octets (20..60), all there, right or not filled in? */
bool syc_sum_ip4(const uint8_t *p, uint32_t n);

/* Is that of the TCP segment at the cursor, whose IP header is in c->out? True where it cannot be told. */
bool syc_sum_tcp(const struct syc_cursor *c);

/*
 * Does the IPv4 header's option part, or an IPv6 chain header, of n octets, change an address that TCP's checksum
 * covers? Its answer only decides whether a checksum can be told at all, so a wrong one loses a check and never a
 * segment.
 *
 * options, p  n octets, all there; n is 0..40 for IPv4 and at least 8 for IPv6
 */
bool syc_sum_ip4_reroutes(const uint8_t *options, uint32_t n);
bool syc_sum_ip6_reroutes(uint8_t protocol, const uint8_t *p, uint32_t n);

#endif
