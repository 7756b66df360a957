/*
 * Community ID v1: the name of a 5-tuple that other sensors give it too.
 * source: the published v1 recipe (seed, ordered end points, protocol, zero, ports; SHA-1; base64)
 */

#include "output/output.h"

#include <string.h>

enum { PROTOCOL_TCP = 6 };

/* The recipe hashes octets in network order. */
static uint8_t *
put_be16(uint8_t *p, uint16_t v)
{
    *p++ = (uint8_t)(v >> 8);
    *p++ = (uint8_t)v;
    return p;
}

/*
 * The lesser end comes first, so both directions have one name. 40 octets are hashed for IPv6, 16
 * for IPv4; base64 of 20 octets is 28, with "1:" and the zero 31 of out's 32.
 */
void
syc_community_id(const struct syc_key *key, char out[32])
{
    size_t n = key->ip_v == 4 ? 4 : 16;
    const uint8_t *ends[2] = {key->client + 16 - n, key->server + 16 - n};
    uint16_t ports[2] = {key->client_port, key->server_port};
    uint8_t octets[2 + 16 + 16 + 2 + 4], digest[20];
    uint8_t *p = put_be16(octets, 0); /* seed */
    int order = memcmp(ends[0], ends[1], n);
    size_t first = order > 0 || (order == 0 && ports[0] > ports[1]);

    memcpy(p, ends[first], n);
    memcpy(p + n, ends[1 - first], n);
    p += 2 * n;
    *p++ = PROTOCOL_TCP;
    *p++ = 0;
    p = put_be16(p, ports[first]);
    p = put_be16(p, ports[1 - first]);
    syc_sha1(octets, (size_t)(p - octets), digest);
    out[0] = '1';
    out[1] = ':';
    syc_base64(digest, sizeof digest, out + 2);
}
