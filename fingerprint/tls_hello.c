/*
 * The ClientHello of TLS: found in the records that carry it, read into its lists.
 *
 *    records:  | 22 | 3.x | length | fragment | 22 | 3.x | length | fragment | ...
 *    message:                      | 1 | length (24 bits) | body ...         |
 *    body:     version, random, session id, ciphers, compression, extensions
 *
 * A message may be split over records at any octet, its header included (RFC 8446 5.1); record
 * boundaries then stand within the body, so it is put together before it is read. Every length is
 * an outsider's: a field is cut out of the span that holds it or the hello is none. What is left out
 * (random, key shares) is never looked at. Before the records may stand a database's request for TLS.
 */

#include "fingerprint/fingerprint.h"

#include <string.h>

enum {
    RECORD_HEADER = 5,
    MESSAGE_HEADER = 4,
    HANDSHAKE = 22,
    CLIENT_HELLO = 1,
    FRAGMENT_MAX = 16384, /* RFC 8446 5.1: plaintext; a hello has no other */
};

/* Extension types: IANA, TLS ExtensionType Values. */
enum {
    EXT_SERVER_NAME = 0,
    EXT_SIGNATURE_ALGORITHMS = 13,
    EXT_ALPN = 16,
    EXT_SESSION_TICKET = 35,
    EXT_PRE_SHARED_KEY = 41,
    EXT_SUPPORTED_VERSIONS = 43,
};

enum { TLS_1_3 = 0x0304 };

/* ------------------------------------------------------------ records */

/* As much of a record header as is there could be one of a handshake record (RFC 8446 5.1; zero length is forbidden). */
static bool
header_fits(struct syc_span s)
{
    if ((s.n > 0 && s.p[0] != HANDSHAKE) || (s.n > 1 && s.p[1] != 3) || (s.n > 2 && s.p[2] > 4)) {
        return false;
    }
    return s.n < RECORD_HEADER || (syc_be16(s.p + 3) > 0 && syc_be16(s.p + 3) <= FRAGMENT_MAX);
}

/* The message header, which may come in pieces; MESSAGE_HEADER octets are there when `got` says so. */
struct message {
    uint8_t header[MESSAGE_HEADER];
    size_t got;    /* octets of the header so far */
    size_t before; /* octets of the message in records before this one */
};

/* Octets of the whole message; without its header at least that. */
static size_t
message_octets(const struct message *m)
{
    return m->got < MESSAGE_HEADER ? MESSAGE_HEADER
                                   : MESSAGE_HEADER + (syc_be32(m->header) & 0xffffff);
}

/* Takes what is missing of the message header out of a fragment; false when it is of another message. */
static bool
take_header(struct message *m, struct syc_span fragment)
{
    for (size_t i = 0; i < fragment.n && m->got < MESSAGE_HEADER; i++) {
        m->header[m->got++] = fragment.p[i];
    }
    return m->got == 0 || m->header[0] == CLIENT_HELLO;
}

enum syc_head
syc_tls_hello_find(struct syc_span octets, size_t *need, struct syc_span *hello)
{
    struct message m = {.got = 0};
    size_t at = 0;

    for (;;) {
        struct syc_span rest = syc_span_from(octets, at);
        size_t fragment;
        size_t left;  /* of the message, from this record on; then in it */
        size_t after; /* and behind it */

        if (!header_fits(rest)) {
            return SYC_HEAD_NOT;
        }
        left = message_octets(&m) - m.before;
        if (rest.n < RECORD_HEADER) {
            *need = at + RECORD_HEADER + left;
            return SYC_HEAD_MORE;
        }
        fragment = syc_be16(rest.p + 3);
        if (!take_header(&m, syc_span_part(rest, RECORD_HEADER, fragment)) ||
            message_octets(&m) > SYC_HEAD_OCTETS) {
            return SYC_HEAD_NOT;
        }
        left = message_octets(&m) - m.before;
        after = left > fragment ? left - fragment : 0;
        left -= after;
        *need = at + RECORD_HEADER + left;
        if (octets.n < *need) {
            *need += after > 0 ? RECORD_HEADER + after : 0;
            return SYC_HEAD_MORE;
        }
        m.before += left;
        if (m.got == MESSAGE_HEADER && m.before == message_octets(&m)) {
            size_t skip = at == 0 ? RECORD_HEADER + MESSAGE_HEADER : *need;
            *hello = syc_span_part(octets, skip, *need - skip);
            return SYC_HEAD_WHOLE;
        }
        at += RECORD_HEADER + fragment;
    }
}

struct syc_span
syc_tls_hello_join(uint8_t *octets, size_t n)
{
    struct syc_span all = {octets, n};
    size_t to = 0;
    size_t body = 0;

    for (size_t at = 0; n - at > RECORD_HEADER;) {
        struct syc_span fragment =
            syc_span_part(all, at + RECORD_HEADER, syc_be16(octets + at + 3));
        at += RECORD_HEADER + fragment.n;
        memmove(octets + to, fragment.p, fragment.n);
        to += fragment.n;
    }
    if (to >= MESSAGE_HEADER) {
        body = syc_be32(octets) & 0xffffff;
    }
    return syc_span_part((struct syc_span){octets, to}, MESSAGE_HEADER, body);
}

/* ------------------------------------------------------------ before it */

/* As many octets as there are of s are those of fixed. */
static bool
begins_like(struct syc_span s, const uint8_t *fixed, size_t n)
{
    return memcmp(s.p, fixed, s.n < n ? s.n : n) == 0;
}

/* Length 8 and 80877103 or 80877104: a client that may ask for GSSAPI asks for that first. */
static size_t
postgresql_octets(struct syc_span s)
{
    static const uint8_t fixed[] = {0, 0, 0, 8, 0x04, 0xd2, 0x16};

    if (!begins_like(s, fixed, sizeof fixed) || (s.n > 7 && s.p[7] != 0x2f && s.p[7] != 0x30)) {
        return 0;
    }
    return 8;
}

/*
 * A log-in that ends before the name: length 32, packet 1, capabilities (little endian) with
 * CLIENT_PROTOCOL_41 and CLIENT_SSL, packet size, character set, zeros; the last four octets are
 * MariaDB's.
 */
static size_t
mysql_octets(struct syc_span s)
{
    static const uint8_t fixed[] = {32, 0, 0, 1};
    static const uint8_t zeros[19];

    if (!begins_like(s, fixed, sizeof fixed) || (s.n > 5 && (s.p[5] & 0x0a) != 0x0a) ||
        (s.n > 13 && !begins_like(syc_span_from(s, 13), zeros, sizeof zeros))) {
        return 0;
    }
    return 36;
}

enum syc_head
syc_tls_request_find(struct syc_span octets, size_t *n)
{
    size_t asked;

    *n = 0;
    for (int i = 0; i < 2 && octets.n > *n; i++) {
        struct syc_span rest = syc_span_from(octets, *n);
        asked = postgresql_octets(rest);
        asked = asked > 0 || *n > 0 ? asked : mysql_octets(rest);
        if (asked == 0) {
            break;
        }
        if (rest.n < asked) {
            return SYC_HEAD_MORE;
        }
        *n += asked;
    }
    return *n > 0 ? SYC_HEAD_WHOLE : SYC_HEAD_NOT;
}

/* ------------------------------------------------------------ the body */

/* What is left of a structure. Once a field does not fit, `bad` stays and all that follows is empty. */
struct reader {
    struct syc_span rest;
    bool bad;
};

/* The next n octets. */
static struct syc_span
take(struct reader *r, size_t n)
{
    struct syc_span s = syc_span_part(r->rest, 0, n);

    if (s.n < n) {
        r->bad = true;
        r->rest.n = 0;
        return (struct syc_span){NULL, 0};
    }
    r->rest = syc_span_from(r->rest, n);
    return s;
}

/* An unsigned number of one or two octets; 0 where there is none. */
static uint16_t
take_number(struct reader *r, size_t octets)
{
    struct syc_span s = take(r, octets);

    return s.n == 0 ? 0 : octets == 1 ? s.p[0] : syc_be16(s.p);
}

/* A vector (RFC 8446 3.4): its length in `octets` octets, then that many. */
static struct syc_span
take_vector(struct reader *r, size_t octets)
{
    return take(r, take_number(r, octets));
}

/* The vector that fills an extension; what does not is malformed. */
static struct syc_span
whole_vector(struct reader *r, size_t octets)
{
    struct syc_span s = take_vector(r, octets);

    r->bad |= r->rest.n > 0;
    return s;
}

/* Highest first is usual and not required; drafts and GREASE stand in the same list (RFC 8446 4.2.1). */
static uint16_t
highest_version(struct syc_span list)
{
    uint16_t highest = 0;

    for (size_t i = 0; i + 1 < list.n; i += 2) {
        uint16_t version = syc_be16(list.p + i);
        if (!syc_is_grease(version) && version > highest) {
            highest = version;
        }
    }
    return highest;
}

/* The first name of type host_name (0), the only type there is (RFC 6066 3). An empty extension is a server's. */
static struct syc_span
host_name(struct reader *data)
{
    struct reader list = {whole_vector(data, 2), false};

    while (list.rest.n > 0 && !list.bad) {
        bool host = take_number(&list, 1) == 0;
        struct syc_span name = take_vector(&list, 2);
        if (host && !list.bad) {
            return name;
        }
    }
    data->bad |= list.bad;
    return (struct syc_span){NULL, 0};
}

/* Names of an ALPN list have a length each, and fill it (RFC 7301 3.1). */
static bool
is_alpn_list(struct syc_span list)
{
    struct reader r = {list, false};

    while (r.rest.n > 0) {
        (void)take_vector(&r, 1);
    }
    return !r.bad;
}

/*
 * One extension. Of one that comes twice, which RFC 8446 4.2 forbids, the first counts (of versions the last); what is
 * not read here may hold anything.
 */
static bool
read_extension(uint16_t type, struct syc_span data, struct syc_tls_hello *out)
{
    struct reader r = {data, false};
    struct syc_span list;

    switch (type) {
    case EXT_SERVER_NAME:
        list = host_name(&r);
        out->server_name = out->has_sni ? out->server_name : list;
        out->has_sni = true;
        break;
    case EXT_SIGNATURE_ALGORITHMS:
        list = whole_vector(&r, 2);
        r.bad |= list.n % 2 != 0;
        out->signature_algorithms =
            out->signature_algorithms.n > 0 ? out->signature_algorithms : list;
        break;
    case EXT_ALPN:
        list = whole_vector(&r, 2);
        r.bad |= !is_alpn_list(list);
        out->alpn = out->alpn.n > 0 ? out->alpn : list;
        break;
    case EXT_SESSION_TICKET:
        out->ticket |= data.n > 0; /* empty: it could take one (RFC 5077 3.2) */
        break;
    case EXT_PRE_SHARED_KEY:
        out->psk |= data.n > 0;
        break;
    case EXT_SUPPORTED_VERSIONS:
        list = whole_vector(&r, 1);
        r.bad |= list.n % 2 != 0;
        out->version = highest_version(list);
        break;
    default:
        break;
    }
    return !r.bad;
}

static bool
read_extensions(struct syc_tls_hello *out)
{
    struct reader r = {out->extensions, false};

    while (r.rest.n > 0) {
        uint16_t type = take_number(&r, 2);
        struct syc_span data = take_vector(&r, 2);
        if (r.bad || !read_extension(type, data, out)) {
            return false;
        }
    }
    return true;
}

/*
 * A client that offers TLS 1.3 fills the session id with random octets when it has none, so that
 * the hello looks like an older one (RFC 8446 4.1.2, D.4): from there on it says nothing.
 */
bool
syc_tls_hello_read(struct syc_span body, struct syc_tls_hello *out)
{
    struct reader r = {body, false};
    struct syc_span session_id;

    *out = (struct syc_tls_hello){.version = take_number(&r, 2)};
    (void)take(&r, 32); /* random */
    session_id = take_vector(&r, 1);
    out->ciphers = take_vector(&r, 2);
    (void)take_vector(&r, 1); /* compression */
    if (r.rest.n > 0) {       /* hellos of SSL 3.0 and TLS 1.0 may end here */
        out->extensions = whole_vector(&r, 2);
    }
    if (r.bad || session_id.n > 32 || out->ciphers.n % 2 != 0 || !read_extensions(out)) {
        return false;
    }
    out->session_id = session_id.n > 0 && out->version < TLS_1_3;
    return true;
}

/* ------------------------------------------------------------ words */

const char *
syc_tls_version_name(uint16_t version)
{
    static const char *const names[] = {"ssl3", "1.0", "1.1", "1.2", "1.3"};

    return version >= 0x0300 && version <= TLS_1_3 ? names[version - 0x0300] : NULL;
}

bool
syc_alpn_next(struct syc_span *list, struct syc_span *name)
{
    while (list->n > 0) {
        *name = syc_span_part(*list, 1, list->p[0]);
        *list = syc_span_from(*list, 1 + (size_t)list->p[0]);
        if (name->n != 2 || !syc_is_grease(syc_be16(name->p))) {
            return true;
        }
    }
    return false;
}
