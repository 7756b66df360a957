/*
 * What is written, whatever it is made of. First octet: which event; the rest fills it, texts with any octets.
 *
 * Claims: an event is one line of ASCII that jansson reads, with no member twice; texts, numbers and lists in it are
 * those that went in; a record within the contract comes back from its event as it was; the escape of wire octets can
 * be undone.
 */

#include "tests/fuzz/check_record.h"
#include "tests/fuzz/fuzz.h"

#include "engine/engine.h"

#include <jansson.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { TEXT = 64, LIST = 8, TEXTS = 16 };

/*
 * Zero-terminated octets of the input, none of them 0, with their escape; NULL when there are none, for in events absent
 * and empty are the same.
 */
struct text {
    char raw[TEXT];
    char escaped[4 * TEXT];
};

static const char *
take_text(struct syc_span *in, struct text *t)
{
    uint8_t n = fuzz_take8(in);
    struct syc_span octets = fuzz_take(in, n % TEXT);

    if (n >= 192 || octets.n == 0) {
        return NULL;
    }
    memset(t, 0, sizeof *t);
    for (size_t i = 0; i < octets.n; i++) {
        t->raw[i] = octets.p[i] != 0 ? (char)octets.p[i] : '0';
    }
    syc_escape(octets.p, octets.n, t->escaped, sizeof t->escaped);
    return t->raw;
}

/* Any number, small ones often. */
static int64_t
take_number(struct syc_span *in)
{
    uint8_t how = fuzz_take8(in);

    switch (how >> 5) {
    case 0:
    case 1:
    case 2:
    case 3:
        return how;
    case 4:
        return fuzz_take16(in);
    case 5:
        return (int32_t)fuzz_take32(in);
    case 6:
        return INT64_C(1) << (how & 31) << (how & 15);
    default:
        return (int64_t)fuzz_take64(in);
    }
}

/* ------------------------------------------------------------ what was written */

static json_t *
parse(const char *text, size_t n)
{
    json_error_t err;
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &err);

    FUZZ_HOLDS(fuzz_is_printable(text, n), "%.*s", (int)n, text);
    FUZZ_HOLDS(root != NULL && json_is_object(root), "%s at %d in %.*s", err.text, err.position,
               (int)n, text);
    return root;
}

static const json_t *
look(const json_t *object, const char *path)
{
    const char *dot;

    while (object != NULL && (dot = strchr(path, '.')) != NULL) {
        object = json_object_getn(object, path, (size_t)(dot - path));
        path = dot + 1;
    }
    return json_object_get(object, path);
}

/* jansson gives UTF-8: an octet of 0x80 and above is the character of its number, of two octets. */
static void
check_text(const json_t *v, const char *want, const char *what)
{
    const uint8_t *got = (const uint8_t *)json_string_value(v);
    size_t n = json_string_length(v), at = 0;

    FUZZ_HOLDS((want == NULL) == (v == NULL), "%s", what);
    for (; want != NULL && *want != '\0'; want++) {
        unsigned octet = (uint8_t)*want;
        unsigned read = at < n ? got[at++] : 256;

        if (read >= 0xc0 && at < n) {
            read = (read & 0x1f) << 6 | (got[at++] & 0x3f);
        }
        FUZZ_HOLDS(read == octet, "%s: octet %02x became %02x", what, octet, read);
    }
    FUZZ_HOLDS(at == n, "%s: %zu octets too many", what, n - at);
}

static void
check_integer(const json_t *v, int64_t want, const char *what)
{
    FUZZ_HOLDS(json_is_integer(v) && json_integer_value(v) == want, "%s: %lld became %lld", what,
               (long long)want, (long long)json_integer_value(v));
}

/* Half a unit of the last digit, and what a double of this size cannot tell apart. */
static void
check_real(const json_t *v, double want, int digits, const char *what)
{
    double got = json_number_value(v);
    double room;

    FUZZ_HOLDS(json_is_number(v), "%s is no number", what);
    if (!isfinite(want) || fabs(want) >= 1e15) {
        want = 0; /* output.h */
    }
    room = 0.5000001 * pow(10, -digits) + fabs(want) * 1e-15;
    FUZZ_HOLDS(fabs(got - want) <= room, "%s: %.17g became %.17g", what, want, got);
}

/* ------------------------------------------------------------ connection */

static const char **
text_of(struct syc_record *r, size_t i)
{
    return (const char **)(void *)((char *)r + syc_record_texts[i].offset);
}

/* A number of the row's range; SYC_NONE for one in four. */
static int64_t
take_value(struct syc_span *in, const struct syc_record_number *row, bool wild)
{
    int64_t v = take_number(in), words = 0;

    if ((v & 3) == 3) {
        return SYC_NONE;
    }
    switch ((enum syc_number_kind)row->kind) {
    case SYC_NUMBER_BOOL:
        return v & 1;
    case SYC_NUMBER_WORD:
        while (row->words[words] != NULL) {
            words++;
        }
        return (int64_t)((uint64_t)v % (uint64_t)words);
    case SYC_NUMBER:
        break;
    }
    return wild ? v : v % ((INT64_C(1) << 55) + 1);
}

struct made {
    struct syc_record r;
    struct syc_exchange exchanges[LIST];
    struct syc_flight flights[LIST];
    struct syc_syn syn[2];
    struct text texts[TEXTS];
};

static void
take_key(struct syc_span *in, struct syc_key *key)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    uint8_t shape = fuzz_take8(in);

    key->ip_v = shape & 1 ? 4 : 6;
    for (size_t i = 0; i < 16; i++) {
        key->client[i] = shape & 2 && i > 0 ? 0 : fuzz_take8(in);
        key->server[i] = shape & 4 && i < 15 ? 0 : fuzz_take8(in);
    }
    if (key->ip_v == 4 || (shape & 8) != 0) {
        memcpy(key->client, mapped, 12);
        memcpy(key->server, mapped, 12);
    }
    key->client_port = fuzz_take16(in);
    key->server_port = fuzz_take16(in);
    key->path.vlan_count = (shape >> 4 & 3) * (SYC_PATH_MAX / 3);
    key->path.tunnel_count = (shape >> 6 & 3) * (SYC_PATH_MAX / 3);
    for (size_t i = 0; i < key->path.vlan_count && i < SYC_PATH_MAX; i++) {
        key->path.vlan[i] = fuzz_take16(in) & 0xfff;
    }
    for (size_t i = 0; i < key->path.tunnel_count && i < SYC_PATH_MAX; i++) {
        key->path.tunnel[i] = (uint8_t)(1 + fuzz_take8(in) % (SYC_TUNNEL_COUNT - 1));
    }
}

/* Facts as they are made in a run: by describing a segment, whatever its options are. */
static void
take_syn(struct syc_span *in, struct made *m, int side)
{
    struct syc_span options;
    struct syc_segment s = {.ip_v = 4, .ip_header_octets = 20};
    uint8_t *exact;

    s.ttl = fuzz_take8(in);
    s.window = fuzz_take16(in);
    s.flags = (uint16_t)(SYC_SYN | (side == SYC_TOCLIENT ? SYC_ACK : 0));
    s.payload_octets = fuzz_take8(in);
    options = fuzz_take(in, fuzz_take8(in) % 41);
    exact = fuzz_copy(options.p, options.n);
    s.options = (struct syc_span){exact, options.n};
    s.tcp_header_octets = (uint8_t)(20 + (options.n + 3) / 4 * 4);
    syc_syn_own(&s, &m->r.syn_own[side]);
    syc_syn_describe(&s, 0, &m->syn[side]);
    m->r.syn[side] = &m->syn[side];
    fuzz_free(exact);
}

static void
take_lists(struct syc_span *in, struct made *m)
{
    struct syc_record *r = &m->r;
    int64_t most = (INT64_C(1) << 55) + 1;

    r->syn_time_count = fuzz_take8(in) % (SYC_SYN_TIMES_MAX + 1);
    for (size_t i = 0; i < r->syn_time_count; i++) {
        r->syn_times_us[i] = take_number(in) % most;
    }
    r->exchange_count = fuzz_take8(in) % (LIST + 1);
    for (size_t i = 0; i < r->exchange_count; i++) {
        struct syc_exchange *x = &m->exchanges[i];

        *x = (struct syc_exchange){.offset_us = take_number(in) % most,
                                   .client_octets = take_number(in) % most,
                                   .answered = fuzz_take8(in) & 1};
        x->server_octets = x->answered ? take_number(in) % most : 0;
    }
    r->flight_count = fuzz_take8(in) % (LIST + 1);
    for (size_t i = 0; i < r->flight_count; i++) {
        m->flights[i] = (struct syc_flight){.offset_us = take_number(in) % most,
                                            .octets = take_number(in) % most,
                                            .window_limited = fuzz_take8(in) & 1};
    }
    r->time_wait_count = fuzz_take8(in) % 3;
    for (size_t i = 0; i < r->time_wait_count; i++) {
        struct syc_time_wait *w = &r->time_wait[i];

        *w = (struct syc_time_wait){.side = (int64_t)i, .killed_us = SYC_NONE};
        w->enter_us = take_number(in) % most;
        w->restart_count = fuzz_take8(in) % (SYC_RESTARTS_MAX + 1);
    }
    r->exchanges = r->exchange_count > 0 ? m->exchanges : NULL;
    r->flights = r->flight_count > 0 ? m->flights : NULL;
}

/* wild: numbers beyond what a reader takes. */
static void
take_record(struct syc_span *in, struct made *m, bool wild)
{
    struct syc_record *r = &m->r;
    uint8_t shape = fuzz_take8(in);

    syc_record_init(r);
    r->start_us = wild ? take_number(in) : take_number(in) % INT64_C(60000000000000000);
    r->flow_id = take_number(in) & ((INT64_C(1) << 53) - 1);
    r->degraded = shape & 1 ? fuzz_take16(in) & ((1u << SYC_DEGRADED_COUNT) - 1) : 0;
    take_key(in, &r->key);
    for (size_t i = 0; i < syc_record_number_count; i++) {
        syc_record_set(r, &syc_record_numbers[i], take_value(in, &syc_record_numbers[i], wild));
    }
    r->client_known = shape >> 1 & 1;
    for (size_t i = 0; i < syc_record_text_count && i < TEXTS; i++) {
        const char *raw = take_text(in, &m->texts[i]);

        *text_of(r, i) = raw == NULL || raw[0] == '\0' ? NULL : m->texts[i].escaped;
    }
    take_lists(in, m);
    for (int side = 0; side < 2; side++) {
        if (shape >> (2 + side) & 1) {
            take_syn(in, m, side);
        }
    }
}

static void
check_connection(const struct made *m, const struct syc_json *j, const char *sensor)
{
    json_t *root = parse(j->text, j->n);

    check_text(look(root, "sensor"), sensor, "sensor");
    check_text(look(root, "event_type"), "connection", "event_type");
    for (size_t i = 0; i < syc_record_number_count; i++) {
        const struct syc_record_number *row = &syc_record_numbers[i];

        if (row->kind == SYC_NUMBER && syc_record_get(&m->r, row) != SYC_NONE) {
            check_integer(look(root, row->path), syc_record_get(&m->r, row), row->path);
        }
    }
    FUZZ_HOLDS(json_array_size(look(root, "exchanges")) == m->r.exchange_count, "exchanges");
    FUZZ_HOLDS(json_array_size(look(root, "flights")) == m->r.flight_count, "flights");
    json_decref(root);
}

static void
write_connection(struct syc_span *in, bool wild)
{
    struct made *m = syc_alloc(1, sizeof *m);
    struct syc_record_reader *reader = syc_record_reader_new();
    struct syc_record back;
    static struct syc_json j, twice; /* kept: their layouts cost more than an event */
    struct syc_error err = {0};
    struct text sensor;
    const char *name = take_text(in, &sensor);

    FUZZ_HOLDS(m != NULL && reader != NULL, "no memory");
    take_record(in, m, wild);
    syc_json_reset(&j);
    syc_json_reset(&twice);
    syc_json_connection(&j, &m->r, name);
    FUZZ_HOLDS(!j.failed, "no memory");
    check_connection(m, &j, name);
    if (!wild) {
        FUZZ_HOLDS(syc_record_read(reader, j.text, j.n, &back, &err) == SYC_OK, "%s in %.*s",
                   err.text, (int)j.n, j.text);
        check_same_record("written and read", &m->r, &back);
        syc_json_connection(&twice, &back, name);
        FUZZ_HOLDS(twice.n == j.n && memcmp(twice.text, j.text, j.n) == 0, "another text");
    }
    syc_record_reader_free(reader);
    syc_free(m);
}

/* ------------------------------------------------------------ the other events */

/* What one emission left in the file behind the output: exactly one line. */
static json_t *
take_back(struct syc_output *o)
{
    static char line[1 << 20];
    ssize_t n;

    FUZZ_HOLDS(syc_output_flush(o) == SYC_OK && o->lost == 0, "lost");
    n = pread(o->fd, line, sizeof line, 0);
    FUZZ_HOLDS(n > 1 && n < (ssize_t)sizeof line && line[n - 1] == '\n', "%zd octets", n);
    FUZZ_HOLDS(memchr(line, '\n', (size_t)n) == line + n - 1, "more than one line");
    FUZZ_HOLDS(o->events == 1 && o->octets == (uint64_t)n, "%llu events",
               (unsigned long long)o->events);
    return parse(line, (size_t)n - 1);
}

static void
write_error(struct syc_span *in, struct syc_output *o)
{
    struct text file, words;
    const char *name = take_text(in, &file), *text = take_text(in, &words);
    json_t *root;

    text = text != NULL ? text : "";
    syc_emit_error(o, take_number(in), name, text);
    root = take_back(o);
    check_text(look(root, "event_type"), "error", "event_type");
    json_decref(root);
}

static void
write_fingerprint(struct syc_span *in, struct syc_output *o)
{
    struct made *m = syc_alloc(1, sizeof *m);
    struct text texts[8];
    struct syc_identity identity = {
        .match = {.quality = (enum syc_quality)(fuzz_take8(in) & 3), .db_line = 7}};
    struct syc_match *match = &identity.match;
    struct syc_syn_seen seen = {.number = 1};
    const char *path;
    json_t *root;

    FUZZ_HOLDS(m != NULL, "no memory");
    path = take_text(in, &texts[0]);
    match->label = take_text(in, &texts[1]);
    match->os = take_text(in, &texts[2]);
    match->flavor = take_text(in, &texts[3]);
    match->os_family = take_text(in, &texts[4]);
    match->db = take_text(in, &texts[5]);
    match->date = take_text(in, &texts[6]);
    identity.nearest = *match;
    identity.candidates[0] = *match;
    identity.candidate_count = 1;
    identity.link = (struct syc_link){1500, match->flavor};
    take_key(in, &m->r.key);
    take_syn(in, m, 0);
    seen.key = &m->r.key;
    seen.time_us = take_number(in);
    seen.syn = m->r.syn[0];
    seen.own = &m->r.syn_own[0];
    syc_emit_fingerprint(o, &seen, &identity, path);
    root = take_back(o);
    check_text(look(root, "pcap_filename"), path, "pcap_filename");
    check_text(look(root, "syn.p0f"), m->syn[0].p0f[0] != '\0' ? m->syn[0].p0f : NULL, "p0f");
    json_decref(root);
    syc_free(m);
}

/* Facts of every type, and what came of them. */
static void
write_source(struct syc_span *in, struct syc_output *o)
{
    static struct syc_value values[256];
    struct text texts[2];
    const char *items[2] = {take_text(in, &texts[0]), "x"};
    struct syc_subject s = {.ip_v = 4, .values = values};
    json_t *root;

    items[0] = items[0] != NULL ? items[0] : "";
    for (size_t i = 0; i < syc_source_schema.count && i < 256; i++) {
        int64_t n = take_number(in);

        values[i] =
            (struct syc_value){.type = n % 5 == 4 ? SYC_ABSENT : syc_source_schema.fields[i].type,
                               .u.i = n};
        if (values[i].type == SYC_REAL) {
            memcpy(&values[i].u.f, &n, sizeof n);
            values[i].u.f = n % 2 == 0 ? (double)n / 4096 : values[i].u.f;
            values[i].u.f = isfinite(values[i].u.f) ? values[i].u.f : 1;
        } else if (values[i].type == SYC_TEXT) {
            values[i].u.text = items[0];
        } else if (values[i].type == SYC_LIST) {
            values[i].u.list.items = items;
            values[i].u.list.count = (size_t)n & 1;
        } else if (values[i].type == SYC_ADDR) {
            values[i].u.addr.ip_v = 6;
        }
    }
    s.kind = (enum syc_subject_kind)(fuzz_take8(in) & 1);
    s.degraded = fuzz_take16(in) & ((1u << SYC_DEGRADED_COUNT) - 1);
    s.window_start_us = take_number(in);
    syc_emit_source(o, &s);
    root = take_back(o);
    FUZZ_HOLDS((look(root, "degraded") != NULL) == (s.degraded != 0), "degraded");
    for (size_t i = 0; i < syc_source_schema.count && i < 256; i++) {
        char path[80] = "source.";

        strncat(path, syc_source_schema.fields[i].name, sizeof path - 8);
        if (values[i].type == SYC_REAL) {
            check_real(look(root, path), values[i].u.f, 6, path);
        }
    }
    json_decref(root);
}

static void
write_stats(struct syc_span *in, struct syc_output *o)
{
    struct syc_run_stats stats = {.time_us = take_number(in)};
    json_t *root;
    uint64_t packets = (uint64_t)take_number(in) & INT64_MAX;

    stats.capture.packets = packets;
    for (int i = 0; i < SYC_DROP_COUNT; i++) {
        stats.decode[i] = (uint64_t)take_number(in) & INT64_MAX;
    }
    syc_emit_stats(o, &stats);
    root = take_back(o);
    check_integer(look(root, "stats.capture.packets"), (int64_t)packets, "packets");
    check_integer(look(root, "stats.decode.tcp"), (int64_t)stats.decode[SYC_DROP_NONE], "tcp");
    json_decref(root);
}

/* ------------------------------------------------------------ values */

static int
unescape_digit(char c)
{
    return c >= 'a' ? c - 'a' + 10 : c - '0';
}

/* base/text.h: reversible. The room may be too small: then what is there must be a beginning. */
static void
escape(struct syc_span *in)
{
    size_t room = fuzz_take8(in), at = 0, n;
    char *text = (char *)fuzz_copy(NULL, room);

    n = syc_escape(in->p, in->n, text, room);
    FUZZ_HOLDS(n <= in->n, "%zu of %zu", n, in->n);
    for (size_t i = 0; i < n; i++, at++) {
        unsigned octet = (uint8_t)text[at];

        FUZZ_HOLDS(octet >= 0x20 && octet <= 0x7e, "octet %02x", octet);
        if (octet == '\\' && text[at + 1] == 'x') {
            octet = (unsigned)(unescape_digit(text[at + 2]) << 4 | unescape_digit(text[at + 3]));
            at += 3;
        } else if (octet == '\\') {
            FUZZ_HOLDS(text[at + 1] == '\\', "\\%c", text[at + 1]);
            at++;
        }
        FUZZ_HOLDS(octet == in->p[i], "octet %zu: %02x became %02x", i, in->p[i], octet);
    }
    FUZZ_HOLDS(room == 0 || (at < room && text[at] == '\0'), "no end");
    FUZZ_HOLDS(n == in->n || room < at + 5, "%zu of %zu octets of room are used", at, room);
    fuzz_free(text);
}

static void
write_values(struct syc_span *in)
{
    struct syc_json j = {0};
    uint64_t bits = fuzz_take64(in);
    int digits = fuzz_take8(in) % 10;
    double real;
    json_t *root;

    memcpy(&real, &bits, sizeof real);
    syc_json_open(&j, '{');
    syc_json_key(&j, "real");
    syc_json_real(&j, real, digits);
    syc_json_key(&j, "int");
    syc_json_int(&j, (int64_t)bits);
    syc_json_key(&j, "text");
    syc_json_text_n(&j, (const char *)in->p, in->n);
    syc_json_close(&j, '}');
    FUZZ_HOLDS(!j.failed, "no memory");
    if (memchr(in->p, 0, in->n) == NULL) { /* jansson refuses \u0000 unless asked */
        root = parse(j.text, j.n);
        check_real(look(root, "real"), real, digits, "real");
        check_integer(look(root, "int"), (int64_t)bits, "int");
        json_decref(root);
    }
    FUZZ_HOLDS(fuzz_is_printable(j.text, j.n), "%.*s", (int)j.n, j.text);
    syc_json_fini(&j);
}

static void
write_event(uint8_t which, struct syc_span *in)
{
    static int fd = -1;
    struct syc_output o;
    struct text sensor;

    if (fd < 0) {
        fd = memfd_create("events", MFD_CLOEXEC);
    }
    FUZZ_HOLDS(fd >= 0 && ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0, "no memfd");
    FUZZ_HOLDS(syc_output_init(&o, fd) == SYC_OK, "no memory");
    o.sensor = take_text(in, &sensor);
    if (which == 0) {
        write_error(in, &o);
    } else if (which == 1) {
        write_fingerprint(in, &o);
    } else if (which == 2) {
        write_source(in, &o);
    } else {
        write_stats(in, &o);
    }
    FUZZ_HOLDS(syc_output_fini(&o) == SYC_OK, "not ended");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct syc_span in = {data, size};
    uint8_t which = fuzz_take8(&in) % 8;
    uint64_t before = fuzz_work();

    if (which < 4) {
        write_event(which, &in);
    } else if (which == 4) {
        escape(&in);
    } else if (which == 5) {
        write_values(&in);
    } else {
        write_connection(&in, which == 7);
    }
    fuzz_bound_work("writer", before, size, 400, 3000000);
    return 0;
}
