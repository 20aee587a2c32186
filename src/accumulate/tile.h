/*
 * The tile of a path's loop: how many rows, and how many vectors of `step` outputs, one work-item computes.
 * It changes the speed, never a bit.
 */
#ifndef TQ_ACCUMULATE_TILE_H
#define TQ_ACCUMULATE_TILE_H

#include "accumulate/contraction.h"
#include "accumulate/path.h"
#include "runtime/tuned.h"

/* What a path's loop works on, for its tile. `outputs`: of a group. */
tq_tile_use tq_tile__use(const tq_path *path, int step, int outputs, bool depthwise, bool draws);

/* The tile of the library's table for a device of this kind. */
tq_tile tq_tile__of(const tq_device_info *device, const tq_tile_use *use);

/* Whether the table has a row for the path of this name. */
bool tq_tile__knows(const char *path);

/* The tile that was tuned for the context's device, else that of the table. TQ_E_FILE, TQ_E_FORMAT: the
 * tuned file was named, and is bad. */
tq_status tq_tile__choose(tq_tile *tile, tq_context *context, const tq_tile_use *use);

#define TQ_TILE_MOST_ROWS 16

/* The tile's rows, or where few tiles would compute many rows that do not exist, fewer: as many tiles of
 * nearly as many rows. */
int tq_tile__fit_rows(int most, int rows);

/* Sets the plan's rows and vectors: no taller than the problem, of so many `entries`, needs, and not much
 * wider: programs are few. What a tile loses in width it gains in height. */
void tq_tile__fit(tq_path_plan *plan, tq_tile *tile, const tq_geometry *geometry, int32_t entries);

#endif
