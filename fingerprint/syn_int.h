#ifndef SYC_FINGERPRINT_SYN_INT_H
#define SYC_FINGERPRINT_SYN_INT_H

/*
 * Purpose           the parts syc_syn_describe() is made of
 * Input and output  a segment in; options as p0f reads them, window multiple, texts out
 * Ownership         plain data of the caller
 * Limits            24 options, as p0f has (MAX_TCP_OPT); the rest makes the header `bad`
 * Not here          signatures
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

/* Read the options of s the way p0f does (2.1.2). cost: one pass. */
void syc_walk_options(const struct syc_segment *s, struct syc_walk *out);

/* The kinds of s->options in order as tshark lists them; returns how many (<= 40). */
uint8_t syc_list_kinds(struct syc_span options, uint8_t out[40]);

struct syc_window {
    uint8_t unit; /* enum syc_window_unit */
    uint32_t n;   /* multiple, or the raw window for SYC_WINDOW_VALUE */
};

/* The first of p0f's divisors that fits (2.1.4). */
struct syc_window syc_window_p0f(const struct syc_segment *s, const struct syc_walk *walk,
                                 uint32_t peer_mss);

/*
 * n when the window is the largest multiple of a segment size not above 65535 (Linux, section 3),
 * else 0.
 *
 * less_12  the segment size may also be mss - 12: a SYN+ACK that carries timestamps
 */
uint32_t syc_window_floor65535(uint32_t window, uint32_t mss, bool less_12);

/*
 * Bits whose true meaning and p0f's differ, in p0f's meaning: the value to print and to match
 * p0f.fp with.
 */
uint32_t syc_p0f_quirks(const struct syc_segment *s, const struct syc_walk *walk, uint32_t quirks);

/* "mss,sok,ts,nop,ws" and p0f's raw signature (2.1). */
void syc_layout_format(const struct syc_walk *walk, char out[SYC_OPTIONS_TEXT]);
void syc_p0f_format(const struct syc_syn *syn, const struct syc_walk *walk,
                    struct syc_window window, uint32_t p0f_quirks, char out[SYC_P0F_TEXT]);

/* nDPI TCPFP v0.4 of a SYN; MuonFP of a SYN or SYN+ACK (2.6). */
void syc_tcpfp_format(const struct syc_segment *s, char out[SYC_TCPFP_TEXT]);
void syc_muonfp_format(const struct syc_segment *s, char out[SYC_MUONFP_TEXT]);

/*
 * How many of the option's value octets TCPFP writes: what the others hold differs between
 * connections.
 */
size_t syc_tcpfp_value_octets(const struct syc_option *option);

#endif
