#include "rules/sigma_int.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/*
 * The condition language of Sigma, made into postfix steps.
 *
 *     condition := or
 *     or        := and ("or" and)*
 *     and       := not ("and" not)*
 *     not       := "not"* atom
 *     atom      := "(" or ")" | ("1" | "any" | "all") "of" (pattern | "them") | identifier
 *
 * Operator precedence with an explicit stack of what is pending, so that nesting costs no C stack: a file may hold
 * a mebibyte of parentheses. The parser is in one of two states, waiting for a value or for an operator; each token
 * either fits the state or is the one fault reported (names that do not exist are all reported, since they do not
 * derail it).
 *
 * How many truth values the steps hold at a time is counted while they are emitted, because the evaluator's stack is
 * the bits of one word. Each level of "a or b and (" holds two, so conditions nested 31 deep always fit.
 *
 * Places: the condition is one scalar; syc_sigma_place() maps octets in it to lines and columns of the file.
 * Several conditions in a list are joined by "or"; each is parsed on its own, so a parenthesis cannot span two.
 */

/*
 * What may wait at a time: an evaluator's stack of 64 values is reached with 31 levels of "a or b and (", which
 * wait three each; the rest is for chains of "not". More is refused, not grown: the room is on the C stack.
 */
enum { PENDING_MAX = 128 };

/* What the text is cut into. BAD fits nowhere and is thereby reported at its place. */
enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_PIPE, TOKEN_BAD };

struct token {
    enum token_kind kind;
    size_t at, n; /* octets of the condition's text */
};

/* In order of precedence, weakest first. */
enum pending_kind { PENDING_OPEN, PENDING_OR, PENDING_AND, PENDING_NOT };

/* One condition being read. Small enough for the C stack; of_follows() makes a second one. */
struct parser {
    struct syc_sigma_reader *r;
    const struct syc_yaml_node *node;
    size_t next; /* octet to read */
    struct token token;
    struct {
        enum pending_kind kind;
        size_t at;
    } pending[PENDING_MAX];
    size_t pending_count;
    unsigned depth; /* truth values on the evaluator's stack, before this condition's own: 0 or 1 */
    bool failed;
};

/* Where an octet of the condition stands in the file. */
static struct syc_place
place(const struct parser *p, size_t at)
{
    return syc_sigma_place(p->r, p->node, at);
}

/* Report the first fault of this condition; the ones after it would only be its echo. */
static void
fail(struct parser *p, enum syc_sigma_code code, size_t at, const char *text)
{
    if (!p->failed) {
        syc_sigma_report(p->r, code, place(p, at), NULL, "%s", text);
    }
    p->failed = true;
}

/*
 * Letters of identifiers and patterns. Anything else that is no blank, parenthesis or bar is a token of its own
 * that fits nowhere, and is thereby reported where it stands.
 */
static bool
is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("_-.*", c));
}

/* Read the next token. The text is zero-terminated and holds no NUL (the YAML layer refuses it). */
static void
advance(struct parser *p)
{
    const char *text = p->node->text;
    size_t at = p->next + strspn(text + p->next, " \t\r\n"), n = 1;
    enum token_kind kind = TOKEN_BAD;

    if (text[at] == '\0') {
        kind = TOKEN_END;
        n = 0;
    } else if (text[at] == '(') {
        kind = TOKEN_OPEN;
    } else if (text[at] == ')') {
        kind = TOKEN_CLOSE;
    } else if (text[at] == '|') {
        kind = TOKEN_PIPE;
    } else if (is_word(text[at])) {
        kind = TOKEN_WORD;
        while (is_word(text[at + n])) {
            n++;
        }
    }
    p->token = (struct token){kind, at, n};
    p->next = at + n;
}

/* Key words are read in any case: older rules write AND, OR, NOT. */
static bool
word_is(const struct parser *p, const char *word)
{
    return p->token.kind == TOKEN_WORD && strlen(word) == p->token.n &&
           strncasecmp(p->node->text + p->token.at, word, p->token.n) == 0;
}

/* ---- steps ---- */

/*
 * Append a step and keep count of the values that wait on the evaluator's stack.
 *
 * Two limits, one code: 512 steps, and 64 values at a time. After a failure the count may be wrong, which does no
 * harm: a refused rule is never evaluated.
 */
static void
emit(struct parser *p, enum syc_sigma_step_kind kind, uint64_t mask, size_t at)
{
    struct syc_sigma_draft *d = &p->r->draft;

    if (d->step_count == SYC_SIGMA_OPS_MAX) {
        fail(p, SYC_SIGMA_CONDITION_SIZE, at, "the condition is too long");
        return;
    }
    if (kind == SYC_STEP_ANY || kind == SYC_STEP_ALL) {
        p->depth++;
    } else if (kind != SYC_STEP_NOT) {
        p->depth--;
    }
    if (p->depth > SYC_SIGMA_STACK_MAX) {
        fail(p, SYC_SIGMA_CONDITION_SIZE, at, "the condition is nested too deeply");
    }
    d->steps[d->step_count++] = (struct syc_sigma_step){.kind = kind, .mask = mask};
}

/*
 * What waits for its right side. 128 are enough for every condition that fits the evaluator, "not
 * not ..." included.
 */
static void
push(struct parser *p, enum pending_kind kind)
{
    if (p->pending_count == PENDING_MAX) {
        fail(p, SYC_SIGMA_CONDITION_SIZE, p->token.at, "the condition is nested too deeply");
        return;
    }
    p->pending[p->pending_count].kind = kind;
    p->pending[p->pending_count++].at = p->token.at;
}

/*
 * Emit what is pending and binds at least as strongly as kind; an open parenthesis stops it.
 *
 * Called with PENDING_AND at "and", it leaves an "or" waiting: that is the whole of precedence. Equal operators
 * are emitted at once, hence left to right.
 */
static void
reduce(struct parser *p, enum pending_kind kind)
{
    static const enum syc_sigma_step_kind steps[] = {
        [PENDING_OR] = SYC_STEP_OR, [PENDING_AND] = SYC_STEP_AND, [PENDING_NOT] = SYC_STEP_NOT};

    while (p->pending_count > 0) {
        enum pending_kind top = p->pending[p->pending_count - 1].kind;

        if (top == PENDING_OPEN || top < kind) {
            return;
        }
        p->pending_count--;
        emit(p, steps[top], 0, p->pending[p->pending_count].at);
    }
}

/* ---- identifiers ---- */

/*
 * Does a pattern stand for a name? One wildcard, letters by their case (Sigma: "1 of selection_*").
 *
 * The same way of retrying only the last "*" as in syc_glob_match(); names are at most 128 octets, so a hostile
 * pattern of a mebibyte costs little more than reading it.
 */
static bool
name_matches(const char *pattern, size_t n, const char *name)
{
    size_t i = 0, retry = SIZE_MAX;
    const char *from = name;

    for (;;) {
        if (i < n && pattern[i] == '*') {
            retry = ++i;
            from = name;
        } else if (i == n && *name == '\0') {
            return true;
        } else if (i < n && *name && pattern[i] == *name) {
            i++;
            name++;
        } else if (retry == SIZE_MAX || *from == '\0') {
            return false;
        } else {
            i = retry;
            name = ++from;
        }
    }
}

/*
 * The identifiers a pattern stands for. One that starts with an underscore is left out unless the pattern starts
 * with one too (Sigma specification, "1/all of them": names with "_" are helpers).
 */
static uint64_t
mask_of(const struct parser *p, const char *pattern, size_t n)
{
    const struct syc_sigma_draft *d = &p->r->draft;
    uint64_t mask = 0;

    for (size_t i = 0; i < d->identifier_count; i++) {
        const char *name = d->identifiers[i].name;

        if ((name[0] != '_' || (n > 0 && pattern[0] == '_')) && name_matches(pattern, n, name)) {
            mask |= UINT64_C(1) << i;
        }
    }
    return mask;
}

/* "1 of p*": the token is what stands before "of". */
static void
read_quantified(struct parser *p, enum syc_sigma_step_kind kind)
{
    size_t start = p->token.at;
    char quoted[SYC_SIGMA_QUOTE];

    advance(p); /* "of", seen by the caller */
    advance(p);
    if (p->token.kind != TOKEN_WORD) {
        fail(p, SYC_SIGMA_CONDITION, p->token.at, "expected \"them\" or a pattern after \"of\"");
        return;
    }
    bool them = word_is(p, "them");
    const char *text = p->node->text + p->token.at;
    uint64_t mask = them ? mask_of(p, "*", 1) : mask_of(p, text, p->token.n);

    if (mask == 0) {
        size_t end = p->token.at + p->token.n;

        syc_sigma_report(p->r, SYC_SIGMA_NO_MATCH, place(p, start), NULL,
                         "%s matches no search identifier",
                         syc_sigma_quote_text(p->node->text + start, end - start, quoted));
    }
    p->r->draft.used |= mask;
    emit(p, kind, mask, start);
}

/* Name the identifier that does not exist and the nearest that does. */
static void
report_unknown(struct parser *p, const char *name, size_t n)
{
    const char *names[SYC_SIGMA_TESTS_MAX + 1] = {NULL};
    char quoted[SYC_SIGMA_QUOTE], hint[SYC_SIGMA_QUOTE + 32], copy[64];

    for (size_t i = 0; i < p->r->draft.identifier_count; i++) {
        names[i] = p->r->draft.identifiers[i].name;
    }
    snprintf(copy, sizeof(copy), "%.*s", n < sizeof(copy) ? (int)n : 63, name);
    syc_sigma_report(p->r, SYC_SIGMA_SEARCH_UNKNOWN, place(p, p->token.at),
                     syc_sigma_suggest(syc_sigma_nearest(names, copy), hint),
                     "no search identifier is called %s", syc_sigma_quote_text(name, n, quoted));
}

/*
 * An identifier alone is "any of" a mask of one. An unknown one gets an empty mask, so that parsing goes on and
 * finds the other faults; the rule is refused all the same.
 */
static void
read_identifier(struct parser *p)
{
    const struct syc_sigma_draft *d = &p->r->draft;
    const char *name = p->node->text + p->token.at;
    uint64_t mask = 0;

    for (size_t i = 0; i < d->identifier_count; i++) {
        const char *known = d->identifiers[i].name;

        if (strlen(known) == p->token.n && memcmp(known, name, p->token.n) == 0) {
            mask = UINT64_C(1) << i;
        }
    }
    if (mask == 0) {
        report_unknown(p, name, p->token.n);
    }
    p->r->draft.used |= mask;
    emit(p, SYC_STEP_ANY, mask, p->token.at);
}

/* ---- grammar ---- */

/* Is the next word "of"? Tells "1 of them" from an identifier; a copy of the parser looks ahead, nothing is taken. */
static bool
of_follows(struct parser *p)
{
    struct parser ahead = {.r = p->r, .node = p->node, .next = p->next};

    advance(&ahead);
    return word_is(&ahead, "of");
}

/* A plain count: "2 of them" deserves a message of its own, since older texts on Sigma mention it. */
static bool
is_count(const struct parser *p)
{
    return p->token.kind == TOKEN_WORD &&
           strspn(p->node->text + p->token.at, "0123456789") >= p->token.n;
}

/*
 * Where a value must come. Answers whether one came: "not" and "(" leave the parser waiting for it.
 *
 * A "not" before it waits with the rest: whatever comes next binds less strongly and will emit it.
 */
static bool
read_operand(struct parser *p)
{
    if (word_is(p, "not")) {
        push(p, PENDING_NOT);
        return false;
    }
    if (p->token.kind == TOKEN_OPEN) {
        push(p, PENDING_OPEN);
        return false;
    }
    if ((word_is(p, "1") || word_is(p, "any")) && of_follows(p)) {
        read_quantified(p, SYC_STEP_ANY);
    } else if (word_is(p, "all") && of_follows(p)) {
        read_quantified(p, SYC_STEP_ALL);
    } else if (is_count(p) && of_follows(p)) {
        fail(p, SYC_SIGMA_CONDITION, p->token.at, "only \"1 of\" and \"all of\" can be said");
    } else if (p->token.kind != TOKEN_WORD || word_is(p, "and") || word_is(p, "or") ||
               word_is(p, "of") || word_is(p, "them")) {
        fail(p, SYC_SIGMA_CONDITION, p->token.at, "expected a search identifier");
    } else if (memchr(p->node->text + p->token.at, '*', p->token.n)) {
        fail(p, SYC_SIGMA_CONDITION, p->token.at,
             "a pattern needs \"1 of\" or \"all of\" before it");
    } else {
        read_identifier(p);
    }
    return true;
}

/*
 * Where "and", "or" or ")" must come. Answers whether a value must follow.
 *
 * A closed parenthesis is a value like any other; a "not" before it waits for what comes next.
 */
static bool
read_operator(struct parser *p)
{
    if (word_is(p, "and")) {
        reduce(p, PENDING_AND);
        push(p, PENDING_AND);
        return true;
    }
    if (word_is(p, "or")) {
        reduce(p, PENDING_OR);
        push(p, PENDING_OR);
        return true;
    }
    if (p->token.kind == TOKEN_CLOSE) {
        reduce(p, PENDING_OR);
        if (p->pending_count == 0) {
            fail(p, SYC_SIGMA_CONDITION, p->token.at, "\")\" closes nothing");
            return false;
        }
        p->pending_count--;
        return false;
    }
    if (p->token.kind == TOKEN_PIPE || word_is(p, "near")) {
        fail(p, SYC_SIGMA_AGGREGATION, p->token.at,
             "aggregations (| count(), near) are obsolete in Sigma and not read");
    } else {
        fail(p, SYC_SIGMA_CONDITION, p->token.at, "expected \"and\", \"or\" or the end");
    }
    return false;
}

/*
 * One condition. Unless it is the first, a value of those before waits on the stack (depth 1), and an "or" joins
 * the two at the end.
 */
static void
read_one(struct syc_sigma_reader *r, const struct syc_yaml_node *node, bool first)
{
    struct parser p = {.r = r, .node = node, .depth = first ? 0 : 1};
    bool want_operand = true;

    for (advance(&p); p.token.kind != TOKEN_END && !p.failed; advance(&p)) {
        want_operand = want_operand ? !read_operand(&p) : read_operator(&p);
    }
    if (p.failed) {
        return;
    }
    if (want_operand) {
        fail(&p, SYC_SIGMA_CONDITION, p.token.at, "the condition ends where a name should follow");
        return;
    }
    reduce(&p, PENDING_OR);
    if (p.pending_count > 0) {
        fail(&p, SYC_SIGMA_CONDITION, p.pending[p.pending_count - 1].at, "\"(\" is never closed");
        return;
    }
    if (!first) {
        emit(&p, SYC_STEP_OR, 0, 0);
    }
}

/* The text for dumps and explanations; of several each in parentheses. */
static void
keep_text(struct syc_sigma_reader *r, const struct syc_yaml_node *node)
{
    bool list = node->kind == SYC_YAML_LIST;
    size_t n = 1;
    char *text;

    for (const struct syc_yaml_node *i = list ? node->first : node; i; i = list ? i->next : NULL) {
        n += i->length + sizeof("() or ");
    }
    text = syc_arena_alloc(r->arena, n);
    if (!text) {
        r->status = SYC_NO_MEMORY;
        return;
    }
    r->draft.condition = text;
    for (const struct syc_yaml_node *i = list ? node->first : node; i; i = list ? i->next : NULL) {
        const char * or = text == r->draft.condition ? "" : " or ";
        int wrote = snprintf(text, n, "%s%s%s%s", or, list ? "(" : "", i->text, list ? ")" : "");

        text += wrote;
        n -= (size_t)wrote;
    }
}

void
syc_sigma_read_condition(struct syc_sigma_reader *r, const struct syc_yaml_node *node)
{
    const struct syc_yaml_node *item = node->kind == SYC_YAML_LIST ? node->first : node;
    bool first = true;

    if (node->kind == SYC_YAML_MAP || !item) {
        syc_sigma_report(r, SYC_SIGMA_TYPE, node->at, NULL,
                         "\"condition\" must be a text or a list of texts");
        return;
    }
    for (; item; item = node->kind == SYC_YAML_LIST ? item->next : NULL) {
        if (item->kind != SYC_YAML_SCALAR) {
            syc_sigma_report(r, SYC_SIGMA_TYPE, item->at, NULL, "a condition must be a text");
        } else if (item->style == SYC_YAML_BLOCK) {
            syc_sigma_report(r, SYC_SIGMA_CONDITION_BLOCK, item->at,
                             "write it on the line of its key",
                             "a condition in a block scalar is not read");
        } else {
            read_one(r, item, first);
        }
        first = false;
    }
    keep_text(r, node);
}
