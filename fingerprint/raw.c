#include "fingerprint/out_int.h"
#include "fingerprint/signature_int.h"

#include <string.h>

/*
 * Raw signatures read back and generalized: what p0f prints of one SYN, as the facts it was printed from and as the
 * signature of its stack.
 */

/* Of the options as a stack writes them, up to the next multiple of four. */
static unsigned
option_octets(const struct syc_sig *sig)
{
    unsigned n = sig->eol_pad;

    for (unsigned i = 0; i < sig->count; i++) {
        size_t lawful = syc_option_lawful_size(sig->kinds[i]);

        if (sig->kinds[i] == SYC_OPT_EOL || sig->kinds[i] == SYC_OPT_NOP) {
            lawful = 1;
        }
        n += lawful != 0 ? (unsigned)lawful : 2;
    }
    return (n + 3) / 4 * 4;
}

/* The window that prints as this multiple: mss * n where that is one, else with one of p0f's other units. */
static bool
find_window(struct syc_segment *s, const struct syc_sig *sig, const struct syc_walk *walk)
{
    const int32_t units[] = {sig->mss, sig->mss - 12, 1460,          1448,          1440,
                             1428,     sig->mss + 40, sig->mss + 60, sig->mss + 52, 1500};
    const uint8_t wanted = sig->wsize == SYC_WSIZE_MSS ? SYC_WINDOW_MSS : SYC_WINDOW_MTU;

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        int64_t octets = (int64_t)units[i] * sig->wsize_n;

        if (octets > 0 && octets <= 65535) {
            struct syc_window seen;

            s->window = (uint16_t)octets;
            seen = syc_window_p0f(s, walk, 0);
            if (seen.unit == wanted && seen.n == sig->wsize_n) {
                return true;
            }
        }
    }
    return false;
}

/* The next usual initial TTL and the hops to it are in the text: "57+7". A distance of "?" leaves the usual guess. */
static void
tell_ttl(const char *raw, struct syc_syn *out)
{
    static const uint8_t usual[] = {32, 64, 128, 255};
    size_t i = 0;

    out->ttl = (uint8_t)0;
    for (raw += 2; *raw >= '0' && *raw <= '9'; raw++) {
        out->ttl = (uint8_t)(out->ttl * 10 + (*raw - '0'));
    }
    while (usual[i] < out->ttl) {
        i++;
    }
    out->ttl_initial = usual[i];
    out->distance = (uint8_t)(usual[i] - out->ttl);
}

/* What several SYNs may have in common has no place in what one of them showed. */
static bool
has_wildcards(const struct syc_sig *sig)
{
    return sig->ip_v == SYC_ANY || sig->random_ttl || sig->wsize == SYC_WSIZE_ANY ||
           sig->wsize == SYC_WSIZE_MULTIPLE_OF || sig->wscale == SYC_ANY || sig->payload == SYC_ANY;
}

static bool
has_option(const struct syc_sig *sig, uint8_t kind)
{
    return memchr(sig->kinds, kind, sig->count) != NULL;
}

/* The raw window: what a multiple stands for, 0 when it stands for none. */
static uint16_t
window_of(const struct syc_sig *sig)
{
    struct syc_segment s = {.ip_v = (uint8_t)sig->ip_v, .window = sig->wsize_n};
    struct syc_walk walk = {.mss = (uint16_t)sig->mss};

    s.ip_header_octets = (uint8_t)(sig->ip_v == 6 ? 40 : 20 + sig->ip_options_bytes);
    s.tcp_header_octets = (uint8_t)(20 + option_octets(sig));
    walk.ts_val = has_option(sig, SYC_OPT_TS) && (sig->quirks >> SYC_QUIRK_TS1_MINUS & 1) == 0;
    if (sig->wsize != SYC_WSIZE_VALUE && !find_window(&s, sig, &walk)) {
        return 0;
    }
    return s.window;
}

static void
tell_facts(const struct syc_sig *sig, struct syc_syn *out)
{
    out->ip_v = (uint8_t)sig->ip_v;
    out->window = window_of(sig);
    out->mss = has_option(sig, SYC_OPT_MSS) ? sig->mss : -1;
    out->wscale = has_option(sig, SYC_OPT_WSCALE) ? sig->wscale : -1;
    out->option_count = sig->count;
    memcpy(out->option_kinds, sig->kinds, sig->count);
    out->quirks = sig->quirks;
    out->ip_options_bytes = sig->ip_options_bytes;
    out->has_payload = sig->payload > 0;
}

enum syc_status
syc_syn_from_raw(const char *raw, bool syn_ack, struct syc_syn *out, struct syc_error *err)
{
    struct syc_scan scan = {raw, raw + strlen(raw), raw, 1, "raw signature", err};
    struct syc_sig sig;
    enum syc_status status;

    memset(out, 0, sizeof *out);
    if (strlen(raw) >= sizeof out->p0f) {
        return syc_scan_fail(&scan, "too long for a raw signature");
    }
    status = syc_sig_parse(&scan, SYC_DIALECT_OBSERVED, &sig);
    if (status == SYC_OK && has_wildcards(&sig)) {
        scan.p = raw;
        status = syc_scan_fail(&scan, "a raw signature is what one SYN showed: without wildcards");
    }
    if (status != SYC_OK) {
        return status;
    }
    sig.mss = sig.mss == SYC_ANY ? SYC_P0F_ECHO_MSS : sig.mss;
    out->kind = syn_ack ? SYC_KIND_SYN_ACK : SYC_KIND_SYN;
    memcpy(out->p0f, raw, strlen(raw));
    tell_facts(&sig, out);
    tell_ttl(raw, out);
    return SYC_OK;
}

/*
 * Field n of a raw signature, up to its colon; no field of it can hold one.
 */
static void
put_field(struct syc_out *o, const char *raw, unsigned n)
{
    for (; n > 0; raw++) {
        n -= *raw == ':';
    }
    syc_out_span(o, raw, strcspn(raw, ":"));
}

/* A file's multiples end at 1000. */
static void
put_window(struct syc_out *o, const struct syc_syn *syn, const struct syc_sig *sig)
{
    if (sig->wsize != SYC_WSIZE_VALUE && sig->wsize_n <= 1000) {
        put_field(o, syn->p0f, 4);
        return;
    }
    syc_out_number(o, syn->window);
    syc_out_text(o, ",");
    syc_out_number(o, (unsigned)sig->wscale);
}

/* Beyond 35 hops the TTL is one that is drawn: "N-". p0f then takes no IP options, so with them it stays as it is. */
bool
syc_signature_for(const struct syc_syn *syn, char out[SYC_SIGNATURE_TEXT])
{
    struct syc_scan scan = {.p = syn->p0f, .line = syn->p0f, .name = ""};
    struct syc_out o = {out, SYC_SIGNATURE_TEXT, 0};
    struct syc_sig sig;

    out[0] = '\0';
    scan.end = syn->p0f + strnlen(syn->p0f, sizeof syn->p0f);
    if (syc_sig_parse(&scan, SYC_DIALECT_OBSERVED, &sig) != SYC_OK) {
        return false;
    }
    syc_out_number(&o, syn->ip_v);
    syc_out_text(&o, ":");
    syc_out_number(&o, syn->ttl_initial);
    syc_out_text(&o,
                 syn->distance > SYC_P0F_MAX_DISTANCE && syn->ip_options_bytes == 0 ? "-:" : ":");
    syc_out_number(&o, syn->ip_options_bytes);
    syc_out_text(&o, has_option(&sig, SYC_OPT_MSS) ? ":*:" : ":0:");
    put_window(&o, syn, &sig);
    for (unsigned n = 5; n <= 7; n++) {
        syc_out_text(&o, ":");
        put_field(&o, syn->p0f, n);
    }
    return true;
}
