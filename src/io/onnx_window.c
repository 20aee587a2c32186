/* Operators that move a window over an image: Conv, AveragePool, MaxPool, LpPool. */
#include <stdlib.h>
#include <string.h>

#include "io/onnx_window.h"

tq_status tq_onnx__read_axes(const tq_onnx_node *node, const char *name, bool line, size_t count, int64_t *to)
{
    const int64_t *ints = NULL;
    const size_t given = tq_onnx__ints(node, name, &ints), wanted = line ? count / 2 : count;
    if (given == 0)
        return TQ_OK;
    if (given != wanted)
        return tq_status__fail(TQ_E_UNSUPPORTED, "attribute '%s' has %zu numbers, supported: %zu (%s)", name,
                               given, wanted, line ? "of one dimension" : "two-dimensional images");
    for (size_t i = 0; i < wanted; ++i)
        to[line ? 2 * i + 1 : i] = ints[i];
    return TQ_OK;
}

tq_status tq_onnx__read_auto_pad(const tq_onnx_node *node, int *auto_pad)
{
    static const char *const names[] = {"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID", NULL};
    return tq_onnx__choice(node, "auto_pad", names, auto_pad);
}

/* `w->kernel` holds 0, or what the kernel must be. */
static tq_status read_window(const tq_onnx_node *node, tq_onnx_window *w)
{
    const int64_t expected[2] = {w->kernel[0], w->kernel[1]};
    w->stride[0] = w->stride[1] = w->dilation[0] = w->dilation[1] = 1;
    TQ_TRY(tq_onnx__read_axes(node, "kernel_shape", w->line, 2, w->kernel));
    TQ_TRY(tq_onnx__read_axes(node, "strides", w->line, 2, w->stride));
    TQ_TRY(tq_onnx__read_axes(node, "dilations", w->line, 2, w->dilation));
    TQ_TRY(tq_onnx__read_axes(node, "pads", w->line, 4, w->pads));
    TQ_TRY(tq_onnx__read_auto_pad(node, &w->auto_pad));
    w->ceil_mode = tq_onnx__int(node, "ceil_mode", 0) != 0;
    if (w->line)
        w->kernel[0] = 1;
    if (w->kernel[0] == 0 || w->kernel[1] == 0)
        return tq_status__fail(TQ_E_FORMAT, "attribute 'kernel_shape' is missing or 0");
    if (expected[0] != 0 && memcmp(expected, w->kernel, sizeof expected) != 0)
        return tq_status__fail(
            TQ_E_SHAPE, "attribute 'kernel_shape' is %lldx%lld, the weights have %lldx%lld",
            (long long)w->kernel[0], (long long)w->kernel[1], (long long)expected[0], (long long)expected[1]);
    if (w->auto_pad != TQ_PAD_EXPLICIT && (w->pads[0] | w->pads[1] | w->pads[2] | w->pads[3]) != 0)
        return tq_status__fail(TQ_E_FORMAT, "attributes 'pads' and 'auto_pad' exclude each other");
    return TQ_OK;
}

void tq_onnx__print_axes(tq_text *to, const char *name, const int64_t *numbers, size_t count, int64_t initial)
{
    bool differs = false;
    for (size_t i = 0; i < count; ++i)
        differs = differs || numbers[i] != initial;
    if (!differs)
        return;
    tq_text__print(to, "%s%s=", to->length > 0 ? "," : "", name);
    for (size_t i = 0; i < count; ++i)
        tq_text__print(to, "%s%lld", i > 0 ? "x" : "", (long long)numbers[i]);
}

static void print_window(tq_text *to, const tq_onnx_window *w)
{
    const int64_t ceil_mode = w->ceil_mode;
    tq_onnx__print_axes(to, "stride", w->stride, 2, 1);
    tq_onnx__print_axes(to, "dilation", w->dilation, 2, 1);
    tq_onnx__print_axes(to, "pads", w->pads, 4, 0);
    tq_onnx__print_axes(to, "ceil_mode", &ceil_mode, 1, 0);
    if (w->auto_pad != TQ_PAD_EXPLICIT)
        tq_text__print(to, "%sauto_pad=%s", to->length > 0 ? "," : "", tq_pad_choices[w->auto_pad]);
}

/* The options have been checked by the layer. */
static tq_status define_output(tq_onnx_node *node, const tq_onnx_value *input, const tq_onnx_window *w,
                               int64_t channels)
{
    tq_shape shape = tq_shape_of(4, (const int64_t[]){input->shape.dim[0], channels, 0, 0});
    for (int i = 0; i < 2; ++i) {
        tq_axis axis = {.size = input->shape.dim[2 + i],
                        .kernel = w->kernel[i],
                        .stride = w->stride[i],
                        .dilation = w->dilation[i],
                        .pad_before = w->pads[i],
                        .pad_after = w->pads[2 + i]};
        TQ_TRY(tq_axis__resolve(&axis, w->auto_pad, w->ceil_mode, &shape.dim[2 + i]));
    }
    return tq_onnx__image_output(node, &shape, w->line);
}

/* OIHW to kernel row, kernel column, input channel, output channel. */
static tq_status set_filter(tq_onnx_node *node, const tq_onnx_value *weight)
{
    float *values = NULL, *permuted = NULL;
    tq_shape shape;
    TQ_TRY(tq_onnx__floats(weight, &values));
    tq_status status = tq_onnx__permute(values, &weight->shape, (const int[]){2, 3, 1, 0}, &permuted, &shape);
    free(values);
    if (status == TQ_OK)
        status = tq_onnx__set_weight(node, "weight", &shape, permuted);
    free(permuted);
    return status;
}

static tq_status check_channels(const tq_onnx_value *input, const tq_onnx_value *weight, int64_t groups)
{
    char in[160], w[160];
    const int64_t *out = weight->shape.dim;
    tq_shape_print(in, sizeof in, &input->shape);
    tq_shape_print(w, sizeof w, &weight->shape);
    if (groups < 1 || out[0] % groups != 0 || input->shape.dim[1] % groups != 0 ||
        input->shape.dim[1] / groups != out[1])
        return tq_status__fail(TQ_E_SHAPE,
                               "input of shape %s does not fit weights of shape %s with %lld groups", in, w,
                               (long long)groups);
    return TQ_OK;
}

tq_status tq_onnx__read_filter(const tq_onnx_node *node, bool line, tq_onnx_value *weight)
{
    const tq_onnx_value *found;
    TQ_TRY(tq_onnx__constant(node, 1, &found));
    *weight = *found;
    TQ_TRY(tq_onnx__need_rank(node, 1, found, line ? 3 : 4));
    const int64_t *d = found->shape.dim;
    if (line)
        weight->shape = tq_shape_of(4, (const int64_t[]){d[0], d[1], 1, d[2]});
    return TQ_OK;
}

static tq_status convolve(tq_onnx_node *node, const tq_onnx_value *input, const tq_onnx_value *weight,
                          bool exact, bool line)
{
    const int64_t groups = tq_onnx__int(node, "group", 1), exactly = exact;
    tq_text options = {0};
    TQ_TRY(check_channels(input, weight, groups));
    tq_onnx_window w = {.kernel = {weight->shape.dim[2], weight->shape.dim[3]}, .line = line};
    TQ_TRY(read_window(node, &w));
    print_window(&options, &w);
    tq_onnx__print_axes(&options, "groups", &groups, 1, 1);
    tq_onnx__print_axes(&options, "exact", &exactly, 1, 0);
    TQ_TRY(tq_onnx__add_options(node, "conv2d", input, &options));
    TQ_TRY(set_filter(node, weight));
    return define_output(node, input, &w, weight->shape.dim[0]);
}

tq_status tq_onnx__convolution(tq_onnx_node *node, const tq_onnx_value *input, const tq_onnx_value *weight,
                               size_t weight_input)
{
    TQ_TRY(tq_onnx__need_rank(node, 0, input, 4));
    TQ_TRY(tq_onnx__need_rank(node, weight_input, weight, 4));
    return convolve(node, input, weight, true, false);
}

tq_status tq_onnx__import_conv(tq_onnx_node *node)
{
    tq_onnx_value input, weight;
    bool line;
    TQ_TRY(tq_onnx__as_image(node, 0, &input, &line));
    TQ_TRY(tq_onnx__read_filter(node, line, &weight));
    TQ_TRY(convolve(node, &input, &weight, false, line));
    return tq_onnx__has_input(node, 2) ? tq_onnx__set_vector(node, "bias", 2, weight.shape.dim[0]) : TQ_OK;
}

/* `more`: an option of the kind, 0 as it is without. */
static tq_status import_pool(tq_onnx_node *node, const char *kind, const char *more, int64_t value)
{
    tq_onnx_value input;
    tq_text options = {0};
    tq_onnx_window w = {0};
    TQ_TRY(tq_onnx__as_image(node, 0, &input, &w.line));
    TQ_TRY(read_window(node, &w));
    tq_onnx__print_axes(&options, "kernel", w.kernel, 2, 0);
    print_window(&options, &w);
    tq_onnx__print_axes(&options, more, &value, 1, 0);
    TQ_TRY(tq_onnx__add_options(node, kind, &input, &options));
    return define_output(node, &input, &w, input.shape.dim[1]);
}

tq_status tq_onnx__import_average_pool(tq_onnx_node *node)
{
    return import_pool(node, "avgpool2d", "count_include_pad",
                       tq_onnx__int(node, "count_include_pad", 0) != 0);
}

tq_status tq_onnx__import_max_pool(tq_onnx_node *node)
{
    return import_pool(node, "maxpool2d", "", 0);
}

tq_status tq_onnx__import_lp_pool(tq_onnx_node *node)
{
    return import_pool(node, "lppool2d", "p", tq_onnx__int(node, "p", 2));
}
