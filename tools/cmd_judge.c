/*
 * Verdicts from records: the connection events of earlier runs, or another sensor's logs, in any order, from any
 * number of files.
 *
 * Everything right of the record is a pure function of the records, so this gives what the run that
 * made them gave; rules may be newer than the capture, which nobody needs to keep.
 */

#include "tools/tools.h"

static int
judge_files(const struct syc_options *o, const struct syc_paths *files, bool failed)
{
    struct syc_run run;
    int status = syc_run_begin(&run, o, files->count > 1);

    if (status != 0) {
        return status;
    }
    run.input_failed = failed;
    for (size_t i = 0; i < files->count; i++) {
        if (!syc_run_events(&run, files->items[i], i + 1 < files->count)) {
            break;
        }
    }
    return syc_run_end(&run);
}

static int
run_judge(const struct syc_options *o)
{
    struct syc_paths files = {0};
    bool failed = false;
    int status;

    if (o->operands.count == 0) {
        syc_say("nothing to judge: name a file of connection events, or - for standard input; "
                "see syncopate judge --help");
        return EXIT_USAGE;
    }
    status = syc_inputs_expand_records(&o->operands, &files, &failed);
    if (status == 0) {
        status = judge_files(o, &files, failed);
    }
    syc_paths_fini(&files);
    return status;
}

const struct syc_verb syc_verb_judge = {
    .name = "judge",
    .bit = VERB_JUDGE,
    .usage = "syncopate judge [OPTIONS] FILE...",
    .about = "syncopate judge gives verdicts on records, the connection events of earlier\n"
             "runs: the same verdicts as the run that made them, whatever order they are in.\n"
             "It also reads Zeek's conn.log (JSON or TSV) and Suricata's EVE flow events; what\n"
             "those do not tell is unknown, and rules that need it say so in missing.\n",
    .examples = "FILE may be packed by gzip or zstd, - is standard input, of a folder the logs\n"
                "are read. Lines that are no connections are passed over.\n"
                "\n"
                "Examples\n"
                "  syncopate judge conn.log.gz\n"
                "  syncopate judge --from eve /var/log/suricata/eve.json\n"
                "  syncopate --events connection trace.pcap | syncopate judge -\n"
                "  syncopate judge --rules mine.yml monday.jsonl tuesday.jsonl\n"
                "\n"
                "Exit status: 0 done, 1 --fail-on was reached, 2 usage or rules, 3 an input was\n"
                "not read whole, 4 output failed, 130 interrupted. More: man syncopate\n",
    .run = run_judge,
};
