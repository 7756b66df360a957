#ifndef SYC_BASE_STATUS_H
#define SYC_BASE_STATUS_H

/*
 * Purpose           what a call may answer, and where in which input something was wrong
 * Input and output  one X-macro list gives the enum, the names and the texts
 * Ownership         struct syc_error is plain data of the caller; setting one allocates nothing
 * Limits            file name 255 octets, text 199 octets; longer ones are cut
 * Not here          malformed frames: they are data (enum syc_drop in capture/), never an error
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

#define SYC_MUST_CHECK   __attribute__((warn_unused_result))
#define SYC_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* The list's text of a status, never NULL, static storage. */
const char *syc_status_text(enum syc_status status);

/*
 * Fill *err (may be NULL) with status and a formatted text; file, line and column are left as they are.
 *
 * returns  status, so that a caller can write: return syc_error_set(err, SYC_IO, "...");
 */
enum syc_status syc_error_set(struct syc_error *err, enum syc_status status, const char *format,
                              ...) SYC_PRINTF(3, 4);

/* Name the place: file is copied (cut at 255 octets); err may be NULL. */
void syc_error_at(struct syc_error *err, const char *file, unsigned line, unsigned column);

#endif
