#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/compare.h"
#include "cli/layer_report.h"
#include "cli/profile_report.h"
#include "cli/report.h"

typedef struct job {
    tq_session session;
    tq_comparison comparison;
    tq_evaluation evaluation;
    tq_profile_report profile; /* with rows only when asked for */
    tq_progress progress;
} job;

static json_t *describe_layer(const job *j, size_t i, bool compared)
{
    const tq_layer_error *const error = j->comparison.layer + i;
    json_t *const to = tq_layer_report__json(tq_network_layer(j->session.network, i));
    if (compared) {
        json_object_set_new(to, "sqnr_db", tq_report__real(tq_comparison__decibels(error)));
        json_object_set_new(to, "exact", json_boolean(tq_comparison__is_exact(error)));
    }
    return to;
}

static json_t *describe(const job *j, const tq_settings *settings)
{
    const tq_evaluation *const e = &j->evaluation;
    const bool labelled = tq_dataset_has_labels(j->session.dataset);
    json_t *const layers = json_array();
    for (size_t i = 0; i < tq_network_layer_count(j->session.network); ++i)
        json_array_append_new(layers, describe_layer(j, i, settings->compare));
    json_t *const to = json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:f, s:f, s:f, s:f, s:o}", "model", settings->operand[0],
        "data", settings->data, "device", tq_context_device(j->session.context)->name, "seed",
        (json_int_t)settings->seed, "batch", (json_int_t)j->session.batch, "images", (json_int_t)e->images,
        "right", labelled ? json_integer(e->right) : json_null(), "accuracy",
        labelled ? json_real(tq_evaluation__accuracy(e)) : json_null(), "images_per_second",
        tq_evaluation__speed(e), "wall_images_per_second", tq_evaluation__wall_speed(e), "forward_seconds",
        e->forward_seconds, "seconds", e->seconds, "layers", layers);
    if (settings->profile)
        json_object_set_new(to, "profile", tq_profile_report__json(&j->profile));
    return to;
}

static void print_layer(const job *j, size_t i, bool compared)
{
    char shape[128];
    const tq_layer *const layer = tq_network_layer(j->session.network, i);
    const tq_layer_error *const error = j->comparison.layer + i;
    tq_layer_report__shape(shape, sizeof shape, layer);
    printf("%-20s %-14s %-12s %-10s", tq_layer_name(layer), tq_layer_kind_of(layer), shape,
           tq_layer_path(layer));
    if (compared && tq_comparison__is_exact(error))
        printf("  exact");
    else if (compared)
        printf(" %7.2f dB", tq_comparison__decibels(error));
    printf("\n");
}

static void print(const job *j, const tq_settings *settings)
{
    const tq_evaluation *const e = &j->evaluation;
    printf("%-20s %-14s %-12s %-10s%s\n", "layer", "kind", "output", "path",
           settings->compare ? "    SQNR" : "");
    for (size_t i = 0; i < tq_network_layer_count(j->session.network); ++i)
        print_layer(j, i, settings->compare);
    printf("\ndevice    %s\n", tq_context_device(j->session.context)->name);
    printf("seed      %lld\n", (long long)settings->seed);
    printf("images    %lld in batches of %lld\n", (long long)e->images, (long long)j->session.batch);
    printf("speed     %.0f images per second (%.2f s in the network), %.0f by the wall (%.2f s)\n",
           tq_evaluation__speed(e), e->forward_seconds, tq_evaluation__wall_speed(e), e->seconds);
    if (tq_dataset_has_labels(j->session.dataset))
        printf("accuracy  %.2f %% (%lld right)\n", 100 * tq_evaluation__accuracy(e), (long long)e->right);
    if (settings->profile)
        tq_profile_report__print(&j->profile);
}

static int write_outputs(const job *j, const char *path)
{
    const tq_shape shape = tq_shape_of(2, (const int64_t[]){j->evaluation.images, j->evaluation.classes});
    return path == NULL ? TQ_EXIT_OK : tq_report__status(tq_npy_write(path, &shape, j->evaluation.outputs));
}

static int prepare(job *j, const tq_settings *settings)
{
    const char *const model = settings->operand[0];
    if (settings->profile && settings->compare)
        return tq_report__usage(
            "--profile and --compare: one at a time; the float network would be counted too");
    int result = tq_session__check_output(settings->out);
    if (result == TQ_EXIT_OK)
        result = tq_session__open(&j->session, settings, model);
    if (result == TQ_EXIT_OK)
        result = tq_session__plan(&j->session, settings, settings->compare);
    if (result == TQ_EXIT_OK)
        result = tq_session__check_data(&j->session, model, settings->data);
    if (result == TQ_EXIT_OK && settings->compare)
        result = tq_comparison__open(&j->comparison, &j->session, model, settings->fold_batchnorm);
    if (result == TQ_EXIT_OK && settings->profile)
        result = tq_report__status(tq_context_set(j->session.context, "profile", "on"));
    return result;
}

static int evaluate(job *j, const tq_settings *settings)
{
    j->evaluation = (tq_evaluation){.progress = &j->progress,
                                    .observe = settings->compare ? tq_comparison__observe : NULL,
                                    .observer = &j->comparison,
                                    .keep_outputs = settings->out != NULL};
    tq_progress__start(&j->progress, j->session.images);
    const int result = tq_evaluation__run(&j->evaluation, &j->session);
    tq_progress__hide(&j->progress);
    return result;
}

static int run(const tq_settings *settings)
{
    job j = {0};
    int result = prepare(&j, settings);
    if (result == TQ_EXIT_OK)
        result = evaluate(&j, settings);
    if (result == TQ_EXIT_OK && settings->profile)
        result = tq_profile_report__read(&j.profile, &j.session, &j.evaluation);
    if (result == TQ_EXIT_OK)
        result = write_outputs(&j, settings->out);
    if (result == TQ_EXIT_OK && settings->json)
        result = tq_report__json(describe(&j, settings));
    else if (result == TQ_EXIT_OK)
        print(&j, settings);
    free(j.evaluation.outputs);
    tq_profile_report__free(&j.profile);
    tq_comparison__close(&j.comparison);
    tq_session__close(&j.session);
    return result;
}

static const tq_option *const options[] = {
    &tq_option_data,    &tq_option_weights,  &tq_option_extrinsic,      &tq_option_intrinsic,
    &tq_option_device,  &tq_option_float,    &tq_option_batch,          &tq_option_limit,
    &tq_option_seed,    &tq_option_out,      &tq_option_fold_batchnorm, &tq_option_compare,
    &tq_option_profile, &tq_option_binaries, &tq_option_json,           NULL};
const tq_command tq_command_run = {
    .name = "run",
    .summary = "run a model on a data set: accuracy, speed, error of each layer",
    .operands = "MODEL",
    .operand_count = 1,
    .options = options,
    .details =
        "Runs an ONNX model over a data set, quantized as the three maps say. An npy data set holds float32\n"
        "numbers in the model's own layout (NCHW for images) and, in the second file, integer labels.\n"
        "An image counts as right when its label has the highest output; among equals the first counts, and\n"
        "an image with a NaN among its outputs is wrong. The speed is that of the time in which the network\n"
        "had images to work on, and that by the wall, decoding of the first batch included: a batch is\n"
        "decoded while the device computes the one before.\n"
        "Accuracy and outputs depend on model, data, maps and seed only: not on device or batch, unless\n"
        "--float says otherwise.\n"
        "--profile: for each kernel of each layer microseconds on the device and launches per forward pass,\n"
        "microseconds of the host per launch, GMAC/s where there are weights, else GB/s of the tensors it\n"
        "reads and writes, and the share of the time from the first launch to the last. Uploads and\n"
        "decoding overlap with the other rows; idle is when the device did nothing else.\n"
        "With --json: an object with model, data, device, seed, batch, images, right and accuracy (null\n"
        "without labels), images_per_second, wall_images_per_second, forward_seconds, seconds, and layers:\n"
        "name, kind, shape (output of one image), path (\"\" where there is no accumulation), with "
        "--compare\n"
        "also sqnr_db = 10 log10(sum ref^2 / sum (ref-q)^2) over all images and exact. sqnr_db is null "
        "where\n"
        "exact is true (all numbers equal, the ratio is infinite) and where the outputs are not finite.\n"
        "With --profile also profile: forwards, span_seconds, busy_seconds, idle_seconds, decode_seconds, "
        "and\n"
        "rows: layer, kind, path, step (kernel, upload, download), device_seconds, launches_per_forward,\n"
        "host_seconds_per_launch, share, gmacs and gbs (one of them null).",
    .examples =
        "tq run lenet.onnx --data fashion-mnist\n"
        "tq run lenet.onnx --data fashion-mnist --weights nearest,8,6 --extrinsic nearest,8,4 --compare\n"
        "tq run lenet.onnx --data idx:images.gz,labels.gz --intrinsic '{\"product\": \"fp16\", \"sum\": "
        "\"exact\"}'\n"
        "tq run lenet.onnx --data fashion-mnist --intrinsic nearest,16,8 --profile\n"
        "tq run model.onnx --data npy:x.npy --weights maps/weights.json --out y.npy --device gpu --json",
    .run = run,
};
