/*
 * One frame of any link layer. First octet: which link layer, and above bit 4 what is asked for; second: how its length on the wire relates to what was
 * captured; the rest is the frame.
 *
 * Claims: decoding is a function of the frame alone (twice, at two places in memory, over two kinds of garbage, the same
 * result); spans lie inside the frame; the fields of a segment agree with each other; timestamps are those that a walk of
 * its own finds; a VLAN tag in front changes nothing but the path; checking checksums either refuses a frame or changes
 * nothing; with tunnels closed no way goes through one.
 */

#include "tests/fuzz/fuzz.h"

#include "capture/capture.h"

#include <string.h>

/* tcpdump.org/linktypes.html: those that are read, those that may be, and one that never is. */
static const uint16_t links[] = {1,   0,   101, 108, 113, 276, 228, 229, 12,  14, 9,
                                 50,  51,  104, 10,  105, 127, 163, 192, 119, 8,  107,
                                 109, 117, 141, 166, 187, 203, 206, 216, 147, 230};

enum { LINKS = sizeof links / sizeof links[0], ETHERNET = 1 };

static uint32_t
wire_length(uint8_t how, uint32_t captured)
{
    switch (how) {
    case 255: /* what a broken writer leaves */
        return 0;
    case 254:
        return captured / 2;
    case 253:
        return UINT32_MAX;
    default: /* the snap length cut the last octets off */
        return captured + how;
    }
}

/* ------------------------------------------------------------ one segment */

static void
check_span(const struct syc_frame *f, struct syc_span s, const char *what)
{
    if (s.n == 0 && s.p == NULL) {
        return;
    }
    FUZZ_HOLDS(s.p >= f->data && s.p <= f->data + f->captured, "%s begins outside", what);
    FUZZ_HOLDS(s.n <= (size_t)(f->data + f->captured - s.p), "%s ends outside", what);
}

static void
check_path(const struct syc_path *p)
{
    FUZZ_HOLDS(p->vlan_count <= SYC_PATH_MAX && p->tunnel_count <= SYC_PATH_MAX, "%u tags, %u",
               p->vlan_count, p->tunnel_count);
    for (size_t i = 0; i < SYC_PATH_MAX; i++) {
        FUZZ_HOLDS(i < p->vlan_count ? p->vlan[i] < 4096 : p->vlan[i] == 0, "tag %zu is %u", i,
                   p->vlan[i]);
        FUZZ_HOLDS(i < p->tunnel_count
                       ? p->tunnel[i] > SYC_TUNNEL_NONE && p->tunnel[i] < SYC_TUNNEL_COUNT
                       : p->tunnel[i] == 0,
                   "tunnel %zu is %u", i, p->tunnel[i]);
    }
}

/* The first timestamp option of the right length before an end of list or a fault (RFC 7323 3.2). */
static const uint8_t *
find_timestamps(struct syc_span o)
{
    for (size_t at = 0; at < o.n && o.p[at] != 0;) {
        if (o.p[at] == 1) {
            at++;
            continue;
        }
        if (at + 1 >= o.n || o.p[at + 1] < 2 || o.p[at + 1] > o.n - at) {
            break;
        }
        if (o.p[at] == 8 && o.p[at + 1] == 10) {
            return o.p + at + 2;
        }
        at += o.p[at + 1];
    }
    return NULL;
}

static void
check_address(const struct syc_segment *s, const uint8_t addr[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    FUZZ_HOLDS(s->ip_v == 6 || memcmp(addr, mapped, 12) == 0, "an IPv4 address that is not mapped");
}

static void
check_segment(const struct syc_segment *s)
{
    const uint8_t *ts = find_timestamps(s->options);

    FUZZ_HOLDS(s->ip_v == 4 || s->ip_v == 6, "version %u", s->ip_v);
    check_address(s, s->src);
    check_address(s, s->dst);
    FUZZ_HOLDS(s->flags <= 0xfff, "flags %x", s->flags);
    FUZZ_HOLDS(s->flow_label <= 0xfffff && (s->ip_v == 6 || s->flow_label == 0), "label %x",
               s->flow_label);
    FUZZ_HOLDS(s->ip_v == 4 || (s->ip_id == 0 && !s->ip_df && !s->ip_reserved), "IPv4 fields");
    FUZZ_HOLDS(s->ip_v == 6 ? s->ip_header_octets == 40
                            : s->ip_header_octets >= 20 && s->ip_header_octets <= 60,
               "IP header of %u", s->ip_header_octets);
    FUZZ_HOLDS(s->tcp_header_octets >= 20 && s->tcp_header_octets <= 60, "TCP header of %u",
               s->tcp_header_octets);
    FUZZ_HOLDS(s->options.n <= s->tcp_header_octets - 20u, "%zu option octets", s->options.n);
    FUZZ_HOLDS(s->options_cut == (s->options.n < s->tcp_header_octets - 20u), "options_cut %d",
               s->options_cut);
    FUZZ_HOLDS(s->payload.n <= s->payload_octets, "%zu of %u payload octets", s->payload.n,
               s->payload_octets);
    FUZZ_HOLDS(s->payload_cut || s->payload.n == s->payload_octets, "payload is cut in silence");
    FUZZ_HOLDS(s->has_ts == (ts != NULL), "has_ts %d", s->has_ts);
    FUZZ_HOLDS(ts == NULL || (s->ts_val == syc_be32(ts) && s->ts_ecr == syc_be32(ts + 4)),
               "timestamps %x %x", s->ts_val, s->ts_ecr);
    FUZZ_HOLDS(!s->unreachable, "a segment that is an ICMP error");
}

static void
check(const struct syc_frame *f, enum syc_drop drop, const struct syc_segment *s)
{
    FUZZ_HOLDS(drop < SYC_DROP_COUNT, "reason %d", (int)drop);
    FUZZ_HOLDS(s->time_ns == f->time_ns && s->number == f->number && s->file == f->file,
               "time, number or file");
    check_span(f, s->options, "options");
    check_span(f, s->payload, "payload");
    check_path(&s->path);
    if (drop == SYC_DROP_NONE) {
        check_segment(s);
    }
    FUZZ_HOLDS(!s->unreachable || drop == SYC_DROP_ICMP_ERROR, "unreachable with %s",
               syc_drop_name(drop));
}

/* ------------------------------------------------------------ the same again */

static enum syc_drop
decode_at(struct syc_frame f, unsigned flags, const uint8_t *data, int garbage,
          struct syc_segment *out)
{
    uint64_t before = fuzz_work();
    enum syc_drop drop;

    f.data = data;
    memset(out, garbage, sizeof *out);
    drop = flags != 0 ? syc_decode_with(&f, flags, out) : syc_decode(&f, out);
    /* 8 tags and 8 tunnels, each with its own header and chain of up to 17 headers, in the constant */
    fuzz_bound_work("decode", before, f.captured, 8, 600);
    return drop;
}

static const uint8_t *
distance(const uint8_t *p, const uint8_t *from)
{
    return p != NULL ? (const uint8_t *)((uintptr_t)p - (uintptr_t)from + 1) : NULL;
}

/* Spans as distances, so that results from two places compare. */
static void
unroot(struct syc_segment *s, const uint8_t *data)
{
    s->options.p = distance(s->options.p, data);
    s->payload.p = distance(s->payload.p, data);
}

static void
check_again(const struct syc_frame *f, unsigned flags, enum syc_drop drop, struct syc_segment first)
{
    uint8_t *moved = fuzz_copy(f->data, f->captured);
    struct syc_segment second;

    FUZZ_HOLDS(decode_at(*f, flags, moved, 0xa5, &second) == drop, "another reason");
    unroot(&first, f->data);
    unroot(&second, moved);
    FUZZ_HOLDS(memcmp(&first, &second, sizeof first) == 0, "another segment");
    fuzz_free(moved);
}

/* IEEE 802.1Q 9.6: a tag stands before the type it announces. Below 0x600 the type is a length, which no tag may precede. */
static void
check_tagged(const struct syc_frame *f, unsigned flags, enum syc_drop drop,
             struct syc_segment plain)
{
    static const uint8_t tag[4] = {0x81, 0, 0xe0, 0x07}; /* priority 7, id 7 */
    struct syc_frame wrapped = *f;
    struct syc_segment inside;
    enum syc_drop got;
    uint8_t *octets;

    if (f->link != ETHERNET || f->captured < 14 || syc_be16(f->data + 12) < 0x600 ||
        f->length < f->captured || f->length > UINT32_MAX - 4) {
        return;
    }
    wrapped.captured += 4;
    wrapped.length += 4;
    octets = fuzz_copy(NULL, wrapped.captured);
    memcpy(octets, f->data, 12);
    memcpy(octets + 12, tag, 4);
    memcpy(octets + 16, f->data + 12, f->captured - 12);
    got = decode_at(wrapped, flags, octets, 0x5a, &inside);
    FUZZ_HOLDS(got == drop || got == SYC_DROP_PATH_DEPTH, "behind a tag %s, without it %s",
               syc_drop_name(got), syc_drop_name(drop));
    if (got == SYC_DROP_NONE) {
        FUZZ_HOLDS(inside.path.vlan_count == plain.path.vlan_count + 1 && inside.path.vlan[0] == 7,
                   "%u tags", inside.path.vlan_count);
        inside.path = plain.path;
        unroot(&inside, octets + 4);
        unroot(&plain, f->data);
        FUZZ_HOLDS(memcmp(&plain, &inside, sizeof plain) == 0, "a tag changed more than the path");
    }
    fuzz_free(octets);
}

/* What a flag asks for, against the same frame without it. */
static void
check_flags(const struct syc_frame *f, unsigned flags, enum syc_drop drop,
            const struct syc_segment *s)
{
    struct syc_segment plain;
    enum syc_drop without = decode_at(*f, 0, f->data, 0, &plain);

    if ((flags & SYC_DECODE_NO_TUNNELS) != 0) {
        FUZZ_HOLDS(s->path.tunnel_count == 0, "%u tunnels", s->path.tunnel_count);
        FUZZ_HOLDS(drop != SYC_DROP_NONE || plain.path.tunnel_count == 0, "a tunnel was not seen");
    }
    FUZZ_HOLDS(drop == without || drop == SYC_DROP_BAD_CHECKSUM || drop == SYC_DROP_TUNNEL_CLOSED,
               "%s, without flags %s", syc_drop_name(drop), syc_drop_name(without));
    FUZZ_HOLDS(drop != SYC_DROP_NONE || memcmp(s, &plain, sizeof plain) == 0, "another segment");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct syc_span in = {data, size};
    uint8_t which = fuzz_take8(&in);
    uint8_t how = fuzz_take8(&in);
    unsigned flags =
        (which >> 5 & 1 ? SYC_DECODE_NO_TUNNELS : 0) | (which >> 6 & 1 ? SYC_DECODE_CHECKSUMS : 0);
    struct syc_frame f = {.captured = (uint32_t)in.n,
                          .link = links[which % LINKS],
                          .file = 3,
                          .time_ns = INT64_C(1700000000123456789),
                          .number = 42};
    uint8_t *exact = fuzz_copy(in.p, in.n);
    struct syc_segment s;
    enum syc_drop drop;

    f.data = exact;
    f.length = wire_length(how, f.captured);
    drop = decode_at(f, flags, exact, 0, &s);
    check(&f, drop, &s);
    check_again(&f, flags, drop, s);
    check_tagged(&f, flags, drop, s);
    check_flags(&f, flags, drop, &s);
    fuzz_free(exact);
    return 0;
}
