/*
 * Kernels over vectors of a layer's elements: what kernels/layers/lanes.cl and lane_slots.cl need, and
 * launching. A kernel has a vector form where it is proven, and the exact form otherwise.
 */
#ifndef TQ_LAYERS_LANES_H
#define TQ_LAYERS_LANES_H

#include "layers/elementwise.h"
#include "layers/lane_form.h"
#include "layers/tail.h"

typedef struct tq_lanes {
    bool fast;                         /* the vector form; else lane by lane, exactly */
    bool wild;                         /* numbers that are not tame can occur: look for them */
    bool result_keeps;                 /* RESULT changes nothing behind SUM */
    tq_lane_form product, sum, result; /* of their arguments, when fast */
    tq_u32 count;                      /* lanes of a vector */
    tq_u64 steps;                      /* of the kind's own loops for a vector, at most */
    tq_kernel *kernel;
    tq_tail tail;
} tq_lanes;

/* Whether the context and the device allow vector forms at all; `multiplies`: they need a fused multiply-add.
 */
bool tq_lanes__allowed(const tq_context *context, bool multiplies);

/* Elements of the widest vector that the context's device likes. */
tq_u32 tq_lanes__widest(const tq_context *context);

/* Binds the quantizer to the slot, and defines <slot>_FORM. */
void tq_lanes__define_slot(tq_program_text *text, const char *slot, const tq_quantizer *q, tq_lane_form form);

/* Queues a kernel over `count` elements in vectors of `width`; the arguments, at most 20, are followed by
 * (uint) vectors of a work-item, (ulong) count. */
tq_status tq_lanes__launch(const tq_context *context, tq_kernel *kernel, tq_u32 width, int64_t count,
                           const tq_argument *arguments, size_t argument_count);

/* The widest vector that the device likes and a row of so many elements fills. */
tq_u32 tq_lanes__width(const tq_layer *layer, int64_t row);

/*
 * Settles what depends on the device for vectors in rows of `row` elements, and writes the defines of the
 * slots: TQ_LANES, TQ_FAST, TQ_WILD, and of kinds with inner arithmetic TQ_PRODUCT, TQ_PRODUCT_FORM and so
 * on.
 */
void tq_lanes__define(tq_lanes *v, const tq_layer *layer, tq_program_text *text, int64_t row);

/* The kernel of the text with these files behind tail.cl, lanes.cl and lane_slots.cl; frees the text.
 * `status`: so far. */
tq_status tq_lanes__kernel(tq_lanes *v, const tq_layer *layer, tq_program_text *text, tq_status status,
                           const char *const *files, size_t count, const char *name);

/* Queues the kernel over `count` elements; the arguments are followed by (uint) vectors, (ulong) count. */
tq_status tq_lanes__run(const tq_lanes *v, const tq_layer *layer, int64_t count, const tq_argument *arguments,
                        size_t argument_count);

/* Queues it over pixels and vectors of channels; the arguments are followed by (int)
 * vectors, (ulong) pixels of a work-item, (ulong) pixels. */
tq_status tq_lanes__run_pixels(const tq_lanes *v, const tq_layer *layer, int64_t pixels, int64_t channels,
                               const tq_argument *arguments, size_t argument_count);

/* A device copy of numbers that go with the channels, `what` for the error text; behind the last one the
 * first again, as a vector across the end reads them. */
tq_status tq_lanes__upload(const tq_lanes *v, const tq_layer *layer, tq_memory **memory, const float *values,
                           tq_u32 count, const char *what);

void tq_lanes__release(tq_lanes *v);

#endif
