/*
 * Facts of the client's SYNs: which stack sends them, and how it repeats them.
 *
 * Several stacks behind one address are NAT or a mix of tools, so the number of fingerprints is
 * told beside the commonest. Retries name the system where the SYN itself is forged.
 */

#include "behavior/facts.h"

#include "behavior/mark.h"

/* As for the other shares of outcomes (cadence 3). */
enum { LEAST_RETRY = 5 };

void
syc_facts_signature(struct stack *stack, const struct syc_signatures *signatures,
                    struct syc_value *row)
{
    const struct syc_match *match = syc_stack_match(stack, signatures);
    struct syc_link link;

    fact_int(row, FACT_SYN_TTL, stack->syn.ttl_initial);
    syc_facts_layout(stack, row);
    if (signatures == NULL) {
        return;
    }
    fact_text(row, FACT_SYN_FAMILY, match->os_family);
    fact_text(row, FACT_SYN_LABEL, match->label);
    fact_text(row, FACT_SYN_QUALITY, syc_quality_name(match->quality));
    if (!match->app && syc_signatures_link(signatures, &stack->syn, &link)) {
        fact_int(row, FACT_LINK_MTU, link.mtu);
        fact_text(row, FACT_LINK_LABEL, link.label);
    }
}

/* Ranks, not indexes: they do not depend on which record came first. */
void
syc_facts_syn(const struct basis *b, struct syc_value *row)
{
    const struct view *v = &b->view;
    int64_t *ranks = v->work;
    int64_t *prints = v->work + v->work_each;
    int64_t *spare = v->work + 2 * v->work_each;
    size_t n = 0;
    size_t distinct;
    int64_t best;

    for (size_t i = 0; i < v->count; i++) {
        if (v->marks[i]->stack != STORE_NONE) {
            const struct stack *stack = b->stacks->list[v->marks[i]->stack];
            ranks[n] = stack->rank;
            prints[n++] = stack->print;
        }
    }
    if (n == 0) {
        return;
    }
    syc_sort_numbers(ranks, n, spare);
    syc_sort_numbers(prints, n, spare);
    best = syc_sort_commonest(ranks, n, &distinct);
    syc_sort_commonest(prints, n, &distinct);
    fact_int(row, FACT_SYN_DISTINCT, (int64_t)distinct);
    syc_facts_signature(b->stacks->order[best], b->signatures, row);
}

/*
 * The commonest schedule among connections that have one; of equally common ones the first in the
 * list.
 */
void
syc_facts_retry(const struct basis *b, struct syc_value *row)
{
    const struct view *v = &b->view;
    uint64_t schedules[SCHEDULE_COUNT] = {0};
    uint64_t starts = 0, repeated = 0, repeats = 0, unanswered = 0;
    size_t best = SCHEDULE_NONE;

    for (size_t i = 0; i < v->count; i++) {
        const struct mark *m = v->marks[i];
        starts += m->syn_count > 0;
        repeated += m->syn_count > 1;
        repeats += m->syn_count > 1 ? m->syn_count - 1U : 0;
        unanswered += (m->flags & MARK_UNANSWERED) != 0 ? m->syn_count : 0;
        schedules[m->schedule]++;
    }
    if (starts > 0) {
        fact_int(row, FACT_SYN_RETRY_COUNT, (int64_t)repeats);
        fact_int(row, FACT_SYN_UNANSWERED, (int64_t)unanswered);
        fact_ratio(row, FACT_SYN_RETRY_RATIO, repeated, starts, LEAST_RETRY);
    }
    schedules[SCHEDULE_NONE] = 0;
    for (size_t i = SCHEDULE_NONE + 1; i < SCHEDULE_COUNT; i++) {
        best = schedules[i] > schedules[best] ? i : best;
    }
    if (best != SCHEDULE_NONE) {
        fact_text(row, FACT_SYN_SCHEDULE, syc_schedule_name((enum schedule)best));
    }
}
