/* The audit of a run: records in, reports at intervals and at the end. */

#include "engine/engine_int.h"

/* Packets without a record for want of memory, in all of the run. */
static uint64_t
lost(const struct syc_engine *e)
{
    struct syc_table_stats stats;

    syc_table_stats(e->table, &stats);
    return stats.denied;
}

bool
engine_make_audit(struct syc_engine *e, size_t octets)
{
    struct syc_audit_options options = {.at_us = SYC_NONE};

    if (e->config.audit != NULL) {
        options = *e->config.audit;
    }
    options.memory_octets = octets;
    options.signatures = e->signatures;
    e->audit = syc_audit_new(&options);
    e->audit_octets = octets;
    return e->audit != NULL;
}

enum syc_status
engine_finish_audit(struct syc_engine *e)
{
    const struct syc_audit_report *report;
    enum syc_status status;

    if (e->audit == NULL) {
        return SYC_OK;
    }
    if (lost(e) > e->audit_lost) {
        syc_audit_lose(e->audit);
    }
    status = syc_audit_finish(e->audit, &report);
    if (status != SYC_OK) {
        return status;
    }
    if (e->config.events & SYC_EVENT_AUDIT) {
        syc_emit_audit(e->config.output, report);
    }
    if (e->config.audited != NULL) {
        e->config.audited(e->config.user, report);
    }
    return SYC_OK;
}

/* Without memory for a new one the old goes on: what finds no room in it is counted. */
enum syc_status
engine_tell_audit(struct syc_engine *e)
{
    enum syc_status status = engine_finish_audit(e);
    struct syc_audit *full = e->audit;

    if (status != SYC_OK || full == NULL || !syc_audit_is_full(full)) {
        return status;
    }
    if (engine_make_audit(e, e->audit_octets)) {
        e->audit_lost = lost(e);
        syc_audit_free(full);
    } else {
        e->audit = full;
    }
    return SYC_OK;
}
