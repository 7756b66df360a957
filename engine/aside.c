/*
 * Frames that are not just the next segment: fragments, ICMP errors, links that are not read. Off
 * the hot path.
 *
 * Invariant: segments reach the table in the order in which they count. A segment that was held
 * back for its fragments is later than what the batch holds by now, and an ICMP error is about what
 * came before it: so whatever stands in the batch is fed before either. Callers keep `n`, the
 * number still to be fed.
 */

#include "engine/engine_int.h"

#include <stdio.h>

/* ------------------------------------------------------------ fragments */

/* A segment that was held back goes after the n of the batch; its options do not live longer than this call. */
static void
feed_late(struct syc_engine *e, const struct batch *b, size_t n, const struct syc_segment *late)
{
    syc_table_feed(e->table, b->segments, n);
    syc_table_feed(e->table, late, 1);
}

/*
 * batch[n] is a segment, perhaps a first fragment: those that must not wait longer go before it. It is copied
 * forward when the batch was fed meanwhile; its spans point into the frame, not into the batch, so a copy is as good.
 */
static size_t
take_segment(struct syc_engine *e, struct batch *b, size_t n)
{
    const struct syc_segment *s = &b->segments[n];
    struct syc_segment late;
    size_t kept = n;

    while (syc_fragments_release(&e->fragments, s, &late)) {
        feed_late(e, b, kept, &late);
        kept = 0;
    }
    if (s->ip_mf) {
        if (syc_fragments_begin(&e->fragments, s, &late)) {
            feed_late(e, b, kept, &late);
            kept = 0;
        }
        return kept;
    }
    if (kept != n) {
        b->segments[kept] = *s;
    }
    return kept + 1;
}

/* A later fragment has no TCP header; at most it completes the segment whose first fragment is held. */
static size_t
take_fragment(struct syc_engine *e, const struct batch *b, size_t n)
{
    struct syc_segment whole;

    if (!syc_fragments_add(&e->fragments, &b->segments[n], &whole)) {
        return n;
    }
    feed_late(e, b, n, &whole);
    return 0;
}

/* No stop and no fault skips this: what was held was seen on the wire. */
void
engine_end_fragments(struct syc_engine *e)
{
    struct syc_segment late;

    while (syc_fragments_release(&e->fragments, NULL, &late)) {
        syc_table_feed(e->table, &late, 1);
    }
}

/* ------------------------------------------------------------ links */

static void
tell_link(struct syc_engine *e, uint16_t file, uint16_t link)
{
    char text[128];

    snprintf(text, sizeof(text), "link layer %s (LINKTYPE %u) is not read; its frames are left out",
             syc_link_name(link), (unsigned)link);
    engine_tell(e, engine_input_name(e, file), text);
}

/*
 * Remembered until the input's end, which knows whether there were others; a live run has no end to
 * wait for. file is one of the inputs: the reader has set it.
 */
static void
refuse_link(struct syc_engine *e, uint16_t file, uint16_t link)
{
    struct refused *r = &e->inputs.refused[file - e->inputs.first_file];

    r->frames++;
    for (size_t i = 0; i < r->count; i++) {
        if (r->links[i] == link) {
            return;
        }
    }
    if (r->count == sizeof(r->links) / sizeof(r->links[0])) {
        return;
    }
    r->links[r->count++] = link;
    if (e->config.live) {
        tell_link(e, file, link);
    }
}

/*
 * An input of which nothing could be read is an error, not an empty answer: "no connections" would
 * look like a quiet net. One that mixes links is read for what it has, and told of.
 */
enum syc_status
engine_end_refused(struct syc_engine *e, uint16_t file, uint64_t packets, struct syc_error *err)
{
    const struct refused *r = &e->inputs.refused[file - e->inputs.first_file];

    if (e->config.live || r->count == 0) {
        return SYC_OK;
    }
    if (r->frames == packets && r->count == 1) {
        return syc_error_set(err, SYC_FORMAT, "link layer %s (LINKTYPE %u) is not read",
                             syc_link_name(r->links[0]), (unsigned)r->links[0]);
    }
    for (size_t i = 0; i < r->count; i++) {
        tell_link(e, file, r->links[i]);
    }
    return r->frames == packets ? syc_error_set(err, SYC_FORMAT, "none of its link layers is read")
                                : SYC_OK;
}

/* ------------------------------------------------------------ all of them */

/* An ICMP error is about segments before it, so those go first. */
size_t
engine_take_aside(struct syc_engine *e, struct batch *b, uint16_t link, enum syc_drop drop,
                  size_t n)
{
    if (drop == SYC_DROP_NONE) {
        return take_segment(e, b, n);
    }
    if (drop == SYC_DROP_IP_FRAGMENT) {
        return take_fragment(e, b, n);
    }
    if (drop == SYC_DROP_LINK_TYPE) {
        refuse_link(e, b->segments[n].file, link);
    } else if (drop == SYC_DROP_ICMP_ERROR && b->segments[n].unreachable) {
        syc_table_feed(e->table, b->segments, n);
        syc_table_unreachable(e->table, &b->segments[n]);
        return 0;
    }
    return n;
}
