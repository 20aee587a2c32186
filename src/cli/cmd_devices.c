#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/report.h"
#include "tensorquant/context.h"

static json_t *describe(const tq_device_info *d)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:I, s:I, s:I, s:i, s:I, s:i, s:b, s:b, s:b, "
                     "s:b, s:b, s:b, s:s}",
                     "name", d->name, "platform", d->platform, "type", d->type, "version", d->version,
                     "driver", d->driver, "platform_index", (int)d->platform_index, "device_index",
                     (int)d->device_index, "compute_units", (int)d->compute_units, "global_memory",
                     (json_int_t)d->global_memory, "max_allocation", (json_int_t)d->max_allocation,
                     "local_memory", (json_int_t)d->local_memory, "alignment", (int)d->alignment,
                     "largest_group", (json_int_t)d->largest_group, "vector_width", (int)d->vector_width,
                     "compiler", d->compiler, "fma", d->fma, "subnormals", d->subnormals, "fp64", d->fp64,
                     "fp16", d->fp16, "usable", d->usable, "reason", d->reason);
}

static void print(const tq_device_info *d)
{
    char number[24];
    snprintf(number, sizeof number, "%u:%u", d->platform_index, d->device_index);
    printf("%-5s %-11s %s\n", number, d->type, d->name);
    printf("                  %s, %s\n", d->platform, d->version);
    printf("                  %u compute units, %.1f GiB, vectors of %u%s%s%s\n", d->compute_units,
           (double)d->global_memory / (1 << 30), d->vector_width, d->fma ? ", fma" : "",
           d->subnormals ? ", subnormals" : "", d->fp64 ? ", binary64" : "");
    if (!d->compiler)
        printf("                  no compiler: runs from binaries only (`tq emit`)\n");
    if (!d->usable)
        printf("                  not usable: %s\n", d->reason);
}

static int report(const tq_device_info *devices, size_t count, bool json)
{
    json_t *const list = json ? json_array() : NULL;
    for (size_t i = 0; i < count; ++i) {
        if (json)
            json_array_append_new(list, describe(devices + i));
        else
            print(devices + i);
    }
    return json ? tq_report__json(list) : TQ_EXIT_OK;
}

static int run(const tq_settings *settings)
{
    size_t count = 0;
    int result = tq_report__status(tq_device_list(NULL, 0, &count));
    if (result != TQ_EXIT_OK)
        return result;
    const size_t capacity = count;
    tq_device_info *const devices = calloc(capacity + 1, sizeof *devices);
    if (devices == NULL)
        return tq_report__failure("no memory for a list of %zu devices", capacity);
    result = tq_report__status(tq_device_list(devices, capacity, &count));
    if (result == TQ_EXIT_OK)
        result = report(devices, count < capacity ? count : capacity, settings->json);
    free(devices);
    return result;
}

static const tq_option *const options[] = {&tq_option_json, NULL};
const tq_command tq_command_devices = {
    .name = "devices",
    .summary = "list the OpenCL devices",
    .operands = "",
    .options = options,
    .details =
        "Lists every device of every OpenCL platform with its number P:D, type and name. Numbers may change\n"
        "between runs; choose devices by name. A device that cannot be used is listed with the reason.\n"
        "With --json: a list of objects with name, platform, type, local memory, alignment and more.",
    .examples = "tq devices\ntq devices --json",
    .run = run,
};
