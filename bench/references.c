#include "references.h"

#include "util/fail.h"

#if TQ_BENCH_OPENBLAS
#define OPENBLAS tq_reference__openblas
#else
#define OPENBLAS NULL
#endif
#if TQ_BENCH_ONEDNN
#define ONEDNN tq_reference__onednn
#else
#define ONEDNN NULL
#endif
#if TQ_BENCH_CLBLAST
#define CLBLAST tq_reference__clblast
#else
#define CLBLAST NULL
#endif

/* CLBlast builds its kernels for seconds when it is first called. */
static const tq_reference references[] = {
    {"OpenBLAS", TQ_LEVEL_SMOKE | TQ_LEVEL_QUICK | TQ_LEVEL_FULL, OPENBLAS},
    {"oneDNN", TQ_LEVEL_SMOKE | TQ_LEVEL_QUICK | TQ_LEVEL_FULL, ONEDNN},
    {"CLBlast", TQ_LEVEL_FULL, CLBLAST},
};

const tq_reference *tq_reference__at(size_t i)
{
    return i < TQ_COUNT(references) ? &references[i] : NULL;
}
