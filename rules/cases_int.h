#ifndef SYC_CASES_INT_H
#define SYC_CASES_INT_H

/*
 * Purpose           what the files of cases (cases*.c) share
 * Input and output  nodes of a file of cases in, an answer out, and what is wrong with it
 * Ownership         all that an answer holds is the document's arena's
 * Limits            one case at a time
 * Not here          the face (cases.h)
 *
 *     cases.c --event--> cases_facts.c --> cases_ask.c --> answer --> cases_expect.c --> told()
 *        '------capture, run by the caller-----'
 */

#include "rules/cases.h"
#include "rules/rules.h"
#include "rules/sigma_int.h"

enum { SYC_CASE_WRONG = 200 };

/* One file at work. */
struct cases {
    const struct syc_ruleset *set;
    const struct syc_case_runner *runner;
    const struct syc_sigma_rule *rule;
    struct syc_arena *arena; /* of the document */
    struct syc_error *err;
    const char *file;
    enum syc_status status;
    struct syc_value *row;
    struct syc_verdict *verdict;
};

/* Of several verdicts: the strongest evidence of the rule, the first need that was lacking. */
struct answer {
    bool match;
    double points;
    char missing[SYC_NEEDS_TEXT];
    const char *identifiers[SYC_EVIDENCE_VALUES];
    size_t identifier_count;
    const char *label; /* of the source that the case names; NULL without */
    const char *kinds[SYC_EVIDENCE_MAX];
    size_t kind_count;
};

/*
 * The file cannot be used; the first fault is the one that is told.
 *
 * word     quoted behind what, or NULL
 */
void syc_cases_fault(struct cases *c, const struct syc_yaml_node *node, const char *what,
                     const char *word);

/*
 * Facts of a map into c->row, which has a value for each field of the rule's schema. Maps are the first words of
 * names: {iat: {n: 7}} is iat.n. What is no fact, or no value of one, is a fault of the file.
 */
void syc_cases_read_facts(struct cases *c, const struct syc_yaml_node *map);

/* What the rule makes of facts; c->status tells of a fault, or of short memory. */
void syc_cases_ask_facts(struct cases *c, const struct syc_yaml_node *event, struct answer *out);

/* What a run makes of a capture, for the rule and, where it is given, the source. c->status as above. */
void syc_cases_ask_capture(struct cases *c, const struct syc_yaml_node *capture,
                           const struct syc_yaml_node *source, struct answer *out);

/* One member of `expect`; what is wrong goes into the text, the first of several stays. */
void syc_cases_compare(struct cases *c, const struct syc_yaml_node *want, const struct answer *got,
                       char wrong[SYC_CASE_WRONG]);

#endif
