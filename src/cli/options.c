#include "cli/options.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/report.h"

#define PLACE(member) .offset = offsetof(tq_settings, member)

const tq_option tq_option_device = {
    .name = "device",
    .value = "D",
    .help = "cpu, gpu, accelerator, part of a name, TYPE:NAME, or P:D as `tq devices`\n"
            "lists them, with /N behind for N of its compute units; else $TQ_DEVICE, else\n"
            "the best device",
    .type = TQ_OPTION_TEXT,
    PLACE(device),
};
const tq_option tq_option_float = {
    .name = "float",
    .value = "F",
    .help = "exact, or fast: layers that are not quantized inside run by CLBlast where\n"
            "that is faster, and their results are NOT bit-identical; clblast: on any\n"
            "device; exact unless given",
    .type = TQ_OPTION_TEXT,
    PLACE(float_mode),
};
const tq_option tq_option_data = {
    .name = "data",
    .value = "DATA",
    .help = "fashion-mnist, idx:IMAGES,LABELS, npy:INPUTS[,LABELS] or\n"
            "images:DIR[,LABELS][,OPTION=VALUE...] (docs/data.md); required",
    .type = TQ_OPTION_TEXT,
    .required = true,
    PLACE(data),
};
const tq_option tq_option_weights = {
    .name = "weights",
    .value = "M",
    .help = "what the weights are quantized with. M is a quantizer or accumulation string\n"
            "for all layers, inline JSON {\"layer\": string, ...}, or a .json file",
    .type = TQ_OPTION_TEXT,
    PLACE(weights),
};
const tq_option tq_option_extrinsic = {
    .name = "extrinsic",
    .value = "M",
    .help = "what the layers' outputs are quantized with",
    .type = TQ_OPTION_TEXT,
    PLACE(extrinsic),
};
const tq_option tq_option_intrinsic = {
    .name = "intrinsic",
    .value = "M",
    .help = "what is quantized inside the layers' arithmetic",
    .type = TQ_OPTION_TEXT,
    PLACE(intrinsic),
};
const tq_option tq_option_out = {
    .name = "out",
    .value = "OUTPUTS.npy",
    .help = "write the network's outputs, [images, classes], to a file",
    .type = TQ_OPTION_TEXT,
    PLACE(out),
};
const tq_option tq_option_rows = {
    .name = "out",
    .value = "ROWS.jsonl",
    .help = "append each row to a file, and do not compute again what is in it",
    .type = TQ_OPTION_TEXT,
    PLACE(rows),
};
const tq_option tq_option_formats = {
    .name = "formats",
    .value = "LIST",
    .help = "quantizer or accumulation strings, with spaces or semicolons between them",
    .type = TQ_OPTION_TEXT,
    PLACE(formats),
};
const tq_option tq_option_scopes = {
    .name = "scopes",
    .value = "LIST",
    .help = "of weights, extrinsic, intrinsic, all (the three together), with commas\n"
            "between them; weights,extrinsic,intrinsic unless given",
    .type = TQ_OPTION_TEXT,
    PLACE(scopes),
};
const tq_option tq_option_batch = {
    .name = "batch",
    .value = "N",
    .help = "images per forward pass; results do not depend on it. Unless given, fewer\n"
            "where the device has no memory for as many",
    .type = TQ_OPTION_INTEGER,
    .initial = 64,
    .lowest = 1,
    .highest = 65536,
    PLACE(batch),
    .given = offsetof(tq_settings, batch_given),
};
const tq_option tq_option_limit = {
    .name = "limit",
    .value = "N",
    .help = "only the first N images",
    .type = TQ_OPTION_INTEGER,
    .lowest = 1,
    .highest = INT64_MAX,
    PLACE(limit),
};
const tq_option tq_option_seed = {
    .name = "seed",
    .value = "S",
    .help = "of stochastic rounding",
    .type = TQ_OPTION_INTEGER,
    .initial = 1,
    .highest = INT64_MAX,
    PLACE(seed),
};
const tq_option tq_option_fold_batchnorm = {
    .name = "fold-batchnorm",
    .help = "fold batch norms into the weights of the layer in front, which changes\n"
            "the arithmetic: there is nothing to round between the two any more",
    .type = TQ_OPTION_FLAG,
    PLACE(fold_batchnorm),
};
const tq_option tq_option_compare = {
    .name = "compare",
    .help = "also run the float network, and give each layer's\n"
            "signal-to-quantization-noise ratio against it",
    .type = TQ_OPTION_FLAG,
    PLACE(compare),
};
const tq_option tq_option_profile = {
    .name = "profile",
    .help = "also print where the time goes: each kernel of each layer, transfers,\n"
            "decoding, idle time; not together with --compare",
    .type = TQ_OPTION_FLAG,
    PLACE(profile),
};
const tq_option tq_option_measure = {
    .name = "measure",
    .help = "measure the layers also when that takes long",
    .type = TQ_OPTION_FLAG,
    PLACE(measure),
};
const tq_option tq_option_input = {
    .name = "data",
    .value = "DATA",
    .help = "plan for the numbers of this data set, and measure with its first batch:\n"
            "fashion-mnist, idx:IMAGES,LABELS, npy:INPUTS[,LABELS] or\n"
            "images:DIR[,LABELS][,OPTION=VALUE...] (docs/data.md)",
    .type = TQ_OPTION_TEXT,
    PLACE(data),
};
const tq_option tq_option_input_largest = {
    .name = "input-largest",
    .value = "X",
    .help = "plan for inputs of at most this magnitude, more than 0",
    .type = TQ_OPTION_REAL,
    PLACE(input_largest),
};
const tq_option tq_option_tuned = {
    .name = "out",
    .value = "FILE",
    .help = "write to this file instead of the one in the cache directory",
    .type = TQ_OPTION_TEXT,
    PLACE(out),
};
const tq_option tq_option_folder = {
    .name = "out",
    .value = "DIR",
    .help = "the folder to write, which must not exist",
    .type = TQ_OPTION_TEXT,
    .required = true,
    PLACE(out),
};
const tq_option tq_option_target = {
    .name = "target",
    .value = "T",
    .help = "who compiles: generic (any; makes kernels.bin), intel (aoc; kernels.aocx),\n"
            "device (the one of --device, at once; kernels.bin), pocl (likewise, and it\n"
            "must be PoCL's); generic unless given",
    .type = TQ_OPTION_TEXT,
    PLACE(target),
};
const tq_option tq_option_binaries = {
    .name = "binaries",
    .value = "DIR",
    .help = "run from a folder of `tq emit` and its binary; nothing is compiled",
    .type = TQ_OPTION_TEXT,
    PLACE(binaries),
};
const tq_option tq_option_quick = {
    .name = "quick",
    .help = "in less than 40 seconds: the neighbours of the library's tiles, for many outputs",
    .type = TQ_OPTION_FLAG,
    PLACE(quick),
};
const tq_option tq_option_operations = {
    .name = "quick",
    .help = "the operations alone: what every command asks of a new device",
    .type = TQ_OPTION_FLAG,
    PLACE(quick),
};
const tq_option tq_option_json = {
    .name = "json",
    .help = "print JSON",
    .type = TQ_OPTION_FLAG,
    PLACE(json),
};
static const tq_option option_help = {
    .name = "help",
    .help = "print this",
    .type = TQ_OPTION_FLAG,
    PLACE(help),
};

static const tq_option *find(const tq_command *command, const char *name, size_t length)
{
    for (const tq_option *const *option = command->options; *option != NULL; ++option)
        if (strlen((*option)->name) == length && strncmp((*option)->name, name, length) == 0)
            return *option;
    return length == 4 && strncmp(name, "help", 4) == 0 ? &option_help : NULL;
}

static void *place_of(tq_settings *settings, const tq_option *option)
{
    return (char *)settings + option->offset;
}

static int read_integer(int64_t *to, const tq_option *option, const char *text)
{
    char *end;
    errno = 0;
    const intmax_t number = strtoimax(text, &end, 10);
    const bool digits = text[0] == '-' || (text[0] >= '0' && text[0] <= '9');
    if (!digits || *end != '\0' || errno != 0 || number < option->lowest || number > option->highest)
        return tq_report__usage("--%s: '%s' is not a whole number in %" PRId64 " .. %" PRId64, option->name,
                                text, option->lowest, option->highest);
    *to = number;
    return TQ_EXIT_OK;
}

static int read_real(double *to, const tq_option *option, const char *text)
{
    char *end;
    const double number = strtod(text, &end);
    if (end == text || *end != '\0' || !(number > 0 && number <= FLT_MAX))
        return tq_report__usage("--%s: '%s' is not a finite number above 0", option->name, text);
    *to = number;
    return TQ_EXIT_OK;
}

static int set(tq_settings *settings, const tq_option *option, const char *text)
{
    if (option->type == TQ_OPTION_REAL)
        return read_real(place_of(settings, option), option, text);
    if (option->type == TQ_OPTION_INTEGER)
        return read_integer(place_of(settings, option), option, text);
    *(const char **)place_of(settings, option) = text;
    return TQ_EXIT_OK;
}

static void initialize(tq_settings *settings, const tq_command *command, char **arguments)
{
    *settings = (tq_settings){.operand = (const char *const *)arguments};
    for (const tq_option *const *option = command->options; *option != NULL; ++option)
        if ((*option)->type == TQ_OPTION_INTEGER)
            *(int64_t *)place_of(settings, *option) = (*option)->initial;
}

static int unknown(const tq_command *command, const char *argument)
{
    char names[512] = "";
    size_t length = 0;
    for (const tq_option *const *option = command->options; *option != NULL && length < sizeof names;
         ++option)
        length += (size_t)snprintf(names + length, sizeof names - length, " --%s", (*option)->name);
    return tq_report__usage("%s: unknown option '%s'; there are%s --help", command->name, argument, names);
}

/* Reads the option at arguments[*i]; its value may be the next argument. */
static int read_option(tq_settings *settings, const tq_command *command, int count, char **arguments, int *i)
{
    const char *const argument = arguments[*i];
    const size_t length = strcspn(argument + 2, "=");
    const char *value = argument[2 + length] == '=' ? argument + 3 + length : NULL;
    const tq_option *const option =
        strcmp(argument, "-h") == 0 ? &option_help : find(command, argument + 2, length);
    if (option == NULL || (argument[1] != '-' && option != &option_help))
        return unknown(command, argument);
    if (option->type == TQ_OPTION_FLAG) {
        *(bool *)place_of(settings, option) = true;
        return value == NULL ? TQ_EXIT_OK : tq_report__usage("--%s takes no value", option->name);
    }
    if (option->given != 0)
        *(bool *)((char *)settings + option->given) = true;
    if (value == NULL && ++*i < count)
        value = arguments[*i];
    if (value == NULL)
        return tq_report__usage("--%s needs a value: %s", option->name, option->value);
    return set(settings, option, value);
}

/* What is missing, now that all is read. */
static int complete(const tq_settings *settings, const tq_command *command, size_t operands)
{
    if (operands != command->operand_count)
        return tq_report__usage("%s: expects %s%s, but there %s %zu operand%s; see `tq %s --help`",
                                command->name, command->operand_count ? "" : "no operands", command->operands,
                                operands == 1 ? "is" : "are", operands, operands == 1 ? "" : "s",
                                command->name);
    for (const tq_option *const *option = command->options; *option != NULL; ++option)
        if ((*option)->required && *(const char *const *)((const char *)settings + (*option)->offset) == NULL)
            return tq_report__usage("%s: --%s is missing; see `tq %s --help`", command->name, (*option)->name,
                                    command->name);
    return TQ_EXIT_OK;
}

int tq_options__read(tq_settings *settings, const tq_command *command, int count, char **arguments)
{
    size_t operands = 0;
    bool only_operands = false;
    initialize(settings, command, arguments);
    for (int i = 0; i < count; ++i) {
        char *const argument = arguments[i];
        int result = TQ_EXIT_OK;
        if (only_operands || argument[0] != '-' || argument[1] == '\0')
            arguments[operands++] = argument;
        else if (strcmp(argument, "--") == 0)
            only_operands = true;
        else
            result = read_option(settings, command, count, arguments, &i);
        if (result != TQ_EXIT_OK)
            return result;
    }
    return settings->help ? TQ_EXIT_OK : complete(settings, command, operands);
}

static void print_indented(const char *text, const char *indent)
{
    for (const char *line = text; *line != '\0';) {
        const size_t length = strcspn(line, "\n");
        printf("%s%.*s\n", line == text ? "" : indent, (int)length, line);
        line += length + (line[length] == '\n');
    }
}

static void print_option(const tq_option *option)
{
    char left[40];
    snprintf(left, sizeof left, "--%s %s", option->name, option->value ? option->value : "");
    printf("  %-18s ", left);
    print_indented(option->help, "                     ");
    if (option->type == TQ_OPTION_INTEGER && option->initial != 0)
        printf("                     %" PRId64 " .. %" PRId64 ", %" PRId64 " unless given\n", option->lowest,
               option->highest, option->initial);
}

void tq_options__help(const tq_command *command)
{
    printf("tq %s: %s\n\nUsage: tq %s", command->name, command->summary, command->name);
    printf("%s%s", command->operands[0] ? " " : "", command->operands);
    for (const tq_option *const *option = command->options; *option != NULL; ++option)
        if ((*option)->required)
            printf(" --%s %s", (*option)->name, (*option)->value);
    printf(" [options]\n\n%s\n\nOptions:\n", command->details);
    for (const tq_option *const *option = command->options; *option != NULL; ++option)
        print_option(*option);
    print_option(&option_help);
    printf("\nExamples:\n  ");
    print_indented(command->examples, "  ");
    printf(
        "\nExit codes: 0 done; 1 a device, file or data set fails; 2 the command line or a map is wrong.\n");
}
