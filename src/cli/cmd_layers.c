#include <stdio.h>

#include "cli/command.h"
#include "cli/report.h"
#include "tensorquant/layer.h"

static int run(const tq_settings *settings)
{
    json_t *const list = settings->json ? json_array() : NULL;
    for (size_t i = 0; i < tq_layer_kind_count(); ++i) {
        const char *const name = tq_layer_kind_name(i), *const summary = tq_layer_kind_summary(i);
        if (settings->json)
            json_array_append_new(list, json_pack("{s:s, s:s}", "name", name, "summary", summary));
        else
            printf("%-15s %s\n", name, summary);
    }
    return settings->json ? tq_report__json(list) : TQ_EXIT_OK;
}

static const tq_option *const options[] = {&tq_option_json, NULL};
const tq_command tq_command_layers = {
    .name = "layers",
    .summary = "list the kinds of layers",
    .operands = "",
    .options = options,
    .details = "With --json: a list of objects with name and summary.",
    .examples = "tq layers\ntq layers --json",
    .run = run,
};
