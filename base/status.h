#ifndef SYC_BASE_STATUS_H
#define SYC_BASE_STATUS_H

/*
 * Purpose           what a call may answer, and where in which input something was wrong
 * Input and output  one X-macro list gives the enum, the names and the texts
 * Ownership         struct syc_error is plain data of the caller; setting one allocates nothing
 * Limits            file name 255 octets, text 199 octets; longer ones are cut
 * Not here          malformed frames: they are data (enum syc_drop in capture/), never an error
 *
 * One set of answers for all floors, and few: a caller can act differently on each of them (go on, ask again, end
 * with an exit status), and words for people are in struct syc_error.
 */

#include <stddef.h>

/* X(NAME, "text") */
#define SYC_STATUS_LIST(X)                                                                         \
    X(OK, "ok")                                                                                    \
    X(END, "end of input")                                                                         \
    X(TRUNCATED, "input ended early")                                                              \
    X(FORMAT, "not a format that is read here")                                                    \
    X(IO, "input or output error")                                                                 \
    X(NO_MEMORY, "out of memory")                                                                  \
    X(SYNTAX, "syntax error")                                                                      \
    X(UNSUPPORTED, "not supported")                                                                \
    X(NOT_FOUND, "not found")                                                                      \
    X(LIMIT, "limit reached")                                                                      \
    X(USAGE, "usage error")                                                                        \
    X(INTERRUPTED, "interrupted")                                                                  \
    X(CLOSED, "the reader of the output went away")

/* 0 is success, so that `if (status != SYC_OK)` and `if (status)` cannot disagree. */
enum syc_status {
#define X(name, text) SYC_##name,
    SYC_STATUS_LIST(X)
#undef X
};

/* Where and why a loader, parser or reader gave up. line and column count from 1; 0 = unknown. */
struct syc_error {
    enum syc_status status;
    unsigned line;
    unsigned column;
    char file[256];
    char text[200];
};

/*
 * The first is for functions whose answer must be looked at: one that nobody looks at is how other tools end with
 * status 0 on a full disk. The second has the compiler check the arguments of a format.
 */
#define SYC_MUST_CHECK   __attribute__((warn_unused_result))
#define SYC_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* The list's text of a status: never NULL, static storage; "unknown status" for a number that is none. */
const char *syc_status_text(enum syc_status status);

/*
 * Fill *err with status and a formatted text; file, line and column are left as they are, for the floor that
 * knows the words and the one that knows the place are often two.
 *
 * err      may be NULL: then nothing is written
 * format   printf's
 * returns  status, so that a caller can write: return syc_error_set(err, SYC_IO, "...");
 * cost     no allocation, so it can tell of SYC_NO_MEMORY, too; more than 199 octets are cut
 */
enum syc_status syc_error_set(struct syc_error *err, enum syc_status status, const char *format,
                              ...) SYC_PRINTF(3, 4);

/*
 * Name the place of what was wrong.
 *
 * err           may be NULL
 * file          copied, cut at 255 octets
 * line, column  from 1; 0 = unknown
 */
void syc_error_at(struct syc_error *err, const char *file, unsigned line, unsigned column);

#endif
