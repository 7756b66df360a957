#include "fingerprint/signature_load.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/*
 * The p0f.fp file, line by line (reference/fingerprints 2.1.10):
 *
 *   classes = win,unix,other          which classes labels may name
 *   ;@ matching=syncopate             matched as the shipped set; ours, a comment to p0f
 *   [tcp:request]                     SYN; [tcp:response] SYN+ACK; [http:*] passed over
 *   label = s:unix:Linux:4.19+        s|g : class : name : flavor
 *   sys   = Linux,@unix               after a label of class "!" only
 *   sig   = *:64:0:*:...              belongs to the label before it
 *   ;@ date=2026-11 source="..."      belongs to the sig before it; ours, a comment to p0f
 *   [mtu]
 *   label = Ethernet                  any text
 *   sig   = 1500
 *
 * What may come when:
 *
 *   line      needs                                   leaves
 *   classes   no section yet                          names for label and sys
 *   [...]     nothing                                 no label, no sys wanted
 *   label     a tcp or mtu section                    a label; sys wanted if its class is "!"
 *   sys       sys wanted                              no sys wanted
 *   sig       a label and no sys wanted               a signature or link; a pragma may follow
 *   ;@        a sig, and only comments since          the same
 *
 * All faults of a file are found, and with one of them nothing of the file is used: half a signature file would give
 * wrong labels, and a missing label is seen sooner than a wrong one. The set is then cut back to what it was; its texts
 * stay in the arena, unused, until the set goes.
 */

bool
syc_load_blank(char c)
{
    return c == ' ' || c == '\t';
}

void
syc_load_skip_blanks(struct syc_scan *s)
{
    while (s->p < s->end && syc_load_blank(*s->p)) {
        s->p++;
    }
}

enum syc_status
syc_load_no_memory(struct syc_loader *l)
{
    return syc_error_set(l->scan.err, SYC_NO_MEMORY, "out of memory for signatures");
}

enum syc_status
syc_load_remark(struct syc_loader *l, enum syc_remark_level level, unsigned line, unsigned column,
                const char *code, const char *text)
{
    const struct syc_remark it = {level, line, column, l->next.nth, l->file, code, text};

    return syc_signatures_add_remark(l->set, &it) == SYC_OK ? SYC_OK : syc_load_no_memory(l);
}

/* A label that nothing came below is mostly one whose sigs were commented out. */
static enum syc_status
end_label(struct syc_loader *l)
{
    const unsigned line = l->label_line;

    l->label_line = 0;
    return line == 0 ? SYC_OK
                     : syc_load_remark(l, SYC_REMARK_WARNING, line, 0, "unused",
                                       "no sig follows this label");
}

/* The value of a label line, by section. Wrong or not, it is the label of what follows. */
static enum syc_status
read_label(struct syc_loader *l)
{
    enum syc_status status = end_label(l);

    l->needs_sys = false;
    l->has_label = true;
    l->label_line = l->scan.line_number;
    if (status != SYC_OK || l->section == SYC_SECTION_TCP) {
        return status == SYC_OK ? syc_load_label(l) : status;
    }
    if (l->scan.p == l->scan.end) {
        return syc_scan_fail(&l->scan, "the name of a link is expected");
    }
    l->next.label = syc_arena_text(&l->set->arena, l->scan.p, (size_t)(l->scan.end - l->scan.p));
    return l->next.label != NULL ? SYC_OK : syc_load_no_memory(l);
}

/* An MTU: 0 is none; an MSS of 65535 over IPv6 makes the largest. */
static enum syc_status
read_link(struct syc_loader *l)
{
    struct syc_link_line it = {.line = l->scan.line_number,
                               .label = l->next.label,
                               .file = l->file,
                               .nth = l->next.nth};
    unsigned mtu;
    enum syc_status status = syc_scan_number(&l->scan, 1, 65535 + 60, &mtu);

    if (status != SYC_OK) {
        return status;
    }
    if (l->scan.p != l->scan.end) {
        return syc_scan_fail(&l->scan, "nothing may follow an MTU");
    }
    it.mtu = mtu;
    status = syc_signatures_add_link(l->set, &it);
    if (status == SYC_OK) {
        l->pragmas = &l->set->links[l->set->link_count - 1].pragmas;
    } else if (status == SYC_LIMIT) {
        return syc_error_set(l->scan.err, SYC_LIMIT, "more than %d links", SYC_LINKS_MAX);
    }
    return status == SYC_OK ? SYC_OK : syc_load_no_memory(l);
}

/* Options that set-aside matching takes out of a SYN: asking for one could never match, so better said at once. */
static enum syc_status
read_signature(struct syc_loader *l)
{
    const char *start = l->scan.p;
    enum syc_status status =
        syc_sig_parse(&l->scan, l->native ? SYC_DIALECT_NATIVE : SYC_DIALECT_P0F, &l->next.sig);

    if (status != SYC_OK) {
        return status;
    }
    if (l->native && syc_sig_strip(&l->next.sig) != 0) {
        l->scan.p = start;
        return syc_scan_fail(&l->scan, "matching=syncopate leaves out ?30, ?34 and runs of 10 to "
                                       "13 nop: write the sig without them");
    }
    l->next.line = l->scan.line_number;
    l->next.text = syc_arena_text(&l->set->arena, start, (size_t)(l->scan.end - start));
    status = l->next.text != NULL ? syc_signatures_add(l->set, &l->next) : SYC_NO_MEMORY;
    if (status == SYC_OK) {
        l->pragmas = &l->set->items[l->set->count - 1].pragmas;
    } else if (status == SYC_LIMIT) {
        return syc_error_set(l->scan.err, SYC_LIMIT, "more than %d signatures", SYC_SIGNATURES_MAX);
    }
    return status == SYC_OK ? SYC_OK : syc_load_no_memory(l);
}

/* A pragma may follow from here until another line that is no comment. */
static enum syc_status
read_sig(struct syc_loader *l)
{
    l->pragmas = &l->lost;
    l->label_line = 0;
    if (!l->has_label) {
        return syc_scan_fail(&l->scan, "a sig needs a label before it");
    }
    if (l->needs_sys) {
        l->needs_sys = false;
        return syc_scan_fail(&l->scan,
                             "a label of class \"!\" needs sys before its first sig: sys = @unix");
    }
    return l->section == SYC_SECTION_MTU ? read_link(l) : read_signature(l);
}

/* The value may not be followed by anything; ours is the first fault of the line. */
static enum syc_status
nothing_follows(struct syc_loader *l)
{
    syc_load_skip_blanks(&l->scan);
    return l->scan.p == l->scan.end ? SYC_OK : syc_scan_fail(&l->scan, "nothing may follow");
}

/* A label does not reach into the next section: directions have labels of their own. */
static enum syc_status
read_section(struct syc_loader *l)
{
    static const enum syc_section sections[] = {SYC_SECTION_TCP, SYC_SECTION_TCP, SYC_SECTION_MTU,
                                                SYC_SECTION_PASSED, SYC_SECTION_PASSED};
    static const char *const words[] = {"[tcp:request]",  "[tcp:response]",  "[mtu]",
                                        "[http:request]", "[http:response]", NULL};
    enum syc_status status = end_label(l);

    l->has_label = false;
    l->needs_sys = false;
    l->section = SYC_SECTION_LOST;
    for (size_t i = 0; status == SYC_OK && i < COUNT(sections); i++) {
        if (syc_scan_word(&l->scan, words[i])) {
            l->section = sections[i];
            l->next.response = i == 1;
            if (l->section == SYC_SECTION_PASSED && l->passed_line == 0) {
                l->passed_line = l->scan.line_number;
            }
            return nothing_follows(l);
        }
    }
    return status != SYC_OK ? status
                            : syc_scan_fail_word(&l->scan,
                                                 "sections are [tcp:request], [tcp:response], "
                                                 "[mtu] and p0f's two of http",
                                                 words);
}

/* name = value */
static enum syc_status
read_parameter(struct syc_loader *l)
{
    static const char *const words[] = {"classes", "label", "sys", "sig", NULL};
    static const struct {
        bool in_section;
        bool verbatim; /* trailing blanks belong to the value */
        enum syc_status (*read)(struct syc_loader *l);
    } parameters[] = {
        {false, false, syc_load_classes},
        {true, true, read_label},
        {true, false, syc_load_sys},
        {true, false, read_sig},
    };
    struct syc_scan *s = &l->scan;
    const char *start = s->p;

    for (size_t i = 0; i < COUNT(parameters); i++) {
        if (!syc_scan_word(s, words[i])) {
            continue;
        }
        syc_load_skip_blanks(s);
        if (!syc_scan_word(s, "=")) {
            return syc_scan_fail(s, "\"=\" is expected");
        }
        if (parameters[i].in_section != (l->section != SYC_SECTION_NONE)) {
            s->p = start;
            return syc_scan_fail(s, l->section == SYC_SECTION_NONE
                                        ? "no section yet: [tcp:request] is for SYNs"
                                        : "classes belong above the first section");
        }
        syc_load_skip_blanks(s);
        while (!parameters[i].verbatim && s->end > s->p && syc_load_blank(s->end[-1])) {
            s->end--;
        }
        return parameters[i].read(l);
    }
    return syc_scan_fail_word(s, "classes, label, sys or sig is expected", words);
}

/*
 * Blank, comment, pragma, section or parameter. Any line but a comment ends the reach of a pragma.
 */
static enum syc_status
read_line(struct syc_loader *l)
{
    struct syc_scan *s = &l->scan;

    syc_load_skip_blanks(s);
    if (s->p == s->end) {
        return SYC_OK;
    }
    if (syc_scan_word(s, ";@")) {
        return syc_load_pragma(l);
    }
    if (*s->p == ';') {
        return SYC_OK;
    }
    l->pragmas = NULL;
    if (*s->p == '[') {
        return read_section(l);
    }
    l->passed_lines += l->section == SYC_SECTION_PASSED;
    return l->section == SYC_SECTION_PASSED || l->section == SYC_SECTION_LOST ? SYC_OK
                                                                              : read_parameter(l);
}

/*
 * The next line without its end ("\n" or "\r\n") into l->scan. rest moves on with each, past the
 * newline or to the end, so the text ends.
 */
static void
next_line(struct syc_loader *l)
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

/* One line's fault becomes a remark, and the next line is read; any other failure ends the load. */
static enum syc_status
take_fault(struct syc_loader *l, enum syc_status status)
{
    const struct syc_error *err = l->scan.err;

    if (status != SYC_SYNTAX) {
        return status;
    }
    if (l->faults++ == 0) {
        l->first = *err;
    }
    return syc_load_remark(l, SYC_REMARK_ERROR, err->line, err->column, "syntax", err->text);
}

/* One line of information for all that p0f's HTTP side would have read. */
static enum syc_status
note_passed(struct syc_loader *l)
{
    char text[96];

    if (l->passed_line == 0) {
        return SYC_OK;
    }
    snprintf(text, sizeof text, "%zu line%s for HTTP passed over", l->passed_lines,
             l->passed_lines == 1 ? "" : "s");
    return syc_load_remark(l, SYC_REMARK_NOTE, l->passed_line, 0, "http", text);
}

/*
 * The chains are made once, after all lines. db is the name without folders: it is printed with
 * matches, and a user's folders are nobody's business.
 */
static enum syc_status
read_all(struct syc_loader *l)
{
    const char *slash = strrchr(l->scan.name, '/');
    const char *base = slash != NULL ? slash + 1 : l->scan.name;
    enum syc_status status = SYC_OK;

    l->next.native = l->native;
    l->file = syc_arena_text(&l->set->arena, l->scan.name, strlen(l->scan.name));
    l->next.file = l->file;
    l->next.nth = ++l->set->texts;
    l->next.db = syc_arena_text(&l->set->arena, base, strlen(base));
    if (l->next.db == NULL || l->file == NULL) {
        return syc_load_no_memory(l);
    }
    while (l->rest < l->end && status == SYC_OK) {
        next_line(l);
        status = take_fault(l, read_line(l));
    }
    if (status == SYC_OK) {
        status = end_label(l);
    }
    if (status == SYC_OK) {
        status = note_passed(l);
    }
    if (status == SYC_OK && l->faults == 0 && syc_signatures_index(l->set) != SYC_OK) {
        return syc_load_no_memory(l);
    }
    return status;
}

/*
 * Chains never reach past the signatures they were made of, so cutting back is enough. That a file has nothing to load is
 * told as p0f tells it: no SYN will have a label.
 */
static enum syc_status
end_load(struct syc_loader *l, enum syc_status status, size_t before, size_t links_before,
         struct syc_error *err)
{
    if (status == SYC_OK && l->faults == 0 && l->set->count == before &&
        l->set->link_count == links_before) {
        status = syc_load_remark(l, SYC_REMARK_NOTE, 1, 0, "empty", "no signature in this file");
    }
    if (status == SYC_OK && l->faults > 0) {
        status = SYC_SYNTAX;
        *l->scan.err = l->first;
    }
    if (status != SYC_OK) {
        l->set->count = before;
        l->set->link_count = links_before;
        if (err != NULL) {
            *err = *l->scan.err;
        }
    }
    return status;
}

enum syc_status
syc_signatures_parse(struct syc_signatures *set, const char *name, const char *text, size_t n,
                     bool native, struct syc_error *err)
{
    struct syc_error at = {SYC_OK, 0, 0, "", ""};
    struct syc_loader l = {.set = set,
                           .native = native,
                           .rest = text + syc_bom_length(text, n),
                           .end = text + n};
    const size_t before = set->count;
    const size_t links_before = set->link_count;
    const struct syc_hash_key so_far = {set->texts_sum, native};
    enum syc_status status;

    set->texts_sum = syc_hash(&so_far, text, n);
    syc_error_at(&at, name, 0, 0);
    l.scan.name = name;
    l.scan.err = &at;
    status = end_load(&l, read_all(&l), before, links_before, err);
    syc_free(l.classes.items);
    syc_free(l.names.items);
    return status;
}
