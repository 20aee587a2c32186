/* Moves on the device: tables that the kernel reads. */
#include <stdlib.h>
#include <string.h>

#include "layers/move.h"

#define NONE        UINT32_MAX /* the constant's place */
#define MOST_JOINED 4096       /* indices of dimensions that one table serves */

/* Tables of all dimensions, innermost first. */
typedef struct tables {
    tq_u32 *number;
    size_t count, size[TQ_MAX_RANK];
    int dimensions;
} tables;

static tq_u32 sum(tq_u32 a, tq_u32 b)
{
    return a == NONE || b == NONE ? NONE : a + b;
}

/* Joins a dimension with the innermost one, or puts it behind. `room`: for all of its numbers. */
static void add_table(tables *t, const int64_t *offset, size_t size)
{
    const size_t inner = t->size[0];
    if (t->dimensions == 1 && inner * size <= MOST_JOINED) {
        for (size_t i = size * inner; i-- > 0;)
            t->number[i] =
                sum(offset[i / inner] < 0 ? NONE : (tq_u32)offset[i / inner], t->number[i % inner]);
        t->size[0] = t->count = inner * size;
        return;
    }
    for (size_t i = 0; i < size; ++i)
        t->number[t->count++] = offset[i] < 0 ? NONE : (tq_u32)offset[i];
    t->size[t->dimensions++] = size;
}

static bool is_run(const tables *t)
{
    bool run = t->number[0] != NONE;
    for (size_t i = 1; run && i < t->size[0]; ++i)
        run = t->number[i] == t->number[0] + i;
    return run;
}

static tq_status make_tables(const tq_move *m, tables *t)
{
    size_t room = MOST_JOINED;
    *t = (tables){0};
    for (int d = 0; d < m->to.rank; ++d)
        room += (size_t)m->to.dim[d];
    t->number = malloc(room * sizeof *t->number);
    if (t->number == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for tables of %zu indices", room);
    for (int place = m->to.rank - 1; place >= 0; --place) {
        int64_t size;
        const int64_t *offset = tq_move__table(m, place, &size);
        add_table(t, offset, (size_t)size);
    }
    return TQ_OK;
}

static tq_status write_tables(tq_moved *moved, tq_context *context, const tables *t)
{
    for (int i = 0; i < 8; ++i)
        moved->size[i] = i < t->dimensions ? (tq_u32)t->size[i] : 1;
    moved->size[7] = (tq_u32)t->dimensions;
    moved->contiguous = is_run(t);
    return tq_memory__of(&moved->tables, context, t->number, t->count * sizeof *t->number);
}

tq_status tq_moved__plan(tq_moved *moved, const tq_layer *layer, float constant)
{
    tables t;
    if (tq_shape_count(&moved->move.from) >= (int64_t)NONE)
        return tq_status__fail(TQ_E_UNSUPPORTED, "%lld elements are to be moved, at most 2^32 - 2",
                               (long long)tq_shape_count(&moved->move.from));
    memcpy(&moved->constant, &constant, sizeof constant);
    TQ_TRY(make_tables(&moved->move, &t));
    const tq_status status = write_tables(moved, layer->context, &t);
    free(t.number);
    return status == TQ_OK ? tq_layer__plain_kernel(layer, &moved->kernel, "layers/move.cl", "move") : status;
}

tq_status tq_moved__run(const tq_moved *moved, const tq_layer *layer, const tq_tensor *from, tq_tensor *to)
{
    const tq_u32 inner = moved->size[0], contiguous = moved->contiguous;
    const tq_pieces shares = tq_layer__pieces(layer, inner);
    const tq_u32 pieces = (tq_u32)shares.count;
    const tq_argument arguments[] = {
        TQ_TENSOR(from),           TQ_TENSOR(to),        TQ_MEMORY(moved->tables), TQ_VALUE(moved->size),
        TQ_VALUE(moved->constant), TQ_VALUE(contiguous), TQ_VALUE(pieces),         TQ_VALUE(shares.run)};
    return tq_kernel__run_elements(moved->kernel, tq_shape_count(&moved->move.to) / inner * pieces, arguments,
                                   TQ_COUNT(arguments));
}

void tq_moved__release(tq_moved *moved)
{
    tq_memory__release(moved->tables);
    moved->tables = NULL;
    tq_move__free(&moved->move);
}
