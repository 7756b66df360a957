/*
 * Prints events of every type with random content, for the schema to judge: one of each other kind, then connection
 * events of random records.
 */

#include <unistd.h>

#include "output/output.h"
#include "tests/unit/output/random_record.h"
#include "tests/unit/output/sample_report.h"

enum { RECORDS = 400, SYNS = 100 };

static void
emit_syns(struct syc_output *o, uint64_t *seed)
{
    static const struct syc_identity known = {
        .match = {.quality = SYC_MATCH_EXACT,
                  .app = true,
                  .aside = (1U << SYC_ASIDE_COUNT) - 1,
                  .label = "s:!:nmap:",
                  .os = "nmap",
                  .flavor = "flavor",
                  .os_family = "other",
                  .db = "shipped.fp",
                  .db_line = 17,
                  .date = "2026-11"},
        .candidates = {{.quality = SYC_MATCH_FUZZY,
                        .differs = (1U << SYC_SIG_FIELD_COUNT) - 1,
                        .label = "g:unix:Linux:"}},
        .candidate_count = 1,
        .link = {1500, "Ethernet"},
    };
    static const struct syc_identity none = {.match = {.differs = 1U << SYC_SIG_FIELD_OPTIONS},
                                             .nearest = {.label = "s:unix:Linux:"},
                                             .link = {1499, NULL}};
    struct random_record made;

    for (int i = 0; i < SYNS; i++) {
        random_record_draw(seed, &made);
        for (int side = 0; side < 2; side++) {
            struct syc_syn_seen s = {&made.r.key,      made.r.flow_id,       0, (uint64_t)i + 1, 0,
                                     made.r.syn[side], &made.r.syn_own[side]};
            if (s.syn != NULL) {
                syc_emit_fingerprint(o, &s, i % 2 == 0 ? &known : &none, i % 3 == 0 ? "f" : NULL);
            }
        }
    }
}

static void
emit_subjects(struct syc_output *o)
{
    static const char *const words[] = {"one", "two"};
    static const struct syc_value by_type[] = {
        [SYC_INT] = {SYC_INT, {.i = 3}},           [SYC_REAL] = {SYC_REAL, {.f = -0.25}},
        [SYC_BOOL] = {SYC_BOOL, {.i = 1}},         [SYC_ADDR] = {SYC_ADDR, {.addr = {{0}, 6}}},
        [SYC_TEXT] = {SYC_TEXT, {.text = "text"}}, [SYC_LIST] = {SYC_LIST, {.list = {words, 2}}},
    };
    struct syc_value values[256];
    struct syc_subject s = {.ip_v = 4, .values = values, .flow_ids = {1}, .flow_id_count = 1};
    struct syc_verdict v = {.subject = &s, .score = 100, .evidence_count = 1, .missing_count = 1};

    for (size_t i = 0; i < syc_source_schema.count && i < 256; i++) {
        values[i] = by_type[syc_source_schema.fields[i].type];
    }
    v.evidence[0] = (struct syc_evidence){.rule = "r",
                                          .rule_id = "i",
                                          .title = "t",
                                          .group = "g",
                                          .level = "low",
                                          .points = 99,
                                          .log_odds = 4.5951,
                                          .identifiers = {"x"},
                                          .identifier_count = 1,
                                          .values = {{"conn.count", &by_type[SYC_INT], false}},
                                          .value_count = 1,
                                          .n = 8};
    v.missing[0] = (struct syc_missing){.rule = "m"};
    v.kinds[0] = "scan";
    v.kind_count = 1;
    for (int i = 0; i < 4; i++) {
        s.kind = i % 2 == 0 ? SYC_SUBJECT_SOURCE : SYC_SUBJECT_PAIR;
        s.degraded = i < 2 ? 0 : 1U << SYC_DEGRADED_EVICTED;
        v.label = (enum syc_label)i;
        syc_emit_source(o, &s);
        syc_emit_verdict(o, &v, "sha256:0123456789abcdef", true);
    }
}

static void
emit_audits(struct syc_output *o)
{
    static struct sample_report s;

    sample_report_full(&s);
    syc_emit_audit(o, &s.r);
    for (int i = 0; i < SYC_SYN_SCHEDULE_COUNT; i++) {
        s.pairs[0].handshake.schedule = (enum syc_syn_schedule)i;
        s.pairs[0].ports.capacity_from = (enum syc_range_from)(i % SYC_RANGE_COUNT);
        s.r.vantage = (enum syc_vantage)(i % SYC_VANTAGE_COUNT);
        syc_emit_audit(o, &s.r);
    }
    for (int i = 0; i < SYC_CLOSE_COUNT; i++) {
        s.pairs[0].closes[i] = 1;
    }
    syc_emit_audit(o, &s.r);
    sample_report_unknown(&s);
    syc_emit_audit(o, &s.r);
    s.r = (struct syc_audit_report){.two_msl_us = 60 * SYC_US_PER_S};
    syc_emit_audit(o, &s.r);
}

int
main(void)
{
    const struct syc_ruleset_stats rules = {
        "sha256:0123456789abcdef", "kept", "mine.yml:5:9: unknown field", 14, 1, 2};
    struct syc_run_stats stats = {.time_us = 1};
    struct random_record made;
    struct syc_output o;
    uint64_t seed = 3;

    if (syc_output_init(&o, STDOUT_FILENO) != SYC_OK) {
        return 1;
    }
    o.sensor = "edge-1";
    for (int i = 0; i < SYC_DROP_COUNT; i++) {
        stats.decode[i] = (uint64_t)i;
    }
    syc_emit_stats(&o, &stats);
    syc_emit_ruleset(&o, 1, &rules);
    syc_emit_error(&o, 1, "a.pcap", "ends early");
    syc_emit_error(&o, 1, NULL, "output stalled");
    emit_subjects(&o);
    emit_audits(&o);
    emit_syns(&o, &seed);
    for (int i = 0; i < RECORDS; i++) {
        random_record_draw(&seed, &made);
        syc_emit_connection(&o, &made.r);
    }
    return syc_output_fini(&o) == SYC_OK && o.lost == 0 ? 0 : 1;
}
