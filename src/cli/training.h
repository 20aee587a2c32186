/* What `tq train` works on. */
#ifndef TQ_CLI_TRAINING_H
#define TQ_CLI_TRAINING_H

#include "cli/evaluate.h"
#include "cli/train_log.h"

/* Zero-initialized is closed. */
typedef struct tq_training_job {
    tq_session train; /* its data set, network and batch */
    tq_session check; /* its data set is that of validation, or NULL; all else is borrowed from `train` */
    tq_map *backward, *update;
    tq_optimizer_rule rule;
    tq_update quantizers; /* of the optimizer's step */
    tq_loss loss;
    tq_trainer *trainer;
    char *checkpoint;    /* path, or NULL */
    char *note;          /* of checkpoints */
    int64_t classes;     /* outputs of a sample */
    int64_t sample_size; /* numbers of a sample */
    int64_t epoch_steps; /* of an epoch */
    tq_train_log log;
    tq_progress progress;

    float *samples, *targets; /* of a step */
    int32_t *labels;
    int64_t *order; /* of the epoch's samples */

    double loss_sum; /* of this epoch's steps by this process */
    int64_t loss_count;
    tq_evaluation evaluation;
    double seconds;  /* of training */
    int64_t trained; /* images by this process */
    json_t *epochs;  /* rows */
} tq_training_job;

/* All return an exit code; after a failure too the job is closed by the caller. */
int tq_training_job__open(tq_training_job *job, const tq_settings *settings);
void tq_training_job__close(tq_training_job *job);

/* Trains up to the last epoch (train_loop.c). */
int tq_training_job__run(tq_training_job *job, const tq_settings *settings);

#endif
