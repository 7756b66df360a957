/*
 * Closed connections kept small. In a file a tuple stays open for late segments until the end of the input (record.md),
 * so most of a long capture's connections are closed ones that will say nothing more; whole, they would fill the memory
 * and drive the few that speak out of the cache.
 *
 * Packing knows no fields: the words of struct conn are kept with as many octets as each needs, those of its rare half only
 * where they differ from a blank connection. So it is lossless by construction, and a field added to struct conn needs no
 * line here.
 *
 *     | struct cold | log | lengths of the words | their octets |      in chunks, in order of packing
 */

#include "connection/table_int.h"

#include <string.h>

enum {
    CHUNK_OCTETS = 16 * 1024,
    CHUNK_UNITS = CHUNK_OCTETS / COLD_UNIT,
    WORD = sizeof(uint64_t),
    LOG_MAX = 2048, /* longer logs stay in their chunks */
    WORDS_MAX = COLD_WORDS * (1 + WORD) + WORD,
    PACKED_MAX = sizeof(struct cold) + LOG_MAX + WORDS_MAX + COLD_UNIT,
};

_Static_assert(sizeof(struct conn) % WORD == 0, "struct conn is whole words");

struct cold_chunk {
    uint32_t begin, end; /* units: before begin all are dead */
    _Alignas(COLD_UNIT) uint8_t octets[CHUNK_OCTETS];
};
_Static_assert(PACKED_MAX <= CHUNK_OCTETS, "any connection fits a chunk");

/* ------------------------------------------------------------ chunks */

static uint32_t
ref_of(uint32_t number, uint32_t unit)
{
    return REF_COLD | (number * CHUNK_UNITS + unit);
}

struct cold *
cold_get(const struct syc_table *t, uint32_t ref)
{
    uint32_t at = ref & ~REF_COLD;
    struct cold_chunk *chunk = t->cold.places[at / CHUNK_UNITS].chunk;

    return (struct cold *)(void *)(chunk->octets + (size_t)(at % CHUNK_UNITS) * COLD_UNIT);
}

/* A free number, 0 when there is none: numbers have to fit a reference. */
static uint32_t
take_number(struct cold_store *s)
{
    uint32_t number = s->free;

    if (number != 0) {
        s->free = s->places[number].next;
        return number;
    }
    if (s->count == s->room) {
        uint32_t room = s->room == 0 ? 64 : s->room * 2;
        struct cold_place *places = syc_resize(s->places, room, sizeof(*places));
        if (places == NULL) {
            return 0;
        }
        s->places = places;
        s->room = room;
        s->count += s->count == 0; /* number 0 means none */
    }
    return s->count < REF_COLD / CHUNK_UNITS ? s->count++ : 0;
}

static void
free_number(struct cold_store *s, uint32_t number)
{
    s->places[number] = (struct cold_place){.next = s->free};
    s->free = number;
}

/* A new chunk at the young end; false when the budget or memory is gone. */
static bool
add_chunk(struct syc_table *t)
{
    struct cold_store *s = &t->cold;
    struct cold_chunk *chunk = NULL;
    uint32_t number;

    if (!syc_budget_take(&t->store.budget, sizeof(*chunk))) {
        return false;
    }
    number = take_number(s);
    if (number != 0) {
        chunk = syc_resize(NULL, 1, sizeof(*chunk)); /* not cleared: written before it is read */
    }
    if (chunk == NULL) {
        syc_budget_give(&t->store.budget, sizeof(*chunk));
        if (number != 0) {
            free_number(s, number);
        }
        return false;
    }
    chunk->begin = chunk->end = 0;
    s->places[number] = (struct cold_place){.chunk = chunk};
    *(s->newest != 0 ? &s->places[s->newest].next : &s->oldest) = number;
    s->newest = number;
    return true;
}

static void
drop_oldest_chunk(struct syc_table *t)
{
    struct cold_store *s = &t->cold;
    uint32_t number = s->oldest;

    s->oldest = s->places[number].next;
    if (s->oldest == 0) {
        s->newest = 0;
    }
    syc_free(s->places[number].chunk);
    syc_budget_give(&t->store.budget, sizeof(struct cold_chunk));
    free_number(s, number);
}

void
cold_clear(struct syc_table *t)
{
    while (t->cold.oldest != 0) {
        drop_oldest_chunk(t);
    }
    syc_free(t->cold.places);
    t->cold = (struct cold_store){0};
}

/* ------------------------------------------------------------ words */

static inline uint64_t
word_of(const struct conn *c, size_t i)
{
    uint64_t word;

    memcpy(&word, (const uint8_t *)c + i * WORD, WORD);
    return word;
}

static uint64_t
find_present(const struct conn *c, const struct conn *blank)
{
    uint64_t present = 0;

    for (size_t i = COLD_ALWAYS; i < COLD_WORDS; i++) {
        present |= (uint64_t)(word_of(c, i) != word_of(blank, i)) << (i - COLD_ALWAYS);
    }
    return present;
}

/* Octets that a word needs, 0 to 8. */
static inline unsigned
length_of(uint64_t word)
{
    return word == 0 ? 0 : (71U - (unsigned)__builtin_clzll(word)) / 8;
}

/* Lengths of words go to one place, their octets to another; the latter a whole word at a time. */
struct words {
    uint8_t *lengths, *octets;
};

static inline void
put_word(struct words *w, uint64_t word)
{
    unsigned length = length_of(word);

    *w->lengths++ = (uint8_t)length;
    memcpy(w->octets, &word, WORD);
    w->octets += length;
}

/* Returns the end; up to 7 octets behind it are written, too. */
static uint8_t *
write_words(const struct conn *c, uint64_t present, uint8_t *out)
{
    struct words w = {out, out + COLD_ALWAYS + __builtin_popcountll(present)};

    for (size_t i = 0; i < COLD_ALWAYS; i++) {
        put_word(&w, word_of(c, i));
    }
    for (; present != 0; present &= present - 1) {
        put_word(&w, word_of(c, COLD_ALWAYS + (size_t)__builtin_ctzll(present)));
    }
    return w.octets;
}

static inline void
take_word(struct words *w, struct conn *out, size_t i)
{
    static const uint64_t masks[WORD + 1] = {
        0,          0xff,         0xffff,         0xffffff,
        0xffffffff, 0xffffffffff, 0xffffffffffff, 0xffffffffffffff,
        UINT64_MAX,
    };
    unsigned length = *w->lengths++;
    uint64_t word;

    memcpy(&word, w->octets, WORD);
    word &= masks[length];
    memcpy((uint8_t *)out + i * WORD, &word, WORD);
    w->octets += length;
}

/* As write_words() wrote them; up to 7 octets behind the end are read, too. */
static void
read_words(uint64_t present, uint8_t *in, struct conn *out)
{
    struct words w = {in, in + COLD_ALWAYS + __builtin_popcountll(present)};

    for (size_t i = 0; i < COLD_ALWAYS; i++) {
        take_word(&w, out, i);
    }
    for (; present != 0; present &= present - 1) {
        take_word(&w, out, COLD_ALWAYS + (size_t)__builtin_ctzll(present));
    }
}

/* ------------------------------------------------------------ packing */

static uint8_t *
log_place(const struct cold *h)
{
    return (uint8_t *)(uintptr_t)(h + 1);
}

static void
write_head(const struct syc_table *t, const struct conn *c, struct cold *h)
{
    *h = (struct cold){.tag = c->tag,
                       .client_port = c->key.client_port,
                       .server_port = c->key.server_port,
                       .path_id = c->path_id,
                       .ip_v = c->key.ip_v,
                       .state = COLD_LIVE,
                       .start_us = c->start_us,
                       .closed_us = c->start_us + c->closed_at,
                       .isn = c->isn,
                       .has_isn = c->syn_count > 0};
    memcpy(h->client, c->key.client, sizeof(h->client));
    memcpy(h->server, c->key.server, sizeof(h->server));
    h->present = find_present(c, &t->blank);
}

/* Units that c may need, what is read and written behind its end included. */
static uint32_t
units_at_most(const struct conn *c)
{
    uint32_t log = c->log.octets <= LOG_MAX ? c->log.octets : 0;

    return ((uint32_t)(sizeof(struct cold) + WORDS_MAX) + log) / COLD_UNIT + 1;
}

/* c packed at h, where units_at_most() are free. The log's chunks go back to the store if it is packed, too. */
static void
pack(struct syc_table *t, struct conn *c, struct cold *h)
{
    uint8_t *to = log_place(h);
    struct log log = c->log;
    uint8_t *end;

    if (log.octets <= LOG_MAX) {
        log_copy(&log, to);
        to += log.octets;
        c->log.first = c->log.last = NULL;
        c->log.octets = c->log.used = 0;
    }
    write_head(t, c, h);
    h->log_octets = (uint16_t)(log.octets - c->log.octets);
    end = write_words(c, h->present, to);
    h->size = (uint32_t)((size_t)(end - (uint8_t *)h) + COLD_UNIT - 1) / COLD_UNIT;
    if (c->log.first == NULL) {
        log_free(&t->store, &log);
    }
}

/* What the packed connection keeps must not go with its place in the pool. */
static void
leave_pool(struct syc_table *t, struct conn *c)
{
    c->log = (struct log){0};
    c->side[0].trouble = c->side[1].trouble = NULL;
    c->cut = NULL;
    pool_give(t, c);
}

bool
cold_put(struct syc_table *t, struct conn *c)
{
    struct cold_store *s = &t->cold;
    struct cold_chunk *chunk = s->newest != 0 ? s->places[s->newest].chunk : NULL;
    uint32_t number = c->number;
    uint32_t ref;

    if (chunk == NULL || CHUNK_UNITS - chunk->end < units_at_most(c)) {
        if (!add_chunk(t)) {
            return false;
        }
        chunk = s->places[s->newest].chunk;
    }
    queue_remove(t, (c->flags & CONN_IN_CLOSED) ? &t->closed : &t->open, c);
    c->number = c->older = c->newer = 0;
    c->queued_us = 0;
    ref = ref_of(s->newest, chunk->end);
    pack(t, c, cold_get(t, ref));
    chunk->end += cold_get(t, ref)->size;
    c->number = number;
    index_move(&t->index, c->tag, number, ref);
    leave_pool(t, c);
    s->live++;
    t->packed++;
    return true;
}

void
cold_key(const struct syc_table *t, const struct cold *h, struct syc_key *out)
{
    memset(out, 0, sizeof(*out));
    memcpy(out->client, h->client, sizeof(out->client));
    memcpy(out->server, h->server, sizeof(out->server));
    out->client_port = h->client_port;
    out->server_port = h->server_port;
    out->ip_v = h->ip_v;
    out->path = t->intern.paths[h->path_id];
}

void
cold_unpack(const struct syc_table *t, const struct cold *h, struct conn *out)
{
    memcpy((uint8_t *)out + COLD_ALWAYS * WORD, (const uint8_t *)&t->blank + COLD_ALWAYS * WORD,
           (COLD_WORDS - COLD_ALWAYS) * WORD);
    read_words(h->present, log_place(h) + h->log_octets, out);
    out->log.flat = log_place(h);
    out->log.flat_octets = h->log_octets;
}

struct conn *
cold_thaw(struct syc_table *t, uint32_t ref)
{
    struct cold *h = cold_get(t, ref);
    struct conn *c;
    uint32_t number;

    h->state = COLD_HELD;
    c = table_take(t);
    h->state = COLD_LIVE;
    if (c == NULL) {
        return NULL;
    }
    number = c->number;
    cold_unpack(t, h, c);
    c->number = number;
    c->log.flat = NULL;
    c->log.flat_octets = 0;
    if (h->log_octets > 0 && !log_restore(&t->store, &c->log, log_place(h), h->log_octets)) {
        log_free(&t->store, &c->log);
        leave_pool(t, c);
        return NULL;
    }
    index_move(&t->index, h->tag, ref, number);
    queue_append(t, &t->closed, c);
    table_due(t, c);
    cold_drop(t, h);
    return c;
}

void
cold_drop(struct syc_table *t, struct cold *h)
{
    h->state = COLD_DEAD;
    t->cold.live--;
}

/* ------------------------------------------------------------ in order */

struct cold *
cold_oldest(struct syc_table *t, uint32_t *ref)
{
    struct cold_store *s = &t->cold;

    while (s->oldest != 0) {
        struct cold_chunk *chunk = s->places[s->oldest].chunk;
        while (chunk->begin < chunk->end) {
            struct cold *h;
            *ref = ref_of(s->oldest, chunk->begin);
            h = cold_get(t, *ref);
            if (h->state != COLD_DEAD) {
                return h->state == COLD_LIVE ? h : NULL;
            }
            chunk->begin += h->size;
        }
        drop_oldest_chunk(t);
    }
    return NULL;
}

void
cold_each(const struct syc_table *t, void (*visit)(void *user, uint32_t ref, struct cold *h),
          void *user)
{
    const struct cold_store *s = &t->cold;

    for (uint32_t number = s->oldest; number != 0; number = s->places[number].next) {
        const struct cold_chunk *chunk = s->places[number].chunk;
        for (uint32_t unit = chunk->begin; unit < chunk->end;) {
            struct cold *h = cold_get(t, ref_of(number, unit));
            if (h->state != COLD_DEAD) {
                visit(user, ref_of(number, unit), h);
            }
            unit += h->size;
        }
    }
}
