#ifndef SYC_TESTS_UNIT_BEHAVIOR_PEOPLE_H
#define SYC_TESTS_UNIT_BEHAVIOR_PEOPLE_H

/*
 * Purpose           random connections of a few clients, cut into parts and shuffled; and subjects compared bit for bit
 * Input and output  a seed in; records, and pieces of them to feed, out
 * Ownership         plain data of the caller's; SYN signatures are this file's
 * Limits            PARTS_MOST parts a connection
 * Not here          the tests
 */

#include "tests/unit/behavior/support.h"

enum { PARTS_MOST = 5 };

/* One connection of clients 1 to 4. Times are coarse, so that many are equal. */
void make_person(struct made *m, uint64_t *seed, uint16_t number);

/* So many, with SYNs of five stacks. */
void make_people(struct made *people, uint16_t count, uint64_t seed);

/* Part `number` of `of`, by spec/record.md. It points into the record. */
struct syc_record part_of(const struct made *m, int64_t number, int64_t of);

/* A part of one of them; of 1: all of it. */
struct piece {
    uint16_t person;
    uint8_t number, of;
};

/* All of them in order, cut into 1 to PARTS_MOST parts each or not at all. Returns how many pieces. */
size_t cut_all(struct piece *pieces, uint16_t people, uint64_t *seed, bool cut);
void shuffle(struct piece *pieces, size_t n, uint64_t *seed);
void feed_piece(struct syc_cadence *c, const struct made *people, const struct piece *p);

/* Fails the test at the first field in which they differ. */
void assert_same_subjects(const struct kept_all *a, const struct kept_all *b);

#endif
