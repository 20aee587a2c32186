/* OpenBLAS: sgemm. A convolution is the product of its unfolded image, made before the clock runs. */
#include <cblas.h>
#include <stdlib.h>

#include "references.h"
#include "util/fail.h"

typedef struct blas_state {
    tq_matrices size;
    float *a, *b, *c;
} blas_state;

static void destroy(void *opaque)
{
    blas_state *s = opaque;
    free(s->a);
    free(s->b);
    free(s->c);
    free(s);
}

static tq_status run(void *opaque, int64_t times)
{
    const blas_state *s = opaque;
    const int m = (int)s->size.m, n = (int)s->size.n, k = (int)s->size.k;
    for (int64_t i = 0; i < times * s->size.count; ++i) {
        const int64_t one = i % s->size.count;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1.0f, s->a + one * m * k, k,
                    s->b + one * k * n, n, 0.0f, s->c + one * m * n, n);
    }
    return TQ_OK;
}

tq_status tq_reference__openblas(tq_subject *subject, const tq_work *work, tq_context *context)
{
    (void)context;
    if (work->groups != 1) /* one small product for each channel is not what the library is for */
        return TQ_OK;
    blas_state *s = calloc(1, sizeof *s);
    if (s == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a product to time");
    s->size = tq_work__matrices(work);
    subject->state = s;
    subject->destroy = destroy;
    subject->run = run;
    TQ_TRY(tq_numbers__create(&s->a, s->size.count * s->size.m * s->size.k, 1.0));
    TQ_TRY(tq_numbers__create(&s->b, s->size.count * s->size.k * s->size.n, 1.0));
    return tq_numbers__create(&s->c, s->size.count * s->size.m * s->size.n, 1.0);
}
