/* Findings of a pair (5.1): how they are put together, and in which order they are looked for. */

#include "behavior/audit_findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------ one finding */

struct syc_finding *
audit_finding(struct finder *f, const char *id, enum syc_severity severity, int64_t at)
{
    struct syc_finding *to = f->count < f->max ? &f->out[f->count++] : &f->spare;

    *to = (struct syc_finding){.id = id,
                               .severity = severity,
                               .at_us = at,
                               .resolved_at_us = SYC_NONE};
    return to;
}

void
audit_finding_say(struct syc_finding *to, const char *format, ...)
{
    size_t n = strlen(to->text);
    va_list args;

    va_start(args, format);
    vsnprintf(to->text + n, sizeof(to->text) - n, format, args);
    va_end(args);
}

void
audit_finding_real(struct syc_finding *to, const char *name, double value)
{
    if (isfinite(value) && to->evidence_count < SYC_FINDING_VALUES) {
        to->evidence[to->evidence_count].name = name;
        to->evidence[to->evidence_count++].value = value;
    }
}

void
audit_finding_count(struct syc_finding *to, const char *name, int64_t value)
{
    audit_finding_real(to, name, value != SYC_NONE ? (double)value : (double)NAN);
}

void
audit_finding_fix(struct syc_finding *to, const char *what, const char *format, ...)
{
    va_list args;

    if (to->fix_count == SYC_FINDING_FIXES) {
        return;
    }
    to->fixes[to->fix_count].what = what;
    va_start(args, format);
    vsnprintf(to->fixes[to->fix_count].effect, sizeof(to->fixes[0].effect), format, args);
    va_end(args);
    to->fix_count++;
}

void
audit_finding_reuse(struct finder *f, struct syc_finding *to)
{
    const struct syc_audit_pool *pool = &f->row->pool;

    if (pool->avoidable != SYC_NONE && pool->avoidable > 0) {
        audit_finding_fix(
            to, "keep connections alive and reuse them",
            "%lld connection%s instead of %lld, and none of the %lld others in TIME_WAIT",
            (long long)pool->ideal_60s, SYC_PLURAL(pool->ideal_60s),
            (long long)(pool->ideal_60s + pool->avoidable), (long long)pool->avoidable);
    }
}

/* ------------------------------------------------------------ since when */

void
audit_firsts_add(struct firsts *f, int64_t t)
{
    size_t n = f->count < f->need ? f->count : f->need;
    size_t at = n;

    f->count++;
    if (n == f->need && (n == 0 || t >= f->t[n - 1])) {
        return;
    }
    for (at = n < f->need ? n : n - 1; at > 0 && f->t[at - 1] > t; at--) {
        f->t[at] = f->t[at - 1];
    }
    f->t[at] = t;
}

bool
audit_firsts_met(const struct firsts *f, const struct finder *finder, int64_t *at)
{
    if (f->need == 0 || f->count < f->need) {
        return false;
    }
    *at = f->t[f->need - 1] - finder->p->origin;
    *at = *at > finder->ready ? *at : finder->ready;
    return true;
}

/* ------------------------------------------------------------ all of them */

/* Of a pair with very many connections only the first are looked at closely; ports are counted for all. */
static void
say_sample(struct finder *f)
{
    for (size_t i = 0; i < f->count && f->row->replayed < f->row->connections; i++) {
        if (strncmp(f->out[i].id, "ports.", 6) != 0) {
            audit_finding_say(&f->out[i], " (Seen on the first %lld of %lld connections.)",
                              (long long)f->row->replayed, (long long)f->row->connections);
        }
    }
}

size_t
audit_findings_pair(const struct life_pair *p, const struct syc_audit_pair *row,
                    struct syc_finding *out, size_t max)
{
    struct finder f = {.p = p, .row = row, .out = out, .max = max};
    struct firsts starts = firsts_of(FINDING_CONNECTIONS);

    for (size_t i = 0; i < p->count; i++) {
        if (p->lives[i].start <= p->at) {
            audit_firsts_add(&starts, p->lives[i].start);
        }
    }
    if (!audit_firsts_met(&starts, &f, &f.ready)) {
        return 0;
    }
    f.now = audit_last(p) - p->origin;
    audit_find_ports(&f);
    audit_find_pool(&f);
    audit_find_path(&f);
    audit_find_closes(&f);
    say_sample(&f);
    return f.count;
}
