/* The audit's hosts and pairs, found by hash. */

#include "behavior/audit_store.h"

#include <string.h>

/*
 * What finishing takes besides for each, in octets, taken from the budget as they come: the places in canonical order,
 * and the spare room of sorting.
 */
enum { WORK_PAIR = 2 * sizeof(struct pair_place), WORK_HOST = 2 * sizeof(struct audit_host *) };

/* ------------------------------------------------------------ growing */

void *
audit_store_grow(struct audit_store *s, void *old, size_t room, size_t size)
{
    size_t more = audit_store_doubled(room) - room;
    void *to;

    if (!syc_budget_take(&s->room.budget, more * size)) {
        return NULL;
    }
    to = syc_resize(old, room + more, size);
    if (to == NULL) {
        syc_budget_give(&s->room.budget, more * size);
    }
    return to;
}

static size_t
host_hash(const struct audit_store *s, const uint8_t addr[16], uint8_t ip_v)
{
    uint64_t words[3] = {0, 0, ip_v};

    memcpy(words, addr, 16);
    return (size_t)syc_hash_words(&s->room.key, words, 3);
}

static size_t
pair_hash(const struct audit_store *s, uint32_t client, uint32_t server, uint16_t port)
{
    uint64_t words[2] = {(uint64_t)client << 32 | server, port};

    return (size_t)syc_hash_words(&s->room.key, words, 2);
}

static size_t
hash_at(const struct audit_store *s, const struct slots *slots, uint32_t index)
{
    if (slots == &s->host_slots) {
        return host_hash(s, s->hosts[index].addr, s->hosts[index].ip_v);
    }
    return pair_hash(s, s->pairs[index].client, s->pairs[index].server,
                     s->pairs[index].server_port);
}

/* Room in the table for one more than used; the array behind it is grown apart. */
static bool
slots_reserve(struct audit_store *s, struct slots *slots, uint32_t used)
{
    size_t count = audit_store_doubled(slots->count);
    uint32_t *v;

    if ((size_t)used * 2 < slots->count) {
        return true;
    }
    v = syc_store_take(&s->room, count * sizeof(*v));
    if (v == NULL) {
        return false;
    }
    memset(v, 0xff, count * sizeof(*v));
    for (uint32_t i = 0; i < used; i++) {
        size_t at = hash_at(s, slots, i) & (count - 1);
        while (v[at] != STORE_NONE) {
            at = (at + 1) & (count - 1);
        }
        v[at] = i;
    }
    syc_store_give(&s->room, slots->v, slots->count * sizeof(*v));
    *slots = (struct slots){v, count};
    return true;
}

/* ------------------------------------------------------------ hosts */

static size_t
host_slot(const struct audit_store *s, const uint8_t addr[16], uint8_t ip_v)
{
    size_t at = host_hash(s, addr, ip_v) & (s->host_slots.count - 1);

    while (s->host_slots.v[at] != STORE_NONE) {
        const struct audit_host *h = &s->hosts[s->host_slots.v[at]];
        if (h->ip_v == ip_v && memcmp(h->addr, addr, 16) == 0) {
            break;
        }
        at = (at + 1) & (s->host_slots.count - 1);
    }
    return at;
}

static bool
hosts_reserve(struct audit_store *s)
{
    struct audit_host *hosts;

    if (s->host_count == s->host_room) {
        hosts = audit_store_grow(s, s->hosts, s->host_room, sizeof(*hosts));
        if (hosts == NULL) {
            return false;
        }
        s->hosts = hosts;
        s->host_room = (uint32_t)audit_store_doubled(s->host_room);
    }
    return slots_reserve(s, &s->host_slots, s->host_count) &&
           syc_budget_take(&s->room.budget, WORK_HOST);
}

static uint32_t
host_of(struct audit_store *s, const uint8_t addr[16], uint8_t ip_v)
{
    size_t at;

    if (s->host_slots.count > 0) {
        at = host_slot(s, addr, ip_v);
        if (s->host_slots.v[at] != STORE_NONE) {
            return s->host_slots.v[at];
        }
    }
    if (!hosts_reserve(s)) {
        return STORE_NONE;
    }
    s->hosts[s->host_count] = (struct audit_host){.ip_v = ip_v};
    memcpy(s->hosts[s->host_count].addr, addr, 16);
    s->host_slots.v[host_slot(s, addr, ip_v)] = s->host_count;
    return s->host_count++;
}

/* ------------------------------------------------------------ pairs */

static size_t
pair_slot(const struct audit_store *s, uint32_t client, uint32_t server, uint16_t port)
{
    size_t at = pair_hash(s, client, server, port) & (s->pair_slots.count - 1);

    while (s->pair_slots.v[at] != STORE_NONE) {
        const struct audit_pair *p = &s->pairs[s->pair_slots.v[at]];
        if (p->client == client && p->server == server && p->server_port == port) {
            break;
        }
        at = (at + 1) & (s->pair_slots.count - 1);
    }
    return at;
}

uint32_t
audit_store_find(const struct audit_store *s, uint32_t client, uint32_t server, uint16_t port)
{
    return s->pair_slots.count == 0 ? STORE_NONE
                                    : s->pair_slots.v[pair_slot(s, client, server, port)];
}

static bool
pairs_reserve(struct audit_store *s)
{
    struct audit_pair *pairs;

    if (s->pair_count == s->pair_room) {
        pairs = audit_store_grow(s, s->pairs, s->pair_room, sizeof(*pairs));
        if (pairs == NULL) {
            return false;
        }
        s->pairs = pairs;
        s->pair_room = (uint32_t)audit_store_doubled(s->pair_room);
    }
    return slots_reserve(s, &s->pair_slots, s->pair_count) &&
           syc_budget_take(&s->room.budget, WORK_PAIR + (s->pair_count < audit_store_rows_most(s)
                                                             ? sizeof(struct syc_audit_pair)
                                                             : 0));
}

uint32_t
audit_store_pair(struct audit_store *s, const struct syc_key *key)
{
    uint32_t client = host_of(s, key->client, key->ip_v);
    uint32_t server = host_of(s, key->server, key->ip_v);
    uint32_t found;

    if (client == STORE_NONE || server == STORE_NONE) {
        return STORE_NONE;
    }
    found = audit_store_find(s, client, server, key->server_port);
    if (found != STORE_NONE) {
        return found;
    }
    if (!pairs_reserve(s)) {
        return STORE_NONE;
    }
    s->pairs[s->pair_count] = (struct audit_pair){.client = client,
                                                  .server = server,
                                                  .server_port = key->server_port,
                                                  .leg_min = {UINT32_MAX, UINT32_MAX}};
    s->pair_slots.v[pair_slot(s, client, server, key->server_port)] = s->pair_count;
    return s->pair_count++;
}
