/* The probes of probes.cl that need binary64: in front of it, where a device has all of it. */
#pragma OPENCL EXTENSION cl_khr_fp64 : enable

typedef TQ_CAT(uint, TQ_LANES) tq_probe_pair_words;
typedef TQ_CAT(double, TQ_HALF) tq_probe_doubles;
#define tq_probe_pairs(v) TQ_CAT(as_double, TQ_HALF)(v)

TQ_INLINE tq_probe_pair_words tq_probe_double(const uint operation, const tq_probe_pair_words x,
                                              const tq_probe_pair_words y, const tq_probe_pair_words z)
{
    const tq_probe_doubles a = tq_probe_pairs(x), b = tq_probe_pairs(y), c = tq_probe_pairs(z);
    switch (operation) {
    case TQ_PROBE_DOUBLE_ADD:
        return TQ_CAT(as_uint, TQ_LANES)(a + b);
    case TQ_PROBE_DOUBLE_TIMES:
        return TQ_CAT(as_uint, TQ_LANES)(a * b);
    case TQ_PROBE_DOUBLE_PLUS:
        return TQ_CAT(as_uint, TQ_LANES)(a * b + c);
    case TQ_PROBE_DOUBLE_FMA:
        return TQ_CAT(as_uint, TQ_LANES)(fma(a, b, c));
    case TQ_PROBE_DOUBLE_FLOAT:
        return TQ_CAT(as_uint, TQ_LANES)(
            TQ_CAT(convert_ulong, TQ_HALF)(TQ_CAT(as_uint, TQ_HALF)(TQ_CAT(convert_float, TQ_HALF)(a))));
    default:
        return TQ_CAT(as_uint, TQ_LANES)(TQ_CAT(convert_double, TQ_HALF)(TQ_CAT(as_float, TQ_LANES)(x).even));
    }
}
