#include <stdio.h>

#include "cli/command.h"
#include "cli/report.h"

static const struct {
    const char *name, *key;
    bool there;
} parts[] = {{"CLBlast", "clblast", TQ_HAVE_CLBLAST},
             {"libpng", "png", TQ_HAVE_PNG},
             {"libjpeg", "jpeg", TQ_HAVE_JPEG}};
enum { PARTS = sizeof parts / sizeof parts[0] };

static int run(const tq_settings *settings)
{
    json_t *const there = settings->json ? json_object() : NULL;
    if (!settings->json)
        printf("tq %s\n", tq_version());
    for (size_t i = 0; i < PARTS; ++i)
        if (settings->json)
            json_object_set_new(there, parts[i].key, json_boolean(parts[i].there));
        else
            printf("%s: %s\n", parts[i].name, parts[i].there ? "found when this was built" : "not there");
    return settings->json
               ? tq_report__json(json_pack("{s:s, s:o}", "version", tq_version(), "optional", there))
               : TQ_EXIT_OK;
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
