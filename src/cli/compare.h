/* Each layer's output against that of the float network, over all images. */
#ifndef TQ_CLI_COMPARE_H
#define TQ_CLI_COMPARE_H

#include "cli/evaluate.h"

/* Sums of one layer, in binary64, image after image. */
typedef struct tq_layer_error {
    int64_t count;        /* numbers of a batch; where layers mix images, of no single one */
    double signal, noise; /* sum of ref^2 and of (ref - q)^2 */
} tq_layer_error;

typedef struct tq_comparison {
    const tq_session *session; /* planned with keep */
    tq_network *reference;     /* float */
    size_t layers;
    tq_layer_error *layer;
    float *expected, *found; /* of the largest layer */
} tq_comparison;

/* Loads the model once more, folds its batch norms if told so, and plans it without maps. Returns an exit
 * code; the caller closes in any case. */
int tq_comparison__open(tq_comparison *comparison, const tq_session *session, const char *model,
                        bool fold_batchnorm);
void tq_comparison__close(tq_comparison *comparison);

/* A tq_observe; `observer` is the tq_comparison. */
tq_observe tq_comparison__observe;

/* True when all numbers were equal; then the ratio is infinite. */
bool tq_comparison__is_exact(const tq_layer_error *error);

/* 10 log10(signal / noise); +inf where exact, NaN where an output has numbers that are not finite and differ.
 */
double tq_comparison__decibels(const tq_layer_error *error);

#endif
