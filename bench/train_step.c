#include "train_step.h"

#include <stdlib.h>

#include "tensorquant/builtin.h"
#include "tensorquant/trainer.h"
#include "util/fail.h"

/* A step is to cost no more than 3.5 times what forward does; a quantized one twice one in float. */
#define STEP_GOAL      (1 / 3.5)
#define QUANTIZED_GOAL 0.5

static const tq_bench_step steps[] = {
    {TQ_WORK_STEP, "forward", "none", "none", true, 0},
    {TQ_WORK_STEP, "step", "none", "none", false, STEP_GOAL},
    {TQ_WORK_QUANTIZED_STEP, "step", "none", "none", false, 0},
    {TQ_WORK_QUANTIZED_STEP, "step nearest,16,8", "nearest,16,8", "nearest,16,8", false, QUANTIZED_GOAL},
};

typedef struct step_state {
    tq_network *network;
    tq_trainer *trainer; /* NULL: forward alone */
    int64_t samples;
    float *input, *output;
    int32_t *label;
} step_state;

const tq_bench_step *tq_bench_step__at(tq_work_kind work, size_t i)
{
    for (size_t j = 0; j < TQ_COUNT(steps); ++j)
        if (steps[j].work == work && i-- == 0)
            return &steps[j];
    return NULL;
}

static void destroy(void *opaque)
{
    step_state *s = opaque;
    tq_trainer_destroy(s->trainer);
    tq_network_destroy(s->network);
    free(s->input);
    free(s->output);
    free(s->label);
    free(s);
}

static tq_status run(void *opaque, int64_t times)
{
    step_state *s = opaque;
    for (int64_t i = 0; i < times; ++i)
        TQ_TRY(s->trainer != NULL ? tq_trainer_step(s->trainer, s->input, s->label, NULL, NULL)
                                  : tq_network_forward(s->network, s->input, s->samples, 0, s->output));
    return TQ_OK;
}

static tq_status make_trainer(step_state *s, const tq_bench_step *step, const tq_map *map)
{
    tq_training training = {.batch = s->samples,
                            .weights = map,
                            .intrinsic = map,
                            .extrinsic = map,
                            .backward = map,
                            .update = map,
                            .seed = 1};
    TQ_TRY(tq_optimizer_parse(&training.rule, "sgd,rate=0.01,momentum=0.9"));
    TQ_TRY(tq_update_parse(&training.optimizer, step->update));
    return tq_trainer_create(&s->trainer, s->network, &training);
}

static tq_status plan(step_state *s, const tq_bench_step *step)
{
    tq_map *map;
    tq_accumulation accumulation;
    if (step->forward)
        return tq_network_plan(s->network, &(tq_plan){.batch = s->samples});
    TQ_TRY(tq_accumulation_parse(&accumulation, step->quantizer));
    TQ_TRY(tq_map_create(&map));
    tq_status status = tq_map_add(map, "", &accumulation);
    if (status == TQ_OK)
        status = make_trainer(s, step, map);
    tq_map_destroy(map);
    return status;
}

/* Images between 0 and 1, on no grid, as data are. */
static tq_status make_data(step_state *s, const tq_work *work)
{
    const int64_t count = work->samples * work->rows * work->columns * work->inputs;
    TQ_TRY(tq_numbers__create(&s->input, count, 1.0));
    TQ_TRY(tq_numbers__create(&s->output, work->samples * work->outputs, 1.0));
    s->label = malloc((size_t)work->samples * sizeof *s->label);
    if (s->label == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld labels", (long long)work->samples);
    for (int64_t i = 0; i < count; ++i)
        s->input[i] = (s->input[i] + 1.0f) / 2;
    for (int64_t i = 0; i < work->samples; ++i)
        s->label[i] = (int32_t)(i % work->outputs);
    return TQ_OK;
}

static tq_status prepare(step_state *s, const tq_bench_step *step, const tq_work *work, tq_context *context)
{
    const tq_shape sample = tq_shape_of(3, (const int64_t[]){work->inputs, work->rows, work->columns});
    s->samples = work->samples;
    TQ_TRY(make_data(s, work));
    TQ_TRY(tq_network_create_builtin(&s->network, context, work->network, &sample, work->outputs, 1));
    return plan(s, step);
}

/* Of forward, for all rows, so that ratios are those of the times. */
static double macs_of(const tq_network *network)
{
    double macs = 0;
    for (size_t i = 0; i < tq_network_layer_count(network); ++i)
        macs += (double)tq_layer_macs(tq_network_layer(network, i));
    return macs;
}

tq_status tq_bench_step__subject(tq_subject *subject, const tq_bench_step *step, const tq_work *work,
                                 tq_context *context)
{
    step_state *s = calloc(1, sizeof *s);
    if (s == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a network to time");
    *subject = (tq_subject){.format = step->name,
                            .path = "",
                            .plain = step->goal <= 0,
                            .goal = step->goal,
                            .run = run,
                            .destroy = destroy,
                            .state = s};
    TQ_TRY(prepare(s, step, work, context));
    subject->amount = macs_of(s->network);
    return TQ_OK;
}
