/*
 * One flood with conversations in it, through tables under many keys: every one gives the same records and tells the same
 * SYNs, in the same order. Tags, and with them the runs of the index, differ from key to key, so what breaks only where
 * two entries meet in a run is met under one of them. The keys are fixed: a failure can be had again.
 */

#include "connection/table_int.h"
#include "tests/unit/connection/talk.h"

#include <string.h>

enum { KEYS = 128, FEW_KEYS = 16, SYNS = 9000, SEGMENTS = 3 * SYNS, RECORDS = SYNS, GAP_US = 500 };

/* What is kept of a SYN that was told. */
struct told_syn {
    int64_t flow_id;
    uint64_t number;
};

struct kept {
    struct syc_record *records[RECORDS];
    size_t record_count;
    struct told_syn syns[SEGMENTS];
    size_t syn_count;
    bool compares; /* with what the first table left here, else fills it */
};

static void
on_record(void *user, const struct syc_record *r)
{
    struct kept *k = user;

    assert_true(k->record_count < RECORDS);
    if (k->compares) {
        assert_non_null(k->records[k->record_count]);
        talk_assert_same(k->records[k->record_count], r);
    } else {
        k->records[k->record_count] = syc_record_copy(r);
        assert_non_null(k->records[k->record_count]);
    }
    k->record_count++;
}

static void
on_syn(void *user, const struct syc_syn_seen *s)
{
    struct kept *k = user;
    struct told_syn told = {s->flow_id, s->number};

    assert_true(k->syn_count < SEGMENTS);
    if (k->compares) {
        assert_memory_equal(&k->syns[k->syn_count], &told, sizeof(told));
    } else {
        k->syns[k->syn_count] = told;
    }
    k->syn_count++;
}

/* ------------------------------------------------------------ the stream */

struct stream {
    struct syc_segment segments[SEGMENTS];
    size_t count;
    uint64_t seed;
};

static uint32_t
draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33) % below;
}

/* A segment of connection n, whose client is 10.<n>, of four stacks, a few of them behind a VLAN tag. */
static void
say(struct stream *st, uint32_t n, bool from_server, uint16_t flags, uint32_t seq, uint32_t ack)
{
    struct syc_segment s = {.time_ns = (int64_t)st->count * GAP_US * SYC_NS_PER_US,
                            .number = st->count + 1,
                            .seq = seq,
                            .ack = ack,
                            .flags = flags,
                            .window = (uint16_t)(1024 << n % 4),
                            .ip_v = 4,
                            .ttl = (uint8_t)(60 + n % 4),
                            .ip_id = (uint16_t)(n * 7),
                            .ip_header_octets = 20,
                            .tcp_header_octets = 20,
                            .ip_octets = 40};
    uint8_t *client = from_server ? s.dst : s.src, *server = from_server ? s.src : s.dst;

    assert_true(st->count < SEGMENTS);
    memcpy(client, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a", 13);
    memcpy(server, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", 16);
    client[14] = (uint8_t)(n >> 8);
    client[15] = (uint8_t)n;
    *(from_server ? &s.dst_port : &s.src_port) = (uint16_t)(1024 + n % 50);
    *(from_server ? &s.src_port : &s.dst_port) = 80;
    if (n % 64 == 0) {
        s.path.vlan_count = 1;
        s.path.vlan[0] = 7;
    }
    st->segments[st->count++] = s;
}

/* The client and the server shake hands. */
static void
answer(struct stream *st, uint32_t n)
{
    say(st, n, true, SYC_SYN | SYC_ACK, 5000, 1000 * n + 1);
    say(st, n, false, SYC_ACK, 1000 * n + 1, 5001);
}

/*
 * The first are answered at once, so that the ring of half-open SYNs is no longer at its beginning when it grows. Then
 * four of nine stay without answer, and the others' come late and in no order.
 */
static void
fill(struct stream *st)
{
    enum { AT_ONCE = 600, LATE = 700 };

    for (uint32_t n = 0; n < SYNS; n++) {
        uint32_t old = n - draw(&st->seed, LATE);

        say(st, n, false, SYC_SYN, 1000 * n, 0);
        if (n < AT_ONCE) {
            answer(st, n);
        } else if (n >= AT_ONCE + LATE) {
            switch (draw(&st->seed, 9)) {
            case 0:
            case 1:
            case 2:
                answer(st, old);
                break;
            case 3:
                say(st, old, true, SYC_RST | SYC_ACK, 0, 1000 * old + 1);
                break;
            case 4:
                say(st, old, false, SYC_SYN, 1000 * old, 0);
                break;
            default:
                break;
            }
        }
    }
}

/* ------------------------------------------------------------ the tables */

static void
run(const struct stream *st, struct kept *k, struct syc_hash_key key, size_t half_open_octets,
    bool gives_way)
{
    const struct syc_table_config config = {.connection_octets = 64 << 20,
                                            .half_open_octets = half_open_octets,
                                            .two_msl_ns = 60 * SYC_NS_PER_S,
                                            .key = key};
    struct syc_table *t =
        syc_table_new(&config,
                      &(struct syc_table_sink){.user = k, .record = on_record, .syn = on_syn});
    struct syc_table_stats stats;
    size_t n;

    assert_non_null(t);
    k->record_count = k->syn_count = 0;
    for (size_t at = 0; at < st->count; at += n) {
        n = st->count - at < SYC_BATCH ? st->count - at : SYC_BATCH;
        syc_table_feed(t, &st->segments[at], n);
    }
    syc_table_finish(t, 0);
    syc_table_stats(t, &stats);
    assert_int_equal(stats.evicted + stats.denied + stats.undescribed, 0);
    assert_int_equal(stats.half_open_evicted > 0, gives_way);
    assert_int_equal(stats.connections, k->record_count);
    syc_table_free(t);
}

/* Under every key the same; the first key's records are what the others are held to. */
static void
all_keys_agree(uint64_t keys, size_t half_open_octets, bool gives_way)
{
    static struct stream st;
    static struct kept kept;
    size_t records, syns;

    st = (struct stream){.seed = 1};
    memset(&kept, 0, sizeof(kept));
    fill(&st);
    run(&st, &kept, (struct syc_hash_key){0, 0}, half_open_octets, gives_way);
    records = kept.record_count;
    syns = kept.syn_count;
    assert_true(syns >= SYNS);
    kept.compares = true;
    for (uint64_t key = 1; key < keys; key++) {
        run(&st, &kept, (struct syc_hash_key){key, ~key}, half_open_octets, gives_way);
        assert_int_equal(kept.record_count, records);
        assert_int_equal(kept.syn_count, syns);
    }
    for (size_t i = 0; i < records; i++) {
        syc_record_free(kept.records[i]);
    }
}

static void
a_flood_leaves_the_same_records_under_every_key(void **state)
{
    (void)state;
    all_keys_agree(KEYS, 4 << 20, false);
}

/* Who gives way is the oldest, and that no key decides. */
static void
a_ring_that_is_full_evicts_the_same_under_every_key(void **state)
{
    (void)state;
    all_keys_agree(FEW_KEYS, 64 << 10, true);
}

int
test_keys_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_leaves_the_same_records_under_every_key),
        cmocka_unit_test(a_ring_that_is_full_evicts_the_same_under_every_key),
    };

    return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
