/*
 * Quantizer: a number format with its rounding and overflow rule, as a value.
 *
 * A quantizer maps a real number to a binary32 number of its format. Strings are
 * `kind,arg,arg,...[,key=value...]`, for example "nearest,16,8", "fixed,8,4,round=even,overflow=wrap",
 * "float,5,2,overflow=saturate", "bf16". The kinds and their parameters: tq_quantizer_kind_at, `tq
 * quantizers`, docs/numerics.md.
 *
 * For all kinds: NaN gives the canonical NaN 0x7FC00000 (`none` leaves its bits alone on tensors);
 * fixed-point kinds give +0 for every zero, floating kinds keep its sign. Results never depend on the device,
 * on whether it keeps subnormal numbers, or on the order of work.
 *
 * Stochastic rounding with n random bits: with the exact residual d in [0,1) above the next lower number of
 * the format (towards minus infinity) and r uniform in 0 .. 2^n-1, round up iff r + floor(d * 2^n) >= 2^n. r
 * is the top n bits of a 32-bit draw. Draws come from Philox4x32-10 (Salmon et al. 2011) with key (seed low,
 * seed high ^ layer), counter (index low, index high, block, stream): see docs/numerics.md, "Randomness".
 */
#ifndef TENSORQUANT_QUANTIZER_H
#define TENSORQUANT_QUANTIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorquant/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TQ_QUANTIZER_VALUES 8

typedef struct tq_quantizer_kind tq_quantizer_kind; /* extend.h */

/* Zero-initialized is `none`. Copy with `=`; holds no memory of its own. `value` is in the kind's parameter
 * order. */
typedef struct tq_quantizer {
    const tq_quantizer_kind *kind;
    double value[TQ_QUANTIZER_VALUES];
} tq_quantizer;

/*
 * Reads a quantizer string. TensorQuant's strings ("nearest,16,8", "log", "sparse,0.1" ...) mean what they
 * meant. TQ_E_NAME: unknown kind; the text lists the kinds. TQ_E_SYNTAX, TQ_E_ARGUMENT: the text gives the
 * position in the string (from 1), what stands there, and the allowed range. `*q` is unchanged then.
 */
TQ_API TQ_MUST_CHECK tq_status tq_quantizer_parse(tq_quantizer *q, const char *text);

/* The same for a kind that may be the caller's own (extend.h): `arguments` is the part behind "kind,"; "" or
 * NULL for none. */
TQ_API TQ_MUST_CHECK tq_status tq_quantizer_make(tq_quantizer *q, const tq_quantizer_kind *kind,
                                                 const char *arguments);

/*
 * Writes the canonical string, which parses to an equal quantizer: positional arguments first, then
 * `key=value` for those that differ from their initial value. At most `size` bytes with NUL; returns the full
 * length without NUL.
 */
TQ_API size_t tq_quantizer_print(char *to, size_t size, const tq_quantizer *q);

TQ_API bool tq_quantizer_is_none(const tq_quantizer *q);
TQ_API bool tq_quantizer_equal(const tq_quantizer *a, const tq_quantizer *b);

/* q(x) on the host. `draw`: 32 random bits, used by stochastic rounding only. A whole-tensor kind sees x
 * alone. */
TQ_API float tq_quantizer_apply(const tq_quantizer *q, float x, uint32_t draw);

/*
 * to[i] = q(from[i]) for i in 0 .. count-1 on the host; `to` may be `from`. The reference of
 * tq_tensor_quantize: same bits, same draws, for a tensor of one dimension (`int,8,per=channel` sees one
 * channel).
 */
TQ_API void tq_quantize_array(float *to, const float *from, int64_t count, const tq_quantizer *q,
                              uint64_t seed);

/* The kinds of the library, ordered by name. `i` from 0 to tq_quantizer_kind_count()-1. */
TQ_API size_t tq_quantizer_kind_count(void);
TQ_API const tq_quantizer_kind *tq_quantizer_kind_at(size_t i);

#ifdef __cplusplus
}
#endif
#endif
