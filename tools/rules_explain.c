/*
 * rules explain: why a rule did, or did not, fire on a source, test by test with the values that it read.
 *
 * The run is that of a verdict, so what is shown is what the verdict saw; only what is printed differs.
 */

#include "tools/tools.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct explaining {
    const struct syc_sigma_rule *rule;
    bool given; /* only this source */
    uint8_t source[16];
    size_t shown;
};

static void
print_value(const struct syc_value *v)
{
    char addr[SYC_ADDR_TEXT];

    switch (v->type) {
    case SYC_INT:
        printf("%lld", (long long)v->u.i);
        break;
    case SYC_REAL:
        printf("%.6g", v->u.f);
        break;
    case SYC_BOOL:
        printf("%s", v->u.i ? "true" : "false");
        break;
    case SYC_TEXT:
        syc_print_text(v->u.text);
        break;
    case SYC_ADDR:
        syc_addr_format(v->u.addr.octets, v->u.addr.ip_v, addr);
        printf("%s", addr);
        break;
    case SYC_LIST:
        for (size_t i = 0; i < v->u.list.count; i++) {
            printf("%s", i > 0 ? " " : "");
            syc_print_text(v->u.list.items[i]);
        }
        break;
    case SYC_ABSENT:
    case SYC_PROMISED:
    default:
        printf("not known");
        break;
    }
}

/* The name of an identifier stands before its first test, and before each map of its list. */
struct place {
    const char *identifier;
    size_t group;
};

static void
on_asked(void *user, const struct syc_sigma_asked *a)
{
    struct place *at = user;

    if (a->identifier != at->identifier) {
        printf("    ");
        syc_print_text(a->identifier);
        printf(": %s\n", a->identifier_held ? "holds" : "does not hold");
    } else if (a->group != at->group) {
        printf("      or\n");
    }
    *at = (struct place){a->identifier, a->group};
    printf("      %s %s: ", a->held ? "+" : "-", a->key);
    syc_print_text(a->wanted);
    printf(", it is ");
    print_value(a->value);
    putchar('\n');
}

/* What the verdict made of the rule, in a sentence. */
static void
print_outcome(const struct syc_verdict *v, const struct syc_sigma_rule *rule, bool holds)
{
    char needs[SYC_NEEDS_TEXT];

    for (size_t i = 0; i < v->evidence_count; i++) {
        const struct syc_evidence *e = &v->evidence[i];

        if (e->rule == rule->name) {
            printf("  fired: %.1f points, group ", e->points);
            syc_print_text(e->group);
            printf(", %s\n",
                   e->counted ? "counted" : "not counted: stronger evidence stands before it");
            return;
        }
    }
    for (size_t i = 0; i < v->missing_count; i++) {
        if (v->missing[i].rule == rule->name && v->missing[i].why != SYC_NO_MATCH) {
            syc_missing_needs(v, i, needs);
            printf("  abstained: it has %s\n", needs);
            return;
        }
    }
    printf("  did not fire%s\n",
           holds ? ", though its condition holds: it scores nothing here" : "");
}

static void
on_verdict(void *user, const struct syc_verdict *v)
{
    struct explaining *x = user;
    const struct syc_subject *s = v->subject;
    struct place at = {NULL, 0};
    char addr[SYC_ADDR_TEXT], dest[SYC_ADDR_TEXT];
    bool holds = false;

    if (x->given && memcmp(x->source, s->source, 16) != 0) {
        return;
    }
    x->shown++;
    syc_addr_format(s->source, s->ip_v, addr);
    printf("%s %s", syc_subject_name(s->kind), addr);
    if (s->kind == SYC_SUBJECT_PAIR) {
        syc_addr_format(s->dest, s->ip_v, dest);
        printf(" to %s port %u", dest, s->dest_port);
    }
    printf(", %lld connection%s\n", (long long)s->conn_count, SYC_PLURAL(s->conn_count));
    if (x->rule->correlation == NULL) {
        holds = syc_sigma_ask(x->rule, s->values, on_asked, &at);
        printf("    condition \"");
        syc_print_text(syc_sigma_condition(x->rule));
        printf("\": %s\n", holds ? "holds" : "does not hold");
    }
    print_outcome(v, x->rule, holds);
}

static void
on_message(void *user, const char *text)
{
    (void)user;
    syc_say("%s", text);
}

static const struct syc_sigma_rule *
find_rule(const struct syc_ruleset *set, const char *name)
{
    for (size_t i = 0; i < syc_ruleset_loaded(set); i++) {
        const struct syc_sigma_rule *r = syc_ruleset_rule(set, i);

        if (strcmp(r->name, name) == 0 || (r->id != NULL && strcmp(r->id, name) == 0)) {
            return r;
        }
    }
    return NULL;
}

enum syc_status
syc_rules_take_in(struct syc_engine *e, const char *path, struct syc_judge_counts *counts,
                  struct syc_error *err)
{
    const char *capture = path;
    const struct syc_capture_options options = {.paths = &capture, .path_count = 1};
    int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    enum syc_status status;

    if (fd >= 0 && syc_inputs_hold_records(fd)) {
        status = syc_engine_judge(e, fd, path, counts, err);
    } else {
        if (fd > 0 && lseek(fd, 0, SEEK_CUR) < 0 && dup2(fd, STDIN_FILENO) >= 0) {
            capture = "-"; /* a pipe that is opened again may have lost its writer */
        }
        status = syc_engine_capture(e, &options, err);
    }
    if (fd > 0) {
        close(fd);
    }
    return status;
}

/* Those that subjects can be asked about; NULL after a message. */
static const struct syc_sigma_rule *
rule_to_explain(const struct syc_ruleset *set, const char *name)
{
    const struct syc_sigma_rule *r = find_rule(set, name);

    if (r == NULL) {
        syc_say("there is no rule %s; syncopate rules dump shows which there are", name);
    } else if (r->correlation == NULL && r->schema != &syc_source_schema) {
        syc_say("%s is about connections: a correlation that counts them can be explained", name);
        r = NULL;
    }
    return r;
}

/* The engine is made; read the file and tell, also when it is damaged. Returns the exit status. */
static int
explain(struct syc_engine *e, struct explaining *x, const char *name, const char *path)
{
    struct syc_judge_counts counts = {0};
    struct syc_error err = {0};
    const struct syc_ruleset *set = syc_engine_rules(e);
    int status = 0;

    syc_say_problems(STDERR_FILENO, set, false);
    x->rule = syc_ruleset_refused(set) == 0 ? rule_to_explain(set, name) : NULL;
    if (x->rule == NULL) {
        return EXIT_USAGE;
    }
    if (syc_rules_take_in(e, path, &counts, &err) != SYC_OK) {
        syc_say("%s: %s", path, err.text);
        status = EXIT_INPUT;
    }
    if (syc_engine_finish(e) != SYC_OK) {
        syc_say("out of memory");
        return EXIT_OUTPUT;
    }
    if (x->shown == 0 && status == 0) {
        syc_say("%s: no verdict on %s: nothing of it is in there, or one unanswered SYN alone",
                path, x->given ? "that source" : "any source");
        status = EXIT_INPUT;
    }
    return counts.bad_lines > 0 ? EXIT_INPUT : status;
}

int
syc_rules_explain(const struct syc_options *o, const char *const *words, size_t count)
{
    struct explaining x = {0};
    struct syc_output output;
    struct syc_engine *e = NULL;
    struct syc_error err = {0};
    struct syc_engine_config config = {.output = &output,
                                       .rules = o->rules.items,
                                       .rule_count = o->rules.count,
                                       .verdict = on_verdict,
                                       .message = o->quiet ? NULL : on_message,
                                       .user = &x};
    int ip_v = 0, status = EXIT_USAGE;

    x.given = count == 3;
    if (x.given && !syc_addr_parse(words[2], x.source, &ip_v)) {
        syc_say("rules explain: %s is no address", words[2]);
        return EXIT_USAGE;
    }
    if (syc_output_init(&output, STDOUT_FILENO) != SYC_OK) {
        syc_say("out of memory");
        return EXIT_OUTPUT;
    }
    if (syc_engine_new(&e, &config, &err) != SYC_OK) {
        syc_say_error(&err);
    } else {
        status = explain(e, &x, words[0], words[1]);
    }
    (void)syc_output_fini(&output);
    syc_engine_free(e);
    return syc_flushed(status, true);
}
