/* The audit's records, packed into chunks; hosts and pairs by hash. */

#include "behavior/audit_store.h"

#include <string.h>

enum { HEAD_MOST = 10 + 10 + 2 + 10 + 10 };

/*
 * What finishing takes besides the packed records, in octets, taken from the budget as they come. A host that held a
 * socket: what is counted of it, and its row. A record of the largest pair: its entries, a tenure, its spans, and what
 * forecasts look into. A record of any: its TIME_WAIT entry (audit_tally.h).
 */
enum {
    WORK_HELD = AUDIT_HOST_WORK + sizeof(struct syc_audit_host),
    WORK_RECORD_OF_MOST = 2 * sizeof(struct entry) + sizeof(struct tenure) +
                          2 * sizeof(struct span) + 4 * sizeof(int64_t) + 2 * sizeof(struct item),
    WORK_RECORD = 6
};

/* At most a quarter of the budget each is for rows of pairs, and for the lives of one pair and their lists. */
enum {
    LIVES_SHARE = 4,
    LISTS_SHARE = 4,
    LISTS_LEAST = 1 << 18,
    LIVES_LEAST = 256,
    ROWS_SHARE = 4,
    ROWS_LEAST = 256
};

void
audit_store_init(struct audit_store *s, size_t budget_octets,
                 const struct syc_signatures *signatures)
{
    *s = (struct audit_store){.room = {.budget.limit = budget_octets, .key = syc_hash_key_random()},
                              .signatures = signatures,
                              .start_min = SYC_NONE,
                              .end_max = SYC_NONE};
    syc_stacks_init(&s->stacks, &s->room);
}

void
audit_store_fini(struct audit_store *s)
{
    syc_stacks_fini(&s->stacks);
    for (size_t i = 0; i < s->chunk_count; i++) {
        syc_free(s->chunks[i].octets);
    }
    syc_free(s->chunks);
    syc_free(s->hosts);
    syc_free(s->pairs);
    syc_free(s->host_slots.v);
    syc_free(s->pair_slots.v);
    syc_free(s->seats);
    syc_free(s->order);
    syc_free(s->scratch);
}

size_t
audit_store_lives_most(const struct audit_store *s)
{
    size_t most = s->room.budget.limit / LIVES_SHARE / sizeof(struct life);

    return most > LIVES_LEAST ? most : LIVES_LEAST;
}

size_t
audit_store_lists_most(const struct audit_store *s)
{
    size_t most = s->room.budget.limit / LISTS_SHARE;

    return most > LISTS_LEAST ? most : (size_t)LISTS_LEAST;
}

size_t
audit_store_rows_most(const struct audit_store *s)
{
    size_t most = s->room.budget.limit / ROWS_SHARE / sizeof(struct syc_audit_pair);

    return most > ROWS_LEAST ? most : ROWS_LEAST;
}

/* ------------------------------------------------------------ records */

static bool
chunk_add(struct audit_store *s, size_t octets)
{
    size_t size = octets > AUDIT_CHUNK_OCTETS ? octets : AUDIT_CHUNK_OCTETS;
    struct chunk *chunks;
    uint8_t *to;

    if (s->chunk_count == s->chunk_room) {
        chunks = audit_store_grow(s, s->chunks, s->chunk_room, sizeof(*chunks));
        if (chunks == NULL) {
            return false;
        }
        s->chunks = chunks;
        s->chunk_room = audit_store_doubled(s->chunk_room);
    }
    if (size > UINT32_MAX || !syc_budget_take(&s->room.budget, size)) {
        return false;
    }
    to = syc_resize(NULL, size, 1);
    if (to == NULL) {
        syc_budget_give(&s->room.budget, size);
        return false;
    }
    s->chunks[s->chunk_count++] = (struct chunk){to, (uint32_t)size, 0};
    return true;
}

/* Room for n octets in the last chunk; *at: where they will be. NULL when there is none. */
static uint8_t *
reserve(struct audit_store *s, size_t n, uint64_t *at)
{
    struct chunk *last = s->chunk_count > 0 ? &s->chunks[s->chunk_count - 1] : NULL;

    if (last == NULL || last->used + n > last->size) {
        if (!chunk_add(s, n)) {
            return NULL;
        }
        last = &s->chunks[s->chunk_count - 1];
    }
    *at = (uint64_t)(s->chunk_count - 1) * AUDIT_CHUNK_OCTETS + last->used;
    return last->octets + last->used;
}

/* A chunk larger than usual holds one record: positions within a chunk have 16 bits. */
static void
use(struct audit_store *s, const uint8_t *end)
{
    struct chunk *last = &s->chunks[s->chunk_count - 1];

    last->used = last->size > AUDIT_CHUNK_OCTETS ? last->size : (uint32_t)(end - last->octets);
}

static bool
scratch_reserve(struct audit_store *s, size_t octets)
{
    uint8_t *scratch;

    if (octets <= s->scratch_octets) {
        return true;
    }
    scratch = syc_resize(s->scratch, octets, 1);
    if (scratch == NULL) {
        return false;
    }
    s->scratch = scratch;
    s->scratch_octets = octets;
    return true;
}

/* Held, so that sums and differences of two times cannot overflow. */
static int64_t
start_of(const struct syc_record *r)
{
    const int64_t most = INT64_C(1) << 60;

    return r->start_us > most ? most : r->start_us < -most ? -most : r->start_us;
}

static uint64_t
part_of(const struct syc_record *r)
{
    return r->part <= 0 ? 0 : r->part < AUDIT_PARTS_MOST ? (uint64_t)r->part : AUDIT_PARTS_MOST;
}

static bool
add(struct audit_store *s, struct audit_pair *pair, const struct syc_record *r)
{
    struct packed_note note = {
        {syc_stacks_intern(&s->stacks, r, 0), syc_stacks_intern(&s->stacks, r, 1)}};
    size_t body;
    uint64_t at;
    uint8_t *p;

    if (!scratch_reserve(s, audit_pack_room(r))) {
        return false;
    }
    body = audit_pack(r, &note, s->scratch);
    p = reserve(s, HEAD_MOST + body, &at);
    if (p == NULL) {
        return false;
    }
    p = varint_put(p, pair->newest == 0 ? 0 : at + 1 - pair->newest);
    p = varint_put(p, zigzag(start_of(r) - s->base));
    *p++ = (uint8_t)(r->key.client_port >> 8);
    *p++ = (uint8_t)r->key.client_port;
    p = varint_put(p, part_of(r));
    p = varint_put(p, r->isn == SYC_NONE ? 0 : (uint64_t)(uint32_t)r->isn + 1);
    memcpy(p, s->scratch, body);
    use(s, p + body);
    pair->newest = at + 1;
    return true;
}

/* ------------------------------------------------------------ what is told at once */

static bool
has_text(const char *text, const char *part)
{
    return text != NULL && strstr(text, part) != NULL;
}

/* 2.1.6. Windows before Vista: 2000, XP, Server 2003, and p0f's "NT kernel 5". */
static enum audit_stack
stack_of(const struct syc_match *m)
{
    static const struct {
        const char *os;
        enum audit_stack stack;
    } names[] = {{"Linux", STACK_LINUX},    {"Android", STACK_LINUX}, {"Mac OS X", STACK_APPLE},
                 {"macOS", STACK_APPLE},    {"iOS", STACK_APPLE},     {"FreeBSD", STACK_FREEBSD},
                 {"Solaris", STACK_SOLARIS}};

    if (m->quality == SYC_MATCH_NONE || m->app || m->os == NULL) {
        return STACK_UNKNOWN;
    }
    if (has_text(m->os, "Windows")) {
        return has_text(m->flavor, "XP") || has_text(m->flavor, "2000") ||
                       has_text(m->flavor, "2003") || has_text(m->flavor, "kernel 5")
                   ? STACK_WINDOWS_OLD
                   : STACK_WINDOWS;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (has_text(m->os, names[i].os)) {
            return names[i].stack;
        }
    }
    return STACK_UNKNOWN;
}

/* Of whole connections and first parts only, so that it does not matter how a connection was cut. */
static void
vote(struct audit_store *s, uint32_t host, const struct syc_record *r, int side)
{
    uint32_t index = s->signatures != NULL ? syc_stacks_intern(&s->stacks, r, side) : STORE_NONE;
    struct stack *stack;

    if (index == STORE_NONE) {
        return;
    }
    stack = s->stacks.list[index];
    if (!stack->matched) {
        syc_signatures_match(s->signatures, &stack->syn, &stack->match);
        stack->matched = true;
    }
    s->hosts[host].votes[stack_of(&stack->match)]++;
}

static void
least(uint32_t *to, int64_t dur)
{
    if (dur >= 0 && dur < *to) {
        *to = (uint32_t)dur;
    }
}

static void
note_legs(struct audit_pair *pair, const struct syc_record *r)
{
    if (r->syn_ack_dur_us < 0 || r->ack_dur_us < 0) {
        return;
    }
    least(&pair->leg_min[SYC_TOSERVER], r->syn_ack_dur_us);
    least(&pair->leg_min[SYC_TOCLIENT], r->ack_dur_us);
}

/* The server sent something, or nothing is known of that: it may have held a socket. */
static bool
sent(const struct syc_record *r)
{
    return r->pkts[SYC_TOCLIENT] != 0;
}

/* The report's span is that of all records, also of those that find no room. */
static void
note_times(struct audit_store *s, const struct syc_record *r)
{
    int64_t start = start_of(r);
    int64_t dur = r->dur_us < 0 ? 0 : r->dur_us > INT64_C(1) << 60 ? INT64_C(1) << 60 : r->dur_us;

    if (s->start_min == SYC_NONE || start < s->start_min) {
        s->start_min = start;
    }
    if (s->end_max == SYC_NONE || start + dur > s->end_max) {
        s->end_max = start + dur;
    }
}

/* What unpacking the pair's lists would take, with those of r. */
static size_t
lists_with(const struct audit_store *s, const struct audit_pair *pair, const struct syc_record *r)
{
    uint64_t octets = pair->list_octets + r->exchange_count * sizeof(struct syc_exchange) +
                      r->flight_count * sizeof(struct syc_flight);

    return octets < audit_store_lists_most(s) ? (size_t)octets : audit_store_lists_most(s);
}

/* What finishing will take more for this record. */
static size_t
work_for(const struct audit_store *s, const struct audit_pair *pair, const struct syc_record *r)
{
    size_t work = WORK_RECORD;
    size_t lists = lists_with(s, pair, r);

    if (pair->records >= s->most) {
        work += WORK_RECORD_OF_MOST;
        work += s->most < audit_store_lives_most(s) ? sizeof(struct life) : 0;
    }
    work += lists > s->lists_most ? lists - s->lists_most : 0;
    work += s->hosts[pair->client].held ? 0 : WORK_HELD;
    work += sent(r) && !s->hosts[pair->server].held ? WORK_HELD : 0;
    return work;
}

/* The record is in: what follows from it at once. */
static void
settle(struct audit_store *s, struct audit_pair *pair, const struct syc_record *r)
{
    size_t lists = lists_with(s, pair, r);

    s->most = pair->records >= s->most ? pair->records + 1 : s->most;
    s->lists_most = lists > s->lists_most ? lists : s->lists_most;
    pair->records++;
    pair->list_octets += r->exchange_count * sizeof(struct syc_exchange) +
                         r->flight_count * sizeof(struct syc_flight);
    s->hosts[pair->client].held = true;
    s->hosts[pair->server].held |= sent(r);
    note_legs(pair, r);
    if (part_of(r) <= 1) {
        vote(s, pair->client, r, SYC_TOSERVER);
        vote(s, pair->server, r, SYC_TOCLIENT);
    }
}

void
audit_store_feed(struct audit_store *s, const struct syc_record *r)
{
    uint32_t index = audit_store_pair(s, &r->key);
    struct audit_pair *pair = index != STORE_NONE ? &s->pairs[index] : NULL;
    size_t work = pair != NULL ? work_for(s, pair, r) : 0;

    if (s->start_min == SYC_NONE) {
        s->base = start_of(r);
    }
    note_times(s, r);
    if (pair == NULL || pair->records == UINT32_MAX || !syc_budget_take(&s->room.budget, work)) {
        s->dropped++;
        return;
    }
    if (!add(s, pair, r)) {
        syc_budget_give(&s->room.budget, work);
        s->dropped++;
        return;
    }
    settle(s, pair, r);
}
