/*
 * Allocation k fails, for each k of a table's life: it costs a count or at most the segment at hand, what comes after it is
 * followed as if nothing had been, and freeing gives everything back (the sanitizers' build looks for leaks).
 */

#include "tests/unit/connection/talk.h"
#include "tests/unit/failing.h"

#include <string.h>

enum { PORTS = 12, TURNS = 270, KEPT = 64 };

/* ------------------------------------------------------------ conversations */

/* What a table said and what it was told. Records are kept as numbers: a copy would be an allocation. */
struct played {
    struct syc_table *table;
    struct talk t; /* only for what its segments need */
    uint64_t fed, segments, finals, degraded, agents;
    int64_t after[KEPT]; /* of the conversations after the failure: segments and octets of each */
    size_t after_count;
    struct syc_table_stats stats;
};

static void
on_record(void *user, const struct syc_record *r)
{
    struct played *p = user;

    assert_true(r->pkts[0] + r->pkts[1] > 0);
    assert_in_range(r->state, 0, SYC_STATE_COUNT - 1);
    assert_in_range(r->close_kind, 0, SYC_CLOSE_COUNT - 1);
    assert_true(r->dur_us >= 0 && r->exchange_count <= SYC_EXCHANGES_MAX);
    assert_non_null(r->history);
    p->segments += (uint64_t)(r->pkts[0] + r->pkts[1]);
    p->finals += r->part == SYC_NONE || r->final == 1;
    p->degraded += r->degraded != 0;
    p->agents += r->user_agent != NULL && r->header_names != NULL;
    if (r->key.client_port >= 30000 && p->after_count < KEPT) {
        p->after[p->after_count++] =
            (r->pkts[0] + r->pkts[1]) << 32 | (r->payload[0] + r->payload[1]);
    }
}

static void
say(struct played *p, int ms, int who, const char *flags, uint32_t seq, uint32_t ack,
    uint32_t octets)
{
    struct syc_segment s = talk_segment(&p->t, ms, who, flags, seq, ack, octets);

    p->fed++;
    syc_table_feed(p->table, &s, 1);
}

/* Opened, used in turns, with a repeat and a hole, closed. */
static void
whole(struct played *p, int ms, uint16_t port, int turns)
{
    uint32_t c = 1001, s = 5001;

    p->t.client_port = port;
    say(p, ms, CLIENT, "S", 1000, 0, 0);
    say(p, ms + 10, SERVER, "SA", 5000, 1001, 0);
    say(p, ms + 20, CLIENT, "A", c, s, 0);
    for (int i = 0; i < turns; i++) {
        say(p, ms + 30 + i * 20, CLIENT, "PA", c, s, 100);
        c += 100;
        say(p, ms + 35 + i * 20, SERVER, "PA", s + 500, c, 500);
        say(p, ms + 38 + i * 20, SERVER, "A", s, c, 500); /* overtaken */
        s += 1000;
        say(p, ms + 39 + i * 20, SERVER, "A", s - 200, c, 200); /* again */
    }
    ms += 100 + turns * 20;
    say(p, ms, CLIENT, "FA", c, s, 0);
    say(p, ms + 10, SERVER, "FA", s, c + 1, 0);
    say(p, ms + 20, CLIENT, "A", c + 1, s + 1, 0);
}

/* A request in two segments, the second one first; a client of its own for each port. */
static void
request(struct played *p, int ms, uint16_t port)
{
    char octets[] = "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: tool/00000\r\n\r\n";
    size_t n = sizeof octets - 1;
    size_t half = n / 2;
    struct syc_segment s;

    memcpy(strstr(octets, "00000"), (char[]){(char)('0' + port % 7)}, 1);
    p->t.client_port = port;
    say(p, ms, CLIENT, "S", 1000, 0, 0);
    say(p, ms + 10, SERVER, "SA", 5000, 1001, 0);
    for (unsigned i = 2; i-- > 0;) {
        s = talk_segment(&p->t, ms + 30 - (int)i, CLIENT, "A", 1001 + (uint32_t)(i * half), 5001,
                         (uint32_t)(i > 0 ? n - half : half));
        s.payload = (struct syc_span){(uint8_t *)octets + i * half, s.payload_octets};
        p->fed++;
        syc_table_feed(p->table, &s, 1);
    }
    say(p, ms + 40, SERVER, "RA", 5001, 1001 + (uint32_t)n, 0);
}

/* Everything that takes memory: SYNs without answer, many connections, lists, parts, a way of its own, reuse. */
static void
play(struct played *p)
{
    struct syc_segment quoted;

    for (int i = 0; i < PORTS; i++) {
        p->t.client_port = (uint16_t)(20000 + i);
        say(p, i, CLIENT, "S", 1000 + (uint32_t)i, 0, 0);
    }
    for (int i = 0; i < PORTS; i++) {
        whole(p, 1000 + i * 5, (uint16_t)(21000 + i), 3);
    }
    for (int i = 0; i < PORTS; i++) {
        request(p, 2000 + i * 5, (uint16_t)(24000 + i));
    }
    whole(p, 3000, 22000, TURNS);
    whole(p, 20000, 22000, 1); /* the tuple again */
    p->t.client_port = 23000;
    say(p, 21000, SERVER, "PA", 7, 9, 50); /* midstream */
    say(p, 21001, CLIENT, "RA", 9, 57, 0);
    p->t.client_port = 20000;
    quoted = talk_segment(&p->t, 21002, CLIENT, "S", 1000, 0, 0);
    quoted.unreachable = true;
    syc_table_unreachable(p->table, &quoted);
    quoted.path.vlan_count = 1;
    quoted.path.vlan[0] = 7;
    quoted.unreachable = false;
    p->fed++;
    syc_table_feed(p->table, &quoted, 1);
}

/* The same life of a table each time; false when it could not be made. */
static bool
live(struct played *p)
{
    const struct syc_table_config config = {.connection_octets = 8 << 20,
                                            .half_open_octets = 1 << 20,
                                            .two_msl_ns = 60 * SYC_NS_PER_S,
                                            .idle_ns = 3600 * SYC_NS_PER_S};
    const struct syc_table_sink sink = {.user = p, .record = on_record};
    unsigned left;

    memset(p, 0, sizeof *p);
    p->table = syc_table_new(&config, &sink);
    if (p->table == NULL) {
        return false;
    }
    play(p);
    left = fail_at;
    fail_at = 0; /* from here on memory is there again */
    for (uint16_t i = 0; i < PORTS; i++) {
        whole(p, 30000 + i, (uint16_t)(30000 + i), 2);
    }
    fail_at = left;
    syc_table_finish(p->table, 0);
    syc_table_stats(p->table, &p->stats);
    syc_table_free(p->table);
    return true;
}

static void
every_allocation_may_fail(void **state)
{
    struct played good, p;
    uint64_t placed;
    unsigned k = 0;

    (void)state;
    assert_true(live(&good));
    assert_int_equal(good.segments + good.stats.stray_rst, good.fed);
    /* 12 SYNs, 12 connections, 12 requests, 2 connections, 1 midstream, 1 SYN on a VLAN; then 12 more */
    assert_int_equal(good.finals, 12 + 12 + 12 + 2 + 1 + 1 + 12);
    assert_int_equal(good.agents, PORTS);
    assert_int_equal(good.after_count, PORTS);
    do {
        failed = false;
        fail_at = ++k;
        if (!live(&p)) {
            assert_true(failed);
            continue;
        }
        fail_at = 0;
        placed = p.segments + p.stats.stray_rst + p.stats.denied;
        assert_int_equal(p.stats.open + p.stats.half_open, 0);
        assert_int_equal(p.stats.connections, p.finals);
        if (p.stats.evicted + p.stats.half_open_evicted == 0) {
            assert_int_equal(placed, good.fed); /* nothing gave way but what was counted */
        }
        assert_true(placed <= good.fed);
        /* what could not be kept of a request is told: its record says so */
        assert_true(p.agents == good.agents || p.degraded > good.degraded || placed < good.fed ||
                    p.stats.denied > 0);
        assert_int_equal(p.after_count, good.after_count);
        assert_memory_equal(p.after, good.after, sizeof good.after);
    } while (failed);
    assert_true(k > 8); /* index, pools, lists, interned SYNs: the wrappers were called */
}

/* Nobody to count for it: the caller is told. */
static void
a_copy_of_a_record_fails_whole(void **state)
{
    static const struct syc_exchange exchanges[3] = {{.client_octets = 1}};
    struct syc_record r;
    unsigned k = 0;

    (void)state;
    syc_record_init(&r);
    r.history = "ShADadFf";
    r.exchanges = exchanges;
    r.exchange_count = 3;
    do {
        struct syc_record *copy;

        failed = false;
        fail_at = ++k;
        copy = syc_record_copy(&r);
        assert_int_equal(copy == NULL, failed);
        syc_record_free(copy);
    } while (failed);
    assert_true(k > 3);
    for (k = 1;; k++) {
        struct syc_record *copy;
        enum syc_status status;

        fail_at = 0;
        copy = syc_record_copy(&r);
        assert_non_null(copy);
        failed = false;
        fail_at = k;
        status = syc_record_join(copy, &r);
        fail_at = 0;
        assert_int_equal(status, failed ? SYC_NO_MEMORY : SYC_OK);
        assert_int_equal(copy->exchange_count, failed ? 3 : 6);
        assert_string_equal(copy->history, failed ? "ShADadFf" : "ShADadFfShADadFf");
        syc_record_free(copy);
        if (!failed) {
            break;
        }
    }
    assert_true(k > 2);
}

/* Each join copies what was joined before, and a file may hold any number of parts with texts of any length. */
static void
a_joined_history_has_an_end(void **state)
{
    char letters[3001];
    struct syc_record r;
    struct syc_record *whole;

    (void)state;
    fail_at = 0;
    memset(letters, 'D', 3000);
    letters[3000] = 0;
    syc_record_init(&r);
    r.history = "Sh";
    whole = syc_record_copy(&r);
    assert_non_null(whole);
    r.history = letters;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(syc_record_join(whole, &r), SYC_OK);
        assert_int_equal(strlen(whole->history), i == 0 ? 3002 : SYC_HISTORY_JOINED);
    }
    assert_memory_equal(whole->history, "ShDD", 4);
    syc_record_free(whole);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(a_copy_of_a_record_fails_whole),
        cmocka_unit_test(a_joined_history_has_an_end),
    };

    return cmocka_run_group_tests_name("connection/memory", tests, NULL, NULL);
}
