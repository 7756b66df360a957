#ifndef SYC_FINGERPRINT_H
#define SYC_FINGERPRINT_H

/*
 * Purpose           who it looks like: the facts of a SYN or SYN+ACK, signatures and their matching
 * Input and output  a decoded segment in, one comparable value (struct syc_syn) out
 * Ownership         struct syc_syn is plain data without pointers, comparable by memcmp
 * Limits            40 option octets (RFC 9293)
 * Not here          when a SYN is the first of its connection (connection/); whose SYN it is (signatures.h, which
 *                   is part of this face)
 */

#include "fingerprint/heads.h"
#include "fingerprint/signatures.h"
#include "fingerprint/user_agent.h"

enum syc_syn_kind { SYC_KIND_SYN, SYC_KIND_SYN_ACK };

enum syc_window_unit { SYC_WINDOW_VALUE, SYC_WINDOW_MSS, SYC_WINDOW_MTU, SYC_WINDOW_FLOOR65535 };

/* Quirks: p0f's words in p0f's order, then ours. X(NAME, "word") */
#define SYC_QUIRK_LIST(X)                                                                          \
    X(DF, "df")                                                                                    \
    X(ID_PLUS, "id+")                                                                              \
    X(ID_MINUS, "id-")                                                                             \
    X(ECN, "ecn")                                                                                  \
    X(RESERVED, "0+")                                                                              \
    X(FLOW, "flow")                                                                                \
    X(SEQ_ZERO, "seq-")                                                                            \
    X(ACK_PLUS, "ack+")                                                                            \
    X(ACK_MINUS, "ack-")                                                                           \
    X(URG_PLUS, "uptr+")                                                                           \
    X(URG_FLAG, "urgf+")                                                                           \
    X(PUSH_FLAG, "pushf+")                                                                         \
    X(TS1_MINUS, "ts1-")                                                                           \
    X(TS2_PLUS, "ts2+")                                                                            \
    X(OPT_PLUS, "opt+")                                                                            \
    X(EXWS, "exws")                                                                                \
    X(BAD, "bad")                                                                                  \
    X(OPTIONS_CUT, "options_cut")                                                                  \
    X(TS_STRIPPED, "ts_stripped")

enum syc_quirk {
#define X(name, word) SYC_QUIRK_##name,
    SYC_QUIRK_LIST(X)
#undef X
        SYC_QUIRK_COUNT
};

enum { SYC_OPTIONS_TEXT = 208, SYC_P0F_TEXT = 320, SYC_MUONFP_TEXT = 192, SYC_TCPFP_TEXT = 40 };

/*
 * What one SYN or SYN+ACK says of its sender, without the numbers that differ between connections of one stack
 * (those are in struct syc_syn_own). Zero-initialised before it is filled, so equal facts are equal octets.
 * Field names and meaning: spec events, `syn`. It is wide (four texts), so tables keep one for each distinct SYN.
 */
struct syc_syn {
    uint8_t kind; /* enum syc_syn_kind */
    uint8_t ip_v;
    uint8_t ttl;         /* as captured */
    uint8_t ttl_initial; /* next of 32, 64, 128, 255 */
    uint8_t distance;    /* ttl_initial - ttl */
    uint8_t df;
    uint8_t ip_ecn;           /* 0..3 */
    uint8_t ip_options_bytes; /* IPv4 header beyond 20 octets */
    uint8_t window_unit;      /* enum syc_window_unit */
    uint8_t option_count;
    uint8_t option_kinds[40]; /* in order; each EOL and padding octet is its own 0 */
    int16_t wscale;           /* -1 = no such option */
    uint16_t window;
    uint16_t tcp_flags; /* 12 bits */
    int32_t mss;        /* -1 = no such option */
    uint32_t window_n;  /* multiple of the unit; the raw window for "value" */
    uint32_t quirks;    /* bit n = enum syc_quirk n. The true meaning, without p0f's two bugs */
    uint8_t has_payload;
    char options[SYC_OPTIONS_TEXT]; /* "mss,sok,ts,nop,ws" */
    char p0f[SYC_P0F_TEXT];         /* p0f 3.09b's raw signature, letter for letter */
    char tcpfp[SYC_TCPFP_TEXT];     /* nDPI TCPFP v0.4; empty for a SYN+ACK */
    char muonfp[SYC_MUONFP_TEXT];
};

/* The numbers that differ from connection to connection. SYC_NONE = the packet has no such field. */
struct syc_syn_own {
    int64_t ip_id;      /* IPv4 */
    int64_t flow_label; /* IPv6 */
    int64_t ts_val;
    int64_t ts_ecr;
    int64_t payload_bytes;
};

/*
 * All facts of a SYN (SYN set, ACK clear) or SYN+ACK segment.
 *
 * peer_mss  MSS option of the SYN that this SYN+ACK answers, 0 if unknown or for a SYN (p0f's divisors 11, 12)
 * cost      formats four strings: call once per distinct SYN (syc_syn_key), not once per packet
 * source    reference/fingerprints 2.1, 2.6
 */
void syc_syn_describe(const struct syc_segment *s, uint32_t peer_mss, struct syc_syn *out);

/* The MSS that p0f reads from this SYN, 0 for none: what it divides the answer's window by, malformed options or not. */
uint32_t syc_syn_p0f_mss(const struct syc_segment *s);

/* The per-connection numbers of the same segment. cost: a few stores. */
void syc_syn_own(const struct syc_segment *s, struct syc_syn_own *out);

/*
 * Everything of the segment that syc_syn_describe() depends on, as a short comparable key; and the octets of its
 * headers, extension headers of IPv6 included, which a table leaves to what it knows of a SYN.
 *
 * out      SYC_SYN_KEY octets, wholly written
 * returns  where its one clock stands in the key; 0 = it has none, and nothing was blanked; SYC_SYN_KEY_ODD = more than
 *          one clock was blanked
 * promise  equal keys (with equal peer_mss, which is inside) give equal struct syc_syn, and equal header octets modulo 2^16
 */
enum { SYC_SYN_KEY = 56, SYC_SYN_KEY_ODD = SYC_SYN_KEY };
size_t syc_syn_key(const struct syc_segment *s, uint32_t peer_mss, uint8_t out[SYC_SYN_KEY]);

/*
 * Is this the segment's key? Without making it, for who has seen many.
 *
 * head   of the segment: what its key begins with
 * key    and clock: as syc_syn_key() made and answered them of another segment; not SYC_SYN_KEY_ODD
 * cost   some 80 instructions, where making the key takes 200
 */
void syc_syn_key_head(const struct syc_segment *s, uint32_t peer_mss, uint64_t out[2]);
bool syc_syn_key_is(const struct syc_segment *s, const uint64_t head[2],
                    const uint8_t key[SYC_SYN_KEY], size_t clock);

/* The words of the lists above; static, "?" for a number that is none. */
const char *syc_quirk_name(enum syc_quirk q);
const char *syc_window_unit_name(enum syc_window_unit u);

/* First octets of a connection's payload: which protocol they are. X(NAME, "word") */
#define SYC_PROTOCOL_LIST(X)                                                                       \
    X(UNKNOWN, "unknown")                                                                          \
    X(HTTP1, "http1")                                                                              \
    X(TLS, "tls")                                                                                  \
    X(POSTGRESQL, "postgresql")                                                                    \
    X(MYSQL, "mysql")                                                                              \
    X(REDIS, "redis")                                                                              \
    X(SSH, "ssh")

enum syc_protocol {
#define X(name, word) SYC_PROTOCOL_##name,
    SYC_PROTOCOL_LIST(X)
#undef X
        SYC_PROTOCOL_COUNT
};

/*
 * Guess from the first payload octets of one side (client: what it sent first).
 *
 * cost  looks at no more than 16 octets
 */
enum syc_protocol syc_protocol_guess(struct syc_span payload, bool from_client);

/* True when the octets begin with an HTTP/1 method token and a space (RFC 9110 9.1; the eight methods and PATCH). */
bool syc_http_request_starts(struct syc_span payload);

#endif
