/*
 * Lines for a person: wrapped, counted in columns, written at once.
 *
 * Two kinds of text come in. Our own words and color sequences go through put, print and paint as
 * they are; texts of rules and inputs go through clean or wrap, which let nothing pass that a
 * terminal would obey. A page is written whole, by one call at its end, or not at all.
 */

#include "output/page.h"
#include "output/output_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_ROOM = 4096, PRINT_ROOM = 1024 };

/*
 * Memory is bounded by what is said of the findings, a few KiB; still, once short, nothing is
 * written: half a report reads like a whole one.
 */
void
syc_page_put(struct syc_page *p, const char *text, size_t n)
{
    size_t room = p->room > 0 ? p->room : FIRST_ROOM;
    char *larger;

    if (p->failed) {
        return;
    }
    while (room - p->n < n) {
        room *= 2;
    }
    if (room > p->room) {
        larger = syc_resize(p->text, room, 1);
        if (larger == NULL) {
            p->failed = true;
            return;
        }
        p->text = larger;
        p->room = room;
    }
    memcpy(p->text + p->n, text, n);
    p->n += n;
}

/* For our own words and numbers. What may be an outsider's goes through syc_page_wrap(), which cleans it. */
void
syc_page_print(struct syc_page *p, const char *format, ...)
{
    char text[PRINT_ROOM];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n > 0) {
        syc_page_put(p, text, n < PRINT_ROOM ? (size_t)n : PRINT_ROOM - 1);
    }
}

void
syc_page_paint(struct syc_page *p, const char *sequence)
{
    if (p->color) {
        syc_page_put(p, sequence, strlen(sequence));
    }
}

void
syc_page_fill(struct syc_page *p, const char *letter, int count)
{
    size_t n = strlen(letter);

    for (int i = 0; i < count; i++) {
        syc_page_put(p, letter, n);
    }
}

size_t
syc_page_columns(const char *text, size_t n)
{
    size_t columns = 0;

    for (size_t i = 0; i < n; i++) {
        columns += ((unsigned char)text[i] & 0xc0) != 0x80; /* RFC 3629: others continue a letter */
    }
    return columns;
}

/* A terminal must not obey what others wrote. */
void
syc_page_clean(struct syc_page *p, const char *text, size_t n)
{
    size_t length;

    for (; n > 0; text += length, n -= length) {
        bool shown;

        length = syc_letter(text, n, &shown);
        shown = shown && (length == 1 || p->utf8);
        syc_page_put(p, shown ? text : "?", shown ? length : 1);
    }
}

/*
 * Words from column `used` of a line on, `before` spaces before the first of them; further lines begin with `indent`.
 * Each turn takes a word, so it ends with the text. `used` is held at the limit, for a word longer
 * than the line would otherwise make `limit - used` wrap and the next word fit.
 */
static void
put_words(struct syc_page *p, size_t used, int before, int indent, const char *text)
{
    size_t limit = p->width > indent ? (size_t)p->width : SIZE_MAX;
    bool first = true;

    used = used < limit ? used : limit;
    for (;; first = false) {
        size_t n, columns;

        text += strspn(text, " ");
        n = strcspn(text, " ");
        if (n == 0) {
            break;
        }
        columns = syc_page_columns(text, n);
        if (!first && columns + (size_t)before > limit - used) {
            syc_page_put(p, "\n", 1);
            used = 0;
            before = indent;
        }
        syc_page_fill(p, " ", before);
        syc_page_clean(p, text, n);
        used += columns + (size_t)before;
        used = used < limit ? used : limit;
        before = 1;
        text += n;
    }
    syc_page_put(p, "\n", 1);
}

void
syc_page_wrap(struct syc_page *p, int indent, int hang, const char *text)
{
    put_words(p, 0, indent, indent + hang, text);
}

void
syc_page_continue(struct syc_page *p, int column, const char *text)
{
    put_words(p, (size_t)column, 0, column, text);
}

/* 19 digits, a sign, six commas and the zero are 27 of SYC_GROUPED_TEXT. */
const char *
syc_page_grouped(int64_t n, char out[SYC_GROUPED_TEXT])
{
    char digits[SYC_INT_TEXT + 1];
    char *p = out;
    size_t count;

    *syc_put_int(digits, n) = '\0';
    count = strlen(digits);
    for (size_t i = 0; i < count; i++) {
        size_t left = count - i;

        if (i > 0 && left % 3 == 0 && digits[i - 1] != '-') {
            *p++ = ',';
        }
        *p++ = digits[i];
    }
    *p = '\0';
    return out;
}

enum syc_status
syc_page_end(struct syc_page *p, int fd)
{
    enum syc_status status = SYC_NO_MEMORY;
    size_t written;
    int error_number;

    if (!p->failed) {
        status = syc_write_all(fd, p->text, p->n, &written, &error_number);
    }
    syc_free(p->text);
    p->text = NULL;
    p->n = p->room = 0;
    return status;
}
