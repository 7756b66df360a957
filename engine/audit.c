/* The audit of a run: records in, one report at the end. */

#include "engine/engine_int.h"

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
    return e->audit != NULL;
}

enum syc_status
engine_finish_audit(struct syc_engine *e)
{
    const struct syc_audit_report *report;
    struct syc_table_stats stats;
    enum syc_status status;

    if (e->audit == NULL) {
        return SYC_OK;
    }
    syc_table_stats(e->table, &stats);
    if (stats.denied > 0) {
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
