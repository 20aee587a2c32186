#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/session.h"

static void show(void *user, const char *path, size_t done, size_t all)
{
    tq_progress *const progress = user;
    if (done == 0)
        tq_progress__start(progress, (int64_t)all);
    tq_progress__add(progress, (int64_t)done - progress->done);
    tq_progress__label(progress, path);
}

static json_t *describe(const tq_tuning_row *row)
{
    return json_pack("{s:s, s:s, s:b, s:i, s:i, s:i, s:i, s:o}", "path", row->path, "work", row->work,
                     "draws", row->draws > 0, "rows", row->rows, "vectors", row->vectors, "default_rows",
                     row->default_rows, "default_vectors", row->default_vectors, "ratio",
                     tq_report__real(row->ratio));
}

static void print(const tq_tuning_row *row)
{
    char initial[16], best[16];
    snprintf(initial, sizeof initial, "%dx%d", row->default_rows, row->default_vectors);
    snprintf(best, sizeof best, "%dx%d", row->rows, row->vectors);
    printf("%-10s %-10s %-6s %-8s %-6s %.3f\n", row->path, row->work, row->draws > 0 ? "yes" : "no", initial,
           best, row->ratio);
}

static int report(const tq_tuning_row *rows, size_t count, tq_context *context, const tq_settings *settings)
{
    const char *const file = settings->out != NULL ? settings->out : tq_tuning_file(context);
    const char *const device = tq_context_device(context)->name;
    if (settings->json) {
        json_t *const tiles = json_array();
        for (size_t i = 0; i < count; ++i)
            json_array_append_new(tiles, describe(rows + i));
        return tq_report__json(json_pack("{s:s, s:s, s:o}", "device", device, "file", file, "tiles", tiles));
    }
    printf("%-10s %-10s %-6s %-8s %-6s %s\n", "path", "work", "draws", "default", "best", "best/default");
    for (size_t i = 0; i < count; ++i)
        print(rows + i);
    printf("tiles of %s written to %s\n", device, file);
    return TQ_EXIT_OK;
}

/* What the rows of an earlier file are does not matter: they are all measured again. */
static int tune(tq_context *context, const tq_settings *settings)
{
    tq_tuning_row rows[64];
    tq_progress progress = {0};
    size_t count = 0;
    const tq_tune how = {.quick = settings->quick, .progress = show, .user = &progress};
    int result = tq_report__status(tq_context_set(context, "tuning", ""));
    if (result == TQ_EXIT_OK) {
        result = tq_report__status(tq_context_tune(context, &how));
        tq_progress__hide(&progress);
    }
    if (result == TQ_EXIT_OK)
        result = tq_report__status(tq_tuning_write(context, settings->out));
    if (result == TQ_EXIT_OK)
        result = tq_report__status(tq_tuning_read(context, rows, sizeof rows / sizeof rows[0], &count));
    return result == TQ_EXIT_OK ? report(rows, count, context, settings) : result;
}

static int run(const tq_settings *settings)
{
    tq_context *context = NULL;
    int result = tq_session__check_output(settings->out);
    if (result == TQ_EXIT_OK)
        result = tq_report__status(tq_context_open(&context, settings->device));
    if (result == TQ_EXIT_OK && settings->out == NULL && tq_tuning_file(context)[0] == '\0')
        result = tq_report__failure("there is no cache directory to write to; name a file with --out");
    if (result == TQ_EXIT_OK)
        result = tune(context, settings);
    tq_context_close(context);
    return result;
}

static const tq_option *const options[] = {&tq_option_device, &tq_option_tuned, &tq_option_quick,
                                           &tq_option_json, NULL};
const tq_command tq_command_tune = {
    .name = "tune",
    .summary = "measure which tiles make the loops fast on a device, and keep them",
    .operands = "",
    .options = options,
    .details =
        "Each accumulation path computes tiles of rows x vectors of outputs. Measures several for every "
        "path\n"
        "that the device can take, in turn, on a dense layer of 960 x 512 x 512, a convolution of 28 x 28 x\n"
        "128 with 3 x 3 taps, a dense layer of few outputs and a depthwise convolution. Takes minutes; the "
        "machine should\n"
        "have nothing else to do. The file is read from then on: it is one in the cache directory for this\n"
        "device, driver and version, unless --out names another, to be used with TQ_TUNING=FILE. Results do "
        "not\n"
        "depend on it, to the last bit. Printed is how fast the best tile is, by the library's own in the\n"
        "same run; a tile that is not 3 % faster is not taken.\n"
        "With --json: an object with device, file, and tiles: path, work (many or few outputs, depthwise),\n"
        "draws (whether products are rounded stochastically), rows, vectors, default_rows,\n"
        "default_vectors, ratio.",
    .examples =
        "tq tune\ntq tune --quick --device cpu\ntq tune --out tiles.json && TQ_TUNING=tiles.json tq run ...",
    .run = run,
};
