/*
 * Runs a fuzz target over inputs that are kept, without libFuzzer: any compiler, any sanitizer. Prints TAP, one check a
 * file; an input that fails ends the program, its name is the last thing said.
 *
 *   fuzz_TARGET FILE|FOLDER ...
 *
 * A file *.hex has one input a line, "NAME HEXDIGITS" (# begins a comment); any other file is one input.
 */

#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static unsigned checks;

static void
die(const char *path, const char *why)
{
    printf("not ok %u - %s: %s\n", checks + 1, path, why);
    exit(1);
}

static void
run_octets(const char *name, const uint8_t *p, size_t n)
{
    uint8_t *copy = fuzz_copy(p, n);

    fprintf(stderr, "# %s (%zu octets)\n", name, n);
    LLVMFuzzerTestOneInput(copy, n);
    fuzz_free(copy);
}

static int
digit(int c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != 0 ? strchr(digits, c) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

/* "NAME HEXDIGITS": in place, the octets over the digits. */
static void
run_line(const char *path, char *line)
{
    char *hex = strchr(line, ' ');
    size_t n = 0;

    if (hex == NULL) {
        die(path, "a line without a name and its octets");
    }
    *hex++ = '\0';
    for (; hex[2 * n] != '\0'; n++) {
        int high = digit(hex[2 * n]), low = digit(hex[2 * n + 1]);

        if (high < 0 || low < 0) {
            die(path, "not hexadecimal");
        }
        hex[n] = (char)(high << 4 | low);
    }
    run_octets(line, (const uint8_t *)hex, n);
}

static size_t
run_lines(const char *path, char *text)
{
    size_t count = 0;

    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (line[0] != '#') {
            run_line(path, line);
            count++;
        }
    }
    return count;
}

static void
run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    struct stat st;
    size_t length = strlen(path), count = 1;
    char *text;

    if (f == NULL || fstat(fileno(f), &st) != 0) {
        die(path, "cannot be read");
    }
    text = malloc((size_t)st.st_size + 1);
    if (text == NULL || fread(text, 1, (size_t)st.st_size, f) != (size_t)st.st_size) {
        die(path, "cannot be read");
    }
    fclose(f);
    text[st.st_size] = '\0';
    if (length > 4 && strcmp(path + length - 4, ".hex") == 0) {
        count = run_lines(path, text);
    } else {
        run_octets(path, (const uint8_t *)text, (size_t)st.st_size);
    }
    free(text);
    if (count == 0) {
        die(path, "no input in it");
    }
    printf("ok %u - %s: %zu inputs\n", ++checks, path, count);
}

static int
is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void
run_path(const char *path)
{
    struct dirent **entries;
    struct stat st;
    int count;

    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        run_file(path);
        return;
    }
    count = scandir(path, &entries, is_visible, alphasort);
    for (int i = 0; i < count; i++) {
        char name[1024];

        snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
        run_file(name);
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
}

int
main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        run_path(argv[i]);
    }
    run_octets("no octets", (const uint8_t *)"", 0);
    printf("ok %u - an empty input\n1..%u\n", checks + 1, checks + 1);
    return 0;
}
