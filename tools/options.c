/*
 * The options: one table that is parsed by and printed as --help, so that the help cannot lie.
 *
 *    rows[]:  group | letter | name | argument | verbs | kind, offset or set() | help
 *                |                                 |            |                  '-- printed
 *                '-- printed                       |            '-- FLAG, TEXT, LIST: stored; CALL: parsed
 *                                                  '-- whose option it is: others are refused by name
 *
 * An option is one row and nothing else. One of another verb is told from one that does not exist,
 * and a mistyped one gets a suggestion: each costs one line of standard error and status 2, before
 * anything is read. Numbers are parsed whole or refused: "1x" is no 1.
 */

#include "tools/tools.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    JUDGES = VERB_ANALYZE | VERB_JUDGE,
    CAPTURES = VERB_ANALYZE | VERB_AUDIT,
    RUNS = JUDGES | VERB_AUDIT,
    ALL = RUNS | VERB_RULES | VERB_SIGNATURES
};

/* FLAG sets a bool, TEXT borrows the argument, LIST appends it, CALL parses it. */
enum kind { FLAG, TEXT, LIST, CALL };

struct row {
    const char *group; /* starts a group of the help; NULL = of the one before */
    char letter;       /* 0 = none */
    const char *name;
    const char *argument; /* NULL = none */
    unsigned verbs;
    enum kind kind;
    size_t offset; /* of what FLAG, TEXT and LIST set */
    /* CALL: false, with *why, when the argument means nothing */
    bool (*set)(struct syc_options *o, const char *text, const char **why);
    const char *help; /* lines of at most 54 columns */
};

/* ------------------------------------------------------------ arguments that are more than text */

/* Each of these stores what text means and says in *why what would have meant something. */
static bool
set_events(struct syc_options *o, const char *text, const char **why)
{
    const char *bad = NULL;

    *why = "a list of fingerprint, connection, source, verdict, stats, ruleset, error, audit is "
           "expected";
    o->events = syc_events_parse(text, &bad);
    return o->events != 0;
}

/* eve is the shape of our own events, which is Suricata's. */
static bool
set_format(struct syc_options *o, const char *text, const char **why)
{
    *why = "eve or zeek is expected";
    o->format = strcmp(text, "zeek") == 0 ? SYC_FORMAT_ZEEK : SYC_FORMAT_EVENTS;
    return strcmp(text, "zeek") == 0 || strcmp(text, "eve") == 0;
}

/*
 * Powers of 1024. At 1M the tables hold some 300 connections at a time: less would judge nothing.
 * The shift is tested before it is made: strtoull takes up to 2^64 - 1.
 */
static bool
set_memory(struct syc_options *o, const char *text, const char **why)
{
    static const char suffixes[] = "KMG";
    const char *suffix;
    unsigned shift = 0;
    char *end;
    unsigned long long n;

    *why = "a size from 1M up is expected, such as 64M or 2G";
    errno = 0;
    n = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || errno != 0) {
        return false;
    }
    if (*end != 0) {
        suffix = strchr(suffixes, *end >= 'a' ? *end - 'a' + 'A' : *end);
        if (suffix == NULL || end[1] != 0) {
            return false;
        }
        shift = 10 * (unsigned)(suffix - suffixes + 1);
    }
    if (n > SIZE_MAX >> shift || n << shift < 1 << 20) {
        return false;
    }
    o->memory_octets = (size_t)n << shift;
    return true;
}

/* Two is all that there is work for; more is no mistake, as scripts give what nproc says. */
static bool
set_jobs(struct syc_options *o, const char *text, const char **why)
{
    char *end;
    long n = strtol(text, &end, 10);

    *why = "a number of threads from 1 to 1024 is expected";
    o->jobs = (unsigned)n;
    return end != text && *end == 0 && n >= 1 && n <= 1024;
}

/* Log-odds of 10 are 22,000 to 1: beyond that the evidence would not matter. */
static bool
set_prior(struct syc_options *o, const char *text, const char **why)
{
    char *end;

    *why = "a number from -10 to 10 is expected";
    o->prior = strtod(text, &end);
    return end != text && *end == 0 && isfinite(o->prior) && fabs(o->prior) <= 10;
}

/* From one second to eleven days: shorter ends connections while they talk, longer is never. */
static bool
seconds(const char *text, int64_t *ns, const char **why)
{
    char *end;
    double s = strtod(text, &end);

    *why = "seconds from 1 to 1000000 are expected";
    if (end == text || *end != 0 || !(s >= 1 && s <= 1e6)) {
        return false;
    }
    *ns = (int64_t)(s * (double)SYC_NS_PER_S);
    return true;
}

static bool
set_idle(struct syc_options *o, const char *text, const char **why)
{
    return seconds(text, &o->idle_ns, why);
}

static bool
set_interval(struct syc_options *o, const char *text, const char **why)
{
    return seconds(text, &o->interval_ns, why);
}

static bool
set_stats_interval(struct syc_options *o, const char *text, const char **why)
{
    return seconds(text, &o->stats_interval_ns, why);
}

static bool
set_two_msl(struct syc_options *o, const char *text, const char **why)
{
    return seconds(text, &o->two_msl_ns, why);
}

/* Only labels that one would want to fail on: human-like and insufficient-evidence are no alarm. */
static bool
set_fail_on(struct syc_options *o, const char *text, const char **why)
{
    static const enum syc_label labels[] = {SYC_LABEL_AUTOMATION, SYC_LABEL_MIXED,
                                            SYC_LABEL_UNCLEAR};
    struct syc_fail_on *f = &o->fail_on;
    char *end;
    long score = strtol(text, &end, 10);

    *why = "automation, mixed, unclear or a score from 1 to 100 is expected";
    f->set = true;
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        if (strcmp(text, syc_label_name(labels[i])) == 0) {
            f->by_label = true;
            f->label = labels[i];
            return true;
        }
    }
    f->by_label = false;
    f->score = (int)score;
    return end != text && *end == 0 && score >= 1 && score <= 100;
}

/* All findings are at least info, so nobody fails on that. */
static bool
set_fail_on_severity(struct syc_options *o, const char *text, const char **why)
{
    *why = "warning or critical is expected";
    o->fail_on.set = true;
    o->fail_on.severity =
        strcmp(text, "critical") == 0 ? SYC_SEVERITY_CRITICAL : SYC_SEVERITY_WARNING;
    return strcmp(text, "critical") == 0 || strcmp(text, "warning") == 0;
}

/* From the first connection's start; 30 years are enough of a capture. */
static bool
set_at(struct syc_options *o, const char *text, const char **why)
{
    char *end;
    double s = strtod(text, &end);

    *why = "seconds after the start of the first connection are expected";
    if (end == text || *end != 0 || !(s >= 0 && s <= 1e9)) {
        return false;
    }
    o->at_us = (int64_t)(s * (double)SYC_US_PER_S);
    return true;
}

/* own has room for every word of the command line (make_lists). */
static bool
set_host(struct syc_options *o, const char *text, const char **why)
{
    int ip_v;

    *why = "an IPv4 or IPv6 address is expected";
    return syc_addr_parse(text, o->own[o->own_count++], &ip_v);
}

static bool
set_from(struct syc_options *o, const char *text, const char **why)
{
    static const char *const words[] = {
        [SYC_FROM_SYNCOPATE] = "syncopate", [SYC_FROM_ZEEK] = "zeek", [SYC_FROM_EVE] = "eve"};

    *why = "syncopate, zeek or eve is expected";
    for (enum syc_from from = SYC_FROM_SYNCOPATE; from <= SYC_FROM_EVE; from++) {
        if (strcmp(text, words[from]) == 0) {
            o->from = from;
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------ the table */

/* clang-format off */

#define AT(member) offsetof(struct syc_options, member)

static const struct row rows[] = {
    {"Input", 'r', "read", "FILE", CAPTURES, LIST, AT(reads), NULL,
     "read this capture (as FILE does; may be repeated);\nother words are then a filter, as in tcpdump"},
    {NULL, 'i', "interface", "IFACE", CAPTURES, TEXT, AT(interface), NULL,
     "capture live until interrupted; results every\n--interval and at the end"},
    {NULL, 0, "no-tunnels", NULL, CAPTURES, FLAG, AT(no_tunnels), NULL,
     "leave GRE, VXLAN and the other tunnels closed"},
    {NULL, 0, "checksums", NULL, CAPTURES, FLAG, AT(checksums), NULL,
     "leave out segments whose IPv4 or TCP checksum is wrong"},
    {NULL, 0, "from", "FORMAT", VERB_JUDGE, CALL, 0, set_from,
     "whose records these are: syncopate, zeek (conn.log) or\neve (Suricata) (default: what the first lines say)"},
    {NULL, 0, "syn-ack", NULL, VERB_SIGNATURES, FLAG, AT(syn_ack), NULL,
     "explain: each RAW_SIG is of a SYN+ACK, not of a SYN"},
    {"Output", 0, "json", NULL, RUNS, FLAG, AT(json), NULL,
     "JSON Lines, also on a terminal (elsewhere the default)"},
    {NULL, 0, "json", NULL, VERB_RULES, FLAG, AT(json), NULL,
     "check, fields: JSON Lines in place of text"},
    {NULL, 0, "json", NULL, VERB_SIGNATURES, FLAG, AT(json), NULL,
     "JSON Lines in place of text"},
    {NULL, 0, "human", NULL, JUDGES | VERB_AUDIT, FLAG, AT(human), NULL,
     "the table for people, also into a pipe or a file"},
    {NULL, 0, "csv", "FILE", VERB_AUDIT, TEXT, AT(csv), NULL,
     "write the curves of TIME_WAIT and ports to FILE"},
    {NULL, 0, "events", "LIST", JUDGES, CALL, 0, set_events,
     "which events, comma between them: fingerprint,\nconnection, source, verdict, stats, ruleset, error,\naudit (default: verdict,stats); implies --json"},
    {NULL, 0, "sni", NULL, VERB_ANALYZE, FLAG, AT(sni), NULL,
     "put the server names that TLS clients ask for into\nconnection events"},
    {NULL, 0, "format", "FORMAT", JUDGES, CALL, 0, set_format,
     "eve (the default), or zeek: connections as lines of\nZeek's conn.log (JSON), and nothing else"},
    {NULL, 0, "interval", "SECONDS", CAPTURES, CALL, 0, set_interval,
     "live: how often results are told anew (default: 60)"},
    {NULL, 0, "stats-interval", "SECONDS", VERB_ANALYZE, CALL, 0, set_stats_interval,
     "live: how often a stats event is written\n(default: as --interval)"},
    {NULL, 0, "sensor", "NAME", RUNS, TEXT, AT(sensor), NULL,
     "put this name into every event"},
    {NULL, 0, "fail-on", "WHAT", JUDGES, CALL, 0, set_fail_on,
     "exit with status 1 if a verdict reaches WHAT: a score\nfrom 1 to 100, or automation, mixed, unclear"},
    {NULL, 0, "fail-on", "WHAT", VERB_AUDIT, CALL, 0, set_fail_on_severity,
     "exit with status 1 on a finding as severe as WHAT:\nwarning or critical"},
    {NULL, 'q', "quiet", NULL, ALL, FLAG, AT(quiet), NULL,
     "no warnings and notes, only errors"},
    {NULL, 'v', "verbose", NULL, RUNS, FLAG, AT(verbose), NULL,
     "say on standard error what is loaded and read"},
    {"Knowledge", 0, "rules", "PATH", JUDGES, LIST, AT(rules), NULL,
     "rules from this file or folder instead of the shipped\nones (may be repeated)"},
    {NULL, 0, "rules", "PATH", VERB_RULES, LIST, AT(rules), NULL,
     "test, explain: rules from this file or folder instead\nof the shipped ones (may be repeated)"},
    {NULL, 0, "signatures", "FILE", RUNS, LIST, AT(signatures), NULL,
     "SYN signatures in p0f.fp syntax instead of the\nshipped ones (may be repeated)"},
    {NULL, 0, "signatures", "FILE", VERB_SIGNATURES, LIST, AT(signatures), NULL,
     "explain, learn: signatures from this file instead of\nthe shipped ones (may be repeated)"},
    {NULL, 0, "at", "SECONDS", VERB_AUDIT, CALL, 0, set_at,
     "say only what could be said so long after the start"},
    {NULL, 0, "two-msl", "SECONDS", VERB_AUDIT, CALL, 0, set_two_msl,
     "how long TIME_WAIT lasts, instead of what the stack\nof each host is known for (else 60)"},
    {NULL, 0, "host", "ADDRESS", VERB_AUDIT, CALL, 0, set_host,
     "one of your own machines: findings are about these\nonly (may be repeated)"},
    {NULL, 0, "prior", "NUMBER", JUDGES, CALL, 0, set_prior,
     "log-odds to start each sum with (default: 0)"},
    {"Limits", 0, "memory", "SIZE", RUNS, CALL, 0, set_memory,
     "memory for all tables, K, M or G behind the number\n(default: 256M); what gives way is counted and said"},
    {NULL, 0, "jobs", "NUMBER", CAPTURES, CALL, 0, set_jobs,
     "threads at most (default: 1); with 2 files are read,\nunpacked and decoded beside the rest: the same\noutput, for packed files and full packets sooner"},
    {NULL, 0, "idle", "SECONDS", CAPTURES, CALL, 0, set_idle,
     "live: silence that ends a connection (default: 3600)"},
    {NULL, 0, "two-msl", "SECONDS", VERB_ANALYZE, CALL, 0, set_two_msl,
     "live: how long a closed connection is kept for late\nsegments (default: 60)"},
    {"Help", 'h', "help", NULL, ALL, FLAG, AT(help), NULL, "this text"},
    {NULL, 'V', "version", NULL, ALL, FLAG, AT(version), NULL, "name, version and libraries"},
};

/* clang-format on */

enum { ROWS = sizeof(rows) / sizeof(rows[0]), LONG_BASE = 256 };

/* ------------------------------------------------------------ parsing */

/*
 * Two verbs may mean two things by one name: getopt knows the name once, or it would call it
 * ambiguous.
 */
static int
first_of_name(int row)
{
    int i = 0;

    while (strcmp(rows[i].name, rows[row].name) != 0) {
        i++;
    }
    return i;
}

/* getopt's two descriptions, from the table. Operands come as option 1, in their place ("-"); ":" = our messages. */
static void
describe(struct option longs[ROWS + 1], char shorts[2 * ROWS + 3])
{
    size_t n = 0;

    shorts[n++] = '-';
    shorts[n++] = ':';
    for (int i = 0; i < ROWS; i++) {
        longs[i] = (struct option){rows[i].name,
                                   rows[i].argument != NULL ? required_argument : no_argument, NULL,
                                   LONG_BASE + first_of_name(i)};
        if (rows[i].letter != 0) {
            shorts[n++] = rows[i].letter;
            if (rows[i].argument != NULL) {
                shorts[n++] = ':';
            }
        }
    }
    longs[ROWS] = (struct option){0};
    shorts[n] = 0;
}

/* The row of a letter or of a long option's code; NULL for neither. */
static const struct row *
row_of(int code)
{
    for (int i = 0; i < ROWS; i++) {
        if (code == LONG_BASE + i || (rows[i].letter != 0 && code == rows[i].letter)) {
            return &rows[i];
        }
    }
    return NULL;
}

/* The row of the same name that the verb means; the row itself when no other is the verb's. */
static const struct row *
row_for(const struct row *row, unsigned verb)
{
    for (int i = 0; i < ROWS; i++) {
        if ((rows[i].verbs & verb) && strcmp(rows[i].name, row->name) == 0) {
            return &rows[i];
        }
    }
    return row;
}

static void
add_text(struct syc_texts *list, const char *text)
{
    list->items[list->count++] = text;
}

/* Every verb's getopt knows every option, so that one of another verb is told from one that does not exist. */
static int
apply(struct syc_options *o, const struct row *row, const struct syc_verb *verb, const char *text)
{
    char *at = (char *)o + row->offset;
    const char *why = NULL;

    if (!(row->verbs & verb->bit)) {
        const char *space = verb->name != NULL ? " " : "";
        const char *name = verb->name != NULL ? verb->name : "";
        syc_say("--%s is no option of syncopate%s%s; see syncopate%s%s --help", row->name, space,
                name, space, name);
        return EXIT_USAGE;
    }
    switch (row->kind) {
    case FLAG:
        *(bool *)at = true;
        break;
    case TEXT:
        *(const char **)(void *)at = text;
        break;
    case LIST:
        add_text((struct syc_texts *)(void *)at, text);
        break;
    case CALL:
        if (!row->set(o, text, &why)) {
            syc_say("--%s %s: %s", row->name, text, why);
            return EXIT_USAGE;
        }
        break;
    }
    return 0;
}

/*
 * The verb's option nearest to a mistyped one (its "=value" left off), NULL when none is near: at most two
 * edits, and fewer than it has letters, beyond which suggestions are noise. Words of any length are cut at 63 octets.
 */
static const char *
nearest(const char *word, unsigned verb)
{
    const char *best = NULL;
    unsigned least;
    char name[64];

    word += strspn(word, "-");
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
    least = strlen(name) < 3 ? (unsigned)strlen(name) : 3;
    for (int i = 0; i < ROWS; i++) {
        unsigned d = syc_edit_distance(name, rows[i].name);
        if (d < least && (rows[i].verbs & verb) != 0) {
            least = d;
            best = rows[i].name;
        }
    }
    return best;
}

/*
 * code is getopt's '?' or ':'. found is its optopt: the letter of a short option, the table's code of a long one that
 * is known, 0 for a long one that is not. word is the last word it has looked at.
 */
static int
refuse(int code, int found, const char *word, unsigned verb)
{
    const char *meant = nearest(word, verb);

    if (code == ':' && row_of(found) != NULL) {
        syc_say("--%s needs an argument; see syncopate --help", row_of(found)->name);
    } else if (found >= LONG_BASE) {
        syc_say("--%s takes no argument; see syncopate --help", row_of(found)->name);
    } else if (found != 0) {
        syc_say("there is no option -%c; see syncopate --help", found);
    } else if (meant != NULL) {
        syc_say("there is no option %s; did you mean --%s?", word, meant);
    } else {
        syc_say("there is no option %s; see syncopate --help", word);
    }
    return EXIT_USAGE;
}

/* Every list may get as many entries as there are words: no growing, no cap. */
static bool
make_lists(struct syc_options *o, int argc)
{
    struct syc_texts *const lists[] = {&o->reads, &o->operands, &o->rest, &o->rules,
                                       &o->signatures};
    bool ok = true;

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        lists[i]->items = syc_alloc((size_t)argc, sizeof(*lists[i]->items));
        ok = ok && lists[i]->items != NULL;
    }
    o->own = syc_alloc((size_t)argc, sizeof(*o->own));
    return ok && o->own != NULL;
}

/*
 * Operands in their place ("-" in the description): options may follow files, as people type them.
 * POSIXLY_CORRECT is overruled by it, so scripts behave alike everywhere.
 */
int
syc_options_parse(struct syc_options *o, const struct syc_verb *verb, int argc, char **argv)
{
    struct option longs[ROWS + 1];
    char shorts[2 * ROWS + 3];
    int code;
    int status = 0;

    *o = (struct syc_options){.verb = verb->bit, .at_us = SYC_NONE};
    if (!make_lists(o, argc)) {
        syc_say("out of memory");
        return EXIT_USAGE;
    }
    describe(longs, shorts);
    optind = 1;
    while (status == 0 && (code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (code == 1) {
            add_text(&o->operands, optarg);
        } else if (code == '?' || code == ':') {
            status = refuse(code, optopt, argv[optind - 1], verb->bit);
        } else {
            status = apply(o, row_for(row_of(code), verb->bit), verb, optarg);
        }
    }
    for (int i = optind; i < argc; i++) { /* only what reads captures knows filters */
        add_text((verb->bit & CAPTURES) != 0 ? &o->rest : &o->operands, argv[i]);
    }
    return status;
}

void
syc_options_fini(struct syc_options *o)
{
    syc_free(o->reads.items);
    syc_free(o->operands.items);
    syc_free(o->rest.items);
    syc_free(o->rules.items);
    syc_free(o->signatures.items);
    syc_free(o->own);
    *o = (struct syc_options){0};
}

/* ------------------------------------------------------------ help */

/* "  -r, --read FILE          text", the text's further lines below its first; a wide option has a line of its own. */
static void
print_row(const struct row *row)
{
    enum { COLUMN = 22 };
    char left[64];
    const char *text = row->help;

    snprintf(left, sizeof(left), "%c%c%c --%s%s%s", row->letter != 0 ? '-' : ' ',
             row->letter != 0 ? row->letter : ' ', row->letter != 0 ? ',' : ' ', row->name,
             row->argument != NULL ? " " : "", row->argument != NULL ? row->argument : "");
    if (strlen(left) > COLUMN) {
        printf("  %s\n", left);
        left[0] = 0;
    }
    for (;;) {
        const char *end = strchrnul(text, '\n');
        printf("  %-*s  %.*s\n", COLUMN, left, (int)(end - text), text);
        if (*end == 0) {
            return;
        }
        left[0] = 0;
        text = end + 1;
    }
}

/* Groups come in the table's order; one whose rows all belong to other verbs is not printed. */
void
syc_options_help(const struct syc_verb *verb)
{
    const char *group = NULL;
    const char *printed = NULL;

    printf("%s\nusage: %s\n", verb->about, verb->usage);
    for (int i = 0; i < ROWS; i++) {
        group = rows[i].group != NULL ? rows[i].group : group;
        if (!(rows[i].verbs & verb->bit)) {
            continue;
        }
        if (group != printed) {
            printf("\n%s\n", group);
            printed = group;
        }
        print_row(&rows[i]);
    }
    printf("\n%s", verb->examples);
}
