/*
 * SipHash over octets, and the digests that names are made of (libmd's, not ours).
 *
 * syc_hash and the inline words of the header are one function: test_hash.c holds both to the
 * vectors of an independent implementation.
 */

#include "base/hash.h"

#include <endian.h>
#include <errno.h>
#include <sha1.h>
#include <sha2.h>
#include <string.h>
#include <sys/random.h>
#include <sys/types.h>

struct syc_hash_key
syc_hash_key_random(void)
{
    struct syc_hash_key key = {0, 0};
    ssize_t got;

    /* Up to 256 octets come whole once the pool is ready; a signal can only interrupt the wait before. */
    do {
        got = getrandom(&key, sizeof key, 0);
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof key) {
        /* Kernels before 3.17: tables stay right, only predictable. Fraction of sqrt(2) and sqrt(3). */
        key = (struct syc_hash_key){UINT64_C(0x6a09e667f3bcc908), UINT64_C(0xbb67ae8584caa73b)};
    }
    return key;
}

/*
 * Number i of the multipliers is SipHash of i. Seventeen values of one random function under one
 * key are as good as seventeen random numbers to anybody who does not have the key.
 */
struct syc_hash_line
syc_hash_line_make(const struct syc_hash_key *key)
{
    struct syc_hash_line line;

    for (uint64_t i = 0; i <= SYC_HASH_LINE_WORDS; i++) {
        line.m[i] = syc_hash_words(key, &i, 1);
    }
    return line;
}

/* n octets, least significant first; n <= 7 here, so that the message's length fits on top of them. */
static uint64_t
load_le(const uint8_t *p, size_t n)
{
    uint64_t word = 0;

    for (size_t i = 0; i < n; i++) {
        word |= (uint64_t)p[i] << (8 * i);
    }
    return word;
}

/*
 * The tail of 0..7 octets always makes one more word, with n's low octet on top: so messages that
 * differ only in trailing zeros hash apart (section 2.1 of the paper).
 */
uint64_t
syc_hash(const struct syc_hash_key *key, const void *data, size_t n)
{
    struct syc_hash_state s = syc_hash_begin(key);
    const uint8_t *p = data;
    size_t left = n;

    for (; left >= 8; left -= 8, p += 8) {
        uint64_t word;

        memcpy(&word, p, 8);
        syc_hash_add(&s, le64toh(word));
    }
    return syc_hash_end(&s, load_le(p, left) | (uint64_t)n << 56);
}

void
syc_sha256_hex(const void *data, size_t n, char out[65])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA2_CTX ctx;

    SHA256Init(&ctx);
    SHA256Update(&ctx, data, n);
    SHA256Final(digest, &ctx);
    for (size_t i = 0; i < sizeof digest; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[64] = '\0';
}

/*
 * What fits one block with its padding (FIPS 180-4 5.1.1) is padded here: libmd does it octet by
 * octet, which for the 18 of a community ID costs more than the hash (3,150 instructions to 1,450).
 */
void
syc_sha1(const void *data, size_t n, uint8_t out[20])
{
    SHA1_CTX ctx;
    uint64_t bits = htobe64((uint64_t)n * 8);
    uint8_t block[SHA1_BLOCK_LENGTH] = {0};

    SHA1Init(&ctx);
    if (n >= SHA1_BLOCK_LENGTH - sizeof(bits)) {
        SHA1Update(&ctx, data, n);
        SHA1Final(out, &ctx);
        return;
    }
    if (n > 0) {
        memcpy(block, data, n);
    }
    block[n] = 0x80;
    memcpy(block + SHA1_BLOCK_LENGTH - sizeof(bits), &bits, sizeof(bits));
    SHA1Transform(ctx.state, block);
    for (size_t i = 0; i < 5; i++) {
        uint32_t word = htobe32(ctx.state[i]);
        memcpy(out + 4 * i, &word, sizeof(word));
    }
}

/*
 * Of a last group with one or two octets only those are read; what is missing counts as zero bits
 * and is written as '='.
 */
void
syc_base64(const void *data, size_t n, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *p = data;

    for (size_t i = 0; i < n; i += 3) {
        size_t here = n - i < 3 ? n - i : 3;
        uint32_t group = (uint32_t)p[i] << 16;

        group |= here > 1 ? (uint32_t)p[i + 1] << 8 : 0;
        group |= here > 2 ? p[i + 2] : 0;
        *out++ = digits[group >> 18];
        *out++ = digits[(group >> 12) & 63];
        *out++ = here > 1 ? digits[(group >> 6) & 63] : '=';
        *out++ = here > 2 ? digits[group & 63] : '=';
    }
    *out = '\0';
}
