/*
 * What clients said of themselves, each thing once: a thousand connections of one browser share one
 * value, which is found by what was on the wire, so its texts (two SHA-256 among them) are made
 * once. It is counted who uses it, since there is no end of things to say: a value goes with its
 * last connection, and so there is never more of them than connections.
 *
 *    slots:  | * | * | * |      hashed under the table's key, because what is said is the sender's choice
 *              |       '-> said -> NULL
 *              '-> said -> said -> NULL
 *
 * A packed connection keeps its pointer as it keeps others (cold.c): values never move.
 */

#include "connection/connection_int.h"

#include <string.h>

enum { SLOTS_START = 64 };

static uint64_t
hash_key(const struct said_set *set, const struct said_key *key)
{
    return syc_hash(&set->key, key->octets, key->n);
}

const struct said *
said_find(struct store *store, const struct said_key *key)
{
    struct said_set *set = &store->said;
    uint64_t hash = hash_key(set, key);

    if (set->slot_count == 0) {
        return NULL;
    }
    for (struct said *s = set->slots[hash & (set->slot_count - 1)]; s != NULL; s = s->next) {
        if (s->hash == hash && s->key_octets == key->n &&
            memcmp(s->octets, key->octets, key->n) == 0) {
            s->users++;
            return s;
        }
    }
    return NULL;
}

/* Double the slots at a load of one; without memory for it chains grow longer, and that is all. */
static void
grow(struct said_set *set)
{
    uint32_t count = set->slot_count == 0 ? SLOTS_START : set->slot_count * 2;
    struct said **slots = syc_alloc(count, sizeof(struct said *));

    if (slots == NULL) {
        return;
    }
    for (uint32_t i = 0; i < set->slot_count; i++) {
        for (struct said *s = set->slots[i], *next; s != NULL; s = next) {
            next = s->next;
            s->next = slots[s->hash & (count - 1)];
            slots[s->hash & (count - 1)] = s;
        }
    }
    syc_free(set->slots);
    set->slots = slots;
    set->slot_count = count;
}

static size_t
octets_of(const struct said *s)
{
    return sizeof(*s) + s->key_octets + s->text_octets;
}

/* In no slot yet. Key and texts are bounded by their makers, so both counts fit. */
static struct said *
make(struct store *store, const struct said_key *key, const struct said *head,
     const char *const texts[SAID_TEXTS])
{
    struct said made = {.hash = hash_key(&store->said, key),
                        .users = 1,
                        .key_octets = (uint16_t)key->n,
                        .protocol = head->protocol,
                        .resume = head->resume};
    struct said *s;
    uint8_t *to;

    for (size_t i = 0; i < SAID_TEXTS; i++) {
        made.text_octets = (uint16_t)(made.text_octets + strlen(texts[i]) + 1);
    }
    if (!syc_budget_take(&store->budget, octets_of(&made))) {
        return NULL;
    }
    s = syc_resize(NULL, 1, octets_of(&made));
    if (s == NULL) {
        syc_budget_give(&store->budget, octets_of(&made));
        return NULL;
    }
    *s = made;
    memcpy(s->octets, key->octets, key->n);
    to = s->octets + key->n;
    for (size_t i = 0; i < SAID_TEXTS; i++) {
        size_t n = strlen(texts[i]) + 1;
        memcpy(to, texts[i], n);
        to += n;
    }
    return s;
}

static void
destroy(struct store *store, struct said *s)
{
    syc_budget_give(&store->budget, octets_of(s));
    syc_free(s);
}

const struct said *
said_add(struct store *store, const struct said_key *key, const struct said *head,
         const char *const texts[SAID_TEXTS])
{
    struct said_set *set = &store->said;
    struct said *s = make(store, key, head, texts);
    struct said **slot;

    if (s == NULL) {
        return NULL;
    }
    if (set->count >= set->slot_count) {
        grow(set);
    }
    if (set->slot_count == 0) {
        destroy(store, s);
        return NULL;
    }
    slot = &set->slots[s->hash & (set->slot_count - 1)];
    s->next = *slot;
    *slot = s;
    set->count++;
    return s;
}

void
said_give(struct store *store, const struct said *said)
{
    struct said_set *set = &store->said;
    struct said **at;

    if (said == NULL) {
        return;
    }
    at = &set->slots[said->hash & (set->slot_count - 1)];
    while (*at != said) {
        at = &(*at)->next;
    }
    if (--(*at)->users == 0) {
        struct said *s = *at;
        *at = s->next;
        set->count--;
        destroy(store, s);
    }
}

void
said_fini(struct said_set *set)
{
    syc_free(set->slots);
    *set = (struct said_set){.slots = NULL};
}

/* Absent texts are empty here and NULL in a record. */
void
said_tell(const struct said *said, struct syc_record *out)
{
    const char *texts[SAID_TEXTS];
    const char *at;

    if (said == NULL) {
        return;
    }
    at = (const char *)said->octets + said->key_octets;
    for (size_t i = 0; i < SAID_TEXTS; i++) {
        texts[i] = *at != '\0' ? at : NULL;
        at += strlen(at) + 1;
    }
    if (said->protocol == SYC_PROTOCOL_TLS) {
        out->ja4 = texts[SAID_JA4];
        out->tls_version = texts[SAID_TLS_VERSION];
        out->alpn = texts[SAID_ALPN];
        out->sni = texts[SAID_SNI];
        out->resume_offered = said->resume;
    } else {
        out->http_method = texts[SAID_METHOD];
        out->http_version = texts[SAID_HTTP_VERSION];
        out->user_agent = texts[SAID_USER_AGENT];
        out->ua_os = syc_ua_os_name(syc_ua_os_read(out->user_agent));
        out->header_names = texts[SAID_HEADER_NAMES];
    }
}
