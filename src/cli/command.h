/*
 * The commands of tq. One file holds one command and exports its descriptor; main.c lists them. The
 * descriptor drives parsing, help and docs/cli.md.
 */
#ifndef TQ_CLI_COMMAND_H
#define TQ_CLI_COMMAND_H

#include "cli/options.h"

/* Exit codes, as `tq --help` explains them. */
enum { TQ_EXIT_OK = 0, TQ_EXIT_FAILURE = 1, TQ_EXIT_USAGE = 2 };

typedef struct tq_command {
    const char *name;
    const char *summary;             /* one line */
    const char *operands;            /* as in help, "IN.npy OUT.npy Q"; "" for none */
    size_t operand_count;            /* exactly so many */
    const tq_option *const *options; /* NULL at the end */
    const char *details;  /* paragraphs, lines of at most 100 characters, without a final newline */
    const char *examples; /* lines without a final newline */
    int (*run)(const tq_settings *settings); /* returns an exit code, after saying on stderr what is wrong */
} tq_command;

extern const tq_command tq_command_devices, tq_command_quantizers, tq_command_layers, tq_command_show,
    tq_command_quantize, tq_command_explain, tq_command_emit, tq_command_run, tq_command_sweep,
    tq_command_train, tq_command_tune, tq_command_selftest, tq_command_version;

#endif
