/* The schema, and what several facts share. */

#include "behavior/facts.h"

#include "behavior/behavior.h"

static const struct syc_field fields[FACT_COUNT] = {
#define X(id, name, type, optional, doc) {name, SYC_##type, optional, doc},
    SYC_FACT_LIST(X)
#undef X
};

const struct syc_schema syc_source_schema = {"source", fields, FACT_COUNT};

void
syc_facts_gaps(struct syc_value *row, enum fact mean, const int64_t *instants, size_t count,
               int64_t concentration_least, int64_t *work)
{
    static const char *const drift_words[] = {NULL, "schedule", "sleep"};
    struct gaps gaps;

    syc_gaps_measure(instants, count, concentration_least, work, &gaps);
    fact_int(row, (enum fact)(mean - 1), gaps.n);
    for (size_t i = 0; i < GAP_REAL_COUNT; i++) {
        fact_real(row, (enum fact)(mean + i), gaps.real[i]);
    }
    fact_text(row, (enum fact)(mean + GAP_REAL_COUNT), drift_words[gaps.drift]);
}
