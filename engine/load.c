/*
 * Knowledge from files: rules and signatures, shipped or the user's. Judgement of their text is
 * rules/' and fingerprint/'.
 *
 * All or nothing: a run begins with everything that was asked for, or not at all. A run that
 * silently judged by half of its rules would call the other half's findings absent.
 */

#include "engine/engine_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    RULE_FILE_MAX = 1 << 20,       /* rules.h */
    SIGNATURE_FILE_MAX = 16 << 20, /* p0f.fp is 30 kB; 10,000 signatures of 1 kB are 10 MB */
    RULE_FOLDERS = 8,              /* SigmaHQ's tree is 4 deep */
};

/* Folded here so that every caller knows the same categories; static because rule sets borrow it. */
static const struct syc_schema *const schemas[] = {&syc_source_schema};

/* A file's text, not zero-terminated; p is NULL for an empty one. */
struct text {
    char *p;
    size_t n;
};

/*
 * Octets until the end, at most limit. By reading and not by the file's size: rules may come
 * through a pipe, and a size may change between asking and reading. The limit is looked at after
 * each read, so at most twice of it is ever held.
 */
static enum syc_status
read_all(int fd, size_t limit, struct text *out, struct syc_error *err)
{
    size_t room = 0;

    for (;;) {
        ssize_t got;
        if (out->n == room) {
            size_t more = room == 0 ? 65536 : room * 2;
            char *p = syc_resize(out->p, more, 1);
            if (p == NULL) {
                return syc_error_set(err, SYC_NO_MEMORY, "out of memory");
            }
            out->p = p;
            room = more;
        }
        got = read(fd, out->p + out->n, room - out->n);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return syc_error_set(err, SYC_IO, "cannot be read: %s", strerror(errno));
        }
        if (got == 0) {
            return SYC_OK;
        }
        out->n += (size_t)got;
        if (out->n > limit) {
            return syc_error_set(err, SYC_LIMIT, "larger than %zu octets", limit);
        }
    }
}

/* The whole text of a file; out->p is the caller's to free, also after a failure. */
static enum syc_status
read_text(const char *path, size_t limit, struct text *out, struct syc_error *err)
{
    enum syc_status status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    *out = (struct text){0};
    syc_error_at(err, path, 0, 0);
    if (fd < 0) {
        return syc_error_set(err, SYC_IO, "cannot be opened: %s", strerror(errno));
    }
    status = read_all(fd, limit, out, err);
    close(fd);
    return status;
}

/* By octets and case: file names have no other meaning here. */
static bool
ends_in(const char *path, const char *end)
{
    size_t n = strlen(path);
    size_t m = strlen(end);

    return n >= m && strcmp(path + n - m, end) == 0;
}

/* Sigma's own suffixes; NAME.test.yml holds cases of a rule. */
static bool
is_rule_file(const char *path)
{
    return (ends_in(path, ".yml") || ends_in(path, ".yaml")) && !ends_in(path, ".test.yml");
}

/* A refused document is no failure here: it is a finding in the set, and the others load. */
static enum syc_status
parse_rule_files(struct syc_ruleset *set, const struct syc_paths *list, struct syc_error *err)
{
    enum syc_status status = SYC_OK;

    for (size_t i = 0; status == SYC_OK && i < list->count; i++) {
        struct text text;
        status = read_text(list->items[i], RULE_FILE_MAX, &text, err);
        if (status == SYC_OK) {
            status = syc_ruleset_parse(set, list->items[i], text.p, text.n);
            if (status != SYC_OK) {
                syc_error_set(err, status, "%s", syc_status_text(status));
            }
        }
        syc_free(text.p);
    }
    return status;
}

/*
 * A folder without a single rule file is an error: a run that silently judges by no rules finds nothing, and that
 * looks like a clean bill.
 */
static enum syc_status
parse_user_rules(struct syc_ruleset *set, const char *const *paths, size_t count, size_t *files,
                 struct syc_error *err)
{
    struct syc_paths list = {0};
    enum syc_status status = SYC_OK;

    for (size_t i = 0; status == SYC_OK && i < count; i++) {
        size_t before = list.count;
        status = syc_paths_list(&list, paths[i], RULE_FOLDERS, is_rule_file, err);
        if (status == SYC_OK && list.count == before) {
            syc_error_at(err, paths[i], 0, 0);
            status = syc_error_set(err, SYC_NOT_FOUND, "no *.yml or *.yaml below this folder");
        }
    }
    if (status == SYC_OK) {
        status = parse_rule_files(set, &list, err);
    }
    *files = list.count;
    syc_paths_fini(&list);
    return status;
}

/* Built in, so that a run needs no file but the capture. */
static enum syc_status
parse_shipped_rules(struct syc_ruleset *set, size_t *files, struct syc_error *err)
{
    for (size_t i = 0; i < syc_shipped_rule_count; i++) {
        const struct syc_shipped *s = &syc_shipped_rules[i];
        enum syc_status status = syc_ruleset_parse(set, s->name, s->text, s->n);
        if (status != SYC_OK) {
            syc_error_at(err, s->name, 0, 0);
            return syc_error_set(err, status, "%s", syc_status_text(status));
        }
    }
    *files = syc_shipped_rule_count;
    return SYC_OK;
}

enum syc_status
syc_engine_load_rules(struct syc_ruleset **out, const char *const *paths, size_t count,
                      size_t *files, struct syc_error *err)
{
    struct syc_ruleset *set = syc_ruleset_new(schemas, sizeof(schemas) / sizeof(schemas[0]));
    enum syc_status status;
    size_t read = 0;

    *out = NULL;
    if (set == NULL) {
        return syc_error_set(err, SYC_NO_MEMORY, "out of memory while rules are loaded");
    }
    status = count == 0 ? parse_shipped_rules(set, &read, err)
                        : parse_user_rules(set, paths, count, &read, err);
    if (status == SYC_OK) {
        status = syc_ruleset_seal(set);
        if (status != SYC_OK) {
            syc_error_set(err, status, "rules: %s", syc_status_text(status));
        }
    }
    if (status != SYC_OK) {
        syc_ruleset_free(set);
        return status;
    }
    if (files != NULL) {
        *files = read;
    }
    *out = set;
    return SYC_OK;
}

/*
 * A file of the user's is matched as p0f itself would, so that p0f.fp means what its authors measured; one of our own
 * kind says so itself. A refused file is no failure here: its faults are remarks of the set.
 */
static enum syc_status
parse_user_signatures(struct syc_signatures *set, const char *path, struct syc_error *err)
{
    struct text text;
    enum syc_status status = read_text(path, SIGNATURE_FILE_MAX, &text, err);

    if (status == SYC_OK) {
        status = syc_signatures_parse(set, path, text.p, text.n, false, err);
    }
    syc_free(text.p);
    return status == SYC_SYNTAX ? SYC_OK : status;
}

/*
 * The user's files replace the shipped set; they are not mixed with it, so that what a match says
 * can be looked up in the file that was named.
 */
enum syc_status
syc_engine_load_signatures(struct syc_signatures **out, const char *const *paths, size_t count,
                           struct syc_error *err)
{
    struct syc_signatures *set = syc_signatures_new();
    enum syc_status status = SYC_OK;

    *out = NULL;
    if (set == NULL) {
        return syc_error_set(err, SYC_NO_MEMORY, "out of memory while signatures are loaded");
    }
    for (size_t i = 0; status == SYC_OK && i < count; i++) {
        status = parse_user_signatures(set, paths[i], err);
    }
    for (size_t i = 0; status == SYC_OK && count == 0 && i < syc_shipped_signature_count; i++) {
        const struct syc_shipped *s = &syc_shipped_signatures[i];
        status = syc_signatures_parse(set, s->name, s->text, s->n, true, err);
    }
    if (status != SYC_OK) {
        syc_signatures_free(set);
        return status;
    }
    *out = set;
    return SYC_OK;
}

enum syc_status
engine_load_signatures(struct syc_signatures **out, const char *const *paths, size_t count,
                       struct syc_error *err)
{
    const struct syc_remark *remarks;
    enum syc_status status = syc_engine_load_signatures(out, paths, count, err);
    size_t n = status == SYC_OK ? syc_signatures_remarks(*out, &remarks) : 0;

    for (size_t i = 0; i < n; i++) {
        if (remarks[i].level == SYC_REMARK_ERROR) {
            syc_error_at(err, remarks[i].file, remarks[i].line, remarks[i].column);
            status = syc_error_set(err, SYC_SYNTAX, "%s", remarks[i].text);
            syc_signatures_free(*out);
            *out = NULL;
            return status;
        }
    }
    return status;
}

void
engine_note_signatures(const struct syc_engine *e)
{
    const struct syc_remark *remarks;
    size_t n = syc_signatures_remarks(e->signatures, &remarks);
    char line[512];

    for (size_t i = 0; i < n && e->config.message != NULL; i++) {
        if (remarks[i].level == SYC_REMARK_NOTE) {
            snprintf(line, sizeof(line), "%s:%u: %s", remarks[i].file, remarks[i].line,
                     remarks[i].text);
            e->config.message(e->config.user, line);
        }
    }
}
