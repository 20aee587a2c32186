/* What is known of numbers behind a quantizer: bounds by hand, a pool whose running sums leave its input's
 * range, and layers whose output is not where the input is. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "layers/kind.h"

typedef struct row {
    const char *quantizer;
    double lowest, highest; /* of the numbers before */
    double least, most;     /* the quantized ones reach these, so the bounds must not be tighter */
    bool finite;            /* of the quantized ones */
} row;

static const row rows[] = {
    {"nearest,16,8", -1.0, 0.25, -1.0, 0.25, true},
    {"fixed,16,8,round=up", 0.0, 0x1p-20, 0.0, 0x1p-8, true},
    {"down,16,8", -0x1p-20, 1.0, -0x1p-8, 1.0, true},
    {"down,16,8", -1000.0, 1000.0, -128.0, 127.99609375, true},
    {"float,5,10,subnormal=0,round=up", 0.0, 0x1p-20, 0.0, 0x1p-14, true},
    {"float,5,10,subnormal=0", -0x1.8p-15, 0.0, -0x1p-14, 0.0, true},
    {"fp16", -8.0, 65504.0, -8.0, 65504.0, true},
    {"fp16", -8.0, 65520.0, -8.0, 65504.0, false},
    {"e4m3", -8.0, 1e9, -8.0, 448.0, true},
    {"fixed,8,4,overflow=wrap", 0.0, 8.0, -8.0, 7.9375, true},
};

static void bounds_by_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < TQ_COUNT(rows); ++i) {
        tq_quantizer q;
        tq_range from = tq_range__unknown();
        from.finite = true;
        from.lowest = rows[i].lowest;
        from.highest = rows[i].highest;
        assert_int_equal(tq_quantizer_parse(&q, rows[i].quantizer), TQ_OK);
        const tq_range range = tq_range__quantized(from, &q);
        if (!(range.lowest <= rows[i].least && range.highest >= rows[i].most) ||
            range.finite != rows[i].finite)
            fail_msg("row %zu, %s: %g .. %g, finite %d", i, rows[i].quantizer, range.lowest, range.highest,
                     range.finite);
    }
}

enum { SIDE = 4, CHANNELS = 17, ELEMENTS = SIDE * SIDE * CHANNELS };

/* 16 numbers near 100 on a grid of 2^-16 add to 27 bits: SUM rounds down, binary32 to nearest. */
static void sums_leave_the_inputs_range(void **state)
{
    const tq_shape in = tq_shape_of(4, (const int64_t[]){1, SIDE, SIDE, CHANNELS});
    const tq_range range = {.grid = -16, .lowest = 0.0, .highest = 100.0, .finite = true};
    float x[ELEMENTS], is[CHANNELS], should[CHANNELS];
    tq_layer_quantizers q = {0};
    tq_context *context;
    tq_layer *layer;
    tq_tensor *from, *to;
    (void)state;
    for (int i = 0; i < ELEMENTS; ++i)
        x[i] = 100.0f - 0x1p-16f * (float)(1 + i % 3);
    assert_int_equal(tq_context_open(&context, NULL), TQ_OK);
    assert_int_equal(tq_accumulation_parse(&q.intrinsic, "{\"sum\": \"down,30,16\"}"), TQ_OK);
    assert_int_equal(tq_layer_create(&layer, context, "globalavgpool", "p", NULL), TQ_OK);
    assert_int_equal(tq_layer__plan(layer, &in, &range, 1, &q), TQ_OK);
    assert_int_equal(tq_tensor_create(&from, context, &in), TQ_OK);
    assert_int_equal(tq_tensor_create(&to, context, &layer->output), TQ_OK);
    assert_int_equal(tq_tensor_write(from, x, ELEMENTS), TQ_OK);
    assert_int_equal(tq_layer_forward(layer, (const tq_tensor *const[]){from}, to), TQ_OK);
    assert_int_equal(tq_tensor_read(to, is, CHANNELS), TQ_OK);
    assert_int_equal(tq_layer_reference(layer, (const float *const[]){x}, should), TQ_OK);
    assert_memory_equal(is, should, sizeof is);
    tq_tensor_destroy(from);
    tq_tensor_destroy(to);
    tq_layer_destroy(layer);
    tq_context_close(context);
}

/* A dense layer with exact sums of one product, its largest input, and what that gives, rounded to binary32.
 */
typedef struct exact_row {
    float x, weight, bias, y;
} exact_row;

static const exact_row exact_rows[] = {
    {1.0f, 1.0f, 0x3p-25f, 1.0f + 0x1p-23f}, /* 1 + 3/4 of a last bit */
    {1.0f, -1.0f, -0x3p-25f, -1.0f - 0x1p-23f},
    {0x3p-76f, 0x1p-75f, 0.0f, 0x1p-149f}, /* 3/4 of the smallest number */
    {3.0f, 5.0f, 0.25f, 15.25f},           /* no rounding: as tight as it was */
    {4096.0f, 4096.0f, 0.0f, 16777216.0f},
    {4097.0f, 4097.0f, 0.0f, 16785408.0f}, /* 16785409 */
};

static void exact_sums_are_rounded_into_their_range(void **state)
{
    const tq_shape one = tq_shape_of(1, (const int64_t[]){1}),
                   square = tq_shape_of(2, (const int64_t[]){1, 1});
    tq_context *context;
    (void)state;
    assert_int_equal(tq_context_open(&context, NULL), TQ_OK);
    for (size_t i = 0; i < TQ_COUNT(exact_rows); ++i) {
        const exact_row *r = &exact_rows[i];
        const tq_range range = tq_range__measure(&r->x, 1);
        const double exact = (double)r->x * r->weight + r->bias, y = (double)r->y;
        tq_layer *layer;
        tq_tensor *from, *to;
        float is;
        assert_int_equal(tq_layer_create(&layer, context, "dense", "d", "exact=1"), TQ_OK);
        assert_int_equal(tq_layer_set_weight(layer, "weight", &square, &r->weight), TQ_OK);
        assert_int_equal(tq_layer_set_weight(layer, "bias", &one, &r->bias), TQ_OK);
        assert_int_equal(tq_layer__plan(layer, &square, &range, 1, NULL), TQ_OK);
        assert_int_equal(tq_tensor_create(&from, context, &square), TQ_OK);
        assert_int_equal(tq_tensor_create(&to, context, &square), TQ_OK);
        assert_int_equal(tq_tensor_write(from, &r->x, 1), TQ_OK);
        assert_int_equal(tq_layer_forward(layer, (const tq_tensor *const[]){from}, to), TQ_OK);
        assert_int_equal(tq_tensor_read(to, &is, 1), TQ_OK);
        assert_memory_equal(&is, &r->y, sizeof is);
        if (y < layer->output_range.lowest || y > layer->output_range.highest || !layer->output_range.finite)
            fail_msg("row %zu: %a, range %a .. %a", i, y, layer->output_range.lowest,
                     layer->output_range.highest);
        if (y == exact && fabs(y) <= 0x1p24)
            assert_true(tq_range__magnitude(layer->output_range) == fabs(y));
        tq_tensor_destroy(from);
        tq_tensor_destroy(to);
        tq_layer_destroy(layer);
    }
    tq_context_close(context);
}

/* An input of the range, and the output by hand: the range that the layer says must hold it. */
static const struct {
    const char *kind, *options;
    float scale, zero; /* scale 0: the layer has none */
    tq_range in;
    float x, y;
} outputs[] = {
    {"clip", "lowest=1000,highest=2000", 0, 0, {-7, -1, 0.9921875, true, {0}}, 0.5f, 1000},
    {"clip", "lowest=-2000,highest=-1000", 0, 0, {-7, -1, 0.9921875, true, {0}}, 0.5f, -1000},
    {"clip", "lowest=0,highest=6", 0, 0, {-7, -1, 8, true, {0}}, 7.5f, 6},
    {"clip", "lowest=2,highest=1", 0, 0, {-7, -1, 8, true, {0}}, 0.5f, 1},
    {"dequantizelinear", "", 1, 1, {2, -128, 124, true, {0}}, 4, 3},
    {"dequantizelinear", "", 0.5f, 3, {0, -128, 127, true, {0}}, -128, -65.5f},
    {"quantizelinear", "to=float32", 3, 0, {0, -128, 127, true, {0}}, 7, 7.0f / 3.0f},
    {"quantizelinear", "to=float32", 0.25f, 0, {0, -128, 127, true, {0}}, 127, 508},
    {"quantizelinear", "bits=16", 1, 0, {0, -0x1p20, 0x1p20, true, {0}}, 300000, 32767},
};

static void outputs_lie_in_their_range(void **state)
{
    const tq_shape one = tq_shape_of(2, (const int64_t[]){1, 1}),
                   single = tq_shape_of(1, (const int64_t[]){1});
    tq_context *context;
    (void)state;
    assert_int_equal(tq_context_open(&context, NULL), TQ_OK);
    for (size_t i = 0; i < TQ_COUNT(outputs); ++i) {
        tq_layer *layer;
        float y;
        assert_int_equal(tq_layer_create(&layer, context, outputs[i].kind, "L", outputs[i].options), TQ_OK);
        if (outputs[i].scale != 0) {
            assert_int_equal(tq_layer_set_weight(layer, "scale", &single, &outputs[i].scale), TQ_OK);
            assert_int_equal(tq_layer_set_weight(layer, "zero", &single, &outputs[i].zero), TQ_OK);
        }
        assert_int_equal(tq_layer__plan(layer, &one, &outputs[i].in, 1, NULL), TQ_OK);
        assert_int_equal(tq_layer_reference(layer, (const float *const[]){&outputs[i].x}, &y), TQ_OK);
        assert_true(y == outputs[i].y);
        const tq_range *range = &layer->output_range;
        const double units = ldexp((double)y, -range->grid);
        if (!((double)y >= range->lowest && (double)y <= range->highest) ||
            (range->grid != TQ_GRID_UNKNOWN && units != floor(units)))
            fail_msg("row %zu, %s: %g is not in %g .. %g on 2^%d", i, outputs[i].kind, (double)y,
                     range->lowest, range->highest, range->grid);
        tq_layer_destroy(layer);
    }
    tq_context_close(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_by_hand), cmocka_unit_test(exact_sums_are_rounded_into_their_range),
        cmocka_unit_test(sums_leave_the_inputs_range), cmocka_unit_test(outputs_lie_in_their_range)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
