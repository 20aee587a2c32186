/*
 * Accumulation: what happens inside a layer's loop, as a value.
 *
 * For one output with inputs x[k], weights w[k], k = 0 .. K-1 ascending, and bias b:
 *
 *     s = 0
 *     s = SUM( s + PRODUCT( x[k] * w[k] ) )         fused: s = SUM( s + x[k] * w[k] ), one rounding
 *     y = RESULT( s + b )
 *
 * The argument of each quantizer is the exact real number. `none` is a binary32 register: it rounds to
 * nearest even. product and sum both `none` are one fused multiply-add, s = fma(x[k], w[k], s). With an exact
 * sum nothing is rounded before RESULT; a `none` product is then exact too. Averaging layers have no PRODUCT;
 * see each layer's page.
 *
 * Strings: a quantizer string q stands for product = sum = result = q; otherwise a JSON object
 *
 *     {"product": Q, "sum": Q | "none" | "exact", "result": Q, "order": "sequential", "fused": false}
 *
 * with every key optional (initially none, none, none, sequential, false).
 */
#ifndef TENSORQUANT_ACCUMULATION_H
#define TENSORQUANT_ACCUMULATION_H

#include "tensorquant/quantizer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zero-initialized is plain float. Copy with `=`. */
typedef struct tq_accumulation {
    tq_quantizer product;
    tq_quantizer sum; /* `none` when exact_sum */
    tq_quantizer result;
    bool exact_sum;
    bool fused; /* product must be `none` */
} tq_accumulation;

/* product = sum = result = q: a machine whose every register has format q. */
TQ_API tq_accumulation tq_accumulation_of(const tq_quantizer *q);

/*
 * Reads a quantizer string or a JSON object as above. TQ_E_SYNTAX, TQ_E_NAME, TQ_E_ARGUMENT with the
 * position; then
 * `*a` is unchanged.
 */
TQ_API TQ_MUST_CHECK tq_status tq_accumulation_parse(tq_accumulation *a, const char *text);

/*
 * Writes the canonical text: a quantizer string where one says it all, else a JSON object with the keys that
 * differ from their initial values. parse(print(a)) equals a. Returns the full length without NUL, like
 * snprintf.
 */
TQ_API size_t tq_accumulation_print(char *to, size_t size, const tq_accumulation *a);

/* True when nothing is quantized: product, sum and result are none, and the sum is not exact. */
TQ_API bool tq_accumulation_is_none(const tq_accumulation *a);
TQ_API bool tq_accumulation_equal(const tq_accumulation *a, const tq_accumulation *b);

#ifdef __cplusplus
}
#endif
#endif
