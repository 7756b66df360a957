/*
 * Facts that a stack contradicts or bears out: the layout of its SYN against its window and scale, its IP IDs, and
 * the systems that its User-Agents and TLS libraries name.
 *
 * What is compared is compared within one connection, or over connections of one system family: behind an address may
 * stand several hosts, and the commonest SYN of one beside the commonest User-Agent of another is no contradiction.
 */

#include "behavior/facts.h"

#include <string.h>

/* As Linux and Windows set a window for an MSS: its largest multiple up to 65535. */
static uint32_t
window_for(uint32_t mss)
{
    return 65535 / mss * mss;
}

/*
 * The window was made for a larger MSS than the SYN carries, that of a usual link: a router lowered the option since,
 * as those before a tunnel or PPPoE do. A host that is itself behind the small MTU has a window to match.
 */
static void
lowered_fact(const struct stack *stack, struct syc_value *row)
{
    static const uint16_t usual[] = {8960, 8940, 1460, 1452, 1440, 1432};
    const struct syc_syn *syn = &stack->syn;

    if (syn->mss < 536 || stack->layout == NULL || strcmp(stack->layout, "apple") == 0 ||
        syn->window % (uint32_t)syn->mss == 0) {
        return;
    }
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        if (syn->mss < usual[i] && syn->window == window_for(usual[i])) {
            fact_int(row, FACT_LINK_LOWERED, usual[i]);
            return;
        }
    }
}

void
syc_facts_layout(const struct stack *stack, struct syc_value *row)
{
    const struct syc_syn *syn = &stack->syn;

    fact_text(row, FACT_SYN_LAYOUT, stack->layout);
    lowered_fact(stack, row);
    fact_int(row, FACT_SYN_WINDOW, syn->window);
    fact_text(row, FACT_SYN_WINDOW_UNIT,
              syc_window_unit_name((enum syc_window_unit)syn->window_unit));
    if (syn->wscale >= 0) {
        fact_int(row, FACT_SYN_WSCALE, syn->wscale);
    }
    if (syn->mss >= 0) {
        fact_int(row, FACT_SYN_MSS, syn->mss);
    }
}

/* ------------------------------------------------------------ counts over connections */

enum { FAMILIES = 4 };
static const char *const families[FAMILIES] = {"linux", "windows", "apple", "bsd"};

struct counts {
    const char *family; /* of the commonest SYN; NULL = not known */
    size_t syns, stripped, schedules;
    size_t steps[SYC_ID_STEP_COUNT + 1]; /* of connections of that family; [0]: not known */
    size_t agents[SYC_UA_OS_COUNT];      /* from 1 on */
    size_t libraries[FAMILIES + 1];      /* TLS libraries by their system; [0]: others */
    struct claims {
        size_t compared, conflicts;
        size_t stacks[FAMILIES + 1]; /* behind the conflicts; [0]: others */
    } agent, library;
};

/* 0 for others. */
static size_t
family_index(const char *family)
{
    size_t at = FAMILIES;

    while (at > 0 && strcmp(families[at - 1], family) != 0) {
        at--;
    }
    return at;
}

/* What a connection claims, and what its SYN shows; NULL: nothing. */
static void
compare(struct claims *c, const char *claimed, const char *family)
{
    if (claimed != NULL && family != NULL) {
        c->compared++;
        if (strcmp(claimed, family) != 0) {
            c->conflicts++;
            c->stacks[family_index(family)]++;
        }
    }
}

/* What a SYN shows, as counts ask for it: of successive connections it is mostly the same. */
struct shown {
    const struct stack *stack; /* NULL: no SYN */
    const char *family;        /* NULL: not known */
    bool commonest;            /* it is the family of the commonest SYN */
};

static struct shown
shown_by(const struct basis *b, const struct counts *c, struct stack *stack)
{
    struct shown shown = {.stack = stack};

    if (stack != NULL) {
        shown.family = syc_stack_shown_family(stack, b->signatures);
        shown.commonest =
            shown.family != NULL && c->family != NULL && strcmp(shown.family, c->family) == 0;
    }
    return shown;
}

static void
count_mark(struct counts *c, const struct mark *m, const struct shown *shown,
           const struct agents *agents)
{
    c->syns += shown->stack != NULL;
    c->stripped += shown->stack != NULL && shown->stack->stripped;
    c->schedules += m->schedule != SCHEDULE_NONE;
    c->steps[m->id_step] += shown->commonest;
    if (m->ua_os != 0) {
        c->agents[m->ua_os]++;
        compare(&c->agent, syc_ua_os_family((enum syc_ua_os)m->ua_os), shown->family);
    }
    if (m->agent != STORE_NONE) {
        const char *library = syc_agents_family(agents, m->agent);
        c->libraries[library != NULL ? family_index(library) : 0]++;
        compare(&c->library, library, shown->family);
    }
}

/* Which index from 1 on counts most; of equal ones the first. 0 when all are 0. */
static size_t
most_of(const size_t *counts, size_t n)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++) {
        if (counts[i] > (best > 0 ? counts[best] : 0)) {
            best = i;
        }
    }
    return best;
}

static void
id_facts(const struct counts *c, struct syc_value *row)
{
    static const char *const words[] = {
#define X(name, word) word,
        SYC_ID_STEP_LIST(X)
#undef X
    };
    size_t best = most_of(c->steps, SYC_ID_STEP_COUNT + 1);
    size_t n = 0;

    for (size_t i = 1; i <= SYC_ID_STEP_COUNT; i++) {
        n += c->steps[i];
    }
    fact_int(row, FACT_ID_N, (int64_t)n);
    if (best > 0) {
        fact_text(row, FACT_ID_STEP, words[best - 1]);
        fact_ratio(row, FACT_ID_RATIO, c->steps[best], n, 1);
    }
}

/* The commonest family; NULL when there is none but others. */
static const char *
word_of(const size_t counts[FAMILIES + 1])
{
    size_t best = most_of(counts, FAMILIES + 1);

    return best > 0 ? families[best - 1] : NULL;
}

static void
agent_facts(const struct counts *c, struct syc_value *row)
{
    size_t most = most_of(c->agents, SYC_UA_OS_COUNT);
    size_t n = 0;
    size_t distinct = 0;

    for (size_t i = 1; i < SYC_UA_OS_COUNT; i++) {
        n += c->agents[i];
        distinct += c->agents[i] > 0;
    }
    if (n == 0) {
        return;
    }
    fact_int(row, FACT_UA_N, (int64_t)n);
    fact_text(row, FACT_UA_OS, syc_ua_os_name((enum syc_ua_os)most));
    fact_int(row, FACT_UA_DISTINCT, (int64_t)distinct);
    fact_int(row, FACT_UA_COMPARED, (int64_t)c->agent.compared);
    fact_ratio(row, FACT_UA_CONFLICT, c->agent.conflicts, c->agent.compared, 1);
    fact_text(row, FACT_UA_STACK, word_of(c->agent.stacks));
}

/* A User-Agent has no such table: it names its system itself. */
static void
library_facts(const struct counts *c, struct syc_value *row)
{
    if (word_of(c->libraries) == NULL) {
        return;
    }
    fact_text(row, FACT_TLS_FAMILY, word_of(c->libraries));
    fact_int(row, FACT_TLS_COMPARED, (int64_t)c->library.compared);
    fact_ratio(row, FACT_TLS_CONFLICT, c->library.conflicts, c->library.compared, 1);
    fact_text(row, FACT_TLS_STACK, word_of(c->library.stacks));
}

/* Of the commonest SYN. */
static const char *
commonest_family(const struct syc_value *row)
{
    const struct syc_value *layout = syc_value_made(&row[FACT_SYN_LAYOUT]);
    const struct syc_value *family = syc_value_made(&row[FACT_SYN_FAMILY]);

    if (layout->type == SYC_TEXT) {
        return layout->u.text;
    }
    return family->type == SYC_TEXT ? family->u.text : NULL;
}

void
syc_facts_stack(const struct basis *b, struct syc_value *row)
{
    const struct view *v = &b->view;
    struct counts c = {.family = commonest_family(row)};
    struct shown shown = {0};

    for (size_t i = 0; i < v->count; i++) {
        const struct mark *m = v->marks[i];
        struct stack *stack = m->stack != STORE_NONE ? b->stacks->list[m->stack] : NULL;
        if (stack != shown.stack) {
            shown = shown_by(b, &c, stack);
        }
        count_mark(&c, m, &shown, b->agents);
    }
    agent_facts(&c, row);
    library_facts(&c, row);
    if (c.syns == 0) {
        return;
    }
    fact_int(row, FACT_SYN_N, (int64_t)c.syns);
    fact_int(row, FACT_SYN_SCHEDULE_N, (int64_t)c.schedules);
    fact_ratio(row, FACT_SYN_STRIPPED, c.stripped, c.syns, 1);
    id_facts(&c, row);
}
