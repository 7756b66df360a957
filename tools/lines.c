/*
 * JSON Lines of the verbs that check: an object is begun by its verb, given members, and printed whole or not at all.
 */

#include "tools/tools.h"

#include <stdio.h>

/* A member that is absent is left out: null would be a third state for readers to handle. */
void
syc_line_text(struct syc_json *j, const char *name, const char *text)
{
    if (text != NULL) {
        syc_json_key(j, name);
        syc_json_text(j, text);
    }
}

void
syc_line_int(struct syc_json *j, const char *name, size_t n)
{
    syc_json_key(j, name);
    syc_json_int(j, (int64_t)n);
}

/*
 * False when memory was short: then the line is not printed at all, as half a line of JSON would
 * break its reader.
 */
bool
syc_line_print(struct syc_json *j)
{
    bool ok = !j->failed;

    syc_json_close(j, '}');
    if (ok && !j->failed) {
        printf("%.*s\n", (int)j->n, j->text);
    }
    ok = ok && !j->failed;
    syc_json_reset(j);
    return ok;
}

/* Help into a full disk is a failed output like any other. */
int
syc_flushed(int status, bool ok)
{
    if (fflush(stdout) != 0 || ferror(stdout) || !ok) {
        syc_say("standard output: cannot be written");
        return EXIT_OUTPUT;
    }
    return status;
}
