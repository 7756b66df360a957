/*
 * A record as a row of typed values: the Sigma category "connection".
 *
 * Names are those of the `connection` event, so that a rule is written by looking at one. Numbers and texts come from the
 * record's own tables: a new field of the record is a field that rules may read, without a line here.
 */

#include "behavior/behavior.h"

#include <string.h>

/* clang-format off */
/* What stands in no table of the record. X(ID, name, type, optional, doc) */
#define OWN_LIST(X) \
    X(SRC_IP, "src_ip", ADDR, false, "address of the client") \
    X(SRC_PORT, "src_port", INT, false, "port of the client") \
    X(DEST_IP, "dest_ip", ADDR, false, "address of the server") \
    X(DEST_PORT, "dest_port", INT, false, "port of the server") \
    X(TURNS, "flow.turns", INT, false, "client bursts that the server answered, set-up included") \
    X(COMPLETE, "complete", BOOL, false, "the record tells everything") \
    X(DEGRADED, "degraded", LIST, true, "why it does not: midstream evicted truncated_input ...") \
    X(SYN_LABEL, "syn.label", TEXT, true, "signature label of the SYN") \
    X(SYN_FAMILY, "syn.os_family", TEXT, true, "system family of the SYN: linux windows apple ...") \
    X(SYN_QUALITY, "syn.match_quality", TEXT, true, "how well the signature fits: exact generic fuzzy none") \
    X(SYN_TTL, "syn.ttl_initial", INT, true, "initial TTL of the SYN: 32 64 128 255") \
    X(SYN_DISTANCE, "syn.distance", INT, true, "hops by that TTL") \
    X(SYN_WINDOW, "syn.window", INT, true, "window of the SYN, as sent") \
    X(SYN_MSS, "syn.mss", INT, true, "maximum segment size of the SYN") \
    X(SYN_WSCALE, "syn.wscale", INT, true, "window scale of the SYN") \
    X(SYN_OPTIONS, "syn.options", TEXT, true, "layout of its options: mss,sok,ts,nop,ws") \
    X(SYN_TCPFP, "syn.tcpfp", TEXT, true, "nDPI's fingerprint of the SYN") \
    X(SYN_MUONFP, "syn.muonfp", TEXT, true, "MuonFP's fingerprint of the SYN") \
    X(SYN_P0F, "syn.p0f", TEXT, true, "p0f's raw signature of the SYN")
/* clang-format on */

enum own {
#define X(id, name, type, optional, doc) OWN_##id,
    OWN_LIST(X)
#undef X
        OWN_COUNT
};

static const struct syc_field own_fields[] = {
#define X(id, name, type, optional, doc) {name, SYC_##type, optional, doc},
    OWN_LIST(X)
#undef X
};

/* What the texts of the record mean, by their paths. */
static const struct {
    const char *path, *doc;
} text_docs[] = {
    {"flow.history", "Zeek's history letters"},
    {"http.method", "method of the first clear HTTP/1 request"},
    {"http.version", "its version"},
    {"http.user_agent", "its User-Agent"},
    {"http.header_names", "names of its headers, in order"},
    {"http.ua_os", "the system that the User-Agent claims"},
    {"tls.ja4", "JA4 of the ClientHello"},
    {"tls.version", "highest version that the ClientHello offers"},
    {"tls.alpn", "protocols that the ClientHello offers, with commas between"},
    {"tls.sni", "server name of the ClientHello; with --sni only"},
};

static const char *
text_doc(const char *path)
{
    for (size_t i = 0; i < sizeof(text_docs) / sizeof(*text_docs); i++) {
        if (strcmp(text_docs[i].path, path) == 0) {
            return text_docs[i].doc;
        }
    }
    return "";
}

static enum syc_type
type_of(const struct syc_record_number *row)
{
    static const enum syc_type types[] = {
        [SYC_NUMBER] = SYC_INT, [SYC_NUMBER_BOOL] = SYC_BOOL, [SYC_NUMBER_WORD] = SYC_TEXT};

    return types[row->kind];
}

/* Own fields, then numbers, then texts: fill() counts on that order. */
struct syc_schema *
syc_connection_schema_new(void)
{
    size_t count = OWN_COUNT + syc_record_number_count + syc_record_text_count, n = OWN_COUNT;
    struct syc_schema *schema = syc_alloc(1, sizeof(*schema) + count * sizeof(struct syc_field));
    struct syc_field *fields;

    if (schema == NULL) {
        return NULL;
    }
    fields = (struct syc_field *)(void *)(schema + 1);
    memcpy(fields, own_fields, sizeof(own_fields));
    for (size_t i = 0; i < syc_record_number_count; i++) {
        const struct syc_record_number *row = &syc_record_numbers[i];

        fields[n++] = (struct syc_field){row->path, type_of(row), true, row->doc};
    }
    for (size_t i = 0; i < syc_record_text_count; i++) {
        const char *path = syc_record_texts[i].path;

        fields[n++] = (struct syc_field){path, SYC_TEXT, true, text_doc(path)};
    }
    *schema = (struct syc_schema){"connection", fields, count};
    return schema;
}

/* ---- values ---- */

static struct syc_value
of_int(int64_t i)
{
    return (struct syc_value){.type = i == SYC_NONE ? SYC_ABSENT : SYC_INT, .u.i = i};
}

static struct syc_value
of_text(const char *text)
{
    return (struct syc_value){.type = text != NULL && text[0] != 0 ? SYC_TEXT : SYC_ABSENT,
                              .u.text = text};
}

static struct syc_value
of_addr(const uint8_t octets[16], uint8_t ip_v)
{
    struct syc_value v = {.type = SYC_ADDR, .u.addr.ip_v = ip_v};

    memcpy(v.u.addr.octets, octets, 16);
    return v;
}

static struct syc_value
of_number(const struct syc_record *r, const struct syc_record_number *row)
{
    int64_t i = syc_record_get(r, row);

    if (i != SYC_NONE && row->kind == SYC_NUMBER_WORD) {
        return of_text(row->words[i]);
    }
    if (i != SYC_NONE && row->kind == SYC_NUMBER_BOOL) {
        return (struct syc_value){.type = SYC_BOOL, .u.i = i};
    }
    return of_int(i);
}

static int64_t
turns(const struct syc_record *r)
{
    int64_t n = r->cut_answered == SYC_NONE ? 0 : r->cut_answered;

    for (size_t i = 0; i < r->exchange_count; i++) {
        n += r->exchanges[i].answered != 0;
    }
    return n;
}

static struct syc_value
degraded(const struct syc_record *r, struct syc_connection_row *row)
{
    size_t n = 0;

    for (unsigned bit = 0; bit < SYC_DEGRADED_COUNT; bit++) {
        if (r->degraded >> bit & 1) {
            row->words[n++] = syc_degraded_words[bit];
        }
    }
    return (struct syc_value){.type = n > 0 ? SYC_LIST : SYC_ABSENT, .u.list = {row->words, n}};
}

/* What the signatures say of the SYN; asked for once a row, and only if a field wants it. */
static struct syc_value
of_match(const struct syc_syn *syn, const struct syc_signatures *signatures,
         struct syc_connection_row *row, enum own field)
{
    if (signatures == NULL) {
        return (struct syc_value){0};
    }
    if (!row->matched) {
        syc_signatures_match(signatures, syn, &row->match);
        row->matched = true;
    }
    return of_text(field == OWN_SYN_LABEL    ? row->match.label
                   : field == OWN_SYN_FAMILY ? row->match.os_family
                                             : syc_quality_name(row->match.quality));
}

static struct syc_value
of_syn(const struct syc_syn *syn, enum own field)
{
    switch ((int)field) {
    case OWN_SYN_TTL:
        return of_int(syn->ttl_initial);
    case OWN_SYN_DISTANCE:
        return of_int(syn->distance);
    case OWN_SYN_WINDOW:
        return of_int(syn->window);
    case OWN_SYN_MSS:
        return of_int(syn->mss < 0 ? SYC_NONE : syn->mss);
    case OWN_SYN_WSCALE:
        return of_int(syn->wscale < 0 ? SYC_NONE : syn->wscale);
    case OWN_SYN_OPTIONS:
        return of_text(syn->options);
    case OWN_SYN_TCPFP:
        return of_text(syn->tcpfp);
    case OWN_SYN_MUONFP:
        return of_text(syn->muonfp);
    default:
        return of_text(syn->p0f);
    }
}

static struct syc_value
of_own(const struct syc_record *r, const struct syc_signatures *signatures,
       struct syc_connection_row *row, enum own field)
{
    switch ((int)field) {
    case OWN_SRC_IP:
        return of_addr(r->key.client, r->key.ip_v);
    case OWN_SRC_PORT:
        return of_int(r->key.client_port);
    case OWN_DEST_IP:
        return of_addr(r->key.server, r->key.ip_v);
    case OWN_DEST_PORT:
        return of_int(r->key.server_port);
    case OWN_TURNS:
        return of_int(turns(r));
    case OWN_COMPLETE:
        return (struct syc_value){.type = SYC_BOOL, .u.i = r->degraded == 0};
    case OWN_DEGRADED:
        return degraded(r, row);
    default:
        break;
    }
    if (r->syn[0] == NULL) {
        return (struct syc_value){0};
    }
    return field <= OWN_SYN_QUALITY ? of_match(r->syn[0], signatures, row, field)
                                    : of_syn(r->syn[0], field);
}

void
syc_connection_row_fill(struct syc_connection_row *row, const struct syc_record *r,
                        const struct syc_signatures *signatures, const uint16_t *fields,
                        size_t count)
{
    row->matched = false;
    for (size_t i = 0; i < count; i++) {
        size_t f = fields[i], number = f - OWN_COUNT, text = number - syc_record_number_count;

        if (f < OWN_COUNT) {
            row->values[f] = of_own(r, signatures, row, (enum own)f);
        } else if (number < syc_record_number_count) {
            row->values[f] = of_number(r, &syc_record_numbers[number]);
        } else {
            row->values[f] =
                of_text(*(const char *const *)((const char *)r + syc_record_texts[text].offset));
        }
    }
}
