/*
 * Vector functions of quantizers against the exact ones on the device, for all 2^32 binary32 numbers.
 * Arguments: quantizer strings; without any, the list below. Minutes: docs/exactness.md says how to run it
 * and has the results.
 */
#include <stdio.h>
#include <stdlib.h>

#include "quantizers/bind.h"
#include "runtime/launch.h"
#include "util/fail.h"

#define LANES  16
#define LAUNCH ((uint64_t)1 << 26) /* numbers at once */

static const char kernel_text[] =
    "__kernel void compare(__global uint *faults, const uint first, const int8 words)\n"
    "{\n"
    "    const uint at = first + (uint)get_global_id(0) * TQ_LANES;\n"
    "    const tq_uints x = tq_lane_numbers() + at;\n"
    "    const tq_uints draws = x == (tq_uints)0 ? x : x * 0x9E3779B1u ^ x >> 7 ^ x << 21;\n"
    "    const int class = SLOT_CLASS(words);\n"
    "    uint y[TQ_LANES], draw[TQ_LANES];\n"
    "    tq_uints z;\n"
    "    if (class == 1)\n"
    "        z = SLOT_VECTOR_OF(1, x, words, draws);\n"
    "    else if (class == 2)\n"
    "        z = SLOT_VECTOR_OF(2, x, words, draws);\n"
    "    else\n"
    "        z = SLOT_VECTOR_OF(0, x, words, draws);\n"
    "    TQ_VECTOR_OF(vstore)(z, 0, y);\n"
    "    TQ_VECTOR_OF(vstore)(draws, 0, draw);\n"
    "    for (uint i = 0; i < TQ_LANES; ++i)\n"
    "        if (y[i] != SLOT(tq_exact_of(at + i), words, draw[i])) {\n"
    "            atomic_inc(faults);\n"
    "            faults[1] = at + i;\n"
    "            faults[2] = y[i];\n"
    "        }\n"
    "}\n";

static const char *const all[] = {"nearest,16,8",
                                  "down,16,8",
                                  "zero,16,8",
                                  "stochastic,16,8",
                                  "fixed,16,8",
                                  "fixed,16,8,round=up",
                                  "fixed,16,8,round=odd",
                                  "fixed,8,4",
                                  "fixed,22,21,round=away",
                                  "fixed,12,6,signed=0,round=down",
                                  "fixed,22,90,round=odd",
                                  "fixed,8,4,symmetric=1,round=stochastic:8",
                                  "fixed,16,8,overflow=wrap",
                                  "fixed,32,16,round=away",
                                  "fp16",
                                  "fp16,round=away",
                                  "fp16,round=zero",
                                  "fp16,round=down",
                                  "fp16,round=up",
                                  "fp16,round=odd",
                                  "fp16,round=stochastic",
                                  "bf16",
                                  "bf16,round=away",
                                  "bf16,round=down",
                                  "bf16,round=odd",
                                  "bf16,round=stochastic",
                                  "bf16,round=stochastic:32",
                                  "bf16,subnormal=0,round=up",
                                  "tf32",
                                  "e4m3",
                                  "e4m3,overflow=nan",
                                  "e5m2",
                                  "e5m2,overflow=inf",
                                  "float,8,0",
                                  "float,6,0,round=odd",
                                  "log",
                                  "log,9,-127,round=floor",
                                  "sparse,0.1",
                                  "binary",
                                  "ternary,1,0.5",
                                  "ternary",
                                  "none"};

static tq_status make_kernel(tq_kernel **kernel, tq_context *context, const tq_quantizer *q)
{
    static const tq_source source = {"tests/compare.cl", kernel_text, sizeof kernel_text - 1};
    tq_program_text text = {0};
    tq_program_text__define(&text, "TQ_LANES", "%d", LANES);
    tq_quantizer__bind(&text, "SLOT", q);
    tq_program_text__add(&text, "quantizers/element_draws.cl");
    tq_program_text__add_source(&text, &source);
    const tq_status status = tq_kernel__create(kernel, context, &text, "compare");
    tq_program_text__free(&text);
    return status;
}

static tq_status compare(tq_kernel *kernel, tq_memory *faults, const tq_quantizer *q, uint32_t found[3])
{
    const tq_words words = tq_quantizer__words(q);
    const size_t global[3] = {LAUNCH / LANES, 1, 1}, local[3] = {64, 1, 1};
    TQ_TRY(tq_memory__zero(faults, 0, 12));
    for (uint64_t at = 0; at < (uint64_t)1 << 32; at += LAUNCH) {
        const uint32_t first = (uint32_t)at;
        const tq_argument arguments[] = {TQ_MEMORY(faults), TQ_VALUE(first), TQ_VALUE(words)};
        TQ_TRY(tq_kernel__run(kernel, global, local, arguments, TQ_COUNT(arguments)));
    }
    return tq_memory__read(faults, 0, found, 12);
}

static tq_status check(tq_context *context, tq_memory *faults, const char *string, unsigned *failures)
{
    tq_quantizer q;
    tq_kernel *kernel;
    uint32_t found[3];
    TQ_TRY(tq_quantizer_parse(&q, string));
    TQ_TRY(make_kernel(&kernel, context, &q));
    const tq_status status = compare(kernel, faults, &q, found);
    tq_kernel__destroy(kernel);
    if (status != TQ_OK)
        return status;
    if (found[0] == 0)
        printf("%-44s the same 2^32 times\n", string);
    else
        printf("%-44s differs %u times, for one at %08x, which gives %08x\n", string, found[0], found[1],
               found[2]);
    fflush(stdout);
    *failures += found[0] != 0;
    return TQ_OK;
}

static tq_status run(tq_context *context, const char *const *strings, size_t count, unsigned *failures)
{
    tq_memory *faults;
    tq_status status = tq_memory__create(&faults, context, 12);
    if (status != TQ_OK)
        return status;
    printf("%s\n", tq_context_device(context)->name);
    for (size_t i = 0; i < count && status == TQ_OK; ++i)
        status = check(context, faults, strings[i], failures);
    tq_memory__release(faults);
    return status;
}

int main(int argc, char **argv)
{
    tq_context *context;
    unsigned failures = 0;
    tq_status status = tq_context_open(&context, NULL);
    if (status == TQ_OK) {
        status = argc > 1 ? run(context, (const char *const *)argv + 1, (size_t)argc - 1, &failures)
                          : run(context, all, TQ_COUNT(all), &failures);
        tq_context_close(context);
    }
    if (status != TQ_OK)
        fprintf(stderr, "%s\n", tq_error());
    return status != TQ_OK || failures > 0;
}
