/*
 * Closed connections kept small. In a file a tuple stays open for late segments until the end of
 * the input (record.md), so most of a long capture's connections are closed ones that will say
 * nothing more; whole, they would fill the memory and drive the few that speak out of the cache.
 *
 * Packing knows no fields: the words of struct conn are kept with as many octets as each needs,
 * those of its rare half only where they differ from a blank connection. So it is lossless by
 * construction, and a field added to struct conn needs no line here. Pointers are words like
 * others: interned values, trouble, cut and said stay where they are and the packed words own them.
 *
 *   one connection:   | struct cold | log | lengths of the words | their octets |
 *   a refused one:    | struct cold | struct refused |            its two segments, replayed when asked for
 *
 *   chunks:   oldest                                newest
 *             [xxxx|DEAD|live ] -> [live|DEAD|live] -> [live|live|   free   ]
 *              ^begin                                             ^end           units of COLD_UNIT octets
 *
 *   cold_put   behind `end` of the newest      cold_drop  marks DEAD, moves nothing
 *   cold_thaw  copies out, then drops          cold_oldest  passes the dead, gives chunks of them back
 *
 * Order of packing is order of the close (the queue of closed connections is), so the oldest is the
 * one to evict, for any hash key. A DEAD one in the middle of a chunk keeps its octets until all
 * before it are gone: late segments are rare, so that is little; with a capture that wakes every
 * connection, all chunks die from the front anyway.
 *
 * Invariants: a struct cold never moves, so its reference in the index stays right; LIVE and HELD
 * ones are in the index, DEAD ones are not.
 */

#include "connection/table_int.h"

#include <string.h>

enum {
    /*
     * Many connections to an allocation, few enough that one late death in the front does not hold
     * much memory.
     */
    CHUNK_OCTETS = 16 * 1024,
    CHUNK_UNITS = CHUNK_OCTETS / COLD_UNIT,
    WORD = sizeof(uint64_t),
    /*
     * Longer logs stay in their chunks: copying 256 exchanges to save chunk ends would gain
     * nothing.
     */
    LOG_MAX = 2048,
    /* Every word whole with its length, and words beyond: octets are moved a word at a time. */
    WORDS_MAX = COLD_WORDS * (1 + WORD) + 2 * WORD,
    PACKED_MAX = sizeof(struct cold) + LOG_MAX + WORDS_MAX + COLD_UNIT,
};

_Static_assert(sizeof(struct conn) % WORD == 0, "struct conn is whole words");

/*
 * The octets of many packed connections. What is before begin is dead, what is behind end was never
 * written.
 */
struct cold_chunk {
    uint32_t begin, end; /* units: before begin all are dead */
    uint32_t live;       /* packed ones in it that are not dead */
    _Alignas(COLD_UNIT) uint8_t octets[CHUNK_OCTETS];
};
_Static_assert(PACKED_MAX <= CHUNK_OCTETS, "any connection fits a chunk");

/* ------------------------------------------------------------ chunks */

/*
 * Chunk number and unit in one word, so that a slot of the index needs no second array: the number
 * of a chunk is taken again after it, which is why take_number() and not a counter.
 */
static uint32_t
ref_of(uint32_t number, uint32_t unit)
{
    return REF_COLD | (number * CHUNK_UNITS + unit);
}

static struct cold_chunk *
chunk_of(const struct syc_table *t, uint32_t ref)
{
    return t->cold.places[(ref & ~REF_COLD) / CHUNK_UNITS].chunk;
}

struct cold *
cold_get(const struct syc_table *t, uint32_t ref)
{
    size_t unit = (ref & ~REF_COLD) % CHUNK_UNITS;

    return (struct cold *)(void *)(chunk_of(t, ref)->octets + unit * COLD_UNIT);
}

/*
 * A free number, 0 when there is none: numbers have to fit a reference, which ends this at 2^30
 * units of 16 octets, 16 GiB.
 */
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

/*
 * Counted before it is there, as everything is that lives with connections: a full budget refuses
 * here and the connection stays in the pool, whole.
 */
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
    chunk->begin = chunk->end = chunk->live = 0;
    s->places[number] = (struct cold_place){.chunk = chunk};
    *(s->newest != 0 ? &s->places[s->newest].next : &s->oldest) = number;
    s->newest = number;
    return true;
}

/* Only from the front: the list is single, and the dead are passed in order. */
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
cold_give_back(struct syc_table *t)
{
    const struct cold_store *s = &t->cold;

    while (s->oldest != 0 && s->places[s->oldest].chunk->live == 0) {
        drop_oldest_chunk(t);
    }
}

/* For the end of the table: what still lives must have been written, since nobody calls back. */
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

/*
 * Copied, not cast: struct conn is not an array of uint64_t for the compiler, and both agree on one
 * load.
 */
static inline uint64_t
word_of(const struct conn *c, size_t i)
{
    uint64_t word;

    memcpy(&word, (const uint8_t *)c + i * WORD, WORD);
    return word;
}

/*
 * Which rare words are to be kept. One mask of 64 bits suffices: asserted where COLD_WORDS is
 * defined.
 */
static uint64_t
find_present(const struct conn *c, const struct conn *blank)
{
    uint64_t present = 0;

    /* from the last, so that a bit goes in by doubling and not by a shift of its own */
#pragma GCC unroll 8
    for (size_t i = COLD_WORDS; i-- > COLD_ALWAYS;) {
        present += present + (word_of(c, i) != word_of(blank, i));
    }
    return present;
}

/*
 * Octets that a word is given, 1 to 8: one of zeros gets one, since asking for it costs more than it
 * is worth. Counts, times and sequence numbers are small; SYC_NONE needs all 8, which is why what
 * most connections never set stands in the rare half, where words as in a blank connection cost
 * nothing.
 */
static inline unsigned
length_of(uint64_t word)
{
    return (8U + (63U ^ (unsigned)__builtin_clzll(word | 1))) / 8;
}

/*
 * Lengths of words go to one place, two to an octet, their octets to another; the latter a whole
 * word at a time, so that packing has no loop over octets and no branch on a length.
 */
struct words {
    uint8_t *lengths, *octets;
};

static inline unsigned
put_word(struct words *w, uint64_t word)
{
    unsigned length = length_of(word);

    memcpy(w->octets, &word, WORD);
    w->octets += length;
    return length;
}

static inline void
put_words(struct words *w, uint64_t a, uint64_t b)
{
    unsigned length = put_word(w, a) - 1;

    *w->lengths++ = (uint8_t)(length | (put_word(w, b) - 1) << 4);
}

/* Octets of the lengths of all words that are kept. */
static inline size_t
lengths_of(uint64_t present)
{
    return (COLD_ALWAYS - COLD_FIRST + (size_t)__builtin_popcountll(present) + 1) / 2;
}

/* The next rare word that is kept: its place is taken out of present. */
static inline size_t
next_rare(uint64_t *present)
{
    size_t i = COLD_ALWAYS + (size_t)__builtin_ctzll(*present);

    *present &= *present - 1;
    return i;
}

/* Returns the end; up to 7 octets behind it are written, too: units_at_most() has room for them. */
static uint8_t *
write_words(const struct conn *c, uint64_t present, uint8_t *out)
{
    struct words w = {out, out + lengths_of(present)};

    for (size_t i = COLD_FIRST; i < COLD_ALWAYS; i += 2) {
        put_words(&w, word_of(c, i), word_of(c, i + 1));
    }
    while (present != 0) {
        uint64_t word = word_of(c, next_rare(&present));
        put_words(&w, word, present != 0 ? word_of(c, next_rare(&present)) : 0);
    }
    return w.octets;
}

/* length: as it was written, one less than the octets. */
static inline void
take_word(struct words *w, unsigned length, struct conn *out, size_t i)
{
    static const uint64_t masks[WORD] = {
        0xff,         0xffff,         0xffffff,         0xffffffff,
        0xffffffffff, 0xffffffffffff, 0xffffffffffffff, UINT64_MAX,
    };
    uint64_t word;

    memcpy(&word, w->octets, WORD);
    word &= masks[length];
    memcpy((uint8_t *)out + i * WORD, &word, WORD);
    w->octets += length + 1;
}

/*
 * As write_words() wrote them; up to 7 octets behind the end are read, too. They lie within the
 * chunk: PACKED_MAX counts them, so the sanitizers see no stray octet.
 */
static void
read_words(uint64_t present, uint8_t *in, struct conn *out)
{
    struct words w = {in, in + lengths_of(present)};

    for (size_t i = COLD_FIRST; i < COLD_ALWAYS; i += 2) {
        unsigned lengths = *w.lengths++;
        take_word(&w, lengths & 15, out, i);
        take_word(&w, lengths >> 4, out, i + 1);
    }
    while (present != 0) {
        unsigned lengths = *w.lengths++;
        take_word(&w, lengths & 15, out, next_rare(&present));
        if (present != 0) {
            take_word(&w, lengths >> 4, out, next_rare(&present));
        }
    }
}

/* ------------------------------------------------------------ packing */

static uint8_t *
log_place(const struct cold *h)
{
    return (uint8_t *)(uintptr_t)(h + 1);
}

/*
 * What index, order and eviction ask of a packed connection without unpacking it: its tuple,
 * beginning and close; the tag is cold_put()'s.
 */
static void
write_head(const struct syc_table *t, const struct conn *c, struct cold *h)
{
    *h = (struct cold){.client_port = c->client_port,
                       .server_port = c->server_port,
                       .path_id = c->path_id,
                       .ip_v = c->ip_v,
                       .state = COLD_LIVE,
                       .start_us = c->start_us,
                       .closed_us = c->start_us + c->closed_at,
                       .isn = c->isn,
                       .has_isn = c->syn_count > 0};
    memcpy(h->client, c->client, sizeof(h->client));
    memcpy(h->server, c->server, sizeof(h->server));
    h->present = find_present(c, &t->blank);
}

/*
 * Units that c may need, what is read and written behind its end included. An upper bound: the true
 * size is known only once it is written, and end moves by that.
 */
static uint32_t
units_at_most(const struct conn *c)
{
    uint32_t log = c->log.octets <= LOG_MAX ? c->log.octets : 0;

    return ((uint32_t)(sizeof(struct cold) + WORDS_MAX) + log) / COLD_UNIT + 1;
}

/*
 * c packed at h, where units_at_most() are free. The log's chunks go back to the store if it is
 * packed, too; then the words are written with an empty log, so that unpacking finds no pointer to
 * what was freed.
 */
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

/*
 * What the packed connection keeps must not go with its place in the pool: pool_give() frees log,
 * trouble, cut and said.
 */
static void
leave_pool(struct syc_table *t, struct conn *c)
{
    c->log = (struct log){0};
    c->side[0].trouble = c->side[1].trouble = NULL;
    c->cut = NULL;
    c->said = NULL;
    pool_give(t, c);
}

/*
 * Room behind the newest for so many units: the chunk that has it, or NULL. What is put there ends
 * at chunk->end, which the caller moves.
 */
static struct cold_chunk *
room_for(struct syc_table *t, uint32_t units)
{
    struct cold_store *s = &t->cold;
    struct cold_chunk *chunk = s->newest != 0 ? s->places[s->newest].chunk : NULL;

    if (chunk == NULL || CHUNK_UNITS - chunk->end < units) {
        if (!add_chunk(t)) {
            return NULL;
        }
        chunk = s->places[s->newest].chunk;
    }
    return chunk;
}

/*
 * Queue, number and tag are cleared before packing: they belong to the place in the pool or stand
 * in the head, and zeros pack to nothing.
 */
bool
cold_put(struct syc_table *t, struct conn *c)
{
    struct cold_store *s = &t->cold;
    struct cold_chunk *chunk = room_for(t, units_at_most(c));
    const uint32_t number = c->number;
    const uint32_t tag = c->tag;
    struct cold *h;
    uint32_t ref;

    if (chunk == NULL) {
        return false;
    }
    peek_end(&t->store, c);
    queue_remove(t, (c->flags & CONN_IN_CLOSED) ? &t->closed : &t->open, c);
    c->number = c->older = c->newer = c->tag = 0;
    c->queued_us = 0;
    ref = ref_of(s->newest, chunk->end);
    h = cold_get(t, ref);
    pack(t, c, h);
    h->tag = tag;
    chunk->end += h->size;
    chunk->live++;
    c->number = number;
    index_move(&t->index, tag, number, ref);
    leave_pool(t, c);
    s->live++;
    t->packed++;
    return true;
}

enum { REFUSED_UNITS = (sizeof(struct cold) + sizeof(struct refused) + COLD_UNIT - 1) / COLD_UNIT };

static struct refused *
refused_of(const struct cold *h)
{
    return (struct refused *)(void *)log_place(h);
}

/* Closed at the RST, whose time is held at the SYN's as in a connection (step_time). */
bool
cold_put_refused(struct syc_table *t, uint32_t half, uint32_t tag, const struct syc_segment *s,
                 int64_t rst_us)
{
    struct cold_chunk *chunk = room_for(t, REFUSED_UNITS);
    struct half_open *from = half_get(t, half);
    struct cold *h;
    uint32_t ref;

    if (chunk == NULL) {
        return false;
    }
    ref = ref_of(t->cold.newest, chunk->end);
    h = cold_get(t, ref);
    *h = (struct cold){.size = REFUSED_UNITS,
                       .tag = tag,
                       .client_port = from->client_port,
                       .server_port = from->server_port,
                       .path_id = from->path_id,
                       .ip_v = from->ip_v,
                       .state = COLD_LIVE,
                       .start_us = from->time_us,
                       .closed_us = rst_us > from->time_us ? rst_us : from->time_us,
                       .isn = from->isn,
                       .has_isn = true,
                       .refused = true};
    memcpy(h->client, from->client, sizeof(h->client));
    memcpy(h->server, from->server, sizeof(h->server));
    *refused_of(h) = (struct refused){.rst_us = rst_us,
                                      .syn_id = from->syn_id,
                                      .ts_val = from->ts_val,
                                      .id_or_label = from->id_or_label,
                                      .seq = s->seq,
                                      .ack = s->ack,
                                      .ip_octets = s->ip_octets,
                                      .flow_label = s->flow_label,
                                      .flags = s->flags,
                                      .window = s->window,
                                      .ip_id = s->ip_id,
                                      .ttl = s->ttl};
    chunk->end += REFUSED_UNITS;
    chunk->live++;
    index_move(&t->index, tag, half, ref);
    half_give(t, from);
    t->cold.live++;
    table_note_peak(t);
    t->packed++;
    return true;
}

/* Both segments again, at their own times: what they leave is what they would have left. */
static void
replay_refused(struct syc_table *t, const struct cold *h, struct conn *out)
{
    const struct refused *r = refused_of(h);
    struct half_open syn = {.client_port = h->client_port,
                            .server_port = h->server_port,
                            .path_id = h->path_id,
                            .ip_v = h->ip_v,
                            .time_us = h->start_us,
                            .isn = h->isn,
                            .syn_id = r->syn_id,
                            .ts_val = r->ts_val,
                            .id_or_label = r->id_or_label};
    struct syc_segment rst = {.src_port = h->server_port,
                              .dst_port = h->client_port,
                              .ip_v = h->ip_v,
                              .seq = r->seq,
                              .ack = r->ack,
                              .ip_octets = r->ip_octets,
                              .flow_label = r->flow_label,
                              .flags = r->flags,
                              .window = r->window,
                              .ip_id = r->ip_id,
                              .ttl = r->ttl};

    memcpy(syn.client, h->client, sizeof(syn.client));
    memcpy(syn.server, h->server, sizeof(syn.server));
    memcpy(rst.src, h->server, sizeof(rst.src));
    memcpy(rst.dst, h->client, sizeof(rst.dst));
    table_replay(t, out, &syn);
    table_follow(t, out, &rst, SYC_TOCLIENT, r->rst_us);
    out->tag = h->tag;
    out->flags |= CONN_IN_CLOSED;
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

/*
 * Into any struct conn, the table's scratch included: for a record there is no need of a place in
 * the pool. The log stays where it is (flat): a record of a closed connection is read once, so
 * copying it into chunks would be for nothing.
 */
void
cold_unpack(struct syc_table *t, const struct cold *h, struct conn *out)
{
    if (h->refused) {
        replay_refused(t, h, out);
        return;
    }
    memcpy(out->client, h->client, sizeof(out->client));
    memcpy(out->server, h->server, sizeof(out->server));
    memcpy((uint8_t *)out + COLD_ALWAYS * WORD, (const uint8_t *)&t->blank + COLD_ALWAYS * WORD,
           (COLD_WORDS - COLD_ALWAYS) * WORD);
    read_words(h->present, log_place(h) + h->log_octets, out);
    out->log.flat = log_place(h);
    out->log.flat_octets = h->log_octets;
}

/*
 * A segment came for a closed connection. HELD while a place is sought: making room evicts the
 * oldest, and that may be this very one. On failure all is as it was: the segment is lost (counted
 * as denied), the connection is not.
 */
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
    c->tag = h->tag;
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
    cold_drop(t, ref);
    return c;
}

/* Its octets stay until its chunk goes; trouble and cut have moved to whoever unpacked it. */
void
cold_drop(struct syc_table *t, uint32_t ref)
{
    cold_get(t, ref)->state = COLD_DEAD;
    chunk_of(t, ref)->live--;
    t->cold.live--;
}

/* ------------------------------------------------------------ in order */

/*
 * Passes the dead and gives empty chunks back on the way, so eviction needs no other housekeeping.
 * NULL as well when the oldest is HELD: then the caller must look elsewhere.
 */
struct cold *
cold_oldest(struct syc_table *t, uint32_t *ref)
{
    const struct cold_store *s = &t->cold;
    struct cold_chunk *chunk;
    struct cold *h;

    cold_give_back(t);
    if (s->oldest == 0) {
        return NULL;
    }
    chunk = s->places[s->oldest].chunk; /* one in it lives */
    while ((h = cold_get(t, *ref = ref_of(s->oldest, chunk->begin)))->state == COLD_DEAD) {
        chunk->begin += h->size;
    }
    return h->state == COLD_LIVE ? h : NULL;
}

/* In order of packing; visit may drop what it is shown, but nothing else. */
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
