/* Kernels over gradients, weights and outputs as a whole. */
#include <float.h>
#include <math.h>

#include "runtime/launch.h"
#include "training/trainer_parts.h"

#define MOST_EACH 4096 /* numbers of a work-item */

/* Queues a kernel over `items` work-items of x's context. */
static tq_status run(const char *name, const tq_tensor *x, int64_t items, const tq_argument *arguments,
                     size_t count)
{
    static const char *const files[] = {"layers/maximum.cl", "training/gradients.cl"};
    tq_kernel *kernel;
    TQ_TRY(tq_context__plain_kernel(&kernel, tq_tensor__context(x), files, TQ_COUNT(files), name));
    return tq_kernel__run_elements(kernel, items, arguments, count);
}

/* Sums are rounded to binary32, those of 24 bits are exact. */
tq_range tq_gradient__sum_range(tq_range a, tq_range b)
{
    const int grid = a.grid < b.grid ? a.grid : b.grid;
    const double most = tq_range__magnitude(a) + tq_range__magnitude(b), bound = most * (1 + 0x1p-23);
    tq_range sum = tq_range__unknown();
    if (!a.finite || !b.finite || bound > FLT_MAX)
        return sum;
    sum.finite = true;
    sum.highest = bound;
    sum.lowest = -bound;
    if (grid != TQ_GRID_UNKNOWN && most <= ldexp(1.0, 24 + grid))
        sum.grid = grid;
    return sum;
}

tq_status tq_gradient__add(tq_tensor *to, const tq_tensor *more)
{
    const tq_argument arguments[] = {TQ_TENSOR(to), TQ_TENSOR(more)};
    return run("add_gradient", to, tq_shape_count(tq_tensor_shape(to)), arguments, TQ_COUNT(arguments));
}

tq_status tq_gradient__clip(tq_tensor *to, const tq_tensor *x, const tq_quantizer *q)
{
    const tq_format format = tq_quantizer__format(q);
    /* -0 lies within 0 .. highest, too: the kernel tells the zeros apart. */
    const float lowest = format.lowest == 0.0 ? -0.0f : (float)format.lowest, highest = (float)format.highest;
    const tq_argument arguments[] = {TQ_TENSOR(to), TQ_TENSOR(x), TQ_VALUE(lowest), TQ_VALUE(highest)};
    return run("clip_gradient", to, tq_shape_count(tq_tensor_shape(to)), arguments, TQ_COUNT(arguments));
}

tq_status tq_gradient__find_infinite(const tq_tensor *x, tq_memory *first, uint32_t place)
{
    const int64_t count = tq_shape_count(tq_tensor_shape(x));
    const tq_u64 numbers = (tq_u64)count;
    const tq_u64 each = (tq_u64)(count < MOST_EACH * 64 ? (count + 63) / 64 : MOST_EACH);
    const tq_argument arguments[] = {TQ_TENSOR(x), TQ_MEMORY(first), TQ_VALUE(place), TQ_VALUE(each),
                                     TQ_VALUE(numbers)};
    return run("find_infinite", x, (count + (int64_t)each - 1) / (int64_t)each, arguments,
               TQ_COUNT(arguments));
}
