/*
 * The waist is lossless: any record, written as an event and read back, is the same record, number for number. And it
 * is narrow: a line that is not such an event is refused by name, whatever it holds.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "tests/unit/failing.h"
#include "tests/unit/output/random_record.h"

enum { ROUNDS = 25000, MUTATIONS = 30000 };

/* ------------------------------------------------------- failing memory */

/* ------------------------------------------------------------ the same */

static void
assert_same_text(const char *path, const char *a, const char *b)
{
    if ((a == NULL) != (b == NULL) || (a != NULL && strcmp(a, b) != 0)) {
        fail_msg("%s: %s became %s", path, a != NULL ? a : "absent", b != NULL ? b : "absent");
    }
}

static void
assert_same_fields(const struct syc_record *a, const struct syc_record *b)
{
    for (size_t i = 0; i < syc_record_number_count; i++) {
        const struct syc_record_number *row = &syc_record_numbers[i];
        if (syc_record_get(a, row) != syc_record_get(b, row)) {
            fail_msg("%s: %lld became %lld", row->path, (long long)syc_record_get(a, row),
                     (long long)syc_record_get(b, row));
        }
    }
    for (size_t i = 0; i < syc_record_text_count; i++) {
        size_t at = syc_record_texts[i].offset;
        assert_same_text(syc_record_texts[i].path,
                         *(const char *const *)(const void *)((const char *)a + at),
                         *(const char *const *)(const void *)((const char *)b + at));
    }
}

static void
assert_same_lists(const struct syc_record *a, const struct syc_record *b)
{
    assert_int_equal(a->syn_time_count, b->syn_time_count);
    assert_memory_equal(a->syn_times_us, b->syn_times_us, sizeof a->syn_times_us);
    assert_int_equal(a->syn_ack_time_count, b->syn_ack_time_count);
    assert_memory_equal(a->syn_ack_times_us, b->syn_ack_times_us, sizeof a->syn_ack_times_us);
    assert_int_equal(a->time_wait_count, b->time_wait_count);
    assert_memory_equal(a->time_wait, b->time_wait, sizeof a->time_wait);
    assert_int_equal(a->exchange_count, b->exchange_count);
    assert_int_equal(a->flight_count, b->flight_count);
    if (a->exchange_count > 0) {
        assert_memory_equal(a->exchanges, b->exchanges, a->exchange_count * sizeof *a->exchanges);
    }
    if (a->flight_count > 0) {
        assert_memory_equal(a->flights, b->flights, a->flight_count * sizeof *a->flights);
    }
}

static void
assert_same(const struct syc_record *a, const struct syc_record *b)
{
    assert_memory_equal(&a->key, &b->key, sizeof a->key);
    assert_int_equal(a->start_us, b->start_us);
    assert_int_equal(a->flow_id, b->flow_id);
    assert_int_equal(a->degraded, b->degraded);
    assert_same_fields(a, b);
    assert_same_lists(a, b);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(a->syn[i] == NULL, b->syn[i] == NULL);
        if (a->syn[i] != NULL) {
            assert_memory_equal(a->syn[i], b->syn[i], sizeof *a->syn[i]);
        }
        assert_memory_equal(&a->syn_own[i], &b->syn_own[i], sizeof a->syn_own[i]);
    }
}

static void
any_record_survives_its_event(void **state)
{
    struct syc_record_reader *reader = syc_record_reader_new();
    struct syc_json json = {0};
    uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);
    unsigned with_syn = 0, with_all = 0;

    assert_non_null(reader);
    for (int i = 0; i < ROUNDS; i++) {
        struct random_record made;
        struct syc_record read;
        struct syc_error err = {0};

        random_record_draw(&seed, &made);
        syc_json_reset(&json);
        syc_json_connection(&json, &made.r, i % 2 == 0 ? NULL : "edge-1");
        assert_false(json.failed);
        if (syc_record_read(reader, json.text, json.n, &read, &err) != SYC_OK) {
            fail_msg("round %d: %s in %.*s", i, err.text, (int)json.n, json.text);
        }
        assert_same(&made.r, &read);
        with_syn += made.r.syn[0] != NULL;
        with_all += made.r.exchange_count > 0 && made.r.time_wait_count > 0 && made.r.degraded != 0;
    }
    assert_true(with_syn > ROUNDS / 3 && with_all > ROUNDS / 8); /* the property was not empty */
    syc_json_fini(&json);
    syc_record_reader_free(reader);
}

/* The text again, character for character: what judge writes is what it read. */
static void
an_event_read_and_written_is_the_same_text(void **state)
{
    struct syc_record_reader *reader = syc_record_reader_new();
    struct syc_json first = {0}, second = {0};
    uint64_t seed = 5;

    for (int i = 0; i < 2000; i++) {
        struct random_record made;
        struct syc_record read;

        random_record_draw(&seed, &made);
        syc_json_reset(&first);
        syc_json_reset(&second);
        syc_json_connection(&first, &made.r, NULL);
        assert_int_equal(syc_record_read(reader, first.text, first.n, &read, NULL), SYC_OK);
        syc_json_connection(&second, &read, NULL);
        assert_int_equal(first.n, second.n);
        assert_memory_equal(first.text, second.text, first.n);
    }
    syc_json_fini(&first);
    syc_json_fini(&second);
    syc_record_reader_free(reader);
}

/* ------------------------------------------------------------ refusals */

static enum syc_status
read_text(const char *text, struct syc_error *err)
{
    struct syc_record_reader *reader = syc_record_reader_new();
    struct syc_record r;
    enum syc_status status;

    assert_non_null(reader);
    *err = (struct syc_error){0};
    status = syc_record_read(reader, text, strlen(text), &r, err);
    syc_record_reader_free(reader);
    return status;
}

static void
assert_refused(const char *text, const char *named)
{
    struct syc_error err;

    assert_int_equal(read_text(text, &err), SYC_SYNTAX);
    assert_int_equal(err.status, SYC_SYNTAX);
    if (strstr(err.text, named) == NULL) {
        fail_msg("\"%s\" does not name %s", err.text, named);
    }
}

/* A small good event; `more` stands before its last brace, `flow` inside its flow. */
static const char *
make_event(char out[4096], const char *more, const char *flow)
{
    snprintf(out, 4096,
             "{\"v\":1,\"event_type\":\"connection\",\"src_ip\":\"192.0.2.1\",\"src_port\":40000,"
             "\"dest_ip\":\"192.0.2.2\",\"dest_port\":80,"
             "\"flow\":{\"start\":\"2026-11-22T06:40:05.900001Z\"%s}%s}",
             flow, more);
    return out;
}

static void
lines_that_are_no_event_are_refused_or_passed_over(void **state)
{
    struct syc_error err;
    char text[4096];

    assert_int_equal(read_text("{\"event_type\":\"stats\"}", &err), SYC_NOT_FOUND);
    assert_int_equal(read_text("{\"event_type\":\"flow\",\"src_ip\":7}", &err), SYC_NOT_FOUND);
    assert_refused("", "not JSON");
    assert_refused("{", "not JSON");
    assert_refused("[1]", "object");
    assert_refused("{}", "event_type");
    assert_refused("{\"event_type\":1}", "event_type");
    assert_refused("{\"event_type\":\"connection\",\"v\":2}", "v:");
    assert_refused("{\"event_type\":\"connection\"}", "src_ip");
    assert_refused("{\"event_type\":\"connection\",\"v\":1,\"v\":1}", "duplicate");
    assert_refused(make_event(text, ",\"vlan\":[],\"vlan\":[1]", ""), "duplicate");
    assert_refused(make_event(text, "", ",\"final\":true,\"fina\\u006c\":false"), "duplicate");
    assert_int_equal(read_text("{\"event_type\":  x", &err), SYC_SYNTAX);
    assert_int_equal(err.column, 17); /* where the octet stands that fits nothing */
    assert_int_equal(read_text(make_event(text, "", ""), &err), SYC_OK);
}

/* What a line is does not hang on which of its members comes first. */
static void
the_kind_of_a_line_is_decided_before_its_faults(void **state)
{
    struct syc_error err;

    assert_int_equal(read_text("{\"src_ip\":7,\"event_type\":\"flow\"}", &err), SYC_NOT_FOUND);
    assert_int_equal(read_text("{\"flow\":{\"start\":1},\"event_type\":\"dns\"}", &err),
                     SYC_NOT_FOUND);
    assert_refused("{\"src_ip\":7,\"event_type\":\"connection\"}", "src_ip");
    assert_refused("{\"src_ip\":7,\"dest_ip\":8,\"event_type\":\"connection\"}", "src_ip");
    assert_refused("{\"event_type\":\"flow\",\"event_type\":\"connection\"}", "duplicate");
    assert_refused("{\"event_type\":\"flow\",\"x\":}", "not JSON");
    assert_refused("{\"src_ip\":7,\"event_type\":\"connection\"", "not JSON");
}

/* An escape sequence in the line must not reach a terminal through the message. */
static void
messages_hold_no_control_characters(void **state)
{
    struct syc_error err;

    assert_int_equal(read_text("{\"a\":\x1b[31mred", &err), SYC_SYNTAX);
    for (size_t i = 0; err.text[i] != '\0'; i++) {
        assert_in_range(err.text[i], 0x20, 0x7e);
    }
}

static void
members_out_of_range_are_named(void **state)
{
    static const struct {
        const char *more, *flow, *named;
    } rows[] = {
        {"", ",\"state\":\"ZZ\"", "flow.state"},
        {"", ",\"state\":1", "flow.state"},
        {"", ",\"pkts_toserver\":36028797018963969", "flow.pkts_toserver"}, /* 2^55 + 1 */
        {"", ",\"pkts_toserver\":-9223372036854775808", "flow.pkts_toserver"},
        {"", ",\"pkts_toserver\":1.0", "flow.pkts_toserver"},
        {"", ",\"final\":1", "flow.final"},
        {"", ",\"history\":\"Sh\\u001b\"", "flow.history"},
        {"", ",\"history\":\"\"", "flow.history"},
        {"", ",\"history\":\"\\u00e4\"", "flow.history"},
        {"", ",\"end\":\"2026-11-22T06:40:05.900000Z\"", "flow.end"},
        {"", ",\"end\":\"2026-11-22\"", "flow.end"},
        {",\"tcp\":3", "", "tcp:"},
        {",\"tcp\":{\"retrans_toserver\":[]}", "", "tcp.retrans_toserver:"},
        {",\"tcp\":{\"syn_times_us\":[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7]}", "", "tcp.syn_times_us"},
        {",\"tcp\":{\"syn_times_us\":[true]}", "", "tcp.syn_times_us"},
        {",\"vlan\":[4096]", "", "vlan[0]"},
        {",\"vlan\":[1,2,3,4,5,6,7,8,9]", "", "vlan"},
        {",\"tunnel\":[\"gre\",\"none\"]", "", "tunnel[1]"},
        {",\"tunnel\":{}", "", "tunnel"},
        {",\"ip_v\":6", "", "ip_v"},
        {",\"proto\":\"UDP\"", "", "proto"},
        {",\"client_known\":\"no\"", "", "client_known"},
        {",\"flow_id\":9007199254740992", "", "flow_id"}, /* 2^53 */
        {",\"flow_id\":-1", "", "flow_id"},
        {",\"complete\":false", "", "complete"},
        {",\"complete\":true,\"degraded\":[\"gaps\"]", "", "complete"},
        {",\"degraded\":[\"gap\"]", "", "degraded[0]"},
        {",\"exchanges\":[[1,2,3]]", "", "exchanges[0]"},
        {",\"exchanges\":[[1,2,3,4],[1,2,3,4,5]]", "", "exchanges[1]"},
        {",\"exchanges\":[7]", "", "exchanges[0]"},
        {",\"flights\":[[1,2,3,4,5,6,2]]", "", "flights[0]"},
        {",\"flights\":null", "", "flights"},
        {",\"close\":{\"time_wait\":[{\"side\":\"both\",\"enter_us\":1}]}", "",
         "close.time_wait[0]"},
        {",\"close\":{\"time_wait\":[{\"side\":\"client\"}]}", "", "close.time_wait[0]"},
        {",\"close\":{\"time_wait\":[{\"side\":\"client\",\"enter_us\":1,"
         "\"restarts_us\":[[1,2],[1,2],[1,2],[1,2],[1,2]]}]}",
         "", "close.time_wait[0]"},
        {",\"close\":{\"time_wait\":[1,2,3]}", "", "close.time_wait"},
        {",\"syn\":7", "", "syn"},
        {",\"syn\":{\"kind\":\"ack\"}", "", "syn.kind"},
        {",\"syn\":{\"kind\":\"syn\"}", "", "syn.window_law"},
        {",\"syn\":{\"ttl\":256}", "", "syn.ttl"},
        {",\"syn_ack\":{\"payload_bytes\":-1}", "", "syn_ack.payload_bytes"},
        {",\"http\":{\"user_agent\":5}", "", "http.user_agent"},
    };
    char text[4096];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_refused(make_event(text, rows[i].more, rows[i].flow), rows[i].named);
    }
}

/* A NUL ends a text of C, not one of JSON: what stands behind it counts, however much that is. */
static void
a_word_with_nuls_behind_it_is_another(void **state)
{
    char text[4096], flow[1024] = ",\"state\":\"SF";

    for (size_t n = 1; n <= 64; n++) {
        strcat(flow, "\\u0000");
        strcat(flow, "\"");
        assert_refused(make_event(text, "", flow), "flow.state");
        flow[strlen(flow) - 1] = '\0';
    }
}

/* Members that say nothing about the record: their content is the reader's business as little as their presence. */
static bool
is_passed_over(const char *path)
{
    static const char *const names[] = {"timestamp", "sensor", "community_id"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(path, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void
assert_refused_tree(json_t *root, const char *path)
{
    char *text = json_dumps(root, JSON_COMPACT);
    struct syc_error err;

    assert_non_null(text);
    if (read_text(text, &err) != SYC_SYNTAX && !is_passed_over(path)) {
        fail_msg("null at %s was taken", path);
    }
    free(text);
}

/* Each member of the tree in turn is null, which the contract never writes. */
static void
nullify_each(json_t *root, json_t *value, const char *path)
{
    const char *name;
    json_t *member;
    void *next;

    json_object_foreach_safe(value, next, name, member)
    {
        char inner[256];
        json_t *kept = json_incref(member);

        snprintf(inner, sizeof inner, "%s%s%s", path, path[0] != '\0' ? "." : "", name);
        if (strcmp(inner, "event_type") != 0) {
            json_object_set_new(value, name, json_null());
            assert_refused_tree(root, inner);
        }
        json_object_set_new(value, name, kept);
        nullify_each(root, kept, inner);
    }
}

/* Records of all members, so that no member is trusted. */
static void
null_is_refused_wherever_it_stands(void **state)
{
    struct syc_json json = {0};
    uint64_t seed = 99;

    for (int i = 0; i < 10; i++) {
        struct random_record made;
        json_t *root;

        random_record_draw(&seed, &made);
        syc_json_reset(&json);
        syc_json_connection(&json, &made.r, "edge-1");
        root = json_loadb(json.text, json.n, 0, NULL);
        assert_non_null(root);
        nullify_each(root, root, "");
        json_decref(root);
    }
    syc_json_fini(&json);
}

static void
add_unknown(json_t *value)
{
    const char *name;
    json_t *member;
    size_t i;

    json_object_foreach(value, name, member)
    {
        add_unknown(member);
    }
    json_array_foreach(value, i, member)
    {
        add_unknown(member);
    }
    if (json_is_object(value)) {
        json_object_set_new(value, "later", json_pack("{s:[n,i]}", "x", 1));
    }
}

/* The contract only grows: what a later version adds, anywhere, changes nothing here. */
static void
unknown_members_are_passed_over(void **state)
{
    struct syc_record_reader *reader = syc_record_reader_new();
    struct syc_json json = {0};
    uint64_t seed = 3;

    for (int i = 0; i < 200; i++) {
        struct random_record made;
        struct syc_record read;
        json_t *root;
        char *text;

        random_record_draw(&seed, &made);
        syc_json_reset(&json);
        syc_json_connection(&json, &made.r, NULL);
        root = json_loadb(json.text, json.n, 0, NULL);
        add_unknown(root);
        text = json_dumps(root, 0);
        assert_non_null(text);
        assert_int_equal(syc_record_read(reader, text, strlen(text), &read, NULL), SYC_OK);
        assert_same(&made.r, &read);
        free(text);
        json_decref(root);
    }
    syc_json_fini(&json);
    syc_record_reader_free(reader);
}

static void
what_an_event_leaves_out_is_derived(void **state)
{
    struct syc_record_reader *reader = syc_record_reader_new();
    char text[4096];
    struct syc_record r;
    const char *line = make_event(text, "", ",\"end\":\"2026-11-22T06:41:05.900002Z\"");

    assert_int_equal(syc_record_read(reader, line, strlen(line), &r, NULL), SYC_OK);
    assert_int_equal(r.dur_us, 60000001);
    assert_int_equal(r.client_known, 1);
    assert_int_equal(r.key.ip_v, 4);
    assert_int_equal(r.flow_id, syc_record_flow_id(&r.key, SYC_NONE, r.start_us));
    assert_int_equal(r.pkts[0], SYC_NONE);
    assert_null(r.syn[0]);
    syc_record_reader_free(reader);
}

/* Lines with an octet or a run of them changed: read or refused, and then the reader is still good. */
static void
damaged_lines_do_no_harm(void **state)
{
    struct syc_record_reader *reader = syc_record_reader_new();
    struct syc_json json = {0};
    uint64_t seed = 17;
    struct random_record made;
    struct syc_record read;
    unsigned taken = 0;

    for (int i = 0; i < MUTATIONS; i++) {
        struct syc_error err = {0};
        enum syc_status status;
        size_t at;

        if (i % 200 == 0) {
            random_record_draw(&seed, &made);
        }
        syc_json_reset(&json);
        syc_json_connection(&json, &made.r, NULL);
        at = (size_t)random_below(&seed, json.n);
        if (random_below(&seed, 4) == 0) {
            json.n = at;
        } else {
            json.text[at] = (char)random_next(&seed);
        }
        status = syc_record_read(reader, json.text, json.n, &read, &err);
        assert_true(status == SYC_OK || status == SYC_SYNTAX || status == SYC_NOT_FOUND);
        assert_true(status != SYC_SYNTAX || err.text[0] != '\0');
        taken += status == SYC_OK;
    }
    assert_in_range(taken, 1, MUTATIONS / 2);
    syc_json_fini(&json);
    syc_record_reader_free(reader);
}

/* The reader, its exchanges and its flights: these three are asked for, and no more for a line. */
static void
short_memory_is_told_as_such(void **state)
{
    struct syc_json json = {0};
    uint64_t seed = 8;
    struct random_record made;
    struct syc_record read;
    unsigned k;

    do {
        random_record_draw(&seed, &made);
    } while (made.r.exchange_count == 0 || made.r.exchange_count > 64 || made.r.flight_count == 0 ||
             made.r.flight_count > 64); /* the lists' first room */
    syc_json_connection(&json, &made.r, NULL);
    for (k = 1; k < 20; k++) {
        struct syc_record_reader *reader;
        struct syc_error err = {0};
        enum syc_status status = SYC_NO_MEMORY;
        bool reached;

        fail_at = k;
        reader = syc_record_reader_new();
        if (reader != NULL) {
            status = syc_record_read(reader, json.text, json.n, &read, &err);
        }
        reached = fail_at == 0;
        fail_at = 0;
        assert_int_equal(status, reached ? SYC_NO_MEMORY : SYC_OK);
        if (!reached) {
            assert_same(&made.r, &read);
            syc_record_reader_free(reader);
            break;
        }
        if (reader != NULL) { /* and afterwards it reads as ever */
            assert_int_equal(syc_record_read(reader, json.text, json.n, &read, &err), SYC_OK);
            assert_same(&made.r, &read);
        }
        syc_record_reader_free(reader);
    }
    assert_int_equal(k, 4);
    syc_json_fini(&json);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_record_survives_its_event),
        cmocka_unit_test(an_event_read_and_written_is_the_same_text),
        cmocka_unit_test(lines_that_are_no_event_are_refused_or_passed_over),
        cmocka_unit_test(the_kind_of_a_line_is_decided_before_its_faults),
        cmocka_unit_test(messages_hold_no_control_characters),
        cmocka_unit_test(members_out_of_range_are_named),
        cmocka_unit_test(a_word_with_nuls_behind_it_is_another),
        cmocka_unit_test(null_is_refused_wherever_it_stands),
        cmocka_unit_test(unknown_members_are_passed_over),
        cmocka_unit_test(what_an_event_leaves_out_is_derived),
        cmocka_unit_test(damaged_lines_do_no_harm),
        cmocka_unit_test(short_memory_is_told_as_such),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
