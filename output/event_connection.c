/*
 * The connection event: the record, lossless. Its numbers are the rows of syc_record_numbers[], walked once in their
 * order; an object opens with its first member that is known and is left out when it has none.
 */

#include "output/output_int.h"

#include <string.h>

/* Where the walk stands: row, and the objects that are open ("" = the event itself). */
struct walk {
    struct syc_json *j;
    const struct syc_record *r;
    size_t row;
    bool open;         /* the group's object */
    const char *inner; /* the inner object's name in the row's path, NULL = none */
    size_t inner_length;
};

static void
open_group(struct walk *w, const char *group)
{
    if (!w->open) {
        syc_json_key(w->j, group);
        syc_json_open(w->j, '{');
        w->open = true;
    }
}

static void
close_inner(struct walk *w)
{
    if (w->inner != NULL) {
        syc_json_close(w->j, '}');
        w->inner = NULL;
    }
}

static void
close_group(struct walk *w)
{
    close_inner(w);
    if (w->open) {
        syc_json_close(w->j, '}');
        w->open = false;
    }
}

static void
put_number(struct syc_json *j, const struct syc_record_number *row, int64_t value)
{
    switch ((enum syc_number_kind)row->kind) {
    case SYC_NUMBER:
        syc_json_int(j, value);
        break;
    case SYC_NUMBER_BOOL:
        syc_json_bool(j, value != 0);
        break;
    case SYC_NUMBER_WORD:
        syc_json_text(j, row->words[value]);
        break;
    }
}

/* One known number; `name` is its path without the group. */
static void
put_row(struct walk *w, const struct syc_record_number *row, const char *name, int64_t value)
{
    const char *dot = strchr(name, '.');

    if (dot == NULL) {
        close_inner(w);
    } else {
        size_t n = (size_t)(dot - name);
        if (w->inner == NULL || w->inner_length != n || memcmp(w->inner, name, n) != 0) {
            close_inner(w);
            syc_json_key_n(w->j, name, n);
            syc_json_open(w->j, '{');
            w->inner = name;
            w->inner_length = n;
        }
        name = dot + 1;
    }
    syc_json_key(w->j, name);
    put_number(w->j, row, value);
}

/* All rows of a group, then its texts. The group stays open for what is not a row. */
static void
put_group(struct walk *w, const char *group)
{
    size_t n = strlen(group);

    for (; w->row < syc_record_number_count; w->row++) {
        const struct syc_record_number *row = &syc_record_numbers[w->row];
        int64_t value = syc_record_get(w->r, row);
        if (strncmp(row->path, group, n) != 0 || row->path[n] != '.') {
            break;
        }
        if (value != SYC_NONE) {
            open_group(w, group);
            put_row(w, row, row->path + n + 1, value);
        }
    }
    close_inner(w);
    for (size_t i = 0; i < syc_record_text_count; i++) {
        const struct syc_record_text *row = &syc_record_texts[i];
        const char *text = *(const char *const *)((const char *)w->r + row->offset);
        if (text != NULL && strncmp(row->path, group, n) == 0 && row->path[n] == '.') {
            open_group(w, group);
            json_member_text(w->j, row->path + n + 1, text);
        }
    }
}

static void
put_times(struct walk *w, const char *name, const int64_t *times, size_t count)
{
    if (count == 0) {
        return;
    }
    open_group(w, "tcp");
    syc_json_key(w->j, name);
    syc_json_open(w->j, '[');
    for (size_t i = 0; i < count; i++) {
        syc_json_int(w->j, times[i]);
    }
    syc_json_close(w->j, ']');
}

static void
put_syn(struct syc_json *j, const struct syc_record *r, int side)
{
    if (r->syn[side] == NULL) {
        return;
    }
    syc_json_key(j, side == 0 ? "syn" : "syn_ack");
    syc_json_open(j, '{');
    event_syn(j, r->syn[side], &r->syn_own[side]);
    syc_json_close(j, '}');
}

static void
put_cells(struct syc_json *j, const int64_t *cells, size_t count)
{
    syc_json_open(j, '[');
    for (size_t i = 0; i < count; i++) {
        syc_json_int(j, cells[i]);
    }
    syc_json_close(j, ']');
}

static void
put_exchanges(struct syc_json *j, const struct syc_record *r)
{
    if (r->exchange_count == 0) {
        return;
    }
    syc_json_key(j, "exchanges");
    syc_json_open(j, '[');
    for (size_t i = 0; i < r->exchange_count; i++) {
        const struct syc_exchange *x = &r->exchanges[i];
        int64_t cells[9] = {x->offset_us,      x->client_dur_us,    x->client_octets,
                            x->client_packets, x->answer_offset_us, x->first_flight_octets,
                            x->server_dur_us,  x->server_octets,    x->server_packets};
        put_cells(j, cells, x->answered ? 9 : 4);
    }
    syc_json_close(j, ']');
}

static void
put_flights(struct syc_json *j, const struct syc_record *r)
{
    if (r->flight_count == 0) {
        return;
    }
    syc_json_key(j, "flights");
    syc_json_open(j, '[');
    for (size_t i = 0; i < r->flight_count; i++) {
        const struct syc_flight *f = &r->flights[i];
        int64_t cells[7] = {f->offset_us, f->dur_us,        f->gap_max_us,    f->segments,
                            f->octets,    f->retransmitted, f->window_limited};
        put_cells(j, cells, 7);
    }
    syc_json_close(j, ']');
}

static void
put_time_wait(struct walk *w)
{
    struct syc_json *j = w->j;

    if (w->r->time_wait_count == 0) {
        return;
    }
    open_group(w, "close");
    syc_json_key(j, "time_wait");
    syc_json_open(j, '[');
    for (size_t i = 0; i < w->r->time_wait_count; i++) {
        const struct syc_time_wait *t = &w->r->time_wait[i];
        syc_json_open(j, '{');
        json_member_text(j, "side", t->side == SYC_TOSERVER ? "client" : "server");
        json_member_int(j, "enter_us", t->enter_us);
        if (t->restart_count > 0) {
            syc_json_key(j, "restarts_us");
            syc_json_open(j, '[');
            for (int64_t k = 0; k < t->restart_count; k++) {
                put_cells(j, t->restarts_us[k], 2);
            }
            syc_json_close(j, ']');
        }
        if (t->killed_us != SYC_NONE) {
            json_member_int(j, "killed_us", t->killed_us);
        }
        syc_json_close(j, '}');
    }
    syc_json_close(j, ']');
}

static int64_t
end_of(const struct syc_record *r)
{
    return r->start_us + (r->dur_us != SYC_NONE ? r->dur_us : 0);
}

static void
put_members(struct syc_json *j, const struct syc_record *r)
{
    struct walk w = {.j = j, .r = r, .row = 1}; /* row 0, client_known, is in the envelope */

    json_member_int(j, "ip_v", r->key.ip_v);
    open_group(&w, "flow");
    json_member_time(j, "start", r->start_us);
    json_member_time(j, "end", end_of(r));
    put_group(&w, "flow");
    close_group(&w);
    put_group(&w, "tcp");
    put_times(&w, "syn_times_us", r->syn_times_us, r->syn_time_count);
    put_times(&w, "syn_ack_times_us", r->syn_ack_times_us, r->syn_ack_time_count);
    close_group(&w);
    put_syn(j, r, 0);
    put_syn(j, r, 1);
    put_group(&w, "app");
    close_group(&w);
    put_group(&w, "http");
    close_group(&w);
    put_group(&w, "tls");
    close_group(&w);
    put_exchanges(j, r);
    put_flights(j, r);
    put_group(&w, "exchanges_cut");
    close_group(&w);
    put_group(&w, "flights_cut");
    close_group(&w);
    put_group(&w, "close");
    put_time_wait(&w);
    close_group(&w);
    event_complete(j, r->degraded);
}

static void
put_event(struct syc_json *j, const struct syc_record *r)
{
    event_key(j, &r->key, r->flow_id, r->client_known != 0);
    put_members(j, r);
}

void
syc_emit_connection(struct syc_output *o, const struct syc_record *r)
{
    output_begin(o, end_of(r), "connection");
    put_event(&o->json, r);
    output_line(o);
}

void
syc_json_connection(struct syc_json *j, const struct syc_record *r, const char *sensor)
{
    event_begin(j, end_of(r), "connection", sensor);
    put_event(j, r);
    syc_json_close(j, '}');
}
