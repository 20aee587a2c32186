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
    if (network->fixed_batch > 0 && samples != network->fixed_batch)
        return tq_status__fail(
            TQ_E_ARGUMENT, "samples is %lld, allowed %lld: the network's layers mix the samples of a batch",
            (long long)samples, (long long)network->fixed_batch);
    return TQ_OK;
}

/* Samples of the output after a run of so many. */
static int64_t output_samples(const tq_network *network, int64_t samples)
{
    return network->fixed_batch > 0 ? network->value[tq_network__output(network)].shape.dim[0] : samples;
}

/* Bits of the largest magnitude, in blocks that compilers vectorize; infinity and what is no number are above
 * all. */
static uint32_t largest_bits(const float *x, int64_t count)
{
    int32_t largest = 0, bits[1024];
    for (int64_t i = 0; i < count; i += 1024) {
        const size_t rest = (size_t)(count - i), size = rest < 1024 ? rest : 1024;
        memset(bits, 0, sizeof bits);
        memcpy(bits, x + i, size * sizeof *x);
        for (int j = 0; j < 1024; ++j) {
            const int32_t magnitude = bits[j] & INT32_MAX;
            largest = magnitude > largest ? magnitude : largest;
        }
    }
    return (uint32_t)largest;
}

static int64_t sample_elements(const tq_value *value)
{
    return tq_shape_count(&value->shape) / value->shape.dim[0];
}

/* Plans again where the input is not what the network was planned for; paths that assumed it are then not
 * taken. What is under way is finished before. */
static tq_status check_assumptions(tq_network *network, const float *input, int64_t count)
{
    const uint32_t bits = largest_bits(input, count);
    float largest;
    memcpy(&largest, &bits, sizeof largest);
    const bool finite = isfinite(largest);
    if (!network->input_finite || (finite && largest <= network->input_largest))
        return TQ_OK;
    TQ_TRY(tq_network__settle(network));
    network->input_finite = finite;
    network->input_largest = FLT_MAX;
    return tq_network__plan_values(network);
}

/* The input as the network has it, zeros behind the samples. */
static void stage(const tq_network *network, float *to, const float *input, int64_t samples)
{
    const tq_value *value = &network->value[tq_network__input(network)];
    const int64_t used = sample_elements(value) * samples;
    tq_layout__to_nhwc(to, input, &value->shape, samples, value->layout);
    memset(to + used, 0, (size_t)(tq_shape_count(&value->shape) - used) * sizeof *input);
}

static tq_status check_input(tq_network *network, const float *input, int64_t samples)
{
    TQ_TRY(check_run(network, samples));
    if (input == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "the input is NULL");
    return check_assumptions(network, input,
                             sample_elements(&network->value[tq_network__input(network)]) * samples);
}

static const tq_tensor *tensor_of(const tq_network *network, size_t value, const tq_run *run)
{
    return network->value[value].source == TQ_SOURCE_INPUT ? run->input : network->value[value].tensor;
}

static tq_status run_layer(tq_network *network, tq_value *value, const tq_run *run, int64_t first_sample)
{
    const tq_tensor *inputs[TQ_LAYER_INPUTS];
    if (value->producer != SIZE_MAX)
        return TQ_OK; /* computed already */
    for (size_t i = 0; i < value->input_count; ++i)
        inputs[i] = tensor_of(network, value->input[i], run);
    tq_layer__set_first_sample(value->layer, (uint64_t)first_sample);
    return tq_layer_forward(value->layer, inputs,
                            value->relu == SIZE_MAX ? value->tensor : network->value[value->relu].tensor);
}

static tq_status queue_run(tq_network *network, tq_run *run, int64_t first_sample)
{
    TQ_TRY(tq_tensor__upload(run->input, run->staging, network->run_inputs));
    for (size_t i = 0; i < network->value_count; ++i)
        if (network->value[i].source == TQ_SOURCE_LAYER)
            TQ_TRY(run_layer(network, &network->value[i], run, first_sample));
    const tq_tensor *output = network->value[tq_network__output(network)].tensor;
    return tq_tensor__download(output, run->output, network->run_outputs, &run->done);
}

tq_status tq_network_start(tq_network *network, const float *input, int64_t samples, int64_t first_sample)
{
    network->oldest =
        network->under_way == 0 ? 0 : network->oldest; /* one at a time needs one run's memory */
    const size_t index = (network->oldest + network->under_way) % TQ_RUNS;
    tq_run *run = &network->run[index];
    TQ_TRY(check_run(network, samples));
    if (network->under_way == TQ_RUNS)
        return tq_status__fail(TQ_E_STATE, "%d runs are under way already; wait for one first", TQ_RUNS);
    TQ_TRY(check_input(network, input, samples));
    TQ_TRY(tq_network__prepare_run(network, index));
    stage(network, run->staging, input, samples);
    const tq_status status = queue_run(network, run, first_sample);
    if (status != TQ_OK) { /* what has been queued uses the run's memory */
        tq_context__quiesce(network->context);
        tq_ticket__drop(&run->done);
        return status;
    }
    run->samples = samples;
    ++network->under_way;
    return TQ_OK;
}

tq_status tq_network_wait(tq_network *network, float *output)
{
    tq_run *run = &network->run[network->oldest];
    if (network->under_way == 0)
        return tq_status__fail(TQ_E_STATE, "no run is under way");
    network->oldest = (network->oldest + 1) % TQ_RUNS;
    --network->under_way;
    TQ_TRY(tq_ticket__wait(&run->done, network->context));
    if (output != NULL)
        tq_layout__from_nhwc(output, run->output, &network->value[tq_network__output(network)].shape,
                             output_samples(network, run->samples),
                             network->value[tq_network__input(network)].layout);
    return TQ_OK;
}

tq_status tq_network_forward(tq_network *network, const float *input, int64_t samples, int64_t first_sample,
                             float *output)
{
    TQ_TRY(check_run(network, samples));
    if (network->under_way > 0)
        return tq_status__fail(TQ_E_STATE, "%zu runs are under way; wait for them first", network->under_way);
    TQ_TRY(tq_network_start(network, input, samples, first_sample));
    return tq_network_wait(network, output);
}

/* `host` holds the input already. */
static tq_status reference_value(tq_network *network, size_t index, float **host, int64_t first_sample)
{
    tq_value *value = &network->value[index];
    const float *inputs[TQ_LAYER_INPUTS];
    if (value->source == TQ_SOURCE_CONSTANT)
        memcpy(host[index], value->constant, (size_t)tq_shape_count(&value->shape) * sizeof(float));
    if (value->source != TQ_SOURCE_LAYER)
        return TQ_OK;
    for (size_t i = 0; i < value->input_count; ++i)
        inputs[i] = host[value->input[i]];
    tq_layer__set_first_sample(value->layer, (uint64_t)first_sample);
    return tq_layer_reference(value->layer, inputs, host[index]);
}

static tq_status reference_memory(const tq_network *network, float **host)
{
    for (size_t i = 0; i < network->value_count; ++i) {
        const tq_value *value = &network->value[i];
        host[i] = malloc((size_t)tq_shape_count(&value->shape) * sizeof(float));
        if (host[i] == NULL)
            return tq_status__fail(TQ_E_MEMORY, "no memory for the reference of '%s'", value->name);
    }
    return TQ_OK;
}

tq_status tq_network_reference(tq_network *network, const float *input, int64_t samples, int64_t first_sample,
                               float *output)
{
    TQ_TRY(check_input(network, input, samples));
    float **host = calloc(network->value_count, sizeof *host);
    if (host == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for the reference");
    tq_status status = reference_memory(network, host);
    if (status == TQ_OK)
        stage(network, host[tq_network__input(network)], input, samples);
    for (size_t i = 0; status == TQ_OK && i < network->value_count; ++i)
        status = reference_value(network, i, host, first_sample);
    const size_t last = tq_network__output(network);
    if (status == TQ_OK && output != NULL)
        tq_layout__from_nhwc(output, host[last], &network->value[last].shape,
                             output_samples(network, samples),
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
