#include "rules/score_int.h"
#include "tests/unit/rules/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The rules that the program carries. */

static struct syc_ruleset *
load_shipped(void)
{
    struct syc_ruleset *set = new_set();

    for (size_t i = 0; i < syc_shipped_rule_count; i++) {
        assert_int_equal(syc_ruleset_parse(set, syc_shipped_rules[i].name,
                                           syc_shipped_rules[i].text, syc_shipped_rules[i].n),
                         SYC_OK);
    }
    assert_int_equal(syc_ruleset_seal(set), SYC_OK);
    return set;
}

static void
every_shipped_rule_loads_without_a_finding(void **state)
{
    struct syc_ruleset *set = load_shipped();
    const struct syc_rule_problem *p;

    if (syc_ruleset_problems(set, &p) > 0) {
        show_findings(set);
    }
    assert_int_equal(syc_ruleset_problems(set, &p), 0);
    assert_int_equal(syc_ruleset_loaded(set), syc_shipped_rule_count);
    assert_true(syc_shipped_rule_count >= 20);
    syc_ruleset_free(set);
}

static void
shipped_files_are_sorted_and_named_after_their_rule(void **state)
{
    struct syc_ruleset *set = load_shipped();

    for (size_t i = 0; i < syc_shipped_rule_count; i++) {
        const struct syc_sigma_rule *rule = syc_ruleset_rule(set, i);
        char name[256];

        snprintf(name, sizeof(name), "default/%s.yml", rule->name);
        assert_string_equal(syc_shipped_rules[i].name, name);
        assert_int_equal(strlen(syc_shipped_rules[i].text), syc_shipped_rules[i].n);
        if (i > 0) {
            assert_true(strcmp(syc_shipped_rules[i - 1].name, syc_shipped_rules[i].name) < 0);
        }
    }
    for (size_t i = 1; i < syc_shipped_signature_count; i++) {
        assert_true(strcmp(syc_shipped_signatures[i - 1].name, syc_shipped_signatures[i].name) < 0);
    }
    syc_ruleset_free(set);
}

/* What Sigma recommends, and what an analyst who meets a verdict will look for. */
static void
every_shipped_rule_is_documented_and_scores(void **state)
{
    struct syc_ruleset *set = load_shipped();

    for (size_t i = 0; i < syc_ruleset_loaded(set); i++) {
        const struct syc_sigma_rule *rule = syc_ruleset_rule(set, i);
        const struct syc_score_key *key = rule->extra;

        assert_non_null(rule->id);
        assert_non_null(rule->status);
        assert_non_null(rule->level);
        assert_true(rule->description && strlen(rule->description) > 40);
        assert_true(rule->falsepositives.count > 0);
        assert_string_equal(rule->author, "syncopate");
        assert_string_equal(rule->date, "2026-11-25");
        assert_non_null(key);
        assert_true(key->scores);
        assert_string_not_equal(key->group, rule->name);
    }
    syc_ruleset_free(set);
}

/*
 * A rule of low level is a weak sign: at its threshold it must not reach "automation" (70) alone. Evidence for a
 * human is below 50 and never hard.
 */
static void
weak_rules_do_not_decide_alone(void **state)
{
    struct syc_ruleset *set = load_shipped();

    for (size_t i = 0; i < syc_ruleset_loaded(set); i++) {
        const struct syc_sigma_rule *rule = syc_ruleset_rule(set, i);
        const struct syc_score_key *key = rule->extra;

        if (strcmp(rule->level, "low") == 0 || strcmp(rule->level, "informational") == 0) {
            assert_true(key->points[0] < 70);
            assert_false(key->hard);
        }
        if (strncmp(rule->name, "human_", 6) == 0) {
            assert_true(key->points[0] < 50 && key->points[1] < 50);
        }
    }
    syc_ruleset_free(set);
}

/*
 * Facts of real clients in the project's lab, taken from its captures by a program of its own (tshark and Python,
 * not this library), and what they are by the lab's records: labels and the kind that must be among the kinds.
 * The rules were tuned with these in view, so this guards against regressions, it does not measure.
 */
static const struct {
    const char *name;
    enum syc_label label;
    const char *kind; /* NULL: none at all */
    const char *facts;
} lab[] = {
    /* clang-format off */
    {"py-uniform50", SYC_LABEL_AUTOMATION, "poll",
     "conn.count=72 conn.span_s=288 conn.rate_1s_peak=1 conn.parallel_peak=1 "
     "conn.turns_mean=1 conn.one_turn_ratio=1 conn.reuse_ratio=0 iat.n=71 "
     "iat.concentration_ratio=0.662 episode.n=71 episode.burstiness=-0.587 "
     "episode.memory=0.0527 episode.concentration_ratio=0.662 episode.octets_cv=0 "
     "episode.octets_modal_ratio=1 heavy.n=71 heavy.concentration_ratio=0.662 "
     "pkt.peak_1s=1 idle_close.n=0 port.odd_ratio=0 port.distinct=72 "
     "dest.addr_distinct=1 dest.port_distinct=1 syn.retry_count=0 "
     "conn.established=72 conn.run_max=1 conn.turns=72 iat.beat=7.13 "
     "episode.beat=7.13 heavy.beat=7.13"},
    {"masscan", SYC_LABEL_AUTOMATION, "scan",
     "conn.count=500 conn.span_s=4.94 conn.rate_1s_peak=115 conn.parallel_peak=1 "
     "conn.half_open_ratio=0.004 conn.refused_ratio=0.996 iat.n=499 "
     "iat.concentration_ratio=0.178 episode.n=0 pkt.peak_1s=0 idle_close.n=0 "
     "port.odd_ratio=1 port.distinct=1 dest.addr_distinct=1 dest.port_distinct=500 "
     "syn.retry_count=0 port.strategy=fixed conn.established=0 iat.beat=0"},
    {"backoff-closed", SYC_LABEL_AUTOMATION, "retry",
     "conn.count=10 conn.span_s=255 conn.rate_1s_peak=1 conn.parallel_peak=1 "
     "conn.refused_ratio=1 iat.n=9 iat.concentration_ratio=0.111 episode.n=9 "
     "episode.burstiness=0.0389 episode.memory=0.919 "
     "episode.concentration_ratio=0.111 pkt.peak_1s=0 idle_close.n=0 "
     "port.odd_ratio=0 port.distinct=10 dest.addr_distinct=1 dest.port_distinct=1 "
     "syn.retry_count=0 conn.established=0"},
    {"slow-headers", SYC_LABEL_AUTOMATION, "pool",
     "conn.count=30 conn.span_s=66.4 conn.rate_1s_peak=14 conn.parallel_peak=30 "
     "conn.turns_mean=0 conn.one_turn_ratio=0 iat.n=29 iat.concentration_ratio=0.966 "
     "episode.n=8 episode.burstiness=-0.862 episode.concentration_ratio=1 "
     "episode.octets_cv=0.698 episode.octets_modal_ratio=0.444 heavy.n=8 "
     "heavy.concentration_ratio=1 pkt.peak_1s=30 idle_close.n=0 port.odd_ratio=0 "
     "port.distinct=30 dest.addr_distinct=1 dest.port_distinct=1 syn.retry_count=0 "
     "conn.established=30 iat.beat=11.1"},
    {"human-c7", SYC_LABEL_HUMAN_LIKE, NULL,
     "conn.count=4 conn.span_s=236 conn.rate_1s_peak=2 conn.parallel_peak=3 "
     "conn.turns_mean=40.2 conn.one_turn_ratio=0.5 conn.reuse_ratio=0.975 iat.n=3 "
     "iat.concentration_ratio=0.333 episode.n=59 episode.burstiness=-0.223 "
     "episode.memory=0.0306 episode.concentration_ratio=0.39 episode.octets_cv=1.15 "
     "episode.octets_modal_ratio=0.2 heavy.n=30 heavy.concentration_ratio=0.5 "
     "pkt.peak_1s=9 idle_close.n=2 idle_close.cv=0.769 tls.full=4 tls.resumed=0 "
     "tls.resumed_ratio=0 port.odd_ratio=0 port.distinct=4 dest.addr_distinct=2 "
     "dest.port_distinct=1 syn.retry_count=0 conn.established=4 conn.run_max=7 "
     "conn.turns=161 episode.beat=0.517 heavy.beat=1.09"},
    {"zmap", SYC_LABEL_AUTOMATION, "scan",
     "conn.count=256 conn.span_s=8.12 conn.rate_1s_peak=90 conn.parallel_peak=1 "
     "conn.half_open_ratio=1 iat.n=255 iat.concentration_ratio=0.0588 episode.n=0 "
     "pkt.peak_1s=0 idle_close.n=0 port.odd_ratio=0.477 port.distinct=254 "
     "dest.addr_distinct=256 dest.port_distinct=1 syn.retry_count=0 "
     "conn.established=0 iat.beat=0"},
    {"human-c1", SYC_LABEL_HUMAN_LIKE, NULL,
     "conn.count=10 conn.span_s=296 conn.rate_1s_peak=5 conn.parallel_peak=7 "
     "conn.turns_mean=9.1 conn.one_turn_ratio=0 conn.reuse_ratio=0.89 iat.n=9 "
     "iat.concentration_ratio=0.111 episode.n=33 episode.burstiness=0.0237 "
     "episode.memory=0.187 episode.concentration_ratio=0.182 episode.octets_cv=0.781 "
     "episode.octets_modal_ratio=0.147 heavy.n=18 heavy.concentration_ratio=0.222 "
     "pkt.peak_1s=7 idle_close.n=4 idle_close.cv=0.465 port.odd_ratio=0 "
     "port.distinct=10 dest.addr_distinct=2 dest.port_distinct=1 syn.retry_count=0 "
     "conn.established=10 conn.run_max=3 conn.turns=91 episode.beat=0 heavy.beat=0"},
    {"py-aiohttp-crawl", SYC_LABEL_AUTOMATION, "pool",
     "conn.count=12 conn.span_s=18.1 conn.rate_1s_peak=6 conn.parallel_peak=12 "
     "conn.turns_mean=12.8 conn.one_turn_ratio=0 conn.reuse_ratio=0.922 iat.n=11 "
     "iat.concentration_ratio=0.182 episode.n=0 heavy.n=0 pkt.peak_1s=21 "
     "idle_close.n=0 tls.full=12 tls.resumed=0 tls.resumed_ratio=0 port.odd_ratio=0 "
     "port.distinct=12 dest.addr_distinct=2 dest.port_distinct=1 syn.retry_count=0 "
     "conn.established=12 conn.run_max=14 conn.turns=153 iat.beat=0"},
    {"node-agent-max2", SYC_LABEL_AUTOMATION, "load",
     "conn.count=2 conn.span_s=0.929 conn.rate_1s_peak=2 conn.parallel_peak=2 "
     "conn.turns_mean=50 conn.one_turn_ratio=0 conn.reuse_ratio=0.98 iat.n=1 "
     "episode.n=0 heavy.n=0 pkt.peak_1s=100 idle_close.n=0 port.odd_ratio=0 "
     "port.distinct=2 dest.addr_distinct=1 dest.port_distinct=1 syn.retry_count=0 "
     "conn.established=2 conn.run_max=50 conn.turns=100"},
    {"blackhole-syn", SYC_LABEL_AUTOMATION, "retry",
     "conn.count=2 conn.span_s=135 conn.rate_1s_peak=1 conn.parallel_peak=1 "
     "conn.unanswered_ratio=1 iat.n=1 episode.n=1 pkt.peak_1s=0 idle_close.n=0 "
     "port.odd_ratio=0 port.distinct=2 dest.addr_distinct=2 dest.port_distinct=1 "
     "syn.retry_count=19 conn.established=0 syn.unanswered=21"},
    {"py-session-3s", SYC_LABEL_AUTOMATION, "beacon",
     "conn.count=1 conn.span_s=288 conn.rate_1s_peak=1 conn.parallel_peak=1 "
     "conn.turns_mean=95 conn.one_turn_ratio=0 conn.reuse_ratio=0.989 iat.n=0 "
     "episode.n=93 episode.burstiness=-0.98 episode.memory=-0.184 "
     "episode.concentration_ratio=1 episode.octets_cv=0 episode.octets_modal_ratio=1 "
     "heavy.n=93 heavy.concentration_ratio=1 pkt.peak_1s=3 idle_close.n=1 tls.full=1 "
     "tls.resumed=0 tls.resumed_ratio=0 port.odd_ratio=0 port.distinct=1 "
     "dest.addr_distinct=1 dest.port_distinct=1 syn.retry_count=0 conn.established=1 "
     "conn.run_max=3 conn.turns=95 episode.beat=42.8 heavy.beat=42.8"},
    {"nmap-sT", SYC_LABEL_AUTOMATION, "scan",
     "conn.count=200 conn.span_s=0.0211 conn.rate_1s_peak=200 conn.parallel_peak=2 "
     "conn.refused_ratio=0.985 conn.unused_ratio=1 conn.turns_mean=0 "
     "conn.one_turn_ratio=0 iat.n=199 iat.concentration_ratio=0.774 episode.n=0 "
     "pkt.peak_1s=0 idle_close.n=0 port.odd_ratio=0 port.distinct=199 "
     "dest.addr_distinct=1 dest.port_distinct=200 syn.retry_count=0 "
     "conn.established=3 iat.beat=34.7"},
    {"chromium-bot-10s", SYC_LABEL_AUTOMATION, "beacon",
     "conn.count=6 conn.span_s=281 conn.rate_1s_peak=6 conn.parallel_peak=3 "
     "conn.turns_mean=13.8 conn.one_turn_ratio=0 conn.reuse_ratio=0.928 iat.n=5 "
     "iat.concentration_ratio=0.2 episode.n=43 episode.burstiness=-0.363 "
     "episode.memory=0.615 episode.concentration_ratio=0.279 episode.octets_cv=2.58 "
     "episode.octets_modal_ratio=0.227 heavy.n=18 heavy.concentration_ratio=0.944 "
     "pkt.peak_1s=29 idle_close.n=1 tls.full=6 tls.resumed=0 tls.resumed_ratio=0 "
     "port.odd_ratio=0 port.distinct=6 dest.addr_distinct=2 dest.port_distinct=1 "
     "syn.retry_count=0 conn.established=6 conn.run_max=4 conn.turns=83 "
     "episode.beat=0 heavy.beat=6.21"},
    {"py-exp", SYC_LABEL_AUTOMATION, "poll",
     "conn.count=76 conn.span_s=288 conn.rate_1s_peak=3 conn.parallel_peak=1 "
     "conn.turns_mean=1 conn.one_turn_ratio=1 conn.reuse_ratio=0 iat.n=75 "
     "iat.concentration_ratio=0.28 episode.n=57 episode.burstiness=-0.144 "
     "episode.memory=-0.14 episode.concentration_ratio=0.404 episode.octets_cv=0.515 "
     "episode.octets_modal_ratio=0.793 heavy.n=57 heavy.concentration_ratio=0.404 "
     "pkt.peak_1s=3 idle_close.n=0 port.odd_ratio=0 port.distinct=76 "
     "dest.addr_distinct=1 dest.port_distinct=1 syn.retry_count=0 "
     "conn.established=76 conn.run_max=1 conn.turns=76 iat.beat=0 episode.beat=0.62 "
     "heavy.beat=0.62"},
    {"cron-20s", SYC_LABEL_AUTOMATION, "beacon",
     "conn.count=15 conn.span_s=280 conn.rate_1s_peak=1 conn.parallel_peak=1 "
     "conn.turns_mean=1.6 conn.one_turn_ratio=0.4 conn.reuse_ratio=0.375 iat.n=14 "
     "iat.concentration_ratio=1 episode.n=14 episode.burstiness=-0.993 "
     "episode.memory=-0.438 episode.concentration_ratio=1 episode.octets_cv=0 "
     "episode.octets_modal_ratio=1 heavy.n=14 heavy.concentration_ratio=1 "
     "pkt.peak_1s=5 idle_close.n=0 tls.full=15 tls.resumed=0 tls.resumed_ratio=0 "
     "port.odd_ratio=0 port.distinct=15 dest.addr_distinct=1 dest.port_distinct=1 "
     "syn.retry_count=0 conn.established=15 conn.run_max=3 conn.turns=24 "
     "iat.beat=5.84 episode.beat=5.84 heavy.beat=5.84"},
    {"wget-recursive", SYC_LABEL_AUTOMATION, "crawl",
     "conn.count=1 conn.span_s=5.6 conn.rate_1s_peak=1 conn.parallel_peak=1 "
     "conn.turns_mean=104 conn.one_turn_ratio=0 conn.reuse_ratio=0.99 iat.n=0 "
     "episode.n=0 heavy.n=0 pkt.peak_1s=26 idle_close.n=0 port.odd_ratio=0 "
     "port.distinct=1 dest.addr_distinct=1 dest.port_distinct=1 syn.retry_count=0 "
     "conn.established=1 conn.run_max=104 conn.turns=104"},
    {"human-c6", SYC_LABEL_HUMAN_LIKE, NULL,
     "conn.count=26 conn.span_s=239 conn.rate_1s_peak=4 conn.parallel_peak=7 "
     "conn.turns_mean=5.46 conn.one_turn_ratio=0.115 conn.reuse_ratio=0.817 iat.n=25 "
     "iat.concentration_ratio=0.12 episode.n=39 episode.burstiness=0.163 "
     "episode.memory=-0.156 episode.concentration_ratio=0.308 "
     "episode.octets_cv=0.802 episode.octets_modal_ratio=0.2 heavy.n=19 "
     "heavy.concentration_ratio=0.316 pkt.peak_1s=19 idle_close.n=2 "
     "idle_close.cv=0.00471 tls.full=4 tls.resumed=22 tls.resumed_ratio=0.846 "
     "port.odd_ratio=0 port.distinct=26 dest.addr_distinct=2 dest.port_distinct=1 "
     "syn.retry_count=0 conn.established=26 conn.run_max=5 conn.turns=142 iat.beat=0 "
     "episode.beat=0 heavy.beat=0"},
    {"human-f2", SYC_LABEL_HUMAN_LIKE, NULL,
     "conn.count=11 conn.span_s=215 conn.rate_1s_peak=4 conn.parallel_peak=5 "
     "conn.unused_ratio=0.455 conn.turns_mean=5.27 conn.one_turn_ratio=0.182 "
     "conn.reuse_ratio=0.81 iat.n=10 iat.concentration_ratio=0 episode.n=24 "
     "episode.burstiness=-0.194 episode.memory=-0.0697 "
     "episode.concentration_ratio=0.167 episode.octets_cv=0.77 "
     "episode.octets_modal_ratio=0.24 heavy.n=7 heavy.concentration_ratio=0.286 "
     "pkt.peak_1s=6 idle_close.n=3 idle_close.cv=0.17 port.odd_ratio=0 "
     "port.distinct=11 dest.addr_distinct=2 dest.port_distinct=1 syn.retry_count=0 "
     "conn.established=11 conn.run_max=4 conn.turns=58 iat.beat=0 episode.beat=0"},
    {"hping-syn", SYC_LABEL_AUTOMATION, "flood",
     "conn.count=1868 conn.span_s=4.07 conn.rate_1s_peak=850 conn.parallel_peak=1 "
     "conn.half_open_ratio=1 iat.n=1867 iat.concentration_ratio=0.5 episode.n=0 "
     "pkt.peak_1s=0 idle_close.n=0 port.odd_ratio=0.5 port.distinct=1868 "
     "dest.addr_distinct=1 dest.port_distinct=2 syn.retry_count=0 conn.established=0 "
     "iat.beat=45.2"},
    {"node-agent-free2", SYC_LABEL_AUTOMATION, "pool",
     "conn.count=198 conn.span_s=28.1 conn.rate_1s_peak=100 conn.parallel_peak=100 "
     "conn.turns_mean=1.01 conn.one_turn_ratio=0.99 conn.reuse_ratio=0.01 iat.n=197 "
     "iat.concentration_ratio=0.706 episode.n=1 heavy.n=1 pkt.peak_1s=100 "
     "idle_close.n=2 idle_close.cv=0.00227 port.odd_ratio=0 port.distinct=198 "
     "dest.addr_distinct=1 dest.port_distinct=1 syn.retry_count=0 "
     "conn.established=198 conn.run_max=1 conn.turns=200 iat.beat=24.4"},
    {"curl-fast", SYC_LABEL_AUTOMATION, "poll",
     "conn.count=150 conn.span_s=21.6 conn.rate_1s_peak=12 conn.parallel_peak=1 "
     "conn.turns_mean=1 conn.one_turn_ratio=1 conn.reuse_ratio=0 iat.n=149 "
     "iat.concentration_ratio=0.51 episode.n=0 heavy.n=0 pkt.peak_1s=12 "
     "idle_close.n=0 port.odd_ratio=0 port.distinct=150 dest.addr_distinct=1 "
     "dest.port_distinct=1 syn.retry_count=0 conn.established=150 conn.run_max=1 "
     "conn.turns=150 iat.beat=4.64"},
    {"human-f3", SYC_LABEL_HUMAN_LIKE, NULL,
     "conn.count=18 conn.span_s=200 conn.rate_1s_peak=5 conn.parallel_peak=6 "
     "conn.turns_mean=3.33 conn.one_turn_ratio=0.278 conn.reuse_ratio=0.7 iat.n=17 "
     "iat.concentration_ratio=0.118 episode.n=28 episode.burstiness=-0.0157 "
     "episode.memory=0.00745 episode.concentration_ratio=0.429 "
     "episode.octets_cv=1.39 episode.octets_modal_ratio=0.345 heavy.n=8 "
     "heavy.concentration_ratio=0 pkt.peak_1s=22 idle_close.n=0 tls.full=5 "
     "tls.resumed=13 tls.resumed_ratio=0.722 port.odd_ratio=0 port.distinct=18 "
     "dest.addr_distinct=2 dest.port_distinct=1 syn.retry_count=0 "
     "conn.established=18 conn.run_max=6 conn.turns=60 iat.beat=0 episode.beat=0.538"},
    {"ab-k", SYC_LABEL_AUTOMATION, "load",
     "conn.count=10 conn.span_s=2.44 conn.rate_1s_peak=10 conn.parallel_peak=10 "
     "conn.turns_mean=60 conn.one_turn_ratio=0 conn.reuse_ratio=0.983 iat.n=9 "
     "iat.concentration_ratio=0.778 episode.n=0 heavy.n=0 pkt.peak_1s=280 "
     "idle_close.n=0 port.odd_ratio=0 port.distinct=10 dest.addr_distinct=1 "
     "dest.port_distinct=1 syn.retry_count=0 conn.established=10 conn.run_max=62 "
     "conn.turns=600"},
    {"human-c8", SYC_LABEL_HUMAN_LIKE, NULL,
     "conn.count=5 conn.span_s=255 conn.rate_1s_peak=4 conn.parallel_peak=3 "
     "conn.turns_mean=16.2 conn.one_turn_ratio=0.4 conn.reuse_ratio=0.938 iat.n=4 "
     "iat.concentration_ratio=0 episode.n=14 episode.burstiness=-0.0872 "
     "episode.memory=-0.211 episode.concentration_ratio=0.286 episode.octets_cv=1.05 "
     "episode.octets_modal_ratio=0.0667 heavy.n=11 heavy.concentration_ratio=0.273 "
     "pkt.peak_1s=20 idle_close.n=2 idle_close.cv=0.00353 tls.full=4 tls.resumed=1 "
     "tls.resumed_ratio=0.2 port.odd_ratio=0 port.distinct=5 dest.addr_distinct=2 "
     "dest.port_distinct=1 syn.retry_count=0 conn.established=5 conn.run_max=5 "
     "conn.turns=81 episode.beat=0 heavy.beat=0"},
    {"py-gauss15-absolute", SYC_LABEL_AUTOMATION, "beacon",
     "conn.count=60 conn.span_s=296 conn.rate_1s_peak=1 conn.parallel_peak=1 "
     "conn.turns_mean=1.27 conn.one_turn_ratio=0.733 conn.reuse_ratio=0.211 iat.n=59 "
     "iat.concentration_ratio=0.78 episode.n=59 episode.burstiness=-0.671 "
     "episode.memory=-0.428 episode.concentration_ratio=0.78 episode.octets_cv=0 "
     "episode.octets_modal_ratio=1 heavy.n=59 heavy.concentration_ratio=0.78 "
     "pkt.peak_1s=4 idle_close.n=0 tls.full=60 tls.resumed=0 tls.resumed_ratio=0 "
     "port.odd_ratio=0 port.distinct=60 dest.addr_distinct=1 dest.port_distinct=1 "
     "syn.retry_count=0 conn.established=60 conn.run_max=3 conn.turns=76 "
     "iat.beat=10.7 episode.beat=10.7 heavy.beat=10.7"},
    {"py-exp-8", SYC_LABEL_AUTOMATION, "poll",
     "conn.count=35 conn.span_s=283 conn.rate_1s_peak=2 conn.parallel_peak=1 "
     "conn.turns_mean=1.34 conn.one_turn_ratio=0.657 conn.reuse_ratio=0.255 iat.n=34 "
     "iat.concentration_ratio=0.206 episode.n=29 episode.burstiness=-0.21 "
     "episode.memory=-0.226 episode.concentration_ratio=0.31 episode.octets_cv=0.319 "
     "episode.octets_modal_ratio=0.833 heavy.n=29 heavy.concentration_ratio=0.31 "
     "pkt.peak_1s=6 idle_close.n=0 tls.full=35 tls.resumed=0 tls.resumed_ratio=0 "
     "port.odd_ratio=0 port.distinct=35 dest.addr_distinct=1 dest.port_distinct=1 "
     "syn.retry_count=0 conn.established=35 conn.run_max=3 conn.turns=47 iat.beat=0 "
     "episode.beat=0 heavy.beat=0"},
    {"human-c7", SYC_LABEL_HUMAN_LIKE, NULL,
     "conn.count=9 conn.span_s=263 conn.rate_1s_peak=5 conn.parallel_peak=7 "
     "conn.unused_ratio=0.111 conn.turns_mean=16.9 conn.one_turn_ratio=0 "
     "conn.reuse_ratio=0.941 iat.n=8 iat.concentration_ratio=0 episode.n=38 "
     "episode.burstiness=-0.289 episode.memory=0.126 "
     "episode.concentration_ratio=0.316 episode.octets_cv=0.59 "
     "episode.octets_modal_ratio=0.103 heavy.n=28 heavy.concentration_ratio=0.357 "
     "pkt.peak_1s=7 idle_close.n=3 idle_close.cv=0.802 port.odd_ratio=0 "
     "port.distinct=9 dest.addr_distinct=2 dest.port_distinct=1 syn.retry_count=0 "
     "conn.established=9 conn.run_max=5 conn.turns=152 episode.beat=0 heavy.beat=0"},
    /* clang-format on */
};

static void
put_fact(struct syc_value *row, const char *name, const char *text)
{
    int field = syc_schema_find(&source_schema, name, strlen(name));

    assert_true(field >= 0);
    if (source_schema.fields[field].type == SYC_INT) {
        row[field] = int_value(atoll(text));
    } else if (source_schema.fields[field].type == SYC_REAL) {
        row[field] = real_value(atof(text));
    } else {
        row[field] = text_value(text);
    }
}

/* "name=value name=value" into a row; text values point into `copy`. */
static void
read_facts(const char *facts, char *copy, size_t size, struct syc_value *row)
{
    char *save = NULL;

    snprintf(copy, size, "%s", facts);
    for (char *p = strtok_r(copy, " ", &save); p; p = strtok_r(NULL, " ", &save)) {
        char *value = strchr(p, '=');

        assert_non_null(value);
        *value++ = '\0';
        for (char *tilde = value; (tilde = strchr(tilde, '~')) != NULL;) {
            *tilde = ' '; /* spaces part facts */
        }
        put_fact(row, p, value);
    }
}

static bool
has_kind(const struct syc_verdict *v, const char *kind)
{
    for (size_t i = 0; i < v->kind_count; i++) {
        if (strcmp(v->kinds[i], kind) == 0) {
            return true;
        }
    }
    return false;
}

static void
sources_of_the_lab_are_told_apart(void **state)
{
    static struct syc_verdict verdict;
    struct syc_ruleset *set = load_shipped();

    for (size_t i = 0; i < sizeof(lab) / sizeof(*lab); i++) {
        struct syc_value row[TEST_FIELDS] = {0};
        struct syc_subject subject = {.values = row};
        char copy[2048];

        read_facts(lab[i].facts, copy, sizeof(copy), row);
        syc_judge(set, NULL, &subject, 0, &verdict);
        if (verdict.label != lab[i].label) {
            fprintf(stderr, "%s: %s, score %d\n", lab[i].name, syc_label_name(verdict.label),
                    verdict.score);
        }
        assert_int_equal(verdict.label, lab[i].label);
        if (lab[i].kind) {
            assert_true(has_kind(&verdict, lab[i].kind));
        } else {
            assert_int_equal(verdict.kind_count, 0);
        }
    }
    syc_ruleset_free(set);
}

/* The contradictions of a stack are rules, not code: each, and the pairs that are none. */
static void
stacks_and_tools_are_judged_by_rules(void **state)
{
    static const struct {
        const char *facts, *rule; /* NULL: no evidence */
    } rows[] = {
        {"syn.n=1 syn.os_family=linux syn.ttl_initial=128", "ttl_contradicts_stack"},
        {"syn.n=1 syn.os_family=windows syn.ttl_initial=64", "ttl_contradicts_stack"},
        {"syn.n=1 syn.layout_family=linux syn.ttl_initial=128", "ttl_contradicts_stack"},
        {"syn.n=1 syn.layout_family=windows syn.ttl_initial=64", "ttl_contradicts_stack"},
        {"syn.n=1 syn.os_family=linux syn.layout_family=linux syn.ttl_initial=64", NULL},
        {"syn.n=1 syn.os_family=windows syn.layout_family=windows syn.ttl_initial=128", NULL},
        {"syn.n=1 syn.ttl_initial=128", NULL},
        {"syn.os_family=tool syn.match_quality=exact", "tool_signature"},
        {"syn.os_family=tool syn.match_quality=fuzzy", NULL},
        {"port.strategy=fixed conn.count=8", "port_fixed"},
        {"port.strategy=fixed conn.count=7", NULL},
        {"port.strategy=even conn.count=8", NULL},
        {"syn.os_family=linux port.odd_ratio=0.5 port.distinct=16", "port_odd_linux"},
        {"syn.os_family=windows port.odd_ratio=0.5 port.distinct=16", NULL},

        /* Linux: 64240 of MSS 1460 that a router lowered; 65535 of Android; 43690 of a loopback's 65495; none of 8192 */
        {"syn.n=1 syn.layout_family=linux syn.window_unit=value syn.window=64240 syn.mss=1380",
         NULL},
        {"syn.n=1 syn.layout_family=linux syn.window_unit=value syn.window=65535 syn.mss=1460",
         NULL},
        {"syn.n=1 syn.layout_family=linux syn.window_unit=value syn.window=43690 syn.mss=65495",
         NULL},
        {"syn.n=1 syn.layout_family=linux syn.window_unit=mss syn.window=7300 syn.mss=1460", NULL},
        {"syn.n=1 syn.layout_family=linux syn.window_unit=value syn.window=8192 syn.mss=1460",
         "window_contradicts_stack"},
        {"syn.n=1 syn.layout_family=windows syn.window_unit=value syn.window=65535 syn.wscale=8",
         NULL},
        {"syn.n=1 syn.layout_family=windows syn.window_unit=value syn.window=8192 syn.wscale=2",
         NULL},
        {"syn.n=1 syn.layout_family=windows syn.window_unit=floor65535 syn.wscale=7",
         "window_contradicts_stack"},

        {"syn.schedule_n=3 syn.os_family=windows syn.schedule=linear-4 hosts_estimated=1",
         "retry_contradicts_stack"},
        {"syn.schedule_n=3 syn.os_family=apple syn.schedule=exponential-1 hosts_estimated=1",
         "retry_contradicts_stack"},
        {"syn.schedule_n=3 syn.label=s:unix:Linux:3.10~to~4.18 syn.os_family=linux "
         "syn.schedule=linear-4 hosts_estimated=1",
         "retry_contradicts_stack"},
        {"syn.schedule_n=2 syn.os_family=windows syn.schedule=linear-4 hosts_estimated=1", NULL},
        {"syn.schedule_n=3 syn.os_family=windows syn.schedule=linear-4 hosts_estimated=2", NULL},
        {"syn.schedule_n=3 syn.os_family=windows syn.schedule=exponential-1 hosts_estimated=1",
         NULL},
        {"syn.schedule_n=3 syn.os_family=windows syn.schedule=exponential-3 hosts_estimated=1",
         NULL},
        {"syn.schedule_n=3 syn.os_family=linux syn.schedule=linear-4 hosts_estimated=1", NULL},
        {"syn.schedule_n=3 syn.os_family=linux syn.schedule=exponential-1 hosts_estimated=1", NULL},
        {"syn.schedule_n=3 syn.os_family=apple syn.schedule=linear-4 hosts_estimated=1", NULL},

        {"ip_id.n=5 syn.layout_family=linux ip_id.step=zero ip_id.step_ratio=1",
         "ip_id_contradicts_stack"},
        {"ip_id.n=5 syn.layout_family=windows ip_id.step=const ip_id.step_ratio=0.9",
         "ip_id_contradicts_stack"},
        {"ip_id.n=5 syn.layout_family=linux ip_id.step=random ip_id.step_ratio=1",
         "ip_id_contradicts_stack"},
        {"ip_id.n=4 syn.layout_family=linux ip_id.step=zero ip_id.step_ratio=1", NULL},
        {"ip_id.n=5 syn.layout_family=linux ip_id.step=zero ip_id.step_ratio=0.8", NULL},
        {"ip_id.n=5 syn.layout_family=linux ip_id.step=one ip_id.step_ratio=1", NULL},
        {"ip_id.n=5 syn.layout_family=windows ip_id.step=random ip_id.step_ratio=1", NULL},
        {"ip_id.n=5 syn.layout_family=apple ip_id.step=zero ip_id.step_ratio=1", NULL},

        {"syn.os_family=windows port.strategy=even port.distinct=20 hosts_estimated=1",
         "port_even_not_linux"},
        {"syn.os_family=linux port.strategy=even port.distinct=20 hosts_estimated=1", NULL},
        {"syn.os_family=windows port.strategy=even port.distinct=19 hosts_estimated=1", NULL},
        {"syn.os_family=windows port.strategy=even port.distinct=20 hosts_estimated=2", NULL},
        {"syn.os_family=linux port.strategy=sequential port.distinct=16 hosts_estimated=1",
         "port_sequential_linux"},
        {"syn.os_family=windows port.strategy=sequential port.distinct=16 hosts_estimated=1", NULL},

        {"ua.compared=3 ua.n=3 ua.conflict_ratio=0.5 ua.os=windows ua.stack_family=linux",
         "user_agent_contradicts_stack"},
        {"ua.compared=3 ua.n=3 ua.conflict_ratio=0.4 ua.os=windows ua.stack_family=linux", NULL},
        {"ua.compared=2 ua.n=2 ua.conflict_ratio=1 ua.os=windows ua.stack_family=linux", NULL},
        {"ua.n=8 ua.os_distinct=3 hosts_estimated=1", "user_agents_many_systems"},
        {"ua.n=8 ua.os_distinct=2 hosts_estimated=1", NULL},
        {"ua.n=8 ua.os_distinct=3 hosts_estimated=2", NULL},

        {"tls.compared=3 tls.os_family=apple tls.stack_family=linux tls.conflict_ratio=1",
         "tls_contradicts_stack"},
        {"tls.compared=2 tls.os_family=apple tls.stack_family=linux tls.conflict_ratio=1", NULL},
        {"tls.compared=9 tls.os_family=apple tls.stack_family=linux tls.conflict_ratio=0.4", NULL},
        {"tls.compared=3 tls.os_family=apple tls.conflict_ratio=0", NULL},
        {"tls.compared=3 tls.os_family=windows tls.conflict_ratio=0 ua.os=macos hosts_estimated=1",
         "tls_contradicts_stack"},
        {"tls.compared=3 tls.os_family=windows tls.conflict_ratio=0 ua.os=macos hosts_estimated=2",
         NULL},
        {"tls.compared=3 tls.os_family=windows tls.conflict_ratio=0 ua.os=windows "
         "hosts_estimated=1",
         NULL},

        {"syn.n=2 link.mtu=1420 link.label=WireGuard", "tunnel_mtu"},
        {"syn.n=2 link.mtu=1500 link.label=Ethernet", NULL},
        {"syn.n=2 link.mtu=1492 link.label=PPPoE~(DSL)", NULL},

        {"syn.n=4 syn.ts_stripped_ratio=0.5", "timestamps_stripped"},
        {"syn.n=4 syn.ts_stripped_ratio=0.25", NULL},
    };
    static struct syc_verdict verdict;
    struct syc_ruleset *set = load_shipped();

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct syc_value row[TEST_FIELDS] = {0};
        struct syc_subject subject = {.values = row};
        char copy[256];

        read_facts(rows[i].facts, copy, sizeof(copy), row);
        syc_judge(set, NULL, &subject, 0, &verdict);
        assert_int_equal(verdict.evidence_count, rows[i].rule != NULL);
        if (rows[i].rule) {
            assert_string_equal(verdict.evidence[0].rule, rows[i].rule);
        }
    }
    syc_ruleset_free(set);
}

int
test_shipped_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shipped_rule_loads_without_a_finding),
        cmocka_unit_test(shipped_files_are_sorted_and_named_after_their_rule),
        cmocka_unit_test(every_shipped_rule_is_documented_and_scores),
        cmocka_unit_test(weak_rules_do_not_decide_alone),
        cmocka_unit_test(sources_of_the_lab_are_told_apart),
        cmocka_unit_test(stacks_and_tools_are_judged_by_rules),
    };

    return cmocka_run_group_tests_name("rules: shipped", tests, NULL, NULL);
}
