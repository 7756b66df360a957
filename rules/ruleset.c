#include "rules/rules.h"
#include "rules/score_int.h"

#include <stdlib.h>
#include <string.h>

/*
 * The face of this folder: the Sigma engine with our product's name, our key and our aliases, plus the list of rules
 * that syc_judge() asks.
 *
 * Only rules of category "source" and correlations are asked, if they score, in order of name. Rules of other
 * categories, and those without points, are loaded and checked, can be dumped and explained, and cost a verdict nothing.
 */

/*
 * What rules written for Sigma's own taxonomy and for ECS call our fields. Only what means the
 * same: an alias that is nearly right makes a foreign rule fire on something else.
 */
static const struct syc_sigma_alias aliases[] = {
    {"SourceIp", "src_ip"},           {"source.ip", "src_ip"},
    {"DestinationIp", "dest_ip"},     {"destination.ip", "dest_ip"},
    {"SourcePort", "src_port"},       {"source.port", "src_port"},
    {"DestinationPort", "dest_port"}, {"destination.port", "dest_port"},
};

/* The schemas that were given, and that of connections behind them. */
static bool
make_schemas(struct syc_ruleset *set, const struct syc_schema *const *schemas, size_t count)
{
    set->connections = syc_connection_schema_new();
    set->schemas = syc_alloc(count + 1, sizeof(*set->schemas));
    if (!set->connections || !set->schemas) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        set->schemas[i] = schemas[i];
        set->sources = strcmp(schemas[i]->category, "source") == 0 ? schemas[i] : set->sources;
    }
    set->schemas[count] = set->connections;
    return true;
}

struct syc_ruleset *
syc_ruleset_new(const struct syc_schema *const *schemas, size_t count)
{
    struct syc_ruleset *set = syc_alloc(1, sizeof(*set));

    if (set && make_schemas(set, schemas, count)) {
        const struct syc_sigma_options options = {
            .product = "syncopate",
            .events = set->connections->category,
            .schemas = set->schemas,
            .schema_count = count + 1,
            .aliases = aliases,
            .alias_count = sizeof(aliases) / sizeof(*aliases),
            .extension = &syc_score_extension,
        };
        set->sigma = syc_sigma_new(&options);
    }
    if (set && !set->sigma) {
        syc_ruleset_free(set);
        return NULL;
    }
    return set;
}

void
syc_ruleset_free(struct syc_ruleset *set)
{
    if (set) {
        syc_sigma_free(set->sigma);
        syc_free(set->connections);
        syc_free(set->schemas);
        syc_free(set->judges);
        syc_free(set);
    }
}

enum syc_status
syc_ruleset_parse(struct syc_ruleset *set, const char *file, const char *text, size_t n)
{
    return syc_sigma_parse(set->sigma, file, text, n);
}

static struct syc_asked
asked_of(const struct syc_sigma_rule *rule)
{
    const struct syc_score_key *key = rule->extra;
    struct syc_asked asked = {.rule = rule,
                              .needs = key->need_count > 0 && rule->correlation == NULL,
                              .subjects = (uint8_t)key->subjects};

    if (asked.needs) {
        asked.field = key->needs[0].field;
        asked.least = key->needs[0].least;
    }
    return asked;
}

/* judges is set only when all went well: until then the set judges nothing (judge_count is 0). */
enum syc_status
syc_ruleset_seal(struct syc_ruleset *set)
{
    size_t loaded = syc_sigma_loaded(set->sigma), n = 0;
    struct syc_asked *judges;
    enum syc_status status;

    if (set->judges) {
        return SYC_USAGE;
    }
    judges = syc_alloc(loaded, sizeof(*judges));
    if (!judges) {
        return SYC_NO_MEMORY;
    }
    status = syc_sigma_seal(set->sigma);
    loaded = syc_sigma_loaded(set->sigma); /* correlations may have been refused */
    if (status != SYC_OK) {
        syc_free(judges);
        return status;
    }
    for (size_t i = 0; i < loaded; i++) {
        const struct syc_sigma_rule *rule = syc_sigma_rule(set->sigma, i);
        const struct syc_score_key *key = rule->extra;

        if (key && key->scores && (rule->correlation || rule->schema == set->sources)) {
            judges[n++] = asked_of(rule);
        }
    }
    /* So that nothing a verdict says depends on the order of files, or of a directory's listing. */
    qsort(judges, n, sizeof(*judges), syc_sigma_compare_names);
    set->judges = judges;
    set->judge_count = n;
    return SYC_OK;
}

/* The samples of a human-like label (score.c) are facts of counts, which nobody asks this for. */
bool
syc_ruleset_judges_by(const struct syc_ruleset *set, size_t field)
{
    for (size_t i = 0; i < set->judge_count; i++) {
        const struct syc_score_key *key = set->judges[i].rule->extra;

        for (size_t k = 0; k < key->field_count; k++) {
            if (key->fields[k] == field) {
                return true;
            }
        }
    }
    return false;
}

size_t
syc_ruleset_loaded(const struct syc_ruleset *set)
{
    return syc_sigma_loaded(set->sigma);
}

size_t
syc_ruleset_refused(const struct syc_ruleset *set)
{
    return syc_sigma_refused(set->sigma);
}

size_t
syc_ruleset_skipped(const struct syc_ruleset *set)
{
    return syc_sigma_skipped(set->sigma);
}

size_t
syc_ruleset_problems(const struct syc_ruleset *set, const struct syc_rule_problem **out)
{
    return syc_sigma_problems(set->sigma, out);
}

const char *
syc_ruleset_digest(const struct syc_ruleset *set)
{
    return syc_sigma_digest(set->sigma);
}

const struct syc_sigma_rule *
syc_ruleset_rule(const struct syc_ruleset *set, size_t i)
{
    return syc_sigma_rule(set->sigma, i);
}

const struct syc_schema *
syc_ruleset_connections(const struct syc_ruleset *set)
{
    return set->connections;
}
