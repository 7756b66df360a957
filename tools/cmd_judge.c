/* Verdicts from records: the connection events of earlier runs, in any order, from any number of files. */

#include "tools/tools.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* "-" stays open: it is not ours. */
static enum syc_status
judge_file(struct syc_run *run, const char *name, struct syc_judge_counts *counts,
           struct syc_error *err)
{
    bool standard = strcmp(name, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
    enum syc_status status;

    if (fd < 0) {
        return syc_error_set(err, SYC_IO, "cannot be opened: %s", strerror(errno));
    }
    status = syc_engine_judge(run->engine, fd, name, counts, err);
    if (!standard) {
        close(fd);
    }
    return status;
}

/*
 * False when no further file is to be read. Damaged lines count as an input that was not read whole: what they said is
 * missing from the verdicts, and a status of 0 would hide it.
 */
static bool
read_file(struct syc_run *run, const char *name, bool more)
{
    struct syc_judge_counts counts = {0};
    struct syc_error err = {0};
    enum syc_status status = judge_file(run, name, &counts, &err);

    if (run->options->verbose) {
        syc_say("%s: %llu records, %llu other events, %llu damaged lines", name,
                (unsigned long long)counts.records, (unsigned long long)counts.other_events,
                (unsigned long long)counts.bad_lines);
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
        syc_run_input_failed(run, name, status, &err, more);
    } else if (counts.bad_lines > 0) {
        run->input_failed = true;
        syc_say("%s: %llu damaged lines were left out; %llu records were judged", name,
                (unsigned long long)counts.bad_lines, (unsigned long long)counts.records);
    } else if (counts.records == 0 && !run->options->quiet) {
        syc_say("%s: no connection event in it; make them with syncopate --events connection",
                name);
    }
    return true;
}

static int
run_judge(const struct syc_options *o)
{
    size_t count = o->operands.count;
    struct syc_run run;
    int status;

    if (count == 0) {
        syc_say("nothing to judge: name a file of connection events, or - for standard input; "
                "see syncopate judge --help");
        return EXIT_USAGE;
    }
    status = syc_run_begin(&run, o, count > 1);
    if (status != 0) {
        return status;
    }
    for (size_t i = 0; i < count; i++) {
        if (!read_file(&run, o->operands.items[i], i + 1 < count)) {
            break;
        }
    }
    return syc_run_end(&run);
}

const struct syc_verb syc_verb_judge = {
    .name = "judge",
    .bit = VERB_JUDGE,
    .usage = "syncopate judge [OPTIONS] FILE...",
    .about = "syncopate judge gives verdicts on records, the connection events of earlier\n"
             "runs: the same verdicts as the run that made them, whatever order they are in.\n",
    .examples = "FILE holds JSON Lines, - is standard input; events that are no connections are\n"
                "passed over.\n"
                "\n"
                "Examples\n"
                "  syncopate --events connection trace.pcap | syncopate judge -\n"
                "  syncopate judge --rules mine.yml monday.jsonl tuesday.jsonl\n"
                "\n"
                "Exit status: 0 done, 1 --fail-on was reached, 2 usage or rules, 3 an input was\n"
                "not read whole, 4 output failed, 130 interrupted.\n",
    .run = run_judge,
};
