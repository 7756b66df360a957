/*
 * Zeek's conn.log, as JSON and as TSV, into records. Sources: Zeek's documentation of Conn::Info and of the ASCII
 * writer; its states and history are the record's own (spec of the record).
 *
 *     theirs                          ours                        why, or why not
 *     ts                              start_us
 *     id.*                            key; orig is the client     that is what Zeek means by originator
 *     vlan, inner_vlan                path
 *     duration                        dur_us                      without the last ACK of a close, and no later segment
 *     orig_pkts, orig_ip_bytes, ...   pkts, bytes
 *     orig_bytes, resp_bytes          unique_payload              by sequence numbers: without repeats
 *     conn_state, history             state, history
 *     history: S and h                handshake_seen
 *     history: no S                   degraded: midstream         and without h the client is a guess, as it was Zeek's
 *     missed_bytes > 0                degraded: gaps
 *     service                         protocol                    of those that are told apart here
 *     history: order of F and f       -                           two FINs that cross look the same
 *     tunnel_parents                  -                           names connections, not kinds of tunnel
 *     everything else                 -
 *
 * A line of JSON and one of TSV become the same list of texts; one function makes the record of it.
 */

#include "engine/other.h"

#include <string.h>

/* clang-format off */
/* X(ID, "name", "type in a TSV"); "" = any: what it holds says whether it is right, and versions differ */
#define ZEEK_FIELD_LIST(X) \
    X(TS, "ts", "time") X(ORIG_H, "id.orig_h", "addr") X(ORIG_P, "id.orig_p", "port") \
    X(RESP_H, "id.resp_h", "addr") X(RESP_P, "id.resp_p", "port") X(PROTO, "proto", "") \
    X(SERVICE, "service", "") X(DURATION, "duration", "interval") \
    X(ORIG_BYTES, "orig_bytes", "count") X(RESP_BYTES, "resp_bytes", "count") \
    X(STATE, "conn_state", "") X(MISSED, "missed_bytes", "count") X(HISTORY, "history", "") \
    X(ORIG_PKTS, "orig_pkts", "count") X(ORIG_IP_BYTES, "orig_ip_bytes", "count") \
    X(RESP_PKTS, "resp_pkts", "count") X(RESP_IP_BYTES, "resp_ip_bytes", "count") \
    X(VLAN, "vlan", "") X(INNER_VLAN, "inner_vlan", "") X(PATH, "_path", "")

enum zeek_field {
#define X(id, name, type) ZEEK_##id,
    ZEEK_FIELD_LIST(X)
#undef X
    ZEEK_FIELDS
};

static const char *const names[] = {
#define X(id, name, type) name,
    ZEEK_FIELD_LIST(X)
#undef X
    NULL};
static const char *const types[] = {
#define X(id, name, type) type,
    ZEEK_FIELD_LIST(X)
#undef X
};
/* clang-format on */

/* The texts of one line; n 0 = not set. */
struct fields {
    struct syc_pull_text of[ZEEK_FIELDS];
};

enum { NAME_ROOM = 32 };

/*
 * The field of this name, ZEEK_FIELDS for others. Log::default_scope_sep may be "_" in place of ".": so it is set where
 * logs go to Elasticsearch.
 */
static enum zeek_field
field_of(const struct syc_pull_text *name)
{
    char copy[NAME_ROOM];
    int64_t field;

    if (name->n > 3 && name->n <= sizeof copy && memcmp(name->at, "id_", 3) == 0) {
        memcpy(copy, name->at, name->n);
        copy[2] = '.';
        field = other_word(copy, name->n, names);
    } else {
        field = other_word(name->at, name->n, names);
    }
    return field >= 0 ? (enum zeek_field)field : ZEEK_FIELDS;
}

static enum syc_status
fail(struct syc_error *err, enum zeek_field field, const char *want)
{
    return syc_error_set(err, SYC_SYNTAX, "%s: %s expected", names[field], want);
}

static bool
has(const struct fields *f, enum zeek_field field)
{
    return f->of[field].n > 0;
}

/* ------------------------------------------------------------ fields into a record */

/*
 * Seconds since 1970 with fraction, or RFC 3339 (JSON::TS_ISO8601), or whole milliseconds (JSON::TS_MILLIS). Seconds of
 * that size would lie after the year 5000.
 */
static bool
read_ts(const struct syc_pull_text *text, int64_t *us)
{
    int64_t whole;

    if (other_time(text->at, text->n, us)) {
        return true;
    }
    if (other_count(text->at, text->n, &whole) && whole >= INT64_C(100000000000)) {
        *us = whole <= INT64_MAX / 1000 ? whole * 1000 : INT64_MAX;
        return other_is_time(*us);
    }
    return other_seconds(text->at, text->n, us);
}

static enum syc_status
read_key(const struct fields *f, struct syc_record *out, struct syc_error *err)
{
    static const enum zeek_field vlans[] = {ZEEK_VLAN, ZEEK_INNER_VLAN};
    const struct syc_pull_text *of = f->of;
    struct syc_key *key = &out->key;
    int client_v = 0, server_v = 0;

    if (!other_addr(of[ZEEK_ORIG_H].at, of[ZEEK_ORIG_H].n, key->client, &client_v)) {
        return fail(err, ZEEK_ORIG_H, "an address");
    }
    if (!other_addr(of[ZEEK_RESP_H].at, of[ZEEK_RESP_H].n, key->server, &server_v) ||
        client_v != server_v) {
        return fail(err, ZEEK_RESP_H, "an address of id.orig_h's version");
    }
    if (!other_port(of[ZEEK_ORIG_P].at, of[ZEEK_ORIG_P].n, &key->client_port)) {
        return fail(err, ZEEK_ORIG_P, "a port");
    }
    if (!other_port(of[ZEEK_RESP_P].at, of[ZEEK_RESP_P].n, &key->server_port)) {
        return fail(err, ZEEK_RESP_P, "a port");
    }
    key->ip_v = (uint8_t)client_v;
    for (size_t i = 0; i < 2 && has(f, vlans[i]); i++) {
        int64_t id;

        if (!other_count(of[vlans[i]].at, of[vlans[i]].n, &id) || id > 4095) {
            return fail(err, vlans[i], "an id of 12 bits");
        }
        key->path.vlan[key->path.vlan_count++] = (uint16_t)id;
    }
    return SYC_OK;
}

static enum syc_status
read_counts(const struct fields *f, struct syc_record *out, struct syc_error *err)
{
    const struct {
        enum zeek_field field;
        int64_t *number;
    } rows[] = {
        {ZEEK_ORIG_BYTES, &out->unique_payload[0]},
        {ZEEK_RESP_BYTES, &out->unique_payload[1]},
        {ZEEK_ORIG_PKTS, &out->pkts[0]},
        {ZEEK_RESP_PKTS, &out->pkts[1]},
        {ZEEK_ORIG_IP_BYTES, &out->bytes[0]},
        {ZEEK_RESP_IP_BYTES, &out->bytes[1]},
    };
    const struct syc_pull_text *missed = &f->of[ZEEK_MISSED];
    int64_t gaps = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct syc_pull_text *text = &f->of[rows[i].field];

        if (text->n > 0 &&
            (!other_count(text->at, text->n, rows[i].number) || *rows[i].number >> 55 != 0)) {
            return fail(err, rows[i].field, "a whole number (at most 2^55)");
        }
    }
    if (missed->n > 0 && !other_count(missed->at, missed->n, &gaps)) {
        return fail(err, ZEEK_MISSED, "a whole number");
    }
    out->degraded |= gaps > 0 ? 1U << SYC_DEGRADED_GAPS : 0;
    return SYC_OK;
}

/* Zeek leaves out the duration of a connection that it saw one packet of; then it has none. */
static enum syc_status
read_times(const struct fields *f, struct syc_record *out, struct syc_error *err)
{
    const struct syc_pull_text *duration = &f->of[ZEEK_DURATION];

    if (!has(f, ZEEK_TS) || !read_ts(&f->of[ZEEK_TS], &out->start_us)) {
        return fail(err, ZEEK_TS, "seconds since 1970 or a time (2026-11-22T06:40:06.123456Z)");
    }
    if (duration->n > 0 &&
        (!other_seconds(duration->at, duration->n, &out->dur_us) || out->dur_us < 0)) {
        return fail(err, ZEEK_DURATION, "seconds");
    }
    if (out->dur_us == SYC_NONE && out->pkts[0] != SYC_NONE && out->pkts[1] != SYC_NONE &&
        out->pkts[0] + out->pkts[1] == 1) {
        out->dur_us = 0;
    }
    return SYC_OK;
}

/*
 * Letters are written when a thing is first seen: without an S nobody saw the client's SYN, and without the server's
 * SYN+ACK Zeek, too, has guessed who the client is.
 */
static enum syc_status
read_history(struct syc_other *o, const struct syc_pull_text *text, struct syc_record *out,
             struct syc_error *err)
{
    bool syn, answer;

    if (text->n == 0) {
        return SYC_OK;
    }
    for (size_t i = 0; i < text->n; i++) {
        bool letter = (text->at[i] | 0x20) >= 'a' && (text->at[i] | 0x20) <= 'z';

        if (i == sizeof o->history - 1 || !(letter || text->at[i] == '^')) {
            return fail(err, ZEEK_HISTORY, "at most 255 letters");
        }
        o->history[i] = text->at[i];
    }
    o->history[text->n] = '\0';
    out->history = o->history;
    syn = strchr(o->history, 'S') != NULL;
    answer = strchr(o->history, 'h') != NULL;
    out->client_known = syn || answer;
    out->handshake_seen = syn && answer;
    out->degraded |= syn ? 0 : 1U << SYC_DEGRADED_MIDSTREAM;
    return SYC_OK;
}

static enum syc_status
read_words(const struct fields *f, struct syc_record *out, struct syc_error *err)
{
#define X(name, word) word,
    static const char *const states[] = {SYC_STATE_LIST(X) NULL};
#undef X
    static const char *const services[] = {"http",  "ssl", "postgresql", "mysql",
                                           "redis", "ssh", NULL};
    static const int protocols[] = {SYC_PROTOCOL_HTTP1, SYC_PROTOCOL_TLS,   SYC_PROTOCOL_POSTGRESQL,
                                    SYC_PROTOCOL_MYSQL, SYC_PROTOCOL_REDIS, SYC_PROTOCOL_SSH};
    const struct syc_pull_text *state = &f->of[ZEEK_STATE], *service = &f->of[ZEEK_SERVICE];
    int64_t index = other_word(service->at, service->n, services);

    out->state = other_word(state->at, state->n, states);
    if (out->state < 0) {
        return fail(err, ZEEK_STATE, "one of Zeek's states");
    }
    out->protocol = index >= 0 ? protocols[index] : SYC_NONE;
    return SYC_OK;
}

/*
 * Other logs have ends and a protocol, too; only conn.log has a state, and conn_long of what goes on, which a stream of all
 * logs names in each line.
 */
static enum syc_status
make_record(struct syc_other *o, const struct fields *f, struct syc_record *out,
            struct syc_error *err)
{
    enum syc_status status;

    if (!other_is(&f->of[ZEEK_PROTO], "tcp") || !has(f, ZEEK_STATE) ||
        (has(f, ZEEK_PATH) && !other_is(&f->of[ZEEK_PATH], "conn"))) {
        return SYC_NOT_FOUND;
    }
    out->client_known = 1;
    status = read_key(f, out, err);
    if (status == SYC_OK) {
        status = read_counts(f, out, err);
    }
    if (status == SYC_OK) {
        status = read_times(f, out, err);
    }
    if (status == SYC_OK) {
        status = read_history(o, &f->of[ZEEK_HISTORY], out, err);
    }
    if (status == SYC_OK) {
        status = read_words(f, out, err);
    }
    other_finish(out);
    return status;
}

/* ------------------------------------------------------------ JSON */

/* A value as the text that a TSV would have: what is neither text nor number is not set, nor is a TSV's word for it. */
static bool
pull_field(struct syc_pull *s, struct syc_pull_text *out)
{
    *out = (struct syc_pull_text){0};
    if (syc_pull_text(s, out) || (s->fault == NULL && syc_pull_number(s, out))) {
        out->n = other_is(out, "-") ? 0 : out->n;
        return true;
    }
    return s->fault == NULL && syc_pull_skip(s);
}

/* The value of a member into its field, if it has one. */
static bool
take_member(struct syc_pull *s, const struct syc_pull_text *name, struct fields *f)
{
    enum zeek_field field = field_of(name);
    struct syc_pull_text value;

    return pull_field(s, field < ZEEK_FIELDS ? &f->of[field] : &value);
}

/* {"orig_h": ...} under "id": Zeek's record as it was before a writer laid it flat. */
static bool
take_ends(struct syc_pull *s, struct fields *f)
{
    struct syc_pull_text key;
    bool first = true, good = true;

    while (good && syc_pull_member(s, &first, &key)) {
        char flat[NAME_ROOM] = "id.";
        struct syc_pull_text name = {flat, 3 + key.n, false};

        if (key.n <= sizeof flat - 3) {
            memcpy(flat + 3, key.at, key.n);
        } else {
            name.n = 0;
        }
        good = take_member(s, &name, f);
    }
    return good && s->fault == NULL;
}

static enum syc_status
read_json(struct syc_other *o, const char *line, size_t n, struct syc_record *out,
          struct syc_error *err)
{
    struct syc_pull s = {.begin = line, .p = line, .end = line + n};
    struct fields f = {0};
    struct syc_pull_text key;
    bool first = true;

    if (syc_pull_space(&s) && *s.p == '{') {
        while (syc_pull_member(&s, &first, &key)) {
            if (!(other_is(&key, "id") && syc_pull_is(&s, '{') ? take_ends(&s, &f)
                                                               : take_member(&s, &key, &f))) {
                break;
            }
        }
        if (s.fault == NULL) {
            syc_pull_end(&s);
        }
    } else {
        syc_pull_fail(&s, "no object");
    }
    if (s.fault != NULL) {
        if (err != NULL) {
            err->column = (unsigned)(s.p - s.begin) + 1;
        }
        return syc_error_set(err, SYC_SYNTAX, "not JSON: %s", s.fault);
    }
    return make_record(o, &f, out, err);
}

/* ------------------------------------------------------------ TSV */

/* The next column of a line; false behind the last. */
static bool
next_column(const char **p, const char *end, char separator, struct syc_pull_text *out)
{
    const char *stop;

    if (*p > end) {
        return false;
    }
    stop = memchr(*p, separator, (size_t)(end - *p));
    stop = stop != NULL ? stop : end;
    *out = (struct syc_pull_text){*p, (size_t)(stop - *p), false};
    *p = stop + 1;
    return true;
}

/* The value of a hexadecimal digit as Zeek writes it, -1 of anything else. */
static int
hex(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

/* "#separator \x09": the one header line whose own separator is a space. */
static enum syc_status
read_separator(struct syc_zeek_header *z, const struct syc_pull_text *value, struct syc_error *err)
{
    const char *v = value->at;

    if (value->n == 1 && *v != '#') {
        z->separator = *v;
        return SYC_NOT_FOUND;
    }
    if (value->n == 4 && v[0] == '\\' && v[1] == 'x' && hex(v[2]) >= 0 && hex(v[3]) >= 0) {
        z->separator = (char)(hex(v[2]) << 4 | hex(v[3]));
        return SYC_NOT_FOUND;
    }
    return syc_error_set(err, SYC_SYNTAX, "#separator: one octet, as it is or as \\x09, expected");
}

static void
keep(char out[OTHER_TEXT], const struct syc_pull_text *text)
{
    size_t n = text->n < OTHER_TEXT ? text->n : OTHER_TEXT - 1;

    memcpy(out, text->at, n);
    out[n] = '\0';
}

static enum syc_status
read_field_names(struct syc_zeek_header *z, const char *p, const char *end, struct syc_error *err)
{
    struct syc_pull_text name;

    for (z->columns = 0; next_column(&p, end, z->separator, &name); z->columns++) {
        if (z->columns == OTHER_COLUMNS) {
            z->columns = 0;
            return syc_error_set(err, SYC_SYNTAX, "#fields: more than 256 columns");
        }
        z->field[z->columns] = (uint8_t)field_of(&name);
    }
    return SYC_NOT_FOUND;
}

/* A column that is not what its name says would be read as something else: better none of its lines. */
static enum syc_status
read_types(struct syc_zeek_header *z, const char *p, const char *end, struct syc_error *err)
{
    struct syc_pull_text type;
    size_t i = 0;

    for (; next_column(&p, end, z->separator, &type) && i < z->columns; i++) {
        if (z->field[i] < ZEEK_FIELDS && types[z->field[i]][0] != '\0' &&
            !other_is(&type, types[z->field[i]])) {
            z->columns = 0;
            return syc_error_set(err, SYC_SYNTAX, "#types: %s is not of type %s",
                                 names[z->field[i]], types[z->field[i]]);
        }
    }
    return SYC_NOT_FOUND;
}

/* Header lines may come again in the middle, where logs were joined; what they say holds from there on. */
static enum syc_status
read_header(struct syc_zeek_header *z, const char *line, size_t n, struct syc_error *err)
{
    const char *p = line, *end = line + n;
    struct syc_pull_text name, value = {.at = end}; /* where nothing follows the name */

    if (n > 11 && memcmp(line, "#separator ", 11) == 0) {
        value = (struct syc_pull_text){line + 11, n - 11, false};
        return read_separator(z, &value, err);
    }
    (void)next_column(&p, end, z->separator, &name);
    if (other_is(&name, "#fields")) {
        return read_field_names(z, p, end, err);
    }
    if (other_is(&name, "#types")) {
        return read_types(z, p, end, err);
    }
    (void)next_column(&p, end, z->separator, &value);
    if (other_is(&name, "#path")) {
        z->other_path = !other_is(&value, "conn");
    } else if (other_is(&name, "#unset_field")) {
        keep(z->unset, &value);
    } else if (other_is(&name, "#empty_field")) {
        keep(z->empty, &value);
    }
    return SYC_NOT_FOUND;
}

static enum syc_status
read_tsv(struct syc_other *o, const char *line, size_t n, struct syc_record *out,
         struct syc_error *err)
{
    struct syc_zeek_header *z = &o->zeek;
    const char *p = line, *end = line + n;
    struct fields f = {0};
    struct syc_pull_text value;
    size_t i = 0;

    if (z->other_path) {
        return SYC_NOT_FOUND;
    }
    if (z->columns == 0) {
        return syc_error_set(err, SYC_SYNTAX, "no usable #fields line stands before it");
    }
    for (; next_column(&p, end, z->separator, &value); i++) {
        if (i < z->columns && z->field[i] < ZEEK_FIELDS && !other_is(&value, z->unset) &&
            !other_is(&value, z->empty)) {
            f.of[z->field[i]] = value;
        }
    }
    if (i != z->columns) {
        return syc_error_set(err, SYC_SYNTAX, "%zu columns where #fields names %zu", i, z->columns);
    }
    return make_record(o, &f, out, err);
}

/* No time, which is what a TSV begins with, begins with a brace. */
static bool
is_object(const char *line, size_t n)
{
    struct syc_pull s = {.begin = line, .p = line, .end = line + n};

    return syc_pull_space(&s) && *s.p == '{';
}

enum syc_status
syc_zeek_read(struct syc_other *o, const char *line, size_t n, struct syc_record *out,
              struct syc_error *err)
{
    syc_record_init(out);
    if (n > 0 && line[0] == '#') {
        return read_header(&o->zeek, line, n, err);
    }
    return is_object(line, n) ? read_json(o, line, n, out, err) : read_tsv(o, line, n, out, err);
}
