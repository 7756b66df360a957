/*
 * The main job: captures or an interface in, verdicts out.
 *
 * Inputs and filter are words of one line, and which is which follows tcpdump where -r or -i is
 * used, since hands know it. An interface and files together are refused rather than guessed: their
 * clocks would be one stream.
 */

#include "tools/tools.h"

/* Said with the next step in it: who runs the command without arguments sees what to type. */
static int
check(const struct syc_options *o)
{
    if (o->interface != NULL && o->reads.count > 0) {
        syc_say("-i and -r together: an interface or files, not both");
        return EXIT_USAGE;
    }
    if (o->interface == NULL && o->reads.count == 0 && o->operands.count == 0) {
        syc_say("nothing to read: name a capture file, or an interface with -i; see "
                "syncopate --help");
        return EXIT_USAGE;
    }
    return 0;
}

/*
 * failed: an input was lost before the run began, which its exit status must not forget. The limit
 * of open files is raised before the captures are opened, because a merge holds all of them.
 */
static int
analyze(const struct syc_options *o, const struct syc_paths *files, bool failed, const char *filter)
{
    struct syc_run run;
    int status = syc_run_begin(&run, o, files->count > 1);

    if (status != 0) {
        return status;
    }
    run.input_failed = failed;
    run.files = o->interface == NULL ? files : NULL;
    syc_inputs_make_room(files->count);
    if (files->count == 0 && o->interface == NULL) {
        return syc_run_end(&run); /* every folder was left out, and that was said */
    }
    status = syc_run_captures(&run, filter);
    if (status != 0) {
        syc_run_drop(&run);
        return status;
    }
    return syc_run_end(&run);
}

/*
 * Which words are inputs and which a filter: after -r and -i all are a filter, as in tcpdump; else
 * those behind --.
 */
static int
run_analyze(const struct syc_options *o)
{
    bool words_are_filter = o->interface != NULL || o->reads.count > 0;
    struct syc_paths files = {0};
    bool failed = false;
    bool no_memory = false;
    char *filter = NULL;
    int status = check(o);

    if (status == 0 && o->interface == NULL) {
        status = syc_inputs_expand(words_are_filter ? &o->reads : &o->operands, &files, &failed);
    }
    if (status == 0) {
        filter = syc_words_join(words_are_filter ? &o->operands : NULL, &o->rest, &no_memory);
        if (no_memory) {
            syc_say("out of memory for the filter");
        }
        status = no_memory ? EXIT_INPUT : analyze(o, &files, failed, filter);
    }
    syc_free(filter);
    syc_paths_fini(&files);
    return status;
}

const struct syc_verb syc_verb_analyze = {
    .bit = VERB_ANALYZE,
    .usage = "syncopate [OPTIONS] FILE... [-- FILTER]\n"
             "       syncopate [OPTIONS] -r FILE [FILTER]\n"
             "       syncopate [OPTIONS] -i IFACE [FILTER]\n"
             "       syncopate audit [OPTIONS] FILE...        what the connections cost\n"
             "       syncopate judge [OPTIONS] FILE...        judge records of earlier runs\n"
             "       syncopate rules check|test|explain|fields|dump    rules\n"
             "       syncopate signatures check|explain|learn name stacks",
    .about = "syncopate reads captures and says which sources behave like automation, and\n"
             "why. It is passive: it sends nothing.\n",
    .examples = "FILE is a capture (pcap or pcapng, as it is or packed by gzip or zstd), - for\n"
                "standard input, or a folder of captures; several files are one stream in time\n"
                "order. FILTER is a BPF expression, as in tcpdump.\n"
                "\n"
                "Examples\n"
                "  syncopate trace.pcap                    who looks like automation?\n"
                "  syncopate --json trace.pcap | jq .      every verdict with its evidence\n"
                "  syncopate --events connection trace.pcap > records.jsonl\n"
                "  syncopate judge records.jsonl           the same verdicts, later, elsewhere\n"
                "  syncopate --fail-on automation -r trace.pcap tcp port 443\n"
                "  syncopate ring/eth0.pcap*.gz            rotated captures are one stream\n"
                "  ssh gate tcpdump -w - tcp | syncopate -\n"
                "\n"
                "Exit status: 0 done, 1 --fail-on was reached, 2 usage or rules, 3 an input was\n"
                "not read whole, 4 output failed, 130 interrupted. More: man syncopate\n",
    .run = run_analyze,
};
