/* What a training is of, in lines for its checkpoints. */
#ifndef TQ_CLI_TRAIN_NOTE_H
#define TQ_CLI_TRAIN_NOTE_H

#include "cli/training.h"

/* Makes job->note: all that decides the bits, the number of epochs aside. Returns an exit code. */
int tq_train_note__make(tq_training_job *job, const tq_settings *settings, bool builtin);

#endif
