#ifndef SYC_BASE_VALUE_H
#define SYC_BASE_VALUE_H

/*
 * Purpose           a typed, named value: what facts are and what rules read
 * Input and output  a schema lists fields; a row of values has one value per field, in schema order
 * Ownership         texts and lists are borrowed from who filled the row
 * Limits            none
 * Not here          what the facts mean (behavior/), how they are compared (rules/)
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum syc_type {
    SYC_ABSENT = 0, /* only in values: the fact is not known */
    SYC_INT,
    SYC_REAL,
    SYC_BOOL,
    SYC_ADDR, /* 16 octets and ip_v */
    SYC_TEXT,
    SYC_LIST, /* of texts */
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
    } u;
};

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

/* Index of the field called name (n octets, exact), or -1. cost: linear. */
int syc_schema_find(const struct syc_schema *s, const char *name, size_t n);

/* The field whose name is nearest to name by edit distance (<= 4), or NULL: for "did you mean". */
const struct syc_field *syc_schema_nearest(const struct syc_schema *s, const char *name);

#endif
