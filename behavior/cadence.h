#ifndef SYC_BEHAVIOR_CADENCE_H
#define SYC_BEHAVIOR_CADENCE_H

/*
 * Purpose           what a cadence holds
 * Input and output  none
 * Ownership         the cadence's, until syc_cadence_free()
 * Limits            the store's budget
 * Not here          records in, facts out (cadence.c); what is forgotten (forget.c)
 */

#include "behavior/fleets.h"
#include "behavior/parts.h"

/* The kind of single that a lone SYN of this number is, if it is degraded like that. */
struct lone_kind {
    uint32_t kind, degraded;
    bool known;
};

/* signatures are borrowed, and may be others after syc_cadence_use(). */
struct syc_cadence {
    struct store store;
    struct stacks stacks;
    struct agents agents;
    struct parts parts;
    struct fleets fleets;
    bool services_cut;
    const struct syc_signatures *signatures;
    struct lone_kind *lone; /* by number of the SYN; NULL until asked for */
    uint32_t asked; /* the next record is of this lone SYN, which was not known yet; 0 = none */
    uint32_t asked_degraded;
};

#endif
