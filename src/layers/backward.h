/*
 * Gradients by inputs: what kinds share. A gradient is a binary32, made as docs/layers.md says of the kind,
 * then quantized by RESULT of `backward` in a pass of its own. Draws are as in forward, with TQ_ID_BACKWARD
 * in the id, 8 * number of the input added to the stream, and the input's elements.
 */
#ifndef TQ_LAYERS_BACKWARD_H
#define TQ_LAYERS_BACKWARD_H

#include "layers/elementwise.h"
#include "layers/kind.h"
#include "tensorquant/kernels/accumulate/wide_sum.cl"

/* Number in the data set of the first element of an input, which has the output's samples. */
tq_u64 tq_backward__first(const tq_layer *layer, size_t input);

/* What is known of the gradients by a layer's inputs, from that by its output. */
tq_range tq_backward__range(const tq_layer *layer);

/* to = RESULT(from); `to` may be `from`. On the device and on the host. */
tq_status tq_backward__result(const tq_layer *layer, size_t input, tq_tensor *to, const tq_tensor *from);
void tq_backward__result_host(const tq_layer *layer, size_t input, float *to, const float *from);

/* An accumulation, and what its draws add to the layer's id and to streams. */
typedef struct tq_backward_slots {
    const tq_accumulation *accumulation;
    tq_u32 id, stream;
} tq_backward_slots;
tq_backward_slots tq_backward__slots(const tq_layer *layer, size_t input); /* of gradients by an input */

/* Makes the kernel of the text and files, in a program with the slots bound and layers/backward.cl, TQ_IEEE
 * where binary32 arithmetic of the device may be used; frees the text. Kept by the context. */
tq_status tq_backward__kernel(const tq_layer *layer, const tq_backward_slots *slots, tq_kernel **kernel,
                              tq_program_text *text, const char *const *files, size_t count,
                              const char *name);

/* What such a kernel needs besides tensors. */
typedef struct tq_backward_words {
    tq_words product, sum, result;
    tq_u32 key[2], stream;
} tq_backward_words;
tq_backward_words tq_backward__words(const tq_layer *layer, const tq_backward_slots *slots);

/* One sum on the host, as kernels/layers/backward.cl has it. */
typedef struct tq_backward_sum {
    tq_inner inner;
    tq_wide wide;
    tq_u32 s, stream;
    tq_u64 index;
} tq_backward_sum;
tq_backward_sum tq_backward_sum__of(const tq_layer *layer, const tq_backward_slots *slots);
void tq_backward_sum__start(tq_backward_sum *sum, tq_u64 index);
void tq_backward_sum__add(tq_backward_sum *sum, float x, tq_u32 number);
void tq_backward_sum__add_product(tq_backward_sum *sum, float x, float y, tq_u32 number);
float tq_backward_sum__total(const tq_backward_sum *sum);

/* a * b to nearest. */
float tq_backward__product(float a, float b);

#endif
