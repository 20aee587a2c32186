/*
 * matmul: y[e][m][n] = RESULT(SUM over k of PRODUCT(a[e][m][k] * b[e][k][n])), k ascending, for every entry e
 * of the dimensions in front: a contraction without bias whose second operand is computed, too.
 */
#include <stdlib.h>

#include "layers/contract.h"
#include "layers/matrices.h"

/* Where the matrices of a tensor lie, and an array of them without gaps, unless they lie so. */
typedef struct tq_operand_place {
    tq_matrices matrices;
    tq_memory *begin; /* first elements, by entry */
    tq_tensor *array; /* NULL: the tensor itself */
} tq_operand_place;

typedef struct tq_matmul {
    tq_operand_place a, b, y;
    int64_t entries; /* matrices of b that differ: 1, or as many as y has */
    tq_contraction *contraction;
} tq_matmul;

static const tq_parameter options[] = {
    {.name = "order",
     .initial = 0,
     .lowest = 0,
     .highest = 1,
     .choices = tq_order_choices,
     .help = "how rank-4 tensors are counted"},
    TQ_CONTRACT_EXACT,
};

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape a = tq_reorder__sequence(layer, &layer->input[0]);
    const tq_shape b = tq_reorder__sequence(layer, &layer->input[1]);
    tq_shape product;
    TQ_TRY(tq_matrices__product(&a, &b, &product));
    *output = tq_reorder__stored(layer, &product);
    return TQ_OK;
}

/* Fills in `begin`; whether the matrices lie one behind the other, row by row. */
static bool locate(tq_u64 *begin, const tq_matrices *m, const tq_shape *product, int64_t entries)
{
    const int64_t rows = tq_matrices__rows(m), columns = tq_matrices__columns(m);
    bool plain = (tq_matrices__row_stride(m) == columns || rows == 1) &&
                 (tq_matrices__column_stride(m) == 1 || columns == 1);
    for (int64_t i = 0; i < entries; ++i) {
        begin[i] = (tq_u64)tq_matrices__begin(m, product, i);
        plain = plain && begin[i] == (tq_u64)(i * rows * columns);
    }
    return plain;
}

static tq_status place(tq_operand_place *operand, tq_context *context, const tq_shape *product, bool in_place)
{
    const tq_matrices *m = &operand->matrices;
    const int64_t entries = tq_matrices__entries(product);
    const size_t bytes = (size_t)entries * sizeof(tq_u64);
    const tq_shape array =
        tq_shape_of(3, (const int64_t[]){entries, tq_matrices__rows(m), tq_matrices__columns(m)});
    tq_u64 *begin = malloc(bytes);
    if (begin == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld matrices", (long long)entries);
    const bool plain = locate(begin, m, product, entries);
    const tq_status status = tq_memory__of(&operand->begin, context, begin, bytes);
    free(begin);
    return status == TQ_OK && !plain && !in_place ? tq_tensor_create(&operand->array, context, &array)
                                                  : status;
}

static void unplace(tq_operand_place *operand)
{
    tq_memory__release(operand->begin);
    tq_tensor_destroy(operand->array);
    operand->begin = NULL;
    operand->array = NULL;
}

/* One matrix is a dense layer of as many samples as it has rows. */
static tq_contraction_setup setup_of(const tq_layer *layer, int64_t rows)
{
    const tq_matmul *state = layer->state;
    const tq_geometry geometry = tq_geometry__product(rows, tq_matrices__rows(&state->b.matrices),
                                                      tq_matrices__columns(&state->y.matrices));
    return (tq_contraction_setup){.geometry = geometry,
                                  .accumulation = tq_contract__accumulation(layer),
                                  .input = layer->input_range[0],
                                  .second = layer->input_range[1],
                                  .entries = (int32_t)state->entries,
                                  .seed = layer->quantizers.seed,
                                  .id = layer->quantizers.id};
}

/* Rows of all matrices of the output. */
static int64_t all_rows(const tq_layer *layer)
{
    const tq_matmul *state = layer->state;
    return tq_shape_count(&layer->output) / tq_matrices__columns(&state->y.matrices);
}

static tq_status make_contraction(tq_layer *layer)
{
    tq_matmul *state = layer->state;
    const int64_t rows = all_rows(layer);
    if (rows > INT32_MAX || tq_matrices__columns(&state->y.matrices) > INT32_MAX ||
        tq_matrices__rows(&state->b.matrices) > INT32_MAX)
        return tq_status__fail(TQ_E_SHAPE, "%lld rows of the output, or a dimension, is above %d",
                               (long long)rows, INT32_MAX);
    const tq_contraction_setup setup = setup_of(layer, rows);
    return tq_contraction__create(&state->contraction, layer->context, &setup, &layer->reasons);
}

static tq_status plan(tq_layer *layer)
{
    tq_matmul *state = layer->state;
    state->a.matrices = tq_matrices__of(layer, &layer->input[0]);
    state->b.matrices = tq_matrices__of(layer, &layer->input[1]);
    state->y.matrices = tq_matrices__of(layer, &layer->output);
    const tq_shape *product = &state->y.matrices.shape;
    state->entries = tq_matrices__entries(&state->b.matrices.shape) == 1 ? 1 : tq_matrices__entries(product);
    TQ_TRY(place(&state->a, layer->context, product, false));
    TQ_TRY(place(&state->b, layer->context, product, true));
    TQ_TRY(place(&state->y, layer->context, product, false));
    TQ_TRY(make_contraction(layer));
    const tq_contraction_path path = tq_contraction__path(state->contraction);
    tq_contract__describe(layer, &path);
    layer->macs = tq_shape_count(&layer->output) * tq_matrices__rows(&state->b.matrices);
    layer->output_range = tq_contract__range(layer, layer->input_range[1], tq_range__measure(NULL, 0),
                                             tq_matrices__rows(&state->b.matrices));
    return TQ_OK;
}

/* Number in the data set of the output's first row. */
static uint64_t first_row(const tq_layer *layer)
{
    return layer->first_sample * (uint64_t)(all_rows(layer) / layer->output.dim[0]);
}

/* `kernel`: gather or scatter. */
static tq_status move(const tq_layer *layer, const char *name, const tq_operand_place *operand,
                      const tq_tensor *from, const tq_tensor *to)
{
    const tq_matrices *m = &operand->matrices;
    const tq_u32 size[2] = {(tq_u32)tq_matrices__rows(m), (tq_u32)tq_matrices__columns(m)};
    const tq_u64 stride[2] = {(tq_u64)tq_matrices__row_stride(m), (tq_u64)tq_matrices__column_stride(m)};
    const tq_argument arguments[] = {TQ_TENSOR(from), TQ_TENSOR(to), TQ_MEMORY(operand->begin),
                                     TQ_VALUE(size), TQ_VALUE(stride)};
    tq_kernel *kernel;
    TQ_TRY(tq_layer__plain_kernel(layer, &kernel, "layers/matrices.cl", name));
    return tq_kernel__run_elements(kernel, tq_shape_count(tq_tensor_shape(operand->array)), arguments,
                                   TQ_COUNT(arguments));
}

static tq_status forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const tq_matmul *state = layer->state;
    const tq_second second = {.tensor = inputs[1],
                              .begin = state->b.begin,
                              .term_stride = tq_matrices__row_stride(&state->b.matrices),
                              .column_stride = tq_matrices__column_stride(&state->b.matrices)};
    const tq_tensor *x = state->a.array != NULL ? state->a.array : inputs[0];
    tq_tensor *y = state->y.array != NULL ? state->y.array : output;
    if (state->a.array != NULL)
        TQ_TRY(move(layer, "gather", &state->a, inputs[0], x));
    TQ_TRY(tq_contraction__multiply(state->contraction, x, &second, y, first_row(layer)));
    return state->y.array != NULL ? move(layer, "scatter", &state->y, y, output) : TQ_OK;
}

/* Between a matrix in a tensor and an array of its own. */
static void gather(float *to, const tq_matrices *m, const float *from)
{
    for (int64_t row = 0; row < tq_matrices__rows(m); ++row)
        for (int64_t column = 0; column < tq_matrices__columns(m); ++column)
            *to++ = from[row * tq_matrices__row_stride(m) + column * tq_matrices__column_stride(m)];
}

static void scatter(float *to, const tq_matrices *m, const float *from)
{
    for (int64_t row = 0; row < tq_matrices__rows(m); ++row)
        for (int64_t column = 0; column < tq_matrices__columns(m); ++column)
            to[row * tq_matrices__row_stride(m) + column * tq_matrices__column_stride(m)] = *from++;
}

static int64_t elements(const tq_matrices *m)
{
    return tq_matrices__rows(m) * tq_matrices__columns(m);
}

static tq_status reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const tq_matmul *state = layer->state;
    const tq_matrices *a = &state->a.matrices, *b = &state->b.matrices, *y = &state->y.matrices;
    tq_contraction_setup setup = setup_of(layer, tq_matrices__rows(y));
    float *memory = malloc((size_t)(elements(a) + elements(b) + elements(y)) * sizeof *memory);
    if (memory == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for the reference of a matrix product");
    float *const x = memory, *const w = x + elements(a), *const result = w + elements(b);
    setup.weight = w;
    for (int64_t i = 0; i < tq_matrices__entries(&y->shape); ++i) {
        gather(x, a, inputs[0] + tq_matrices__begin(a, &y->shape, i));
        gather(w, b, inputs[1] + tq_matrices__begin(b, &y->shape, i));
        tq_contraction__reference(&setup, x, result, first_row(layer) + (uint64_t)(i * tq_matrices__rows(y)));
        scatter(output + tq_matrices__begin(y, &y->shape, i), y, result);
    }
    free(memory);
    return TQ_OK;
}

static void release(tq_layer *layer)
{
    tq_matmul *state = layer->state;
    tq_contraction__destroy(state->contraction);
    state->contraction = NULL;
    unplace(&state->a);
    unplace(&state->b);
    unplace(&state->y);
}

const tq_layer_kind tq_layer_matmul = {
    .name = "matmul",
    .summary = "the matrix products of two tensors",
    .options = options,
    .option_count = TQ_COUNT(options),
    .inputs_least = 2,
    .inputs_most = 2,
    .inner = true,
    .state_size = sizeof(tq_matmul),
    .shape = shape,
    .plan = plan,
    .forward = forward,
    .reference = reference,
    .release = release,
};
