/*
 * The record as a value: made empty, named, ordered, copied, joined.
 *
 * All of it walks the tables of record_fields.c, so no field can be forgotten in one of these.
 * Order and flow id are made from the key packed into fixed octets: struct padding must reach
 * neither a hash nor an order, and two machines must agree.
 */

#include "connection/record.h"

#include <endian.h>
#include <string.h>

/* The numbers are one array of int64_t by construction (asserted in record_fields.c). */
void
syc_record_init(struct syc_record *r)
{
    int64_t *numbers = &r->client_known;

    memset(r, 0, sizeof(*r));
    for (size_t i = 0; i < syc_record_number_count; i++) {
        numbers[i] = SYC_NONE;
    }
    for (size_t i = 0; i < 2; i++) {
        r->syn_own[i] = (struct syc_syn_own){SYC_NONE, SYC_NONE, SYC_NONE, SYC_NONE, SYC_NONE};
    }
}

/* The key's octets in one fixed layout, without padding: what hashes and orders use. */
enum { KEY_OCTETS = 16 + 16 + 2 + 2 + 1 + sizeof(struct syc_path) };

static void
key_pack(const struct syc_key *key, uint8_t out[KEY_OCTETS])
{
    uint8_t *p = out;

    *p++ = key->ip_v;
    memcpy(p, key->client, 16);
    memcpy(p + 16, key->server, 16);
    p += 32;
    *p++ = (uint8_t)(key->client_port >> 8);
    *p++ = (uint8_t)key->client_port;
    *p++ = (uint8_t)(key->server_port >> 8);
    *p++ = (uint8_t)key->server_port;
    *p++ = key->path.vlan_count;
    *p++ = key->path.tunnel_count;
    if (key->path.vlan_count == 0 && key->path.tunnel_count == 0) { /* unused cells are zero */
        memset(p, 0, (size_t)(out + KEY_OCTETS - p));
        return;
    }
    for (size_t i = 0; i < SYC_PATH_MAX; i++) {
        *p++ = (uint8_t)(key->path.vlan[i] >> 8);
        *p++ = (uint8_t)key->path.vlan[i];
        *p++ = key->path.tunnel[i];
    }
}

static void
store_be64(uint8_t *p, uint64_t v)
{
    v = htobe64(v);
    memcpy(p, &v, sizeof(v));
}

/*
 * 53 bits: what a JSON reader with doubles keeps (RFC 8259 6). Unkeyed on purpose, so that two
 * sensors name a connection alike; who forges two with one id confuses only his own.
 */
int64_t
syc_record_flow_id(const struct syc_key *key, int64_t isn, int64_t start_us)
{
    static const struct syc_hash_key unkeyed = {0, 0};
    uint8_t octets[KEY_OCTETS + 16];

    key_pack(key, octets);
    store_be64(octets + KEY_OCTETS, (uint64_t)isn);
    store_be64(octets + KEY_OCTETS + 8, (uint64_t)start_us);
    return (int64_t)(syc_hash(&unkeyed, octets, sizeof(octets)) & ((UINT64_C(1) << 53) - 1));
}

int64_t
syc_record_id(const struct syc_record *r)
{
    return r->flow_id != SYC_NONE ? r->flow_id : syc_record_flow_id(&r->key, r->isn, r->start_us);
}

static int
compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int
syc_key_compare(const struct syc_key *a, const struct syc_key *b)
{
    uint8_t ka[KEY_OCTETS];
    uint8_t kb[KEY_OCTETS];

    key_pack(a, ka);
    key_pack(b, kb);
    return memcmp(ka, kb, KEY_OCTETS);
}

int
syc_record_compare(const struct syc_record *a, const struct syc_record *b)
{
    int c = compare_numbers(a->start_us, b->start_us);

    if (c == 0) {
        c = syc_key_compare(&a->key, &b->key);
    }
    if (c == 0) {
        c = compare_numbers(a->isn, b->isn);
    }
    return c != 0 ? c : compare_numbers(a->part, b->part);
}

/* ------------------------------------------------------------- copies */

/* Texts by their table, as numbers are. */
static const char **
text_of(struct syc_record *r, size_t row)
{
    return (const char **)((char *)r + syc_record_texts[row].offset);
}

/*
 * A copy of count objects of size octets; NULL for none or when memory is short (then *ok is
 * false), so that a caller copies all lists and asks once.
 */
static void *
copy_list(const void *from, size_t count, size_t size, bool *ok)
{
    void *to;

    if (count == 0) {
        return NULL;
    }
    to = syc_alloc(count, size);
    if (to == NULL) {
        *ok = false;
        return NULL;
    }
    memcpy(to, from, count * size);
    return to;
}

static const char *
copy_text(const char *from, bool *ok)
{
    char *to;

    if (from == NULL) {
        return NULL;
    }
    to = syc_copy_text(from, strlen(from));
    *ok = *ok && to != NULL;
    return to;
}

struct syc_record *
syc_record_copy(const struct syc_record *r)
{
    struct syc_record *to = syc_alloc(1, sizeof(*to));
    bool ok = true;

    if (to == NULL) {
        return NULL;
    }
    *to = *r;
    to->syn_stays = false;
    to->exchanges = copy_list(r->exchanges, r->exchange_count, sizeof(*r->exchanges), &ok);
    to->flights = copy_list(r->flights, r->flight_count, sizeof(*r->flights), &ok);
    for (size_t i = 0; i < 2; i++) {
        to->syn[i] = copy_list(r->syn[i], r->syn[i] != NULL, sizeof(*r->syn[i]), &ok);
    }
    for (size_t i = 0; i < syc_record_text_count; i++) {
        const char **text = text_of(to, i);
        *text = copy_text(*text, &ok);
    }
    if (!ok) {
        syc_record_free(to);
        return NULL;
    }
    return to;
}

void
syc_record_free(struct syc_record *copy)
{
    if (copy == NULL) {
        return;
    }
    syc_free((void *)(uintptr_t)copy->exchanges);
    syc_free((void *)(uintptr_t)copy->flights);
    for (size_t i = 0; i < 2; i++) {
        syc_free((void *)(uintptr_t)copy->syn[i]);
    }
    for (size_t i = 0; i < syc_record_text_count; i++) {
        syc_free((void *)(uintptr_t)*text_of(copy, i));
    }
    syc_free(copy);
}

/* --------------------------------------------------------------- join */

/* Parts are as many as somebody writes, so no bound on one of them bounds their sum. */
static int64_t
held_sum(int64_t a, int64_t b)
{
    int64_t sum;

    if (__builtin_add_overflow(a, b, &sum)) {
        return a < 0 ? -INT64_MAX : INT64_MAX; /* INT64_MIN is SYC_NONE */
    }
    return sum;
}

/* Absent is neutral: a part that does not know a number does not spoil the others'. */
static int64_t
join_number(enum syc_join how, int64_t a, int64_t b)
{
    if (a == SYC_NONE || b == SYC_NONE) {
        return a == SYC_NONE ? b : a;
    }
    switch (how) {
    case SYC_JOIN_ADD:
        return held_sum(a, b);
    case SYC_JOIN_MIN:
        return a < b ? a : b;
    case SYC_JOIN_MAX:
        return a > b ? a : b;
    case SYC_JOIN_FIRST:
        return a;
    case SYC_JOIN_LAST:
        return b;
    }
    return a;
}

/*
 * One list grown by another. The grown list replaces *list only when all succeeded, so a failure
 * changes nothing. Never empty, so NULL always means that memory is short.
 */
static void *
joined_list(const void *a, size_t na, const void *b, size_t nb, size_t size, bool *ok)
{
    char *to = syc_alloc(na + nb + 1, size);

    if (to == NULL) {
        *ok = false;
        return NULL;
    }
    if (na > 0) {
        memcpy(to, a, na * size);
    }
    if (nb > 0) {
        memcpy(to + na * size, b, nb * size);
    }
    return to;
}

/*
 * TIME-WAIT entries are told whole by each part that knows them, hence the last ones replace the
 * earlier.
 */
static void
join_numbers(struct syc_record *whole, const struct syc_record *part)
{
    for (size_t i = 0; i < syc_record_number_count; i++) {
        const struct syc_record_number *row = &syc_record_numbers[i];
        syc_record_set(whole, row,
                       join_number(row->join, syc_record_get(whole, row),
                                   syc_record_get(part, row)));
    }
    whole->degraded |= part->degraded;
    if (part->time_wait_count > 0) {
        whole->time_wait_count = part->time_wait_count;
        memcpy(whole->time_wait, part->time_wait, sizeof(whole->time_wait));
    }
}

enum syc_status
syc_record_join(struct syc_record *whole, const struct syc_record *part)
{
    const char *before = whole->history != NULL ? whole->history : "";
    const char *after = part->history != NULL ? part->history : "";
    size_t length = strlen(before);
    size_t room = length < SYC_HISTORY_JOINED ? SYC_HISTORY_JOINED - length : 0;
    bool ok = true;
    char *history = joined_list(before, length, after, strnlen(after, room), 1, &ok);
    void *exchanges = joined_list(whole->exchanges, whole->exchange_count, part->exchanges,
                                  part->exchange_count, sizeof(*part->exchanges), &ok);
    void *flights = joined_list(whole->flights, whole->flight_count, part->flights,
                                part->flight_count, sizeof(*part->flights), &ok);

    if (!ok) {
        syc_free(history);
        syc_free(exchanges);
        syc_free(flights);
        return SYC_NO_MEMORY;
    }
    syc_free((void *)(uintptr_t)whole->history);
    syc_free((void *)(uintptr_t)whole->exchanges);
    syc_free((void *)(uintptr_t)whole->flights);
    whole->history = history;
    whole->exchanges = exchanges;
    whole->exchange_count += part->exchange_count;
    whole->flights = flights;
    whole->flight_count += part->flight_count;
    join_numbers(whole, part);
    return SYC_OK;
}
