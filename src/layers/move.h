/*
 * Moves: layers whose output's elements are elements of the input, or one constant. Which one is a sum: each
 * dimension of the output adds an offset by its index, from a table. Tables are in the order in which shapes
 * are counted; with nchw tensors of four dimensions have their channels last in memory, and only there.
 */
#ifndef TQ_LAYERS_MOVE_H
#define TQ_LAYERS_MOVE_H

#include "layers/reorder.h"

typedef struct tq_move {
    tq_shape from, to;            /* as counted */
    bool nchw;                    /* tensors of rank 4 are counted otherwise than they lie */
    int64_t step[TQ_MAX_RANK];    /* elements in memory from one index of `from` to the next */
    int64_t *offset[TQ_MAX_RANK]; /* by dimension of `to` and index; -1: the constant */
} tq_move;

/* Tables of zeros; both shapes as counted. TQ_E_MEMORY. Free it also after a failure. */
tq_status tq_move__create(tq_move *move, const tq_shape *from, const tq_shape *to, bool nchw);
void tq_move__free(tq_move *move);

/* What tables are filled with; dimensions and indices as counted. */

/* Dimension d of the output is dimension order[d] of the input. */
void tq_move__transpose(tq_move *move, const int *order);
/* Index i of dimension d is index first[d] + i * stride[d]. */
void tq_move__slice(tq_move *move, const int64_t *first, const int64_t *stride);
/* Dimensions counted from the right; index i is index i modulo the input's dimension. */
void tq_move__repeat(tq_move *move);
/* Index i of dimension `axis` is index list[i], the others stay. */
void tq_move__take(tq_move *move, int axis, const int64_t *list);
typedef enum tq_pad_mode { TQ_PAD_CONSTANT, TQ_PAD_REFLECT, TQ_PAD_EDGE } tq_pad_mode;
/* `before`: indices in front; negative: cut. */
void tq_move__pad(tq_move *move, const int64_t *before, tq_pad_mode mode);
/* Of images: blocks of `block` x `block` pixels from channels and back; `columns_first`: the channels of a
 * pixel are counted block row, block column, channel (ONNX: DCR), else channel, block row, block column. */
void tq_move__depth_to_space(tq_move *move, int64_t block, bool columns_first);
void tq_move__space_to_depth(tq_move *move, int64_t block);

/* The table of the output's stored dimension `place`, and its size. */
const int64_t *tq_move__table(const tq_move *move, int place, int64_t *size);

/* On the host: arrays of 4 or 8 bytes an element. */
void tq_move__host(const tq_move *move, void *to, const void *from, size_t width, const void *constant);

/* The state of a kind that moves. */
typedef struct tq_moved {
    tq_move move;
    tq_kernel *kernel; /* the context's */
    tq_memory *tables;
    tq_u32 size[8];  /* as the kernel has it: innermost first, dimensions joined; last, how many */
    tq_u32 constant; /* bits */
    bool contiguous; /* the innermost table is a run of memory */
} tq_moved;

/* Makes kernel and tables of a move that has been filled; its shapes lie in memory as `move` says.
 * TQ_E_UNSUPPORTED: an input of 2^32 - 1 elements or more. */
tq_status tq_moved__plan(tq_moved *moved, const tq_layer *layer, float constant);
tq_status tq_moved__run(const tq_moved *moved, const tq_layer *layer, const tq_tensor *from, tq_tensor *to);
void tq_moved__release(tq_moved *moved);

/* For kinds with one input and the option `order`, whose state is a tq_moved: creates the move. */
tq_status tq_move__begin(tq_layer *layer);
/* Makes the tables; the output's range is the input's, with `constant` if it occurs. */
tq_status tq_move__finish(tq_layer *layer, float constant);
tq_status tq_move__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output);
tq_status tq_move__reference(const tq_layer *layer, const float *const *inputs, float *output);
void tq_move__release(tq_layer *layer);

#endif
