#ifndef SYC_BEHAVIOR_AUDIT_PACK_H
#define SYC_BEHAVIOR_AUDIT_PACK_H

/*
 * Purpose           what the audit needs of a record, in as few octets as can be done without a dictionary
 * Input and output  a record in, octets out; and back, to a record with only those members filled
 * Ownership         the caller's room on both sides
 * Limits            numbers beyond 2^60 come back held to that; nothing else is lost
 * Not here          where the octets are kept (audit_store.c), what they mean (audit_life.c)
 *
 * A number is written only where it differs from what the numbers before it let expect (a FIN soon after the last
 * payload, as many packets back as forth); a bit for each number tells which. Lists follow as plain varints.
 */

#include "connection/connection.h"

/* What a packed record carries besides the record's own members. */
struct packed_note {
    uint32_t syn[2]; /* index of the signature; UINT32_MAX = none */
};

/* Octets that suffice for r. */
size_t audit_pack_room(const struct syc_record *r);

/* Write all of r but its key, start_us, isn and part; returns the octets used. */
size_t audit_pack(const struct syc_record *r, const struct packed_note *note, uint8_t *out);

/* Sizes of the lists, so that room for them can be made. */
struct packed_lists {
    size_t exchanges, flights;
};

/*
 * Read what audit_pack() wrote: the numbers, syn and TIME_WAIT times; of lists the counts.
 *
 * r        key, start_us, isn and part are set by the caller before; what is not packed is left as it is
 * returns  where the exchanges begin
 */
const uint8_t *audit_unpack(const uint8_t *in, struct syc_record *r, struct packed_note *note,
                            struct packed_lists *lists);

/* Read the lists into room for as many. */
void audit_unpack_lists(const uint8_t *in, const struct packed_lists *lists,
                        struct syc_exchange *exchanges, struct syc_flight *flights);

/* Varints: seven bits an octet, low ones first. */
static inline uint8_t *
varint_put(uint8_t *p, uint64_t v)
{
    while (v >= 0x80) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    return p;
}

static inline const uint8_t *
varint_get(const uint8_t *p, uint64_t *v)
{
    uint64_t got = *p & 0x7f;

    for (unsigned shift = 7; (*p++ & 0x80) != 0; shift += 7) {
        got |= (uint64_t)(*p & 0x7f) << shift;
    }
    *v = got;
    return p;
}

/* Small numbers of either sign become small numbers. */
static inline uint64_t
zigzag(int64_t v)
{
    return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

static inline int64_t
unzigzag(uint64_t v)
{
    return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

#endif
