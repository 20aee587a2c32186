/* What layers that move numbers refuse, and with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/device_test.h"
#include "support/onnx_check.h"
#include "util/fail.h"

typedef struct refusal {
    const char *kind, *options;
    tq_shape in[2]; /* the second of rank 0: there is one */
    tq_status status;
    const char *text;
} refusal;

#define SHAPE(r, ...)                                                                                        \
    {                                                                                                        \
        .rank = (r), .dim = { __VA_ARGS__ }                                                                  \
    }

static const refusal refusals[] = {
    {"concat", "axis=3", {SHAPE(2, 3, 4)}, TQ_E_SHAPE, "axis is 3, the first input 3x4 has 2 dimensions"},
    {"concat",
     "axis=1",
     {SHAPE(3, 2, 3, 4), SHAPE(3, 2, 1, 5)},
     TQ_E_SHAPE,
     "inputs 0 and 1 are 2x3x4 and 2x1x5: they may differ in dimension 1 only"},
    {"transpose",
     "axes=0x1x1",
     {SHAPE(3, 2, 3, 4)},
     TQ_E_SHAPE,
     "option axes has 1 at place 2; the input has 3 dimensions, each of which it must name once"},
    {"transpose", "axes=0x2", {SHAPE(2, 3, 4)}, TQ_E_SHAPE, "option axes has 2 at place 1"},
    {"replicate",
     "repeats=1x16777217",
     {SHAPE(2, 3, 1)},
     TQ_E_UNSUPPORTED,
     "dimension 1 of the output is 16777217, supported here: up to 16777216"},
    {"slice",
     "first=0x4",
     {SHAPE(2, 3, 4)},
     TQ_E_SHAPE,
     "dimension 1 has 4 indices: there are none, or not 0, from 4"},
    {"slice",
     "first=0x1,step=1x2,count=0x3",
     {SHAPE(2, 3, 4)},
     TQ_E_SHAPE,
     "or not 3, from 1 on in steps of 2"},
    {"slice", "first=0,step=1x0", {SHAPE(2, 3, 4)}, TQ_E_SHAPE, "in steps of 0"},
    {"pad", "before=0x-4", {SHAPE(2, 3, 4)}, TQ_E_SHAPE, "dimension 1 has 4 indices, with pads of -4 and 0"},
    {"pad", "before=0x4,mode=reflect", {SHAPE(2, 3, 4)}, TQ_E_SHAPE, "mode reflect pads below the dimension"},
    {"expand",
     "rank=2,shape=0x5",
     {SHAPE(2, 3, 4)},
     TQ_E_SHAPE,
     "input 3x4 does not fit option shape with 5 at place 1"},
    {"expand", "rank=1,shape=4", {SHAPE(2, 3, 4)}, TQ_E_SHAPE, "does not fit option shape"},
    {"gather", "axis=2", {SHAPE(2, 3, 4)}, TQ_E_SHAPE, "axis is 2, the input has 2 dimensions"},
    {"gather", "axis=1", {SHAPE(2, 3, 3)}, TQ_E_ARGUMENT, "index 1 is 3, allowed whole numbers from 0 to 2"},
    {"depthtospace",
     "",
     {SHAPE(4, 1, 2, 2, 6)},
     TQ_E_SHAPE,
     "4 dimensions and 6 channels: needs 4 (an image) and a multiple of 4"},
    {"spacetodepth", "", {SHAPE(4, 1, 3, 2, 1)}, TQ_E_SHAPE, "rows and columns that are multiples of 2"},
    {"resizelinear", "", {SHAPE(2, 3, 4)}, TQ_E_SHAPE, "input has rank 2, needs 4"},
    {"resizelinear",
     "scale=0.1",
     {SHAPE(4, 1, 4, 4, 2)},
     TQ_E_SHAPE,
     "dimension 0 of 4 indices, scaled by 0.1"},
    {"convtranspose2d", "", {SHAPE(2, 3, 4)}, TQ_E_SHAPE, "input has rank 2, needs 4"},
    {"convtranspose2d",
     "",
     {SHAPE(4, 1, 2, 2, 3)},
     TQ_E_SHAPE,
     "input 1x2x2x3 (NHWC) does not fit weight 1x1x2x1 with 1 groups: needs 2 input channels"},
    {"convtranspose2d", "pads=1", {SHAPE(4, 1, 2, 2, 2)}, TQ_E_SHAPE, "1 samples of 0 x 0 output pixels"},
    {"resizenearest", "scale=1x0.1", {SHAPE(2, 3, 4)}, TQ_E_SHAPE, "dimension 1 of 4 indices, scaled by 0.1"},
};

static void refused_when_planned(void **state)
{
    for (size_t i = 0; i < TQ_COUNT(refusals); ++i) {
        const refusal *r = &refusals[i];
        tq_layer *layer;
        assert_int_equal(tq_layer_create(&layer, *state, r->kind, "L", r->options), TQ_OK);
        if (strcmp(r->kind, "gather") == 0)
            assert_int_equal(tq_layer_set_weight(layer, "indices", &(tq_shape){.rank = 1, .dim = {2}},
                                                 (const float[]){0, 3}),
                             TQ_OK);
        if (strcmp(r->kind, "convtranspose2d") == 0)
            assert_int_equal(tq_layer_set_weight(layer, "weight", &(tq_shape){.rank = 4, .dim = {1, 1, 2, 1}},
                                                 (const float[]){0, 3}),
                             TQ_OK);
        const tq_status status = tq_layer_plan(layer, r->in, r->in[1].rank > 0 ? 2 : 1, NULL);
        if (status != r->status || strstr(tq_error(), r->text) == NULL)
            fail_msg("%s %s: '%s', should be '%s'", r->kind, r->options, tq_error(), r->text);
        tq_layer_destroy(layer);
    }
}

/* A node on an input of 1x4x2x2, with lists of integers as inputs 1 to 4. */
typedef struct import {
    const char *op;
    int64_t list[4][4];
    size_t count[4]; /* 0: none */
    const char *attribute;
    int64_t value;
    tq_status status;
    const char *text;
} import;

static const import imports[] = {
    {"Slice", {{0}, {9}, {7}}, {1, 1, 1}, NULL, 0, TQ_E_FORMAT, "axis 7 of a tensor of 4 dimensions"},
    {"Slice", {{0}, {9}, {1}, {0}}, {1, 1, 1, 1}, NULL, 0, TQ_E_FORMAT, "a step of 0"},
    {"Slice", {{0, 1}, {9}}, {2, 1}, NULL, 0, TQ_E_FORMAT, "2 starts, 1 ends, 0 axes, 0 steps"},
    {"Slice",
     {{3}, {1}, {1}},
     {1, 1, 1},
     NULL,
     0,
     TQ_E_UNSUPPORTED,
     "nothing is left of dimension 1, which has 4"},
    {"Split", {{1, 2}}, {2}, "axis", 1, TQ_E_FORMAT, "a dimension of 4 cannot be cut into the 1 parts"},
    {"Split", {{1}}, {1}, "axis", 9, TQ_E_FORMAT, "axis 9"},
    {"Pad", {{1, 1}}, {2}, NULL, 0, TQ_E_FORMAT, "2 pads for 4 dimensions"},
    {"Expand", {{3, 2, 2}}, {3}, NULL, 0, TQ_E_SHAPE, "dimension 1 of 4 does not expand to 3"},
    {"Tile", {{2, 2}}, {2}, NULL, 0, TQ_E_FORMAT, "2 repeats for 4 dimensions"},
    {"Tile", {{1, 1, 0, 1}}, {4}, NULL, 0, TQ_E_UNSUPPORTED, "0 repeats of 2 indices"},
    {"Gather", {{4}}, {1}, "axis", 1, TQ_E_UNSUPPORTED, "index 0 of '1' is outside a dimension of 4 indices"},
    {"DepthToSpace", {{0}}, {0}, "blocksize", 0, TQ_E_ARGUMENT, "'block' at position 7 is 0"},
    {"SpaceToDepth", {{0}}, {0}, "blocksize", 5000, TQ_E_ARGUMENT, "'block' at position 7"},
};

static void refused_imports(void **state)
{
    for (size_t i = 0; i < TQ_COUNT(imports); ++i) {
        const import *r = &imports[i];
        onnx_maker *m = onnx_maker_new(13);
        char inputs[32] = "x";
        onnx_maker_input(m, "x", DIMS(1, 4, 2, 2));
        for (size_t j = 0; j < 4; ++j) {
            const char name[2] = {(char)('1' + j), '\0'};
            if (r->count[j] == 0)
                continue;
            onnx_maker_integers(m, name, r->count[j], r->list[j]);
            strcat(strcat(inputs, ","), name);
        }
        Onnx__NodeProto *node = onnx_maker_node(m, r->op, "move", inputs, "y");
        if (r->attribute != NULL)
            onnx_maker_int(m, node, r->attribute, r->value);
        onnx_maker_output(m, "y");
        onnx_check_failure(*state, m, r->status, r->text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(refused_when_planned),
                                       cmocka_unit_test(refused_imports)};
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
