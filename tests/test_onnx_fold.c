/* Arithmetic on constants and shapes is done when a graph is imported: single operators by rows worked out by
 * hand, and the subgraphs that exporters write. */
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

#define MOST 6

typedef struct row {
    const char *op;
    char type; /* of the numbers: i or f; '-': refused with `text` */
    size_t count[3];
    double in[3][MOST];
    size_t wanted_count;
    double wanted[MOST];
    const char *text;
    int64_t axis;
} row;

static const row rows[] = {
    {"Add", 'i', {3, 1}, {{1, 2, 3}, {10}}, 3, {11, 12, 13}, NULL, 0},
    {"Sub", 'i', {3, 3}, {{1, 2, 3}, {3, 2, 1}}, 3, {-2, 0, 2}, NULL, 0},
    {"Mul", 'i', {1, 2}, {{-4}, {3, 5}}, 2, {-12, -20}, NULL, 0},
    {"Div", 'i', {4, 1}, {{7, -7, 6, 0}, {2}}, 4, {3, -3, 3, 0}, NULL, 0},
    {"Mod", 'i', {4, 1}, {{7, -7, 6, 0}, {4}}, 4, {3, 1, 2, 0}, NULL, 0},
    {"Div", '-', {1, 1}, {{7}, {0}}, 0, {0}, "an integer is divided by 0", 0},
    {"Min", 'i', {2, 2}, {{1, 5}, {2, 3}}, 2, {1, 3}, NULL, 0},
    {"Max", 'i', {2, 2}, {{1, 5}, {2, 3}}, 2, {2, 5}, NULL, 0},
    {"Abs", 'i', {2}, {{-3, 4}}, 2, {3, 4}, NULL, 0},
    {"Neg", 'i', {2}, {{-3, 4}}, 2, {3, -4}, NULL, 0},
    {"Equal", 'i', {3, 1}, {{1, -1, 3}, {-1}}, 3, {0, 1, 0}, NULL, 0},
    {"Less", 'i', {3, 1}, {{1, 2, 3}, {2}}, 3, {1, 0, 0}, NULL, 0},
    {"LessOrEqual", 'i', {3, 1}, {{1, 2, 3}, {2}}, 3, {1, 1, 0}, NULL, 0},
    {"Greater", 'i', {3, 1}, {{1, 2, 3}, {2}}, 3, {0, 0, 1}, NULL, 0},
    {"GreaterOrEqual", 'i', {3, 1}, {{1, 2, 3}, {2}}, 3, {0, 1, 1}, NULL, 0},
    {"Not", 'i', {2}, {{0, 1}}, 2, {1, 0}, NULL, 0},
    {"And", 'i', {4, 4}, {{0, 0, 1, 1}, {0, 1, 0, 1}}, 4, {0, 0, 0, 1}, NULL, 0},
    {"Or", 'i', {4, 4}, {{0, 0, 1, 1}, {0, 1, 0, 1}}, 4, {0, 1, 1, 1}, NULL, 0},
    {"Where", 'i', {3, 3, 1}, {{0, 1, 0}, {4, 5, 6}, {-1}}, 3, {-1, 5, -1}, NULL, 0},
    {"Range", '-', {1, 1, 1}, {{2}, {9}, {0}}, 0, {0}, "a range from 2 to 9 in steps of 0", 0},
    {"Range", 'i', {1, 1, 1}, {{-0x1p63}, {0x1.8p62}, {0x1p62}}, 4, {-0x1p63, -0x1p62, 0, 0x1p62}, NULL, 0},
    {"Concat", 'i', {2, 1, 2}, {{1, 2}, {3}, {4, 5}}, 5, {1, 2, 3, 4, 5}, NULL, 0},
    {"Gather", 'i', {4, 2}, {{7, 8, 9, 10}, {-1, 1}}, 2, {10, 8}, NULL, 0},
    {"Slice", 'i', {5, 1, 1}, {{1, 2, 3, 4, 5}, {1}, {4}}, 3, {2, 3, 4}, NULL, 0},
    {"Expand", 'i', {1, 1}, {{7}, {3}}, 3, {7, 7, 7}, NULL, 0},
    {"Tile", 'i', {2, 1}, {{7, 8}, {2}}, 4, {7, 8, 7, 8}, NULL, 0},
    {"ReduceProd", 'i', {3}, {{2, 3, 4}}, 1, {24}, NULL, 0},
    {"ReduceSum", 'i', {3}, {{2, 3, 4}}, 1, {9}, NULL, 0},
    {"ReduceMax", 'i', {3}, {{2, 4, 3}}, 1, {4}, NULL, 0},
    {"ReduceMin", 'i', {3}, {{3, 2, 4}}, 1, {2}, NULL, 0},
    {"Add", 'f', {2, 2}, {{0.5, 1}, {0.25, -3}}, 2, {0.75, -2}, NULL, 0},
    {"Sub", 'f', {1, 1}, {{0.5}, {2}}, 1, {-1.5}, NULL, 0},
    {"Mul", 'f', {2, 1}, {{0.5, 3}, {-2}}, 2, {-1, -6}, NULL, 0},
    {"Div", 'f', {1, 1}, {{1}, {3}}, 1, {0x1.555556p-2}, NULL, 0},
    {"Floor", 'f', {2}, {{1.5, -1.5}}, 2, {1, -2}, NULL, 0},
    {"Ceil", 'f', {2}, {{1.5, -1.5}}, 2, {2, -1}, NULL, 0},
    {"Sqrt", 'f', {1}, {{2.25}}, 1, {1.5}, NULL, 0},
    {"Abs", 'f', {1}, {{-2.25}}, 1, {2.25}, NULL, 0},
    {"Neg", 'f', {1}, {{-2.25}}, 1, {2.25}, NULL, 0},
    {"Min", 'f', {2, 2}, {{1, 5}, {2, 3}}, 2, {1, 3}, NULL, 0},
    {"Max", 'f', {2, 2}, {{1, 5}, {2, 3}}, 2, {2, 5}, NULL, 0},
    {"Less", 'f', {2, 1}, {{1, 2}, {1.5}}, 2, {1, 0}, NULL, 0},
    {"Floor", '-', {1}, {{1}}, 0, {0}, "operator 'Floor' is not supported on constants of integers", 0},
    {"Add", '-', {2, 3}, {{1, 2}, {1, 2, 3}}, 0, {0}, "constants of shapes 2 and 3 do not fit", 0},
    {"Concat", '-', {1, 1}, {{1}, {2}}, 0, {0}, "axis 2 of a tensor of 1 dimensions", 2},
};

/* x [1, 1] beside the operator's result: y = [x, result]. */
static onnx_maker *row_model(const row *r)
{
    onnx_maker *m = onnx_maker_new(13);
    char inputs[16] = "";
    onnx_maker_input(m, "x", DIMS(1, 1));
    for (size_t i = 0; i < 3 && r->count[i] > 0; ++i) {
        float floats[MOST];
        int64_t integers[MOST];
        const char name[3] = {(char)(i > 0 ? ',' : 'a'), (char)('a' + i), '\0'};
        for (size_t j = 0; j < r->count[i]; ++j) {
            floats[j] = (float)r->in[i][j];
            integers[j] = (int64_t)r->in[i][j];
        }
        if (r->type == 'f')
            onnx_maker_floats(m, i > 0 ? name + 1 : "a", 1, (const int64_t[]){(int64_t)r->count[i]}, floats);
        else
            onnx_maker_integers(m, i > 0 ? name + 1 : "a", r->count[i], integers);
        strcat(inputs, i > 0 ? name : "a");
    }
    Onnx__NodeProto *node = onnx_maker_node(m, r->op, "op", inputs, "k");
    if (strcmp(r->op, "Concat") == 0 || strcmp(r->op, "Gather") == 0)
        onnx_maker_int(m, node, "axis", r->axis);
    onnx_maker_int(m, onnx_maker_node(m, "Cast", "cast", "k", "f"), "to", 1);
    onnx_maker_integers(m, "shape", DIMS(1, -1));
    onnx_maker_node(m, "Reshape", "row", "f,shape", "r");
    onnx_maker_int(m, onnx_maker_node(m, "Concat", "join", "x,r", "y"), "axis", 1);
    onnx_maker_output(m, "y");
    return m;
}

static void single_operators(void **state)
{
    for (size_t i = 0; i < TQ_COUNT(rows); ++i) {
        const row *r = &rows[i];
        float wanted[MOST + 1] = {9};
        for (size_t j = 0; j < r->wanted_count; ++j)
            wanted[1 + j] = (float)r->wanted[j];
        if (r->type == '-') {
            onnx_check_failure(*state, row_model(r),
                               i == TQ_COUNT(rows) - 1                 ? TQ_E_FORMAT
                               : strstr(r->text, "do not fit") != NULL ? TQ_E_SHAPE
                                                                       : TQ_E_UNSUPPORTED,
                               r->text);
            continue;
        }
        printf("%s of %c\n", r->op, r->type);
        onnx_check_output(*state, row_model(r), 1, (const float[]){9},
                          &(tq_shape){.rank = 2, .dim = {1, 1 + (int64_t)r->wanted_count}}, wanted);
    }
}

/* x.view(x.size(0), -1), as PyTorch writes it. */
static void pytorch_flatten(void **state)
{
    static const float x[24] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                                12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23};
    onnx_maker *m = onnx_maker_new(11);
    onnx_maker_input(m, "x", DIMS(0, 3, 2, 2));
    onnx_maker_node(m, "Shape", "", "x", "s");
    onnx_maker_floats(m, "unused", 0, NULL, (const float[]){0});
    Onnx__TensorProto *zero = onnx_maker_integers(m, "zero", 1, (const int64_t[]){0});
    zero->n_dims = 0;
    onnx_maker_node(m, "Gather", "", "s,zero", "n");
    onnx_maker_ints(m, onnx_maker_node(m, "Unsqueeze", "", "n", "n1"), "axes", DIMS(0));
    onnx_maker_integers(m, "rest", DIMS(-1));
    onnx_maker_int(m, onnx_maker_node(m, "Concat", "", "n1,rest", "t"), "axis", 0);
    onnx_maker_node(m, "Reshape", "", "x,t", "y");
    onnx_maker_output(m, "y");
    onnx_check_output(*state, m, 2, x, &(tq_shape){.rank = 2, .dim = {2, 12}}, x);
}

/* F.interpolate(x, scale_factor=2) of PyTorch with opset 9: sizes by floor(float(size) * 2), scales by
 * division. */
static void pytorch_upsample(void **state)
{
    static const float x[4] = {1, 2, 3, 4}, y[16] = {1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4};
    onnx_maker *m = onnx_maker_new(9);
    onnx_maker_input(m, "x", DIMS(0, 1, 2, 2));
    onnx_maker_node(m, "Shape", "", "x", "s");
    Onnx__NodeProto *slice = onnx_maker_node(m, "Slice", "", "s", "hw");
    onnx_maker_ints(m, slice, "axes", DIMS(0));
    onnx_maker_ints(m, slice, "starts", DIMS(2));
    onnx_maker_ints(m, slice, "ends", DIMS(INT64_MAX));
    onnx_maker_int(m, onnx_maker_node(m, "Cast", "", "hw", "f"), "to", 1);
    onnx_maker_floats(m, "two", 0, NULL, (const float[]){2});
    onnx_maker_node(m, "Mul", "", "f,two", "g");
    onnx_maker_node(m, "Floor", "", "g", "h");
    onnx_maker_node(m, "Div", "", "h,f", "q");
    onnx_maker_floats(m, "ones", DIMS(2), (const float[]){1, 1});
    onnx_maker_int(m, onnx_maker_node(m, "Concat", "", "ones,q", "scales"), "axis", 0);
    onnx_maker_node(m, "Upsample", "", "x,scales", "y");
    onnx_maker_output(m, "y");
    onnx_check_output(*state, m, 1, x, &(tq_shape){.rank = 4, .dim = {1, 1, 4, 4}}, y);
}

/* A learned token before each sample's others, its shape with -1 for what stays: Where(Equal(s, -1), ones,
 * s). */
static void expanded_token(void **state)
{
    static const float x[4] = {1, 2, 3, 4};
    onnx_maker *m = onnx_maker_new(13);
    onnx_maker_input(m, "x", DIMS(0, 1, 2));
    onnx_maker_floats(m, "token", DIMS(1, 1, 2), (const float[]){-1, -2});
    onnx_maker_integers(m, "wanted", DIMS(1, -1, -1));
    onnx_maker_integers(m, "three", DIMS(3));
    onnx_maker_integers(m, "minus", DIMS(-1));
    Onnx__NodeProto *fill = onnx_maker_node(m, "ConstantOfShape", "", "three", "ones");
    Onnx__AttributeProto *a =
        onnx_maker_attribute(m, fill, "value", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR);
    a->t = onnx_maker_integers(m, "", DIMS(1));
    --m->graph.n_initializer;
    onnx_maker_node(m, "Equal", "", "wanted,minus", "is");
    onnx_maker_node(m, "Where", "", "is,ones,wanted", "shape");
    onnx_maker_node(m, "Expand", "", "token,shape", "tokens");
    onnx_maker_int(m, onnx_maker_node(m, "Concat", "", "tokens,x", "y"), "axis", 1);
    onnx_maker_output(m, "y");
    onnx_check_output(*state, m, 2, x, &(tq_shape){.rank = 3, .dim = {2, 2, 2}},
                      (const float[]){-1, -2, 1, 2, -1, -2, 3, 4});
}

static void refused(void **state)
{
    static const struct {
        const char *op, *inputs, *attribute;
        int64_t value;
        tq_status status;
        const char *text;
    } nodes[] = {
        {"Range", "x,a,a", NULL, 0, TQ_E_UNSUPPORTED,
         "input 'x' is computed; operator 'Range' is supported with a constant"},
        {"Where", "a,x,a", NULL, 0, TQ_E_UNSUPPORTED, "input 'x' is computed"},
        {"Range", "a,a", NULL, 0, TQ_E_UNSUPPORTED,
         "operator 'Range' of constants has 2 inputs, supported: 3 to 3"},
        {"Shape", "x", "from", 1, TQ_E_UNSUPPORTED, "attribute 'from' of operator 'Shape'"},
        {"Cast", "a", "to", 8, TQ_E_UNSUPPORTED, "a cast to data type 8; supported of constants"},
        {"Cast", "x", "to", 11, TQ_E_UNSUPPORTED, "a tensor of data type 11 is not supported"},
        {"ReduceProd", "f", NULL, 0, TQ_E_UNSUPPORTED, "is supported on a list of integers"},
        {"ConstantOfShape", "big", NULL, 0, TQ_E_UNSUPPORTED, "supported: 1 to 134217728"},
        {"Range", "f,huge,f", NULL, 0, TQ_E_UNSUPPORTED,
         "a constant of 1 numbers grows to 99999999, supported: 1 to 16777216"},
        {"Tile", "f,many", NULL, 0, TQ_E_UNSUPPORTED,
         "a constant of 1 numbers grows to 1073741824, supported: 1 to 16777216"},
        {"Concat", "a,f", "axis", 0, TQ_E_FORMAT, "constants of two types"},
        {"Where", "f,a,a", NULL, 0, TQ_E_FORMAT, "the condition is no bool"},
    };
    for (size_t i = 0; i < TQ_COUNT(nodes); ++i) {
        onnx_maker *m = onnx_maker_new(13);
        onnx_maker_input(m, "x", DIMS(1, 2));
        onnx_maker_integers(m, "a", DIMS(1));
        onnx_maker_integers(m, "big", DIMS(1 << 20, 1 << 20));
        onnx_maker_floats(m, "huge", DIMS(1), (const float[]){1e8f});
        onnx_maker_integers(m, "many", DIMS(1 << 30));
        onnx_maker_floats(m, "f", DIMS(1), (const float[]){1});
        Onnx__NodeProto *node = onnx_maker_node(m, nodes[i].op, "op", nodes[i].inputs, "y");
        if (nodes[i].attribute != NULL)
            onnx_maker_int(m, node, nodes[i].attribute, nodes[i].value);
        onnx_maker_output(m, "y");
        onnx_check_failure(*state, m, nodes[i].status, nodes[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_operators), cmocka_unit_test(pytorch_flatten),
        cmocka_unit_test(pytorch_upsample), cmocka_unit_test(expanded_token),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, tq_test_open, tq_test_close);
}
