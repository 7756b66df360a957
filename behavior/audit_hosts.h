#ifndef SYC_BEHAVIOR_AUDIT_HOSTS_H
#define SYC_BEHAVIOR_AUDIT_HOSTS_H

/*
 * Purpose           the rows of hosts: TIME_WAIT over all of a host's pairs, and the ports it drew
 * Input and output  pairs in canonical order in; rows in the order of addresses out
 * Ownership         counts belong to struct hosts, rows and series to the report's arena
 * Limits            every host that held a socket has its row; the budget took account of them as records came
 * Not here          rows of pairs
 */

#include "behavior/audit_store.h"
#include "behavior/audit_tally.h"

/* What is counted of one host. */
struct host_count {
    struct tally waits, fin_waits;
    int64_t port_min, port_max, port_distinct, capacity;
    uint32_t even, odd, reuses; /* SYNs before their pair's parity flipped */
    bool held, flipped;
};
_Static_assert(sizeof(struct host_count) <= AUDIT_HOST_WORK, "taken account of");

struct hosts {
    const struct audit_store *store;
    struct host_count *counts; /* by seat */
    int64_t option_us;         /* 2MSL of the option, 0 = none */
    uint32_t client;           /* the one whose ports are being counted; STORE_NONE = none yet */
    uint8_t *ports;            /* a bit for each port it used */
};

/* Counts of zero for the hosts of a sorted store; two_msl_us: the option, 0 = none. False = no memory; fini either way. */
bool audit_hosts_begin(struct hosts *h, const struct audit_store *s,
                       int64_t two_msl_us) SYC_MUST_CHECK;
/* Give all counts back. */
void audit_hosts_fini(struct hosts *h);

/* 2MSL of a host, and where it is from (2.1.6). */
int64_t audit_hosts_two_msl(const struct hosts *h, uint32_t host, enum syc_assumed *from);

/* Count a pair; pairs of one client come one after the other. False = no memory. */
bool audit_hosts_pair(struct hosts *h, const struct audit_pair *pair, const struct life_pair *p,
                      const struct syc_audit_ports *ports, struct audit_work *w) SYC_MUST_CHECK;

/* Rows of every host that held a socket; false = no memory. */
bool audit_hosts_rows(struct hosts *h, struct audit_work *w, const struct life_pair *common,
                      struct syc_audit_report *out) SYC_MUST_CHECK;

#endif
