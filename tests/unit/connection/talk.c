#include "tests/unit/connection/talk.h"

#include <string.h>

static void
collect(void *user, const struct syc_record *r)
{
    struct talk *t = user;

    assert_true(t->count < TALK_RECORDS);
    t->records[t->count] = syc_record_copy(r);
    assert_non_null(t->records[t->count]);
    t->count++;
}

static void
count_syn(void *user, const struct syc_syn_seen *s)
{
    struct talk *t = user;

    (void)s;
    t->syns++;
}

void
talk_init_with(struct talk *t, const struct syc_table_config *config)
{
    struct syc_table_sink sink = {.user = t, .record = collect, .syn = count_syn};

    memset(t, 0, sizeof(*t));
    t->client_port = 40000;
    t->table = syc_table_new(config, &sink);
    assert_non_null(t->table);
}

void
talk_init(struct talk *t)
{
    struct syc_table_config config = {.connection_octets = 1 << 20,
                                      .half_open_octets = 1 << 16,
                                      .two_msl_ns = 60 * SYC_NS_PER_S,
                                      .idle_ns = 3600 * SYC_NS_PER_S};

    talk_init_with(t, &config);
}

void
talk_fini(struct talk *t)
{
    for (size_t i = 0; i < t->count; i++) {
        syc_record_free(t->records[i]);
    }
    syc_table_free(t->table);
}

static uint16_t
flag_bits(const char *letters)
{
    static const char names[] = "FSRPAU";
    uint16_t bits = 0;

    for (; *letters != '\0'; letters++) {
        bits |= (uint16_t)(1U << (strchr(names, *letters) - names));
    }
    return bits;
}

struct syc_segment
talk_segment(const struct talk *t, int ms, int who, const char *flags, uint32_t seq, uint32_t ack,
             uint32_t octets)
{
    static const uint8_t client[16] = {[10] = 0xff, [11] = 0xff, 10, 0, 0, 1};
    static const uint8_t server[16] = {[10] = 0xff, [11] = 0xff, 10, 0, 0, 2};
    struct syc_segment s = {.time_ns = (int64_t)ms * 1000000,
                            .src_port = who == CLIENT ? t->client_port : 80,
                            .dst_port = who == CLIENT ? 80 : t->client_port,
                            .seq = seq,
                            .ack = ack,
                            .flags = flag_bits(flags),
                            .window = 64240,
                            .ip_v = 4,
                            .ip_df = true,
                            .ip_header_octets = 20,
                            .tcp_header_octets = 20,
                            .ttl = 64,
                            .payload_octets = octets,
                            .ip_octets = 40 + octets};

    memcpy(s.src, who == CLIENT ? client : server, 16);
    memcpy(s.dst, who == CLIENT ? server : client, 16);
    return s;
}

void
talk_send(struct talk *t, struct syc_segment *s)
{
    syc_table_feed(t->table, s, 1);
}

void
talk(struct talk *t, int ms, int who, const char *flags, uint32_t seq, uint32_t ack,
     uint32_t octets)
{
    struct syc_segment s = talk_segment(t, ms, who, flags, seq, ack, octets);

    talk_send(t, &s);
}

void
talk_handshake(struct talk *t, int ms)
{
    talk(t, ms, CLIENT, "S", 1000, 0, 0);
    talk(t, ms + 10, SERVER, "SA", 5000, 1001, 0);
    talk(t, ms + 20, CLIENT, "A", 1001, 5001, 0);
}

void
talk_end(struct talk *t)
{
    syc_table_finish(t->table, 0);
}

const char *
talk_word(const struct syc_record *r, const char *path)
{
    for (size_t i = 0; i < syc_record_number_count; i++) {
        const struct syc_record_number *row = &syc_record_numbers[i];
        if (strcmp(row->path, path) == 0) {
            int64_t v = syc_record_get(r, row);
            return v == SYC_NONE || row->words == NULL ? "absent" : row->words[v];
        }
    }
    return "no such row";
}

static void
assert_same_lists(const struct syc_record *a, const struct syc_record *b)
{
    assert_int_equal(a->exchange_count, b->exchange_count);
    assert_int_equal(a->flight_count, b->flight_count);
    for (size_t i = 0; i < a->exchange_count; i++) {
        assert_memory_equal(&a->exchanges[i], &b->exchanges[i], sizeof(a->exchanges[i]));
    }
    for (size_t i = 0; i < a->flight_count; i++) {
        assert_memory_equal(&a->flights[i], &b->flights[i], sizeof(a->flights[i]));
    }
    assert_int_equal(a->syn_time_count, b->syn_time_count);
    assert_memory_equal(a->syn_times_us, b->syn_times_us,
                        a->syn_time_count * sizeof(a->syn_times_us[0]));
    assert_int_equal(a->time_wait_count, b->time_wait_count);
    for (size_t i = 0; i < a->time_wait_count; i++) {
        assert_memory_equal(&a->time_wait[i], &b->time_wait[i], sizeof(a->time_wait[i]));
    }
}

void
talk_assert_same(const struct syc_record *a, const struct syc_record *b)
{
    assert_int_equal(syc_record_compare(a, b), 0);
    assert_int_equal(syc_record_id(a), syc_record_id(b));
    assert_int_equal(a->degraded, b->degraded);
    for (size_t i = 0; i < syc_record_number_count; i++) {
        const struct syc_record_number *row = &syc_record_numbers[i];
        if (syc_record_get(a, row) != syc_record_get(b, row)) {
            fail_msg("%s: %lld, %lld", row->path, (long long)syc_record_get(a, row),
                     (long long)syc_record_get(b, row));
        }
    }
    assert_string_equal(a->history != NULL ? a->history : "", b->history != NULL ? b->history : "");
    assert_same_lists(a, b);
}
