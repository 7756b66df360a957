#include "fingerprint/signature_int.h"

#include <string.h>

/*
 * What is to be said of signature files. A remark never stops a load; the loader decides what does. Their number is
 * bounded, since a file of 16 MiB may be wrong in each of its lines and nobody reads a million messages.
 */

static bool
make_room(struct syc_signatures *set)
{
    const size_t room = set->remark_room == 0 ? 16 : set->remark_room * 2;
    struct syc_remark *remarks;

    if (set->remark_count < set->remark_room) {
        return true;
    }
    remarks = syc_resize(set->remarks, room, sizeof *remarks);
    if (remarks == NULL) {
        return false;
    }
    set->remarks = remarks;
    set->remark_room = room;
    return true;
}

enum syc_status
syc_signatures_add_remark(struct syc_signatures *set, const struct syc_remark *it)
{
    const bool last = set->remark_count == SYC_REMARKS_MAX - 1;
    const char *text = last ? "more is to be said of the files than is listed here" : it->text;
    struct syc_remark *out;

    if (set->remark_count == SYC_REMARKS_MAX) {
        return SYC_OK;
    }
    if (!make_room(set)) {
        return SYC_NO_MEMORY;
    }
    out = &set->remarks[set->remark_count];
    *out = *it;
    out->text = syc_arena_text(&set->arena, text, strlen(text));
    if (out->text == NULL) {
        return SYC_NO_MEMORY;
    }
    set->remark_count++;
    return SYC_OK;
}

size_t
syc_signatures_remarks(const struct syc_signatures *set, const struct syc_remark **out)
{
    *out = set->remarks;
    return set->remark_count;
}
