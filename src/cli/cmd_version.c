#include <stdio.h>

#include "cli/command.h"
#include "cli/report.h"

#ifndef TQ_HAVE_CLBLAST
#define TQ_HAVE_CLBLAST 0
#endif

static int run(const tq_settings *settings)
{
    const bool clblast = TQ_HAVE_CLBLAST;
    if (settings->json)
        return tq_report__json(
            json_pack("{s:s, s:{s:b}}", "version", tq_version(), "optional", "clblast", clblast));
    printf("tq %s\nCLBlast: %s\n", tq_version(), clblast ? "found when this was built" : "not there");
    return TQ_EXIT_OK;
}

static const tq_option *const options[] = {&tq_option_json, NULL};
const tq_command tq_command_version = {
    .name = "version",
    .summary = "print the library's version and the optional parts it was built with; also `tq --version`",
    .operands = "",
    .options = options,
    .details = "With --json: an object with version, and optional: a truth value for each optional part.",
    .examples = "tq --version\ntq version --json",
    .run = run,
};
