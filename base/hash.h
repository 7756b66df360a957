#ifndef SYC_BASE_HASH_H
#define SYC_BASE_HASH_H

/*
 * Purpose           the keyed hash of every table that an outsider can choose keys for, and digests for names
 * Input and output  octets in, 64 bits or text out
 * Ownership         nothing is kept
 * Limits            none
 * Not here          tables
 */

#include <stddef.h>
#include <stdint.h>

struct syc_hash_key {
    uint64_t k0;
    uint64_t k1;
};

/* A key from the kernel's random source; falls back to fixed octets only if that fails. */
struct syc_hash_key syc_hash_key_random(void);

/*
 * SipHash-1-3 of n octets.
 *
 * cost    about 14 operations per 8 octets plus 60
 * source  Aumasson, Bernstein: SipHash (2012), with 1 compression and 3 finalization rounds
 */
uint64_t syc_hash(const struct syc_hash_key *key, const void *data, size_t n);

/* The same over whole words, for keys that a table keeps as words: equal to syc_hash of their little-endian octets. */
uint64_t syc_hash_words(const struct syc_hash_key *key, const uint64_t *words, size_t count);

/* Lower-case hex SHA-256 of n octets into out[65]. */
void syc_sha256_hex(const void *data, size_t n, char out[65]);

/* SHA-1 of n octets into out[20] (Community ID only; no security use). */
void syc_sha1(const void *data, size_t n, uint8_t out[20]);

/* Padded base64 (RFC 4648 section 4) of n octets, zero-terminated; out holds 4 * ((n + 2) / 3) + 1. */
void syc_base64(const void *data, size_t n, char *out);

#endif
