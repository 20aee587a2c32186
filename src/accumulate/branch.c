#include "accumulate/branch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accumulate/finish.h"
#include "accumulate/group.h"
#include "accumulate/tile.h"
#include "util/fail.h"

/* In the single work-item form programs are those of a problem with so many rows: the same for any batch. */
#define TASK_ROWS (1 << 24)
/* From which tiles of samples pay. */
#define LEAST_SAMPLES 4
/* Words of a tail (layers/tail.c). */
#define TAIL_BYTES 128
/* Bytes of the random draws of one launch's rows; larger layers run in slabs of rows. */
#define DRAW_BYTES ((int64_t)64 << 20)

void tq_branch__destroy(tq_branch *b)
{
    tq_kernel__destroy(b->kernel);
    tq_memory__release(b->weight);
    tq_memory__release(b->bias);
    tq_memory__release(b->zeros);
    tq_memory__release(b->ones);
    tq_memory__release(b->tail);
    tq_memory__release(b->kinds);
    tq_operand__destroy(&b->operand);
    tq_draws__destroy(&b->product);
    tq_draws__destroy(&b->sum);
}

static int32_t entries_of(const tq_contraction_setup *setup)
{
    return setup->weight == NULL ? setup->entries : 1;
}

/* A panel's vectors of inputs end with the channels; where a single one does not, the input is copied with
 * room behind. */
static void fit_depthwise(tq_path_plan *plan, int channels)
{
    while (plan->vectors > 1 && channels % (plan->vectors * plan->step) != 0)
        --plan->vectors;
}

/* As the weights are packed: a depthwise convolution has one group, of all outputs. */
static tq_geometry packed_geometry(const tq_branch *b, const tq_contraction_setup *setup)
{
    tq_geometry g = setup->geometry;
    if (b->depthwise)
        g.groups = 1;
    return g;
}

static void define_slot(tq_program_text *text, const char *slot, const char *structure, const tq_quantizer *q)
{
    tq_quantizer__bind(text, slot, q);
    tq_program_text__define(text, structure, "%d", (int)tq_quantizer__bake(q).structure);
}

static void define_structure(tq_program_text *text, const tq_branch *b, const tq_accumulation *a)
{
    const tq_path_plan *plan = &b->plan;
    const struct {
        const char *name;
        int value;
    } structure[] = {
        {"TQ_STEP", plan->step},
        {"TQ_LANES", plan->step > 16 ? 16 : plan->step},
        {"TQ_VECTORS", plan->vectors},
        {"TQ_ROWS", plan->rows},
        {"TQ_TERMS", plan->terms},
        {"TQ_GROUP_ROWS", plan->group.rows},
        {"TQ_GROUP_COLUMNS", plan->group.columns},
        {"TQ_BLOCK", plan->group.block},
        {"TQ_SHORTS", plan->shorts},
        {"TQ_HALF", plan->shorts / 2},
        {"TQ_FINISH", plan->finish},
        {"TQ_DRAW_FORM", plan->draw_form},
        {"TQ_INSIDE", b->operand.inside},
        {"TQ_SKIPS", b->skips},
        {"TQ_ENTRIES", b->entries > 1},
        {"TQ_DEPTHWISE", b->depthwise},
        {"TQ_CROSSED", b->crossed},
        {"TQ_IN_PLACE", b->in_place},
        {"TQ_PRODUCT_DRAWS", b->product.layout.bits > 0},
        {"TQ_SUM_DRAWS", b->sum.layout.bits > 0},
    };
    for (size_t i = 0; i < TQ_COUNT(structure); ++i)
        tq_program_text__define(text, structure[i].name, "%d", structure[i].value);
    define_slot(text, "TQ_PRODUCT", "TQ_PRODUCT_STRUCTURE", &a->product);
    define_slot(text, "TQ_SUM", "TQ_SUM_STRUCTURE", &a->sum);
    define_slot(text, "TQ_RESULT", "TQ_RESULT_STRUCTURE", &a->result);
}

static tq_status build(tq_branch *b, tq_program_text *text, const tq_contraction_setup *setup,
                       const tq_accumulation *a)
{
    define_structure(text, b, a);
    tq_program_text__add(text, "quantizers/vector.cl");
    if (setup->tail != NULL)
        tq_program_text__append(text, setup->tail);
    tq_program_text__add(text, "accumulate/slots.cl");
    for (size_t i = 0; i < TQ_COUNT(b->path->part) && b->path->part[i] != NULL; ++i)
        tq_program_text__add(text, b->path->part[i]);
    tq_program_text__add(text, "layers/contraction_task.cl");
    if (b->plan.group.block > 0)
        tq_program_text__add(text, "layers/contraction_tiles.cl");
    tq_program_text__add(text, "layers/tail.cl");
    tq_program_text__add(text, "layers/contraction.cl");
    return tq_kernel__create(&b->kernel, b->context, text, "contraction");
}

/* How many work-items a device has room for is known only after building. */
static tq_status make_kernel(tq_branch *b, tq_program_text *text, const tq_contraction_setup *setup,
                             const tq_accumulation *a)
{
    const size_t defines = text->defines.length, parts = text->part_count;
    TQ_TRY(build(b, text, setup, a));
    while (tq_group__items(&b->plan.group) > 1 &&
           (size_t)tq_group__items(&b->plan.group) > tq_kernel__most_items(b->kernel)) {
        tq_group__limit(&b->plan.group, tq_kernel__most_items(b->kernel));
        tq_kernel__destroy(b->kernel);
        b->kernel = NULL;
        tq_program_text__cut(text, defines, parts);
        TQ_TRY(build(b, text, setup, a));
    }
    return TQ_OK;
}

/* Device memory with a copy of `bytes` of host memory, which is freed. */
static tq_status upload(tq_memory **memory, tq_context *context, void *host, int64_t bytes)
{
    if (host == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld bytes of packed weights", (long long)bytes);
    tq_status status = tq_memory__create(memory, context, (uint64_t)(bytes + 3) / 4 * 4);
    if (status == TQ_OK)
        status = tq_memory__write(*memory, 0, host, (uint64_t)bytes);
    free(host);
    return status;
}

static int64_t element_size(const tq_branch *b)
{
    return b->plan.form == TQ_FORM_INT16 ? 2 : 4;
}

/* The packed weights; of a second operand that is computed, room for them. */
static tq_status make_weights(tq_branch *b, const tq_contraction_setup *setup)
{
    const int64_t bytes = tq_panels__count(&b->panels) * element_size(b);
    if (b->in_place)
        return TQ_OK;
    if (setup->weight == NULL) {
        TQ_TRY(tq_repack__kernel(&b->repack, b->context, &b->plan, "repack"));
        TQ_TRY(tq_repack__kernel(&b->rebias, b->context, &b->plan, "rebias"));
        return tq_memory__create(&b->weight, b->context, (uint64_t)(bytes * b->entries + 3) / 4 * 4);
    }
    void *weight = malloc((size_t)bytes);
    if (weight != NULL)
        tq_pack__weights(weight, &b->panels, &b->plan, setup->weight);
    return upload(&b->weight, b->context, weight, bytes);
}

/* Which steps need more care. */
static tq_status make_kinds(tq_branch *b, const tq_contraction_setup *setup)
{
    const int64_t bytes = tq_panels__steps(&b->panels);
    if (!b->plan.step_kinds)
        return TQ_OK;
    uint8_t *kinds = malloc((size_t)bytes);
    if (kinds != NULL)
        tq_pack__kinds(kinds, &b->panels, &b->plan, setup->weight);
    return upload(&b->kinds, b->context, kinds, bytes);
}

static tq_status make_bias(tq_branch *b, const tq_contraction_setup *setup)
{
    const int64_t columns = tq_panels__columns(&b->panels);
    const int64_t inputs = b->depthwise ? columns : setup->geometry.group_inputs;
    const int64_t needed = (inputs + b->plan.terms) * element_size(b);
    const int64_t zero_bytes = needed < TAIL_BYTES ? TAIL_BYTES : needed; /* an empty tail's words, too */
    float *bias = malloc((size_t)columns * sizeof *bias);
    if (bias != NULL)
        tq_pack__bias(bias, &b->panels, setup->bias);
    TQ_TRY(upload(&b->bias, b->context, bias, columns * 4));
    return upload(&b->zeros, b->context, calloc((size_t)zero_bytes, 1), zero_bytes);
}

/* A row of ones reads a number for every pixel of an output line, as the others do. */
static tq_status make_ones(tq_branch *b)
{
    const tq_geometry *g = &b->operand.geometry;
    const int64_t count = (int64_t)g->out_columns * g->stride_columns * g->in_channels + b->plan.step,
                  bytes = count * element_size(b);
    const tq_u32 one = tq_operand__one(&b->plan);
    if (!b->crossed)
        return TQ_OK;
    tq_u32 *ones = malloc((size_t)(bytes + 3) / 4 * 4);
    for (int64_t i = 0; ones != NULL && i < (bytes + 3) / 4; ++i)
        ones[i] = b->plan.form == TQ_FORM_INT16 ? one << 16 | one : one;
    return upload(&b->ones, b->context, ones, (bytes + 3) / 4 * 4);
}

static tq_draw_layout layout_of(const tq_branch *b, const tq_quantizer *q, uint32_t stream)
{
    return (tq_draw_layout){
        .key0 = b->key[0], .key1 = b->key[1], .stream = stream, .bits = tq_quantizer__random_bits(q)};
}

static void lay_out_draws(tq_branch *b, const tq_accumulation *a)
{
    b->product.layout = layout_of(b, &a->product, TQ_STREAM_PRODUCT);
    b->product.layout.right = b->plan.draw_right;
    b->product.layout.left = b->plan.draw_left;
    b->product.layout.nothing = b->plan.draw_nothing;
    b->product.layout.shorts = b->plan.draw_form == TQ_DRAWS_SHORT;
    b->sum.layout = layout_of(b, &a->sum, TQ_STREAM_SUM);
    if (!b->plan.sum_draws)
        b->sum.layout.bits = 0;
}

static tq_status make_draws(tq_branch *b)
{
    const tq_draw_layout product = b->product.layout, sum = b->sum.layout;
    if (product.bits > 0 || sum.bits > 0) {
        const int64_t whole = b->entries > 1 ? b->slab / b->entries : b->plan.rows;
        const int64_t fit = DRAW_BYTES / (tq_draws__row(&b->panels) * 4) / whole * whole;
        b->slab = fit < whole ? whole : fit < b->slab ? fit : b->slab;
    }
    TQ_TRY(tq_draws__create(&b->product, b->context, &b->panels, &product, TQ_STREAM_PRODUCT_ROW, b->slab));
    return tq_draws__create(&b->sum, b->context, &b->panels, &sum, TQ_STREAM_SUM_ROW, b->slab);
}

/* The work-group of the GPU shape. */
static void choose_group(tq_branch *b, const tq_problem *problem, const tq_tile *tile,
                         const tq_geometry *packed)
{
    const tq_group_problem group = {.rows = packed->rows / b->entries,
                                    .outputs = packed->out_channels / packed->groups,
                                    .depthwise = b->depthwise,
                                    .most_items = tq_context__local_size(b->context),
                                    .local_memory = problem->device->local_memory};
    b->plan.rows = tile->rows;
    b->plan.vectors = tile->vectors;
    tq_group__choose(&b->plan, &group);
}

static tq_status choose_tile(tq_branch *b, const tq_contraction_setup *setup, const tq_problem *problem,
                             const tq_geometry *packed)
{
    const tq_tile_use use = tq_tile__use(b->path, b->plan.step, packed->out_channels / packed->groups,
                                         b->depthwise, problem->product.random_bits > 0);
    tq_tile tile = setup->tile;
    if (tile.rows == 0)
        TQ_TRY(tq_tile__choose(&tile, b->context, &use));
    b->plan.group = tq_group__single();
    if (problem->tiled) {
        choose_group(b, problem, &tile, packed);
        return TQ_OK;
    }
    tq_geometry fitted = *packed;
    if (tq_context__is_task(b->context))
        fitted.rows = TASK_ROWS;
    tq_tile__fit(&b->plan, &tile, &fitted, b->entries);
    if (b->depthwise)
        fit_depthwise(&b->plan, packed->out_channels);
    return TQ_OK;
}

/* A work-item's loops: all steps, and one round for each run. */
static tq_status check_rounds(const tq_branch *b, const tq_geometry *packed, const tq_device_info *device)
{
    const uint64_t most = tq_device__most_rounds(device);
    const int64_t runs = b->crossed ? b->operand.columns : tq_geometry__terms(packed) / b->panels.run;
    if ((uint64_t)(b->panels.steps + runs) <= most)
        return TQ_OK;
    return tq_status__fail(TQ_E_UNSUPPORTED, "sums of %lld steps; this device's loops end after %llu",
                           (long long)b->panels.steps, (unsigned long long)most);
}

/* A zero stays one, and a number of the format plus a zero is that number. */
static bool keeps_zeros(const tq_quantizer *q)
{
    return tq_quantizer_is_none(q) || tq_quantizer__format(q).family == TQ_FAMILY_FIXED ||
           tq_quantizer__format(q).family == TQ_FAMILY_FLOAT;
}

/*
 * Whether zeros outside the image change no bit: products with finite weights are zeros, and sums stay. But
 * for the sign of a sum that is zero, which is lost in the end, where +0 is added for the bias.
 */
static bool can_skip(const tq_contraction_setup *setup, const tq_problem *problem)
{
    const tq_accumulation *a = &problem->accumulation;
    return setup->skips && setup->bias == NULL && problem->weight.finite && keeps_zeros(&a->product) &&
           keeps_zeros(&a->sum);
}

/* A tile is then one pixel of several samples, whose taps are outside together; all rows are one launch. */
static void choose_skips(tq_branch *b, const tq_contraction_setup *setup, const tq_problem *problem)
{
    const tq_geometry *g = &setup->geometry;
    const int pixels = g->out_rows * g->out_columns, samples = g->rows / pixels;
    b->skips = can_skip(setup, problem) && !b->operand.inside && !problem->tiled &&
               samples >= LEAST_SAMPLES && b->product.layout.bits == 0 && b->sum.layout.bits == 0 &&
               b->entries == 1 && g->rows <= INT32_MAX - TQ_TILE_MOST_ROWS * pixels;
    if (b->skips)
        b->plan.rows = tq_tile__fit_rows(b->plan.rows, samples);
}

/* Whether a computed operand can be read where it lies: numbers in rows that one panel takes whole, each as
 * it is. More panels would read parts of lines again and again. */
static bool can_stay(const tq_branch *b, const tq_contraction_setup *setup, const tq_problem *problem)
{
    const tq_path_plan *plan = &b->plan;
    const int outputs = setup->geometry.out_channels;
    return setup->rows && plan->form == TQ_FORM_CARRIER && plan->terms == 1 && !plan->away && !plan->halves &&
           !isfinite(b->second_bound) && !problem->tiled && !b->depthwise && b->entries == 1 &&
           setup->geometry.groups == 1 && b->product.layout.bits == 0 && b->sum.layout.bits == 0 &&
           outputs >= plan->step && outputs <= plan->vectors * plan->step;
}

static tq_status prepare(tq_branch *b, const tq_contraction_setup *setup, const tq_problem *problem,
                         double bound, tq_program_text *text)
{
    const tq_accumulation *a = &problem->accumulation;
    b->plan = (tq_path_plan){.terms = 1,
                             .product = tq_quantizer__words(&a->product),
                             .sum = tq_quantizer__words(&a->sum),
                             .result = tq_quantizer__words(&a->result),
                             .sum_draws = true,
                             .sum_grid = problem->sum.grid,
                             .sum_largest = fmax(-problem->sum.lowest, problem->sum.highest),
                             .instructions = b->path->instructions,
                             .text = text};
    b->path->plan(problem, &b->plan);
    tq_finish__choose(&b->plan, problem);
    b->result_rounding = tq_finish__rounding(&b->plan, problem);
    const tq_geometry packed = packed_geometry(b, setup);
    TQ_TRY(choose_tile(b, setup, problem, &packed));
    const bool ragged = b->depthwise && packed.out_channels % b->plan.step != 0;
    const bool copied = b->plan.form != TQ_FORM_CARRIER || b->plan.input_moves || isfinite(bound) || ragged;
    if (b->crossed)
        tq_operand__cross(&b->operand, setup->crossed, &setup->geometry, copied, bound);
    else
        tq_operand__lay_out(&b->operand, &setup->geometry, copied, bound);
    lay_out_draws(b, a);
    choose_skips(b, setup, problem);
    b->in_place = can_stay(b, setup, problem);
    TQ_TRY(make_kernel(b, text, setup, a));
    b->panels = tq_panels__of(&packed, &b->plan, b->crossed ? 1 : b->operand.columns);
    TQ_TRY(check_rounds(b, &packed, problem->device));
    TQ_TRY(make_weights(b, setup));
    TQ_TRY(make_kinds(b, setup));
    TQ_TRY(make_bias(b, setup));
    TQ_TRY(make_ones(b));
    TQ_TRY(tq_operand__create(&b->operand, b->context, &b->plan));
    return make_draws(b);
}

tq_status tq_branch__create(tq_branch *b, tq_context *context, const tq_contraction_setup *setup,
                            const tq_problem *problem, const tq_path *path, tq_bounds bounds)
{
    tq_program_text text = {0};
    *b = (tq_branch){.context = context,
                     .path = path,
                     .depthwise = problem->depthwise && path->depthwise,
                     .crossed = setup->crossed != NULL,
                     .slab = setup->geometry.rows,
                     .tail = setup->tail_words != NULL ? tq_memory__retain(setup->tail_words) : NULL,
                     .second_bound = bounds.second,
                     .entries = entries_of(setup),
                     .key = {(tq_u32)setup->seed, (tq_u32)(setup->seed >> 32) ^ setup->id}};
    const tq_status status = prepare(b, setup, problem, bounds.input, &text);
    tq_program_text__free(&text);
    b->plan.text = NULL;
    if (status != TQ_OK)
        tq_branch__destroy(b);
    return status;
}

/* What this branch does not have is an argument all the same, which its structure does not read. */
static tq_argument memory_or_zeros(const tq_branch *b, const tq_memory *memory)
{
    return TQ_MEMORY(memory != NULL ? memory : b->zeros);
}

static tq_status run_slab(tq_branch *b, const tq_tensor *x, const tq_second *second, tq_tensor *y,
                          int64_t begin, uint64_t first_row, const tq_verdict *verdict)
{
    tq_geometry g = b->operand.geometry;
    const tq_i32 row_begin = (tq_i32)begin, columns = b->operand.columns, entry_rows = g.rows / b->entries;
    const tq_i32 groups = b->entries > 1 ? 1 : b->panels.groups, panels = b->panels.panels;
    const int64_t end = begin + b->slab < g.rows ? begin + b->slab : g.rows;
    const tq_u64 offset = 0;
    tq_i32 words[16];
    tq_argument arguments[36] = {TQ_TENSOR(x)};
    size_t count = 1;
    g.rows = (int32_t)end;
    memcpy(words, &g, sizeof words);
    TQ_TRY(tq_draws__run(&b->product, first_row + (uint64_t)begin, end - begin, verdict, b->on_exceeded));
    TQ_TRY(tq_draws__run(&b->sum, first_row + (uint64_t)begin, end - begin, verdict, b->on_exceeded));
    if (b->operand.copy != NULL) {
        arguments[0] = TQ_MEMORY(b->operand.copy);
        arguments[count++] = TQ_VALUE(offset);
    }
    arguments[count++] = TQ_TENSOR(y);
    arguments[count++] = b->in_place ? TQ_TENSOR(second->tensor) : TQ_MEMORY(b->weight);
    if (!b->in_place)
        arguments[count++] = TQ_VALUE(offset);
    const tq_argument rest[] = {TQ_MEMORY(b->bias),
                                TQ_MEMORY(b->ones != NULL ? b->ones : b->zeros),
                                TQ_VALUE(words),
                                TQ_VALUE(columns),
                                TQ_VALUE(row_begin),
                                TQ_VALUE(entry_rows),
                                TQ_VALUE(b->plan.product),
                                TQ_VALUE(b->plan.sum),
                                TQ_VALUE(b->plan.result),
                                TQ_VALUE(b->plan.path),
                                TQ_VALUE(b->key),
                                TQ_VALUE(first_row),
                                TQ_MEMORY(verdict->memory),
                                TQ_VALUE(verdict->run),
                                TQ_VALUE(b->on_exceeded),
                                memory_or_zeros(b, b->tail),
                                TQ_VALUE(b->result_rounding),
                                TQ_VALUE(groups),
                                TQ_VALUE(panels),
                                memory_or_zeros(b, b->product.rows),
                                memory_or_zeros(b, b->product.columns),
                                memory_or_zeros(b, b->sum.rows),
                                memory_or_zeros(b, b->sum.columns),
                                memory_or_zeros(b, b->kinds)};
    memcpy(arguments + count, rest, sizeof rest);
    count += TQ_COUNT(rest);
    const int64_t rows = b->entries > 1 ? entry_rows : end - begin;
    const int32_t tile = b->plan.rows * b->plan.group.rows;
    const int64_t pixels = b->skips ? (int64_t)g.out_rows * g.out_columns : 1;
    const size_t items = (size_t)tq_group__items(&b->plan.group),
                 tiles = (size_t)((rows / pixels + tile - 1) / tile * pixels);
    const size_t matrices = (size_t)(b->entries > 1 ? (end - begin) / rows : groups);
    return tq_kernel__run(b->kernel, (const size_t[]){tiles * items, (size_t)panels, matrices},
                          (const size_t[]){items, 1, 1}, arguments, count);
}

tq_status tq_branch__run(tq_branch *b, const tq_tensor *x, const tq_second *second, tq_tensor *y,
                         uint64_t first_row, const tq_verdict *verdict)
{
    const int32_t matrices = b->entries > 1 ? b->entries : b->panels.groups;
    const tq_repack_check check = {(float)b->second_bound, verdict, b->on_exceeded};
    if (b->repack != NULL)
        TQ_TRY(tq_repack__run(b->repack, &b->panels, &b->plan, second, b->weight, matrices, &check));
    if (b->rebias != NULL && second->bias != NULL)
        TQ_TRY(tq_repack__bias(b->rebias, &b->panels, second->bias, b->bias));
    TQ_TRY(tq_operand__run(&b->operand, b->context, x, verdict, b->on_exceeded));
    for (int64_t begin = 0; begin < b->operand.geometry.rows; begin += b->slab)
        TQ_TRY(run_slab(b, x, second, y, begin, first_row, verdict));
    return TQ_OK;
}
