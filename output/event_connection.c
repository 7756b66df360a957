/*
 * The connection event: the record, lossless (spec of events, `connection`).
 *
 * What is known is written, what is not is absent, and record_read.c makes the same record of it:
 * the test of that is the contract. Scalars go by the layout's slots in raw stores (layout.h);
 * lists and texts have writers of their own, which make room for themselves.
 *
 * Invariant: between two lists or texts the cursor has layout->room octets before it, which is
 * enough for all scalars there are; write_value() restores it whenever the text may have moved.
 */

#include "output/layout.h"
#include "output/output_int.h"

#include <string.h>

/* ------------------------------------------------------------- lists */

/*
 * When the record's last segment came. Records of elsewhere may claim any times; what has no sum
 * ends where it began.
 */
static int64_t
end_us(const struct syc_record *r)
{
    int64_t end;

    return r->dur_us != SYC_NONE && !__builtin_add_overflow(r->start_us, r->dur_us, &end)
               ? end
               : r->start_us;
}

static bool
always(const struct syc_record *r)
{
    return true;
}

static void
write_time(struct syc_json *j, int64_t us)
{
    char text[SYC_TIME_TEXT];

    syc_time_format(us, text);
    syc_json_text_n(j, text, SYC_TIME_TEXT - 1);
}

static void
write_start(struct syc_json *j, const struct syc_record *r)
{
    write_time(j, r->start_us);
}

/* A record without duration (one segment, or a writer that left it out) has no end to tell. */
static bool
has_end(const struct syc_record *r)
{
    return r->dur_us != SYC_NONE;
}

static void
write_end(struct syc_json *j, const struct syc_record *r)
{
    write_time(j, end_us(r));
}

/* "[1,2,3]"; the caller has made room for SYC_INT_TEXT and a comma each, and two brackets. */
static char *
put_numbers(char *p, const int64_t *numbers, size_t count)
{
    *p++ = '[';
    for (size_t i = 0; i < count; i++) {
        p = syc_put_int(p, numbers[i]);
        *p++ = ',';
    }
    p -= count > 0;
    *p++ = ']';
    return p;
}

static void
write_numbers(struct syc_json *j, const int64_t *numbers, size_t count)
{
    if (syc_json_room(j, 2 + count * (SYC_INT_TEXT + 1))) {
        j->n = (size_t)(put_numbers(j->text + j->n, numbers, count) - j->text);
    }
}

static bool
has_syn_times(const struct syc_record *r)
{
    return r->syn_time_count > 0;
}

static void
write_syn_times(struct syc_json *j, const struct syc_record *r)
{
    write_numbers(j, r->syn_times_us, r->syn_time_count);
}

static bool
has_syn_ack_times(const struct syc_record *r)
{
    return r->syn_ack_time_count > 0;
}

static void
write_syn_ack_times(struct syc_json *j, const struct syc_record *r)
{
    write_numbers(j, r->syn_ack_times_us, r->syn_ack_time_count);
}

/* Numbers without facts are kept too: the facts may have found no room, and the record must come back as it was. */
static bool
has_syn_side(const struct syc_record *r, int side)
{
    const struct syc_syn_own *own = &r->syn_own[side];

    return r->syn[side] != NULL || own->ip_id != SYC_NONE || own->flow_label != SYC_NONE ||
           own->ts_val != SYC_NONE || own->ts_ecr != SYC_NONE || own->payload_bytes != SYC_NONE;
}

static void
write_syn_side(struct syc_json *j, const struct syc_record *r, int side)
{
    syc_json_open(j, '{');
    syc_event_syn(j, r->syn[side], &r->syn_own[side]);
    syc_json_close(j, '}');
}

static bool
has_syn(const struct syc_record *r)
{
    return has_syn_side(r, SYC_TOSERVER);
}

static void
write_syn(struct syc_json *j, const struct syc_record *r)
{
    write_syn_side(j, r, SYC_TOSERVER);
}

static bool
has_syn_ack(const struct syc_record *r)
{
    return has_syn_side(r, SYC_TOCLIENT);
}

static void
write_syn_ack(struct syc_json *j, const struct syc_record *r)
{
    write_syn_side(j, r, SYC_TOCLIENT);
}

static bool
has_exchanges(const struct syc_record *r)
{
    return r->exchange_count > 0;
}

/* The room is that of nine cells each, and (3) two brackets and the comma before them. */
static void
write_exchanges(struct syc_json *j, const struct syc_record *r)
{
    char *p;

    if (!syc_json_room(j, 2 + r->exchange_count * (3 + 9 * (SYC_INT_TEXT + 1)))) {
        return;
    }
    p = j->text + j->n;
    for (size_t i = 0; i < r->exchange_count; i++) {
        const struct syc_exchange *x = &r->exchanges[i];
        const int64_t cells[] = {x->offset_us,      x->client_dur_us,    x->client_octets,
                                 x->client_packets, x->answer_offset_us, x->first_flight_octets,
                                 x->server_dur_us,  x->server_octets,    x->server_packets};
        *p++ = i == 0 ? '[' : ',';
        p = put_numbers(p, cells, x->answered != 0 ? 9 : 4);
    }
    *p++ = ']';
    j->n = (size_t)(p - j->text);
}

static bool
has_flights(const struct syc_record *r)
{
    return r->flight_count > 0;
}

/* As write_exchanges(), with seven cells. */
static void
write_flights(struct syc_json *j, const struct syc_record *r)
{
    char *p;

    if (!syc_json_room(j, 2 + r->flight_count * (3 + 7 * (SYC_INT_TEXT + 1)))) {
        return;
    }
    p = j->text + j->n;
    for (size_t i = 0; i < r->flight_count; i++) {
        const struct syc_flight *f = &r->flights[i];
        const int64_t cells[] = {f->offset_us, f->dur_us,        f->gap_max_us,    f->segments,
                                 f->octets,    f->retransmitted, f->window_limited};
        *p++ = i == 0 ? '[' : ',';
        p = put_numbers(p, cells, 7);
    }
    *p++ = ']';
    j->n = (size_t)(p - j->text);
}

static bool
has_time_wait(const struct syc_record *r)
{
    return r->time_wait_count > 0;
}

/* At most two, one a side, so they go through the checked writer and not through raw stores. */
static void
write_time_wait(struct syc_json *j, const struct syc_record *r)
{
    syc_json_open(j, '[');
    for (size_t i = 0; i < r->time_wait_count; i++) {
        const struct syc_time_wait *w = &r->time_wait[i];

        syc_json_open(j, '{');
        syc_json_member_text(j, "side", w->side == SYC_TOSERVER ? "client" : "server");
        syc_json_member_int(j, "enter_us", w->enter_us);
        if (w->restart_count > 0) {
            syc_json_member_open(j, "restarts_us", '[');
            for (int64_t k = 0; k < w->restart_count; k++) {
                syc_json_open(j, '[');
                syc_json_int(j, w->restarts_us[k][0]);
                syc_json_int(j, w->restarts_us[k][1]);
                syc_json_close(j, ']');
            }
            syc_json_close(j, ']');
        }
        if (w->killed_us != SYC_NONE) {
            syc_json_member_int(j, "killed_us", w->killed_us);
        }
        syc_json_close(j, '}');
    }
    syc_json_close(j, ']');
}

/* "a,b" as ["a","b"]; the reader puts the commas back. */
static void
write_words(struct syc_json *j, const char *words)
{
    size_t n = strcspn(words, ",");

    syc_json_open(j, '[');
    syc_json_text_n(j, words, n);
    while (words[n] == ',') {
        words += n + 1;
        n = strcspn(words, ",");
        syc_json_text_n(j, words, n);
    }
    syc_json_close(j, ']');
}

static const struct syc_list_writer list_writers[] = {
    {"flow.start", always, write_start},
    {"flow.end", has_end, write_end},
    {"tcp.syn_times_us", has_syn_times, write_syn_times},
    {"tcp.syn_ack_times_us", has_syn_ack_times, write_syn_ack_times},
    {"syn", has_syn, write_syn},
    {"syn_ack", has_syn_ack, write_syn_ack},
    {"exchanges", has_exchanges, write_exchanges},
    {"flights", has_flights, write_flights},
    {"close.time_wait", has_time_wait, write_time_wait},
};

/* ------------------------------------------------------------- slots */

/* Where the writing of slots stands: the open object, and whether it has a member (then a comma is due). */
struct cursor {
    const struct syc_layout *layout;
    char *p;
    uint8_t group;
    bool comma;
};

/*
 * Copied at one length, whatever the key's: a few vector stores instead of a call. The octets
 * behind it are in the room (layout.c adds SYC_KEY_TEXT) and are written over by what follows.
 */
static void
put_key(struct cursor *c, const struct syc_key_text *key)
{
    size_t skip = !c->comma;

    memcpy(c->p, key->text + skip, SYC_KEY_TEXT - 1);
    c->p += key->length - skip;
}

/* Groups form a tree with the event as its root (0), so going up ends there. */
static bool
is_inside(const struct syc_layout *l, uint8_t group, uint8_t outer)
{
    while (group != outer && group != 0) {
        group = l->groups[group].parent;
    }
    return group == outer;
}

/*
 * Close objects up to one that holds `to`, then open down to it. Each step goes one up or one down
 * the tree, so at most its depth twice.
 */
static void
enter_group(struct cursor *c, uint8_t to)
{
    const struct syc_layout *l = c->layout;

    while (!is_inside(l, to, c->group)) {
        *c->p++ = '}';
        c->group = l->groups[c->group].parent;
        c->comma = true;
    }
    while (c->group != to) {
        uint8_t next = to;

        while (l->groups[next].parent != c->group) {
            next = l->groups[next].parent;
        }
        put_key(c, &l->groups[next].key);
        c->group = next;
        c->comma = false;
    }
}

/*
 * A word's value is an index of its list: the connection table sets no other, and record_read.c has
 * checked what was read.
 */
static char *
put_scalar(char *p, const struct syc_slot *slot, int64_t value)
{
    const char *word;

    if (slot->kind == SYC_SLOT_NUMBER) {
        return syc_put_int(p, value);
    }
    if (slot->kind == SYC_SLOT_BOOL) {
        return value != 0 ? SYC_PUT(p, "true") : SYC_PUT(p, "false");
    }
    *p++ = '"';
    for (word = slot->words[value]; *word != '\0'; word++) {
        *p++ = *word;
    }
    *p++ = '"';
    return p;
}

/*
 * Texts and lists make their own room, so the text may move under the cursor; afterwards there is
 * room for the rest. False when memory is short: then the event is given up as a whole
 * (syc_output_end).
 */
static bool
write_value(struct syc_json *j, struct cursor *c, const struct syc_slot *slot,
            const struct syc_record *r, const char *text)
{
    j->n = (size_t)(c->p - j->text);
    j->comma = false;
    if (slot->kind == SYC_SLOT_TEXT) {
        syc_json_text(j, text);
    } else if (slot->kind == SYC_SLOT_WORDS) {
        write_words(j, text);
    } else {
        list_writers[slot->offset].write(j, r);
    }
    if (!syc_json_room(j, c->layout->room)) {
        return false;
    }
    c->p = j->text + j->n;
    return true;
}

/*
 * layout->room covers all keys and scalar values once, wherever lists and texts stand between them.
 * A member that is not known costs a comparison.
 */
static void
write_slots(struct syc_json *j, const struct syc_record *r)
{
    struct cursor c = {j->layout, j->text + j->n, 0, true};

    for (size_t i = 0; i < c.layout->slot_count; i++) {
        const struct syc_slot *slot = &c.layout->slots[i];
        const char *field = (const char *)r + slot->offset;
        const char *text = NULL;
        int64_t value = 0;

        if (slot->kind == SYC_SLOT_LIST) {
            if (!list_writers[slot->offset].present(r)) {
                continue;
            }
        } else if (slot->kind >= SYC_SLOT_TEXT) {
            text = *(const char *const *)(const void *)field;
            if (text == NULL || text[0] == '\0') {
                continue;
            }
        } else if ((value = *(const int64_t *)(const void *)field) == SYC_NONE) {
            continue;
        }
        if (slot->group != c.group) {
            enter_group(&c, slot->group);
        }
        put_key(&c, &slot->key);
        c.comma = true;
        if (slot->kind < SYC_SLOT_TEXT) {
            c.p = put_scalar(c.p, slot, value);
        } else if (!write_value(j, &c, slot, r, text)) {
            return;
        }
    }
    enter_group(&c, 0);
    j->n = (size_t)(c.p - j->text);
    j->comma = true;
}

/* The layout is made at the first event: outputs that write none need none. */
static bool
prepare(struct syc_json *j)
{
    if (j->layout == NULL) {
        j->layout = syc_layout_new(list_writers, sizeof list_writers / sizeof list_writers[0]);
    }
    j->failed |= j->layout == NULL;
    return !j->failed;
}

/* Dated by its end: a connection is known when it is over. */
void
syc_json_connection(struct syc_json *j, const struct syc_record *r, const char *sensor)
{
    if (!prepare(j)) {
        return;
    }
    syc_event_begin(j, "connection", end_us(r), sensor);
    syc_event_tuple(j, &r->key, r->flow_id);
    if (r->client_known == 0) {
        syc_json_member_bool(j, "client_known", false);
    }
    syc_event_path(j, &r->key.path);
    syc_json_member_int(j, "ip_v", r->key.ip_v);
    if (syc_json_room(j, j->layout->room)) {
        write_slots(j, r);
    }
    syc_json_member_bool(j, "complete", r->degraded == 0);
    if (r->degraded != 0) {
        syc_event_degraded(j, r->degraded);
    }
    syc_json_close(j, '}');
}

void
syc_emit_connection(struct syc_output *o, const struct syc_record *r)
{
    struct syc_json *j;

    if (o->format == SYC_FORMAT_ZEEK) {
        syc_emit_zeek(o, r);
        return;
    }
    j = syc_output_begin(o);
    if (j != NULL) {
        syc_json_connection(j, r, o->sensor);
        syc_output_end(o);
    }
}
