/*
 * What a person reads in place of events: a table of verdicts, or the audit's report; at the end of a run, live at each
 * interval as well.
 *
 *    rows, as the engine tells them -> the best few are kept -> printed with what was not TCP -> forgotten
 */

#include "tools/tools.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { DEFAULT_WIDTH = 80 };

/* ------------------------------------------------------------ the terminal */

/* Colors are wanted on a terminal, unless the user or the terminal says no (no-color.org). */
bool
syc_color_wanted(void)
{
    const char *no = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    return isatty(STDOUT_FILENO) && (no == NULL || no[0] == 0) && term != NULL &&
           strcmp(term, "dumb") != 0;
}

/* The first of these that is set decides (setlocale(3)). */
bool
syc_utf8_wanted(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);

        if (value != NULL && value[0] != 0) {
            return strcasestr(value, "utf-8") != NULL || strcasestr(value, "utf8") != NULL;
        }
    }
    return false;
}

/* Asked of the terminal, not of COLUMNS, which shells do not export. */
int
syc_terminal_width(void)
{
    struct winsize size = {0};

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                           : DEFAULT_WIDTH;
}

/* ------------------------------------------------------------ rows */

/* More automation-like first; those with too little to go on last; else as they came, by address. */
static bool
goes_before(const struct syc_table_row *a, const struct syc_table_row *b)
{
    bool known_a = a->label != SYC_LABEL_INSUFFICIENT;
    bool known_b = b->label != SYC_LABEL_INSUFFICIENT;

    if (known_a != known_b) {
        return known_a;
    }
    if (a->score != b->score) {
        return a->score > b->score;
    }
    return a->conn_count > b->conn_count;
}

/* The best few are kept by insertion: a run may have millions of sources, a terminal five lines. */
static void
keep_row(struct syc_table_row *list, size_t *count, size_t most, const struct syc_table_row *row)
{
    size_t at = *count;

    while (at > 0 && goes_before(row, &list[at - 1])) {
        at--;
    }
    if (at == most) {
        return;
    }
    *count += *count < most;
    memmove(&list[at + 1], &list[at], (*count - 1 - at) * sizeof(*row));
    list[at] = *row;
}

void
syc_human_row(void *user, const struct syc_table_row *row)
{
    struct syc_run *run = user;

    if (row->group) {
        run->groups_seen++;
        keep_row(run->groups, &run->group_count, GROUP_ROWS, row);
    } else {
        run->sources[row->label]++;
        keep_row(run->top, &run->top_count, TOP_ROWS, row);
    }
}

/* Sources that have no row, by label. */
static void
count_others(const struct syc_run *run, uint64_t others[SYC_LABEL_COUNT])
{
    memcpy(others, run->sources, sizeof(run->sources));
    for (size_t i = 0; i < run->top_count; i++) {
        others[run->top[i].label]--;
    }
}

/* ------------------------------------------------------------ printing */

/* Which of many tables of a live run this is. */
static enum syc_status
print_heading(const struct syc_run *run, int64_t time_us)
{
    char text[SYC_TIME_TEXT];

    if (run->options->interface == NULL) {
        return SYC_OK;
    }
    syc_time_format(time_us, text);
    printf("%s, %s\n", run->options->interface, text);
    return fflush(stdout) == 0 ? SYC_OK : SYC_IO;
}

/*
 * Standard output is written by this and by the printers of output/, which use the descriptor: so it is flushed before
 * they speak. What was not TCP and what gave way stands below the table, for it bounds what the table says.
 */
static enum syc_status
print_for_people(const struct syc_run *run)
{
    struct syc_run_stats stats;
    struct syc_table_row rows[GROUP_ROWS + TOP_ROWS];
    size_t count = run->group_count + run->top_count;
    uint64_t others[SYC_LABEL_COUNT];
    enum syc_status status;

    syc_engine_stats(run->engine, &stats);
    status = print_heading(run, stats.time_us);
    if (status == SYC_OK && count > 0) {
        memcpy(rows, run->groups, run->group_count * sizeof(*rows));
        memcpy(rows + run->group_count, run->top, run->top_count * sizeof(*rows));
        count_others(run, others);
        status =
            syc_print_rows(STDOUT_FILENO, rows, count, others, run->groups_seen - run->group_count,
                           isatty(STDOUT_FILENO) ? syc_terminal_width() : 0, syc_color_wanted());
    } else if (status == SYC_OK) {
        printf("No TCP connection was seen, so there is nobody to judge.\n");
    }
    if (status == SYC_OK && fflush(stdout) == 0) {
        status = syc_print_stats(STDOUT_FILENO, &stats, run->judged);
    }
    if (status == SYC_OK && !run->options->quiet && count > 0) {
        printf("Every verdict with its evidence, to be checked by hand: add --json\n");
    }
    return status == SYC_OK && (fflush(stdout) != 0 || ferror(stdout)) ? SYC_IO : status;
}

/* On the way of a live run, with connections that are not over yet, there may be nothing to say. */
static bool
has_to_say(const struct syc_run *run)
{
    if (run->options->verb == VERB_AUDIT) {
        return run->report != NULL && (run->ending || run->report->pair_count > 0);
    }
    return run->ending || run->group_count + run->top_count > 0;
}

void
syc_human_print(struct syc_run *run)
{
    bool audit = run->options->verb == VERB_AUDIT;

    if (run->human && run->output.status == SYC_OK && has_to_say(run)) {
        syc_progress_hide();
        run->output.status = audit ? syc_audit_print(run) : print_for_people(run);
        if (run->output.status == SYC_OK && !run->ending) {
            printf("\n");
            run->output.status = fflush(stdout) == 0 ? SYC_OK : SYC_IO;
        }
        run->output.error_number = run->output.status == SYC_NO_MEMORY ? 0 : errno;
    }
    run->group_count = run->top_count = 0;
    run->groups_seen = 0;
    memset(run->sources, 0, sizeof(run->sources));
}
