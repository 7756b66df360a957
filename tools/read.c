/*
 * What runs read: captures as one stream, records from files of connection events.
 *
 *    what happened             said here            exit status (run.c)
 *    output failed             by run.c             4, input not read further
 *    filter not understood     with the filter      2, no result
 *    signal                    at the end           130, results of what was read
 *    input damaged or lost     at once              3, results of the rest
 */

#include "tools/tools.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* ------------------------------------------------------------ captures */

/*
 * A filter comes as words because a shell made them so; one text is what a compiler of filters
 * wants. Two lists, as words may stand before and after --.
 */
char *
syc_words_join(const struct syc_texts *a, const struct syc_texts *b, bool *failed)
{
    const struct syc_texts *const lists[] = {a, b};
    size_t octets = 0;
    char *text;

    for (int l = 0; l < 2; l++) {
        for (size_t i = 0; lists[l] != NULL && i < lists[l]->count; i++) {
            octets += strlen(lists[l]->items[i]) + 1;
        }
    }
    if (octets == 0) {
        return NULL;
    }
    text = syc_alloc(octets + 1, 1);
    if (text == NULL) {
        *failed = true;
        return NULL;
    }
    octets = 0;
    for (int l = 0; l < 2; l++) {
        for (size_t i = 0; lists[l] != NULL && i < lists[l]->count; i++) {
            size_t n = strlen(lists[l]->items[i]);
            memcpy(text + octets, lists[l]->items[i], n);
            text[octets + n] = ' ';
            octets += n + 1;
        }
    }
    text[octets - 1] = 0;
    return text;
}

/* No fault of an input: results are given for what was read. */
static void
say_interrupted(struct syc_run *run)
{
    struct syc_run_stats s;

    run->interrupted = true;
    if (run->options->verbose) {
        syc_engine_stats(run->engine, &s);
        syc_say("%llu frame%s read", (unsigned long long)s.capture.packets,
                s.capture.packets == 1 ? " was" : "s were");
    }
}

/*
 * The output is asked first: when nobody reads it, what the input said is of no use. faults > 0
 * means that the one fault was said when it happened (on_input), and is not said twice.
 */
int
syc_run_captures(struct syc_run *run, const char *filter)
{
    const struct syc_capture_options c = {
        .paths = run->files != NULL ? run->files->items : NULL,
        .path_count = run->files != NULL ? run->files->count : 0,
        .interface = run->options->interface,
        .filter = filter,
    };
    struct syc_error err = {0};
    enum syc_status got;

    syc_progress_begin(run);
    got = syc_engine_capture(run->engine, &c, &err);
    syc_progress_end();
    if (run->output.status != SYC_OK) {
        run->unread = true;
    } else if (got == SYC_SYNTAX) {
        syc_say("%s (in \"%s\")", err.text, filter != NULL ? filter : "");
        return EXIT_USAGE;
    } else if (got == SYC_INTERRUPTED) {
        say_interrupted(run);
    } else if (got != SYC_OK && run->faults == 0) {
        syc_run_input_failed(run, c.interface != NULL ? c.interface : "the captures", got, &err,
                             false, false);
    }
    return 0;
}

/* ------------------------------------------------------------ records */

/* The open of a named pipe waits for a writer; the signal that stops a run ends that, too. */
static int
open_records(const struct syc_run *run, const char *name)
{
    int fd;

    do {
        fd = open(name, O_RDONLY | O_CLOEXEC);
    } while (fd < 0 && errno == EINTR && syc_engine_asked(run->engine) != SYC_ASKED_STOP);
    return fd;
}

/* "-" stays open: it is not ours. */
static enum syc_status
judge_file(struct syc_run *run, const char *name, struct syc_judge_counts *counts,
           struct syc_error *err)
{
    bool standard = strcmp(name, "-") == 0;
    int fd = standard ? STDIN_FILENO : open_records(run, name);
    enum syc_status status;

    if (fd < 0) {
        return errno == EINTR ? SYC_INTERRUPTED
                              : syc_error_set(err, SYC_IO, "cannot be opened: %s", strerror(errno));
    }
    status = syc_engine_judge(run->engine, fd, name, counts, err);
    if (!standard) {
        close(fd);
    }
    return status;
}

/*
 * A file without any connection event is read whole and yet surely a mistake: a note, not a fault,
 * so pipes of quiet hours do not fail.
 */
bool
syc_run_events(struct syc_run *run, const char *name, bool more)
{
    struct syc_judge_counts counts = {0};
    struct syc_error err = {0};
    enum syc_status status = judge_file(run, name, &counts, &err);

    run->judged += counts.records;
    if (run->options->verbose) {
        syc_say("%s: %llu record%s, %llu other event%s, %llu damaged line%s", name,
                (unsigned long long)counts.records, SYC_PLURAL(counts.records),
                (unsigned long long)counts.other_events, SYC_PLURAL(counts.other_events),
                (unsigned long long)counts.bad_lines, SYC_PLURAL(counts.bad_lines));
    }
    if (run->output.status != SYC_OK) {
        run->unread = true;
        return false;
    }
    if (status == SYC_INTERRUPTED) {
        run->interrupted = true;
        return false;
    }
    if (status != SYC_OK) {
        syc_run_input_failed(run, name, status, &err, counts.records > 0, more);
    } else if (counts.bad_lines > 0) {
        run->input_failed = true;
        syc_say("%s: damaged lines left out: %llu; records judged: %llu", name,
                (unsigned long long)counts.bad_lines, (unsigned long long)counts.records);
    } else if (counts.records == 0 && !run->options->quiet) {
        syc_say("%s: no record in it: connection events (syncopate --events connection), Zeek's "
                "conn.log or Suricata's flow events are read",
                name);
    }
    return true;
}
