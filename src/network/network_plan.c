#include "network/graph.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void free_tensors(tq_network *network)
{
    for (size_t i = 0; i < network->value_count; ++i) {
        tq_tensor_destroy(network->value[i].tensor);
        network->value[i].tensor = NULL;
    }
}

static void drop_runs(tq_network *network)
{
    if (network->under_way == 0)
        return;
    tq_context__quiesce(network->context); /* whoever started them does not ask any more */
    for (size_t i = 0; i < TQ_RUNS; ++i)
        tq_ticket__drop(&network->run[i].done);
    network->under_way = 0;
}

void tq_network__unplan(tq_network *network)
{
    drop_runs(network);
    tq_network__free_runs(network);
    free_tensors(network);
    tq_memory__release(network->block);
    network->block = NULL;
    network->block_elements = 0;
    network->planned = false;
}

/* "conv1, relu1, ..." for errors. */
static void print_layer_names(const tq_network *network, tq_text *names)
{
    for (size_t i = 0; i < network->value_count; ++i)
        if (network->value[i].source == TQ_SOURCE_LAYER && !network->value[i].is_helper)
            tq_text__print(names, "%s%s", names->length > 0 ? ", " : "", network->value[i].name);
}

static tq_status unmatched(const tq_network *network, const char *scope, const char *pattern)
{
    tq_text names = {0};
    print_layer_names(network, &names);
    const tq_status status = tq_status__fail(TQ_E_NAME, "%s map: '%s' matches no layer; layers: %s", scope,
                                             pattern, tq_text__get(&names));
    tq_text__free(&names);
    return status;
}

/* Whether a map of this one rule finds any layer. */
static tq_status check_rule(const tq_network *network, const char *scope, const tq_map *map, size_t rule)
{
    tq_accumulation accumulation;
    tq_map *alone;
    bool found = false;
    const char *pattern = tq_map_rule(map, rule, &accumulation);
    TQ_TRY(tq_map_create(&alone));
    tq_status status = tq_map_add(alone, pattern, &accumulation);
    for (size_t i = 0; status == TQ_OK && i < network->value_count && !found; ++i)
        found = network->value[i].source == TQ_SOURCE_LAYER && !network->value[i].is_helper &&
                tq_map_find(alone, network->value[i].name) >= 0;
    if (status == TQ_OK && !found)
        status = unmatched(network, scope, pattern);
    tq_map_destroy(alone);
    return status;
}

/* Weights and outputs take one quantizer, not an accumulation of several. */
static tq_status check_single(const char *scope, const tq_map *map, size_t rule)
{
    tq_accumulation accumulation;
    const char *pattern = tq_map_rule(map, rule, &accumulation);
    const tq_accumulation uniform = tq_accumulation_of(&accumulation.result);
    if (!tq_accumulation_equal(&accumulation, &uniform))
        return tq_status__fail(TQ_E_ARGUMENT, "%s map: '%s' needs a quantizer, not an accumulation", scope,
                               pattern);
    return TQ_OK;
}

static tq_status check_map(const tq_network *network, const char *scope, const tq_map *map, bool single)
{
    const size_t count = map == NULL ? 0 : tq_map_count(map);
    for (size_t rule = 0; rule < count; ++rule) {
        TQ_TRY(check_rule(network, scope, map, rule));
        if (single)
            TQ_TRY(check_single(scope, map, rule));
    }
    return TQ_OK;
}

static tq_accumulation look_up(const tq_map *map, const char *name)
{
    tq_accumulation accumulation = {0};
    const int rule = tq_map_find(map, name);
    if (rule >= 0)
        tq_map_rule(map, (size_t)rule, &accumulation);
    return accumulation;
}

static void apply_maps(tq_network *network, const tq_plan *plan, const tq_map *backward, const tq_map *update)
{
    uint32_t id = 0;
    for (size_t i = 0; i < network->value_count; ++i) {
        tq_value *value = &network->value[i];
        if (value->source != TQ_SOURCE_LAYER)
            continue;
        value->quantizers = (tq_layer_quantizers){.seed = plan->seed, .id = ++id};
        if (value->is_helper)
            continue;
        value->quantizers.weights = look_up(plan->weights, value->name).result;
        value->quantizers.intrinsic = look_up(plan->intrinsic, value->name);
        value->quantizers.extrinsic = look_up(plan->extrinsic, value->name).result;
        value->quantizers.backward = look_up(backward, value->name);
        value->quantizers.update = look_up(update, value->name);
    }
}

/* A layer may compute the relu behind it where nothing else reads its output. */
static void find_relus(tq_network *network)
{
    for (size_t i = 0; i < network->value_count; ++i)
        network->value[i].relu = network->value[i].producer = SIZE_MAX;
    for (size_t i = 0; i < network->value_count && !network->keep; ++i) {
        const tq_value *value = &network->value[i];
        if (value->source != TQ_SOURCE_LAYER || strcmp(tq_layer_kind_of(value->layer), "relu") != 0)
            continue;
        tq_value *from = &network->value[value->input[0]];
        if (from->source == TQ_SOURCE_LAYER && tq_network__count_uses(network, value->input[0]) == 1)
            from->relu = i;
    }
}

/* Tells the layer what follows, before its plan; and whether it took that on, behind it. */
static void offer_relu(const tq_network *network, const tq_value *value)
{
    tq_layer__offer_relu(value->layer,
                         value->relu != SIZE_MAX ? &network->value[value->relu].quantizers : NULL);
}

static void note_relu(tq_network *network, tq_value *value)
{
    if (!value->layer->relu_taken)
        value->relu = SIZE_MAX;
    else
        network->value[value->relu].producer = (size_t)(value - network->value);
}

static tq_status plan_layer(tq_network *network, tq_value *value)
{
    tq_shape shapes[TQ_LAYER_INPUTS];
    tq_range ranges[TQ_LAYER_INPUTS];
    for (size_t i = 0; i < value->input_count; ++i) {
        shapes[i] = network->value[value->input[i]].shape;
        ranges[i] = network->value[value->input[i]].range;
    }
    tq_layer_quantizers quantizers = value->quantizers;
    value->split = network->clipped && !tq_quantizer_is_none(&quantizers.extrinsic);
    if (value->split)
        quantizers.extrinsic = (tq_quantizer){0};
    offer_relu(network, value);
    TQ_TRY(tq_layer__plan(value->layer, shapes, ranges, value->input_count, &quantizers));
    note_relu(network, value);
    TQ_TRY(tq_layer_output_shape(value->layer, &value->shape));
    value->range = value->layer->output_range;
    if (value->split)
        value->range = tq_range__quantized(value->range, &value->quantizers.extrinsic);
    return TQ_OK;
}

static tq_shape batch_shape(const tq_network *network, const tq_value *input)
{
    tq_shape shape = tq_shape__to_nhwc(&input->given, input->layout);
    shape.dim[0] = network->batch;
    return shape;
}

static tq_status plan_value(tq_network *network, tq_value *value)
{
    value->shape = value->given;
    value->range = tq_range__unknown();
    if (value->source == TQ_SOURCE_LAYER)
        return plan_layer(network, value);
    if (value->source == TQ_SOURCE_CONSTANT) {
        value->range = tq_range__measure(value->constant, tq_shape_count(&value->shape));
        return TQ_OK;
    }
    value->shape = batch_shape(network, value);
    if (tq_shape_count(&value->shape) == 0)
        return tq_status__fail(TQ_E_MEMORY, "input '%s': a batch of %lld has more than 2^62 numbers",
                               value->name, (long long)network->batch);
    if (network->input_finite) {
        value->range.finite = true;
        value->range.lowest = -network->input_largest;
        value->range.highest = network->input_largest;
    }
    return TQ_OK;
}

/* The shapes of all values, as far as they follow: a layer that gives none is told of by its plan. */
static bool find_shapes(tq_network *network)
{
    for (size_t i = 0; i < network->value_count; ++i) {
        tq_value *value = &network->value[i];
        tq_shape shapes[TQ_LAYER_INPUTS];
        if (value->source != TQ_SOURCE_LAYER) {
            value->shape = value->source == TQ_SOURCE_INPUT ? batch_shape(network, value) : value->given;
            continue;
        }
        for (size_t k = 0; k < value->input_count; ++k)
            shapes[k] = network->value[value->input[k]].shape;
        if (tq_layer__shape(value->layer, shapes, value->input_count, &value->shape) != TQ_OK)
            return false;
    }
    return true;
}

static tq_status plan_all(tq_network *network)
{
    find_relus(network);
    if (find_shapes(network)) /* before weights are packed and programs built for nothing */
        TQ_TRY(tq_network__check_largest(network));
    for (size_t i = 0; i < network->value_count; ++i)
        TQ_TRY(plan_value(network, &network->value[i]));
    TQ_TRY(tq_network__place(network));
    tq_network__fit_runs(network);
    return tq_network__prepare_run(network, 0);
}

tq_status tq_network__plan_values(tq_network *network)
{
    free_tensors(network);
    const tq_status status = plan_all(network);
    if (status != TQ_OK)
        tq_network__unplan(network);
    network->planned = status == TQ_OK;
    return status;
}

static tq_status check_graph(const tq_network *network)
{
    size_t inputs = 0;
    for (size_t i = 0; i < network->value_count; ++i)
        inputs += network->value[i].source == TQ_SOURCE_INPUT;
    if (inputs != 1)
        return tq_status__fail(TQ_E_UNSUPPORTED, "the network has %zu inputs; 1 is supported", inputs);
    if (tq_network_layer_count(network) == 0)
        return tq_status__fail(TQ_E_STATE, "the network has no layers");
    return TQ_OK;
}

static tq_status check_batch(const tq_network *network, int64_t batch)
{
    if (batch < 0 || batch > TQ_MOST_BATCH)
        return tq_status__fail(TQ_E_ARGUMENT, "batch is %lld, allowed 1 to %d", (long long)batch,
                               TQ_MOST_BATCH);
    if (batch > 0 && network->fixed_batch > 0 && batch != network->fixed_batch)
        return tq_status__fail(TQ_E_ARGUMENT,
                               "batch is %lld, allowed %lld: the network's layers mix the samples of a batch",
                               (long long)batch, (long long)network->fixed_batch);
    return TQ_OK;
}

/* Checks and takes over what the caller asks for. */
static tq_status prepare(tq_network *network, const tq_plan *plan, const tq_map *backward,
                         const tq_map *update)
{
    drop_runs(network);
    network->planned = false; /* what a plan made is kept for this one */
    TQ_TRY(check_batch(network, plan->batch));
    if (!(plan->input_largest >= 0.0))
        return tq_status__fail(TQ_E_ARGUMENT, "input_largest is %g, allowed 0 or more", plan->input_largest);
    TQ_TRY(check_graph(network));
    TQ_TRY(check_map(network, "weights", plan->weights, true));
    TQ_TRY(check_map(network, "intrinsic", plan->intrinsic, false));
    TQ_TRY(check_map(network, "extrinsic", plan->extrinsic, true));
    TQ_TRY(check_map(network, "backward", backward, false));
    TQ_TRY(check_map(network, "update", update, false));
    network->batch = plan->batch > 0 ? plan->batch : network->fixed_batch > 0 ? network->fixed_batch : 1;
    network->keep = plan->keep;
    network->input_finite = true;
    network->input_largest = plan->input_largest > 0.0 ? plan->input_largest : FLT_MAX;
    apply_maps(network, plan, backward, update);
    return TQ_OK;
}

tq_status tq_network_plan(tq_network *network, const tq_plan *plan)
{
    const tq_plan none = {0};
    tq_network__leave_training(network);
    TQ_TRY(prepare(network, plan == NULL ? &none : plan, NULL, NULL));
    return tq_network__plan_values(network);
}

void tq_network__leave_training(tq_network *network)
{
    for (size_t i = 0; network->training && i < network->value_count; ++i)
        if (network->value[i].source == TQ_SOURCE_LAYER)
            tq_layer__set_training(network->value[i].layer, false, false);
    if (network->training)
        tq_network__unplan(network);
    network->training = network->clipped = false;
}

/* Where an extrinsic quantizer saturates must be known. */
static tq_status check_clipped(const tq_network *network)
{
    char text[256];
    for (size_t i = 0; i < network->value_count; ++i) {
        const tq_value *value = &network->value[i];
        const tq_quantizer *q = &value->quantizers.extrinsic;
        if (value->source != TQ_SOURCE_LAYER || tq_quantizer_is_none(q) ||
            tq_quantizer__format(q).family != TQ_FAMILY_OTHER)
            continue;
        tq_quantizer_print(text, sizeof text, q);
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "layer '%s': clipped gradients need to know where the extrinsic quantizer "
                               "'%s' saturates, and its kind does not say which numbers it has",
                               value->name, text);
    }
    return TQ_OK;
}

tq_status tq_network__plan_training(tq_network *network, const tq_plan *plan, const tq_map *backward,
                                    const tq_map *update, bool clipped)
{
    network->training = true;
    network->clipped = clipped;
    TQ_TRY(prepare(network, plan, backward, update));
    if (clipped)
        TQ_TRY(check_clipped(network));
    return tq_network__plan_values(network);
}
