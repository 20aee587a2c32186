#include "accumulate/tile.h"

#include <string.h>

#include "util/fail.h"

/* Devices whose tiles differ: by what they hold in registers. */
enum { WIDE, NARROW, OTHER, CLASSES };

/* `path` NULL: any other. `draws`: with random draws of products. */
static const struct {
    const char *path;
    bool draws;
    tq_tile tile[CLASSES]; /* CPUs with vectors of 512 bits, with narrower ones; other devices */
} table[] = {
    {"binary64", false, {{6, 2}, {6, 2}, {4, 1}}},   {"dot16", false, {{12, 2}, {12, 1}, {4, 1}}},
    {"fixed32", false, {{8, 2}, {6, 2}, {4, 1}}},    {"float32", false, {{6, 2}, {6, 2}, {4, 1}}},
    {"fma16", false, {{12, 1}, {8, 1}, {4, 1}}},     {"general", false, {{1, 1}, {1, 1}, {1, 1}}},
    {"lanes16", false, {{12, 2}, {12, 1}, {4, 1}}},  {"madd16", false, {{12, 1}, {8, 1}, {4, 1}}},
    {"madd16", true, {{10, 1}, {6, 1}, {4, 1}}},     {"nearest32", false, {{12, 2}, {6, 2}, {4, 1}}},
    {"plain", false, {{6, 4}, {6, 2}, {4, 2}}},      {"product16", true, {{6, 2}, {6, 1}, {4, 1}}},
    {"residual32", false, {{6, 2}, {6, 1}, {4, 1}}}, {"wide", false, {{1, 1}, {1, 1}, {1, 1}}},
    {NULL, false, {{8, 1}, {6, 1}, {4, 1}}},
};

static int class_of(const tq_device_info *device)
{
    if (strcmp(device->type, "cpu") != 0)
        return OTHER;
    return device->vector_width >= 16 ? WIDE : NARROW;
}

tq_tile_use tq_tile__use(const tq_path *path, int step, int outputs, bool depthwise, bool draws)
{
    return (tq_tile_use){.path = path->name,
                         .work = depthwise         ? "depthwise"
                                 : outputs <= step ? "few"
                                                   : "many",
                         .draws = draws};
}

/* The row that fits best: of the path and its draws, of the path, any. */
tq_tile tq_tile__of(const tq_device_info *device, const tq_tile_use *use)
{
    size_t best = TQ_COUNT(table) - 1;
    for (size_t i = TQ_COUNT(table) - 1; i-- > 0;)
        if (strcmp(table[i].path, use->path) == 0 &&
            (best == TQ_COUNT(table) - 1 || table[i].draws == use->draws))
            best = i;
    return table[best].tile[class_of(device)];
}

bool tq_tile__knows(const char *path)
{
    for (size_t i = 0; i < TQ_COUNT(table) - 1; ++i)
        if (strcmp(table[i].path, path) == 0)
            return true;
    return false;
}

tq_status tq_tile__choose(tq_tile *tile, tq_context *context, const tq_tile_use *use)
{
    *tile = tq_tile__of(tq_context__target(context), use);
    return tq_context__is_task(context) ? TQ_OK : tq_tuning__find(tile, context, use);
}

int tq_tile__fit_rows(int most, int rows)
{
    const int tiles = (rows + most - 1) / most;
    if (rows <= 2 * most) /* one or two tiles: little work, and another program would take longer to build */
        return rows < most ? rows : most;
    return (tiles * most - rows) * 8 > rows ? (rows + tiles - 1) / tiles : most;
}

/* Multiply-accumulates of a launch from which a program of its own pays. */
#define LARGE_LAUNCH ((double)(1 << 24))

static bool is_large(const tq_geometry *g)
{
    return (double)g->rows * (double)tq_geometry__terms(g) * g->out_channels >= LARGE_LAUNCH;
}

/* A tile of two vectors becomes one of three, with fewer rows, where that pads the outputs less. */
static void widen(tq_tile *tile, int step, int outputs)
{
    const int pair = 2 * step, three = 3 * step;
    const int padded = (outputs + pair - 1) / pair * pair, widened = (outputs + three - 1) / three * three;
    if (tile->vectors == 2 && tile->rows % 3 == 0 && outputs > pair && widened < padded) {
        tile->vectors = 3;
        tile->rows = tile->rows / 3 * 2;
    }
}

void tq_tile__fit(tq_path_plan *plan, tq_tile *tile, const tq_geometry *g, int32_t entries)
{
    const bool large = is_large(g);
    const int outputs = g->out_channels / g->groups, widest = large ? 32 : 64;
    if (large)
        widen(tile, plan->step, outputs);
    int rows = tile->rows;
    plan->vectors = tile->vectors;
    while (plan->vectors * plan->step > widest && (plan->vectors - 1) * plan->step >= outputs)
        --plan->vectors;
    if (plan->vectors < tile->vectors)
        rows = rows * tile->vectors / plan->vectors < TQ_TILE_MOST_ROWS ? rows * tile->vectors / plan->vectors
                                                                        : TQ_TILE_MOST_ROWS;
    plan->rows = tq_tile__fit_rows(rows, g->rows / entries);
}
