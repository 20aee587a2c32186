#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/layer_report.h"
#include "cli/measure.h"
#include "cli/report.h"
#include "cli/session.h"

#define SECONDS 0.3 /* for measuring */
#define LONG    1.0 /* seconds a layer */

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

typedef struct job {
    tq_session session;
    tq_peak peak;
    double *gmacs; /* of each layer; NULL when they are not measured */
} job;

/* Null where it is not known. */
static json_t *rate_json(double gmacs)
{
    return gmacs > 0 ? json_real(gmacs) : json_null();
}

static json_t *describe(const job *j, size_t i)
{
    const tq_session *const session = &j->session;
    const tq_layer *const layer = tq_network_layer(session->network, i);
    const slots s = slots_of(session, layer);
    const tq_layer_path_info path = tq_layer_path_details(layer);
    json_t *const to = tq_layer_report__json(layer);
    json_object_set_new(to, "macs", json_integer(tq_layer_macs(layer) / session->batch));
    for (size_t k = 0; k < SCOPES; ++k)
        json_object_set_new(to, scope_names[k], s.text[k][0] ? json_string(s.text[k]) : json_null());
    json_object_set_new(to, "proof", json_string(path.proof));
    json_object_set_new(to, "instructions_per_mac", rate_json(path.instructions));
    json_object_set_new(to, "input_bound", path.otherwise[0] ? json_real(path.bound) : json_null());
    json_object_set_new(to, "otherwise", path.otherwise[0] ? json_string(path.otherwise) : json_null());
    json_object_set_new(to, "expected_gmacs", rate_json(tq_measure__expected(&j->peak, layer)));
    json_object_set_new(to, "measured_gmacs", rate_json(j->gmacs != NULL ? j->gmacs[i] : 0));
    json_object_set_new(to, "not_cheaper", describe_reasons(tq_layer_path_reasons(layer)));
    return to;
}

static void print_path(const job *j, size_t i)
{
    const tq_layer *const layer = tq_network_layer(j->session.network, i);
    const tq_layer_path_info path = tq_layer_path_details(layer);
    const double expected = tq_measure__expected(&j->peak, layer),
                 measured = j->gmacs != NULL ? j->gmacs[i] : 0;
    printf("    %-10s %s", "path", path.name);
    if (path.otherwise[0])
        printf(" for inputs up to %g, checked at every run; %s for others", path.bound, path.otherwise);
    printf("\n    %-10s %s\n", "proof", path.proof);
    if (path.instructions == 0) /* another library's loop */
        return;
    printf("    %-10s %.3g instructions per MAC", "speed", path.instructions);
    if (expected > 0)
        printf(", %.3g GMAC/s expected", expected);
    if (measured > 0)
        printf(", %.3g measured", measured);
    printf("\n");
}

static void print(const job *j, size_t i)
{
    char shape[128];
    const tq_layer *const layer = tq_network_layer(j->session.network, i);
    const slots s = slots_of(&j->session, layer);
    const long long macs = tq_layer_macs(layer) / j->session.batch;
    tq_layer_report__shape(shape, sizeof shape, layer);
    printf("%-20s %-14s -> %-12s", tq_layer_name(layer), tq_layer_kind_of(layer), shape);
    if (macs > 0)
        printf(" %lld MACs per sample", macs);
    printf("\n");
    for (size_t k = 0; k < SCOPES; ++k)
        if (s.text[k][0])
            printf("    %-10s %s\n", scope_names[k], s.text[k]);
    if (tq_layer_path(layer)[0])
        print_path(j, i);
    for (const char *line = tq_layer_path_reasons(layer); *line != '\0';) {
        const size_t length = strcspn(line, "\n");
        printf("    %-10s %.*s\n", "not", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

static int report(const job *j, const tq_settings *settings)
{
    const char *const device = tq_context_device(j->session.context)->name;
    json_t *const layers = settings->json ? json_array() : NULL;
    if (!settings->json)
        printf("%s on %s, batch %lld", settings->operand[0], device, (long long)j->session.batch);
    if (!settings->json && j->peak.gmacs > 0)
        printf("; plain float reaches %.3g GMAC/s there", j->peak.gmacs);
    if (!settings->json)
        printf("\n");
    for (size_t i = 0; i < tq_network_layer_count(j->session.network); ++i)
        if (settings->json)
            json_array_append_new(layers, describe(j, i));
        else
            print(j, i);
    if (!settings->json)
        return TQ_EXIT_OK;
    return tq_report__json(json_pack("{s:s, s:s, s:I, s:o, s:o}", "model", settings->operand[0], "device",
                                     device, "batch", (json_int_t)j->session.batch, "float_gmacs",
                                     rate_json(j->peak.gmacs), "layers", layers));
}

/* Whether no layer should take long, at a tenth of what is expected. */
static bool is_quick(const job *j)
{
    for (size_t i = 0; i < tq_network_layer_count(j->session.network); ++i) {
        const tq_layer *const layer = tq_network_layer(j->session.network, i);
        const double expected = tq_measure__expected(&j->peak, layer) / 10;
        if ((double)tq_layer_macs(layer) > expected * 1e9 * LONG)
            return false;
    }
    return true;
}

static int measure(job *j, const tq_settings *settings)
{
    int result = tq_measure__peak(&j->peak, j->session.context);
    if (result != TQ_EXIT_OK || !(settings->measure || is_quick(j)))
        return result;
    j->gmacs = calloc(tq_network_layer_count(j->session.network) + 1, sizeof *j->gmacs);
    return j->gmacs != NULL ? tq_measure__layers(j->gmacs, &j->session, SECONDS)
                            : tq_report__failure("no memory for the layers' speed");
}

static int run(const tq_settings *settings)
{
    job j = {0};
    int result = tq_session__open(&j.session, settings, settings->operand[0]);
    if (result == TQ_EXIT_OK)
        result = tq_session__plan(&j.session, settings, false);
    if (result == TQ_EXIT_OK && settings->data != NULL)
        result = tq_session__check_data(&j.session, settings->operand[0], settings->data);
    if (result == TQ_EXIT_OK)
        result = measure(&j, settings);
    if (result == TQ_EXIT_OK)
        result = report(&j, settings);
    free(j.gmacs);
    tq_session__close(&j.session);
    return result;
}

static const tq_option *const options[] = {
    &tq_option_weights,       &tq_option_extrinsic, &tq_option_intrinsic,      &tq_option_batch,
    &tq_option_device,        &tq_option_float,     &tq_option_fold_batchnorm, &tq_option_input,
    &tq_option_input_largest, &tq_option_measure,   &tq_option_json,           NULL};
const tq_command tq_command_explain = {
    .name = "explain",
    .summary = "say how each layer of a model would be computed",
    .operands = "MODEL",
    .operand_count = 1,
    .options = options,
    .details =
        "Plans an ONNX model. For each layer: name, kind, output of one sample (rows x columns x channels\n"
        "for images), multiplications in its loop, what the maps quantize, the accumulation path, a line "
        "of\n"
        "its proof, its vector instructions per multiplication, the GMAC/s that are expected and those that\n"
        "are measured, and why no cheaper path gives the same bits. Expected is what plain float reaches on\n"
        "this device, measured with a dense layer of 512 x 512, divided by the ratio of instructions.\n"
        "Measured is the planned layer's time on the device, with numbers in 0 .. 1 or those of --data; it "
        "is\n"
        "left out where a layer might take more than a second, unless --measure is given.\n"
        "With --json: an object with model, device, batch, float_gmacs, and layers: name, kind, shape, "
        "path,\n"
        "macs, weights, extrinsic, intrinsic (null where nothing is quantized), proof, "
        "instructions_per_mac,\n"
        "input_bound and otherwise (null, or up to which magnitude of inputs the path is taken, and which\n"
        "beyond), expected_gmacs, measured_gmacs (null where not known), not_cheaper (a list of reasons).",
    .examples =
        "tq explain lenet.onnx\n"
        "tq explain lenet.onnx --data fashion-mnist --intrinsic nearest,16,8\n"
        "tq explain lenet.onnx --weights nearest,8,6 --intrinsic '{\"conv*\": \"fixed,16,8,round=even\"}'",
    .run = run,
};
