/*
 * Distinct SYNs and paths. Thousands of connections share one stack, so a SYN is described once and
 * after that found by its key: a hash and one comparison instead of four formatted strings. Values
 * never move: records point at them.
 *
 * The sets only grow, since records, packed connections and half-open slots name entries by number.
 * Their caps keep someone who invents a new SYN for each packet from taking the memory: 16384
 * signatures, beyond which a SYN has none and its record says so. The hash is keyed for the same
 * reason as the table's.
 */

#include "connection/connection_int.h"

#include <string.h>

enum { SLOTS_START = 256, ROOM_START = 64 };

/* Room for every path at a load of at most one half. */
enum { PATH_SLOTS = 2 * PATHS_MAX };

bool
intern_init(struct intern *in, const struct syc_hash_key *key)
{
    *in = (struct intern){.line = syc_hash_line_make(key),
                          .slot_count = SLOTS_START,
                          .path_count = 1};
    in->syn_slots = syc_alloc(SLOTS_START, sizeof(*in->syn_slots));
    in->paths = syc_alloc(PATHS_MAX, sizeof(*in->paths));
    in->path_slots = syc_alloc(PATH_SLOTS, sizeof(*in->path_slots));
    if (in->syn_slots == NULL || in->paths == NULL || in->path_slots == NULL) {
        intern_fini(in);
        return false;
    }
    return true;
}

/* Every record that points at a value must be gone: the table is the last to let go. */
void
intern_fini(struct intern *in)
{
    for (uint32_t i = 0; i < in->syn_count; i++) {
        syc_free((void *)(uintptr_t)in->syns[i].syn);
    }
    syc_free(in->syns);
    syc_free(in->syn_slots);
    syc_free(in->paths);
    syc_free(in->path_slots);
    *in = (struct intern){0};
}

static uint32_t
hash_key(const struct intern *in, const uint8_t key[SYC_SYN_KEY])
{
    uint32_t words[SYC_SYN_KEY / 4];

    _Static_assert(SYC_SYN_KEY % 4 == 0 && SYC_SYN_KEY / 4 <= SYC_HASH_LINE_WORDS, "whole words");
    memcpy(words, key, SYC_SYN_KEY);
    return syc_hash_line(&in->line, words, SYC_SYN_KEY / 4);
}

/* Slots hold numbers of entries: `syns` may move when it grows, the signatures themselves do not. */
static void
slot_put(struct intern *in, uint32_t *slots, uint32_t count, uint32_t entry)
{
    uint32_t at = hash_key(in, in->syns[entry].key);

    while (slots[at & (count - 1)] != 0) {
        at++;
    }
    slots[at & (count - 1)] = entry + 1;
}

/*
 * Room for one more entry at a load of at most one half; false when memory is short or the cap is
 * reached. A half done growth is no harm: list and slots are each whole at any time.
 */
static bool
make_room(struct intern *in)
{
    if (in->syn_count == SYN_ENTRIES_MAX) {
        return false;
    }
    if (in->syn_count == in->syn_room) {
        uint32_t room = in->syn_room == 0 ? ROOM_START : in->syn_room * 2;
        struct syn_entry *syns = syc_resize(in->syns, room, sizeof(*syns));
        if (syns == NULL) {
            return false;
        }
        in->syns = syns;
        in->syn_room = room;
    }
    if ((in->syn_count + 1) * 2 > in->slot_count) {
        uint32_t count = in->slot_count * 2;
        uint32_t *slots = syc_alloc(count, sizeof(*slots));
        if (slots == NULL) {
            return false;
        }
        for (uint32_t i = 0; i < in->syn_count; i++) {
            slot_put(in, slots, count, i);
        }
        syc_free(in->syn_slots);
        in->syn_slots = slots;
        in->slot_count = count;
    }
    return true;
}

/*
 * Besides the facts, what a half-open slot left out: header octets, TTL and window come from here
 * when it is rebuilt.
 */
static bool
entry_fill(struct syn_entry *e, const struct syc_segment *s, uint32_t peer_mss)
{
    struct syc_syn *syn = syc_alloc(1, sizeof(*syn));

    if (syn == NULL) {
        return false;
    }
    syc_syn_describe(s, peer_mss, syn);
    e->syn = syn;
    e->ip_octets = (uint16_t)(s->ip_octets - s->payload_octets);
    e->scaled = syn->wscale >= 0;
    e->wscale = e->scaled ? (uint8_t)syn->wscale : 0;
    e->has_ts = s->has_ts;
    e->p0f_mss = (uint16_t)syc_syn_p0f_mss(s);
    return true;
}

/*
 * The key holds everything that the description is made of, so equal keys are equal descriptions. It
 * decides where its clock stands, too, as blanking keeps what decides a walk. Not in line: it would
 * have each SYN save all registers.
 */
static __attribute__((noinline)) uint32_t
find_or_add(struct intern *in, const struct syc_segment *s, uint32_t peer_mss)
{
    uint8_t key[SYC_SYN_KEY];
    size_t clock = syc_syn_key(s, peer_mss, key);
    uint32_t at = hash_key(in, key);

    for (uint32_t slot; (slot = in->syn_slots[at & (in->slot_count - 1)]) != 0; at++) {
        if (memcmp(in->syns[slot - 1].key, key, SYC_SYN_KEY) == 0) {
            return slot;
        }
    }
    if (!make_room(in) || !entry_fill(&in->syns[in->syn_count], s, peer_mss)) {
        return 0;
    }
    memcpy(in->syns[in->syn_count].key, key, SYC_SYN_KEY);
    in->syns[in->syn_count].clock = (uint8_t)clock;
    slot_put(in, in->syn_slots, in->slot_count, in->syn_count);
    return ++in->syn_count;
}

/* By what has no clock in it but where options begin with one. Not keyed: who chooses it only misses. */
static uint32_t *
recent_of(struct intern *in, const uint64_t head[2], const struct syc_segment *s)
{
    uint64_t hash = head[0] ^ head[1] * UINT64_C(0x9e3779b97f4a7c15);
    uint32_t first = 0;

    if (s->options.n >= sizeof(first)) {
        memcpy(&first, s->options.p, sizeof(first)); /* nearly always the MSS */
    }
    hash = (hash ^ (uint64_t)first << 17) * UINT64_C(0xff51afd7ed558ccd);
    return &in->recent[hash >> (64 - SYN_RECENT_BITS)];
}

/* Nearly every SYN is like one that came lately: then its options are not walked and nothing is hashed with the key. */
uint32_t
intern_syn(struct intern *in, const struct syc_segment *s, uint32_t peer_mss)
{
    uint64_t head[2];
    uint32_t *recent;
    uint32_t slot;

    syc_syn_key_head(s, peer_mss, head);
    recent = recent_of(in, head, s);
    if (*recent != 0) {
        const struct syn_entry *e = &in->syns[*recent - 1];
        if (syc_syn_key_is(s, head, e->key, e->clock)) {
            return *recent;
        }
    }
    slot = find_or_add(in, s, peer_mss);
    if (slot != 0 && in->syns[slot - 1].clock != SYC_SYN_KEY_ODD) {
        *recent = slot;
    }
    return slot;
}

static uint32_t
path_slot(const struct intern *in, const struct syc_path *path)
{
    uint32_t words[(sizeof(*path) + 3) / 4] = {0};

    _Static_assert(sizeof(words) / 4 <= SYC_HASH_LINE_WORDS, "a path is a key");
    memcpy(words, path, sizeof(*path));
    return syc_hash_line(&in->line, words, sizeof(words) / 4) & (PATH_SLOTS - 1);
}

/*
 * Hashed, although captures have a handful of paths: who forges VLAN stacks could make a search cost thousands of
 * comparisons a frame. Paths past the cap share its last number: their tuples may then be taken for one another.
 */
uint16_t
intern_path(struct intern *in, const struct syc_path *path)
{
    uint32_t at;

    if (path->vlan_count == 0 && path->tunnel_count == 0) {
        return 0;
    }
    at = path_slot(in, path);
    for (; in->path_slots[at] != 0; at = (at + 1) & (PATH_SLOTS - 1)) {
        if (memcmp(&in->paths[in->path_slots[at]], path, sizeof(*path)) == 0) {
            return in->path_slots[at];
        }
    }
    if (in->path_count == PATHS_MAX) {
        return PATHS_MAX - 1;
    }
    in->paths[in->path_count] = *path;
    in->path_slots[at] = in->path_count;
    return in->path_count++;
}
