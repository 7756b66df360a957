#include "base/base.h"
#include "tests/unit/base/groups.h"

#include <string.h>

struct sip_vector {
    size_t n; /* message: octets 0, 1, 2, ... (n of them, modulo 256) */
    uint64_t hash;
};

/*
 * CPython 3.11 hashes bytes with SipHash-1-3 and, with PYTHONHASHSEED=0, the all-zero key:
 *   PYTHONHASHSEED=0 python3 -c 'print(hex(hash(bytes(i & 255 for i in range(N))) & (2**64 - 1)))'
 */
static const struct sip_vector zero_key_vectors[] = {
    {1, 0x68a914128e01e473},   {7, 0x2f098ab0c751325a},   {8, 0xead411e67ebe2eea},
    {9, 0x75927f9d95124362},   {15, 0xf30eb725bb91c9ea},  {16, 0x8972188433a5c5b7},
    {17, 0x4883c49a2c009c1d},  {37, 0x422a9751192ff266},  {64, 0x75e05fd5bbc870c6},
    {255, 0x5dc1f93ea135eb43}, {256, 0x31ae646afba70308}, {300, 0x4a3ee92cf03a1ab4},
};

/*
 * The same with PYTHONHASHSEED=7. CPython draws the key from x = x * 214013 + 2531011 (mod 2^32), x0 = 7, one octet
 * (x >> 16) & 255 a step, first octet lowest (its Python/bootstrap_hash.c).
 */
static const struct syc_hash_key seed_7 = {0x12c874a1806f0e3d, 0x470a89d2f9d2784f};
static const struct sip_vector seed_7_vectors[] = {
    {1, 0x7e255bf0210f9775},   {7, 0x987cfd95990dd34b},   {8, 0x8450991e34fe08de},
    {9, 0xa0a0a12bd6c44f35},   {15, 0x1517e7dc54a43f5b},  {16, 0x642bba6a6c24ebf5},
    {17, 0xcc54010f13010f0d},  {37, 0x1aaacb9dcb3ec89f},  {64, 0x2128138620d8ef33},
    {255, 0x28c76c3d6be57217}, {256, 0x3dc0d042c1d1a0c1}, {300, 0xff6be126c7fcb29d},
};

static void
fill_counting(uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint8_t)i;
    }
}

static void
siphash_1_3_equals_cpython(void **state)
{
    const struct syc_hash_key zero = {0, 0};
    uint8_t message[300];

    fill_counting(message, sizeof message);
    for (size_t i = 0; i < sizeof zero_key_vectors / sizeof zero_key_vectors[0]; i++) {
        assert_int_equal(syc_hash(&zero, message, zero_key_vectors[i].n), zero_key_vectors[i].hash);
        assert_int_equal(syc_hash(&seed_7, message, seed_7_vectors[i].n), seed_7_vectors[i].hash);
    }
}

static void
words_hash_as_their_little_endian_octets(void **state)
{
    /* 0, 8, 16, ... 256 octets; 256 wraps the length octet to 0. */
    uint64_t words[32];
    uint8_t octets[256];

    fill_counting(octets, sizeof octets);
    for (size_t i = 0; i < 32; i++) {
        words[i] = 0;
        for (size_t j = 8; j > 0; j--) {
            words[i] = words[i] << 8 | octets[8 * i + j - 1];
        }
    }
    for (size_t count = 0; count <= 32; count++) {
        assert_int_equal(syc_hash_words(&seed_7, words, count),
                         syc_hash(&seed_7, octets, 8 * count));
    }
    assert_int_equal(syc_hash_words(&seed_7, words, 2), 0x642bba6a6c24ebf5);
}

static void
random_keys_differ(void **state)
{
    struct syc_hash_key a = syc_hash_key_random(), b = syc_hash_key_random();

    /* 2^-128 to fail by chance. */
    assert_false(a.k0 == b.k0 && a.k1 == b.k1);
}

static void
sha256_gives_the_nist_examples(void **state)
{
    /* FIPS 180-4 examples "abc" and the 448-bit message; the empty message: sha256sum < /dev/null. */
    static const char long_message[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    char hex[65];

    syc_sha256_hex("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    syc_sha256_hex(long_message, 56, hex);
    assert_string_equal(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    syc_sha256_hex("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void
sha1_gives_the_nist_example(void **state)
{
    static const uint8_t abc[20] = {0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e,
                                    0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d};
    uint8_t digest[20];

    syc_sha1("abc", 3, digest);
    assert_memory_equal(digest, abc, sizeof abc);
}

static void
base64_gives_the_rfc_4648_vectors(void **state)
{
    /* RFC 4648 section 10. */
    static const char *const vectors[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    static const uint8_t high[] = {0xfb, 0xff, 0xfe};
    char text[16];

    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        syc_base64(vectors[i][0], strlen(vectors[i][0]), text);
        assert_string_equal(text, vectors[i][1]);
    }
    syc_base64(high, 3, text); /* 111110 111111 111111 111110 = 62 63 63 62 */
    assert_string_equal(text, "+//+");
}

int
test_hash_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(siphash_1_3_equals_cpython),
        cmocka_unit_test(words_hash_as_their_little_endian_octets),
        cmocka_unit_test(random_keys_differ),
        cmocka_unit_test(sha256_gives_the_nist_examples),
        cmocka_unit_test(sha1_gives_the_nist_example),
        cmocka_unit_test(base64_gives_the_rfc_4648_vectors),
    };

    return cmocka_run_group_tests_name("base/hash", tests, NULL, NULL);
}
