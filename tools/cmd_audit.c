/*
 * What connections cost: captures or records in, one report out.
 *
 * Both kinds of input in one command, told apart by their first octet, because who audits has
 * captures of today and records of yesterday. Captures come first, as one stream; records are in
 * any order anyway.
 */

#include "tools/tools.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ------------------------------------------------------------ inputs */

/* What there is to read, told apart. */
struct inputs {
    struct syc_texts captures, events;
    struct syc_paths files; /* the captures, folders opened up */
};

/*
 * The first octet of standard input without taking it: of a file by its place, of a pipe by tee(2),
 * which waits until there is one. False when it cannot be told (a socket, a terminal): then it is
 * read as a capture, which will say what it is.
 */
static bool
peek_stdin(uint8_t *octet)
{
    ssize_t got = pread(STDIN_FILENO, octet, 1, lseek(STDIN_FILENO, 0, SEEK_CUR));
    int copy[2];

    if (got >= 0 || pipe2(copy, O_CLOEXEC) != 0) {
        return got == 1;
    }
    do {
        got = tee(STDIN_FILENO, copy[1], 1, 0);
    } while (got < 0 && errno == EINTR);
    got = got == 1 ? read(copy[0], octet, 1) : 0;
    close(copy[0]);
    close(copy[1]);
    return got == 1;
}

/*
 * No capture format begins with a brace, every event does. What cannot be opened is left to the
 * reader, which says why. Only plain files are looked into: an octet taken from a FIFO would be
 * missing later.
 */
static bool
holds_events(const char *name)
{
    uint8_t octet = 0;
    int fd;

    if (strcmp(name, "-") == 0) {
        return peek_stdin(&octet) && octet == '{';
    }
    fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0) {
        struct stat s;
        bool plain = fstat(fd, &s) == 0 && S_ISREG(s.st_mode);

        if (!plain || read(fd, &octet, 1) != 1) {
            octet = 0;
        }
        close(fd);
    }
    return octet == '{';
}

/* The order within each kind is the user's. */
static bool
sort_inputs(const struct syc_texts *names, struct inputs *in)
{
    in->captures.items = syc_alloc(names->count, sizeof(*in->captures.items));
    in->events.items = syc_alloc(names->count, sizeof(*in->events.items));
    if (in->captures.items == NULL || in->events.items == NULL) {
        return false;
    }
    for (size_t i = 0; i < names->count; i++) {
        struct syc_texts *to = holds_events(names->items[i]) ? &in->events : &in->captures;

        to->items[to->count++] = names->items[i];
    }
    return true;
}

static void
drop_inputs(struct inputs *in)
{
    syc_free(in->captures.items);
    syc_free(in->events.items);
    syc_paths_fini(&in->files);
}

/* ------------------------------------------------------------ results */

/* "a.pcap", "3 inputs", "eth0": what the report is about. */
static void
name_inputs(const struct syc_run *run, char *out, size_t size)
{
    const struct syc_options *o = run->options;
    const struct syc_texts *names = o->reads.count > 0 ? &o->reads : &o->operands;

    if (o->interface != NULL) {
        snprintf(out, size, "%s", o->interface);
    } else if (names->count == 1) {
        snprintf(out, size, "%s", names->items[0]);
    } else {
        snprintf(out, size, "%zu inputs", names->count);
    }
}

enum syc_status
syc_audit_print(const struct syc_run *run)
{
    char input[256];
    const struct syc_audit_view view = {
        .input = input,
        .at_us = run->options->at_us,
        .width = syc_terminal_width(),
        .color = syc_color_wanted(),
        .utf8 = syc_utf8_wanted(),
    };

    name_inputs(run, input, sizeof(input));
    return syc_print_audit(STDOUT_FILENO, run->report, &view);
}

/*
 * Before anything is read: a run of hours should not end in a name that cannot be written. What the file held stays
 * until there is something to put in its place.
 */
static bool
open_csv(struct syc_run *run)
{
    const char *name = run->options->csv;

    if (name != NULL && (run->csv = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666)) < 0) {
        syc_say("%s: cannot be written: %s", name, strerror(errno));
        return false;
    }
    return true;
}

/* close() is asked, too: on some file systems a full disk shows only there. EINVAL: a pipe or a device has no length. */
bool
syc_audit_write_csv(struct syc_run *run)
{
    enum syc_status status = SYC_IO;

    if (ftruncate(run->csv, 0) == 0 || errno == EINVAL) {
        status = syc_print_audit_csv(run->csv, run->report);
    }
    if (close(run->csv) != 0 && status == SYC_OK) {
        status = SYC_IO;
    }
    run->csv = -1;
    if (status != SYC_OK) {
        syc_say("%s: the curves could not be written: %s", run->options->csv,
                syc_status_text(status));
    }
    return status == SYC_OK;
}

/* ------------------------------------------------------------ the verb */

static int
check(const struct syc_options *o)
{
    if (o->interface != NULL && o->reads.count > 0) {
        syc_say("-i and -r together: an interface or files, not both");
        return EXIT_USAGE;
    }
    if (o->csv != NULL && strcmp(o->csv, "-") == 0) {
        syc_say("--csv -: a file is expected, standard output has the report");
        return EXIT_USAGE;
    }
    if (o->interface == NULL && o->reads.count == 0 && o->operands.count == 0) {
        syc_say("nothing to audit: name captures or files of connection events; see "
                "syncopate audit --help");
        return EXIT_USAGE;
    }
    return 0;
}

/*
 * Captures first: an interface or files, one stream; then records, file by file. failed: an input
 * was lost already, which the exit status must not forget.
 */
static int
audit(const struct syc_options *o, const struct inputs *in, bool failed, const char *filter)
{
    struct syc_run run;
    int status = syc_run_begin(&run, o, in->files.count > 1);
    bool captures = o->interface != NULL || in->files.count > 0;

    if (status != 0) {
        return status;
    }
    run.input_failed = failed;
    run.files = o->interface == NULL ? &in->files : NULL;
    syc_inputs_make_room(in->files.count);
    if (!open_csv(&run)) {
        syc_run_drop(&run);
        return EXIT_OUTPUT;
    }
    if (captures && syc_run_captures(&run, filter) != 0) {
        syc_run_drop(&run);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < in->events.count && !run.interrupted && !run.unread; i++) {
        if (!syc_run_events(&run, in->events.items[i], i + 1 < in->events.count)) {
            break;
        }
    }
    return syc_run_end(&run);
}

/* Out of memory is said once, wherever it came from. */
static int
run_audit(const struct syc_options *o)
{
    bool words_are_filter = o->interface != NULL || o->reads.count > 0;
    struct inputs in = {0};
    bool failed = false;
    bool no_memory = false;
    char *filter = NULL;
    int status = check(o);

    if (status == 0 && o->interface == NULL) {
        no_memory = !sort_inputs(words_are_filter ? &o->reads : &o->operands, &in);
        status = no_memory ? EXIT_INPUT : syc_inputs_expand(&in.captures, &in.files, &failed);
    }
    if (status == 0) {
        filter = syc_words_join(words_are_filter ? &o->operands : NULL, &o->rest, &no_memory);
        status = no_memory ? EXIT_INPUT : audit(o, &in, failed, filter);
    }
    if (no_memory) {
        syc_say("out of memory");
    }
    syc_free(filter);
    drop_inputs(&in);
    return status;
}

const struct syc_verb syc_verb_audit = {
    .name = "audit",
    .bit = VERB_AUDIT,
    .usage = "syncopate audit [OPTIONS] FILE... [-- FILTER]\n"
             "       syncopate audit [OPTIONS] -i IFACE [FILTER]",
    .about = "syncopate audit says what the connections of each client and server cost:\n"
             "sockets in TIME_WAIT, ports that run out and when, pools that reuse too\n"
             "little, slow start, handshakes, loss; and which knob changes it by how much.\n",
    .examples = "FILE is a capture, a folder of captures, or the connection events of earlier\n"
                "runs (JSON Lines); - is standard input. On a terminal a report is printed,\n"
                "elsewhere one audit event.\n"
                "\n"
                "Examples\n"
                "  syncopate audit trace.pcap              what does it cost, what helps?\n"
                "  syncopate audit --json trace.pcap | jq '.audit.findings[]'\n"
                "  syncopate audit --at 10 trace.pcap      what could be foreseen after 10 s?\n"
                "  syncopate audit --fail-on warning --host 10.0.0.7 ci-run.pcap\n"
                "  syncopate --events connection trace.pcap | syncopate audit --human -\n"
                "\n"
                "Exit status: 0 done, 1 --fail-on was reached, 2 usage, 3 an input was not read\n"
                "whole, 4 output failed, 130 interrupted. More: man syncopate-audit\n",
    .run = run_audit,
};
