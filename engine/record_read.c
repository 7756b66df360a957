/*
 * A connection event back into the record it was made from, number for number. The table of numbers drives it as it drives
 * the writer; lists and texts live in the reader until the next event. Members that are not known here are passed over
 * (the contract only grows); known ones of a wrong type or length are an error that names them.
 */

#include "engine/engine.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct syc_record_reader {
    struct syc_exchange *exchanges;
    size_t exchange_room;
    struct syc_flight *flights;
    size_t flight_room;
    struct syc_syn syn[2];
    json_t *event; /* the texts point into it */
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

static enum syc_status
wrong(struct syc_error *err, const char *path, const char *want)
{
    return syc_error_set(err, SYC_SYNTAX, "%s: %s expected", path, want);
}

/* The member at a dotted path, NULL when it or an object on the way is not there. */
static const json_t *
member(const json_t *object, const char *path)
{
    char name[64];

    while (object != NULL && path != NULL) {
        const char *dot = strchr(path, '.');
        size_t n = dot != NULL ? (size_t)(dot - path) : strlen(path);
        if (n >= sizeof(name)) {
            return NULL;
        }
        memcpy(name, path, n);
        name[n] = '\0';
        object = json_object_get(object, name);
        path = dot != NULL ? dot + 1 : NULL;
    }
    return object;
}

/* ------------------------------------------------------------ numbers */

static enum syc_status
read_number(const json_t *v, const struct syc_record_number *row, int64_t *out,
            struct syc_error *err)
{
    if (row->kind == SYC_NUMBER_BOOL) {
        *out = json_is_true(v);
        return json_is_boolean(v) ? SYC_OK : wrong(err, row->path, "true or false");
    }
    if (row->kind == SYC_NUMBER) {
        *out = json_integer_value(v);
        return json_is_integer(v) ? SYC_OK : wrong(err, row->path, "a whole number");
    }
    for (int64_t i = 0; json_is_string(v) && row->words[i] != NULL; i++) {
        if (strcmp(json_string_value(v), row->words[i]) == 0) {
            *out = i;
            return SYC_OK;
        }
    }
    return wrong(err, row->path, "a word of the contract");
}

static enum syc_status
read_numbers(const json_t *event, struct syc_record *out, struct syc_error *err)
{
    for (size_t i = 0; i < syc_record_number_count; i++) {
        const struct syc_record_number *row = &syc_record_numbers[i];
        const json_t *v = member(event, row->path);
        int64_t value = SYC_NONE;
        if (v == NULL) {
            continue;
        }
        if (read_number(v, row, &value, err) != SYC_OK) {
            return SYC_SYNTAX;
        }
        syc_record_set(out, row, value);
    }
    if (out->client_known == SYC_NONE) {
        out->client_known = 1;
    }
    return SYC_OK;
}

static enum syc_status
read_texts(const json_t *event, struct syc_record *out, struct syc_error *err)
{
    for (size_t i = 0; i < syc_record_text_count; i++) {
        const struct syc_record_text *row = &syc_record_texts[i];
        const json_t *v = member(event, row->path);
        if (v == NULL) {
            continue;
        }
        if (!json_is_string(v)) {
            return wrong(err, row->path, "a text");
        }
        *(const char **)((char *)out + row->offset) = json_string_value(v);
    }
    return SYC_OK;
}

/* ------------------------------------------------------------ the key */

static bool
read_port(const json_t *event, const char *name, uint16_t *out)
{
    const json_t *v = json_object_get(event, name);
    json_int_t port = json_integer_value(v);

    *out = (uint16_t)port;
    return json_is_integer(v) && port >= 0 && port <= UINT16_MAX;
}

static bool
read_addr(const json_t *event, const char *name, uint8_t out[16], int *ip_v)
{
    const char *text = json_string_value(json_object_get(event, name));

    return text != NULL && syc_addr_parse(text, out, ip_v);
}

static enum syc_status
read_path(const json_t *event, struct syc_path *path, struct syc_error *err)
{
    const json_t *vlan = json_object_get(event, "vlan");
    const json_t *tunnel = json_object_get(event, "tunnel");

    if (json_array_size(vlan) > SYC_PATH_MAX || json_array_size(tunnel) > SYC_PATH_MAX) {
        return wrong(err, "vlan, tunnel", "at most 8 entries");
    }
    path->vlan_count = (uint8_t)json_array_size(vlan);
    path->tunnel_count = (uint8_t)json_array_size(tunnel);
    for (size_t i = 0; i < path->vlan_count; i++) {
        path->vlan[i] = (uint16_t)json_integer_value(json_array_get(vlan, i));
    }
    for (size_t i = 0; i < path->tunnel_count; i++) {
        const char *word = json_string_value(json_array_get(tunnel, i));
        for (unsigned k = 0; word != NULL && k < SYC_TUNNEL_COUNT; k++) {
            if (strcmp(word, syc_tunnel_name(k)) == 0) {
                path->tunnel[i] = (uint8_t)k;
            }
        }
    }
    return SYC_OK;
}

static enum syc_status
read_key(const json_t *event, struct syc_record *out, struct syc_error *err)
{
    const json_t *start = member(event, "flow.start");
    const char *text = json_string_value(start);
    int client_v = 0;
    int server_v = 0;
    const json_t *ip_v = json_object_get(event, "ip_v");

    if (!read_addr(event, "src_ip", out->key.client, &client_v) ||
        !read_addr(event, "dest_ip", out->key.server, &server_v)) {
        return wrong(err, "src_ip, dest_ip", "an address");
    }
    if (!read_port(event, "src_port", &out->key.client_port) ||
        !read_port(event, "dest_port", &out->key.server_port)) {
        return wrong(err, "src_port, dest_port", "a port");
    }
    out->key.ip_v = (uint8_t)(ip_v != NULL ? json_integer_value(ip_v) : client_v);
    if ((out->key.ip_v != 4 && out->key.ip_v != 6) || client_v != server_v ||
        client_v != out->key.ip_v) {
        return wrong(err, "ip_v", "the version of both addresses");
    }
    if (text == NULL || !syc_time_parse(text, strlen(text), &out->start_us)) {
        return wrong(err, "flow.start", "a time");
    }
    return read_path(event, &out->key.path, err);
}

/* ------------------------------------------------------------ lists */

/* Up to `most` whole numbers of an array; false on anything else. */
static bool
read_cells(const json_t *array, int64_t *cells, size_t most, size_t *count)
{
    *count = json_array_size(array);
    if (!json_is_array(array) || *count > most) {
        return false;
    }
    for (size_t i = 0; i < *count; i++) {
        const json_t *v = json_array_get(array, i);
        if (!json_is_integer(v)) {
            return false;
        }
        cells[i] = json_integer_value(v);
    }
    return true;
}

static enum syc_status
read_times(const json_t *event, const char *path, int64_t *times, uint8_t *count,
           struct syc_error *err)
{
    const json_t *list = member(event, path);
    size_t n = 0;

    if (list != NULL && !read_cells(list, times, SYC_SYN_TIMES_MAX, &n)) {
        return wrong(err, path, "at most 16 whole numbers");
    }
    *count = (uint8_t)n;
    return SYC_OK;
}

static bool
read_exchange(const json_t *cells, struct syc_exchange *x)
{
    int64_t c[9] = {0};
    size_t n;

    if (!read_cells(cells, c, 9, &n) || (n != 4 && n != 9)) {
        return false;
    }
    *x = (struct syc_exchange){.offset_us = c[0],
                               .client_dur_us = c[1],
                               .client_octets = c[2],
                               .client_packets = c[3],
                               .answered = n == 9,
                               .answer_offset_us = c[4],
                               .first_flight_octets = c[5],
                               .server_dur_us = c[6],
                               .server_octets = c[7],
                               .server_packets = c[8]};
    return true;
}

static enum syc_status
read_exchanges(struct syc_record_reader *r, const json_t *event, struct syc_record *out,
               struct syc_error *err)
{
    const json_t *list = json_object_get(event, "exchanges");
    size_t n = json_array_size(list);

    if (n > r->exchange_room) {
        void *grown = syc_resize(r->exchanges, n, sizeof(*r->exchanges));
        if (grown == NULL) {
            return syc_error_set(err, SYC_NO_MEMORY, "exchanges: out of memory");
        }
        r->exchanges = grown;
        r->exchange_room = n;
    }
    for (size_t i = 0; i < n; i++) {
        if (!read_exchange(json_array_get(list, i), &r->exchanges[i])) {
            return wrong(err, "exchanges", "lists of 4 or 9 whole numbers");
        }
    }
    out->exchanges = n > 0 ? r->exchanges : NULL;
    out->exchange_count = n;
    return SYC_OK;
}

static enum syc_status
read_flights(struct syc_record_reader *r, const json_t *event, struct syc_record *out,
             struct syc_error *err)
{
    const json_t *list = json_object_get(event, "flights");
    size_t n = json_array_size(list);

    if (n > r->flight_room) {
        void *grown = syc_resize(r->flights, n, sizeof(*r->flights));
        if (grown == NULL) {
            return syc_error_set(err, SYC_NO_MEMORY, "flights: out of memory");
        }
        r->flights = grown;
        r->flight_room = n;
    }
    for (size_t i = 0; i < n; i++) {
        int64_t c[7];
        size_t cells;
        if (!read_cells(json_array_get(list, i), c, 7, &cells) || cells != 7) {
            return wrong(err, "flights", "lists of 7 whole numbers");
        }
        r->flights[i] = (struct syc_flight){c[0], c[1], c[2], c[3], c[4], c[5], c[6]};
    }
    out->flights = n > 0 ? r->flights : NULL;
    out->flight_count = n;
    return SYC_OK;
}

static bool
read_wait(const json_t *v, struct syc_time_wait *w)
{
    const char *side = json_string_value(json_object_get(v, "side"));
    const json_t *killed = json_object_get(v, "killed_us");
    const json_t *restarts = json_object_get(v, "restarts_us");
    size_t n = json_array_size(restarts);

    if (side == NULL || n > SYC_RESTARTS_MAX) {
        return false;
    }
    w->side = strcmp(side, "server") == 0 ? SYC_TOCLIENT : SYC_TOSERVER;
    w->enter_us = json_integer_value(json_object_get(v, "enter_us"));
    w->killed_us = killed != NULL ? json_integer_value(killed) : SYC_NONE;
    w->restart_count = (int64_t)n;
    for (size_t i = 0; i < n; i++) {
        size_t cells;
        if (!read_cells(json_array_get(restarts, i), w->restarts_us[i], 2, &cells) || cells != 2) {
            return false;
        }
    }
    return true;
}

static enum syc_status
read_waits(const json_t *event, struct syc_record *out, struct syc_error *err)
{
    const json_t *list = member(event, "close.time_wait");
    size_t n = json_array_size(list);

    for (size_t i = 0; i < n; i++) {
        if (i >= 2 || !read_wait(json_array_get(list, i), &out->time_wait[i])) {
            return wrong(err, "close.time_wait", "at most two sides with their times");
        }
    }
    out->time_wait_count = (uint8_t)n;
    return SYC_OK;
}

static enum syc_status
read_degraded(const json_t *event, struct syc_record *out, struct syc_error *err)
{
    const json_t *list = json_object_get(event, "degraded");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *word = json_string_value(json_array_get(list, i));
        bool known = false;
        for (unsigned k = 0; word != NULL && syc_degraded_words[k] != NULL; k++) {
            if (strcmp(word, syc_degraded_words[k]) == 0) {
                out->degraded |= 1U << k;
                known = true;
            }
        }
        if (!known) {
            return wrong(err, "degraded", "words of the contract");
        }
    }
    return SYC_OK;
}

/* ------------------------------------------------------------ SYNs */

static int64_t
number_or(const json_t *object, const char *name, int64_t otherwise)
{
    const json_t *v = json_object_get(object, name);

    return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

static bool
copy_string(const json_t *object, const char *name, char *out, size_t room)
{
    const char *text = json_string_value(json_object_get(object, name));
    size_t n = text != NULL ? strlen(text) : 0;

    if (n >= room) {
        return false;
    }
    if (n > 0) {
        memcpy(out, text, n);
    }
    return true;
}

static bool
read_syn_lists(const json_t *v, struct syc_syn *syn)
{
    const json_t *kinds = json_object_get(v, "option_kinds");
    const json_t *quirks = json_object_get(v, "quirks");

    if (json_array_size(kinds) > sizeof(syn->option_kinds)) {
        return false;
    }
    syn->option_count = (uint8_t)json_array_size(kinds);
    for (size_t i = 0; i < syn->option_count; i++) {
        syn->option_kinds[i] = (uint8_t)json_integer_value(json_array_get(kinds, i));
    }
    for (size_t i = 0; i < json_array_size(quirks); i++) {
        const char *word = json_string_value(json_array_get(quirks, i));
        for (unsigned q = 0; word != NULL && q < SYC_QUIRK_COUNT; q++) {
            if (strcmp(word, syc_quirk_name(q)) == 0) {
                syn->quirks |= 1U << q;
            }
        }
    }
    return true;
}

static void
read_window(const json_t *v, struct syc_syn *syn)
{
    const json_t *law = json_object_get(v, "window_law");
    const char *unit = json_string_value(json_object_get(law, "unit"));

    syn->window_n = (uint32_t)number_or(law, "n", 0);
    for (unsigned u = SYC_WINDOW_VALUE; unit != NULL && u <= SYC_WINDOW_FLOOR65535; u++) {
        if (strcmp(unit, syc_window_unit_name(u)) == 0) {
            syn->window_unit = (uint8_t)u;
        }
    }
}

static enum syc_status
read_syn(const json_t *v, struct syc_syn *syn, struct syc_syn_own *own, struct syc_error *err)
{
    const char *kind = json_string_value(json_object_get(v, "kind"));

    memset(syn, 0, sizeof(*syn));
    syn->kind = kind != NULL && strcmp(kind, "syn+ack") == 0 ? SYC_KIND_SYN_ACK : SYC_KIND_SYN;
    syn->ip_v = (uint8_t)number_or(v, "ip_v", 4);
    syn->ttl = (uint8_t)number_or(v, "ttl", 0);
    syn->ttl_initial = (uint8_t)number_or(v, "ttl_initial", 0);
    syn->distance = (uint8_t)number_or(v, "distance", 0);
    syn->df = json_is_true(json_object_get(v, "df"));
    syn->ip_ecn = (uint8_t)number_or(v, "ip_ecn", 0);
    syn->ip_options_bytes = (uint8_t)number_or(v, "ip_options_bytes", 0);
    syn->window = (uint16_t)number_or(v, "window", 0);
    syn->mss = (int32_t)number_or(v, "mss", -1);
    syn->wscale = (int16_t)number_or(v, "wscale", -1);
    syn->tcp_flags = (uint16_t)number_or(v, "tcp_flags", 0);
    read_window(v, syn);
    own->ip_id = number_or(v, "ip_id", SYC_NONE);
    own->flow_label = number_or(v, "flow_label", SYC_NONE);
    own->ts_val = number_or(v, "ts_val", SYC_NONE);
    own->ts_ecr = number_or(v, "ts_ecr", SYC_NONE);
    own->payload_bytes = number_or(v, "payload_bytes", SYC_NONE);
    syn->has_payload = own->payload_bytes > 0;
    if (!read_syn_lists(v, syn) || !copy_string(v, "options", syn->options, sizeof(syn->options)) ||
        !copy_string(v, "p0f", syn->p0f, sizeof(syn->p0f)) ||
        !copy_string(v, "tcpfp", syn->tcpfp, sizeof(syn->tcpfp)) ||
        !copy_string(v, "muonfp", syn->muonfp, sizeof(syn->muonfp))) {
        return wrong(err, "syn", "texts and lists of the contract's lengths");
    }
    return SYC_OK;
}

static enum syc_status
read_syns(struct syc_record_reader *r, const json_t *event, struct syc_record *out,
          struct syc_error *err)
{
    static const char *const names[2] = {"syn", "syn_ack"};

    for (int i = 0; i < 2; i++) {
        const json_t *v = json_object_get(event, names[i]);
        if (v == NULL) {
            continue;
        }
        if (read_syn(v, &r->syn[i], &out->syn_own[i], err) != SYC_OK) {
            return SYC_SYNTAX;
        }
        out->syn[i] = &r->syn[i];
    }
    return SYC_OK;
}

/* ------------------------------------------------------------ the event */

static enum syc_status
read_lists(struct syc_record_reader *r, const json_t *event, struct syc_record *out,
           struct syc_error *err)
{
    enum syc_status status =
        read_times(event, "tcp.syn_times_us", out->syn_times_us, &out->syn_time_count, err);

    if (status == SYC_OK) {
        status = read_times(event, "tcp.syn_ack_times_us", out->syn_ack_times_us,
                            &out->syn_ack_time_count, err);
    }
    if (status == SYC_OK) {
        status = read_exchanges(r, event, out, err);
    }
    if (status == SYC_OK) {
        status = read_flights(r, event, out, err);
    }
    if (status == SYC_OK) {
        status = read_waits(event, out, err);
    }
    return status == SYC_OK ? read_degraded(event, out, err) : status;
}

static enum syc_status
read_event(struct syc_record_reader *r, const json_t *event, struct syc_record *out,
           struct syc_error *err)
{
    enum syc_status status = read_key(event, out, err);
    const json_t *id = json_object_get(event, "flow_id");

    if (status == SYC_OK) {
        status = read_numbers(event, out, err);
    }
    if (status == SYC_OK) {
        status = read_texts(event, out, err);
    }
    if (status == SYC_OK) {
        status = read_lists(r, event, out, err);
    }
    if (status == SYC_OK) {
        status = read_syns(r, event, out, err);
    }
    out->flow_id = json_is_integer(id) ? json_integer_value(id)
                                       : syc_record_flow_id(&out->key, out->isn, out->start_us);
    return status;
}

enum syc_status
syc_record_read(struct syc_record_reader *reader, const char *line, size_t n,
                struct syc_record *out, struct syc_error *err)
{
    json_error_t fault;
    const char *type;

    syc_record_init(out);
    json_decref(reader->event);
    reader->event = json_loadb(line, n, JSON_REJECT_DUPLICATES, &fault);
    if (reader->event == NULL) {
        return syc_error_set(err, SYC_SYNTAX, "column %d: %s", fault.column, fault.text);
    }
    if (!json_is_object(reader->event)) {
        return wrong(err, "line", "a JSON object");
    }
    type = json_string_value(json_object_get(reader->event, "event_type"));
    if (type == NULL || strcmp(type, "connection") != 0) {
        return SYC_NOT_FOUND;
    }
    return read_event(reader, reader->event, out, err);
}
