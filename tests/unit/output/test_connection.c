/* The connection event: every field once, at its path, with its value; nothing that is not known. */

#include "tests/unit/output/groups.h"

#include <string.h>

#include "tests/unit/output/random_record.h"

static void
set_addr(uint8_t out[16], uint8_t last)
{
    static const uint8_t base[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 0};

    memcpy(out, base, 16);
    out[15] = last;
}

/* 192.0.2.1:40000 to 192.0.2.2:80 at 2026-11-22T06:40:05.900001Z (1795329605: date -u -d ... +%s). */
static void
make_record(struct syc_record *r)
{
    syc_record_init(r);
    r->key.ip_v = 4;
    set_addr(r->key.client, 1);
    set_addr(r->key.server, 2);
    r->key.client_port = 40000;
    r->key.server_port = 80;
    r->start_us = INT64_C(1795329605900001);
    r->flow_id = 411523981732001;
    r->client_known = 1;
}

/* Community ID of the same tuple: python3 hashlib, base64 over 0000 c0000201 c0000202 06 00 9c40 0050. */
#define COMMUNITY_ID "1:G+HkHCrmxWLQgwEnSytJ6z6uCFc="
#define HEAD                                                                                       \
    "{\"v\":1,\"timestamp\":\"2026-11-22T06:40:05.900001Z\",\"event_type\":\"connection\","        \
    "\"flow_id\":411523981732001,\"community_id\":\"" COMMUNITY_ID "\",\"src_ip\":\"192.0.2.1\","  \
    "\"src_port\":40000,\"dest_ip\":\"192.0.2.2\",\"dest_port\":80,\"proto\":\"TCP\","

static void
assert_event(const struct syc_record *r, const char *want)
{
    struct syc_json j = {0};

    syc_json_connection(&j, r, NULL);
    assert_false(j.failed);
    if (j.n != strlen(want) || memcmp(j.text, want, j.n) != 0) {
        fail_msg("%.*s\nwant %s", (int)j.n, j.text, want);
    }
    syc_json_fini(&j);
}

static void
a_record_without_facts_has_no_empty_members(void **state)
{
    struct syc_record r;

    make_record(&r);
    assert_event(&r, HEAD "\"ip_v\":4,\"flow\":{\"start\":\"2026-11-22T06:40:05.900001Z\"},"
                          "\"complete\":true}");
}

static void
objects_open_and_close_with_their_first_and_last_member(void **state)
{
    static const struct syc_exchange exchanges[] = {{10, 1, 100, 1, 1, 30, 1000, 5, 2000, 3},
                                                    {90, 2, 40, 1, 0, 0, 0, 0, 0, 0}};
    static const struct syc_flight flights[] = {{30, 4, 2, 3, 2000, 0, 1}};
    struct syc_record r;

    make_record(&r);
    r.client_known = 0;
    r.degraded = 1U << SYC_DEGRADED_MIDSTREAM | 1U << SYC_DEGRADED_GAPS;
    r.pkts[1] = 0;
    r.state = SYC_STATE_SF;
    r.syn_time_count = 2;
    r.syn_times_us[1] = 1000000;
    r.isn = 7;
    r.ts_last_val[0] = 5;
    r.retrans_data[0] = 2;
    r.retrans_fin[0] = 1;
    r.retrans_syn[1] = 3;
    r.dup_ack[0] = 9;
    r.syn_own[1].payload_bytes = 0;
    r.exchanges = exchanges;
    r.exchange_count = 2;
    r.flights = flights;
    r.flight_count = 1;
    r.rst_by = SYC_TOCLIENT;
    r.rst_ack = 0;
    r.time_wait_count = 1;
    r.time_wait[0] = (struct syc_time_wait){1, 20, 30, 2, {{1, 2}, {3, 4}}};
    r.tls_version = "1.3";
    assert_event(
        &r, HEAD
        "\"client_known\":false,\"ip_v\":4,"
        "\"flow\":{\"start\":\"2026-11-22T06:40:05.900001Z\",\"state\":\"SF\",\"pkts_toclient\":0},"
        "\"tcp\":{\"syn_times_us\":[0,1000000],\"isn\":7,\"ts_last_toserver\":{\"val\":5},"
        "\"retrans_toserver\":{\"data\":2,\"fin\":1},\"retrans_toclient\":{\"syn\":3},"
        "\"dup_ack_toserver\":9},"
        "\"syn_ack\":{\"payload_bytes\":0},\"tls\":{\"version\":\"1.3\"},"
        "\"exchanges\":[[10,1,100,1,30,1000,5,2000,3],[90,2,40,1]],"
        "\"flights\":[[30,4,2,3,2000,0,1]],"
        "\"close\":{\"rst\":{\"by\":\"server\",\"ack\":false},\"time_wait\":[{\"side\":\"server\","
        "\"enter_us\":20,\"restarts_us\":[[1,2],[3,4]],\"killed_us\":30}]},"
        "\"complete\":false,\"degraded\":[\"midstream\",\"gaps\"]}");
}

static void
assert_number(json_t *root, const struct syc_record *r, const struct syc_record_number *row)
{
    json_t *got = look(root, row->path);
    int64_t want = syc_record_get(r, row);

    if (want == SYC_NONE || strcmp(row->path, "client_known") == 0) {
        assert_true(want == SYC_NONE ? got == NULL : (got == NULL) == (want == 1));
        return;
    }
    if (got == NULL) {
        fail_msg("%s is not in the event", row->path);
    }
    switch ((enum syc_number_kind)row->kind) {
    case SYC_NUMBER:
        assert_true(json_is_integer(got));
        assert_int_equal(json_integer_value(got), want);
        break;
    case SYC_NUMBER_BOOL:
        assert_int_equal(json_is_true(got), want);
        assert_true(json_is_boolean(got));
        break;
    case SYC_NUMBER_WORD:
        assert_string_equal(json_string_value(got), row->words[want]);
        break;
    }
}

/* The words of a list with commas between: what the text of a record is. */
static const char *
joined(json_t *list, char *out)
{
    out[0] = '\0';
    assert_true(json_is_array(list));
    for (size_t i = 0; i < json_array_size(list); i++) {
        strcat(out, i > 0 ? "," : "");
        strcat(out, json_string_value(json_array_get(list, i)));
    }
    return out;
}

static void
every_row_of_both_tables_stands_at_its_path(void **state)
{
    struct random_record made;
    struct syc_json j = {0};
    uint64_t seed = 42;

    for (int round = 0; round < 500; round++) {
        json_t *root;

        random_record_draw(&seed, &made);
        syc_json_reset(&j);
        syc_json_connection(&j, &made.r, "edge-1");
        root = parse(j.text, j.n);
        for (size_t i = 0; i < syc_record_number_count; i++) {
            assert_number(root, &made.r, &syc_record_numbers[i]);
        }
        for (size_t i = 0; i < syc_record_text_count; i++) {
            const struct syc_record_text *row = &syc_record_texts[i];
            const char *want =
                *(const char *const *)(const void *)((const char *)&made.r + row->offset);
            json_t *got = look(root, row->path);
            assert_int_equal(want == NULL, got == NULL);
            if (want != NULL) {
                char words[RANDOM_TEXT * 8];
                assert_string_equal(row->list ? joined(got, words) : json_string_value(got), want);
            }
        }
        assert_string_equal(json_string_value(look(root, "sensor")), "edge-1");
        json_decref(root);
    }
    syc_json_fini(&j);
}

static bool
holds_empty_object(json_t *value)
{
    const char *name;
    json_t *member;

    if (!json_is_object(value)) {
        return false;
    }
    json_object_foreach(value, name, member)
    {
        if (holds_empty_object(member)) {
            return true;
        }
    }
    return json_object_size(value) == 0;
}

/* Each number alone, so that every object is opened by each of its members. */
static void
one_known_number_opens_only_its_objects(void **state)
{
    struct syc_json j = {0};
    struct syc_record r;

    for (size_t i = 0; i < syc_record_number_count; i++) {
        json_t *root;

        make_record(&r);
        syc_record_set(&r, &syc_record_numbers[i], 1);
        syc_json_reset(&j);
        syc_json_connection(&j, &r, NULL);
        root = parse(j.text, j.n);
        assert_number(root, &r, &syc_record_numbers[i]);
        assert_false(holds_empty_object(root));
        assert_in_range(json_object_size(root), 13, 14);
        json_decref(root);
    }
    syc_json_fini(&j);
}

static void
numbers_at_the_edges_find_room(void **state)
{
    struct syc_exchange exchanges[SYC_EXCHANGES_MAX];
    struct syc_json j = {0};
    struct syc_record r;
    json_t *root;

    make_record(&r);
    for (size_t i = 0; i < syc_record_number_count; i++) {
        if (syc_record_numbers[i].kind == SYC_NUMBER) {
            syc_record_set(&r, &syc_record_numbers[i], INT64_MIN + 1);
        }
    }
    r.dur_us = 0;
    for (size_t i = 0; i < SYC_EXCHANGES_MAX; i++) {
        for (size_t k = 0; k < 10; k++) {
            ((int64_t *)&exchanges[i])[k] = INT64_MIN + 1;
        }
    }
    r.exchanges = exchanges;
    r.exchange_count = SYC_EXCHANGES_MAX;
    syc_json_connection(&j, &r, NULL);
    root = parse(j.text, j.n);
    assert_int_equal(json_integer_value(look(root, "exchanges.255.8")), INT64_MIN + 1);
    assert_int_equal(json_integer_value(look(root, "flights_cut.octets")), INT64_MIN + 1);
    json_decref(root);
    syc_json_fini(&j);
}

static void
wide_syn_facts_find_room(void **state)
{
    struct syc_syn syn;
    struct syc_json j = {0};
    struct syc_record r;
    json_t *root;

    make_record(&r);
    memset(&syn, 0xff, sizeof syn);
    syn.mss = INT32_MAX;
    syn.wscale = INT16_MAX;
    syn.window_unit = SYC_WINDOW_FLOOR65535;
    syn.option_count = 40;
    memset(syn.options, 'o', sizeof syn.options - 1);
    memset(syn.p0f, '"', sizeof syn.p0f - 1);
    memset(syn.tcpfp, 't', sizeof syn.tcpfp - 1);
    memset(syn.muonfp, 'm', sizeof syn.muonfp - 1);
    syn.options[sizeof syn.options - 1] = syn.p0f[sizeof syn.p0f - 1] = '\0';
    syn.tcpfp[sizeof syn.tcpfp - 1] = syn.muonfp[sizeof syn.muonfp - 1] = '\0';
    r.syn[0] = r.syn[1] = &syn;
    for (int i = 0; i < 2; i++) {
        r.syn_own[i] = (struct syc_syn_own){INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
    }
    syc_json_connection(&j, &r, NULL);
    root = parse(j.text, j.n);
    assert_int_equal(json_array_size(look(root, "syn.quirks")), SYC_QUIRK_COUNT);
    assert_int_equal(json_array_size(look(root, "syn_ack.option_kinds")), 40);
    assert_int_equal(json_string_length(look(root, "syn.p0f")), SYC_P0F_TEXT - 1);
    json_decref(root);
    syc_json_fini(&j);
}

static void
short_memory_never_leaves_half_an_event(void **state)
{
    struct random_record made;
    struct syc_json whole = {0};
    uint64_t seed = 11;
    unsigned k;

    random_record_draw(&seed, &made);
    syc_json_connection(&whole, &made.r, NULL);
    for (k = 1; k < 50; k++) {
        struct syc_json j = {0};
        bool failed;

        fail_allocation(k);
        syc_json_connection(&j, &made.r, NULL);
        fail_allocation(0);
        failed = j.failed;
        syc_json_reset(&j);
        syc_json_connection(&j, &made.r, NULL);
        assert_int_equal(j.n, whole.n);
        assert_memory_equal(j.text, whole.text, whole.n);
        syc_json_fini(&j);
        if (!failed) {
            break;
        }
    }
    assert_in_range(k, 3, 49); /* the layout, the first text and at least one growth have failed */
    syc_json_fini(&whole);
}

/* The text of one record, by a writer that has written others before. */
static const char *
text_of(struct syc_json *j, const struct syc_record *r)
{
    syc_json_reset(j);
    syc_json_connection(j, r, NULL);
    assert_false(j->failed);
    assert_true(j->n < j->room);
    j->text[j->n] = '\0';
    return j->text;
}

/* All counters of trouble are 0 and are written at once; with one that is not, each by itself. */
static void
no_trouble_reads_as_some_does_but_for_the_number(void **state)
{
    struct syc_json j = {0};
    struct syc_record r;
    char quiet[4096], *digit;

    make_record(&r);
    for (int64_t *n = r.retrans_data; n <= &r.never_acked_repeats; n++) {
        *n = 0;
    }
    snprintf(quiet, sizeof(quiet), "%s", text_of(&j, &r));
    assert_non_null(strstr(quiet, "\"tcp\":{\"retrans_toserver\":{\"data\":0,\"fast\":0"));
    assert_non_null(strstr(quiet, "\"never_acked_toserver\":{\"octets\":0,\"repeats\":0}}"));
    for (int64_t *n = r.retrans_data; n <= &r.never_acked_repeats; n++) {
        *n = 7;
        digit = strstr((char *)(uintptr_t)text_of(&j, &r), ":7");
        assert_non_null(digit);
        digit[1] = '0';
        assert_string_equal(j.text, quiet);
        *n = 0;
    }
    syc_json_fini(&j);
}

/* Values that stay are written from what was written before: what differs by connection must not be. */
static void
a_syn_that_stays_is_written_as_one_that_does_not(void **state)
{
    struct random_record made;
    struct syc_json again = {0};
    uint64_t seed = 5;

    random_record_draw(&seed, &made);
    made.r.syn[0] = &made.syn[0];
    made.r.syn[1] = &made.syn[1];
    for (int i = 0; i < 6; i++) {
        struct syc_json once = {0};
        made.r.syn_own[0].ip_id = i == 3 ? SYC_NONE : i * 1000;
        made.r.syn_own[1].ts_val = i * 77;
        made.r.syn_stays = false;
        text_of(&once, &made.r);
        made.r.syn_stays = true;
        assert_string_equal(text_of(&again, &made.r), once.text);
        syc_json_fini(&once);
    }
    syc_json_fini(&again);
}

/* A reader of events has one place for all signatures. */
static void
a_syn_that_does_not_stay_is_looked_at_each_time(void **state)
{
    struct random_record made;
    struct syc_json j = {0};
    uint64_t seed = 5;

    random_record_draw(&seed, &made);
    made.r.syn[0] = &made.syn[0];
    made.r.syn_stays = false;
    made.syn[0].window = 4711;
    assert_non_null(strstr(text_of(&j, &made.r), "\"window\":4711,"));
    made.syn[0].window = 4712;
    assert_non_null(strstr(text_of(&j, &made.r), "\"window\":4712,"));
    syc_json_fini(&j);
}

int
test_connection_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_without_facts_has_no_empty_members),
        cmocka_unit_test(objects_open_and_close_with_their_first_and_last_member),
        cmocka_unit_test(every_row_of_both_tables_stands_at_its_path),
        cmocka_unit_test(one_known_number_opens_only_its_objects),
        cmocka_unit_test(numbers_at_the_edges_find_room),
        cmocka_unit_test(wide_syn_facts_find_room),
        cmocka_unit_test(no_trouble_reads_as_some_does_but_for_the_number),
        cmocka_unit_test(a_syn_that_stays_is_written_as_one_that_does_not),
        cmocka_unit_test(a_syn_that_does_not_stay_is_looked_at_each_time),
        cmocka_unit_test(short_memory_never_leaves_half_an_event),
    };

    return cmocka_run_group_tests_name("connection", tests, NULL, NULL);
}
