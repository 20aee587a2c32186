#include "accumulate/contraction.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "accumulate/branch.h"
#include "accumulate/inner.h"
#include "util/fail.h"

/* How much cheaper a path must be to count on a smaller input than is known, and how many are tried. */
#define WORTH_A_CHECK 0.75
#define MOST_TRIES    8

struct tq_contraction {
    tq_context *context;
    tq_geometry geometry;
    tq_branch branch[2];
    size_t branches; /* 2: the first counts on a smaller input, the second runs when it is larger */
    tq_verdict verdict;
    bool crossed;
};

tq_geometry tq_geometry__product(int64_t rows, int64_t terms, int64_t columns)
{
    return (tq_geometry){.rows = (int32_t)rows,
                         .in_rows = 1,
                         .in_columns = 1,
                         .in_channels = (int32_t)terms,
                         .kernel_rows = 1,
                         .kernel_columns = 1,
                         .stride_rows = 1,
                         .stride_columns = 1,
                         .dilation_rows = 1,
                         .dilation_columns = 1,
                         .out_rows = 1,
                         .out_columns = 1,
                         .out_channels = (int32_t)columns,
                         .group_inputs = (int32_t)terms,
                         .groups = 1};
}

int64_t tq_geometry__terms(const tq_geometry *g)
{
    return (int64_t)g->kernel_rows * g->kernel_columns * g->group_inputs;
}

bool tq_geometry__is_depthwise(const tq_geometry *g)
{
    return g->groups > 1 && g->group_inputs == 1 && g->out_channels == g->groups;
}

tq_contraction_path tq_contraction__path(const tq_contraction *c)
{
    const tq_branch *b = &c->branch[0];
    return (tq_contraction_path){.name = b->path->name,
                                 .proof = b->path->proof,
                                 .instructions = b->plan.instructions,
                                 .bound = c->branches > 1 ? (double)b->operand.bound : INFINITY,
                                 .otherwise = c->branches > 1 ? c->branch[1].path->name : ""};
}

bool tq_contraction__is_crossed(const tq_contraction *c)
{
    return c->crossed;
}

void tq_contraction__destroy(tq_contraction *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->branches; ++i)
        tq_branch__destroy(&c->branch[i]);
    tq_memory__release(c->verdict.memory);
    free(c);
}

/* Largest sum over k of |w| of any output. */
static tq_status weight_sum(double *largest, const tq_contraction_setup *setup)
{
    const int64_t channels = setup->geometry.out_channels, terms = tq_geometry__terms(&setup->geometry);
    double *sums = calloc((size_t)channels, sizeof *sums);
    if (sums == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld sums of weights", (long long)channels);
    for (int64_t k = 0; k < terms; ++k)
        for (int64_t i = 0; i < channels; ++i)
            sums[i] += fabs((double)setup->weight[k * channels + i]);
    *largest = 0.0;
    for (int64_t i = 0; i < channels; ++i)
        *largest = fmax(*largest, sums[i]);
    free(sums);
    return TQ_OK;
}

/* What is known of computed numbers, in the terms of what is measured on weights. */
static tq_range as_measured(tq_range range)
{
    if (!range.finite)
        return tq_range__unknown();
    range.grid = range.grid < -149 ? -149 : range.grid;
    range.lowest = fmax(range.lowest, -FLT_MAX);
    range.highest = fmin(range.highest, FLT_MAX);
    return range;
}

static void describe_second(tq_problem *problem, tq_range second)
{
    problem->weight = as_measured(second);
    problem->weight_sum = (double)problem->terms * tq_range__magnitude(problem->weight);
}

static tq_status describe_weights(tq_problem *problem, const tq_contraction_setup *setup)
{
    if (setup->weight == NULL) {
        describe_second(problem, setup->second);
        return TQ_OK;
    }
    problem->weight = setup->weight_range != NULL
                          ? *setup->weight_range
                          : tq_range__measure(setup->weight, problem->terms * setup->geometry.out_channels);
    return weight_sum(&problem->weight_sum, setup);
}

tq_status tq_problem__describe(tq_problem *problem, const tq_contraction_setup *setup,
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
                            .depthwise = tq_geometry__is_depthwise(&setup->geometry),
                            .weights_known = setup->weight != NULL,
                            .device = device};
    problem->accumulation.fused = tq_accumulation__fused(a);
    problem->bias = setup->bias_range != NULL
                        ? *setup->bias_range
                        : tq_range__measure(setup->bias, setup->bias ? setup->geometry.out_channels : 0);
    return describe_weights(problem, setup);
}

static tq_range limited_range(tq_range range, double magnitude)
{
    range.finite = true;
    range.highest = fmin(range.highest, magnitude);
    range.lowest = fmax(range.lowest, -magnitude);
    return range;
}

/* The problem of operands that are finite and at most so large. */
static tq_problem limited(const tq_problem *problem, const tq_contraction_setup *setup, tq_bounds bounds)
{
    tq_problem smaller = *problem;
    if (isfinite(bounds.input))
        smaller.input = limited_range(problem->input, bounds.input);
    if (isfinite(bounds.second))
        describe_second(&smaller, limited_range(setup->second, bounds.second));
    return smaller;
}

/* What a path decides for this problem, without a program's text. */
static tq_path_plan plan_of(const tq_path *path, const tq_problem *problem)
{
    tq_program_text ignored = {0};
    tq_path_plan plan = {.terms = 1, .instructions = path->instructions, .text = &ignored};
    path->plan(problem, &plan);
    tq_program_text__free(&ignored);
    plan.text = NULL;
    return plan;
}

/* Instructions of a path on this problem. */
static double cost_of(const tq_path *path, const tq_problem *problem)
{
    return plan_of(path, problem).instructions;
}

/* A cheaper path, and what it counts on. */
typedef struct tq_smaller {
    const tq_path *path; /* NULL: none is worth a check at every run */
    double cost;         /* that another must be below */
    tq_bounds bounds;
} tq_smaller;

/* Takes the cheapest path within these bounds if it is cheaper than what was found. */
static void try_bounds(tq_smaller *found, const tq_problem *problem, const tq_contraction_setup *setup,
                       tq_bounds bounds)
{
    tq_text ignored = {0};
    if (setup->crossed != NULL && bounds.input < 1.0) /* a row may be ones */
        return;
    const tq_problem smaller = limited(problem, setup, bounds);
    const tq_path *path = tq_path__choose(&smaller, false, &ignored);
    const double cost = path != NULL ? cost_of(path, &smaller) : INFINITY;
    tq_text__free(&ignored);
    if (cost < found->cost)
        *found = (tq_smaller){.path = path, .cost = cost, .bounds = bounds};
}

/* Inputs of at most some power of two below what is known. Coarser steps where little is known. */
static void try_inputs(tq_smaller *found, const tq_problem *problem, const tq_contraction_setup *setup)
{
    const double largest = fmin(tq_range__magnitude(problem->input), FLT_MAX);
    for (int top = (int)ceil(log2(largest)), i = 1; largest > 0.0 && i <= MOST_TRIES; ++i)
        try_bounds(found, problem, setup,
                   (tq_bounds){ldexp(1.0, top > 40 ? 40 - 6 * (i - 1) : top - i), INFINITY});
}

/* Pairs of what numbers of networks mostly are within, the wider first, as the first of equal cost is taken.
 */
static void try_pairs(tq_smaller *found, const tq_problem *problem, const tq_contraction_setup *setup)
{
    static const tq_bounds pairs[] = {{INFINITY, 16}, {64, 16},  {16, 8},       {16, 4},  {64, 2},  {16, 2},
                                      {8, 2},         {64, 1},   {INFINITY, 1}, {16, 1},  {4, 1},   {1, 1},
                                      {64, 0.5},      {16, 0.5}, {4, 0.5},      {1, 0.5}, {1, 0.25}};
    for (size_t i = 0; setup->bounded && i < TQ_COUNT(pairs); ++i)
        try_bounds(found, problem, setup, pairs[i]);
}

static tq_status add_branch(tq_contraction *c, const tq_contraction_setup *setup, const tq_problem *problem,
                            const tq_path *path, tq_bounds bounds)
{
    TQ_TRY(tq_branch__create(&c->branch[c->branches], c->context, setup, problem, path, bounds));
    ++c->branches;
    return TQ_OK;
}

static tq_status make_verdict(tq_contraction *c)
{
    const tq_u32 none = 0;
    return tq_memory__of(&c->verdict.memory, c->context, &none, sizeof none);
}

/* Whether the loop of a path can take the terms of a row one by one from where they lie. */
static bool can_cross(const tq_path *path, const tq_problem *problem)
{
    return plan_of(path, problem).terms == 1 && !problem->tiled;
}

static tq_status prepare(tq_contraction *c, const tq_contraction_setup *setup, tq_text *reasons)
{
    tq_contraction_setup taken = *setup;
    const tq_paths paths = tq_context__paths(c->context);
    tq_problem problem, smaller;
    TQ_TRY(tq_problem__describe(&problem, setup, tq_context__target(c->context)));
    problem.tiled = tq_context__tiled(c->context);
    const tq_path *safe = tq_path__choose(&problem, paths == TQ_PATHS_GENERAL, reasons);
    if (safe == NULL)
        return tq_status__fail(TQ_E_UNSUPPORTED, "no accumulation path: %s", tq_text__get(reasons));
    tq_smaller quick = {.cost = cost_of(safe, &problem) * WORTH_A_CHECK};
    /* A second loop would take as much of an FPGA again. */
    if (paths == TQ_PATHS_ALL && !tq_context__is_task(c->context)) {
        try_inputs(&quick, &problem, setup);
        try_pairs(&quick, &problem, setup);
    }
    if (quick.path != NULL)
        smaller = limited(&problem, setup, quick.bounds);
    c->crossed = setup->crossed != NULL && can_cross(safe, &problem) &&
                 (quick.path == NULL || can_cross(quick.path, &smaller));
    if (!c->crossed)
        taken.crossed = NULL;
    if (quick.path != NULL)
        TQ_TRY(add_branch(c, &taken, &smaller, quick.path, quick.bounds));
    TQ_TRY(add_branch(c, &taken, &problem, safe, (tq_bounds){INFINITY, INFINITY}));
    c->branch[c->branches - 1].on_exceeded = c->branches > 1;
    return make_verdict(c);
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
    const tq_status status = prepare(c, setup, reasons);
    if (status != TQ_OK)
        tq_contraction__destroy(c);
    else
        *contraction = c;
    return status;
}

tq_status tq_contraction__multiply(tq_contraction *c, const tq_tensor *x, const tq_second *second,
                                   tq_tensor *y, uint64_t first_row)
{
    c->verdict.run = c->verdict.run == UINT32_MAX ? 1 : c->verdict.run + 1;
    for (size_t i = 0; i < c->branches; ++i)
        TQ_TRY(tq_branch__run(&c->branch[i], x, second, y, first_row, &c->verdict));
    return TQ_OK;
}

tq_status tq_contraction__run(tq_contraction *c, const tq_tensor *x, tq_tensor *y, uint64_t first_sample)
{
    const tq_geometry *g = &c->geometry;
    const uint64_t first_row = first_sample * (uint64_t)g->out_rows * (uint64_t)g->out_columns;
    return tq_contraction__multiply(c, x, NULL, y, first_row);
}
