#include "accumulate/operand.h"

#include <math.h>
#include <string.h>

#include "accumulate/common.h"
#include "util/fail.h"
#include "util/float_bits.h"

#define MOVED 3 /* form of carriers that move away from zero (kernels/layers/operand.cl) */

/* Few channels make short runs, where a copy with padding that joins the taps of a kernel row pays. */
#define FEW_CHANNELS 16

/* Rows or columns from the first tap to the last of all windows. */
static int32_t span(int32_t outputs, int32_t stride, int32_t kernel, int32_t dilation)
{
    return (outputs - 1) * stride + (kernel - 1) * dilation + 1;
}

static int64_t samples_of(const tq_geometry *g)
{
    return g->rows / ((int64_t)g->out_rows * g->out_columns);
}

static void pad(tq_operand *o, const tq_geometry *g, int32_t rows, int32_t columns)
{
    const tq_i32 shape[8] = {g->in_rows, g->in_columns, g->in_channels, rows,
                             columns,    g->pad_top,    g->pad_left,    (tq_i32)(samples_of(g) * rows)};
    memcpy(o->shape, shape, sizeof shape);
    o->geometry.in_rows = rows;
    o->geometry.in_columns = columns;
    o->geometry.pad_top = o->geometry.pad_left = 0;
}

void tq_operand__lay_out(tq_operand *o, const tq_geometry *g, bool copied, double bound)
{
    const int32_t rows = span(g->out_rows, g->stride_rows, g->kernel_rows, g->dilation_rows);
    const int32_t columns = span(g->out_columns, g->stride_columns, g->kernel_columns, g->dilation_columns);
    const bool joins = g->groups == 1 && g->dilation_columns == 1;
    const bool inside = g->pad_top == 0 && g->pad_left == 0 && rows <= g->in_rows && columns <= g->in_columns;
    *o = (tq_operand){.geometry = *g, .bound = (float)bound, .scale = 1.0f};
    copied = copied || (!inside && joins && g->kernel_columns > 1 && g->in_channels < FEW_CHANNELS);
    o->inside = inside || copied;
    o->columns = o->inside && joins ? g->kernel_columns : 1;
    o->shape[7] = 0;
    if (copied)
        pad(o, g, rows, columns);
}

void tq_operand__cross(tq_operand *o, const tq_geometry *convolution, const tq_geometry *product, bool copied,
                       double bound)
{
    const int64_t lines = (int64_t)convolution->rows / convolution->out_columns;
    tq_operand__lay_out(o, convolution, copied, bound);
    if (!o->inside)
        tq_operand__lay_out(o, convolution, true, bound);
    o->geometry.rows = product->rows;
    o->geometry.out_channels = product->out_channels;
    o->columns = (int)lines;
}

static int64_t element_size(const tq_path_plan *plan)
{
    return plan->form == TQ_FORM_INT16 ? 2 : 4;
}

/* The number of operand.cl. */
static tq_i32 form_of(const tq_path_plan *plan)
{
    return plan->input_moves ? MOVED : (tq_i32)plan->form;
}

tq_u32 tq_operand__one(const tq_path_plan *plan)
{
    const tq_i32 form = form_of(plan);
    const tq_u32 bits = tq_bits__of(1.0f);
    if (form == MOVED)
        return bits + (plan->input_shift >= 0);
    return form == TQ_FORM_CARRIER ? bits : (tq_u32)(tq_i32)ldexpf(1.0f, plan->input_shift) & 0xFFFFu;
}

tq_status tq_operand__create(tq_operand *o, tq_context *context, const tq_path_plan *plan)
{
    const int64_t elements = (int64_t)o->shape[7] * o->shape[4] * o->shape[2];
    if (o->shape[7] == 0)
        return TQ_OK;
    /* A step may read behind the last run, where its weights are zero, or behind the last channels, for no
     * output. */
    const int64_t bytes = (elements + plan->terms + plan->step) * element_size(plan);
    o->form = form_of(plan);
    o->scale = o->form == TQ_FORM_CARRIER ? 1.0f : ldexpf(1.0f, plan->input_shift);
    TQ_TRY(tq_memory__create(&o->copy, context, (uint64_t)(bytes + 3) / 4 * 4));
    return tq_common__kernel(&o->kernel, context, "operand");
}

void tq_operand__destroy(tq_operand *o)
{
    tq_memory__release(o->copy);
    o->copy = NULL;
}

tq_status tq_operand__run(const tq_operand *o, tq_context *context, const tq_tensor *x,
                          const tq_verdict *verdict, tq_u32 when)
{
    if (o->copy == NULL)
        return TQ_OK;
    const size_t local = tq_context__local_size(context) < 4 ? tq_context__local_size(context) : 4;
    const size_t lines = ((size_t)o->shape[7] + local - 1) / local * local;
    const tq_argument arguments[] = {
        TQ_TENSOR(x),       TQ_MEMORY(o->copy), TQ_VALUE(o->shape),         TQ_VALUE(o->scale),
        TQ_VALUE(o->bound), TQ_VALUE(o->form),  TQ_MEMORY(verdict->memory), TQ_VALUE(verdict->run),
        TQ_VALUE(when)};
    return tq_kernel__run(o->kernel, (const size_t[]){lines, 1, 1}, (const size_t[]){local, 1, 1}, arguments,
                          TQ_COUNT(arguments));
}
