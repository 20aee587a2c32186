/* ConvTranspose. */
#include <stdlib.h>

#include "io/onnx_window.h"

typedef struct transposed {
    int64_t kernel[2], stride[2], dilation[2], pads[4], more[2]; /* more: output_padding */
    int64_t outputs[2];
    bool line;
} transposed;

/* Outputs without pads. */
static int64_t full(const transposed *t, int axis, int64_t size)
{
    return t->stride[axis] * (size - 1) + (t->kernel[axis] - 1) * t->dilation[axis] + 1 + t->more[axis];
}

/* ONNX gives outputs or pads; of an odd number of pads SAME_UPPER has the larger half behind, others in
 * front. */
static void settle(transposed *t, int axis, int64_t size, int auto_pad, bool sized)
{
    if (auto_pad == TQ_PAD_VALID)
        t->pads[axis] = t->pads[axis + 2] = 0;
    if (!sized && (auto_pad == TQ_PAD_EXPLICIT || auto_pad == TQ_PAD_VALID)) {
        t->outputs[axis] = full(t, axis, size) - t->pads[axis] - t->pads[axis + 2];
        return;
    }
    t->outputs[axis] = sized ? t->outputs[axis] : size * t->stride[axis];
    const int64_t all = full(t, axis, size) - t->outputs[axis];
    const int64_t half = all > 0 ? all / 2 : 0; /* negative: added behind */
    t->pads[axis] = auto_pad == TQ_PAD_SAME_UPPER ? half : all > 0 ? all - half : 0;
    t->pads[axis + 2] = all - t->pads[axis];
}

static tq_status read(const tq_onnx_node *node, const tq_shape *image, transposed *t)
{
    int auto_pad;
    const int64_t kernel[2] = {t->kernel[0], t->kernel[1]};
    int64_t spatial[4] = {0};
    const int64_t *ints;
    const size_t given = tq_onnx__ints(node, "output_shape", &ints), axes = t->line ? 1 : 2;
    t->stride[0] = t->stride[1] = t->dilation[0] = t->dilation[1] = 1;
    TQ_TRY(tq_onnx__read_axes(node, "kernel_shape", t->line, 2, t->kernel));
    TQ_TRY(tq_onnx__read_axes(node, "strides", t->line, 2, t->stride));
    TQ_TRY(tq_onnx__read_axes(node, "dilations", t->line, 2, t->dilation));
    TQ_TRY(tq_onnx__read_axes(node, "output_padding", t->line, 2, t->more));
    TQ_TRY(tq_onnx__read_axes(node, "pads", t->line, 4, t->pads));
    TQ_TRY(tq_onnx__read_auto_pad(node, &auto_pad));
    if (given != 0 && given != axes && given != axes + 2)
        return tq_status__fail(TQ_E_FORMAT, "attribute 'output_shape' has %zu numbers, needs %zu", given,
                               axes);
    for (size_t i = 0; i < axes && given > 0; ++i) /* some writers give samples and channels, too */
        spatial[i] = ints[given - axes + i];
    t->outputs[0] = t->line ? 1 : spatial[0];
    t->outputs[1] = t->line ? spatial[0] : spatial[1];
    if (kernel[0] != t->kernel[0] || kernel[1] != t->kernel[1])
        return tq_status__fail(TQ_E_SHAPE, "attribute 'kernel_shape' is not that of the weights, %lldx%lld",
                               (long long)kernel[0], (long long)kernel[1]);
    for (int i = 0; i < 2; ++i)
        if (t->stride[i] < 1 || t->stride[i] > 4096 || t->dilation[i] < 1 || t->dilation[i] > 4096 ||
            image->dim[2 + i] > INT32_MAX)
            return tq_status__fail(TQ_E_UNSUPPORTED, "strides %lld and dilations %lld, supported: 1 to 4096",
                                   (long long)t->stride[i], (long long)t->dilation[i]);
    for (int i = 0; i < 2; ++i)
        settle(t, i, image->dim[2 + i], auto_pad, given > 0);
    return TQ_OK;
}

/* [input channel][output channel of the group][row][column] to [row][column][input of the group][output
 * channel], turned by half a turn. */
static void turn(float *to, const float *from, const tq_shape *shape, int64_t groups)
{
    const int64_t *d = shape->dim, inputs = d[0] / groups, taps = d[2] * d[3];
    for (int64_t channel = 0; channel < d[0]; ++channel)
        for (int64_t output = 0; output < d[1]; ++output)
            for (int64_t tap = 0; tap < taps; ++tap)
                to[((taps - 1 - tap) * inputs + channel % inputs) * d[1] * groups + channel / inputs * d[1] +
                   output] = from[(channel * d[1] + output) * taps + tap];
}

static tq_status set_filter(tq_onnx_node *node, const tq_onnx_value *weight, int64_t groups)
{
    float *values = NULL;
    const int64_t *d = weight->shape.dim;
    const tq_shape shape = tq_shape_of(4, (const int64_t[]){d[2], d[3], d[0] / groups, d[1] * groups});
    TQ_TRY(tq_onnx__floats(weight, &values));
    float *turned = malloc((size_t)tq_shape_count(&shape) * sizeof *turned);
    tq_status status = turned != NULL ? TQ_OK : tq_status__fail(TQ_E_MEMORY, "no memory for a filter");
    if (status == TQ_OK) {
        turn(turned, values, &weight->shape, groups);
        status = tq_onnx__set_weight(node, "weight", &shape, turned);
    }
    free(turned);
    free(values);
    return status;
}

static void print_options(tq_text *options, const transposed *t, int64_t groups)
{
    tq_onnx__print_axes(options, "stride", t->stride, 2, 1);
    tq_onnx__print_axes(options, "dilation", t->dilation, 2, 1);
    tq_onnx__print_axes(options, "pads", t->pads, 4, 0);
    tq_onnx__print_axes(options, "output_padding", t->more, 2, 0);
    tq_onnx__print_axes(options, "groups", &groups, 1, 1);
}

tq_status tq_onnx__import_conv_transpose(tq_onnx_node *node)
{
    tq_onnx_value input, weight;
    const int64_t groups = tq_onnx__int(node, "group", 1);
    tq_text options = {0};
    transposed t = {.line = false};
    TQ_TRY(tq_onnx__as_image(node, 0, &input, &t.line));
    TQ_TRY(tq_onnx__read_filter(node, t.line, &weight));
    const int64_t *w = weight.shape.dim;
    if (groups < 1 || groups > 65536 || input.shape.dim[1] != w[0] || w[0] % groups != 0)
        return tq_status__fail(TQ_E_SHAPE,
                               "input of %lld channels does not fit weights for %lld in %lld groups",
                               (long long)input.shape.dim[1], (long long)w[0], (long long)groups);
    t.kernel[0] = w[2];
    t.kernel[1] = w[3];
    TQ_TRY(read(node, &input.shape, &t));
    print_options(&options, &t, groups);
    TQ_TRY(tq_onnx__add_options(node, "convtranspose2d", &input, &options));
    TQ_TRY(set_filter(node, &weight, groups));
    if (tq_onnx__has_input(node, 2))
        TQ_TRY(tq_onnx__set_vector(node, "bias", 2, w[1] * groups));
    const tq_shape shape =
        tq_shape_of(4, (const int64_t[]){input.shape.dim[0], w[1] * groups, t.outputs[0], t.outputs[1]});
    return tq_onnx__image_output(node, &shape, t.line);
}
