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

/* The first timestamp option before an end of list or a fault. */
void
syc_decode_search_timestamps(struct syc_segment *out)
{
    struct syc_span rest = out->options;
    struct syc_option option;

    while (syc_option_next(&rest, &option) && !option.malformed && option.kind != OPT_EOL) {
        if (option.kind == OPT_TS && option.data.n == OPT_TS_OCTETS - 2) {
            syc_fill_timestamps(out, option.data.p);
            return;
        }
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
