#include "accumulate/common.h"

#include <string.h>

#include "util/fail.h"

int tq_common__lanes(const tq_context *context)
{
    return tq_context__target(context)->vector_width >= 16 ? 16 : 8;
}

static const char *const parts[] = {"quantizers/vector.cl", "quantizers/element_draws.cl",
                                    "layers/operand.cl",    "layers/draws.cl",
                                    "layers/reorder.cl",    "layers/tail.cl",
                                    "layers/lanes.cl",      "layers/lane_slots.cl",
                                    "layers/pool.cl",       "layers/maxpool.cl",
                                    "layers/relu.cl"};

bool tq_common__holds(const char *const *files, size_t count)
{
    size_t found = 0;
    for (size_t i = 0; i < count; ++i)
        for (size_t j = 0; j < TQ_COUNT(parts); ++j)
            found += strcmp(files[i], parts[j]) == 0;
    return found == count;
}

void tq_common__add(tq_program_text *text)
{
    for (size_t i = 0; i < TQ_COUNT(parts); ++i)
        tq_program_text__add(text, parts[i]);
}

tq_status tq_common__kernel(tq_kernel **kernel, tq_context *context, const char *name)
{
    tq_program_text text = {0};
    tq_program_text__define(&text, "TQ_LANES", "%d", tq_common__lanes(context));
    tq_common__add(&text);
    const tq_status status = tq_context__kernel(kernel, context, &text, name);
    tq_program_text__free(&text);
    return status;
}
