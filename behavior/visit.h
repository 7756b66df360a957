#ifndef SYC_BEHAVIOR_VISIT_H
#define SYC_BEHAVIOR_VISIT_H

/*
 * Purpose           one source at a time: itself, its pairs and sub-streams, and what the visitor notes of it
 * Input and output  a visit that syc_cadence_finish() or syc_cadence_news() hands over in; subjects out
 * Ownership         the visit is the cadence's, and ends with the visitor's call; subjects as each function says
 * Limits            facts are computed when they are asked for
 * Not here          who is visited (behavior.h); what facts there are (facts.h)
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct syc_subject;

/* A source and its pairs while they are visited. Facts are computed when they are asked for. */
struct syc_visit;

/* The source itself; valid as long as the visit. */
const struct syc_subject *syc_visit_source(const struct syc_visit *v);

/*
 * The next of its pairs, by address and port; NULL after the last, then the first again. A source with one
 * pair has none:
 * it would say the same.
 *
 * The pair and its values are valid until the next call. cost: sorting the pair's events
 */
const struct syc_subject *syc_visit_pair(struct syc_visit *v);

/*
 * The next of its sub-streams, by port, fingerprint and program; NULL after the last, then the first again. A source
 * behind which one program stands has none: it would say the same. Sub-streams too small for any rule are passed over.
 *
 * Valid until the next call. Do not call between calls of syc_visit_pair(). cost: sorting the source's connections once,
 * then as for a pair
 */
const struct syc_subject *syc_visit_substream(struct syc_visit *v);

/*
 * A scanner has thousands of pairs of one SYN each, alike but for their names. The shape of the next pair: pairs of
 * equal shape, of any source, have equal values of every fact for which syc_shape_fixes() is true.
 *
 * returns  0: it has none (it is no pair of one bare SYN), or there is no next pair
 */
uint64_t syc_visit_shape(const struct syc_visit *v);
bool syc_shape_fixes(size_t field);

/* Go past the next pair, of which syc_visit_shape() has told enough: nothing of it is computed. */
void syc_visit_pass(struct syc_visit *v);

/* In a visit: a record of this source came, kept or not, since it was last visited. */
bool syc_visit_is_news(const struct syc_visit *v);

/* The visitor's own note of this source, 0 to 15, kept until another one is made; 0 at first. */
unsigned syc_visit_noted(const struct syc_visit *v);
void syc_visit_note(struct syc_visit *v, unsigned note);

#endif
