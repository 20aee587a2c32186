#include "bench_options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "util/fail.h"

static void set_quick(tq_bench_options *options, const char *value)
{
    (void)value;
    options->level = TQ_LEVEL_QUICK;
}

static void set_smoke(tq_bench_options *options, const char *value)
{
    (void)value;
    options->level = TQ_LEVEL_SMOKE;
}

static void set_json(tq_bench_options *options, const char *value)
{
    (void)value;
    options->json = true;
}

static void set_help(tq_bench_options *options, const char *value)
{
    (void)value;
    options->help = true;
}

static void set_device(tq_bench_options *options, const char *value)
{
    options->device = value;
}

static void set_work(tq_bench_options *options, const char *value)
{
    options->work = value;
}

static void set_format(tq_bench_options *options, const char *value)
{
    options->format = value;
}

static const struct {
    const char *name, *value, *help; /* value: NULL when the option takes none */
    void (*set)(tq_bench_options *options, const char *value);
} table[] = {
    {"--quick", NULL, "one dense layer, one convolution, one size of elements, without CLBlast", set_quick},
    {"--json", NULL, "a list of rows instead of the table", set_json},
    {"--device", "D", "as for tq: cpu, gpu, part of a name, P:D; else $TQ_DEVICE, else the best", set_device},
    {"--work", "TEXT", "only works whose name contains TEXT", set_work},
    {"--format", "TEXT", "only formats whose name contains TEXT; what ratios refer to is always run",
     set_format},
    {"--smoke", NULL, "tiny works, to see that the program works; the numbers mean nothing", set_smoke},
    {"--help", NULL, "this text", set_help},
};

void tq_bench_options__help(void)
{
    printf("tq-bench: the speed of quantized layers beside that of plain float, in one run\n\n"
           "Usage: tq-bench [options]\n\nOptions:\n");
    for (size_t i = 0; i < TQ_COUNT(table); ++i)
        printf("  %-8s %-5s %s\n", table[i].name, table[i].value != NULL ? table[i].value : "",
               table[i].help);
    printf("\nColumns, what is compared with what, and a table: docs/performance.md\n");
}

static bool refuse(const char *argument, const char *what)
{
    fprintf(stderr, "tq-bench: '%s': %s; see tq-bench --help\n", argument, what);
    return false;
}

bool tq_bench_options__read(tq_bench_options *options, int argc, char **argv)
{
    *options = (tq_bench_options){.level = TQ_LEVEL_FULL, .work = "", .format = ""};
    for (int i = 1; i < argc; ++i) {
        size_t j = 0;
        while (j < TQ_COUNT(table) && strcmp(argv[i], table[j].name) != 0)
            ++j;
        if (j == TQ_COUNT(table))
            return refuse(argv[i], "unknown option");
        if (table[j].value != NULL && i + 1 == argc)
            return refuse(argv[i], "needs a value");
        i += table[j].value != NULL;
        table[j].set(options, argv[i]);
    }
    return true;
}
