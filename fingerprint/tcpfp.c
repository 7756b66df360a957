#include "fingerprint/out_int.h"
#include "fingerprint/syn_int.h"

/*
 * nDPI TCPFP v0.4 (the format is ntop's, published under CC BY 4.0):
 * flags_ttlbucket_window_hash12, where hash12 is the beginning of the SHA-256 of a lower-case hex
 * text made of the options: each kind and of its value what belongs to the stack and not to the
 * connection or the path. A Linux SYN:
 *
 *   02 04 05b4   04 02   08 0a 000003e8 00000000   01   03 03 07      the octets
 *   02           04      08                        01   03 07         the text "020408010307"
 *
 * No length octet is written: it is the value's, or it is wrong and the text ends after the kind.
 */

enum { EXID_TFO = 0xf989 }; /* RFC 7413 4.1.1: Fast Open before it had kind 34 */

/* Kinds 253 and 254 are shared: two octets behind the length say whose it is (RFC 6994). */
static bool
is_experiment(uint8_t kind)
{
    return kind == SYC_OPT_EXP1 || kind == SYC_OPT_EXP2;
}

/* With less than the two octets of its number an experiment is nobody's. */
static bool
is_fast_open(const struct syc_option *option)
{
    if (is_experiment(option->kind)) {
        return option->data.n >= 2 && syc_be16(option->data.p) == EXID_TFO;
    }
    return option->kind == SYC_OPT_TFO;
}

/*
 * MSS is the path's, timestamps, digests and cookies are the connection's. Of MPTCP the first
 * octet holds subtype and version, and for MP_CAPABLE (subtype 0) the second the flags; keys and
 * tokens follow (RFC 8684 3.1).
 */
size_t
syc_tcpfp_value_octets(const struct syc_option *option)
{
    size_t most = option->data.n;

    switch (option->kind) {
    case SYC_OPT_MSS:
    case SYC_OPT_TS:
    case SYC_OPT_MD5:
    case SYC_OPT_AO:
    case SYC_OPT_TFO:
        return 0;
    case SYC_OPT_MPTCP:
        most = option->data.n != 0 && option->data.p[0] >> 4 == 0 ? 2 : 1;
        break;
    case SYC_OPT_EXP1:
    case SYC_OPT_EXP2:
        most = 2;
        break;
    default:
        break;
    }
    return option->data.n < most ? option->data.n : most;
}

/*
 * Fast Open goes out together with the NOPs that touch it, so that a cookie does not make a new
 * name.
 */
static void
drop_fast_open(struct syc_out *o, struct syc_span *rest, size_t nops_from)
{
    o->used = nops_from;
    o->text[o->used] = '\0';
    while (rest->n != 0 && rest->p[0] == SYC_OPT_NOP) {
        *rest = syc_span_from(*rest, 1);
    }
}

/*
 * Ends at the EOL, which is written, or after the kind of a malformed option. Never more octets of
 * text than option octets times two, since each octet is written once at most: the caller's buffer
 * is sized by that.
 */
static void
options_text(struct syc_span rest, struct syc_out *o)
{
    struct syc_option option;
    size_t nops_from = 0; /* where the run of NOPs that ends at o->used began */

    while (syc_option_next(&rest, &option)) {
        if (!option.malformed && is_fast_open(&option)) {
            drop_fast_open(o, &rest, nops_from);
            continue;
        }
        syc_out_octet(o, option.kind);
        if (option.malformed || option.kind == SYC_OPT_EOL) {
            return;
        }
        for (size_t i = 0; i < syc_tcpfp_value_octets(&option); i++) {
            syc_out_octet(o, option.data.p[i]);
        }
        nops_from = option.kind == SYC_OPT_NOP ? nops_from : o->used;
    }
}

/* nDPI's bounds; 192 is its own, no system starts there. */
static unsigned
ttl_bucket(uint8_t ttl)
{
    static const uint8_t bounds[] = {32, 64, 128, 192};

    for (size_t i = 0; i < sizeof bounds; i++) {
        if (ttl <= bounds[i]) {
            return bounds[i];
        }
    }
    return 255;
}

void
syc_tcpfp_format(const struct syc_segment *s, char out[SYC_TCPFP_TEXT])
{
    char text[2 * 40 + 1] = "";
    char hash[65];
    struct syc_out r = {text, sizeof text, 0};
    struct syc_out o = {out, SYC_TCPFP_TEXT, 0};

    options_text(s->options, &r);
    syc_sha256_hex(text, r.used, hash);
    hash[12] = '\0';
    syc_out_number(&o, s->flags);
    syc_out_text(&o, "_");
    syc_out_number(&o, ttl_bucket(s->ttl));
    syc_out_text(&o, "_");
    syc_out_number(&o, s->window);
    syc_out_text(&o, "_");
    syc_out_text(&o, hash);
}
