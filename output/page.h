#ifndef SYC_OUTPUT_PAGE_H
#define SYC_OUTPUT_PAGE_H

/*
 * Purpose           text for a person, put together in memory: lines that fit a width, counted in columns
 * Input and output  words and numbers in; one write to a descriptor at the end
 * Ownership         a page owns its text; syc_page_end() frees it
 * Limits            a letter is one column (no wide letters, no combining ones): addresses and our own words have none
 * Not here          what is said (table.c, audit_report.c, audit_chart.c)
 */

#include "output/output.h"

#define SYC_BOLD   "\033[1m"
#define SYC_DIM    "\033[2m"
#define SYC_RED    "\033[31m"
#define SYC_GREEN  "\033[32m"
#define SYC_YELLOW "\033[33m"
#define SYC_CYAN   "\033[36m"
#define SYC_PLAIN  "\033[0m"

struct syc_page {
    char *text;
    size_t n, room;
    bool failed; /* memory was short: nothing of it will be written */
    int width;   /* columns; 0 = no limit */
    bool color, utf8;
};

/* n octets as they are. */
void syc_page_put(struct syc_page *p, const char *text, size_t n);

/* As printf; at most 1023 octets a call. */
void syc_page_print(struct syc_page *p, const char *format, ...) SYC_PRINTF(2, 3);

/* n octets of an outsider's: each letter that a terminal would obey (syc_letter), or without UTF-8 any beyond ASCII, is '?'. */
void syc_page_clean(struct syc_page *p, const char *text, size_t n);

/* A sequence such as SYC_RED, where colors are wanted. It takes no column. */
void syc_page_paint(struct syc_page *p, const char *sequence);

/* The same letter (one column, UTF-8) several times; nothing for a count below 1. */
void syc_page_fill(struct syc_page *p, const char *letter, int count);

/*
 * Text in lines that break between words; a word longer than the width stands alone. The first line begins with `indent`
 * spaces, the others with `hang` more.
 * The text is cleaned as by syc_page_clean().
 */
void syc_page_wrap(struct syc_page *p, int indent, int hang, const char *text);

/* The same behind `column` columns that were written of a line: further lines begin in that column. */
void syc_page_continue(struct syc_page *p, int column, const char *text);

/* Columns of n octets of UTF-8. */
size_t syc_page_columns(const char *text, size_t n);

/* Write all and free. returns  SYC_OK, SYC_NO_MEMORY (nothing was written), SYC_CLOSED or SYC_IO (errno says why) */
enum syc_status syc_page_end(struct syc_page *p, int fd);

/* 1234567 as "1,234,567", '-' first below 0; out is returned. */
enum { SYC_GROUPED_TEXT = 28 };
const char *syc_page_grouped(int64_t n, char out[SYC_GROUPED_TEXT]);

/* ---- the curve of a page (audit_chart.c) ---- */

enum { SYC_CHART_MARKS = 6 };

/* A moment below the time axis: "21.5 s half". */
struct syc_chart_mark {
    int64_t at_us; /* as the curve's times; SYC_NONE = not to be marked */
    const char *word;
};

/*
 * The curve as an area of filled letters over a time axis with marks, in order of their importance: what finds no place is left out.
 *
 * top   value of the highest row; 0 = the curve's peak
 * cost  O(values + columns * rows)
 */
void syc_chart_print(struct syc_page *p, const struct syc_curve *curve, int64_t top,
                     const struct syc_chart_mark *marks, size_t mark_count);

/* ---- its table of pairs (audit_table.c) ---- */

/*
 * One line a pair: those with findings first, then those with most connections, as many as a screen takes. Columns that
 * do not fit the width are left out, the least telling first. Nothing without a pair.
 */
void syc_pairs_print(struct syc_page *p, const struct syc_audit_report *r);

#endif
