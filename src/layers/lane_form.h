/* Which vector form of a quantizer's argument is proven to give the exact form's bits:
 * kernels/layers/lanes.cl. */
#ifndef TQ_LAYERS_LANE_FORM_H
#define TQ_LAYERS_LANE_FORM_H

#include "layers/kind.h"

typedef enum tq_lane_form {
    TQ_LANES_EXACT,   /* none: the layer's exact form runs */
    TQ_LANES_NEAREST, /* the argument rounded to nearest */
    TQ_LANES_ODD,     /* the argument rounded to odd */
    TQ_LANES_PAIR     /* the argument rounded to nearest, and what that leaves */
} tq_lane_form;

/*
 * The form for q's argument. `exact`: the argument is known to be a binary32. ODD needs at least two bits of
 * 24 below those that the quantizer keeps, with stochastic rounding one below its random bits; numbers far
 * beyond the largest saturate or overflow in either form, but do not wrap.
 */
tq_lane_form tq_lane_form__of(const tq_quantizer *q, bool exact);

/* Whether all numbers are finite and zero or of magnitude 2^-75 .. 2^100, as the forms need. */
bool tq_range__tame(tq_range range);
bool tq_lane_form__tame(const float *values, int64_t count); /* the same of an array */
/* Whether q's results are, or zero, for finite arguments not above 2^200: they enter the next operation. */
bool tq_lane_form__keeps_tame(const tq_quantizer *q);

/* Ranges of exact sums and products; `finite` and the grid tell whether all of them are known. */
tq_range tq_range__sum(tq_range a, tq_range b);
tq_range tq_range__product(tq_range a, tq_range b);
/* The sum of `count` numbers of a range and all sums on the way. */
tq_range tq_range__repeated(tq_range a, int64_t count);
/* Whether every number of the range is a binary32. */
bool tq_range__fits(tq_range range);

#endif
