#include "cli/train_note.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/report.h"
#include "cli/sweep_file.h"

/* One line for each rule: by content, as files with maps may change. */
static void add_map(FILE *to, const char *name, const tq_map *map)
{
    char text[1024];
    tq_accumulation accumulation;
    for (size_t i = 0; map != NULL && i < tq_map_count(map); ++i) {
        const char *const pattern = tq_map_rule(map, i, &accumulation);
        tq_accumulation_print(text, sizeof text, &accumulation);
        fprintf(to, "%s=\"%s\": %s\n", name, pattern, text);
    }
}

static void add_optimizer(FILE *to, const tq_training_job *job)
{
    char text[2048];
    tq_optimizer_print(text, sizeof text, &job->rule);
    fprintf(to, "optimizer=%s\n", text);
    tq_update_print(text, sizeof text, &job->quantizers);
    fprintf(to, "step-quantizers=%s\n", text);
}

static void print(FILE *to, const tq_training_job *job, const tq_settings *settings, const char *hash)
{
    fprintf(to, "network=%s\n", hash);
    fprintf(to, "data=%s\nimages=%" PRId64 "\nbatch=%" PRId64 "\nseed=%" PRId64 "\n", settings->data,
            job->train.images, job->train.batch, settings->seed);
    fprintf(to, "loss=%s\nclipped=%d\n", job->loss == TQ_LOSS_SQUARES ? "squares" : "cross-entropy",
            settings->clipped);
    add_optimizer(to, job);
    add_map(to, "weights", job->train.weights);
    add_map(to, "intrinsic", job->train.intrinsic);
    add_map(to, "extrinsic", job->train.extrinsic);
    add_map(to, "backward", job->backward);
    add_map(to, "update", job->update);
}

int tq_train_note__make(tq_training_job *job, const tq_settings *settings, bool builtin)
{
    const char *const model = settings->operand[0];
    char hash[17] = "";
    size_t size;
    const int result = builtin ? TQ_EXIT_OK : tq_sweep_file__hash(hash, model);
    FILE *const to = result == TQ_EXIT_OK ? open_memstream(&job->note, &size) : NULL;
    if (to == NULL)
        return result == TQ_EXIT_OK ? tq_report__failure("no memory for a checkpoint's text") : result;
    print(to, job, settings, builtin ? model : hash);
    if (fclose(to) != 0)
        return tq_report__failure("no memory for a checkpoint's text");
    return TQ_EXIT_OK;
}
