/* What is refused of ONNX's integers, and of the layers that compute them: the texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/device_test.h"
#include "support/onnx_check.h"
#include "support/onnx_maker.h"
#include "tensorquant/tensorquant.h"
#include "util/fail.h"

enum { FLOAT = 1, UINT8 = 2, INT8 = 3, INT32 = 6, DOUBLE = 11 };

typedef struct fault {
    const char *op, *inputs;
    int input_type;
    tq_status status;
    const char *part;
} fault;

static void retype(Onnx__TensorProto *tensor, int type)
{
    tensor->data_type = type;
    tensor->int32_data = (int32_t *)(void *)tensor->float_data; /* small floats' bits: any codes */
    tensor->n_int32_data = tensor->n_float_data;
    tensor->n_float_data = 0;
}

/* A node on the input x, 1x2, with constants of all kinds to choose from. */
static onnx_maker *model_of(const fault *f)
{
    static const float one = 1, zero = 0, two[2] = {1, 2}, four[4] = {0};
    static const int64_t pair[] = {2}, square[] = {2, 2}, shape[] = {1, 2};
    onnx_maker *m = onnx_maker_new(13);
    onnx_maker_input(m, "x", 2, shape);
    m->graph.input[0]->type->tensor_type->elem_type = f->input_type;
    onnx_maker_floats(m, "s", 0, NULL, &one);
    onnx_maker_floats(m, "s2", 1, pair, two);
    onnx_maker_floats(m, "s22", 2, square, four);
    retype(onnx_maker_floats(m, "u", 0, NULL, &zero), UINT8);
    retype(onnx_maker_floats(m, "i", 0, NULL, &zero), INT32);
    retype(onnx_maker_floats(m, "u2", 1, pair, four), UINT8);
    retype(onnx_maker_floats(m, "w", 2, square, four), INT8);
    onnx_maker_floats(m, "f", 2, square, four);
    onnx_maker_node(m, f->op, "op", f->inputs, "y");
    onnx_maker_output(m, "y");
    return m;
}

static void of_models(void **state)
{
    static const fault faults[] = {
        {"QuantizeLinear", "x,s22", FLOAT, TQ_E_UNSUPPORTED,
         "'s22' has shape 2x2; supported: one number, or one for each index of an axis"},
        {"QuantizeLinear", "x,s,u2", FLOAT, TQ_E_SHAPE, "1 scales, but 2 zero points"},
        {"QuantizeLinear", "x,s,i", FLOAT, TQ_E_UNSUPPORTED,
         "from type float with scales of type float to data type 6"},
        {"QuantizeLinear", "x,s,u", UINT8, TQ_E_UNSUPPORTED, "from type uint8 with scales of type float"},
        {"MatMulInteger", "x,w,u2", UINT8, TQ_E_UNSUPPORTED, "'u2' has 2 zero points, supported: 1"},
        {"MatMulInteger", "x,f", UINT8, TQ_E_UNSUPPORTED,
         "input 'f' is of data type 1, supported: int8, uint8"},
        {"MatMulInteger", "x,w", FLOAT, TQ_E_UNSUPPORTED,
         "input 'x' is of data type 1, supported: int8, uint8"},
        {"QLinearMatMul", "x,s,u,w,s,,s,i", UINT8, TQ_E_UNSUPPORTED,
         "output zero point of data type 6, supported: int8, uint8"},
        {"QLinearMatMul", "x,s2,u,w,s,,s,u", UINT8, TQ_E_UNSUPPORTED,
         "2 and 1 scales of the first operand and the output, supported: 1"},
        {"Exp", "x", INT8, TQ_E_UNSUPPORTED,
         "input 'x' is of type int8: operator 'Exp' is supported of float"},
        {"Cast", "x", DOUBLE, TQ_E_UNSUPPORTED, "only a tensor of float (data type 1)"},
    };
    for (size_t i = 0; i < TQ_COUNT(faults); ++i)
        onnx_check_failure(*state, model_of(&faults[i]), faults[i].status, faults[i].part);
}

static void expect(tq_status status, tq_status wanted, const char *text)
{
    if (status != wanted || strcmp(tq_error(), text) != 0)
        fail_msg("'%s', expected '%s'", tq_error(), text);
}

static void of_layers(void **state)
{
    static const float scales[2] = {1, 0}, zeros[2] = {0, 0.5f}, one = 1;
    const tq_shape two = tq_shape_of(1, (const int64_t[]){2}), single = tq_shape_of(1, (const int64_t[]){1});
    const tq_shape x = tq_shape_of(2, (const int64_t[]){1, 2});
    tq_layer *layer;
    assert_int_equal(tq_layer_create(&layer, *state, "quantizelinear", "L", ""), TQ_OK);
    assert_int_equal(tq_layer_set_weight(layer, "scale", &two, scales), TQ_OK);
    expect(tq_layer_plan(layer, &x, 1, NULL), TQ_E_ARGUMENT,
           "quantizelinear 'L': scale 0, allowed finite numbers above 0");
    assert_int_equal(tq_layer_set_weight(layer, "scale", &single, &one), TQ_OK);
    assert_int_equal(tq_layer_set_weight(layer, "zero", &two, zeros), TQ_OK);
    expect(tq_layer_plan(layer, &x, 1, NULL), TQ_E_SHAPE, "quantizelinear 'L': 1 scales, but 2 zero points");
    assert_int_equal(tq_layer_set_weight(layer, "zero", &single, &zeros[1]), TQ_OK);
    expect(tq_layer_plan(layer, &x, 1, NULL), TQ_E_ARGUMENT,
           "quantizelinear 'L': zero point 0.5, allowed integers from -65536 to 65536");
    tq_layer_destroy(layer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(of_models), cmocka_unit_test(of_layers)};
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
