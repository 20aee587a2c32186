/*
 * Layers that move numbers, defined by indices, for the options in device_moves.c: where an element of the
 * output comes from.
 */
#ifndef TQ_TESTS_MOVE_SOURCES_H
#define TQ_TESTS_MOVE_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From an index as counted to an input and an index there; false: the constant. */
typedef bool source(const int64_t *out, size_t *input, int64_t *in);

source from_concat_channels, from_concat_rows, from_concat_constant, from_concat_samples, from_transpose_0231,
    from_transpose_02134, from_transpose_210, from_slice, from_pad_constant, from_pad_reflect, from_pad_edge,
    from_tile, from_expand, from_gather, from_depth_first, from_depth_last, from_to_depth, from_resize_floor,
    from_resize_half;
extern const float from_gather_list[5];

#endif
