/*
 * Gradients of conv2d and dense, contractions themselves (docs/numerics.md, section 6):
 *
 * By input (n, row, column, q): over (u, v, o), the taps of the output's gradient in the order of memory, o
 * within the group of q; weights are packed with the last tap first. Where a stride or a pad leaves no output
 * there is a zero, which takes part. By weight (k, o): over (n, row, column) of the output; by bias: the same
 * with inputs of 1. Where outputs have many pixels that is one product, with a row of ones.
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

/* The convolution of the output's gradient with zeros between and around. */
static tq_geometry spread_geometry(const tq_geometry *g)
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

/* Whether the zeros are pads alone: then they need not be written. */
static bool needs_spread(const tq_geometry *g)
{
    return g->stride_rows > 1 || g->stride_columns > 1 ||
           g->pad_top > (g->kernel_rows - 1) * g->dilation_rows ||
           g->pad_left > (g->kernel_columns - 1) * g->dilation_columns;
}

/* What the device computes. */
static tq_geometry input_geometry(const tq_geometry *g)
{
    tq_geometry geometry = spread_geometry(g);
    if (needs_spread(g))
        return geometry;
    geometry.in_rows = g->out_rows;
    geometry.in_columns = g->out_columns;
    geometry.pad_top = (g->kernel_rows - 1) * g->dilation_rows - g->pad_top;
    geometry.pad_left = (g->kernel_columns - 1) * g->dilation_columns - g->pad_left;
    return geometry;
}

/* Output pixels from which the bias is worth a row of the weights' product. */
#define MANY_PIXELS 1024

static bool joins_bias(const tq_layer *layer, const tq_geometry *g)
{
    return layer->weight[1].master != NULL && g->groups == 1 && g->rows >= MANY_PIXELS;
}

static tq_contraction_setup setup_of(const tq_layer *layer, const tq_accumulation *accumulation, uint32_t id,
                                     const tq_geometry *geometry)
{
    return (tq_contraction_setup){.geometry = *geometry,
                                  .accumulation = *accumulation,
                                  .input = tq_range__unknown(),
                                  .second = tq_range__unknown(),
                                  .entries = 1,
                                  .bounded = true,
                                  .seed = layer->quantizers.seed,
                                  .id = layer->quantizers.id ^ id};
}

static tq_contraction_setup input_setup(const tq_layer *layer, const tq_geometry *geometry)
{
    tq_contraction_setup setup = setup_of(layer, &layer->quantizers.backward, TQ_ID_BACKWARD, geometry);
    setup.input = layer->gradient_range;
    setup.second = layer->weight[0].range;
    setup.skips = true;
    return setup;
}

/* `rows`: of a group; `groups`: that one product computes; 1 on the host, which takes one after the other. */
static tq_contraction_setup weight_setup(const tq_layer *layer, const tq_geometry *g, int64_t rows,
                                         int32_t groups)
{
    const tq_geometry geometry = tq_geometry__product(rows * groups, g->rows, group_outputs(g));
    tq_contraction_setup setup = setup_of(layer, &layer->quantizers.update, TQ_ID_UPDATE, &geometry);
    setup.input = layer->input_range[0];
    setup.second = layer->gradient_range;
    setup.entries = groups;
    setup.rows = g->groups == 1;
    return setup;
}

static tq_range ones_range(void)
{
    const float one = 1.0f;
    return tq_range__measure(&one, 1);
}

static tq_contraction_setup bias_setup(const tq_layer *layer, const tq_geometry *g)
{
    const tq_geometry geometry = tq_geometry__product(1, g->rows, g->out_channels);
    tq_contraction_setup setup = setup_of(layer, &layer->quantizers.update, TQ_ID_UPDATE, &geometry);
    setup.input = ones_range();
    setup.second = layer->gradient_range;
    setup.rows = true;
    return setup;
}

static tq_status make(tq_contraction **contraction, tq_layer *layer, const tq_contraction_setup *setup)
{
    tq_text reasons = {0};
    const tq_status status = tq_contraction__create(contraction, layer->context, setup, &reasons);
    tq_text__free(&reasons);
    return status;
}

/* First weight of the last tap. */
static int64_t last_tap(const tq_geometry *g)
{
    return (tq_geometry__terms(g) - g->group_inputs) * g->out_channels;
}

static tq_status plan_input(tq_layer *layer, tq_contract_backward *b, const tq_geometry *g)
{
    const tq_geometry image = input_geometry(g);
    const tq_contraction_setup setup = input_setup(layer, &image);
    const tq_shape spread =
        tq_shape_of(4, (const int64_t[]){samples_of(g), image.in_rows, image.in_columns, image.in_channels});
    TQ_TRY(make(&b->by_input, layer, &setup));
    TQ_TRY(tq_contract__begins(&b->inputs, layer->context, g->groups, last_tap(g), group_outputs(g)));
    return needs_spread(g) ? tq_tensor_create(&b->spread, layer->context, &spread) : TQ_OK;
}

static void fill_ones(float *to, int64_t count)
{
    for (int64_t i = 0; i < count; ++i)
        to[i] = 1.0f;
}

/* Ones for all output pixels, from a row of a tensor on. */
static tq_status write_ones(const tq_tensor *to, int64_t row, int64_t pixels)
{
    float *ones = malloc((size_t)pixels * sizeof *ones);
    if (ones == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld ones", (long long)pixels);
    fill_ones(ones, pixels);
    const tq_status status = tq_memory__write(
        tq_tensor__memory(to), (tq_tensor__offset(to) + (uint64_t)(row * pixels)) * sizeof *ones, ones,
        (uint64_t)pixels * sizeof *ones);
    free(ones);
    return status;
}

/* The geometry, where all pixels of all samples are one line of outputs, with lines of a better length. */
static tq_geometry lines_of(const tq_geometry *g)
{
    tq_geometry lines = *g;
    int32_t length = 64;
    if (g->kernel_rows > 1 || g->kernel_columns > 1 || g->in_rows != g->out_rows ||
        g->in_columns != g->out_columns || g->stride_rows > 1 || g->stride_columns > 1 || g->pad_top > 0 ||
        g->pad_left > 0)
        return lines;
    while (g->rows % length != 0)
        --length;
    lines.in_rows = lines.out_rows = 1;
    lines.in_columns = lines.out_columns = length;
    return lines;
}

/* Where the loop cannot take the input's numbers from where they lie. */
static tq_status plan_unfolded(tq_layer *layer, tq_contract_backward *b, const tq_geometry *g, bool joins)
{
    const tq_shape unfolded = tq_shape_of(2, (const int64_t[]){weight_rows(g) + joins, g->rows});
    TQ_TRY(tq_tensor_create(&b->unfolded, layer->context, &unfolded));
    return joins ? write_ones(b->unfolded, weight_rows(g), g->rows) : TQ_OK;
}

static tq_status plan_weight(tq_layer *layer, tq_contract_backward *b, const tq_geometry *g)
{
    const bool joins = joins_bias(layer, g);
    const tq_geometry lines = lines_of(g);
    tq_contraction_setup setup = weight_setup(layer, g, tq_geometry__terms(g) + joins, g->groups);
    const tq_shape product = tq_shape_of(2, (const int64_t[]){weight_rows(g) + joins, group_outputs(g)});
    setup.crossed = &lines;
    if (joins)
        setup.input = tq_range__join(setup.input, ones_range());
    TQ_TRY(make(&b->by_weight, layer, &setup));
    if (!tq_contraction__is_crossed(b->by_weight))
        TQ_TRY(plan_unfolded(layer, b, g, joins));
    return g->groups == 1 && !joins ? TQ_OK : tq_tensor_create(&b->product, layer->context, &product);
}

static tq_status plan_bias(tq_layer *layer, tq_contract_backward *b, const tq_geometry *g)
{
    const tq_contraction_setup setup = bias_setup(layer, g);
    const tq_shape shape = tq_shape_of(2, (const int64_t[]){1, g->rows});
    TQ_TRY(make(&b->by_bias, layer, &setup));
    TQ_TRY(tq_tensor_create(&b->ones, layer->context, &shape));
    return write_ones(b->ones, 0, g->rows);
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
    return layer->weight[1].master != NULL && !joins_bias(layer, g) ? plan_bias(layer, &state->backward, g)
                                                                    : TQ_OK;
}

void tq_contract__release_backward(tq_contract_backward *b)
{
    tq_contraction__destroy(b->by_input);
    tq_contraction__destroy(b->by_weight);
    tq_contraction__destroy(b->by_bias);
    tq_tensor_destroy(b->spread);
    tq_tensor_destroy(b->unfolded);
    tq_tensor_destroy(b->ones);
    tq_tensor_destroy(b->product);
    tq_memory__release(b->inputs);
    *b = (tq_contract_backward){0};
}

/* Queues a kernel of `items` work-items that moves numbers; `size`: rows and columns of an image, or the
 * first element. */
static tq_status move(const tq_layer *layer, const char *name, const tq_geometry *g, int64_t items,
                      const tq_tensor *from, const tq_tensor *to, const tq_i32 size[2])
{
    tq_i32 words[16], image[2];
    const tq_argument arguments[] = {TQ_TENSOR(from), TQ_TENSOR(to), TQ_VALUE(words), TQ_VALUE(image)};
    tq_kernel *kernel;
    memcpy(words, g, sizeof words); /* all but the groups */
    memcpy(image, size, sizeof image);
    TQ_TRY(tq_layer__plain_kernel(layer, &kernel, "layers/contraction_backward.cl", name));
    return tq_kernel__run_elements(kernel, items, arguments, TQ_COUNT(arguments));
}

/* Groups of one input are the columns of a depthwise convolution. */
static tq_status by_input(tq_layer *layer, const tq_tensor *gradient, tq_tensor *to)
{
    const tq_contract *state = layer->state;
    const tq_contract_backward *b = &state->backward;
    const tq_geometry *g = &state->geometry, image = input_geometry(g);
    const tq_second second = {.tensor = layer->weight[0].trained,
                              .begin = b->inputs,
                              .term_stride = 1,
                              .column_stride = g->group_inputs == 1 ? group_outputs(g) : g->out_channels,
                              .tap_terms = group_outputs(g),
                              .tap_stride = -(int64_t)g->group_inputs * g->out_channels};
    const tq_i32 size[] = {image.in_rows, image.in_columns};
    if (b->spread != NULL)
        TQ_TRY(move(layer, "spread", g, samples_of(g) * image.in_rows * image.in_columns, gradient, b->spread,
                    size));
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

#define INPUTS_EACH 16 /* of a work-item that unfolds */

/* Inputs and lines that a work-item takes, so that its loops end on every device. */
static void share_out(tq_i32 each[2], const tq_layer *layer, const tq_geometry *g)
{
    const uint64_t most = tq_device__most_rounds(tq_context_device(layer->context)) / 2;
    const uint64_t line = (uint64_t)g->out_columns + 2, image = line * (uint64_t)g->out_rows;
    const uint64_t round = image <= most ? image : line;
    const uint64_t inputs = most / round < INPUTS_EACH ? most / round : INPUTS_EACH;
    each[0] = (tq_i32)(inputs < 1                           ? 1
                       : inputs < (uint64_t)g->group_inputs ? inputs
                                                            : (uint64_t)g->group_inputs);
    each[1] = image <= most ? g->out_rows : 1;
}

static tq_status unfold(const tq_layer *layer, const tq_tensor *input)
{
    const tq_contract *state = layer->state;
    const tq_geometry geometry = lines_of(&state->geometry), *g = &geometry;
    tq_i32 each[2];
    share_out(each, layer, g);
    const int64_t blocks = (g->group_inputs + each[0] - 1) / each[0], taps = weight_rows(g) / g->group_inputs;
    return move(layer, "unfold_terms", g, taps * blocks * (g->rows / g->out_columns / each[1]), input,
                state->backward.unfolded, each);
}

/* `bias`: its gradient where it is a row of the product, else NULL. */
static tq_status by_weight(tq_layer *layer, const tq_tensor *input, const tq_tensor *gradient, tq_tensor *to,
                           tq_tensor *bias)
{
    const tq_contract *state = layer->state;
    const tq_contract_backward *b = &state->backward;
    const tq_geometry *g = &state->geometry;
    const tq_second second = output_gradient(state, gradient);
    const int64_t weights = weight_rows(g) * group_outputs(g);
    const tq_i32 whole[2] = {0, 0}, last[2] = {(tq_i32)weights, 0};
    if (b->unfolded != NULL)
        TQ_TRY(unfold(layer, input));
    TQ_TRY(tq_contraction__multiply(b->by_weight, b->unfolded != NULL ? b->unfolded : input, &second,
                                    b->product != NULL ? b->product : to, first_row(layer, g)));
    if (b->product != NULL)
        TQ_TRY(move(layer, g->groups > 1 ? "join_groups" : "copy_row", g, weights, b->product, to, whole));
    return bias != NULL ? move(layer, "copy_row", g, g->out_channels, b->product, bias, last) : TQ_OK;
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
    const tq_contract *state = layer->state;
    const tq_tensor *gradient = gradients->output_gradient;
    const bool joins = state->backward.by_bias == NULL;
    if (gradients->input_gradient[0] != NULL)
        TQ_TRY(by_input(layer, gradient, gradients->input_gradient[0]));
    if (gradients->weight_gradient[0] != NULL)
        TQ_TRY(by_weight(layer, gradients->input[0], gradient, gradients->weight_gradient[0],
                         joins ? gradients->weight_gradient[1] : NULL));
    if (gradients->weight_gradient[1] != NULL && !joins)
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
    const tq_geometry image = spread_geometry(g);
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
    const tq_geometry image = spread_geometry(&state->geometry);
    tq_contraction_setup setup = input_setup(layer, &image);
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
    tq_contraction_setup setup = weight_setup(layer, g, tq_geometry__terms(g), 1);
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
    const tq_geometry *g = &state->geometry, image = spread_geometry(g);
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
