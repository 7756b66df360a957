/*
 * Signature files: what is wrong with them, why a SYN gets its label, and lines for SYNs that have none.
 *
 * All three go by the loader and the matcher of a run, so what is said here holds there.
 */

#include "tools/tools.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* As many of those that do not fit as a person can compare. */
enum { SHOWN = 24, NEAREST = 3 };

/* ------------------------------------------------------------ check */

static size_t
count_of(const struct syc_signatures *set, enum syc_remark_level level)
{
    const struct syc_remark *r;
    size_t n = syc_signatures_remarks(set, &r);
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        count += r[i].level == level;
    }
    return count;
}

/* One object a remark, then one with the counts, as rules check prints its findings. */
static bool
print_json(const struct syc_signatures *set, enum syc_remark_level most)
{
    static const char *const words[] = {"error", "warning", "note"};
    const struct syc_remark *r;
    size_t n = syc_signatures_remarks(set, &r);
    struct syc_json j = {0};
    bool ok = true;

    for (size_t i = 0; ok && i < n; i++) {
        if (r[i].level > most) {
            continue;
        }
        syc_json_open(&j, '{');
        syc_line_text(&j, "file", r[i].file);
        syc_line_int(&j, "line", r[i].line);
        syc_line_int(&j, "column", r[i].column > 0 ? r[i].column : 1);
        syc_line_text(&j, "code", r[i].code);
        syc_line_text(&j, "severity", words[r[i].level]);
        syc_line_text(&j, "message", r[i].text);
        ok = syc_line_print(&j);
    }
    syc_json_open(&j, '{');
    syc_line_int(&j, "signatures", syc_signatures_count(set));
    syc_line_int(&j, "links", syc_signatures_link_count(set));
    syc_line_int(&j, "errors", count_of(set, SYC_REMARK_ERROR));
    syc_line_int(&j, "warnings", count_of(set, SYC_REMARK_WARNING));
    ok = ok && syc_line_print(&j);
    syc_json_fini(&j);
    return ok;
}

static void
print_counts(const struct syc_signatures *set)
{
    const size_t errors = count_of(set, SYC_REMARK_ERROR);
    const size_t warnings = count_of(set, SYC_REMARK_WARNING);

    printf("%zu signature%s and %zu link%s loaded, %zu error%s, %zu warning%s\n",
           syc_signatures_count(set), SYC_PLURAL(syc_signatures_count(set)),
           syc_signatures_link_count(set), SYC_PLURAL(syc_signatures_link_count(set)), errors,
           SYC_PLURAL(errors), warnings, SYC_PLURAL(warnings));
}

static int
check(const struct syc_options *o, const char *const *paths, size_t count)
{
    const enum syc_remark_level most = o->quiet ? SYC_REMARK_ERROR : SYC_REMARK_NOTE;
    struct syc_error err = {0};
    struct syc_signatures *set;
    enum syc_status status = syc_engine_load_signatures(&set, paths, count, &err);
    bool wrong;
    bool ok = true;

    if (status != SYC_OK) {
        syc_say_error(&err);
        return EXIT_USAGE;
    }
    if (syc_signatures_lint(set) != SYC_OK) {
        syc_signatures_free(set);
        syc_say("out of memory");
        return EXIT_USAGE;
    }
    if (o->json) {
        ok = print_json(set, most);
    } else {
        syc_say_remarks(STDOUT_FILENO, set, most);
        print_counts(set);
    }
    wrong = count_of(set, SYC_REMARK_ERROR) > 0;
    syc_signatures_free(set);
    return syc_flushed(wrong ? EXIT_USAGE : 0, ok);
}

/* ------------------------------------------------------------ explain */

/* "a, b" of the bits that are set. */
static void
join(char *out, size_t size, unsigned bits, const char *(*word)(unsigned))
{
    size_t n = 0;

    out[0] = 0;
    for (; bits != 0 && n < size; bits &= bits - 1) {
        int added = snprintf(out + n, size - n, "%s%s", n > 0 ? ", " : "",
                             word((unsigned)__builtin_ctz(bits)));
        n += added > 0 ? (size_t)added : 0;
    }
}

/* The line of the file, so that it can be held against the raw signature field by field. */
static void
print_signature(const struct syc_match *m, const char *lead)
{
    char fields[128];

    printf("%s%-7s  ", lead, syc_quality_name(m->quality));
    syc_print_text(m->label);
    printf("\n           %s\n           ", m->sig);
    syc_print_text(m->db);
    printf(":%u", m->db_line);
    if (m->source != NULL) {
        printf(", ");
        syc_print_text(m->source);
    }
    if (m->date != NULL) {
        printf(", %s", m->date);
    }
    putchar('\n');
    join(fields, sizeof(fields), m->differs, syc_sig_field_name);
    if (fields[0] != 0) {
        printf("           %s: %s\n", m->quality == SYC_MATCH_NONE ? "differs in" : "forgiven",
               fields);
    }
}

/* Of those that do not fit, one a label: three ways in which the same stack is missed say little more than one. */
static bool
told_before(const struct syc_match *all, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (all[i].quality == SYC_MATCH_NONE && strcmp(all[i].label, all[at].label) == 0) {
            return true;
        }
    }
    return false;
}

/* Why the winner wins, in p0f's order of preference. */
static const char *
reason_for(const struct syc_match *m)
{
    switch (m->quality) {
    case SYC_MATCH_EXACT:
        return "the first specific signature that fits";
    case SYC_MATCH_GENERIC:
        return "no specific signature fits; the first generic one that does";
    case SYC_MATCH_FUZZY:
        return "none fits exactly; the first but for what is forgiven";
    case SYC_MATCH_NONE:
        break;
    }
    return "no signature fits";
}

static void
explain_for_people(const struct syc_signatures *set, const char *raw, const struct syc_syn *syn,
                   const struct syc_identity *id)
{
    struct syc_match all[SHOWN];
    char line[SYC_SIGNATURE_TEXT];
    char words[128];
    size_t count = syc_signatures_candidates(set, syn, all, SHOWN);
    size_t near = 0;

    printf("%s\n%s: %s\n", raw, syc_quality_name(id->match.quality), reason_for(&id->match));
    for (size_t i = 0; i < count; i++) {
        bool far = all[i].quality == SYC_MATCH_NONE;

        if (far && (near == NEAREST || told_before(all, i))) {
            continue;
        }
        if (far && near++ == 0) {
            printf("nearest of those that do not fit:\n");
        }
        print_signature(&all[i], i == 0 && id->match.quality != SYC_MATCH_NONE ? "> " : "  ");
    }
    join(words, sizeof(words), id->match.aside, syc_aside_name);
    if (words[0] != 0) {
        printf("set aside, as a path or a single connection adds it: %s\n", words);
    }
    if (id->link.mtu != 0) {
        printf("link: MTU %u%s", id->link.mtu, id->link.label != NULL ? ", " : "");
        syc_print_text(id->link.label != NULL ? id->link.label : "");
        putchar('\n');
    }
    if (syc_signature_for(syn, line)) {
        printf("as a signature: %s\n", line);
    }
}

/* Several words as a list; nothing for none. */
static void
line_words(struct syc_json *j, const char *name, unsigned bits, const char *(*word)(unsigned))
{
    if (bits == 0) {
        return;
    }
    syc_json_key(j, name);
    syc_json_open(j, '[');
    for (; bits != 0; bits &= bits - 1) {
        syc_json_text(j, word((unsigned)__builtin_ctz(bits)));
    }
    syc_json_close(j, ']');
}

/* One object a signature, best first; the winner's is the first, if its quality is not none. */
static bool
explain_as_json(const struct syc_signatures *set, const char *raw, const struct syc_syn *syn)
{
    struct syc_match all[SHOWN];
    size_t count = syc_signatures_candidates(set, syn, all, SHOWN);
    struct syc_json j = {0};
    bool ok = true;

    for (size_t i = 0; ok && i < count; i++) {
        syc_json_open(&j, '{');
        syc_line_text(&j, "raw", raw);
        syc_line_text(&j, "quality", syc_quality_name(all[i].quality));
        syc_line_text(&j, "label", all[i].label);
        syc_line_text(&j, "sig", all[i].sig);
        syc_line_text(&j, "db", all[i].db);
        syc_line_int(&j, "db_line", all[i].db_line);
        syc_line_text(&j, "source", all[i].source);
        syc_line_text(&j, "date", all[i].date);
        line_words(&j, "set_aside", all[i].aside, syc_aside_name);
        line_words(&j, "differs", all[i].differs, syc_sig_field_name);
        ok = syc_line_print(&j);
    }
    syc_json_fini(&j);
    return ok;
}

static int
explain(const struct syc_options *o, const char *const *words, size_t count)
{
    struct syc_error err = {0};
    struct syc_signatures *set;
    const struct syc_remark *remarks;
    bool ok = true;

    if (syc_engine_load_signatures(&set, o->signatures.items, o->signatures.count, &err) !=
        SYC_OK) {
        syc_say_error(&err);
        return EXIT_USAGE;
    }
    if (count_of(set, SYC_REMARK_ERROR) > 0) {
        (void)syc_signatures_remarks(set, &remarks);
        syc_say_remarks(STDERR_FILENO, set, SYC_REMARK_ERROR);
        syc_signatures_free(set);
        return EXIT_USAGE;
    }
    for (size_t i = 0; ok && i < count; i++) {
        const char *raw = words[i];
        struct syc_identity id;
        struct syc_syn syn;

        if (syc_syn_from_raw(raw, o->syn_ack, &syn, &err) != SYC_OK) {
            syc_signatures_free(set);
            syc_say("%s: column %u: %s", raw, err.column, err.text);
            return EXIT_USAGE;
        }
        syc_signatures_identify(set, &syn, &id);
        if (o->json) {
            ok = explain_as_json(set, raw, &syn);
        } else {
            explain_for_people(set, raw, &syn, &id);
        }
    }
    syc_signatures_free(set);
    return syc_flushed(0, ok);
}

/* ------------------------------------------------------------ the verb */

static int
run_signatures(const struct syc_options *o)
{
    static const struct syc_part parts[] = {
        {"check", "syncopate signatures check [--json] [FILE...]", SYC_TAKES_JSON, 0, SYC_ANY_COUNT,
         check},
        {"explain",
         "syncopate signatures explain [--json] [--syn-ack] [--signatures FILE] RAW_SIG...",
         SYC_TAKES_JSON | SYC_TAKES_SYN_ACK | SYC_TAKES_SIGNATURES, 1, SYC_ANY_COUNT, explain},
        {"learn", "syncopate signatures learn [--json] [--signatures FILE] CAPTURE...",
         SYC_TAKES_JSON | SYC_TAKES_SIGNATURES, 1, SYC_ANY_COUNT, syc_learn},
    };

    return syc_parts_run(parts, sizeof(parts) / sizeof(parts[0]), "signatures", o);
}

const struct syc_verb syc_verb_signatures = {
    .name = "signatures",
    .bit = VERB_SIGNATURES,
    .usage = "syncopate signatures check [--json] [FILE...]\n"
             "       syncopate signatures explain [OPTIONS] RAW_SIG...\n"
             "       syncopate signatures learn [--json] [--signatures FILE] CAPTURE...",
    .about = "syncopate signatures check says what is wrong with signature files, and which of\n"
             "their lines can never win. explain says which signature a SYN gets, what else\n"
             "fits, and what is in the way of the nearest ones. learn prints signatures for\n"
             "the SYNs of captures that none fits.\n",
    .examples = "FILE is in p0f.fp syntax; none means the shipped files. RAW_SIG is what events\n"
                "have as syn.p0f. How signatures are written: man syncopate-signatures\n"
                "\n"
                "Examples\n"
                "  syncopate signatures check /etc/p0f/p0f.fp\n"
                "  syncopate signatures explain '4:255+0:0:1460:65535,0:mss::0'\n"
                "  syncopate signatures learn trace.pcap > mine.fp\n"
                "  syncopate --signatures mine.fp --events fingerprint trace.pcap\n"
                "\n"
                "Exit status: 0 done (warnings do not count), 2 usage or errors in signatures,\n"
                "3 a capture was not read whole, 4 output failed.\n",
    .run = run_signatures,
};
