/*
 * Gradients of conv2d and dense, contractions themselves (docs/numerics.md, section 6):
 *
 * By input (n, row, column, q): over (u, v, o), the taps of the output's gradient in the order of memory, o
 * within the group of q; weights stand with the last tap first. Where a stride or a pad leaves no output
 * there is a zero, which takes part. By weight (k, o): over (n, row, column) of the output; by bias: the same
 * with inputs of 1.
 *
 * Random draws: rows of the input's gradient are numbered by their place in the data set; terms k, with the
 * bias behind them, by the step, which is first_sample / samples.
 */
#include <stdlib.h>
#include <string.h>

#include "layers/contract.h"
#include "layers/elementwise.h"

static int32_t group_outputs(const tq_geometry *g)
{
    return g->out_channels / g->groups;
}

/* Weights' rows: terms of all groups. */
static int64_t weight_rows(const tq_geometry *g)
{
    return tq_geometry__terms(g) * g->groups;
}

static int64_t samples_of(const tq_geometry *g)
{
    return g->rows / ((int64_t)g->out_rows * g->out_columns);
}

static uint64_t first_row(const tq_layer *layer, const tq_geometry *g)
{
    return layer->first_sample / (uint64_t)samples_of(g) * (uint64_t)(weight_rows(g) + 1);
}

/* Whether the output's gradient is a convolution's input as it is. */
static bool is_plain(const tq_geometry *g)
{
    return g->kernel_rows == 1 && g->kernel_columns == 1 && g->stride_rows == 1 && g->stride_columns == 1 &&
           g->in_rows == g->out_rows && g->in_columns == g->out_columns && g->pad_top == 0 &&
           g->pad_left == 0;
}

static tq_geometry input_geometry(const tq_geometry *g)
{
    return (tq_geometry){
        .rows = (int32_t)(samples_of(g) * g->in_rows * g->in_columns),
        .in_rows = g->in_rows + (g->kernel_rows - 1) * g->dilation_rows,
        .in_columns = g->in_columns + (g->kernel_columns - 1) * g->dilation_columns,
        .in_channels = g->out_channels,
        .kernel_rows = g->kernel_rows,
        .kernel_columns = g->kernel_columns,
        .stride_rows = 1,
        .stride_columns = 1,
        .dilation_rows = g->dilation_rows,
        .dilation_columns = g->dilation_columns,
        .out_rows = g->in_rows,
        .out_columns = g->in_columns,
        .out_channels = g->in_channels,
        .group_inputs = group_outputs(g),
        .groups = g->groups,
    };
}

static tq_contraction_setup setup_of(const tq_layer *layer, const tq_accumulation *accumulation, uint32_t id,
                                     const tq_geometry *geometry)
{
    return (tq_contraction_setup){.geometry = *geometry,
                                  .accumulation = *accumulation,
                                  .input = tq_range__unknown(),
                                  .second = tq_range__unknown(),
                                  .entries = 1,
                                  .seed = layer->quantizers.seed,
                                  .id = layer->quantizers.id ^ id};
}

static tq_contraction_setup input_setup(const tq_layer *layer, const tq_geometry *g)
{
    const tq_geometry geometry = input_geometry(g);
    tq_contraction_setup setup = setup_of(layer, &layer->quantizers.backward, TQ_ID_BACKWARD, &geometry);
    setup.second = layer->weight[0].range;
    return setup;
}

/* `groups`: that one product computes; 1 on the host, which takes one after the other. */
static tq_contraction_setup weight_setup(const tq_layer *layer, const tq_geometry *g, int32_t groups)
{
    const tq_geometry geometry =
        tq_geometry__product(tq_geometry__terms(g) * groups, g->rows, group_outputs(g));
    tq_contraction_setup setup = setup_of(layer, &layer->quantizers.update, TQ_ID_UPDATE, &geometry);
    setup.input = layer->input_range[0];
    setup.entries = groups;
    return setup;
}

static tq_contraction_setup bias_setup(const tq_layer *layer, const tq_geometry *g)
{
    const float one = 1.0f;
    const tq_geometry geometry = tq_geometry__product(1, g->rows, g->out_channels);
    tq_contraction_setup setup = setup_of(layer, &layer->quantizers.update, TQ_ID_UPDATE, &geometry);
    setup.input = tq_range__measure(&one, 1);
    return setup;
}

static tq_status make(tq_contraction **contraction, tq_layer *layer, const tq_contraction_setup *setup)
{
    tq_text reasons = {0};
    const tq_status status = tq_contraction__create(contraction, layer->context, setup, &reasons);
    tq_text__free(&reasons);
    return status;
}

static tq_status plan_input(tq_layer *layer, tq_contract_backward *b, const tq_geometry *g)
{
    const tq_contraction_setup setup = input_setup(layer, g);
    const tq_geometry *image = &setup.geometry;
    const tq_shape spread = tq_shape_of(
        4, (const int64_t[]){samples_of(g), image->in_rows, image->in_columns, image->in_channels});
    TQ_TRY(make(&b->by_input, layer, &setup));
    TQ_TRY(tq_tensor_create(&b->flipped, layer->context, &layer->weight[0].shape));
    TQ_TRY(tq_contract__begins(&b->inputs, layer->context, g->groups, g->group_inputs));
    return is_plain(g) ? TQ_OK : tq_tensor_create(&b->spread, layer->context, &spread);
}

static tq_status plan_weight(tq_layer *layer, tq_contract_backward *b, const tq_geometry *g)
{
    const tq_contraction_setup setup = weight_setup(layer, g, g->groups);
    const tq_shape unfolded = tq_shape_of(2, (const int64_t[]){weight_rows(g), g->rows});
    TQ_TRY(make(&b->by_weight, layer, &setup));
    TQ_TRY(tq_tensor_create(&b->unfolded, layer->context, &unfolded));
    return g->groups == 1 ? TQ_OK : tq_tensor_create(&b->product, layer->context, &layer->weight[0].shape);
}

static void fill_ones(float *to, int64_t count)
{
    for (int64_t i = 0; i < count; ++i)
        to[i] = 1.0f;
}

static tq_status plan_bias(tq_layer *layer, tq_contract_backward *b, const tq_geometry *g)
{
    const tq_contraction_setup setup = bias_setup(layer, g);
    const tq_shape shape = tq_shape_of(2, (const int64_t[]){1, g->rows});
    float *ones = malloc((size_t)g->rows * sizeof *ones);
    if (ones == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %d ones", g->rows);
    fill_ones(ones, g->rows);
    tq_status status = make(&b->by_bias, layer, &setup);
    if (status == TQ_OK)
        status = tq_tensor_create(&b->ones, layer->context, &shape);
    if (status == TQ_OK)
        status = tq_tensor_write(b->ones, ones, g->rows);
    free(ones);
    return status;
}

tq_status tq_contract__plan_backward(tq_layer *layer)
{
    tq_contract *state = layer->state;
    const tq_geometry *g = &state->geometry;
    if (weight_rows(g) >= INT32_MAX || samples_of(g) * g->in_rows * g->in_columns > INT32_MAX)
        return tq_status__fail(TQ_E_SHAPE, "%lld terms and %lld input pixels for gradients, at most %d",
                               (long long)weight_rows(g),
                               (long long)(samples_of(g) * g->in_rows * g->in_columns), INT32_MAX);
    if (!layer->is_first)
        TQ_TRY(plan_input(layer, &state->backward, g));
    TQ_TRY(plan_weight(layer, &state->backward, g));
    return layer->weight[1].master != NULL ? plan_bias(layer, &state->backward, g) : TQ_OK;
}

void tq_contract__release_backward(tq_contract_backward *b)
{
    tq_contraction__destroy(b->by_input);
    tq_contraction__destroy(b->by_weight);
    tq_contraction__destroy(b->by_bias);
    tq_tensor_destroy(b->flipped);
    tq_tensor_destroy(b->spread);
    tq_tensor_destroy(b->unfolded);
    tq_tensor_destroy(b->ones);
    tq_tensor_destroy(b->product);
    tq_memory__release(b->inputs);
    *b = (tq_contract_backward){0};
}

/* Queues a kernel that moves numbers; `size`: for `spread` only. */
static tq_status move(const tq_layer *layer, const char *name, const tq_geometry *g, const tq_tensor *from,
                      const tq_tensor *to, const tq_i32 size[2])
{
    tq_i32 words[16], image[2] = {0};
    tq_argument arguments[4] = {TQ_TENSOR(from), TQ_TENSOR(to), TQ_VALUE(words)};
    size_t count = 3;
    tq_kernel *kernel;
    memcpy(words, g, sizeof words); /* all but the groups */
    if (size != NULL) {
        memcpy(image, size, sizeof image);
        arguments[count++] = TQ_VALUE(image);
    }
    TQ_TRY(tq_layer__plain_kernel(layer, &kernel, "layers/contraction_backward.cl", name));
    return tq_kernel__run_elements(kernel, tq_shape_count(tq_tensor_shape(to)), arguments, count);
}

static tq_status by_input(tq_layer *layer, const tq_tensor *gradient, tq_tensor *to)
{
    const tq_contract *state = layer->state;
    const tq_contract_backward *b = &state->backward;
    const tq_geometry *g = &state->geometry, image = input_geometry(g);
    const tq_second second = {
        .tensor = b->flipped, .begin = b->inputs, .term_stride = g->in_channels, .column_stride = 1};
    TQ_TRY(move(layer, "flip", g, layer->weight[0].trained, b->flipped, NULL));
    if (b->spread != NULL)
        TQ_TRY(
            move(layer, "spread", g, gradient, b->spread, (const tq_i32[]){image.in_rows, image.in_columns}));
    return tq_contraction__multiply(b->by_input, b->spread != NULL ? b->spread : gradient, &second, to,
                                    layer->first_sample * (uint64_t)g->in_rows * (uint64_t)g->in_columns);
}

static tq_second output_gradient(const tq_contract *state, const tq_tensor *gradient)
{
    return (tq_second){.tensor = gradient,
                       .begin = state->columns,
                       .term_stride = state->geometry.out_channels,
                       .column_stride = 1};
}

static tq_status by_weight(tq_layer *layer, const tq_tensor *input, const tq_tensor *gradient, tq_tensor *to)
{
    const tq_contract *state = layer->state;
    const tq_contract_backward *b = &state->backward;
    const tq_geometry *g = &state->geometry;
    const tq_second second = output_gradient(state, gradient);
    TQ_TRY(move(layer, "unfold_terms", g, input, b->unfolded, NULL));
    TQ_TRY(tq_contraction__multiply(b->by_weight, b->unfolded, &second, b->product != NULL ? b->product : to,
                                    first_row(layer, g)));
    return b->product != NULL ? move(layer, "join_groups", g, b->product, to, NULL) : TQ_OK;
}

static tq_status by_bias(tq_layer *layer, const tq_tensor *gradient, tq_tensor *to)
{
    const tq_contract *state = layer->state;
    const tq_geometry *g = &state->geometry;
    const tq_second second = output_gradient(state, gradient);
    return tq_contraction__multiply(state->backward.by_bias, state->backward.ones, &second, to,
                                    first_row(layer, g) + (uint64_t)weight_rows(g));
}

tq_status tq_contract__backward(tq_layer *layer, const tq_gradients *gradients)
{
    const tq_tensor *gradient = gradients->output_gradient;
    if (gradients->input_gradient[0] != NULL)
        TQ_TRY(by_input(layer, gradient, gradients->input_gradient[0]));
    if (gradients->weight_gradient[0] != NULL)
        TQ_TRY(by_weight(layer, gradients->input[0], gradient, gradients->weight_gradient[0]));
    if (gradients->weight_gradient[1] != NULL)
        TQ_TRY(by_bias(layer, gradient, gradients->weight_gradient[1]));
    return TQ_OK;
}

/* The arrays of the host's products, in one block. */
typedef struct host_arrays {
    float *flipped, *spread, *unfolded, *columns, *product;
} host_arrays;

/* Output (row, column) of the spread gradient, or -1 for a zero. */
static int64_t spread_from(int64_t at, int32_t kernel, int32_t dilation, int32_t pad, int32_t stride,
                           int32_t outputs)
{
    const int64_t place = at - (int64_t)(kernel - 1) * dilation + pad;
    return place >= 0 && place % stride == 0 && place / stride < outputs ? place / stride : -1;
}

static void spread_host(float *to, const tq_geometry *g, const float *gradient)
{
    const tq_geometry image = input_geometry(g);
    for (int64_t n = 0; n < samples_of(g); ++n)
        for (int64_t r = 0; r < image.in_rows; ++r)
            for (int64_t c = 0; c < image.in_columns; ++c, to += g->out_channels) {
                const int64_t row =
                    spread_from(r, g->kernel_rows, g->dilation_rows, g->pad_top, g->stride_rows, g->out_rows);
                const int64_t column = spread_from(c, g->kernel_columns, g->dilation_columns, g->pad_left,
                                                   g->stride_columns, g->out_columns);
                const int64_t pixel = (n * g->out_rows + row) * g->out_columns + column;
                for (int64_t o = 0; o < g->out_channels; ++o)
                    to[o] = row < 0 || column < 0 ? 0.0f : gradient[pixel * g->out_channels + o];
            }
}

static void flip_host(float *to, const tq_geometry *g, const float *weight)
{
    for (int64_t tap = (int64_t)g->kernel_rows * g->kernel_columns; tap-- > 0;)
        for (int64_t o = 0; o < group_outputs(g); ++o)
            for (int64_t q = 0; q < g->in_channels; ++q)
                *to++ = weight[(tap * g->group_inputs + q % g->group_inputs) * g->out_channels +
                               q / g->group_inputs * group_outputs(g) + o];
}

/* A number of the image that term k of a group's output pixel reads; 0 outside. */
static float read_term(const tq_geometry *g, const float *x, int64_t pixel, int64_t group, int64_t k)
{
    const int64_t tap = k / g->group_inputs, line = pixel / g->out_columns;
    const int64_t row =
        line % g->out_rows * g->stride_rows - g->pad_top + tap / g->kernel_columns * g->dilation_rows;
    const int64_t column = pixel % g->out_columns * g->stride_columns - g->pad_left +
                           tap % g->kernel_columns * g->dilation_columns;
    const int64_t image = (line / g->out_rows * g->in_rows + row) * g->in_columns + column;
    if (row < 0 || row >= g->in_rows || column < 0 || column >= g->in_columns)
        return 0.0f;
    return x[image * g->in_channels + group * g->group_inputs + k % g->group_inputs];
}

static void by_input_host(const tq_layer *layer, const host_arrays *a, const tq_host_gradients *gradients)
{
    const tq_contract *state = layer->state;
    tq_contraction_setup setup = input_setup(layer, &state->geometry);
    flip_host(a->flipped, &state->geometry, layer->weight[0].values);
    spread_host(a->spread, &state->geometry, gradients->output_gradient);
    setup.weight = a->flipped;
    tq_contraction__reference(&setup, a->spread, gradients->input_gradient[0], layer->first_sample);
}

static void group_host(const tq_layer *layer, const host_arrays *a, const tq_host_gradients *gradients,
                       int64_t group)
{
    const tq_contract *state = layer->state;
    const tq_geometry *g = &state->geometry;
    const int64_t terms = tq_geometry__terms(g), outputs = group_outputs(g);
    tq_contraction_setup setup = weight_setup(layer, g, 1);
    for (int64_t k = 0; k < terms; ++k)
        for (int64_t m = 0; m < g->rows; ++m)
            a->unfolded[k * g->rows + m] = read_term(g, gradients->input[0], m, group, k);
    for (int64_t m = 0; m < g->rows; ++m)
        for (int64_t o = 0; o < outputs; ++o)
            a->columns[m * outputs + o] =
                gradients->output_gradient[m * g->out_channels + group * outputs + o];
    setup.weight = a->columns;
    tq_contraction__reference(&setup, a->unfolded, a->product,
                              first_row(layer, g) + (uint64_t)(group * terms));
    for (int64_t k = 0; k < terms; ++k)
        for (int64_t o = 0; o < outputs; ++o)
            gradients->weight_gradient[0][k * g->out_channels + group * outputs + o] =
                a->product[k * outputs + o];
}

static void by_bias_host(const tq_layer *layer, const host_arrays *a, const tq_host_gradients *gradients)
{
    const tq_contract *state = layer->state;
    const tq_geometry *g = &state->geometry;
    tq_contraction_setup setup = bias_setup(layer, g);
    fill_ones(a->unfolded, g->rows);
    setup.weight = gradients->output_gradient;
    tq_contraction__reference(&setup, a->unfolded, gradients->weight_gradient[1],
                              first_row(layer, g) + (uint64_t)weight_rows(g));
}

tq_status tq_contract__backward_reference(const tq_layer *layer, const tq_host_gradients *gradients)
{
    const tq_contract *state = layer->state;
    const tq_geometry *g = &state->geometry, image = input_geometry(g);
    const int64_t weights = tq_shape_count(&layer->weight[0].shape), outputs = group_outputs(g),
                  spread = samples_of(g) * image.in_rows * image.in_columns * image.in_channels,
                  unfolded = tq_geometry__terms(g) * g->rows, columns = g->rows * outputs;
    float *memory = malloc((size_t)(2 * weights + spread + unfolded + columns) * sizeof *memory);
    if (memory == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for the reference of gradients");
    host_arrays a = {.flipped = memory, .product = memory + weights, .spread = memory + 2 * weights};
    a.unfolded = a.spread + spread;
    a.columns = a.unfolded + unfolded;
    if (gradients->input_gradient[0] != NULL)
        by_input_host(layer, &a, gradients);
    for (int32_t i = 0; i < g->groups && gradients->weight_gradient[0] != NULL; ++i)
        group_host(layer, &a, gradients, i);
    if (gradients->weight_gradient[1] != NULL)
        by_bias_host(layer, &a, gradients);
    free(memory);
    return TQ_OK;
}
