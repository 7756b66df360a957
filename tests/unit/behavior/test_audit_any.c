/* Whatever numbers lives carry, the parts answer without fault and within what the numbers allow. */

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/lives.h"

#include <math.h>
#include <string.h>

enum { ROUNDS = 300, MOST_LIVES = 40, MOST_TURNS = 6, FINDINGS = 32 };

static struct lives all;
static struct syc_audit_pair row;

/* Small numbers mostly, at times none, a negative one, or one as large as the store lets through. */
static int64_t
any_number(uint64_t *dice)
{
    switch (random_bits(dice) % 12) {
    case 0:
        return SYC_NONE;
    case 1:
        return INT64_C(1) << 44;
    case 2:
        return -1;
    case 3:
    case 4:
        return 0;
    default:
        return (int64_t)(random_bits(dice) % 2000);
    }
}

static int64_t
any_time(uint64_t *dice, int64_t start)
{
    switch (random_bits(dice) % 10) {
    case 0:
    case 1:
        return SYC_NONE;
    case 2:
        return start;
    case 3:
        return start + (INT64_C(1) << 59);
    default:
        return start + (int64_t)(random_bits(dice) % (uint64_t)SECONDS(30));
    }
}

static void
any_exchange(uint64_t *dice, struct syc_exchange *x)
{
    *x = (struct syc_exchange){.offset_us = (int64_t)(random_bits(dice) % (uint64_t)SECONDS(20)),
                               .client_dur_us = any_number(dice),
                               .client_octets = any_number(dice),
                               .client_packets = any_number(dice),
                               .answered = (int64_t)(random_bits(dice) % 2),
                               .answer_offset_us =
                                   (int64_t)(random_bits(dice) % (uint64_t)SECONDS(20)),
                               .first_flight_octets = any_number(dice),
                               .server_dur_us = any_number(dice),
                               .server_octets = any_number(dice),
                               .server_packets = any_number(dice)};
}

static void
any_flight(uint64_t *dice, struct syc_flight *f)
{
    *f = (struct syc_flight){.offset_us = (int64_t)(random_bits(dice) % (uint64_t)SECONDS(20)),
                             .dur_us = any_number(dice),
                             .gap_max_us = any_number(dice),
                             .segments = any_number(dice),
                             .octets = any_number(dice),
                             .retransmitted = any_number(dice),
                             .window_limited = (int64_t)(random_bits(dice) % 2)};
}

static void
any_counters(uint64_t *dice, struct life *l)
{
    int64_t *const each[] = {l->pkts,          l->bytes,        l->payload,       l->unique_payload,
                             l->data_segments, l->control_pkts, l->control_bytes, l->retrans_data,
                             l->retrans_fast,  l->retrans_rto,  l->retrans_syn,   l->retrans_fin,
                             l->window_peak,   l->segment_max,  l->rtt_min_dur};

    for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        each[i][0] = any_number(dice);
        each[i][1] = any_number(dice);
    }
    l->retrans_syn_after_ack = any_number(dice);
    l->syn_cookie_jump_ms = any_number(dice);
    l->never_acked_octets = any_number(dice);
    l->never_acked_repeats = any_number(dice);
    l->requests = any_number(dice);
    l->setup_turns = any_number(dice);
    l->race = (int64_t)(random_bits(dice) % 2);
    l->syn_ack_dur = any_number(dice);
    l->ack_dur = any_number(dice);
    l->setup_dur = any_number(dice);
}

static void
any_life(uint64_t *dice, struct life *l, int64_t start)
{
    *l = (struct life){.start = start,
                       .isn = any_number(dice),
                       .protocol = (uint8_t)(random_bits(dice) % SYC_PROTOCOL_COUNT),
                       .close_kind = (uint8_t)(random_bits(dice) % SYC_CLOSE_COUNT),
                       .close_first = (uint8_t)(random_bits(dice) % SYC_FIRST_COUNT),
                       .rst_by = (uint8_t)(random_bits(dice) % 3),
                       .handshake_seen = random_bits(dice) % 2,
                       .cut = random_bits(dice) % 16 == 0,
                       .degraded =
                           random_bits(dice) % 4 == 0 ? (uint32_t)random_bits(dice) & 0x1ff : 0,
                       .syn_time_count = (uint8_t)(random_bits(dice) % (SYC_SYN_TIMES_MAX + 1)),
                       .exchanges = &all.exchanges[all.exchange_count],
                       .exchange_count = (uint32_t)(random_bits(dice) % MOST_TURNS),
                       .flights = &all.flights[all.flight_count],
                       .flight_count = (uint32_t)(random_bits(dice) % MOST_TURNS)};
    any_counters(dice, l);
    l->end = any_time(dice, start);
    l->end = l->end != SYC_NONE ? l->end : start;
    l->syn_ack = any_time(dice, start);
    l->established = any_time(dice, start);
    l->ack = any_time(dice, start);
    l->first_data_acked = any_time(dice, start);
    l->rst_at = any_time(dice, start);
    l->unreachable_at = any_time(dice, start);
    for (int side = 0; side < 2; side++) {
        l->first_payload[side] = any_time(dice, start);
        l->fin[side] = any_time(dice, start);
        l->fin_acked[side] = any_time(dice, start);
        l->wait[side].enter = any_time(dice, start);
    }
    for (size_t i = 0; i < l->syn_time_count; i++) {
        l->syn_times[i] = start + (int64_t)i * (int64_t)(random_bits(dice) % (uint64_t)SECONDS(3));
    }
    for (uint32_t i = 0; i < l->exchange_count; i++) {
        any_exchange(dice, &all.exchanges[all.exchange_count++]);
    }
    for (uint32_t i = 0; i < l->flight_count; i++) {
        any_flight(dice, &all.flights[all.flight_count++]);
    }
}

static void
assert_share(double ratio)
{
    assert_true(isnan(ratio) || (ratio >= 0 && ratio <= 1));
}

static void
assert_within(const struct life_pair *p)
{
    const struct syc_audit_pool *pool = &row.pool;
    int64_t n = (int64_t)p->count;

    assert_true(row.handshake.refused + row.handshake.unreachable + row.handshake.no_answer +
                    row.handshake.half_open + row.handshake.ghost <=
                n);
    assert_true(row.handshake.overflow <= n);
    assert_true(pool->avoidable == SYC_NONE || (pool->avoidable >= 0 && pool->avoidable <= n));
    assert_true(pool->ideal_5s >= pool->ideal_60s);
    assert_true(pool->open_peak <= n && pool->cap_count <= SYC_CAP_ROWS);
    for (size_t i = 1; i < pool->cap_count; i++) {
        assert_true(pool->caps[i].cap > pool->caps[i - 1].cap);
        assert_true(pool->caps[i].queue_p95_ms <= pool->caps[i - 1].queue_p95_ms);
    }
    if (pool->cap_count > 0) {
        assert_near(pool->caps[pool->cap_count - 1].queue_p95_ms, 0, 0);
    }
    assert_share(row.overhead.setup_latency_ratio);
    assert_true(row.slow_start.one_flight <= row.slow_start.responses);
    assert_true(isnan(row.loss.goodput_bps) || row.loss.goodput_bps >= 0);
}

static void
any_lives_are_read_without_fault(void **state)
{
    static struct syc_finding found[FINDINGS];
    uint64_t dice = 2026;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct life_pair p;
        struct audit_work w = {0};
        size_t n = 1 + random_bits(&dice) % MOST_LIVES;
        lives_begin(&all, MS(40), 0);
        for (size_t i = 0; i < n; i++) {
            any_life(&dice, &all.list[all.count++],
                     LIVES_ORIGIN +
                         (int64_t)i * (int64_t)(random_bits(&dice) % (uint64_t)SECONDS(2)));
        }
        p = lives_pair(&all);
        p.at = random_bits(&dice) % 2
                   ? INT64_MAX
                   : LIVES_ORIGIN + (int64_t)(random_bits(&dice) % (uint64_t)SECONDS(60));
        p.rtt_min_dur = any_number(&dice);
        memset(&row, 0, sizeof(row));
        assert_true(audit_handshake_pair(&p, &w, &row) && audit_pool_pair(&p, &w, &row) &&
                    audit_overhead_pair(&p, &w, &row) && audit_slow_start_pair(&p, &w, &row) &&
                    audit_loss_pair(&p, &w, &row));
        assert_within(&p);
        n = audit_findings_pair(&p, &row, found, FINDINGS);
        for (size_t i = 0; i < n; i++) {
            assert_true(strlen(found[i].text) < SYC_FINDING_TEXT);
        }
        syc_arena_fini(&w.scratch);
    }
}

int
test_audit_any_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_lives_are_read_without_fault),
    };

    return cmocka_run_group_tests_name("audit_any", tests, NULL, NULL);
}
