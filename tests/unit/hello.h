#ifndef SYC_TEST_HELLO_H
#define SYC_TEST_HELLO_H

/*
 * Purpose           ClientHellos by hand, for tests: the lists are given, the lengths follow
 * Input and output  struct hello in, octets of the body, of the message or of records out
 * Ownership         the caller's buffers; HELLO_OCTETS is enough for all of them
 * Limits            one record holds at most 65535 octets here, so that wrong ones can be made, too
 * Not here          expectations
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { HELLO_OCTETS = 20000 };

/* Data NULL: none. */
struct hello_extension {
    uint16_t type;
    const char *data;
    size_t n;
};

struct hello {
    uint16_t version;
    size_t session_id; /* octets */
    const uint16_t *ciphers;
    size_t cipher_count;
    const struct hello_extension *extensions;
    size_t extension_count;
    int no_extensions; /* the body ends before their length */
};

static inline size_t
hello_put(uint8_t *out, size_t at, unsigned value, size_t octets)
{
    for (size_t i = 0; i < octets; i++) {
        out[at + i] = (uint8_t)(value >> (8 * (octets - 1 - i)));
    }
    return at + octets;
}

/* The body of the message (RFC 8446 4.1.2). */
static inline size_t
hello_body(const struct hello *h, uint8_t *out)
{
    size_t n = hello_put(out, 0, h->version, 2);
    size_t length_at;

    memset(out + n, 0xab, 32);
    n = hello_put(out, n + 32, (unsigned)h->session_id, 1);
    memset(out + n, 0xcd, h->session_id);
    n = hello_put(out, n + h->session_id, (unsigned)h->cipher_count * 2, 2);
    for (size_t i = 0; i < h->cipher_count; i++) {
        n = hello_put(out, n, h->ciphers[i], 2);
    }
    n = hello_put(out, n, 0x0100, 2); /* one compression method: none */
    if (h->no_extensions) {
        return n;
    }
    length_at = n;
    n += 2;
    for (size_t i = 0; i < h->extension_count; i++) {
        const struct hello_extension *x = &h->extensions[i];
        n = hello_put(out, n, x->type, 2);
        n = hello_put(out, n, (unsigned)x->n, 2);
        if (x->n > 0) {
            memcpy(out + n, x->data, x->n);
        }
        n += x->n;
    }
    hello_put(out, length_at, (unsigned)(n - length_at - 2), 2);
    return n;
}

/* The message in records of at most `fragment` octets each (RFC 8446 5.1). */
static inline size_t
hello_records(const struct hello *h, size_t fragment, uint8_t *out)
{
    static uint8_t message[HELLO_OCTETS];
    size_t body = hello_body(h, message + 4);
    size_t n = 0;

    hello_put(message, 0, 1, 1);
    hello_put(message, 1, (unsigned)body, 3);
    for (size_t at = 0; at < body + 4;) {
        size_t piece = body + 4 - at < fragment ? body + 4 - at : fragment;
        n = hello_put(out, n, 0x160301, 3);
        n = hello_put(out, n, (unsigned)piece, 2);
        memcpy(out + n, message + at, piece);
        n += piece;
        at += piece;
    }
    return n;
}

/*
 * The example of the JA4 specification, with GREASE (RFC 8701) where Chrome puts it. Its JA4 is
 * there, too: t13d1516h2_8daaf6152771_e5627efa2ab1.
 */
static const uint16_t hello_example_ciphers[] = {0x0a0a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f,
                                                 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
                                                 0x009c, 0x009d, 0x002f, 0x0035};
#define HELLO_SNI                                                                                  \
    "\0\x0e\0\0\x0b"                                                                               \
    "example.com"
#define HELLO_ALPN       "\0\x0c\x02h2\x08http/1.1"
#define HELLO_ALGORITHMS "\0\x10\x04\x03\x08\x04\x04\x01\x05\x03\x08\x05\x05\x01\x08\x06\x06\x01"
#define HELLO_VERSIONS   "\x06\xda\xda\x03\x04\x03\x03"
#define HELLO_DATA(text) text, sizeof(text) - 1
static const struct hello_extension hello_example_extensions[] = {
    {0x1a1a, NULL, 0},
    {0x001b, NULL, 0},
    {0x0000, HELLO_DATA(HELLO_SNI)},
    {0x0033, NULL, 0},
    {0x0010, HELLO_DATA(HELLO_ALPN)},
    {0x4469, NULL, 0},
    {0x0017, NULL, 0},
    {0x002d, NULL, 0},
    {0x000d, HELLO_DATA(HELLO_ALGORITHMS)},
    {0x0005, NULL, 0},
    {0x0023, NULL, 0},
    {0x0012, NULL, 0},
    {0x002b, HELLO_DATA(HELLO_VERSIONS)},
    {0xff01, NULL, 0},
    {0x000b, NULL, 0},
    {0x000a, NULL, 0},
    {0x0015, NULL, 0},
    {0xfafa, HELLO_DATA("\0")},
};
static const struct hello hello_example = {
    .version = 0x0303,
    .session_id = 32,
    .ciphers = hello_example_ciphers,
    .cipher_count = sizeof hello_example_ciphers / sizeof *hello_example_ciphers,
    .extensions = hello_example_extensions,
    .extension_count = sizeof hello_example_extensions / sizeof *hello_example_extensions,
};
#define HELLO_EXAMPLE_JA4 "t13d1516h2_8daaf6152771_e5627efa2ab1"

#endif
