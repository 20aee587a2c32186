/* Elementwise subjects: quantizers, activations, and the copies that they are held against. */
#ifndef TQ_BENCH_ELEMENTS_H
#define TQ_BENCH_ELEMENTS_H

#include "subject.h"

typedef enum tq_element_kind {
    TQ_ELEMENT_COPY_KERNEL,
    TQ_ELEMENT_MEMCPY,
    TQ_ELEMENT_QUANTIZER, /* `what` is its string */
    TQ_ELEMENT_LAYER      /* `what` is its kind, on NHWC images */
} tq_element_kind;

typedef struct tq_bench_element {
    const char *name;
    tq_element_kind kind;
    const char *what;
    double goal;
    bool smoke;                      /* also at TQ_LEVEL_SMOKE */
    const char *options, *intrinsic; /* of a layer; NULL: none */
} tq_bench_element;

const tq_bench_element *tq_bench_element__at(size_t i); /* NULL behind the last; first those to refer to */

tq_status tq_bench_element__subject(tq_subject *subject, const tq_bench_element *element, const tq_work *work,
                                    tq_context *context);

#endif
