/* Gradients of pairwise kinds. */
#include "layers/backward.h"
#include "layers/pairwise.h"

#define PLACE_STEPS TQ_MAX_RANK /* to find where an element stands, each of two */

/* The gradient by operand `input`: a copy, negated, or multiplied by the other operand. */
static tq_vector_form form_of(const tq_layer *layer, size_t input)
{
    const tq_pairwise *kind = layer->kind->family;
    return kind->form == TQ_FORM_DIFFERENCE && input == 0 ? TQ_FORM_SUM : kind->form;
}

/* The output's elements that each element of the operand has a part in. */
static tq_groups groups_of(const tq_layer *layer, size_t input)
{
    const tq_shape *in = &layer->input[input], *out = &layer->output;
    const int missing = out->rank - in->rank;
    int outer[TQ_MAX_RANK], count = 0;
    unsigned inside = 0;
    for (int d = 0; d < out->rank; ++d) {
        if ((d < missing ? 1 : in->dim[d - missing]) == out->dim[d])
            outer[count++] = d;
        else
            inside |= 1u << d;
    }
    return tq_groups__of(out, inside, outer, count);
}

tq_status tq_pairwise__plan_backward(tq_layer *layer)
{
    tq_pairwise_state *state = layer->state;
    for (size_t i = 0; i < 2; ++i) {
        const tq_groups groups = groups_of(layer, i);
        TQ_TRY(tq_layer__check_steps(layer, tq_groups__size(&groups) * 2 * PLACE_STEPS));
        TQ_TRY(tq_groups__upload(&groups, layer, &state->groups[i]));
    }
    return TQ_OK;
}

static tq_status run(tq_layer *layer, size_t input, const tq_gradients *gradients)
{
    static const char *const files[] = {"layers/groups.cl", "layers/pairwise_backward.cl"};
    const tq_pairwise_state *state = layer->state;
    const tq_groups groups = groups_of(layer, input);
    const tq_backward_slots slots = tq_backward__slots(layer, input);
    const tq_backward_words words = tq_backward__words(layer, &slots);
    const tq_u64 size = tq_groups__size(&groups), first = tq_backward__first(layer, input);
    const tq_u32 other = (tq_u32)(1 - input);
    tq_tensor *to = gradients->input_gradient[input];
    tq_program_text text = {0};
    tq_kernel *kernel;
    tq_program_text__define(&text, "TQ_FORM", "%d", (int)form_of(layer, input));
    tq_program_text__define(&text, "TQ_REPEATS", "%d", size > 1);
    TQ_TRY(tq_backward__kernel(layer, &slots, &kernel, &text, files, TQ_COUNT(files), "pairwise_backward"));
    const tq_argument arguments[] = {TQ_TENSOR(gradients->input[other]),
                                     TQ_TENSOR(gradients->output_gradient),
                                     TQ_TENSOR(to),
                                     TQ_MEMORY(state->groups[input]),
                                     TQ_MEMORY(state->geometry),
                                     TQ_VALUE(other),
                                     TQ_VALUE(size),
                                     TQ_VALUE(words.product),
                                     TQ_VALUE(words.sum),
                                     TQ_VALUE(words.key),
                                     TQ_VALUE(words.stream),
                                     TQ_VALUE(first)};
    return tq_kernel__run_elements(kernel, tq_shape_count(&layer->input[input]), arguments,
                                   TQ_COUNT(arguments));
}

/* Whether the gradient is the output's as it is. */
static bool is_copy(const tq_layer *layer, size_t input)
{
    const bool same = tq_shape_count(&layer->input[input]) == tq_shape_count(&layer->output);
    return same && form_of(layer, input) == TQ_FORM_SUM;
}

tq_status tq_pairwise__backward(tq_layer *layer, const tq_gradients *gradients)
{
    for (size_t i = 0; i < 2; ++i) {
        tq_tensor *to = gradients->input_gradient[i];
        if (to == NULL)
            continue;
        if (!is_copy(layer, i))
            TQ_TRY(run(layer, i, gradients));
        TQ_TRY(tq_backward__result(layer, i, to, is_copy(layer, i) ? gradients->output_gradient : to));
    }
    return TQ_OK;
}

/* One element of the gradient by operand `input`. */
static float gradient_at(const tq_layer *layer, size_t input, const tq_host_gradients *gradients,
                         const tq_groups *groups, tq_u64 element, tq_backward_sum *sum)
{
    const tq_pairwise_state *state = layer->state;
    const tq_vector_form form = form_of(layer, input);
    const tq_u64 size = tq_groups__size(groups), start = tq_groups__start(groups, element);
    tq_backward_sum__start(sum, tq_backward__first(layer, input) + element);
    for (tq_u64 k = 0; k < size; ++k) {
        const tq_u64 at = start + tq_groups__step(groups, k);
        const float g = gradients->output_gradient[at];
        const float other =
            gradients->input[1 - input][tq_broadcast__place(&state->broadcast, 1 - input, at)];
        if (size == 1)
            return form == TQ_FORM_PRODUCT      ? tq_backward__product(g, other)
                   : form == TQ_FORM_DIFFERENCE ? tq_bits__number(tq_bits__of(g) ^ TQ_SIGN_BIT)
                                                : g;
        if (form == TQ_FORM_PRODUCT)
            tq_backward_sum__add_product(sum, g, other, (tq_u32)k);
        else
            tq_backward_sum__add(sum, form == TQ_FORM_DIFFERENCE ? -g : g, (tq_u32)k);
    }
    return tq_backward_sum__total(sum);
}

tq_status tq_pairwise__backward_reference(const tq_layer *layer, const tq_host_gradients *gradients)
{
    for (size_t i = 0; i < 2; ++i) {
        float *to = gradients->input_gradient[i];
        const tq_groups groups = groups_of(layer, i);
        const tq_backward_slots slots = tq_backward__slots(layer, i);
        tq_backward_sum sum = tq_backward_sum__of(layer, &slots);
        if (to == NULL)
            continue;
        for (int64_t j = 0; j < tq_shape_count(&layer->input[i]); ++j)
            to[j] = gradient_at(layer, i, gradients, &groups, (tq_u64)j, &sum);
        tq_backward__result_host(layer, i, to, to);
    }
    return TQ_OK;
}
