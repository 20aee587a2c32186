/* max(x, 0) on bits: negative numbers and -0 become +0, a NaN the canonical one. */
__kernel void relu(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                   const ulong y_offset, const ulong count)
{
    const ulong i = get_global_id(0);
    if (i < count) {
        const uint bits = x[x_offset + i];
        const uint clamped = bits & TQ_SIGN_BIT ? 0 : bits;
        y[y_offset + i] = (bits & 0x7FFFFFFFu) > TQ_INFINITY_BITS ? TQ_NAN_BITS : clamped;
    }
}
