/* The parameter `round=` as all kinds have it. */
#ifndef TQ_QUANTIZERS_ROUNDING_H
#define TQ_QUANTIZERS_ROUNDING_H

#include "tensorquant/extend.h"

/* Names of the roundings; the index of the first six is their TQ_ROUND_* number. */
extern const char *const tq_rounding__names[];
#define TQ_ROUNDING_HIGHEST 10

/* The same with "floor" for "zero", as logarithmic numbers have it. */
extern const char *const tq_rounding__floor_names[];

/* Numbers of random bits by name, for kinds that always round stochastically. */
extern const char *const tq_rounding__bit_names[];
#define TQ_ROUNDING_BITS_INITIAL 2 /* 16 */
#define TQ_ROUNDING_BITS_HIGHEST 3

typedef struct tq_rounding {
    int mode; /* TQ_ROUND_* */
    int random_bits;
} tq_rounding;

tq_rounding tq_rounding__of(double name_index);
tq_rounding tq_rounding__stochastic(double bit_name_index);

/* "stochastic:16" becomes "stochastic". */
double tq_rounding__normal(double name_index);

/* The number that binary32 bits stand for, and the bits nearest to a number in binary32's range. */
double tq_carrier__value(tq_u32 bits);
tq_u32 tq_carrier__bits(double value);

/* Numbers in which the formats' tq_..__block quantize host arrays. */
#define TQ_ARRAY_BLOCK 64

#endif
