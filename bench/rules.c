/*
 * The shipped rules, again and again under other names until there are 100, over the facts of one source: a poller with
 * 60 connections, of whom a good twenty rules have something to say. bench/rules.sh counts what a round costs.
 *
 *   rules ROUNDS
 */

#include "rules/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RULES = 100, CONNECTIONS = 60 };

struct bench {
    struct syc_ruleset *set;
    long rounds;
    struct syc_verdict verdict;
};

/* Ids must differ, too: one digit of them and one letter of the name. */
static void
load_copy(struct syc_ruleset *set, const struct syc_shipped *file, int copy)
{
    char *text = strdup(file->text);
    char *id = text != NULL ? strstr(text, "\nid: ") : NULL;
    char *name = text != NULL ? strstr(text, "\nname: ") : NULL;

    if (id != NULL && name != NULL) {
        id[5] = "0123456789abcdef"[copy];
        name[7] = (char)('a' + copy);
        if (syc_ruleset_parse(set, file->name, text, file->n) != SYC_OK) {
            exit(2);
        }
    }
    free(text);
}

static struct syc_ruleset *
make_rules(void)
{
    static const struct syc_schema *const schemas[] = {&syc_source_schema};
    struct syc_ruleset *set = syc_ruleset_new(schemas, 1);

    for (int copy = 0; syc_ruleset_loaded(set) < RULES && copy < 16; copy++) {
        for (size_t i = 0; i < syc_shipped_rule_count && syc_ruleset_loaded(set) < RULES; i++) {
            load_copy(set, &syc_shipped_rules[i], copy);
        }
    }
    if (syc_ruleset_seal(set) != SYC_OK) {
        exit(2);
    }
    return set;
}

static void
feed(struct syc_cadence *c, int i)
{
    const struct syc_exchange x = {.offset_us = 2000,
                                   .client_octets = 100,
                                   .client_packets = 1,
                                   .answered = 1,
                                   .answer_offset_us = 3000,
                                   .first_flight_octets = 500,
                                   .server_octets = 500,
                                   .server_packets = 1};
    struct syc_record r;

    syc_record_init(&r);
    r.key.ip_v = 4;
    r.key.client_port = (uint16_t)(40000 + 2 * i);
    r.key.server_port = 80;
    r.start_us = i * INT64_C(5000000) + i * 7919 % 400000;
    r.flow_id = i;
    r.dur_us = 9000;
    r.syn_count = 1;
    r.ack_us = r.established_us = 1000;
    r.state = SYC_STATE_SF;
    r.close_kind = SYC_CLOSE_CLIENT_FIRST;
    r.close_first = SYC_FIRST_CLIENT;
    r.fin_us[0] = 6000;
    r.fin_us[1] = 7000;
    r.protocol = SYC_PROTOCOL_HTTP1;
    r.requests = 1;
    r.setup_turns = r.setup_bytes = r.setup_pkts = 0;
    r.exchanges = &x;
    r.exchange_count = 1;
    syc_cadence_feed(c, &r);
}

static void
judge(void *user, struct syc_visit *v)
{
    struct bench *b = user;

    for (long i = 0; i < b->rounds; i++) {
        syc_judge(b->set, NULL, syc_visit_source(v), 0, &b->verdict);
    }
}

int
main(int argc, char **argv)
{
    static struct bench b;
    struct syc_cadence *c = syc_cadence_new(NULL, 1 << 24);

    b.rounds = argc > 1 ? atol(argv[1]) : 1;
    b.set = make_rules();
    for (int i = 0; i < CONNECTIONS; i++) {
        feed(c, i);
    }
    if (syc_cadence_finish(c, judge, &b) != SYC_OK) {
        return 2;
    }
    printf("%zu rules, %zu of them fired, score %d\n", syc_ruleset_loaded(b.set),
           b.verdict.evidence_count, b.verdict.score);
    syc_cadence_free(c);
    syc_ruleset_free(b.set);
    return 0;
}
