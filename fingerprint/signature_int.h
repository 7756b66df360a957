#ifndef SYC_FINGERPRINT_SIGNATURE_INT_H
#define SYC_FINGERPRINT_SIGNATURE_INT_H

/*
 * Purpose           signatures in memory, and one grammar for signatures and raw signatures
 * Input and output  text in; struct syc_sig out, with the column of a fault
 * Ownership         texts live in the set's arena
 * Limits            10,000 signatures and 10,000 system names a set
 * Not here          p0f's matching order (match.c)
 *
 * One grammar for both sides of a comparison: what a file says (syc_sig_parse of its line) and what a packet says
 * (syc_sig_parse of its raw signature) are the same struct, so a signature taken from the output matches its SYN.
 */

#include "fingerprint/syn_int.h"

enum {
    SYC_SIGNATURES_MAX = 10000,
    SYC_LINKS_MAX = 1000, /* p0f.fp has 14, tunnels know some dozens */
    SYC_REMARKS_MAX = 1000,
    SYC_NO_SIGNATURE = 0xffff,
};

/* A wildcard in mss, scale and payload; version "any". */
enum { SYC_ANY = -1 };

enum syc_wsize {
    SYC_WSIZE_ANY,
    SYC_WSIZE_VALUE,
    SYC_WSIZE_MULTIPLE_OF, /* %N */
    SYC_WSIZE_MSS,         /* mss*N */
    SYC_WSIZE_MTU,         /* mtu*N */
    SYC_WSIZE_FLOOR65535,  /* floor65535: ours, native files only */
};

/* ver:ittl:olen:mss:wsize,scale:olayout:quirks:pclass */
struct syc_sig {
    int8_t ip_v;
    bool random_ttl; /* N- */
    uint8_t ttl;     /* N+D summed */
    uint8_t ip_options_bytes;
    int32_t mss;
    uint8_t wsize; /* enum syc_wsize */
    uint16_t wsize_n;
    int16_t wscale;
    uint8_t kinds[SYC_P0F_OPTIONS];
    uint8_t count;
    uint8_t eol_pad;
    uint32_t quirks;
    int8_t payload;
};

/* ";@ key=value" below a sig; NULL where it says nothing. */
struct syc_pragmas {
    const char *family;
    const char *date;
    const char *source;
    const char *conf;
    const char *note;
};

/* One line of a file. Texts are the arena's; a set is read by many matches and written by loads alone. */
struct syc_signature {
    struct syc_sig sig;
    bool native;
    bool response; /* [tcp:response] */
    bool app;      /* class "!" */
    bool generic;  /* g: */
    uint16_t next; /* in its chain, file order; SYC_NO_SIGNATURE ends */
    unsigned line;
    const char *text; /* of the sig line */
    const char *label;
    const char *os;
    const char *flavor;
    const char *db;
    const char *file;   /* as it was named */
    unsigned nth;       /* of the texts of the set, from 1 */
    const char *family; /* by the name; a pragma is stronger */
    struct syc_pragmas pragmas;
};

/* A sig line of a [mtu] section. */
struct syc_link_line {
    unsigned mtu;
    unsigned line;
    const char *label;
    const char *file;
    unsigned nth;
    struct syc_pragmas pragmas;
};

/*
 * Signatures in file order; chains of equal (direction, native, option kinds) hang off heads:
 *
 *   heads[hash & mask] -> 3 -> 17 -> 40 -> end
 *
 * Invariant: indexes within a chain rise, because the first fit in file order wins; every index is below `count`
 * of the time the chains were made, so a load that is cut back leaves no index dangling.
 */
struct syc_signatures {
    struct syc_arena arena;
    struct syc_signature *items;
    size_t count;
    size_t room;
    uint16_t *heads;
    size_t head_count; /* a power of two, or 0 */
    struct syc_link_line *links;
    size_t link_count, link_room;
    struct syc_remark *remarks;
    size_t remark_count, remark_room;
    unsigned texts;     /* so far, those with faults included */
    uint64_t texts_sum; /* a hash of them */
};

/* Append a link, with the answers of syc_signatures_add(). */
enum syc_status syc_signatures_add_link(struct syc_signatures *set,
                                        const struct syc_link_line *it) SYC_MUST_CHECK;

/*
 * Append a remark; text is copied. The last place of SYC_REMARKS_MAX says that more were left out, further ones are
 * not kept: SYC_OK then too.
 */
enum syc_status syc_signatures_add_remark(struct syc_signatures *set,
                                          const struct syc_remark *it) SYC_MUST_CHECK;

/*
 * First of the chain in which signatures with these kinds are (others may be in it), or
 * SYC_NO_SIGNATURE.
 */
unsigned syc_signatures_chain(const struct syc_signatures *set, bool response, bool native,
                              const uint8_t *kinds, size_t count);

/* Append a copy of *it; SYC_LIMIT or SYC_NO_MEMORY leave the set as it was. */
enum syc_status syc_signatures_add(struct syc_signatures *set,
                                   const struct syc_signature *it) SYC_MUST_CHECK;

/*
 * Link all signatures anew; to be called after adding or cutting. SYC_NO_MEMORY leaves the old
 * chains.
 */
enum syc_status syc_signatures_index(struct syc_signatures *set) SYC_MUST_CHECK;

/* A place in a text and who to tell about faults. line <= p <= end always: no step reads the octet at end. */
struct syc_scan {
    const char *p;
    const char *end;  /* of the line */
    const char *line; /* its start: columns count from here */
    unsigned line_number;
    const char *name;
    struct syc_error *err;
};

/* Report `what` at the current column; always returns SYC_SYNTAX. */
enum syc_status syc_scan_fail(struct syc_scan *s, const char *what) SYC_MUST_CHECK;

/*
 * The same for a word that is none of a list: `what`, and the word of the list that is meant, if one is near (two
 * edits).
 *
 * words    NULL-terminated
 */
enum syc_status syc_scan_fail_word(struct syc_scan *s, const char *what,
                                   const char *const *words) SYC_MUST_CHECK;

/* Step over word when it stands here; false, and nothing moved, when it does not. The empty word always stands. */
bool syc_scan_word(struct syc_scan *s, const char *word);

/*
 * A decimal number from least to most.
 *
 * most     at most UINT_MAX / 10 - 1, so that one digit too many cannot wrap; all here are below 2^16
 * returns  SYC_OK and *out; SYC_SYNTAX, at the number's first digit
 */
enum syc_status syc_scan_number(struct syc_scan *s, unsigned least, unsigned most,
                                unsigned *out) SYC_MUST_CHECK;

/* What may stand in a signature beyond p0f's grammar, and p0f's own reading faults. */
enum syc_dialect {
    SYC_DIALECT_P0F,      /* after "N-" the olen field reads as 0 (2.1.5) */
    SYC_DIALECT_NATIVE,   /* olen is read; floor65535 */
    SYC_DIALECT_OBSERVED, /* a raw signature: "ttl+?", multiples beyond 1000 */
};

/*
 * One signature up to s->end.
 *
 * out      wholly written when it succeeds; its contents mean nothing when not
 * returns  SYC_OK; SYC_SYNTAX with the column of the fault
 * cost     one pass; no allocation
 * source   reference/fingerprints 2.1.5
 */
enum syc_status syc_sig_parse(struct syc_scan *s, enum syc_dialect dialect,
                              struct syc_sig *out) SYC_MUST_CHECK;

/*
 * Take out what comes and goes with a connection or a path: Fast Open with the NOPs next to it, and MPTCP; and put the
 * timestamp option back where a middlebox has overwritten it with NOPs. Without that, p0f calls the same host "???" as
 * soon as it has a cookie (seen by running it).
 *
 * returns  what was done, bit n = enum syc_aside n
 */
uint16_t syc_sig_strip(struct syc_sig *sig);

/* Family of a system by its name ("Linux" -> linux), NULL if unknown; static. */
const char *syc_os_family(const char *os);

#endif
