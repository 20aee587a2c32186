/* The vector functions of quantizers, for every number of lanes, against the host reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oracle/oracle_cases.h"
#include "quantizers/bind.h"
#include "runtime/launch.h"
#include "support/test_sets.h"

#define MOST 40000

static const char kernel_text[] =
    "__kernel void vectors(__global const uint *restrict x, __global const uint *restrict draws,\n"
    "                      __global uint *restrict y, const int8 words)\n"
    "{\n"
    "    const ulong at = get_global_id(0) * TQ_LANES;\n"
    "    tq_store_uints(SLOT_VECTOR(tq_load_uints(x + at), words, tq_load_uints(draws + at)), y + at);\n"
    "}\n";

typedef struct fixture {
    tq_context *context;
    uint32_t x[MOST], draw[MOST], y[MOST], should[MOST];
    size_t count;
    tq_memory *from, *draws, *to;
} fixture;

static bool small(void)
{
    return getenv("TQ_TEST_SMALL") != NULL;
}

static void add(fixture *t, uint32_t bits, uint32_t draw)
{
    if (t->count == MOST)
        return;
    t->x[t->count] = bits;
    t->draw[t->count++] = draw;
}

/* Draws that are all zeros, all ones, and random ones. */
static uint32_t some_draw(uint64_t *state, size_t i)
{
    return i % 5 == 0 ? 0 : i % 5 == 1 ? 0xFFFFFFFFu : (uint32_t)oracle_random(state);
}

/* The format's special numbers, with their neighbours; random ones; a number of each exponent. */
static void fill(fixture *t, const char *string)
{
    static uint32_t cases[ORACLE_CASES];
    uint64_t state = 91;
    oracle_format f;
    size_t count;
    assert_true(oracle_parse(&f, string));
    count = oracle_cases(cases, &f);
    t->count = 0;
    for (uint32_t e = 0; e < 512; e += small() ? 7 : 1) {
        add(t, e << 23, 0xFFFFFFFFu);
        add(t, e << 23 | 1, 0xFFFFFFFFu);
        add(t, e << 23 | ((uint32_t)oracle_random(&state) & 0x7FFFFF), (uint32_t)oracle_random(&state));
    }
    for (size_t i = 0; i < count; i += small() ? 23 : 1)
        add(t, cases[i], some_draw(&state, i));
    while (t->count < (small() ? 512 : MOST))
        add(t, oracle_random_input(&state, &f), some_draw(&state, t->count));
    t->count = t->count / 16 * 16;
}

static tq_status make_kernel(tq_kernel **kernel, fixture *t, const tq_quantizer *q, int lanes)
{
    static const tq_source source = {"tests/vectors.cl", kernel_text, sizeof kernel_text - 1};
    tq_program_text text = {0};
    tq_program_text__define(&text, "TQ_LANES", "%d", lanes);
    tq_quantizer__bind(&text, "SLOT", q);
    tq_program_text__add_source(&text, &source);
    const tq_status status = tq_kernel__create(kernel, t->context, &text, "vectors");
    tq_program_text__free(&text);
    return status;
}

static void check(fixture *t, const char *string, int lanes)
{
    const size_t global[3] = {t->count / (size_t)lanes, 1, 1}, local[3] = {1, 1, 1};
    tq_quantizer q;
    tq_kernel *kernel;
    if (tq_quantizer_parse(&q, string) != TQ_OK)
        fail_msg("%s", tq_error());
    const tq_words words = tq_quantizer__words(&q);
    const tq_argument arguments[] = {TQ_MEMORY(t->from), TQ_MEMORY(t->draws), TQ_MEMORY(t->to),
                                     TQ_VALUE(words)};
    if (make_kernel(&kernel, t, &q, lanes) != TQ_OK)
        fail_msg("%s: %s", string, tq_error());
    assert_int_equal(tq_memory__write(t->from, 0, t->x, t->count * 4), TQ_OK);
    assert_int_equal(tq_memory__write(t->draws, 0, t->draw, t->count * 4), TQ_OK);
    assert_int_equal(tq_kernel__run(kernel, global, local, arguments, 4), TQ_OK);
    assert_int_equal(tq_memory__read(t->to, 0, t->y, t->count * 4), TQ_OK);
    for (size_t i = 0; i < t->count; ++i) {
        const uint32_t should = tq_quantizer__apply(&q, tq_exact_of(t->x[i]), t->draw[i]);
        if (t->y[i] != should)
            fail_msg("%s, %d lanes, %08x with draw %08x: is %08x, should be %08x", string, lanes, t->x[i],
                     t->draw[i], t->y[i], should);
    }
    tq_kernel__destroy(kernel);
}

static void test_examples_of_all_kinds(void **state)
{
    for (size_t i = 0; i < tq_quantizer_kind_count(); ++i) {
        for (const char *const *example = tq_quantizer_kind_at(i)->examples; *example; ++example) {
            fill(*state, *example);
            check(*state, *example, 16);
        }
    }
}

static const char *const roundings[] = {
    "even", "away",          "zero",         "down",          "up",
    "odd",  "stochastic:32", "stochastic:8", "stochastic:16", "stochastic:4"};
static const char *const formats[] = {"fixed,16,8",
                                      "fixed,8,-3",
                                      "fixed,23,10",
                                      "fixed,24,10",
                                      "fixed,22,11",
                                      "fixed,22,5,signed=0",
                                      "fixed,32,100",
                                      "fixed,12,6,signed=0",
                                      "fixed,1,0",
                                      "fixed,12,6,overflow=wrap",
                                      "fixed,8,134",
                                      "fixed,10,-100",
                                      "fixed,24,0,signed=0",
                                      "fixed,32,5,overflow=wrap,signed=0",
                                      "fixed,20,124,symmetric=1",
                                      "fixed,16,0,overflow=wrap",
                                      "fixed,2,125",
                                      "fixed,31,-90,overflow=wrap",
                                      "float,5,10",
                                      "float,8,7",
                                      "float,8,7,subnormal=0",
                                      "float,4,3,specials=fn,overflow=nan",
                                      "float,8,0",
                                      "float,8,23",
                                      "float,5,22",
                                      "float,5,23",
                                      "float,4,3,bias=130",
                                      "float,7,15,bias=124",
                                      "float,3,4,bias=120,subnormal=0",
                                      "float,5,2,overflow=saturate",
                                      "float,4,0,bias=-110",
                                      "float,6,0,overflow=nan",
                                      "float,6,20,bias=120"};

/* Every rounding of formats of all regimes; with TQ_TEST_PART a third of the roundings of each, in turn, and
 * of slow compilers of every other. */
static void test_roundings(void **state)
{
    const size_t step = small() ? 5 : tq_test_is_part() ? 3 : 1;
    char string[96];
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i += tq_test_is_slow() ? 2 : 1)
        for (size_t j = i % step; j < sizeof roundings / sizeof *roundings; j += step) {
            snprintf(string, sizeof string, "%s,round=%s", formats[i], roundings[j]);
            fill(*state, string);
            check(*state, string, 16);
        }
}

static void test_numbers_of_lanes(void **state)
{
    static const char *const strings[] = {
        "nearest,16,8", "fp16,round=stochastic",   "binary",          "ternary,1,0.5", "sparse,0.1", "log",
        "none",         "fixed,9,3,overflow=wrap", "stochastic,16,8", "bf16"};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; ++i) {
        fill(*state, strings[i]);
        for (int lanes = 1; lanes <= 8; lanes *= tq_test_is_part() ? 4 : 2)
            check(*state, strings[i], lanes);
    }
}

/* Mantissas of one binade, every `step`-th, of both signs, with random draws. */
static void sweep(fixture *t, const char *string, uint32_t exponent, uint32_t step)
{
    uint64_t state = exponent;
    const uint32_t begin = exponent << 23;
    for (uint32_t at = 0; at < 1u << 23;) {
        t->count = 0;
        while (t->count < MOST / 16 * 16) {
            add(t, (begin + at) ^ (t->count & 1 ? 0x80000000u : 0), (uint32_t)oracle_random(&state));
            at += step;
        }
        check(t, string, 16);
    }
}

/* Every mantissa of a binade where bits are dropped, some of its neighbours'; on further devices fewer. */
static void test_binades(void **state)
{
    static const char *const strings[] = {"fixed,16,8", "fp16", "bf16"};
    const uint32_t step = getenv("TQ_TEST_DEVICE_ONLY") ? 97 : 1;
    char string[64];
    for (size_t i = 0; i < sizeof strings / sizeof *strings && !small(); ++i)
        for (size_t j = tq_test_is_part() ? i : 0; j < sizeof roundings / sizeof *roundings;
             j += tq_test_is_part() ? 3 : 1) {
            snprintf(string, sizeof string, "%s,round=%s", strings[i], roundings[j]);
            for (uint32_t exponent = 110; exponent < 140; exponent += tq_test_is_part() ? 6 : 2)
                sweep(*state, string, exponent, 191);
            sweep(*state, string, 127, step);
        }
}

static const char draws_text[] =
    "__kernel void draws(__global uint *restrict y, const uint2 key, const uint stream, const ulong first)\n"
    "{\n"
    "    tq_uints rows[RUNS * TQ_DRAW_ROWS(SLOT_BITS)];\n"
    "    const ulong all = RUNS * TQ_DRAW_ROWS(SLOT_BITS) * TQ_LANES;\n"
    "    tq_element_draw_rows(rows, RUNS, key.s0, key.s1, first / all * all, stream, SLOT_BITS);\n"
    "    tq_store_uints(tq_element_draws(key.s0, key.s1, first, stream, SLOT_BITS), y);\n"
    "    for (int i = 0; i < RUNS * TQ_DRAW_ROWS(SLOT_BITS); ++i)\n"
    "        tq_store_uints(rows[i], y + (i + 1) * TQ_LANES);\n"
    "}\n";

static tq_kernel *draws_kernel(fixture *t, int lanes, int bits, int runs)
{
    static const tq_source source = {"tests/draws.cl", draws_text, sizeof draws_text - 1};
    char string[64];
    tq_quantizer q;
    tq_kernel *kernel;
    tq_program_text text = {0};
    snprintf(string, sizeof string, "stochastic,8,4,bits=%d", bits);
    assert_int_equal(tq_quantizer_parse(&q, string), TQ_OK);
    tq_program_text__define(&text, "TQ_LANES", "%d", lanes);
    tq_program_text__define(&text, "RUNS", "%d", runs);
    tq_quantizer__bind(&text, "SLOT", &q);
    tq_program_text__add_source(&text, &source);
    if (tq_kernel__create(&kernel, t->context, &text, "draws") != TQ_OK)
        fail_msg("%s", tq_error());
    tq_program_text__free(&text);
    return kernel;
}

/* Draws of vectors are those of their elements, by Random123. */
static void check_draws(fixture *t, int lanes, int bits, int runs, uint64_t first)
{
    const uint64_t seed = 0x0123456789ABCDEFu;
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32) ^ 5}, stream = 9;
    const size_t one[3] = {1, 1, 1}, all = (size_t)(runs * 128 / bits * lanes);
    const tq_argument arguments[] = {TQ_MEMORY(t->to), TQ_VALUE(key), TQ_VALUE(stream), TQ_VALUE(first)};
    tq_kernel *const kernel = draws_kernel(t, lanes, bits, runs);
    assert_int_equal(tq_kernel__run(kernel, one, one, arguments, 4), TQ_OK);
    assert_int_equal(tq_memory__read(t->to, 0, t->y, ((size_t)lanes + all) * 4), TQ_OK);
    for (size_t i = 0; i < (size_t)lanes + all; ++i) {
        const uint64_t element = i < (size_t)lanes ? first + i : first / all * all + i - (size_t)lanes;
        if (t->y[i] != oracle_element_draw(seed, 5, stream, element, bits))
            fail_msg("%d lanes, %d bits, %d runs, from %llx on: word %zu is wrong", lanes, bits, runs,
                     (unsigned long long)first, i);
    }
    tq_kernel__destroy(kernel);
}

static void test_draws(void **state)
{
    static const uint64_t firsts[] = {
        0, 1, 77, 127, 0x123456789ABCDu, ((uint64_t)1 << 37) - 9, 0xFFFFFFFFFFFFF123u};
    for (int lanes = 1; lanes <= 16; lanes *= tq_test_is_part() ? 4 : 2)
        for (int bits = 4; bits <= 32; bits *= 2)
            for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i += small() ? 3 : 1)
                check_draws(*state, lanes, bits, 1 + (int)i % 2, firsts[i]);
}

/* A kind from outside the library has none; programs without vectors may bind one that has. */
static void test_fast_is_defined(void **state)
{
    tq_quantizer_kind kind;
    tq_quantizer q;
    tq_program_text text = {0};
    (void)state;
    assert_int_equal(tq_quantizer_parse(&q, "binary"), TQ_OK);
    tq_quantizer__bind(&text, "A", &q);
    kind = *q.kind;
    kind.source = "";
    q.kind = &kind;
    tq_quantizer__bind(&text, "B", &q);
    assert_non_null(strstr(tq_text__get(&text.defines), "#define A_FAST 1\n"));
    assert_non_null(strstr(tq_text__get(&text.defines), "#define B_FAST 0\n"));
    tq_program_text__free(&text);
}

static int set_up(void **state)
{
    fixture *t = calloc(1, sizeof *t);
    if (!t || tq_context_open(&t->context, NULL) != TQ_OK ||
        tq_memory__create(&t->from, t->context, MOST * 4) != TQ_OK ||
        tq_memory__create(&t->draws, t->context, MOST * 4) != TQ_OK ||
        tq_memory__create(&t->to, t->context, MOST * 4) != TQ_OK) {
        print_error("%s\n", tq_error());
        free(t);
        return -1;
    }
    *state = t;
    return 0;
}

static int tear_down(void **state)
{
    fixture *t = *state;
    if (t) {
        tq_memory__release(t->from);
        tq_memory__release(t->draws);
        tq_memory__release(t->to);
        tq_context_close(t->context);
    }
    free(t);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fast_is_defined),
                                       cmocka_unit_test(test_examples_of_all_kinds),
                                       cmocka_unit_test(test_draws),
                                       cmocka_unit_test(test_roundings),
                                       cmocka_unit_test(test_numbers_of_lanes),
                                       cmocka_unit_test(test_binades)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
