#include "fingerprint/out_int.h"
#include "fingerprint/syn_int.h"

/*
 * MuonFP (sundruid/muonfp, MIT): window:kinds:mss:wscale, what is absent is empty,
 * "64240:2-4-8-1-3:1460:7". Its walk over the options differs from p0f's and from TCPFP's in
 * malformed lists only, but those are what fingerprints are for: see step(). Source:
 * reference/fingerprints 2.6.
 */

/* The last MSS and window scale of the list; a header with several says the last, as MuonFP does. */
struct muon {
    bool mss_seen;
    bool wscale_seen;
    uint16_t mss;
    uint8_t wscale;
};

/*
 * Octets to go on by after the kind at rest was listed; 0 ends the walk. MSS and WS have fixed
 * steps.
 */
static size_t
step(struct syc_span rest, struct muon *m)
{
    switch (rest.p[0]) {
    case SYC_OPT_EOL:
        return 0;
    case SYC_OPT_NOP:
        return 1;
    case SYC_OPT_MSS:
        if (rest.n >= 4) {
            m->mss_seen = true;
            m->mss = syc_be16(rest.p + 2);
        }
        return 4;
    case SYC_OPT_WSCALE:
        if (rest.n >= 3) {
            m->wscale_seen = true;
            m->wscale = rest.p[2];
        }
        return 3;
    default:
        return rest.n >= 2 && rest.p[1] >= 2 ? rest.p[1] : 0;
    }
}

void
syc_muonfp_format(const struct syc_segment *s, char out[SYC_MUONFP_TEXT])
{
    struct syc_out o = {out, SYC_MUONFP_TEXT, 0};
    struct syc_span rest = s->options;
    struct muon m = {0};
    const char *dash = "";

    syc_out_number(&o, s->window);
    syc_out_text(&o, ":");
    while (rest.n != 0) {
        size_t size = step(rest, &m);

        syc_out_text(&o, dash);
        syc_out_number(&o, rest.p[0]);
        dash = "-";
        rest = size == 0 ? (struct syc_span){rest.p, 0} : syc_span_from(rest, size);
    }
    syc_out_text(&o, ":");
    if (m.mss_seen) {
        syc_out_number(&o, m.mss);
    }
    syc_out_text(&o, ":");
    if (m.wscale_seen) {
        syc_out_number(&o, m.wscale);
    }
}
