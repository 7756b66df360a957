#ifndef SYC_BEHAVIOR_AUDIT_PORTS_H
#define SYC_BEHAVIOR_AUDIT_PORTS_H

/*
 * Purpose           how fast a pair takes ports and how long each is held, as of any moment
 * Input and output  tenures in; rates, holds, and the moment the ports will have run out, out
 * Ownership         arrays live in the arena that is given
 * Limits            nothing is forecast from fewer than 20 SYNs
 * Not here          when to ask (audit_ports.c)
 */

#include "behavior/audit_range.h"
#include "behavior/sort.h"

/* What the forecasts of one pair look into; all ascending. */
struct ports_past {
    int64_t *syns;   /* starts of connections with a SYN */
    int64_t *free;   /* when ports are free again */
    int64_t *leaves; /* those of them that leave TIME_WAIT */
    struct item
        *ends; /* of connections: t = when, a = how long they were open, b = the client waits */
    size_t syn_count, count, leave_count, end_count;
    int64_t two_msl;
};

/* Sort what forecasts look into, of all tenures of a pair; two_msl: the client's. False = no memory. */
bool audit_past_make(struct ports_past *past, const struct tenures *t, int64_t two_msl,
                     struct syc_arena *arena);

/* As of a moment. */
struct ports_view {
    int64_t at;
    double rate_per_s;    /* of the trailing window */
    double rate_now;      /* the same, or further along a steady rise */
    double rise_per_s2;   /* 0 = none that is sure */
    double hold_s;        /* mean time a port is held, TIME_WAIT and all; NAN = none has ended */
    double waiting_ratio; /* connections after which the client waits */
    double closing_per_s; /* connections that ended in the trailing window */
};

/* ended: how many of past->ends are over, and the sums of those; moves on with time. */
struct ports_ended {
    size_t count, waited;
    double open_us;
};

/*
 * Rates and holds at `at`, never earlier than in the call before; wait_us: how long an entry in TIME_WAIT blocks its port.
 *
 * cost  a few searches in the sorted arrays
 */
void audit_past_view(const struct ports_past *past, struct ports_ended *ended, int64_t at,
                     int64_t wait_us, struct ports_view *out);

/* Ports needed if it goes on like that (Little's law); NAN when it is not known. */
double audit_ports_need(const struct ports_view *v);

/*
 * When `capacity` ports will be taken, given that `occupied` are; INT64_MAX: never, as it goes.
 *
 * Releases are those of the entries that there are, at their known times; new ones come after all of these.
 */
int64_t audit_past_forecast(const struct ports_past *past, const struct ports_view *v,
                            int64_t occupied, int64_t capacity);

#endif
