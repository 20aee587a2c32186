/* What operators that move a window over an image have in common. */
#ifndef TQ_IO_ONNX_WINDOW_H
#define TQ_IO_ONNX_WINDOW_H

#include "io/onnx_graph.h"
#include "layers/window.h"

typedef struct tq_onnx_window {
    int64_t kernel[2], stride[2], dilation[2], pads[4]; /* rows, columns; top, left, bottom, right */
    int auto_pad;                                       /* TQ_PAD_* */
    bool ceil_mode;
    bool line; /* of one row; attributes have numbers for columns only */
} tq_onnx_window;

/* Reads an attribute of `count` numbers, rows and columns in turn; where it is absent `to` stays. */
tq_status tq_onnx__read_axes(const tq_onnx_node *node, const char *name, bool line, size_t count,
                             int64_t *to);
/* Attribute "auto_pad", whose names stand in the order of TQ_PAD_*. */
tq_status tq_onnx__read_auto_pad(const tq_onnx_node *node, int *auto_pad);
/* Input 1; the filter of a line is one of images of one row. */
tq_status tq_onnx__read_filter(const tq_onnx_node *node, bool line, tq_onnx_value *weight);
/* Adds ",name=AxB.." unless all numbers are `initial`. */
void tq_onnx__print_axes(tq_text *to, const char *name, const int64_t *numbers, size_t count,
                         int64_t initial);

#endif
