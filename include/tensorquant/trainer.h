/*
 * Trainer: a network's weights learned in the number format, forward, backward and update on the device.
 *
 * One step: the weights are quantized by the weights map, forward runs with the intrinsic and extrinsic maps
 * in training mode (batch statistics, dropout), the loss is computed, gradients flow back through every layer
 * (quantizers are straight-through), gradients by inputs are accumulated as `backward` says, gradients by
 * weights as `update` says, and the optimizer changes the master weights. The same network, data, seed and
 * options give the same bits on every device.
 *
 * Source of straight-through gradients: Bengio, Leonard, Courville, arXiv 1308.3432; clipped: Hubara et al.,
 * NIPS 2016, section 2.3.
 */
#ifndef TENSORQUANT_TRAINER_H
#define TENSORQUANT_TRAINER_H

#include "tensorquant/network.h"
#include "tensorquant/optimizer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tq_trainer tq_trainer;

typedef enum tq_loss {
    TQ_LOSS_CROSS_ENTROPY = 0, /* mean over the samples of -log softmax(output)[label] */
    TQ_LOSS_SQUARES = 1        /* mean over all outputs of (output - target)^2 */
} tq_loss;

/* How to train; zero-initialized but for batch and rule is binary32 throughout. Maps may be NULL and are not
 * needed after the call. */
typedef struct tq_training {
    int64_t batch; /* samples of a step, 1 .. 65536; each step has just as many */
    tq_loss loss;
    const tq_map *weights, *intrinsic, *extrinsic; /* as in tq_plan */
    const tq_map *backward;                        /* accumulations of gradients by inputs */
    const tq_map *update;                          /* accumulations of gradients by weights */
    bool clipped; /* gradients are +0 where `extrinsic` or `weights` saturated; else they go straight through
                   */
    tq_optimizer_rule rule;
    tq_update optimizer; /* quantizers of the update, of every parameter; its `clip` is set by `clipped` */
    uint64_t seed;       /* of stochastic rounding and dropout */
} tq_training;

/*
 * Plans the network, which is borrowed, for training: its output must be the logits (a softmax at the end is
 * left out for the loss). The master weights begin as the network's. While the trainer lives the network may
 * be planned and run by others between steps, with the weights that were last stored; its weights may not be
 * set, nor its layers changed.
 *
 * TQ_E_UNSUPPORTED: a layer without gradients, or a quantizer that cannot be trained with, by name. Others as
 * tq_network_plan and tq_optimizer_add.
 */
TQ_API TQ_MUST_CHECK tq_status tq_trainer_create(tq_trainer **trainer, tq_network *network,
                                                 const tq_training *training);
TQ_API void tq_trainer_destroy(tq_trainer *trainer);

/*
 * One step on `batch` samples in the network's input layout. Cross entropy: `label` has one class a sample
 * (TQ_E_ARGUMENT outside the classes); squares: `target` has the output's numbers. `loss` receives the loss
 * before the step, in binary64 from the device's outputs; may be NULL.
 *
 * TQ_E_STATE with the step, the layer and the first number that is not finite, when
 * the loss is not finite; the weights are then those of before the step, while
 * moving averages of batch norm have moved.
 */
TQ_API TQ_MUST_CHECK tq_status tq_trainer_step(tq_trainer *trainer, const float *input, const int32_t *label,
                                               const float *target, double *loss);

/* The rate of the next step, and the number of steps taken. */
TQ_API float tq_trainer_rate(const tq_trainer *trainer);
TQ_API uint32_t tq_trainer_steps(const tq_trainer *trainer);

/*
 * Copies the master weights, and moving averages of batch norm, into the network's layers: the network can
 * then be planned, run and saved by tq_network_save_onnx. Training can go on.
 */
TQ_API TQ_MUST_CHECK tq_status tq_trainer_store(tq_trainer *trainer);

/*
 * Tensors that make up the state: master weights, then moving averages, then the optimizer's states, each
 * with a name ("conv1.weight", "conv1.weight:momentum"). Reading waits for the device. With the number of
 * steps they are all a checkpoint needs: a trainer of the same network and training that is given them goes
 * on with the same bits. `count`: elements (TQ_E_SHAPE).
 */
TQ_API size_t tq_trainer_tensor_count(const tq_trainer *trainer);
TQ_API const char *tq_trainer_tensor_name(const tq_trainer *trainer, size_t i);
TQ_API const tq_shape *tq_trainer_tensor_shape(const tq_trainer *trainer, size_t i);
TQ_API TQ_MUST_CHECK tq_status tq_trainer_read(tq_trainer *trainer, size_t i, float *to, int64_t count);
TQ_API TQ_MUST_CHECK tq_status tq_trainer_write(tq_trainer *trainer, size_t i, const float *from,
                                                int64_t count);
TQ_API TQ_MUST_CHECK tq_status tq_trainer_set_steps(tq_trainer *trainer, uint32_t steps);

/* Copies the gradient of master weight i of the last step; i as in tq_trainer_read, of weights only. */
TQ_API TQ_MUST_CHECK tq_status tq_trainer_read_gradient(tq_trainer *trainer, size_t i, float *to,
                                                        int64_t count);

#ifdef __cplusplus
}
#endif
#endif
