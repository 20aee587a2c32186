#include "cli/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/report.h"

int tq_session__open_map(tq_map **map, const char *text)
{
    return text == NULL ? TQ_EXIT_OK : tq_report__status(tq_map_parse(map, text));
}

/* On stderr, a line for each image that is left out. */
static void say_warnings(const char *lines)
{
    while (*lines != '\0') {
        const size_t length = strcspn(lines, "\n");
        fprintf(stderr, "tq: left out: %.*s\n", (int)length, lines);
        lines += length + (lines[length] == '\n');
    }
}

static int open_data(tq_session *session, const tq_settings *settings)
{
    if (settings->data == NULL) {
        session->batch = settings->batch;
        return TQ_EXIT_OK;
    }
    const int result = tq_report__status(tq_dataset_open(&session->dataset, settings->data));
    if (result != TQ_EXIT_OK)
        return result;
    say_warnings(tq_dataset_warnings(session->dataset));
    const int64_t count = tq_dataset_count(session->dataset), limit = settings->limit;
    session->largest = tq_dataset_largest(session->dataset);
    session->images = limit > 0 && limit < count ? limit : count;
    session->batch = settings->batch < session->images ? settings->batch : session->images;
    return TQ_EXIT_OK;
}

/* A network that mixes samples has a batch of its own, and runs on whole ones. */
static int fix_batch(tq_session *session)
{
    const int64_t batch = tq_network_fixed_batch(session->network);
    if (batch == 0)
        return TQ_EXIT_OK;
    session->batch = session->asked = batch;
    if (session->images % batch == 0)
        return TQ_EXIT_OK;
    return tq_report__failure(
        "the network's layers mix the samples of batches of %lld, and %lld images are none but "
        "whole batches; --limit sets their number",
        (long long)batch, (long long)session->images);
}

int tq_session__open_parts(tq_session *session, const tq_settings *settings)
{
    int result = tq_session__open_map(&session->weights, settings->weights);
    if (result == TQ_EXIT_OK)
        result = tq_session__open_map(&session->extrinsic, settings->extrinsic);
    if (result == TQ_EXIT_OK)
        result = tq_session__open_map(&session->intrinsic, settings->intrinsic);
    if (result == TQ_EXIT_OK)
        result = open_data(session, settings);
    session->asked = session->batch;
    session->shrinks = !settings->batch_given;
    if (settings->input_largest > 0)
        session->largest = settings->input_largest;
    if (result == TQ_EXIT_OK)
        result = tq_report__status(tq_context_open(&session->context, settings->device));
    if (result == TQ_EXIT_OK && settings->binaries != NULL)
        result = tq_report__status(tq_context_set(session->context, "binaries", settings->binaries));
    if (result == TQ_EXIT_OK && settings->float_mode != NULL)
        result = tq_report__status(tq_context_set(session->context, "float", settings->float_mode));
    return result;
}

int tq_session__open(tq_session *session, const tq_settings *settings, const char *model)
{
    int result = tq_session__open_parts(session, settings);
    if (result == TQ_EXIT_OK)
        result = tq_report__status(tq_network_load_onnx(&session->network, session->context, model));
    if (result == TQ_EXIT_OK && settings->fold_batchnorm)
        result = tq_report__status(tq_network_fold_batchnorm(session->network, NULL));
    return result == TQ_EXIT_OK ? fix_batch(session) : result;
}

void tq_session__close(tq_session *session)
{
    tq_network_destroy(session->network);
    tq_context_close(session->context);
    tq_dataset_close(session->dataset);
    tq_map_destroy(session->weights);
    tq_map_destroy(session->extrinsic);
    tq_map_destroy(session->intrinsic);
}

int tq_session__plan_as(tq_session *session, const tq_plan *plan)
{
    const int64_t before = session->batch;
    const bool shrinks = session->shrinks && tq_network_fixed_batch(session->network) == 0;
    tq_plan now = *plan;
    tq_status status;
    for (;; session->batch = (session->batch + 1) / 2) {
        now.batch = session->batch;
        status = tq_network_plan(session->network, &now);
        if (status != TQ_E_MEMORY || !shrinks || session->batch == 1)
            break;
    }
    if (status == TQ_OK && session->batch < before)
        fprintf(stderr, "tq: '%s' has no memory for batches of %lld; they have %lld\n",
                tq_context_device(session->context)->name, (long long)before, (long long)session->batch);
    return tq_report__status(status);
}

tq_plan tq_session__plan_of(const tq_session *session, const tq_settings *settings, bool keep)
{
    return (tq_plan){.batch = session->batch,
                     .weights = session->weights,
                     .intrinsic = session->intrinsic,
                     .extrinsic = session->extrinsic,
                     .seed = (uint64_t)settings->seed,
                     .keep = keep,
                     .input_largest = session->largest};
}

int tq_session__plan(tq_session *session, const tq_settings *settings, bool keep)
{
    const tq_plan plan = tq_session__plan_of(session, settings, keep);
    return tq_session__plan_as(session, &plan);
}

bool tq_session__has_room(const tq_session *session, int64_t inputs)
{
    const uint64_t taken = tq_context_memory(session->context).bytes,
                   all = tq_context_device(session->context)->global_memory;
    return taken <= all && (uint64_t)inputs <= (all - taken) / sizeof(float);
}

/* The dimensions other than 1: 28x28 is for 1x28x28. */
static tq_shape squeeze(const tq_shape *shape, int first)
{
    tq_shape to = {0};
    for (int i = first; i < shape->rank; ++i)
        if (shape->dim[i] != 1)
            to.dim[to.rank++] = shape->dim[i];
    return to;
}

int tq_session__check_data(const tq_session *session, const char *model, const char *data)
{
    tq_shape input, output;
    const int result = tq_report__status(tq_network_shapes(session->network, &input, &output));
    if (result != TQ_EXIT_OK)
        return result;
    const tq_shape *const sample = tq_dataset_sample_shape(session->dataset);
    const tq_shape needed = squeeze(&input, 1), given = squeeze(sample, 0);
    const bool flat = needed.rank <= 1 && tq_shape_count(&needed) == tq_shape_count(&given);
    if (flat || tq_shape_equal(&needed, &given))
        return TQ_EXIT_OK;
    char have[128], want[128];
    const tq_shape one = tq_shape_of(input.rank - 1, input.dim + 1);
    tq_shape_print(have, sizeof have, sample);
    tq_shape_print(want, sizeof want, &one);
    return tq_report__failure("the samples of '%s' are %s, but the input of '%s' is %s", data, have, model,
                              want);
}

int tq_session__check_output(const char *path)
{
    char folder[4096];
    if (path == NULL)
        return TQ_EXIT_OK;
    const char *const slash = strrchr(path, '/');
    const int length = slash == NULL ? 0 : (int)(slash - path) + 1;
    if (length >= (int)sizeof folder)
        return tq_report__usage("--out: '%s' is too long", path);
    snprintf(folder, sizeof folder, "%.*s", slash == NULL ? 1 : length, slash == NULL ? "." : path);
    if (access(folder, W_OK | X_OK) != 0)
        return tq_report__failure("'%s' cannot be written: %s: %s", path, folder, strerror(errno));
    return TQ_EXIT_OK;
}

float *tq_session__allocate(int64_t count)
{
    if (count < 0 || (uint64_t)count > SIZE_MAX / sizeof(float))
        return NULL;
    return malloc((size_t)count * sizeof(float) + 1);
}
