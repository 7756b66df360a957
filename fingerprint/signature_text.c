#include "fingerprint/signature_int.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/*
 * ver:ittl:olen:mss:wsize,scale:olayout:quirks:pclass (reference/fingerprints 2.1.5)
 *
 *   ver      4 | 6 | *
 *   ittl     N | N+D (their sum) | N- (any TTL up to N: the sender draws it)
 *   olen     N
 *   mss      N | *
 *   wsize    N | * | %N (a multiple of N) | mss*N | mtu*N | floor65535 (ours)
 *   scale    N | *
 *   olayout  words of options, comma between, eol+N last; may be empty
 *   quirks   words, comma between; may be empty
 *   pclass   0 | + | *
 *
 * What p0f prints of a SYN is itself written in this grammar but for "ttl+?", so match.c reads
 * observed raw signatures with the same code, as SYC_DIALECT_OBSERVED.
 */

/* A separator that must stand here; the message names it and the whole form. */
static enum syc_status
expect(struct syc_scan *s, const char *word)
{
    char what[96];

    if (syc_scan_word(s, word)) {
        return SYC_OK;
    }
    snprintf(what, sizeof what,
             "\"%s\" is expected: ver:ittl:olen:mss:wsize,scale:options:quirks:payload", word);
    return syc_scan_fail(s, what);
}

/* What stands for the IP version; then the colon. */
static enum syc_status
version(struct syc_scan *s, struct syc_sig *out)
{
    if (syc_scan_word(s, "*")) {
        out->ip_v = SYC_ANY;
    } else if (syc_scan_word(s, "4")) {
        out->ip_v = 4;
    } else if (syc_scan_word(s, "6")) {
        out->ip_v = 6;
    } else {
        return syc_scan_fail(s, "the IP version is 4, 6 or *");
    }
    return expect(s, ":");
}

/* A raw signature's TTL may be 0, and its distance "?". */
static enum syc_status
ttl(struct syc_scan *s, enum syc_dialect dialect, struct syc_sig *out)
{
    unsigned n;
    unsigned add = 0;
    enum syc_status status = syc_scan_number(s, dialect == SYC_DIALECT_OBSERVED ? 0 : 1, 255, &n);

    if (status != SYC_OK) {
        return status;
    }
    if (syc_scan_word(s, "-")) {
        out->random_ttl = true;
    } else if (syc_scan_word(s, "+") &&
               !(dialect == SYC_DIALECT_OBSERVED && syc_scan_word(s, "?"))) {
        status = syc_scan_number(s, 0, 255 - n, &add);
    }
    out->ttl = (uint8_t)(n + add);
    return status == SYC_OK ? expect(s, ":") : status;
}

/*
 * After "N-" p0f has already stepped over the field when it reads it, so its value is 0 whatever
 * stands there. Measured: "64-:4:" matched a SYN without IP options and not one with four octets
 * of them.
 */
static enum syc_status
ip_options(struct syc_scan *s, enum syc_dialect dialect, struct syc_sig *out)
{
    unsigned n;
    enum syc_status status = syc_scan_number(s, 0, 255, &n);

    if (status != SYC_OK) {
        return status;
    }
    out->ip_options_bytes = dialect == SYC_DIALECT_P0F && out->random_ttl ? 0 : (uint8_t)n;
    return expect(s, ":");
}

/* MSS and scale: a number or the wildcard, then the separator. */
static enum syc_status
number_or_any(struct syc_scan *s, unsigned most, const char *after, int32_t *out)
{
    unsigned n;
    enum syc_status status;

    if (syc_scan_word(s, "*")) {
        *out = SYC_ANY;
        return expect(s, after);
    }
    status = syc_scan_number(s, 0, most, &n);
    if (status != SYC_OK) {
        return status;
    }
    *out = (int32_t)n;
    return expect(s, after);
}

/*
 * The last form has the empty prefix and so always fits: the loop ends. An observed multiple has
 * no upper bound of 1000, since a small peer MSS gives larger ones.
 */
static enum syc_status
window(struct syc_scan *s, enum syc_dialect dialect, struct syc_sig *out)
{
    static const struct {
        const char *word;
        uint16_t least, most;
        uint8_t wsize;
    } forms[] = {
        {"%", 2, 65535, SYC_WSIZE_MULTIPLE_OF},
        {"mss*", 1, 1000, SYC_WSIZE_MSS},
        {"mtu*", 1, 1000, SYC_WSIZE_MTU},
        {"", 0, 65535, SYC_WSIZE_VALUE},
    };
    unsigned n = 0;
    size_t i = 0;
    enum syc_status status = SYC_OK;

    if (syc_scan_word(s, "*")) {
        out->wsize = SYC_WSIZE_ANY;
    } else if (dialect == SYC_DIALECT_NATIVE && syc_scan_word(s, "floor65535")) {
        out->wsize = SYC_WSIZE_FLOOR65535;
    } else if (dialect == SYC_DIALECT_P0F && s->p < s->end && *s->p == 'f') {
        return syc_scan_fail(s,
                             "floor65535 needs \";@ matching=syncopate\" above the first section");
    } else {
        while (!syc_scan_word(s, forms[i].word)) {
            i++;
        }
        out->wsize = forms[i].wsize;
        status = syc_scan_number(s, forms[i].least,
                                 dialect == SYC_DIALECT_OBSERVED ? 65535 : forms[i].most, &n);
    }
    out->wsize_n = (uint16_t)n;
    return status == SYC_OK ? expect(s, ",") : status;
}

/* The word of a list that stands here with its separator behind it, or -1: "tss" is no ts. NULL ends the list. */
static int
list_word(struct syc_scan *s, const char *const *words)
{
    const char *start = s->p;

    for (int i = 0; words[i] != NULL; i++) {
        if (syc_scan_word(s, words[i]) && (s->p == s->end || *s->p == ',' || *s->p == ':')) {
            return i;
        }
        s->p = start;
    }
    return -1;
}

/* One word of the layout. "?N" takes any number, also of a kind that has a name: then it is equal to the name. */
static enum syc_status
option_kind(struct syc_scan *s, struct syc_sig *out, uint8_t *kind)
{
    static const char *const words[] = {"nop", "mss", "ws", "sok", "sack", "ts", "eol+", NULL};
    static const uint8_t kinds[] = {SYC_OPT_NOP,     SYC_OPT_MSS,  SYC_OPT_WSCALE,
                                    SYC_OPT_SACK_OK, SYC_OPT_SACK, SYC_OPT_TS};
    const bool eol = syc_scan_word(s, "eol+");
    unsigned n = 0;
    int i;
    enum syc_status status;

    if (eol || syc_scan_word(s, "?")) {
        status = syc_scan_number(s, 0, 255, &n);
        *kind = eol ? SYC_OPT_EOL : (uint8_t)n;
        out->eol_pad = eol ? (uint8_t)n : out->eol_pad;
        return status;
    }
    i = list_word(s, words);
    if (i < 0 || (size_t)i >= COUNT(kinds)) {
        return syc_scan_fail_word(s, "options are mss, nop, ws, sok, sack, ts, ?N and eol+N",
                                  words);
    }
    *kind = kinds[i];
    return SYC_OK;
}

/*
 * Empty, or words with commas. That EOL ends the list is p0f's rule too: nothing after it is an
 * option.
 */
static enum syc_status
layout(struct syc_scan *s, struct syc_sig *out)
{
    if (syc_scan_word(s, ":")) {
        return SYC_OK;
    }
    for (;;) {
        const char *start = s->p;
        uint8_t kind = SYC_OPT_EOL;
        enum syc_status status;

        if (out->count == SYC_P0F_OPTIONS) {
            return syc_scan_fail(s, "more than 24 options");
        }
        status = option_kind(s, out, &kind);
        if (status != SYC_OK) {
            return status;
        }
        out->kinds[out->count++] = kind;
        if (syc_scan_word(s, ":")) {
            return SYC_OK;
        }
        if (start[0] == 'e') {
            return syc_scan_fail(s, "eol+N must be the last option");
        }
        status = expect(s, ",");
        if (status != SYC_OK) {
            return status;
        }
    }
}

/* One word, of p0f's alone. */
static enum syc_status
quirk(struct syc_scan *s, struct syc_sig *out)
{
    const char *words[SYC_QUIRK_BAD + 2] = {NULL};
    int q;

    for (unsigned i = 0; i <= SYC_QUIRK_BAD; i++) {
        words[i] = syc_quirk_name((enum syc_quirk)i);
    }
    q = list_word(s, words);
    if (q < 0) {
        return syc_scan_fail_word(s, "no such quirk", words);
    }
    out->quirks |= UINT32_C(1) << q;
    return SYC_OK;
}

/* Empty, or words with commas; their order and repetition mean nothing. */
static enum syc_status
quirks(struct syc_scan *s, struct syc_sig *out)
{
    if (syc_scan_word(s, ":")) {
        return SYC_OK;
    }
    for (;;) {
        enum syc_status status = quirk(s, out);

        if (status != SYC_OK) {
            return status;
        }
        if (syc_scan_word(s, ":")) {
            return SYC_OK;
        }
        status = expect(s, ",");
        if (status != SYC_OK) {
            return status;
        }
    }
}

/* The last field: whatever is left of the line is a fault. */
static enum syc_status
payload(struct syc_scan *s, struct syc_sig *out)
{
    if (syc_scan_word(s, "0")) {
        out->payload = 0;
    } else if (syc_scan_word(s, "+")) {
        out->payload = 1;
    } else if (syc_scan_word(s, "*")) {
        out->payload = SYC_ANY;
    } else {
        return syc_scan_fail(s, "the payload class is 0, + or *");
    }
    return s->p == s->end ? SYC_OK : syc_scan_fail(s, "nothing may follow the payload class");
}

/*
 * The fields in order; each function eats the separator after it, so the next one starts at its
 * own text.
 */
enum syc_status
syc_sig_parse(struct syc_scan *s, enum syc_dialect dialect, struct syc_sig *out)
{
    int32_t wscale = 0;
    enum syc_status status;

    memset(out, 0, sizeof *out);
    if ((status = version(s, out)) != SYC_OK || (status = ttl(s, dialect, out)) != SYC_OK ||
        (status = ip_options(s, dialect, out)) != SYC_OK ||
        (status = number_or_any(s, 65535, ":", &out->mss)) != SYC_OK ||
        (status = window(s, dialect, out)) != SYC_OK ||
        (status = number_or_any(s, 255, ":", &wscale)) != SYC_OK ||
        (status = layout(s, out)) != SYC_OK || (status = quirks(s, out)) != SYC_OK) {
        return status;
    }
    out->wscale = (int16_t)wscale;
    return payload(s, out);
}

/*
 * As TCPFP does with Fast Open (reference/fingerprints 2.6): the option goes, and so do the NOPs
 * before it (back to nops_from, where their run began) and after it. MPTCP is sent without NOPs of
 * its own.
 */
static uint16_t
take_out(struct syc_sig *sig)
{
    uint8_t kept = 0;
    uint8_t nops_from = 0;
    unsigned done = 0;

    for (unsigned i = 0; i < sig->count; i++) {
        if (sig->kinds[i] == SYC_OPT_TFO) {
            kept = nops_from;
            while (i + 1 < sig->count && sig->kinds[i + 1] == SYC_OPT_NOP) {
                i++;
            }
            done |= 1U << SYC_ASIDE_FAST_OPEN;
        } else if (sig->kinds[i] == SYC_OPT_MPTCP) {
            done |= 1U << SYC_ASIDE_MPTCP;
        } else {
            sig->kinds[kept++] = sig->kinds[i];
            nops_from = sig->kinds[i] == SYC_OPT_NOP ? nops_from : kept;
        }
    }
    sig->count = kept;
    return (uint16_t)done;
}

/*
 * A timestamp option is 10 octets, and its stack's own NOPs stand next to it:
 *
 *   10  ts            Windows, FreeBSD
 *   11  ts,nop        Linux: sok,ts,nop,ws
 *   12  nop,nop,ts    Apple and the BSDs
 *   13  nop,nop,ts,nop  Linux without SACK
 *
 * No stack sends such a run by itself (RFC 9293 3.1 allows any number).
 */
static uint16_t
restore_timestamps(struct syc_sig *sig)
{
    unsigned from;
    const unsigned run = syc_stripped_run(sig->kinds, sig->count, &from);
    unsigned to;

    if (run == 0) {
        return 0;
    }
    to = from + (run >= 12 ? 2 : 0);
    sig->kinds[to++] = SYC_OPT_TS;
    to += run == 11 || run == 13; /* the NOP that stands there */
    memmove(sig->kinds + to, sig->kinds + from + run, sig->count - from - run);
    sig->count = (uint8_t)(sig->count - (from + run - to));
    return 1U << SYC_ASIDE_TS_STRIPPED;
}

uint16_t
syc_sig_strip(struct syc_sig *sig)
{
    uint16_t restored = restore_timestamps(sig);

    return take_out(sig) | restored;
}
