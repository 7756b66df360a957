#ifndef SYC_TEST_RULES_GROUPS_H
#define SYC_TEST_RULES_GROUPS_H

/*
 * Purpose           one function a subject of rules/, and what the subjects share
 * Input and output  a group returns how many of its tests failed; texts in, findings and rows compared
 * Ownership         a `rules_case` owns its set; rows borrow the texts they are given
 * Limits            rows of TEST_FIELDS values
 * Not here          the tests
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rules/rules.h"

int test_yaml_group(void);
int test_load_group(void);
int test_condition_group(void);
int test_modifiers_group(void);
int test_score_group(void);
int test_judge_group(void);
int test_shipped_group(void);
int test_memory_group(void);
int test_property_group(void);
int test_watch_group(void);
int test_correlation_faults_group(void);
int test_correlate_group(void);

/* A small schema of every type ("thing"), and the facts of sources by the names of the event ("source"). */
extern const struct syc_schema thing_schema;
extern const struct syc_schema source_schema;
enum { THING_FIELDS = 9, TEST_FIELDS = 160 };

/* A set with both schemas and the syncopate key; aborts the test when memory is short. */
struct syc_ruleset *new_set(void);

/* Parse text as `file` and expect SYC_OK. */
void parse(struct syc_ruleset *set, const char *file, const char *text);

/* Rules over "thing" of product p, sealed, as the Sigma engine alone has them; faults are for the test to look at. */
struct syc_sigma *load_things(const char *text);

/*
 * Load text as t.yml into a fresh set and compare all findings with `expected`: one a line, in order,
 * "LINE:COLUMN CODE". Then compare the count of loaded rules.
 */
void expect_findings(const char *text, const char *expected, size_t loaded);

/* A rule over "thing" around a detection (indented by 4) : lines 1..4 are the head, the detection starts at 5. */
#define THING_HEAD                                                                                 \
    "title: T\n"                                                                                   \
    "name: t\n"                                                                                    \
    "logsource: {product: syncopate, category: thing}\n"                                           \
    "detection:\n"

/* What missing[i] of a verdict lacked, in a buffer that the next call overwrites. */
const char *needs_of(const struct syc_verdict *v, size_t i);

/* Values by field name; fields not named stay absent. */
struct syc_value int_value(int64_t i);
struct syc_value real_value(double f);
struct syc_value bool_value(bool b);
struct syc_value text_value(const char *text);
struct syc_value addr_value(const char *text);
void put(const struct syc_schema *schema, struct syc_value *row, const char *name,
         struct syc_value value);

/* Does the first rule of the text (over "thing") match the row? The text must load without errors. */
bool matches(const char *text, const struct syc_value *row);

/* All findings of a set on stderr, for the reader of a failed test. */
void show_findings(const struct syc_ruleset *set);

#endif
