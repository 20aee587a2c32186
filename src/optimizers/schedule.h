/* Numbers that change from step to step, in binary64 by sums, products and quotients in a fixed order: no
 * function of a C library takes part but the root, which IEEE 754 defines. */
#ifndef TQ_OPTIMIZERS_SCHEDULE_H
#define TQ_OPTIMIZERS_SCHEDULE_H

#include <stdint.h>

/* The rate of a rule's values before which `steps` steps were taken. */
float tq_schedule__rate(const double *value, uint32_t steps);

/* x to the power of n: factors x, x^2, x^4 ... of n's bits from the lowest one on. */
double tq_schedule__power(double x, uint32_t n);

#endif
