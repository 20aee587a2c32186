/* How fast layers are, and how fast they could be: by running them with the profile on. */
#ifndef TQ_CLI_MEASURE_H
#define TQ_CLI_MEASURE_H

#include "cli/session.h"

/* A device's speed of plain float, measured. */
typedef struct tq_peak {
    double gmacs; /* of a dense layer of 512 x 512 on 512 samples, the best of a few runs; 0: not known */
    double instructions; /* of the path that it took */
} tq_peak;

/* All return an exit code. The context's profile is on while they measure, and off again after. */
int tq_measure__peak(tq_peak *peak, tq_context *context);
/* gmacs[i] of each layer of the planned network, on numbers in 0 .. 1 or the data set's first batch; 0 for
 * layers without multiplications. Runs at least once, and again for up to `seconds`. */
int tq_measure__layers(double *gmacs, const tq_session *session, double seconds);

/* What a layer should reach: the peak by the ratio of instructions. 0 where it is not known. */
double tq_measure__expected(const tq_peak *peak, const tq_layer *layer);

#endif
