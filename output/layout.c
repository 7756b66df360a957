/*
 * The tables of a record's fields as a sequence of slots, made once. Whatever does not fit a limit
 * makes no layout at all: a test builds it, so a table that has outgrown them is noticed before a
 * user is.
 */

#include "output/layout.h"

#include <stddef.h>
#include <string.h>

/* Longest that a slot's value takes: a number, or a word with its quotes. */
enum { VALUE_ROOM = 40 };

struct maker {
    struct syc_layout *to;
    const struct syc_list_writer *lists;
    size_t list_count;
    bool failed;
};

/* `"name` and what follows it, with its length and that of a comma added to the room. */
static void
make_key(struct maker *m, struct syc_key_text *key, const char *name, size_t n, const char *end)
{
    size_t after = strlen(end);

    if (n + 1 + after > SYC_KEY_TEXT) {
        m->failed = true;
        return;
    }
    key->text[0] = '"';
    memcpy(key->text + 1, name, n);
    memcpy(key->text + 1 + n, end, after);
    key->length = (uint8_t)(n + 1 + after);
    m->to->room += key->length + 1U;
}

/* The group of the object path[0..n), made with its parents when it is new. */
static uint8_t
find_group(struct maker *m, const char *path, size_t n)
{
    struct syc_layout *to = m->to;
    uint8_t parent = 0;

    for (size_t from = 0; from < n; from++) {
        size_t end = from + strcspn(path + from, ".");
        size_t i = 1;

        while (i < to->group_count &&
               (strlen(to->groups[i].path) != end || memcmp(to->groups[i].path, path, end) != 0)) {
            i++;
        }
        if (i == SYC_GROUPS_MAX || end >= SYC_KEY_TEXT) {
            m->failed = true;
            return 0;
        }
        if (i == to->group_count) {
            to->group_count++;
            memcpy(to->groups[i].path, path, end);
            to->groups[i].parent = parent;
            to->groups[i].within = to->groups[parent].within | UINT64_C(1) << i;
            make_key(m, &to->groups[i].key, path + from, end - from, "\":{");
            to->room++; /* its closing brace, in the place of a comma, and the comma after it */
        }
        parent = (uint8_t)i;
        from = end;
    }
    return parent;
}

/*
 * A field of the record, or with kind LIST a writer's index. Words are measured here, because the
 * writer of slots takes VALUE_ROOM for granted.
 */
static void
add_slot(struct maker *m, const char *path, enum syc_slot_kind kind, size_t offset,
         const char *const *words)
{
    const char *dot = strrchr(path, '.');
    const char *name = dot != NULL ? dot + 1 : path;
    struct syc_slot *slot = &m->to->slots[m->to->slot_count];

    if (m->to->slot_count == SYC_SLOTS_MAX || offset > UINT16_MAX) {
        m->failed = true;
        return;
    }
    m->to->slot_count++;
    m->to->room += VALUE_ROOM;
    *slot = (struct syc_slot){.offset = (uint16_t)offset, .kind = (uint8_t)kind, .words = words};
    slot->group = dot != NULL ? find_group(m, path, (size_t)(dot - path)) : 0;
    make_key(m, &slot->key, name, strlen(name), "\":");
    for (size_t i = 0; words != NULL && words[i] != NULL; i++) {
        m->failed |= strlen(words[i]) + 2 > VALUE_ROOM;
    }
}

/* Fields are known by their place in the record; lists have indexes instead. slot_count: it has none. */
static size_t
slot_of(const struct maker *m, size_t offset)
{
    size_t i = 0;

    while (i < m->to->slot_count &&
           (m->to->slots[i].kind == SYC_SLOT_LIST || m->to->slots[i].offset != offset)) {
        i++;
    }
    return i;
}

/* NULL stands for every object. */
static bool
inside(const char *path, const char *object)
{
    size_t n = object != NULL ? strlen(object) : 0;

    return object == NULL || (strncmp(path, object, n) == 0 && path[n] == '.');
}

/* All fields of one object that have no slot yet; client_known stands in the head of the event. */
static void
add_object(struct maker *m, const char *object)
{
    for (size_t i = 0; i < syc_record_number_count; i++) {
        const struct syc_record_number *row = &syc_record_numbers[i];
        if (inside(row->path, object) && slot_of(m, row->offset) == m->to->slot_count &&
            row->offset != offsetof(struct syc_record, client_known)) {
            add_slot(m, row->path, (enum syc_slot_kind)row->kind, row->offset, row->words);
        }
    }
    for (size_t i = 0; i < syc_record_text_count; i++) {
        const struct syc_record_text *row = &syc_record_texts[i];
        if (inside(row->path, object) && slot_of(m, row->offset) == m->to->slot_count) {
            add_slot(m, row->path, row->list ? SYC_SLOT_WORDS : SYC_SLOT_TEXT, row->offset, NULL);
        }
    }
}

/* A list that the caller did not give is a mistake of ours, and fails the layout. */
static void
add_list(struct maker *m, const char *path)
{
    for (size_t i = 0; i < m->list_count; i++) {
        if (strcmp(m->lists[i].path, path) == 0) {
            add_slot(m, path, SYC_SLOT_LIST, i, NULL);
            return;
        }
    }
    m->failed = true;
}

/*
 * The counters of trouble stand together in the record and in the event, in either order; if they
 * ever do not, there is no layout.
 */
static void
find_quiet(struct maker *m)
{
    struct syc_layout *to = m->to;

    to->quiet_from = slot_of(m, SYC_QUIET_FIRST);
    to->quiet_to = to->quiet_from + SYC_QUIET_COUNT;
    m->failed |= to->quiet_to > to->slot_count;
    for (size_t i = to->quiet_from; !m->failed && i < to->quiet_to; i++) {
        const struct syc_slot *slot = &to->slots[i];
        size_t number = (slot->offset - SYC_QUIET_FIRST) / sizeof(int64_t);

        m->failed |= slot->kind != SYC_SLOT_NUMBER || slot->offset < SYC_QUIET_FIRST ||
                     number >= SYC_QUIET_COUNT;
    }
}

_Static_assert((int)SYC_SLOT_NUMBER == (int)SYC_NUMBER &&
                   (int)SYC_SLOT_BOOL == (int)SYC_NUMBER_BOOL &&
                   (int)SYC_SLOT_WORD == (int)SYC_NUMBER_WORD,
               "kinds of numbers are kinds of slots");

struct syc_layout *
syc_layout_new(const struct syc_list_writer *lists, size_t count)
{
    struct maker m = {syc_alloc(1, sizeof(struct syc_layout)), lists, count, false};

    if (m.to == NULL) {
        return NULL;
    }
    m.to->group_count = 1;
    m.to->groups[0].within = 1;
    m.to->room = SYC_KEY_TEXT; /* keys are copied whole */
    add_list(&m, "flow.start");
    add_list(&m, "flow.end");
    add_object(&m, "flow");
    add_list(&m, "tcp.syn_times_us");
    add_list(&m, "tcp.syn_ack_times_us");
    add_object(&m, "tcp");
    add_list(&m, "syn");
    add_list(&m, "syn_ack");
    add_object(&m, "app");
    add_object(&m, "http");
    add_object(&m, "tls");
    add_list(&m, "exchanges");
    add_list(&m, "flights");
    add_object(&m, "exchanges_cut");
    add_object(&m, "flights_cut");
    add_object(&m, "close");
    add_list(&m, "close.time_wait");
    add_object(&m, NULL); /* what a later field begins */
    find_quiet(&m);
    if (m.failed) {
        syc_free(m.to);
        return NULL;
    }
    return m.to;
}
