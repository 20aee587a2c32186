/* A trainer's inside: what its files share. */
#ifndef TQ_TRAINING_TRAINER_PARTS_H
#define TQ_TRAINING_TRAINER_PARTS_H

#include "network/graph.h"
#include "tensorquant/trainer.h"

/* A weight that is learned, or a moving average. */
typedef struct tq_learned {
    char name[300]; /* "conv1.weight" */
    tq_layer *layer;
    size_t weight;        /* of the layer */
    tq_tensor *master;    /* or the average */
    tq_tensor *quantized; /* of the step; NULL: the master is used as it is */
    tq_tensor *gradient;  /* NULL for averages */
} tq_learned;

/* What a trainer has for a value of the network. */
typedef struct tq_trained_value {
    bool used;                         /* the loss depends on it */
    bool flows;                        /* a gradient by it is wanted: weights lie before it */
    tq_tensor *raw;                    /* the output before its extrinsic quantizer; NULL: not kept */
    tq_tensor *input[TQ_LAYER_INPUTS]; /* gradients by the layer's inputs, those that are wanted */
} tq_trained_value;

struct tq_trainer {
    tq_network *network;
    tq_context *context;
    tq_training training; /* its maps are copies, which the trainer owns */
    tq_map *map[5];
    size_t logits; /* value */
    tq_trained_value *value;
    tq_learned *learned; /* weights first, then averages */
    size_t weights, learned_count;
    tq_optimizer *optimizer;
    tq_tensor **master; /* of the weights, as the optimizer takes them */
    const tq_tensor **gradient;
    char (*state_names)[400]; /* "conv1.weight:momentum" */
    tq_tensor *input, *loss_gradient;
    float *staging, *output, *wanted; /* of a batch, on the host: input, output, targets */
    tq_memory *target, *infinite; /* labels or targets; of each weight the first number that is not finite */
    tq_u32 *first_infinite;       /* what is in `infinite`, on the host */
};

/* Plans network and gradients where others have planned the network since. */
tq_status tq_trainer__plan(tq_trainer *trainer);

/* The loss of a batch in binary64. `target` is in the network's order. */
double tq_loss__value(tq_loss loss, const float *output, int64_t count, int64_t classes, const int32_t *label,
                      const float *target);
/* What is known of its gradient where the loss is finite. */
tq_range tq_loss__range(tq_loss loss, int64_t count, int64_t classes, double scale);
/* Its gradient by the output, times `scale`; `target`: labels or targets on the device. */
tq_status tq_loss__gradient(tq_loss loss, tq_tensor *to, const tq_tensor *output, const tq_memory *target,
                            int64_t classes, double scale);
/* The same bits on the host. */
void tq_loss__reference(tq_loss loss, float *to, const float *output, int64_t count, int64_t classes,
                        const int32_t *label, const float *target, double scale);

/* Kernels over a tensor's numbers (kernels/training/gradients.cl). */
tq_range tq_gradient__sum_range(tq_range a, tq_range b);
tq_status tq_gradient__add(tq_tensor *to, const tq_tensor *more);
tq_status tq_gradient__clip(tq_tensor *to, const tq_tensor *x, const tq_quantizer *q);
tq_status tq_gradient__find_infinite(const tq_tensor *x, tq_memory *first, uint32_t place);

/* Why the loss is not finite: the first layer whose output is not. */
tq_status tq_trainer__diverged(const tq_trainer *trainer, double loss);

#endif
