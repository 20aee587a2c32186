#include "accumulate/path.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool tq_path__refuse(char *why, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, size, format, arguments);
    va_end(arguments);
    return false;
}

/* The cheapest path dearer than `after`; NULL for none. */
static const tq_path *next_path(const tq_path *after)
{
    const tq_path *best = NULL;
    for (const tq_path *const *path = tq_path_kinds; *path != NULL; ++path) {
        const bool later = after == NULL || (*path)->instructions > after->instructions;
        if (later && (best == NULL || (*path)->instructions < best->instructions))
            best = *path;
    }
    return best;
}

static bool is_general(const tq_path *path)
{
    return strcmp(path->name, "general") == 0 || strcmp(path->name, "wide") == 0;
}

/* The cheapest path that runs the loop of a depthwise convolution, other than the general ones. */
static const tq_path *choose_depthwise(const tq_problem *problem)
{
    char why[256];
    for (const tq_path *path = next_path(NULL); path != NULL; path = next_path(path))
        if (path->depthwise && !is_general(path) && path->applicable(problem, why, sizeof why))
            return path;
    return NULL;
}

const tq_path *tq_path__choose(const tq_problem *problem, bool only_general, tq_text *reasons)
{
    char why[256];
    const tq_path *depthwise = problem->depthwise && !only_general ? choose_depthwise(problem) : NULL;
    for (const tq_path *path = next_path(NULL); path != NULL; path = next_path(path)) {
        if (depthwise != NULL && !path->depthwise) {
            tq_text__print(reasons, "%s%s: takes one input for all outputs of a step, not one for each",
                           reasons->length > 0 ? "\n" : "", path->name);
            continue;
        }
        if (only_general && !is_general(path))
            continue;
        if (path->applicable(problem, why, sizeof why))
            return path;
        tq_text__print(reasons, "%s%s: %s", reasons->length > 0 ? "\n" : "", path->name, why);
    }
    return NULL;
}

double tq_problem__largest_product(const tq_problem *problem)
{
    if (!problem->input.finite)
        return INFINITY;
    return tq_range__magnitude(problem->input) * tq_range__magnitude(problem->weight);
}

bool tq_problem__sum_stays_inside(const tq_problem *problem)
{
    const double rounding = ldexp((double)problem->terms, problem->product.grid);
    const double bound =
        problem->weight_sum * tq_range__magnitude(problem->input) * (1.0 + 0x1p-40) + rounding;
    return problem->input.finite && bound <= problem->sum.highest && -bound >= problem->sum.lowest;
}

int tq_device__lanes16(const tq_device_info *device)
{
    static const struct {
        const char *platform;
        int lanes;
    } known[] = {{"Portable Computing Language", 32}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; ++i)
        if (strstr(device->platform, known[i].platform) != NULL && device->vector_width >= 16)
            return known[i].lanes;
    return 16;
}

int tq_problem__step(const tq_problem *problem, int natural)
{
    const int most = 4;
    return problem->tiled && natural > most ? most : natural;
}

tq_i32 tq_path__bits(double value)
{
    const float number = (float)value;
    tq_i32 bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}
