#include "fingerprint/signature_int.h"

#include <stdio.h>
#include <string.h>

/*
 * Steps over one line of a signature file. Every function leaves s->p where the next one goes on,
 * and on a fault at the place a user should look at, because syc_scan_fail() takes the column from
 * it.
 */

/* A file may name 10,000 classes: a hostile one shall not make each of its faults cost as many comparisons. */
enum { WORDS_COMPARED = 32 };

enum syc_status
syc_scan_fail(struct syc_scan *s, const char *what)
{
    syc_error_at(s->err, s->name, s->line_number, (unsigned)(s->p - s->line) + 1);
    return syc_error_set(s->err, SYC_SYNTAX, "%s", what);
}

bool
syc_scan_word(struct syc_scan *s, const char *word)
{
    size_t n = strlen(word);

    if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0) {
        return false;
    }
    s->p += n;
    return true;
}

static bool
at_digit(const struct syc_scan *s)
{
    return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

/*
 * Digits are read only while the value is within bounds, so no number of them can overflow; a
 * digit that is left over then means "too large". On a fault s->p is back at the first digit.
 */
enum syc_status
syc_scan_number(struct syc_scan *s, unsigned least, unsigned most, unsigned *out)
{
    const char *start = s->p;
    unsigned value = 0;
    char what[64];

    while (at_digit(s) && value <= most) {
        value = value * 10 + (unsigned)(*s->p++ - '0');
    }
    if (s->p != start && !at_digit(s) && value >= least && value <= most) {
        *out = value;
        return SYC_OK;
    }
    s->p = start;
    snprintf(what, sizeof what, "a number from %u to %u is expected", least, most);
    return syc_scan_fail(s, what);
}

enum { WORD_ROOM = 24 };

/*
 * What stands here up to a separator, which in the name of a section a colon is not; longer words are no misspelling.
 */
static bool
word_here(const struct syc_scan *s, char out[WORD_ROOM])
{
    const char *separators = s->p < s->end && *s->p == '[' ? "\t=,\"" : " \t=,:\"";
    size_t n = 0;

    while (s->p + n < s->end && n < WORD_ROOM - 1 && strchr(separators, s->p[n]) == NULL) {
        out[n] = s->p[n];
        n++;
    }
    out[n] = '\0';
    return n > 0 && n < WORD_ROOM - 1;
}

enum syc_status
syc_scan_fail_word(struct syc_scan *s, const char *what, const char *const *words)
{
    const char *best = NULL;
    unsigned least = 6;
    char word[WORD_ROOM];
    char text[160];

    for (size_t i = 0; word_here(s, word) && i < WORDS_COMPARED && words[i] != NULL; i++) {
        const unsigned edits = syc_edit_distance(word, words[i]);
        const unsigned d = 2 * edits + (word[0] != words[i][0]); /* who errs gets the first right */

        if (d < least && edits < strlen(words[i])) {
            least = d;
            best = words[i];
        }
    }
    if (best == NULL) {
        return syc_scan_fail(s, what);
    }
    snprintf(text, sizeof text, "%s; did you mean \"%s\"?", what, best);
    return syc_scan_fail(s, text);
}
