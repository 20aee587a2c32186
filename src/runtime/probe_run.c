/* Runs the probes on a device. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/checks.h"
#include "runtime/internal.h"
#include "runtime/probe.h"
#include "util/clock.h"
#include "util/fail.h"

#define GROUPS      16
#define MOST_ITEMS  64
#define HAND_ROUNDS 5

/* All probes that a device is asked, cut into work-items of `lanes` words. A number of 64 bits has an item of
 * its own. */
typedef struct task {
    tq_context *context;
    size_t lanes, items;
    tq_u32 *operation, *from, *to;
    double seconds;
} task;

static size_t items_of(const tq_probe *probe, size_t lanes)
{
    const size_t count = tq_probe__count(probe);
    return tq_probe__wide(probe) ? count : (count + lanes - 1) / lanes;
}

/* Word `lane` of operand number `operand` of an item. */
static tq_u32 word_of(const tq_probe *probe, size_t item, size_t lane, size_t operand, size_t lanes)
{
    const size_t all = tq_probe__count(probe), narrow = item * lanes + lane;
    if (tq_probe__wide(probe))
        return (tq_u32)(tq_probe__numbers(probe, item).number[operand] >> (lane % 2 * 32));
    return (tq_u32)tq_probe__numbers(probe, narrow < all ? narrow : all - 1).number[operand];
}

static void fill_item(const task *t, const tq_probe *probe, size_t at, size_t item)
{
    t->operation[at] = probe->operation;
    for (size_t operand = 0; operand < TQ_PROBE_OPERANDS; ++operand)
        for (size_t lane = 0; lane < t->lanes; ++lane)
            t->from[(at * TQ_PROBE_OPERANDS + operand) * t->lanes + lane] =
                word_of(probe, item, lane, operand, t->lanes);
}

static void fill(const task *t)
{
    const tq_probe *probe;
    size_t at = 0;
    for (size_t i = 0; (probe = tq_probe__at(i)) != NULL; ++i)
        if (tq_probe__skipped(probe, &t->context->info) == NULL)
            for (size_t item = 0; item < items_of(probe, t->lanes); ++item)
                fill_item(t, probe, at++, item);
}

static tq_status begin(task *t, tq_context *context)
{
    const tq_probe *probe;
    *t = (task){.context = context, .lanes = (size_t)tq_device__lanes(&context->info)};
    for (size_t i = 0; (probe = tq_probe__at(i)) != NULL; ++i)
        if (tq_probe__skipped(probe, &context->info) == NULL)
            t->items += items_of(probe, t->lanes);
    t->operation = malloc(t->items * (1 + (TQ_PROBE_OPERANDS + 1) * t->lanes) * sizeof(tq_u32));
    if (t->operation == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for the self-test of '%s'", context->info.name);
    t->from = t->operation + t->items;
    t->to = t->from + t->items * TQ_PROBE_OPERANDS * t->lanes;
    fill(t);
    return TQ_OK;
}

void tq_probes__text(tq_program_text *text, const tq_device_info *device, bool groups)
{
    const int lanes = tq_device__lanes(device);
    *text = (tq_program_text){.unkept = true};
    tq_program_text__define(text, "TQ_LANES", "%d", lanes);
    tq_program_text__define(text, "TQ_HALF", "%d", lanes / 2);
    tq_program_text__define(text, "TQ_FMA", "%d", device->fma);
    tq_program_text__define(text, "TQ_DOUBLES", "%d", device->fp64);
    tq_program_text__define(text, "TQ_GROUPS", "%d", groups);
    tq_program_text__add(text, "probe_operations.cl");
    if (device->fp64)
        tq_program_text__add(text, "probes_binary64.cl");
    tq_program_text__add(text, "probes.cl");
}

static tq_status launch(const task *t, tq_kernel *kernel, tq_memory *operation, tq_memory *from,
                        tq_memory *to)
{
    const size_t global[3] = {t->items, 1, 1}, local[3] = {1, 1, 1};
    const tq_argument arguments[] = {TQ_MEMORY(operation), TQ_MEMORY(from), TQ_MEMORY(to)};
    TQ_TRY(tq_kernel__run(kernel, global, local, arguments, TQ_COUNT(arguments)));
    return tq_memory__read(to, 0, t->to, t->items * t->lanes * sizeof *t->to);
}

static tq_status run(task *t, tq_kernel *kernel)
{
    tq_memory *operation = NULL, *from = NULL, *to = NULL;
    const size_t words = t->items * t->lanes * sizeof(tq_u32);
    tq_status status = tq_memory__of(&operation, t->context, t->operation, t->items * sizeof(tq_u32));
    if (status == TQ_OK)
        status = tq_memory__of(&from, t->context, t->from, words * TQ_PROBE_OPERANDS);
    if (status == TQ_OK)
        status = tq_memory__create(&to, t->context, words);
    if (status == TQ_OK)
        status = launch(t, kernel, operation, from, to);
    tq_memory__release(operation);
    tq_memory__release(from);
    tq_memory__release(to);
    return status;
}

/* What the device gave for a number of a probe whose first item is at `at`. */
static tq_u64 given(const task *t, const tq_probe *probe, size_t at, size_t i)
{
    const tq_u32 *const to = t->to + at * t->lanes;
    if (!tq_probe__wide(probe))
        return to[i];
    return to[i * t->lanes] | (tq_u64)to[i * t->lanes + 1] << 32;
}

static void explain(char *to, size_t size, const tq_probe *probe, const tq_probe_numbers *n, tq_u64 is)
{
    const int digits = tq_probe__wide(probe) ? 16 : 8;
    const tq_u64 *const x = n->number;
    snprintf(to, size,
             "of %0*" PRIx64 ", %0*" PRIx64 ", %0*" PRIx64 " it gives %0*" PRIx64 ", expected %0*" PRIx64,
             digits, x[0], digits, x[1], digits, x[2], digits, is, digits, probe->expected(x[0], x[1], x[2]));
}

static void judge(tq_checks *checks, const task *t, const tq_probe *probe, size_t at, double seconds)
{
    char text[200] = "";
    const tq_device_info *const device = &t->context->info;
    tq_check check = {"operation", probe->name, TQ_CHECK_PASSED, (int64_t)tq_probe__count(probe),
                      seconds,     text};
    for (size_t i = 0; i < tq_probe__count(probe) && check.result == TQ_CHECK_PASSED; ++i) {
        const tq_probe_numbers numbers = tq_probe__numbers(probe, i);
        const tq_u64 is = given(t, probe, at, i);
        if (tq_probe__holds(probe, device, &numbers, is))
            continue;
        check.result = TQ_CHECK_FAILED;
        explain(text, sizeof text, probe, &numbers, is);
    }
    tq_checks__add(checks, &check);
}

static void judge_all(tq_checks *checks, const task *t)
{
    const tq_probe *probe;
    double seconds = t->seconds;
    size_t at = 0;
    for (size_t i = 0; (probe = tq_probe__at(i)) != NULL; ++i) {
        const char *const skipped = tq_probe__skipped(probe, &t->context->info);
        if (skipped != NULL) {
            tq_checks__add(checks, &(tq_check){"operation", probe->name, TQ_CHECK_SKIPPED, 0, 0.0, skipped});
            continue;
        }
        judge(checks, t, probe, at, seconds);
        at += items_of(probe, t->lanes);
        seconds = 0.0;
    }
}

/* What the items of probe_groups end with, and the smallest. */
static tq_u32 hand_round(tq_u32 *numbers, size_t items)
{
    tq_u32 shared[MOST_ITEMS], least = UINT32_MAX;
    for (size_t i = 1; i <= HAND_ROUNDS; ++i) {
        memcpy(shared, numbers, items * sizeof *shared);
        for (size_t item = 0; item < items; ++item)
            numbers[item] = numbers[item] * 5u + shared[(item + i) % items];
    }
    for (size_t item = 0; item < items; ++item)
        least = numbers[item] < least ? numbers[item] : least;
    return least;
}

static void judge_groups(tq_checks *checks, tq_u32 *from, const tq_u32 *to, size_t items, double seconds)
{
    char text[200] = "";
    tq_check check = {
        "operation", "local memory, barriers", TQ_CHECK_PASSED, (int64_t)(GROUPS * items), seconds, text};
    tq_check least_check = {"operation", "atomic_min", TQ_CHECK_PASSED, 1, 0.0, text};
    tq_u32 least = UINT32_MAX;
    for (size_t g = 0; g < GROUPS; ++g) {
        const tq_u32 own = hand_round(from + g * items, items);
        least = own < least ? own : least;
    }
    for (size_t i = 0; i < GROUPS * items && check.result == TQ_CHECK_PASSED; ++i)
        if (to[i] != from[i]) {
            check.result = TQ_CHECK_FAILED;
            snprintf(text, sizeof text,
                     "item %zu of groups of %zu ends with %08" PRIx32 ", expected %08" PRIx32, i, items,
                     to[i], from[i]);
        }
    tq_checks__add(checks, &check);
    if (to[GROUPS * items] != least) {
        least_check.result = TQ_CHECK_FAILED;
        snprintf(text, sizeof text, "it gives %08" PRIx32 ", expected %08" PRIx32, to[GROUPS * items], least);
    }
    tq_checks__add(checks, &least_check);
}

/* The numbers, and behind them the smallest, in one buffer each way. */
static tq_status launch_groups(tq_context *c, tq_kernel *kernel, tq_u32 *from, tq_u32 *to, size_t items)
{
    const size_t global[3] = {GROUPS * items, 1, 1}, local[3] = {items, 1, 1};
    const tq_u32 rounds = HAND_ROUNDS, most = UINT32_MAX;
    const uint64_t bytes = GROUPS * items * sizeof *from;
    tq_memory *in = NULL, *out = NULL, *least = NULL;
    tq_status status = tq_memory__of(&in, c, from, bytes);
    if (status == TQ_OK)
        status = tq_memory__create(&out, c, bytes);
    if (status == TQ_OK)
        status = tq_memory__of(&least, c, &most, sizeof most);
    if (status == TQ_OK) {
        const tq_argument arguments[] = {TQ_MEMORY(in), TQ_MEMORY(out), TQ_MEMORY(least), TQ_VALUE(rounds)};
        status = tq_kernel__run(kernel, global, local, arguments, TQ_COUNT(arguments));
    }
    if (status == TQ_OK)
        status = tq_memory__read(out, 0, to, bytes);
    if (status == TQ_OK)
        status = tq_memory__read(least, 0, to + GROUPS * items, sizeof *to);
    tq_memory__release(in);
    tq_memory__release(out);
    tq_memory__release(least);
    return status;
}

static tq_status run_groups(tq_checks *checks, tq_context *c, const tq_program_text *text)
{
    const double begun = tq_clock__now();
    tq_u32 from[GROUPS * MOST_ITEMS], to[GROUPS * MOST_ITEMS + 1];
    tq_kernel *kernel;
    TQ_TRY(tq_kernel__create(&kernel, c, text, "probe_groups"));
    const size_t items = tq_kernel__local_size(kernel);
    for (size_t i = 0; i < GROUPS * items; ++i)
        from[i] = (tq_u32)i * 2654435761u;
    const tq_status status = launch_groups(c, kernel, from, to, items);
    tq_kernel__destroy(kernel);
    if (status == TQ_OK)
        judge_groups(checks, from, to, items, tq_clock__now() - begun);
    return status;
}

static tq_status run_operations(tq_checks *checks, tq_context *c, const tq_program_text *text)
{
    const double begun = tq_clock__now();
    tq_kernel *kernel;
    task t;
    TQ_TRY(tq_kernel__create(&kernel, c, text, "probes"));
    tq_status status = begin(&t, c);
    if (status == TQ_OK)
        status = run(&t, kernel);
    t.seconds = tq_clock__now() - begun;
    if (status == TQ_OK)
        judge_all(checks, &t);
    free(t.operation);
    tq_kernel__destroy(kernel);
    return status;
}

tq_status tq_probes__run(tq_checks *checks, tq_context *context, bool groups)
{
    tq_program_text text;
    tq_probes__text(&text, &context->info, groups);
    tq_status status = run_operations(checks, context, &text);
    if (status == TQ_OK && groups)
        status = run_groups(checks, context, &text);
    tq_program_text__free(&text);
    return status;
}
