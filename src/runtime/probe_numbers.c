/* Operands of probes. */
#include "runtime/probe_family.h"

#include "runtime/launch.h"
#include "util/fail.h"

#define ROUNDS 70000 /* more than a work-item of llvmpipe makes */

/* A counter's draws: the same on every host. */
static tq_u64 random_bits(size_t i, tq_u64 stream)
{
    tq_u64 z = ((tq_u64)i + 1) * 0x9E3779B97F4A7C15u + stream * 0xD1B54A32D192ED03u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* Of random length, so that small numbers are among them. */
static tq_u64 random_number(size_t i, tq_u64 stream, unsigned most)
{
    const unsigned length = 1 + (unsigned)(random_bits(i, stream + 64) % most);
    return random_bits(i, stream) >> (64 - length);
}

/* Bits of a binary32 near 1, of 24 bits or, so that there are ties, of 13. */
static tq_u64 random_float(size_t i, tq_u64 stream)
{
    const tq_u64 draw = random_bits(i, stream), exponent = 120 + (draw >> 40) % 15;
    const tq_u64 fraction = i % 2 == 0 ? draw & 0x7FFFFF : draw & 0x7FF800;
    return (draw >> 63 << 31) | exponent << 23 | fraction;
}

/* Zeros, ties, ends of the range, infinity, NaN, subnormal numbers, what fast paths add to round. */
static const tq_u32 special_floats[] = {
    0x00000000, 0x80000000, 0x3F800000, 0xBF800001, 0x3F7FFFFF, 0x33800000, 0xB3800001, 0x34000000,
    0x7F7FFFFF, 0xFF800000, 0x7FC00000, 0x00000001, 0x80400003, 0x00800000, 0x1F800001, 0x4B400000};
#define SPECIALS TQ_COUNT(special_floats)

static tq_probe_numbers floats(size_t i)
{
    if (i < SPECIALS * SPECIALS)
        return (tq_probe_numbers){{special_floats[i / SPECIALS], special_floats[i % SPECIALS],
                                   special_floats[(i / SPECIALS + i * 7) % SPECIALS]}};
    return (tq_probe_numbers){{random_float(i, 0), random_float(i, 1), random_float(i, 2)}};
}

/* c is about -a * b, so that what is left of a fused product shows. */
static tq_probe_numbers cancelling_floats(size_t i)
{
    tq_probe_numbers n = floats(i);
    if (i >= SPECIALS * SPECIALS)
        n.number[2] =
            tq_carrier_product((tq_u32)n.number[0], (tq_u32)n.number[1]) ^ (i % 4 < 2 ? TQ_SIGN_BIT : 0);
    return n;
}

/* None subnormal: what devices compare those as is not counted on. */
static tq_probe_numbers comparable_floats(size_t i)
{
    tq_probe_numbers n = floats(i);
    for (size_t k = 0; k < TQ_PROBE_OPERANDS; ++k)
        if ((n.number[k] & TQ_INFINITY_BITS) == 0 && (n.number[k] & 0x7FFFFF) != 0)
            n.number[k] |= TQ_ONE_BITS;
    return n;
}

/* Products and operands below 2^-126. */
static tq_probe_numbers subnormals(size_t i)
{
    const tq_u64 small = random_bits(i, 21) & 0x807FFFFF, exponent = (random_bits(i, 22) >> 8) % 40;
    if (i % 2 == 0)
        return (tq_probe_numbers){{small, (random_float(i, 23) & 0x7FFFFF) | (120 + exponent) << 23}};
    return (tq_probe_numbers){{small | (40 + exponent) << 23, (random_float(i, 24) & 0x7FFFFF) | 50 << 23}};
}

/* Integers of up to 24 bits: what kernels convert. */
static tq_probe_numbers small_integers(size_t i)
{
    const tq_u64 magnitude = random_number(i, 3, 24);
    return (tq_probe_numbers){{(i % 2 == 0 ? magnitude : 0 - magnitude) & 0xFFFFFFFF}};
}

static tq_probe_numbers integral_floats(size_t i)
{
    return (tq_probe_numbers){{tq_bits__of((float)(tq_i32)small_integers(i).number[0])}};
}

static tq_probe_numbers words(size_t i)
{
    return (tq_probe_numbers){{random_number(i, 4, 32), random_bits(i, 5) >> 32, random_bits(i, 6) >> 32}};
}

static tq_probe_numbers shifts(size_t i)
{
    return (tq_probe_numbers){{random_bits(i, 7) >> 32, i % 32}};
}

static tq_u64 random_short(size_t i, tq_u64 stream)
{
    static const tq_i32 ends[] = {-32768, 32767, -1, 0, 1, -32767, 16384, -16385};
    const tq_u64 draw = random_bits(i, stream);
    const tq_i32 number =
        draw % 4 == 0 ? ends[(draw >> 8) % TQ_COUNT(ends)] : (tq_i32)((draw >> 16) & 0xFFFF) - 32768;
    return (tq_u32)number;
}

static tq_probe_numbers shorts(size_t i)
{
    return (tq_probe_numbers){{random_short(i, 8), random_short(i, 9), random_short(i, 10)}};
}

/* Products of shorts and what is added to them fit a short. */
static tq_probe_numbers short_factors(size_t i)
{
    const tq_u64 draw = random_bits(i, 11);
    return (tq_probe_numbers){{(tq_u32)((tq_i32)(draw & 255) - 128),
                               (tq_u32)((tq_i32)((draw >> 8) & 255) - 128), (draw >> 16) & 31}};
}

static tq_probe_numbers packed(size_t i)
{
    const tq_u64 magnitude = random_number(i, 12, 31);
    return (tq_probe_numbers){{(i % 2 == 0 ? magnitude : ~magnitude) & 0xFFFFFFFF}};
}

static tq_probe_numbers longs(size_t i)
{
    return (tq_probe_numbers){{random_number(i, 13, 64), random_number(i, 14, 64) | 1, random_bits(i, 15)}};
}

static tq_probe_numbers long_shifts(size_t i)
{
    return (tq_probe_numbers){{random_bits(i, 16), i % 64}};
}

static tq_u64 random_double(size_t i, tq_u64 stream)
{
    const tq_u64 draw = random_bits(i, stream), exponent = 1000 + (draw >> 55) % 47;
    return (draw & 0x800FFFFFFFFFFFFF) | exponent << 52;
}

static tq_probe_numbers doubles(size_t i)
{
    tq_probe_numbers n = {{random_double(i, 17), random_double(i, 18), random_double(i, 19)}};
    if (i % 2 == 0)
        n.number[2] = tq_probe__double_bits(-(tq_probe__double(n.number[0]) * tq_probe__double(n.number[1])));
    return n;
}

/* Near binary32's numbers, ties between them, and beyond its ends. */
static tq_probe_numbers near_floats(size_t i)
{
    static const tq_u64 off[] = {0, 0x10000000, 0x10000001, 0x0FFFFFFF, 0x1FFFFFFF};
    const tq_u64 draw = random_bits(i, 20), exponent = i % 4 == 0 ? 870 + draw % 30 : 1000 + draw % 152;
    return (tq_probe_numbers){{(draw & 0x800FFFFFE0000000) | exponent << 52 | off[i % TQ_COUNT(off)]}};
}

static tq_probe_numbers rounds(size_t i)
{
    return (tq_probe_numbers){{12345 + i, ROUNDS}};
}

static const char *without_fma(const tq_device_info *device)
{
    return device->fma ? NULL : "the device says that it has no fma; the library uses none";
}

static const char *without_subnormals(const tq_device_info *device)
{
    return device->subnormals ? NULL : "the device says that it keeps none; the library counts on none";
}

static const char *without_doubles(const tq_device_info *device)
{
    return device->fp64 ? NULL : "the device says that it has no full binary64; the library uses none";
}

static const char *of_few_rounds(const tq_device_info *device)
{
    return tq_device__most_rounds(device) == TQ_ANY_ROUNDS
               ? NULL
               : "the library counts on fewer rounds of loops here";
}

#define MANY 512
#define SOME 96

const tq_probe_family tq_probe__of_floats = {MANY, false, true, floats, NULL};
const tq_probe_family tq_probe__of_cancelling = {MANY, false, true, cancelling_floats, NULL};
const tq_probe_family tq_probe__of_fma = {MANY, false, true, cancelling_floats, without_fma};
const tq_probe_family tq_probe__of_subnormals = {SOME, false, true, subnormals, without_subnormals};
const tq_probe_family tq_probe__of_comparisons = {MANY, false, false, comparable_floats, NULL};
const tq_probe_family tq_probe__of_small = {SOME, false, false, small_integers, NULL};
const tq_probe_family tq_probe__of_integral = {SOME, false, false, integral_floats, NULL};
const tq_probe_family tq_probe__of_words = {SOME, false, false, words, NULL};
const tq_probe_family tq_probe__of_shifts = {SOME, false, false, shifts, NULL};
const tq_probe_family tq_probe__of_shorts = {SOME, false, false, shorts, NULL};
const tq_probe_family tq_probe__of_factors = {SOME, false, false, short_factors, NULL};
const tq_probe_family tq_probe__of_packed = {SOME, false, false, packed, NULL};
const tq_probe_family tq_probe__of_longs = {SOME, true, false, longs, NULL};
const tq_probe_family tq_probe__of_long_shifts = {SOME, true, false, long_shifts, NULL};
const tq_probe_family tq_probe__of_doubles = {SOME, true, false, doubles, without_doubles};
const tq_probe_family tq_probe__of_near_floats = {SOME, true, true, near_floats, without_doubles};
const tq_probe_family tq_probe__of_converted = {SOME, true, false, integral_floats, without_doubles};
const tq_probe_family tq_probe__of_rounds = {1, true, false, rounds, of_few_rounds};
