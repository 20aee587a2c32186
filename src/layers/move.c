#include "layers/move.h"

#include <stdlib.h>
#include <string.h>

#define MOST_INDICES ((int64_t)1 << 24) /* of one dimension: each takes 8 bytes of a table */

tq_status tq_move__create(tq_move *m, const tq_shape *from, const tq_shape *to, bool nchw)
{
    *m = (tq_move){.from = *from, .to = *to, .nchw = nchw};
    tq_reorder__strides(m->step, from, nchw);
    for (int i = 0; i < to->rank; ++i)
        if (to->dim[i] > MOST_INDICES)
            return tq_status__fail(TQ_E_UNSUPPORTED,
                                   "dimension %d of the output is %lld, supported here: up to %lld", i,
                                   (long long)to->dim[i], (long long)MOST_INDICES);
    for (int i = 0; i < to->rank; ++i) {
        m->offset[i] = calloc((size_t)to->dim[i], sizeof *m->offset[i]);
        if (m->offset[i] == NULL)
            return tq_status__fail(TQ_E_MEMORY, "no memory for a table of %lld indices",
                                   (long long)to->dim[i]);
    }
    return TQ_OK;
}

void tq_move__free(tq_move *m)
{
    for (int i = 0; i < TQ_MAX_RANK; ++i)
        free(m->offset[i]);
    *m = (tq_move){0};
}

void tq_move__transpose(tq_move *m, const int *order)
{
    for (int d = 0; d < m->to.rank; ++d)
        for (int64_t i = 0; i < m->to.dim[d]; ++i)
            m->offset[d][i] = i * m->step[order[d]];
}

void tq_move__slice(tq_move *m, const int64_t *first, const int64_t *stride)
{
    for (int d = 0; d < m->to.rank; ++d)
        for (int64_t i = 0; i < m->to.dim[d]; ++i)
            m->offset[d][i] = (first[d] + i * stride[d]) * m->step[d];
}

void tq_move__repeat(tq_move *m)
{
    const int missing = m->to.rank - m->from.rank;
    for (int d = missing; d < m->to.rank; ++d)
        for (int64_t i = 0; i < m->to.dim[d]; ++i)
            m->offset[d][i] = i % m->from.dim[d - missing] * m->step[d - missing];
}

void tq_move__take(tq_move *m, int axis, const int64_t *list)
{
    for (int d = 0; d < m->to.rank; ++d)
        for (int64_t i = 0; i < m->to.dim[d]; ++i)
            m->offset[d][i] = (d == axis ? list[i] : i) * m->step[d];
}

/* Which of `size` indices a padded one shows, -1 for the constant. */
static int64_t padded(int64_t i, int64_t size, tq_pad_mode mode)
{
    const int64_t period = 2 * (size - 1), turned = period > 0 ? (i % period + period) % period : 0;
    if (i >= 0 && i < size)
        return i;
    if (mode == TQ_PAD_CONSTANT)
        return -1;
    if (mode == TQ_PAD_EDGE)
        return i < 0 ? 0 : size - 1;
    return turned < size ? turned : period - turned;
}

void tq_move__pad(tq_move *m, const int64_t *before, tq_pad_mode mode)
{
    for (int d = 0; d < m->to.rank; ++d)
        for (int64_t i = 0; i < m->to.dim[d]; ++i) {
            const int64_t index = padded(i - before[d], m->from.dim[d], mode);
            m->offset[d][i] = index < 0 ? -1 : index * m->step[d];
        }
}

/* Dimensions of an image as counted. */
typedef struct image_axes {
    int channel, row, column;
} image_axes;

static image_axes axes_of(const tq_move *m)
{
    return m->nchw ? (image_axes){1, 2, 3} : (image_axes){3, 1, 2};
}

void tq_move__depth_to_space(tq_move *m, int64_t block, bool columns_first)
{
    const image_axes at = axes_of(m);
    const int64_t channels = m->to.dim[at.channel];
    const int64_t of_block = (columns_first ? channels : 1) * m->step[at.channel];
    for (int64_t i = 0; i < m->to.dim[0]; ++i)
        m->offset[0][i] = i * m->step[0];
    for (int64_t i = 0; i < channels; ++i)
        m->offset[at.channel][i] = i * (columns_first ? 1 : block * block) * m->step[at.channel];
    for (int64_t i = 0; i < m->to.dim[at.row]; ++i)
        m->offset[at.row][i] = i / block * m->step[at.row] + i % block * block * of_block;
    for (int64_t i = 0; i < m->to.dim[at.column]; ++i)
        m->offset[at.column][i] = i / block * m->step[at.column] + i % block * of_block;
}

void tq_move__space_to_depth(tq_move *m, int64_t block)
{
    const image_axes at = axes_of(m);
    const int64_t channels = m->from.dim[at.channel];
    for (int64_t i = 0; i < m->to.dim[0]; ++i)
        m->offset[0][i] = i * m->step[0];
    for (int64_t i = 0; i < m->to.dim[at.channel]; ++i)
        m->offset[at.channel][i] = i % channels * m->step[at.channel] +
                                   i / channels / block * m->step[at.row] +
                                   i / channels % block * m->step[at.column];
    for (int64_t i = 0; i < m->to.dim[at.row]; ++i)
        m->offset[at.row][i] = i * block * m->step[at.row];
    for (int64_t i = 0; i < m->to.dim[at.column]; ++i)
        m->offset[at.column][i] = i * block * m->step[at.column];
}

const int64_t *tq_move__table(const tq_move *m, int place, int64_t *size)
{
    const int d = tq_reorder__counted_axis(m->nchw, m->to.rank, place);
    *size = m->to.dim[d];
    return m->offset[d];
}

void tq_move__host(const tq_move *m, void *to, const void *from, size_t width, const void *constant)
{
    const int64_t count = tq_shape_count(&m->to);
    for (int64_t i = 0; i < count; ++i) {
        int64_t rest = i, element = 0, size;
        bool inside = true;
        for (int place = m->to.rank - 1; place >= 0; --place) {
            const int64_t *table = tq_move__table(m, place, &size);
            inside = inside && table[rest % size] >= 0;
            element += table[rest % size];
            rest /= size;
        }
        memcpy((char *)to + (size_t)i * width,
               inside ? (const char *)from + (size_t)element * width : constant, width);
    }
}

tq_status tq_move__begin(tq_layer *layer)
{
    tq_moved *state = layer->state;
    const tq_shape from = tq_reorder__sequence(layer, &layer->input[0]);
    const tq_shape to = tq_reorder__sequence(layer, &layer->output);
    return tq_move__create(&state->move, &from, &to, tq_reorder__is_nchw(layer));
}

static bool has_constant(const tq_move *m)
{
    bool found = false;
    for (int d = 0; d < m->to.rank; ++d)
        for (int64_t i = 0; i < m->to.dim[d]; ++i)
            found = found || m->offset[d][i] < 0;
    return found;
}

tq_status tq_move__finish(tq_layer *layer, float constant)
{
    tq_moved *state = layer->state;
    layer->output_range = layer->input_range[0];
    if (has_constant(&state->move) && tq_bits__of(constant) != 0) /* +0 is of every range */
        layer->output_range = tq_range__join(layer->output_range, tq_range__measure(&constant, 1));
    return tq_moved__plan(state, layer, constant);
}

tq_status tq_move__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    return tq_moved__run(layer->state, layer, inputs[0], output);
}

tq_status tq_move__reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const tq_moved *state = layer->state;
    tq_move__host(&state->move, output, inputs[0], sizeof *output, &state->constant);
    return TQ_OK;
}

void tq_move__release(tq_layer *layer)
{
    tq_moved__release(layer->state);
}
