#ifndef SYC_BEHAVIOR_VIEW_H
#define SYC_BEHAVIOR_VIEW_H

/*
 * Purpose           the arrays of one subject (a source, or one of its pairs), in canonical order
 * Input and output  a source's marks in; sorted arrays out, over which facts are plain functions
 * Ownership         one room for all subjects, made once a run for the largest source
 * Limits            the room is part of the budget (STORE_WORK_*)
 * Not here          the facts
 */

#include "behavior/gaps.h"
#include "behavior/store.h"

/*
 * What facts read: arrays in canonical order, and spare room to sort in. Valid until the next view
 * of the same room.
 */
struct view {
    const struct source *source;
    struct mark *const *marks;   /* by start; those of parts (MARK_CONTINUES) behind the others */
    struct mark *const *by_dest; /* the same (all of them), by destination, then canonical */
    size_t count;                /* connections */
    size_t count_all;            /* and marks of parts */
    /* Of a service: connections beside these, of which none was answered. */
    uint64_t unseen;
    uint64_t unseen_rate[2]; /* most of all in a second, in ten, where some are unseen */
    int64_t unseen_first_us, unseen_last_us; /* when the first and the last of these began */
    struct room *room;
    const struct store *store;
    /* Room for as many items, and for three times as many numbers, as there are acts and marks. */
    struct item *spare;
    int64_t *work;
    size_t work_each; /* a third of work */
    const struct wave *wave;
};

/*
 * Arrays for the largest source, used by all sources one after the other: finishing a million
 * sources allocates once.
 */
struct room {
    /*
     * Indexes of all marks, those of a source together from its begin on. Once they are gathered, their place holds
     * what is put aside of them.
     */
    uint32_t *by_source;
    struct mark **order, **pairs;
    struct mark **streams, **by_dest; /* of sub-streams: all of them, and one by destination */
    uint32_t *stream_of;              /* the number of the sub-stream beside each of streams */
    struct item *acts, *spare;
    struct mark *const *acts_of; /* of the view whose acts stand in acts; NULL: of none */
    size_t acts_of_count, act_count;
    bool acts_whole, acts_long; /* as in struct acts */
    int64_t *work;
    /* Marks whose TIME_WAITs are cut by the next SYN for as long as they are viewed, and how long they last uncut. */
    struct mark *const *cut;
    uint32_t *uncut;
    size_t cut_count;
    size_t marks, items;
    uint64_t ports[65536 / 64]; /* a bit for each; all 0 between two uses */
    struct wave wave;
};

/*
 * Make work room for subjects of so many marks, and so many marks and bursts (items).
 *
 * returns  false when memory is short; syc_room_fini() gives back what there is
 */
bool syc_room_init(struct room *room, size_t marks, size_t items) SYC_MUST_CHECK;

/*
 * Bring the marks of each source together, before sources are viewed.
 *
 * returns  false when memory is short
 * cost     one pass over all marks: their sources are many, so following chains would wait for memory at every step
 */
bool syc_room_group(struct room *room, const struct store *s) SYC_MUST_CHECK;
void syc_room_fini(struct room *room);

/*
 * The source as a whole. Also decides what only all of its connections together can tell: which TLS handshakes
 * were resumed (by the largest first flight of their pair), and which TIME_WAIT a later SYN of the same tuple ended. The
 * latter for as long as the view is there: another record may come between the two, and then it is another SYN.
 */
void syc_view_source(struct room *room, const struct store *s, const struct source *source,
                     struct view *out);

/* Client bursts, and first SYNs as bursts of nothing, by time. */
struct acts {
    const struct item *list;
    size_t count;
    bool whole;    /* false: payload was sent whose bursts nobody listed */
    bool has_long; /* some burst lasts longer than a second */
};

/*
 * Those of a view, gathered unless they still stand there: valid until those of another view are asked for.
 *
 * cost  copying and sorting them, where the facts asked of many pairs need none
 */
struct acts syc_view_acts(const struct view *v);

/*
 * The pair that begins at mark `from` of room->pairs; from = 0 is the first.
 *
 * source   the view of syc_view_source(); the pair's view uses the same room
 * returns  where the next pair begins; source->count_all after the last
 */
size_t syc_view_pair(struct room *room, const struct store *s, const struct view *source,
                     size_t from, struct view *out);

/* The mark of the pair that begins at `from`, when it is the pair's only one; else NULL. */
const struct mark *syc_view_lone(const struct room *room, const struct view *source, size_t from);

/*
 * The view of any n >= 1 marks of a source, which stand together in `marks` (an array of the room, not order or pairs):
 * they are brought into canonical order there.
 *
 * source   as above
 */
void syc_view_part(struct room *room, const struct store *s, const struct view *source,
                   struct mark **marks, size_t n, struct view *out);

/*
 * The same of marks of any sources that go to one service, of which also TIME_WAITs are ended by the next SYN.
 *
 * marks    not an array of the room, and as it is until the next view or syc_room_fini()
 */
void syc_view_service(struct room *room, const struct store *s, const struct view *source,
                      struct mark **marks, size_t n, struct view *out);

/*
 * The marks have more than one destination address and port: else the one pair would say what the
 * source says.
 */
bool syc_view_has_pairs(const struct room *room, const struct view *source);

#endif
