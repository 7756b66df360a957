#include "tests/unit/fingerprint/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The shipped signature files, read from the source tree (SIGNATURES is defined by the build). */

static const char *const names[] = {"apple.fp", "bsd.fp",     "devices.fp", "linux.fp",
                                    "tools.fp", "windows.fp", "links.fp"};

enum { FILES = sizeof names / sizeof *names, LINKS = FILES - 1 };

static char *
read_file(const char *name)
{
    char path[1024];
    char *text = calloc(1, 200000);
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", SIGNATURES, name);
    f = fopen(path, "rb");
    assert_non_null(f);
    assert_non_null(text);
    assert_true(fread(text, 1, 199999, f) > 1000);
    fclose(f);
    return text;
}

static struct syc_signatures *
load(void)
{
    struct syc_signatures *set = syc_signatures_new();

    for (size_t i = 0; i < FILES; i++) {
        struct syc_error err = {SYC_OK, 0, 0, "", ""};
        char *text = read_file(names[i]);

        if (syc_signatures_parse(set, names[i], text, strlen(text), true, &err) != SYC_OK) {
            fail_msg("%s:%u:%u: %s", err.file, err.line, err.column, err.text);
        }
        free(text);
    }
    return set;
}

#define APPLE(ws) "020405b40103" ws "0101080a000003e80000000004020000"
#define WINDOWS   "020405b40103030801010402"
#define ANSWER    .flags = SYC_SYN | SYC_ACK, .ack = 1, .id_0 = true

/*
 * One hand-made SYN or SYN+ACK a family. The numbers are those of the sources the files name:
 * measured Linux and tools, published tables for the others.
 */
static const struct {
    struct build from;
    enum syc_quality quality;
    const char *os;
    const char *family;
    bool app;
} rows[] = {
    /* Linux by MTU, IPv6, loopback, receive buffers, switched-off options, tcp_rmem */
    {{.ip_v = 4}, SYC_MATCH_EXACT, "Linux", "linux", false},
    {{.window = 64480, .options = "020404d80402080a000003e80000000001030307"},
     SYC_MATCH_EXACT,
     "Linux",
     "linux",
     false},
    {{.ip_v = 6, .flow = 7, .window = 64800, .options = "020405a00402080a000003e80000000001030307"},
     SYC_MATCH_EXACT,
     "Linux",
     "linux",
     false},
    {{.window = 65495, .options = "0204ffd70402080a000003e80000000001030307"},
     SYC_MATCH_EXACT,
     "Linux",
     "linux",
     false},
    {{.options = "020405b40402080a000003e8000000000103030a"},
     SYC_MATCH_EXACT,
     "Linux",
     "linux",
     false},
    {{.options = "020405b40101040201030307"}, SYC_MATCH_EXACT, "Linux", "linux", false},
    {{.options = "020405b4"}, SYC_MATCH_GENERIC, "Linux", "linux", false},
    {{.window = 7300, .options = "020405b40402080a000003e80000000001030300"},
     SYC_MATCH_EXACT,
     "Linux",
     "linux",
     false},
    {{.window = 65535, .options = "020405b40402080a000003e80000000001030307"},
     SYC_MATCH_GENERIC,
     "Linux",
     "linux",
     false},
    {{.options = "020405780402080a000003e80000000001030307"},
     SYC_MATCH_GENERIC,
     "Linux",
     "linux",
     false},
    {{.window = 29200}, SYC_MATCH_EXACT, "Linux", "linux", false},
    {{.ttl = 128},
     SYC_MATCH_FUZZY,
     "Linux",
     "linux",
     false}, /* a Linux that says 128: never exact */
    {{ANSWER, .window = 65160}, SYC_MATCH_EXACT, "Linux", "linux", false},
    {{ANSWER, .options = "020405b4"}, SYC_MATCH_EXACT, "Linux", "linux", false},
    /* Android */
    {{.window = 65535, .options = "020405b40402080a000003e80000000001030308"},
     SYC_MATCH_EXACT,
     "Android",
     "linux",
     false},
    {{.window = 65535, .options = "020405b40402080a000003e8000000000103030a"},
     SYC_MATCH_EXACT,
     "Android",
     "linux",
     false},
    /* Windows 10, with ECN, with another MSS, 65535, 7; its SYN+ACK */
    {{.ttl = 128, .options = WINDOWS}, SYC_MATCH_EXACT, "Windows", "windows", false},
    {{.ttl = 121, .flags = 0x0c2, .options = WINDOWS},
     SYC_MATCH_EXACT,
     "Windows",
     "windows",
     false},
    {{.ttl = 128, .options = "020405640103030801010402"},
     SYC_MATCH_EXACT,
     "Windows",
     "windows",
     false},
    {{.ttl = 128, .window = 65535, .options = WINDOWS},
     SYC_MATCH_EXACT,
     "Windows",
     "windows",
     false},
    {{.ttl = 128, .window = 8192, .options = "020405b40103030201010402"},
     SYC_MATCH_EXACT,
     "Windows",
     "windows",
     false},
    {{.ttl = 128, .flags = 0x012, .ack = 1, .window = 65535, .options = WINDOWS},
     SYC_MATCH_EXACT,
     "Windows",
     "windows",
     false},
    /* Apple: IP ID 0; ECN setup; old Mac OS X with an IP ID; iOS */
    {{.window = 65535, .id_0 = true, .options = APPLE("0306")},
     SYC_MATCH_EXACT,
     "Mac OS X",
     "apple",
     false},
    {{.window = 65535, .id_0 = true, .flags = 0x0c2, .options = APPLE("0305")},
     SYC_MATCH_EXACT,
     "Mac OS X",
     "apple",
     false},
    {{.window = 65535, .options = APPLE("0304")}, SYC_MATCH_EXACT, "Mac OS X", "apple", false},
    {{.window = 65535, .id_0 = true, .options = APPLE("0307")},
     SYC_MATCH_EXACT,
     "iOS",
     "apple",
     false},
    /* BSD */
    {{.window = 65535, .options = "020405b4010303060402080a0000000100000000"},
     SYC_MATCH_EXACT,
     "FreeBSD",
     "bsd",
     false},
    {{.window = 16384, .options = "020405b401010402010303000101080a0000000100000000"},
     SYC_MATCH_EXACT,
     "OpenBSD",
     "bsd",
     false},
    /* tools, as measured */
    {{.ttl = 255, .window = 1024, .no_df = true, .options = ""},
     SYC_MATCH_EXACT,
     "masscan",
     "tool",
     true},
    {{.ttl = 240, .window = 65535, .no_df = true, .options = ""},
     SYC_MATCH_EXACT,
     "zmap",
     "tool",
     true},
    {{.ttl = 255, .window = 65535, .no_df = true, .options = "020405b4"},
     SYC_MATCH_EXACT,
     "zmap",
     "tool",
     true},
    {{.ttl = 43, .window = 1024, .no_df = true, .options = "020405b4"},
     SYC_MATCH_EXACT,
     "nmap",
     "tool",
     true},
    {{.ttl = 64, .window = 1024, .no_df = true, .options = "020405b4"},
     SYC_MATCH_GENERIC,
     "raw-socket sender",
     "tool",
     true},
    {{.ttl = 46,
      .window = 1,
      .no_df = true,
      .ack = 9,
      .options = "03030a01020405b4080affffffff000000000402"},
     SYC_MATCH_EXACT,
     "nmap",
     "tool",
     true},
    {{.ttl = 47,
      .window = 3,
      .no_df = true,
      .flags = 0x0c2,
      .urgent = 63477,
      .options = "03030a01020405b404020101"},
     SYC_MATCH_EXACT,
     "nmap",
     "tool",
     true},
    {{.window = 512, .no_df = true, .ack = 77, .options = ""},
     SYC_MATCH_EXACT,
     "hping3",
     "tool",
     true},
    {{.window = 8192, .no_df = true, .seq_0 = true, .options = ""},
     SYC_MATCH_EXACT,
     "scapy",
     "tool",
     true},
    {{.window = 1337, .options = "02040533"}, SYC_MATCH_EXACT, "p0f-sendsyn", "tool", true},
    {{.window = 4711, .no_df = true, .options = ""},
     SYC_MATCH_GENERIC,
     "raw-socket sender",
     "tool",
     true},
};

static void
every_family_is_recognized(void **state)
{
    struct syc_signatures *set = load();

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct syc_match out;
        struct syc_syn syn;

        describe(&rows[i].from, &syn);
        syc_signatures_match(set, &syn, &out);
        if (out.quality != rows[i].quality) {
            print_error("row %zu: %s -> %s\n", i, syn.p0f, out.label != NULL ? out.label : "none");
        }
        assert_int_equal(out.quality, rows[i].quality);
        assert_int_equal(out.app, rows[i].app);
        if (rows[i].os != NULL) {
            assert_string_equal(out.os, rows[i].os);
            assert_string_equal(out.os_family, rows[i].family);
            assert_non_null(out.source);
            assert_non_null(out.date);
        }
    }
    syc_signatures_free(set);
}

/* The next line of *text as a copy in line; false at the end. */
static bool
next_line(const char **text, char line[256])
{
    size_t n = strcspn(*text, "\n");

    if (**text == '\0') {
        return false;
    }
    assert_true(n < 256);
    memcpy(line, *text, n);
    line[n] = '\0';
    *text += (*text)[n] == '\n' ? n + 1 : n;
    return true;
}

static void
every_signature_says_where_it_is_from(void **state)
{

    for (size_t i = 0; i < FILES; i++) {
        char *text = read_file(names[i]);
        const char *at = text;
        char line[256];
        unsigned sigs = 0;

        while (next_line(&at, line)) {
            if (strncmp(line, "sig ", 4) == 0) {
                sigs++;
                assert_true(next_line(&at, line));
                assert_memory_equal(line, ";@ source=\"", 11);
                assert_non_null(strstr(line, "\" date="));
                assert_null(strstr(line, "zardaxt"));
            }
        }
        assert_true(sigs > 5);
        free(text);
    }
}

/*
 * The window word of a signature as a raw signature would have it for MSS mss, and the window
 * itself.
 */
static void
window_for(const char *word, unsigned mss, char out[24], uint16_t *window)
{
    if (strcmp(word, "floor65535") == 0) {
        snprintf(out, 24, "mss*%u", 65535 / mss);
        *window = (uint16_t)(65535 / mss * mss);
    } else if (strncmp(word, "mss*", 4) == 0) {
        snprintf(out, 24, "%s", word);
        *window = (uint16_t)(mss * (unsigned)atoi(word + 4));
    } else {
        snprintf(out, 24, "%s", word[0] == '*' ? "4242" : word);
        *window = (uint16_t)atoi(out);
    }
}

/* Quirk words to bits, as the true meaning is in struct syc_syn. */
static uint32_t
quirk_bits(const char *words)
{
    uint32_t bits = 0;
    char list[128];

    snprintf(list, sizeof list, ",%s,", words);
    for (unsigned q = 0; q < SYC_QUIRK_COUNT; q++) {
        char word[24];

        snprintf(word, sizeof word, ",%s,", syc_quirk_name((enum syc_quirk)q));
        if (strstr(list, word) != NULL) {
            bits |= UINT32_C(1) << q;
        }
    }
    return bits;
}

/* A SYN made to fit the signature: any MSS, scale or version becomes some value. */
static void
syn_for(const char *sig, bool response, struct syc_syn *out)
{
    char copy[256];
    char *field[8];
    char *scale;
    char window[24];
    unsigned mss;

    memset(out, 0, sizeof *out);
    snprintf(copy, sizeof copy, "%s", sig);
    field[0] = copy;
    for (int i = 1; i < 8; i++) {
        char *colon = strchr(field[i - 1], ':');

        assert_non_null(colon);
        *colon = '\0';
        field[i] = colon + 1;
    }
    scale = strchr(field[4], ',');
    *scale++ = '\0';
    mss = field[3][0] == '*' ? 1398 : (unsigned)atoi(field[3]);
    window_for(field[4], mss, window, &out->window);
    out->kind = response ? SYC_KIND_SYN_ACK : SYC_KIND_SYN;
    out->ip_v = field[0][0] == '6' ? 6 : 4;
    out->ttl = (uint8_t)atoi(field[1]);
    out->mss = (int32_t)mss;
    out->quirks = quirk_bits(field[6]);
    snprintf(out->p0f, sizeof out->p0f, "%u:%u+0:%s:%u:%s,%s:%s:%s:0", out->ip_v, out->ttl,
             field[2], mss, window, scale[0] == '*' ? "13" : scale, field[5], field[6]);
}

/*
 * A signature that an earlier one always beats would be dead weight: every one is found by its own
 * SYN.
 */
static void
no_shipped_signature_is_shadowed(void **state)
{
    struct syc_signatures *set = load();

    for (size_t i = 0; i < LINKS; i++) {
        char *text = read_file(names[i]);
        const char *at = text;
        char line[256];
        unsigned number = 0;
        bool response = false;

        while (next_line(&at, line)) {
            struct syc_syn syn;
            struct syc_match out;

            number++;
            response = response || strcmp(line, "[tcp:response]") == 0;
            if (strncmp(line, "sig ", 4) != 0) {
                continue;
            }
            syn_for(strchr(line, '=') + 2, response, &syn);
            syc_signatures_match(set, &syn, &out);
            if (out.db_line != number) {
                print_error("%s:%u is beaten by line %u: %s\n", names[i], number, out.db_line,
                            syn.p0f);
            }
            assert_int_equal(out.db_line, number);
            assert_string_equal(out.db, names[i]);
        }
        free(text);
    }
    syc_signatures_free(set);
}

/* Ours are held to what `signatures check` tells users. */
static void
the_linter_has_nothing_to_say_of_shipped_files(void **state)
{
    struct syc_signatures *set = load();
    const struct syc_remark *r;

    assert_true(syc_signatures_count(set) > 200);
    assert_true(syc_signatures_link_count(set) > 40);
    assert_int_equal(syc_signatures_lint(set), SYC_OK);
    for (size_t n = syc_signatures_remarks(set, &r); n > 0; n--, r++) {
        fail_msg("%s:%u: %s", r->file, r->line, r->text);
    }
    syc_signatures_free(set);
}

int
test_shipped_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_family_is_recognized),
        cmocka_unit_test(every_signature_says_where_it_is_from),
        cmocka_unit_test(no_shipped_signature_is_shadowed),
        cmocka_unit_test(the_linter_has_nothing_to_say_of_shipped_files),
    };

    return cmocka_run_group_tests_name("shipped signatures", tests, NULL, NULL);
}
