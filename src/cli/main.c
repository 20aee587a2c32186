/* tq: quantized networks on OpenCL devices, from the command line. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/report.h"

static const tq_command *const commands[] = {
    &tq_command_devices, &tq_command_quantizers, &tq_command_layers, &tq_command_quantize, &tq_command_show,
    &tq_command_explain, &tq_command_run,        &tq_command_sweep,  &tq_command_emit,     &tq_command_train,
    &tq_command_tune,    &tq_command_selftest,   &tq_command_version};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(FILE *to)
{
    fprintf(to, "tq: quantized neural networks on OpenCL devices, bit for bit the same on all of them\n\n"
                "Usage: tq COMMAND ...\n\nCommands:\n");
    for (size_t i = 0; i < COMMANDS; ++i)
        fprintf(to, "  %-12s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(to, "\n`tq COMMAND --help` explains a command and has examples. Every command takes --json.\n\n"
                "Examples:\n"
                "  tq devices\n"
                "  tq run lenet.onnx --data fashion-mnist --weights nearest,8,6 --intrinsic nearest,16,8\n\n"
                "Environment:\n"
                "  TQ_DEVICE    device to use where no --device is given\n"
                "  TQ_CACHE     folder for built programs; empty: none (initially ~/.cache/tensorquant)\n"
                "  TQ_TUNING    file of `tq tune --out` to use; empty: none\n"
                "  TQ_SELFTEST  when a device is asked: once (initially), always or off; see `tq selftest`\n"
                "  TQ_VERBOSE   1: devices, programs, paths and bytes on stderr\n\n"
                "Exit codes:\n"
                "  0  done\n"
                "  1  a device, file or data set fails; the text on stderr says which\n"
                "  2  the command line, a quantizer or a map is wrong; the text gives position and range\n");
}

static const tq_command *find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; ++i)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int run_command(const tq_command *command, int count, char **arguments)
{
    tq_settings settings;
    const int result = tq_options__read(&settings, command, count, arguments);
    if (result != TQ_EXIT_OK)
        return result;
    if (!settings.help)
        return command->run(&settings);
    tq_options__help(command);
    return TQ_EXIT_OK;
}

static int run(int argc, char **argv)
{
    const char *const name = argc > 1 ? argv[1] : "";
    const char *const wanted = strcmp(name, "--version") == 0 ? "version" : name;
    const tq_command *const command = find(wanted);
    if (command != NULL)
        return run_command(command, argc - 2, argv + 2);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return TQ_EXIT_OK;
    }
    if (name[0] != '\0')
        return tq_report__usage("unknown command '%s'; see `tq --help`", name);
    print_help(stderr);
    return TQ_EXIT_USAGE;
}

int main(int argc, char **argv)
{
    const int result = run(argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout))
        return tq_report__failure("standard output cannot be written: %s", strerror(errno));
    return result;
}
