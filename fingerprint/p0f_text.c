#include "fingerprint/out_int.h"
#include "fingerprint/syn_int.h"

/*
 * p0f's raw signature, ver:ttl+dist:olen:mss:wsize,scale:olayout:quirks:pclass, for example
 *
 *   4:57+7:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0
 *
 *   4                    IP version
 *   57+7                 TTL as captured, hops to the next usual initial TTL
 *   0                    octets of IPv4 options
 *   1460                 MSS, 0 if absent
 *   mss*44               window: the multiple that syc_window_p0f() found, else the raw number
 *   7                    window scale, 0 if absent
 *   mss,sok,ts,nop,ws    every option kind in order
 *   df,id+               quirks that are set, in the order of SYC_QUIRK_LIST
 *   0                    no payload
 *
 * source  reference/fingerprints 2.1.2; 16,165 lines of p0f 3.09b agree letter for letter
 */

/* One kind as p0f writes it. p0f knows no more names than these six; all other kinds are ?N. */
static void
put_option(struct syc_out *o, const struct syc_walk *walk, uint8_t kind)
{
    switch (kind) {
    case SYC_OPT_EOL:
        syc_out_text(o, "eol+");
        syc_out_number(o, walk->eol_pad);
        break;
    case SYC_OPT_NOP:
        syc_out_text(o, "nop");
        break;
    case SYC_OPT_MSS:
        syc_out_text(o, "mss");
        break;
    case SYC_OPT_WSCALE:
        syc_out_text(o, "ws");
        break;
    case SYC_OPT_SACK_OK:
        syc_out_text(o, "sok");
        break;
    case SYC_OPT_SACK:
        syc_out_text(o, "sack");
        break;
    case SYC_OPT_TS:
        syc_out_text(o, "ts");
        break;
    default:
        syc_out_text(o, "?");
        syc_out_number(o, kind);
        break;
    }
}

/* Only one EOL can be in the list, since the walk ends at it: so one padding count is enough. */
void
syc_layout_format(const struct syc_walk *walk, char out[SYC_OPTIONS_TEXT])
{
    struct syc_out o = {out, SYC_OPTIONS_TEXT, 0};

    for (unsigned i = 0; i < walk->count; i++) {
        syc_out_text(&o, i != 0 ? "," : "");
        put_option(&o, walk, walk->kinds[i]);
    }
}

/* Up to `bad`: the words after it are ours and p0f would not know them. */
static void
put_quirks(struct syc_out *o, uint32_t quirks)
{
    const char *comma = "";

    for (unsigned q = 0; q <= SYC_QUIRK_BAD; q++) {
        if ((quirks >> q & 1) != 0) {
            syc_out_text(o, comma);
            syc_out_text(o, syc_quirk_name((enum syc_quirk)q));
            comma = ",";
        }
    }
}

/* Beyond 35 hops p0f takes the initial TTL for an unusual one and gives no distance. */
static void
put_ttl(struct syc_out *o, const struct syc_syn *syn)
{
    syc_out_number(o, syn->ip_v);
    syc_out_text(o, ":");
    syc_out_number(o, syn->ttl);
    syc_out_text(o, "+");
    if (syn->distance > SYC_P0F_MAX_DISTANCE) {
        syc_out_text(o, "?");
    } else {
        syc_out_number(o, syn->distance);
    }
}

/*
 * A server that echoes the MSS of p0f's probe tool has no MSS of its own to show, so p0f suggests
 * a wildcard; it does so for every SYN+ACK with that value.
 */
static void
put_mss_and_window(struct syc_out *o, const struct syc_syn *syn, const struct syc_walk *walk,
                   struct syc_window window)
{
    if (syn->kind == SYC_KIND_SYN_ACK && walk->mss == SYC_P0F_ECHO_MSS) {
        syc_out_text(o, "*:");
    } else {
        syc_out_number(o, walk->mss);
        syc_out_text(o, ":");
    }
    if (window.unit != SYC_WINDOW_VALUE) {
        syc_out_text(o, window.unit == SYC_WINDOW_MTU ? "mtu*" : "mss*");
    }
    syc_out_number(o, window.n);
    syc_out_text(o, ",");
    syc_out_number(o, walk->wscale);
}

void
syc_p0f_format(const struct syc_syn *syn, const struct syc_walk *walk, struct syc_window window,
               uint32_t p0f_quirks, char out[SYC_P0F_TEXT])
{
    struct syc_out o = {out, SYC_P0F_TEXT, 0};

    put_ttl(&o, syn);
    syc_out_text(&o, ":");
    syc_out_number(&o, syn->ip_options_bytes);
    syc_out_text(&o, ":");
    put_mss_and_window(&o, syn, walk, window);
    syc_out_text(&o, ":");
    syc_out_text(&o, syn->options);
    syc_out_text(&o, ":");
    put_quirks(&o, p0f_quirks);
    syc_out_text(&o, syn->has_payload ? ":+" : ":0");
}
