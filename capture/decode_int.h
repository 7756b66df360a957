#ifndef SYC_CAPTURE_DECODE_INT_H
#define SYC_CAPTURE_DECODE_INT_H

/*
 * Purpose           how the layers of a frame are walked: each reads its own header and names the next
 * Input and output  a cursor over what is left of the frame; the segment is filled on the way
 * Ownership         everything is borrowed for the length of one syc_decode()
 * Limits            a layer takes at least one octet or ends the walk, so a frame bounds its own cost
 * Not here          links, protocols: rows of the tables in decode_link.c and decode_ip.c
 *
 * A new link layer, tag or tunnel is one function of type syc_layer and one row in the table of what leads to it.
 * Nothing nests: a tunnel adds its word to the path and sets `next` to the inner layer, whatever is outside.
 */

#include "capture/segment.h"

struct syc_cursor;

/* Reads one header at c->at, moves past it and sets c->next, or leaves it NULL where the walk ends. */
typedef enum syc_drop syc_layer(struct syc_cursor *c);

struct syc_cursor {
    const uint8_t *at;
    uint32_t left; /* captured octets from at; never more than wire */
    uint32_t
        wire; /* octets from at as they were sent; inside IP by its length, so link padding is gone */
    syc_layer *next;
    struct syc_segment *out;
    uint8_t protocol; /* the one after the IP header or chain read last */
    bool quoted; /* inside an ICMP error: lengths are the quoter's, and only the ports are wanted */
};

/* The caller has checked that n octets are left. */
static inline void
syc_cursor_skip(struct syc_cursor *c, uint32_t n)
{
    c->at += n;
    c->left -= n;
    c->wire -= n;
}

/* The layer of a LINKTYPE_ number, or NULL for one that is not read. cost: one comparison for Ethernet. */
syc_layer *syc_decode_link(uint16_t link);

/* IP: by version nibble (where the link does not say), 4, 6. They set next by protocol. */
syc_layer syc_decode_ip;
syc_layer syc_decode_ip4;
syc_layer syc_decode_ip6;

/* Protocols above IP: what ends the walk. */
syc_layer syc_decode_tcp;
syc_layer syc_decode_icmp4;
syc_layer syc_decode_icmp6;
syc_layer syc_decode_quoted_tcp;

#endif
