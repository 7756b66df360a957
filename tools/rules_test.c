/* rules test: the cases that stand beside rules, each a line of TAP. */

#include "tools/tools.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CASES_MAX = 1 << 20, FOLDERS_MAX = 8 };

struct counts {
    const char *file;
    size_t passed, failed;
};

static bool
is_case_file(const char *path)
{
    static const char end[] = ".test.yml";
    size_t n = strlen(path);

    return n >= sizeof(end) && strcmp(path + n - (sizeof(end) - 1), end) == 0;
}

static void
on_case(void *user, const struct syc_case_result *r)
{
    struct counts *c = user;
    size_t number = c->passed + c->failed + 1;

    if (r->wrong == NULL) {
        c->passed++;
        printf("ok %zu - %s: %s\n", number, r->rule, r->name);
    } else {
        c->failed++;
        printf("not ok %zu - %s: %s\n# %s:%u: %s\n", number, r->rule, r->name, c->file, r->line,
               r->wrong);
    }
}

/* A file's text into a buffer of CASES_MAX; -1 when it cannot be read, or is larger. */
static ssize_t
read_file(const char *path, char *buffer)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = 0, got = -1;

    while (fd >= 0 && n < CASES_MAX && (got = read(fd, buffer + n, CASES_MAX - (size_t)n)) > 0) {
        n += got;
    }
    if (fd >= 0) {
        close(fd);
    }
    return got == 0 ? n : -1;
}

/* False after a message: no file of cases, or it names what is not there. */
static bool
run_file(const struct syc_ruleset *set, const char *path, char *buffer, struct counts *counts)
{
    struct syc_error err = {0};
    ssize_t n = read_file(path, buffer);

    counts->file = path;
    if (n < 0) {
        syc_say("%s: cannot be read", path);
        return false;
    }
    if (syc_ruleset_test(set, path, buffer, (size_t)n, on_case, counts, &err) != SYC_OK) {
        syc_say("%s:%u:%u: %s", path, err.line, err.column, err.text);
        return false;
    }
    return true;
}

static bool
run_all(const struct syc_ruleset *set, const struct syc_paths *files, struct counts *counts)
{
    char *buffer = syc_alloc(1, CASES_MAX);
    bool good = buffer != NULL;

    for (size_t i = 0; i < files->count && buffer != NULL; i++) {
        good = run_file(set, files->items[i], buffer, counts) && good;
    }
    syc_free(buffer);
    return good;
}

/* Every path must lead to cases: a test of nothing would pass. */
static bool
list_files(const char *const *paths, size_t count, struct syc_paths *files)
{
    struct syc_error err = {0};
    bool good = count > 0;

    if (!good) {
        syc_say("rules test: which cases? a NAME.test.yml, or a folder of them");
    }
    for (size_t i = 0; i < count && good; i++) {
        size_t before = files->count;

        if (syc_paths_list(files, paths[i], FOLDERS_MAX, is_case_file, &err) != SYC_OK) {
            syc_say("%s: %s", paths[i], err.text);
            good = false;
        } else if (files->count == before) {
            syc_say("%s: no *.test.yml below this folder", paths[i]);
            good = false;
        }
    }
    return good;
}

int
syc_rules_test(const struct syc_options *o, const char *const *paths, size_t count)
{
    struct syc_error err = {0};
    struct syc_paths files = {0};
    struct syc_ruleset *set = NULL;
    struct counts counts = {0};
    int status = EXIT_USAGE;

    if (syc_engine_load_rules(&set, o->rules.items, o->rules.count, NULL, &err) != SYC_OK) {
        syc_say("%s%s%s", err.file, err.file[0] != 0 ? ": " : "", err.text);
    } else if (syc_ruleset_refused(set) > 0) {
        syc_say_problems(STDERR_FILENO, set, !o->quiet);
    } else if (list_files(paths, count, &files) && run_all(set, &files, &counts)) {
        printf("1..%zu\n# %zu passed, %zu failed\n", counts.passed + counts.failed, counts.passed,
               counts.failed);
        status = counts.failed > 0 ? EXIT_REACHED : 0;
    }
    syc_paths_fini(&files);
    syc_ruleset_free(set);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        syc_say("standard output: the results could not be written");
        return EXIT_OUTPUT;
    }
    return status;
}
