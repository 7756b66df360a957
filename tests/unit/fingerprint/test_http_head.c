#include "tests/unit/fingerprint/groups.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct syc_span
span(const char *text)
{
    return (struct syc_span){(const uint8_t *)text, strlen(text)};
}

static void
assert_span(struct syc_span s, const char *want)
{
    assert_int_equal(s.n, strlen(want));
    assert_memory_equal(s.p, want, s.n);
}

/* Names with commas between. */
static void
assert_names(const struct syc_http_head *h, const char *want)
{
    char text[4096] = "";

    for (size_t i = 0; i < h->name_count; i++) {
        strcat(text, i > 0 ? "," : "");
        strncat(text, (const char *)h->names[i].p, h->names[i].n);
    }
    assert_string_equal(text, want);
}

static const char request[] =
    "GET /path?secret=1 HTTP/1.1\r\nHost: a.example\r\nUSER-agent: \t curl/8.0 \r\n"
    "Cookie: s=1; user-agent: x\r\nx-y: \r\n\r\nbody: no\r\n\r\n";

static void
a_request_has_method_version_names_and_user_agent(void **state)
{
    struct syc_http_head h;
    size_t length;

    assert_int_equal(syc_http_head_find(span(request), 0, &length), SYC_HEAD_WHOLE);
    assert_int_equal(length, strstr(request, "body") - request);
    assert_true(syc_http_head_read((struct syc_span){(const uint8_t *)request, length}, true, &h));
    assert_span(h.method, "GET");
    assert_span(h.version, "1.1");
    assert_span(h.user_agent, "curl/8.0");
    assert_names(&h, "Host,USER-agent,Cookie,x-y");
}

/* Asked after each octet, from where the last question ended: whole at the last octet of the head. */
static void
a_head_is_whole_at_its_last_octet_and_not_before(void **state)
{
    static const char *const heads[] = {
        "GET / HTTP/1.1\r\nA: b\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.0\n\n",
        "OPTIONS * HTTP/1.1\nA: b\r\n\n",
        "PATCH / HTTP/1.1\r\nA: b\n\r\n",
        "GET / HTTP/1.1\r\nA: \rb\r\n \r\r\n\r\n",
    };

    for (size_t i = 0; i < COUNT(heads); i++) {
        size_t n = strlen(heads[i]);
        size_t length = 0;

        for (size_t cut = 0; cut <= n; cut++) {
            char *exact = test_malloc(cut + 1);
            struct syc_span s = {(const uint8_t *)exact, cut};
            enum syc_head head;
            memcpy(exact, heads[i], cut);
            head = syc_http_head_find(s, cut > 0 ? cut - 1 : 0, &length);
            assert_int_equal(head, cut == n ? SYC_HEAD_WHOLE : SYC_HEAD_MORE);
            assert_int_equal(syc_http_head_find(s, 0, &length), head);
            test_free(exact);
        }
        assert_int_equal(length, n);
    }
}

/* Of a head that was cut whole lines are told, but no names: those that are missing would look as if not sent. */
static void
a_cut_head_tells_its_whole_lines_but_no_names(void **state)
{
    struct syc_http_head h;
    size_t line = strlen("GET /path?secret=1 HTTP/1.1\r\n");
    size_t agent = (size_t)(strstr(request, "Cookie") - request);

    for (size_t cut = 0; cut < agent + 4; cut++) {
        struct syc_span s = {(const uint8_t *)request, cut};
        bool read = syc_http_head_read(s, false, &h);
        assert_int_equal(read, cut >= line);
        if (read) {
            assert_span(h.user_agent, cut >= agent ? "curl/8.0" : "");
            assert_int_equal(h.name_count, 0);
        }
    }
}

static void
what_is_no_request_of_http_1_is_none(void **state)
{
    static const char *const starts[] = {"get / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
                                         "PRI * HTTP/2.0\r\n\r\n", "GETS",
                                         "\x16\x03\x01",           "SSH-2.0",
                                         "PROPFIND / HTTP/1.1\r\n"};
    static const char *const lines[] = {
        "GET /\r\n\r\n",                     /* HTTP/0.9 */
        "OPTIONS rtsp://a RTSP/1.0\r\n\r\n", /* RFC 2326 */
        "GET / HTTP/2.0\r\n\r\n",
        "GET HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.x\r\n\r\n",
        "GET / HTTP/1.1 \r\n\r\n",
    };
    struct syc_http_head h;
    size_t length;

    for (size_t i = 0; i < COUNT(starts); i++) {
        assert_int_equal(syc_http_head_find(span(starts[i]), 0, &length), SYC_HEAD_NOT);
    }
    for (size_t i = 0; i < COUNT(lines); i++) {
        assert_false(syc_http_head_read(span(lines[i]), true, &h));
    }
}

/* RFC 9112 5: names are tokens; what is none is passed over, the rest of the head is still told. */
static void
malformed_lines_are_passed_over(void **state)
{
    struct syc_http_head h;

    assert_true(syc_http_head_read(span("GET / HTTP/1.1\r\nA: 1\r\nno colon\r\n: no name\r\n"
                                        "B C: blank\r\n folded: line\r\nD : 4\r\n\x01: 5\r\n"
                                        "User-Agent:\r\nE:6\r\nUser-Agent: second\r\n\r\n"),
                                   true, &h));
    assert_names(&h, "A,User-Agent,E,User-Agent");
    assert_span(h.user_agent, "second"); /* the first that says something */
}

static void
a_user_agent_of_more_than_256_octets_is_cut(void **state)
{
    char text[4096] = "GET / HTTP/1.1\r\nUser-Agent: ";
    struct syc_http_head h;

    for (size_t i = 0; i < 300; i++) {
        strcat(text, i < 255 ? "a" : "b");
    }
    strcat(text, "\r\n\r\n");
    assert_true(syc_http_head_read(span(text), true, &h));
    assert_int_equal(h.user_agent.n, 256);
    assert_int_equal(h.user_agent.p[255], 'b');
}

static void
at_most_64_names_are_told(void **state)
{
    char text[4096] = "GET / HTTP/1.1\r\n";
    struct syc_http_head h;

    for (size_t i = 0; i < 70; i++) {
        strcat(text, "N: v\r\n");
    }
    strcat(text, "\r\n");
    assert_true(syc_http_head_read(span(text), true, &h));
    assert_int_equal(h.name_count, 64);
}

int
test_http_head_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_has_method_version_names_and_user_agent),
        cmocka_unit_test(a_head_is_whole_at_its_last_octet_and_not_before),
        cmocka_unit_test(a_cut_head_tells_its_whole_lines_but_no_names),
        cmocka_unit_test(what_is_no_request_of_http_1_is_none),
        cmocka_unit_test(malformed_lines_are_passed_over),
        cmocka_unit_test(a_user_agent_of_more_than_256_octets_is_cut),
        cmocka_unit_test(at_most_64_names_are_told),
    };

    return cmocka_run_group_tests_name("http_head", tests, NULL, NULL);
}
