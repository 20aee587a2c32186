#include "cli/compare.h"

#include <math.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/report.h"

static int measure_layers(tq_comparison *c)
{
    int64_t largest = 0;
    for (size_t i = 0; i < c->layers; ++i) {
        tq_shape shape;
        const int result =
            tq_report__status(tq_layer_output_shape(tq_network_layer(c->reference, i), &shape));
        if (result != TQ_EXIT_OK)
            return result;
        c->layer[i].count = tq_shape_count(&shape);
        largest = c->layer[i].count > largest ? c->layer[i].count : largest;
    }
    c->expected = tq_session__allocate(largest);
    c->found = tq_session__allocate(largest);
    return c->expected && c->found ? TQ_EXIT_OK : tq_report__failure("no memory to compare the layers");
}

int tq_comparison__open(tq_comparison *c, const tq_session *session, const char *model, bool fold_batchnorm)
{
    *c = (tq_comparison){.session = session};
    int result = tq_report__status(tq_network_load_onnx(&c->reference, session->context, model));
    if (result == TQ_EXIT_OK && fold_batchnorm)
        result = tq_report__status(tq_network_fold_batchnorm(c->reference, NULL));
    if (result != TQ_EXIT_OK)
        return result;
    const tq_plan plan = {.batch = session->batch, .keep = true};
    result = tq_report__status(tq_network_plan(c->reference, &plan));
    if (result != TQ_EXIT_OK)
        return result;
    c->layers = tq_network_layer_count(c->reference);
    c->layer = calloc(c->layers + 1, sizeof *c->layer);
    return c->layer != NULL ? measure_layers(c) : tq_report__failure("no memory to compare the layers");
}

void tq_comparison__close(tq_comparison *c)
{
    tq_network_destroy(c->reference);
    free(c->layer);
    free(c->expected);
    free(c->found);
}

/* Equal numbers, infinite ones too, add no noise. */
static void add(tq_layer_error *error, const float *expected, const float *found, int64_t count)
{
    for (int64_t i = 0; i < count; ++i) {
        const double reference = expected[i], value = found[i];
        const bool same = reference == value || (isnan(reference) && isnan(value));
        error->signal += isfinite(reference) ? reference * reference : 0;
        error->noise += same ? 0 : (reference - value) * (reference - value);
    }
}

static int compare_layer(tq_comparison *c, size_t i, int64_t samples)
{
    const int64_t count = c->layer[i].count, batch = c->session->batch;
    int result = tq_report__status(tq_network_read_layer(c->reference, i, c->expected, count));
    if (result == TQ_EXIT_OK)
        result = tq_report__status(tq_network_read_layer(c->session->network, i, c->found, count));
    if (result == TQ_EXIT_OK)
        add(c->layer + i, c->expected, c->found, samples == batch ? count : count / batch * samples);
    return result;
}

int tq_comparison__observe(void *observer, const float *input, int64_t samples, int64_t first)
{
    tq_comparison *const c = observer;
    int result = tq_report__status(tq_network_forward(c->reference, input, samples, first, NULL));
    for (size_t i = 0; result == TQ_EXIT_OK && i < c->layers; ++i)
        result = compare_layer(c, i, samples);
    return result;
}

bool tq_comparison__is_exact(const tq_layer_error *error)
{
    return error->noise == 0;
}

double tq_comparison__decibels(const tq_layer_error *error)
{
    return tq_comparison__is_exact(error) ? INFINITY : 10 * log10(error->signal / error->noise);
}
