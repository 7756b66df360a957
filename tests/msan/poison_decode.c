/*
 * Between syc_decode() and its callers under MemorySanitizer (linked with --wrap): before the call a segment is memory that
 * nobody wrote, whatever the caller left there, and after it every octet has to be written.
 */

#include "capture/capture.h"

#include <sanitizer/msan_interface.h>

enum syc_drop __real_syc_decode(const struct syc_frame *frame, struct syc_segment *out);
enum syc_drop __wrap_syc_decode(const struct syc_frame *frame, struct syc_segment *out);
enum syc_drop __real_syc_decode_with(const struct syc_frame *frame, unsigned flags,
                                     struct syc_segment *out);
enum syc_drop __wrap_syc_decode_with(const struct syc_frame *frame, unsigned flags,
                                     struct syc_segment *out);

enum syc_drop
__wrap_syc_decode(const struct syc_frame *frame, struct syc_segment *out)
{
    enum syc_drop drop;

    __msan_poison(out, sizeof *out);
    drop = __real_syc_decode(frame, out);
    __msan_check_mem_is_initialized(out, sizeof *out);
    return drop;
}

enum syc_drop
__wrap_syc_decode_with(const struct syc_frame *frame, unsigned flags, struct syc_segment *out)
{
    enum syc_drop drop;

    __msan_poison(out, sizeof *out);
    drop = __real_syc_decode_with(frame, flags, out);
    __msan_check_mem_is_initialized(out, sizeof *out);
    return drop;
}
