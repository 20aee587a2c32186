/* Operands of probes: what several probes share. */
#ifndef TQ_RUNTIME_PROBE_FAMILY_H
#define TQ_RUNTIME_PROBE_FAMILY_H

#include <string.h>

#include "runtime/probe.h"
#include "util/float_bits.h"

struct tq_probe_family {
    size_t count;
    bool wide, real; /* real: binary32 results */
    tq_probe_numbers (*numbers)(size_t i);
    const char *(*skipped)(const tq_device_info *device); /* NULL: never */
};

extern const tq_probe_family tq_probe__of_floats, tq_probe__of_cancelling, tq_probe__of_fma,
    tq_probe__of_subnormals, tq_probe__of_comparisons, tq_probe__of_small, tq_probe__of_integral,
    tq_probe__of_words, tq_probe__of_shifts, tq_probe__of_shorts, tq_probe__of_factors, tq_probe__of_packed,
    tq_probe__of_longs, tq_probe__of_long_shifts, tq_probe__of_doubles, tq_probe__of_near_floats,
    tq_probe__of_converted, tq_probe__of_rounds;

static inline double tq_probe__double(tq_u64 bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline tq_u64 tq_probe__double_bits(double x)
{
    tq_u64 bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

#endif
