/* What a conversation becomes. Expectations are read off RFC 9293, Zeek's conn_state and the record's definition. */

#include "tests/unit/connection/talk.h"

#include <string.h>

static void
expect(const struct syc_record *r, const char *state, const char *history, const char *close)
{
    assert_string_equal(talk_word(r, "flow.state"), state);
    assert_string_equal(r->history, history);
    assert_string_equal(talk_word(r, "close.kind"), close);
}

static void
a_whole_conversation_is_one_record(void **state)
{
    struct talk t;

    (void)state;
    talk_init(&t);
    talk_handshake(&t, 0);
    talk(&t, 20, CLIENT, "PA", 1001, 5001, 100);
    talk(&t, 40, SERVER, "A", 5001, 1101, 1000);
    talk(&t, 41, SERVER, "PA", 6001, 1101, 500);
    talk(&t, 50, CLIENT, "A", 1101, 6501, 0);
    talk(&t, 60, CLIENT, "FA", 1101, 6501, 0);
    talk(&t, 70, SERVER, "FA", 6501, 1102, 0);
    talk(&t, 80, CLIENT, "A", 1102, 6502, 0);
    talk_end(&t);
    assert_int_equal(t.count, 1);
    const struct syc_record *r = t.records[0];
    expect(r, "SF", "ShADdFf", "client-first");
    assert_int_equal(r->pkts[0], 6);
    assert_int_equal(r->pkts[1], 4);
    assert_int_equal(r->payload[0], 100);
    assert_int_equal(r->payload[1], 1500);
    /* SYN, SYN+ACK, ACK, FIN, FIN, ACK of the FIN: the six that only open and close */
    assert_int_equal(r->control_pkts[0] + r->control_pkts[1], 6);
    assert_int_equal(r->syn_ack_dur_us, 10000);
    assert_int_equal(r->ack_dur_us, 10000);
    assert_int_equal(r->setup_dur_us, 20000);
    assert_int_equal(r->exchange_count, 1);
    assert_int_equal(r->exchanges[0].offset_us, 20000);
    assert_int_equal(r->exchanges[0].client_octets, 100);
    assert_int_equal(r->exchanges[0].answer_offset_us, 40000);
    assert_int_equal(r->exchanges[0].server_octets, 1500);
    assert_int_equal(r->exchanges[0].server_dur_us, 1000);
    assert_int_equal(r->exchanges[0].server_packets, 2);
    assert_int_equal(r->time_wait_count, 1);
    assert_int_equal(r->time_wait[0].side, SYC_TOSERVER);
    assert_int_equal(r->time_wait[0].enter_us, 80000);
    assert_int_equal(r->degraded, 0);
    assert_int_equal(t.syns, 2);
    talk_fini(&t);
}

static void
an_unanswered_syn_is_a_record_with_state_s0(void **state)
{
    struct talk t;

    (void)state;
    talk_init(&t);
    talk(&t, 5, CLIENT, "S", 1000, 0, 0);
    talk_end(&t);
    assert_int_equal(t.count, 1);
    expect(t.records[0], "S0", "S", "no-answer");
    assert_int_equal(t.records[0]->start_us, 5000);
    assert_int_equal(t.records[0]->pkts[0], 1);
    assert_int_equal(t.records[0]->bytes[0], 40);
    assert_int_equal(t.records[0]->isn, 1000);
    talk_fini(&t);
}

static void
syn_retry_is_not_a_new_connection(void **state)
{
    struct talk t;

    (void)state;
    talk_init(&t);
    talk(&t, 0, CLIENT, "S", 1000, 0, 0);
    talk(&t, 1000, CLIENT, "S", 1000, 0, 0);
    talk(&t, 3000, CLIENT, "S", 1000, 0, 0);
    talk_end(&t);
    assert_int_equal(t.count, 1);
    assert_int_equal(t.records[0]->syn_count, 3);
    assert_int_equal(t.records[0]->retrans_syn[0], 2);
    assert_int_equal(t.records[0]->syn_time_count, 3);
    assert_int_equal(t.records[0]->syn_times_us[1], 1000000);
    assert_int_equal(t.records[0]->syn_times_us[2], 3000000);
    assert_int_equal(t.syns, 1);
    talk_fini(&t);
}

static void
a_syn_with_another_isn_begins_a_new_connection(void **state)
{
    struct talk t;

    (void)state;
    talk_init(&t);
    talk_handshake(&t, 0);
    talk(&t, 100, CLIENT, "S", 9000, 0, 0);
    talk_end(&t);
    assert_int_equal(t.count, 2);
    expect(t.records[0], "S1", "ShA", "open");
    expect(t.records[1], "S0", "S", "no-answer");
    talk_fini(&t);
}

static void
a_refused_connect_is_rej(void **state)
{
    struct talk t;

    (void)state;
    talk_init(&t);
    talk(&t, 0, CLIENT, "S", 1000, 0, 0);
    talk(&t, 1, SERVER, "RA", 0, 1001, 0);
    talk_end(&t);
    expect(t.records[0], "REJ", "Sr", "refused");
    assert_string_equal(talk_word(t.records[0], "close.rst.class"), "refused");
    assert_string_equal(talk_word(t.records[0], "close.rst.by"), "server");
    assert_int_equal(t.records[0]->rst_ack, 1);
    talk_fini(&t);
}

static void
fins_that_cross_leave_both_in_time_wait(void **state)
{
    struct talk t;

    (void)state;
    talk_init(&t);
    talk_handshake(&t, 0);
    talk(&t, 100, CLIENT, "FA", 1001, 5001, 0);
    talk(&t, 105, SERVER, "FA", 5001, 1001, 0); /* does not acknowledge the client's FIN */
    talk(&t, 110, CLIENT, "A", 1002, 5002, 0);
    talk(&t, 115, SERVER, "A", 5002, 1002, 0);
    talk_end(&t);
    expect(t.records[0], "SF", "ShAFfa", "simultaneous");
    assert_int_equal(t.records[0]->time_wait_count, 2);
    assert_int_equal(t.records[0]->time_wait[0].enter_us, 115000);
    assert_int_equal(t.records[0]->time_wait[1].enter_us, 115000);
    talk_fini(&t);
}

static void
the_fin_that_acknowledges_decides_who_closed_first(void **state)
{
    struct talk t;

    (void)state;
    talk_init(&t);
    talk_handshake(&t, 0);
    talk(&t, 100, SERVER, "FA", 5001, 1001, 0);
    talk(&t, 110, CLIENT, "FA", 1001, 5002, 0);
    talk(&t, 120, SERVER, "A", 5002, 1002, 0);
    talk_end(&t);
    expect(t.records[0], "SF", "ShAfFa", "server-first");
    assert_int_equal(t.records[0]->time_wait_count, 1);
    assert_int_equal(t.records[0]->time_wait[0].side, SYC_TOCLIENT);
    talk_fini(&t);
}

static void
a_rst_in_the_window_ends_time_wait(void **state)
{
    struct talk t;

    (void)state;
    talk_init(&t);
    talk_handshake(&t, 0);
    talk(&t, 100, CLIENT, "FA", 1001, 5001, 0);
    talk(&t, 110, SERVER, "FA", 5001, 1002, 0);
    talk(&t, 120, CLIENT, "A", 1002, 5002, 0);
    talk(&t, 320, SERVER, "FA", 5001, 1002, 0); /* its ACK was lost: restarts the wait */
    talk(&t, 330, CLIENT, "A", 1002, 5002, 0);
    talk(&t, 340, SERVER, "R", 5002, 0, 0);
    talk_end(&t);
    const struct syc_record *r = t.records[0];
    assert_string_equal(talk_word(r, "flow.state"), "SF");
    assert_int_equal(r->time_wait[0].restart_count, 1);
    assert_int_equal(r->time_wait[0].restarts_us[0][0], 320000);
    assert_int_equal(r->time_wait[0].killed_us, 340000);
    assert_int_equal(r->retrans_fin[1], 1);
    assert_string_equal(talk_word(r, "close.rst.class"), "to-time-wait");
    talk_fini(&t);
}

static void
a_keep_alive_probe_is_neither_payload_nor_a_repeat(void **state)
{
    struct talk t;

    (void)state;
    talk_init(&t);
    talk_handshake(&t, 0);
    talk(&t, 30, CLIENT, "PA", 1001, 5001, 10);
    talk(&t, 40, SERVER, "A", 5001, 1011, 0);
    talk(&t, 5000, CLIENT, "A", 1010, 5001, 1);
    talk(&t, 5010, SERVER, "A", 5001, 1011, 0);
    talk_end(&t);
    assert_int_equal(t.records[0]->keep_alive[0], 1);
    assert_int_equal(t.records[0]->retrans_data[0], 0);
    assert_int_equal(t.records[0]->dup_ack[1], 0);
    assert_int_equal(t.records[0]->exchange_count, 1);
    talk_fini(&t);
}

static void
a_repeat_after_a_long_silence_is_a_timeout_and_doubles(void **state)
{
    struct talk t;

    (void)state;
    talk_init(&t);
    talk_handshake(&t, 0);
    talk(&t, 30, CLIENT, "PA", 1001, 5001, 10);
    talk(&t, 330, CLIENT, "PA", 1001, 5001, 10);
    talk(&t, 930, CLIENT, "PA", 1001, 5001, 10);
    talk_end(&t);
    const struct syc_record *r = t.records[0];
    assert_int_equal(r->retrans_data[0], 2);
    assert_int_equal(r->retrans_rto[0], 2);
    assert_int_equal(r->retrans_backoff_max[0], 2);
    assert_int_equal(r->unique_payload[0], 10);
    assert_int_equal(r->payload[0], 30);
    assert_int_equal(r->never_acked_octets, 10);
    assert_int_equal(r->never_acked_repeats, 2);
    talk_fini(&t);
}

static void
an_overtaken_segment_is_out_of_order(void **state)
{
    struct talk t;

    (void)state;
    talk_init(&t);
    talk_handshake(&t, 0);
    talk(&t, 30, SERVER, "A", 6001, 1001, 1000);
    talk(&t, 31, SERVER, "A", 5001, 1001, 1000);
    talk(&t, 40, CLIENT, "A", 1001, 7001, 0);
    talk_end(&t);
    assert_int_equal(t.records[0]->out_of_order[1], 1);
    assert_int_equal(t.records[0]->retrans_data[1], 0);
    assert_int_equal(t.records[0]->unique_payload[1], 2000);
    assert_int_equal(t.records[0]->degraded, 0);
    talk_fini(&t);
}

static void
an_ack_of_octets_never_seen_is_a_gap(void **state)
{
    struct talk t;

    (void)state;
    talk_init(&t);
    talk_handshake(&t, 0);
    talk(&t, 30, SERVER, "A", 6001, 1001, 1000);
    talk(&t, 40, CLIENT, "A", 1001, 7001, 0);
    talk_end(&t);
    assert_int_equal(t.records[0]->degraded, 1 << SYC_DEGRADED_GAPS);
    talk_fini(&t);
}

static void
time_that_runs_back_is_clamped_and_counted(void **state)
{
    struct talk t;

    (void)state;
    talk_init(&t);
    talk_handshake(&t, 100);
    talk(&t, 90, CLIENT, "PA", 1001, 5001, 10);
    talk_end(&t);
    assert_int_equal(t.records[0]->clock_back_count, 1);
    assert_int_equal(t.records[0]->first_payload_us[0], 20000);
    assert_int_equal(t.records[0]->dur_us, 20000);
    talk_fini(&t);
}

static void
a_pause_of_a_second_splits_a_burst(void **state)
{
    struct talk t;

    (void)state;
    talk_init(&t);
    talk_handshake(&t, 0);
    talk(&t, 1000, CLIENT, "PA", 1001, 5001, 10);
    talk(&t, 1999, CLIENT, "PA", 1011, 5001, 10);
    talk(&t, 2999, CLIENT, "PA", 1021, 5001, 10);
    talk_end(&t);
    assert_int_equal(t.records[0]->exchange_count, 2);
    assert_int_equal(t.records[0]->exchanges[0].client_dur_us, 999000);
    assert_int_equal(t.records[0]->exchanges[0].answered, 0);
    assert_int_equal(t.records[0]->exchanges[1].client_packets, 1);
    talk_fini(&t);
}

static void
slow_start_shows_as_flights(void **state)
{
    struct talk t;

    (void)state;
    talk_init(&t);
    talk_handshake(&t, 0);
    talk(&t, 20, CLIENT, "PA", 1001, 5001, 10);
    talk(&t, 40, SERVER, "A", 5001, 1011, 1000);
    talk(&t, 40, SERVER, "A", 6001, 1011, 1000);
    talk(&t, 50, CLIENT, "A", 1011, 7001, 0);
    talk(&t, 60, SERVER, "A", 7001, 1011, 1000);
    talk(&t, 60, SERVER, "A", 8001, 1011, 1000);
    talk(&t, 61, SERVER, "A", 9001, 1011, 1000);
    talk_end(&t);
    const struct syc_record *r = t.records[0];
    assert_int_equal(r->exchanges[0].first_flight_octets, 2000);
    assert_int_equal(r->flight_count, 2);
    assert_int_equal(r->flights[0].segments, 2);
    assert_int_equal(r->flights[1].segments, 3);
    assert_int_equal(r->flights[1].offset_us, 60000);
    assert_int_equal(r->flights[1].dur_us, 1000);
    talk_fini(&t);
}

static void
the_257th_exchange_begins_a_new_part(void **state)
{
    struct talk t;
    uint32_t seq = 1001;
    uint32_t ack = 5001;

    (void)state;
    talk_init(&t);
    talk_handshake(&t, 0);
    for (int i = 0; i < 300; i++, seq += 10, ack += 20) {
        talk(&t, 100 + 10 * i, CLIENT, "PA", seq, ack, 10);
        talk(&t, 105 + 10 * i, SERVER, "PA", ack, seq + 10, 20);
    }
    talk_end(&t);
    assert_int_equal(t.count, 2);
    assert_int_equal(t.records[0]->part, 1);
    assert_int_equal(t.records[0]->final, 0);
    assert_int_equal(t.records[0]->exchange_count, 256);
    assert_int_equal(t.records[1]->part, 2);
    assert_int_equal(t.records[1]->final, 1);
    assert_int_equal(t.records[1]->exchange_count, 44);
    assert_int_equal(t.records[0]->flow_id, t.records[1]->flow_id);
    assert_int_equal(syc_record_join(t.records[0], t.records[1]), SYC_OK);
    assert_int_equal(t.records[0]->exchange_count, 300);
    assert_int_equal(t.records[0]->pkts[0], 302);
    assert_int_equal(t.records[0]->payload[1], 6000);
    assert_int_equal(t.records[0]->syn_count, 1);
    talk_fini(&t);
}

static void
a_lone_rst_begins_nothing_but_is_counted(void **state)
{
    struct talk t;
    struct syc_table_stats stats;

    (void)state;
    talk_init(&t);
    talk(&t, 0, SERVER, "R", 1, 0, 0);
    syc_table_stats(t.table, &stats);
    assert_int_equal(stats.stray_rst, 1);
    talk_end(&t);
    assert_int_equal(t.count, 0);
    talk_fini(&t);
}

static void
a_capture_that_starts_in_the_middle_is_flagged(void **state)
{
    struct talk t;

    (void)state;
    talk_init(&t);
    talk(&t, 0, SERVER, "PA", 7000, 300, 50); /* from port 80: the server, by Zeek's ports */
    talk(&t, 1, CLIENT, "A", 300, 7050, 0);
    talk_end(&t);
    const struct syc_record *r = t.records[0];
    assert_int_equal(r->client_known, 0);
    assert_int_equal(r->key.client_port, 40000);
    assert_true(r->degraded & (1 << SYC_DEGRADED_MIDSTREAM));
    assert_string_equal(r->history, "^dA");
    talk_fini(&t);
}

/*
 * Between two ports that nobody knows the higher one is the guessed client. A SYN+ACK from it behind the close is of a
 * connection whose SYN was lost: it does not tell who closed this one, which was the sender of the FIN that the other
 * acknowledged (RFC 9293 3.6).
 */
static void
a_syn_ack_behind_the_close_turns_nothing_round(void **state)
{
    static const struct {
        int who;
        const char *flags;
        uint32_t seq, ack;
    } said[] = {{CLIENT, "FA", 300, 7000},
                {SERVER, "FA", 7000, 301},
                {CLIENT, "A", 301, 7001},
                {CLIENT, "SA", 9000, 4001}};
    struct talk t;

    (void)state;
    talk_init(&t);
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        struct syc_segment s =
            talk_segment(&t, (int)i, said[i].who, said[i].flags, said[i].seq, said[i].ack, 0);
        *(said[i].who == CLIENT ? &s.dst_port : &s.src_port) = 5000;
        talk_send(&t, &s);
    }
    talk_end(&t);
    const struct syc_record *r = t.records[0];
    assert_int_equal(t.count, 1);
    assert_int_equal(r->key.client_port, 40000);
    assert_int_equal(r->client_known, 0);
    assert_string_equal(talk_word(r, "close.first"), "client");
    assert_int_equal(r->time_wait_count, 1);
    assert_int_equal(r->time_wait[0].side, SYC_TOSERVER);
    talk_fini(&t);
}

static void
the_oldest_half_open_syn_gives_way(void **state)
{
    struct syc_table_config config = {.connection_octets = 1 << 20, .half_open_octets = 64 * 16};
    struct syc_table_stats stats;
    struct talk t;

    (void)state;
    talk_init_with(&t, &config);
    for (int i = 0; i < 20; i++) {
        t.client_port = (uint16_t)(1000 + i);
        talk(&t, i, CLIENT, "S", 1000, 0, 0);
    }
    syc_table_stats(t.table, &stats);
    assert_int_equal(stats.half_open_evicted, 4);
    assert_int_equal(t.count, 4);
    assert_int_equal(t.records[0]->key.client_port, 1000);
    assert_string_equal(talk_word(t.records[0], "flow.reason"), "evicted");
    t.client_port = 1010; /* still there: answered, it becomes a connection */
    talk(&t, 100, SERVER, "SA", 5000, 1001, 0);
    talk_end(&t);
    assert_int_equal(t.count, 20);
    talk_fini(&t);
}

/*
 * SYNs of one stack: the second with 8 octets of destination options before TCP (RFC 8200 4.6), the third with the length
 * of a jumbogram that its frame did not have. None is told another's length, however long it has waited for an answer.
 */
static void
a_syn_keeps_the_octets_that_it_had(void **state)
{
    static const uint32_t octets[] = {60, 68, 65536 + 60};
    struct talk t;

    (void)state;
    talk_init(&t);
    for (size_t i = 0; i < 3; i++) {
        struct syc_segment s;
        t.client_port = (uint16_t)(3000 + i);
        s = talk_segment(&t, (int)i, CLIENT, "S", 1000, 0, 0);
        s.ip_v = 6;
        s.ip_header_octets = 40;
        s.ip_octets = octets[i];
        talk_send(&t, &s);
    }
    talk_end(&t);
    assert_int_equal(t.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(t.records[i]->bytes[0], octets[i]);
        assert_int_equal(t.records[i]->control_bytes[0], octets[i]);
    }
    talk_fini(&t);
}

/* Each frame twice, 20 us apart, as a switch that mirrors both ports of a path gives them. */
static void
a_frame_that_came_twice_is_no_retransmission(void **state)
{
    static const struct {
        int ms, who;
        const char *flags;
        uint32_t seq, ack, octets;
    } said[] = {
        {0, CLIENT, "S", 1000, 0, 0},       {10, SERVER, "SA", 5000, 1001, 0},
        {20, CLIENT, "A", 1001, 5001, 0},   {30, CLIENT, "PA", 1001, 5001, 100},
        {40, SERVER, "PA", 5001, 1101, 60}, {50, CLIENT, "FA", 1101, 5061, 0},
        {60, SERVER, "FA", 5061, 1102, 0},  {70, CLIENT, "A", 1102, 5062, 0},
    };
    struct syc_table_stats stats;
    const struct syc_record *r;
    struct talk t;

    (void)state;
    talk_init(&t);
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        struct syc_segment s = talk_segment(&t, said[i].ms, said[i].who, said[i].flags, said[i].seq,
                                            said[i].ack, said[i].octets);
        s.ip_id = (uint16_t)(700 + i);
        talk_send(&t, &s);
        s.time_ns += 20000;
        talk_send(&t, &s);
    }
    /* the same request again, 300 ms later and with an IP ID of its own: sent again */
    struct syc_segment s = talk_segment(&t, 330, CLIENT, "PA", 1001, 5001, 100);
    s.ip_id = 800;
    talk_send(&t, &s);
    talk_end(&t);
    syc_table_stats(t.table, &stats);
    assert_int_equal(stats.duplicates, 8);
    assert_int_equal(t.count, 1);
    r = t.records[0];
    assert_int_equal(r->pkts[0], 11);
    assert_int_equal(r->pkts[1], 6);
    assert_int_equal(r->syn_count, 2); /* frames, as tshark counts them */
    assert_int_equal(r->syn_time_count, 1);
    assert_int_equal(r->retrans_syn[0] + r->retrans_syn[1] + r->retrans_fin[0], 0);
    assert_int_equal(r->retrans_data[0], 1);
    assert_int_equal(r->retrans_data[1], 0);
    assert_int_equal(r->dup_ack[0] + r->dup_ack[1], 0);
    assert_int_equal(r->exchange_count, 1);
    assert_int_equal(r->exchanges[0].client_packets, 1);
    talk_fini(&t);
}

static void
a_full_table_evicts_and_says_so(void **state)
{
    /* room for 16 connections and their logs, not for 32 */
    struct syc_table_config config = {.connection_octets = 30000,
                                      .half_open_octets = 1 << 16,
                                      .two_msl_ns = 60 * SYC_NS_PER_S};
    struct syc_table_stats stats;
    struct talk t;

    (void)state;
    talk_init_with(&t, &config);
    for (int i = 0; i < 40; i++) {
        t.client_port = (uint16_t)(2000 + i);
        talk_handshake(&t, 100 * i);
    }
    syc_table_stats(t.table, &stats);
    assert_true(stats.evicted > 0);
    assert_true(stats.connection_octets <= stats.connection_limit);
    assert_true(t.records[0]->degraded & (1 << SYC_DEGRADED_EVICTED));
    talk_end(&t);
    assert_int_equal(t.count, 40);
    talk_fini(&t);
}

/*
 * Connections that close, one after the other, fill a memory that is too small to keep them all; one that stays open
 * talks once a second. What has closed gives way to what the open one has to tell, and is whole itself.
 */
static void
the_closed_give_way_to_the_log_of_the_open(void **state)
{
    enum { CLOSED = 200 };
    /* less than a kilooctet beyond one allocation of connections and two of packed ones */
    struct syc_table_config config = {.connection_octets = 51500,
                                      .half_open_octets = 1 << 16,
                                      .two_msl_ns = 3600 * SYC_NS_PER_S};
    struct syc_table_stats stats;
    struct talk t;

    (void)state;
    talk_init_with(&t, &config);
    talk_handshake(&t, 0);
    for (int i = 0; i < CLOSED; i++) {
        int ms = 1000 + 1000 * i;
        uint32_t n = (uint32_t)i;
        t.client_port = (uint16_t)(2000 + i);
        talk_handshake(&t, ms);
        talk(&t, ms + 100, CLIENT, "FA", 1001, 5001, 0);
        talk(&t, ms + 110, SERVER, "FA", 5001, 1002, 0);
        talk(&t, ms + 120, CLIENT, "A", 1002, 5002, 0);
        t.client_port = 40000;
        talk(&t, ms + 500, CLIENT, "PA", 1001 + 10 * n, 5001 + 20 * n, 10);
        talk(&t, ms + 510, SERVER, "PA", 5001 + 20 * n, 1011 + 10 * n, 20);
    }
    syc_table_stats(t.table, &stats);
    assert_true(stats.gave_way > 0);
    assert_int_equal(stats.evicted, 0);
    talk_end(&t);
    assert_int_equal(t.count, 1 + CLOSED);
    for (size_t i = 0; i < t.count; i++) {
        assert_int_equal(t.records[i]->degraded, 0);
    }
    assert_string_equal(talk_word(t.records[0], "flow.reason"), "evicted");
    talk_fini(&t);
}

/* record.md: live, a record ends 2MSL after the close. Also where nobody has asked the table to expire anything since. */
static void
a_straggler_behind_2msl_is_of_no_connection_live(void **state)
{
    struct syc_table_config config = {.connection_octets = 1 << 20,
                                      .half_open_octets = 1 << 16,
                                      .live = true,
                                      .idle_ns = 3600 * SYC_NS_PER_S,
                                      .two_msl_ns = 60 * SYC_NS_PER_S};

    (void)state;
    for (int late = 0; late < 2; late++) {
        struct talk t;

        talk_init_with(&t, &config);
        talk_handshake(&t, 0);
        talk(&t, 1000, SERVER, "R", 5001, 0, 0);
        talk(&t, late ? 61000 : 60999, CLIENT, "A", 1001, 5001, 0);
        talk_end(&t);
        assert_int_equal(t.count, 1 + late);
        assert_int_equal(t.records[0]->late_count, 1 - late);
        talk_fini(&t);
    }
}

static void
the_end_comes_in_canonical_order(void **state)
{
    struct talk t;

    (void)state;
    talk_init(&t);
    for (int i = 0; i < 30; i++) {
        t.client_port = (uint16_t)(3000 + (i * 7) % 30);
        talk(&t, i / 10, CLIENT, "S", 1000, 0, 0);
        if (i % 3 == 0) {
            talk(&t, i / 10, SERVER, "SA", 5000, 1001, 0);
        }
    }
    talk_end(&t);
    assert_int_equal(t.count, 30);
    for (size_t i = 1; i < t.count; i++) {
        assert_true(syc_record_compare(t.records[i - 1], t.records[i]) < 0);
    }
    talk_fini(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_conversation_is_one_record),
        cmocka_unit_test(an_unanswered_syn_is_a_record_with_state_s0),
        cmocka_unit_test(syn_retry_is_not_a_new_connection),
        cmocka_unit_test(a_syn_with_another_isn_begins_a_new_connection),
        cmocka_unit_test(a_refused_connect_is_rej),
        cmocka_unit_test(fins_that_cross_leave_both_in_time_wait),
        cmocka_unit_test(the_fin_that_acknowledges_decides_who_closed_first),
        cmocka_unit_test(a_rst_in_the_window_ends_time_wait),
        cmocka_unit_test(a_keep_alive_probe_is_neither_payload_nor_a_repeat),
        cmocka_unit_test(a_repeat_after_a_long_silence_is_a_timeout_and_doubles),
        cmocka_unit_test(an_overtaken_segment_is_out_of_order),
        cmocka_unit_test(an_ack_of_octets_never_seen_is_a_gap),
        cmocka_unit_test(time_that_runs_back_is_clamped_and_counted),
        cmocka_unit_test(a_pause_of_a_second_splits_a_burst),
        cmocka_unit_test(slow_start_shows_as_flights),
        cmocka_unit_test(the_257th_exchange_begins_a_new_part),
        cmocka_unit_test(a_lone_rst_begins_nothing_but_is_counted),
        cmocka_unit_test(a_capture_that_starts_in_the_middle_is_flagged),
        cmocka_unit_test(a_syn_ack_behind_the_close_turns_nothing_round),
        cmocka_unit_test(the_oldest_half_open_syn_gives_way),
        cmocka_unit_test(a_syn_keeps_the_octets_that_it_had),
        cmocka_unit_test(a_frame_that_came_twice_is_no_retransmission),
        cmocka_unit_test(a_full_table_evicts_and_says_so),
        cmocka_unit_test(the_closed_give_way_to_the_log_of_the_open),
        cmocka_unit_test(a_straggler_behind_2msl_is_of_no_connection_live),
        cmocka_unit_test(the_end_comes_in_canonical_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) + test_ways_group() + test_peek_group() +
           test_collisions_group() + test_keys_group() + test_log_group();
}
