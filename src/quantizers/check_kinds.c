#include "quantizers/check_kinds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quantizers/bind.h"
#include "util/clock.h"
#include "util/fail.h"

enum { NUMBERS = 6016, MOST_EXAMPLES = 256, MOST_CASES = 4 };

/* What all of them work on. */
typedef struct kinds_test {
    tq_checks *checks;
    tq_context *context;
    int lanes;
    tq_memory *x, *draws, *y;
    tq_u32 from[NUMBERS], draw[NUMBERS], given[NUMBERS];
} kinds_test;

/* Every example of every kind; those that look at a whole tensor have their parameters from all of the
 * numbers. */
typedef struct examples {
    const char *name[MOST_EXAMPLES];
    tq_quantizer q[MOST_EXAMPLES];
    bool done[MOST_EXAMPLES];
    size_t count;
} examples;

/* A program of quantizers that share a function; each structure of theirs is a case. Some compilers take much
 * longer for more. */
typedef struct family {
    const char *function;
    tq_i32 structure[MOST_CASES];
    int cases;
    tq_kernel *kernel;
    double seconds; /* of compiling, for the first of them */
    bool failed;    /* there is no kernel, as tq_error() said */
    char text[400];
} family;

/* Any bits, powers of two and their neighbours, numbers of up to 12 bits, among which are ties of most
 * formats. */
static tq_u32 number_of(tq_u32 i)
{
    const tq_u32 draw = (i ^ (i >> 3)) * 2654435761u, sign = draw << 31;
    if (i % 4 == 0)
        return draw;
    if (i % 4 == 1)
        return sign | ((draw >> 8) % 256) << 23 | ((draw & 6) == 0 ? 0 : (draw & 2) ? 1u : 0x7FFFFFu);
    if (i % 4 == 2)
        return sign | (112 + (draw >> 8) % 24) << 23 | (draw & 0x7FF000);
    const float x = ldexpf((float)(draw >> 19) - 4096.0f, -(int)(i / 4 % 14));
    tq_u32 bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static const char *function_of(const tq_quantizer *q)
{
    return tq_quantizer_is_none(q) ? "none" : q->kind->function;
}

/* The case of a structure; a new one if need be, -1 when there are too many. */
static int find_case(family *f, tq_i32 structure)
{
    for (int i = 0; i < f->cases; ++i)
        if (f->structure[i] == structure)
            return i;
    if (f->cases == MOST_CASES)
        return -1;
    f->structure[f->cases] = structure;
    return f->cases++;
}

/* Whether the example is of the family and has not been checked. */
static bool is_wanted(const examples *e, const family *f, size_t i)
{
    return !e->done[i] && strcmp(function_of(&e->q[i]), f->function) == 0;
}

static void add_case(tq_program_text *text, tq_text *list, family *f, const tq_quantizer *q)
{
    char slot[32];
    const int before = f->cases, place = find_case(f, tq_quantizer__bake(q).structure);
    if (place < before) /* there already, or too many */
        return;
    snprintf(slot, sizeof slot, "TQ_CASE_%d", place);
    tq_quantizer__bind(text, slot, q);
    tq_text__print(list, " TQ_CASE(%d, %s)", place, slot);
}

static tq_status build(family *f, const kinds_test *t, const examples *e)
{
    tq_program_text text = {.unkept = true};
    tq_text cases = {0};
    tq_program_text__define(&text, "TQ_LANES", "%d", t->lanes);
    for (size_t i = 0; i < e->count; ++i)
        if (is_wanted(e, f, i))
            add_case(&text, &cases, f, &e->q[i]);
    tq_text__print(&text.defines, "#define TQ_CASES%s\n", tq_text__get(&cases));
    tq_program_text__add(&text, "layers/quantize_case.cl");
    tq_status status = tq_text__status(&cases);
    if (status == TQ_OK)
        status = tq_kernel__create(&f->kernel, t->context, &text, "quantize_case");
    tq_text__free(&cases);
    tq_program_text__free(&text);
    return status;
}

static void begin_family(family *f, const kinds_test *t, const examples *e)
{
    const double begun = tq_clock__now();
    f->failed = build(f, t, e) != TQ_OK;
    if (f->failed)
        snprintf(f->text, sizeof f->text, "%s", tq_error());
    f->seconds = tq_clock__now() - begun;
}

static tq_status run(kinds_test *t, family *f, const tq_quantizer *q)
{
    const size_t global[3] = {(size_t)(NUMBERS / t->lanes), 1, 1}, local[3] = {1, 1, 1};
    const tq_baked baked = tq_quantizer__bake(q);
    const tq_i32 which = find_case(f, baked.structure);
    const tq_argument arguments[] = {TQ_MEMORY(t->x), TQ_MEMORY(t->draws), TQ_MEMORY(t->y),
                                     TQ_VALUE(baked.words), TQ_VALUE(which)};
    TQ_TRY(tq_kernel__run(f->kernel, global, local, arguments, TQ_COUNT(arguments)));
    return tq_memory__read(t->y, 0, t->given, sizeof t->given);
}

static void compare(const kinds_test *t, tq_check *check, char *text, size_t size, const tq_quantizer *q)
{
    const tq_baked baked = tq_quantizer__bake(q);
    for (size_t i = 0; i < NUMBERS; ++i) {
        const tq_u32 should = baked.apply(tq_exact_of(t->from[i]), baked.words, baked.structure, t->draw[i]);
        if (t->given[i] == should)
            continue;
        check->result = TQ_CHECK_FAILED;
        snprintf(text, size, "of %08x with draw %08x it gives %08x, expected %08x", t->from[i], t->draw[i],
                 t->given[i], should);
        return;
    }
}

static void check_quantizer(kinds_test *t, family *f, const char *name, const tq_quantizer *q)
{
    char text[400] = "";
    const double begun = tq_clock__now();
    tq_check check = {"quantizer", name, TQ_CHECK_PASSED, NUMBERS, 0.0, text};
    if (!f->failed && run(t, f, q) == TQ_OK) {
        compare(t, &check, text, sizeof text, q);
    } else {
        check.result = TQ_CHECK_FAILED;
        check.compared = 0;
        snprintf(text, sizeof text, "%s", f->failed ? f->text : tq_error());
    }
    check.seconds = tq_clock__now() - begun + f->seconds;
    f->seconds = 0.0;
    tq_checks__add(t->checks, &check);
}

/* As many as are in one program, the first among them. */
static void check_family(kinds_test *t, examples *e, size_t first)
{
    family f = {.function = function_of(&e->q[first])};
    begin_family(&f, t, e);
    for (size_t i = first; i < e->count; ++i)
        if (is_wanted(e, &f, i) && find_case(&f, tq_quantizer__bake(&e->q[i]).structure) >= 0) {
            check_quantizer(t, &f, e->name[i], &e->q[i]);
            e->done[i] = true;
        }
    tq_kernel__destroy(f.kernel);
}

static tq_status add_example(examples *e, const char *name, const float *numbers)
{
    tq_quantizer q;
    if (e->count == MOST_EXAMPLES)
        return tq_status__fail(TQ_E_UNSUPPORTED, "the self-test has room for %d quantizers", MOST_EXAMPLES);
    TQ_TRY(tq_quantizer_parse(&q, name));
    e->name[e->count] = name;
    tq_quantizer__fit_host(&e->q[e->count++], &q, numbers, NUMBERS);
    return TQ_OK;
}

static tq_status gather(examples *e, const tq_checks *checks, const tq_u32 *bits)
{
    tq_status status = TQ_OK;
    float *const numbers = malloc(NUMBERS * sizeof *numbers);
    if (numbers == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for numbers to quantize");
    memcpy(numbers, bits, NUMBERS * sizeof *numbers);
    for (size_t i = 0; i < tq_quantizer_kind_count() && status == TQ_OK; ++i)
        for (const char *const *name = tq_quantizer_kind_at(i)->examples; *name != NULL && status == TQ_OK;
             ++name)
            status = tq_checks__want(checks, *name) ? add_example(e, *name, numbers) : TQ_OK;
    free(numbers);
    return status;
}

static tq_status check_all(kinds_test *t)
{
    examples e = {.count = 0};
    t->lanes = tq_device__lanes(tq_context_device(t->context));
    for (tq_u32 i = 0; i < NUMBERS; ++i) {
        t->from[i] = number_of(i);
        t->draw[i] = i % 5 == 0 ? 0 : i % 5 == 1 ? UINT32_MAX : i * 747796405u;
    }
    TQ_TRY(gather(&e, t->checks, t->from));
    TQ_TRY(tq_memory__of(&t->x, t->context, t->from, sizeof t->from));
    TQ_TRY(tq_memory__of(&t->draws, t->context, t->draw, sizeof t->draw));
    TQ_TRY(tq_memory__create(&t->y, t->context, sizeof t->given));
    for (size_t i = 0; i < e.count; ++i)
        if (!e.done[i])
            check_family(t, &e, i);
    return TQ_OK;
}

tq_status tq_quantizers__check(tq_checks *checks, tq_context *context)
{
    kinds_test *const t = calloc(1, sizeof *t);
    if (t == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for numbers to quantize");
    t->checks = checks;
    t->context = context;
    const tq_status status = check_all(t);
    tq_memory__release(t->x);
    tq_memory__release(t->draws);
    tq_memory__release(t->y);
    free(t);
    return status;
}
