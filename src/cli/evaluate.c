#include "cli/evaluate.h"

#include <math.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/report.h"

/* A batch: started, or to be. */
typedef struct batch {
    int64_t first, samples;
    int32_t *labels; /* NULL: there are none */
} batch;

typedef struct buffers {
    float *input, *output;
    batch batch[2];          /* turn about */
    int64_t started, waited; /* batches */
    int64_t ahead;           /* as many under way at most */
    double busy_since;
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

/* Reads the next batch and starts it. */
static int start_batch(tq_evaluation *e, const tq_session *session, buffers *b)
{
    batch *const next = &b->batch[b->started % 2];
    const double begun = tq_progress__now();
    next->first = b->started * session->batch;
    const int64_t left = session->images - next->first;
    next->samples = left < session->batch ? left : session->batch;
    int result = tq_report__status(
        tq_dataset_read(session->dataset, next->first, next->samples, b->input, next->labels));
    const double read = tq_progress__now();
    e->decode_seconds += read - begun;
    b->busy_since = b->started == b->waited ? read : b->busy_since;
    if (result == TQ_EXIT_OK)
        result = tq_report__status(tq_network_start(session->network, b->input, next->samples, next->first));
    ++b->started;
    return result;
}

static int finish_batch(tq_evaluation *e, const tq_session *session, buffers *b)
{
    const batch *const done = &b->batch[b->waited++ % 2];
    float *const output = e->keep_outputs ? e->outputs + done->first * e->classes : b->output;
    int result = tq_report__status(tq_network_wait(session->network, output));
    const double now = tq_progress__now();
    e->forward_seconds += now - b->busy_since;
    b->busy_since = now;
    for (int64_t i = 0; result == TQ_EXIT_OK && done->labels != NULL && i < done->samples; ++i)
        e->right += winner(output + i * e->classes, e->classes) == done->labels[i];
    e->images += done->samples;
    if (result == TQ_EXIT_OK && e->observe != NULL)
        result = e->observe(e->observer, b->input, done->samples, done->first);
    tq_progress__add(e->progress, done->samples);
    return result;
}

/* The next batch is read while the device computes; an observer wants to see one at a time. */
static int run_batches(tq_evaluation *e, const tq_session *session, buffers *b)
{
    const int64_t batches = (session->images + session->batch - 1) / session->batch;
    int result = TQ_EXIT_OK;
    const double started = tq_progress__now();
    while (result == TQ_EXIT_OK && b->waited < batches) {
        if (b->started < batches && b->started - b->waited < b->ahead)
            result = start_batch(e, session, b);
        else
            result = finish_batch(e, session, b);
    }
    e->seconds = tq_progress__now() - started;
    return result;
}

/* Whether there is memory for all that is asked for. */
static bool allocate(tq_evaluation *e, const tq_session *session, buffers *b, int64_t inputs, int64_t outputs)
{
    const bool labelled = tq_dataset_has_labels(session->dataset);
    b->input = tq_session__allocate(inputs);
    b->output = tq_session__allocate(outputs);
    for (int i = 0; labelled && i < 2; ++i)
        b->batch[i].labels = malloc((size_t)session->batch * sizeof *b->batch[i].labels);
    if (e->keep_outputs && e->classes <= INT64_MAX / session->images)
        e->outputs = tq_session__allocate(session->images * e->classes);
    return b->input && b->output && (!labelled || (b->batch[0].labels && b->batch[1].labels)) &&
           (!e->keep_outputs || e->outputs);
}

int tq_evaluation__run(tq_evaluation *e, const tq_session *session)
{
    tq_shape input, output;
    buffers b = {0};
    int result = tq_report__status(tq_network_shapes(session->network, &input, &output));
    if (result != TQ_EXIT_OK)
        return result;
    e->classes = tq_shape_count(&output) / session->batch;
    if (tq_shape_count(&output) % session->batch != 0)
        return tq_report__failure("the network's %lld outputs are not as many for each of %lld images",
                                  (long long)tq_shape_count(&output), (long long)session->batch);
    b.ahead = e->observe == NULL && tq_session__has_room(session, tq_shape_count(&input)) ? 2 : 1;
    if (allocate(e, session, &b, tq_shape_count(&input), tq_shape_count(&output)))
        result = run_batches(e, session, &b);
    else
        result = tq_report__failure("no memory for %lld images in batches of %lld",
                                    (long long)session->images, (long long)session->batch);
    free(b.input);
    free(b.output);
    free(b.batch[0].labels);
    free(b.batch[1].labels);
    return result;
}

double tq_evaluation__wall_speed(const tq_evaluation *e)
{
    return e->seconds > 0 ? (double)e->images / e->seconds : 0;
}

double tq_evaluation__speed(const tq_evaluation *e)
{
    return e->forward_seconds > 0 ? (double)e->images / e->forward_seconds : 0;
}

double tq_evaluation__accuracy(const tq_evaluation *e)
{
    return (double)e->right / (double)e->images;
}
