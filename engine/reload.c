/*
 * Other rules and signatures while a run goes on.
 *
 *    SIGHUP -> syc_engine_reload() sets a flag -> the next batch boundary: both sets are read anew, aside
 *                 |  something is wrong, or a rule refused: the old sets stay, whole
 *                 '  else they take the place of the old ones; what was known of connections stays
 *
 * A second signal while this runs sets the flag again and is served at the next boundary: none is lost. Verdicts are
 * made by the rules in use then; those that were told before stay what they were. Correlations alone begin anew when
 * the rules have changed: what they keep are matches of the rules that are gone.
 */

#include "engine/engine_int.h"

#include <stdio.h>
#include <string.h>

void
syc_engine_reload(struct syc_engine *e)
{
    atomic_store_explicit(&e->reload, true, memory_order_relaxed);
}

enum syc_asked
syc_engine_asked(const struct syc_engine *e)
{
    if (atomic_load_explicit(&e->stop, memory_order_relaxed)) {
        return SYC_ASKED_STOP;
    }
    return atomic_load_explicit(&e->reload, memory_order_relaxed) ? SYC_ASKED_RELOAD
                                                                  : SYC_ASKED_NOTHING;
}

void
engine_emit_ruleset(struct syc_engine *e, const char *status, const char *error)
{
    const struct syc_ruleset_stats s = {.digest = syc_ruleset_digest(e->rules),
                                        .status = status,
                                        .error = error,
                                        .loaded = syc_ruleset_loaded(e->rules),
                                        .refused = syc_ruleset_refused(e->rules),
                                        .skipped = syc_ruleset_skipped(e->rules)};

    if (e->config.events & SYC_EVENT_RULESET) {
        syc_emit_ruleset(e->config.output, e->stats.time_us, &s);
    }
}

static void
say(struct syc_engine *e, const char *text)
{
    if (e->config.message != NULL) {
        e->config.message(e->config.user, text);
    }
}

/* "FILE:LINE:COLUMN: text", or without a place in the file "FILE: text". */
static void
at_place(char *out, size_t room, const char *file, unsigned line, unsigned column, const char *text)
{
    if (line > 0) {
        snprintf(out, room, "%s:%u:%u: %s", file, line, column, text);
    } else {
        snprintf(out, room, "%s%s%s", file, file[0] != 0 ? ": " : "", text);
    }
}

/* The first error among a set's findings as one line; the count tells that there are more. */
static void
first_error(const struct syc_ruleset *set, char *out, size_t room)
{
    const struct syc_rule_problem *p;
    size_t n = syc_ruleset_problems(set, &p);

    snprintf(out, room, "%zu rules refused", syc_ruleset_refused(set));
    for (size_t i = 0; i < n; i++) {
        if (p[i].error) {
            at_place(out, room, p[i].file, p[i].line, p[i].column, p[i].text);
            n = strlen(out);
            snprintf(out + n, room - n, " (%zu refused)", syc_ruleset_refused(set));
            return;
        }
    }
}

/* Nothing changes; a machine and a person are told why. */
static void
keep(struct syc_engine *e, const char *why)
{
    char line[640];

    snprintf(line, sizeof(line), "rules and signatures were not reloaded, the old ones stay: %s",
             why);
    say(e, line);
    engine_emit_ruleset(e, "kept", why);
}

/*
 * The signatures in use before stay until the end of the run: what was matched points into them, and the audit names
 * stacks by those it began with. So what is kept grows with each change of the files, not with each signal.
 */
static bool
use_signatures(struct syc_engine *e, struct syc_signatures *signatures)
{
    size_t n = e->retired_count;
    struct syc_signatures **grown = syc_resize(e->retired, n + 1, sizeof(struct syc_signatures *));

    if (grown == NULL) {
        return false;
    }
    e->retired = grown;
    e->retired[n] = e->signatures;
    e->retired_count = n + 1;
    e->signatures = signatures;
    if (e->cadence != NULL) {
        syc_cadence_use(e->cadence, signatures);
    }
    syc_correlate_use(e->correlate, signatures);
    for (size_t i = 0; e->matches != NULL && i < MATCHES; i++) {
        e->matches[i].syn = NULL;
    }
    return true;
}

/*
 * Both sets are good: they are in use from here on. Rules that say the same stay, with all that was correlated;
 * signatures may be those in use.
 */
static enum syc_status
use(struct syc_engine *e, struct syc_ruleset *rules, struct syc_signatures *signatures)
{
    struct syc_correlate *correlate = NULL;
    bool same = strcmp(syc_ruleset_digest(rules), syc_ruleset_digest(e->rules)) == 0;

    if (!same && !e->config.audit_only &&
        syc_correlate_new(&correlate, rules, signatures, e->correlate_octets) != SYC_OK) {
        return SYC_NO_MEMORY;
    }
    if (signatures != e->signatures && !use_signatures(e, signatures)) {
        syc_correlate_free(correlate);
        return SYC_NO_MEMORY;
    }
    if (same) {
        syc_ruleset_free(rules);
        return SYC_OK;
    }
    syc_correlate_free(e->correlate);
    syc_ruleset_free(e->rules);
    e->correlate = correlate;
    e->rules = rules;
    return SYC_OK;
}

static void
reload(struct syc_engine *e)
{
    const struct syc_engine_config *c = &e->config;
    struct syc_signatures *signatures = NULL;
    struct syc_ruleset *rules = NULL;
    struct syc_error err = {0};
    char why[500] = "", line[200];
    enum syc_status status = syc_engine_load_rules(&rules, c->rules, c->rule_count, NULL, &err);

    if (status == SYC_OK) {
        status = engine_load_signatures(&signatures, c->signatures, c->signature_count, &err);
    }
    if (status == SYC_OK && syc_signatures_same(signatures, e->signatures)) {
        syc_signatures_free(signatures);
        signatures = e->signatures;
    }
    if (status != SYC_OK) {
        at_place(why, sizeof(why), err.file, err.line, err.column, err.text);
    } else if (syc_ruleset_refused(rules) > 0) {
        first_error(rules, why, sizeof(why));
    } else if (use(e, rules, signatures) != SYC_OK) {
        snprintf(why, sizeof(why), "out of memory");
    }
    if (why[0] != 0) {
        keep(e, why);
        syc_ruleset_free(rules);
        if (signatures != e->signatures) {
            syc_signatures_free(signatures);
        }
        return;
    }
    snprintf(line, sizeof(line), "reloaded: %zu rule%s, %s", syc_ruleset_loaded(e->rules),
             SYC_PLURAL(syc_ruleset_loaded(e->rules)), syc_ruleset_digest(e->rules));
    say(e, line);
    engine_emit_ruleset(e, "reloaded", NULL);
    engine_note_signatures(e);
}

void
engine_reload_if_asked(struct syc_engine *e)
{
    if (atomic_load_explicit(&e->reload, memory_order_relaxed) &&
        atomic_exchange_explicit(&e->reload, false, memory_order_relaxed)) {
        reload(e);
    }
}
