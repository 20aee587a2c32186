/*
 * Path `plain`: s = fma(x, w, s) in binary32, what numerics.md asks of a loop without quantizers.
 *
 * Proof: OpenCL's fma is correctly rounded; the host takes this path only on devices that keep subnormal numbers.
 */
typedef float tq_x;
typedef float tq_w;
typedef TQ_CAT(float, TQ_LANES) tq_factor;
typedef TQ_CAT(float, TQ_LANES) tq_sum;
typedef TQ_CAT(uint, TQ_LANES) tq_carriers;
typedef float tq_lane;

#define tq_load_factor(p)          TQ_CAT(vload, TQ_LANES)(0, p)
#define tq_zero(path)                  ((tq_sum)0.0f)
#define tq_store_sums(s, lanes)    TQ_CAT(vstore, TQ_LANES)(s, 0, lanes)
#define tq_lane_sum(lane, slots)   tq_exact_of(as_uint(*(lane)))
#define tq_store_carriers(bits, p) TQ_CAT(vstore, TQ_LANES)(bits, 0, p)
#define tq_store_lanes(bits, p)    TQ_CAT(vstore, TQ_LANES)(bits, 0, p)

TQ_INLINE tq_sum tq_step(tq_sum s, tq_x x, tq_factor w, tq_draws product_draw, tq_draws sum_draw, tq_slots slots)
{
    return fma((tq_sum)x, w, s);
}

#ifdef TQ_FAST_FINISH
/* RESULT is none: one correctly rounded addition; a NaN becomes the canonical one. */
TQ_INLINE tq_carriers tq_finish(tq_sum s, __global const uint *bias, tq_slots slots)
{
    const tq_sum y = s + TQ_CAT(as_float, TQ_LANES)(TQ_CAT(vload, TQ_LANES)(0, bias));
    const tq_carriers bits = TQ_CAT(as_uint, TQ_LANES)(y);
    return (bits & 0x7FFFFFFFu) > TQ_INFINITY_BITS ? (tq_carriers)TQ_NAN_BITS : bits;
}
#endif
