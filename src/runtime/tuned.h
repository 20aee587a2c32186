/*
 * Tiles that were tuned for a device: rows of a JSON file, or set in this context. The file is named by the
 * option `tuning`, else by $TQ_TUNING, else it is the one of this device and driver in the cache directory.
 */
#ifndef TQ_RUNTIME_TUNED_H
#define TQ_RUNTIME_TUNED_H

#include <stdbool.h>

#include "tensorquant/tuning.h"

/* What a work-item computes: rows x vectors of outputs. */
typedef struct tq_tile {
    int rows, vectors;
} tq_tile;

/* What a tile is for. */
typedef struct tq_tile_use {
    const char *path, *work; /* as in tq_tuning_row */
    bool draws;
} tq_tile_use;

/* Replaces the tile by the one that was tuned; leaves it when there is none. */
tq_status tq_tuning__find(tq_tile *tile, tq_context *context, const tq_tile_use *use);

/* Puts a row before all others, in place of one for the same use, in this context. */
tq_status tq_tuning__set(tq_context *context, const tq_tuning_row *row);

#endif
