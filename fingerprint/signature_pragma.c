#include "fingerprint/signature_load.h"

#include <string.h>

/*
 * ";@ key=value ...", a comment to p0f. Below a sig it says where the sig is from; before the first section
 * ";@ matching=syncopate" says by whose rules the file is to be matched.
 */

#define COUNT(a) (sizeof(a) / sizeof *(a))

/*
 * Where a pragma's value goes, or NULL for an unknown key: a misspelt key would otherwise be lost silently. The order
 * is that of the words below.
 */
static const char *const keys[] = {"family", "date", "source", "conf", "note", NULL};

static const char **
pragma_target(struct syc_pragmas *it, const char *key, size_t n)
{
    const char **const targets[] = {&it->family, &it->date, &it->source, &it->conf, &it->note};

    for (size_t i = 0; i < COUNT(targets); i++) {
        if (strlen(keys[i]) == n && memcmp(keys[i], key, n) == 0) {
            return targets[i];
        }
    }
    return NULL;
}

/* word or "any text without a quotation mark" */
static enum syc_status
pragma_value(struct syc_loader *l, const char **text, size_t *n)
{
    struct syc_scan *s = &l->scan;
    const bool quoted = syc_scan_word(s, "\"");

    *text = s->p;
    while (s->p < s->end && *s->p != '"' && (quoted || !syc_load_blank(*s->p))) {
        s->p++;
    }
    *n = (size_t)(s->p - *text);
    if (quoted && !syc_scan_word(s, "\"")) {
        return syc_scan_fail(s, "the quoted value does not end");
    }
    if (*n == 0 || (s->p < s->end && !syc_load_blank(*s->p))) {
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
read_pair(struct syc_loader *l)
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
    target = pragma_target(l->pragmas, key, (size_t)(s->p - key));
    if (target == NULL) {
        s->p = key;
        return syc_scan_fail_word(s, "keys are family, date, source, conf and note", keys);
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
        status = *target != NULL ? SYC_OK : syc_load_no_memory(l);
    }
    return status;
}

/* Before the first section. p0f would refuse what it allows in sigs, so a file says it for all of its lines. */
static enum syc_status
read_matching(struct syc_loader *l)
{
    struct syc_scan *s = &l->scan;

    if (!syc_scan_word(s, "matching=")) {
        return syc_scan_fail(s, "a pragma needs a sig before it, or is matching=syncopate");
    }
    if (syc_scan_word(s, "syncopate") && s->p == s->end) {
        l->native = true;
        l->next.native = true;
        return SYC_OK;
    }
    return syc_scan_fail(s, "matching=syncopate is expected");
}

/* In sections that are passed over ";@" is a comment like any other. */
enum syc_status
syc_load_pragma(struct syc_loader *l)
{
    enum syc_status status = SYC_OK;

    if (l->section == SYC_SECTION_PASSED || l->section == SYC_SECTION_LOST) {
        return SYC_OK;
    }
    while (l->scan.end > l->scan.p && syc_load_blank(l->scan.end[-1])) {
        l->scan.end--;
    }
    if (l->pragmas == NULL && l->section != SYC_SECTION_NONE) {
        return syc_scan_fail(&l->scan, "a pragma needs a sig before it");
    }
    syc_load_skip_blanks(&l->scan);
    if (l->pragmas == NULL) {
        return read_matching(l);
    }
    while (l->scan.p < l->scan.end && status == SYC_OK) {
        status = read_pair(l);
        syc_load_skip_blanks(&l->scan);
    }
    return status;
}
