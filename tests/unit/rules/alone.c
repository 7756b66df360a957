/*
 * The Sigma engine without the product: this program links with base/, libyaml and jansson, and nothing else of ours.
 *
 *     alone RULES < EVENTS      JSON Lines of logins in, one line for each match out
 *
 * What it takes to use the engine for another product: a schema, a row a line, three calls. Prints the rule's name, the
 * time, and for a correlation its group.
 */

#include "rules/sigma_watch.h"

#include <jansson.h>

#include <stdio.h>
#include <string.h>

enum { FIELDS = 4, LINE = 4096, TEXT = 1 << 16 };

static const struct syc_field fields[FIELDS] = {
    {"user", SYC_TEXT, true, "who"},
    {"source.ip", SYC_ADDR, true, "from where"},
    {"outcome", SYC_TEXT, true, "success or failure"},
    {"bytes", SYC_INT, true, "how much was said"},
};
static const struct syc_schema logins = {"login", fields, FIELDS};

static void
on_fired(void *user, const struct syc_sigma_fired *f)
{
    (void)user;
    if (!f->goes_on) {
        printf("%s %lld", f->rule->name, (long long)(f->last_us / SYC_US_PER_S));
        for (size_t i = 0; i < f->group_count; i++) {
            printf(" %s=%s", f->names[i], f->group[i].type == SYC_TEXT ? f->group[i].u.text : "?");
        }
        putchar('\n');
    }
}

/* A member as the schema has it; what is not there, or of another type, stays absent. */
static void
fill(const json_t *event, struct syc_value row[FIELDS])
{
    for (int i = 0; i < FIELDS; i++) {
        const json_t *v = json_object_get(event, fields[i].name);
        int ip_v = 0;

        row[i] = (struct syc_value){.type = SYC_ABSENT};
        if (fields[i].type == SYC_TEXT && json_is_string(v)) {
            row[i] = (struct syc_value){.type = SYC_TEXT, .u.text = json_string_value(v)};
        } else if (fields[i].type == SYC_INT && json_is_integer(v)) {
            row[i] = (struct syc_value){.type = SYC_INT, .u.i = json_integer_value(v)};
        } else if (fields[i].type == SYC_ADDR && json_is_string(v) &&
                   syc_addr_parse(json_string_value(v), row[i].u.addr.octets, &ip_v)) {
            row[i].type = SYC_ADDR;
            row[i].u.addr.ip_v = (uint8_t)ip_v;
        }
    }
}

static void
take(const struct syc_sigma *set, struct syc_sigma_watch *watch, const json_t *event)
{
    struct syc_value row[FIELDS];
    uint64_t mask[4];
    const struct syc_sigma_event e = {
        &logins, row, json_integer_value(json_object_get(event, "time")) * SYC_US_PER_S, NULL};

    fill(event, row);
    for (size_t i = 0; i < syc_sigma_loaded(set); i++) {
        if (syc_sigma_match(syc_sigma_rule(set, i), row, NULL)) {
            printf("%s %lld\n", syc_sigma_rule(set, i)->name,
                   (long long)(e.time_us / SYC_US_PER_S));
        }
    }
    if (syc_sigma_watch_words(watch) <= 4 && syc_sigma_watch_test(watch, &logins, row, mask)) {
        syc_sigma_watch_feed(watch, &e, mask);
    }
}

static struct syc_sigma *
load(const char *path)
{
    static const struct syc_schema *const schemas[] = {&logins};
    const struct syc_sigma_options options = {.product = "auth",
                                              .schemas = schemas,
                                              .schema_count = 1};
    static char text[TEXT];
    struct syc_sigma *set = syc_sigma_new(&options);
    const struct syc_rule_problem *p;
    FILE *f = fopen(path, "r");
    size_t n = f != NULL ? fread(text, 1, sizeof(text), f) : 0;

    if (f != NULL) {
        fclose(f);
    }
    if (set == NULL || n == 0 || syc_sigma_parse(set, path, text, n) != SYC_OK ||
        syc_sigma_seal(set) != SYC_OK) {
        fprintf(stderr, "%s: no rules\n", path);
        return NULL;
    }
    n = syc_sigma_problems(set, &p);
    for (size_t i = 0; i < n; i++) {
        fprintf(stderr, "%s:%u:%u: %s\n", p[i].file, p[i].line, p[i].column, p[i].text);
    }
    return set;
}

int
main(int argc, char **argv)
{
    struct syc_sigma *set = argc == 2 ? load(argv[1]) : NULL;
    struct syc_sigma_watch *watch =
        set != NULL ? syc_sigma_watch_new(set, 1 << 20, 0, on_fired, NULL) : NULL;
    char line[LINE];

    while (watch != NULL && fgets(line, sizeof(line), stdin) != NULL) {
        json_t *event = json_loads(line, 0, NULL);

        take(set, watch, event);
        json_decref(event);
    }
    if (watch != NULL) {
        syc_sigma_watch_finish(watch);
    }
    syc_sigma_watch_free(watch);
    syc_sigma_free(set);
    return watch == NULL;
}
