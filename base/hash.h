#ifndef SYC_BASE_HASH_H
#define SYC_BASE_HASH_H

/*
 * Purpose           the keyed hash of every table that an outsider can choose keys for, and digests for names
 * Input and output  octets in, 64 bits or text out
 * Ownership         nothing is kept
 * Limits            none
 * Not here          tables
 *
 * Which one for which key:
 *
 *     keys of any length, rare look-ups                   syc_hash         23 ns for 13 octets (measured)
 *     keys that are 64-bit words already                  syc_hash_words   the same function, no octets to assemble
 *     keys of a few 32-bit words, once for each packet    syc_hash_line    a multiplication a word
 *
 * Invariants, which the tables rest on: no value under a random key is ever written out, nor does the order of a
 * table reach the output. The first keeps an outsider from choosing colliding keys (addresses and ports are
 * chosen by those who are observed); the second keeps output equal under all keys. A name that is a hash (a
 * record's id) is made with a fixed key, by syc_hash, and no table is looked up by it.
 */

#include <stddef.h>
#include <stdint.h>

/* 128 bits, as SipHash wants them. Drawn anew in each run, for each set of tables; tests fix it. */
struct syc_hash_key {
    uint64_t k0;
    uint64_t k1;
};

/*
 * A key from the kernel's random source; fixed octets only if that fails, which leaves tables right but open to
 * chosen collisions.
 *
 * cost    a system call, which waits until the kernel's pool is ready (only early at boot)
 */
struct syc_hash_key syc_hash_key_random(void);

/*
 * SipHash-1-3 of n octets: a function of the key and the octets alone, equal on hosts of either byte order.
 *
 * data    n octets; may be NULL when n is 0
 * cost    about 14 operations per 8 octets plus 60
 * source  Aumasson, Bernstein: SipHash (2012), with 1 compression and 3 finalization rounds
 */
uint64_t syc_hash(const struct syc_hash_key *key, const void *data, size_t n);

/*
 * The four words of SipHash's state; in the header so that syc_hash_words is inlined where the
 * count is a constant.
 */
struct syc_hash_state {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t
syc_hash_rotate(uint64_t x, unsigned by)
{
    return (x << by) | (x >> (64 - by));
}

/* SipRound, section 2.2 of the paper. */
static inline void
syc_hash_round(struct syc_hash_state *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = syc_hash_rotate(s->v1, 13) ^ s->v0;
    s->v3 = syc_hash_rotate(s->v3, 16) ^ s->v2;
    s->v0 = syc_hash_rotate(s->v0, 32) + s->v3;
    s->v2 += s->v1;
    s->v1 = syc_hash_rotate(s->v1, 17) ^ s->v2;
    s->v3 = syc_hash_rotate(s->v3, 21) ^ s->v0;
    s->v2 = syc_hash_rotate(s->v2, 32);
}

/* Key in; the constants spell "somepseudorandomlygeneratedbytes". */
static inline struct syc_hash_state
syc_hash_begin(const struct syc_hash_key *key)
{
    return (struct syc_hash_state){
        key->k0 ^ UINT64_C(0x736f6d6570736575),
        key->k1 ^ UINT64_C(0x646f72616e646f6d),
        key->k0 ^ UINT64_C(0x6c7967656e657261),
        key->k1 ^ UINT64_C(0x7465646279746573),
    };
}

/* One message word: the "1" of 1-3. */
static inline void
syc_hash_add(struct syc_hash_state *s, uint64_t word)
{
    s->v3 ^= word;
    syc_hash_round(s);
    s->v0 ^= word;
}

/* The last word (low octets of the message's length on top of its tail) and the "3" of 1-3. */
static inline uint64_t
syc_hash_end(struct syc_hash_state *s, uint64_t last)
{
    syc_hash_add(s, last);
    s->v2 ^= 0xff;
    syc_hash_round(s);
    syc_hash_round(s);
    syc_hash_round(s);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/*
 * The same over whole words, for keys that a table keeps as words: equal to syc_hash of their little-endian octets.
 *
 * words, count   any count; the length that ends the message is 8 * count modulo 256, as SipHash defines it
 */
static inline uint64_t
syc_hash_words(const struct syc_hash_key *key, const uint64_t *words, size_t count)
{
    struct syc_hash_state s = syc_hash_begin(key);

    for (size_t i = 0; i < count; i++) {
        syc_hash_add(&s, words[i]);
    }
    return syc_hash_end(&s, (uint64_t)count
                                << 59); /* octets & 0xff in the top octet: 8 * count << 56 */
}

/*
 * Multilinear hashing of a few 32-bit words: for the look-ups that every packet makes.
 *
 * With multipliers that are random and never shown, two keys that differ collide with a probability of 2^-32, whoever
 * chooses them (strong universality); no value of it leaves the program. The last step is a bijection, so it
 * keeps that; it spreads keys in arithmetic progression (neighboring ports), which the sum alone leaves in one.
 *
 * words, count  at most SYC_HASH_LINE_WORDS, the caller's constant; not checked. Strong universality is about
 *               keys of equal count, and a shorter key hashes as if it ended in zeros: tables compare whole keys,
 *               with the count in them
 * cost          one multiplication and addition a word, and 6 operations
 * source        Lemire, Kaser: Strongly universal string hashing is fast (2014), section 2
 */
enum { SYC_HASH_LINE_WORDS = 16 };

/* A multiplier for each word, and the summand that the sum starts with. */
struct syc_hash_line {
    uint64_t m[SYC_HASH_LINE_WORDS + 1];
};

/* The multipliers that follow from a key, by SipHash: as random as the key is, and the same for the same key. */
struct syc_hash_line syc_hash_line_make(const struct syc_hash_key *key);

/* The last step, for who forms the sum of m[SYC_HASH_LINE_WORDS] and the products himself. */
static inline uint32_t
syc_hash_line_end(uint64_t sum)
{
    uint32_t x = (uint32_t)(sum >> 32);

    x = (x ^ x >> 16) * UINT32_C(0x7feb352d);
    return x ^ x >> 15;
}

static inline uint32_t
syc_hash_line(const struct syc_hash_line *line, const uint32_t *words, size_t count)
{
    uint64_t sum = line->m[SYC_HASH_LINE_WORDS];

    for (size_t i = 0; i < count; i++) {
        sum += line->m[i] * words[i];
    }
    return syc_hash_line_end(sum);
}

/*
 * Lower-case hex SHA-256 (FIPS 180-4) of n octets into out[65], zero-terminated: what fingerprints
 * and rules are named by.
 */
void syc_sha256_hex(const void *data, size_t n, char out[65]);

/* SHA-1 of n octets into out[20]. Community ID prescribes it; nothing that must resist an attack may use it. */
void syc_sha1(const void *data, size_t n, uint8_t out[20]);

/* Padded base64 (RFC 4648 section 4) of n octets, zero-terminated; out holds 4 * ((n + 2) / 3) + 1. */
void syc_base64(const void *data, size_t n, char *out);

#endif
