#include "accumulate/repack.h"

#include <math.h>

#include "util/fail.h"

#define LEAST_STEPS 16 /* of a work-item */
#define MOST_STEPS  256
#define ITEMS       128 /* that keep a device busy: each is a group, which costs time of its own */
#define LINE_COLUMNS                                                                                         \
    128 /* that a work-item takes of a term, where there are as many: neighbours in memory                   \
         */

/* Steps and panels of a work-item. */
typedef struct tq_share {
    tq_i32 steps, panels;
} tq_share;

static tq_share share_of(const tq_panels *p, int32_t entries)
{
    const int32_t panels = p->width < LINE_COLUMNS ? LINE_COLUMNS / p->width : 1;
    tq_share share = {.panels = panels < p->panels ? panels : p->panels};
    const int64_t each = p->steps * p->panels * entries / ITEMS / share.panels / 4 * 4;
    share.steps = each < LEAST_STEPS ? LEAST_STEPS : each > MOST_STEPS ? MOST_STEPS : (tq_i32)each;
    return share;
}

tq_status tq_repack__kernel(tq_kernel **kernel, tq_context *context, const tq_path_plan *plan,
                            const char *name)
{
    tq_program_text text = {0};
    tq_program_text__define(&text, "TQ_FORM", "%d", (int)plan->form);
    tq_program_text__define(&text, "TQ_AWAY", "%d", plan->away);
    tq_program_text__add(&text, "layers/repack.cl");
    const tq_status status = tq_context__kernel(kernel, context, &text, name);
    tq_program_text__free(&text);
    return status;
}

tq_status tq_repack__run(tq_kernel *kernel, const tq_panels *p, const tq_path_plan *plan,
                         const tq_second *second, tq_memory *to, int32_t entries,
                         const tq_repack_check *check)
{
    const tq_i32 run_steps = (p->run + p->step_terms - 1) / p->step_terms;
    const tq_i32 shape[8] = {p->run,        p->group_outputs, p->width,  p->panels,
                             p->step_terms, p->lanes,         p->halves, run_steps};
    const tq_u64 stride[4] = {(tq_u64)second->term_stride, (tq_u64)second->column_stride,
                              (tq_u64)second->tap_stride, (tq_u64)second->tap_terms};
    const tq_i32 steps = (tq_i32)p->steps;
    const tq_share each = share_of(p, entries);
    const float scale = plan->form == TQ_FORM_CARRIER ? 1.0f : ldexpf(1.0f, plan->weight_shift);
    const tq_argument arguments[] = {TQ_TENSOR(second->tensor),
                                     TQ_MEMORY(second->begin),
                                     TQ_MEMORY(to),
                                     TQ_VALUE(shape),
                                     TQ_VALUE(steps),
                                     TQ_VALUE(each),
                                     TQ_VALUE(stride),
                                     TQ_VALUE(scale),
                                     TQ_VALUE(check->bound),
                                     TQ_MEMORY(check->verdict->memory),
                                     TQ_VALUE(check->verdict->run),
                                     TQ_VALUE(check->when)};
    const size_t blocks = (size_t)((p->steps + each.steps - 1) / each.steps),
                 parts = (size_t)((p->panels + each.panels - 1) / each.panels);
    return tq_kernel__run(kernel, (const size_t[]){parts, blocks, (size_t)entries}, (const size_t[]){1, 1, 1},
                          arguments, TQ_COUNT(arguments));
}

tq_status tq_repack__bias(tq_kernel *kernel, const tq_panels *p, const tq_tensor *bias, tq_memory *to)
{
    const tq_u32 outputs = (tq_u32)p->group_outputs, padded = (tq_u32)(p->panels * p->width);
    const tq_argument arguments[] = {TQ_TENSOR(bias), TQ_MEMORY(to), TQ_VALUE(outputs), TQ_VALUE(padded)};
    return tq_kernel__run(kernel, (const size_t[]){(size_t)tq_panels__columns(p), 1, 1},
                          (const size_t[]){1, 1, 1}, arguments, TQ_COUNT(arguments));
}
