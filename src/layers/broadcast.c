#include "layers/broadcast.h"

/* Dimension i of the output, counted from the last, in one of them. */
static int64_t dimension(const tq_shape *s, int i)
{
    return i < s->rank ? s->dim[s->rank - 1 - i] : 1;
}

static tq_status join(const tq_shape *a, const tq_shape *b, tq_shape *shape)
{
    char first[160], second[160];
    tq_shape_print(first, sizeof first, a);
    tq_shape_print(second, sizeof second, b);
    shape->rank = a->rank > b->rank ? a->rank : b->rank;
    for (int i = 0; i < shape->rank; ++i) {
        const int64_t x = dimension(a, i), y = dimension(b, i);
        if (x != y && x != 1 && y != 1)
            return tq_status__fail(
                TQ_E_SHAPE, "inputs %s and %s: counted from the last, dimensions must be the same or 1",
                first, second);
        shape->dim[shape->rank - 1 - i] = x > y ? x : y;
    }
    if (tq_shape_count(shape) == 0)
        return tq_status__fail(TQ_E_SHAPE, "inputs %s and %s: the output has too many elements", first,
                               second);
    return TQ_OK;
}

/* Appends a dimension in front of those that are there, or widens the first where both operands go on. */
static void prepend(tq_broadcast *to, tq_u64 dim, const tq_u64 stride[2])
{
    const tq_u64 first = to->rank - 1;
    if (to->rank > 0 && stride[0] == to->stride[0][first] * to->dim[first] &&
        stride[1] == to->stride[1][first] * to->dim[first]) {
        to->dim[first] *= dim;
        return;
    }
    to->dim[to->rank] = dim;
    to->stride[0][to->rank] = stride[0];
    to->stride[1][to->rank] = stride[1];
    ++to->rank;
}

static void reverse(tq_u64 *values, tq_u64 count)
{
    for (tq_u64 i = 0; i < count / 2; ++i) {
        const tq_u64 kept = values[i];
        values[i] = values[count - 1 - i];
        values[count - 1 - i] = kept;
    }
}

tq_status tq_broadcast__of(tq_broadcast *broadcast, const tq_shape *a, const tq_shape *b, tq_shape *shape)
{
    const tq_shape *const of[2] = {a, b};
    tq_u64 elements[2] = {1, 1};
    TQ_TRY(join(a, b, shape));
    *broadcast = (tq_broadcast){0};
    for (int i = 0; i < shape->rank; ++i) {
        tq_u64 stride[2];
        for (size_t j = 0; j < 2; ++j) {
            const tq_u64 own = (tq_u64)dimension(of[j], i);
            stride[j] = own > 1 ? elements[j] : 0;
            elements[j] *= own;
        }
        if (dimension(shape, i) > 1)
            prepend(broadcast, (tq_u64)dimension(shape, i), stride);
    }
    if (broadcast->rank == 0)
        prepend(broadcast, 1, (const tq_u64[]){1, 1});
    reverse(broadcast->dim, broadcast->rank);
    reverse(broadcast->stride[0], broadcast->rank);
    reverse(broadcast->stride[1], broadcast->rank);
    return TQ_OK;
}

bool tq_broadcast__same(const tq_broadcast *broadcast)
{
    return broadcast->rank == 1 && broadcast->stride[0][0] == 1 && broadcast->stride[1][0] == 1;
}

tq_u64 tq_broadcast__place(const tq_broadcast *broadcast, size_t operand, tq_u64 i)
{
    tq_u64 place = 0;
    for (tq_u64 d = broadcast->rank; d-- > 0; i /= broadcast->dim[d])
        place += i % broadcast->dim[d] * broadcast->stride[operand][d];
    return place;
}
