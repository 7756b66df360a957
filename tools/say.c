/*
 * What is said to a person on standard error: one line a thing, in one form.
 *
 * "syncopate: NAME: what; what became of it", so that scripts may match it and several runs in one
 * log can be told apart. Texts hold names from the file system and from captures: no octet of them
 * may move the cursor or color the terminal (syc_letter), else it becomes '?'. A line is cut, behind
 * the longest path, rather than allocated: saying that memory is short must work.
 */

#include "tools/tools.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_ROOM = PATH_MAX + 1024 };

/* Names come from folders that others may write to: a terminal must not obey them. */
static void
print_clean(FILE *to, const char *text)
{
    size_t left = strlen(text), n;

    for (; left > 0; text += n, left -= n) {
        bool shown;

        n = syc_letter(text, left, &shown);
        fwrite(shown ? text : "?", 1, shown ? n : 1, to);
    }
}

void
syc_print_text(const char *text)
{
    print_clean(stdout, text);
}

/* The progress line is erased first, and is drawn anew by its next tick. */
void
syc_say(const char *format, ...)
{
    char line[LINE_ROOM];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    syc_progress_hide();
    fputs("syncopate: ", stderr);
    print_clean(stderr, line);
    putc('\n', stderr);
}

void
syc_say_error(const struct syc_error *err)
{
    if (err->line > 0) {
        syc_say("%s:%u:%u: %s", err->file, err->line, err->column, err->text);
    } else {
        syc_say("%s%s%s", err->file, err->file[0] != 0 ? ": " : "", err->text);
    }
}

/*
 * The form of compilers (file:line:column), which editors jump to; warnings are the caller's
 * choice, errors are not.
 */
void
syc_say_problems(int fd, const struct syc_ruleset *set, bool warnings)
{
    const struct syc_rule_problem *p;
    size_t count = syc_ruleset_problems(set, &p);
    FILE *to = fd == 1 ? stdout : stderr;
    char line[LINE_ROOM];

    for (size_t i = 0; i < count; i++) {
        if (!p[i].error && !warnings) {
            continue;
        }
        snprintf(line, sizeof(line), "%s:%u:%u: %s[%s]: %s", p[i].file, p[i].line, p[i].column,
                 p[i].error ? "error" : "warning", p[i].code, p[i].text);
        print_clean(to, line);
        putc('\n', to);
        if (p[i].hint != NULL) {
            fputs("      = ", to);
            print_clean(to, p[i].hint);
            putc('\n', to);
        }
    }
}

/* Their names are the compiler's words; syncopate rules check has the same two. */
void
syc_say_remarks(int fd, const struct syc_signatures *set, enum syc_remark_level most)
{
    static const char *const words[] = {"error", "warning", "note"};
    const struct syc_remark *r;
    size_t count = syc_signatures_remarks(set, &r);
    FILE *to = fd == 1 ? stdout : stderr;
    char line[LINE_ROOM];

    for (size_t i = 0; i < count; i++) {
        if (r[i].level > most) {
            continue;
        }
        snprintf(line, sizeof(line), "%s:%u:%u: %s[%s]: %s", r[i].file, r[i].line,
                 r[i].column > 0 ? r[i].column : 1, words[r[i].level], r[i].code, r[i].text);
        print_clean(to, line);
        putc('\n', to);
    }
}
