/* The waist is lossless: any record, written as an event and read back, is the same record, number for number. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "engine/engine.h"

enum { ROUNDS = 20000 };

static uint64_t
draw(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Numbers of every size, some negative. */
static int64_t
draw_number(uint64_t *state)
{
    uint64_t v = draw(state) >> (9 + draw(state) % 54); /* below 2^55: the reader takes no more */

    return draw(state) % 8 == 0 ? -(int64_t)v : (int64_t)v;
}

static void
draw_numbers(uint64_t *state, struct syc_record *r)
{
    for (size_t i = 0; i < syc_record_number_count; i++) {
        const struct syc_record_number *row = &syc_record_numbers[i];
        int64_t value = draw_number(state);
        if (row->kind == SYC_NUMBER_BOOL) {
            value &= 1;
        } else if (row->kind == SYC_NUMBER_WORD) {
            int64_t words = 0;
            while (row->words[words] != NULL) {
                words++;
            }
            value = (int64_t)(draw(state) % (uint64_t)words);
        }
        syc_record_set(r, row, draw(state) % 4 == 0 ? SYC_NONE : value);
    }
    r->client_known = (int64_t)(draw(state) % 2);
    r->dur_us = (int64_t)(draw(state) % 1000000000);
}

static void
draw_syn(uint64_t *state, struct syc_syn *s, struct syc_syn_own *own)
{
    memset(s, 0, sizeof(*s));
    s->kind = (uint8_t)(draw(state) % 2);
    s->ip_v = draw(state) % 2 ? 4 : 6;
    s->ttl = (uint8_t)draw(state);
    s->ttl_initial = (uint8_t)draw(state);
    s->distance = (uint8_t)draw(state);
    s->df = (uint8_t)(draw(state) % 2);
    s->ip_ecn = (uint8_t)(draw(state) % 4);
    s->ip_options_bytes = (uint8_t)(draw(state) % 41);
    s->window_unit = (uint8_t)(draw(state) % 4);
    s->window_n = (uint32_t)draw(state);
    s->option_count = (uint8_t)(draw(state) % 41);
    for (size_t i = 0; i < s->option_count; i++) {
        s->option_kinds[i] = (uint8_t)draw(state);
    }
    s->wscale = (int16_t)(draw(state) % 257) - 1;
    s->window = (uint16_t)draw(state);
    s->tcp_flags = (uint16_t)(draw(state) % 4096);
    s->mss = (int32_t)(draw(state) % 65537) - 1;
    s->quirks = (uint32_t)(draw(state) % (1U << SYC_QUIRK_COUNT));
    (void)snprintf(s->options, sizeof(s->options), "mss,?%u", (unsigned)(draw(state) % 256));
    (void)snprintf(s->p0f, sizeof(s->p0f), "4:64+%u:0:*", (unsigned)(draw(state) % 256));
    (void)snprintf(s->muonfp, sizeof(s->muonfp), "%u:2-4", (unsigned)(draw(state) % 256));
    if (draw(state) % 2) {
        (void)snprintf(s->tcpfp, sizeof(s->tcpfp), "2_64_%u", (unsigned)(draw(state) % 256));
    }
    *own = (struct syc_syn_own){(int64_t)(draw(state) % 65536), SYC_NONE, SYC_NONE,
                                (int64_t)(draw(state) >> 32), (int64_t)(draw(state) % 3)};
    s->has_payload = own->payload_bytes > 0;
}

struct lists {
    struct syc_exchange exchanges[8];
    struct syc_flight flights[8];
    struct syc_syn syn[2];
};

static void
draw_lists(uint64_t *state, struct syc_record *r, struct lists *l)
{
    memset(l, 0, sizeof(*l));
    r->exchange_count = draw(state) % 9;
    for (size_t i = 0; i < r->exchange_count; i++) {
        int64_t *cells = (int64_t *)&l->exchanges[i];
        l->exchanges[i].answered = (int64_t)(draw(state) % 2);
        for (size_t k = 0; k < 10; k++) {
            if (k != 4 && (k < 4 || l->exchanges[i].answered)) {
                cells[k] = draw_number(state);
            }
        }
    }
    r->exchanges = r->exchange_count > 0 ? l->exchanges : NULL;
    r->flight_count = draw(state) % 9;
    for (size_t i = 0; i < r->flight_count * 7; i++) {
        ((int64_t *)l->flights)[i] = draw_number(state);
    }
    for (size_t i = 0; i < r->flight_count; i++) {
        l->flights[i].window_limited &= 1;
    }
    r->flights = r->flight_count > 0 ? l->flights : NULL;
    for (int i = 0; i < 2; i++) {
        if (draw(state) % 3 != 0) {
            draw_syn(state, &l->syn[i], &r->syn_own[i]);
            r->syn[i] = &l->syn[i];
        }
    }
}

static void
draw_times(uint64_t *state, struct syc_record *r)
{
    r->syn_time_count = (uint8_t)(draw(state) % 17);
    r->syn_ack_time_count = (uint8_t)(draw(state) % 17);
    for (size_t i = 0; i < r->syn_time_count; i++) {
        r->syn_times_us[i] = draw_number(state);
    }
    for (size_t i = 0; i < r->syn_ack_time_count; i++) {
        r->syn_ack_times_us[i] = draw_number(state);
    }
    r->time_wait_count = (uint8_t)(draw(state) % 3);
    for (size_t i = 0; i < r->time_wait_count; i++) {
        struct syc_time_wait *w = &r->time_wait[i];
        w->side = (int64_t)i;
        w->enter_us = draw_number(state);
        w->killed_us = draw(state) % 2 ? SYC_NONE : draw_number(state);
        w->restart_count = (int64_t)(draw(state) % 5);
        for (int64_t k = 0; k < w->restart_count; k++) {
            w->restarts_us[k][0] = draw_number(state);
            w->restarts_us[k][1] = draw_number(state);
        }
    }
}

static void
draw_record(uint64_t *state, struct syc_record *r, struct lists *l)
{
    syc_record_init(r);
    r->key.ip_v = draw(state) % 2 ? 4 : 6;
    for (size_t i = r->key.ip_v == 4 ? 12 : 0; i < 16; i++) {
        r->key.client[i] = (uint8_t)draw(state);
        r->key.server[i] = (uint8_t)draw(state);
    }
    if (r->key.ip_v == 4) {
        memset(r->key.client + 10, 0xff, 2);
        memset(r->key.server + 10, 0xff, 2);
    }
    r->key.client_port = (uint16_t)draw(state);
    r->key.server_port = (uint16_t)draw(state);
    r->key.path.vlan_count = (uint8_t)(draw(state) % 4);
    for (size_t i = 0; i < r->key.path.vlan_count; i++) {
        r->key.path.vlan[i] = (uint16_t)(draw(state) % 4096);
    }
    r->start_us = (int64_t)(draw(state) % 4000000000000000);
    r->flow_id = (int64_t)(draw(state) >> 11);
    r->degraded = (uint32_t)(draw(state) % (1U << SYC_DEGRADED_COUNT));
    draw_numbers(state, r);
    draw_times(state, r);
    draw_lists(state, r, l);
    r->history = draw(state) % 2 ? "ShADadFf" : NULL;
    r->user_agent = draw(state) % 2 ? "a \"quoted\" \\\\ agent\\x1b" : NULL;
    r->ja4 = draw(state) % 2 ? "t13d1516h2_8daaf6152771_e5627efa2ab1" : NULL;
}

static void
assert_same_text(const char *a, const char *b)
{
    assert_true((a == NULL) == (b == NULL));
    if (a != NULL) {
        assert_string_equal(a, b);
    }
}

static void
assert_same(const struct syc_record *a, const struct syc_record *b)
{
    assert_memory_equal(&a->key, &b->key, sizeof(a->key));
    assert_int_equal(a->start_us, b->start_us);
    for (size_t i = 0; i < syc_record_number_count; i++) {
        const struct syc_record_number *row = &syc_record_numbers[i];
        if (syc_record_get(a, row) != syc_record_get(b, row)) {
            fail_msg("%s: %lld became %lld", row->path, (long long)syc_record_get(a, row),
                     (long long)syc_record_get(b, row));
        }
    }
    assert_int_equal(a->flow_id, b->flow_id);
    assert_int_equal(a->degraded, b->degraded);
    assert_int_equal(a->syn_time_count, b->syn_time_count);
    assert_memory_equal(a->syn_times_us, b->syn_times_us, sizeof(a->syn_times_us));
    assert_int_equal(a->syn_ack_time_count, b->syn_ack_time_count);
    assert_memory_equal(a->syn_ack_times_us, b->syn_ack_times_us, sizeof(a->syn_ack_times_us));
    assert_int_equal(a->time_wait_count, b->time_wait_count);
    assert_memory_equal(a->time_wait, b->time_wait, sizeof(a->time_wait));
    for (int i = 0; i < 2; i++) {
        assert_true((a->syn[i] == NULL) == (b->syn[i] == NULL));
        if (a->syn[i] != NULL) {
            assert_memory_equal(a->syn[i], b->syn[i], sizeof(*a->syn[i]));
            assert_memory_equal(&a->syn_own[i], &b->syn_own[i], sizeof(a->syn_own[i]));
        }
    }
    assert_int_equal(a->exchange_count, b->exchange_count);
    assert_int_equal(a->flight_count, b->flight_count);
    if (a->exchange_count > 0) {
        assert_memory_equal(a->exchanges, b->exchanges, a->exchange_count * sizeof(*a->exchanges));
    }
    if (a->flight_count > 0) {
        assert_memory_equal(a->flights, b->flights, a->flight_count * sizeof(*a->flights));
    }
    for (size_t i = 0; i < syc_record_text_count; i++) {
        size_t at = syc_record_texts[i].offset;
        assert_same_text(*(const char *const *)((const char *)a + at),
                         *(const char *const *)((const char *)b + at));
    }
}

static void
any_record_survives_its_event(void **unused)
{
    struct syc_record_reader *reader = syc_record_reader_new();
    struct syc_json json = {0};
    uint64_t state = 0x9e3779b97f4a7c15;

    (void)unused;
    assert_non_null(reader);
    for (int i = 0; i < ROUNDS; i++) {
        struct syc_record made;
        struct syc_record read;
        struct lists lists;
        struct syc_error err = {0};
        draw_record(&state, &made, &lists);
        syc_json_reset(&json);
        syc_json_connection(&json, &made, NULL);
        assert_false(json.failed);
        if (syc_record_read(reader, json.text, json.n, &read, &err) != SYC_OK) {
            fail_msg("round %d: %s in %.*s", i, err.text, (int)json.n, json.text);
        }
        assert_same(&made, &read);
    }
    syc_json_fini(&json);
    syc_record_reader_free(reader);
}

static enum syc_status
read_text(const char *text, struct syc_error *err)
{
    struct syc_record_reader *reader = syc_record_reader_new();
    struct syc_record r;
    enum syc_status status;

    assert_non_null(reader);
    status = syc_record_read(reader, text, strlen(text), &r, err);
    syc_record_reader_free(reader);
    return status;
}

static void
damaged_lines_are_named(void **unused)
{
    struct syc_error err = {0};

    (void)unused;
    assert_int_equal(read_text("{\"event_type\":\"stats\"}", &err), SYC_NOT_FOUND);
    assert_int_equal(read_text("{", &err), SYC_SYNTAX);
    assert_int_equal(read_text("[1]", &err), SYC_SYNTAX);
    assert_int_equal(read_text("{\"event_type\":\"connection\"}", &err), SYC_SYNTAX);
    assert_non_null(strstr(err.text, "src_ip"));
    assert_int_equal(
        read_text(
            "{\"event_type\":\"connection\",\"src_ip\":\"192.0.2.1\",\"dest_ip\":\"192.0.2.2\","
            "\"src_port\":1,\"dest_port\":2,\"ip_v\":4,\"flow\":{\"start\":"
            "\"2026-11-25T06:40:06.123456Z\",\"state\":\"ZZ\"}}",
            &err),
        SYC_SYNTAX);
    assert_non_null(strstr(err.text, "flow.state"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_record_survives_its_event),
        cmocka_unit_test(damaged_lines_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
