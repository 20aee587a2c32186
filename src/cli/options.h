/* The options of all commands, by one table: a command lists those it takes. */
#ifndef TQ_CLI_OPTIONS_H
#define TQ_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The command line, read. Texts are borrowed from it. */
typedef struct tq_settings {
    const char *const *operand;
    const char *device, *data, *weights, *extrinsic, *intrinsic, *out, *rows, *formats, *scopes, *float_mode,
        *validation, *optimizer, *step_quantizers, *loss, *backward, *update, *log, *checkpoint, *target,
        *binaries;              /* or NULL */
    int64_t batch, limit, seed; /* limit 0: all */
    int64_t epochs, checkpoint_every;
    double input_largest; /* 0: not given */
    bool batch_given, clipped, resume, fold_batchnorm, compare, profile, measure, quick, json, help;
} tq_settings;

typedef enum tq_option_type {
    TQ_OPTION_FLAG,
    TQ_OPTION_TEXT,
    TQ_OPTION_INTEGER,
    TQ_OPTION_REAL
} tq_option_type;

typedef struct tq_option {
    const char *name;  /* without the dashes */
    const char *value; /* what stands for the value in help */
    const char *help;  /* one or more lines */
    tq_option_type type;
    bool required;
    size_t offset; /* in tq_settings */
    size_t given;  /* there too: a bool that says whether it was given; 0: none */
    int64_t initial, lowest, highest;
} tq_option;

extern const tq_option tq_option_device, tq_option_data, tq_option_weights, tq_option_extrinsic,
    tq_option_intrinsic, tq_option_out, tq_option_rows, tq_option_formats, tq_option_scopes, tq_option_batch,
    tq_option_limit, tq_option_seed, tq_option_float, tq_option_fold_batchnorm, tq_option_compare,
    tq_option_profile, tq_option_measure, tq_option_input, tq_option_input_largest, tq_option_tuned,
    tq_option_quick, tq_option_operations, tq_option_json, tq_option_folder, tq_option_target,
    tq_option_binaries;
/* Of `tq train`. */
extern const tq_option tq_option_train_data, tq_option_validation, tq_option_optimizer,
    tq_option_step_quantizers, tq_option_loss, tq_option_backward, tq_option_update, tq_option_clipped,
    tq_option_epochs, tq_option_train_batch, tq_option_train_seed, tq_option_model, tq_option_log,
    tq_option_checkpoint, tq_option_checkpoint_every, tq_option_resume;

struct tq_command;

/*
 * Reads the arguments behind a command's name. Operands are moved to the front of `arguments`, in order.
 * Returns an exit code; on failure it has said what is wrong.
 */
int tq_options__read(tq_settings *settings, const struct tq_command *command, int count, char **arguments);

/* Prints a command's help. */
void tq_options__help(const struct tq_command *command);

#endif
