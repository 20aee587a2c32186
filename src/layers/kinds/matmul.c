/*
 * matmul: y[e][m][n] = RESULT(SUM over k of PRODUCT(a[e][m][k] * b[e][k][n])), k ascending, for every entry e
 * of the dimensions in front: a contraction without bias whose second operand is computed, too.
 */
#include <stdlib.h>

#include "accumulate/contraction.h"
#include "layers/matrices.h"

typedef struct tq_matmul {
    tq_matrices a, b, y;
    tq_kernel *kernel;
    tq_memory *entries; /* first elements of a, b, y for each entry */
    tq_inner inner;
} tq_matmul;

static const tq_parameter options[] = {
    {.name = "order",
     .initial = 0,
     .lowest = 0,
     .highest = 1,
     .choices = tq_order_choices,
     .help = "how rank-4 tensors are counted"},
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

static tq_status make_entries(tq_matmul *state, tq_context *context)
{
    const tq_shape *product = &state->y.shape;
    const int64_t count = tq_matrices__entries(product);
    const size_t bytes = (size_t)count * 3 * sizeof(tq_u64);
    tq_u64 *begin = malloc(bytes);
    if (begin == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld matrices", (long long)count);
    for (int64_t i = 0; i < count; ++i) {
        begin[3 * i] = (tq_u64)tq_matrices__begin(&state->a, product, i);
        begin[3 * i + 1] = (tq_u64)tq_matrices__begin(&state->b, product, i);
        begin[3 * i + 2] = (tq_u64)tq_matrices__begin(&state->y, product, i);
    }
    tq_status status = tq_memory__create(&state->entries, context, bytes);
    if (status == TQ_OK)
        status = tq_memory__write(state->entries, 0, begin, bytes);
    free(begin);
    return status;
}

static tq_range output_range(const tq_layer *layer)
{
    const tq_accumulation *a = &layer->quantizers.intrinsic;
    tq_range from = tq_range__unknown();
    from.finite =
        layer->input_range[0].finite && layer->input_range[1].finite && tq_accumulation__keeps_finite(a);
    return tq_range__quantized(from, &a->result);
}

static tq_status plan(tq_layer *layer)
{
    static const char *const files[] = {"accumulate/wide_sum.cl", "layers/matmul.cl"};
    tq_matmul *state = layer->state;
    const tq_accumulation *a = &layer->quantizers.intrinsic;
    state->a = tq_matrices__of(layer, &layer->input[0]);
    state->b = tq_matrices__of(layer, &layer->input[1]);
    state->y = tq_matrices__of(layer, &layer->output);
    if (tq_matrices__rows(&state->y) > INT32_MAX || tq_matrices__columns(&state->y) > INT32_MAX ||
        tq_matrices__rows(&state->b) > INT32_MAX)
        return tq_status__fail(TQ_E_SHAPE, "a matrix has a dimension above %d", INT32_MAX);
    state->inner = tq_inner__of(a, layer->quantizers.seed, layer->quantizers.id);
    layer->path = a->exact_sum ? "wide" : "general";
    layer->macs = tq_shape_count(&layer->output) * tq_matrices__rows(&state->b);
    layer->output_range = output_range(layer);
    TQ_TRY(make_entries(state, layer->context));
    return tq_layer__inner_kernel(layer, &state->kernel, files, TQ_COUNT(files), "matmul");
}

/* Number in the data set of the output's first row. */
static uint64_t first_row(const tq_layer *layer)
{
    const tq_matmul *state = layer->state;
    const int64_t rows = tq_shape_count(&layer->output) / tq_matrices__columns(&state->y);
    return layer->first_sample * (uint64_t)(rows / layer->output.dim[0]);
}

static tq_status forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const tq_matmul *state = layer->state;
    const tq_matrices *a = &state->a, *b = &state->b, *y = &state->y;
    const tq_inner *inner = &state->inner;
    const tq_u32 key[2] = {inner->key0, inner->key1};
    const tq_u64 first = first_row(layer);
    const tq_u32 size[4] = {(tq_u32)tq_matrices__rows(y), (tq_u32)tq_matrices__columns(y),
                            (tq_u32)tq_matrices__rows(b)};
    const tq_u64 stride[8] = {(tq_u64)tq_matrices__row_stride(a), (tq_u64)tq_matrices__column_stride(a),
                              (tq_u64)tq_matrices__row_stride(b), (tq_u64)tq_matrices__column_stride(b),
                              (tq_u64)tq_matrices__row_stride(y), (tq_u64)tq_matrices__column_stride(y)};
    const tq_argument arguments[] = {TQ_TENSOR(inputs[0]),
                                     TQ_TENSOR(inputs[1]),
                                     TQ_TENSOR(output),
                                     TQ_MEMORY(state->entries),
                                     TQ_VALUE(size),
                                     TQ_VALUE(stride),
                                     TQ_VALUE(inner->product.words),
                                     TQ_VALUE(inner->sum.words),
                                     TQ_VALUE(inner->result.words),
                                     TQ_VALUE(key),
                                     TQ_VALUE(first)};
    return tq_layer__run_elements(layer, state->kernel, tq_shape_count(&layer->output), arguments,
                                  TQ_COUNT(arguments));
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

/* One entry is a dense layer of as many samples as the matrix has rows. */
static tq_contraction_setup setup_of(const tq_layer *layer)
{
    const tq_matmul *state = layer->state;
    const int32_t terms = (int32_t)tq_matrices__rows(&state->b);
    const tq_geometry geometry = {.rows = (int32_t)tq_matrices__rows(&state->y),
                                  .in_rows = 1,
                                  .in_columns = 1,
                                  .in_channels = terms,
                                  .kernel_rows = 1,
                                  .kernel_columns = 1,
                                  .stride_rows = 1,
                                  .stride_columns = 1,
                                  .dilation_rows = 1,
                                  .dilation_columns = 1,
                                  .out_rows = 1,
                                  .out_columns = 1,
                                  .out_channels = (int32_t)tq_matrices__columns(&state->y),
                                  .group_inputs = terms,
                                  .groups = 1};
    return (tq_contraction_setup){.geometry = geometry,
                                  .accumulation = layer->quantizers.intrinsic,
                                  .seed = layer->quantizers.seed,
                                  .id = layer->quantizers.id};
}

static tq_status reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const tq_matmul *state = layer->state;
    const tq_matrices *a = &state->a, *b = &state->b, *y = &state->y;
    tq_contraction_setup setup = setup_of(layer);
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
    tq_kernel__destroy(state->kernel);
    tq_memory__release(state->entries);
    state->kernel = NULL;
    state->entries = NULL;
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
