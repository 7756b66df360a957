#include "tests/unit/fingerprint/groups.h"

#include <stdlib.h>
#include <string.h>

static size_t
from_hex(const char *text, uint8_t out[40])
{
    size_t n = strlen(text) / 2;

    assert_true(n <= 40 && strlen(text) % 2 == 0);
    for (size_t i = 0; i < n; i++) {
        char octet[3] = {text[2 * i], text[2 * i + 1], '\0'};

        out[i] = (uint8_t)strtoul(octet, NULL, 16);
    }
    return n;
}

static void
fill_ip(struct syc_segment *s, const struct build *from)
{
    s->ip_v = from->ip_v != 0 ? from->ip_v : 4;
    s->ttl = from->ttl != 0 || from->ttl_0 ? from->ttl : 64;
    s->traffic_class = from->tos;
    s->flow_label = from->flow;
    s->ip_header_octets = s->ip_v == 6 ? 40 : (uint8_t)(20 + from->ip_options);
    if (s->ip_v == 4) {
        s->ip_df = !from->no_df;
        s->ip_id = from->id_0 ? 0 : 1;
        s->ip_reserved = from->reserved;
    }
}

void
built_init(struct built *out, const struct build *from)
{
    struct syc_segment *s = &out->segment;

    memset(out, 0, sizeof *out);
    fill_ip(s, from);
    s->options.n = from_hex(from->options != NULL ? from->options : LINUX_OPTIONS, out->octets);
    s->options.p = out->octets;
    s->tcp_header_octets = (uint8_t)(20 + s->options.n);
    s->flags = from->flags != 0 ? from->flags : SYC_SYN;
    s->window = from->window != 0 || from->window_0 ? from->window : 64240;
    s->seq = from->seq_0 ? 0 : 0x11223344;
    s->ack = from->ack;
    s->urgent = from->urgent;
    s->payload_octets = from->payload;
}

void
describe(const struct build *from, struct syc_syn *out)
{
    struct built built;

    built_init(&built, from);
    syc_syn_describe(&built.segment, from->peer_mss, out);
}
