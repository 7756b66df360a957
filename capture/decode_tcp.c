/*
 * TCP options and the last layer of the walk.
 *
 * The option walk is shared by every reader of options above (fingerprints, facts): it takes at
 * least one octet each time and reports the first fault as an option, so no caller can loop or read
 * past.
 */

#include "capture/decode_fill.h"
#include "capture/decode_int.h"

enum {
    OPT_EOL = 0,
    OPT_NOP = 1,
    OPT_TS = 8,
    OPT_TS_OCTETS = 10,
};

/*
 * A length of 0 or 1 would not move on (the classic endless loop), one past the end would read on
 * into the payload: both are `malformed`, give what is there and end the list.
 */
bool
syc_option_next(struct syc_span *rest, struct syc_option *out)
{
    const uint8_t *p = rest->p;
    size_t size;

    if (rest->n == 0) {
        return false;
    }
    *out = (struct syc_option){.kind = p[0], .data = {p + 1, 0}};
    if (p[0] == OPT_EOL || p[0] == OPT_NOP) {
        *rest = syc_span_from(*rest, 1);
        return true;
    }
    size = rest->n < 2 ? 0 : p[1];
    if (size < 2 || size > rest->n) {
        out->malformed = true;
        out->data = syc_span_from(*rest, 2);
        *rest = syc_span_from(*rest, rest->n);
        return true;
    }
    out->data = syc_span_part(*rest, 2, size - 2);
    *rest = syc_span_from(*rest, size);
    return true;
}

/*
 * The first timestamp option before an end of list or a fault. An option that goes on past the last place where one
 * fits ends the search, so its length needs no look; with syc_option_next() it took twice as long (callgrind).
 */
void
syc_decode_search_timestamps(struct syc_segment *out)
{
    const uint8_t *p = out->options.p;
    size_t at = 0;

    while (at + OPT_TS_OCTETS <= out->options.n && p[at] != OPT_EOL) {
        if (p[at] == OPT_NOP) {
            at++;
            continue;
        }
        if (p[at] == OPT_TS && p[at + 1] == OPT_TS_OCTETS) {
            syc_fill_timestamps(out, p + at + 2);
            return;
        }
        if (p[at + 1] < 2) {
            return;
        }
        at += p[at + 1];
    }
}

enum syc_drop
syc_decode_tcp(struct syc_cursor *c)
{
    enum syc_drop drop = syc_fill_tcp(c->out, c->at, c->left, c->wire);

    if (drop == SYC_DROP_NONE && (c->flags & SYC_DECODE_CHECKSUMS) != 0 && !syc_sum_tcp(c)) {
        return SYC_DROP_BAD_CHECKSUM;
    }
    return drop;
}
