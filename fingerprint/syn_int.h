#ifndef SYC_FINGERPRINT_SYN_INT_H
#define SYC_FINGERPRINT_SYN_INT_H

/*
 * Purpose           the parts syc_syn_describe() is made of
 * Input and output  a segment in; options as p0f reads them, window multiple, texts out
 * Ownership         plain data of the caller
 * Limits            24 options, as p0f has (MAX_TCP_OPT); the rest makes the header `bad`
 * Not here          signatures
 *
 * Several programs read the same option octets in different ways, and each fingerprint is its program's reading:
 *
 *     octets -> syc_walk_options()     as p0f     -> layout, raw signature, quirks
 *            -> syc_list_kinds()       as tshark  -> option_kinds
 *            -> syc_tcpfp_format()     as nDPI    -> tcpfp
 *            -> syc_muonfp_format()    as MuonFP  -> muonfp
 *
 * Invariant: whatever octet one of them reads, syc_syn_key() (key.c) keeps or is allowed to blank; a field that
 * is added to struct syc_syn must be looked for there, or two different SYNs share one description.
 */

#include "fingerprint/fingerprint.h"

/* TCP option kinds (IANA tcp-parameters). */
enum {
    SYC_OPT_EOL = 0,
    SYC_OPT_NOP = 1,
    SYC_OPT_MSS = 2,
    SYC_OPT_WSCALE = 3,
    SYC_OPT_SACK_OK = 4,
    SYC_OPT_SACK = 5,
    SYC_OPT_TS = 8,
    SYC_OPT_MD5 = 19,
    SYC_OPT_AO = 29,
    SYC_OPT_MPTCP = 30,
    SYC_OPT_TFO = 34,
    SYC_OPT_EXP1 = 253,
    SYC_OPT_EXP2 = 254,
};

enum {
    SYC_P0F_OPTIONS = 24,      /* reference/fingerprints 2.1.2 */
    SYC_P0F_MAX_DISTANCE = 35, /* hops beyond which p0f calls a TTL strange (2.1.2) */
    SYC_P0F_ECHO_MSS = 1331,   /* MSS of p0f's own probe tool (2.1.2) */
};

/* What p0f's walk over the options finds. */
struct syc_walk {
    uint8_t kinds[SYC_P0F_OPTIONS];
    uint8_t count;
    uint8_t eol_pad; /* octets after the EOL */
    bool mss_seen, wscale_seen, ts_seen;
    uint16_t mss; /* 0 if absent, as the next three */
    uint8_t wscale;
    uint32_t ts_val;
    bool wscale_over_14, ts_val_zero, ts_ecr_set; /* in any of several such options */
    bool bad;             /* p0f's meaning; never for options that only the snap length cut */
    bool pad_nonzero;     /* an octet after EOL is not zero */
    bool pad_nonzero_p0f; /* the same without the last octet, which p0f does not look at */
};

/*
 * Read the options of s the way p0f does (2.1.2).
 *
 * s     any option octets, 0..40, cut or not
 * out   wholly written
 * cost  one pass of at most 24 options; each takes at least one octet
 */
void syc_walk_options(const struct syc_segment *s, struct syc_walk *out);

/* Octets of an option that has one lawful length (MSS, window scale, SACK permitted, timestamps); 0 for others. */
size_t syc_option_lawful_size(uint8_t kind);

/*
 * The kinds of options in order as tshark lists them.
 *
 * out      filled up to what is returned; the rest is not touched
 * returns  how many, at most 40
 */
uint8_t syc_list_kinds(struct syc_span options, uint8_t out[40]);

/*
 * The run of NOPs that stands where a middlebox has overwritten a timestamp option: 10 octets of it, up to 3 NOPs of
 * the stack beside them. No stack sends so many by itself.
 *
 * returns  its length, and where it begins in *from; 0 when there is none
 * source   reference/fingerprints 3: field data, 10 to 12 in a row
 */
unsigned syc_stripped_run(const uint8_t *kinds, size_t count, unsigned *from);

/* A window as its sender may have counted it. */
struct syc_window {
    uint8_t unit; /* enum syc_window_unit */
    uint32_t n;   /* multiple, or the raw window for SYC_WINDOW_VALUE */
};

/*
 * The first of p0f's divisors that fits (2.1.4).
 *
 * peer_mss  MSS of the SYN that a SYN+ACK answers, 0 if unknown; more than 16 bits are cut as they are on the wire
 * returns   unit and multiple; SYC_WINDOW_VALUE and the raw window where none fits, the window is 0 or the MSS
 *           below 100
 */
struct syc_window syc_window_p0f(const struct syc_segment *s, const struct syc_walk *walk,
                                 uint32_t peer_mss);

/*
 * n when the window is the largest multiple of a segment size not above 65535 (Linux, section 3),
 * else 0.
 *
 * window, mss  0..65535
 * less_12      the segment size may also be mss - 12: a SYN+ACK that carries timestamps
 * source       Linux since 4.19.86; measured on 6.18
 */
uint32_t syc_window_floor65535(uint32_t window, uint32_t mss, bool less_12);

/*
 * Bits whose true meaning and p0f's differ, in p0f's meaning: the value to print and to match
 * p0f.fp with.
 */
uint32_t syc_p0f_quirks(const struct syc_segment *s, const struct syc_walk *walk, uint32_t quirks);

/* "mss,sok,ts,nop,ws": the options in p0f's words. 24 of them take at most 24 * 5 + 3 octets, so none is cut. */
void syc_layout_format(const struct syc_walk *walk, char out[SYC_OPTIONS_TEXT]);

/*
 * p0f's raw signature (2.1).
 *
 * syn         with ip, ttl, kind, options and has_payload filled
 * p0f_quirks  syc_p0f_quirks(): p0f's meaning, not the true one
 */
void syc_p0f_format(const struct syc_syn *syn, const struct syc_walk *walk,
                    struct syc_window window, uint32_t p0f_quirks, char out[SYC_P0F_TEXT]);

/* nDPI TCPFP v0.4 of a SYN (2.6). cost: a SHA-256 of at most 80 octets. */
void syc_tcpfp_format(const struct syc_segment *s, char out[SYC_TCPFP_TEXT]);

/* MuonFP of a SYN or SYN+ACK (2.6). At most 40 kinds of 4 octets and three numbers: fits SYC_MUONFP_TEXT. */
void syc_muonfp_format(const struct syc_segment *s, char out[SYC_MUONFP_TEXT]);

/*
 * How many of the option's value octets TCPFP writes: what the others hold differs between
 * connections. key.c blanks by the same answer, so a name and the key of its SYN cannot drift apart.
 *
 * returns  0..option->data.n
 */
size_t syc_tcpfp_value_octets(const struct syc_option *option);

#endif
