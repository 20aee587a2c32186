#include "cli/evaluate.h"

#include <math.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/report.h"

typedef struct buffers {
    float *input, *output;
    int32_t *labels; /* NULL: there are none */
} buffers;

/* Index of the first of the highest scores; -1 when there is a NaN. */
static int64_t winner(const float *score, int64_t count)
{
    int64_t best = 0;
    for (int64_t i = 0; i < count; ++i) {
        if (isnan(score[i]))
            return -1;
        best = score[i] > score[best] ? i : best;
    }
    return best;
}

static int run_batch(tq_evaluation *e, const tq_session *session, const buffers *b, int64_t samples)
{
    const int64_t first = e->images;
    float *const output = e->keep_outputs ? e->outputs + first * e->classes : b->output;
    int result = tq_report__status(tq_dataset_read(session->dataset, first, samples, b->input, b->labels));
    if (result != TQ_EXIT_OK)
        return result;
    const double started = tq_progress__now();
    result = tq_report__status(tq_network_forward(session->network, b->input, samples, first, output));
    e->forward_seconds += tq_progress__now() - started;
    for (int64_t i = 0; result == TQ_EXIT_OK && b->labels != NULL && i < samples; ++i)
        e->right += winner(output + i * e->classes, e->classes) == b->labels[i];
    e->images += samples;
    if (result == TQ_EXIT_OK && e->observe != NULL)
        result = e->observe(e->observer, b->input, samples, first);
    tq_progress__add(e->progress, samples);
    return result;
}

static int run_batches(tq_evaluation *e, const tq_session *session, const buffers *b)
{
    int result = TQ_EXIT_OK;
    const double started = tq_progress__now();
    while (result == TQ_EXIT_OK && e->images < session->images) {
        const int64_t left = session->images - e->images;
        result = run_batch(e, session, b, left < session->batch ? left : session->batch);
    }
    e->seconds = tq_progress__now() - started;
    return result;
}

int tq_evaluation__run(tq_evaluation *e, const tq_session *session)
{
    tq_shape input, output;
    int result = tq_report__status(tq_network_shapes(session->network, &input, &output));
    if (result != TQ_EXIT_OK)
        return result;
    const int64_t batch = session->batch;
    const bool labelled = tq_dataset_has_labels(session->dataset);
    e->classes = tq_shape_count(&output) / batch;
    buffers b = {.input = tq_session__allocate(tq_shape_count(&input)),
                 .output = tq_session__allocate(tq_shape_count(&output)),
                 .labels = labelled ? malloc((size_t)batch * sizeof *b.labels) : NULL};
    if (e->keep_outputs && e->classes <= INT64_MAX / session->images)
        e->outputs = tq_session__allocate(session->images * e->classes);
    if (!b.input || !b.output || (labelled && !b.labels) || (e->keep_outputs && !e->outputs))
        result = tq_report__failure("no memory for %lld images in batches of %lld",
                                    (long long)session->images, (long long)batch);
    else
        result = run_batches(e, session, &b);
    free(b.input);
    free(b.output);
    free(b.labels);
    return result;
}

double tq_evaluation__speed(const tq_evaluation *e)
{
    return e->forward_seconds > 0 ? (double)e->images / e->forward_seconds : 0;
}

double tq_evaluation__accuracy(const tq_evaluation *e)
{
    return (double)e->right / (double)e->images;
}
