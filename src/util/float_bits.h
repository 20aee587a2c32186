/* A binary32 as its bits, and back. */
#ifndef TQ_UTIL_FLOAT_BITS_H
#define TQ_UTIL_FLOAT_BITS_H

#include <stdint.h>
#include <string.h>

static inline uint32_t tq_bits__of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float tq_bits__number(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

#endif
