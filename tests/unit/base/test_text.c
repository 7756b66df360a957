#include "base/base.h"
#include "tests/unit/base/groups.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void
nanoseconds_round_down_on_both_sides_of_1970(void **state)
{
    assert_int_equal(syc_us_from_ns(1999), 1);
    assert_int_equal(syc_us_from_ns(0), 0);
    assert_int_equal(syc_us_from_ns(-1), -1);
    assert_int_equal(syc_us_from_ns(-1000), -1);
    assert_int_equal(syc_us_from_ns(-1001), -2);
    assert_int_equal(syc_us_from_ns(INT64_MIN), INT64_MIN / 1000 - 1);
}

struct time_vector {
    int64_t us;
    const char *text;
};

/* RFC 3339 5.8 examples in UTC; others from: date -u -d @SECONDS +%FT%T (GNU coreutils). */
static const struct time_vector times[] = {
    {0, "1970-01-01T00:00:00.000000Z"},
    {-1, "1969-12-31T23:59:59.999999Z"},
    {482196050520000, "1985-04-12T23:20:50.520000Z"},
    {-1041337172130000, "1937-01-01T11:40:27.870000Z"},
    {951782400000000, "2000-02-29T00:00:00.000000Z"},
    {4107542399000001, "2100-02-28T23:59:59.000001Z"},
    {4107542400000000, "2100-03-01T00:00:00.000000Z"},
    {4294967295999999, "2106-02-07T06:28:15.999999Z"},
    {253402300799999999, "9999-12-31T23:59:59.999999Z"},
    {-62167219200000000, "0000-01-01T00:00:00.000000Z"},
};

static void
times_are_rfc_3339_and_read_back(void **state)
{
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        char text[SYC_TIME_TEXT];
        int64_t us = 0;

        syc_time_format(times[i].us, text);
        assert_string_equal(text, times[i].text);
        assert_true(syc_time_parse(text, strlen(text), &us));
        assert_int_equal(us, times[i].us);
    }
}

static void
every_day_of_800_years_is_the_c_librarys(void **state)
{
    /* 1700..2500 has each kind of century; an odd step also moves through the day. */
    for (int64_t s = -INT64_C(8520336000); s < INT64_C(16725225600); s += 86413) {
        time_t t = (time_t)s;
        struct tm tm;
        char expected[40], text[SYC_TIME_TEXT];

        assert_non_null(gmtime_r(&t, &tm));
        assert_true(strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.000007Z", &tm) > 0);
        syc_time_format(s * SYC_US_PER_S + 7, text);
        assert_string_equal(text, expected);
    }
}

static void
years_of_more_than_four_digits_are_clamped(void **state)
{
    char text[SYC_TIME_TEXT];

    syc_time_format(253402300800000000, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999999Z");
    syc_time_format(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999999Z");
    syc_time_format(-62167219200000001, text);
    assert_string_equal(text, "0000-01-01T00:00:00.000000Z");
    syc_time_format(INT64_MIN, text);
    assert_string_equal(text, "0000-01-01T00:00:00.000000Z");
}

static void
only_our_own_form_of_times_is_read(void **state)
{
    static const char *const bad[] = {
        "",
        "2026-11-22T06:40:06.123456",
        "2026-11-22T06:40:06.123456Z ",
        "2026-11-22 06:40:06.123456Z",
        "2026-11-22t06:40:06.123456z",
        "2026-11-22T06:40:06,123456Z",
        "2026-11-22T06:40:06.12345 Z",
        "+026-11-22T06:40:06.123456Z",
        "2026-13-22T06:40:06.123456Z",
        "2026-00-22T06:40:06.123456Z",
        "2026-11-31T06:40:06.123456Z",
        "2026-11-00T06:40:06.123456Z",
        "2026-02-29T06:40:06.123456Z",
        "1900-02-29T06:40:06.123456Z",
        "2026-11-22T24:40:06.123456Z",
        "2026-11-22T06:60:06.123456Z",
        "2026-11-22T06:40:60.123456Z",
    };
    int64_t us = 77;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(syc_time_parse(bad[i], strlen(bad[i]), &us));
        assert_int_equal(us, 77);
    }
}

static void
addresses_are_written_as_rfc_5952_says(void **state)
{
    /* Right: RFC 5952 sections 4 and 5, or the same rule by hand. Left: any form inet_pton reads. */
    static const char *const vectors[][2] = {
        {"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:DB8::ABCD", "2001:db8::abcd"},
        {"0:0:0:0:0:0:0:0", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"0:1:1:1:1:1:0:0", "0:1:1:1:1:1::"},
        {"::ffff:c000:0280", "::ffff:192.0.2.128"},
        {"fe80::00a0:0100", "fe80::a0:100"},
    };

    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        char text[SYC_ADDR_TEXT];
        uint8_t addr[16];

        assert_int_equal(inet_pton(AF_INET6, vectors[i][0], addr), 1);
        syc_addr_format(addr, 6, text);
        assert_string_equal(text, vectors[i][1]);
    }
}

static void
addresses_equal_those_of_the_c_library(void **state)
{
    /* Every pattern of zero groups. ::/96 is left out: inet_ntop writes those as ::a.b.c.d (withdrawn in RFC 4291). */
    for (unsigned zeros = 0; zeros < 256; zeros++) {
        char text[SYC_ADDR_TEXT], expected[INET6_ADDRSTRLEN];
        uint8_t addr[16] = {0};

        for (unsigned g = 0; g < 8; g++) {
            addr[2 * g + 1] = zeros >> g & 1 ? 0 : (uint8_t)(g * 37 + 1);
            addr[2 * g] = zeros >> g & 1 ? 0 : (uint8_t)(g * g);
        }
        if ((zeros & 63) == 63) {
            continue;
        }
        assert_non_null(inet_ntop(AF_INET6, addr, expected, sizeof expected));
        syc_addr_format(addr, 6, text);
        assert_string_equal(text, expected);
    }
    for (unsigned value = 0; value < 256; value++) {
        uint8_t addr[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, (uint8_t)value, 0, 255, 9};
        char text[SYC_ADDR_TEXT], expected[INET6_ADDRSTRLEN];

        assert_non_null(inet_ntop(AF_INET, addr + 12, expected, sizeof expected));
        syc_addr_format(addr, 4, text);
        assert_string_equal(text, expected);
    }
}

static void
addresses_read_back_with_their_version(void **state)
{
    static const char *const texts[] = {"192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1"};
    uint8_t addr[16], four[16] = {0};
    int ip_v = 0;

    for (size_t i = 0; i < 3; i++) {
        char text[SYC_ADDR_TEXT];

        assert_true(syc_addr_parse(texts[i], addr, &ip_v));
        assert_int_equal(ip_v, i == 0 ? 4 : 6);
        syc_addr_format(addr, ip_v, text);
        assert_string_equal(text, texts[i]);
        if (i == 0) {
            memcpy(four, addr, 16);
        } else if (i == 1) {
            assert_memory_equal(addr, four, 16); /* the octets agree; only ip_v tells them apart */
        }
    }
    ip_v = 9;
    assert_false(syc_addr_parse("192.0.2", addr, &ip_v));
    assert_false(syc_addr_parse("fe80::1%eth0", addr, &ip_v));
    assert_false(syc_addr_parse("", addr, &ip_v));
    assert_int_equal(ip_v, 9);
}

static void
escaped_octets_can_be_read_back(void **state)
{
    uint8_t all[256], back[256];
    char text[1025];
    size_t n = 0;

    for (size_t i = 0; i < 256; i++) {
        all[i] = (uint8_t)i;
    }
    assert_int_equal(syc_escape(all, 256, text, sizeof text), 256);
    for (const char *p = text; *p != '\0'; n++) {
        unsigned value;

        assert_true(*p >= 0x20 && *p <= 0x7e);
        if (*p != '\\') {
            back[n] = (uint8_t)*p++;
        } else if (p[1] == '\\') {
            back[n] = '\\';
            p += 2;
        } else {
            assert_int_equal(sscanf(p, "\\x%2x", &value), 1);
            back[n] = (uint8_t)value;
            p += 4;
        }
    }
    assert_int_equal(n, 256);
    assert_memory_equal(back, all, 256);
    assert_int_equal(syc_escape("a\"\\\x7f\xff", 5, text, sizeof text), 5);
    assert_string_equal(text, "a\"\\\\\\x7f\\xff");
}

static void
escapes_are_never_cut_in_the_middle(void **state)
{
    /* "ab\x00c" takes 1 + 1 + 4 + 1 octets and a zero. */
    static const size_t taken[] = {0, 0, 1, 2, 2, 2, 2, 3, 4};

    for (size_t size = 0; size < sizeof taken / sizeof taken[0]; size++) {
        char text[16];

        memset(text, 0x5a, sizeof text);
        assert_int_equal(syc_escape("ab\0c", 4, text, size), taken[size]);
        assert_int_equal(text[size], 0x5a);
        if (size > 0) {
            assert_true(strlen(text) < size);
        }
    }
}

static void
edit_distance_counts_four_kinds_of_edits(void **state)
{
    static const char *const long_63 =
        "123456789012345678901234567890123456789012345678901234567890123";

    assert_int_equal(syc_edit_distance("", ""), 0);
    assert_int_equal(syc_edit_distance("", "abc"), 3);
    assert_int_equal(syc_edit_distance("abc", "abc"), 0);
    assert_int_equal(syc_edit_distance("kitten", "sitting"), 3);
    assert_int_equal(syc_edit_distance("sitting", "kitten"), 3);
    assert_int_equal(syc_edit_distance("protcol", "protocol"), 1);
    assert_int_equal(syc_edit_distance("opints", "points"), 1);
    assert_int_equal(syc_edit_distance("ca", "abc"),
                     3); /* alignment: a swapped pair is not edited again */
    assert_int_equal(syc_edit_distance(long_63, ""), 63);
    assert_int_equal(syc_edit_distance(long_63, long_63), 0);
    assert_int_equal(
        syc_edit_distance("x", "1234567890123456789012345678901234567890123456789012345678901234"),
        64);
}

/* Octets of letters: printf '\u009b' | xxd in a UTF-8 locale. What may be shown is as long as what may not. */
static void
letters_that_a_terminal_obeys_are_not_shown(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        bool shown;
    } letters[] = {
        {"A", 1, true},
        {"~", 1, true},
        {"\033[31m", 1, false},
        {"\n", 1, false},
        {"\177", 1, false},
        {"\302\200", 2, false}, /* U+0080, first of C1 */
        {"\302\233", 2, false}, /* U+009B, CSI in one octet of Latin-1 */
        {"\302\237", 2, false}, /* U+009F, last of C1 */
        {"\302\240", 2, true},  /* U+00A0 */
        {"\303\234", 2, true},  /* U+00DC: its second octet alone would be ST of C1 */
        {"\342\200\251", 3, true},
        {"\342\200\252", 3, false}, /* U+202A */
        {"\342\200\256", 3, false}, /* U+202E, right-to-left override */
        {"\342\200\257", 3, true},
        {"\342\201\245", 3, true},
        {"\342\201\246", 3, false}, /* U+2066 */
        {"\342\201\251", 3, false}, /* U+2069 */
        {"\342\201\252", 3, true},
        {"\360\237\230\200", 4, true}, /* U+1F600 */
        {"\233"
         "31m",
         1, false},                 /* CSI as Latin-1 has it, no UTF-8 */
        {"\300\233", 1, false},     /* overlong ESC */
        {"\355\240\200", 1, false}, /* a surrogate */
        {"\342\200", 1, false},     /* cut */
    };

    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        bool shown = !letters[i].shown;

        assert_int_equal(syc_letter(letters[i].text, strlen(letters[i].text), &shown),
                         letters[i].length);
        assert_int_equal(shown, letters[i].shown);
    }
}

int
test_text_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nanoseconds_round_down_on_both_sides_of_1970),
        cmocka_unit_test(times_are_rfc_3339_and_read_back),
        cmocka_unit_test(every_day_of_800_years_is_the_c_librarys),
        cmocka_unit_test(years_of_more_than_four_digits_are_clamped),
        cmocka_unit_test(only_our_own_form_of_times_is_read),
        cmocka_unit_test(addresses_are_written_as_rfc_5952_says),
        cmocka_unit_test(addresses_equal_those_of_the_c_library),
        cmocka_unit_test(addresses_read_back_with_their_version),
        cmocka_unit_test(escaped_octets_can_be_read_back),
        cmocka_unit_test(escapes_are_never_cut_in_the_middle),
        cmocka_unit_test(edit_distance_counts_four_kinds_of_edits),
        cmocka_unit_test(letters_that_a_terminal_obeys_are_not_shown),
    };

    return cmocka_run_group_tests_name("base/text", tests, NULL, NULL);
}
