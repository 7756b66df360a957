#include "tests/unit/capture/groups.h"

#include <stdlib.h>
#include <string.h>

void
octets_add(struct octets *o, const void *p, size_t n)
{
    assert_true(o->n + n <= sizeof o->p);
    memcpy(o->p + o->n, p, n);
    o->n += n;
}

void
add16(struct octets *o, unsigned value)
{
    ADD(o, (uint8_t)(value >> 8), (uint8_t)value);
}

void
add32(struct octets *o, uint32_t value)
{
    add16(o, value >> 16);
    add16(o, value & 0xffff);
}

void
add_ethernet(struct octets *o, unsigned type)
{
    ADD(o, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1);
    add16(o, type);
}

void
add_ip4(struct octets *o, unsigned protocol, unsigned payload)
{
    ADD(o, 0x45, 0x2a);
    add16(o, 20 + payload);
    ADD(o, 0xab, 0xcd, 0x40, 0x00, 57, (uint8_t)protocol, 0, 0);
    ADD(o, 192, 0, 2, 1, 198, 51, 100, 2);
}

void
add_ip6(struct octets *o, unsigned next, unsigned payload)
{
    ADD(o, 0x62, 0xa1, 0x23, 0x45); /* version 6, class 2a, label 12345 */
    add16(o, payload);
    ADD(o, (uint8_t)next, 63);
    ADD(o, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
    ADD(o, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2);
}

void
add_tcp_data(struct octets *o)
{
    ADD(o, 0xc0, 0x01, 0x00, 0x50, 1, 2, 3, 4, 5, 6, 7, 8);
    ADD(o, 0x50, 0x18, 0x10, 0x00, 0, 0, 0, 0);
    octets_add(o, "data", 4);
}

void
add_ip4_data(struct octets *o)
{
    add_ip4(o, 6, TCP_DATA_OCTETS);
    add_tcp_data(o);
}

void
add_frame_data(struct octets *o)
{
    add_ethernet(o, 0x0800);
    add_ip4_data(o);
}

enum syc_drop
decode_exact(const uint8_t *p, size_t n, size_t length, uint16_t link, unsigned flags,
             struct syc_segment *out)
{
    uint8_t *block = malloc(n > 0 ? n : 1);
    struct syc_frame frame = {.data = block,
                              .captured = (uint32_t)n,
                              .length = (uint32_t)length,
                              .link = link};
    enum syc_drop drop;

    assert_non_null(block);
    memcpy(block, p, n);
    drop = flags == 0 ? syc_decode(&frame, out) : syc_decode_with(&frame, flags, out);
    assert_in_range(drop, 0, SYC_DROP_COUNT - 1);
    if (out->options.n > 0) {
        assert_true(out->options.p >= block && out->options.p + out->options.n <= block + n);
    }
    if (out->payload.n > 0) {
        assert_true(out->payload.p >= block && out->payload.p + out->payload.n <= block + n);
    }
    assert_true(out->options.n <= 40 && out->payload.n <= out->payload_octets);
    out->options.p = out->payload.p = NULL;
    free(block);
    return drop;
}

/* No octet more must be read, and nothing more be known, than was captured. */
static void
decode_cut(const struct octets *o, uint16_t link, size_t sent)
{
    struct syc_segment s;

    for (size_t n = 0; n <= o->n; n++) {
        for (unsigned flags = 0; flags < 4; flags++) {
            if (decode_exact(o->p, n, sent, link, flags, &s) == SYC_DROP_NONE) {
                assert_true(s.payload_cut || s.payload.n == s.payload_octets);
                assert_true(s.options_cut == (s.options.n + 20 < s.tcp_header_octets));
            }
        }
    }
}

enum syc_drop
decode(const struct octets *o, uint16_t link, struct syc_segment *out)
{
    return decode_sent(o, link, o->n, out);
}

enum syc_drop
decode_flagged(const struct octets *o, uint16_t link, unsigned flags, struct syc_segment *out)
{
    struct syc_frame frame = {.data = o->p,
                              .captured = (uint32_t)o->n,
                              .length = (uint32_t)o->n,
                              .link = link};

    memset(out, 0x5a, sizeof *out);
    return syc_decode_with(&frame, flags, out);
}

enum syc_drop
decode_sent(const struct octets *o, uint16_t link, size_t sent, struct syc_segment *out)
{
    struct syc_frame frame = {
        .data = o->p,
        .captured = (uint32_t)o->n,
        .length = (uint32_t)sent,
        .link = link,
        .file = 3,
        .time_ns = 1234567890123456789,
        .number = 42,
    };

    decode_cut(o, link, sent);
    memset(out, 0x5a, sizeof *out); /* whatever is left over must not shine through */
    return syc_decode(&frame, out);
}

void
assert_is_data(const struct syc_segment *s)
{
    assert_int_equal(s->time_ns, 1234567890123456789);
    assert_int_equal(s->number, 42);
    assert_int_equal(s->file, 3);
    assert_int_equal(s->src_port, 49153);
    assert_int_equal(s->dst_port, 80);
    assert_int_equal(s->seq, 0x01020304);
    assert_int_equal(s->ack, 0x05060708);
    assert_int_equal(s->flags, SYC_PSH | SYC_ACK);
    assert_int_equal(s->window, 4096);
    assert_int_equal(s->tcp_header_octets, 20);
    assert_int_equal(s->payload_octets, 4);
    assert_int_equal(s->payload.n, 4);
    assert_memory_equal(s->payload.p, "data", 4);
    assert_int_equal(s->options.n, 0);
    assert_false(s->has_ts || s->options_cut || s->payload_cut || s->unreachable);
}
