#ifndef SYC_FINGERPRINT_SIGNATURE_LOAD_H
#define SYC_FINGERPRINT_SIGNATURE_LOAD_H

/*
 * Purpose           the load of one signature file: what the readers of its lines share
 * Input and output  a line in struct syc_scan; signatures, links and remarks of the set out
 * Ownership         the loader is one call's; texts that stay are the set's arena's
 * Limits            10,000 different names a file, written 50,000 times
 * Not here          the grammar of a signature (signature_text.c)
 */

#include "fingerprint/signature_int.h"

/* PASSED: sections whose lines other parts of p0f read. LOST: one whose name is wrong, so its lines say nothing. */
enum syc_section {
    SYC_SECTION_NONE,
    SYC_SECTION_PASSED,
    SYC_SECTION_LOST,
    SYC_SECTION_TCP,
    SYC_SECTION_MTU,
};

/*
 * Names in the order they came; borrowed from the arena, the array itself lives as long as the
 * load.
 */
struct syc_words {
    const char **items;
    size_t count;
    size_t room;
};

/*
 * The state of one load. `next` is a template that label and section lines fill and each sig line copies.
 *
 * A line with a fault must not make the lines after it look faulty: `lost` stands for whatever the line should have
 * made, so a sig below a broken label is still read, and so is a pragma below a broken sig.
 */
struct syc_loader {
    struct syc_signatures *set;
    struct syc_scan scan;
    const char *rest; /* text after the line in scan */
    const char *end;
    const char *file; /* as it was named; the arena's */
    bool native;
    bool has_label;
    bool needs_sys;
    bool classes_lost; /* a classes line had a fault: any class may be right */
    enum syc_section section;
    unsigned label_line;         /* of the label that no sig has followed yet; 0 = none */
    struct syc_pragmas *pragmas; /* of the sig above; NULL = no pragma may follow */
    struct syc_pragmas lost;
    struct syc_signature next; /* what the next sig inherits: label, db, direction */
    struct syc_words classes;
    struct syc_words names;
    size_t written; /* names so far, in classes, labels and sys lines */
    size_t faults;
    struct syc_error first; /* fault */
    unsigned passed_line;   /* the first [http:*] section; 0 = none */
    size_t passed_lines;
};

/* p0f's isblank(): a carriage return is none, the reader of lines takes it off. */
bool syc_load_blank(char c);
void syc_load_skip_blanks(struct syc_scan *s);

/* Says so without a place: the line is not at fault. */
enum syc_status syc_load_no_memory(struct syc_loader *l) SYC_MUST_CHECK;

/* A remark about this line or another. SYC_OK or SYC_NO_MEMORY. */
enum syc_status syc_load_remark(struct syc_loader *l, enum syc_remark_level level, unsigned line,
                                unsigned column, const char *code, const char *text) SYC_MUST_CHECK;

/* The values of `classes`, `label` and `sys` lines, from scan.p to scan.end. SYC_OK, SYC_SYNTAX or SYC_NO_MEMORY. */
enum syc_status syc_load_classes(struct syc_loader *l) SYC_MUST_CHECK;
enum syc_status syc_load_label(struct syc_loader *l) SYC_MUST_CHECK;
enum syc_status syc_load_sys(struct syc_loader *l) SYC_MUST_CHECK;

/* What follows ";@". Answers as above. */
enum syc_status syc_load_pragma(struct syc_loader *l) SYC_MUST_CHECK;

#endif
