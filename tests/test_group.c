/*
 * Work-groups of the GPU shape for many problems and devices: they keep what kernels and devices ask of them,
 * as stated here once more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "accumulate/group.h"
#include "util/fail.h"

static const int sizes[] = {1, 2, 3, 5, 8, 10, 31, 32, 33, 64, 100, 513};
static const size_t limits[] = {1, 2, 3, 7, 48, 64, 1024};
static const uint64_t memories[] = {0, 300, 1000, 4096, 32768};
static const tq_path_plan plans[] = {
    {.step = 1, .rows = 1, .vectors = 1, .terms = 1},
    {.step = 4, .rows = 12, .vectors = 2, .terms = 1},
    {.step = 4, .rows = 12, .vectors = 2, .terms = 1, .form = TQ_FORM_INT16},
    {.step = 4, .rows = 12, .vectors = 2, .terms = 2, .form = TQ_FORM_INT16},
};

static bool is_power(int n)
{
    return n > 0 && (n & (n - 1)) == 0;
}

/* Bytes of a window, packed weights and inputs: those of contraction_tiles.cl but for alignment. */
static uint64_t tile_bytes(const tq_path_plan *p)
{
    const int size = p->form == TQ_FORM_INT16 ? 2 : 4, rows = p->rows * p->group.rows;
    const int width = p->step * p->vectors * p->group.columns;
    return (uint64_t)(rows * 16 + p->group.block * width * p->terms * size +
                      rows * (p->group.block + 1) * p->terms * size);
}

static void check(const tq_path_plan *before, const tq_group_problem *problem)
{
    tq_path_plan p = *before;
    tq_group__choose(&p, problem);
    const tq_group *g = &p.group;
    const int width = p.step * p.vectors * g->columns;
    assert_true(is_power(g->rows) && is_power(g->columns) && p.rows >= 1 && p.vectors >= 1);
    assert_true((size_t)(g->rows * g->columns) <= problem->most_items);
    assert_true(g->block == 0 || (is_power(g->block) && tile_bytes(&p) <= problem->local_memory));
    assert_true(!problem->depthwise || g->block == 0);
    /* No work-item is without an output, or a row, in every group. */
    assert_true((width - p.step) < problem->outputs || g->columns * p.vectors == 1 ||
                width / 2 < problem->outputs);
    assert_true(g->rows == 1 || g->rows / 2 * p.rows < problem->rows);
    if (problem->depthwise && problem->outputs % p.step == 0)
        assert_int_equal(problem->outputs % width, 0);
    if (problem->depthwise && problem->outputs % p.step != 0)
        assert_int_equal(width, p.step);
}

static void many_problems(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * TQ_COUNT(sizes) * TQ_COUNT(sizes) * TQ_COUNT(limits) * TQ_COUNT(memories);
         ++i) {
        size_t rest = i / 2;
        tq_group_problem problem = {.depthwise = i % 2 == 1};
        problem.rows = sizes[rest % TQ_COUNT(sizes)];
        rest /= TQ_COUNT(sizes);
        problem.outputs = sizes[rest % TQ_COUNT(sizes)];
        rest /= TQ_COUNT(sizes);
        problem.most_items = limits[rest % TQ_COUNT(limits)];
        problem.local_memory = memories[rest / TQ_COUNT(limits)];
        for (size_t k = 0; k < TQ_COUNT(plans); ++k)
            check(&plans[k], &problem);
    }
}

/* A kernel that allows fewer work-items than were asked. */
static void a_limit_after_building(void **state)
{
    (void)state;
    for (size_t most = 1; most <= 100; ++most) {
        tq_group group = {.rows = 8, .columns = 8, .block = 16};
        tq_group__limit(&group, most);
        assert_true(is_power(group.rows) && is_power(group.columns));
        assert_true((size_t)tq_group__items(&group) <= most);
        assert_true(most >= 64 || (size_t)tq_group__items(&group) * 2 > most);
        assert_int_equal(group.block, 16);
    }
}

/* A large problem on an ordinary device has tiles of whole groups. */
static void ordinary(void **state)
{
    tq_path_plan p = {.step = 4, .rows = 12, .vectors = 2, .terms = 1};
    const tq_group_problem problem = {.rows = 3136, .outputs = 256, .most_items = 64, .local_memory = 32768};
    (void)state;
    tq_group__choose(&p, &problem);
    assert_int_equal(tq_group__items(&p.group), 64);
    assert_true(p.group.block >= 8);
    const tq_group single = tq_group__single();
    assert_int_equal(tq_group__items(&single), 1);
    assert_int_equal(single.block, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(many_problems),
                                       cmocka_unit_test(a_limit_after_building), cmocka_unit_test(ordinary)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
