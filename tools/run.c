/*
 * A run from options to exit status: what analyzing captures and judging records have in common.
 *
 *    begin: output, engine, rules checked, signals     -- a fault here: status 2, nothing read
 *      |
 *    captures and records (read.c), the engine telling rows, verdicts, faults of inputs on the way
 *      |
 *    end: finish, table or report, output closed, the worst of what happened is the status
 *
 * Exit statuses are a contract (events.md): scripts and CI decide by them. So no loss ends in
 * status 0, and of several misfortunes the one that spoils most wins: lost output, interruption,
 * lost input, --fail-on.
 *
 * The only writable globals are the engine that a signal stops and when it did: a handler gets no argument.
 */

#include "tools/tools.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { DEFAULT_EVENTS = SYC_EVENT_VERDICT | SYC_EVENT_STATS };

/* Live: a person who watches sees something within a minute. */
#define INTERVAL_DEFAULT_NS (60 * SYC_NS_PER_S)

/* What a signal stops; written before handlers are set and after they are gone. */
static struct syc_engine *_Atomic running;

/* When the first signal came that ends the run; 0 = none did. */
static int64_t _Atomic stopped_ns;

#define SAME_SIGNAL_NS (SYC_NS_PER_S / 5)

/*
 * A signal interrupts a read that waits, but not one that begins to wait between the engine's last look and the
 * read: so it comes again every second until the engine has seen what is asked for. poll(2) before each read would
 * do it, too, and costs a pipe of single packets a tenth of all time (measured).
 */
static void
come_again(void)
{
    alarm(1);
}

/* clock_gettime() is safe in a handler, as is what else these call (signal-safety(7)). */
static int64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SYC_NS_PER_S + now.tv_nsec;
}

/*
 * The first signal ends the run as the end of its input would, with results of what was read; the second ends the
 * process. timeout(1) and a terminal's groups of processes send one signal twice: what comes within SAME_SIGNAL_NS is
 * the first one still.
 */
static void
on_signal(int number)
{
    struct syc_engine *e = atomic_load(&running);
    int64_t none = 0, now = now_ns();

    if (!atomic_compare_exchange_strong(&stopped_ns, &none, now) && now - none > SAME_SIGNAL_NS) {
        signal(number, SIG_DFL);
        raise(number);
    }
    if (e != NULL) {
        syc_engine_stop(e);
        come_again();
    }
}

static void
on_hangup(int number)
{
    struct syc_engine *e = atomic_load(&running);

    (void)number;
    if (e != NULL) {
        syc_engine_reload(e);
        come_again();
    }
}

static void
on_alarm(int number)
{
    struct syc_engine *e = atomic_load(&running);

    (void)number;
    if (e != NULL && syc_engine_asked(e) != SYC_ASKED_NOTHING) {
        come_again();
    }
}

/*
 * No SA_RESTART: a read that waits for octets must come back. A reader that goes away, or a file that may not grow further, shall be a failed write, which is counted and
 * said, not a
 * death.
 */
static void
listen_to_signals(void)
{
    struct sigaction stop = {.sa_handler = on_signal};
    struct sigaction reload = {.sa_handler = on_hangup};
    struct sigaction again = {.sa_handler = on_alarm};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    sigemptyset(&stop.sa_mask);
    sigemptyset(&reload.sa_mask);
    sigemptyset(&again.sa_mask);
    sigaction(SIGALRM, &again, NULL);
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    /* A terminal that goes away hangs up, too: its output fails then, and that ends the run. */
    sigaction(SIGHUP, &reload, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL);
}

/* ------------------------------------------------------------ what the engine tells */

/*
 * How bad a label is for --fail-on: unclear, then mixed, then automation. Others are 0 and reach
 * nothing.
 */
static int
rank(enum syc_label label)
{
    static const int ranks[] = {
        [SYC_LABEL_UNCLEAR] = 1, [SYC_LABEL_MIXED] = 2, [SYC_LABEL_AUTOMATION] = 3};

    return ranks[label];
}

/* Pairs count as well as sources: who asks for automation asks for it wherever it shows. */
static void
on_verdict(void *user, const struct syc_verdict *v)
{
    struct syc_run *run = user;
    const struct syc_fail_on *f = &run->options->fail_on;

    if (!f->set || v->label == SYC_LABEL_INSUFFICIENT) {
        return;
    }
    run->reached |= f->by_label ? rank(v->label) >= rank(f->label) : v->score >= f->score;
}

/* Live, at each interval: a person gets the table of now. */
static void
on_told(void *user)
{
    struct syc_run *run = user;

    if (run->options->verb != VERB_AUDIT) {
        syc_human_print(run);
    }
}

/* A finding that was withdrawn by the end reaches nothing. Live, a report is the engine's again after this call. */
static void
on_audited(void *user, const struct syc_audit_report *r)
{
    struct syc_run *run = user;
    const struct syc_fail_on *f = &run->options->fail_on;

    run->report = r;
    for (size_t i = 0; f->set && i < r->finding_count; i++) {
        run->reached |=
            r->findings[i].severity >= f->severity && r->findings[i].resolved_at_us == SYC_NONE;
    }
    if (!run->ending) {
        syc_human_print(run);
        run->report = NULL;
    }
}

/* Notes of the engine; -q leaves the callback out. */
static void
on_message(void *user, const char *text)
{
    (void)user;
    syc_say("%s", text);
}

/* No name of a file, and written like none: somebody may have meant something else. */
static bool
is_bare_word(const char *name)
{
    return name[0] != 0 && strcmp(name, "-") != 0 && strpbrk(name, "./") == NULL &&
           access(name, F_OK) != 0;
}

/* A file that is no capture may hold records. A pipe is not opened once more for a hint: its writer has gone. */
static void
hint_at_records(const struct syc_run *run, const char *name)
{
    struct stat s;
    int fd;

    if (strcmp(name, "-") == 0 || stat(name, &s) != 0) {
        return;
    }
    if (S_ISFIFO(s.st_mode) && run->options->verb == VERB_AUDIT) {
        syc_say("a named pipe is read as a capture; if %s holds records: syncopate audit - < %s",
                name, name);
    }
    fd = S_ISREG(s.st_mode) ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0 && syc_inputs_hold_records(fd)) {
        syc_say("%s holds records: syncopate judge %s", name, name);
    }
    if (fd >= 0) {
        close(fd);
    }
}

/* A word that is no file might be a verb somebody hoped for. Only for the first word. */
static void
hint_at_verbs(const struct syc_run *run, const struct syc_input_over *over)
{
    const char *name = over->name;

    if (over->status == SYC_FORMAT) {
        hint_at_records(run, name);
    }
    if (over->status == SYC_IO && run->options->verb == VERB_ANALYZE && run->files != NULL &&
        name == run->files->items[0] && is_bare_word(name)) {
        syc_say("if %s was meant as a command: there are audit, judge, rules and signatures", name);
    }
}

/*
 * Said when it happens: in a run of hours the reader of the terminal may still do something about
 * it.
 */
static void
on_input(void *user, const struct syc_input_over *over, const struct syc_error *err)
{
    struct syc_run *run = user;

    if (run->options->verbose) {
        syc_say("%s: %llu frame%s", over->name, (unsigned long long)over->packets,
                SYC_PLURAL(over->packets));
    }
    if (over->status != SYC_OK) {
        run->faults++;
        syc_run_input_failed(run, over->name, over->status, err, over->packets > 0,
                             run->files != NULL && run->files->count > 1);
        hint_at_verbs(run, over);
    }
}

/* ------------------------------------------------------------ begin */

/*
 * A rule that the user named and that does not load is refused before anything is read: a typo in a rule would
 * otherwise show as a verdict that does not come. That none of many is ours is told for the same reason.
 */
static int
check_rules(const struct syc_run *run)
{
    const struct syc_ruleset *set = syc_engine_rules(run->engine);
    size_t refused = syc_ruleset_refused(set);

    if (run->options->rules.count > 0 || refused > 0) {
        syc_say_problems(STDERR_FILENO, set, !run->options->quiet);
    }
    if (refused > 0) {
        syc_say("%zu of %zu rules refused; nothing was read (see syncopate rules check)", refused,
                refused + syc_ruleset_loaded(set));
        return EXIT_USAGE;
    }
    if (syc_ruleset_loaded(set) == 0 && syc_ruleset_skipped(set) > 0 && !run->options->quiet) {
        syc_say(
            "--rules holds no rule for syncopate, %zu for other products; verdicts rest on none",
            syc_ruleset_skipped(set));
    }
    if (run->options->verbose) {
        syc_say("%zu rule%s, %s", syc_ruleset_loaded(set), SYC_PLURAL(syc_ruleset_loaded(set)),
                syc_ruleset_digest(set));
    }
    return 0;
}

/*
 * All faults of the signature files, not the first alone: they are read once more for it, and what cannot be (a pipe)
 * leaves the first.
 */
static void
say_why(const struct syc_options *o, enum syc_status status, const struct syc_error *err)
{
    struct syc_signatures *set = NULL;
    const struct syc_remark *remarks;

    if (status != SYC_SYNTAX ||
        syc_engine_load_signatures(&set, o->signatures.items, o->signatures.count, NULL) !=
            SYC_OK ||
        syc_signatures_remarks(set, &remarks) == 0) {
        syc_say_error(err);
    } else {
        syc_say_remarks(STDERR_FILENO, set, SYC_REMARK_ERROR);
        syc_say("nothing was read (see syncopate signatures check)");
    }
    syc_signatures_free(set);
}

/*
 * The table for people is made from rows, so no event is needed; Zeek's format has connections
 * alone.
 */
static unsigned
events_of(const struct syc_run *run)
{
    const struct syc_options *o = run->options;

    if (run->human) {
        return 0;
    }
    if (o->verb == VERB_AUDIT) {
        return SYC_EVENT_AUDIT;
    }
    if (o->format == SYC_FORMAT_ZEEK) {
        return SYC_EVENT_CONNECTION;
    }
    return o->events != 0 ? o->events : (unsigned)DEFAULT_EVENTS;
}

/* Rules and signatures that are wrong end the run here, before an input is opened. */
static int
make_engine(struct syc_run *run, bool many_inputs)
{
    const struct syc_options *o = run->options;
    const int64_t interval_ns = o->interval_ns > 0 ? o->interval_ns : INTERVAL_DEFAULT_NS;
    const struct syc_audit_options audit = {.two_msl_us = o->two_msl_ns / SYC_NS_PER_US,
                                            .at_us = o->at_us,
                                            .own = (const uint8_t(*)[16])o->own,
                                            .own_count = o->own_count};
    struct syc_error err = {0};
    enum syc_status status;
    struct syc_engine_config config = {
        .output = &run->output,
        .events = events_of(run),
        .memory_octets = o->memory_octets,
        .prior = o->prior,
        .rules = o->rules.items,
        .rule_count = o->rules.count,
        .signatures = o->signatures.items,
        .signature_count = o->signatures.count,
        .decode = (o->no_tunnels ? SYC_DECODE_NO_TUNNELS : 0u) |
                  (o->checksums ? SYC_DECODE_CHECKSUMS : 0u),
        .sni = o->sni,
        .from = o->from,
        .jobs = o->jobs,
        .live = o->interface != NULL,
        .many_inputs = many_inputs,
        .idle_ns = o->idle_ns,
        .two_msl_ns = o->two_msl_ns,
        .interval_ns = interval_ns,
        .stats_interval_ns = o->stats_interval_ns > 0 ? o->stats_interval_ns : interval_ns,
        .audit = &audit,
        .audit_only = o->verb == VERB_AUDIT,
        .row = run->human ? syc_human_row : NULL,
        .verdict = on_verdict,
        .told = on_told,
        .audited = o->verb == VERB_AUDIT ? on_audited : NULL,
        .message = o->quiet ? NULL : on_message,
        .input = on_input,
        .tick = syc_progress_tick,
        .user = run,
    };

    status = syc_engine_new(&run->engine, &config, &err);
    if (status != SYC_OK) {
        say_why(o, status, &err);
        return EXIT_USAGE;
    }
    return check_rules(run);
}

/* The signal's engine goes first: a handler that comes now must find none. */
void
syc_run_drop(struct syc_run *run)
{
    atomic_store(&running, NULL);
    (void)syc_output_fini(&run->output); /* nothing was written */
    syc_engine_free(run->engine);
}

/* Two options of which one would be ignored. */
static bool
contradicts_itself(const struct syc_options *o)
{
    const char *lines = o->json                        ? "--json"
                        : o->events != 0               ? "--events"
                        : o->format == SYC_FORMAT_ZEEK ? "--format zeek"
                                                       : NULL;

    if (o->human && lines != NULL) {
        syc_say("--human and %s together: one of them", lines);
        return true;
    }
    if (o->format == SYC_FORMAT_ZEEK && (o->events & ~(unsigned)SYC_EVENT_CONNECTION) != 0) {
        syc_say("--format zeek writes connections only: --events has more");
        return true;
    }
    return false;
}

/*
 * On a terminal a table, in a pipe JSON Lines, unless told otherwise: what a person sees and what a
 * program reads differ by default. Lines are written at once where somebody waits for them (live,
 * terminal), in blocks else.
 */
int
syc_run_begin(struct syc_run *run, const struct syc_options *o, bool many_inputs)
{
    int status;

    *run = (struct syc_run){.options = o, .csv = -1};
    if (contradicts_itself(o)) {
        return EXIT_USAGE;
    }
    run->human = o->human || (!o->json && o->events == 0 && o->format == SYC_FORMAT_EVENTS &&
                              isatty(STDOUT_FILENO));
    if (syc_output_init(&run->output, STDOUT_FILENO) != SYC_OK) {
        syc_say("out of memory");
        return EXIT_OUTPUT;
    }
    run->output.sensor = o->sensor;
    run->output.format = o->format;
    run->output.line_buffered = o->interface != NULL || isatty(STDOUT_FILENO);
    status = make_engine(run, many_inputs);
    if (status != 0) {
        syc_run_drop(run);
        return status;
    }
    atomic_store(&running, run->engine);
    listen_to_signals();
    return 0;
}

/* ------------------------------------------------------------ end */

/*
 * What became of the rest is part of the message: "left out" and "read so far" lead to different
 * doubts.
 */
void
syc_run_input_failed(struct syc_run *run, const char *name, enum syc_status status,
                     const struct syc_error *err, bool begun, bool more)
{
    const char *what = err->text[0] != 0 ? err->text : syc_status_text(status);
    const char *rest = begun ? "; what was read before is in the results" : "; it is left out";
    /* "FILE tcp port 80", as tcpdump takes it behind -r: three words that no file could mean. */
    bool like_filter = run->files != NULL && is_bare_word(name);

    run->input_failed = true;
    if (status == SYC_TRUNCATED || status == SYC_UNSUPPORTED) {
        rest = ""; /* the text says how much was read */
    }
    syc_say("%s: %s%s%s", name, what, rest,
            !more       ? ""
            : *rest > 0 ? ", the other inputs are read"
                        : "; the other inputs are read");
    if (like_filter && !run->filter_hinted) {
        syc_say("a filter stands behind --, or behind -r FILE: words before that are files");
        run->filter_hinted = true;
    }
}

/*
 * Octets and events that did not reach the reader are said, whatever else happened; so is an event
 * that found no memory.
 */
static int
say_output_failed(const struct syc_run *run)
{
    const struct syc_output *o = &run->output;
    enum syc_status why = o->status != SYC_OK ? o->status : SYC_NO_MEMORY;
    const char *text = o->error_number != 0 ? strerror(o->error_number) : syc_status_text(why);

    if (run->human) {
        syc_say("standard output: %s; the results were not written whole", text);
        return EXIT_OUTPUT;
    }
    syc_say("standard output: %s; %llu event%s (%llu octets) %s written, %llu lost%s", text,
            (unsigned long long)o->events, SYC_PLURAL(o->events), (unsigned long long)o->octets,
            o->events == 1 ? "was" : "were", (unsigned long long)o->lost,
            run->unread ? ", the rest of the input was not read" : "");
    return EXIT_OUTPUT;
}

/* The worst that happened wins: lost output, then an interruption, then an input, then --fail-on. */
static int
exit_status(const struct syc_run *run, enum syc_status finished)
{
    if (run->output.status != SYC_OK || run->output.lost > 0) {
        return say_output_failed(run);
    }
    if (finished != SYC_OK) {
        syc_say("%s at the end; the results are not complete", syc_status_text(finished));
        return EXIT_OUTPUT;
    }
    if (run->interrupted) {
        syc_say("interrupted; what was read until then is in the results");
        return EXIT_INTERRUPTED;
    }
    if (run->input_failed) {
        return EXIT_INPUT;
    }
    return run->reached ? EXIT_REACHED : 0;
}

/*
 * The report is borrowed from the engine, so the engine goes last. Nothing is read any more, so the first signal has
 * nothing to stop here.
 */
int
syc_run_end(struct syc_run *run)
{
    enum syc_status finished;
    bool written;
    int status;

    atomic_store(&running, NULL);
    run->ending = true;
    finished = syc_engine_finish(run->engine);
    syc_human_print(run);
    written = run->csv < 0 || run->report == NULL || syc_audit_write_csv(run);
    (void)syc_output_fini(&run->output); /* its status stays in the structure */
    status = exit_status(run, finished);
    status = written ? status : EXIT_OUTPUT;
    syc_engine_free(run->engine);
    return status;
}
