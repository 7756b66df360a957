#ifndef SYC_SCORE_INT_H
#define SYC_SCORE_INT_H

/*
 * Purpose           the `syncopate:` key of a rule: what it weighs, and when it must stay silent
 * Input and output  score_key.c reads it from YAML, score.c adds it up
 * Ownership         lives in the rule set's arena, as the rule's `extra`
 * Limits            8 needs a rule
 * Not here          the detection itself (sigma.h)
 *
 * score_key.c guarantees, and score.c does not check again: 1 <= points <= 99, so log-odds are finite; from differs
 * from to, so the slope is; needs and ramp name numeric fields of the rule's own schema, so row[field] is there.
 */

#include "rules/rules.h"
#include "rules/sigma.h"

enum { SYC_NEEDS_MAX = 8 };

/* Whom a rule is asked about that does not say: a client, all of it or a part. Groups of clients have other measures. */
enum {
    SYC_SUBJECTS_DEFAULT =
        1 << SYC_SUBJECT_SOURCE | 1 << SYC_SUBJECT_PAIR | 1 << SYC_SUBJECT_SUBSTREAM
};

/* The least figure of a fact below which the rule abstains. An absent fact counts as below. */
struct syc_need {
    uint16_t field;
    bool
        sample; /* the size of a sample ("episode.n"): 0 of it is a count, no value is that nobody could count */
    double least;
    const char *unit; /* "gaps" */
    const char *of;   /* " of 10 gaps", which every verdict with too few repeats */
};

/* One rule's key, read and checked. */
struct syc_score_key {
    const char *group; /* never NULL: the rule's name without one */
    const char *kind;
    const char *filter;
    bool hard;
    bool scores; /* it has points or a ramp */
    bool has_ramp;
    unsigned subjects; /* bit n: it is asked about subjects of kind n */
    uint16_t ramp_field;
    double from, to;        /* of the ramp */
    double points[2];       /* at from and at to; equal without a ramp */
    const uint16_t *fields; /* every field that rule, ramp and needs read; ascending, each once */
    size_t field_count;
    struct syc_need needs[SYC_NEEDS_MAX];
    size_t need_count;
};

/*
 * A rule that judges, and what silences it mostly: two of three find their first need not met, and learning that from the
 * rule's own key took three loads that wait for each other.
 */
struct syc_asked {
    const struct syc_sigma_rule *rule; /* first, so that syc_sigma_compare_names() orders these */
    double least;                      /* of its first need */
    uint16_t field;
    bool needs;       /* it has one */
    uint8_t subjects; /* bit n: it is asked about subjects of kind n */
};
_Static_assert(SYC_SUBJECT_COUNT <= 8, "a bit for each kind of subject");

/* Immutable once sealed (judges is set by that), so that several judges may share it. */
struct syc_ruleset {
    struct syc_sigma *sigma;
    struct syc_schema *connections;
    const struct syc_schema *sources; /* the one of category "source"; NULL without */
    const struct syc_schema **schemas;
    struct syc_asked *judges; /* rules of category "source" and correlations that score, by name */
    size_t judge_count;
};

/* 7, 0.25, 12.5: at most three places, none that is idle; "many" from 10^15 on. */
enum { SYC_FIGURE_TEXT = 32 };
void syc_score_figure(double f, char out[SYC_FIGURE_TEXT]);

/* The reader that syc_ruleset_new() hands to the Sigma engine. */
extern const struct syc_sigma_extension syc_score_extension;

#endif
