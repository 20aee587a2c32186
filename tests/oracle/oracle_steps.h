/* The single steps of layers: an exact number becomes one of a slot's format, with its draw. */
#ifndef TQ_TESTS_ORACLE_STEPS_H
#define TQ_TESTS_ORACLE_STEPS_H

#include "oracle/oracle_loop.h"

/* The formats of an accumulation. */
typedef struct oracle_formats {
    const oracle_slots *slots;
    oracle_format product, sum, result;
    bool exact_sum, fused;
} oracle_formats;
oracle_formats oracle_formats_of(const oracle_slots *slots);

/* x becomes q(x), with draw `number` of `stream` at `index`; with the draw of an element; and of the format
 * none. */
void oracle_step(mpfr_ptr x, const oracle_formats *f, const oracle_format *q, uint64_t index, uint32_t number,
                 uint32_t stream);
void oracle_step_element(mpfr_ptr x, const oracle_formats *f, const oracle_format *q, uint64_t element,
                         uint32_t stream);
void oracle_step_none(mpfr_ptr x);

/* RESULT of an output element, and the bits. */
uint32_t oracle_step_result(mpfr_ptr x, const oracle_formats *f, uint64_t index);

/* Whether a is above b; -0 is below +0. */
bool oracle_above(uint32_t a, uint32_t b);

#endif
