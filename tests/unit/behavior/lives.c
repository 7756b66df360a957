/* Lives made by hand. */

#include "tests/unit/behavior/lives.h"

#include <string.h>

void
lives_begin(struct lives *all, int64_t trip, int64_t to_tap)
{
    memset(all, 0, sizeof(*all));
    all->trip = trip;
    all->to_tap = to_tap;
}

static struct life *
newest(struct lives *all)
{
    assert_true(all->count > 0);
    return &all->list[all->count - 1];
}

/* Everything unknown; counters of a connection that did nothing. */
static struct life *
blank(struct lives *all, int64_t at)
{
    struct life *l = &all->list[all->count++];

    assert_true(all->count <= LIVES);
    *l = (struct life){.start = LIVES_ORIGIN + at + all->to_tap,
                       .isn = 1000 + (int64_t)all->count,
                       .client_port = (uint16_t)(32768 + all->count),
                       .exchanges = &all->exchanges[all->exchange_count],
                       .flights = &all->flights[all->flight_count],
                       .protocol = SYC_PROTOCOL_HTTP1,
                       .close_kind = SYC_CLOSE_OPEN,
                       .close_first = SYC_FIRST_NONE,
                       .rst_by = UINT8_MAX,
                       .rst_class = SYC_RST_CLASS_COUNT,
                       .client_known = true,
                       .syn_time_count = 1,
                       .syn_count = 1};
    l->end = l->syn_times[0] = l->start;
    l->syn_ack = l->established = l->ack = l->first_data_acked = SYC_NONE;
    l->syn_ack_dur = l->ack_dur = l->setup_dur = SYC_NONE;
    l->rst_at = l->unreachable_at = l->challenge = l->syn_cookie_jump_ms = SYC_NONE;
    for (int side = 0; side < 2; side++) {
        l->rtt_min_dur[side] = l->first_payload[side] = SYC_NONE;
        l->fin[side] = l->fin_acked[side] = l->wait[side].enter = l->wait[side].killed = SYC_NONE;
        l->segment_max[side] = SYC_NONE;
        l->window_peak[side] = 1 << 20;
    }
    return l;
}

struct life *
lives_open(struct lives *all, int64_t at)
{
    struct life *l = blank(all, at);

    l->handshake_seen = true;
    l->syn_ack = LIVES_ORIGIN + at + all->trip - all->to_tap;
    l->syn_ack_dur = l->syn_ack - l->start;
    l->established = l->ack = l->end = LIVES_ORIGIN + at + all->trip + all->to_tap;
    l->ack_dur = l->ack - l->syn_ack;
    l->setup_dur = all->trip;
    l->pkts[0] = 2;
    l->pkts[1] = 1;
    l->control_pkts[0] = 2;
    l->control_pkts[1] = 1;
    l->control_bytes[0] = 112;
    l->control_bytes[1] = 60;
    return l;
}

struct life *
lives_silent(struct lives *all, int64_t at, const double *seconds, size_t n)
{
    struct life *l = blank(all, at);

    l->close_kind = SYC_CLOSE_NO_ANSWER;
    l->pkts[0] = l->control_pkts[0] = (int64_t)n;
    l->retrans_syn[0] = (int64_t)n - 1;
    l->syn_count = l->syn_time_count = (uint8_t)n;
    for (size_t i = 0; i < n; i++) {
        l->syn_times[i] = l->start + SECONDS(seconds[i]);
        l->end = l->syn_times[i];
    }
    return l;
}

static struct syc_exchange *
next_exchange(struct lives *all)
{
    assert_true(all->exchange_count < LIVES_EXCHANGES);
    newest(all)->exchange_count++;
    return &all->exchanges[all->exchange_count++];
}

static void
add_payload(struct life *l, int side, int64_t at, int64_t octets, int64_t segments)
{
    if (l->first_payload[side] == SYC_NONE) {
        l->first_payload[side] = at;
    }
    l->pkts[side] += segments;
    l->data_segments[side] += segments;
    l->payload[side] += octets;
    l->unique_payload[side] += octets;
    l->end = at > l->end ? at : l->end;
}

void
lives_turn(struct lives *all, int64_t from, int64_t to)
{
    struct life *l = newest(all);
    struct syc_exchange *x = next_exchange(all);

    *x = (struct syc_exchange){.offset_us = LIVES_ORIGIN + from + all->to_tap - l->start,
                               .client_octets = 100,
                               .client_packets = 1,
                               .answered = 1,
                               .answer_offset_us = LIVES_ORIGIN + to - all->to_tap - l->start,
                               .first_flight_octets = 2000,
                               .server_octets = 2000,
                               .server_packets = 2};
    l->segment_max[1] = 1448;
    add_payload(l, 0, l->start + x->offset_us, 100, 1);
    add_payload(l, 1, l->start + x->answer_offset_us, 2000, 2);
    l->first_data_acked = l->first_payload[1];
    l->pkts[0]++;
    l->requests++;
}

void
lives_burst(struct lives *all, int64_t from, int64_t to)
{
    struct life *l = newest(all);
    struct syc_exchange *x = next_exchange(all);

    *x = (struct syc_exchange){.offset_us = LIVES_ORIGIN + from + all->to_tap - l->start,
                               .client_dur_us = to - from,
                               .client_octets = 31,
                               .client_packets = 1};
    add_payload(l, 0, l->start + x->offset_us + x->client_dur_us, 31, 1);
}

void
lives_response(struct lives *all, const struct lives_answer *a)
{
    struct life *l = newest(all);
    struct syc_exchange *x;
    size_t n = 0;

    lives_turn(all, a->request, a->request);
    x = &all->exchanges[all->exchange_count - 1];
    x->answer_offset_us = LIVES_ORIGIN + a->answer - l->start;
    x->server_octets = x->server_packets = 0;
    for (; a->flights[n] > 0; n++) {
        struct syc_flight f = {.offset_us = x->answer_offset_us + (int64_t)n * a->apart,
                               .dur_us = (a->flights[n] - 1) * a->inside,
                               .gap_max_us = a->flights[n] > 1 ? a->inside : 0,
                               .segments = a->flights[n],
                               .octets = a->flights[n] * 1448};
        assert_true(all->flight_count < LIVES_FLIGHTS);
        all->flights[all->flight_count + n] = f;
        x->server_packets += f.segments;
        x->server_octets += f.octets;
        x->server_dur_us = f.offset_us + f.dur_us - x->answer_offset_us;
    }
    all->flight_count += n > 1 ? n : 0;
    l->flight_count += n > 1 ? (uint32_t)n : 0;
    l->end = l->start + x->answer_offset_us + x->server_dur_us;
}

void
lives_close(struct lives *all, enum syc_first closer, int64_t at)
{
    struct life *l = newest(all);
    bool client = closer == SYC_FIRST_CLIENT;
    int first = client ? SYC_TOSERVER : SYC_TOCLIENT;
    int64_t other = client ? at + all->trip - all->to_tap : at + all->to_tap;

    l->fin[first] = LIVES_ORIGIN + (client ? at + all->to_tap : at - all->to_tap);
    l->fin[1 - first] = l->fin_acked[first] = LIVES_ORIGIN + other;
    l->fin_acked[1 - first] = LIVES_ORIGIN + at + all->trip;
    l->wait[first].enter = l->fin_acked[1 - first];
    l->end = l->fin_acked[1 - first];
    l->close_first = (uint8_t)closer;
    l->close_kind = client ? SYC_CLOSE_CLIENT_FIRST : SYC_CLOSE_SERVER_FIRST;
    l->pkts[first] += 2;
    l->pkts[1 - first] += 1;
    l->control_pkts[first] += 2;
    l->control_pkts[1 - first] += 1;
    l->control_bytes[first] += 104;
    l->control_bytes[1 - first] += 52;
}

struct life_pair
lives_pair(const struct lives *all)
{
    struct life_pair p = {.ip_v = 4,
                          .server_port = 8080,
                          .lives = all->list,
                          .count = all->count,
                          .two_msl = {SECONDS(60), SECONDS(60)},
                          .rtt_min_dur = all->trip,
                          .at = INT64_MAX,
                          .origin = LIVES_ORIGIN,
                          .last = LIVES_ORIGIN};

    for (size_t i = 0; i < all->count; i++) {
        p.last = all->list[i].end > p.last ? all->list[i].end : p.last;
    }
    return p;
}

void
lives_audit(const struct life_pair *p, lives_part part, struct syc_audit_pair *out)
{
    struct audit_work w = {0};

    memset(out, 0, sizeof(*out));
    assert_true(part(p, &w, out));
    syc_arena_fini(&w.scratch);
    syc_arena_fini(&w.arena);
    syc_arena_fini(&w.lasting);
}

void
lives_short_of_memory(const struct life_pair *p, lives_part part)
{
    static struct syc_audit_pair out;
    uint64_t k = 0;
    bool done = false;

    while (!done) {
        struct audit_work w = {0};
        fail_allocations(++k, UINT64_MAX);
        done = part(p, &w, &out);
        fail_allocations(0, 0);
        syc_arena_fini(&w.scratch);
        syc_arena_fini(&w.arena);
        syc_arena_fini(&w.lasting);
        assert_true(k < 1000);
    }
    assert_true(k > 1); /* it asks for memory at all */
}

/* ------------------------------------------------------------ conversations */

void
lives_ab(struct lives *all)
{
    enum { WORKERS = 10, ROUNDS = 60 };
    int64_t last = 0;

    for (int round = 0; round < ROUNDS; round++) {
        for (int worker = 0; worker < WORKERS; worker++) {
            int64_t at = round * (2 * all->trip + MS(0.1)) + worker * MS(0.2);
            lives_open(all, at);
            lives_turn(all, at + all->trip, at + 2 * all->trip);
            lives_close(all, SYC_FIRST_SERVER, at + 2 * all->trip);
            last = at + 2 * all->trip;
        }
    }
    lives_open(all, last);
    lives_close(all, SYC_FIRST_CLIENT, last + all->trip);
}

void
lives_free2(struct lives *all)
{
    const int64_t batch = SECONDS(1);

    for (int i = 0; i < 2; i++) {
        lives_open(all, i * MS(0.1));
        lives_turn(all, all->trip + i * MS(0.1), 2 * all->trip + i * MS(0.1));
        lives_turn(all, batch + i * MS(0.1), batch + all->trip + i * MS(0.1));
        lives_turn(all, 2 * batch + i * MS(0.1), 2 * batch + all->trip + i * MS(0.1));
        lives_close(all, SYC_FIRST_CLIENT, 2 * batch + SECONDS(5));
    }
    for (int k = 0; k < 3; k++) {
        for (int i = 2; i < 100; i++) {
            int64_t at = k * batch + i * MS(0.1);
            lives_open(all, at);
            lives_turn(all, at + all->trip, at + 2 * all->trip);
            lives_close(all, SYC_FIRST_CLIENT, at + 2 * all->trip + MS(1));
        }
    }
}
