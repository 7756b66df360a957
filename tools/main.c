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

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/*
 * A standard descriptor that is closed would be taken by the next file that is opened: events would go into a CSV, and
 * messages. What stands there instead cannot be used, so that a lost output stays a failed one.
 */
static void
hold_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

int
main(int argc, char **argv)
{
    const struct syc_verb *verb = find_verb(argc, argv);
    int skip = verb->name != NULL;
    struct syc_options options;
    int status;

    hold_standard_descriptors();
    setvbuf(stderr, NULL, _IOLBF, 0); /* a message is one write: lines of several runs do not mix */
    status = syc_options_parse(&options, verb, argc - skip, argv + skip);
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
