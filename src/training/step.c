/* One step: weights quantized, forward, loss, backward, update. */
#include <math.h>

#include "optimizers/optimizer_kind.h"
#include "training/trainer_parts.h"

static const tq_tensor *tensor_of(const tq_trainer *t, size_t value)
{
    const tq_value *v = &t->network->value[value];
    return v->source == TQ_SOURCE_INPUT ? t->input : v->tensor;
}

static uint64_t first_sample(const tq_trainer *t)
{
    return (uint64_t)tq_optimizer_steps(t->optimizer) * (uint64_t)t->training.batch;
}

/* The weights of the step; where a number is not finite is noted. */
static tq_status quantize_weights(tq_trainer *t)
{
    for (size_t i = 0; i < t->weights; ++i) {
        const tq_learned *l = &t->learned[i];
        const tq_layer_quantizers *q = &l->layer->quantizers;
        const uint64_t first =
            (uint64_t)tq_optimizer_steps(t->optimizer) * (uint64_t)tq_shape_count(tq_tensor_shape(l->master));
        TQ_TRY(tq_gradient__find_infinite(l->master, t->infinite, (uint32_t)i));
        if (l->quantized != NULL)
            TQ_TRY(tq_quantizer__tensor(l->quantized, l->master, &q->weights, q->seed, q->id,
                                        (uint32_t)(TQ_STREAM_WEIGHT + l->weight), first, 1));
    }
    return TQ_OK;
}

static tq_status run_layer(tq_trainer *t, size_t i)
{
    const tq_value *value = &t->network->value[i];
    const tq_tensor *inputs[TQ_LAYER_INPUTS], *raw = t->value[i].raw;
    const tq_layer_quantizers *q = &value->quantizers;
    const uint64_t each = (uint64_t)(tq_shape_count(&value->shape) / value->shape.dim[0]);
    for (size_t k = 0; k < value->input_count; ++k)
        inputs[k] = tensor_of(t, value->input[k]);
    tq_layer__set_first_sample(value->layer, first_sample(t));
    TQ_TRY(tq_layer_forward(value->layer, inputs, raw != NULL ? t->value[i].raw : value->tensor));
    if (raw == NULL)
        return TQ_OK;
    return tq_quantizer__tensor(value->tensor, raw, &q->extrinsic, q->seed, q->id, TQ_STREAM_ELEMENT,
                                first_sample(t) * each, value->shape.dim[0]);
}

static tq_status run_forward(tq_trainer *t)
{
    for (size_t i = 0; i <= t->logits; ++i)
        if (t->value[i].used && t->network->value[i].source == TQ_SOURCE_LAYER)
            TQ_TRY(run_layer(t, i));
    return tq_tensor_read(t->network->value[t->logits].tensor, t->output,
                          tq_shape_count(&t->network->value[t->logits].shape));
}

/* The gradient by value i, in one of its readers' tensors or the loss's: theirs added, in the order of the
 * readers. */
static tq_status gather_gradient(tq_trainer *t, size_t i, tq_tensor **gradient)
{
    tq_tensor *sum = i == t->logits ? t->loss_gradient : NULL;
    for (size_t r = i + 1; r < t->network->value_count; ++r)
        for (size_t k = 0; k < t->network->value[r].input_count; ++k) {
            tq_tensor *part = t->value[r].input[k];
            if (t->network->value[r].input[k] != i || part == NULL)
                continue;
            if (sum != NULL)
                TQ_TRY(tq_gradient__add(sum, part));
            sum = sum != NULL ? sum : part;
        }
    *gradient = sum;
    if (sum != NULL && t->value[i].raw != NULL)
        return tq_gradient__clip(sum, t->value[i].raw, &t->network->value[i].quantizers.extrinsic);
    return TQ_OK;
}

static tq_status run_layer_backward(tq_trainer *t, size_t i, const tq_tensor *gradient)
{
    const tq_value *value = &t->network->value[i];
    const tq_tensor *inputs[TQ_LAYER_INPUTS];
    tq_gradients g = {.input = inputs, .output_gradient = gradient};
    for (size_t k = 0; k < value->input_count; ++k) {
        inputs[k] = tensor_of(t, value->input[k]);
        g.input_gradient[k] = t->value[i].input[k];
    }
    for (size_t w = 0; w < t->weights; ++w)
        if (t->learned[w].layer == value->layer)
            g.weight_gradient[t->learned[w].weight] = t->learned[w].gradient;
    const tq_profile_scope scope = {
        .layer = value->name, .kind = value->layer->kind->name, .path = "backward"};
    tq_profile__enter(t->context, &scope);
    const tq_status status = value->layer->kind->backward(value->layer, &g);
    tq_profile__leave(t->context);
    return status == TQ_OK ? TQ_OK : tq_status__prefix(status, "gradients of layer '%s'", value->name);
}

static tq_status run_backward(tq_trainer *t)
{
    for (size_t i = t->logits + 1; i-- > 0;) {
        tq_tensor *gradient;
        if (!t->value[i].flows)
            continue;
        TQ_TRY(gather_gradient(t, i, &gradient));
        TQ_TRY(run_layer_backward(t, i, gradient));
    }
    return TQ_OK;
}

static int64_t classes_of(const tq_trainer *t)
{
    const tq_shape *shape = &t->network->value[t->logits].shape;
    return shape->dim[shape->rank - 1];
}

static tq_status check_finite(const float *x, int64_t count)
{
    for (int64_t i = 0; i < count; ++i)
        if (!isfinite(x[i]))
            return tq_status__fail(TQ_E_ARGUMENT, "number %lld of the input is %g; it must be finite",
                                   (long long)i, (double)x[i]);
    return TQ_OK;
}

static tq_status check_labels(const tq_trainer *t, const int32_t *label)
{
    for (int64_t i = 0; i < t->training.batch; ++i)
        if (label[i] < 0 || label[i] >= classes_of(t))
            return tq_status__fail(TQ_E_ARGUMENT, "label %lld is %d, allowed 0 to %lld", (long long)i,
                                   label[i], (long long)classes_of(t) - 1);
    return TQ_OK;
}

/* Input and labels, or targets, to the device. */
static tq_status bring(tq_trainer *t, const float *input, const int32_t *label, const float *target)
{
    const tq_value *in = &t->network->value[tq_network__input(t->network)],
                   *out = &t->network->value[t->logits];
    const int64_t inputs = tq_shape_count(&in->shape), outputs = tq_shape_count(&out->shape);
    TQ_TRY(check_finite(input, inputs));
    tq_layout__to_nhwc(t->staging, input, &in->shape, t->training.batch, in->layout);
    TQ_TRY(tq_tensor_write(t->input, t->staging, inputs));
    if (t->training.loss == TQ_LOSS_CROSS_ENTROPY) {
        TQ_TRY(check_labels(t, label));
        return tq_memory__write(t->target, 0, label, (uint64_t)t->training.batch * sizeof *label);
    }
    tq_layout__to_nhwc(t->wanted, target, &out->shape, out->shape.dim[0], in->layout);
    return tq_memory__write(t->target, 0, t->wanted, (uint64_t)outputs * sizeof *t->wanted);
}

static tq_status check_weights(tq_trainer *t)
{
    TQ_TRY(tq_memory__read(t->infinite, 0, t->first_infinite, t->weights * sizeof *t->first_infinite));
    for (size_t i = 0; i < t->weights; ++i)
        if (t->first_infinite[i] != UINT32_MAX)
            return tq_status__fail(TQ_E_STATE, "step %u: number %u of weight '%s' is not finite",
                                   tq_optimizer_steps(t->optimizer), t->first_infinite[i],
                                   t->learned[i].name);
    return TQ_OK;
}

/* Where something was found, or nothing was written yet. */
static tq_status reset_infinite(tq_trainer *t)
{
    bool found = false;
    for (size_t i = 0; i < t->weights; ++i) {
        found = found || t->first_infinite[i] != UINT32_MAX;
        t->first_infinite[i] = UINT32_MAX;
    }
    if (!found)
        return TQ_OK;
    return tq_memory__write(t->infinite, 0, t->first_infinite, t->weights * sizeof *t->first_infinite);
}

tq_status tq_trainer_step(tq_trainer *t, const float *input, const int32_t *label, const float *target,
                          double *loss)
{
    if (t == NULL || input == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_trainer_step: NULL argument");
    if (t->training.loss == TQ_LOSS_CROSS_ENTROPY ? label == NULL : target == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_trainer_step: the loss needs %s",
                               t->training.loss == TQ_LOSS_CROSS_ENTROPY ? "labels" : "targets");
    TQ_TRY(tq_trainer__plan(t));
    TQ_TRY(bring(t, input, label, target));
    TQ_TRY(reset_infinite(t));
    TQ_TRY(quantize_weights(t));
    TQ_TRY(run_forward(t));
    TQ_TRY(check_weights(t));
    const int64_t outputs = tq_shape_count(&t->network->value[t->logits].shape);
    const double value =
        tq_loss__value(t->training.loss, t->output, outputs, classes_of(t), label, t->wanted);
    if (loss != NULL)
        *loss = value;
    if (!isfinite(value))
        return tq_trainer__diverged(t, value);
    TQ_TRY(tq_loss__gradient(t->training.loss, t->loss_gradient, t->network->value[t->logits].tensor,
                             t->target, classes_of(t), t->training.rule.value[TQ_RULE_LOSS_SCALE]));
    TQ_TRY(run_backward(t));
    return tq_optimizer_step(t->optimizer, t->master, t->gradient, t->weights);
}
