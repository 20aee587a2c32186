/*
 * Networks that the library makes itself, with random weights, to be trained.
 *
 *     lenet      20 and 50 maps of 5 x 5 without padding, each with relu and 2 x 2 max pooling; 500 outputs
 *                with relu; the classes. LeCun et al., Proc. IEEE 86 (11), 1998, as Caffe has it
 *     cifarnet   twice 64 maps of 5 x 5 with relu and 2 x 2 max pooling; 384 and 192 outputs with relu; the
 *                classes. TensorFlow-slim's, without its local response normalization and dropout
 *     mlp        256 and 128 outputs with relu; the classes
 */
#ifndef TENSORQUANT_BUILTIN_H
#define TENSORQUANT_BUILTIN_H

#include "tensorquant/network.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Makes the network `name` for samples of this shape [channels, rows, columns] and this many classes; its
 * input is NCHW, its output the logits.
 *
 * Weight i of weight tensor number n is (2 d + 1 - 2^24) / 2^24 * limit, rounded to binary32 once: d is the
 * top 24 bits of 32-bit draw i of stream n by `seed` (tensorquant/quantizer.h), limit is sqrt(6 / inputs)
 * in front of a relu (He et al., ICCV 2015), else sqrt(6 / (inputs + outputs)) (Glorot, Bengio, AISTATS
 * 2010). Biases are 0.
 *
 * TQ_E_NAME: there is no such network; the text lists those there are. TQ_E_SHAPE: too small an image, or
 * another rank. TQ_E_ARGUMENT: classes outside 1 to 1000000.
 */
TQ_API TQ_MUST_CHECK tq_status tq_network_create_builtin(tq_network **network, tq_context *context,
                                                         const char *name, const tq_shape *sample,
                                                         int64_t classes, uint64_t seed);

/* The networks, ordered by name; NULL for an `i` not below the count. */
TQ_API size_t tq_builtin_count(void);
TQ_API const char *tq_builtin_name(size_t i);
TQ_API const char *tq_builtin_summary(size_t i);

#ifdef __cplusplus
}
#endif
#endif
