#include "network/graph.h"

#include <string.h>

tq_shape tq_shape__to_nhwc(const tq_shape *s, tq_layout layout)
{
    if (s->rank != 4 || layout == TQ_NHWC)
        return *s;
    return tq_shape_of(4, (const int64_t[]){s->dim[0], s->dim[2], s->dim[3], s->dim[1]});
}

tq_shape tq_shape__from_nhwc(const tq_shape *s, tq_layout layout)
{
    if (s->rank != 4 || layout == TQ_NHWC)
        return *s;
    return tq_shape_of(4, (const int64_t[]){s->dim[0], s->dim[3], s->dim[1], s->dim[2]});
}

/* to[sample][j][i] = from[sample][i][j] with i below `rows` and j below `columns`. */
static void transpose(float *to, const float *from, int64_t samples, int64_t rows, int64_t columns)
{
    for (int64_t sample = 0; sample < samples; ++sample)
        for (int64_t i = 0; i < rows; ++i)
            for (int64_t j = 0; j < columns; ++j)
                to[(sample * columns + j) * rows + i] = from[(sample * rows + i) * columns + j];
}

static bool same_order(const tq_shape *shape, tq_layout layout)
{
    return layout == TQ_NHWC || shape->rank != 4 || shape->dim[3] == 1;
}

static size_t bytes(const tq_shape *shape, int64_t samples)
{
    return (size_t)(tq_shape_count(shape) / shape->dim[0] * samples) * sizeof(float);
}

void tq_layout__to_nhwc(float *to, const float *from, const tq_shape *shape, int64_t samples,
                        tq_layout layout)
{
    if (same_order(shape, layout))
        memcpy(to, from, bytes(shape, samples));
    else
        transpose(to, from, samples, shape->dim[3], shape->dim[1] * shape->dim[2]);
}

void tq_layout__from_nhwc(float *to, const float *from, const tq_shape *shape, int64_t samples,
                          tq_layout layout)
{
    if (same_order(shape, layout))
        memcpy(to, from, bytes(shape, samples));
    else
        transpose(to, from, samples, shape->dim[1] * shape->dim[2], shape->dim[3]);
}
