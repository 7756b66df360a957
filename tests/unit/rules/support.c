#include "tests/unit/rules/groups.h"

#include <stdio.h>
#include <string.h>

static const struct syc_field thing_fields[THING_FIELDS] = {
    {"count", SYC_INT, true, "an integer"},
    {"other", SYC_INT, true, "another"},
    {"size_ratio", SYC_REAL, true, "a fraction"},
    {"flag", SYC_BOOL, true, "a truth value"},
    {"src_ip", SYC_ADDR, true, "an address"},
    {"dest_ip", SYC_ADDR, true, "another"},
    {"name", SYC_TEXT, true, "a text"},
    {"alias", SYC_TEXT, false, "a text, always there"},
    {"tags", SYC_LIST, true, "texts"},
};
const struct syc_schema thing_schema = {"thing", thing_fields, THING_FIELDS};

/* clang-format off */
#define RHYTHM(p) \
    {p ".n", SYC_INT, true, ""}, {p ".mean_s", SYC_REAL, true, ""}, {p ".sd_s", SYC_REAL, true, ""}, \
    {p ".min_s", SYC_REAL, true, ""}, {p ".max_s", SYC_REAL, true, ""}, \
    {p ".cv", SYC_REAL, true, ""}, {p ".median_s", SYC_REAL, true, ""}, {p ".mad_s", SYC_REAL, true, ""}, \
    {p ".p10_s", SYC_REAL, true, ""}, {p ".p90_s", SYC_REAL, true, ""}, \
    {p ".concentration_ratio", SYC_REAL, true, ""}, {p ".beat", SYC_REAL, true, ""}, \
    {p ".burstiness", SYC_REAL, true, ""}, \
    {p ".memory", SYC_REAL, true, ""}, {p ".entropy_ratio", SYC_REAL, true, ""}, \
    {p ".period_s", SYC_REAL, true, ""}, {p ".period_strength_ratio", SYC_REAL, true, ""}, \
    {p ".drift", SYC_TEXT, true, ""}
#define REAL(name) {name, SYC_REAL, true, ""}
#define INT(name) {name, SYC_INT, true, ""}
#define TEXT(name) {name, SYC_TEXT, true, ""}

/* The facts of the `source` event, by its names (events.md). */
static const struct syc_field source_fields[] = {
    TEXT("subject"), {"src_ip", SYC_ADDR, true, ""},
    INT("conn.count"), INT("conn.established"), INT("conn.turns"), INT("conn.run_max"), REAL("conn.span_s"), INT("conn.rate_1s_peak"), INT("conn.rate_10s_peak"),
    INT("conn.parallel_peak"), INT("conn.parallel_service_peak"), REAL("conn.same_start_ratio"), REAL("conn.half_open_ratio"),
    REAL("conn.refused_ratio"), REAL("conn.unanswered_ratio"), REAL("conn.unused_ratio"),
    REAL("conn.turns_mean"), REAL("conn.one_turn_ratio"), REAL("conn.reuse_ratio"), REAL("conn.life_p50_ms"),
    RHYTHM("iat"), INT("iat.backoff_n"), RHYTHM("episode"), RHYTHM("heavy"),
    REAL("episode.octets_cv"), REAL("episode.octets_modal_ratio"), REAL("episode.packets_cv"),
    INT("pkt.peak_1s"), REAL("fano.w1"), REAL("fano.w10"), REAL("fano.w60"),
    INT("idle_close.n"), REAL("idle_close.median_s"), REAL("idle_close.cv"),
    INT("tls.full"), INT("tls.resumed"), REAL("tls.resumed_ratio"),
    TEXT("port.strategy"), REAL("port.odd_ratio"), INT("port.distinct"), INT("port.min"), INT("port.max"),
    INT("dest.addr_distinct"), INT("dest.port_distinct"),
    INT("syn.distinct"), TEXT("syn.os_family"), TEXT("syn.label"), INT("syn.ttl_initial"),
    TEXT("syn.match_quality"), TEXT("syn.schedule"), REAL("syn.retry_ratio"), INT("syn.retry_count"), INT("syn.unanswered"),
    INT("syn.n"), TEXT("syn.layout_family"), INT("syn.window"), TEXT("syn.window_unit"), INT("syn.wscale"),
    INT("syn.mss"), INT("syn.schedule_n"), REAL("syn.ts_stripped_ratio"), INT("ip_id.n"), TEXT("ip_id.step"),
    REAL("ip_id.step_ratio"), INT("ua.n"), TEXT("ua.os"), INT("ua.os_distinct"), INT("ua.compared"),
    REAL("ua.conflict_ratio"), TEXT("ua.stack_family"),
    TEXT("tls.os_family"), INT("tls.compared"), REAL("tls.conflict_ratio"), TEXT("tls.stack_family"),
    INT("link.mtu"), TEXT("link.label"), INT("link.mss_lowered_from"), INT("hosts_estimated"),
    INT("src.addr_distinct"), REAL("src.once_ratio"), REAL("src.top_ratio"), INT("time_wait.peak"), REAL("time_wait.area_s"),
};
/* clang-format on */

const struct syc_schema source_schema = {"source", source_fields,
                                         sizeof(source_fields) / sizeof(*source_fields)};
_Static_assert(sizeof(source_fields) / sizeof(*source_fields) <= TEST_FIELDS, "rows hold them");

struct syc_ruleset *
new_set(void)
{
    static const struct syc_schema *const schemas[] = {&thing_schema, &source_schema};
    struct syc_ruleset *set = syc_ruleset_new(schemas, 2);

    assert_non_null(set);
    return set;
}

void
parse(struct syc_ruleset *set, const char *file, const char *text)
{
    assert_int_equal(syc_ruleset_parse(set, file, text, strlen(text)), SYC_OK);
}

struct syc_sigma *
load_things(const char *text)
{
    static const struct syc_schema *const schemas[] = {&thing_schema};
    const struct syc_sigma_options options = {.product = "p",
                                              .schemas = schemas,
                                              .schema_count = 1};
    struct syc_sigma *set = syc_sigma_new(&options);

    assert_non_null(set);
    assert_int_equal(syc_sigma_parse(set, "t.yml", text, strlen(text)), SYC_OK);
    assert_int_equal(syc_sigma_seal(set), SYC_OK);
    return set;
}

void
show_findings(const struct syc_ruleset *set)
{
    const struct syc_rule_problem *p;
    size_t n = syc_ruleset_problems(set, &p);

    for (size_t i = 0; i < n; i++) {
        fprintf(stderr, "%s:%u:%u: %s[%s]: %s%s%s\n", p[i].file, p[i].line, p[i].column,
                p[i].error ? "error" : "warning", p[i].code, p[i].text, p[i].hint ? " = " : "",
                p[i].hint ? p[i].hint : "");
    }
}

void
expect_findings(const char *text, const char *expected, size_t loaded)
{
    struct syc_ruleset *set = new_set();
    const struct syc_rule_problem *p;
    char got[4096] = "";
    size_t used = 0, n;

    parse(set, "t.yml", text);
    n = syc_ruleset_problems(set, &p);
    for (size_t i = 0; i < n && used < sizeof(got); i++) {
        used += (size_t)snprintf(got + used, sizeof(got) - used, "%s%u:%u %s", i ? "\n" : "",
                                 p[i].line, p[i].column, p[i].code);
    }
    if (strcmp(got, expected) != 0) {
        show_findings(set);
    }
    assert_string_equal(got, expected);
    assert_int_equal(syc_ruleset_loaded(set), loaded);
    syc_ruleset_free(set);
}

struct syc_value
int_value(int64_t i)
{
    return (struct syc_value){.type = SYC_INT, .u.i = i};
}

struct syc_value
real_value(double f)
{
    return (struct syc_value){.type = SYC_REAL, .u.f = f};
}

struct syc_value
bool_value(bool b)
{
    return (struct syc_value){.type = SYC_BOOL, .u.i = b};
}

struct syc_value
text_value(const char *text)
{
    return (struct syc_value){.type = SYC_TEXT, .u.text = text};
}

struct syc_value
addr_value(const char *text)
{
    struct syc_value v = {.type = SYC_ADDR};
    int ip_v = 0;

    assert_true(syc_addr_parse(text, v.u.addr.octets, &ip_v));
    v.u.addr.ip_v = (uint8_t)ip_v;
    return v;
}

void
put(const struct syc_schema *schema, struct syc_value *row, const char *name,
    struct syc_value value)
{
    int field = syc_schema_find(schema, name, strlen(name));

    assert_true(field >= 0);
    row[field] = value;
}

bool
matches(const char *text, const struct syc_value *row)
{
    struct syc_ruleset *set = new_set();
    bool answer;

    parse(set, "t.yml", text);
    if (syc_ruleset_loaded(set) != 1) {
        show_findings(set);
    }
    assert_int_equal(syc_ruleset_loaded(set), 1);
    assert_int_equal(syc_ruleset_seal(set), SYC_OK);
    answer = syc_sigma_match(syc_ruleset_rule(set, 0), row, NULL);
    syc_ruleset_free(set);
    return answer;
}

const char *
needs_of(const struct syc_verdict *v, size_t i)
{
    static char text[SYC_NEEDS_TEXT];

    syc_missing_needs(v, i, text);
    return text;
}
