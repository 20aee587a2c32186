/* How a quantizer enters a program: one function-like macro per slot, and its words as a kernel argument. */
#ifndef TQ_QUANTIZERS_BIND_H
#define TQ_QUANTIZERS_BIND_H

#include "runtime/program.h"
#include "tensorquant/extend.h"

/*
 * Adds the quantizer's function to the program and the line
 *     #define SLOT(v, words, draw) tq_quantize_fixed((v), (words), STRUCTURE, (draw))
 * which gives carrier bits (tq_u32) for a tq_exact v; plus `#define SLOT_BITS n` (random bits, 0 when not
 * stochastic) and `#define SLOT_NONE 0 or 1`. `none` becomes tq_exact_to_carrier(v).
 *
 * `#define SLOT_FAST 1` says that the kind has a vector function, else 0. Then there are, in a program that
 * defines TQ_LANES as 1, 2, 4, 8 or 16:
 *
 * - tq_uints, tq_ints, tq_floats: vectors of TQ_LANES, scalars for 1; tq_load_uints(p), tq_store_uints(v, p).
 *
 * - SLOT_VECTOR(bits, words, draws): tq_uints of binary32 bits to tq_uints of binary32 bits. In every lane,
 *   for all 2^32 of them, it is SLOT(tq_exact_of(lane), words, draw), bit by bit.
 *
 * - SLOT_CLASS(words): 0, 1 or 2, which form of the function the words allow. SLOT_VECTOR_OF(class, bits,
 *   words, draws) is that form; loops ask once and call it with a literal class.
 *
 * - With random bits: tq_element_draws(), tq_element_draw_rows() of kernels/quantizers/element_draws.cl.
 */
void tq_quantizer__bind(tq_program_text *text, const char *slot, const tq_quantizer *q);

/* Whether SLOT_FAST would be 1. */
bool tq_quantizer__has_vector(const tq_quantizer *q);

/* The words for the kernel argument of that slot (an int8 of OpenCL; size 32). All zero for `none`. */
tq_words tq_quantizer__words(const tq_quantizer *q);

/* Host: the bits of q(v). The reference of every slot. */
tq_u32 tq_quantizer__apply(const tq_quantizer *q, tq_exact v, tq_u32 draw);

/* The same with words and structure worked out once, for loops. */
typedef struct tq_baked {
    tq_u32 (*apply)(tq_exact v, tq_words p, tq_i32 structure, tq_u32 draw);
    tq_words words;
    tq_i32 structure;
    tq_i32 random_bits; /* 0 when not stochastic */
} tq_baked;
tq_baked tq_quantizer__bake(const tq_quantizer *q); /* `none`: nearest binary32 */

/* What its numbers are; family OTHER when the kind does not say. `none` is float with 24 bits, emin -126. */
tq_format tq_quantizer__format(const tq_quantizer *q);

/* Random bits per draw; 0 when the quantizer is not stochastic. */
int tq_quantizer__random_bits(const tq_quantizer *q);

/*
 * For kinds that look at a whole tensor: `*fitted` is q with its parameters taken from these numbers (else a
 * copy of q). The mean is the mean of abs(x) by the tree of docs/numerics.md: sums of pairs in ascending
 * order, padded with zeros to a power of two, each rounded to binary32; then one correctly rounded division
 * by the count. Kinds that want a range have that of the finite numbers and 0.
 */
bool tq_quantizer__needs_fit(const tq_quantizer *q);
bool tq_quantizer__per_channel(const tq_quantizer *q); /* fitted to each channel by itself */
void tq_quantizer__fit_host(tq_quantizer *fitted, const tq_quantizer *q, const float *x, int64_t count);

/*
 * to[i] = q(from[i]) on the host with draws of `stream`, index first + i, key (seed, id). Words of a seed:
 * key0 is its low half, key1 its high half xor id.
 */
void tq_quantizer__array(float *to, const float *from, int64_t count, const tq_quantizer *q, uint64_t seed,
                         uint32_t id, uint32_t stream, uint64_t first);

/* tq_quantizer__array for `samples` samples one behind the other, each fitted by itself: what
 * tq_quantizer__tensor does. */
void tq_quantizer__samples(float *to, const float *from, int64_t count, int64_t samples,
                           const tq_quantizer *q, uint64_t seed, uint32_t id, uint32_t stream,
                           uint64_t first);

#include "runtime/launch.h"
/* Where an array's draws come from. */
typedef struct tq_draw_source {
    tq_u32 key0, key1, stream;
    uint64_t first; /* index of element 0 */
} tq_draw_source;
/* Elements begin, begin + stride ... of `count`, one at a time. */
void tq_baked__each(float *to, const float *from, int64_t begin, int64_t count, int64_t stride,
                    const tq_baked *baked, const tq_draw_source *draws);

/*
 * tq_quantizer__array for `channels` channels side by side, the last dimension of the array: a quantizer that
 * is per channel is fitted to each by itself. One channel is the whole array.
 */
tq_status tq_quantizer__channels(float *to, const float *from, int64_t count, int64_t channels,
                                 const tq_quantizer *q, uint64_t seed, uint32_t id, uint32_t stream);

/* Channels of a tensor that has them: with two dimensions or more the last one; else 1. */
int64_t tq_shape__channels(const tq_shape *shape);

/*
 * The same on the device; `to` may be `from`. For kinds that fit: `samples` equal parts of the tensor are
 * fitted and quantized one by one (1: the whole tensor), so that results do not depend on the batch.
 */
tq_status tq_quantizer__tensor(tq_tensor *to, const tq_tensor *from, const tq_quantizer *q, uint64_t seed,
                               uint32_t id, uint32_t stream, uint64_t first, int64_t samples);

#endif
