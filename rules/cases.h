#ifndef SYC_CASES_H
#define SYC_CASES_H

/*
 * Purpose           cases of a rule: facts or a capture in, what the rule and the verdict must make of them out
 * Input and output  the text of a NAME.test.yml; one result a case
 * Ownership         nothing is kept; results are valid during the callback
 * Limits            those of rule files (sigma.h)
 * Not here          which files there are, and how a capture is run (tools/)
 *
 *     rule: beacon_starts
 *     cases:
 *       - name: a steady beat
 *         event: {iat: {n: 40, concentration_ratio: 0.95}}      # facts, nested or with dots; the others are absent
 *         expect: {match: true, points: 95, identifier: narrow}
 *       - name: too few
 *         event: {iat.n: 7, iat.concentration_ratio: 0.95}
 *         expect: {match: false, missing: 7 of 10 gaps}
 *       - name: curl in a loop
 *         capture: loop.pcap                                    # in the folder of the cases
 *         source: 192.0.2.7
 *         expect: {match: true, label: automation, kinds: [beacon]}
 */

#include "rules/sigma.h"

struct syc_ruleset;
struct syc_verdict;

struct syc_case_result {
    const char *rule, *name;
    unsigned line;
    const char *wrong; /* NULL: it is as expected */
};

/* What the caller does for the cases. */
struct syc_case_runner {
    void (*told)(void *user, const struct syc_case_result *result);
    /*
     * Run the file that a case names, by the rules of the set that is tested, and hand over each verdict.
     *
     * returns  SYC_OK; SYC_NO_MEMORY; any other: *err says why it was not read whole
     */
    enum syc_status (*play)(void *user, const char *path,
                            void (*hear)(void *to, const struct syc_verdict *v), void *to,
                            struct syc_error *err);
    void *user;
};

/*
 * Run the cases of one file against the rules of a sealed set.
 *
 * returns  SYC_OK, whatever the results; SYC_SYNTAX (*err: no file of cases, or it names what is not there);
 *          SYC_IO (*err: a capture that is not read whole); SYC_NO_MEMORY
 */
enum syc_status syc_ruleset_test(const struct syc_ruleset *set, const char *file, const char *text,
                                 size_t n, const struct syc_case_runner *runner,
                                 struct syc_error *err) SYC_MUST_CHECK;

#endif
