#include "cli/measure.h"

#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/report.h"

enum { PEAK_SIDE = 512, PEAK_RUNS = 5 };

static tq_profile_row *read_rows(tq_context *context, size_t *count)
{
    if (tq_report__status(tq_profile_read(context, NULL, 0, count, NULL)) != TQ_EXIT_OK)
        return NULL;
    tq_profile_row *const row = calloc(*count + 1, sizeof *row);
    if (row == NULL)
        tq_report__failure("no memory for a profile of %zu rows", *count);
    else if (tq_report__status(tq_profile_read(context, row, *count, count, NULL)) != TQ_EXIT_OK) {
        free(row);
        return NULL;
    }
    return row;
}

/* Multiplications of a layer by the time of all its launches; 0 without either. */
static double rate_of(const tq_profile_row *row, size_t count, const char *layer)
{
    double macs = 0, seconds = 0;
    for (size_t i = 0; i < count; ++i)
        if (strcmp(row[i].layer, layer) == 0) {
            macs += row[i].macs;
            seconds += row[i].device_seconds;
        }
    return seconds > 0 ? macs / seconds / 1e9 : 0;
}

static tq_status make_peak_network(tq_network **network, tq_context *context, const float *numbers)
{
    const tq_shape input = tq_shape_of(2, (const int64_t[]){1, PEAK_SIDE});
    const tq_shape weight = tq_shape_of(2, (const int64_t[]){PEAK_SIDE, PEAK_SIDE});
    tq_status status = tq_network_create(network, context);
    if (status == TQ_OK)
        status = tq_network_add_input(*network, "x", &input, TQ_NHWC);
    if (status == TQ_OK)
        status = tq_network_add(*network, "dense", "peak", NULL, "x");
    if (status == TQ_OK)
        status = tq_network_set_weight(*network, "peak", "weight", &weight, numbers);
    return status == TQ_OK ? tq_network_plan(*network, &(tq_plan){.batch = PEAK_SIDE}) : status;
}

static int run_peak(tq_peak *peak, tq_context *context, tq_network *network, const float *numbers)
{
    for (int i = 0; i < PEAK_RUNS; ++i) {
        size_t count = 0;
        int result = tq_report__status(tq_profile_clear(context));
        if (result == TQ_EXIT_OK)
            result = tq_report__status(tq_network_forward(network, numbers, PEAK_SIDE, 0, NULL));
        if (result != TQ_EXIT_OK)
            return result;
        tq_profile_row *const row = read_rows(context, &count);
        if (row == NULL)
            return TQ_EXIT_FAILURE;
        const double rate = rate_of(row, count, "peak");
        peak->gmacs = rate > peak->gmacs ? rate : peak->gmacs;
        free(row);
    }
    peak->instructions = tq_layer_path_details(tq_network_layer(network, 0)).instructions;
    return TQ_EXIT_OK;
}

int tq_measure__peak(tq_peak *peak, tq_context *context)
{
    float *const numbers = tq_session__allocate((int64_t)PEAK_SIDE * PEAK_SIDE);
    tq_network *network = NULL;
    *peak = (tq_peak){0};
    if (numbers == NULL)
        return tq_report__failure("no memory to measure the device");
    for (int i = 0; i < PEAK_SIDE * PEAK_SIDE; ++i)
        numbers[i] = (float)(i % 251) / 256.0f;
    int result = tq_report__status(tq_context_set(context, "profile", "on"));
    if (result == TQ_EXIT_OK)
        result = tq_report__status(make_peak_network(&network, context, numbers));
    if (result == TQ_EXIT_OK)
        result = run_peak(peak, context, network, numbers);
    if (result == TQ_EXIT_OK)
        result = tq_report__status(tq_context_set(context, "profile", "off"));
    tq_network_destroy(network);
    free(numbers);
    return result;
}

/* A batch of the data set, or numbers in 0 .. 1 within what the network is planned for. */
static int fill_batch(float *to, int64_t count, const tq_session *session)
{
    const double largest = session->largest > 0 && session->largest < 1 ? session->largest : 1;
    uint32_t state = 1;
    if (session->dataset != NULL)
        return tq_report__status(tq_dataset_read(session->dataset, 0, session->batch, to, NULL));
    for (int64_t i = 0; i < count; ++i) {
        state = state * 1664525u + 1013904223u;
        to[i] = (float)((double)(state >> 8) / 0x1p24 * largest);
    }
    return TQ_EXIT_OK;
}

static int run_layers(const tq_session *session, const float *batch, double seconds)
{
    const double begun = tq_progress__now();
    int result = tq_report__status(tq_network_forward(session->network, batch, session->batch, 0, NULL));
    const bool again = result == TQ_EXIT_OK && tq_progress__now() - begun < seconds;
    if (again) /* the first was to warm up */
        result = tq_report__status(tq_profile_clear(session->context));
    for (bool more = again; result == TQ_EXIT_OK && more; more = tq_progress__now() - begun < seconds)
        result = tq_report__status(tq_network_forward(session->network, batch, session->batch, 0, NULL));
    return result;
}

static int collect(double *gmacs, const tq_session *session)
{
    size_t count = 0;
    tq_profile_row *const row = read_rows(session->context, &count);
    if (row == NULL)
        return TQ_EXIT_FAILURE;
    for (size_t i = 0; i < tq_network_layer_count(session->network); ++i)
        gmacs[i] = rate_of(row, count, tq_layer_name(tq_network_layer(session->network, i)));
    free(row);
    return TQ_EXIT_OK;
}

int tq_measure__layers(double *gmacs, const tq_session *session, double seconds)
{
    tq_shape input;
    int result = tq_report__status(tq_network_shapes(session->network, &input, NULL));
    if (result != TQ_EXIT_OK)
        return result;
    float *const batch = tq_session__allocate(tq_shape_count(&input));
    if (batch == NULL)
        return tq_report__failure("no memory for a batch");
    result = fill_batch(batch, tq_shape_count(&input), session);
    if (result == TQ_EXIT_OK)
        result = tq_report__status(tq_context_set(session->context, "profile", "on"));
    if (result == TQ_EXIT_OK)
        result = run_layers(session, batch, seconds);
    if (result == TQ_EXIT_OK)
        result = collect(gmacs, session);
    if (result == TQ_EXIT_OK)
        result = tq_report__status(tq_context_set(session->context, "profile", "off"));
    free(batch);
    return result;
}

double tq_measure__expected(const tq_peak *peak, const tq_layer *layer)
{
    const double instructions = tq_layer_path_details(layer).instructions;
    return instructions > 0 ? peak->gmacs * peak->instructions / instructions : 0;
}
