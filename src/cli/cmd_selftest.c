#include <stdio.h>

#include "cli/command.h"
#include "cli/report.h"
#include "tensorquant/selftest.h"

static const char *const results[] = {"passed", "FAILED", "skipped"}, *const result_keys[] = {
                                                                          "passed", "failed", "skipped"};

/* What the report gathers; `checks` NULL: it prints. */
typedef struct gathering {
    json_t *checks;
    int count[3];
    double seconds;
} gathering;

static void print(const tq_check *check)
{
    char seconds[24] = "";
    if (check->seconds >= 0.0005)
        snprintf(seconds, sizeof seconds, "%.3f", check->seconds);
    printf("%-10s %-8s %8lld %8s  %s\n", check->group, results[check->result], (long long)check->compared,
           seconds, check->name);
    if (check->text[0] != '\0')
        printf("           %s\n", check->text);
    fflush(stdout); /* a driver may end the process in the next one */
}

static json_t *describe(const tq_check *check)
{
    return json_pack("{s:s, s:s, s:s, s:I, s:o, s:s}", "group", check->group, "name", check->name, "result",
                     result_keys[check->result], "compared", (json_int_t)check->compared, "seconds",
                     tq_report__real(check->seconds), "text", check->text);
}

static void gather(void *user, const tq_check *check)
{
    gathering *const g = user;
    ++g->count[check->result];
    g->seconds += check->seconds;
    if (g->checks == NULL)
        print(check);
    else
        json_array_append_new(g->checks, describe(check));
}

static int finish(const gathering *g, const tq_device_info *device)
{
    if (g->checks != NULL)
        return tq_report__json(json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:o, s:O}", "device", device->name,
                                         "platform", device->platform, "driver", device->driver, "passed",
                                         g->count[0], "failed", g->count[1], "skipped", g->count[2],
                                         "seconds", tq_report__real(g->seconds), "checks", g->checks));
    printf("%s (%s, driver %s): %d passed, %d failed, %d skipped, %.1f s\n", device->name, device->platform,
           device->driver, g->count[0], g->count[1], g->count[2], g->seconds);
    return TQ_EXIT_OK;
}

static int run(const tq_settings *settings)
{
    gathering g = {.checks = settings->json ? json_array() : NULL};
    const tq_selftest how = {.quick = settings->quick, .report = gather, .user = &g};
    tq_device_info device = {0};
    if (!settings->json)
        printf("%-10s %-8s %8s %8s  %s\n", "group", "result", "numbers", "seconds", "check");
    const tq_status status = tq_selftest_run(&device, settings->device, &how);
    int result = tq_report__status(status);
    if (device.name[0] != '\0' && finish(&g, &device) != TQ_EXIT_OK)
        result = TQ_EXIT_FAILURE;
    json_decref(g.checks);
    return result;
}

static const tq_option *const options[] = {&tq_option_device, &tq_option_operations, &tq_option_json, NULL};
const tq_command tq_command_selftest = {
    .name = "selftest",
    .summary = "check that a device computes what the library counts on",
    .operands = "",
    .options = options,
    .details =
        "Every operation that kernels rely on, every kind of quantizer and every accumulation path, on the\n"
        "device and on the host, which must give the same bits. Seconds, nearly all of them compiling. A "
        "check\n"
        "is skipped where the library would not use it on this device. Tests a device that would be "
        "refused,\n"
        "too, and keeps the verdict on it in the cache directory: a device that fails an operation is "
        "refused\n"
        "by all other commands until it passes. They ask the operations themselves, once for each device "
        "and\n"
        "driver; TQ_SELFTEST=always: each time, TQ_SELFTEST=off: never.\n"
        "The exit code is 0 when no check failed, else 1. With --json: an object with device, platform,\n"
        "driver, passed, failed, skipped (numbers of checks), seconds, and checks: group, name, result,\n"
        "compared (numbers), seconds, text.",
    .examples = "tq selftest\ntq selftest --quick --device gpu\ntq selftest --json",
    .run = run,
};
