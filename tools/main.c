/*
 * Which verb, then its options, then the verb.
 *
 *    argv -> find_verb -> syc_options_parse -> help | version | verb->run -> exit status
 *              |                 '-- EXIT_USAGE
 *              '-- no verb's name: the main job, and the word is a file
 *
 * A file called "judge" is read as ./judge. Nothing is decided here: a verb is a row of verbs[],
 * its options are rows of one table, its work is in its cmd_*.c.
 */

#include "tools/tools.h"

#include <stdio.h>
#include <string.h>

static const struct syc_verb *const verbs[] = {&syc_verb_audit, &syc_verb_judge, &syc_verb_rules,
                                               &syc_verb_signatures};

/*
 * The verb of the first word; without one the main job, which has none: the commonest use must need
 * no verb.
 */
static const struct syc_verb *
find_verb(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(argv[1], verbs[i]->name) == 0) {
            return verbs[i];
        }
    }
    return &syc_verb_analyze;
}

int
main(int argc, char **argv)
{
    const struct syc_verb *verb = find_verb(argc, argv);
    int skip = verb->name != NULL;
    struct syc_options options;
    int status = syc_options_parse(&options, verb, argc - skip, argv + skip);

    if (status == 0 && options.help) {
        syc_options_help(verb);
        status = syc_flushed(0, true);
    } else if (status == 0 && options.version) {
        printf("syncopate " SYC_VERSION "\nlibpcap " SYC_PCAP_VERSION " (built with)\n");
        status = syc_flushed(0, true);
    } else if (status == 0) {
        status = verb->run(&options);
    }
    syc_options_fini(&options);
    return status;
}
