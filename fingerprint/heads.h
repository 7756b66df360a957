#ifndef SYC_FINGERPRINT_HEADS_H
#define SYC_FINGERPRINT_HEADS_H

/*
 * Purpose           what a client says of itself in its first octets: the TLS ClientHello, the head of an HTTP/1
 *                   request
 * Input and output  octets in, facts out; pure functions that keep and allocate nothing
 * Ownership         spans that come out borrow from the octets that went in
 * Limits            SYC_HEAD_OCTETS; nothing of TLS beyond the first message, of HTTP beyond the first request
 * Not here          putting segments together (connection/peek.c), guessing a protocol (protocol.c)
 *
 * A head may come in pieces, so each protocol has a function that says whether it is all there (find) and one that
 * reads it (read). Cutting octets anywhere and asking again gives the answer of the whole.
 */

#include "base/base.h"

/* What the first octets of a client are: nothing that is read here, a head that goes on, a head that is all there. */
enum syc_head { SYC_HEAD_NOT, SYC_HEAD_MORE, SYC_HEAD_WHOLE };

/*
 * Longest ClientHello or request head that is looked at, its record headers included. Hellos with post-quantum shares
 * have some 1800 octets; servers refuse heads above 8 to 16 KiB (Apache, nginx, Go: by default).
 */
enum { SYC_HEAD_OCTETS = 16384 };

/* The lists of a ClientHello, as they stand in it; empty where it has none. */
struct syc_tls_hello {
    uint16_t
        version; /* highest offered, GREASE left out: supported_versions, else the hello's own; 0 = none */
    bool has_sni;
    bool psk, ticket,
        session_id;          /* what it offers to resume; session_id only where it can mean one */
    struct syc_span ciphers; /* 2 octets each */
    struct syc_span extensions;           /* type, length, data */
    struct syc_span alpn;                 /* length octet and name each */
    struct syc_span signature_algorithms; /* 2 octets each */
    struct syc_span server_name;
};

/*
 * Look for a ClientHello at the beginning of a TLS stream.
 *
 * octets   what is there of it, from its first octet on
 * need     SYC_HEAD_MORE: with fewer octets than this it is not whole, even if all that is missing comes in one record
 * hello    SYC_HEAD_WHOLE: the body of the message, borrowed; empty when it is split over several records: then
 *          syc_tls_hello_join() has to make it one
 * cost     a few comparisons a record; who looks again with `need` octets looks 54 times at most, however short the
 *          records are
 * source   RFC 8446 4, 5.1
 */
enum syc_head syc_tls_hello_find(struct syc_span octets, size_t *need, struct syc_span *hello);

/*
 * Databases ask in their own protocol whether to go on in TLS: octets of such requests before the hello.
 *
 * n        SYC_HEAD_WHOLE: how many; SYC_HEAD_MORE: it may become one
 * source   PostgreSQL, "Message Formats": SSLRequest, GSSENCRequest; MySQL, "Connection Phase": SSLRequest
 */
enum syc_head syc_tls_request_find(struct syc_span octets, size_t *n);

/*
 * Take the record headers out of octets in which a whole hello was found, in place.
 *
 * returns  the body, in octets
 */
struct syc_span syc_tls_hello_join(uint8_t *octets, size_t n);

/*
 * Read the body of a ClientHello. *out borrows from it.
 *
 * returns  false, and *out means nothing, where any length in it does not fit
 * source   RFC 8446 4.1.2, 4.2; RFC 8701 (GREASE); RFC 7301 (ALPN); RFC 6066 3 (SNI)
 */
bool syc_tls_hello_read(struct syc_span body, struct syc_tls_hello *out) SYC_MUST_CHECK;

/* "1.3"; NULL when it is none of TLS 1.0 to 1.3 and SSL 3.0. */
const char *syc_tls_version_name(uint16_t version);

/* One of the 16 values that mean nothing, and are sent so that nobody gets used to a fixed list (RFC 8701). */
static inline bool
syc_is_grease(uint16_t value)
{
    return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/* The first of the names left in an ALPN list, and the list moves behind it; false at its end. GREASE is passed over. */
bool syc_alpn_next(struct syc_span *list, struct syc_span *name);

enum { SYC_JA4_TEXT = 37 }; /* "t13d1516h2_8daaf6152771_e5627efa2ab1" and its zero */

/*
 * JA4 of a ClientHello over TCP.
 *
 * returns  false, and an empty text, for lists of more than 512 values, which no client sends
 * cost     two sorts and two SHA-256 of some 100 octets
 * source   FoxIO, JA4: TLS Client Fingerprinting (BSD 3-Clause, see LICENSE)
 */
bool syc_ja4_format(const struct syc_tls_hello *hello, char out[SYC_JA4_TEXT]);

/*
 * The lists that JA4 is made of, as octets to find the name of a hello by: hellos of equal keys, version, SNI and
 * ALPN have equal names. Nothing that is drawn anew for each hello is in it (GREASE, the order of extensions).
 *
 * out, n   appended at *n, at most SYC_JA4_KEY octets
 * returns  false where syc_ja4_format() does
 * cost     a sort of the extensions
 */
enum { SYC_JA4_KEY = 3 * (2 + 2 * 512) + 1 };
bool syc_ja4_key(const struct syc_tls_hello *hello, uint8_t *out, size_t *n) SYC_MUST_CHECK;

/* Header names that are kept of a head (the first ones), and octets of a User-Agent. */
enum { SYC_HTTP_NAMES = 64, SYC_USER_AGENT_OCTETS = 256 };

/* An HTTP/1 request head; spans borrow from it and are empty for what it has not (or not yet). */
struct syc_http_head {
    struct syc_span method;
    struct syc_span version;    /* "1.1" */
    struct syc_span user_agent; /* first of that name, at most SYC_USER_AGENT_OCTETS */
    size_t name_count;
    struct syc_span names[SYC_HTTP_NAMES]; /* header names as written, in order */
};

/*
 * Look for a request head at the beginning of what a client says.
 *
 * seen     octets that an earlier call has looked at: the end is sought behind them
 * length   SYC_HEAD_WHOLE: octets of the head, its empty line included
 */
enum syc_head syc_http_head_find(struct syc_span octets, size_t seen, size_t *length);

/*
 * Read a request head. One that is cut gives what stands in whole lines.
 *
 * head     from its first octet to behind its empty line, or less of it (whole = false)
 * returns  false, and *out means nothing, when the first line is no request of HTTP/1, or is not all there
 * source   RFC 9112 2, 3, 5; a bare LF ends a line, too (2.2). Lines that are no "name: value" are passed over
 */
bool syc_http_head_read(struct syc_span head, bool whole, struct syc_http_head *out) SYC_MUST_CHECK;

#endif
