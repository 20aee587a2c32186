#include <stdio.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/report.h"
#include "cli/training.h"

static int resume(tq_training_job *job, const tq_settings *settings)
{
    if (!settings->resume || access(job->checkpoint, F_OK) != 0)
        return TQ_EXIT_OK;
    return tq_report__status(tq_checkpoint_read(job->trainer, job->checkpoint, job->note));
}

static int print_json(const tq_training_job *job, const tq_settings *settings)
{
    const bool measured = job->check.dataset != NULL;
    return tq_report__json(json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:f, s:f, s:O}", "model", settings->operand[0],
        "data", settings->data, "out", settings->out, "device", tq_context_device(job->train.context)->name,
        "seed", (json_int_t)settings->seed, "batch", (json_int_t)job->train.batch, "images",
        (json_int_t)job->train.images, "steps", (json_int_t)tq_trainer_steps(job->trainer), "right",
        measured ? json_integer(job->evaluation.right) : json_null(), "accuracy",
        measured ? json_real(tq_evaluation__accuracy(&job->evaluation)) : json_null(), "seconds",
        job->seconds, "images_per_second", job->seconds > 0 ? (double)job->trained / job->seconds : 0.0,
        "epochs", job->epochs));
}

static int print(const tq_training_job *job, const tq_settings *settings)
{
    if (settings->json)
        return print_json(job, settings);
    printf("device    %s\n", tq_context_device(job->train.context)->name);
    printf("seed      %lld\n", (long long)settings->seed);
    printf("steps     %lld of %lld images\n", (long long)tq_trainer_steps(job->trainer),
           (long long)job->train.batch);
    if (job->seconds > 0)
        printf("speed     %.0f images per second (%.2f s)\n", (double)job->trained / job->seconds,
               job->seconds);
    if (job->check.dataset != NULL)
        printf("accuracy  %.2f %% (%lld of %lld right)\n", 100 * tq_evaluation__accuracy(&job->evaluation),
               (long long)job->evaluation.right, (long long)job->evaluation.images);
    printf("model     %s\n", settings->out);
    return TQ_EXIT_OK;
}

static int run(const tq_settings *settings)
{
    tq_training_job job = {0};
    int result = tq_training_job__open(&job, settings);
    if (result == TQ_EXIT_OK)
        result = resume(&job, settings);
    if (result == TQ_EXIT_OK)
        result = tq_training_job__run(&job, settings);
    if (result == TQ_EXIT_OK)
        result = tq_report__status(tq_network_save_onnx(job.train.network, settings->out));
    if (result == TQ_EXIT_OK)
        result = print(&job, settings);
    tq_training_job__close(&job);
    return result;
}

static const tq_option *const options[] = {&tq_option_train_data,
                                           &tq_option_validation,
                                           &tq_option_model,
                                           &tq_option_epochs,
                                           &tq_option_train_batch,
                                           &tq_option_optimizer,
                                           &tq_option_step_quantizers,
                                           &tq_option_loss,
                                           &tq_option_weights,
                                           &tq_option_extrinsic,
                                           &tq_option_intrinsic,
                                           &tq_option_backward,
                                           &tq_option_update,
                                           &tq_option_clipped,
                                           &tq_option_train_seed,
                                           &tq_option_limit,
                                           &tq_option_device,
                                           &tq_option_log,
                                           &tq_option_checkpoint,
                                           &tq_option_checkpoint_every,
                                           &tq_option_resume,
                                           &tq_option_json,
                                           NULL};

const tq_command tq_command_train = {
    .name = "train",
    .summary = "train a network in the number formats that the maps give",
    .operands = "MODEL|lenet|cifarnet|mlp",
    .operand_count = 1,
    .options = options,
    .details =
        "Trains an ONNX model, or one of the built-in networks from random weights, and writes it as an\n"
        "ONNX model. Forward runs as `tq run` does with the three maps; gradients by inputs are summed as\n"
        "--backward says, gradients by weights as --update says, and the optimizer's numbers are quantized\n"
        "with --step-quantizers. Quantizers are straight-through. The master weights are what is written.\n"
        "Each epoch takes the images in another order, by the seed. After it the accuracy on the validation\n"
        "data is printed, quantized by the maps, and the state is kept in the checkpoint. With --resume the\n"
        "same command goes on from there to the same bits, also after it was killed; more epochs may be\n"
        "asked for, all other options that decide the bits must be the same. Without, it starts anew.\n"
        "The same options and seed give the same bits on every device.\n"
        "--log: rows with event = start (options, device), step (step, epoch, loss, rate) and epoch (step,\n"
        "epoch, loss, accuracy, right, images, seconds). loss of an epoch is the mean of its steps, as far\n"
        "as this process took them. Rows behind the checkpoint are dropped by --resume and written again.\n"
        "With --json: an object with model, data, out, device, seed, batch, images, steps, right and\n"
        "accuracy (null without validation), seconds, images_per_second, and epochs: such rows.",
    .examples =
        "tq train lenet --data fashion-mnist --epochs 5 --out lenet.onnx\n"
        "tq train mlp --data fashion-mnist --optimizer adam,rate=0.001 --out mlp.onnx --log mlp.jsonl\n"
        "tq train lenet --data fashion-mnist --weights nearest,16,14 --step-quantizers stochastic,16,14 \\\n"
        "    --out lenet16.onnx --checkpoint-every 200 --resume\n"
        "tq train model.onnx --data idx:images.gz,labels.gz --out tuned.onnx --optimizer \\\n"
        "    sgd,rate=0.01,momentum=0.9,schedule=cosine,period=5000",
    .run = run,
};
