/* Look-up in schemas: by name, and by nearly the name. */

#include "base/value.h"

#include <string.h>

#include "base/text.h"

/* Beyond four edits a suggestion is a guess, not a correction: words of rules have 3 to 30 letters. */
enum { NEAREST_MAX = 4 };

/* The length is compared first: names that begin alike are not the same, and name may have no zero. */
int
syc_schema_find(const struct syc_schema *s, const char *name, size_t n)
{
    for (size_t i = 0; i < s->count; i++) {
        if (strlen(s->fields[i].name) == n && memcmp(s->fields[i].name, name, n) == 0) {
            return (int)i;
        }
    }
    return -1;
}

const struct syc_field *
syc_schema_nearest(const struct syc_schema *s, const char *name)
{
    const struct syc_field *best = NULL;
    unsigned best_distance = NEAREST_MAX + 1;

    for (size_t i = 0; i < s->count; i++) {
        unsigned distance = syc_edit_distance(name, s->fields[i].name);

        if (distance < best_distance) {
            best_distance = distance;
            best = &s->fields[i];
        }
    }
    return best;
}
