/*
 * What is wrong with rules, before a run depends on them.
 *
 * The findings are those of the loader that a run uses, so what is right here loads there. A run
 * would refuse to start with a broken rule (run.c); this is the place to find all faults at once,
 * by a person or by CI (--json).
 */

#include "tools/tools.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * One object a finding, then one with the counts: lines may be read one by one, the last tells that
 * nothing is missing.
 */
static bool
print_json(const struct syc_ruleset *set, size_t files, bool warnings)
{
    const struct syc_rule_problem *p;
    size_t count = syc_ruleset_problems(set, &p);
    struct syc_json j = {0};
    bool ok = true;

    for (size_t i = 0; ok && i < count; i++) {
        if (!p[i].error && !warnings) {
            continue;
        }
        syc_json_open(&j, '{');
        syc_line_text(&j, "file", p[i].file);
        syc_line_int(&j, "line", p[i].line);
        syc_line_int(&j, "column", p[i].column);
        syc_line_text(&j, "code", p[i].code);
        syc_line_text(&j, "severity", p[i].error ? "error" : "warning");
        syc_line_text(&j, "message", p[i].text);
        syc_line_text(&j, "hint", p[i].hint);
        ok = syc_line_print(&j);
    }
    syc_json_open(&j, '{');
    syc_line_int(&j, "files", files);
    syc_line_int(&j, "loaded", syc_ruleset_loaded(set));
    syc_line_int(&j, "refused", syc_ruleset_refused(set));
    syc_line_int(&j, "skipped", syc_ruleset_skipped(set));
    ok = ok && syc_line_print(&j);
    syc_json_fini(&j);
    return ok;
}

/* The last line, which scripts look at: rules = loaded + refused + passed over. */
static void
print_counts(const struct syc_ruleset *set, size_t files)
{
    size_t loaded = syc_ruleset_loaded(set);
    size_t refused = syc_ruleset_refused(set);
    size_t skipped = syc_ruleset_skipped(set);
    size_t rules = loaded + refused + skipped;

    printf("%zu file%s, %zu rule%s: %zu loaded, %zu refused", files, SYC_PLURAL(files), rules,
           SYC_PLURAL(rules), loaded, refused);
    if (skipped > 0) {
        printf(", %zu of other products passed over", skipped);
    }
    putchar('\n');
}

/* A file that is no YAML at all has an error and no refused rule. */
static bool
has_errors(const struct syc_ruleset *set)
{
    const struct syc_rule_problem *p;
    size_t count = syc_ruleset_problems(set, &p);

    for (size_t i = 0; i < count; i++) {
        if (p[i].error) {
            return true;
        }
    }
    return syc_ruleset_refused(set) > 0;
}

/* paths as the run's --rules takes them, through the same loader, so that both agree on what is wrong. */
static int
check(const struct syc_options *o, const char *const *paths, size_t count)
{
    struct syc_error err = {0};
    struct syc_ruleset *set;
    size_t files = 0;
    int status;
    bool ok = true;

    if (syc_engine_load_rules(&set, paths, count, &files, &err) != SYC_OK) {
        syc_say_error(&err);
        return EXIT_USAGE;
    }
    if (o->json) {
        ok = print_json(set, files, !o->quiet);
    } else {
        syc_say_problems(STDOUT_FILENO, set, !o->quiet);
        print_counts(set, files);
    }
    status = has_errors(set) ? EXIT_USAGE : 0;
    syc_ruleset_free(set);
    return syc_flushed(status, ok);
}

/* Words for people who write rules, not the names of our types. */
static const char *
type_word(enum syc_type type)
{
    static const char *const words[] = {
        [SYC_ABSENT] = "",
        [SYC_INT] = "integer",
        [SYC_REAL] = "number",
        [SYC_BOOL] = "true/false",
        [SYC_ADDR] = "address",
        [SYC_TEXT] = "text",
        [SYC_LIST] = "list of texts",
    };

    return words[type];
}

static bool
print_fields(const struct syc_schema *s, bool json)
{
    struct syc_json j = {0};
    bool ok = true;

    for (size_t i = 0; ok && i < s->count; i++) {
        const struct syc_field *f = &s->fields[i];

        if (!json) {
            printf("%-29s %-8s %s%s\n", f->name, type_word(f->type),
                   f->optional ? "" : "always: ", f->doc);
            continue;
        }
        syc_json_open(&j, '{');
        syc_line_text(&j, "category", s->category);
        syc_line_text(&j, "field", f->name);
        syc_line_text(&j, "type", type_word(f->type));
        syc_json_key(&j, "optional");
        syc_json_bool(&j, f->optional);
        syc_line_text(&j, "doc", f->doc);
        ok = syc_line_print(&j);
    }
    syc_json_fini(&j);
    return ok;
}

/*
 * What rules may read, out of the schemas that they are checked against: the list cannot be out of date. Unless a category
 * is named that of subjects is printed: those are the facts that score.
 */
static int
fields(const struct syc_options *o, const char *const *words, size_t count)
{
    const char *category = count > 0 ? words[0] : "source";
    struct syc_schema *connections = syc_connection_schema_new();
    const struct syc_schema *const schemas[] = {&syc_source_schema, connections};
    int status = EXIT_USAGE;

    for (size_t i = 0; connections != NULL && count < 2 && i < 2; i++) {
        if (strcmp(schemas[i]->category, category) == 0) {
            status = syc_flushed(0, print_fields(schemas[i], o->json));
        }
    }
    if (status == EXIT_USAGE) {
        syc_say("rules fields: the categories are source and connection");
    }
    syc_free(connections);
    return status;
}

/* ------------------------------------------------------------ rules as they are in use */

static bool
on_dump(void *user, const char *text, size_t n)
{
    (void)user;
    return fwrite(text, 1, n, stdout) == n;
}

/* Rules from paths, or the shipped ones; NULL after a message. Refused documents are told, and left out. */
static struct syc_ruleset *
load(const struct syc_options *o, const char *const *paths, size_t count)
{
    struct syc_error err = {0};
    struct syc_ruleset *set = NULL;

    if (syc_engine_load_rules(&set, paths, count, NULL, &err) != SYC_OK) {
        syc_say_error(&err);
        return NULL;
    }
    if (syc_ruleset_refused(set) > 0) {
        syc_say_problems(STDERR_FILENO, set, !o->quiet);
    }
    return set;
}

static int
dump(const struct syc_options *o, const char *const *paths, size_t count)
{
    struct syc_ruleset *set = load(o, paths, count);
    int status = EXIT_USAGE;

    if (set != NULL) {
        status = syc_flushed(0, syc_ruleset_dump(set, on_dump, NULL) == SYC_OK);
        status = status == 0 && syc_ruleset_refused(set) > 0 ? EXIT_USAGE : status;
    }
    syc_ruleset_free(set);
    return status;
}

static int
run_rules(const struct syc_options *o)
{
    static const struct syc_part parts[] = {
        {"check", "syncopate rules check [--json] [PATH...]", SYC_TAKES_JSON, 0, SYC_ANY_COUNT,
         check},
        {"test", "syncopate rules test [--rules PATH] CASES...", SYC_TAKES_RULES, 0, SYC_ANY_COUNT,
         syc_rules_test},
        {"explain", "syncopate rules explain [--rules PATH] RULE FILE [SOURCE]", SYC_TAKES_RULES, 2,
         3, syc_rules_explain},
        {"fields", "syncopate rules fields [--json] [source|connection]", SYC_TAKES_JSON, 0, 1,
         fields},
        {"dump", "syncopate rules dump [PATH...]", 0, 0, SYC_ANY_COUNT, dump},
    };

    return syc_parts_run(parts, sizeof(parts) / sizeof(parts[0]), "rules", o);
}

const struct syc_verb syc_verb_rules = {
    .name = "rules",
    .bit = VERB_RULES,
    .usage = "syncopate rules check [--json] [PATH...]\n"
             "       syncopate rules test [--rules PATH] CASES...\n"
             "       syncopate rules explain [--rules PATH] RULE FILE [SOURCE]\n"
             "       syncopate rules fields [--json] [source|connection]\n"
             "       syncopate rules dump [PATH...]",
    .about = "syncopate rules check reads rules as a run would and says what is wrong with\n"
             "them, with file, line and column. test runs cases: facts or a capture in, match\n"
             "and verdict out. explain tells why a rule did or did not fire on the sources of\n"
             "a capture, or of a file of connection events, test by test. fields prints what\n"
             "rules may read, dump the rules as they are in use.\n",
    .examples = "PATH is a rule file or a folder of *.yml and *.yaml; none means the shipped\n"
                "rules. CASES is a NAME.test.yml or a folder of them. How rules and cases are\n"
                "written: man syncopate-rules\n"
                "\n"
                "Examples\n"
                "  syncopate rules check mine.yml\n"
                "  syncopate rules check --json rules/ | jq .\n"
                "  syncopate rules test --rules mine.yml mine.test.yml\n"
                "  syncopate rules explain beacon_starts trace.pcap 192.0.2.7\n"
                "  syncopate rules fields | grep gaps\n"
                "\n"
                "Exit status: 0 nothing wrong (warnings do not count), 1 a case failed, 2 errors,\n"
                "3 an input could not be read, 4 output failed.\n",
    .run = run_rules,
};
