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

/* "1301,1302": five octets each, no comma behind the last; how many there are. */
static size_t
put_values(const struct values *list, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < list->count; i++) {
        uint16_t v = list->v[i];
        *out++ = digits[v >> 12];
        *out++ = digits[v >> 8 & 15];
        *out++ = digits[v >> 4 & 15];
        *out++ = digits[v & 15];
        *out++ = ',';
    }
    return list->count > 0 ? list->count * 5 - 1 : 0;
}

/* The first list sorted, the second (NULL: none) as it is; twelve zeros where the first is empty. */
static void
put_hash(struct syc_out *o, struct values *sorted, const struct values *after)
{
    char text[2 * VALUES_MAX * 5 + 1];
    uint16_t spare[VALUES_MAX];
    char hash[65] = "000000000000";

    if (sorted->count > 0) {
        size_t n;
        sort_values(sorted->v, sorted->count, spare);
        n = put_values(sorted, text);
        if (after != NULL && after->count > 0) {
            text[n++] = '_';
            n += put_values(after, text + n);
        }
        syc_sha256_hex(text, n, hash);
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

/* What of a hello goes into its name; false for a list that is too long. */
struct lists {
    struct values ciphers, extensions, algorithms;
    size_t extension_count; /* SNI and ALPN, too */
};

static bool
take_lists(const struct syc_tls_hello *hello, struct lists *out)
{
    take_list(hello->ciphers, &out->ciphers);
    take_list(hello->signature_algorithms, &out->algorithms);
    out->extension_count = take_extensions(hello->extensions, &out->extensions);
    return out->ciphers.count <= VALUES_MAX && out->extensions.count <= VALUES_MAX &&
           out->algorithms.count <= VALUES_MAX;
}

bool
syc_ja4_format(const struct syc_tls_hello *hello, char out[SYC_JA4_TEXT])
{
    struct lists l;
    struct syc_out o = {out, SYC_JA4_TEXT, 0};

    out[0] = '\0';
    if (!take_lists(hello, &l)) {
        return false;
    }
    syc_out_text(&o, "t");
    syc_out_text(&o, version_word(hello->version));
    syc_out_text(&o, hello->has_sni ? "d" : "i");
    put_count(&o, l.ciphers.count);
    put_count(&o, l.extension_count);
    put_alpn(&o, hello->alpn);
    put_hash(&o, &l.ciphers, NULL);
    put_hash(&o, &l.extensions, &l.algorithms);
    return true;
}

static size_t
put_key(const struct values *list, uint8_t *out, size_t n)
{
    out[n++] = (uint8_t)(list->count >> 8);
    out[n++] = (uint8_t)list->count;
    memcpy(out + n, list->v, list->count * sizeof(list->v[0]));
    return n + list->count * sizeof(list->v[0]);
}

/* Extensions sorted, since some clients shuffle them for each hello. */
bool
syc_ja4_key(const struct syc_tls_hello *hello, uint8_t *out, size_t *n)
{
    struct lists l;
    uint16_t spare[VALUES_MAX];

    if (!take_lists(hello, &l)) {
        return false;
    }
    sort_values(l.extensions.v, l.extensions.count, spare);
    out[(*n)++] = (uint8_t)l.extension_count;
    *n = put_key(&l.ciphers, out, *n);
    *n = put_key(&l.extensions, out, *n);
    *n = put_key(&l.algorithms, out, *n);
    return true;
}
