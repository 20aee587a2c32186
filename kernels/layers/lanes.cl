/*
 * Vectors of TQ_LANES carriers, for layers that are not contractions: binary32 arithmetic that gives what the exact
 * arithmetic of prelude.cl gives.
 *
 * An operation yields, as its `form` asks, the exact number rounded to nearest (TQ_NEAREST), which is what `none` does
 * and is the number itself where that is a binary32; or rounded to odd (TQ_ODD): cut to 24 bits, the last one set when
 * something was cut off. src/layers/lane_form.c chooses. A quantizer that looks at no more than 22 bits, and at whether
 * anything follows them, cannot tell a number rounded to odd from the exact one.
 *
 * Proofs need that nothing overflows and no error term is subnormal. So a number is tame when it is zero or its magnitude
 * is in 2^-75 .. 2^100. A vector with a number that is not tame is made again by the exact form, lane by lane; devices
 * that flush subnormal numbers see none here. For tame operands:
 *
 * - Sum: s = a + b rounded; Knuth's TwoSum gives e with s + e = a + b exactly. e is zero or at least 2^-98.
 * - Product, tame too: h = x * f rounded; fma(x, f, -h) is the error exactly, zero or at least 2^-75-47.
 * - To odd: with s nearest to s + e, the number cut is s where e has s's sign or is zero, else s's predecessor, which as
 *   bits is one less also below a power of two.
 * - x * f + t to odd: u + l = x * f, a + b = t + l, h + c = u + a, each exactly, as above (Boldo and Melquiond, Emulation
 *   of FMA and correctly rounded sums: proved algorithms using rounding to odd, IEEE Trans. Comput. 2008). z = c + b to
 *   odd: the numbers at which rounding h + (c + b) changes are even in z's binade, where |c + b| is about h's last bit or
 *   less, so that z is on the same side of each. Then h + z to odd. An exact zero has fma's sign.
 * - A pair h + l, h nearest to it, into words of w <= 22 bits with grains of 2^g, rounded with n random bits, w + n <= 32
 *   (unsigned: 31), -90 <= g <= n: beyond the largest or the lowest number it saturates, as h and the sign of l tell. Else
 *   v = h * 2^(n-g) and u = l * 2^(n-g), exactly. Where v is not an integer, its last bit is below 1 and not above the
 *   distance to its neighbours, and |u| is at most half of it, so floor(v + u) = floor(v); where it is one, floor(v) +
 *   floor(u). That is k * 2^n + floor(d * 2^n) for h + l = k + d grains; with r added, its upper bits are k or k + 1 as
 *   numerics.md says.
 * - s / n, n an integer up to 2^24, r nearest to 1/n: s * r is within 1.5 units of s/n, so the first correction leaves
 *   less than one unit, of which the second makes the nearest number (Markstein, Computation of elementary functions on
 *   the IBM RISC System/6000, 1990: one unit, r correctly rounded, the remainder exact). tests/device_lanes.c divides
 *   every mantissa.
 */
#define TQ_NEAREST 1
#define TQ_ODD     2
#define TQ_PAIR    3 /* to nearest, and the error that this leaves: see tq_lanes_pair */

#define TQ_TAME_LOWEST  0x1A000000u /* 2^-75 */
#define TQ_TAME_HIGHEST 0x71800000u /* 2^100 */

/* Where a number is not tame. */
TQ_INLINE tq_ints tq_lanes_wild(const tq_uints bits)
{
    const tq_uints magnitude = bits & ~TQ_SIGN_BIT;
    return (magnitude - TQ_TAME_LOWEST > TQ_TAME_HIGHEST - TQ_TAME_LOWEST) & (magnitude != 0);
}

/* tq_rank_of and tq_order_of, lane by lane. */
TQ_INLINE tq_uints tq_lanes_ranks(const tq_uints bits)
{
    return (bits & TQ_SIGN_BIT) != 0 ? ~bits : bits | TQ_SIGN_BIT;
}

TQ_INLINE tq_uints tq_lanes_orders(const tq_uints bits)
{
    return (bits & ~TQ_SIGN_BIT) > TQ_INFINITY_BITS ? (tq_uints)0xFFFFFFFFu : tq_lanes_ranks(bits);
}

/* Whether any lane is set; any() of long vectors is a loop in some compilers. */
TQ_INLINE int tq_lanes_any(const tq_ints mask)
{
#if TQ_LANES == 16
    const int8 eight = mask.lo | mask.hi;
    const int4 four = eight.lo | eight.hi;
#elif TQ_LANES == 8
    const int4 four = mask.lo | mask.hi;
#endif
#if TQ_LANES == 1
    return mask;
#elif TQ_LANES == 2
    return mask.x | mask.y;
#elif TQ_LANES == 4
    return mask.x | mask.y | mask.z | mask.w;
#else
    return four.x | four.y | four.z | four.w;
#endif
}

/* s + error to odd. An infinity, which a rounded product can be, has an error that is not a number, and stays. */
TQ_INLINE tq_uints tq_lanes_odd(const tq_floats s, const tq_floats error)
{
    const tq_uints bits = tq_floats_as_uints(s);
    const tq_uints cut = (bits - ((bits ^ tq_floats_as_uints(error)) >> 31)) | 1u;
    return fabs(error) > 0.0f ? cut : bits;
}

TQ_INLINE tq_floats tq_lanes_sum_error(const tq_floats a, const tq_floats b, const tq_floats s)
{
    const tq_floats part = s - a;
    return (a - (s - part)) + (b - part);
}

TQ_INLINE tq_uints tq_lanes_add(const tq_uints a, const tq_uints b, const int form)
{
    const tq_floats x = tq_uints_as_floats(a), y = tq_uints_as_floats(b), s = x + y;
    return form == TQ_ODD ? tq_lanes_odd(s, tq_lanes_sum_error(x, y, s)) : tq_floats_as_uints(s);
}

TQ_INLINE tq_uints tq_lanes_multiply(const tq_uints a, const tq_uints b, const int form)
{
    const tq_floats x = tq_uints_as_floats(a), y = tq_uints_as_floats(b), h = x * y;
    return form == TQ_ODD ? tq_lanes_odd(h, fma(x, y, -h)) : tq_floats_as_uints(h);
}

/* What a sum or a product to nearest leaves, for TQ_PAIR; else 0. */
TQ_INLINE tq_floats tq_lanes_left_of_sum(const tq_uints a, const tq_uints b, const tq_uints s, const int form)
{
    const tq_floats x = tq_uints_as_floats(a), y = tq_uints_as_floats(b);
    return form == TQ_PAIR ? tq_lanes_sum_error(x, y, tq_uints_as_floats(s)) : (tq_floats)0.0f;
}

TQ_INLINE tq_floats tq_lanes_left_of_product(const tq_uints a, const tq_uints b, const tq_uints h, const int form)
{
    const tq_floats x = tq_uints_as_floats(a), y = tq_uints_as_floats(b);
    return form == TQ_PAIR ? fma(x, y, -tq_uints_as_floats(h)) : (tq_floats)0.0f;
}

/* h + l in a fixed-point format, stochastically: the format's words as in quantizers/fixed.cl. An infinity has no l. */
TQ_INLINE tq_uints tq_lanes_pair(const tq_uints high, const tq_floats l, const tq_words p, const tq_uints draws)
{
    const tq_floats highest = (tq_floats)as_float(p.s1), lowest = (tq_floats)(-as_float(p.s2));
    const tq_floats h = tq_uints_as_floats(high), y = h > highest ? highest : h < lowest ? lowest : h;
    const tq_floats above = h >= highest ? min(l, (tq_floats)0.0f) : l, below = h <= lowest ? max(l, (tq_floats)0.0f) : above;
    const tq_floats rest = h == y ? below : (tq_floats)0.0f;
    const float scale = as_float((uint)(p.s7 - p.s0 + 127) << 23);
    const tq_floats v = y * scale, u = rest * scale, whole = floor(v);
    const tq_ints units = tq_floats_to_ints(whole) + (whole == v ? tq_floats_to_ints(floor(u)) : (tq_ints)0);
    const tq_ints grains = (units + tq_uints_as_ints(draws >> (32u - (uint)p.s7))) >> p.s7;
    const tq_floats result = tq_ints_to_floats(grains) * as_float((uint)(p.s0 + 127) << 23);
    return tq_vector_nan(high, tq_floats_as_uints(result));
}

/* a * b + c, rounded once. */
TQ_INLINE tq_uints tq_lanes_fma(const tq_uints a, const tq_uints b, const tq_uints c, const int form)
{
    const tq_floats x = tq_uints_as_floats(a), y = tq_uints_as_floats(b), t = tq_uints_as_floats(c);
    const tq_uints nearest = tq_floats_as_uints(fma(x, y, t));
    const tq_floats u = x * y, l = fma(x, y, -u), v = t + l, w = tq_lanes_sum_error(t, l, v);
    const tq_floats h = u + v, k = tq_lanes_sum_error(u, v, h), tail = k + w;
    const tq_uints z = tq_lanes_odd(tail, tq_lanes_sum_error(k, w, tail));
    const tq_uints odd = tq_lanes_add(tq_floats_as_uints(h), z, TQ_ODD);
    return form == TQ_ODD ? (odd & ~TQ_SIGN_BIT) == 0 ? nearest : odd : nearest;
}

/* s / n rounded to nearest; reciprocal: 1 / n rounded to nearest. */
TQ_INLINE tq_uints tq_lanes_divide(const tq_uints sum, const float n, const float reciprocal)
{
    const tq_floats s = tq_uints_as_floats(sum), r = (tq_floats)reciprocal, d = (tq_floats)-n;
    const tq_floats rough = s * r, near = fma(fma(rough, d, s), r, rough);
    const tq_uints bits = tq_floats_as_uints(fma(fma(near, d, s), r, near));
    return (bits & ~TQ_SIGN_BIT) | (sum & TQ_SIGN_BIT);
}

/* Draw `number` of the streams with index, index + 1, ... */
TQ_INLINE tq_uints tq_lanes_draws(const uint2 key, const ulong index, const uint number, const uint stream, const int bits)
{
#ifdef TQ_DRAW_ROWS
    uint draw[TQ_LANES];
    if (bits != 0 && number < 128u / (uint)bits) {
        const tq_uints lane = tq_lane_numbers(), low = (uint)index + lane;
        const tq_uints high = (uint)(index >> 32) + tq_vector_carry((tq_uints)(uint)index, lane);
        return tq_philox_draws(key.s0, key.s1, low, high, (tq_uints)number, stream, bits);
    }
    for (int i = 0; bits != 0 && i < TQ_LANES; ++i)
        draw[i] = tq_draw(key.s0, key.s1, index + (ulong)i, number, stream, bits);
    if (bits != 0)
        return tq_load_uints(draw);
#endif
    return (tq_uints)0;
}
