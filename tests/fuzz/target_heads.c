/*
 * What a client says first: first octet how many cuts, second in which order the pieces come, then two octets a cut, then
 * what it says.
 *
 * Claims: an answer for the beginning of something holds for all of it, and it is not whole before `need`; a
 * hello's lists lie within it; its JA4 has the form of one and does not depend on the values of GREASE; header names are
 * tokens that stand in the head; a connection tells the same of pieces in any order as of the whole; work is linear.
 */

#include "tests/fuzz/fuzz.h"

#include "connection/connection.h"

#include <string.h>

enum { SAID_MAX = 4096, CUTS_MAX = 7 };

/* ------------------------------------------------------------ hellos */

static void
check_inside(struct syc_span part, struct syc_span whole, const char *what)
{
    FUZZ_HOLDS(part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n), "%s",
               what);
}

static bool
is_hex(const char *text, size_t n)
{
    return strspn(text, "0123456789abcdef") >= n;
}

/* t13d1516h2_8daaf6152771_e5627efa2ab1 */
static void
check_form(const char *ja4)
{
    FUZZ_HOLDS(strlen(ja4) == SYC_JA4_TEXT - 1 && fuzz_is_printable(ja4, strlen(ja4)), "%s", ja4);
    FUZZ_HOLDS(ja4[0] == 't' && (ja4[3] == 'd' || ja4[3] == 'i') &&
                   strspn(ja4 + 4, "0123456789") >= 4,
               "%s", ja4);
    FUZZ_HOLDS(ja4[10] == '_' && is_hex(ja4 + 11, 12) && ja4[23] == '_' && is_hex(ja4 + 24, 12),
               "%s", ja4);
}

/* Every GREASE value of a list, which lies in copy, becomes another one. */
static void
change_grease(uint8_t *copy, struct syc_span list)
{
    for (size_t i = 0; i + 1 < list.n; i += 2) {
        uint8_t *value = copy + (list.p - copy) + i;
        if (syc_is_grease(syc_be16(value))) {
            value[0] = value[1] = (uint8_t)(value[0] + 0x10);
        }
    }
}

static void
check_body(struct syc_span body)
{
    uint8_t *copy = fuzz_copy(body.p, body.n);
    struct syc_span again = {copy, body.n};
    struct syc_tls_hello h;
    char ja4[SYC_JA4_TEXT];
    char other[SYC_JA4_TEXT];
    uint8_t key[SYC_JA4_KEY];
    size_t n = 0;
    bool named;

    if (!syc_tls_hello_read(again, &h)) {
        fuzz_free(copy);
        return;
    }
    check_inside(h.ciphers, again, "ciphers");
    check_inside(h.extensions, again, "extensions");
    check_inside(h.alpn, h.extensions, "alpn");
    check_inside(h.signature_algorithms, h.extensions, "signature algorithms");
    check_inside(h.server_name, h.extensions, "server name");
    named = syc_ja4_format(&h, ja4);
    FUZZ_HOLDS(syc_ja4_key(&h, key, &n) == named && n <= sizeof key, "%zu", n);
    if (named) {
        check_form(ja4);
        change_grease(copy, h.ciphers);
        change_grease(copy, h.signature_algorithms);
        FUZZ_HOLDS(syc_ja4_format(&h, other) && strcmp(ja4, other) == 0, "%s, then %s", ja4, other);
    }
    fuzz_free(copy);
}

static void
check_hello(struct syc_span said)
{
    struct syc_span body = {NULL, 0};
    size_t need = 0;
    enum syc_head whole = syc_tls_hello_find(said, &need, &body);
    size_t first = whole == SYC_HEAD_WHOLE ? need : said.n;

    if (whole == SYC_HEAD_WHOLE) {
        uint8_t *joined = fuzz_copy(said.p, first);
        check_inside(body, said, "body");
        check_body(body.n > 0 ? body : syc_tls_hello_join(joined, first));
        fuzz_free(joined);
    }
    need = 0;
    for (size_t n = 0; n < first; n += 1 + n / 16) {
        size_t before = need;
        enum syc_head head = syc_tls_hello_find(syc_span_part(said, 0, n), &need, &body);
        FUZZ_HOLDS(head == SYC_HEAD_MORE || (head == SYC_HEAD_NOT && whole == SYC_HEAD_NOT),
                   "%d of %zu octets, %d of all", head, n, whole);
        if (head == SYC_HEAD_NOT) {
            break;
        }
        FUZZ_HOLDS(need > n && need >= before, "%zu after %zu", need, before);
    }
}

/* ------------------------------------------------------------ requests */

static void
check_request(struct syc_span said)
{
    struct syc_http_head h;
    size_t length = 0;
    size_t again = 0;
    enum syc_head whole = syc_http_head_find(said, 0, &length);
    enum syc_head head = SYC_HEAD_MORE;

    for (size_t n = 0, seen = 0; n <= said.n && head == SYC_HEAD_MORE; n++) {
        head = syc_http_head_find(syc_span_part(said, 0, n), seen, &again);
        seen = n;
    }
    FUZZ_HOLDS(head == whole, "%d in steps, %d at once", head, whole);
    FUZZ_HOLDS(whole != SYC_HEAD_WHOLE || (length == again && length <= said.n), "%zu, %zu", length,
               again);
    if (!syc_http_head_read(syc_span_part(said, 0, length), whole == SYC_HEAD_WHOLE, &h)) {
        return;
    }
    FUZZ_HOLDS(h.name_count <= SYC_HTTP_NAMES && h.user_agent.n <= SYC_USER_AGENT_OCTETS,
               "%zu, %zu", h.name_count, h.user_agent.n);
    for (size_t i = 0; i < h.name_count; i++) {
        check_inside(h.names[i], said, "name");
        FUZZ_HOLDS(h.names[i].n > 0 && memchr(h.names[i].p, ',', h.names[i].n) == NULL &&
                       fuzz_is_printable((const char *)h.names[i].p, h.names[i].n),
                   "name %zu", i);
    }
}

/* ------------------------------------------------------------ connections */

/* Cuts of what is said, in ascending order, with both its ends. */
struct cuts {
    size_t at[CUTS_MAX + 2];
    size_t count; /* of pieces */
    uint8_t order;
};

static void
keep(void *user, const struct syc_record *r)
{
    struct syc_record **kept = user;

    *kept = syc_record_copy(r);
    FUZZ_HOLDS(*kept != NULL, "no memory");
}

static void
send(struct syc_table *t, bool client, uint16_t flags, uint32_t seq, struct syc_span payload)
{
    struct syc_segment s = {.src_port = client ? 40000 : 443,
                            .dst_port = client ? 443 : 40000,
                            .src = {[15] = client ? 1 : 2},
                            .dst = {[15] = client ? 2 : 1},
                            .seq = seq,
                            .ack = client ? 5001 : 1001,
                            .flags = flags,
                            .window = 64240,
                            .ip_v = 4,
                            .ip_header_octets = 20,
                            .tcp_header_octets = 20,
                            .ttl = 64,
                            .payload = payload,
                            .payload_octets = (uint32_t)payload.n,
                            .ip_octets = 40 + (uint32_t)payload.n};

    s.ack = flags == SYC_SYN ? 0 : s.ack;
    syc_table_feed(t, &s, 1);
}

/* The record of a connection whose client says this in these pieces; the caller's to free. */
static struct syc_record *
converse(struct syc_span said, const struct cuts *cuts)
{
    const struct syc_table_config config = {.connection_octets = 8 << 20,
                                            .half_open_octets = 1 << 16,
                                            .sni = true,
                                            .two_msl_ns = 60 * SYC_NS_PER_S,
                                            .idle_ns = 3600 * SYC_NS_PER_S};
    struct syc_record *kept = NULL;
    const struct syc_table_sink sink = {.user = &kept, .record = keep};
    struct syc_table *t = syc_table_new(&config, &sink);

    FUZZ_HOLDS(t != NULL, "no memory");
    send(t, true, SYC_SYN, 1000, (struct syc_span){NULL, 0});
    send(t, false, SYC_SYN | SYC_ACK, 5000, (struct syc_span){NULL, 0});
    send(t, true, SYC_ACK, 1001, (struct syc_span){NULL, 0});
    /* an odd step from anywhere comes by each of eight places once */
    for (size_t k = 0; k < 8; k++) {
        size_t i = (cuts->order + k * (size_t)(cuts->order >> 4 | 1)) % 8;
        struct syc_span piece;
        if (i >= cuts->count) {
            continue;
        }
        piece = syc_span_part(said, cuts->at[i], cuts->at[i + 1] - cuts->at[i]);
        if (piece.n > 0) {
            send(t, true, SYC_ACK | SYC_PSH, 1001 + (uint32_t)cuts->at[i], piece);
        }
    }
    syc_table_finish(t, 0);
    syc_table_free(t);
    FUZZ_HOLDS(kept != NULL, "no record");
    return kept;
}

static void
check_pieces(struct syc_span said, const struct cuts *cuts)
{
    const struct cuts one = {.at = {0, said.n}, .count = 1};
    struct syc_record *whole = converse(said, &one);
    struct syc_record *pieces = converse(said, cuts);

    for (size_t i = 0; i < syc_record_text_count; i++) {
        size_t at = syc_record_texts[i].offset;
        const char *a = *(const char *const *)(const void *)((const char *)whole + at);
        const char *b = *(const char *const *)(const void *)((const char *)pieces + at);
        if (strncmp(syc_record_texts[i].path, "flow.", 5) == 0) {
            continue; /* the history tells of order */
        }
        FUZZ_HOLDS((a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0),
                   "%s: %s, then %s", syc_record_texts[i].path, a != NULL ? a : "absent",
                   b != NULL ? b : "absent");
        FUZZ_HOLDS(a == NULL || fuzz_is_printable(a, strlen(a)), "%s", syc_record_texts[i].path);
    }
    FUZZ_HOLDS(whole->resume_offered == pieces->resume_offered, "resumption");
    FUZZ_HOLDS(whole->degraded == pieces->degraded, "%x, %x", whole->degraded, pieces->degraded);
    syc_record_free(whole);
    syc_record_free(pieces);
}

static void
take_cuts(struct syc_span *in, struct cuts *out)
{
    uint8_t count = fuzz_take8(in) % (CUTS_MAX + 1);
    uint16_t cuts[CUTS_MAX];

    out->order = fuzz_take8(in);
    out->count = (size_t)count + 1;
    out->at[0] = 0;
    for (size_t i = 0; i < count; i++) {
        cuts[i] = fuzz_take16(in);
    }
    *in = fuzz_take(in, SAID_MAX);
    for (size_t i = 0; i < count; i++) {
        size_t cut = in->n > 0 ? cuts[i] % in->n : 0;
        size_t to = i + 1;
        for (; out->at[to - 1] > cut; to--) {
            out->at[to] = out->at[to - 1];
        }
        out->at[to] = cut;
    }
    out->at[out->count] = in->n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct syc_span in = {data, size};
    struct cuts cuts;
    uint64_t before = fuzz_work();

    take_cuts(&in, &cuts);
    check_hello(in);
    check_request(in);
    if (in.n > 0) {
        check_pieces(in, &cuts);
    }
    fuzz_bound_work("heads", before, size, 500, 250000);
    return 0;
}
