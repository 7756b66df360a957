/*
 * Four tables on the same conversations: one as it is, one whose segments all take the long way (feed.c), one that packs
 * every connection the moment it closes (cold.c), one that gets its segments in batches. Cost may differ, records may not.
 */

#include "connection/table_int.h"
#include "tests/unit/connection/talk.h"

#include <string.h>

enum { RECORDS = 4096, TABLES = 4, BATCHED = TABLES - 1, CLIENTS = 6, ROUNDS = 60, SEGMENTS = 400 };
enum { KIND_SYN = 110, KIND_FIN = 112 };

/* How often the table that is watched took the long way: the linker sends the batch's calls here (--wrap). */
static const struct syc_table *watched;
static size_t long_ways;

void __real_table_known(struct syc_table *t, struct conn *c, const struct syc_segment *s, int dir,
                        uint32_t tag, int64_t now);
void __wrap_table_known(struct syc_table *t, struct conn *c, const struct syc_segment *s, int dir,
                        uint32_t tag, int64_t now);
void __real_table_segment(struct syc_table *t, const struct syc_segment *s, uint16_t path_id,
                          uint32_t tag, int64_t now);
void __wrap_table_segment(struct syc_table *t, const struct syc_segment *s, uint16_t path_id,
                          uint32_t tag, int64_t now);

void
__wrap_table_known(struct syc_table *t, struct conn *c, const struct syc_segment *s, int dir,
                   uint32_t tag, int64_t now)
{
    long_ways += t == watched;
    __real_table_known(t, c, s, dir, tag, now);
}

void
__wrap_table_segment(struct syc_table *t, const struct syc_segment *s, uint16_t path_id,
                     uint32_t tag, int64_t now)
{
    long_ways += t == watched;
    __real_table_segment(t, s, path_id, tag, now);
}

struct kept {
    struct syc_record *records[RECORDS];
    size_t count;
};

static void
keep(void *user, const struct syc_record *r)
{
    struct kept *k = user;

    assert_true(k->count < RECORDS);
    k->records[k->count] = syc_record_copy(r);
    assert_non_null(k->records[k->count++]);
}

static uint32_t
draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33) % below;
}

/* ------------------------------------------------------------ conversations */

/* One end's numbers, as far as its stack would keep them. */
struct end {
    uint32_t next;
    uint32_t ts;
};

struct pair {
    struct end end[2];
    int64_t at_us;
    unsigned said; /* segments so far: the first three are the handshake */
};

/* Mostly what stacks do; now and then anything: repeats, holes, wrong acknowledgments, odd flags, clocks that step back. */
static struct syc_segment
draw_segment(uint64_t *seed, struct pair *pairs, unsigned which)
{
    struct pair *p = &pairs[which];
    bool shakes = p->said < 3 && draw(seed, 8) != 0;
    unsigned from = shakes ? p->said % 2 : draw(seed, 2);
    unsigned kind = shakes               ? (p->said < 2 ? KIND_SYN : 0)
                    : draw(seed, 4) == 0 ? draw(seed, 120)
                                         : 0;
    struct end *me = &p->end[from];
    const struct end *peer = &p->end[1 - from];
    struct syc_segment s = {
        .ip_v = 4,
        .src_port = from == 0 ? (uint16_t)(40000 + which) : 80,
        .dst_port = from == 0 ? 80 : (uint16_t)(40000 + which),
        .seq = me->next,
        .ack = peer->next,
        .flags = SYC_ACK,
        .window = (uint16_t)(draw(seed, 100) == 0 ? 0 : 500 + draw(seed, 3)),
        .ttl = (uint8_t)(60 + draw(seed, 3)),
        .ip_id = (uint16_t)draw(seed, 4),
        .has_ts = which % 2 == 0,
    };

    memcpy(s.src, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0", 15);
    memcpy(s.dst, s.src, 15);
    s.src[15] = (uint8_t)(1 + from);
    s.dst[15] = (uint8_t)(2 - from);
    if (kind < 100) {
        s.payload_octets = shakes ? 0 : draw(seed, 2) * (1 + draw(seed, 1460));
    } else if (kind < 104) {
        s.seq -= 1 + draw(seed, 3000);
        s.payload_octets = draw(seed, 1460);
    } else if (kind < 106) {
        s.seq += draw(seed, 3000);
        s.payload_octets = draw(seed, 1460);
    } else if (kind < 108) {
        s.ack -= draw(seed, 4000);
    } else if (kind < 110) {
        s.ack += draw(seed, 4000);
    } else if (kind < KIND_FIN) {
        s.flags = from == 0 ? SYC_SYN : SYC_SYN | SYC_ACK;
        s.seq = me->next = draw(seed, 4) == 0 ? draw(seed, UINT32_MAX) : me->next;
    } else if (kind < 116) {
        s.flags = SYC_FIN | SYC_ACK;
    } else if (kind < 118) {
        s.flags = (uint16_t)(SYC_RST | (draw(seed, 2) ? SYC_ACK : 0));
    } else {
        s.flags = (uint16_t)draw(seed, 64);
    }
    p->said++;
    p->at_us += draw(seed, 20) == 0 ? draw(seed, 40000000) : draw(seed, 300000);
    p->at_us -= draw(seed, 50) == 0 ? draw(seed, 1000000) : 0;
    s.time_ns = p->at_us * 1000;
    s.ts_val = me->ts += draw(seed, 50);
    s.ts_ecr = peer->ts;
    s.ip_octets = 40 + s.payload_octets + (s.has_ts ? 12 : 0);
    if ((s.flags & SYC_RST) == 0 && s.seq == me->next) {
        me->next += s.payload_octets + ((s.flags & SYC_SYN) != 0) + ((s.flags & SYC_FIN) != 0);
    }
    return s;
}

static void
run(uint64_t seed, struct syc_table *tables[TABLES])
{
    static struct syc_segment segments[SEGMENTS];
    struct pair pairs[CLIENTS] = {0};
    int64_t base = 1700000000 * INT64_C(1000000);

    for (unsigned i = 0; i < CLIENTS; i++) {
        pairs[i].at_us = base;
    }
    for (int n = 0; n < SEGMENTS; n++) {
        segments[n] = draw_segment(&seed, pairs, draw(&seed, CLIENTS));
        for (int i = 0; i < BATCHED; i++) {
            syc_table_feed(tables[i], &segments[n], 1);
        }
    }
    for (int n = 0; n < SEGMENTS; n += SYC_BATCH) {
        int left = SEGMENTS - n;
        syc_table_feed(tables[BATCHED], &segments[n], left < SYC_BATCH ? (size_t)left : SYC_BATCH);
    }
    for (int i = 0; i < TABLES; i++) {
        syc_table_finish(tables[i], 0);
    }
}

static void
every_way_gives_the_same_records(void **state)
{
    static struct kept kept[TABLES];
    size_t packed = 0;
    size_t short_ways = ROUNDS * SEGMENTS;

    (void)state;
    long_ways = 0;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        struct syc_table *tables[TABLES];
        for (int i = 0; i < TABLES; i++) {
            struct syc_table_config config = {.connection_octets = 8 << 20,
                                              .half_open_octets = 1 << 20,
                                              .two_msl_ns = 60 * SYC_NS_PER_S};
            struct syc_table_sink sink = {.user = &kept[i], .record = keep};
            tables[i] = syc_table_new(&config, &sink);
            assert_non_null(tables[i]);
        }
        tables[1]->long_way = true;
        tables[2]->rest_us = 0;
        tables[2]->whole_octets = 0;
        watched = tables[0];
        run(round + 1, tables);
        for (int other = 1; other < TABLES; other++) {
            assert_int_equal(kept[0].count, kept[other].count);
            for (size_t i = 0; i < kept[0].count; i++) {
                talk_assert_same(kept[0].records[i], kept[other].records[i]);
            }
        }
        packed += tables[2]->packed;
        for (int i = 0; i < TABLES; i++) {
            for (size_t k = 0; k < kept[i].count; k++) {
                syc_record_free(kept[i].records[k]);
            }
            kept[i].count = 0;
            syc_table_free(tables[i]);
        }
    }
    short_ways -= long_ways;
    print_message("# %zu short ways, %zu packed\n", short_ways, packed);
    assert_true(short_ways > ROUNDS * SEGMENTS / 20);
    assert_true(packed > ROUNDS);
}

/* Beyond a quarter of the budget who rests longest makes room for who begins; no record tells. */
static void
a_place_is_made_by_packing_who_rests_longest(void **state)
{
    enum { CONNECTIONS = 40 };
    struct talk t;

    (void)state;
    talk_init(&t);
    t.table->whole_octets = POOL_CHUNK * sizeof(struct conn);
    for (int i = 0; i < CONNECTIONS; i++) {
        t.client_port = (uint16_t)(40000 + i);
        talk_handshake(&t, i * 2000);
        talk(&t, i * 2000 + 30, SERVER, "RA", 5001, 1001, 0);
    }
    assert_int_equal(t.table->pool.chunk_count, 1);
    assert_int_equal(t.table->packed, CONNECTIONS - POOL_CHUNK);
    talk_end(&t);
    assert_int_equal(t.count, CONNECTIONS);
    for (int i = 0; i < CONNECTIONS; i++) {
        assert_int_equal(t.records[i]->key.client_port, 40000 + i);
        assert_int_equal(t.records[i]->pkts[0] + t.records[i]->pkts[1], 4);
        assert_string_equal(t.records[i]->history, "ShAr");
        assert_int_equal(t.records[i]->degraded, 0);
    }
    talk_fini(&t);
}

/* What the table has taken while the first and the last record are told. */
struct taken {
    const struct syc_table *table;
    size_t records, first, last;
};

static void
note_taken(void *user, const struct syc_record *r)
{
    struct taken *taken = user;

    (void)r;
    taken->last = taken->table->store.budget.used;
    taken->first = taken->records++ == 0 ? taken->last : taken->first;
}

/* At the end who takes the records needs room, and what is packed no longer does. */
static void
room_of_the_packed_is_given_back_while_records_are_told(void **state)
{
    enum { CONNECTIONS = 200, SMALLEST = 128 };
    struct taken taken = {0};
    struct talk t;

    (void)state;
    talk_init(&t);
    t.table->whole_octets = 0;
    for (int i = 0; i < CONNECTIONS; i++) {
        t.client_port = (uint16_t)(40000 + i);
        talk_handshake(&t, i * 2000);
        talk(&t, i * 2000 + 30, SERVER, "RA", 5001, 1001, 0);
    }
    assert_true(t.table->packed >= CONNECTIONS - 1);
    taken.table = t.table;
    t.table->sink.record = note_taken;
    t.table->sink.user = &taken;
    syc_table_finish(t.table, 0);
    assert_int_equal(taken.records, CONNECTIONS);
    assert_true(taken.first - taken.last >= (size_t)CONNECTIONS / 2 * SMALLEST);
    talk_fini(&t);
}

/*
 * A ring that grows gives reference 0 to the entry that had 500 while another of the same run still has 0 and has not
 * moved yet. Both stand at one home of 1024; the second is the one that is asked for.
 */
static void
an_entry_is_moved_by_its_tag_as_well(void **state)
{
    enum { HOME = 7, FIRST = HOME, SECOND = HOME + 1024 };
    struct index x;

    assert_true(index_init(&x));
    index_add(&x, FIRST, REF_HALF | 500);
    index_add(&x, SECOND, REF_HALF | 0);
    index_move(&x, FIRST, REF_HALF | 500, REF_HALF | 0);
    index_move(&x, SECOND, REF_HALF | 0, REF_HALF | 1);
    assert_int_equal(x.slots[HOME].tag, FIRST);
    assert_int_equal(x.slots[HOME].ref, REF_HALF | 0);
    assert_int_equal(x.slots[HOME + 1].tag, SECOND);
    assert_int_equal(x.slots[HOME + 1].ref, REF_HALF | 1);
    syc_free(x.slots);
}

int
test_ways_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_is_moved_by_its_tag_as_well),
        cmocka_unit_test(every_way_gives_the_same_records),
        cmocka_unit_test(a_place_is_made_by_packing_who_rests_longest),
        cmocka_unit_test(room_of_the_packed_is_given_back_while_records_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
