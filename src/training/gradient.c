/* Kernels over gradients, weights and outputs as a whole. */
#include "runtime/launch.h"
#include "training/trainer_parts.h"

#define MOST_EACH 4096 /* numbers of a work-item */

/* Queues a kernel over `items` work-items; the arguments are followed by (ulong) count. */
static tq_status run(const char *name, const tq_tensor *x, int64_t items, tq_argument *arguments,
                     size_t given)
{
    tq_context *const context = tq_tensor__context(x);
    const size_t local = tq_context__local_size(context),
                 global = ((size_t)items + local - 1) / local * local;
    const tq_u64 count = (tq_u64)tq_shape_count(tq_tensor_shape(x));
    tq_program_text text = {0};
    tq_kernel *kernel;
    arguments[given] = TQ_VALUE(count);
    tq_program_text__add(&text, "layers/maximum.cl");
    tq_program_text__add(&text, "training/gradients.cl");
    const tq_status status = tq_context__kernel(&kernel, context, &text, name);
    tq_program_text__free(&text);
    TQ_TRY(status);
    return tq_kernel__run(kernel, (const size_t[]){global, 1, 1}, (const size_t[]){local, 1, 1}, arguments,
                          given + 1);
}

tq_status tq_gradient__add(tq_tensor *to, const tq_tensor *more)
{
    tq_argument arguments[3] = {TQ_TENSOR(to), TQ_TENSOR(more)};
    return run("add_gradient", to, tq_shape_count(tq_tensor_shape(to)), arguments, 2);
}

tq_status tq_gradient__clip(tq_tensor *to, const tq_tensor *x, const tq_quantizer *q)
{
    const tq_format format = tq_quantizer__format(q);
    const float lowest = (float)format.lowest, highest = (float)format.highest;
    tq_argument arguments[5] = {TQ_TENSOR(to), TQ_TENSOR(x), TQ_VALUE(lowest), TQ_VALUE(highest)};
    return run("clip_gradient", to, tq_shape_count(tq_tensor_shape(to)), arguments, 4);
}

tq_status tq_gradient__find_infinite(const tq_tensor *x, tq_memory *first, uint32_t place)
{
    const int64_t count = tq_shape_count(tq_tensor_shape(x));
    const tq_u64 each = (tq_u64)(count < MOST_EACH * 64 ? (count + 63) / 64 : MOST_EACH);
    tq_argument arguments[5] = {TQ_TENSOR(x), TQ_MEMORY(first), TQ_VALUE(place), TQ_VALUE(each)};
    return run("find_infinite", x, (count + (int64_t)each - 1) / (int64_t)each, arguments, 4);
}
