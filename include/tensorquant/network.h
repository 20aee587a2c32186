/*
 * Network: named layers in a directed acyclic graph.
 *
 * Phases: create, add inputs and layers (or import an ONNX file), plan for a batch size and maps, forward.
 * Planning again with other maps or another batch size starts from the master weights; nothing is reloaded.
 *
 * Layout: tensors inside are NHWC. Each network input says the layout in which the caller gives it;
 * four-dimensional outputs are given back in the layout of the first input.
 */
#ifndef TENSORQUANT_NETWORK_H
#define TENSORQUANT_NETWORK_H

#include "tensorquant/layer.h"
#include "tensorquant/map.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tq_network tq_network;

typedef enum tq_layout { TQ_NHWC = 0, TQ_NCHW = 1 } tq_layout;

TQ_API TQ_MUST_CHECK tq_status tq_network_create(tq_network **network, tq_context *context);
TQ_API void tq_network_destroy(tq_network *network);

/*
 * Reads an ONNX model (opset 7 to 25; weights inside the file). Layers get the names of the ONNX nodes; an
 * unnamed node is named after its first output. Inputs are NCHW.
 *
 * TQ_E_FILE: cannot be read. TQ_E_FORMAT: truncated, not ONNX. TQ_E_UNSUPPORTED: an operator or attribute;
 * the text names the node, the operator, and the supported ones. TQ_E_SHAPE: an initializer of the wrong
 * size.
 */
TQ_API TQ_MUST_CHECK tq_status tq_network_load_onnx(tq_network **network, tq_context *context,
                                                    const char *path);

/*
 * Writes the network as an ONNX model (opset 17): layers with their names and master weights, images NCHW,
 * the number of samples open unless it is fixed. Loaded again it gives the same bits under the same maps. A
 * file that is there already stays until the new one is complete.
 *
 * TQ_E_UNSUPPORTED: a kind, or an option, that is not written; the text names the layer. TQ_E_STATE: a weight
 * is missing. TQ_E_SHAPE: shapes that do not fit. TQ_E_FILE, TQ_E_MEMORY.
 */
TQ_API TQ_MUST_CHECK tq_status tq_network_save_onnx(const tq_network *network, const char *path);

/*
 * Adds an input. `shape`: of one batch, the first dimension (samples) is replaced by the batch size at plan;
 * in `layout` order when it has rank 4. Names of inputs and layers share one name space (TQ_E_NAME when
 * taken).
 */
TQ_API TQ_MUST_CHECK tq_status tq_network_add_input(tq_network *network, const char *name,
                                                    const tq_shape *shape, tq_layout layout);

/* Adds a constant input with the values of a tensor, in NHWC order when it has rank 4. `values` are copied.
 */
TQ_API TQ_MUST_CHECK tq_status tq_network_add_constant(tq_network *network, const char *name,
                                                       const tq_shape *shape, const float *values);

/*
 * Adds a layer: kind, name and options as in tq_layer_create. `inputs`: names of inputs or earlier layers,
 * separated by commas. TQ_E_NAME: a name that is taken, or an input that does not exist (yet); so the graph
 * has no cycles.
 */
TQ_API TQ_MUST_CHECK tq_status tq_network_add(tq_network *network, const char *kind, const char *name,
                                              const char *options, const char *inputs);

/* Sets a weight of a layer by name, as tq_layer_set_weight. */
TQ_API TQ_MUST_CHECK tq_status tq_network_set_weight(tq_network *network, const char *layer,
                                                     const char *weight, const tq_shape *shape,
                                                     const float *values);

/*
 * Folds batch norms into the conv2d, convtranspose2d or dense layer in front, where nothing else reads that
 * one's output: weights and bias are multiplied by gamma / sqrt(variance + epsilon) and the bias moved, in
 * binary64, rounded to binary32 once. The batchnorm layers are gone for good; *folded (may be NULL) is how
 * many. It changes the arithmetic: what was rounded between the two layers is not, and the weights that
 * quantizers see are others.
 */
TQ_API TQ_MUST_CHECK tq_status tq_network_fold_batchnorm(tq_network *network, size_t *folded);

/*
 * Says that layers mix the first dimension, the samples, or change it: the network is planned for a batch of
 * just `batch` samples and run with as many. Import does so where a model needs it, with the model's own
 * first dimension. TQ_E_ARGUMENT: outside 1 to 65536.
 */
TQ_API TQ_MUST_CHECK tq_status tq_network_fix_batch(tq_network *network, int64_t batch);
/* That batch; 0: any will do. */
TQ_API int64_t tq_network_fixed_batch(const tq_network *network);

/* Names the layer whose output is the network's; initially the last one added. TQ_E_NAME. */
TQ_API TQ_MUST_CHECK tq_status tq_network_set_output(tq_network *network, const char *layer);

/* How to plan; zero-initialized is a float network with buffers shared between layers. */
typedef struct tq_plan {
    int64_t batch;         /* samples per forward, 1 .. 65536; 0 means 1, or the fixed batch */
    const tq_map *weights; /* maps may be NULL; they are not needed after the call */
    const tq_map *intrinsic;
    const tq_map *extrinsic;
    uint64_t seed; /* of stochastic rounding */
    bool keep;     /* keep every layer's output readable after forward */
    /*
     * Largest magnitude in the input, 0 when not known. A smaller range lets faster accumulation paths apply.
     * It is checked at every forward: an input that exceeds it makes the network plan again without it, so
     * that results never depend on it.
     */
    double input_largest;
} tq_plan;

/*
 * Infers shapes, applies the maps, plans every layer, places the buffers. After a failure the network is
 * unplanned. TQ_E_NAME: a pattern matches no layer; the text lists the layers. TQ_E_MEMORY: a tensor is larger
 * than the device allocates at once, or all of them are than what is left of its memory; the text names the
 * largest, what is needed and what there is, and nothing has been asked of the driver. A smaller batch needs
 * less. TQ_E_SHAPE and others as tq_layer_plan.
 */
TQ_API TQ_MUST_CHECK tq_status tq_network_plan(tq_network *network, const tq_plan *plan);

/*
 * Runs `samples` <= batch samples: reads input number 0 from `input` (samples * the input's size, its
 * layout), writes the output to `output`. Sample i of the call is sample `first_sample` + i of the data set:
 * stochastic rounding is indexed by it, so any split into batches gives the same bits. `output` may be NULL.
 * It is tq_network_start and tq_network_wait in one. TQ_E_STATE: not planned, or runs are under way.
 * TQ_E_ARGUMENT: samples outside 1 .. batch, or not a fixed batch.
 */
TQ_API TQ_MUST_CHECK tq_status tq_network_forward(tq_network *network, const float *input, int64_t samples,
                                                  int64_t first_sample, float *output);

/*
 * The same in two halves, so that the caller can make the next batch ready while the device computes. `start`
 * copies the input, queues the work and returns; `wait` waits for the oldest run that was started and gives
 * its output (which may be NULL). Two runs can be under way: start, start, wait, start, wait ... An input
 * that breaks what the network was planned for makes `start` wait for the runs before it, and plan again.
 * Planning, and whatever changes the network, drops the runs under way. After a failed `start` the runs
 * before it are as they were, unless planning again has failed.
 *
 * TQ_E_STATE: start: not planned, or two runs are under way; wait: none is. Others as tq_network_forward.
 */
TQ_API TQ_MUST_CHECK tq_status tq_network_start(tq_network *network, const float *input, int64_t samples,
                                                int64_t first_sample);
TQ_API TQ_MUST_CHECK tq_status tq_network_wait(tq_network *network, float *output);

/* The same on the host reference, layer by layer in plain C; slow. */
TQ_API TQ_MUST_CHECK tq_status tq_network_reference(tq_network *network, const float *input, int64_t samples,
                                                    int64_t first_sample, float *output);

/* Shapes of the first input and of the output, per planned batch, in the caller's layout; TQ_E_STATE before
 * plan. */
TQ_API TQ_MUST_CHECK tq_status tq_network_shapes(const tq_network *network, tq_shape *input,
                                                 tq_shape *output);

/* Layers in order of execution. `i` from 0 to the count - 1. Borrowed. */
TQ_API size_t tq_network_layer_count(const tq_network *network);
TQ_API const tq_layer *tq_network_layer(const tq_network *network, size_t i);

/*
 * Copies the output of layer i of the last run that was started, all planned samples, NHWC; needs `keep`.
 * `count`: number of elements of its planned output shape (TQ_E_SHAPE).
 */
TQ_API TQ_MUST_CHECK tq_status tq_network_read_layer(const tq_network *network, size_t i, float *to,
                                                     int64_t count);

#ifdef __cplusplus
}
#endif
#endif
