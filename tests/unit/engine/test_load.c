/* Rules and signatures from files and folders. */

#include "tests/unit/engine/craft.h"
#include "tests/unit/engine/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_ROOM = 256 };

static char folder[64];

static const char *
in_folder(const char *name, char path[PATH_ROOM])
{
    snprintf(path, PATH_ROOM, "%s/%s", folder, name);
    return path;
}

static void
write_file(const char *name, const char *text)
{
    char path[PATH_ROOM];
    FILE *f = fopen(in_folder(name, path), "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* A document that loads, told apart by its number. */
static void
write_rule(const char *name, unsigned number)
{
    char text[512];

    snprintf(text, sizeof(text),
             "title: Rule %u\nid: 00000000-0000-4000-8000-%012u\nname: r%u\n"
             "logsource: {product: syncopate, category: source}\n"
             "detection: {a: {conn.count|gte: %u}, condition: a}\n",
             number, number, number, number);
    write_file(name, text);
}

static int
make_folder(void **unused)
{
    char path[PATH_ROOM];

    (void)unused;
    snprintf(folder, sizeof(folder), "/tmp/syc_test_XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(mkdir(in_folder("b", path), 0700), 0);
    assert_int_equal(mkdir(in_folder("b/deep", path), 0700), 0);
    return 0;
}

static int
remove_folder(void **unused)
{
    char command[128];

    (void)unused;
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

static void
rules_of_a_folder_are_found_by_name_and_depth(void **unused)
{
    const char *const paths[] = {folder};
    struct syc_ruleset *set;
    size_t files = 0;

    (void)unused;
    write_rule("z.yml", 1);
    write_rule("a.yaml", 2);
    write_rule("b/deep/m.yml", 3);
    write_file("notes.txt", "not: a rule");
    write_file(".hidden.yml", "not: a rule");
    assert_int_equal(syc_engine_load_rules(&set, paths, 1, &files, NULL), SYC_OK);
    assert_int_equal(files, 3);
    assert_int_equal(syc_ruleset_loaded(set), 3);
    assert_int_equal(syc_ruleset_refused(set), 0);
    syc_ruleset_free(set);
}

static void
a_broken_rule_is_refused_with_its_place_and_the_others_load(void **unused)
{
    char path[PATH_ROOM];
    const char *const paths[] = {folder};
    const struct syc_rule_problem *p;
    struct syc_ruleset *set;

    (void)unused;
    write_rule("good.yml", 1);
    write_file("broken.yml", "title: Broken\n"
                             "logsource: {product: syncopate, category: source}\n"
                             "detection:\n"
                             "    a:\n"
                             "        conn.cuont|gte: 3\n" /* line 5, column 9 */
                             "    condition: a\n");
    assert_int_equal(syc_engine_load_rules(&set, paths, 1, NULL, NULL), SYC_OK);
    assert_int_equal(syc_ruleset_loaded(set), 1);
    assert_int_equal(syc_ruleset_refused(set), 1);
    size_t count = syc_ruleset_problems(set, &p);
    size_t errors = 0;
    for (size_t i = 0; i < count; i++) {
        if (p[i].error) {
            errors++;
            assert_string_equal(p[i].file, in_folder("broken.yml", path));
            assert_int_equal(p[i].line, 5);
            assert_int_equal(p[i].column, 9);
        }
    }
    assert_int_equal(errors, 1);
    syc_ruleset_free(set);
}

static void
what_cannot_be_read_is_named(void **unused)
{
    char path[PATH_ROOM];
    const char *missing[] = {"/nonexistent/rules.yml"};
    const char *empty[] = {in_folder("b/deep", path)};
    struct syc_ruleset *set;
    struct syc_error err = {0};

    (void)unused;
    assert_int_equal(syc_engine_load_rules(&set, missing, 1, NULL, &err), SYC_IO);
    assert_null(set);
    assert_string_equal(err.file, missing[0]);
    assert_int_equal(syc_engine_load_rules(&set, empty, 1, NULL, &err), SYC_NOT_FOUND);
    assert_string_equal(err.file, path);
}

static void
a_rule_file_of_over_1_mib_is_refused(void **unused)
{
    char path[PATH_ROOM];
    const char *paths[] = {in_folder("big.yml", path)};
    struct syc_ruleset *set;
    struct syc_error err = {0};

    (void)unused;
    write_file("big.yml", "#");
    assert_int_equal(truncate(path, (1 << 20) + 1), 0);
    assert_int_equal(syc_engine_load_rules(&set, paths, 1, NULL, &err), SYC_LIMIT);
    assert_string_equal(err.file, path);
}

static void
the_shipped_rules_and_signatures_load(void **unused)
{
    struct syc_ruleset *set;
    size_t files = 0;

    (void)unused;
    assert_int_equal(syc_engine_load_rules(&set, NULL, 0, &files, NULL), SYC_OK);
    assert_int_equal(files, syc_shipped_rule_count);
    assert_true(syc_ruleset_loaded(set) >= files);
    assert_int_equal(syc_ruleset_refused(set), 0);
    syc_ruleset_free(set);
}

static void
a_signature_error_has_its_place(void **unused)
{
    char path[PATH_ROOM];
    const char *paths[] = {in_folder("mine.fp", path)};
    struct syc_output output;
    struct syc_engine_config config = {.output = &output,
                                       .signatures = paths,
                                       .signature_count = 1};
    struct syc_engine *e;
    struct syc_error err = {0};

    (void)unused;
    write_file("mine.fp", "classes = unix\n[tcp:request]\n"
                          "label = s:unix:Linux:mine\n"
                          "sig = *:64:0:nonsense\n");
    assert_int_equal(syc_output_init(&output, 1), SYC_OK);
    assert_int_equal(syc_engine_new(&e, &config, &err), SYC_SYNTAX);
    assert_null(e);
    assert_string_equal(err.file, path);
    assert_int_equal(err.line, 4);
    assert_int_equal(syc_output_fini(&output), SYC_OK);
}

/* ------------------------------------------------------------ lists of paths */

static bool
accept_all_but_txt(const char *path)
{
    return strstr(path, ".txt") == NULL;
}

static void
a_listing_is_sorted_and_stops_at_its_depth(void **unused)
{
    struct syc_paths list = {0};
    char path[PATH_ROOM];

    (void)unused;
    write_file("2", "");
    write_file("10", "");
    write_file("no.txt", "");
    write_file("b/1", "");
    write_file("b/deep/1", "");
    assert_int_equal(syc_paths_list(&list, folder, 0, accept_all_but_txt, NULL), SYC_OK);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.items[0], in_folder("10", path)); /* octet order */
    assert_string_equal(list.items[1], in_folder("2", path));
    assert_int_equal(syc_paths_list(&list, folder, 1, accept_all_but_txt, NULL), SYC_OK);
    assert_int_equal(list.count, 2 + 3);
    assert_string_equal(list.items[4], in_folder("b/1", path));
    /* a path that is no folder stands for itself, in its place */
    assert_int_equal(syc_paths_list(&list, "-", 1, accept_all_but_txt, NULL), SYC_OK);
    assert_string_equal(list.items[5], "-");
    syc_paths_fini(&list);
}

/* A link to the folder it lies in: the depth ends what would not end. */
static void
a_circle_of_links_ends(void **unused)
{
    struct syc_paths list = {0};
    char path[PATH_ROOM];

    (void)unused;
    write_file("1", "");
    assert_int_equal(symlink(folder, in_folder("circle", path)), 0);
    assert_int_equal(syc_paths_list(&list, folder, 3, NULL, NULL), SYC_OK);
    assert_int_equal(list.count, 4); /* 1, circle/1, circle/circle/1, circle/circle/circle/1 */
    syc_paths_fini(&list);
}

int
test_load_group(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(rules_of_a_folder_are_found_by_name_and_depth),
        IN_FOLDER(a_broken_rule_is_refused_with_its_place_and_the_others_load),
        IN_FOLDER(what_cannot_be_read_is_named),
        IN_FOLDER(a_rule_file_of_over_1_mib_is_refused),
        cmocka_unit_test(the_shipped_rules_and_signatures_load),
        IN_FOLDER(a_signature_error_has_its_place),
        IN_FOLDER(a_listing_is_sorted_and_stops_at_its_depth),
        IN_FOLDER(a_circle_of_links_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
