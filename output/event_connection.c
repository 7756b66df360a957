/*
 * The connection event: the record, lossless (spec of events, `connection`).
 *
 * What is known is written, what is not is absent, and record_read.c makes the same record of it:
 * the test of that is the contract. Scalars go by the layout's slots in raw stores (layout.h);
 * lists and texts have writers of their own, which make room for themselves.
 *
 *    head    slots ...    trouble    slots ...    complete
 *             |            |          '- as before
 *             |            '- 23 counters: one copy if all are 0, else their slots
 *             '- known: `"key":`, value, `,`     another object: `}` in the comma's place, `,`, `"object":{`
 *
 * An event has some hundred members in 2,900 octets. Where its 9,000 instructions go: SHA-1 of the
 * community ID 1,350, numbers of exchanges 500, the two SYNs 450 (copied), times 400, and the rest
 * some 40 a member.
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

/* Digits, letters and signs only: there is nothing to escape, so the text is formatted in its place. */
static void
write_time(struct syc_json *j, int64_t us)
{
    if (syc_json_room(j, 2 + SYC_TIME_TEXT)) {
        j->text[j->n] = '"';
        syc_time_format(us, j->text + j->n + 1);
        j->text[j->n + SYC_TIME_TEXT] = '"';
        j->n += SYC_TIME_TEXT + 1;
    }
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
    syc_event_syn(j, r->syn[side], &r->syn_own[side], r->syn_stays);
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

/*
 * At most two, one a side. The room is that of the keys once and of ten numbers with what stands
 * around each: a comma and, of a pair, its brackets.
 */
static void
write_time_wait(struct syc_json *j, const struct syc_record *r)
{
    const size_t keys = 80, numbers = 2 * SYC_RESTARTS_MAX + 2;
    char *p;

    if (!syc_json_room(j, 2 + r->time_wait_count * (keys + numbers * (SYC_INT_TEXT + 3)))) {
        return;
    }
    p = j->text + j->n;
    for (size_t i = 0; i < r->time_wait_count; i++) {
        const struct syc_time_wait *w = &r->time_wait[i];

        *p++ = i == 0 ? '[' : ',';
        p = w->side == SYC_TOSERVER ? SYC_PUT(p, "{\"side\":\"client\",\"enter_us\":")
                                    : SYC_PUT(p, "{\"side\":\"server\",\"enter_us\":");
        p = syc_put_int(p, w->enter_us);
        if (w->restart_count > 0) {
            p = SYC_PUT(p, ",\"restarts_us\":");
            for (int64_t k = 0; k < w->restart_count; k++) {
                *p++ = k == 0 ? '[' : ',';
                p = put_numbers(p, w->restarts_us[k], 2);
            }
            *p++ = ']';
        }
        if (w->killed_us != SYC_NONE) {
            p = syc_put_int(SYC_PUT(p, ",\"killed_us\":"), w->killed_us);
        }
        *p++ = '}';
    }
    *p++ = ']';
    j->n = (size_t)(p - j->text);
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

/*
 * Where the writing of slots stands: behind a comma, the open object. A comma follows each value at
 * once, and gives way to the bracket when its object ends: so none has to be remembered.
 */
struct cursor {
    const struct syc_layout *layout;
    char *p;
    uint8_t group;
};

/*
 * Copied at one length, whatever the key's: a few vector stores instead of a call. The octets
 * behind it are in the room (layout.c adds SYC_KEY_TEXT) and are written over by what follows.
 */
static inline char *
put_key(char *p, const struct syc_key_text *key)
{
    memcpy(p, key->text, SYC_KEY_TEXT);
    return p + key->length;
}

/*
 * Close objects up to one that holds `to`, then open down to it. Each step goes one up or one down
 * the tree, so at most its depth twice. An object is opened for a member, so none is empty.
 */
static void
enter_group(struct cursor *c, uint8_t to)
{
    const struct syc_layout *l = c->layout;

    while ((l->groups[to].within >> c->group & 1) == 0) {
        c->p[-1] = '}';
        *c->p++ = ',';
        c->group = l->groups[c->group].parent;
    }
    while (c->group != to) {
        uint8_t next = to;

        while (l->groups[next].parent != c->group) {
            next = l->groups[next].parent;
        }
        c->p = put_key(c->p, &l->groups[next].key);
        c->group = next;
    }
}

/*
 * A word's value is an index of its list: the connection table sets no other, and record_read.c has
 * checked what was read.
 */
static char *
put_word(char *p, const struct syc_slot *slot, int64_t value)
{
    const char *word;

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
            const struct syc_record *r)
{
    const void *at = (const char *)r + slot->offset; /* of a list its number, not a place */

    j->n = (size_t)(c->p - j->text);
    j->comma = false;
    if (slot->kind == SYC_SLOT_TEXT) {
        syc_json_text(j, *(const char *const *)at);
    } else if (slot->kind == SYC_SLOT_WORDS) {
        write_words(j, *(const char *const *)at);
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
 * Whether a text or a list has something to tell. Empty texts are left out like those that are not
 * there: the reader makes both the same.
 */
static bool
is_present(const struct syc_slot *slot, const struct syc_record *r)
{
    const char *text;

    if (slot->kind == SYC_SLOT_LIST) {
        return list_writers[slot->offset].present(r);
    }
    text = *(const char *const *)(const void *)((const char *)r + slot->offset);
    return text != NULL && text[0] != '\0';
}

/*
 * Slots [from, to). layout->room covers all keys and scalar values once, wherever lists and texts
 * stand between them. A member that is not known costs a comparison.
 */
static bool
write_slots(struct syc_json *j, struct cursor *c, size_t from, size_t to,
            const struct syc_record *r)
{
    const struct syc_slot *end = &c->layout->slots[to];

    for (const struct syc_slot *slot = &c->layout->slots[from]; slot < end; slot++) {
        bool scalar = slot->kind < SYC_SLOT_TEXT;
        int64_t value = 0;

        if (scalar) {
            memcpy(&value, (const char *)r + slot->offset, sizeof(value));
        }
        if (scalar ? value == SYC_NONE : !is_present(slot, r)) {
            continue;
        }
        if (slot->group != c->group) {
            enter_group(c, slot->group);
        }
        c->p = put_key(c->p, &slot->key);
        if (slot->kind == SYC_SLOT_NUMBER) {
            c->p = syc_put_int(c->p, value);
        } else if (scalar) {
            c->p = put_word(c->p, slot, value);
        } else if (!write_value(j, c, slot, r)) {
            return false;
        }
        *c->p++ = ',';
    }
    return true;
}

/*
 * All counters of trouble are known, and 0: what is not known is SYC_NONE and no zero. One pass over
 * neighbors, which the compiler makes a few vector operations of.
 */
static bool
is_quiet(const struct syc_record *r)
{
    const int64_t *numbers = r->retrans_data;
    int64_t any = 0;

    for (size_t i = 0; i < SYC_QUIET_COUNT; i++) {
        any |= numbers[i];
    }
    return any == 0;
}

/* The counters of trouble, all 0, as write_slots() writes them: 500 instructions less an event. */
static void
put_quiet(struct cursor *c)
{
    enter_group(c, c->layout->quiet_group);
    memcpy(c->p, c->layout->quiet, c->layout->quiet_length);
    c->p += c->layout->quiet_length;
}

/* From behind a member to behind a member, as the rest of the writer expects it. */
static void
write_record(struct syc_json *j, const struct syc_record *r)
{
    const struct syc_layout *l = j->layout;
    struct cursor c = {l, j->text + j->n, 0};

    *c.p++ = ',';
    if (!write_slots(j, &c, 0, l->quiet_from, r)) {
        return;
    }
    if (is_quiet(r)) {
        put_quiet(&c);
    } else if (!write_slots(j, &c, l->quiet_from, l->quiet_to, r)) {
        return;
    }
    if (!write_slots(j, &c, l->quiet_to, l->slot_count, r)) {
        return;
    }
    enter_group(&c, 0);
    j->n = (size_t)(c.p - j->text) - 1; /* the last comma is not due yet */
    j->comma = true;
}

/* By the writer itself, so that the short way cannot differ from the long one. */
static bool
make_quiet(struct syc_json *j, struct syc_layout *l)
{
    struct syc_record r = {.start_us = 0}; /* counts of 0; nothing else of it is looked at */
    struct cursor c = {.layout = l};
    size_t from = j->n;

    if (!syc_json_room(j, l->room)) {
        return false;
    }
    l->quiet_group = l->groups[l->slots[l->quiet_from].group].parent;
    c.group = l->quiet_group;
    c.p = j->text + from;
    if (!write_slots(j, &c, l->quiet_from, l->quiet_to, &r)) {
        return false;
    }
    enter_group(&c, l->quiet_group);
    l->quiet_length = (size_t)(c.p - (j->text + from));
    if (l->quiet_length > SYC_QUIET_TEXT) {
        return false;
    }
    memcpy(l->quiet, j->text + from, l->quiet_length);
    return true;
}

/* The layout is made at the first event: outputs that write none need none. */
static bool
prepare(struct syc_json *j)
{
    if (j->layout == NULL) {
        j->layout = syc_layout_new(list_writers, sizeof list_writers / sizeof list_writers[0]);
        if (j->layout != NULL && !make_quiet(j, j->layout)) {
            syc_free(j->layout);
            j->layout = NULL;
        }
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
    syc_event_tuple(j, &r->key, syc_record_id(r));
    if (r->client_known == 0) {
        syc_json_member_bool(j, "client_known", false);
    }
    syc_event_path(j, &r->key.path);
    syc_json_member_int(j, "ip_v", r->key.ip_v);
    if (syc_json_room(j, j->layout->room)) {
        write_record(j, r);
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
