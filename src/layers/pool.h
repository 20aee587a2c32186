/* What the pooling kinds share: window geometry and the launch arguments. */
#ifndef TQ_LAYERS_POOL_H
#define TQ_LAYERS_POOL_H

#include "accumulate/inner.h"
#include "layers/lanes.h"
#include "layers/window.h"

/* Counts in elements; the order is that of the kernels' int16 argument. */
typedef struct tq_pool_geometry {
    int32_t rows, columns, channels;
    int32_t kernel_rows, kernel_columns;
    int32_t stride_rows, stride_columns;
    int32_t dilation_rows, dilation_columns;
    int32_t pad_top, pad_left;
    int32_t out_rows, out_columns;
    int32_t pad_bottom, pad_right;
    int32_t count_pads; /* average: 1 counts padding taps in the divisor */
} tq_pool_geometry;

/* State of a pooling layer. */
typedef struct tq_pool {
    tq_pool_geometry geometry;
    tq_inner inner;
    tq_lanes lanes;
    bool largest;           /* of the window's numbers; else an average */
    tq_lanes share, gather; /* in training: see pool_backward.cl; their kernels are the context's */
    bool apart;             /* in one pass, `gather` */
    tq_memory *shares;
} tq_pool;

/* Geometry from the options of a kind that has kernel, stride, pads, auto_pad, ceil_mode (and dilation). */
tq_status tq_pool__resolve(const tq_layer *layer, tq_pool_geometry *g);
/* Rank 4, and the output's shape. */
tq_status tq_pool__shape(const tq_layer *layer, tq_shape *output);

/* The same of kinds whose window is the image, at most 4096 rows and columns. */
tq_status tq_pool__whole_shape(const tq_layer *layer, tq_shape *output);
tq_pool_geometry tq_pool__whole(const tq_layer *layer);

/* Number of output elements. */
int64_t tq_pool__outputs(const tq_layer *layer);

/* One window: where it starts, and the sample's and channel's place. */
typedef struct tq_pool_window {
    int64_t base; /* element of pixel (0, 0) */
    int32_t top, left;
} tq_pool_window;
tq_pool_window tq_pool__window(const tq_pool_geometry *g, int64_t output);

/* Element of a tap; -1 outside the image. */
int64_t tq_pool__tap(const tq_pool_geometry *g, tq_pool_window window, int row, int column);

/* Whether every window is known to have a tap inside the image; an empty one gives -infinity or 0/0. */
bool tq_pool__hits(const tq_pool_geometry *g);

/*
 * Counts the steps of a window's loops, which the kernel makes `passes` times for a vector, for
 * tq_lanes__run_pixels. TQ_E_UNSUPPORTED where the device cannot make them.
 */
tq_status tq_pool__count_steps(tq_layer *layer, tq_u64 passes);

/*
 * Gradients: each element's is s = SUM(s + v) over the windows that hold it, in ascending order. Average:
 * v is the window's gradient / divisor, rounded to nearest. Largest: the window's gradient, where the
 * element is the first of its largest numbers, rows then columns; else the window is left out.
 */
tq_status tq_pool__plan_backward(tq_layer *layer);
tq_status tq_pool__backward(tq_layer *layer, const tq_gradients *gradients);
tq_status tq_pool__backward_reference(const tq_layer *layer, const tq_host_gradients *gradients);

/* The divisor of an average over a window with so many taps inside the image. */
int tq_average__divisor(const tq_pool_geometry *g, tq_pool_window window, int inside);

void tq_pool__release(tq_layer *layer);

#endif
