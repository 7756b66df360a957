#ifndef SYC_BEHAVIOR_AUDIT_TENURE_H
#define SYC_BEHAVIOR_AUDIT_TENURE_H

/*
 * Purpose           how long the connections of a pair hold their ports and their entries in TIME_WAIT
 * Input and output  lives by (client port, start) in, struct tenures out
 * Ownership         tenures keep their room from pair to pair
 * Limits            32 octets a connection and 16 an entry
 * Not here          counting them (audit_time_wait.c, audit_ports.c, audit_hosts.c)
 *
 * 2.1.2, 2.1.3: an entry begins when the record says so, is restarted by late segments, and ends after 2MSL, by a RST,
 * by an acceptable SYN from the other side, or by the holder's own. The SYNs are those of the next connections of the
 * tuple, of this pair or, where client and server change roles, of another ("turned").
 */

#include "behavior/audit_int.h"

/* A SYN on the tuple, and what became of it. */
struct tuple_syn {
    int64_t start, isn, ts_val, syn_ack, challenge;
    int64_t rst_at; /* by the sender of the SYN; SYC_NONE = none */
    int sender;     /* SYC_TOSERVER: the pair's client */
};

/* The tuple's last connection while it may still hold something. */
struct tuple_hold {
    bool is;
    size_t index; /* of its tenure */
    int64_t enter[2], leave[2];
    int64_t seq_end[2], ts_last_val[2];
    struct span fin_wait[2]; /* from == SYC_NONE: none */
};

struct tenure_walk {
    struct tenures *out;
    struct tuple_hold hold;
    int64_t two_msl[2];
    int64_t last; /* what came later is not known */
    bool failed;  /* memory was short */
};

/* Empty lists with room for n tenures; false when memory is short. audit_tenures_fini() gives the room back. */
bool audit_tenures_begin(struct tenures *t, size_t n) SYC_MUST_CHECK;
void audit_tenures_fini(struct tenures *t);

/* The next connection of a tuple; index: its place in the list, in order of time. */
void audit_tenure_life(struct tenure_walk *w, const struct life *l, size_t index);

/* A SYN of the other side on the tuple at hand. */
void audit_tenure_turned(struct tenure_walk *w, const struct tuple_syn *syn);

/* Nothing follows on this tuple. */
void audit_tenure_end(struct tenure_walk *w);

/* The SYN that began a life. */
struct tuple_syn audit_tuple_syn(const struct life *l);

#endif
