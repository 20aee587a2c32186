#include "support/onnx_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/onnx.h"
#include "util/fail.h"

tq_status onnx_check_load(tq_network **network, tq_context *context, onnx_maker *maker)
{
    size_t size;
    uint8_t *data = onnx_maker_pack(maker, &size);
    const tq_status status = tq_onnx__load(network, context, data, size);
    free(data);
    return status;
}

void onnx_check_failure(tq_context *context, onnx_maker *maker, tq_status status, const char *part)
{
    tq_network *network = (tq_network *)&network;
    const tq_status got = onnx_check_load(&network, context, maker);
    if (got != status || strstr(tq_error(), part) == NULL)
        fail_msg("%s '%s', expected %s '%s'", tq_status_name(got), tq_error(), tq_status_name(status), part);
    assert_null(network);
    onnx_maker_free(maker);
}

void onnx_check_fixed_batch(tq_context *context, onnx_maker *maker, int64_t batch)
{
    tq_network *network;
    assert_int_equal(onnx_check_load(&network, context, maker), TQ_OK);
    assert_int_equal(tq_network_fixed_batch(network), batch);
    tq_network_destroy(network);
    onnx_maker_free(maker);
}

void onnx_check_output(tq_context *context, onnx_maker *maker, int64_t samples, const float *input,
                       const tq_shape *shape, const float *wanted)
{
    tq_network *network;
    tq_shape in, out;
    float got[256];
    char text[160];
    const size_t count = (size_t)tq_shape_count(shape);
    assert_true(count <= TQ_COUNT(got));
    if (onnx_check_load(&network, context, maker) != TQ_OK ||
        tq_network_plan(network, &(tq_plan){.batch = samples}) != TQ_OK ||
        tq_network_shapes(network, &in, &out) != TQ_OK ||
        tq_network_forward(network, input, samples, 0, got) != TQ_OK)
        fail_msg("%s", tq_error());
    tq_shape_print(text, sizeof text, &out);
    if (!tq_shape_equal(&out, shape))
        fail_msg("the output has shape %s", text);
    for (size_t i = 0; i < count; ++i)
        if (memcmp(&got[i], &wanted[i], sizeof got[i]) != 0)
            fail_msg("element %zu is %.9g, expected %.9g", i, (double)got[i], (double)wanted[i]);
    tq_network_destroy(network);
    onnx_maker_free(maker);
}

void onnx_check_fill(float *values, size_t count, int seed)
{
    for (size_t i = 0; i < count; ++i)
        values[i] = (float)((int)((i * 7 + (size_t)seed * 3) % 11) - 5);
}

onnx_maker *onnx_check_model(int64_t opset)
{
    onnx_maker *m = onnx_maker_new(opset);
    onnx_maker_input(m, "x", DIMS(0, 2));
    onnx_maker_floats(m, "w", DIMS(2, 3), (const float[]){1, 2, 3, 4, 5, 6});
    onnx_maker_floats(m, "b", DIMS(3), (const float[]){0.5f, -20, 0});
    onnx_maker_node(m, "Gemm", "fc", "x,w,b", "h");
    onnx_maker_node(m, "Relu", "act", "h", "y");
    onnx_maker_output(m, "y");
    return m;
}

const float onnx_check_model_input[4] = {1, 2, -3, 1}, onnx_check_model_output[6] = {9.5f, 0, 15, 1.5f, 0, 0};
const tq_shape onnx_check_model_shape = {.rank = 2, .dim = {2, 3}};
