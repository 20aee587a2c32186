/* Makes an ONNX graph from a network: what the kinds of layers need to write their nodes. */
#ifndef TQ_IO_ONNX_WRITER_H
#define TQ_IO_ONNX_WRITER_H

#include "io/owned.h"
#include "network/graph.h"
#include "onnx.pb-c.h"

typedef struct tq_onnx_writer {
    const tq_network *network;
    tq_shape *shape; /* of each value, NHWC, for the batch */
    bool *needed;    /* of each value: the output is computed from it */
    int64_t batch;   /* the fixed one, else 1 */
    Onnx__GraphProto graph;
    tq_owned owned; /* the graph's memory */
} tq_onnx_writer;

/* Memory (onnx_writer.c), zeroed, that lives as long as the writer. TQ_E_MEMORY. */
tq_status tq_onnx_writer__memory(tq_onnx_writer *writer, size_t size, void *pointer);
tq_status tq_onnx_writer__text(tq_onnx_writer *writer, const char *text, char **copy);
void tq_onnx_writer__free(tq_onnx_writer *writer);

/* A name that no value of the network has: `name.suffix`, with underscores behind where it must be. */
tq_status tq_onnx_writer__name(tq_onnx_writer *writer, const char *name, const char *suffix, char **made);

/* Makes a node of one output, without inputs, that is to be added. */
tq_status tq_onnx_writer__node(tq_onnx_writer *writer, const char *operator, const char * name,
                               const char *output, Onnx__NodeProto **node);
/* Adds it behind the nodes that are there. */
void tq_onnx_writer__add(tq_onnx_writer *writer, Onnx__NodeProto *node);
tq_status tq_onnx_writer__int(tq_onnx_writer *writer, Onnx__NodeProto *node, const char *name, int64_t value);
tq_status tq_onnx_writer__float(tq_onnx_writer *writer, Onnx__NodeProto *node, const char *name,
                                double value);
tq_status tq_onnx_writer__string(tq_onnx_writer *writer, Onnx__NodeProto *node, const char *name,
                                 const char *value);
tq_status tq_onnx_writer__ints(tq_onnx_writer *writer, Onnx__NodeProto *node, const char *name, size_t count,
                               const int64_t *values);

/* Add an input to a node: a name; a new initializer, called like the node, with its numbers. */
tq_status tq_onnx_writer__input(tq_onnx_writer *writer, Onnx__NodeProto *node, const char *name);
tq_status tq_onnx_writer__floats(tq_onnx_writer *writer, Onnx__NodeProto *node, const char *suffix,
                                 const tq_shape *shape, const float *values);
/* The same of a constant of the network, under its own name the first time. */
tq_status tq_onnx_writer__constant(tq_onnx_writer *writer, Onnx__NodeProto *node, const char *constant,
                                   const tq_shape *shape, const float *values);
tq_status tq_onnx_writer__integers(tq_onnx_writer *writer, Onnx__NodeProto *node, const char *suffix,
                                   size_t count, const int64_t *values);

/* The type of a graph's input or output: binary32, of this shape; a first dimension of 0 is symbolic. */
tq_status tq_onnx_writer__value(tq_onnx_writer *writer, const char *name, const tq_shape *shape,
                                Onnx__ValueInfoProto **value);

/* Adds the node of a layer (onnx_save_kinds.c). TQ_E_UNSUPPORTED: it has none, the text says why. */
tq_status tq_onnx_writer__layer(tq_onnx_writer *writer, const tq_value *value);

#endif
