/* Makes ONNX models in memory, for tests. Aborts the test when memory is short. Names are copied. */
#ifndef TQ_TESTS_ONNX_MAKER_H
#define TQ_TESTS_ONNX_MAKER_H

#include <stddef.h>
#include <stdint.h>

#include "onnx.pb-c.h"

typedef struct onnx_maker {
    Onnx__ModelProto model;
    Onnx__GraphProto graph;
    Onnx__OperatorSetIdProto opset;
    Onnx__OperatorSetIdProto *opsets[1];
    void **owned;
    size_t owned_count;
} onnx_maker;

/* An empty graph; ir_version 8. */
onnx_maker *onnx_maker_new(int64_t opset);
void onnx_maker_free(onnx_maker *maker);

/* Adds an input of float; a dimension of 0 is symbolic. */
void onnx_maker_input(onnx_maker *maker, const char *name, size_t rank, const int64_t *dims);
void onnx_maker_output(onnx_maker *maker, const char *name);

/* Add initializers whose numbers are typed (float_data, int64_data); the result may be changed. */
Onnx__TensorProto *onnx_maker_floats(onnx_maker *maker, const char *name, size_t rank, const int64_t *dims,
                                     const float *values);
Onnx__TensorProto *onnx_maker_integers(onnx_maker *maker, const char *name, size_t count,
                                       const int64_t *values);
/* Moves the numbers of an initializer of floats to raw_data. */
void onnx_maker_to_raw(onnx_maker *maker, Onnx__TensorProto *tensor);

/* Adds a node; `inputs` and `outputs` are names separated by commas, an empty one is an absent input. */
Onnx__NodeProto *onnx_maker_node(onnx_maker *maker, const char *op_type, const char *name, const char *inputs,
                                 const char *outputs);
void onnx_maker_int(onnx_maker *maker, Onnx__NodeProto *node, const char *name, int64_t value);
void onnx_maker_float(onnx_maker *maker, Onnx__NodeProto *node, const char *name, float value);
void onnx_maker_ints(onnx_maker *maker, Onnx__NodeProto *node, const char *name, size_t count,
                     const int64_t *values);
void onnx_maker_string(onnx_maker *maker, Onnx__NodeProto *node, const char *name, const char *value);
/* A bare attribute of a type, to be filled by hand. */
Onnx__AttributeProto *onnx_maker_attribute(onnx_maker *maker, Onnx__NodeProto *node, const char *name,
                                           Onnx__AttributeProto__AttributeType type);

/* Zeroed memory that lives as long as the maker. */
void *onnx_maker_memory(onnx_maker *maker, size_t size);

/* The file's content, freed by the caller. */
uint8_t *onnx_maker_pack(const onnx_maker *maker, size_t *size);

#endif
