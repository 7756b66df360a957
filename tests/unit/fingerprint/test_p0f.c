#include "tests/unit/fingerprint/groups.h"

#include <stdio.h>
#include <string.h>

/*
 * The corners of p0f's raw signature. The expected texts are p0f's own: each row was written to a
 * capture file (link type RAW; a row with peer_mss after a SYN with that MSS) and p0f 3.09b run on
 * it with -r; what it logged as raw_sig stands here.
 */

static const struct {
    const char *what;
    struct build from;
    const char *p0f;
} rows[] = {
    {"linux_of_today", {.ip_v = 4}, "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0"},
    {"linux_over_ipv6_has_a_flow_label",
     {.ip_v = 6,
      .window = 64800,
      .flow = 0x12345,
      .options = "020405a00402080a000003e80000000001030307"},
     "6:64+0:0:1440:mss*45,7:mss,sok,ts,nop,ws:flow:0"},
    {"ipv6_without_flow_label",
     {.ip_v = 6, .window = 64800, .options = "020405a00402080a000003e80000000001030307"},
     "6:64+0:0:1440:mss*45,7:mss,sok,ts,nop,ws::0"},
    {"ttl_32_is_distance_0", {.ttl = 32}, "4:32+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0"},
    {"ttl_33_counts_from_64", {.ttl = 33}, "4:33+31:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0"},
    {"ttl_92_is_36_hops_and_too_far",
     {.ttl = 92},
     "4:92+?:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0"},
    {"ttl_93_is_35_hops", {.ttl = 93}, "4:93+35:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0"},
    {"ttl_129_counts_from_255", {.ttl = 129}, "4:129+?:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0"},
    {"ttl_0", {.ttl_0 = 1}, "4:0+32:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0"},
    {"ip_options_of_4_octets",
     {.ip_options = 4},
     "4:64+0:4:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0"},
    {"no_options_at_all", {.window = 1024, .no_df = 1, .options = ""}, "4:64+0:0:0:1024,0:::0"},
    {"id_without_df_is_no_quirk", {.no_df = 1}, "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws::0"},
    {"id_0_with_df", {.id_0 = 1}, "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df:0"},
    {"id_0_without_df", {.id_0 = 1, .no_df = 1}, "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:id-:0"},
    {"reserved_ip_bit", {.reserved = 1}, "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+,0+:0"},
    {"ecn_in_ip", {.tos = 2}, "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+,ecn:0"},
    {"ecn_by_ece_alone", {.flags = 0x42}, "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+,ecn:0"},
    {"ecn_by_cwr_alone", {.flags = 0x82}, "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+,ecn:0"},
    {"ecn_by_ae_alone", {.flags = 0x102}, "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+,ecn:0"},
    {"seq_0", {.seq_0 = 1}, "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+,seq-:0"},
    {"ack_1_is_not_noticed_by_p0f",
     {.ack = 0x1},
     "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0"},
    {"ack_bit_24_is", {.ack = 0x1000000}, "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+,ack+:0"},
    {"ack_bit_25_is_not", {.ack = 0x2000000}, "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0"},
    {"ack_00ffffff_is_not", {.ack = 0xffffff}, "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0"},
    {"ack_03000000_is",
     {.ack = 0x3000000},
     "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+,ack+:0"},
    {"urgent_pointer_without_flag",
     {.urgent = 7},
     "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+,uptr+:0"},
    {"urgent_flag",
     {.flags = 0x22, .urgent = 7},
     "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+,urgf+:0"},
    {"push_flag", {.flags = 0xa}, "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+,pushf+:0"},
    {"own_timestamp_0",
     {.options = "020405b40402080a000000000000000001030307"},
     "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+,ts1-:0"},
    {"echo_timestamp_in_a_syn",
     {.options = "020405b40402080a000003e80000000101030307"},
     "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+,ts2+:0"},
    {"window_scale_14_is_fine",
     {.options = "020405b40402080a000003e8000000000103030e"},
     "4:64+0:0:1460:mss*44,14:mss,sok,ts,nop,ws:df,id+:0"},
    {"window_scale_15_is_not",
     {.options = "020405b40402080a000003e8000000000103030f"},
     "4:64+0:0:1460:mss*44,15:mss,sok,ts,nop,ws:df,id+,exws:0"},
    {"payload", {.payload = 3}, "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:+"},
    {"apple_eol_and_one_octet",
     {.window = 65535, .id_0 = 1, .options = "020405b4010303060101080a000003e80000000004020000"},
     "4:64+0:0:1460:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0"},
    {"octet_after_eol_first_is_noticed",
     {.options = "020405b400010000"},
     "4:64+0:0:1460:mss*44,0:mss,eol+3:df,id+,opt+:0"},
    {"octet_after_eol_last_is_not",
     {.options = "020405b400000001"},
     "4:64+0:0:1460:mss*44,0:mss,eol+3:df,id+:0"},
    {"octet_after_eol_only_one_is_not",
     {.options = "020405b404020001"},
     "4:64+0:0:1460:mss*44,0:mss,sok,eol+1:df,id+:0"},
    {"mss_length_wrong_reads_on_at_4",
     {.options = "020505b40402080a000003e80000000001030307"},
     "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+,bad:0"},
    {"scale_length_wrong_reads_on_at_3",
     {.options = "020405b4030407010402080a000003e800000000"},
     "4:64+0:0:1460:mss*44,7:mss,ws,nop,sok,ts:df,id+,bad:0"},
    {"sack_ok_length_wrong_reads_on_at_2",
     {.options = "020405b40403080a000003e80000000001030307"},
     "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+,bad:0"},
    {"timestamp_length_wrong_reads_on_at_10",
     {.options = "020405b404020808000003e80000000001030307"},
     "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+,bad:0"},
    {"mss_past_the_end_aborts",
     {.options = "0402010101010204"},
     "4:64+0:0:0:64240,0:sok,nop,nop,nop,nop,mss:df,id+,bad:0"},
    {"scale_past_the_end_aborts",
     {.options = "020405b401010103"},
     "4:64+0:0:1460:mss*44,0:mss,nop,nop,nop,ws:df,id+,bad:0"},
    {"timestamp_past_the_end_aborts",
     {.options = "020405b40101080a00000001"},
     "4:64+0:0:1460:mss*44,0:mss,nop,nop,ts:df,id+,bad:0"},
    {"sack_below_10_aborts",
     {.options = "020405b4050800000000000001030307"},
     "4:64+0:0:1460:mss*44,0:mss,sack:df,id+,bad:0"},
    {"sack_of_10_is_read",
     {.options = "020405b4050a00000001000000020101"},
     "4:64+0:0:1460:mss*44,0:mss,sack,nop,nop:df,id+:0"},
    {"sack_of_34_is_read",
     {.options = "052200000000000000000000000000000000000000000000000000000000000000000101"},
     "4:64+0:0:0:64240,0:sack,nop,nop:df,id+:0"},
    {"unknown_kind_of_2_octets",
     {.options = "020405b40402fd0201010101"},
     "4:64+0:0:1460:mss*44,0:mss,sok,?253,nop,nop,nop,nop:df,id+:0"},
    {"unknown_kind_length_1_aborts",
     {.options = "020405b4fd01040201030307"},
     "4:64+0:0:1460:mss*44,0:mss,?253:df,id+,bad:0"},
    {"unknown_kind_length_0_aborts",
     {.options = "020405b4fd00040201030307"},
     "4:64+0:0:1460:mss*44,0:mss,?253:df,id+,bad:0"},
    {"unknown_kind_past_the_end_aborts",
     {.options = "020405b4fd09040201030307"},
     "4:64+0:0:1460:mss*44,0:mss,?253:df,id+,bad:0"},
    {"fast_open_and_its_nops",
     {.options = "020405b40402080a000003e8000000000103030722020101"},
     "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws,?34,nop,nop:df,id+:0"},
    {"multipath",
     {.options = "020405b40402080a000003e800000000010303071e040081"},
     "4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws,?30:df,id+:0"},
    {"24_nops_fit",
     {.options = "010101010101010101010101010101010101010101010101"},
     "4:64+0:0:0:64240,0:nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,"
     "nop,nop,nop,nop,nop,nop:df,id+:0"},
    {"28_nops_do_not",
     {.options = "01010101010101010101010101010101010101010101010101010101"},
     "4:64+0:0:0:64240,0:nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,nop,"
     "nop,nop,nop,nop,nop,nop:df,id+,bad:0"},
    {"quirks_of_repeated_options_add_up",
     {.options = "03030f0103030701080a00000000000000000101080a00000001000000000101"},
     "4:64+0:0:0:64240,7:ws,nop,ws,nop,ts,nop,nop,ts,nop,nop:df,id+,ts1-,exws:0"},
    {"the_last_of_two_mss_counts",
     {.options = "020405b402040218"},
     "4:64+0:0:536:mss*44,0:mss,mss:df,id+:0"},
    {"window_0", {.window_0 = 1}, "4:64+0:0:1460:0,7:mss,sok,ts,nop,ws:df,id+:0"},
    {"mss_99_has_no_multiple",
     {.window = 990, .options = "02040063"},
     "4:64+0:0:99:990,0:mss:df,id+:0"},
    {"mss_100_has", {.window = 1000, .options = "02040064"}, "4:64+0:0:100:mss*10,0:mss:df,id+:0"},
    {"mss_minus_12_needs_a_timestamp",
     {.window = 4080, .options = "0204055c0402080a0000000100000000"},
     "4:64+0:0:1372:mss*3,0:mss,sok,ts:df,id+:0"},
    {"mss_minus_12_without_timestamp",
     {.window = 4080, .options = "0204055c"},
     "4:64+0:0:1372:4080,0:mss:df,id+:0"},
    {"mss_minus_12_with_own_timestamp_0",
     {.window = 4080, .options = "0204055c0402080a0000000000000000"},
     "4:64+0:0:1372:4080,0:mss,sok,ts:df,id+,ts1-:0"},
    {"1460_whatever_the_mss",
     {.window = 64240, .options = "02040550"},
     "4:64+0:0:1360:mss*44,0:mss:df,id+:0"},
    {"1448_needs_no_timestamp",
     {.window = 5792, .options = "02040550"},
     "4:64+0:0:1360:mss*4,0:mss:df,id+:0"},
    {"1440_over_ipv6",
     {.ip_v = 6, .window = 64800, .options = "02040550"},
     "6:64+0:0:1360:mss*45,0:mss::0"},
    {"1440_not_over_ipv4",
     {.window = 64800, .options = "02040551"},
     "4:64+0:0:1361:64800,0:mss:df,id+:0"},
    {"1428_over_ipv6",
     {.ip_v = 6, .window = 12852, .options = "02040550"},
     "6:64+0:0:1360:mss*9,0:mss::0"},
    {"mtu_by_mss_and_40",
     {.window = 9800, .options = "02040550"},
     "4:64+0:0:1360:mtu*7,0:mss:df,id+:0"},
    {"mtu_by_actual_headers",
     {.window = 9912, .options = "020405500402080a0000000100000000"},
     "4:64+0:0:1360:mtu*7,0:mss,sok,ts:df,id+:0"},
    {"mtu_by_mss_and_60_over_ipv6",
     {.ip_v = 6, .window = 9940, .options = "02040550"},
     "6:64+0:0:1360:mtu*7,0:mss::0"},
    {"mtu_1500", {.window = 4500, .options = "02040550"}, "4:64+0:0:1360:mtu*3,0:mss:df,id+:0"},
    {"linux_answer",
     {.flags = 0x12,
      .ack = 0x5,
      .window = 65160,
      .id_0 = 1,
      .options = "020405b40402080a000003e80000000901030307",
      .peer_mss = 1460},
     "4:64+0:0:1460:mss*45,7:mss,sok,ts,nop,ws:df:0"},
    {"ack_0_of_an_answer",
     {.flags = 0x12,
      .ack = 0x0,
      .window = 65160,
      .id_0 = 1,
      .options = "020405b4",
      .peer_mss = 1460},
     "4:64+0:0:1460:mss*45,0:mss:df,ack-:0"},
    {"peer_mss",
     {.flags = 0x12, .ack = 0x5, .window = 11799, .options = "02040550", .peer_mss = 1311},
     "4:64+0:0:1360:mss*9,0:mss:df,id+:0"},
    {"peer_mss_minus_12",
     {.flags = 0x12, .ack = 0x5, .window = 11691, .options = "02040550", .peer_mss = 1311},
     "4:64+0:0:1360:mss*9,0:mss:df,id+:0"},
    {"peer_mss_1_and_a_quotient_of_16_bits",
     {.flags = 0x12, .ack = 0x5, .window = 65531, .options = "02040550", .peer_mss = 1},
     "4:64+0:0:1360:65531,0:mss:df,id+:0"},
    {"peer_mss_11_divides_by_minus_1",
     {.flags = 0x12, .ack = 0x5, .window = 65535, .options = "020405b4", .peer_mss = 11},
     "4:64+0:0:1460:mss*1,0:mss:df,id+:0"},
    {"peer_mss_12_has_no_second_divisor",
     {.flags = 0x12, .ack = 0x5, .window = 65535, .options = "020405b4", .peer_mss = 12},
     "4:64+0:0:1460:65535,0:mss:df,id+:0"},
    {"mss_of_p0fs_probe_in_an_answer",
     {.flags = 0x12, .ack = 0x5, .window = 65535, .options = "02040533", .peer_mss = 1460},
     "4:64+0:0:*:65535,0:mss:df,id+:0"},
    {"mss_of_p0fs_probe_in_a_syn",
     {.window = 5840, .options = "02040533"},
     "4:64+0:0:1331:mss*4,0:mss:df,id+:0"},
};

static void
raw_signatures_are_those_of_p0f(void **state)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct syc_syn syn;

        describe(&rows[i].from, &syn);
        if (strcmp(syn.p0f, rows[i].p0f) != 0) {
            print_error("%s\n", rows[i].what);
        }
        assert_string_equal(syn.p0f, rows[i].p0f);
    }
}

/* The layout words stand alone in `options`, and the same facts in numbers beside them. */
static void
the_numbers_agree_with_the_raw_signature(void **state)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct syc_syn syn;
        char between[SYC_OPTIONS_TEXT + 2];

        describe(&rows[i].from, &syn);
        snprintf(between, sizeof between, ":%s:", syn.options);
        assert_non_null(strstr(syn.p0f, between));
        assert_int_equal(syn.has_payload, syn.p0f[strlen(syn.p0f) - 1] == '+');
        assert_int_equal(syn.ip_v, syn.p0f[0] - '0');
        assert_int_equal(syn.ttl + syn.distance, syn.ttl_initial);
    }
}

int
test_p0f_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_signatures_are_those_of_p0f),
        cmocka_unit_test(the_numbers_agree_with_the_raw_signature),
    };

    return cmocka_run_group_tests_name("p0f raw signature", tests, NULL, NULL);
}
