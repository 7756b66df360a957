/*
 * Checksums, for those who ask: sums of IPv4 headers and of TCP with its pseudo-header.
 *
 * Asked for by option only, since captures on the sender's host hold sums that the adapter would
 * still have filled in. A wrong sum drops a segment, so every doubt answers "right": what was not
 * captured whole, was fragmented, source-routed or left to offload cannot be told.
 */

#include "capture/decode_int.h"

/*
 * The sum of 16-bit words, an odd octet last counting as the upper half of one; not yet folded. RFC
 * 1071 1. 64 bits hold the sum of 2^48 words, so no carry is lost before fold().
 */
static uint64_t
add_up(uint64_t sum, const uint8_t *p, size_t n)
{
    for (; n >= 2; n -= 2, p += 2) {
        sum += syc_be16(p);
    }
    return n > 0 ? sum + (uint32_t)(p[0] << 8) : sum;
}

/* To 16 bits, carries added in again. */
static uint16_t
fold(uint64_t sum)
{
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)sum;
}

/* A field of 0 is taken for one that the adapter was to fill; headers whose right sum is 0 pass with it. */
bool
syc_sum_ip4(const uint8_t *p, uint32_t n)
{
    return syc_be16(p + 10) == 0 || fold(add_up(0, p, n)) == 0xffff;
}

/* Addresses and protocol of the pseudo-header; its length apart. RFC 9293 3.1, RFC 8200 8.1. */
static uint64_t
pseudo(const struct syc_segment *s)
{
    size_t n = s->ip_v == 4 ? 4 : 16;

    return add_up(add_up(6, s->src + 16 - n, n), s->dst + 16 - n, n);
}

/* `left >= 20`, and left is not below wire, so all c->wire octets that are added up are captured. */
bool
syc_sum_tcp(const struct syc_cursor *c)
{
    const uint8_t *p = c->at;
    uint64_t addresses, length;
    uint16_t field;

    if (c->unsummed || c->out->ip_mf || c->left < 20 || c->left < c->wire) {
        return true;
    }
    addresses = pseudo(c->out);
    length = (uint64_t)(c->wire >> 16) + (c->wire & 0xffff);
    if (fold(add_up(addresses + length, p, c->wire)) == 0xffff) {
        return true;
    }
    /* Left to the adapter: it expects the pseudo-header's sum, for a segment it will cut without the length. */
    field = syc_be16(p + 16);
    return field == 0 || field == fold(addresses + length) || field == fold(addresses);
}

enum {
    OPTION_END = 0,
    OPTION_PAD = 1,
    OPTION_LOOSE_ROUTE = 131,
    OPTION_STRICT_ROUTE = 137,
    PROTO_ROUTING = 43,
    PROTO_DESTINATION = 60,
    OPTION6_PAD1 = 0,
    OPTION6_HOME_ADDRESS = 0xc9,
};

/* A source route that is not used up: the packet's last destination is in it. RFC 791 3.1, RFC 1122 4.2.3.8. */
bool
syc_sum_ip4_reroutes(const uint8_t *options, uint32_t n)
{
    struct syc_span rest = {options, n};

    while (rest.n >= 3 && rest.p[0] != OPTION_END) {
        if (rest.p[0] == OPTION_LOOSE_ROUTE || rest.p[0] == OPTION_STRICT_ROUTE) {
            return rest.p[2] <= rest.p[1];
        }
        rest = syc_span_from(rest, rest.p[0] == OPTION_PAD || rest.p[1] < 1 ? 1 : rest.p[1]);
    }
    return false;
}

/* A routing header with segments left, or a home address that stands for the source's (RFC 6275 6.3 and 11.3.1). */
bool
syc_sum_ip6_reroutes(uint8_t protocol, const uint8_t *p, uint32_t n)
{
    struct syc_span rest = {p + 2, n - 2};

    if (protocol == PROTO_ROUTING) {
        return p[3] != 0;
    }
    while (protocol == PROTO_DESTINATION && rest.n >= 2) {
        if (rest.p[0] == OPTION6_HOME_ADDRESS) {
            return true;
        }
        rest = syc_span_from(rest, rest.p[0] == OPTION6_PAD1 ? 1 : 2u + rest.p[1]);
    }
    return false;
}
