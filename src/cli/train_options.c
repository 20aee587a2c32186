/* The options of `tq train` alone. */
#include "cli/options.h"

#define PLACE(member) .offset = offsetof(tq_settings, member)

const tq_option tq_option_train_data = {
    .name = "data",
    .value = "DATA",
    .help = "what is learned: fashion-mnist (its training images; its test images are the\n"
            "validation), idx:IMAGES,LABELS, npy:INPUTS,LABELS or\n"
            "images:DIR[,LABELS][,OPTION=VALUE...] (docs/data.md); required",
    .type = TQ_OPTION_TEXT,
    .required = true,
    PLACE(data),
};
const tq_option tq_option_validation = {
    .name = "validation",
    .value = "DATA",
    .help = "labelled data to measure the accuracy with after each epoch",
    .type = TQ_OPTION_TEXT,
    PLACE(validation),
};
const tq_option tq_option_optimizer = {
    .name = "optimizer",
    .value = "RULE",
    .help = "docs/optimizers.md; sgd,rate=0.05,momentum=0.9 unless given",
    .type = TQ_OPTION_TEXT,
    PLACE(optimizer),
};
const tq_option tq_option_step_quantizers = {
    .name = "step-quantizers",
    .value = "U",
    .help = "what the optimizer's numbers are quantized with: a quantizer for all, or\n"
            "{\"gradient\": Q, \"state\": Q, \"product\": Q, \"value\": Q}",
    .type = TQ_OPTION_TEXT,
    PLACE(step_quantizers),
};
const tq_option tq_option_loss = {
    .name = "loss",
    .value = "L",
    .help = "cross-entropy, or squares: of the outputs' differences from 1 for the label\n"
            "and 0 for other classes; cross-entropy unless given",
    .type = TQ_OPTION_TEXT,
    PLACE(loss),
};
const tq_option tq_option_backward = {
    .name = "backward",
    .value = "M",
    .help = "what is quantized inside the sums of gradients by layers' inputs",
    .type = TQ_OPTION_TEXT,
    PLACE(backward),
};
const tq_option tq_option_update = {
    .name = "update",
    .value = "M",
    .help = "what is quantized inside the sums of gradients by weights",
    .type = TQ_OPTION_TEXT,
    PLACE(update),
};
const tq_option tq_option_clipped = {
    .name = "clipped",
    .help = "gradients do not pass where a quantizer saturated",
    .type = TQ_OPTION_FLAG,
    PLACE(clipped),
};
const tq_option tq_option_epochs = {
    .name = "epochs",
    .value = "N",
    .help = "passes over the data, from the start of the training",
    .type = TQ_OPTION_INTEGER,
    .initial = 10,
    .lowest = 1,
    .highest = 1000000,
    PLACE(epochs),
};
const tq_option tq_option_train_batch = {
    .name = "batch",
    .value = "N",
    .help = "images of a step; those that fill none are left out of an epoch",
    .type = TQ_OPTION_INTEGER,
    .initial = 64,
    .lowest = 1,
    .highest = 65536,
    PLACE(batch),
};
const tq_option tq_option_train_seed = {
    .name = "seed",
    .value = "S",
    .help = "of a built-in network's weights, of the order of images, of rounding and\n"
            "dropout",
    .type = TQ_OPTION_INTEGER,
    .initial = 1,
    .highest = INT64_MAX,
    PLACE(seed),
};
const tq_option tq_option_model = {
    .name = "out",
    .value = "MODEL.onnx",
    .help = "write the trained network, in float, to this file; required",
    .type = TQ_OPTION_TEXT,
    .required = true,
    PLACE(out),
};
const tq_option tq_option_log = {
    .name = "log",
    .value = "LOG.jsonl",
    .help = "write a line of JSON for each step and epoch to this file",
    .type = TQ_OPTION_TEXT,
    PLACE(log),
};
const tq_option tq_option_checkpoint = {
    .name = "checkpoint",
    .value = "FILE",
    .help = "keep the state after each epoch in this file; MODEL.onnx.checkpoint unless\n"
            "given",
    .type = TQ_OPTION_TEXT,
    PLACE(checkpoint),
};
const tq_option tq_option_checkpoint_every = {
    .name = "checkpoint-every",
    .value = "N",
    .help = "also after every N steps",
    .type = TQ_OPTION_INTEGER,
    .lowest = 1,
    .highest = INT64_MAX,
    PLACE(checkpoint_every),
};
const tq_option tq_option_resume = {
    .name = "resume",
    .help = "go on from the checkpoint, where there is one",
    .type = TQ_OPTION_FLAG,
    PLACE(resume),
};
