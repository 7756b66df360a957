/*
 * A connection event back into the record it was made from, number for number. The tables of numbers and texts
 * drive it as they drive the writer; lists and texts live in the reader until its next event. Members that are
 * not known here are passed over (the contract only grows); known ones of a wrong type, range or length are an
 * error that names them: lines may come from anywhere, and nothing behind the reader checks a record again.
 *
 * Invariants, which the code right of the waist relies on:
 *     numbers       SYC_NONE, or within +-2^55: sums of a hundred of them cannot overflow
 *     words         an index of their own list, so arrays of names may be indexed by them
 *     texts         printable ASCII of at most 4096 octets: safe for a terminal
 *     counts        never more than the arrays of struct syc_record hold
 *     degraded      not 0 where `complete` is false: a partial record cannot pass for a whole one
 */

#include "engine/engine.h"

#include <jansson.h>
#include <string.h>

/*
 * Bound of every number that has no narrower one: twice what separates two times of 64 bits of nanoseconds, in
 * microseconds, and few enough bits that sums of records do not overflow.
 */
#define NUMBER_MAX  (INT64_C(1) << 55)
#define FLOW_ID_MAX ((INT64_C(1) << 53) - 1)

/*
 * The longest text is a User-Agent: 256 octets, 4 letters each when escaped; four times that is room for what may
 * come.
 */
enum { TEXT_MAX = 4096 };

/*
 * What a record points to: its lists grow to the longest that was read and are used again, so that a million
 * lines cost a few allocations.
 */
struct syc_record_reader {
    struct syc_exchange *exchanges;
    size_t exchange_room;
    struct syc_flight *flights;
    size_t flight_room;
    struct syc_syn syn[2];
    json_t *event; /* the texts point into it */
};

/* One event being read. The first fault stays in status and *err; functions answer false from then on. */
struct reading {
    struct syc_record_reader *reader;
    const json_t *event;
    struct syc_record *out;
    struct syc_error *err;
    enum syc_status status;
};

struct syc_record_reader *
syc_record_reader_new(void)
{
    return syc_alloc(1, sizeof(struct syc_record_reader));
}

void
syc_record_reader_free(struct syc_record_reader *r)
{
    if (r != NULL) {
        json_decref(r->event);
        syc_free(r->exchanges);
        syc_free(r->flights);
        syc_free(r);
    }
}

/* The first fault of an event ends it; its path is from our own tables, never from the line. */
static bool
fail(struct reading *rd, const char *path, const char *want)
{
    rd->status = syc_error_set(rd->err, SYC_SYNTAX, "%s: %s expected", path, want);
    return false;
}

/* The same of one element of a list. */
static bool
fail_at(struct reading *rd, const char *list, size_t i, const char *want)
{
    rd->status = syc_error_set(rd->err, SYC_SYNTAX, "%s[%zu]: %s expected", list, i, want);
    return false;
}

/* ------------------------------------------------------------ values */

/*
 * json_integer_value() is 0 of what is no integer, hence the question of the type; a real such as
 * 5.0 is no integer in jansson, nor in the contract.
 */
static bool
in_range(const json_t *v, int64_t least, int64_t most, int64_t *out)
{
    *out = json_integer_value(v);
    return json_is_integer(v) && *out >= least && *out <= most;
}

/* The value's index in a NULL-terminated list of words; -1 if it is none of them. */
static int64_t
word_index(const json_t *v, const char *const *words)
{
    const char *text = json_string_value(v);

    for (int64_t i = 0; text != NULL && words[i] != NULL; i++) {
        if (strcmp(text, words[i]) == 0) {
            return i;
        }
    }
    return -1;
}

/*
 * A text as the writer leaves it: escaped, so printable ASCII. Anything else could reach a terminal
 * as it is. An embedded zero is below 0x20 and refused with the others, so no text is shorter than
 * it looked.
 */
static bool
is_plain_text(const json_t *v, size_t most)
{
    const char *text = json_string_value(v);
    size_t n = json_string_length(v);

    if (text == NULL || n == 0 || n > most) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (text[i] < 0x20 || text[i] > 0x7e) {
            return false;
        }
    }
    return true;
}

/*
 * True when the member is there; false when it is not, or (with a fault) when it is no array of at
 * most `most`. So whoever goes on after true has room for every element.
 */
static bool
has_list(struct reading *rd, const json_t *list, const char *path, size_t most)
{
    if (list == NULL || rd->status != SYC_OK) {
        return false;
    }
    if (!json_is_array(list)) {
        return fail(rd, path, "a list");
    }
    if (json_array_size(list) > most) {
        return fail(rd, path, "a shorter list");
    }
    return true;
}

/* Between `least` and `most` whole numbers; their count, or -1. cells has room for `most`. */
static int
read_cells(const json_t *array, int64_t *cells, size_t least, size_t most)
{
    size_t n = json_array_size(array); /* 0 of what is no array */

    if (!json_is_array(array) || n < least || n > most) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        if (!in_range(json_array_get(array, i), -NUMBER_MAX, NUMBER_MAX, &cells[i])) {
            return -1;
        }
    }
    return (int)n;
}

/* ------------------------------------------------------------ numbers */

/* The object that holds the members of a run of rows: looked up once a run. */
struct place {
    const char *path;
    size_t length;
    const json_t *object;
};

/* Object path[0..n) of the event: NULL when it is not there, a fault when something on the way is no object. */
static const json_t *
find_object(struct reading *rd, const char *path, size_t n)
{
    const json_t *object = rd->event;

    for (size_t from = 0; from < n && object != NULL;) {
        size_t length = strcspn(path + from, ".");

        object = json_object_getn(object, path + from, length);
        if (object != NULL && !json_is_object(object)) {
            fail(rd, path, "an object around it");
            return NULL;
        }
        from += length + 1;
    }
    return object;
}

/*
 * The member at a dotted path, or NULL. Rows of one object follow each other in the tables, so its
 * object is looked for once and not once a row.
 */
static const json_t *
find_member(struct reading *rd, struct place *at, const char *path)
{
    const char *dot = strrchr(path, '.');
    size_t n = dot != NULL ? (size_t)(dot - path) : 0;

    if (at->path == NULL || at->length != n || memcmp(at->path, path, n) != 0) {
        *at = (struct place){path, n, find_object(rd, path, n)};
    }
    return at->object != NULL ? json_object_get(at->object, dot != NULL ? dot + 1 : path) : NULL;
}

/* What a row of the table allows, and nothing wider, goes into the record. */
static bool
read_number(struct reading *rd, const json_t *v, const struct syc_record_number *row)
{
    int64_t value = 0;

    switch ((enum syc_number_kind)row->kind) {
    case SYC_NUMBER:
        if (!in_range(v, -NUMBER_MAX, NUMBER_MAX, &value)) {
            return fail(rd, row->path, "a whole number (at most 2^55)");
        }
        break;
    case SYC_NUMBER_BOOL:
        if (!json_is_boolean(v)) {
            return fail(rd, row->path, "true or false");
        }
        value = json_is_true(v);
        break;
    case SYC_NUMBER_WORD:
        value = word_index(v, row->words);
        if (value < 0) {
            return fail(rd, row->path, "a word of the contract");
        }
        break;
    }
    syc_record_set(rd->out, row, value);
    return true;
}

/* A row that is not there leaves what syc_record_init() put: SYC_NONE. */
static void
read_numbers(struct reading *rd)
{
    struct place at = {0};

    for (size_t i = 0; i < syc_record_number_count && rd->status == SYC_OK; i++) {
        const json_t *v = find_member(rd, &at, syc_record_numbers[i].path);

        if (v != NULL) {
            read_number(rd, v, &syc_record_numbers[i]);
        }
    }
    if (rd->out->client_known == SYC_NONE) {
        rd->out->client_known = 1; /* only a guess is told */
    }
}

/* The texts stay jansson's: they live until the reader's next event. */
static void
read_texts(struct reading *rd)
{
    struct place at = {0};

    for (size_t i = 0; i < syc_record_text_count && rd->status == SYC_OK; i++) {
        const struct syc_record_text *row = &syc_record_texts[i];
        const json_t *v = find_member(rd, &at, row->path);

        if (v == NULL) {
            continue;
        }
        if (!is_plain_text(v, TEXT_MAX)) {
            fail(rd, row->path, "a text of printable ASCII (at most 4096)");
            return;
        }
        *(const char **)(void *)((char *)rd->out + row->offset) = json_string_value(v);
    }
}

/* ------------------------------------------------------------ identity */

/* Only forms that inet_pton(3) takes; the writer's are among them. */
static bool
read_addr(struct reading *rd, const char *name, uint8_t out[16], int *ip_v)
{
    const char *text = json_string_value(json_object_get(rd->event, name));

    return (text != NULL && syc_addr_parse(text, out, ip_v)) || fail(rd, name, "an address");
}

static bool
read_port(struct reading *rd, const char *name, uint16_t *out)
{
    int64_t port;
    bool good = in_range(json_object_get(rd->event, name), 0, UINT16_MAX, &port);

    *out = (uint16_t)port;
    return good || fail(rd, name, "a port");
}

/* Both ends in one version and TCP: a record with two versions would have a key that no packet can have. */
static bool
read_tuple(struct reading *rd)
{
    struct syc_key *key = &rd->out->key;
    const json_t *version = json_object_get(rd->event, "ip_v");
    const json_t *proto = json_object_get(rd->event, "proto");
    int client_v = 0, server_v = 0;

    if (!read_addr(rd, "src_ip", key->client, &client_v) ||
        !read_port(rd, "src_port", &key->client_port) ||
        !read_addr(rd, "dest_ip", key->server, &server_v) ||
        !read_port(rd, "dest_port", &key->server_port)) {
        return false;
    }
    if (client_v != server_v) {
        return fail(rd, "dest_ip", "an address of src_ip's version");
    }
    if (version != NULL && json_integer_value(version) != client_v) {
        return fail(rd, "ip_v", "the version of both addresses");
    }
    if (proto != NULL &&
        strcmp(json_is_string(proto) ? json_string_value(proto) : "", "TCP") != 0) {
        return fail(rd, "proto", "\"TCP\"");
    }
    key->ip_v = (uint8_t)client_v;
    return true;
}

static bool
read_vlans(struct reading *rd, struct syc_path *path)
{
    const json_t *list = json_object_get(rd->event, "vlan");
    int64_t id;

    if (!has_list(rd, list, "vlan", SYC_PATH_MAX)) {
        return rd->status == SYC_OK;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!in_range(json_array_get(list, i), 0, 4095, &id)) {
            return fail_at(rd, "vlan", i, "an id of 12 bits");
        }
        path->vlan[path->vlan_count++] = (uint16_t)id;
    }
    return true;
}

/* words[] has "none" in front, which is no tunnel and cannot stand in a list: index 0 and -1 are refused. */
static bool
read_tunnels(struct reading *rd, struct syc_path *path)
{
#define X(name, word) word,
    static const char *const words[] = {SYC_TUNNEL_LIST(X) NULL};
#undef X
    const json_t *list = json_object_get(rd->event, "tunnel");

    if (!has_list(rd, list, "tunnel", SYC_PATH_MAX)) {
        return rd->status == SYC_OK;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        int64_t tunnel = word_index(json_array_get(list, i), words);

        if (tunnel <= SYC_TUNNEL_NONE) {
            return fail_at(rd, "tunnel", i, "a word of the contract");
        }
        path->tunnel[path->tunnel_count++] = (uint8_t)tunnel;
    }
    return true;
}

static bool
read_time(struct reading *rd, const char *path, int64_t *us, bool *present)
{
    struct place at = {0};
    const json_t *v = find_member(rd, &at, path);

    *present = v != NULL;
    if (v == NULL) {
        return rd->status == SYC_OK;
    }
    return (json_is_string(v) && syc_time_parse(json_string_value(v), json_string_length(v), us)) ||
           fail(rd, path, "a time (2026-11-22T06:40:06.123456Z)");
}

/* The end is start + dur_us; where a writer left the latter out, the former gives it. */
static bool
read_times(struct reading *rd)
{
    struct syc_record *out = rd->out;
    int64_t end_us = 0;
    bool has_start, has_end;

    if (!read_time(rd, "flow.start", &out->start_us, &has_start) ||
        !read_time(rd, "flow.end", &end_us, &has_end)) {
        return false;
    }
    if (!has_start) {
        return fail(rd, "flow.start", "a time");
    }
    if (has_end && out->dur_us == SYC_NONE) {
        out->dur_us = end_us - out->start_us;
        return (out->dur_us >= 0 && out->dur_us <= NUMBER_MAX) ||
               fail(rd, "flow.end", "a time after flow.start");
    }
    return true;
}

/* A writer may leave it out (it is derived, spec of the record); then it is derived again. */
static bool
read_flow_id(struct reading *rd)
{
    const json_t *v = json_object_get(rd->event, "flow_id");
    struct syc_record *out = rd->out;

    if (v == NULL) {
        out->flow_id = syc_record_flow_id(&out->key, out->isn, out->start_us);
        return true;
    }
    return in_range(v, 0, FLOW_ID_MAX, &out->flow_id) ||
           fail(rd, "flow_id", "a whole number below 2^53");
}

static bool
read_degraded(struct reading *rd)
{
    const json_t *complete = json_object_get(rd->event, "complete");
    const json_t *list = json_object_get(rd->event, "degraded");

    if (has_list(rd, list, "degraded", SYC_DEGRADED_COUNT)) {
        for (size_t i = 0; i < json_array_size(list); i++) {
            int64_t bit = word_index(json_array_get(list, i), syc_degraded_words);

            if (bit < 0) {
                return fail_at(rd, "degraded", i, "a word of the contract");
            }
            rd->out->degraded |= UINT32_C(1) << bit;
        }
    }
    if (rd->status != SYC_OK || complete == NULL) {
        return rd->status == SYC_OK;
    }
    /* An incomplete record without a reason would pass for a complete one. */
    return (json_is_boolean(complete) && json_is_true(complete) == (rd->out->degraded == 0)) ||
           fail(rd, "complete", "false with the reasons in degraded, or true without,");
}

/* ------------------------------------------------------------ lists */

static bool
read_numbers_list(struct reading *rd, const char *path, int64_t *numbers, uint8_t *count)
{
    struct place at = {0};
    const json_t *list = find_member(rd, &at, path);
    int n;

    if (list == NULL) {
        return rd->status == SYC_OK;
    }
    n = read_cells(list, numbers, 0, SYC_SYN_TIMES_MAX);
    *count = n > 0 ? (uint8_t)n : 0;
    return n >= 0 || fail(rd, path, "at most 16 whole numbers");
}

/* Room for n objects of size octets at *list, which *room of fit now. n is at most what a line of 64 MiB can hold. */
static bool
make_room(struct reading *rd, void **list, size_t *room, size_t n, size_t size)
{
    void *grown;

    if (n <= *room) {
        return true;
    }
    grown = syc_resize(*list, n, size);
    if (grown == NULL) {
        rd->status = syc_error_set(rd->err, SYC_NO_MEMORY, "out of memory");
        return false;
    }
    *list = grown;
    *room = n;
    return true;
}

/* 4 cells of an exchange without an answer, 9 with one. Other counts would shift the cells' meaning. */
static bool
read_exchanges(struct reading *rd)
{
    const json_t *list = json_object_get(rd->event, "exchanges");
    struct syc_record_reader *r = rd->reader;
    size_t n = json_array_size(list);
    void *room = r->exchanges;

    if (!has_list(rd, list, "exchanges", SYC_EXCHANGES_MAX) || n == 0) {
        return rd->status == SYC_OK;
    }
    if (!make_room(rd, &room, &r->exchange_room, n, sizeof(*r->exchanges))) {
        return false;
    }
    r->exchanges = room;
    for (size_t i = 0; i < n; i++) {
        int64_t c[9] = {0};
        int cells = read_cells(json_array_get(list, i), c, 4, 9);

        if (cells != 4 && cells != 9) {
            return fail_at(rd, "exchanges", i, "4 or 9 whole numbers");
        }
        r->exchanges[i] =
            (struct syc_exchange){c[0], c[1], c[2], c[3], cells == 9, c[4], c[5], c[6], c[7], c[8]};
    }
    rd->out->exchanges = r->exchanges;
    rd->out->exchange_count = n;
    return true;
}

/* No fixed bound: a record has as many as the connection had, and the line's length bounds them here. */
static bool
read_flights(struct reading *rd)
{
    const json_t *list = json_object_get(rd->event, "flights");
    struct syc_record_reader *r = rd->reader;
    size_t n = json_array_size(list);
    void *room = r->flights;

    if (!has_list(rd, list, "flights", SIZE_MAX) || n == 0) {
        return rd->status == SYC_OK;
    }
    if (!make_room(rd, &room, &r->flight_room, n, sizeof(*r->flights))) {
        return false;
    }
    r->flights = room;
    for (size_t i = 0; i < n; i++) {
        int64_t c[7];

        if (read_cells(json_array_get(list, i), c, 7, 7) != 7 || (c[6] != 0 && c[6] != 1)) {
            return fail_at(rd, "flights", i, "7 whole numbers, the last 0 or 1,");
        }
        r->flights[i] = (struct syc_flight){c[0], c[1], c[2], c[3], c[4], c[5], c[6]};
    }
    rd->out->flights = r->flights;
    rd->out->flight_count = n;
    return true;
}

/* One side's stay in TIME-WAIT; false without a fault set: the caller names the element. */
static bool
read_wait(const json_t *v, struct syc_time_wait *w)
{
    static const char *const sides[] = {"client", "server", NULL};
    const json_t *killed = json_object_get(v, "killed_us");
    const json_t *restarts = json_object_get(v, "restarts_us");
    size_t n = json_array_size(restarts);

    *w = (struct syc_time_wait){.killed_us = SYC_NONE, .restart_count = (int64_t)n};
    w->side = word_index(json_object_get(v, "side"), sides);
    if (w->side < 0 || n > SYC_RESTARTS_MAX || (restarts != NULL && !json_is_array(restarts)) ||
        !in_range(json_object_get(v, "enter_us"), -NUMBER_MAX, NUMBER_MAX, &w->enter_us)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (read_cells(json_array_get(restarts, i), w->restarts_us[i], 2, 2) != 2) {
            return false;
        }
    }
    return killed == NULL || in_range(killed, -NUMBER_MAX, NUMBER_MAX, &w->killed_us);
}

static bool
read_waits(struct reading *rd)
{
    struct place at = {0};
    const json_t *list = find_member(rd, &at, "close.time_wait");

    if (!has_list(rd, list, "close.time_wait", 2)) {
        return rd->status == SYC_OK;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!read_wait(json_array_get(list, i), &rd->out->time_wait[i])) {
            return fail_at(rd, "close.time_wait", i, "side, enter_us, at most 4 restarts_us");
        }
        rd->out->time_wait_count++;
    }
    return true;
}

/* ------------------------------------------------------------ SYNs */

/* A whole number of struct syc_syn. `otherwise` is what absence means; SYC_NONE: it must be there. */
struct syn_number {
    const char *name;
    uint16_t offset;
    uint8_t size;
    int64_t most, otherwise;
};

#define FIELD(member) offsetof(struct syc_syn, member), sizeof(((struct syc_syn *)NULL)->member)
static const struct syn_number syn_numbers[] = {
    {"ip_v", FIELD(ip_v), 6, SYC_NONE},
    {"ttl", FIELD(ttl), UINT8_MAX, SYC_NONE},
    {"ttl_initial", FIELD(ttl_initial), UINT8_MAX, SYC_NONE},
    {"distance", FIELD(distance), UINT8_MAX, SYC_NONE},
    {"ip_ecn", FIELD(ip_ecn), 3, SYC_NONE},
    {"ip_options_bytes", FIELD(ip_options_bytes), 40, 0},
    {"window", FIELD(window), UINT16_MAX, SYC_NONE},
    {"mss", FIELD(mss), UINT16_MAX, -1},
    {"wscale", FIELD(wscale), UINT8_MAX, -1},
    {"tcp_flags", FIELD(tcp_flags), 0xfff, SYC_NONE},
};

struct syn_text {
    const char *name;
    uint16_t offset, size;
};
static const struct syn_text syn_texts[] = {
    {"options", FIELD(options)},
    {"p0f", FIELD(p0f)},
    {"tcpfp", FIELD(tcpfp)},
    {"muonfp", FIELD(muonfp)},
};
#undef FIELD

static const struct {
    const char *name;
    uint16_t offset;
} own_numbers[] = {
    {"ip_id", offsetof(struct syc_syn_own, ip_id)},
    {"flow_label", offsetof(struct syc_syn_own, flow_label)},
    {"ts_val", offsetof(struct syc_syn_own, ts_val)},
    {"ts_ecr", offsetof(struct syc_syn_own, ts_ecr)},
    {"payload_bytes", offsetof(struct syc_syn_own, payload_bytes)},
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

static bool
fail_in(struct reading *rd, const char *object, const char *name, const char *want)
{
    rd->status = syc_error_set(rd->err, SYC_SYNTAX, "%s.%s: %s expected", object, name, want);
    return false;
}

/* -1 is all ones in each of the three widths, so signed members need no case of their own. */
static void
store(struct syc_syn *syn, const struct syn_number *row, int64_t value)
{
    char *p = (char *)syn + row->offset;
    uint8_t v1 = (uint8_t)value;
    uint16_t v2 = (uint16_t)value;
    uint32_t v4 = (uint32_t)value;

    memcpy(p, row->size == 1 ? (void *)&v1 : row->size == 2 ? (void *)&v2 : (void *)&v4, row->size);
}

/* Every row's bound fits the member it is stored in, so store() cuts nothing off. */
static bool
read_syn_numbers(struct reading *rd, const json_t *v, const char *object, struct syc_syn *syn)
{
    for (size_t i = 0; i < COUNT(syn_numbers); i++) {
        const struct syn_number *row = &syn_numbers[i];
        const json_t *member = json_object_get(v, row->name);
        int64_t value = row->otherwise;

        if ((member != NULL || value == SYC_NONE) && !in_range(member, 0, row->most, &value)) {
            return fail_in(rd, object, row->name, "a whole number of its range");
        }
        store(syn, row, value);
    }
    return true;
}

static bool
read_window_law(struct reading *rd, const json_t *v, const char *object, struct syc_syn *syn)
{
    const json_t *law = json_object_get(v, "window_law");
    const char *unit = json_string_value(json_object_get(law, "unit"));
    int64_t n;

    if (unit == NULL || !in_range(json_object_get(law, "n"), 0, UINT32_MAX, &n)) {
        return fail_in(rd, object, "window_law", "unit and n");
    }
    syn->window_n = (uint32_t)n;
    for (unsigned u = SYC_WINDOW_VALUE; u <= SYC_WINDOW_FLOOR65535; u++) {
        if (strcmp(unit, syc_window_unit_name((enum syc_window_unit)u)) == 0) {
            syn->window_unit = (uint8_t)u;
            return true;
        }
    }
    return fail_in(rd, object, "window_law.unit", "a word of the contract");
}

/* option_count is 0 before and counts up to the array's size at most; a quirk's bit is an index of the list. */
static bool
read_syn_lists(struct reading *rd, const json_t *v, const char *object, struct syc_syn *syn)
{
#define X(name, word) word,
    static const char *const words[] = {SYC_QUIRK_LIST(X) NULL};
#undef X
    const json_t *kinds = json_object_get(v, "option_kinds");
    const json_t *quirks = json_object_get(v, "quirks");
    int64_t kind;

    if (!json_is_array(kinds) || json_array_size(kinds) > sizeof syn->option_kinds) {
        return fail_in(rd, object, "option_kinds", "a list of at most 40");
    }
    for (size_t i = 0; i < json_array_size(kinds); i++) {
        if (!in_range(json_array_get(kinds, i), 0, UINT8_MAX, &kind)) {
            return fail_in(rd, object, "option_kinds", "numbers of 0 to 255");
        }
        syn->option_kinds[syn->option_count++] = (uint8_t)kind;
    }
    if (!json_is_array(quirks)) {
        return fail_in(rd, object, "quirks", "a list");
    }
    for (size_t i = 0; i < json_array_size(quirks); i++) {
        int64_t bit = word_index(json_array_get(quirks, i), words);

        if (bit < 0) {
            return fail_in(rd, object, "quirks", "words of the contract");
        }
        syn->quirks |= UINT32_C(1) << bit;
    }
    return true;
}

/* At most one octet less than the member, which is zeroed: so each stays zero-terminated. */
static bool
read_syn_texts(struct reading *rd, const json_t *v, const char *object, struct syc_syn *syn)
{
    for (size_t i = 0; i < COUNT(syn_texts); i++) {
        const struct syn_text *row = &syn_texts[i];
        const json_t *text = json_object_get(v, row->name);

        if (text == NULL) {
            continue; /* the empty text: no options, or a name that would mislead */
        }
        if (!is_plain_text(text, row->size - 1U)) {
            return fail_in(rd, object, row->name, "a short text of printable ASCII");
        }
        memcpy((char *)syn + row->offset, json_string_value(text), json_string_length(text));
    }
    return true;
}

/* Numbers of one connection; SYC_NONE (set by syc_record_init) stays where the event has none. */
static bool
read_own(struct reading *rd, const json_t *v, const char *object, struct syc_syn_own *own)
{
    for (size_t i = 0; i < COUNT(own_numbers); i++) {
        const json_t *member = json_object_get(v, own_numbers[i].name);
        int64_t value;

        if (member == NULL) {
            continue;
        }
        if (!in_range(member, 0, UINT32_MAX, &value)) {
            return fail_in(rd, object, own_numbers[i].name, "a number of 32 bits");
        }
        memcpy((char *)own + own_numbers[i].offset, &value, sizeof value);
    }
    return true;
}

/* Without `kind` the object holds only the connection's own numbers: the facts had found no room. */
static bool
read_syn(struct reading *rd, int side, const char *object)
{
    static const char *const kinds[] = {"syn", "syn+ack", NULL};
    const json_t *v = json_object_get(rd->event, object);
    const json_t *df = json_object_get(v, "df");
    struct syc_syn *syn = &rd->reader->syn[side];
    int64_t kind = word_index(json_object_get(v, "kind"), kinds);

    if (v == NULL) {
        return true;
    }
    if (!json_is_object(v)) {
        return fail(rd, object, "an object");
    }
    if (!read_own(rd, v, object, &rd->out->syn_own[side])) {
        return false;
    }
    if (json_object_get(v, "kind") == NULL) {
        return true;
    }
    if (kind < 0 || (df != NULL && !json_is_boolean(df))) {
        return fail_in(rd, object, kind < 0 ? "kind" : "df", "a word of the contract");
    }
    memset(syn, 0, sizeof *syn);
    syn->kind = (uint8_t)kind;
    syn->df = json_is_true(df);
    syn->has_payload = rd->out->syn_own[side].payload_bytes > 0;
    rd->out->syn[side] = syn;
    return read_syn_numbers(rd, v, object, syn) && read_window_law(rd, v, object, syn) &&
           read_syn_lists(rd, v, object, syn) && read_syn_texts(rd, v, object, syn);
}

/* ------------------------------------------------------------ the event */

/* In the order in which the writer writes them; none depends on another. */
static bool
read_lists(struct reading *rd)
{
    struct syc_record *out = rd->out;

    return read_numbers_list(rd, "tcp.syn_times_us", out->syn_times_us, &out->syn_time_count) &&
           read_numbers_list(rd, "tcp.syn_ack_times_us", out->syn_ack_times_us,
                             &out->syn_ack_time_count) &&
           read_exchanges(rd) && read_flights(rd) && read_waits(rd);
}

/* Identity first, then numbers (lists need none of them, times need dur_us), texts last. */
static enum syc_status
read_event(struct reading *rd)
{
    if (!read_tuple(rd) || !read_vlans(rd, &rd->out->key.path) ||
        !read_tunnels(rd, &rd->out->key.path)) {
        return rd->status;
    }
    read_numbers(rd);
    if (rd->status != SYC_OK || !read_times(rd) || !read_flow_id(rd) || !read_degraded(rd) ||
        !read_lists(rd) || !read_syn(rd, SYC_TOSERVER, "syn") ||
        !read_syn(rd, SYC_TOCLIENT, "syn_ack")) {
        return rd->status;
    }
    read_texts(rd);
    return rd->status;
}

/* jansson quotes the octets near the fault, which are of whoever wrote the line and may be meant for a terminal. */
static enum syc_status
not_json(struct syc_error *err, const json_error_t *fault)
{
    char text[4 * JSON_ERROR_TEXT_LENGTH];

    /* the first of its allocations fails without a word (jansson 2.14) */
    if (json_error_code(fault) == json_error_out_of_memory || fault->text[0] == '\0') {
        return syc_error_set(err, SYC_NO_MEMORY, "out of memory");
    }
    syc_escape(fault->text, strlen(fault->text), text, sizeof text);
    if (err != NULL && fault->column > 0) {
        err->column = (unsigned)fault->column;
    }
    return syc_error_set(err, SYC_SYNTAX, "not JSON: %s", text);
}

/*
 * Duplicate members are refused (JSON_REJECT_DUPLICATES): of two, readers disagree which one counts (RFC 8259 4).
 * jansson bounds the nesting itself (2048 levels).
 */
enum syc_status
syc_record_read(struct syc_record_reader *reader, const char *line, size_t n,
                struct syc_record *out, struct syc_error *err)
{
    struct reading rd = {reader, NULL, out, err, SYC_OK};
    const json_t *type, *version;
    json_error_t fault;

    syc_record_init(out);
    json_decref(reader->event);
    rd.event = reader->event = json_loadb(line, n, JSON_REJECT_DUPLICATES, &fault);
    if (rd.event == NULL) {
        return not_json(err, &fault);
    }
    if (!json_is_object(rd.event)) {
        fail(&rd, "line", "one JSON object");
        return rd.status;
    }
    type = json_object_get(rd.event, "event_type");
    version = json_object_get(rd.event, "v");
    if (!json_is_string(type)) {
        fail(&rd, "event_type", "a word");
        return rd.status;
    }
    if (strcmp(json_string_value(type), "connection") != 0) {
        return SYC_NOT_FOUND;
    }
    if (version != NULL && json_integer_value(version) != 1) {
        fail(&rd, "v", "version 1");
        return rd.status;
    }
    return read_event(&rd);
}
