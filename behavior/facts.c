/*
 * The schema, and what several facts share.
 *
 * The list in facts.h makes enum, schema, groups and documentation at once: a fact without a name, or a
 * name without a fact, does not compile.
 *
 * Facts are made on demand. Of 50 shipped rules two thirds abstain for want of a sample, and most of the others stop at
 * their first test: hosts, for one, were a fifth of all facts' cost and are asked for by few sources (callgrind).
 * What is made does not depend on when: a group is a function of the view alone.
 */

#include "behavior/facts.h"

#include "behavior/behavior.h"

#include <string.h>

static const struct syc_field fields[FACT_COUNT] = {
#define X(id, group, name, type, optional, doc) {name, SYC_##type, optional, doc},
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

/* ------------------------------------------------------------ promises */

static const uint8_t group_of[FACT_COUNT] = {
#define X(id, group, name, type, optional, doc) [FACT_##id] = GROUP_##group,
    SYC_FACT_LIST(X)
#undef X
};

/* Everything absent first: a group's function fills what it can tell, and rules abstain on the rest. */
static void
keep(const struct syc_promise *promise)
{
    static void (*const functions[GROUP_COUNT])(const struct basis *b, struct syc_value *row) = {
#define X(id, function) [GROUP_##id] = function,
        SYC_GROUP_LIST(X)
#undef X
    };
    const struct group_promise *p = (const struct group_promise *)(const void *)promise;
    struct facts *f = p->facts;

    for (size_t i = f->fields_of[p->group]; i < f->fields_of[p->group + 1]; i++) {
        f->row[f->fields[i]] = (struct syc_value){.type = SYC_ABSENT};
    }
    functions[p->group](&f->basis, f->row);
}

/* The first member, so that keep() finds the whole. */
_Static_assert(offsetof(struct group_promise, promise) == 0, "a promise is its group's");
_Static_assert(FACT_COUNT <= UINT8_MAX, "numbers of facts fit an octet");

void
syc_facts_init(struct facts *f, const struct stacks *stacks, const struct agents *agents)
{
    uint8_t n = 0;

    memset(f, 0, sizeof(*f));
    f->basis = (struct basis){.stacks = stacks, .agents = agents, .texts = &f->texts};
    for (enum fact_group g = GROUP_GIVEN; g < GROUP_COUNT; g++) {
        f->promises[g] = (struct group_promise){{keep}, f, g};
        f->fields_of[g] = n;
        for (size_t i = 0; i < FACT_COUNT; i++) {
            if (group_of[i] != g) {
                continue;
            }
            f->fields[n++] = (uint8_t)i;
            if (g != GROUP_GIVEN) {
                f->promised[i].type = SYC_PROMISED;
                f->promised[i].u.promise = &f->promises[g].promise;
            }
        }
    }
    f->fields_of[GROUP_COUNT] = n;
}

void
syc_facts_promise(struct facts *f, const struct view *v, const struct syc_signatures *signatures)
{
    f->basis.view = *v;
    f->basis.signatures = signatures;
    memcpy(f->row, f->promised, sizeof(f->row));
}

const struct syc_value *
syc_subject_values(const struct syc_subject *s)
{
    for (size_t i = 0; i < FACT_COUNT; i++) {
        syc_value_made(&s->values[i]);
    }
    return s->values;
}

/* ------------------------------------------------------------ gaps */

/*
 * Three series (starts, episodes, heavy episodes) have the same facts in the same order, so one
 * function fills each from its first index on.
 */
void
syc_facts_gaps(const struct view *v, size_t count, unsigned parts, int64_t concentration_least,
               enum fact mean, struct syc_value *row)
{
    static const char *const drift_words[] = {NULL, "schedule", "sleep"};
    struct gaps gaps;

    syc_gaps_measure(v->work, count, parts, concentration_least, v->wave, v->work + v->work_each,
                     &gaps);
    for (size_t i = 0; i < GAP_REAL_COUNT; i++) {
        fact_real(row, (enum fact)(mean + i), gaps.real[i]);
    }
    fact_text(row, (enum fact)(mean + GAP_REAL_COUNT), drift_words[gaps.drift]);
}
