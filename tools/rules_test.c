/* rules test: the cases that stand beside rules, each a line of TAP. */

#include "tools/tools.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CASES_MAX = 1 << 20, FOLDERS_MAX = 8 };

struct counts {
    const struct syc_options *options;
    const char *file;
    size_t passed, failed;
};

/* Who hears the verdicts of the capture that is run. */
struct play {
    void (*hear)(void *to, const struct syc_verdict *v);
    void *to;
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

    printf("%s %zu - ", r->wrong == NULL ? "ok" : "not ok", number);
    syc_print_text(r->rule);
    printf(": ");
    syc_print_text(r->name);
    if (r->wrong == NULL) {
        c->passed++;
    } else {
        c->failed++;
        printf("\n# ");
        syc_print_text(c->file);
        printf(":%u: ", r->line);
        syc_print_text(r->wrong);
    }
    putchar('\n');
}

static void
on_verdict(void *user, const struct syc_verdict *v)
{
    const struct play *p = user;

    p->hear(p->to, v);
}

/* Names are those of the folder that the cases are in: a test says the same wherever it is started. */
static enum syc_status
find_beside(const char *file, const char *name, char out[PATH_MAX], struct syc_error *err)
{
    const char *slash = name[0] == '/' ? NULL : strrchr(file, '/');
    int folder = slash != NULL ? (int)(slash - file) + 1 : 0;

    return snprintf(out, PATH_MAX, "%.*s%s", folder, file, name) < PATH_MAX
               ? SYC_OK
               : syc_error_set(err, SYC_LIMIT, "the name is too long");
}

/* An engine for each case, since connections would continue from one capture to the next. */
static enum syc_status
play(void *user, const char *name, void (*hear)(void *to, const struct syc_verdict *v), void *to,
     struct syc_error *err)
{
    const struct counts *c = user;
    struct play p = {hear, to};
    struct syc_output output;
    struct syc_engine *e = NULL;
    const struct syc_engine_config config = {.output = &output,
                                             .rules = c->options->rules.items,
                                             .rule_count = c->options->rules.count,
                                             .verdict = on_verdict,
                                             .user = &p};
    struct syc_judge_counts read = {0};
    char path[PATH_MAX];
    enum syc_status status = find_beside(c->file, name, path, err);

    if (status != SYC_OK) {
        return status;
    }
    status = syc_output_init(&output, STDOUT_FILENO);
    if (status != SYC_OK) {
        return status;
    }
    status = syc_engine_new(&e, &config, err);
    if (status == SYC_OK) {
        status = syc_rules_take_in(e, path, &read, err);
    }
    if (status == SYC_OK && read.bad_lines > 0) {
        status = syc_error_set(err, SYC_SYNTAX, "%llu damaged lines",
                               (unsigned long long)read.bad_lines);
    }
    if (status == SYC_OK) {
        status = syc_engine_finish(e);
    }
    (void)syc_output_fini(&output);
    syc_engine_free(e);
    return status;
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

/* 0, or the exit status after a message: no file of cases, or it names what is not there or not readable. */
static int
run_file(const struct syc_ruleset *set, const char *path, char *buffer, struct counts *counts)
{
    const struct syc_case_runner runner = {on_case, play, counts};
    const size_t before = counts->passed + counts->failed;
    struct syc_error err = {0};
    ssize_t n = read_file(path, buffer);
    enum syc_status status;

    counts->file = path;
    if (n < 0) {
        syc_say("%s: cannot be read", path);
        return EXIT_USAGE;
    }
    status = syc_ruleset_test(set, path, buffer, (size_t)n, &runner, &err);
    if (status == SYC_NO_MEMORY) {
        syc_say("out of memory");
        return EXIT_OUTPUT;
    }
    if (status != SYC_OK) {
        syc_say("%s:%u:%u: %s", path, err.line, err.column, err.text);
        return status == SYC_IO ? EXIT_INPUT : EXIT_USAGE;
    }
    if (counts->passed + counts->failed == before) {
        syc_say("%s: no case in it", path);
        return EXIT_USAGE;
    }
    return 0;
}

/* All files, whatever is wrong with one; the first status that is not 0. */
static int
run_all(const struct syc_ruleset *set, const struct syc_paths *files, struct counts *counts)
{
    char *buffer = syc_alloc(1, CASES_MAX);
    int status = buffer != NULL ? 0 : EXIT_OUTPUT;

    for (size_t i = 0; i < files->count && buffer != NULL; i++) {
        int one = run_file(set, files->items[i], buffer, counts);

        status = status != 0 ? status : one;
    }
    syc_free(buffer);
    return status;
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
    struct counts counts = {.options = o};
    int status = EXIT_USAGE;

    if (syc_engine_load_rules(&set, o->rules.items, o->rules.count, NULL, &err) != SYC_OK) {
        syc_say_error(&err);
    } else if (syc_ruleset_refused(set) > 0) {
        syc_say_problems(STDERR_FILENO, set, !o->quiet);
    } else if (list_files(paths, count, &files) && (status = run_all(set, &files, &counts)) == 0) {
        printf("1..%zu\n# %zu passed, %zu failed\n", counts.passed + counts.failed, counts.passed,
               counts.failed);
        status = counts.failed > 0 ? EXIT_REACHED : 0;
    }
    syc_paths_fini(&files);
    syc_ruleset_free(set);
    return syc_flushed(status, true);
}
