/* Lines of conn.log: members by hand, the originator of captures that begin in the middle, connections in parts. */

#include <string.h>

#include "tests/unit/output/groups.h"

/* Zeek's own line of this connection (its baseline, see test_events.c): 128.232.110.120:34855 to 66.35.250.204:80. */
static void
make_record(struct syc_record *r)
{
    syc_record_init(r);
    r->key =
        (struct syc_key){.client = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 128, 232, 110, 120},
                         .server = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 66, 35, 250, 204},
                         .client_port = 34855,
                         .server_port = 80,
                         .ip_v = 4};
    r->start_us = INT64_C(1795329605900001);
    r->dur_us = 700000;
    r->flow_id = 62 * 62 + 2 * 62 + 40; /* "12e" in base 62 */
    r->state = SYC_STATE_SF;
    r->history = "ShADadFf";
    r->final = 1;
    r->handshake_seen = 1;
    r->protocol = SYC_PROTOCOL_HTTP1;
    for (int side = 0; side < 2; side++) {
        r->pkts[side] = 6 - side;
        r->bytes[side] = 900 - side;
        r->unique_payload[side] = 500 + side;
        r->data_segments[side] = 1;
    }
    r->base[0] = UINT32_MAX; /* the numbers go around: FIN and SYN take one each */
    r->seq_end[0] = 501;
    r->base[1] = 7;
    r->seq_end[1] = 7 + 1 + 501 + 1;
    r->first_payload_us[0] = 10;
    r->first_payload_us[1] = 20;
    r->fin_us[0] = 500000;
    r->fin_us[1] = 600000;
}

static void
emit(const struct syc_record *records, size_t count, struct piped *p)
{
    piped_open(p);
    p->out.format = SYC_FORMAT_ZEEK;
    for (size_t i = 0; i < count; i++) {
        syc_emit_connection(&p->out, &records[i]);
    }
    piped_read(p);
}

static void
a_line_has_zeeks_members(void **state)
{
    struct syc_record r;
    struct piped p;

    make_record(&r);
    r.key.path = (struct syc_path){.vlan_count = 2, .vlan = {100, 7}};
    emit(&r, 1, &p);
    assert_string_equal(
        p.text,
        "{\"ts\":1795329605.900001,\"uid\":\"C00000012e\",\"id.orig_h\":\"128.232.110.120\","
        "\"id.orig_p\":34855,\"id.resp_h\":\"66.35.250.204\",\"id.resp_p\":80,\"proto\":\"tcp\","
        "\"service\":\"http\",\"duration\":0.6,\"orig_bytes\":500,\"resp_bytes\":501,"
        "\"conn_state\":\"SF\",\"missed_bytes\":0,\"history\":\"ShADadFf\",\"orig_pkts\":6,"
        "\"orig_ip_bytes\":900,\"resp_pkts\":5,\"resp_ip_bytes\":899,"
        "\"community_id\":\"1:LQU9qZlK+B5F3KDmev6m5PMibrg=\",\"vlan\":100,\"inner_vlan\":7}\n");
    piped_close(&p);
}

/* One SYN: Zeek knows no duration then, and no octets. */
static void
a_lone_syn_has_no_duration(void **state)
{
    struct syc_record r;
    struct piped p;
    json_t *root;

    make_record(&r);
    r.dur_us = 0;
    r.state = SYC_STATE_S0;
    r.history = "S";
    r.fin_us[0] = r.fin_us[1] = SYC_NONE;
    r.handshake_seen = 0;
    r.protocol = SYC_NONE;
    emit(&r, 1, &p);
    root = parse(p.text, p.n);
    assert_null(look(root, "duration"));
    assert_null(json_object_get(root, "orig_bytes"));
    assert_null(look(root, "service"));
    assert_string_equal(json_string_value(look(root, "conn_state")), "S0");
    json_decref(root);
    piped_close(&p);
}

/* What was acknowledged and never seen: 1000 octets by the numbers, 400 of them seen. */
static void
gaps_are_missed_octets(void **state)
{
    struct syc_record r;
    struct piped p;
    json_t *root;

    make_record(&r);
    r.degraded = 1U << SYC_DEGRADED_GAPS;
    r.seq_end[1] = 7 + 1 + 1000 + 1;
    r.unique_payload[1] = 400;
    emit(&r, 1, &p);
    root = parse(p.text, p.n);
    assert_int_equal(json_integer_value(look(root, "missed_bytes")), 600);
    assert_int_equal(json_integer_value(look(root, "resp_bytes")), 1000);
    json_decref(root);
    r.handshake_seen = 0; /* without the first number nothing is said */
    piped_close(&p);
    emit(&r, 1, &p);
    root = parse(p.text, p.n);
    assert_null(look(root, "missed_bytes"));
    assert_int_equal(json_integer_value(look(root, "resp_bytes")), 400);
    json_decref(root);
    piped_close(&p);
}

/* Suricata's flows have octets of frames alone: what a record does not tell, its line does not. */
static void
unknown_octets_are_left_out(void **state)
{
    static const char *const names[] = {"orig_bytes", "resp_bytes", "orig_ip_bytes",
                                        "resp_ip_bytes", "missed_bytes"};
    struct syc_record r;
    struct piped p;
    json_t *root;

    make_record(&r);
    r.degraded = 1U << SYC_DEGRADED_GAPS;
    for (int side = 0; side < 2; side++) {
        r.bytes[side] = r.unique_payload[side] = r.base[side] = r.seq_end[side] = SYC_NONE;
    }
    emit(&r, 1, &p);
    root = parse(p.text, p.n);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_null(json_object_get(root, names[i]));
    }
    assert_int_equal(json_integer_value(look(root, "orig_pkts")), 6);
    assert_non_null(look(root, "duration"));
    json_decref(root);
    piped_close(&p);
}

static void
assert_originator(const struct syc_record *r, bool client)
{
    struct piped p;
    json_t *root;

    emit(r, 1, &p);
    root = parse(p.text, p.n);
    if (json_integer_value(json_object_get(root, "id.orig_p")) != (client ? 34855 : 80)) {
        fail_msg("%s: originator is port %lld", r->history,
                 (long long)json_integer_value(json_object_get(root, "id.orig_p")));
    }
    assert_int_equal(json_integer_value(json_object_get(root, "orig_pkts")),
                     r->pkts[client ? 0 : 1]);
    json_decref(root);
    piped_close(&p);
}

/* Zeek's capitals are the originator's; which of our sides wrote a letter the record tells. */
static void
the_originator_is_zeeks(void **state)
{
    struct syc_record r;

    make_record(&r);
    assert_originator(&r, true);
    r.history = "H"; /* a SYN+ACK alone: its sender is the originator, and our server */
    assert_originator(&r, false);
    r.history = "^hADadFf"; /* turned around when more came */
    assert_originator(&r, true);
    r.fin_us[0] = SYC_NONE;
    r.history = "ADadf"; /* only the server sent a FIN, in small letters */
    assert_originator(&r, true);
    r.history = "AdaDF";
    assert_originator(&r, false);
    r.fin_us[1] = SYC_NONE;
    r.rst_by = SYC_TOSERVER;
    r.history = "dDr";
    assert_originator(&r, false);
    r.rst_by = SYC_NONE;
    r.history = "Dd"; /* the client's data came first */
    assert_originator(&r, true);
    r.first_payload_us[0] = 30;
    assert_originator(&r, false);
    r.data_segments[1] = 0;
    r.first_payload_us[1] = SYC_NONE;
    r.history = "Da";
    assert_originator(&r, true);
    r.history = "Ad";
    assert_originator(&r, false);
    r.history = NULL;
    assert_originator(&r, true);
}

/* Counters of parts are deltas; state, FINs and the history's end are the last part's. */
static void
parts_are_one_line(void **state)
{
    struct syc_record r[4];
    struct piped p;
    json_t *root;

    for (int i = 0; i < 4; i++) {
        make_record(&r[i]);
    }
    r[0].part = 1;
    r[0].final = 0;
    r[0].history = "ShADad";
    r[0].fin_us[0] = r[0].fin_us[1] = SYC_NONE;
    r[1].flow_id = 5; /* another connection, ended in between */
    r[2].part = 2;
    r[2].history = "Ff";
    r[3].flow_id = 6;
    r[3].part = 1; /* one whose end does not come before the output's */
    r[3].final = 0;
    emit(r, 4, &p);
    assert_int_equal(p.out.events, 2);
    root = parse(strchr(p.text, '\n') + 1, p.n - (size_t)(strchr(p.text, '\n') + 1 - p.text));
    assert_string_equal(json_string_value(look(root, "uid")), "C00000012e");
    assert_string_equal(json_string_value(look(root, "history")), "ShADadFf");
    assert_int_equal(json_integer_value(look(root, "orig_pkts")), 12);
    assert_int_equal(json_integer_value(look(root, "resp_ip_bytes")), 1798);
    json_decref(root);
    piped_close(&p);
    assert_int_equal(p.out.events, 3); /* the unfinished one at the end */
    assert_null(p.out.unfinished);
}

static void
a_part_without_memory_is_counted_lost(void **state)
{
    struct syc_record r;
    struct piped p;
    unsigned k = 0;
    uint64_t lost;

    do {
        piped_open(&p);
        p.out.format = SYC_FORMAT_ZEEK;
        make_record(&r);
        r.part = 1;
        r.final = 0;
        fail_allocation(++k);
        syc_emit_connection(&p.out, &r);
        r.part = 2;
        r.final = 1;
        syc_emit_connection(&p.out, &r);
        fail_allocation(0);
        lost = p.out.lost;
        piped_close(&p);
        assert_int_equal(p.out.events + lost >= 1, 1);
    } while (lost > 0);
    assert_int_equal(p.out.events, 1);
    assert_true(k > 2);
}

int
test_zeek_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_zeeks_members),
        cmocka_unit_test(a_lone_syn_has_no_duration),
        cmocka_unit_test(gaps_are_missed_octets),
        cmocka_unit_test(unknown_octets_are_left_out),
        cmocka_unit_test(the_originator_is_zeeks),
        cmocka_unit_test(parts_are_one_line),
        cmocka_unit_test(a_part_without_memory_is_counted_lost),
    };

    return cmocka_run_group_tests_name("zeek", tests, NULL, NULL);
}
