#include "accumulate/group.h"

/* Where nothing asks for less: work-items of a group, how they are arranged, steps of a block. Powers of two.
 */
#define ITEMS   64
#define COLUMNS 8
#define BLOCK   16

/* At most, of a work-item: sums stay in registers. */
#define ROWS    4
#define VECTORS 2

/* Bytes of a row's window in the kernel, and room for the alignment of the tile's parts. */
#define WINDOW_BYTES    16
#define ALIGNMENT_BYTES 32

tq_group tq_group__single(void)
{
    return (tq_group){.rows = 1, .columns = 1};
}

int tq_group__items(const tq_group *group)
{
    return group->rows * group->columns;
}

void tq_group__limit(tq_group *group, size_t most_items)
{
    while (group->rows > 1 && (size_t)tq_group__items(group) > most_items)
        group->rows /= 2;
    while (group->columns > 1 && (size_t)tq_group__items(group) > most_items)
        group->columns /= 2;
}

uint64_t tq_group__bytes(const tq_path_plan *plan)
{
    const tq_group *g = &plan->group;
    const uint64_t size = plan->form == TQ_FORM_INT16 ? 2 : 4, terms = (uint64_t)plan->terms;
    const uint64_t rows = (uint64_t)(plan->rows * g->rows), block = (uint64_t)g->block;
    const uint64_t width = (uint64_t)(plan->step * plan->vectors * g->columns);
    return rows * WINDOW_BYTES + (block * width + rows * (block + 1)) * terms * size + ALIGNMENT_BYTES;
}

/* No wider than the outputs; a depthwise convolution reads whole panels of channels. */
static void fit_columns(tq_path_plan *plan, const tq_group_problem *problem)
{
    tq_group *g = &plan->group;
    while (plan->vectors > 1 && (plan->vectors - 1) * plan->step * g->columns >= problem->outputs)
        --plan->vectors;
    while (g->columns > 1 && g->columns / 2 * plan->step * plan->vectors >= problem->outputs)
        g->columns /= 2;
    if (problem->depthwise)
        plan->vectors = 1;
    while (problem->depthwise && g->columns > 1 && problem->outputs % (g->columns * plan->step) != 0)
        g->columns /= 2;
}

static void fit_rows(tq_path_plan *plan, const tq_group_problem *problem)
{
    tq_group *g = &plan->group;
    while (plan->rows > 1 && (plan->rows - 1) * g->rows >= problem->rows)
        --plan->rows;
    while (g->rows > 1 && g->rows / 2 * plan->rows >= problem->rows)
        g->rows /= 2;
}

/* What one direction does not need goes to the other. */
static void fill_up(tq_path_plan *plan, const tq_group_problem *problem)
{
    tq_group *g = &plan->group;
    while (2 * tq_group__items(g) <= ITEMS && g->rows * plan->rows < problem->rows)
        g->rows *= 2;
    while (!problem->depthwise && 2 * tq_group__items(g) <= ITEMS &&
           g->columns * plan->vectors * plan->step < problem->outputs)
        g->columns *= 2;
}

void tq_group__choose(tq_path_plan *plan, const tq_group_problem *problem)
{
    plan->group = (tq_group){.rows = ITEMS / COLUMNS, .columns = COLUMNS, .block = BLOCK};
    plan->rows = plan->rows < ROWS ? plan->rows : ROWS;
    plan->vectors = plan->vectors < VECTORS ? plan->vectors : VECTORS;
    fit_columns(plan, problem);
    fit_rows(plan, problem);
    fill_up(plan, problem);
    tq_group__limit(&plan->group, problem->most_items);
    while (plan->group.block > 1 && tq_group__bytes(plan) > problem->local_memory)
        plan->group.block /= 2;
    if (problem->depthwise || tq_group__bytes(plan) > problem->local_memory)
        plan->group.block = 0;
}
