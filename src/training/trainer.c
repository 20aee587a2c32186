/* Making a trainer: which values need gradients, its tensors, the optimizer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layers/backward.h"
#include "optimizers/optimizer_kind.h"
#include "training/trainer_parts.h"

enum { WEIGHTS, INTRINSIC, EXTRINSIC, BACKWARD, UPDATE };

static bool is_learned(const tq_layer *layer, size_t weight)
{
    return layer->weight[weight].master != NULL && layer->kind->backward != NULL &&
           !layer->kind->keeps_weights;
}

static bool is_average(const tq_layer *layer, size_t weight)
{
    return (layer->kind->averages >> weight & 1) != 0;
}

static bool has_weights(const tq_layer *layer)
{
    bool has = false;
    for (size_t i = 0; i < layer->kind->weight_count && !layer->kind->keeps_weights; ++i)
        has = has || (layer->weight[i].master != NULL && !is_average(layer, i));
    return has;
}

/* Marks what the logits are computed from, and behind which weights lie. */
static tq_status mark(tq_trainer *t)
{
    const tq_network *network = t->network;
    t->value[t->logits].used = true;
    for (size_t i = network->value_count; i-- > 0;)
        for (size_t k = 0; t->value[i].used && k < network->value[i].input_count; ++k)
            t->value[network->value[i].input[k]].used = true;
    for (size_t i = 0; i < network->value_count; ++i) {
        const tq_value *value = &network->value[i];
        bool before = false;
        if (value->source != TQ_SOURCE_LAYER || !t->value[i].used)
            continue;
        for (size_t k = 0; k < value->input_count; ++k)
            before = before || t->value[value->input[k]].flows;
        t->value[i].flows = before || has_weights(value->layer);
        if (t->value[i].flows && value->layer->kind->backward == NULL)
            return tq_status__fail(TQ_E_UNSUPPORTED, "layer '%s': %s has no gradient", value->name,
                                   value->layer->kind->name);
    }
    return t->value[t->logits].flows
               ? TQ_OK
               : tq_status__fail(TQ_E_STATE, "the network has no weights that can be trained");
}

/* The value in front of a softmax at the end. */
static size_t find_logits(const tq_network *network, tq_loss loss)
{
    const size_t output = tq_network__output(network);
    const tq_value *value = &network->value[output];
    const bool softmax = value->source == TQ_SOURCE_LAYER && strcmp(value->layer->kind->name, "softmax") == 0;
    return softmax && loss == TQ_LOSS_CROSS_ENTROPY ? value->input[0] : output;
}

static tq_status copy_map(tq_map **copy, const tq_map *map)
{
    if (map == NULL)
        return TQ_OK;
    TQ_TRY(tq_map_create(copy));
    for (size_t i = 0; i < tq_map_count(map); ++i) {
        tq_accumulation accumulation;
        const char *pattern = tq_map_rule(map, i, &accumulation);
        TQ_TRY(tq_map_add(*copy, pattern, &accumulation));
    }
    return TQ_OK;
}

static tq_status copy_training(tq_trainer *t, const tq_training *training)
{
    const tq_map *const given[] = {training->weights, training->intrinsic, training->extrinsic,
                                   training->backward, training->update};
    for (size_t i = 0; i < TQ_COUNT(given); ++i)
        TQ_TRY(copy_map(&t->map[i], given[i]));
    t->training = *training;
    t->training.weights = t->map[WEIGHTS];
    t->training.intrinsic = t->map[INTRINSIC];
    t->training.extrinsic = t->map[EXTRINSIC];
    t->training.backward = t->map[BACKWARD];
    t->training.update = t->map[UPDATE];
    return TQ_OK;
}

static tq_status add_learned(tq_trainer *t, tq_layer *layer, size_t weight)
{
    tq_learned *grown = realloc(t->learned, (t->learned_count + 1) * sizeof *grown);
    if (grown == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a weight");
    t->learned = grown;
    tq_learned *l = &grown[t->learned_count++];
    const tq_weight *from = &layer->weight[weight];
    *l = (tq_learned){.layer = layer, .weight = weight};
    snprintf(l->name, sizeof l->name, "%s.%s", layer->name, layer->kind->weights[weight].name);
    tq_status status = tq_tensor_create(&l->master, t->context, &from->shape);
    if (status == TQ_OK)
        status = tq_tensor_write(l->master, from->master, tq_shape_count(&from->shape));
    if (status == TQ_OK && !is_average(layer, weight))
        status = tq_tensor_create(&l->gradient, t->context, &from->shape);
    return status == TQ_OK ? TQ_OK : tq_status__prefix(status, "weight '%s'", l->name);
}

static tq_status add_all_learned(tq_trainer *t, bool averages)
{
    for (size_t i = 0; i < t->network->value_count; ++i) {
        const tq_value *value = &t->network->value[i];
        for (size_t w = 0; t->value[i].flows && w < value->layer->kind->weight_count; ++w)
            if (is_learned(value->layer, w) && is_average(value->layer, w) == averages)
                TQ_TRY(add_learned(t, value->layer, w));
    }
    return TQ_OK;
}

/* What the layer computes with. */
static const tq_tensor *weight_of_step(const tq_learned *l)
{
    return l->quantized != NULL ? l->quantized : l->master;
}

/* Quantized copies, where the weights map asks for them. */
static tq_status make_quantized(tq_trainer *t)
{
    for (size_t i = 0; i < t->weights; ++i) {
        tq_learned *l = &t->learned[i];
        if (!tq_quantizer_is_none(&l->layer->quantizers.weights))
            TQ_TRY(tq_tensor_create(&l->quantized, t->context, &l->layer->weight[l->weight].shape));
        l->layer->weight[l->weight].trained = weight_of_step(l);
    }
    return TQ_OK;
}

static tq_status add_parameters(tq_trainer *t)
{
    TQ_TRY(tq_optimizer_create(&t->optimizer, t->context, &t->training.rule, t->training.seed));
    t->master = calloc(t->weights, sizeof *t->master);
    t->gradient = calloc(t->weights, sizeof *t->gradient);
    if (t->master == NULL || t->gradient == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %zu weights", t->weights);
    for (size_t i = 0; i < t->weights; ++i) {
        const tq_learned *l = &t->learned[i];
        tq_update update = t->training.optimizer;
        if (t->training.clipped)
            update.clip = l->layer->quantizers.weights;
        t->master[i] = l->master;
        t->gradient[i] = l->gradient;
        TQ_TRY(tq_optimizer_add(t->optimizer, l->name, &l->layer->weight[l->weight].shape, &update));
    }
    return TQ_OK;
}

static tq_status make_state_names(tq_trainer *t)
{
    const size_t states = tq_optimizer_state_count(&t->training.rule);
    t->state_names = calloc(t->weights * states + 1, sizeof *t->state_names);
    if (t->state_names == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for the names of %zu states", t->weights * states);
    for (size_t i = 0; i < t->weights * states; ++i)
        snprintf(t->state_names[i], sizeof t->state_names[i], "%s:%s", t->learned[i / states].name,
                 tq_optimizer_state_name(&t->training.rule, i % states));
    return TQ_OK;
}

/* Gradients by the inputs of a layer, and its output before the extrinsic quantizer. */
static tq_status make_tensors(tq_trainer *t, size_t i)
{
    const tq_value *value = &t->network->value[i];
    tq_trained_value *mine = &t->value[i];
    for (size_t k = 0; mine->flows && k < value->input_count; ++k) {
        const tq_value *input = &t->network->value[value->input[k]];
        if (t->value[value->input[k]].flows)
            TQ_TRY(tq_tensor_create(&mine->input[k], t->context, &input->shape));
    }
    return value->split ? tq_tensor_create(&mine->raw, t->context, &value->shape) : TQ_OK;
}

static tq_status make_batch(tq_trainer *t)
{
    const tq_value *in = &t->network->value[tq_network__input(t->network)],
                   *out = &t->network->value[t->logits];
    const int64_t inputs = tq_shape_count(&in->shape), outputs = tq_shape_count(&out->shape);
    if (t->training.loss == TQ_LOSS_CROSS_ENTROPY &&
        outputs / out->shape.dim[out->shape.rank - 1] != t->training.batch)
        return tq_status__fail(TQ_E_SHAPE, "layer '%s' gives %lld rows of classes for a batch of %lld",
                               out->name, (long long)(outputs / out->shape.dim[out->shape.rank - 1]),
                               (long long)t->training.batch);
    t->staging = malloc((size_t)inputs * sizeof *t->staging);
    t->output = malloc((size_t)outputs * sizeof *t->output);
    t->wanted = malloc((size_t)outputs * sizeof *t->wanted);
    t->first_infinite = calloc(t->weights, sizeof *t->first_infinite);
    if (t->staging == NULL || t->output == NULL || t->wanted == NULL || t->first_infinite == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a batch of %lld", (long long)t->training.batch);
    TQ_TRY(tq_tensor_create(&t->input, t->context, &in->shape));
    TQ_TRY(tq_tensor_create(&t->loss_gradient, t->context, &out->shape));
    TQ_TRY(tq_memory__create(&t->target, t->context, (uint64_t)outputs * sizeof(float)));
    return tq_memory__create(&t->infinite, t->context, t->weights * sizeof *t->first_infinite);
}

static bool wants_input(const tq_trainer *t, const tq_value *value)
{
    bool wants = false;
    for (size_t k = 0; k < value->input_count; ++k)
        wants = wants || t->value[value->input[k]].flows;
    return wants;
}

/* Before the plan: layers know that they are trained. */
static void set_layers(tq_trainer *t)
{
    for (size_t i = 0; i < t->network->value_count; ++i) {
        const tq_value *value = &t->network->value[i];
        if (value->source == TQ_SOURCE_LAYER)
            tq_layer__set_training(value->layer, t->value[i].used, !wants_input(t, value));
    }
    for (size_t i = 0; i < t->learned_count; ++i) {
        const tq_learned *l = &t->learned[i];
        if (i < t->weights)
            l->layer->weight[l->weight].trained = weight_of_step(l);
        else
            l->layer->weight[l->weight].average = l->master;
    }
}

/* What is known of the gradient by value i, in the order in which step.c adds it up. */
static tq_range gradient_range(const tq_trainer *t, size_t i)
{
    const tq_network *network = t->network;
    const tq_shape *logits = &network->value[t->logits].shape;
    bool found = i == t->logits;
    tq_range sum = tq_loss__range(t->training.loss, tq_shape_count(logits), logits->dim[logits->rank - 1],
                                  t->training.rule.value[TQ_RULE_LOSS_SCALE]);
    for (size_t r = i + 1; r < network->value_count; ++r)
        for (size_t k = 0; k < network->value[r].input_count; ++k) {
            if (network->value[r].input[k] != i || !t->value[r].flows)
                continue;
            const tq_range part = tq_backward__range(network->value[r].layer);
            sum = found ? tq_gradient__sum_range(sum, part) : part;
            found = true;
        }
    return sum;
}

/* From the loss on backwards. */
static void set_gradient_ranges(tq_trainer *t)
{
    for (size_t i = t->logits + 1; i-- > 0;)
        if (t->value[i].flows)
            t->network->value[i].layer->gradient_range = gradient_range(t, i);
}

tq_status tq_trainer__plan(tq_trainer *t)
{
    const tq_training *training = &t->training;
    const tq_plan plan = {.batch = training->batch,
                          .weights = training->weights,
                          .intrinsic = training->intrinsic,
                          .extrinsic = training->extrinsic,
                          .seed = training->seed,
                          .keep = true};
    if (t->network->training && t->network->planned)
        return TQ_OK;
    set_layers(t);
    TQ_TRY(tq_network__plan_training(t->network, &plan, training->backward, training->update,
                                     training->clipped));
    set_gradient_ranges(t);
    for (size_t i = 0; i < t->network->value_count; ++i) {
        tq_layer *layer = t->network->value[i].layer;
        if (!t->value[i].flows || layer->kind->plan_backward == NULL)
            continue;
        const tq_status status = layer->kind->plan_backward(layer);
        if (status != TQ_OK)
            return tq_status__prefix(status, "gradients of layer '%s'", layer->name);
    }
    return TQ_OK;
}

static tq_status make(tq_trainer *t, const tq_training *training)
{
    t->value = calloc(t->network->value_count, sizeof *t->value);
    if (t->value == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a trainer");
    t->logits = find_logits(t->network, training->loss);
    TQ_TRY(copy_training(t, training));
    TQ_TRY(mark(t));
    TQ_TRY(add_all_learned(t, false));
    t->weights = t->learned_count;
    TQ_TRY(add_all_learned(t, true));
    TQ_TRY(tq_trainer__plan(t));
    TQ_TRY(make_quantized(t));
    TQ_TRY(add_parameters(t));
    TQ_TRY(make_state_names(t));
    for (size_t i = 0; i < t->network->value_count; ++i) {
        const tq_status status = make_tensors(t, i);
        if (status != TQ_OK)
            return tq_status__prefix(status, "gradients of layer '%s'", t->network->value[i].name);
    }
    return make_batch(t);
}

tq_status tq_trainer_create(tq_trainer **trainer, tq_network *network, const tq_training *training)
{
    if (trainer != NULL)
        *trainer = NULL;
    if (trainer == NULL || network == NULL || training == NULL || training->rule.kind == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_trainer_create: an argument is NULL, or no rule");
    if (training->batch < 1 || training->batch > TQ_MOST_BATCH)
        return tq_status__fail(TQ_E_ARGUMENT, "batch is %lld, allowed 1 to %d", (long long)training->batch,
                               TQ_MOST_BATCH);
    if (tq_network_layer_count(network) == 0)
        return tq_status__fail(TQ_E_STATE, "the network has no layers");
    tq_trainer *t = calloc(1, sizeof *t);
    if (t == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a trainer");
    t->network = network;
    t->context = network->context;
    const tq_status status = make(t, training);
    if (status != TQ_OK)
        tq_trainer_destroy(t);
    else
        *trainer = t;
    return status;
}

static void free_values(tq_trainer *t)
{
    for (size_t i = 0; t->value != NULL && i < t->network->value_count; ++i) {
        tq_tensor_destroy(t->value[i].raw);
        for (size_t k = 0; k < TQ_LAYER_INPUTS; ++k)
            tq_tensor_destroy(t->value[i].input[k]);
    }
    free(t->value);
}

static void free_learned(tq_trainer *t)
{
    for (size_t i = 0; i < t->learned_count; ++i) {
        tq_tensor_destroy(t->learned[i].master);
        tq_tensor_destroy(t->learned[i].quantized);
        tq_tensor_destroy(t->learned[i].gradient);
    }
    free(t->learned);
}

void tq_trainer_destroy(tq_trainer *t)
{
    if (t == NULL)
        return;
    tq_context__quiesce(t->context);
    tq_network__leave_training(t->network);
    free_values(t);
    free_learned(t);
    tq_optimizer_destroy(t->optimizer);
    for (size_t i = 0; i < TQ_COUNT(t->map); ++i)
        tq_map_destroy(t->map[i]);
    free(t->master);
    free(t->gradient);
    free(t->state_names);
    tq_tensor_destroy(t->input);
    tq_tensor_destroy(t->loss_gradient);
    free(t->staging);
    free(t->output);
    free(t->wanted);
    free(t->first_infinite);
    tq_memory__release(t->target);
    tq_memory__release(t->infinite);
    free(t);
}
