#include "tests/unit/output/random_record.h"

#include <string.h>

uint64_t
random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545f4914f6cdd1d);
}

uint64_t
random_below(uint64_t *state, uint64_t below)
{
    return random_next(state) % below;
}

/* Any size up to 2^55, the reader's bound, the bound itself now and then; one in eight negative. */
static int64_t
draw_number(uint64_t *state)
{
    int64_t most = INT64_C(1) << random_below(state, 56);
    int64_t value =
        random_below(state, 16) == 0 ? most : (int64_t)random_below(state, (uint64_t)most);

    return random_below(state, 8) == 0 ? -value : value;
}

static void
draw_octets(uint64_t *state, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint8_t)(random_next(state) >> 32);
    }
}

static int64_t
draw_value(uint64_t *state, const struct syc_record_number *row)
{
    uint64_t words = 0;

    switch ((enum syc_number_kind)row->kind) {
    case SYC_NUMBER_BOOL:
        return (int64_t)random_below(state, 2);
    case SYC_NUMBER_WORD:
        while (row->words[words] != NULL) {
            words++;
        }
        return (int64_t)random_below(state, words);
    case SYC_NUMBER:
        break;
    }
    return draw_number(state);
}

/* Each is unknown in one of three; a flag that says no is told only when it is known, so client_known always is. */
static void
draw_numbers(uint64_t *state, struct syc_record *r)
{
    for (size_t i = 0; i < syc_record_number_count; i++) {
        if (random_below(state, 3) != 0) {
            syc_record_set(r, &syc_record_numbers[i], draw_value(state, &syc_record_numbers[i]));
        }
    }
    r->client_known = (int64_t)random_below(state, 2);
}

static void
draw_key(uint64_t *state, struct syc_key *key)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    key->ip_v = random_below(state, 2) == 0 ? 4 : 6;
    draw_octets(state, key->client, 16);
    draw_octets(state, key->server, 16);
    if (key->ip_v == 4 || random_below(state, 8) == 0) { /* version 6 may carry a mapped one too */
        memcpy(key->client, mapped, 12);
        memcpy(key->server, mapped, 12);
    }
    if (random_below(state, 8) == 0) {
        memset(key->server + 12, 0, 4);
    }
    key->client_port = (uint16_t)random_next(state);
    key->server_port = (uint16_t)random_next(state);
    key->path.vlan_count = (uint8_t)random_below(state, SYC_PATH_MAX + 1);
    key->path.tunnel_count = (uint8_t)random_below(state, SYC_PATH_MAX + 1);
    for (size_t i = 0; i < key->path.vlan_count; i++) {
        key->path.vlan[i] = (uint16_t)random_below(state, 4096);
    }
    for (size_t i = 0; i < key->path.tunnel_count; i++) {
        key->path.tunnel[i] = (uint8_t)(1 + random_below(state, SYC_TUNNEL_COUNT - 1));
    }
}

/* Option octets that mean something half of the time, noise otherwise. */
static size_t
draw_options(uint64_t *state, uint8_t out[40])
{
    static const uint8_t linux_options[20] = {2, 4, 5, 180, 4, 2, 8, 10, 1, 2,
                                              3, 4, 0, 0,   0, 0, 1, 3,  3, 7};
    size_t n = 4 * (size_t)random_below(state, 11);

    draw_octets(state, out, 40);
    if (random_below(state, 2) == 0) {
        memcpy(out, linux_options, sizeof linux_options);
    } else if (random_below(state, 2) == 0) {
        memset(out + n / 2, (int)random_below(state, 2), 40 - n / 2);
    }
    return n;
}

static void
draw_segment(uint64_t *state, struct syc_segment *s, uint8_t options[40], bool answer)
{
    size_t n = draw_options(state, options);
    uint64_t bits = random_next(state);

    memset(s, 0, sizeof *s);
    s->ip_v = bits & 1 ? 4 : 6;
    s->ip_header_octets = s->ip_v == 4 ? (uint8_t)(20 + 4 * random_below(state, 11)) : 40;
    s->ttl = (uint8_t)(1 + random_below(state, 255));
    s->traffic_class = (uint8_t)(bits >> 8);
    s->ip_df = bits & 2;
    s->ip_mf = (bits >> 40 & 15) == 0;
    s->ip_reserved = bits & 4;
    s->ip_id = (uint16_t)(bits >> 16);
    s->flow_label = s->ip_v == 6 ? (uint32_t)(bits >> 44) : 0;
    s->seq = bits & 8 ? (uint32_t)random_next(state) : 0;
    s->ack = bits & 16 ? (uint32_t)random_next(state) : 0;
    s->flags = (uint16_t)(SYC_SYN | (answer ? SYC_ACK : 0));
    s->flags |= (uint16_t)(bits >> 48 & 0xfe8 & random_next(state));
    s->window = (uint16_t)random_next(state);
    s->urgent = bits & 32 ? (uint16_t)random_next(state) : 0;
    s->payload_octets = bits & 64 ? (uint32_t)random_below(state, 65496) : 0;
    s->tcp_header_octets = (uint8_t)(20 + n);
    s->options_cut = (bits >> 36 & 15) == 0;
    s->options = (struct syc_span){options, n};
    s->has_ts = bits & 128;
    s->ts_val = (uint32_t)random_next(state);
    s->ts_ecr = (uint32_t)random_next(state);
}

/* The facts as they are made in a run: by describing a segment. Now and then its facts found no room, but its numbers. */
static void
draw_syn(uint64_t *state, struct random_record *out, int side)
{
    struct syc_segment s;
    uint8_t options[40];
    bool answer = side == SYC_TOCLIENT;

    if (random_below(state, 3) == 0) {
        return;
    }
    draw_segment(state, &s, options, answer);
    syc_syn_own(&s, &out->r.syn_own[side]);
    if (random_below(state, 8) != 0) {
        syc_syn_describe(&s, (uint32_t)random_below(state, 3000), &out->syn[side]);
        out->r.syn[side] = &out->syn[side];
    }
}

static void
draw_times(uint64_t *state, struct syc_record *r)
{
    r->syn_time_count = (uint8_t)random_below(state, SYC_SYN_TIMES_MAX + 1);
    r->syn_ack_time_count = (uint8_t)random_below(state, SYC_SYN_TIMES_MAX + 1);
    for (size_t i = 0; i < r->syn_time_count; i++) {
        r->syn_times_us[i] = draw_number(state);
    }
    for (size_t i = 0; i < r->syn_ack_time_count; i++) {
        r->syn_ack_times_us[i] = draw_number(state);
    }
    r->time_wait_count = (uint8_t)random_below(state, 3);
    for (size_t i = 0; i < r->time_wait_count; i++) {
        struct syc_time_wait *w = &r->time_wait[i];

        w->side = (int64_t)random_below(state, 2);
        w->enter_us = draw_number(state);
        w->killed_us = random_below(state, 2) == 0 ? SYC_NONE : draw_number(state);
        w->restart_count = (int64_t)random_below(state, SYC_RESTARTS_MAX + 1);
        for (int64_t k = 0; k < w->restart_count; k++) {
            w->restarts_us[k][0] = draw_number(state);
            w->restarts_us[k][1] = draw_number(state);
        }
    }
}

static void
draw_lists(uint64_t *state, struct random_record *out)
{
    out->r.exchange_count = (size_t)random_below(state, RANDOM_LIST + 1);
    for (size_t i = 0; i < out->r.exchange_count; i++) {
        struct syc_exchange *x = &out->exchanges[i];

        *x = (struct syc_exchange){draw_number(state),
                                   draw_number(state),
                                   draw_number(state),
                                   draw_number(state),
                                   0,
                                   0,
                                   0,
                                   0,
                                   0,
                                   0};
        if (random_below(state, 2) == 0) {
            x->answered = 1;
            x->answer_offset_us = draw_number(state);
            x->first_flight_octets = draw_number(state);
            x->server_dur_us = draw_number(state);
            x->server_octets = draw_number(state);
            x->server_packets = draw_number(state);
        }
    }
    out->r.flight_count = (size_t)random_below(state, RANDOM_LIST + 1);
    for (size_t i = 0; i < out->r.flight_count; i++) {
        out->flights[i] = (struct syc_flight){draw_number(state),
                                              draw_number(state),
                                              draw_number(state),
                                              draw_number(state),
                                              draw_number(state),
                                              draw_number(state),
                                              (int64_t)random_below(state, 2)};
    }
    out->r.exchanges = out->r.exchange_count > 0 ? out->exchanges : NULL;
    out->r.flights = out->r.flight_count > 0 ? out->flights : NULL;
}

/* Any octets, escaped as everything from the wire is. */
static void
draw_texts(uint64_t *state, struct random_record *out)
{
    for (size_t i = 0; i < syc_record_text_count; i++) {
        uint8_t octets[RANDOM_TEXT];
        size_t n = (size_t)random_below(state, RANDOM_TEXT + 1);

        draw_octets(state, octets, n);
        for (size_t k = 0; random_below(state, 2) == 0 && k < n; k++) {
            octets[k] = (uint8_t)(0x20 + octets[k] % 0x5f);
        }
        syc_escape(octets, n, out->texts[i], sizeof out->texts[i]);
        if (n > 0) {
            *(const char **)(void *)((char *)&out->r + syc_record_texts[i].offset) = out->texts[i];
        }
    }
}

void
random_record_draw(uint64_t *state, struct random_record *out)
{
    memset(out, 0, sizeof *out);
    syc_record_init(&out->r);
    draw_key(state, &out->r.key);
    /* 0000-01-01 and 9999-12-31 at the ends of what a time can say, and a duration that stays inside */
    out->r.start_us =
        (int64_t)random_below(state, UINT64_C(200000000000000000)) - INT64_C(60000000000000000);
    out->r.flow_id = (int64_t)random_below(state, UINT64_C(1) << 53);
    out->r.degraded = random_below(state, 2) == 0
                          ? 0
                          : (uint32_t)random_below(state, UINT64_C(1) << SYC_DEGRADED_COUNT);
    draw_numbers(state, &out->r);
    draw_syn(state, out, SYC_TOSERVER);
    draw_syn(state, out, SYC_TOCLIENT);
    draw_times(state, &out->r);
    draw_lists(state, out);
    draw_texts(state, out);
}
