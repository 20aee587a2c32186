#include "cli/training.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/report.h"
#include "cli/train_note.h"

#define FASHION "fashion-mnist"

static int read_loss(tq_training_job *job, const char *text)
{
    if (text == NULL || strcmp(text, "cross-entropy") == 0)
        job->loss = TQ_LOSS_CROSS_ENTROPY;
    else if (strcmp(text, "squares") == 0)
        job->loss = TQ_LOSS_SQUARES;
    else
        return tq_report__usage("--loss: '%s' is neither cross-entropy nor squares", text);
    return TQ_EXIT_OK;
}

static int read_rules(tq_training_job *job, const tq_settings *settings)
{
    const char *const rule = settings->optimizer != NULL ? settings->optimizer : "sgd,rate=0.05,momentum=0.9";
    int result = tq_report__status(tq_optimizer_parse(&job->rule, rule));
    if (result == TQ_EXIT_OK && settings->step_quantizers != NULL)
        result = tq_report__status(tq_update_parse(&job->quantizers, settings->step_quantizers));
    if (result == TQ_EXIT_OK)
        result = read_loss(job, settings->loss);
    if (result == TQ_EXIT_OK)
        result = tq_session__open_map(&job->backward, settings->backward);
    return result == TQ_EXIT_OK ? tq_session__open_map(&job->update, settings->update) : result;
}

/* What is measured with, or NULL. */
static const char *validation_of(const tq_settings *settings)
{
    if (settings->validation != NULL)
        return settings->validation;
    return strcmp(settings->data, FASHION) == 0 ? FASHION : NULL;
}

static int open_validation(tq_training_job *job, const tq_settings *settings)
{
    const char *const spec = validation_of(settings);
    job->check = job->train;
    job->check.shrinks = true; /* another batch gives the same numbers, but another step does not */
    job->check.dataset = NULL;
    if (spec == NULL)
        return TQ_EXIT_OK;
    const int result = tq_report__status(tq_dataset_open(&job->check.dataset, spec));
    if (result != TQ_EXIT_OK)
        return result;
    if (!tq_dataset_has_labels(job->check.dataset))
        return tq_report__failure("the validation data '%s' has no labels", spec);
    job->check.images = tq_dataset_count(job->check.dataset);
    job->check.largest = tq_dataset_largest(job->check.dataset);
    return TQ_EXIT_OK;
}

/* The number of classes that the labels tell of. */
static int count_classes(const tq_training_job *job, int64_t *classes)
{
    const int64_t images = job->train.images;
    int32_t *const labels = malloc((size_t)images * sizeof *labels);
    if (labels == NULL)
        return tq_report__failure("no memory for %lld labels", (long long)images);
    const int result = tq_report__status(tq_dataset_read(job->train.dataset, 0, images, NULL, labels));
    for (int64_t i = *classes = 0; result == TQ_EXIT_OK && i < images; ++i)
        *classes = labels[i] >= *classes ? labels[i] + 1 : *classes;
    free(labels);
    return result;
}

static bool is_builtin(const char *model)
{
    for (size_t i = 0; i < tq_builtin_count(); ++i)
        if (strcmp(tq_builtin_name(i), model) == 0)
            return true;
    return false;
}

static int unknown_model(const char *model)
{
    char names[256] = "";
    size_t length = 0;
    for (size_t i = 0; i < tq_builtin_count() && length < sizeof names; ++i)
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s", i > 0 ? ", " : "",
                                   tq_builtin_name(i));
    return tq_report__failure("'%s' is neither a file nor a built-in network; there are: %s", model, names);
}

static int open_network(tq_training_job *job, const tq_settings *settings)
{
    const char *const model = settings->operand[0];
    tq_session *const train = &job->train;
    int64_t classes;
    if (!is_builtin(model) && access(model, F_OK) != 0)
        return unknown_model(model);
    if (!is_builtin(model))
        return tq_report__status(tq_network_load_onnx(&train->network, train->context, model));
    const int result = count_classes(job, &classes);
    if (result != TQ_EXIT_OK)
        return result;
    return tq_report__status(tq_network_create_builtin(&train->network, train->context, model,
                                                       tq_dataset_sample_shape(train->dataset), classes,
                                                       (uint64_t)settings->seed));
}

/* A planned network knows whether the data fit. */
static int check_data(tq_training_job *job, const tq_settings *settings)
{
    tq_shape input, output;
    int result = tq_session__plan(&job->train, settings, false);
    if (result == TQ_EXIT_OK)
        result = tq_report__status(tq_network_shapes(job->train.network, &input, &output));
    if (result != TQ_EXIT_OK)
        return result;
    job->classes = tq_shape_count(&output) / job->train.batch;
    job->sample_size = tq_shape_count(&input) / job->train.batch;
    job->check.network = job->train.network;
    result = tq_session__check_data(&job->train, settings->operand[0], settings->data);
    if (result == TQ_EXIT_OK && job->check.dataset != NULL)
        result = tq_session__check_data(&job->check, settings->operand[0], validation_of(settings));
    return result;
}

static int allocate(tq_training_job *job)
{
    const int64_t batch = job->train.batch;
    job->samples = tq_session__allocate(batch * job->sample_size);
    job->targets = tq_session__allocate(batch * job->classes);
    job->labels = malloc((size_t)batch * sizeof *job->labels);
    job->order = malloc((size_t)job->train.images * sizeof *job->order);
    if (job->samples == NULL || job->targets == NULL || job->labels == NULL || job->order == NULL)
        return tq_report__failure("no memory for batches of %lld images", (long long)batch);
    return TQ_EXIT_OK;
}

static int open_trainer(tq_training_job *job, const tq_settings *settings)
{
    const tq_training training = {.batch = job->train.batch,
                                  .loss = job->loss,
                                  .weights = job->train.weights,
                                  .intrinsic = job->train.intrinsic,
                                  .extrinsic = job->train.extrinsic,
                                  .backward = job->backward,
                                  .update = job->update,
                                  .clipped = settings->clipped,
                                  .rule = job->rule,
                                  .optimizer = job->quantizers,
                                  .seed = (uint64_t)settings->seed};
    return tq_report__status(tq_trainer_create(&job->trainer, job->train.network, &training));
}

/* MODEL.onnx.checkpoint, or what is given. */
static int name_checkpoint(tq_training_job *job, const tq_settings *settings)
{
    static const char ending[] = ".checkpoint";
    const char *const name = settings->checkpoint != NULL ? settings->checkpoint : settings->out;
    job->checkpoint = malloc(strlen(name) + sizeof ending);
    if (job->checkpoint == NULL)
        return tq_report__failure("no memory for a name");
    strcpy(job->checkpoint, name);
    if (settings->checkpoint == NULL)
        strcat(job->checkpoint, ending);
    return tq_session__check_output(job->checkpoint);
}

static int open_data(tq_training_job *job, const tq_settings *settings)
{
    tq_settings of_data = *settings;
    if (strcmp(settings->data, FASHION) == 0)
        of_data.data = FASHION "-train";
    int result = tq_session__open_parts(&job->train, &of_data);
    job->train.shrinks = false;
    if (result == TQ_EXIT_OK && !tq_dataset_has_labels(job->train.dataset))
        result = tq_report__failure("the data '%s' has no labels to learn", settings->data);
    if (result == TQ_EXIT_OK)
        result = open_validation(job, settings);
    job->epoch_steps = result == TQ_EXIT_OK ? job->train.images / job->train.batch : 0;
    return result;
}

int tq_training_job__open(tq_training_job *job, const tq_settings *settings)
{
    int result = tq_session__check_output(settings->out);
    if (result == TQ_EXIT_OK)
        result = name_checkpoint(job, settings);
    if (result == TQ_EXIT_OK)
        result = read_rules(job, settings);
    if (result == TQ_EXIT_OK)
        result = open_data(job, settings);
    if (result == TQ_EXIT_OK)
        result = open_network(job, settings);
    if (result == TQ_EXIT_OK)
        result = check_data(job, settings);
    if (result == TQ_EXIT_OK)
        result = allocate(job);
    if (result == TQ_EXIT_OK)
        result = tq_train_note__make(job, settings, is_builtin(settings->operand[0]));
    return result == TQ_EXIT_OK ? open_trainer(job, settings) : result;
}

void tq_training_job__close(tq_training_job *job)
{
    tq_trainer_destroy(job->trainer);
    tq_dataset_close(job->check.dataset);
    tq_session__close(&job->train);
    tq_map_destroy(job->backward);
    tq_map_destroy(job->update);
    free(job->checkpoint);
    free(job->note);
    free(job->samples);
    free(job->targets);
    free(job->labels);
    free(job->order);
    json_decref(job->epochs);
}
