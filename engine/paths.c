/*
 * Files below a folder in an order that does not depend on the file system: folders of rules,
 * folders of captures.
 *
 * No recursion: folders wait in a list, each with the levels left below it. That also ends loops of
 * symbolic links, which are followed; FILES_MAX bounds what a wrong path ("/") can cost.
 */

#include "engine/engine.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* As many as a rule set may have rules (rules.h), and fewer than a stream may have files (capture.h). */
enum { FILES_MAX = 10000, START_ROOM = 16 };

/* Folders still to be read: a queue instead of recursion, each with the number of levels left below it. */
struct folder {
    const char *path;
    unsigned depth;
    struct folder *next;
};

struct walk {
    struct syc_paths *list;
    bool (*accept)(const char *path);
    struct folder *todo;
    struct syc_error *err;
};

static enum syc_status
out_of_memory(struct syc_error *err)
{
    return syc_error_set(err, SYC_NO_MEMORY, "out of memory while files are listed");
}

/* The limit is that of one list, over all paths that were appended to it. */
static enum syc_status
add_file(struct walk *w, const char *path)
{
    struct syc_paths *list = w->list;

    if (list->count == FILES_MAX) {
        return syc_error_set(w->err, SYC_LIMIT, "more than %d files", FILES_MAX);
    }
    if (list->count == list->room) {
        size_t room = list->room == 0 ? START_ROOM : list->room * 2;
        const char **items = syc_resize(list->items, room, sizeof(*items));
        if (items == NULL) {
            return out_of_memory(w->err);
        }
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = path;
    return SYC_OK;
}

/* Not opened yet: one folder is open at a time, however many there are. */
static enum syc_status
add_folder(struct walk *w, const char *path, unsigned depth)
{
    struct folder *f = syc_arena_alloc(&w->list->arena, sizeof(*f));

    if (f == NULL) {
        return out_of_memory(w->err);
    }
    *f = (struct folder){path, depth, w->todo};
    w->todo = f;
    return SYC_OK;
}

/*
 * One name of a folder: a file, a folder to enter later, or neither (sockets, names that went
 * away). stat() and not lstat(): a link to a file is that file, and depth ends what links to
 * folders could make endless.
 */
static enum syc_status
add_entry(struct walk *w, const struct folder *in, const char *name)
{
    size_t room = strlen(in->path) + 1 + strlen(name) + 1;
    char *path = syc_arena_alloc(&w->list->arena, room);
    const char *slash = in->path[0] != 0 && in->path[strlen(in->path) - 1] == '/' ? "" : "/";
    struct stat st;

    if (path == NULL) {
        return out_of_memory(w->err);
    }
    snprintf(path, room, "%s%s%s", in->path, slash, name);
    if (stat(path, &st) != 0) {
        return SYC_OK;
    }
    if (S_ISDIR(st.st_mode)) {
        return in->depth > 0 ? add_folder(w, path, in->depth - 1) : SYC_OK;
    }
    if (!S_ISREG(st.st_mode) || (w->accept != NULL && !w->accept(path))) {
        return SYC_OK;
    }
    return add_file(w, path);
}

/* A folder that cannot be read is an error and not an empty one: rules in it were meant to be used. */
static enum syc_status
read_folder(struct walk *w, const struct folder *f)
{
    enum syc_status status = SYC_OK;
    const struct dirent *entry;
    DIR *dir = opendir(f->path);

    if (dir == NULL) {
        syc_error_at(w->err, f->path, 0, 0);
        return syc_error_set(w->err, SYC_IO, "cannot be read: %s", strerror(errno));
    }
    /* names with a dot in front are editors' and version control's, and "." and ".." */
    while (status == SYC_OK && (entry = readdir(dir)) != NULL) {
        status = entry->d_name[0] == '.' ? SYC_OK : add_entry(w, f, entry->d_name);
    }
    closedir(dir);
    return status;
}

/* By octets, not by a locale: the same order on every machine. Path is a total order, for no two are equal. */
static int
compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

enum syc_status
syc_paths_list(struct syc_paths *list, const char *path, unsigned depth,
               bool (*accept)(const char *path), struct syc_error *err)
{
    struct walk w = {.list = list, .accept = accept, .err = err};
    size_t before = list->count;
    enum syc_status status;
    struct stat st;
    char *copy = syc_arena_text(&list->arena, path, strlen(path));

    if (copy == NULL) {
        return out_of_memory(err);
    }
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        return add_file(&w, copy); /* what is wrong with it, its reader will say */
    }
    status = add_folder(&w, copy, depth);
    while (status == SYC_OK && w.todo != NULL) {
        const struct folder *f = w.todo;
        w.todo = f->next;
        status = read_folder(&w, f);
    }
    if (list->count > before) {
        qsort(list->items + before, list->count - before, sizeof(*list->items), compare_paths);
    }
    return status;
}

void
syc_paths_fini(struct syc_paths *list)
{
    syc_free(list->items);
    syc_arena_fini(&list->arena);
    *list = (struct syc_paths){0};
}
