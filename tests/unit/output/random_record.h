#ifndef SYC_TESTS_RANDOM_RECORD_H
#define SYC_TESTS_RANDOM_RECORD_H

/*
 * Purpose           records of any content that the contract allows, from a seed
 * Input and output  a state in, a record out; equal seeds give equal records on every machine
 * Ownership         the record points into the struct: it lives as long and does not move
 * Limits            12 exchanges and flights, so that many records stay quick
 * Not here          records that a real connection could have left (connection/)
 */

#include "connection/connection.h"

enum { RANDOM_LIST = 12, RANDOM_TEXT = 80 };

struct random_record {
    struct syc_record r;
    struct syc_exchange exchanges[RANDOM_LIST];
    struct syc_flight flights[RANDOM_LIST];
    struct syc_syn syn[2];
    char texts[16][4 * RANDOM_TEXT + 1];
};

/* xorshift64*; the state is never 0. */
uint64_t random_next(uint64_t *state);

/* 0 .. below - 1; below > 0. */
uint64_t random_below(uint64_t *state, uint64_t below);

void random_record_draw(uint64_t *state, struct random_record *out);

#endif
