/* Operators that move numbers: Slice, Split, Pad, Expand, Tile, Gather, DepthToSpace, SpaceToDepth. */
#include <stdlib.h>

#include "io/onnx_graph.h"
#include "layers/kind.h"

/* What a slice takes of each dimension. */
typedef struct cut {
    int64_t first[TQ_MAX_RANK], step[TQ_MAX_RANK];
    tq_shape shape;
} cut;

static cut whole(const tq_shape *shape)
{
    cut c = {.shape = *shape};
    for (int i = 0; i < TQ_MAX_RANK; ++i)
        c.step[i] = 1;
    return c;
}

/* Output `i` is this part of the input; samples are cut only where the batch is fixed. */
static tq_status add_slice(tq_onnx_node *node, const tq_onnx_value *input, cut c, size_t i)
{
    tq_text options = {0};
    tq_shape count = c.shape;
    if (c.first[0] == 0 && c.step[0] == 1 && c.shape.dim[0] == input->shape.dim[0])
        count.dim[0] = 0;
    else if (input->role == TQ_ONNX_TENSOR)
        TQ_TRY(tq_onnx__fix_batch(node));
    tq_onnx__print_list(&options, "first", c.first, c.shape.rank);
    tq_onnx__print_list(&options, "step", c.step, c.shape.rank);
    tq_onnx__print_list(&options, "count", count.dim, c.shape.rank);
    return tq_onnx__add_move(node, "slice", &options, input, i, &c.shape);
}

/* One dimension of Slice, with ends as Python counts them. */
static tq_status cut_axis(cut *c, int64_t axis, int64_t start, int64_t end, int64_t step)
{
    const int64_t size = c->shape.dim[axis];
    if (step == 0 || step < -INT32_MAX || step > INT32_MAX)
        return tq_status__fail(TQ_E_FORMAT, "a step of %lld, allowed -%d to %d but 0", (long long)step,
                               INT32_MAX, INT32_MAX);
    const int64_t lowest = step > 0 ? 0 : -1, highest = step > 0 ? size : size - 1;
    const int64_t from = tq_onnx__clamp(start < 0 && start >= -size ? start + size : start, lowest, highest);
    const int64_t to = tq_onnx__clamp(end < 0 && end >= -size ? end + size : end, lowest, highest);
    const int64_t reach = step > 0 ? to - from : from - to, stride = step > 0 ? step : -step;
    c->first[axis] = from;
    c->step[axis] = step;
    c->shape.dim[axis] = reach > 0 ? (reach + stride - 1) / stride : 0;
    if (reach <= 0)
        return tq_status__fail(TQ_E_UNSUPPORTED, "nothing is left of dimension %lld, which has %lld indices",
                               (long long)axis, (long long)size);
    return TQ_OK;
}

static tq_status read_cut(const tq_onnx_node *node, const tq_onnx_value *input, cut *c)
{
    int64_t starts[TQ_MAX_RANK], ends[TQ_MAX_RANK], axes[TQ_MAX_RANK], steps[TQ_MAX_RANK];
    size_t count, end_count, axis_count, step_count;
    TQ_TRY(tq_onnx__list(node, 1, "starts", starts, TQ_MAX_RANK, &count));
    TQ_TRY(tq_onnx__list(node, 2, "ends", ends, TQ_MAX_RANK, &end_count));
    TQ_TRY(tq_onnx__list(node, 3, "axes", axes, TQ_MAX_RANK, &axis_count));
    TQ_TRY(tq_onnx__list(node, 4, "", steps, TQ_MAX_RANK, &step_count));
    *c = whole(&input->shape);
    if (end_count != count || (axis_count != 0 && axis_count != count) ||
        (step_count != 0 && step_count != count))
        return tq_status__fail(TQ_E_FORMAT, "%zu starts, %zu ends, %zu axes, %zu steps", count, end_count,
                               axis_count, step_count);
    for (size_t i = 0; i < count; ++i) {
        int64_t axis = axis_count > 0 ? axes[i] : (int64_t)i;
        TQ_TRY(tq_onnx__check_axis(&axis, input->shape.rank));
        TQ_TRY(cut_axis(c, axis, starts[i], ends[i], step_count > 0 ? steps[i] : 1));
    }
    return TQ_OK;
}

tq_status tq_onnx__import_slice(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    cut c;
    TQ_TRY(tq_onnx__input(node, 0, &input));
    TQ_TRY(read_cut(node, input, &c));
    return add_slice(node, input, c, 0);
}

/* Parts of equal size, the last one smaller if need be, unless they are listed. */
static tq_status read_parts(const tq_onnx_node *node, int64_t size, int64_t *parts)
{
    const size_t outputs = node->proto->n_output;
    size_t count;
    int64_t sum = 0;
    TQ_TRY(tq_onnx__list(node, 1, "split", parts, TQ_ONNX_MOST_OUTPUTS, &count));
    const int64_t each = (size + (int64_t)outputs - 1) / (int64_t)outputs;
    for (size_t i = 0; count == 0 && i < outputs; ++i)
        parts[i] = tq_onnx__clamp(size - (int64_t)i * each, 0, each);
    for (size_t i = 0; i < outputs; ++i)
        sum += parts[i] = tq_onnx__clamp(parts[i], 0, size + 1);
    if ((count != 0 && count != outputs) || sum != size)
        return tq_status__fail(TQ_E_FORMAT,
                               "a dimension of %lld cannot be cut into the %zu parts that are asked for",
                               (long long)size, outputs);
    return TQ_OK;
}

tq_status tq_onnx__import_split(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    int64_t parts[TQ_ONNX_MOST_OUTPUTS], axis = tq_onnx__int(node, "axis", 0), first = 0;
    TQ_TRY(tq_onnx__input(node, 0, &input));
    TQ_TRY(tq_onnx__check_axis(&axis, input->shape.rank));
    TQ_TRY(read_parts(node, input->shape.dim[axis], parts));
    for (size_t i = 0; i < node->proto->n_output; ++i) {
        cut c = whole(&input->shape);
        c.first[axis] = first;
        c.shape.dim[axis] = parts[i];
        first += parts[i];
        if (*tq_onnx__text(node->proto->output[i]) == '\0')
            continue;
        if (parts[i] == 0)
            return tq_status__fail(TQ_E_UNSUPPORTED, "part %zu is empty", i);
        TQ_TRY(add_slice(node, input, c, i));
    }
    return TQ_OK;
}

static tq_status read_pads(const tq_onnx_node *node, int rank, int64_t *before, int64_t *after)
{
    int64_t pads[2 * TQ_MAX_RANK], axes[TQ_MAX_RANK];
    size_t count, axis_count;
    TQ_TRY(tq_onnx__list(node, 1, "pads", pads, 2 * TQ_MAX_RANK, &count));
    TQ_TRY(tq_onnx__list(node, 3, "", axes, TQ_MAX_RANK, &axis_count));
    const size_t padded = axis_count > 0 ? axis_count : (size_t)rank;
    if (count != 2 * padded)
        return tq_status__fail(TQ_E_FORMAT, "%zu pads for %zu dimensions, needs two for each", count, padded);
    for (size_t i = 0; i < padded; ++i) {
        int64_t axis = axis_count > 0 ? axes[i] : (int64_t)i;
        TQ_TRY(tq_onnx__check_axis(&axis, rank));
        before[axis] = tq_onnx__clamp(pads[i], -INT32_MAX, INT32_MAX);
        after[axis] = tq_onnx__clamp(pads[padded + i], -INT32_MAX, INT32_MAX);
    }
    return TQ_OK;
}

/* What is put there: one number, an input from opset 11 on. */
static tq_status read_filler(const tq_onnx_node *node, float *filler)
{
    const tq_onnx_value *value;
    float *read;
    *filler = tq_onnx__float(node, "value", 0);
    if (!tq_onnx__has_input(node, 2))
        return TQ_OK;
    TQ_TRY(tq_onnx__constant(node, 2, &value));
    if (tq_shape_count(&value->shape) != 1)
        return tq_status__fail(TQ_E_FORMAT, "input '%s' has more than one number", node->proto->input[2]);
    TQ_TRY(tq_onnx__floats(value, &read));
    *filler = *read;
    free(read);
    return TQ_OK;
}

tq_status tq_onnx__import_pad(tq_onnx_node *node)
{
    static const char *const modes[] = {"constant", "reflect", "edge", NULL}; /* as tq_pad_mode */
    const tq_onnx_value *input;
    int64_t before[TQ_MAX_RANK] = {0}, after[TQ_MAX_RANK] = {0};
    int mode;
    float filler;
    tq_text options = {0};
    TQ_TRY(tq_onnx__input(node, 0, &input));
    tq_shape shape = input->shape;
    TQ_TRY(tq_onnx__choice(node, "mode", modes, &mode));
    TQ_TRY(read_pads(node, shape.rank, before, after));
    TQ_TRY(read_filler(node, &filler));
    for (int i = 0; i < shape.rank; ++i)
        shape.dim[i] += before[i] + after[i];
    if (input->role == TQ_ONNX_TENSOR && (before[0] != 0 || after[0] != 0))
        TQ_TRY(tq_onnx__fix_batch(node));
    tq_onnx__print_list(&options, "before", before, shape.rank);
    tq_onnx__print_list(&options, "after", after, shape.rank);
    tq_text__print(&options, ",mode=%s,value=%.9g", modes[mode], (double)filler);
    return tq_onnx__add_move(node, "pad", &options, input, 0, &shape);
}

/* The shape that NumPy's rules give for a tensor and a list of dimensions. */
static tq_status broadcast(const tq_shape *from, const int64_t *wanted, size_t count, tq_shape *to)
{
    const int rank = from->rank > (int)count ? from->rank : (int)count;
    *to = (tq_shape){.rank = rank};
    for (int i = 0; i < rank; ++i) {
        const int own = i - (rank - from->rank), other = i - (rank - (int)count);
        const int64_t a = own < 0 ? 1 : from->dim[own], b = other < 0 ? 1 : wanted[other];
        to->dim[i] = a == 1 ? b : a;
        if (b < 1 || (a != 1 && b != 1 && a != b))
            return tq_status__fail(TQ_E_SHAPE, "dimension %d of %lld does not expand to %lld", i,
                                   (long long)a, (long long)b);
    }
    return TQ_OK;
}

tq_status tq_onnx__import_expand(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    int64_t wanted[TQ_MAX_RANK];
    size_t count;
    tq_shape shape;
    tq_text options = {0};
    TQ_TRY(tq_onnx__input(node, 0, &input));
    TQ_TRY(tq_onnx__list(node, 1, "", wanted, TQ_MAX_RANK, &count));
    TQ_TRY(broadcast(&input->shape, wanted, count, &shape));
    if (tq_shape_equal(&shape, &input->shape))
        return tq_onnx__alias(node, input);
    tq_shape printed = shape;
    if (shape.rank == input->shape.rank && shape.dim[0] == input->shape.dim[0])
        printed.dim[0] = 0;
    else if (input->role == TQ_ONNX_TENSOR)
        TQ_TRY(tq_onnx__fix_batch(node));
    tq_text__print(&options, "rank=%d", shape.rank);
    tq_onnx__print_list(&options, "shape", printed.dim, shape.rank);
    return tq_onnx__add_move(node, "expand", &options, input, 0, &shape);
}

tq_status tq_onnx__import_tile(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    int64_t repeats[TQ_MAX_RANK];
    size_t count;
    tq_text options = {0};
    TQ_TRY(tq_onnx__input(node, 0, &input));
    TQ_TRY(tq_onnx__list(node, 1, "", repeats, TQ_MAX_RANK, &count));
    tq_shape shape = input->shape;
    if (count != (size_t)shape.rank)
        return tq_status__fail(TQ_E_FORMAT, "%zu repeats for %d dimensions", count, shape.rank);
    for (int i = 0; i < shape.rank; ++i) {
        if (repeats[i] < 1 || repeats[i] > INT32_MAX || shape.dim[i] > INT32_MAX)
            return tq_status__fail(TQ_E_UNSUPPORTED, "%lld repeats of %lld indices, supported: 1 to %d",
                                   (long long)repeats[i], (long long)shape.dim[i], INT32_MAX);
        shape.dim[i] *= repeats[i];
    }
    if (input->role == TQ_ONNX_TENSOR && repeats[0] != 1)
        TQ_TRY(tq_onnx__fix_batch(node));
    tq_onnx__print_list(&options, "repeats", repeats, shape.rank);
    return tq_onnx__add_move(node, "replicate", &options, input, 0, &shape);
}

tq_status tq_onnx__import_depth_to_space(tq_onnx_node *node)
{
    static const char *const onnx_modes[] = {"DCR", "CRD", NULL}, *const modes[] = {"dcr", "crd"};
    const tq_onnx_value *input;
    int mode;
    tq_text options = {0};
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    TQ_TRY(tq_onnx__need_rank(node, 0, input, 4));
    TQ_TRY(tq_onnx__choice(node, "mode", onnx_modes, &mode));
    const int64_t block = tq_onnx__clamp(tq_onnx__int(node, "blocksize", 0), 0, 4097);
    tq_text__print(&options, "block=%lld,mode=%s", (long long)block, modes[mode]);
    const int64_t *d = input->shape.dim;
    const tq_shape shape = tq_shape_of(
        4, (const int64_t[]){d[0], block > 0 ? d[1] / (block * block) : 0, d[2] * block, d[3] * block});
    return tq_onnx__add_move(node, "depthtospace", &options, input, 0, &shape);
}

tq_status tq_onnx__import_space_to_depth(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    tq_text options = {0};
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    TQ_TRY(tq_onnx__need_rank(node, 0, input, 4));
    const int64_t block = tq_onnx__clamp(tq_onnx__int(node, "blocksize", 0), 0, 4097);
    tq_text__print(&options, "block=%lld", (long long)block);
    const int64_t *d = input->shape.dim;
    const tq_shape shape =
        tq_shape_of(4, (const int64_t[]){d[0], d[1] * block * block, block > 0 ? d[2] / block : 0,
                                         block > 0 ? d[3] / block : 0});
    return tq_onnx__add_move(node, "spacetodepth", &options, input, 0, &shape);
}
