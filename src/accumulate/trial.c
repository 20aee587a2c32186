#include "accumulate/trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/fail.h"

#define LEAST_ROUNDS 3
#define SLOW         0.5 /* instructions per multiplication */
#define MANY_ROWS    400

static const tq_path *path_of(const char *name)
{
    const tq_path *const *path = tq_path_kinds;
    while (strcmp((*path)->name, name) != 0)
        ++path;
    return *path;
}

/* Numbers of a quantizer, of at most `size`. */
static tq_status make_numbers(float **numbers, int64_t count, const tq_quantizer *q, double size)
{
    uint64_t state = 88172645463325252u;
    float *to = *numbers = malloc((size_t)count * sizeof *to);
    if (to == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld numbers to tune with", (long long)count);
    for (int64_t i = 0; i < count; ++i) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        to[i] = (float)(((double)(state >> 11) * 0x1p-52 - 1.0) * size);
    }
    tq_quantize_array(to, to, count, q, 0);
    return TQ_OK;
}

static tq_range range_of(const tq_quantizer *q, double size)
{
    tq_range range = tq_range__unknown();
    range.finite = true;
    range.lowest = -size;
    range.highest = size;
    range = tq_range__quantized(range, q);
    range.lowest = fmax(range.lowest, -size);
    range.highest = fmin(range.highest, size);
    return range;
}

static tq_status make_tensors(tq_trial *t, const tq_quantizer *q, double size)
{
    const tq_geometry *g = &t->setup.geometry;
    const int64_t samples = g->rows / ((int64_t)g->out_rows * g->out_columns);
    const tq_shape in = tq_shape_of(4, (const int64_t[]){samples, g->in_rows, g->in_columns, g->in_channels});
    const tq_shape out =
        tq_shape_of(4, (const int64_t[]){samples, g->out_rows, g->out_columns, g->out_channels});
    float *numbers;
    TQ_TRY(tq_tensor_create(&t->x, t->context, &in));
    TQ_TRY(tq_tensor_create(&t->y, t->context, &out));
    TQ_TRY(make_numbers(&numbers, tq_shape_count(&in), q, size));
    const tq_status status = tq_tensor_write(t->x, numbers, tq_shape_count(&in));
    free(numbers);
    return status;
}

static tq_status make_verdict(tq_trial *t)
{
    const tq_u32 none = 0;
    t->verdict.run = 1;
    return tq_memory__of(&t->verdict.memory, t->context, &none, sizeof none);
}

/* Slow paths get a quarter of many rows. */
static tq_geometry part_of(const tq_geometry *g, const tq_path *path)
{
    tq_geometry part = *g;
    if (path->instructions <= SLOW || g->rows < MANY_ROWS)
        return part;
    part.rows /= 4;
    if (g->out_rows > 1) {
        part.in_rows /= 4;
        part.out_rows /= 4;
    }
    return part;
}

static tq_status describe(tq_trial *t, const tq_trial_numbers *numbers, const tq_geometry *g,
                          const tq_quantizer *input)
{
    tq_quantizer weight;
    t->setup.geometry = part_of(g, t->path);
    t->setup.seed = 1;
    t->setup.input = range_of(input, numbers->input_size);
    TQ_TRY(tq_accumulation_parse(&t->setup.accumulation, numbers->arithmetic));
    TQ_TRY(tq_quantizer_parse(&weight, numbers->weight));
    TQ_TRY(make_numbers(&t->weight, tq_geometry__terms(g) * g->out_channels, &weight, numbers->weight_size));
    TQ_TRY(make_numbers(&t->bias, g->out_channels, &weight, numbers->weight_size));
    t->setup.weight = t->weight;
    t->setup.bias = t->bias;
    TQ_TRY(tq_problem__describe(&t->problem, &t->setup, tq_context__target(t->context)));
    t->problem.tiled = tq_context__tiled(t->context);
    return TQ_OK;
}

/* The step that the path will take tells few outputs from many. */
static void find_tile(tq_trial *t)
{
    tq_program_text ignored = {0};
    tq_path_plan plan = {.text = &ignored};
    const tq_geometry *g = &t->setup.geometry;
    t->path->plan(&t->problem, &plan);
    tq_program_text__free(&ignored);
    t->use = tq_tile__use(t->path, plan.step, g->out_channels / g->groups, t->problem.depthwise,
                          t->problem.product.random_bits > 0);
    t->initial = tq_tile__of(tq_context__target(t->context), &t->use);
}

static tq_status prepare(tq_trial *t, bool *applies, const tq_trial_numbers *numbers,
                         const tq_geometry *geometry)
{
    tq_quantizer input;
    TQ_TRY(tq_quantizer_parse(&input, numbers->input));
    TQ_TRY(describe(t, numbers, geometry, &input));
    *applies = t->path->applicable(&t->problem, t->why, sizeof t->why);
    if (!*applies)
        return TQ_OK;
    find_tile(t);
    TQ_TRY(make_verdict(t));
    return make_tensors(t, &input, numbers->input_size);
}

tq_status tq_trial__create(tq_trial *t, bool *applies, tq_context *context, const tq_trial_numbers *numbers,
                           const tq_geometry *geometry)
{
    *t = (tq_trial){.context = context, .path = path_of(numbers->path)};
    *applies = t->path->depthwise || !tq_geometry__is_depthwise(geometry);
    if (!*applies) {
        tq_path__refuse(t->why, sizeof t->why, "the path has no loop for depthwise convolutions");
        return TQ_OK;
    }
    const tq_status status = prepare(t, applies, numbers, geometry);
    if (status != TQ_OK || !*applies)
        tq_trial__destroy(t);
    return status;
}

void tq_trial__destroy(tq_trial *t)
{
    tq_tensor_destroy(t->x);
    tq_tensor_destroy(t->y);
    tq_memory__release(t->verdict.memory);
    free(t->weight);
    free(t->bias);
    t->x = t->y = NULL;
    t->verdict.memory = NULL;
    t->weight = t->bias = NULL;
}

static tq_status run(tq_trial *t, tq_entry *entry)
{
    const double begun = tq_clock__now();
    TQ_TRY(tq_branch__run(&entry->branch, t->x, NULL, t->y, 0, &t->verdict));
    TQ_TRY(tq_context_finish(t->context));
    entry->seconds = fmin(entry->seconds, tq_clock__now() - begun);
    return TQ_OK;
}

tq_status tq_trial__enter(tq_trial *t, tq_entry *entry)
{
    const tq_bounds none = {INFINITY, INFINITY};
    t->setup.tile = entry->tile;
    TQ_TRY(tq_branch__create(&entry->branch, t->context, &t->setup, &t->problem, t->path, none));
    entry->made = true;
    entry->seconds = INFINITY;
    const tq_status status = run(t, entry);
    if (status != TQ_OK)
        tq_trial__drop(entry);
    return status;
}

void tq_trial__drop(tq_entry *entry)
{
    if (entry->made)
        tq_branch__destroy(&entry->branch);
    entry->made = false;
}

tq_status tq_trial__time(tq_trial *t, tq_entry *entries, size_t count, double seconds)
{
    const double begun = tq_clock__now();
    for (size_t i = 0; i < count; ++i)
        entries[i].seconds = INFINITY; /* the first run compiled */
    for (int round = 0; round < LEAST_ROUNDS || tq_clock__now() - begun < seconds; ++round)
        for (size_t i = 0; i < count; ++i)
            if (entries[i].made)
                TQ_TRY(run(t, &entries[i]));
    return TQ_OK;
}
