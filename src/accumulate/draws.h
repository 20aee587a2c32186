/* Random draws of one slot of a contraction: the columns' made once, room for a slab of rows'. */
#ifndef TQ_ACCUMULATE_DRAWS_H
#define TQ_ACCUMULATE_DRAWS_H

#include "accumulate/operand.h"
#include "accumulate/pack.h"

typedef struct tq_draws {
    tq_draw_layout layout; /* bits 0: the slot does not draw */
    tq_u32 row_stream;
    tq_u32 terms; /* draws of a row, those that pad it included */
    int lanes;    /* of the kernel's vectors */
    tq_memory *rows, *columns;
    tq_kernel *kernel; /* borrowed from the context */
} tq_draws;

/* Draws of a row in memory. */
int64_t tq_draws__row(const tq_panels *panels);
/* Makes the columns' draws and room for `rows` rows; nothing when layout.bits is 0. */
tq_status tq_draws__create(tq_draws *draws, tq_context *context, const tq_panels *panels,
                           const tq_draw_layout *layout, tq_u32 row_stream, int64_t rows);
void tq_draws__destroy(tq_draws *draws);
/* Draws of `count` rows from number `first` of the data set on, if it is the turn of the branch with
 * `on_exceeded`. */
tq_status tq_draws__run(const tq_draws *draws, uint64_t first, int64_t count, const tq_verdict *verdict,
                        tq_u32 on_exceeded);

#endif
