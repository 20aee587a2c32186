#include "accumulate/trial.h"

#include "util/fail.h"

/* Operands of 8 bits: products have 11 bits behind the point and stay below 8. */
#define BITS_8 "nearest,8,4", "nearest,8,7", 8, 0.9

static const tq_trial_numbers table[] = {
    {"plain", "none", "none", "none", 1, 1},
    {"lanes16", "down,16,8", "nearest,16,8", "nearest,8,8", 128, 0.5},
    {"dot16", "{\"sum\": \"exact\", \"result\": \"nearest,16,8\"}", BITS_8},
    {"fixed32", "fixed,20,8,overflow=wrap", "nearest,16,8", "nearest,8,8", 16, 0.5},
    {"product16", "stochastic,16,8", BITS_8},
    {"fma16", "fixed,16,8,round=even", "nearest,8,4", "nearest,8,7", 8, 0.9},
    {"madd16", "down,16,8", "nearest,16,8", "nearest,16,8", 16, 1},
    {"madd16", "stochastic,16,8", "nearest,16,8", "nearest,16,8", 16, 1},
    {"nearest32", "nearest,17,8", "nearest,12,6", "nearest,8,6", 16, 1},
    {"residual32", "zero,16,8", "nearest,16,8", "nearest,16,8", 16, 1},
    {"float32", "fp16", "fp16", "fp16", 8, 1},
    {"binary64", "fixed,24,8,round=up", "nearest,16,8", "nearest,16,8", 16, 1},
};

const tq_trial_numbers *tq_trial_numbers__at(size_t i)
{
    return i < TQ_COUNT(table) ? &table[i] : NULL;
}
