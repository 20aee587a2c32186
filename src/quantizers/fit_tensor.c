/* Taking parameters from tensors on the device. */
#include <stdlib.h>

#include "quantizers/fit.h"
#include "util/fail.h"

static tq_u64 sixteenth(tq_u64 length)
{
    return (length + 15) / 16;
}

/* Reduces by sixteens: the kernel of numbers, the kernel of what that gives, bytes of one of these. */
typedef struct tree {
    tq_kernel *numbers, *rest;
    size_t size;
} tree;

/* Four levels of the tree for all parts: rows of `length` become rows of a sixteenth, rounded up. */
static tq_status reduce_level(tq_kernel *kernel, const tq_memory *from, tq_u64 offset, const tq_memory *to,
                              tq_u64 length, tq_u64 parts)
{
    const tq_argument arguments[] = {TQ_MEMORY(from), TQ_VALUE(offset), TQ_MEMORY(to), TQ_VALUE(length),
                                     TQ_VALUE(parts)};
    return tq_kernel__run_flat(kernel, sixteenth(length) * parts, arguments, TQ_COUNT(arguments));
}

static tq_status reduce_with_scratch(void *results, const tq_tensor *from, const tree *t,
                                     tq_memory *const scratch[2], tq_u64 length, tq_u64 parts)
{
    int next = 0;
    TQ_TRY(reduce_level(t->numbers, tq_tensor__memory(from), tq_tensor__offset(from), scratch[0], length,
                        parts));
    for (length = sixteenth(length); length > 1; length = sixteenth(length), next = !next)
        TQ_TRY(reduce_level(t->rest, scratch[next], 0, scratch[!next], length, parts));
    return tq_memory__read(scratch[next], 0, results, parts * t->size);
}

/* results[p]: part p reduced by the tree, between two scratch blocks. */
static tq_status reduce_parts(void *results, const tq_tensor *from, const tree *t, tq_u64 length,
                              tq_u64 parts)
{
    tq_context *const context = tq_tensor__context(from);
    const tq_u64 first = sixteenth(length), second = sixteenth(first);
    tq_memory *scratch[2] = {NULL, NULL};
    tq_status status = tq_memory__create(&scratch[0], context, first * parts * t->size);
    if (status == TQ_OK)
        status = tq_memory__create(&scratch[1], context, second * parts * t->size);
    if (status == TQ_OK)
        status = reduce_with_scratch(results, from, t, scratch, length, parts);
    tq_memory__release(scratch[0]);
    tq_memory__release(scratch[1]);
    return status;
}

static tq_status fit_sums(tq_quantizer *fitted, const tq_tensor *from, const tq_quantizer *q, tq_u64 length,
                          tq_u64 parts)
{
    tree t = {.size = sizeof(tq_u32)};
    tq_quantizer any; /* fitted to any sum: the program that quantizes holds sum_sixteens too */
    tq_fit__from_sum(&any, q, 0, 1);
    TQ_TRY(tq_fit__kernel(&t.numbers, tq_tensor__context(from), &any, "sum_sixteens"));
    t.rest = t.numbers;
    tq_u32 *const sums = calloc(parts, sizeof *sums);
    if (!sums)
        return tq_status__fail(TQ_E_MEMORY, "no host memory for %llu sums", (unsigned long long)parts);
    const tq_status status = reduce_parts(sums, from, &t, length, parts);
    for (tq_u64 p = 0; p < parts && status == TQ_OK; ++p)
        tq_fit__from_sum(&fitted[p], q, sums[p], length);
    free(sums);
    return status;
}

static tq_status fit_ranges(tq_quantizer *fitted, const tq_tensor *from, const tq_quantizer *q, tq_u64 length,
                            tq_u64 parts)
{
    static const char *const files[] = {"layers/extremes.cl"};
    tq_context *const context = tq_tensor__context(from);
    tree t = {.size = sizeof(tq_extremes)};
    TQ_TRY(tq_context__plain_kernel(&t.numbers, context, files, TQ_COUNT(files), "extremes_of_numbers"));
    TQ_TRY(tq_context__plain_kernel(&t.rest, context, files, TQ_COUNT(files), "extremes_of_pairs"));
    tq_extremes *const extremes = calloc(parts, sizeof *extremes);
    if (!extremes)
        return tq_status__fail(TQ_E_MEMORY, "no host memory for %llu ranges", (unsigned long long)parts);
    const tq_status status = reduce_parts(extremes, from, &t, length, parts);
    for (tq_u64 p = 0; p < parts && status == TQ_OK; ++p)
        tq_fit__from_extremes(&fitted[p], q, extremes[p]);
    free(extremes);
    return status;
}

tq_status tq_fit__parts(tq_quantizer *fitted, const tq_tensor *from, const tq_quantizer *q, uint64_t length,
                        uint64_t parts)
{
    return tq_fit__needs_range(q) ? fit_ranges(fitted, from, q, length, parts)
                                  : fit_sums(fitted, from, q, length, parts);
}
