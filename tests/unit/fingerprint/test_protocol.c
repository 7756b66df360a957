#include "tests/unit/fingerprint/groups.h"

#include <string.h>

#define OCTETS(text)                                                                               \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

/*
 * First octets as the protocols' own texts give them: RFC 9112, 8446, 4253, the manuals of
 * PostgreSQL, MySQL and Redis.
 */
static const struct {
    struct syc_span payload;
    bool from_client;
    enum syc_protocol protocol;
} rows[] = {
    {OCTETS("GET / HTTP/1.1\r\n"), true, SYC_PROTOCOL_HTTP1},
    {OCTETS("PATCH /x HTTP/1.1"), true, SYC_PROTOCOL_HTTP1},
    {OCTETS("HTTP/1.1 200 OK\r\n"), false, SYC_PROTOCOL_HTTP1},
    {OCTETS("HTTP/1.1 200 OK\r\n"), true, SYC_PROTOCOL_UNKNOWN},
    {OCTETS("GET"), true, SYC_PROTOCOL_UNKNOWN},
    {OCTETS("get / HTTP/1.1"), true, SYC_PROTOCOL_UNKNOWN}, /* methods are case-sensitive */
    {OCTETS("PRI * HTTP/2.0\r\n"), true, SYC_PROTOCOL_UNKNOWN},

    {OCTETS("\x16\x03\x01\x02\x00\x01\x00\x01\xfc"), true, SYC_PROTOCOL_TLS},
    {OCTETS("\x16\x03\x03\x00\x7a\x02\x00\x00\x76"), false, SYC_PROTOCOL_TLS},
    {OCTETS("\x15\x03\x01\x00\x02\x02\x28"), false, SYC_PROTOCOL_TLS},
    {OCTETS("\x16\x03\x03\x00\x7a\x02\x00\x00\x76"), true, SYC_PROTOCOL_UNKNOWN},
    {OCTETS("\x16\x03\x01\x02\x00"), true, SYC_PROTOCOL_UNKNOWN}, /* cut before the message type */
    {OCTETS("\x16\x03\x01\xff\xff\x01"), true, SYC_PROTOCOL_UNKNOWN}, /* no record is that long */

    {OCTETS("SSH-2.0-OpenSSH_9.2\r\n"), true, SYC_PROTOCOL_SSH},
    {OCTETS("SSH-2.0-OpenSSH_9.2\r\n"), false, SYC_PROTOCOL_SSH},

    {OCTETS("\0\0\0\x08\x04\xd2\x16\x2f"), true, SYC_PROTOCOL_POSTGRESQL}, /* SSLRequest */
    {OCTETS("\0\0\0\x08\x04\xd2\x16\x30"), true, SYC_PROTOCOL_POSTGRESQL}, /* GSSENCRequest */
    {OCTETS("\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\x01\0\0\0\x02"), true, SYC_PROTOCOL_POSTGRESQL},
    {OCTETS("\0\0\0\x25\0\x03\0\0user\0pg\0"), true, SYC_PROTOCOL_POSTGRESQL}, /* startup 3.0 */
    {OCTETS("R\0\0\0\x0c\0\0\0\x05\x01\x02\x03\x04"), false, SYC_PROTOCOL_POSTGRESQL}, /* MD5 */
    {OCTETS("\0\0\x01\x10\x04\xd2\x16\x2e\0\0\0\x01\0\0\0\x02"), true, SYC_PROTOCOL_UNKNOWN},
    {OCTETS("\0\0\0\x25\0\x02\0\0user\0"), true, SYC_PROTOCOL_UNKNOWN}, /* protocol 2 */

    {OCTETS("\x4a\0\0\0\x0a"
            "8.0.32\0"),
     false, SYC_PROTOCOL_MYSQL},
    {OCTETS("\x55\0\0\x01\x85\xa6\xff\x01\0\0\0\x01\x21\0\0\0\0"), true, SYC_PROTOCOL_MYSQL},
    {OCTETS("\x55\0\0\x02\x85\xa6\xff\x01\0\0\0\x01\x21\0\0\0\0"), true, SYC_PROTOCOL_UNKNOWN},

    {OCTETS("*1\r\n$4\r\nPING\r\n"), true, SYC_PROTOCOL_REDIS},
    {OCTETS("*12\r\n$3\r\nSET\r\n"), true, SYC_PROTOCOL_REDIS},
    {OCTETS("PING\r\n"), true, SYC_PROTOCOL_REDIS},
    {OCTETS("+PONG\r\n"), false, SYC_PROTOCOL_REDIS},
    {OCTETS("-NOAUTH Authentication required.\r\n"), false, SYC_PROTOCOL_REDIS},
    {OCTETS("$5\r\nhello\r\n"), false, SYC_PROTOCOL_REDIS},
    {OCTETS("%7\r\n$6\r\nserver"), false, SYC_PROTOCOL_REDIS},
    {OCTETS("*1\r\n"), true, SYC_PROTOCOL_UNKNOWN},
    {OCTETS("+OK POP3 ready\r\n"), false, SYC_PROTOCOL_UNKNOWN},

    {OCTETS(""), true, SYC_PROTOCOL_UNKNOWN},
    {OCTETS("\0"), false, SYC_PROTOCOL_UNKNOWN},
    {OCTETS("220 mail ESMTP\r\n"), false, SYC_PROTOCOL_UNKNOWN},
};

static void
first_octets_tell_the_protocol(void **state)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum syc_protocol got = syc_protocol_guess(rows[i].payload, rows[i].from_client);

        if (got != rows[i].protocol) {
            print_error("row %zu\n", i);
        }
        assert_int_equal(got, rows[i].protocol);
    }
}

/*
 * Every prefix of every example is answered from the octets it has (the sanitizers watch the
 * others).
 */
static void
short_payloads_are_read_no_further_than_they_go(void **state)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t n = 0; n <= rows[i].payload.n; n++) {
            uint8_t *exact = test_malloc(n + 1);
            struct syc_span s = {exact, n};
            enum syc_protocol guess;

            memcpy(exact, rows[i].payload.p, n);
            exact[n] = 0xff;
            guess = syc_protocol_guess(s, rows[i].from_client);
            assert_true(guess == SYC_PROTOCOL_UNKNOWN || guess == rows[i].protocol);
            (void)syc_http_request_starts(s);
            test_free(exact);
        }
    }
}

static void
requests_start_with_a_method_and_a_space(void **state)
{
    static const char *const methods[] = {"GET ",     "HEAD ",    "POST ",  "PUT ",  "DELETE ",
                                          "CONNECT ", "OPTIONS ", "TRACE ", "PATCH "};
    static const char *const others[] = {"", "GET", "GETS /", "PROPFIND /", " GET /", "get /"};

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        struct syc_span s = {(const uint8_t *)methods[i], strlen(methods[i])};

        assert_true(syc_http_request_starts(s));
        s.n--;
        assert_false(syc_http_request_starts(s));
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct syc_span s = {(const uint8_t *)others[i], strlen(others[i])};

        assert_false(syc_http_request_starts(s));
    }
}

int
test_protocol_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_octets_tell_the_protocol),
        cmocka_unit_test(short_payloads_are_read_no_further_than_they_go),
        cmocka_unit_test(requests_start_with_a_method_and_a_space),
    };

    return cmocka_run_group_tests_name("protocol", tests, NULL, NULL);
}
