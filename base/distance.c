/* Edit distance, for "did you mean": words of rules, schemas and command lines against known ones. */

#include "base/text.h"

#include <string.h>

/* Field and key names are shorter; the bound keeps three rows on the stack and the work under 4096 steps. */
enum { WORD_MAX = 63 };

static unsigned
min3(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;

    return least < c ? least : c;
}

/*
 * Three rows of the usual table: row i, column j holds the distance of a's first i and b's first j letters. A swap of
 * neighbors reads two rows back, hence three; a swapped pair is not edited again ("optimal string alignment").
 */
unsigned
syc_edit_distance(const char *a, const char *b)
{
    size_t a_length = strnlen(a, WORD_MAX + 1), b_length = strnlen(b, WORD_MAX + 1);
    unsigned rows[3][WORD_MAX + 1];
    unsigned *above2 = rows[0], *above = rows[1], *row = rows[2];

    if (a_length > WORD_MAX || b_length > WORD_MAX) {
        return WORD_MAX + 1;
    }
    for (size_t j = 0; j <= b_length; j++) {
        row[j] = (unsigned)j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        unsigned *oldest = above2;

        above2 = above;
        above = row;
        row = oldest;
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            unsigned change = a[i - 1] != b[j - 1];

            row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                above2[j - 2] + 1 < row[j]) {
                row[j] = above2[j - 2] + 1;
            }
        }
    }
    return row[b_length];
}
