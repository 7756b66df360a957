/*
 * Verdicts from records: the connection events of earlier runs, in any order, from any number of
 * files.
 *
 * Everything right of the record is a pure function of the records, so this gives what the run that
 * made them gave; rules may be newer than the capture, which nobody needs to keep.
 */

#include "tools/tools.h"

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
        if (!syc_run_events(&run, o->operands.items[i], i + 1 < count)) {
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
