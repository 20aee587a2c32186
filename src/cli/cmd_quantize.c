#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/report.h"
#include "cli/session.h"

enum { FROM, TO, QUANTIZER };

typedef struct job {
    tq_quantizer quantizer;
    tq_shape shape;
    float *before, *after;
    tq_context *context;
    tq_tensor *tensor;
    int64_t changed;
    double signal, noise;
} job;

static int open_job(job *j, const tq_settings *settings)
{
    int result = tq_report__status(tq_quantizer_parse(&j->quantizer, settings->operand[QUANTIZER]));
    if (result == TQ_EXIT_OK)
        result = tq_session__check_output(settings->operand[TO]);
    if (result == TQ_EXIT_OK)
        result = tq_report__status(tq_npy_read(settings->operand[FROM], &j->shape, &j->before));
    if (result == TQ_EXIT_OK)
        result = tq_report__status(tq_context_open(&j->context, settings->device));
    if (result != TQ_EXIT_OK)
        return result;
    j->after = tq_session__allocate(tq_shape_count(&j->shape));
    return j->after != NULL ? TQ_EXIT_OK : tq_report__failure("no memory for the result");
}

static int quantize(job *j, uint64_t seed)
{
    const int64_t count = tq_shape_count(&j->shape);
    int result = tq_report__status(tq_tensor_create(&j->tensor, j->context, &j->shape));
    if (result == TQ_EXIT_OK)
        result = tq_report__status(tq_tensor_write(j->tensor, j->before, count));
    if (result == TQ_EXIT_OK)
        result = tq_report__status(tq_tensor_quantize(j->tensor, j->tensor, &j->quantizer, seed));
    if (result == TQ_EXIT_OK)
        result = tq_report__status(tq_tensor_read(j->tensor, j->after, count));
    return result;
}

static void compare(job *j)
{
    for (int64_t i = 0; i < tq_shape_count(&j->shape); ++i) {
        const double x = j->before[i], y = j->after[i];
        const bool finite = isfinite(x) && isfinite(y);
        j->changed += memcmp(j->before + i, j->after + i, sizeof(float)) != 0;
        j->signal += finite ? x * x : 0;
        j->noise += finite ? (x - y) * (x - y) : 0;
    }
}

static int report(const job *j, const tq_settings *settings)
{
    char text[256], shape[128];
    const long long count = tq_shape_count(&j->shape);
    const double decibels = 10 * log10(j->signal / j->noise);
    const char *const device = tq_context_device(j->context)->name;
    tq_quantizer_print(text, sizeof text, &j->quantizer);
    tq_shape_print(shape, sizeof shape, &j->shape);
    if (settings->json)
        return tq_report__json(json_pack("{s:s, s:s, s:s, s:I, s:s, s:I, s:I, s:o, s:b}", "quantizer", text,
                                         "output", settings->operand[TO], "device", device, "seed",
                                         (json_int_t)settings->seed, "shape", shape, "elements",
                                         (json_int_t)count, "changed", (json_int_t)j->changed, "sqnr_db",
                                         tq_report__real(decibels), "exact", j->noise == 0));
    printf("%s: %s, %s, on %s\n%lld of %lld elements changed", settings->operand[TO], shape, text, device,
           (long long)j->changed, count);
    if (j->noise > 0)
        printf(", signal-to-quantization-noise ratio %.2f dB", decibels);
    printf("\n");
    return TQ_EXIT_OK;
}

static int run(const tq_settings *settings)
{
    job j = {0};
    int result = open_job(&j, settings);
    if (result == TQ_EXIT_OK)
        result = quantize(&j, (uint64_t)settings->seed);
    if (result == TQ_EXIT_OK)
        result = tq_report__status(tq_npy_write(settings->operand[TO], &j.shape, j.after));
    if (result == TQ_EXIT_OK) {
        compare(&j);
        result = report(&j, settings);
    }
    tq_tensor_destroy(j.tensor);
    tq_context_close(j.context);
    tq_npy_free(j.before);
    free(j.after);
    return result;
}

static const tq_option *const options[] = {&tq_option_seed, &tq_option_device, &tq_option_json, NULL};
const tq_command tq_command_quantize = {
    .name = "quantize",
    .summary = "quantize the numbers of a NumPy file",
    .operands = "IN.npy OUT.npy Q",
    .operand_count = 3,
    .options = options,
    .details =
        "Reads float32 numbers, quantizes each with Q (see `tq quantizers`), and writes a file of the same\n"
        "shape. OUT.npy appears when it is complete; it may be IN.npy. The ratio printed is over the\n"
        "elements that are finite before and after.\n"
        "With --json: an object with quantizer, output, device, seed, shape, elements, changed,\n"
        "sqnr_db (null where there is none), exact.",
    .examples = "tq quantize weights.npy rounded.npy nearest,8,6\n"
                "tq quantize weights.npy rounded.npy stochastic,8,4 --seed 7 --device cpu --json",
    .run = run,
};
