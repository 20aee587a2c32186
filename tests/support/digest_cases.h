/* The layers of golden digests: for each kind of the library one small layer, its inputs and its weights. */
#ifndef TQ_TESTS_DIGEST_CASES_H
#define TQ_TESTS_DIGEST_CASES_H

#include "layers/kind.h"

/* A planned layer with numbers; what a digest is of is its output. */
typedef struct tq_digest_layer {
    tq_layer *layer;
    size_t count; /* of the inputs */
    float *x[TQ_LAYER_INPUTS];
} tq_digest_layer;

/* Makes and plans the layer of a kind with this quantizer in every slot. Fails the running test where that
 * fails. */
void tq_digest_layer_make(tq_digest_layer *made, tq_context *context, const tq_layer_kind *kind,
                          const char *quantizer);
void tq_digest_layer_free(tq_digest_layer *made);

/* The output by the host reference, and by the device; freed by the caller. */
float *tq_digest_layer_reference(const tq_digest_layer *made);
float *tq_digest_layer_forward(const tq_digest_layer *made);

#endif
