/*
 * The tail: what else is done to a layer's output while it is in registers, so that no further pass over
 * memory is needed. In sequence: the layer's extrinsic quantizer, a relu behind it, then RESULT and the
 * extrinsic quantizer of that relu; or, of a layer without inner arithmetic, its own RESULT and extrinsic
 * quantizer. The kernel's side is kernels/layers/tail.cl.
 */
#ifndef TQ_LAYERS_TAIL_H
#define TQ_LAYERS_TAIL_H

#include "layers/kind.h"

/*
 * The words as the kernel reads them: extrinsic, result, then_extrinsic, and two keys. Zeroed, a tail does
 * nothing; `memory` is made by tq_tail__plan.
 */
typedef struct tq_tail {
    tq_memory *memory;
} tq_tail;

/*
 * For kinds with inner arithmetic, when output_range is set: adds the tail's quantizers and the TQ_HAS_
 * defines to the program, and marks in the layer what the kernel takes on: `extrinsic_taken`, and
 * `relu_taken` where a relu follows. Quantizers that are fitted to a whole tensor stay outside, and with them
 * what comes behind.
 */
tq_status tq_tail__plan(tq_layer *layer, tq_tail *tail, tq_program_text *text);

/* The same for kinds without: RESULT and extrinsic quantizer of the layer itself, behind a relu if `relu`. */
tq_status tq_tail__plan_own(tq_layer *layer, tq_tail *tail, tq_program_text *text, bool relu);

void tq_tail__release(tq_tail *tail);

#endif
