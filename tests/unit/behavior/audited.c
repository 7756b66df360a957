/* Records for the audit, and its reports. */

#include "tests/unit/behavior/audited.h"

#include <string.h>

static struct syc_audit *audit;

void
audited_open(struct made *m, uint16_t port, double at)
{
    struct syc_record *r = &m->r;

    made_open(m, 1, HOST_SERVER, 80, port, AUDITED_START + SECONDS(at));
    r->syn_ack_times_us[0] = r->syn_ack_dur_us = 20000;
    r->ack_dur_us = 100;
    r->ack_us = r->established_us = r->setup_dur_us = r->dur_us = 20100;
    r->isn = 1000000;
    made_name(m);
}

void
audited_closed(struct made *m, int closer, double after)
{
    struct syc_record *r = &m->r;
    int other = 1 - closer;

    r->dur_us = SECONDS(after);
    r->fin_us[closer] = r->dur_us - 40000;
    r->fin_us[other] = r->fin_acked_us[closer] = r->dur_us - 20000;
    r->fin_acked_us[other] = r->dur_us;
    r->state = SYC_STATE_SF;
    r->close_kind = closer == SYC_TOSERVER ? SYC_CLOSE_CLIENT_FIRST : SYC_CLOSE_SERVER_FIRST;
    r->close_first = closer == SYC_TOSERVER ? SYC_FIRST_CLIENT : SYC_FIRST_SERVER;
    r->seq_end[SYC_TOSERVER] = r->isn + 100;
    r->time_wait_count = 1;
    r->time_wait[0] =
        (struct syc_time_wait){.side = closer, .enter_us = r->dur_us, .killed_us = SYC_NONE};
}

const struct syc_audit_report *
audited_with(const struct syc_audit_options *options, const struct made *records, size_t count)
{
    const struct syc_audit_report *report;

    audited_end();
    audit = syc_audit_new(options);
    assert_non_null(audit);
    for (size_t i = 0; i < count; i++) {
        struct syc_record r = records[i].r;
        r.exchanges = records[i].exchanges;
        syc_audit_feed(audit, &r);
    }
    assert_int_equal(syc_audit_finish(audit, &report), SYC_OK);
    return report;
}

const struct syc_audit_report *
audited(const struct made *records, size_t count)
{
    const struct syc_audit_options options = {.at_us = SYC_NONE};

    return audited_with(&options, records, count);
}

const struct syc_audit_report *
audited_at(double at, const struct made *records, size_t count)
{
    const struct syc_audit_options options = {.at_us = SECONDS(at)};

    return audited_with(&options, records, count);
}

void
audited_end(void)
{
    syc_audit_free(audit);
    audit = NULL;
}

const struct syc_audit_host *
host_row(const struct syc_audit_report *r, int net, int host)
{
    for (size_t i = 0; i < r->host_count; i++) {
        if (r->hosts[i].addr[13] == net && r->hosts[i].addr[15] == host) {
            return &r->hosts[i];
        }
    }
    return NULL;
}
