/* Constants from shapes and from other constants: Shape, Size, ConstantOfShape, Range, Cast, Concat,
 * reductions. */
#include <math.h>
#include <string.h>

#include "io/onnx_fold.h"

tq_status tq_onnx__fold_shape(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    tq_onnx_numbers to;
    TQ_TRY(tq_onnx__input(node, 0, &input));
    const int rank = input->shape.rank;
    int64_t start = tq_onnx__int(node, "start", 0), end = tq_onnx__int(node, "end", rank);
    start = tq_onnx__clamp(start < 0 ? start + rank : start, 0, rank);
    end = tq_onnx__clamp(end < 0 ? end + rank : end, 0, rank);
    const tq_shape shape = {.rank = 1, .dim = {end - start}};
    TQ_TRY(tq_onnx__make_numbers(&shape, true, &to));
    memcpy(to.integers, input->shape.dim + start, (size_t)to.count * sizeof *to.integers);
    return tq_onnx__define_numbers(node, 0, &to);
}

tq_status tq_onnx__fold_size(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    tq_onnx_numbers to;
    TQ_TRY(tq_onnx__input(node, 0, &input));
    TQ_TRY(tq_onnx__make_numbers(&(tq_shape){.rank = 0}, true, &to));
    to.integers[0] = tq_shape_count(&input->shape);
    return tq_onnx__define_numbers(node, 0, &to);
}

/* The one number that is repeated: 0.0f, or that of attribute "value". */
static tq_status read_filler(const tq_onnx_node *node, tq_onnx_numbers *filler)
{
    const Onnx__AttributeProto *a = tq_onnx__attribute(node, "value");
    if (a == NULL)
        return tq_onnx__make_numbers(&(tq_shape){.rank = 0}, false, filler);
    const tq_onnx_value value = {.role = TQ_ONNX_CONSTANT, .shape = tq_onnx__dims(a->t), .source = a->t};
    if (tq_shape_count(&value.shape) != 1)
        return tq_status__fail(TQ_E_FORMAT, "attribute 'value' has not one number");
    return tq_onnx__numbers(&value, filler);
}

tq_status tq_onnx__fold_constant_of_shape(tq_onnx_node *node)
{
    const tq_onnx_value *list;
    tq_onnx_numbers filler, to;
    int64_t dims[TQ_MAX_RANK];
    size_t rank;
    TQ_TRY(tq_onnx__constant(node, 0, &list));
    TQ_TRY(tq_onnx__integers(list, dims, TQ_MAX_RANK, &rank));
    const tq_shape shape = tq_shape_of((int)rank, dims);
    TQ_TRY(read_filler(node, &filler));
    tq_status status = tq_onnx__make_numbers(&shape, filler.integers != NULL, &to);
    for (int64_t i = 0; status == TQ_OK && i < to.count; ++i) {
        if (to.integers != NULL)
            to.integers[i] = filler.integers[0];
        else
            to.floats[i] = filler.floats[0];
    }
    tq_onnx__free_numbers(&filler);
    return tq_onnx__finish_numbers(node, 0, status, &to);
}

/* Start, limit and step are scalars. */
static tq_status count_up(const tq_onnx_node *node, const tq_onnx_numbers n[3])
{
    tq_onnx_numbers to;
    const bool integer = n[0].integers != NULL;
    double v[3];
    for (int i = 0; i < 3; ++i) {
        if (n[i].count != 1 || integer != (n[i].integers != NULL))
            return tq_status__fail(TQ_E_FORMAT, "operator 'Range' needs three numbers of one type");
        v[i] = integer ? (double)n[i].integers[0] : n[i].floats[0];
    }
    const double count = ceil((v[1] - v[0]) / v[2]);
    if (!(count >= 1.0 && count < 0x1p32))
        return tq_status__fail(TQ_E_UNSUPPORTED, "a range from %g to %g in steps of %g", v[0], v[1], v[2]);
    const tq_shape shape = tq_shape_of(1, (const int64_t[]){(int64_t)count});
    TQ_TRY(tq_onnx__check_growth(&n[0].shape, &shape));
    TQ_TRY(tq_onnx__make_numbers(&shape, integer, &to));
    for (int64_t i = 0; i < to.count; ++i) {
        if (integer)
            to.integers[i] = (int64_t)((uint64_t)n[0].integers[0] + (uint64_t)i * (uint64_t)n[2].integers[0]);
        else
            to.floats[i] = n[0].floats[0] + (float)i * n[2].floats[0];
    }
    return tq_onnx__define_numbers(node, 0, &to);
}

tq_status tq_onnx__fold_range(tq_onnx_node *node)
{
    return tq_onnx__fold_three(node, count_up);
}

/* Between integers and floats; what is not whole goes towards zero. */
static tq_status convert(const tq_onnx_numbers *from, int64_t type, tq_onnx_numbers *to)
{
    for (int64_t i = 0; i < to->count; ++i) {
        const double number = from->integers != NULL ? (double)from->integers[i] : from->floats[i];
        if (to->floats != NULL)
            to->floats[i] = from->integers != NULL ? (float)from->integers[i] : from->floats[i];
        else if (type == ONNX__TENSOR_PROTO__DATA_TYPE__BOOL)
            to->integers[i] = number != 0.0;
        else if (from->integers != NULL)
            to->integers[i] = type == ONNX__TENSOR_PROTO__DATA_TYPE__INT32
                                  ? (int64_t)(int32_t)(uint32_t)(uint64_t)from->integers[i]
                                  : from->integers[i];
        else if (fabs(number) < 0x1p31 ||
                 (fabs(number) < 0x1p63 && type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64))
            to->integers[i] = (int64_t)number;
        else
            return tq_status__fail(TQ_E_UNSUPPORTED, "%.9g does not fit the integer type %lld", number,
                                   (long long)type);
    }
    return TQ_OK;
}

tq_status tq_onnx__fold_cast(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    tq_onnx_numbers from, to;
    const int64_t type = tq_onnx__int(node, "to", 0);
    const bool is_float = type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    if (!is_float && type != ONNX__TENSOR_PROTO__DATA_TYPE__INT64 &&
        type != ONNX__TENSOR_PROTO__DATA_TYPE__INT32 && type != ONNX__TENSOR_PROTO__DATA_TYPE__BOOL)
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "a cast to data type %lld; supported of constants: float (1), int32 (6), "
                               "int64 (7), bool (9)",
                               (long long)type);
    TQ_TRY(tq_onnx__constant(node, 0, &input));
    TQ_TRY(tq_onnx__numbers(input, &from));
    tq_status status = tq_onnx__make_numbers(&from.shape, !is_float, &to);
    if (status == TQ_OK)
        status = convert(&from, type, &to);
    tq_onnx__free_numbers(&from);
    return tq_onnx__finish_numbers(node, 0, status, &to);
}

/* Copies an input to where it begins in each row; moves that on. */
static tq_status copy_rows(const tq_onnx_value *input, int64_t axis, tq_onnx_numbers *to, int64_t *begin)
{
    tq_onnx_numbers from;
    const int64_t row = tq_onnx__row_of(&input->shape, axis), pitch = tq_onnx__row_of(&to->shape, axis);
    TQ_TRY(tq_onnx__numbers(input, &from));
    const size_t width = to->integers != NULL ? sizeof *to->integers : sizeof *to->floats;
    char *const there = to->integers != NULL ? (char *)to->integers : (char *)to->floats;
    const char *const here = from.integers != NULL ? (const char *)from.integers : (const char *)from.floats;
    const bool same = (from.integers != NULL) == (to->integers != NULL);
    for (int64_t i = 0; same && i < from.count / row; ++i)
        memcpy(there + (size_t)(i * pitch + *begin) * width, here + (size_t)(i * row) * width,
               (size_t)row * width);
    tq_onnx__free_numbers(&from);
    *begin += row;
    return same ? TQ_OK : tq_status__fail(TQ_E_FORMAT, "constants of two types are joined");
}

static tq_status joined_shape(const tq_onnx_node *node, int64_t axis, tq_shape *shape)
{
    const tq_onnx_value *input;
    TQ_TRY(tq_onnx__constant(node, 0, &input));
    *shape = input->shape;
    for (size_t i = 1; i < node->proto->n_input; ++i) {
        TQ_TRY(tq_onnx__constant(node, i, &input));
        tq_shape other = input->shape;
        if (other.rank == shape->rank) {
            shape->dim[axis] += other.dim[axis];
            other.dim[axis] = shape->dim[axis];
        }
        if (!tq_shape_equal(&other, shape))
            return tq_status__fail(TQ_E_SHAPE, "constant '%s' does not fit the one before",
                                   node->proto->input[i]);
    }
    return TQ_OK;
}

tq_status tq_onnx__fold_concat(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    tq_onnx_numbers to;
    tq_shape shape;
    int64_t axis = tq_onnx__int(node, "axis", 1), begin = 0;
    TQ_TRY(tq_onnx__constant(node, 0, &input));
    TQ_TRY(tq_onnx__check_axis(&axis, input->shape.rank));
    TQ_TRY(joined_shape(node, axis, &shape));
    TQ_TRY(tq_onnx__make_numbers(&shape, tq_onnx__is_integer(input), &to));
    tq_status status = TQ_OK;
    for (size_t i = 0; status == TQ_OK && i < node->proto->n_input; ++i) {
        status = tq_onnx__constant(node, i, &input);
        if (status == TQ_OK)
            status = copy_rows(input, axis, &to, &begin);
    }
    return tq_onnx__finish_numbers(node, 0, status, &to);
}

static int64_t reduced(const char *name, const tq_onnx_numbers *n)
{
    int64_t result = n->integers[0];
    for (int64_t i = 1; i < n->count; ++i) {
        const int64_t next = n->integers[i];
        if (strcmp(name, "ReduceProd") == 0)
            result = (int64_t)((uint64_t)result * (uint64_t)next);
        else if (strcmp(name, "ReduceSum") == 0)
            result = (int64_t)((uint64_t)result + (uint64_t)next);
        else if (strcmp(name, "ReduceMax") == 0 ? next > result : next < result)
            result = next;
    }
    return result;
}

/* Of a list of integers, all of it: the dimensions of a shape. */
tq_status tq_onnx__fold_reduce(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    tq_onnx_numbers from, to;
    TQ_TRY(tq_onnx__constant(node, 0, &input));
    if (input->shape.rank > 1 || !tq_onnx__is_integer(input))
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "operator '%s' of a constant is supported on a list of integers",
                               node->proto->op_type);
    TQ_TRY(tq_onnx__numbers(input, &from));
    const tq_shape shape = {.rank = tq_onnx__int(node, "keepdims", 1) != 0, .dim = {1}};
    const tq_status status = tq_onnx__make_numbers(&shape, true, &to);
    if (status == TQ_OK)
        to.integers[0] = reduced(node->proto->op_type, &from);
    tq_onnx__free_numbers(&from);
    return tq_onnx__finish_numbers(node, 0, status, &to);
}
