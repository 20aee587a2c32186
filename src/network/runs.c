/* The memory of batches, and what is under way. */
#include <stdlib.h>

#include "network/graph.h"

static void free_run(tq_run *run)
{
    free(run->staging);
    free(run->output);
    tq_tensor_destroy(run->input);
    *run = (tq_run){0};
}

void tq_network__free_runs(tq_network *network)
{
    for (size_t i = 0; i < TQ_RUNS; ++i)
        free_run(&network->run[i]);
}

static const tq_shape *input_shape(const tq_network *network)
{
    return &network->value[tq_network__input(network)].shape;
}

void tq_network__fit_runs(tq_network *network)
{
    const int64_t inputs = tq_shape_count(input_shape(network));
    const int64_t outputs = tq_shape_count(&network->value[tq_network__output(network)].shape);
    if (inputs != network->run_inputs || outputs != network->run_outputs ||
        (network->run[0].input != NULL &&
         !tq_shape_equal(tq_tensor_shape(network->run[0].input), input_shape(network))))
        tq_network__free_runs(network);
    network->run_inputs = inputs;
    network->run_outputs = outputs;
}

tq_status tq_network__prepare_run(tq_network *network, size_t i)
{
    tq_run *run = &network->run[i];
    if (run->staging == NULL)
        run->staging = malloc((size_t)network->run_inputs * sizeof *run->staging);
    if (run->output == NULL)
        run->output = malloc((size_t)network->run_outputs * sizeof *run->output);
    if (run->staging == NULL || run->output == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a batch of %lld numbers",
                               (long long)(network->run_inputs + network->run_outputs));
    if (run->input != NULL)
        return TQ_OK;
    const tq_status status = tq_tensor_create(&run->input, network->context, input_shape(network));
    return status == TQ_OK
               ? TQ_OK
               : tq_status__prefix(status, "input '%s'", network->value[tq_network__input(network)].name);
}

tq_status tq_network__settle(tq_network *network)
{
    tq_status status = TQ_OK;
    for (size_t i = 0; i < TQ_RUNS; ++i) {
        const tq_status one = tq_ticket__wait(&network->run[i].done, network->context);
        status = status == TQ_OK ? one : status;
    }
    return status;
}
