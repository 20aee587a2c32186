#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/layer_report.h"
#include "cli/report.h"
#include "cli/session.h"

enum { SCOPES = 3, TEXT = 512 };
static const char *const scope_names[SCOPES] = {"weights", "extrinsic", "intrinsic"};

/* What each scope's map gives for a layer; "" where nothing is quantized. */
typedef struct slots {
    char text[SCOPES][TEXT];
} slots;

static slots slots_of(const tq_session *session, const tq_layer *layer)
{
    slots s = {0};
    const tq_map *const maps[SCOPES] = {session->weights, session->extrinsic, session->intrinsic};
    for (size_t i = 0; i < SCOPES; ++i) {
        const int rule = tq_map_find(maps[i], tq_layer_name(layer));
        tq_accumulation accumulation;
        if (rule < 0)
            continue;
        tq_map_rule(maps[i], (size_t)rule, &accumulation);
        if (!tq_accumulation_is_none(&accumulation))
            tq_accumulation_print(s.text[i], sizeof s.text[i], &accumulation);
    }
    return s;
}

static json_t *describe_reasons(const char *reasons)
{
    json_t *const list = json_array();
    while (*reasons != '\0') {
        const size_t length = strcspn(reasons, "\n");
        json_array_append_new(list, json_stringn(reasons, length));
        reasons += length + (reasons[length] == '\n');
    }
    return list;
}

static json_t *describe(const tq_session *session, const tq_layer *layer)
{
    const slots s = slots_of(session, layer);
    json_t *const to = tq_layer_report__json(layer);
    json_object_set_new(to, "macs", json_integer(tq_layer_macs(layer) / session->batch));
    for (size_t i = 0; i < SCOPES; ++i)
        json_object_set_new(to, scope_names[i], s.text[i][0] ? json_string(s.text[i]) : json_null());
    json_object_set_new(to, "not_cheaper", describe_reasons(tq_layer_path_reasons(layer)));
    return to;
}

static void print(const tq_session *session, const tq_layer *layer)
{
    char shape[128];
    const slots s = slots_of(session, layer);
    const long long macs = tq_layer_macs(layer) / session->batch;
    tq_layer_report__shape(shape, sizeof shape, layer);
    printf("%-20s %-14s -> %-12s", tq_layer_name(layer), tq_layer_kind_of(layer), shape);
    if (macs > 0)
        printf(" %lld MACs per sample", macs);
    printf("\n");
    for (size_t i = 0; i < SCOPES; ++i)
        if (s.text[i][0])
            printf("    %-10s %s\n", scope_names[i], s.text[i]);
    if (tq_layer_path(layer)[0])
        printf("    %-10s %s\n", "path", tq_layer_path(layer));
    for (const char *line = tq_layer_path_reasons(layer); *line != '\0';) {
        const size_t length = strcspn(line, "\n");
        printf("    %-10s %.*s\n", "not", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

static int report(const tq_session *session, const tq_settings *settings)
{
    const char *const device = tq_context_device(session->context)->name;
    json_t *const layers = settings->json ? json_array() : NULL;
    if (!settings->json)
        printf("%s on %s, batch %lld\n", settings->operand[0], device, (long long)session->batch);
    for (size_t i = 0; i < tq_network_layer_count(session->network); ++i) {
        const tq_layer *const layer = tq_network_layer(session->network, i);
        if (settings->json)
            json_array_append_new(layers, describe(session, layer));
        else
            print(session, layer);
    }
    if (!settings->json)
        return TQ_EXIT_OK;
    return tq_report__json(json_pack("{s:s, s:s, s:I, s:o}", "model", settings->operand[0], "device", device,
                                     "batch", (json_int_t)session->batch, "layers", layers));
}

static int run(const tq_settings *settings)
{
    tq_session session = {0};
    int result = tq_session__open(&session, settings, settings->operand[0]);
    if (result == TQ_EXIT_OK)
        result = tq_session__plan(&session, settings, false);
    if (result == TQ_EXIT_OK)
        result = report(&session, settings);
    tq_session__close(&session);
    return result;
}

static const tq_option *const options[] = {
    &tq_option_weights, &tq_option_extrinsic, &tq_option_intrinsic, &tq_option_batch,
    &tq_option_device,  &tq_option_float,     &tq_option_json,      NULL};
const tq_command tq_command_explain = {
    .name = "explain",
    .summary = "say how each layer of a model would be computed",
    .operands = "MODEL",
    .operand_count = 1,
    .options = options,
    .details =
        "Plans an ONNX model without running it. For each layer: name, kind, output of one sample\n"
        "(rows x columns x channels for images), multiplications in its loop, what the maps quantize, the\n"
        "accumulation path, and why no cheaper path gives the same bits.\n"
        "With --json: an object with model, device, batch, and layers: name, kind, shape, path, macs, "
        "weights,\n"
        "extrinsic, intrinsic (null where nothing is quantized), not_cheaper (a list of reasons).",
    .examples =
        "tq explain lenet.onnx\n"
        "tq explain lenet.onnx --weights nearest,8,6 --intrinsic '{\"conv*\": \"fixed,16,8,round=even\"}'",
    .run = run,
};
