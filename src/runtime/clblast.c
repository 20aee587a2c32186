/* CLBlast itself; without it, what says so. */
#include "runtime/gemm.h"

#include "runtime/internal.h"
#include "runtime/memory.h"
#include "util/fail.h"

#if TQ_HAVE_CLBLAST
#include <clblast_c.h>

bool tq_gemm__built(void)
{
    return true;
}

tq_status tq_gemm__run(tq_context *context, const tq_gemm *g)
{
    const size_t rows = (size_t)g->rows, columns = (size_t)g->columns, terms = (size_t)g->terms;
    ++context->products;
    const CLBlastStatusCode code =
        CLBlastSgemm(CLBlastLayoutRowMajor, CLBlastTransposeNo, CLBlastTransposeNo, rows, columns, terms,
                     1.0f, tq_memory__object(g->a), (size_t)g->a_offset, terms, tq_memory__object(g->b),
                     (size_t)g->b_offset, columns, g->add ? 1.0f : 0.0f, tq_memory__object(g->c),
                     (size_t)g->c_offset, columns, &context->queue, NULL);
    if (code == CLBlastSuccess)
        return TQ_OK;
    return tq_status__fail(TQ_E_OPENCL, "CLBlastSgemm of %zux%zux%zu failed on '%s': code %d", rows, columns,
                           terms, context->info.name, (int)code);
}

void tq_gemm__forget(const tq_context *context)
{
    if (context->products > 0)
        CLBlastClearCache();
}

#else

bool tq_gemm__built(void)
{
    return false;
}

tq_status tq_gemm__run(tq_context *context, const tq_gemm *g)
{
    (void)context;
    (void)g;
    return tq_status__fail(TQ_E_UNSUPPORTED, "this library was built without CLBlast");
}

void tq_gemm__forget(const tq_context *context)
{
    (void)context;
}

#endif
