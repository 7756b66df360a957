#ifndef SYC_RULES_H
#define SYC_RULES_H

/*
 * Purpose           what that means: Sigma rules over typed values, and their sum as a verdict
 * Input and output  YAML texts become an immutable rule set; a row of values becomes hits; hits become a score that
 *                   a person can redo
 * Ownership         a rule set is one arena, immutable once loaded, shared by any number of evaluations
 * Limits            1 MiB a file, depth 64, 10,000 rules, 64 tests a rule
 * Not here          where values come from: the engine knows schemas, not packets
 *
 * sigma.h (this folder) is the Sigma engine alone, findings included (struct syc_rule_problem); this header adds
 * the `syncopate:` key and the scoring.
 *
 * A verdict is a pure function of the set and the row: no time, no order of files, no memory of other subjects.
 * That is what lets a stored record be judged again with the same result, and a person redo the sum from the
 * evidence.
 */

#include "behavior/behavior.h"
#include "rules/cases.h"
#include "rules/correlate.h"

struct syc_ruleset;

/* An empty set that knows these schemas (borrowed, must outlive it). NULL when memory is short. */
struct syc_ruleset *syc_ruleset_new(const struct syc_schema *const *schemas, size_t count);

/* Free the set; NULL is fine. Verdicts point into it: they end with it. */
void syc_ruleset_free(struct syc_ruleset *set);

/*
 * Add a file's documents. One with an error is refused whole, the others load.
 *
 * file, text  borrowed for the call
 * returns     SYC_OK also when documents were refused (syc_ruleset_problems says why); SYC_NO_MEMORY; SYC_USAGE when
 *             the set is sealed
 */
enum syc_status syc_ruleset_parse(struct syc_ruleset *set, const char *file, const char *text,
                                  size_t n) SYC_MUST_CHECK;

/*
 * After the last parse: order the rules that judge by name, compute the digest. Evaluation needs it.
 *
 * returns  SYC_OK; SYC_NO_MEMORY; SYC_USAGE the second time
 */
enum syc_status syc_ruleset_seal(struct syc_ruleset *set) SYC_MUST_CHECK;

/* How many documents were taken; refused for an error; left alone because they are of another product. */
size_t syc_ruleset_loaded(const struct syc_ruleset *set);
size_t syc_ruleset_refused(const struct syc_ruleset *set);
size_t syc_ruleset_skipped(const struct syc_ruleset *set);

/* Rule i of syc_ruleset_loaded(), in order of loading: its metadata for dumps and explanations. */
const struct syc_sigma_rule *syc_ruleset_rule(const struct syc_ruleset *set, size_t i);

/* The schema of connections, which correlations are over: the set's own, beside those it was given. */
const struct syc_schema *syc_ruleset_connections(const struct syc_ruleset *set);

/* Does a rule that judges (or the label) read this field of the category "source"? Sealed sets only. */
bool syc_ruleset_judges_by(const struct syc_ruleset *set, size_t field);

/* All rules as YAML documents again, normalized: they load as the same. SYC_OK, SYC_NO_MEMORY; SYC_IO when write fails. */
enum syc_status syc_ruleset_dump(const struct syc_ruleset *set,
                                 bool (*write)(void *user, const char *text, size_t n),
                                 void *user) SYC_MUST_CHECK;

/* All findings, errors and warnings, by file and place; *out is the set's. Returns how many. */
size_t syc_ruleset_problems(const struct syc_ruleset *set, const struct syc_rule_problem **out);
const char *
syc_ruleset_digest(const struct syc_ruleset *set); /* "sha256:..." over the loaded texts */

/* What a verdict says in one word. Insufficient is an answer of its own: no evidence never reads as "human". */
enum syc_label {
    SYC_LABEL_INSUFFICIENT,
    SYC_LABEL_HUMAN_LIKE,
    SYC_LABEL_UNCLEAR,
    SYC_LABEL_AUTOMATION,
    SYC_LABEL_MIXED,
    SYC_LABEL_COUNT
};

/* The label as events write it; static. */
const char *syc_label_name(enum syc_label label);

/*
 * Fixed, so that judging allocates nothing; the shipped rules reach none of them. What is cut is
 * cut by a stated order.
 */
enum { SYC_EVIDENCE_MAX = 64, SYC_EVIDENCE_VALUES = 16, SYC_MISSING_MAX = 64 };

/* A rule that fired. Texts point into the rule set, values into the subject. */
struct syc_evidence {
    const char *rule; /* its name */
    const char *rule_id;
    const char *title;
    const char *group; /* never NULL: the rule's name when it states none */
    const char *level; /* NULL if none */
    const char *kind;  /* NULL if none */
    const char *
        filter; /* `syncopate.filter`: a Wireshark display filter without the address part; NULL if none */
    double points;   /* 1..99 */
    double log_odds; /* ln(points / (100 - points)) */
    bool hard;
    bool
        counted; /* false: a stronger rule of its group was taken, or hard evidence stands against it */
    const char *identifiers[SYC_EVIDENCE_VALUES]; /* search identifiers that matched */
    size_t identifier_count;
    struct {
        const char *name;
        const struct syc_value *value;
        bool held; /* a test of it held: it made the rule fire, and was not only read */
    } values[SYC_EVIDENCE_VALUES]; /* every field read that is present, in schema order */
    size_t value_count;
    int64_t n; /* the sample size it names in `needs` (the first), SYC_NONE if none */
    const struct syc_correlated
        *correlated; /* a correlation's own connections and window; else NULL */
};

/*
 * A rule that could not speak; what it lacked is put into words by syc_missing_needs(), when
 * somebody wants to read it.
 */
struct syc_missing {
    const char *rule;
    const struct syc_sigma_rule *about; /* NULL: there is no rule at all */
    enum syc_lack { SYC_LACKS_NEEDS, SYC_LACKS_RAMP, SYC_NO_MATCH } why;
};

/* Plain data of the caller; borrows from the rule set and the subject. A good 30 kB: keep one and use it again. */
struct syc_verdict {
    const struct syc_subject *subject;
    enum syc_label label;
    int score; /* 0..100 */
    double log_odds, prior;
    struct syc_evidence evidence[SYC_EVIDENCE_MAX]; /* strongest first */
    size_t evidence_count;
    struct syc_missing missing[SYC_MISSING_MAX];
    size_t missing_count;
    const char *kinds
        [SYC_EVIDENCE_MAX]; /* distinct kinds of counted evidence for automation, strongest first */
    size_t kind_count;
};

/*
 * Evaluate every rule of category "source" that scores over a subject's facts, and every correlation that scores over
 * what was seen of the subject's connections, and add them up.
 *
 * - points p are log-odds ln(p / (100 - p)), points of ramps rounded to one decimal; of each group the largest
 *   magnitude is counted; the sum and the prior give the score
 * - beside hard evidence nothing below 50 points is counted
 * - ties go by rule name; when more than SYC_EVIDENCE_MAX rules fire the weakest that are not hard are left out
 * - automation from 70 on; human-like up to 30 and with 20 gaps (iat.n or episode.n) or 20 exchanges
 *   (conn.turns_mean * conn.count); else unclear; without evidence insufficient, and missing is never empty
 *
 * correlate  finished, or NULL: no correlation fires
 * prior      log-odds added to the sum; 0 by default
 * cost       O(tests of all rules); no allocation
 * The label SYC_LABEL_MIXED is for who compares the subjects of one source; it is never set here.
 */
void syc_judge(const struct syc_ruleset *set, const struct syc_correlate *correlate,
               const struct syc_subject *subject, double prior, struct syc_verdict *out);

/*
 * What missing[i] of a verdict lacked: "7 of 10 gaps", several joined by commas as far as they fit.
 *
 * v  with its subject's values still there
 */
enum { SYC_NEEDS_TEXT = 64 };
void syc_missing_needs(const struct syc_verdict *v, size_t i, char out[SYC_NEEDS_TEXT]);

/*
 * All that the text of missing[i] is made of beside the rule's own words: of one rule of one rule set, equal keys have equal
 * texts.
 *
 * returns  words in out, at most room; 0 when they do not fit
 */
size_t syc_missing_key(const struct syc_verdict *v, size_t i, uint64_t *out, size_t room);

/*
 * The rule and signature files built into the program: name ("default/cadence_metronome.yml") and text. Loaded
 * like any user's file, so that what is shipped is checked by the same reader.
 */
struct syc_shipped {
    const char *name;
    const char *text;
    size_t n;
};
extern const struct syc_shipped syc_shipped_rules[];
extern const size_t syc_shipped_rule_count;
extern const struct syc_shipped syc_shipped_signatures[];
extern const size_t syc_shipped_signature_count;

#endif
