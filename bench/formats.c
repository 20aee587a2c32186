#include "formats.h"

#include "util/fail.h"

/* Operands of 8 bits: products have 11 bits behind the point and stay below 8. */
#define BITS_8 "nearest,8,4", "nearest,8,7", 8, 0.9
/* Operands of 16 and 8 bits whose products stay inside nearest,16,8. */
#define ROOM "nearest,16,8", "nearest,8,8", 128, 0.5
/* Operands of 16 bits of any range: products saturate. */
#define BITS_16 "nearest,16,8", "nearest,16,8", 128, 128

static const tq_bench_format formats[] = {
    {"plain float", "none", "none", "none", 1, 1, 0.9, true},
    {"down,16,8 with room", "down,16,8", ROOM, 1.0, true},
    {"down,16,8 wrapping", "fixed,16,8,round=down,overflow=wrap", ROOM, 1.0, false},
    {"down,12,6 8-bit operands", "down,12,6", BITS_8, 1.0, false},
    {"nearest,16,8 with room", "nearest,16,8", BITS_8, 0.6, false},
    {"nearest,16,8 any range", "nearest,16,8", BITS_16, 0.35, false},
    {"even 8-bit operands", "fixed,16,8,round=even", BITS_8, 0.4, false},
    {"stochastic 8-bit operands", "stochastic,16,8", BITS_8, 0.4, false},
    {"stochastic,16,8", "stochastic,16,8", "nearest,16,8", "nearest,16,8", 16, 1, 0.14, false},
    {"exact sum 8-bit operands", "{\"sum\": \"exact\", \"result\": \"nearest,16,8\"}", BITS_8, 1.0, true},
    {"bf16", "bf16", "bf16", "bf16", 8, 1, 0.17, false},
    {"fp16", "fp16", "fp16", "fp16", 8, 1, 0.17, false},
    {"e4m3", "e4m3", "e4m3", "e4m3", 8, 1, 0.08, false},
    {"e5m2", "e5m2", "e5m2", "e5m2", 8, 1, 0.08, false},
};

const tq_bench_format *tq_bench_format__at(size_t i)
{
    return i < TQ_COUNT(formats) ? &formats[i] : NULL;
}
