#ifndef SYC_SIGMA_SAY_H
#define SYC_SIGMA_SAY_H

/*
 * Purpose           parts of a rule's program as the text that a document would have
 * Input and output  tests and operands in, text out
 * Ownership         the caller gives the buffers
 * Limits            texts of a kilobyte; longer patterns are cut
 * Not here          whole documents (dump.c)
 */

#include "rules/sigma_int.h"

enum { SYC_SIGMA_SAY = 1024, SYC_SIGMA_NUMBER = 32 };

/* A decimal of 15 to 17 digits, as few as read back the same. */
void syc_sigma_say_number(double f, char out[SYC_SIGMA_NUMBER]);

/* "iat.n|gte" */
void syc_sigma_say_key(const struct syc_sigma_rule *rule, const struct syc_sigma_test *t,
                       char out[SYC_SIGMA_SAY]);

/*
 * A text operand as Sigma writes it: wildcards, and a backslash before what is meant as it stands.
 *
 * room  2 octets a token and one more hold all of it; of less the rest is cut off
 */
void syc_sigma_say_pattern(const struct syc_operand *o, char *out, size_t room);

/* One value of a test, without quotes: "10", "10.0.0.0/8", "*bot*". */
void syc_sigma_say_operand(const struct syc_sigma_test *t, const struct syc_operand *o,
                           char out[SYC_SIGMA_SAY]);

#endif
