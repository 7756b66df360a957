/* Pools, with the numbers that were measured on real ones (lifecycle 2.3, 3). */

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/lives.h"

#include "behavior/audit_jobs.h"

#include <math.h>
#include <string.h>

static struct lives all;
static struct syc_audit_pair row;

static const struct syc_audit_pool *
pool_of(const struct lives *lives)
{
    struct life_pair p = lives_pair(lives);

    lives_audit(&p, audit_pool_pair, &row);
    return &row.pool;
}

/* ------------------------------------------------------------ runs that were measured */

static void
http10_needs_ten_of_its_601_connections(void **state)
{
    const int64_t taps[] = {0, MS(20)}; /* at the client; at the server, 20 ms away */

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct syc_audit_pool *pool;
        lives_begin(&all, MS(40), taps[i]);
        lives_ab(&all);
        pool = pool_of(&all);
        assert_int_equal(pool->requests, 600);
        assert_string_equal(pool->requests_from, "http1");
        assert_near(pool->per_connection_mean, 600.0 / 601, 1e-9);
        assert_near(pool->per_connection_median, 1, 0);
        assert_int_equal(pool->ideal_60s, 10);
        assert_int_equal(pool->avoidable, 591);
        assert_int_equal(pool->busy_peak, 10);
        assert_int_equal(pool->active_cap, 10);
        assert_int_equal(pool->idle_cap, SYC_NONE);
        assert_true(isnan(pool->idle_timeout_s));
        assert_string_equal(pool->closer, "server");
        /* 6 packets to open and close, of 112 + 60 + 104 + 52 = 328 octets; 40 ms of handshake; a round trip */
        assert_int_equal(pool->saves_packets, 591 * 6);
        assert_int_equal(pool->saves_bytes, 591 * 328);
        assert_int_equal(pool->saves_round_trips, 591);
        assert_near(pool->saves_setup_s, 591 * 0.040, 1e-6);
    }
}

static void
keep_alive_leaves_nothing_to_avoid(void **state)
{
    const struct syc_audit_pool *pool;

    (void)state;
    lives_begin(&all, MS(40), MS(20));
    for (int i = 0; i < 10; i++) {
        lives_open(&all, i * MS(0.2));
        for (int k = 1; k <= 60; k++) {
            lives_turn(&all, i * MS(0.2) + k * MS(40), i * MS(0.2) + (k + 1) * MS(40));
        }
        lives_close(&all, SYC_FIRST_CLIENT, MS(2500));
    }
    pool = pool_of(&all);
    assert_int_equal(pool->requests, 600);
    assert_int_equal(pool->ideal_60s, 10);
    assert_int_equal(pool->avoidable, 0);
    assert_int_equal(pool->active_cap, 10);
    assert_int_equal(pool->per_connection_max, 60);
}

static void
two_free_sockets_close_98_of_100(void **state)
{
    const int64_t taps[] = {0, MS(20)};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct syc_audit_pool *pool;
        lives_begin(&all, MS(40), taps[i]);
        lives_free2(&all);
        assert_int_equal(all.count, 296); /* 100 + 98 + 98 */
        pool = pool_of(&all);
        assert_int_equal(pool->requests, 300);
        assert_int_equal(pool->ideal_60s, 100);
        assert_int_equal(pool->avoidable, 196);
        assert_int_equal(pool->idle_cap, 2);
        assert_int_equal(pool->idle_cap_seen, 2); /* after the third batch the program ends */
        assert_int_equal(pool->active_cap, SYC_NONE);
        assert_int_equal(pool->open_peak, 100);
        assert_string_equal(pool->closer, "client");
    }
}

static void
default_agent_lets_go_a_second_too_early(void **state)
{
    const struct syc_audit_pool *pool;

    (void)state;
    lives_begin(&all, MS(40), 0);
    for (int batch = 0; batch < 3; batch++) {
        for (int i = 0; i < 50; i++) {
            int64_t at = batch * SECONDS(6.5) + i * MS(0.1);
            lives_open(&all, at);
            lives_turn(&all, at + MS(40), at + MS(80));
            lives_close(&all, SYC_FIRST_CLIENT, at + MS(80) + SECONDS(4.0));
        }
    }
    pool = pool_of(&all);
    assert_int_equal(pool->ideal_5s, 150);
    assert_int_equal(pool->ideal_60s, 50);
    assert_int_equal(pool->avoidable, 100);
    assert_near(pool->idle_timeout_s, 4.0, 0.001);
    assert_int_equal(pool->idle_timeout_seen, 150);
    assert_string_equal(pool->closer, "client");
}

static void
a_connection_per_transaction_needs_two_of_201(void **state)
{
    const struct syc_audit_pool *pool;

    (void)state;
    lives_begin(&all, MS(10), MS(5));
    for (int i = 0; i < 201; i++) {
        /* start-up and query; the next begins while this one's query is under way: two busy at once */
        int64_t at = i * MS(25);
        struct life *l = lives_open(&all, at);
        l->protocol = SYC_PROTOCOL_POSTGRESQL;
        l->setup_turns = 1;
        lives_turn(&all, at + MS(10), at + MS(22));
        lives_turn(&all, at + MS(22), at + MS(50));
        l->requests = SYC_NONE;
        lives_close(&all, SYC_FIRST_CLIENT, at + MS(50));
    }
    pool = pool_of(&all);
    assert_int_equal(pool->requests, 201);
    assert_string_equal(pool->requests_from, "turns");
    assert_int_equal(pool->ideal_60s, 2);
    assert_int_equal(pool->avoidable, 199);
}

/* ------------------------------------------------------------ habits and chance */

static void
a_server_timeout_is_read_off_three_closes(void **state)
{
    const struct syc_audit_pool *pool;

    (void)state;
    lives_begin(&all, MS(40), 0);
    for (int i = 0; i < 3; i++) {
        int64_t at = i * SECONDS(5);
        lives_open(&all, at);
        lives_turn(&all, at + MS(40), at + MS(80));
        /* the server waits 3.0 s from when it sent the answer; both take as long to the client */
        lives_close(&all, SYC_FIRST_SERVER, at + MS(80) + SECONDS(3.0));
    }
    pool = pool_of(&all);
    assert_near(pool->idle_timeout_s, 3.0, 0.001);
    assert_string_equal(pool->closer, "server");
}

static void
a_program_that_ends_has_no_idle_timeout(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), 0);
    for (int i = 0; i < 20; i++) {
        int64_t at = i * MS(100);
        lives_open(&all, at);
        lives_turn(&all, at + MS(40), at + MS(80));
        lives_close(&all, SYC_FIRST_CLIENT, SECONDS(5)); /* all at once, after 3.0 to 4.9 s */
    }
    assert_true(isnan(pool_of(&all)->idle_timeout_s));
}

static void
a_peak_by_chance_is_no_cap(void **state)
{
    uint64_t dice = 7;
    int64_t at = 0;

    (void)state;
    lives_begin(&all, MS(20), 0);
    for (int i = 0; i < 1000; i++) {
        at += MS(1 + random_unit(&dice) * 80); /* about 25 connections a second, of 40 ms */
        lives_open(&all, at);
        lives_turn(&all, at + MS(20), at + MS(40));
        lives_close(&all, SYC_FIRST_CLIENT, at + MS(40));
    }
    assert_int_equal(pool_of(&all)->active_cap, SYC_NONE);
    assert_int_equal(row.pool.idle_cap, SYC_NONE);
}

/* ------------------------------------------------------------ what is no work, what is not known */

static void
a_goodbye_is_no_request(void **state)
{
    const struct syc_audit_pool *pool;

    (void)state;
    lives_begin(&all, MS(40), 0);
    for (int i = 0; i < 4; i++) {
        int64_t at = i * SECONDS(10);
        struct life *l = lives_open(&all, at);
        l->protocol = SYC_PROTOCOL_TLS;
        l->setup_turns = 1;
        lives_turn(&all, at + MS(40), at + MS(80));          /* TLS 1.3 handshake */
        lives_turn(&all, at + MS(80), at + MS(120));         /* request */
        lives_burst(&all, at + SECONDS(2), at + SECONDS(2)); /* close_notify */
        l->requests = SYC_NONE;
        lives_close(&all, SYC_FIRST_CLIENT, at + SECONDS(2) + MS(1));
    }
    pool = pool_of(&all);
    assert_int_equal(pool->requests, 4);
    assert_near(pool->idle_timeout_s, 2.0 + 0.001 - 0.120, 0.001);
}

static void
what_is_missing_lowers_the_claim(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), 0);
    for (int i = 0; i < 4; i++) {
        lives_open(&all, i * SECONDS(1));
        lives_turn(&all, i * SECONDS(1) + MS(40), i * SECONDS(1) + MS(80));
        lives_close(&all, SYC_FIRST_CLIENT, SECONDS(20));
    }
    assert_int_equal(pool_of(&all)->ideal_60s, 1); /* one after another */
    assert_int_equal(row.pool.avoidable, 3);
    all.list[0].cut = true; /* busy from its beginning to its close, for all that is known */
    assert_int_equal(pool_of(&all)->ideal_60s, 2);
    assert_int_equal(row.pool.avoidable, 2);
    all.list[1].degraded = 1U << SYC_DEGRADED_GAPS;
    assert_int_equal(pool_of(&all)->avoidable, 1);
    assert_int_equal(row.pool.idle_cap, SYC_NONE);
}

static void
connections_of_before_are_not_avoidable(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), 0);
    lives_ab(&all);
    for (size_t i = 0; i < all.count; i++) {
        struct life *l = &all.list[i];
        l->isn = l->syn_ack = l->established = l->ack = SYC_NONE;
        l->syn_ack_dur = l->ack_dur = l->setup_dur = SYC_NONE;
        l->handshake_seen = false;
        l->degraded = 1U << SYC_DEGRADED_MIDSTREAM;
    }
    assert_int_equal(pool_of(&all)->requests, 600);
    assert_int_equal(row.pool.avoidable, 0);
    assert_true(isnan(row.pool.saves_setup_s)); /* no handshake was seen: none is invented */
}

static void
without_requests_nothing_is_claimed(void **state)
{
    (void)state;
    lives_begin(&all, MS(40), 0);
    for (int i = 0; i < 30; i++) {
        lives_open(&all, i * SECONDS(1));
        lives_close(&all, SYC_FIRST_CLIENT, i * SECONDS(1) + MS(100));
    }
    assert_int_equal(pool_of(&all)->requests, 0);
    assert_null(row.pool.requests_from);
    assert_int_equal(row.pool.ideal_60s, SYC_NONE);
    assert_int_equal(row.pool.avoidable, SYC_NONE);
    assert_int_equal(row.pool.cap_count, 0);
}

static void
later_connections_are_not_spoken_of(void **state)
{
    struct life_pair p;

    (void)state;
    lives_begin(&all, MS(40), 0);
    lives_free2(&all);
    p = lives_pair(&all);
    p.at = LIVES_ORIGIN + SECONDS(0.9); /* after the first batch of 100 */
    lives_audit(&p, audit_pool_pair, &row);
    assert_int_equal(row.pool.requests, 100);
    assert_int_equal(row.pool.avoidable, 0);
    assert_int_equal(row.pool.idle_cap, SYC_NONE);
}

/* ------------------------------------------------------------ the replay */

static void
a_lower_cap_means_waiting(void **state)
{
    const struct syc_audit_pool *pool;

    (void)state;
    lives_begin(&all, MS(10), 0);
    for (int i = 0; i < 4; i++) {
        lives_open(&all, 0);
        lives_turn(&all, MS(10), MS(110)); /* four jobs of 100 ms at once */
        lives_close(&all, SYC_FIRST_CLIENT, MS(120));
    }
    pool = pool_of(&all);
    assert_int_equal(pool->cap_count, 3);
    /* one place: waits of 0, 100, 200, 300 ms; ranks ceil(4 * .5) = 2 and ceil(4 * .95) = 4 */
    assert_int_equal(pool->caps[0].cap, 1);
    assert_int_equal(pool->caps[0].connections, 1);
    assert_near(pool->caps[0].queue_p50_ms, 100, 0);
    assert_near(pool->caps[0].queue_p95_ms, 300, 0);
    /* two places: 0, 0, 100, 100 */
    assert_int_equal(pool->caps[1].connections, 2);
    assert_near(pool->caps[1].queue_p50_ms, 0, 0);
    assert_near(pool->caps[1].queue_p95_ms, 100, 0);
    assert_int_equal(pool->caps[2].cap, 4);
    assert_near(pool->caps[2].queue_p95_ms, 0, 0);
}

enum { DRAWN = 400 };

static void
draw_jobs(struct job *list, uint64_t *dice)
{
    int64_t at = 0;

    for (int i = 0; i < DRAWN; i++) {
        at += (int64_t)(random_unit(dice) * 3000);
        list[i] = (struct job){.from = at, .to = at + 1 + (int64_t)(random_unit(dice) * 20000)};
    }
}

/* Without an idle timeout and a cap, a pool opens as many as there are jobs at once: counted pair by pair here. */
static void
an_ideal_pool_is_the_most_at_once(void **state)
{
    static struct job list[DRAWN];
    static int64_t room[4][DRAWN + 1];
    struct scratch s = {{room[0], room[1], room[2], room[3]}};
    uint64_t dice = 11;

    (void)state;
    for (int round = 0; round < 20; round++) {
        struct jobs jobs = {.list = list, .count = DRAWN};
        struct replay r = audit_replay_over(&s);
        int most = 0;
        draw_jobs(list, &dice);
        for (int i = 0; i < DRAWN; i++) {
            int open = 0;
            for (int k = 0; k <= i; k++) {
                open += list[k].to > list[i].from;
            }
            most = open > most ? open : most;
        }
        assert_int_equal(audit_replay(&r, &jobs, INT64_MAX, 0), most);
        assert_int_equal(r.most_busy, most);
    }
}

/* One place is a queue with one server: each waits for what was left of the one before (Lindley's recursion). */
static void
a_cap_of_one_is_a_queue(void **state)
{
    static struct job list[DRAWN];
    static int64_t room[4][DRAWN + 1];
    struct scratch s = {{room[0], room[1], room[2], room[3]}};
    struct jobs jobs = {.list = list, .count = DRAWN};
    struct replay r = audit_replay_over(&s);
    uint64_t dice = 12;
    int64_t wait = 0;

    (void)state;
    draw_jobs(list, &dice);
    assert_int_equal(audit_replay(&r, &jobs, INT64_MAX, 1), 1);
    for (int i = 0; i < DRAWN; i++) {
        assert_int_equal(r.queue[i], wait);
        if (i + 1 < DRAWN) {
            wait += (list[i].to - list[i].from) - (list[i + 1].from - list[i].from);
            wait = wait > 0 ? wait : 0;
        }
    }
}

static void
short_memory_is_told(void **state)
{
    struct life_pair p;

    (void)state;
    lives_begin(&all, MS(40), 0);
    lives_free2(&all);
    p = lives_pair(&all);
    lives_short_of_memory(&p, audit_pool_pair);
}

int
test_audit_pool_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http10_needs_ten_of_its_601_connections),
        cmocka_unit_test(keep_alive_leaves_nothing_to_avoid),
        cmocka_unit_test(two_free_sockets_close_98_of_100),
        cmocka_unit_test(default_agent_lets_go_a_second_too_early),
        cmocka_unit_test(a_connection_per_transaction_needs_two_of_201),
        cmocka_unit_test(a_server_timeout_is_read_off_three_closes),
        cmocka_unit_test(a_program_that_ends_has_no_idle_timeout),
        cmocka_unit_test(a_peak_by_chance_is_no_cap),
        cmocka_unit_test(a_goodbye_is_no_request),
        cmocka_unit_test(what_is_missing_lowers_the_claim),
        cmocka_unit_test(connections_of_before_are_not_avoidable),
        cmocka_unit_test(without_requests_nothing_is_claimed),
        cmocka_unit_test(later_connections_are_not_spoken_of),
        cmocka_unit_test(a_lower_cap_means_waiting),
        cmocka_unit_test(an_ideal_pool_is_the_most_at_once),
        cmocka_unit_test(a_cap_of_one_is_a_queue),
        cmocka_unit_test(short_memory_is_told),
    };

    return cmocka_run_group_tests_name("audit_pool", tests, NULL, NULL);
}
