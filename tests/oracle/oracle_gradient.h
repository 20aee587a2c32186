/* Gradients of conv2d and dense in exact arithmetic, written from docs/layers.md apart from the library. */
#ifndef TQ_TESTS_ORACLE_GRADIENT_H
#define TQ_TESTS_ORACLE_GRADIENT_H

#include "oracle/oracle_loop.h"

/* A dense layer is a convolution of images of one pixel. Slots have the layer's own id. */
typedef struct oracle_gradient {
    oracle_slots slots;   /* of `backward` and of `update` */
    oracle_convolution c; /* forward's; first_sample is a multiple of samples, whose quotient is the step */
    const uint32_t *x, *w, *dy; /* bits of input, weights, gradient by the output */
} oracle_gradient;

/* By the input at (sample, row, column, channel), and by the weight (kernel row, kernel column, input of the
 * group, output), and by the bias of an output. */
uint32_t oracle_by_input(const oracle_gradient *g, int sample, int row, int column, int channel);
uint32_t oracle_by_weight(const oracle_gradient *g, int kernel_row, int kernel_column, int input, int output);
uint32_t oracle_by_bias(const oracle_gradient *g, int output);

#endif
