/*
 * Tiles never change a bit: every path with tiles of many sizes, on problems that leave partial tiles, gives
 * the bits of the host reference. What the library knows of tiles knows every path.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "accumulate/trial.h"
#include "support/device_test.h"
#include "support/test_sets.h"
#include "util/fail.h"

#define DENSE(rows, inputs, outputs)                                                                         \
    {                                                                                                        \
        rows, 1, 1, inputs, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, outputs, inputs, 1                                 \
    }
#define CONV(samples, side, inputs, outputs, groups)                                                         \
    {                                                                                                        \
        (samples) * (side) * (side), side, side, inputs, 3, 3, 1, 1, 1, 1, 1, 1, side, side, outputs,        \
            (inputs) / (groups), groups                                                                      \
    }

/* Rows that few tiles divide, outputs just over a vector, over two, over four. */
static const tq_geometry geometries[] = {
    DENSE(1, 1, 1),       DENSE(35, 6, 67),       CONV(2, 5, 3, 33, 1),   DENSE(29, 1, 10),
    CONV(1, 5, 4, 40, 2), CONV(2, 5, 33, 33, 33), CONV(1, 5, 48, 48, 48),
};

/* Geometries in which a path's tile compiles to the same program, mostly, are next to each other; of the
 * others a path gets every second, or every fourth without TQ_TEST_FULL. */
static const struct {
    size_t geometry, every, tile;
} rounds[] = {{0, 1, 0}, {1, 1, 0}, {2, 1, 0}, {3, 2, 1}, {4, 2, 1}, {5, 2, 0}, {6, 2, 0}};

/* Small enough to compile soon. */
static const tq_tile tiles[] = {{13, 1}, {4, 2}, {7, 1}, {2, 3}, {11, 1}, {3, 1}, {4, 3}, {5, 2},
                                {12, 1}, {3, 3}, {1, 1}, {6, 2}, {8, 1},  {2, 2}, {9, 1}, {10, 1}};

/* The paths that take whatever is left. */
static const tq_trial_numbers rest[] = {
    {"general", "log", "log", "log", 4, 1},
    {"wide", "{\"product\": \"e4m3\", \"sum\": \"exact\"}", "none", "none", 8, 1},
};

static void expect_ok(tq_status status)
{
    if (status != TQ_OK)
        fail_msg("%s", tq_error());
}

static float *read_tensor(const tq_tensor *tensor, int64_t *count)
{
    *count = tq_shape_count(tq_tensor_shape(tensor));
    float *numbers = tq_test_array(*count);
    expect_ok(tq_tensor_read(tensor, numbers, *count));
    return numbers;
}

static void check(const tq_trial *t, const tq_entry *entry, const float *should)
{
    int64_t count;
    const tq_geometry *g = &t->setup.geometry;
    float *is = read_tensor(t->y, &count);
    for (int64_t i = 0; i < count; ++i)
        if (memcmp(&is[i], &should[i], sizeof is[i]) != 0)
            fail_msg("%s, tile %dx%d (fitted: %dx%d), %d rows, %d channels to %d, output %lld: %a, should be "
                     "%a",
                     t->path->name, entry->tile.rows, entry->tile.vectors, entry->branch.plan.rows,
                     entry->branch.plan.vectors, g->rows, g->in_channels, g->out_channels, (long long)i,
                     (double)is[i], (double)should[i]);
    free(is);
}

/* Every output starts as a number that is none of the results. */
static void spoil(tq_tensor *y)
{
    const int64_t count = tq_shape_count(tq_tensor_shape(y));
    float *numbers = tq_test_array(count);
    for (int64_t i = 0; i < count; ++i)
        numbers[i] = 12345.678f;
    expect_ok(tq_tensor_write(y, numbers, count));
    free(numbers);
}

static void run_tile(tq_trial *t, tq_tile tile, const float *should)
{
    tq_entry entry = {.tile = tile};
    spoil(t->y);
    expect_ok(tq_trial__enter(t, &entry));
    /* What a tile loses in width it may gain in height. */
    if (entry.branch.plan.rows * entry.branch.plan.vectors > tile.rows * tile.vectors ||
        entry.branch.plan.vectors > tile.vectors)
        fail_msg("%s: tile %dx%d became %dx%d", t->path->name, tile.rows, tile.vectors,
                 entry.branch.plan.rows, entry.branch.plan.vectors);
    check(t, &entry, should);
    tq_trial__drop(&entry);
}

/* False when the device cannot take the path. */
static bool run(tq_context *context, const tq_trial_numbers *numbers, const tq_geometry *geometry,
                tq_tile tile)
{
    tq_trial t;
    bool applies;
    int64_t size;
    expect_ok(tq_trial__create(&t, &applies, context, numbers, geometry));
    if (!applies)
        return false;
    float *x = read_tensor(t.x, &size), *should = tq_test_array(tq_shape_count(tq_tensor_shape(t.y)));
    tq_contraction__reference(&t.setup, x, should, 0);
    run_tile(&t, tile, should);
    free(x);
    free(should);
    tq_trial__destroy(&t);
    return true;
}

/* Programs take the time: two tiles for each path, on slow devices one. */
static bool run_all(tq_context *context, const tq_trial_numbers *numbers, size_t number)
{
    const bool small = getenv("TQ_TEST_SMALL") != NULL, device_only = getenv("TQ_TEST_DEVICE_ONLY") != NULL;
    bool applies = false;
    for (size_t i = 0; i < TQ_COUNT(rounds); ++i) {
        const bool rare = rounds[i].every > 1 && !device_only && !tq_test_is_full();
        const size_t every = rare ? 4 : rounds[i].every, turn = i % every;
        const bool skipped = device_only && i != 2 && i != 5;
        const bool wanted = small ? i == 2 : number % every == turn && !skipped;
        if (wanted)
            applies |= run(context, numbers, &geometries[rounds[i].geometry],
                           tiles[(2 * number + rounds[i].tile) % TQ_COUNT(tiles)]);
    }
    return applies;
}

static void many_tiles_give_the_same_bits(void **state)
{
    tq_context *context;
    size_t number = 0;
    (void)state;
    expect_ok(tq_context_open(&context, NULL));
    const tq_device_info *device = tq_context_device(context);
    const tq_trial_numbers *numbers;
    for (; (numbers = tq_trial_numbers__at(number)) != NULL; ++number)
        if (!run_all(context, numbers, number) && device->fma && device->subnormals && device->fp64)
            fail_msg("%s is not right for what it is to be timed with", numbers->path);
    for (size_t i = 0; i < TQ_COUNT(rest); ++i)
        assert_true(run_all(context, &rest[i], number + i));
    tq_context_close(context);
}

static bool has_numbers(const char *path)
{
    const tq_trial_numbers *numbers;
    for (size_t i = 0; (numbers = tq_trial_numbers__at(i)) != NULL; ++i)
        if (strcmp(numbers->path, path) == 0)
            return true;
    return strcmp(path, "general") == 0 || strcmp(path, "wide") == 0;
}

static void every_path_can_be_tuned(void **state)
{
    (void)state;
    for (const tq_path *const *path = tq_path_kinds; *path != NULL; ++path)
        if (!has_numbers((*path)->name) || !tq_tile__knows((*path)->name))
            fail_msg("path '%s' has no row in tile.c or in trial_numbers.c", (*path)->name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(many_tiles_give_the_same_bits),
                                       cmocka_unit_test(every_path_can_be_tuned)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
