/*
 * Checkpoint: the state of a training in one file, from which it goes on with the same bits.
 *
 * The file: "TQCKPT01"; the length of a JSON text, 8 bytes; the text {"note": ..., "steps": ..., "tensors":
 * [[name, dimension, ...], ...]}; the tensors' numbers, binary32, one behind the other; the XXH3 hash, 64
 * bits, of all that. Numbers are little endian.
 */
#ifndef TENSORQUANT_CHECKPOINT_H
#define TENSORQUANT_CHECKPOINT_H

#include "tensorquant/trainer.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Writes the trainer's tensors and its number of steps. `note`: lines "KEY=VALUE\n" of what the training is,
 * as far as the trainer does not know it: model, data, options. A file that is there stays until the new one
 * is complete and on the disk. TQ_E_FILE, TQ_E_MEMORY, and what tq_trainer_read returns.
 */
TQ_API TQ_MUST_CHECK tq_status tq_checkpoint_write(tq_trainer *trainer, const char *path, const char *note);

/*
 * Brings a trainer to where the checkpoint was written. All is checked before anything is changed.
 *
 * TQ_E_FILE: cannot be read. TQ_E_FORMAT: no checkpoint, truncated, or damaged. TQ_E_STATE: of another
 * network or training; the text names the first tensor, or line of the note, that differs.
 */
TQ_API TQ_MUST_CHECK tq_status tq_checkpoint_read(tq_trainer *trainer, const char *path, const char *note);

#ifdef __cplusplus
}
#endif
#endif
