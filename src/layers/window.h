/* Window geometry that convolutions and pools share: strides, dilation, padding, output sizes. */
#ifndef TQ_LAYERS_WINDOW_H
#define TQ_LAYERS_WINDOW_H

#include "layers/kind.h"

/* One axis. */
typedef struct tq_axis {
    int64_t size, kernel, stride, dilation, pad_before, pad_after;
} tq_axis;

enum { TQ_PAD_EXPLICIT, TQ_PAD_SAME_UPPER, TQ_PAD_SAME_LOWER, TQ_PAD_VALID }; /* choices of option auto_pad */
extern const char *const tq_pad_choices[];

/*
 * Settles the padding by `auto_pad` (ONNX: SAME gives ceil(size / stride) outputs, the odd pad after for
 * `upper`, before for `lower`) and gives the number of outputs. With `ceil_mode` a last partial window counts
 * when it starts inside the image or its leading padding. TQ_E_SHAPE: the window is larger than the padded
 * image.
 */
tq_status tq_axis__resolve(tq_axis *axis, int auto_pad, bool ceil_mode, int64_t *outputs);

#endif
