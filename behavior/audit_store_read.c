/* The audit's records in canonical order: hosts, pairs, and the connections of one pair. */

#include "behavior/audit_store.h"

#include <string.h>

/* ------------------------------------------------------------ order */

static bool
host_less(const struct audit_host *a, const struct audit_host *b)
{
    if (a->ip_v != b->ip_v) {
        return a->ip_v < b->ip_v;
    }
    if (address_half(a->addr) != address_half(b->addr)) {
        return address_half(a->addr) < address_half(b->addr);
    }
    return address_half(a->addr + 8) < address_half(b->addr + 8);
}

#define BY_ADDRESS(x, y) host_less(x, y)
#define BY_PLACE(x, y)   ((x).hosts != (y).hosts ? (x).hosts < (y).hosts : (x).port < (y).port)

SYC_SORT_DEFINE(sort_hosts, struct audit_host *, BY_ADDRESS)
SYC_SORT_DEFINE(sort_pairs, struct pair_place, BY_PLACE)

static bool
rank_hosts(struct audit_store *s)
{
    struct audit_host **v =
        syc_resize(s->seats, (size_t)s->host_count * 2 + 1, sizeof(struct audit_host *));

    if (v == NULL) {
        return false;
    }
    s->seats = v;
    for (uint32_t i = 0; i < s->host_count; i++) {
        v[i] = &s->hosts[i];
    }
    sort_hosts(v, s->host_count, v + s->host_count);
    s->seat_count = 0;
    for (uint32_t i = 0; i < s->host_count; i++) {
        v[i]->rank = i;
        v[i]->seat = v[i]->held ? s->seat_count : STORE_NONE;
        v[s->seat_count] =
            v[i]; /* seats come to stand before the ranks that are still to be read */
        s->seat_count += v[i]->held;
    }
    return true;
}

bool
audit_store_sort(struct audit_store *s)
{
    struct pair_place *v;

    if (!rank_hosts(s)) {
        return false;
    }
    v = syc_resize(s->order, (size_t)s->pair_count * 2 + 1, sizeof(*v));
    if (v == NULL) {
        return false;
    }
    s->order = v;
    for (uint32_t i = 0; i < s->pair_count; i++) {
        const struct audit_pair *p = &s->pairs[i];
        v[i] =
            (struct pair_place){(uint64_t)s->hosts[p->client].rank << 32 | s->hosts[p->server].rank,
                                i, p->server_port};
    }
    sort_pairs(v, s->pair_count, v + s->pair_count);
    return true;
}

/* ------------------------------------------------------------ reading */

static bool
entry_less(const struct entry *a, const struct entry *b)
{
    if (a->start != b->start) {
        return a->start < b->start;
    }
    if (a->port != b->port) {
        return a->port < b->port;
    }
    return a->isn != b->isn ? a->isn < b->isn : a->part < b->part;
}

#define BY_ENTRY(x, y) entry_less(&(x), &(y))
SYC_SORT_DEFINE(sort_entries, struct entry, BY_ENTRY)

/* What stands before a packed record; back: how far the pair's record before it is, 0 = there is none. */
static const uint8_t *
read_head(const struct audit_store *s, uint64_t at, struct entry *e, uint64_t *back)
{
    const uint8_t *p = audit_octets_at(s, at);
    uint64_t start;
    uint64_t part;
    uint64_t isn;

    p = varint_get(p, back);
    p = varint_get(p, &start);
    e->start = s->base + unzigzag(start);
    e->port = syc_be16(p);
    p = varint_get(p + 2, &part);
    p = varint_get(p, &isn);
    e->part = part & AUDIT_PARTS_MOST;
    e->isn = isn & UINT64_C(0x1ffffffff);
    e->at = at;
    return p;
}

static bool
same_connection(const struct entry *a, const struct entry *b)
{
    return a->start == b->start && a->port == b->port && a->isn == b->isn;
}

/* Groups of the sorted entries; what came twice is left out. */
static void
make_groups(struct groups *g, size_t n)
{
    size_t kept = 0;

    g->count = 0;
    for (size_t i = 0; i < n; i++) {
        struct entry e = g->entries[i];
        bool follows = kept > 0 && same_connection(&g->entries[kept - 1], &e);
        if (follows && (e.part == g->entries[kept - 1].part || g->entries[kept - 1].part == 0)) {
            continue;
        }
        if (!follows) {
            g->list[g->count++] = (struct group){(uint32_t)kept, 0};
        }
        g->list[g->count - 1].count++;
        g->entries[kept++] = e;
    }
}

bool
audit_store_load(const struct audit_store *s, uint32_t pair, struct syc_arena *arena,
                 struct groups *out)
{
    const struct audit_pair *p = &s->pairs[pair];
    struct entry *entries = syc_arena_alloc(arena, sizeof(*entries) * 2 * p->records);
    uint64_t at = p->newest - 1;
    uint64_t back;

    if (entries == NULL) {
        return false;
    }
    for (size_t i = p->records; i > 0; i--) {
        (void)read_head(s, at, &entries[i - 1], &back);
        at -= back;
    }
    sort_entries(entries, p->records, entries + p->records);
    /* What sorting needed holds the groups after. */
    *out = (struct groups){entries, (struct group *)(void *)(entries + p->records), 0};
    make_groups(out, p->records);
    return true;
}

const uint8_t *
audit_store_read(const struct audit_store *s, uint32_t pair, const struct entry *e,
                 struct syc_record *r, struct packed_lists *lists)
{
    const struct audit_pair *p = &s->pairs[pair];
    const struct audit_host *client = &s->hosts[p->client];
    struct packed_note note;
    struct entry again;
    uint64_t back;
    const uint8_t *in = read_head(s, e->at, &again, &back);

    memset(&r->key, 0, sizeof(r->key));
    memcpy(r->key.client, client->addr, 16);
    memcpy(r->key.server, s->hosts[p->server].addr, 16);
    r->key.client_port = e->port;
    r->key.server_port = p->server_port;
    r->key.ip_v = client->ip_v;
    r->start_us = e->start;
    r->part = e->part > 0 ? e->part : SYC_NONE;
    r->isn = e->isn == 0 ? SYC_NONE : (int64_t)e->isn - 1;
    in = audit_unpack(in, r, &note, lists);
    for (size_t i = 0; i < 2; i++) {
        r->syn[i] = note.syn[i] != STORE_NONE ? &s->stacks.list[note.syn[i]]->syn : NULL;
    }
    return in;
}
