#include "accumulate/draws.h"

#include <stdlib.h>

#include "accumulate/common.h"
#include "util/fail.h"

#define DRAWS_UNIT     64 /* rows of draws are multiples: contraction.cl */
#define BLOCKS_OF_LANE 8  /* of a work-item: TQ_DRAW_RUN in kernels/layers/draws.cl */

static int64_t word_size(const tq_draws *d)
{
    return d->layout.shorts ? 2 : 4;
}

int64_t tq_draws__row(const tq_panels *panels)
{
    return (panels->steps + DRAWS_UNIT - 1) / DRAWS_UNIT * DRAWS_UNIT;
}

tq_status tq_draws__create(tq_draws *d, tq_context *context, const tq_panels *panels,
                           const tq_draw_layout *layout, tq_u32 row_stream, int64_t rows)
{
    *d = (tq_draws){.layout = *layout,
                    .row_stream = row_stream,
                    .terms = (tq_u32)tq_draws__row(panels),
                    .lanes = tq_common__lanes(context)};
    if (layout->bits == 0)
        return TQ_OK;
    const int64_t bytes = tq_panels__draws(panels) * word_size(d);
    void *columns = malloc((size_t)bytes);
    if (columns == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld bytes of random draws", (long long)bytes);
    tq_pack__draws(columns, panels, layout);
    tq_status status = tq_memory__create(&d->columns, context, (uint64_t)(bytes + 3) / 4 * 4);
    if (status == TQ_OK)
        status = tq_memory__write(d->columns, 0, columns, (uint64_t)bytes);
    free(columns);
    TQ_TRY(status);
    TQ_TRY(tq_memory__create(&d->rows, context, (uint64_t)(rows * d->terms * word_size(d) + 3) / 4 * 4));
    return tq_common__kernel(&d->kernel, context, "draws");
}

void tq_draws__destroy(tq_draws *d)
{
    tq_memory__release(d->rows);
    tq_memory__release(d->columns);
    d->rows = d->columns = NULL;
}

tq_status tq_draws__run(const tq_draws *d, uint64_t first, int64_t count, const tq_verdict *verdict,
                        tq_u32 on_exceeded)
{
    if (d->layout.bits == 0)
        return TQ_OK;
    const tq_u32 key[2] = {d->layout.key0, d->layout.key1};
    const tq_u32 mask = d->layout.nothing ? 0 : ~(tq_u32)0;
    const tq_u64 index = first;
    const tq_i32 bits = d->layout.bits, right = d->layout.right, left = d->layout.left,
                 shorts = d->layout.shorts;
    const size_t each = (size_t)d->lanes * BLOCKS_OF_LANE * (size_t)(128 / bits);
    const size_t items = (d->terms + each - 1) / each;
    const tq_argument arguments[] = {TQ_MEMORY(d->rows),
                                     TQ_VALUE(d->terms),
                                     TQ_VALUE(index),
                                     TQ_VALUE(key),
                                     TQ_VALUE(d->row_stream),
                                     TQ_VALUE(bits),
                                     TQ_VALUE(right),
                                     TQ_VALUE(left),
                                     TQ_VALUE(mask),
                                     TQ_VALUE(shorts),
                                     TQ_MEMORY(verdict->memory),
                                     TQ_VALUE(verdict->run),
                                     TQ_VALUE(on_exceeded)};
    return tq_kernel__run(d->kernel, (const size_t[]){items, (size_t)count, 1}, (const size_t[]){1, 1, 1},
                          arguments, TQ_COUNT(arguments));
}
