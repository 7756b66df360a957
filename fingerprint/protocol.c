/*
 * Which protocol the first octets of a connection belong to: a guess from at most 16 octets.
 *
 * Wrong guesses cost more than missing ones, since facts of a protocol (requests a connection) are
 * built on them: each test asks for fields that random octets or another protocol seldom have, and
 * the first that says yes wins, the most telling first. Payload is looked at here and kept nowhere.
 */

#include "fingerprint/fingerprint.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Short payloads are the usual case on captures cut at 96 octets: a word that is not all there is no match. */
static bool
starts(struct syc_span s, const char *word)
{
    size_t n = strlen(word);

    return s.n >= n && s.p[0] == (uint8_t)word[0] && memcmp(s.p, word, n) == 0;
}

/* RFC 9112 4: a status line begins with the version. */
static bool
is_http1(struct syc_span s, bool from_client)
{
    return from_client ? syc_http_request_starts(s) : starts(s, "HTTP/1.");
}

/*
 * RFC 8446 5.1 and 4: record type 22, version 3.0 to 3.4, at most 2^14 + 256 octets, then
 * ClientHello (1) or ServerHello (2). A server may also refuse at once: alert (21) of two octets.
 */
static bool
is_tls(struct syc_span s, bool from_client)
{
    if (s.n < 6 || s.p[1] != 3 || s.p[2] > 4) {
        return false;
    }
    if (s.p[0] == 21) {
        return !from_client && syc_be16(s.p + 3) == 2 && (s.p[5] == 1 || s.p[5] == 2);
    }
    return s.p[0] == 22 && syc_be16(s.p + 3) >= 4 && syc_be16(s.p + 3) <= 16384 + 256 &&
           s.p[5] == (from_client ? 1 : 2);
}

/*
 * PostgreSQL protocol 3 (manual, "Message Formats"). Client: length and protocol 3.0 to 3.2, or
 * length 8 and SSLRequest 80877103, GSSENCRequest 80877104; CancelRequest 80877102. Server:
 * authentication request 'R' of at least 8 octets with a code up to 12.
 */
static bool
is_postgresql(struct syc_span s, bool from_client)
{
    uint32_t length;
    uint32_t code;

    if (!from_client) {
        return s.n >= 9 && s.p[0] == 'R' && syc_be32(s.p + 1) >= 8 && syc_be32(s.p + 1) < 2000 &&
               syc_be32(s.p + 5) <= 12;
    }
    if (s.n < 8) {
        return false;
    }
    length = syc_be32(s.p);
    code = syc_be32(s.p + 4);
    if (code == 80877103 || code == 80877104) {
        return length == 8;
    }
    if (code == 80877102) {
        return length >= 16 && length <= 268;
    }
    return code >> 16 == 3 && (code & 0xffff) <= 2 && length >= 9 && length <= 10000;
}

/*
 * MySQL (Connection Phase). Server: packet number 0, protocol version 10 and a version text that
 * begins with a digit. Client: packet number 1, capabilities with CLIENT_PROTOCOL_41, character
 * set, then 23 zero octets, of which the first three are looked at.
 */
static bool
is_mysql(struct syc_span s, bool from_client)
{
    uint32_t length;

    if (s.n < 6) {
        return false;
    }
    length = s.p[0] | (uint32_t)s.p[1] << 8 | (uint32_t)s.p[2] << 16;
    if (!from_client) {
        return s.p[3] == 0 && length >= 20 && length <= 1000 && s.p[4] == 10 && s.p[5] >= '0' &&
               s.p[5] <= '9';
    }
    return s.n >= 16 && s.p[3] == 1 && length >= 32 && length <= 100000 && (s.p[5] & 0x02) != 0 &&
           s.p[13] == 0 && s.p[14] == 0 && s.p[15] == 0;
}

/*
 * Octets of "*3" or "$5" with its CR LF at the start of s, or 0. Seven digits are more than any
 * count a client sends; the bound keeps the look within the 16 octets.
 */
static size_t
resp_count(struct syc_span s, char kind)
{
    size_t i = 1;

    if (s.n == 0 || s.p[0] != kind) {
        return 0;
    }
    while (i < s.n && i < 8 && s.p[i] >= '0' && s.p[i] <= '9') {
        i++;
    }
    return i > 1 && s.n >= i + 2 && s.p[i] == '\r' && s.p[i + 1] == '\n' ? i + 2 : 0;
}

/*
 * RESP (Redis serialization protocol): a command is an array of bulk strings, "*2\r\n$4\r\n...".
 * Of the answers only those that other protocols do not give: +OK\r\n, +PONG\r\n, -NOAUTH, -ERR,
 * -WRONGPASS and the like, a HELLO map and counted arrays.
 */
static bool
is_redis(struct syc_span s, bool from_client)
{
    static const char *const answers[] = {"+OK\r\n",     "+PONG\r\n", "-NOAUTH ", "-ERR ",
                                          "-WRONGPASS ", "-DENIED ",  "-LOADING "};
    size_t n = resp_count(s, '*');

    if (n != 0 && n < s.n && (s.p[n] == '$' || (!from_client && s.p[n] == ':'))) {
        return true;
    }
    if (from_client) {
        return starts(s, "PING\r\n");
    }
    for (size_t i = 0; i < COUNT(answers); i++) {
        if (starts(s, answers[i])) {
            return true;
        }
    }
    return resp_count(s, '%') != 0 || resp_count(s, '$') != 0;
}

enum syc_protocol
syc_protocol_guess(struct syc_span payload, bool from_client)
{
    const struct syc_span s = syc_span_part(payload, 0, 16);

    if (is_http1(s, from_client)) {
        return SYC_PROTOCOL_HTTP1;
    }
    if (is_tls(s, from_client)) {
        return SYC_PROTOCOL_TLS;
    }
    if (starts(s, "SSH-")) { /* RFC 4253 4.2 */
        return SYC_PROTOCOL_SSH;
    }
    if (is_postgresql(s, from_client)) {
        return SYC_PROTOCOL_POSTGRESQL;
    }
    if (is_mysql(s, from_client)) {
        return SYC_PROTOCOL_MYSQL;
    }
    return is_redis(s, from_client) ? SYC_PROTOCOL_REDIS : SYC_PROTOCOL_UNKNOWN;
}
