#include "network/graph.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static tq_status check_run(const tq_network *network, int64_t samples)
{
    if (!network->planned)
        return tq_status__fail(TQ_E_STATE, "the network is not planned");
    if (samples < 1 || samples > network->batch)
        return tq_status__fail(TQ_E_ARGUMENT, "samples is %lld, allowed 1 to the planned batch of %lld",
                               (long long)samples, (long long)network->batch);
    return TQ_OK;
}

/* Largest magnitude; INFINITY when a number is not finite. */
static double largest_of(const float *x, int64_t count)
{
    float largest = 0.0f;
    for (int64_t i = 0; i < count; ++i) {
        const float magnitude = fabsf(x[i]);
        if (!(magnitude <= FLT_MAX))
            return INFINITY;
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest;
}

static int64_t sample_elements(const tq_value *value)
{
    return tq_shape_count(&value->shape) / value->shape.dim[0];
}

/* Plans again where the input is not what the network was planned for; paths that assumed it are then not
 * taken. */
static tq_status check_assumptions(tq_network *network, const float *input, int64_t count)
{
    const double largest = largest_of(input, count);
    const bool finite = isfinite(largest);
    if (!network->input_finite || (finite && largest <= network->input_largest))
        return TQ_OK;
    network->input_finite = finite;
    network->input_largest = FLT_MAX;
    return tq_network__plan_values(network);
}

/* Puts the input into the staging buffer, zeros behind it. */
static tq_status stage(tq_network *network, const float *input, int64_t samples)
{
    const tq_value *value = &network->value[tq_network__input(network)];
    const int64_t used = sample_elements(value) * samples;
    TQ_TRY(check_assumptions(network, input, used));
    tq_layout__to_nhwc(network->staging, input, &value->shape, samples, value->layout);
    memset(network->staging + used, 0, (size_t)(tq_shape_count(&value->shape) - used) * sizeof *input);
    return TQ_OK;
}

static tq_status run_layer(tq_network *network, tq_value *value, int64_t first_sample)
{
    const tq_tensor *inputs[TQ_LAYER_INPUTS];
    if (value->producer != SIZE_MAX)
        return TQ_OK; /* computed already */
    for (size_t i = 0; i < value->input_count; ++i)
        inputs[i] = network->value[value->input[i]].tensor;
    tq_layer__set_first_sample(value->layer, (uint64_t)first_sample);
    return tq_layer_forward(value->layer, inputs,
                            value->relu == SIZE_MAX ? value->tensor : network->value[value->relu].tensor);
}

/* Host copy of a value's first samples in the caller's layout. */
static tq_status read_output(const tq_network *network, int64_t samples, float *output)
{
    const tq_value *value = &network->value[tq_network__output(network)];
    const tq_layout layout = network->value[tq_network__input(network)].layout;
    const int64_t count = tq_shape_count(&value->shape);
    float *all = malloc((size_t)count * sizeof *all);
    if (all == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for an output of %lld numbers", (long long)count);
    const tq_status status = tq_tensor_read(value->tensor, all, count);
    if (status == TQ_OK)
        tq_layout__from_nhwc(output, all, &value->shape, samples, layout);
    free(all);
    return status;
}

tq_status tq_network_forward(tq_network *network, const float *input, int64_t samples, int64_t first_sample,
                             float *output)
{
    TQ_TRY(check_run(network, samples));
    TQ_TRY(stage(network, input, samples));
    const tq_value *in = &network->value[tq_network__input(network)];
    TQ_TRY(tq_tensor_write(in->tensor, network->staging, tq_shape_count(&in->shape)));
    for (size_t i = 0; i < network->value_count; ++i)
        if (network->value[i].source == TQ_SOURCE_LAYER)
            TQ_TRY(run_layer(network, &network->value[i], first_sample));
    return output == NULL ? tq_context_finish(network->context) : read_output(network, samples, output);
}

static tq_status reference_value(tq_network *network, size_t index, float **host, int64_t first_sample)
{
    tq_value *value = &network->value[index];
    const float *inputs[TQ_LAYER_INPUTS];
    host[index] = malloc((size_t)tq_shape_count(&value->shape) * sizeof(float));
    if (host[index] == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for the reference of '%s'", value->name);
    if (value->source != TQ_SOURCE_LAYER) {
        const float *from = value->source == TQ_SOURCE_CONSTANT ? value->constant : network->staging;
        memcpy(host[index], from, (size_t)tq_shape_count(&value->shape) * sizeof(float));
        return TQ_OK;
    }
    for (size_t i = 0; i < value->input_count; ++i)
        inputs[i] = host[value->input[i]];
    tq_layer__set_first_sample(value->layer, (uint64_t)first_sample);
    return tq_layer_reference(value->layer, inputs, host[index]);
}

tq_status tq_network_reference(tq_network *network, const float *input, int64_t samples, int64_t first_sample,
                               float *output)
{
    TQ_TRY(check_run(network, samples));
    TQ_TRY(stage(network, input, samples));
    float **host = calloc(network->value_count, sizeof *host);
    if (host == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for the reference");
    tq_status status = TQ_OK;
    for (size_t i = 0; status == TQ_OK && i < network->value_count; ++i)
        status = reference_value(network, i, host, first_sample);
    const size_t last = tq_network__output(network);
    if (status == TQ_OK && output != NULL)
        tq_layout__from_nhwc(output, host[last], &network->value[last].shape, samples,
                             network->value[tq_network__input(network)].layout);
    for (size_t i = 0; i < network->value_count; ++i)
        free(host[i]);
    free(host);
    return status;
}

tq_status tq_network_shapes(const tq_network *network, tq_shape *input, tq_shape *output)
{
    if (!network->planned)
        return tq_status__fail(TQ_E_STATE, "the network is not planned");
    const tq_value *in = &network->value[tq_network__input(network)];
    if (input != NULL)
        *input = tq_shape__from_nhwc(&in->shape, in->layout);
    if (output != NULL)
        *output = tq_shape__from_nhwc(&network->value[tq_network__output(network)].shape, in->layout);
    return TQ_OK;
}

tq_status tq_network_read_layer(const tq_network *network, size_t i, float *to, int64_t count)
{
    const size_t value = tq_network__layer_value(network, i);
    if (!network->planned || !network->keep)
        return tq_status__fail(TQ_E_STATE, "layer outputs are readable after a plan with `keep`");
    if (value == SIZE_MAX)
        return tq_status__fail(TQ_E_ARGUMENT, "layer %zu, allowed 0 to %zu", i,
                               tq_network_layer_count(network) - 1);
    return tq_tensor_read(network->value[value].tensor, to, count);
}
