/* ONNX import behind tq_network_load_onnx, for models that are in memory. */
#ifndef TQ_IO_ONNX_H
#define TQ_IO_ONNX_H

#include <stdint.h>

#include "onnx.pb-c.h"
#include "tensorquant/network.h"

/* The same from a file's content. */
tq_status tq_onnx__load(tq_network **network, tq_context *context, const uint8_t *data, size_t size);

/*
 * Builds the network of a parsed model. `extra`: further initializers by name, which count before the model's
 * own; a graph input of such a name is none.
 */
tq_status tq_onnx__import(tq_network **network, tq_context *context, const Onnx__ModelProto *model,
                          const Onnx__TensorProto *const *extra, size_t extra_count);

/*
 * Checks a serialized message before protobuf-c parses it: lengths, depth of nesting (the parser recurses
 * without a bound) and number of messages (each takes far more memory than its two bytes in the file).
 * TQ_E_FORMAT.
 */
tq_status tq_onnx__scan(const ProtobufCMessageDescriptor *type, const uint8_t *data, size_t size);

#endif
