/* The other events: their members by hand, their order, what is left out. */

#include "tests/unit/output/groups.h"

#include <string.h>

#include "tests/unit/output/random_record.h"

/* 2026-11-22T06:40:05.900001Z, see test_connection.c. */
#define TIME_US INT64_C(1795329605900001)

static const struct syc_key key_4 = {
    .client = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 128, 232, 110, 120},
    .server = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 66, 35, 250, 204},
    .client_port = 34855,
    .server_port = 80,
    .ip_v = 4,
};

static void
assert_community_id(const struct syc_key *key, const char *want)
{
    struct syc_key back = *key;
    char got[32];

    syc_community_id(key, got);
    assert_string_equal(got, want);
    memcpy(back.client, key->server, 16);
    memcpy(back.server, key->client, 16);
    back.client_port = key->server_port;
    back.server_port = key->client_port;
    syc_community_id(&back, got);
    assert_string_equal(got, want); /* the other way round is the same conversation */
}

static void
community_ids_are_those_of_other_sensors(void **state)
{
    struct syc_key key = key_4;

    assert_community_id(&key, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="); /* Zeek's baseline */
    memcpy(key.client + 12, (const uint8_t[]){1, 2, 3, 4}, 4);
    memcpy(key.server + 12, (const uint8_t[]){43, 3, 132, 3}, 4);
    key.client_port = 4584;
    key.server_port = 3483;
    assert_community_id(&key, "1:koNcqhFRD5kb254ZrLsdv630jCM=");
}

/* 2001:db8::2 port 40000 to 2001:db8::1 port 443; python3: sha1 of 0000, ::1, ::2, 0600, 01bb, 9c40. */
static void
community_ids_of_version_6_use_all_octets(void **state)
{
    struct syc_key key = {.client_port = 40000, .server_port = 443, .ip_v = 6};

    memcpy(key.client, (const uint8_t[]){0x20, 1, 0xd, 0xb8}, 4);
    memcpy(key.server, key.client, 4);
    key.client[15] = 2;
    key.server[15] = 1;
    assert_community_id(&key, "1:jn1M/64iWT+nYqxpE1jYHo+15rE=");
}

static void
make_linux_syn(struct syc_syn *syn, struct syc_syn_own *own)
{
    *syn = (struct syc_syn){.kind = SYC_KIND_SYN,
                            .ip_v = 4,
                            .ttl = 52,
                            .ttl_initial = 64,
                            .distance = 12,
                            .df = 1,
                            .window_unit = SYC_WINDOW_MSS,
                            .window_n = 44,
                            .option_count = 5,
                            .option_kinds = {2, 4, 8, 1, 3},
                            .wscale = 7,
                            .window = 64240,
                            .tcp_flags = 2,
                            .mss = 1460,
                            .quirks = 1U << SYC_QUIRK_DF | 1U << SYC_QUIRK_ID_PLUS,
                            .options = "mss,sok,ts,nop,ws",
                            .p0f = "4:52+12:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0"};
    *own = (struct syc_syn_own){4660, SYC_NONE, 1000, 0, 0};
}

static void
a_fingerprint_says_all_of_the_syn_and_its_match(void **state)
{
    const struct syc_identity identity = {.match = {.quality = SYC_MATCH_GENERIC,
                                                    .label = "s:unix:Linux:3.11 and newer",
                                                    .os = "Linux",
                                                    .flavor = "3.11 and newer",
                                                    .os_family = "linux",
                                                    .db = "p0f.fp",
                                                    .db_line = 104,
                                                    .aside = 1U << SYC_ASIDE_ECN |
                                                             1U << SYC_ASIDE_MPTCP},
                                          .candidates = {{.quality = SYC_MATCH_FUZZY,
                                                          .differs = 1U << SYC_SIG_FIELD_TTL,
                                                          .label = "s:!:tool:",
                                                          .app = true,
                                                          .os = "tool",
                                                          .db = "p0f.fp",
                                                          .db_line = 9}},
                                          .candidate_count = 1,
                                          .link = {1500, "Ethernet"}};
    struct syc_key key = key_4;
    struct syc_syn syn;
    struct syc_syn_own own;
    struct syc_syn_seen seen = {&key, 411523981732001, TIME_US, 17, 0, &syn, &own};
    struct piped p;

    make_linux_syn(&syn, &own);
    key.path = (struct syc_path){2, 1, {100, 7}, {SYC_TUNNEL_VXLAN}};
    piped_open(&p);
    p.out.sensor = "edge-1";
    syc_emit_fingerprint(&p.out, &seen, &identity, "a \x1b.pcap");
    piped_read(&p);
    assert_string_equal(
        p.text,
        "{\"v\":1,\"timestamp\":\"2026-11-22T06:40:05.900001Z\",\"event_type\":\"fingerprint\","
        "\"sensor\":\"edge-1\",\"flow_id\":411523981732001,"
        "\"community_id\":\"1:LQU9qZlK+B5F3KDmev6m5PMibrg=\",\"src_ip\":\"128.232.110.120\","
        "\"src_port\":34855,\"dest_ip\":\"66.35.250.204\",\"dest_port\":80,\"proto\":\"TCP\","
        "\"vlan\":[100,7],\"tunnel\":[\"vxlan\"],\"pcap_cnt\":17,\"pcap_filename\":\"a "
        "\\u001b.pcap\","
        "\"syn\":{\"kind\":\"syn\",\"ip_v\":4,\"ttl\":52,\"ttl_initial\":64,\"distance\":12,"
        "\"df\":true,\"ip_options_bytes\":0,\"ip_ecn\":0,\"window\":64240,"
        "\"window_law\":{\"unit\":\"mss\",\"n\":44},\"mss\":1460,\"wscale\":7,\"tcp_flags\":2,"
        "\"option_kinds\":[2,4,8,1,3],\"quirks\":[\"df\",\"id+\"],\"ip_id\":4660,\"ts_val\":1000,"
        "\"ts_ecr\":0,\"payload_bytes\":0,\"options\":\"mss,sok,ts,nop,ws\","
        "\"p0f\":\"4:52+12:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0\","
        "\"match\":{\"quality\":\"generic\",\"label\":\"s:unix:Linux:3.11 and newer\","
        "\"os_family\":\"linux\",\"os\":\"Linux\",\"flavor\":\"3.11 and newer\",\"db\":\"p0f.fp\","
        "\"db_line\":104,\"set_aside\":[\"ecn\",\"mptcp\"]},"
        "\"candidates\":[{\"quality\":\"fuzzy\",\"label\":\"s:!:tool:\",\"os\":\"tool\",\"app\":"
        "true,"
        "\"db\":\"p0f.fp\",\"db_line\":9,\"differs\":[\"ttl_initial\"]}],"
        "\"link\":{\"mtu\":1500,\"label\":\"Ethernet\"}}}\n");
    piped_close(&p);
}

static void
a_fingerprint_leaves_out_what_the_packet_does_not_have(void **state)
{
    const struct syc_identity identity = {.match = {.quality = SYC_MATCH_NONE}};
    struct syc_syn syn = {.kind = SYC_KIND_SYN_ACK, .ip_v = 6, .wscale = -1, .mss = -1};
    struct syc_syn_own own = {SYC_NONE, 0, SYC_NONE, SYC_NONE, 0};
    struct syc_syn_seen seen = {&key_4, 1, TIME_US, 1, 0, &syn, &own};
    struct piped p;
    json_t *root;

    piped_open(&p);
    syc_emit_fingerprint(&p.out, &seen, &identity, NULL);
    piped_read(&p);
    root = parse(p.text, p.n);
    assert_null(look(root, "sensor"));
    assert_null(look(root, "vlan"));
    assert_null(look(root, "tunnel"));
    assert_null(look(root, "pcap_filename"));
    assert_string_equal(json_string_value(look(root, "syn.kind")), "syn+ack");
    assert_null(look(root, "syn.df")); /* IPv6 has none */
    assert_null(look(root, "syn.mss"));
    assert_null(look(root, "syn.wscale"));
    assert_null(look(root, "syn.options"));
    assert_null(look(root, "syn.p0f"));
    assert_null(look(root, "syn.ts_val"));
    assert_int_equal(json_integer_value(look(root, "syn.flow_label")), 0);
    assert_int_equal(json_array_size(look(root, "syn.option_kinds")), 0);
    assert_string_equal(json_string_value(look(root, "syn.match.quality")), "none");
    assert_int_equal(json_object_size(look(root, "syn.match")), 1);
    assert_null(look(root, "syn.candidates"));
    assert_null(look(root, "syn.link"));
    json_decref(root);
    piped_close(&p);
}

/* Nothing fits: the nearest signature, and what is in its way. */
static void
a_fingerprint_without_a_match_names_the_nearest(void **state)
{
    const struct syc_identity identity = {
        .match = {.quality = SYC_MATCH_NONE, .differs = 1U << SYC_SIG_FIELD_WINDOW},
        .nearest = {.label = "s:unix:Linux:old", .os = "Linux", .db = "a.fp", .db_line = 4},
        .link = {1477, NULL}};
    struct syc_syn syn;
    struct syc_syn_own own;
    struct syc_syn_seen seen = {&key_4, 1, TIME_US, 1, 0, &syn, &own};
    struct piped p;
    json_t *root;

    make_linux_syn(&syn, &own);
    piped_open(&p);
    syc_emit_fingerprint(&p.out, &seen, &identity, NULL);
    piped_read(&p);
    root = parse(p.text, p.n);
    assert_null(look(root, "syn.match.label"));
    assert_string_equal(json_string_value(json_array_get(look(root, "syn.match.differs"), 0)),
                        "window");
    assert_string_equal(json_string_value(look(root, "syn.match.nearest.label")),
                        "s:unix:Linux:old");
    assert_int_equal(json_integer_value(look(root, "syn.match.nearest.db_line")), 4);
    assert_int_equal(json_integer_value(look(root, "syn.link.mtu")), 1477);
    assert_null(look(root, "syn.link.label"));
    json_decref(root);
    piped_close(&p);
}

/* 10.0.0.7, from TIME_US to a minute later. */
static struct syc_subject
make_subject(enum syc_subject_kind kind, const struct syc_value *values)
{
    return (struct syc_subject){
        .kind = kind,
        .ip_v = 4,
        .source = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 7},
        .dest = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1},
        .dest_port = 443,
        .window_start_us = TIME_US,
        .window_end_us = TIME_US + 60000000,
        .conn_count = 412,
        .flow_ids = {5, 9007199254740991},
        .flow_id_count = 2,
        .values = values,
    };
}

/* points 85 -> ln(85 / 15) = 1.734601; 20 -> ln(20 / 80) = -1.386294 (bc -l) */
static void
make_verdict(struct syc_verdict *v, const struct syc_subject *s, const struct syc_value *values)
{
    *v = (struct syc_verdict){.subject = s,
                              .label = SYC_LABEL_AUTOMATION,
                              .score = 85,
                              .log_odds = 1.734601055388106,
                              .prior = 0,
                              .evidence_count = 2,
                              .missing_count = 1,
                              .kinds = {"beacon"},
                              .kind_count = 1,
                              .missing = {{.rule = "daily_schedule"}}};
    v->evidence[0] = (struct syc_evidence){.rule = "metronome",
                                           .rule_id = "6f6a2c1e-58a3-4f0e-9b1f-0d2f6f7a1c01",
                                           .title = "Equal gaps",
                                           .group = "gap",
                                           .level = "medium",
                                           .filter = "tcp.flags.syn == 1",
                                           .points = 85,
                                           .log_odds = 1.734601055388106,
                                           .counted = true,
                                           .identifiers = {"low_spread"},
                                           .identifier_count = 1,
                                           .values = {{"iat.cv", &values[0], false},
                                                      {"conn.count", &values[1], false},
                                                      {"tls.any", &values[2], false},
                                                      {"src_ip", &values[3], false},
                                                      {"syn.label", &values[4], false},
                                                      {"words", &values[5], false}},
                                           .value_count = 6,
                                           .n = 411};
    v->evidence[1] = (struct syc_evidence){.rule = "human_hours",
                                           .title = "Sleeps at night",
                                           .group = "day",
                                           .points = 20.25,
                                           .log_odds = -1.3708, /* ln(20.25 / 79.75) */
                                           .hard = true,
                                           .n = SYC_NONE};
}

static const char *const two_words[] = {"a", "b\""};
static const struct syc_value typed_values[] = {
    {SYC_REAL, {.f = 0.041}},
    {SYC_INT, {.i = 412}},
    {SYC_BOOL, {.i = 1}},
    {SYC_ADDR, {.addr = {{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 6}}},
    {SYC_TEXT, {.text = "s:unix:Linux"}},
    {SYC_LIST, {.list = {two_words, 2}}},
};

static void
a_verdict_can_be_redone_by_hand(void **state)
{
    struct syc_subject s = make_subject(SYC_SUBJECT_SOURCE, NULL);
    struct syc_verdict v;
    struct piped p;

    make_verdict(&v, &s, typed_values);
    piped_open(&p);
    syc_emit_verdict(&p.out, &v, "sha256:2f1c9a7e", true);
    piped_read(&p);
    assert_string_equal(
        p.text,
        "{\"v\":1,\"timestamp\":\"2026-11-22T06:41:05.900001Z\",\"event_type\":\"verdict\","
        "\"src_ip\":\"10.0.0.7\",\"proto\":\"TCP\",\"verdict\":{\"subject\":\"source\","
        "\"label\":\"automation\",\"score\":85,\"log_odds\":1.7346,\"prior\":0,\"kinds\":["
        "\"beacon\"],"
        "\"window\":{\"start\":\"2026-11-22T06:40:05.900001Z\",\"end\":\"2026-11-22T06:41:05."
        "900001Z\"},"
        "\"final\":true,\"conn_count\":412,\"ruleset\":\"sha256:2f1c9a7e\",\"evidence\":["
        "{\"rule\":\"metronome\",\"rule_id\":\"6f6a2c1e-58a3-4f0e-9b1f-0d2f6f7a1c01\","
        "\"title\":\"Equal gaps\",\"group\":\"gap\",\"level\":\"medium\",\"points\":85,"
        "\"log_odds\":1.7346,\"hard\":false,\"counted\":true,\"identifiers\":[\"low_spread\"],"
        "\"values\":{\"iat.cv\":0.041,\"conn.count\":412,\"tls.any\":true,\"src_ip\":\"2001:db8::"
        "1\","
        "\"syn.label\":\"s:unix:Linux\",\"words\":[\"a\",\"b\\\"\"]},\"n\":411,"
        "\"flow_ids\":[5,9007199254740991],"
        "\"display_filter\":\"ip.addr == 10.0.0.7 && (tcp.flags.syn == 1)\"},"
        "{\"rule\":\"human_hours\",\"title\":\"Sleeps at "
        "night\",\"group\":\"day\",\"points\":20.25,"
        "\"log_odds\":-1.3708,\"hard\":true,\"counted\":false,\"identifiers\":[],\"values\":{},"
        "\"flow_ids\":[5,9007199254740991],\"display_filter\":\"ip.addr == 10.0.0.7\"}],"
        "\"missing\":[{\"rule\":\"daily_schedule\",\"needs\":\"0 of 1 rules that score\"}]}}\n");
    piped_close(&p);
}

/* A rule that wants so many connections, and another one of the same words that wants gaps too. */
static struct syc_ruleset *
make_needy(const char *needs)
{
    static const struct syc_schema *const schemas[] = {&syc_source_schema};
    struct syc_ruleset *set = syc_ruleset_new(schemas, 1);
    char text[512];
    int n = snprintf(text, sizeof(text),
                     "title: t\nname: needy\nlogsource: {product: syncopate, category: source}\n"
                     "detection: {a: {conn.count|gt: 0}, condition: a}\n"
                     "syncopate: {points: 90, needs: {%s}}\n",
                     needs);

    assert_non_null(set);
    assert_int_equal(syc_ruleset_parse(set, "needy.yml", text, (size_t)n), SYC_OK);
    assert_int_equal(syc_ruleset_seal(set), SYC_OK);
    assert_int_equal(syc_ruleset_refused(set), 0);
    return set;
}

/* What an entry says is its own subject's and rule set's, however often one like it was written before on this output. */
static void
what_is_missing_is_told_anew_for_each_subject(void **state)
{
    struct syc_ruleset *sets[] = {make_needy("conn.count: 10"),
                                  make_needy("conn.count: 12, iat.n: 20"),
                                  make_needy("conn.count: 11")};
    const struct {
        int set, count, gaps; /* -1: not known */
        const char *needs;
    } rows[] = {
        {0, 7, -1, "7 of 10 connections"},
        {0, 8, 20, "8 of 10 connections"},
        {0, 7, 7, "7 of 10 connections"},
        {2, 7, 7, "7 of 11 connections"},
        {1, 7, -1, "7 of 12 connections, unknown of 20 gaps"},
        {1, 7, 0, "7 of 12 connections, 0 of 20 gaps"},
        {1, 12, 7, "7 of 20 gaps"},
        {1, 7, 0, "7 of 12 connections, 0 of 20 gaps"},
        {0, 7, -1, "7 of 10 connections"},
    };
    size_t count = (size_t)syc_schema_find(&syc_source_schema, "conn.count", 10);
    size_t gaps = (size_t)syc_schema_find(&syc_source_schema, "iat.n", 5);
    struct syc_value *row = test_calloc(syc_source_schema.count, sizeof(*row));
    struct syc_subject s = make_subject(SYC_SUBJECT_SOURCE, row);
    static struct syc_verdict v;
    struct piped p;

    (void)state;
    piped_open(&p);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct syc_ruleset *set = sets[rows[i].set];
        json_t *root;

        row[count] = (struct syc_value){.type = SYC_INT, .u.i = rows[i].count};
        row[gaps] = (struct syc_value){.type = rows[i].gaps < 0 ? SYC_ABSENT : SYC_INT,
                                       .u.i = rows[i].gaps};
        syc_judge(set, NULL, &s, 0, &v);
        syc_emit_verdict(&p.out, &v, syc_ruleset_digest(set), true);
        piped_read(&p);
        root = parse(p.text, p.n);
        assert_string_equal(json_string_value(look(root, "verdict.missing.0.needs")),
                            rows[i].needs);
        assert_string_equal(json_string_value(look(root, "verdict.missing.0.rule")), "needy");
        assert_null(look(root, "verdict.missing.1"));
        json_decref(root);
    }
    piped_close(&p);
    test_free(row);
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        syc_ruleset_free(sets[i]);
    }
}

static void
a_verdict_on_a_pair_names_both_ends_and_what_was_lost(void **state)
{
    struct syc_subject s = make_subject(SYC_SUBJECT_PAIR, NULL);
    struct syc_verdict v = {.subject = &s, .label = SYC_LABEL_INSUFFICIENT, .score = 50};
    struct piped p;
    json_t *root;

    s.ip_v = 6;
    s.degraded = 1U << SYC_DEGRADED_KERNEL_DROPS;
    v.evidence_count = 1;
    v.evidence[0] = (struct syc_evidence){.rule = "r", .title = "t", .group = "g", .points = 60};
    memset(s.source, 0, 15);
    s.source[15] = 1;
    piped_open(&p);
    syc_emit_verdict(&p.out, &v, NULL, false);
    piped_read(&p);
    root = parse(p.text, p.n);
    assert_string_equal(json_string_value(look(root, "src_ip")), "::1");
    assert_string_equal(json_string_value(look(root, "dest_ip")), "::ffff:192.0.2.1");
    assert_int_equal(json_integer_value(look(root, "dest_port")), 443);
    assert_string_equal(json_string_value(look(root, "verdict.subject")), "pair");
    assert_string_equal(json_string_value(look(root, "verdict.label")), "insufficient-evidence");
    assert_string_equal(json_string_value(look(root, "verdict.evidence.0.display_filter")),
                        "ipv6.addr == ::1 && tcp.port == 443 && ipv6.addr == ::ffff:192.0.2.1");
    assert_null(look(root, "verdict.ruleset"));
    assert_true(json_is_false(look(root, "verdict.final")));
    assert_true(json_is_false(look(root, "complete")));
    assert_string_equal(json_string_value(look(root, "degraded.0")), "kernel_drops");
    json_decref(root);
    piped_close(&p);
}

/* The largest real schema there is: each fact once, at its path, absent ones nowhere. */
static void
a_source_holds_each_known_fact_once(void **state)
{
    struct syc_value *values = syc_alloc(syc_source_schema.count, sizeof *values);
    struct syc_subject s = make_subject(SYC_SUBJECT_SOURCE, values);
    struct piped p;
    json_t *root;

    assert_non_null(values);
    for (size_t i = 0; i < syc_source_schema.count; i++) {
        static const uint8_t from_type[] = {[SYC_INT] = 1,  [SYC_REAL] = 0, [SYC_BOOL] = 2,
                                            [SYC_ADDR] = 3, [SYC_TEXT] = 4, [SYC_LIST] = 5};
        if (i % 5 != 4) {
            values[i] = typed_values[from_type[syc_source_schema.fields[i].type]];
        }
    }
    piped_open(&p);
    syc_emit_source(&p.out, &s);
    piped_read(&p);
    root = parse(p.text, p.n); /* refuses an object that stands twice */
    for (size_t i = 0; i < syc_source_schema.count; i++) {
        const char *name = syc_source_schema.fields[i].name;
        bool head = strcmp(name, "src_ip") == 0 || strcmp(name, "subject") == 0;
        if (!head && (values[i].type != SYC_ABSENT) != (look(look(root, "source"), name) != NULL)) {
            fail_msg("%s", name);
        }
    }
    assert_string_equal(json_string_value(look(root, "src_ip")), "10.0.0.7");
    assert_string_equal(json_string_value(look(root, "source.subject")), "source");
    assert_string_equal(json_string_value(look(root, "source.window.start")),
                        "2026-11-22T06:40:05.900001Z");
    assert_int_equal(json_array_size(look(root, "source.flow_ids")), 2);
    assert_null(look(root, "complete"));
    json_decref(root);
    syc_free(values);
    piped_close(&p);
}

static void
statistics_add_up_and_leave_out_reasons_of_zero(void **state)
{
    struct syc_run_stats s = {.time_us = TIME_US, .capture = {107, 9000, 2, 1}};
    struct piped p;

    s.decode[SYC_DROP_NONE] = 100;
    s.decode[SYC_DROP_NOT_TCP] = 7;
    s.table = (struct syc_table_stats){.connections = 11,
                                       .open = 1,
                                       .open_peak = 4,
                                       .evicted = 2,
                                       .half_open = 3,
                                       .half_open_peak = 5,
                                       .half_open_evicted = 6,
                                       .half_open_octets = 192,
                                       .half_open_limit = 4096,
                                       .connection_octets = 1000,
                                       .connection_limit = 8192,
                                       .stray_rst = 8,
                                       .duplicates = 3};
    s.cadence = (struct syc_cadence_stats){.sources = 9,
                                           .sources_evicted = 1,
                                           .records_dropped = 2,
                                           .groups_dropped = 4,
                                           .octets = 300,
                                           .octets_peak = 400,
                                           .octets_limit = 500};
    s.once = (struct syc_once){
        .count = 3,
        .evicted = 1,
        .distinct = 2,
        .distinct_error_ratio = 0.008125,
        .prefixes = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 198, 51}, 4, 16, 2},
                     {{0x20, 1, 0xd, 0xb8}, 6, 32, 1}},
        .prefix_count = 2,
        .stacks = {{"masscan", 2}, {NULL, 1}},
        .stack_count = 2};
    s.rules_loaded = 14;
    s.rules_refused = 1;
    piped_open(&p);
    syc_emit_stats(&p.out, &s);
    piped_read(&p);
    assert_string_equal(
        p.text,
        "{\"v\":1,\"timestamp\":\"2026-11-22T06:40:05.900001Z\",\"event_type\":\"stats\",\"stats\":"
        "{"
        "\"capture\":{\"packets\":107,\"bytes\":9000,\"kernel_drops\":2,\"interface_drops\":1},"
        "\"decode\":{\"tcp\":100,\"not_tcp\":7},"
        "\"connections\":11,\"sources\":9,\"sources_once\":{\"count\":3,\"evicted\":1,\"distinct\":"
        "2,"
        "\"distinct_error_ratio\":0.0081,\"prefixes\":[{\"prefix\":\"198.51.0.0/16\",\"count\":2},"
        "{\"prefix\":\"2001:db8::/32\",\"count\":1}],"
        "\"stacks\":[{\"os\":\"masscan\",\"count\":2},{\"count\":1}]},"
        "\"connection_table\":{\"active\":1,\"peak\":4,\"memuse_bytes\":1000,"
        "\"memcap_bytes\":8192,\"evicted\":2,\"stray_rst\":8,\"duplicates\":3},"
        "\"source_table\":{\"memuse_bytes\":300,\"mempeak_bytes\":400,\"memcap_bytes\":500,"
        "\"evicted\":1,\"records_dropped\":2,\"groups_dropped\":4},"
        "\"half_open\":{\"active\":3,\"peak\":5,\"memuse_bytes\":192,\"memcap_bytes\":4096,"
        "\"evicted\":6},\"rules\":{\"loaded\":14,\"refused\":1},"
        "\"output\":{\"events\":0,\"lost\":0}}}\n");
    piped_close(&p);
}

static void
rule_sets_and_errors_are_events_too(void **state)
{
    const struct syc_ruleset_stats rules = {"sha256:00", "kept", "x", 14, 1, 2};
    struct piped p;

    piped_open(&p);
    syc_emit_ruleset(&p.out, 0, &rules);
    syc_emit_error(&p.out, 0, "b.pcap", "ends early");
    piped_read(&p);
    assert_string_equal(
        p.text,
        "{\"v\":1,\"timestamp\":\"1970-01-01T00:00:00.000000Z\",\"event_type\":\"ruleset\","
        "\"ruleset\":{\"status\":\"kept\",\"digest\":\"sha256:00\",\"loaded\":14,\"refused\":1,"
        "\"skipped\":2,\"error\":\"x\"}}\n"
        "{\"v\":1,\"timestamp\":\"1970-01-01T00:00:00.000000Z\",\"event_type\":\"error\","
        "\"error\":{\"file\":\"b.pcap\",\"text\":\"ends early\"}}\n");
    piped_close(&p);
}

int
test_events_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(community_ids_are_those_of_other_sensors),
        cmocka_unit_test(community_ids_of_version_6_use_all_octets),
        cmocka_unit_test(a_fingerprint_says_all_of_the_syn_and_its_match),
        cmocka_unit_test(a_fingerprint_leaves_out_what_the_packet_does_not_have),
        cmocka_unit_test(a_fingerprint_without_a_match_names_the_nearest),
        cmocka_unit_test(a_verdict_can_be_redone_by_hand),
        cmocka_unit_test(what_is_missing_is_told_anew_for_each_subject),
        cmocka_unit_test(a_verdict_on_a_pair_names_both_ends_and_what_was_lost),
        cmocka_unit_test(a_source_holds_each_known_fact_once),
        cmocka_unit_test(statistics_add_up_and_leave_out_reasons_of_zero),
        cmocka_unit_test(rule_sets_and_errors_are_events_too),
    };

    return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
