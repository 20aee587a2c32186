#include "tensorquant/emit.h"

#include <stdlib.h>

#include "network/graph.h"
#include "runtime/emission.h"
#include "runtime/record.h"
#include "util/fail.h"

/* Plans and runs once, of which the context records what would be done. */
static tq_status record(tq_network *network, const tq_plan *plan)
{
    tq_shape input;
    TQ_TRY(tq_network_plan(network, plan));
    TQ_TRY(tq_network_shapes(network, &input, NULL));
    float *const zeros = calloc((size_t)tq_shape_count(&input), sizeof *zeros);
    if (zeros == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld inputs", (long long)tq_shape_count(&input));
    const tq_status status = tq_network_forward(network, zeros, network->batch, 0, NULL);
    free(zeros);
    return status;
}

static tq_status record_both(tq_network *network, const tq_plan *plan)
{
    tq_plan unbounded = plan != NULL ? *plan : (tq_plan){0};
    TQ_TRY(record(network, plan));
    unbounded.input_largest = 0.0;
    return record(network, &unbounded);
}

tq_status tq_network_emit(tq_network *network, const tq_plan *plan, const tq_emission *how,
                          const char *directory)
{
    if (network == NULL || directory == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_network_emit: NULL argument");
    TQ_TRY(tq_emission__check(network->context, how, directory));
    TQ_TRY(tq_recording__begin(network->context));
    tq_status status = record_both(network, plan);
    tq_network__unplan(network);
    network->planned = false;
    if (status == TQ_OK)
        status = tq_emission__write(network->context, how, directory);
    tq_recording__end(network->context);
    return status;
}
