#include "layers/tail.h"

typedef struct tail_slot {
    const char *slot, *present; /* names of the macros */
    const tq_quantizer *quantizer;
    bool is_present;
} tail_slot;

enum { EXTRINSIC, THEN_RESULT, THEN_EXTRINSIC, SLOTS };

/* As kernels/layers/tail.cl reads them. */
typedef struct tail_words {
    tq_words words[SLOTS];
    tq_u32 key[2], then_key[2], relu, unused[3];
} tail_words;

static void write_key(tq_u32 key[2], const tq_layer_quantizers *q)
{
    key[0] = (tq_u32)q->seed;
    key[1] = (tq_u32)(q->seed >> 32) ^ q->id;
}

static tq_status make(tq_layer *layer, tq_tail *tail, tq_program_text *text, const tail_slot *slot,
                      const tq_layer_quantizers *then, bool relu)
{
    tail_words words = {.relu = relu ? ~(tq_u32)0 : 0};
    write_key(words.key, &layer->quantizers);
    write_key(words.then_key, then);
    for (size_t i = 0; i < SLOTS; ++i) {
        if (!slot[i].is_present)
            continue;
        tq_program_text__define(text, slot[i].present, "1");
        tq_quantizer__bind(text, slot[i].slot, slot[i].quantizer);
        words.words[i] = tq_quantizer__words(slot[i].quantizer);
    }
    return tq_memory__of(&tail->memory, layer->context, &words, sizeof words);
}

/* Whether q changes numbers of the range; the range behind it. */
static bool changes(tq_range *range, const tq_quantizer *q)
{
    if (tq_range__keeps(*range, q))
        return false;
    *range = tq_range__quantized(*range, q);
    return true;
}

static void set_slots(tail_slot slot[SLOTS], const tq_quantizer *extrinsic, const tq_layer_quantizers *then)
{
    slot[EXTRINSIC] = (tail_slot){"TQ_EXTRINSIC", "TQ_HAS_EXTRINSIC", extrinsic, false};
    slot[THEN_RESULT] = (tail_slot){"TQ_THEN_RESULT", "TQ_HAS_THEN_RESULT", &then->intrinsic.result, false};
    slot[THEN_EXTRINSIC] = (tail_slot){"TQ_THEN_EXTRINSIC", "TQ_HAS_THEN_EXTRINSIC", &then->extrinsic, false};
}

static bool fits_whole_tensor(const tq_layer_quantizers *q)
{
    return tq_quantizer__needs_fit(&q->intrinsic.result) || tq_quantizer__needs_fit(&q->extrinsic);
}

tq_status tq_tail__plan(tq_layer *layer, tq_tail *tail, tq_program_text *text)
{
    const tq_layer_quantizers *then = &layer->relu_quantizers;
    tq_range range = layer->output_range;
    tail_slot slot[SLOTS];
    set_slots(slot, &layer->quantizers.extrinsic, then);
    layer->extrinsic_taken = !tq_quantizer__needs_fit(&layer->quantizers.extrinsic);
    layer->relu_taken = layer->relu_follows && layer->extrinsic_taken && !fits_whole_tensor(then);
    if (layer->extrinsic_taken)
        slot[EXTRINSIC].is_present = changes(&range, &layer->quantizers.extrinsic);
    if (layer->relu_taken) {
        slot[THEN_RESULT].is_present = changes(&range, &then->intrinsic.result);
        slot[THEN_EXTRINSIC].is_present = changes(&range, &then->extrinsic);
    }
    return make(layer, tail, text, slot, then, layer->relu_taken);
}

tq_status tq_tail__plan_own(tq_layer *layer, tq_tail *tail, tq_program_text *text, bool relu)
{
    const tq_layer_quantizers *own = &layer->quantizers;
    tq_range range = layer->output_range;
    tail_slot slot[SLOTS];
    set_slots(slot, &own->extrinsic, own);
    layer->result_taken = !tq_quantizer__needs_fit(&own->intrinsic.result);
    layer->extrinsic_taken = layer->result_taken && !tq_quantizer__needs_fit(&own->extrinsic);
    if (layer->result_taken)
        slot[THEN_RESULT].is_present = changes(&range, &own->intrinsic.result);
    if (layer->extrinsic_taken)
        slot[THEN_EXTRINSIC].is_present = changes(&range, &own->extrinsic);
    return make(layer, tail, text, slot, own, relu);
}

void tq_tail__release(tq_tail *tail)
{
    tq_memory__release(tail->memory);
    *tail = (tq_tail){0};
}
