/* oneDNN: its own layer of the work, all data in the layouts that it prefers, made before the clock runs. */
#include <oneapi/dnnl/dnnl.h>
#include <stdlib.h>

#include "references.h"
#include "util/fail.h"

enum { SOURCE, WEIGHTS, RESULT, MEMORIES };
static const int names[MEMORIES] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST};
static const dnnl_query_t queries[MEMORIES] = {dnnl_query_src_md, dnnl_query_weights_md, dnnl_query_dst_md};

typedef union layer_description {
    dnnl_convolution_desc_t convolution;
    dnnl_inner_product_desc_t product;
} layer_description;

typedef struct dnnl_state {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_desc_t description;
    dnnl_primitive_t primitive;
    dnnl_memory_t memory[MEMORIES];
} dnnl_state;

static tq_status check(dnnl_status_t code, const char *call)
{
    return code == dnnl_success ? TQ_OK
                                : tq_status__fail(TQ_E_UNSUPPORTED, "oneDNN: %s failed: %d", call, (int)code);
}

static void destroy(void *opaque)
{
    dnnl_state *s = opaque;
    for (int i = 0; i < MEMORIES; ++i)
        dnnl_memory_destroy(s->memory[i]);
    dnnl_primitive_destroy(s->primitive);
    dnnl_primitive_desc_destroy(s->description);
    dnnl_stream_destroy(s->stream);
    dnnl_engine_destroy(s->engine);
    free(s);
}

static tq_status run(void *opaque, int64_t times)
{
    const dnnl_state *s = opaque;
    dnnl_exec_arg_t arguments[MEMORIES];
    for (int i = 0; i < MEMORIES; ++i)
        arguments[i] = (dnnl_exec_arg_t){names[i], s->memory[i]};
    for (int64_t i = 0; i < times; ++i)
        TQ_TRY(check(dnnl_primitive_execute(s->primitive, s->stream, MEMORIES, arguments), "execute"));
    return check(dnnl_stream_wait(s->stream), "wait");
}

static tq_status describe_memory(dnnl_memory_desc_t *memory, int rank, const dnnl_dims_t sizes)
{
    return check(dnnl_memory_desc_init_by_tag(memory, rank, sizes, dnnl_f32, dnnl_format_tag_any), "memory");
}

static tq_status describe_dense(layer_description *layer, const tq_work *work)
{
    dnnl_memory_desc_t memory[MEMORIES];
    TQ_TRY(describe_memory(&memory[SOURCE], 2, (const dnnl_dims_t){work->samples, work->inputs}));
    TQ_TRY(describe_memory(&memory[WEIGHTS], 2, (const dnnl_dims_t){work->outputs, work->inputs}));
    TQ_TRY(describe_memory(&memory[RESULT], 2, (const dnnl_dims_t){work->samples, work->outputs}));
    return check(dnnl_inner_product_forward_desc_init(&layer->product, dnnl_forward_inference,
                                                      &memory[SOURCE], &memory[WEIGHTS], NULL,
                                                      &memory[RESULT]),
                 "inner product");
}

static tq_status describe_convolution(layer_description *layer, const tq_work *work)
{
    dnnl_memory_desc_t memory[MEMORIES];
    const int64_t lost = work->kernel - 1 - 2 * work->pad, groups = work->groups;
    const dnnl_dims_t stride = {1, 1}, pad = {work->pad, work->pad};
    const dnnl_dims_t source = {work->samples, work->inputs, work->rows, work->columns};
    const dnnl_dims_t result = {work->samples, work->outputs, work->rows - lost, work->columns - lost};
    const dnnl_dims_t grouped = {groups, work->outputs / groups, work->inputs / groups, work->kernel,
                                 work->kernel};
    TQ_TRY(describe_memory(&memory[SOURCE], 4, source));
    TQ_TRY(describe_memory(&memory[RESULT], 4, result));
    TQ_TRY(describe_memory(&memory[WEIGHTS], groups > 1 ? 5 : 4, groups > 1 ? grouped : grouped + 1));
    return check(dnnl_convolution_forward_desc_init(&layer->convolution, dnnl_forward_inference,
                                                    dnnl_convolution_auto, &memory[SOURCE], &memory[WEIGHTS],
                                                    NULL, &memory[RESULT], stride, pad, pad),
                 "convolution");
}

static tq_status create_memory(dnnl_state *s, int which)
{
    void *data;
    const dnnl_memory_desc_t *memory = dnnl_primitive_desc_query_md(s->description, queries[which], 0);
    TQ_TRY(check(dnnl_memory_create(&s->memory[which], memory, s->engine, DNNL_MEMORY_ALLOCATE), "memory"));
    TQ_TRY(check(dnnl_memory_get_data_handle(s->memory[which], &data), "memory"));
    tq_numbers__fill(data, (int64_t)(dnnl_memory_desc_get_size(memory) / sizeof(float)), 1.0);
    return TQ_OK;
}

static tq_status prepare(dnnl_state *s, const tq_work *work)
{
    layer_description layer;
    TQ_TRY(check(dnnl_engine_create(&s->engine, dnnl_cpu, 0), "engine"));
    TQ_TRY(check(dnnl_stream_create(&s->stream, s->engine, dnnl_stream_default_flags), "stream"));
    TQ_TRY(work->kind == TQ_WORK_DENSE ? describe_dense(&layer, work) : describe_convolution(&layer, work));
    TQ_TRY(check(dnnl_primitive_desc_create(&s->description, &layer, NULL, s->engine, NULL), "description"));
    TQ_TRY(check(dnnl_primitive_create(&s->primitive, s->description), "primitive"));
    for (int i = 0; i < MEMORIES; ++i)
        TQ_TRY(create_memory(s, i));
    return TQ_OK;
}

tq_status tq_reference__onednn(tq_subject *subject, const tq_work *work, tq_context *context)
{
    (void)context;
    if (work->kind == TQ_WORK_MATMUL)
        return TQ_OK;
    dnnl_state *s = calloc(1, sizeof *s);
    if (s == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a layer to time");
    subject->state = s;
    subject->destroy = destroy;
    subject->run = run;
    return prepare(s, work);
}
