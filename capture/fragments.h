#ifndef SYC_CAPTURE_FRAGMENTS_H
#define SYC_CAPTURE_FRAGMENTS_H

/*
 * Purpose           how long a TCP segment was that came in IP fragments: only all of them together tell
 * Input and output  fragments as syc_decode() gives them; the segment, once, when the last is there or none will come
 * Ownership         plain data of a few kilobytes, all zero when empty; segments are copied in and out, and the
 *                   options of one that is given out point in here until the next call
 * Limits            SYC_FRAGMENTS_MAX datagrams at a time, 8 pieces each; fragments before the first one are not kept
 * Not here          the payload: its octets are counted, not put together. Fragments of what a tunnel carries in: the
 *                   packet inside says its own length, so its first fragment is enough
 *
 * RFC 791 3.2 and RFC 8200 4.5: a receiver takes a datagram when it is whole and otherwise never. So a segment of
 * which fragments are missing has its header, for somebody sent it, and no payload.
 */

#include "capture/segment.h"

enum { SYC_FRAGMENTS_MAX = 16, SYC_FRAGMENTS_RANGES = 8 };

/* Octets of a datagram that have been seen. */
struct syc_fragment_range {
    uint32_t from, to;
};

/* One datagram: the segment of its first fragment, and which of its octets were seen. */
struct syc_fragmented {
    struct syc_segment first;
    uint8_t options[40];
    uint32_t total; /* 0 until the last fragment is seen */
    uint32_t range_count;
    struct syc_fragment_range ranges[SYC_FRAGMENTS_RANGES]; /* in order, apart from each other */
};

/* Those held now. The caller asks `count` before it calls: without fragments they cost one comparison a packet. */
struct syc_fragments {
    uint32_t count;
    uint8_t options[40];                           /* of the segment given out last */
    struct syc_fragmented held[SYC_FRAGMENTS_MAX]; /* oldest first */
};

/*
 * Keep a segment that is a first fragment (SYC_DROP_NONE with ip_mf).
 *
 * returns  true when another had to give way: it is *out
 */
bool syc_fragments_begin(struct syc_fragments *f, const struct syc_segment *first,
                         struct syc_segment *out);

/*
 * Count a later fragment (SYC_DROP_IP_FRAGMENT).
 *
 * returns  true when it was the last one missing: *out is the segment with its whole payload's length, and the
 *          time and number of this fragment
 */
bool syc_fragments_add(struct syc_fragments *f, const struct syc_segment *later,
                       struct syc_segment *out);

/*
 * Give up what must not be kept when `next` comes: segments of the same two ends, and those held for more than 30
 * s of capture time (Linux' ipfrag_time). next is NULL at the end of the input: then all.
 *
 * returns  true while there is one: *out has no payload
 */
bool syc_fragments_release(struct syc_fragments *f, const struct syc_segment *next,
                           struct syc_segment *out);

#endif
