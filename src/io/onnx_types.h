/*
 * ONNX's data types besides float. Tensors of the network hold binary32, and so every type of which binary32
 * has all numbers is carried as these numbers: integers of up to 16 bits, float16, bfloat16, float8, float4.
 * int32 is carried where the numbers are proven to be at most 2^24, or where all that reads them converts
 * them to float, which rounds them to binary32 as the network does.
 */
#ifndef TQ_IO_ONNX_TYPES_H
#define TQ_IO_ONNX_TYPES_H

#include "io/onnx_graph.h"

enum { /* numbers of the standard that libonnx's header may not know yet */
       TQ_ONNX_FLOAT = 1,
       TQ_ONNX_UINT8 = 2,
       TQ_ONNX_INT8 = 3,
       TQ_ONNX_INT32 = 6,
       TQ_ONNX_FLOAT16 = 10,
       TQ_ONNX_E2M1 = 23
};

typedef struct tq_onnx_type {
    int32_t code;
    const char *name;
    int bits;                            /* of integers; 0: floats */
    bool is_signed;                      /* integers */
    const char *options;                 /* of the layers cast and quantizelinear; NULL: no layer gives it */
    int width, exponent, fraction, bias; /* small floats; width in bits of integers and small floats */
    bool finite, one_zero;               /* small floats: no infinity; NaN in place of -0 */
} tq_onnx_type;

/* The row of a data type that tensors carry; NULL. 0 is float. */
const tq_onnx_type *tq_onnx__type(int32_t code);
/* Lowest and highest number of an integer type. */
double tq_onnx__type_lowest(const tq_onnx_type *type);
double tq_onnx__type_highest(const tq_onnx_type *type);

/* The data type of a value; a constant's is what its numbers are meant to be. */
int32_t tq_onnx__type_of(const tq_onnx_value *value);
/* Whether tensors of this type need no layer of their own: float. */
bool tq_onnx__is_float(const tq_onnx_value *value);

/* The numbers of a constant of any type as binary32; int32 and double are rounded to it. Free them. */
tq_status tq_onnx__any_floats(const tq_onnx_value *value, float **floats);

/* Refuses inputs that are no floats, unless the operator is one of integers, or only moves numbers. */
tq_status tq_onnx__check_types(const tq_onnx_node *node);
/* Outputs of operators that only move numbers have the type of their input. */
void tq_onnx__pass_types(const tq_onnx_node *node);

/* A layer beside the node's that brings `input` into a type; no map acts on it. */
tq_status tq_onnx__cast(const tq_onnx_node *node, const tq_onnx_value *input, int32_t type, bool saturate,
                        tq_onnx_value *value);

/* The value that a name stands for, to be changed. */
tq_onnx_value *tq_onnx__found(tq_onnx *onnx, const char *name);

#endif
