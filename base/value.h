#ifndef SYC_BASE_VALUE_H
#define SYC_BASE_VALUE_H

/*
 * Purpose           a typed, named value: what facts are and what rules read
 * Input and output  a schema lists fields; a row of values has one value per field, in schema order
 * Ownership         texts and lists are borrowed from who filled the row
 * Limits            none
 * Not here          what the facts mean (behavior/), how they are compared (rules/)
 *
 * The one shape in which behavior/ hands facts to rules/ and output/: neither knows the structs of the other, so
 * a new fact is one row of a schema and no change in the rules' engine.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The type of a field is that of its values, or these are absent. Absent is a state of its own and never 0 or "":
 * a rule that reads what was not seen must not accuse (see rules/), and a zeroed row says "nothing known".
 */
enum syc_type {
    SYC_ABSENT = 0, /* only in values: the fact is not known */
    SYC_INT,
    SYC_REAL,
    SYC_BOOL,
    SYC_ADDR, /* 16 octets and ip_v */
    SYC_TEXT,
    SYC_LIST,     /* of texts */
    SYC_PROMISED, /* only in values: not made yet; syc_value_made() makes it any of the others */
};

/*
 * Who makes values that nobody has asked for so far. Facts cost more to make than to judge by, and most rules stop at
 * their first test.
 *
 * keep  replaces every value that holds this promise, whatever comes of it
 */
struct syc_promise {
    void (*keep)(const struct syc_promise *p);
};

struct syc_value {
    enum syc_type type;
    union {
        int64_t i; /* SYC_INT, SYC_BOOL (0 or 1) */
        double f;  /* finite */
        const char *text;
        struct {
            uint8_t octets[16];
            uint8_t ip_v;
        } addr;
        struct {
            const char *const *items;
            size_t count;
        } list;
        const struct syc_promise *promise;
    } u;
};

/* The value itself, once it is made. Whoever reads a row that may hold promises reads it so. */
static inline const struct syc_value *
syc_value_made(const struct syc_value *v)
{
    if (v->type == SYC_PROMISED) {
        v->u.promise->keep(v->u.promise);
    }
    return v;
}

/* One fact that rules can name. All pointers are to static text. */
struct syc_field {
    const char *name; /* as in rules and events, with its unit */
    enum syc_type type;
    bool optional;   /* may be absent */
    const char *doc; /* one line: what it is, its range, its least n */
};

/* The fields of one Sigma logsource category ("source", "connection", ...). */
struct syc_schema {
    const char *category;
    const struct syc_field *fields;
    size_t count;
};

/*
 * Index of the field with a name.
 *
 * name, n  the name, which need not be zero-terminated: it is looked for while its rule is still text
 * returns  0..s->count - 1, or -1
 * cost     linear; asked while rules are loaded, never while they are matched
 */
int syc_schema_find(const struct syc_schema *s, const char *name, size_t n);

/*
 * The field whose name is nearest to name: for "did you mean".
 *
 * returns  the first of the nearest, at most four edits away, or NULL
 */
const struct syc_field *syc_schema_nearest(const struct syc_schema *s, const char *name);

#endif
