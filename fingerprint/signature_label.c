#include "fingerprint/signature_load.h"

#include <string.h>
#include <strings.h>

/*
 * Names: the values of `classes`, `label` and `sys` lines (reference/fingerprints 2.1.10). All are looked up without
 * regard to case and shown as they were written first, as p0f does.
 */

/*
 * How many names a file may write, those that it has written before included: each is looked for among up to 10,000.
 * Ten thousand labels, as many as signatures, write 20,000.
 */
enum { WRITTEN_MAX = 50000 };

/* Linear: files hold a few hundred names, and the worst that is allowed loads in two seconds. */
static const char *
find_word(const struct syc_words *w, const char *text, size_t n)
{
    for (size_t i = 0; i < w->count; i++) {
        if (strncasecmp(w->items[i], text, n) == 0 && w->items[i][n] == '\0') {
            return w->items[i];
        }
    }
    return NULL;
}

static enum syc_status
add_word(struct syc_loader *l, struct syc_words *w, const char *text, size_t n, const char **out)
{
    if (w->count == SYC_SIGNATURES_MAX) {
        return syc_scan_fail(&l->scan, "too many names");
    }
    if (w->count + 1 >= w->room) { /* and a NULL behind them: syc_scan_fail_word() */
        size_t room = w->room == 0 ? 16 : w->room * 2;
        const char **items = syc_resize(w->items, room, sizeof *items);

        if (items == NULL) {
            return syc_load_no_memory(l);
        }
        w->items = items;
        w->room = room;
    }
    *out = syc_arena_text(&l->set->arena, text, n);
    if (*out == NULL) {
        return syc_load_no_memory(l);
    }
    w->items[w->count++] = *out;
    w->items[w->count] = NULL;
    return SYC_OK;
}

/* The spelling that came first in the file, sys lists included, is the one shown. */
static enum syc_status
first_spelling(struct syc_loader *l, const char *text, size_t n, const char **out)
{
    *out = find_word(&l->names, text, n);
    return *out != NULL ? SYC_OK : add_word(l, &l->names, text, n, out);
}

/* reference/fingerprints 2.1.10 */
static bool
is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr(" ./-_!?()", c) != NULL);
}

/* Characters of a name from here; at least one. */
static enum syc_status
scan_name(struct syc_loader *l, const char **text, size_t *n)
{
    struct syc_scan *s = &l->scan;

    *text = s->p;
    while (s->p < s->end && is_name_character(*s->p)) {
        s->p++;
    }
    *n = (size_t)(s->p - *text);
    if (*n == 0) {
        return syc_scan_fail(s, "a name is expected");
    }
    if (++l->written > WRITTEN_MAX) {
        s->p = *text;
        return syc_scan_fail(s, "more than 50000 names");
    }
    return SYC_OK;
}

/* A class that a classes line has named; any, once such a line could not be read. */
static enum syc_status
check_class(struct syc_loader *l, const char *text, size_t n)
{
    static const char *const none[] = {NULL};

    if (l->classes_lost || find_word(&l->classes, text, n) != NULL) {
        return SYC_OK;
    }
    l->scan.p = text;
    return syc_scan_fail_word(&l->scan, "no classes line names this class",
                              l->classes.count != 0 ? l->classes.items : none);
}

/* p0f steps over blanks and commas before each value of a list. */
static void
skip_to_value(struct syc_scan *s)
{
    while (s->p < s->end && (syc_load_blank(*s->p) || *s->p == ',')) {
        s->p++;
    }
}

static bool
another_value(const struct syc_scan *s)
{
    return s->p < s->end && *s->p == ',';
}

/* classes = name,name,... A second classes line adds to the first. */
enum syc_status
syc_load_classes(struct syc_loader *l)
{
    do {
        const char *text;
        const char *copy;
        size_t n;
        enum syc_status status;

        skip_to_value(&l->scan);
        status = scan_name(l, &text, &n);

        if (status == SYC_OK) {
            status = add_word(l, &l->classes, text, n, &copy);
        }
        if (status != SYC_OK) {
            l->classes_lost = true;
            return status;
        }
    } while (another_value(&l->scan));
    l->classes_lost |= l->scan.p != l->scan.end;
    return l->scan.p == l->scan.end ? SYC_OK : syc_scan_fail(&l->scan, "\",\" is expected");
}

/*
 * sys = Name,@class,...: the systems a tool runs on. p0f uses them to judge whether a User-Agent
 * lies; here they only have to be right, and their spelling counts for later labels. Wanted or not, well written or
 * not: from here on it is not missing.
 */
enum syc_status
syc_load_sys(struct syc_loader *l)
{
    if (!l->needs_sys) {
        return syc_scan_fail(&l->scan, "sys belongs after a label of class \"!\"");
    }
    l->needs_sys = false;
    do {
        const char *text;
        const char *kept;
        size_t n;
        enum syc_status status;
        bool class;

        skip_to_value(&l->scan);
        class = syc_scan_word(&l->scan, "@");
        status = scan_name(l, &text, &n);

        if (status == SYC_OK) {
            status = class ? check_class(l, text, n) : first_spelling(l, text, n, &kept);
        }
        if (status != SYC_OK) {
            return status;
        }
    } while (another_value(&l->scan));
    return l->scan.p == l->scan.end ? SYC_OK : syc_scan_fail(&l->scan, "\",\" is expected");
}

/* "s:" or "g:", then the class and its colon. */
static enum syc_status
label_class(struct syc_loader *l)
{
    struct syc_scan *s = &l->scan;
    const char *text;
    size_t n;
    enum syc_status status;

    l->next.generic = syc_scan_word(s, "g:");
    if (!l->next.generic && !syc_scan_word(s, "s:")) {
        return syc_scan_fail(s, "a label begins with s: or g:, such as s:unix:Linux:6.x");
    }
    l->next.app = syc_scan_word(s, "!:");
    if (l->next.app) {
        return SYC_OK;
    }
    status = scan_name(l, &text, &n);
    if (status == SYC_OK) {
        status = check_class(l, text, n);
    }
    if (status == SYC_OK && !syc_scan_word(s, ":")) {
        return syc_scan_fail(s, "\":\" is expected, as in s:unix:Linux:6.x");
    }
    return status;
}

/* The name and its colon; the rest of the line is the flavor. */
static enum syc_status
label_name(struct syc_loader *l)
{
    const char *text;
    size_t n;
    enum syc_status status = scan_name(l, &text, &n);

    if (status == SYC_OK && !syc_scan_word(&l->scan, ":")) {
        status =
            syc_scan_fail(&l->scan, "a name is letters, digits, blanks and ./-_!?(), then \":\"");
    }
    return status == SYC_OK ? first_spelling(l, text, n, &l->next.os) : status;
}

/*
 * s|g : class : name : flavor. The flavor is all the rest, further colons and trailing blanks
 * included.
 */
enum syc_status
syc_load_label(struct syc_loader *l)
{
    struct syc_scan *s = &l->scan;
    struct syc_arena *arena = &l->set->arena;
    const char *whole = s->p;
    enum syc_status status = label_class(l);

    if (status == SYC_OK) {
        status = label_name(l);
    }
    if (status != SYC_OK) {
        return status;
    }
    l->next.flavor = NULL;
    l->next.label = syc_arena_text(arena, whole, (size_t)(s->end - whole));
    if (s->p < s->end) {
        l->next.flavor = syc_arena_text(arena, s->p, (size_t)(s->end - s->p));
    }
    if (l->next.label == NULL || (s->p < s->end && l->next.flavor == NULL)) {
        return syc_load_no_memory(l);
    }
    l->next.family = l->next.app ? "tool" : syc_os_family(l->next.os);
    l->needs_sys = l->next.app;
    return SYC_OK;
}
