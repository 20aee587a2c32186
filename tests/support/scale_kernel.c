#include "support/scale_kernel.h"

#include <stdio.h>
#include <string.h>

#include "util/fail.h"

static const char program[] =
    "__kernel void scale(__global float *x, const ulong x_offset, const float term)\n"
    "{\n"
    "    const size_t i = x_offset + get_global_id(0);\n"
    "    x[i] = x[i] * FACTOR + term;\n"
    "}\n";

tq_status tq_scale_make(tq_kernel **kernel, tq_context *context, int factor)
{
    const tq_source source = {"tests/scale.cl", program, strlen(program)};
    tq_program_text text = {0};
    tq_program_text__define(&text, "FACTOR", "%d", factor);
    tq_program_text__add_source(&text, &source);
    const tq_status status = tq_kernel__create(kernel, context, &text, "scale");
    tq_program_text__free(&text);
    return status;
}

tq_status tq_scale_run(tq_kernel *kernel, tq_tensor *x, float term)
{
    const size_t global[3] = {(size_t)tq_shape_count(tq_tensor_shape(x)), 1, 1}, local[3] = {1, 1, 1};
    const tq_argument arguments[] = {TQ_TENSOR(x), TQ_VALUE(term)};
    return tq_kernel__run(kernel, global, local, arguments, TQ_COUNT(arguments));
}

static tq_status compute(tq_context *context, int factor, float *numbers)
{
    tq_kernel *kernel;
    tq_tensor *x = NULL;
    const tq_shape shape = tq_shape_of(1, (const int64_t[]){8});
    TQ_TRY(tq_scale_make(&kernel, context, factor));
    tq_status status = tq_tensor_create(&x, context, &shape);
    if (status == TQ_OK)
        status = tq_tensor_write(x, numbers, 8);
    if (status == TQ_OK)
        status = tq_scale_run(kernel, x, 0.5f);
    if (status == TQ_OK)
        status = tq_tensor_read(x, numbers, 8);
    tq_tensor_destroy(x);
    tq_kernel__destroy(kernel);
    return status;
}

bool tq_scale_works(tq_context *context, int factor)
{
    float numbers[8];
    for (int i = 0; i < 8; ++i)
        numbers[i] = (float)(i - 3);
    if (compute(context, factor, numbers) != TQ_OK) {
        fprintf(stderr, "%s\n", tq_error());
        return false;
    }
    for (int i = 0; i < 8; ++i)
        if (numbers[i] != (float)((i - 3) * factor) + 0.5f) {
            fprintf(stderr, "factor %d: element %d is %g\n", factor, i, (double)numbers[i]);
            return false;
        }
    return true;
}
