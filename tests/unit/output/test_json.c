/* The writer against jansson, which reads every text back, and against printf's exact rounding. */

#include "tests/unit/output/groups.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/output/random_record.h"

static void
assert_text(const struct syc_json *j, const char *want)
{
    assert_int_equal(j->n, strlen(want));
    assert_memory_equal(j->text, want, j->n);
}

static void
integers_of_every_length_are_exact(void **state)
{
    struct syc_json j = {0};
    char want[32];

    for (uint64_t v = 1; v < UINT64_C(1) << 62; v = v * 10 + v % 7) {
        for (int64_t near = -1; near <= 1; near++) {
            for (int sign = -1; sign <= 1; sign += 2) {
                int64_t value = sign * ((int64_t)v + near);
                snprintf(want, sizeof want, "%lld", (long long)value);
                syc_json_reset(&j);
                syc_json_int(&j, value);
                assert_text(&j, want);
            }
        }
    }
    syc_json_fini(&j);
}

static void
integers_at_the_edges_are_exact(void **state)
{
    static const struct {
        int64_t value;
        const char *want;
    } rows[] = {
        {0, "0"},
        {9, "9"},
        {10, "10"},
        {99, "99"},
        {100, "100"},
        {-1, "-1"},
        {999999999999999999, "999999999999999999"},
        {1000000000000000000, "1000000000000000000"},
        {INT64_MAX, "9223372036854775807"},
        {INT64_MIN, "-9223372036854775808"},
    };
    struct syc_json j = {0};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        syc_json_reset(&j);
        syc_json_int(&j, rows[i].value);
        assert_text(&j, rows[i].want);
    }
    syc_json_fini(&j);
}

static void
reals_are_rounded_and_cut(void **state)
{
    static const struct {
        double value;
        int digits;
        const char *want;
    } rows[] = {
        {0.1, 6, "0.1"},
        {0.0, 6, "0"},
        {-0.0, 6, "0"},
        {-0.0000001, 6, "0"}, /* rounds to nothing: no sign either */
        {1e-9, 9, "0.000000001"},
        {1e-9, 6, "0"},
        {0.9999, 3, "1"}, /* the carry leaves the fraction */
        {-9.9999, 2, "-10"},
        {0.5, 0, "1"}, /* a tie: away from zero */
        {-2.5, 0, "-3"},
        {0.125, 2, "0.13"}, /* a tie that binary can hold */
        {0.375, 2, "0.38"},
        {1.005, 2, "1"}, /* the nearest double is below 1.005 */
        {2.675, 2, "2.67"},
        {123456789.123456789, 4, "123456789.1235"},
        {999999999999999.0, 9, "999999999999999"},
        {-41.20, 4, "-41.2"},
        {100.0, 4, "100"},
        {1e15, 4, "0"}, /* not what facts are */
        {-1e300, 4, "0"},
        {5e-324, 9, "0"},
        {3.7, 12, "3.7"}, /* never more than nine */
        {3.7, -1, "4"},
    };
    struct syc_json j = {0};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        syc_json_reset(&j);
        syc_json_real(&j, rows[i].value, rows[i].digits);
        assert_text(&j, rows[i].want);
    }
    syc_json_reset(&j);
    syc_json_open(&j, '[');
    syc_json_real(&j, NAN, 3);
    syc_json_real(&j, INFINITY, 3);
    syc_json_real(&j, -INFINITY, 3);
    syc_json_close(&j, ']');
    assert_text(&j, "[0,0,0]");
    syc_json_fini(&j);
}

/* "1.500" as 1.5, "-0.000" as 0: the trailing zeros that printf keeps. */
static void
trim_zeros(char *text)
{
    size_t n = strlen(text);

    if (strchr(text, '.') != NULL) {
        while (text[n - 1] == '0') {
            text[--n] = '\0';
        }
        if (text[n - 1] == '.') {
            text[--n] = '\0';
        }
    }
    if (strcmp(text, "-0") == 0) {
        strcpy(text, "0");
    }
}

/* glibc's printf rounds the exact value too; only ties differ (to even there), and below 2^20 random ones are none. */
static void
reals_agree_with_printf(void **state)
{
    struct syc_json j = {0};
    uint64_t seed = 7;

    for (int round = 0; round < 200000; round++) {
        double size = ldexp((double)random_next(&seed), (int)random_below(&seed, 56) - 100);
        double value = random_below(&seed, 2) == 0 ? size : -size;
        int digits = (int)random_below(&seed, 10);
        char want[64];

        snprintf(want, sizeof want, "%.*f", digits, value);
        trim_zeros(want);
        syc_json_reset(&j);
        syc_json_real(&j, value, digits);
        if (j.n != strlen(want) || memcmp(j.text, want, j.n) != 0) {
            fail_msg("%a with %d digits: %.*s, want %s", value, digits, (int)j.n, j.text, want);
        }
    }
    syc_json_fini(&j);
}

/* What jansson gives for a text whose octets were written as code points 0..255. */
static void
assert_reads_as(const struct syc_json *j, const uint8_t *octets, size_t n)
{
    json_t *read = parse(j->text, j->n);
    const uint8_t *utf8 = (const uint8_t *)json_string_value(read);
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        if (octets[i] < 0x80) {
            assert_int_equal(utf8[at++], octets[i]);
        } else { /* RFC 3629: 110000yy 10xxxxxx */
            assert_int_equal(utf8[at++], 0xc0 | octets[i] >> 6);
            assert_int_equal(utf8[at++], 0x80 | (octets[i] & 0x3f));
        }
    }
    assert_int_equal(at, json_string_length(read));
    json_decref(read);
}

/* Texts are escaped eight octets at a time: each octet at each place of two such groups and in the tail. */
static void
every_octet_at_every_place_comes_back(void **state)
{
    struct syc_json j = {0};
    uint8_t octets[21];

    for (unsigned octet = 0; octet < 256; octet++) {
        for (size_t place = 0; place < sizeof octets; place++) {
            memset(octets, 'a', sizeof octets);
            octets[place] = (uint8_t)octet;
            syc_json_reset(&j);
            syc_json_text_n(&j, (const char *)octets, sizeof octets);
            assert_reads_as(&j, octets, sizeof octets);
            for (size_t i = 0; i < j.n; i++) {
                assert_in_range(j.text[i], 0x20, 0x7e);
            }
        }
    }
    syc_json_fini(&j);
}

static void
all_octets_together_and_a_long_text_come_back(void **state)
{
    enum { LONG = 1 << 20 };
    struct syc_json j = {0};
    uint8_t *octets = syc_alloc(LONG, 1);

    assert_non_null(octets);
    for (size_t i = 0; i < LONG; i++) {
        octets[i] = (uint8_t)(i * 2654435761U >> 13);
    }
    for (size_t i = 0; i < 256; i++) {
        octets[i] = (uint8_t)i;
    }
    syc_json_text_n(&j, (const char *)octets, LONG);
    assert_false(j.failed);
    assert_reads_as(&j, octets, LONG);
    syc_json_reset(&j);
    syc_json_text_n(&j, "", 0);
    assert_text(&j, "\"\"");
    syc_free(octets);
    syc_json_fini(&j);
}

static void
commas_stand_between_and_nowhere_else(void **state)
{
    struct syc_json j = {0};

    syc_json_open(&j, '{');
    syc_json_key(&j, "a");
    syc_json_open(&j, '[');
    syc_json_close(&j, ']');
    syc_json_key(&j, "b");
    syc_json_open(&j, '[');
    syc_json_int(&j, 1);
    syc_json_open(&j, '{');
    syc_json_key_n(&j, "cut here", 3);
    syc_json_bool(&j, true);
    syc_json_close(&j, '}');
    syc_json_open(&j, '{');
    syc_json_close(&j, '}');
    syc_json_text(&j, "t");
    syc_json_close(&j, ']');
    syc_json_key(&j, "d");
    syc_json_bool(&j, false);
    syc_json_close(&j, '}');
    assert_text(&j, "{\"a\":[],\"b\":[1,{\"cut\":true},{},\"t\"],\"d\":false}");
    syc_json_fini(&j);
}

static void
write_some(struct syc_json *j)
{
    static const char filler[1000] = {0}; /* 6 octets each */

    syc_json_open(j, '[');
    for (int i = 0; i < 5; i++) {
        syc_json_text_n(j, filler, sizeof filler);
        syc_json_int(j, i);
        syc_json_real(j, 0.5, 3);
        syc_json_bool(j, true);
        syc_json_open(j, '{');
        syc_json_key(j, "k");
        syc_json_int(j, 1);
        syc_json_close(j, '}');
    }
    syc_json_close(j, ']');
}

static void
short_memory_is_told_and_forgotten_at_reset(void **state)
{
    struct syc_json whole = {0};
    unsigned k;

    write_some(&whole);
    assert_false(whole.failed);
    for (k = 1; k < 100; k++) {
        struct syc_json j = {0};
        bool failed;

        fail_allocation(k);
        write_some(&j);
        fail_allocation(0);
        failed = j.failed;
        syc_json_reset(&j);
        write_some(&j);
        assert_false(j.failed);
        assert_int_equal(j.n, whole.n);
        assert_memory_equal(j.text, whole.text, whole.n);
        syc_json_fini(&j);
        if (!failed) {
            break;
        }
    }
    assert_in_range(k, 2, 50); /* at least one allocation failed, and at last none */
    syc_json_fini(&whole);
}

int
test_json_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_of_every_length_are_exact),
        cmocka_unit_test(integers_at_the_edges_are_exact),
        cmocka_unit_test(reals_are_rounded_and_cut),
        cmocka_unit_test(reals_agree_with_printf),
        cmocka_unit_test(every_octet_at_every_place_comes_back),
        cmocka_unit_test(all_octets_together_and_a_long_text_come_back),
        cmocka_unit_test(commas_stand_between_and_nowhere_else),
        cmocka_unit_test(short_memory_is_told_and_forgotten_at_reset),
    };

    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
