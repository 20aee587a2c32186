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

/* Options of kinds with windows: rows of their tables. */
#define TQ_WINDOW_KERNEL                                                                                     \
    {                                                                                                        \
        .name = "kernel", .initial = 1, .lowest = 1, .highest = 4096, .count = 2, .integer = true,           \
        .required = true, .help = "rows x columns"                                                           \
    }
#define TQ_WINDOW_STRIDE                                                                                     \
    {                                                                                                        \
        .name = "stride", .initial = 1, .lowest = 1, .highest = 4096, .count = 2, .integer = true,           \
        .help = "rows x columns"                                                                             \
    }
#define TQ_WINDOW_DILATION                                                                                   \
    {                                                                                                        \
        .name = "dilation", .initial = 1, .lowest = 1, .highest = 4096, .count = 2, .integer = true,         \
        .help = "rows x columns"                                                                             \
    }
#define TQ_WINDOW_PADS                                                                                       \
    {                                                                                                        \
        .name = "pads", .initial = 0, .lowest = 0, .highest = 4096, .count = 4, .integer = true,             \
        .help = "top x left x bottom x right"                                                                \
    }
#define TQ_WINDOW_AUTO_PAD                                                                                   \
    {                                                                                                        \
        .name = "auto_pad", .initial = 0, .lowest = 0, .highest = 3, .choices = tq_pad_choices,              \
        .help = "who decides the pads"                                                                       \
    }
#define TQ_WINDOW_CEIL_MODE                                                                                  \
    {                                                                                                        \
        .name = "ceil_mode", .initial = 0, .lowest = 0, .highest = 1, .integer = true,                       \
        .help = "1: a last partial window counts"                                                            \
    }

/*
 * Settles the padding by `auto_pad` (ONNX: SAME gives ceil(size / stride) outputs, the odd pad after for
 * `upper`, before for `lower`) and gives the number of outputs. With `ceil_mode` a last partial window counts
 * when it starts inside the image or its leading padding. TQ_E_SHAPE: the window is larger than the padded
 * image.
 */
tq_status tq_axis__resolve(tq_axis *axis, int auto_pad, bool ceil_mode, int64_t *outputs);

#endif
