/* The network's inside: values (inputs, constants, layers' outputs) in order of execution. */
#ifndef TQ_NETWORK_GRAPH_H
#define TQ_NETWORK_GRAPH_H

#include "layers/kind.h"
#include "tensorquant/network.h"

typedef enum tq_value_source { TQ_SOURCE_INPUT, TQ_SOURCE_CONSTANT, TQ_SOURCE_LAYER } tq_value_source;

typedef struct tq_value {
    char name[256];
    tq_value_source source;
    tq_shape given;   /* inputs: as the caller gave it; constants: NHWC */
    tq_layout layout; /* inputs */
    float *constant;
    tq_layer *layer;
    size_t input[TQ_LAYER_INPUTS]; /* values */
    size_t input_count;
    bool is_helper;                 /* layers: no map acts on it */
    tq_layer_quantizers quantizers; /* as the maps say */

    /* Planned. */
    tq_shape shape; /* NHWC */
    tq_range range;
    tq_tensor *tensor;
    size_t last_use; /* index of the last value computed from it; SIZE_MAX: to the end */
    size_t relu;     /* the relu that this layer computes as well, writing its output; SIZE_MAX: none */
    size_t producer; /* of such a relu: the layer that computes it; SIZE_MAX: it is its own */
    bool split; /* in training: the extrinsic quantizer is left to the trainer, which wants both numbers */
} tq_value;

/* One batch: its numbers on the host, and its input on the device. Two of them, so that one can be made ready
 * while the device computes another. */
typedef struct tq_run {
    float *staging, *output; /* NHWC */
    tq_tensor *input;
    tq_ticket done; /* when the output has come */
    int64_t samples;
} tq_run;
#define TQ_RUNS       2
#define TQ_MOST_BATCH 65536

struct tq_network {
    tq_context *context;
    tq_value *value;
    size_t value_count, value_capacity;
    size_t output; /* value; SIZE_MAX: the last layer */
    bool planned;
    int64_t batch, fixed_batch; /* planned; the only one allowed, or 0 */
    bool keep;
    bool training;        /* planned for a trainer */
    bool clipped;         /* which wants outputs before their extrinsic quantizers, too */
    double input_largest; /* planned for inputs of at most this magnitude; checked at forward */
    bool input_finite;    /* planned for inputs without NaN and infinity; checked at forward */
    tq_memory *block;     /* of the tensors; kept from plan to plan while it fits */
    uint64_t block_elements;
    tq_run run[TQ_RUNS];
    size_t oldest, under_way;        /* of the runs */
    int64_t run_inputs, run_outputs; /* elements that the runs' memory is made for */
};

/* Value of this name; SIZE_MAX if there is none. */
size_t tq_network__find(const tq_network *network, const char *name);
size_t tq_network__output(const tq_network *network);
size_t tq_network__input(const tq_network *network); /* the first input; SIZE_MAX if there is none */
/* Value of layer number i. */
size_t tq_network__layer_value(const tq_network *network, size_t i);
/* How many values are computed from value i, counting the caller where it is the output. */
size_t tq_network__count_uses(const tq_network *network, size_t i);

/*
 * Adds a layer that only brings numbers into another order or shape for the next one: no map acts on it, and
 * patterns do not find it.
 */
tq_status tq_network__add_helper(tq_network *network, const char *kind, const char *name, const char *options,
                                 const char *inputs);

/* Takes away layers and constants from which the output is not computed. */
tq_status tq_network__prune(tq_network *network);

/* Waits for what is under way and drops it; frees what a plan made. */
void tq_network__unplan(tq_network *network);
/* Plans with the quantizers that the values hold. */
tq_status tq_network__plan_values(tq_network *network);

/* Plans for a trainer, whose layers know of it (tq_layer__set_training); a plan of others leaves training. */
tq_status tq_network__plan_training(tq_network *network, const tq_plan *plan, const tq_map *backward,
                                    const tq_map *update, bool clipped);
void tq_network__leave_training(tq_network *network);

/* Whether each value's tensor, of the shape that it has, is one that the device allocates; TQ_E_MEMORY. */
tq_status tq_network__check_largest(const tq_network *network);
/* Places the tensors of all values in device memory, sharing where lifetimes allow; TQ_E_MEMORY, before any
 * is made, when they do not fit. */
tq_status tq_network__place(tq_network *network);

/* Memory of run `i` for the planned shapes; what is there already stays. */
tq_status tq_network__prepare_run(tq_network *network, size_t i);
/* Frees the runs' memory when it is not of the planned sizes. None is under way. */
void tq_network__fit_runs(tq_network *network);
/* Waits until the outputs of all runs under way have come. */
tq_status tq_network__settle(tq_network *network);
void tq_network__free_runs(tq_network *network);

/* A shape in the caller's layout from NHWC and back: rank 4 only, others are unchanged. */
tq_shape tq_shape__to_nhwc(const tq_shape *shape, tq_layout layout);
tq_shape tq_shape__from_nhwc(const tq_shape *shape, tq_layout layout);
/* Copies `samples` samples; `shape` is NHWC. */
void tq_layout__to_nhwc(float *to, const float *from, const tq_shape *shape, int64_t samples,
                        tq_layout layout);
void tq_layout__from_nhwc(float *to, const float *from, const tq_shape *shape, int64_t samples,
                          tq_layout layout);

#endif
