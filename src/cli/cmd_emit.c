#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/report.h"
#include "cli/session.h"
#include "tensorquant/emit.h"

/* A word of a command line as a shell reads it. */
static void print_word(FILE *to, const char *word)
{
    if (word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,=+@%")] ==
            '\0' &&
        word[0] != '\0') {
        fputs(word, to);
        return;
    }
    fputc('\'', to);
    for (; *word != '\0'; ++word)
        fputs(*word == '\'' ? "'\\''" : (const char[]){*word, '\0'}, to);
    fputc('\'', to);
}

/* The command that does the same again: what errors about stale files name. */
static char *command_of(const tq_settings *s)
{
    const struct {
        const char *name, *value;
    } texts[] = {{"--weights", s->weights}, {"--extrinsic", s->extrinsic}, {"--intrinsic", s->intrinsic},
                 {"--data", s->data},       {"--device", s->device},       {"--target", s->target}};
    char *text = NULL;
    size_t size;
    FILE *const to = open_memstream(&text, &size);
    if (to == NULL)
        return NULL;
    fprintf(to, "tq emit ");
    print_word(to, s->operand[0]);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; ++i)
        if (texts[i].value != NULL) {
            fprintf(to, " %s ", texts[i].name);
            print_word(to, texts[i].value);
        }
    if (s->input_largest > 0)
        fprintf(to, " --input-largest %.17g", s->input_largest);
    fprintf(to, " --batch %lld%s --out ", (long long)s->batch, s->fold_batchnorm ? " --fold-batchnorm" : "");
    print_word(to, s->out);
    fclose(to);
    return text;
}

static int emit(const tq_session *session, const tq_settings *settings)
{
    char *const command = command_of(settings);
    const tq_plan plan = tq_session__plan_of(session, settings, false);
    const tq_emission how = {.target = settings->target, .command = command};
    const int result = tq_report__status(tq_network_emit(session->network, &plan, &how, settings->out));
    free(command);
    return result;
}

/* The manifest, which says all that there is to say. */
static int report(const tq_settings *settings)
{
    char path[4200];
    json_error_t error;
    snprintf(path, sizeof path, "%s/manifest.json", settings->out);
    json_t *const manifest = json_load_file(path, 0, &error);
    if (manifest == NULL)
        return tq_report__failure("'%s': %s", path, error.text);
    if (settings->json)
        return tq_report__json(manifest);
    size_t kernels = 0, i;
    json_t *program, *line;
    json_array_foreach(json_object_get(manifest, "programs"), i, program) kernels +=
        json_array_size(json_object_get(program, "kernels"));
    printf("%s: %zu kernels in %zu programs, for %zu launches\n", settings->out, kernels,
           json_array_size(json_object_get(manifest, "programs")),
           json_array_size(json_object_get(manifest, "launches")));
    printf("text      kernels.cl\n");
    printf("binary    %s\n", json_string_value(json_object_get(json_object_get(manifest, "binary"), "file")));
    json_array_foreach(json_object_get(manifest, "build"), i, line)
        printf("%s%s\n", i == 0 ? "build     " : "          ", json_string_value(line));
    printf("run       tq run %s --binaries %s ...\n", settings->operand[0], settings->out);
    json_decref(manifest);
    return TQ_EXIT_OK;
}

static int run(const tq_settings *settings)
{
    tq_session session = {0};
    int result = tq_session__open(&session, settings, settings->operand[0]);
    if (result == TQ_EXIT_OK)
        result = emit(&session, settings);
    tq_session__close(&session);
    return result == TQ_EXIT_OK ? report(settings) : result;
}

static const tq_option *const options[] = {
    &tq_option_folder,    &tq_option_target,        &tq_option_weights, &tq_option_extrinsic,
    &tq_option_intrinsic, &tq_option_batch,         &tq_option_device,  &tq_option_fold_batchnorm,
    &tq_option_input,     &tq_option_input_largest, &tq_option_json,    NULL};
const tq_command tq_command_emit = {
    .name = "emit",
    .summary = "write a model's kernels for offline compilers",
    .operands = "MODEL",
    .operand_count = 1,
    .options = options,
    .details =
        "Writes a folder with kernels.cl, one self-contained OpenCL C text with all kernels of the planned\n"
        "network, each a single work-item, and manifest.json, which says what they are and what compiles\n"
        "them. `tq run --binaries` runs the model from the folder when the binary is in it, without a\n"
        "compiler. The folder must not exist: a binary in it may have taken hours.\n"
        "The kernels are those of the maps and the model; batch, seed and the quantizers' parameters "
        "(widths,\n"
        "bounds) are arguments, so that others may run with the same binary. --data or --input-largest: "
        "what\n"
        "is known of the inputs decides which arithmetic is exact enough; run with the same.\n"
        "docs/fpga.md describes the text and the manifest.\n"
        "With --json: the manifest.",
    .examples =
        "tq emit lenet.onnx --weights nearest,8,6 --intrinsic nearest,16,8 --target intel --out lenet-fpga\n"
        "tq emit lenet.onnx --data fashion-mnist --intrinsic nearest,16,8 --target pocl --out lenet-pocl\n"
        "tq run lenet.onnx --data fashion-mnist --intrinsic nearest,16,8 --binaries lenet-pocl",
    .run = run,
};
