/*
 * What a SYN or SYN+ACK says of its sender. First come the fixed fields of a segment, then one change to it, then its
 * options.
 *
 * Claims: the description is a function of the segment; its texts end, are printable and as long as their lists say;
 * equal keys give equal descriptions (the connection table describes once a key); p0f's raw signature, taken as a
 * signature, is one that the SYN matches.
 */

#include "tests/fuzz/fuzz.h"

#include "fingerprint/fingerprint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_OCTETS = 40 };

static void
take_segment(struct syc_span *in, struct syc_segment *s)
{
    uint8_t bits = fuzz_take8(in);
    bool v4 = (bits & 1) != 0;

    memset(s, 0, sizeof *s);
    s->ip_v = v4 ? 4 : 6;
    s->ip_df = v4 && (bits & 2) != 0;
    s->ip_reserved = v4 && (bits & 4) != 0;
    s->ip_mf = (bits & 8) != 0;
    s->options_cut = (bits & 16) != 0;
    s->flags = (uint16_t)(SYC_SYN | ((bits & 32) != 0 ? SYC_ACK : 0));
    s->flags |= (uint16_t)(fuzz_take8(in) << 4 & 0xfe0);
    s->flags |= (bits & 64) != 0 ? SYC_PSH : 0;
    s->ttl = fuzz_take8(in);
    s->traffic_class = fuzz_take8(in);
    s->window = fuzz_take16(in);
    s->ip_id = v4 ? fuzz_take16(in) : 0;
    s->flow_label = v4 ? 0 : fuzz_take16(in);
    s->seq = fuzz_take32(in);
    s->ack = fuzz_take32(in);
    s->urgent = fuzz_take8(in);
    s->payload_octets = fuzz_take8(in);
    s->ip_header_octets = v4 ? (uint8_t)(20 + fuzz_take8(in) % 11 * 4) : 40;
}

/* Options and what follows from them; octets must live as long as the segment. */
static void
set_options(struct syc_segment *s, const uint8_t *octets, size_t n)
{
    s->options = (struct syc_span){octets, n};
    s->tcp_header_octets = (uint8_t)(20 + (n + 3) / 4 * 4);
    s->options_cut |= n % 4 != 0;
}

/* One of the numbers that are a connection's own, or anything else. */
static void
change(struct syc_segment *s, uint8_t options[OPTION_OCTETS], size_t n, uint8_t which, uint32_t to)
{
    switch (which % 8) {
    case 0:
        s->seq = to;
        break;
    case 1:
        s->ack = to;
        break;
    case 2:
        s->ip_id = s->ip_v == 4 ? (uint16_t)to : 0;
        break;
    case 3:
        s->flow_label = s->ip_v == 6 ? to & 0xfffff : 0;
        break;
    case 4:
        s->payload_octets = to;
        break;
    case 5:
        s->urgent = (uint16_t)to;
        break;
    default:
        if (n > 0) {
            options[to % n] = (uint8_t)(to >> 16);
        }
        break;
    }
}

static size_t
length_of(const char *text, size_t size, const char *what)
{
    size_t n = strnlen(text, size);

    FUZZ_HOLDS(n < size, "%s does not end", what);
    FUZZ_HOLDS(fuzz_is_printable(text, n), "%s: %s", what, text);
    return n;
}

static void
check_syn(const struct syc_segment *s, const struct syc_syn *syn)
{
    size_t p0f = length_of(syn->p0f, sizeof syn->p0f, "p0f");
    size_t layout = length_of(syn->options, sizeof syn->options, "options");

    length_of(syn->tcpfp, sizeof syn->tcpfp, "tcpfp");
    length_of(syn->muonfp, sizeof syn->muonfp, "muonfp");
    FUZZ_HOLDS(syn->option_count <= OPTION_OCTETS, "%u options", syn->option_count);
    FUZZ_HOLDS(syn->quirks < UINT32_C(1) << SYC_QUIRK_COUNT, "quirks %x", syn->quirks);
    FUZZ_HOLDS(syn->ttl == s->ttl && syn->ttl_initial - syn->distance == syn->ttl, "TTL %u",
               syn->ttl);
    FUZZ_HOLDS(syn->mss >= -1 && syn->mss <= UINT16_MAX, "MSS %d", syn->mss);
    FUZZ_HOLDS(syn->wscale >= -1 && syn->wscale <= UINT8_MAX, "scale %d", syn->wscale);
    FUZZ_HOLDS(p0f == 0 || layout == 0 || strstr(syn->p0f, syn->options) != NULL,
               "the layout %s is not in %s", syn->options, syn->p0f);
}

/* p0f's grammar allows a multiple of at most 1000, while a small MSS of the peer gives larger ones. */
static bool
is_in_grammar(const char *p0f)
{
    const char *star = strchr(p0f, '*');

    return star == NULL || strtoul(star + 1, NULL, 10) <= 1000;
}

/* p0f's raw form with the initial TTL in place of "ttl+distance", as its documentation asks for. */
static bool
make_signature(const struct syc_syn *syn, char *out, size_t size)
{
    const char *rest = strchr(syn->p0f, ':');

    rest = rest != NULL ? strchr(rest + 1, ':') : NULL;
    if (rest == NULL || syn->distance > 35 || !is_in_grammar(rest)) {
        return false;
    }
    snprintf(out, size, "classes = unix\n[tcp:%s]\nlabel = s:unix:Drawn:\nsig = %u:%u%s\n",
             syn->kind == SYC_KIND_SYN ? "request" : "response", syn->ip_v, syn->ttl_initial, rest);
    return true;
}

static void
check_signature(const struct syc_syn *syn)
{
    struct syc_signatures *set;
    struct syc_error err = {0};
    struct syc_match match;
    char text[512];

    if (!make_signature(syn, text, sizeof text)) {
        return;
    }
    set = syc_signatures_new();
    FUZZ_HOLDS(set != NULL, "no memory");
    FUZZ_HOLDS(syc_signatures_parse(set, "drawn.fp", text, strlen(text), false, &err) == SYC_OK,
               "%u:%u: %s\n%s", err.line, err.column, err.text, text);
    FUZZ_HOLDS(syc_signatures_count(set) == 1, "%s", text);
    syc_signatures_match(set, syn, &match);
    FUZZ_HOLDS(match.quality == SYC_MATCH_EXACT, "%s for\n%s", syc_quality_name(match.quality),
               text);
    FUZZ_HOLDS(match.distance == syn->distance, "%u hops, not %u", match.distance, syn->distance);
    syc_signatures_free(set);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct syc_span in = {data, size};
    uint8_t which = fuzz_take8(&in), changed[OPTION_OCTETS], key[2][SYC_SYN_KEY];
    uint32_t peer_mss = fuzz_take16(&in), to = fuzz_take32(&in);
    struct syc_segment s, other;
    struct syc_syn first, second;
    struct syc_syn_own own;
    struct syc_span options;
    uint8_t *exact;
    uint64_t before;

    take_segment(&in, &s);
    options = fuzz_take(&in, OPTION_OCTETS);
    exact = fuzz_copy(options.p, options.n);
    set_options(&s, exact, options.n);
    memset(&first, 0xa5, sizeof first);
    before = fuzz_work();
    syc_syn_describe(&s, peer_mss, &first);
    fuzz_bound_work("describe", before, options.n, 500, 5000);
    syc_syn_own(&s, &own);
    check_syn(&s, &first);

    other = s;
    memcpy(changed, exact, options.n);
    other.options.p = changed;
    change(&other, changed, options.n, which, to);
    memset(&second, 0x5a, sizeof second);
    syc_syn_describe(&other, peer_mss, &second);
    syc_syn_key(&s, peer_mss, key[0]);
    syc_syn_key(&other, peer_mss, key[1]);
    FUZZ_HOLDS(memcmp(key[0], key[1], SYC_SYN_KEY) != 0 ||
                   memcmp(&first, &second, sizeof first) == 0,
               "equal keys, two descriptions: %s and %s", first.p0f, second.p0f);
    if (which >= 192) {
        check_signature(&first);
    }
    fuzz_free(exact);
    return 0;
}
