#include "rules/sigma_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/*
 * Findings: one line each, with a stable code, a place, and where possible the word that was meant.
 *
 * Every text of a document that reaches a finding passes syc_sigma_quote(): printable ASCII in quotes, cut to a
 * fixed width. Rules come from strangers, and findings go to terminals.
 *
 * A file has at most 256 findings and one more that says so: beyond that nobody reads, and each "did you mean" costs
 * an edit distance to every field of the schema, which is what a hostile file would make us pay 50,000 times
 * (syc_sigma_lists()).
 */

/* A finding is one line on somebody's terminal: 240 octets hold every text of ours with two quoted words. */
enum { TEXT_MAX = 240 };

/* Code and severity of each finding, from the one list of sigma_int.h. */
static const struct {
    const char *code;
    bool error;
} codes[] = {
#define X(name, text, is_error) [SYC_SIGMA_##name] = {text, is_error},
    SYC_SIGMA_CODE_LIST(X)
#undef X
};

/* Room for one more finding, or NULL. The list doubles, so n findings cost n copies in all. */
static struct syc_rule_problem *
more(struct syc_sigma *set)
{
    if (set->problem_count == set->problem_room) {
        size_t room = set->problem_room ? 2 * set->problem_room : 16;
        struct syc_rule_problem *grown = syc_resize(set->problems, room, sizeof(*grown));

        if (!grown) {
            return NULL;
        }
        set->problems = grown;
        set->problem_room = room;
    }
    return &set->problems[set->problem_count];
}

/* Texts go to the arena of the set: they live as long as it does, whoever reads them. */
static void
add(struct syc_sigma_reader *r, enum syc_sigma_code code, bool error, struct syc_place at,
    const char *hint, const char *text)
{
    struct syc_rule_problem *p = more(r->set);
    const char *text_copy = syc_arena_text(r->arena, text, strlen(text));
    const char *hint_copy = hint ? syc_arena_text(r->arena, hint, strlen(hint)) : NULL;

    if (!p || !text_copy || (hint && !hint_copy)) {
        r->status = SYC_NO_MEMORY;
        return;
    }
    *p = (struct syc_rule_problem){
        .file = r->file,
        .line = at.line,
        .column = at.column,
        .code = codes[code].code,
        .error = error,
        .text = text_copy,
        .hint = hint_copy,
    };
    r->set->problem_count++;
}

bool
syc_sigma_lists(const struct syc_sigma_reader *r)
{
    return r->set->problem_count - r->first_problem < SYC_SIGMA_PROBLEMS_MAX;
}

/* Neither listed, nor named as the first that is not: its place is nobody's. */
static bool
is_beyond(const struct syc_sigma_reader *r)
{
    return r->set->problem_count - r->first_problem > SYC_SIGMA_PROBLEMS_MAX;
}

struct syc_place
syc_sigma_place(const struct syc_sigma_reader *r, const struct syc_yaml_node *node, size_t index)
{
    return is_beyond(r) ? node->at : syc_yaml_place(r->text, node, index);
}

/* Beyond the limit findings are not listed, but an error still refuses its document: `refused` comes first. */
void
syc_sigma_report(struct syc_sigma_reader *r, enum syc_sigma_code code, struct syc_place at,
                 const char *hint, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;

    /* The verdict on the document first: it must stand even if the finding finds no room. */
    r->refused = r->refused || codes[code].error;
    if (is_beyond(r)) {
        return;
    }
    if (!syc_sigma_lists(r)) {
        /* as grave as the first of them: remarks alone are nothing against a file */
        add(r, SYC_SIGMA_TOO_MANY, codes[code].error, at, NULL,
            "more findings in this file are not listed");
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    add(r, code, codes[code].error, at, hint, text);
}

const char *
syc_sigma_quote_text(const char *text, size_t n, char out[SYC_SIGMA_QUOTE])
{
    /* Two quotes, three dots and the zero stay free. */
    size_t taken = syc_escape(text, n, out + 1, SYC_SIGMA_QUOTE - 5);
    size_t length = 1 + strlen(out + 1);

    out[0] = '"';
    snprintf(out + length, SYC_SIGMA_QUOTE - length, "%s\"", taken < n ? "..." : "");
    return out;
}

const char *
syc_sigma_quote(const struct syc_yaml_node *node, char out[SYC_SIGMA_QUOTE])
{
    return syc_sigma_quote_text(node->text, node->length, out);
}

const char *
syc_sigma_suggest(const char *word, char out[SYC_SIGMA_QUOTE + 32])
{
    char quoted[SYC_SIGMA_QUOTE];

    if (!word) {
        return NULL;
    }
    snprintf(out, SYC_SIGMA_QUOTE + 32, "did you mean %s?",
             syc_sigma_quote_text(word, strlen(word), quoted));
    return out;
}

/* At most two edits: more, and a short word is near to any other. */
const char *
syc_sigma_nearest(const char *const *words, const char *text)
{
    const char *best = NULL;
    unsigned least = 3;

    for (; *words; words++) {
        unsigned distance = syc_edit_distance(*words, text);

        if (distance < least) {
            least = distance;
            best = *words;
        }
    }
    return best;
}

/* By place, then code and text: the order in which the loader happens to look must not show. */
static int
compare_places(const void *a, const void *b)
{
    const struct syc_rule_problem *x = a, *y = b;

    if (x->line != y->line) {
        return x->line < y->line ? -1 : 1;
    }
    if (x->column != y->column) {
        return x->column < y->column ? -1 : 1;
    }
    int code = strcmp(x->code, y->code);
    return code ? code : strcmp(x->text, y->text);
}

void
syc_sigma_report_sort(struct syc_sigma_reader *r)
{
    if (r->set->problem_count > r->first_problem) {
        qsort(r->set->problems + r->first_problem, r->set->problem_count - r->first_problem,
              sizeof(*r->set->problems), compare_places);
    }
}
