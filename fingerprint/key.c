#include "fingerprint/syn_int.h"

#include <string.h>

/*
 * The key: fixed octets, then the options with the octets blanked that no fact depends on (clock
 * values, cookies, tokens, signatures), so that the thousand connections of one stack share one
 * description.
 */

/* Two words of header facts, then the options. */
enum { KEY_OPTIONS = 16 };

_Static_assert(KEY_OPTIONS + 40 == SYC_SYN_KEY,
               "the longest options fit and the key is whole words");

/*
 * Of an acknowledgment number counts whether it is 0, and without ACK also bit 24: see
 * syc_p0f_quirks().
 */
static unsigned
key_bits(const struct syc_segment *s)
{
    const bool bit_24 = (s->flags & SYC_ACK) == 0 && (s->ack >> 24 & 1) != 0;

    return (unsigned)s->ip_df | (unsigned)(s->ip_id != 0) << 1 | (unsigned)s->ip_reserved << 2 |
           (unsigned)(s->flow_label != 0) << 3 | (unsigned)(s->seq == 0) << 4 |
           (unsigned)(s->ack != 0) << 5 | (unsigned)bit_24 << 6 | (unsigned)(s->urgent != 0) << 7 |
           (unsigned)(s->payload_octets != 0) << 8 | (unsigned)s->options_cut << 9 |
           (unsigned)s->ip_mf << 10;
}

/* More than 40 option octets cannot be (four bits of offset); the bound is for who builds segments by hand. */
static inline size_t
option_octets(const struct syc_segment *s)
{
    return s->options.n < 40 ? s->options.n : 40;
}

/* Keys never leave the program, so the words stand in the machine's octet order. */
void
syc_syn_key_head(const struct syc_segment *s, uint32_t peer_mss, uint64_t out[2])
{
    out[0] = (uint64_t)key_bits(s) | (uint64_t)s->flags << 16 | (uint64_t)s->window << 32 |
             (uint64_t)peer_mss << 48;
    out[1] = (uint64_t)s->ttl | (uint64_t)s->ip_v << 8 | (uint64_t)(s->traffic_class & 3) << 12 |
             (uint64_t)s->ip_header_octets << 16 | (uint64_t)s->tcp_header_octets << 24 |
             (uint64_t)option_octets(s) << 32 |
             (uint64_t)(uint16_t)(s->ip_octets - s->payload_octets) << 48;
}

static void
blank(uint8_t *octets, size_t n)
{
    memset(octets, 0, n);
}

/* A clock value counts only as zero or not. */
static void
blank_clock(uint8_t *octets)
{
    const uint8_t set = syc_be32(octets) != 0;

    blank(octets, 3);
    octets[3] = set;
}

/*
 * True when every reader of options (p0f, MuonFP, TCPFP, tshark) that goes on after this one goes
 * on at the same octet. Past the first option for which that does not hold, a value octet of one
 * reader may be a kind of another, so nothing more may be blanked. After an EOL all of them look
 * no further than the first octet that is not zero, and that is a kind, which is never blanked.
 */
static bool
all_agree(const struct syc_option *option)
{
    const size_t n = option->data.n;

    switch (option->kind) {
    case SYC_OPT_MSS:
        return n == 2;
    case SYC_OPT_WSCALE:
        return n == 1;
    case SYC_OPT_SACK_OK:
        return n == 0;
    case SYC_OPT_TS:
        return n == 8;
    default:
        return true;
    }
}

/*
 * The options that nearly every SYN has, of the lengths that all readers agree on: what
 * blank_values() would do, without a word for anything else.
 *
 * clock    where the clock was found; n = nowhere
 * returns  false at the first option of another kind or length, and at a second clock; what is
 *          blanked by then would be blanked again to the same octets
 */
static bool
blank_usual(uint8_t *octets, size_t n, size_t *clock)
{
    size_t i = 0;

    *clock = n;

    while (i < n) {
        const uint8_t kind = octets[i];
        const size_t size = i + 1 < n ? octets[i + 1] : 0;

        if (kind == SYC_OPT_EOL || kind == SYC_OPT_NOP) {
            i++;
            continue;
        }
        if (size > n - i ||
            !((kind == SYC_OPT_MSS && size == 4) || (kind == SYC_OPT_WSCALE && size == 3) ||
              (kind == SYC_OPT_SACK_OK && size == 2) || (kind == SYC_OPT_TS && size == 10))) {
            return false;
        }
        if (kind == SYC_OPT_TS && *clock != n) {
            return false;
        }
        if (kind == SYC_OPT_TS) {
            *clock = i + 2;
            blank_clock(octets + *clock);
            blank_clock(octets + *clock + 4);
        }
        i += size;
    }
    return true;
}

/*
 * The copy is walked while it is changed: only octets before `rest` are written, and
 * syc_option_next() never looks back.
 */
static void
blank_values(uint8_t *octets, size_t n)
{
    struct syc_span rest = {octets, n};
    struct syc_option option;

    while (syc_option_next(&rest, &option) && !option.malformed && all_agree(&option)) {
        uint8_t *value = octets + (n - rest.n - option.data.n);
        size_t kept = syc_tcpfp_value_octets(&option);

        if (option.kind == SYC_OPT_TS) {
            blank_clock(value);
            blank_clock(value + 4);
        } else if (option.kind != SYC_OPT_MSS) {
            blank(value + kept, option.data.n - kept);
        }
    }
}

/*
 * The walk's way is decided by octets that are not blanked. So two segments that agree in all others
 * than one clock, whose walk met only usual options and that clock, are walked alike.
 */
size_t
syc_syn_key(const struct syc_segment *s, uint32_t peer_mss, uint8_t out[SYC_SYN_KEY])
{
    uint8_t *options = out + KEY_OPTIONS;
    const size_t n = option_octets(s);
    uint64_t head[2];
    size_t clock;

    syc_syn_key_head(s, peer_mss, head);
    memset(out, 0, SYC_SYN_KEY);
    memcpy(out, head, sizeof(head));
    if (n != 0) {
        memcpy(options, s->options.p, n);
    }
    if (blank_usual(options, n, &clock)) {
        return clock < n ? KEY_OPTIONS + clock : 0;
    }
    blank_values(options, n);
    return SYC_SYN_KEY_ODD;
}

/* By words, without a call: it is asked for each SYN. */
static inline bool
same_octets(const uint8_t *a, const uint8_t *b, size_t n)
{
    for (; n >= 4; a += 4, b += 4, n -= 4) {
        uint32_t x, y;
        memcpy(&x, a, sizeof(x));
        memcpy(&y, b, sizeof(y));
        if (x != y) {
            return false;
        }
    }
    for (; n > 0; a++, b++, n--) {
        if (*a != *b) {
            return false;
        }
    }
    return true;
}

/* A clock value and what blank_clock() makes of one. */
static inline bool
same_clock(const uint8_t *octets, const uint8_t *blanked)
{
    return (syc_be32(octets) != 0) == (blanked[3] != 0);
}

bool
syc_syn_key_is(const struct syc_segment *s, const uint64_t head[2], const uint8_t key[SYC_SYN_KEY],
               size_t clock)
{
    const uint8_t *options = s->options.p, *its = key + KEY_OPTIONS;
    const size_t n = option_octets(s);
    uint64_t words[2];
    size_t at;

    memcpy(words, key, sizeof(words));
    if (words[0] != head[0] || words[1] != head[1]) {
        return false;
    }
    if (clock == 0) {
        return same_octets(options, its, n);
    }
    at = clock - KEY_OPTIONS;
    return same_octets(options, its, at) && same_clock(options + at, its + at) &&
           same_clock(options + at + 4, its + at + 4) &&
           same_octets(options + at + 8, its + at + 8, n - at - 8);
}
