/*
 * JA4: a name for what a TLS client offers. The format is FoxIO's ("JA4: TLS Client
 * Fingerprinting", BSD 3-Clause; notice in LICENSE); of the JA4+ suite only this one is here, the
 * others are under another license.
 *
 *    t13d1516h2_8daaf6152771_e5627efa2ab1
 *    |  |   | |  |            '- sorted extensions without SNI and ALPN, "_", signature algorithms
 *    |  |   | |  '- sorted ciphers: both the first 12 digits of a SHA-256
 *    |  |   | '- first and last character of the first ALPN name
 *    |  |   '- extensions, |ciphers: how many, GREASE left out
 *    |  '- d: a server's name is asked for, i: none
 *    '- over TCP, version
 */

#include "fingerprint/fingerprint.h"
#include "fingerprint/out_int.h"

/* More than IANA has of any (some 370 ciphers, 70 extensions, 60 signature schemes). */
enum { VALUES_MAX = 512 };

enum { EXT_SERVER_NAME = 0, EXT_ALPN = 16 };

#define LESS(a, b) ((a) < (b))
SYC_SORT_DEFINE(sort_values, uint16_t, LESS)

/* Values of one list without GREASE; count may pass VALUES_MAX, values never do. */
struct values {
    uint16_t v[VALUES_MAX];
    size_t count;
};

static void
add_value(struct values *to, uint16_t value)
{
    if (syc_is_grease(value)) {
        return;
    }
    if (to->count < VALUES_MAX) {
        to->v[to->count] = value;
    }
    to->count++;
}

static void
take_list(struct syc_span list, struct values *out)
{
    out->count = 0;
    for (size_t i = 0; i + 1 < list.n; i += 2) {
        add_value(out, syc_be16(list.p + i));
    }
}

/* Types of the extensions; how many there are is counted with SNI and ALPN, which the hash leaves out. */
static size_t
take_extensions(struct syc_span list, struct values *out)
{
    size_t all = 0;

    out->count = 0;
    while (list.n >= 4) {
        uint16_t type = syc_be16(list.p);
        list = syc_span_from(list, 4 + (size_t)syc_be16(list.p + 2));
        all += !syc_is_grease(type);
        if (type != EXT_SERVER_NAME && type != EXT_ALPN) {
            add_value(out, type);
        }
    }
    return all;
}

static void
put_values(struct syc_out *o, const struct values *list)
{
    for (size_t i = 0; i < list->count; i++) {
        syc_out_text(o, i > 0 ? "," : "");
        syc_out_octet(o, (uint8_t)(list->v[i] >> 8));
        syc_out_octet(o, (uint8_t)list->v[i]);
    }
}

/* The first list sorted, the second (NULL: none) as it is; twelve zeros where the first is empty. */
static void
put_hash(struct syc_out *o, struct values *sorted, const struct values *after)
{
    char text[2 * VALUES_MAX * 5 + 2] = "";
    struct syc_out t = {text, sizeof text, 0};
    uint16_t spare[VALUES_MAX];
    char hash[65] = "000000000000";

    if (sorted->count > 0) {
        sort_values(sorted->v, sorted->count, spare);
        put_values(&t, sorted);
        if (after != NULL && after->count > 0) {
            syc_out_text(&t, "_");
            put_values(&t, after);
        }
        syc_sha256_hex(text, t.used, hash);
    }
    hash[12] = '\0';
    syc_out_text(o, "_");
    syc_out_text(o, hash);
}

static const char *
version_word(uint16_t version)
{
    switch (version) {
    case 0x0304:
        return "13";
    case 0x0303:
        return "12";
    case 0x0302:
        return "11";
    case 0x0301:
        return "10";
    case 0x0300:
        return "s3";
    case 0x0002:
        return "s2";
    case 0xfeff:
        return "d1";
    case 0xfefd:
        return "d2";
    case 0xfefc:
        return "d3";
    default:
        return "00";
    }
}

/* Two digits; 99 stands for more. */
static void
put_count(struct syc_out *o, size_t count)
{
    syc_out_text(o, count < 10 ? "0" : "");
    syc_out_number(o, count > 99 ? 99 : (unsigned)count);
}

static bool
is_alphanumeric(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/*
 * First and last character of the first name; of its hex text when either is no letter or digit.
 * "00": there is no name, or it is empty.
 */
static void
put_alpn(struct syc_out *o, struct syc_span list)
{
    static const char digits[] = "0123456789abcdef";
    struct syc_span name;
    char ends[3] = "00";

    if (syc_alpn_next(&list, &name) && name.n > 0) {
        uint8_t first = name.p[0];
        uint8_t last = name.p[name.n - 1];
        bool plain = is_alphanumeric(first) && is_alphanumeric(last);
        ends[0] = plain ? (char)first : digits[first >> 4];
        ends[1] = plain ? (char)last : digits[last & 15];
    }
    syc_out_text(o, ends);
}

bool
syc_ja4_format(const struct syc_tls_hello *hello, char out[SYC_JA4_TEXT])
{
    struct values ciphers;
    struct values extensions;
    struct values algorithms;
    struct syc_out o = {out, SYC_JA4_TEXT, 0};
    size_t extension_count = take_extensions(hello->extensions, &extensions);

    out[0] = '\0';
    take_list(hello->ciphers, &ciphers);
    take_list(hello->signature_algorithms, &algorithms);
    if (ciphers.count > VALUES_MAX || extensions.count > VALUES_MAX ||
        algorithms.count > VALUES_MAX) {
        return false;
    }
    syc_out_text(&o, "t");
    syc_out_text(&o, version_word(hello->version));
    syc_out_text(&o, hello->has_sni ? "d" : "i");
    put_count(&o, ciphers.count);
    put_count(&o, extension_count);
    put_alpn(&o, hello->alpn);
    put_hash(&o, &ciphers, NULL);
    put_hash(&o, &extensions, &algorithms);
    return true;
}
