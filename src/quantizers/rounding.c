#include "quantizers/rounding.h"

#include <string.h>

#define STOCHASTIC_4  6
#define STOCHASTIC    8
#define STOCHASTIC_16 TQ_ROUNDING_HIGHEST

#define STOCHASTIC_NAMES "stochastic:4", "stochastic:8", "stochastic", "stochastic:32", "stochastic:16"

const char *const tq_rounding__names[] = {"even", "away", "zero",           "down",
                                          "up",   "odd",  STOCHASTIC_NAMES, NULL};
const char *const tq_rounding__floor_names[] = {"even", "away", "floor",          "down",
                                                "up",   "odd",  STOCHASTIC_NAMES, NULL};
const char *const tq_rounding__bit_names[] = {"4", "8", "16", "32", NULL};

double tq_rounding__normal(double name_index)
{
    return name_index == STOCHASTIC_16 ? STOCHASTIC : name_index;
}

tq_rounding tq_rounding__stochastic(double bit_name_index)
{
    return (tq_rounding){.mode = TQ_ROUND_STOCHASTIC, .random_bits = 4 << (int)bit_name_index};
}

tq_rounding tq_rounding__of(double name_index)
{
    const int index = (int)tq_rounding__normal(name_index);
    if (index >= STOCHASTIC_4)
        return tq_rounding__stochastic(index - STOCHASTIC_4);
    return (tq_rounding){.mode = index, .random_bits = 0};
}

double tq_carrier__value(tq_u32 bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

tq_u32 tq_carrier__bits(double value)
{
    const float nearest = (float)value;
    tq_u32 bits;
    memcpy(&bits, &nearest, sizeof bits);
    return bits;
}
