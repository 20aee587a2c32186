/*
 * The vector forms of layers that are not contractions: each trick against integers, for every mantissa or
 * many operands; then whole layers against their exact form, in shapes that end within a vector.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "layers/lanes.h"
#include "layers/pool.h"
#include "oracle/oracle_cases.h"
#include "support/test_sets.h"

static bool small(void)
{
    return getenv("TQ_TEST_SMALL") != NULL;
}

static tq_context *open_context(const char *paths)
{
    tq_context *context;
    if (tq_context_open(&context, NULL) != TQ_OK || tq_context_set(context, "paths", paths) != TQ_OK)
        fail_msg("%s", tq_error());
    return context;
}

/* A work-item counts faults: divisions of mantissas from its place on, in steps of `step`, by odd numbers. */
static const char divisions[] =
    "/* 0 where q is nearest to m / n, in integers; q = significand * 2^-shift. */\n"
    "TQ_INLINE int is_wrong(const uint m, const uint n, const uint q)\n"
    "{\n"
    "    const int shift = 150 - (int)(q >> 23);\n"
    "    const ulong significand = (q & 0x7FFFFFu) | 0x800000u;\n"
    "    const long difference = (long)((ulong)m << shift) - (long)(significand * n);\n"
    "    const long far = difference < 0 && significand == 0x800000u ? -4 * difference : 2 * "
    "abs(difference);\n"
    "    return far > (long)n;\n"
    "}\n"
    "__kernel void divisions(__global uint *faults, const uint n, const float reciprocal, const uint step)\n"
    "{\n"
    "    uint found = 0, lane[TQ_LANES];\n"
    "    const uint begin = 0x800000u + (uint)get_global_id(0) * 0x10000u;\n"
    "    for (uint m = begin; m < begin + 0x10000u; m += TQ_LANES * step) {\n"
    "        for (uint i = 0; i < TQ_LANES; ++i)\n"
    "            lane[i] = as_uint((float)(m + i * step));\n"
    "        tq_store_private(tq_lanes_divide(tq_load_uints(lane), (float)n, reciprocal), lane);\n"
    "        for (uint i = 0; i < TQ_LANES; ++i)\n"
    "            found += is_wrong(m + i * step, n, lane[i]);\n"
    "    }\n"
    "    faults[get_global_id(0)] = found;\n"
    "}\n";

/* Sums, products and fused products, to nearest and to odd, of all pairs of operands, against exact
 * arithmetic. */
static const char operations[] =
    "TQ_INLINE uint exact_bits(const tq_exact v, const int form)\n"
    "{\n"
    "    const int quantum = v.significand ? tq_exact_leading(v) - 23 : 0;\n"
    "    if (form == TQ_NEAREST || v.significand == 0)\n"
    "        return tq_exact_to_carrier(v);\n"
    "    return tq_pack(tq_exact_round(v, quantum, TQ_ROUND_ODD, 0, 0), quantum, v.negative);\n"
    "}\n"
    "TQ_INLINE uint differences(const tq_uints is, const uint a, const uint *b, const uint *c, const int "
    "what, const "
    "int form)\n"
    "{\n"
    "    uint lane[TQ_LANES], found = 0;\n"
    "    tq_store_private(is, lane);\n"
    "    for (int i = 0; i < TQ_LANES; ++i) {\n"
    "        tq_exact v = what == 0 ? tq_exact_add(tq_exact_of(a), tq_exact_of(b[i]))\n"
    "                               : tq_exact_multiply(tq_exact_of(a), tq_exact_of(b[i]));\n"
    "        if (what == 2)\n"
    "            v = tq_exact_add(v, tq_exact_of(c[i]));\n"
    "        found += lane[i] != exact_bits(v, form);\n"
    "    }\n"
    "    return found;\n"
    "}\n"
    "__kernel void operations(__global uint *faults, __global const uint *numbers, const uint count)\n"
    "{\n"
    "    const uint a = numbers[get_global_id(0)];\n"
    "    uint found = 0, b[TQ_LANES], c[TQ_LANES];\n"
    "    for (uint j = 0; j < count; j += TQ_LANES) {\n"
    "        for (uint i = 0; i < TQ_LANES; ++i) {\n"
    "            b[i] = numbers[j + i];\n"
    "            c[i] = numbers[((j + i) * 7919u + (uint)get_global_id(0) * 31u) % count];\n"
    "        }\n"
    "        const tq_uints x = (tq_uints)a, y = tq_load_uints(b), z = tq_load_uints(c);\n"
    "        for (int form = TQ_NEAREST; form <= TQ_ODD; ++form) {\n"
    "            found += differences(tq_lanes_add(x, y, form), a, b, c, 0, form);\n"
    "            if (FMA) {\n"
    "                found += differences(tq_lanes_multiply(x, y, form), a, b, c, 1, form);\n"
    "                found += differences(tq_lanes_fma(x, y, z, form), a, b, c, 2, form);\n"
    "            }\n"
    "        }\n"
    "    }\n"
    "    faults[get_global_id(0)] = found;\n"
    "}\n";

typedef struct trick {
    tq_context *context;
    tq_kernel *kernel;
    tq_memory *faults, *numbers;
    size_t items;
} trick;

static trick make_trick(tq_context *context, const char *source, const char *name, int lanes, size_t items)
{
    const tq_source part = {.name = name, .text = source, .length = strlen(source)};
    tq_program_text text = {0};
    trick t = {.context = context, .items = items};
    tq_program_text__define(&text, "TQ_LANES", "%d", lanes);
    tq_program_text__define(&text, "FMA", "%d", tq_context_device(context)->fma);
    tq_program_text__add(&text, "quantizers/vector.cl");
    tq_program_text__add(&text, "layers/tail.cl");
    tq_program_text__add(&text, "layers/lanes.cl");
    tq_program_text__add_source(&text, &part);
    if (tq_kernel__create(&t.kernel, context, &text, name) != TQ_OK)
        fail_msg("%s", tq_error());
    tq_program_text__free(&text);
    assert_int_equal(tq_memory__create(&t.faults, context, items * sizeof(uint32_t)), TQ_OK);
    return t;
}

static void run_trick(const trick *t, const char *what, const tq_argument *arguments, size_t count)
{
    uint32_t *faults = calloc(t->items, sizeof *faults);
    assert_int_equal(tq_kernel__run(t->kernel, (const size_t[]){t->items, 1, 1}, (const size_t[]){1, 1, 1},
                                    arguments, count),
                     TQ_OK);
    assert_int_equal(tq_memory__read(t->faults, 0, faults, t->items * sizeof *faults), TQ_OK);
    for (size_t i = 0; i < t->items; ++i)
        if (faults[i] != 0)
            fail_msg("%s: %u faults in part %zu", what, faults[i], i);
    free(faults);
}

static void free_trick(trick *t)
{
    tq_kernel__destroy(t->kernel);
    tq_memory__release(t->faults);
    tq_memory__release(t->numbers);
}

static void divide(trick *t, tq_u32 n, tq_u32 step)
{
    char what[64];
    const float reciprocal = 1.0f / (float)n;
    const tq_argument arguments[] = {TQ_MEMORY(t->faults), TQ_VALUE(n), TQ_VALUE(reciprocal), TQ_VALUE(step)};
    snprintf(what, sizeof what, "division by %u", n);
    run_trick(t, what, arguments, TQ_COUNT(arguments));
}

/* Every mantissa by every odd number to 63: powers of two change nothing. Some by many larger ones. */
static void quotients(void **state)
{
    tq_context *context = open_context("all");
    (void)state;
    if (tq_context_device(context)->fma) {
        uint64_t random = 3;
        trick t = make_trick(context, divisions, "divisions", 16, 0x800000 / 0x10000);
        for (tq_u32 n = 1; n < 64; n += small() ? 30 : 2)
            divide(&t, n, small() ? 4096 : tq_test_is_part() ? 16 : 1);
        for (int i = 0; i < (small() ? 2 : tq_test_is_part() ? 50 : 500); ++i)
            divide(&t, 1 + (tq_u32)(oracle_random(&random) % 0x1000000), small() ? 4096 : 128);
        free_trick(&t);
    }
    tq_context_close(context);
}

/* Tame numbers: short significands, long ones, ones next to powers of two; near exponents and far ones. */
static uint32_t operand(size_t i, uint64_t *random)
{
    const uint32_t r = (uint32_t)(oracle_random(random) >> 32), sign = r & 0x80000000u;
    const uint32_t exponent = i % 4 == 0 ? 127 - 37 + r % 75 : 127 - 12 + r % 25;
    const uint32_t far = (uint32_t)(oracle_random(random) >> 41), near = far % 16;
    const uint32_t fraction[] = {far, far & 0x7F0000u, near, 0x7FFFFFu - near, far & 0x7FF000u};
    return i % 97 == 0 ? sign : sign | exponent << 23 | fraction[i % 5];
}

static void sums_and_products(void **state)
{
    static const int lanes[] = {1, 4, 8, 16};
    static uint32_t numbers[1024];
    tq_context *context = open_context("all");
    const tq_u32 count = small() ? 64 : 1024;
    (void)state;
    for (size_t i = tq_test_is_part() ? 1 : 0; i < TQ_COUNT(lanes); i += tq_test_is_part() ? 2 : 1) {
        uint64_t random = 11 + i;
        trick t = make_trick(context, operations, "operations", lanes[i], count);
        for (size_t j = 0; j < count; ++j)
            numbers[j] = operand(j, &random);
        assert_int_equal(tq_memory__create(&t.numbers, context, sizeof numbers), TQ_OK);
        assert_int_equal(tq_memory__write(t.numbers, 0, numbers, sizeof numbers), TQ_OK);
        const tq_argument arguments[] = {TQ_MEMORY(t.faults), TQ_MEMORY(t.numbers), TQ_VALUE(count)};
        run_trick(&t, "operations", arguments, TQ_COUNT(arguments));
        free_trick(&t);
    }
    tq_context_close(context);
}

/* Slots of a layer; `odd`: a vector form rounds to odd, else it is taken only where ranges make sums exact.
 */
typedef struct slots {
    const char *product, *sum, *result, *extrinsic;
    bool odd;
} slots;

static const slots all_slots[] = {
    {"none", "none", "none", "none", true},
    {"none", "none", "e5m2", "bf16", true},
    {"nearest,16,8", "nearest,16,8", "nearest,16,8", "none", true},
    {"fixed,22,8,round=even", "down,20,9", "zero,12,4", "nearest,9,3", true},
    {"fixed,12,5,round=up", "fixed,12,5,round=odd", "nearest,12,5", "none", true},
    {"stochastic,8,4,bits=8", "stochastic,10,5,bits=8", "stochastic,12,5,bits=8", "stochastic,8,2", true},
    {"bf16", "tf32", "e4m3", "none", true},
    {"fp16,round=stochastic:8", "float,5,20", "float,8,9,round=down", "log", true},
    {"stochastic,16,8", "stochastic,16,8", "stochastic,16,8", "none", true},
    {"stochastic,9,12", "fixed,15,3,round=stochastic:16,signed=0", "stochastic,22,4,bits=8", "none", true},
    {"stochastic,16,8,bits=32", "stochastic,16,8,bits=32", "stochastic,16,8,bits=32", "none", false},
    {"nearest,16,8", "fixed,12,6,overflow=wrap", "fixed,10,4,overflow=wrap", "none", false},
    {"none", "exact", "bf16", "none", false},
    {"none", "exact", "none", "none", false},
};

typedef struct shape {
    const char *kind, *options;
    int64_t rows, channels;
} shape;

static const shape shapes[] = {
    {"add", "", 3, 1},
    {"add", "", 5, 17},
    {"add", "", 64, 33},
    {"batchnorm", "", 5, 1},
    {"batchnorm", "", 7, 3},
    {"batchnorm", "", 6, 15},
    {"batchnorm", "", 4, 16},
    {"batchnorm", "", 5, 17},
    {"batchnorm", "", 40, 33},
    {"avgpool2d", "kernel=2,stride=2", 6, 1},
    {"avgpool2d", "kernel=3,pads=1", 5, 3},
    {"avgpool2d", "kernel=3x2,stride=2,pads=1,count_include_pad=1", 6, 15},
    {"avgpool2d", "kernel=4,stride=2,pads=2,ceil_mode=1", 6, 16},
    {"avgpool2d", "kernel=2,stride=1", 9, 17},
    {"globalavgpool", "", 5, 33},
    {"globalavgpool", "", 7, 130},
    {"maxpool2d", "kernel=3,stride=2,pads=1", 7, 33},
    {"relu", "", 5, 33},
};

typedef enum numbers { NUMBERS_ANY, NUMBERS_ORDINARY, NUMBERS_ON_GRID } numbers;

typedef struct bench {
    const shape *s;
    const slots *q;
    numbers numbers;
    tq_shape in;
    float *x[2];
} bench;

#define GRID      (-6)
#define MAGNITUDE 8.0

static void fill(const bench *b, float *to, int64_t count, uint64_t *random)
{
    for (int64_t i = 0; i < count; ++i) {
        const uint32_t bits = oracle_random_input(random, NULL);
        const double part = (double)(oracle_random(random) >> 11) * 0x1p-52 - 1.0;
        memcpy(&to[i], &bits, sizeof bits);
        if (b->numbers == NUMBERS_ORDINARY)
            to[i] = (float)(part * MAGNITUDE);
        if (b->numbers == NUMBERS_ON_GRID)
            to[i] = (float)((double)(int)(part * MAGNITUDE / 0x1p-6) * 0x1p-6);
    }
}

static void set_weights(tq_layer *layer, const bench *b)
{
    static const char *const names[] = {"gamma", "beta", "mean", "variance"};
    static const double factor[] = {0.75, 0.5, 0.25, 0};
    const tq_shape shape = tq_shape_of(1, &b->s->channels);
    float values[64];
    for (size_t i = 0; i < TQ_COUNT(names); ++i) {
        for (int64_t c = 0; c < b->s->channels; ++c)
            values[c] = i == 3 ? 1.0f + (float)(c % 5) * 0.37f : (float)(factor[i] * (double)(c % 7 - 3));
        assert_int_equal(tq_layer_set_weight(layer, names[i], &shape, values), TQ_OK);
    }
}

static tq_layer *plan(const bench *b, tq_context *context)
{
    char text[300];
    tq_layer *layer;
    tq_layer_quantizers q = {.seed = 0x987654321, .id = 5};
    const tq_shape in[2] = {b->in, b->in};
    tq_range range[2];
    range[0] = tq_range__unknown();
    if (b->numbers == NUMBERS_ON_GRID)
        range[0] = (tq_range){.grid = GRID, .lowest = -MAGNITUDE, .highest = MAGNITUDE, .finite = true};
    range[1] = range[0];
    snprintf(text, sizeof text, "{\"product\": \"%s\", \"sum\": \"%s\", \"result\": \"%s\"}", b->q->product,
             b->q->sum, b->q->result);
    assert_int_equal(tq_accumulation_parse(&q.intrinsic, text), TQ_OK);
    assert_int_equal(tq_quantizer_parse(&q.extrinsic, b->q->extrinsic), TQ_OK);
    if (tq_layer_create(&layer, context, b->s->kind, "lanes", b->s->options) != TQ_OK)
        fail_msg("%s", tq_error());
    if (strcmp(b->s->kind, "batchnorm") == 0)
        set_weights(layer, b);
    if (tq_layer__plan(layer, in, range, strcmp(b->s->kind, "add") == 0 ? 2 : 1, &q) != TQ_OK)
        fail_msg("%s", tq_error());
    tq_layer__set_first_sample(layer, 3);
    return layer;
}

static void forward(const bench *b, tq_layer *layer, tq_context *context, float *to)
{
    tq_tensor *x[2], *y;
    const int64_t out = tq_shape_count(&layer->output);
    for (size_t i = 0; i < 2; ++i) {
        assert_int_equal(tq_tensor_create(&x[i], context, &b->in), TQ_OK);
        assert_int_equal(tq_tensor_write(x[i], b->x[i], tq_shape_count(&b->in)), TQ_OK);
    }
    assert_int_equal(tq_tensor_create(&y, context, &layer->output), TQ_OK);
    if (tq_layer_forward(layer, (const tq_tensor *const *)x, y) != TQ_OK)
        fail_msg("%s", tq_error());
    assert_int_equal(tq_tensor_read(y, to, out), TQ_OK);
    tq_tensor_destroy(x[0]);
    tq_tensor_destroy(x[1]);
    tq_tensor_destroy(y);
}

static bool is_fast(const tq_layer *layer)
{
    if (strstr(layer->kind->name, "pool") != NULL)
        return ((const tq_pool *)layer->state)->lanes.fast;
    return *(const bool *)layer->state; /* the others' states begin with their tq_lanes */
}

/* Whether there has to be a vector form, on a device with all that it needs. */
static bool expect_fast(const bench *b)
{
    const bool pools = strstr(b->s->kind, "avgpool") != NULL;
    if (strcmp(b->s->kind, "relu") == 0 || strcmp(b->s->kind, "maxpool2d") == 0)
        return true;
    if (b->q->odd)
        return true;
    return b->numbers == NUMBERS_ON_GRID || (!pools && strcmp(b->q->sum, "exact") == 0);
}

/* Compilers are slow: a third of the slots have the exact form on the device, too; the others the reference.
 */
static bool wants_exact_form(const bench *b)
{
    return tq_test_is_full() || (b->q - all_slots) % 3 == 0;
}

static void compute_exactly(const bench *b, tq_layer *layer, tq_context *context, float *to)
{
    const float *const inputs[2] = {b->x[0], b->x[1]};
    if (wants_exact_form(b))
        forward(b, layer, context, to);
    else
        assert_int_equal(tq_layer_reference(layer, inputs, to), TQ_OK);
}

static void compare(const bench *b, tq_context *contexts[2])
{
    tq_layer *layer[2] = {plan(b, contexts[0]), plan(b, contexts[1])};
    const int64_t count = tq_shape_count(&layer[0]->output);
    float *y[2] = {calloc((size_t)count, sizeof(float)), calloc((size_t)count, sizeof(float))};
    forward(b, layer[0], contexts[0], y[0]);
    compute_exactly(b, layer[1], contexts[1], y[1]);
    if (tq_context_device(contexts[0])->fma && tq_context_device(contexts[0])->subnormals)
        if (is_fast(layer[0]) != expect_fast(b))
            fail_msg("%s %s/%s/%s: %s in vectors", b->s->kind, b->q->product, b->q->sum, b->q->result,
                     is_fast(layer[0]) ? "is" : "is not");
    for (int64_t i = 0; i < count; ++i)
        if (memcmp(&y[0][i], &y[1][i], sizeof(float)) != 0)
            fail_msg("%s '%s' %lldx%lld, %s/%s/%s/%s, numbers %d, output %lld: %a, exactly %a", b->s->kind,
                     b->s->options, (long long)b->s->rows, (long long)b->s->channels, b->q->product,
                     b->q->sum, b->q->result, b->q->extrinsic, (int)b->numbers, (long long)i, (double)y[0][i],
                     (double)y[1][i]);
    for (size_t i = 0; i < 2; ++i) {
        free(y[i]);
        tq_layer_destroy(layer[i]);
    }
}

static void run(bench *b, tq_context *contexts[2])
{
    uint64_t random = 21;
    const int64_t rows = small() && b->s->rows > 8 ? 8 : b->s->rows;
    b->in = tq_shape_of(4, (const int64_t[]){2, rows, rows > 16 ? 2 : rows, b->s->channels});
    for (size_t i = 0; i < 2; ++i) {
        b->x[i] = calloc((size_t)tq_shape_count(&b->in), sizeof(float));
        fill(b, b->x[i], tq_shape_count(&b->in), &random);
    }
    compare(b, contexts);
    free(b->x[0]);
    free(b->x[1]);
}

/*
 * Programs differ with the width of vectors, the slots and what is known of the numbers; building them takes
 * the time. Every slots in full vectors of each kind; else some.
 */
static bool is_covered(size_t shape, size_t slots, bool on_grid)
{
    const bool pools = strstr(shapes[shape].kind, "avgpool") != NULL;
    const bool inner = pools || strstr("add batchnorm", shapes[shape].kind) != NULL;
    if (!inner || (pools && shapes[shape].channels != 17) || (on_grid && all_slots[slots].odd))
        return (shape + slots) % 4 == 0;
    return true;
}

/* Sets are slots without and with numbers on a grid: consecutive ones differ in both. */
#define SETS (2 * TQ_COUNT(all_slots))

static bool is_on_grid(size_t set)
{
    return (set + set / TQ_COUNT(all_slots)) % 2 == 1;
}

static bool is_allowed(size_t shape, size_t set)
{
    return is_covered(shape, set % TQ_COUNT(all_slots), is_on_grid(set));
}

static bool has_same_kind(size_t a, size_t b)
{
    return strcmp(shapes[a].kind, shapes[b].kind) == 0;
}

/* Any numbers and ordinary ones have the same programs. Sums of any do not wrap. */
static void run_set(void *contexts, size_t shape, size_t set)
{
    bench b = {.s = &shapes[shape], .q = &all_slots[set % TQ_COUNT(all_slots)], .numbers = NUMBERS_ON_GRID};
    if (is_on_grid(set)) {
        run(&b, contexts);
        return;
    }
    b.numbers = NUMBERS_ORDINARY;
    run(&b, contexts);
    b.numbers = NUMBERS_ANY;
    if (strstr(b.q->sum, "wrap") == NULL)
        run(&b, contexts);
}

static void layers(void **state)
{
    const bool few = getenv("TQ_TEST_DEVICE_ONLY") == NULL;
    const tq_sets sets = {TQ_COUNT(shapes), SETS, few ? 4 : 0, is_allowed, few ? has_same_kind : NULL};
    tq_context *contexts[2] = {open_context("all"), open_context("general")};
    (void)state;
    tq_sets_run(&sets, run_set, contexts);
    tq_context_close(contexts[0]);
    tq_context_close(contexts[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(quotients), cmocka_unit_test(sums_and_products),
                                       cmocka_unit_test(layers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
