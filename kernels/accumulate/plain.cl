/*
 * Path `plain`: s = fma(x, w, s) in binary32, what numerics.md asks of a loop without quantizers.
 *
 * Proof: OpenCL's fma is correctly rounded; the host takes this path only on devices that keep subnormal numbers.
 */
typedef float tq_x;
typedef float tq_w;
typedef TQ_CAT(float, TQ_LANES) tq_factor;
typedef TQ_CAT(float, TQ_LANES) tq_sum;
typedef float tq_lane;

#define tq_spread(p)            ((tq_factor)*(p))
#define tq_load_factor(p)          TQ_CAT(vload, TQ_LANES)(0, p)
#define tq_load_inputs(p) tq_load_factor(p)
#define tq_zero(path)                  ((tq_sum)0.0f)
#define tq_store_sums(s, lanes)    TQ_CAT(vstore, TQ_LANES)(s, 0, lanes)
#define tq_lane_sum(lane, slots)   tq_exact_of(as_uint(*(lane)))

TQ_INLINE tq_sum tq_step(tq_sum s, tq_factor x, tq_factor w, tq_draws product_draw, tq_draws sum_draw, tq_slots slots)
{
    return fma(x, w, s);
}

#define tq_part(s, part, slots) (s)
