/*
 * What a client says of itself, however its octets come: the record of a head in pieces must be that of the whole. Names
 * are of the JA4 specification (hello.h) or stand in the request.
 */

#include "tests/unit/connection/talk.h"
#include "tests/unit/hello.h"

#include "connection/table_int.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char request[] = "GET /secret HTTP/1.1\r\nHost: a.example\r\nUser-Agent: tool/1.0\r\n"
                              "Cookie: secret\r\nAccept: */*\r\n\r\nsecret";

/* Octets [from, to) of what the client says; captured: octets of them that the capture holds. */
static void
say(struct talk *t, int ms, const void *octets, size_t from, size_t to, size_t captured)
{
    struct syc_segment s =
        talk_segment(t, ms, CLIENT, "PA", 1001 + (uint32_t)from, 5001, (uint32_t)(to - from));

    s.payload = (struct syc_span){(const uint8_t *)octets + from, captured};
    talk_send(t, &s);
}

static void
say_all(struct talk *t, int ms, const void *octets, size_t from, size_t to)
{
    say(t, ms, octets, from, to, to - from);
}

static void
start(struct talk *t)
{
    talk_init(t);
    talk_handshake(t, 0);
}

/* The one record; its buffers are given back. */
static const struct syc_record *
end(struct talk *t)
{
    assert_int_equal(t->table->store.peeks.octets, 0);
    talk_end(t);
    assert_int_equal(t->count, 1);
    assert_int_equal(t->table->store.said.count, 0);
    return t->records[0];
}

static void
assert_text(const char *got, const char *want)
{
    if (want == NULL) {
        assert_null(got);
    } else {
        assert_non_null(got);
        assert_string_equal(got, want);
    }
}

static void
assert_example_hello(const struct syc_record *r)
{
    assert_text(r->ja4, HELLO_EXAMPLE_JA4);
    assert_text(r->tls_version, "1.3");
    assert_text(r->alpn, "h2,http/1.1");
    assert_text(r->sni, NULL);
    assert_string_equal(talk_word(r, "tls.resume_offered"), "none");
    assert_string_equal(talk_word(r, "app.protocol"), "tls");
    assert_text(r->http_method, NULL);
    assert_int_equal(r->degraded, 0);
}

static void
assert_request(const struct syc_record *r)
{
    assert_text(r->http_method, "GET");
    assert_text(r->http_version, "1.1");
    assert_text(r->user_agent, "tool/1.0");
    assert_text(r->header_names, "Host,User-Agent,Cookie,Accept");
    assert_text(r->ja4, NULL);
    assert_string_equal(talk_word(r, "app.protocol"), "http1");
    assert_int_equal(r->requests, 1);
    assert_int_equal(r->degraded, 0);
}

static size_t
example(size_t fragment, uint8_t out[HELLO_OCTETS])
{
    return hello_records(&hello_example, fragment, out);
}

/* No buffer is made for it: the usual case must not copy. */
static void
a_head_in_one_segment_is_read_where_it_lies(void **state)
{
    static uint8_t octets[HELLO_OCTETS];
    size_t n = example(16384, octets);
    struct talk t;

    start(&t);
    say_all(&t, 30, octets, 0, n);
    assert_int_equal(t.table->store.budget.used,
                     t.table->store.budget.peak); /* nothing was given back */
    assert_example_hello(end(&t));
    talk_fini(&t);
    start(&t);
    say_all(&t, 30, request, 0, sizeof request - 1);
    assert_request(end(&t));
    talk_fini(&t);
}

/* In order, and the second piece first. */
static void
a_head_cut_anywhere_is_the_same_head(void **state)
{
    static const size_t fragments[] = {16384, 100, 7};
    static uint8_t octets[HELLO_OCTETS];

    for (size_t f = 0; f <= COUNT(fragments); f++) {
        bool tls = f < COUNT(fragments);
        const void *said = tls ? (const void *)octets : request;
        size_t n = tls ? example(fragments[f], octets) : sizeof request - 1;

        for (size_t cut = 1; cut < 2 * n; cut++) {
            size_t at = cut % n;
            struct talk t;
            if (at == 0) {
                continue;
            }
            start(&t);
            say_all(&t, 30, said, cut < n ? 0 : at, cut < n ? at : n);
            say_all(&t, 31, said, cut < n ? at : 0, cut < n ? n : at);
            if (tls) {
                assert_example_hello(end(&t));
            } else {
                assert_request(end(&t));
            }
            talk_fini(&t);
        }
    }
}

static void
a_head_of_single_octets_is_the_same_head(void **state)
{
    static uint8_t octets[HELLO_OCTETS];
    size_t n = example(16384, octets);
    struct talk t;

    start(&t);
    for (size_t i = 0; i < n; i++) {
        say_all(&t, 30 + (int)i, octets, i, i + 1);
    }
    assert_example_hello(end(&t));
    talk_fini(&t);
    start(&t);
    for (size_t i = 0; i < sizeof request - 1; i++) {
        say_all(&t, 30 + (int)i, request, i, i + 1);
    }
    assert_request(end(&t));
    talk_fini(&t);
}

/* Every order of five pieces; some of them come twice, and overlap. */
static void
pieces_in_any_order_are_the_same_head(void **state)
{
    static uint8_t octets[HELLO_OCTETS];
    size_t n = example(50, octets);

    for (unsigned order = 0; order < 5 * 5 * 5 * 5 * 5; order++) {
        struct talk t;
        unsigned seen = 0;
        unsigned left = order;

        start(&t);
        for (int i = 0; i < 5; i++, left /= 5) {
            size_t k = left % 5;
            size_t from = k * n / 5;
            size_t to = (k + 1) * n / 5;
            seen |= 1U << k;
            say_all(&t, 30 + i, octets, from > 3 ? from - 3 : from, to);
        }
        if (seen == 31) {
            assert_example_hello(end(&t));
        }
        talk_fini(&t);
    }
}

/* A receiver keeps what it has (RFC 9293 3.10.7.4): a later version of the same octets changes nothing. */
static void
octets_that_came_first_count(void **state)
{
    static uint8_t octets[HELLO_OCTETS];
    static uint8_t other[HELLO_OCTETS];
    size_t n = example(16384, octets);
    struct talk t;

    memset(other, 0x16, sizeof other);
    start(&t);
    say_all(&t, 30, octets, 100, n);
    say_all(&t, 31, other, 90, n);
    say_all(&t, 32, octets, 0, 95);
    assert_string_not_equal(end(&t)->ja4,
                            HELLO_EXAMPLE_JA4); /* ciphers at 90 to 95 are the other's */
    talk_fini(&t);
    start(&t);
    say_all(&t, 30, octets, 100, n);
    say_all(&t, 31, other, 120, n);
    say_all(&t, 32, octets, 0, 100);
    assert_example_hello(end(&t));
    talk_fini(&t);
}

/* What the snaplen cut off never comes: no JA4 rather than a wrong one; of a request the lines that are whole. */
static void
what_the_snaplen_cut_is_absent(void **state)
{
    static uint8_t octets[HELLO_OCTETS];
    size_t n = example(16384, octets);
    size_t line = (size_t)(strstr(request, "\r\n") - request) + 2;
    size_t agent = (size_t)(strstr(request, "Cookie") - request);

    for (size_t kept = 0; kept < n; kept++) {
        struct talk t;
        start(&t);
        say(&t, 30, octets, 0, n, kept);
        say(&t, 31, octets, 0, n, kept); /* again, cut at the same place */
        assert_text(end(&t)->ja4, NULL);
        talk_fini(&t);
    }
    for (size_t kept = 0; kept < agent + 3; kept++) {
        struct talk t;
        const struct syc_record *r;
        start(&t);
        say(&t, 30, request, 0, sizeof request - 1, kept);
        r = end(&t);
        assert_text(r->http_method, kept >= line ? "GET" : NULL);
        assert_text(r->user_agent, kept >= agent ? "tool/1.0" : NULL);
        assert_text(r->header_names, NULL);
        talk_fini(&t);
    }
}

/* A beginning that never comes, or never ends, costs nothing after the end, and what is there of a request is told. */
static void
a_head_that_never_ends_is_told_as_far_as_it_goes(void **state)
{
    static char endless[60000];
    static const char first[] = "POST / HTTP/1.0\r\nUser-Agent: slow\r\nX: ";
    struct talk t;

    start(&t);
    say_all(&t, 30, request, 0, 70);
    talk_end(&t);
    assert_text(t.records[0]->user_agent, "tool/1.0");
    assert_text(t.records[0]->header_names, NULL);
    talk_fini(&t);

    memset(endless, 'x', sizeof endless);
    memcpy(endless, first, sizeof first - 1);
    start(&t);
    for (size_t at = 0; at < sizeof endless; at += 1000) {
        say_all(&t, 30, endless, at, at + 1000);
        assert_true(t.table->store.peeks.octets <= 20000);
    }
    assert_text(end(&t)->user_agent, "slow");
    talk_fini(&t);

    start(&t);
    for (size_t at = 1000; at < sizeof endless; at += 1000) {
        say_all(&t, 30, endless, at, at + 1000);
    }
    talk_end(&t);
    assert_text(t.records[0]->http_method, NULL);
    talk_fini(&t);
}

/* Closed for a second, it rests, packed or not: no buffer is kept for it. */
static void
an_unfinished_head_is_given_up_with_the_close(void **state)
{
    for (int packs = 0; packs < 2; packs++) {
        struct talk t;

        start(&t);
        t.table->whole_octets = packs ? 0 : t.table->whole_octets;
        say_all(&t, 30, request, 0, 70);
        talk(&t, 40, SERVER, "RA", 5001, 1071, 0);
        assert_true(t.table->store.peeks.octets > 0);
        t.client_port = 40001;
        talk_handshake(&t, 5000);
        assert_int_equal(t.table->packed, packs);
        assert_int_equal(t.table->store.peeks.octets, 0);
        talk_end(&t);
        assert_text(t.records[0]->user_agent, "tool/1.0");
        talk_fini(&t);
    }
}

/* What comes a second after the close is no part of the head, whether or not others have spoken in between. */
static void
others_do_not_decide_where_a_head_ends(void **state)
{
    for (int others = 0; others < 2; others++) {
        struct talk t;

        start(&t);
        say_all(&t, 30, request, 0, 70);
        talk(&t, 40, SERVER, "RA", 5001, 1071, 0);
        if (others) {
            t.client_port = 40001;
            talk(&t, 1200, CLIENT, "S", 1, 0, 0);
            t.client_port = 40000;
        }
        say_all(&t, 1500, request, 70, sizeof request - 1);
        talk_end(&t);
        assert_text(t.records[0]->user_agent, "tool/1.0");
        assert_text(t.records[0]->header_names, NULL);
        talk_fini(&t);
    }
    (void)state;
}

static void
server_names_are_told_only_when_asked_for(void **state)
{
    struct syc_table_config config = {.connection_octets = 1 << 20,
                                      .half_open_octets = 1 << 16,
                                      .sni = true,
                                      .two_msl_ns = 60 * SYC_NS_PER_S,
                                      .idle_ns = 3600 * SYC_NS_PER_S};
    static uint8_t octets[HELLO_OCTETS];
    size_t n = example(16384, octets);
    struct talk t;

    talk_init_with(&t, &config);
    talk_handshake(&t, 0);
    say_all(&t, 30, octets, 0, n);
    assert_text(end(&t)->sni, "example.com");
    talk_fini(&t);
}

/* A psk, a ticket, an id: the strongest is told (record.md). */
static void
what_is_offered_to_resume_is_told(void **state)
{
    static const struct {
        size_t session_id;
        struct hello_extension extension;
        const char *want;
    } rows[] = {
        {0, {0x0029, HELLO_DATA("key")}, "psk"},
        {32, {0x0023, HELLO_DATA("ticket")}, "ticket"},
        {32, {0x0023, NULL, 0}, "id"},
        {0, {0x0023, NULL, 0}, "none"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        static uint8_t octets[HELLO_OCTETS];
        struct hello h = {0x0303, rows[i].session_id, NULL, 0, &rows[i].extension, 1, 0};
        struct talk t;

        start(&t);
        say_all(&t, 30, octets, 0, hello_records(&h, 16384, octets));
        assert_string_equal(talk_word(end(&t), "tls.resume_offered"), rows[i].want);
        talk_fini(&t);
    }
}

/* More unfinished heads than there is room for: the oldest give way and say so; what comes whole needs no room. */
static void
a_flood_of_unfinished_heads_takes_no_more_than_its_share(void **state)
{
    static uint8_t octets[HELLO_OCTETS];
    size_t n = example(16384, octets);
    size_t limit;
    struct talk t;

    talk_init(&t);
    limit = t.table->store.budget.limit / 16;
    for (int i = 0; i < 60; i++) {
        t.client_port = (uint16_t)(40000 + i);
        talk_handshake(&t, i * 100);
        say_all(&t, i * 100 + 30, request, 0, 70);
        assert_true(t.table->store.peeks.octets <= limit);
    }
    t.client_port = 41000;
    talk_handshake(&t, 10000);
    say_all(&t, 10030, octets, 0, n);
    talk_end(&t);
    assert_int_equal(t.count, 61);
    assert_int_equal(t.records[0]->degraded, 1U << SYC_DEGRADED_PEEKS_CUT);
    assert_text(t.records[0]->user_agent, "tool/1.0");
    assert_int_equal(t.records[59]->degraded, 0);
    assert_example_hello(t.records[60]);
    assert_int_equal(t.table->store.said.count, 0);
    talk_fini(&t);
}

/* Thirty connections that say one thing of three share three values, in the pool and packed. */
static void
what_is_said_twice_is_kept_once(void **state)
{
    static uint8_t octets[HELLO_OCTETS];
    size_t n = example(16384, octets);
    struct talk t;

    talk_init(&t);
    t.table->whole_octets = 0;
    for (int i = 0; i < 30; i++) {
        t.client_port = (uint16_t)(40000 + i);
        talk_handshake(&t, i * 1000);
        say_all(&t, i * 1000 + 30, i % 3 == 0 ? (const void *)octets : request, 0,
                i % 3 == 0   ? n
                : i % 3 == 1 ? sizeof request - 1
                             : 70);
        talk(&t, i * 1000 + 40, SERVER, "RA", 5001, 1001 + (uint32_t)n, 0);
    }
    assert_in_range(t.table->store.said.count, 2, 3);
    assert_true(t.table->packed > 20);
    talk_end(&t);
    for (size_t i = 0; i < t.count; i++) {
        assert_text(t.records[i]->ja4, i % 3 == 0 ? HELLO_EXAMPLE_JA4 : NULL);
        assert_text(t.records[i]->user_agent, i % 3 == 0 ? NULL : "tool/1.0");
        assert_text(t.records[i]->header_names,
                    i % 3 == 1 ? "Host,User-Agent,Cookie,Accept" : NULL);
    }
    assert_int_equal(t.table->store.said.count, 0);
    talk_fini(&t);
}

/* PostgreSQL asks first, and waits for the answer; the hello may be cut, or split over records. */
static void
a_hello_behind_a_databases_request_is_read(void **state)
{
    static uint8_t octets[HELLO_OCTETS + 8] = {0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f};

    for (size_t fragment = 100; fragment < 400; fragment += 200) {
        size_t n = 8 + example(fragment, octets + 8);

        for (size_t cut = 8; cut < n; cut++) {
            struct talk t;
            start(&t);
            say_all(&t, 30, octets, 0, 8);
            talk(&t, 31, SERVER, "PA", 5001, 1009, 1);
            say_all(&t, 32, octets, 8, cut);
            say_all(&t, 33, octets, cut, n);
            assert_text(end(&t)->ja4, HELLO_EXAMPLE_JA4);
            assert_string_equal(talk_word(t.records[0], "app.protocol"), "postgresql");
            talk_fini(&t);
        }
    }
}

/* Only the client is listened to; other protocols are nobody's business. */
static void
what_others_say_is_not_kept(void **state)
{
    static const char ssh[] = "SSH-2.0-x\r\nGET / HTTP/1.1\r\n\r\n";
    struct syc_segment s;
    struct talk t;

    start(&t);
    s = talk_segment(&t, 30, SERVER, "PA", 5001, 1001, sizeof request - 1);
    s.payload = (struct syc_span){(const uint8_t *)request, sizeof request - 1};
    talk_send(&t, &s);
    say_all(&t, 40, ssh, 0, sizeof ssh - 1);
    say_all(&t, 50, ssh, 11, sizeof ssh - 1);
    assert_text(end(&t)->http_method, NULL);
    talk_fini(&t);
}

/* Data in the SYN (RFC 7413), and a capture that begins with the request. */
static void
heads_in_a_syn_and_without_one_are_read(void **state)
{
    struct syc_segment s;
    struct talk t;

    talk_init(&t);
    s = talk_segment(&t, 0, CLIENT, "S", 1000, 0, sizeof request - 1);
    s.payload = (struct syc_span){(const uint8_t *)request, sizeof request - 1};
    talk_send(&t, &s);
    talk(&t, 10, SERVER, "SA", 5000, 1000 + sizeof request, 0);
    assert_request(end(&t));
    talk_fini(&t);
    talk_init(&t);
    say_all(&t, 30, request, 0, 40);
    say_all(&t, 31, request, 40, sizeof request - 1);
    talk_end(&t);
    assert_text(t.records[0]->header_names, "Host,User-Agent,Cookie,Accept");
    talk_fini(&t);
}

int
test_peek_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_in_one_segment_is_read_where_it_lies),
        cmocka_unit_test(a_head_cut_anywhere_is_the_same_head),
        cmocka_unit_test(a_head_of_single_octets_is_the_same_head),
        cmocka_unit_test(pieces_in_any_order_are_the_same_head),
        cmocka_unit_test(octets_that_came_first_count),
        cmocka_unit_test(what_the_snaplen_cut_is_absent),
        cmocka_unit_test(a_head_that_never_ends_is_told_as_far_as_it_goes),
        cmocka_unit_test(an_unfinished_head_is_given_up_with_the_close),
        cmocka_unit_test(others_do_not_decide_where_a_head_ends),
        cmocka_unit_test(server_names_are_told_only_when_asked_for),
        cmocka_unit_test(what_is_offered_to_resume_is_told),
        cmocka_unit_test(a_flood_of_unfinished_heads_takes_no_more_than_its_share),
        cmocka_unit_test(what_is_said_twice_is_kept_once),
        cmocka_unit_test(a_hello_behind_a_databases_request_is_read),
        cmocka_unit_test(what_others_say_is_not_kept),
        cmocka_unit_test(heads_in_a_syn_and_without_one_are_read),
    };

    return cmocka_run_group_tests_name("peek", tests, NULL, NULL);
}
