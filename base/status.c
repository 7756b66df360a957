/*
 * Texts of statuses, and the filling of struct syc_error. Nothing here can fail or allocate: it is
 * what runs when something else has failed.
 */

#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/*
 * From the same list as the enum, so a new status cannot be without its text; the comparison is for
 * numbers that were never a status.
 */
const char *
syc_status_text(enum syc_status status)
{
    static const char *const texts[] = {
#define X(name, text) text,
        SYC_STATUS_LIST(X)
#undef X
    };
    size_t i = (size_t)status;

    return i < sizeof texts / sizeof texts[0] ? texts[i] : "unknown status";
}

/* file, line and column stay: whoever knows the place may have set it before or will after. */
enum syc_status
syc_error_set(struct syc_error *err, enum syc_status status, const char *format, ...)
{
    va_list args;

    if (err == NULL) {
        return status;
    }
    err->status = status;
    va_start(args, format);
    if (vsnprintf(err->text, sizeof err->text, format, args) < 0) {
        err->text[0] = '\0'; /* an encoding error leaves the buffer undefined */
    }
    va_end(args);
    return status;
}

/* A name that is too long is cut, not refused: a message with half a path is better than none. */
void
syc_error_at(struct syc_error *err, const char *file, unsigned line, unsigned column)
{
    size_t n;

    if (err == NULL) {
        return;
    }
    n = strnlen(file, sizeof err->file - 1);
    memcpy(err->file, file, n);
    err->file[n] = '\0';
    err->line = line;
    err->column = column;
}
