/*
 * First fragments, held until their datagram is whole: see fragments.h for why.
 *
 *    begin(first) ----> held[0..count) ----> add(last one missing) ----> a segment with its whole payload
 *                           |
 *                           +--> release(): 30 s, another segment of the two ends, or the end of the input
 *                           +--> begin() of a seventeenth: the oldest gives way          both: no payload
 *
 * Every first fragment that comes in goes out exactly once, but for a mirror's copy of one that is
 * held, which goes nowhere. What an outsider can do with 16 places is to push honest datagrams out: their
 * segments keep header and options and lose only the payload's length, as if the other fragments had not been
 * captured. Overlapping fragments (RFC 5722) are counted as octets covered, never put together, so they cannot
 * show one text here and another to the host.
 */

#include "capture/fragments.h"

#include <string.h>

/*
 * Linux' ipfrag_time. RFC 8200 4.5 says 60 s, RFC 1122 3.3.2 60 to 120: a datagram completed later
 * than here has lost no segment, only its payload's length.
 */
#define KEEP_NS (INT64_C(30) * 1000000000)

/* ------------------------------------------------------------ what was seen of one */

/*
 * Add a range, joining those that it touches. False when there would be too many.
 *
 *     ranges   [0,8)      [24,40)          + [8,24)   at = 0, end = 2: both touch      ->   [0,40)
 *     ranges   [0,8)      [24,40)          + [48,56)  at = end = 2: none does          ->   one more, if it fits
 *
 * In order and apart from each other, before and after. r[at] exists: a new range is refused when all cells are
 * taken, and joining never needs more cells than it frees.
 */
static bool
cover(struct syc_fragmented *d, uint32_t from, uint32_t to)
{
    struct syc_fragment_range *r = d->ranges;
    uint32_t at = 0, end;

    while (at < d->range_count && r[at].to < from) {
        at++;
    }
    for (end = at; end < d->range_count && r[end].from <= to; end++) {
        from = r[end].from < from ? r[end].from : from;
        to = r[end].to > to ? r[end].to : to;
    }
    if (end == at && d->range_count == SYC_FRAGMENTS_RANGES) {
        return false;
    }
    memmove(r + at + 1, r + end, (d->range_count - end) * sizeof *r);
    d->range_count = d->range_count - (end - at) + 1;
    r[at] = (struct syc_fragment_range){from, to};
    return true;
}

/* Ranges that touch are joined, so a whole datagram is exactly one range from 0. */
static bool
is_whole(const struct syc_fragmented *d)
{
    return d->total != 0 && d->ranges[0].from == 0 && d->ranges[0].to >= d->total;
}

/*
 * Fragments belong together by source, destination and identification (RFC 791 3.2, RFC 8200 4.5),
 * and by the way they came: the same datagram in two VLANs is two.
 */
static bool
is_of(const struct syc_fragmented *d, const struct syc_segment *s)
{
    const struct syc_segment *first = &d->first;

    return first->fragment_id == s->fragment_id && first->ip_v == s->ip_v &&
           memcmp(first->src, s->src, 16) == 0 && memcmp(first->dst, s->dst, 16) == 0 &&
           memcmp(&first->path, &s->path, sizeof first->path) == 0;
}

/* Ports first: they differ most often, and the comparison is made for each packet while something is held. */
static bool
same_ends(const uint8_t a[16], const uint8_t b[16], uint16_t port_a, uint16_t port_b)
{
    return port_a == port_b && memcmp(a, b, 16) == 0;
}

/* Of the same two ends, in either direction; their ways may differ. */
static bool
is_between(const struct syc_segment *a, const struct syc_segment *b)
{
    return (same_ends(a->src, b->src, a->src_port, b->src_port) &&
            same_ends(a->dst, b->dst, a->dst_port, b->dst_port)) ||
           (same_ends(a->src, b->dst, a->src_port, b->dst_port) &&
            same_ends(a->dst, b->src, a->dst_port, b->src_port));
}

/* ------------------------------------------------------------ out of the list */

/*
 * The segment of held[i], without its payload, and the list without it. The options move into f,
 * since the cell they were in is reused; the payload span is empty but not NULL.
 */
static void
take(struct syc_fragments *f, uint32_t i, struct syc_segment *out)
{
    struct syc_fragmented *d = &f->held[i];

    memcpy(f->options, d->options, sizeof f->options);
    *out = d->first;
    out->options.p = f->options;
    out->payload = (struct syc_span){f->options, 0};
    out->payload_octets = 0;
    out->payload_cut = true;
    out->flags &= (uint16_t)~SYC_FIN; /* it stands behind the payload, whose end nobody knows */
    f->count--;
    memmove(d, d + 1, (f->count - i) * sizeof *d);
}

/* The same with what all its fragments say. total >= first.fragment_octets was seen by the caller. */
static void
take_whole(struct syc_fragments *f, uint32_t i, const struct syc_segment *last,
           struct syc_segment *out)
{
    uint32_t rest = f->held[i].total - f->held[i].first.fragment_octets;
    uint32_t payload = f->held[i].first.payload_octets + rest;
    uint16_t flags = f->held[i].first.flags;

    take(f, i, out);
    out->payload_octets = payload;
    out->payload_cut = payload > 0;
    out->ip_octets += rest;
    out->flags = flags;
    out->time_ns = last->time_ns;
    out->number = last->number;
    out->file = last->file;
}

bool
syc_fragments_begin(struct syc_fragments *f, const struct syc_segment *first,
                    struct syc_segment *out)
{
    struct syc_fragmented *d;
    bool full;

    for (uint32_t i = 0; i < f->count; i++) {
        if (is_of(&f->held[i], first)) { /* a mirror's copy of the frame */
            return false;
        }
    }
    full = f->count == SYC_FRAGMENTS_MAX;
    if (full) {
        take(f, 0, out);
    }
    d = &f->held[f->count++];
    d->first = *first;
    memcpy(d->options, first->options.p, first->options.n);
    d->total = 0;
    d->range_count = 0;
    (void)cover(d, 0, first->fragment_octets); /* the first range fits */
    return full;
}

bool
syc_fragments_add(struct syc_fragments *f, const struct syc_segment *later, struct syc_segment *out)
{
    uint32_t end = (uint32_t)later->fragment_at + later->fragment_octets;

    for (uint32_t i = 0; i < f->count; i++) {
        struct syc_fragmented *d = &f->held[i];

        if (!is_of(d, later)) {
            continue;
        }
        if (!later->ip_mf) {
            d->total = end;
        }
        if (later->fragment_octets == 0 || !cover(d, later->fragment_at, end) || !is_whole(d) ||
            d->total < d->first.fragment_octets) {
            return false;
        }
        take_whole(f, i, later, out);
        return true;
    }
    return false;
}

bool
syc_fragments_release(struct syc_fragments *f, const struct syc_segment *next,
                      struct syc_segment *out)
{
    for (uint32_t i = 0; i < f->count; i++) {
        const struct syc_segment *first = &f->held[i].first;

        if (next == NULL || next->time_ns - first->time_ns > KEEP_NS ||
            (is_between(first, next) && !(next->ip_mf && is_of(&f->held[i], next)))) {
            take(f, i, out);
            return true;
        }
    }
    return false;
}
