#ifndef SYC_FINGERPRINT_MATCH_INT_H
#define SYC_FINGERPRINT_MATCH_INT_H

/*
 * Purpose           one SYN against one signature: what match.c (the winner) and candidates.c (all of them) share
 * Input and output  a struct syc_syn looked at once, then compared with any number of signatures
 * Ownership         a struct syc_seen borrows its SYN
 * Limits            none of its own
 * Not here          which signatures are asked
 */

#include "fingerprint/signature_int.h"

/* One SYN as the signatures of one kind (native or p0f's) look at it. */
struct syc_seen {
    const struct syc_syn *syn;
    struct syc_sig sig; /* the raw signature, read back */
    bool native;
    uint16_t aside;      /* enum syc_aside bits: what was set aside, native only */
    uint32_t floor65535; /* multiple, 0 if the law does not hold */
};

/* How a SYN fits a signature: enum syc_sig_field bits. It fits when nothing differs, exactly when nothing is forgiven. */
struct syc_fit {
    uint16_t differs;
    uint16_t forgiven;
};

/*
 * Look at a SYN as native signatures or p0f's do.
 *
 * returns  false for a SYN without a raw signature (cut or fragmented): it matches nothing
 * cost     one pass over the raw signature
 */
bool syc_match_look(const struct syc_syn *syn, bool native, struct syc_seen *out);

/* Compare. false: not of the same direction and matching, so there is nothing to compare; *out is then clean. */
bool syc_match_compare(const struct syc_signature *ref, const struct syc_seen *seen,
                       struct syc_fit *out);

/*
 * Write what the signature says of the SYN into *out, whose `distance` holds the guess for a signature that does not
 * say it.
 */
void syc_match_tell(const struct syc_signature *it, enum syc_quality quality,
                    const struct syc_fit *fit, const struct syc_seen *seen, struct syc_match *out);

#endif
