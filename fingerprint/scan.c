#include "fingerprint/signature_int.h"

#include <stdio.h>
#include <string.h>

/*
 * Steps over one line of a signature file. Every function leaves s->p where the next one goes on,
 * and on a fault at the place a user should look at, because syc_scan_fail() takes the column from
 * it.
 */

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
