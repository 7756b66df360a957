/*
 * Records of other sensors. The lines are written by hand from Zeek's documentation (Conn::Info, the ASCII writer) and
 * Suricata's (EVE JSON format, flow), numbers and times by arithmetic on them.
 */

#include "engine/other.h"
#include "tests/unit/engine/craft.h"
#include "tests/unit/engine/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define JSON_ENDS                                                                                  \
    "\"id.orig_h\":\"192.0.2.1\",\"id.orig_p\":40000,\"id.resp_h\":\"192.0.2.2\",\"id.resp_p\":80"
#define JSON_CONN                                                                                  \
    "{\"ts\":1591367999.305988,\"uid\":\"CMdzit1AMNsmfAIiQc\"," JSON_ENDS                          \
    ",\"proto\":\"tcp\",\"service\":\"http\",\"duration\":0.0766,\"orig_bytes\":36,"               \
    "\"resp_bytes\":130,\"conn_state\":\"SF\",\"missed_bytes\":0,\"history\":\"ShADadFf\","        \
    "\"orig_pkts\":6,\"orig_ip_bytes\":356,\"resp_pkts\":5,\"resp_ip_bytes\":398}"

/* 1591367999 s = 2020-06-05T14:39:59Z */
#define START INT64_C(1591367999305988)

static enum syc_status
zeek(struct syc_other *o, const char *line, struct syc_record *r, struct syc_error *err)
{
    *err = (struct syc_error){0};
    return syc_zeek_read(o, line, strlen(line), r, err);
}

static void
assert_is_the_http_connection(const struct syc_record *r)
{
    assert_int_equal(r->start_us, START);
    assert_int_equal(r->dur_us, 76600);
    assert_int_equal(r->key.ip_v, 4);
    assert_int_equal(r->key.client[15], 1);
    assert_int_equal(r->key.server[15], 2);
    assert_int_equal(r->key.client_port, 40000);
    assert_int_equal(r->key.server_port, 80);
    assert_int_equal(r->pkts[0], 6);
    assert_int_equal(r->pkts[1], 5);
    assert_int_equal(r->bytes[0], 356);
    assert_int_equal(r->bytes[1], 398);
    assert_int_equal(r->unique_payload[0], 36);
    assert_int_equal(r->unique_payload[1], 130);
    assert_int_equal(r->payload[0], SYC_NONE); /* with repeats: Zeek does not say */
    assert_int_equal(r->state, SYC_STATE_SF);
    assert_string_equal(r->history, "ShADadFf");
    assert_int_equal(r->handshake_seen, 1);
    assert_int_equal(r->client_known, 1);
    assert_int_equal(r->protocol, SYC_PROTOCOL_HTTP1);
    assert_int_equal(r->degraded, 0);
    assert_int_equal(r->syn_count, SYC_NONE);
    assert_int_equal(r->close_first, SYC_NONE);
    assert_int_equal(r->exchange_count, 0);
    assert_null(r->syn[0]);
}

static void
zeeks_json_becomes_a_record(void **state)
{
    struct syc_other o;
    struct syc_record r;
    struct syc_error err;

    syc_other_init(&o);
    assert_int_equal(zeek(&o, JSON_CONN, &r, &err), SYC_OK);
    assert_is_the_http_connection(&r);
    assert_int_equal(zeek(&o, " \t" JSON_CONN " ", &r, &err), SYC_OK); /* RFC 8259 2 */
    assert_is_the_http_connection(&r);
}

static const char tsv_header[] =
    "#separator \\x09\n"
    "#set_separator\t,\n"
    "#empty_field\t(empty)\n"
    "#unset_field\t-\n"
    "#path\tconn\n"
    "#open\t2020-06-05-14-40-00\n"
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_"
    "bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\torig_"
    "ip_bytes\tresp_pkts\tresp_ip_bytes\ttunnel_parents\n"
    "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tbo"
    "ol\tbool\tcount\tstring\tcount\tcount\tcount\tcount\tset[string]\n";
static const char tsv_http[] =
    "1591367999.305988\tCMdzit1AMNsmfAIiQc\t192.0.2.1\t40000\t192.0.2.2\t80\ttcp\thttp\t0."
    "076600\t36\t130\tSF\t-\t-\t0\tShADadFf\t6\t356\t5\t398\t(empty)";
static const char tsv_syn[] = "1591368000.000000\tCMdzit1AMNsmfAIiQd\t2001:db8::1\t40001\t2001:db8:"
                              ":2\t81\ttcp\t-\t-\t-\t-\tS0\t-\t-\t0\tS\t1\t60\t0\t0\t-";
static const char tsv_dns[] = "1591368000.000000\tCMdzit1AMNsmfAIiQe\t192.0.2.1\t40001\t192.0.2."
                              "2\t53\tudp\tdns\t-\t-\t-\tS0\t-\t-\t0\tD\t1\t60\t0\t0\t-";

/* Each line of the header tells of no connection, and none is damaged. */
static void
read_header(struct syc_other *o, const char *header)
{
    struct syc_record r;
    struct syc_error err;

    while (*header != '\0') {
        size_t n = strcspn(header, "\n");

        assert_int_equal(syc_zeek_read(o, header, n, &r, &err), SYC_NOT_FOUND);
        header += n + 1;
    }
}

static void
zeeks_tsv_becomes_the_same_record(void **state)
{
    struct syc_other o;
    struct syc_record r;
    struct syc_error err;

    syc_other_init(&o);
    read_header(&o, tsv_header);
    assert_int_equal(zeek(&o, tsv_http, &r, &err), SYC_OK);
    assert_is_the_http_connection(&r);
    assert_int_equal(zeek(&o, tsv_syn, &r, &err), SYC_OK);
    assert_int_equal(r.key.ip_v, 6);
    assert_int_equal(r.state, SYC_STATE_S0);
    assert_int_equal(r.dur_us, 0); /* a single packet */
    assert_int_equal(r.unique_payload[0], SYC_NONE);
    assert_int_equal(r.protocol, SYC_NONE);
    assert_int_equal(zeek(&o, tsv_dns, &r, &err), SYC_NOT_FOUND);
    assert_int_equal(zeek(&o, "#close\t2020-06-05-15-00-00", &r, &err), SYC_NOT_FOUND);
}

/* Another separator, other words for what is not set, other columns: all of it is in the header. */
static void
the_header_of_a_tsv_says_how_to_read_it(void **state)
{
    static const char header[] =
        "#separator ;\n#unset_field;none\n#path;conn\n"
        "#fields;conn_state;proto;id.resp_p;id.resp_h;id.orig_p;id.orig_h;ts;service\n";
    struct syc_other o;
    struct syc_record r;
    struct syc_error err;

    syc_other_init(&o);
    read_header(&o, header);
    assert_int_equal(zeek(&o, "REJ;tcp;80;192.0.2.2;40000;192.0.2.1;5.25;none", &r, &err), SYC_OK);
    assert_int_equal(r.start_us, 5250000);
    assert_int_equal(r.state, SYC_STATE_REJ);
    assert_int_equal(r.protocol, SYC_NONE);
    assert_int_equal(r.pkts[0], SYC_NONE);
    read_header(&o, "#unset_field\n#empty_field\n#path\n"); /* none; of another log, as it seems */
    assert_int_equal(zeek(&o, "REJ;tcp;80;192.0.2.2;40000;192.0.2.1;5.25;none", &r, &err),
                     SYC_NOT_FOUND);
    read_header(&o, "#path;dns\n");
    assert_int_equal(zeek(&o, "anything;at;all", &r, &err), SYC_NOT_FOUND);
}

/*
 * Log::default_scope_sep is "_" where logs go to Elasticsearch; there the ends are an object, too. Tools that make JSON
 * of a TSV leave "-" for what is not set. Beside conn, conn_long has the same fields of connections that go on.
 */
static void
the_ends_of_a_connection_have_three_spellings(void **state)
{
    static const char *const ends[] = {
        JSON_ENDS,
        "\"id_orig_h\":\"192.0.2.1\",\"id_orig_p\":40000,\"id_resp_h\":\"192.0.2.2\",\"id_resp_p\":"
        "80",
        "\"id\":{\"resp_h\":\"192.0.2.2\",\"resp_p\":80,\"x\":[{}],\"orig_h\":\"192.0.2.1\",\"orig_"
        "p\":40000}",
    };
    struct syc_other o;
    struct syc_record r;
    struct syc_error err;

    syc_other_init(&o);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char line[512];

        snprintf(line, sizeof line,
                 "{\"ts\":1,%s,\"proto\":\"tcp\",\"service\":\"-\",\"orig_bytes\":\"-\",\"conn_"
                 "state\":\"S0\","
                 "\"_path\":\"conn\"}",
                 ends[i]);
        assert_int_equal(syc_other_guess(line, strlen(line)), SYC_FROM_ZEEK);
        assert_int_equal(zeek(&o, line, &r, &err), SYC_OK);
        assert_int_equal(r.key.client[15], 1);
        assert_int_equal(r.key.client_port, 40000);
        assert_int_equal(r.key.server[15], 2);
        assert_int_equal(r.key.server_port, 80);
        assert_int_equal(r.unique_payload[0], SYC_NONE);
    }
    read_header(
        &o, "#separator "
            "\\x09\n#fields\tts\tid_orig_h\tid_orig_p\tid_resp_h\tid_resp_p\tproto\tconn_state\n");
    assert_int_equal(zeek(&o, "1\t192.0.2.1\t40000\t192.0.2.2\t80\ttcp\tS0", &r, &err), SYC_OK);
    assert_int_equal(r.key.client_port, 40000);
    assert_int_equal(zeek(&o,
                          "{\"_path\":\"conn_long\",\"ts\":1," JSON_ENDS
                          ",\"proto\":\"tcp\",\"conn_state\":\"S1\"}",
                          &r, &err),
                     SYC_NOT_FOUND);
}

static void
damaged_tsv_is_refused_with_the_reason(void **state)
{
    struct syc_other o;
    struct syc_record r;
    struct syc_error err;

    syc_other_init(&o);
    assert_int_equal(zeek(&o, tsv_http, &r, &err), SYC_SYNTAX);
    assert_non_null(strstr(err.text, "#fields"));
    read_header(&o, tsv_header);
    assert_int_equal(zeek(&o, "1.5\tC\t192.0.2.1", &r, &err), SYC_SYNTAX);
    assert_string_equal(err.text, "3 columns where #fields names 21");
    assert_int_equal(zeek(&o, "#types\tstring", &r, &err), SYC_SYNTAX);
    assert_non_null(strstr(err.text, "ts is not of type time"));
    assert_int_equal(zeek(&o, "#separator \\x0", &r, &err), SYC_SYNTAX);
}

/* The forms of LogAscii::json_timestamps and of a writer that prints doubles. */
static void
times_of_all_forms_are_exact_to_the_microsecond(void **state)
{
    static const struct {
        const char *ts;
        int64_t us; /* SYC_NONE: refused */
    } rows[] = {
        {"1591367999.305988", START},
        {"\"2020-06-05T14:39:59.305988Z\"", START},
        {"1591367999305", INT64_C(1591367999305000)},
        {"1591367999.3059881", START},
        {"1591367999.3059879", START},
        {"1591367999", INT64_C(1591367999000000)},
        {"1.591367999305988e9", START},
        {"9.5367431640625e-7", 1},
        {"4e-7", 0},
        {"0.0000005", 1},
        {"-1.5", -1500000},
        {"\"2020-06-05T14:39:59Z\"", INT64_C(1591367999000000)},
        {"\"2020-06-05T14:39:59.3Z\"", INT64_C(1591367999300000)},
        {"\"2020-06-05T14:39:59.305988999Z\"", START}, /* nanoseconds */
        {"\"2020-06-05T16:39:59.305988+0200\"", START},
        {"\"2020-06-05T10:09:59.305988-04:30\"", START},
        {"\"2020-06-05T14:39:59.1000000Z\"", SYC_NONE}, /* so Zeek writes 0.9999996 s */
        {"\"2020-06-05T14:39:59.Z\"", SYC_NONE},
        {"\"2020-06-05T14:39:59\"", SYC_NONE},
        {"\"2020-06-05T14:39:59.305988+02:0\"", SYC_NONE},
        {"\"2020-06-05T14:39:59.305988+2400\"", SYC_NONE},
        {"\"yesterday\"", SYC_NONE},
        {"\"\"", SYC_NONE},
        {"1e99", SYC_NONE},
        {"99999999999999999999", SYC_NONE},
        {"null", SYC_NONE},
        {"\"1.\"", SYC_NONE},
        {"\".5\"", SYC_NONE},
        {"\"1e\"", SYC_NONE},
        {"\"1 \"", SYC_NONE},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[256];
        struct syc_other o;
        struct syc_record r;
        struct syc_error err;
        enum syc_status status;

        syc_other_init(&o);
        snprintf(line, sizeof line,
                 "{\"ts\":%s," JSON_ENDS ",\"proto\":\"tcp\",\"conn_state\":\"S0\"}", rows[i].ts);
        status = zeek(&o, line, &r, &err);
        if (status != (rows[i].us == SYC_NONE ? SYC_SYNTAX : SYC_OK) ||
            (status == SYC_OK && r.start_us != rows[i].us)) {
            fail_msg("%s: %lld", rows[i].ts, (long long)r.start_us);
        }
    }
}

static void
what_zeek_did_not_see_is_marked(void **state)
{
    static const struct {
        const char *more;
        uint32_t degraded;
        int client_known;
    } rows[] = {
        {",\"history\":\"ShA\",\"missed_bytes\":1", 1U << SYC_DEGRADED_GAPS, 1},
        {",\"history\":\"DadA\"", 1U << SYC_DEGRADED_MIDSTREAM, 0},
        {",\"history\":\"^hA\"", 1U << SYC_DEGRADED_MIDSTREAM, 1},
        {",\"history\":\"S\"", 0, 1},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[256];
        struct syc_other o;
        struct syc_record r;
        struct syc_error err;

        syc_other_init(&o);
        snprintf(line, sizeof line,
                 "{\"ts\":1," JSON_ENDS ",\"proto\":\"tcp\",\"conn_state\":\"OTH\"%s}",
                 rows[i].more);
        assert_int_equal(zeek(&o, line, &r, &err), SYC_OK);
        assert_int_equal(r.degraded, rows[i].degraded);
        assert_int_equal(r.client_known, rows[i].client_known);
    }
}

static void
zeeks_other_lines_are_passed_over_or_named(void **state)
{
    static const struct {
        const char *line, *named; /* NULL: passed over */
    } rows[] = {
        {"{\"ts\":1," JSON_ENDS ",\"proto\":\"udp\",\"conn_state\":\"SF\"}", NULL},
        {"{\"ts\":1," JSON_ENDS ",\"proto\":\"tcp\",\"query\":\"example.org\"}",
         NULL},                                                /* dns.log */
        {"{\"ts\":1," JSON_ENDS ",\"method\":\"GET\"}", NULL}, /* http.log */
        {"{\"ts\":1,\"proto\":\"tcp\",\"conn_state\":\"SF\"}", "id.orig_h"},
        {"{\"ts\":1," JSON_ENDS ",\"proto\":\"tcp\",\"conn_state\":\"XX\"}", "conn_state"},
        {"{\"ts\":1," JSON_ENDS ",\"proto\":\"tcp\",\"conn_state\":\"SF\",\"orig_pkts\":-1}",
         "orig_pkts"},
        {"{\"ts\":1," JSON_ENDS ",\"proto\":\"tcp\",\"conn_state\":\"SF\",\"duration\":-1}",
         "duration"},
        {"{\"ts\":1," JSON_ENDS
         ",\"proto\":\"tcp\",\"conn_state\":\"SF\",\"history\":\"S\\u001b\"}",
         "history"},
        {"{\"ts\":1," JSON_ENDS ",\"proto\":\"tcp\",\"conn_state\":\"SF\",\"vlan\":4096}", "vlan"},
        {"{\"ts\":1", "not JSON"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct syc_other o;
        struct syc_record r;
        struct syc_error err;

        syc_other_init(&o);
        assert_int_equal(zeek(&o, rows[i].line, &r, &err),
                         rows[i].named == NULL ? SYC_NOT_FOUND : SYC_SYNTAX);
        if (rows[i].named != NULL && strstr(err.text, rows[i].named) == NULL) {
            fail_msg("\"%s\" does not name %s", err.text, rows[i].named);
        }
    }
}

/* ------------------------------------------------------------ EVE */

static enum syc_status
eve(const char *tcp, const char *flow, struct syc_record *r, struct syc_error *err)
{
    static struct syc_other o; /* keeps nothing for EVE */
    char line[1024];

    *err = (struct syc_error){0};
    snprintf(
        line, sizeof line,
        "{\"timestamp\":\"2020-06-05T16:41:00.000001+0200\",\"flow_id\":1836312054873712,"
        "\"in_iface\":\"eth0\",\"event_type\":\"flow\",\"vlan\":[7,9],\"src_ip\":\"192.0.2.1\","
        "\"src_port\":40000,\"dest_ip\":\"192.0.2.2\",\"dest_port\":443,\"proto\":\"TCP\","
        "\"app_proto\":\"tls\",\"flow\":{\"pkts_toserver\":%s,"
        "\"bytes_toserver\":1480,\"bytes_toclient\":5224,"
        "\"start\":\"2020-06-05T16:39:59.305988+0200\",\"end\":\"2020-06-05T10:10:00.305989-04:"
        "30\","
        "\"age\":1,\"state\":\"closed\",\"reason\":\"timeout\",\"alerted\":false}%s%s}",
        flow, tcp[0] != '\0' ? ",\"tcp\":" : "", tcp);
    return syc_eve_read(&o, line, strlen(line), r, err);
}

#define BOTH_FIN                                                                                   \
    "{\"tcp_flags\":\"1b\",\"tcp_flags_ts\":\"1b\",\"tcp_flags_tc\":\"1b\",\"state\":\"closed\"}"

/* 16:39:59 at +02:00 is 14:39:59 UTC; 10:10:00 at -04:30 is 14:40:00. */
static void
suricatas_flow_becomes_a_record(void **state)
{
    struct syc_record r;
    struct syc_error err;

    assert_int_equal(eve(BOTH_FIN, "9,\"pkts_toclient\":8", &r, &err), SYC_OK);
    assert_int_equal(r.start_us, START);
    assert_int_equal(r.dur_us, 1000001);
    assert_int_equal(r.pkts[0], 9);
    assert_int_equal(r.pkts[1], 8);
    assert_int_equal(r.bytes[0], SYC_NONE); /* Suricata counts frames */
    assert_int_equal(r.unique_payload[0], SYC_NONE);
    assert_int_equal(r.key.path.vlan_count, 2);
    assert_int_equal(r.key.path.vlan[0], 7);
    assert_int_equal(r.key.path.vlan[1], 9);
    assert_int_equal(r.key.server_port, 443);
    assert_int_equal(r.protocol, SYC_PROTOCOL_TLS);
    assert_int_equal(r.state, SYC_STATE_SF);
    assert_int_equal(r.handshake_seen, 1);
    assert_int_equal(r.reason, SYC_NONE);
    assert_int_equal(r.degraded, 0);
}

/* FIN 01, SYN 02, RST 04, PSH 08, ACK 10. Zeek's states by their definitions; none where the order decides. */
static void
flags_decide_a_state_only_where_their_order_does_not(void **state)
{
    static const struct {
        const char *ts, *tc, *pkts;
        int64_t state;
    } rows[] = {
        {"02", "00", "3,\"pkts_toclient\":0", SYC_STATE_S0},
        {"02", "14", "1,\"pkts_toclient\":1", SYC_STATE_REJ},
        {"1a", "1a", "9,\"pkts_toclient\":8", SYC_STATE_S1},
        {"1b", "1a", "9,\"pkts_toclient\":8", SYC_STATE_S2},
        {"1a", "1b", "9,\"pkts_toclient\":8", SYC_STATE_S3},
        {"1e", "1a", "9,\"pkts_toclient\":8", SYC_STATE_RSTO},
        {"1a", "1f", "9,\"pkts_toclient\":8", SYC_STATE_RSTR},
        {"1f", "1b", "9,\"pkts_toclient\":8", SYC_NONE}, /* SF and then a RST, or RSTO */
        {"1e", "1e", "9,\"pkts_toclient\":8", SYC_NONE},
        {"06", "12", "2,\"pkts_toclient\":1", SYC_STATE_RSTO}, /* a SYN scan */
        {"02", "12", "1,\"pkts_toclient\":4", SYC_STATE_S1},
        {"02", "12", "2,\"pkts_toclient\":4", SYC_NONE},
        {"00", "00", "2,\"pkts_toclient\":4", SYC_NONE},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char tcp[128];
        struct syc_record r;
        struct syc_error err;

        snprintf(tcp, sizeof tcp, "{\"tcp_flags_ts\":\"%s\",\"tcp_flags_tc\":\"%s\"}", rows[i].ts,
                 rows[i].tc);
        assert_int_equal(eve(tcp, rows[i].pkts, &r, &err), SYC_OK);
        if (r.state != rows[i].state) {
            fail_msg("%s %s: state %lld", rows[i].ts, rows[i].tc, (long long)r.state);
        }
    }
}

static void
suricatas_doubts_are_kept(void **state)
{
    struct syc_record r;
    struct syc_error err;

    assert_int_equal(eve("{\"tcp_flags_ts\":\"18\",\"tcp_flags_tc\":\"18\",\"tc_gap\":true}",
                         "9,\"pkts_toclient\":8", &r, &err),
                     SYC_OK);
    assert_int_equal(r.degraded, 1U << SYC_DEGRADED_GAPS | 1U << SYC_DEGRADED_MIDSTREAM);
    assert_int_equal(r.client_known, 0);
    assert_int_equal(eve("", "9", &r, &err), SYC_OK);
    assert_int_equal(r.state, SYC_NONE);
    assert_int_equal(r.pkts[1], SYC_NONE);
    assert_int_equal(eve(BOTH_FIN, "\"nine\"", &r, &err), SYC_SYNTAX);
    assert_non_null(strstr(err.text, "flow.pkts_toserver"));
    assert_int_equal(eve("{\"tcp_flags_ts\":\"1g\"}", "9", &r, &err), SYC_SYNTAX);
    assert_int_equal(eve("{", "9", &r, &err), SYC_SYNTAX);
    assert_non_null(strstr(err.text, "not JSON"));
}

/* Other keys' octets would be another connection to whoever compares them. */
static void
of_a_list_given_twice_nothing_of_the_first_is_left(void **state)
{
    struct syc_record r, once;
    struct syc_error err;

    assert_int_equal(eve(BOTH_FIN ",\"vlan\":[3]", "9", &r, &err), SYC_OK);
    assert_int_equal(r.key.path.vlan_count, 1);
    syc_record_init(&once);
    once.key.path.vlan_count = 1;
    once.key.path.vlan[0] = 3;
    assert_memory_equal(&r.key.path, &once.key.path, sizeof r.key.path);
}

/* 2^55 us are 1141 years and 9 months: what our own events may hold, so that sums of times do not overflow. */
static void
times_that_no_event_could_hold_are_refused(void **state)
{
    static const struct {
        const char *start, *end, *named; /* NULL: taken */
    } rows[] = {
        {"1970-01-01T00:00:00.000000Z", "3111-01-01T00:00:00.000000Z", NULL},
        {"1970-01-01T00:00:00.000000Z", "3112-01-01T00:00:00.000000Z", "flow.end"},
        {"1500-01-01T00:00:00.000000Z", "3000-01-01T00:00:00.000000Z", "flow.end"},
        {"0000-01-01T00:00:00.000000+2359", "0000-01-01T00:00:00.000000Z", "flow.start"},
        {"9999-12-31T23:59:59.999999-2359", "9999-12-31T23:59:59.999999Z", "flow.start"},
    };
    struct syc_record r;
    struct syc_error err;
    struct syc_other o;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char tcp[256];

        snprintf(tcp, sizeof tcp, BOTH_FIN ",\"flow\":{\"start\":\"%s\",\"end\":\"%s\"}",
                 rows[i].start, rows[i].end);
        assert_int_equal(eve(tcp, "9", &r, &err), rows[i].named == NULL ? SYC_OK : SYC_SYNTAX);
        if (rows[i].named != NULL && strstr(err.text, rows[i].named) == NULL) {
            fail_msg("\"%s\" does not name %s", err.text, rows[i].named);
        }
    }
    syc_other_init(&o);
    assert_int_equal(zeek(&o,
                          "{\"ts\":\"9999-12-31T23:59:59.999999Z\"," JSON_ENDS
                          ",\"proto\":\"tcp\",\"conn_state\":\"S0\"}",
                          &r, &err),
                     SYC_SYNTAX);
}

/* ------------------------------------------------------------ whose line, and through the engine */

static enum syc_from
guess(const char *line)
{
    return syc_other_guess(line, strlen(line));
}

static void
a_line_says_whose_it_is(void **state)
{
    assert_int_equal(guess("#separator \\x09"), SYC_FROM_ZEEK);
    assert_int_equal(guess(JSON_CONN), SYC_FROM_ZEEK);
    assert_int_equal(guess("{\"v\":1,\"event_type\":\"stats\"}"), SYC_FROM_SYNCOPATE);
    assert_int_equal(guess("{\"event_type\":\"stats\",\"v\":1}"), SYC_FROM_SYNCOPATE);
    assert_int_equal(guess("{\"event_type\":\"connection\"}"), SYC_FROM_SYNCOPATE);
    assert_int_equal(guess("{\"timestamp\":\"x\",\"event_type\":\"stats\"}"), SYC_FROM_EVE);
    assert_int_equal(guess("{\"event_type\":\"flow\""), SYC_FROM_GUESS);
    assert_int_equal(guess("{\"a\":1}"), SYC_FROM_GUESS);
    assert_int_equal(guess(""), SYC_FROM_GUESS);
    assert_int_equal(guess("#fields\tts"), SYC_FROM_ZEEK);       /* its first line was taken off */
    assert_int_equal(guess("1.5\tC\t192.0.2.1"), SYC_FROM_ZEEK); /* all of its header was */
    assert_int_equal(guess("some\ttext"), SYC_FROM_GUESS); /* what comes behind may be anybody's */
    assert_int_equal(guess("# text"), SYC_FROM_GUESS);
}

struct told {
    char text[1024];
};

static void
on_message(void *user, const char *text)
{
    struct told *told = user;
    size_t n = strlen(told->text);

    snprintf(told->text + n, sizeof told->text - n, "%s\n", text);
}

static void
judge(const char *text, bool packed, struct syc_judge_counts *counts, struct told *told,
      enum syc_status expected)
{
    char path[CRAFT_PATH];
    struct syc_engine_config config = {.user = told, .message = on_message};
    struct syc_error err = {0};
    struct craft_run run;
    FILE *file;

    craft_file(text, strlen(text), ".log", path);
    if (packed) {
        gzFile gz = gzopen(path, "wb");

        assert_int_equal(gzwrite(gz, text, (unsigned)strlen(text)), strlen(text));
        gzclose(gz);
    }
    file = fopen(path, "r");
    assert_non_null(file);
    craft_run_begin(&run, &config, SYC_EVENT_VERDICT);
    assert_int_equal(syc_engine_judge(run.engine, fileno(file), "some.log", counts, &err),
                     expected);
    on_message(told, err.text);
    fclose(file);
    craft_remove(path);
    free(craft_run_end(&run));
}

static void
a_log_is_read_whoever_wrote_it_and_however_it_is_packed(void **state)
{
    char log[8192];

    snprintf(log, sizeof log, "%s%s\n%s\nx\ty\n%s\n", tsv_header, tsv_http, tsv_dns, tsv_syn);
    for (int packed = 0; packed < 2; packed++) {
        struct syc_judge_counts counts = {0};
        struct told told = {{0}};

        judge(log, packed != 0, &counts, &told, SYC_OK);
        assert_int_equal(counts.records, 2);
        assert_int_equal(counts.bad_lines, 1);
        assert_int_equal(counts.other_events, 9); /* eight of the header, one of UDP */
        assert_non_null(strstr(told.text, "line 11: 2 columns where #fields names 21"));
    }
}

/* Editors and shells of Windows write one. It is not part of the text (Unicode 2.13), so no column counts it. */
static void
a_byte_order_mark_costs_no_line(void **state)
{
    static const char *const logs[] = {
        "\xEF\xBB\xBF" JSON_CONN "\n" JSON_CONN "\n",
        "\xEF\xBB\xBF#separator "
        ",\n#fields,ts,id.orig_h,id.orig_p,id.resp_h,id.resp_p,proto,conn_state\n"
        "1,192.0.2.1,40000,192.0.2.2,80,tcp,S0\n1,192.0.2.1,40000,192.0.2.2,81,tcp,S0\n",
    };

    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
        struct syc_judge_counts counts = {0};
        struct told told = {{0}};

        judge(logs[i], false, &counts, &told, SYC_OK);
        assert_int_equal(counts.records, 2);
        assert_int_equal(counts.bad_lines, 0);
    }
    struct syc_judge_counts counts = {0};
    struct told told = {{0}};

    judge("\xEF\xBB\xBF{\n\xEF\xBB\xBF{}\n", false, &counts, &told, SYC_OK);
    assert_non_null(strstr(told.text, "line 1, column 2: not JSON"));
    assert_non_null(strstr(told.text, "line 2, column 1: not JSON"));
}

static void
a_capture_is_no_log(void **state)
{
    struct syc_judge_counts counts = {0};
    struct told told = {{0}};

    judge("\n\r\r\n0000\x4d\x3c\x2b\x1a", false, &counts, &told,
          SYC_FORMAT); /* a pcapng's section */
    assert_int_equal(counts.bad_lines, 0);
    assert_non_null(strstr(told.text, "is a capture"));
}

int
test_other_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeeks_json_becomes_a_record),
        cmocka_unit_test(zeeks_tsv_becomes_the_same_record),
        cmocka_unit_test(the_header_of_a_tsv_says_how_to_read_it),
        cmocka_unit_test(the_ends_of_a_connection_have_three_spellings),
        cmocka_unit_test(damaged_tsv_is_refused_with_the_reason),
        cmocka_unit_test(times_of_all_forms_are_exact_to_the_microsecond),
        cmocka_unit_test(what_zeek_did_not_see_is_marked),
        cmocka_unit_test(zeeks_other_lines_are_passed_over_or_named),
        cmocka_unit_test(suricatas_flow_becomes_a_record),
        cmocka_unit_test(flags_decide_a_state_only_where_their_order_does_not),
        cmocka_unit_test(suricatas_doubts_are_kept),
        cmocka_unit_test(of_a_list_given_twice_nothing_of_the_first_is_left),
        cmocka_unit_test(times_that_no_event_could_hold_are_refused),
        cmocka_unit_test(a_line_says_whose_it_is),
        cmocka_unit_test(a_log_is_read_whoever_wrote_it_and_however_it_is_packed),
        cmocka_unit_test(a_byte_order_mark_costs_no_line),
        cmocka_unit_test(a_capture_is_no_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
