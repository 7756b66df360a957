#include "fingerprint/signature_int.h"

#include <string.h>

/*
 * Link types by MTU, as p0f has them (reference/fingerprints 2.1.8): a sender's MSS is its link's MTU less the two
 * headers without options, so the sum is exact for who did not lower it on purpose.
 */

enum { IPV4_AND_TCP = 40, IPV6_AND_TCP = 60 };

enum syc_status
syc_signatures_add_link(struct syc_signatures *set, const struct syc_link_line *it)
{
    if (set->link_count == SYC_LINKS_MAX) {
        return SYC_LIMIT;
    }
    if (set->link_count == set->link_room) {
        size_t room = set->link_room == 0 ? 32 : set->link_room * 2;
        struct syc_link_line *links = syc_resize(set->links, room, sizeof *links);

        if (links == NULL) {
            return SYC_NO_MEMORY;
        }
        set->links = links;
        set->link_room = room;
    }
    set->links[set->link_count++] = *it;
    return SYC_OK;
}

size_t
syc_signatures_link_count(const struct syc_signatures *set)
{
    return set->link_count;
}

/* The first line with this MTU, as in a list of signatures. */
bool
syc_signatures_link(const struct syc_signatures *set, const struct syc_syn *syn,
                    struct syc_link *out)
{
    *out = (struct syc_link){0, NULL};
    if (syn->mss <= 0) {
        return false;
    }
    out->mtu = (unsigned)syn->mss + (syn->ip_v == 6 ? IPV6_AND_TCP : IPV4_AND_TCP);
    for (size_t i = 0; i < set->link_count && out->label == NULL; i++) {
        out->label = set->links[i].mtu == out->mtu ? set->links[i].label : NULL;
    }
    return true;
}
