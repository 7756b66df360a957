/*
 * What clients said of themselves, each thing once: a thousand connections of one browser share one
 * value. It is counted who uses it, since there is no end of things to say: a value goes with its
 * last connection, and so there is never more of them than connections.
 *
 *    slots:  | * | * | * |      hashed under the table's key, because the texts are the sender's choice
 *              |       '-> said -> NULL
 *              '-> said -> said -> NULL
 *
 * A packed connection keeps its pointer as it keeps others (cold.c): values never move.
 */

#include "connection/connection_int.h"

#include <stddef.h>
#include <string.h>

enum { SLOTS_START = 64 };

/* Octets of texts, all of them zero-terminated. */
static size_t
measure(const char *const texts[SAID_TEXTS])
{
    size_t n = 0;

    for (size_t i = 0; i < SAID_TEXTS; i++) {
        n += strlen(texts[i]) + 1;
    }
    return n;
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

/* A value with its texts in place, so that two can be compared octet by octet; nobody uses it yet. */
static struct said *
make(struct store *store, const struct said *head, const char *const texts[SAID_TEXTS])
{
    size_t n = measure(texts);
    struct said *s;
    char *to;

    if (!syc_budget_take(&store->budget, sizeof(*s) + n)) {
        return NULL;
    }
    s = syc_resize(NULL, 1, sizeof(*s) + n);
    if (s == NULL) {
        syc_budget_give(&store->budget, sizeof(*s) + n);
        return NULL;
    }
    *s = (struct said){.kind = head->kind, .resume = head->resume, .octets = (uint16_t)n};
    to = s->texts;
    for (size_t i = 0; i < SAID_TEXTS; i++) {
        size_t length = strlen(texts[i]) + 1;
        memcpy(to, texts[i], length);
        to += length;
    }
    s->hash = syc_hash(&store->said.key, s->texts, n);
    return s;
}

static void
destroy(struct store *store, struct said *s)
{
    syc_budget_give(&store->budget, sizeof(*s) + s->octets);
    syc_free(s);
}

static bool
same(const struct said *a, const struct said *b)
{
    return a->hash == b->hash && a->kind == b->kind && a->resume == b->resume &&
           a->octets == b->octets && memcmp(a->texts, b->texts, a->octets) == 0;
}

const struct said *
said_take(struct store *store, const struct said *head, const char *const texts[SAID_TEXTS])
{
    struct said_set *set = &store->said;
    struct said *made = make(store, head, texts);
    struct said **slot;

    if (made == NULL) {
        return NULL;
    }
    if (set->count >= set->slot_count) {
        grow(set);
    }
    if (set->slot_count == 0) {
        destroy(store, made);
        return NULL;
    }
    slot = &set->slots[made->hash & (set->slot_count - 1)];
    for (struct said *s = *slot; s != NULL; s = s->next) {
        if (same(s, made)) {
            destroy(store, made);
            s->users++;
            return s;
        }
    }
    made->users = 1;
    made->next = *slot;
    *slot = made;
    set->count++;
    return made;
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
    at = said->texts;
    for (size_t i = 0; i < SAID_TEXTS; i++) {
        texts[i] = *at != '\0' ? at : NULL;
        at += strlen(at) + 1;
    }
    if (said->kind == SYC_PROTOCOL_TLS) {
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
