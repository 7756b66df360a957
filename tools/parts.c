/*
 * The parts of a verb that has several: "rules check", "signatures learn".
 *
 * A verb's options are those of all its parts. What a part would ignore is refused, as an option of another verb
 * is: --rules of a part that takes paths would otherwise check the shipped rules, and say that all is well.
 */

#include "tools/tools.h"

#include <stdio.h>
#include <string.h>

/* The first option given that the part does not take; NULL without one. */
static const char *
not_taken(const struct syc_part *part, const struct syc_options *o)
{
    const struct {
        unsigned bit;
        bool given;
        const char *name;
    } all[] = {
        {SYC_TAKES_JSON, o->json, "--json"},
        {SYC_TAKES_RULES, o->rules.count > 0, "--rules"},
        {SYC_TAKES_SIGNATURES, o->signatures.count > 0, "--signatures"},
        {SYC_TAKES_SYN_ACK, o->syn_ack, "--syn-ack"},
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i].given && (part->takes & all[i].bit) == 0) {
            return all[i].name;
        }
    }
    return NULL;
}

static int
run_part(const struct syc_part *part, const char *verb, const struct syc_options *o)
{
    const char *option = not_taken(part, o);
    size_t count = o->operands.count - 1;

    if (option != NULL) {
        syc_say("%s is no option of syncopate %s %s: %s", option, verb, part->name, part->usage);
        return EXIT_USAGE;
    }
    if (count < part->least || count > part->most) {
        syc_say("usage: %s; see syncopate %s --help", part->usage, verb);
        return EXIT_USAGE;
    }
    return part->run(o, o->operands.items + 1, count);
}

int
syc_parts_run(const struct syc_part *parts, size_t count, const char *verb,
              const struct syc_options *o)
{
    char names[128] = "";

    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(names);

        if (o->operands.count > 0 && strcmp(parts[i].name, o->operands.items[0]) == 0) {
            return run_part(&parts[i], verb, o);
        }
        snprintf(names + n, sizeof(names) - n, "%s%s",
                 i == 0          ? ""
                 : i + 1 < count ? ", "
                                 : " and ",
                 parts[i].name);
    }
    syc_say("%s: there are %s; see syncopate %s --help", verb, names, verb);
    return EXIT_USAGE;
}
