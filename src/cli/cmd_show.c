#include <stdio.h>

#include "cli/command.h"
#include "cli/layer_report.h"
#include "cli/report.h"
#include "cli/session.h"

typedef struct totals {
    int64_t parameters, macs;
} totals;

static int64_t parameters_of(const tq_layer *layer)
{
    const char *name;
    tq_shape shape;
    int64_t count = 0;
    for (size_t i = 0; tq_layer_weight(layer, i, &name, &shape); ++i)
        count += tq_shape_count(&shape);
    return count;
}

/* Of one sample: a network that mixes samples is planned for a batch of its own. */
static int64_t macs_of(const tq_network *network, const tq_layer *layer)
{
    const int64_t batch = tq_network_fixed_batch(network);
    return tq_layer_macs(layer) / (batch > 0 ? batch : 1);
}

static json_t *describe_weights(const tq_layer *layer)
{
    json_t *const to = json_object();
    const char *name;
    tq_shape shape;
    for (size_t i = 0; tq_layer_weight(layer, i, &name, &shape); ++i)
        json_object_set_new(to, name, tq_report__shape(&shape));
    return to;
}

static json_t *describe(const tq_layer *layer, int64_t parameters, int64_t macs)
{
    json_t *const to = tq_layer_report__json(layer);
    json_object_del(to, "path");
    json_object_set_new(to, "weights", describe_weights(layer));
    json_object_set_new(to, "parameters", json_integer(parameters));
    json_object_set_new(to, "macs", json_integer(macs));
    return to;
}

static void print_row(const tq_layer *layer, int64_t parameters, int64_t macs)
{
    char shape[128];
    tq_layer_report__shape(shape, sizeof shape, layer);
    printf("%-32s %-16s %-16s %12lld %14lld\n", tq_layer_name(layer), tq_layer_kind_of(layer), shape,
           (long long)parameters, (long long)macs);
}

static void print_all(const tq_network *network, const char *model, const tq_shape *input, totals *sum)
{
    char shape[128];
    tq_shape_print(shape, sizeof shape, input);
    printf("%s, input %s\n", model, shape);
    printf("%-32s %-16s %-16s %12s %14s\n", "layer", "kind", "output", "parameters", "MACs");
    for (size_t i = 0; i < tq_network_layer_count(network); ++i) {
        const tq_layer *const layer = tq_network_layer(network, i);
        const int64_t parameters = parameters_of(layer), macs = macs_of(network, layer);
        print_row(layer, parameters, macs);
        sum->parameters += parameters;
        sum->macs += macs;
    }
    printf("%-32s %-16s %-16s %12lld %14lld\n", "total", "", "", (long long)sum->parameters,
           (long long)sum->macs);
}

static int print_json(const tq_network *network, const char *model, const tq_shape *input, totals *sum)
{
    json_t *const layers = json_array();
    for (size_t i = 0; i < tq_network_layer_count(network); ++i) {
        const tq_layer *const layer = tq_network_layer(network, i);
        const int64_t parameters = parameters_of(layer), macs = macs_of(network, layer);
        json_array_append_new(layers, describe(layer, parameters, macs));
        sum->parameters += parameters;
        sum->macs += macs;
    }
    return tq_report__json(json_pack("{s:s, s:o, s:o, s:I, s:I}", "model", model, "input",
                                     tq_report__shape(input), "layers", layers, "parameters",
                                     (json_int_t)sum->parameters, "macs", (json_int_t)sum->macs));
}

static int report(const tq_network *network, const tq_settings *settings)
{
    tq_shape input, output;
    totals sum = {0};
    int result = tq_report__status(tq_network_shapes(network, &input, &output));
    if (result != TQ_EXIT_OK)
        return result;
    input = tq_shape_of(input.rank - 1, input.dim + 1);
    if (settings->json)
        return print_json(network, settings->operand[0], &input, &sum);
    print_all(network, settings->operand[0], &input, &sum);
    return TQ_EXIT_OK;
}

static int run(const tq_settings *settings)
{
    tq_session session = {0};
    int result = tq_session__open(&session, settings, settings->operand[0]);
    if (result == TQ_EXIT_OK)
        result = tq_session__plan(&session, settings, false);
    if (result == TQ_EXIT_OK)
        result = report(session.network, settings);
    tq_session__close(&session);
    return result;
}

static const tq_option *const options[] = {&tq_option_device, &tq_option_json, NULL};
const tq_command tq_command_show = {
    .name = "show",
    .summary = "list a model's layers: shapes, parameters, multiplications",
    .operands = "MODEL",
    .operand_count = 1,
    .options = options,
    .details =
        "Reads and plans an ONNX model in float. For each layer: name, kind, output of one sample (rows x\n"
        "columns x channels for images), how many numbers its weights have, biases included, and how many\n"
        "multiplications of its loop one sample takes; then the totals. The input is in the model's order.\n"
        "With --json: an object with model, input (a list), layers, parameters and macs; each layer has\n"
        "name, kind, shape (a list), weights (names with lists of dimensions), parameters and macs.",
    .examples = "tq show lenet.onnx\ntq show vgg19.onnx --json",
    .run = run,
};
