#include "accumulate/inner.h"

bool tq_accumulation__fused(const tq_accumulation *a)
{
    return a->fused || (tq_quantizer_is_none(&a->product) && (a->exact_sum || tq_quantizer_is_none(&a->sum)));
}

tq_inner tq_inner__of(const tq_accumulation *a, uint64_t seed, uint32_t id)
{
    return (tq_inner){.product = tq_quantizer__bake(&a->product),
                      .sum = tq_quantizer__bake(&a->sum),
                      .result = tq_quantizer__bake(&a->result),
                      .exact_sum = a->exact_sum,
                      .fused = tq_accumulation__fused(a),
                      .key0 = (tq_u32)seed,
                      .key1 = (tq_u32)(seed >> 32) ^ id};
}
