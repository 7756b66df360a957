#include "fingerprint/signature_int.h"

#include <string.h>
#include <strings.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/*
 * The p0f.fp file, line by line (reference/fingerprints 2.1.10):
 *
 *   classes = win,unix,other          which classes labels may name
 *   [tcp:request]                     SYN; [tcp:response] SYN+ACK; [mtu], [http:*] passed over
 *   label = s:unix:Linux:4.19+        s|g : class : name : flavor
 *   sys   = Linux,@unix               after a label of class "!" only
 *   sig   = *:64:0:*:...              belongs to the label before it
 *   ;@ date=2026-11 source="..."      belongs to the sig before it; ours, a comment to p0f
 *
 * What may come when:
 *
 *   line      needs                                   leaves
 *   classes   no section yet                          names for label and sys
 *   [...]     nothing                                 no label, no sys wanted
 *   label     a tcp section                           a label; sys wanted if its class is "!"
 *   sys       sys wanted                              no sys wanted
 *   sig       a label and no sys wanted               a signature; a pragma may follow
 *   ;@        a sig, and only comments since          the same
 *
 * The first fault ends the load: half a signature file would give wrong labels, and a missing
 * label is seen sooner than a wrong one. The set is then cut back to what it was; its texts stay
 * in the arena, unused, until the set goes.
 */

/* PASSED: sections whose lines other parts of p0f read. */
enum section { SECTION_NONE, SECTION_PASSED, SECTION_REQUEST, SECTION_RESPONSE };

/*
 * Names in the order they came; borrowed from the arena, the array itself lives as long as the
 * load.
 */
struct words {
    const char **items;
    size_t count;
    size_t room;
};

/* The state of one load; `next` is a template that label and section lines fill and each sig line copies. */
struct loader {
    struct syc_signatures *set;
    struct syc_scan scan;
    const char *rest; /* text after the line in scan */
    const char *end;
    bool native;
    bool has_label;
    bool needs_sys;
    bool sig_open; /* a pragma may follow */
    enum section section;
    struct syc_signature next; /* what the next sig inherits: label, db, direction */
    struct words classes;
    struct words names;
};

/* p0f's isblank(): a carriage return is none, next_line() takes it off. */
static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void
skip_blanks(struct syc_scan *s)
{
    while (s->p < s->end && is_blank(*s->p)) {
        s->p++;
    }
}

/* Says so without a place: the line is not at fault. */
static enum syc_status
no_memory(struct loader *l)
{
    return syc_error_set(l->scan.err, SYC_NO_MEMORY, "out of memory for signatures");
}

/*
 * Linear: files hold a few hundred names, and the 10,000 that are allowed still load in a second.
 */
static const char *
find_word(const struct words *w, const char *text, size_t n)
{
    for (size_t i = 0; i < w->count; i++) {
        if (strncasecmp(w->items[i], text, n) == 0 && w->items[i][n] == '\0') {
            return w->items[i];
        }
    }
    return NULL;
}

/* The limit bounds what a hostile file can make find_word() compare: 10,000 names, each against 10,000. */
static enum syc_status
add_word(struct loader *l, struct words *w, const char *text, size_t n, const char **out)
{
    if (w->count == SYC_SIGNATURES_MAX) {
        return syc_scan_fail(&l->scan, "too many names");
    }
    if (w->count == w->room) {
        size_t room = w->room == 0 ? 16 : w->room * 2;
        const char **items = syc_resize(w->items, room, sizeof *items);

        if (items == NULL) {
            return no_memory(l);
        }
        w->items = items;
        w->room = room;
    }
    *out = syc_arena_text(&l->set->arena, text, n);
    if (*out == NULL) {
        return no_memory(l);
    }
    w->items[w->count++] = *out;
    return SYC_OK;
}

/* The spelling that came first in the file, sys lists included, is the one shown. */
static enum syc_status
first_spelling(struct loader *l, const char *text, size_t n, const char **out)
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
scan_name(struct loader *l, const char **text, size_t *n)
{
    struct syc_scan *s = &l->scan;

    *text = s->p;
    while (s->p < s->end && is_name_character(*s->p)) {
        s->p++;
    }
    *n = (size_t)(s->p - *text);
    return *n != 0 ? SYC_OK : syc_scan_fail(s, "a name is expected");
}

/* classes = name,name,... A second classes line adds to the first. */
static enum syc_status
read_classes(struct loader *l)
{
    do {
        const char *text;
        const char *copy;
        size_t n;
        enum syc_status status = scan_name(l, &text, &n);

        if (status == SYC_OK) {
            status = add_word(l, &l->classes, text, n, &copy);
        }
        if (status != SYC_OK) {
            return status;
        }
    } while (syc_scan_word(&l->scan, ","));
    return l->scan.p == l->scan.end ? SYC_OK : syc_scan_fail(&l->scan, "\",\" is expected");
}

/*
 * sys = Name,@class,...: the systems a tool runs on. p0f uses them to judge whether a User-Agent
 * lies; here they only have to be right, and their spelling counts for later labels.
 */
static enum syc_status
read_sys(struct loader *l)
{
    if (!l->needs_sys) {
        return syc_scan_fail(&l->scan, "sys belongs after a label of class \"!\"");
    }
    do {
        const bool class = syc_scan_word(&l->scan, "@");
        const char *text;
        const char *kept;
        size_t n;
        enum syc_status status = scan_name(l, &text, &n);

        if (status == SYC_OK && !class) {
            status = first_spelling(l, text, n, &kept);
        } else if (status == SYC_OK && find_word(&l->classes, text, n) == NULL) {
            l->scan.p = text;
            status = syc_scan_fail(&l->scan, "no such class");
        }
        if (status != SYC_OK) {
            return status;
        }
    } while (syc_scan_word(&l->scan, ","));
    l->needs_sys = false;
    return l->scan.p == l->scan.end ? SYC_OK : syc_scan_fail(&l->scan, "\",\" is expected");
}

/* "s:" or "g:", then the class and its colon. */
static enum syc_status
label_class(struct loader *l)
{
    struct syc_scan *s = &l->scan;
    const char *text;
    size_t n;
    enum syc_status status;

    l->next.generic = syc_scan_word(s, "g:");
    if (!l->next.generic && !syc_scan_word(s, "s:")) {
        return syc_scan_fail(s, "a label begins with s: or g:");
    }
    l->next.app = syc_scan_word(s, "!:");
    if (l->next.app) {
        return SYC_OK;
    }
    status = scan_name(l, &text, &n);
    if (status == SYC_OK && find_word(&l->classes, text, n) == NULL) {
        s->p = text;
        return syc_scan_fail(s, "no such class");
    }
    if (status == SYC_OK && !syc_scan_word(s, ":")) {
        return syc_scan_fail(s, "\":\" is expected");
    }
    return status;
}

/*
 * s|g : class : name : flavor. The flavor is all the rest, further colons and trailing blanks
 * included.
 */
static enum syc_status
read_label(struct loader *l)
{
    struct syc_scan *s = &l->scan;
    struct syc_arena *arena = &l->set->arena;
    const char *whole = s->p;
    const char *text;
    size_t n;
    enum syc_status status = label_class(l);

    if (status == SYC_OK) {
        status = scan_name(l, &text, &n);
    }
    if (status == SYC_OK && !syc_scan_word(s, ":")) {
        status = syc_scan_fail(s, "\":\" is expected");
    }
    if (status == SYC_OK) {
        status = first_spelling(l, text, n, &l->next.os);
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
        return no_memory(l);
    }
    l->next.family = l->next.app ? "tool" : syc_os_family(l->next.os);
    l->has_label = true;
    l->needs_sys = l->next.app;
    return SYC_OK;
}

/*
 * Options 30 and 34 are taken out of what a native signature is compared with, so a native signature that asks
 * for one could never match: better said at once. A pragma may follow from here until another line that is no
 * comment.
 */
static enum syc_status
read_sig(struct loader *l)
{
    enum syc_status status;

    if (!l->has_label) {
        return syc_scan_fail(&l->scan, "a sig needs a label before it");
    }
    if (l->needs_sys) {
        return syc_scan_fail(&l->scan, "a label of class \"!\" needs sys before its first sig");
    }
    status =
        syc_sig_parse(&l->scan, l->native ? SYC_DIALECT_NATIVE : SYC_DIALECT_P0F, &l->next.sig);
    if (status != SYC_OK) {
        return status;
    }
    if (l->native && syc_sig_strip(&l->next.sig)) {
        return syc_scan_fail(&l->scan, "native signatures are without options 30 and 34");
    }
    l->next.line = l->scan.line_number;
    status = syc_signatures_add(l->set, &l->next);
    if (status == SYC_LIMIT) {
        return syc_error_set(l->scan.err, SYC_LIMIT, "more than %d signatures", SYC_SIGNATURES_MAX);
    }
    l->sig_open = status == SYC_OK;
    return status == SYC_OK ? SYC_OK : no_memory(l);
}

/* A label does not reach into the next section: directions have labels of their own. */
static enum syc_status
read_section(struct loader *l)
{
    static const struct {
        const char *word;
        enum section section;
    } sections[] = {
        {"[tcp:request]", SECTION_REQUEST},  {"[tcp:response]", SECTION_RESPONSE},
        {"[mtu]", SECTION_PASSED},           {"[http:request]", SECTION_PASSED},
        {"[http:response]", SECTION_PASSED},
    };

    l->has_label = false;
    l->needs_sys = false;
    for (size_t i = 0; i < COUNT(sections); i++) {
        if (syc_scan_word(&l->scan, sections[i].word)) {
            l->section = sections[i].section;
            l->next.response = l->section == SECTION_RESPONSE;
            skip_blanks(&l->scan);
            return l->scan.p == l->scan.end ? SYC_OK
                                            : syc_scan_fail(&l->scan, "nothing may follow");
        }
    }
    return syc_scan_fail(&l->scan, "no such section");
}

/* Where a pragma's value goes, or NULL for an unknown key: a misspelt key would otherwise be lost silently. */
static const char **
pragma_target(struct syc_signature *it, const char *key, size_t n)
{
    const struct {
        const char *word;
        const char **target;
    } keys[] = {
        {"family", &it->family}, {"date", &it->date}, {"source", &it->source},
        {"conf", &it->conf},     {"note", &it->note},
    };

    for (size_t i = 0; i < COUNT(keys); i++) {
        if (strlen(keys[i].word) == n && memcmp(keys[i].word, key, n) == 0) {
            return keys[i].target;
        }
    }
    return NULL;
}

/* word or "any text without a quotation mark" */
static enum syc_status
pragma_value(struct loader *l, const char **text, size_t *n)
{
    struct syc_scan *s = &l->scan;
    const bool quoted = syc_scan_word(s, "\"");

    *text = s->p;
    while (s->p < s->end && *s->p != '"' && (quoted || !is_blank(*s->p))) {
        s->p++;
    }
    *n = (size_t)(s->p - *text);
    if (quoted && !syc_scan_word(s, "\"")) {
        return syc_scan_fail(s, "the quoted value does not end");
    }
    if (*n == 0 || (s->p < s->end && !is_blank(*s->p))) {
        return syc_scan_fail(s, "a value is expected: word or \"text\"");
    }
    return SYC_OK;
}

/* 2026, 2026-11 or 2026-11-25 */
static bool
is_date(const char *text, size_t n)
{
    static const char form[] = "0000-00-00";

    if (n != 4 && n != 7 && n != 10) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';

        if (form[i] == '0' ? !digit : text[i] != '-') {
            return false;
        }
    }
    return true;
}

/* key=value; of the known keys only `date` begins with a d. */
static enum syc_status
read_pragma_pair(struct loader *l)
{
    struct syc_scan *s = &l->scan;
    const char *key = s->p;
    const char *text;
    const char **target;
    size_t n;
    enum syc_status status;

    while (s->p < s->end && *s->p >= 'a' && *s->p <= 'z') {
        s->p++;
    }
    target = pragma_target(&l->set->items[l->set->count - 1], key, (size_t)(s->p - key));
    if (target == NULL) {
        s->p = key;
        return syc_scan_fail(s, "keys are family, date, source, conf and note");
    }
    if (!syc_scan_word(s, "=")) {
        return syc_scan_fail(s, "\"=\" is expected");
    }
    status = pragma_value(l, &text, &n);
    if (status == SYC_OK && key[0] == 'd' && !is_date(text, n)) {
        s->p = text;
        return syc_scan_fail(s, "a date is YYYY, YYYY-MM or YYYY-MM-DD");
    }
    if (status == SYC_OK) {
        *target = syc_arena_text(&l->set->arena, text, n);
        status = *target != NULL ? SYC_OK : no_memory(l);
    }
    return status;
}

/* In sections that are passed over ";@" is a comment like any other. */
static enum syc_status
read_pragma(struct loader *l)
{
    enum syc_status status = SYC_OK;

    if (l->section == SECTION_PASSED) {
        return SYC_OK;
    }
    if (!l->sig_open) {
        return syc_scan_fail(&l->scan, "a pragma needs a sig before it");
    }
    skip_blanks(&l->scan);
    while (l->scan.p < l->scan.end && status == SYC_OK) {
        status = read_pragma_pair(l);
        skip_blanks(&l->scan);
    }
    return status;
}

/* name = value */
static enum syc_status
read_parameter(struct loader *l)
{
    static const struct {
        const char *word;
        bool in_section;
        bool verbatim; /* trailing blanks belong to the value */
        enum syc_status (*read)(struct loader *l);
    } parameters[] = {
        {"classes", false, false, read_classes},
        {"label", true, true, read_label},
        {"sys", true, false, read_sys},
        {"sig", true, false, read_sig},
    };
    struct syc_scan *s = &l->scan;
    const char *start = s->p;

    for (size_t i = 0; i < COUNT(parameters); i++) {
        if (!syc_scan_word(s, parameters[i].word)) {
            continue;
        }
        skip_blanks(s);
        if (!syc_scan_word(s, "=")) {
            return syc_scan_fail(s, "\"=\" is expected");
        }
        if (parameters[i].in_section != (l->section != SECTION_NONE)) {
            s->p = start;
            return syc_scan_fail(s, l->section == SECTION_NONE ? "no section yet"
                                                               : "misplaced in a section");
        }
        skip_blanks(s);
        while (!parameters[i].verbatim && s->end > s->p && is_blank(s->end[-1])) {
            s->end--;
        }
        return parameters[i].read(l);
    }
    return syc_scan_fail(s, "classes, label, sys or sig is expected");
}

/*
 * Blank, comment, pragma, section or parameter. Any line but a comment ends the reach of a pragma.
 */
static enum syc_status
read_line(struct loader *l)
{
    struct syc_scan *s = &l->scan;

    skip_blanks(s);
    if (s->p == s->end) {
        return SYC_OK;
    }
    if (syc_scan_word(s, ";@")) {
        return read_pragma(l);
    }
    if (*s->p == ';') {
        return SYC_OK;
    }
    l->sig_open = false;
    if (*s->p == '[') {
        return read_section(l);
    }
    return l->section == SECTION_PASSED ? SYC_OK : read_parameter(l);
}

/*
 * The next line without its end ("\n" or "\r\n") into l->scan. rest moves on with each, past the
 * newline or to the end, so the text ends.
 */
static void
next_line(struct loader *l)
{
    const size_t left = (size_t)(l->end - l->rest);
    const char *newline = left != 0 ? memchr(l->rest, '\n', left) : NULL;
    const char *end = newline != NULL ? newline : l->end;

    l->scan.line = l->rest;
    l->scan.p = l->rest;
    l->scan.end = end > l->rest && end[-1] == '\r' ? end - 1 : end;
    l->scan.line_number++;
    l->rest = newline != NULL ? newline + 1 : l->end;
}

/*
 * The chains are made once, after all lines. db is the name without folders: it is printed with
 * matches, and a user's folders are nobody's business.
 */
static enum syc_status
read_all(struct loader *l)
{
    const char *slash = strrchr(l->scan.name, '/');
    const char *base = slash != NULL ? slash + 1 : l->scan.name;
    enum syc_status status = SYC_OK;

    l->next.native = l->native;
    l->next.db = syc_arena_text(&l->set->arena, base, strlen(base));
    if (l->next.db == NULL) {
        return no_memory(l);
    }
    while (l->rest < l->end && status == SYC_OK) {
        next_line(l);
        status = read_line(l);
    }
    if (status == SYC_OK && syc_signatures_index(l->set) != SYC_OK) {
        return no_memory(l);
    }
    return status;
}

enum syc_status
syc_signatures_parse(struct syc_signatures *set, const char *name, const char *text, size_t n,
                     bool native, struct syc_error *err)
{
    struct loader l = {.set = set, .native = native, .rest = text, .end = text + n};
    const size_t before = set->count;
    enum syc_status status;

    l.scan.name = name;
    l.scan.err = err;
    status = read_all(&l);
    if (status != SYC_OK) {
        set->count = before; /* chains never reach past the signatures they were made of */
    }
    syc_free(l.classes.items);
    syc_free(l.names.items);
    return status;
}
