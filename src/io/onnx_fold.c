#include "io/onnx_fold.h"

#include <stdlib.h>
#include <string.h>

#include "layers/move.h"

/* A few bytes of a file can ask for constants of any size: of one, and of all that are computed. */
#define MOST_FLOATS   ((int64_t)1 << 27)
#define MOST_INTEGERS ((int64_t)1 << 24)
#define MOST_REPEATED ((int64_t)1 << 24)
#define MOST_BYTES    ((size_t)1 << 30)

/* Ordered by name. Constant, Flatten, Identity, Reshape, Squeeze, Transpose and Unsqueeze, and what
 * tq_onnx__add_move adds, take constants anyway. */
static const tq_onnx_fold folds[] = {
    {"Abs", tq_onnx__fold_arithmetic, 1, 1, "", false},
    {"Add", tq_onnx__fold_arithmetic, 2, 2, "", false},
    {"And", tq_onnx__fold_arithmetic, 2, 2, "", false},
    {"Cast", tq_onnx__fold_cast, 1, 1, "to:i", false},
    {"Ceil", tq_onnx__fold_arithmetic, 1, 1, "", false},
    {"Concat", tq_onnx__fold_concat, 1, TQ_LAYER_INPUTS, "axis:i", false},
    {"ConstantOfShape", tq_onnx__fold_constant_of_shape, 1, 1, "value:t", false},
    {"Div", tq_onnx__fold_arithmetic, 2, 2, "", false},
    {"Equal", tq_onnx__fold_arithmetic, 2, 2, "", false},
    {"Floor", tq_onnx__fold_arithmetic, 1, 1, "", false},
    {"Greater", tq_onnx__fold_arithmetic, 2, 2, "", false},
    {"GreaterOrEqual", tq_onnx__fold_arithmetic, 2, 2, "", false},
    {"Less", tq_onnx__fold_arithmetic, 2, 2, "", false},
    {"LessOrEqual", tq_onnx__fold_arithmetic, 2, 2, "", false},
    {"Max", tq_onnx__fold_arithmetic, 2, 2, "", false},
    {"Min", tq_onnx__fold_arithmetic, 2, 2, "", false},
    {"Mod", tq_onnx__fold_arithmetic, 2, 2, "fmod:i", false},
    {"Mul", tq_onnx__fold_arithmetic, 2, 2, "", false},
    {"Neg", tq_onnx__fold_arithmetic, 1, 1, "", false},
    {"Not", tq_onnx__fold_arithmetic, 1, 1, "", false},
    {"Or", tq_onnx__fold_arithmetic, 2, 2, "", false},
    {"Range", tq_onnx__fold_range, 3, 3, "", false},
    {"ReduceMax", tq_onnx__fold_reduce, 1, 2, "axes:I keepdims:i", false},
    {"ReduceMin", tq_onnx__fold_reduce, 1, 2, "axes:I keepdims:i", false},
    {"ReduceProd", tq_onnx__fold_reduce, 1, 2, "axes:I keepdims:i", false},
    {"ReduceSum", tq_onnx__fold_reduce, 1, 2, "axes:I keepdims:i", false},
    {"Shape", tq_onnx__fold_shape, 1, 1, "end:i start:i", true},
    {"Size", tq_onnx__fold_size, 1, 1, "", true},
    {"Sqrt", tq_onnx__fold_arithmetic, 1, 1, "", false},
    {"Sub", tq_onnx__fold_arithmetic, 2, 2, "", false},
    {"Where", tq_onnx__fold_where, 3, 3, "", false},
};

const tq_onnx_fold *tq_onnx__fold_of(const char *name)
{
    for (size_t i = 0; i < TQ_COUNT(folds); ++i)
        if (strcmp(folds[i].name, name) == 0)
            return &folds[i];
    return NULL;
}

void tq_onnx__print_folds(tq_text *to)
{
    for (size_t i = 0; i < TQ_COUNT(folds); ++i)
        tq_text__print(to, "%s%s", i > 0 ? ", " : "", folds[i].name);
}

bool tq_onnx__folds(const tq_onnx_node *node, const tq_onnx_fold *fold)
{
    for (size_t i = 0; i < node->proto->n_input; ++i) {
        const tq_onnx_value *value = tq_onnx__find(node->onnx, tq_onnx__text(node->proto->input[i]));
        if (value == NULL || (value->role != TQ_ONNX_CONSTANT && !fold->any_input))
            return false;
    }
    return node->proto->n_input > 0;
}

tq_status tq_onnx__fold(tq_onnx_node *node, const tq_onnx_fold *fold)
{
    if (node->proto->n_input < fold->inputs_least || node->proto->n_input > fold->inputs_most)
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "operator '%s' of constants has %zu inputs, supported: %zu to %zu", fold->name,
                               node->proto->n_input, fold->inputs_least, fold->inputs_most);
    TQ_TRY(tq_onnx__check_attributes(node, fold->attributes));
    return fold->fold(node);
}

tq_status tq_onnx__make_numbers(const tq_shape *shape, bool integer, tq_onnx_numbers *n)
{
    *n = (tq_onnx_numbers){.shape = *shape, .count = tq_shape_count(shape)};
    const int64_t most = integer ? MOST_INTEGERS : MOST_FLOATS;
    if (n->count == 0 || n->count > most)
        return tq_status__fail(TQ_E_UNSUPPORTED, "a constant with %lld numbers, supported: 1 to %lld",
                               (long long)n->count, (long long)most);
    if (integer)
        n->integers = calloc((size_t)n->count, sizeof *n->integers);
    else
        n->floats = calloc((size_t)n->count, sizeof *n->floats);
    if (n->integers == NULL && n->floats == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a constant of %lld numbers", (long long)n->count);
    return TQ_OK;
}

void tq_onnx__free_numbers(tq_onnx_numbers *n)
{
    free(n->integers);
    free(n->floats);
    *n = (tq_onnx_numbers){0};
}

tq_status tq_onnx__numbers(const tq_onnx_value *value, tq_onnx_numbers *n)
{
    size_t count;
    *n = (tq_onnx_numbers){.shape = value->shape, .count = tq_shape_count(&value->shape)};
    if (!tq_onnx__is_integer(value))
        return tq_onnx__floats(value, &n->floats);
    TQ_TRY(tq_onnx__make_numbers(&value->shape, true, n));
    const tq_status status = tq_onnx__integers(value, n->integers, (size_t)n->count, &count);
    if (status != TQ_OK)
        tq_onnx__free_numbers(n);
    return status;
}

tq_status tq_onnx__define_numbers(const tq_onnx_node *node, size_t i, tq_onnx_numbers *n)
{
    tq_onnx_value made;
    const tq_shape shape = n->shape;
    const int64_t *integers = n->integers;
    const float *floats = n->floats;
    void *numbers = n->integers != NULL ? (void *)n->integers : (void *)n->floats;
    const size_t bytes = (size_t)n->count * (integers != NULL ? sizeof *integers : sizeof *floats);
    *n = (tq_onnx_numbers){0};
    TQ_TRY(tq_onnx__keep(node->onnx, numbers));
    node->onnx->computed_bytes += bytes;
    if (node->onnx->computed_bytes > MOST_BYTES)
        return tq_status__fail(TQ_E_UNSUPPORTED, "the graph computes constants of more than %zu bytes",
                               MOST_BYTES);
    TQ_TRY(tq_onnx__make_constant(node->onnx, &shape, floats, integers, &made));
    return tq_onnx__define(node->onnx, node->proto->output[i], &made);
}

tq_status tq_onnx__finish_numbers(const tq_onnx_node *node, size_t i, tq_status status, tq_onnx_numbers *n)
{
    if (status == TQ_OK)
        return tq_onnx__define_numbers(node, i, n);
    tq_onnx__free_numbers(n);
    return status;
}

tq_status tq_onnx__fold_three(const tq_onnx_node *node,
                              tq_status (*fold)(const tq_onnx_node *node, const tq_onnx_numbers n[3]))
{
    tq_onnx_numbers n[3] = {{.count = 0}};
    tq_status status = TQ_OK;
    for (size_t i = 0; status == TQ_OK && i < 3; ++i) {
        const tq_onnx_value *value;
        status = tq_onnx__constant(node, i, &value);
        if (status == TQ_OK)
            status = tq_onnx__numbers(value, &n[i]);
    }
    if (status == TQ_OK)
        status = fold(node, n);
    for (size_t i = 0; i < 3; ++i)
        tq_onnx__free_numbers(&n[i]);
    return status;
}

/* A planned layer of the kind knows where each number comes from; 8-byte integers move as well. */
static tq_status move_numbers(tq_layer *layer, const tq_onnx_numbers *from, tq_onnx_numbers *to)
{
    const int64_t zero = 0;
    tq_shape shape;
    TQ_TRY(tq_layer_plan(layer, &from->shape, 1, NULL));
    TQ_TRY(tq_layer_output_shape(layer, &shape));
    TQ_TRY(tq_onnx__make_numbers(&shape, from->integers != NULL, to));
    const tq_moved *moved = layer->state;
    if (from->integers != NULL)
        tq_move__host(&moved->move, to->integers, from->integers, sizeof *to->integers, &zero);
    else
        tq_move__host(&moved->move, to->floats, from->floats, sizeof *to->floats, &moved->constant);
    return TQ_OK;
}

tq_status tq_onnx__check_growth(const tq_shape *from, const tq_shape *to)
{
    const int64_t before = tq_shape_count(from), after = tq_shape_count(to);
    if (after > 0 && (after <= before || after <= MOST_REPEATED))
        return TQ_OK;
    return tq_status__fail(TQ_E_UNSUPPORTED, "a constant of %lld numbers grows to %lld, supported: 1 to %lld",
                           (long long)before, (long long)after, (long long)MOST_REPEATED);
}

tq_status tq_onnx__fold_move(const tq_onnx_node *node, const char *kind, const char *options,
                             const tq_onnx_value *input, size_t i, const tq_shape *shape)
{
    tq_onnx_numbers from, to = {0};
    tq_layer *layer;
    TQ_TRY(tq_onnx__check_growth(&input->shape, shape));
    TQ_TRY(tq_layer_create(&layer, node->onnx->context, kind, "constant", options));
    tq_status status = tq_onnx__numbers(input, &from);
    if (status == TQ_OK) {
        status = move_numbers(layer, &from, &to);
        tq_onnx__free_numbers(&from);
    }
    tq_layer_destroy(layer);
    return tq_onnx__finish_numbers(node, i, status, &to);
}
