/*
 * Probes: the operations that kernels rely on, one by one, for the self-test of a device (src/runtime/probe.h). What they
 * must give is computed on the host, from integers.
 *
 * One work-item does one operation on TQ_LANES words of each of three operands. The 64-bit operations see pairs of words,
 * all pairs of a vector alike.
 */
typedef TQ_CAT(uint, TQ_LANES) tq_probe_uints;
typedef TQ_CAT(int, TQ_LANES) tq_probe_ints;
typedef TQ_CAT(float, TQ_LANES) tq_probe_floats;
typedef TQ_CAT(short, TQ_LANES) tq_probe_shorts;
#define tq_probe_words(v)  TQ_CAT(as_uint, TQ_LANES)(v)
#define tq_probe_signs(v)  TQ_CAT(as_int, TQ_LANES)(v)
#define tq_probe_reals(v)  TQ_CAT(as_float, TQ_LANES)(v)
#define tq_probe_narrow(v) TQ_CAT(convert_short, TQ_LANES)(tq_probe_signs(v))
#define tq_probe_store(v, to) TQ_CAT(vstore, TQ_LANES)(v, 0, to)
#define tq_probe_wide(v)   tq_probe_words(TQ_CAT(convert_int, TQ_LANES)(v))

/* Masks, as kernels use them: not ones and zeros, which Oclgrind gets wrong. */
TQ_INLINE tq_probe_uints tq_probe_compare(const tq_probe_floats a, const tq_probe_floats b, const tq_probe_uints mark)
{
    return (tq_probe_words(a < b) & mark) ^ (tq_probe_words(a <= b) & mark * 3u) ^ (tq_probe_words(a == b) & mark * 5u) ^
           (tq_probe_words(a != b) & mark * 7u);
}

TQ_INLINE tq_probe_uints tq_probe_float(const uint operation, const tq_probe_uints x, const tq_probe_uints y,
                                        const tq_probe_uints z)
{
    const tq_probe_floats a = tq_probe_reals(x), b = tq_probe_reals(y), c = tq_probe_reals(z);
    switch (operation) {
    case TQ_PROBE_ADD:
        return tq_probe_words(a + b);
    case TQ_PROBE_SUBTRACT:
        return tq_probe_words(a - b);
    case TQ_PROBE_MULTIPLY:
        return tq_probe_words(a * b);
    case TQ_PROBE_PLUS:
        return tq_probe_words(a * b + c);
    case TQ_PROBE_MINUS:
        return tq_probe_words(a * b - c);
    case TQ_PROBE_FROM:
        return tq_probe_words(c - a * b);
#if TQ_FMA
    case TQ_PROBE_FMA:
        return tq_probe_words(fma(a, b, c));
#endif
    case TQ_PROBE_SELECT:
        return tq_probe_words(a < b ? a : c);
    case TQ_PROBE_COMPARE:
        return tq_probe_compare(a, b, z | 1u);
    case TQ_PROBE_FLOOR:
        return tq_probe_words(floor(a));
    case TQ_PROBE_FABS:
        return tq_probe_words(fabs(a));
    case TQ_PROBE_FROM_INT:
        return tq_probe_words(TQ_CAT(convert_float, TQ_LANES)(tq_probe_signs(x)));
    default:
        return tq_probe_words(TQ_CAT(convert_int, TQ_LANES)(a));
    }
}

TQ_INLINE tq_probe_uints tq_probe_integer(const uint operation, const tq_probe_uints a, const tq_probe_uints b,
                                          const tq_probe_uints c)
{
    const tq_probe_shorts x = tq_probe_narrow(a), y = tq_probe_narrow(b), z = tq_probe_narrow(c);
    switch (operation) {
    case TQ_PROBE_WRAP:
        return a * b + c;
    case TQ_PROBE_HIGH:
        return mul_hi(a, b);
    case TQ_PROBE_LEFT:
        return a << b;
    case TQ_PROBE_RIGHT:
        return a >> b;
    case TQ_PROBE_SIGNED_RIGHT:
        return tq_probe_words(tq_probe_signs(a) >> tq_probe_signs(b));
    case TQ_PROBE_ZEROS:
        return clz(a);
    case TQ_PROBE_CLAMP:
        return tq_probe_words(max(min(tq_probe_signs(a), tq_probe_signs(b)), tq_probe_signs(c)));
    case TQ_PROBE_SHORT_HIGH:
        return tq_probe_wide(mul_hi(x, y));
    case TQ_PROBE_SHORT_ADD:
        return tq_probe_wide(add_sat(x, y));
    case TQ_PROBE_SHORT_PACK:
        return tq_probe_wide(TQ_CAT(TQ_CAT(convert_short, TQ_LANES), _sat)(tq_probe_signs(a)));
    case TQ_PROBE_SHORT_STEP:
        return tq_probe_wide((tq_probe_shorts)((x * y + z) >> (tq_probe_shorts)5));
    default:
        return tq_probe_words(TQ_CAT(convert_float, TQ_LANES)(x));
    }
}

/* Scalars, as prelude.cl uses them. */
TQ_INLINE ulong tq_probe_long(const uint operation, const ulong a, const ulong b, const ulong c)
{
    switch (operation) {
    case TQ_PROBE_LONG_WRAP:
        return a * b + c;
    case TQ_PROBE_LONG_HIGH:
        return mul_hi(a, b);
    case TQ_PROBE_LONG_DIVIDE:
        return a / b;
    case TQ_PROBE_LONG_REST:
        return a % b;
    case TQ_PROBE_LONG_LEFT:
        return a << b;
    case TQ_PROBE_LONG_RIGHT:
        return a >> b;
    case TQ_PROBE_LONG_SIGNED:
        return (ulong)((long)a >> (int)b);
    default:
        return clz(a);
    }
}

TQ_INLINE uint tq_probe_rounds(uint a, const uint rounds)
{
    for (uint i = 0; i < rounds; ++i)
        a = (a ^ (a >> 7)) * 747796405u + 1u;
    return a;
}

__kernel void probes(__global const uint *operations, __global const uint *from, __global uint *to)
{
    const size_t i = get_global_id(0);
    const uint operation = operations[i];
    const tq_probe_uints a = TQ_CAT(vload, TQ_LANES)(3 * i, from), b = TQ_CAT(vload, TQ_LANES)(3 * i + 1, from),
                         c = TQ_CAT(vload, TQ_LANES)(3 * i + 2, from);
    __global uint *const y = to + i * TQ_LANES;
    /* Each stores by itself: Mesa makes quiet NaN of integers that it joins with floats. */
    if (operation < TQ_PROBE_WRAP)
        tq_probe_store(tq_probe_float(operation, a, b, c), y);
    else if (operation < TQ_PROBE_LONG_WRAP)
        tq_probe_store(tq_probe_integer(operation, a, b, c), y);
    else if (operation < TQ_PROBE_DOUBLE_ADD)
        tq_probe_store(tq_probe_words((TQ_CAT(ulong, TQ_HALF))tq_probe_long(operation, as_ulong(a.s01), as_ulong(b.s01),
                                                                          as_ulong(c.s01))),
                       y);
#if TQ_DOUBLES
    else if (operation < TQ_PROBE_ROUNDS)
        tq_probe_store(tq_probe_double(operation, a, b, c), y);
#endif
    else
        tq_probe_store((tq_probe_uints)tq_probe_rounds(a.s0, b.s0), y);
}

#if TQ_GROUPS
/* Items hand numbers round in local memory, `rounds` times; `least` becomes the smallest that any of them ends with. */
__kernel void probe_groups(__global const uint *from, __global uint *to, volatile __global uint *least, const uint rounds)
{
    __local uint shared[64];
    const uint item = (uint)get_local_id(0), items = (uint)get_local_size(0);
    uint y = from[get_global_id(0)];
    for (uint i = 1; i <= rounds; ++i) {
        shared[item] = y;
        barrier(CLK_LOCAL_MEM_FENCE);
        y = y * 5u + shared[(item + i) % items];
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    to[get_global_id(0)] = y;
    atomic_min(least, y);
}
#endif
