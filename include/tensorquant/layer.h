/*
 * Layer: one operation with its quantizers, from tensors to a tensor.
 *
 * Phases: create, set the weights, plan for input shapes and quantizers, forward. Planning again with other
 * shapes or quantizers is allowed at any time and starts from the master weights. Images are NHWC.
 *
 * The kinds ("conv2d", "dense", "avgpool2d" ...), their options, weights and arithmetic: tq_layer_kind_*
 * below, `tq layers`, docs/layers.md.
 */
#ifndef TENSORQUANT_LAYER_H
#define TENSORQUANT_LAYER_H

#include "tensorquant/accumulation.h"
#include "tensorquant/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tq_layer tq_layer;

/*
 * What is quantized where; zero-initialized is a plain float layer.
 *
 * weights: each weight tensor (bias included) before use; master copies stay.
 * intrinsic: inside the layer's arithmetic. Layers without inner arithmetic quantize their output by
 * `result`. extrinsic: the layer's output. Stochastic rounding draws from (seed, id); the network gives each
 * layer its own id. In training (tensorquant/trainer.h), backward: inside the accumulation of gradients by
 * inputs; update: of gradients by weights; layers without such accumulations quantize these gradients by
 * `result` of the two.
 */
typedef struct tq_layer_quantizers {
    tq_quantizer weights;
    tq_accumulation intrinsic;
    tq_quantizer extrinsic;
    tq_accumulation backward, update;
    uint64_t seed;
    uint32_t id;
} tq_layer_quantizers;

/*
 * Makes a layer. `kind`: one of tq_layer_kind_name. `name`: 1 to 255 bytes, used in errors and maps; copied.
 * `options`: "key=value,key=value", for example "stride=2,pads=1x1x1x1,groups=8"; NULL or "" for the initial
 * values.
 *
 * TQ_E_NAME: unknown kind or option; the text lists those there are. TQ_E_ARGUMENT, TQ_E_SYNTAX: a value
 * outside its range, with the position.
 */
TQ_API TQ_MUST_CHECK tq_status tq_layer_create(tq_layer **layer, tq_context *context, const char *kind,
                                               const char *name, const char *options);
TQ_API void tq_layer_destroy(tq_layer *layer);

/*
 * Sets a weight tensor from host memory; `values` are copied. Names and shapes by kind, for example conv2d:
 * "weight" [kernel rows, kernel columns, input channels / groups, output channels] and optional "bias"
 * [output channels]. TQ_E_NAME: the kind has no such weight. TQ_E_SHAPE: wrong rank.
 */
TQ_API TQ_MUST_CHECK tq_status tq_layer_set_weight(tq_layer *layer, const char *weight, const tq_shape *shape,
                                                   const float *values);

/*
 * Makes the layer ready for these input shapes and quantizers (NULL: none): checks, quantizes the weights,
 * picks the accumulation path, builds programs. After a failure the layer is unplanned.
 *
 * TQ_E_SHAPE (the text names the layer and both shapes), TQ_E_STATE (a weight is missing), TQ_E_MEMORY,
 * TQ_E_BUILD, TQ_E_UNSUPPORTED.
 */
TQ_API TQ_MUST_CHECK tq_status tq_layer_plan(tq_layer *layer, const tq_shape *inputs, size_t input_count,
                                             const tq_layer_quantizers *quantizers);

/* Shape of the output of a planned layer; TQ_E_STATE before. */
TQ_API TQ_MUST_CHECK tq_status tq_layer_output_shape(const tq_layer *layer, tq_shape *shape);

/*
 * output = layer(inputs) with the planned shapes. The work is queued; reading the output waits for it.
 * `output` must not be one of the inputs. TQ_E_STATE: not planned. TQ_E_SHAPE: other shapes than planned.
 */
TQ_API TQ_MUST_CHECK tq_status tq_layer_forward(tq_layer *layer, const tq_tensor *const *inputs,
                                                tq_tensor *output);

/*
 * The host reference: the same bits as tq_layer_forward, computed by plain C on host arrays in the planned
 * shapes. Slow; for checking. TQ_E_STATE: not planned.
 */
TQ_API TQ_MUST_CHECK tq_status tq_layer_reference(const tq_layer *layer, const float *const *inputs,
                                                  float *output);

/* Name of the accumulation path of a planned layer, for example "general"; "" for layers without one. */
TQ_API const char *tq_layer_path(const tq_layer *layer);

/* Why no cheaper path was taken, one line per path, "\n" between them; "" if the cheapest applies or not
 * planned. */
TQ_API const char *tq_layer_path_reasons(const tq_layer *layer);

/* How a planned layer accumulates. Texts live as long as the library; "" and 0 for layers without a path. */
typedef struct tq_layer_path_info {
    const char *name;    /* as tq_layer_path */
    const char *proof;   /* one line: why its bits are the specified ones */
    double instructions; /* vector instructions per multiply-accumulate, about; with vectors of 512 bits */
    double bound; /* the path is for inputs up to this magnitude, checked at every run; INFINITY: for all */
    const char *otherwise; /* the path of other inputs; "" when there is no bound */
} tq_layer_path_info;
TQ_API tq_layer_path_info tq_layer_path_details(const tq_layer *layer);

/* Multiplications in the accumulation loops of one planned forward; 0 for layers without. */
TQ_API int64_t tq_layer_macs(const tq_layer *layer);

/*
 * Name and shape of the i-th weight tensor that has been set, in the kind's order; false when there is none.
 * The name lives as long as the library.
 */
TQ_API bool tq_layer_weight(const tq_layer *layer, size_t i, const char **name, tq_shape *shape);

TQ_API const char *tq_layer_name(const tq_layer *layer);
TQ_API const char *tq_layer_kind_of(const tq_layer *layer);

/* The kinds of the library, ordered by name. `i` from 0 to tq_layer_kind_count()-1. */
TQ_API size_t tq_layer_kind_count(void);
TQ_API const char *tq_layer_kind_name(size_t i);
TQ_API const char *tq_layer_kind_summary(size_t i);

#ifdef __cplusplus
}
#endif
#endif
