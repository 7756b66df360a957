/*
 * The schema, and what several facts share.
 *
 * The list in facts.h makes enum, schema and documentation at once: a fact without a name, or a
 * name without a fact, does not compile.
 */

#include "behavior/facts.h"

#include "behavior/behavior.h"

static const struct syc_field fields[FACT_COUNT] = {
#define X(id, name, type, optional, doc) {name, SYC_##type, optional, doc},
    SYC_FACT_LIST(X)
#undef X
};

const struct syc_schema syc_source_schema = {"source", fields, FACT_COUNT};

const char *
syc_subject_name(enum syc_subject_kind kind)
{
    static const char *const names[] = {
#define X(id, name) name,
        SYC_SUBJECT_LIST(X)
#undef X
    };

    return names[kind];
}

/*
 * Three series (starts, episodes, heavy episodes) have the same facts in the same order, so one
 * function fills each from its first index on.
 */
void
syc_facts_gaps(const struct view *v, size_t count, int64_t concentration_least, enum fact mean,
               struct syc_value *row)
{
    static const char *const drift_words[] = {NULL, "schedule", "sleep"};
    struct gaps gaps;

    syc_gaps_measure(v->work, count, concentration_least, v->wave, v->work + v->work_each, &gaps);
    fact_int(row, (enum fact)(mean - 1), gaps.n);
    for (size_t i = 0; i < GAP_REAL_COUNT; i++) {
        fact_real(row, (enum fact)(mean + i), gaps.real[i]);
    }
    fact_text(row, (enum fact)(mean + GAP_REAL_COUNT), drift_words[gaps.drift]);
}
