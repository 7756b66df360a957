#ifndef SYC_OUTPUT_LAYOUT_H
#define SYC_OUTPUT_LAYOUT_H

/*
 * Purpose           where each field of a record stands in a connection event: the two field tables and the lists, as
 *                   one sequence with ready-made keys
 * Input and output  syc_record_numbers[] and syc_record_texts[] in, slots out
 * Ownership         one allocation, freed with syc_free()
 * Limits            objects three deep, keys of 36 letters: the tables are our own, a test builds them
 * Not here          writing (event_connection.c)
 *
 * Why: the contract is the tables of connection/, which the reader of events uses, too. Writing straight from
 * them means a search for objects and keys in each event; laid out once, an event is one walk over slots.
 *
 *     flow.bytes_toserver  ->  slot  { offset of bytes[0], NUMBER, group 1, `"bytes_toserver":` }
 *     group 1              ->  group { "flow", parent 0, `"flow":{` }
 *
 * Invariant: slots of one group stand together, since a JSON object may be opened once only; `room` is at least
 * what all keys, braces, commas, numbers and words of one event take, which is what makes raw stores safe.
 */

#include "output/output.h"

#include <stddef.h>

enum {
    SYC_KEY_TEXT = 40, /* copied whole: one length for all keys makes the copy a few stores */
    SYC_QUIET_TEXT = 640,
    SYC_GROUPS_MAX = 40, /* bits of a word */
    SYC_SLOTS_MAX = 256,
};

enum syc_slot_kind {
    SYC_SLOT_NUMBER,
    SYC_SLOT_BOOL,
    SYC_SLOT_WORD,
    SYC_SLOT_TEXT,
    SYC_SLOT_WORDS, /* a text of words with commas between */
    SYC_SLOT_LIST
};

/* What the tables do not hold. Its value is written only when there is one. */
struct syc_list_writer {
    const char *path;
    bool (*present)(const struct syc_record *r);
    void (*write)(struct syc_json *j, const struct syc_record *r);
};

/* `"name":`; octets after length are zero. */
struct syc_key_text {
    char text[SYC_KEY_TEXT];
    uint8_t length;
};

/* One member of the event. */
struct syc_slot {
    uint16_t offset; /* in struct syc_record; of a list: its index in the writers */
    uint8_t kind;    /* enum syc_slot_kind */
    uint8_t group;
    struct syc_key_text key;
    const char *const *words;
};

/* An object: `"tcp":{`. Group 0 is the event itself. */
struct syc_group {
    char path[SYC_KEY_TEXT];
    uint8_t parent;
    uint64_t within; /* bits: this group and those it stands in */
    struct syc_key_text key;
};

/* The counters of trouble: a quarter of the members of most events, and all 0 in most. */
#define SYC_QUIET_FIRST offsetof(struct syc_record, retrans_data)
#define SYC_QUIET_COUNT                                                                            \
    ((offsetof(struct syc_record, never_acked_repeats) - SYC_QUIET_FIRST) / sizeof(int64_t) + 1)

/* The sequence; made once an output, never changed. */
struct syc_layout {
    struct syc_slot slots[SYC_SLOTS_MAX];
    struct syc_group groups[SYC_GROUPS_MAX];
    size_t slot_count, group_count;
    size_t room; /* octets that all keys, numbers and words take at most */
    /* Slots [from, to) are the counters of trouble; what is written for them, within quiet_group, when all are 0. */
    size_t quiet_from, quiet_to, quiet_length;
    uint8_t quiet_group;
    char quiet[SYC_QUIET_TEXT];
};

/*
 * Lay the fields out: objects in the order of events.md, within one the lists that open it, the numbers in the order
 * of their table, the texts, the lists that close it.
 *
 * returns  NULL when memory is short or a limit above is passed
 */
struct syc_layout *syc_layout_new(const struct syc_list_writer *lists, size_t count);

#endif
