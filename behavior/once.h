#ifndef SYC_BEHAVIOR_ONCE_H
#define SYC_BEHAVIOR_ONCE_H

/*
 * Purpose           what is told of sources of one unanswered SYN, all together
 * Input and output  the store's singles and their stacks in; counts out
 * Ownership         texts belong to the signature set
 * Limits            the SYC_ONCE_MOST largest of prefixes and of stacks
 * Not here          singles themselves (singles.h)
 */

#include "behavior/behavior.h"
#include "behavior/stacks.h"

/* cost: passes over the kept ones, of version 6 a sort; one over 64 Ki prefixes. signatures may be NULL. */
void syc_once_fill(const struct store *s, struct stacks *stacks,
                   const struct syc_signatures *signatures, struct syc_once *out);

#endif
