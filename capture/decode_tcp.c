#include "capture/decode_int.h"

enum {
    TCP_HEADER = 20,
    OPT_EOL = 0,
    OPT_NOP = 1,
    OPT_TS = 8,
    OPT_TS_OCTETS = 10,
};

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

static inline void
take_timestamps(struct syc_segment *out, const uint8_t *value)
{
    out->has_ts = true;
    out->ts_val = syc_be32(value);
    out->ts_ecr = syc_be32(value + 4);
}

/* The first timestamp option before an end of list or a fault. */
static void
search_timestamps(struct syc_segment *out)
{
    struct syc_span rest = out->options;
    struct syc_option option;

    while (syc_option_next(&rest, &option) && !option.malformed && option.kind != OPT_EOL) {
        if (option.kind == OPT_TS && option.data.n == OPT_TS_OCTETS - 2) {
            take_timestamps(out, option.data.p);
            return;
        }
    }
}

/* RFC 7323 appendix A recommends NOP NOP TS, and nearly every segment but SYNs has just that. */
static inline void
find_timestamps(struct syc_segment *out)
{
    const uint8_t *p = out->options.p;

    if (out->options.n >= OPT_TS_OCTETS + 2 && syc_be32(p) == 0x0101080a) {
        take_timestamps(out, p + 4);
    } else if (out->options.n >= OPT_TS_OCTETS) {
        search_timestamps(out);
    }
}

enum syc_drop
syc_decode_tcp(struct syc_cursor *c)
{
    const uint8_t *p = c->at;
    struct syc_segment *out = c->out;
    uint32_t header;

    if (c->left < TCP_HEADER) {
        return SYC_DROP_TCP_SHORT;
    }
    header = (p[12] >> 4) * 4u;
    out->src_port = syc_be16(p);
    out->dst_port = syc_be16(p + 2);
    out->seq = syc_be32(p + 4);
    out->ack = syc_be32(p + 8);
    out->flags = syc_be16(p + 12) & 0xfff;
    out->window = syc_be16(p + 14);
    out->urgent = syc_be16(p + 18);
    out->tcp_header_octets = (uint8_t)header;
    if (header < TCP_HEADER || header > c->wire) {
        return SYC_DROP_TCP_BAD_OFFSET;
    }
    out->payload_octets = c->wire - header;
    out->options.p = p + TCP_HEADER;
    if (c->left < header) {
        out->options.n = c->left - TCP_HEADER;
        out->options_cut = true;
        out->payload.p = p + c->left;
    } else {
        out->options.n = header - TCP_HEADER;
        out->payload = (struct syc_span){p + header, c->left - header};
    }
    out->payload_cut = out->payload.n < out->payload_octets;
    find_timestamps(out);
    return SYC_DROP_NONE;
}
