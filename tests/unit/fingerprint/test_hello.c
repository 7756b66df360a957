#include "tests/unit/fingerprint/groups.h"
#include "tests/unit/hello.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* The hello of records as it is told; "" when it is none. */
static const char *
ja4_of(const uint8_t *octets, size_t n)
{
    static char text[SYC_JA4_TEXT];
    static uint8_t copy[HELLO_OCTETS];
    struct syc_tls_hello h;
    struct syc_span body;
    size_t need;

    text[0] = '\0';
    memcpy(copy, octets, n);
    if (syc_tls_hello_find((struct syc_span){copy, n}, &need, &body) != SYC_HEAD_WHOLE) {
        return text;
    }
    if (body.n == 0) {
        body = syc_tls_hello_join(copy, n);
    }
    if (syc_tls_hello_read(body, &h)) {
        assert_true(syc_ja4_format(&h, text));
    }
    return text;
}

/* In records of at most `fragment` octets. */
static const char *
ja4(const struct hello *h, size_t fragment)
{
    static uint8_t octets[HELLO_OCTETS];

    return ja4_of(octets, hello_records(h, fragment, octets));
}

static void
the_example_of_the_specification_has_its_name(void **state)
{
    assert_string_equal(ja4(&hello_example, 16384), HELLO_EXAMPLE_JA4);
}

/* "If there are no signature algorithms the string ends without an underscore": 6d807ffa2a79 there. */
static void
without_signature_algorithms_the_text_ends_before_the_underscore(void **state)
{
    struct hello_extension extensions[COUNT(hello_example_extensions)];
    struct hello h = hello_example;

    memcpy(extensions, hello_example_extensions, sizeof extensions);
    h.extensions = extensions;
    for (size_t i = 0; i < COUNT(extensions); i++) {
        if (extensions[i].type == 0x000d) {
            extensions[i] = (struct hello_extension){0x000d, HELLO_DATA("\0\0")};
        }
    }
    assert_string_equal(ja4(&h, 16384), "t13d1516h2_8daaf6152771_6d807ffa2a79");
}

/* The order of ciphers and extensions is not in the name, nor is GREASE, wherever it stands. */
static void
order_and_grease_do_not_change_the_name(void **state)
{
    uint16_t ciphers[COUNT(hello_example_ciphers) + 16];
    struct hello_extension extensions[COUNT(hello_example_extensions)];
    struct hello h = hello_example;

    for (size_t i = 0; i < COUNT(hello_example_ciphers); i++) {
        ciphers[i] = hello_example_ciphers[COUNT(hello_example_ciphers) - 1 - i];
    }
    for (size_t i = 0; i < 16; i++) {
        ciphers[COUNT(hello_example_ciphers) + i] = (uint16_t)(0x0a0a + 0x1010 * i);
    }
    for (size_t i = 0; i < COUNT(extensions); i++) {
        extensions[i] = hello_example_extensions[COUNT(extensions) - 1 - i];
    }
    h.ciphers = ciphers;
    h.cipher_count = COUNT(ciphers);
    h.extensions = extensions;
    assert_string_equal(ja4(&h, 16384), HELLO_EXAMPLE_JA4);
}

/* The list of the specification, and what it says of absent and empty names. */
static void
alpn_is_told_by_its_first_and_last_character(void **state)
{
    static const struct {
        const char *data;
        size_t n;
        const char *want;
    } rows[] = {
        {HELLO_DATA("\0\x03\x02h2"), "h2"},
        {HELLO_DATA("\0\x09\x08http/1.1"), "h1"},
        {HELLO_DATA("\0\x02\x01q"), "qq"},
        {HELLO_DATA("\0\x02\x01\xab"), "ab"},
        {HELLO_DATA("\0\x03\x02\xab\xcd"), "ad"},
        {HELLO_DATA("\0\x03\x02\x30\xab"), "3b"},
        {HELLO_DATA("\0\x05\x04\x30\x31\xab\xcd"), "3d"},
        {HELLO_DATA("\0\x05\x04\x30\xab\xcd\x31"), "01"},
        {HELLO_DATA("\0\x06\x02\xea\xea\x02h2"), "h2"}, /* GREASE is ignored anywhere */
        {HELLO_DATA("\0\x01\0"), "00"},
        {HELLO_DATA("\0\0"), "00"},
    };
    static const uint16_t cipher = 0x1301;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hello_extension alpn = {0x0010, rows[i].data, rows[i].n};
        struct hello h = {0x0303, 0, &cipher, 1, &alpn, 1, 0};
        char want[SYC_JA4_TEXT] = "t12i0101";

        strcat(want, rows[i].want);
        /* printf 1301 | sha256sum: 0f2cb44170f4; ALPN is not among the hashed extensions */
        strcat(want, "_0f2cb44170f4_000000000000");
        assert_string_equal(ja4(&h, 16384), want);
    }
}

static void
empty_lists_are_twelve_zeros(void **state)
{
    struct hello h = {.version = 0x0301, .no_extensions = 1};

    assert_string_equal(ja4(&h, 16384), "t10i000000_000000000000_000000000000");
    h.no_extensions = 0;
    assert_string_equal(ja4(&h, 16384), "t10i000000_000000000000_000000000000");
}

/* The names of versions are those of the specification's table; GREASE alone is no version. */
static void
the_version_is_the_highest_offered(void **state)
{
    static const struct {
        uint16_t legacy;
        const char *data;
        size_t n;
        const char *want, *name;
    } rows[] = {
        {0x0303, NULL, 0, "t12", "1.2"},
        {0x0302, NULL, 0, "t11", "1.1"},
        {0x0301, NULL, 0, "t10", "1.0"},
        {0x0300, NULL, 0, "ts3", "ssl3"},
        {0x0002, NULL, 0, "ts2", NULL},
        {0x0999, NULL, 0, "t00", NULL},
        {0x0303, HELLO_DATA("\x04\x03\x03\x03\x04"), "t13", "1.3"},
        {0x0303, HELLO_DATA("\x02\x03\x02"), "t11",
         "1.1"}, /* the list counts, even if it says less */
        {0x0303, HELLO_DATA("\x04\xfa\xfa\x03\x03"), "t12", "1.2"},
        {0x0303, HELLO_DATA("\x02\xfa\xfa"), "t00", NULL},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hello_extension versions = {0x002b, rows[i].data, rows[i].n};
        struct hello h = {rows[i].legacy, 0, NULL, 0, &versions, rows[i].n > 0, 0};
        uint8_t octets[HELLO_OCTETS];
        struct syc_tls_hello read;

        assert_memory_equal(ja4(&h, 16384), rows[i].want, 3);
        assert_true(syc_tls_hello_read((struct syc_span){octets, hello_body(&h, octets)}, &read));
        if (rows[i].name == NULL) {
            assert_null(syc_tls_version_name(read.version));
        } else {
            assert_string_equal(syc_tls_version_name(read.version), rows[i].name);
        }
    }
}

/* Counts stop at 99, the hash does not: 100 ciphers 0x0001 to 0x0064, sorted. */
static void
counts_stop_at_99_and_lists_at_512(void **state)
{
    uint16_t ciphers[513];
    struct hello h = {.version = 0x0303, .ciphers = ciphers, .no_extensions = 1};
    uint8_t octets[HELLO_OCTETS];
    struct syc_tls_hello read;
    char text[SYC_JA4_TEXT];

    for (size_t i = 0; i < COUNT(ciphers); i++) {
        ciphers[i] = (uint16_t)(0xb000 + i);
    }
    h.cipher_count = 100;
    assert_memory_equal(ja4(&h, 16384), "t12i990000_", 11);
    h.cipher_count = 512;
    assert_memory_equal(ja4(&h, 16384), "t12i990000_", 11);
    h.cipher_count = 513;
    assert_true(syc_tls_hello_read((struct syc_span){octets, hello_body(&h, octets)}, &read));
    assert_false(syc_ja4_format(&read, text));
    assert_string_equal(text, "");
}

/* Cut after any octet it is not whole, and `need` never asks for more than there is of the hello. */
static void
a_hello_is_whole_at_its_last_octet_and_not_before(void **state)
{
    static uint8_t octets[HELLO_OCTETS];
    const size_t fragments[] = {1, 3, 5, 100, 16384};

    for (size_t f = 0; f < COUNT(fragments); f++) {
        size_t n = hello_records(&hello_example, fragments[f], octets);
        size_t need = 0;
        struct syc_span body;

        for (size_t cut = 0; cut < n; cut++) {
            uint8_t *exact = test_malloc(cut + 1);
            size_t least = need;
            memcpy(exact, octets, cut);
            assert_int_equal(syc_tls_hello_find((struct syc_span){exact, cut}, &need, &body),
                             SYC_HEAD_MORE);
            assert_true(need > cut && need <= n);
            assert_true(need >= least);
            test_free(exact);
        }
        assert_string_equal(ja4(&hello_example, fragments[f]), HELLO_EXAMPLE_JA4);
    }
}

/*
 * In records of one octet each a hello is 6 times as long. Who looks again at `need` octets finds a sixth of what was
 * missing each time, so ln(16384) / ln(6/5) = 53 looks find the longest; with one for each record, which begins at the
 * first of them, work would grow with the square of the octets.
 */
static void
a_hello_in_tiny_records_takes_few_looks(void **state)
{
    static uint8_t octets[HELLO_OCTETS];
    size_t n = hello_records(&hello_example, 1, octets);
    size_t need = 1;
    size_t looks = 1;
    struct syc_span body;

    (void)state;
    while (syc_tls_hello_find((struct syc_span){octets, need}, &need, &body) == SYC_HEAD_MORE) {
        looks++;
    }
    assert_int_equal(need, n);
    assert_true(n > 6 * 100);
    assert_true(looks <= 54);
}

/* RFC 8446 4.2.11, RFC 5077 3.2, RFC 8446 4.1.2: what each of the three says, and when a session id says nothing. */
static void
resumption_is_offered_by_key_ticket_or_id(void **state)
{
    static const struct {
        size_t session_id;
        struct hello_extension extensions[2];
        bool psk, ticket, id;
    } rows[] = {
        {0, {{0x0015, NULL, 0}, {0x0015, NULL, 0}}, false, false, false},
        {32, {{0x0015, NULL, 0}, {0x0015, NULL, 0}}, false, false, true},
        {32, {{0x002b, HELLO_DATA("\x02\x03\x04")}, {0x0015, NULL, 0}}, false, false, false},
        {32, {{0x0023, NULL, 0}, {0x0015, NULL, 0}}, false, false, true},
        {32, {{0x0023, HELLO_DATA("ticket")}, {0x0015, NULL, 0}}, false, true, true},
        {32,
         {{0x002b, HELLO_DATA("\x02\x03\x04")}, {0x0029, HELLO_DATA("key")}},
         true,
         false,
         false},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hello h = {0x0303, rows[i].session_id, NULL, 0, rows[i].extensions, 2, 0};
        uint8_t octets[HELLO_OCTETS];
        struct syc_tls_hello read;

        assert_true(syc_tls_hello_read((struct syc_span){octets, hello_body(&h, octets)}, &read));
        assert_int_equal(read.psk, rows[i].psk);
        assert_int_equal(read.ticket, rows[i].ticket);
        assert_int_equal(read.session_id, rows[i].id);
    }
}

static void
what_is_no_hello_of_tls_is_none(void **state)
{
    static const struct {
        const char *octets;
        size_t n;
    } rows[] = {
        {HELLO_DATA("\x17\x03\x03\x00\x10")},                 /* application data */
        {HELLO_DATA("\x16\x03\x05\x00\x10")},                 /* no version has 5 */
        {HELLO_DATA("\x16\x02")},                             /* SSL 2.0 had other records */
        {HELLO_DATA("\x16\x03\x01\x00\x00")},                 /* nothing in it */
        {HELLO_DATA("\x16\x03\x01\x40\x01")},                 /* more than 2^14 */
        {HELLO_DATA("\x16\x03\x01\x00\x10\x02")},             /* a ServerHello */
        {HELLO_DATA("\x16\x03\x01\x00\x10\x01\x01\x00\x00")}, /* 65,536 octets and more */
        {HELLO_DATA("\x16\x03\x01\x00\x01\x01\x17")},         /* goes on as something else */
        {HELLO_DATA("GET / HTTP/1.1\r\n")},
    };
    struct syc_span body;
    size_t need;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct syc_span s = {(const uint8_t *)rows[i].octets, rows[i].n};
        if (syc_tls_hello_find(s, &need, &body) != SYC_HEAD_NOT) {
            fail_msg("row %zu", i);
        }
    }
}

/* Any length made longer or shorter by one spoils what it stands for, or changes nothing that is read. */
static void
lengths_that_do_not_fit_make_no_hello(void **state)
{
    static uint8_t octets[HELLO_OCTETS];
    size_t n = hello_body(&hello_example, octets);
    struct syc_tls_hello read;

    for (size_t cut = 0; cut < n; cut++) {
        uint8_t *exact = test_malloc(cut + 1);
        memcpy(exact, octets, cut);
        /* without extensions it could be a hello of old: 2 + 32 + 1 + 32 + 2 + 32 + 2 octets */
        assert_int_equal(syc_tls_hello_read((struct syc_span){exact, cut}, &read), cut == 103);
        test_free(exact);
    }
    octets[n] = 0;
    assert_false(syc_tls_hello_read((struct syc_span){octets, n + 1}, &read));
    for (size_t i = 0; i < n; i++) {
        octets[i] ^= 0xff;
        (void)!syc_tls_hello_read((struct syc_span){octets, n}, &read);
        octets[i] ^= 0xff;
    }
}

/* Octets of the manuals' examples; what goes on as a log-in, or as another message, is none. */
static void
databases_ask_for_tls_before_the_hello(void **state)
{
#define POSTGRESQL "\0\0\0\x08\x04\xd2\x16\x2f"
#define GSSAPI     "\0\0\0\x08\x04\xd2\x16\x30"
#define ZEROS_19   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define MYSQL      "\x20\0\0\x01\x85\xae\xff\x01\0\0\0\x01\x2d" ZEROS_19 "\0\0\0\0"
    static const struct {
        const char *octets;
        size_t n, asked;
    } rows[] = {
        {HELLO_DATA(POSTGRESQL), 8},
        {HELLO_DATA(GSSAPI POSTGRESQL "\x16\x03"), 16},
        {HELLO_DATA(POSTGRESQL POSTGRESQL POSTGRESQL), 16},
        {HELLO_DATA(MYSQL "\x16"), 36},
        {HELLO_DATA("\0\0\0\x08\x04\xd2\x16\x2e"), 0},         /* CancelRequest's number */
        {HELLO_DATA("\0\0\0\x25\0\x03\0\0user\0pg\0"), 0},     /* startup */
        {HELLO_DATA("\x20\0\0\x01\x85\xa6\xff\x01\0\0\0"), 0}, /* without CLIENT_SSL */
        {HELLO_DATA("\x16\x03\x01\0"), 0},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct syc_span all = {(const uint8_t *)rows[i].octets, rows[i].n};
        size_t n;
        enum syc_head head = syc_tls_request_find(all, &n);

        assert_int_equal(head, rows[i].asked > 0 ? SYC_HEAD_WHOLE : SYC_HEAD_NOT);
        assert_int_equal(n, rows[i].asked);
        if (rows[i].asked > 0) {
            size_t first = rows[i].asked == 36 ? 36 : 8;
            for (size_t cut = 1; cut < first; cut++) {
                assert_int_equal(syc_tls_request_find(syc_span_part(all, 0, cut), &n),
                                 SYC_HEAD_MORE);
            }
        }
    }
}

static void
the_server_name_is_the_host_name(void **state)
{
    static uint8_t octets[HELLO_OCTETS];
    size_t n = hello_body(&hello_example, octets);
    struct syc_tls_hello read;
    struct syc_span name;
    struct syc_span list;

    assert_true(syc_tls_hello_read((struct syc_span){octets, n}, &read));
    assert_int_equal(read.server_name.n, 11);
    assert_memory_equal(read.server_name.p, "example.com", 11);
    list = read.alpn;
    assert_true(syc_alpn_next(&list, &name));
    assert_memory_equal(name.p, "h2", name.n);
    assert_true(syc_alpn_next(&list, &name));
    assert_memory_equal(name.p, "http/1.1", name.n);
    assert_false(syc_alpn_next(&list, &name));
}

int
test_hello_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_specification_has_its_name),
        cmocka_unit_test(without_signature_algorithms_the_text_ends_before_the_underscore),
        cmocka_unit_test(order_and_grease_do_not_change_the_name),
        cmocka_unit_test(alpn_is_told_by_its_first_and_last_character),
        cmocka_unit_test(empty_lists_are_twelve_zeros),
        cmocka_unit_test(the_version_is_the_highest_offered),
        cmocka_unit_test(counts_stop_at_99_and_lists_at_512),
        cmocka_unit_test(a_hello_is_whole_at_its_last_octet_and_not_before),
        cmocka_unit_test(a_hello_in_tiny_records_takes_few_looks),
        cmocka_unit_test(resumption_is_offered_by_key_ticket_or_id),
        cmocka_unit_test(what_is_no_hello_of_tls_is_none),
        cmocka_unit_test(lengths_that_do_not_fit_make_no_hello),
        cmocka_unit_test(databases_ask_for_tls_before_the_hello),
        cmocka_unit_test(the_server_name_is_the_host_name),
    };

    return cmocka_run_group_tests_name("hello", tests, NULL, NULL);
}
