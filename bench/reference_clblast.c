/* CLBlast: Sgemm on the same device and queue. A convolution is the product of its unfolded image. */
#include "runtime/memory.h"

#include <clblast_c.h>
#include <stdlib.h>

#include "references.h"
#include "util/fail.h"

typedef struct clblast_state {
    tq_context *context;
    tq_matrices size;
    tq_tensor *a, *b, *c;
} clblast_state;

static void destroy(void *opaque)
{
    clblast_state *s = opaque;
    tq_tensor_destroy(s->a);
    tq_tensor_destroy(s->b);
    tq_tensor_destroy(s->c);
    free(s);
}

static cl_mem object_of(const tq_tensor *tensor)
{
    return tq_memory__object(tq_tensor__memory(tensor));
}

static size_t offset_of(const tq_tensor *tensor)
{
    return (size_t)tq_tensor__offset(tensor);
}

static tq_status run(void *opaque, int64_t times)
{
    clblast_state *s = opaque;
    const size_t m = (size_t)s->size.m, n = (size_t)s->size.n, k = (size_t)s->size.k;
    for (int64_t i = 0; i < times; ++i) {
        const CLBlastStatusCode code =
            CLBlastSgemm(CLBlastLayoutRowMajor, CLBlastTransposeNo, CLBlastTransposeNo, m, n, k, 1.0f,
                         object_of(s->a), offset_of(s->a), k, object_of(s->b), offset_of(s->b), n, 0.0f,
                         object_of(s->c), offset_of(s->c), n, &s->context->queue, NULL);
        if (code != CLBlastSuccess)
            return tq_status__fail(TQ_E_OPENCL, "CLBlastSgemm failed: %d", (int)code);
    }
    return tq_context_finish(s->context);
}

static tq_status create_matrix(tq_tensor **matrix, tq_context *context, int64_t rows, int64_t columns)
{
    const tq_shape shape = tq_shape_of(2, (const int64_t[]){rows, columns});
    float *numbers;
    TQ_TRY(tq_tensor_create(matrix, context, &shape));
    TQ_TRY(tq_numbers__create(&numbers, rows * columns, 1.0));
    const tq_status status = tq_tensor_write(*matrix, numbers, rows * columns);
    free(numbers);
    return status;
}

tq_status tq_reference__clblast(tq_subject *subject, const tq_work *work, tq_context *context)
{
    if (work->groups != 1 || work->kind == TQ_WORK_MATMUL)
        return TQ_OK;
    clblast_state *s = calloc(1, sizeof *s);
    if (s == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a product to time");
    s->context = context;
    s->size = tq_work__matrices(work);
    subject->state = s;
    subject->destroy = destroy;
    subject->run = run;
    TQ_TRY(create_matrix(&s->a, context, s->size.m, s->size.k));
    TQ_TRY(create_matrix(&s->b, context, s->size.k, s->size.n));
    return create_matrix(&s->c, context, s->size.m, s->size.n);
}
