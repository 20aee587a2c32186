/* resizelinear: images in another size, each pixel a weighted sum of up to four: SUM over taps of PRODUCT(x *
 * w). */
#include <math.h>
#include <stdlib.h>

#include "layers/coordinate.h"
#include "layers/lanes.h"
#include "tensorquant/kernels/accumulate/wide_sum.cl"

/* As kernels/layers/resizelinear.cl reads it: of one row or column. */
typedef struct tq_pair {
    tq_u32 element[2], weight[2]; /* from the image's first; bits, 0: no tap */
} tq_pair;

typedef struct tq_linear {
    tq_kernel *kernel;
    tq_inner inner;
    tq_memory *tables;
    tq_pair *pair;  /* rows, then columns */
    tq_u32 size[4]; /* channels, columns, rows of the output */
    tq_u64 image;   /* elements of one of the input */
} tq_linear;

static const tq_parameter options[] = {
    {.name = "size",
     .initial = 0,
     .lowest = 0,
     .highest = INT32_MAX,
     .count = 2,
     .integer = true,
     .help = "rows x columns; 0: by the scale"},
    {.name = "scale",
     .initial = 0,
     .lowest = 0,
     .highest = 1e9,
     .count = 2,
     .help = "of rows x columns; 0: by the size, or as the input's"},
    {.name = "coordinates",
     .initial = 0,
     .lowest = 0,
     .highest = 4,
     .choices = tq_coordinate_choices,
     .help = "where a row or column lies in the input"},
};

static tq_status shape(const tq_layer *layer, tq_shape *output)
{
    const tq_shape *in = &layer->input[0];
    tq_scaling rows, columns;
    if (in->rank != 4 || tq_shape_count(in) / in->dim[0] > UINT32_MAX)
        return tq_status__fail(TQ_E_SHAPE,
                               "input has rank %d, needs 4 (samples, rows, columns, channels), and up to "
                               "2^32 - 1 elements of a sample",
                               in->rank);
    TQ_TRY(tq_scaling__of(layer, 0, in->dim[1], &rows));
    TQ_TRY(tq_scaling__of(layer, 1, in->dim[2], &columns));
    *output = tq_shape_of(4, (const int64_t[]){in->dim[0], rows.to, columns.to, in->dim[3]});
    if (tq_shape_count(output) == 0)
        return tq_status__fail(TQ_E_SHAPE, "the output would have more than 2^62 elements");
    return TQ_OK;
}

/* The two neighbours of each index; at a whole place, and at the ends, one. */
static void fill(tq_pair *pair, const tq_scaling *scaling, int64_t step)
{
    for (int64_t i = 0; i < scaling->to; ++i) {
        const double place = tq_scaling__place(scaling, i), below = floor(place);
        const float second = (float)(place - below), first = 1.0f - second;
        const int64_t next = (int64_t)below + (second != 0.0f);
        pair[i] = (tq_pair){.element = {(tq_u32)((int64_t)below * step), (tq_u32)(next * step)},
                            .weight = {tq_bits__of(first), tq_bits__of(second)}};
    }
}

static tq_status make_tables(tq_layer *layer)
{
    tq_linear *state = layer->state;
    const tq_shape *in = &layer->input[0], *out = &layer->output;
    const size_t count = (size_t)(out->dim[1] + out->dim[2]);
    tq_scaling rows, columns;
    TQ_TRY(tq_scaling__of(layer, 0, in->dim[1], &rows));
    TQ_TRY(tq_scaling__of(layer, 1, in->dim[2], &columns));
    state->pair = malloc(count * sizeof *state->pair);
    if (state->pair == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %zu rows and columns", count);
    fill(state->pair, &rows, in->dim[2] * in->dim[3]);
    fill(state->pair + rows.to, &columns, in->dim[3]);
    return tq_memory__of(&state->tables, layer->context, state->pair, count * sizeof *state->pair);
}

static tq_status make_kernel(tq_layer *layer)
{
    static const char *const files[] = {"accumulate/wide_sum.cl", "layers/resizelinear.cl"};
    tq_linear *state = layer->state;
    const tq_accumulation *a = &layer->quantizers.intrinsic;
    const tq_device_info *device = tq_context__target(layer->context);
    const bool plain = tq_quantizer_is_none(&a->product) && tq_quantizer_is_none(&a->sum) && !a->exact_sum &&
                       device->subnormals && tq_lanes__allowed(layer->context, true);
    tq_program_text text = {0};
    tq_program_text__define(&text, "TQ_PLAIN", "%d", plain);
    return tq_layer__inner_kernel_of(layer, &state->kernel, &text, files, TQ_COUNT(files), "resize_linear");
}

static tq_status plan(tq_layer *layer)
{
    tq_linear *state = layer->state;
    const tq_shape *in = &layer->input[0], *out = &layer->output;
    const tq_accumulation *a = &layer->quantizers.intrinsic;
    tq_range from = tq_range__unknown();
    state->inner = tq_inner__of(a, layer->quantizers.seed, layer->quantizers.id);
    state->size[0] = (tq_u32)out->dim[3];
    state->size[1] = (tq_u32)out->dim[2];
    state->size[2] = (tq_u32)out->dim[1];
    state->image = (tq_u64)(tq_shape_count(in) / in->dim[0]);
    from.finite = layer->input_range[0].finite && tq_accumulation__keeps_finite(a);
    layer->output_range = tq_range__quantized(from, &a->result);
    TQ_TRY(make_tables(layer));
    return make_kernel(layer);
}

static tq_status forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output)
{
    const tq_linear *state = layer->state;
    const tq_inner *inner = &state->inner;
    const tq_u32 key[2] = {inner->key0, inner->key1};
    const tq_u64 first = tq_layer__first_element(layer);
    const tq_argument arguments[] = {TQ_TENSOR(inputs[0]),
                                     TQ_TENSOR(output),
                                     TQ_MEMORY(state->tables),
                                     TQ_VALUE(state->size),
                                     TQ_VALUE(state->image),
                                     TQ_VALUE(inner->product.words),
                                     TQ_VALUE(inner->sum.words),
                                     TQ_VALUE(inner->result.words),
                                     TQ_VALUE(key),
                                     TQ_VALUE(first)};
    return tq_kernel__run_elements(state->kernel, tq_shape_count(&layer->output), arguments,
                                   TQ_COUNT(arguments));
}

/* The sum of the taps of one output. */
static tq_exact interpolate(const tq_inner *inner, const float *x, const tq_pair *row, const tq_pair *column,
                            tq_u64 index)
{
    tq_wide wide;
    tq_u32 s = 0;
    tq_wide_clear(&wide);
    for (tq_u32 k = 0; k < 4; ++k) {
        const tq_u32 a = row->weight[k / 2], b = column->weight[k % 2];
        if (a == 0 || b == 0)
            continue;
        const float w = tq_bits__number(a) * tq_bits__number(b);
        tq_exact term =
            tq_exact_multiply(tq_exact_of(tq_bits__of(x[row->element[k / 2] + column->element[k % 2]])),
                              tq_exact_of(tq_bits__of(w)));
        if (!inner->fused)
            term = tq_exact_of(tq_inner__apply(inner, &inner->product, term, index, k, TQ_STREAM_PRODUCT));
        tq_wide_add(&wide, term);
        if (!inner->exact_sum)
            s = tq_inner__apply(inner, &inner->sum, tq_exact_add(tq_exact_of(s), term), index, k,
                                TQ_STREAM_SUM);
    }
    return inner->exact_sum ? tq_wide_value(&wide) : tq_exact_of(s);
}

static tq_status reference(const tq_layer *layer, const float *const *inputs, float *output)
{
    const tq_linear *state = layer->state;
    const int64_t channels = state->size[0], columns = state->size[1], rows = state->size[2];
    for (int64_t i = 0; i < tq_shape_count(&layer->output); ++i) {
        const int64_t pixel = i / channels, line = pixel / columns;
        const float *x = inputs[0] + line / rows * (int64_t)state->image + i % channels;
        const tq_u64 index = tq_layer__first_element(layer) + (tq_u64)i;
        const tq_exact v = interpolate(&state->inner, x, &state->pair[line % rows],
                                       &state->pair[rows + pixel % columns], index);
        output[i] = tq_bits__number(
            tq_inner__apply_element(&state->inner, &state->inner.result, v, index, TQ_STREAM_RESULT));
    }
    return TQ_OK;
}

static void release(tq_layer *layer)
{
    tq_linear *state = layer->state;
    tq_kernel__destroy(state->kernel);
    tq_memory__release(state->tables);
    free(state->pair);
    *state = (tq_linear){0};
}

const tq_layer_kind tq_layer_resizelinear = {
    .name = "resizelinear",
    .summary = "images in another size, by linear interpolation",
    .options = options,
    .option_count = TQ_COUNT(options),
    .inputs_least = 1,
    .inputs_most = 1,
    .inner = true,
    .state_size = sizeof(tq_linear),
    .shape = shape,
    .plan = plan,
    .forward = forward,
    .reference = reference,
    .release = release,
};
