/*
 * What connections cost: captures or records in, one report out.
 *
 * Both kinds of input in one command, told apart by their first octets, because who audits has
 * captures of today and records of yesterday. Captures come first, as one stream; records are in
 * any order anyway.
 */

#include "tools/tools.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

/* ------------------------------------------------------------ inputs */

/* What there is to read, told apart. */
struct inputs {
    struct syc_texts captures, records;
    struct syc_paths files; /* the captures, folders opened up */
};

/*
 * What cannot be opened is left to the reader, which says why. A pipe without a name (/dev/fd/63) is open elsewhere, too;
 * one with a name would lose its writer, or what it holds, when it is closed here: it is not opened and read as a capture.
 */
static bool
holds_records(const char *name)
{
    struct statfs system;
    struct stat s;
    bool holds;
    int fd;

    if (strcmp(name, "-") == 0) {
        return syc_inputs_hold_records(STDIN_FILENO);
    }
    if (stat(name, &s) != 0 || statfs(name, &system) != 0 ||
        (!S_ISREG(s.st_mode) && system.f_type != PIPEFS_MAGIC)) {
        return false;
    }
    fd = open(name, O_RDONLY | O_CLOEXEC);
    holds = fd >= 0 && syc_inputs_hold_records(fd);
    if (fd >= 0) {
        close(fd);
    }
    return holds;
}

/* The order within each kind is the user's. */
static bool
sort_inputs(const struct syc_texts *names, struct inputs *in)
{
    in->captures.items = syc_alloc(names->count, sizeof(*in->captures.items));
    in->records.items = syc_alloc(names->count, sizeof(*in->records.items));
    if (in->captures.items == NULL || in->records.items == NULL) {
        return false;
    }
    for (size_t i = 0; i < names->count; i++) {
        struct syc_texts *to = holds_records(names->items[i]) ? &in->records : &in->captures;

        to->items[to->count++] = names->items[i];
    }
    return true;
}

static void
drop_inputs(struct inputs *in)
{
    syc_free(in->captures.items);
    syc_free(in->records.items);
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
    int status;
    bool captures = o->interface != NULL || in->files.count > 0;

    if (filter != NULL && in->records.count > 0) {
        syc_say("%s: holds records, and a filter is for captures; nothing was read",
                in->records.items[0]);
        return EXIT_USAGE;
    }
    status = syc_run_begin(&run, o, in->files.count > 1);
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
    for (size_t i = 0; i < in->records.count && !run.interrupted && !run.unread; i++) {
        if (!syc_run_events(&run, in->records.items[i], i + 1 < in->records.count)) {
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
                "runs (JSON Lines), packed or not; - is standard input. On a terminal a report\n"
                "is printed, elsewhere one audit event.\n"
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
