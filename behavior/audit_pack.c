/* Packing records for the audit. */

#include "behavior/audit_pack.h"

#include <string.h>

/* How a number is expected to be, from numbers above it in the list. */
enum guess {
    GUESS_NONE, /* unknown */
    GUESS_ZERO,
    GUESS_ONE,
    GUESS_SAME, /* as another number */
    GUESS_TRIP, /* sum of the two legs of the handshake */
    GUESS_SEQ,  /* the client's ISN, SYN, payload and FIN */
};

struct field {
    uint16_t offset, other;
    uint8_t guess;
};

/* clang-format off */
#define AT(member) (uint16_t)offsetof(struct syc_record, member)
#define NONE(member) {AT(member), 0, GUESS_NONE}
#define ZERO(member) {AT(member), 0, GUESS_ZERO}
#define ONE(member) {AT(member), 0, GUESS_ONE}
#define SAME(member, as) {AT(member), AT(as), GUESS_SAME}
#define TRIP(member) {AT(member), 0, GUESS_TRIP}
#define SEQ(member) {AT(member), 0, GUESS_SEQ}
static const struct field fields[] = {
    ONE(client_known), ONE(final), ONE(handshake_seen), ONE(syn_count),
    NONE(syn_ack_dur_us), NONE(ack_dur_us), TRIP(setup_dur_us), SAME(ack_us, setup_dur_us),
    SAME(established_us, ack_us), SAME(rtt_min_dur_us[0], syn_ack_dur_us), SAME(rtt_min_dur_us[1], ack_dur_us),
    SAME(first_payload_us[0], ack_us), SAME(first_payload_us[1], first_payload_us[0]),
    SAME(first_data_acked_us, first_payload_us[1]), SAME(fin_us[0], first_payload_us[1]), SAME(fin_us[1], fin_us[0]),
    SAME(fin_acked_us[0], fin_us[1]), SAME(fin_acked_us[1], fin_acked_us[0]), SAME(dur_us, fin_acked_us[1]),
    NONE(rst_by), NONE(rst_at_us), NONE(rst_class), NONE(unreachable_at_us), NONE(challenge_us),
    ZERO(unique_payload[0]), ZERO(unique_payload[1]),
    SAME(payload[0], unique_payload[0]), SAME(payload[1], unique_payload[1]), SEQ(seq_end[0]), NONE(seq_end[1]),
    NONE(ts_last_val[0]), NONE(ts_last_val[1]), SAME(syn_own[0].ts_val, ts_last_val[0]),
    ZERO(pkts[0]), SAME(pkts[1], pkts[0]), SAME(bytes[0], unique_payload[0]), SAME(bytes[1], unique_payload[1]),
    ZERO(data_segments[0]), ZERO(data_segments[1]), ZERO(control_pkts[0]), ZERO(control_pkts[1]),
    ZERO(control_bytes[0]), SAME(control_bytes[1], control_bytes[0]),
    ZERO(retrans_data[0]), ZERO(retrans_data[1]), ZERO(retrans_fast[0]), ZERO(retrans_fast[1]), ZERO(retrans_rto[0]),
    ZERO(retrans_rto[1]), ZERO(retrans_syn[0]), ZERO(retrans_syn[1]), ZERO(retrans_fin[0]), ZERO(retrans_fin[1]),
    ZERO(retrans_syn_after_ack), NONE(syn_cookie_jump_ms), ZERO(never_acked_octets), ZERO(never_acked_repeats),
    NONE(requests), ZERO(setup_turns), ZERO(race), NONE(window_peak[0]), NONE(window_peak[1]), NONE(segment_max[0]),
    NONE(segment_max[1]), NONE(protocol), NONE(close_kind), NONE(close_first), NONE(cut_exchanges), NONE(cut_flights),
};
/* clang-format on */

enum {
    FIELDS = sizeof(fields) / sizeof(fields[0]),
    BITMAP = (FIELDS + 7) / 8,
    VARINT_MOST = 10,
    /* note, degraded; 16 SYN times; the first SYN+ACK; two waits of four numbers and 4 spans; list counts */
    REST_MOST =
        VARINT_MOST * (4 + 1 + SYC_SYN_TIMES_MAX + 1 + 1 + 2 * (4 + 2 * SYC_RESTARTS_MAX) + 2),
    EXCHANGE_NUMBERS = 9,
    FLIGHT_NUMBERS = 7,
};

static int64_t
number_at(const struct syc_record *r, uint16_t offset)
{
    return *(const int64_t *)((const char *)r + offset);
}

/* Far beyond any real number, and small enough that sums and differences of a few cannot overflow. */
static int64_t
held(int64_t v)
{
    const int64_t most = INT64_C(1) << 60;

    if (v == SYC_NONE) {
        return v;
    }
    return v > most ? most : v < -most ? -most : v;
}

/* Reads only numbers that stand above f in the list. */
static int64_t
expected(const struct syc_record *r, const struct field *f)
{
    switch ((enum guess)f->guess) {
    case GUESS_NONE:
        return SYC_NONE;
    case GUESS_ZERO:
        return 0;
    case GUESS_ONE:
        return 1;
    case GUESS_SAME:
        return held(number_at(r, f->other));
    case GUESS_TRIP:
        return r->syn_ack_dur_us != SYC_NONE && r->ack_dur_us != SYC_NONE
                   ? held(held(r->syn_ack_dur_us) + held(r->ack_dur_us))
                   : SYC_NONE;
    case GUESS_SEQ:
        return (int64_t)(uint32_t)((uint64_t)held(r->isn) + 1 +
                                   (uint64_t)held(r->unique_payload[0]) +
                                   (r->fin_us[0] != SYC_NONE));
    }
    return SYC_NONE;
}

/* ------------------------------------------------------------ writing */

/* A number that may be unknown: 0, else 1 + what it is more than base. */
static uint8_t *
put_number(uint8_t *p, int64_t v, int64_t base)
{
    v = held(v);
    if (v == SYC_NONE) {
        return varint_put(p, 0);
    }
    return varint_put(p, 1 + zigzag(v - (base == SYC_NONE ? 0 : base)));
}

static uint8_t *
put_times(uint8_t *p, const int64_t *times, size_t count)
{
    int64_t before = 0;

    p = varint_put(p, count);
    for (size_t i = 0; i < count; i++) {
        p = varint_put(p, zigzag(held(times[i]) - before));
        before = held(times[i]);
    }
    return p;
}

static uint8_t *
put_wait(uint8_t *p, const struct syc_time_wait *w, int64_t near)
{
    size_t spans =
        w->restart_count < 0 || w->restart_count > SYC_RESTARTS_MAX ? 0 : (size_t)w->restart_count;

    p = varint_put(p, (uint64_t)(w->side == SYC_TOCLIENT) | spans << 1);
    p = put_number(p, w->enter_us, near);
    p = put_number(p, w->killed_us, near);
    return put_times(p, &w->restarts_us[0][0], spans * 2);
}

static uint8_t *
put_lists(uint8_t *p, const struct syc_record *r)
{
    int64_t before = 0;

    for (size_t i = 0; i < r->exchange_count; i++) {
        const struct syc_exchange *x = &r->exchanges[i];
        const int64_t *v = &x->offset_us;
        p = varint_put(p, zigzag(held(v[0]) - before) << 1 | (x->answered != 0));
        before = held(v[0]);
        for (size_t k = 1; k <= 3; k++) {
            p = varint_put(p, zigzag(held(v[k])));
        }
        if (x->answered != 0) {
            p = varint_put(p, zigzag(held(x->answer_offset_us) - before));
            p = varint_put(p, zigzag(held(x->first_flight_octets)));
            p = varint_put(p, zigzag(held(x->server_dur_us)));
            p = varint_put(p, zigzag(held(x->server_octets) - held(x->first_flight_octets)));
            p = varint_put(p, zigzag(held(x->server_packets)));
        }
    }
    before = 0;
    for (size_t i = 0; i < r->flight_count; i++) {
        const int64_t *v = &r->flights[i].offset_us;
        p = varint_put(p, zigzag(held(v[0]) - before));
        before = held(v[0]);
        for (size_t k = 1; k < FLIGHT_NUMBERS; k++) {
            p = varint_put(p, zigzag(held(v[k])));
        }
    }
    return p;
}

size_t
audit_pack_room(const struct syc_record *r)
{
    return BITMAP +
           VARINT_MOST *
               (FIELDS + EXCHANGE_NUMBERS * r->exchange_count + FLIGHT_NUMBERS * r->flight_count) +
           REST_MOST;
}

size_t
audit_pack(const struct syc_record *r, const struct packed_note *note, uint8_t *out)
{
    uint8_t *p = out + BITMAP;
    size_t syns = r->syn_time_count <= SYC_SYN_TIMES_MAX ? r->syn_time_count : SYC_SYN_TIMES_MAX;
    size_t waits = r->time_wait_count <= 2 ? r->time_wait_count : 2;

    memset(out, 0, BITMAP);
    for (size_t i = 0; i < FIELDS; i++) {
        int64_t v = held(number_at(r, fields[i].offset));
        int64_t guess = expected(r, &fields[i]);
        if (v != guess) {
            out[i / 8] |= (uint8_t)(1U << i % 8);
            p = put_number(p, v, guess);
        }
    }
    p = varint_put(p, (uint64_t)note->syn[0] + 1);
    p = varint_put(p, (uint64_t)note->syn[1] + 1);
    p = varint_put(p, r->degraded);
    p = put_times(p, r->syn_times_us, syns);
    p = put_number(p, r->syn_ack_time_count > 0 ? r->syn_ack_times_us[0] : SYC_NONE,
                   held(r->syn_ack_dur_us));
    p = varint_put(p, waits);
    for (size_t i = 0; i < waits; i++) {
        p = put_wait(p, &r->time_wait[i], held(r->dur_us));
    }
    p = varint_put(p, r->exchange_count);
    p = varint_put(p, r->flight_count);
    return (size_t)(put_lists(p, r) - out);
}

/* ------------------------------------------------------------ reading */

static const uint8_t *
get_number(const uint8_t *p, int64_t base, int64_t *v)
{
    uint64_t raw;

    p = varint_get(p, &raw);
    *v = raw == 0 ? SYC_NONE : unzigzag(raw - 1) + (base == SYC_NONE ? 0 : base);
    return p;
}

static const uint8_t *
get_signed(const uint8_t *p, int64_t base, int64_t *v)
{
    uint64_t raw;

    p = varint_get(p, &raw);
    *v = unzigzag(raw) + base;
    return p;
}

static const uint8_t *
get_times(const uint8_t *p, int64_t *times, size_t *count)
{
    uint64_t n;
    int64_t before = 0;

    p = varint_get(p, &n);
    *count = (size_t)n;
    for (size_t i = 0; i < *count; i++) {
        p = get_signed(p, before, &times[i]);
        before = times[i];
    }
    return p;
}

static const uint8_t *
get_wait(const uint8_t *p, struct syc_time_wait *w, int64_t near)
{
    uint64_t head;
    size_t count;

    *w = (struct syc_time_wait){0};
    p = varint_get(p, &head);
    w->side = head & 1 ? SYC_TOCLIENT : SYC_TOSERVER;
    w->restart_count = (int64_t)(head >> 1);
    p = get_number(p, near, &w->enter_us);
    p = get_number(p, near, &w->killed_us);
    return get_times(p, &w->restarts_us[0][0], &count);
}

static const uint8_t *
get_rest(const uint8_t *p, struct syc_record *r, struct packed_note *note,
         struct packed_lists *lists)
{
    uint64_t v[3];
    size_t count;

    for (size_t i = 0; i < 3; i++) {
        p = varint_get(p, &v[i]);
    }
    note->syn[0] = (uint32_t)(v[0] - 1);
    note->syn[1] = (uint32_t)(v[1] - 1);
    r->degraded = (uint32_t)v[2];
    p = get_times(p, r->syn_times_us, &count);
    r->syn_time_count = (uint8_t)count;
    p = get_number(p, r->syn_ack_dur_us, &r->syn_ack_times_us[0]);
    r->syn_ack_time_count = r->syn_ack_times_us[0] != SYC_NONE;
    p = varint_get(p, &v[0]);
    r->time_wait_count = (uint8_t)v[0];
    for (size_t i = 0; i < r->time_wait_count; i++) {
        p = get_wait(p, &r->time_wait[i], r->dur_us);
    }
    p = varint_get(p, &v[0]);
    p = varint_get(p, &v[1]);
    *lists = (struct packed_lists){(size_t)v[0], (size_t)v[1]};
    return p;
}

const uint8_t *
audit_unpack(const uint8_t *in, struct syc_record *r, struct packed_note *note,
             struct packed_lists *lists)
{
    const uint8_t *p = in + BITMAP;

    for (size_t i = 0; i < FIELDS; i++) {
        int64_t *v = (int64_t *)((char *)r + fields[i].offset);
        int64_t guess = expected(r, &fields[i]);
        if (in[i / 8] & 1U << i % 8) {
            p = get_number(p, guess, v);
        } else {
            *v = guess;
        }
    }
    return get_rest(p, r, note, lists);
}

static const uint8_t *
get_exchange(const uint8_t *p, struct syc_exchange *x, int64_t before)
{
    uint64_t head;

    *x = (struct syc_exchange){0};
    p = varint_get(p, &head);
    x->offset_us = unzigzag(head >> 1) + before;
    x->answered = head & 1;
    p = get_signed(p, 0, &x->client_dur_us);
    p = get_signed(p, 0, &x->client_octets);
    p = get_signed(p, 0, &x->client_packets);
    if (x->answered) {
        p = get_signed(p, x->offset_us, &x->answer_offset_us);
        p = get_signed(p, 0, &x->first_flight_octets);
        p = get_signed(p, 0, &x->server_dur_us);
        p = get_signed(p, x->first_flight_octets, &x->server_octets);
        p = get_signed(p, 0, &x->server_packets);
    }
    return p;
}

void
audit_unpack_lists(const uint8_t *in, const struct packed_lists *lists,
                   struct syc_exchange *exchanges, struct syc_flight *flights)
{
    const uint8_t *p = in;
    int64_t before = 0;

    for (size_t i = 0; i < lists->exchanges; i++) {
        p = get_exchange(p, &exchanges[i], before);
        before = exchanges[i].offset_us;
    }
    before = 0;
    for (size_t i = 0; i < lists->flights; i++) {
        int64_t *v = &flights[i].offset_us;
        p = get_signed(p, before, &v[0]);
        before = v[0];
        for (size_t k = 1; k < FLIGHT_NUMBERS; k++) {
            p = get_signed(p, 0, &v[k]);
        }
    }
}
