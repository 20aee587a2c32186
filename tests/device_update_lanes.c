/*
 * Quotients and roots of optimizers' vectors: reciprocals of all mantissas but the one that is left out,
 * roots of all of two binades, and quotients of many operands, against integers. Steps of everything else:
 * device_lanes.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quantizers/bind.h"
#include "runtime/launch.h"
#include "util/fail.h"

#define LANES 8
#define PART  0x10000u /* numbers of a work-item */

/* Results are compared with those of integers; roots have no ties. */
static const char source[] =
    "/* Vectors against integers. */\n"
    "TQ_INLINE int is_reciprocal(const uint b, const uint y)\n"
    "{\n"
    "    return y == tq_exact_to_carrier(tq_exact_divide(tq_exact_of(0x3F800000u), tq_exact_of(b)));\n"
    "}\n"
    "TQ_INLINE int is_root(const uint x, const uint s)\n"
    "{\n"
    "    const ulong r = 2 * ((s & 0x7FFFFFu) | 0x800000u), m = (ulong)((x & 0x7FFFFFu) | 0x800000u) << 25;\n"
    "    const ulong square = x >> 23 == 127u ? m : m << 1; /* of the root in halves of its last bit */\n"
    "    return s >> 23 == 127u && (r - 1) * (r - 1) < square && square < (r + 1) * (r + 1);\n"
    "}\n"
    "__kernel void reciprocals(__global uint *faults, const uint step)\n"
    "{\n"
    "    uint found = 0, lane[TQ_LANES], y[TQ_LANES];\n"
    "    const uint begin = 0x3F800000u + (uint)get_global_id(0) * 0x10000u;\n"
    "    for (uint b = begin; b < begin + 0x10000u; b += TQ_LANES * step) {\n"
    "        for (uint i = 0; i < TQ_LANES; ++i)\n"
    "            lane[i] = b + i * step;\n"
    "        vstore8(as_uint8(tq_lanes_reciprocal(as_float8(vload8(0, lane)))), 0, y);\n"
    "        for (uint i = 0; i < TQ_LANES; ++i)\n"
    "            found += lane[i] != 0x3FFFFFFFu && !is_reciprocal(lane[i], y[i]);\n"
    "    }\n"
    "    faults[get_global_id(0)] = found;\n"
    "}\n"
    "__kernel void roots(__global uint *faults, const uint step)\n"
    "{\n"
    "    uint found = 0, lane[TQ_LANES], s[TQ_LANES];\n"
    "    tq_lanes_at at;\n"
    "    const uint begin = 0x3F800000u + (uint)get_global_id(0) * 0x10000u;\n"
    "    at.wild = (tq_ints)0;\n"
    "    for (uint x = begin; x < begin + 0x10000u; x += TQ_LANES * step) {\n"
    "        for (uint i = 0; i < TQ_LANES; ++i)\n"
    "            lane[i] = x + i * step;\n"
    "        vstore8(tq_lanes_root(&at, vload8(0, lane)), 0, s);\n"
    "        for (uint i = 0; i < TQ_LANES; ++i)\n"
    "            found += !is_root(lane[i], s[i]);\n"
    "    }\n"
    "    faults[get_global_id(0)] = found + (tq_lanes_any(at.wild) != 0);\n"
    "}\n"
    "/* Operands by a linear congruence; every fourth has few bits or many set. */\n"
    "TQ_INLINE uint operand(uint *random)\n"
    "{\n"
    "    *random = *random * 1664525u + 1013904223u;\n"
    "    const uint r = *random >> 7, kind = *random >> 5 & 3u;\n"
    "    const uint fraction = kind == 0 ? r & 15u : kind == 1 ? 0x7FFFFFu - (r & 15u) : r & 0x7FFFFFu;\n"
    "    return (127u - 30u + (r ^ r >> 9) % 61u) << 23 | fraction;\n"
    "}\n"
    "__kernel void quotients(__global uint *faults, const uint step)\n"
    "{\n"
    "    uint found = 0, random = (uint)get_global_id(0) * 2654435761u + 1u, a[TQ_LANES], b[TQ_LANES];\n"
    "    uint q[TQ_LANES];\n"
    "    tq_lanes_at at;\n"
    "    at.wild = (tq_ints)0;\n"
    "    for (uint n = 0; n < 0x10000u; n += TQ_LANES * step) {\n"
    "        for (uint i = 0; i < TQ_LANES; ++i) {\n"
    "            a[i] = operand(&random) | (i & 1u) << 31;\n"
    "            b[i] = operand(&random);\n"
    "            b[i] -= (b[i] & 0x7FFFFFu) == 0x7FFFFFu;\n"
    "        }\n"
    "        vstore8(tq_lanes_quotient(&at, vload8(0, a), vload8(0, b)), 0, q);\n"
    "        for (uint i = 0; i < TQ_LANES; ++i)\n"
    "            found += q[i] != tq_exact_to_carrier(tq_exact_divide(tq_exact_of(a[i]), "
    "tq_exact_of(b[i])));\n"
    "    }\n"
    "    faults[get_global_id(0)] = found + (tq_lanes_any(at.wild) != 0);\n"
    "}\n";

static void assemble(tq_program_text *text)
{
    static const tq_source part = {.name = "update_lanes", .text = source, .length = sizeof source - 1};
    static const char *const slots[] = {"TQ_GRADIENT", "TQ_STATE", "TQ_LEARNED", "TQ_RENEWED"};
    const tq_quantizer none = {0};
    tq_program_text__define(text, "TQ_LANES", "%d", LANES);
    tq_program_text__define(text, "TQ_WILD", "%d", 1);
    for (size_t i = 0; i < TQ_COUNT(slots); ++i)
        tq_quantizer__bind(text, slots[i], &none);
    tq_program_text__add(text, "math.cl");
    tq_program_text__add(text, "optimizers/steps.cl");
    tq_program_text__add(text, "layers/lanes.cl");
    tq_program_text__add(text, "optimizers/lane_steps.cl");
    tq_program_text__add_source(text, &part);
}

static void check(tq_context *context, const char *name, size_t items)
{
    const tq_u32 step = getenv("TQ_TEST_SMALL") != NULL         ? 1024
                        : getenv("TQ_TEST_DEVICE_ONLY") != NULL ? 64
                                                                : 1;
    uint32_t *faults = calloc(items, sizeof *faults);
    tq_program_text text = {0};
    tq_memory *memory;
    tq_kernel *kernel;
    assemble(&text);
    if (tq_kernel__create(&kernel, context, &text, name) != TQ_OK)
        fail_msg("%s", tq_error());
    tq_program_text__free(&text);
    assert_int_equal(tq_memory__create(&memory, context, items * sizeof *faults), TQ_OK);
    const tq_argument arguments[] = {TQ_MEMORY(memory), TQ_VALUE(step)};
    assert_int_equal(
        tq_kernel__run(kernel, (const size_t[]){items, 1, 1}, (const size_t[]){1, 1, 1}, arguments, 2),
        TQ_OK);
    assert_int_equal(tq_memory__read(memory, 0, faults, items * sizeof *faults), TQ_OK);
    for (size_t i = 0; i < items; ++i)
        if (faults[i] != 0)
            fail_msg("%s: %u faults in part %zu", name, faults[i], i);
    tq_kernel__destroy(kernel);
    tq_memory__release(memory);
    free(faults);
}

static void test_quotients_and_roots(void **state)
{
    tq_context *context;
    (void)state;
    if (tq_context_open(&context, NULL) != TQ_OK)
        fail_msg("%s", tq_error());
    if (tq_context_device(context)->fma) {
        check(context, "reciprocals", 0x800000u / PART);
        check(context, "roots", 0x1000000u / PART);
        check(context, "quotients", 128);
    }
    tq_context_close(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_quotients_and_roots)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
