#ifndef SYC_CAPTURE_READER_SOURCE_H
#define SYC_CAPTURE_READER_SOURCE_H

/*
 * Purpose           where the octets of a capture file come from: a descriptor, through a decompressor where one
 *                   is needed
 * Input and output  a path in; octets in order out, of as many gzip members or zstd frames as follow each other
 * Ownership         a source owns its descriptor and its decompressor
 * Limits            memory does not grow with the input: a buffer of packed octets, and what the format needs to
 *                   look back (gzip 32 KiB, zstd at most 128 MiB, larger windows are refused)
 * Not here          what the octets mean
 *
 * A chain of three, each knowing only the one before it: descriptor -> decompressor, if any -> syc_input's buffer
 * (reader_int.h). Readers above see octets in order and cannot tell a packed file from a plain one.
 */

#include "capture/capture.h"

enum syc_packing { SYC_PACKING_NONE, SYC_PACKING_GZIP, SYC_PACKING_ZSTD };

struct syc_unpacker;

/* A source that is not open has fd -1. */
struct syc_source {
    int fd;
    bool regular;   /* a file that can be opened again and has a size */
    bool drained;   /* the descriptor has no more */
    uint64_t taken; /* octets read from the descriptor */
    uint64_t total; /* size of a regular file, else 0 */
    struct syc_unpacker *unpacker;
    enum syc_status status; /* SYC_OK, or the fault that ended it and its words */
    char words[112];
};

/*
 * Open path; "-" is a duplicate of standard input, so that closing leaves the process its own.
 *
 * returns  SYC_OK; SYC_INTERRUPTED (a signal came while a named pipe had no writer: try again); SYC_IO with words
 */
enum syc_status syc_source_open(struct syc_source *s, const char *path) SYC_MUST_CHECK;

/*
 * From here on the source is packed so; the n octets at `octets` were read from it already and are the first to
 * unpack.
 *
 * returns  SYC_OK, SYC_NO_MEMORY
 */
enum syc_status syc_source_unpack(struct syc_source *s, enum syc_packing packing,
                                  const uint8_t *octets, size_t n) SYC_MUST_CHECK;

/*
 * One read of at most n octets. What was unpacked before a fault comes first.
 *
 * out      n octets, n > 0; *got of them are written
 * returns  SYC_OK with *got > 0; SYC_END; SYC_INTERRUPTED (nothing is lost: ask again); SYC_IO, SYC_NO_MEMORY,
 *          SYC_TRUNCATED (packed octets damaged or cut), for good, with words
 */
enum syc_status syc_source_read(struct syc_source *s, uint8_t *out, size_t n,
                                size_t *got) SYC_MUST_CHECK;

/* Close what is open; a closed source is fine. */
void syc_source_close(struct syc_source *s);

/* ---- decompressors (reader_unpack.c) ---- */

/* One that has been given n octets, which are copied. packing is not SYC_PACKING_NONE. NULL when memory is short. */
struct syc_unpacker *syc_unpacker_new(enum syc_packing packing, const uint8_t *octets, size_t n);

/* Free it and what its library holds; NULL is fine. */
void syc_unpacker_free(struct syc_unpacker *u);

/* Where to put up to *room packed octets; only when syc_unpack() has eaten all that it was given. */
uint8_t *syc_unpacker_room(struct syc_unpacker *u, size_t *room);

/* n octets were put there; n <= *room. 0 is fine: the next syc_unpack() gives nothing. */
void syc_unpacker_given(struct syc_unpacker *u, size_t n);

/*
 * Unpack into out.
 *
 * out         n octets, n > 0
 * words       filled, zero-terminated, on a fault only
 * returns  SYC_OK with *got octets (0: it needs more input); SYC_NO_MEMORY; SYC_TRUNCATED (damaged) with words
 */
enum syc_status syc_unpack(struct syc_unpacker *u, uint8_t *out, size_t n, size_t *got, char *words,
                           size_t words_size) SYC_MUST_CHECK;

/* Whether the input may not end here; words say so. */
bool syc_unpacker_inside(const struct syc_unpacker *u, char *words, size_t words_size);

#endif
