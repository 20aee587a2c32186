/* The epochs of a training: steps, measurement, log, checkpoints. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/order.h"
#include "cli/report.h"
#include "cli/training.h"

static int check_labels(const tq_training_job *job)
{
    for (int64_t i = 0; i < job->train.batch; ++i)
        if (job->labels[i] < 0 || job->labels[i] >= job->classes)
            return tq_report__failure("label %d, but the network has %lld outputs", (int)job->labels[i],
                                      (long long)job->classes);
    return TQ_EXIT_OK;
}

/* Reads the samples of step `step` of an epoch. */
static int read_batch(tq_training_job *job, int64_t step)
{
    const int64_t batch = job->train.batch;
    int result = TQ_EXIT_OK;
    for (int64_t i = 0; result == TQ_EXIT_OK && i < batch; ++i)
        result = tq_report__status(tq_dataset_read(job->train.dataset, job->order[step * batch + i], 1,
                                                   job->samples + i * job->sample_size, job->labels + i));
    return result == TQ_EXIT_OK ? check_labels(job) : result;
}

/* 1 for the label, 0 for the others. */
static void make_targets(tq_training_job *job)
{
    memset(job->targets, 0, (size_t)(job->train.batch * job->classes) * sizeof *job->targets);
    for (int64_t i = 0; i < job->train.batch; ++i)
        job->targets[i * job->classes + job->labels[i]] = 1;
}

static void show(tq_training_job *job, const tq_settings *settings, int64_t epoch, double loss)
{
    tq_progress *const progress = &job->progress;
    snprintf(progress->label, sizeof progress->label, "epoch %lld/%lld  loss %.4f  rate %.4g",
             (long long)epoch + 1, (long long)settings->epochs, loss, (double)tq_trainer_rate(job->trainer));
    tq_progress__add(progress, 1);
}

static int train_step(tq_training_job *job, const tq_settings *settings, int64_t epoch)
{
    const double rate = (double)tq_trainer_rate(job->trainer);
    const int64_t step = (int64_t)tq_trainer_steps(job->trainer);
    double loss = 0;
    int result = read_batch(job, step % job->epoch_steps);
    if (result == TQ_EXIT_OK && job->loss == TQ_LOSS_SQUARES)
        make_targets(job);
    if (result == TQ_EXIT_OK)
        result =
            tq_report__status(tq_trainer_step(job->trainer, job->samples, job->labels,
                                              job->loss == TQ_LOSS_SQUARES ? job->targets : NULL, &loss));
    if (result != TQ_EXIT_OK)
        return result;
    job->loss_sum += loss;
    ++job->loss_count;
    job->trained += job->train.batch;
    show(job, settings, epoch, loss);
    return tq_train_log__add(&job->log, json_pack("{s:s, s:I, s:I, s:f, s:f}", "event", "step", "step",
                                                  (json_int_t)step + 1, "epoch", (json_int_t)epoch + 1,
                                                  "loss", loss, "rate", rate));
}

static int save_checkpoint(tq_training_job *job)
{
    return tq_report__status(tq_checkpoint_write(job->trainer, job->checkpoint, job->note));
}

static int measure(tq_training_job *job, const tq_settings *settings)
{
    tq_progress hidden = {0};
    job->evaluation = (tq_evaluation){.progress = &hidden};
    int result = tq_report__status(tq_trainer_store(job->trainer));
    if (job->check.dataset == NULL || result != TQ_EXIT_OK)
        return result;
    result = tq_session__plan(&job->check, settings, false);
    return result == TQ_EXIT_OK ? tq_evaluation__run(&job->evaluation, &job->check) : result;
}

/* The row of an epoch, in the log, in the list, and on the screen. */
static int report_epoch(tq_training_job *job, const tq_settings *settings, int64_t epoch, double seconds)
{
    const bool measured = job->check.dataset != NULL;
    const double accuracy = measured ? tq_evaluation__accuracy(&job->evaluation) : -1;
    const double loss = job->loss_count > 0 ? job->loss_sum / (double)job->loss_count : 0;
    json_t *const row =
        json_pack("{s:s, s:I, s:I, s:o, s:o, s:o, s:I, s:f}", "event", "epoch", "step",
                  (json_int_t)tq_trainer_steps(job->trainer), "epoch", (json_int_t)epoch + 1, "loss",
                  tq_report__real(loss), "accuracy", measured ? json_real(accuracy) : json_null(), "right",
                  measured ? json_integer(job->evaluation.right) : json_null(), "images",
                  (json_int_t)job->evaluation.images, "seconds", seconds);
    json_array_append(job->epochs, row);
    if (!settings->json) {
        tq_progress__hide(&job->progress);
        printf("epoch %3lld  loss %.4f  rate %-8.4g", (long long)epoch + 1, loss,
               (double)tq_trainer_rate(job->trainer));
        if (measured)
            printf("  accuracy %.2f %%", 100 * accuracy);
        printf("  %.1f s\n", seconds);
        fflush(stdout);
    }
    return tq_train_log__add(&job->log, row);
}

static int train_epoch(tq_training_job *job, const tq_settings *settings, int64_t epoch)
{
    const double started = tq_progress__now();
    const int64_t end = (epoch + 1) * job->epoch_steps, every = settings->checkpoint_every;
    int result = TQ_EXIT_OK;
    tq_order__shuffle(job->order, job->train.images, (uint64_t)settings->seed, (uint32_t)epoch);
    job->loss_sum = 0;
    job->loss_count = 0;
    while (result == TQ_EXIT_OK && (int64_t)tq_trainer_steps(job->trainer) < end) {
        result = train_step(job, settings, epoch);
        const int64_t step = (int64_t)tq_trainer_steps(job->trainer);
        if (result == TQ_EXIT_OK && every > 0 && step % every == 0 && step < end)
            result = save_checkpoint(job);
    }
    job->seconds += tq_progress__now() - started;
    if (result == TQ_EXIT_OK)
        result = measure(job, settings);
    if (result == TQ_EXIT_OK)
        result = report_epoch(job, settings, epoch, tq_progress__now() - started);
    return result == TQ_EXIT_OK ? save_checkpoint(job) : result;
}

static int open_log(tq_training_job *job, const tq_settings *settings)
{
    const int64_t step = (int64_t)tq_trainer_steps(job->trainer);
    const int result = tq_train_log__open(&job->log, settings->log, step);
    if (result != TQ_EXIT_OK)
        return result;
    return tq_train_log__add(
        &job->log, json_pack("{s:s, s:I, s:s, s:s, s:s, s:I, s:I}", "event", "start", "step",
                             (json_int_t)step, "model", settings->operand[0], "training", job->note, "device",
                             tq_context_device(job->train.context)->name, "epochs",
                             (json_int_t)settings->epochs, "steps_per_epoch", (json_int_t)job->epoch_steps));
}

int tq_training_job__run(tq_training_job *job, const tq_settings *settings)
{
    const int64_t all = settings->epochs * job->epoch_steps;
    job->epochs = json_array();
    int result = open_log(job, settings);
    if (result == TQ_EXIT_OK && (int64_t)tq_trainer_steps(job->trainer) >= all)
        result = measure(job, settings); /* there is nothing left to do but to say how good it is */
    tq_progress__start(&job->progress, all);
    tq_progress__resume(&job->progress, (int64_t)tq_trainer_steps(job->trainer));
    while (result == TQ_EXIT_OK && (int64_t)tq_trainer_steps(job->trainer) < all)
        result = train_epoch(job, settings, (int64_t)tq_trainer_steps(job->trainer) / job->epoch_steps);
    tq_progress__hide(&job->progress);
    const int closed = tq_train_log__close(&job->log);
    return result == TQ_EXIT_OK ? closed : result;
}
