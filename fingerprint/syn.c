#include "fingerprint/syn_int.h"

#include <string.h>

/*
 * struct syc_syn is the answer to "who is it", so it holds what one stack says alike in each of
 * its SYNs and nothing else: a sequence number is in only as "it was 0", a timestamp as "it was
 * 0". What differs between connections is struct syc_syn_own, and syc_syn_key() must know of
 * everything that is read here.
 */

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char *const quirk_names[] = {
#define X(name, word) word,
    SYC_QUIRK_LIST(X)
#undef X
};

_Static_assert(SYC_QUIRK_COUNT <= 32, "quirks are bits of a uint32_t");
_Static_assert(sizeof(((struct syc_walk *)0)->kinds) * 5 + 4 + 90 + 40 < SYC_P0F_TEXT,
               "the longest layout, quirk list and numbers fit into the raw signature");

const char *
syc_quirk_name(enum syc_quirk q)
{
    return (unsigned)q < COUNT(quirk_names) ? quirk_names[q] : "?";
}

const char *
syc_window_unit_name(enum syc_window_unit u)
{
    static const char *const names[] = {"value", "mss", "mtu", "floor65535"};

    return (unsigned)u < COUNT(names) ? names[u] : "?";
}

/* The next usual initial TTL: 32, 64, 128 or 255 (2.1.2). */
static uint8_t
initial_ttl(uint8_t ttl)
{
    if (ttl <= 32) {
        return 32;
    }
    return ttl <= 64 ? 64 : (ttl <= 128 ? 128 : 255);
}

/* One quirk as a bit of the set; keeps the tables of conditions below readable. */
static uint32_t
bit(enum syc_quirk q, bool set)
{
    return set ? UINT32_C(1) << q : 0;
}

/*
 * `ecn` has two sources and p0f does not tell which: the IP field and the TCP flags. tcp_flags and
 * ip_ecn do. DF and IP ID exist in IPv4 only, the flow label in IPv6 only.
 */
static uint32_t
ip_quirks(const struct syc_segment *s)
{
    const bool congestion =
        (s->traffic_class & 3) != 0 || (s->flags & (SYC_ECE | SYC_CWR | SYC_AE)) != 0;

    if (s->ip_v == 6) {
        return bit(SYC_QUIRK_ECN, congestion) | bit(SYC_QUIRK_FLOW, s->flow_label != 0);
    }
    return bit(SYC_QUIRK_DF, s->ip_df) | bit(SYC_QUIRK_ID_PLUS, s->ip_df && s->ip_id != 0) |
           bit(SYC_QUIRK_ID_MINUS, !s->ip_df && s->ip_id == 0) | bit(SYC_QUIRK_ECN, congestion) |
           bit(SYC_QUIRK_RESERVED, s->ip_reserved);
}

/* RSTs carry acknowledgment numbers without the flag so often that p0f does not count those. */
static uint32_t
tcp_quirks(const struct syc_segment *s)
{
    const bool ack = (s->flags & SYC_ACK) != 0;
    const bool urg = (s->flags & SYC_URG) != 0;
    const bool rst = (s->flags & SYC_RST) != 0;

    return bit(SYC_QUIRK_SEQ_ZERO, s->seq == 0) |
           bit(SYC_QUIRK_ACK_PLUS, !ack && !rst && s->ack != 0) |
           bit(SYC_QUIRK_ACK_MINUS, ack && s->ack == 0) |
           bit(SYC_QUIRK_URG_PLUS, !urg && s->urgent != 0) | bit(SYC_QUIRK_URG_FLAG, urg) |
           bit(SYC_QUIRK_PUSH_FLAG, (s->flags & SYC_PSH) != 0);
}

/* A SYN+ACK echoes the timestamp of the SYN, so only a SYN with an echo is strange. */
static uint32_t
option_quirks(const struct syc_segment *s, const struct syc_walk *walk)
{
    const bool pure_syn = (s->flags & (SYC_SYN | SYC_ACK | SYC_FIN | SYC_RST)) == SYC_SYN;
    unsigned from;

    return bit(SYC_QUIRK_TS1_MINUS, walk->ts_val_zero) |
           bit(SYC_QUIRK_TS2_PLUS, pure_syn && walk->ts_ecr_set) |
           bit(SYC_QUIRK_OPT_PLUS, walk->pad_nonzero) | bit(SYC_QUIRK_EXWS, walk->wscale_over_14) |
           bit(SYC_QUIRK_BAD, walk->bad) | bit(SYC_QUIRK_OPTIONS_CUT, s->options_cut) |
           bit(SYC_QUIRK_TS_STRIPPED, syc_stripped_run(walk->kinds, walk->count, &from) != 0);
}

/*
 * ack+: C's precedence makes p0f test bit 24 of the number alone (0x01000000 fires, 1 and
 * 0x02000000 do not). opt+: see read_padding() in options.c. Both measured with crafted SYNs,
 * reference/fingerprints 2.1.3.
 */
uint32_t
syc_p0f_quirks(const struct syc_segment *s, const struct syc_walk *walk, uint32_t quirks)
{
    const uint32_t seen = bit(SYC_QUIRK_ACK_PLUS, (s->ack >> 24 & 1) != 0) |
                          bit(SYC_QUIRK_OPT_PLUS, walk->pad_nonzero_p0f);
    const uint32_t differ = bit(SYC_QUIRK_ACK_PLUS, true) | bit(SYC_QUIRK_OPT_PLUS, true);

    return quirks & (seen | ~differ);
}

/*
 * As captured, from the header that carries TCP: an outer header of a tunnel says nothing of the
 * sender.
 */
static void
describe_ip(const struct syc_segment *s, struct syc_syn *out)
{
    out->ip_v = s->ip_v;
    out->ttl = s->ttl;
    out->ttl_initial = initial_ttl(s->ttl);
    out->distance = (uint8_t)(out->ttl_initial - s->ttl);
    out->df = s->ip_v == 4 && s->ip_df;
    out->ip_ecn = s->traffic_class & 3;
    out->ip_options_bytes = s->ip_v == 4 ? (uint8_t)(s->ip_header_octets - 20) : 0;
}

/*
 * floor65535 says more than a bare multiple, and covers every MSS; with one segment the two are
 * the same.
 */
static void
describe_window(const struct syc_segment *s, const struct syc_walk *walk, struct syc_window p0f,
                struct syc_syn *out)
{
    const bool less_12 = out->kind == SYC_KIND_SYN_ACK && walk->ts_seen;
    const uint32_t n = syc_window_floor65535(s->window, walk->mss, less_12);

    out->window = s->window;
    out->window_unit = n > 1 ? SYC_WINDOW_FLOOR65535 : p0f.unit;
    out->window_n = n > 1 ? n : p0f.n;
}

/* Does the strict walk list this kind? Past a malformed option only p0f goes on, and its text alone says what it saw. */
static bool
lists(const struct syc_syn *syn, uint8_t kind)
{
    return memchr(syn->option_kinds, kind, syn->option_count) != NULL;
}

/* -1 tells an absent option from one with value 0, which p0f prints alike. */
static void
describe_tcp(const struct syc_segment *s, const struct syc_walk *walk, struct syc_syn *out)
{
    out->kind = (s->flags & SYC_ACK) != 0 ? SYC_KIND_SYN_ACK : SYC_KIND_SYN;
    out->tcp_flags = s->flags;
    out->option_count = syc_list_kinds(s->options, out->option_kinds);
    out->mss = walk->mss_seen && lists(out, SYC_OPT_MSS) ? walk->mss : -1;
    out->wscale = walk->wscale_seen && lists(out, SYC_OPT_WSCALE) ? walk->wscale : -1;
    out->has_payload = s->payload_octets != 0;
    out->quirks = ip_quirks(s) | tcp_quirks(s) | option_quirks(s, walk);
}

/*
 * The names are left empty when they would name something else: options that were cut are other
 * options, and neither p0f nor TCPFP looks at fragments.
 */
void
syc_syn_describe(const struct syc_segment *s, uint32_t peer_mss, struct syc_syn *out)
{
    struct syc_walk walk;
    struct syc_window window;

    memset(out, 0, sizeof *out);
    syc_walk_options(s, &walk);
    window = syc_window_p0f(s, &walk, peer_mss);
    describe_ip(s, out);
    describe_tcp(s, &walk, out);
    describe_window(s, &walk, window, out);
    syc_layout_format(&walk, out->options);
    if (s->options_cut) {
        return;
    }
    syc_muonfp_format(s, out->muonfp);
    if (s->ip_mf) {
        return;
    }
    syc_p0f_format(out, &walk, window, syc_p0f_quirks(s, &walk, out->quirks), out->p0f);
    if (out->kind == SYC_KIND_SYN) {
        syc_tcpfp_format(s, out->tcpfp);
    }
}

/*
 * Numbers of the same segment that tell connections of one stack apart. SYC_NONE where the version or the option
 * does not exist, which is not the same as a zero.
 */
void
syc_syn_own(const struct syc_segment *s, struct syc_syn_own *out)
{
    out->ip_id = s->ip_v == 4 ? s->ip_id : SYC_NONE;
    out->flow_label = s->ip_v == 6 ? (int64_t)s->flow_label : SYC_NONE;
    out->ts_val = s->has_ts ? (int64_t)s->ts_val : SYC_NONE;
    out->ts_ecr = s->has_ts ? (int64_t)s->ts_ecr : SYC_NONE;
    out->payload_bytes = s->payload_octets;
}

uint32_t
syc_syn_p0f_mss(const struct syc_segment *s)
{
    struct syc_walk walk;

    syc_walk_options(s, &walk);
    return walk.mss_seen ? walk.mss : 0;
}
