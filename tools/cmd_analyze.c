/* The main job: captures or an interface in, verdicts out. */

#include "tools/tools.h"

#include <string.h>
#include <unistd.h>

/* The words of a filter as one text, NULL without any; the caller frees it. */
static char *
join(const struct syc_texts *a, const struct syc_texts *b, bool *failed)
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

/* A word that is no file might be a verb somebody hoped for. */
static void
hint_at_verbs(const struct syc_capture_options *c, enum syc_status status)
{
    if (status == SYC_IO && c->path != NULL && c->file == 0 && strpbrk(c->path, "./") == NULL &&
        access(c->path, F_OK) != 0) {
        syc_say("if %s was meant as a command: there are judge and rules", c->path);
    }
}

static void
say_read(const struct syc_run *run, const char *name, uint64_t before)
{
    struct syc_run_stats s;

    if (run->options->verbose) {
        syc_engine_stats(run->engine, &s);
        syc_say("%s: %llu frames", name, (unsigned long long)(s.capture.packets - before));
    }
}

/* What one input came to. */
enum came { CAME_ON, CAME_STOP, CAME_NO_FILTER };

/*
 * A filter that does not compile is a usage error if it fails on the first input, before anything was read. Later it is
 * that input's fault: a filter for Ethernet may mean nothing on another link layer.
 */
static enum came
read_input(struct syc_run *run, const struct syc_capture_options *c, bool more)
{
    const char *name = c->path != NULL ? c->path : c->interface;
    struct syc_error err = {0};
    struct syc_run_stats before;
    enum syc_status got;

    syc_engine_stats(run->engine, &before);
    got = syc_engine_capture(run->engine, c, &err);
    if (run->output.status != SYC_OK) {
        run->unread = true;
        return CAME_STOP;
    }
    if (got == SYC_SYNTAX && c->file == 0) {
        syc_say("%s (in \"%s\")", err.text, c->filter != NULL ? c->filter : "");
        return CAME_NO_FILTER;
    }
    say_read(run, name, before.capture.packets);
    if (got == SYC_INTERRUPTED) {
        run->interrupted = true;
        return CAME_STOP;
    }
    if (got != SYC_OK) {
        syc_run_input_failed(run, name, got, &err, more);
        hint_at_verbs(c, got);
    }
    return CAME_ON;
}

static enum came
read_all(struct syc_run *run, const struct syc_paths *files, const char *filter)
{
    struct syc_capture_options c = {.interface = run->options->interface, .filter = filter};
    enum came came = CAME_ON;

    if (c.interface != NULL) {
        return read_input(run, &c, false);
    }
    for (size_t i = 0; came == CAME_ON && i < files->count; i++) {
        c.path = files->items[i];
        c.file = (uint16_t)i;
        came = read_input(run, &c, i + 1 < files->count);
    }
    return came;
}

/* Which words are inputs and which a filter: after -r and -i all are a filter, as in tcpdump; else those behind --. */
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

/* failed: an input was lost before the run began, which its exit status must not forget. */
static int
analyze(const struct syc_options *o, const struct syc_paths *files, bool failed, const char *filter)
{
    struct syc_run run;
    int status = syc_run_begin(&run, o, files->count > 1);

    if (status != 0) {
        return status;
    }
    run.input_failed = failed;
    if (read_all(&run, files, filter) == CAME_NO_FILTER) {
        syc_run_drop(&run);
        return EXIT_USAGE;
    }
    return syc_run_end(&run);
}

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
        filter = join(words_are_filter ? &o->operands : NULL, &o->rest, &no_memory);
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
             "       syncopate judge [OPTIONS] FILE...        judge records of earlier runs\n"
             "       syncopate rules check [PATH...]          check rules",
    .about = "syncopate reads captures and says which sources behave like automation, and\n"
             "why. It is passive: it sends nothing.\n",
    .examples = "FILE is a capture (pcap, pcapng and what libpcap reads), - for standard input\n"
                "(zcat FILE.gz | syncopate -), or a "
                "folder of captures. FILTER is a BPF expression, as in tcpdump.\n"
                "\n"
                "Examples\n"
                "  syncopate trace.pcap                    who looks like automation?\n"
                "  syncopate --json trace.pcap | jq .      every verdict with its evidence\n"
                "  syncopate --events connection trace.pcap > records.jsonl\n"
                "  syncopate judge records.jsonl           the same verdicts, later, elsewhere\n"
                "  syncopate --fail-on automation -r trace.pcap tcp port 443\n"
                "  zcat trace.pcap.gz | syncopate -\n"
                "\n"
                "Exit status: 0 done, 1 --fail-on was reached, 2 usage or rules, 3 an input was\n"
                "not read whole, 4 output failed, 130 interrupted. More: man syncopate\n",
    .run = run_analyze,
};
