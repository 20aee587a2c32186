#include "layers/lanes.h"

#include "accumulate/common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_VECTORS   256 /* of one work-item on a CPU */
#define ITEMS_PER_UNIT 8   /* work-items that a CPU's core gets, at least, where there are so many vectors */
#define FEW_PIXELS     32  /* so few that a CPU's work-items share the channels of one */
#define EXACT_ROUNDS   128 /* of the loops in a number's exact arithmetic, at most */
#define MOST_ARGUMENTS 20

bool tq_lanes__allowed(const tq_context *context, bool multiplies)
{
    return tq_context__paths(context) != TQ_PATHS_GENERAL &&
           (tq_context__target(context)->fma || !multiplies);
}

static bool is_cpu(const tq_context *context)
{
    return strcmp(tq_context__target(context)->type, "cpu") == 0;
}

tq_u32 tq_lanes__widest(const tq_context *context)
{
    return tq_context__target(context)->vector_width >= 16 ? 16 : is_cpu(context) ? 8 : 4;
}

tq_u32 tq_lanes__width(const tq_layer *layer, int64_t row)
{
    tq_u32 lanes = tq_lanes__widest(layer->context);
    while (lanes > row)
        lanes /= 2;
    return lanes;
}

void tq_lanes__define_slot(tq_program_text *text, const char *slot, const tq_quantizer *q, tq_lane_form form)
{
    char name[64];
    tq_quantizer__bind(text, slot, q);
    snprintf(name, sizeof name, "%s_FORM", slot);
    tq_program_text__define(text, name, "%d", (int)form);
}

void tq_lanes__define(tq_lanes *v, const tq_layer *layer, tq_program_text *text, int64_t row)
{
    const tq_accumulation *a = &layer->quantizers.intrinsic;
    v->count = v->fast ? tq_lanes__width(layer, row) : 1;
    tq_program_text__add(text, "quantizers/vector.cl");
    tq_program_text__define(text, "TQ_LANES", "%u", v->count);
    if (!layer->kind->inner)
        return;
    tq_program_text__define(text, "TQ_FAST", "%d", v->fast);
    tq_program_text__define(text, "TQ_WILD", "%d", v->wild);
    tq_program_text__define(text, "TQ_FUSED", "%d", tq_accumulation__fused(a));
    tq_program_text__define(text, "TQ_EXACT_SUM", "%d", a->exact_sum);
    tq_program_text__define(text, "TQ_RESULT_KEEPS", "%d", v->result_keeps);
    tq_lanes__define_slot(text, "TQ_PRODUCT", &a->product, v->product);
    tq_lanes__define_slot(text, "TQ_SUM", &a->sum, v->sum);
    tq_lanes__define_slot(text, "TQ_RESULT", &a->result, v->result);
}

tq_status tq_lanes__kernel(tq_lanes *v, const tq_layer *layer, tq_program_text *text, tq_status status,
                           const char *const *files, size_t count, const char *name)
{
    if (!layer->kind->inner && (int)v->count == tq_common__lanes(layer->context) &&
        tq_common__holds(files, count))
        tq_common__add(text);
    tq_program_text__add(text, "layers/tail.cl");
    tq_program_text__add(text, "layers/lanes.cl");
    tq_program_text__add(text, "layers/lane_slots.cl");
    for (size_t i = 0; i < count; ++i)
        tq_program_text__add(text, files[i]);
    if (status == TQ_OK)
        status = tq_kernel__create(&v->kernel, layer->context, text, name);
    tq_program_text__free(text);
    return status;
}

/* Vectors of `width` that a work-item can make before the device ends its loops. */
static int64_t most_vectors(const tq_context *context, tq_u32 width, tq_u64 steps)
{
    const tq_u64 rounds = steps * TQ_STEP_ROUNDS + 1 + width * EXACT_ROUNDS;
    const tq_u64 most = tq_device__most_rounds(tq_context__target(context)) / rounds;
    return most < 1 ? 1 : most > INT32_MAX ? INT32_MAX : (int64_t)most;
}

/* Vectors of one work-item: on a CPU a run of memory, elsewhere one, so that neighbours read neighbours. */
static tq_u32 vectors_of_item(const tq_context *context, int64_t most, int64_t vectors)
{
    const int64_t items = (int64_t)tq_context__target(context)->compute_units * ITEMS_PER_UNIT;
    const int64_t each = is_cpu(context) ? vectors / items : 1,
                  top = most < MOST_VECTORS ? most : MOST_VECTORS;
    return (tq_u32)(each < 1 ? 1 : each > top ? top : each);
}

tq_status tq_lanes__launch(const tq_context *context, tq_kernel *kernel, tq_u32 width, int64_t count,
                           const tq_argument *arguments, size_t argument_count)
{
    const int64_t vectors = (count + width - 1) / width;
    const tq_u32 each = vectors_of_item(context, most_vectors(context, width, 0), vectors);
    const size_t local = is_cpu(context) ? 1 : tq_kernel__local_size(kernel);
    const size_t items = (size_t)((vectors + each - 1) / each);
    const tq_u64 elements = (tq_u64)count;
    tq_argument all[MOST_ARGUMENTS + 2];
    memcpy(all, arguments, argument_count * sizeof *arguments);
    all[argument_count] = TQ_VALUE(each);
    all[argument_count + 1] = TQ_VALUE(elements);
    return tq_kernel__run(kernel, (const size_t[]){(items + local - 1) / local * local, 1, 1},
                          (const size_t[]){local, 1, 1}, all, argument_count + 2);
}

tq_status tq_lanes__run(const tq_lanes *v, const tq_layer *layer, int64_t count, const tq_argument *arguments,
                        size_t argument_count)
{
    return tq_lanes__launch(layer->context, v->kernel, v->count, count, arguments, argument_count);
}

/* Pixels of one work-item, likewise. */
static tq_u64 pixels_of_item(const tq_lanes *v, const tq_layer *layer, int64_t pixels, int64_t vectors)
{
    const int64_t most = most_vectors(layer->context, v->count, v->steps);
    const tq_u64 each = vectors_of_item(layer->context, most, pixels * vectors) / (tq_u64)vectors;
    return each < 1 ? 1 : each;
}

/* Vectors of each of its pixels: on a CPU all. */
static tq_i32 vectors_of_pixel(const tq_lanes *v, const tq_layer *layer, int64_t pixels, int64_t vectors)
{
    const int64_t most = most_vectors(layer->context, v->count, v->steps);
    return is_cpu(layer->context) && pixels >= FEW_PIXELS ? (tq_i32)(vectors < most ? vectors : most) : 1;
}

tq_status tq_lanes__run_pixels(const tq_lanes *v, const tq_layer *layer, int64_t pixels, int64_t channels,
                               const tq_argument *arguments, size_t argument_count)
{
    const int64_t vectors = (channels + v->count - 1) / v->count;
    const tq_u64 all_pixels = (tq_u64)pixels, each = pixels_of_item(v, layer, pixels, vectors);
    const tq_i32 vectors_each = vectors_of_pixel(v, layer, pixels, vectors);
    const size_t items = (size_t)((all_pixels + each - 1) / each);
    tq_argument all[MOST_ARGUMENTS + 3];
    memcpy(all, arguments, argument_count * sizeof *arguments);
    all[argument_count] = TQ_VALUE(vectors_each);
    all[argument_count + 1] = TQ_VALUE(each);
    all[argument_count + 2] = TQ_VALUE(all_pixels);
    return tq_kernel__run(v->kernel,
                          (const size_t[]){items, (size_t)((vectors + vectors_each - 1) / vectors_each), 1},
                          (const size_t[]){1, 1, 1}, all, argument_count + 3);
}

tq_status tq_lanes__upload(const tq_lanes *v, const tq_layer *layer, tq_memory **memory, const float *values,
                           tq_u32 count, const char *what)
{
    const tq_u32 all = count + v->count;
    float *copy = malloc(all * sizeof *copy);
    if (copy == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %u %s", count, what);
    for (tq_u32 i = 0; i < all; ++i)
        copy[i] = values[i % count];
    const tq_status status = tq_memory__of(memory, layer->context, copy, all * sizeof *copy);
    free(copy);
    return status;
}

void tq_lanes__release(tq_lanes *v)
{
    tq_kernel__destroy(v->kernel);
    v->kernel = NULL;
    tq_tail__release(&v->tail);
}
