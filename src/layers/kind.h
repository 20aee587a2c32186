/*
 * A layer kind: one file in this folder that exports one `const tq_layer_kind tq_layer_NAME` (the file's
 * name), found by CMake. layer.c does what all kinds share: options, weights and their quantization, the
 * extrinsic quantizer, the intrinsic quantizer of kinds without inner arithmetic, state checks.
 */
#ifndef TQ_LAYERS_KIND_H
#define TQ_LAYERS_KIND_H

#include "accumulate/range.h" /* tq_range and its functions, in src/accumulate/range.c */
#include "quantizers/bind.h"
#include "runtime/launch.h"
#include "tensorquant/layer.h"
#include "util/arguments.h"
#include "util/fail.h"

#define TQ_LAYER_INPUTS  64 /* at most, per layer */
#define TQ_LAYER_WEIGHTS 4
#define TQ_LAYER_OPTIONS 24 /* numbers */

typedef struct tq_weight_info {
    const char *name;
    int rank;
    bool optional;
    const char *axes; /* for documentation and errors: "kernel rows, kernel columns, input channels, output
                         channels" */
} tq_weight_info;

typedef struct tq_weight {
    tq_shape shape;
    float *master; /* NULL while not set */
    float *values; /* quantized; what the layer computes with. Kept until another plan quantizes otherwise */
    tq_layer_quantizers by; /* what the values were quantized by */
    tq_range range;         /* of the values */
    /* In training: the quantized values of the step, on the device, in place of `values`; the trainer's.
     * `values` are what the host reference computes with, initially the quantized master. */
    const tq_tensor *trained;
    tq_tensor *average; /* in training, of a moving average: where it is, on the device; the trainer's */
} tq_weight;

/* One backward step of a layer, from tensors that forward of the same step has read and written. */
typedef struct tq_gradients {
    const tq_tensor *const *input;
    const tq_tensor *output_gradient;             /* of the loss, by the output */
    tq_tensor *input_gradient[TQ_LAYER_INPUTS];   /* NULL: not wanted; written, not added to */
    tq_tensor *weight_gradient[TQ_LAYER_WEIGHTS]; /* likewise, by number of the weight */
} tq_gradients;

/* Draws of backward and update: of a layer's id with these bits, so that they are others than forward's. */
#define TQ_ID_BACKWARD 0x40000000u
#define TQ_ID_UPDATE   0x80000000u

/* The same on the host. */
typedef struct tq_host_gradients {
    const float *const *input;
    const float *output_gradient;
    float *input_gradient[TQ_LAYER_INPUTS];
    float *weight_gradient[TQ_LAYER_WEIGHTS];
} tq_host_gradients;

typedef struct tq_layer_kind tq_layer_kind;

struct tq_layer {
    const tq_layer_kind *kind;
    tq_context *context;
    char name[256];
    double option[TQ_LAYER_OPTIONS];
    tq_weight weight[TQ_LAYER_WEIGHTS];
    tq_layer_quantizers quantizers; /* as planned */
    tq_shape input[TQ_LAYER_INPUTS];
    tq_range input_range[TQ_LAYER_INPUTS];
    size_t input_count;
    tq_range
        gradient_range; /* in training, of the gradient by the output; the trainer's, before plan_backward */
    tq_shape output;
    tq_range
        output_range; /* before the extrinsic quantizer while the kind's plan runs; after it when planned */
    unsigned options_set;  /* of the context, when planned */
    uint64_t first_sample; /* of the data set; set by the network before forward and reference */
    bool planned;
    bool training; /* set before plan: forward is that of training, weights are `trained`, backward follows */
    bool is_first; /* set with it: nobody wants gradients by the inputs */
    bool result_is_done,
        extrinsic_is_done; /* no pass over the output: it is on the quantizer's grid, or the kernel took it */
    /* By tq_layer__offer_relu: a relu with these quantizers is all that reads the output. */
    bool relu_follows;
    tq_layer_quantizers relu_quantizers;
    /* Set by the kind's plan: what its kernel does besides (layers/tail.h). relu_taken: forward's output is
     * the relu's, with the relu's quantizers applied; output_range stays that of this layer's own output. */
    bool result_taken, extrinsic_taken, relu_taken;
    const char *path;      /* accumulation path, "" when none */
    const char *proof;     /* why it is right, "" when none */
    double instructions;   /* of it per multiply-accumulate, 0 when none */
    double path_bound;     /* the path counts on inputs up to this; INFINITY: on none */
    const char *otherwise; /* path of other inputs, "" when none */
    tq_text reasons;       /* why no cheaper path */
    int64_t macs;
    void *state; /* the kind's own, `state_size` bytes, zeroed before plan */
};

struct tq_layer_kind {
    const char *name, *summary;
    const tq_parameter *options;
    size_t option_count;
    const tq_weight_info *weights;
    size_t weight_count;
    size_t inputs_least, inputs_most;
    unsigned
        averages; /* bit i: weight i is a moving average, which forward changes in training; no gradient */
    bool keeps_weights; /* scales and zero points: the weights map does not act */
    bool inner;        /* the intrinsic map acts inside; otherwise layer.c quantizes the output by `result` */
    bool keeps_finite; /* finite inputs and gradients by the output give gradients that are finite, where
                          slots saturate */
    size_t state_size;
    const void *family; /* what code that several kinds share needs to know of this one (layers/unary.h) */
    const struct tq_derivative *derivative; /* of kinds whose backward is tq_derivative__backward */

    /* Required: checks the inputs' shapes (and weights') and gives the output's. Errors need not name the
     * layer. */
    tq_status (*shape)(const tq_layer *layer, tq_shape *output);
    /* Optional: everything expensive, once; weights are quantized already. Sets output_range, path, macs if
     * it can. */
    tq_status (*plan)(tq_layer *layer);
    /* Required: queues the work. Shapes have been checked. */
    tq_status (*forward)(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output);
    /* Required: the same bits in plain C on the host. */
    tq_status (*reference)(const tq_layer *layer, const float *const *inputs, float *output);
    /* Optional: a kind without it has no gradient, and no trained parameter may lie before it. Behind plan,
     * where `training` is set: makes all that backward needs. */
    tq_status (*plan_backward)(tq_layer *layer);
    /* Queues the gradients that are wanted, each behind its quantizers (`backward` and `update` of
     * tq_layer_quantizers), of a layer that is planned and has run forward. */
    tq_status (*backward)(tq_layer *layer, const tq_gradients *gradients);
    /* The same bits in plain C on the host. */
    tq_status (*backward_reference)(const tq_layer *layer, const tq_host_gradients *gradients);
    /* Optional: frees what `state` holds (not state itself). */
    void (*release)(tq_layer *layer);
};

extern const tq_layer_kind *const tq_layer_kinds[]; /* generated, ordered by name, NULL at the end */

/* Number j of the option called `name`, as the option table orders it. */
double tq_layer__option(const tq_layer *layer, const char *name, size_t j);

/* What the layer gives for inputs of these shapes, at most TQ_LAYER_INPUTS, planned or not. */
tq_status tq_layer__shape(const tq_layer *layer, const tq_shape *inputs, size_t count, tq_shape *output);
/*
 * Plans with known input ranges; tq_layer_plan passes unknown ones. A layer that is planned already for just
 * these shapes, ranges and quantizers is left as it is.
 */
tq_status tq_layer__plan(tq_layer *layer, const tq_shape *inputs, const tq_range *ranges, size_t count,
                         const tq_layer_quantizers *quantizers);
/* Before tq_layer__plan: a relu with these quantizers is all that reads the output; NULL: it is not. A layer
 * planned for something else is planned no more. */
void tq_layer__offer_relu(tq_layer *layer, const tq_layer_quantizers *quantizers);
/* Before tq_layer__plan; the layer is planned no more. Values that were quantized are dropped: the masters
 * may have changed. */
void tq_layer__set_training(tq_layer *layer, bool training, bool is_first);
void tq_layer__set_first_sample(tq_layer *layer, uint64_t first_sample);

#endif
