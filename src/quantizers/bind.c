/* Quantizers in programs and in the host's loops. */
#include "quantizers/bind.h"

#include <stdio.h>
#include <string.h>

#include "quantizers/registry.h"

tq_baked tq_quantizer__bake(const tq_quantizer *q)
{
    const tq_quantizer_kind *kind = q->kind ? q->kind : &tq_quantizer_none;
    tq_baked baked = {.apply = kind->apply};
    kind->bake(q->value, &baked.words, &baked.structure);
    if (TQ_ROUNDING(baked.structure) == TQ_ROUND_STOCHASTIC)
        baked.random_bits = baked.words.s7;
    return baked;
}

tq_words tq_quantizer__words(const tq_quantizer *q)
{
    return tq_quantizer__bake(q).words;
}

tq_u32 tq_quantizer__apply(const tq_quantizer *q, tq_exact v, tq_u32 draw)
{
    const tq_baked baked = tq_quantizer__bake(q);
    return baked.apply(v, baked.words, baked.structure, draw);
}

int tq_quantizer__random_bits(const tq_quantizer *q)
{
    return tq_quantizer__bake(q).random_bits;
}

tq_format tq_quantizer__format(const tq_quantizer *q)
{
    const tq_quantizer_kind *kind = q->kind ? q->kind : &tq_quantizer_none;
    tq_format format = {.family = TQ_FAMILY_OTHER};
    if (kind->format)
        kind->format(q->value, &format);
    return format;
}

static void add_function(tq_program_text *text, const tq_quantizer_kind *kind)
{
    char name[96];
    if (kind->source) {
        const tq_source own = {.name = kind->function, .text = kind->source, .length = strlen(kind->source)};
        tq_program_text__add_source(text, &own);
        return;
    }
    snprintf(name, sizeof name, "quantizers/%s.cl", kind->function);
    tq_program_text__add(text, name);
}

/* A kind from outside the library has no vector function, unless it uses one of the library's functions. */
static const tq_source *vector_source(const tq_quantizer_kind *kind)
{
    char file[96];
    if (kind->source)
        return NULL;
    snprintf(file, sizeof file, "quantizers/vector_%s.cl", kind->function);
    return tq_source__find(file);
}

bool tq_quantizer__has_vector(const tq_quantizer *q)
{
    return tq_quantizer_is_none(q) || vector_source(q->kind) != NULL;
}

/* The macros of a slot with a vector function. */
static void define_vector(tq_program_text *text, const char *slot, const char *function, int structure)
{
    char name[96];
    snprintf(name, sizeof name, "%s_CLASS(words)", slot);
    tq_program_text__define(text, name, "tq_class_%s((words), %d)", function, structure);
    snprintf(name, sizeof name, "%s_VECTOR_OF(class, bits, words, draws)", slot);
    tq_program_text__define(text, name, "tq_vector_%s((bits), (words), %d, (draws), (class))", function,
                            structure);
    snprintf(name, sizeof name, "%s_VECTOR(bits, words, draws)", slot);
    tq_program_text__define(text, name, "%s_VECTOR_OF(%s_CLASS(words), bits, words, draws)", slot, slot);
}

static void bind_vector(tq_program_text *text, const char *slot, const tq_quantizer *q)
{
    const tq_baked baked = tq_quantizer__bake(q);
    const bool none = tq_quantizer_is_none(q);
    tq_program_text__add(text, "quantizers/vector.cl");
    if (baked.random_bits > 0)
        tq_program_text__add(text, "quantizers/element_draws.cl");
    if (!none)
        tq_program_text__add_source(text, vector_source(q->kind));
    define_vector(text, slot, none ? "none" : q->kind->function, (int)baked.structure);
}

void tq_quantizer__bind(tq_program_text *text, const char *slot, const tq_quantizer *q)
{
    const tq_baked baked = tq_quantizer__bake(q);
    const bool none = tq_quantizer_is_none(q);
    char name[96];
    snprintf(name, sizeof name, "%s(v, words, draw)", slot);
    if (none) {
        tq_program_text__define(text, name, "tq_exact_to_carrier(v)");
    } else {
        add_function(text, q->kind);
        tq_program_text__define(text, name, "tq_quantize_%s((v), (words), %d, (draw))", q->kind->function,
                                (int)baked.structure);
    }
    snprintf(name, sizeof name, "%s_BITS", slot);
    tq_program_text__define(text, name, "%d", (int)baked.random_bits);
    snprintf(name, sizeof name, "%s_NONE", slot);
    tq_program_text__define(text, name, "%d", (int)none);
    snprintf(name, sizeof name, "%s_FAST", slot);
    tq_program_text__define(text, name, "%d", (int)tq_quantizer__has_vector(q));
    if (tq_quantizer__has_vector(q))
        bind_vector(text, slot, q);
}
