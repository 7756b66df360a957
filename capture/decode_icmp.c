/*
 * ICMP errors: what they quote says which connection a router or host refused.
 *
 * The quoted packet is an outsider's claim about somebody else's connection, written by whoever
 * sent the error. So nothing of it counts but addresses, ports and sequence number, which the table
 * compares with what it has seen itself; a quotation in a quotation is not followed (decode_ip.c,
 * c->quoted).
 */

#include "capture/decode_int.h"

enum { ICMP_HEADER = 8 };

/*
 * On to the packet that an error quotes after its own 8 octets; what the quoted IP header says
 * replaces the outer's. From here on c->quoted keeps lengths and checksums from being believed.
 */
static enum syc_drop
quote(struct syc_cursor *c, bool is_error, bool unreachable, syc_layer *ip)
{
    if (!is_error || c->left < ICMP_HEADER) {
        return SYC_DROP_NOT_TCP;
    }
    c->out->unreachable = unreachable;
    c->out->icmp_code = c->at[1];
    c->quoted = true;
    c->next = ip;
    syc_cursor_skip(c, ICMP_HEADER);
    return SYC_DROP_NONE;
}

/* Errors are unreachable 3, quench 4, redirect 5, time exceeded 11, parameter 12 (RFC 792, RFC 1122 3.2.2). */
enum syc_drop
syc_decode_icmp4(struct syc_cursor *c)
{
    uint8_t type = c->left > 0 ? c->at[0] : 0;
    bool is_error = (type >= 3 && type <= 5) || type == 11 || type == 12;

    return quote(c, is_error, type == 3, syc_decode_ip4);
}

/* Unreachable 1, too big 2, time exceeded 3, parameter 4 (RFC 4443 3). */
enum syc_drop
syc_decode_icmp6(struct syc_cursor *c)
{
    uint8_t type = c->left > 0 ? c->at[0] : 0;

    return quote(c, type >= 1 && type <= 4, type == 1, syc_decode_ip6);
}

/* Routers need quote no more than 8 octets of TCP (RFC 792): ports and sequence number. */
enum syc_drop
syc_decode_quoted_tcp(struct syc_cursor *c)
{
    if (c->left < 8) {
        return SYC_DROP_NOT_TCP;
    }
    c->out->src_port = syc_be16(c->at);
    c->out->dst_port = syc_be16(c->at + 2);
    c->out->seq = syc_be32(c->at + 4);
    return SYC_DROP_ICMP_ERROR;
}
