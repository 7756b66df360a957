#include "tests/unit/fingerprint/groups.h"

#include <stdio.h>
#include <string.h>

/*
 * Texts as the makers document them (MDN "User-Agent", Chrome's and Mozilla's UA pages, Microsoft's and Apple's
 * service names, the manuals of the tools): what they name, and who names nothing.
 */
static const struct {
    const char *text, *word; /* NULL: names no system */
} rows[] = {
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/120.0.0.0 Safari/537.36",
     "windows"},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:121.0) Gecko/20100101 Firefox/121.0", "windows"},
    {"Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0", "linux"},
    {"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/120.0.0.0", "chromeos"},
    {"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile", "android"},
    {"Dalvik/2.1.0 (Linux; U; Android 9; SM-G960F Build/PPR1.180610.011)", "android"},
    {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.1 Safari",
     "macos"},
    {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15", "ios"},
    {"Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15", "ios"},
    {"Mozilla/5.0 (Mobile; Windows Phone 8.1; Android 4.0; ARM; Trident/7.0; Touch) like iPhone OS "
     "7_0_3 Mac OS X AppleWebKit/537",
     "windows"},
    {"MobileSafari/604.1 CFNetwork/1220.1 Darwin/20.3.0", "apple"},
    {"Microsoft Office/16.0 (Macintosh; MacOS 14.1; Word 16.78)", "macos"},
    {"Microsoft-CryptoAPI/10.0", "windows"},
    {"Wget/1.21.3 (linux-gnu)", "linux"},
    {"Wget/1.11.4 (mingw32)", "windows"},
    {"Debian APT-HTTP/1.3 (2.6.1)", "linux"},
    {"Mozilla/5.0 (X11; FreeBSD amd64; rv:109.0) Gecko/20100101 Firefox/115.0", "bsd"},
    {"curl/7.88.1", NULL},
    {"python-requests/2.28.1", NULL},
    {"Go-http-client/1.1", NULL},
    {"okhttp/4.11.0", NULL},
    {"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", NULL},
    {"Microsoft thing", NULL}, /* no "CrOS" in it */
    {"", NULL},
    {NULL, NULL},
};

static void
a_system_is_read_when_the_text_names_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *word = syc_ua_os_name(syc_ua_os_read(rows[i].text));
        if (rows[i].word == NULL) {
            assert_null(word);
        } else {
            assert_non_null(word);
            assert_string_equal(word, rows[i].word);
        }
    }
}

/* What the event writes is what it reads back. */
static void
words_and_families_belong_together(void **state)
{
    (void)state;
    for (int i = SYC_UA_OS_UNKNOWN + 1; i < SYC_UA_OS_COUNT; i++) {
        assert_int_equal(syc_ua_os_of(syc_ua_os_name((enum syc_ua_os)i)), i);
    }
    assert_int_equal(syc_ua_os_of("beos"), SYC_UA_OS_UNKNOWN);
    assert_int_equal(syc_ua_os_of(""), SYC_UA_OS_UNKNOWN);
    assert_int_equal(syc_ua_os_of(NULL), SYC_UA_OS_UNKNOWN);
    assert_null(syc_ua_os_name(SYC_UA_OS_UNKNOWN));
    assert_null(syc_ua_os_family(SYC_UA_OS_COUNT));
    assert_string_equal(syc_ua_os_family(SYC_UA_OS_ANDROID), "linux");
    assert_string_equal(syc_ua_os_family(SYC_UA_OS_IOS), "apple");
}

/*
 * Cipher lists as their makers offer them: Safari's as JA3 strings have it, Schannel's from Microsoft's "TLS Cipher Suites
 * in Windows 10 and 11". Hashed as JA4 says: sorted, four hex digits each, with commas.
 */
static const struct {
    const char *sorted, *family;
} lists[] = {
    {"000a,002f,0035,009c,009d,1301,1302,1303,c008,c009,c00a,c012,c013,c014,c02b,c02c,c02f,c030,"
     "cca8,cca9",
     "apple"},
    {"000a,002f,0035,003c,003d,009c,009d,009e,009f,c009,c00a,c013,c014,c023,c024,c027,c028,c02b,"
     "c02c,c02f,c030",
     "windows"},
    {"000a,002f,0035,003c,003d,009c,009d,c009,c00a,c013,c014,c023,c024,c027,c028,c02b,c02c,c02f,"
     "c030",
     "windows"},
    {"002f,0035,003c,003d,009c,009d,c009,c00a,c013,c014,c023,c024,c027,c028,c02b,c02c,c02f,c030",
     "windows"},
    {"002f,0035,003c,003d,009c,009d,1301,1302,c009,c00a,c013,c014,c023,c024,c027,c028,c02b,c02c,"
     "c02f,c030",
     "windows"},
    /* Chrome's: BoringSSL runs on every system. */
    {"002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9", NULL},
};

static void
libraries_of_one_system_are_known_by_their_ciphers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        char hash[65];
        char ja4[64];
        const char *family;

        syc_sha256_hex(lists[i].sorted, strlen(lists[i].sorted), hash);
        snprintf(ja4, sizeof(ja4), "t13d20*h2_%.12s", hash);
        family = syc_ja4_family(ja4);
        if (lists[i].family == NULL) {
            assert_null(family);
        } else {
            assert_non_null(family);
            assert_string_equal(family, lists[i].family);
        }
    }
    assert_string_equal(syc_ja4_family("t13d2014h2_a09f3c656075_14788d8d241b"), "apple");
    assert_null(syc_ja4_family("t13d1516h2_8daaf6152771_e5627efa2ab1"));
    assert_null(syc_ja4_family("curl/8.5.0"));
    assert_null(syc_ja4_family("_"));
    assert_null(syc_ja4_family(""));
    assert_null(syc_ja4_family(NULL));
}

int
test_user_agent_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_system_is_read_when_the_text_names_one),
        cmocka_unit_test(words_and_families_belong_together),
        cmocka_unit_test(libraries_of_one_system_are_known_by_their_ciphers),
    };

    return cmocka_run_group_tests_name("fingerprint: user agent", tests, NULL, NULL);
}
