/*
 * The contraction core: y[m][n] = RESULT(b[n] + SUM over k of PRODUCT(x(m,k) * w(k,n))) for convolutions and
 * dense layers.
 *
 * Rows m are (sample, output row, output column), columns n output channels, k (kernel row, kernel column,
 * input channel of the group). A dense layer is a 1x1 convolution of a 1x1 image.
 */
#ifndef TQ_ACCUMULATE_CONTRACTION_H
#define TQ_ACCUMULATE_CONTRACTION_H

#include "accumulate/range.h"
#include "runtime/launch.h"
#include "runtime/tuned.h"
#include "tensorquant/accumulation.h"
#include "util/text.h"

/* All counts in elements; the order is that of the kernel's int16 argument up to group_inputs. */
typedef struct tq_geometry {
    int32_t rows; /* samples * out_rows * out_columns */
    int32_t in_rows, in_columns, in_channels;
    int32_t kernel_rows, kernel_columns;
    int32_t stride_rows, stride_columns;
    int32_t dilation_rows, dilation_columns;
    int32_t pad_top, pad_left;
    int32_t out_rows, out_columns, out_channels;
    int32_t group_inputs; /* input channels of a group */
    int32_t groups;
} tq_geometry;

/* A product of matrices, rows x terms by terms x columns: each row is an image of one pixel. */
tq_geometry tq_geometry__product(int64_t rows, int64_t terms, int64_t columns);
/* Terms of one output: K. */
int64_t tq_geometry__terms(const tq_geometry *g);
/* Output n sees input channel n alone. */
bool tq_geometry__is_depthwise(const tq_geometry *g);

typedef struct tq_contraction tq_contraction;

/* What a contraction computes with. Arrays are read during the call only. */
typedef struct tq_contraction_setup {
    tq_geometry geometry;
    tq_accumulation accumulation;
    tq_range input;
    const float
        *weight; /* [k][n], n over all groups: kernel rows, kernel columns, group inputs, output channels */
    const float *bias;                         /* [n] or NULL */
    const tq_range *weight_range, *bias_range; /* of these, where they are measured already; else NULL */
    /*
     * Without `weight` the second operand is computed, too, and given at every run
     * (tq_contraction__multiply): its range, and the number of its matrices. The rows are then as many
     * matrices of equally many rows, each with its own. The same with one matrix and any geometry. A bias
     * may then be computed, too; `bias_range` is what is known of it.
     */
    tq_range second;
    int32_t entries;
    /* Not NULL: the product is the gradient by the weights of this convolution, as contraction_task.cl has it
     * in its crossed form: [terms of all groups, and perhaps ones][output pixels] by [output pixels][outputs
     * of a group]. Where tq_contraction__is_crossed then, x is the convolution's input, else it is unfolded.
     */
    const tq_geometry *crossed;
    bool rows;  /* the second operand is one matrix from the tensor's first number on, its rows [n] one behind
                   the other, of one group: it may be read where it lies */
    bool skips; /* taps outside the image may be left out where that is proven to change nothing: no bias */
    bool bounded; /* a path may count on a smaller second operand, too: it is checked at every run */
    uint64_t seed;
    uint32_t id;
    /* What is done to results before they are stored (kernels/layers/tail.cl): defines and parts, and its
     * words. Both NULL: nothing. The memory is retained. */
    const tq_program_text *tail;
    tq_memory *tail_words;
    tq_tile tile; /* rows 0: the one that tile.h chooses */
} tq_contraction_setup;

/* Plans: picks the path, packs the weights, makes the kernels. Where a much cheaper path is right for smaller
 * inputs than `input` allows, both are planned: every run checks its input on the device and takes the path
 * that is right for it. `reasons` receives why no cheaper path was taken. */
tq_status tq_contraction__create(tq_contraction **contraction, tq_context *context,
                                 const tq_contraction_setup *setup, tq_text *reasons);
void tq_contraction__destroy(tq_contraction *contraction);

/* How it is computed. Strings live as long as the library. */
typedef struct tq_contraction_path {
    const char *name, *proof;
    double instructions; /* vector instructions per multiply-accumulate, on a machine with 512-bit vectors */
    double bound; /* counts on inputs of at most this magnitude, checked at every run; INFINITY: on none */
    const char *otherwise; /* path of inputs that exceed the bound, "" when there is no bound */
} tq_contraction_path;
tq_contraction_path tq_contraction__path(const tq_contraction *contraction);

bool tq_contraction__is_crossed(const tq_contraction *contraction);

/* y = contraction(x). `first_sample`: of the data set, for random draws. */
tq_status tq_contraction__run(tq_contraction *contraction, const tq_tensor *x, tq_tensor *y,
                              uint64_t first_sample);

/* Matrices [k][n] in a tensor. */
typedef struct tq_second {
    const tq_tensor *tensor;
    const tq_memory *begin; /* first element of each, or of each group's columns; words of 64 bits */
    int64_t term_stride, column_stride;
    /* Where terms do not lie equally far apart: those of a tap do, and taps, backwards where negative.
     * tap_terms 0: all are one tap. */
    int64_t tap_terms, tap_stride;
    const tq_tensor *bias; /* [n], or NULL */
} tq_second;

/* The same for a second operand that is computed. `first_row`: number in the data set, for random draws. */
tq_status tq_contraction__multiply(tq_contraction *contraction, const tq_tensor *x, const tq_second *second,
                                   tq_tensor *y, uint64_t first_row);

/* The same bits on the host, plainly; needs `weight`. */
void tq_contraction__reference(const tq_contraction_setup *setup, const float *x, float *y,
                               uint64_t first_sample);

#endif
