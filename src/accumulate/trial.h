/*
 * A path's loop on numbers that it is for, timed with several tiles in turn, so that what else the machine
 * does falls on all of them alike.
 */
#ifndef TQ_ACCUMULATE_TRIAL_H
#define TQ_ACCUMULATE_TRIAL_H

#include "accumulate/branch.h"
#include "accumulate/tile.h"

/* What a path is timed with. Operands: numbers of a quantizer, at most of a size. */
typedef struct tq_trial_numbers {
    const char *path, *arithmetic, *input, *weight;
    double input_size, weight_size;
} tq_trial_numbers;

/* Ordered as the planner would try them; NULL behind the last. A path may come twice: with random draws and
 * without. */
const tq_trial_numbers *tq_trial_numbers__at(size_t i);

typedef struct tq_trial {
    tq_context *context;
    const tq_path *path;
    tq_contraction_setup setup;
    tq_problem problem;
    tq_tile_use use;
    tq_tile initial; /* the table's */
    tq_verdict verdict;
    tq_tensor *x, *y;
    float *weight, *bias;
    char why[256]; /* the path does not apply; else empty */
} tq_trial;

/* One tile of a trial. */
typedef struct tq_entry {
    tq_tile tile;
    tq_branch branch;
    bool made;
    double seconds; /* of the fastest run */
} tq_entry;

/*
 * Makes a trial of a loop of this geometry. `applies` false: the device cannot take the path, or the path has
 * no loop for this geometry, as `why` then says; nothing is left to destroy.
 */
tq_status tq_trial__create(tq_trial *trial, bool *applies, tq_context *context,
                           const tq_trial_numbers *numbers, const tq_geometry *geometry);
void tq_trial__destroy(tq_trial *trial);

/* Makes the loop with the entry's tile and runs it once. After a failure there is nothing to drop. */
tq_status tq_trial__enter(tq_trial *trial, tq_entry *entry);
void tq_trial__drop(tq_entry *entry);

/* Runs the entries in turn for about `seconds`, three times at least. Those that were made count. */
tq_status tq_trial__time(tq_trial *trial, tq_entry *entries, size_t count, double seconds);

#endif
