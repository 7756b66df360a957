#ifndef SYC_FINGERPRINT_SIGNATURES_H
#define SYC_FINGERPRINT_SIGNATURES_H

/*
 * Purpose           whose SYN it is: signature files, matching, link types; part of fingerprint.h's face
 * Input and output  files in p0f.fp syntax and a struct syc_syn in; a label with its quality and its reasons out
 * Ownership         a set owns all texts that its answers point to, until syc_signatures_free()
 * Limits            10,000 signatures, 1,000 links and 1,000 remarks a set
 * Not here          reading files (engine/load.c); what is made of a label (behavior/, rules/)
 */

#include "capture/capture.h"

struct syc_syn;

enum syc_quality { SYC_MATCH_NONE, SYC_MATCH_FUZZY, SYC_MATCH_GENERIC, SYC_MATCH_EXACT };

/* "exact", "generic", "fuzzy" or "none"; static. */
const char *syc_quality_name(enum syc_quality q);

/* Fields of a signature in which a SYN may differ from it. X(NAME, "word"); the words are those of the event. */
#define SYC_SIG_FIELD_LIST(X)                                                                      \
    X(VERSION, "ip_v")                                                                             \
    X(TTL, "ttl_initial")                                                                          \
    X(IP_OPTIONS, "ip_options_bytes")                                                              \
    X(MSS, "mss")                                                                                  \
    X(WINDOW, "window")                                                                            \
    X(WSCALE, "wscale")                                                                            \
    X(OPTIONS, "options")                                                                          \
    X(QUIRKS, "quirks")                                                                            \
    X(PAYLOAD, "payload_bytes")

enum syc_sig_field {
#define X(name, word) SYC_SIG_FIELD_##name,
    SYC_SIG_FIELD_LIST(X)
#undef X
        SYC_SIG_FIELD_COUNT
};

/* What the shipped set leaves out of a comparison, because a path or a single connection adds it. X(NAME, "word") */
#define SYC_ASIDE_LIST(X)                                                                          \
    X(FLOW, "flow")                                                                                \
    X(ECN, "ecn")                                                                                  \
    X(FAST_OPEN, "fast_open")                                                                      \
    X(MPTCP, "mptcp")                                                                              \
    X(TS_STRIPPED, "ts_stripped")

enum syc_aside {
#define X(name, word) SYC_ASIDE_##name,
    SYC_ASIDE_LIST(X)
#undef X
        SYC_ASIDE_COUNT
};

/* The words of the lists above, by number, which is that of the bit in a set; static, "?" for one that is none. */
const char *syc_sig_field_name(unsigned field);
const char *syc_aside_name(unsigned aside);

/* Texts point into the signature set. Absent ones are NULL. */
struct syc_match {
    enum syc_quality quality;
    bool app;         /* class "!": a tool */
    bool generic;     /* a g: signature; a fuzzy match may be of one */
    bool random_ttl;  /* the signature allows any TTL up to its own: distance is an upper bound */
    uint8_t distance; /* hops by the signature's TTL, else by the next usual one */
    uint16_t
        differs; /* bit n = enum syc_sig_field n: forgiven (fuzzy), or in the way (a candidate of quality none) */
    uint16_t aside;     /* bit n = enum syc_aside n: in the SYN, and not compared */
    const char *label;  /* "s:unix:Linux:3.11 and newer" as written */
    const char *os;     /* name */
    const char *flavor; /* NULL if empty */
    const char
        *os_family; /* pragma family=, else derived from the name: linux windows apple bsd ... */
    const char *db; /* file name without folders */
    unsigned db_line;
    const char *date;   /* pragma date= */
    const char *source; /* pragma source= */
    const char *sig;    /* the line's value as written */
};

struct syc_signatures;

/* An empty set; syc_signatures_parse() adds texts to it. NULL when memory is short. The caller's to free. */
struct syc_signatures *syc_signatures_new(void);

/* Free the set and all texts that matches point to; NULL is fine. */
void syc_signatures_free(struct syc_signatures *set);

/*
 * Add the signatures and links of a text in p0f.fp syntax (plus ";@ key=value" pragmas); its [http:*] sections are
 * passed over, which is noted in one remark.
 *
 * name     shown as match.db (without folders) and in remarks (copied)
 * native   true: matched as the shipped set is (a flow label, ECN, Fast Open and so on do not spoil a match); false =
 *          p0f's own matching, unless the text says ";@ matching=syncopate" before its first section
 * returns  SYC_OK; SYC_SYNTAX: nothing of the text was added, *err is its first fault and all of them are remarks;
 *          SYC_LIMIT, SYC_NO_MEMORY: nothing was added
 */
enum syc_status syc_signatures_parse(struct syc_signatures *set, const char *name, const char *text,
                                     size_t n, bool native, struct syc_error *err) SYC_MUST_CHECK;

/* Whether two sets were made of the same texts in the same order; their names, which are the caller's, do not count. */
bool syc_signatures_same(const struct syc_signatures *a, const struct syc_signatures *b);

/* Number of signatures in the set, and of links. */
size_t syc_signatures_count(const struct syc_signatures *set);
size_t syc_signatures_link_count(const struct syc_signatures *set);

enum syc_remark_level { SYC_REMARK_ERROR, SYC_REMARK_WARNING, SYC_REMARK_NOTE };

/* Something to be said of a signature file. Texts are the set's. */
struct syc_remark {
    enum syc_remark_level level;
    unsigned line, column; /* from 1; column 0 = the whole line, line 0 = the file */
    unsigned nth;          /* of the texts of the set, from 1 */
    const char *file;      /* as it was named to syc_signatures_parse() */
    const char *code;      /* "syntax", "duplicate", "shadowed" ...; static */
    const char *text;
};

/* Remarks of all texts so far, in the order of the texts and their lines; valid until the next parse or lint. */
size_t syc_signatures_remarks(const struct syc_signatures *set, const struct syc_remark **out);

/*
 * Add what p0f loads without a word: signatures that no SYN can match, that another one always wins against, that stand
 * twice.
 *
 * returns  SYC_OK or SYC_NO_MEMORY (then some are missing)
 * cost     signatures of one option layout against each other
 */
enum syc_status syc_signatures_lint(struct syc_signatures *set) SYC_MUST_CHECK;

/*
 * Best match in p0f's order (reference/fingerprints 2.1.6).
 *
 * out  always filled; quality SYC_MATCH_NONE and NULL texts when nothing fits
 * cost one hash of the option layout and the signatures that share it
 */
void syc_signatures_match(const struct syc_signatures *set, const struct syc_syn *syn,
                          struct syc_match *out);

/*
 * The signatures that fit, best first: exact, generic, fuzzy, each in file order; then those that do not, by the
 * fields in their way. The first is what syc_signatures_match() answers, unless that has quality none.
 *
 * out      entries with quality SYC_MATCH_NONE do not fit: they have their label and say in `differs` what is in the way
 * returns  how many, at most max
 * cost     every signature of the set: once a distinct SYN that is shown to somebody
 */
size_t syc_signatures_candidates(const struct syc_signatures *set, const struct syc_syn *syn,
                                 struct syc_match *out, size_t max);

/*
 * What a SYN's MSS says of the link it was made for: MTU = MSS + 40 (IPv4) or + 60 (IPv6), as p0f has it.
 *
 * returns  false without an MSS
 * out      label NULL when no line of a [mtu] section has this MTU
 */
struct syc_link {
    unsigned mtu;
    const char *label;
};
bool syc_signatures_link(const struct syc_signatures *set, const struct syc_syn *syn,
                         struct syc_link *out);

/* All that is told of one SYN. */
enum { SYC_CANDIDATES = 6 };
struct syc_identity {
    struct syc_match match;
    struct syc_match nearest; /* for quality none, of what is near; label NULL: nothing is */
    struct syc_match candidates
        [SYC_CANDIDATES]; /* fit as well as the match and have other labels, in file order */
    size_t candidate_count;
    struct syc_link link; /* mtu 0: none; a tool's MSS says nothing of its link */
};

/* Match, and say what else of its option layout it could be. cost: as syc_signatures_match(), twice. */
void syc_signatures_identify(const struct syc_signatures *set, const struct syc_syn *syn,
                             struct syc_identity *out);

/*
 * A SYN or SYN+ACK as far as a raw signature (what `p0f` is in events) tells it: enough to match it.
 *
 * returns  SYC_OK; SYC_SYNTAX with the column in *err
 * out      wholly written; names other than p0f, and numbers of the connection, are not in it
 */
enum syc_status syc_syn_from_raw(const char *raw, bool syn_ack, struct syc_syn *out,
                                 struct syc_error *err) SYC_MUST_CHECK;

/*
 * The signature line for SYNs like this one, as a user's file has it: "4:64:0:*:mss*44,7:mss,sok,ts,nop,ws:df,id+:0".
 * It matches this SYN under p0f's rules and ours, and those of its stack that came another way (hops; MSS, where the
 * window is a multiple of it).
 *
 * returns  false for a SYN without a raw signature (cut or fragmented)
 */
enum { SYC_SIGNATURE_TEXT = 320 };
bool syc_signature_for(const struct syc_syn *syn, char out[SYC_SIGNATURE_TEXT]);

#endif
