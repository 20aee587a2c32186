/* Batch norms become part of the weights of the layer in front. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "network/graph.h"

enum { GAMMA, BETA, MEAN, VARIANCE, PARAMETERS }; /* as batchnorm's weights stand */

/* Layers whose weights are [...][output channel] and a bias for each channel, channels last in the output. */
static bool takes_factors(const tq_layer *layer)
{
    static const char *const kinds[] = {"conv2d", "convtranspose2d", "dense"};
    for (size_t i = 0; i < TQ_COUNT(kinds); ++i)
        if (strcmp(layer->kind->name, kinds[i]) == 0)
            return layer->weight[0].master != NULL;
    return false;
}

static bool has_parameters(const tq_layer *norm, int64_t channels)
{
    for (int i = 0; i < PARAMETERS; ++i)
        if (norm->weight[i].master == NULL || norm->weight[i].shape.dim[0] != channels)
            return false;
    return true;
}

/* Whether value i is a batch norm that its input can take on. */
static bool folds(const tq_network *network, size_t i)
{
    const tq_value *value = &network->value[i];
    if (value->source != TQ_SOURCE_LAYER || strcmp(value->layer->kind->name, "batchnorm") != 0)
        return false;
    const tq_value *from = &network->value[value->input[0]];
    if (from->source != TQ_SOURCE_LAYER || !takes_factors(from->layer) ||
        tq_network__count_uses(network, value->input[0]) != 1)
        return false;
    const tq_shape *weight = &from->layer->weight[0].shape;
    return has_parameters(value->layer, weight->dim[weight->rank - 1]);
}

/* What each channel is multiplied by; false when it is not finite. */
static bool make_factors(const tq_layer *norm, int64_t channels, double *factor)
{
    const double epsilon = (float)tq_layer__option(norm, "epsilon", 0);
    bool finite = true;
    for (int64_t c = 0; c < channels; ++c) {
        factor[c] = norm->weight[GAMMA].master[c] / sqrt(norm->weight[VARIANCE].master[c] + epsilon);
        finite = finite && isfinite(factor[c]);
    }
    return finite;
}

/* New weights and a new bias, in binary64 rounded once; both in one array. */
static void make_weights(const tq_layer *layer, const tq_layer *norm, const double *factor, float *weight,
                         float *bias)
{
    const tq_shape *shape = &layer->weight[0].shape;
    const int64_t channels = shape->dim[shape->rank - 1], count = tq_shape_count(shape);
    const float *old = layer->weight[1].master;
    for (int64_t i = 0; i < count; ++i)
        weight[i] = (float)(layer->weight[0].master[i] * factor[i % channels]);
    for (int64_t c = 0; c < channels; ++c) {
        const double centred = (old != NULL ? old[c] : 0.0) - (double)norm->weight[MEAN].master[c];
        bias[c] = (float)(centred * factor[c] + norm->weight[BETA].master[c]);
    }
}

static tq_status set_weights(tq_layer *layer, const tq_layer *norm, bool *done)
{
    const tq_shape shape = layer->weight[0].shape;
    const int64_t channels = shape.dim[shape.rank - 1], count = tq_shape_count(&shape);
    float *made = malloc((size_t)(count + channels) * sizeof *made);
    double *factor = malloc((size_t)channels * sizeof *factor);
    tq_status status = TQ_OK;
    if (made == NULL || factor == NULL)
        status = tq_status__fail(TQ_E_MEMORY, "no memory for %lld weights", (long long)(count + channels));
    *done = status == TQ_OK && make_factors(norm, channels, factor);
    if (*done) {
        make_weights(layer, norm, factor, made, made + count);
        status = tq_layer_set_weight(layer, "weight", &shape, made);
    }
    if (*done && status == TQ_OK)
        status = tq_layer_set_weight(layer, "bias", &(tq_shape){.rank = 1, .dim = {channels}}, made + count);
    free(made);
    free(factor);
    return status;
}

static size_t renumbered(size_t index, size_t removed, size_t instead)
{
    if (index == SIZE_MAX || index < removed)
        return index;
    return index == removed ? instead : index - 1;
}

/* Takes value i away; what was computed from it is computed from its input. */
static void drop(tq_network *network, size_t i)
{
    const size_t instead = network->value[i].input[0];
    const size_t output = renumbered(tq_network__output(network), i, instead);
    tq_layer_destroy(network->value[i].layer);
    for (size_t j = 0; j < network->value_count; ++j)
        for (size_t k = 0; k < network->value[j].input_count; ++k)
            network->value[j].input[k] = renumbered(network->value[j].input[k], i, instead);
    network->output = renumbered(network->output, i, instead);
    memmove(&network->value[i], &network->value[i + 1],
            (network->value_count - i - 1) * sizeof *network->value);
    --network->value_count;
    if (tq_network__output(network) != output) /* nobody named one, and another layer is the last now */
        network->output = output;
}

tq_status tq_network_fold_batchnorm(tq_network *network, size_t *folded)
{
    size_t count = 0;
    if (network == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_network_fold_batchnorm: NULL argument");
    tq_network__unplan(network);
    for (size_t i = 0; i < network->value_count; ++i) {
        bool done = false;
        if (!folds(network, i))
            continue;
        TQ_TRY(set_weights(network->value[network->value[i].input[0]].layer, network->value[i].layer, &done));
        if (!done)
            continue;
        drop(network, i--);
        ++count;
    }
    if (folded != NULL)
        *folded = count;
    return TQ_OK;
}
