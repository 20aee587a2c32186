#include "layers/fast_float.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layers/elementwise.h"
#include "runtime/gemm.h"

/* Bytes of the unfolded rows of one product. */
#define PATCH_BYTES ((int64_t)64 << 20)

struct tq_fast_float {
    tq_geometry geometry;
    int64_t slab; /* rows of a product */
    tq_memory *weight, *bias;
    tq_memory *patches;         /* NULL when the input is the matrix already */
    tq_kernel *unfold, *repeat; /* borrowed from the context */
};

tq_contraction_path tq_fast_float__path(void)
{
    return (tq_contraction_path){.name = "clblast",
                                 .proof = "none: another library's binary32, near the specified numbers",
                                 .bound = INFINITY,
                                 .otherwise = ""};
}

void tq_fast_float__destroy(tq_fast_float *fast)
{
    if (fast == NULL)
        return;
    tq_memory__release(fast->weight);
    tq_memory__release(fast->bias);
    tq_memory__release(fast->patches);
    free(fast);
}

/* Whether x is the matrix of the product as it lies in memory. */
static bool is_matrix(const tq_geometry *g)
{
    return g->kernel_rows == 1 && g->kernel_columns == 1 && g->stride_rows == 1 && g->stride_columns == 1 &&
           g->pad_top == 0 && g->pad_left == 0 && g->out_rows == g->in_rows &&
           g->out_columns == g->in_columns;
}

static bool is_wanted(tq_layer *layer, const tq_geometry *geometry)
{
    const tq_accumulation *a = &layer->quantizers.intrinsic;
    if (a->exact_sum || !tq_quantizer_is_none(&a->product) || !tq_quantizer_is_none(&a->sum) ||
        !tq_quantizer_is_none(&a->result) || !tq_gemm__wanted(layer->context, &layer->reasons))
        return false;
    if (geometry->groups == 1)
        return true;
    tq_text__print(&layer->reasons, "clblast: a convolution of %d groups", (int)geometry->groups);
    return false;
}

static tq_status upload(tq_memory **memory, tq_context *context, const float *values, int64_t count)
{
    return values != NULL ? tq_memory__of(memory, context, values, (uint64_t)count * sizeof *values) : TQ_OK;
}

static tq_status make_patches(tq_fast_float *fast, tq_layer *layer)
{
    const int64_t bytes = tq_geometry__terms(&fast->geometry) * 4, fit = PATCH_BYTES / bytes;
    if (is_matrix(&fast->geometry))
        return TQ_OK;
    fast->slab = fit < 1 ? 1 : fit < fast->slab ? fit : fast->slab;
    TQ_TRY(tq_memory__create(&fast->patches, layer->context, (uint64_t)(fast->slab * bytes)));
    return tq_layer__plain_kernel(layer, &fast->unfold, "layers/unfold.cl", "unfold");
}

static tq_status prepare(tq_fast_float *fast, tq_layer *layer, const tq_geometry *g)
{
    fast->geometry = *g;
    fast->slab = g->rows;
    TQ_TRY(upload(&fast->weight, layer->context, layer->weight[0].values,
                  tq_geometry__terms(g) * g->out_channels));
    TQ_TRY(upload(&fast->bias, layer->context, layer->weight[1].values, g->out_channels));
    TQ_TRY(make_patches(fast, layer));
    return tq_layer__plain_kernel(layer, &fast->repeat, "layers/repeat.cl", "repeat");
}

static tq_gemm product_of(const tq_fast_float *fast, int64_t rows)
{
    return (tq_gemm){.rows = rows,
                     .columns = fast->geometry.out_channels,
                     .terms = tq_geometry__terms(&fast->geometry),
                     .a = fast->patches,
                     .b = fast->weight,
                     .add = fast->bias != NULL};
}

/* One product of the planned size on whatever is in memory: compiles, and shows that it runs on this device.
 */
static tq_status rehearse(const tq_fast_float *fast, tq_context *context)
{
    tq_gemm g = product_of(fast, fast->slab);
    tq_memory *a = NULL;
    tq_status status = tq_memory__create(&g.c, context, (uint64_t)(g.rows * g.columns * 4));
    if (status == TQ_OK && g.a == NULL)
        status = tq_memory__create(&a, context, (uint64_t)(g.rows * g.terms * 4));
    g.a = g.a != NULL ? g.a : a;
    if (status == TQ_OK)
        status = tq_gemm__run(context, &g);
    const tq_status finished = tq_context_finish(context);
    tq_memory__release(a);
    tq_memory__release(g.c);
    return status != TQ_OK ? status : finished;
}

tq_status tq_fast_float__create(tq_fast_float **fast, tq_layer *layer, const tq_geometry *geometry)
{
    *fast = NULL;
    if (!is_wanted(layer, geometry))
        return TQ_OK;
    tq_fast_float *made = calloc(1, sizeof *made);
    if (made == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a product of plain float");
    if (prepare(made, layer, geometry) == TQ_OK && rehearse(made, layer->context) == TQ_OK) {
        *fast = made;
        return TQ_OK;
    }
    /* Asked for or not, speed is no reason to fail: the own loop runs. */
    tq_text__print(&layer->reasons, "clblast: %s", tq_error());
    tq_fast_float__destroy(made);
    return TQ_OK;
}

/* y = the bias in every row. */
static tq_status run_bias(const tq_fast_float *fast, const tq_tensor *y)
{
    const tq_u64 period = (tq_u64)fast->geometry.out_channels;
    const tq_argument arguments[] = {TQ_MEMORY(fast->bias), TQ_TENSOR(y), TQ_VALUE(period)};
    return tq_kernel__run_elements(fast->repeat, fast->geometry.rows * (int64_t)period, arguments,
                                   TQ_COUNT(arguments));
}

static tq_status run_unfold(const tq_fast_float *fast, const tq_tensor *x, int64_t begin, int64_t count)
{
    const tq_i32 row_begin = (tq_i32)begin;
    tq_i32 words[16];
    memcpy(words, &fast->geometry, sizeof words);
    const tq_argument arguments[] = {TQ_TENSOR(x), TQ_MEMORY(fast->patches), TQ_VALUE(words),
                                     TQ_VALUE(row_begin)};
    return tq_kernel__run_elements(fast->unfold, count * tq_geometry__terms(&fast->geometry), arguments,
                                   TQ_COUNT(arguments));
}

tq_status tq_fast_float__run(const tq_fast_float *fast, const tq_layer *layer, const tq_tensor *x,
                             tq_tensor *y)
{
    const int64_t rows = fast->geometry.rows;
    if (fast->bias != NULL)
        TQ_TRY(run_bias(fast, y));
    for (int64_t begin = 0; begin < rows; begin += fast->slab) {
        tq_gemm g = product_of(fast, rows - begin < fast->slab ? rows - begin : fast->slab);
        if (g.a != NULL)
            TQ_TRY(run_unfold(fast, x, begin, g.rows));
        g.a_offset = g.a != NULL ? 0 : tq_tensor__offset(x);
        g.a = g.a != NULL ? g.a : tq_tensor__memory(x);
        g.c = tq_tensor__memory(y);
        g.c_offset = tq_tensor__offset(y) + (uint64_t)(begin * g.columns);
        TQ_TRY(tq_gemm__run(layer->context, &g));
    }
    return TQ_OK;
}
