#include "tests/unit/fingerprint/groups.h"

#include <string.h>

/* The last part of a TCPFP: the hash. */
static const char *
hash_of(const char *options, struct syc_syn *syn)
{
    const struct build from = {.options = options};

    describe(&from, syn);
    return strrchr(syn->tcpfp, '_') + 1;
}

/* Vectors of the format's text, v0.4: the hex text that is hashed is named beside each. */
static void
tcpfp_hashes_are_those_of_the_format(void **state)
{
    static const struct {
        const char *options;
        const char *hash;
    } vectors[] = {
        {LINUX_OPTIONS, "5ec4846073b9"},                                      /* 020408010307 */
        {"020405b40103030801010402", "e035a9f8f3a0"},                         /* 02010308010104 */
        {"020405b4010303060101080a000003e80000000004020000", "96500ba614e1"}, /* 0201030601..0400 */
        {"020405b4010303050101080a000003e80000000004020000", "fa6f8edaadeb"}, /* 0201030501..0400 */
        {"020405b4010303060402080a0000000100000000", "defa183edeca"},         /* 020103060408 */
        {"020405b4131200000000000000000000000000000000"
         "0101",
         "df9f6ba44436"},                                                     /* 02130101 */
        {"020405b4", "a953f09a1b6b"},                                         /* 02 */
        {"020405b40402080a0000000100000000010303071e040081", "d9f8b1298998"}, /* ..071e0081 */
        {"020405b403090000", "c2576dd8541a"},                                 /* 0203, cut */
        {"020405b400000000", "1fdc13485c8a"},                                 /* 0200 */
        {"", "e3b0c44298fc"},                                                 /* nothing */
    };

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct syc_syn syn;

        assert_string_equal(hash_of(vectors[i].options, &syn), vectors[i].hash);
    }
}

/* Rows of nDPI's table of 2026: the whole name. */
static void
tcpfp_names_are_those_of_ndpi(void **state)
{
    static const struct {
        struct build from;
        const char *tcpfp;
    } rows[] = {
        {{.ttl = 57}, "2_64_64240_5ec4846073b9"},
        {{.ttl = 128, .options = "020405b40103030801010402"}, "2_128_64240_e035a9f8f3a0"},
        {{.window = 65535,
          .flags = 0x0c2,
          .options = "020405b4010303050101080a000003e80000000004020000"},
         "194_64_65535_fa6f8edaadeb"},
        {{.window = 65535,
          .options = "020405b40402080a0000000100000000010303"
                     "08"},
         "2_64_65535_9ade5ea639dd"},
        {{.window = 65535,
          .options = "020405b40402080a0000000100000000010303"
                     "0a"},
         "2_64_65535_8b4e598a2ef6"},
        {{.ttl = 128, .window = 65160, .options = "020405b4010303080402080a0000000100000000"},
         "2_128_65160_55a079b2ce62"},
        {{.ttl = 128, .window = 8192, .flags = 0x0c2, .options = "020405b40103030001010402"},
         "194_128_8192_6b34051d2fbf"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct syc_syn syn;

        describe(&rows[i].from, &syn);
        assert_string_equal(syn.tcpfp, rows[i].tcpfp);
    }
}

static void
tcpfp_puts_ttls_into_buckets(void **state)
{
    static const struct {
        uint8_t ttl;
        const char *begin;
    } rows[] = {{32, "2_32_"},   {33, "2_64_"},   {64, "2_64_"},   {65, "2_128_"},
                {128, "2_128_"}, {129, "2_192_"}, {192, "2_192_"}, {193, "2_255_"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct build from = {.ttl = rows[i].ttl};
        struct syc_syn syn;

        describe(&from, &syn);
        assert_memory_equal(syn.tcpfp, rows[i].begin, strlen(rows[i].begin));
    }
}

/*
 * "Dropped completely together with directly adjacent NOPs": the names without Fast Open, from the
 * vectors.
 */
static void
tcpfp_leaves_fast_open_and_its_nops_out(void **state)
{
    struct syc_syn syn;

    assert_string_equal(hash_of("020405b40402080a000003e800000000010303072202"
                                "0101",
                                &syn),
                        "5ec4846073b9");
    assert_string_equal(hash_of("020405b40402080a000003e80000000001030307220a0102030405060708"
                                "0101",
                                &syn),
                        "5ec4846073b9");
    assert_string_equal(hash_of("020405b401012202", &syn), "a953f09a1b6b");
    assert_string_equal(hash_of("020405b4fe04f989", &syn), "a953f09a1b6b");
    assert_string_equal(hash_of("020405b4fd06f98901020101", &syn), "a953f09a1b6b");
}

/* printf 02fe1234 | sha256sum: 3bb2bc1d782b...; 02fe12340101: ac59da15afa1... */
static void
tcpfp_writes_the_number_of_other_experiments(void **state)
{
    struct syc_syn syn, other;

    assert_string_equal(hash_of("020405b4fe0612345678", &syn), "3bb2bc1d782b");
    assert_string_equal(hash_of("020405b4fe06123400000101", &other), "ac59da15afa1");
}

/*
 * Subtype 0 (MP_CAPABLE) has two octets, see the vectors; the others one. printf 021e10 |
 * sha256sum: 9d2a2319684f...
 */
static void
tcpfp_writes_one_octet_of_a_multipath_join(void **state)
{
    struct syc_syn syn;

    assert_string_equal(hash_of("020405b41e0c10010102030401020304", &syn), "9d2a2319684f");
}

static void
tcpfp_is_of_whole_syns_only(void **state)
{
    const struct build answer = {.flags = SYC_SYN | SYC_ACK, .ack = 1};
    const struct build from = {.ip_v = 4};
    struct built built;
    struct syc_syn syn;

    describe(&answer, &syn);
    assert_string_equal(syn.tcpfp, "");
    built_init(&built, &from);
    built.segment.ip_mf = true;
    syc_syn_describe(&built.segment, 0, &syn);
    assert_string_equal(syn.tcpfp, "");
}

/* Expected texts by hand from the format: window:kinds:mss:wscale, absent values empty. */
static void
muonfp_lists_what_is_there(void **state)
{
    static const struct {
        struct build from;
        const char *muonfp;
    } rows[] = {
        {{.ip_v = 4}, "64240:2-4-8-1-3:1460:7"},
        {{.window = 1024, .options = ""}, "1024:::"},
        {{.window = 1024, .options = "020405b4"}, "1024:2:1460:"},
        {{.window = 65160, .flags = SYC_SYN | SYC_ACK, .ack = 1}, "65160:2-4-8-1-3:1460:7"},
        /* the first EOL is listed, the second is not */
        {{.window = 65535, .options = "020405b4010303060101080a000003e80000000004020000"},
         "65535:2-1-3-1-1-8-4-0:1460:6"},
        /* the length octets of MSS and scale are not looked at */
        {{.options = "020905b403ff0701"}, "64240:2-3-1:1460:7"},
        /* listed, but the value is cut */
        {{.options = "0402010101010204"}, "64240:4-1-1-1-1-2::"},
        {{.options = "020405b401010303"}, "64240:2-1-1-3:1460:"},
        /* a length below 2 ends the list after the kind, as does a missing one */
        {{.options = "020405b408010402"}, "64240:2-8:1460:"},
        {{.options = "020405b4010101"
                     "08"},
         "64240:2-1-1-1-8:1460:"},
        {{.options = "020405b4ff140303"}, "64240:2-255:1460:"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct syc_syn syn;

        describe(&rows[i].from, &syn);
        assert_string_equal(syn.muonfp, rows[i].muonfp);
    }
}

int
test_names_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcpfp_hashes_are_those_of_the_format),
        cmocka_unit_test(tcpfp_names_are_those_of_ndpi),
        cmocka_unit_test(tcpfp_puts_ttls_into_buckets),
        cmocka_unit_test(tcpfp_leaves_fast_open_and_its_nops_out),
        cmocka_unit_test(tcpfp_writes_the_number_of_other_experiments),
        cmocka_unit_test(tcpfp_writes_one_octet_of_a_multipath_join),
        cmocka_unit_test(tcpfp_is_of_whole_syns_only),
        cmocka_unit_test(muonfp_lists_what_is_there),
    };

    return cmocka_run_group_tests_name("tcpfp and muonfp", tests, NULL, NULL);
}
