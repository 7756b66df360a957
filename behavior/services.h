#ifndef SYC_BEHAVIOR_SERVICES_H
#define SYC_BEHAVIOR_SERVICES_H

/*
 * Purpose           services (server address and port) that many connections reach and leave unfinished
 * Input and output  the store's marks in; one view after the other of a service's connections out, of all sources
 * Ownership         a room and lists of its own, within the store's budget
 * Limits            services of fewer than SERVICES_LEAST unfinished connections are passed over; when the budget is
 *                   used up there are none (`cut`)
 * Not here          what a flood is (rules/)
 */

#include "behavior/view.h"

/* Half open, refused or unanswered connections of a service that is looked at. */
enum { SERVICES_LEAST = 100 };

struct services {
    struct store *store;
    struct mark **marks; /* of all such services, by service and time; as much spare room behind */
    size_t count;
    size_t octets; /* taken from the budget */
    struct room room;
    struct source nobody; /* whose address the views have */
    bool cut;
};

/*
 * Find them.
 *
 * returns  SYC_OK, also when the budget had no room (cut); SYC_NO_MEMORY
 * cost     two passes over all marks, and a sort of those found; syc_services_fini() always
 */
enum syc_status syc_services_init(struct services *v, struct store *s) SYC_MUST_CHECK;
void syc_services_fini(struct services *v);

/* The service that begins at mark `from` of marks, 0 the first. Returns where the next begins, 0 after the last. */
size_t syc_services_next(struct services *v, size_t from, struct view *out);

#endif
