#include "capture/decode_int.h"

#include <string.h>

const char *
syc_drop_name(enum syc_drop drop)
{
    static const char *const names[] = {
#define X(name, word) word,
        SYC_DROP_LIST(X)
#undef X
    };

    return (size_t)drop < SYC_DROP_COUNT ? names[drop] : "unknown";
}

const char *
syc_tunnel_name(enum syc_tunnel tunnel)
{
    static const char *const names[] = {
#define X(name, word) word,
        SYC_TUNNEL_LIST(X)
#undef X
    };

    return (size_t)tunnel < SYC_TUNNEL_COUNT ? names[tunnel] : "unknown";
}

/*
 * All zero, padding too. In pieces of 64 because gcc 12 turns one memset of the whole into `rep stos`, whose start
 * alone costs more than these few vector stores.
 */
static inline void
clear(struct syc_segment *out)
{
    enum { PIECE = 64, WHOLE = sizeof *out / PIECE * PIECE };
    uint8_t *p = (uint8_t *)out;

    for (size_t i = 0; i < WHOLE; i += PIECE) {
        memset(p + i, 0, PIECE);
    }
    memset(p + WHOLE, 0, sizeof *out - WHOLE);
}

/* An ICMP message whose quotation cannot be read is plain ICMP. */
static enum syc_drop
give_up_quotation(struct syc_segment *out)
{
    out->unreachable = false;
    out->icmp_code = 0;
    return SYC_DROP_NOT_TCP;
}

enum syc_drop
syc_decode(const struct syc_frame *frame, struct syc_segment *out)
{
    struct syc_cursor c = {
        .at = frame->data,
        .left = frame->captured,
        .wire = frame->length > frame->captured ? frame->length : frame->captured,
        .next = syc_decode_link(frame->link),
        .out = out,
    };
    enum syc_drop drop = SYC_DROP_LINK_TYPE;

    clear(out);
    out->time_ns = frame->time_ns;
    out->number = frame->number;
    out->file = frame->file;
    while (c.next != NULL) {
        syc_layer *layer = c.next;

        c.next = NULL;
        drop = layer(&c);
    }
    return c.quoted && drop != SYC_DROP_ICMP_ERROR ? give_up_quotation(out) : drop;
}
