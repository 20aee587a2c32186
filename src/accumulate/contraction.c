#include "accumulate/contraction.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accumulate/inner.h"
#include "accumulate/pack.h"
#include "accumulate/path.h"
#include "util/fail.h"

/* Bytes of the random draws of one launch's rows; larger layers run in slabs of rows. */
#define DRAW_BYTES ((int64_t)64 << 20)

/* A slot that draws: the columns' draws, made once, and room for a slab of rows'. */
typedef struct tq_draw_buffers {
    int bits; /* 0: does not draw */
    tq_memory *rows, *columns;
} tq_draw_buffers;

struct tq_contraction {
    tq_context *context;
    tq_geometry geometry;
    const tq_path *path;
    tq_path_plan plan;
    tq_panels panels;
    tq_kernel *kernel, *narrow, *draws; /* the last two borrowed from the context */
    tq_memory *weight, *bias, *zeros, *narrowed;
    tq_draw_buffers product, sum;
    int64_t slab; /* rows of a launch */
    tq_u32 key[2];
};

int64_t tq_geometry__terms(const tq_geometry *g)
{
    return (int64_t)g->kernel_rows * g->kernel_columns * g->group_inputs;
}

const char *tq_contraction__path(const tq_contraction *contraction)
{
    return contraction->path->name;
}

void tq_contraction__destroy(tq_contraction *c)
{
    if (c == NULL)
        return;
    tq_kernel__destroy(c->kernel);
    tq_memory *const memories[] = {c->weight,   c->bias,         c->zeros,
                                   c->narrowed, c->product.rows, c->product.columns,
                                   c->sum.rows, c->sum.columns};
    for (size_t i = 0; i < TQ_COUNT(memories); ++i)
        tq_memory__release(memories[i]);
    free(c);
}

/* Largest sum over k of |w| of any output. */
static tq_status weight_sum(double *largest, const tq_contraction_setup *setup)
{
    const int64_t channels = setup->geometry.out_channels, terms = tq_geometry__terms(&setup->geometry);
    double *sums = calloc((size_t)channels, sizeof *sums);
    if (sums == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld sums of weights", (long long)channels);
    for (int64_t i = 0; i < terms * channels; ++i)
        sums[i % channels] += fabs((double)setup->weight[i]);
    *largest = 0.0;
    for (int64_t i = 0; i < channels; ++i)
        *largest = fmax(*largest, sums[i]);
    free(sums);
    return TQ_OK;
}

static tq_status describe(tq_problem *problem, const tq_contraction_setup *setup,
                          const tq_device_info *device)
{
    const tq_accumulation *a = &setup->accumulation;
    const int64_t terms = tq_geometry__terms(&setup->geometry);
    *problem = (tq_problem){.accumulation = *a,
                            .product = tq_quantizer__format(&a->product),
                            .sum = tq_quantizer__format(&a->sum),
                            .result = tq_quantizer__format(&a->result),
                            .input = setup->input,
                            .terms = terms,
                            .device = device};
    problem->accumulation.fused = tq_accumulation__fused(a);
    problem->weight = tq_range__measure(setup->weight, terms * setup->geometry.out_channels);
    problem->bias = tq_range__measure(setup->bias, setup->bias ? setup->geometry.out_channels : 0);
    return weight_sum(&problem->weight_sum, setup);
}

/* Tiles no taller or wider than the problem needs. */
static void fit_tile(tq_path_plan *plan, const tq_geometry *g)
{
    const int outputs = g->out_channels / g->groups;
    plan->rows = plan->rows < g->rows ? plan->rows : g->rows;
    while (plan->vectors > 1 && (plan->vectors - 1) * plan->lanes >= outputs)
        --plan->vectors;
}

static void define_slot(tq_program_text *text, const char *slot, const char *structure, const tq_quantizer *q)
{
    tq_quantizer__bind(text, slot, q);
    tq_program_text__define(text, structure, "%d", (int)tq_quantizer__bake(q).structure);
}

static void define_structure(tq_program_text *text, const tq_path_plan *plan, const tq_accumulation *a)
{
    tq_program_text__define(text, "TQ_LANES", "%d", plan->lanes);
    tq_program_text__define(text, "TQ_VECTORS", "%d", plan->vectors);
    tq_program_text__define(text, "TQ_ROWS", "%d", plan->rows);
    if (plan->fast_finish)
        tq_program_text__define(text, "TQ_FAST_FINISH", "1");
    define_slot(text, "TQ_PRODUCT", "TQ_PRODUCT_STRUCTURE", &a->product);
    define_slot(text, "TQ_SUM", "TQ_SUM_STRUCTURE", &a->sum);
    define_slot(text, "TQ_RESULT", "TQ_RESULT_STRUCTURE", &a->result);
}

static tq_status make_kernel(tq_contraction *c, const tq_problem *problem)
{
    tq_program_text text = {0};
    const tq_accumulation *a = &problem->accumulation;
    c->plan = (tq_path_plan){.product = tq_quantizer__words(&a->product),
                             .sum = tq_quantizer__words(&a->sum),
                             .result = tq_quantizer__words(&a->result),
                             .text = &text};
    c->path->plan(problem, &c->plan);
    fit_tile(&c->plan, &c->geometry);
    define_structure(&text, &c->plan, a);
    tq_program_text__add(&text, "accumulate/slots.cl");
    for (size_t i = 0; i < TQ_COUNT(c->path->part) && c->path->part[i] != NULL; ++i)
        tq_program_text__add(&text, c->path->part[i]);
    tq_program_text__add(&text, "layers/contraction.cl");
    const tq_status status = tq_kernel__create(&c->kernel, c->context, &text, "contraction");
    tq_program_text__free(&text);
    c->plan.text = NULL;
    return status;
}

static tq_status helper_kernel(tq_kernel **kernel, tq_context *context, const char *part, const char *name)
{
    tq_program_text text = {0};
    tq_program_text__add(&text, part);
    const tq_status status = tq_context__kernel(kernel, context, &text, name);
    tq_program_text__free(&text);
    return status;
}

/* Device memory with a copy of `bytes` of host memory, which is freed. */
static tq_status upload(tq_memory **memory, tq_context *context, void *host, int64_t bytes)
{
    tq_status status = host == NULL
                           ? tq_status__fail(TQ_E_MEMORY, "no memory for %lld bytes", (long long)bytes)
                           : tq_memory__create(memory, context, (uint64_t)bytes);
    if (status == TQ_OK)
        status = tq_memory__write(*memory, 0, host, (uint64_t)bytes);
    free(host);
    return status;
}

static tq_status upload_weights(tq_contraction *c, const tq_contraction_setup *setup)
{
    const tq_panels *p = &c->panels;
    const bool narrow = c->path->operand == TQ_OPERAND_INT16;
    const int64_t bytes = tq_panels__count(p) * (narrow ? 2 : 4);
    const int64_t zero_bytes = ((int64_t)c->geometry.group_inputs * (narrow ? 2 : 4) + 3) / 4 * 4;
    void *host = malloc((size_t)bytes);
    if (host != NULL && narrow)
        tq_pack__int16(host, p, setup->weight, c->plan.weight_shift, c->plan.away);
    else if (host != NULL)
        tq_pack__carriers(host, p, setup->weight, c->plan.away);
    TQ_TRY(upload(&c->weight, c->context, host, bytes));
    float *bias = malloc((size_t)tq_panels__columns(p) * sizeof *bias);
    if (bias != NULL)
        tq_pack__bias(bias, p, setup->bias);
    TQ_TRY(upload(&c->bias, c->context, bias, tq_panels__columns(p) * 4));
    return upload(&c->zeros, c->context, calloc((size_t)zero_bytes, 1), zero_bytes);
}

static tq_status make_draws(tq_contraction *c, tq_draw_buffers *buffers, const tq_quantizer *q,
                            uint32_t stream)
{
    const int64_t terms = c->panels.terms, bytes = tq_panels__count(&c->panels) * 4;
    buffers->bits = tq_quantizer__random_bits(q);
    if (buffers->bits == 0)
        return TQ_OK;
    const int64_t fit = DRAW_BYTES / (terms * 4) / c->plan.rows * c->plan.rows;
    c->slab = fit < c->plan.rows ? c->plan.rows : fit < c->slab ? fit : c->slab;
    uint32_t *columns = malloc((size_t)bytes);
    if (columns != NULL)
        tq_pack__draws(columns, &c->panels, c->key[0], c->key[1], stream, buffers->bits);
    TQ_TRY(upload(&buffers->columns, c->context, columns, bytes));
    TQ_TRY(tq_memory__create(&buffers->rows, c->context, (uint64_t)(c->slab * terms * 4)));
    return helper_kernel(&c->draws, c->context, "layers/draws.cl", "draws");
}

static int64_t input_count(const tq_geometry *g)
{
    const int64_t samples = g->rows / ((int64_t)g->out_rows * g->out_columns);
    return samples * g->in_rows * g->in_columns * g->in_channels;
}

static tq_status make_narrow(tq_contraction *c)
{
    if (c->path->operand != TQ_OPERAND_INT16)
        return TQ_OK;
    TQ_TRY(
        tq_memory__create(&c->narrowed, c->context, (uint64_t)(input_count(&c->geometry) * 2 + 2) / 4 * 4));
    return helper_kernel(&c->narrow, c->context, "layers/narrow.cl", "narrow");
}

static tq_status prepare(tq_contraction *c, const tq_contraction_setup *setup, tq_text *reasons)
{
    tq_problem problem;
    TQ_TRY(describe(&problem, setup, tq_context_device(c->context)));
    c->path = tq_path__choose(&problem, tq_context__only_general(c->context), reasons);
    if (c->path == NULL)
        return tq_status__fail(TQ_E_UNSUPPORTED, "no accumulation path: %s", tq_text__get(reasons));
    TQ_TRY(make_kernel(c, &problem));
    c->panels = tq_panels__of(&c->geometry, c->plan.lanes * c->plan.vectors);
    TQ_TRY(upload_weights(c, setup));
    TQ_TRY(make_draws(c, &c->product, &problem.accumulation.product, TQ_STREAM_PRODUCT));
    TQ_TRY(make_draws(c, &c->sum, &problem.accumulation.sum, TQ_STREAM_SUM));
    return make_narrow(c);
}

tq_status tq_contraction__create(tq_contraction **contraction, tq_context *context,
                                 const tq_contraction_setup *setup, tq_text *reasons)
{
    tq_contraction *c = calloc(1, sizeof *c);
    *contraction = NULL;
    if (c == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a contraction");
    c->context = context;
    c->geometry = setup->geometry;
    c->slab = setup->geometry.rows;
    c->key[0] = (tq_u32)setup->seed;
    c->key[1] = (tq_u32)(setup->seed >> 32) ^ setup->id;
    const tq_status status = prepare(c, setup, reasons);
    if (status != TQ_OK)
        tq_contraction__destroy(c);
    else
        *contraction = c;
    return status;
}

static size_t round_up(int64_t count, int64_t multiple)
{
    return (size_t)((count + multiple - 1) / multiple * multiple);
}

static tq_status run_narrow(tq_contraction *c, const tq_tensor *x)
{
    const int64_t elements = input_count(&c->geometry);
    const size_t local = tq_context__local_size(c->context);
    const tq_u32 count = (tq_u32)elements;
    const float scale = ldexpf(1.0f, c->plan.input_shift);
    const tq_argument arguments[] = {TQ_TENSOR(x), TQ_MEMORY(c->narrowed), TQ_VALUE(count), TQ_VALUE(scale)};
    return tq_kernel__run(c->narrow, (const size_t[]){round_up(elements, (int64_t)local), 1, 1},
                          (const size_t[]){local, 1, 1}, arguments, TQ_COUNT(arguments));
}

/* Draws for rows begin .. end-1. */
static tq_status run_draws(tq_contraction *c, const tq_draw_buffers *buffers, uint32_t stream, uint64_t first,
                           int64_t count)
{
    if (buffers->bits == 0)
        return TQ_OK;
    const tq_u32 rows = (tq_u32)count, terms = (tq_u32)c->panels.terms;
    const tq_u64 index = first;
    const tq_i32 bits = buffers->bits;
    const int64_t per_block = 128 / bits, blocks = (terms + per_block - 1) / per_block;
    const tq_argument arguments[] = {
        TQ_MEMORY(buffers->rows), TQ_VALUE(rows),   TQ_VALUE(terms), TQ_VALUE(index),
        TQ_VALUE(c->key),         TQ_VALUE(stream), TQ_VALUE(bits)};
    return tq_kernel__run(c->draws, (const size_t[]){(size_t)blocks, (size_t)rows, 1},
                          (const size_t[]){1, 1, 1}, arguments, TQ_COUNT(arguments));
}

static size_t add_draws(tq_argument *arguments, size_t count, const tq_draw_buffers *buffers)
{
    if (buffers->bits == 0)
        return count;
    arguments[count] = TQ_MEMORY(buffers->rows);
    arguments[count + 1] = TQ_MEMORY(buffers->columns);
    return count + 2;
}

static tq_status run_slab(tq_contraction *c, const tq_tensor *x, tq_tensor *y, int64_t begin,
                          uint64_t first_row)
{
    tq_geometry g = c->geometry;
    const tq_i32 row_begin = (tq_i32)begin;
    const int64_t end = begin + c->slab < g.rows ? begin + c->slab : g.rows;
    const tq_u64 offset = 0;
    tq_i32 words[16];
    tq_argument arguments[24] = {TQ_TENSOR(x)};
    size_t count = 1;
    g.rows = (int32_t)end;
    memcpy(words, &g, sizeof words);
    TQ_TRY(run_draws(c, &c->product, TQ_STREAM_PRODUCT_ROW, first_row + (uint64_t)begin, end - begin));
    TQ_TRY(run_draws(c, &c->sum, TQ_STREAM_SUM_ROW, first_row + (uint64_t)begin, end - begin));
    if (c->narrowed != NULL) {
        arguments[0] = TQ_MEMORY(c->narrowed);
        arguments[count++] = TQ_VALUE(offset);
    }
    const tq_argument rest[] = {TQ_TENSOR(y),
                                TQ_MEMORY(c->weight),
                                TQ_MEMORY(c->bias),
                                TQ_MEMORY(c->zeros),
                                TQ_VALUE(words),
                                TQ_VALUE(row_begin),
                                TQ_VALUE(c->plan.product),
                                TQ_VALUE(c->plan.sum),
                                TQ_VALUE(c->plan.result),
                                TQ_VALUE(c->plan.path),
                                TQ_VALUE(c->key),
                                TQ_VALUE(first_row)};
    memcpy(arguments + count, rest, sizeof rest);
    count = add_draws(arguments, count + TQ_COUNT(rest), &c->product);
    count = add_draws(arguments, count, &c->sum);
    const size_t tiles = (size_t)((end - begin + c->plan.rows - 1) / c->plan.rows);
    return tq_kernel__run(c->kernel,
                          (const size_t[]){tiles, (size_t)c->panels.panels, (size_t)c->panels.groups},
                          (const size_t[]){1, 1, 1}, arguments, count);
}

tq_status tq_contraction__run(tq_contraction *c, const tq_tensor *x, tq_tensor *y, uint64_t first_sample)
{
    const tq_geometry *g = &c->geometry;
    const uint64_t first_row = first_sample * (uint64_t)g->out_rows * (uint64_t)g->out_columns;
    if (c->narrowed != NULL)
        TQ_TRY(run_narrow(c, x));
    for (int64_t begin = 0; begin < g->rows; begin += c->slab)
        TQ_TRY(run_slab(c, x, y, begin, first_row));
    return TQ_OK;
}
